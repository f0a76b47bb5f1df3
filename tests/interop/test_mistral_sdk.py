"""Mistral's SDK reads our mistral-conversations, and we read what its models say."""

import json
from datetime import datetime, timezone
from typing import Any, ClassVar

import pytest
from interop import SCENARIOS, Call, Reads, Record
from loopback import serve
from reading import pieces, read, typed, write

from sse_core import Event
from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Invalid,
    Other,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

mistralai = pytest.importorskip(
    "mistralai.client", reason="the mistralai SDK is not installed: tests/interop/requirements.txt"
)
models = mistralai.models
# It loads a JSON path's parser that asks for names which Python will drop.
pytestmark = pytest.mark.filterwarnings("ignore:ast:DeprecationWarning")
NAME = "mistral-conversations"


def events_at(url: str) -> list[Any]:
    """The data of each event, all of which the SDK knows."""
    with mistralai.Mistral(api_key="none", server_url=url) as sdk:
        events = list(sdk.beta.conversations.start_stream(inputs="Hi", model="model-1"))
    for event in events:
        assert event.event == event.data.type
        assert type(event.data).__name__ != "UnknownConversationEventsData"
        assert not event.data.model_extra
    return [event.data for event in events]


def served(*parts: Part) -> list[Any]:
    encoder = PartEncoder(NAME)
    chunks = [encoder.send(part) for part in parts] + [encoder.close()]
    with serve(chunks, encoder.headers) as url:
        return events_at(url)


class TestConversations(Reads):
    """beta.conversations.start_stream; entries as the SDK's own run puts them together, an output at a time."""

    dialect = NAME
    words: ClassVar = dict.fromkeys(("stop", "length", "tool_call", "content_filter", "other"), "done") | {
        "error": None
    }

    def read(self, url: str) -> Record:
        record = Record()
        outputs: dict[int, list[Any]] = {}
        ids: dict[str, int] = {}
        for data in events_at(url):
            assert not record.finish
            assert not record.error
            if data.type == "conversation.response.done":
                record.finish = "done"
                record.count(data.usage.prompt_tokens, data.usage.completion_tokens)
            elif data.type == "conversation.response.error":
                record.error = data.message
            elif data.type != "conversation.response.started":
                outputs.setdefault(data.output_index, []).append(data)
                assert ids.setdefault(data.id, data.output_index) == data.output_index
        assert [type(one) for one in outputs.values()] == [list] * len(outputs)
        for entry in entries_of(outputs):
            if entry.type == "function.call":
                record.calls.append(Call(entry.name, entry.arguments, entry.tool_call_id))
            else:
                chunks = [entry.content] if isinstance(entry.content, str) else entry.content
                record.text += "".join(
                    [getattr(chunk, "text", chunk if isinstance(chunk, str) else "") for chunk in chunks]
                )
        if record.error is None:
            for call in record.calls:
                call.arguments = json.loads(call.arguments)
        else:
            record.calls = [Call(call.name, json.loads(call.arguments or "{}"), call.id) for call in record.calls]
        record.tokens = (*record.tokens, 0, 0)[:4]
        return record

    def check(self, chunks: list[bytes], headers: dict[str, str], expected: Record) -> None:
        expected.tokens = (*expected.tokens[:2], 0, 0)  # it has no more
        super().check(chunks, headers, expected)


def entries_of(outputs: dict[int, list[Any]]) -> list[Any]:
    result = pytest.importorskip("mistralai.extra.run.result", reason="this mistralai has no run")
    entries: list[Any] = result.reconstitue_entries(outputs)
    return entries


def test_reasoning_is_read() -> None:
    data = served(*SCENARIOS["signed reasoning"])
    chunks = [one.content for one in data if one.type == "message.output.delta"][:3]
    assert [(chunk.thinking and chunk.thinking[0].text, chunk.signature or None) for chunk in chunks] == [
        ("Let me think.", None),
        ([], "c2lnbmF0dXJl"),
        ([], "cmVkYWN0ZWQh"),
    ]
    assert {one.output_index for one in data if one.type == "message.output.delta"} == {0}


def test_what_was_lost_is_an_error() -> None:
    """A stream that only ends early would look whole: the SDK does not look for its end."""
    *_, last = served(TextDelta("Hi"), Invalid(Event("{"), ValueError("half")))
    assert last.type == "conversation.response.error"


def test_a_call_that_the_server_runs_is_shown() -> None:
    server = ToolCallDelta("{}", 0, "t", "web_search", True)
    steps = [data.type for data in served(server, BlockEnd(0, "tool_call"), TextDelta("Hi"))]
    assert steps == [
        "conversation.response.started",
        "tool.execution.started",
        "tool.execution.done",
        "message.output.delta",
        "conversation.response.done",
    ]


AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
CALL = {"id": "f", "name": "g", "tool_call_id": "x", "created_at": AT}
TOOL = {"id": "t", "name": "web_search", "created_at": AT}


def stream_of(*events: Any) -> bytes:
    return typed(*[json.loads(event.model_dump_json(by_alias=True)) for event in events])


def test_what_the_models_say_is_read_and_written_again() -> None:
    message = {"id": "m", "output_index": 1, "created_at": AT, "model": "model-1"}
    reference = models.MessageOutputEvent(
        **message, content_index=1, content={"type": "tool_reference", "tool": "web_search", "title": "T"}
    )
    thinking = models.ThinkChunk(thinking=[models.TextChunk(text="Hm")], signature="s")
    handoff = models.AgentHandoffStartedEvent(id="h", previous_agent_id="a", previous_agent_name="A")
    ran = models.ToolExecutionDoneEvent(**TOOL, info={"code": 0})
    pending = models.FunctionCallEvent(**{**CALL, "tool_call_id": "y"}, arguments="{}", confirmation_status="pending")
    stream = stream_of(
        models.ResponseStartedEvent(conversation_id="c", created_at=AT),
        models.ToolExecutionStartedEvent(**TOOL, arguments='{"q":'),
        models.ToolExecutionDeltaEvent(**TOOL, arguments='"x"}'),
        ran,
        handoff,
        models.MessageOutputEvent(**message, content=thinking),
        models.MessageOutputEvent(**message, content="Hi"),
        reference,
        models.MessageOutputEvent(**message, content_index=2, content=models.TextChunk(text=" you")),
        pending,
        models.FunctionCallEvent(**CALL, arguments="{", output_index=2),
        models.FunctionCallEvent(**CALL, arguments="}", output_index=2),
        models.ResponseDoneEvent(
            usage=models.ConversationUsageInfo(prompt_tokens=1, completion_tokens=2, total_tokens=3)
        ),
    )

    def other(event: Any, block: Any = None) -> Other:
        return Other(event.type, json.loads(event.model_dump_json(by_alias=True)), NAME, block)

    parts = [
        Start("c"),
        ToolCallDelta('{"q":', "t", "t", "web_search", True),
        ToolCallDelta('"x"}', "t", "t", "web_search", True),
        other(ran, "t"),
        BlockEnd("t", "tool_call"),
        other(handoff),
        ReasoningDelta("Hm", "1/0", "s"),
        TextDelta("Hi", "1/0"),
        other(reference, "1/1"),
        TextDelta(" you", "1/2"),
        other(pending, "y"),
        ToolCallDelta("{", "x", "x", "g"),
        ToolCallDelta("}", "x", "x", "g"),
        Usage(1, 2, 3),
        Finish("tool_call"),
        Done("event"),
    ]
    assert read(NAME, stream) == read(NAME, *pieces(stream)) == (parts, None)
    assert read(NAME, write(NAME, parts)) == (parts, None)


def test_an_error_that_the_models_say_is_read() -> None:
    stream = stream_of(models.ResponseErrorEvent(message="Busy", code=503))
    assert read(NAME, stream) == ([Error("Busy", None, 503, 503), Done("error")], None)
