# SPDX-License-Identifier: MIT
"""llamacpp: the llama.cpp server's own /completion and /infill; unnamed JSON.

    content                             TextDelta, of the choice `index`: a request may hold several prompts
    stop true                           the last event of its choice:
      stop_type                         Finish: eos, word stop; limit length; none other. Before 2025: stopped_eos,
                                        stopped_word, stopped_limit
      tokens_evaluated, _predicted      Usage, of all choices together; running counts before it say nothing more
      content, as a rule ""             nothing if it is what was said, text if nothing was; else Other("content")
    timings, prompt_progress,
    completion_probabilities            an Other each, before the text of their event
    error; a field line `error: {...}`  Error, the end. The line is that of servers until September 2025
    the end of the body                 Done("eof"), after the last event of each choice; else a truncation

Lost: the model, the prompt, the settings, token ids, the stopping word. Written: the content of the last event is "".
From the server's README and source (tools/server, 2026; examples/server, 2023 and 2024). No stream of it was recorded.
"""

from __future__ import annotations

from .base import Dialect, PlainReader, PlainWriter, count_or_none, given, str_or_none, write_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .._items import Event, Item
    from ._parts import Error, Finish, FinishReason, Part, TextDelta
    from .base.plain import Path

_FLAGS = ("eos", "word", "limit")
_COUNTS = ("input_tokens", "output_tokens")
_AT: dict[str, Path] = {
    "choice": ("index",),
    "text": ("content",),
    "stop": ("stop",),
    "finish": ("stop_type",),
    "input_tokens": ("tokens_evaluated",),
    "output_tokens": ("tokens_predicted",),
    "error": ("error",),
    **{flag: (f"stopped_{flag}",) for flag in _FLAGS},
}
_REASONS: dict[str, FinishReason] = {"eos": "stop", "word": "stop", "limit": "length", "none": "other"}
_WORDS: dict[FinishReason, str] = {"stop": "eos", "length": "limit", "content_filter": "none", "other": "none"}
_OTHERS = ("completion_probabilities", "prompt_progress", "timings")


class LlamacppReader(PlainReader):
    at: Mapping[str, Path] = _AT
    reasons: Mapping[str, FinishReason] = _REASONS
    others: tuple[str, ...] = _OTHERS
    repeats = "content"
    error_lines = True

    def read_found(self, found: dict[str, Any], choice: int) -> list[Part]:
        stopped = found.get("stop") is True
        word = str_or_none(found.pop("finish", None)) or next(
            (word for word in _FLAGS if found.get(word) is True), None
        )
        again = self.finishes.get(choice) is not None
        for name in _COUNTS:
            count = count_or_none(found.pop(name, None))
            if stopped and not again and count is not None:
                found[name] = count + (getattr(self.used, name) or 0)
        if stopped and choice in self.heard and self.heard[choice].fragments:
            found["content"] = found.pop("text", None) or None
        parts = super().read_found(found, choice)
        if stopped:
            self.finish_later("stop" if word is None else self.reasons.get(word, "other"), word, choice)
        return parts


class LlamacppWriter(PlainWriter):
    one_choice = False
    reasons: Mapping[str, FinishReason] = _REASONS
    words: Mapping[FinishReason, str] = _WORDS
    others: tuple[str, ...] = _OTHERS
    repeats = "content"

    def write_text(self, part: TextDelta) -> list[Item]:
        return [self.chunk({"content": part.text}, part.choice)]

    def write_error(self, part: Error) -> list[Item]:
        return [self.event({"error": given(**write_error(part))})]

    def write_last(self, finish: Finish) -> list[Item]:
        used = self.held_usage if finish.choice == 0 else None
        counts = given(tokens_predicted=used.output_tokens, tokens_evaluated=used.input_tokens) if used else {}
        members = {"content": self.whole_text(finish.choice, ""), "stop": True, **given(model=self.model), **counts}
        return [self.chunk({**members, "stop_type": self.word(finish)}, finish.choice)]

    def chunk(self, members: dict[str, Any], choice: int = 0) -> Event:
        return self.event({"index": choice, "content": "", "stop": False, **members})


DIALECT = Dialect(
    "llamacpp", LlamacppReader, LlamacppWriter, error_ends=True, terminal="an event with stop true for each answer"
)
