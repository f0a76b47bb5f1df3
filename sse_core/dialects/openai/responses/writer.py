# SPDX-License-Identifier: MIT
"""The writer of openai-responses."""

from __future__ import annotations

import re

from ..._parts import BlockEnd, Error, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta
from ...base import OVERHEAD, Blocks, Held, HeldText, Waiting, Writer, given, length, text_of, weight
from . import words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Item
    from ..._parts import Block, Part
    from ...base import Dialect
    from ...base.blocks import Step

_PART_EVENTS = {words.SUMMARY: "response.reasoning_summary_part"}  # of the others: response.content_part
# What says a Finish's reason: the last event, and the reason in its incomplete_details.
_ENDS: dict[str, tuple[str, str | None]] = {
    "length": ("incomplete", "max_output_tokens"),
    "content_filter": ("incomplete", "content_filter"),
    "other": ("incomplete", None),
}
_CANCELLED = Finish("other", "cancelled")
# The blocks of this dialect: those of one item name its index.
_BLOCK = re.compile(r"([0-9]{1,4})/[st]?[0-9]{1,4}")
_UNSENDABLE = re.compile("[\r\n\ud800-\udfff]")  # what no event line can hold


class _Item:
    """The output item under way; `body` is what its last event will say of it."""

    __slots__ = ("body", "content", "group", "index", "is_call")

    def __init__(self, index: int, body: dict[str, Any], group: int | None) -> None:
        self.index = index
        self.body = body
        self.is_call = body["type"] in words.CALLS
        # Its index where it comes from, if its contents may be several blocks.
        self.group = group
        self.content: _Content | None = None


class _Content:
    """The content under way: one of a message or a reasoning; or a call's arguments, whose body is the item's."""

    __slots__ = ("block", "body", "stem", "text", "where")

    def __init__(self, stem: str, block: Block, body: dict[str, Any], where: dict[str, Any], held: Held) -> None:
        self.stem = stem
        self.block = block
        self.body = body
        # The members of its events that say which it is.
        self.where = where
        self.text = HeldText(held)


class ResponsesWriter(Writer):
    """Writes parts as the events of a response, one item at a time; the last event says it all again.

    The order of a content is added, delta..., done; each item's contents stand between its own added and done.
    """

    one_choice = True
    text_calls = True
    replaces = True

    def __init__(self, dialect: Dialect, **options: Any) -> None:
        # What a hook has made. What it raises after that (EncodeError) loses none of them: the next hands them out.
        self._events: list[Item] = []
        # How many events there are, and items: a response that begins again goes on counting.
        self._number = 0
        self._next = 0
        self._error: dict[str, Any] | None = None
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._begun = False
        self._blocks = Blocks(self.held)
        # By index, the items written.
        self._output: dict[int, dict[str, Any]] = {}
        # An item's index here, by its index where it comes from, which Others name.
        self._indexes: dict[int, int] = {}
        self._item: _Item | None = None
        # The item of the block that is open, whose deltas come.
        self._now: _Item
        # The text under way, if it is of an item of this dialect, and those that wait for its end.
        self._turn: str | None = None
        self._waiting = Waiting(self.held)

    def write_start(self, part: Start) -> list[Item]:
        self.dumps([part.id, part.model])  # raises, before either is in every event to come
        if not self._number:
            self.id: str | None = part.id or self.id
        elif not self._output:
            return []  # it has begun, and said nothing yet
        else:
            # It begins again; under its id, since clients take no other in one stream.
            self._close("incomplete", failed=True)
            self.begin()
        self.model: str | None = part.model or self.model
        self._start()
        return self._taken()

    def write_text(self, part: TextDelta) -> list[Item]:
        return self._write_content(part) if part.text else []

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        if part.signature is not None:
            self.dumps(part.signature)  # raises, before it is in the item
        return self._write_content(part) if part.text or part.signature is not None else []

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        return self._write_content(part)

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        return self._write_content(part)

    def write_error(self, part: Error) -> list[Item]:
        self._start()
        self._close("incomplete", failed=True)  # what came before it is seen before it
        code = None if part.code is None else str(part.code)
        more = given(error_type=part.type, status_code=part.status)
        self._event("error", {"code": code, "message": part.message, "param": None, **more})
        self._error = {"code": code or part.type or "server_error", "message": part.message}
        return self._taken()

    def write_other(self, part: Other) -> list[Item]:
        name, data = part.name, part.data
        content = self._item and self._item.content
        if name == "logprobs":
            if content and content.stem == words.TEXT and content.block == part.block:
                self._fragment(content, "", data)
            return self._taken()
        if not self._may_be_other(part):
            return []
        members = {"data": data} if type(data) is not dict else data
        members = {name: value for name, value in members.items() if name not in ("type", "sequence_number")}
        self.dumps(members)  # raises, before anything is written, if it is no JSON
        self._start()
        source = members.get("output_index")
        index = self._indexes.get(source) if type(source) is int else None
        if name in (words.ADDED, words.DONE):
            self._write_item(name, members, index)
        else:
            if name == words.ANNOTATION and content and content.stem == words.TEXT:
                self.held.add(weight(members.get("annotation")))
                content.body["annotations"].append(members.get("annotation"))
            self._event(name, members if index is None else {**members, "output_index": index})
        return self._taken()

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        if finish.reason == "error":
            self._error = {"code": "server_error", "message": text_of(finish.raw_reason) or "error"}
            return self.write_failed_end()
        self._start()
        status, why = _ENDS.get(finish.reason, ("completed", None))
        if finish == _CANCELLED:
            status = "cancelled"
        self._close("completed" if status == "completed" else "incomplete")
        self._response(f"response.{status}", status, None, why and {"reason": why})
        return self._taken()

    def write_failed_end(self) -> list[Item]:
        self._start()
        self._close("incomplete", failed=True)
        error = self._error or {"code": "server_error", "message": "the answer could not be written"}
        self._response("response.failed", "failed", error)
        return self._taken()

    # -- events

    def _taken(self) -> list[Item]:
        events, self._events = self._events, []
        return events

    def _event(self, kind: str, members: dict[str, Any]) -> None:
        self._events.append(self.event({"type": kind, "sequence_number": self._number, **members}, kind))
        self._number += 1

    def _response(self, kind: str, status: str, error: Any = None, details: Any = None) -> None:
        usage = None if status == "in_progress" else self.held_usage
        response = {"id": self.id, "object": "response", "created_at": self.created, "status": status, "error": error}
        response |= {"incomplete_details": details, "instructions": None, "metadata": {}, "model": self.model or ""}
        response |= {"output": list(self._output.values()), "parallel_tool_calls": True, "temperature": None}
        response |= {"tool_choice": "auto", "tools": [], "top_p": None, "usage": usage and words.write_usage(usage)}
        self._event(kind, {"response": response})

    def _start(self) -> None:
        if not self._begun:
            self.id = self.id or "resp_1"
            self._response(words.CREATED, "in_progress")
            self._response("response.in_progress", "in_progress")
            self._begun = True

    # -- contents, one at a time

    def _write_content(self, part: Part) -> list[Item]:
        self._start()
        for piece in self._in_turn(part):
            self._take(self._blocks.add(piece))
        return self._taken()

    def _in_turn(self, part: Part) -> list[Part]:
        """Put the texts of this dialect's interleaved items one after the other: taken as they come they would mix."""
        block = getattr(part, "block", None)
        if getattr(part, "of", part.kind) != "text" or type(block) is not str or not _BLOCK.fullmatch(block):
            return [part]
        if self._turn not in (None, block):
            self._waiting.add(block, part)
            return []
        self._turn = block
        parts = [part]
        while isinstance(parts[-1], BlockEnd):
            self._turn = None
            if not self._waiting:
                break
            parts += self._waiting.pop()
            self._turn = getattr(parts[-1], "block", None)
        return parts

    def _take(self, steps: list[Step], status: str = "completed") -> None:
        for what, _, part in steps:
            if what == "open":
                self._now = self._open(part, getattr(part, "block", 0))
            elif what == "delta":
                self._delta(self._now, part)
            else:
                self._close_content(self._now)
                if self._now.group is None:  # no block to come is of this item
                    self._close_item(status)

    def _open(self, part: Part, block: Block) -> _Item:
        """The item of a block: begun, unless it is the one under way."""
        call = isinstance(part, ToolCallDelta)
        found = None if call or type(block) is not str else _BLOCK.fullmatch(block)
        group = int(found[1]) if found else None
        body = _body(part, self._next)
        if self._item is not None and self._item.group == group and self._item.body["type"] == body["type"]:
            return self._item
        self.held.add(OVERHEAD + length(block, getattr(part, "id", None), getattr(part, "name", None)))
        self._close_item()
        item = _Item(self._next, body, group)
        self._add(block if group is None else group, body)
        if item.is_call:
            where = {"item_id": body["id"], "output_index": item.index}
            item.content = _Content(words.CALLS[body["type"]], block, body, where, self.held)
        self._item = item
        return item

    def _add(self, source: object, body: dict[str, Any]) -> None:
        self._event(words.ADDED, {"output_index": self._next, "item": body})
        self._output[self._next] = body
        if type(source) is int:
            self._indexes[source] = self._next
        self._next += 1

    def _delta(self, item: _Item, part: Any) -> None:
        if isinstance(part, ToolCallDelta):
            if part.name and not item.body["name"]:
                self.held.add(len(part.name))
                item.body["name"] = part.name
            stem, text = words.ARGUMENTS, part.arguments
        elif isinstance(part, ReasoningDelta):
            if part.signature is not None:
                self.held.add(len(part.signature) - length(item.body.get("encrypted_content")))
                item.body["encrypted_content"] = part.signature
            in_the_open = item.group is not None and "/t" in str(part.block)
            stem, text = words.REASONING if in_the_open else words.SUMMARY, part.text
        else:
            stem, text = words.REFUSAL if part.refusal else words.TEXT, part.text
        if text:
            self._fragment(item.content or self._begin_content(item, stem, part.block), text)

    def _begin_content(self, item: _Item, stem: str, block: Block) -> _Content:
        _, position, _, member = words.CONTENTS[stem]
        self.held.add(OVERHEAD)
        contents = item.body.setdefault("summary" if stem == words.SUMMARY else "content", [])
        body: dict[str, Any] = {"type": words.TYPES[stem], member: ""}
        if stem == words.TEXT:
            body |= {"annotations": [], "logprobs": []}
        where = {"item_id": item.body["id"], "output_index": item.index, position: len(contents)}
        contents.append(body)
        item.content = _Content(stem, block, body, where, self.held)
        self._event(f"{_PART_EVENTS.get(stem, 'response.content_part')}.added", {**where, "part": body})
        return item.content

    def _fragment(self, content: _Content, text: str, logprobs: Any = ()) -> None:
        content.text.append(text)
        members = {**content.where, "delta": text}
        if content.stem == words.TEXT:
            members["logprobs"] = logprobs
        self._event(f"{content.stem}.delta", members)

    def _close_content(self, item: _Item) -> None:
        content = item.content
        if content is None:
            return
        stem, where = content.stem, content.where
        if stem == words.ARGUMENTS and not content.text.pieces:
            self._fragment(content, "{}")
        member = words.CONTENTS[stem][3]
        text = content.body[member] = str(content.text)
        more = {"name": item.body["name"]} if item.is_call else {"logprobs": []} if stem == words.TEXT else {}
        self._event(f"{stem}.done", {**where, member: text, **more})
        if not item.is_call:
            self._event(f"{_PART_EVENTS.get(stem, 'response.content_part')}.done", {**where, "part": content.body})
        item.content = None

    def _close_item(self, status: str = "completed") -> None:
        item = self._item
        if item is not None:
            self._close_content(item)
            item.body["status"] = status
            self._event(words.DONE, {"output_index": item.index, "item": item.body})
            self._item = None

    def _close(self, status: str, failed: bool = False) -> None:
        """Close what is under way and give what waits; `failed`: but a call, which no one may take for whole."""
        if failed and self._item is not None and self._item.is_call:
            del self._output[self._item.index]
            self._item = None
        steps = self._blocks.end(failed)
        while self._waiting:
            for part in self._waiting.pop():
                steps += self._blocks.add(part)
        self._turn = None
        self._take([*steps, *self._blocks.end(failed)], status)
        self._close_item(status)

    # -- items that are Others

    def _may_be_other(self, part: Other) -> bool:
        """Whether it leaves as what no one reads as a part; EncodeError where a program made what would be one."""
        other = words.is_other(part.name, part.data)
        if part.dialect is None:
            if not other or _UNSENDABLE.search(part.name):
                raise self.refuse(part, "whose readers would take it for more than an Other, or for nothing")
            return True
        # An item came in as one if its type said so, and not only its event.
        return other and (part.name not in (words.ADDED, words.DONE) or part.data.get("type") == part.name)

    def _write_item(self, name: str, members: dict[str, Any], index: int | None) -> None:
        """The beginning or the end of an item; with the end of one that has not begun, both."""
        body = members["item"]
        self.held.add(weight(body))
        if self._item is not None and self._item.content is None:
            self._close_item()
        begun = index is not None and self._output[index].get("type") == body.get("type")
        if name == words.ADDED or index is None or not begun:
            index = self._next
            self.held.add(OVERHEAD)
            self._add(members.get("output_index"), body)
        if name == words.DONE:
            if self._output[index] is not body:
                self.held.release(weight(self._output[index]))
            self._output[index] = body
            self._event(words.DONE, {**members, "output_index": index})


def _body(part: Part, index: int) -> dict[str, Any]:
    """The item that a part begins."""
    body: dict[str, Any]
    if isinstance(part, ToolCallDelta):
        stem = words.ARGUMENTS if part.json else words.INPUT
        body = {"id": f"{'fc' if part.json else 'ctc'}_{index}", "type": words.TYPES[stem]}
        body |= {"call_id": part.id or f"call_{index}", "name": part.name or "", words.CONTENTS[stem][3]: ""}
    elif part.kind == "reasoning":
        body = {"id": f"rs_{index}", "type": "reasoning", "summary": []}
    else:
        body = {"id": f"msg_{index}", "type": "message", "role": "assistant", "content": []}
    return {**body, "status": "in_progress"}
