"""watsonx: text in results, counts that run, an end by stop_reason."""

from typing import Any

import captures
import pytest
from reading import read, sse
from services import check_again, decoded, events, payloads, told

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

NAME = "watsonx"
WARNING = {"warnings": [{"message": "not ours", "id": "disclaimer"}]}


def result(text: Any, reason: Any = "not_finished", **members: Any) -> dict[str, Any]:
    return {"results": [{"generated_text": text, "stop_reason": reason, **members}]}


def counts(output: int, input: int = 0) -> dict[str, Any]:
    return {"generated_token_count": output, "input_token_count": input}


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "counts that run, the input's said once; a warning, before its text": (
        sse(
            {"model_id": "m", **result("", **counts(0, 8)), "system": WARNING},
            {"model_id": "m", **result("Hel", **counts(1))},
            {"model_id": "m", **result("lo", "eos_token", **counts(2))},
        ),
        [
            Other("system", WARNING, NAME),
            Start(None, "m"),
            Usage(8, 0),
            TextDelta("Hel"),
            Usage(8, 1),
            TextDelta("lo"),
            Usage(8, 2),
            Finish("stop", "eos_token"),
            Done("eof"),
        ],
    ),
    **{
        word: (sse(result("a", word)), [TextDelta("a"), Finish(reason, word), Done("eof")])
        for word, reason in {
            "stop_sequence": "stop",
            "max_tokens": "length",
            "token_limit": "length",
            "time_limit": "other",
            "cancelled": "other",
            "error": "error",
            "tired": "other",
        }.items()
    },
    "errors": (
        sse(
            result("a"), {"errors": [{"code": "rate_limit", "message": "Slow down"}], "trace": "t", "status_code": 429}
        ),
        [TextDelta("a"), Error("Slow down", None, "rate_limit", 429), Done("error")],
    ),
    "an event error": (
        b'event: error\ndata: {"message":"bad","code":"c"}\n\n',
        [Error("bad", None, "c"), Done("error")],
    ),
    "errors of the wrong type are one without a message": (
        sse({"errors": "bad"}),
        [Error("the server sent an error without a message"), Done("error")],
    ),
    "a JSON body with no framing": (
        b'{"errors": [{"code": "c", "message": "bad"}],\n "status_code": 401}\n',
        [Error("bad", None, "c", 401), Done("error")],
    ),
    "what is not known, and members of the wrong type": (
        sse({"x": 1}, {"results": []}, {"results": {"generated_text": "b"}}, result(["b"]), result("a", "eos_token")),
        [
            Other("message", {"x": 1}, NAME),
            Other("message", {"results": []}, NAME),
            Other("message", {"results": {"generated_text": "b"}}, NAME),
            TextDelta("a"),
            Finish("stop", "eos_token"),
            Done("eof"),
        ],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert decoded(NAME, stream) == parts


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(stream: bytes, parts: list[Part]) -> None:
    check_again(NAME, parts)


def test_text_after_a_stop_reason_needs_another() -> None:
    stream = sse(result("a", "eos_token"), result("b"))
    assert told(NAME, stream)[1] == "watsonx: the stream ended before an event with a stop_reason"
    assert read(NAME, stream + sse(result("", "max_tokens")))[0][-2] == Finish("length", "max_tokens")


def test_a_cut_is_told() -> None:
    stream = sse(result("Hi"), result("", "eos_token"))
    for cut in range(len(stream) - 2):
        assert read(NAME, stream[:cut])[1] == "watsonx: the stream ended before an event with a stop_reason"
    half = sse(result("Hi", "eos_token")) + b'data: {"results'
    assert told(NAME, half)[1] == "watsonx: the stream ended inside an event"


ENCODED: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing": ([], [result("", "eos_token")]),
    "text, and counts from when they are known": (
        [Start("x", "m"), TextDelta("a"), Usage(8, 1), TextDelta("b"), Usage(8, 2), Finish("length")],
        [
            {"model_id": "m", **result("a")},
            {"model_id": "m", **result("b", **counts(1, 8))},
            {"model_id": "m", **result("", "max_tokens", **counts(2, 8))},
        ],
    ),
    "a filter has no word": ([Finish("content_filter", "SAFETY")], [result("", "cancelled")]),
    "the dialect's own word for an error": ([Finish("error", "error")], [result("", "error")]),
    "another's error is one": (
        [Finish("error", "boom")],
        [{"errors": [{"message": "the answer ended in an error: boom"}]}],
    ),
    "an error is the end": (
        [TextDelta("a"), Error("bad", "t", "c", 500)],
        [result("a"), {"errors": [{"code": "c", "message": "bad", "type": "t"}], "status_code": 500}],
    ),
    "a warning": ([Other("system", WARNING, NAME)], [{**result(""), "system": WARNING}, result("", "eos_token")]),
}


@pytest.mark.parametrize(("parts", "written"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], written: list[Any]) -> None:
    assert payloads(NAME, *parts) == written


def test_the_type_is_said_and_ids_count_up() -> None:
    data = PartEncoder(NAME).send(TextDelta("a"))
    assert data.startswith(b"event: message\nid: 1\ndata: {")
    assert [event.last_event_id for event in events(NAME, TextDelta("a"), Error("bad"))] == ["1", "2"]


@pytest.mark.parametrize(
    "data", [result("a"), result("", "eos_token"), {"errors": ["bad"]}, {"model_id": "m"}], ids=str
)
def test_an_other_is_nothing_else(data: Any) -> None:
    assert payloads(NAME, Other("x", data, NAME)) == payloads(NAME)
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other("x", data))


def test_what_cannot_be_said() -> None:
    for part in (ToolCallDelta("{}", 0, "c", "f"), TextDelta("a", choice=1)):
        with pytest.raises(EncodeError):
            PartEncoder(NAME).send(part)


FILE = captures.FOLDER / "ibm-watsonx" / "ibm-watsonx__test_generate_stream_metrics.sse"


@pytest.mark.skipif(not FILE.is_file(), reason=captures.WHY_NOT)
def test_the_recorded_stream() -> None:
    parts = decoded(NAME, FILE.read_bytes())
    assert (
        "".join([part.text for part in parts if isinstance(part, TextDelta)])
        == "the sun is the most important star in the sky"
    )
    assert [part.kind for part in parts[:3]] == ["other", "start", "usage"]
    assert parts[1] == Start(None, "google/flan-ul2")
    assert parts[-3:] == [Usage(8, 11), Finish("stop", "eos_token"), Done("eof")]
    check_again(NAME, parts)
