# SPDX-License-Identifier: MIT
"""Lines: what complete blocks say, by the standard's rules for lines and shortcuts that agree with them."""

from __future__ import annotations

from ._items import Comment, Event, Id, Ignored, Retry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._items import Item

_RETRY_DIGITS = 18  # fits 64 bits; int() of endless digits is quadratic, and an error from 4,300 on
_new = object.__new__  # with three stores it makes what Event(...) does, less the call of __init__: a quarter of it


class Lines:
    """The half of the decoder that reads text, in complete blocks: it keeps what outlives an event, and no more.

    `_lines` is the standard's line machine; all else must agree with it. `_block` is the shortcut for one event
    at a time, `_blocks` and `_data_blocks` are those for many, in the shapes of real traffic.
    """

    __slots__ = ("_dataless", "last_event_id", "reconnection_time")

    def __init__(self, last_event_id: str, dataless: bool) -> None:
        self.last_event_id = last_event_id
        self.reconnection_time: int | None = None
        self._dataless = dataless

    def _block(self, block: str, out: list[Item], items: bool) -> None:
        """Read a block, less its blank line, that is most likely an event of data lines, with an event line and
        an id line before them at most, or a comment. Any other, or several, as `_blocks` does."""
        id, type_ = self.last_event_id, "message"
        data = block.removeprefix("data: ")
        if data != block:
            if "\n" not in data:
                event = _new(Event)
                event.data, event.type, event.last_event_id = data, type_, id
                out.append(event)
                return
        else:
            head, data_line, data = block.partition("\ndata: ")
            type_ = head.removeprefix("event: ")
            if type_ == head:
                value = head.removeprefix("id: ")
                if value != head:
                    id, _, type_ = value.partition("\nevent: ")
                    if not id or "\0" in id or "\n" in id:
                        data_line = ""
                elif block[:1] == ":":  # to keep the connection alive
                    if "\n" in block:
                        self._lines(block + "\n\n", out, items)
                    elif items:
                        out.append(Comment(block[1:].removeprefix(" ")))
                    return
                else:
                    data_line = ""
            if not data_line or "\n" in type_:
                return self._blocks(block + "\n\n", out, items)
        if "\n" in data:
            lines = _data_of(data)
            if lines is None:
                return self._blocks(block + "\n\n", out, items)
            data = lines
        self.last_event_id = id
        event = _new(Event)
        event.data, event.type, event.last_event_id = data, type_ or "message", id
        out.append(event)

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
                    event = _new(Event)
                    event.data, event.type, event.last_event_id = data, type_ or "message", self.last_event_id
                    out.append(event)
                else:
                    self._lines(f"event: {block}\n\n", out, items)
        else:
            self._lines(text, out, items)

    def _data_blocks(self, text: str, blank: str, out: list[Item], items: bool) -> None:
        """Read blocks that begin with a data line and mostly have no other: OpenAI, Gemini, and most others."""
        crlf = "\r" in blank
        for data in text[6 : -len(blank)].split(blank + "data: "):
            if "\n" in data or (crlf and "\r" in data):
                block = f"data: {data}{blank}"
                self._lines(block.replace("\r\n", "\n").replace("\r", "\n"), out, items)
            else:
                event = _new(Event)
                event.data, event.type, event.last_event_id = data, "message", self.last_event_id
                out.append(event)

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
            if line[0] == ":":  # "If the line starts with a U+003A COLON: ignore the line"
                if items:
                    out.append(Comment(line[1:].removeprefix(" ")))
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
                self._say(line, out, items)

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


def _data_of(rest: str) -> str | None:
    """The data of lines that are all data lines, the first less its field name; None if one is another."""
    data = rest.replace("\ndata: ", "\n")
    return data if len(rest) - len(data) == 6 * rest.count("\n") else None
