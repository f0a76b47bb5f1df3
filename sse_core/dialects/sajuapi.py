# SPDX-License-Identifier: MIT
"""sajuapi: named JSON events that repeat their name in `event`: start, delta, category, done, error.

Where the two names differ the JSON's counts, as in the document's own client; a `category` is an Other.
"""

from __future__ import annotations

from ._parts import Other, Start, TextDelta, Usage
from .base import Dialect, JsonReader, PlainWriter, count_or_none, given, str_or_none, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Event, Item
    from ._parts import Error, Finish, Part


class SajuapiReader(JsonReader):
    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = str_or_none(payload.get("event")) or event.type
        if kind == "delta":
            return [TextDelta(text_of(payload.get("text")))]
        if kind == "start":
            self.begin()
            return [Start(str_or_none(payload.get("id")), str_or_none(payload.get("model")))]
        if kind == "done":
            used = Usage(total_tokens=count_or_none(payload.get("tokens_used")))
            return [*self.usage(used), *self.done("event")]
        if kind == "error":
            return self.fail(payload)
        return [Other(kind, payload, self.name)]


class SajuapiWriter(PlainWriter):
    replaces = True

    def write_start(self, part: Start) -> list[Item]:
        self.begin()
        super().write_start(part)
        return [self._event("start", id=self.id, model=self.model)]

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self._event("delta", text=part.text)]

    def write_error(self, part: Error) -> list[Item]:
        return [self._event("error", message=part.message, type=part.type, code=part.code, status=part.status)]

    def write_other(self, part: Other) -> list[Item]:
        return self.meaningless(part, self.event(part.data, part.name))

    def write_last(self, finish: Finish) -> list[Item]:
        return [self._event("done", id=self.id, tokens_used=_total(self.held_usage))]

    def _event(self, name: str, **members: Any) -> Event:
        return self.event({"event": name, **given(**members)}, name)


def _total(usage: Usage | None) -> int | None:
    if usage is None:
        return None
    if usage.total_tokens is not None:
        return usage.total_tokens
    known = [count for count in (usage.input_tokens, usage.output_tokens) if count is not None]
    return sum(known) if known else None


DIALECT = Dialect("sajuapi", SajuapiReader, SajuapiWriter, error_ends=True, terminal="its event done")
