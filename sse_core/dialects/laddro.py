# SPDX-License-Identifier: MIT
"""laddro: the Laddro Career API. Unnamed JSON events, discriminator `type`: section, done, error.

A `section` comes whole: its text, and the end of its block. The document prints no blank lines, which makes
the whole stream one event; its lines are then read one JSON object each.
"""

from __future__ import annotations

from .._errors import DialectError
from .._items import Event
from ._parts import BlockEnd, Invalid, TextDelta
from .base import OVERHEAD, Dialect, HeldText, JsonReader, PlainWriter, given, length, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Item
    from ._parts import Block, Error, Finish, Part


_MOST_LOST = 1000  # lines of an event that are an Invalid each: from that one on the rest is one


class LaddroReader(JsonReader):
    def read(self, event: Event) -> list[Part]:
        try:
            return super().read(event)  # one object, over several lines too
        except DialectError:
            if "\n" not in event.data:
                raise
        parts: list[Part] = []
        lines = event.data.split("\n")
        lost = 0
        for at, line in enumerate(lines):
            if self.ended:
                break
            row = Event(line, event.type, event.last_event_id)
            try:
                if line:
                    parts += super().read(row)
            except DialectError as error:
                lost += 1
                problem = error
                if lost == _MOST_LOST:
                    row = Event("\n".join(lines[at:]), event.type, event.last_event_id)
                    problem = self.unreadable("the event has too many lines that are no JSON object", row)
                parts.append(Invalid(row, problem))
                if lost == _MOST_LOST:
                    break
        return parts

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("type")
        if kind == "section":
            section = text_of(payload.get("section"))
            return [TextDelta(text_of(payload.get("content")), section), BlockEnd(section)]
        if kind == "done":
            return self.done("event")
        if kind == "error":
            return self.fail(payload)
        return [self.other(payload, event)]


class LaddroWriter(PlainWriter):
    def begin(self) -> None:
        super().begin()
        # The text of each open section, which can only be sent whole.
        self._sections: dict[Block, HeldText] = {}

    def write_text(self, part: TextDelta) -> list[Item]:
        section = self._sections.get(part.block)
        if section is None:
            self.held.add(OVERHEAD + length(part.block))
            section = self._sections[part.block] = HeldText(self.held)
        section.append(part.text)
        return []

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        return self._section(part.block) if part.of == "text" else []

    def write_error(self, part: Error) -> list[Item]:
        # A reader stops at the error: what it is to have goes before.
        return [*self._open_sections(), self._event("error", message=part.message, statusCode=part.status)]

    def write_last(self, finish: Finish) -> list[Item]:
        return [*self._open_sections(), self._event("done")]

    def write_failed_end(self) -> list[Item]:
        return self._open_sections()

    def _open_sections(self) -> list[Item]:
        return [event for block in list(self._sections) for event in self._section(block)]

    def _section(self, block: Block) -> list[Item]:
        text = self._sections.pop(block, None)
        if text is None:
            return []
        self.held.release(OVERHEAD + length(block))
        return [self._event("section", section=str(block), content=text.take())]

    def _event(self, type: str, **members: Any) -> Event:
        return self.event(given(type=type, **members))


DIALECT = Dialect("laddro", LaddroReader, LaddroWriter, error_ends=True, terminal='its event {"type":"done"}')
