# SPDX-License-Identifier: MIT
"""openai-responses: OpenAI's Responses API; named events that say their JSON `type` again, numbered, with snapshots.

An output item (message, reasoning, function_call, hosted tool) has an `output_index`, its contents an index of
their own; `*.done` events and the last event repeat what the deltas said. Hosted tools are Others.
"""

from __future__ import annotations

from .._items import Event
from ._json import JsonDialect, count_or_none, dict_of, read_error, str_or_none, text_of
from ._openai_responses import ADDED, ARGUMENTS, CALLS, CONTENTS, DONE, PARTS, REFUSAL, ResponseWriter
from ._parts import BlockEnd, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Retry
    from ._parts import Block, Part

_EARLY = ("response.queued", "response.in_progress")
# What says nothing that another event does not.
_SILENT = frozenset(
    (
        *_EARLY,
        "response.content_part.added",
        "response.reasoning_part.added",  # Bedrock Mantle, where OpenAI says content_part
        "response.reasoning_summary_part.added",
    )
)
_PARTS_DONE = ("response.content_part.done", "response.reasoning_part.done", "response.reasoning_summary_part.done")
_LAST = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")
_INCOMPLETE = {"max_output_tokens": "length", "content_filter": "content_filter"}
# From these on an index counts as absent, so that state stays bounded.
_MAX_ITEMS = 1024
_MAX_CONTENTS = 128
# Added to a block's count once it is over: no `.done` has more to give.
_OVER = 1 << 60


class _Item:
    """What decoding must know of one output item."""

    __slots__ = ("begun", "called", "counts", "over")

    def __init__(self, begun: bool) -> None:
        # Its beginning was in this stream. A resumed stream (`starting_after`) may begin inside an item, whose
        # `.done` then repeats what another stream has delivered.
        self.begun = begun
        # By block, how many characters the deltas delivered: `.done` gives what they did not.
        self.counts: dict[Block, int] = {}
        # A call's id and name were given.
        self.called = False
        self.over = False


class OpenAIResponses(JsonDialect):
    """The Responses stream, of OpenAI and the servers that copy it."""

    name = "openai-responses"
    terminal = "response.completed"
    one_choice = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._items: dict[int, _Item] = {}
        # Servers that leave output_index out (llama.cpp, Lemonade): items get numbers in their order, by id.
        self._ids: dict[str, int] = {}
        self._next = 0
        self._started = False
        self._writer = ResponseWriter(self)

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("type")
        if kind == "response.output_text.delta":  # nearly all events
            output, content, delta = payload.get("output_index"), payload.get("content_index"), payload.get("delta")
            if type(output) is int and type(content) is int and type(delta) is str and not payload.get("logprobs"):
                item = self._items.get(output)
                if item is not None and delta and 0 <= content < _MAX_CONTENTS:
                    block = f"{output}/{content}"
                    item.counts[block] = item.counts.get(block, 0) + len(delta)
                    return [TextDelta(delta, block, False, 0, payload)]
        if type(kind) is str:
            stem, _, end = kind.rpartition(".")
            if stem in CONTENTS:
                return self._content(stem, end, payload, event)
            if kind in _PARTS_DONE:
                part = dict_of(payload.get("part"))
                stem = PARTS.get(text_of(part.get("type")), "")
                return self._whole(stem, part, payload) if stem else []
            if kind == ADDED:
                return self._added(dict_of(payload.get("item")), payload, event)
            if kind == DONE:
                return self._item_done(dict_of(payload.get("item")), payload, event)
            if kind == "response.created" or (kind in _EARLY and not self._started and not self._items):
                return self._start(dict_of(payload.get("response")), payload)
            if kind in _SILENT:
                return []
            if kind in _LAST:
                return self._last(kind, dict_of(payload.get("response")), payload, event)
        if kind == "error" or (kind is None and (payload.get("error") or event.type == "error")):
            return self.fail(payload)
        return [self.unknown(payload, event)]

    def unknown(self, payload: Any, event: Event, key: str = "type") -> Other:
        other = super().unknown(payload, event, key)
        # The number belongs to the stream it came in: written into another, it is another.
        other.data = {name: value for name, value in payload.items() if name != "sequence_number"}
        return other

    def fail(self, payload: Any) -> list[Part]:
        self.failed = True
        # Flat in the specification, where the type is only the event's; nested on the wire.
        return [read_error({name: value for name, value in payload.items() if name != "type"}, payload)]

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        # The answer of a server that does not stream: a response.
        kind = f"response.{text_of(payload.get('status'))}"
        if payload.get("object") != "response" or kind not in _LAST:
            return self.fail(payload)
        return self._start(payload, payload) + self._last(kind, payload, payload, event)

    def _start(self, response: dict[str, Any], payload: dict[str, Any]) -> list[Part]:
        self._started = True
        self._items.clear()
        self._ids.clear()
        self._next = 0
        self.open = {0: False}
        self.usage = None
        return [Start(str_or_none(response.get("id")), str_or_none(response.get("model")), raw=payload)]

    def _place(self, payload: dict[str, Any], id: str | None = None) -> tuple[int, _Item]:
        """The item that `payload` is about: by its index, else its id, else the last one that is not over."""
        index = _number(payload.get("output_index"), _MAX_ITEMS)
        if index is not None:
            item = self._items.get(index)
        else:
            id = id or str_or_none(payload.get("item_id"))
            known = id is not None and id in self._ids
            index = self._ids.get(id or "", max(self._next - 1, 0))
            item = self._items.get(index)
            if item is not None and item.over and not known:
                item = None
        return self._open(payload, (id,), self._started) if item is None else (index, item)

    def _open(self, payload: dict[str, Any], ids: tuple[object, ...], begun: bool) -> tuple[int, _Item]:
        index = _number(payload.get("output_index"), _MAX_ITEMS)
        if index is None:
            index = min(self._next, _MAX_ITEMS - 1)
            if len(self._ids) < _MAX_ITEMS:
                self._ids |= {id: index for id in ids if type(id) is str}
        self._next = max(self._next, index + 1)
        item = self._items[index] = _Item(begun)
        return index, item

    def _say(self, stem: str, at: int, text: str, index: int, item: _Item, payload: Any) -> list[Part]:
        """[the part of a fragment, if it says anything]."""
        kind, _, prefix, _ = CONTENTS[stem]
        block: Block = f"{index}/{prefix}{at}" if prefix or kind == "text" else index
        if not text:
            return []
        item.counts[block] = item.counts.get(block, 0) + len(text)
        if kind == "tool_call":
            self.open[0] = True
            return [ToolCallDelta(text, block, json=stem == ARGUMENTS, raw=payload)]
        if kind == "reasoning":
            return [ReasoningDelta(text, block, raw=payload)]
        return [TextDelta(text, block, stem == REFUSAL, raw=payload)]

    def _content(self, stem: str, end: str, payload: dict[str, Any], event: Event) -> list[Part]:
        if end == "done":
            return self._whole(stem, payload, payload)
        if end != "delta":
            return [self.unknown(payload, event)]
        index, item = self._place(payload)
        at = _number(payload.get(CONTENTS[stem][1]), _MAX_CONTENTS) or 0
        parts = self._say(stem, at, text_of(payload.get("delta")), index, item, payload)
        logprobs = payload.get("logprobs")
        if logprobs:
            parts.append(Other("logprobs", logprobs, self.name, f"{index}/{at}", raw=payload))
        return parts

    def _whole(self, stem: str, content: dict[str, Any], payload: dict[str, Any]) -> list[Part]:
        """What no fragment said of a content; and its end, but for reasoning, which is signed last, and calls."""
        kind, position, prefix, member = CONTENTS[stem]
        index, item = self._place(payload)
        at = _number(payload.get(position), _MAX_CONTENTS) or 0
        block: Block = index if kind == "tool_call" else f"{index}/{prefix}{at}"
        rest = text_of(content.get(member))[item.counts.get(block, 0) :] if item.begun else ""
        parts = self._say(stem, at, rest, index, item, payload)
        if kind == "text" and 0 < item.counts.get(block, 0) < _OVER:
            item.counts[block] += _OVER
            parts.append(BlockEnd(block, "text", raw=payload))
        return parts

    def _added(self, output: dict[str, Any], payload: dict[str, Any], event: Event) -> list[Part]:
        index, item = self._open(payload, (output.get("id"), output.get("call_id")), True)
        kind = output.get("type")
        if kind in ("function_call", "custom_tool_call"):
            return [self._call(output, index, item, payload)]
        return [] if kind in ("message", "reasoning") else [self.unknown(payload, event)]

    def _call(self, output: dict[str, Any], index: int, item: _Item, payload: Any) -> ToolCallDelta:
        item.counts.setdefault(index, 0)
        self.open[0] = True
        id = str_or_none(output.get("call_id")) or str_or_none(output.get("id"))
        name = str_or_none(output.get("name"))
        item.called = id is not None and name is not None
        return ToolCallDelta("", index, id, name, json=output.get("type") == "function_call", raw=payload)

    def _item_done(self, output: dict[str, Any], payload: dict[str, Any], event: Event) -> list[Part]:
        index, item = self._place(payload, str_or_none(output.get("id")) or str_or_none(output.get("call_id")))
        if item.over:
            return []
        item.over = True
        parts: list[Part] = []
        kind = text_of(output.get("type"))
        of = "tool_call" if kind in CALLS else "reasoning" if kind == "reasoning" else "text"
        if kind in CALLS:
            if not item.called:
                parts.append(self._call(output, index, item, payload))
            whole = output.get(CONTENTS[CALLS[kind]][3])
            text = self.json_text(whole) if type(whole) is dict else text_of(whole)
            rest = text[item.counts[index] :] if item.begun else ""
            parts += self._say(CALLS[kind], 0, rest, index, item, payload)
        elif kind in ("message", "reasoning") and item.begun and not item.counts:
            # Where anything was delivered this repeats it, and not always under the same index (Mantle).
            parts += self._contents(output, index, item, payload)
        signature = str_or_none(output.get("encrypted_content")) if kind == "reasoning" else None
        if signature is not None:
            block = next(reversed(item.counts), f"{index}/s0")
            item.counts.setdefault(block, 0)
            parts.append(ReasoningDelta("", block, signature, raw=payload))
        parts += [BlockEnd(block, of, raw=payload) for block, count in item.counts.items() if count < _OVER]
        if not item.counts:
            # A hosted tool's; or nothing was in it, but its id, which the next request may have to name.
            parts.append(self.unknown(payload, event))
        item.counts.clear()
        return parts

    def _contents(self, output: dict[str, Any], index: int, item: _Item, payload: Any) -> list[Part]:
        parts: list[Part] = []
        for name in ("summary", "content"):
            for at, content in enumerate(_dicts(output.get(name))[:_MAX_CONTENTS]):
                stem = PARTS.get(text_of(content.get("type")))
                if stem is not None:
                    parts += self._say(stem, at, text_of(content.get(CONTENTS[stem][3])), index, item, payload)
        return parts

    def _last(self, kind: str, response: dict[str, Any], payload: dict[str, Any], event: Event) -> list[Part]:
        parts: list[Part] = []
        outputs = _dicts(response.get("output"))[:_MAX_ITEMS]
        if self._started and not self._items:  # it comes whole
            for index, output in enumerate(outputs):
                parts += self._item_done(output, {"type": DONE, "output_index": index, "item": output}, event)
        usage = response.get("usage")
        if type(usage) is dict:
            parts += self.merge_usage(_read_usage(usage, payload))
        status = str_or_none(response.get("status"))
        if "failed" in (status, kind[9:]):
            if not self.failed:  # else the event `error` has said it
                self.failed = True
                parts.append(read_error(response.get("error"), payload))
            return parts + self.finish("error")
        called = self.open.get(0) or any(text_of(output.get("type")) in CALLS for output in outputs)
        reason, raw = "tool_call" if called else "stop", status
        if "incomplete" in (status, kind[9:]):
            raw = str_or_none(dict_of(response.get("incomplete_details")).get("reason")) or status
            reason = _INCOMPLETE.get(raw or "", "other")
        elif kind == "response.cancelled":
            reason = "other"
        self.open.clear()
        return [*parts, Finish(reason, raw, raw=payload), *self.finish("event")]

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        return list(self._writer.write(part))

    def write_end(self) -> list[Event]:
        return self._writer.end()


def _number(value: object, limit: int) -> int | None:
    return value if type(value) is int and 0 <= value < limit else None


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if type(item) is dict] if type(value) is list else []


def _read_usage(usage: dict[str, Any], raw: Any) -> Usage:
    input = dict_of(usage.get("input_tokens_details"))
    output = dict_of(usage.get("output_tokens_details"))
    return Usage(
        count_or_none(usage.get("input_tokens")),
        count_or_none(usage.get("output_tokens")),
        count_or_none(usage.get("total_tokens")),
        count_or_none(input.get("cached_tokens")),
        count_or_none(input.get("cache_write_tokens")),
        count_or_none(output.get("reasoning_tokens")),
        raw=raw,
    )
