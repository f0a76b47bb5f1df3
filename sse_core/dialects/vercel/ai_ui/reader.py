# SPDX-License-Identifier: MIT
"""What reads vercel-ai-ui."""

from __future__ import annotations

from ...._items import Event
from ..._parts import BlockEnd, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage
from ...base import Heard, JsonReader, Text, count_or_none, dict_of, given, short, str_or_none, text_of
from ...base.json import SENTINEL
from .words import (
    ANSWERS,
    BLOCKS,
    COUNTS,
    MAX_INPUT,
    REASONS,
    SERVERS,
    SIGNATURES,
    more_of,
    read_input,
    spellings,
    spells,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._parts import Part

# Past these an open block is not followed, the call that began first no longer, and no call begins.
_MAX_BLOCKS = 1024
_MAX_CALLS = 1024
_NOTHING = Text()  # of the calls that are over; never added to


class _Call:
    """A call: which of its id it is, and what was said of it."""

    __slots__ = ("again", "json", "named", "over", "server", "text")

    def __init__(self, again: int, named: bool, server: bool, json: bool) -> None:
        # 0: the first of its id. Else its number, since another step may use the id for another call.
        self.again = again
        self.named = named
        self.server = server
        self.json = json
        self.over = False
        # Its fragments; or, where they are too many to be kept, a digest of them.
        self.text: Text | Heard = Text()

    def block(self, id: str) -> str:
        return f"{id}#{self.again}" if self.again else id


class UIReader(JsonReader):
    """Reads the UI message stream. Blocks may interleave, and are not held to the order that its client holds them to.

    A block that ends with nothing said begins with an empty delta, so that none is lost on the way through parts.
    A call whose input is not what its fragments spell was mended by the server: an Other, and no BlockEnd. Parts
    cannot unsay the fragments, so a finish that would have such a call run is Invalid, as is one while a call has no
    input, which its client never runs. What was refused, answered, or waits for an approval is the server's call; but
    one that was refused for arguments that are no JSON is not whole, as it is elsewhere.
    """

    def begin(self) -> None:
        super().begin()
        # A start or content came: another start replaces nothing.
        self._begun = False
        # The last word was finish or abort.
        self._finished = False
        # The blocks that began, and have said nothing.
        self._bare: set[tuple[str, str | int]] = set()
        # The calls by their short ids, how many there were, and room for the fragments of those that are open.
        self._calls: dict[str, _Call] = {}
        self._count = 0
        self._room = MAX_INPUT
        # The client's calls without an input that their fragments spell: no finish may complete them.
        self._lacking: dict[str, None] = {}

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("type")
        if type(kind) is not str:
            return [self.other(payload, event)]
        if kind in BLOCKS:
            return self._read_block(kind, payload)
        if kind.startswith("tool-"):
            return self._read_tool(kind, payload, event)
        if kind == "error":
            return self.fail(payload)
        if kind == "start" and not self._begun:
            return self._read_start(payload)
        if kind in ("finish", "message-metadata"):
            return self._read_finish(kind, payload, event)
        if kind == "abort":
            self._finished = True
            return [self.other(payload, event), *self.finish_later("other", "abort")]
        return [self.other(payload, event)]

    def read_sentinel(self) -> list[Part]:
        return [*self._check_calls(Event(SENTINEL)), *super().read_sentinel()]

    def whole(self) -> bool:
        return self._finished

    def _read_start(self, payload: dict[str, Any]) -> list[Part]:
        self._begun = True
        metadata = payload.get("messageMetadata")
        members = dict_of(metadata)
        model = str_or_none(members.get("model"))
        if model is not None:
            metadata = {name: value for name, value in members.items() if name != "model"}
        return [*self._read_metadata(metadata), Start(str_or_none(payload.get("messageId")), model)]

    def _read_finish(self, kind: str, payload: dict[str, Any], event: Event) -> list[Part]:
        parts = self._read_metadata(payload.get("messageMetadata"))
        if kind == "finish":
            self._finished = True
            word = str_or_none(payload.get("finishReason"))
            if word is not None:
                parts += self.finish_later(REASONS.get(word, "other"), word)
            parts += self._check_calls(event)
        return parts

    def _check_calls(self, event: Event) -> list[Part]:
        """[Invalid], if a finish would complete a call that its client does not run; said once of each."""
        finish = self.finishes.get(0)
        if not self._lacking or self.failed or (finish and finish.reason not in ("stop", "tool_call")):
            return []
        id = next(iter(self._lacking))
        self._lacking.clear()
        return self.invalid(event, self.unreadable(f"the answer ends without the input of the call {id}", event))

    def _read_metadata(self, metadata: Any) -> list[Part]:
        """The Usage in metadata, and an Other of what else there is."""
        members = dict_of(metadata)
        usage = _read_usage(dict_of(members.get("usage")))
        if usage is not None:
            metadata = {name: value for name, value in members.items() if name != "usage"}
        parts: list[Part] = [Other("message-metadata", metadata, self.name)] if metadata else []
        return parts if usage is None else parts + self.usage(usage)

    def _said(self) -> None:
        """Content came."""
        self._begun = True
        if self._finished:
            self._finished = False
            self.said()

    def _read_block(self, kind: str, payload: dict[str, Any]) -> list[Part]:
        of, step = BLOCKS[kind]
        id = payload.get("id")
        block, key = (id, (of, short(id))) if type(id) is str else (0, (of, 0))
        text = text_of(payload.get("delta")) if step == "delta" else ""
        word = signature = None
        parts: list[Part] = []
        if len(payload) > 3 or step != "delta":
            rest = more_of(payload)
            word, signature = _signature(rest) if of == "reasoning" else (None, None)
            if rest and word is None:
                parts.append(Other(kind, rest, self.name, block))
        if step == "start" and len(self._bare) < _MAX_BLOCKS:
            self._bare.add(key)
        bare = key in self._bare
        if text or word is not None or (bare and step == "end"):
            self._said()
            self._bare.discard(key)
            if bare and word == "signature" and not text:  # else it would be taken for redacted
                parts.append(ReasoningDelta("", block))
            parts.append(TextDelta(text, block) if of == "text" else ReasoningDelta(text, block, signature))
        if step == "end":
            parts.append(BlockEnd(block, of))
        return parts

    def _read_tool(self, kind: str, payload: dict[str, Any], event: Event) -> list[Part]:
        id = str_or_none(payload.get("toolCallId"))
        if id is None:
            return [Other(kind, payload, self.name)]
        call = self._calls.get(short(id))
        if kind == "tool-input-start":
            return self._begin_call(id, payload, event)
        if kind == "tool-input-available" and call is None:
            return [*self._begin_call(id, payload, event), *self._read_input(id, self._calls[short(id)], payload)]
        if call is None:
            return [Other(kind, payload, self.name, id)]
        if kind == "tool-input-available" and not call.over:
            return self._read_input(id, call, payload)
        block = call.block(id)
        if kind == "tool-input-delta" and not call.over:
            return self._read_fragment(call, block, text_of(payload.get("inputTextDelta")))
        parts: list[Part] = [Other(kind, payload, self.name, block)]
        if kind in SERVERS and not call.server:
            taken = self._take_over(id, call)
            if kind != "tool-input-error" or _is_input(call):  # else none takes it for complete: it is not whole
                parts.append(taken)
        if kind in ANSWERS:
            self._end_call(call)
        return parts

    def _take_over(self, id: str, call: _Call, name: str | None = None, fragment: str = "") -> Part:
        """What says of a call that it is the server's, as was not known when it began."""
        block = call.block(id)
        call.server = True
        self._lacking.pop(call.block(short(id)), None)
        self.tool_answered(block)
        return ToolCallDelta(fragment, block, None, name, True, call.json)

    def _begin_call(self, id: str, payload: dict[str, Any], event: Event) -> list[Part]:
        if len(self._lacking) >= _MAX_CALLS:
            raise self.unreadable(f"more than {_MAX_CALLS} calls have no input", event)
        self._said()
        key, again = short(id), 0
        if key in self._calls:
            self._count += 1
            again = self._count
            self._end_call(self._calls.pop(key))
        elif len(self._calls) >= _MAX_CALLS:
            self._end_call(self._calls.pop(next(iter(self._calls))))
        name = str_or_none(payload.get("toolName"))
        server, json = payload.get("providerExecuted") is True, payload.get("inputEncoding") != "text"
        call = self._calls[key] = _Call(again, name is not None, server, json)
        block = call.block(id)
        if not server:
            self.tool_called(block)
            self._lacking[call.block(key)] = None
        rest = more_of(payload)
        parts: list[Part] = [Other("tool-input-start", rest, self.name, block)] if rest else []
        return [*parts, ToolCallDelta("", block, id, name, server, json)]

    def _read_fragment(self, call: _Call, block: str, text: str) -> list[Part]:
        if not text:
            return []
        self._said()
        if isinstance(call.text, Heard):
            call.text.add(text)
        else:
            self._room -= len(text)
            call.text.append(text)
            if self._room < 0:
                said = str(call.text)
                self._room += len(said)
                call.text = Heard()
                call.text.add(said)
        return [ToolCallDelta(text, block, None, None, call.server, call.json)]

    def _read_input(self, id: str, call: _Call, payload: dict[str, Any]) -> list[Part]:
        """The end of a call, and its input if no fragments said it."""
        block, rest, input = call.block(id), more_of(payload), payload.get("input")
        self._said()
        if "input" in payload and self._is_mended(call, input):
            self._end_call(call)
            return [Other("tool-input-available", {**rest, "input": input}, self.name, block)]
        name = None if call.named else str_or_none(payload.get("toolName"))
        fragment = ""
        if (
            isinstance(call.text, Text) and not call.text.size and "input" in payload and input != {}
        ):  # no fragments are {}
            fragment = input if not call.json and type(input) is str else self.json_text(input)
        parts: list[Part] = [Other("tool-input-available", rest, self.name, block)] if rest else []
        if payload.get("providerExecuted") is True and not call.server:
            parts.append(self._take_over(id, call, name, fragment))
        elif fragment or name:
            parts.append(ToolCallDelta(fragment, block, None, name, call.server, call.json))
        self._end_call(call)
        self._lacking.pop(call.block(short(id)), None)
        return [*parts, BlockEnd(block, "tool_call")]

    def _is_mended(self, call: _Call, input: Any) -> bool:
        """Whether an input is another than the fragments spell; of many, than one of its usual spellings."""
        if isinstance(call.text, Heard):
            return not any(map(call.text.is_said_by, spellings(input, call.json)))
        text = str(call.text)
        return bool(text) and not spells(text, input, call.json)

    def _end_call(self, call: _Call) -> None:
        call.over = True
        if isinstance(call.text, Text):
            self._room += call.text.size
        call.text = _NOTHING


def _is_input(call: _Call) -> bool:
    """Whether the fragments of a call may be an input."""
    if isinstance(call.text, Text) and call.json:
        try:
            read_input(str(call.text))
        except (ValueError, RecursionError):
            return False
    return True


def _signature(rest: dict[str, Any]) -> tuple[str | None, str | None]:
    """The signature that is all that `rest` says, of one provider, behind its member's name."""
    providers = dict_of(rest.get("providerMetadata"))
    said = dict_of(next(iter(providers.values()), None))
    word = next(iter(said), "")
    signature = str_or_none(said.get(word))
    alone = len(rest) == len(providers) == len(said) == 1 and word in SIGNATURES and signature is not None
    return (word, signature) if alone else (None, None)


def _read_usage(usage: dict[str, Any]) -> Usage | None:
    """The counts in the SDK's words, if there is one; later versions have three of them in objects of their own."""
    input, output = dict_of(usage.get("inputTokenDetails")), dict_of(usage.get("outputTokenDetails"))
    details = {
        "cachedInputTokens": input.get("cacheReadTokens"),
        "cacheWriteTokens": input.get("cacheWriteTokens"),
        "reasoningTokens": output.get("reasoningTokens"),
    }
    words = {**details, **given(**usage)}
    counts: Any = [count_or_none(words.get(word)) for word in COUNTS.values()]
    return Usage(*counts) if any(count is not None for count in counts) else None
