# SPDX-License-Identifier: MIT
"""workers-ai: the native text generation of Cloudflare Workers AI; unnamed JSON, then `[DONE]`.

    response                    TextDelta; a number is text, too: a token of digits comes as one
    tool_calls                  a ToolCallDelta and its BlockEnd each, behind the text of its event: calls come whole,
                                as name and arguments; the same list again says nothing
    usage                       Usage: prompt_tokens, completion_tokens, total_tokens,
                                prompt_tokens_details.cached_tokens
    finish_reason, if there     Finish, in the words of openai-chat; else inferred
    errors[0], or error         Error, the end
    [DONE]                      Done("sentinel"); the end of the body is one after a finish_reason alone

Lost: `p`, which is padding of random length. Models with the events of openai-chat are read as that.
From Cloudflare's documentation and examples, and its client workers-ai-provider (2026); an error in a stream rests on
the form of its other answers. No stream of it was recorded.
"""

from __future__ import annotations

import json

from ..._errors import EncodeError
from ..._items import Event
from .._parts import BlockEnd, ToolCallDelta, Usage
from ..base import (
    CallBuffer,
    Dialect,
    PlainReader,
    PlainWriter,
    dict_of,
    dicts_of,
    given,
    short,
    str_or_none,
    text_of,
    write_error,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..._items import Item
    from .._parts import Error, Finish, FinishReason, Part, TextDelta
    from ..base.plain import Path

_AT: dict[str, Path] = {
    "text": ("response",),
    "calls": ("tool_calls",),
    "input_tokens": ("usage", "prompt_tokens"),
    "output_tokens": ("usage", "completion_tokens"),
    "total_tokens": ("usage", "total_tokens"),
    "cache_read_tokens": ("usage", "prompt_tokens_details", "cached_tokens"),
    "finish": ("finish_reason",),
    "error": ("error",),
}
_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "model_length": "length",
    "tool_calls": "tool_call",
    "content_filter": "content_filter",
    "error": "error",
}
_WORDS: dict[FinishReason, str] = {
    "stop": "stop",
    "length": "length",
    "tool_call": "tool_calls",
    "content_filter": "content_filter",
    "other": "other",
}


class AiReader(PlainReader):
    at: Mapping[str, Path] = _AT
    reasons: Mapping[str, FinishReason] = _REASONS

    def begin(self) -> None:
        super().begin()
        self._next_call = 0
        # The last list of calls, which may come again with the counts.
        self._last_calls = ""

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        return self.fail(payload) if payload.get("errors") else super().read_object(payload, event)

    def read_found(self, found: dict[str, Any], choice: int) -> list[Part]:
        if type(found.get("text")) in (int, float):
            found["text"] = self.json_text(found["text"])
        word = found.pop("finish", None)
        parts = super().read_found(found, choice) + self._read_calls(dicts_of(found.get("calls")))
        return parts + super().read_found({"finish": word}, choice)

    def _read_calls(self, calls: list[dict[str, Any]]) -> list[Part]:
        said = short(self.json_text(calls))
        if not calls or said == self._last_calls:
            return []
        self._last_calls = said
        parts: list[Part] = []
        for call in calls:
            function = dict_of(call.get("function")) or call
            arguments = function.get("arguments")
            text = self.json_text(arguments) if type(arguments) in (dict, list) else text_of(arguments)
            block, self._next_call = self._next_call, self._next_call + 1
            self.tool_called(block)
            id, name = str_or_none(call.get("id")), str_or_none(function.get("name"))
            parts += [ToolCallDelta(text, block, id, name), BlockEnd(block, "tool_call")]
        return parts


class AiWriter(PlainWriter):
    reasons: Mapping[str, FinishReason] = _REASONS
    words: Mapping[FinishReason, str] = _WORDS

    def begin(self) -> None:
        super().begin()
        self._calls = CallBuffer(self.held)

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        self._calls.add(part)
        return []

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        call = self._calls.pop(part.block) if part.of == "tool_call" else None
        return [] if call is None else [self._call(call)]

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self.chunk({"response": part.text})]

    def write_error(self, part: Error) -> list[Item]:
        return [self.event({"success": False, "errors": [given(**write_error(part))]})]

    def write_last(self, finish: Finish) -> list[Item]:
        calls = [self._call(call) for call in self._calls.pop_all()]
        members: dict[str, Any] = {}
        if finish.raw_reason or finish.reason != ("tool_call" if 0 in self.called else "stop"):
            members["finish_reason"] = self.word(finish)
        used = self.held_usage or Usage()
        usage: dict[str, Any] = given(
            prompt_tokens=used.input_tokens, completion_tokens=used.output_tokens, total_tokens=used.total_tokens
        )
        if used.cache_read_tokens is not None:
            usage["prompt_tokens_details"] = {"cached_tokens": used.cache_read_tokens}
        if usage:
            members["usage"] = usage
        return [*calls, *([self.chunk(members)] if members else []), Event("[DONE]")]

    def _call(self, call: ToolCallDelta) -> Event:
        try:
            arguments = json.loads(call.arguments)
        except (ValueError, RecursionError):
            arguments = None
        if type(arguments) is not dict:
            raise EncodeError("arguments", call.arguments, f"must be a JSON object: {self.name} sends a call whole")
        return self.chunk({"tool_calls": [given(id=call.id, name=call.name, arguments=arguments)]})

    def chunk(self, members: dict[str, Any], choice: int = 0) -> Event:
        return self.event({"response": "", **members})


DIALECT = Dialect("workers-ai", AiReader, AiWriter, error_ends=True, terminal="[DONE]")
