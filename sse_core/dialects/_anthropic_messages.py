# SPDX-License-Identifier: MIT
"""Writing anthropic-messages; and the words that reading it needs too."""

from __future__ import annotations

import json

from .._errors import EncodeError
from .._items import Event
from ._anthropic import Anthropic
from ._blocks import Blocks, Nesting
from ._json import dict_of, str_or_none, text_of
from ._parts import BlockEnd, Error, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Retry
    from ._blocks import Step
    from ._parts import Block, Part

REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_call",
    "refusal": "content_filter",
    "pause_turn": "other",  # the turn is to be resumed
    "compaction": "other",
}
_WORDS = {"length": "max_tokens", "tool_call": "tool_use", "content_filter": "refusal"}
_CALLS = ("tool_use", "server_tool_use", "mcp_tool_use")
DELTA_KINDS = {"text_delta": "text", "thinking_delta": "reasoning", "input_json_delta": "tool_call"}
# The open block that a delta in an Other fits into; none, if parts say it.
_FITS = {
    **dict.fromkeys((*DELTA_KINDS, "signature_delta"), ""),
    "citations_delta": "text",
    "compaction_delta": "other",
}
# The events whose order the encoder answers for: an Other of such a name, malformed where it came from, is not written.
_EVENTS = frozenset(
    ("message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_stop", "error")
)
COUNTS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")


class MessagesWriter(Anthropic):
    """The half of AnthropicMessages that encodes."""

    name = "anthropic-messages"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Held to the end: there may be more than one, and the last counts.
        self._finish: Finish | None = None
        self._begun = 0
        self._calls_begun = 0
        self._blocks = Blocks()
        # The open block: its kind and name among the parts, and its number.
        self._open: tuple[str, Block, int] | None = None
        # The content_block_stop of a block that came whole: deltas may yet come for it.
        self._stop: Event | None = None
        # The arguments of the open call, and those of a call that ended inside them.
        self._arguments: list[str] = []
        self._cut: str | None = None
        # What comes in Others, for the start of a call's block and for message_delta.
        self._starts: dict[Block, dict[str, Any]] = {}
        self._rest: dict[str, Any] = {}
        # An error was written, which is the end.
        self._over = False

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        if self._over:
            return []
        if isinstance(part, (TextDelta, BlockEnd)):
            return self._write_block(part)
        if isinstance(part, ToolCallDelta):
            if not part.json:
                raise EncodeError("part", part, "cannot be said in anthropic-messages, where arguments are JSON")
            if not part.server:
                self.open[0] = True
            return self._write_block(part)
        if isinstance(part, ReasoningDelta):
            # Redacted thinking is whole at once; a signature in an open block is that block's.
            whole = _is_redacted(part) and not (self._is_open("reasoning", part.block) and self._stop is None)
            events = self._write_block(part)
            return events + self._write_block(BlockEnd(part.block, "reasoning")) if whole else events
        if isinstance(part, Start):
            if self._begun:
                self._restart()
            return [self._begin(part)]
        if isinstance(part, Error):
            self._over = True
            return [self.error_event(part)]
        if isinstance(part, Other):
            return self._write_other(part)
        self._finish = part  # type: ignore[assignment]  # what is left is a Finish
        return []

    def write_end(self) -> list[Event]:
        if self.failed:
            return []
        events = [] if self._begun else [self._begin(Start())]
        events += self._write_steps(self._blocks.end()) + self._close_whole()
        finish = self._finish or Finish("tool_call" if self.open.get(0) else "stop")
        raw = finish.raw_reason or ""
        word = raw if REASONS.get(raw) == finish.reason else _WORDS.get(finish.reason, "end_turn")
        if self._cut is not None and word in ("end_turn", "stop_sequence", "tool_use"):
            raise EncodeError("arguments", self._cut, f"end before their object does, and the stop reason is {word}")
        delta = {"stop_sequence": None, **dict_of(self._rest.get("delta")), "stop_reason": word}
        members = {**self._rest, "type": "message_delta", "delta": delta, "usage": _write_usage(self.usage or Usage())}
        return [*events, Event(self.dumps(members), "message_delta"), self.event("message_stop")]

    def _restart(self) -> None:
        """Another message replaces the one begun, as the dialect's readers have it."""
        self._blocks = Blocks()
        self._open = self._stop = self._cut = self._finish = self.id = self.usage = None
        self._arguments.clear()
        self._starts.clear()
        self._rest.clear()
        self.open = {0: False}

    def _begin(self, part: Start) -> Event:
        self._begun += 1
        self.id = part.id or self.id or f"msg_{self._begun}"
        self.model = part.model or self.model
        message: dict[str, Any] = {
            "id": self.id,
            "type": "message",
            "role": "assistant",
            "model": self.model or "",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 0, **_write_usage(self.usage or Usage())},
        }
        return self.event("message_start", message=message)

    def _write_block(self, part: Part) -> list[Event | Retry | Comment]:
        if isinstance(part, BlockEnd) and self._stop is not None and self._is_open(part.of, part.block):
            return list(self._close_whole())
        return list(self._write_steps(self._blocks.add(part)))

    def _is_open(self, kind: str, block: Block) -> bool:
        return self._open is not None and self._open[:2] == (kind, block)

    def _write_steps(self, steps: list[Step]) -> list[Event]:
        events: list[Event] = []
        first: Part | None = None
        for step, number, part in steps:
            if step == "open":
                if not self._begun:
                    events.append(self._begin(Start()))
                events += self._close_whole()
                self._open = part.kind, getattr(part, "block", 0), number
                events.append(self.event("content_block_start", index=number, content_block=self._start_of(part)))
                first = part
            elif step == "delta":
                if not (part is first and isinstance(part, ReasoningDelta) and _is_redacted(part)):
                    events += [self._delta(number, delta) for delta in self._deltas_of(part)]
            else:
                if part.kind == "tool_call":
                    self._check_arguments()
                stop = self.event("content_block_stop", index=number)
                if part.kind == "other" or (isinstance(part, ReasoningDelta) and _is_redacted(part)):
                    self._stop = stop
                else:
                    self._open = None
                    events.append(stop)
        return events

    def _close_whole(self) -> list[Event]:
        """[the content_block_stop of a block that came whole]."""
        if self._stop is None:
            return []
        stop, self._stop, self._open = self._stop, None, None
        return [stop]

    def _start_of(self, part: Part) -> dict[str, Any]:
        if isinstance(part, ToolCallDelta):
            self._arguments.clear()
            self._calls_begun += 1
            start = {"type": "server_tool_use" if part.server else "tool_use", "id": None, "name": None}
            start |= self._starts.pop(part.block, {})
            start["id"] = part.id or str_or_none(start["id"]) or f"toolu_{self._calls_begun}"
            start["name"] = part.name or text_of(start["name"])
            return {**start, "input": {}}
        if isinstance(part, ReasoningDelta):
            if _is_redacted(part):
                return {"type": "redacted_thinking", "data": part.signature}
            return {"type": "thinking", "thinking": "", "signature": ""}
        if isinstance(part, Other):
            return {**dict_of(part.data), "type": part.name}
        return {"type": "text", "text": ""}

    def _deltas_of(self, part: Part) -> list[dict[str, Any]]:
        deltas: list[dict[str, Any]] = []
        if isinstance(part, TextDelta):
            if part.text:
                deltas.append({"type": "text_delta", "text": part.text})
        elif isinstance(part, ToolCallDelta):
            if part.arguments:
                self._arguments.append(part.arguments)
                deltas.append({"type": "input_json_delta", "partial_json": part.arguments})
        elif isinstance(part, ReasoningDelta):
            if part.text:
                deltas.append({"type": "thinking_delta", "thinking": part.text})
            if part.signature:
                deltas.append({"type": "signature_delta", "signature": part.signature})
        return deltas

    def _delta(self, number: int, delta: dict[str, Any]) -> Event:
        return self.event("content_block_delta", index=number, delta=delta)

    def _check_arguments(self) -> None:
        """EncodeError if the call's arguments are not an object, or the beginning of one.

        An answer that its limit or a filter cut ends inside a call in this dialect too; the finish will tell.
        """
        text = "".join(self._arguments)
        self._arguments.clear()
        problem = "must be JSON text of an object"
        try:
            if not text.strip() or type(json.loads(text, parse_int=str)) is dict:
                return
        except (ValueError, RecursionError) as error:
            nesting = Nesting()
            nesting.feed(text)
            if text.lstrip()[0] == "{" and not nesting.whole:
                self._cut = text
                return
            problem = f"{problem}: {error}"
        raise EncodeError("arguments", text, problem)

    def _write_other(self, part: Other) -> list[Event | Retry | Comment]:
        name, block = part.name, part.block
        if name in _EVENTS:
            return []
        event = self.other_event(part)
        data = dict_of(part.data)
        if name == "message_delta":
            self._rest |= data
        elif block is None:
            return [event]
        elif name in _CALLS:
            self._starts[block] = {**data, "type": name}
        elif not name.endswith("_delta"):
            return self._write_block(part)
        elif self._open is not None and self._open[1] == block and _FITS.get(name, self._open[0]) == self._open[0]:
            return [self._delta(self._open[2], {**data, "type": name})]
        return []


def _is_redacted(part: ReasoningDelta) -> bool:
    return not part.text and bool(part.signature)


def _write_usage(usage: Usage) -> dict[str, Any]:
    """As it is read back: `input_tokens` without the cached ones. `output_tokens` must be there."""
    input, output = usage.input_tokens, usage.output_tokens or 0
    read, written, thinking = usage.cache_read_tokens, usage.cache_write_tokens, usage.reasoning_tokens
    if input is not None:
        input = max(input - (read or 0) - (written or 0), 0)
    counts = dict(zip(COUNTS, (input, read, written, output), strict=True))
    given: dict[str, Any] = {name: count for name, count in counts.items() if count is not None}
    if thinking is not None:
        given["output_tokens_details"] = {"thinking_tokens": min(thinking, output)}
    return given
