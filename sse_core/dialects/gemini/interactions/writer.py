# SPDX-License-Identifier: MIT
"""What writes gemini-interactions."""

from __future__ import annotations

from ...._items import Event
from ..._parts import ReasoningDelta, TextDelta, ToolCallDelta
from ...base import Blocks, Writer, dict_of, text_of, word_of
from ..words import write_usage
from .words import COUNTS, REASONS, STEPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Item
    from ..._parts import BlockEnd, Error, FinishReason, Other, Part, Start
    from ...base.blocks import Step

# Else incomplete.
_STATUSES: dict[FinishReason, str] = {"stop": "completed", "tool_call": "requires_action", "error": "failed"}
_TYPES: dict[str, str] = {of: type for type, of in STEPS.items()}
# Events that a reader acts on: an Other that is no step is none of them.
_EVENTS = frozenset(
    (
        *("interaction.created", "interaction.completed", "interaction.status_update"),
        *("step.start", "step.delta", "step.stop", "error", "done"),
    )
)
_DELTAS = frozenset(("text", "arguments_delta", "thought_signature"))


class InteractionsWriter(Writer):
    """Writes the stream of one interaction, a step for each block."""

    one_choice = True
    replaces = True

    def begin(self) -> None:
        super().begin()
        self._blocks = Blocks(self.held)
        # The index of the last step, and of the block that is open: Blocks' numbers leave out the steps that Others
        # are, which may begin while it is.
        self._step = self._open = -1
        # The last step is of an Other, whose later events come in Others too.
        self._is_other = False
        self._begun = False

    def write_start(self, part: Start) -> list[Item]:
        if self._begun:
            self.begin()
        self.id: str | None = part.id or self.id
        self.model: str | None = part.model or self.model
        return self._after_start([])

    def write_text(self, part: TextDelta) -> list[Item]:
        return self._after_start(self._write_steps(self._blocks.add(part)))

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        return self._after_start(self._write_steps(self._blocks.add(part)))

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        return self._after_start(self._write_steps(self._blocks.add(part)))

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        return self._write_steps(self._blocks.add(part))

    def write_other(self, part: Other) -> list[Item]:
        data = part.data
        if type(data) is not dict or not self.is_line(part.name) or _has_meaning(part, data):
            return self.reserved(part)
        if part.block is None:
            return self._after_start([self.event(data, part.name)])
        kind = text_of(data.get("event_type"), "step.delta")
        if kind == "step.start":
            self._step += 1
            self._is_other = True
        elif not self._is_other and self._step >= 0:  # it would be of a step that is none of its own
            return self.reserved(part)
        return self._after_start([self._event(kind, {**data, "index": self._step})])

    def write_error(self, part: Error) -> list[Item]:
        code = part.code or part.type or ""
        error = {"message": part.message, "code": code if type(code) is str else self.dumps(code)}
        return [*self.write_failed_end(), self._event("error", {"error": error})]

    def write_end(self) -> list[Item]:
        items = self._after_start(self._write_steps(self._blocks.end()))
        found = self._interaction(word_of(self.held_finish(), REASONS, _STATUSES, "incomplete"))
        if self.held_usage is not None:
            found["usage"] = write_usage(self.held_usage, COUNTS)
        return [*items, self._event("interaction.completed", {"interaction": found}), Event("[DONE]", "done")]

    def write_failed_end(self) -> list[Item]:
        steps = self._write_steps(self._blocks.end(failed=True))
        return self._after_start(steps) if steps else []

    def _after_start(self, items: list[Item]) -> list[Item]:
        """`items`, which could be said, with what begins the interaction before the first of all."""
        if self._begun:
            return items
        created = self._event("interaction.created", {"interaction": self._interaction("in_progress")})
        self._begun = True
        return [created, *items]

    def _write_steps(self, steps: list[Step]) -> list[Item]:
        items: list[Item] = []
        for action, _, part in steps:
            if action == "open":
                self._step += 1
                self._open = self._step
                self._is_other = False
                items.append(self._event("step.start", {"index": self._open, "step": self._step_of(part)}))
            elif action == "close":
                items.append(self._event("step.stop", {"index": self._open}))
            else:
                items += [self._event("step.delta", {"index": self._open, "delta": delta}) for delta in _deltas(part)]
        return items

    def _step_of(self, part: Part) -> dict[str, Any]:
        step: dict[str, Any] = {"type": _TYPES[part.kind]}
        if isinstance(part, ToolCallDelta):
            step |= {"id": part.id or f"call_{self._step}", "name": part.name or "", "arguments": {}}
        return step

    def _interaction(self, status: str) -> dict[str, Any]:
        self.id = self.id or "interaction_1"
        found = {"id": self.id, "status": status, "object": "interaction"}
        return {**found, "model": self.model} if self.model else found

    def _event(self, kind: str, members: dict[str, Any]) -> Event:
        return self.event({**members, "event_type": kind}, kind)


def _deltas(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, TextDelta):
        return [{"text": part.text, "type": "text"}]
    if isinstance(part, ToolCallDelta):
        return [{"arguments": part.arguments, "type": "arguments_delta"}] if part.arguments else []
    deltas: list[dict[str, Any]] = []
    if isinstance(part, ReasoningDelta) and part.text:
        deltas.append({"content": {"text": part.text, "type": "text"}, "type": "thought_summary"})
    if isinstance(part, ReasoningDelta) and part.signature:
        deltas.append({"signature": part.signature, "type": "thought_signature"})
    return deltas


def _has_meaning(part: Other, data: dict[str, Any]) -> bool:
    """Whether a reader would take `data` for content, a beginning or an end."""
    kind = text_of(data.get("event_type"), part.name if part.block is None else "step.delta")
    if part.block is None:
        return kind in _EVENTS or (kind in ("", "message") and "error" in data)
    if kind == "step.start":
        return text_of(dict_of(data.get("step")).get("type")) in STEPS
    if kind != "step.delta":
        return kind != "step.stop"
    delta = dict_of(data.get("delta"))
    if text_of(delta.get("type")) == "thought_summary":
        return bool(text_of(dict_of(delta.get("content")).get("text")))
    return text_of(delta.get("type")) in _DELTAS
