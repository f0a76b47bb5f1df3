"""The most memory that decoding 64 MiB takes, beside the events of one chunk and three chunks of bytes."""

from __future__ import annotations

import argparse
import tracemalloc
from collections.abc import Iterator

from sse_core import Decoder

from .measure import Progress, environment, print_environment, print_table
from .workloads import NAMES, workload

SIZE = 64 * 1024 * 1024
CHUNK = 64 * 1024


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workloads", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))


def run(options: argparse.Namespace) -> int:
    """Print the peak and the bound of each workload; 1 if one is over."""
    print_environment(environment())
    progress = Progress(len(options.workloads))
    rows = []
    over = False
    for name in options.workloads:
        progress.step(name)
        peak, events = measure(name)
        bound = events + 3 * CHUNK
        over |= peak > bound
        mark = "over" if peak > bound else ""
        rows.append([name, *[f"{size / 1024:,.0f}" for size in (events, bound, peak, peak - CHUNK)], mark])
    progress.close()
    print(
        f"decoding {SIZE >> 20} MiB in chunks of {CHUNK >> 10} KiB, in KiB (tracemalloc; the chunk that is fed counts)"
    )
    print_table(["workload", "events of a chunk", "and three chunks", "peak", "less the chunk fed", ""], rows)
    return int(over)


def measure(name: str, size: int = SIZE) -> tuple[int, int]:
    """The peak in bytes over `size` bytes of a workload, and what the largest events of one chunk take."""
    stream = workload(name).stream
    twice = stream + stream[:CHUNK]
    feed = Decoder().feed
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    for chunk in _chunks(twice, size):
        feed(chunk)  # the events go at once, as they do where each is handled and left
        del chunk  # not to hold the last one while the next is made
    peak = tracemalloc.get_traced_memory()[1] - start
    events = 0
    for chunk in _chunks(twice, min(size, 2 * len(stream))):
        kept = feed(chunk)
        held = tracemalloc.get_traced_memory()[0]
        del kept
        events = max(events, held - tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    return peak, events


def _chunks(twice: bytes, size: int) -> Iterator[bytes]:
    """`size` bytes of a stream, over and over, in chunks; `twice` is the stream and its first CHUNK again."""
    for at in range(0, size, CHUNK):
        at %= len(twice) - CHUNK
        yield twice[at : at + CHUNK]
