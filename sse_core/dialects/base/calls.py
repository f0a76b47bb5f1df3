# SPDX-License-Identifier: MIT
"""CallBuffer: tool calls put together, for writers whose dialect can only say a call whole."""

from __future__ import annotations

from ..._errors import EncodeError
from .._parts import ToolCallDelta, without_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._parts import Block


class CallBuffer:
    """Takes the fragments of calls, gives each call whole.

    `add` raises EncodeError for a fragment of a call that was given: a call without a name would come of it.
    """

    __slots__ = ("_calls", "_over")

    def __init__(self) -> None:
        self._calls: dict[Block, list[ToolCallDelta]] = {}
        # The ids of calls that were given: only another id in their block is another call.
        self._over: dict[Block, str | None] = {}

    def add(self, part: ToolCallDelta) -> None:
        over = part.block in self._over and part.block not in self._calls
        if over and part.id in (None, self._over[part.block]):
            if part.arguments.strip():
                raise EncodeError("part", part, "belongs to a call that is over: what was handed on was not all of it")
            return
        self._calls.setdefault(part.block, []).append(without_raw(part))

    def pop(self, block: Block) -> ToolCallDelta | None:
        """The whole call of `block`, "" in all being {}; None if there is none."""
        parts = self._calls.pop(block, None)
        if not parts:
            return None
        arguments = "".join([part.arguments for part in parts])
        ids = [part.id for part in parts if part.id]
        self._over[block] = ids[0] if ids else None
        names = [part.name for part in parts if part.name]
        free = not all(part.json for part in parts)
        return ToolCallDelta(
            arguments if free else arguments or "{}",
            block,
            ids[0] if ids else None,
            names[0] if names else None,
            json=not free,
        )

    def pop_all(self) -> list[ToolCallDelta]:
        """All whole calls, in the order in which they began."""
        return [call for block in list(self._calls) if (call := self.pop(block)) is not None]
