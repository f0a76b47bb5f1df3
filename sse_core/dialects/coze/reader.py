# SPDX-License-Identifier: MIT
"""What reads coze, a chat or a workflow."""

from __future__ import annotations

from .._parts import BlockEnd, Error, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage
from ..base import Heard, JsonReader, count_or_none, dict_of, dicts_of, member, read_error, short, str_or_none, text_of
from .words import CALLS, CHAT, COMPLETED, COUNTS, CREATED, DELTA, DONE, REASONS, is_answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event
    from .._parts import Part

_ENDS = {f"{CHAT}{word}": word for word in REASONS}
_MOST = 256  # messages of an answer of which it is known what they said


class CozeReader(JsonReader):
    def begin(self) -> None:
        super().begin()
        # What deltas said, by message: its end says it again. None: it has ended.
        self._heard: dict[str, Heard | None] = {}
        self._next_call = 0

    def read(self, event: Event) -> list[Part]:
        if event.type not in DONE:
            return super().read(event)
        data = event.data.strip()
        payload = dict_of(self.payload(event)) if data and not self.is_sentinel(data) else {}
        other = [Other(event.type, payload, self.name)] if payload else []
        return self.tell([*other, *self.done("event")], payload)

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = event.type
        if kind in (DELTA, COMPLETED) and is_answer(payload):
            return self._answer(kind, payload)
        if kind == f"{CHAT}failed" or (kind in _ENDS and payload.get("status") == "failed"):
            error = dict_of(payload.get("last_error"))
            message, code = text_of(error.get("msg")) or "the chat failed", count_or_none(error.get("code"))
            return self.fail(Error(message, None, code or None))
        if kind in _ENDS:
            return self._end(_ENDS[kind], payload)
        if kind in ("error", "Error"):
            return self.fail(read_error({"code": payload.get("error_code"), **payload}))
        if kind == "Message":
            rest = {name: value for name, value in payload.items() if name != "content"}
            text = text_of(payload.get("content"))
            self.said()
            return [Other(kind, rest, self.name), *([TextDelta(text)] if text else [])]
        if kind == CREATED:
            self.begin()
            return [Other(kind, payload, self.name), Start(str_or_none(payload.get("id")))]
        if kind == "Interrupt":
            self.finish_later("other", kind)
        return [Other(kind, payload, self.name)]

    def _answer(self, kind: str, payload: dict[str, Any]) -> list[Part]:
        block = str_or_none(payload.get("id")) or 0
        key, ends = short(str(block)), kind == COMPLETED
        known, heard = key in self._heard, self._heard.get(key)
        full = len(self._heard) >= _MOST and not known
        if ends and (full or (known and heard is None)):
            return [Other(kind, payload, self.name, block)]
        heard = heard or Heard()
        if not full:
            self._heard[key] = None if ends else heard
        text, thought = text_of(payload.get("content")), text_of(payload.get("reasoning_content"))
        if ends and heard.fragments:
            again = heard.is_said_by(text)
            return [*([] if again else [Other(kind, payload, self.name, block)]), BlockEnd(block)]
        heard.add(text)
        self.said()
        parts: list[Part] = [ReasoningDelta(thought, block)] if thought and not (ends and known) else []
        parts += [TextDelta(text, block)] if text else []
        return [*parts, BlockEnd(block)] if ends and text else parts

    def _end(self, word: str, payload: dict[str, Any]) -> list[Part]:
        status = text_of(payload.get("status"))
        if word == "completed" and status in REASONS:
            word = status
        parts: list[Part] = []
        for call in dicts_of(member(payload, CALLS)) if word == "requires_action" else ():
            function = dict_of(call.get("function"))
            arguments = function.get("arguments")
            text = arguments if type(arguments) is str else self.json_text(dict_of(arguments))
            if type(name := function.get("name")) is str:
                block, self._next_call = self._next_call, self._next_call + 1
                self.tool_called(block)
                call_part = ToolCallDelta(text, block, str_or_none(call.get("id")), name or None)
                parts += [call_part, BlockEnd(block, "tool_call")]
        counts = dict_of(payload.get("usage"))
        input, output, total = [count_or_none(counts.get(name)) for name in COUNTS]
        self.finish_later(REASONS[word], word)
        return parts + self.usage(Usage(input, output, total))
