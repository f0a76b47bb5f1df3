"""The standard's event stream interpretation, step by step: slow, plain, and nothing of sse_core's decoder.

The standard is WHATWG HTML, 9.2.5 "Parsing an event stream" and 9.2.6 "Interpreting an event stream":
https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream. It has no word for the
items, `dataless`, `default_type`, the size of a block and the flush: they are as Decoder's docstrings say.

It reads characters and not lines, whole connections and not chunks; each item comes with the number of bytes of
the stream after which it is due.
"""

from collections.abc import Iterator

from sse_core import Comment, Event, Id, Ignored, Retry

Item = Event | Comment | Retry | Id | Ignored
DIGITS = set("0123456789")


def utf8_decode(stream: bytes) -> Iterator[tuple[str, bytes]]:
    """Each character with the bytes it was made of: https://encoding.spec.whatwg.org/#utf-8-decoder, 8.1.1."""
    code_point = needed = 0
    lower, upper = 0x80, 0xBF
    start = position = 0
    while position < len(stream):
        byte = stream[position]
        if needed == 0:
            start = position
            if byte <= 0x7F:
                yield chr(byte), stream[start : position + 1]
            elif 0xC2 <= byte <= 0xDF:
                needed, code_point = 1, byte & 0x1F
            elif 0xE0 <= byte <= 0xEF:
                lower = 0xA0 if byte == 0xE0 else 0x80
                upper = 0x9F if byte == 0xED else 0xBF
                needed, code_point = 2, byte & 0xF
            elif 0xF0 <= byte <= 0xF4:
                lower = 0x90 if byte == 0xF0 else 0x80
                upper = 0x8F if byte == 0xF4 else 0xBF
                needed, code_point = 3, byte & 0x7
            else:
                yield "\ufffd", stream[start : position + 1]
            position += 1
            continue
        if not lower <= byte <= upper:
            # "Restore byte to ioQueue": it is read again, as the first of a character
            needed, lower, upper = 0, 0x80, 0xBF
            yield "\ufffd", stream[start:position]
            continue
        lower, upper = 0x80, 0xBF
        code_point = (code_point << 6) | (byte & 0x3F)
        needed -= 1
        position += 1
        if needed == 0:
            yield chr(code_point), stream[start:position]
    if needed:
        yield "\ufffd", stream[start:]


class Reference:
    """A client's state over connections. `read` one connection's bytes; then look, `flush` or `reset`."""

    def __init__(
        self,
        last_event_id: str = "",
        limit: int | None = None,
        dataless: bool = False,
        default_type: str = "message",
    ) -> None:
        self.last_event_id = last_event_id
        self.reconnection_time: int | None = None
        self.limit = limit
        self.dataless = dataless
        self.default_type = default_type
        self.reset()

    def reset(self) -> None:
        self.error = ""
        self.items: list[tuple[int, Item]] = []
        self.position = 0
        self.begin_line()
        self.end_block()

    def begin_line(self) -> None:
        self.line = ""
        self.raw = b""

    def end_block(self) -> None:
        self.data = self.type = ""
        self.id_buffer = self.last_event_id
        self.size = 0

    @property
    def incomplete(self) -> bool:
        return self.raw != b"" or self.size > 0

    def give(self, item: Item) -> None:
        self.items.append((self.position, item))

    def read(self, stream: bytes) -> None:
        if len(stream) < 3 and b"\xef\xbb\xbf".startswith(stream):
            self.line, self.raw = "\ufffd" if stream else "", stream  # BOM or not: undecided
            return
        after_cr = False
        for char, raw in utf8_decode(stream):
            first = self.position == 0
            self.position += len(raw)
            if first and char == "\ufeff":
                continue
            if char == "\n" and after_cr:
                after_cr = False
                continue
            after_cr = char == "\r"
            if char == "\r" or char == "\n":
                if self.process(self.line):
                    if self.over_limit(1):
                        return
                    self.size += len(self.raw) + 1
                self.begin_line()
            else:
                self.line += char
                self.raw += raw
                if self.over_limit(0):
                    return

    def over_limit(self, line_end: int) -> bool:
        """Whether the block, with the line as far as it is read, is too large; then the stream is over."""
        if self.limit is None or self.size + len(self.raw) + line_end <= self.limit:
            return False
        shown, items = self.raw[: self.limit - self.size][:40], self.items
        self.reset()
        self.items = items
        self.error = (
            f"an event is larger than max_event_size, {self.limit} bytes: "
            f"the line begins {shown!r}, the last event ID is {self.last_event_id!r}"
        )
        return True

    def process(self, line: str) -> bool:
        """The standard's steps for one line; whether it is a data, event or id line."""
        if line == "":
            self.dispatch()
            return False
        if line[0] == ":":
            self.give(Comment(self.without_space(line[1:])))
            return False
        if ":" in line:
            colon = line.index(":")
            field, value = line[:colon], self.without_space(line[colon + 1 :])
        else:
            field, value = line, ""
        if field == "event":
            self.type = value
        elif field == "data":
            self.data += value + "\n"
        elif field == "id" and "\0" not in value:
            self.id_buffer = value
        elif field == "retry" and value != "" and set(value) <= DIGITS and len(value) <= 18:
            self.reconnection_time = int(value)
            self.give(Retry(self.reconnection_time))
            return False
        else:
            self.give(Ignored(line))
            return False
        return True

    @staticmethod
    def without_space(value: str) -> str:
        return value[1:] if value.startswith(" ") else value

    def dispatch(self) -> None:
        changed = self.id_buffer != self.last_event_id
        self.last_event_id = self.id_buffer
        event = None
        if self.data != "":
            event = Event(self.data[:-1], self.type if self.type != "" else self.default_type, self.last_event_id)
        elif self.dataless and self.type != "":
            event = Event("", self.type, self.last_event_id)
        if changed and (event is None or self.last_event_id == ""):
            self.give(Id(self.last_event_id))
        if event is not None:
            self.give(event)
        self.end_block()

    def flush(self) -> list[Item]:
        """What the end cut off; the unfinished line counts if it is data, or ignored."""
        self.items = []
        if self.line != "":
            name = self.line.split(":", 1)[0]
            value = self.without_space(self.line[len(name) + 1 :])
            number = name == "retry" and value != "" and set(value) <= DIGITS and len(value) <= 18
            known = number or name in ("", "event") or (name == "id" and "\0" not in value)
            if name == "data":
                self.data += value + "\n"
            elif not known:
                self.give(Ignored(self.line))
        self.id_buffer = self.last_event_id
        self.dispatch()
        items = [item for _, item in self.items]
        self.reset()
        return items
