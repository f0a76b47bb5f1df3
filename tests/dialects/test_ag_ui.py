"""The ag-ui dialect: bytes in, parts out; parts in, events out."""

import itertools
import json
import pickle
import random
from typing import Any

import captures
import pytest
from order_ag_ui import check
from reading import gather, pieces, random_pieces, read, sse, whole, write

from sse_core import Decoder, DialectError, EncodeError, LimitError, SSEError
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
    names,
)

NAME = "ag-ui"
BEGIN = {"type": "RUN_STARTED", "threadId": "t", "runId": "r"}
END = {"type": "RUN_FINISHED", "threadId": "t", "runId": "r"}
BEGUN: list[Part] = [Other("RUN_STARTED", {"threadId": "t"}, NAME), Start("r")]
STOP: list[Part] = [Finish("stop"), Done("eof")]
CALLED: list[Part] = [Finish("tool_call"), Done("eof")]
ENDED: list[Part] = [BlockEnd("c", "tool_call")]


def text(step: str, id: Any = "m", **members: Any) -> dict[str, Any]:
    return {"type": f"TEXT_MESSAGE_{step}", "messageId": id, **members}


def thought(step: str, id: Any = "m", **members: Any) -> dict[str, Any]:
    return {"type": f"REASONING_MESSAGE_{step}", "messageId": id, **members}


def call(step: str, id: Any = "c", **members: Any) -> dict[str, Any]:
    return {"type": f"TOOL_CALL_{step}", "toolCallId": id, **members}


def secret(id: str, subtype: str = "message", **members: Any) -> dict[str, Any]:
    return {"type": "REASONING_ENCRYPTED_VALUE", "subtype": subtype, "entityId": id, "encryptedValue": "s", **members}


def no_id(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if name not in ("messageId", "toolCallId")}


def other(payload: dict[str, Any]) -> Other:
    return Other(payload["type"], payload, NAME)


def extra(type_: str, block: str, **data: Any) -> Other:
    return Other(type_, data, NAME, block)


SUB = {"subagentRunId": "s1"}
RESULT = call("RESULT", messageId="m9", content="ok", role="tool")
STEP = {"type": "STEP_STARTED", "stepName": "a"}
ONE_CALL = [call("START", toolCallName="f"), call("ARGS", delta='{"a":'), call("ARGS", delta="1}"), call("END")]
CALL_PARTS: list[Part] = [
    ToolCallDelta("", "c", "c", "f"),
    ToolCallDelta('{"a":', "c"),
    ToolCallDelta("1}", "c"),
    *ENDED,
]
A_TEXT = [text("START"), text("CONTENT", delta="A"), text("END")]
COUNTS = {"inputTokens": 5, "outputTokens": 4, "totalTokens": 9, "reasoningTokens": 1}
FOREIGN = [text("START", "u", role="user"), text("CONTENT", "u", delta="Hi"), text("END", "u")]
CHUNK = text("CHUNK", delta="A")
CALL_CHUNK = call("CHUNK", toolCallName="f", delta="{}")

# What a run says between its first event and its last, and its parts.
READ: dict[str, tuple[list[dict[str, Any]], list[Part]]] = {
    "text": (
        [text("START", role="assistant"), text("CONTENT", delta="A"), text("CONTENT", delta="B"), text("END")],
        [TextDelta("A", "m"), TextDelta("B", "m"), BlockEnd("m"), *STOP],
    ),
    "text without a role": (
        [text("START"), text("CONTENT", delta="A", timestamp=1, rawEvent={}), text("END")],
        [TextDelta("A", "m"), BlockEnd("m"), *STOP],
    ),
    "text that says nothing": (
        [text("START"), text("CONTENT", delta=""), text("END")],
        [TextDelta("", "m"), BlockEnd("m"), *STOP],
    ),
    "a message begun again after its end": (
        [*A_TEXT, *A_TEXT],
        [TextDelta("A", "m"), BlockEnd("m"), TextDelta("A", "m"), BlockEnd("m"), *STOP],
    ),
    "messages that interleave": (
        [
            *(text("START", "a"), text("START", "b"), text("CONTENT", "b", delta="B"), text("CONTENT", "a", delta="A")),
            *(text("END", "a"), text("END", "b")),
        ],
        [TextDelta("B", "b"), TextDelta("A", "a"), BlockEnd("a"), BlockEnd("b"), *STOP],
    ),
    "what a start says beside its id": (
        [text("START", name="Ann", metadata={"k": 1}, timestamp=1, x=None), text("END")],
        [extra("TEXT_MESSAGE_START", "m", name="Ann", metadata={"k": 1}), TextDelta("", "m"), BlockEnd("m"), *STOP],
    ),
    "reasoning, its span, its signature": (
        [
            {"type": "REASONING_START", "messageId": "m"},
            *(thought("START", role="reasoning"), thought("CONTENT", delta="Hm")),
            *(secret("m"), thought("END"), {"type": "REASONING_END", "messageId": "m"}),
        ],
        [ReasoningDelta("Hm", "m"), ReasoningDelta("", "m", "s"), BlockEnd("m", "reasoning"), *STOP],
    ),
    "a signature alone, and one after the end": (
        [thought("START", role="reasoning"), secret("m"), thought("END"), secret("m")],
        [ReasoningDelta("", "m", "s"), BlockEnd("m", "reasoning"), ReasoningDelta("", "m", "s"), *STOP],
    ),
    "signatures of what is no reasoning": (
        [secret("x"), secret("c", "tool-call"), {"type": "REASONING_ENCRYPTED_VALUE"}, secret("m", **SUB)],
        [
            *(other(secret("x")), other(secret("c", "tool-call"))),
            *(other({"type": "REASONING_ENCRYPTED_VALUE"}), other(secret("m", **SUB)), *STOP),
        ],
    ),
    "reasoning as it was once called": (
        [
            {"type": "THINKING_START", "title": "t"},
            {"type": "THINKING_TEXT_MESSAGE_START"},
            {"type": "THINKING_TEXT_MESSAGE_CONTENT", "delta": "Hm"},
            {"type": "THINKING_TEXT_MESSAGE_END"},
            {"type": "THINKING_END"},
            {"type": "THINKING_TEXT_MESSAGE_START"},
            {"type": "THINKING_TEXT_MESSAGE_END"},
        ],
        [
            *(ReasoningDelta("Hm", "thinking-1"), BlockEnd("thinking-1", "reasoning")),
            *(ReasoningDelta("", "thinking-2"), BlockEnd("thinking-2", "reasoning"), *STOP),
        ],
    ),
    "a call": (ONE_CALL, [*CALL_PARTS, *CALLED]),
    "a call that was answered": ([*ONE_CALL, RESULT], [*CALL_PARTS, other(RESULT), *STOP]),
    "a call without arguments, without a name": (
        [call("START"), call("END")],
        [ToolCallDelta("", "c", "c"), *ENDED, *CALLED],
    ),
    "calls of one message, as they are written here": (
        [*ONE_CALL, call("START", "d", toolCallName="g", parentMessageId="c"), call("END", "d")],
        [*CALL_PARTS, ToolCallDelta("", "d", "d", "g"), BlockEnd("d", "tool_call"), *CALLED],
    ),
    "a call of the last text": (
        [*A_TEXT, call("START", toolCallName="f", parentMessageId="m"), call("END")],
        [TextDelta("A", "m"), BlockEnd("m"), ToolCallDelta("", "c", "c", "f"), *ENDED, *CALLED],
    ),
    "a call of another message": (
        [call("START", toolCallName="f", parentMessageId="p", metadata={"k": 1}), call("END")],
        [
            extra("TOOL_CALL_START", "c", parentMessageId="p", metadata={"k": 1}),
            *(ToolCallDelta("", "c", "c", "f"), *ENDED, *CALLED),
        ],
    ),
    "a call of no message": (
        [*A_TEXT, call("START", toolCallName="f", parentMessageId=None), call("END")],
        [
            *(TextDelta("A", "m"), BlockEnd("m"), extra("TOOL_CALL_START", "c"), ToolCallDelta("", "c", "c", "f")),
            *(*ENDED, *CALLED),
        ],
    ),
    "after a result, a call is of another turn": (
        [*ONE_CALL, RESULT, call("START", "d", toolCallName="g"), call("END", "d")],
        [*CALL_PARTS, other(RESULT), ToolCallDelta("", "d", "d", "g"), BlockEnd("d", "tool_call"), *CALLED],
    ),
    "chunks, with the id and without": (
        [CHUNK, no_id(CHUNK), text("CHUNK"), CALL_CHUNK, no_id(call("CHUNK", delta=" "))],
        [
            *(TextDelta("A", "m"), TextDelta("A", "m"), BlockEnd("m")),
            *(extra("TOOL_CALL_START", "c"), ToolCallDelta("", "c", "c", "f")),
            *(ToolCallDelta("{}", "c"), ToolCallDelta(" ", "c"), *ENDED, *CALLED),
        ],
    ),
    "chunks that another event of the answer ends": (
        [CHUNK, STEP, CHUNK, text("START", "b"), text("END", "b"), thought("CHUNK", "t", delta="Hm"), STEP],
        [
            *(TextDelta("A", "m"), BlockEnd("m"), other(STEP), TextDelta("A", "m"), BlockEnd("m")),
            *(
                TextDelta("", "b"),
                BlockEnd("b"),
                ReasoningDelta("Hm", "t"),
                BlockEnd("t", "reasoning"),
                other(STEP),
                *STOP,
            ),
        ],
    ),
    "chunks that a span ends": (
        [thought("CHUNK", delta="Hm"), {"type": "REASONING_END", "messageId": "m"}],
        [ReasoningDelta("Hm", "m"), BlockEnd("m", "reasoning"), *STOP],
    ),
    "chunks that nothing ends but the run": (
        [CHUNK, {"type": "RAW", "event": 1}, {**STEP, **SUB}, {"type": "NEWS"}, no_id(CHUNK)],
        [
            *(TextDelta("A", "m"), other({"type": "RAW", "event": 1}), other({**STEP, **SUB})),
            *(other({"type": "NEWS"}), TextDelta("A", "m"), BlockEnd("m"), *STOP),
        ],
    ),
    "a message of another role": (
        [CHUNK, *FOREIGN, text("CONTENT", "u", delta="again")],
        [
            *(TextDelta("A", "m"), BlockEnd("m"), *[other(payload) for payload in FOREIGN]),
            *(other(text("CONTENT", "u", delta="again")), *STOP),
        ],
    ),
    "chunks of another role": (
        [text("CHUNK", "u", role="user", delta="Hi"), no_id(CHUNK), no_id(call("CHUNK", delta="x")), CHUNK],
        [
            *(other(text("CHUNK", "u", role="user", delta="Hi")), other(no_id(CHUNK))),
            *(other(no_id(call("CHUNK", delta="x"))), TextDelta("A", "m"), BlockEnd("m"), *STOP),
        ],
    ),
    "what a subagent says": (
        [
            *(text("START", **SUB), text("CONTENT", delta="A"), call("START", **SUB), call("ARGS", delta="{}")),
            *(call("END"), no_id({**CHUNK, **SUB}), call("RESULT", **SUB), thought("START", "t", **SUB), secret("t")),
        ],
        [
            *(other(text("START", **SUB)), other(text("CONTENT", delta="A")), other(call("START", **SUB))),
            *(other(call("ARGS", delta="{}")), other(call("END")), other(no_id({**CHUNK, **SUB}))),
            *(other(call("RESULT", **SUB)), other(thought("START", "t", **SUB)), other(secret("t")), *STOP),
        ],
    ),
    "usage": (
        [{**END, "usage": [{**COUNTS, "cachedInputTokens": 2, "cacheWriteInputTokens": 1}]}],
        [Usage(5, 4, 9, 2, 1, 1), *STOP],
    ),
    "usage of several models, summed": (
        [
            {
                **END,
                "usage": [{"model": "a", "inputTokens": 1}, {"model": "b", "inputTokens": 2, "outputTokens": "x"}, 5],
            }
        ],
        [
            Usage(3),
            Other(
                "RUN_FINISHED",
                {"usage": [{"model": "a", "inputTokens": 1}, {"model": "b", "inputTokens": 2, "outputTokens": "x"}, 5]},
                NAME,
            ),
            *STOP,
        ],
    ),
    "usage that counts nothing": ([{**END, "usage": [{}]}], STOP),
    "a result": (
        [{**END, "result": {"a": 1}, "outcome": None}],
        [Other("RUN_FINISHED", {"result": {"a": 1}}, NAME), *STOP],
    ),
    "a success, in a word": (
        [{**END, "outcome": {"type": "success"}}],
        [Other("RUN_FINISHED", {"outcome": {"type": "success"}}, NAME), *STOP],
    ),
    "an interrupt": (
        [{**END, "outcome": {"type": "interrupt", "interrupts": [{"id": "i", "reason": "x"}]}}],
        [
            Other("RUN_FINISHED", {"outcome": {"type": "interrupt", "interrupts": [{"id": "i", "reason": "x"}]}}, NAME),
            *(Finish("other", "interrupt"), Done("eof")),
        ],
    ),
    "a run that was cancelled": (
        [{**END, "outcome": {"type": "cancelled"}}],
        [
            Other("RUN_FINISHED", {"outcome": {"type": "cancelled"}}, NAME),
            *(Finish("other", "cancelled"), Done("eof")),
        ],
    ),
    "state, steps and the like": (
        [STEP, {"type": "STATE_DELTA", "delta": []}, {"type": "CUSTOM", "name": "n", "value": None}],
        [
            other(STEP),
            other({"type": "STATE_DELTA", "delta": []}),
            other({"type": "CUSTOM", "name": "n", "value": None}),
            *STOP,
        ],
    ),
}


@pytest.mark.parametrize(("payloads", "parts"), READ.values(), ids=READ)
def test_reads(payloads: list[dict[str, Any]], parts: list[Part]) -> None:
    ends = payloads[-1]["type"] == "RUN_FINISHED"
    stream = sse(BEGIN, *payloads) if ends else sse(BEGIN, *payloads, END)
    assert whole(NAME, stream) == [*BEGUN, *parts]
    assert whole(NAME, *pieces(stream)) == [*BEGUN, *parts]


@pytest.mark.parametrize("row", READ)
def test_what_was_read_says_the_same_when_it_was_written(row: str) -> None:
    found = [*BEGUN, *READ[row][1]]
    stream = write(NAME, found)
    again = whole(NAME, stream)
    assert said(again) == said(found)
    assert whole(NAME, write(NAME, again)) == again


def said(parts: list[Part]) -> Any:
    """What the parts say; not in which pieces, nor under which ids where two blocks had one."""
    message = gather(parts)
    calls = [(call.id, call.name, call.arguments, call.complete) for call in message.tool_calls]
    signatures = [part.signature for part in parts if isinstance(part, ReasoningDelta) and part.signature]
    # Chunks without an id of what is no part of the answer would go on with what is written between them.
    others = [other for other in message.others if other.name[-5:] != "CHUNK" or IDS & other.data.keys()]
    return message.text, message.reasoning, calls, signatures, others, message.usage, message.finish_reason, message.id


IDS = {"messageId", "toolCallId", "subagentRunId"}
BAD: dict[str, list[Any]] = {
    "no JSON": ["{"],
    "no object": ["[1]"],
    "the sentinel of others": ["[DONE]"],
    "no type": [{"a": 1}],
    "a type that is no text": [{"type": 5}],
    "no id": [no_id(text("START"))],
    "an id that is no text": [text("CONTENT", 5, delta="A")],
    "a chunk without an id, that goes on with nothing": [no_id(CHUNK)],
    "a chunk without an id, that goes on with another kind": [CHUNK, no_id(CALL_CHUNK)],
    "text without a delta": [text("CONTENT")],
    "a chunk whose delta is no text": [text("CHUNK", delta=None)],
    "arguments of a call that did not begin": [call("ARGS", delta="{}")],
    "arguments of a call that is over": [*ONE_CALL, call("ARGS", delta="1")],
    "a call of the answer that is now a subagent's": [call("START", toolCallName="f"), call("ARGS", delta="{}", **SUB)],
    "a message that is now a user's": [text("START"), text("START", role="user")],
    "the end of a run while a call is open": [call("START", toolCallName="f"), END],
    "the end of a run while text is open": [text("START"), text("CONTENT", delta="A"), END],
    "the end of a run while reasoning is open": [thought("START"), END],
    "text that nothing began": [text("CONTENT", delta="A")],
    "a message that begins while it is open": [text("START"), text("CONTENT", delta="A"), text("START")],
    "a call that begins while it is open": [call("START", toolCallName="f"), call("START", toolCallName="f")],
    "a call with the id of one before it": [*ONE_CALL, ONE_CALL[0]],
    "a chunk with the id of a call before it": [*ONE_CALL, CALL_CHUNK],
    "the end of a call that did not begin": [call("END")],
    "the end of a message that is over": [*A_TEXT, text("END")],
    "a run that begins in another": [BEGIN],
    "the end of what a chunk goes on with": [text("START"), CHUNK, text("END")],
    "a chunk of a call that began, and is cut": [*ONE_CALL[:2], {**CALL_CHUNK, "delta": "x"}, text("START", "b")],
    "a call that ends inside its arguments": [call("START", toolCallName="f"), call("ARGS", delta='{"a"'), call("END")],
    "arguments that JSON does not know": [call("START", toolCallName="f"), call("ARGS", delta="NaN"), call("END")],
    "many arguments whose brackets do not close": [
        *(call("START", toolCallName="f"), call("ARGS", delta='{"a":["' + "x" * 40_000), call("ARGS", delta='"}')),
        call("END"),
    ],
}


@pytest.mark.parametrize("payloads", BAD.values(), ids=BAD)
def test_what_its_client_fails_at_is_invalid(payloads: list[Any]) -> None:
    stream = sse(BEGIN, *payloads)
    parts, problem = read(NAME, stream)
    assert parts[-1].kind == "invalid"
    assert [part.kind for part in parts].count("invalid") == 1
    assert problem == "ag-ui: the stream ended before RUN_FINISHED"
    transcoder = Transcoder(NAME, "openai-chat")
    sent, error = drained(transcoder, stream + sse(END))
    assert isinstance(error, DialectError)
    assert gather(read("openai-chat", sent)[0]).error is not None


CUT_CHUNK = call("CHUNK", toolCallName="f", delta='{"a"')


@pytest.mark.parametrize("ending", [END, STEP, CHUNK], ids=lambda ending: ending["type"])
def test_chunks_that_end_inside_a_calls_arguments_do_not_end_the_call(ending: dict[str, Any]) -> None:
    stream = sse(BEGIN, CUT_CHUNK, *([] if ending is END else [ending]), END)
    parts = whole(NAME, stream)
    assert [part.kind for part in parts[2:5]] == ["tool_call", "tool_call", "invalid"]
    assert parts[-2:] == CALLED
    assert BlockEnd("c", "tool_call") not in parts
    assert not gather(parts).tool_calls[0].complete
    assert "the arguments of the call c are no JSON" in (gather(parts).problem() or "")
    assert isinstance(drained(Transcoder(NAME, "openai-chat"), stream)[1], DialectError)


def test_many_arguments_end_their_call_where_their_brackets_close() -> None:
    deltas = ['{"a":"', *["x" * 10_000] * 4, '"}']
    payloads = [call("START", toolCallName="f"), *[call("ARGS", delta=delta) for delta in deltas], call("END")]
    message = gather(whole(NAME, sse(BEGIN, *payloads, END)))
    assert message.tool_calls[0].complete
    assert message.problem() is None


@pytest.mark.parametrize("payloads", [[], [STEP], A_TEXT, [text("CONTENT", delta="A")], [text("END")]], ids=len)
def test_a_run_that_did_not_begin_has_no_end(payloads: list[Any]) -> None:
    parts, problem = read(NAME, sse(*payloads, END))
    assert parts[-1].kind == "invalid"
    assert problem == "ag-ui: the stream ended before RUN_FINISHED"


def test_the_end_of_a_run_said_twice() -> None:
    parts = whole(NAME, sse(BEGIN, END, END))
    assert [part.kind for part in parts] == ["other", "start", "finish", "invalid", "done"]


def test_after_a_reset_a_run_may_begin_in_the_middle_of_another() -> None:
    decoder = PartDecoder(NAME)
    decoder.feed(sse(BEGIN, *A_TEXT[:2]))
    decoder.reset()
    assert decoder.feed(sse(BEGIN, *A_TEXT, END)) + decoder.close() == [
        *BEGUN,
        TextDelta("A", "m"),
        BlockEnd("m"),
        *STOP,
    ]


def test_the_calls_of_a_run_are_bounded() -> None:
    calls = [
        payload for n in range(4096) for payload in (call("START", f"c{n}", toolCallName="f"), call("END", f"c{n}"))
    ]
    decoder = PartDecoder(NAME)
    parts = decoder.feed(sse(BEGIN, *calls))
    assert not gather(parts).invalid
    assert decoder.feed(sse(call("START", "more")))[0].kind == "invalid"


def drained(transcoder: Transcoder, *chunks: bytes) -> tuple[bytes, SSEError | None]:
    """All that is sent on, and what was raised."""
    sent = b""
    try:
        for chunk in chunks:
            sent += transcoder.feed(chunk)
        return sent + transcoder.close(), None
    except SSEError as error:
        return sent + error.data, error


def test_blank_data_is_a_keep_alive() -> None:
    assert whole(NAME, sse("", BEGIN, " ", END)) == [*BEGUN, *STOP]


def test_the_end_of_the_body_is_the_end_after_a_run_and_a_cut_inside_one() -> None:
    cut = "ag-ui: the stream ended before RUN_FINISHED"
    assert read(NAME, b"")[1] == cut
    assert read(NAME, sse(BEGIN, CHUNK))[1] == cut
    assert read(NAME, sse(BEGIN, END)) == ([*BEGUN, *STOP], None)
    assert read(NAME, sse(BEGIN, END)[:-1]) == ([*BEGUN, *STOP], None)
    assert read(NAME, sse(BEGIN, END)[:-4])[1] == cut
    assert read(NAME, sse(BEGIN, END) + b'data: {"type":"RUN_ST')[1] == "ag-ui: the stream ended inside an event"
    assert read(NAME, sse(BEGIN, END, text("CONTENT", delta="A")))[1] == cut  # which no client takes


def test_a_body_without_framing_means_nothing() -> None:
    assert read(NAME, b'{"error":{"message":"x"}}\n') == ([], "ag-ui: the stream ended before RUN_FINISHED")


def test_several_runs() -> None:
    second = {**BEGIN, "runId": "r2", "parentRunId": "r"}
    parts = whole(NAME, sse(BEGIN, *ONE_CALL, {**END, "usage": [COUNTS]}, second, *A_TEXT, END))
    begun = [Other("RUN_STARTED", {"threadId": "t", "parentRunId": "r"}, NAME), Start("r2")]
    used = Usage(5, 4, 9, reasoning_tokens=1)
    assert parts == [*BEGUN, *CALL_PARTS, used, Finish("tool_call"), *begun, TextDelta("A", "m"), BlockEnd("m"), *STOP]
    again = write(NAME, parts)
    check(Decoder().feed(again))
    assert whole(NAME, again) == parts


def test_an_error_is_the_end_of_its_run_alone() -> None:
    failed = {"type": "RUN_ERROR", "message": "busy", "code": "c", "usage": [{"inputTokens": 1}]}
    error: list[Part] = [Usage(1), Error("busy", None, "c")]
    assert whole(NAME, sse(failed)) == [*error, Done("error")]
    assert whole(NAME, sse(BEGIN, CHUNK, failed)) == [*BEGUN, TextDelta("A", "m"), *error, Done("error")]
    assert whole(NAME, sse(BEGIN, END, failed)) == [*BEGUN, Finish("stop"), *error, Done("error")]
    assert whole(NAME, sse(failed, END)) == [*error, Done("error")]
    assert whole(NAME, sse(failed, BEGIN, CHUNK, END)) == [*error, *BEGUN, TextDelta("A", "m"), BlockEnd("m"), *STOP]
    nothing = {"type": "RUN_ERROR", "message": 5, "code": 5}
    assert whole(NAME, sse(nothing)) == [Error("the run failed without a message"), Done("error")]


def test_chunks_of_a_call_that_an_error_breaks_off_do_not_end_it() -> None:
    parts = whole(NAME, sse(BEGIN, CALL_CHUNK, {"type": "RUN_ERROR", "message": "x"}))
    assert not gather(parts).tool_calls[0].complete


def test_what_is_kept_of_a_run_is_bounded() -> None:
    decoder = PartDecoder(NAME)
    for number in range(1024):
        assert not decoder.feed(sse(text("START", f"m{number}")))
    assert isinstance(decoder.feed(sse(text("START", "more")))[0], Invalid)
    assert isinstance(decoder.feed(sse(text("CONTENT", "more", delta="A")))[0], Invalid)
    for number in range(3000):
        decoder.feed(
            sse(text("START", f"u{number}", role="user"), thought("START", f"r{number}"), thought("END", f"r{number}"))
        )
        decoder.feed(sse(text("END", f"m{number}"), thought("START", f"r{number}"), thought("END", f"r{number}")))
    assert len(pickle.dumps(decoder)) < 100_000
    # The oldest is forgotten: a signature of it is an Other.
    assert decoder.feed(sse(secret("r0"), secret("r2999"))) == [other(secret("r0")), ReasoningDelta("", "r2999", "s")]


def test_long_ids_are_kept_short() -> None:
    id = "m" * 1_000_000
    decoder = PartDecoder(NAME)
    parts = decoder.feed(
        sse(BEGIN, text("START", id), text("CONTENT", id, delta="A"), call("START", id, toolCallName="f"))
    )
    assert gather(parts).text == "A"
    assert gather(parts).tool_calls[0].id == id
    assert len(pickle.dumps(decoder)) < 10_000


# -- writing

RUN = {"type": "RUN_STARTED", "threadId": "thread-1", "runId": "r"}
FINISHED = {"type": "RUN_FINISHED", "threadId": "thread-1", "runId": "r"}
START = Start("r")
OWN = Other("RUN_STARTED", {"threadId": "t"}, NAME)


def payloads_of(stream: bytes) -> list[Any]:
    events = Decoder().feed(stream)
    check(events)
    return [json.loads(event.data) for event in events]


def a_text(id: str, *deltas: str, **members: Any) -> list[dict[str, Any]]:
    contents = [text("CONTENT", id, delta=delta) for delta in deltas]
    return [text("START", id, role="assistant", **members), *contents, text("END", id)]


def a_thought(id: str, *deltas: str, late: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
    contents = [thought("CONTENT", id, delta=delta) for delta in deltas]
    span = [{"type": f"REASONING_{step}", "messageId": id} for step in ("START", "END")]
    return [span[0], thought("START", id, role="reasoning"), *contents, *late, thought("END", id), span[1]]


def a_call(id: str, name: str, *deltas: str, parent: str | None = None, **members: Any) -> list[dict[str, Any]]:
    parents = {} if parent is None else {"parentMessageId": parent}
    begin = call("START", id, toolCallName=name, **parents, **members)
    return [begin, *[call("ARGS", id, delta=delta) for delta in deltas], call("END", id)]


def run_error(message: str, **members: Any) -> dict[str, Any]:
    return {"type": "RUN_ERROR", "message": message, **members}


LOST = run_error("a part of the answer was lost")
WRITTEN: dict[str, tuple[list[Part], list[dict[str, Any]]]] = {
    "nothing": ([], [{**RUN, "runId": "run-1"}, {**FINISHED, "runId": "run-1"}]),
    "text, whose ids begin with the run's": (
        [START, TextDelta("A"), TextDelta(""), TextDelta("B"), TextDelta("C", "0/1"), Finish("stop")],
        [
            *(RUN, text("START", "r/text-1", role="assistant"), text("CONTENT", "r/text-1", delta="A")),
            *(text("CONTENT", "r/text-1", delta="B"), text("START", "r/0/1", role="assistant")),
            *(text("CONTENT", "r/0/1", delta="C"), text("END", "r/text-1"), text("END", "r/0/1"), FINISHED),
        ],
    ),
    "text that says nothing": ([START, TextDelta(""), BlockEnd(), BlockEnd()], [RUN, *a_text("r/text-1"), FINISHED]),
    "a block that opens again": (
        [START, TextDelta("A"), BlockEnd(), TextDelta("B")],
        [RUN, *a_text("r/text-1", "A"), *a_text("r/text-2", "B"), FINISHED],
    ),
    "the ids of another run's": (
        [OWN, START, TextDelta("A", "m"), BlockEnd("m"), TextDelta("B", "m"), BlockEnd("m"), TextDelta("C", 0)],
        [BEGIN, *a_text("m", "A"), *a_text("r/text-1", "B"), *a_text("r/text-2", "C"), END],
    ),
    "an id that was made, and is made again": (
        [OWN, START, TextDelta("A", "r/text-1"), BlockEnd("r/text-1"), TextDelta("B", "r/text-1"), TextDelta("C", 0)],
        [
            *(BEGIN, *a_text("r/text-1", "A"), text("START", "r/text-2", role="assistant")),
            *(text("CONTENT", "r/text-2", delta="B"), text("START", "r/text-3", role="assistant")),
            *(text("CONTENT", "r/text-3", delta="C"), text("END", "r/text-2"), text("END", "r/text-3"), END),
        ],
    ),
    "reasoning, which text ends, and a signature that comes late": (
        [START, ReasoningDelta("Hm", 0, "s"), TextDelta("A"), ReasoningDelta("", 0, "s")],
        [
            *(RUN, *a_thought("r/reasoning-1", "Hm", late=(secret("r/reasoning-1"),))),
            *(text("START", "r/text-2", role="assistant"), text("CONTENT", "r/text-2", delta="A")),
            *(secret("r/reasoning-1"), text("END", "r/text-2"), FINISHED),
        ],
    ),
    "a signature alone, and reasoning again": (
        [
            START,
            ReasoningDelta("", 0, "s"),
            ReasoningDelta("", 0, ""),
            BlockEnd(0, "reasoning"),
            ReasoningDelta("Hm"),
            BlockEnd(0, "other"),
        ],
        [
            *(RUN, *a_thought("r/reasoning-1", late=(secret("r/reasoning-1"),))),
            *(*a_thought("r/reasoning-2", "Hm"), FINISHED),
        ],
    ),
    "calls, under the text that they end": (
        [
            *(START, TextDelta("A"), ToolCallDelta("", 0, "c", "f"), ToolCallDelta("{}", 1, "d", "g")),
            *(ToolCallDelta('{"a"', 0), BlockEnd(1, "tool_call"), ToolCallDelta(":1}", 0), Finish("tool_call")),
        ],
        [
            *(RUN, *a_text("r/text-1", "A"), call("START", "c", toolCallName="f", parentMessageId="r/text-1")),
            call("START", "d", toolCallName="g", parentMessageId="r/text-1"),
            *(call("ARGS", "d", delta="{}"), call("ARGS", "c", delta='{"a"'), call("END", "d")),
            *(call("ARGS", "c", delta=":1}"), call("END", "c"), FINISHED),
        ],
    ),
    "calls without text, without arguments, without ids, with an id that is taken": (
        [
            *(START, ToolCallDelta("", 0, "c", "f"), BlockEnd(0, "tool_call"), ToolCallDelta("", 1, None, "g")),
            *(BlockEnd(1, "tool_call"), ToolCallDelta("", 2, "c", "h"), ToolCallDelta(" ", 0, "c")),
        ],
        [
            *(RUN, *a_call("c", "f", "{}"), *a_call("r/call-1", "g", "{}", parent="c")),
            *(*a_call("r/call-2", "h", "{}", parent="c"), FINISHED),
        ],
    ),
    "a call whose name comes late, and one without": (
        [
            *(START, ToolCallDelta('{"a":', 0, "c"), ToolCallDelta("1", 0, None, "f"), ToolCallDelta("}", 0)),
            *(ToolCallDelta("[1]", 1), BlockEnd(1, "tool_call"), Finish("stop")),
        ],
        [
            *(
                RUN,
                call("START", "c", toolCallName="f"),
                call("ARGS", "c", delta='{"a":1'),
                call("ARGS", "c", delta="}"),
            ),
            *(*a_call("r/call-1", "", "[1]", parent="c"), call("END", "c"), FINISHED),
        ],
    ),
    "calls that the server runs are dropped": ([START, ToolCallDelta("{}", 0, "c", "f", server=True)], [RUN, FINISHED]),
    "usage and the model": (
        [Start("r", "gpt"), Usage(5, 4, 9, 2, 1, 3), Finish("length")],
        [
            RUN,
            {
                **FINISHED,
                "usage": [
                    {
                        "model": "gpt",
                        **{**COUNTS, "reasoningTokens": 3},
                        **{"cachedInputTokens": 2, "cacheWriteInputTokens": 1},
                    }
                ],
            },
        ],
    ),
    "usage that no client takes": ([START, Usage(1 << 53, -1)], [RUN, FINISHED]),
    "what a run says beside": (
        [
            Other("RUN_STARTED", {"threadId": "t", "runId": "x", "input": {}}, NAME),
            Other("RUN_STARTED", {"threadId": "t", "runId": "x", "type": "x", "parentRunId": "p"}, NAME),
            *(START, Other("RUN_FINISHED", {"result": 1}, NAME), Usage(1)),
            *(Other("RUN_FINISHED", {"runId": "x", "result": 2, "usage": []}, NAME), Finish("stop")),
        ],
        [{**BEGIN, "parentRunId": "p"}, {**END, "result": 2, "usage": []}],
    ),
    "a run that was cancelled": (
        [START, Finish("other", "cancelled")],
        [RUN, {**FINISHED, "outcome": {"type": "cancelled"}}],
    ),
    "what a block's start says beside its ids": (
        [
            *(
                START,
                extra("TEXT_MESSAGE_START", "m", name="x"),
                extra("TEXT_MESSAGE_START", "m", name="Ann", role="user"),
            ),
            extra("TOOL_CALL_START", "c", parentMessageId="p", toolCallName="x", subagentRunId="s"),
            *(TextDelta("", "m"), ToolCallDelta("{}", "c", "c", "f")),
        ],
        [RUN, *a_text("r/m", name="Ann"), *a_call("c", "f", "{}", parent="p"), FINISHED],
    ),
    "others, and a result after which calls are of another turn": (
        [
            *(START, Other("STEP_STARTED", {"stepName": "a"}), *[other(payload) for payload in FOREIGN]),
            *(ToolCallDelta("{}", 0, "c", "f"), BlockEnd(0, "tool_call"), other({**RESULT, **SUB}), other(RESULT)),
            *(ToolCallDelta("{}", 1, "d", "g"), Other("STEP_FINISHED", {"stepName": "a"})),
        ],
        [
            *(RUN, STEP, *FOREIGN, *a_call("c", "f", "{}"), {**RESULT, **SUB}, RESULT),
            *(call("START", "d", toolCallName="g"), call("ARGS", "d", delta="{}")),
            *({"type": "STEP_FINISHED", "stepName": "a"}, call("END", "d"), FINISHED),
        ],
    ),
    "an error ends text, and no call": (
        [
            START,
            ToolCallDelta("{}", 0, "c", "f"),
            TextDelta("A"),
            Usage(1),
            Error("busy", "t", 5, 503),
            TextDelta("B"),
            START,
        ],
        [
            *(RUN, call("START", toolCallName="f"), call("ARGS", delta="{}"), *a_text("r/text-1", "A")),
            run_error("busy", code="5", usage=[{"inputTokens": 1}]),
        ],
    ),
    "an error at once": ([Error("busy", "t")], [run_error("busy", code="t")]),
    "a finish that is an error": (
        [START, Finish("error", "boom")],
        [RUN, run_error("the answer ended in an error: boom")],
    ),
    "damage": (
        [START, TextDelta("A"), Invalid(None, ValueError()), ToolCallDelta("{}", 0, "c", "f"), Finish("stop")],
        [RUN, *a_text("r/text-1", "A"), LOST],
    ),
    "an answer that its limit cut inside a call": (
        [START, TextDelta("A"), ToolCallDelta('{"a', 0, "c", "f"), Finish("length", "max_tokens")],
        [
            *(RUN, *a_text("r/text-1", "A"), call("START", toolCallName="f", parentMessageId="r/text-1")),
            *(call("ARGS", delta='{"a'), run_error("the answer ended inside the call of f: max_tokens", code="length")),
        ],
    ),
    "an answer that its limit cut before a call's arguments": (
        [START, ToolCallDelta("", 0, "c"), ToolCallDelta("", 1, "d"), Finish("length")],
        [RUN, run_error("the answer ended inside the call of a tool: length", code="length")],
    ),
    "two runs": (
        [START, TextDelta("A"), Finish("stop"), Usage(1), Start("r2"), TextDelta("B"), Finish("stop")],
        [
            *(RUN, *a_text("r/text-1", "A"), {**FINISHED, "usage": [{"inputTokens": 1}]}, {**RUN, "runId": "r2"}),
            *(*a_text("r2/text-1", "B"), {**FINISHED, "runId": "r2"}),
        ],
    ),
    "a start said twice": ([START, Start("r2"), TextDelta("A")], [RUN, *a_text("r/text-1", "A"), FINISHED]),
    "a run after one that was damaged": (
        [START, TextDelta("A"), Finish("stop"), Invalid(None, ValueError()), START, TextDelta("B"), Finish("stop")],
        [RUN, *a_text("r/text-1", "A"), *a_text("r/text-2", "B"), LOST],
    ),
    "a run after one that failed": (
        [START, Finish("error"), START, TextDelta("B"), Finish("stop")],
        [RUN, run_error("the answer ended in an error: no reason was given")],
    ),
}


@pytest.mark.parametrize(("parts", "payloads"), WRITTEN.values(), ids=WRITTEN)
def test_writes(parts: list[Part], payloads: list[Any]) -> None:
    assert payloads_of(write(NAME, parts)) == payloads


@pytest.mark.parametrize(
    ("parts", "options", "ids"),
    [
        ([], {}, ["thread-1 run-1"]),
        ([], {"id": "i"}, ["thread-1 i"]),
        ([START], {"id": "i"}, ["thread-1 r"]),
        ([START], {"id": "i", "run_id": "o", "thread_id": "T"}, ["T o"]),
        ([OWN, START], {}, ["t r"]),
        ([OWN, START], {"run_id": "o", "thread_id": "T"}, ["T o"]),
        ([Other("RUN_STARTED", {"threadId": 5}, NAME)], {}, ["thread-1 run-1"]),
        (
            [START, Finish("stop"), Start(), Finish("stop"), START],
            {"run_id": "o"},
            ["thread-1 o", "thread-1 o-2", "thread-1 r"],
        ),
    ],
    ids=str,
)
def test_whose_ids(parts: list[Part], options: dict[str, str], ids: list[str]) -> None:
    own = {name: options.pop(name) for name in ("run_id", "thread_id") if name in options}
    encoder = PartEncoder(get(NAME, **own), **options)
    stream = b"".join([encoder.send(part) for part in parts]) + encoder.close()
    for type_ in ("RUN_STARTED", "RUN_FINISHED"):
        runs = [payload for payload in payloads_of(stream) if payload["type"] == type_]
        assert [f"{run['threadId']} {run['runId']}" for run in runs] == ids


REFUSED: dict[str, list[Part]] = {
    "a second choice": [TextDelta("A", choice=1)],
    "free text for arguments": [ToolCallDelta("ls", 0, "c", "f", json=False)],
    "an Other of no dialect that is no object": [Other("CUSTOM", 1)],
    "one whose type is another": [Other("CUSTOM", {"type": "RAW"})],
    "one that is text": [Other("TEXT_MESSAGE_CONTENT", text("CONTENT", delta="A"))],
    "one that is nothing": [Other("TEXT_MESSAGE_END", text("END"))],
    "one that is a span": [Other("REASONING_START", {"messageId": "m"})],
    "one that is an error": [Other("RUN_ERROR", {"message": "x"})],
    "one that cannot be read": [Other("TEXT_MESSAGE_START", {})],
}


@pytest.mark.parametrize("parts", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_said(parts: list[Part]) -> None:
    encoder = PartEncoder(NAME)
    stream = encoder.send(START)
    with pytest.raises(EncodeError):
        encoder.send(parts[0])
    assert payloads_of(stream + encoder.close()) == [RUN, FINISHED]


FAILING: dict[str, list[Part]] = {
    "a start in the middle of an answer": [TextDelta("A"), START],
    "arguments that are no JSON": [
        ToolCallDelta("oops", 0, "c", "f"),
        BlockEnd(0, "tool_call"),
        Finish("tool_call"),
        Done("eof"),
    ],
    "arguments that are blank": [ToolCallDelta("\n", 0, "c", "f"), Done("eof")],
    "arguments that JSON does not know": [ToolCallDelta("NaN", 0, "c", "f"), Done("eof")],
    "arguments that end too soon": [ToolCallDelta('{"a"', 0, "c", "f"), Finish("stop"), Done("eof")],
    "arguments that come too late": [
        *(ToolCallDelta("{}", 0, "c", "f"), BlockEnd(0, "tool_call")),
        ToolCallDelta("{}", 0),
    ],
    "an Other that JSON cannot say": [Other("TEXT_MESSAGE_START", {"name": float("nan")}, None, "m")],
    "a run after an answer that ended inside a call": [ToolCallDelta("", 0, "c", "f"), Finish("length"), START],
}


@pytest.mark.parametrize("parts", FAILING.values(), ids=FAILING)
def test_what_fails_ends_in_an_error(parts: list[Part]) -> None:
    encoder = PartEncoder(NAME)
    stream = encoder.send(START) + b"".join([encoder.send(part) for part in parts[:-1]])
    with pytest.raises(EncodeError):
        encoder.send(parts[-1])
    written = payloads_of(stream + encoder.close())
    assert written[-1] == LOST
    assert "RUN_FINISHED" not in [payload["type"] for payload in written]


HELD: dict[str, list[Part]] = {
    "arguments": [ToolCallDelta("x" * 500, 0, "c", "f")] * 4,
    "what a run says beside": [Other("RUN_STARTED", {"x": "y" * 2_000}, NAME)],
    "what blocks say beside": [extra("TEXT_MESSAGE_START", f"m{number}", x="y" * 500) for number in range(4)],
    "blocks": [TextDelta("A", number) for number in range(4)],
    "signatures": [part for n in range(4) for part in (ReasoningDelta("", n, "s"), BlockEnd(n, "reasoning"))],
    "others' messages": [other(text("START", f"u{number}", role="user")) for number in range(8)],
}


@pytest.mark.parametrize("parts", HELD.values(), ids=HELD)
def test_what_is_held_is_bounded(parts: list[Part]) -> None:
    encoder = PartEncoder(NAME, max_size=2_000)
    written = [encoder.send(START)]
    with pytest.raises(LimitError):
        written.extend(map(encoder.send, parts))
    assert payloads_of(b"".join(written) + encoder.close())[-1] == LOST


def test_what_is_held_is_given_back() -> None:
    encoder = PartEncoder(NAME, max_size=2_000)
    stream = encoder.send(START)
    for _ in range(100):  # each in place of the one before it
        stream += encoder.send(Other("RUN_FINISHED", {"result": "x" * 100}, NAME))
        stream += encoder.send(extra("TEXT_MESSAGE_START", "m", name="x" * 100))
        stream += encoder.send(Other("RUN_STARTED", {"x": "x" * 100}, NAME))
    assert payloads_of(stream + encoder.close())[-1]["result"]


def test_others_of_a_message_that_is_not_the_answers() -> None:
    mine = [OWN, START, TextDelta("A", "m")]
    rows: list[tuple[list[Part], int]] = [
        ([other(payload) for payload in FOREIGN], 3),
        ([other(FOREIGN[1])], 0),  # it would be the answer's
        (
            [*mine, other(text("START", role="user")), other(text("CONTENT", delta="x"))],
            0,
        ),  # it is open, as the answer's
        ([other(call("START", **SUB)), other(call("ARGS", delta="{}")), other(call("END"))], 3),
        ([other({**CHUNK, **SUB}), other(no_id({**CHUNK, **SUB}))], 2),
    ]
    for parts, count in rows:
        found = whole(NAME, write(NAME, parts))
        assert len([part for part in found if part.kind == "other" and part.name != "RUN_STARTED"]) == count
        assert gather(found).text == gather(parts).text
        assert not gather(found).tool_calls


def test_an_id_of_another_message_is_not_the_answers() -> None:
    parts = [OWN, START, *[other(payload) for payload in FOREIGN], other(call("START", **SUB))]
    parts += [TextDelta("A", "u"), ToolCallDelta("{}", "c", "c", "f"), Finish("tool_call")]
    message = gather(whole(NAME, write(NAME, parts)))
    assert (message.text, [call.id for call in message.tool_calls]) == ("A", ["r/c"])


# -- as the target of a gateway

RECORDED = [(row["file"], captures.name_of(row)) for row in captures.expected()]
RECORDED = [(file, name) for file, name in RECORDED if name in names()]


def text_of(parts: list[Part], kind: Any) -> str:
    """The text of the parts of a class, in their order, up to an Error: after RUN_ERROR comes nothing."""
    said = itertools.takewhile(lambda part: not isinstance(part, Error), parts)
    return "".join([part.text for part in said if isinstance(part, kind)])


@pytest.mark.skipif(not RECORDED, reason=captures.WHY_NOT)
def test_recorded_answers_whole_and_cut() -> None:
    for file, name in RECORDED:
        stream = (captures.FOLDER / file).read_bytes()
        cut = stream[: random.Random(file).randrange(len(stream))]
        for source in (stream, cut):
            parts, problem = read(name, source)
            sent, error = drained(Transcoder(name, NAME), *random_pieces(source, file))
            check(Decoder().feed(sent))
            again = whole(NAME, sent)
            theirs, ours = gather(parts), gather(again)
            if isinstance(error, EncodeError):
                assert ours.error is not None
                continue
            good = problem is None and theirs.error is None and theirs.invalid is None
            assert (error is None) == (problem is None and theirs.invalid is None)
            # A block that goes on after another has begun is a message of its own: the order is that of the fragments.
            assert text_of(again, TextDelta) == text_of(parts, TextDelta)
            assert text_of(again, ReasoningDelta) == text_of(parts, ReasoningDelta)
            assert good or ours.error is not None
            for call, other in zip(
                ours.tool_calls, [call for call in theirs.tool_calls if not call.server], strict=False
            ):
                assert (call.name, call.arguments or "{}") == (other.name, other.arguments or "{}")
                assert other.complete or not call.complete


def test_the_provider_s_id_is_not_the_run_s() -> None:
    stream = sse({"id": "chatcmpl-1", "model": "m", "choices": [{"index": 0, "delta": {"content": "A"}}]}, "[DONE]")
    transcoder = Transcoder("openai-chat", get(NAME, run_id="r", thread_id="t"))
    assert payloads_of(transcoder.feed(stream) + transcoder.close()) == [BEGIN, *a_text("r/text-1", "A"), END]
    transcoder = Transcoder("openai-chat", NAME)
    assert payloads_of(transcoder.feed(stream) + transcoder.close())[0]["runId"] == "run-1"
