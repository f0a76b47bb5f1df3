# SPDX-License-Identifier: MIT
"""Writing google-adk."""

from __future__ import annotations

from ...._errors import EncodeError
from ...._items import Event
from ..._parts import Error, Other, Start
from ...base import (
    OVERHEAD,
    Dialect,
    WholeWriter,
    given,
    length,
    word_of,
)
from ...gemini.words import REASONS, write_usage
from .words import COUNTS, METADATA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Item
    from ..._parts import FinishReason, Part, ReasoningDelta

_WORDS: dict[FinishReason, str] = {"length": "MAX_TOKENS", "content_filter": "SAFETY", "other": "OTHER"}
_LINE_ENDS = {0x85: r"\u0085", 0x2028: r"\u2028", 0x2029: r"\u2029"}


class AdkWriter(WholeWriter):
    """Writes a run of one agent: text as partial events; what they said, and calls, as one before an Other and last."""

    def __init__(self, dialect: Dialect, *, author: str = "agent", **options: Any) -> None:
        self._author = author
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        # The pieces of the whole event to come, and what they take.
        self._pieces: list[dict[str, Any]] = []
        self._kept = 0
        # The calls among them that the client is to answer; and whether there are others, which a response follows.
        self._running: list[str] = []
        self._goes_on = False
        self._nameless = 0

    def write_start(self, part: Start) -> list[Item]:
        self.id: str | None = part.id or self.id
        self.model: str | None = part.model or self.model
        return []

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        return self.say(part) if part.text else []

    def write_other(self, part: Other) -> list[Item]:
        if part.name == "content":  # a whole that said another text than its fragments
            return self.reserved(part)
        return self.say(part) if self.meaningless(part, self.event(_payload(part))) else []

    def write_open(self, number: int, first: Part) -> list[Item]:
        if first.kind != "other":
            return []
        payload = _payload(first)
        return [*self._flush(), self.event(payload) if payload is first.data else self._event(payload)]

    def write_fragment(self, number: int, part: Part) -> list[Item]:
        if part.kind == "other":
            return []
        content = {"parts": [_piece(part.kind, getattr(part, "text", ""))], "role": "model"}
        return [self._event({"content": content, "partial": True})]

    def write_whole(self, number: int, first: Part, text: str) -> list[Item]:
        if first.kind == "other":
            return []
        if first.kind == "tool_call":
            self._nameless += first.id is None
            id = f"call-{self._nameless}" if first.id is None else first.id
            piece = {"functionCall": {"id": id, "name": first.name or "", "args": self.input_of(text)}}
            self._goes_on = self._goes_on or first.server
            self._running += [] if first.server else [id]
        else:
            piece = _piece(first.kind, text)
        size = OVERHEAD + len(text) + length(getattr(first, "id", None), getattr(first, "name", None))
        self.held.add(size)
        self._kept += size
        self._pieces.append(piece)
        return []

    def write_error(self, part: Error) -> list[Item]:
        self.over()
        details = given(error_type=part.type, error_message=part.message)
        return [self.event({"error": part.message, "error_details": details})]

    def write_failed_end(self) -> list[Item]:
        return self.write_error(Error("a part of the answer was lost"))

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        if finish.reason == "error" and REASONS.get(finish.raw_reason or "") != "error":
            return self.write_bad_end(finish)
        try:
            items = self.close_blocks()
        except EncodeError as error:  # without a word, what was written would look whole: its end is the body's
            self.failed = True
            return self.write_error(Error(str(error)))
        if self._goes_on and not self._running:
            items += self._flush()  # an event with a call that ADK runs is never the last
        word = word_of(finish, REASONS, _WORDS, "STOP")
        members = {"finishReason": word, "errorCode": None if word == "STOP" else word}
        used = None if self.held_usage is None else write_usage(self.held_usage, COUNTS)
        self._pieces = self._pieces or [{"text": ""}]
        return [*items, *self._flush(**given(**members, usageMetadata=used))]

    def _flush(self, **members: Any) -> list[Item]:
        """The whole event of the pieces so far."""
        if not self._pieces:
            return []
        content = {"parts": self._pieces, "role": "model"}
        payload = {"content": content, "partial": False, **given(longRunningToolIds=self._running or None), **members}
        items: list[Item] = [self._event(payload)]
        self.held.release(self._kept)
        self._kept = 0
        self._pieces, self._running, self._goes_on = [], [], False
        return items

    def event(self, payload: Any, type: str = "message") -> Event:
        """The same, with the ends of lines escaped that are none of an event stream's, and are of its client's."""
        event = super().event(payload, type)
        return event if event.data.isascii() else Event(event.data.translate(_LINE_ENDS), type)

    def _event(self, payload: dict[str, Any]) -> Event:
        return self.event({**given(modelVersion=self.model, invocationId=self.id), "author": self._author, **payload})


def _payload(part: Other) -> Any:
    """The payload of an Other: a member of an event, a piece of its content, or all of it."""
    if part.name in METADATA:
        return {part.name: part.data}
    if part.block is None:
        return part.data
    return {"content": {"parts": [part.data], "role": "user" if part.name == "functionResponse" else "model"}}


def _piece(kind: str, text: str) -> dict[str, Any]:
    return {"text": text, "thought": True} if kind == "reasoning" else {"text": text}
