# SPDX-License-Identifier: MIT
"""gemini: Google's `:streamGenerateContent?alt=sse`, on the Gemini API and on Vertex AI.

Unnamed events, each a piece of a GenerateContentResponse; no sentinel: the body ends once every candidate
has a finishReason. An older API sends one on every event, so the last counts, and is given at the end. Text
and reasoning are block 0, calls 0, 1, 2. The thoughtSignature of call n is a ReasoningDelta without text, of
block "call<n>", right before the call; any other is of block 0.
"""

from __future__ import annotations

import json

from .._errors import DialectError, EncodeError
from .._items import Event
from ._dialect import CallBuffer
from ._gemini import BLOCKED, REASONS, STATUSES, WORDS, StreamedCall, is_signature, write_usage
from ._json import JsonDialect, count_or_none, dict_of, read_error, str_or_none, text_of
from ._parts import BlockEnd, Error, Finish, Other, ReasoningDelta, Start, TextDelta, ToolCallDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Retry
    from ._parts import Block, Part

_MAX_CHOICES = 128  # past it an index counts as absent, so that state stays bounded

_METADATA = ("citationMetadata", "groundingMetadata", "urlContextMetadata")
# In write_usage's order.
_COUNTS = tuple(f"{name}TokenCount" for name in ("prompt", "candidates", "total", "cachedContent", "thoughts"))
_KNOWN = frozenset(("candidates", "usageMetadata", "promptFeedback", "modelVersion", "responseId"))
_TEXT_KEYS = frozenset(("text", "thought", "thoughtSignature"))


class _Choice:
    """What decoding must know of one candidate."""

    __slots__ = ("blocked", "call", "index", "next_call", "payload", "reason")

    def __init__(self, index: int) -> None:
        self.index = index
        # The last finishReason and its payload; `blocked`: it is the prompt's blockReason.
        self.reason: str | None = None
        self.payload: Any = None
        self.blocked = False
        # The call whose arguments are still coming.
        self.call: StreamedCall | None = None
        self.next_call = 0


class Gemini(JsonDialect):
    """GenerateContentResponse: text, reasoning, calls whole and streamed, several candidates."""

    name = "gemini"
    newline = "\r\n"
    eof_ends = True
    comments = False  # Google's client reads each line that is no data line as JSON
    terminal = "a finishReason"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._started = False
        self._choices: dict[int, _Choice] = {}
        # The counts so far: input, output, total, cached, reasoning.
        self._counts: tuple[int | None, ...] = (None,) * 5
        # Encoding, by choice: the calls that are not whole, their signatures (that of the next call has the
        # block None), the last Finish.
        self._calls: dict[int, CallBuffer] = {}
        self._signatures: dict[tuple[int, Block | None], str] = {}
        self._finishes: dict[int, Finish] = {}

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        parts: list[Part] = []
        candidates = payload.get("candidates")
        if type(candidates) is not list:
            candidates = ()
        if not self._started:
            self._start(payload, candidates, parts)
        for candidate in candidates:
            if type(candidate) is dict:
                self._candidate(candidate, payload, event, parts)
        usage = payload.get("usageMetadata")
        if type(usage) is dict:
            self._usage(usage, payload, parts)
        if "error" in payload or "promptFeedback" in payload or not parts:
            self._rest(payload, event, parts)
        return parts

    def _start(self, payload: dict[str, Any], candidates: Any, parts: list[Part]) -> None:
        id, model = str_or_none(payload.get("responseId")), str_or_none(payload.get("modelVersion"))
        if not (id or model or candidates):
            return
        self._started = True
        role = None
        for candidate in candidates:
            role = role or str_or_none(dict_of(dict_of(candidate).get("content")).get("role"))
        # "model" is what all others call the assistant.
        parts.append(Start(id, model, "assistant" if role == "model" else role, raw=payload))

    def _candidate(self, candidate: dict[str, Any], payload: Any, event: Event, parts: list[Part]) -> None:
        index = candidate.get("index", 0)
        if type(index) is not int or not 0 <= index < _MAX_CHOICES:
            index = 0
        state = self._choices.get(index)
        if state is None:
            state = self._choices[index] = _Choice(index)
            self.open[index] = False
        content = candidate.get("content")
        if type(content) is dict:
            pieces = content.get("parts")
            if type(pieces) is list:
                for piece in pieces:
                    if type(piece) is dict:
                        text = piece.get("text")
                        if len(piece) > 1 or type(text) is not str or state.call is not None:
                            try:
                                self._piece(piece, state, payload, parts)
                            except ValueError as error:
                                raise DialectError(f"{self.name}: a call cannot be read: {error}", event) from error
                        elif text:
                            parts.append(TextDelta(text, 0, False, index, payload))
        # Few hold more than content and index: what else there may be is looked for here.
        if len(candidate) - ("index" in candidate) > 1 or type(content) is not dict:
            for name in _METADATA:
                if candidate.get(name):
                    parts.append(Other(name, candidate[name], self.name, None, index, payload))
            reason = str_or_none(candidate.get("finishReason"))
            if reason is not None and reason != "FINISH_REASON_UNSPECIFIED":
                self._end_call(state, payload, parts)
                state.reason, state.payload = reason, payload

    def _piece(self, piece: dict[str, Any], state: _Choice, payload: Any, parts: list[Part]) -> None:
        """Append the parts of anything but text alone, or of text while a call is under way."""
        signature = str_or_none(piece.get("thoughtSignature"))
        call = piece.get("functionCall")
        if type(call) is dict:
            self._call(call, signature, state, payload, parts)
            return
        self._end_call(state, payload, parts)
        text = text_of(piece.get("text"))
        if not text and not piece.keys() <= _TEXT_KEYS:
            # executableCode, codeExecutionResult, inlineData, toolCall, toolResponse; and what is yet to come
            name = next(key for key in piece if key not in _TEXT_KEYS)
            parts.append(Other(name, piece, self.name, 0, state.index, payload))
        elif piece.get("thought") is True:
            if text or signature:
                parts.append(ReasoningDelta(text, 0, signature, state.index, payload))
        else:
            if text:
                parts.append(TextDelta(text, 0, False, state.index, payload))
            if signature:
                parts.append(ReasoningDelta("", 0, signature, state.index, payload))

    def _call(
        self, call: dict[str, Any], signature: str | None, state: _Choice, payload: Any, parts: list[Part]
    ) -> None:
        name, id, args = str_or_none(call.get("name")), str_or_none(call.get("id")), dict_of(call.get("args"))
        pieces, more = call.get("partialArgs"), call.get("willContinue") is True
        begins = name is not None or "args" in call
        if begins:
            self._end_call(state, payload, parts)
        if signature is not None:
            block = f"call{state.next_call}" if begins or state.call is not None else 0
            parts.append(ReasoningDelta("", block, signature, state.index, payload))
        if begins and not more and type(pieces) is not list:
            self._add_call(id, name, args, state, payload, parts)
            return
        if begins:
            if args:
                raise ValueError("it has args, and is to continue")
            state.call = StreamedCall(id, name)
        if state.call is None:  # the end of a call that is over
            return
        streamed, state.call = state.call, None  # if one value cannot be placed, the call must not be run
        for piece in pieces if type(pieces) is list else ():
            streamed.add(dict_of(piece))
        state.call = streamed
        if not more:
            self._end_call(state, payload, parts)

    def _end_call(self, state: _Choice, payload: Any, parts: list[Part]) -> None:
        """Append the call under way, if there is one: its last event may be missing."""
        call, state.call = state.call, None
        if call is not None:
            self._add_call(call.id, call.name, call.whole(), state, payload, parts)

    def _add_call(
        self, id: str | None, name: str | None, args: dict[str, Any], state: _Choice, payload: Any, parts: list[Part]
    ) -> None:
        arguments = self.dumps(args)
        block, state.next_call = state.next_call, state.next_call + 1
        self.open[state.index] = True
        parts.append(ToolCallDelta(arguments, block, id, name, choice=state.index, raw=payload))
        parts.append(BlockEnd(block, "tool_call", state.index, payload))

    def _usage(self, usage: dict[str, Any], payload: Any, parts: list[Part]) -> None:
        """`merge_usage`, written out: nearly each event comes by here, with other counts."""
        input, output, total, cached, reasoning = self._counts
        prompt, candidates = usage.get("promptTokenCount"), usage.get("candidatesTokenCount")
        thoughts, all = usage.get("thoughtsTokenCount"), usage.get("totalTokenCount")
        if type(prompt) is int and prompt >= 0:
            input = prompt
            if "toolUsePromptTokenCount" in usage:
                input += count_or_none(usage["toolUsePromptTokenCount"]) or 0
        if type(thoughts) is int and thoughts >= 0:
            output = reasoning = thoughts
            if type(candidates) is int and candidates >= 0:
                output += candidates
        elif type(candidates) is int and candidates >= 0:
            output = candidates
        if type(all) is int and all >= 0:
            total = all
        if "cachedContentTokenCount" in usage:
            count = count_or_none(usage["cachedContentTokenCount"])
            cached = cached if count is None else count
        counts = (input, output, total, cached, reasoning)
        if counts != self._counts:
            self._counts = counts
            parts.append(Usage(input, output, total, cached, None, reasoning, 0, payload))

    def _rest(self, payload: dict[str, Any], event: Event, parts: list[Part]) -> None:
        blocked = str_or_none(dict_of(payload.get("promptFeedback")).get("blockReason"))
        if blocked is not None and not self._choices:
            self.open[0] = False
            state = self._choices[0] = _Choice(0)
            state.reason, state.payload, state.blocked = blocked, payload, True
        if payload.get("error"):
            parts += self.fail(payload)
        elif not _KNOWN & payload.keys():
            parts.append(self.unknown(payload, event))

    def fail(self, payload: Any) -> list[Part]:
        self.failed = True
        error = read_error(payload, payload)
        error.type = error.type or str_or_none(dict_of(dict_of(payload).get("error")).get("status"))
        return [error]

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        # The answer of a server that does not stream is one event's.
        whole = type(payload.get("candidates")) is list or type(payload.get("promptFeedback")) is dict
        return self.read(payload, event) if whole else self.fail(payload)

    def complete(self) -> bool:
        return bool(self._choices) and all(state.reason is not None for state in self._choices.values())

    def finish(self, how: str, reconnect: bool = False, raw: Any = None) -> list[Part]:
        parts: list[Part] = []
        for index, state in self._choices.items() if not self.failed else ():
            self._end_call(state, None, parts)
            if state.reason is not None:
                reason = "content_filter" if state.blocked else REASONS.get(state.reason, "other")
                if self.open.pop(index) and reason == "stop":
                    reason = "tool_call"
                parts.append(Finish(reason, state.reason, index, state.payload))
        return parts + super().finish(how, reconnect, raw)

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        choice = part.choice
        if isinstance(part, TextDelta):
            return [self._piece_event(choice, {"text": part.text})]
        if isinstance(part, ReasoningDelta):
            return self._write_reasoning(part)
        if isinstance(part, ToolCallDelta) and not part.server:
            self._write_call(part)
        elif isinstance(part, BlockEnd):
            call = self._calls[choice].pop(part.block) if part.of == "tool_call" and choice in self._calls else None
            return [] if call is None else [self._call_event(choice, call)]
        elif isinstance(part, Finish):
            self._finishes[choice] = part
        elif isinstance(part, Start):
            if self._started:
                self.begin_again(part)
            else:  # a response keeps its id
                self.id, self.model = part.id or self.id, part.model or self.model
            self._started = True
            self._calls.pop(choice, None)
            self._finishes.pop(choice, None)
            self.open[choice] = False
        elif isinstance(part, Error):
            # Clients compare the code with numbers.
            code = next((item for item in (part.code, part.status) if type(item) is int), 500)
            word = part.type if part.type is not None and part.type.isupper() else STATUSES.get(code, "UNKNOWN")
            return [Event(self.dumps({"error": {"code": code, "message": part.message, "status": word}}))]
        elif isinstance(part, Other):
            if part.name in _METADATA:
                return [self._event([self._candidate_of(choice, {"text": ""}, {part.name: part.data})], {})]
            return self.write_unknown(part) if part.block is None else [self._piece_event(choice, part.data)]
        return []

    def write_end(self) -> list[Event]:
        if self.failed:
            return []
        calls = [(choice, call) for choice, buffer in self._calls.items() for call in buffer.pop_all()]
        events = [self._call_event(choice, call) for choice, call in calls]
        usage = {} if self.usage is None else {"usageMetadata": write_usage(self.usage, _COUNTS)}
        finish = self._finishes.get(0)
        if finish is not None and finish.reason == "content_filter" and finish.raw_reason in BLOCKED:
            return [*events, self._event(None, {"promptFeedback": {"blockReason": finish.raw_reason}, **usage})]
        candidates = []
        for choice in sorted({*self.open, *self._finishes}) or [0]:
            word = _write_finish(self._finishes.get(choice))
            # Google's client keeps no history of an answer with an event without parts.
            candidates.append(self._candidate_of(choice, {"text": ""}, {"finishReason": word}))
        return [*events, self._event(candidates, usage)]

    def _write_reasoning(self, part: ReasoningDelta) -> list[Event | Retry | Comment]:
        signature = {}
        if part.signature is not None and is_signature(part.signature):
            signature["thoughtSignature"] = part.signature
        if part.text:
            return [self._piece_event(part.choice, {"text": part.text, "thought": True, **signature})]
        if signature and str(part.block).startswith("call"):
            self._signatures[part.choice, None] = signature["thoughtSignature"]
            return []
        return [self._piece_event(part.choice, {"text": "", **signature})] if signature else []

    def _write_call(self, part: ToolCallDelta) -> None:
        choice = part.choice
        if not part.json:
            raise EncodeError("arguments", part.arguments, "must be a JSON object: gemini has no free-text tool calls")
        signature = self._signatures.pop((choice, None), None)
        if signature is not None:
            self._signatures[choice, part.block] = signature
        self.open[choice] = True
        self._calls.setdefault(choice, CallBuffer()).add(part)

    def _call_event(self, choice: int, call: ToolCallDelta) -> Event:
        failed, self.failed = self.failed, True  # without the call the answer is no success
        try:
            args = json.loads(call.arguments)
        except (ValueError, RecursionError):
            args = None
        if type(args) is not dict:
            raise EncodeError("arguments", call.arguments, "must be a JSON object: gemini has no other arguments")
        function = {"name": call.name or "", "args": args}
        if call.id is not None:
            function["id"] = call.id
        signature = self._signatures.pop((choice, call.block), None)
        signed = {} if signature is None else {"thoughtSignature": signature}
        event = self._piece_event(choice, {"functionCall": function, **signed})
        self.failed = failed
        return event

    def _piece_event(self, choice: int, piece: Any) -> Event:
        return self._event([self._candidate_of(choice, piece, {})], {})

    def _candidate_of(self, choice: int, piece: Any, members: dict[str, Any]) -> dict[str, Any]:
        self.open.setdefault(choice, False)
        self.said.add(choice)
        return {"content": {"parts": [piece], "role": "model"}, **members, "index": choice}

    def _event(self, candidates: list[Any] | None, members: dict[str, Any]) -> Event:
        said = {"candidates": candidates, **members, "modelVersion": self.model, "responseId": self.id}
        return Event(self.dumps({name: value for name, value in said.items() if value is not None}))


def _write_finish(finish: Finish | None) -> str:
    """The finishReason; STOP also ends an answer of calls."""
    reason, raw = ("stop", None) if finish is None else (finish.reason, finish.raw_reason)
    return raw if raw is not None and REASONS.get(raw) == reason else WORDS.get(reason, "STOP")
