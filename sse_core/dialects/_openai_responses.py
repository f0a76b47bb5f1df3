# SPDX-License-Identifier: MIT
"""What openai-responses calls things, and the writer of its events."""

from __future__ import annotations

import re

from .._items import Event
from ._blocks import Blocks
from ._parts import BlockEnd, Error, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._blocks import Step
    from ._dialect import Dialect
    from ._parts import Block, Part, Usage

TEXT = "response.output_text"
REFUSAL = "response.refusal"
SUMMARY = "response.reasoning_summary_text"
REASONING = "response.reasoning_text"
ARGUMENTS = "response.function_call_arguments"
INPUT = "response.custom_tool_call_input"
ADDED = "response.output_item.added"
DONE = "response.output_item.done"
ANNOTATION = "response.output_text.annotation.added"

# By what its `.delta` and `.done` begin with, a content's kind, the member that holds its index in the item, the
# prefix of that index in the block, and the member that holds it whole.
CONTENTS = {
    TEXT: ("text", "content_index", "", "text"),
    REFUSAL: ("text", "content_index", "", "refusal"),
    SUMMARY: ("reasoning", "summary_index", "s", "text"),
    REASONING: ("reasoning", "content_index", "t", "text"),
    ARGUMENTS: ("tool_call", "", "", "arguments"),
    INPUT: ("tool_call", "", "", "input"),
}
# By their `type`, the contents of items, and the items that are calls.
PARTS = {"output_text": TEXT, "refusal": REFUSAL, "summary_text": SUMMARY, "reasoning_text": REASONING}
CALLS = {"function_call": ARGUMENTS, "custom_tool_call": INPUT}

_TYPES = {stem: name for name, stem in (*PARTS.items(), *CALLS.items())}
_ITEM_TYPES = {"text": "message", "reasoning": "reasoning"}
_PART_EVENTS = {SUMMARY: "response.reasoning_summary_part"}  # of the others: response.content_part
# What says a Finish's reason: the last event, and the reason in its incomplete_details.
_ENDS = {
    "length": ("incomplete", "max_output_tokens"),
    "content_filter": ("incomplete", "content_filter"),
    "other": ("incomplete", None),
    "error": ("failed", None),
}
_CANCELLED = Finish("other", "cancelled")
# The blocks of this dialect: those of one item name its index.
_BLOCK = re.compile(r"([0-9]{1,4})/[st]?[0-9]{1,4}")


class ResponseWriter:
    """Writes parts as the events of a response, one item at a time; the last event says it all again.

    The order of a content is added, delta..., done; each item's contents stand between its own added and done.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._events: list[Event] = []
        self._number = 0
        self._begun = False
        self._blocks = Blocks()
        # Every item written; those of the response, which a second Start empties, begin at `_first`.
        self._output: list[dict[str, Any]] = []
        self._first = 0
        # An item's index here, by its index where it comes from, which Others name.
        self._indexes: dict[int, int] = {}
        # The item under way and, if its contents may be several blocks, its index where it comes from.
        self._item: dict[str, Any] = {}
        self._group: int | None = None
        # The content under way: its block, event, indexes, fragments, and itself, if it is no call's.
        self._block: Block | None = None
        self._stem = ""
        self._where: dict[str, Any] = {}
        self._fragments: list[str] = []
        self._content: dict[str, Any] = {}
        # The text under way, if it is of an item of this dialect, and those that wait for its end.
        self._turn: str | None = None
        self._waiting: dict[str, list[Part]] = {}
        self._finish: Finish | None = None
        self._error: dict[str, Any] | None = None

    def write(self, part: Part) -> list[Event]:
        if isinstance(part, Finish):
            self._finish = part
        elif isinstance(part, Start):
            self._start(part)
        elif isinstance(part, Other):
            self._other(part)
        elif isinstance(part, Error):
            self._fail(part)
        elif not _is_nothing(part):
            self._begin()
            for piece in self._in_turn(part):
                self._take(self._blocks.add(piece))
        return self._taken()

    def end(self) -> list[Event]:
        self._begin()
        finish, error = self._finish, self._error
        reason = "error" if error is not None else "stop" if finish is None else finish.reason
        status, why = _ENDS.get(reason, ("completed", None))
        if error is None and finish == _CANCELLED:
            status = "cancelled"
        if status == "failed" and error is None:
            error = {"code": "server_error", "message": (finish and finish.raw_reason) or reason}
        self._close("completed" if status == "completed" else "incomplete")
        self._response(f"response.{status}", status, error, why and {"reason": why})
        return self._taken()

    def _taken(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _event(self, kind: str, members: dict[str, Any]) -> None:
        data = self._dialect.dumps({"type": kind, "sequence_number": self._number, **members})
        self._number += 1
        self._events.append(Event(data, kind))

    def _response(self, kind: str, status: str, error: Any = None, details: Any = None) -> None:
        usage = None if status == "in_progress" else self._dialect.usage
        response = {
            "id": self._dialect.id,
            "object": "response",
            "created_at": self._dialect.created,
            "status": status,
            "error": error,
            "incomplete_details": details,
            "instructions": None,
            "metadata": {},
            "model": self._dialect.model or "",
            "output": self._output[self._first :],
            "parallel_tool_calls": True,
            "temperature": None,
            "tool_choice": "auto",
            "tools": [],
            "top_p": None,
            "usage": None if usage is None else _write_usage(usage),
        }
        self._event(kind, {"response": response})

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._dialect.id = self._dialect.id or "resp_1"
            self._response("response.created", "in_progress")
            self._response("response.in_progress", "in_progress")

    def _start(self, part: Start) -> None:
        if not self._begun:
            self._dialect.id = part.id or self._dialect.id
        elif len(self._output) == self._first:
            return  # it has begun, and said nothing yet
        else:
            # It begins again; under its id, since clients take no other in one stream.
            self._close("incomplete")
            self._first = len(self._output)
            self._blocks = Blocks()
            self._finish = self._dialect.usage = None
            self._begun = False
        self._dialect.model = part.model or self._dialect.model
        self._begin()

    def _fail(self, part: Error) -> None:
        self._begin()
        code = None if part.code is None else str(part.code)
        more = {"error_type": part.type, "status_code": part.status}
        more = {name: value for name, value in more.items() if value is not None}
        self._event("error", {"code": code, "message": part.message, "param": None, **more})
        self._error = {"code": code or part.type or "server_error", "message": part.message}

    def _take(self, steps: list[Step], status: str = "completed") -> None:
        for what, _, part in steps:
            if what == "open":
                self._open(part, part.block)  # type: ignore[attr-defined]  # what Blocks is given has one
            elif what == "delta":
                self._delta(part)
            else:
                self._close_content()
                if self._group is None:  # no block to come is of this item
                    self._close_item(status)

    def _open(self, part: Part, block: Block) -> None:
        found = None if isinstance(part, ToolCallDelta) or type(block) is int else _BLOCK.fullmatch(str(block))
        group = int(found[1]) if found else None
        self._block = block
        if self._item and group == self._group and self._item["type"] == _ITEM_TYPES.get(part.kind):
            return
        self._close_item()
        self._group = group
        index = len(self._output)
        item: dict[str, Any]
        if isinstance(part, ToolCallDelta):
            self._stem = ARGUMENTS if part.json else INPUT
            member = CONTENTS[self._stem][3]
            item = {"id": f"{'fc' if part.json else 'ctc'}_{index}", "type": _TYPES[self._stem]}
            item |= {"call_id": part.id or f"call_{index}", "name": part.name or "", member: ""}
        elif part.kind == "reasoning":
            item = {"id": f"rs_{index}", "type": "reasoning", "summary": []}
        else:
            item = {"id": f"msg_{index}", "type": "message", "role": "assistant", "content": []}
        item["status"] = "in_progress"
        self._item = item
        self._where = {"item_id": item["id"], "output_index": index}
        self._add(block if group is None else group, item)

    def _add(self, source: object, item: dict[str, Any]) -> int:
        index = len(self._output)
        if type(source) is int:
            self._indexes[source] = index
        self._output.append(item)
        self._event(ADDED, {"output_index": index, "item": item})
        return index

    def _in_turn(self, part: Part) -> list[Part]:
        """Put the texts of this dialect's interleaved items one after the other: taken as they come they would mix."""
        block = getattr(part, "block", None)
        if getattr(part, "of", part.kind) != "text" or type(block) is not str or not _BLOCK.fullmatch(block):
            return [part]
        if self._turn not in (None, block):
            self._waiting.setdefault(block, []).append(part)
            return []
        self._turn = block
        parts = [part]
        while isinstance(parts[-1], BlockEnd):
            self._turn = next(iter(self._waiting), None)
            if self._turn is None:
                break
            parts += self._waiting.pop(self._turn)
        return parts

    def _delta(self, part: Part) -> None:
        if isinstance(part, ToolCallDelta):
            self._item["name"] = self._item["name"] or part.name or ""
            self._say(self._stem, part.arguments)
        elif isinstance(part, ReasoningDelta):
            if part.signature is not None:
                self._item["encrypted_content"] = part.signature
            self._say(REASONING if self._group is not None and "/t" in str(self._block) else SUMMARY, part.text)
        else:
            self._say(REFUSAL if part.refusal else TEXT, part.text)  # type: ignore[attr-defined]  # a text, then

    def _say(self, stem: str, text: str, logprobs: Any = ()) -> None:
        if not text and not logprobs:
            return
        if not self._stem:
            self._stem = stem
            contents = self._item.setdefault("summary" if stem == SUMMARY else "content", [])
            self._where[CONTENTS[stem][1]] = len(contents)
            self._content = {"type": _TYPES[stem], CONTENTS[stem][3]: ""}
            if stem == TEXT:
                self._content |= {"annotations": [], "logprobs": []}
            contents.append(self._content)
            self._event(
                f"{_PART_EVENTS.get(stem, 'response.content_part')}.added", {**self._where, "part": self._content}
            )
        self._fragments.append(text)
        more = {"logprobs": logprobs} if stem == TEXT else {}
        self._event(f"{stem}.delta", {**self._where, "delta": text, **more})

    def _close_content(self) -> None:
        stem = self._stem
        if not stem:
            return
        if stem == ARGUMENTS and not "".join(self._fragments):
            self._say(stem, "{}")
        member = CONTENTS[stem][3]
        text = "".join(self._fragments)
        self._fragments.clear()
        self._stem = ""
        call = stem in (ARGUMENTS, INPUT)
        (self._item if call else self._content)[member] = text
        more = {"name": self._item["name"]} if call else {"logprobs": []} if stem == TEXT else {}
        self._event(f"{stem}.done", {**self._where, member: text, **more})
        if not call:
            self._event(
                f"{_PART_EVENTS.get(stem, 'response.content_part')}.done", {**self._where, "part": self._content}
            )
        self._where.pop(CONTENTS[stem][1], None)

    def _close_item(self, status: str = "completed") -> None:
        self._close_content()
        if self._item:
            self._item["status"] = status
            self._event(DONE, {"output_index": self._where["output_index"], "item": self._item})
            self._item = {}

    def _close(self, status: str) -> None:
        for part in [part for parts in self._waiting.values() for part in parts]:
            self._take(self._blocks.add(part))
        self._turn = None
        self._waiting.clear()
        self._take(self._blocks.end(), status)
        self._close_item(status)

    def _other(self, part: Other) -> None:
        data = part.data
        if part.name == "logprobs":
            if self._stem == TEXT and part.block == self._block:
                self._say(TEXT, "", data)
            return
        members = {"data": data} if type(data) is not dict else data
        members = {name: value for name, value in members.items() if name not in ("type", "sequence_number")}
        self._dialect.dumps(members)  # raises, before anything is written, if it is no JSON
        self._begin()
        source, item = members.get("output_index"), members.get("item")
        index = self._indexes.get(source) if type(source) is int else None
        if part.name in (ADDED, DONE) and type(item) is dict:
            if not self._stem:
                self._close_item()
            if part.name == ADDED or index is None:
                index = self._add(source, item)
            if part.name == ADDED:
                return
            self._output[index] = item
        elif part.name == ANNOTATION and self._stem == TEXT:
            self._content["annotations"].append(members.get("annotation"))
        if index is not None:
            members["output_index"] = index
        self._event(part.name, members)


def _is_nothing(part: Part) -> bool:
    """Whether no event says `part`: a server's tool call, a content with nothing in it."""
    if isinstance(part, ToolCallDelta):
        return part.server
    if isinstance(part, ReasoningDelta):
        return not part.text and part.signature is None
    return isinstance(part, TextDelta) and not part.text


def _write_usage(usage: Usage) -> dict[str, Any]:
    """All counts there: clients insist on numbers."""
    input, output = usage.input_tokens or 0, usage.output_tokens or 0
    details = {"cached_tokens": usage.cache_read_tokens or 0}
    if usage.cache_write_tokens is not None:
        details["cache_write_tokens"] = usage.cache_write_tokens
    return {
        "input_tokens": input,
        "input_tokens_details": details,
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens or 0},
        "total_tokens": input + output if usage.total_tokens is None else usage.total_tokens,
    }
