# SPDX-License-Identifier: MIT
"""openai-assistants: OpenAI's Assistants, named events of objects with a life cycle, then `done`.

The event type is the discriminator, the JSON has only `object`. Text comes in the deltas of messages, calls in
those of run steps; the run's status is the finish. The rest, tools that OpenAI runs included, is Others.
"""

from __future__ import annotations

from ._json import count_or_none, dict_of, read_error, str_or_none, text_of
from ._openai_assistants import REASONS, AssistantsWriter
from ._parts import BlockEnd, Finish, Other, Start, TextDelta, ToolCallDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Event
    from ._parts import Part

# Past these an index counts as absent, so that numbers stay what a list can hold.
_MAX_BLOCKS = 1024


class _Numbers:
    """Blocks of lists that each count from 0: the first list's as they are, another's after those before it."""

    def __init__(self) -> None:
        self.owner: str | None = None
        self._base = self._next = 0

    def block(self, owner: object, index: object) -> int:
        if owner != self.owner and type(owner) is str:
            self.owner, self._base = owner, self._next
        block = self._base + (index if type(index) is int and 0 <= index < _MAX_BLOCKS else 0)
        self._next = max(self._next, block + 1)
        return block


class OpenAIAssistants(AssistantsWriter):
    """A run of an assistant: text, function calls, usage, how it ended."""

    name = "openai-assistants"
    terminal = "its event done"
    one_choice = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._texts, self._calls = _Numbers(), _Numbers()
        self._started = False

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = event.type
        delta = dict_of(payload.get("delta"))
        if kind == "thread.message.delta":
            return self._list(kind, "content", delta, payload)
        if kind == "thread.run.step.delta":
            return self._list(kind, "tool_calls", dict_of(delta.get("step_details")), payload)
        if kind == "error" or payload.get("error"):
            return self.fail(payload)
        if kind.startswith("thread.run.") and not kind.startswith("thread.run.step."):
            return self._status(kind, payload)
        parts: list[Part] = [Other(kind, payload, self.name, raw=payload)]
        if kind == "thread.message.completed" and payload.get("id") == self._texts.owner:
            for index, _ in enumerate(_dicts(payload.get("content"))):
                parts.append(BlockEnd(self._texts.block(payload.get("id"), index), raw=payload))
        return parts

    def _list(self, kind: str, member: str, delta: dict[str, Any], payload: dict[str, Any]) -> list[Part]:
        """The parts of a delta's list; what has none of its own is left in an Other that looks as the event did."""
        parts: list[Part] = []
        left = []
        for piece in _dicts(delta.get(member)):
            type_ = piece.get("type")
            if member == "tool_calls" and type_ == "function":
                parts.append(self._call(piece, payload.get("id"), payload))
            elif member == "content" and type_ in ("text", "refusal"):
                said = dict_of(piece.get("text"))
                value = piece.get("refusal") if type_ == "refusal" else said.get("value")
                block = self._texts.block(payload.get("id"), piece.get("index"))
                if type(value) is str and value:
                    parts.append(TextDelta(value, block, type_ == "refusal", raw=payload))
                if said.get("annotations"):
                    left.append({**piece, "text": {**said, "value": ""}})
            else:
                left.append(piece)
        if left:
            rest: dict[str, Any] = {member: left}
            if member == "tool_calls":
                rest = {"step_details": {"type": "tool_calls", **rest}}
            parts.append(Other(kind, {**payload, "delta": rest}, self.name, raw=payload))
        return parts

    def _call(self, piece: dict[str, Any], owner: object, payload: dict[str, Any]) -> ToolCallDelta:
        if self.open:  # the run is not over
            self.open[0] = True
        block = self._calls.block(owner, piece.get("index"))
        function = dict_of(piece.get("function"))
        id, name = str_or_none(piece.get("id")), str_or_none(function.get("name"))
        return ToolCallDelta(text_of(function.get("arguments")), block, id, name, raw=payload)

    def _status(self, kind: str, payload: dict[str, Any]) -> list[Part]:
        parts: list[Part] = []
        if kind == "thread.run.created" or not self._started:  # after tool outputs it goes on without
            self._started = True
            self._texts, self._calls = _Numbers(), _Numbers()
            self.open, self.usage = {0: False}, None
            parts.append(Start(str_or_none(payload.get("id")), str_or_none(payload.get("model")), raw=payload))
        parts += self.merge_usage(_read_usage(dict_of(payload.get("usage")), payload))
        status = kind.rpartition(".")[2]
        if status == "failed":
            self.failed = True
            return [*parts, read_error(payload.get("last_error"), payload)]
        if status == "requires_action" and not self.open.get(0):
            parts += self._required(payload)
        reason = dict_of(payload.get("incomplete_details")).get("reason")
        word = text_of(reason, status) if status == "incomplete" else status
        if self.open and (word in REASONS or status == "incomplete"):
            self.open.clear()
            parts.append(Finish(REASONS.get(word, "other"), word, raw=payload))
        elif kind != "thread.run.created":
            parts.append(Other(kind, payload, self.name, raw=payload))
        return parts

    def _required(self, payload: dict[str, Any]) -> list[Part]:
        """The calls that no delta brought."""
        parts: list[Part] = []
        action = dict_of(dict_of(payload.get("required_action")).get("submit_tool_outputs"))
        for index, call in enumerate(_dicts(action.get("tool_calls"))):
            part = self._call({**call, "index": index}, "required_action", payload)
            parts += [part, BlockEnd(part.block, "tool_call", raw=payload)]
        return parts


def _dicts(value: object) -> list[dict[str, Any]]:
    """The objects of a list; [] if `value` is none."""
    return [item for item in value if type(item) is dict] if type(value) is list else []


def _read_usage(usage: dict[str, Any], raw: Any) -> Usage:
    input, output = count_or_none(usage.get("prompt_tokens")), count_or_none(usage.get("completion_tokens"))
    # The API says prompt_token_details, its document prompt_tokens_details.
    cache = dict_of(usage.get("prompt_token_details")) or dict_of(usage.get("prompt_tokens_details"))
    reasoning = count_or_none(dict_of(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    total, cached = count_or_none(usage.get("total_tokens")), count_or_none(cache.get("cached_tokens"))
    return Usage(input, output, total, cached, None, reasoning, raw=raw)
