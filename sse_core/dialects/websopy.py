# SPDX-License-Identifier: MIT
"""websopy: unnamed JSON events, discriminator `type`: content, tool_call, done, error.

A tool call comes whole, without an id; usage comes in `done`, in camel case.
"""

from __future__ import annotations

from .._errors import EncodeError
from ._parts import BlockEnd, TextDelta, ToolCallDelta, Usage
from .base import (
    CallBuffer,
    Dialect,
    JsonReader,
    Nesting,
    PlainWriter,
    count_or_none,
    dict_of,
    given,
    str_or_none,
    text_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Event, Item
    from ._parts import Error, Finish, Part


class WebsopyReader(JsonReader):
    def begin(self) -> None:
        super().begin()
        self._next_call = 0

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("type")
        if kind == "content":
            return [TextDelta(text_of(payload.get("content")))]
        if kind == "tool_call":
            return self._call(dict_of(payload.get("tool")))
        if kind == "done":
            usage = dict_of(payload.get("usage"))
            input, output = count_or_none(usage.get("promptTokens")), count_or_none(usage.get("completionTokens"))
            used = Usage(input, output, count_or_none(usage.get("totalTokens")))
            return [*self.usage(used), *self.done("event")]
        if kind == "error":
            return self.fail(payload)
        return [self.other(payload, event)]

    def _call(self, tool: dict[str, Any]) -> list[Part]:
        arguments = tool.get("arguments")
        if type(arguments) in (dict, list):  # as other servers send them; the document says text
            arguments = self.json_text(arguments)
        block, self._next_call = self._next_call, self._next_call + 1
        self.tool_called(block)
        call = ToolCallDelta(text_of(arguments), block, str_or_none(tool.get("id")), str_or_none(tool.get("name")))
        return [call, BlockEnd(block, "tool_call")]


class WebsopyWriter(PlainWriter):
    def begin(self) -> None:
        super().begin()
        self._calls = CallBuffer(self.held)

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self._event("content", content=part.text)]

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        self._calls.add(part)
        return []

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        call = self._calls.pop(part.block) if part.of == "tool_call" else None
        return [] if call is None else [self._tool_call(call)]

    def write_error(self, part: Error) -> list[Item]:
        return [self._event("error", message=part.message, code=part.code, status=part.status)]

    def write_last(self, finish: Finish) -> list[Item]:
        calls = [self._tool_call(call) for call in self._calls.pop_all()]
        used = self.held_usage or Usage()
        counts = given(
            promptTokens=used.input_tokens, completionTokens=used.output_tokens, totalTokens=used.total_tokens
        )
        return [*calls, self._event("done", usage=counts or None)]

    def _tool_call(self, call: ToolCallDelta) -> Event:
        nesting = Nesting()
        nesting.feed(call.arguments)
        if not nesting.whole:
            raise EncodeError("arguments", call.arguments, "are no whole JSON object, and websopy sends a call whole")
        return self._event("tool_call", tool=given(id=call.id, name=call.name, arguments=call.arguments))

    def _event(self, type: str, **members: Any) -> Event:
        return self.event(given(type=type, **members))


DIALECT = Dialect("websopy", WebsopyReader, WebsopyWriter, error_ends=True, terminal='its event {"type":"done"}')
