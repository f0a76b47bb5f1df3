# SPDX-License-Identifier: MIT
"""openai-chat, aitunnel and lawbot: OpenAI's Chat Completions as some twenty servers speak it.

Unnamed events, each a chunk of `choices[].delta`, then `[DONE]`. Where servers differ, the branch names them.
"""

from __future__ import annotations

from .._items import Event
from ._json import dict_of, str_or_none, text_of
from ._openai import ChoiceState, OpenAIFamily, write_usage
from ._parts import Error, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Retry
    from ._parts import Part

# Members of a delta that have no part of their own, and are passed on as Others.
_DELTA_OTHERS = ("annotations", "executed_tools", "images", "audio")  # OpenRouter; Groq
_MAX_CALLS = 1024  # past it an index counts as absent, so that state stays bounded


class OpenAIChat(OpenAIFamily):
    """Chat Completions: text, reasoning, refusals, tool calls and several choices."""

    name = "openai-chat"
    object_name = "chat.completion.chunk"
    id_prefix = "chatcmpl"

    def _choice(self, choice: dict[str, Any], payload: dict[str, Any], parts: list[Part]) -> None:
        index: Any = choice.get("index")
        state = self._choices.get(index) if type(index) is int else None
        if state is None:
            index, state = self._state(index)
        delta = choice.get("delta")
        if type(delta) is dict:
            content = delta.get("content")
            if len(delta) > 1 or type(content) is not str:
                self._delta(delta, content, index, state, payload, parts)
            elif content:
                parts.append(TextDelta(content, 0, False, index, payload))
        logprobs = choice.get("logprobs")
        if logprobs and (type(logprobs) is not dict or any(logprobs.values())):  # Snowflake's are empty
            parts.append(Other("logprobs", logprobs, self.name, None, index, payload))
        reason = choice.get("finish_reason")
        if reason is not None:
            self._finish(reason, index, state, payload, parts)

    def _delta(
        self, delta: dict[str, Any], content: Any, index: int, state: ChoiceState, payload: Any, parts: list[Part]
    ) -> None:
        """Append the parts of a delta that holds anything but a str `content`."""
        # DeepSeek, xAI, z.ai, llama.cpp; OpenRouter, Groq and Ollama. OpenRouter says it all again in
        # reasoning_details, LiteLLM in thinking_blocks: from there only what the text cannot say.
        text = text_of(delta.get("reasoning_content")) or text_of(delta.get("reasoning"))
        if text:
            parts.append(ReasoningDelta(text, 0, None, index, payload))
        for name in ("reasoning_details", "thinking_blocks"):
            for detail in _dicts(delta.get(name)):
                self._detail(detail, bool(text), index, payload, parts)
        if type(content) is str:
            if content:
                parts.append(TextDelta(content, 0, False, index, payload))
        else:
            for piece in _dicts(content):
                self._piece(piece, index, payload, parts)
        refusal = delta.get("refusal")
        if type(refusal) is str and refusal:
            parts.append(TextDelta(refusal, 0, True, index, payload))
        for name in _DELTA_OTHERS:
            if delta.get(name):
                parts.append(Other(name, delta[name], self.name, None, index, payload))
        calls = _dicts(delta.get("tool_calls"))
        function = delta.get("function_call")
        if type(function) is dict and not calls:  # before tools
            calls = [{"function": function}]
        for position, call in enumerate(calls):
            self._call(call, position, index, state, payload, parts)

    def _piece(self, piece: dict[str, Any], index: int, payload: Any, parts: list[Part]) -> None:
        """Mistral's content: a list of pieces."""
        kind = piece.get("type")
        if kind == "text":
            text = piece.get("text")
            if type(text) is str and text:
                parts.append(TextDelta(text, 0, False, index, payload))
        elif kind == "thinking":
            for thought in _dicts(piece.get("thinking")):
                text = thought.get("text")
                if type(text) is str and text:
                    parts.append(ReasoningDelta(text, 0, None, index, payload))
        else:
            parts.append(Other(text_of(kind, "content"), piece, self.name, None, index, payload))

    def _detail(self, detail: dict[str, Any], said: bool, index: int, payload: Any, parts: list[Part]) -> None:
        """One of reasoning_details or thinking_blocks; `said`: its text stands elsewhere."""
        text = "" if said else next((t for n in ("text", "thinking", "summary") if (t := text_of(detail.get(n)))), "")
        signature = str_or_none(detail.get("signature")) or str_or_none(detail.get("data"))
        if text or signature:
            parts.append(ReasoningDelta(text, 0, signature, index, payload))

    def _call(
        self, call: dict[str, Any], position: int, choice: int, state: ChoiceState, payload: Any, parts: list[Part]
    ) -> None:
        index = call.get("index")
        if type(index) is not int or not 0 <= index < _MAX_CALLS:
            index = min(position, _MAX_CALLS - 1)
        custom = call.get("custom")
        function = custom if type(custom) is dict else dict_of(call.get("function"))
        id, name = str_or_none(call.get("id")), str_or_none(function.get("name"))
        known = state.calls.get(index)
        if known is None or (id is not None and known[1] is not None and id != known[1]):
            state.by_index = state.by_index and known is None
            block = index if state.by_index or (known is None and index > state.next_block) else state.next_block
            state.next_block = max(state.next_block, block + 1)
            state.calls[index] = block, id, name
        else:
            block, id = known[0], id if known[1] is None else None
            name = None if name == known[2] else name
            if id is not None or name is not None:
                state.calls[index] = block, id or known[1], name or known[2]
        if not state.finished:
            self.open[choice] = True
        arguments = function.get("input" if function is custom else "arguments")
        if type(arguments) is dict:  # Ollama's native form, which some gateways let through
            arguments = self.json_text(arguments)
        parts.append(ToolCallDelta(text_of(arguments), block, id, name, False, function is not custom, choice, payload))

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        choice = part.choice
        if isinstance(part, (TextDelta, ReasoningDelta, ToolCallDelta)):
            self.said.add(choice)
        if isinstance(part, TextDelta):
            self.open.setdefault(choice, False)
            return [self._chunk(choice, {"refusal" if part.refusal else "content": part.text})]
        if isinstance(part, ToolCallDelta):
            return [] if part.server else [self._chunk(choice, {"tool_calls": [self._write_call(part)]})]
        if isinstance(part, ReasoningDelta):
            self.open.setdefault(choice, False)
            return [self._chunk(choice, self._write_reasoning(part))]
        if isinstance(part, Start):
            self._begin(part)
            return [self._chunk(choice, {} if part.role is None else {"role": part.role, "content": ""})]
        return super().write(part)

    def _write_reasoning(self, part: ReasoningDelta) -> dict[str, Any]:
        if part.signature is None:
            return {"reasoning_content": part.text}
        index = self._details.get(part.choice, 0)
        self._details[part.choice] = index + 1
        detail = {"type": "reasoning.text", "text": part.text, "signature": part.signature, "index": index}
        return {"reasoning_details": [detail]}

    def _write_call(self, part: ToolCallDelta) -> dict[str, Any]:
        self.open[part.choice] = True
        indexes = self._indexes.setdefault(part.choice, {})
        first = part.block not in indexes
        index = indexes.setdefault(part.block, len(indexes))
        call: dict[str, Any] = {"index": index}
        if first:
            call["id"] = part.id or f"call_{part.choice}_{index}"
            call["type"] = "function" if part.json else "custom"
        function = {}
        if part.name is not None and (part.choice, index) not in self._named:
            self._named.add((part.choice, index))
            function["name"] = part.name
        function["arguments" if part.json else "input"] = part.arguments
        call["function" if part.json else "custom"] = function
        return call

    def _write_other(self, part: Other) -> list[Event | Retry | Comment]:
        if part.name in _DELTA_OTHERS:
            return [self._chunk(part.choice, {part.name: part.data})]
        if part.name == "logprobs":
            return [
                self._event([{"index": part.choice, "delta": {}, "logprobs": part.data, "finish_reason": None}], {})
            ]
        if part.name == "reference":  # Mistral's
            return [self._chunk(part.choice, {"content": [part.data]})]
        return super()._write_other(part)


class AITunnel(OpenAIChat):
    """AITUNNEL's chat stream. Its documented client reads `choices[0]` of every chunk: usage comes with the finish."""

    name = "aitunnel"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Held to the end, so that the last chunk has both a choice and the usage.
        self._finishes: dict[int, str] = {}

    def _write_finish(self, index: int, word: str) -> list[Event | Retry | Comment]:
        self._finishes[index] = word
        return []

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        events = super().write(part)
        if isinstance(part, Error):  # a finish after it would be a success
            events[:0] = [self._chunk(index, {}, word) for index, word in self._finishes.items()]
            self._finishes.clear()
        return events

    def write_end(self) -> list[Event]:
        if not self.failed:
            for index in list(self.open):
                self._finishes.setdefault(index, self._inferred(index))
        events = [self._chunk(index, {}, word) for index, word in self._finishes.items()]
        if self.usage is not None:
            index = list(self._finishes)[-1] if self._finishes else 0
            choice = {"index": index, "delta": {}, "finish_reason": self._finishes.get(index)}
            events[-1:] = [self._event([choice], {"usage": write_usage(self.usage)})]
        return events if self.failed else [*events, Event("[DONE]")]


class Lawbot(AITunnel):
    """Lawbot's chat stream: chunks of `id`, `object` and `choices` alone, finish_reason only on the last."""

    name = "lawbot"

    def _event(self, choices: list[Any], members: dict[str, Any]) -> Event:
        for choice in choices:
            if choice.get("finish_reason") is None:
                choice.pop("finish_reason", None)
            if "role" in choice["delta"]:
                choice["delta"].pop("content", None)
        return Event(self.dumps({"id": self._id(choices), "object": self.object_name, "choices": choices, **members}))


def _dicts(value: object) -> list[dict[str, Any]]:
    """The objects of a list; [] if `value` is none."""
    return [item for item in value if type(item) is dict] if type(value) is list else []
