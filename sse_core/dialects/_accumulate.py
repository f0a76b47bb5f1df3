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


class _Text:
    """Text that comes in fragments. A growing str is quadratic, and a fragment costs 50 bytes beside its text:
    so fragments are joined a thousand at a time."""

    def __init__(self) -> None:
        self._joined: list[str] = []
        self._fragments: list[str] = []

    def append(self, fragment: str) -> None:
        if fragment:
            self._fragments.append(fragment)
            if len(self._fragments) == 1000:
                self._joined.append("".join(self._fragments))
                self._fragments.clear()

    def __str__(self) -> str:
        return "".join(self._joined) + "".join(self._fragments)


class ToolCall:
    """One tool call: `arguments` is JSON text unless `json` is False; `server`: the provider runs it."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.id: str | None = None
        self.name: str | None = None
        self.server = False
        self.json = True
        self._arguments = _Text()

    @property
    def arguments(self) -> str:
        """All fragments; {} where there was nothing."""
        text = str(self._arguments)
        return text or "{}" if self.json else text

    def __repr__(self) -> str:
        return f"ToolCall(id={self.id!r}, name={self.name!r}, arguments={self.arguments!r})"


class Choice:
    """One answer: `text`, `texts` (by block), `reasoning`, `tool_calls` in order, `finish_reason`, `raw_reason`."""

    def __init__(self) -> None:
        self.role: str | None = None
        self.finish_reason: str | None = None
        self.raw_reason: str | None = None
        self._texts: dict[Block, _Text] = {}
        self._reasoning = _Text()
        self._calls: dict[Block, ToolCall] = {}
        # What of the Accumulator's size is this choice's: given back when a Start replaces it.
        self._size = 0

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
        return str(self._reasoning)

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
        call.server = call.server or part.server
        call.json = call.json and part.json
        call._arguments.append(part.arguments)


class Accumulator:
    """The message so far: `add` each part.

    `choices` maps each index to its Choice; `id`, `model`, `usage`, `error`, `done` and `others` are the
    stream's; `text`, `texts`, `reasoning`, `tool_calls` and `finish_reason` are choice 0's. Keeps no parts.
    Raises LimitError, and has then not added the part, once more than `max_size` characters would be kept; each
    block, call and Other counts 64 beside its own.

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
            choice = self._grown(part, len(part.text), part.block not in self._of(part)._texts)
            choice._texts.setdefault(part.block, _Text()).append(part.text)
        elif isinstance(part, ReasoningDelta):
            self._grown(part, len(part.text))._reasoning.append(part.text)
        elif isinstance(part, ToolCallDelta):
            size = len(part.arguments) + len(part.id or "") + len(part.name or "")
            self._grown(part, size, part.block not in self._of(part)._calls)._call(part)
        elif isinstance(part, Start):
            old = self.choices.pop(part.choice, None)
            self._size -= old._size if old is not None else 0
            self._grown(part, 0, True).role = part.role
            if part.choice == 0:  # the message begins, or begins again
                self.id, self.model = part.id, part.model
                self.usage = self.error = None
        elif isinstance(part, Usage):
            self.usage = _without_raw(part)
        elif isinstance(part, Finish):
            choice = self._grown(part, 0)
            choice.finish_reason, choice.raw_reason = part.reason, part.raw_reason
        elif isinstance(part, Error):
            self.error = _without_raw(part)
        elif isinstance(part, Done):
            self.done = _without_raw(part)
        elif isinstance(part, Other):
            self._grown(part, len(part.name) + _weight(part.data), True)
            self.others.append(_without_raw(part))

    def _of(self, part: Part) -> Choice:
        return self.choices.get(part.choice) or Choice()

    def _grown(self, part: Part, size: int, new: bool = False) -> Choice:
        """The part's choice, once there is room for `size` characters and, if `new`, for one more thing."""
        choice = self.choices.get(part.choice)
        if new or choice is None:
            size += _OVERHEAD
            block = getattr(part, "block", 0)
            size += len(block) if type(block) is str else 0  # Laddro's are named by the server
        if self._size + size > self._max_size:
            raise LimitError(
                f"the parts of a message are larger than max_size, {self._max_size} characters", self._max_size
            )
        if choice is None:
            choice = self.choices[part.choice] = Choice()
        self._size += size
        if not isinstance(part, Other):  # the stream's, not the choice's
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
