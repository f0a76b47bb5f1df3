"""braintrust: named events of an evaluation, and done."""

from typing import Any

import captures
import pytest
from reading import read, write
from services import decoded, events, told

from sse_core import EncodeError
from sse_core.dialects import Done, Error, Other, Part, PartEncoder, TextDelta, ToolCallDelta

NAME = "braintrust"


def named(*pairs: tuple[str, str]) -> bytes:
    return "".join([f"event: {type}\ndata: {data}\n\n" for type, data in pairs]).encode()


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "an evaluation": (
        named(
            ("start", '{"projectName": "p"}'),
            ("progress", '{"id": "1", "event": "json_delta", "data": "4"}'),
            ("summary", '{"scores": {}}'),
            ("done", ""),
        ),
        [
            Other("start", {"projectName": "p"}, NAME),
            Other("progress", {"id": "1", "event": "json_delta", "data": "4"}, NAME),
            Other("summary", {"scores": {}}, NAME),
            Done("event"),
        ],
    ),
    "data of any kind, and none": (
        named(("a", "null"), ("b", "[1]"), ("c", '"[DONE]"'), ("d", ""), ("e", "0"), ("done", "{}")),
        [
            *[
                Other(name, data, NAME)
                for name, data in (("a", None), ("b", [1]), ("c", "[DONE]"), ("d", ""), ("e", 0))
            ],
            Done("event"),
        ],
    ),
    "what follows done": (named(("done", ""), ("start", "{}")), [Done("event")]),
    "an error in JSON": (named(("error", '{"error": "bad"}'), ("done", "")), [Error("bad"), Done("error")]),
    "an error in text": (named(("error", "bad")), [Error("bad"), Done("error")]),
    "an error without data": (
        named(("error", "")),
        [Error("the server sent an error without a message"), Done("error")],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert decoded(NAME, stream) == parts


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(stream: bytes, parts: list[Part]) -> None:
    assert read(NAME, write(NAME, parts)) == (parts, None)


def test_what_is_no_json_is_invalid() -> None:
    parts = decoded(NAME, named(("progress", "{"), ("summary", "[DONE]"), ("done", "")))
    assert [part.kind for part in parts] == ["invalid", "invalid", "done"]


def test_a_cut_is_told() -> None:
    stream = named(("start", "{}"), ("done", ""))
    for cut in range(len(stream) - 1):
        assert read(NAME, stream[:cut])[1] == "braintrust: the stream ended before its event done"
    assert told(NAME, stream[:-1])[1] is None


def test_encodes() -> None:
    found = events(NAME, Other("start", {"a": 1}), Other("note", ""), Other("note", None))
    assert [(event.type, event.data) for event in found] == [
        ("start", '{"a":1}'),
        ("note", ""),
        ("note", "null"),
        ("done", ""),
    ]
    [error] = events(NAME, Error("bad", "t", "c", 500))
    assert (error.type, error.data) == ("error", '{"message":"bad","type":"t","code":"c","status_code":500}')


@pytest.mark.parametrize("other", [("done", ""), ("done", {}), ("error", {}), ("error", "")], ids=str)
def test_an_other_is_nothing_else(other: tuple[str, Any]) -> None:
    assert events(NAME, Other(*other, NAME)) == events(NAME)
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other(*other))


def test_what_cannot_be_said() -> None:
    for part in (ToolCallDelta("{}", 0, "c", "f"), TextDelta("a")):
        with pytest.raises(EncodeError):
            PartEncoder(NAME).send(part)


FILES = sorted((captures.FOLDER / NAME).glob("*.sse"))


@pytest.mark.skipif(not FILES, reason=captures.WHY_NOT)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_recorded_streams(file: Any) -> None:
    parts = decoded(NAME, file.read_bytes())
    names = [part.name for part in parts if isinstance(part, Other)]
    assert names == ["start", "progress", "progress", "summary"]
    assert parts[-1] == Done("event")
    assert read(NAME, write(NAME, parts)) == (parts, None)
