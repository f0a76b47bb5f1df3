# SPDX-License-Identifier: MIT
"""openai-transcription: OpenAI's /audio/transcriptions, unnamed JSON events, CRLF, discriminator `type`.

Text comes as deltas, or a segment at a time with its speaker, or only in `transcript.text.done`, which repeats
it all and ends the stream: the `[DONE]` behind it says nothing more.
"""

from __future__ import annotations

from .._errors import EncodeError
from .._items import Event
from ._json import JsonDialect, count_or_none, dict_of, str_or_none, text_of, write_error
from ._parts import BlockEnd, Error, Other, TextDelta, ToolCallDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Retry
    from ._parts import Part

_DELTA = "transcript.text.delta"
_SEGMENT = "transcript.text.segment"
_DONE = "transcript.text.done"
_COUNTS = ("input_tokens", "output_tokens", "total_tokens")


class OpenAITranscription(JsonDialect):
    """A transcription: text by segment (block: its id) or as one; a segment's speaker and times are an Other."""

    name = "openai-transcription"
    newline = "\r\n"
    terminal = _DONE
    one_choice = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # Decoding, whether there were deltas, which a segment repeats; and any text, which the end repeats.
        self._deltas = False
        self._said = False
        # Encoding, what the end repeats, and what it adds.
        self._text: list[str] = []
        self._rest: dict[str, Any] = {}

    def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = payload.get("type")
        if kind == _DELTA:
            block = str_or_none(payload.get("segment_id")) or 0
            text = text_of(payload.get("delta"))
            self._deltas = self._said = True
            parts: list[Part] = [TextDelta(text, block, raw=payload)] if text else []
            if payload.get("logprobs"):
                parts.append(Other("logprobs", payload["logprobs"], self.name, block, raw=payload))
            return parts
        if kind == _SEGMENT:
            return self._segment(payload, event)
        if kind == _DONE:
            return self._done(payload)
        if kind == "error" or payload.get("error"):
            return self.fail(payload)
        return [self.unknown(payload, event)]

    def _segment(self, payload: dict[str, Any], event: Event) -> list[Part]:
        block = str_or_none(payload.get("id")) or 0
        text = text_of(payload.get("text"))
        parts: list[Part] = []
        if text and not self._deltas:
            self._said = True
            parts.append(TextDelta(text, block, raw=payload))
        other = self.unknown(payload, event)
        other.block = block
        return [*parts, other, BlockEnd(block, raw=payload)]

    def _done(self, payload: dict[str, Any]) -> list[Part]:
        text = text_of(payload.get("text"))
        parts: list[Part] = [TextDelta(text, raw=payload)] if text and not self._said else []
        usage = dict_of(payload.get("usage"))
        input, output = count_or_none(usage.get("input_tokens")), count_or_none(usage.get("output_tokens"))
        parts += self.merge_usage(Usage(input, output, count_or_none(usage.get("total_tokens")), raw=payload))
        # Log probabilities, languages; seconds in place of tokens, tokens by medium.
        rest = {name: value for name, value in payload.items() if name not in ("type", "text", "usage")}
        known = (*_COUNTS, "type") if usage.get("type") == "tokens" else _COUNTS
        if left := {name: value for name, value in usage.items() if name not in known}:
            rest["usage"] = left
        if rest:
            parts.append(Other(_DONE, rest, self.name, raw=payload))
        return parts + self.finish("event")

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        if isinstance(part, TextDelta):
            self._text.append(part.text)
            segment = {"segment_id": part.block} if type(part.block) is str else {}
            return [self._event(_DELTA, delta=part.text, **segment)]
        if isinstance(part, ToolCallDelta) and not part.server:
            raise EncodeError("part", part, f"cannot be said in {self.name}, which has no tool calls")
        if isinstance(part, Error):
            return [self._event("error", error=write_error(part))]
        if isinstance(part, Other):
            return self._write_other(part)
        return []

    def _write_other(self, part: Other) -> list[Event | Retry | Comment]:
        if part.name == _DONE:
            self._rest = dict_of(part.data)
            return []
        if part.name == "logprobs":
            segment = {"segment_id": part.block} if type(part.block) is str else {}
            return [self._event(_DELTA, delta="", logprobs=part.data, **segment)]
        return self.write_unknown(part)

    def write_end(self) -> list[Event]:
        if self.failed:
            return []
        payload = {**self._rest, "type": _DONE, "text": "".join(self._text)}
        usage = {name: count for name in _COUNTS if (count := getattr(self.usage, name, None)) is not None}
        usage = {**dict_of(payload.get("usage")), **usage}
        if usage:
            payload["usage"] = {"type": "tokens", **usage}
        return [Event(self.dumps(payload)), Event("[DONE]")]

    def _event(self, type: str, **members: Any) -> Event:
        return Event(self.dumps({"type": type, **members}))
