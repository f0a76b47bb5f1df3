# SPDX-License-Identifier: MIT
"""What writes cohere-v2."""

from __future__ import annotations

from ...._items import Event
from ..._parts import Finish, Start
from ...base import Blocks, Writer, given, word_of
from .words import EVENTS, PLAN, REASONS, WORDS, is_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Item
    from ..._parts import BlockEnd, Error, Other, Part, ReasoningDelta, TextDelta, ToolCallDelta, Usage
    from ...base.blocks import Step


class CohereWriter(Writer):
    """Writes Cohere v2 chat, a block at a time; usage and finish in message-end, where an error is, too."""

    one_choice = True
    replaces = True
    again = True

    def begin(self) -> None:
        super().begin()
        self._begun = False
        self._blocks = Blocks(self.held)
        self._next_content = 0
        self._next_call = 0
        self._content_open = False
        # The open call began without its name, which a later fragment may bring.
        self._unnamed = False

    def write_start(self, part: Start) -> list[Item]:
        events: list[Item] = []
        if self._begun:  # what came so far is void, yet closed in order
            events = self._events_of(self._blocks.end())
            self.begin()
        self._begun = True
        id = part.id or self.id or "message-1"
        message = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        payload = {"id": id, "type": "message-start", "delta": {"message": message}}
        return [*events, self.event(payload, "message-start")]

    def write_text(self, part: TextDelta) -> list[Item]:
        return self._events_of(self._blocks.add(part)) if part.text else []

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        # A part without text is a signature, which has no place here.
        return self._events_of(self._blocks.add(part)) if part.text else []

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        return self._events_of(self._blocks.add(part))

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        return self._events_of(self._blocks.add(part))

    def write_error(self, part: Error) -> list[Item]:
        # A call that is open stays so: at a tool-call-end a client may run it.
        events = self._events_of(self._blocks.end(failed=True))
        told = given(error_type=part.type, code=part.code)
        if part.status is not None and part.status != part.code:
            told["status_code"] = part.status
        # A reader takes an empty text for no error at all.
        end = self._message_end({"error": part.message or "error", **told})
        self.over()
        return [*events, end]

    def write_end(self) -> list[Item]:
        return [*self._events_of(self._blocks.end()), self._message_end({}), Event("[DONE]")]

    def write_other(self, part: Other) -> list[Item]:
        data = part.data
        if part.name == "logprobs":
            if not self._content_open:
                return []
            event = self._event("content-delta", self._next_content, {"content": {"text": ""}}, logprobs=data)
            return [event]
        if part.dialect is None:
            data = {**(data if type(data) is dict else {"data": data}), "type": part.name}
        # The name may be a JSON type no event type can be.
        type_ = part.name if part.name.isprintable() else "message"
        payload = data if type(data) is dict else {}
        kind = payload.get("type")
        kind = kind if type(kind) is str else type_
        if kind in EVENTS or is_error(kind, payload):
            return self.reserved(part)
        return self.meaningless(part, self.event(data, type_))

    def _events_of(self, steps: list[Step]) -> list[Item]:
        """The events of `steps`, and message-start before the first."""
        events = [] if self._begun else self.write_start(Start())
        for step, _, part in steps:
            if part.kind == "tool_call":
                self._add_call(step, part, events)
            elif part.kind != "reasoning" or part.block != PLAN:
                self._add_content(step, part, events)
            elif step == "delta":
                events.append(self._event("tool-plan-delta", None, {"tool_plan": part.text}))
        return events

    def _add_content(self, step: str, part: Part, events: list[Item]) -> None:
        kind = "thinking" if part.kind == "reasoning" else "text"
        index = self._next_content
        if step == "delta":
            events.append(self._event("content-delta", index, {"content": {kind: getattr(part, "text", "")}}))
        elif step == "open":
            self._content_open = True
            events.append(self._event("content-start", index, {"content": {"type": kind, kind: ""}}))
        else:
            self._content_open = False
            self._next_content += 1
            events.append(self._event("content-end", index))

    def _add_call(self, step: str, part: ToolCallDelta, events: list[Item]) -> None:
        index = self._next_call
        if step == "open":
            self._unnamed = part.name is None
            function = {"name": part.name or "", "arguments": ""}
            call = {"id": part.id or f"call_{index}", "type": "function", "function": function}
            events.append(self._event("tool-call-start", index, {"tool_calls": call}))
        elif step == "close":
            self._next_call += 1
            events.append(self._event("tool-call-end", index))
        else:
            function = {"arguments": part.arguments}
            if self._unnamed and part.name:
                self._unnamed = False
                function["name"] = part.name
            elif not part.arguments:
                return
            events.append(self._event("tool-call-delta", index, {"tool_calls": {"function": function}}))

    def _message_end(self, error: dict[str, Any]) -> Event:
        finish = self.held_finish()
        if error and finish.reason != "error":
            finish = Finish("error")
        word = word_of(finish, REASONS, WORDS, "COMPLETE")
        delta = {"finish_reason": word, "usage": _write_usage(self.held_usage), **error}
        return self.event({"type": "message-end", "delta": delta}, "message-end")

    def _event(self, type: str, index: int | None, message: dict[str, Any] | None = None, **members: Any) -> Event:
        payload: dict[str, Any] = {"type": type}
        if index is not None:
            payload["index"] = index
        if message is not None:
            payload["delta"] = {"message": message}
        if members:
            payload |= members
        return self.event(payload, type)


def _write_usage(usage: Usage | None) -> dict[str, Any]:
    """As the reader reads it back; what was billed is not ours to say."""
    if usage is None:
        return {}
    output, reasoning = usage.output_tokens, usage.reasoning_tokens
    if output is not None and reasoning is not None:
        reasoning = min(reasoning, output)
    counts = given(input_tokens=usage.input_tokens, output_tokens=output, reasoning_tokens=reasoning)
    return given(tokens=counts or None, cached_tokens=usage.cache_read_tokens)
