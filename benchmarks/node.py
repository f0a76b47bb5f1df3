"""eventsource-parser on Node, beside sse_core: bytes in, events out, bare and with the data read as JSON."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from . import consumers
from .measure import Progress, best, geometric_mean, print_table
from .workloads import Workload, workload

WORKLOADS = ("openai", "anthropic", "gemini-crlf", "cjk")
CHUNKS = "4096"
PASSES = 3  # Python, Node, Python, Node, ...: the machine's mood falls on both
NODE_ROUNDS = (
    12  # of several streams each, in a process of its own each time, so that V8 has compiled the one thing it runs
)
_MODES = {"bare": consumers.sse_core, "json": consumers.sse_core_json}
_SCRIPT = Path(__file__).parent / "node" / "bench.mjs"


class NodeMissingError(Exception):
    """Node or the package is not here."""


def run(names: list[str], rounds: int) -> None:
    """Print the table, or why there is none."""
    print()
    progress = Progress(len(names))
    rows, ratios, about = [], [], ""
    for name in names:
        progress.step(f"{name} on Node")
        try:
            ours, theirs, about = compare(workload(name), rounds)
        except NodeMissingError as error:
            progress.close()
            print(f"skipped: eventsource-parser on Node ({error})")
            return
        ratios.append({mode: theirs[mode] / ours[mode] for mode in _MODES})
        row = [name]
        for mode in _MODES:
            row += [f"{ours[mode]:,.0f}", f"{theirs[mode]:,.0f}", f"{ratios[-1][mode]:.2f}x"]
        rows.append(row)
    progress.close()
    if not rows:
        return
    means = [geometric_mean([ratio[mode] for ratio in ratios]) for mode in _MODES]
    rows.append(["geometric mean", "", "", f"{means[0]:.2f}x", "", "", f"{means[1]:.2f}x"])
    print(f"{about}, chunks of {CHUNKS}, ns per event; ratio: below 1, Node is faster")
    print_table(["workload", "sse_core", "Node", "ratio", "with JSON", "Node", "ratio"], rows)


def compare(load: Workload, rounds: int) -> tuple[dict[str, float], dict[str, float], str]:
    """Nanoseconds per event of sse_core and of Node, by mode; and what Node ran."""
    chunks, count = load.chunks(CHUNKS), len(load.events)
    ours, theirs = dict.fromkeys(_MODES, math.inf), dict.fromkeys(_MODES, math.inf)
    about = ""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stream"
        file.write_bytes(load.stream)
        for _ in range(PASSES):
            for mode in _MODES:
                found = _node(str(file), CHUNKS, str(NODE_ROUNDS), mode)
                if found["events"] != count:
                    raise RuntimeError(f"eventsource-parser: {found['events']} came out, not {count}")
                theirs[mode] = min(theirs[mode], found["nanoseconds"])
                about = f"eventsource-parser {found['version']} on Node {found['node']}"
            variants = {mode: (partial(consume, chunks), count) for mode, consume in _MODES.items()}
            for mode, seconds in best(variants, max(1, rounds // PASSES)).items():
                ours[mode] = min(ours[mode], seconds / count * 1e9)
    return ours, theirs, about


def _node(*arguments: str) -> dict[str, Any]:
    node = shutil.which("node")
    if node is None:
        raise NodeMissingError("no node on the PATH")
    done = subprocess.run([node, str(_SCRIPT), *arguments], capture_output=True, text=True)
    if done.returncode == 3:
        raise NodeMissingError(done.stderr.strip())
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found
