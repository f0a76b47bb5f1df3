# SPDX-License-Identifier: MIT
"""What writes the messages and run steps of openai-assistants."""

from __future__ import annotations

from .._errors import EncodeError
from .._items import Event
from ._json import JsonDialect, dict_of, str_or_none, write_error
from ._parts import Error, Finish, Other, Start, TextDelta, ToolCallDelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Retry
    from ._parts import Block, Part, Usage

REASONS = {
    "completed": "stop",
    "requires_action": "tool_call",
    "max_completion_tokens": "length",
    "max_prompt_tokens": "length",
    "content_filter": "content_filter",
    "expired": "error",
    "cancelled": "other",
    "incomplete": "other",
}
_WORDS = {
    "stop": "completed",
    "tool_call": "requires_action",
    "length": "max_completion_tokens",
    "content_filter": "content_filter",
    "error": "failed",
}
_LIMITS = ("max_completion_tokens", "max_prompt_tokens", "content_filter")  # reasons of a run that is incomplete
_MESSAGE = "thread.message"
_STEP = "thread.run.step"
_STARTS = ("thread.message.created", "thread.run.step.created")
_ENDS = ("completed", "incomplete", "failed", "cancelled", "expired")


class _Piece:
    """A piece of content or a call, as far as its deltas went: what closes the message or the step repeats it."""

    __slots__ = ("id", "index", "name", "texts", "type")

    def __init__(self, index: int, type: str) -> None:
        self.index = index
        self.type = type
        self.id: str | None = None
        self.name: str | None = None
        self.texts: list[str] = []

    def whole(self) -> dict[str, Any]:
        text = "".join(self.texts)
        if self.type == "text":
            return {"type": "text", "text": {"value": text, "annotations": []}}
        if self.type == "refusal":
            return {"type": "refusal", "refusal": text}
        return {"id": self.id, "type": "function", "function": {"name": self.name, "arguments": text}}


class AssistantsWriter(JsonDialect):
    """The encoding half of OpenAIAssistants."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._begun = False
        # The message and the tool step under way: their ids, and their pieces by what came in.
        self._ids: dict[str, str] = {}
        self._pieces: dict[str, dict[tuple[Block, bool], _Piece]] = {_MESSAGE: {}, _STEP: {}}
        self._last_ids: dict[str, int] = {}
        self._finish: Finish | None = None

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        if isinstance(part, Other):
            self._follow(part.name, dict_of(part.data))
            return [Event(self.dumps(part.data), part.name)]
        if isinstance(part, Start):
            return [*self._begin(part)]
        if isinstance(part, TextDelta):
            return [*self._write_text(part)]
        if isinstance(part, ToolCallDelta) and not part.server:
            if not part.json:
                raise EncodeError("part", part, f"cannot be said in {self.name}, whose arguments are JSON text")
            return [*self._write_call(part)]
        if isinstance(part, Finish):
            self._finish = part
        if isinstance(part, Error):
            if part.type is None and part.status is None and type(part.code) is str:
                return [self._run("failed", last_error={"code": part.code, "message": part.message})]
            return [Event(self.dumps(write_error(part)), "error")]
        return []

    def write_end(self) -> list[Event]:
        if self.failed:
            return []
        finish = self._finish or Finish("tool_call" if self.open.get(0) else "stop")
        raw = finish.raw_reason
        word = raw if raw in REASONS and REASONS[raw] == finish.reason else _WORDS.get(finish.reason, "completed")
        members: dict[str, Any] = {}
        events = [] if self._begun else self._begin(Start())
        events += self._close(_MESSAGE)
        if word == "requires_action":
            calls = [piece.whole() for piece in self._pieces[_STEP].values()]
            members["required_action"] = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}}
        else:
            events += self._close(_STEP)
        if word == "failed":
            members["last_error"] = {"code": "server_error", "message": raw or "error"}
        elif word in _LIMITS:
            word, members["incomplete_details"] = "incomplete", {"reason": word}
        return [*events, self._run(word, **members), Event("[DONE]", "done")]

    def _follow(self, name: str, data: dict[str, Any]) -> None:
        """An Other may be the life cycle of the message or step that the next deltas belong to."""
        kind, _, state = name.rpartition(".")
        id = str_or_none(data.get("id"))
        if name in _STARTS and id is not None and data.get("type") in (None, "tool_calls"):
            self._ids[kind] = id
            self._pieces[kind] = {}
        elif state in _ENDS and id is not None and id == self._ids.get(kind):
            del self._ids[kind]

    def _begin(self, start: Start) -> list[Event]:
        if self._begun:  # what came so far is void
            self._ids.clear()
            self._pieces = {_MESSAGE: {}, _STEP: {}}
            self._finish = None
            self.usage = None
            self.open = {0: False}
        self._begun = True
        self.id, self.model = start.id or self.id or "run_1", start.model or self.model
        return [self._run("created", "queued")]

    def _write_text(self, part: TextDelta) -> list[Event]:
        events, piece, first = self._piece(_MESSAGE, (part.block, part.refusal), "refusal" if part.refusal else "text")
        piece.texts.append(part.text)
        said: Any = part.text if part.refusal else {"value": part.text, **({"annotations": []} if first else {})}
        delta = {"content": [{"index": piece.index, "type": piece.type, piece.type: said}]}
        return [*events, self._delta(_MESSAGE, delta)]

    def _write_call(self, part: ToolCallDelta) -> list[Event]:
        self.open[0] = True
        events, piece, first = self._piece(_STEP, (part.block, False), "function")
        piece.texts.append(part.arguments)
        piece.name = piece.name or part.name
        call: dict[str, Any] = {"index": piece.index, "type": "function", "function": {"arguments": part.arguments}}
        if first:
            piece.id = call["id"] = part.id or self._new_id("call")
            call["function"]["output"] = None
        if first or part.name:
            call["function"]["name"] = part.name
        return [*events, self._delta(_STEP, {"step_details": {"type": "tool_calls", "tool_calls": [call]}})]

    def _piece(self, kind: str, key: tuple[Block, bool], type: str) -> tuple[list[Event], _Piece, bool]:
        """The piece that `key` means; the events that open what it is in; and whether it is new."""
        events = [] if self._begun else self._begin(Start())
        if kind not in self._ids:
            self._ids[kind] = self._new_id("msg" if kind == _MESSAGE else "step")
            self._pieces[kind] = {}
            events.append(self._event(kind, "created", self._object(kind, "in_progress")))
        pieces = self._pieces[kind]
        first = key not in pieces
        return events, pieces.setdefault(key, _Piece(len(pieces), type)), first

    def _close(self, kind: str) -> list[Event]:
        return [self._event(kind, "completed", self._object(kind, "completed"))] if kind in self._ids else []

    def _object(self, kind: str, status: str) -> dict[str, Any]:
        pieces = [piece.whole() for piece in self._pieces[kind].values()]
        members: dict[str, Any] = {"role": "assistant", "content": pieces, "attachments": [], "metadata": {}}
        if kind == _STEP:
            members = {"type": "tool_calls", "step_details": {"type": "tool_calls", "tool_calls": pieces}}
        return {"id": self._ids[kind], **self._head(kind), "run_id": self.id, "status": status, **members}

    def _delta(self, kind: str, delta: dict[str, Any]) -> Event:
        return self._event(kind, "delta", {"id": self._ids[kind], "object": f"{kind}.delta", "delta": delta})

    def _run(self, state: str, status: str = "", **members: Any) -> Event:
        usage = None if state == "created" or self.usage is None else _write_usage(self.usage)
        run = {"id": self.id or "run_1", **self._head("thread.run"), "status": status or state}
        run |= {"model": self.model or "", "required_action": None, "last_error": None, "incomplete_details": None}
        return self._event("thread.run", state, {**run, "usage": usage, **members})

    def _head(self, kind: str) -> dict[str, Any]:
        return {"object": kind, "created_at": self.created, "assistant_id": "asst_1", "thread_id": "thread_1"}

    def _event(self, kind: str, state: str, payload: dict[str, Any]) -> Event:
        return Event(self.dumps(payload), f"{kind}.{state}")

    def _new_id(self, prefix: str) -> str:
        self._last_ids[prefix] = self._last_ids.get(prefix, 0) + 1
        return f"{prefix}_{self._last_ids[prefix]}"


def _write_usage(usage: Usage) -> dict[str, Any]:
    input, output, total = usage.input_tokens, usage.output_tokens, usage.total_tokens
    if total is None and input is not None and output is not None:
        total = input + output
    written: dict[str, Any] = {"prompt_tokens": input, "completion_tokens": output, "total_tokens": total}
    if usage.cache_read_tokens is not None:
        written["prompt_token_details"] = {"cached_tokens": usage.cache_read_tokens}
    reasoning = usage.reasoning_tokens
    if reasoning is not None:
        reasoning = reasoning if output is None else min(reasoning, output)
        written["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    return written
