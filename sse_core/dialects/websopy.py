# SPDX-License-Identifier: MIT
"""websopy: unnamed JSON events, discriminator `type`: content, tool_call, done, error.

A tool call comes whole, without an id; usage comes in `done`, in camel case.
"""

from __future__ import annotations

from .._errors import EncodeError
from .._items import Event
from ._blocks import Nesting
from ._dialect import CallBuffer
from ._json import JsonDialect, count_or_none, dict_of, str_or_none, text_of
from ._parts import BlockEnd, Error, Other, TextDelta, ToolCallDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Retry
    from ._parts import Part


class Websopy(JsonDialect):
    """The Websopy chat stream."""

    name = "websopy"
    terminal = 'its event {"type":"done"}'
    one_choice = True
    error_ends = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._next_call = 0
        self._calls = CallBuffer()

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("type")
        if kind == "content":
            return [TextDelta(text_of(payload.get("content")), raw=payload)]
        if kind == "tool_call":
            return self._call(payload)
        if kind == "done":
            usage = dict_of(payload.get("usage"))
            input, output = count_or_none(usage.get("promptTokens")), count_or_none(usage.get("completionTokens"))
            counts = Usage(input, output, count_or_none(usage.get("totalTokens")), raw=payload)
            return self.merge_usage(counts) + self.finish("event", raw=payload)
        if kind == "error":
            return self.fail(payload)
        return [self.unknown(payload, event)]

    def _call(self, payload: dict[str, Any]) -> list[Part]:
        tool = dict_of(payload.get("tool"))
        arguments = tool.get("arguments")
        if type(arguments) in (dict, list):  # as other servers send them; the document says text
            arguments = self.json_text(arguments)
        block, self._next_call = self._next_call, self._next_call + 1
        self.open[0] = True
        name, id = str_or_none(tool.get("name")), str_or_none(tool.get("id"))
        return [
            ToolCallDelta(text_of(arguments), block, id, name, raw=payload),
            BlockEnd(block, "tool_call", raw=payload),
        ]

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        if isinstance(part, TextDelta):
            return [self._event("content", content=part.text)]
        if isinstance(part, ToolCallDelta) and not part.server:
            if not part.json:
                raise EncodeError("part", part, "cannot be said in websopy, whose arguments are JSON")
            self._calls.add(part)
        elif isinstance(part, BlockEnd) and part.of == "tool_call":
            call = self._calls.pop(part.block)
            return [] if call is None else [self._tool_call(call)]
        elif isinstance(part, Error):
            return [self._event("error", message=part.message, code=part.code, status=part.status)]
        elif isinstance(part, Other):
            return self.write_unknown(part)
        return []

    def write_end(self) -> list[Event]:
        if self.failed:
            return []
        events = [self._tool_call(call) for call in self._calls.pop_all()]
        usage = self.usage
        if usage is None:
            return [*events, self._event("done")]
        counts = {
            "promptTokens": usage.input_tokens,
            "completionTokens": usage.output_tokens,
            "totalTokens": usage.total_tokens,
        }
        given = {name: count for name, count in counts.items() if count is not None}
        return [*events, self._event("done", usage=given or None)]

    def _tool_call(self, call: ToolCallDelta) -> Event:
        nesting = Nesting()
        nesting.feed(call.arguments)
        if not nesting.whole:
            raise EncodeError("arguments", call.arguments, "are no whole JSON object, and websopy sends a call whole")
        tool = {"id": call.id, "name": call.name, "arguments": call.arguments}
        return self._event("tool_call", tool={name: value for name, value in tool.items() if value is not None})

    def _event(self, type: str, **members: Any) -> Event:
        given = {name: value for name, value in members.items() if value is not None}
        return Event(self.dumps({"type": type, **given}))
