# SPDX-License-Identifier: MIT
"""Decoder: the bytes of an event stream in, in any pieces; what it says out.

Rules are those of the WHATWG HTML standard, "Server-sent events", 9.2.5 (parsing) and 9.2.6 (interpreting).
"""

from __future__ import annotations

from ._errors import LimitError, shorten
from ._items import Comment, Event, Id, Ignored, Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._items import Item

# One data line may be a base64 image, or the whole answer repeated. Defaults of 64 KiB (Go's bufio.Scanner),
# 1 MiB (httpx2 2.10) and 32 MB each broke real LLM or MCP traffic; openai-python tests events of 64 MiB.
MAX_EVENT_SIZE = 64 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_UNLIMITED = 1 << 62  # what no count of bytes reaches
_RETRY_DIGITS = 18  # fits 64 bits; int() of endless digits is quadratic, and an error from 4,300 on
_SLICE = 16 * 1024  # bytes to read at a time
_SMALL = 4096  # bytes below which a chunk may well be one event
_LINE_SHOWN = 40  # bytes of the line a LimitError shows


class Decoder:
    r"""Decodes one event stream: feed it chunks as they come, get events as they complete.

    `last_event_id` is what the connection was opened with. `max_event_size` bounds, in bytes, the block
    being read: its data, event and id lines, each with one byte for its end, and the unfinished line
    whatever it is; None is no bound. `dataless` also delivers named blocks without a data line, which the
    standard drops, with data "" (LangServe's `end`, GraphQL's `complete`).

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

    Theory of operation. `_lines` is the standard's line machine, a rule on each branch; all else must agree
    with it. It reads complete blocks and keeps nothing between them: a block that is not complete waits as
    bytes, since its data, event and id lines say nothing before their blank line. What does take effect when
    its line ends (a comment, `retry`, a line to ignore) `_walk` takes out of the block at once, and counts
    what is left against the limit. `_blocks`, `_data_blocks` and `_event_of` are shortcuts for the shapes of
    real traffic. A chunk goes: complete blocks, in bulk; the lines after them, by `_walk`; the unfinished
    line, to the tail.
    """

    __slots__ = (
        "_dataless",
        "_limit",
        "_line_at",
        "_ready",
        "_skip_lf",
        "_start",
        "_tail",
        "error",
        "last_event_id",
        "reconnection_time",
    )

    def __init__(
        self,
        *,
        last_event_id: str = "",
        max_event_size: int | None = MAX_EVENT_SIZE,
        dataless: bool = False,
    ) -> None:
        if not isinstance(last_event_id, str):
            raise TypeError(f"last_event_id must be str, not {type(last_event_id).__name__}")
        if max_event_size is None:
            max_event_size = _UNLIMITED
        elif type(max_event_size) is not int:
            raise TypeError(f"max_event_size must be int or None, not {type(max_event_size).__name__}")
        elif max_event_size < 1:
            raise ValueError(f"max_event_size must be 1 byte or more, not {max_event_size}")
        self.last_event_id = last_event_id
        self.reconnection_time: int | None = None
        self._limit = max_event_size
        self._dataless = dataless
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
        # The BOM is decided, no LF is to be skipped and no error to be raised: one look in place of three.
        self._ready = False
        # No BOM decided yet. Without it, one BOM per line or per chunk is dropped, or that of a reconnection kept.
        self._start = True
        # The last chunk ended in CR: an LF opening the next belongs to it, and is no blank line.
        self._skip_lf = False
        # The unfinished block: its data, event and id lines, each with an LF, so that its length is the size
        # to limit, and the unfinished line; or what may become a BOM. A bytearray: 2-byte pieces in a list
        # cost 21 times their size, and `bytes +=` is quadratic. Dropped whole, so a block that is cut off
        # commits no id and names no other event.
        self._tail = bytearray()
        # Where the unfinished line begins in the tail: what is before it is not looked at again.
        self._line_at = 0

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
        # `_items` is how `feed_items` calls: one call less for each, and the rest is theirs together.
        if not self._ready or type(chunk) is not bytes:
            chunk = self._prepare(chunk)
            if not chunk:
                return []
        tail = self._tail
        # A line and its end take at least the len(line) + 1 they count: if all bytes together stay within
        # the limit, no block among them can cross it.
        if len(tail) + len(chunk) > self._limit:
            return self._near_limit(chunk, _items)
        if 10 not in chunk and 13 not in chunk:  # a piece of a line, through a small buffer
            tail += chunk
            return []
        out: list[Any] = []
        if not tail and len(chunk) < _SMALL:
            # One event per chunk: how tokens arrive.
            text = chunk.decode("utf-8", "replace")
            block = text.removesuffix("\n\n")
            if block == text:
                block = text.removesuffix("\r\n\r\n")
            if block != text and "\r" not in block:
                event = _event_of(block, self.last_event_id)
                if event is not None:
                    self.last_event_id = event.last_event_id
                    return [event]
                if block[:1] == ":" and "\n" not in block:  # a comment, to keep the connection alive
                    if _items:
                        out.append(Comment(block[1:].removeprefix(" ")))
                    return out
        if 13 in chunk:
            chunk = self._without_cr(chunk, out, _items)
        end = chunk.rfind(b"\n\n") + 2
        if end == 1 and not (chunk[:1] == b"\n" and tail[-1:] == b"\n"):
            end = 0  # and not the blank line of the block that waits
        at = 0
        while at < end:
            text, at = self._text(chunk, at, end, b"\n\n")
            self._blocks(text, out, _items)
        chunk = chunk[end:]
        if 10 in chunk:
            self._walk(chunk, out, _items)
        elif chunk:
            tail += chunk
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
            chunk = _to_bytes(chunk)
        if self.error is not None:
            raise self.error.with_traceback(None)
        if self._start:
            chunk = bytes(self._tail) + chunk
            self._tail.clear()
            if len(chunk) < 3 and _BOM.startswith(chunk):
                self._tail += chunk
                return b""
            self._start = False
            chunk = chunk.removeprefix(_BOM)
        if chunk:
            if self._skip_lf:
                chunk = chunk.removeprefix(b"\n")
            self._skip_lf = False
            self._ready = True
        return chunk

    def _near_limit(self, chunk: bytes, items: bool) -> list[Any]:
        """Read a chunk that may cross the limit."""
        out: list[Any] = []
        if 13 in chunk:
            chunk = self._to_lf(chunk)
        if 10 in chunk:
            self._walk(chunk, out, items)
        else:
            # Only what the error shows: a copy of the whole line, when memory is short, would be one too many.
            at = self._line_at
            self._overflow(self._tail[at : at + _LINE_SHOWN] + chunk[:_LINE_SHOWN], at)
        return out

    def _walk(self, chunk: bytes, out: list[Item], items: bool) -> None:
        """Read a chunk in LF line by line, counting: keep what the block keeps, give the rest at once."""
        tail, limit = self._tail, self._limit
        lines = tail[self._line_at :]
        del tail[self._line_at :]
        lines += chunk
        *rows, last = lines.split(b"\n")
        for row in rows:
            size = len(tail)
            kept = row.startswith((b"data:", b"event:")) or _is_kept(row)
            if size + len(row) + kept > limit:
                return self._overflow(row, size)
            if kept:
                tail += row
                tail += b"\n"
            elif row:
                self._say(row.decode("utf-8", "replace"), out, items)
            elif tail:
                self._blocks((tail + b"\n").decode("utf-8", "replace"), out, items)
                tail.clear()
        if len(tail) + len(last) > limit:
            return self._overflow(last, len(tail))
        self._line_at = len(tail)
        tail += last

    def _to_lf(self, chunk: bytes) -> bytes:
        """`chunk` with LF for CRLF and CR. CR ends a line at once; an LF that follows is swallowed later."""
        if chunk[-1] == 13:
            self._skip_lf = True
            self._ready = False
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _without_cr(self, chunk: bytes, out: list[Item], items: bool) -> bytes:
        """What is left of `chunk`, in LF, when the blocks it completes are read, if they are of data and in
        CRLF: Gemini. Two replacements over all of it would cost as much as reading it."""
        at, end = 0, chunk.rfind(b"\r\n\r\n") + 4
        while 3 < end > at and (self._tail + chunk[at : at + 6]).startswith(b"data: "):
            text, at = self._text(chunk, at, end, b"\r\n\r\n")
            self._data_blocks(text, "\r\n\r\n", out, items)
        chunk = chunk[at:]
        return self._to_lf(chunk) if 13 in chunk else chunk

    def _text(self, chunk: bytes, at: int, end: int, blank: bytes) -> tuple[str, int]:
        """The blocks of `chunk` from `at` to `end`, with what waits before them, and where they end: at a blank
        line not far on, since all the text and all its lines at once would take several times its size."""
        found = chunk.find(blank, at + _SLICE, end)
        cut = end if found < 0 else found + len(blank)
        data = self._tail + chunk[at:cut] if self._tail else chunk[at:cut]
        self._tail.clear()
        self._line_at = 0
        return data.decode("utf-8", "replace"), cut

    def _blocks(self, text: str, out: list[Item], items: bool) -> None:
        """Read complete blocks in LF."""
        if text.startswith("data: "):
            self._data_blocks(text, "\n\n", out, items)
        elif text.startswith("event: "):
            # An event line, then data: Anthropic, Responses, Cohere, Datastar.
            for block in text[7:-2].split("\n\nevent: "):
                type_, data_line, rest = block.partition("\ndata: ")
                data = _data_of(rest) if "\n" in rest else rest
                if data_line and data is not None and "\n" not in type_:
                    out.append(Event(data, type_ or "message", self.last_event_id))
                else:
                    self._lines(f"event: {block}\n\n", out, items)
        else:
            self._lines(text, out, items)

    def _data_blocks(self, text: str, blank: str, out: list[Item], items: bool) -> None:
        """Read blocks that begin with a data line and mostly have no other: OpenAI, Gemini, and most others."""
        for data in text[6 : -len(blank)].split(blank + "data: "):
            if "\n" in data or "\r" in data:
                block = f"data: {data}{blank}"
                self._lines(block.replace("\r\n", "\n").replace("\r", "\n"), out, items)
            else:
                out.append(Event(data, "message", self.last_event_id))

    def _lines(self, text: str, out: list[Item], items: bool) -> None:
        """Interpret the lines of complete blocks in LF, one by one."""
        data: list[str] = []  # no line is not the same as an empty one: `data:` and a blank line is an event
        type_ = ""
        new_id: str | None = None
        lines = text.split("\n")
        lines.pop()  # what follows the last LF: nothing
        for line in lines:
            if not line:  # "If the line is empty (a blank line): dispatch the event"
                is_event = bool(data) or (self._dataless and type_ != "")
                # "Set the last event ID string to the last event ID buffer": first, so also without data
                if new_id is not None:
                    changed = new_id != self.last_event_id
                    self.last_event_id = new_id
                    if items and changed and (not is_event or not new_id):
                        out.append(Id(new_id))
                    new_id = None
                # "If the data buffer is an empty string: set the event type buffer to the empty string and return"
                if is_event:
                    out.append(Event("\n".join(data), type_ or "message", self.last_event_id))
                    data.clear()
                type_ = ""
                continue
            # "Collect the characters before the first U+003A COLON", and "if value starts with a U+0020 SPACE
            # character, remove it": one, and no tab. No colon: the whole line is the field name.
            value = line.removeprefix("data: ")
            if value != line:
                data.append(value)
                continue
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "data":  # "Append the field value to the data buffer, then append a single LF"
                data.append(value)
            elif name == "event":  # "Set the event type buffer to field value": the last wins, "" takes it back
                type_ = value
            elif name == "id" and "\0" not in value:  # "If the field value does not contain U+0000 NULL"
                new_id = value
            elif name:
                self._say(line, out, items)
            elif items:  # "If the line starts with a U+003A COLON: ignore the line"
                out.append(Comment(value))

    def _say(self, line: str, out: list[Item], items: bool) -> None:
        """Interpret a line that takes effect when it ends: a comment, a retry, or one to ignore."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        # "If the field value consists of only ASCII digits"; str.isdigit alone takes other scripts' too
        if name == "retry" and value.isascii() and value.isdigit() and len(value) <= _RETRY_DIGITS:
            self.reconnection_time = int(value)
            if items:
                out.append(Retry(self.reconnection_time))
        elif items:
            # "If the line starts with a U+003A COLON: ignore the line"; "Otherwise: the field is ignored"
            out.append(Comment(value) if not name else Ignored(line))

    def _flush(self, items: bool) -> list[Item]:
        if self.error is not None:
            raise self.error.with_traceback(None)
        out: list[Item] = []
        at = self._line_at
        last = self._tail[at:]
        # An unfinished block commits no id.
        rows = [row for row in self._tail[:at].split(b"\n") if row and row.partition(b":")[0] != b"id"]
        if last.partition(b":")[0] == b"data":
            rows.append(last)
        elif last and not _is_kept(last):
            # Read as if it had ended; then take back the time it may have set, and keep what it ignores.
            time = self.reconnection_time
            self._say(last.decode("utf-8", "replace"), out, items)
            self.reconnection_time = time
            out = [item for item in out if type(item) is Ignored]
        self._lines(b"\n".join([*rows, b"", b""]).decode("utf-8", "replace"), out, items)
        self.reset()
        return out

    def _overflow(self, line: bytes | bytearray, size: int) -> None:
        """Stop: the block, `size` without it, crossed the limit in `line`, which may be only its beginning."""
        self.reset()
        # No more of the line than was within the limit, so that the error is the same for every chunking.
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


def _data_of(rest: str) -> str | None:
    """The data of lines that are all data lines, the first less its field name; None if one is another."""
    data = rest.replace("\ndata: ", "\n")
    return data if len(rest) - len(data) == 6 * rest.count("\n") else None


def _event_of(block: str, last_event_id: str) -> Event | None:
    """The event of a block of data lines, with an event line and an id line before them at most, which is what
    most blocks are; None if it is another."""
    rest = block.removeprefix("data: ")
    if rest != block:
        data = _data_of(rest) if "\n" in rest else rest
        return None if data is None else Event(data, "message", last_event_id)
    head, data_line, rest = block.partition("\ndata: ")
    data = _data_of(rest) if "\n" in rest else rest
    if not data_line or data is None:
        return None
    type_ = head.removeprefix("event: ")
    if type_ == head:
        rest = head.removeprefix("id: ")
        last_event_id, _, type_ = rest.partition("\nevent: ")
        if rest == head or not last_event_id or "\0" in last_event_id or "\n" in last_event_id:
            return None
    return None if "\n" in type_ else Event(data, type_ or "message", last_event_id)


def _to_bytes(chunk: object) -> bytes:
    if isinstance(chunk, str):
        raise TypeError("a chunk must be bytes, bytearray or memoryview, not str: encode it as UTF-8 first")
    try:
        return memoryview(chunk).tobytes()  # type: ignore[arg-type]  # the TypeError is the check
    except TypeError:
        raise TypeError(f"a chunk must be bytes, bytearray or memoryview, not {type(chunk).__name__}") from None
