# SPDX-License-Identifier: MIT
"""Decoder: the bytes of an event stream in, in any pieces; what it says out.

Rules are those of the WHATWG HTML standard, "Server-sent events", 9.2.5 (parsing) and 9.2.6 (interpreting).
"""

from __future__ import annotations

from ._errors import LimitError, shorten
from ._items import Event, Ignored, check_default_type
from ._lines import Lines, new

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, SupportsIndex

    from ._items import Item

# One data line may be a base64 image, or the whole answer repeated. Defaults of 64 KiB (Go's bufio.Scanner),
# 1 MiB (httpx2 2.10) and 32 MB each broke real LLM or MCP traffic; openai-python tests events of 64 MiB.
MAX_EVENT_SIZE = 64 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_UNLIMITED = 1 << 62  # the limit for `max_event_size=None`: no count of bytes reaches it
_KEPT = (b"data:", b"event:", b"id:")  # the beginnings of lines that take effect at their blank line
_SLICE = 12 * 1024  # bytes of a chunk that are read at a time
_SMALL = 4096  # bytes up to which what waits is cheap to copy
_LINE_SHOWN = 40  # bytes of the line that a LimitError shows


class Decoder(Lines):
    r"""Decodes one event stream: feed it chunks as they come, get events as they complete.

    `last_event_id` is what the connection was opened with. `max_event_size` bounds, in bytes, the block
    being read: its data, event and id lines, each with one byte for its end, and the unfinished line
    whatever it is; None is no bound. `dataless` also delivers named blocks without a data line, which the
    standard drops, with data "" (LangServe's `end`, GraphQL's `complete`). `default_type` is the type of an
    event whose block has no event line, or an empty one; "" tells an explicit `event: message` from none.

    After the limit was crossed, `error` holds the LimitError, the events before it have been returned, and
    every further feed or flush raises it until `reset()`. `last_event_id` and `reconnection_time` (in
    milliseconds; None until the server sets it) are what a reconnection needs. A decoder may be pickled or
    copied in mid-stream.

    >>> from sse_core import Decoder
    >>> decoder = Decoder()
    >>> decoder.feed(b"id: 1\ndata: Hel")
    []
    >>> decoder.feed(b"lo\n\n")
    [Event(data='Hello', type='message', last_event_id='1')]

    Theory of operation. A block that is not complete waits as bytes, since its data, event and id lines say
    nothing before their blank line: all the state there is. What does take effect when its line ends (a comment,
    `retry`, a line to ignore) `_walk` takes out of the block at once, and counts what is left against the limit.
    So complete blocks are read in one go, by Lines, whose line machine is the standard's, a rule on each branch.
    `feed` knows five sizes of chunk: an event, a piece of a line, a line, what ends in one event and begins in
    another, and what is so long that it is read in slices; each gives its complete blocks to Lines and lets the
    rest wait.
    """

    __slots__ = ("_limit", "_ready_type", "_skip_lf", "_small_limit", "_start", "_tail", "error")

    def __init__(
        self,
        *,
        last_event_id: str = "",
        max_event_size: int | None = MAX_EVENT_SIZE,
        dataless: bool = False,
        default_type: str = "message",
    ) -> None:
        if not isinstance(last_event_id, str):
            raise TypeError(f"last_event_id must be str, not {type(last_event_id).__name__}")
        if max_event_size is None:
            max_event_size = _UNLIMITED
        elif type(max_event_size) is not int:
            raise TypeError(f"max_event_size must be int or None, not {type(max_event_size).__name__}")
        elif max_event_size < 1:
            raise ValueError(f"max_event_size must be 1 byte or more, not {max_event_size}")
        check_default_type(default_type)
        super().__init__(last_event_id, dataless, default_type)
        self._limit = max_event_size
        # The size up to which a block is within the limit and cheap to copy: `feed` compares once for both.
        self._small_limit = min(max_event_size, _SMALL)
        self.reset()

    def reset(self) -> None:
        """Make ready for the next connection's stream.

        The half-read event and any error are forgotten; `last_event_id` and `reconnection_time` stay.

        >>> from sse_core import Decoder
        >>> decoder = Decoder()
        >>> decoder.feed(b"id: 1\\ndata: x\\n\\nid: 2\\ndata: cut o")
        [Event(data='x', type='message', last_event_id='1')]
        >>> decoder.reset()
        >>> decoder.last_event_id, decoder.incomplete
        ('1', False)
        """
        self.error: LimitError | None = None
        # The type of chunk that `feed` reads without preparing it: bytes, or None while there is an error to raise,
        # a BOM to decide or an LF to skip. Without it, each feed would check the type, the error, the BOM and the LF.
        self._ready_type: type | None = None
        # Whether the stream may still begin with a BOM. Without it, a BOM would be dropped from each line or chunk,
        # or kept at the start of the next connection.
        self._start = True
        # Whether the last chunk ended in CR. An LF that opens the next chunk belongs to it, and is no blank line.
        self._skip_lf = False
        # The unfinished block: its data, event and id lines, each with an LF, and then the unfinished line. So its
        # length is the size to limit. At the start of the stream it is what may become a BOM. It is dropped as a
        # whole, so that a block that is cut off commits no id and gives its type to no other event. Where it is
        # not small it is a bytearray: a list of 2-byte pieces takes 21 times their size, `bytes +=` quadratic time.
        self._tail: bytes | bytearray = b""

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        self._tail = bytes(self._tail)  # or the next feed of either would change what waits in both
        return super().__reduce_ex__(protocol)

    @property
    def incomplete(self) -> bool:
        """Whether an unfinished line, or a data, event or id line, waits for its blank line.

        >>> from sse_core import Decoder
        >>> decoder = Decoder()
        >>> decoder.feed(b"data: cut off")
        []
        >>> decoder.incomplete
        True
        """
        return bool(self._tail)

    def feed(self, chunk: bytes | bytearray | memoryview, _items: bool = False) -> list[Event]:
        """The events that `chunk` completes.

        A chunk may be cut anywhere, also inside a character, a CRLF or the BOM. Raises TypeError for what
        is not bytes-like, before any state changes, and LimitError once the limit was crossed before.

        >>> from sse_core import Decoder
        >>> Decoder().feed(b"event: tick\\ndata: 1\\n\\n")
        [Event(data='1', type='tick', last_event_id='')]
        """
        # `_items` is for `feed_items`, which calls this: a third method under both would cost `feed` a call. It is one
        # long function for the same reason: a token is a chunk, and each call more is a twentieth of its time.
        rest: bytes = chunk  # type: ignore[assignment]  # what is not bytes is prepared
        if type(chunk) is not self._ready_type:
            rest = self._prepare(chunk)
            if not rest:
                return []
        out: list[Any] = []
        tail = self._tail
        if not tail and len(rest) < self._small_limit:
            # The workload is one event per chunk, as tokens arrive.
            head = rest.removesuffix(b"\n\n").removesuffix(b"\r\n\r\n")
            if head != rest and 13 not in head:
                try:
                    text = head.decode()
                except UnicodeDecodeError:
                    text = head.decode("utf-8", "replace")
                data = text.removeprefix("data: ")
                if data != text and "\n" not in data:
                    event = new(Event)
                    event.data, event.type, event.last_event_id = data, self._default_type, self.last_event_id
                    return [event]
                self._block(text, out, _items)
                return out
        if 10 not in rest and 13 not in rest:  # a piece of a line: the workload is a small buffer
            tail += rest
            self._tail = tail
            if len(tail) > self._small_limit and (type(tail) is bytes or len(tail) > self._limit):
                self._walk(b"", out, _items)
            return out
        if len(tail) + len(rest) > self._small_limit:
            # A line and its end take at least the len(line) + 1 bytes that they count. So while all bytes together
            # are within the limit, no block among them can cross it, and nothing needs counting.
            if len(tail) + len(rest) > self._limit:
                self._walk(self._to_lf(rest) if 13 in rest else rest, out, _items)
                return out
            if len(rest) > _SLICE:
                return self._feed_slices(rest, _items)
            if len(tail) > _SMALL and type(tail) is bytes:
                self._walk(b"", out, _items)
                tail = self._tail
        elif rest[-1] == 10 and (not tail or tail[-1] == 10):
            # The workload is a line per chunk.
            line = rest[:-1].removesuffix(b"\r")
            if 10 not in line and 13 not in line:
                if line and ((line.startswith(_KEPT) and 0 not in line) or _is_kept(line)):
                    self._tail = tail + line + b"\n"
                elif line and (_items or line[:1] != b":"):
                    self._read_at_once(line.decode("utf-8", "replace"), out, _items)
                if line or not tail:
                    return out
                rest, tail = bytes(tail) + b"\n", b""  # the blank line of what waits
        if 13 not in rest:
            head, blank, rest = rest.rpartition(b"\n\n")
        else:
            head, blank, after = rest.rpartition(b"\r\n\r\n")
            # Complete blocks of data stay in CRLF: to replace CR in Gemini's costs as much as reading them.
            if 13 in after or (13 in head and 10 not in head):
                head, blank, after = self._to_lf(rest).rpartition(b"\n\n")
            rest = after
        if blank:
            text = (tail + head).decode("utf-8", "replace")
            data = text.removeprefix("data: ")
            if data == text:
                if 13 in head:
                    text = text.replace("\r\n", "\n").replace("\r", "\n")
                self._block(text, out, _items)
            elif "\n" in data:
                self._data_blocks(data, 13 in blank, out, _items)
            else:
                event = new(Event)
                event.data, event.type, event.last_event_id = data, self._default_type, self.last_event_id
                out.append(event)
            self._tail = tail = b""
        # What is left is an incomplete block: whole lines, and perhaps the beginning of one. A line that is not kept
        # takes effect now, so `_walk` reads it.
        if 10 in rest:
            for row in (tail[tail.rfind(b"\n") + 1 :] + rest if tail else rest).split(b"\n")[:-1]:
                if not row.startswith(_KEPT) or 0 in row:
                    self._walk(rest, out, _items)
                    return out
        tail += rest
        self._tail = tail
        return out

    def feed_items(self, chunk: bytes | bytearray | memoryview) -> list[Item]:
        """Everything that `chunk` says, in its order: for relays, monitors and odd dialects.

        A Comment, Retry or Ignored comes when its line ends, so before the event around it. `feed` and
        `feed_items` share one state and may be mixed.

        >>> from sse_core import Decoder
        >>> Decoder().feed_items(b": hello\\nretry: 500\\ndata: x\\n\\n")
        [Comment(text='hello'), Retry(milliseconds=500), Event(data='x', type='message', last_event_id='')]
        """
        return self.feed(chunk, True)  # type: ignore[return-value]  # asked for items, it gives them all

    def flush(self) -> list[Event]:
        """The event that the end of the stream cut off, if any: the standard drops it, so only by asking.

        An unterminated line counts only if it is data; the event carries the last event ID that was
        committed, not its own. The decoder is then as after `reset()`. Raises as `feed` does.

        >>> from sse_core import Decoder
        >>> decoder = Decoder()
        >>> decoder.feed(b"id: 2\\ndata: last words")
        []
        >>> decoder.flush()
        [Event(data='last words', type='message', last_event_id='')]
        """
        return self._flush(False)  # type: ignore[return-value]  # no items asked for: events only

    def flush_items(self) -> list[Item]:
        """As `flush`; an unterminated line that the standard ignores comes too, as an Ignored.

        >>> from sse_core import Decoder
        >>> decoder = Decoder()
        >>> decoder.feed_items(b'{"error": "a body with no framing"}')
        []
        >>> decoder.flush_items()
        [Ignored(line='{"error": "a body with no framing"}')]
        """
        return self._flush(True)

    def _prepare(self, chunk: bytes | bytearray | memoryview) -> bytes:
        """`chunk` as bytes, less the BOM, and less an LF that belongs to the CR before it."""
        if type(chunk) is not bytes:
            chunk = to_bytes(chunk)
        if self.error is not None:
            raise self.error.with_traceback(None)
        if self._start:
            chunk = bytes(self._tail) + chunk
            self._tail = b""
            if len(chunk) < 3 and _BOM.startswith(chunk):
                self._tail += chunk
                return b""
            self._start = False
            chunk = chunk.removeprefix(_BOM)
        if chunk:
            if self._skip_lf:
                chunk = chunk.removeprefix(b"\n")
            self._skip_lf = False
            self._ready_type = bytes
        return chunk

    def _feed_slices(self, chunk: bytes, items: bool) -> list[Any]:
        """What `feed` gives for a long chunk, read in slices: the text and the lines of all would take several
        times its size. They end at blank lines, where there are some: an event in two slices costs more."""
        blank = b"\r\n\r\n" if 13 in chunk else b"\n\n"
        out: list[Any] = []
        at = 0
        while at < len(chunk):
            end = chunk.rfind(blank, at, at + _SLICE)
            if end < 0 or self._tail or not self._ready_type:
                end = at + _SLICE if end < 0 else end + len(blank)
                out += Decoder.feed(self, chunk[at:end], items)
                at = end
            else:
                self._blocks(chunk[at:end].decode("utf-8", "replace"), 13 in blank, out, items)
                at = end + len(blank)
        return out

    def _walk(self, chunk: bytes, out: list[Item], items: bool) -> None:
        """Read a chunk in LF line by line, and count. What waits is a bytearray from then on.

        A block keeps its data, event and id lines; the others take effect at once.
        """
        tail, limit = self._tail, self._limit
        at = tail.rfind(b"\n") + 1
        lines = tail[at:]
        if not isinstance(tail, bytearray):
            self._tail = tail = bytearray(tail)
        del tail[at:]
        lines += chunk
        *rows, last = lines.split(b"\n")
        for row in rows:
            size = len(tail)
            kept = (row.startswith(_KEPT) and 0 not in row) or _is_kept(row)
            if size + len(row) + kept > limit:
                return self._overflow(row, size)
            if kept:
                tail += row
                tail += b"\n"
            elif row:
                self._read_at_once(row.decode("utf-8", "replace"), out, items)
            elif tail:
                self._block(tail[:-1].decode("utf-8", "replace"), out, items)
                tail.clear()
        if len(tail) + len(last) > limit:
            return self._overflow(last, len(tail))
        tail += last

    def _to_lf(self, chunk: bytes) -> bytes:
        """`chunk` with LF for CRLF and CR. CR ends a line at once; an LF that opens the next chunk is then skipped."""
        if chunk[-1] == 13:
            self._skip_lf = True
            self._ready_type = None
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _flush(self, items: bool) -> list[Item]:
        if self.error is not None:
            raise self.error.with_traceback(None)
        out: list[Item] = []
        kept, lf, last = self._tail.rpartition(b"\n")
        # The id lines are left out, since an unfinished block commits no id.
        kept += lf
        if kept.startswith(b"id") or b"\nid" in kept:
            rows = [row + b"\n" for row in kept.split(b"\n") if row and row.partition(b":")[0] != b"id"]
            kept = b"".join(rows)
        if last.partition(b":")[0] == b"data":
            kept += last + b"\n"
        elif last and not _is_kept(last):
            # The line is read as if it had ended. What that did is then undone, but for an Ignored: a comment or a
            # `retry` may have been cut short.
            time = self.reconnection_time
            self._read_at_once(last.decode("utf-8", "replace"), out, items)
            self.reconnection_time = time
            out = [item for item in out if type(item) is Ignored]
        self._lines(kept.decode("utf-8", "replace"), out, items)
        self.reset()
        return out

    def _overflow(self, line: bytes | bytearray, size: int) -> None:
        """Set the error: a block of `size` bytes crossed the limit in `line`, or in the beginning of a line."""
        self.reset()
        # The line is shown up to the limit and no further, so that the error is the same for every chunking.
        begins = bytes(line[: min(_LINE_SHOWN, self._limit - size)])
        self.error = LimitError(
            f"an event is larger than max_event_size, {self._limit} bytes: the line begins {begins!r}, "
            f"the last event ID is {shorten(self.last_event_id)}",
            self._limit,
        )


def _is_kept(row: bytes | bytearray) -> bool:
    """Whether a block keeps this line for its blank line: a data, event or id line."""
    name, _, value = row.partition(b":")
    return name in (b"data", b"event") or (name == b"id" and 0 not in value)


def to_bytes(chunk: object) -> bytes:
    """`chunk` as bytes; TypeError for what is not bytes-like, or was released."""
    if isinstance(chunk, str):
        raise TypeError("a chunk must be bytes, bytearray or memoryview, not str: encode it as UTF-8 first")
    try:
        return memoryview(chunk).tobytes()  # type: ignore[arg-type]  # the TypeError is the check
    except (TypeError, ValueError) as error:
        state = "a released " if isinstance(error, ValueError) else ""
        raise TypeError(f"a chunk must be bytes, bytearray or memoryview, not {state}{type(chunk).__name__}") from None
