# SPDX-License-Identifier: MIT
"""The openai-transcription dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sse_core import Decoder, EncodeError, TruncatedError
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

NAME = "openai-transcription"
STOP = [Finish("stop"), Done("event")]


def sse(*payloads: Any) -> bytes:
    texts = [payload if isinstance(payload, str) else json.dumps(payload) for payload in payloads]
    return "".join([f"data: {text}\r\n\r\n" for text in texts]).encode()


def delta(text: Any, **members: Any) -> dict[str, Any]:
    return {"type": "transcript.text.delta", "delta": text, **members}


def segment(id: Any, text: Any, **members: Any) -> dict[str, Any]:
    return {"type": "transcript.text.segment", "id": id, "text": text, "speaker": "A", **members}


def done(text: Any = "", **members: Any) -> dict[str, Any]:
    return {"type": "transcript.text.done", "text": text, **members}


def decode(stream: bytes) -> list[Part]:
    decoder = PartDecoder(NAME)
    return decoder.feed(stream) + decoder.close()


def encode(*parts: Part) -> bytes:
    encoder = PartEncoder(NAME)
    return b"".join([encoder.send(part) for part in parts]) + encoder.close()


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "deltas, which the end repeats; [DONE] says nothing more": (
        sse(delta("Hel"), delta(""), delta("lo"), done("Hello"), "[DONE]"),
        [TextDelta("Hel"), TextDelta("lo"), *STOP],
    ),
    "the end alone has the text": (sse(done("Hello")), [TextDelta("Hello"), *STOP]),
    "segments, which the end repeats": (
        sse(segment("s0", "Hello"), segment("s1", " you"), done("Hello you")),
        [
            TextDelta("Hello", "s0"),
            Other("transcript.text.segment", segment("s0", "Hello"), NAME, "s0"),
            BlockEnd("s0"),
            TextDelta(" you", "s1"),
            Other("transcript.text.segment", segment("s1", " you"), NAME, "s1"),
            BlockEnd("s1"),
            *STOP,
        ],
    ),
    "deltas, which segments repeat": (
        sse(delta("Hello", segment_id="s0"), segment("s0", "Hello"), done("Hello")),
        [
            TextDelta("Hello", "s0"),
            Other("transcript.text.segment", segment("s0", "Hello"), NAME, "s0"),
            BlockEnd("s0"),
            *STOP,
        ],
    ),
    "a delta without text repeats none": (
        sse(delta("", logprobs=[1]), segment("s0", "Hello"), done("Hello")),
        [
            Other("logprobs", [1], NAME, 0),
            TextDelta("Hello", "s0"),
            Other("transcript.text.segment", segment("s0", "Hello"), NAME, "s0"),
            BlockEnd("s0"),
            *STOP,
        ],
    ),
    "an error before the end: no finish": (
        sse(delta("a"), {"error": {"message": "bad"}}, done("a")),
        [TextDelta("a"), Error("bad"), Done("event")],
    ),
    "log probabilities and languages": (
        sse(delta("a", logprobs=[1]), done("a", languages=["en"])),
        [
            TextDelta("a"),
            Other("logprobs", [1], NAME, 0),
            Other("transcript.text.done", {"languages": ["en"]}, NAME),
            *STOP,
        ],
    ),
    "usage in tokens": (
        sse(delta("a"), done(usage={"type": "tokens", "input_tokens": 3, "output_tokens": 4, "total_tokens": 7})),
        [TextDelta("a"), Usage(3, 4, 7), *STOP],
    ),
    "usage in tokens by medium": (
        sse(delta("a"), done(usage={"type": "tokens", "input_tokens": 3, "input_token_details": {"audio_tokens": 3}})),
        [
            TextDelta("a"),
            Usage(3),
            Other("transcript.text.done", {"usage": {"input_token_details": {"audio_tokens": 3}}}, NAME),
            *STOP,
        ],
    ),
    "usage in seconds": (
        sse(delta("a"), done(usage={"type": "duration", "seconds": 9})),
        [
            TextDelta("a"),
            Other("transcript.text.done", {"usage": {"type": "duration", "seconds": 9}}, NAME),
            *STOP,
        ],
    ),
    "an error": (
        sse(delta("a"), {"type": "error", "error": {"message": "bad", "code": "c"}}),
        [TextDelta("a"), Error("bad", None, "c"), Done("error")],
    ),
    "a bare error": (sse({"error": {"message": "bad"}}, "[DONE]"), [Error("bad"), Done("sentinel")]),
    "members of the wrong types, and an unknown type": (
        sse(delta(["x"], segment_id=[]), delta("a", segment_id=7), {"type": ["x"]}, segment({}, 7), done(7, usage=[])),
        [
            TextDelta("a"),
            Other("message", {"type": ["x"]}, NAME),
            Other("transcript.text.segment", segment({}, 7), NAME, 0),
            BlockEnd(),
            *STOP,
        ],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert decode(stream) == parts
    decoder = PartDecoder(NAME)
    assert [part for byte in stream for part in decoder.feed(bytes([byte]))] + decoder.close() == parts


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(stream: bytes, parts: list[Part]) -> None:
    again = decode(encode(*parts))
    assert [part for part in again if part.kind != "done"] == [part for part in parts if part.kind != "done"]


def test_a_cut_is_told() -> None:
    stream = sse(delta("Hi"), done("Hi"), "[DONE]")
    complete = stream.index(b"\r\n\r\ndata: [DONE]")
    for cut in range(len(stream)):
        decoder = PartDecoder(NAME)
        parts = decoder.feed(stream[:cut])
        if cut >= complete:
            assert isinstance((parts + decoder.close())[-1], Done)
        else:
            with pytest.raises(TruncatedError, match=r"before transcript\.text\.done"):
                decoder.close()


ENCODED: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing": ([], [done(), "[DONE]"]),
    "the end repeats the text": (
        [Start("x"), ReasoningDelta("Hm"), TextDelta("Hel"), TextDelta("lo", 1), BlockEnd(1), Finish("length")],
        [delta("Hel"), delta("lo"), done("Hello"), "[DONE]"],
    ),
    "a block with a name is a segment": (
        [TextDelta("Hi", "s0"), Other("logprobs", [1], NAME, "s0")],
        [delta("Hi", segment_id="s0"), delta("", logprobs=[1], segment_id="s0"), done("Hi"), "[DONE]"],
    ),
    "usage": (
        [Usage(3, 4), ToolCallDelta("{}", 0, "c", "f", True)],
        [done(usage={"type": "tokens", "input_tokens": 3, "output_tokens": 4}), "[DONE]"],
    ),
    "what the end adds is its own to say": (
        [Other("transcript.text.done", {"type": "x", "text": "y", "languages": []}, NAME)],
        [done(languages=[]), "[DONE]"],
    ),
    "an error, and no end": (
        [TextDelta("Hi"), Usage(3), Error("bad", "t", "c", 500)],
        [
            delta("Hi"),
            {"type": "error", "error": {"message": "bad", "type": "t", "code": "c", "status_code": 500}},
        ],
    ),
}


@pytest.mark.parametrize(("parts", "payloads"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], payloads: list[Any]) -> None:
    data = encode(*parts)
    assert b"\n" not in data.replace(b"\r\n", b"")
    events = Decoder().feed(data)
    assert [event.data if event.data == "[DONE]" else json.loads(event.data) for event in events] == payloads
    assert {event.type for event in events} == {"message"}


def test_what_cannot_be_said() -> None:
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(ToolCallDelta("{}", 0, "c", "f"))


@pytest.mark.parametrize(
    "data",
    [delta("x"), done("x"), segment("s0", "x"), {"type": "error"}, {"type": "x", "error": "bad"}, "[DONE]"],
    ids=lambda data: data if isinstance(data, str) else data["type"],
)
def test_an_other_is_nothing_else(data: Any) -> None:
    assert encode(Other("x", data, NAME)) == encode()
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other("x", data))


def test_no_message_begins_again() -> None:
    encoder = PartEncoder(NAME)
    encoder.send(TextDelta("Hi"))
    with pytest.raises(EncodeError):
        encoder.send(Start("x"))
    assert encoder.close() == b""
