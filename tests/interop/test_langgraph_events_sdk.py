"""The langgraph SDK's threads read our langgraph-events, and we read what LangChain's models say in that protocol."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from interop import SCENARIOS, ours
from loopback import serve_all
from reading import gather, whole

from sse_core import EncodeError, Encoder, Event
from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Other,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

langgraph_sdk = pytest.importorskip(
    "langgraph_sdk", reason="langgraph-sdk is not installed: tests/interop/requirements.txt"
)
httpx = pytest.importorskip("httpx", reason="httpx is not installed: tests/interop/requirements.txt")
transport = pytest.importorskip(
    "langgraph_sdk.stream.transport", reason="langgraph-sdk is not installed: tests/interop/requirements.txt"
)
models = pytest.importorskip(
    "langchain_core.language_models.fake_chat_models",
    reason="langserve is not installed: tests/interop/requirements.txt",
)
chunk_of = models.AIMessageChunk

NAME = "langgraph-events"
JSON = {"Content-Type": "application/json"}
LAST = ["messages", "messages", "lifecycle"]  # a block and a message are over, then the run
ANSWER: list[Part] = [
    Start("lc_run--9", "gpt"),
    ReasoningDelta("Let me "),
    ReasoningDelta("see."),
    ReasoningDelta("", signature="c2ln"),
    TextDelta("Hé "),
    TextDelta("\u2028\n世界 \U0001f600"),
    ToolCallDelta("", 0, "call_1", "weather"),
    ToolCallDelta("", 1, "call_2", "now"),
    ToolCallDelta('{"city":', 0),
    ToolCallDelta("{}", 1),
    ToolCallDelta('"Köln"}', 0),
    Usage(12, 34, 46, 5, None, 7),
    Finish("tool_call"),
]


@contextmanager
def thread_of(body: bytes) -> Iterator[Any]:
    """A thread of the SDK, whose run was started, on a server that sends `body` to each subscription."""

    def answer(path: str, asked: bytes) -> tuple[bytes, Mapping[str, str]]:
        if path.endswith("/stream/events"):
            return body, PartEncoder(NAME).headers
        if path.endswith("/state"):
            return b'{"values":{"x":1},"next":[],"tasks":[]}', JSON
        return json.dumps({"type": "success", "id": json.loads(asked)["id"], "result": {}}).encode(), JSON

    with (
        serve_all(answer) as url,
        langgraph_sdk.get_sync_client(url=url) as sdk,
        sdk.threads.stream("thread-1", assistant_id="agent") as thread,
    ):
        thread.run.start(input={})
        yield thread


def body_of(*parts: Part) -> bytes:
    encoder = PartEncoder(NAME)
    return b"".join([encoder.send(part) for part in parts]) + encoder.close()


def read(*parts: Part, see: Callable[[Any], Any] = lambda thread: list(thread.messages)) -> Any:
    """What `see` gets of a thread whose run says `parts`."""
    with thread_of(body_of(*parts)) as thread:
        return see(thread)


def test_the_message_is_ours() -> None:
    [stream] = read(*ANSWER)
    message = stream.output
    assert (message.id, stream.message_id, message.text) == ("lc_run--9", "lc_run--9", "Hé \u2028\n世界 \U0001f600")
    assert message.response_metadata["model_name"] == "gpt"
    assert message.content[0] == {
        "type": "reasoning",
        "reasoning": "Let me see.",
        "extras": {"signature": "c2ln"},
        "index": 0,
    }
    assert [(call["id"], call["name"], call["args"]) for call in message.tool_calls] == [
        ("call_1", "weather", {"city": "Köln"}),
        ("call_2", "now", {}),
    ]
    assert message.invalid_tool_calls == []
    assert message.usage_metadata == {
        "input_tokens": 12,
        "output_tokens": 34,
        "total_tokens": 46,
        "input_token_details": {"cache_read": 5},
        "output_token_details": {"reasoning": 7},
    }


def test_its_text_and_its_arguments_come_as_we_send_them() -> None:
    [stream] = read(*ANSWER)
    assert list(stream.text) == ["Hé ", "\u2028\n世界 \U0001f600"]
    assert list(stream.reasoning) == ["Let me ", "see."]
    # Before 1.7, langchain-core takes a call from the finish of its block alone.
    assert [(item["id"], item["args"]) for item in stream.tool_calls] in (
        [],
        [("call_1", '{"city":'), ("call_1", '"Köln"}'), ("call_2", "{}")],
    )


@pytest.mark.parametrize("name", [name for name in SCENARIOS if "error" not in name])
def test_what_any_answer_says_is_read(name: str) -> None:
    parts: list[Part] = []
    for part in SCENARIOS[name]:
        with suppress(EncodeError):
            PartEncoder(NAME).send(part)
            parts.append(part)
    expected = ours(gather(parts))
    messages = [stream.output for stream in read(*parts)]
    assert "".join([message.text for message in messages]) == expected.text
    calls = [call for message in messages for call in message.tool_calls]
    assert [(call["id"], call["name"], call["args"]) for call in calls] == [
        (call.id, call.name, call.arguments) for call in expected.calls
    ]
    usage = messages[-1].usage_metadata
    assert (usage["input_tokens"], usage["output_tokens"]) == expected.tokens[:2] if usage else expected.tokens[0] == 0


def test_messages_are_told_apart() -> None:
    parts = [Start("a"), TextDelta("A", "a/0"), BlockEnd("a/0"), TextDelta("B", "b/0")]
    assert [(stream.message_id, str(stream.text)) for stream in read(*parts)] == [("a", "A"), ("b", "B")]


def test_a_run_that_ends_is_over() -> None:
    assert read(TextDelta("Hi"), see=lambda thread: thread.output) == {"x": 1}


@pytest.mark.parametrize("parts", [[Error("bad")], [TextDelta("Hi"), Error("bad", "t", "c")]], ids=["at once", "later"])
def test_an_error_is_an_exception(parts: list[Part]) -> None:
    with pytest.raises(RuntimeError, match="Run errored: bad"):
        read(*parts, see=lambda thread: thread.output)
    for stream in read(*parts):
        with pytest.raises(RuntimeError, match="bad"):
            str(stream.text)


def test_a_call_that_is_no_json_is_none() -> None:
    [stream] = read(ToolCallDelta('{"x":', 0, "c", "f"), Finish("tool_call"))
    message = stream.output
    assert (message.tool_calls, len(message.invalid_tool_calls)) == ([], 1)


def test_a_stream_that_breaks_off_is_no_success() -> None:
    encoder = PartEncoder(NAME)
    with thread_of(encoder.send(TextDelta("Hi"))) as thread, pytest.raises(RuntimeError, match="before terminal"):
        _ = thread.output


def test_the_other_channels_are_ours() -> None:
    said = [
        Other("custom", {"data": {"name": "n", "payload": "[DONE]"}}),
        Other("values", {"data": {"x": "é"}}),
        Other("updates", {"node": "n", "data": {"y": 1}}, None, "sub:1|inner:2"),
        Other("tools", {"data": {"event": "tool-started", "tool_call_id": "c", "tool_name": "f"}}),
        Other("tools", {"data": {"event": "tool-finished", "tool_call_id": "c", "output": [7]}}),
    ]
    [call] = read(*said, see=lambda thread: list(thread.tool_calls))
    assert (call.name, call.tool_call_id, call.output) == ("f", "c", [7])
    channels = ["custom", "values", "updates"]
    events = read(*said, see=lambda thread: list(thread.subscribe(channels)))
    assert [(event["seq"], event["event_id"], event["method"]) for event in events] == [
        (1, "1", "custom"),
        (2, "2", "values"),
        (3, "3", "updates"),
    ]
    assert events[2]["params"]["namespace"] == ["sub:1", "inner:2"]


def test_what_a_person_is_asked_is_read_by_its_transport() -> None:
    asked = Other("input.requested", {"data": {"interrupt_id": "i", "payload": "?"}})
    body = body_of(TextDelta("Hi"), asked, Finish("other", "interrupted"))
    with serve_all(lambda *_: (body, PartEncoder(NAME).headers)) as url, httpx.Client(base_url=url) as client:
        reader = transport.SyncProtocolSseTransport(client=client, thread_id="thread-1")
        events = list(reader.open_event_stream({"channels": ["input", "lifecycle", "messages"]}).events)
    assert [event["method"] for event in events] == ["lifecycle", *["messages"] * 3, "input.requested", *LAST]
    assert events[4]["params"]["data"] == {"interrupt_id": "i", "payload": "?"}
    assert events[-1]["params"]["data"] == {"event": "interrupted"}


# -- what LangChain's models say


class Model(models.GenericFakeChatModel):
    def _stream(self, *_: Any, **__: Any) -> Iterator[Any]:
        for message in next(self.messages):
            yield models.ChatGenerationChunk(message=message)


def call(index: int, args: str, id: str | None = None, name: str | None = None) -> Any:
    return chunk_of(
        content="",
        tool_call_chunks=[{"name": name, "args": args, "id": id, "index": index, "type": "tool_call_chunk"}],
    )


SAID: dict[str, list[Any]] = {
    "text": [chunk_of(content="Hé ", id="m"), chunk_of(content="you")],
    "blocks": [
        chunk_of(content=[{"type": "reasoning", "reasoning": "Hm", "index": 0}], id="m"),
        chunk_of(content=[{"type": "reasoning", "reasoning": "", "extras": {"signature": "s"}, "index": 0}]),
        chunk_of(content=[{"type": "text", "text": "Hi", "index": 1}]),
    ],
    "calls, interleaved": [
        chunk_of(content=[{"type": "text", "text": "Hi", "index": 0}], id="m"),
        call(1, "", "c", "f"),
        call(2, '{"y"', "d", "g"),
        call(1, '{"x":1}'),
        call(2, ":2}"),
        call(3, "", "e", "now"),
    ],
    "a call that is no JSON": [call(0, "{x", "c", "f")],
    "a picture": [chunk_of(content=[{"type": "image", "base64": "aGk=", "mime_type": "image/png", "index": 0}])],
}
USED = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, "output_token_details": {"reasoning": 1}}


@pytest.mark.parametrize("name", SAID)
def test_what_a_model_says_is_read(name: str) -> None:
    last = chunk_of(content="", usage_metadata=USED, response_metadata={"finish_reason": "length"})
    stream = Model(messages=iter([[*SAID[name], last]])).stream_events("?", version="v3")
    encoder, body = Encoder(), b""
    for data in [*stream, None]:
        method = "lifecycle" if data is None else "messages"
        params = {"namespace": [], "data": data or {"event": "completed"}}
        body += encoder.encode(Event(json.dumps({"type": "event", "method": method, "params": params})))
    parts = whole(NAME, body)
    read, message = gather(parts), stream.output
    assert read.text == message.text
    assert read.id in (None, message.id)
    reasoning = [block for block in message.content if block["type"] == "reasoning"]
    assert read.reasoning == "".join([block["reasoning"] for block in reasoning])
    complete = [call for call in read.tool_calls if name != "a call that is no JSON"]
    assert [(call.id, call.name, json.loads(call.arguments or "{}")) for call in complete] == [
        (call["id"], call["name"], call["args"]) for call in message.tool_calls
    ]
    others = [block for block in message.content if block["type"] in ("image", "invalid_tool_call")]
    assert [{**part.data, "index": 0} for part in parts if isinstance(part, Other)] == [
        {**block, "index": 0} for block in others
    ]
    assert read.usage == Usage(3, 2, 5, None, None, 1)
    assert parts[-2:] == [Finish("length", "length"), Done("event")]
