# SPDX-License-Identifier: MIT
"""What reads cohere-v2."""

from __future__ import annotations

from ..._parts import BlockEnd, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage
from ...base import JsonReader, count_or_none, dict_of, index_or_none, read_error, short_or_none, str_or_none, text_of
from .words import PLAN, REASONS, is_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event
    from ..._parts import Part

# Past these an index counts as absent, so that state stays bounded.
_MAX_BLOCKS = 1024


class CohereReader(JsonReader):
    """Reads Cohere v2 chat: text, thinking, the tool plan, tool calls, citations as Others."""

    alike: tuple[str, ...] | None = ()

    def begin(self) -> None:
        super().begin()
        # The content blocks that are thinking, which content-end does not say.
        self._thinking: set[int] = set()
        # By index, the block and the id of the call under way.
        self._calls: dict[int, tuple[int, str | None]] = {}
        self._next_call = 0
        # Until an index stands for a second call: some servers begin every call as 0. Then the index of a third
        # may be the block of the second, and the two would become one call.
        self._by_index = True

    def may_repeat(self, payload: Any) -> bool:
        return text_of(payload.get("type")).endswith("-delta")

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("type")
        if kind == "content-delta":
            # Nearly every event: text or thinking, no logprobs.
            try:
                content = payload["delta"]["message"]["content"]
                index = payload["index"]
                thinks = "thinking" in content
                text = content["thinking" if thinks else "text"]
            except (KeyError, TypeError):
                return self._content(payload, event)
            if type(text) is str and text and type(index) is int and 0 <= index < _MAX_BLOCKS and len(payload) == 3:
                if not thinks and len(content) == 1:
                    return [TextDelta(text, index, False, 0, payload)]
                if len(content) == 1:
                    self._thinking.add(index)
                    return [ReasoningDelta(text, index, None, 0, payload)]
            return self._content(payload, event)
        if type(kind) is not str:
            kind = event.type or "message"
        if kind in ("tool-call-start", "tool-call-delta"):
            return [self._call(payload, kind == "tool-call-start")]
        if kind in ("content-start", "content-delta"):
            return self._content(payload, event)
        if kind in ("content-end", "tool-call-end"):
            return [self._block_end(kind, _index(payload))]
        if kind == "tool-plan-delta":
            text = text_of(_message(payload).get("tool_plan"))
            return [ReasoningDelta(text, PLAN)] if text else []
        if kind == "message-start":
            self.begin()
            return [Start(str_or_none(payload.get("id")), None, str_or_none(_message(payload).get("role")))]
        if kind == "message-end":
            return self._message_end(dict_of(payload.get("delta")))
        return self.fail(payload) if is_error(kind, payload) else [self.other(payload, event)]

    def _content(self, payload: dict[str, Any], event: Event) -> list[Part]:
        """The parts of a content-start, or of a content-delta that has more to say."""
        index = _index(payload)
        content = _one(_message(payload).get("content"))
        text, thinking = content.get("text"), content.get("thinking")
        if content and type(text) is not str and type(thinking) is not str and content.get("type") != "thinking":
            return [self.other(payload, event)]
        parts: list[Part] = []
        if type(thinking) is str or content.get("type") == "thinking":
            self._thinking.add(index)
            if thinking and type(thinking) is str:
                parts.append(ReasoningDelta(thinking, index))
        if type(text) is str and text:
            parts.append(TextDelta(text, index))
        if payload.get("logprobs"):
            parts.append(Other("logprobs", payload["logprobs"], self.name, index))
        return parts

    def _call(self, payload: dict[str, Any], starts: bool) -> ToolCallDelta:
        index = _index(payload)
        call = _one(_message(payload).get("tool_calls"))
        id = str_or_none(call.get("id"))
        known = self._calls.get(index)
        if known is None or (starts and short_or_none(id) != known[1]):
            self._by_index = self._by_index and known is None
            known = self._calls[index] = (index if self._by_index else self._next_call), short_or_none(id)
            self._next_call = max(self._next_call, known[0] + 1)
            self.tool_called(known[0])
        function = dict_of(call.get("function"))
        arguments = function.get("arguments")
        if type(arguments) is dict:
            arguments = self.json_text(arguments)
        return ToolCallDelta(text_of(arguments), known[0], id, str_or_none(function.get("name")))

    def _block_end(self, kind: str, index: int) -> BlockEnd:
        if kind == "tool-call-end":
            return BlockEnd(self._calls.get(index, (index, None))[0], "tool_call")
        if index not in self._thinking:
            return BlockEnd(index)
        self._thinking.remove(index)
        return BlockEnd(index, "reasoning")

    def _message_end(self, delta: dict[str, Any]) -> list[Part]:
        parts = self.usage(_read_usage(dict_of(delta.get("usage"))))
        word = str_or_none(delta.get("finish_reason"))
        reason = REASONS.get(word or "", "other")
        failed = bool(delta.get("error"))
        # Beside an error only its own word counts: with COMPLETE it would look like a success that failed later.
        if word is not None and (reason == "error" or not failed):
            parts += self.finish(reason, word)
        if not failed:
            return [*parts, *self.done("event")]
        return [*parts, *self.fail(read_error(delta)), *self.done("error")]


def _index(payload: dict[str, Any]) -> int:
    return index_or_none(payload.get("index"), _MAX_BLOCKS) or 0


def _message(payload: dict[str, Any]) -> dict[str, Any]:
    return dict_of(dict_of(payload.get("delta")).get("message"))


def _one(value: object) -> dict[str, Any]:
    """The one object there is, which some servers put into a list."""
    return dict_of(value[0] if type(value) is list and value else value)


def _count(value: object) -> int | None:
    """A count; the schema says number, not integer."""
    return count_or_none(int(value) if type(value) is float and value.is_integer() else value)


def _read_usage(usage: dict[str, Any]) -> Usage:
    tokens, billed = dict_of(usage.get("tokens")), dict_of(usage.get("billed_units"))
    input, output = _count(tokens.get("input_tokens")), _count(tokens.get("output_tokens"))
    if input is None and output is None:
        input, output = _count(billed.get("input_tokens")), _count(billed.get("output_tokens"))
    cached, reasoning = _count(usage.get("cached_tokens")), _count(tokens.get("reasoning_tokens"))
    return Usage(input, output, None, cached, None, reasoning)
