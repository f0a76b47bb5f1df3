"""`python -m benchmarks`: each workload decodes to the events it declares, and the commands run."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from benchmarks import __main__, answers, consumers, encode, litellm, measure, memory, node, rewrite, serve, typed
from benchmarks.workloads import CHUNK_SIZES, NAMES, workload
from sse_core import Decoder, Event, TruncatedError
from sse_core.dialects import PartDecoder, iter_parts

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
    assert sys.version.split()[0] in figures["about"]["python"]
    (cell,) = figures["cells"]
    assert (cell["workload"], cell["chunks"], cell["events"]) == ("tiny", "event", 10_000)
    assert list(cell["seconds"]) == ["sse_core"]
    assert __main__.main([*narrow, "--compare", str(file)]) == 0
    assert "to earlier" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "flags", "said"),
    [
        ("'--enable-optimizations' '--with-lto'", "-fprofile-use", " (with profile-guided optimisation)"),
        ("'--enable-shared'", "-fprofile-use", " (without profile-guided optimisation)"),
        ("'--enable-shared'", "", " (with profile-guided optimisation)"),
        (None, None, ""),
    ],
    ids=["configured", "not", "by Debian", "not said"],
)
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="of CPython")
def test_the_figures_say_how_python_was_built(
    arguments: str | None, flags: str | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"CONFIG_ARGS": arguments, "PGO_PROF_USE_FLAG": flags}
    monkeypatch.setattr("benchmarks.measure.sysconfig.get_config_var", found.get)
    assert measure.environment()["python"] == f"CPython {sys.version.split()[0]}{said}"


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


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers of a few texts."""
    monkeypatch.setattr(answers, "COUNT", 40)


@pytest.mark.parametrize(
    ("name", "usages"),
    [
        ("openai-chat", 1),
        ("openai-chat, usage in each", 41),
        ("anthropic-messages", 2),
        ("anthropic-messages, usage in between", 4),
        ("gemini", 40),
    ],
)
@pytest.mark.usefixtures("short")
def test_an_answer_has_its_texts_and_usages_and_ends_well(name: str, usages: int) -> None:
    answer = answers.Answer(name)
    parts = list(iter_parts([answer.stream], answer.dialect))
    texts = [part.text for part in parts if part.kind == "text"]
    assert (len(texts), "".join(texts)) == (40, answer.text)
    assert [part.kind for part in parts].count("usage") == usages
    assert "invalid" not in [part.kind for part in parts]
    answers.verify("the answer", answer.dialect, answer.stream, answer.text)
    events = Decoder().feed(answer.stream)
    assert events == [Event(data, type) for type, data, _ in answer.events]
    assert [event.data for event in events if event.data != "[DONE]"] == answer.payloads


def test_the_answers_are_those_that_are_named() -> None:
    assert list(typed.ANSWERS) == list(answers.NAMES)
    assert {*node.ANSWERS.values(), *rewrite.READ, *[source for source, _ in rewrite.DIRECTIONS]} <= {*answers.NAMES}


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(("text", "blocks"), [("another", None), (None, 20)], ids=["another text", "cut"])
def test_what_was_written_wrongly_is_noticed(text: str | None, blocks: int | None) -> None:
    answer = answers.Answer("openai-chat")
    with pytest.raises((RuntimeError, TruncatedError)):
        answers.verify("a rival", "openai-chat", b"".join(answer.blocks[:blocks]), text or answer.text)


@pytest.mark.usefixtures("short")
def test_typed_prints_each_answer_and_its_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["typed", "--rounds", "1"]) == 0
    rows = capsys.readouterr().out.splitlines()
    for name, bounds in typed.ANSWERS.items():
        (row,) = [row for row in rows if row.startswith(f"{name}  ")]
        assert all(f"{bound:.2f}" in row for bound in (*bounds.least, bounds.goal))


def test_typed_parts_do_not_depend_on_the_chunks() -> None:
    stream = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
    assert typed.parts("openai-chat", [stream]) == len(PartDecoder("openai-chat").feed(stream)) == 2
    assert typed.parts("openai-chat", [stream[:9], stream[9:]], json.loads) == 2


@pytest.mark.usefixtures("short")
def test_rewrite_prints_each_direction_and_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(litellm, "converters", lambda: import_module("no.such.module"))
    assert __main__.main(["rewrite", "--rounds", "1"]) == 0
    printed = capsys.readouterr().out
    for source, target in rewrite.DIRECTIONS:
        assert f"\n{source} to {target}  " in printed
    assert "skipped: litellm (" in printed
    assert "see benchmarks/requirements-rewrite.txt)" in printed
    assert "skipped: the AI SDK on Node (no node on the PATH)" in printed


@pytest.mark.usefixtures("short")
@pytest.mark.filterwarnings("ignore")  # LiteLLM's own
@pytest.mark.parametrize(("source", "target"), rewrite.DIRECTIONS)
def test_litellm_writes_the_text_that_is_read(source: str, target: str) -> None:
    found, _, missing = consumers.installed({"litellm": litellm.converters})
    if missing:
        pytest.skip(f"litellm: {missing['litellm']}")
    alone, wrapped = found["litellm"]
    converters = {"alone": alone[source, target], "wrapped": wrapped[source, target]}
    seconds = rewrite.compare(answers.Answer(source), target, converters, 1)
    assert list(seconds) == ["sse_core", "alone", "wrapped"]


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("dialect", rewrite.READ)
def test_the_ai_sdk_reads_the_text(dialect: str) -> None:
    try:
        ours, theirs, name, _ = rewrite.read(answers.Answer(dialect), 1)
    except node.NodeMissingError as error:
        pytest.skip(str(error))
    assert ours > 0
    assert theirs > 0
    assert name.startswith("@ai-sdk/")


@pytest.mark.usefixtures("short")
def test_parts_stand_beside_events_with_json_parse_on_node(capsys: pytest.CaptureFixture[str]) -> None:
    node.run(["gemini-crlf"], 1)
    printed = capsys.readouterr().out
    if "skipped" in printed:
        pytest.skip(printed.strip())
    rows = [line.split("  ")[0] for line in printed.splitlines()]
    assert rows.count("geometric mean") == 2
    assert {"gemini-crlf", "gemini"} <= {*rows}


@pytest.mark.parametrize("name", memory.IDLE)
def test_an_idle_stream_holds_less_than_one_under_way(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "STREAMS", 50)
    made, under_way = memory.held(memory.IDLE[name].make)
    assert 0 < made <= under_way + 1


@pytest.mark.usefixtures("short")
def test_memory_prints_what_idle_streams_hold(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(memory, "STREAMS", 50)
    monkeypatch.setattr(memory, "SIZE", 1024 * 1024)
    assert __main__.main(["memory", "--workloads", "openai"]) == 0
    printed = capsys.readouterr().out
    assert "held by each of 50 idle streams" in printed
    assert all(f"\n{name}  " in printed for name in memory.IDLE)


def test_memory_stays_within_the_events_of_a_chunk_and_three_chunks() -> None:
    peak, events = memory.measure("openai", 4 * 1024 * 1024)
    assert peak <= events + 3 * memory.CHUNK


@pytest.mark.parametrize("streams", [1, 5])
@pytest.mark.parametrize("make", serve.VARIANTS.values(), ids=serve.VARIANTS)
def test_every_event_of_every_stream_comes(make: serve.Make, streams: int) -> None:
    assert len(serve.paced(make, streams, seconds=0.1, rate=100)) == streams * 10
    events, _ = serve.saturated(make, streams, seconds=0.05)
    assert events > 0


@pytest.mark.parametrize(
    ("numbers", "found"),
    [([0, 2], "event 1 should come"), ([0, 0], "event 1 should come"), ([1, 0], "event 0 should come")],
    ids=["lost", "doubled", "out of order"],
)
def test_an_event_that_is_not_the_next_is_noticed(numbers: list[int], found: str) -> None:
    stream = serve.WithSSECore()
    with pytest.raises(RuntimeError, match=found):
        stream.read(b"".join([stream.write(number) for number in numbers]))


@pytest.mark.parametrize(
    ("lost", "found"), [(3, "event 3 should come"), (9, r"10 events were sent, 9 came")], ids=["in between", "the last"]
)
def test_a_stream_that_loses_an_event_fails_the_run(lost: int, found: str) -> None:
    class Loses(serve.WithSSECore):
        def write(self, number: int) -> bytes:
            return b"" if number == lost else super().write(number)

    with pytest.raises(RuntimeError, match=found):
        serve.paced(Loses, 3, seconds=0.1, rate=100)


def test_an_open_stream_takes_more_memory_than_its_encoder_and_decoder() -> None:
    assert serve.memory(serve.WithSSECore, 4) > serve.memory_of_codecs(10) > 0


def test_serve_prints_a_table_and_says_how_many_streams_fit(tmp_path: Path) -> None:
    pytest.importorskip("resource", reason="no limit of file descriptors")
    file = tmp_path / "figures.json"
    options = f"--streams 2 1000 --seconds 0.05 --rate 100 --rounds 2 --json {file}"
    command = f"ulimit -n 264; exec {sys.executable} -W error -m benchmarks serve {options}"
    printed = subprocess.check_output(["sh", "-c", command], cwd=Path(__file__).parent.parent, text=True)
    assert "skipped: 1,000 streams (each takes two file descriptors: 100 streams fit)" in printed
    assert "none lost, all in order" in printed
    cells = json.loads(file.read_text())["cells"]
    assert [(cell["streams"], cell["variant"]) for cell in cells] == [(2, "sse_core"), (2, "alone")]
    assert all(cell["events"] > 2 * 2 * 5 for cell in cells)


@pytest.mark.filterwarnings("ignore")  # LiteLLM's own
def test_gateways_lose_nothing_and_keep_nothing_open_where_they_can_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["gateway", "--streams", "10", "--seconds", "1", "--rate", "10", "--rounds", "1"]) == 0
    printed = capsys.readouterr().out
    if "skipped: it needs" in printed:
        pytest.skip(printed)
    assert "No event was lost" in printed
    [row] = [line.split() for line in printed.splitlines() if line.startswith("sse_core  ")]
    # Of 10 streams of 10 events one was left half-way, which its worker may yet have to see.
    still_open, read = row[-2:]
    assert (still_open in ("9", "10"), read) == (True, "96")


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--rounds", "0"], "'0' is no whole number from 1"),
        (["serve", "--streams", "1.5"], "'1.5' is no whole number from 1"),
        (["serve", "--rate", "0"], "'0' is not above 0"),
        (["serve", "--seconds", "inf"], "'inf' is not above 0"),
    ],
)
def test_a_number_that_measures_nothing_is_refused(
    args: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        __main__.main(args)
    assert says in capsys.readouterr().err
