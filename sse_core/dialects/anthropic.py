# SPDX-License-Identifier: MIT
"""anthropic-messages: named events, `type` repeated in the JSON, content in numbered blocks that never overlap.

message_start; for each block content_block_start, deltas, content_block_stop; message_delta with the stop
reason; message_stop. Usage comes with the first and the last but one, and is cumulative; `input_tokens`
leave out both cache counts. Results of server tools come whole in content_block_start.
"""

from __future__ import annotations

from ._anthropic_messages import COUNTS, DELTA_KINDS, REASONS, MessagesWriter
from ._json import count_or_none, dict_of, str_or_none, text_of
from ._parts import BlockEnd, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Event
    from ._parts import Part

_KINDS = {
    "text": "text",
    "thinking": "reasoning",
    "redacted_thinking": "reasoning",
    "tool_use": "tool_call",
    "server_tool_use": "tool_call",
    "mcp_tool_use": "tool_call",
}
_CALL_MEMBERS = frozenset(("type", "id", "name", "input"))
_MAX_BLOCKS = 4096  # an index past this counts as absent, so that state stays bounded
_NONE: Any = object()


class AnthropicMessages(MessagesWriter):
    """The Messages stream: text, thinking, tool calls, server tools.

    A block's number is its index. A block that says nothing, or opens with what cannot say which kind it is
    (a signature, a citation), begins with an empty delta, so that none is lost on the way through parts.
    Redacted thinking is a ReasoningDelta of a signature alone. Blocks that have no part of their own are an
    Other named by their type, with its BlockEnd(of="other"); deltas without one are an Other with the block;
    what a call's block holds beside id, name and input comes before it in an Other named by its type.
    """

    terminal = "its event message_stop"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # The kinds of the open blocks, and the number of the last to open.
        self._kinds: dict[int, str] = {}
        self._last = -1
        # The last block to open has given nothing yet.
        self._bare = False
        # The input that came with its start: the arguments, if no fragments follow.
        self._input = ""
        # The block whose deltas take the short way, being well known; and whether it is a server's call.
        self._hot: Any = _NONE
        self._server = False
        self._servers: set[int] = set()
        # Usage in Anthropic's words: cache counts of message_start go with the input tokens of message_delta.
        self._counts: dict[str, int] = {}

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        # The common delta, in the straightest line there is.
        hot = self._hot
        try:
            if payload["index"] == hot and payload["type"] == "content_block_delta":
                delta = payload["delta"]
                kind = delta["type"]
                if kind == "text_delta":
                    text = delta["text"]
                    if type(text) is str and text:
                        return [TextDelta(text, hot, False, 0, payload)]
                elif kind == "input_json_delta":
                    text = delta["partial_json"]
                    if type(text) is str and text:
                        return [ToolCallDelta(text, hot, None, None, self._server, True, 0, payload)]
                elif kind == "thinking_delta":
                    text = delta["thinking"]
                    if type(text) is str and text:
                        return [ReasoningDelta(text, hot, None, 0, payload)]
        except (KeyError, TypeError):  # a member is absent, or the delta no object
            pass
        kind = self.kind_of(payload, event)
        if kind == "content_block_delta":
            return self._read_delta(payload, event)
        if kind == "content_block_start":
            return self._read_start(payload, event)
        if kind == "content_block_stop":
            return self._read_stop(payload)
        if kind == "message_start":
            return self._read_message(dict_of(payload.get("message")), payload)
        if kind == "message_delta":
            return self._read_message_delta(payload)
        if kind == "message_stop":
            return self._give_input(payload) + self.finish("event")
        if kind == "error":
            return self.fail(payload)
        return [self.unknown(payload, event)]

    def _read_message(self, message: dict[str, Any], payload: Any) -> list[Part]:
        """A message begins; a second one replaces the first, in the middle of a block too (proxies that try again)."""
        self._kinds.clear()
        self._servers.clear()
        self._counts.clear()
        self._last, self._bare, self._input, self._hot = -1, False, "", _NONE
        self._finish = self.usage = None
        self.open = {0: False}
        id, model, role = (str_or_none(message.get(name)) for name in ("id", "model", "role"))
        return [Start(id, model, role, raw=payload), *self._read_usage(message.get("usage"), payload)]

    def _read_start(self, payload: dict[str, Any], event: Event) -> list[Part]:
        parts = self._give_input(payload)
        index = payload.get("index")
        if type(index) is not int or not 0 <= index < _MAX_BLOCKS:
            index = min(self._last + 1, _MAX_BLOCKS - 1)
        block = dict_of(payload.get("content_block"))
        kind = text_of(block.get("type"))
        of = self._kinds[index] = _KINDS.get(kind, "other")
        self._servers.discard(index)
        self._last, self._hot, self._bare = index, _NONE, of in ("text", "reasoning")
        if of == "tool_call":
            server = kind != "tool_use"
            if server:
                self._servers.add(index)
            else:
                self.open[0] = True
            if kind == "mcp_tool_use" or _says_more(block):
                parts.append(Other(kind, block, self.name, index, raw=payload))
            id, name = str_or_none(block.get("id")), str_or_none(block.get("name"))
            parts.append(ToolCallDelta("", index, id, name, server, raw=payload))
            given = block.get("input")
            if type(given) is dict and given:
                self._input = self.json_text(given)
        elif of == "other":
            parts.append(Other(kind, block, self.name, index, raw=payload) if kind else self.unknown(payload, event))
        else:
            # Servers that are only compatible begin with content.
            text = text_of(block.get("text" if of == "text" else "thinking"))
            if text:
                self._bare = False
                parts.append(self._text(of, text, index, payload))
            signature = str_or_none(block.get("data" if kind == "redacted_thinking" else "signature"))
            if signature and of == "reasoning":
                if kind == "redacted_thinking":
                    self._bare = False
                parts += [*self._give_bare(index, payload), ReasoningDelta("", index, signature, raw=payload)]
        return parts

    def _read_delta(self, payload: dict[str, Any], event: Event) -> list[Part]:
        """Any delta but one that follows another of its block."""
        index = payload.get("index")
        if type(index) is not int or not 0 <= index < _MAX_BLOCKS:
            index = max(self._last, 0)
        delta = dict_of(payload.get("delta"))
        kind = text_of(delta.get("type"))
        of = DELTA_KINDS.get(kind)
        if of is not None:
            text = text_of(delta.get("partial_json" if of == "tool_call" else kind.removesuffix("_delta")))
            if not text:
                return []
            if index == self._last:
                self._bare, self._input = False, ""
            # A block that never began: servers that are only compatible.
            if self._kinds.setdefault(index, of) == "tool_call" == of and index not in self._servers:
                self.open[0] = True
            self._hot, self._server = index, index in self._servers
            return [self._text(of, text, index, payload)]
        parts = self._give_bare(index, payload)
        if kind == "signature_delta":
            signature = str_or_none(delta.get("signature"))
            return parts if signature is None else [*parts, ReasoningDelta("", index, signature, raw=payload)]
        return [*parts, Other(kind, delta, self.name, index, raw=payload) if kind else self.unknown(payload, event)]

    def _read_stop(self, payload: dict[str, Any]) -> list[Part]:
        index = payload.get("index")
        if type(index) is not int or not 0 <= index < _MAX_BLOCKS:
            index = max(self._last, 0)
        of = self._kinds.pop(index, None)
        if of is None:
            return []
        parts = [*self._give_input(payload), *self._give_bare(index, payload)]
        return [*parts, BlockEnd(index, of, raw=payload)]

    def _read_message_delta(self, payload: dict[str, Any]) -> list[Part]:
        delta = dict_of(payload.get("delta"))
        reason = str_or_none(delta.get("stop_reason"))
        if reason is not None:
            self._finish = Finish(REASONS.get(reason, "other"), reason, raw=payload)
        parts = [*self._give_input(payload), *self._read_usage(payload.get("usage"), payload)]
        rest = _given(payload, ("type", "delta", "usage"))
        rest_of_delta = _given(delta, ("stop_reason",))
        if rest_of_delta:
            rest["delta"] = rest_of_delta
        if rest:
            parts.append(Other("message_delta", rest, self.name, raw=payload))
        return parts

    def _read_usage(self, value: object, payload: Any) -> list[Part]:
        usage = dict_of(value)
        counts = self._counts
        for name in COUNTS:
            count = count_or_none(usage.get(name))
            if count is not None:
                counts[name] = count
        thinking = count_or_none(dict_of(usage.get("output_tokens_details")).get("thinking_tokens"))
        if thinking is not None:
            counts["thinking_tokens"] = thinking
        input, read, written, output = (counts.get(name) for name in COUNTS)
        if input is not None:
            input += (read or 0) + (written or 0)
        return self.merge_usage(Usage(input, output, None, read, written, counts.get("thinking_tokens"), raw=payload))

    def _text(self, of: str, text: str, index: int, payload: Any) -> Part:
        if of == "text":
            return TextDelta(text, index, raw=payload)
        if of == "reasoning":
            return ReasoningDelta(text, index, raw=payload)
        return ToolCallDelta(text, index, server=index in self._servers, raw=payload)

    def _give_bare(self, index: int, payload: Any) -> list[Part]:
        """[the empty delta that a block begins with, if nothing else did]."""
        if not self._bare or index != self._last:
            return []
        self._bare = False
        return [self._text(self._kinds.get(index, "text"), "", index, payload)]

    def _give_input(self, payload: Any) -> list[Part]:
        """[the arguments that came with a call's start, if no fragment followed]."""
        text, self._input = self._input, ""
        return [self._text("tool_call", text, self._last, payload)] if text else []

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        # The answer of a server that does not stream.
        if payload.get("type") != "message":
            return self.fail(payload)
        parts = self._read_message(payload, payload)
        content = payload.get("content")
        for index, block in enumerate(content if type(content) is list else ()):
            parts += self._read_start({"index": index, "content_block": block}, event)
            parts += self._read_stop({"index": index})
        delta = {"stop_reason": payload.get("stop_reason"), "stop_sequence": payload.get("stop_sequence")}
        return parts + self._read_message_delta({"delta": delta}) + self.finish("event")

    def finish(self, how: str, reconnect: bool = False, raw: Any = None) -> list[Part]:
        parts: list[Part] = []
        if self._finish is not None and not self.failed:
            parts.append(self._finish)
            self.open.clear()
        return parts + super().finish(how, reconnect, raw)


def _given(members: dict[str, Any], without: tuple[str, ...]) -> dict[str, Any]:
    """The members that say something, and are not among `without`."""
    return {name: value for name, value in members.items() if value is not None and name not in without}


def _says_more(block: dict[str, Any]) -> bool:
    """Whether the start of a call holds what a ToolCallDelta cannot."""
    more = block.keys() - _CALL_MEMBERS
    return bool(more) and (more != {"caller"} or block["caller"] != {"type": "direct"})
