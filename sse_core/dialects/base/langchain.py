# SPDX-License-Identifier: MIT
"""LangChain's messages, which LangGraph and LangServe stream: a chunk of an AI message as parts, and parts as chunks.

A chunk (`type` AIMessageChunk; `ai`: a message that comes whole) adds to the message with its `id`, text is of the
block `id`, reasoning and calls of `id/index`. `usage_metadata` adds up, over all messages of a run. In
`response_metadata` stands why the model stopped; an agent's run goes on after that, so the last message's counts.
"""

from __future__ import annotations

from ..._items import Event
from .._parts import BlockEnd, Error, Other, ReasoningDelta, TextDelta, ToolCallDelta, Usage
from .held import OVERHEAD, length
from .json import JsonReader
from .members import count_or_none, dict_of, dicts_of, given, read_error, str_or_none, text_of
from .writer import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Item
    from .._parts import Block, Finish, FinishReason, Part, Start

CONTENT = "content"  # the Other of a content block that has no part
_MESSAGES = ("AIMessageChunk", "ai")
# The words of OpenAI, which are written, Anthropic and Gemini, in small letters: LangChain hands on its model's.
_WORDS: dict[FinishReason, tuple[str, ...]] = {
    "stop": ("stop", "end_turn", "stop_sequence"),
    "length": ("length", "max_tokens"),
    "tool_call": ("tool_calls", "tool_use", "function_call"),
    "content_filter": ("content_filter", "refusal", "safety"),
}
_REASONS: dict[str, FinishReason] = {word: reason for reason, words in _WORDS.items() for word in words}
# The counts in the order of Usage's; the last three are details.
_COUNTS = ("input_tokens", "output_tokens", "total_tokens", "cache_read", "cache_creation", "reasoning")
# Content blocks that repeat what `tool_call_chunks` say.
_CALLS = ("tool_use", "input_json_delta", "tool_call", "tool_call_chunk", "function_call")


class RunReader(JsonReader):
    """What readers of a run share: usage adds up, and the reason why the last model stopped counts."""

    def add_usage(self, counts: dict[str, Any]) -> list[Part]:
        """The sum of what all messages said."""
        told = {**counts, **dict_of(counts.get("input_token_details")), **dict_of(counts.get("output_token_details"))}
        new = Usage()
        for field, name in zip(Usage.__match_args__, _COUNTS, strict=False):
            count = count_or_none(told.get(name))
            if count is not None:
                setattr(new, field, count + (getattr(self.used, field) or 0))
        return self.usage(new)

    def stopped(self, told: dict[str, Any]) -> None:
        """Hold the reason that the metadata of a model's answer has."""
        word = str_or_none(told.get("finish_reason")) or str_or_none(told.get("stop_reason"))
        if word is not None:
            reason = _REASONS.get(word.lower(), "other")
            # The tools may run where the model does: only a call that got no answer here is one to act on.
            self.finish_later("stop" if reason == "tool_call" else reason, word)


class MessageReader(RunReader):
    """Reads named events whose data is any JSON: override `read_event`, and give `read_message` what is a message."""

    def read(self, event: Event) -> list[Part]:
        # `""` is no keep-alive and `"[DONE]"` no sentinel: a model may say them.
        if event.type == "error":
            return self._read_error(event)
        blank = not event.data.strip()
        if blank and event.type == "message":
            return []
        payload = None if blank or event.type == "end" else self.payload(event)
        return self.tell(self.read_event(payload, event), payload)

    def read_event(self, payload: Any, event: Event) -> list[Part]:
        """The parts of one event; a payload of None may be no data."""
        return [Other(event.type, payload, self.name)]

    def is_message(self, value: object) -> bool:
        """Whether it is an AI message, or a chunk of one."""
        return dict_of(value).get("type") in _MESSAGES

    def read_message(self, message: dict[str, Any]) -> list[Part]:
        """The parts of an AI message, or of a chunk of one."""
        block = str_or_none(message.get("id")) or 0
        told = dict_of(message.get("additional_kwargs"))
        parts: list[Part] = []
        if text := text_of(told.get("reasoning_content")):
            parts.append(ReasoningDelta(text, f"{block}/0"))
        content = message.get("content")
        if type(content) is not list:
            content = [content]
        parts += [part for item in content if (part := self._read_content(item, block)) is not None]
        parts += self._read_calls(message, block)
        if parts:
            self.finishes[0] = None  # it is of a message before
        parts += self.add_usage(dict_of(message.get("usage_metadata")))
        self.stopped(dict_of(message.get("response_metadata")))
        return parts

    def _read_error(self, event: Event) -> list[Part]:
        try:
            payload = self.payload(event)
        except ValueError:
            return self.fail(event.data.strip())
        error = read_error(payload, payload)
        kind = str_or_none(dict_of(payload).get("error"))
        if error.type is None and kind != error.message:
            error.type = kind
        return self.fail(error)

    def _read_content(self, item: object, block: Block) -> Part | None:
        if type(item) is str:
            return TextDelta(item, block) if item else None
        found = dict_of(item)
        kind = found.get("type")
        if kind in _CALLS or not found:
            return None
        if kind == "text" and type(text := found.get("text")) is str:
            return TextDelta(text, block) if text else None
        if kind == "refusal" and type(text := found.get("refusal")) is str:
            return TextDelta(text, block, True) if text else None
        if kind not in ("reasoning", "thinking", "reasoning_content"):
            return Other(CONTENT, item, self.name, block)
        inner = {**found, **dict_of(found.get("extras")), **dict_of(found.get("reasoning_content"))}
        texts = [text_of(inner.get(name)) for name in ("thinking", "reasoning", "text")]
        text = "".join([*texts, *[text_of(one.get("text")) for one in dicts_of(found.get("summary"))]])
        signature = str_or_none(inner.get("signature"))
        index = count_or_none(found.get("index")) or 0
        return ReasoningDelta(text, f"{block}/{index}", signature) if text or signature else None

    def _read_calls(self, message: dict[str, Any], block: Block) -> list[Part]:
        parts: list[Part] = []
        chunks = dicts_of(message.get("tool_call_chunks"))
        whole = [] if chunks else dicts_of(message.get("tool_calls"))
        if not chunks:  # what LangChain could not read as a call is none to run
            for call in dicts_of(message.get("invalid_tool_calls")):
                parts.append(Other(CONTENT, {**call, "type": "invalid_tool_call"}, self.name, block))
        for at, call in enumerate(chunks or whole):
            id, name = str_or_none(call.get("id")), str_or_none(call.get("name"))
            arguments, index = call.get("args"), call.get("index")
            if type(index) is not str:
                # Without an index a call comes whole.
                index = id or at if count_or_none(index) is None else index
            key = f"{block}/{index}"
            if id or name:
                self.tool_called(id or key)
            if type(arguments) is dict:
                arguments = self.json_text(arguments)
            parts.append(ToolCallDelta(text_of(arguments), key, id, name))
            if whole:
                parts.append(BlockEnd(key, "tool_call"))
        return parts


class RunWriter(Writer):
    """What writers of a run share: usage and the reason go with its last message."""

    one_choice = True

    def is_end(self, data: str) -> bool:
        return False

    def usage_told(self) -> dict[str, Any] | None:
        """The counts, in LangChain's words."""
        return None if self.held_usage is None else _write_usage(self.held_usage)

    def reason_told(self, finish: Finish) -> dict[str, Any] | None:
        """The reason, where it says more than its being inferred would."""
        word = finish.raw_reason or ""
        meant = _REASONS.get(word.lower(), "other")
        if not word or finish.reason not in (meant, "stop" if meant == "tool_call" else meant):
            word = _WORDS.get(finish.reason, (finish.reason,))[0]
        inferred = finish.raw_reason is None and finish.reason == ("tool_call" if 0 in self.called else "stop")
        return None if inferred else {"finish_reason": word}


class MessageWriter(RunWriter):
    """Writes content as chunks of AI messages, in events `data`, and `end` last: override `message_event`, `end_event`.

    The id of a message is its text's block, if that has a name; of another's answer, the run's before it. `strings`:
    text whose block has none is an event of its own, a JSON string; usage and finish then go with the messages, if
    there are any.
    """

    strings = False

    def begin(self) -> None:
        super().begin()
        # The id of the message that the last content was of.
        self._message: str | None = None
        # By block, the message and the index of a call, numbered afresh; its id and its name as far as they were
        # sent: LangChain joins those that come again.
        self._calls: dict[Block, tuple[str, int, str | None, str | None]] = {}
        # An Other said what the Start behind it would say.
        self.told: bool = False
        # The Start has no id, as a Transcoder hands it on: the names of blocks are the provider's, and may come again
        # in the next run of a thread.
        self._foreign = False

    def message_event(self, message: dict[str, Any]) -> Event:
        """The event of a chunk."""
        return self.event(message, "data")

    def end_event(self) -> Event:
        """The last event of a run that succeeded."""
        return Event("", "end")

    def event_type(self, part: Other) -> str:
        """The event type of an Other."""
        return part.name

    def write_start(self, part: Start) -> list[Item]:
        told, self.told = self.told, False
        self._foreign = part.id is None and not told
        self.id: str | None = part.id or self.id or "run-1"
        return [] if told else [self.event(self.metadata(self.id), "metadata")]

    def metadata(self, id: str) -> dict[str, Any]:
        """What the first event says."""
        return {"run_id": id}

    def write_text(self, part: TextDelta) -> list[Item]:
        if not part.text:
            return []
        if part.refusal:
            content: Any = [{"type": "refusal", "refusal": part.text}]
        elif self.strings and type(part.block) is int:
            return [self.event(part.text, "data")]
        else:
            content = part.text
        return [self._chunk(self._named(part.block), content)]

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        if not part.text and part.signature is None:
            return []
        block = part.block
        message, index = _place(block) or (self._named(block), block if type(block) is int else 0)
        extras = None if part.signature is None else {"signature": part.signature}
        return [self._chunk(message, [given(type="reasoning", reasoning=part.text, extras=extras, index=index)])]

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        known = self._calls.get(part.block)
        if known is None:
            place = _place(part.block)
            known = place[0] if place else self._message or self._default(), len(self._calls), None, None
            self.held.add(OVERHEAD + length(part.block, known[0]))
        elif not (part.arguments or (part.id and not known[2]) or (part.name and not known[3])):
            return []
        message, index, id, name = known
        self._calls[part.block] = message, index, id or part.id, name or part.name
        call = {"name": None if name else part.name, "args": part.arguments, "id": None if id else part.id}
        return [self._chunk(message, "", tool_call_chunks=[{**call, "index": index, "type": "tool_call_chunk"}])]

    def write_other(self, part: Other) -> list[Item]:
        if part.name == CONTENT and type(part.data) is dict and type(part.block) is str:
            return self.meaningless(part, self._chunk(part.block, [part.data]))
        if part.name == "metadata" and part.block is None:
            self.told = True
            return [self.event(part.data, "metadata")]
        return self.meaningless(part, self.event(part.data, self.event_type(part)))

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        if finish.reason == "error":
            return self.write_bad_end(finish)
        message = self._message or (None if self.strings else self._default())
        members = given(usage_metadata=self.usage_told(), response_metadata=self.reason_told(finish))
        last = [self._chunk(message, "", **members)] if message and members else []
        return [*last, self.end_event()]

    def write_failed_end(self) -> list[Item]:
        # A client takes the end of the body for the end of the run.
        return self.write_error(Error("the answer could not be written"))

    def _chunk(self, id: str, content: Any, **members: Any) -> Event:
        self._message = id
        if self._foreign and id != self._default():
            id = f"{self._default()}/{id}"
        return self.message_event({"type": "AIMessageChunk", "id": id, "content": content, **members})

    def _named(self, block: Block) -> str:
        """The id of the message that text of this block is of."""
        return block if type(block) is str and block else self._default()

    def _default(self) -> str:
        """The id of the message that content with no name belongs to."""
        return f"lc_run--{self.id or 'run-1'}"


def _place(block: Block) -> tuple[str, int] | None:
    """The message and the index in it that a block is of, as they are read."""
    message, _, index = block.rpartition("/") if type(block) is str else ("", "", "")
    return (message, int(index)) if message and index.isascii() and index.isdigit() and len(index) < 5 else None


def _write_usage(usage: Usage) -> dict[str, Any]:
    """All three totals: a message without one of them is none in LangChain."""
    input, output, total = usage.input_tokens or 0, usage.output_tokens or 0, usage.total_tokens
    details = given(cache_read=usage.cache_read_tokens, cache_creation=usage.cache_write_tokens)
    return given(
        input_tokens=input,
        output_tokens=output,
        total_tokens=input + output if total is None else total,
        input_token_details=details or None,
        output_token_details=None if usage.reasoning_tokens is None else {"reasoning": usage.reasoning_tokens},
    )
