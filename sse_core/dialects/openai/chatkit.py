# SPDX-License-Identifier: MIT
"""openai-chatkit: what a ChatKit server streams, unnamed JSON events, discriminator `type`; items of a thread.

| event | parts |
|---|---|
| `thread.item.added`, `.done` of one of these items; the first has the id of the Start | |
| `assistant_message`: `content` | TextDelta, BlockEnd, as far as not said; block: `item_id/content_index` |
| `workflow` of the type reasoning: tasks of the type thought | ReasoningDelta, BlockEnd, as far as not said |
| `client_tool_call`, done and not completed | a whole ToolCallDelta, the client's; BlockEnd; block: `call_id` |
| `thread.item.updated`, its `update` | |
| `assistant_message.content_part.text_delta` | TextDelta |
| `assistant_message.content_part.added`, `.done`, which repeat the text | TextDelta, BlockEnd, as far as not said |
| `workflow.task.added`, `.updated` of a thought, which repeat it | ReasoningDelta, what it adds; block: `id/index` |
| all else: the user's items, widgets, annotations, other tasks, notices, progress, effects | Other |
| `error`: `message`, `code` | Error, the end: a `thread.updated` behind it says no more |
| end of the body | Done, where each item that was added is done, or removed; and none of nothing |

Text is told once: a whole that repeats what was said in fragments adds what it says more of a thought, and the end of
its block; one that says another text is an Other, as is a call that came before. The server tells of no call that it
runs. No event has a reason to finish, or usage.

Written is the same: text in one item until a call or a thought begins, a thought and a call whole, the latter with
arguments that are an object. The client answers only the last call. Options: `thread_id`, the request's; `id`, that
of the first item, from which those of others are made, is to be another one in each answer of a thread. Lost: calls
the server runs, usage, the reason, refusals, titles and summaries of thoughts, annotations of what comes whole.

From the models and the server of openai-chatkit 1.6.5, and what its agents module streams; the client's side rests on
its documentation alone.
"""

from __future__ import annotations

import json

from ..._errors import EncodeError
from .._parts import BlockEnd, Error, ReasoningDelta, Start, TextDelta, ToolCallDelta
from ..base import (
    OVERHEAD,
    Blocks,
    Dialect,
    Heard,
    HeldText,
    JsonReader,
    PlainWriter,
    dict_of,
    dicts_of,
    given,
    index_or_none,
    short,
    str_or_none,
    text_of,
    time_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event, Item
    from .._parts import Block, Finish, Of, Other, Part
    from ..base.blocks import Step

_ADDED = "thread.item.added"
_DONE = "thread.item.done"
_UPDATED = "thread.item.updated"
_REMOVED = "thread.item.removed"
_TEXT = "assistant_message.content_part."
_MOST = 1024  # blocks, items and calls that are known: what is said whole past them is an Other


class ChatKitReader(JsonReader):
    body_ends = True

    def begin(self) -> None:
        super().begin()
        self._any = self._started = False
        # The items under way; those that are reasoning.
        self._open: set[str] = set()
        self._thoughts: set[str] = set()
        # What was said in each block, and which are over, calls too.
        self._heard: dict[tuple[Of, str], Heard] = {}
        self._over: set[tuple[Of, str]] = set()

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        self._any = True
        kind = payload.get("type")
        parts: list[Part] | None = None
        if kind in (_ADDED, _DONE):
            parts = self._item(dict_of(payload.get("item")), kind == _DONE)
        elif kind == _UPDATED:
            parts = self._update(text_of(payload.get("item_id")), dict_of(payload.get("update")))
            self._started = self._started or bool(parts)
        elif kind == _REMOVED:
            self._open.discard(short(text_of(payload.get("item_id"))))
        elif kind == "error" or payload.get("error"):
            error = payload.get("error") or given(message=payload.get("message"), code=payload.get("code"))
            return self.fail({"error": error})
        return [self.other(payload, event)] if parts is None else parts

    def whole(self) -> bool:
        return self._any and not self._open

    def _item(self, item: dict[str, Any], done: bool) -> list[Part] | None:
        """What an item that was added, or is done, adds to what was said; None for one that is an Other."""
        kind, id = item.get("type"), text_of(item.get("id"))
        parts: list[Part] | None = []
        if kind == "assistant_message":
            texts = [text_of(one.get("text")) for one in dicts_of(item.get("content"))]
            parts = self._wholes("text", id, dict(enumerate(texts)), done)
            if done:
                self._open.discard(short(id))
            else:
                self._add(self._open, id)
        elif kind == "workflow" and dict_of(item.get("workflow")).get("type") == "reasoning":
            self._add(self._thoughts, id)
            tasks = enumerate(dicts_of(dict_of(item.get("workflow")).get("tasks")))
            texts_by = {at: text_of(task.get("content")) for at, task in tasks if task.get("type") == "thought"}
            parts = self._wholes("reasoning", id, texts_by, done)
        elif kind == "client_tool_call" and done and item.get("status") != "completed":
            parts = self._call(item)
        else:
            return None
        if parts is None:
            return None
        started, self._started = self._started, True
        return parts if started or not id else [Start(id), *parts]

    def _update(self, id: str, update: dict[str, Any]) -> list[Part] | None:
        kind = text_of(update.get("type"))
        if kind.startswith(_TEXT):
            index = index_or_none(update.get("content_index"), _MOST) or 0
            if kind == f"{_TEXT}text_delta":
                self._add(self._open, id)
                return self._delta("text", f"{id}/{index}", text_of(update.get("delta")))
            if kind in (f"{_TEXT}added", f"{_TEXT}done"):
                text = text_of(dict_of(update.get("content")).get("text"))
                return self._wholes("text", id, {index: text}, kind == f"{_TEXT}done")
        task = dict_of(update.get("task"))
        if kind.startswith("workflow.task.") and task.get("type") == "thought" and short(id) in self._thoughts:
            index = index_or_none(update.get("task_index"), _MOST) or 0
            return self._wholes("reasoning", id, {index: text_of(task.get("content"))}, False)
        return None

    def _wholes(self, of: Of, id: str, texts: dict[int, str], ends: bool) -> list[Part] | None:
        """What whole texts add to what was said in the blocks of an item; None if one of them says another."""
        rests: dict[int, str] = {}
        for index, text in texts.items():
            key = of, short(f"{id}/{index}")
            heard = self._heard.get(key, None if len(self._heard) >= _MOST else Heard())
            rest = None if heard is None else heard.rest(text)
            # A thought grows. A text does so in its deltas alone: a whole that says more of it is another.
            if heard is None or rest is None or (rest and heard.fragments and of == "text"):
                return None
            rests[index] = rest
        parts: list[Part] = []
        for index, rest in rests.items():
            block = f"{id}/{index}"
            key = of, short(block)
            parts += self._delta(of, block, rest)
            if ends and texts[index] and key not in self._over:
                self._over.add(key)
                parts.append(BlockEnd(block, of))
        return parts

    def _delta(self, of: Of, block: str, text: str) -> list[Part]:
        if not text:
            return []
        key = of, short(block)
        if key in self._heard or len(self._heard) < _MOST:
            self._heard.setdefault(key, Heard()).add(text)
        return [TextDelta(text, block) if of == "text" else ReasoningDelta(text, block)]

    def _call(self, item: dict[str, Any]) -> list[Part] | None:
        block = str_or_none(item.get("call_id")) or text_of(item.get("id"))
        key: tuple[Of, str] = "tool_call", short(block)
        if key in self._over or len(self._over) >= 2 * _MOST:
            return None
        self._over.add(key)
        self.tool_called(block)
        arguments = self.json_text(dict_of(item.get("arguments")))
        call = ToolCallDelta(arguments, block, block or None, str_or_none(item.get("name")))
        return [call, BlockEnd(block, "tool_call")]

    def _add(self, ids: set[str], id: str) -> None:
        if len(ids) < _MOST:
            ids.add(short(id))


class ChatKitWriter(PlainWriter):
    def __init__(self, dialect: Dialect, *, thread_id: str = "thread-1", **options: Any) -> None:
        self._thread = thread_id
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._date = time_of(self.created)
        self._blocks = Blocks(self.held)
        # The Start was this dialect's, or its server's: so are the blocks.
        self._own = False
        self._items = 0
        # The text, or the arguments, of the block under way; the name and the id of the call that it is.
        self._text = HeldText(self.held)
        self._name: str | None = None
        self._call: str | None = None
        # The item under way, and the texts of its parts that are over.
        self._item: str | None = None
        self._texts: list[str] = []

    def write_start(self, part: Start) -> list[Item]:
        self._own = part.id is not None
        return super().write_start(part)

    def write_text(self, part: TextDelta) -> list[Item]:
        return self._events_of(self._blocks.add(part)) if part.text else []

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        return self._events_of(self._blocks.add(part)) if part.text else []

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        return self._events_of(self._blocks.add(part))

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        return self._events_of(self._blocks.add(part))

    def write_other(self, part: Other) -> list[Item]:
        return self.other(part)

    def write_error(self, part: Error) -> list[Item]:
        code = part.code if part.code == "stream.error" else "custom"
        events = self._events_of(self._blocks.end(failed=True))
        return [*events, self.event({"type": "error", "code": code, "message": part.message, "allow_retry": False})]

    def write_last(self, finish: Finish) -> list[Item]:
        events = self._events_of(self._blocks.end())
        if not self._items:  # to a reader a body of nothing is one that was cut
            events += self._begin_message(None)
        return [*events, *self._end_message()]

    def write_failed_end(self) -> list[Item]:
        return self.write_error(Error("the answer could not be written"))

    def _events_of(self, steps: list[Step]) -> list[Item]:
        events: list[Item] = []
        for step, _, part in steps:
            if isinstance(part, TextDelta):
                events += self._text_event(step, part)
            elif isinstance(part, (ReasoningDelta, ToolCallDelta)):
                events += self._whole_event(step, part)
        return events

    def _text_event(self, step: str, part: TextDelta) -> list[Item]:
        events: list[Item] = []
        content = {"type": "output_text", "text": part.text, "annotations": []}
        if step == "delta":
            self._text.append(part.text)
            return [self._update("text_delta", delta=part.text)]
        if step == "open":
            self._text.take()
            own = self._own_id(part.block)
            if self._item is None or own not in (None, self._item):
                events = [*self._end_message(), *self._begin_message(own)]
            return [*events, self._update("added", content={**content, "text": ""})]
        text = self._text.take()
        self.held.add(OVERHEAD + len(text))
        event = self._update("done", content={**content, "text": text})
        self._texts.append(text)
        return [event]

    def _whole_event(self, step: str, part: ReasoningDelta | ToolCallDelta) -> list[Item]:
        call = isinstance(part, ToolCallDelta)
        if step == "open":
            self._text.take()
            self._name = self._call = None
            events = self._end_message()
            if call:
                return events
            self._item = self._new_id(self._own_id(part.block))
            return [*events, self._workflow(_ADDED)]
        if step == "close":
            if call:
                return [self._call_event()]
            event = self._workflow(_DONE, self._text.take())
            self._item = None
            return [event]
        self._text.append(part.arguments if isinstance(part, ToolCallDelta) else part.text)
        if isinstance(part, ToolCallDelta):
            self._name, self._call = self._name or part.name, self._call or part.id
        return []

    def _call_event(self) -> Event:
        text = self._text.take()
        try:
            arguments = json.loads(text or "{}")
        except (ValueError, RecursionError):
            arguments = None
        if type(arguments) is not dict:
            raise EncodeError("arguments", text, "are no JSON object, and ChatKit sends a call as one")
        id = self._new_id(None)
        members = {"status": "pending", "call_id": self._call or id, "name": self._name or "", "arguments": arguments}
        return self._item_event(_DONE, id, "client_tool_call", **members)

    def _workflow(self, kind: str, *thoughts: str) -> Event:
        tasks = [{"type": "thought", "content": thought} for thought in thoughts]
        workflow = {"type": "reasoning", "tasks": tasks, "expanded": False}
        return self._item_event(kind, self._item, "workflow", workflow=workflow)

    def _begin_message(self, own: str | None) -> list[Item]:
        self._item = self._new_id(own)
        return [self._item_event(_ADDED, self._item, "assistant_message", content=[])]

    def _end_message(self) -> list[Item]:
        id, texts = self._item, self._texts
        if id is None:
            return []
        self.held.release(sum(map(len, texts)) + OVERHEAD * len(texts))
        self._item, self._texts = None, []
        content = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
        return [self._item_event(_DONE, id, "assistant_message", content=content)]

    def _own_id(self, block: Block) -> str | None:
        """The id of the item that a block is of, if the blocks are this dialect's."""
        return (block.rpartition("/")[0] or None) if self._own and type(block) is str else None

    def _new_id(self, own: str | None) -> str:
        self._items += 1
        first = self.id or "item-1"
        return own or (first if self._items == 1 else f"{first}-{self._items}")

    def _item_event(self, kind: str, id: str | None, type: str, **members: Any) -> Event:
        item = {"id": id, "thread_id": self._thread, "created_at": self._date, "type": type, **members}
        return self.event({"type": kind, "item": item})

    def _update(self, kind: str, **members: Any) -> Event:
        update = {"type": f"{_TEXT}{kind}", "content_index": len(self._texts), **members}
        return self.event({"type": _UPDATED, "item_id": self._item, "update": update})


DIALECT = Dialect(
    "openai-chatkit", ChatKitReader, ChatKitWriter, own_ids=True, error_ends=True, terminal="the end of an item"
)
