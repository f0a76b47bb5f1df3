# SPDX-License-Identifier: MIT
"""braintrust: an evaluation run by Braintrust's dev server; named events, JSON.

    event start, progress, summary, others      Other(its type, its data); blank data is ""
    event error                                 Error, the end: text, or JSON
    event done, with blank data                 Done("event"); the end of the body before it is a truncation

There is no answer here: text and calls are refused. From two recordings (2025); the error rests on documentation.
"""

from __future__ import annotations

from .._items import Event
from ._parts import Other
from .base import Dialect, JsonReader, Writer, given, write_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Item
    from ._parts import Error, Part


class BraintrustReader(JsonReader):
    choices: int | None = 0
    bodies = False

    def read(self, event: Event) -> list[Part]:
        if event.type == "done":
            return self.done("event")
        if event.type != "error" and not event.data.strip():
            return [Other(event.type, "", self.name)]
        return super().read(event)

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        if event.type == "error":
            return self.fail(payload)
        return self.read_value(payload, event)

    def read_value(self, value: Any, event: Event) -> list[Part]:
        return [Other(event.type, value, self.name)]

    def is_sentinel(self, data: str) -> bool:
        return False


class BraintrustWriter(Writer):
    def write_error(self, part: Error) -> list[Item]:
        return [self.event(given(**write_error(part)), "error")]

    def write_other(self, part: Other) -> list[Item]:
        blank = Event("", part.name)
        return self.meaningless(part, blank if part.data == "" else self.event(part.data, part.name))

    def write_end(self) -> list[Item]:
        return [Event("", "done")]

    def is_end(self, data: str) -> bool:
        return False


DIALECT = Dialect("braintrust", BraintrustReader, BraintrustWriter, error_ends=True, terminal="its event done")
