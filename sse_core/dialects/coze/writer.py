# SPDX-License-Identifier: MIT
"""What writes a chat of coze."""

from __future__ import annotations

from ..._errors import EncodeError
from ..._items import Event
from .._parts import Error, Usage
from ..base import (
    OVERHEAD,
    CallBuffer,
    HeldText,
    Nesting,
    PlainWriter,
    dict_of,
    given,
    length,
    str_or_none,
    text_of,
    weight,
    word_of,
)
from .words import CALLS, CHAT, COMPLETED, COUNTS, CREATED, DELTA, DONE, REASONS, is_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Item
    from .._parts import Block, BlockEnd, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta


class LastWriter(PlainWriter):
    """What both writers know of the end: what it says, and that it is no success by itself."""

    def begin(self) -> None:
        super().begin()
        # What an Other gave the last event to say.
        self.last: dict[str, Any] = {}
        self.told = False

    def hold_last(self, part: Other) -> bool:
        """Whether it is an Other of the last event, which waits for that."""
        data = dict_of(part.data)
        if part.name not in DONE or not data:
            return False
        self.dumps(data)
        self.held.add(weight(data) - weight(self.last))
        self.last = data
        return True

    def write_failed_end(self) -> list[Item]:
        return [] if self.told else self.write_error(Error("the answer was lost on its way"))


class CozeWriter(LastWriter):
    """Writes a chat: a message for each block of text, all calls and the usage with the finish."""

    def begin(self) -> None:
        super().begin()
        self._created = False
        self._conversation = "conversation-1"
        # The text of each open message, whose end says it again.
        self._texts: dict[str, HeldText] = {}
        self._calls = CallBuffer(self.held)
        # The calls that are whole.
        self._ready: list[ToolCallDelta] = []

    def write_start(self, part: Start) -> list[Item]:
        super().write_start(part)
        again, self._created = self._created, True
        return [] if again else [self._chat("created", "created")]

    def write_text(self, part: TextDelta) -> list[Item]:
        id = _id_of(part.block)
        if id not in self._texts:
            self.held.add(OVERHEAD + len(id))
            self._texts[id] = HeldText(self.held)
        self._texts[id].append(part.text)
        return [self._answer(DELTA, id, content=part.text)]

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        return [self._answer(DELTA, _id_of(part.block), content="", reasoning_content=part.text)]

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        self._calls.add(part)
        return []

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        if part.of == "tool_call":
            self._keep(self._calls.pop(part.block))
        return self._completed(_id_of(part.block)) if part.of == "text" else []

    def write_error(self, part: Error) -> list[Item]:
        self.told = True
        error = {"code": part.code, "msg": part.message, "type": part.type, "status_code": part.status}
        return [self.event(given(**error), "error")]

    def write_other(self, part: Other) -> list[Item]:
        data = dict_of(part.data)
        if self.hold_last(part):
            return []
        event, id = self.event(part.data, part.name), text_of(data.get("id"))
        if part.name == COMPLETED and id in self._texts and is_answer(data):
            if str(self._texts[id]) == data.get("content"):
                return []  # as it will be said
            self._completed(id)
            return [event]
        found = self.read_back(event)
        items = self.listed(part, event, found, ("start",))
        if items and part.name == CREATED:
            if self._created or self.spoken:
                return self.reserved(part)
            self._created = True
            self._conversation = str_or_none(data.get("conversation_id")) or self._conversation
            self.held.add(OVERHEAD + len(self._conversation))
        return items

    def write_last(self, finish: Finish) -> list[Item]:
        for call in self._calls.pop_all():
            self._keep(call)
        items = [event for id in list(self._texts) for event in self._completed(id)]
        word = "requires_action" if self._ready else word_of(finish, REASONS, {}, "completed")
        used = self.held_usage or Usage()
        counts = zip(COUNTS, (used.input_tokens, used.output_tokens, used.total_tokens), strict=True)
        more: dict[str, Any] = {"usage": given(**dict(counts))}
        if self._ready:
            calls = [_call(call, at) for at, call in enumerate(self._ready)]
            more["required_action"] = {"type": CALLS[1], CALLS[1]: {CALLS[2]: calls}}
        items.append(self._chat("completed" if word == "canceled" else word, word, **more))
        return [*items, self.event(self.last or "[DONE]", "done")]

    def _keep(self, call: ToolCallDelta | None) -> None:
        """Hold a call that is over: the last event but one has them all."""
        if call is None:
            return
        nesting = Nesting()
        nesting.feed(call.arguments)
        if not nesting.whole:
            raise EncodeError("arguments", call.arguments, "are no whole JSON object, and coze sends a call whole")
        self.held.add(OVERHEAD + length(call.arguments, call.id, call.name))
        self._ready.append(call)

    def _completed(self, id: str) -> list[Item]:
        text = self._texts.pop(id, None)
        if text is None:
            return []
        self.held.release(OVERHEAD + len(id))
        return [self._answer(COMPLETED, id, content=text.take())]

    def _answer(self, name: str, id: str, **content: str) -> Event:
        ids = {"id": id, "conversation_id": self._conversation, "chat_id": self.id or "chat-1"}
        return self.event({**ids, "role": "assistant", "type": "answer", **content, "content_type": "text"}, name)

    def _chat(self, name: str, status: str, **more: Any) -> Event:
        chat = {"id": self.id or "chat-1", "conversation_id": self._conversation, "created_at": self.created}
        return self.event({**chat, "status": status, **more}, CHAT + name)


def _id_of(block: Block) -> str:
    return block if type(block) is str else f"message-{block}"


def _call(call: ToolCallDelta, at: int) -> dict[str, Any]:
    function = {"name": call.name or "", "arguments": call.arguments}
    return {"id": call.id or f"call_{at}", "type": "function", "function": function}
