"""Bytes to events: each seeded workload, in chunks of each size."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from . import consumers, node, plot
from .consumers import Consumer
from .measure import Progress, best, environment, geometric_mean, print_environment, print_table, whole
from .workloads import CHUNK_SIZES, NAMES, workload

OURS = "sse_core"
# What the promise is about (README): these shapes, in these chunks, and the mean of all.
SHAPES = ("openai", "anthropic", "gemini-crlf", "cjk", "ids", "multi-line", "tiny")
CHUNKS = ("event", "4096", "65536")


@dataclass
class Cell:
    """One workload in chunks of one size: the best seconds of each decoder."""

    workload: str
    chunks: str
    events: int
    bytes: int
    seconds: dict[str, float]

    def nanoseconds(self, name: str) -> float:
        return self.seconds[name] / self.events * 1e9

    @property
    def ratio(self) -> float:
        """How many times as fast as the fastest faithful rival; NaN where none is installed."""
        rivals = [self.seconds[name] for name in consumers.FAITHFUL if name in self.seconds]
        return min(rivals) / self.seconds[OURS] if rivals else math.nan


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="print the ratio to the figures in FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw the figures as bars (needs matplotlib)")
    parser.add_argument("--rounds", type=whole, default=15, metavar="N", help="best of so many (15)")
    parser.add_argument("--workloads", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))
    parser.add_argument(
        "--chunks", nargs="+", choices=CHUNK_SIZES, default=CHUNK_SIZES, metavar="SIZE", help=", ".join(CHUNK_SIZES)
    )


def run(options: argparse.Namespace) -> int:
    """sse_core alone."""
    return _run(options, {}, {})


def run_peers(options: argparse.Namespace) -> int:
    """sse_core and the rivals that are installed."""
    found, versions, missing = consumers.installed(consumers.PEERS)
    consumers.print_missing(missing)
    status = _run(options, found, versions)
    if node.CHUNKS in options.chunks:
        node.run([name for name in node.WORKLOADS if name in options.workloads], options.rounds)
    return status


def measure(names: Iterable[str], sizes: Iterable[str], variants: Mapping[str, Consumer], rounds: int) -> list[Cell]:
    """A Cell for each workload and size of chunk."""
    names, sizes = list(names), list(sizes)
    progress = Progress(len(names) * len(sizes))
    cells = []
    for name in names:
        load = workload(name)
        for size in sizes:
            progress.step(f"{name} in chunks of {size}")
            chunks, count = load.chunks(size), len(load.events)
            seconds = best({key: (partial(consume, chunks), count) for key, consume in variants.items()}, rounds)
            cells.append(Cell(name, size, count, len(load.stream), seconds))
    progress.close()
    return cells


def _run(options: argparse.Namespace, peers: Mapping[str, Consumer], versions: Mapping[str, str]) -> int:
    # What is missing is said now, not after minutes.
    draw: Callable[[Path, list[Cell]], None] | None = plot.drawer() if options.plot else None
    earlier = _read(options.compare) if options.compare else None
    about = environment(versions)
    print_environment(about)
    cells = measure(options.workloads, options.chunks, {OURS: consumers.sse_core, **peers}, options.rounds)
    _print(cells, list(peers), earlier)
    if options.json:
        options.json.write_text(json.dumps({"about": about, "cells": [vars(cell) for cell in cells]}, indent=1) + "\n")
    if draw:
        draw(options.plot, cells)
    return 0


def _read(path: Path) -> dict[tuple[str, str], float]:
    """The nanoseconds of sse_core by workload and chunks, in an earlier --json."""
    found: dict[str, Any] = json.loads(path.read_text())
    return {(cell.workload, cell.chunks): cell.nanoseconds(OURS) for cell in [Cell(**item) for item in found["cells"]]}


def _print(cells: list[Cell], peers: list[str], earlier: dict[tuple[str, str], float] | None) -> None:
    headers = ["workload", "chunks", "k events/s", "MB/s", f"{OURS} ns/event", *peers]
    if peers:
        headers.append("ratio")
    if earlier is not None:
        headers.append("to earlier")
    rows = []
    for cell in cells:
        seconds = cell.seconds[OURS]
        row = [cell.workload, cell.chunks, f"{cell.events / seconds / 1e3:,.0f}", f"{cell.bytes / seconds / 1e6:,.0f}"]
        row += [f"{cell.nanoseconds(name):,.0f}" for name in [OURS, *peers]]
        if peers:
            row.append(_times(cell.ratio))
        if earlier is not None:
            before = earlier.get((cell.workload, cell.chunks), math.nan)
            row.append(_times(before / cell.nanoseconds(OURS)))
        rows.append(row)
    print_table(headers, rows, left=2)
    compared = [cell for cell in cells if not math.isnan(cell.ratio)]
    if compared:
        _print_means(compared)
    if earlier is not None:
        print("\nto earlier: above 1, faster now")


def _print_means(cells: list[Cell]) -> None:
    print(f"\nns per event. ratio: to the fastest of {', '.join(consumers.FAITHFUL)}; above 1, sse_core is faster\n")
    groups = {f"chunks of {size}": [cell for cell in cells if cell.chunks == size] for size in CHUNK_SIZES}
    promised = [cell for cell in cells if cell.chunks in CHUNKS and cell.workload in SHAPES]
    groups[f"all but comments at {', '.join(CHUNKS)}"] = promised
    groups["every cell"] = cells
    rows = []
    for name, group in groups.items():
        if group:
            least = min(group, key=lambda cell: cell.ratio)
            mean = geometric_mean([cell.ratio for cell in group])
            rows.append([name, _times(mean), _times(least.ratio), f"{least.workload}, {least.chunks}"])
    print_table(["", "geometric mean", "least", "where"], rows)
    behind = [cell for cell in cells if cell.ratio < 1]
    print("\nbehind in: " + (", ".join([f"{c.workload} {c.chunks} ({_times(c.ratio)})" for c in behind]) or "no cell"))


def _times(ratio: float) -> str:
    return "-" if math.isnan(ratio) else f"{ratio:.2f}x"
