# SPDX-License-Identifier: MIT
"""Reading anthropic-sessions."""

from __future__ import annotations

from ..._parts import Other, Start, Usage
from ...base import (
    WholeReader,
    added,
    count_or_none,
    dict_of,
    dicts_of,
    read_error,
    str_or_none,
    summed,
    text_of,
)
from ..base import AnthropicReader
from .words import CALLS, ENDS, INPUT, REASONS, more_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event
    from ..._parts import Part


class SessionsReader(AnthropicReader, WholeReader):
    """Reads the turns of a session."""

    body_ends = True

    def begin(self) -> None:
        super().begin()
        # A turn is under way: its second session.status_running is no other one.
        self._running = False

    def whole(self) -> bool:
        return not self.waiting

    def said(self, choice: int = 0) -> None:
        super().said(choice)
        self._running = True

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = self.kind_of(payload, event)
        if kind == "event_start" and dict_of(payload.get("event")).get("type") == "agent.message":
            return []
        if kind == "event_delta":
            text = text_of(dict_of(dict_of(payload.get("delta")).get("content")).get("text"))
            return self.fragment("text", text_of(payload.get("event_id")), text)
        if kind == "agent.message":
            return self._message(payload)
        if kind in CALLS:
            return self._call(payload, kind)
        if kind == "span.model_request_end":
            return self._usage(dict_of(payload.get("model_usage")))
        if kind == "session.error":
            return self._error(payload, event)
        if kind == "error":
            return [*self.fail(payload), *self.done("error")]
        if kind in ENDS:
            if self.waiting:
                self.finish_later("other", kind)
            return self.done("event")
        if kind == "session.status_idle" and self.waiting:
            return self._idle(str_or_none(dict_of(payload.get("stop_reason")).get("type")))
        if kind == "session.status_running" and not self._running:
            self.begin()
            self._running = True
            return [Start(str_or_none(payload.get("id")), None, "assistant")]
        if kind == "user.custom_tool_result":
            self.tool_answered(text_of(payload.get("custom_tool_use_id")))
        return [Other(kind, payload, self.name)]

    def _message(self, payload: dict[str, Any]) -> list[Part]:
        block = text_of(payload.get("id"))
        other = Other("agent.message", payload, self.name, block)
        items = dicts_of(payload.get("content"))
        texts = [text_of(item.get("text")) for item in items if item.get("type") == "text"]
        # A block that was withheld ("redacted") has no text.
        parts: list[Part] = [other] if len(texts) < len(items) or not texts else []
        return [*parts, *self.whole_text("text", block, "".join(texts), other)] if texts else parts

    def _call(self, payload: dict[str, Any], kind: str) -> list[Part]:
        call = self.whole_call(payload.get("id"), payload.get("name"), payload.get("input"), kind != CALLS[0])
        beside = more_of(payload)
        if beside or kind == CALLS[2]:
            call.insert(0, Other(kind, beside, self.name, str_or_none(payload.get("id"))))
        return call

    def _usage(self, used: dict[str, Any]) -> list[Part]:
        input, read, written = [count_or_none(used.get(name)) for name in INPUT]
        now = Usage(summed(input, read, written), count_or_none(used.get("output_tokens")), None, read, written)
        return self.usage(added(self.used, now))

    def _error(self, payload: dict[str, Any], event: Event) -> list[Part]:
        error = dict_of(payload.get("error"))
        if dict_of(error.get("retry_status")).get("type") == "retrying":
            return [self.other(payload, event)]
        return self.fail(read_error(error, payload))

    def _idle(self, word: str | None) -> list[Part]:
        self._running = False
        reason = REASONS.get(word or "end_turn", "other")
        if reason == "tool_call" and not self.awaits_calls():
            reason = "other"  # a confirmation, of a call that the server runs
        return self.finish(reason, word)
