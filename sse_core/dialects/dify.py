# SPDX-License-Identifier: MIT
"""dify: Dify's chat, completion and workflow APIs. Unnamed JSON events, discriminator `event`.

The event type on the wire says nothing: the keep-alive is a line `event: ping` without data, and where its blank line
is missing it is the next event's. The first event with a `message_id`, else a `workflow_run_id`, is a Start too.

| event | parts |
|---|---|
| `message`, `agent_message`: `answer`; `text_chunk`: `data.text` | TextDelta |
| `message` that says again all that came in two fragments or more | nothing |
| `message_replace`: `answer` | Start, TextDelta |
| `reasoning_chunk`: `data.reasoning`, `data.node_id` | ReasoningDelta; BlockEnd if `data.is_final` |
| `message_end`: `metadata.usage` | Other, Usage; the body may end |
| `workflow_finished`: `data.status`, `data.total_tokens`; `workflow_paused` | the same; Finish |
| the same, failed with a `data.error` | Other, Error: the end |
| `error`: `message`, `code`, `status` | Error: the end |
| all else | Other |

Text is written as `message`, a second Start as `message_replace` with "", and the end as `message_end`, unless an
Other was that; the ids are those of the first Other that has some, else made up. Where these are of a workflow without
messages, text is `text_chunk` and the end `workflow_finished`. Lost are the reason of a finish, but in a workflow, and
that of a `message_replace`.

All this is from documentation: dify-docs of 2026-11, its OpenAPI document and its guide to streaming.
"""

from __future__ import annotations

from ._parts import BlockEnd, Error, Other, ReasoningDelta, Start, TextDelta, Usage
from .base import (
    OVERHEAD,
    Dialect,
    Heard,
    JsonReader,
    PlainWriter,
    count_or_none,
    dict_of,
    given,
    length,
    member,
    str_or_none,
    text_of,
    word_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Event, Item
    from ._parts import Block, Finish, FinishReason, Part
    from .base.plain import Path

# Where the text of an event is.
_TEXTS: dict[str, Path] = {
    "message": ("answer",),
    "agent_message": ("answer",),
    "message_replace": ("answer",),
    "text_chunk": ("data", "text"),
}
_ENDS = ("message_end", "workflow_finished", "workflow_paused")
_REASONS: dict[str, FinishReason] = {"succeeded": "stop", "partial-succeeded": "stop", "failed": "error"}
_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
_IDS = ("task_id", "message_id", "conversation_id", "workflow_run_id")


class DifyReader(JsonReader):
    body_ends = True

    def begin(self) -> None:
        super().begin()
        # There was a Start, or it is too late for one: it would void what was said.
        self._begun = False
        # The text so far, which one `message` more may say again.
        self._heard = Heard()

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind, data = text_of(payload.get("event")), dict_of(payload.get("data"))
        if kind == "message_replace":
            self.begin()
        parts: list[Part] = []
        id = str_or_none(payload.get("message_id")) or str_or_none(payload.get("workflow_run_id"))
        if kind == "message_replace" or (id and not self._begun):
            self._begun = True
            parts.append(Start(id))
        if kind in _TEXTS:
            return parts + self._text(kind, text_of(member(payload, _TEXTS[kind])))
        if kind == "reasoning_chunk":
            return parts + self._reasoning(data)
        if kind == "error":
            return parts + self.fail(payload)
        end = self._end(kind, payload, data) if kind in _ENDS else []
        return [Other(kind or "message", payload, self.name), *parts, *end]

    def whole(self) -> bool:
        return not self.waiting

    def _text(self, kind: str, text: str) -> list[Part]:
        again = kind == "message" and self._heard.fragments > 1 and self._heard.is_said_by(text)
        if again or not text:
            return []
        self._begun = True
        self._heard.add(text)
        self.said()
        return [TextDelta(text)]

    def _reasoning(self, data: dict[str, Any]) -> list[Part]:
        self._begun = True
        self.said()
        block, text = str_or_none(data.get("node_id")) or 0, text_of(data.get("reasoning"))
        parts: list[Part] = [ReasoningDelta(text, block)] if text else []
        return [*parts, BlockEnd(block, "reasoning")] if data.get("is_final") is True else parts

    def _end(self, kind: str, payload: dict[str, Any], data: dict[str, Any]) -> list[Part]:
        counts = dict_of(member(payload, ("metadata", "usage")))
        if kind == "workflow_finished" and self.used.total_tokens is None:
            counts = data
        input, output, total = [count_or_none(counts.get(name)) for name in _COUNTS]
        usage = self.usage(Usage(input, output, total))
        word = str_or_none(data.get("status")) or ("paused" if kind == "workflow_paused" else None)
        if word == "failed" and (error := str_or_none(data.get("error"))):
            return [*usage, *self.fail(Error(error))]
        self.finish_later(_REASONS.get(word, "other") if word else "stop", word)
        return usage


class DifyWriter(PlainWriter):
    replaces = True

    def begin(self) -> None:
        super().begin()
        self._begun = False
        self._heard = Heard()
        # The ids of the Others: the events beside them have the same.
        self._ids: dict[str, str] = {}
        # An Other was the last event.
        self._ended = False

    def write_start(self, part: Start) -> list[Item]:
        again = self._begun or 0 in self.spoken
        if again:
            self.begin()
        self._begun = True
        super().write_start(part)
        return [self._event("message_replace", answer="")] if again else []

    def write_text(self, part: TextDelta) -> list[Item]:
        self._ended = False
        if self._is_run():
            return [self._event("text_chunk", data={"text": part.text})]
        # As a `message` it would be taken for the one that says all again.
        again = self._heard.fragments > 1 and self._heard.is_said_by(part.text)
        self._heard.add(part.text)
        return [self._event("agent_message" if again else "message", answer=part.text)]

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        self._ended = False
        return [self._reasoning(part.block, part.text)]

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        return [self._reasoning(part.block, "", True)] if part.of == "reasoning" else []

    def write_error(self, part: Error) -> list[Item]:
        error = {"status": part.status, "code": part.code, "message": part.message, "type": part.type}
        return [self.event({"event": "error", **given(**error)})]

    def write_other(self, part: Other) -> list[Item]:
        data = part.data if type(part.data) is dict else {"data": part.data}
        if data.get("event") != part.name and (part.name != "message" or str_or_none(data.get("event"))):
            data = {**data, "event": part.name}
        event = self.event(data)
        items = self.listed(part, event, self.read_back(event), ("start", "usage"))
        if part.name in _ENDS:
            if self.failed:  # what was lost may have been part of it
                return []
            self._ended = bool(items)
        ids = {name: data[name] for name in _IDS if str_or_none(data.get(name))}
        if items and ids and not self._ids:
            self.held.add(OVERHEAD + length(*ids.values()))
            self._ids = ids
        return items

    def write_end(self) -> list[Item]:
        return [] if self._ended and self.held_finish().reason != "error" else super().write_end()

    def write_last(self, finish: Finish) -> list[Item]:
        used = self.held_usage or Usage()
        if self._is_run():
            word = word_of(finish, _REASONS, {"other": "stopped"}, "succeeded")
            return [self._event("workflow_finished", data=given(status=word, total_tokens=used.total_tokens))]
        counts = zip(_COUNTS, (used.input_tokens, used.output_tokens, used.total_tokens), strict=True)
        return [self._event("message_end", metadata={"usage": given(**dict(counts))})]

    def write_failed_end(self) -> list[Item]:
        return self.write_error(Error("the answer was lost on its way"))

    def _is_run(self) -> bool:
        """Whether the Others are of a workflow that has no messages."""
        return "workflow_run_id" in self._ids and "message_id" not in self._ids

    def _reasoning(self, block: Block, text: str, is_final: bool = False) -> Event:
        node = given(node_id=str(block) if block else None)
        return self._event("reasoning_chunk", data={"reasoning": text, **node, "is_final": is_final})

    def _event(self, kind: str, **members: Any) -> Event:
        ids = {"task_id": "task-1"}
        if not self._is_run():
            ids |= {"message_id": self.id or "message-1", "conversation_id": "conversation-1"}
        return self.event({"event": kind, **ids, **self._ids, **members, "created_at": self.created})


_END = "message_end, workflow_finished or workflow_paused"
DIALECT = Dialect("dify", DifyReader, DifyWriter, resumable=False, own_ids=True, error_ends=True, terminal=_END)
