# SPDX-License-Identifier: MIT
"""openai-completions: text completions, the API before chat: `choices[].text`, then `[DONE]`."""

from __future__ import annotations

from .._parts import Other, Start, TextDelta
from ..base import Dialect
from ..base.writer import MAX_CHOICES
from .base import ChunkReader, ChunkWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Item
    from .._parts import Part


class CompletionsReader(ChunkReader):
    alike: tuple[str, ...] | None = ("usage", "obfuscation")

    def read_choice(self, choice: dict[str, Any], payload: dict[str, Any], parts: list[Part]) -> bool:
        index: Any = choice.get("index")
        if type(index) is not int or not 0 <= index < MAX_CHOICES:
            index = 0
        text = choice.get("text")
        if (type(text) is str and text) or index not in self.finishes:
            self.said(index)
        if type(text) is str and text:
            parts.append(TextDelta(text, 0, False, index, payload))
        if choice.get("logprobs"):
            parts.append(Other("logprobs", choice["logprobs"], self.name, choice=index))
        self.read_finish(choice.get("finish_reason"), index)
        return False


class CompletionsWriter(ChunkWriter):
    object_name = "text_completion"
    id_prefix = "cmpl"
    again = True

    def write_start(self, part: Start) -> list[Item]:
        return super().write_start(Start(part.id, part.model, choice=part.choice))

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self.chunk(part.choice, {"text": part.text})]

    def write_other(self, part: Other) -> list[Item]:
        if part.name == "logprobs":
            return [self.chunk_of([self.choice_of(part.choice, {"logprobs": part.data})])]
        return super().write_other(part)

    def choice_of(self, choice: int, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {"text": "", "index": choice, "logprobs": None, "finish_reason": finish, **delta}


DIALECT = Dialect("openai-completions", CompletionsReader, CompletionsWriter, terminal="[DONE]")
