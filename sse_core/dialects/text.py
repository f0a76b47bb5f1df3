# SPDX-License-Identifier: MIT
"""text: events whose data is text and has no meaning here: Mercure, Turbo Streams, htmx, your own.

Each event is an Other(type, text, id). Option `end`: the type of the event that ends the stream (htmx's `sse-close`);
without it the stream is endless. There is no error, and nothing is invented but the end.
"""

from __future__ import annotations

from .._items import Event
from .base import Dialect, Reader
from .base.named import OthersWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Item
    from ._parts import Other, Part


class TextReader(Reader):
    choices: int | None = 0

    def __init__(self, dialect: Dialect, *, end: str | None = None, **options: Any) -> None:
        self._end = end
        super().__init__(dialect, **options)

    def read(self, event: Event) -> list[Part]:
        other = self.other_of(event, event.type, event.data)
        other.raw = event.data
        return [other, *self.done("event")] if event.type == self._end else [other]


class TextWriter(OthersWriter):
    def __init__(self, dialect: Dialect, *, end: str | None = None, **options: Any) -> None:
        self._end = end
        super().__init__(dialect, **options)

    def write_other(self, part: Other) -> list[Item]:
        event = Event(self.text_of(part), part.name)
        if part.name == self._end:
            if self.failed:
                return []
            self.over()
        return [event]

    def write_end(self) -> list[Item]:
        return [] if self._end is None else [Event("", self._end)]


def dialect(*, end: str | None = None) -> Dialect:
    """The Dialect, endless without an `end`."""
    if end is None:
        return Dialect("text", TextReader, TextWriter, endless=True)
    return Dialect("text", TextReader, TextWriter, options={"end": end}, terminal=f"its event {end}")


DIALECT = dialect
