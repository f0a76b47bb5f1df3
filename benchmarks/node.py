"""eventsource-parser on Node beside sse_core: bytes to events, and its events with JSON.parse beside our parts."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from . import consumers
from .answers import Answer
from .consumers import Consumer
from .measure import Progress, Variant, best, geometric_mean, print_table
from .typed import parts
from .workloads import Workload, workload

WORKLOADS = ("openai", "anthropic", "gemini-crlf", "cjk")
# What stands in for a workload where it is read to parts: the whole answer that has its events.
ANSWERS = {"openai": "openai-chat", "anthropic": "anthropic-messages", "gemini-crlf": "gemini"}
CHUNKS = "4096"
PASSES = 3  # Python, Node, Python, Node, ...: the machine's mood falls on both
NODE_ROUNDS = (
    12  # of several streams each, in a process of its own each time, so that V8 has compiled the one thing it runs
)
_FOLDER = Path(__file__).parent / "node"


class NodeMissingError(Exception):
    """Node or the package is not here."""


def run(names: Sequence[str], rounds: int) -> None:
    """Print both tables, or why there are none."""
    answers = [Answer(ANSWERS[name]) for name in names if name in ANSWERS]
    bare = [(load, consumers.sse_core) for load in map(workload, names)]
    read = [(load, partial(parts, load.dialect)) for load in answers]
    try:
        _print("bare", ["bytes to events", "sse_core", "Node", "ratio"], bare, rounds)
        headers = ["bytes to meaning", "sse_core, parts", "Node, JSON.parse", "ratio (at least 0.7, goal 1.0)"]
        _print("json", headers, read, rounds)
    except NodeMissingError as error:
        print(f"\nskipped: eventsource-parser on Node ({error})")


def _print(mode: str, headers: list[str], loads: Sequence[tuple[Workload, Consumer]], rounds: int) -> None:
    if not loads:
        return
    progress = Progress(len(loads))
    rows, ratios, about = [], [], ""
    for load, consume in loads:
        progress.step(f"{load.name} on Node")
        ours, theirs, about = compare(load, consume, mode, rounds)
        ratios.append(theirs / ours)
        rows.append([load.name, f"{ours:,.0f}", f"{theirs:,.0f}", f"{ratios[-1]:.2f}x"])
    progress.close()
    rows.append(["geometric mean", "", "", f"{geometric_mean(ratios):.2f}x"])
    print(f"\n{about}, chunks of {CHUNKS}, ns per event; ratio: below 1, Node is faster")
    print_table(headers, rows)


def compare(load: Workload, consume: Consumer, mode: str, rounds: int) -> tuple[float, float, str]:
    """Nanoseconds per event of `consume` and of Node in `mode`; and what Node ran."""
    chunks, events = load.chunks(CHUNKS), len(load.events)
    about = ""

    def on_node() -> float:
        nonlocal about
        found = script("bench.mjs", str(file), CHUNKS, str(NODE_ROUNDS), mode)
        if found["events"] != events:
            raise RuntimeError(f"eventsource-parser: {found['events']} came out, not {events}")
        about = f"eventsource-parser {found['version']} on Node {found['node']}"
        nanoseconds: float = found["nanoseconds"]
        return nanoseconds

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stream"
        file.write_bytes(load.stream)
        ours, theirs = in_turn((partial(consume, chunks), consume(chunks)), on_node, rounds)
    return ours / events * 1e9, theirs, about


def in_turn(variant: Variant, on_node: Callable[[], float], rounds: int) -> tuple[float, float]:
    """The best seconds of `variant`, and the best of what `on_node` gives."""
    ours = theirs = math.inf
    for _ in range(PASSES):
        theirs = min(theirs, on_node())
        ours = min(ours, best({"sse_core": variant}, max(1, rounds // PASSES))["sse_core"])
    return ours, theirs


def script(name: str, *arguments: str) -> dict[str, Any]:
    """What a program of the folder `node` found."""
    node = shutil.which("node")
    if node is None:
        raise NodeMissingError("no node on the PATH")
    done = subprocess.run([node, str(_FOLDER / name), *arguments], capture_output=True, text=True)
    if done.returncode == 3:
        raise NodeMissingError(done.stderr.strip())
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
