# SPDX-License-Identifier: MIT
"""replicate: the stream of a prediction; named events with ids, and text that is no JSON.

    event output            TextDelta, as it stands; "" is nothing
    event logs              Other("logs", the text)
    event error             Error, the end; JSON with `detail`, or text
    event done              Done("event"), after a Finish: `reason` canceled is other, error is error, none is inferred
    any other event         Other(its type, its data)

Ids are cursors, <seconds>:<count>; written, they count up from `created`. A CR in the text arrives as LF, as all data
does. What ends an answer early, the length among it, has no word but canceled.
From one recording (2024), Replicate's documentation, on which `reason` and the form of an error rest, and its SDK for
Python 1.0, which insists on an event type and an id.
"""

from __future__ import annotations

from .._items import Event
from ._parts import Error, Other, TextDelta
from .base import Dialect, PlainWriter, Reader, given, str_or_none

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .._items import Item
    from ._parts import Finish, FinishReason, Part

_UNSAID = "an error without a message"
_REASONS: dict[str, FinishReason] = {"canceled": "other", "error": "error"}
_WORDS: dict[FinishReason, str] = {"content_filter": "canceled", "other": "canceled"}


class ReplicateReader(Reader):
    def read(self, event: Event) -> list[Part]:
        if event.type == "output":
            return [TextDelta(event.data, raw=event.data)] if event.data else []
        if event.type == "error":
            found = self._object(event.data)
            return self.fail(Error(event.data or _UNSAID, raw=event.data) if found is None else found)
        if event.type != "done":
            blank = event.type == "message" and not event.data.strip()
            return [] if blank else [Other(event.type, event.data, self.name, raw=event.data)]
        reason = str_or_none((self._object(event.data) or {}).get("reason"))
        if reason is not None:
            self.finish_later(_REASONS.get(reason, "other"), reason)
        return self.done("event")

    def closes(self, event: Event) -> bool:
        return event.type in ("done", "error") and self._object(event.data) is not None

    def _object(self, data: str) -> dict[str, Any] | None:
        """The object that the data of an event is, if it is one."""
        try:
            found = self.loads(data)
        except (ValueError, RecursionError):
            return None
        return found if type(found) is dict else None


class ReplicateWriter(PlainWriter):
    reasons: Mapping[str, FinishReason] = _REASONS
    words: Mapping[FinishReason, str] = _WORDS

    def begin(self) -> None:
        super().begin()
        self._count = 0

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self._numbered("output", part.text)]

    def write_error(self, part: Error) -> list[Item]:
        error = given(detail=part.message or _UNSAID, type=part.type, code=part.code, status_code=part.status)
        return [self._numbered("error", self.dumps(error))]

    def write_other(self, part: Other) -> list[Item]:
        logs = part.name == "logs" and type(part.data) is str
        return [self._numbered("logs", part.data)] if logs else self.reserved(part)

    def write_last(self, finish: Finish) -> list[Item]:
        return [self._numbered("done", self.dumps(given(reason=self.word(finish) or None)))]

    def is_end(self, data: str) -> bool:
        return False  # data is text, whatever it says

    def _numbered(self, type: str, data: str) -> Event:
        event = Event(data, type, f"{self.created}:{self._count}")
        self._count += 1
        return event


DIALECT = Dialect("replicate", ReplicateReader, ReplicateWriter, error_ends=True, terminal="its event done")
