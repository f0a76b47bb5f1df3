# SPDX-License-Identifier: MIT
"""anthropic-completions: Anthropic's API before Messages: `completion` events, CRLF, and `ping`.

The text comes in fragments; the event whose `stop_reason` is not null is the last.
"""

from __future__ import annotations

from .._errors import EncodeError
from ._anthropic import Anthropic
from ._json import str_or_none, text_of
from ._parts import Error, Finish, Other, Start, TextDelta, ToolCallDelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Event, Retry
    from ._parts import Part

_REASONS = {"stop_sequence": "stop", "max_tokens": "length", "refusal": "content_filter"}
_WORDS = {reason: word for word, reason in _REASONS.items()}


class AnthropicCompletions(Anthropic):
    """The legacy text completion stream. The sequence that stopped it is an Other("stop")."""

    name = "anthropic-completions"
    newline = "\r\n"
    terminal = "its event with a stop_reason"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._started = False
        # Encoding, held for the last event.
        self._finish = Finish("stop")
        self._stop: str | None = None
        # An error was written, which is the end.
        self._over = False

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = self.kind_of(payload, event)
        if kind == "error":
            return self.fail(payload)
        if kind != "completion":
            return [self.unknown(payload, event)]
        parts: list[Part] = []
        if not self._started:
            self._started = True
            parts.append(Start(str_or_none(payload.get("id")), str_or_none(payload.get("model")), raw=payload))
        text = text_of(payload.get("completion"))
        if text:
            parts.append(TextDelta(text, raw=payload))
        reason = str_or_none(payload.get("stop_reason"))
        if reason is None:
            return parts
        stop = str_or_none(payload.get("stop"))
        if stop is not None:
            parts.append(Other("stop", stop, self.name, raw=payload))
        parts.append(Finish(_REASONS.get(reason, "other"), reason, raw=payload))
        self.open.clear()
        return parts + self.finish("event")

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        if self._over:
            return []
        if isinstance(part, TextDelta):
            return [self._completion(part.text)]
        if isinstance(part, ToolCallDelta) and not part.server:
            raise EncodeError("part", part, f"cannot be said in {self.name}, which has no tool calls")
        if isinstance(part, Start):
            self.id, self.model = part.id or self.id, part.model or self.model
        elif isinstance(part, Finish):
            self._finish = part
        elif isinstance(part, Error):
            self._over = True
            return [self.error_event(part)]
        elif isinstance(part, Other):
            if part.name != "stop":
                return [self.other_event(part)]
            self._stop = str_or_none(part.data)
        return []

    def write_end(self) -> list[Event]:
        if self.failed:
            return []
        raw = self._finish.raw_reason or ""
        known = _REASONS.get(raw) == self._finish.reason
        return [self._completion("", raw if known else _WORDS.get(self._finish.reason, "stop_sequence"))]

    def _completion(self, text: str, reason: str | None = None) -> Event:
        self.id = self.id or "compl_1"
        stop = self._stop if reason else None
        members = {"id": self.id, "completion": text, "stop_reason": reason, "model": self.model or "", "stop": stop}
        return self.event("completion", **members)
