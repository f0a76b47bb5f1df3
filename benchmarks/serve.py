"""Streams of tokens at once through one asyncio process: events/s, latency and memory, beside asyncio alone.

Each stream is a TCP connection on the loopback interface with an HTTP answer: an Encoder writes at one end, a Decoder
reads at the other, and every event is held to its number. Both ends share one thread, so a server or a client by
itself does more. "Alone" is asyncio without sse_core: the same bytes, built before, written by the same tasks and
counted by their length, so that no number is written or checked either.

There are two runs, since none can say both. Saturated: each stream writes an event, waits for drain, lets the others
have their turn and writes the next; what comes out per second counts, after the last connect and before the first
close. A reader's turn comes after two of its writer's, so it mostly finds two events; their latency would be the length
of a queue of their own making. Paced: each stream has so many tokens a second, as a model gives them, due at times
fixed before. An event's latency is from when it was due, not from when it was written, to when its decoder gave it: a
loop that falls behind cannot hide it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import math
import random
import tracemalloc
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TypeVar

from sse_core import SSE_HEADERS, Decoder, Encoder, Event, encode

from .measure import Progress, environment, positive, print_environment, print_table, whole
from .workloads import workload

_T = TypeVar("_T")

_PATIENCE = 30.0  # seconds a run may take beyond its own: what never comes is not waited for
_BEFORE, _TEXT, _AFTER = workload("openai", 0.001).events[0][1].partition('"content":"')
_HEADERS = "".join([f"{name}: {value}\r\n" for name, value in {**SSE_HEADERS, "Connection": "close"}.items()])


def token(number: int) -> str:
    """The data of an event whose text begins with its number; all are of one length, so that bytes can be counted."""
    return f"{_BEFORE}{_TEXT}{number:08} {_AFTER}"


class WithSSECore:
    """One stream, both ends: what goes in through an Encoder, and out through a Decoder."""

    def __init__(self) -> None:
        self.received = 0
        self._encode = Encoder().encode
        self._feed = Decoder().feed

    def write(self, number: int) -> bytes:
        """The bytes of event `number`."""
        return self._encode(Event(token(number)))

    def read(self, chunk: bytes) -> None:
        """Count the events that `chunk` completes; RuntimeError for one that is not the next."""
        for event in self._feed(chunk):
            if event.data != token(self.received):
                raise RuntimeError(f"event {self.received} should come, not {event!r}")
            self.received += 1


class Alone:
    """The same bytes without Encoder and Decoder."""

    _BLOCK = encode(Event(token(0)))

    def __init__(self) -> None:
        self.received = 0
        self._bytes = 0

    def write(self, number: int) -> bytes:
        return self._BLOCK

    def read(self, chunk: bytes) -> None:
        self._bytes += len(chunk)
        self.received = self._bytes // len(self._BLOCK)


Stream = WithSSECore | Alone
Make = Callable[[], Stream]
OURS = "sse_core"
VARIANTS: dict[str, Make] = {OURS: WithSSECore, "alone": Alone}


class _Load:
    """Streams that are connected, and what their tasks share."""

    def __init__(self, make: Make, count: int, tokens: float, rate: float) -> None:
        self.streams = [make() for _ in range(count)]
        self.sent = [0] * count
        self.latencies: list[float] = []
        self.begin = asyncio.Event()
        self.close = asyncio.Event()  # until then a stream that has written all its tokens stays open
        self.tasks: list[asyncio.Task[None]] = []
        self.tokens = tokens  # each stream's
        self._rate = rate  # tokens per second and stream; infinite: saturated
        rng = random.Random(count)
        self._phases = [rng.random() / rate for _ in range(count)]
        self._began = math.inf

    def start(self) -> None:
        """Have the tokens fall due from a moment on by which every task waits for its first."""
        self._began = perf_counter() + (0.1 if self._rate < math.inf else 0)
        self.begin.set()

    async def written(self) -> None:
        """Return when every token has been written, and had a moment to be read, or when a task failed."""
        while min(self.sent) < self.tokens and not any(task.done() for task in self.tasks):
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)

    def received(self) -> int:
        return sum([stream.received for stream in self.streams])

    async def finish(self) -> None:
        """Have every stream closed, and see that what was sent came."""
        self.close.set()
        await asyncio.gather(*self.tasks)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The server's end of one stream."""
        request = await reader.readuntil(b"\r\n\r\n")
        at = int(request.split()[1][1:])
        stream = self.streams[at]
        writer.write(f"HTTP/1.1 200 OK\r\n{_HEADERS}\r\n".encode())
        await self.begin.wait()
        while self.sent[at] < self.tokens:
            await asyncio.sleep(max(0.0, self._due(at, self.sent[at]) - perf_counter()))
            writer.write(stream.write(self.sent[at]))
            self.sent[at] += 1
            await writer.drain()
        await self.close.wait()
        writer.close()

    async def read(self, at: int, reader: asyncio.StreamReader) -> None:
        """The client's end of one stream."""
        stream = self.streams[at]
        while chunk := await reader.read(65536):
            first = stream.received
            stream.read(chunk)
            if self._rate < math.inf:
                now = perf_counter()
                self.latencies += [now - self._due(at, number) for number in range(first, stream.received)]
        if stream.received != self.sent[at]:
            raise RuntimeError(f"stream {at}: {self.sent[at]} events were sent, {stream.received} came")

    def _due(self, at: int, number: int) -> float:
        return self._began + self._phases[at] + number / self._rate


@asynccontextmanager
async def _connected(make: Make, count: int, tokens: float = math.inf, rate: float = math.inf) -> AsyncIterator[_Load]:
    """A load of `count` streams, not yet begun; no task and no connection is left of it."""
    load = _Load(make, count, tokens, rate)
    writers: list[asyncio.StreamWriter] = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        load.tasks.append(asyncio.create_task(load.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        for at in range(count):  # in turn: all at once would overflow the queue of what is to be accepted
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writers.append(writer)
            writer.write(f"GET /{at} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise RuntimeError(f"stream {at}: the server answered {answer!r}")
            load.tasks.append(asyncio.create_task(load.read(at, reader)))
        gc.collect()
        yield load
    finally:
        server.close()
        for task in load.tasks:
            task.cancel()
        await asyncio.gather(*load.tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()  # what is whole is closed by now
        await asyncio.gather(*[writer.wait_closed() for writer in writers], return_exceptions=True)
        await server.wait_closed()


def saturated(make: Make, streams: int, seconds: float) -> tuple[int, float]:
    """How many events went through, and how many per second."""

    async def measure() -> tuple[int, float]:
        async with _connected(make, streams) as load:
            load.start()
            await asyncio.sleep(seconds / 10)  # the first events find every buffer empty
            events, start = load.received(), perf_counter()
            await asyncio.sleep(seconds)
            rate = (load.received() - events) / (perf_counter() - start)
            load.tokens = 0
            await load.finish()
            return load.received(), rate

    return _run(measure(), seconds)


def paced(make: Make, streams: int, seconds: float, rate: float) -> list[float]:
    """The latency of every event, in seconds, where each stream has `rate` tokens a second."""

    async def awake() -> None:
        while True:  # the loop never sleeps: epoll does so in whole milliseconds, and would add one
            await asyncio.sleep(0)

    async def measure() -> list[float]:
        async with _connected(make, streams, max(1, round(seconds * rate)), rate) as load:
            waking = asyncio.create_task(awake())
            try:
                load.start()
                await load.written()  # none is closed before: closing would delay the others
                await load.finish()
            finally:
                waking.cancel()
            return load.latencies

    return _run(measure(), seconds)


def memory(make: Make, streams: int) -> float:
    """Bytes that each open stream holds between two tokens, both ends, as tracemalloc counts."""

    async def held(count: int) -> int:
        async with _connected(make, count, tokens=1) as load:
            load.start()
            await load.written()
            gc.collect()
            size = tracemalloc.get_traced_memory()[0]
            await load.finish()
            return size

    gc.collect()  # and with it the free lists, which would hide what they give
    tracemalloc.start()
    try:
        _run(held(1), 0)  # what the first one leaves behind is nobody's
        return (_run(held(streams + 1), 0) - _run(held(1), 0)) / streams
    finally:
        tracemalloc.stop()


def memory_of_codecs(count: int = 1_000) -> float:
    """Bytes that one Encoder and one Decoder hold between two events."""
    codecs: list[object] = [None] * (2 * count)
    tracemalloc.start()
    start = tracemalloc.get_traced_memory()[0]
    for at in range(0, 2 * count, 2):
        encoder, decoder = Encoder(), Decoder()
        decoder.feed(encoder.encode(Event(token(at))))
        codecs[at : at + 2] = encoder, decoder
    size = tracemalloc.get_traced_memory()[0] - start
    tracemalloc.stop()
    return size / count


def _run(coroutine: Coroutine[None, None, _T], seconds: float) -> _T:
    limit = 2 * seconds + _PATIENCE
    try:
        return asyncio.run(asyncio.wait_for(coroutine, limit))
    except asyncio.TimeoutError:
        raise RuntimeError(f"the streams did not end within {limit:g} s") from None


@dataclass
class Figures:
    """One number of streams, with sse_core or alone."""

    streams: int
    variant: str
    events: int = 0  # of all rounds: none lost, all in order
    events_per_second: float = 0.0  # saturated, the best round
    p50: float = math.inf  # seconds, paced, both of the round with the least p99
    p99: float = math.inf
    bytes_per_stream: float = math.inf


def measure(streams: int, seconds: float, rate: float, rounds: int) -> list[Figures]:
    """The best figures of each variant; each round runs all of them, in turn."""
    found = {name: Figures(streams, name) for name in VARIANTS}
    for _ in range(rounds):
        for name, make in VARIANTS.items():
            count, per_second = saturated(make, streams, seconds)
            latencies = sorted(paced(make, streams, seconds, rate))
            p50, p99 = [latencies[math.ceil(len(latencies) * share) - 1] for share in (0.50, 0.99)]
            figures = found[name]
            figures.events += count + len(latencies)
            figures.events_per_second = max(figures.events_per_second, per_second)
            if p99 < figures.p99:
                figures.p50, figures.p99 = p50, p99
    for name, make in VARIANTS.items():
        found[name].bytes_per_stream = memory(make, streams)
    return list(found.values())


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--streams", nargs="+", type=whole, default=(1, 100, 1000), metavar="N", help="(1 100 1000)")
    parser.add_argument(
        "--rate", type=positive, default=20.0, metavar="N", help="paced: tokens a second and stream (20)"
    )
    parser.add_argument("--seconds", type=positive, default=1.0, metavar="S", help="of each run (1)")
    parser.add_argument("--rounds", type=whole, default=3, metavar="N", help="best of so many (3)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")


def run(options: argparse.Namespace) -> int:
    """Print the figures of each number of streams."""
    about = environment()
    print_environment(about)
    progress = Progress(len(options.streams))
    rows = []
    cells: list[Figures] = []
    for streams in options.streams:
        progress.step(f"{streams:,} streams")
        most = most_streams(streams)
        if most < streams:
            print(f"skipped: {streams:,} streams (each takes two file descriptors: {most:,} streams fit)")
            continue
        ours, alone = found = measure(streams, options.seconds, options.rate, options.rounds)
        cells += found
        row = [f"{streams:,}", *[f"{each.events_per_second:,.0f}" for each in found]]
        row.append(f"{1e6 / ours.events_per_second - 1e6 / alone.events_per_second:.1f}")
        row += [f"{latency * 1e3:.2f}" for latency in (ours.p50, alone.p50, ours.p99, alone.p99)]
        rows.append([*row, *[f"{each.bytes_per_stream / 1024:.1f}" for each in found]])
    progress.close()
    headers = ["streams", "events/s", "alone", "us more", "p50 ms", "alone", "p99 ms", "alone", "KiB/stream", "alone"]
    print_table(headers, rows)
    count = sum([cell.events for cell in cells if cell.variant == OURS])
    print(
        f"\n{count:,} events through sse_core: none lost, all in order. p50, p99: at {options.rate:g} events/s a stream"
    )
    print(f"us more: what an event takes more with sse_core. An Encoder and a Decoder: {memory_of_codecs():.0f} bytes")
    if options.json:
        options.json.write_text(json.dumps({"about": about, "cells": [vars(cell) for cell in cells]}, indent=1) + "\n")
    return 0


def most_streams(wanted: int) -> int:
    """`wanted`, or how many streams the file descriptors allow, once the soft limit is raised."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return wanted
    spare = 64  # what the process holds besides
    needed = 2 * wanted + spare
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(wanted, (soft - spare) // 2)
