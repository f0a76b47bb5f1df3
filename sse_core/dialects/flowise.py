# SPDX-License-Identifier: MIT
"""flowise: the predictions of a Flowise server. Unnamed JSON events, {event, data}; a line `message:` before each.

| event: data | parts |
|---|---|
| `start`: the first token, which the next event repeats | Start, if nothing was said |
| `token`: text | TextDelta |
| `thinking`: text; a `duration` ends it | ReasoningDelta; BlockEnd |
| `usageMetadata`: LangChain's counts, of each call of a model | Usage, the sum |
| `error`: text | Error; the stream goes on |
| `abort` | Finish("other") |
| `agentFlowEvent`: STOPPED (a person is asked), TERMINATED; ERROR | Other; Finish("other"); Finish("error") |
| `end` | Done("event") |
| all else | Other(event, data) |

All else is sourceDocuments, usedTools, calledTools (tools that the server runs), metadata (chatId, chatMessageId),
artifacts, fileAnnotations, action, agentReasoning, nextAgent and their like. `end` comes after an error,
too; the end of the body before it is a truncation. Written is the same, without the line, and a duration of 0.
Calls are refused. Lost are the reasons of a finish but abort, and what an Error says beside its text.

From the server's source (SSEStreamer, 2026-07) and docs.flowiseai.com; its SDKs for Python (1.0.4) and Node (1.0.9)
read lines, the former without each `data:` that stands in them, so that one in a text is written escaped. No stream
of it was recorded. Speech (`tts_start` to `tts_abort`) has streams of its own, which are not read.
"""

from __future__ import annotations

from ._parts import BlockEnd, Error, Other, ReasoningDelta, Start, TextDelta
from .base import Dialect, dict_of
from .base.langchain import RunReader, RunWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Event, Item
    from ._parts import FinishReason, Part

_DONE = "[DONE]"
_FLOW = "agentFlowEvent"
_ENDS: dict[str, FinishReason] = {"ERROR": "error", "STOPPED": "other", "TERMINATED": "other"}


class FlowiseReader(RunReader):
    def begin(self) -> None:
        super().begin()
        self._begun = False

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind, data = payload.get("event"), payload.get("data")
        if type(kind) is not str:
            return [self.other(payload, event)]
        if kind == "start" and not self._begun:
            self._begun = True
            return [Start()]
        if kind == "token":
            self._begun = True
            return [TextDelta(data)] if type(data) is str and data else []
        if kind == "thinking":
            self._begun = True
            parts: list[Part] = [ReasoningDelta(data)] if type(data) is str and data else []
            return parts if payload.get("duration") is None else [*parts, BlockEnd(0, "reasoning")]
        if kind == "usageMetadata":
            return self.add_usage(dict_of(data))
        if kind == "error":
            return self.fail(Error(data) if type(data) is str and data else data)
        if kind == "abort":
            return self.finish_later("other", kind)
        if kind == "end":
            return self.done("event")
        if kind == _FLOW and type(data) is str and data in _ENDS:
            self.finish_later(_ENDS[data], data)
        return [Other(kind, data, self.name)]


class FlowiseWriter(RunWriter):
    def begin(self) -> None:
        super().begin()
        # A message was begun on the screen: without, what comes is shown nowhere.
        self._begun = False
        self._wrong = False  # an error said so

    def write_start(self, part: Start) -> list[Item]:
        return self._begin()

    def write_text(self, part: TextDelta) -> list[Item]:
        return [*self._begin(), self._event("token", part.text)] if part.text else []

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        return [*self._begin(), self._event("thinking", part.text)] if part.text else []

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        return [self._event("thinking", "", duration=0)] if part.of == "reasoning" and self._begun else []

    def write_other(self, part: Other) -> list[Item]:
        event = self._event(part.name, part.data)
        if part.name != _FLOW:
            return self.meaningless(part, event)
        self._begun = True
        return [event]  # the finish that it may mean follows it

    def write_error(self, part: Error) -> list[Item]:
        self._wrong = True
        return [self._event("error", part.message)]

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        items: list[Item] = []
        if finish.reason == "error":
            items = self.write_bad_end(finish)
        elif finish.raw_reason == "abort":
            items = [self._event("abort", _DONE)]
        used = self.usage_told()
        return [*([self._event("usageMetadata", used)] if used else []), *items, self._event("end", _DONE)]

    def write_failed_end(self) -> list[Item]:
        items = [] if self._wrong else self.write_error(Error("the answer could not be written"))
        return [*items, self._event("end", _DONE)]

    def _begin(self) -> list[Item]:
        begun, self._begun = self._begun, True
        return [] if begun else [self._event("start", "")]

    def _event(self, name: str, data: Any, **members: Any) -> Event:
        event = self.event({"event": name, "data": data, **members})
        event.data = event.data.replace("data:", "data\\u003a")
        return event


DIALECT = Dialect("flowise", FlowiseReader, FlowiseWriter, resumable=False, own_ids=True, terminal="its event end")
