# SPDX-License-Identifier: MIT
"""snowflake-agents: Snowflake's Cortex Agents Run API, `agent:run`.

Named events; some servers say the name in the payload's `event`, too. Text and thinking come in fragments and again
whole; `response` at last has all of it.

| event | part |
|---|---|
| response.text.delta, response.thinking.delta | TextDelta, ReasoningDelta; block = content_index |
| response.text, response.thinking | what was not yet said, and the block's end |
| response.tool_use | the call, whole; block = its id; the server's unless client_side_execute is true (or "true") |
| | of its other members (type, permission) an Other of its name first, but for the type "generic" |
| response.tool_result | Other; the call is none to act on |
| response | content only where none came before; Usage, the sum of the models'; of its metadata an Other first; |
| | status: completed stop, timed_out length, cancelled other, error error, absent stop |
| error | Error(message, code), Done("error") |
| [DONE] after it | Done("sentinel"): not in the document, but clients know it |
| response.status, .warning, .table, .chart, .text.annotation, metadata, all else | Other(name, payload) |

Ends: the body, after `response`: the ids of messages may follow it. Written: no Start (the model is the usage's), no
[DONE]. Lost: is_elicitation and annotations of a whole text (events of their own say these), a Start, an Error's type
and status. The version of before September 2025 (message.delta) is another dialect. From the documentation, and from
snowflake-cortex-agent-sdk 0.0.3, Snowflake's own client, its models and its parser.
"""

from __future__ import annotations

from .._parts import Error, Other, ReasoningDelta, Usage
from ..base import (
    OVERHEAD,
    Dialect,
    WholeReader,
    WholeWriter,
    added,
    count_or_none,
    dict_of,
    dicts_of,
    given,
    index_or_none,
    str_or_none,
    text_of,
    weight,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event, Item
    from .._parts import Block, FinishReason, Part, Start
    from ..base.wholes import Kind

_TEXTS: dict[str, Kind] = {"response.text": "text", "response.thinking": "reasoning"}
_NAMES = {kind: name for name, kind in _TEXTS.items()}
_CALL = "response.tool_use"
_CALL_MEMBERS = ("content_index", "tool_use_id", "name", "input", "client_side_execute", "sequence_number", "event")
_GENERIC = {"type": "generic"}  # the type of a tool of the user's own
_REASONS: dict[str, FinishReason] = {
    "completed": "stop",
    "timed_out": "length",
    "cancelled": "other",
    "error": "error",
}
_STATUSES = {"length": "timed_out", "content_filter": "cancelled", "other": "cancelled"}
_MOST = 4096  # blocks of content


class AgentsReader(WholeReader):
    """Reads the events of a run."""

    body_ends = True

    def begin(self) -> None:
        super().begin()
        # Content came: the last event repeats it.
        self._spoke = False

    def whole(self) -> bool:
        return not self.waiting

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        name = str_or_none(payload.get("event")) or event.type
        if name == "error":
            return self.fail(payload)
        if name == "response":
            return self._response(payload)
        if name.removesuffix(".delta") in _TEXTS or name == _CALL:
            self._spoke = True
            return self._content(name, payload, payload.get("content_index"))
        if name == "response.tool_result":
            self.tool_answered(text_of(payload.get("tool_use_id")))
        return [Other(name, payload, self.name)]

    def read_sentinel(self) -> list[Part]:
        # Its client calls a stream without the last event an error.
        return [] if self.waiting else self.done("sentinel")

    def _content(self, name: str, content: dict[str, Any], index: object) -> list[Part]:
        if name == _CALL:
            return self._call(content)
        kind = _TEXTS[name.removesuffix(".delta")]
        block = index_or_none(index, _MOST) or 0
        text, signature = text_of(content.get("text")), str_or_none(content.get("signature"))
        if name not in _TEXTS:
            return self.fragment(kind, block, text, signature if kind == "reasoning" else None)
        return self.whole_text(kind, block, text, Other(name, content, self.name, block))

    def _call(self, content: dict[str, Any]) -> list[Part]:
        id, server = str_or_none(content.get("tool_use_id")), content.get("client_side_execute") not in (True, "true")
        beside = _beside(content)
        others: list[Part] = [] if beside in ({}, _GENERIC) else [Other(_CALL, beside, self.name, id)]
        return others + self.whole_call(id, content.get("name"), content.get("input"), server)

    def _response(self, payload: dict[str, Any]) -> list[Part]:
        parts: list[Part] = []
        metadata = dict(dict_of(payload.get("metadata")))
        models = dicts_of(dict_of(metadata.pop("usage", None)).get("tokens_consumed"))
        if metadata:
            parts.append(Other("response", {"metadata": metadata}, self.name))
        for index, item in enumerate(dicts_of(payload.get("content"))[:_MOST]):
            name = f"response.{text_of(item.get('type'))}"
            if not self._spoke and (name in _TEXTS or name == _CALL):
                inner = item.get(text_of(item.get("type")))
                parts += self._content(name, item if name == "response.text" else dict_of(inner), index)
        used = Usage()
        for model in models:
            input = dict_of(model.get("input_tokens"))
            counts = [count_or_none(input.get(name)) for name in ("total", "cache_read", "cache_write")]
            output = count_or_none(dict_of(model.get("output_tokens")).get("total"))
            used = added(used, Usage(counts[0], output, None, counts[1], counts[2]))
        parts += self.usage(used)
        status = str_or_none(payload.get("status"))
        self.finish_later("stop" if status is None else _REASONS.get(status, "other"), status)
        return parts


def _beside(content: dict[str, Any]) -> dict[str, Any]:
    """The members of a call that are not all calls'."""
    return {name: value for name, value in content.items() if name not in _CALL_MEMBERS and value is not None}


class AgentsWriter(WholeWriter):
    """Writes a run; its last event says all of it again."""

    def begin(self) -> None:
        super().begin()
        # The content of the last event.
        self._content: list[dict[str, Any]] = []
        # By the block of a call to come, the members beside it; and the metadata of the last event: from Others.
        self._beside: dict[Block, dict[str, Any]] = {}
        self._metadata: dict[str, Any] = {}
        self._nameless = 0

    def write_start(self, part: Start) -> list[Item]:
        self.model: str | None = part.model or self.model
        return []

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        return self.say(part) if part.text or part.signature is not None else []

    def write_fragment(self, number: int, part: Part) -> list[Item]:
        signature = part.signature if isinstance(part, ReasoningDelta) else None
        members = {"content_index": number, "text": getattr(part, "text", ""), **given(signature=signature)}
        return [self.event(members, f"{_NAMES['reasoning' if part.kind == 'reasoning' else 'text']}.delta")]

    def write_whole(self, number: int, first: Part, text: str) -> list[Item]:
        if first.kind == "tool_call":
            self._nameless += first.id is None
            id = f"call_{self._nameless}" if first.id is None else first.id
            beside = self._beside.pop(first.block, _GENERIC)
            call = {"tool_use_id": id, "name": first.name or "", "input": self.input_of(text)}
            content = {**_GENERIC, **beside, **call, "client_side_execute": not first.server}
            item: dict[str, Any] = {"type": "tool_use", "tool_use": content}
        elif first.kind == "reasoning":
            content = {"text": text}
            item = {"type": "thinking", "thinking": content}
        else:
            content = {"text": text, "annotations": []}
            item = {"type": "text", **content}
        self.held.add(OVERHEAD + weight(item))
        self._content.append(item)
        return [self.event({"content_index": number, **content}, f"response.{item['type']}")]

    def write_other(self, part: Other) -> list[Item]:
        if type(part.data) is dict and part.name == "response":
            self.held.add(weight(part.data))
            self._metadata.update(dict_of(part.data.get("metadata")))
            return []
        if type(part.data) is dict and part.name == _CALL and part.block is not None:
            self.held.add(OVERHEAD + weight(part.data))
            self._beside[part.block] = _beside(part.data)
            return []
        return self.meaningless(part, self.event(part.data, part.name))

    def write_error(self, part: Error) -> list[Item]:
        code = str(part.code or part.type or part.status or "unknown")
        return [self.event({"code": code, "message": part.message, "request_id": self.id or ""}, "error")]

    def write_failed_end(self) -> list[Item]:
        return self.write_error(Error("a part of the answer was lost"))

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        if finish.reason == "error":
            return self.write_bad_end(finish)
        items = self.close_blocks()
        metadata = given(**{**self._metadata, "usage": self._usage()})
        raw = finish.raw_reason or ""
        status = raw if _REASONS.get(raw) == finish.reason else _STATUSES.get(finish.reason, "completed")
        last = {"role": "assistant", "content": self._content, "status": status, **given(metadata=metadata or None)}
        return [*items, self.event(last, "response")]

    def _usage(self) -> dict[str, Any] | None:
        used = self.held_usage
        if used is None:
            return None
        read, written = used.cache_read_tokens or 0, used.cache_write_tokens or 0
        rest = max(0, (used.input_tokens or 0) - read - written)
        input = {"total": used.input_tokens or 0, "cache_read": read, "cache_write": written, "uncached": rest}
        counts = {"input_tokens": input, "output_tokens": {"total": used.output_tokens or 0}, "context_window": 0}
        return {"tokens_consumed": [{"model_name": self.model or "", **counts}]}


DIALECT = Dialect(
    "snowflake-agents", AgentsReader, AgentsWriter, resumable=False, error_ends=True, terminal="its event response"
)
