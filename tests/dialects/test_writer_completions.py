"""writer-completions: text, then the end of the body."""

from typing import Any

import captures
import pytest
from reading import read, sse
from services import check_again, decoded, events, payloads, told

from sse_core import DialectError, EncodeError, Event
from sse_core.dialects import (
    Done,
    Error,
    Finish,
    Invalid,
    Other,
    Part,
    PartEncoder,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

NAME = "writer-completions"
STOP: list[Part] = [Finish("stop"), Done("eof")]

DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "text": (sse({"value": ""}, {"value": "Hel"}, {"value": "lo"}), [TextDelta("Hel"), TextDelta("lo"), *STOP]),
    "an answer without text": (sse({"value": ""}), STOP),
    "the sentinel, where there is one": (
        sse({"value": "a"}, "[DONE]"),
        [TextDelta("a"), Finish("stop"), Done("sentinel")],
    ),
    "an event error": (
        sse({"value": "a"}) + b'event: error\ndata: {"message":"bad","code":"c"}\n\n',
        [TextDelta("a"), Error("bad", None, "c"), Done("error")],
    ),
    "an error": (sse({"error": {"message": "bad"}}, {"value": "a"}), [Error("bad"), Done("error")]),
    "what is not known, and members of the wrong type": (
        sse({"x": 1}, {"value": ["a"]}),
        [Other("message", {"x": 1}, NAME), *STOP],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert decoded(NAME, stream) == parts


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(stream: bytes, parts: list[Part]) -> None:
    check_again(NAME, parts)


def test_a_cut_is_told_inside_an_event_and_where_nothing_came() -> None:
    stream = sse({"value": "Hi"}, {"value": "!"})
    between = stream.index(b"\n\n") + 1
    for cut in range(len(stream) - 2):
        problem = read(NAME, stream[:cut])[1]
        if cut < stream.index(b"\n"):
            assert problem == "writer-completions: the stream ended before its first event"
        elif cut <= between + 1:
            assert problem is None
        else:
            assert problem == "writer-completions: the stream ended inside an event"


ENCODED: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing is one event": ([Usage(1), Finish("length")], [{"value": ""}]),
    "text": ([Start("x", "m"), TextDelta("Hel"), TextDelta("lo", 1)], [{"value": "Hel"}, {"value": "lo"}]),
    "an error is the end": (
        [TextDelta("a"), Error("bad", "t", "c", 500)],
        [{"value": "a"}, {"error": {"message": "bad", "type": "t", "code": "c", "status_code": 500}}],
    ),
    "what failed ends in an error, since the end alone is a success": (
        [TextDelta("a"), Invalid(Event("{"), DialectError("bad")), Finish("stop")],
        [{"value": "a"}, {"error": {"message": "the answer could not be written"}}],
    ),
    "an answer that finished in an error": (
        [Finish("error", "boom")],
        [{"error": {"message": "the answer ended in an error: boom"}}],
    ),
}


@pytest.mark.parametrize(("parts", "written"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], written: list[Any]) -> None:
    assert payloads(NAME, *parts) == written


def test_an_error_has_its_type() -> None:
    assert [event.type for event in events(NAME, TextDelta("a"), Error("bad"))] == ["message", "error"]


@pytest.mark.parametrize("data", [{"value": "a"}, {"error": "bad"}, "[DONE]"], ids=str)
def test_an_other_is_nothing_else(data: Any) -> None:
    assert payloads(NAME, Other("x", data, NAME)) == payloads(NAME)
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other("x", data))


def test_what_cannot_be_said() -> None:
    for part in (ToolCallDelta("{}", 0, "c", "f"), TextDelta("a", choice=1)):
        with pytest.raises(EncodeError):
            PartEncoder(NAME).send(part)


FILE = captures.FOLDER / NAME / "writer__test_writer_async_streaming_completions_legacy.sse"


@pytest.mark.skipif(not FILE.is_file(), reason=captures.WHY_NOT)
def test_the_recorded_stream() -> None:
    parts, problem = told(NAME, FILE.read_bytes())
    assert problem is None
    texts = [part.text for part in parts if isinstance(part, TextDelta)]
    assert len(texts) == 58
    assert "".join(texts) == (
        "Sure, here's a light-hearted joke about OpenTelemetry:\n\nWhy did the developer decide to use OpenTelemetry "
        "for his project?\n\nBecause he wanted to make sure his application was fully instrumented, and he didn't want "
        "to trace back his steps to find out why it wasn't!"
    )
    assert parts[-2:] == STOP
