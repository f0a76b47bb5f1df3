"""The letta dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import gather, read, sse, write

from sse_core import Decoder, EncodeError
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

NAME = "letta"
DATE = "2026-01-02T03:04:05Z"
STOP = [Finish("stop", "end_turn"), Done("sentinel")]


def message(kind: str, id: Any = "m1", **members: Any) -> dict[str, Any]:
    return {"message_type": kind, "id": id, "date": DATE, **members}


def said(text: Any, id: Any = "m1", **members: Any) -> dict[str, Any]:
    return message("assistant_message", id, content=text, **members)


def thought(text: Any, **members: Any) -> dict[str, Any]:
    return message("reasoning_message", reasoning=text, source="reasoner_model", **members)


def call(kind: str, told: Any, **members: Any) -> dict[str, Any]:
    return message(kind, tool_call=told, **members)


def fragment(arguments: Any = None, id: Any = "a", name: Any = "f") -> dict[str, Any]:
    return {"name": name, "arguments": arguments, "tool_call_id": id}


def stop(word: Any = "end_turn") -> dict[str, Any]:
    return {"message_type": "stop_reason", "stop_reason": word}


SERVER, CLIENT = "tool_call_message", "approval_request_message"
RETURN = message("tool_return_message", "m2", tool_call_id="a", tool_return="1", status="success")
USAGE = {"message_type": "usage_statistics", "step_count": 2, "run_ids": None}

DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "a run: thought, a call of the server, its return, text": (
        sse(
            thought("Hm", run_id="run-1"),
            thought("", signature="s", run_id="run-1"),
            call(SERVER, fragment(), tool_calls=fragment()),
            call(SERVER, {"arguments": '{"n":'}),
            call(SERVER, fragment("1}", None, None)),
            RETURN,
            said([{"type": "text", "text": "Hel"}], "m3"),
            said("lo", "m3"),
            stop(),
            {**USAGE, "prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "cached_input_tokens": 5},
            "[DONE]",
        ),
        [
            Start("run-1"),
            ReasoningDelta("Hm", "m1"),
            ReasoningDelta("", "m1", "s"),
            ToolCallDelta("", "a", "a", "f", True),
            ToolCallDelta('{"n":', "a", server=True),
            ToolCallDelta("1}", "a", server=True),
            Other("tool_return_message", RETURN, NAME),
            TextDelta("Hel", "m3"),
            TextDelta("lo", "m3"),
            Usage(9, 4, 13, 5),
            *STOP,
        ],
    ),
    "a call that waits for an approval is the client's": (
        sse(call(CLIENT, fragment("{}")), stop("requires_approval"), "[DONE]"),
        [ToolCallDelta("{}", "a", "a", "f"), Finish("tool_call", "requires_approval"), Done("sentinel")],
    ),
    "whole calls of a step; the newer name counts": (
        sse(call(CLIENT, fragment("{}"), tool_calls=[fragment("{}"), fragment("{}", "b", "g"), 1]), stop(), "[DONE]"),
        [
            ToolCallDelta("{}", "a", "a", "f"),
            BlockEnd("a", "tool_call"),
            ToolCallDelta("{}", "b", "b", "g"),
            BlockEnd("b", "tool_call"),
            Finish("tool_call", "end_turn"),
            Done("sentinel"),
        ],
    ),
    "parallel calls, each fragment with its id": (
        sse(
            call(SERVER, fragment("{")),
            call(SERVER, fragment("{}", "b")),
            call(SERVER, fragment("}")),
            stop(),
            "[DONE]",
        ),
        [
            ToolCallDelta("{", "a", "a", "f", True),
            ToolCallDelta("{}", "b", "b", "f", True),
            ToolCallDelta("}", "a", "a", "f", True),
            *STOP,
        ],
    ),
    "a call is what it began as": (
        sse(call(CLIENT, fragment()), call(SERVER, {"arguments": "{}"}), stop(), "[DONE]"),
        [
            ToolCallDelta("", "a", "a", "f"),
            ToolCallDelta("{}", "a"),
            Finish("tool_call", "end_turn"),
            Done("sentinel"),
        ],
    ),
    "an approval that was no longer needed": (
        sse(
            call(CLIENT, fragment("{}")),
            {**RETURN, "tool_call_id": None, "tool_returns": [{"tool_call_id": "a"}]},
            stop(),
            "[DONE]",
        ),
        [
            ToolCallDelta("{}", "a", "a", "f"),
            Other(
                "tool_return_message", {**RETURN, "tool_call_id": None, "tool_returns": [{"tool_call_id": "a"}]}, NAME
            ),
            *STOP,
        ],
    ),
    "a call without an id is of its message": (
        sse(call(SERVER, {"name": "f", "arguments": "{}"}), stop(), "[DONE]"),
        [ToolCallDelta("{}", "m1", None, "f", True), *STOP],
    ),
    "a call that says nothing is none": (
        sse(call(CLIENT, {}), call(CLIENT, 5), call(CLIENT, None, tool_calls=[]), stop(), "[DONE]"),
        [
            Other(CLIENT, call(CLIENT, {}), NAME),
            Other(CLIENT, call(CLIENT, 5), NAME),
            Other(CLIENT, call(CLIENT, None, tool_calls=[]), NAME),
            *STOP,
        ],
    ),
    "an error, behind its reason": (
        sse(said("a"), stop("llm_api_error"))
        + b'event: error\ndata: {"message_type":"error_message","error_type":"llm_timeout","message":"Slow"}\n\n'
        + sse("[DONE]"),
        [TextDelta("a", "m1"), Error("Slow", "llm_timeout"), Done("sentinel")],
    ),
    "an error without a name, and no more": (
        sse({"message_type": "error_message", "message": "Slow"}),
        [Error("Slow"), Done("error")],
    ),
    "a bare error": (sse({"error": {"message": "Slow"}}, "[DONE]"), [Error("Slow"), Done("sentinel")]),
    "a reason that comes before the last content": (
        sse(stop("error"), said("a"), "[DONE]"),
        [TextDelta("a", "m1"), Finish("error", "error"), Done("sentinel")],
    ),
    "messages that are none of the answer": (
        sse(message("ping", run_id="run-1"), message("user_message", content="Hi"), {"message_type": ["x"]}, "[DONE]"),
        [
            Other("ping", message("ping", run_id="run-1"), NAME),
            Other("user_message", message("user_message", content="Hi"), NAME),
            Other("message", {"message_type": ["x"]}, NAME),
            Finish("stop"),
            Done("sentinel"),
        ],
    ),
    "no content, a run too late, members of the wrong types": (
        sse(
            said(""),
            said(None),
            thought(5),
            said("a", 5),
            said("b", run_id="run-1"),
            stop(5),
            {**USAGE, "prompt_tokens": "9"},
            "[DONE]",
        ),
        [TextDelta("a"), TextDelta("b", "m1"), Finish("other", ""), Done("sentinel")],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert read(NAME, stream) == (parts, None)


REASONS = {
    "end_turn": "stop",
    "tool_rule": "stop",
    "no_tool_call": "stop",
    "max_steps": "length",
    "max_tokens_exceeded": "length",
    "requires_approval": "tool_call",
    "error": "error",
    "llm_api_error": "error",
    "invalid_llm_response": "error",
    "invalid_tool_call": "error",
    "context_window_overflow_in_system_prompt": "error",
    "cancelled": "other",
    "insufficient_credits": "other",
}


@pytest.mark.parametrize(("word", "reason"), REASONS.items())
def test_a_word_of_its_own_is_read_and_written_again(word: str, reason: Any) -> None:
    assert read(NAME, sse(said("a"), stop(word), "[DONE]"))[0][1:] == [Finish(reason, word), Done("sentinel")]
    assert events(TextDelta("a"), Finish(reason, word))[-1] == stop(word)


def test_a_stream_without_its_sentinel_was_cut() -> None:
    assert read(NAME, sse(said("a"), stop(), USAGE))[1] == "letta: the stream ended before [DONE]"


def events(*parts: Part, **options: Any) -> list[dict[str, Any]]:
    """The payloads that say `parts`, all but the sentinel's; only an error has a name."""
    *found, last = Decoder().feed(write(get(NAME, **options), parts))
    assert (last.data, last.type) == ("[DONE]", "message")
    payloads: list[dict[str, Any]] = [json.loads(event.data) for event in found]
    for event, payload in zip(found, payloads, strict=True):
        assert event.type == ("error" if payload["message_type"] == "error_message" else "message")
    return payloads


BEGUN = message("assistant_message", "message-0", content="a")


def test_a_message_has_its_id_its_date_and_its_run() -> None:
    first = events(Start("run-1"), TextDelta("a"), created=1_767_323_045)[0]
    assert first == {**BEGUN, "run_id": "run-1"}
    assert events(TextDelta("a", "m9"), id="run-2")[0]["id"] == "m9"
    assert events(TextDelta("a"))[0]["date"] == "1970-01-01T00:00:00Z"
    assert events(TextDelta(""), ReasoningDelta(""), BlockEnd()) == [stop()]


TIMES = {
    -1: "1969-12-31T23:59:59Z",
    951_782_399: "2000-02-28T23:59:59Z",
    951_782_400: "2000-02-29T00:00:00Z",
    951_868_800: "2000-03-01T00:00:00Z",
    978_307_199: "2000-12-31T23:59:59Z",
    4_107_542_400: "2100-03-01T00:00:00Z",
}


@pytest.mark.parametrize(("seconds", "time"), TIMES.items())
def test_the_date_is_that_of_the_option(seconds: int, time: str) -> None:
    assert events(TextDelta("a"), created=seconds)[0]["date"] == time


def told(kind: str, id: str, name: str, arguments: str) -> dict[str, Any]:
    call = {"name": name, "arguments": arguments, "tool_call_id": id}
    return {**message(kind, id), "date": "1970-01-01T00:00:00Z", "tool_call": call, "tool_calls": call}


CALLS: dict[str, tuple[list[Part], list[dict[str, Any]]]] = {
    "the client's, in fragments": (
        [ToolCallDelta("{", 0, "a", "f"), ToolCallDelta("", 0), ToolCallDelta("}", 0), BlockEnd(0, "tool_call")],
        [told(CLIENT, "a", "f", "{"), told(CLIENT, "a", "f", "}"), stop("requires_approval")],
    ),
    "the server's, without arguments": (
        [ToolCallDelta("", 0, "a", "f", True)],
        [told(SERVER, "a", "f", ""), told(SERVER, "a", "f", "{}"), stop()],
    ),
}


@pytest.mark.parametrize(("parts", "expected"), CALLS.values(), ids=CALLS)
def test_writes_calls(parts: list[Part], expected: list[dict[str, Any]]) -> None:
    assert events(*parts) == expected


def test_usage_comes_behind_the_reason() -> None:
    found = events(Usage(9, 4, None, 5, None, 2), Finish("length"))
    counts = {"prompt_tokens": 9, "completion_tokens": 4, "cached_input_tokens": 5, "reasoning_tokens": 2}
    assert found == [stop("max_tokens_exceeded"), {"message_type": "usage_statistics", **counts}]


def test_reasoning_keeps_its_signature() -> None:
    [first, last, _] = events(ReasoningDelta("Hm", "m1"), ReasoningDelta("", "m1", "s"))
    assert (first["reasoning"], "signature" in first) == ("Hm", False)
    assert (last["reasoning"], last["signature"]) == ("", "s")


NEVER = {
    "text": Other("assistant_message", said("a"), NAME),
    "a call": Other(CLIENT, call(CLIENT, fragment("{}")), NAME),
    "a reason": Other("stop_reason", stop(), NAME),
    "usage": Other("usage_statistics", {**USAGE, "prompt_tokens": 1}, NAME),
    "an error": Other("error", {"x": 1}, NAME),
    "nothing": Other("assistant_message", said(""), NAME),
}


@pytest.mark.parametrize("other", NEVER.values(), ids=NEVER)
def test_what_came_in_as_meaningless_never_leaves_as_more(other: Other) -> None:
    assert write(NAME, [other]) == write(NAME, [])
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(other.__replace__(dialect=None))


def test_others_of_its_own_stay() -> None:
    assert events(Other("tool_return_message", RETURN, NAME))[0] == RETURN


ERRORS = {
    "its own type": (Error("Slow", "llm_timeout"), "llm_timeout"),
    "a code": (Error("Slow", None, "busy", 503), "busy"),
    "neither": (Error("Slow", None, 7), "internal_error"),
}


@pytest.mark.parametrize(("error", "type"), ERRORS.values(), ids=ERRORS)
def test_writes_an_error(error: Error, type: str) -> None:
    first, last = events(error)
    assert first == {"message_type": "error_message", "run_id": "run-1", "error_type": type, "message": "Slow"}
    assert last == stop("error")


def test_what_failed_is_no_success() -> None:
    assert events(TextDelta("a"), Finish("content_filter"))[-1] == stop("invalid_llm_response")
    encoder = PartEncoder(NAME)
    stream = encoder.send(ToolCallDelta("{}", 0, "a", "f")) + encoder.send(BlockEnd(0, "tool_call"))
    assert encoder.send(ToolCallDelta("", 0)) == b""
    with pytest.raises(EncodeError, match="belongs to a call that is over"):
        encoder.send(ToolCallDelta("{}", 0))
    assert gather(read(NAME, stream + encoder.close())[0]).finish_reason == "error"


def test_an_answer_that_finished_in_an_error_ends_in_one() -> None:
    encoder = PartEncoder(NAME)
    found = gather(read(NAME, encoder.send(Finish("error", "overheated")) + encoder.close())[0])
    assert found.error is not None
    assert found.error.message.endswith("overheated")
