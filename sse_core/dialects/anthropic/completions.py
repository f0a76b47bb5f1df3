# SPDX-License-Identifier: MIT
"""anthropic-completions: Anthropic's API before Messages: `completion` events, CRLF, and `ping`.

The text comes in fragments; the event whose `stop_reason` is not null is the last. The sequence that stopped it
is an Other("stop").
"""

from __future__ import annotations

from .._parts import Other, Start, TextDelta
from ..base import Dialect, length, str_or_none, text_of, word_of
from .base import AnthropicReader, AnthropicWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event, Item
    from .._parts import FinishReason, Part

_REASONS: dict[str, FinishReason] = {"stop_sequence": "stop", "max_tokens": "length", "refusal": "content_filter"}
_WORDS: dict[FinishReason, str] = {reason: word for word, reason in _REASONS.items()}
# The events that parts say: an Other of such a name would be read as text, or as the end.
_RESERVED = ("completion", "error")


class CompletionsReader(AnthropicReader):
    """Reads the legacy text completion stream."""

    def begin(self) -> None:
        super().begin()
        self._started = False

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = self.kind_of(payload, event)
        if kind == "error":
            return self.fail(payload)
        if kind != "completion":
            return [self.other(payload, event)]
        parts: list[Part] = []
        if not self._started:
            self._started = True
            parts.append(Start(str_or_none(payload.get("id")), str_or_none(payload.get("model"))))
        text = text_of(payload.get("completion"))
        if text:
            parts.append(TextDelta(text, 0, False, 0, payload))
        reason = str_or_none(payload.get("stop_reason"))
        if reason is None:
            return parts
        stop = str_or_none(payload.get("stop"))
        if stop is not None:
            parts.append(Other("stop", stop, self.name))
        return [*parts, *self.finish(_REASONS.get(reason, "other"), reason), *self.done("event")]


class CompletionsWriter(AnthropicWriter):
    """Writes it. Every event is complete: all five members, and the type."""

    def begin(self) -> None:
        super().begin()
        # The sequence that stopped the answer: the last event has it.
        self._stop: str | None = None

    def write_start(self, part: Start) -> list[Item]:
        self.id, self.model = part.id or self.id, part.model or self.model
        return []

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self._completion(part.text)]

    def write_other(self, part: Other) -> list[Item]:
        if part.name in _RESERVED:
            return self.reserved(part)
        if part.name != "stop":
            return [self.other_event(part)]
        stop = str_or_none(part.data)
        self.held.add(length(stop) - length(self._stop))
        self._stop = stop
        return []

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        if finish.reason == "error":
            return self.write_bad_end(finish)
        return [self._completion("", word_of(finish, _REASONS, _WORDS, "stop_sequence"))]

    def _completion(self, text: str, reason: str | None = None) -> Event:
        stop = self._stop if reason else None
        id, model = self.id or "compl_1", self.model or ""
        return self.named("completion", id=id, completion=text, stop_reason=reason, model=model, stop=stop)


DIALECT = Dialect(
    "anthropic-completions",
    CompletionsReader,
    CompletionsWriter,
    newline="\r\n",
    error_ends=True,
    terminal="its event with a stop_reason",
)
