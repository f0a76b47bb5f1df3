# SPDX-License-Identifier: MIT
"""anthropic-completions: Anthropic's API before Messages: `completion` events, CRLF, and `ping`.

The text comes in fragments; the event whose `stop_reason` is not null is the last. The sequence that stopped it
is an Other("stop").
"""

from __future__ import annotations

from .._parts import Other
from ..base import Dialect, PlainReader, PlainWriter, length, str_or_none, word_of
from .base import AnthropicReader, AnthropicWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..._items import Event, Item
    from .._parts import Finish, FinishReason, Part, TextDelta
    from ..base.plain import Path

_REASONS: dict[str, FinishReason] = {"stop_sequence": "stop", "max_tokens": "length", "refusal": "content_filter"}
_WORDS: dict[FinishReason, str] = {reason: word for word, reason in _REASONS.items()}
_AT: dict[str, Path] = {"id": ("id",), "model": ("model",), "text": ("completion",), "finish": ("stop_reason",)}
# The events that parts say: an Other of such a name would be read as text, or as the end.
_RESERVED = ("completion", "error")


class CompletionsReader(AnthropicReader, PlainReader):
    """Reads the legacy text completion stream."""

    at: Mapping[str, Path] = _AT
    reasons: Mapping[str, FinishReason] = _REASONS

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = self.kind_of(payload, event)
        if kind == "error":
            return self.fail(payload)
        if kind != "completion":
            return [self.other(payload, event)]
        parts = super().read_object(payload, event)
        if not str_or_none(payload.get("stop_reason")):
            return parts
        stop = str_or_none(payload.get("stop"))
        if stop is not None:
            parts.append(Other("stop", stop, self.name))
        return [*parts, *self.done("event")]

    def whole(self) -> bool:
        return False


class CompletionsWriter(AnthropicWriter, PlainWriter):
    """Writes it. Every event is complete: all five members, and the type."""

    def begin(self) -> None:
        super().begin()
        # The sequence that stopped the answer: the last event has it.
        self._stop: str | None = None

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

    def write_last(self, finish: Finish) -> list[Item]:
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
