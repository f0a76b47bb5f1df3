# SPDX-License-Identifier: MIT
"""mistral-conversations: Mistral's conversations and agents, named JSON events that repeat their name in `type`.

| event | parts |
|---|---|
| `conversation.response.started`: `conversation_id` | Start |
| `message.output.delta`: `content`, text or a chunk of it | TextDelta; block: `output_index/content_index` |
| the same: a `thinking` chunk with its `signature` | ReasoningDelta; references in it are lost |
| the same: any other chunk (`tool_reference`, `tool_file`, an image) | Other |
| `function.call.delta`: a fragment of `arguments` | ToolCallDelta, the client's; block and id: `tool_call_id` |
| the same with a `confirmation_status` | Other: a connector's, which the client allows and never runs |
| `tool.execution.started`, `.delta` | ToolCallDelta, server=True; block and id: `id` |
| `tool.execution.done` | Other, if it has `info` of what was found; BlockEnd |
| `agent.handoff.started`, `.done`; all else | Other: the answer goes on, by another agent |
| `conversation.response.done`: `usage` | Usage; Finish; Done |
| `conversation.response.error`: `message`, `code` | Error, which is the end |

No event says another one again. No event has a reason to finish: it is inferred, and is "other" ("pending") where a
connector's call waits for the client's word and no call is the client's. Written is the same, each call an output of
its own, since the client joins what has one `output_index`; a call without arguments gets {}. Lost: the reason,
tokens of connectors, cached and of reasoning, refusals, the model and the agent of a delta, times.

From the models and the stream reader of mistralai 3.7.0, which knows no `[DONE]` here and fails on it: none is
written. That fragments join, and that no call of a connector but a pending one is the client's, rests on
documentation alone.
"""

from __future__ import annotations

import re

from .._parts import BlockEnd, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage
from ..base import (
    OVERHEAD,
    Dialect,
    FragmentWriter,
    JsonReader,
    count_or_none,
    dict_of,
    dicts_of,
    given,
    index_or_none,
    length,
    read_error,
    str_or_none,
    text_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event, Item
    from .._parts import Block, Error, Finish, Part
    from ..base import Shown

_STARTED = "conversation.response.started"
_DONE = "conversation.response.done"
_ERROR = "conversation.response.error"
_MESSAGE = "message.output.delta"
_CALL = "function.call.delta"
_RUNS = "tool.execution.started"
_RUNS_ON = "tool.execution.delta"
_RAN = "tool.execution.done"
_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_MAX_INDEX = 10_000  # past it an index counts as absent
_PLACE = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")


class ConversationsReader(JsonReader):
    def begin(self) -> None:
        super().begin()
        # There is a call that the client must run; one that it must allow.
        self._called = self._pending = False

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = str_or_none(payload.get("type")) or event.type
        if kind == _MESSAGE:
            return self._content(payload)
        if kind in (_CALL, _RUNS, _RUNS_ON):
            return [self._call(kind, payload)]
        if kind == _RAN:
            block = _block_of(payload, "id")
            found: list[Part] = [Other(kind, payload, self.name, block)] if payload.get("info") else []
            return [*found, BlockEnd(block, "tool_call")]
        if kind == _STARTED:
            self.begin()
            return [Start(str_or_none(payload.get("conversation_id")))]
        if kind == _DONE:
            return self._done(dict_of(payload.get("usage")))
        if kind == _ERROR or payload.get("error"):
            return self.fail(read_error({name: value for name, value in payload.items() if name != "type"}))
        return [Other(kind, payload, self.name)]

    def _content(self, payload: dict[str, Any]) -> list[Part]:
        content = payload.get("content")
        block = f"{_index(payload.get('output_index'))}/{_index(payload.get('content_index'))}"
        chunk = {"type": "text", "text": content} if type(content) is str else dict_of(content)
        kind = chunk.get("type")
        if kind == "text":
            text = text_of(chunk.get("text"))
            return [TextDelta(text, block)] if text else []
        if kind != "thinking":
            return [Other(_MESSAGE, payload, self.name, block)]
        text = "".join([text_of(one.get("text")) for one in dicts_of(chunk.get("thinking"))])
        signature = str_or_none(chunk.get("signature"))
        return [ReasoningDelta(text, block, signature)] if text or signature else []

    def _call(self, kind: str, payload: dict[str, Any]) -> Part:
        runs = kind != _CALL
        key = "id" if runs else "tool_call_id"
        id, block = str_or_none(payload.get(key)), _block_of(payload, key)
        if not runs:
            status = str_or_none(payload.get("confirmation_status"))
            if status is not None:
                self._pending = self._pending or status == "pending"
                return Other(kind, payload, self.name, block)
            self._called = True
            self.tool_called(block)
        arguments = payload.get("arguments")
        text = self.json_text(arguments) if type(arguments) is dict else text_of(arguments)
        return ToolCallDelta(text, block, id, str_or_none(payload.get("name")), runs)

    def _done(self, usage: dict[str, Any]) -> list[Part]:
        input, output, total = [count_or_none(usage.get(name)) for name in _COUNTS]
        if self._pending and not self._called:
            self.finish_later("other", "pending")
        return [*self.usage(Usage(input, output, total)), *self.done("event")]


class ConversationsWriter(FragmentWriter):
    server_calls = True

    def begin(self) -> None:
        super().begin()
        self._begun = False
        # What text and reasoning are said under, by their kind and block: an output, and the content in it.
        self._places: dict[tuple[str, Block], tuple[int, int]] = {}
        # The output that is a message, to which more may be added, and its next content; the next output.
        self._message: int | None = None
        self._content = self._next = 0
        # The output of each call, by its id.
        self._outputs: dict[str, int] = {}

    def write_start(self, part: Start) -> list[Item]:
        super().write_start(part)
        return self._after_start()

    def write_text(self, part: TextDelta) -> list[Item]:
        return self._content_event(part, part.text) if part.text else []

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        if not part.text and part.signature is None:
            return []
        thinking = [{"type": "text", "text": part.text}] if part.text else []
        return self._content_event(part, given(type="thinking", thinking=thinking, signature=part.signature))

    def write_fragment(self, call: Shown, arguments: str, opens: bool) -> list[Item]:
        if opens:
            self._outputs[call.id] = self._next
            self._next += 1
            self._message = None
        if call.server:
            return self._call_event(_RUNS if opens else _RUNS_ON, call, id=call.id, arguments=arguments)
        ids = {"id": f"fc_{self._outputs[call.id]}", "tool_call_id": call.id}
        return self._call_event(_CALL, call, **ids, arguments=arguments)

    def write_call_end(self, call: Shown) -> list[Item]:
        return self._call_event(_RAN, call, id=call.id) if call.server else super().write_call_end(call)

    def write_other(self, part: Other) -> list[Item]:
        event = self.event(part.data, part.name)
        call = None if part.block is None else self.calls.find("tool_call", part.block)
        if part.name == _RAN and call is not None and call.server and dict_of(part.data).get("id") == call.id:
            # What the call found; its end, which comes behind it, is said with it.
            items = self.listed(part, event, self.read_back(event), ("block_end",))
            if items:
                self.calls.close(call)
            return items
        return self.meaningless(part, event)

    def write_error(self, part: Error) -> list[Item]:
        code = part.code if type(part.code) is int else part.status or 500
        return [self._event(_ERROR, message=part.message, code=code)]

    def write_last(self, finish: Finish) -> list[Item]:
        usage: dict[str, Any] = {}
        if self.held_usage is not None:
            counts = (self.held_usage.input_tokens, self.held_usage.output_tokens, self.held_usage.total_tokens)
            usage = given(**dict(zip(_COUNTS, counts, strict=True)))
        return self._after_start(*self.end_calls(), self._event(_DONE, usage=usage))

    def _content_event(self, part: TextDelta | ReasoningDelta, content: Any) -> list[Item]:
        output, index = self._place(part.kind, part.block)
        members = given(id=f"msg_{output}", output_index=output, content_index=index, model=self.model)
        return self._after_start(self._event(_MESSAGE, **members, role="assistant", content=content))

    def _place(self, kind: str, block: Block) -> tuple[int, int]:
        """The output and the content of a block: its own, where it has one that no call took; else the next."""
        found = self._places.get((kind, block))
        if found is None:
            self.held.add(OVERHEAD + length(block))
            own = _PLACE.fullmatch(block) if type(block) is str else None
            found = (int(own[1]), int(own[2])) if own else (-1, 0)
            if found[0] != self._message and found[0] < self._next:
                found = (self._next, 0) if self._message is None else (self._message, self._content)
            self._places[kind, block] = found
            self._message, self._content = found[0], found[1] + 1
            self._next = max(self._next, self._message + 1)
        return found

    def _call_event(self, kind: str, call: Shown, **members: Any) -> list[Item]:
        output = self._outputs[call.id]
        return self._after_start(self._event(kind, output_index=output, name=call.name or "", **members))

    def _after_start(self, *items: Item) -> list[Item]:
        """`items`, with what begins the response before the first of all."""
        begun, self._begun = self._begun, True
        start = self._event(_STARTED, conversation_id=self.id or "conversation-1")
        return list(items) if begun else [start, *items]

    def _event(self, kind: str, **members: Any) -> Event:
        return self.event({"type": kind, **members}, kind)


def _index(value: object) -> int:
    return index_or_none(value, _MAX_INDEX) or 0


def _block_of(payload: dict[str, Any], key: str) -> Block:
    return str_or_none(payload.get(key)) or _index(payload.get("output_index"))


DIALECT = Dialect(
    "mistral-conversations",
    ConversationsReader,
    ConversationsWriter,
    own_ids=True,
    error_ends=True,
    terminal="conversation.response.done",
)
