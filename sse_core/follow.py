# SPDX-License-Identifier: MIT
"""follow and afollow: the events of a stream across its connections, which the caller's `connect` opens."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack, ExitStack, suppress

from ._decoder import Decoder
from ._errors import LimitError, SSEError, TruncatedError, shorten
from .reconnect import Open, Reconnect, Stop, Wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator, Iterable, Sequence
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from typing import Any, overload

    from ._items import Event
    from .dialects import Part, PartDecoder
    from .reconnect import Headers, Policy

    Connect = Callable[[dict[str, str]], AbstractContextManager[tuple[int, Headers, Iterable[bytes]]]]
    AConnect = Callable[[dict[str, str]], AbstractAsyncContextManager[tuple[int, Headers, AsyncIterable[bytes]]]]
    Errors = type[Exception] | tuple[type[Exception], ...]
    Sleep = Callable[[float], object]
    ASleep = Callable[[float], Awaitable[object]]
    Number = Callable[[], float]


__all__ = ["ConnectError", "afollow", "follow"]

_MOST = 64 * 1024  # bytes of a refusal that are kept: what says why is short, and an endless one must end


class ConnectError(SSEError):
    """The stream stopped for a reason that is no good end.

    `stop` says which, with the status and Content-Type of the answer that did it, if it was one; `body` is the
    beginning of that answer, 64 KiB at most. Where the network failed, its error is the `__cause__`.

    >>> from sse_core.follow import ConnectError
    >>> from sse_core.reconnect import Stop
    >>> print(ConnectError(Stop("status", 401, "application/json"), b'{"error":"no key"}'))
    status: 401, application/json, b'{"error":"no key"}'
    """

    def __init__(self, stop: Stop, body: bytes = b"") -> None:
        super().__init__(stop, body)
        self.stop: Stop = stop
        self.body: bytes = body

    def __str__(self) -> str:
        stop, body = self.stop, f", {shorten(self.body)}" if self.body else ""
        if stop.status is None:
            return stop.reason
        return f"{stop.reason}: {stop.status}, {stop.content_type or 'no Content-Type'}{body}"


if TYPE_CHECKING:

    @overload
    def follow(
        connect: Connect,
        decoder: Decoder | None = None,
        reconnect: Reconnect | None = None,
        *,
        errors: Errors,
        sleep: Sleep = ...,
        clock: Number = ...,
        rand: Number | None = ...,
    ) -> Generator[Event, None, None]: ...

    @overload
    def follow(
        connect: Connect,
        decoder: PartDecoder,
        reconnect: Reconnect | None = None,
        *,
        errors: Errors,
        sleep: Sleep = ...,
        clock: Number = ...,
        rand: Number | None = ...,
    ) -> Generator[Part, None, None]: ...


def follow(
    connect: Connect,
    decoder: Decoder | PartDecoder | None = None,
    reconnect: Reconnect | None = None,
    *,
    errors: Errors,
    sleep: Sleep = time.sleep,
    clock: Number = time.monotonic,
    rand: Number | None = None,
) -> Generator[Any, None, None]:
    """The events of a stream, or with a PartDecoder its parts: each once and in order, across its connections.

    That holds if the server gives ids and resumes at them; half an event at the end of a connection is dropped where
    the next can bring it. `connect(headers)` sends the request with these headers added, and gives a context
    manager of (status, headers, chunks) that closes the connection at its exit; `errors` is what the HTTP library
    raises when the network fails, and is caught around `connect` and the chunks only, never around your loop.

    It ends at a Done, which it gives when the connection is closed, and at status 204, but where that is the first
    answer to a request. `Done(reconnect=True)` is not given: the stream goes on. Else it raises, after all that came
    before: ConnectError, TruncatedError where an answer ended too early, LimitError.

    Without `reconnect` it is Reconnect() for a Decoder and for an endless dialect, else Reconnect("request"): an
    answer that began is asked for again only where its dialect is `resumable`, at its last event ID. The id to begin
    at is the decoder's `last_event_id`. Without `decoder` it is a Decoder.

    `sleep`, `clock` and `rand` are time.sleep, time.monotonic and random.random. What `sleep` raises ends the loop.
    To close the connection before the end, close the generator: use it in `contextlib.closing`.

    >>> from contextlib import nullcontext
    >>> from sse_core.follow import follow
    >>> def connect(headers):
    ...     body = b"" if "Last-Event-ID" in headers else b"id: 7\\ndata: x\\n\\ndata: cut o"
    ...     return nullcontext((200 if body else 204, {"Content-Type": "text/event-stream"}, [body]))
    >>> [event.data for event in follow(connect, errors=OSError, sleep=lambda seconds: None)]
    ['x']
    """
    return _follow(connect, _Loop(decoder, reconnect, clock, rand), errors, sleep)


if TYPE_CHECKING:

    @overload
    def afollow(
        connect: AConnect,
        decoder: Decoder | None = None,
        reconnect: Reconnect | None = None,
        *,
        errors: Errors,
        sleep: ASleep | None = ...,
        clock: Number = ...,
        rand: Number | None = ...,
    ) -> AsyncGenerator[Event, None]: ...

    @overload
    def afollow(
        connect: AConnect,
        decoder: PartDecoder,
        reconnect: Reconnect | None = None,
        *,
        errors: Errors,
        sleep: ASleep | None = ...,
        clock: Number = ...,
        rand: Number | None = ...,
    ) -> AsyncGenerator[Part, None]: ...


def afollow(
    connect: AConnect,
    decoder: Decoder | PartDecoder | None = None,
    reconnect: Reconnect | None = None,
    *,
    errors: Errors,
    sleep: ASleep | None = None,
    clock: Number = time.monotonic,
    rand: Number | None = None,
) -> AsyncGenerator[Any, None]:
    """As `follow`, with an asynchronous `connect` and chunks; `sleep` is asyncio's: trio and anyio give their own.

    Use it in `async with contextlib.aclosing(afollow(...)) as stream`: then a break, an exception or a cancellation
    closes the connection at once. An asynchronous generator that is left half-way closes nothing by itself.
    """
    if sleep is None:
        import asyncio

        sleep = asyncio.sleep
    return _afollow(connect, _Loop(decoder, reconnect, clock, rand), errors, sleep)


def _follow(connect: Connect, loop: _Loop, errors: Errors, sleep: Sleep) -> Generator[Any, None, None]:
    while not isinstance(loop.step, Stop):
        if isinstance(loop.step, Wait):
            sleep(loop.step.seconds)
        headers = loop.begin()
        with ExitStack() as stack:
            try:
                opened = stack.enter_context(_Connection(connect(headers), errors))
                chunks = iter(opened[2])
            except errors as error:
                loop.failed(error)
                continue
            loop.answered(*opened[:2])
            while loop.reading:
                try:
                    chunk = next(chunks, None)
                except errors as error:
                    loop.failed(error)
                else:
                    yield from loop.read(chunk)
        yield from loop.last
    loop.end()


async def _afollow(connect: AConnect, loop: _Loop, errors: Errors, sleep: ASleep) -> AsyncGenerator[Any, None]:
    while not isinstance(loop.step, Stop):
        if isinstance(loop.step, Wait):
            await sleep(loop.step.seconds)
        headers = loop.begin()
        async with AsyncExitStack() as stack:
            try:
                opened = await stack.enter_async_context(_Connection(connect(headers), errors))
                chunks = aiter(opened[2])
            except errors as error:
                loop.failed(error)
                continue
            loop.answered(*opened[:2])
            while loop.reading:
                try:
                    chunk = await anext(chunks, None)
                except errors as error:
                    loop.failed(error)
                else:
                    for item in loop.read(chunk):
                        yield item
        for item in loop.last:
            yield item
    loop.end()


class _Connection:
    """A context manager of `connect`, of either kind, whose exit may fail.

    What the network says to that matters no more, and must not take the place of a cancellation.
    """

    def __init__(self, manager: Any, errors: Errors) -> None:
        self._manager = manager
        self._errors = errors if isinstance(errors, tuple) else (errors,)

    def __enter__(self) -> Any:
        return self._manager.__enter__()

    def __exit__(self, *raised: Any) -> None:
        with suppress(*self._errors):
            self._manager.__exit__(*raised)

    async def __aenter__(self) -> Any:
        return await self._manager.__aenter__()

    async def __aexit__(self, *raised: Any) -> None:
        with suppress(*self._errors):
            await self._manager.__aexit__(*raised)


class _Loop:
    """What follow and afollow share: for each connection `begin`, `answered` or `failed`, `read` or `failed`; `end`."""

    def __init__(
        self, decoder: Decoder | PartDecoder | None, reconnect: Reconnect | None, clock: Number, rand: Number | None
    ) -> None:
        if rand is None:
            import random

            rand = random.random
        if decoder is None:
            decoder = Decoder(last_event_id=reconnect.last_event_id if reconnect else "")
        self._parts: PartDecoder | None = None if isinstance(decoder, Decoder) else decoder
        self._endless, resumable = True, True
        if self._parts is not None:
            self._endless, resumable = self._parts.dialect.endless, self._parts.dialect.resumable
        if reconnect is None:
            policy: Policy = "subscription" if self._endless else "request"
            reconnect = Reconnect(policy, last_event_id=decoder.last_event_id, resumable=resumable)
        if reconnect.last_event_id != decoder.last_event_id:
            ids = f"{shorten(reconnect.last_event_id)}, the decoder's {shorten(decoder.last_event_id)}"
            raise ValueError(f"the last_event_id of reconnect is {ids}: give both the same, or no reconnect")
        self._decoder, self._reconnect, self._clock, self._rand = decoder, reconnect, clock, rand
        # What is to be done, as the last answer, end or error had it; None before the first.
        self.step: Open | Wait | Stop | None = None
        # Whether the next chunk is wanted: of a stream, or of a refusal's body.
        self.reading = False
        # What the last chunk or the end of the body gave: it is given when the connection is closed, so that it is
        # closed also where the caller leaves at a Done, without closing the generator.
        self.last: Sequence[Any] = ()
        # What broke the connection, and the body of its answer, if that refused.
        self._cause: Exception | None = None
        self._body = bytearray()
        # This request said where to resume; and a part came: a 204 to it may cut the answer off.
        self._resumes = False
        self._began = False

    def begin(self) -> dict[str, str]:
        """The headers of the next request."""
        self._decoder.reset()
        self._cause, self.last = None, ()
        self._body.clear()
        headers = self._reconnect.request_headers()
        self._resumes = "Last-Event-ID" in headers
        return headers

    def answered(self, status: int, headers: Headers) -> None:
        self.step = self._reconnect.on_response(status, headers=headers, now=self._clock(), rand=self._rand())
        if isinstance(self.step, Stop) and self.step.status != status:
            raise ValueError(f"this Reconnect has stopped ({self.step.reason}): each stream takes one of its own")
        self.reading = not isinstance(self.step, Wait) and status != 204
        if status == 204 and self._resumes and self._began and not self._endless:
            self._close()

    def read(self, chunk: bytes | None) -> Sequence[Any]:
        """What a chunk gives now; None is the end of the body."""
        if isinstance(self.step, Stop):
            self._body += chunk or b""
            self.reading = chunk is not None and len(self._body) < _MOST
            return ()
        if chunk is None:
            self._close()
            self._ended()
            return ()
        given = self._decoder.feed(chunk)
        where = self._decoder.last_event_id, self._decoder.reconnection_time
        self._reconnect.on_event(*where, now=self._clock(), event=bool(given))
        self._began = self._began or bool(given)
        if self._parts is not None and self._parts.done is not None:
            self.last = given
            self._ended()
        elif self._decoder.error is not None:
            self.last, self._cause = given, self._decoder.error
            self.step, self.reading = Stop("limit"), False
        else:
            return given
        return ()

    def failed(self, error: Exception) -> None:
        """Connecting or reading did; of a refusal's body there is what came."""
        self.reading = False
        self._cause = error
        if not isinstance(self.step, Stop):
            self.step = self._reconnect.on_error(error, now=self._clock(), rand=self._rand())

    def end(self) -> None:
        """Raise what the end is, unless it is a good one."""
        if isinstance(self._cause, (LimitError, TruncatedError)) and self.step != Stop("attempts"):
            raise self._cause
        if isinstance(self.step, Stop) and not self._is_good(self.step):
            raise ConnectError(self.step, bytes(self._body[:_MOST])) from self._cause

    def _is_good(self, stop: Stop) -> bool:
        if stop.reason == "nothing to resume":
            return self._resumes or self._reconnect.policy == "subscription"
        return stop.reason == "done"

    def _close(self) -> None:
        """The body is over: for a dialect that may be the end of the answer, or cut it off."""
        if self._parts is None:
            return
        # Where no other connection can bring it, an event that is whole but for its blank line is read.
        last = self._reconnect.policy == "request" and "Last-Event-ID" not in self._reconnect.request_headers()
        try:
            self.last = self._parts.close(half=last)
        except TruncatedError as error:
            self.last, error.parts = error.parts, ()
            self._cause = error

    def _ended(self) -> None:
        self.reading = False
        done = self._parts and self._parts.done
        how, again = (done.how, done.reconnect) if done else (None, False)
        if again:
            self.last = self.last[:-1]
        self.step = self._reconnect.on_eof(how=how, reconnect=again, now=self._clock(), rand=self._rand())
