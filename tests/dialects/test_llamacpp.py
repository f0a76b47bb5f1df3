"""llamacpp: content until stop is true, for each answer of a request."""

from typing import Any

import pytest
from reading import read, sse
from services import check_again, decoded, payloads, told

from sse_core import EncodeError
from sse_core.dialects import Done, Error, Finish, Other, Part, PartEncoder, Start, TextDelta, ToolCallDelta, Usage

NAME = "llamacpp"
CUT = "llamacpp: the stream ended before an event with stop true for each answer"
PROBABILITIES = [{"id": 5, "token": "Hi", "logprob": -0.1}]
TIMINGS = {"cache_n": 1, "prompt_n": 2, "predicted_n": 2}


def piece(content: Any, index: Any = 0, **members: Any) -> dict[str, Any]:
    return {"index": index, "content": content, "stop": False, **members}


def last(word: Any = "eos", index: int = 0, **members: Any) -> dict[str, Any]:
    return {"index": index, "content": "", "stop": True, "stop_type": word, **members}


def stop(reason: Any = "stop", word: str | None = "eos") -> list[Part]:
    return [Finish(reason, word), Done("eof")]


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "text; running counts say nothing before the end": (
        sse(
            piece("Hel", tokens_predicted=1, tokens_evaluated=3, id_slot=0, tokens=[5]),
            piece("lo", tokens_predicted=2, tokens_evaluated=3),
            last(tokens_predicted=2, tokens_evaluated=3, model="m", truncated=False, stopping_word="", prompt="Hi"),
        ),
        [TextDelta("Hel"), TextDelta("lo"), Usage(3, 2), *stop()],
    ),
    **{
        f"stop_type {word}": (sse(piece("a"), last(word)), [TextDelta("a"), *stop(reason, word)])
        for word, reason in {"word": "stop", "limit": "length", "none": "other", "tired": "other"}.items()
    },
    "flags, before 2025": (
        sse(piece("a"), {"content": "", "stop": True, "stopped_eos": False, "stopped_limit": True}),
        [TextDelta("a"), *stop("length", "limit")],
    ),
    "no word at all": (sse(piece("a"), {"content": "", "stop": True}), [TextDelta("a"), *stop("stop", None)]),
    "the last event repeats the text": (
        sse(piece("Hel"), piece("lo"), last(content="Hello")),
        [TextDelta("Hel"), TextDelta("lo"), *stop()],
    ),
    "the last event has a text that is not what was said": (
        sse(piece("Hel"), piece("lo"), last(content="Hullo")),
        [TextDelta("Hel"), TextDelta("lo"), Other("content", "Hullo", NAME), *stop()],
    ),
    "the last event has the text, and nothing was said before": (
        sse(last(content="Hello")),
        [TextDelta("Hello"), *stop()],
    ),
    "several answers, by their index; their counts together, each once": (
        sse(
            piece("a"),
            piece("b", 1),
            last(tokens_predicted=1, tokens_evaluated=3),
            piece("c", 1),
            last("limit", 1, tokens_predicted=2, tokens_evaluated=4),
            last("limit", 1, tokens_predicted=2, tokens_evaluated=4),
        ),
        [
            TextDelta("a"),
            TextDelta("b", choice=1),
            Usage(3, 1),
            TextDelta("c", choice=1),
            Usage(7, 3),
            Finish("stop", "eos"),
            Finish("length", "limit", 1),
            Done("eof"),
        ],
    ),
    "probabilities, progress and timings, before the text of their event": (
        sse(
            piece("", prompt_progress={"total": 3, "processed": 1}),
            piece("a", 1, completion_probabilities=PROBABILITIES),
            last(timings=TIMINGS),
            last("eos", 1),
        ),
        [
            Other("prompt_progress", {"total": 3, "processed": 1}, NAME),
            Other("completion_probabilities", PROBABILITIES, NAME, choice=1),
            TextDelta("a", choice=1),
            Other("timings", TIMINGS, NAME),
            Finish("stop", "eos"),
            Finish("stop", "eos", 1),
            Done("eof"),
        ],
    ),
    "an error": (
        sse(piece("a"), {"error": {"code": 500, "message": "bad", "type": "server_error"}}, piece("b")),
        [TextDelta("a"), Error("bad", "server_error", 500, 500), Done("error")],
    ),
    "an error in a field line, until September 2025": (
        sse(piece("a")) + b'error: {"code":400,"message":"bad","type":"invalid_request_error"}\n\n' + sse(piece("b")),
        [TextDelta("a"), Error("bad", "invalid_request_error", 400, 400), Done("error")],
    ),
    "what is not known, and members of the wrong type": (
        sse({"x": 1}, {"index": 5}, piece(["b"], [0]), piece("a", -1, stop="x"), last(["eos"], tokens_predicted="2")),
        [
            Other("message", {"x": 1}, NAME),
            Other("message", {"index": 5}, NAME),
            TextDelta("a"),
            *stop("stop", None),
        ],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert decoded(NAME, stream) == parts


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(stream: bytes, parts: list[Part]) -> None:
    check_again(NAME, parts)


def test_a_cut_is_told() -> None:
    stream = sse(piece("Hi"), last())
    for cut in range(len(stream) - 2):
        assert read(NAME, stream[:cut])[1] == CUT


def test_each_answer_has_to_end() -> None:
    stream = sse(piece("a"), piece("b", 1), last())
    assert told(NAME, stream)[1] == CUT
    assert told(NAME, stream + sse(piece("c")))[1] is not None


def test_half_an_error_line_is_a_truncation() -> None:
    parts, problem = told(NAME, sse(piece("a")) + b'error: {"code":400,"mess')
    assert (parts, problem is None) == ([TextDelta("a")], False)


ENCODED: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing": ([], [last()]),
    "text, the model and counts": (
        [Start("x", "m"), TextDelta("Hel"), TextDelta("lo", 1), Usage(3, 2), Finish("length")],
        [piece("Hel"), piece("lo"), last("limit", model="m", tokens_predicted=2, tokens_evaluated=3)],
    ),
    "several answers": (
        [TextDelta("a"), TextDelta("b", choice=1), Finish("length", choice=1), Usage(3)],
        [piece("a"), piece("b", 1), last(tokens_evaluated=3), last("limit", 1)],
    ),
    "a filter has no word": ([Finish("content_filter", "SAFETY")], [last("none")]),
    "an error is the end": (
        [TextDelta("a"), Error("bad", "t", "c", 500)],
        [piece("a"), {"error": {"message": "bad", "type": "t", "code": "c", "status_code": 500}}],
    ),
    "one of several finished in an error": (
        [TextDelta("a"), Finish("error", "boom", 1)],
        [piece("a"), {"error": {"message": "the answer ended in an error: boom"}}],
    ),
}


@pytest.mark.parametrize(("parts", "written"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], written: list[Any]) -> None:
    assert payloads(NAME, *parts) == written


@pytest.mark.parametrize(
    "data", [piece("a"), last(), last("none"), {"stop": True}, {"error": "bad"}, {"timings": TIMINGS}], ids=str
)
def test_an_other_is_nothing_else(data: Any) -> None:
    assert payloads(NAME, Other("x", data, NAME)) == payloads(NAME)
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other("x", data))


def test_a_last_text_of_which_nothing_was_said_is_none() -> None:
    assert payloads(NAME, Other("content", "Hi", NAME)) == payloads(NAME)


def test_what_cannot_be_said() -> None:
    for part in (ToolCallDelta("{}", 0, "c", "f"), TextDelta("a", choice=128)):
        with pytest.raises(EncodeError):
            PartEncoder(NAME).send(part)
