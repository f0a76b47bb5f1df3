# SPDX-License-Identifier: MIT
"""openai-chat: OpenAI's Chat Completions as some twenty servers speak it.

Unnamed events, each a chunk of `choices[].delta`, then `[DONE]`. Where servers differ, the branch names them.
Text and reasoning are block 0, calls 0, 1, 2.
"""

from __future__ import annotations

from .._parts import Other, ReasoningDelta, TextDelta, ToolCallDelta
from ..base import OVERHEAD, Dialect, dict_of, dicts_of, index_or_none, length, short_or_none, str_or_none, text_of
from ..base.writer import MAX_CHOICES
from .base import ChunkReader, ChunkWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Item
    from .._parts import Block, Part

# Members of a delta that have no part of their own, and are passed on as Others.
_DELTA_OTHERS = ("annotations", "executed_tools", "images", "audio")  # OpenRouter; Groq
# Past these an index counts as absent, so that state stays bounded: of one choice, and of the stream.
_MAX_CALLS = 1024
_MAX_ALL = 16 * 1024


class _Call:
    """The call under way at an index: a new id there is a new call (Mistral leaves the index out, others send 0
    for each call); OpenRouter says the name again with each fragment."""

    __slots__ = ("block", "id", "name")

    def __init__(self, block: int, id: str | None, name: str | None) -> None:
        self.block = block
        self.id = id
        self.name = name


class _Calls:
    """The calls of one choice."""

    __slots__ = ("by_index", "next_block", "under_way")

    def __init__(self) -> None:
        self.under_way: dict[int, _Call] = {}
        self.next_block = 0
        self.by_index = True  # until an index stands for a second call

    def place(self, index: int, id: str | None, name: str | None) -> tuple[_Call, bool]:
        """The call that a fragment belongs to, and whether it begins there."""
        known = self.under_way.get(index)
        if known is not None and (id is None or known.id is None or id == known.id):
            return known, False
        self.by_index = self.by_index and known is None
        block = index if self.by_index or (known is None and index > self.next_block) else self.next_block
        self.next_block = max(self.next_block, block + 1)
        call = self.under_way[index] = _Call(block, id, name)
        return call, True


class ChatReader(ChunkReader):
    """Text, reasoning, refusals, tool calls and several choices."""

    alike: tuple[str, ...] | None = ("usage", "obfuscation", "p")  # the latter two, OpenAI's and Mistral's, are random

    def begin(self) -> None:
        super().begin()
        self._calls: dict[int, _Calls] = {}
        self._begun = 0

    def read_choice(self, choice: dict[str, Any], payload: dict[str, Any], parts: list[Part]) -> bool:
        told = True
        index: Any = choice.get("index")
        if type(index) is not int or index not in self.waiting:
            if type(index) is not int or not 0 <= index < MAX_CHOICES:
                index = 0
            if index not in self.finishes:
                self.said(index)
        delta = choice.get("delta")
        if type(delta) is dict:
            content = delta.get("content")
            if len(delta) > 1 or type(content) is not str:
                told = False
                before = len(parts)
                self._read_delta(delta, content, index, parts)
                if index not in self.waiting and any(part.kind != "other" for part in parts[before:]):
                    self.said(index)
            elif content:
                if index not in self.waiting:
                    self.said(index)
                parts.append(TextDelta(content, 0, False, index, payload))
        logprobs = choice.get("logprobs")
        if logprobs and (type(logprobs) is not dict or any(logprobs.values())):  # Snowflake's are empty
            parts.append(Other("logprobs", logprobs, self.name, choice=index))
            told = False
        reason = choice.get("finish_reason")
        if reason is not None:
            self.read_finish(reason, index)
            told = False
        return told

    def _read_delta(self, delta: dict[str, Any], content: Any, choice: int, parts: list[Part]) -> None:
        """Append the parts of a delta that holds anything but a str `content`."""
        # DeepSeek, xAI, z.ai, llama.cpp; OpenRouter, Groq and Ollama. OpenRouter says it all again in
        # reasoning_details, LiteLLM in thinking_blocks: from there only what the text cannot say.
        text = text_of(delta.get("reasoning_content")) or text_of(delta.get("reasoning"))
        if text:
            parts.append(ReasoningDelta(text, 0, None, choice))
        for name in ("reasoning_details", "thinking_blocks"):
            for detail in dicts_of(delta.get(name)):
                self._read_detail(detail, bool(text), choice, parts)
        if type(content) is str:
            if content:
                parts.append(TextDelta(content, 0, False, choice))
        else:
            for piece in dicts_of(content):
                self._read_piece(piece, choice, parts)
        refusal = delta.get("refusal")
        if type(refusal) is str and refusal:
            parts.append(TextDelta(refusal, 0, True, choice))
        for name in _DELTA_OTHERS:
            if delta.get(name):
                parts.append(Other(name, delta[name], self.name, choice=choice))
        calls = dicts_of(delta.get("tool_calls"))
        function = delta.get("function_call")
        if type(function) is dict and not calls:  # before tools
            calls = [{"function": function}]
        for position, call in enumerate(calls):
            parts.append(self._read_call(call, position, choice))

    def _read_piece(self, piece: dict[str, Any], choice: int, parts: list[Part]) -> None:
        """Mistral's content: a list of pieces."""
        kind = piece.get("type")
        if kind == "text":
            text = text_of(piece.get("text"))
            if text:
                parts.append(TextDelta(text, 0, False, choice))
        elif kind == "thinking":
            for thought in dicts_of(piece.get("thinking")):
                text = text_of(thought.get("text"))
                if text:
                    parts.append(ReasoningDelta(text, 0, None, choice))
        else:
            parts.append(Other(text_of(kind, "content"), piece, self.name, choice=choice))

    def _read_detail(self, detail: dict[str, Any], said: bool, choice: int, parts: list[Part]) -> None:
        """One of reasoning_details or thinking_blocks; `said`: its text stands elsewhere."""
        text = "" if said else next((t for n in ("text", "thinking", "summary") if (t := text_of(detail.get(n)))), "")
        signature = str_or_none(detail.get("signature")) or str_or_none(detail.get("data"))
        if text or signature:
            parts.append(ReasoningDelta(text, 0, signature, choice))

    def _read_call(self, call: dict[str, Any], position: int, choice: int) -> ToolCallDelta:
        index = index_or_none(call.get("index"), _MAX_CALLS)
        if index is None or self._begun >= _MAX_ALL:
            index = min(position, _MAX_CALLS - 1) if self._begun < _MAX_ALL else 0
        custom = call.get("custom")
        function = custom if type(custom) is dict else dict_of(call.get("function"))
        id, name = str_or_none(call.get("id")), str_or_none(function.get("name"))
        short_id, short_name = short_or_none(id), short_or_none(name)  # what is kept is only compared
        found, begins = self._calls.setdefault(choice, _Calls()).place(index, short_id, short_name)
        if begins:
            self._begun += 1
            self.tool_called(found.block, choice)
        else:
            id = id if found.id is None else None
            name = None if short_name == found.name else name
            found.id, found.name = found.id or short_id, short_name or found.name
        arguments = function.get("input" if function is custom else "arguments")
        if type(arguments) is dict:  # Ollama's native form, which some gateways let through
            arguments = self.json_text(arguments)
        is_json = function is not custom
        return ToolCallDelta(text_of(arguments), found.block, id, name, json=is_json, choice=choice)


class _Written:
    """What the writer must know of one choice: OpenAI's client joins what is said twice of one index."""

    __slots__ = ("details", "indexes", "named")

    def __init__(self) -> None:
        # The index of each call, by its block: they count in the order in which calls begin.
        self.indexes: dict[Block, int] = {}
        self.named: set[int] = set()  # whose name was written
        self.details = 0  # reasoning_details so far: each has an index of its own


class ChatWriter(ChunkWriter):
    text_calls = True
    object_name = "chat.completion.chunk"
    again = True
    id_prefix = "chatcmpl"

    def begin(self) -> None:
        super().begin()
        self._choices: dict[int, _Written] = {}

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self.chunk(part.choice, {"refusal" if part.refusal else "content": part.text})]

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        if part.signature is None:
            return [self.chunk(part.choice, {"reasoning_content": part.text})]
        choice = self._choices.setdefault(part.choice, _Written())
        detail = {
            "type": "reasoning.text",
            "text": part.text,
            "signature": part.signature,
            "index": choice.details,
        }
        choice.details += 1
        return [self.chunk(part.choice, {"reasoning_details": [detail]})]

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        choice = self._choices.setdefault(part.choice, _Written())
        first = part.block not in choice.indexes
        if first:
            self.held.add(OVERHEAD + length(part.block))
        index = choice.indexes.setdefault(part.block, len(choice.indexes))
        call: dict[str, Any] = {"index": index}
        if first:
            call["id"] = part.id or f"call_{part.choice}_{index}"
            call["type"] = "function" if part.json else "custom"
        function = {}
        if part.name is not None and index not in choice.named:
            choice.named.add(index)
            function["name"] = part.name
        function["arguments" if part.json else "input"] = part.arguments
        call["function" if part.json else "custom"] = function
        return [self.chunk(part.choice, {"tool_calls": [call]})]

    def write_other(self, part: Other) -> list[Item]:
        if part.name in _DELTA_OTHERS:
            delta = {part.name: part.data}
        elif part.name == "reference" and dict_of(part.data).get("type") == "reference":  # Mistral's
            delta = {"content": [part.data]}
        elif part.name == "logprobs":
            choice = {"index": part.choice, "delta": {}, "logprobs": part.data, "finish_reason": None}
            return [self.chunk_of([choice])]
        else:
            return super().write_other(part)
        return [self.chunk_of([self.choice_of(part.choice, delta)])]


DIALECT = Dialect("openai-chat", ChatReader, ChatWriter, terminal="[DONE]")
