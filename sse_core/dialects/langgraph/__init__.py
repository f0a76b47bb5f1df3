# SPDX-License-Identifier: MIT
"""langgraph: runs of a LangGraph server. Named JSON events: a stream mode, then a `|` before each of its namespaces.

`metadata` {run_id, attempt}: an Other, and Start at a new run or attempt; written by a Start that no Other said.
`messages` [message, metadata] with no namespace: the parts of an AI message; a tool's result answers its call; its
metadata (the node) is lost. `error` {error, message}: Error, Done("error"). `end`: Done("event"). All else, `messages`
of a subgraph, `values` and the cumulative `messages/partial` among it: Other(mode, data, block = the namespaces).

The end of the body may be the end of the run, once an event came: only its status tells, so a cut between two events
is not seen. Ids are cursors, where the run is resumable. After langgraph-sdk 0.4 (its stream_mode "messages-tuple" asks
for `messages`).
"""

from __future__ import annotations

from ..._items import Event
from .._parts import Start
from ..base import Dialect, count_or_none, dict_of, given, short_or_none, str_or_none, text_of
from ..base.langchain import MessageReader, MessageWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Item
    from .._parts import Error, Other, Part


class LangGraphReader(MessageReader):
    body_ends = True

    def begin(self) -> None:
        super().begin()
        # The run and the attempt that are being read: a stream that is resumed may say them again.
        self._run: tuple[str | None, int | None] | None = None
        # An event came: an empty body is no run that ended.
        self._began = False
        # The last event was a fragment of a call, and no word of why its model stopped: more of it was to come.
        self._calling = False

    def read(self, event: Event) -> list[Part]:
        self._calling = False
        parts = super().read(event)
        self._began = self._began or bool(parts)
        return parts

    def read_event(self, payload: Any, event: Event) -> list[Part]:
        mode, bar, space = event.type.partition("|")
        if bar:
            return [self.other_of(event, mode, payload, space)]
        if mode == "messages" and type(payload) is list and payload:
            if self.is_message(payload[0]):
                parts = self.read_message(payload[0])
                self._calling = parts[-1:] != [] and parts[-1].kind == "tool_call" and self.finishes[0] is None
                return parts
            # Whatever kind of message has it.
            self.tool_answered(text_of(dict_of(payload[0]).get("tool_call_id")))
        if mode == "end":
            return self.done("event")
        other = self.other_of(event, mode, payload)
        return [other, *self._read_metadata(dict_of(payload))] if mode == "metadata" else [other]

    def whole(self) -> bool:
        return self._began and not self._calling

    def terminal(self) -> str:
        return "the end of a call" if self._calling else super().terminal()

    def _read_metadata(self, payload: dict[str, Any]) -> list[Part]:
        id = str_or_none(payload.get("run_id"))
        run = short_or_none(id), count_or_none(payload.get("attempt"))
        if run == self._run:
            return []
        self.begin()
        self._run = run
        return [Start(id)]


class LangGraphWriter(MessageWriter):
    replaces = True
    _attempt = 0

    def write_start(self, part: Start) -> list[Item]:
        told = self.told
        self.begin()
        self.told: bool = told
        self._attempt += 1
        return super().write_start(part)

    def metadata(self, id: str) -> dict[str, Any]:
        return {"run_id": id, "attempt": self._attempt}

    def event_type(self, part: Other) -> str:
        return part.name if part.block is None else f"{part.name}|{part.block}"

    def message_event(self, message: dict[str, Any]) -> Event:
        return self.event([message, {}], "messages")

    def write_error(self, part: Error) -> list[Item]:
        error = given(error=part.type, message=part.message, code=part.code, status_code=part.status)
        return [self.event(error, "error")]

    def end_event(self) -> Event:
        return Event("null", "end")


DIALECT = Dialect(
    "langgraph",
    LangGraphReader,
    LangGraphWriter,
    dataless=True,
    own_ids=True,
    error_ends=True,
    terminal="its first event",
)
