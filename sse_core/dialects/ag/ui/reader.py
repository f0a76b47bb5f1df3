# SPDX-License-Identifier: MIT
"""Reading ag-ui."""

from __future__ import annotations

from collections import OrderedDict

from ..._parts import BlockEnd, Error, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage
from ...base import JsonReader, Text, count_or_none, dict_of, dicts_of, short, str_or_none, text_of
from ...base.blocks import Nesting
from .words import COUNTS, EVENTS, IDS, OUTCOMES, SAID, SPANS, STARTS, is_json, is_subagents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event
    from ..._parts import Part
    from .words import Kind, Step

    Key = tuple[Kind, str]

_MAX_BLOCKS = 1024  # that are open at once; of others' messages and of reasoning, that are remembered
_MAX_CALLS = 4096  # of a run
_MAX_ARGUMENTS = 32 * 1024  # characters of arguments that are kept, to see whether they are JSON
# Chunks have no END: what they began ends with the next of these events, but those of a subagent, or of a block.
_ENDS_CHUNKS = frozenset(
    (
        *("REASONING_START", "REASONING_END", "THINKING_START", "THINKING_END", "TOOL_CALL_RESULT", "CUSTOM"),
        *("STATE_SNAPSHOT", "STATE_DELTA", "STEP_STARTED", "STEP_FINISHED", "MESSAGES_SNAPSHOT"),
    )
)


class AgUiReader(JsonReader):
    """Reads AG-UI: a run's text, reasoning and calls, by their ids; all else is an Other.

    A payload that names no block of its own, or lacks its text, is Invalid: its client fails there. So it does where
    a run ends that did not begin, or in which something is open, and where something begins again that is open. Of a
    run whose beginning is not there the content is read, but it has no end.
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
        # Whether RUN_STARTED came, and no end of the run.
        self._running = False
        # The calls of the run: a client joins what has the id of one to its arguments. Those of calls that are open,
        # or their brackets where they are too long, and the room that is left.
        self._calls: set[str] = set()
        self._arguments: dict[str, Text | Nesting] = {}
        self._room = _MAX_ARGUMENTS

    def reset(self) -> None:
        super().reset()
        self._running = False

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
                return [self._fragment(of, delta, id)]
        return self._read_block(of, step, payload, event)

    def _read_block(self, of: Kind, step: Step, payload: dict[str, Any], event: Event) -> list[Part]:
        key = self._key(of, step, payload, event)
        if key is None or self._is_foreign(key, step, payload, event):
            parts = [] if is_subagents(payload) else self._end_chunks(event)
            if step == "chunk" and not is_subagents(payload):
                self._chunked = key
            return [*parts, self.other(payload, event)]
        if not self.waiting:  # the run goes on after its end
            self.said()
        if step == "chunk" and key == self._chunked:
            return self._read_delta(key, payload.get("delta", ""), event)
        parts = self._end_chunks(event)
        if step == "start" and key in self._open:
            return [*parts, *self._invalid(f"{payload['type']} of what is open", event)]
        if step == "end" and key not in self._open and self._running:
            return [*parts, *self._invalid(f"{payload['type']} of what is not open", event)]
        if step == "end":
            return parts + self._end(key, event)
        if step != "delta":
            parts += self._begin(key, payload, event)
        if step == "start":
            return parts
        self._chunked = key if step == "chunk" else None
        return parts + self._read_delta(key, payload.get("delta", "" if step == "chunk" else None), event)

    def _invalid(self, problem: str, event: Event) -> list[Part]:
        """[the Invalid of an event], of which more than that is told."""
        return self.invalid(event, self.unreadable(problem, event))

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
            if len(self._open) >= _MAX_BLOCKS or len(self._calls) >= _MAX_CALLS:
                raise self.unreadable(f"more than {_MAX_BLOCKS} messages are open, or {_MAX_CALLS} calls came", event)
            if of == "tool_call" and id in self._calls:
                raise self.unreadable("a call has the id of one before it, which its client joins it to", event)
            self._open[key] = True
            if of == "tool_call":
                self._calls.add(id)
                self._arguments[id] = Text()
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
            if of == "tool_call" or self._running:
                raise self.unreadable("more of what did not begin, or is over", event)
            self._begin(key, {}, event)
        if not delta:
            return []
        self._say(key)
        return [self._fragment(of, delta, id)]

    def _fragment(self, of: Kind, text: str, id: str) -> Part:
        if of == "text":
            return TextDelta(text, id)
        if of == "reasoning":
            return ReasoningDelta(text, id)
        said = self._arguments[id]
        if isinstance(said, Nesting):
            said.feed(text)
        else:
            said.append(text)
            self._room -= len(text)
            if self._room < 0:
                self._room += said.size
                self._arguments[id] = nesting = Nesting()
                nesting.feed(str(said))
        return ToolCallDelta(text, id)

    def _is_whole(self, id: str) -> bool:
        """Whether the arguments of a call, which ends, are JSON: of many, whether their brackets close."""
        said = self._arguments.pop(id)
        if isinstance(said, Nesting):
            return said.whole
        self._room += said.size
        return is_json(str(said))

    def _say(self, key: Key) -> None:
        """Something is given of a block: the writer begins it here."""
        of, id = key
        if self._open[key] and (of == "text" or (of == "tool_call" and self._parent is None)):
            self._parent = id
        self._open[key] = False

    def _end(self, key: Key, event: Event) -> list[Part]:
        of, id = key
        if key not in self._open:
            return []
        parts: list[Part] = [self._fragment(of, "", id)] if self._open[key] else []
        self._say(key)
        del self._open[key]
        if of == "tool_call" and not self._is_whole(id):
            return self._invalid(f"the arguments of the call {id} are no JSON", event)
        return [*parts, BlockEnd(id, of)]

    def _end_chunks(self, event: Event) -> list[Part]:
        """The end of what chunks began, which no event says."""
        key, self._chunked = self._chunked, None
        return [] if key is None else self._end(key, event)

    def _read_other(self, name: str, payload: dict[str, Any], event: Event) -> list[Part]:
        """Any event that is of no block."""
        if name == "RUN_STARTED":
            if self._running:
                raise self.unreadable("RUN_STARTED while a run is active", event)
            self.begin()
            self._running = True
            data = {name: value for name, value in payload.items() if name not in ("type", "runId")}
            return [Other("RUN_STARTED", data, self.name), Start(str_or_none(payload.get("runId")))]
        if name == "RUN_FINISHED":
            return self._read_finish(payload, event)
        if name == "RUN_ERROR":
            message = str_or_none(payload.get("message")) or "the run failed without a message"
            self._chunked = None
            self._running = False
            return [*self._read_usage(payload), *self.fail(Error(message, None, str_or_none(payload.get("code"))))]
        if is_subagents(payload):
            return [self.other(payload, event)]
        if name == "REASONING_ENCRYPTED_VALUE":
            return [self._read_signature(payload) or self.other(payload, event)]
        parts = self._end_chunks(event) if name in _ENDS_CHUNKS else []
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
        if not self._running and not self.failed:
            raise self.unreadable("RUN_FINISHED of a run that did not begin, or is over", event)
        parts = self._end_chunks(event)
        if self._open and not self.failed:
            kinds = " and ".join(sorted({of for of, _ in self._open}))
            return [*parts, *self._invalid(f"RUN_FINISHED while {kinds} is open", event)]
        self._running = False
        parts += self._read_usage(payload)
        rest = {name: value for name, value in payload.items() if value is not None and name not in ("type", *_RUN)}
        entries = dicts_of(rest.get("usage"))
        if len(entries) == 1 and entries[0].keys() <= _COUNTED:  # else it says more than a Usage can
            del rest["usage"]
        if rest:
            parts.append(Other("RUN_FINISHED", rest, self.name))
        word = text_of(dict_of(payload.get("outcome")).get("type"))
        return parts + (self.finish("other", word) if word in OUTCOMES else self.finish("stop"))

    def _read_usage(self, payload: dict[str, Any]) -> list[Part]:
        """The Usage of all entries, one for each model."""
        entries, usage = dicts_of(payload.get("usage")), Usage()
        for field, name in COUNTS.items():
            counts = [count for entry in entries if (count := count_or_none(entry.get(name))) is not None]
            setattr(usage, field, sum(counts) if counts else None)
        return self.usage(usage)


_RUN = ("threadId", "runId")
_COUNTED = frozenset(COUNTS.values())


def _remember(known: OrderedDict[Any, None], key: object) -> None:
    """Add `key`; past the limit the oldest is forgotten."""
    known[key] = None
    if len(known) > _MAX_BLOCKS:
        known.popitem(last=False)
