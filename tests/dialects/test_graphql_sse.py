"""The graphql-sse dialect, in both modes: bytes in, parts out; parts in, events out."""

from __future__ import annotations

from typing import Any

import captures
import pytest
from reading import all_cuts, gather, pieces, read, whole, write

from sse_core import EncodeError, Event
from sse_core.dialects import Done, Error, Finish, Invalid, Other, Part, PartEncoder, TextDelta, ToolCallDelta, get

NAME = "graphql-sse"
SINGLE = get(NAME, single=True)
CUT = f"{NAME}: the stream ended before its event complete"
DONE = Done("event")


def other(name: str, data: Any = None, block: str | None = None) -> Other:
    return Other(name, data, NAME, block)


DATA = {"data": {"a": [1]}}
FAILED = {"errors": [{"message": "no", "extensions": {"code": "BAD", "status": 400}}]}
DECODED: dict[str, tuple[str, list[Part]]] = {
    "a query": (
        ':\n\nevent: next\ndata: {"data":{"a":[1]}}\n\nevent: complete\ndata:\n\nevent: next\ndata: {}\n\n',
        [other("next", DATA), DONE],
    ),
    "an end without data": (
        'event: next\ndata: {"data":{"a":[1]}}\n\nevent: complete\n\n',
        [other("next", DATA), DONE],
    ),
    "an end with data that names nothing": ("event: complete\ndata: null\n\n", [DONE]),
    "or is blank": ('event: complete\ndata: ""\n\n', [DONE]),
    "errors beside data are a result": (
        'event: next\ndata: {"data":null,"errors":[{"message":"no"}]}\n\nevent: complete\ndata:\n\n',
        [other("next", {"data": None, "errors": [{"message": "no"}]}), DONE],
    ),
    "errors without data are an Error, too": (
        'event: next\ndata: {"errors":[{"message":"no","extensions":{"code":"BAD","status":400}}]}\n\n'
        "event: complete\ndata:\n\n",
        [other("next", FAILED), Error("no", None, "BAD", 400), DONE],
    ),
    "errors that are none": (
        'event: next\ndata: {"errors":[]}\n\nevent: complete\n\n',
        [other("next", {"errors": []}), DONE],
    ),
    "one connection for all: complete is no end, the end of the body is": (
        'event: next\ndata: {"id":"1","payload":{"data":{"a":[1]}}}\n\nevent: complete\ndata: {"id":"1"}\n\n'
        'event: next\ndata: {"id":"2","payload":{"errors":[{"message":"no"}]}}\n\n'
        'event: complete\ndata: {"id":"2"}\n\n',
        [
            other("next", DATA, "1"),
            other("complete", None, "1"),
            other("next", {"errors": [{"message": "no"}]}, "2"),
            other("complete", None, "2"),
            Done("eof"),
        ],
    ),
    "the end of an operation that said nothing": (
        'event: complete\ndata: {"id":"1"}\n\n',
        [other("complete", None, "1"), Done("eof")],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: str, parts: list[Part]) -> None:
    for newline in ("\n", "\r\n", "\r"):
        assert whole(NAME, *pieces(stream.replace("\n", newline).encode())) == parts
    if parts[-1] == Done("eof"):
        assert whole(SINGLE, stream.encode()) == parts
    assert whole(NAME, write(NAME, parts)) == parts


INVALID: dict[str, tuple[str, str]] = {
    "another name": ("event: done\ndata: {}\n\n", "an event is next or complete"),
    "no name": ("data: {}\n\n", "an event is next or complete"),
    "next without data": ("event: next\n\n", "the data is no JSON: Expecting value"),
    "an operation that is none": ('event: next\ndata: {"id":1,"payload":{}}\n\n', "the event is no operation's"),
    "an operation without a payload": ('event: next\ndata: {"id":"1"}\n\n', "the event is no operation's"),
    "no object": ("event: next\ndata: [1]\n\n", "the data is no JSON object"),
    "half an object": ('event: next\ndata: {"data":\n\n', "the data is no JSON: Expecting value"),
    "complete that is no JSON": ("event: complete\ndata: {\n\n", "the data is no JSON: Expecting"),
}


@pytest.mark.parametrize(("stream", "why"), INVALID.values(), ids=INVALID)
def test_what_is_neither_is_invalid_and_no_end(stream: str, why: str) -> None:
    parts, problem = read(NAME, stream.encode())
    assert [part.kind for part in parts] == ["invalid"]
    assert why in str(parts[0].error)
    assert problem == CUT


def test_on_a_single_connection_all_events_name_an_operation() -> None:
    unnamed = b'event: next\ndata: {"data":{}}\n\nevent: complete\ndata:\n\nevent: complete\ndata: {}\n\n'
    for dialect, first in ((SINGLE, b""), (NAME, b'event: complete\ndata: {"id":"1"}\n\n')):
        parts = whole(dialect, first + unnamed)[bool(first) :]
        assert [part.kind for part in parts] == ["invalid"] * 3 + ["done"]
        assert "names no operation" in str(parts[1].error)
    assert whole(SINGLE, b":\n\n") == [Done("eof")]


def test_a_cut_is_told() -> None:
    stream = b'event: next\ndata: {"data":{"a":1}}\n\nevent: complete\ndata:\n\n'
    ends = stream.index(b"complete\n") + len("complete\n")
    for at in range(len(stream)):
        parts, problem = read(NAME, stream[:at])
        if problem is None:
            assert (at >= ends, parts[-1]) == (True, DONE)
        else:
            assert problem == CUT
            assert gather(parts).problem()
    last = b'event: next\ndata: {"id":"1","payload":{}}\n\n'
    for at in range(1, len(last)):  # of a single connection half an event is one
        assert (read(SINGLE, last[:at])[1] is None) is (b"{}}" in last[:at])


ENCODED: dict[str, tuple[bool, list[Part], str]] = {
    "a result, and the end": (
        False,
        [Other("next", DATA)],
        'event: next\ndata: {"data":{"a":[1]}}\n\nevent: complete\ndata: \n\n',
    ),
    "nothing": (False, [Finish("stop")], "event: complete\ndata: \n\n"),
    "an error is a result, then the end": (
        False,
        [Error("no", "t", "BAD", 400)],
        'event: next\ndata: {"errors":[{"message":"no","extensions":{"type":"t","code":"BAD","status":400}}]}\n\n'
        "event: complete\ndata: \n\n",
    ),
    "said once": (
        False,
        [Other("next", {"errors": [{"message": "no"}]}), Error("no")],
        'event: next\ndata: {"errors":[{"message":"no"}]}\n\nevent: complete\ndata: \n\n',
    ),
    "what was lost has no end": (
        False,
        [Other("next", DATA), Invalid(Event("x"), ValueError("x"))],
        'event: next\ndata: {"data":{"a":[1]}}\n\n',
    ),
    "operations, and no end of the stream": (
        False,
        [Other("next", DATA, None, "a"), Other("complete", None, None, "a"), Other("next", None, None, 2)],
        'event: next\ndata: {"id":"a","payload":{"data":{"a":[1]}}}\n\nevent: complete\ndata: {"id":"a"}\n\n'
        'event: next\ndata: {"id":"2","payload":null}\n\n',
    ),
    "none at all": (True, [], ""),
}


@pytest.mark.parametrize(("single", "parts", "stream"), ENCODED.values(), ids=ENCODED)
def test_encodes(single: bool, parts: list[Part], stream: str) -> None:
    assert write(get(NAME, single=single), parts).decode() == stream


REFUSED: dict[str, tuple[bool, list[Part], str]] = {
    "text": (False, [TextDelta("Hi")], "send an Other"),
    "a call": (False, [ToolCallDelta("{}", 0, "c", "f")], "send an Other"),
    "another name": (False, [Other("data", {})], "take it for more"),
    "the end, as an Other": (False, [Other("complete")], "take it for more"),
    "a result that looks like an operation's": (False, [Other("next", {"id": 1})], "take it for more"),
    "a result that is no object": (False, [Other("next", [1])], "take it for more"),
    "no operation": (True, [Other("next", {})], "by their block"),
    "an operation after none": (False, [Other("next", {}), Other("next", {}, None, "1")], "by their block"),
    "none after an operation": (False, [Other("next", {}, None, "1"), Other("next", {})], "by their block"),
    "whose error": (True, [Error("no")], "send an Other with its block"),
    "what JSON has no words for": (False, [Other("next", {"data": {1}})], "cannot be written as JSON"),
}


@pytest.mark.parametrize(("single", "parts", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_said(single: bool, parts: list[Part], why: str) -> None:
    encoder = PartEncoder(get(NAME, single=single))
    for part in parts[:-1]:
        encoder.send(part)
    with pytest.raises(EncodeError, match=why):
        encoder.send(parts[-1])


RECORDED = (
    "complete_without_data.sse",
    "distinct_query.sse",
    "distinct_subscription.sse",
    "single_connection.sse",
    "single_connection_exec_error.sse",
)


@pytest.mark.parametrize("file", RECORDED)
def test_reads_what_was_recorded_for_every_cut_and_writes_it_again(file: str) -> None:
    path = captures.FOLDER / "protocol" / "graphql_sse" / file
    if not path.is_file():
        pytest.skip(captures.WHY_NOT)
    stream = path.read_bytes()
    for dialect in (NAME, SINGLE if "single" in file else NAME):
        parts = whole(dialect, stream)
        for chunks in all_cuts(stream):
            assert whole(dialect, *chunks) == parts
        assert whole(dialect, write(dialect, parts)) == parts
