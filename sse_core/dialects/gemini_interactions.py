# SPDX-License-Identifier: MIT
"""gemini-interactions: Google's Interactions API; named events, the name again in `event_type`.

Steps (thought, model_output, function_call, and those of Google's own tools) come one after another; a
block is a step's index. After `interaction.completed` comes `event: done`, data `[DONE]`.
"""

from __future__ import annotations

from .._errors import DialectError, EncodeError
from ._gemini_interactions import COUNTS, REASONS, InteractionsWriter
from ._json import count_or_none, dict_of, str_or_none, text_of
from ._parts import BlockEnd, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Event
    from ._parts import Part

_KINDS = {"model_output": "text", "thought": "reasoning", "function_call": "tool_call"}
_MAX_STEPS = 10_000  # past it an index counts as absent


class GeminiInteractions(InteractionsWriter):
    """The stream of one interaction."""

    name = "gemini-interactions"
    one_choice = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # The kinds of the steps under way.
        self._kinds: dict[int, str] = {}

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = text_of(payload.get("event_type"), event.type)
        index = payload.get("index")
        if type(index) is not int or not 0 <= index < _MAX_STEPS:
            index = 0
        parts: list[Part] = []
        if kind == "step.delta":
            parts = self._delta(dict_of(payload.get("delta")), index, payload)
        elif kind == "step.start":
            try:
                parts = self._start(dict_of(payload.get("step")), index, payload)
            except EncodeError as error:
                raise DialectError(f"{self.name}: arguments cannot be read: {error}", event) from error
        elif kind == "step.stop":
            of = self._kinds.pop(index, None)
            parts.append(self._other(index, payload) if of is None else BlockEnd(index, of, raw=payload))
        elif kind == "interaction.created":
            found = dict_of(payload.get("interaction"))
            self._kinds, self.usage, self.open = {}, None, {0: False}
            parts.append(Start(str_or_none(found.get("id")), str_or_none(found.get("model")), raw=payload))
        elif kind == "interaction.completed":
            return self._completed(dict_of(payload.get("interaction")), payload)
        elif kind == "error" or (kind == "message" and "error" in payload):
            return self.fail(payload)
        elif kind != "interaction.status_update":
            parts.append(self.unknown(payload, event, "event_type"))
        for holder in (payload, dict_of(payload.get("metadata"))):
            for name in ("usage", "total_usage"):
                if type(holder.get(name)) is dict:
                    parts += self.merge_usage(_read_usage(holder[name], payload))
        return parts

    def _start(self, step: dict[str, Any], index: int, payload: Any) -> list[Part]:
        of = _KINDS.get(text_of(step.get("type")))
        if of is None:
            self._kinds.pop(index, None)
            return [self._other(index, payload)]
        self._kinds[index] = of
        parts: list[Part] = []
        for item in _dicts(step.get("summary")):
            parts.append(ReasoningDelta(text_of(item.get("text")), index, raw=payload))
        for item in _dicts(step.get("content")):
            parts.append(TextDelta(text_of(item.get("text")), index, raw=payload))
        if str_or_none(step.get("signature")):
            parts.append(ReasoningDelta("", index, step["signature"], raw=payload))
        if of == "tool_call":
            if self.open:
                self.open[0] = True
            args = dict_of(step.get("arguments"))  # {} where they come in deltas
            id, name = str_or_none(step.get("id")), str_or_none(step.get("name"))
            parts.append(ToolCallDelta(self.dumps(args) if args else "", index, id, name, raw=payload))
        return parts

    def _delta(self, delta: dict[str, Any], index: int, payload: Any) -> list[Part]:
        kind = delta.get("type")
        if kind == "text":
            text = text_of(delta.get("text"))
            return [TextDelta(text, index, raw=payload)] if text else []
        if kind == "arguments_delta":
            return [ToolCallDelta(text_of(delta.get("arguments")), index, raw=payload)]
        if kind == "thought_summary":
            text = text_of(dict_of(delta.get("content")).get("text"))
            return [ReasoningDelta(text, index, raw=payload)] if text else [self._other(index, payload)]
        if kind == "thought_signature":
            signature = str_or_none(delta.get("signature"))
            return [] if signature is None else [ReasoningDelta("", index, signature, raw=payload)]
        return [self._other(index, payload)]

    def _other(self, index: int, payload: dict[str, Any]) -> Other:
        found = dict_of(payload.get("step")) or dict_of(payload.get("delta"))
        return Other(text_of(found.get("type"), "step"), payload, self.name, index, raw=payload)

    def _completed(self, found: dict[str, Any], payload: Any) -> list[Part]:
        parts = self.merge_usage(_read_usage(dict_of(found.get("usage")), payload))
        status = str_or_none(found.get("status"))
        if status is not None and self.open:
            self.open.clear()
            parts.append(Finish(REASONS.get(status, "other"), status, raw=payload))
        return parts

    def complete(self) -> bool:
        return not self.open  # `done` only says so again


def _read_usage(usage: dict[str, Any], raw: Any) -> Usage:
    input, output, total, cached, thoughts = [count_or_none(usage.get(name)) for name in COUNTS]
    tools = count_or_none(usage.get("total_tool_use_tokens"))
    if tools:
        input = (input or 0) + tools
    if thoughts is not None:
        output = (output or 0) + thoughts
    return Usage(input, output, total, cached, None, thoughts, raw=raw)


def _dicts(value: object) -> list[dict[str, Any]]:
    """The objects of a list; [] if `value` is none."""
    return [item for item in value if type(item) is dict] if type(value) is list else []
