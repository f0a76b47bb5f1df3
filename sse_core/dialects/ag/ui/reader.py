# SPDX-License-Identifier: MIT
"""Reading ag-ui."""

from __future__ import annotations

from collections import OrderedDict

from ..._parts import BlockEnd, Error, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage
from ...base import JsonReader, count_or_none, dict_of, dicts_of, short, str_or_none, text_of
from .words import COUNTS, EVENTS, IDS, OUTCOMES, SAID, SPANS, STARTS, is_subagents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event
    from ..._parts import Part
    from .words import Kind, Step

    Key = tuple[Kind, str]

_MAX_BLOCKS = 1024  # that are open at once; of others' messages and of reasoning, that are remembered
# Chunks have no END: what they began ends with the next of these events, but those of a subagent, or of a block.
_ENDS_CHUNKS = frozenset(
    (
        *("REASONING_START", "REASONING_END", "THINKING_START", "THINKING_END", "TOOL_CALL_RESULT", "CUSTOM"),
        *("STATE_SNAPSHOT", "STATE_DELTA", "STEP_STARTED", "STEP_FINISHED", "MESSAGES_SNAPSHOT"),
    )
)


class AgUiReader(JsonReader):
    """Reads AG-UI: a run's text, reasoning and calls, by their ids; all else is an Other.

    A payload that names no block of its own, or lacks its text, is Invalid: its client fails there.
    """

    body_ends = True
    bodies = False

    def begin(self) -> None:
        super().begin()
        # The blocks that are open, and whether nothing was said in them yet.
        self._open: dict[Key, bool] = {}
        # The messages and calls that are not the answer's: a user's, a subagent's.
        self._foreign: OrderedDict[Key, None] = OrderedDict()
        # The messages of reasoning: a signature may come after their end.
        self._reasoning: OrderedDict[str, None] = OrderedDict()
        # What the last chunk belongs to, as long as chunks without an id go on with it.
        self._chunked: Key | None = None
        # The message under which the writer would put the next call.
        self._parent: str | None = None
        self._thoughts = 0

    def is_sentinel(self, data: str) -> bool:
        return False  # the protocol has none: its client fails there

    def whole(self) -> bool:
        return not self.waiting

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        name = payload.get("type")
        if type(name) is not str:
            raise self.unreadable("an event has no type", event)
        if name not in EVENTS:
            return self._read_other(name, payload, event)
        of, step = EVENTS[name]
        if step == "delta" and self._chunked is None and len(payload) == 3:
            # Nearly every event: more of what is open.
            id, delta = payload.get(IDS[of]), payload.get("delta")
            if type(id) is str and type(delta) is str and delta and self._open.get((of, id)) is False:
                return [_fragment(of, delta, id)]
        return self._read_block(of, step, payload, event)

    def _read_block(self, of: Kind, step: Step, payload: dict[str, Any], event: Event) -> list[Part]:
        key = self._key(of, step, payload, event)
        if key is None or self._is_foreign(key, step, payload, event):
            parts = [] if is_subagents(payload) else self._end_chunks()
            if step == "chunk" and not is_subagents(payload):
                self._chunked = key
            return [*parts, self.other(payload, event)]
        if not self.waiting:  # the run goes on after its end
            self.said()
        if step == "chunk" and key == self._chunked:
            return self._read_delta(key, payload.get("delta", ""), event)
        parts = self._end_chunks()
        if step == "end":
            return parts + self._end(key)
        if step != "delta":
            parts += self._begin(key, payload, event)
        if step == "start":
            return parts
        self._chunked = key if step == "chunk" else None
        return parts + self._read_delta(key, payload.get("delta", "" if step == "chunk" else None), event)

    def _key(self, of: Kind, step: Step, payload: dict[str, Any], event: Event) -> Key | None:
        """The block that an event is about; None if it is some other message's."""
        if payload["type"].startswith("THINKING"):  # these had no ids
            self._thoughts += step == "start"
            return of, f"thinking-{self._thoughts}"
        id = payload.get(IDS[of])
        if type(id) is str:
            return of, short(id)
        if step == "chunk":
            if self._chunked is not None and self._chunked[0] == of and not is_subagents(payload):
                return self._chunked
            if self._foreign or is_subagents(payload):
                return None
        raise self.unreadable(f"{payload['type']} has no {IDS[of]}", event)

    def _is_foreign(self, key: Key, step: Step, payload: dict[str, Any], event: Event) -> bool:
        """Whether a block is no part of the answer, as the event says, or one before it did."""
        speaks = key[0] == "text" and step in ("start", "chunk")
        if not is_subagents(payload) and not (speaks and payload.get("role") not in (None, "assistant")):
            return key in self._foreign
        if key in self._open:
            raise self.unreadable("an open message, or call, of the answer is no longer its own", event)
        _remember(self._foreign, key)
        return True

    def _begin(self, key: Key, payload: dict[str, Any], event: Event) -> list[Part]:
        of, id = key
        if key not in self._open:
            if len(self._open) >= _MAX_BLOCKS:
                raise self.unreadable(f"more than {_MAX_BLOCKS} messages and calls are open", event)
            self._open[key] = True
        parts: list[Part] = []
        more = {name: value for name, value in payload.items() if value is not None and name not in SAID}
        parent = str_or_none(payload.get("parentMessageId")) if of == "tool_call" else None
        moved = of == "tool_call" and (parent and short(parent)) != self._parent
        if more or moved:
            parts.append(Other(STARTS[of], {**({"parentMessageId": parent} if parent else {}), **more}, self.name, id))
        if of == "reasoning":
            _remember(self._reasoning, id)
        elif of == "tool_call":
            self.tool_called(id)
            self._say(key)
            name = str_or_none(payload.get("toolCallName"))
            parts.append(ToolCallDelta("", id, str_or_none(payload.get("toolCallId")), name))
        return parts

    def _read_delta(self, key: Key, delta: object, event: Event) -> list[Part]:
        of, id = key
        if type(delta) is not str:
            raise self.unreadable("a delta is no text", event)
        if key not in self._open:
            if of == "tool_call":
                raise self.unreadable("arguments of a call that did not begin, or is over", event)
            self._begin(key, {}, event)
        if not delta:
            return []
        self._say(key)
        return [_fragment(of, delta, id)]

    def _say(self, key: Key) -> None:
        """Something is given of a block: the writer begins it here."""
        of, id = key
        if self._open[key] and (of == "text" or (of == "tool_call" and self._parent is None)):
            self._parent = id
        self._open[key] = False

    def _end(self, key: Key) -> list[Part]:
        of, id = key
        if key not in self._open:
            return []
        parts: list[Part] = [_fragment(of, "", id)] if self._open[key] else []
        self._say(key)
        del self._open[key]
        return [*parts, BlockEnd(id, of)]

    def _end_chunks(self) -> list[Part]:
        """The end of what chunks began, which no event says."""
        key, self._chunked = self._chunked, None
        return [] if key is None else self._end(key)

    def _read_other(self, name: str, payload: dict[str, Any], event: Event) -> list[Part]:
        """Any event that is of no block."""
        if name == "RUN_STARTED":
            self.begin()
            data = {name: value for name, value in payload.items() if name not in ("type", "runId")}
            return [Other("RUN_STARTED", data, self.name), Start(str_or_none(payload.get("runId")))]
        if name == "RUN_FINISHED":
            return self._read_finish(payload, event)
        if name == "RUN_ERROR":
            message = str_or_none(payload.get("message")) or "the run failed without a message"
            self._chunked = None
            return [*self._read_usage(payload), *self.fail(Error(message, None, str_or_none(payload.get("code"))))]
        if is_subagents(payload):
            return [self.other(payload, event)]
        if name == "REASONING_ENCRYPTED_VALUE":
            return [self._read_signature(payload) or self.other(payload, event)]
        parts = self._end_chunks() if name in _ENDS_CHUNKS else []
        if name in SPANS:
            return parts
        if name == "TOOL_CALL_RESULT":
            self.tool_answered(short(text_of(payload.get("toolCallId"))))
            self._parent = None  # the next call is of another turn
        return [*parts, self.other(payload, event)]

    def _read_signature(self, payload: dict[str, Any]) -> Part | None:
        id, value = short(text_of(payload.get("entityId"))), str_or_none(payload.get("encryptedValue"))
        if payload.get("subtype") != "message" or value is None or id not in self._reasoning:
            return None
        if ("reasoning", id) in self._open:
            self._say(("reasoning", id))
        return ReasoningDelta("", id, value)

    def _read_finish(self, payload: dict[str, Any], event: Event) -> list[Part]:
        if any(of == "tool_call" and (of, id) != self._chunked for of, id in self._open):
            raise self.unreadable("RUN_FINISHED while a call is open", event)
        parts = self._end_chunks()
        self._open.clear()
        parts += self._read_usage(payload)
        rest = {name: value for name, value in payload.items() if value is not None and name not in ("type", *_RUN)}
        entries = dicts_of(rest.get("usage"))
        if len(entries) == 1 and entries[0].keys() <= _COUNTED:  # else it says more than a Usage can
            del rest["usage"]
        if rest:
            parts.append(Other("RUN_FINISHED", rest, self.name))
        if self.waiting:
            word = text_of(dict_of(payload.get("outcome")).get("type"))
            parts += self.finish("other", word) if word in OUTCOMES else self.finish("stop")
        return parts

    def _read_usage(self, payload: dict[str, Any]) -> list[Part]:
        """The Usage of all entries, one for each model."""
        entries, usage = dicts_of(payload.get("usage")), Usage()
        for field, name in COUNTS.items():
            counts = [count for entry in entries if (count := count_or_none(entry.get(name))) is not None]
            setattr(usage, field, sum(counts) if counts else None)
        return self.usage(usage)


_RUN = ("threadId", "runId")
_COUNTED = frozenset(COUNTS.values())


def _fragment(of: Kind, text: str, block: str) -> Part:
    if of == "text":
        return TextDelta(text, block)
    return ToolCallDelta(text, block) if of == "tool_call" else ReasoningDelta(text, block)


def _remember(known: OrderedDict[Any, None], key: object) -> None:
    """Add `key`; past the limit the oldest is forgotten."""
    known[key] = None
    if len(known) > _MAX_BLOCKS:
        known.popitem(last=False)
