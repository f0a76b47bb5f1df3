# SPDX-License-Identifier: MIT
"""What reads langgraph-events."""

from __future__ import annotations

from collections import OrderedDict

from ..._parts import BlockEnd, Error, Invalid, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta
from ...base import dict_of, index_or_none, short, short_or_none, str_or_none, text_of
from ...base.langchain import CONTENT, RunReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event
    from ..._parts import Block, Part
    from ...base import Dialect

_MAX_BLOCKS = 1024  # of a message
_MAX_MESSAGES = 256  # under way at once: past it the oldest is forgotten
_OUTSIDE = ("tools:", "task:")  # segments of namespaces whose messages are not the answer's
_CALLS = {
    "tool_call_chunk": False,
    "tool_call": False,
    "server_tool_call_chunk": True,
    "server_tool_call": True,
}


class _Message:
    """A message under way: its name in blocks, whether it is a model's, and what came of its blocks."""

    __slots__ = ("calls", "name", "ours", "said")

    def __init__(self, name: str | None, ours: bool) -> None:
        self.name = name
        self.ours = ours
        # The blocks whose content came in deltas: their finish repeats it.
        self.said: set[int] = set()
        # The calls that began and did not finish: whether the server runs them, and whether id and name came.
        self.calls: dict[int, tuple[bool, bool]] = {}

    def block(self, index: int) -> Block:
        return index if self.name is None else f"{self.name}/{index}"


class EventsReader(RunReader):
    """Reads one run of a thread."""

    def __init__(self, dialect: Dialect, *, depth: int = 0, **options: Any) -> None:
        self._depth = depth
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._started = False
        # A call was left that did not finish.
        self._left = False
        # By namespace and id, the last that began at the end.
        self._messages: OrderedDict[tuple[str, str | None], _Message] = OrderedDict()

    def is_sentinel(self, data: str) -> bool:
        return False

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        method, params = payload.get("method"), dict_of(payload.get("params"))
        if type(method) is not str:
            if payload.get("type") != "error" or payload.get("id") is not None:
                return [self.other(payload, event)]
            code = str_or_none(payload.get("error"))
            return self.fail(Error(text_of(payload.get("message"), code or "the stream failed"), None, code))
        data = dict_of(params.get("data"))
        kind = data.get("event")
        space = params.get("namespace")
        path = [segment for segment in space if type(segment) is str] if type(space) is list else []
        if method == "tools" and kind in ("tool-finished", "tool-error"):
            self.tool_answered(text_of(data.get("tool_call_id")))
        other = Other(method, params, self.name)
        if space == path:
            told = {name: value for name, value in params.items() if name != "namespace"}
            other = Other(method, told, self.name, "|".join(path) if path else None)
        if method == "lifecycle" and not path:
            return self._lifecycle(data, event) or [other]
        inside = len(path) <= self._depth and not any(segment.startswith(_OUTSIDE) for segment in path)
        if method == "messages" and inside and type(kind) is str:
            parts = self._message(kind, data, "|".join(path))
            if not self._left:
                return [other] if parts is None else parts
            self._left = False
            return [self._lost(event), *(parts or [])]
        return [other]

    def _lifecycle(self, data: dict[str, Any], event: Event) -> list[Part]:
        """The parts of the run's end; [] of what is none."""
        kind = data.get("event")
        if kind == "failed":
            failed = self.fail(Error(text_of(data.get("error")) or "the run failed")) if not self.failed else []
            return [*failed, *self.done("error")]
        if kind not in ("completed", "interrupted"):
            return []
        parts: list[Part] = []
        if any(message.calls for message in self._messages.values()):
            parts.append(self._lost(event))
        if kind == "interrupted":
            self.finish_later("other", kind)
        return [*parts, *self.done("event")]

    def _lost(self, event: Event) -> Part:
        return Invalid(event, self.unreadable("a call began and did not finish", event))

    def _message(self, kind: str, data: dict[str, Any], space: str) -> list[Part] | None:
        """The parts of an event of messages; None if it is not of a model's."""
        name = str_or_none(data.get("id")) or str_or_none(data.get("message_id"))
        key = short(space), short_or_none(name)
        if kind == "message-start":
            return self._start(key, name, data)
        if name is None:
            key = next((known for known in reversed(self._messages) if known[0] == key[0]), key)
        message = self._messages.get(key)
        if message is None:  # its start came before `since`
            message = self._add(key, True)
        if kind in ("message-finish", "error") and not message.calls:
            del self._messages[key]
        if not message.ours:
            return None
        if kind == "message-finish":
            self.stopped(dict_of(data.get("responseMetadata")) or dict_of(data.get("metadata")))
            return self.add_usage(dict_of(data.get("usage")))
        if kind == "error":
            code = str_or_none(data.get("code"))
            return self.fail(Error(text_of(data.get("message")) or "the model failed", None, code))
        index = index_or_none(data.get("index", 0), _MAX_BLOCKS)
        if index is None:
            raise self.unreadable(f"the index of a content block is none below {_MAX_BLOCKS}")
        content = dict_of(data.get("content")) or dict_of(data.get("content_block"))
        if kind == "content-block-start":
            return self._begin(message, index, content)
        if kind == "content-block-delta":
            return self._delta(message, index, dict_of(data.get("delta")))
        return self._finish(message, index, content) if kind == "content-block-finish" else None

    def _start(self, key: tuple[str, str | None], name: str | None, data: dict[str, Any]) -> list[Part] | None:
        if not self._add(key, data.get("role", "ai") == "ai").ours:
            return None
        self.finishes[0] = None  # it is of a message before
        if self._started:
            return []
        self._started = True
        return [Start(name, str_or_none(dict_of(data.get("metadata")).get("model")))]

    def _add(self, key: tuple[str, str | None], ours: bool) -> _Message:
        gone = self._messages.pop(key, None)
        if gone is None and len(self._messages) >= _MAX_MESSAGES:
            gone = self._messages.popitem(last=False)[1]
        self._left = self._left or bool(gone and gone.calls)
        message = self._messages[key] = _Message(key[1], ours)
        return message

    def _begin(self, message: _Message, index: int, content: dict[str, Any]) -> list[Part]:
        kind = content.get("type")
        if kind not in ("tool_call_chunk", "server_tool_call_chunk"):
            return []
        self._left = self._left or index in message.calls
        call = self._call(message.block(index), content, "")
        message.calls[index] = call.server, bool(call.id and call.name)
        return [call]

    def _call(self, block: Block, content: dict[str, Any], arguments: str) -> ToolCallDelta:
        """What begins a call, or has all of it."""
        id, name = str_or_none(content.get("id")), str_or_none(content.get("name"))
        server = _CALLS[content["type"]]
        if not server:
            self.tool_called(id or block)
        return ToolCallDelta(arguments, block, id, name, server)

    def _delta(self, message: _Message, index: int, delta: dict[str, Any]) -> list[Part]:
        kind, block = delta.get("type"), message.block(index)
        parts: list[Part] = []
        if kind == "text-delta" and (text := text_of(delta.get("text"))):
            parts = [TextDelta(text, block)]
        elif kind == "reasoning-delta" and (text := text_of(delta.get("reasoning"))):
            parts = [ReasoningDelta(text, block)]
        elif kind == "tool-call-delta" and index in message.calls and (text := text_of(delta.get("args"))):
            parts = [ToolCallDelta(text, block, server=message.calls[index][0])]
        if parts:
            message.said.add(index)
        return parts

    def _finish(self, message: _Message, index: int, content: dict[str, Any]) -> list[Part]:
        kind, block = content.get("type"), message.block(index)
        said = index in message.said
        message.said.discard(index)
        if kind == "text":
            text = "" if said else text_of(content.get("text"))
            return [*([TextDelta(text, block)] if text else []), BlockEnd(block)]
        if kind == "reasoning":
            text = "" if said else text_of(content.get("reasoning"))
            signature = str_or_none(dict_of(content.get("extras")).get("signature"))
            parts: list[Part] = [ReasoningDelta(text, block, signature)] if text or signature else []
            return [*parts, BlockEnd(block, "reasoning")]
        known = message.calls.pop(index, None)
        if type(kind) is not str or kind not in _CALLS:
            self.tool_answered(text_of(content.get("id")) or block)
            return [Other(CONTENT, content, self.name, block)]
        arguments = content.get("args")
        whole = "" if said else self.json_text(arguments) if type(arguments) is dict else text_of(arguments)
        if known is None or not known[1]:
            return [self._call(block, content, whole), BlockEnd(block, "tool_call")]
        rest: list[Part] = [ToolCallDelta(whole, block, server=known[0])] if whole else []
        return [*rest, BlockEnd(block, "tool_call")]
