# SPDX-License-Identifier: MIT
"""openai-transcription: OpenAI's /audio/transcriptions, unnamed JSON events, CRLF, discriminator `type`.

Text comes as deltas, or a segment at a time with its speaker, or only in `transcript.text.done`, which repeats
it all and ends the stream: the `[DONE]` behind it says nothing more.
"""

from __future__ import annotations

from ..._items import Event
from .._parts import BlockEnd, Other, TextDelta, Usage
from ..base import (
    Dialect,
    HeldText,
    JsonReader,
    PlainWriter,
    count_or_none,
    dict_of,
    str_or_none,
    text_of,
    weight,
    write_error,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Item
    from .._parts import Error, Finish, Part

_DELTA = "transcript.text.delta"
_SEGMENT = "transcript.text.segment"
_DONE = "transcript.text.done"
_COUNTS = ("input_tokens", "output_tokens", "total_tokens")


class TranscriptionReader(JsonReader):
    """Reads a transcription: text by segment (block: its id) or as one; a segment's speaker and times are an Other."""

    def begin(self) -> None:
        super().begin()
        # There were deltas, whose text a segment says again.
        self._deltas = False
        # There was text, which the end says again.
        self._spoken = False

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("type")
        if kind == _DELTA:
            return self._delta(payload)
        if kind == _SEGMENT:
            return self._segment(payload)
        if kind == _DONE:
            return self._end(payload)
        if kind == "error" or payload.get("error"):
            return self.fail(payload)
        return [self.other(payload, event)]

    def _delta(self, payload: dict[str, Any]) -> list[Part]:
        block = str_or_none(payload.get("segment_id")) or 0
        text = text_of(payload.get("delta"))
        parts: list[Part] = []
        if text:
            self._deltas = self._spoken = True
            parts.append(TextDelta(text, block, False, 0, payload))
        if payload.get("logprobs"):
            parts.append(Other("logprobs", payload["logprobs"], self.name, block))
        return parts

    def _segment(self, payload: dict[str, Any]) -> list[Part]:
        block = str_or_none(payload.get("id")) or 0
        text = text_of(payload.get("text"))
        parts: list[Part] = []
        if text and not self._deltas:
            self._spoken = True
            parts.append(TextDelta(text, block))
        return [*parts, Other(_SEGMENT, payload, self.name, block), BlockEnd(block)]

    def _end(self, payload: dict[str, Any]) -> list[Part]:
        text = text_of(payload.get("text"))
        parts: list[Part] = [TextDelta(text)] if text and not self._spoken else []
        usage = dict_of(payload.get("usage"))
        input, output, total = [count_or_none(usage.get(name)) for name in _COUNTS]
        parts += self.usage(Usage(input, output, total))
        # Log probabilities, languages; seconds in place of tokens, tokens by medium.
        rest = {name: value for name, value in payload.items() if name not in ("type", "text", "usage")}
        known = (*_COUNTS, "type") if usage.get("type") == "tokens" else _COUNTS
        if left := {name: value for name, value in usage.items() if name not in known}:
            rest["usage"] = left
        if rest:
            parts.append(Other(_DONE, rest, self.name))
        return [*parts, *self.done("event")]


class TranscriptionWriter(PlainWriter):
    """Writes a transcription: text as deltas, and all of it again at the end."""

    def begin(self) -> None:
        super().begin()
        # What the end says again, and what it adds.
        self._text = HeldText(self.held)
        self._rest: dict[str, Any] = {}

    def write_text(self, part: TextDelta) -> list[Item]:
        self._text.append(part.text)
        segment = {"segment_id": part.block} if type(part.block) is str else {}
        return [self.event({"type": _DELTA, "delta": part.text, **segment})]

    def write_error(self, part: Error) -> list[Item]:
        return [self.event({"type": "error", "error": write_error(part)})]

    def write_other(self, part: Other) -> list[Item]:
        data = dict_of(part.data)
        if part.name == _DONE:
            self.held.add(weight(data) - weight(self._rest))
            self._rest = data
            return []
        if part.name == "logprobs":
            segment = {"segment_id": part.block} if type(part.block) is str else {}
            return [self.event({"type": _DELTA, "delta": "", "logprobs": part.data, **segment})]
        kind = data.get("type")
        # A segment says again what deltas said; without them a reader would take its text for the first word.
        again = kind == _SEGMENT and bool(self._text.pieces or not data.get("text"))
        if kind in (_DELTA, _DONE, "error") or data.get("error") or (kind == _SEGMENT and not again):
            return self.reserved(part)
        event = self.event(part.data, "message" if kind == part.name else part.name)
        return [event] if again and kind == _SEGMENT else self.meaningless(part, event)

    def write_last(self, finish: Finish) -> list[Item]:
        payload = {**self._rest, "type": _DONE, "text": str(self._text)}
        usage = {name: count for name in _COUNTS if (count := getattr(self.held_usage, name, None)) is not None}
        usage = {**dict_of(payload.get("usage")), **usage}
        if usage:
            payload["usage"] = {"type": "tokens", **usage}
        return [self.event(payload), Event("[DONE]")]


DIALECT = Dialect(
    "openai-transcription", TranscriptionReader, TranscriptionWriter, newline="\r\n", terminal="transcript.text.done"
)
