# SPDX-License-Identifier: MIT
"""json: any stream of JSON data; each event is an Other."""

from __future__ import annotations

from .._items import Event
from .base import Dialect, JsonReader, Writer, write_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Item
    from ._parts import Error, Other, Part, TextDelta, ToolCallDelta


class PlainJsonReader(JsonReader):
    """Each event is an Other, named by the payload's `key`, or else its event type.

    With a `sentinel` the stream must end in it; without, it ends with the body, or at `[DONE]`.
    """

    choices: int | None = 0
    body_ends = True

    def __init__(self, dialect: Dialect, *, key: str = "type", sentinel: str | None = None, **options: Any) -> None:
        self._key = key
        self._sentinel = sentinel
        super().__init__(dialect, **options)

    def read(self, event: Event) -> list[Part]:
        data = event.data.strip()
        if not data:
            return []
        if data == self._sentinel or (self._sentinel is None and self.is_sentinel(data)):
            return self.done("sentinel")
        payload = self.payload(event)
        return [self.other(payload, event, self._key)]

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        return [self.other(payload, event, self._key)]

    def closes(self, event: Event) -> bool:
        return super().closes(event) or event.data.strip() == self._sentinel

    def whole(self) -> bool:
        return self._sentinel is None

    def terminal(self) -> str:
        return repr(self._sentinel)


class PlainJsonWriter(Writer):
    """Others and errors; there are no words for an answer."""

    def __init__(self, dialect: Dialect, *, key: str = "type", sentinel: str | None = None, **options: Any) -> None:
        self._key = key
        self._sentinel = sentinel
        super().__init__(dialect, **options)

    def write_text(self, part: TextDelta | ToolCallDelta) -> list[Item]:
        raise self.refuse(part, "a stream of plain JSON: send an Other")

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        return self.write_text(part)

    def write_other(self, part: Other) -> list[Item]:
        return self.other(part, self._key)

    def is_end(self, data: str) -> bool:
        return super().is_end(data) if self._sentinel is None else data == self._sentinel

    def write_error(self, part: Error) -> list[Item]:
        return [self.event(write_error(part), "error")]

    def write_end(self) -> list[Item]:
        return [] if self._sentinel is None else [Event(self._sentinel)]


DIALECT = Dialect("json", PlainJsonReader, PlainJsonWriter)
