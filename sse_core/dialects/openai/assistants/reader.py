# SPDX-License-Identifier: MIT
"""What reads openai-assistants."""

from __future__ import annotations

from ..._parts import BlockEnd, Other, Start, TextDelta, ToolCallDelta, Usage
from ...base import (
    JsonReader,
    count_or_none,
    dict_of,
    dicts_of,
    index_or_none,
    read_error,
    short,
    short_or_none,
    str_or_none,
    text_of,
)
from .words import LIMITS, MESSAGE, RUN, STATUSES, STEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event
    from ..._parts import Part

_MESSAGE_DELTA = f"{MESSAGE}.delta"
_STEP_DELTA = f"{STEP}.delta"
# Past these an index counts as absent, so that numbers stay what a list can hold.
_MAX_BLOCKS = 1024


class _Numbers:
    """Blocks of lists that each count from 0: the first list's as they are, another's after those before it."""

    __slots__ = ("_base", "_ids", "next", "owner")

    def __init__(self) -> None:
        # The id of the message or step whose list it is.
        self.owner: str | None = None
        self.next = 0
        self._base = 0
        # The ids of the calls of this list: another id at an index is another call.
        self._ids: dict[int, str] = {}

    def block(self, owner: object, index: object, id: str | None = None) -> int:
        at = index_or_none(index, _MAX_BLOCKS) or 0
        owner, id = short(owner) if type(owner) is str else None, short_or_none(id)
        begins = owner != self.owner and owner is not None
        if begins or (id is not None and self._ids.setdefault(at, id) != id):
            self.owner = self.owner if owner is None else owner
            self._base = self.next
            self._ids = {} if id is None else {at: id}
        block = self._base + at
        self.next = max(self.next, block + 1)
        return block

    def blocks(self) -> range:
        """Those of the list under way."""
        return range(self._base, self.next)


class AssistantsReader(JsonReader):
    """Reads a run of an assistant: text, function calls, usage, how it ended."""

    def begin(self) -> None:
        super().begin()
        self._texts, self._calls = _Numbers(), _Numbers()
        self._started = False

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = event.type or "message"
        if kind == _MESSAGE_DELTA:
            return self._message_delta(payload)
        if kind == _STEP_DELTA:
            return self._step_delta(payload)
        if kind == "error" or payload.get("error"):
            return self.fail(payload)
        if kind.startswith(f"{RUN}.") and not kind.startswith(f"{STEP}."):
            return self._run(kind, payload)
        parts: list[Part] = [Other(kind, payload, self.name)]
        id = payload.get("id")
        id = short(id) if type(id) is str else id
        if kind == f"{MESSAGE}.completed" and id == self._texts.owner:
            parts += [BlockEnd(self._texts.block(id, at)) for at, _ in enumerate(dicts_of(payload.get("content")))]
        elif kind == f"{STEP}.completed" and id == self._calls.owner is not None:
            # It waits for the results of its calls: they came.
            for block in self._calls.blocks():
                self.tool_answered(block)
        return parts

    def _message_delta(self, payload: dict[str, Any]) -> list[Part]:
        """Text and refusals; what has no part of its own is left in an Other that looks as the event did."""
        if not self.waiting:  # a status came too early, or another message after it
            self.said()
        parts: list[Part] = []
        left = []
        for piece in dicts_of(dict_of(payload.get("delta")).get("content")):
            type_ = piece.get("type")
            if type_ == "text":
                said = dict_of(piece.get("text"))
                text = said.get("value")
                if said.get("annotations"):
                    left.append({**piece, "text": {**said, "value": ""}})
            elif type_ == "refusal":
                text = piece.get("refusal")
            else:
                left.append(piece)
                continue
            block = self._texts.block(payload.get("id"), piece.get("index"))
            if type(text) is str and text:
                parts.append(TextDelta(text, block, type_ == "refusal", 0, payload))
        if left:
            parts.append(Other(_MESSAGE_DELTA, {**payload, "delta": {"content": left}}, self.name))
        return parts

    def _step_delta(self, payload: dict[str, Any]) -> list[Part]:
        """Calls of functions; other tools are the provider's, and left in an Other that looks as the event did."""
        parts: list[Part] = []
        left = []
        for piece in dicts_of(dict_of(dict_of(payload.get("delta")).get("step_details")).get("tool_calls")):
            if piece.get("type") == "function":
                parts.append(self._call(piece, payload.get("id"), piece.get("index")))
            else:
                left.append(piece)
        if left:
            details = {"step_details": {"type": "tool_calls", "tool_calls": left}}
            parts.append(Other(_STEP_DELTA, {**payload, "delta": details}, self.name))
        return parts

    def _call(self, piece: dict[str, Any], owner: object, index: object) -> ToolCallDelta:
        function = dict_of(piece.get("function"))
        id, name = str_or_none(piece.get("id")), str_or_none(function.get("name"))
        known = self._calls.next
        block = self._calls.block(owner, index, id)
        if block >= known:
            self.tool_called(block)
        return ToolCallDelta(text_of(function.get("arguments")), block, id, name)

    def _run(self, kind: str, payload: dict[str, Any]) -> list[Part]:
        parts: list[Part] = []
        # After tool outputs a run goes on without created. After an Error only a new one begins a message.
        if kind == f"{RUN}.created" or not (self._started or self.failed):
            self.begin()
            self._started = True
            parts.append(Start(str_or_none(payload.get("id")), str_or_none(payload.get("model"))))
        parts += self.usage(_read_usage(dict_of(payload.get("usage"))))
        status = kind.rpartition(".")[2]
        if status == "failed":
            return [*parts, *self.fail(read_error(payload.get("last_error")))]
        if status == "requires_action" and not self._calls.next:
            parts += self._required(payload)
        reason = dict_of(payload.get("incomplete_details")).get("reason")
        if status == "incomplete" and type(reason) is str:
            return [*parts, *self.finish_later(LIMITS.get(reason, "other"), reason)]
        if status in STATUSES:
            return [*parts, *self.finish_later(STATUSES[status], status)]
        return parts if status == "created" else [*parts, Other(kind, payload, self.name)]

    def _required(self, payload: dict[str, Any]) -> list[Part]:
        """The calls that no delta brought."""
        parts: list[Part] = []
        action = dict_of(dict_of(payload.get("required_action")).get("submit_tool_outputs"))
        for index, call in enumerate(dicts_of(action.get("tool_calls"))):
            part = self._call(call, "required_action", index)
            parts += [part, BlockEnd(part.block, "tool_call")]
        return parts


def _read_usage(usage: dict[str, Any]) -> Usage:
    input, output = count_or_none(usage.get("prompt_tokens")), count_or_none(usage.get("completion_tokens"))
    # The API says prompt_token_details, its document prompt_tokens_details.
    cache = dict_of(usage.get("prompt_token_details")) or dict_of(usage.get("prompt_tokens_details"))
    reasoning = count_or_none(dict_of(usage.get("completion_tokens_details")).get("reasoning_tokens"))
    total, cached = count_or_none(usage.get("total_tokens")), count_or_none(cache.get("cached_tokens"))
    return Usage(input, output, total, cached, None, reasoning)
