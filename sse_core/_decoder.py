# SPDX-License-Identifier: MIT
"""Decoder: the bytes of an event stream in, in any pieces; what it says out.

Rules are those of the WHATWG HTML standard, "Server-sent events", 9.2.5 (parsing) and 9.2.6 (interpreting).
"""

from __future__ import annotations

from ._errors import LimitError, shorten
from ._items import Comment, Event, Id, Ignored, Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._items import Item

# One data line may be a base64 image, or the whole answer repeated. Defaults of 64 KiB (Go's bufio.Scanner),
# 1 MiB (httpx2 2.10) and 32 MB each broke real LLM or MCP traffic; openai-python tests events of 64 MiB.
MAX_EVENT_SIZE = 64 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_UNLIMITED = 1 << 62  # what no count of bytes reaches
_RETRY_DIGITS = 18  # fits 64 bits; int() of endless digits is quadratic, and an error from 4,300 on
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

    Theory of operation. Three readers share one state. `_line` is the standard's line machine, a rule on
    each branch; all else must agree with it. `_plain` walks complete lines of bytes through it and keeps
    the size. `_bulk` takes whole blocks at once, with shortcuts for the shapes of real traffic. A chunk
    goes: what finishes a block already begun, plain; the complete blocks after it, in bulk; the lines of
    the block that is left, plain; the unfinished line, to the tail.
    """

    __slots__ = (
        "_data",
        "_dataless",
        "_id",
        "_limit",
        "_size",
        "_skip_lf",
        "_start",
        "_tail",
        "_type",
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
        # No BOM decided yet. Without it, one BOM per line or per chunk is dropped, or that of a reconnection kept.
        self._start = True
        # The last chunk ended in CR: an LF opening the next belongs to it, and is no blank line.
        self._skip_lf = False
        # The unfinished line, or what may become a BOM. A bytearray: 2-byte pieces in a list cost 21 times
        # their size, and `bytes +=` is quadratic. Never searched again: only new bytes can hold a line end.
        self._tail = bytearray()
        # The block's data lines, joined once: `str +=` on an attribute is quadratic. Empty is "no data line",
        # not "empty data": `data:` and a blank line is an event with data "".
        self._data: list[str] = []
        # The block's event type. Cleared at every blank line, or a block without data names the next one.
        self._type = ""
        # The block's id; None: no id line. Apart from last_event_id, or a block that is cut off commits its id.
        self._id: str | None = None
        # Bytes of the block's data, event and id lines, each + 1. Not 0 means a block is under way. Counted
        # here and not over `_data`, or endless `event:` or empty `data:` lines pass the limit.
        self._size = 0

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
        return bool(self._tail) or self._size > 0

    def feed(self, chunk: bytes | bytearray | memoryview) -> list[Event]:
        """The events that `chunk` completes.

        A chunk may be cut anywhere, also inside a character, a CRLF or the BOM. Raises TypeError for what
        is not bytes-like, before any state changes, and LimitError once the limit was crossed before.

        >>> from sse_core import Decoder
        >>> Decoder().feed(b"event: tick\\ndata: 1\\n\\n")
        [Event(data='1', type='tick', last_event_id='')]
        """
        return self._feed(chunk, False)  # type: ignore[return-value]  # no items asked for: events only

    def feed_items(self, chunk: bytes | bytearray | memoryview) -> list[Item]:
        """Everything that `chunk` says, in its order: for relays, monitors and odd dialects.

        A Comment, Retry or Ignored comes when its line ends, so before the event around it. `feed` and
        `feed_items` share one state and may be mixed.

        >>> from sse_core import Decoder
        >>> Decoder().feed_items(b": hello\\nretry: 500\\ndata: x\\n\\n")
        [Comment(text='hello'), Retry(milliseconds=500), Event(data='x', type='message', last_event_id='')]
        """
        return self._feed(chunk, True)

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
        return self._flush(False)  # type: ignore[return-value]  # as in feed

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

    def _feed(self, chunk: bytes | bytearray | memoryview, items: bool) -> list[Item]:
        if type(chunk) is not bytes:
            chunk = _to_bytes(chunk)
        if self.error is not None:
            raise self.error.with_traceback(None)
        out: list[Item] = []
        if self._start:
            chunk = self._drop_bom(chunk)
        if not chunk:
            return out
        if self._skip_lf:
            self._skip_lf = False
            if chunk[0] == 10:
                chunk = chunk[1:]
        # CR ends a line at once, whatever follows; past here a line ends in LF and nothing else.
        if b"\r" in chunk:
            self._skip_lf = chunk[-1] == 13
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        end = chunk.rfind(b"\n") + 1
        # A line and its end take at least the len(line) + 1 they count: if all bytes together stay within
        # the limit, no block among them can cross it, and nothing below has to count.
        near = self._size + len(self._tail) + len(chunk) > self._limit
        if end:
            lines = bytes(self._tail) + chunk[:end] if self._tail else chunk[:end]
            self._tail.clear()
            if not near:
                self._bulk(lines, out, items)
            elif not self._plain(lines, out, items):
                return out
            chunk = chunk[end:]
        if near and self._size + len(self._tail) + len(chunk) > self._limit:
            # Only what the error shows: a copy of the whole line, when memory is short, would be one too many.
            self._overflow(bytes(self._tail[:_LINE_SHOWN]) + chunk[:_LINE_SHOWN])
        else:
            self._tail += chunk
        return out

    def _drop_bom(self, chunk: bytes) -> bytes:
        """`chunk` with what was withheld for the BOM, less the BOM; empty while that is undecided."""
        chunk = bytes(self._tail) + chunk
        if len(chunk) < 3 and _BOM.startswith(chunk):
            self._tail[:] = chunk
            return b""
        self._start = False
        self._tail.clear()
        return chunk[3:] if chunk.startswith(_BOM) else chunk

    def _bulk(self, lines: bytes, out: list[Item], items: bool) -> None:
        """Read complete lines that cannot cross the limit."""
        begin = 0
        if self._size:
            # A block is under way. Its blank line is the first thing here, or the next LF after an LF.
            begin = 1 if lines[0] == 10 else lines.find(b"\n\n") + 2
            if begin == 1 and lines[0] != 10:
                begin = len(lines)
            self._plain(lines[:begin], out, items)
        end = lines.rfind(b"\n\n", begin) + 2
        if end > begin + 1:
            self._blocks(lines[begin:end].decode("utf-8", "replace"), out, items)
            begin = end
        if begin < len(lines):
            self._plain(lines[begin:], out, items)

    def _blocks(self, text: str, out: list[Item], items: bool) -> None:
        """Read whole blocks: `text` begins at a block and ends at a blank line."""
        append = out.append
        last_event_id = self.last_event_id
        blocks = text.split("\n\n")
        blocks.pop()  # what follows the last blank line: nothing
        for block in blocks:
            # One data line: OpenAI, Gemini, and most of the others.
            if block.startswith("data: ") and "\n" not in block:
                append(Event(block[6:], "message", last_event_id))
                continue
            # An event line and a data line: Anthropic, Responses, Cohere.
            if block.startswith("event: ") and block.count("\n") == 1:
                type, data_line, data = block.partition("\ndata: ")
                if data_line:
                    append(Event(data, type[7:] or "message", last_event_id))
                    continue
            for line in block.split("\n"):
                self._line(line, out, items)
            self._line("", out, items)
            last_event_id = self.last_event_id

    def _plain(self, lines: bytes, out: list[Item], items: bool) -> bool:
        """Read complete lines one by one; False if one crossed the limit."""
        rows = lines.split(b"\n")
        rows.pop()  # what follows the last LF: nothing
        for row in rows:
            if self._size + len(row) > self._limit:
                self._overflow(row)
                return False
            if self._line(row.decode("utf-8", "replace"), out, items):
                if self._size + len(row) + 1 > self._limit:
                    self._overflow(row)
                    return False
                self._size += len(row) + 1
        return True

    def _line(self, line: str, out: list[Item], items: bool) -> bool:
        """Interpret one line; True if the block keeps it: a data, event or id line."""
        if not line:  # "If the line is empty (a blank line): dispatch the event"
            self._dispatch(out, items)
            return False
        # "Collect the characters before the first U+003A COLON"; no colon: the whole line is the field name
        name, _, value = line.partition(":")
        if value[:1] == " ":  # "If value starts with a U+0020 SPACE character, remove it": one, and no tab
            value = value[1:]
        if name == "data":  # "Append the field value to the data buffer, then append a single LF"
            self._data.append(value)
            return True
        if name == "event":  # "Set the event type buffer to field value": the last wins, "" takes it back
            self._type = value
            return True
        if name == "id" and "\0" not in value:  # "If the field value does not contain U+0000 NULL"
            self._id = value
            return True
        # "If the field value consists of only ASCII digits"; str.isdigit alone takes other scripts' too
        if name == "retry" and value.isascii() and value.isdigit() and len(value) <= _RETRY_DIGITS:
            self.reconnection_time = int(value)
            if items:
                out.append(Retry(self.reconnection_time))
        elif items:
            # "If the line starts with a U+003A COLON: ignore the line"; "Otherwise: the field is ignored"
            out.append(Comment(value) if not name else Ignored(line))
        return False

    def _dispatch(self, out: list[Item], items: bool) -> None:
        """Dispatch the block at its blank line, or say nothing of it, and begin the next."""
        is_event = bool(self._data) or (self._dataless and self._type != "")
        # "Set the last event ID string to the last event ID buffer": first, so also without data
        if self._id is not None:
            changed = self._id != self.last_event_id
            self.last_event_id = self._id
            self._id = None
            if items and changed and (not is_event or not self.last_event_id):
                out.append(Id(self.last_event_id))
        # "If the data buffer is an empty string: set the event type buffer to the empty string and return"
        if is_event:
            out.append(Event("\n".join(self._data), self._type or "message", self.last_event_id))
            self._data.clear()
        self._type = ""
        self._size = 0

    def _flush(self, items: bool) -> list[Item]:
        if self.error is not None:
            raise self.error.with_traceback(None)
        out: list[Item] = []
        if self._tail:
            # Read as if it had ended; then take back what half a line must not do: name the event, set a time.
            kept = self._type, self.reconnection_time
            found: list[Item] = []
            self._line(self._tail.decode("utf-8", "replace"), found, items)
            self._type, self.reconnection_time = kept
            out += [item for item in found if type(item) is Ignored]
        self._id = None  # an unfinished block commits no id
        self._dispatch(out, items)
        self.reset()
        return out

    def _overflow(self, line: bytes) -> None:
        """Stop: the block or the line crossed the limit in `line`, read so far or whole."""
        limit, size = self._limit, self._size
        self.reset()
        # No more of the line than was within the limit, so that the error is the same for every chunking.
        begins = line[: min(_LINE_SHOWN, limit - size)]
        self.error = LimitError(
            f"an event is larger than max_event_size, {limit} bytes: the line begins {begins!r}, "
            f"the last event ID is {shorten(self.last_event_id)}",
            limit,
        )


def _to_bytes(chunk: object) -> bytes:
    if isinstance(chunk, str):
        raise TypeError("a chunk must be bytes, bytearray or memoryview, not str: encode it as UTF-8 first")
    try:
        return memoryview(chunk).tobytes()  # type: ignore[arg-type]  # the TypeError is the check
    except TypeError:
        raise TypeError(f"a chunk must be bytes, bytearray or memoryview, not {type(chunk).__name__}") from None
