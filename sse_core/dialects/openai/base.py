# SPDX-License-Identifier: MIT
"""The base of openai-chat, openai-completions and their like: the chunk around the choices, usage, finish, error."""

from __future__ import annotations

from abc import abstractmethod

from ..._items import Event
from .._parts import Error, Other, Start, Usage
from ..base import JsonReader, Writer, count_or_none, dict_of, given, short, str_or_none, word_of, write_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Item
    from .._parts import Finish, FinishReason, How, Part

_REASONS: dict[str, FinishReason] = {
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
_WORDS: dict[FinishReason, str] = {
    "length": "length",
    "tool_call": "tool_calls",
    "content_filter": "content_filter",
    "error": "error",
}

# What has no part of its own and is passed on as an Other, by where it stands.
_CHUNK_OTHERS = ("citations", "search_results", "prompt_filter_results")  # Perplexity, LiteLLM; Azure
_CHUNK = "chat.completion.chunk"
_PERPLEXITY_END = "chat.completion.done"


class ChunkReader(JsonReader):
    """What chat and text completions share: the chunk around the choices, usage, finish and error."""

    choices: int | None = None
    tells = True
    error_lines = True

    def begin(self) -> None:
        super().begin()
        self._started = False
        # A citation list comes again on every chunk (Perplexity): only a change is news. Its repr and not
        # itself, which a hostile server can nest too deep to compare or pickle.
        self._seen: dict[str, str] = {}

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        parts: list[Part] = []
        choices = payload.get("choices")
        if type(choices) is not list:
            choices = ()
        told = self._started
        if not told and (choices or ("choices" in payload and str_or_none(payload.get("id")))):
            parts.append(self._start(payload, choices))
        usage = payload.get("usage")
        for choice in choices:
            if type(choice) is dict:
                told = self.read_choice(choice, payload, parts) and told
                usage = usage or choice.get("usage")  # Moonshot
        # Each chunk comes by here, and few hold any of this.
        if (
            not choices
            or "error" in payload
            or "citations" in payload
            or "search_results" in payload
            or "prompt_filter_results" in payload
            or "x_groq" in payload
            or (usage and payload.get("object") != _CHUNK)
        ):
            told = self._read_rest(payload, usage, event, parts) and told
        elif type(usage) is dict:
            parts += self.usage(read_usage(usage, payload))
        return parts if told else self.tell(parts, payload)

    def may_repeat(self, payload: Any) -> bool:
        return bool(payload.get("object") != _PERPLEXITY_END)  # which is the end if its usage says something

    def read_alike(self, member: str, value: Any, payload: Any) -> list[Part]:
        return self.usage(read_usage(value, payload)) if member == "usage" and type(value) is dict else []

    @abstractmethod
    def read_choice(self, choice: dict[str, Any], payload: dict[str, Any], parts: list[Part]) -> bool:
        """Append the parts of one of the chunk's choices; whether they have their payload."""

    def _start(self, payload: dict[str, Any], choices: Any) -> Start:
        self._started = True
        role = None
        for choice in choices:
            role = role or str_or_none(dict_of(dict_of(choice).get("delta")).get("role"))
        return Start(str_or_none(payload.get("id")), str_or_none(payload.get("model")), role, raw=payload)

    def read_finish(self, reason: object, choice: int) -> None:
        # "null" as text is what Qwen's servers send for none. The last one counts: some say "stop" early, beside
        # reasoning, and OpenRouter says it again with the usage.
        if type(reason) is str and reason not in ("", "null"):
            self.finish_later(_REASONS.get(reason, "other"), reason, choice)

    def _read_rest(self, payload: dict[str, Any], usage: object, event: Event, parts: list[Part]) -> bool:
        """Append the parts of what a chunk may hold beside its choices; whether all have their payload."""
        before = len(parts)
        for name in _CHUNK_OTHERS:
            value = payload.get(name)
            if value and self._is_news(name, value):
                parts.append(Other(name, value, self.name))
        if type(usage) is not dict:
            usage = dict_of(payload.get("x_groq")).get("usage")
        if type(usage) is dict:
            parts += self.usage(read_usage(usage, payload))
        # An error object, or text; vLLM also sends the error bare, and Groq names the event.
        bare = payload.get("object") == "error" or event.type == "error"
        if payload.get("error") or (bare and not payload.get("choices")):
            parts += self.fail(payload)
        elif payload.get("object") == _PERPLEXITY_END:
            parts += self.done("event")
        elif "choices" not in payload and not parts:
            parts.append(self.other(payload, event))
        return len(parts) == before or (len(parts) == before + 1 and parts[-1].kind == "usage")

    def _is_news(self, name: str, value: Any) -> bool:
        try:
            text = short(repr(value))
        except (RecursionError, ValueError):  # nested too deep, or too many digits
            return True
        if text == self._seen.get(name):
            return False
        self._seen[name] = text
        return True

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        # The answer of a server that does not stream: a message where the delta would be.
        choices = payload.get("choices")
        if type(choices) is not list:
            return self.fail(payload)
        for choice in choices:
            if type(choice) is dict and "delta" not in choice:
                choice["delta"] = choice.get("message")
        return self.read_object(payload, event)

    def done(self, how: How, reconnect: bool = False) -> list[Part]:
        if self._started and not self.finishes and not self.ended:
            self.said()  # a message that says nothing ends as any other
        return super().done(how, reconnect)

    def fail(self, error: Error | Any) -> list[Part]:
        # OpenRouter's "Token limit reached" comes after the finish_reason, which still says how the choice ended.
        return [*self.finish_held(), *super().fail(error)]

    def whole(self) -> bool:
        # Perplexity, Writer and GPUStack send no [DONE]
        return bool(self.finishes) and not self.waiting


class ChunkWriter(Writer):
    """Writes chunks, each a choice; usage in one of its own, at the end; then `[DONE]`."""

    object_name = ""
    id_prefix = ""

    def begin(self) -> None:
        super().begin()
        # The choices that began, and whether their finish was written.
        self._finished: dict[int, bool] = {}
        # A finish was written, and no error: then only one tells that what follows could not be said.
        self._looks_whole = False

    def chunk(self, choice: int, delta: dict[str, Any], finish: str | None = None) -> Event:
        """The chunk of one choice, which has then begun; with `finish` it has finished."""
        self._finished[choice] = finish is not None
        self._looks_whole = self._looks_whole or finish is not None
        return self.chunk_of([self.choice_of(choice, delta, finish)])

    def choice_of(self, choice: int, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        """One of a chunk's choices."""
        return {"index": choice, "delta": delta, "finish_reason": finish}

    def chunk_of(self, choices: list[Any], **members: Any) -> Event:
        """The chunk of these choices. The id is invented only once there is one: before that it would be a Start."""
        if self.id is None and choices:
            self.id: str | None = f"{self.id_prefix}-1"
        head = {"id": self.id or "", "object": self.object_name, "created": self.created, "model": self.model or ""}
        return self.event({**head, "choices": choices, **members})

    def write_start(self, part: Start) -> list[Item]:
        self.id = part.id or self.id or ""
        self.model: str | None = part.model or self.model
        return [self.chunk(part.choice, {} if part.role is None else {"role": part.role, "content": ""})]

    def write_finish(self, part: Finish) -> list[Item]:
        if part.reason == "error":  # an Error may follow, and a client that stops at any finish would not see it
            self._finished.setdefault(part.choice, False)
            return []
        return [self.chunk(part.choice, {}, word_of(part, _REASONS, _WORDS, "stop"))]

    def write_error(self, part: Error) -> list[Item]:
        self._looks_whole = False
        return [self.event({"error": write_error(part)})]

    def write_other(self, part: Other) -> list[Item]:
        if part.name in _CHUNK_OTHERS:
            return [self.chunk_of([], **{part.name: part.data})]
        return self.other(part)

    def write_end(self) -> list[Item]:
        open = [choice for choice, finished in self._finished.items() if not finished]
        finishes = [self.chunk(choice, {}, self.finish_word(choice)) for choice in open]
        return [*finishes, *self._usage(), Event("[DONE]")]

    def write_failed_end(self) -> list[Item]:
        items = self._usage()
        if self._looks_whole:
            items += self.write_error(Error("the answer could not be written", "server_error"))
        return items

    def _usage(self) -> list[Item]:
        return [] if self.held_usage is None else [self.chunk_of([], usage=write_usage(self.held_usage))]

    def finish_word(self, choice: int) -> str:
        """The finish_reason of a choice: of its last Finish, or of the one to be inferred."""
        return word_of(self.held_finish(choice), _REASONS, _WORDS, "stop")


def read_usage(usage: dict[str, Any], raw: Any) -> Usage:
    """Usage in OpenAI's words and its family's."""
    get = usage.get
    input = count_or_none(get("prompt_tokens"))
    output = count_or_none(get("completion_tokens"))
    total = count_or_none(get("total_tokens"))
    if len(usage) == 3 and None not in (input, output, total):  # no more than these: where it comes on every chunk
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
    written = given(prompt_tokens=input, completion_tokens=output, total_tokens=total)
    cache = given(cached_tokens=usage.cache_read_tokens, cache_write_tokens=usage.cache_write_tokens)
    if cache:
        written["prompt_tokens_details"] = cache
    if usage.reasoning_tokens is not None:
        written["completion_tokens_details"] = {"reasoning_tokens": usage.reasoning_tokens}
    return written
