# SPDX-License-Identifier: MIT
"""What writes the steps of gemini-interactions."""

from __future__ import annotations

from .._errors import EncodeError
from .._items import Event
from ._blocks import Blocks
from ._gemini import write_usage
from ._json import JsonDialect, text_of
from ._parts import Error, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Retry
    from ._blocks import Step
    from ._parts import Part

REASONS = {
    "completed": "stop",
    "incomplete": "length",
    "budget_exceeded": "length",
    "requires_action": "tool_call",
    "failed": "error",
}
_STATUSES = {"stop": "completed", "tool_call": "requires_action", "error": "failed"}  # else incomplete
_STEPS = {"text": "model_output", "reasoning": "thought", "tool_call": "function_call"}
# In write_usage's order.
COUNTS = (
    *("total_input_tokens", "total_output_tokens", "total_tokens"),
    *("total_cached_tokens", "total_thought_tokens"),
)


class InteractionsWriter(JsonDialect):
    """The encoding half of GeminiInteractions."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._blocks = Blocks()
        # The index of the last step: Blocks' numbers leave out the steps that Others are.
        self._step = -1
        self._begun = False
        self._finish: Finish | None = None

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        if isinstance(part, Start):
            self.id, self.model = part.id or self.id, part.model or self.model
            self._blocks, self._step, self._finish = Blocks(), -1, None
            return self._begin()
        if isinstance(part, Finish):
            self._finish = part
            return []
        if isinstance(part, Error):
            error = {"message": part.message, "code": str(part.code or part.type or "")}
            return [self._event("error", error=error)]
        if isinstance(part, ToolCallDelta) and not part.server and not part.json:
            raise EncodeError("arguments", part.arguments, f"must be JSON: {self.name} has no other")
        events: list[Event | Retry | Comment] = [] if self._begun else self._begin()
        if isinstance(part, Other):
            return events + self._write_other(part)
        if not (isinstance(part, ToolCallDelta) and part.server):
            events += self._write_steps(self._blocks.add(part))
        return events

    def _begin(self) -> list[Event | Retry | Comment]:
        self._begun = True
        return [self._event("interaction.created", interaction=self._interaction("in_progress"))]

    def write_end(self) -> list[Event]:
        if self.failed:
            return []
        events: list[Any] = [] if self._begun else self._begin()
        events += self._write_steps(self._blocks.end())
        finish = self._finish or Finish("tool_call" if self.open[0] else "stop")
        status = finish.raw_reason
        if status is None or REASONS.get(status) != finish.reason:
            status = _STATUSES.get(finish.reason, "incomplete")
        found = self._interaction(status)
        if self.usage is not None:
            found["usage"] = write_usage(self.usage, COUNTS)
        return [*events, self._event("interaction.completed", interaction=found), Event("[DONE]", "done")]

    def _write_other(self, part: Other) -> list[Event | Retry | Comment]:
        data = part.data
        if part.block is None or type(data) is not dict:
            return [Event(self.dumps(data), part.name)]
        kind = text_of(data.get("event_type"), "step.delta")
        if kind == "step.start":
            self._step += 1
        return [self._event(kind, **{**data, "index": self._step})]

    def _write_steps(self, steps: list[Step]) -> list[Event]:
        events = []
        for action, _, part in steps:
            if action == "open":
                self._step += 1
                events.append(self._event("step.start", index=self._step, step=self._write_start(part)))
            elif action == "close":
                events.append(self._event("step.stop", index=self._step))
            else:
                events += [self._event("step.delta", index=self._step, delta=delta) for delta in _write_delta(part)]
        return events

    def _write_start(self, part: Part) -> dict[str, Any]:
        step: dict[str, Any] = {"type": _STEPS[part.kind]}
        if isinstance(part, ToolCallDelta):
            self.open[0] = True
            step |= {"id": part.id or f"call_{self._step}", "name": part.name or "", "arguments": {}}
        return step

    def _interaction(self, status: str) -> dict[str, Any]:
        self.id = self.id or "interaction_1"
        found = {"id": self.id, "status": status, "object": "interaction"}
        return {**found, "model": self.model} if self.model else found

    def _event(self, kind: str, **members: Any) -> Event:
        return Event(self.dumps({**members, "event_type": kind}), kind)


def _write_delta(part: Part) -> list[dict[str, Any]]:
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
