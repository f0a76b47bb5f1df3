"""Recorded streams become the same rows on Dask's workers, here and by a scheduler's address, as in one process."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sse_core.dialects import BlockEnd, Error, Finish, Part, PartEncoder, Start, TextDelta, ToolCallDelta, Usage, get

pytest.importorskip("distributed", reason="distributed is not installed: tests/interop/requirements.txt")

RECIPE = Path(__file__).parent / "recipes" / "rows.py"
ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
DIALECTS = ("openai-chat", "openai-responses", "anthropic-messages", "gemini", "cohere-v2")
WORDS = ("Grüße, ", "one\n", "two ", "🙂 ", "three, ", "and so on. ")


def answer(number: int) -> tuple[bytes, dict[str, Any]]:
    """A stream, and the row that it is: some have calls, some fail, some are cut off."""
    rng = Random(number)
    texts = [rng.choice(WORDS) for _ in range(rng.randrange(20, 200))]
    parts: list[Part] = [Start(f"m-{number}", "model-1", "assistant"), *map(TextDelta, texts), BlockEnd()]
    calls: list[tuple[str, Any]] = []
    if number % 3 == 0:
        calls = [("look", {"at": 1})]
        parts += [ToolCallDelta("", 0, f"call_{number}", "look"), ToolCallDelta('{"at": 1}'), BlockEnd(0, "tool_call")]
    failed = number % 10 == 7
    parts += [Error("Overloaded")] if failed else [Finish("tool_call" if calls else "stop"), Usage(9, len(texts))]
    dialect = DIALECTS[number % len(DIALECTS)]
    encoder = PartEncoder(get(dialect))
    blocks = [encoder.send(part) for part in parts] + [encoder.close()]
    row = {"dialect": dialect, "choice": 0, "text": "".join(texts), "calls": calls, "verdict": None}
    if number % 10 == 3:  # half of the text, and no end
        kept = len(texts) // 2
        row |= {"text": "".join(texts[:kept]), "calls": [], "verdict": "the stream ended before"}
        return b"".join(blocks[: kept + 1]), row
    return b"".join(blocks), row | ({"verdict": "Overloaded"} if failed else {})


def record(folder: Path, count: int) -> dict[str, dict[str, Any]]:
    """Recorded streams in a folder; the row of each file."""
    expected = {}
    for number in range(count):
        stream, row = answer(number)
        file = folder / f"{number:04}.sse"
        file.write_bytes(stream)
        expected[str(file)] = row
    (folder / "page.sse").write_bytes(b"<html>")
    nothing = {"dialect": None, "choice": None, "text": "", "calls": [], "verdict": "its first events tell no dialect"}
    return expected | {str(folder / "page.sse"): nothing}


def run(streams: Path, rows: Path, *options: str) -> str:
    command = [sys.executable, str(RECIPE), f"{streams}/*.sse", str(rows), *options]
    return subprocess.check_output(command, env=ENV, text=True)


def check(rows: Path, expected: dict[str, dict[str, Any]]) -> None:
    found = [json.loads(line) for file in sorted(rows.glob("*.jsonl")) for line in file.read_text().splitlines()]
    assert [row["file"] for row in found] == sorted(expected)
    for row in found:
        good = expected[row["file"]]
        assert [row[name] for name in ("dialect", "choice", "text")] == [good["dialect"], good["choice"], good["text"]]
        assert [(call["name"], json.loads(call["arguments"])) for call in row["calls"]] == good["calls"]
        assert row["verdict"] == good["verdict"] or good["verdict"] in row["verdict"]
        assert (row["usage"] is not None) or good["verdict"]


def test_a_thousand_streams_become_rows_on_this_machine(tmp_path: Path) -> None:
    streams = tmp_path / "streams"
    streams.mkdir()
    expected = record(streams, 1_000)
    printed = run(streams, tmp_path / "rows", "--beside").splitlines()
    check(tmp_path / "rows", expected)
    print("", *printed, sep="\n")  # shown by pytest -s
    assert [line.split(":")[0].split(" ", 1)[1] for line in printed] == ["process", "workers"]


@contextmanager
def running(module: str, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A process of Dask's command, until it is no more needed."""
    command = [sys.executable, "-m", f"distributed.cli.{module}", *options, "--no-dashboard"]
    with subprocess.Popen(command, env=ENV, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate()


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """The address of a scheduler, with workers that were started apart from it."""
    with ExitStack() as stack:
        scheduler = stack.enter_context(running("dask_scheduler", "--host", "127.0.0.1", "--port", "0"))
        said = next(line for line in scheduler.stderr or () if "Scheduler at:" in line)
        address = said.split()[-1]
        for _ in range(workers):
            options = ("--nthreads", "1", "--local-directory", str(folder))
            stack.enter_context(running("dask_worker", address, *options))
        yield address


def test_a_cluster_by_its_address_gives_the_same_rows(tmp_path: Path) -> None:
    streams = tmp_path / "streams"
    streams.mkdir()
    expected = record(streams, 50)
    with cluster(tmp_path, 2) as address:
        run(streams, tmp_path / "rows", "--cluster", address)
    check(tmp_path / "rows", expected)
