"""Cost grows with the bytes: four times the input takes less than six times the time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from sse_core import Decoder

FACTOR = 4
BOUND = 6.0
SIZE = 20_000


def _pieces(stream: bytes, size: int) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


# Each shape: the chunks of an input of n units (lines, events, bytes, as it says).
SHAPES: dict[str, Callable[[int], list[bytes]]] = {
    "one line, 1 KB pieces": lambda n: _pieces(b"data: " + b"x" * (n * 400), 1024),
    "one line, 1-byte pieces": lambda n: _pieces(b"data: " + b"x" * (n * 4), 1),
    "one event of n data lines, one chunk": lambda n: [b"data: x\n" * n + b"\n"],
    "one event of n data lines, a line per chunk": lambda n: [b"data: x\n"] * n + [b"\n"],
    "one event of n data lines, 16-byte pieces": lambda n: _pieces(b"data: x\n" * n + b"\n", 16),
    "n events, one chunk, LF": lambda n: [b'event: tick\ndata: {"n":1}\n\n' * n],
    "n events, one chunk, CRLF": lambda n: [b'event: tick\r\ndata: {"n":1}\r\n\r\n' * n],
    "n events, one chunk, CR": lambda n: [b'event: tick\rdata: {"n":1}\r\r' * n],
    "n events, one chunk, one CR then LF": lambda n: [b": x\r" + b'data: {"n":1}\n\n' * n],
    "n events, one chunk, the line machine": lambda n: [b"id: 1\nevent: tick\ndata: 1\ndata: 2\n\n" * n],
    "n events, a line per chunk": lambda n: [b"event: tick\n", b'data: {"n":1}\n', b"\n"] * n,
    "n events with an id, a line per chunk": lambda n: [b"id: 1\n", b'data: {"n":1}\n', b"\n"] * n,
    "n comments, a line per chunk": lambda n: [b": keep-alive\n", b"\n"] * n,
    "one event of n id lines, a line per chunk": lambda n: [b"id: 1\n"] * n + [b"data: x\n", b"\n"],
    "n events, each cut in two": lambda n: [b'data: {"n', b'":1}\n\n'] * n,
    "n events, each chunk the end of one and the start of the next": lambda n: [b'":1}\n\ndata: {"n'] * n,
    "n comments, one chunk, no blank line": lambda n: [b": keep-alive\n" * n],
    "n comments, a comment per chunk, no blank line": lambda n: [b": keep-alive\n"] * n,
    "n blank lines, one chunk": lambda n: [b"\n" * n],
    "n blank lines, CRLF cut inside": lambda n: [b"\r", b"\n"] * n,
}


def ratio(shape: str, size: int = SIZE, rounds: int = 5) -> float:
    """How many times longer FACTOR times the input takes; best of `rounds`, one after the other."""
    make = SHAPES[shape]
    small, large = make(size), make(size * FACTOR)
    once = more = float("inf")
    for _ in range(rounds):
        once = min(once, _seconds(small))
        more = min(more, _seconds(large))
    return more / once


def _seconds(chunks: list[bytes]) -> float:
    feed = Decoder(max_event_size=None).feed
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    for chunk in chunks:
        feed(chunk)
    seconds = time.perf_counter() - start
    gc.enable()
    return seconds


def run() -> int:
    """Print the ratio of each shape; 1 if one stays over the bound when measured again."""
    over = []
    print(f"time for {FACTOR} x the input, as a multiple of the time for n = {SIZE:,}")
    for shape in SHAPES:
        value = ratio(shape)
        if value >= BOUND:  # a busy machine, or ours? Once more, with more rounds
            value = ratio(shape, rounds=15)
        print(f"{value:6.2f}  {shape}", flush=True)
        if value >= BOUND:
            over.append(f"{shape}: {value:.2f}")
    if over:
        print(f"over {BOUND:g}: " + "; ".join(over))
    return 1 if over else 0
