# SPDX-License-Identifier: MIT
"""dashscope: the native text generation of Alibaba's Model Studio; `event: result`, ids that count up, JSON.

    request_id                                Start(id), once
    output.choices[0].message.content         TextDelta, of the choice `index`; or content[0].text, or output.text
    ...message.reasoning_content              ReasoningDelta
    ...message.tool_calls                     ToolCallDelta, of the block `index`; arguments as text
    usage                                     Usage, in each event: input_tokens, output_tokens, total_tokens,
                                              prompt_tokens_details.cached_tokens,
                                              output_tokens_details.reasoning_tokens
    output.choices[0].finish_reason           Finish: stop, length, tool_calls; the word "null" means none yet
    event error, or code                      Error, the end: code, message
    the end of the body                       Done("eof"), after a finish_reason; else a truncation

Each event has all of the text so far, unless the request said incremental_output: say that with the option
`incremental`, which both halves have. Without it, text that begins with all before it adds the rest; text that does
not is taken as incremental from then on. Usage is written in each event from when it is known.
Lost: what is beside `output` and `usage`, search results and log probabilities.
From the documentation and its SDK for Python 2.0, which takes `event:error` for an error only without a space: with
the standard's one it fails at the event that has no output. No stream of it was recorded.
"""

from __future__ import annotations

from ._parts import ToolCallDelta, Usage
from .base import (
    OVERHEAD,
    Dialect,
    Heard,
    HeldText,
    PlainReader,
    PlainWriter,
    dict_of,
    dicts_of,
    given,
    index_or_none,
    length,
    str_or_none,
    text_of,
    write_error,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .._items import Event, Item
    from ._parts import Block, Error, Finish, FinishReason, Part, ReasoningDelta, TextDelta
    from .base.plain import Path

_CHOICE: Path = ("output", "choices", 0)
_MESSAGE: Path = (*_CHOICE, "message")
_AT: dict[str, Path] = {
    "id": ("request_id",),
    "choice": (*_CHOICE, "index"),
    "content": (*_MESSAGE, "content"),
    "item": (*_MESSAGE, "content", 0, "text"),
    "output": ("output", "text"),
    "reasoning": (*_MESSAGE, "reasoning_content"),
    "calls": (*_MESSAGE, "tool_calls"),
    "input_tokens": ("usage", "input_tokens"),
    "output_tokens": ("usage", "output_tokens"),
    "total_tokens": ("usage", "total_tokens"),
    "cache_read_tokens": ("usage", "prompt_tokens_details", "cached_tokens"),
    "reasoning_tokens": ("usage", "output_tokens_details", "reasoning_tokens"),
    "finish": (*_CHOICE, "finish_reason"),
    "output_finish": ("output", "finish_reason"),
    "error": ("code",),
}
_REASONS: dict[str, FinishReason] = {"stop": "stop", "length": "length", "tool_calls": "tool_call"}
_WORDS: dict[FinishReason, str] = {
    "stop": "stop",
    "length": "length",
    "tool_call": "tool_calls",
    "content_filter": "length",
    "other": "length",
}
_UNFINISHED = "null"
_MAX_CALLS = 128  # of one answer: an index past it counts as absent


class DashscopeReader(PlainReader):
    at: Mapping[str, Path] = _AT
    reasons: Mapping[str, FinishReason] = _REASONS
    unfinished: tuple[str, ...] = (_UNFINISHED,)

    def __init__(self, dialect: Dialect, *, incremental: bool = False, **options: Any) -> None:
        self._asked = incremental
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._incremental = self._asked
        # What was said, where each event says it again.
        self._so_far: dict[tuple[int, str], Heard] = {}
        # The calls that began, by choice and block.
        self._begun: set[tuple[int, Block]] = set()

    def read_found(self, found: dict[str, Any], choice: int) -> list[Part]:
        text = next((found[name] for name in ("content", "item", "output") if type(found.get(name)) is str), "")
        found["text"] = self._rest(choice, "text", text)
        found["reasoning"] = self._rest(choice, "reasoning", text_of(found.get("reasoning")))
        word = found.pop("finish", found.get("output_finish"))
        parts = super().read_found(found, choice)
        for at, call in enumerate(dicts_of(found.get("calls"))[:_MAX_CALLS]):
            parts += self._read_call(call, at, choice)
        return parts + super().read_found({"finish": word}, choice)

    def _read_call(self, call: dict[str, Any], at: int, choice: int) -> list[Part]:
        """What one of `tool_calls` adds: its id and its name are in the first event that has it, or in each."""
        index = index_or_none(call.get("index"), _MAX_CALLS)
        block = at if index is None else index
        function = dict_of(call.get("function"))
        begins = (choice, block) not in self._begun
        self._begun.add((choice, block))
        arguments = self._rest(choice, f"call {block}", text_of(function.get("arguments")))
        if not begins:
            return [ToolCallDelta(arguments, block, choice=choice)] if arguments else []
        self.tool_called(block, choice)
        id, name = str_or_none(call.get("id")), str_or_none(function.get("name"))
        return [ToolCallDelta(arguments, block, id, name, choice=choice)]

    def _rest(self, choice: int, name: str, text: str) -> str:
        """What `text` adds to what was said."""
        if self._incremental or not text:
            return text
        heard = self._so_far.setdefault((choice, name), Heard())
        rest = heard.rest(text)
        if rest is None:
            self._incremental = True
            return text
        heard.add(rest)
        return rest


class DashscopeWriter(PlainWriter):
    one_choice = False
    reasons: Mapping[str, FinishReason] = _REASONS
    words: Mapping[FinishReason, str] = _WORDS

    def __init__(self, dialect: Dialect, *, incremental: bool = False, **options: Any) -> None:
        self._incremental = incremental
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._count = 0
        # By choice and member, what each event says again.
        self._so_far: dict[tuple[int, str], HeldText] = {}
        # By choice and block: the index of each call, its id and its name, and its arguments.
        self._calls: dict[tuple[int, Block], tuple[dict[str, Any], HeldText]] = {}

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self._more("content", part.text, part.choice)]

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        return [self._more("reasoning_content", part.text, part.choice)] if part.text else []

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        key = part.choice, part.block
        if key not in self._calls:
            index = sum(choice == part.choice for choice, _ in self._calls)
            self.held.add(OVERHEAD + length(part.id, part.name))
            self._calls[key] = given(index=index, id=part.id or f"call_{index}", name=part.name), HeldText(self.held)
        call, arguments = self._calls[key]
        if part.name and "name" not in call:
            self.held.add(len(part.name))
            call["name"] = part.name
        if not self._incremental:
            arguments.append(part.arguments)
            return [self.chunk({}, part.choice)]
        event = self.chunk({"tool_calls": [_call(call, part.arguments)]}, part.choice)
        return [event]

    def write_error(self, part: Error) -> list[Item]:
        return [self._numbered({**given(**write_error(part)), **given(request_id=self.id)}, "error")]

    def write_last(self, finish: Finish) -> list[Item]:
        return [self.chunk({}, finish.choice, self.word(finish))]

    def chunk(self, members: dict[str, Any], choice: int = 0, reason: str = _UNFINISHED) -> Event:
        so_far = {name: str(text) for (index, name), text in self._so_far.items() if index == choice}
        calls = [_call(call, str(text)) for (index, _), (call, text) in self._calls.items() if index == choice]
        said = {"tool_calls": calls} if calls and not self._incremental else {}
        message = {"role": "assistant", "content": "", **so_far, **said, **members}
        output = {"choices": [{"message": message, "finish_reason": reason, "index": choice}]}
        usage = {"usage": _usage(self.held_usage)} if self.held_usage else {}
        return self._numbered({"output": output, **usage, **given(request_id=self.id)}, "result")

    def _more(self, name: str, text: str, choice: int) -> Event:
        if self._incremental:
            return self.chunk({name: text}, choice)
        if (choice, name) not in self._so_far:
            self._so_far[choice, name] = HeldText(self.held)
        self._so_far[choice, name].append(text)
        return self.chunk({}, choice)

    def _numbered(self, payload: dict[str, Any], type: str) -> Event:
        self._count += 1
        event = self.event(payload, type)
        event.last_event_id = str(self._count)
        return event


def _call(call: dict[str, Any], arguments: str) -> dict[str, Any]:
    function = given(name=call.get("name"), arguments=arguments)
    return {"index": call["index"], "id": call["id"], "type": "function", "function": function}


def _usage(used: Usage) -> dict[str, Any]:
    """The counts that are known."""
    cached, thought = given(cached_tokens=used.cache_read_tokens), given(reasoning_tokens=used.reasoning_tokens)
    counts = given(input_tokens=used.input_tokens, output_tokens=used.output_tokens, total_tokens=used.total_tokens)
    return {**counts, **given(prompt_tokens_details=cached or None, output_tokens_details=thought or None)}


DIALECT = Dialect(
    "dashscope",
    DashscopeReader,
    DashscopeWriter,
    resumable=False,
    error_ends=True,
    terminal="an event with a finish_reason",
)
