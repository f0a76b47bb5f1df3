# SPDX-License-Identifier: MIT
"""workers-ai: the native text generation of Cloudflare Workers AI; unnamed JSON, then `[DONE]`.

    response                    TextDelta; a number is text, too: a token of digits comes as one
    tool_calls                  Other("tool_calls"), before the text of its event; the answer then ends in "tool_call"
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

from ..._items import Event
from .._parts import Usage
from ..base import Dialect, PlainReader, PlainWriter, given, write_error

TYPE_CHECKING = False
if TYPE_CHECKING:
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
_OTHERS = ("tool_calls",)


class AiReader(PlainReader):
    at = _AT
    reasons = _REASONS
    others = _OTHERS

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        return self.fail(payload) if payload.get("errors") else super().read_object(payload, event)

    def read_found(self, found: dict[str, Any], choice: int) -> list[Part]:
        if type(found.get("text")) in (int, float):
            found["text"] = self.json_text(found["text"])
        if found.get("calls"):
            self.tool_called()
        return super().read_found(found, choice)


class AiWriter(PlainWriter):
    reasons = _REASONS
    words = _WORDS
    others = _OTHERS

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self.chunk({"response": part.text})]

    def write_error(self, part: Error) -> list[Item]:
        return [self.event({"success": False, "errors": [given(**write_error(part))]})]

    def write_last(self, finish: Finish) -> list[Item]:
        members: dict[str, Any] = {}
        if finish.raw_reason or finish.reason != "stop":
            members["finish_reason"] = self.word(finish)
        used = self.held_usage or Usage()
        usage: dict[str, Any] = given(
            prompt_tokens=used.input_tokens, completion_tokens=used.output_tokens, total_tokens=used.total_tokens
        )
        if used.cache_read_tokens is not None:
            usage["prompt_tokens_details"] = {"cached_tokens": used.cache_read_tokens}
        if usage:
            members["usage"] = usage
        return [*([self.chunk(members)] if members else []), Event("[DONE]")]

    def chunk(self, members: dict[str, Any], choice: int = 0) -> Event:
        return self.event({"response": "", **members})


DIALECT = Dialect("workers-ai", AiReader, AiWriter, error_ends=True, terminal="[DONE]")
