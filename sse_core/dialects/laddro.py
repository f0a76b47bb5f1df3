# SPDX-License-Identifier: MIT
"""laddro: the Laddro Career API. Unnamed JSON events, discriminator `type`: section, done, error.

A `section` comes whole: its text, and the end of its block. The document prints no blank lines, which makes
the whole stream one event; its lines are then read one JSON object each.
"""

from __future__ import annotations

from .._errors import DialectError, EncodeError
from .._items import Event
from ._json import JsonDialect, text_of
from ._parts import BlockEnd, Error, Invalid, Other, TextDelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Retry
    from ._parts import Block, Part


class Laddro(JsonDialect):
    """The Laddro Career API's stream."""

    name = "laddro"
    terminal = 'its event {"type":"done"}'
    one_choice = True
    error_ends = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # The text of each open section: the encoder can only send one whole.
        self._sections: dict[Block, list[str]] = {}

    def decode(self, event: Event) -> list[Part]:
        lines = event.data.split("\n")
        if len(lines) == 1:
            return super().decode(event)
        try:
            return super().decode(event)  # one object over several lines
        except DialectError:
            parts: list[Part] = []
            for line in lines:
                row = Event(line, event.type, event.last_event_id)
                try:
                    parts += super().decode(row)
                except DialectError as error:
                    parts.append(Invalid(row, error))
            return parts

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("type")
        if kind == "section":
            section = text_of(payload.get("section"))
            text = text_of(payload.get("content"))
            return [TextDelta(text, section, raw=payload), BlockEnd(section, raw=payload)]
        if kind == "done":
            return self.finish("event", raw=payload)
        if kind == "error":
            return self.fail(payload)
        return [self.unknown(payload, event)]

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        if isinstance(part, TextDelta):
            self._sections.setdefault(part.block, []).append(part.text)
        elif isinstance(part, BlockEnd) and part.of == "text":
            return [*self._section(part.block)]
        elif part.kind == "tool_call" and not part.server:  # type: ignore[attr-defined]  # its kind has it
            raise EncodeError("part", part, "cannot be said in laddro, which has no tool calls")
        elif isinstance(part, Error):
            # A reader stops at the error: what it is to have goes before.
            return [*self._open_sections(), self._event(type="error", message=part.message, statusCode=part.status)]
        elif isinstance(part, Other):
            return self.write_unknown(part)
        return []

    def write_end(self) -> list[Event]:
        events = self._open_sections()
        return events if self.failed else [*events, self._event(type="done")]

    def _open_sections(self) -> list[Event]:
        return [event for block in list(self._sections) for event in self._section(block)]

    def _section(self, block: Block) -> list[Event]:
        pieces = self._sections.pop(block, None)
        if pieces is None:
            return []
        return [self._event(type="section", section=str(block), content="".join(pieces))]

    def _event(self, **members: Any) -> Event:
        return Event(self.dumps({name: value for name, value in members.items() if value is not None}))
