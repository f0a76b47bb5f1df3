# SPDX-License-Identifier: MIT
"""What writers of UI protocols need: ids for the blocks that a screen shows, and which of them are open."""

from __future__ import annotations

from ..._errors import EncodeError
from .held import OVERHEAD, Held, HeldText, length

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._parts import Block, ReasoningDelta, TextDelta, ToolCallDelta

    Content = TextDelta | ReasoningDelta | ToolCallDelta
    Key = tuple[str, Block]

_WORDS = {"text": "text", "reasoning": "reasoning", "tool_call": "call"}
# What a block closes as it begins: it would show as streaming while nothing more comes of it. Calls may interleave.
_CLOSES = {"reasoning": (), "text": ("reasoning",), "tool_call": ("reasoning", "text")}


class Shown:
    """A block that is open, under its `id` on the screen. `name` to `arguments` are a call's: the text of its
    fragments goes to `arguments`, a HeldText, where the writer needs it."""

    __slots__ = ("arguments", "block", "id", "json", "kind", "name", "said", "server")

    def __init__(self, part: Content, id: str, held: Held) -> None:
        self.kind = part.kind
        self.block: Block = part.block
        self.id: str = id
        # Some of its content was written.
        self.said: bool = False
        self.name: str | None = None
        self.server: bool = False
        self.json: bool = False
        if part.kind == "tool_call":
            self.name, self.server, self.json = part.name, part.server, part.json
            self.arguments: HeldText = HeldText(held)


class Screen:
    """The blocks of one message. Any number may be open; each is closed once, those that are left by `close_all`.

    An id is the block's own word, a call's id or a block that is a str, if it has not been used; else one that
    counts up. A block that opens again has another. `apart`: each kind has ids of its own. What is kept counts in
    `held`, a writer's: LimitError past that, before anything has happened.
    """

    def __init__(self, held: Held, apart: bool = False) -> None:
        self._held = held
        self._apart = apart
        self._open: dict[Key, Shown] = {}
        self._used: set[tuple[str, str]] = set()
        self._count = 0
        # Of each call, by its block, the id it came with and the one it has here: once it is over, only another id in
        # its block is another call.
        self._calls: dict[Block, tuple[str | None, str]] = {}

    def find(self, kind: str, block: Block) -> Shown | None:
        """The block, if it is open."""
        return self._open.get((kind, block))

    def call_id(self, block: Block) -> str | None:
        """The id here of the last call that began in a block, open or over."""
        return self._calls.get(block, (None, None))[1]

    def is_over(self, part: ToolCallDelta) -> bool:
        """Whether the fragment is of a call that was closed; EncodeError if it says something."""
        call = self._calls.get(part.block)
        if call is None or part.id not in (None, call[0]) or self.find("tool_call", part.block) is not None:
            return False
        if part.arguments.strip():
            raise EncodeError("part", part, "belongs to a call that is over: what was handed on was not all of it")
        return True

    def open(self, part: Content) -> tuple[list[Shown], Shown]:
        """The blocks that are closed by it, and the block that `part` begins."""
        space, own, size = self._space(part.kind), part.block, 2 * OVERHEAD + length(part.block)
        if part.kind == "tool_call":
            own = part.id or own
            size += OVERHEAD + length(part.id, part.name)
        id = own if type(own) is str and own and (space, own) not in self._used else self.new_id(part.kind)
        self._held.add(size + len(id))
        self._used.add((space, id))
        closed = [shown for shown in self._open.values() if shown.kind in _CLOSES[part.kind]]
        for other in closed:
            self.close(other)
        key = part.kind, part.block
        shown = self._open[key] = Shown(part, id, self._held)
        if part.kind == "tool_call":
            self._calls[part.block] = part.id, id
        return closed, shown

    def new_id(self, kind: str) -> str:
        """An id that was not used, for something of this kind."""
        while True:
            self._count += 1
            id = f"{_WORDS[kind]}-{self._count}"
            if (self._space(kind), id) not in self._used:
                return id

    def close(self, shown: Shown) -> None:
        """The block is over."""
        del self._open[shown.kind, shown.block]
        self._held.release(OVERHEAD)

    def close_all(self, failed: bool = False) -> list[Shown]:
        """The blocks that are still open, in the order in which they began, closed; `failed`: but the calls."""
        closed = [shown for shown in self._open.values() if not failed or shown.kind != "tool_call"]
        for shown in closed:
            self.close(shown)
        return closed

    def _space(self, kind: str) -> str:
        return kind if self._apart else ""
