"""`python -m benchmarks`: each workload decodes to the events it declares, and the commands run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__, consumers, encode, memory, node, typed
from benchmarks.workloads import CHUNK_SIZES, NAMES, workload
from sse_core import Decoder, Event
from sse_core.dialects import PartDecoder

SCALE = 0.02
PEERS, VERSIONS, MISSING = consumers.installed(consumers.PEERS)


@pytest.mark.parametrize("chunks", CHUNK_SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_a_workload_decodes_to_the_events_it_declares(name: str, chunks: str) -> None:
    load = workload(name, SCALE)
    feed = Decoder().feed
    events = [event for chunk in load.chunks(chunks) for event in feed(chunk)]
    assert events == [Event(data, type, last_event_id) for type, data, last_event_id in load.events]
    assert b"".join(load.chunks(chunks)) == load.stream


@pytest.mark.parametrize("name", NAMES)
def test_a_workload_is_the_same_at_every_call(name: str) -> None:
    assert workload(name, SCALE).stream == workload(name, SCALE).stream


@pytest.mark.parametrize("consume", [consumers.sse_core, *PEERS.values()], ids=["sse_core", *PEERS])
@pytest.mark.parametrize("chunks", CHUNK_SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_every_consumer_counts_the_events_declared(name: str, chunks: str, consume: consumers.Consumer) -> None:
    load = workload(name, SCALE)
    assert consume(load.chunks(chunks)) == len(load.events)


@pytest.mark.parametrize("peer", consumers.PEERS)
def test_a_peer_is_installed_or_skipped_with_a_reason(peer: str) -> None:
    assert (peer in PEERS and VERSIONS[peer]) or MISSING[peer]


def test_a_peer_that_is_not_installed_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    made, versions, missing = consumers.installed({"no-such-distribution": lambda: consumers.sse_core})
    assert (made, versions, missing) == ({}, {}, {"no-such-distribution": "not installed"})
    consumers.print_missing(missing)
    assert capsys.readouterr().out.startswith("skipped: no-such-distribution (not installed")


def test_figures_are_written_and_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    narrow = ["--rounds", "1", "--workloads", "tiny", "--chunks", "event"]
    root = Path(__file__).parent.parent
    command = [sys.executable, "-m", "benchmarks", *narrow, "--json", str(file)]
    printed = subprocess.check_output(command, cwd=root, text=True)
    assert "tiny" in printed
    figures = json.loads(file.read_text())
    assert figures["about"]["python"].endswith(sys.version.split()[0])
    (cell,) = figures["cells"]
    assert (cell["workload"], cell["chunks"], cell["events"]) == ("tiny", "event", 10_000)
    assert list(cell["seconds"]) == ["sse_core"]
    assert __main__.main([*narrow, "--compare", str(file)]) == 0
    assert "to earlier" in capsys.readouterr().out


def test_peers_runs_with_what_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["peers", "--rounds", "1", "--workloads", "tiny", "--chunks", "event"]) == 0
    printed = capsys.readouterr().out
    for peer, reason in MISSING.items():
        assert f"skipped: {peer} ({reason}" in printed
    for peer in PEERS:
        assert f"{peer} {VERSIONS[peer]}" in printed


def test_without_node_the_comparison_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    node.run(["cjk"], 1)
    assert "skipped: eventsource-parser on Node (no node on the PATH)" in capsys.readouterr().out


def test_a_plot_without_matplotlib_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit, match="--plot needs matplotlib: pip install"):
        __main__.main(["--plot", "bars.svg", "--rounds", "1"])


def test_encode_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(encode, "COUNT", 20)
    monkeypatch.setattr(encode, "CASES", {name: events[:20] for name, events in encode.CASES.items()})
    assert __main__.main(["encode", "--rounds", "1"]) == 0
    assert "four lines, type and id" in capsys.readouterr().out


def test_typed_runs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(typed, "COUNT", 40)
    assert __main__.main(["typed", "--rounds", "1"]) == 0
    assert "openai-chat" in capsys.readouterr().out


def test_typed_parts_do_not_depend_on_the_chunks() -> None:
    stream = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
    assert typed._parts("openai-chat", [stream]) == len(PartDecoder("openai-chat").feed(stream)) == 2


def test_memory_stays_within_the_events_of_a_chunk_and_three_chunks() -> None:
    peak, events = memory.measure("openai", 4 * 1024 * 1024)
    assert peak <= events + 3 * memory.CHUNK
