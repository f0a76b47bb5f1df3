"""The text dialect: events whose data is text."""

from __future__ import annotations

import pickle

import captures
import pytest
from reading import all_cuts, gather, read, whole, write

from sse_core import EncodeError, Event
from sse_core.dialects import Done, Error, Finish, Invalid, Other, Part, PartEncoder, TextDelta, Transcoder, get
from sse_core.reconnect import Reconnect, Stop

LOST = Done("eof", reconnect=True)
HTMX = get("text", end="close")


def other(name: str, data: str | None, id: str | None = None, retry: int | None = None) -> Other:
    return Other(name, data, "text", None, id, retry)


def test_each_event_is_an_other_with_its_id() -> None:
    mercure = b":\nevent: update\nretry: 500\nid: urn:1\ndata:  {a\ndata: \n\ndata:\n\nid: urn:2\n\ndata: [DONE]\n\n"
    parts = [
        other("update", " {a\n", "urn:1", 500),
        other("message", "", "urn:1"),
        other("message", "[DONE]", "urn:2"),
        LOST,
    ]
    assert whole("text", mercure) == parts
    assert whole("text", write("text", parts)) == parts
    assert [part.raw for part in read("text", mercure)[0][:2]] == [" {a\n", ""]


def test_an_end_has_a_name() -> None:
    stream = b"event: a\ndata: <p>\n\nevent: close\ndata: \n\nevent: a\ndata: <p>\n\n"
    assert whole(HTMX, stream) == [other("a", "<p>"), other("close", ""), Done("event")]
    assert gather(whole(HTMX, stream)).problem() is None
    assert whole("text", stream)[1:] == [other("close", ""), other("a", "<p>"), LOST]
    assert Reconnect(resumable=HTMX.resumable).on_eof(how="event", now=0.0) == Stop("done")


def test_a_stream_with_an_end_is_cut_before_it() -> None:
    stream = b"event: a\ndata: <p>\n\nevent: close\ndata: x\n\n"
    for at in range(len(stream)):
        parts, problem = read(HTMX, stream[:at])
        if at < len(stream) - 1:  # its last line ended: then it is whole
            assert problem == "text: the stream ended before its event close"
            assert parts in ([], [other("a", "<p>")])
        else:
            assert (parts[-1], problem) == (Done("event"), None)


def test_half_an_event_is_dropped_where_its_line_did_not_end() -> None:
    assert whole("text", b"data: <p>") == [LOST]
    assert whole("text", b"data: <p>\n") == [other("message", "<p>"), LOST]


ENCODED: dict[str, tuple[str | None, list[Part], bytes]] = {
    "no end is invented": (
        None,
        [Other("a", " x\r\ny", None, None, "1", 5)],
        b"event: a\nid: 1\nretry: 5\ndata:  x\ndata: y\n\n",
    ),
    "but the one that was asked for": ("close", [other("a", "x")], b"event: a\ndata: x\n\nevent: close\ndata: \n\n"),
    "with what it says": ("close", [other("close", "x"), other("a", "x")], b"event: close\ndata: x\n\n"),
    "not after damage": (
        "close",
        [Invalid(Event("x"), ValueError("x")), other("close", "x"), Other("a"), Finish("stop")],
        b"event: a\ndata: \n\n",
    ),
}


@pytest.mark.parametrize(("end", "parts", "stream"), ENCODED.values(), ids=ENCODED)
def test_encodes(end: str | None, parts: list[Part], stream: bytes) -> None:
    assert write(get("text", end=end), parts) == stream


@pytest.mark.parametrize("part", [TextDelta("Hi"), Error("Busy"), Other("a", {}), Other("a\nb", "x")], ids=repr)
def test_what_cannot_be_said(part: Part) -> None:
    with pytest.raises(EncodeError):
        PartEncoder("text").send(part)


def test_its_facts_depend_on_its_option() -> None:
    assert (get("text").endless, HTMX.endless) == (True, False)
    assert pickle.loads(pickle.dumps(HTMX)) == HTMX == get("text", end="close") != get("text")
    with pytest.raises(TypeError):
        get("text", ends="close")


def test_json_is_rewritten_as_text_by_the_program_alone() -> None:
    # Another dialect's Others are not written: a program that wants them makes them its own.
    assert Transcoder("json", "text").feed(b'data: {"type":"a"}\n\n') == b""


RECORDED = ("turbo_streams/append_html.sse", "htmx_sse/named_html_fragments.sse")


@pytest.mark.parametrize("file", RECORDED)
def test_reads_what_was_recorded_for_every_cut_and_writes_it_again(file: str) -> None:
    path = captures.FOLDER / "protocol" / file
    if not path.is_file():
        pytest.skip(captures.WHY_NOT)
    stream = path.read_bytes()
    for dialect in (get("text"), HTMX if "htmx" in file else get("text")):
        parts = whole(dialect, stream)
        for chunks in all_cuts(stream):
            assert whole(dialect, *chunks) == parts
        assert whole(dialect, write(dialect, parts)) == parts
