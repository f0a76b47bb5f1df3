# SPDX-License-Identifier: MIT
"""What writes openai-chatkit."""

from __future__ import annotations

import json

from ...._errors import EncodeError
from ..._parts import Error
from ...base import OVERHEAD, CallBuffer, Dialect, HeldText, PlainWriter, time_of
from .words import ADDED, DONE, PART, UPDATED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event, Item
    from ..._parts import Block, BlockEnd, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta


class ChatKitWriter(PlainWriter):
    """Writes the items of an answer, text as it comes, the rest whole."""

    def __init__(self, dialect: Dialect, *, thread_id: str = "thread-1", **options: Any) -> None:
        self._thread = thread_id
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._date = time_of(self.created)
        # The blocks are of this dialect, as its Start was; how many items there were.
        self._own = False
        self._items = 0
        # The message under way, and the texts of its parts that are over; the block of the one that is not, and its
        # text.
        self._message: str | None = None
        self._texts: list[str] = []
        self._block: Block | None = None
        self._text = HeldText(self.held)
        # The thought under way, and its block.
        self._thinks: Block | None = None
        self._thought = HeldText(self.held)
        self._calls = CallBuffer(self.held)

    def write_start(self, part: Start) -> list[Item]:
        self._own = part.id is not None
        return super().write_start(part)

    def write_text(self, part: TextDelta) -> list[Item]:
        if not part.text:
            return []
        items = self._end_thought()
        own = self._id_in(part.block)
        if self._message is None or own not in (None, self._message):
            items += [*self._end_message(), *self._begin_message(own)]
        if self._block != part.block:
            items += [*self._end_text(), self._update("added", content=_content(""))]
            self._block = part.block
        self._text.append(part.text)
        return [*items, self._update("text_delta", delta=part.text)]

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        if not part.text:
            return []
        items = self._end_message()
        if self._thinks != part.block:
            items += self._end_thought()
            self._thinks = part.block
        self._thought.append(part.text)
        return items

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        self._calls.add(part)
        return []

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        if part.of == "tool_call":
            return self._call(self._calls.pop(part.block))
        if part.of == "reasoning":
            return self._end_thought()
        return self._end_text() if part.block == self._block else []

    def write_other(self, part: Other) -> list[Item]:
        return self.other(part)

    def write_error(self, part: Error) -> list[Item]:
        code = part.code if part.code == "stream.error" else "custom"
        error = {"type": "error", "code": code, "message": part.message, "allow_retry": False}
        return [*self._end_thought(), self.event(error)]

    def write_last(self, finish: Finish) -> list[Item]:
        items = [*self._end_thought(), *self._end_message()]
        try:
            items += [item for call in self._calls.pop_all() for item in self._call(call)]
        except EncodeError:
            # Were it raised, all that a client has would look whole: the end of the body is the end.
            self.failed = True
            return [*items, *self.write_error(Error("the arguments of a call are no JSON object"))]
        # To a reader a body of nothing is one that was cut.
        return items if self._items else [*self._begin_message(None), *self._end_message()]

    def _begin_message(self, own: str | None) -> list[Item]:
        self._message = self._new_id(own)
        return [self._item(ADDED, self._message, "assistant_message", content=[])]

    def _end_message(self) -> list[Item]:
        items = self._end_text()
        if self._message is None:
            return items
        content = [_content(text) for text in self._texts]
        items.append(self._item(DONE, self._message, "assistant_message", content=content))
        self.held.release(sum([OVERHEAD + len(text) for text in self._texts]))
        self._message, self._texts = None, []
        return items

    def _end_text(self) -> list[Item]:
        if self._block is None:
            return []
        self._block, text = None, self._text.take()
        self.held.add(OVERHEAD + len(text))
        event = self._update("done", content=_content(text))
        self._texts.append(text)
        return [event]

    def _end_thought(self) -> list[Item]:
        if self._thinks is None:
            return []
        id, self._thinks = self._new_id(self._id_in(self._thinks)), None
        tasks = [{"type": "thought", "content": self._thought.take()}]
        return [self._item(DONE, id, "workflow", workflow={"type": "reasoning", "tasks": tasks, "expanded": False})]

    def _call(self, call: ToolCallDelta | None) -> list[Item]:
        if call is None:
            return []
        try:
            arguments = json.loads(call.arguments)
        except (ValueError, RecursionError):
            arguments = None
        if type(arguments) is not dict:
            raise EncodeError("arguments", call.arguments, "are no JSON object, and ChatKit says a call as one")
        items = [*self._end_thought(), *self._end_message()]
        id = self._new_id(None)
        members = {"status": "pending", "call_id": call.id or id, "name": call.name or "", "arguments": arguments}
        return [*items, self._item(DONE, id, "client_tool_call", **members)]

    def _id_in(self, block: Block) -> str | None:
        """The id of the item that a block is of, if the blocks are of this dialect."""
        return (block.rpartition("/")[0] or None) if self._own and type(block) is str else None

    def _new_id(self, own: str | None) -> str:
        self._items += 1
        first = self._items == 1 and self.id
        return own or first or f"{self.id or 'item'}-{self._items}"

    def _item(self, kind: str, id: str, type: str, **members: Any) -> Event:
        item = {"id": id, "thread_id": self._thread, "created_at": self._date, "type": type, **members}
        return self.event({"type": kind, "item": item})

    def _update(self, kind: str, **members: Any) -> Event:
        update = {"type": f"{PART}{kind}", "content_index": len(self._texts), **members}
        return self.event({"type": UPDATED, "item_id": self._message, "update": update})


def _content(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": []}
