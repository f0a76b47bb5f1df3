"""One stream for many clients: each gets what is published from now on, and first what it has missed."""

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Generic, Protocol, TypeVar

from sse_core import Comment, Encoder, Event, Item


class Queue(Protocol):
    def qsize(self) -> int: ...

    def put_nowait(self, item: Item | None) -> None: ...


Items = TypeVar("Items", bound=Queue)
Subscribe = Callable[[str], AbstractContextManager[Items]]


class Broadcast(Generic[Items]):
    """`Broadcast(asyncio.Queue)` is for one event loop, and used in it alone; `Broadcast(queue.Queue)` for threads.

    `most` events are kept for clients that come again, and as many wait for a client that is slow; past that its
    stream ends, and the client comes again, at the last event that it got.
    """

    def __init__(self, make: Callable[[], Items], most: int = 1000) -> None:
        self._make = make
        self._most = most
        self._run = time.time_ns()  # the ids of another run, which begin again, are none of this one
        self._count = 0
        self._recent = deque([Event(last_event_id=self._id())], most + 1)  # opened by one that nobody gets
        self._subscribers: set[Items] = set()
        self._closed = False
        self._lock = threading.Lock()

    def publish(self, data: str, type: str = "message") -> None:
        """Send an event to all."""
        with self._lock:
            self._count += 1
            event = Event(data, type, self._id())
            self._recent.append(event)
            for items in [*self._subscribers]:
                if items.qsize() < self._most:
                    items.put_nowait(event)
                else:
                    self._end(items)

    @contextmanager
    def subscribe(self, last_event_id: str) -> Iterator[Items]:
        """A queue of what to send to one client; None is the end."""
        items = self._make()
        with self._lock:
            self._subscribers.add(items)
            for event in self._missed(last_event_id):
                items.put_nowait(event)
            if self._closed:
                self._end(items)
        try:
            yield items
        finally:
            with self._lock:
                self._subscribers.discard(items)

    def close(self) -> None:
        """End all streams, those that are yet to come too: the server stops."""
        with self._lock:
            self._closed = True
            for items in [*self._subscribers]:
                self._end(items)

    def _id(self) -> str:
        return f"{self._run:x}-{self._count}"

    def _missed(self, last_event_id: str) -> list[Event]:
        recent = [*self._recent]
        ids = [event.last_event_id for event in recent]
        if last_event_id in ids:
            return recent[ids.index(last_event_id) + 1 :]
        # Too long ago, or before a restart: the client is told to load anew whatever it shows.
        return [Event("", "missed", self._id())] if last_event_id else []

    def _end(self, items: Items) -> None:
        self._subscribers.discard(items)
        items.put_nowait(None)


def body(
    subscribe: Subscribe[queue.Queue[Item | None]], last_event_id: str, keep_alive: float = 15
) -> Generator[bytes, None, None]:
    """The body of an answer, in threads."""
    encoder = Encoder()
    item: Item | None = Comment("open")  # at once, since WSGI sends its headers with the first bytes
    with subscribe(last_event_id) as items:
        while item is not None:
            yield encoder.encode(item)
            try:
                item = items.get(timeout=keep_alive)
            except queue.Empty:
                item = Comment("keep-alive")  # or a proxy closes the connection; a client that has gone shows too


async def abody(
    subscribe: Subscribe[asyncio.Queue[Item | None]], last_event_id: str, keep_alive: float = 15
) -> AsyncGenerator[bytes, None]:
    """The same under asyncio."""
    encoder = Encoder()
    item: Item | None = Comment("open")
    with subscribe(last_event_id) as items:
        while item is not None:
            yield encoder.encode(item)
            try:
                item = await asyncio.wait_for(items.get(), keep_alive)
            except asyncio.TimeoutError:
                item = Comment("keep-alive")


def tick(broadcast: Broadcast[queue.Queue[Item | None]]) -> None:
    """Something to look at: the time, each second, from a thread of its own."""

    def run() -> None:
        while True:
            broadcast.publish(time.ctime(), "tick")
            time.sleep(1)

    threading.Thread(target=run, daemon=True).start()


async def atick(broadcast: Broadcast[asyncio.Queue[Item | None]]) -> None:
    """The same, as a task."""
    while True:
        broadcast.publish(time.ctime(), "tick")
        await asyncio.sleep(1)
