# SPDX-License-Identifier: MIT
"""letta: Letta's agents, unnamed JSON events, discriminator `message_type`; a run of several messages.

| event | parts |
|---|---|
| `reasoning_message`: `reasoning`, `signature` | ReasoningDelta; block: `id` |
| `assistant_message`: `content`, text or parts of it | TextDelta; block: `id` |
| `tool_call_message`: `tool_call` | ToolCallDelta, server=True: the server runs it; block and id: `tool_call_id` |
| `approval_request_message`: `tool_call` | ToolCallDelta, the client's: it runs the call, or lets the server do so |
| the same two, `tool_calls` a list | for each call a ToolCallDelta and, since it is whole, a BlockEnd |
| `tool_return_message` | Other; a call that the client was to act on is answered |
| `stop_reason` | Finish, the last one |
| `usage_statistics` | Usage; steps and run ids are lost |
| `event: error`; `error_message`: `message`, `error_type` | Error; a `stop_reason` and `[DONE]` may follow |
| `[DONE]` | Done |
| all else: pings, messages of the user, hidden reasoning | Other |

The Start is the first content's `run_id`. An event is a fragment, or with no `stream_tokens` a whole, and says no
other one again; `tool_call` and `tool_calls` say the same, and the newer `tool_calls` counts. A fragment without an
id is of the last call, and of the kind that its call began as. A call that waits for an approval is the client's,
since those of tools that the client runs come so, too, and only it knows which are.

Written is the same, a call by both names, its id and name in each fragment; a call without arguments gets {}; an error
as `event: error`. `date` is `created`. Lost: refusals, times, `otid`, `seq_id` and `step_id` of a message.

From the models and the stream reader of letta-client 1.12.1, which raises at `event: error` and skips all other
names, and from the server's code of 2026, which sends events so.
"""

from __future__ import annotations

from .._items import Event
from ._parts import BlockEnd, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage
from .base import (
    Dialect,
    FragmentWriter,
    JsonReader,
    count_or_none,
    dicts_of,
    given,
    str_or_none,
    text_of,
    time_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .._items import Item
    from ._parts import Block, Error, Finish, FinishReason, Other, Part
    from .base import Shown

_CALLS = ("tool_call_message", "approval_request_message")  # the server's, the client's
_RETURN = "tool_return_message"
_COUNTS = (  # in the order of Usage's
    *("prompt_tokens", "completion_tokens", "total_tokens"),
    *("cached_input_tokens", "cache_write_tokens", "reasoning_tokens"),
)
_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "tool_rule": "stop",
    "no_tool_call": "stop",
    "max_steps": "length",
    "max_tokens_exceeded": "length",
    "requires_approval": "tool_call",
    "error": "error",
    "llm_api_error": "error",
    "invalid_llm_response": "error",
    "invalid_tool_call": "error",
    "context_window_overflow_in_system_prompt": "error",
    "cancelled": "other",
    "insufficient_credits": "other",
}
_WORDS: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens_exceeded",
    "tool_call": "requires_approval",
    "content_filter": "invalid_llm_response",  # it has no word for it, and end_turn would be a lie
    "other": "cancelled",
}


class LettaReader(JsonReader):
    def begin(self) -> None:
        super().begin()
        # There was content: it is too late for a Start.
        self._started = False
        # The call that a fragment without an id is of, and whether the server runs it.
        self._call: tuple[Block, bool] | None = None

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("message_type")
        if event.type == "error" or kind == "error_message" or (kind is None and payload.get("error")):
            return self.fail(payload)
        parts: list[Part] = []
        block = str_or_none(payload.get("id")) or 0
        if kind == "assistant_message":
            content = payload.get("content")
            text = content if type(content) is str else "".join(text_of(one.get("text")) for one in dicts_of(content))
            parts = [TextDelta(text, block)] if text else []
        elif kind == "reasoning_message":
            text, signature = text_of(payload.get("reasoning")), str_or_none(payload.get("signature"))
            parts = [ReasoningDelta(text, block, signature)] if text or signature else []
        elif kind in _CALLS:
            parts = self._calls(payload, block, kind == _CALLS[0])
        elif kind == "stop_reason":
            word = text_of(payload.get("stop_reason"))
            return self.finish_later(_REASONS.get(word, "other"), word)
        elif kind == "usage_statistics":
            input, output, total, read, written, thought = [count_or_none(payload.get(name)) for name in _COUNTS]
            return self.usage(Usage(input, output, total, read, written, thought))
        elif kind == _RETURN:
            for returned in (payload, *dicts_of(payload.get("tool_returns"))):
                self.tool_answered(text_of(returned.get("tool_call_id")))
        if not parts:
            said = kind in ("assistant_message", "reasoning_message")
            return [] if said else [self.other(payload, event, "message_type")]
        self.said()
        run = str_or_none(payload.get("run_id"))
        started, self._started = self._started, True
        return [Start(run), *parts] if run and not started else parts

    def _calls(self, payload: dict[str, Any], message: Block, server: bool) -> list[Part]:
        calls = payload.get("tool_calls") or payload.get("tool_call")
        if type(calls) is dict and calls:
            return [self._fragment(calls, message, server)]
        parts: list[Part] = []
        for call in dicts_of(calls):
            self._call = None
            fragment = self._fragment(call, message, server)
            parts += [fragment, BlockEnd(fragment.block, "tool_call")]
        return parts

    def _fragment(self, call: dict[str, Any], message: Block, server: bool) -> ToolCallDelta:
        id = str_or_none(call.get("tool_call_id"))
        if self._call is None or id not in (None, self._call[0]):
            self._call = id or message, server
            if not server:
                self.tool_called(self._call[0])
        block, server = self._call
        return ToolCallDelta(text_of(call.get("arguments")), block, id, str_or_none(call.get("name")), server)


class LettaWriter(FragmentWriter):
    server_calls = True
    reasons: Mapping[str, FinishReason] = _REASONS
    words: Mapping[FinishReason, str] = _WORDS

    def begin(self) -> None:
        super().begin()
        self._date = time_of(self.created)

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self._message("assistant_message", part.block, content=part.text)] if part.text else []

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        if not part.text and part.signature is None:
            return []
        members = given(source="reasoner_model", reasoning=part.text, signature=part.signature)
        return [self._message("reasoning_message", part.block, **members)]

    def write_fragment(self, call: Shown, arguments: str, opens: bool) -> list[Item]:
        told = given(name=call.name, arguments=arguments, tool_call_id=call.id)
        return [self._message(_CALLS[0 if call.server else 1], call.id, tool_call=told, tool_calls=told)]

    def write_other(self, part: Other) -> list[Item]:
        return self.other(part, "message_type")

    def write_error(self, part: Error) -> list[Item]:
        type_ = part.type or (part.code if type(part.code) is str else None) or "internal_error"
        ids = {"message_type": "error_message", "run_id": self.id or "run-1"}
        return [self.event({**ids, "error_type": type_, "message": part.message}, "error")]

    def write_last(self, finish: Finish) -> list[Item]:
        items = [*self.end_calls(), self._event("stop_reason", stop_reason=self.word(finish))]
        if self.held_usage is not None:
            counts = [getattr(self.held_usage, field) for field in Usage.__match_args__[: len(_COUNTS)]]
            items.append(self._event("usage_statistics", **given(**dict(zip(_COUNTS, counts, strict=True)))))
        return [*items, Event("[DONE]")]

    def write_failed_end(self) -> list[Item]:
        return [self._event("stop_reason", stop_reason="error"), Event("[DONE]")]

    def _message(self, kind: str, block: Block, **members: Any) -> Event:
        id = block if type(block) is str and block else f"message-{block}"
        return self._event(kind, id=id, date=self._date, **given(run_id=self.id), **members)

    def _event(self, kind: str, **members: Any) -> Event:
        return self.event({"message_type": kind, **members})


DIALECT = Dialect("letta", LettaReader, LettaWriter, own_ids=True, terminal="[DONE]")
