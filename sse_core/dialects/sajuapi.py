# SPDX-License-Identifier: MIT
"""sajuapi: named JSON events that repeat their name in `event`: start, delta, category, done, error.

Where the two names differ the JSON's counts, as in the document's own client; a `category` is an Other.
"""

from __future__ import annotations

from .._errors import EncodeError
from .._items import Event
from ._json import JsonDialect, count_or_none, str_or_none, text_of
from ._parts import Error, Other, Start, TextDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Retry
    from ._parts import Part


class SajuAPI(JsonDialect):
    """The fortune stream of sajuapi."""

    name = "sajuapi"
    terminal = "its event done"
    one_choice = True
    error_ends = True

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = str_or_none(payload.get("event")) or event.type
        if kind == "delta":
            return [TextDelta(text_of(payload.get("text")), raw=payload)]
        if kind == "start":
            return [Start(str_or_none(payload.get("id")), str_or_none(payload.get("model")), raw=payload)]
        if kind == "done":
            total = count_or_none(payload.get("tokens_used"))
            return self.merge_usage(Usage(total_tokens=total, raw=payload)) + self.finish("event", raw=payload)
        if kind == "error":
            return self.fail(payload)
        return [Other(kind, payload, self.name, raw=payload)]

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        if isinstance(part, TextDelta):
            return [self._event("delta", text=part.text)]
        if isinstance(part, Start):
            self.id, self.model = part.id or self.id, part.model or self.model
            return [self._event("start", id=self.id, model=self.model)]
        if isinstance(part, Error):
            return [self._event("error", message=part.message, type=part.type, code=part.code, status=part.status)]
        if isinstance(part, Other):
            return [Event(self.dumps(part.data), part.name)]
        if part.kind == "tool_call" and not part.server:  # type: ignore[attr-defined]  # its kind has it
            raise EncodeError("part", part, "cannot be said in sajuapi, which has no tool calls")
        return []

    def write_end(self) -> list[Event]:
        if self.failed:
            return []
        usage = self.usage
        return [self._event("done", id=self.id, tokens_used=_total(usage))]

    def _event(self, name: str, **members: Any) -> Event:
        given = {key: value for key, value in members.items() if value is not None}
        return Event(self.dumps({"event": name, **given}), name)


def _total(usage: Usage | None) -> int | None:
    if usage is None:
        return None
    if usage.total_tokens is not None:
        return usage.total_tokens
    known = [count for count in (usage.input_tokens, usage.output_tokens) if count is not None]
    return sum(known) if known else None
