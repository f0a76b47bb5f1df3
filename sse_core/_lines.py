# SPDX-License-Identifier: MIT
"""Lines: what complete blocks say, by the standard's rules for lines and shortcuts that agree with them."""

from __future__ import annotations

from ._items import Comment, Event, Id, Ignored, Retry, Slots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._items import Item

# Digits of a `retry` that is read: as many fit 64 bits. int() of more takes quadratic time, from 4,300 on it fails.
_RETRY_DIGITS = 18
# Makes an Event without calling its __init__, which is a quarter of the cost; its three attributes are then set.
new = object.__new__
# Characters of blocks above which their lines are not all made at once: a list of short ones takes 30 times their size.
_LARGE = 1024 * 1024
_SLICE = 64 * 1024


class Lines(Slots):
    """The half of the decoder that reads text, in complete blocks; its state is what outlives an event.

    `_lines` is the standard's line machine, and the shortcuts must agree with it: `_block` reads one block,
    `_blocks` and `_data_blocks` read many, in the shapes of real traffic.
    """

    __slots__ = ("_dataless", "_default_type", "last_event_id", "reconnection_time")

    def __init__(self, last_event_id: str, dataless: bool, default_type: str) -> None:
        self.last_event_id: str = last_event_id
        self.reconnection_time: int | None = None
        self._dataless = dataless
        self._default_type = default_type

    def _block(self, block: str, out: list[Item], items: bool) -> None:
        """Read one block in LF, given without its blank line.

        The shortcut is for a comment, and for data lines after an event line, an id line, or an id and an event
        line. What has another shape, or is several blocks, goes to `_blocks`.
        """
        id = self.last_event_id
        rest = block.removeprefix("event: ")
        if rest != block:
            type_, data_line, data = rest.partition("\ndata: ")
        elif block[:1] == ":":  # a comment, which keeps the connection alive
            if "\n" in block:
                self._lines(block + "\n", out, items)
            elif items:
                out.append(Comment(block[1:].removeprefix(" ")))
            return
        else:
            rest = block.removeprefix("id: ")
            head, data_line, data = rest.partition("\ndata: ")
            id, _, type_ = head.partition("\nevent: ")
            if rest == block or not id or "\0" in id or "\n" in id:
                data_line = ""
        lines = data if "\n" not in data else None if "\n\n" in data else _data_of(data)
        if not data_line or "\n" in type_ or lines is None:
            data = rest = ""  # or a large block would be held twice
            return self._blocks(block, False, out, items)
        self.last_event_id = id
        event = new(Event)
        event.data, event.type, event.last_event_id = lines, type_ or self._default_type, id
        out.append(event)

    def _blocks(self, text: str, crlf: bool, out: list[Item], items: bool) -> None:
        """Read complete blocks in LF, or in LF and CRLF, given without the last blank line."""
        if text.startswith("data: "):
            return self._data_blocks(text[6:], crlf, out, items)
        if crlf:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if text.startswith("event: "):
            # The workload is an event line and then data: Anthropic, Responses, Cohere, Datastar.
            for block in text[7:].split("\n\nevent: "):
                type_, data_line, rest = block.partition("\ndata: ")
                data = _data_of(rest) if "\n" in rest else rest
                if data_line and data is not None and "\n" not in type_:
                    event = new(Event)
                    event.data, event.type, event.last_event_id = data, type_ or self._default_type, self.last_event_id
                    out.append(event)
                else:
                    self._lines(f"event: {block}\n", out, items)
        elif text.startswith("id: ") and "\n\n" in text:
            for block in text.split("\n\n"):  # the workload is prices, and what can be resumed
                self._block(block, out, items)
        else:
            self._lines(text + "\n", out, items)

    def _data_blocks(self, text: str, crlf: bool, out: list[Item], items: bool) -> None:
        """Read blocks that begin with a data line, and of which most have no other line; given without the first
        "data: " and the last blank line.

        The workload is OpenAI, Gemini and most others.
        """
        default_type = self._default_type
        for data in text.split("\r\n\r\ndata: " if crlf else "\n\ndata: "):
            if "\n" in data or (crlf and "\r" in data):
                block = data.replace("\r\n", "\n").replace("\r", "\n")
                lines = _data_of(block)
                if lines is None:
                    self._lines(f"data: {block}\n", out, items)
                    continue
                data = lines
            event = new(Event)
            event.data, event.type, event.last_event_id = data, default_type, self.last_event_id
            out.append(event)

    def _lines(self, text: str, out: list[Item], items: bool) -> None:
        """Interpret the lines of complete blocks in LF, given without the last LF, one by one."""
        # The data lines of the block. A list, since no line differs from an empty one: `data:` alone is an event.
        data: list[str] = []
        type_ = ""
        new_id: str | None = None
        for line in _slices(text) if len(text) > _LARGE else text.split("\n"):
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
                    out.append(Event("\n".join(data), type_ or self._default_type, self.last_event_id))
                    data.clear()
                type_ = ""
                continue
            if line[0] == ":":  # "If the line starts with a U+003A COLON: ignore the line"
                if items:
                    self._read_at_once(line, out, items)
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
            else:
                self._read_at_once(line, out, items)

    def _read_at_once(self, line: str, out: list[Item], items: bool) -> None:
        """Interpret a line that takes effect when it ends, not at the blank line: a comment, a retry, one to ignore."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        # "If the field value consists of only ASCII digits": str.isdigit alone is also true of other scripts' digits.
        if name == "retry" and value.isascii() and value.isdigit() and len(value) <= _RETRY_DIGITS:
            self.reconnection_time = int(value)
            if items:
                out.append(Retry(self.reconnection_time))
        elif items:
            # "If the line starts with a U+003A COLON: ignore the line"; "Otherwise: the field is ignored"
            out.append(Comment(value) if not name else Ignored(line))


def _data_of(rest: str) -> str | None:
    """The data of several data lines, the first given without its field name; None if one is no data line."""
    data = rest.replace("\ndata: ", "\n")
    return data if len(rest) - len(data) == 6 * rest.count("\n") else None


def _slices(text: str) -> Iterator[str]:
    """The lines of a large text, a slice at a time; where one is data lines only, it is one line of all their data."""
    at = 0
    while at <= len(text):
        end = text.find("\n", at + _SLICE)
        lines = text[at:] if end < 0 else text[at:end]
        at += len(lines) + 1
        field = "data: " if lines.startswith("data: ") else "data:"
        data = f"\n{lines}".replace(f"\n{field}", "\n")[1:]
        is_data = len(lines) - len(data) == len(field) * (1 + lines.count("\n"))
        is_data = is_data and (len(field) == 6 or "\ndata: " not in lines)
        yield from [f"data: {data}"] if is_data else lines.split("\n")
