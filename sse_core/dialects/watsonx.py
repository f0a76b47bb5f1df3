# SPDX-License-Identifier: MIT
"""watsonx: IBM watsonx.ai's /ml/v1/text/generation_stream; `event: message`, ids that count up, JSON.

    model_id                            Start(model), once
    results[0].generated_text           TextDelta
    results[0].input_token_count        Usage; said once, in the first event, and 0 from then on
    results[0].generated_token_count    Usage, running
    results[0].stop_reason              Finish: eos_token, stop_sequence stop; max_tokens, token_limit length; error;
                                        cancelled, time_limit and others other; not_finished none
    system                              Other("system"), before the text of its event: warnings
    errors[0], status_code              Error, the end
    the end of the body                 Done("eof"), after a stop_reason; else a truncation

Lost: moderations, seeds, created_at, and what is said of single tokens.
From one recording (2024) and the documentation of the API and of its SDK for Node; the errors rest on that alone.
"""

from __future__ import annotations

from .base import Dialect, PlainReader, PlainWriter, given

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .._items import Event, Item
    from ._parts import Error, Finish, FinishReason, Part, TextDelta
    from .base.plain import Path

_AT: dict[str, Path] = {
    "model": ("model_id",),
    "text": ("results", 0, "generated_text"),
    "input_tokens": ("results", 0, "input_token_count"),
    "output_tokens": ("results", 0, "generated_token_count"),
    "finish": ("results", 0, "stop_reason"),
    "error": ("errors",),
}
_REASONS: dict[str, FinishReason] = {
    "eos_token": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "token_limit": "length",
    "cancelled": "other",
    "time_limit": "other",
    "error": "error",
}
_WORDS: dict[FinishReason, str] = {
    "stop": "eos_token",
    "length": "max_tokens",
    "content_filter": "cancelled",
    "other": "cancelled",
}
_UNFINISHED = "not_finished"
_OTHERS = ("system",)


class WatsonxReader(PlainReader):
    at: Mapping[str, Path] = _AT
    reasons: Mapping[str, FinishReason] = _REASONS
    unfinished: tuple[str, ...] = (_UNFINISHED,)
    others: tuple[str, ...] = _OTHERS

    def read_found(self, found: dict[str, Any], choice: int) -> list[Part]:
        found["input_tokens"] = found.get("input_tokens") or None
        return super().read_found(found, choice)


class WatsonxWriter(PlainWriter):
    reasons: Mapping[str, FinishReason] = _REASONS
    words: Mapping[FinishReason, str] = _WORDS
    others: tuple[str, ...] = _OTHERS

    def begin(self) -> None:
        super().begin()
        self._count = 0

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self.chunk({}, text=part.text)]

    def write_error(self, part: Error) -> list[Item]:
        error = given(code=part.code, message=part.message, type=part.type)
        return [self._numbered({"errors": [error], **given(status_code=part.status)})]

    def write_last(self, finish: Finish) -> list[Item]:
        return [self.chunk({}, reason=self.word(finish))]

    def chunk(self, members: dict[str, Any], choice: int = 0, text: str = "", reason: str = _UNFINISHED) -> Event:
        used = self.held_usage
        counts = used and given(generated_token_count=used.output_tokens, input_token_count=used.input_tokens)
        result = {"generated_text": text, **(counts or {}), "stop_reason": reason}
        return self._numbered({**given(model_id=self.model), "results": [result], **members})

    def _numbered(self, payload: dict[str, Any]) -> Event:
        self._count += 1
        event = self.event(payload)
        event.last_event_id = str(self._count)
        return event


DIALECT = Dialect(
    "watsonx",
    WatsonxReader,
    WatsonxWriter,
    default_type="",
    resumable=False,
    error_ends=True,
    terminal="an event with a stop_reason",
)
