"""The most memory that decoding 64 MiB takes, beside its events and three chunks; and what an idle stream holds."""

from __future__ import annotations

import argparse
import gc
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from sse_core import Decoder
from sse_core.dialects import PartDecoder, Transcoder

from .answers import Answer
from .measure import Progress, environment, print_environment, print_table
from .workloads import NAMES, workload

SIZE = 64 * 1024 * 1024
CHUNK = 64 * 1024
STREAMS = 1_000
EVENTS = 5  # of an answer, and its stream is under way


class _Idle(NamedTuple):
    make: Callable[[], Any]
    most: float  # KB, just made
    goal: float


IDLE = {
    "Decoder": _Idle(Decoder, 0.2, 0.15),
    "PartDecoder, openai-chat": _Idle(lambda: PartDecoder("openai-chat"), 1.2, 0.8),
    "Transcoder, openai-chat to anthropic-messages": _Idle(
        lambda: Transcoder("openai-chat", "anthropic-messages"), 3.0, 2.4
    ),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workloads", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))


def run(options: argparse.Namespace) -> int:
    """Print the peak and the bound of each workload, and what is held; 1 if a peak is over."""
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
    print()
    _print_idle()
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


def _print_idle() -> None:
    rows = []
    for name, idle in IDLE.items():
        made, under_way = held(idle.make)
        most = f"{idle.most:.2f}{'' if made <= idle.most * 1000 else ' over'}"
        rows.append([name, f"{made / 1000:.2f}", most, f"{idle.goal:.2f}", f"{under_way / 1000:.2f}"])
    print(f"held by each of {STREAMS:,} idle streams, in KB (tracemalloc)")
    print_table(["", "just made", "at most", "goal", f"after {EVENTS} events"], rows)


def held(make: Callable[[], Any]) -> tuple[float, float]:
    """The bytes that each of STREAMS objects holds: just made, and after the first EVENTS of an answer."""
    start = Answer("openai-chat").blocks[:EVENTS]
    _feed(make(), start)  # what is made once, and shared, is not theirs
    streams: list[Any] = [None] * STREAMS
    tracemalloc.start()
    before = _traced()
    for at in range(STREAMS):
        streams[at] = make()
    made = _traced()
    for stream in streams:
        _feed(stream, start)
    under_way = _traced()
    tracemalloc.stop()
    return (made - before) / STREAMS, (under_way - before) / STREAMS


def _feed(stream: Any, blocks: list[bytes]) -> None:
    for block in blocks:
        stream.feed(block)


def _traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
