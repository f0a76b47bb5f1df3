"""The mistral-conversations dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import gather, read, typed, write

from sse_core import Decoder, EncodeError, LimitError
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
    get,
)

NAME = "mistral-conversations"
MESSAGE = "message.output.delta"
STOP = [Finish("stop"), Done("event")]
BEGUN = {"type": "conversation.response.started", "conversation_id": "c1"}
DONE: dict[str, Any] = {"type": "conversation.response.done", "usage": {}}
HANDOFF = {"type": "agent.handoff.done", "id": "h", "next_agent_id": "ag", "next_agent_name": "Economist"}
REFERENCE = {"type": "tool_reference", "tool": "web_search", "title": "T", "url": "https://e.example"}


def message(content: Any, **members: Any) -> dict[str, Any]:
    return {"type": MESSAGE, "id": "m", "role": "assistant", "content": content, **members}


def thinking(*texts: str, **members: Any) -> dict[str, Any]:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text} for text in texts], **members}


def call(arguments: Any, id: Any = "x", **members: Any) -> dict[str, Any]:
    return {"type": "function.call.delta", "id": "f", "name": "g", "tool_call_id": id, "arguments": arguments} | members


def runs(step: str, **members: Any) -> dict[str, Any]:
    return {"type": f"tool.execution.{step}", "id": "t", "name": "web_search", **members}


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "an answer of an agent that searched, and handed the rest to another": (
        typed(
            BEGUN,
            runs("started", arguments=""),
            runs("delta", arguments='{"query":'),
            runs("delta", arguments='"x"}'),
            runs("done", output_index=0),
            HANDOFF,
            message("The", output_index=1),
            message({"type": "text", "text": " last"}, output_index=1, content_index=0),
            message(REFERENCE, output_index=1, content_index=1),
            message(".", output_index=1, content_index=2),
            {**DONE, "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}},
        ),
        [
            Start("c1"),
            ToolCallDelta("", "t", "t", "web_search", True),
            ToolCallDelta('{"query":', "t", "t", "web_search", True),
            ToolCallDelta('"x"}', "t", "t", "web_search", True),
            BlockEnd("t", "tool_call"),
            Other("agent.handoff.done", HANDOFF, NAME),
            TextDelta("The", "1/0"),
            TextDelta(" last", "1/0"),
            Other(MESSAGE, message(REFERENCE, output_index=1, content_index=1), NAME, "1/1"),
            TextDelta(".", "1/2"),
            Usage(7, 2, 9),
            *STOP,
        ],
    ),
    "reasoning, signed": (
        typed(message(thinking("Let ", "me")), message(thinking(signature="s")), message(thinking()), DONE),
        [ReasoningDelta("Let me", "0/0"), ReasoningDelta("", "0/0", "s"), *STOP],
    ),
    "a call, which is the client's": (
        typed(call(""), call('{"n":'), call("1}"), DONE),
        [
            ToolCallDelta("", "x", "x", "g"),
            ToolCallDelta('{"n":', "x", "x", "g"),
            ToolCallDelta("1}", "x", "x", "g"),
            Finish("tool_call"),
            Done("event"),
        ],
    ),
    "a call whose arguments are an object, without an id": (
        typed(call({"n": 1}, None, output_index=3), DONE),
        [ToolCallDelta('{"n":1}', 3, None, "g"), Finish("tool_call"), Done("event")],
    ),
    "a connector's call, which the client is to allow: none to run, and no whole answer": (
        typed(call("{}", confirmation_status="pending"), DONE),
        [
            Other("function.call.delta", call("{}", confirmation_status="pending"), NAME, "x"),
            Finish("other", "pending"),
            Done("event"),
        ],
    ),
    "the same beside one that is the client's to run": (
        typed(call("{}", confirmation_status="pending"), call("{}", "y"), DONE),
        [
            Other("function.call.delta", call("{}", confirmation_status="pending"), NAME, "x"),
            ToolCallDelta("{}", "y", "y", "g"),
            Finish("tool_call"),
            Done("event"),
        ],
    ),
    "a connector's call that was allowed": (
        typed(call("{}", confirmation_status="allowed"), message("Done"), DONE),
        [
            Other("function.call.delta", call("{}", confirmation_status="allowed"), NAME, "x"),
            TextDelta("Done", "0/0"),
            *STOP,
        ],
    ),
    "what a call found; tokens of connectors count in the total": (
        typed(
            runs("done", info={"code": 0}),
            {**DONE, "usage": {"prompt_tokens": 1, "total_tokens": 6, "connector_tokens": 5, "connectors": None}},
        ),
        [
            Other("tool.execution.done", runs("done", info={"code": 0}), NAME, "t"),
            BlockEnd("t", "tool_call"),
            Usage(1, None, 6),
            *STOP,
        ],
    ),
    "an error, which is the end": (
        typed(BEGUN, message("a"), {"type": "conversation.response.error", "message": "Busy", "code": 503}, DONE),
        [Start("c1"), TextDelta("a", "0/0"), Error("Busy", None, 503, 503), Done("error")],
    ),
    "a bare error": (typed({"type": "x", "error": {"message": "Busy"}}), [Error("Busy"), Done("error")]),
    "the name of the event alone": (b'event: message.output.delta\ndata: {"content":"a"}\n\n', [TextDelta("a", "0/0")]),
    "the sentinel of others": (
        typed(message("a"), "[DONE]"),
        [TextDelta("a", "0/0"), Finish("stop"), Done("sentinel")],
    ),
    "members of the wrong types": (
        typed(
            {"type": BEGUN["type"], "conversation_id": [1]},
            message("a", output_index="1", content_index=-1),
            message("", output_index=10_000),
            message({"type": "text", "text": 5}),
            message(["a"], output_index=True),
            call(5, [], name=7),
            runs("started", id=3, name=None),
            {"type": DONE["type"], "usage": [1]},
        ),
        [
            Start(),
            TextDelta("a", "0/0"),
            Other(MESSAGE, message(["a"], output_index=True), NAME, "0/0"),
            ToolCallDelta("", 0),
            ToolCallDelta("", 0, server=True),
            Finish("tool_call"),
            Done("event"),
        ],
    ),
    "another event": (typed({"type": "x"}, DONE), [Other("x", {"type": "x"}, NAME), *STOP]),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert read(NAME, stream)[0] == parts


def test_a_stream_without_its_last_event_was_cut() -> None:
    assert read(NAME, typed(BEGUN, message("a")))[1] == f"{NAME}: the stream ended before conversation.response.done"


def events(*parts: Part, **options: Any) -> list[dict[str, Any]]:
    """The payloads that say `parts`; each has its event's name."""
    found = Decoder().feed(write(get(NAME, **options), parts))
    payloads = [json.loads(event.data) for event in found]
    assert [event.type for event in found] == [payload["type"] for payload in payloads]
    return payloads


def said(payload: dict[str, Any]) -> tuple[Any, ...]:
    """The step, the output, and what it says."""
    output = payload.get("output_index")
    if payload["type"] == MESSAGE:
        return f"{output}/{payload['content_index']}", payload["content"]
    if "arguments" in payload:
        return payload["type"].rpartition(".")[2], output, payload["name"], payload["arguments"]
    return (payload["type"].rpartition(".")[2],)


ENCODED: dict[str, tuple[list[Part], list[tuple[Any, ...]]]] = {
    "text and reasoning of another dialect are one message": (
        [
            ReasoningDelta("Hm"),
            ReasoningDelta("", 0, "s"),
            TextDelta("a"),
            TextDelta(""),
            TextDelta("b"),
            TextDelta("c", 1),
        ],
        [
            ("0/0", thinking("Hm")),
            ("0/0", thinking(signature="s")),
            ("0/1", "a"),
            ("0/1", "b"),
            ("0/2", "c"),
            ("done",),
        ],
    ),
    "what has no text and no signature": ([ReasoningDelta(""), BlockEnd(0, "reasoning")], [("done",)]),
    "a call is an output of its own, and text after it is another message": (
        [TextDelta("a"), ToolCallDelta("{}", 0, "x", "g"), TextDelta("b", 1), TextDelta("c")],
        [("0/0", "a"), ("delta", 1, "g", "{}"), ("2/0", "b"), ("0/0", "c"), ("done",)],
    ),
    "blocks of its own stay where they are, but where a call is": (
        [TextDelta("a", "2/0"), ToolCallDelta("{}", 0, "x", "g"), TextDelta("b", "3/1"), TextDelta("c", "4/2")],
        [("2/0", "a"), ("delta", 3, "g", "{}"), ("4/0", "b"), ("4/2", "c"), ("done",)],
    ),
    "calls interleaved, the arguments of one of them none": (
        [
            ToolCallDelta("", 0, "x", "g"),
            ToolCallDelta('{"n"', 1, "y"),
            ToolCallDelta("", 1, None, "h"),
            ToolCallDelta("", 0),
            ToolCallDelta(":1}", 1),
            BlockEnd(0, "tool_call"),
            ToolCallDelta("", 0),
        ],
        [
            ("delta", 0, "g", ""),
            ("delta", 1, "", '{"n"'),
            ("delta", 1, "h", ""),
            ("delta", 1, "h", ":1}"),
            ("delta", 0, "g", "{}"),
            ("done",),
        ],
    ),
    "the arguments of the last call none": (
        [ToolCallDelta("", 0, "x", "g")],
        [("delta", 0, "g", ""), ("delta", 0, "g", "{}"), ("done",)],
    ),
    "a call that the server runs": (
        [ToolCallDelta("{", 0, "t", "s", True), ToolCallDelta("}", 0, server=True), BlockEnd(0, "tool_call")],
        [("started", 0, "s", "{"), ("delta", 0, "s", "}"), ("done",), ("done",)],
    ),
    "and one whose end was not said": (
        [ToolCallDelta("", 0, "t", "s", True)],
        [("started", 0, "s", ""), ("done",), ("done",)],
    ),
}


@pytest.mark.parametrize(("parts", "expected"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], expected: list[tuple[Any, ...]]) -> None:
    begun, *found = events(*parts)
    assert begun == {"type": "conversation.response.started", "conversation_id": "conversation-1"}
    assert [said(payload) for payload in found] == expected


def test_ids_and_the_model_are_those_of_the_start() -> None:
    begun, delta, first, last = events(Start("c1", "mistral-large"), TextDelta("a"), ToolCallDelta("{}", 0, "x", "g"))
    assert begun["conversation_id"] == "c1"
    assert (delta["id"], delta["model"]) == ("msg_0", "mistral-large")
    assert (first["id"], first["tool_call_id"]) == ("fc_1", "x")
    assert last["usage"] == {}
    assert events(TextDelta("a"), id="c2", model="m")[1]["model"] == "m"


def test_usage_goes_into_the_last_event() -> None:
    last = events(Usage(1, 2, None, 1), Finish("length"))[-1]
    assert last == {**DONE, "usage": {"prompt_tokens": 1, "completion_tokens": 2}}


FOUND = Other("tool.execution.done", runs("done", info={"code": 0}), NAME, "t")
RUNS = ToolCallDelta("{}", "t", "t", "web_search", True)


def test_what_a_call_found_is_its_end() -> None:
    assert events(RUNS, FOUND, BlockEnd("t", "tool_call"))[2:] == [FOUND.data, DONE]
    assert events(RUNS, FOUND)[2:] == [FOUND.data, DONE]


NEVER: dict[str, list[Part]] = {
    "text": [Other(MESSAGE, message("a"), NAME)],
    "a call": [Other("function.call.delta", call("{}"), NAME, "x")],
    "the end of a call that the server does not run": [ToolCallDelta("{}", "t", "t", "web_search"), FOUND],
    "the end of a call that there is not": [FOUND],
    "the end of another call": [ToolCallDelta("{}", "t", "u", "web_search", True), FOUND],
    "another event as the end of a call": [RUNS, FOUND.__replace__(data={"type": "x", "id": "t"})],
    "the end": [Other(DONE["type"], DONE, NAME)],
    "an error": [Other("conversation.response.error", {"message": "x"}, NAME)],
}


@pytest.mark.parametrize("parts", NEVER.values(), ids=NEVER)
def test_what_came_in_as_meaningless_never_leaves_as_more(parts: list[Part]) -> None:
    *before, other = parts
    assert write(NAME, parts) == write(NAME, before)
    encoder = PartEncoder(NAME)
    for part in before:
        encoder.send(part)
    with pytest.raises(EncodeError):
        encoder.send(other.__replace__(dialect=None))


def test_others_of_its_own_and_of_nobody_are_events_of_their_name() -> None:
    reference = message(REFERENCE, output_index=0, content_index=1)
    assert events(TextDelta("a"), Other(MESSAGE, reference, NAME, "0/1"))[2] == reference
    assert events(Other("agent.handoff.done", HANDOFF, NAME))[0] == HANDOFF
    assert b'event: x\ndata: {"n":1}\n' in write(NAME, [Other("x", {"n": 1})])


def test_an_error_is_the_end() -> None:
    assert events(Error("Busy", "overloaded", 429), TextDelta("a")) == [
        {"type": "conversation.response.error", "message": "Busy", "code": 429}
    ]
    assert events(Error("Busy", code="busy", status=503))[0]["code"] == 503
    assert events(Error("Busy", code="busy"))[0]["code"] == 500
    assert events(TextDelta("a"), Finish("error", "overheated"))[-1]["message"].endswith("overheated")


def test_what_failed_ends_in_an_error() -> None:
    encoder = PartEncoder(NAME)
    stream = encoder.send(ToolCallDelta("{}", 0, "x", "g")) + encoder.send(BlockEnd(0, "tool_call"))
    with pytest.raises(EncodeError, match="belongs to a call that is over"):
        encoder.send(ToolCallDelta("{}", 0))
    found = gather(read(NAME, stream + encoder.close())[0])
    assert found.error is not None
    assert found.finish_reason is None


def test_what_is_kept_is_counted() -> None:
    with pytest.raises(LimitError):
        write(get(NAME).writer(max_size=2_000), [TextDelta("a", block) for block in range(10)])
