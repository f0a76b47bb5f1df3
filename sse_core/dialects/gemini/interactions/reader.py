# SPDX-License-Identifier: MIT
"""What reads gemini-interactions."""

from __future__ import annotations

from ..._parts import BlockEnd, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage
from ...base import JsonReader, count_or_none, dict_of, dicts_of, index_or_none, str_or_none, text_of
from .words import COUNTS, REASONS, STEPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event
    from ..._parts import Of, Part

_MAX_STEPS = 10_000  # past it an index counts as absent


class InteractionsReader(JsonReader):
    """Reads the stream of one interaction."""

    def begin(self) -> None:
        super().begin()
        # What the steps under way are.
        self._steps: dict[int, Of] = {}

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = text_of(payload.get("event_type"), event.type)
        index = index_or_none(payload.get("index"), _MAX_STEPS) or 0
        parts: list[Part] = []
        if kind == "step.delta":
            parts = self._delta(dict_of(payload.get("delta")), index, payload)
        elif kind == "step.start":
            parts = self._start(dict_of(payload.get("step")), index, payload)
        elif kind == "step.stop":
            of = self._steps.pop(index, None)
            parts = [self._other(index, payload) if of is None else BlockEnd(index, of)]
        elif kind == "interaction.created":
            self.begin()
            found = dict_of(payload.get("interaction"))
            parts = [Start(str_or_none(found.get("id")), str_or_none(found.get("model")))]
        elif kind == "interaction.completed":
            found = dict_of(payload.get("interaction"))
            status = str_or_none(found.get("status"))
            if status is not None:
                self.finish_later(REASONS.get(status, "other"), status)
            return self._usage(found.get("usage"))
        elif kind == "error" or (kind == "message" and "error" in payload):
            return self.fail(payload)
        elif kind != "interaction.status_update":
            parts = [self.other(payload, event, "event_type")]
        if "metadata" in payload or "usage" in payload or "total_usage" in payload:
            for holder in (payload, dict_of(payload.get("metadata"))):
                parts += self._usage(holder.get("usage")) + self._usage(holder.get("total_usage"))
        return parts

    def _start(self, step: dict[str, Any], index: int, payload: dict[str, Any]) -> list[Part]:
        self._steps.pop(index, None)
        of = STEPS.get(text_of(step.get("type")))
        if of is None:
            return [self._other(index, payload)]
        self.said()
        parts: list[Part] = []
        parts += [ReasoningDelta(text_of(item.get("text")), index) for item in dicts_of(step.get("summary"))]
        parts += [TextDelta(text_of(item.get("text")), index) for item in dicts_of(step.get("content"))]
        signature = str_or_none(step.get("signature"))
        if signature is not None:
            parts.append(ReasoningDelta("", index, signature))
        if of == "tool_call":
            args = dict_of(step.get("arguments"))  # {} where they come in deltas
            arguments = self.json_text(args) if args else ""
            id, name = str_or_none(step.get("id")), str_or_none(step.get("name"))
            parts.append(ToolCallDelta(arguments, index, id, name))
            self.tool_called(index)
        self._steps[index] = of
        return parts

    def _delta(self, delta: dict[str, Any], index: int, payload: dict[str, Any]) -> list[Part]:
        if not self.waiting:
            self.said()
        kind = delta.get("type")
        if kind == "text":
            text = text_of(delta.get("text"))
            return [TextDelta(text, index, False, 0, payload)] if text else []
        # Those of a step that is not known to be a call are not the client's to run.
        if kind == "arguments_delta" and self._steps.get(index) == "tool_call":
            return [ToolCallDelta(text_of(delta.get("arguments")), index, raw=payload)]
        if kind == "thought_summary":
            text = text_of(dict_of(delta.get("content")).get("text"))
            return [ReasoningDelta(text, index) if text else self._other(index, payload)]
        if kind == "thought_signature":
            signature = str_or_none(delta.get("signature"))
            return [] if signature is None else [ReasoningDelta("", index, signature)]
        return [self._other(index, payload)]

    def _other(self, index: int, payload: dict[str, Any]) -> Other:
        found = dict_of(payload.get("step")) or dict_of(payload.get("delta"))
        return Other(text_of(found.get("type"), "step"), payload, self.name, index)

    def _usage(self, usage: Any) -> list[Part]:
        if type(usage) is not dict:
            return []
        input, output, total, cached, thoughts = [count_or_none(usage.get(name)) for name in COUNTS]
        tools = count_or_none(usage.get("total_tool_use_tokens"))
        if tools:
            input = count_or_none((input or 0) + tools)
        if thoughts is not None:
            output = count_or_none((output or 0) + thoughts)
        return self.usage(Usage(input, output, total, cached, None, thoughts))

    def whole(self) -> bool:
        return not self.waiting  # `done` only says so again
