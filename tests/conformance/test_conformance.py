"""The suite: ours passes it, what is wrong fails it and is told, and peers.py tells what each peer gets wrong."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from sse_core import Decoder, Event

from .__main__ import main
from .peers import PEERS
from .suite import Case, cases, cuts, failures, read
from .table import table

README = Path(__file__).parents[2] / "benchmarks" / "README.md"


class Wraps:
    """A Decoder, for what changes its events."""

    def __init__(self) -> None:
        self.decoder = Decoder()


class Strips(Wraps):
    """Takes off all the white space of the data."""

    def feed(self, chunk: bytes) -> Iterable[Event]:
        return (Event(event.data.strip(), event.type, event.last_event_id) for event in self.decoder.feed(chunk))


class Raises(Wraps):
    """Fails on bytes that are no ASCII."""

    def feed(self, chunk: bytes) -> list[Event]:
        chunk.decode("ascii")
        return self.decoder.feed(chunk)


class GivesHalf(Decoder):
    """Gives what the end of the stream cuts off."""

    close = Decoder.flush


class Named(NamedTuple):
    """An event as other libraries have it."""

    event: str | None
    data: str
    id: str | None


class Names(Wraps):
    """Gives None for what the block does not say."""

    def feed(self, chunk: bytes) -> list[Named]:
        events = self.decoder.feed(chunk)
        types = [None if event.type == "message" else event.type for event in events]
        return [Named(type, event.data, event.last_event_id or None) for type, event in zip(types, events, strict=True)]


def test_sse_core_passes_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sse_core:Decoder"]) == 0
    printed = capsys.readouterr().out
    assert "FAILED" not in printed
    assert printed.endswith(f"all: {len(cases())} passed, 0 failed\n")


def test_events_may_have_other_names() -> None:
    assert failures(Names, cases()) == []


@pytest.mark.parametrize(
    ("decoder", "case", "says"),
    [
        (Strips, "edge: two spaces keep one", "('message', 'x', '')]\n    expected  [('message', ' x', '')]"),
        (Raises, "edge: multibyte split", "came      UnicodeDecodeError"),
        (GivesHalf, "edge: eof without blank line", "came      [('message', 'x', '')]\n    expected  []"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_wrong_is_told(decoder: type, case: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([f"{__name__}:{decoder.__name__}"]) == 1
    printed = capsys.readouterr().out
    assert f"FAILED {case}: " in printed
    assert says in printed
    assert "all: " in printed


def test_a_chunking_alone_can_fail() -> None:
    class Restarts:
        """Forgets at each chunk what came before it."""

        def feed(self, chunk: bytes) -> list[Event]:
            return Decoder().feed(chunk)

    [failure] = failures(Restarts, [Case("", "one event", [b"data: x\n\n"], [("message", "x", "")])])
    assert failure.first == "byte by byte"
    assert 0 < failure.failed < failure.cuts


def test_a_cut_loses_nothing() -> None:
    for case in cases():
        found = dict(cuts(case))
        assert {"as its source cuts it", "whole", "byte by byte"} < {*found}
        assert {b"".join(chunks) for chunks in found.values()} == {b"".join(case.chunks)}


@pytest.mark.parametrize("name", ["sse_core", "sse_core:Nothing", "no_such_module:Decoder", ":Decoder"])
def test_what_is_no_factory_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([name])
    assert f"{name} is not MODULE:FACTORY" in capsys.readouterr().err


@pytest.fixture(scope="module")
def printed() -> tuple[list[str], list[str], list[str]]:
    return table()


def test_peers_py_tells_what_each_peer_gets_wrong(printed: tuple[list[str], list[str], list[str]]) -> None:
    assert printed[2] == []


def test_the_table_stands_in_the_readme_of_the_benchmarks(printed: tuple[list[str], list[str], list[str]]) -> None:
    lines, missing, _ = printed
    if missing:
        pytest.skip(f"{', '.join(missing)}: tests/conformance/requirements.txt")
    assert "\n".join(lines) in README.read_text(encoding="utf-8"), "python -m tests.conformance --table"


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_reads_an_event(name: str) -> None:
    came = read(PEERS[name].factory, [b"event: tick\nid: 7\nda", b"ta: x\n\n"])
    if isinstance(came, str) and came.startswith("ModuleNotFoundError"):
        pytest.skip(f"{name} is not installed: tests/conformance/requirements.txt")
    assert came == [("tick", "x", "7")]
