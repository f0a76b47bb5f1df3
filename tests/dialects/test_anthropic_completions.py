# SPDX-License-Identifier: MIT
"""The anthropic-completions dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sse_core import EncodeError, TruncatedError
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

NAME = "anthropic-completions"


def sse(*payloads: dict[str, Any]) -> bytes:
    return "".join([f"event: {p['type']}\r\ndata: {json.dumps(p)}\r\n\r\n" for p in payloads]).encode()


def completion(text: Any, reason: Any = None, stop: Any = None) -> dict[str, Any]:
    return {
        "type": "completion",
        "id": "c1",
        "completion": text,
        "stop_reason": reason,
        "model": "claude",
        "stop": stop,
    }


def decode(stream: bytes) -> list[Part]:
    decoder = PartDecoder(NAME)
    return decoder.feed(stream) + decoder.close()


def encode(*parts: Part) -> bytes:
    encoder = PartEncoder(NAME)
    return b"".join([encoder.send(part) for part in parts]) + encoder.close()


BEGUN = Start("c1", "claude")
ROWS: dict[str, tuple[list[dict[str, Any]], list[Part]]] = {
    "text, until a sequence stops it": (
        [completion(" Hi"), {"type": "ping"}, completion("!"), completion("", "stop_sequence", "\n\nHuman:")],
        [
            BEGUN,
            TextDelta(" Hi"),
            Other("ping", {"type": "ping"}, NAME),
            TextDelta("!"),
            Other("stop", "\n\nHuman:", NAME),
            Finish("stop", "stop_sequence"),
            Done("event"),
        ],
    ),
    "cut at its limit": (
        [completion("Hi"), completion("", "max_tokens")],
        [BEGUN, TextDelta("Hi"), Finish("length", "max_tokens"), Done("event")],
    ),
    "an error is the end": (
        [completion("Hi"), {"type": "error", "error": {"type": "api_error", "message": "M"}}, completion("x")],
        [BEGUN, TextDelta("Hi"), Error("M", "api_error", None, 500), Done("error")],
    ),
    "a reason to come, and members of the wrong type": (
        [completion(7), completion("", "bored", [])],
        [BEGUN, Finish("other", "bored"), Done("event")],
    ),
}


@pytest.mark.parametrize(("sent", "parts"), ROWS.values(), ids=ROWS)
def test_a_stream(sent: list[Any], parts: list[Part]) -> None:
    stream = sse(*sent)
    assert decode(stream) == parts
    decoder = PartDecoder(NAME)
    assert [part for at in range(len(stream)) for part in decoder.feed(stream[at : at + 1])] == parts


@pytest.mark.parametrize("row", list(ROWS)[:3])
def test_what_goes_in_comes_out(row: str) -> None:
    parts = ROWS[row][1]
    assert decode(encode(*parts)) == parts


def test_no_truncation_passes_as_success() -> None:
    stream = sse(completion("Hi"), completion("", "max_tokens"))
    for end in range(len(stream) - 4):
        decoder = PartDecoder(NAME)
        decoder.feed(stream[:end])
        with pytest.raises(TruncatedError, match="stop_reason"):
            decoder.close()
    assert decode(stream[:-4])[-1] == Done("event")


def test_events_are_complete_and_end_in_crlf() -> None:
    members = '{"type":"completion","id":"compl_1","completion":%s,"stop_reason":%s,"model":"","stop":null}'
    events = [members % ('"Hi"', "null"), members % ('""', '"stop_sequence"')]
    written = "".join([f"event: completion\r\ndata: {event}\r\n\r\n" for event in events])
    assert encode(TextDelta("Hi"), Usage(1, 2), ReasoningDelta("R"), BlockEnd()) == written.encode()


@pytest.mark.parametrize(
    ("finish", "word"),
    [
        (Finish("stop", "stop"), "stop_sequence"),
        (Finish("length", "length"), "max_tokens"),
        (Finish("content_filter"), "refusal"),
        (Finish("other", "max_tokens"), "stop_sequence"),
    ],
)
def test_the_stop_reason_written(finish: Finish, word: str) -> None:
    assert decode(encode(TextDelta("Hi"), finish))[-2].raw_reason == word


def test_a_finish_that_is_an_error_is_written_as_one() -> None:
    parts = decode(encode(TextDelta("Hi"), Finish("error", "bored")))
    assert parts[-2:] == [Error("the answer ended in an error: bored", "api_error", None, 500), Done("error")]


def test_a_start_says_who_and_comes_before_the_text() -> None:
    assert decode(encode(Start("c1"), Start(None, "claude"), TextDelta("Hi")))[0] == BEGUN
    with pytest.raises(EncodeError, match="comes after content"):
        encode(TextDelta("Hi"), Start("c2"))


@pytest.mark.parametrize("name", ["completion", "error"])
def test_an_other_is_no_event_that_other_parts_say(name: str) -> None:
    data = {"completion": "forged", "stop_reason": "stop_sequence"}
    with pytest.raises(EncodeError, match="would take it for more than an Other"):
        encode(Other(name, data))
    assert encode(Other(name, data, NAME)) == encode()


def test_after_an_error_nothing_is_written() -> None:
    assert encode(Error("M"), TextDelta("x"), Finish("stop")).count(b"\r\n\r\n") == 1


def test_tool_calls_cannot_be_said() -> None:
    with pytest.raises(EncodeError, match="no tool calls"):
        encode(ToolCallDelta("{}", 0, "c", "f"))
    assert encode(ToolCallDelta("{}", 0, "c", "f", True)) == encode()
