# SPDX-License-Identifier: MIT
"""What comes in fragments and then again whole: a reader that says it once, and a writer that says it so."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections import OrderedDict

from ..._errors import EncodeError
from .._parts import BlockEnd, ReasoningDelta, TextDelta, ToolCallDelta
from .blocks import Blocks
from .held import Heard, HeldText, short
from .json import JsonReader
from .members import dict_of, str_or_none
from .writer import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from typing import Any, Literal

    from ..._items import Item
    from .._parts import Block, Other, Part
    from .blocks import Step

    Kind = Literal["text", "reasoning"]

_MOST = 256  # texts that are remembered: past it the oldest is not


class Said:
    """What fragments said of texts that come again whole."""

    __slots__ = ("_texts",)

    def __init__(self) -> None:
        self._texts: OrderedDict[Hashable, Heard] = OrderedDict()

    def add(self, key: Hashable, text: str) -> None:
        """A fragment was said."""
        heard = self._texts[key] = self._texts.pop(key, Heard())
        heard.add(text)
        if len(self._texts) > _MOST:
            self._texts.popitem(last=False)

    def rest(self, key: Hashable, whole: str) -> str | None:
        """What the whole adds, which is said with it; None if it does not begin with what was said."""
        return self._texts.pop(key, Heard()).rest(whole)


class WholeReader(JsonReader):
    """Reads text that comes in fragments and again whole, once; and calls that come whole."""

    def begin(self) -> None:
        super().begin()
        self.heard: Said = Said()
        # The calls without an id so far: each is a block of its own.
        self._nameless = 0

    def delta(self, kind: Kind, block: Block, text: str, signature: str | None = None) -> list[Part]:
        """[the text or reasoning], if there is any."""
        if not text and signature is None:
            return []
        self.said()
        return [TextDelta(text, block) if kind == "text" else ReasoningDelta(text, block, signature)]

    def fragment(self, kind: Kind, block: Block, text: str, signature: str | None = None) -> list[Part]:
        """The same of a fragment, which the whole will repeat."""
        if text:
            self.heard.add((kind, short(str(block))), text)
        return self.delta(kind, block, text, signature)

    def rest(self, kind: Kind, block: Block, whole: str) -> str | None:
        """What a whole block adds to its fragments; None if it does not begin as they did."""
        return self.heard.rest((kind, short(str(block))), whole)

    def whole_text(self, kind: Kind, block: Block, text: str, mended: Other) -> list[Part]:
        """The parts of a block that is whole: what was not said of it, and its end; `mended` if it says another."""
        rest = self.rest(kind, block, text)
        return [*([mended] if rest is None else self.delta(kind, block, rest)), BlockEnd(block, kind)]

    def whole_call(self, id: object, name: object, arguments: object, server: bool) -> list[Part]:
        """The parts of a call: its id is its block."""
        id = str_or_none(id)
        block: Block = self._nameless if id is None else id
        if id is None:
            self._nameless += 1
        self.said()
        if not server:
            self.tool_called(block)
        text = self.json_text(dict_of(arguments))
        return [ToolCallDelta(text, block, id, str_or_none(name), server), BlockEnd(block, "tool_call")]


class WholeWriter(Writer):
    """Writes one answer, block by block: text in fragments and then whole, a call only whole.

    `write_fragment` is given each fragment of text, `write_whole` each block at its end, the first of its parts with
    all of its text; `write_open` each as it begins.
    """

    one_choice = True
    server_calls = True

    def begin(self) -> None:
        super().begin()
        self._blocks = Blocks(self.held)
        # The text of the block that is open, or the arguments of the call.
        self._text = HeldText(self.held)

    def write_text(self, part: TextDelta) -> list[Item]:
        return self.say(part) if part.text else []

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        return self.say(part)

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        return self.say(part)

    def write_open(self, number: int, first: Part) -> list[Item]:
        """The items of the beginning of a block, the `number`th from 0."""
        return []

    @abstractmethod
    def write_fragment(self, number: int, part: Part) -> list[Item]:
        """The items of a fragment of text or reasoning."""

    @abstractmethod
    def write_whole(self, number: int, first: Part, text: str) -> list[Item]:
        """The items of a block that is whole."""

    def say(self, part: Part) -> list[Item]:
        """The items of content, or of the end of its block."""
        return self._written(self._blocks.add(part))

    def close_blocks(self) -> list[Item]:
        """The items of all that is open, or waits."""
        return self._written(self._blocks.end())

    def input_of(self, text: str) -> dict[str, Any]:
        """The arguments of a call; EncodeError if they are no JSON object."""
        try:
            found = json.loads(text.strip() or "{}")
        except (ValueError, RecursionError):
            found = None
        if type(found) is not dict:
            raise EncodeError("arguments", text, f"must be a JSON object: {self.name} has no other arguments")
        return found

    def _written(self, steps: Iterable[Step]) -> list[Item]:
        items: list[Item] = []
        for step, number, part in steps:
            if step == "open":
                items += self.write_open(number, part)
            elif step == "close":
                items += self.write_whole(number, part, self._text.take())
            elif part.kind == "tool_call":
                self._text.append(part.arguments)
            else:
                self._text.append(getattr(part, "text", ""))
                items += self.write_fragment(number, part)
        return items
