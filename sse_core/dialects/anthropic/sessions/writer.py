# SPDX-License-Identifier: MIT
"""Writing anthropic-sessions."""

from __future__ import annotations

from ...._errors import EncodeError
from ..._parts import Error, Other, Start
from ...base import (
    OVERHEAD,
    Dialect,
    WholeWriter,
    dict_of,
    length,
    str_or_none,
    weight,
    word_of,
)
from ..base import AnthropicWriter
from .words import CALLS, ENDS, INPUT, REASONS, more_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event, Item
    from ..._parts import Block, FinishReason, Part

_WORDS: dict[FinishReason, str] = {reason: word for word, reason in REASONS.items()}
_SPAN = "span.model_request_start"


class SessionsWriter(AnthropicWriter, WholeWriter):
    """Writes the turns of a session. An Error is the last that is written: the next turn is another encoder's."""

    replaces = True

    def __init__(self, dialect: Dialect, *, previews: bool = True, **options: Any) -> None:
        self._previews = previews
        # The ids that were made.
        self._made = 0
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._running = False
        # The id of the message under way, and those of the calls that wait for the client.
        self._message = ""
        self._calls: list[str] = []
        # The id of the last span.model_request_start: the usage is of it.
        self._span: str | None = None
        # By the block of a call to come, its kind and the members beside it, from an Other.
        self._beside: dict[Block, tuple[str, dict[str, Any]]] = {}

    def write_start(self, part: Start) -> list[Item]:
        if self.failed or (self._running and not self.spoken and not self.finishes):
            return []
        items: list[Item] = []
        if self.spoken and not self.finishes:
            raise EncodeError("part", part, f"comes after content: a turn that did not finish in {self.name}")
        if self.finishes:
            if self.held_finish().reason == "other" and not self._waits():
                raise EncodeError("part", part, f"comes after what is the end of the session in {self.name}")
            items = self.write_end()
            if self.held_finish().reason == "error":
                return items
            self.begin()
        self._running = True
        return [*items, self.named("session.status_running", id=part.id or self._id())]

    def write_open(self, number: int, first: Part) -> list[Item]:
        if first.kind != "text":
            return []
        self._message = self._id()
        preview = {"type": "agent.message", "id": self._message}
        return [self.named("event_start", event=preview)] if self._previews else []

    def write_fragment(self, number: int, part: Part) -> list[Item]:
        content = {"type": "text", "text": getattr(part, "text", "")}
        delta = {"type": "content_delta", "index": 0, "content": content}
        return [self.named("event_delta", event_id=self._message, delta=delta)] if self._previews else []

    def write_whole(self, number: int, first: Part, text: str) -> list[Item]:
        if first.kind != "tool_call":
            return [self.named("agent.message", id=self._message, content=[{"type": "text", "text": text}])]
        id = first.id or self._id()
        kind, beside = self._beside.pop(first.block, (CALLS[1], {}))
        if not first.server or beside.get("evaluated_permission") == "ask":
            self.held.add(OVERHEAD + len(id))
            self._calls.append(id)
        if not first.server or kind == CALLS[0]:
            kind = CALLS[first.server]
        return [self.named(kind, **{**beside, "id": id, "name": first.name or "", "input": self.input_of(text)})]

    def write_other(self, part: Other) -> list[Item]:
        if part.name in CALLS and part.block is not None and type(part.data) is dict:
            self.held.add(OVERHEAD + weight(part.data))
            self._beside[part.block] = part.name, more_of(part.data)
            return []
        if part.name == _SPAN:
            span = str_or_none(dict_of(part.data).get("id"))
            self.held.add(length(span) - length(self._span))
            self._span = span
        return self.meaningless(part, self.other_event(part))

    def write_error(self, part: Error) -> list[Item]:
        self.over()
        type = part.type if part.type and part.type.endswith("_error") else "unknown_error"
        error = {"type": type, "message": part.message, "retry_status": {"type": "exhausted"}}
        return [self.named("session.error", id=self._id(), error=error), self._idle_event("retries_exhausted")]

    def write_failed_end(self) -> list[Item]:
        return self.write_error(Error("a part of the answer was lost"))

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        if finish.reason == "error":
            return self.write_bad_end(finish)
        items = [*self.close_blocks(), *self._usage_events()]
        word = word_of(finish, REASONS, _WORDS, "end_turn")
        if finish.reason == "other" and not self._waits():
            return [*items, self.named(ENDS[0], id=self._id())]
        return [*items, self._idle_event("requires_action" if self._waits() else word)]

    def _waits(self) -> bool:
        """Whether the turn waits for a confirmation."""
        finish = self.held_finish()
        return finish.reason == "other" and finish.raw_reason == "requires_action"

    def _usage_events(self) -> list[Item]:
        used = self.held_usage
        if used is None:
            return []
        read, written = used.cache_read_tokens or 0, used.cache_write_tokens or 0
        counts = (max(0, (used.input_tokens or 0) - read - written), read, written)
        usage = {**dict(zip(INPUT, counts, strict=True)), "output_tokens": used.output_tokens or 0}
        began = self._span or self._id()
        span = {"id": self._id(), "model_request_start_id": began, "model_usage": usage}
        starts = [self.named(_SPAN, id=began)] if self._span is None else []
        return [*starts, self.named("span.model_request_end", **span)]

    def _idle_event(self, word: str) -> Event:
        waits = {"event_ids": self._calls} if word == "requires_action" else {}
        return self.named("session.status_idle", id=self._id(), stop_reason={"type": word, **waits})

    def _id(self) -> str:
        self._made += 1
        return f"sevt_{self._made}"
