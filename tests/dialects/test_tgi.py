"""tgi: a token an event; the last one says all of the text again."""

import json
from typing import Any

import pytest
from reading import read, sse
from services import check_again, decoded, payloads, told

from sse_core import EncodeError
from sse_core.dialects import (
    Done,
    Error,
    Finish,
    Other,
    Part,
    PartEncoder,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

NAME = "tgi"
TOP = [{"id": 5, "text": "Hi", "logprob": -0.1, "special": False}]


def token(text: Any, special: bool = False, **members: Any) -> dict[str, Any]:
    made = {"id": 0, "text": text, "logprob": 0.0, "special": special}
    return {"index": 1, "token": made, "generated_text": None, "details": None, **members}


def details(reason: str = "eos_token", tokens: int = 2, **members: Any) -> dict[str, Any]:
    return {"finish_reason": reason, "generated_tokens": tokens, "seed": None, **members}


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "the last event is an end token, and repeats the text": (
        sse(token("Hel"), token("lo"), token("</s>", True, generated_text="Hello", details=details(input_length=3))),
        [TextDelta("Hel"), TextDelta("lo"), Usage(3, 2), Finish("stop", "eos_token"), Done("event")],
    ),
    "the last event has text of its own": (
        sse(token("Hel"), token("lo"), token("!", generated_text="Hello!", details=details("length"))),
        [TextDelta("Hel"), TextDelta("lo"), TextDelta("!"), Usage(None, 2), Finish("length", "length"), Done("event")],
    ),
    "without details the finish is inferred": (
        sse(token("a", generated_text="a")),
        [TextDelta("a"), Finish("stop"), Done("event")],
    ),
    "a stop sequence": (
        sse(token("a", generated_text="a", details=details("stop_sequence"))),
        [TextDelta("a"), Usage(None, 2), Finish("stop", "stop_sequence"), Done("event")],
    ),
    "a word that is not known": (
        sse(token("a", generated_text="a", details=details("tired"))),
        [TextDelta("a"), Usage(None, 2), Finish("other", "tired"), Done("event")],
    ),
    "a whole text that is not what was said is no text": (
        sse(token("a"), token("", True, generated_text="Say a: a", details=details())),
        [
            TextDelta("a"),
            Other("generated_text", "Say a: a", NAME),
            Usage(None, 2),
            Finish("stop", "eos_token"),
            Done("event"),
        ],
    ),
    "as long as what was said, and yet another": (
        sse(token("ab"), token("", True, generated_text="ba")),
        [TextDelta("ab"), Other("generated_text", "ba", NAME), Finish("stop"), Done("event")],
    ),
    "what was said with a lone surrogate": (
        b'data: {"token":{"text":"\\ud83d"}}\n\ndata: {"token":{"text":"!"},"generated_text":"\\ud83d!"}\n\n',
        [TextDelta("\ud83d"), TextDelta("!"), Finish("stop"), Done("event")],
    ),
    "an answer without text": (
        sse(token("</s>", True, generated_text="", details=details(tokens=1))),
        [Usage(None, 1), Finish("stop", "eos_token"), Done("event")],
    ),
    "the likeliest tokens, before the text of their event": (
        sse(token("Hi", top_tokens=TOP), token("", True, top_tokens=[], generated_text="Hi")),
        [Other("top_tokens", TOP, NAME), TextDelta("Hi"), Finish("stop"), Done("event")],
    ),
    "an error": (
        sse(token("a"), {"error": "Too many", "error_type": "overloaded"}, token("b", generated_text="ab")),
        [TextDelta("a"), Error("Too many", "overloaded"), Done("error")],
    ),
    "a keep-alive, what is not known, and what follows the end": (
        b":\n\n: ping\n\n" + sse({"x": 1}, token("a", generated_text="a"), token("b")),
        [Other("message", {"x": 1}, NAME), TextDelta("a"), Finish("stop"), Done("event")],
    ),
    "members of the wrong type are absent": (
        sse(token(["x"], generated_text=["x"]), {"token": []}, token("a", details=[]), token("", generated_text="a")),
        [Other("message", {"token": []}, NAME), TextDelta("a"), Finish("stop"), Done("event")],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert decoded(NAME, stream) == parts


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(stream: bytes, parts: list[Part]) -> None:
    check_again(NAME, parts)


def test_a_cut_is_told() -> None:
    stream = sse(token("Hi"), token("", True, generated_text="Hi", details=details()))
    for cut in range(len(stream) - 2):
        assert read(NAME, stream[:cut])[1] == "tgi: the stream ended before its event with a generated_text"
    assert told(NAME, stream[:-1])[0][-1] == Done("event")


ENCODED: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing": ([], [token("", True, generated_text="", details=details(tokens=0))]),
    "text, the whole of it at the end, and counts": (
        [Start("x"), TextDelta("Hel"), TextDelta("lo", 1), Usage(3, 2), Finish("length")],
        [
            token("Hel"),
            token("lo", index=2),
            token("", True, index=3, generated_text="Hello", details=details("length", 2, input_length=3)),
        ],
    ),
    "a filter has no word: it ends early": (
        [TextDelta("a"), Finish("content_filter", "SAFETY")],
        [token("a"), token("", True, index=2, generated_text="a", details=details("length", 0))],
    ),
    "an error is the end": (
        [TextDelta("a"), Error("bad", "validation", "c", 422)],
        [token("a"), {"error": "bad", "error_type": "validation", "code": "c", "status_code": 422}],
    ),
    "an error that says nothing is one": ([Error("")], [{"error": "an error without a message"}]),
    "an answer that finished in an error": (
        [TextDelta("a"), Finish("error", "boom")],
        [token("a"), {"error": "the answer ended in an error: boom"}],
    ),
    "the last whole text counts": (
        [
            TextDelta("a"),
            Other("generated_text", "x" * 9, NAME),
            Other("generated_text", "b", NAME),
            Finish("stop", "stop_sequence"),
        ],
        [token("a"), token("", True, index=2, generated_text="b", details=details("stop_sequence", 0))],
    ),
}


@pytest.mark.parametrize(("parts", "written"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], written: list[Any]) -> None:
    assert payloads(NAME, *parts) == written


@pytest.mark.parametrize(
    "other",
    [
        Other("x", token("a")),
        Other("x", token("", generated_text="")),
        Other("x", {"error": "bad"}),
        Other("error", {}),
        Other("generated_text", "a"),  # nothing was said
        Other("generated_text", 5),
        Other("top_tokens", []),
    ],
    ids=lambda other: json.dumps(other.data)[:40],
)
def test_an_other_is_nothing_else(other: Other) -> None:
    assert payloads(NAME, other.__replace__(dialect=NAME)) == payloads(NAME)
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(other)


def test_what_cannot_be_said() -> None:
    for part in (ToolCallDelta("{}", 0, "c", "f"), TextDelta("a", choice=1)):
        with pytest.raises(EncodeError):
            PartEncoder(NAME).send(part)
