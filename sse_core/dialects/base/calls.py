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
        self._over: set[Block] = set()

    def add(self, part: ToolCallDelta) -> None:
        if part.block in self._over and part.block not in self._calls and not part.name and not part.id:
            if part.arguments.strip():
                raise EncodeError("part", part, "belongs to a call that is over: what was handed on was not all of it")
            return
        self._calls.setdefault(part.block, []).append(without_raw(part))

    def pop(self, block: Block) -> ToolCallDelta | None:
        """The whole call of `block`, "" in all being {}; None if there is none."""
        parts = self._calls.pop(block, None)
        if not parts:
            return None
        self._over.add(block)
        arguments = "".join([part.arguments for part in parts])
        ids = [part.id for part in parts if part.id]
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
