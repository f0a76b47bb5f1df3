# SPDX-License-Identifier: MIT
"""Accumulator: the parts of a stream put together."""

from __future__ import annotations

import json

from .._errors import DialectError, shorten
from .._items import Event
from ._parts import BasePart, Error, Invalid, another_copy, without_raw
from .base.held import MAX_SIZE, OVERHEAD, Held, Text, length, weight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._parts import Block, Done, FinishReason, Other, Part, Start, ToolCallDelta, Usage

_GOOD = ("stop", "tool_call")  # the reasons of an answer that is as long as it was to be
_SHOWN = 1000  # characters of what went wrong, which are kept


class ToolCall:
    """One tool call: `arguments` is JSON text unless `json` is False; `server`: the provider runs it, never you."""

    __slots__ = ("_arguments", "_before", "_ended", "_former", "block", "id", "json", "name", "server")

    def __init__(self, block: Block) -> None:
        self.block: Block = block
        self.id: str | None = None
        self.name: str | None = None
        self.server: bool = False
        self.json: bool = True
        self._arguments = Text()
        # It ended as it should, and nothing was lost since it began: `_before` is how many payloads were by then.
        self._ended = False
        self._before = 0
        # The call before it in its block, if no end of the block came between them.
        self._former: ToolCall | None = None

    @property
    def arguments(self) -> str:
        """All fragments; once it is complete, {} where there was nothing."""
        text = str(self._arguments)
        return "{}" if not text and self.json and self._ended else text

    @property
    def complete(self) -> bool:
        """Whether it is safe to act on: it ended, nothing was lost in between, and its arguments are JSON.

        It ends with its block, or with its choice, by stop or tool_call; one of the server's with its block alone.
        Whether the arguments are what the tool takes is not looked at: models err too.
        """
        if not self._ended:
            return False
        try:
            if self.json:
                json.loads(self.arguments, parse_constant=_refuse)
            return True
        except (ValueError, RecursionError):
            return False

    def __repr__(self) -> str:
        server = ", server=True" if self.server else ""
        return f"ToolCall(id={self.id!r}, name={self.name!r}, arguments={shorten(self.arguments)}{server})"


class Choice:
    """One answer: `text`, `texts` (by block), `reasoning`, `tool_calls` in order, `finish_reason`, `raw_reason`."""

    __slots__ = (
        "_calls",
        "_reasoning",
        "_size",
        "_texts",
        "_under_way",
        "finish_reason",
        "raw_reason",
        "role",
    )

    def __init__(self) -> None:
        self.role: str | None = None
        self.finish_reason: FinishReason | None = None
        self.raw_reason: str | None = None
        self._texts: dict[Block, Text] = {}
        self._reasoning: Text | None = None
        # All calls, and by block the one under way.
        self._calls: list[ToolCall] = []
        self._under_way: dict[Block, ToolCall] = {}
        # What of the Accumulator's size is this choice's: given back when a Start replaces it.
        self._size = 0

    def __repr__(self) -> str:
        calls = f", tool_calls={len(self._calls)}" if self._calls else ""
        return f"Choice(text={shorten(self.text)}, finish_reason={self.finish_reason!r}{calls})"

    @property
    def text(self) -> str:
        """The text of all blocks, refusals included."""
        return "".join(self.texts.values())

    @property
    def texts(self) -> dict[Block, str]:
        """The text by block."""
        return {block: str(text) for block, text in self._texts.items()}

    @property
    def reasoning(self) -> str:
        """The reasoning of all blocks."""
        return str(self._reasoning or "")

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls, in the order in which they began."""
        return list(self._calls)

    def _begins(self, part: ToolCallDelta) -> bool:
        """Whether the fragment is the first of a call: another id in a block is another call."""
        call = self._under_way.get(part.block)
        return call is None or (part.id is not None and call.id is not None and part.id != call.id)

    def _call(self, part: ToolCallDelta, lost: int) -> None:
        if self._begins(part):
            begun = ToolCall(part.block)
            begun._before, begun._former = lost, self._under_way.get(part.block)
            self._under_way[part.block] = begun
            self._calls.append(begun)
        call = self._under_way[part.block]
        call._ended = False
        call.id = call.id or part.id
        call.name = call.name or part.name
        call.server = call.server or part.server
        call.json = call.json and part.json
        call._arguments.append(part.arguments)


class Accumulator:
    """The message so far: `add` each part.

    `choices` maps each index to its Choice; `id`, `model`, `usage`, `error`, `invalid` (the first), `done` and
    `others` are the stream's; `text`, `texts`, `reasoning`, `tool_calls` and `finish_reason` are choice 0's. Keeps
    no payloads. `problem()` says whether the answer is whole and good. `add` raises TypeError for what is no part;
    and LimitError, and has then not added it, once more than `max_size` characters would be kept; each choice, block,
    call and Other counts 256 beside its own.

    >>> from sse_core.dialects import Accumulator, TextDelta
    >>> message = Accumulator()
    >>> for word in ("Hello", ", ", "world"):
    ...     message.add(TextDelta(word))
    >>> message.text, message.problem()
    ('Hello, world', 'the answer was cut off: it has no end')
    """

    def __init__(self, max_size: int = MAX_SIZE) -> None:
        self._held = Held(max_size, "the parts of a message are")
        # The payloads that could not be read: what they held, nobody knows.
        self._lost = 0
        self.choices: dict[int, Choice] = {}
        self.id: str | None = None
        self.model: str | None = None
        self.usage: Usage | None = None
        self.error: Error | None = None
        self.invalid: Invalid | None = None
        self.done: Done | None = None
        self.others: list[Other] = []

    def add(self, part: Part) -> None:
        """Take in `part`."""
        if not isinstance(part, BasePart):
            raise TypeError(f"a part must be added, not {shorten(part)}{another_copy(part)}")
        if part.kind == "text":
            choice = self._grown(part, len(part.text), part.block not in self._of(part)._texts)
            choice._texts.setdefault(part.block, Text()).append(part.text)
        elif part.kind == "reasoning":
            choice = self._grown(part, len(part.text), self._of(part)._reasoning is None)
            choice._reasoning = choice._reasoning or Text()
            choice._reasoning.append(part.text)
        elif part.kind == "tool_call":
            size = length(part.arguments, part.id, part.name)
            self._grown(part, size, self._of(part)._begins(part))._call(part, self._lost)
        elif part.kind == "block_end":
            if part.of == "tool_call":
                self._end_calls(part.choice, part.block)
        elif part.kind == "start":
            self._start(part)
        elif part.kind == "finish":
            choice = self._grown(part, length(part.raw_reason))
            choice.finish_reason, choice.raw_reason = part.reason, part.raw_reason
            if part.reason in _GOOD:
                self._end_calls(part.choice)
        elif part.kind == "other":
            self._held.add(OVERHEAD + length(part.name, part.block, part.id) + weight(part.data))
            self.others.append(without_raw(part))
        elif part.kind == "invalid":
            self._lost += 1
            self.invalid = self.invalid or _short(part)
        elif part.kind == "usage":
            self.usage = without_raw(part)
        elif part.kind == "error":
            message = part.message if len(part.message) <= _SHOWN else shorten(part.message)
            self.error = Error(message, _begin(part.type), _begin(part.code), part.status, part.choice)
        else:
            self.done = without_raw(part)

    def _start(self, part: Start) -> None:
        old = self.choices.get(part.choice) or Choice()
        size = OVERHEAD + length(part.id, part.model, part.role)
        self._held.add(size - old._size)
        choice = self.choices[part.choice] = Choice()
        choice._size, choice.role = size, part.role
        if part.choice == 0:  # the message begins, or begins again
            again = bool(old._size) or self.error is not None or self.done is not None
            self.id, self.model = part.id, part.model
            self.usage = self.error = self.done = None
            if again:  # what was lost before the first word may have been part of this message
                self.invalid = None

    def problem(self) -> str | None:
        """None if the answer is whole and good; else one sentence that says what is wrong, for a person.

        That is: an error, a payload that could not be read, a cut, a finish that is none of stop and tool_call, or a
        call that is not complete.

        >>> from sse_core.dialects import Accumulator, Done, Finish, TextDelta
        >>> message = Accumulator()
        >>> for part in (TextDelta("Hi"), Finish("other", "pause_turn"), Done("event")):
        ...     message.add(part)
        >>> message.problem()
        'the answer ended early: pause_turn'
        """
        if self.error is not None:
            return f"the server sent an error: {self.error.message}"
        if self.invalid is not None:
            return f"a payload could not be read: {self.invalid.error}"
        if self.done is None or self.done.reconnect:
            return "the answer was cut off: it has no end"
        if self.done.how == "error":
            return "the stream ended in an error"
        for index, choice in self.choices.items():
            if choice.finish_reason is None:
                return f"the answer was cut off: choice {index} did not finish"
            if choice.finish_reason not in _GOOD:
                return f"the answer ended early: {choice.raw_reason or choice.finish_reason}"
            for call in choice._calls:
                if not call.server and not call.complete:
                    return f"the call of {call.name or 'a tool without a name'} is not whole"
        return None

    def __repr__(self) -> str:
        more = "".join([f", {name}={getattr(self, name)!r}" for name in ("error", "done") if getattr(self, name)])
        return f"Accumulator(id={shorten(self.id)}, choices={shorten(self.choices)}{more})"

    def _end_calls(self, choice: int, block: Block | None = None) -> None:
        """The calls of a choice, or the one of `block`, are over; whole if nothing was lost since they began."""
        found = self.choices.get(choice)
        if found is None:
            return
        if block is None:
            for call in found._calls:  # a call of the server's is complete by its own end alone
                call._ended = call._ended or (call._before == self._lost and not call.server)
            return
        last = found._under_way.get(block)
        while last is not None:
            last._ended = last._ended or last._before == self._lost
            last._former, last = None, last._former

    def _of(self, part: Part) -> Choice:
        return self.choices.get(part.choice) or Choice()

    def _grown(self, part: Part, size: int, new: bool = False) -> Choice:
        """The part's choice, once there is room for `size` characters and, if `new`, for one more thing."""
        choice = self.choices.get(part.choice)
        if new or choice is None:
            size += OVERHEAD * (new + (choice is None))
            block = getattr(part, "block", 0)
            size += len(block) if type(block) is str else 0  # Laddro's are named by the server
        self._held.add(size)
        if choice is None:
            choice = self.choices[part.choice] = Choice()
        choice._size += size
        return choice

    @property
    def text(self) -> str:
        """Choice 0's text, refusals included."""
        return self._first().text

    @property
    def texts(self) -> dict[Block, str]:
        """Choice 0's text by block."""
        return self._first().texts

    @property
    def reasoning(self) -> str:
        """Choice 0's reasoning."""
        return self._first().reasoning

    @property
    def tool_calls(self) -> list[ToolCall]:
        """Choice 0's tool calls."""
        return self._first().tool_calls

    @property
    def finish_reason(self) -> FinishReason | None:
        """Why choice 0 ended; None while it has not."""
        return self._first().finish_reason

    def _first(self) -> Choice:
        return self.choices.get(0) or Choice()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _short(part: Invalid) -> Invalid:
    """An Invalid that is kept with the beginning of its event, which may be as large as the server likes."""
    event = part.event
    if length(event.data, event.type, event.last_event_id) <= _SHOWN:
        return without_raw(part)
    event = Event(event.data[:_SHOWN], event.type[:_SHOWN], event.last_event_id[:_SHOWN])
    return Invalid(event, DialectError(str(part.error), event), part.choice)


def _begin(word: Any) -> Any:
    return word[:_SHOWN] if type(word) is str else word
