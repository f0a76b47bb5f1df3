# SPDX-License-Identifier: MIT
"""The base of openai-chat, openai-completions and their like: the chunk around the choices, usage, finish, error."""

from __future__ import annotations

from .._items import Event
from ._json import JsonDialect, count_or_none, dict_of, str_or_none, write_error
from ._parts import Error, Finish, Other, Start, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Ignored, Retry
    from ._parts import Block, Part

_REASONS = {
    "stop": "stop",
    "eos": "stop",  # Together
    "eos_token": "stop",  # TGI
    "stop_sequence": "stop",  # TGI
    "length": "length",
    "model_length": "length",  # Mistral
    "tool_calls": "tool_call",
    "function_call": "tool_call",  # before tools
    "content_filter": "content_filter",
    "error": "error",  # OpenRouter, Mistral
    "insufficient_system_resource": "error",  # DeepSeek
}
_WORDS = {
    "stop": "stop",
    "length": "length",
    "tool_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
    "other": "stop",
}
_MAX_CHOICES = 128  # past it an index counts as absent, so that state stays bounded

# What has no part of its own and is passed on as an Other, by where it stands.
_CHUNK_OTHERS = ("citations", "search_results", "prompt_filter_results")  # Perplexity, LiteLLM; Azure
_PERPLEXITY_END = "chat.completion.done"


class ChoiceState:
    """What decoding must know of one choice."""

    __slots__ = ("by_index", "calls", "finished", "next_block")

    def __init__(self) -> None:
        # A repeated finish_reason (OpenRouter, with its usage) is no second Finish.
        self.finished = False
        # By index, the block, id and name of the call under way: a new id there is a new call (Mistral leaves
        # the index out, others send 0 for each call); OpenRouter says the name again with each fragment.
        self.calls: dict[int, tuple[int, str | None, str | None]] = {}
        self.next_block = 0
        self.by_index = True  # until an index stands for a second call


class OpenAIFamily(JsonDialect):
    """What chat and text completions share: the chunk around the choices, usage, finish and error."""

    object_name = ""
    id_prefix = ""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._choices: dict[int, ChoiceState] = {}
        self._started = False
        # A citation list comes again on every chunk (Perplexity): only a change is news. Its repr and not
        # itself, which a hostile server can nest too deep to compare or pickle.
        self._seen: dict[str, str] = {}
        # Encoding: by choice, the blocks of its calls, which get indexes in the order in which they begin.
        self._indexes: dict[int, dict[Block, int]] = {}
        # OpenAI's client joins what is said twice of one index: a call's name is written once, and each of the
        # reasoning_details, counted here by choice, has an index of its own.
        self._named: set[tuple[int, int]] = set()
        self._details: dict[int, int] = {}

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        parts: list[Part] = []
        choices = payload.get("choices")
        if type(choices) is not list:
            choices = ()
        if not self._started and (choices or ("choices" in payload and str_or_none(payload.get("id")))):
            parts.append(self._start(payload, choices))
        usage = payload.get("usage")
        for choice in choices:
            if type(choice) is dict:
                self._choice(choice, payload, parts)
                usage = usage or choice.get("usage")  # Moonshot
        # Each chunk comes by here, and few hold any of this.
        if (
            usage
            or not choices
            or "error" in payload
            or "citations" in payload
            or "search_results" in payload
            or "prompt_filter_results" in payload
            or "x_groq" in payload
        ):
            self._rest(payload, usage, event, parts)
        return parts

    def _start(self, payload: dict[str, Any], choices: Any) -> Start:
        self._started = True
        role = None
        for choice in choices:
            role = role or str_or_none(dict_of(dict_of(choice).get("delta")).get("role"))
        return Start(str_or_none(payload.get("id")), str_or_none(payload.get("model")), role, raw=payload)

    if TYPE_CHECKING:

        def _choice(self, choice: dict[str, Any], payload: dict[str, Any], parts: list[Part]) -> None:
            """Append the parts of one of the chunk's choices."""

    def _state(self, index: object) -> tuple[int, ChoiceState]:
        if type(index) is not int or not 0 <= index < _MAX_CHOICES:
            index = 0
        state = self._choices.get(index)
        if state is None:
            state = self._choices[index] = ChoiceState()
            self.open[index] = False
        return index, state

    def _finish(self, reason: object, index: int, state: ChoiceState, payload: Any, parts: list[Part]) -> None:
        if type(reason) is str and reason and not state.finished:
            state.finished = True
            self.open.pop(index, None)
            parts.append(Finish(_REASONS.get(reason, "other"), reason, index, payload))

    def _rest(self, payload: dict[str, Any], usage: object, event: Event, parts: list[Part]) -> None:
        """What a chunk may hold beside its choices."""
        for name in _CHUNK_OTHERS:
            value = payload.get(name)
            if value and self._is_news(name, value):
                parts.append(Other(name, value, self.name, raw=payload))
        if type(usage) is not dict:
            usage = dict_of(payload.get("x_groq")).get("usage")
        if type(usage) is dict:
            parts += self.merge_usage(read_usage(usage, payload))
        # An error object, or text; vLLM also sends the error bare, and Groq names the event.
        bare = payload.get("object") == "error" or event.type == "error"
        if payload.get("error") or (bare and not payload.get("choices")):
            parts += self.fail(payload)
        elif payload.get("object") == _PERPLEXITY_END:
            parts += self.finish("event")
        elif "choices" not in payload and not parts:
            parts.append(self.unknown(payload, event))

    def _is_news(self, name: str, value: Any) -> bool:
        try:
            text = repr(value)
        except (RecursionError, ValueError):  # nested too deep, or too many digits
            return True
        if text == self._seen.get(name):
            return False
        self._seen[name] = text
        return True

    def ignored(self, item: Ignored) -> list[Part]:
        if item.name != "error":
            return super().ignored(item)
        if self.ended:
            return []
        # llama.cpp until September 2025, and GPUStack: a field line `error: {...}`
        return self.fail(self.payload(Event(item.value)))

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        # The answer of a server that does not stream: a message where the delta would be.
        choices = payload.get("choices")
        if type(choices) is not list:
            return self.fail(payload)
        for choice in choices:
            if type(choice) is dict and "delta" not in choice:
                choice["delta"] = choice.get("message")
        return self.read(payload, event)

    def complete(self) -> bool:
        # Perplexity, Writer and GPUStack send no [DONE]
        return bool(self._choices) and not self.open

    def write_end(self) -> list[Event]:
        events = [] if self.failed else [self._chunk(index, {}, self._inferred(index)) for index in list(self.open)]
        if self.usage is not None:
            events.append(self._usage_chunk(self.usage))
        return events if self.failed else [*events, Event("[DONE]")]

    def _inferred(self, index: int) -> str:
        return "tool_calls" if self.open.pop(index, False) else "stop"

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        if isinstance(part, Finish):
            self.open.pop(part.choice, None)
            raw = part.raw_reason
            word = raw if raw in _REASONS and _REASONS[raw] == part.reason else _WORDS.get(part.reason, "stop")
            return self._write_finish(part.choice, word)
        if isinstance(part, Error):
            return [Event(self.dumps({"error": write_error(part)}))]
        if isinstance(part, Other):
            return self._write_other(part)
        return []

    def _begin(self, part: Start) -> None:
        if self._started:
            self.begin_again(part)
        self._started = True
        self.id, self.model = part.id or self.id or "", part.model or self.model
        self.open.setdefault(part.choice, False)

    def _write_finish(self, index: int, word: str) -> list[Event | Retry | Comment]:
        return [self._chunk(index, {}, word)]

    def _write_other(self, part: Other) -> list[Event | Retry | Comment]:
        if part.name in _CHUNK_OTHERS:
            return [self._event([], {part.name: part.data})]
        return self.write_unknown(part)

    def _chunk(self, index: int, delta: dict[str, Any], finish: str | None = None) -> Event:
        return self._event([{"index": index, "delta": delta, "finish_reason": finish}], {})

    def _usage_chunk(self, usage: Usage) -> Event:
        return self._event([], {"usage": write_usage(usage)})

    def _event(self, choices: list[Any], members: dict[str, Any]) -> Event:
        head = {"id": self._id(choices), "object": self.object_name, "created": self.created, "model": self.model or ""}
        return Event(self.dumps({**head, "choices": choices, **members}))

    def _id(self, choices: list[Any]) -> str:
        """The message's id; invented only once the message begins: before that it would be a Start."""
        if self.id is None and choices:
            self.id = f"{self.id_prefix}-1"
        return self.id or ""


def read_usage(usage: dict[str, Any], raw: Any) -> Usage:
    """Usage in OpenAI's words and its family's."""
    get = usage.get
    input = count_or_none(get("prompt_tokens"))
    output = count_or_none(get("completion_tokens"))
    total = count_or_none(get("total_tokens"))
    if len(usage) == 3 and total is not None:  # no more than these: where it comes on every chunk
        return Usage(input, output, total, None, None, None, 0, raw)
    prompt = dict_of(get("prompt_tokens_details"))
    completion = dict_of(get("completion_tokens_details"))
    reasoning = count_or_none(completion.get("reasoning_tokens"))
    if input is not None and output is not None and reasoning and total == input + output + reasoning:
        output += reasoning  # xAI leaves it out, as its total shows
    cached = count_or_none(prompt.get("cached_tokens"))
    if cached is None:
        cached = count_or_none(get("prompt_cache_hit_tokens"))  # DeepSeek
    written = count_or_none(prompt.get("cache_write_tokens"))  # OpenRouter
    return Usage(input, output, total, cached, written, reasoning, raw=raw)


def write_usage(usage: Usage) -> dict[str, Any]:
    """As `read_usage` reads it back. What is not known is left out: 0 would be a lie, and null breaks clients."""
    input, output, total = usage.input_tokens, usage.output_tokens, usage.total_tokens
    if total is None and input is not None and output is not None:
        total = input + output
    counts = {"prompt_tokens": input, "completion_tokens": output, "total_tokens": total}
    written: dict[str, Any] = {name: count for name, count in counts.items() if count is not None}
    cache = {"cached_tokens": usage.cache_read_tokens, "cache_write_tokens": usage.cache_write_tokens}
    cache = {name: count for name, count in cache.items() if count is not None}
    if cache:
        written["prompt_tokens_details"] = cache
    reasoning = usage.reasoning_tokens
    if reasoning is not None:
        written["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    return written
