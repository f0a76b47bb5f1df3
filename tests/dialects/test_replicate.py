"""replicate: named events whose data is text, and done."""

import captures
import pytest
from reading import read
from services import check_again, decoded, events, told

from sse_core import DialectError, EncodeError, Event
from sse_core.dialects import (
    Done,
    Error,
    Finish,
    Invalid,
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

NAME = "replicate"
STOP: list[Part] = [Finish("stop"), Done("event")]


def named(*pairs: tuple[str, str]) -> bytes:
    blocks = [
        f"event: {type}\nid: 1:{count}\n" + "".join([f"data: {line}\n" for line in data.split("\n")]) + "\n"
        for count, (type, data) in enumerate(pairs)
    ]
    return "".join(blocks).encode()


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "text, as it stands": (
        b": hi\n\n"
        + named(("output", ""), ("output", "Sure"), ("output", ' {"a":'), ("output", ":\n\n"), ("done", "{}")),
        [TextDelta("Sure"), TextDelta(' {"a":'), TextDelta(":\n\n"), *STOP],
    ),
    "the sentinel of others is text": (
        named(("output", "[DONE]"), ("done", "{}")),
        [TextDelta("[DONE]"), *STOP],
    ),
    "logs": (
        named(("logs", "loading\n50%"), ("output", "a"), ("logs", "[DONE]"), ("done", "")),
        [Other("logs", "loading\n50%", NAME), TextDelta("a"), Other("logs", "[DONE]", NAME), *STOP],
    ),
    "canceled": (
        named(("output", "a"), ("done", '{"reason":"canceled"}')),
        [TextDelta("a"), Finish("other", "canceled"), Done("event")],
    ),
    "done with an error": (named(("done", '{"reason":"error"}')), [Finish("error", "error"), Done("event")]),
    "a reason that is none, and JSON that is no object": (named(("done", "[1]")), STOP),
    "a reason of the wrong type": (named(("done", '{"reason":["x"]}')), STOP),
    "what is no JSON is an end, too": (named(("done", "{")), STOP),
    "an error in JSON, and what follows it": (
        named(("output", "a"), ("error", '{"detail":"out of memory"}'), ("done", '{"reason":"error"}')),
        [TextDelta("a"), Error("out of memory"), Done("error")],
    ),
    "an error in text": (named(("error", "out of memory")), [Error("out of memory"), Done("error")]),
    "an error without a message": (named(("error", "")), [Error("an error without a message"), Done("error")]),
    "an unnamed keep-alive": (b"data:\n\n" + named(("done", "{}")), STOP),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert decoded(NAME, stream) == parts


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(stream: bytes, parts: list[Part]) -> None:
    check_again(NAME, parts)


def test_an_event_that_is_not_known_is_an_other_which_the_client_would_fail_at() -> None:
    parts = decoded(NAME, named(("metrics", "5"), ("done", "{}")))
    assert parts == [Other("metrics", "5", NAME), *STOP]
    assert [event.type for event in events(NAME, *parts)] == ["done"]


def test_a_cut_is_told() -> None:
    stream = named(("output", "Hi"), ("done", "{}"))
    whole = stream.index(b"{}") + 2
    for cut in range(len(stream)):
        assert (read(NAME, stream[:cut])[1] is None) == (cut >= whole)
    assert told(NAME, stream[:20])[1] == "replicate: the stream ended before its event done"
    assert told(NAME, named(("error", "Hi"))[:-2])[1] is not None  # it may go on
    assert told(NAME, named(("error", '{"detail":"Hi"}'))[:-2])[0] == [Error("Hi"), Done("error")]


def test_the_id_of_the_last_event_is_where_to_resume() -> None:
    assert get(NAME).resumable


ENCODED: dict[str, tuple[list[Part], list[tuple[str, str]]]] = {
    "nothing": ([], [("done", "{}")]),
    "text": (
        [Start("x", "m"), ReasoningDelta("Hm"), TextDelta("Hel"), TextDelta("lo", 1), Usage(1), Finish("length")],
        [("output", "Hel"), ("output", "lo"), ("done", "{}")],
    ),
    "a CR arrives as LF": ([TextDelta("a\r\nb\rc")], [("output", "a\nb\nc"), ("done", "{}")]),
    "a filter ends it early": ([Finish("content_filter", "SAFETY")], [("done", '{"reason":"canceled"}')]),
    "its own word for an error": ([Finish("error", "error")], [("done", '{"reason":"error"}')]),
    "another's error is one": (
        [Finish("error", "boom")],
        [("error", '{"detail":"the answer ended in an error: boom"}')],
    ),
    "an error is the end": (
        [TextDelta("a"), Error("bad", "t", "c", 500)],
        [("output", "a"), ("error", '{"detail":"bad","type":"t","code":"c","status_code":500}')],
    ),
    "an error that says nothing is one": ([Error("")], [("error", '{"detail":"an error without a message"}')]),
    "what failed ends in an error, since the end alone is a success": (
        [TextDelta("a"), Invalid(Event("{"), DialectError("bad")), Finish("stop")],
        [("output", "a"), ("error", '{"detail":"the answer could not be written"}')],
    ),
}


@pytest.mark.parametrize(("parts", "written"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], written: list[tuple[str, str]]) -> None:
    found = events(NAME, *parts)
    assert [(event.type, event.data) for event in found] == written
    assert [event.last_event_id for event in found] == [f"0:{count}" for count in range(len(found))]


def test_ids_begin_with_the_time() -> None:
    assert PartEncoder(NAME, created=1707756341).send(TextDelta("a")) == (
        b"event: output\nid: 1707756341:0\ndata: a\n\n"
    )


@pytest.mark.parametrize("other", [("output", "a"), ("done", "{}"), ("error", "x"), ("x", "x"), ("logs", {"a": 1})])
def test_an_other_is_nothing_else(other: tuple[str, object]) -> None:
    assert events(NAME, Other(*other, NAME)) == events(NAME)
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other(*other))


def test_what_cannot_be_said() -> None:
    for part in (ToolCallDelta("{}", 0, "c", "f"), TextDelta("a", choice=1)):
        with pytest.raises(EncodeError):
            PartEncoder(NAME).send(part)


FILE = captures.FOLDER / NAME / "replicate__test_replicate_llama_stream_legacy.sse"


@pytest.mark.skipif(not FILE.is_file(), reason=captures.WHY_NOT)
def test_the_recorded_stream() -> None:
    parts = decoded(NAME, FILE.read_bytes())
    texts = [part.text for part in parts if isinstance(part, TextDelta)]
    assert len(texts) == 23
    assert "".join(texts) == (
        "Sure, here's a joke about OpenTelemetry:\n\nWhy did the OpenTelemetry agent go to therapy?\n\nBecause it was "
        'feeling a little "disconnected" from its trace!\n\nI hope that brought a smile to your face! Is there '
        "anything else I can assist you with?"
    )
    assert parts[23:] == STOP
