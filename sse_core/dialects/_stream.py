# SPDX-License-Identifier: MIT
"""Where the wire and a dialect meet: PartDecoder, PartEncoder, Transcoder, iter_parts, aiter_parts."""

from __future__ import annotations

from .._decoder import MAX_EVENT_SIZE, Decoder, _to_bytes
from .._encoder import SSE_HEADERS, Encoder
from .._errors import EncodeError, LimitError, TruncatedError
from .._items import Comment, Event, Id, Ignored, Retry
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
        # The truncation that close() found: the stream is over, and no later chunk may make it a success.
        self._cut: TruncatedError | None = None
        self.done: Done | None = None
        # The decoder's own are ahead of the parts when a Done comes in the middle of a chunk.
        self.last_event_id = last_event_id
        self.reconnection_time: int | None = None

    @property
    def error(self) -> LimitError | None:
        """The LimitError that the next feed or close will raise, once the limit was crossed."""
        return self._decoder.error

    def feed(self, chunk: bytes | bytearray | memoryview) -> list[Part]:
        """The parts that `chunk` completes."""
        parts: list[Part] = []
        decode = self._dialect.decode
        for item in self._items(chunk):
            if type(item) is Event:  # as in _parts: a call less for what nearly all items are
                self.last_event_id = item.last_event_id
                try:
                    found = decode(item)
                except (ValueError, RecursionError) as error:  # a DialectError is a ValueError
                    found = [_invalid(item, error)]
            else:
                found = self._parts(item)
            if found:
                parts += found
                if type(found[-1]) is Done:
                    self.done = found[-1]
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
        parts: list[Part] = []
        for item in self._last_items():
            parts += self._parts(item, last=True)
        return self._end(parts)

    def _items(self, chunk: bytes | bytearray | memoryview) -> list[Item]:
        """The items of a chunk; none once the stream is over."""
        if type(chunk) is not bytes:
            chunk = _to_bytes(chunk)
        if self.done is not None or self._cut is not None:
            return []
        items = self._decoder.feed_items(chunk)
        if chunk:
            self._line_ended = chunk[-1] in (10, 13)
        return items

    def _last_items(self) -> list[Item]:
        """The items that the end of the body cut off."""
        if self.done is not None or self._cut is not None:
            return []
        # Half a comment is no loss.
        half = self._decoder.incomplete and self._decoder._tail[:1] != b":"
        items = self._decoder.flush_items()
        lines = [item.line for item in items if isinstance(item, Ignored)]
        if half and (not items or any("data".startswith(line) or "event".startswith(line) for line in lines)):
            self._dialect.cut("")
        return items

    def _end(self, parts: list[Part]) -> list[Part]:
        """`parts` and those of the end; TruncatedError, with `parts`, if it is none."""
        if self.done is not None:
            return parts
        if self._cut is not None:
            raise TruncatedError(str(self._cut), [])
        try:
            parts += self._dialect.end()
        except TruncatedError as error:
            self._cut = error
            error.parts = parts
            raise
        self.done = parts[-1] if parts and isinstance(parts[-1], Done) else Done("eof")
        return parts

    def _parts(self, item: Item, last: bool = False) -> list[Part]:
        """The parts of one item, up to a Done; `last`: the end of the stream cut it off."""
        if self.done is not None:
            return []
        parts: list[Part] = []
        try:
            if type(item) is Event:
                self.last_event_id = item.last_event_id
                parts = self._dialect.last(item, self._line_ended) if last else self._dialect.decode(item)
            elif type(item) is Ignored:
                parts = self._dialect.ignored(item)
            elif type(item) is Retry:
                self.reconnection_time = item.milliseconds
            elif type(item) is Id:
                self.last_event_id = item.value
        except (ValueError, RecursionError) as error:
            parts = [_invalid(item, error)]
        if last and type(item) is Event and parts and type(parts[-1]) is Invalid:
            # Half a payload is no Invalid, it is a truncation, which the dialect's end tells.
            del parts[-1:]
            self._dialect.cut(item.data)
        if parts and isinstance(parts[-1], Done):
            self.done = parts[-1]
        return parts


def _invalid(item: Item, error: Exception) -> Invalid:
    """The Invalid for what a dialect could not read."""
    event = getattr(error, "event", None) or item
    return Invalid(event if isinstance(event, Event) else Event(str(item)), error)


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
        self, dialect: AnyDialect, *, id: str | None = None, model: str | None = None, created: int = 0
    ) -> None:
        self._dialect = make(dialect, id=id, model=model, created=created or None)
        self._encoder = Encoder(newline=self._dialect.newline)
        self._closed = False

    @property
    def headers(self) -> dict[str, str]:
        """SSE_HEADERS and the dialect's own."""
        return {**SSE_HEADERS, **self._dialect.headers}

    def send(self, part: Part) -> bytes:
        """The bytes to send for `part`, b"" if none yet; a Done is `close()`.

        Raises EncodeError, and has then sent nothing, if the dialect cannot say the part.
        """
        if isinstance(part, Done):
            return self.close()
        if self._closed:
            raise EncodeError("part", part, "comes after the end of the stream")
        return self._bytes(self._dialect.encode(part))

    def close(self) -> bytes:
        """The bytes that close what is open and end the stream; after an Error, no success. Twice is once."""
        if self._closed:
            return b""
        data = self._bytes(list(self._dialect.encode_end()))
        self._closed = True
        return data

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

    Comments go along, to keep the connection alive, where the target's clients skip them. From a dialect to
    itself it relays all items as they are. An answer that was cut never ends as a success: `close` then raises
    TruncatedError, whose `data` is what is still to send: what was complete, and the target's error.

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
        created: int = 0,
        max_event_size: int | None = MAX_EVENT_SIZE,
    ) -> None:
        self._decoder = PartDecoder(source, max_event_size=max_event_size)
        self._encoder = PartEncoder(target, id=id, model=model, created=created)
        # Two instances may have options of their own, so they do not relay.
        same = type(self._decoder._dialect) is type(self._encoder._dialect)
        self._relay = same and not isinstance(source, Dialect) and not isinstance(target, Dialect)
        # A relay that had to encode a part ends as an encoder does.
        self._spoke = False
        # The target could not say a part: without it the rest would end as a success.
        self._refusal: EncodeError | None = None

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

        Raises as PartDecoder does, and EncodeError if the target cannot say what came, whose `data` is what
        was rewritten before it; each later call raises it, too.
        """
        self._raise_refusal()
        out: list[bytes] = []
        if self._relay and self.done is not None:  # a relay goes on after it: some servers say their end twice
            items = self._decoder._decoder.feed_items(chunk)
            return b"".join([self._encoder._encoder.encode(item) for item in items])
        self._rewrite(self._decoder._items(chunk), out)
        return b"".join(out)

    def close(self) -> bytes:
        """The last bytes: the source's body is over."""
        self._raise_refusal()
        out: list[bytes] = []
        self._rewrite(self._decoder._last_items(), out, last=True)
        try:
            parts = self._decoder._end([])
        except TruncatedError as error:
            if not self._encoder._closed:
                self._send([Error(str(error), "truncated"), Done("error")], out)
            error.data = b"".join(out)
            raise
        if not self._relay or self._spoke:
            self._send([*parts, Done("eof")], out)
        return b"".join(out)

    def _rewrite(self, items: list[Item], out: list[bytes], last: bool = False) -> None:
        for item in items:
            if self.done is not None and not self._relay:
                return
            parts = self._decoder._parts(item, last)
            if type(item) is Ignored:
                # An error that came as a field line of its own: a relay too has to frame it.
                self._spoke = self._spoke or bool(parts)
                self._send(parts, out)
            elif self._relay:
                if parts or not last:
                    out.append(self._encoder._encoder.encode(item))
            elif type(item) is Comment and self._encoder._dialect.comments:
                out.append(self._encoder._encoder.encode(item))
            else:
                self._send(parts, out)

    def _send(self, parts: list[Part], out: list[bytes]) -> None:
        try:
            for part in parts:
                out.append(self._encoder.send(part))
        except EncodeError as error:
            self._refusal = error
            error.data = b"".join(out)
            raise

    def _raise_refusal(self) -> None:
        if self._refusal is not None:
            self._refusal.data = b""
            raise self._refusal


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
        if decoder.error is not None:
            raise decoder.error
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
        if decoder.error is not None:
            raise decoder.error
    try:
        parts = decoder.close()
    except TruncatedError as error:
        for part in error.parts:
            yield part
        raise
    for part in parts:
        yield part
