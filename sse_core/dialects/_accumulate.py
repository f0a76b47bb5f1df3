# SPDX-License-Identifier: MIT
"""Accumulator: the parts of a stream put together."""

from __future__ import annotations

from .._errors import LimitError
from ._parts import Done, Error, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._parts import Block, Part

_OVERHEAD = 64  # what one more block, call or Other counts beside its characters


class ToolCall:
    """One tool call: `arguments` is JSON text unless `json` is False; `server`: the provider runs it."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.id: str | None = None
        self.name: str | None = None
        self.server = False
        self.json = True
        self._arguments: list[str] = []

    @property
    def arguments(self) -> str:
        """All fragments; {} where there was nothing."""
        text = "".join(self._arguments)
        return text or "{}" if self.json else text

    def __repr__(self) -> str:
        return f"ToolCall(id={self.id!r}, name={self.name!r}, arguments={self.arguments!r})"


class Choice:
    """One answer: `text`, `texts` (by block), `reasoning`, `tool_calls` in order, `finish_reason`, `raw_reason`."""

    def __init__(self) -> None:
        self.role: str | None = None
        self.finish_reason: str | None = None
        self.raw_reason: str | None = None
        # Fragments, joined when asked for: a growing str on an attribute is quadratic.
        self._texts: dict[Block, list[str]] = {}
        self._reasoning: list[str] = []
        self._calls: dict[Block, ToolCall] = {}

    @property
    def text(self) -> str:
        """The text of all blocks, refusals included."""
        return "".join([piece for pieces in self._texts.values() for piece in pieces])

    @property
    def texts(self) -> dict[Block, str]:
        """The text by block."""
        return {block: "".join(pieces) for block, pieces in self._texts.items()}

    @property
    def reasoning(self) -> str:
        """The reasoning of all blocks."""
        return "".join(self._reasoning)

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The calls, in the order in which they began."""
        return list(self._calls.values())

    def _call(self, part: ToolCallDelta) -> None:
        call = self._calls.get(part.block)
        if call is None:
            call = self._calls[part.block] = ToolCall(part.block)
        call.id = call.id or part.id
        call.name = call.name or part.name
        call.server = part.server
        call.json = part.json
        call._arguments.append(part.arguments)


class Accumulator:
    """The message so far: `add` each part.

    `choices` maps each index to its Choice; `id`, `model`, `usage`, `error`, `done` and `others` are the
    stream's; `text`, `texts`, `reasoning`, `tool_calls` and `finish_reason` are choice 0's. Keeps no parts.
    Raises LimitError, and has then not added the part, once more than `max_size` characters would be kept.

    >>> from sse_core.dialects import Accumulator, TextDelta
    >>> message = Accumulator()
    >>> for word in ("Hello", ", ", "world"):
    ...     message.add(TextDelta(word))
    >>> message.text
    'Hello, world'
    """

    def __init__(self, max_size: int = 64 * 1024 * 1024) -> None:
        self._max_size = max_size
        self._size = 0
        self.choices: dict[int, Choice] = {}
        self.id: str | None = None
        self.model: str | None = None
        self.usage: Usage | None = None
        self.error: Error | None = None
        self.done: Done | None = None
        self.others: list[Other] = []

    def add(self, part: Part) -> None:
        """Take in `part`."""
        if isinstance(part, TextDelta):
            self._grow(part.text, part.block)
            self._choice(part)._texts.setdefault(part.block, []).append(part.text)
        elif isinstance(part, ReasoningDelta):
            self._grow(part.text)
            self._choice(part)._reasoning.append(part.text)
        elif isinstance(part, ToolCallDelta):
            self._grow(part.arguments + (part.id or "") + (part.name or ""), part.block)
            self._choice(part)._call(part)
        elif isinstance(part, Start):
            self.id, self.model = part.id, part.model
            self.usage = None
            choice = self.choices[part.choice] = Choice()
            choice.role = part.role
        elif isinstance(part, Usage):
            self.usage = _without_raw(part)
        elif isinstance(part, Finish):
            choice = self._choice(part)
            choice.finish_reason, choice.raw_reason = part.reason, part.raw_reason
        elif isinstance(part, Error):
            self.error = _without_raw(part)
        elif isinstance(part, Done):
            self.done = _without_raw(part)
        elif isinstance(part, Other):
            self._grow(part.data, part.name)
            self.others.append(_without_raw(part))

    def _choice(self, part: Part) -> Choice:
        choice = self.choices.get(part.choice)
        if choice is None:
            choice = self.choices[part.choice] = Choice()
        return choice

    def _grow(self, value: Any, label: Block = 0) -> None:
        size = self._size + _OVERHEAD + (len(value) if type(value) is str else _weight(value))
        if type(label) is str:  # Laddro's blocks are named by the server, as Others are
            size += len(label)
        if size > self._max_size:
            raise LimitError(
                f"the parts of a message are larger than max_size, {self._max_size} characters", self._max_size
            )
        self._size = size

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
    def finish_reason(self) -> str | None:
        """Why choice 0 ended; None while it has not."""
        return self._first().finish_reason

    def _first(self) -> Choice:
        return self.choices.get(0) or Choice()


def _weight(value: Any) -> int:
    """About how many characters a JSON value holds; without recursion, since nesting may be hostile."""
    weight = 0
    left = [value]
    while left:
        item = left.pop()
        weight += _OVERHEAD
        if type(item) is str:
            weight += len(item)
        elif type(item) is dict:
            weight += sum([len(name) for name in item])
            left += item.values()
        elif type(item) is list:
            left += item
    return weight


def _without_raw(part: Any) -> Any:
    """A copy of `part` that pins no payload."""
    return type(part)(*[getattr(part, name) for name in part.__match_args__])
