# SPDX-License-Identifier: MIT
"""tgi: the native /generate_stream of Hugging Face's Text Generation Inference; unnamed JSON, a token an event.

    token.text, unless token.special        TextDelta; ids and log probabilities are lost
    top_tokens                              Other("top_tokens"), before the text of its event
    details.generated_tokens, input_length  Usage
    details.finish_reason                   Finish: eos_token, stop_sequence stop; length
    generated_text, not null                Done("event"). It repeats the text: one that differs (the prompt is in it,
                                            if return_full_text) is an Other("generated_text")
    error, error_type                       Error(message, type), the end

Written: each TextDelta as a token with the id and the log probability 0, which clients insist on; the end as a special
token without text, with the whole text and the details. There are no words for a filter: it ends as "length".
From the server's types (2.x, 3.x), and the clients huggingface_hub 0.36 and text-generation 0.7. No stream of it was
recorded.
"""

from __future__ import annotations

from ._parts import Usage
from .base import Dialect, HeldText, PlainReader, PlainWriter, given

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .._items import Event, Item
    from ._parts import Error, Finish, FinishReason, Part, TextDelta
    from .base.plain import Path

_AT: dict[str, Path] = {
    "text": ("token", "text"),
    "special": ("token", "special"),
    "input_tokens": ("details", "input_length"),
    "output_tokens": ("details", "generated_tokens"),
    "finish": ("details", "finish_reason"),
    "generated_text": ("generated_text",),
    "error": ("error",),
}
_REASONS: dict[str, FinishReason] = {"eos_token": "stop", "stop_sequence": "stop", "length": "length"}
_WORDS: dict[FinishReason, str] = {
    "stop": "eos_token",
    "length": "length",
    "content_filter": "length",
    "other": "length",
}
_OTHERS = ("top_tokens",)


class TgiReader(PlainReader):
    at: Mapping[str, Path] = _AT
    reasons: Mapping[str, FinishReason] = _REASONS
    others: tuple[str, ...] = _OTHERS
    repeats = "generated_text"

    def read_found(self, found: dict[str, Any], choice: int) -> list[Part]:
        if found.get("special"):
            found["text"] = None
        parts = super().read_found(found, choice)
        return [*parts, *self.done("event")] if type(found.get("generated_text")) is str else parts

    def whole(self) -> bool:
        return False


class TgiWriter(PlainWriter):
    reasons: Mapping[str, FinishReason] = _REASONS
    words: Mapping[FinishReason, str] = _WORDS
    others: tuple[str, ...] = _OTHERS
    repeats = "generated_text"

    def begin(self) -> None:
        super().begin()
        # What the last event says again.
        self._text = HeldText(self.held)
        self._index = 0

    def write_text(self, part: TextDelta) -> list[Item]:
        self._text.append(part.text)
        return [self.chunk({"token": _token(part.text)})]

    def write_error(self, part: Error) -> list[Item]:
        message = part.message or "an error without a message"
        return [self.event(given(error=message, error_type=part.type, code=part.code, status_code=part.status))]

    def write_last(self, finish: Finish) -> list[Item]:
        used = self.held_usage or Usage()
        details = {"finish_reason": self.word(finish), "generated_tokens": used.output_tokens or 0, "seed": None}
        details.update(given(input_length=used.input_tokens))
        text = self.whole_text(0, str(self._text))
        return [self.chunk({"generated_text": text, "details": details})]

    def chunk(self, members: dict[str, Any], choice: int = 0) -> Event:
        self._index += 1
        payload = {"index": self._index, "token": _token("", special=True), "generated_text": None, "details": None}
        return self.event({**payload, **members})


def _token(text: str, special: bool = False) -> dict[str, Any]:
    return {"id": 0, "text": text, "logprob": 0.0, "special": special}


DIALECT = Dialect("tgi", TgiReader, TgiWriter, error_ends=True, terminal="its event with a generated_text")
