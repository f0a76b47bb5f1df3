# SPDX-License-Identifier: MIT
"""FragmentWriter: dialects that say a call in fragments, with its id in each, any number of calls at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .held import length
from .plain import PlainWriter
from .screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..._items import Item
    from .._parts import BlockEnd, ToolCallDelta
    from .screen import Shown


class FragmentWriter(PlainWriter, ABC):
    """Writes the fragments of calls as they come: override `write_fragment`.

    A call without arguments gets {} as it ends, since a client would read its text as JSON. `end_calls` ends those
    that are open.
    """

    def begin(self) -> None:
        super().begin()
        self.calls: Screen = Screen(self.held)

    @abstractmethod
    def write_fragment(self, call: Shown, arguments: str, opens: bool) -> list[Item]:
        """The items of a fragment; `opens`: the first of its call."""

    def write_call_end(self, call: Shown) -> list[Item]:
        """The items of the end of a call."""
        return [] if call.said else self.write_fragment(call, "{}", False)

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        if self.calls.is_over(part):
            return []
        call = self.calls.find("tool_call", part.block)
        opens = call is None
        if call is None:
            call = self.calls.open(part)[1]
        elif not part.arguments and (call.name or not part.name):
            return []
        if not call.name and part.name:
            self.held.add(length(part.name))
            call.name = part.name
        call.said = call.said or bool(part.arguments.strip())
        return self.write_fragment(call, part.arguments, opens)

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        call = self.calls.find("tool_call", part.block) if part.of == "tool_call" else None
        if call is None:
            return []
        self.calls.close(call)
        return self.write_call_end(call)

    def end_calls(self) -> list[Item]:
        """The items that end the calls that are open."""
        return [item for call in self.calls.close_all() for item in self.write_call_end(call)]
