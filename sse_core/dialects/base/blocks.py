# SPDX-License-Identifier: MIT
"""What writers need to bring the blocks of any dialect into the order that theirs allows."""

from __future__ import annotations

import re
from collections import OrderedDict

from ..._errors import EncodeError
from .._parts import BlockEnd, ReasoningDelta, TextDelta, ToolCallDelta, without_raw
from .held import OVERHEAD, Held, HeldText, length, weight

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable

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


class _Run:
    """Fragments of one block that came one after the other; or one part, where it is no fragment."""

    __slots__ = ("part", "text")

    def __init__(self, part: Part, text: HeldText | None) -> None:
        self.part = part
        self.text = text

    def takes(self, part: Part) -> bool:
        """Whether a fragment says no more than its text."""
        first = self.part
        if isinstance(part, ToolCallDelta) and isinstance(first, ToolCallDelta):
            same = part.server == first.server and part.json == first.json
            return same and part.name is None and part.id in (None, first.id)
        return part.kind == first.kind and getattr(part, "refusal", None) == getattr(first, "refusal", None)

    def parts(self) -> list[Part]:
        """The parts again: a few fragments as they came, many in larger ones."""
        first = self.part
        if self.text is None:
            return [first]
        pieces = self.text.pieces or [""]
        block, choice = getattr(first, "block", 0), first.choice
        if isinstance(first, TextDelta):
            return [TextDelta(piece, block, first.refusal, choice) for piece in pieces]
        if not isinstance(first, ToolCallDelta):
            return [ReasoningDelta(piece, block, None, choice) for piece in pieces]
        server, json = first.server, first.json
        calls: list[Part] = [ToolCallDelta(pieces[0], block, first.id, first.name, server, json, choice)]
        return calls + [ToolCallDelta(piece, block, None, None, server, json, choice) for piece in pieces[1:]]


class Waiting:
    """Parts that wait, by what they belong to, in the order in which that began. Fragments are held joined, and all
    of it counts in `held`."""

    def __init__(self, held: Held) -> None:
        self._held = held
        # Ordered: a dict that is emptied from the front is searched past all that has left it.
        self._runs: OrderedDict[Hashable, list[_Run]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._runs)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._runs

    def add(self, key: Hashable, part: Part) -> None:
        runs = self._runs.get(key)
        text = _text(part)
        last = runs[-1] if runs else None
        if last is not None and last.text is not None and text is not None and last.takes(part):
            last.text.append(text)
            return
        self._held.add(OVERHEAD + _size(part))
        run = _Run(without_raw(part), None)
        if text is not None:
            self._held.release(len(text))
            run.part, run.text = _bare(part), HeldText(self._held)
            run.text.append(text)
        self._runs.setdefault(key, []).append(run)

    def drop_calls(self) -> None:
        """Forget the calls."""
        for key in [key for key, runs in self._runs.items() if runs[0].part.kind == "tool_call"]:
            self._runs.move_to_end(key, last=False)
            self.pop()

    def pop(self) -> list[Part]:
        """The parts of what began first, which wait no longer."""
        parts: list[Part] = []
        for run in self._runs.popitem(last=False)[1]:
            parts += run.parts()
            self._held.release(OVERHEAD + _size(run.part) + (0 if run.text is None else run.text.size))
        return parts


class Blocks:
    """Puts content parts in an order with one block open at a time, numbered afresh from 0.

    `add` and `end` give steps: ("open", number, part), ("delta", number, part), ("close", number, part); at
    "open" and "close" the part is the first of the block, at "delta" each that adds to it, the first too.

    EncodeError for a fragment of a call that is over: a call without a name would come of it.

    Text and reasoning give way to another block at once. A tool call does not until its arguments are whole:
    closed at every switch, interleaved calls would each become several halves. What comes meanwhile waits, and
    counts in `held`, a writer's: LimitError past that, before anything has happened.
    """

    def __init__(self, held: Held | None = None) -> None:
        self._held = Held() if held is None else held
        self._next = 0
        self._open: tuple[Key, Part] | None = None
        self._nesting = Nesting()
        # The parts of blocks that came while a call was open.
        self._waiting = Waiting(self._held)
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
                self._waiting.add(key, part)
        elif self._is_over(key, part):
            return []
        elif self._waiting or not self._gives_way():
            self._waiting.add(key, part)
        else:
            self._take(key, part, steps)
        self._drain(steps)
        return steps

    def end(self, failed: bool = False) -> list[Step]:
        """The steps that close what is open and give what waits; `failed`: no call is closed or begun any more."""
        steps: list[Step] = []
        if failed:
            if self._open is not None and self._open[0][0] == "tool_call":
                self._held.release(_size(self._open[1]))
                self._open = None
                self._next += 1
            self._waiting.drop_calls()
        self._close(steps)
        while self._waiting:
            self._drain(steps)
            self._close(steps)
        return steps

    def _is_over(self, key: Key, part: Part) -> bool:
        """Whether `part` is a fragment of a call that is over; EncodeError if it says something."""
        if not isinstance(part, ToolCallDelta) or key not in self._over or part.id not in (None, self._over[key]):
            return False
        if part.arguments.strip():
            raise EncodeError("part", part, "belongs to a call that is over: what was handed on was not all of it")
        return True

    def _gives_way(self) -> bool:
        return self._open is None or self._open[0][0] != "tool_call" or self._nesting.whole

    def _take(self, key: Key, part: Part, steps: list[Step]) -> None:
        """Append the steps for `part`, which may be given now."""
        if isinstance(part, BlockEnd):
            self._close(steps)
            return
        if self._open is None or self._open[0] != key:
            self._count(key, part)
            self._close(steps)
            self._open = key, without_raw(part)
            self._nesting = Nesting()
            steps.append(("open", self._next, part))
        steps.append(("delta", self._next, part))
        if isinstance(part, ToolCallDelta):
            self._nesting.feed(part.arguments)
        elif not isinstance(part, (TextDelta, ReasoningDelta)):
            self._close(steps)

    def _count(self, key: Key, part: Part) -> None:
        """Make room for what is kept of the block that `part` begins: that until its end, of a call more."""
        size = _size(part)
        if isinstance(part, ToolCallDelta):
            known = key in self._over
            size += length(part.id) + (0 if known else OVERHEAD + length(part.block))
            if known:
                size -= length(self._over[key])
        self._held.add(size)

    def _close(self, steps: list[Step]) -> None:
        if self._open is not None:
            key, first = self._open
            self._held.release(_size(first))
            steps.append(("close", self._next, first))
            self._next += 1
            self._open = None
            if isinstance(first, ToolCallDelta):
                self._over[key] = first.id

    def _drain(self, steps: list[Step]) -> None:
        """Give what waits, block by block, until a call that is not whole is open again."""
        while self._waiting and self._gives_way():
            for part in self._waiting.pop():
                key = _key(part)
                if (self._open is not None and self._open[0] == key) or not self._is_over(key, part):
                    self._take(key, part, steps)


def _key(part: Part) -> Key:
    kind = part.of if isinstance(part, BlockEnd) else part.kind
    return kind, getattr(part, "block", 0), bool(getattr(part, "refusal", False))


def _text(part: Part) -> str | None:
    """The fragment that `part` is; None if it says more than that, or is none."""
    if isinstance(part, ToolCallDelta):
        return part.arguments
    if isinstance(part, TextDelta) or (isinstance(part, ReasoningDelta) and part.signature is None):
        return part.text
    return None


def _bare(part: Part) -> Part:
    """`part` without its fragment."""
    if isinstance(part, ToolCallDelta):
        return ToolCallDelta("", part.block, part.id, part.name, part.server, part.json, part.choice)
    if isinstance(part, TextDelta):
        return TextDelta("", part.block, part.refusal, part.choice)
    return ReasoningDelta("", getattr(part, "block", 0), None, part.choice)


def _size(part: Part) -> int:
    """The characters of what is kept of a part."""
    if part.kind == "text":
        return len(part.text) + length(part.block)
    if part.kind == "tool_call":
        return len(part.arguments) + length(part.block, part.id, part.name)
    if part.kind == "reasoning":
        return len(part.text) + length(part.block, part.signature)
    return weight(part.data) + length(part.name) if part.kind == "other" else 0
