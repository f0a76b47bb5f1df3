# SPDX-License-Identifier: MIT
"""What reads gemini."""

from __future__ import annotations

from .._parts import BlockEnd, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage
from ..base import JsonReader, count_or_none, dict_of, dicts_of, dumps, read_error, str_or_none, text_of
from ..base.writer import MAX_CHOICES
from .partial_args import MAX_SIZE, CallUnderWay
from .words import KNOWN, METADATA, REASONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event
    from .._parts import How, Part

_COUNT_LIMIT = 1 << 63  # count_or_none's
_TEXT_KEYS = frozenset(("text", "thought", "thoughtSignature"))


class _Choice:
    """What reading must know of one candidate."""

    __slots__ = ("broken", "call", "index", "next_call")

    def __init__(self, index: int) -> None:
        self.index = index
        # The call whose arguments are still coming.
        self.call: CallUnderWay | None = None
        self.next_call = 0
        # A call could not be read, and is missing: a finish of STOP would say that the others are all.
        self.broken = False


class GeminiReader(JsonReader):
    """Reads pieces of a GenerateContentResponse: text, reasoning, calls whole and streamed, several candidates."""

    choices: int | None = None
    body_ends = True
    tells = True
    alike: tuple[str, ...] | None = ("usageMetadata",)

    def begin(self) -> None:
        super().begin()
        self.used: Usage = Usage()  # its own, which `_usage` writes to
        self._started = False
        self._choices: dict[int, _Choice] = {}

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        parts: list[Part] = []
        candidates = payload.get("candidates")
        if type(candidates) is not list:
            candidates = ()
        told = self._started
        if not told:
            parts += self._start(payload, dicts_of(candidates))
        for candidate in candidates:
            if type(candidate) is dict:
                told = self._candidate(candidate, payload, event, parts) and told
        usage = payload.get("usageMetadata")
        if type(usage) is dict:
            self._usage(usage, payload, parts)
        if "error" in payload or "promptFeedback" in payload or not parts:
            parts += self._rest(payload, event)
            told = False
        return parts if told else self.tell(parts, payload)

    def read_alike(self, member: str, value: Any, payload: Any) -> list[Part]:
        parts: list[Part] = []
        if type(value) is dict:
            self._usage(value, payload, parts)
        return parts

    def _start(self, payload: dict[str, Any], candidates: list[dict[str, Any]]) -> list[Part]:
        id, model = str_or_none(payload.get("responseId")), str_or_none(payload.get("modelVersion"))
        if not (id or model or candidates):
            return []
        self._started = True
        roles = [str_or_none(dict_of(candidate.get("content")).get("role")) for candidate in candidates]
        role = next((role for role in roles if role), None)
        # "model" is what all others call the assistant.
        return [Start(id, model, "assistant" if role == "model" else role)]

    def _candidate(self, candidate: dict[str, Any], payload: Any, event: Event, parts: list[Part]) -> bool:
        """Append the parts of a candidate; whether they have their payload."""
        told = True
        index, members = 0, len(candidate)
        if "index" in candidate:
            members -= 1
            index = candidate["index"]
            if type(index) is not int or not 0 <= index < MAX_CHOICES:
                index = 0
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _Choice(index)
            self.said(index)
        content = candidate.get("content")
        if type(content) is dict:
            pieces = content.get("parts")
            if type(pieces) is list:
                for piece in pieces:
                    if type(piece) is dict:
                        text = piece.get("text")
                        if len(piece) > 1 or type(text) is not str or choice.call is not None:
                            told = False
                            try:
                                parts += self._piece(piece, choice, payload)
                            except ValueError as error:
                                choice.broken = True
                                self.said(index)
                                raise self.unreadable(f"a call cannot be read: {error}", event) from error
                        elif text:
                            if index not in self.waiting:
                                self.said(index)
                            parts.append(TextDelta(text, 0, False, index, payload))
        # Few hold more than content and index: what else there may be is looked for here.
        if members > 1 or type(content) is not dict:
            parts += self._end_of_candidate(candidate, choice)
            told = False
        return told

    def _end_of_candidate(self, candidate: dict[str, Any], choice: _Choice) -> list[Part]:
        """The parts of all but the content."""
        parts: list[Part] = []
        for name in METADATA:
            if candidate.get(name):
                parts.append(Other(name, candidate[name], self.name, choice=choice.index))
        word = str_or_none(candidate.get("finishReason"))
        if word is not None and word != "FINISH_REASON_UNSPECIFIED":
            reason = REASONS.get(word, "other")
            if choice.call is not None:
                parts += self._end_call(choice, reason == "stop")
            if choice.broken and reason == "stop":
                reason = "error"
            self.finish_later(reason, word, choice.index)
        return parts

    def _piece(self, piece: dict[str, Any], choice: _Choice, payload: Any) -> list[Part]:
        """The parts of anything but text alone, or of text while a call is under way."""
        signature = str_or_none(piece.get("thoughtSignature"))
        call = piece.get("functionCall")
        if type(call) is dict:
            parts = self._call(call, signature, choice)
        else:
            parts = [] if choice.call is None else self._end_call(choice)
            index, text = choice.index, text_of(piece.get("text"))
            if not text and not piece.keys() <= _TEXT_KEYS:
                # executableCode, codeExecutionResult, inlineData, toolCall, toolResponse; and what is yet to come
                name = next(key for key in piece if key not in _TEXT_KEYS)
                parts.append(Other(name, piece, self.name, 0, choice=index))
            elif piece.get("thought") is True:
                if text or signature:
                    parts.append(ReasoningDelta(text, 0, signature, index, payload))
            else:
                if text:
                    parts.append(TextDelta(text, choice=index))
                if signature:
                    parts.append(ReasoningDelta("", 0, signature, index))
        if choice.index not in self.waiting and (parts or choice.call is not None):
            self.said(choice.index)
        return parts

    def _call(self, call: dict[str, Any], signature: str | None, choice: _Choice) -> list[Part]:
        name, pieces, more = str_or_none(call.get("name")), call.get("partialArgs"), call.get("willContinue") is True
        begins = name is not None or "args" in call
        parts = self._end_call(choice) if begins else []
        if signature is not None:
            block = f"call{choice.next_call}" if begins or choice.call is not None else 0
            parts.append(ReasoningDelta("", block, signature, choice.index))
        if begins:
            args = dict_of(call.get("args"))
            if args and (more or type(pieces) is list):
                raise ValueError("it has args, and is to continue")
            choice.call = CallUnderWay(str_or_none(call.get("id")), name, args)
        # If one value cannot be placed, the call must not be run: only a good one is put back.
        under_way, choice.call = choice.call, None
        if under_way is None:  # the end of a call that is over
            return parts
        for piece in pieces if type(pieces) is list else ():
            under_way.add(dict_of(piece))
        choice.call = under_way
        if sum([other.call.size for other in self._choices.values() if other.call is not None]) > MAX_SIZE:
            choice.call = None
            raise ValueError(f"the arguments of all candidates are over {MAX_SIZE} characters")
        return parts if more else parts + self._end_call(choice)

    def _end_call(self, choice: _Choice, whole: bool = True) -> list[Part]:
        """The call under way, if there is one: its last event may be missing. `whole`: it ends, and was not cut."""
        call, choice.call = choice.call, None
        if call is None:
            return []
        index, block, arguments = choice.index, choice.next_call, dumps(call.whole())
        choice.next_call += 1
        self.tool_called(block, index)
        parts: list[Part] = [ToolCallDelta(arguments, block, call.id, call.name, choice=index)]
        return [*parts, BlockEnd(block, "tool_call", index)] if whole else parts

    def _usage(self, usage: dict[str, Any], payload: Any, parts: list[Part]) -> None:
        """The base's `usage`, written out: nearly each event comes by here, with other counts."""
        used, changed = self.used, False
        prompt, candidates = usage.get("promptTokenCount"), usage.get("candidatesTokenCount")
        thoughts, total = usage.get("thoughtsTokenCount"), usage.get("totalTokenCount")
        if type(prompt) is int:
            if "toolUsePromptTokenCount" in usage:
                prompt = count_or_none(prompt + (count_or_none(usage["toolUsePromptTokenCount"]) or 0)) or prompt
            if prompt != used.input_tokens and 0 <= prompt < _COUNT_LIMIT:
                used.input_tokens = prompt
                changed = True
        output = candidates if type(candidates) is int and 0 <= candidates < _COUNT_LIMIT else None
        if type(thoughts) is int and 0 <= thoughts < _COUNT_LIMIT:
            output = count_or_none(thoughts + (output or 0)) or thoughts
            if thoughts != used.reasoning_tokens:
                used.reasoning_tokens = thoughts
                changed = True
        if output is not None and output != used.output_tokens:
            used.output_tokens = output
            changed = True
        if type(total) is int and total != used.total_tokens and 0 <= total < _COUNT_LIMIT:
            used.total_tokens = total
            changed = True
        if "cachedContentTokenCount" in usage:
            count = count_or_none(usage["cachedContentTokenCount"])
            if count is not None and count != used.cache_read_tokens:
                used.cache_read_tokens = count
                changed = True
        if changed:
            input, total, cached = used.input_tokens, used.total_tokens, used.cache_read_tokens
            parts.append(Usage(input, used.output_tokens, total, cached, None, used.reasoning_tokens, 0, payload))

    def _rest(self, payload: dict[str, Any], event: Event) -> list[Part]:
        """The parts of an event that is more than an answer, or none: an error, a blocked prompt, what is unknown."""
        blocked = str_or_none(dict_of(payload.get("promptFeedback")).get("blockReason"))
        if blocked is not None and not self.finishes:
            self.finish_later("content_filter", blocked)
        if payload.get("error"):
            return self._error(payload)
        return [] if KNOWN & payload.keys() else [self.other(payload, event)]

    def _error(self, payload: dict[str, Any]) -> list[Part]:
        error = read_error(payload)
        error.type = error.type or str_or_none(dict_of(payload.get("error")).get("status"))
        return self.fail(error)

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        # The answer of a server that does not stream is one event's.
        whole = type(payload.get("candidates")) is list or type(payload.get("promptFeedback")) is dict
        return self.read_object(payload, event) if whole else self._error(payload)

    def read_sentinel(self) -> list[Part]:
        # Some gateway's. An answer without a call that began there, or could not be read, is none to act on.
        for index, choice in self._choices.items():
            if index in self.waiting and (choice.broken or choice.call is not None):
                self.finish_later("error", None, index)
        return self.done("sentinel")

    def done(self, how: How, reconnect: bool = False) -> list[Part]:
        if self._started and not self.finishes and not self.ended:
            self.said()  # a message that says nothing ends as any other
        return super().done(how, reconnect)

    def whole(self) -> bool:
        return bool(self.finishes) and not self.waiting
