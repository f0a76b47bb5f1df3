# SPDX-License-Identifier: MIT
"""Reading anthropic-messages."""

from __future__ import annotations

from ..._parts import BlockEnd, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage
from ...base import count_or_none, dict_of, index_or_none, str_or_none, text_of
from ..base import AnthropicReader
from .words import COUNTS, DELTAS, KINDS, REASONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event
    from ..._parts import How, Of, Part

_CALL_MEMBERS = frozenset(("type", "id", "name", "input"))
_MAX_INPUT = 1024 * 1024  # characters of arguments that wait for the fragments that may replace them
_MAX_BLOCKS = 4096  # an index past this counts as absent, so that state stays bounded


class _Block:
    """A content block: its number, the kind of its parts, and what it has yet to give."""

    __slots__ = ("bare", "ended", "index", "input", "of", "server")

    def __init__(self, index: int, of: Of, server: bool = True) -> None:
        self.index = index
        self.of: Of = of
        # The provider runs its call. So is any that no block of the client's began: nobody else may run it.
        self.server = server
        # It has given nothing yet, and has to begin with an empty delta.
        self.bare = of in ("text", "reasoning")
        # The input that came with its start: the arguments, if no fragments follow.
        self.input = ""
        self.ended = False


_NOWHERE = _Block(-1, "other")  # no block: never changed
_NONE: Any = object()  # no index that a payload could have


class MessagesReader(AnthropicReader):
    """Reads the Messages stream: text, thinking, tool calls, server tools.

    A block's number is its index. A block that says nothing, or opens with what cannot say which kind it is
    (a signature, a citation), begins with an empty delta, so that none is lost on the way through parts.
    Redacted thinking is a ReasoningDelta of a signature alone. Blocks that have no part of their own are an
    Other named by their type, with its BlockEnd(of="other"); deltas without one are an Other with the block;
    what a call's block holds beside id, name and input comes before it in an Other named by its type.
    """

    tells = True
    alike: tuple[str, ...] | None = ()

    def begin(self) -> None:
        super().begin()
        self._blocks: dict[int, _Block] = {}
        # The last block to begin: what names no block, or a wrong one, means it.
        self._last = _NOWHERE
        # The block whose deltas take the short way: the last was of it, and it has nothing else to give.
        self._hot = _NONE
        # Usage in Anthropic's words: cache counts of message_start go with the input tokens of message_delta.
        self._counts: dict[str, int] = {}

    def may_repeat(self, payload: Any) -> bool:
        # What else gives a fragment has it from its state, or begins a block.
        return payload.get("type") == "content_block_delta" and type(payload.get("index")) is int

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        # The common delta, in the straightest line there is.
        hot = self._hot
        try:
            if payload.get("index") == hot and payload["type"] == "content_block_delta":
                delta = payload["delta"]
                kind = delta["type"]
                if kind == "text_delta":
                    text = delta["text"]
                    if type(text) is str and text:
                        return [TextDelta(text, hot, False, 0, payload)]
                elif kind == "input_json_delta":
                    text = delta["partial_json"]
                    if type(text) is str and text:
                        return [ToolCallDelta(text, hot, None, None, self._blocks[hot].server, True, 0, payload)]
                elif kind == "thinking_delta":
                    text = delta["thinking"]
                    if type(text) is str and text:
                        return [ReasoningDelta(text, hot, None, 0, payload)]
        except (KeyError, TypeError):  # a member is absent, or the delta no object
            pass
        return self.tell(self._read_any(self.kind_of(payload, event), payload, event), payload)

    def _read_any(self, kind: str, payload: dict[str, Any], event: Event) -> list[Part]:
        if kind == "content_block_delta":
            return self._read_delta(payload, event)
        if kind == "content_block_start":
            return self._read_block(payload, event)
        if kind == "content_block_stop":
            return self._read_stop(payload)
        if kind == "message_start":
            return self._read_message(dict_of(payload.get("message")))
        if kind == "message_delta":
            return self._read_message_delta(payload)
        if kind == "message_stop":
            return self.done("event")
        if kind == "error":
            return self.fail(payload)
        return [self.other(payload, event)]

    def _read_message(self, message: dict[str, Any]) -> list[Part]:
        """A message begins; a second one replaces the first, in the middle of a block too (proxies that try again)."""
        self.begin()
        id, model, role = (str_or_none(message.get(name)) for name in ("id", "model", "role"))
        return [Start(id, model, role), *self._read_usage(dict_of(message.get("usage")))]

    def _read_block(self, payload: dict[str, Any], event: Event) -> list[Part]:
        """A block begins."""
        parts = _give_input(self._last)
        index = index_or_none(payload.get("index"), _MAX_BLOCKS)
        if index is None:
            index = min(self._last.index + 1, _MAX_BLOCKS - 1)
        start = dict_of(payload.get("content_block"))
        kind = text_of(start.get("type"))
        block = self._last = self._blocks[index] = _Block(index, KINDS.get(kind, "other"), kind != "tool_use")
        self._hot = _NONE
        if block.of == "tool_call":
            return parts + self._read_call(block, kind, start)
        if block.of == "other":
            return [*parts, Other(kind, start, self.name, index) if kind else self.other(payload, event)]
        # Servers that are only compatible begin with content.
        text = text_of(start.get("text" if block.of == "text" else "thinking"))
        if text:
            parts.append(_fragment(block.of, text, block))
            block.bare = False
        if kind == "thinking":
            return parts + self._read_signature(block, start.get("signature"))
        data = str_or_none(start.get("data")) if kind == "redacted_thinking" else None
        if data is not None:
            parts.append(ReasoningDelta("", index, data))
            block.bare = False
        return parts

    def _read_call(self, block: _Block, kind: str, start: dict[str, Any]) -> list[Part]:
        parts: list[Part] = []
        if not block.server:
            self.tool_called(block.index)
        if kind == "mcp_tool_use" or _says_more(start):
            parts.append(Other(kind, start, self.name, block.index))
        id, name = str_or_none(start.get("id")), str_or_none(start.get("name"))
        parts.append(ToolCallDelta("", block.index, id, name, block.server))
        input = dict_of(start.get("input"))
        if input:
            block.input = self.json_text(input)
            if len(block.input) > _MAX_INPUT:
                parts += _give_input(block)
        return parts

    def _read_delta(self, payload: dict[str, Any], event: Event) -> list[Part]:
        """Any delta but one that follows another of its block."""
        index = self._index_of(payload)
        delta = dict_of(payload.get("delta"))
        kind = text_of(delta.get("type"))
        block = self._blocks.get(index)
        if kind in DELTAS:
            of, member = DELTAS[kind]
            text = text_of(delta.get(member))
            if not text:
                return []
            if block is None:  # it never began: servers that are only compatible
                block = self._blocks[index] = _Block(index, of)
            block.bare, block.input, block.ended = False, "", False
            self._hot = index
            return [_fragment(of, text, block)]
        if kind == "signature_delta":
            return self._read_signature(block or _Block(index, "other"), delta.get("signature"))
        parts = [] if block is None else _give_bare(block)
        return [*parts, Other(kind, delta, self.name, index) if kind else self.other(payload, event)]

    def _read_signature(self, block: _Block, value: object) -> list[Part]:
        signature = str_or_none(value)
        return [] if signature is None else [*_give_bare(block), ReasoningDelta("", block.index, signature)]

    def _read_stop(self, payload: dict[str, Any]) -> list[Part]:
        block = self._blocks.get(self._index_of(payload))
        if block is None or block.ended:
            return []
        block.ended = True
        self._hot = _NONE
        return [*_give_input(block), *_give_bare(block), BlockEnd(block.index, block.of)]

    def _read_message_delta(self, payload: dict[str, Any]) -> list[Part]:
        delta = dict_of(payload.get("delta"))
        reason = str_or_none(delta.get("stop_reason"))
        if reason is not None:
            self.finish_later(REASONS.get(reason, "other"), reason)
        parts = [*_give_input(self._last), *self._read_usage(dict_of(payload.get("usage")))]
        rest = _more(payload, ("type", "delta", "usage"))
        if more := _more(delta, ("stop_reason",)):
            rest["delta"] = more
        if rest:
            parts.append(Other("message_delta", rest, self.name))
        return parts

    def _read_usage(self, usage: dict[str, Any]) -> list[Part]:
        counts = self._counts
        for name in COUNTS:
            count = count_or_none(usage.get(name))
            if count is not None:
                counts[name] = count
        thinking = None
        if "output_tokens_details" in usage:
            thinking = count_or_none(dict_of(usage["output_tokens_details"]).get("thinking_tokens"))
        input, read, written, output = map(counts.get, COUNTS)
        if input is not None:
            input = count_or_none(input + (read or 0) + (written or 0))
        return self.usage(Usage(input, output, None, read, written, thinking))

    def _index_of(self, payload: dict[str, Any]) -> int:
        index = index_or_none(payload.get("index"), _MAX_BLOCKS)
        return max(self._last.index, 0) if index is None else index

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        # The answer of a server that does not stream.
        if payload.get("type") != "message":
            return self.fail(payload)
        parts = self._read_message(payload)
        content = payload.get("content")
        for index, block in enumerate(content if type(content) is list else ()):
            parts += self._read_block({"index": index, "content_block": block}, event)
            parts += self._read_stop({"index": index})
        delta = {"stop_reason": payload.get("stop_reason"), "stop_sequence": payload.get("stop_sequence")}
        return [*parts, *self._read_message_delta({"delta": delta}), *self.done("event")]

    def done(self, how: How, reconnect: bool = False) -> list[Part]:
        # The end of its block may have been left out. An error completes nothing.
        parts = [] if self.failed else _give_input(self._last)
        return parts + super().done(how, reconnect)


def _fragment(of: Of, text: str, block: _Block) -> Part:
    if of == "text":
        return TextDelta(text, block.index)
    if of == "reasoning":
        return ReasoningDelta(text, block.index)
    return ToolCallDelta(text, block.index, server=block.server)


def _give_bare(block: _Block) -> list[Part]:
    """[the empty delta that a block begins with, if nothing else did]."""
    if not block.bare:
        return []
    block.bare = False
    return [_fragment(block.of, "", block)]


def _give_input(block: _Block) -> list[Part]:
    """[the arguments that came with a call's start, if no fragment followed]."""
    if not block.input:
        return []
    text, block.input = block.input, ""
    return [_fragment("tool_call", text, block)]


def _says_more(start: dict[str, Any]) -> bool:
    """Whether the start of a call holds what a ToolCallDelta cannot."""
    more = start.keys() - _CALL_MEMBERS
    return bool(more) and (more != {"caller"} or start["caller"] != {"type": "direct"})


def _more(members: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """The members that say something, and are not among those `known`."""
    return {name: value for name, value in members.items() if value is not None and name not in known}
