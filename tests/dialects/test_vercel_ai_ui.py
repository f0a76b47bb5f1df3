"""The vercel-ai-ui dialect: bytes in, parts out; parts in, events out; what is refused; where a stream may end."""

import json
import pickle
from typing import Any

import captures
import pytest
from reading import gather, pieces, read, sse, whole, write

from sse_core import Decoder, DialectError, EncodeError, LimitError, TruncatedError
from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Invalid,
    Other,
    Part,
    PartDecoder,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Transcoder,
    Usage,
    get,
)

NAME = "vercel-ai-ui"
DONE = Done("sentinel")
STOP: list[Part] = [Finish("stop", "stop"), DONE]
INFERRED: list[Part] = [Finish("stop"), DONE]
FINISH = {"type": "finish", "finishReason": "stop"}


def event(type: str, id: Any = None, **members: Any) -> dict[str, Any]:
    """An event; of a block or a call, with its id."""
    if id is None:
        return {"type": type, **members}
    return {"type": type, "toolCallId" if type.startswith("tool-") else "id": id, **members}


def other(type: str, block: Any = None, data: Any = None, **members: Any) -> Other:
    """An Other with `data`, or the whole payload."""
    return Other(type, data if data is not None else event(type, block, **members), NAME, block)


def begin(id: str, name: str | None = "f", **members: Any) -> dict[str, Any]:
    return event("tool-input-start", id, **({} if name is None else {"toolName": name}), **members)


def add(id: str, text: Any) -> dict[str, Any]:
    return event("tool-input-delta", id, inputTextDelta=text)


def have(id: str, input: Any, **members: Any) -> dict[str, Any]:
    return event("tool-input-available", id, **{"toolName": "f", "input": input, **members})


def call(id: str, **members: Any) -> ToolCallDelta:
    return ToolCallDelta("", id, id, "f", **members)


SERVERS = ToolCallDelta("", "a", server=True)  # what says that the call a is the server's
ITEM = {"openai": {"itemId": "msg_1"}}
SIGNED = {"anthropic": {"signature": "c2ln"}}
REDACTED = {"anthropic": {"redactedData": "cmVk"}}
COUNTS = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}

# The payloads before `[DONE]`, and their parts but Done.
READ: dict[str, tuple[list[Any], list[Part]]] = {
    "a message": (
        [
            event("start", messageId="msg-1"),
            event("text-start", "1"),
            event("text-delta", "1", delta="Hé"),
            event("text-delta", "1", delta=""),
            event("text-end", "1"),
            FINISH,
        ],
        [Start("msg-1"), TextDelta("Hé", "1"), BlockEnd("1"), Finish("stop", "stop")],
    ),
    "its model is in the metadata, the rest of which comes before it": (
        [event("start", messageMetadata={"model": "m", "user": 1}), FINISH],
        [other("message-metadata", data={"user": 1}), Start(None, "m"), Finish("stop", "stop")],
    ),
    "metadata that is no object": (
        [event("start", messageMetadata="x"), event("message-metadata", messageMetadata=None), FINISH],
        [other("message-metadata", data="x"), Start(), Finish("stop", "stop")],
    ),
    "a second start renames the message and begins none": (
        [event("start"), event("start", messageId="b"), FINISH],
        [Start(), other("start", messageId="b"), Finish("stop", "stop")],
    ),
    "nor does one after content": (
        [event("text-delta", "1", delta="Hi"), event("start"), FINISH],
        [TextDelta("Hi", "1"), other("start"), Finish("stop", "stop")],
    ),
    "blocks interleave, of text and of reasoning with one id": (
        [
            event("text-start", "1"),
            event("reasoning-start", "1"),
            event("text-delta", "1", delta="A"),
            event("reasoning-delta", "1", delta="Hm"),
            event("text-delta", "1", delta="B"),
            event("reasoning-end", "1"),
            event("text-end", "1"),
        ],
        [
            TextDelta("A", "1"),
            ReasoningDelta("Hm", "1"),
            TextDelta("B", "1"),
            BlockEnd("1", "reasoning"),
            BlockEnd("1"),
            Finish("stop"),
        ],
    ),
    "a block that says nothing has an empty delta": (
        [
            event("text-start", "1"),
            event("text-end", "1"),
            event("reasoning-start", "1"),
            event("reasoning-end", "1"),
            event("text-end", "1"),
        ],
        [
            TextDelta("", "1"),
            BlockEnd("1"),
            ReasoningDelta("", "1"),
            BlockEnd("1", "reasoning"),
            BlockEnd("1"),
            Finish("stop"),
        ],
    ),
    "a block without an id is 0": (
        [event("text-delta", delta="Hi"), event("text-start", 5), event("text-end", [1])],
        [TextDelta("Hi"), TextDelta(""), BlockEnd(), Finish("stop")],
    ),
    "a delta that is no text counts as absent": (
        [event("text-delta", "1", delta=5), event("reasoning-delta", "1", delta=None)],
        [Finish("stop")],
    ),
    "a signature, with text, without, and of a block that ends": (
        [
            event("reasoning-start", "1"),
            event("reasoning-delta", "1", delta="", providerMetadata=SIGNED),
            event("reasoning-delta", "1", delta="Hm", providerMetadata=SIGNED),
            event("reasoning-end", "1", providerMetadata=SIGNED),
        ],
        [
            ReasoningDelta("", "1"),
            ReasoningDelta("", "1", "c2ln"),
            ReasoningDelta("Hm", "1", "c2ln"),
            ReasoningDelta("", "1", "c2ln"),
            BlockEnd("1", "reasoning"),
            Finish("stop"),
        ],
    ),
    "redacted reasoning": (
        [event("reasoning-start", "1", providerMetadata=REDACTED), event("reasoning-end", "1")],
        [ReasoningDelta("", "1", "cmVk"), BlockEnd("1", "reasoning"), Finish("stop")],
    ),
    "other members come in an Other, before the part": (
        [
            event("text-start", "1", providerMetadata=ITEM),
            event("text-delta", "1", delta="A", providerMetadata=ITEM, more=None),
            event("text-end", "1", citations=[1]),
            event("reasoning-delta", "2", delta="Hm", providerMetadata={**SIGNED, **ITEM}),
            event("reasoning-delta", "2", delta="", providerMetadata={"anthropic": {"signature": 5}}),
            event("reasoning-delta", "2", delta="", providerMetadata=SIGNED, more=1),
        ],
        [
            other("text-start", "1", {"providerMetadata": ITEM}),
            other("text-delta", "1", {"providerMetadata": ITEM}),
            TextDelta("A", "1"),
            other("text-end", "1", {"citations": [1]}),
            BlockEnd("1"),
            other("reasoning-delta", "2", {"providerMetadata": {**SIGNED, **ITEM}}),
            ReasoningDelta("Hm", "2"),
            other("reasoning-delta", "2", {"providerMetadata": {"anthropic": {"signature": 5}}}),
            other("reasoning-delta", "2", {"providerMetadata": SIGNED, "more": 1}),
            Finish("stop"),
        ],
    ),
    "calls, in fragments that interleave": (
        [
            begin("a"),
            begin("b"),
            add("a", '{"n": 1'),
            add("b", "{}"),
            add("a", "}"),
            have("a", {"n": 1.0}),
            have("b", {}),
            event("finish", finishReason="tool-calls"),
        ],
        [
            call("a"),
            call("b"),
            ToolCallDelta('{"n": 1', "a"),
            ToolCallDelta("{}", "b"),
            ToolCallDelta("}", "a"),
            BlockEnd("a", "tool_call"),
            BlockEnd("b", "tool_call"),
            Finish("tool_call", "tool-calls"),
        ],
    ),
    "a call without fragments has its input": (
        [have("a", {"n": 1}), begin("b"), add("b", ""), add("b", 5), have("b", {})],
        [
            call("a"),
            ToolCallDelta('{"n":1}', "a"),
            BlockEnd("a", "tool_call"),
            call("b"),
            BlockEnd("b", "tool_call"),
            Finish("tool_call"),
        ],
    ),
    "or none": (
        [
            event("tool-input-available", "a", toolName="f"),
            begin("b"),
            add("b", "{}"),
            event("tool-input-available", "b"),
        ],
        [
            call("a"),
            BlockEnd("a", "tool_call"),
            call("b"),
            ToolCallDelta("{}", "b"),
            BlockEnd("b", "tool_call"),
            Finish("tool_call"),
        ],
    ),
    "a call whose name comes with its input": (
        [begin("a", None), add("a", "{}"), have("a", {})],
        [
            ToolCallDelta("", "a", "a"),
            ToolCallDelta("{}", "a"),
            ToolCallDelta("", "a", None, "f"),
            BlockEnd("a", "tool_call"),
            Finish("tool_call"),
        ],
    ),
    "a call of free text": (
        [
            begin("a", inputEncoding="text"),
            add("a", "ls"),
            have("a", "ls"),
            begin("b", inputEncoding="text"),
            have("b", "ls"),
            begin("c", inputEncoding="text"),
            have("c", {"x": 1}),
        ],
        [
            call("a", json=False),
            ToolCallDelta("ls", "a", json=False),
            BlockEnd("a", "tool_call"),
            call("b", json=False),
            ToolCallDelta("ls", "b", json=False),
            BlockEnd("b", "tool_call"),
            call("c", json=False),
            ToolCallDelta('{"x":1}', "c", json=False),
            BlockEnd("c", "tool_call"),
            Finish("tool_call"),
        ],
    ),
    "a call that the provider runs is none to act on, known at once or at its input": (
        [
            begin("a", providerExecuted=True),
            add("a", "{}"),
            have("a", {}, providerExecuted=True),
            begin("b"),
            add("b", "{}"),
            have("b", {}, providerExecuted=True),
        ],
        [
            call("a", server=True),
            ToolCallDelta("{}", "a", server=True),
            BlockEnd("a", "tool_call"),
            call("b"),
            ToolCallDelta("{}", "b"),
            ToolCallDelta("", "b", server=True),
            BlockEnd("b", "tool_call"),
            Finish("stop"),
        ],
    ),
    "nor is one that has its output": (
        [have("a", {}), event("tool-output-available", "a", output=1), FINISH],
        [
            call("a"),
            BlockEnd("a", "tool_call"),
            other("tool-output-available", "a", output=1),
            SERVERS,
            Finish("stop", "stop"),
        ],
    ),
    "a stop with a call to act on is tool_call": (
        [have("a", {}), FINISH],
        [call("a"), BlockEnd("a", "tool_call"), Finish("tool_call", "stop")],
    ),
    "one that waits for an approval is the server's, which runs it then": (
        [
            have("a", {}),
            event("tool-approval-request", "a", approvalId="p"),
            event("tool-output-denied", "a"),
            FINISH,
        ],
        [
            call("a"),
            BlockEnd("a", "tool_call"),
            other("tool-approval-request", "a", approvalId="p"),
            SERVERS,
            other("tool-output-denied", "a"),
            Finish("stop", "stop"),
        ],
    ),
    "a call that has its output, and one to act on": (
        [have("a", {}), event("tool-output-available", "a", output=1), have("b", {}), FINISH],
        [
            call("a"),
            BlockEnd("a", "tool_call"),
            other("tool-output-available", "a", output=1),
            SERVERS,
            call("b"),
            BlockEnd("b", "tool_call"),
            Finish("tool_call", "stop"),
        ],
    ),
    "a call that has no input where the answer was cut": (
        [begin("a"), add("a", "{}"), event("finish", finishReason="length")],
        [call("a"), ToolCallDelta("{}", "a"), Finish("length", "length")],
    ),
    "a call that the server mended, and ran, has no end": (
        [
            begin("a"),
            add("a", '{"x":'),
            have("a", {"x": 1}, title="T"),
            begin("b"),
            add("b", "{}"),
            have("b", {"x": 1}),
            event("tool-output-available", "a", output=1),
            event("tool-output-available", "b", output=1),
        ],
        [
            call("a"),
            ToolCallDelta('{"x":', "a"),
            other("tool-input-available", "a", {"title": "T", "input": {"x": 1}}),
            call("b"),
            ToolCallDelta("{}", "b"),
            other("tool-input-available", "b", {"input": {"x": 1}}),
            other("tool-output-available", "a", output=1),
            SERVERS,
            other("tool-output-available", "b", output=1),
            ToolCallDelta("", "b", server=True),
            Finish("stop"),
        ],
    ),
    "nor has one whose input is an error, with fragments or without": (
        [
            begin("a"),
            add("a", "{"),
            event("tool-input-error", "a", input="{", errorText="no"),
            event("tool-input-error", "b", input={}, errorText="no"),
            event("tool-output-error", "b", errorText="no"),
        ],
        [
            call("a"),
            ToolCallDelta("{", "a"),
            other("tool-input-error", "a", input="{", errorText="no"),
            other("tool-input-error", "b", input={}, errorText="no"),
            other("tool-output-error", "b", errorText="no"),
            Finish("stop"),
        ],
    ),
    "other members of a call": (
        [
            begin("a", dynamic=True),
            have("a", {}, dynamic=True, title=None),
            have("b", {}, toolMetadata={"x": 1}),
        ],
        [
            other("tool-input-start", "a", {"dynamic": True}),
            call("a"),
            other("tool-input-available", "a", {"dynamic": True}),
            BlockEnd("a", "tool_call"),
            other("tool-input-start", "b", {"toolMetadata": {"x": 1}}),
            call("b"),
            other("tool-input-available", "b", {"toolMetadata": {"x": 1}}),
            BlockEnd("b", "tool_call"),
            Finish("tool_call"),
        ],
    ),
    "an id that begins again is another call": (
        [have("a", {}), begin("a"), add("a", '{"x":1}'), have("a", {"x": 1})],
        [
            call("a"),
            BlockEnd("a", "tool_call"),
            ToolCallDelta("", "a#1", "a", "f"),
            ToolCallDelta('{"x":1}', "a#1"),
            BlockEnd("a#1", "tool_call"),
            Finish("tool_call"),
        ],
    ),
    "what is of no call that is open": (
        [
            add("a", "{}"),
            event("tool-input-delta", inputTextDelta="{}"),
            event("tool-approval-response", approvalId="p", approved=True),
            have("b", {}),
            add("b", "{}"),
            have("b", {}),
        ],
        [
            other("tool-input-delta", "a", inputTextDelta="{}"),
            other("tool-input-delta", inputTextDelta="{}"),
            other("tool-approval-response", approvalId="p", approved=True),
            call("b"),
            BlockEnd("b", "tool_call"),
            other("tool-input-delta", "b", inputTextDelta="{}"),
            other("tool-input-available", "b", toolName="f", input={}),
            Finish("tool_call"),
        ],
    ),
    "usage, in the words of the first versions and of the later": (
        [
            event(
                "message-metadata", messageMetadata={"usage": {**COUNTS, "cachedInputTokens": 2, "reasoningTokens": 1}}
            ),
            event(
                "finish",
                messageMetadata={
                    "usage": {
                        **COUNTS,
                        "cachedInputTokens": None,
                        "inputTokenDetails": {"cacheReadTokens": 3, "cacheWriteTokens": 4},
                        "outputTokenDetails": {"reasoningTokens": 2},
                    },
                    "model": "m",
                },
            ),
        ],
        [
            Usage(10, 5, 15, 2, None, 1),
            other("message-metadata", data={"model": "m"}),
            Usage(10, 5, 15, 3, 4, 2),
            Finish("stop"),
        ],
    ),
    "usage in other words is metadata": (
        [event("message-metadata", messageMetadata={"usage": {"tokens": 5, "inputTokens": "x"}}), FINISH],
        [other("message-metadata", data={"usage": {"tokens": 5, "inputTokens": "x"}}), Finish("stop", "stop")],
    ),
    "the last finish counts": (
        [FINISH, event("finish", finishReason="length"), event("finish", finishReason=5)],
        [Finish("length", "length")],
    ),
    "an abort": ([event("abort", reason="user")], [other("abort", reason="user"), Finish("other", "abort")]),
    "an error, after which the stream goes on": (
        [event("error", errorText="Busy"), event("text-delta", "1", delta="Hi"), FINISH],
        [Error("Busy"), TextDelta("Hi", "1")],
    ),
    "an error that says nothing": ([event("error")], [Error("the server sent an error without a message")]),
    "all else": (
        [
            event("data-weather", data={"c": 1}, transient=True),
            event("source-url", sourceId="s", url="u"),
            event("start-step"),
            event("reset-step"),
            event("new"),
            {"x": 1},
        ],
        [
            other("data-weather", data={"type": "data-weather", "data": {"c": 1}, "transient": True}),
            other("source-url", sourceId="s", url="u"),
            other("start-step"),
            other("reset-step"),
            other("new"),
            other("message", data={"x": 1}),
            Finish("stop"),
        ],
    ),
}
for _word, _reason in {
    "length": "length",
    "content-filter": "content_filter",
    "tool-calls": "tool_call",
    "error": "error",
    "other": "other",
    "unknown": "other",
    "interrupted": "other",
}.items():
    READ[f"finish {_word}"] = [event("finish", finishReason=_word)], [Finish(_reason, _word)]


@pytest.mark.parametrize(("payloads", "parts"), READ.values(), ids=READ)
def test_what_is_read(payloads: list[Any], parts: list[Part]) -> None:
    assert whole(NAME, sse(*payloads, "[DONE]")) == [*parts, DONE]


@pytest.mark.parametrize("name", READ)
def test_what_was_written_is_read_and_written_again_as_it_is(name: str) -> None:
    payloads, _ = READ[name]
    first = write(NAME, whole(NAME, sse(*payloads, "[DONE]")))
    assert write(NAME, whole(NAME, first)) == first


ENDS: dict[str, tuple[list[Any], list[Part] | str]] = {
    "after a finish": ([FINISH], [Finish("stop", "stop"), Done("eof")]),
    "after a finish without a word": ([event("finish")], [Finish("stop"), Done("eof")]),
    "after an abort": ([event("abort")], [other("abort"), Finish("other", "abort"), Done("eof")]),
    "after an error": ([event("error", errorText="x")], [Error("x"), Done("error")]),
    "after content": ([event("text-delta", "1", delta="Hi")], "vercel-ai-ui: the stream ended before [DONE]"),
    "after nothing": ([], "vercel-ai-ui: the stream ended before [DONE]"),
    "after content that followed a finish": (
        [FINISH, event("text-delta", "1", delta="Hi")],
        "vercel-ai-ui: the stream ended before [DONE]",
    ),
}


@pytest.mark.parametrize(("payloads", "end"), ENDS.values(), ids=ENDS)
def test_where_the_body_may_end(payloads: list[Any], end: list[Part] | str) -> None:
    parts, problem = read(NAME, sse(*payloads))
    assert (problem if isinstance(end, str) else parts) == end


def test_the_sentinel_after_an_error_is_the_end() -> None:
    stream = sse(event("error", errorText="Busy"), "[DONE]", event("text-delta", "1", delta="Hi"))
    assert whole(NAME, stream) == [Error("Busy"), DONE]
    assert write(NAME, [Error("Busy")]) == sse('{"type":"error","errorText":"Busy"}', "[DONE]")


NOT_RUN: dict[str, list[Any]] = {
    "a call without fragments": [begin("a")],
    "a call whose fragments are whole": [begin("a"), add("a", '{"x":1}')],
    "a call that the server mended": [begin("a"), add("a", '{"x":1}'), have("a", {"x": 2})],
    "a call whose fragments were no JSON": [begin("a"), add("a", '{"x":'), have("a", {"x": 1})],
    "a call of many fragments that the server mended": [
        *(begin("a"), add("a", '{"x":"'), add("a", "y" * 40_000), add("a", '"}'), have("a", {"x": "y"})),
    ],
    "a call of many fragments, and an input that is no JSON": [
        begin("a"),
        add("a", "y" * 40_000),
        have("a", float("nan")),
    ],
    "a call that begins again before its end": [begin("a"), have("b", {}), begin("a"), have("a", {})],
}


@pytest.mark.parametrize("word", ["stop", "tool-calls", None, "no finish"])
@pytest.mark.parametrize("payloads", NOT_RUN.values(), ids=NOT_RUN)
def test_a_finish_does_not_complete_a_call_that_its_client_does_not_run(payloads: list[Any], word: Any) -> None:
    finish = [] if word == "no finish" else [event("finish", finishReason=word)]
    stream = sse(*payloads, *finish, "[DONE]")
    parts = whole(NAME, stream)
    assert [part.kind for part in parts[-3:]] == ["invalid", "finish", "done"]
    assert "without the input of the call a" in (gather(parts).problem() or "")
    assert not gather(parts).tool_calls[0].complete
    transcoder = Transcoder(NAME, "openai-chat")
    sent = transcoder.feed(stream)
    with pytest.raises(DialectError):
        transcoder.close()
    assert b'"finish_reason":"' not in sent
    assert whole(NAME, *pieces(stream)) == parts


def test_the_damage_is_said_once_and_not_after_an_error() -> None:
    kinds = [part.kind for part in whole(NAME, sse(begin("a"), FINISH, FINISH, "[DONE]"))]
    assert kinds == ["tool_call", "invalid", "finish", "done"]
    kinds = [part.kind for part in whole(NAME, sse(begin("a"), event("error", errorText="x"), FINISH, "[DONE]"))]
    assert kinds == ["tool_call", "error", "done"]


TAKEN: dict[str, list[Any]] = {
    "refused": [begin("a"), add("a", "{}"), event("tool-input-error", "a", errorText="no")],
    "refused, of free text": [begin("a", inputEncoding="text"), add("a", "{"), event("tool-input-error", "a")],
    "answered": [have("a", {}), event("tool-output-available", "a", output=1)],
    "to be approved": [have("a", {}), event("tool-approval-request", "a", approvalId="p")],
}


@pytest.mark.parametrize("payloads", TAKEN.values(), ids=TAKEN)
def test_a_call_that_is_none_to_act_on_does_not_leave_beside_one_that_is(payloads: list[Any]) -> None:
    stream = sse(*payloads, have("b", {}), FINISH, "[DONE]")
    message = gather(whole(NAME, stream))
    assert message.problem() is None
    assert [(call.server, call.complete) for call in message.tool_calls] == [(True, False), (False, True)]
    sent = b""
    with pytest.raises(EncodeError) as raised:
        sent = Transcoder(NAME, "openai-chat").feed(stream)
    assert b'tool_calls"' not in (sent + raised.value.data).partition(b'"finish_reason":"')[2]


@pytest.mark.parametrize("text", ["{", "NaN"])
def test_a_call_that_was_refused_for_what_is_no_json_is_not_whole(text: str) -> None:
    payloads = [begin("a"), add("a", text), event("tool-input-error", "a", errorText="no"), have("b", {}), FINISH]
    message = gather(whole(NAME, sse(*payloads, "[DONE]")))
    assert message.problem() == "the call of f is not whole"
    assert [call.complete for call in message.tool_calls] == [False, True]


def test_a_call_that_was_answered_leaves_under_a_finish_that_has_no_call_run() -> None:
    stream = sse(*TAKEN["answered"], FINISH, "[DONE]")
    transcoder = Transcoder(NAME, "openai-chat")
    sent = transcoder.feed(stream) + transcoder.close()
    assert transcoder.problem is None
    assert gather(whole("openai-chat", sent)).choices[0].raw_reason == "stop"


SPELLED = {"x": "é" * 35_000, "y": [1, 2]}
SPELLINGS = [
    json.dumps(SPELLED, ensure_ascii=ascii, separators=separators)
    for ascii in (False, True)
    for separators in ((",", ":"), (", ", ": "))
]


@pytest.mark.parametrize("text", [*SPELLINGS, "text" * 10_000], ids=range(5))
def test_many_arguments_end_with_an_input_that_is_spelled_the_same(text: str) -> None:
    input = SPELLED if text in SPELLINGS else text
    start = begin("a", **({} if text in SPELLINGS else {"inputEncoding": "text"}))
    fragments = [text[:30_000], text[30_000:-1], text[-1:]]
    payloads = [start, *[add("a", fragment) for fragment in fragments], have("a", input)]
    small = [begin("b"), add("b", "{}"), have("b", {})]
    message = gather(whole(NAME, sse(*payloads, *small, FINISH, "[DONE]")))
    assert message.problem() is None
    assert [call.complete for call in message.tool_calls] == [True, True]


def test_what_is_kept_of_calls_is_bounded() -> None:
    decoder, sizes = PartDecoder(NAME), []
    for round in range(8):
        for number in range(1000):
            id = f"call-{round}-{number}" * 5
            decoder.feed(sse(begin(id), add(id, "x" * 100), have(id, {"x": 1})))
            decoder.feed(sse(event("tool-output-available", id, output=1)))
        sizes.append(len(pickle.dumps(decoder)))
    assert sizes[-1] <= sizes[1]


def test_blocks_and_calls_past_the_most_are_read_yet_not_followed() -> None:
    blocks = [event("text-start", str(number)) for number in range(1025)]
    parts = whole(NAME, sse(*blocks, event("text-end", "1023"), event("text-end", "1024"), "[DONE]"))
    assert parts == [TextDelta("", "1023"), BlockEnd("1023"), BlockEnd("1024"), *INFERRED]
    calls = [have(str(number), {}) for number in range(1025)]
    parts = whole(NAME, sse(*calls, add("0", "{}"), add("1", "{}"), "[DONE]"))
    assert parts[-4:-2] == [other("tool-input-delta", id, inputTextDelta="{}") for id in "01"]
    calls = [begin(str(number)) for number in range(1025)]
    parts = whole(NAME, sse(*calls, "[DONE]"))
    assert [part.kind for part in parts[1023:]] == ["tool_call", "invalid", "invalid", "finish", "done"]


@pytest.mark.parametrize("data", ["{", "[]", "5", '"x"', "null"])
def test_what_is_no_object_cannot_be_read(data: str) -> None:
    (invalid, *rest) = whole(NAME, sse(data, "[DONE]"))
    assert isinstance(invalid, Invalid)
    assert rest == INFERRED


def test_an_input_that_is_no_json_value_cannot_be_read() -> None:
    (invalid, *_) = PartDecoder(NAME).feed(b'data: {"type":"tool-input-available","toolCallId":"a","input":NaN}\n\n')
    assert isinstance(invalid, Invalid)


def test_a_body_with_no_framing_is_an_error() -> None:
    assert whole(NAME, b'{"error":"Too Many Requests"}') == [Error("Too Many Requests"), Done("error")]


# -- writing


def payloads_of(stream: bytes) -> list[Any]:
    """The payloads of a stream that ends in [DONE], without it."""
    events = Decoder().feed(stream)
    assert [event.type for event in events] == ["message"] * len(events)
    *texts, end = [event.data for event in events]
    assert end == "[DONE]"
    return [json.loads(text) for text in texts]


# What is sent, and the payloads before `[DONE]`.
WRITTEN: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing": ([], [event("finish")]),
    "a message": (
        [Start("msg-1", "m"), TextDelta("Hé"), TextDelta(""), TextDelta("!"), Finish("stop", "stop"), Usage(10, 5, 15)],
        [
            event("start", messageId="msg-1", messageMetadata={"model": "m"}),
            event("text-start", "text-1"),
            event("text-delta", "text-1", delta="Hé"),
            event("text-delta", "text-1", delta="!"),
            event("text-end", "text-1"),
            event("finish", finishReason="stop", messageMetadata={"usage": COUNTS}),
        ],
    ),
    "a second start before content says nothing": (
        [Start("a"), Start("b"), Finish("stop")],
        [event("start", messageId="a"), event("finish")],
    ),
    "reasoning ends as text begins, and text as a call": (
        [
            ReasoningDelta("Hm"),
            TextDelta("A"),
            ToolCallDelta("{}", 0, "a", "f"),
            TextDelta("B"),
            Finish("tool_call", "tool_use"),
        ],
        [
            event("reasoning-start", "reasoning-1"),
            event("reasoning-delta", "reasoning-1", delta="Hm"),
            event("reasoning-end", "reasoning-1"),
            event("text-start", "text-2"),
            event("text-delta", "text-2", delta="A"),
            event("text-end", "text-2"),
            begin("a"),
            add("a", "{}"),
            event("text-start", "text-3"),
            event("text-delta", "text-3", delta="B"),
            have("a", {}),
            event("text-end", "text-3"),
            event("finish", finishReason="tool-calls"),
        ],
    ),
    "signatures": (
        [
            ReasoningDelta("", 0, "cmVk"),
            BlockEnd(0, "reasoning"),
            ReasoningDelta("Hm", 1),
            ReasoningDelta("", 1, "c2ln"),
            BlockEnd(1, "reasoning"),
            ReasoningDelta("Hm", 2, "c2ln"),
            Finish("stop"),
        ],
        [
            event("reasoning-start", "reasoning-1"),
            event("reasoning-delta", "reasoning-1", delta="", providerMetadata=REDACTED),
            event("reasoning-end", "reasoning-1"),
            event("reasoning-start", "reasoning-2"),
            event("reasoning-delta", "reasoning-2", delta="Hm"),
            event("reasoning-delta", "reasoning-2", delta="", providerMetadata=SIGNED),
            event("reasoning-end", "reasoning-2"),
            event("reasoning-start", "reasoning-3"),
            event("reasoning-delta", "reasoning-3", delta="Hm", providerMetadata=SIGNED),
            event("reasoning-end", "reasoning-3"),
            event("finish"),
        ],
    ),
    "a call of free text, and one that the provider runs": (
        [ToolCallDelta("ls", 0, "a", "f", json=False), ToolCallDelta("", 1, "b", "f", True), Finish("stop", "stop")],
        [
            begin("a", inputEncoding="text"),
            add("a", "ls"),
            begin("b", providerExecuted=True),
            have("a", "ls"),
            have("b", {}, providerExecuted=True),
            FINISH,
        ],
    ),
    "a name that comes late": (
        [ToolCallDelta("{", 0, "a"), ToolCallDelta("}", 0, None, "f"), BlockEnd(0, "tool_call"), Finish("tool_call")],
        [begin("a", ""), add("a", "{"), add("a", "}"), have("a", {}), event("finish")],
    ),
    "or not at all": (
        [ToolCallDelta("{}", 0, "a"), BlockEnd(0, "tool_call"), Finish("tool_call")],
        [
            begin("a", ""),
            add("a", "{}"),
            event("tool-input-error", "a", toolName="", input="{}", errorText="the call has no name"),
            event("finish"),
        ],
    ),
    "arguments that come after the end of their call, and say nothing": (
        [ToolCallDelta("{}", 0, "a", "f"), BlockEnd(0, "tool_call"), ToolCallDelta("", 0), BlockEnd(0, "tool_call")],
        [begin("a"), add("a", "{}"), have("a", {}), event("finish")],
    ),
    "a tool_call without a call has its word": ([Finish("tool_call")], [event("finish", finishReason="tool-calls")]),
    "a finish that is not as it should be, of a call that may be cut": (
        [TextDelta("A"), ToolCallDelta("{}", 0, "a", "f"), TextDelta("B", 1), Finish("length")],
        [
            event("text-start", "text-1"),
            event("text-delta", "text-1", delta="A"),
            event("text-end", "text-1"),
            begin("a"),
            add("a", "{}"),
            event("text-start", "text-2"),
            event("text-delta", "text-2", delta="B"),
            event("tool-input-error", "a", toolName="f", input="{}", errorText="the answer ended before the call did"),
            event("text-end", "text-2"),
            event("finish", finishReason="length"),
        ],
    ),
    "an error, and what follows it": (
        [
            ToolCallDelta("{}", 0, "a", "f"),
            TextDelta("A"),
            Usage(10, 5, 15),
            Error("Busy", "overloaded", 1, 503),
            ToolCallDelta("", 0),
            ToolCallDelta("{}", 1, "b", "f"),
            BlockEnd(0, "tool_call"),
            TextDelta("B"),
            Finish("stop"),
        ],
        [
            begin("a"),
            add("a", "{}"),
            event("text-start", "text-1"),
            event("text-delta", "text-1", delta="A"),
            event("text-end", "text-1"),
            event("message-metadata", messageMetadata={"usage": COUNTS}),
            event("error", errorText="Busy"),
            event("text-start", "text-2"),
            event("text-delta", "text-2", delta="B"),
            event("text-end", "text-2"),
        ],
    ),
    "an abort, which nothing finishes": (
        [ToolCallDelta("{}", 0, "a", "f"), Usage(10, 5, 15), Other("abort", {"reason": "user"})],
        [
            begin("a"),
            add("a", "{}"),
            event("message-metadata", messageMetadata={"usage": COUNTS}),
            event("abort", reason="user"),
            event("tool-input-error", "a", toolName="f", input="{}", errorText="the answer ended before the call did"),
        ],
    ),
    "an abort that a finish follows": (
        [Other("abort"), Finish("stop", "stop")],
        [event("abort", data=None), FINISH],
    ),
    "Others of a program": (
        [
            Other("data-weather", {"data": {"c": 1}, "id": "w"}),
            Other("data-name", "x"),
            Other("message-metadata", {"x": 1}),
            Other("start-step", {}),
            Other("tool-output-available", {"toolCallId": "of an earlier answer", "output": 1}),
            Other("tool-output-error", {"errorText": "x"}, None, "no call"),
        ],
        [
            {"data": {"c": 1}, "id": "w", "type": "data-weather"},
            {"data": "x", "type": "data-name"},
            event("message-metadata", messageMetadata={"x": 1}),
            event("start-step"),
            event("tool-output-available", "of an earlier answer", output=1),
            event("tool-output-error", errorText="x"),
            event("finish"),
        ],
    ),
    "members for the next event of a type and block": (
        [
            Other("text-start", {"providerMetadata": ITEM, "id": "x", "type": "error", "more": None}, None, "t"),
            Other("text-delta", {"a": 1}, None, "t"),
            Other("text-delta", {"b": 1}, None, "t"),
            Other("text-end", {"never": 1}, None, "u"),
            TextDelta("Hi", "t"),
            TextDelta("!", "t"),
            BlockEnd("u"),
            BlockEnd("v", "other"),
            TextDelta("", "u"),
            BlockEnd("u"),
            BlockEnd("t"),
            Other("tool-input-available", {"title": "T"}, None, "a"),
            Other("tool-input-start", {"title": "S", "input": 1}, None, "a"),
            call("a"),
            Finish("tool_call"),
        ],
        [
            event("text-start", "t", providerMetadata=ITEM),
            event("text-delta", "t", b=1, delta="Hi"),
            event("text-delta", "t", delta="!"),
            event("text-start", "u"),
            event("text-end", "u"),
            event("text-end", "t"),
            begin("a", title="S"),
            have("a", {}, title="T"),
            event("finish"),
        ],
    ),
    "what a call's output is of has the id that was shown": (
        [
            ToolCallDelta("", 0, "a", "f"),
            BlockEnd(0, "tool_call"),
            ToolCallDelta("", 1, "a", "f"),
            other("tool-output-available", 1, {"type": "tool-output-available", "toolCallId": "a", "output": 1}),
            Finish("stop", "stop"),
        ],
        [begin("a"), have("a", {}), begin("call-1"), event("tool-output-available", "call-1", output=1), FINISH],
    ),
    "an approval leaves its call open": (
        [call("a"), Other("tool-approval-request", {"approvalId": "p"}, None, "a"), Finish("tool_call", "tool_calls")],
        [
            begin("a"),
            {"approvalId": "p", "type": "tool-approval-request", "toolCallId": "a"},
            have("a", {}),
            event("finish", finishReason="tool-calls"),
        ],
    ),
    "an input that the server mended": (
        [
            call("a"),
            ToolCallDelta("{", "a"),
            other("tool-input-available", "a", {"input": {"x": 1}, "title": "T"}),
            Finish("tool_call"),
        ],
        [begin("a"), add("a", "{"), have("a", {"x": 1}, title="T"), event("finish")],
    ),
    "steps end what is open, and one that begins again its calls": (
        [
            TextDelta("A"),
            ToolCallDelta("{}", 0, "a", "f"),
            ReasoningDelta("Hm"),
            Other("finish-step"),
            TextDelta("B"),
            Other("reset-step"),
            BlockEnd(0, "tool_call"),
            Finish("stop", "stop"),
        ],
        [
            event("text-start", "text-1"),
            event("text-delta", "text-1", delta="A"),
            event("text-end", "text-1"),
            begin("a"),
            add("a", "{}"),
            event("reasoning-start", "reasoning-2"),
            event("reasoning-delta", "reasoning-2", delta="Hm"),
            event("reasoning-end", "reasoning-2"),
            event("finish-step", data=None),
            event("text-start", "text-3"),
            event("text-delta", "text-3", delta="B"),
            event("text-end", "text-3"),
            event("reset-step", data=None),
            FINISH,
        ],
    ),
}
NO_JSON = {
    "half": "{",
    "text": "San Francisco",
    "NaN": '{"x":NaN}',
    "a number that is none": '{"x":1e400}',
    "a nest": "[" * 100_000,
}
for _name, _text in NO_JSON.items():
    WRITTEN[f"arguments that are no JSON: {_name}"] = (
        [ToolCallDelta(_text, 0, "a", "f"), BlockEnd(0, "tool_call"), Finish("tool_call")],
        [
            begin("a"),
            add("a", _text),
            event(
                "tool-input-error", "a", toolName="f", input=_text, errorText="the arguments of the call are no JSON"
            ),
            event("finish"),
        ],
    )


@pytest.mark.parametrize(("parts", "payloads"), WRITTEN.values(), ids=WRITTEN)
def test_what_is_written(parts: list[Part], payloads: list[Any]) -> None:
    assert payloads_of(write(NAME, parts)) == payloads


@pytest.mark.parametrize("word", ["stop", "length", "tool_call", "content_filter", "error", "other"])
def test_each_reason_has_a_word_that_is_read_back(word: Any) -> None:
    assert whole(NAME, write(NAME, [Finish(word, "a word of another dialect")]))[0].reason == word
    assert "interrupted" not in write(NAME, [Finish("other", "interrupted")]).decode()


LATE = [call("a"), ToolCallDelta("{", "a")]
# Others that would be more than that where they are read; after these parts.
RESERVED: dict[str, tuple[list[Part], Other]] = {
    "start": ([], Other("start", {"messageId": "x"})),
    "finish": ([], Other("finish", {"finishReason": "stop"})),
    "error": ([], Other("error", {"errorText": "x"})),
    "a delta without a block": ([], Other("text-delta", {"delta": "x", "a": 1})),
    "a delta that says no more": ([], Other("text-delta", {"delta": "x"}, None, "1")),
    "the fragment of a call": (LATE, Other("tool-input-delta", {"inputTextDelta": "}"}, None, "a")),
    "the input of no call": ([], Other("tool-input-available", {"input": {}}, None, "a")),
    "the input of a call without fragments": ([call("a")], Other("tool-input-available", {"input": 1}, None, "a")),
    "the input that the fragments spell": (
        [*LATE, ToolCallDelta("}", "a")],
        Other("tool-input-available", {"input": {}}, None, "a"),
    ),
    "the input of a call without a name": (
        [ToolCallDelta("{", "a", "a")],
        Other("tool-input-available", {"input": 1}, None, "a"),
    ),
    "an input after an error": ([*LATE, Error("x")], Other("tool-input-available", {"input": 1}, None, "a")),
    "usage": ([], Other("message-metadata", {"usage": {"inputTokens": 1}})),
    "a type that no client knows": ([], Other("weather", {"data": 1})),
    "the sentinel": ([], Other("[DONE]")),
}


@pytest.mark.parametrize(("parts", "extra"), RESERVED.values(), ids=RESERVED)
def test_an_other_that_would_mean_more_is_refused_and_the_stream_goes_on(parts: list[Part], extra: Other) -> None:
    encoder, plain = PartEncoder(NAME), PartEncoder(NAME)
    assert [encoder.send(part) for part in parts] == [plain.send(part) for part in parts]
    with pytest.raises(EncodeError):
        encoder.send(extra)
    theirs = Other(extra.name, extra.data, NAME, extra.block)
    assert encoder.send(theirs) == b""
    assert encoder.close() == plain.close()


def test_an_other_without_its_type_is_dropped() -> None:
    assert PartEncoder(NAME).send(Other("message", {"x": 1}, NAME)) == b""
    assert PartEncoder(NAME).send(Other("new", {"type": "new"}, NAME)) == sse('{"type":"new"}')


@pytest.mark.parametrize(
    "extra",
    [Other("data-x", {"data": float("nan")}), Other("text-end", {"x": float("nan")}, None, "1")],
    ids=["written", "kept"],
)
def test_an_other_that_is_no_json_is_refused(extra: Other) -> None:
    with pytest.raises(EncodeError, match="cannot be written as JSON"):
        PartEncoder(NAME).send(extra)


def test_after_an_error_what_follows_its_calls_is_dropped() -> None:
    encoder = PartEncoder(NAME)
    encoder.send(call("a"))
    encoder.send(Error("x"))
    assert encoder.send(call("b")) == b""
    assert encoder.send(Other("tool-output-available", {"output": 1}, None, "b")) == b""
    assert encoder.send(Other("tool-output-available", {"output": 1}, None, "a")) != b""


REFUSED: dict[str, tuple[list[Part], Part, str]] = {
    "a second choice": ([], TextDelta("x", choice=1), "vercel-ai-ui has one answer"),
    "a start after content": ([TextDelta("x")], Start("b"), "no message begins again"),
    "more of a call that is over": (
        [call("a"), BlockEnd("a", "tool_call")],
        ToolCallDelta("{}", "a"),
        "belongs to a call that is over",
    ),
}


@pytest.mark.parametrize(("parts", "part", "problem"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(parts: list[Part], part: Part, problem: str) -> None:
    encoder = PartEncoder(NAME)
    for sent in parts:
        encoder.send(sent)
    with pytest.raises(EncodeError, match=problem):
        encoder.send(part)


DAMAGED = event("error", errorText="the answer was damaged, and is not whole")


def test_a_stream_that_failed_ends_in_an_error_and_no_finish() -> None:
    encoder = PartEncoder(NAME)
    (invalid, *_) = PartDecoder(NAME).feed(sse("{"))
    for part in (TextDelta("Hi"), call("a"), TextDelta("Hi"), invalid, BlockEnd("a", "tool_call"), Finish("stop")):
        encoder.send(part)
    assert payloads_of(encoder.close()) == [event("text-end", "text-2"), DAMAGED]
    encoder = PartEncoder(NAME, max_size=600)
    encoder.send(Start("m"))
    with pytest.raises(LimitError):
        encoder.send(TextDelta("Hi", "b" * 600))
    assert payloads_of(encoder.close()) == [DAMAGED]


def test_what_is_kept_is_bounded() -> None:
    encoder = PartEncoder(NAME, max_size=10_000)
    encoder.send(call("a"))
    for _ in range(100):  # the last for a type and block counts
        encoder.send(Other("text-end", {"x": "y" * 100}, None, "1"))
    with pytest.raises(LimitError):
        encoder.send(ToolCallDelta("x" * 10_000, "a"))


def test_options() -> None:
    parts = [ReasoningDelta("Hm", 0, "c2ln"), Finish("stop")]
    stream = write(get(NAME, provider="bedrock"), parts)
    assert payloads_of(stream)[1]["providerMetadata"] == {"bedrock": {"signature": "c2ln"}}
    assert whole(NAME, stream)[0] == ReasoningDelta("Hm", "reasoning-1", "c2ln")
    encoder = PartEncoder(NAME, id="msg-1", model="m")
    stream = encoder.send(TextDelta("Hi")) + encoder.send(TextDelta("!", 1))
    assert [part.kind for part in whole(NAME, stream + encoder.close())].count("start") == 1
    assert stream.startswith(sse('{"type":"start","messageId":"msg-1","messageMetadata":{"model":"m"}}'))
    assert PartEncoder(NAME).headers["x-vercel-ai-ui-message-stream"] == "v1"


# -- as the target of a Transcoder


def chat(**members: Any) -> dict[str, Any]:
    return {"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": None, **members}]}


TOOL = {"index": 0, "id": "call_a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CHAT = [chat(delta={"content": "Hi"}), chat(delta={"tool_calls": [TOOL]}), chat(finish_reason="tool_calls")]
START = event("start", messageMetadata={"model": "m"})
HI = [
    START,
    event("text-start", "text-1"),
    event("text-delta", "text-1", delta="Hi"),
    event("text-end", "text-1"),
    begin("call_a"),
    add("call_a", "{}"),
]


def test_the_id_of_a_providers_response_is_no_message_id() -> None:
    transcoder = Transcoder("openai-chat", NAME)
    stream = transcoder.feed(sse(*CHAT, "[DONE]")) + transcoder.close()
    assert payloads_of(stream) == [*HI, have("call_a", {}), event("finish", finishReason="tool-calls")]


@pytest.mark.parametrize("damage", ["cut", "broken", "error"])
def test_damage_is_an_error_and_no_call_is_run(damage: str) -> None:
    last: dict[str, list[Any]] = {"cut": [], "broken": ["{", CHAT[2], "[DONE]"], "error": [{"error": {"message": "x"}}]}
    transcoder = Transcoder("openai-chat", NAME)
    stream = transcoder.feed(sse(*CHAT[:2], *last[damage]))
    try:
        stream += transcoder.close()
    except (TruncatedError, ValueError) as error:
        stream += error.data
    assert transcoder.problem
    *before, error_event = payloads_of(stream)
    assert before == HI
    assert error_event["type"] == "error"


# -- the recorded streams

FOLDER = captures.FOLDER / "protocol" / "vercel_ai_ui"
FILES = sorted(path.name for path in FOLDER.glob("*.sse"))


@pytest.mark.parametrize("file", FILES)
def test_recorded_streams_are_read_and_written_again(file: str) -> None:
    stream = (FOLDER / file).read_bytes()
    parts = whole(NAME, stream)
    assert whole(NAME, *[stream[at : at + 1] for at in range(len(stream))]) == parts
    again = whole(NAME, write(NAME, parts))
    if file == "docs_all_parts.sse":  # no call is written after its error
        parts = [part for part in parts if not getattr(part, "name", None) or "tool" not in part.name]
        parts = [part for part in parts if part.kind != "tool_call"]
    if file == "response_delta_done.sse":  # a delta of no block that began, or ended
        parts.insert(1, BlockEnd("1"))
    assert again == parts
    assert gather(again).error == gather(parts).error
