# SPDX-License-Identifier: MIT
"""What writes openai-assistants."""

from __future__ import annotations

from ...._items import Event
from ..._parts import Start
from ...base import OVERHEAD, Held, HeldText, Writer, dict_of, length, str_or_none, word_of, write_error
from .words import LIMITS, MESSAGE, REASONS, RUN, STEP, WORDS, is_more

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Item
    from ..._parts import Block, Error, Other, TextDelta, ToolCallDelta, Usage
    from ...base import Dialect

_ENDS = ("completed", "incomplete", "failed", "cancelled", "expired")


class _Item:
    """A message or a tool step under way, and the pieces of content or the calls in it."""

    __slots__ = ("id", "kind", "pieces")

    def __init__(self, kind: str, id: str) -> None:
        self.kind = kind
        self.id = id
        self.pieces: list[_Piece] = []


class _Piece:
    """A piece of content or a call, as far as its deltas went: what closes the message or the step repeats it."""

    __slots__ = ("begun", "block", "id", "index", "item", "name", "text", "type")

    def __init__(self, item: _Item, type: str, block: Block, held: Held) -> None:
        self.item = item
        self.block = block
        self.index = len(item.pieces)
        self.type = type
        self.id: str | None = None
        self.name: str | None = None
        self.begun = False
        self.text = HeldText(held)
        item.pieces.append(self)

    def whole(self) -> dict[str, Any]:
        text = str(self.text)
        if self.type == "function":
            return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": text}}
        return {"type": self.type, self.type: {"value": text, "annotations": []} if self.type == "text" else text}


class AssistantsWriter(Writer):
    """Writes a run of an assistant: a message for the text, a step for the calls, and the run around them."""

    one_choice = True
    replaces = True

    def __init__(self, dialect: Dialect, **options: Any) -> None:
        # Of the stream, not of a message: an id stands for one thing.
        self._last_ids: dict[str, int] = {}
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._begun = False
        # By kind and id, the messages and steps that are not over, and what is in them by what came in.
        self._items: dict[str, dict[str, _Item]] = {MESSAGE: {}, STEP: {}}
        self._pieces: dict[tuple[str, Block], _Piece] = {}

    def write_start(self, part: Start) -> list[Item]:
        if self._begun:  # what came so far is void
            self.begin()
        self._begun = True
        self.id: str | None = part.id or self.id or "run_1"
        self.model: str | None = part.model or self.model
        return [self._run("created", "queued")]

    def write_text(self, part: TextDelta) -> list[Item]:
        type_ = "refusal" if part.refusal else "text"
        events, piece = self._piece(MESSAGE, type_, part.block)
        first: dict[str, Any] = {} if piece.begun else {"annotations": []}
        said = part.text if part.refusal else {"value": part.text, **first}
        piece.text.append(part.text)
        piece.begun = True
        return [*events, self._delta(piece.item, {"content": [{"index": piece.index, "type": type_, type_: said}]})]

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        events, piece = self._piece(STEP, "function", part.block)
        call: dict[str, Any] = {"index": piece.index, "type": "function", "function": {"arguments": part.arguments}}
        if not piece.begun:
            self.held.add(length(part.id))
            piece.id = call["id"] = part.id or self._new_id("call")
            call["function"]["output"] = None
        if not piece.begun or part.name:
            call["function"]["name"] = part.name
        if piece.name is None and part.name is not None:
            self.held.add(len(part.name))
            piece.name = part.name
        piece.text.append(part.arguments)
        piece.begun = True
        return [*events, self._delta(piece.item, {"step_details": {"type": "tool_calls", "tool_calls": [call]}})]

    def write_error(self, part: Error) -> list[Item]:
        if part.type is None and part.status is None and type(part.code) is str:
            return [self._run("failed", last_error={"code": part.code, "message": part.message})]
        return [self.event(write_error(part), "error")]

    def write_other(self, part: Other) -> list[Item]:
        data = dict_of(part.data)
        if not part.name or type(part.data) is not dict or is_more(part.name, data):
            return self.reserved(part)
        self._follow(part.name, data)
        return [self.event(part.data, part.name)]

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        word = word_of(finish, REASONS, WORDS, "completed")
        events = [] if self._begun else self.write_start(Start())
        # A step whose calls the run waits for is not over.
        over = (MESSAGE,) if word == "requires_action" else (MESSAGE, STEP)
        events += [self._object(item, "completed") for kind in over for item in self._items[kind].values()]
        members: dict[str, Any] = {}
        if word == "requires_action":
            calls = [piece.whole() for item in self._items[STEP].values() for piece in item.pieces]
            members["required_action"] = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
        elif word == "failed":
            members["last_error"] = {"code": "server_error", "message": finish.raw_reason or "error"}
        elif word in LIMITS:
            word, members["incomplete_details"] = "incomplete", {"reason": word}
        return [*events, self._run(word, **members), Event("[DONE]", "done")]

    def _follow(self, name: str, data: dict[str, Any]) -> None:
        """An Other may be the life cycle of the message or step that the next deltas belong to."""
        kind, _, state = name.rpartition(".")
        id = str_or_none(data.get("id"))
        items = self._items.get(kind, {})
        if state in _ENDS:
            self._end(items.pop(id or "", None))
        elif state == "created" and kind in self._items and id and data.get("type") in (None, "tool_calls"):
            last = _last(items)
            if last is not None and not last.pieces:  # one that had no deltas need not be kept
                self._end(items.pop(last.id))
            if id not in items:
                self._begin_item(kind, id)

    def _begin_item(self, kind: str, id: str) -> _Item:
        self.held.add(2 * OVERHEAD + len(id))
        item = self._items[kind][id] = _Item(kind, id)
        return item

    def _end(self, item: _Item | None) -> None:
        """Forget what is over; deltas that still come are another's."""
        if item is not None:
            self.held.release(2 * OVERHEAD + len(item.id))
            for piece in item.pieces:
                del self._pieces[piece.type, piece.block]
                self.held.release(2 * OVERHEAD + length(piece.block, piece.id, piece.name))
                piece.text.take()

    def _piece(self, kind: str, type: str, block: Block) -> tuple[list[Item], _Piece]:
        """The events that open what the piece is in, if it is not; and the piece, not yet begun if it is new."""
        piece = self._pieces.get((type, block))
        if piece is not None:
            return [], piece
        self.held.add(2 * OVERHEAD + length(block))
        events = [] if self._begun else self.write_start(Start())
        item = _last(self._items[kind])
        if item is None:
            item = self._begin_item(kind, self._new_id("msg" if kind == MESSAGE else "step"))
            events.append(self._object(item, "created", "in_progress"))
        piece = self._pieces[type, block] = _Piece(item, type, block, self.held)
        return events, piece

    def _object(self, item: _Item, state: str, status: str = "") -> Event:
        """The event of a message or a step, whole."""
        said = [piece.whole() for piece in item.pieces]
        members: dict[str, Any] = {"role": "assistant", "content": said, "attachments": [], "metadata": {}}
        if item.kind == STEP:
            members = {"type": "tool_calls", "step_details": {"type": "tool_calls", "tool_calls": said}}
        head = {"id": item.id, **self._head(item.kind), "run_id": self.id, "status": status or state}
        return self.event({**head, **members}, f"{item.kind}.{state}")

    def _delta(self, item: _Item, delta: dict[str, Any]) -> Event:
        return self.event({"id": item.id, "object": f"{item.kind}.delta", "delta": delta}, f"{item.kind}.delta")

    def _run(self, state: str, status: str = "", **members: Any) -> Event:
        usage = None if state == "created" or self.held_usage is None else _write_usage(self.held_usage)
        run = {"id": self.id or "run_1", **self._head(RUN), "status": status or state}
        run |= {"model": self.model or "", "required_action": None, "last_error": None, "incomplete_details": None}
        return self.event({**run, "usage": usage, **members}, f"{RUN}.{state}")

    def _head(self, kind: str) -> dict[str, Any]:
        return {"object": kind, "created_at": self.created, "assistant_id": "asst_1", "thread_id": "thread_1"}

    def _new_id(self, prefix: str) -> str:
        self._last_ids[prefix] = self._last_ids.get(prefix, 0) + 1
        return f"{prefix}_{self._last_ids[prefix]}"


def _last(items: dict[str, _Item]) -> _Item | None:
    return next(reversed(items.values()), None)


def _write_usage(usage: Usage) -> dict[str, Any]:
    """As the reader reads it back, which takes reasoning for a part of the output."""
    input, output, total = usage.input_tokens, usage.output_tokens, usage.total_tokens
    if total is None and input is not None and output is not None:
        total = input + output
    written: dict[str, Any] = {"prompt_tokens": input, "completion_tokens": output, "total_tokens": total}
    if usage.cache_read_tokens is not None:
        written["prompt_token_details"] = {"cached_tokens": usage.cache_read_tokens}
    if usage.reasoning_tokens is not None:
        most = usage.reasoning_tokens if output is None else output
        written["completion_tokens_details"] = {"reasoning_tokens": min(usage.reasoning_tokens, most)}
    return written
