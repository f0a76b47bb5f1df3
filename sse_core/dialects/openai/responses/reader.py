# SPDX-License-Identifier: MIT
"""The reader of openai-responses."""

from __future__ import annotations

from ..._parts import BlockEnd, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage
from ...base import (
    JsonReader,
    count_or_none,
    dict_of,
    dicts_of,
    index_or_none,
    read_error,
    short,
    short_or_none,
    str_or_none,
    text_of,
)
from .words import (
    ADDED,
    ARGUMENTS,
    CALLS,
    CONTENTS,
    CREATED,
    DONE,
    EARLY,
    ITEMS,
    LAST,
    PARTS,
    PARTS_DONE,
    REFUSAL,
    SILENT,
    TEXT,
    texts_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event
    from ..._parts import Block, Error, FinishReason, Of, Part

_INCOMPLETE: dict[str, FinishReason] = {"max_output_tokens": "length", "content_filter": "content_filter"}
# From these on an index counts as absent, so that state stays bounded.
_MAX_ITEMS = 1024
_MAX_CONTENTS = 128
_MAX_ALL = 16 * 1024  # contents of all items
# Added to a block's count once it is over: no `.done` has more to give.
_OVER = 1 << 60


class _Item:
    """What reading must know of one output item."""

    __slots__ = ("begun", "called", "counts", "hosted", "index", "over", "texts")

    def __init__(self, index: int, begun: bool, hosted: bool) -> None:
        self.index = index
        # Its beginning was in this stream. A resumed stream (`starting_after`) may begin inside an item, whose
        # `.done` then repeats what another stream has delivered.
        self.begun = begun
        # Its type says that it is no call of the client's: arguments that are sent for it make it none.
        self.hosted = hosted
        # By block, how many characters the deltas delivered: `.done` gives what they did not.
        self.counts: dict[Block, int] = {}
        # By content index, the blocks of its texts: put together once, not for each of nearly all events.
        self.texts: dict[int, str] = {}
        # A call's id and name were given.
        self.called = False
        self.over = False


class ResponsesReader(JsonReader):
    """Reads the Responses stream, of OpenAI and the servers that copy it."""

    def begin(self) -> None:
        super().begin()
        self._items: dict[int, _Item] = {}
        # Servers that leave output_index out (llama.cpp, Lemonade): items get numbers in their order, by id.
        self._ids: dict[str, int] = {}
        self._next = 0
        # The contents so far.
        self._contents = 0
        self._started = False

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("type")
        if kind == "response.output_text.delta":  # nearly all events
            output, content, delta = payload.get("output_index"), payload.get("content_index"), payload.get("delta")
            if type(output) is int and type(content) is int and type(delta) is str and not payload.get("logprobs"):
                item = self._items.get(output)
                if item is not None and delta and content in item.texts:
                    block = item.texts[content]
                    item.counts[block] += len(delta)
                    return [TextDelta(delta, block, False, 0, payload)]
        if type(kind) is str:
            stem, _, end = kind.rpartition(".")
            if stem in CONTENTS:
                return self._content(stem, end, payload, event)
            if kind in PARTS_DONE:
                part = dict_of(payload.get("part"))
                stem = PARTS.get(text_of(part.get("type")), "")
                return self._rest(self._place(payload), stem, part, payload) if stem else []
            if kind == ADDED:
                return self._added(dict_of(payload.get("item")), payload, event)
            if kind == DONE:
                return self._item_done(dict_of(payload.get("item")), payload, event)
            if kind == CREATED or (kind in EARLY and not self._started and not self._items):
                return self._start(dict_of(payload.get("response")))
            if kind in SILENT:
                return []
            if kind in LAST:
                return self._last(kind, dict_of(payload.get("response")), event)
        if kind == "error" or (kind is None and (payload.get("error") or event.type == "error")):
            return self.fail(_read_error(payload))
        return [self.other(payload, event)]

    def other(self, payload: Any, event: Event, key: str = "type") -> Other:
        other = super().other(payload, event, key)
        # The number belongs to the stream it came in: written into another, it is another.
        other.data = {name: value for name, value in payload.items() if name != "sequence_number"}
        return other

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        # The answer of a server that does not stream: a response.
        kind = f"response.{text_of(payload.get('status'))}"
        if payload.get("object") != "response" or kind not in LAST:
            return self.fail(_read_error(payload))
        return self._start(payload) + self._last(kind, payload, event)

    def _start(self, response: dict[str, Any]) -> list[Part]:
        self.begin()
        self._started = True
        return [Start(str_or_none(response.get("id")), str_or_none(response.get("model")))]

    def _place(self, payload: dict[str, Any], id: str | None = None) -> _Item:
        """The item that `payload` is about: by its index, else its id, else the last one that is not over."""
        index = payload.get("output_index")
        if type(index) is int and index in self._items:
            return self._items[index]
        item = None
        if index_or_none(index, _MAX_ITEMS) is None:
            id = short_or_none(id or str_or_none(payload.get("item_id")))
            known = id is not None and id in self._ids
            item = self._items.get(self._ids.get(id or "", max(self._next - 1, 0)))
            if item is not None and item.over and not known:
                item = None
        return self._open(payload, (id,), self._started) if item is None else item

    def _open(self, payload: dict[str, Any], ids: tuple[object, ...], begun: bool, hosted: bool = False) -> _Item:
        index = index_or_none(payload.get("output_index"), _MAX_ITEMS)
        if index is None:
            index = min(self._next, _MAX_ITEMS - 1)
            if len(self._ids) < _MAX_ITEMS:
                self._ids |= {short(id): index for id in ids if type(id) is str}
        self._next = max(self._next, index + 1)
        item = self._items[index] = _Item(index, begun, hosted)
        return item

    def _at(self, payload: dict[str, Any], position: str) -> int:
        """The index of a content in its item."""
        most = _MAX_CONTENTS if self._contents < _MAX_ALL else 1
        return index_or_none(payload.get(position), most) or 0

    def _say(self, item: _Item, stem: str, at: int, text: str) -> list[Part]:
        """[the part of a fragment, if it says anything]."""
        if not text:
            return []
        kind, _, prefix, _ = CONTENTS[stem]
        block: Block = item.index if kind == "tool_call" else f"{item.index}/{prefix}{at}"
        count = item.counts.get(block)
        if count is None:
            self._contents += 1
            if kind == "tool_call":
                self.tool_called(block)
        item.counts[block] = (count or 0) + len(text)
        if kind == "tool_call":
            return [ToolCallDelta(text, block, None, None, False, stem == ARGUMENTS)]
        if kind == "reasoning":
            return [ReasoningDelta(text, block)]
        if stem == TEXT:
            item.texts[at] = f"{item.index}/{at}"
        return [TextDelta(text, block, stem == REFUSAL)]

    def _content(self, stem: str, end: str, payload: dict[str, Any], event: Event) -> list[Part]:
        """The parts of a `.delta` or `.done` of a content."""
        if end != "delta" and end != "done":
            return [self.other(payload, event)]
        item = self._place(payload)
        position = CONTENTS[stem][1]
        if item.hosted and not position:
            return [self.other(payload, event)]
        if end == "done":
            return self._rest(item, stem, payload, payload)
        at = self._at(payload, position)
        parts = self._say(item, stem, at, text_of(payload.get("delta")))
        logprobs = payload.get("logprobs")
        if logprobs:
            parts.append(Other("logprobs", logprobs, self.name, f"{item.index}/{at}"))
        return parts

    def _rest(self, item: _Item, stem: str, content: dict[str, Any], payload: dict[str, Any]) -> list[Part]:
        """What no fragment said of a content; and its end, but for reasoning, which is signed last, and calls."""
        kind, position, prefix, member = CONTENTS[stem]
        at = self._at(payload, position)
        block: Block = item.index if kind == "tool_call" else f"{item.index}/{prefix}{at}"
        rest = text_of(content.get(member))[item.counts.get(block, 0) :] if item.begun else ""
        parts = self._say(item, stem, at, rest)
        if kind == "text" and 0 < item.counts.get(block, 0) < _OVER:
            item.counts[block] += _OVER
            parts.append(BlockEnd(block, "text"))
        return parts

    def _added(self, output: dict[str, Any], payload: dict[str, Any], event: Event) -> list[Part]:
        kind = text_of(output.get("type"))
        item = self._open(payload, (output.get("id"), output.get("call_id")), True, kind not in CALLS)
        if kind in CALLS:
            return [self._call(output, item)]
        return [] if kind in ITEMS else [self.other(payload, event)]

    def _call(self, output: dict[str, Any], item: _Item) -> ToolCallDelta:
        item.counts.setdefault(item.index, 0)
        self.tool_called(item.index)
        id = str_or_none(output.get("call_id")) or str_or_none(output.get("id"))
        name = str_or_none(output.get("name"))
        item.called = id is not None and name is not None
        return ToolCallDelta("", item.index, id, name, json=output.get("type") == "function_call")

    def _item_done(self, output: dict[str, Any], payload: dict[str, Any], event: Event) -> list[Part]:
        item = self._place(payload, str_or_none(output.get("id")) or str_or_none(output.get("call_id")))
        if item.over:
            return []
        item.over = True
        parts: list[Part] = []
        kind = text_of(output.get("type"))
        if kind in CALLS:
            parts += self._call_done(CALLS[kind], output, item)
        elif kind in ITEMS and item.begun and not item.counts:
            # Where anything was delivered this repeats it, and not always under the same index (Mantle).
            for stem, at, text in texts_of(output):
                parts += self._say(item, stem, at, text)
        signature = str_or_none(output.get("encrypted_content")) if kind == "reasoning" else None
        if signature is not None:
            block = next(reversed(item.counts), f"{item.index}/s0")
            item.counts.setdefault(block, 0)
            parts.append(ReasoningDelta("", block, signature))
        of: Of = "tool_call" if kind in CALLS else "reasoning" if kind == "reasoning" else "text"
        parts += [BlockEnd(block, of) for block, count in item.counts.items() if count < _OVER]
        if not item.counts:
            # A hosted tool's; or nothing was in it, but its id, which the next request may have to name.
            parts.append(self.other(payload, event))
        item.counts.clear()
        item.texts.clear()
        return parts

    def _call_done(self, stem: str, output: dict[str, Any], item: _Item) -> list[Part]:
        parts: list[Part] = [] if item.called else [self._call(output, item)]
        whole = output.get(CONTENTS[stem][3])
        text = self.json_text(whole) if type(whole) is dict else text_of(whole)
        return parts + self._say(item, stem, 0, text[item.counts[item.index] :] if item.begun else "")

    def _last(self, kind: str, response: dict[str, Any], event: Event) -> list[Part]:
        parts: list[Part] = []
        outputs = dicts_of(response.get("output"))[:_MAX_ITEMS]
        if self._started and not self._items:  # it comes whole
            for index, output in enumerate(outputs):
                parts += self._item_done(output, {"type": DONE, "output_index": index, "item": output}, event)
        for index, output in enumerate(outputs):
            if text_of(output.get("type")) in CALLS:  # of a resumed stream, it may have come in another
                self.tool_called(index)
        usage = response.get("usage")
        if type(usage) is dict:
            parts += self.usage(_read_usage(usage))
        status = str_or_none(response.get("status"))
        if "failed" in (status, kind[9:]):
            if not self.failed:  # else the event `error` has said it
                parts += self.fail(read_error(response.get("error")))
            return parts + self.done("error")
        reason: FinishReason = "stop"
        if "incomplete" in (status, kind[9:]):
            status = str_or_none(dict_of(response.get("incomplete_details")).get("reason")) or status
            reason = _INCOMPLETE.get(status or "", "other")
        elif kind == "response.cancelled":
            reason = "other"
        return [*parts, *self.finish(reason, status), *self.done("event")]


def _read_error(payload: dict[str, Any]) -> Error:
    """Flat in the specification, where the type is only the event's; nested on the wire."""
    return read_error({name: value for name, value in payload.items() if name != "type"})


def _read_usage(usage: dict[str, Any]) -> Usage:
    input = dict_of(usage.get("input_tokens_details"))
    output = dict_of(usage.get("output_tokens_details"))
    return Usage(
        count_or_none(usage.get("input_tokens")),
        count_or_none(usage.get("output_tokens")),
        count_or_none(usage.get("total_tokens")),
        count_or_none(input.get("cached_tokens")),
        count_or_none(input.get("cache_write_tokens")),
        count_or_none(output.get("reasoning_tokens")),
    )
