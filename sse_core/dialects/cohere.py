# SPDX-License-Identifier: MIT
"""cohere-v2: Cohere's v2 chat, named events whose type the JSON repeats, from message-start to message-end.

Content blocks, tool calls and citations each have an index of their own; the tool plan has none. What has
failed says so in message-end, which ends the stream: the `[DONE]` behind it says nothing more.
"""

from __future__ import annotations

from .._errors import EncodeError
from .._items import Event
from ._blocks import Blocks
from ._json import JsonDialect, count_or_none, dict_of, read_error, str_or_none, text_of
from ._parts import BlockEnd, Error, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Retry
    from ._blocks import Step
    from ._parts import Part

_REASONS = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_call",
    "ERROR": "error",
    "TIMEOUT": "error",
    "ERROR_LIMIT": "error",  # these two: v1
    "ERROR_TOXIC": "error",
}
_WORDS = {
    "stop": "COMPLETE",
    "length": "MAX_TOKENS",
    "tool_call": "TOOL_CALL",
    "content_filter": "ERROR",  # it has no word for it, and COMPLETE would be a lie
    "error": "ERROR",
    "other": "COMPLETE",
}
_PLAN = "plan"
# Past these an index counts as absent, so that state stays bounded.
_MAX_BLOCKS = 1024


class CohereV2(JsonDialect):
    """Cohere v2 chat: text, thinking, the tool plan, tool calls, citations as Others."""

    name = "cohere-v2"
    terminal = "message-end"
    one_choice = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Decoding: by index, what kind a content block is, which content-end does not say; and the block
        # and id of each call, for servers that begin every call as 0.
        self._kinds: dict[int, str] = {}
        self._calls: dict[int, tuple[int, str | None]] = {}
        self._next_call = 0
        # Encoding.
        self._blocks = Blocks()
        self._begun = False
        self._next_content = 0
        self._content_open = False
        # The open call began without its name, which a later fragment may bring.
        self._unnamed = False
        self._finish: Finish | None = None
        # An Error is a message-end, and after that nothing may come.
        self._over = False

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("type")
        if kind == "content-delta":
            # Nearly every event: text, no logprobs.
            try:
                text = payload["delta"]["message"]["content"]["text"]
                index = payload["index"]
            except (KeyError, TypeError):
                return self._content(payload, event)
            if type(text) is str and text and type(index) is int and 0 <= index < _MAX_BLOCKS and len(payload) == 3:
                return [TextDelta(text, index, False, 0, payload)]
            return self._content(payload, event)
        if type(kind) is not str:
            kind = event.type
        if kind in ("tool-call-start", "tool-call-delta"):
            return [self._call(payload, kind == "tool-call-start")]
        if kind in ("content-start", "content-delta"):
            return self._content(payload, event)
        if kind == "content-end":
            index = _index(payload)
            return [BlockEnd(index, self._kinds.pop(index, "text"), raw=payload)]
        if kind == "tool-call-end":
            index = _index(payload)
            return [BlockEnd(self._calls.get(index, (index, None))[0], "tool_call", raw=payload)]
        if kind == "tool-plan-delta":
            text = text_of(_message(payload).get("tool_plan"))
            return [ReasoningDelta(text, _PLAN, raw=payload)] if text else []
        if kind == "message-start":
            return [self._start(payload)]
        if kind == "message-end":
            return self._end(payload)
        # An error outside message-end is a gateway's, or the API's JSON answer framed by one.
        if kind == "error" or (kind == "message" and (payload.get("error") or str_or_none(payload.get("message")))):
            return self.fail(payload)
        return [self.unknown(payload, event)]

    def _start(self, payload: dict[str, Any]) -> Start:
        # A second one begins the message again.
        self._kinds.clear()
        self._calls.clear()
        self._next_call = 0
        self.open = {0: False}
        self.usage = None
        return Start(str_or_none(payload.get("id")), None, str_or_none(_message(payload).get("role")), raw=payload)

    def _content(self, payload: dict[str, Any], event: Event) -> list[Part]:
        """The parts of a content-start, or of a content-delta that is not plain text."""
        index = _index(payload)
        content = _one(_message(payload).get("content"))
        text, thinking = content.get("text"), content.get("thinking")
        if content and type(text) is not str and type(thinking) is not str and content.get("type") != "thinking":
            return [self.unknown(payload, event)]
        parts: list[Part] = []
        if type(thinking) is str or content.get("type") == "thinking":
            self._kinds[index] = "reasoning"
            if thinking and type(thinking) is str:
                parts.append(ReasoningDelta(thinking, index, raw=payload))
        if type(text) is str and text:
            parts.append(TextDelta(text, index, raw=payload))
        if payload.get("logprobs"):
            parts.append(Other("logprobs", payload["logprobs"], self.name, index, raw=payload))
        return parts

    def _call(self, payload: dict[str, Any], starts: bool) -> Part:
        index = _index(payload)
        call = _one(_message(payload).get("tool_calls"))
        id = str_or_none(call.get("id"))
        known = self._calls.get(index)
        if known is None:
            known = self._calls[index] = index, id
        elif starts and id != known[1]:
            known = self._calls[index] = self._next_call, id
        block = known[0]
        self._next_call = max(self._next_call, block + 1)
        self.open[0] = True
        function = dict_of(call.get("function"))
        arguments = function.get("arguments")
        if type(arguments) is dict:
            arguments = self.json_text(arguments)
        return ToolCallDelta(text_of(arguments), block, id, str_or_none(function.get("name")), raw=payload)

    def _end(self, payload: dict[str, Any]) -> list[Part]:
        delta = dict_of(payload.get("delta"))
        parts = self.merge_usage(_read_usage(dict_of(delta.get("usage")), payload))
        reason = str_or_none(delta.get("finish_reason"))
        if reason is not None:
            self.open.clear()
            parts.append(Finish(_REASONS.get(reason, "other"), reason, raw=payload))
        if not delta.get("error"):
            return parts + self.finish("event")
        self.failed = True
        parts.append(read_error(delta, payload))
        return parts + self.finish("error")

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        if self._over:
            return []
        if isinstance(part, Other):
            return self._write_other(part)
        if isinstance(part, Start):
            return [*self._write_start(part)]
        if isinstance(part, Finish):
            self._finish = part
            return []
        if isinstance(part, Error):
            return [*self._write_blocks(self._blocks.end()), self._message_end(part)]
        if isinstance(part, ToolCallDelta):
            if part.server:
                return []
            if not part.json:
                raise EncodeError("part", part, f"cannot be said in {self.name}, whose arguments are JSON text")
        elif isinstance(part, (TextDelta, ReasoningDelta)) and not part.text:  # a signature, say
            return []
        return [*self._write_blocks(self._blocks.add(part))]

    def write_end(self) -> list[Event]:
        if self._over:
            return []
        return [*self._write_blocks(self._blocks.end()), self._message_end(None), Event("[DONE]")]

    def _write_start(self, part: Start | None) -> list[Event]:
        events: list[Event] = []
        if self._begun:  # what came so far is void, yet closed in order
            events += self._write_blocks(self._blocks.end())
            self._blocks = Blocks()
            self._next_content = self._next_call = 0
            self._finish = None
            self.usage = None
            self.open = {0: False}
        self._begun = True
        id = (part and part.id) or self.id or "message-1"
        message = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        payload = {"id": id, "type": "message-start", "delta": {"message": message}}
        return [*events, Event(self.dumps(payload), "message-start")]

    def _write_blocks(self, steps: list[Step]) -> list[Event]:
        """The events of `steps`, and message-start before the first."""
        events: list[Event] = [] if self._begun else self._write_start(None)
        for step, _, part in steps:
            if isinstance(part, ToolCallDelta):
                self._write_call(step, part, events)
            elif isinstance(part, ReasoningDelta) and part.block == _PLAN:
                if step == "delta":
                    events.append(self._event("tool-plan-delta", None, {"tool_plan": part.text}))
            else:
                self._write_content(step, part, events)
        return events

    def _write_content(self, step: str, part: Any, events: list[Event]) -> None:
        kind = "thinking" if isinstance(part, ReasoningDelta) else "text"
        index = self._next_content
        if step == "open":
            self._content_open = True
            events.append(self._event("content-start", index, {"content": {"type": kind, kind: ""}}))
        elif step == "delta":
            events.append(self._event("content-delta", index, {"content": {kind: part.text}}))
        else:
            self._content_open = False
            self._next_content += 1
            events.append(self._event("content-end", index))

    def _write_call(self, step: str, part: ToolCallDelta, events: list[Event]) -> None:
        index = self._next_call
        if step == "open":
            self.open[0] = True
            self._unnamed = part.name is None
            function = {"name": part.name or "", "arguments": ""}
            call = {"id": part.id or f"call_{index}", "type": "function", "function": function}
            events.append(self._event("tool-call-start", index, {"tool_calls": call}))
        elif step == "delta":
            function = {"arguments": part.arguments}
            if self._unnamed and part.name:
                self._unnamed = False
                function["name"] = part.name
            elif not part.arguments:
                return
            events.append(self._event("tool-call-delta", index, {"tool_calls": {"function": function}}))
        else:
            self._next_call += 1
            events.append(self._event("tool-call-end", index))

    def _write_other(self, part: Other) -> list[Event | Retry | Comment]:
        data = part.data
        if part.name == "logprobs":
            if not self._content_open:
                return []
            return [self._event("content-delta", self._next_content, {"content": {"text": ""}}, logprobs=data)]
        if part.dialect is None:
            data = {**(data if type(data) is dict else {"data": data}), "type": part.name}
        # The name may be a JSON type no event type can be.
        return [Event(self.dumps(data), part.name if part.name.isprintable() else "message")]

    def _message_end(self, error: Error | None) -> Event:
        finish = self._finish
        if finish is None:
            finish = Finish("tool_call" if self.open.get(0) else "stop")
        if error is not None and finish.reason != "error":
            finish = Finish("error")
        self._over = True
        raw = finish.raw_reason
        word = raw if raw in _REASONS and _REASONS[raw] == finish.reason else _WORDS.get(finish.reason, "COMPLETE")
        delta: dict[str, Any] = {"finish_reason": word, "usage": _write_usage(self.usage)}
        if error is not None:
            told = {"error_type": error.type, "code": error.code}
            if error.status != error.code:
                told["status_code"] = error.status
            delta["error"] = error.message
            delta |= {name: value for name, value in told.items() if value is not None}
        return Event(self.dumps({"type": "message-end", "delta": delta}), "message-end")

    def _event(self, type: str, index: int | None, message: dict[str, Any] | None = None, **members: Any) -> Event:
        payload: dict[str, Any] = {"type": type}
        if index is not None:
            payload["index"] = index
        if message is not None:
            payload["delta"] = {"message": message}
        return Event(self.dumps({**payload, **members}), type)


def _index(payload: dict[str, Any]) -> int:
    index = payload.get("index")
    return index if type(index) is int and 0 <= index < _MAX_BLOCKS else 0


def _message(payload: dict[str, Any]) -> dict[str, Any]:
    return dict_of(dict_of(payload.get("delta")).get("message"))


def _one(value: object) -> dict[str, Any]:
    """The one object there is, which some servers put into a list."""
    return dict_of(value[0] if type(value) is list and value else value)


def _count(value: object) -> int | None:
    """A count; the schema says number, not integer."""
    return int(value) if type(value) is float and value.is_integer() and value >= 0 else count_or_none(value)


def _read_usage(usage: dict[str, Any], raw: Any) -> Usage:
    tokens, billed = dict_of(usage.get("tokens")), dict_of(usage.get("billed_units"))
    input, output = _count(tokens.get("input_tokens")), _count(tokens.get("output_tokens"))
    if input is None and output is None:
        input, output = _count(billed.get("input_tokens")), _count(billed.get("output_tokens"))
    cached, reasoning = _count(usage.get("cached_tokens")), _count(tokens.get("reasoning_tokens"))
    return Usage(input, output, None, cached, None, reasoning, raw=raw)


def _write_usage(usage: Usage | None) -> dict[str, Any]:
    """As `_read_usage` reads it back; what was billed is not ours to say."""
    if usage is None:
        return {}
    output, reasoning = usage.output_tokens, usage.reasoning_tokens
    if output is not None and reasoning is not None:
        reasoning = min(reasoning, output)
    counts = {"input_tokens": usage.input_tokens, "output_tokens": output, "reasoning_tokens": reasoning}
    counts = {name: count for name, count in counts.items() if count is not None}
    written: dict[str, Any] = {"tokens": counts} if counts else {}
    if usage.cache_read_tokens is not None:
        written["cached_tokens"] = usage.cache_read_tokens
    return written
