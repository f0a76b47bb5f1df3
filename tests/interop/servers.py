"""The servers in recipes, run on this machine, and what the tests give them to send."""

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from socketserver import BaseServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from sse_core import Comment, Event, Id, Retry

KEEP_ALIVE = 0.05  # seconds
TIMEOUT = 60  # seconds: how long what never comes is waited for
Item = Event | Comment | Id | Retry | None


class Visit:
    """One connection, as the server's `subscribe` sees it; `start` and `end` are seconds of its own clock."""

    def __init__(self, last_event_id: str, put: Callable[[Item], object]) -> None:
        self.last_event_id = last_event_id
        self._put = put
        self.start = time.monotonic()
        self.end = 0.0
        self._ended = threading.Event()

    def send(self, *items: Item) -> None:
        """Queue items; None is the end."""
        for item in items:
            self._put(item)

    def finish(self) -> None:
        """Called at the exit."""
        self.end = time.monotonic()
        self._ended.set()

    def wait(self) -> None:
        """Until the server's side is over."""
        assert self._ended.wait(TIMEOUT), "the server goes on"


class Site:
    """A server that runs: its `url`, and its visits as they come; each is sent the next of `scripts` at once."""

    def __init__(self, scripts: Iterable[Sequence[Item]] = ()) -> None:
        self.url = ""
        self._scripts = iter(scripts)
        self._visits: queue.Queue[Visit] = queue.Queue()
        self._open: set[Visit] = set()

    def visit(self) -> Visit:
        """The next one."""
        return self._visits.get(timeout=TIMEOUT)

    @contextmanager
    def subscribe(self, last_event_id: str) -> Iterator[Any]:
        """As Broadcast does; the queue is of the kind that the server's thread needs."""
        items: Any
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            items = queue.Queue()
            visit = Visit(last_event_id, items.put)
        else:
            items = asyncio.Queue()
            visit = Visit(last_event_id, partial(loop.call_soon_threadsafe, items.put_nowait))
        visit.send(*next(self._scripts, ()))
        self._open.add(visit)
        self._visits.put(visit)
        try:
            yield items
        finally:
            self._open.discard(visit)
            visit.finish()

    def publish(self, *_: object) -> None:
        """What the recipes broadcast by themselves."""

    def close(self) -> None:
        """End what a failed test left open, so that the server can stop."""
        for visit in list(self._open):
            visit.send(None)


def as_given(name: str, last_event_id: str) -> str:
    """The id as a recipe has it from a header: README says that all but aiohttp read UTF-8 as Latin-1."""
    return last_event_id if name == "aiohttp" else last_event_id.encode().decode("latin-1")


@contextmanager
def running(name: str, *scripts: Sequence[Item]) -> Iterator[Site]:
    """The server called `name` in SERVERS; it has stopped at exit. Skips where its framework is missing."""
    site = Site(scripts)
    with SERVERS[name](site) as port, closing(site):
        site.url = f"http://127.0.0.1:{port}/"
        yield site


def serving(server: BaseServer) -> AbstractContextManager[None]:
    """A server of the standard library that runs in a thread."""
    return _in_a_thread(partial(server.serve_forever, 0.01), server.shutdown)


@contextmanager
def _http_server(site: Site) -> Iterator[int]:
    import on_http_server

    class Handler(on_http_server.make_handler(site, KEEP_ALIVE)):
        log_message = _say_nothing

    with _Threads(("127.0.0.1", 0), Handler) as server, serving(server):
        yield server.server_port


@contextmanager
def _wsgi(site: Site) -> Iterator[int]:
    import on_wsgi

    class Handler(WSGIRequestHandler):
        log_message = _say_nothing

    with (
        make_server("127.0.0.1", 0, on_wsgi.make_app(site, KEEP_ALIVE), _WSGIThreads, Handler) as server,
        serving(server),
    ):
        yield server.server_port


@contextmanager
def serving_asgi(app: Any) -> Iterator[int]:
    """The port of an ASGI application that runs in a thread, under uvicorn."""
    uvicorn = _need("uvicorn")
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=TIMEOUT))

    def stop() -> None:
        server.should_exit = True

    with socket.create_server(("127.0.0.1", 0)) as listener, _in_a_thread(partial(server.run, [listener]), stop):
        yield listener.getsockname()[1]


@contextmanager
def _starlette(site: Site) -> Iterator[int]:
    _need("starlette")
    import on_starlette

    with serving_asgi(on_starlette.make_app(site, KEEP_ALIVE)) as port:
        yield port


@contextmanager
def _aiohttp(site: Site) -> Iterator[int]:
    web = _need("aiohttp.web")
    import on_aiohttp

    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run(listener: socket.socket) -> None:
        runner = web.AppRunner(on_aiohttp.make_app(site, KEEP_ALIVE), access_log=None, shutdown_timeout=TIMEOUT)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        await stop.wait()
        await runner.cleanup()

    with closing(loop), socket.create_server(("127.0.0.1", 0)) as listener:
        target = partial(loop.run_until_complete, run(listener))
        with _in_a_thread(target, partial(loop.call_soon_threadsafe, stop.set)):
            yield listener.getsockname()[1]


SERVERS: dict[str, Callable[[Site], AbstractContextManager[int]]] = {
    "http.server": _http_server,
    "WSGI": _wsgi,
    "Starlette": _starlette,
    "aiohttp": _aiohttp,
}


class _Threads(ThreadingHTTPServer):
    daemon_threads = False  # so that it waits for them as it closes


class _WSGIThreads(ThreadingMixIn, WSGIServer):
    pass


def _say_nothing(*_: object) -> None:
    """For log_message."""


def _need(module: str) -> Any:
    package = module.partition(".")[0]
    return pytest.importorskip(module, reason=f"{package} is not installed: tests/interop/requirements.txt")


@contextmanager
def _in_a_thread(target: Callable[[], object], stop: Callable[[], object]) -> Iterator[None]:
    thread = threading.Thread(target=target)
    thread.start()
    try:
        yield
    finally:
        stop()
        thread.join()
