# SPDX-License-Identifier: MIT
"""PartDecoder and PartEncoder, bytes to parts and back; iter_parts and aiter_parts, for those who bring the chunks."""

from __future__ import annotations

from .._decoder import MAX_EVENT_SIZE, Decoder, to_bytes
from .._encoder import SSE_HEADERS, Encoder
from .._errors import DialectError, EncodeError, TruncatedError
from .._items import Comment, Event, Id, Ignored, Retry
from ._parts import Done, Usage, without_raw
from ._registry import reader_of, writer_of
from .base.again import Again
from .base.held import MAX_SIZE
from .base.reader import UNREADABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Iterator, Sequence
    from typing import Any

    from .._errors import LimitError
    from .._items import Item
    from ._parts import Part
    from ._registry import Name
    from .base.dialect import Dialect
    from .base.reader import Reader
    from .base.writer import Writer

_COLON = 58


class PartDecoder:
    """Decodes a stream of bytes to parts: feed it chunks, then `close()` it when the body is over.

    `dialect` is a name, a Dialect, or a Reader made for this stream. What the server does wrong is a part (Error,
    Invalid) in its place; `feed` raises only LimitError and TypeError, as Decoder does. `done` is the Done once it
    came; whatever follows it is ignored. `reset()` before the next connection of the same stream. `reader` and
    `decoder` are what it is made of; `last_event_id` and `reconnection_time` (milliseconds; None until the server
    sets it) are those of the stream, as far as its parts were given.

    >>> from sse_core.dialects import PartDecoder
    >>> decoder = PartDecoder("openai-chat")
    >>> decoder.feed(b'data: {"id":"c1","choices":[{"index":0,"delta":{"content":"Hi"}}]}\\n\\n')
    [Start(id='c1'), TextDelta(text='Hi')]
    >>> decoder.feed(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\\n\\ndata: [DONE]\\n\\n')
    [Finish(reason='stop', raw_reason='stop'), Done(how='sentinel')]
    """

    def __init__(
        self,
        dialect: Name | Dialect | Reader,
        *,
        loads: Callable[[str], Any] | None = None,
        last_event_id: str = "",
        max_event_size: int | None = MAX_EVENT_SIZE,
    ) -> None:
        self.reader: Reader = reader_of(dialect, loads)
        facts = self.reader.dialect
        self.decoder: Decoder = Decoder(
            last_event_id=last_event_id,
            max_event_size=max_event_size,
            dataless=facts.dataless,
            default_type=facts.default_type,
        )
        # Whether the last line has ended: text that may have been cut short is not taken for whole.
        self._line_ended = True
        # The byte that opens the line that has not ended: half a comment is no loss.
        self._opening = 0
        # The truncation that `end` found: the stream is over, and no later chunk may make it a success.
        self.cut: TruncatedError | None = None
        self.done: Done | None = None
        # The decoder's own are ahead of the parts when a Done comes in the middle of a chunk.
        self.last_event_id: str = last_event_id
        self.reconnection_time: int | None = None

    @property
    def dialect(self) -> Dialect:
        """The Dialect, whose facts a client may need: `resumable`, `endless`."""
        return self.reader.dialect

    @property
    def error(self) -> LimitError | None:
        """The LimitError that the next feed or close will raise, once the limit was crossed."""
        return self.decoder.error

    def feed(self, chunk: bytes | bytearray | memoryview) -> list[Part]:
        """The parts that `chunk` completes."""
        return self.parts(self.items(chunk))

    def close(self, *, half: bool = True) -> list[Part]:
        """The last parts: the body is over.

        An event whose blank line never came is read if its payload is whole; with `half` False it is dropped, where
        the next connection will bring it again. Raises TruncatedError if the answer was cut, with `parts` as what
        this call still read; and LimitError as `feed`.

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
        for item in self.last_items(half):
            parts += self.last_parts(item)
        try:
            return parts + self.end()
        except TruncatedError as error:
            error.parts = parts
            raise

    def reset(self) -> None:
        """Make ready for the next connection of the same stream.

        Done, the cut, the error and half an event are forgotten; what the message said stays said.

        >>> from sse_core.dialects import PartDecoder
        >>> decoder = PartDecoder("openai-responses")
        >>> decoder.feed(b'id: 1\\ndata: {"type":"response.created","response":{"id":"r1"}}\\n\\ndata: {"ty')
        [Start(id='r1')]
        >>> decoder.reset()
        >>> decoder.last_event_id
        '1'
        """
        self.decoder.reset()
        self.decoder.last_event_id = self.last_event_id
        self.reader.reset()
        self._line_ended = True
        self.done = self.cut = None

    # -- what feed and close are made of, for a relay, which is between the items and the parts

    def items(self, chunk: bytes | bytearray | memoryview) -> list[Item]:
        """The items of a chunk; none once the stream is over."""
        if type(chunk) is not bytes:
            chunk = to_bytes(chunk)
        if self.done is not None or self.cut is not None:
            return []
        items = self.decoder.feed_items(chunk)
        if chunk:
            if chunk[-1] in (10, 13):
                self._line_ended = True
            else:
                begin = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
                if begin or self._line_ended:
                    self._opening = chunk[begin]
                self._line_ended = False
        return items

    def parts(self, items: Sequence[Item]) -> list[Part]:
        """The parts of items, up to a Done."""
        parts: list[Part] = []
        reader = self.reader
        decode = reader.decode if reader.retry is None else self._decode_after_retry
        for item in items:
            try:
                if type(item) is Event:
                    self.last_event_id = item.last_event_id
                    found = decode(item)
                else:
                    found = self._control(item)
                    if reader.retry is not None:
                        decode = self._decode_after_retry
            except UNREADABLE as error:
                found = self._invalid(item, error)
            if found:
                parts += found
                if type(found[-1]) is Done:
                    self._over(found[-1])
                    break
        return parts

    def last_items(self, half: bool = True) -> list[Item]:
        """The items that the end of the body cut off: the event with `half`, what the standard ignores always."""
        if self.done is not None or self.cut is not None:
            return []
        if not self._line_ended and self._opening == _COLON:
            self.decoder.feed_items(b"\n")
        incomplete = self.decoder.incomplete
        items: list[Item] = self.decoder.flush_items()
        lines = [item.line for item in items if isinstance(item, Ignored)]
        if not half:
            items = [item for item in items if type(item) is not Event]
        # A field name that was cut off is a field; an event line by itself gives no event.
        if incomplete and (not items or any(_is_begun(line) for line in lines)):
            self.reader.half = self.reader.half or ""
        return items

    def last_parts(self, item: Item) -> list[Part]:
        """The parts of one of `last_items`."""
        if type(item) is not Event:
            parts = self.parts([item])
            if not self._line_ended and parts and parts[-1].kind == "invalid":  # half a line, which nobody sent so
                self.reader.half = self.reader.half or ""
                return parts[:-1]
            return parts
        self.last_event_id = item.last_event_id
        parts = self.reader.last(item, self._line_ended)
        if parts and type(parts[-1]) is Done:
            self._over(parts[-1])
        return parts

    def end(self) -> list[Part]:
        """The parts of the end; TruncatedError if it is none."""
        if self.done is not None:
            return []
        if self.cut is not None:
            raise TruncatedError(str(self.cut))
        try:
            parts = self.reader.end()
        except TruncatedError as error:
            self.cut = TruncatedError(str(error))  # not the one that is raised, which gets parts, and their payloads
            raise
        self.done = parts[-1] if parts and isinstance(parts[-1], Done) else Done("eof")
        return parts

    def _over(self, done: Done) -> None:
        self.done = without_raw(done)
        self.last_event_id = self.reader.cursor(self.last_event_id)

    def _decode_after_retry(self, event: Event) -> list[Part]:
        """The parts of an event; a Retry before it was for that one alone."""
        try:
            return self.reader.decode(event)
        finally:
            self.reader.retry = None

    def _control(self, item: Item) -> list[Part]:
        if type(item) is Comment:
            return []
        if type(item) is Retry:
            self.reconnection_time = item.milliseconds
        elif type(item) is Id:
            self.last_event_id = item.value
        return self.reader.control(item)

    def _invalid(self, item: Item, error: Exception) -> list[Part]:
        """The parts for what a dialect could not read: an Invalid."""
        event = getattr(error, "event", None) or item
        if not isinstance(event, Event):
            event = Event(str(item))
        if not isinstance(error, DialectError):
            what = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
            error = DialectError(f"{self.reader.name}: {what}{error}", event)
        return self.reader.invalid(event, error)


def _is_begun(line: str) -> bool:
    return "data".startswith(line) or "event".startswith(line)


class PartEncoder:
    """Encodes parts to the bytes of a stream in `dialect`: `send` each, then `close()`.

    `dialect` is a name, a Dialect, or a Writer made for this stream. `id`, `model` and `created` (Unix seconds) are
    written where no Start says so. `max_size` bounds, in characters, what is held back between two parts, as a call
    that is sent whole, or to be said again at the end. `headers` are what the HTTP answer needs. `writer` and
    `encoder` are what it is made of; `closed` says that the end was written.

    >>> from sse_core.dialects import Finish, PartEncoder, TextDelta
    >>> encoder = PartEncoder("websopy")
    >>> encoder.send(TextDelta("Hi"))
    b'data: {"type":"content","content":"Hi"}\\n\\n'
    >>> encoder.close()
    b'data: {"type":"done"}\\n\\n'
    """

    def __init__(
        self,
        dialect: Name | Dialect | Writer,
        *,
        id: str | None = None,
        model: str | None = None,
        created: int = 0,
        max_size: int = MAX_SIZE,
    ) -> None:
        most = None if max_size == MAX_SIZE else max_size
        self.writer: Writer = writer_of(
            dialect, {"id": id, "model": model, "created": created or None, "max_size": most}
        )
        facts = self.writer.dialect
        self.encoder: Encoder = Encoder(newline=facts.newline, default_type=facts.default_type)
        # A class that is made of another one has not promised what that one did.
        self._again = Again() if vars(type(self.writer)).get("again") else None
        self.closed: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """SSE_HEADERS and the dialect's own."""
        return {**SSE_HEADERS, **self.writer.dialect.headers}

    def send(self, part: Part) -> bytes:
        """The bytes to send for `part`, b"" if none yet; a Done is `close()`, but with `reconnect` no success.

        Raises EncodeError if the dialect cannot say the part: then the stream goes on as if it had not been sent, or
        it has failed, and never ends as a success; and LimitError past `max_size`: then it has failed.
        """
        again = self._again
        if again is not None and again.live:
            data = again.write(part)
            if data:
                return data
            again.live = isinstance(part, Usage)
        if isinstance(part, Done):
            self.writer.failed = self.writer.failed or part.reconnect
            return self.close()
        if self.closed:
            raise EncodeError("part", part, "comes after the end of the stream")
        data = self._bytes(self.writer.encode(part))
        if again is not None:
            again.learn(part, data)
        return data

    def close(self) -> bytes:
        """The bytes that close what is open and end the stream; after an Error, no success. Twice is once."""
        if self.closed:
            return b""
        if self._again is not None:
            self._again.live = False
        data = self._bytes(self.writer.encode_end())
        self.closed = True
        return data

    def _bytes(self, items: list[Item]) -> bytes:
        """The bytes of items; a Retry before an Event goes inside its block."""
        out = []
        retry: int | None = None
        try:
            for item in items:
                if isinstance(item, Event):
                    out.append(self.encoder.encode(item, retry=retry))
                    retry = None
                    continue
                if retry is not None:
                    out.append(self.encoder.encode(Retry(retry)))
                retry = item.milliseconds if isinstance(item, Retry) else None
                if retry is None:
                    out.append(self.encoder.encode(item))
            if retry is not None:
                out.append(self.encoder.encode(Retry(retry)))
        except EncodeError:  # the writer takes it for said
            self.writer.failed = True
            raise
        return b"".join(out)


def iter_parts(
    chunks: Iterable[bytes],
    dialect: Name | Dialect | Reader,
    *,
    loads: Callable[[str], Any] | None = None,
    last_event_id: str = "",
    max_event_size: int | None = MAX_EVENT_SIZE,
) -> Iterator[Part]:
    """The parts of `chunks`, to its Done; chunks after that are not asked for. Options as PartDecoder's.

    Raises TruncatedError if the answer was cut, and LimitError, each after the parts before it.

    >>> from sse_core.dialects import iter_parts
    >>> chunks = [b'data: {"type":"content","content":"Hi"}\\n\\nda', b'ta: {"type":"done"}\\n\\n']
    >>> for part in iter_parts(chunks, "websopy"):
    ...     print(part)
    TextDelta(text='Hi')
    Finish(reason='stop')
    Done(how='event')
    """
    decoder = PartDecoder(dialect, loads=loads, last_event_id=last_event_id, max_event_size=max_event_size)
    for chunk in chunks:
        yield from decoder.feed(chunk)
        if decoder.done is not None:
            return
        if decoder.error is not None:
            raise decoder.error
    parts, cut = _closed(decoder)
    yield from parts
    if cut is not None:
        raise cut


async def aiter_parts(
    chunks: AsyncIterable[bytes],
    dialect: Name | Dialect | Reader,
    *,
    loads: Callable[[str], Any] | None = None,
    last_event_id: str = "",
    max_event_size: int | None = MAX_EVENT_SIZE,
) -> AsyncGenerator[Part, None]:
    """As `iter_parts`, for an asynchronous iterable."""
    decoder = PartDecoder(dialect, loads=loads, last_event_id=last_event_id, max_event_size=max_event_size)
    async for chunk in chunks:
        for part in decoder.feed(chunk):
            yield part
        if decoder.done is not None:
            return
        if decoder.error is not None:
            raise decoder.error
    parts, cut = _closed(decoder)
    for part in parts:
        yield part
    if cut is not None:
        raise cut


def _closed(decoder: PartDecoder) -> tuple[Sequence[Part], TruncatedError | None]:
    """The last parts, and the truncation that is to be raised after them, when they were given."""
    try:
        return decoder.close(), None
    except TruncatedError as error:
        parts, error.parts = error.parts, ()
        return parts, error
