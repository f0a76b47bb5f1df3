# SPDX-License-Identifier: MIT
"""What writers need to bring the blocks of any dialect into the order that theirs allows."""

from __future__ import annotations

import re
from collections import OrderedDict

from ..._errors import EncodeError
from .._parts import BlockEnd, ReasoningDelta, TextDelta, ToolCallDelta, without_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._parts import Block, Part

    Key = tuple[str, Block, bool]
    Step = tuple[str, int, Part]

_IN_STRING = re.compile(r'["\\]')
_OUTSIDE = re.compile(r'["{}\[\]]')


class Nesting:
    """Follows JSON text that comes in fragments, to tell whether it is whole. Linear in what it is fed."""

    __slots__ = ("_depth", "_escaped", "_in_string", "_opened")

    def __init__(self) -> None:
        self._depth = 0
        self._opened = False
        self._in_string = False
        # The last fragment ended in a backslash: the first character of the next is escaped, and no quote.
        self._escaped = False

    def feed(self, fragment: str) -> None:
        at = 0
        if self._escaped and fragment:
            self._escaped = False
            at = 1
        while found := (_IN_STRING if self._in_string else _OUTSIDE).search(fragment, at):
            at = found.end()
            mark = found.group()
            if mark == '"':
                self._in_string = not self._in_string
            elif mark == "\\":
                self._escaped = at == len(fragment)
                at += 1
            elif mark in "{[":
                self._depth += 1
                self._opened = True
            else:
                self._depth -= 1

    @property
    def whole(self) -> bool:
        """Whether a first object or array has closed."""
        return self._opened and self._depth <= 0 and not self._in_string


class Blocks:
    """Puts content parts in an order with one block open at a time, numbered afresh from 0.

    `add` and `end` give steps: ("open", number, part), ("delta", number, part), ("close", number, part); at
    "open" and "close" the part is the first of the block, at "delta" each that adds to it, the first too.

    EncodeError for a fragment of a call that is over: a call without a name would come of it.

    Text and reasoning give way to another block at once. A tool call does not until its arguments are whole:
    closed at every switch, interleaved calls would each become several halves. What comes meanwhile waits.
    """

    def __init__(self) -> None:
        self._next = 0
        self._open: tuple[Key, Part] | None = None
        self._nesting = Nesting()
        # The parts of blocks that came while a call was open, by block, in the order in which they began.
        # Ordered: a dict that is emptied from the front is searched past all that has left it.
        self._waiting: OrderedDict[Key, list[Part]] = OrderedDict()
        # The ids of calls that are over: only another id in their block is another call.
        self._over: dict[Key, str | None] = {}

    def add(self, part: Part) -> list[Step]:
        """The steps for a text, reasoning or tool call part or a BlockEnd; any other part is a block of its own."""
        steps: list[Step] = []
        key = _key(part)
        if self._open is not None and self._open[0] == key:
            self._take(key, part, steps)
        elif isinstance(part, BlockEnd):
            if key in self._waiting:
                self._waiting[key].append(without_raw(part))
        elif isinstance(part, ToolCallDelta) and key in self._over and part.id in (None, self._over[key]):
            if part.arguments.strip():
                raise EncodeError("part", part, "belongs to a call that is over: what was handed on was not all of it")
            return []
        elif self._waiting or not self._gives_way():
            self._waiting.setdefault(key, []).append(without_raw(part))
        else:
            self._take(key, part, steps)
        self._drain(steps)
        return steps

    def end(self, failed: bool = False) -> list[Step]:
        """The steps that close what is open and give what waits; `failed`: no call is closed or begun any more."""
        steps: list[Step] = []
        if failed:
            if self._open is not None and self._open[0][0] == "tool_call":
                self._open = None
                self._next += 1
            for key in [key for key in self._waiting if key[0] == "tool_call"]:
                del self._waiting[key]
        self._close(steps)
        while self._waiting:
            self._drain(steps)
            self._close(steps)
        return steps

    def _gives_way(self) -> bool:
        return self._open is None or self._open[0][0] != "tool_call" or self._nesting.whole

    def _take(self, key: Key, part: Part, steps: list[Step]) -> None:
        """Append the steps for `part`, which may be given now."""
        if isinstance(part, BlockEnd):
            self._close(steps)
            return
        if self._open is None or self._open[0] != key:
            self._close(steps)
            self._open = key, without_raw(part)
            self._nesting = Nesting()
            steps.append(("open", self._next, part))
        steps.append(("delta", self._next, part))
        if isinstance(part, ToolCallDelta):
            self._nesting.feed(part.arguments)
        elif not isinstance(part, (TextDelta, ReasoningDelta)):
            self._close(steps)

    def _close(self, steps: list[Step]) -> None:
        if self._open is not None:
            key, first = self._open
            steps.append(("close", self._next, first))
            self._next += 1
            self._open = None
            if isinstance(first, ToolCallDelta):
                self._over[key] = first.id

    def _drain(self, steps: list[Step]) -> None:
        """Give what waits, block by block, until a call that is not whole is open again."""
        while self._waiting and self._gives_way():
            key, parts = self._waiting.popitem(last=False)
            for part in parts:
                self._take(key, part, steps)


def _key(part: Part) -> Key:
    kind = part.of if isinstance(part, BlockEnd) else part.kind
    return kind, getattr(part, "block", 0), bool(getattr(part, "refusal", False))
