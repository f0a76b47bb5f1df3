"""The datastar dialect: keyed lines of data, and back."""

from __future__ import annotations

from typing import Any

import captures
import pytest
from reading import all_cuts, whole, write

from sse_core import EncodeError
from sse_core.dialects import Done, Error, Other, Part, PartEncoder, TextDelta, get

LOST = Done("eof", reconnect=True)
ELEMENTS = "datastar-patch-elements"
SIGNALS = "datastar-patch-signals"


def other(name: str, data: dict[str, str], id: str | None = None, retry: int | None = None) -> Other:
    return Other(name, data, "datastar", None, id, retry)


DECODED: dict[str, tuple[str, Other]] = {
    "lines of one key are one value": (
        f"event: {ELEMENTS}\nid: 1\nretry: 2000\ndata: selector #a\ndata: elements <p>\ndata: elements </p>\n\n",
        other(ELEMENTS, {"selector": "#a", "elements": "<p>\n</p>"}, "1", 2000),
    ),
    "wherever they stand": (
        f"event: {ELEMENTS}\ndata: elements a\ndata: mode inner\ndata: elements b\n\n",
        other(ELEMENTS, {"elements": "a\nb", "mode": "inner"}),
    ),
    "signals are not read": (
        f"event: {SIGNALS}\ndata: signals {{a: 1,\ndata: signals }}\ndata: onlyIfMissing true\n\n",
        other(SIGNALS, {"signals": "{a: 1,\n}", "onlyIfMissing": "true"}),
    ),
    "spaces stay, but for the first": (
        f"event: {ELEMENTS}\ndata: elements   a \ndata: elements \n\n",
        other(ELEMENTS, {"elements": "  a \n"}),
    ),
    "a key alone, none, and another event": (
        "data: a\ndata:\ndata:  x\n\n",
        other("message", {"a": "", "": "x"}),
    ),
    "no data": ("event: x\ndata:\n\n", other("x", {})),
}


@pytest.mark.parametrize(("stream", "part"), DECODED.values(), ids=DECODED)
def test_decodes_and_writes_it_again(stream: str, part: Other) -> None:
    for newline in ("\n", "\r\n", "\r"):
        assert whole("datastar", stream.replace("\n", newline).encode()) == [part, LOST]
    assert whole("datastar", write("datastar", [part])) == [part, LOST]


ENCODED: dict[str, tuple[Other, str]] = {
    "event, id, retry, data; in the order of the dict": (
        Other(ELEMENTS, {"mode": "append", "elements": "a\nb", "selector": "#c"}, None, None, "7", 2000),
        f"event: {ELEMENTS}\nid: 7\nretry: 2000\ndata: mode append\ndata: elements a\ndata: elements b\n"
        "data: selector #c\n\n",
    ),
    "defaults are left out": (
        Other(ELEMENTS, {"mode": "outer", "useViewTransition": "false", "namespace": "html", "elements": "a"}),
        f"event: {ELEMENTS}\ndata: elements a\n\n",
    ),
    "of signals, too": (
        Other(SIGNALS, {"onlyIfMissing": "false", "signals": "{}"}),
        f"event: {SIGNALS}\ndata: signals {{}}\n\n",
    ),
    "but not of events of one's own": (Other("x", {"mode": "outer"}), "event: x\ndata: mode outer\n\n"),
    "all line ends, and no other": (
        Other(ELEMENTS, {"elements": "a\r\nb\rc\u2028d\x0be\n"}),
        f"event: {ELEMENTS}\ndata: elements a\ndata: elements b\ndata: elements c\u2028d\x0be\ndata: elements \n\n",
    ),
    "[DONE] is no sentinel": (Other("x", {"[DONE]": ""}), "event: x\ndata: [DONE] \n\n"),
    "nothing": (Other("x", {}), "event: x\ndata: \n\n"),
}


@pytest.mark.parametrize(("part", "stream"), ENCODED.values(), ids=ENCODED)
def test_encodes(part: Other, stream: str) -> None:
    assert write("datastar", [part]).decode() == stream


@pytest.mark.parametrize("data", [None, "elements a", [], {1: "a"}, {"a": 1}, {"a b": "x"}, {"a\n": "x"}, {"a\r": ""}])
def test_data_is_a_dict_of_text(data: Any) -> None:
    with pytest.raises(EncodeError, match="dict of text"):
        PartEncoder("datastar").send(Other(ELEMENTS, data))
    assert PartEncoder("datastar").send(Other(ELEMENTS, data, "datastar")) == b""


@pytest.mark.parametrize("part", [TextDelta("Hi"), Error("Busy"), Other("a\nb", {})], ids=repr)
def test_what_cannot_be_said(part: Part) -> None:
    with pytest.raises(EncodeError):
        PartEncoder("datastar").send(part)


def test_half_an_event_is_dropped_unless_its_line_ended() -> None:
    assert whole("datastar", b"data: a b") == [LOST]
    assert whole("datastar", b"data: a b\n") == [other("message", {"a": "b"}), LOST]
    assert get("datastar").endless


RECORDED = captures.FOLDER / "protocol" / "datastar"


@pytest.mark.parametrize("file", sorted(path.name for path in RECORDED.glob("*.sse")))
def test_reads_what_was_recorded_for_every_cut_and_writes_the_same_bytes(file: str) -> None:
    stream = (RECORDED / file).read_bytes()
    parts = whole("datastar", stream)
    for chunks in all_cuts(stream):
        assert whole("datastar", *chunks) == parts
    assert write("datastar", parts) == stream
