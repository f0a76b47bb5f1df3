# SPDX-License-Identifier: MIT
"""What writes gemini."""

from __future__ import annotations

import json
import re

from ..._errors import EncodeError
from ..base import OVERHEAD, CallBuffer, Held, Writer, given, length, text_of, word_of
from .words import KNOWN, METADATA, REASONS, write_usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event, Item
    from .._parts import (
        Block,
        BlockEnd,
        Error,
        FinishReason,
        Other,
        ReasoningDelta,
        Start,
        TextDelta,
        ToolCallDelta,
    )

# Else STOP, which also ends an answer of calls.
_WORDS: dict[FinishReason, str] = {
    "length": "MAX_TOKENS",
    "content_filter": "SAFETY",
    "error": "OTHER",
    "other": "OTHER",
}
_BLOCKED = ("OTHER", "JAILBREAK")  # blockReasons that are no finishReason, or another reason's
_STATUSES = {  # google.rpc.Code's words
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
# In write_usage's order.
_COUNTS = tuple(f"{name}TokenCount" for name in ("prompt", "candidates", "total", "cachedContent", "thoughts"))
# Base64 in either alphabet, padded or not, whose last bits are zero.
_BASE64 = re.compile(
    "|".join(
        rf"(?:[{letters}]{{4}})*(?:[{letters}][AQgw](?:==)?|[{letters}]{{2}}[AEIMQUYcgkosw048]=?)?"
        for letters in ("A-Za-z0-9+/", "A-Za-z0-9_-")
    )
)


class _Choice:
    """What waits of one candidate: the calls that are not whole, and their signatures."""

    __slots__ = ("calls", "signature", "signatures")

    def __init__(self, held: Held) -> None:
        self.calls = CallBuffer(held)
        # That of the next call, and those of the calls that began.
        self.signature: str | None = None
        self.signatures: dict[Block, str] = {}


class GeminiWriter(Writer):
    """Writes an event for each piece of content, for each call once it is whole, and the last with all that is held."""

    again = True

    def begin(self) -> None:
        super().begin()
        self._choices: dict[int, _Choice] = {}
        # The id and the model, once an event has said them: one response has one of each.
        self._head: dict[str, Any] | None = None

    def write_start(self, part: Start) -> list[Item]:
        self._choice(part.choice)
        self.finishes.pop(part.choice, None)
        if self._head is None:
            self.id: str | None = part.id or self.id
        self.model: str | None = part.model or self.model
        return []

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self._piece(part.choice, {"text": part.text})]

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        signature = part.signature
        # The thoughtSignature is bytes: clients read no event where it is no base64.
        signed = {} if signature is None or not _BASE64.fullmatch(signature) else {"thoughtSignature": signature}
        if part.text:
            return [self._piece(part.choice, {"text": part.text, "thought": True, **signed})]
        if signed and str(part.block).startswith("call"):
            choice = self._choice(part.choice)
            self.held.add(length(signature) - length(choice.signature))
            choice.signature = signature
            return []
        return [self._piece(part.choice, {"text": "", **signed})] if signed else []

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        choice = self._choice(part.choice)
        if choice.signature is not None:
            old = choice.signatures.get(part.block)
            self.held.add(OVERHEAD if old is None else -len(old))
            choice.signatures[part.block], choice.signature = choice.signature, None
        choice.calls.add(part)
        return []

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        choice = self._choices.get(part.choice) if part.of == "tool_call" else None
        call = None if choice is None else choice.calls.pop(part.block)
        return [] if call is None else [self._call(part.choice, call)]

    def write_error(self, part: Error) -> list[Item]:
        # The error has no place for the usage, and clients read nothing after it.
        used = [] if self.failed or self.held_usage is None else [self._event(**self._usage())]
        # Clients compare the code with numbers.
        code = next((item for item in (part.code, part.status) if type(item) is int), 500)
        word = part.type if part.type is not None and part.type.isupper() else _STATUSES.get(code, "UNKNOWN")
        return [*used, self.event({"error": {"code": code, "message": part.message, "status": word}})]

    def write_other(self, part: Other) -> list[Item]:
        if part.name in METADATA:
            return [self._event(candidates=[self._candidate(part.choice, {"text": ""}, **{part.name: part.data})])]
        data = part.data
        if type(data) is not dict or (_is_answer(data) if part.block is None else _is_content(data)):
            return self.reserved(part)
        return self.other(part) if part.block is None else [self._piece(part.choice, data)]

    def write_end(self) -> list[Item]:
        choices = self._choices.items()
        items: list[Item] = [self._call(index, call) for index, choice in choices for call in choice.calls.pop_all()]
        finish = self.held_finish()
        if finish.reason == "content_filter" and finish.raw_reason in _BLOCKED:
            return [*items, self._event(promptFeedback={"blockReason": finish.raw_reason}, **self._usage())]
        candidates = []
        for index in sorted({*self._choices, *self.spoken, *self.finishes}) or [0]:
            word = word_of(self.held_finish(index), REASONS, _WORDS, "STOP")
            # Google's client keeps no history of an answer with an event without parts.
            candidates.append(self._candidate(index, {"text": ""}, finishReason=word))
        return [*items, self._event(candidates=candidates, **self._usage())]

    def _choice(self, index: int) -> _Choice:
        choice = self._choices.get(index)
        if choice is None:
            self.held.add(2 * OVERHEAD)
            choice = self._choices[index] = _Choice(self.held)
        return choice

    def _call(self, index: int, call: ToolCallDelta) -> Event:
        try:
            args = json.loads(call.arguments)
        except (ValueError, RecursionError):
            args = None
        if type(args) is not dict:
            raise EncodeError("arguments", call.arguments, f"must be a JSON object: {self.name} has no other arguments")
        function = {"name": call.name or "", "args": args, **given(id=call.id)}
        signature = self._choice(index).signatures.pop(call.block, None)
        if signature is not None:
            self.held.release(OVERHEAD + len(signature))
        return self._piece(index, {"functionCall": function, **given(thoughtSignature=signature)})

    def _usage(self) -> dict[str, Any]:
        return {} if self.held_usage is None else {"usageMetadata": write_usage(self.held_usage, _COUNTS)}

    def _piece(self, index: int, piece: Any) -> Event:
        return self._event(candidates=[self._candidate(index, piece)])

    def _candidate(self, index: int, piece: Any, **members: Any) -> dict[str, Any]:
        return {"content": {"parts": [piece], "role": "model"}, **members, "index": index}

    def _event(self, **members: Any) -> Event:
        if self._head is None:
            self._head = given(modelVersion=self.model, responseId=self.id)
        return self.event({**members, **self._head})


def _is_content(piece: dict[str, Any]) -> bool:
    """Whether a reader would take the piece for text, or for a call to act on."""
    return bool(text_of(piece.get("text"))) or type(piece.get("functionCall")) is dict


def _is_answer(payload: dict[str, Any]) -> bool:
    """Whether a reader would take the payload for a piece of an answer, or an error."""
    return bool(KNOWN & payload.keys() or payload.get("error"))
