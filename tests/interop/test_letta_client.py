"""Letta's client reads our letta, and we read what its models say."""

import json
from datetime import datetime, timezone
from typing import Any, ClassVar

import pytest
from interop import SCENARIOS, Call, Reads, Record
from loopback import serve
from reading import pieces, read, sse, write

from sse_core import Event
from sse_core.dialects import (
    BlockEnd,
    Done,
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

letta_client = pytest.importorskip(
    "letta_client", reason="letta-client is not installed: tests/interop/requirements.txt"
)
agents = pytest.importorskip("letta_client.types.agents")
responses = pytest.importorskip("letta_client.types.agents.letta_streaming_response")
types = pytest.importorskip("letta_client.types")
NAME = "letta"


def messages_at(url: str, found: list[Any]) -> None:
    """Append what the client reads, all of which its models take without a remark."""
    with letta_client.Letta(api_key="none", base_url=url, max_retries=0) as client:
        stream = client.agents.messages.create(
            "agent-1", messages=[{"role": "user", "content": "Hi"}], streaming=True, stream_tokens=True
        )
        for message in stream:
            told = message.to_dict(mode="json")
            strict = type(message).model_validate(told)
            assert strict.to_dict(mode="json") == told
            assert not message.model_extra
            found.append(message)


def served(*parts: Part) -> tuple[list[Any], str | None]:
    """The messages, and what was raised."""
    encoder = PartEncoder(NAME)
    chunks = [encoder.send(part) for part in parts] + [encoder.close()]
    found: list[Any] = []
    with serve(chunks, encoder.headers) as url:
        try:
            messages_at(url, found)
        except letta_client.APIStatusError as error:
            return found, said_in(error)
    return found, None


def said_in(error: Any) -> str:
    assert error.body["message_type"] == "error_message"
    assert responses.LettaErrorMessage.model_validate(error.body)
    return str(error.body["message"])


class TestMessages(Reads):
    """agents.messages.create(streaming=True): an error is raised; the reason comes at the end."""

    dialect = NAME
    words: ClassVar = {
        "stop": "end_turn",
        "length": "max_tokens_exceeded",
        "tool_call": "requires_approval",
        "content_filter": "invalid_llm_response",
        "other": "cancelled",
        "error": None,
    }

    def read(self, url: str) -> Record:
        record = Record()
        arguments: dict[str, str] = {}
        found: list[Any] = []
        try:
            messages_at(url, found)
        except letta_client.APIStatusError as error:
            record.error = said_in(error)
        for message in found:
            if message.message_type == "assistant_message":
                record.text += message.content
            elif message.message_type == "approval_request_message":
                call = message.tool_call
                assert message.tool_calls.to_dict() == call.to_dict()
                if call.tool_call_id not in arguments:
                    record.calls.append(Call(call.name, None, call.tool_call_id))
                arguments[call.tool_call_id] = arguments.get(call.tool_call_id, "") + call.arguments
            elif message.message_type == "stop_reason":
                record.finish = message.stop_reason
            elif message.message_type == "usage_statistics":
                counts = message.cached_input_tokens, message.reasoning_tokens
                record.count(message.prompt_tokens, message.completion_tokens, *counts)
        for told in record.calls:
            text = arguments[told.id or ""]
            told.arguments = json.loads(text if record.error is None else text or "{}")
        return record


def test_reasoning_is_read() -> None:
    found, _ = served(*SCENARIOS["signed reasoning"])
    thoughts = [(one.id, one.reasoning, one.signature) for one in found if one.message_type == "reasoning_message"]
    assert thoughts == [
        ("message-0", "Let me think.", None),
        ("message-0", "", "c2lnbmF0dXJl"),
        ("message-1", "", "cmVkYWN0ZWQh"),
    ]


def test_what_was_lost_is_raised() -> None:
    """A stream that only ends early would look whole: the client does not look for its end."""
    found, error = served(TextDelta("Hi"), Invalid(Event("{"), ValueError("half")))
    assert found[-1].message_type == "stop_reason"
    assert (found[-1].stop_reason, error) == ("error", None)


def test_a_call_that_the_server_runs_is_none_to_approve() -> None:
    found, _ = served(ToolCallDelta("{}", 0, "a", "f", True), BlockEnd(0, "tool_call"))
    assert [message.message_type for message in found] == ["tool_call_message", "stop_reason"]


AT = {"date": datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc), "run_id": "run-1"}


def stream_of(*messages: Any) -> bytes:
    return sse(*[message.model_dump(mode="json", exclude_unset=True) for message in messages], "[DONE]")


def test_what_the_models_say_is_read_and_written_again() -> None:
    def call(kind: Any, name: str, told: Any, **more: Any) -> Any:
        return kind(id="m1", message_type=name, tool_call=told, **more, **AT)

    server = agents.ToolCallMessage, "tool_call_message"
    delta = agents.ToolCallDelta
    returned = types.ToolReturnMessage(
        id="m2", message_type="tool_return_message", status="success", tool_call_id="a", tool_return="1", **AT
    )
    ping = responses.LettaPing(id="m0", message_type="ping", **AT)
    text = agents.LettaAssistantMessageContentUnion(text=" you", type="text")
    stream = stream_of(
        ping,
        agents.ReasoningMessage(id="m1", message_type="reasoning_message", reasoning="Hm", signature="s", **AT),
        call(*server, delta(name="f", tool_call_id="a"), tool_calls=delta(name="f", tool_call_id="a")),
        call(*server, delta(arguments="{")),
        call(*server, delta(arguments="}", tool_call_id="a")),
        returned,
        agents.AssistantMessage(id="m3", message_type="assistant_message", content="Hi", **AT),
        agents.AssistantMessage(id="m3", message_type="assistant_message", content=[text], **AT),
        call(
            agents.ApprovalRequestMessage,
            "approval_request_message",
            agents.ToolCall(name="g", tool_call_id="b", arguments="{}"),
        ),
        responses.LettaStopReason(message_type="stop_reason", stop_reason="requires_approval"),
        responses.LettaUsageStatistics(
            message_type="usage_statistics", prompt_tokens=1, completion_tokens=2, total_tokens=3
        ),
    )

    def other(message: Any) -> Other:
        return Other(message.message_type, message.model_dump(mode="json", exclude_unset=True), NAME)

    parts: list[Part] = [
        other(ping),
        Start("run-1"),
        ReasoningDelta("Hm", "m1", "s"),
        ToolCallDelta("", "a", "a", "f", True),
        ToolCallDelta("{", "a", server=True),
        ToolCallDelta("}", "a", "a", server=True),
        other(returned),
        TextDelta("Hi", "m3"),
        TextDelta(" you", "m3"),
        ToolCallDelta("{}", "b", "b", "g"),
        Usage(1, 2, 3),
        Finish("tool_call", "requires_approval"),
        Done("sentinel"),
    ]
    assert read(NAME, stream) == read(NAME, *pieces(stream)) == (parts, None)
    again, problem = read(NAME, write(NAME, parts))
    assert problem is None
    assert [part.kind for part in again] == [part.kind for part in parts]
    assert again[7:] == parts[7:]
