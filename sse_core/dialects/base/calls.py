# SPDX-License-Identifier: MIT
"""CallBuffer: tool calls put together, for writers whose dialect can only say a call whole."""

from __future__ import annotations

from ..._errors import EncodeError
from .._parts import ToolCallDelta
from .held import OVERHEAD, Held, HeldText, length

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._parts import Block


class _Call:
    """What came of a call so far."""

    __slots__ = ("arguments", "id", "json", "name")

    def __init__(self, held: Held) -> None:
        self.arguments = HeldText(held)
        self.id: str | None = None
        self.name: str | None = None
        self.json = True


class CallBuffer:
    """Takes the fragments of calls, gives each call whole. What waits counts in `held`, a writer's.

    `add` raises EncodeError for a fragment of a call that was given: a call without a name would come of it; and
    LimitError where there is no room.
    """

    __slots__ = ("_calls", "_held", "_over")

    def __init__(self, held: Held | None = None) -> None:
        self._held = Held() if held is None else held
        self._calls: dict[Block, _Call] = {}
        # The ids of calls that were given: only another id in their block is another call.
        self._over: dict[Block, str | None] = {}

    def add(self, part: ToolCallDelta) -> None:
        call = self._calls.get(part.block)
        if call is None:
            if part.block in self._over and part.id in (None, self._over[part.block]):
                if part.arguments.strip():
                    problem = "belongs to a call that is over: what was handed on was not all of it"
                    raise EncodeError("part", part, problem)
                return
            self._held.add(2 * OVERHEAD + 2 * length(part.block))
            call = self._calls[part.block] = _Call(self._held)
        if part.id and call.id is None:
            self._held.add(len(part.id))
            call.id = part.id
        if part.name and call.name is None:
            self._held.add(len(part.name))
            call.name = part.name
        call.json = call.json and part.json
        call.arguments.append(part.arguments)

    def pop(self, block: Block) -> ToolCallDelta | None:
        """The whole call of `block`, "" in all being {}; None if there is none."""
        call = self._calls.pop(block, None)
        if call is None:
            return None
        # Its id stays, in place of one before it.
        self._held.release(OVERHEAD + length(block, call.name))
        if block in self._over:
            self._held.release(OVERHEAD + length(block, self._over[block]))
        self._over[block] = call.id
        arguments = call.arguments.take()
        return ToolCallDelta(arguments or "{}" if call.json else arguments, block, call.id, call.name, json=call.json)

    def pop_all(self) -> list[ToolCallDelta]:
        """All whole calls, in the order in which they began."""
        return [call for block in list(self._calls) if (call := self.pop(block)) is not None]
