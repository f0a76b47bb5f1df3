# SPDX-License-Identifier: MIT
"""Where the wire and a dialect meet: PartDecoder, PartEncoder, Transcoder, iter_parts, aiter_parts."""

from __future__ import annotations

from .._decoder import MAX_EVENT_SIZE, Decoder, _to_bytes
from .._encoder import SSE_HEADERS, Encoder
from .._errors import DialectError, TruncatedError
from .._items import Comment, Event, Ignored, Retry
from ._dialect import Dialect
from ._parts import Done, Error, Invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
    from typing import Any

    from .._items import Item
    from ._parts import Part

    AnyDialect = str | type[Dialect] | Dialect


class PartDecoder:
    """Decodes a stream of bytes to parts: feed it chunks, then `close()` it when the body is over.

    `dialect` is a name, a Dialect class or an instance made for this stream. What the server does wrong is
    a part (Error, Invalid) in its place; `feed` raises only LimitError and TypeError, as Decoder does.
    `done` is the Done once it came; whatever follows it is ignored.

    >>> from sse_core.dialects import PartDecoder
    >>> decoder = PartDecoder("openai-chat")
    >>> decoder.feed(b'data: {"id":"c1","choices":[{"index":0,"delta":{"content":"Hi"}}]}\\n\\n')
    [Start(id='c1'), TextDelta(text='Hi')]
    >>> decoder.feed(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\\n\\ndata: [DONE]\\n\\n')
    [Finish(reason='stop', raw_reason='stop'), Done(how='sentinel')]
    """

    def __init__(
        self,
        dialect: AnyDialect,
        *,
        loads: Callable[[str], Any] | None = None,
        last_event_id: str = "",
        max_event_size: int | None = MAX_EVENT_SIZE,
    ) -> None:
        self._dialect = make(dialect, loads=loads)
        self._decoder = Decoder(
            last_event_id=last_event_id, max_event_size=max_event_size, dataless=self._dialect.dataless
        )
        # Whether the last line has ended: text that may have been cut short is not taken for whole.
        self._line_ended = True
        self.done: Done | None = None

    @property
    def last_event_id(self) -> str:
        """The last event ID, as Decoder has it."""
        return self._decoder.last_event_id

    @property
    def reconnection_time(self) -> int | None:
        """The reconnection time in milliseconds, as Decoder has it."""
        return self._decoder.reconnection_time

    def feed(self, chunk: bytes | bytearray | memoryview) -> list[Part]:
        """The parts that `chunk` completes."""
        if self.done is not None:
            return []
        parts: list[Part] = []
        for item in self._items(chunk):
            parts += self._parts(item)
            if self.done is not None:
                break
        return parts

    def close(self) -> list[Part]:
        """The last parts: the body is over.

        An event whose blank line never came is read if its payload is whole. Raises TruncatedError if the
        answer was cut, with `parts` as what this call still read; and LimitError as `feed`.

        >>> from sse_core import TruncatedError
        >>> from sse_core.dialects import PartDecoder
        >>> decoder = PartDecoder("openai-chat")
        >>> parts = decoder.feed(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\\n\\ndata: {"cho')
        >>> try:
        ...     decoder.close()
        ... except TruncatedError as error:
        ...     print(error)
        openai-chat: the stream ended before [DONE]
        """
        if self.done is not None:
            return []
        parts: list[Part] = []
        for item in self._decoder.flush_items():
            parts += self._parts(item, last=True)
        try:
            parts += self._dialect.end()
        except TruncatedError as error:
            error.parts = parts
            raise
        self._look_for_done(parts)
        return parts

    def _items(self, chunk: bytes | bytearray | memoryview) -> list[Item]:
        if type(chunk) is not bytes:
            chunk = _to_bytes(chunk)  # the last item of a memoryview need not be a number, or a byte
        items = self._decoder.feed_items(chunk)
        if chunk:
            self._line_ended = chunk[-1] in (10, 13)
        return items

    def _parts(self, item: Item, last: bool = False) -> list[Part]:
        """The parts of one item; `last`: the end of the stream cut it off."""
        if self.done is not None:
            return []
        try:
            if type(item) is Event:
                if not last:
                    parts = self._dialect.decode(item)
                else:
                    # Half a payload is no Invalid, it is a truncation, which the dialect's end tells.
                    parts = self._dialect.last(item, self._line_ended)
                    parts = [part for part in parts if type(part) is not Invalid]
            elif type(item) is Ignored:
                parts = self._dialect.ignored(item)
            else:
                return []
        except DialectError as error:
            return [] if last and type(item) is Event else [Invalid(error.event, error)]
        if self._dialect.ended:
            self._look_for_done(parts)
        return parts

    def _look_for_done(self, parts: list[Part]) -> None:
        if parts and isinstance(parts[-1], Done):
            self.done = parts[-1]


class PartEncoder:
    """Encodes parts to the bytes of a stream in `dialect`: `send` each, then `close()`.

    `id`, `model` and `created` (Unix seconds) are written where no Start says so. `headers` are what the
    HTTP answer needs.

    >>> from sse_core.dialects import Finish, PartEncoder, TextDelta
    >>> encoder = PartEncoder("websopy")
    >>> encoder.send(TextDelta("Hi"))
    b'data: {"type":"content","content":"Hi"}\\n\\n'
    >>> encoder.close()
    b'data: {"type":"done"}\\n\\n'
    """

    def __init__(
        self, dialect: AnyDialect, *, id: str | None = None, model: str | None = None, created: int | None = None
    ) -> None:
        self._dialect = make(dialect, id=id, model=model, created=created)
        self._encoder = Encoder(newline=self._dialect.newline)

    @property
    def headers(self) -> dict[str, str]:
        """SSE_HEADERS and the dialect's own."""
        return {**SSE_HEADERS, **self._dialect.headers}

    def send(self, part: Part) -> bytes:
        """The bytes to send for `part`, b"" if none yet; a Done is `close()`.

        Raises EncodeError, and has then sent nothing, if the dialect cannot say the part.
        """
        return self._bytes(self._dialect.encode(part))

    def close(self) -> bytes:
        """The bytes that close what is open and end the stream; after an Error, no success. Twice is once."""
        return self._bytes(list(self._dialect.encode_end()))

    def _bytes(self, items: list[Event | Retry | Comment]) -> bytes:
        out = []
        retry: int | None = None
        for item in items:
            if isinstance(item, Event):
                out.append(self._encoder.encode(item, retry=retry))
                retry = None
                continue
            if retry is not None:
                out.append(self._encoder.encode(Retry(retry)))
            retry = item.milliseconds if isinstance(item, Retry) else None
            if retry is None:
                out.append(self._encoder.encode(item))
        if retry is not None:
            out.append(self._encoder.encode(Retry(retry)))
        return b"".join(out)


class Transcoder:
    r"""Rewrites a stream of one dialect as another: feed it the source's chunks, send on what it returns.

    Comments go along, to keep the connection alive. From a dialect to itself it relays all items as they
    are. An answer that was cut never ends as a success: `close` then raises TruncatedError, whose `data` is
    what is still to send: what was complete, and the target's error.

    >>> from sse_core.dialects import Transcoder
    >>> transcoder = Transcoder("websopy", "laddro")
    >>> transcoder.feed(b'data: {"type":"content","content":"Hi"}\n\ndata: {"type":"done"}\n\n')
    b'data: {"type":"section","section":"0","content":"Hi"}\n\ndata: {"type":"done"}\n\n'
    """

    def __init__(
        self,
        source: AnyDialect,
        target: AnyDialect,
        *,
        id: str | None = None,
        model: str | None = None,
        created: int | None = None,
        max_event_size: int | None = MAX_EVENT_SIZE,
    ) -> None:
        self._decoder = PartDecoder(source, max_event_size=max_event_size)
        self._encoder = PartEncoder(target, id=id, model=model, created=created)
        self._relay = type(self._decoder._dialect) is type(self._encoder._dialect)

    @property
    def headers(self) -> dict[str, str]:
        """What the HTTP answer needs: SSE_HEADERS and the target's own."""
        return self._encoder.headers

    @property
    def done(self) -> Done | None:
        """The source's Done, once it came."""
        return self._decoder.done

    def feed(self, chunk: bytes | bytearray | memoryview) -> bytes:
        """The target's bytes for what `chunk` completes.

        Raises as PartDecoder does, and EncodeError if the target cannot say what came.
        """
        return b"".join([self._rewrite(item) for item in self._decoder._items(chunk)])

    def close(self) -> bytes:
        """The last bytes: the source's body is over."""
        items = self._decoder._decoder.flush_items() if self.done is None else []
        data = b"".join([self._rewrite(item, last=True) for item in items])
        try:
            parts = self._decoder.close()
        except TruncatedError as error:
            error.data = data + self._encoder.send(Error(str(error), "truncated")) + self._encoder.close()
            raise
        return data if self._relay else data + self._send(parts)

    def _rewrite(self, item: Item, last: bool = False) -> bytes:
        parts = self._decoder._parts(item, last)
        if type(item) is Ignored:
            # An error that came as a field line of its own: a relay too has to frame it.
            return self._send(parts)
        if type(item) is Comment or (self._relay and (parts or not last)):
            return self._encoder._encoder.encode(item)
        return b"" if self._relay else self._send(parts)

    def _send(self, parts: list[Part]) -> bytes:
        return b"".join([self._encoder.send(part) for part in parts])


def make(
    dialect: AnyDialect,
    *,
    loads: Callable[[str], Any] | None = None,
    id: str | None = None,
    model: str | None = None,
    created: int | None = None,
) -> Dialect:
    """The Dialect that `dialect` names, made with these options; an instance has its own, and takes none."""
    from . import get  # which finds dialects, whose streams are here: loaded when first asked for

    given = {"loads": loads, "id": id, "model": model, "created": created}
    options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if isinstance(dialect, Dialect):
        if options:
            raise TypeError(f"{', '.join(options)}: give it to the Dialect, not beside an instance of it")
        return dialect
    if isinstance(dialect, str):
        dialect = get(dialect)
    if not (isinstance(dialect, type) and issubclass(dialect, Dialect)):
        raise TypeError(f"a dialect is a name, a Dialect class or an instance, not {dialect!r}")
    return dialect(**options)


def iter_parts(chunks: Iterable[bytes], dialect: AnyDialect) -> Iterator[Part]:
    """The parts of `chunks`, to its Done; chunks after that are not asked for.

    Raises TruncatedError if the answer was cut, and LimitError, each after the parts before it.

    >>> from sse_core.dialects import iter_parts
    >>> chunks = [b'data: {"type":"content","content":"Hi"}\\n\\nda', b'ta: {"type":"done"}\\n\\n']
    >>> for part in iter_parts(chunks, "websopy"):
    ...     print(part)
    TextDelta(text='Hi')
    Finish(reason='stop')
    Done(how='event')
    """
    decoder = PartDecoder(dialect)
    for chunk in chunks:
        yield from decoder.feed(chunk)
        if decoder.done is not None:
            return
    try:
        yield from decoder.close()
    except TruncatedError as error:
        yield from error.parts
        raise


async def aiter_parts(chunks: AsyncIterable[bytes], dialect: AnyDialect) -> AsyncIterator[Part]:
    """As `iter_parts`, for an asynchronous iterable."""
    decoder = PartDecoder(dialect)
    async for chunk in chunks:
        for part in decoder.feed(chunk):
            yield part
        if decoder.done is not None:
            return
    try:
        parts = decoder.close()
    except TruncatedError as error:
        for part in error.parts:
            yield part
        raise
    for part in parts:
        yield part
