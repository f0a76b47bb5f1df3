# SPDX-License-Identifier: MIT
"""What writes a workflow run of coze."""

from __future__ import annotations

from ..base import given, weight
from .writer import LastWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event, Item
    from .._parts import Error, Finish, Other, TextDelta

_INTERNAL = 5000  # Coze's code of an error of its own: there must be a number


class WorkflowWriter(LastWriter):
    """Writes a workflow run: text as `Message`; the ids count from 0."""

    def begin(self) -> None:
        super().begin()
        self._next_id = 0
        # What the next Message says beside its text.
        self._rest: dict[str, Any] | None = None

    def write_text(self, part: TextDelta) -> list[Item]:
        rest = {"node_title": "", "node_seq_id": str(self._next_id), "node_is_finish": False}
        return self._message(rest, part.text)

    def write_error(self, part: Error) -> list[Item]:
        self.told = True
        code = part.code if type(part.code) is int else part.status or _INTERNAL
        more = given(code=part.code, type=part.type, status_code=part.status)
        error = {"error_code": code, "error_message": part.message, **more}
        return [*self._message(), self._numbered(self.event(error, "Error"))]

    def write_other(self, part: Other) -> list[Item]:
        if self.hold_last(part):
            return []
        if part.name == "Message" and type(part.data) is dict:
            rest = {name: value for name, value in part.data.items() if name != "content"}
            self.dumps(rest)
            items = self._message()
            self.held.add(weight(rest))
            self._rest = rest
            return items
        event = self.event(part.data, part.name)
        if not self.is_line(part.name) or not self.listed(part, event, self.read_back(event), ()):
            return self.reserved(part)
        return [*self._message(), self._numbered(event)]

    def write_last(self, finish: Finish) -> list[Item]:
        return [*self._message(), self._numbered(self.event(self.last, "Done"))]

    def _message(self, rest: dict[str, Any] | None = None, text: str = "") -> list[Item]:
        """The event of `text`, with what waits for it in place of `rest`; nothing if there is neither."""
        if self._rest is not None:
            rest, self._rest = self._rest, None
            self.held.release(weight(rest))
        return [] if rest is None else [self._numbered(self.event({"content": text, **rest}, "Message"))]

    def _numbered(self, event: Event) -> Event:
        event.last_event_id, self._next_id = str(self._next_id), self._next_id + 1
        return event
