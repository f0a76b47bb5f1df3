# SPDX-License-Identifier: MIT
"""langserve: a LangChain runnable behind LangServe's /stream. Named JSON events: metadata, data, error, end.

`metadata` {run_id}: Start; where it says more (feedback tokens), an Other before it. `data`: a string is text; an AI
message its parts; anything else (a runnable may give any JSON, /stream_log and /stream_events do) an Other. `error`
{status_code, message}: Error, Done("error"). `end`, which comes without data: Done("event"); the end of the body
before it is a truncation. Text of a block without a name is written as a string, and of a stream of strings alone
usage and finish are lost: who asked for strings could not join a message to them. No ids. After langserve 0.3.
"""

from __future__ import annotations

from ._parts import Start, TextDelta
from .base import Dialect, dict_of, given, str_or_none
from .base.langchain import MessageReader, MessageWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Event, Item
    from ._parts import Error, Part


# The client breaks lines there, too; in JSON they are only in strings.
_LINE_ENDS = {ord(char): f"\\u{ord(char):04x}" for char in "\x85\u2028\u2029"}


class LangServeReader(MessageReader):
    def read_event(self, payload: Any, event: Event) -> list[Part]:
        if event.type == "data":
            if type(payload) is str:
                return [TextDelta(payload)] if payload else []
            if self.is_message(payload):
                return self.read_message(payload)
        elif event.type == "end":
            return self.done("event")
        elif event.type == "metadata":
            self.begin()
            start = Start(str_or_none(dict_of(payload).get("run_id")))
            more = dict_of(payload).keys() - {"run_id"}
            return [*super().read_event(payload, event), start] if more else [start]
        return super().read_event(payload, event)


class LangServeWriter(MessageWriter):
    strings = True

    def event(self, payload: Any, type: str = "message") -> Event:
        event = super().event(payload, type)
        event.data = event.data.translate(_LINE_ENDS)
        return event

    def write_error(self, part: Error) -> list[Item]:
        # The client needs both of the first two.
        members = {"status_code": part.status or 500, "message": part.message}
        return [self.event({**members, **given(type=part.type, code=part.code)}, "error")]


DIALECT = Dialect(
    "langserve",
    LangServeReader,
    LangServeWriter,
    dataless=True,
    resumable=False,
    own_ids=True,
    error_ends=True,
    terminal="its event end",
)
