# SPDX-License-Identifier: MIT
"""What writes langgraph-events."""

from __future__ import annotations

import json

from ..._parts import BlockEnd, Error
from ...base import OVERHEAD, Blocks, HeldText, given, length
from ...base.langchain import CONTENT, RunWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event, Item
    from ..._parts import Other, Part, ReasoningDelta, Start, TextDelta, ToolCallDelta
    from ...base.blocks import Step


class EventsWriter(RunWriter):
    """Writes one run: a message at a time, a block at a time."""

    server_calls = True

    def begin(self) -> None:
        super().begin()
        self._blocks = Blocks(self.held)
        # The number of the first block of the message that is open, and that one's id.
        self._first = 0
        self._message: str | None = None
        # The ids that messages had: a second message under one would be taken for the first.
        self._used: set[str] = set()
        # What came of the block that is open, which its finish says again.
        self._text = HeldText(self.held)
        self._signature: str | None = None
        self._call: dict[str, str | None] = {}
        # The Start has no id, as a Transcoder hands it on: the names of blocks say nothing of messages.
        self._foreign = False
        self._told = False  # that the run began
        self._seq = 0

    def write_start(self, part: Start) -> list[Item]:
        self._foreign = part.id is None
        self.id: str | None = part.id or self.id
        self.model: str | None = part.model or self.model
        return [*self._finish_message(), *self._begin_message(self._default())]

    def write_text(self, part: TextDelta) -> list[Item]:
        return self._events_of(self._blocks.add(part)) if part.text else []

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        return self._events_of(self._blocks.add(part)) if part.text or part.signature else []

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        return self._events_of(self._blocks.add(part))

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        return self._events_of(self._blocks.add(part))

    def write_other(self, part: Other) -> list[Item]:
        data, root = part.data, part.block is None
        if part.name == CONTENT and type(data) is dict:
            if (
                data.get("type") == "invalid_tool_call"
                and part.block is not None
                and (0, part.block) in self._calls_seen
            ):
                return self.write_block_end(BlockEnd(part.block, "tool_call"))  # whose finish says so
            seq = self._seq
            finish = {"event": "content-block-finish", "index": 0, "content": data}
            found = self._tried(part, "messages", {"namespace": [], "data": finish})
            self._seq = seq
            return found and self._events_of(self._blocks.add(part))
        if not self.is_line(part.name) or (root and part.name == "messages"):
            return self.reserved(part)  # half of a message: the rest of it would be taken for text
        space = [] if root else str(part.block).split("|")
        params = {**(data if type(data) is dict else {"data": data}), "namespace": space}
        items = self._tried(part, part.name, params)
        self._told = self._told or (root and part.name == "lifecycle" and bool(items))
        return items

    def write_error(self, part: Error) -> list[Item]:
        # A call that is open stays so.
        items = self._events_of(self._blocks.end(failed=True))
        if self._message is not None:
            code = part.type if part.code is None else str(part.code)
            items.append(self._messages("error", message=part.message, **given(code=code)))
        self.over()
        return [*items, self._lifecycle("failed", error=part.message)]

    def write_failed_end(self) -> list[Item]:
        # A client takes the end of the body for a loss, and comes again.
        return self.write_error(Error("the answer could not be written"))

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        if finish.reason == "error":
            return self.write_bad_end(finish)
        items = self._events_of(self._blocks.end())
        stopped = finish.reason == "other" and finish.raw_reason == "interrupted"
        usage, reason = self.usage_told(), None if stopped else self.reason_told(finish)
        if self._message is None and (usage or reason):
            items += self._begin_message(self._default())
        items += self._finish_message(**given(usage=usage, metadata=reason))
        return [*items, self._lifecycle("interrupted" if stopped else "completed")]

    def _events_of(self, steps: list[Step]) -> list[Item]:
        items: list[Item] = []
        for step, number, part in steps:
            if step == "open":
                name = self._message_of(part)
                if name != self._message:
                    items += self._finish_message()
                    self._first = number
                    items += self._begin_message(name)
            index = number - self._first
            event = getattr(self, f"_{step}")(part, index)
            items += [] if event is None else [event]
        return items

    def _open(self, part: Part, index: int) -> Event:
        self._signature = None
        self._call = {}
        if part.kind == "tool_call":
            self._call = {"id": part.id, "name": part.name}
            content: dict[str, Any] = {"type": f"{_server(part)}tool_call_chunk", **self._call, "args": ""}
        elif part.kind == "other":
            content = {"type": part.data.get("type")}
        else:
            content = {"type": part.kind, part.kind: ""}
        return self._content("content-block-start", index, content=content)

    def _delta(self, part: Part, index: int) -> Event | None:
        if part.kind == "tool_call":
            self._call = {"id": self._call["id"] or part.id, "name": self._call["name"] or part.name}
            text, delta = part.arguments, {"type": "tool-call-delta", "args": part.arguments}
        elif part.kind == "text" or part.kind == "reasoning":
            self._signature = getattr(part, "signature", None) or self._signature
            text, delta = part.text, {"type": f"{part.kind}-delta", part.kind: part.text}
        else:
            return None
        self._text.append(text)
        return self._content("content-block-delta", index, delta=delta) if text else None

    def _close(self, part: Part, index: int) -> Event:
        text = self._text.take()
        if part.kind == "tool_call":
            content: dict[str, Any] = {**_whole(text, _server(part)), **self._call}
        elif part.kind == "other":
            content = part.data
        else:
            extras = None if self._signature is None else {"signature": self._signature}
            content = {"type": part.kind, part.kind: text, **given(extras=extras)}
        return self._content("content-block-finish", index, content=content)

    def _message_of(self, part: Part) -> str:
        """The id of the message that a block is of."""
        block = getattr(part, "block", 0)
        message, _, index = block.rpartition("/") if type(block) is str and not self._foreign else ("", "", "")
        return message if message and index.isdigit() else self._default()

    def _default(self) -> str:
        return self.id or "run-1"

    def _begin_message(self, id: str) -> list[Item]:
        self._message = id
        count, unused = 1, id
        while unused in self._used:
            count += 1
            unused = f"{id}-{count}"
        self.held.add(OVERHEAD + length(unused))
        self._used.add(unused)
        told = [] if self._told else [self._lifecycle("running")]
        self._told = True
        model = {"metadata": {"model": self.model}} if self.model else {}
        return [*told, self._messages("message-start", role="ai", id=unused, **model)]

    def _finish_message(self, **members: Any) -> list[Item]:
        if self._message is None:
            return []
        self._message = None
        return [self._messages("message-finish", **members)]

    def _tried(self, part: Other, method: str, params: dict[str, Any]) -> list[Item]:
        """The event of an Other; what is refused has no number."""
        seq = self._seq
        items: list[Item] = []
        try:
            items = self.meaningless(part, self._event(method, params))
        finally:
            self._seq = seq + len(items)
        return items

    def _content(self, kind: str, index: int, **members: Any) -> Event:
        return self._messages(kind, index=index, **members)

    def _messages(self, kind: str, **members: Any) -> Event:
        return self._event("messages", {"namespace": [], "data": {"event": kind, **members}})

    def _lifecycle(self, kind: str, **members: Any) -> Event:
        return self._event("lifecycle", {"namespace": [], "data": {"event": kind, **members}})

    def _event(self, method: str, params: dict[str, Any]) -> Event:
        self._seq += 1
        params = {"timestamp": self.created * 1000, **params}
        id = str(self._seq)
        event = self.event(
            {"type": "event", "event_id": id, "seq": self._seq, "method": method, "params": params}, method
        )
        event.last_event_id = id
        return event


def _server(part: ToolCallDelta) -> str:
    return "server_" if part.server else ""


def _whole(arguments: str, prefix: str) -> dict[str, Any]:
    """The content of a call that is over."""
    try:
        args = json.loads(arguments or "{}", parse_constant=_refuse)
    except (ValueError, RecursionError):
        args = None
    if type(args) is dict:
        return {"type": f"{prefix}tool_call", "args": args}
    return {"type": "invalid_tool_call", "args": arguments, "error": "the arguments are no JSON object"}


def _refuse(constant: str) -> None:
    raise ValueError(constant)
