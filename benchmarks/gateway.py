"""A thousand streams at once through README.md's gateway, under uvicorn with two workers: latency, CPU and memory.

A played model (upstream.py) answers each client of the gateway (asgi.py) in openai-chat, token by token with pauses.
The client reads anthropic-messages and holds every text to its place. A tenth of the clients leave half-way. Beside it:
the same gateway that hands on the bytes as they are, and with LiteLLM's converter as its proxy runs it, if installed.

All is on this machine: upstream and clients, a process each, share its cores with the two workers. Latency is from when
an event was due, not from when it was written, to when its client has read it. CPU is that of the two workers alone.
Each gateway is started once, all answer in turn, round after round; memory is that of the first round, before which
nothing was freed that could be used again.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from itertools import accumulate
from pathlib import Path
from time import monotonic

from sse_core.dialects import PartDecoder, get

from .asgi import FOLDER, GATEWAY, GATEWAYS, UPSTREAM
from .consumers import installed, print_missing
from .measure import Progress, environment, positive, print_environment, print_table, whole
from .serve import most_streams
from .upstream import answer, schedule

PINS = "requirements-gateway.txt"
_WORKERS = 2
_LEAVING = 10  # one of so many clients leaves half-way
_PATIENCE = 60.0  # seconds a start, or a round beyond its own time, may take
_CONNECTS = 250  # a second, and more: what a gateway is given before the first text is due
_AT_ONCE = 20  # connections being made


@dataclass
class Round:
    """What one round of one gateway showed."""

    latencies: list[float] = field(default_factory=list)  # seconds
    seconds: float = 0.0
    cpu: float = 0.0  # seconds, of the workers
    memory: float = 0.0  # bytes a stream
    shares: list[int] = field(default_factory=list)  # the streams of each worker
    left_open: int = 0  # with the clients gone that left half-way


class Gateway:
    """A gateway that runs: where it listens, and its workers."""

    def __init__(self, name: str, port: int, folder: Path) -> None:
        self.name, self.port = name, port
        self.dialect = GATEWAYS[name][0]
        self._folder = folder

    def open(self) -> list[int]:
        """How many streams each worker has open."""
        return [int(path.read_text() or 0) for path in self._workers()]

    def memory(self) -> int:
        """Bytes that the workers hold."""
        pages = [int(Path("/proc", path.name, "statm").read_text().split()[1]) for path in self._workers()]
        return sum(pages) * os.sysconf("SC_PAGE_SIZE")

    def cpu(self) -> float:
        """Seconds of CPU that the workers have used."""
        stats = [Path("/proc", path.name, "stat").read_text().rpartition(")")[2].split() for path in self._workers()]
        return sum([int(stat[11]) + int(stat[12]) for stat in stats]) / os.sysconf("SC_CLK_TCK")

    def _workers(self) -> list[Path]:
        return sorted(self._folder.iterdir())


@contextmanager
def _process(*command: str, output: int, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    root = Path(__file__).parent.parent
    full = {**os.environ, **(environment or {})}
    with subprocess.Popen([sys.executable, *command], cwd=root, env=full, stdout=output, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


@contextmanager
def _running(name: str, upstream: int) -> Iterator[Gateway]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = f"--factory --workers {_WORKERS} --port {port} --backlog 4096 --log-level error --no-access-log"
    with tempfile.TemporaryDirectory() as folder:
        settings = {GATEWAY: name, UPSTREAM: f"http://127.0.0.1:{upstream}", FOLDER: folder}
        command = ("-m", "uvicorn", "benchmarks.asgi:app", *options.split())
        with _process(*command, output=subprocess.DEVNULL, environment=settings) as process:
            gateway = Gateway(name, port, Path(folder))
            limit = monotonic() + _PATIENCE
            while len(gateway.open()) < _WORKERS:
                if process.poll() is not None or monotonic() > limit:
                    raise RuntimeError(f"the gateway {name} did not start")
                time.sleep(0.1)
            yield gateway


class _Load:
    """The clients of one round: `count` texts for each, some `rate` a second."""

    def __init__(self, gateway: Gateway, streams: int, count: int, rate: float) -> None:
        self.gateway, self.streams = gateway, streams
        self.found = Round()
        self._count, self._rate = count, rate
        self._due = schedule(count, rate)
        self._text = answer(count).text
        texts = [part.text for part in PartDecoder("openai-chat").feed(answer(count).stream) if part.kind == "text"]
        self._ends = list(accumulate(map(len, texts)))
        self._connecting = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        before = self.gateway.memory()
        begin = monotonic() + self.streams / _CONNECTS + 0.5
        rng = random.Random(self.streams)
        firsts = [begin + rng.random() / self._rate for _ in range(self.streams)]
        clients = [asyncio.ensure_future(self._read(number, first)) for number, first in enumerate(firsts)]
        try:
            await self._until(begin, clients)
            cpu = self.gateway.cpu()
            await self._until(begin + 0.3 * self._due[-1], clients)
            self.found.memory = (self.gateway.memory() - before) / self.streams
            self.found.shares = self.gateway.open()
            await self._until(begin + 0.8 * self._due[-1], clients)
            self.found.left_open = sum(self.gateway.open())
            await asyncio.wait_for(asyncio.gather(*clients), _PATIENCE)
        finally:
            for client in clients:
                client.cancel()
            await asyncio.gather(*clients, return_exceptions=True)
        self.found.seconds = monotonic() - begin
        self.found.cpu = self.gateway.cpu() - cpu
        limit = monotonic() + _PATIENCE
        while open := sum(self.gateway.open()):
            if monotonic() > limit:
                raise RuntimeError(f"{self.gateway.name}: {open} streams are open without a client")
            await asyncio.sleep(0.05)

    async def _until(self, when: float, clients: Sequence[asyncio.Future[None]]) -> None:
        await asyncio.sleep(when - monotonic())
        for client in clients:
            if client.done():
                client.result()  # raises what went wrong

    async def _read(self, number: int, first: float) -> None:
        """One client: every text in its place and whole, or an error."""
        leaves = number % _LEAVING == 0
        async with self._connecting:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.gateway.port)
            writer.write(f"GET /{first}/{self._count}/{self._rate} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 ") or monotonic() > first:
            raise RuntimeError(f"{self.gateway.name}: client {number}: late, or no stream: {head[:40]!r}")
        try:
            decoder, at, length = PartDecoder(get(self.gateway.dialect)), 0, 0
            while size := int(await reader.readuntil(b"\r\n"), 16):
                for part in decoder.feed((await reader.readexactly(size + 2))[:-2]):
                    if part.kind == "text" and self._text.startswith(part.text, length):
                        length += len(part.text)
                now = monotonic()
                while at < self._count and self._ends[at] <= length:
                    self.found.latencies.append(now - first - self._due[at])
                    at += 1
                if leaves and at > self._count // 2:
                    return
            decoder.close()
            if at != self._count or decoder.done is None:
                raise RuntimeError(f"{self.gateway.name}: client {number}: {at} of {self._count} events came")
        finally:
            writer.transport.abort()


def measure(names: list[str], streams: int, seconds: float, rate: float, rounds: int) -> dict[str, list[Round]]:
    """What each round of each gateway showed; RuntimeError if an event was lost or a stream stayed open."""
    if most_streams(streams) < streams:  # a worker may get all of them, and each takes two
        raise RuntimeError("the file descriptors do not suffice")
    count = max(2, round(seconds * rate))
    found: dict[str, list[Round]] = {name: [] for name in names}
    progress = Progress(rounds * len(names))
    with ExitStack() as running:
        upstream = running.enter_context(_process("-m", "benchmarks.upstream", output=subprocess.PIPE))
        port = int(upstream.stdout.readline() if upstream.stdout else "")
        gateways = [running.enter_context(_running(name, port)) for name in names]
        for _ in range(rounds):
            for gateway in gateways:
                progress.step(gateway.name)
                load = _Load(gateway, streams, count, rate)
                asyncio.run(load.run())
                found[gateway.name].append(load.found)
    progress.close()
    return found


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--streams", type=whole, default=1000, metavar="N", help="at once (1000)")
    parser.add_argument("--rate", type=positive, default=2.0, metavar="N", help="events a second and stream (2)")
    parser.add_argument("--seconds", type=positive, default=6.0, metavar="S", help="of a stream, less its pauses (6)")
    parser.add_argument("--rounds", type=whole, default=3, metavar="N", help="best of so many (3)")


def run(options: argparse.Namespace) -> int:
    """Print a row for each gateway."""
    needed = ("uvicorn", "starlette", "aiohttp", "litellm")
    _, versions, missing = installed({name: partial(import_module, name) for name in needed})
    print_missing(missing, PINS)
    print_environment(environment(versions))
    if {*missing} - {"litellm"} or not Path("/proc/self/statm").exists():
        print("skipped: it needs the packages above, and Linux")
        return 0
    names = [name for name in GATEWAYS if name not in missing]
    found = measure(names, options.streams, options.seconds, options.rate, options.rounds)
    rows = []
    for name, rounds in found.items():
        best = min(rounds, key=lambda each: _share(each.latencies, 0.99))
        cpu = min([each.cpu / len(each.latencies) for each in rounds])
        row = [name, f"{len(best.latencies) / best.seconds:,.0f}"]
        row += [f"{_share(best.latencies, share) * 1e3:.1f}" for share in (0.5, 0.99)]
        row += [f"{cpu * 1e6:.0f}", f"{rounds[0].memory / 1024:.0f}", "/".join(map(str, rounds[0].shares))]
        rows.append([*row, f"{best.left_open}", f"{sum([len(each.latencies) for each in rounds]):,}"])
    print(f"{options.streams:,} streams at once, {_WORKERS} workers; the best of {options.rounds} rounds")
    headers = ["gateway", "events/s", "p50 ms", "p99 ms", "us CPU an event", "KiB/stream", "workers"]
    print_table([*headers, "open later", "events"], rows)
    print("No event was lost. Open later: once a tenth had left half-way; at the end no worker had a stream open.")
    return 0


def _share(latencies: list[float], share: float) -> float:
    return sorted(latencies)[math.ceil(len(latencies) * share) - 1]
