"""The clients of recipes, around follow, against a server that breaks off: each event once, in order, at once."""

import asyncio
import gc
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import aclosing, closing, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, Literal

import pytest
import stopping
import timeout as with_timeout
from flaky import BEFORE_THE_BLANK_LINE, BETWEEN_CR_AND_LF, EVENTS, IN_A_CHARACTER, TIMEOUT, Answer, Flaky, flaky

from sse_core import Event
from sse_core.follow import ConnectError, afollow, follow
from sse_core.reconnect import Reconnect, Stop

LONG, SHORT = 60, 0.2  # seconds; what is tested of the short one holds for any
LIMIT = 1.0  # seconds for a whole stream: long enough to connect and read what there is
IDLE = Answer(3, "silence")
ALL = Answer(len(EVENTS), "end")


@dataclass
class Client:
    """A recipe: how it runs, which with_*.py it is, and what it needs."""

    kind: str
    name: str
    needs: tuple[str, ...] = ()

    def events(self, url: str, timeout: float, **options: Any) -> Any:
        """What follow or afollow gives of it."""
        recipe = self.module
        connect, reconnect = partial(recipe.connect, url, timeout=timeout), Reconnect(base=0.001, cap=0.01)
        loop: Any = follow if self.kind == "sync" else afollow
        return loop(connect, None, reconnect, errors=recipe.errors, **options)

    @property
    def module(self) -> Any:
        return import_module(f"with_{self.name}")


CLIENTS = {
    "http.client": Client("sync", "http_client"),
    "urllib": Client("sync", "urllib"),
    "requests": Client("sync", "requests", ("requests",)),
    "urllib3": Client("sync", "urllib3", ("urllib3",)),
    "httpx": Client("sync", "httpx", ("httpx",)),
    "httpx, async": Client("asyncio", "httpx_async", ("httpx",)),
    "aiohttp": Client("asyncio", "aiohttp", ("aiohttp",)),
    "asyncio streams": Client("asyncio", "asyncio", ("h11",)),
    "trio": Client("trio", "trio", ("h11", "trio")),
    "httpx, trio": Client("trio", "httpx_async", ("httpx", "trio")),
    "httpx, anyio on asyncio": Client("anyio, asyncio", "httpx_async", ("httpx", "anyio")),
    "httpx, anyio on trio": Client("anyio, trio", "httpx_async", ("httpx", "anyio", "trio")),
}
ASYNC = [name for name, client in CLIENTS.items() if client.kind != "sync"]


def read_sync(client: Client, server: Flaky, timeout: float, enough: int | None, how: str) -> list[Event]:
    """Read to the end; or break off after `enough` events."""
    read = []
    with closing(client.events(server.url, timeout)) as events:
        for event in events:
            read.append(event)
            server.has()
            if len(read) == enough:
                break
    return read


async def take(events: Any, server: Flaky, read: list[Event], enough: int | None, cancel: Any) -> None:
    """The same, into `read`; with `cancel`, be cancelled while the next event is waited for."""
    async with aclosing(events) as stream:
        async for event in stream:
            read.append(event)
            server.has()
            if len(read) == enough:
                if cancel is None:
                    break
                cancel()


def read_asyncio(client: Client, server: Flaky, timeout: float, enough: int | None, how: str) -> list[Event]:
    """The same as a task; `how` "limit" gives it a LIMIT for everything."""
    read: list[Event] = []

    async def main() -> None:
        cancel = (lambda: task.cancel()) if how == "cancel" else None
        task = asyncio.ensure_future(take(client.events(server.url, timeout), server, read, enough, cancel))
        try:
            await asyncio.wait_for(task, LIMIT if how == "limit" else None)
        except asyncio.CancelledError:
            assert how == "cancel"
        except asyncio.TimeoutError:
            assert how == "limit"
        else:
            assert how == "break"

    asyncio.run(main())
    return read


def read_trio(client: Client, server: Flaky, timeout: float, enough: int | None, how: str) -> list[Event]:
    """The same under trio."""
    import trio

    read: list[Event] = []

    async def main() -> None:
        with trio.move_on_after(LIMIT if how == "limit" else math.inf) as scope:
            events = client.events(server.url, timeout, sleep=trio.sleep)
            await take(events, server, read, enough, scope.cancel if how == "cancel" else None)
        assert scope.cancelled_caught == (how != "break")

    trio.run(main)
    return read


def read_anyio(
    client: Client, server: Flaky, timeout: float, enough: int | None, how: str, backend: Literal["asyncio", "trio"]
) -> list[Event]:
    """The same under anyio."""
    import anyio

    read: list[Event] = []

    async def main() -> None:
        with anyio.move_on_after(LIMIT if how == "limit" else math.inf) as scope:
            events = client.events(server.url, timeout, sleep=anyio.sleep)
            await take(events, server, read, enough, scope.cancel if how == "cancel" else None)
        assert scope.cancelled_caught == (how != "break")

    anyio.run(main, backend=backend)
    return read


READ: dict[str, Callable[..., list[Event]]] = {
    "sync": read_sync,
    "asyncio": read_asyncio,
    "trio": read_trio,
    "anyio, asyncio": partial(read_anyio, backend="asyncio"),
    "anyio, trio": partial(read_anyio, backend="trio"),
}


def needed(client: Client) -> None:
    """Skip where what it needs is missing."""
    for module in client.needs:
        pytest.importorskip(module, reason=f"{module} is not installed: tests/interop/requirements.txt")


@pytest.fixture(params=CLIENTS)
def read(request: pytest.FixtureRequest) -> Iterator[Callable[..., list[Event]]]:
    """Reads by a recipe; afterwards no thread is left, and nothing open, or there is a ResourceWarning."""
    client = CLIENTS[request.param]
    needed(client)
    threads = threading.active_count()

    def read(server: Flaky, timeout: float = LONG, enough: int | None = None, how: str = "break") -> list[Event]:
        return READ[client.kind](client, server, timeout, enough, how)

    yield read
    gc.collect()
    assert threading.active_count() == threads


@pytest.mark.parametrize("chunked", [False, True], ids=["until it closes", "chunked"])
@pytest.mark.parametrize("size", [1, 3, 0], ids=["byte by byte", "by three bytes", "at once"])
def test_everything_is_read_once_in_order_and_at_once_across_three_drops(
    read: Callable[..., list[Event]], size: int, chunked: bool
) -> None:
    answers = [
        Answer(2, "reset", IN_A_CHARACTER, size, chunked),
        Answer(5, "close", BETWEEN_CR_AND_LF, size, chunked),
        Answer(6, "reset", BEFORE_THE_BLANK_LINE, size, chunked),
        Answer(len(EVENTS), "end", b"", size, chunked),
    ]
    with flaky(*answers) as server:
        assert read(server) == EVENTS
    assert server.ids() == [None, *(EVENTS[answer.upto - 1].last_event_id for answer in answers)]
    assert server.late == []
    assert [visit.closed for visit in server.visits] == [None, True, None, True, True]


@pytest.mark.filterwarnings("ignore:Async generator 'httpx")  # its own are left for trio to collect, the socket is not
@pytest.mark.parametrize("chunked", [False, True], ids=["until it closes", "chunked"])
def test_breaking_off_closes_the_socket(read: Callable[..., list[Event]], chunked: bool) -> None:
    with flaky(Answer(3, "silence", chunked=chunked)) as server:
        assert read(server, enough=3) == EVENTS[:3]
    assert [visit.closed for visit in server.visits] == [True]


@pytest.mark.parametrize("read", ASYNC, indirect=True)
def test_being_cancelled_closes_the_socket(read: Callable[..., list[Event]]) -> None:
    with flaky(IDLE) as server:
        assert read(server, enough=3, how="cancel") == EVENTS[:3]
    assert [visit.closed for visit in server.visits] == [True]


@pytest.mark.parametrize("read", ASYNC, indirect=True)
def test_a_limit_for_the_whole_stream_closes_the_socket(read: Callable[..., list[Event]]) -> None:
    with flaky(IDLE) as server:
        assert read(server, how="limit") == EVENTS[:3]
    assert [visit.closed for visit in server.visits] == [True]


def test_the_timeout_of_the_library_ends_a_silent_stream(read: Callable[..., list[Event]]) -> None:
    with flaky(IDLE, Answer(6, "silence", chunked=True), ALL) as server:
        assert read(server, timeout=SHORT) == EVENTS
    assert server.late == []
    assert all(visit.closed for visit in server.visits)
    assert {EVENTS[2].last_event_id, EVENTS[5].last_event_id} <= {*server.ids()}


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_a_busy_server_is_asked_again(read: Callable[..., list[Event]], status: str) -> None:
    busy = f"HTTP/1.1 {status}\r\nRetry-After: 0\r\nContent-Length: 4\r\n\r\nbusy".encode()
    with flaky(ALL, first=[busy, busy]) as server:
        assert read(server) == EVENTS
    assert [visit.closed for visit in server.visits] == [True] * 4


@pytest.mark.parametrize(
    ("head", "stop"),
    [
        ("401 Unauthorized\r\nContent-Type: application/json", Stop("status", 401, "application/json")),
        ("200 OK\r\nContent-Type: text/html", Stop("content type", 200, "text/html")),
    ],
    ids=["refused", "another type"],
)
def test_what_is_no_stream_is_not_asked_again_and_its_body_is_told(
    read: Callable[..., list[Event]], head: str, stop: Stop
) -> None:
    answer = f"HTTP/1.1 {head}\r\nContent-Length: 18\r\n\r\n".encode() + b'{"error":"no key"}'
    with flaky(ALL, first=[answer]) as server, pytest.raises(ConnectError) as raised:
        read(server)
    assert (raised.value.stop, raised.value.body) == (stop, b'{"error":"no key"}')
    assert [visit.closed for visit in server.visits] == [True]


# README's programs around follow

# Stopping a read that waits, from another thread

SYNC = [name for name, client in CLIENTS.items() if client.kind == "sync"]


@pytest.mark.parametrize("name", SYNC)
def test_a_read_with_a_timeout_ends_after_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = CLIENTS[name]
    needed(client)
    with flaky(IDLE) as server:
        recipe = client.module
        monkeypatch.setattr(with_timeout, "print", tell(server), raising=False)
        thread = reading(partial(with_timeout.read, recipe.connect, recipe.errors, server.url, timeout=SHORT))
        server.wait_until_idle()
        with_timeout.stop.set()
        thread.join(TIMEOUT)
        with_timeout.stop.clear()
        assert not thread.is_alive()
    assert all(visit.closed for visit in server.visits)


@pytest.mark.parametrize("name", ["http_client", "requests", "urllib3", "httpx"])
def test_a_read_whose_socket_is_shut_down_ends_at_once(name: str) -> None:
    if name != "http_client":
        pytest.importorskip(name, reason=f"{name} is not installed: tests/interop/requirements.txt")
    stopper, connect = stopping.Stopper(), getattr(stopping, f"with_{name}")
    with flaky(IDLE) as server:

        def read() -> None:
            for _ in follow(partial(connect, stopper, server.url), errors=Exception, sleep=stopper.sleep):
                server.has()

        thread = reading(read)
        server.wait_until_idle()
        stopper.stop()
        thread.join(LIMIT)
        assert not thread.is_alive()
    assert [visit.closed for visit in server.visits] == [True]


def reading(target: Callable[[], None]) -> threading.Thread:
    """A thread that runs; pytest would complain of a SystemExit, which threads ignore."""

    def run() -> None:
        with suppress(SystemExit):
            target()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def tell(server: Flaky) -> Callable[[str], None]:
    """What a recipe takes for print: the client has an event."""
    return lambda data: server.has()
