# SPDX-License-Identifier: MIT
"""The gemini-interactions dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sse_core import Decoder, EncodeError, Event, TruncatedError
from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Other,
    Part,
    PartDecoder,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

NAME = "gemini-interactions"
DONE = "event: done\ndata: [DONE]\n\n"
BEGUN = Start("i1", "gemini-x")


def sse(*payloads: dict[str, Any] | str) -> bytes:
    events = []
    for payload in payloads:
        named = (
            payload if isinstance(payload, str) else f"event: {payload['event_type']}\ndata: {json.dumps(payload)}\n\n"
        )
        events.append(named)
    return "".join(events).encode()


def event(kind: str, **members: Any) -> dict[str, Any]:
    return {**members, "event_type": kind}


def start(index: Any, type: Any, **members: Any) -> dict[str, Any]:
    return event("step.start", index=index, step={"type": type, **members})


def delta(index: Any, type: Any, **members: Any) -> dict[str, Any]:
    return event("step.delta", index=index, delta={"type": type, **members})


def stop(index: Any) -> dict[str, Any]:
    return event("step.stop", index=index)


def completed(status: Any = "completed", **members: Any) -> dict[str, Any]:
    return event("interaction.completed", interaction={"id": "i1", "status": status, **members})


CREATED = event("interaction.created", interaction={"id": "i1", "model": "gemini-x", "status": "in_progress"})
STOPPED = [Finish("stop", "completed"), Done("sentinel")]
CALLED = [Finish("tool_call", "completed"), Done("sentinel")]


def decode(stream: bytes) -> list[Part]:
    decoder = PartDecoder(NAME)
    return decoder.feed(stream) + decoder.close()


def encode(*parts: Part) -> list[dict[str, Any]]:
    encoder = PartEncoder(NAME)
    events = Decoder().feed(b"".join([encoder.send(part) for part in parts]) + encoder.close())
    check(events)
    return [event.json() for event in events if event.type != "done"]


def again(*parts: Part) -> list[Part]:
    encoder = PartEncoder(NAME)
    return decode(b"".join([encoder.send(part) for part in parts]) + encoder.close())


def check(events: list[Event]) -> None:
    """AssertionError if the order, or a payload, is not the dialect's."""
    if events[-1].type == "error":
        events = events[:-1]
    else:
        *events, completed, done = events
        assert completed.type == "interaction.completed"
        assert (done.type, done.data) == ("done", "[DONE]")
    payloads = [event.json() for event in events]
    assert [event.type for event in events] == [payload["event_type"] for payload in payloads]
    if payloads:
        assert payloads[0]["event_type"] == "interaction.created"
    index = -1
    for payload in payloads[1:]:
        if payload["event_type"] == "step.start":
            index += 1
        assert payload.get("index", index) == index, "steps come one after another"


# Each row: what the server sends after interaction.created and before its completion, and the parts of it.
CONTENT: dict[str, tuple[list[dict[str, Any] | str], list[Part]]] = {
    "text": (
        [start(0, "model_output"), delta(0, "text", text="Hel"), delta(0, "text", text="lo"), stop(0)],
        [TextDelta("Hel"), TextDelta("lo"), BlockEnd()],
    ),
    "empty text": ([start(0, "model_output"), delta(0, "text", text=""), delta(0, "text", text=1)], []),
    "thought": (
        [
            start(0, "thought"),
            delta(0, "thought_summary", content={"type": "text", "text": "Hm"}),
            delta(0, "thought_signature", signature=""),
            delta(0, "thought_signature", signature="s"),
            stop(0),
        ],
        [ReasoningDelta("Hm"), ReasoningDelta("", signature="s"), BlockEnd(0, "reasoning")],
    ),
    "a thought that is an image": (
        [start(0, "thought"), delta(0, "thought_summary", content={"type": "image"})],
        [Other("thought_summary", delta(0, "thought_summary", content={"type": "image"}), NAME, 0)],
    ),
    "call": (
        [
            start(0, "function_call", id="c", name="f", arguments={}, signature=""),
            delta(0, "arguments_delta", arguments='{"a"'),
            delta(0, "arguments_delta", arguments=":1}"),
            stop(0),
        ],
        [
            ToolCallDelta("", 0, "c", "f"),
            ToolCallDelta('{"a"'),
            ToolCallDelta(":1}"),
            BlockEnd(0, "tool_call"),
        ],
    ),
    "whole steps": (
        [
            start(0, "thought", summary=[{"text": "Hm"}, 1], signature="s"),
            start(1, "model_output", content=[{"text": "x"}]),
            start(2, "function_call", name="f", arguments={"a": 1}),
        ],
        [
            ReasoningDelta("Hm"),
            ReasoningDelta("", signature="s"),
            TextDelta("x", 1),
            ToolCallDelta('{"a":1}', 2, None, "f"),
        ],
    ),
    "a step of Google's own": (
        [start(0, "google_search_call", id="g"), delta(0, "google_search_call", arguments={}), stop(0)],
        [
            Other("google_search_call", start(0, "google_search_call", id="g"), NAME, 0),
            Other("google_search_call", delta(0, "google_search_call", arguments={}), NAME, 0),
            Other("step", stop(0), NAME, 0),
        ],
    ),
    "an unknown event": ([event("news", a=1)], [Other("news", event("news", a=1), NAME)]),
    "status": ([event("interaction.status_update", status="in_progress")], []),
    "usage on the way": (
        [
            event("interaction.status_update", usage={"total_input_tokens": 1}),
            {**stop(0), "metadata": {"total_usage": {"total_input_tokens": 2, "total_thought_tokens": 3}}},
        ],
        [
            Usage(1),
            Other(
                "step",
                {**stop(0), "metadata": {"total_usage": {"total_input_tokens": 2, "total_thought_tokens": 3}}},
                NAME,
                0,
            ),
            Usage(2, 3, reasoning_tokens=3),
        ],
    ),
    "usage of too many digits": (
        [
            event(
                "interaction.status_update",
                usage={
                    **dict.fromkeys(("total_input_tokens", "total_output_tokens"), (1 << 63) - 1),
                    **dict.fromkeys(("total_tool_use_tokens", "total_thought_tokens"), 1),
                    **dict.fromkeys(("total_tokens", "total_cached_tokens"), 10**4299),
                },
            )
        ],
        [Usage(reasoning_tokens=1)],
    ),
    "wrong types": (
        [start([], "model_output"), delta(-1, "text", text="x"), delta(10_000, "text", text="y")],
        [TextDelta("x"), TextDelta("y")],
    ),
    "blank data": (["data:\n\n"], []),
}


@pytest.mark.parametrize("row", CONTENT)
def test_content(row: str) -> None:
    sent, parts = CONTENT[row]
    stream = sse(CREATED, *sent, completed(), DONE)
    end = CALLED if any(part.kind == "tool_call" for part in parts) else STOPPED
    assert decode(stream) == [BEGUN, *parts, *end]
    decoder = PartDecoder(NAME)
    assert [p for i in range(len(stream)) for p in decoder.feed(stream[i : i + 1])] == [BEGUN, *parts, *end]


@pytest.mark.parametrize("row", ["text", "thought", "call", "a step of Google's own", "an unknown event"])
def test_same_dialect_in_and_out(row: str) -> None:
    parts = decode(sse(CREATED, *CONTENT[row][0], completed(usage={"total_input_tokens": 1}), DONE))
    encoder = PartEncoder(NAME)
    data = b"".join([encoder.send(part) for part in parts]) + encoder.close()
    check(Decoder().feed(data))
    if row == "call":  # written in the word for it
        parts[-2] = Finish("tool_call", "requires_action")
    assert decode(data) == parts


STATUSES = [
    ("completed", "stop"),
    ("incomplete", "length"),
    ("requires_action", "tool_call"),
    ("failed", "error"),
    ("cancelled", "other"),
]


@pytest.mark.parametrize(("status", "reason"), STATUSES)
def test_finish(status: str, reason: str) -> None:
    usage = {
        "total_input_tokens": 5,
        "total_tool_use_tokens": 2,
        "total_output_tokens": 4,
        "total_thought_tokens": 3,
        "total_tokens": 14,
        "total_cached_tokens": 1,
    }
    stream = sse(CREATED, completed(), completed(status, usage=usage), completed(None), DONE)
    assert decode(stream)[1:] == [Usage(7, 7, 14, 1, None, 3), Finish(reason, status), Done("sentinel")]


def test_a_finish_without_status_is_inferred() -> None:
    stream = sse(CREATED, start(0, "function_call"), completed(None), DONE)
    assert decode(stream)[2:] == [Finish("tool_call"), Done("sentinel")]


def test_the_last_event_may_be_missing() -> None:
    assert decode(sse(CREATED, completed()))[1:] == [Finish("stop", "completed"), Done("eof")]


@pytest.mark.parametrize("more", [start(0, "function_call"), delta(0, "text", text="x")])
def test_content_after_the_completion_is_to_be_completed_again(more: dict[str, Any]) -> None:
    with pytest.raises(TruncatedError):
        decode(sse(CREATED, completed(), more))
    assert decode(sse(CREATED, completed(), more, completed("failed")))[-2:] == [Finish("error", "failed"), Done("eof")]


@pytest.mark.parametrize("before", [[], [start(0, "mcp_call")], [start(0, "function_call", arguments={"a": 1e999})]])
def test_arguments_of_what_is_not_known_to_be_a_call_are_none_to_run(before: list[Any]) -> None:
    more = delta(0, "arguments_delta", arguments="{}")
    parts = decode(sse(CREATED, *before, more, completed(), DONE))
    assert parts[-3:] == [Other("arguments_delta", more, NAME, 0), *STOPPED]


@pytest.mark.parametrize("end", [0, 20, -1])
def test_what_was_cut_is_no_success(end: int) -> None:
    stream = sse(CREATED, start(0, "model_output"), delta(0, "text", text="x"))
    with pytest.raises(TruncatedError):
        decode(stream[:end])


def test_a_second_start_begins_anew() -> None:
    usage = {"usage": {"total_input_tokens": 1}}
    stream = sse({**CREATED, **usage}, start(0, "function_call"), {**CREATED, **usage}, stop(0), completed(None), DONE)
    assert decode(stream) == [
        BEGUN,
        Usage(1),
        ToolCallDelta(),
        BEGUN,
        Usage(1),
        Other("step", stop(0), NAME, 0),
        Finish("stop"),
        Done("sentinel"),
    ]


ERROR = {"error": {"code": "quota", "message": "no"}}


@pytest.mark.parametrize("payload", [event("error", **ERROR), "data: " + json.dumps(ERROR) + "\n\n"])
def test_errors(payload: Any) -> None:
    assert decode(sse(CREATED, payload)) == [BEGUN, Error("no", None, "quota"), Done("error")]
    assert decode(sse(CREATED, payload, DONE))[-1] == Done("sentinel")


def test_arguments_that_are_no_json_are_invalid() -> None:
    parts = decode(sse(CREATED, start(0, "function_call", arguments={"a": float("inf")}), completed(), DONE))
    assert [part.kind for part in parts] == ["start", "invalid", "finish", "done"]


def test_deep_nesting_never_raises() -> None:
    deep = "[" * 5000 + "]" * 5000
    for kind in ("step.start", "step.delta", "interaction.created", "interaction.completed", "news"):
        step = f'{{"type":"function_call","arguments":{{"a":{deep}}}}}'
        text = f'data: {{"event_type":"{kind}","step":{step},"delta":{deep}}}\n\n'
        assert decode(sse(text, completed(), DONE))[-1] == Done("sentinel")


def test_the_whole_of_an_answer() -> None:
    parts = (
        ReasoningDelta("Hm", 7, signature="s"),
        TextDelta("x", 8),
        ToolCallDelta("", 9, name="f"),
        ToolCallDelta("{}", 9),
        Usage(5, 4, None, 2, 1, 9),
    )
    interaction = {"id": "interaction_1", "object": "interaction"}
    assert encode(*parts) == [
        event("interaction.created", interaction={**interaction, "status": "in_progress"}),
        start(0, "thought"),
        delta(0, "thought_summary", content={"text": "Hm", "type": "text"}),
        delta(0, "thought_signature", signature="s"),
        stop(0),
        start(1, "model_output"),
        delta(1, "text", text="x"),
        stop(1),
        start(2, "function_call", id="call_2", name="f", arguments={}),
        delta(2, "arguments_delta", arguments="{}"),
        stop(2),
        event(
            "interaction.completed",
            interaction={
                **interaction,
                "status": "requires_action",
                "usage": {
                    "total_input_tokens": 5,
                    "total_output_tokens": 0,
                    "total_tokens": 9,
                    "total_cached_tokens": 2,
                    "total_thought_tokens": 4,
                },
            },
        ),
    ]


ENDS = [
    (Finish("stop", "end_turn"), "completed"),
    (Finish("length", "budget_exceeded"), "budget_exceeded"),
    (Finish("tool_call"), "requires_action"),
    (Finish("content_filter"), "incomplete"),
    (Finish("error"), "failed"),
]


@pytest.mark.parametrize(("finish", "status"), ENDS)
def test_written_finish(finish: Finish, status: str) -> None:
    assert encode(finish)[-1]["interaction"]["status"] == status


def test_what_has_no_place_is_left_out() -> None:
    dropped = (ToolCallDelta("{}", 0, name="f", server=True), BlockEnd(0, "tool_call"), Other("ping", None, "x"))
    assert [payload["event_type"] for payload in encode(Start("i"), *dropped)] == [
        "interaction.created",
        "interaction.completed",
    ]


def test_written_error() -> None:
    error = event("error", error={"message": "m", "code": "overloaded"})
    assert encode(Start("i"), TextDelta("x"), Error("m", "overloaded"))[-1] == error
    encoder = PartEncoder(NAME)
    assert b'"error":{"message":"m","code":"429"}' in encoder.send(Error("m", "overloaded", 429))
    assert encoder.close() == b""


def test_text_before_an_error_is_there_and_no_call() -> None:
    parts: list[Part] = [
        ToolCallDelta('{"a":', 0, name="f"),
        TextDelta("x", 1),
        ToolCallDelta("{}", 2, name="g"),
        Error("no"),
        BlockEnd(0, "tool_call"),
        TextDelta("y", 3),
    ]
    encoder = PartEncoder(NAME)
    data = b"".join([encoder.send(part) for part in parts]) + encoder.close()
    assert decode(data) == [
        Start("interaction_1"),
        ToolCallDelta("", 0, "call_0", "f"),
        ToolCallDelta('{"a":', 0),
        TextDelta("x", 1),
        BlockEnd(1),
        Error("no"),
        TextDelta("y", 2),
        BlockEnd(2),
        Done("error"),
    ]


def test_a_second_message_is_written_anew() -> None:
    parts = [Start("1"), ToolCallDelta("{", 0, name="f"), Usage(1), Start("2"), TextDelta("x")]
    events = encode(*parts[:4:3], TextDelta("x"))
    encoder = PartEncoder(NAME)
    data = b"".join([encoder.send(part) for part in parts]) + encoder.close()
    assert [payload.json() for payload in Decoder().feed(data)[-6:-1]] == events[1:]
    assert decode(data)[-5:] == [Start("2"), TextDelta("x"), BlockEnd(), Finish("stop", "completed"), Done("sentinel")]


SAID = [
    Other("news", {**event("news"), "kind": "x", "self": 1}, NAME),
    Other("x_call", start(0, "x_call", kind=1) | {"kind": 1, "self": 2}, NAME, 0),
    Other("step", stop(-1), NAME, 0),
]


@pytest.mark.parametrize("part", SAID)
def test_an_other_is_written_as_it_was(part: Other) -> None:
    assert again(Start("i"), part)[1] == part
    part.dialect = None
    assert encode(Start("i"), part)[1] == part.data


def test_an_other_of_another_name_is_named_by_its_event() -> None:
    assert again(Other("news", {"a": 1}))[1] == Other("news", {"a": 1}, NAME)


MEANT = [
    *[Other("x", event(kind)) for kind in ("interaction.created", "interaction.completed", "step.start", "error")],
    *[Other(kind, {}) for kind in ("interaction.completed", "step.start", "error", "done")],
    Other("message", {"error": 1}),
    Other("x", [1]),
    *[Other("x", start(0, kind), block=0) for kind in ("function_call", "model_output", "thought")],
    *[Other("x", delta(0, kind), block=0) for kind in ("arguments_delta", "text", "thought_signature")],
    Other("x", delta(0, "thought_summary", content={"text": "x"}), block=0),
    Other("x", completed(), block=0),
]


@pytest.mark.parametrize("part", MEANT)
def test_an_other_never_leaves_as_more(part: Other) -> None:
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(part)
    part.dialect = NAME
    assert len(encode(Start("i"), part)) == 2


@pytest.mark.parametrize("part", [ToolCallDelta("x", 0, name="f", json=False), Other("x", {"a": object()})])
def test_what_cannot_be_said_is_refused_and_no_success(part: Part) -> None:
    encoder = PartEncoder(NAME)
    with pytest.raises(EncodeError):
        encoder.send(part)
    # The beginning is not lost with it.
    assert decode(encoder.send(TextDelta("x")) + encoder.send(Error("m")) + encoder.close()) == [
        Start("interaction_1"),
        TextDelta("x"),
        BlockEnd(),
        Error("m"),
        Done("error"),
    ]
    assert encoder.close() == b""


def test_one_answer() -> None:
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(TextDelta("x", choice=1))
