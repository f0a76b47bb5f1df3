# SPDX-License-Identifier: MIT
"""Writing anthropic-messages."""

from __future__ import annotations

import json

from ...._errors import EncodeError
from ..._parts import BlockEnd, Other, ReasoningDelta, Start, ToolCallDelta, Usage
from ...base import (
    OVERHEAD,
    Blocks,
    Held,
    HeldText,
    Nesting,
    dict_of,
    given,
    length,
    str_or_none,
    text_of,
    weight,
    word_of,
)
from ..base import AnthropicWriter
from .words import COUNTS, DELTAS, KINDS, REASONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event, Item
    from ..._parts import Block, Error, FinishReason, Part, TextDelta
    from ...base import Dialect
    from ...base.blocks import Step

_WORDS: dict[FinishReason, str] = {"length": "max_tokens", "tool_call": "tool_use", "content_filter": "refusal"}
# What parts say, so that an Other of such a name, malformed where it came from, is not written: events, and what
# stands in blocks.
_EVENTS = frozenset(
    ("message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_stop", "error")
)
_CALLS = frozenset([name for name, kind in KINDS.items() if kind == "tool_call"])
_CONTENT = frozenset((*KINDS, *DELTAS, "signature_delta")) - _CALLS
# The open block that a delta in an Other fits into; one to come fits into any.
_FITS = {"citations_delta": "text", "compaction_delta": "other"}


class _Open:
    """The content block that is open on the wire."""

    __slots__ = ("arguments", "block", "held", "kind", "number")

    def __init__(self, part: Part, number: int, held: Held) -> None:
        # Its kind and name among the parts, and its number.
        self.kind = part.kind
        self.block: Block = getattr(part, "block", 0)
        self.number = number
        # Its parts are all written, and its stop is held: of a block whose start says all, until its BlockEnd, since
        # Others may yet bring deltas; of a call that ended inside its arguments, until the finish says that it may.
        self.held = part.kind == "other" or _is_redacted(part)
        # The fragments of a call's, to be checked as one.
        self.arguments = HeldText(held)


class MessagesWriter(AnthropicWriter):
    """Writes the Messages stream. A Start after content begins a second message, as the dialect's readers have it."""

    server_calls = True
    replaces = True
    again = True

    def __init__(self, dialect: Dialect, **options: Any) -> None:
        # Ids that must be invented count up through the stream.
        self._messages = 0
        self._calls = 0
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._begun = False
        self._blocks = Blocks(self.held)
        self._open: _Open | None = None
        # What an EncodeError kept from being returned. The next to be returned have it before them.
        self._late: list[Item] = []
        # The arguments of a call that ended inside them, and the stop reason, once it says that none did.
        self._cut: str | None = None
        self._whole: str | None = None
        # What came in Others, for the start of a call's block and for message_delta.
        self._starts: dict[Block, dict[str, Any]] = {}
        self._rest: dict[str, Any] = {}

    def write_start(self, part: Start) -> list[Item]:
        if self._begun:
            self.begin()
            self.id: str | None = None
        return [self._begin_message(part)]

    def write_text(self, part: TextDelta) -> list[Item]:
        return self._write_steps(self._blocks.add(part))

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        # Redacted thinking is whole at once; a signature in an open block is that block's.
        open = self._opened("reasoning", part.block)
        whole = _is_redacted(part) and (open is None or open.held)
        steps = self._blocks.add(part)
        if whole:
            steps += self._blocks.add(BlockEnd(part.block, "reasoning"))
        return self._write_steps(steps)

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        open = self._opened("other", part.block)
        if open is not None and part.server and part.id is part.name is None:  # a block of a type to come is a call
            return [self._delta(open.number, {"type": "input_json_delta", "partial_json": part.arguments})]
        return self._write_steps(self._blocks.add(part))

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        open = self._opened(part.of, part.block)
        if open is not None and open.held and part.of != "tool_call":
            return [*self._write_steps([]), *self._close_held()]
        return self._write_steps(self._blocks.add(part))

    def write_other(self, part: Other) -> list[Item]:
        name, block = part.name, part.block
        event = self.other_event(part)  # made first: it may be refused, and nothing has happened yet
        if name in _EVENTS or (block is not None and name in _CONTENT):
            return self.reserved(part)
        data = dict_of(part.data)
        if name == "message_delta":
            self.held.add(weight(data))
            self._rest |= data
        elif block is None:
            return [event]
        elif name in _CALLS:
            old = self._starts.get(block)
            start = {**data, "type": name}
            self.held.add(OVERHEAD + weight(start) - (0 if old is None else OVERHEAD + weight(old)))
            self._starts[block] = start
        elif not name.endswith("_delta"):
            return self._write_steps(self._blocks.add(part))
        elif (open := self._open) is not None and open.block == block and _FITS.get(name, open.kind) == open.kind:
            return [*self._write_steps([]), self._delta(open.number, {**data, "type": name})]
        return []

    def write_error(self, part: Error) -> list[Item]:
        error = super().write_error(part)
        return [*self.write_failed_end(), *error]

    def write_failed_end(self) -> list[Item]:
        self.failed: bool = True
        return [*self._write_steps(self._blocks.end(failed=True)), *self._close_held()]

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        if finish.reason == "error":
            return self.write_bad_end(finish)
        word = word_of(finish, REASONS, _WORDS, "end_turn")
        self._whole = word if REASONS[word] in ("stop", "tool_call") else None
        self._check_cut()
        items: list[Item] = [] if self._begun else [self._begin_message(Start())]
        items += self._write_steps(self._blocks.end())
        items += self._close_held()
        delta = {"stop_sequence": None, **dict_of(self._rest.get("delta")), "stop_reason": word}
        members = {**self._rest, "type": "message_delta", "delta": delta}
        items.append(self.event({**members, "usage": _write_usage(self.held_usage or Usage())}, "message_delta"))
        return [*items, self.named("message_stop")]

    def _begin_message(self, part: Start) -> Event:
        self._messages += 1
        id, model = part.id or self.id or f"msg_{self._messages}", part.model or self.model
        message: dict[str, Any] = {
            "id": id,
            "type": "message",
            "role": "assistant",
            "model": model or "",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 0, **_write_usage(self.held_usage or Usage())},
        }
        event = self.named("message_start", message=message)
        self.id, self._begun = id, True
        self.model: str | None = model
        return event

    def _opened(self, kind: str, block: Block) -> _Open | None:
        """The open block, if it is this one."""
        open = self._open
        return open if open is not None and open.kind == kind and open.block == block else None

    def _close_held(self) -> list[Item]:
        """[the content_block_stop that was held]; [] once the stream has failed, if it would complete a call."""
        open = self._open
        if open is None or not open.held:
            return []
        self._open = None
        if self.failed and open.kind == "tool_call":
            return []
        return [self.named("content_block_stop", index=open.number)]

    def _write_steps(self, steps: list[Step]) -> list[Item]:
        """The items of the steps. EncodeError once all are taken: the parts behind the one at fault are not lost."""
        items, self._late = self._late, []
        problem: EncodeError | None = None
        for step, number, part in steps:
            try:
                if step == "delta":
                    self._write_delta(number, part, items)
                elif step == "open":
                    self._open_block(number, part, items)
                else:
                    self._close_block(number, items)
            except EncodeError as error:
                self.failed = True
                problem = problem or error
        if problem is not None:
            self._late = items
            raise problem
        return items

    def _open_block(self, number: int, part: Part, items: list[Item]) -> None:
        if self.failed and part.kind == "tool_call":
            return
        if not self._begun:
            items.append(self._begin_message(Start()))
        items += self._close_held()
        items.append(self.named("content_block_start", index=number, content_block=self._start_of(part)))
        self._open = _Open(part, number, self.held)

    def _write_delta(self, number: int, part: Part, items: list[Item]) -> None:
        open = self._open
        if open is None or open.number != number:
            return
        if part.kind == "text":
            if part.text:
                items.append(self._delta(number, {"type": "text_delta", "text": part.text}))
        elif part.kind == "tool_call":
            if part.arguments:
                open.arguments.append(part.arguments)
                items.append(self._delta(number, {"type": "input_json_delta", "partial_json": part.arguments}))
        elif part.kind == "reasoning" and not open.held:
            if part.text:
                items.append(self._delta(number, {"type": "thinking_delta", "thinking": part.text}))
            if part.signature:
                items.append(self._delta(number, {"type": "signature_delta", "signature": part.signature}))

    def _close_block(self, number: int, items: list[Item]) -> None:
        open = self._open
        if open is None or open.number != number or open.held:
            return
        if open.kind == "tool_call":
            self._open = None
            if self.failed:
                return
            arguments = open.arguments.take()
            if not _is_object(arguments):
                self.held.add(len(arguments) - length(self._cut))
                self._cut = arguments
                self._check_cut()
                self._open, open.held = open, True
                return
        self._open = None
        items.append(self.named("content_block_stop", index=number))

    def _check_cut(self) -> None:
        if self._cut is not None and self._whole is not None:
            problem = f"end before their object does, and the stop reason is {self._whole}"
            raise EncodeError("arguments", self._cut, problem)

    def _delta(self, number: int, delta: dict[str, Any]) -> Event:
        return self.named("content_block_delta", index=number, delta=delta)

    def _start_of(self, part: Part) -> dict[str, Any]:
        """The content_block of a content_block_start."""
        if isinstance(part, ToolCallDelta):
            self._calls += 1
            start: dict[str, Any] = {"type": "server_tool_use" if part.server else "tool_use", "id": None, "name": None}
            more = self._starts.pop(part.block, start)
            if more is not start:
                self.held.release(OVERHEAD + weight(more))
            if part.server == (more["type"] != "tool_use"):  # no Other makes a server's call the client's
                start |= more
            start["id"] = part.id or str_or_none(start["id"]) or f"toolu_{self._calls}"
            start["name"] = part.name or text_of(start["name"])
            return {**start, "input": {}}
        if isinstance(part, ReasoningDelta):
            if _is_redacted(part):
                return {"type": "redacted_thinking", "data": part.signature}
            return {"type": "thinking", "thinking": "", "signature": ""}
        if isinstance(part, Other):
            return {**dict_of(part.data), "type": part.name}
        return {"type": "text", "text": ""}


def _is_object(text: str) -> bool:
    """Whether a call's arguments are whole; False if they are the beginning of an object, EncodeError if of nothing.

    An answer that its limit or a filter cut ends inside a call in this dialect too; the finish will tell.
    """
    problem = "must be JSON text of an object"
    try:
        if not text.strip() or type(json.loads(text, parse_int=str)) is dict:
            return True
    except (ValueError, RecursionError) as error:
        nesting = Nesting()
        nesting.feed(text)
        if text.lstrip()[0] == "{" and not nesting.whole and getattr(error, "msg", "") != "Extra data":
            return False
        problem = f"{problem}: {error}"
    raise EncodeError("arguments", text, problem)


def _is_redacted(part: Part) -> bool:
    return isinstance(part, ReasoningDelta) and not part.text and bool(part.signature)


def _write_usage(usage: Usage) -> dict[str, Any]:
    """As it is read back: `input_tokens` without the cached ones. `output_tokens` must be there."""
    input, output = usage.input_tokens, usage.output_tokens or 0
    read, written, thinking = usage.cache_read_tokens, usage.cache_write_tokens, usage.reasoning_tokens
    if input is not None:
        input = max(input - (read or 0) - (written or 0), 0)
    counts = given(**dict(zip(COUNTS, (input, read, written, output), strict=True)))
    if thinking is not None:
        counts["output_tokens_details"] = {"thinking_tokens": min(thinking, output)}
    return counts
