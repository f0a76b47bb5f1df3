# SPDX-License-Identifier: MIT
"""PlainReader and PlainWriter: dialects of text and little else, from a table of the members that say it."""

from __future__ import annotations

from .._parts import Error, Other, ReasoningDelta, Start, TextDelta, Usage
from .held import OVERHEAD, Heard, length
from .json import JsonReader
from .members import count_or_none, index_or_none, str_or_none
from .writer import MAX_CHOICES, Writer, word_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..._items import Event, Item
    from .._parts import Finish, FinishReason, Part

    Path = tuple[str | int, ...]

_COUNTS = Usage.__match_args__[:-1]


class PlainReader(JsonReader):
    """Reads payloads that hold text and little else: `at` says where.

    `at` has a path of names and indexes for each of these that the dialect has: `text`, `reasoning`, `id` and
    `model` (the first event with one of them is the Start), `choice` (an index), `finish` (a word), the counts by
    Usage's names, and `error`; an event of the type error is one, too. `reasons` are the words of a finish, any other
    is "other"; `unfinished` those that mean none yet. The body may end once there was a finish. `others` are members
    of the payload that are an Other each, before its parts. `repeats` is the name in `at` of the whole text, said
    again at the end: an Other if it is not what was said. A payload that has none of these is an Other.
    """

    at: Mapping[str, Path] = {}
    reasons: Mapping[str, FinishReason] = {}
    unfinished: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    repeats = ""

    def begin(self) -> None:
        super().begin()
        self._started = False
        # By choice, what the end may say again.
        self.heard: dict[int, Heard] = {}

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        found = {name: value for name, path in self.at.items() if (value := member(payload, path)) is not None}
        if found.get("error") or event.type == "error":
            return self.fail(payload)
        choice = index_or_none(found.pop("choice", None), MAX_CHOICES) or 0
        parts: list[Part] = [
            Other(name, value, self.name, choice=choice) for name in self.others if (value := payload.get(name))
        ]
        if not found and not parts:
            return [self.other(payload, event)]
        return parts + self.read_found(found, choice)

    def read_found(self, found: dict[str, Any], choice: int) -> list[Part]:
        """The parts of what `at` found in a payload."""
        parts: list[Part] = []
        id, model = str_or_none(found.get("id")), str_or_none(found.get("model"))
        if not self._started and (id or model):
            self._started = True
            parts.append(Start(id, model))
        if reasoning := str_or_none(found.get("reasoning")):
            parts.append(ReasoningDelta(reasoning, choice=choice))
        if text := str_or_none(found.get("text")):
            parts.append(TextDelta(text, choice=choice))
        if parts and parts[-1].kind != "start":
            self.said(choice)
        parts += self._repeated(text, found.get(self.repeats), choice)
        input, output, total, read, written, thought = [count_or_none(found.get(name)) for name in _COUNTS]
        parts += self.usage(Usage(input, output, total, read, written, thought))
        word = str_or_none(found.get("finish"))
        if word is not None and word not in self.unfinished:
            self.finish_later(self.reasons.get(word, "other"), word, choice)
        return parts

    def whole(self) -> bool:
        return bool(self.at.get("finish")) and not self.waiting

    def _repeated(self, text: str | None, whole: Any, choice: int) -> list[Part]:
        """[the Other of a whole text that is not what was said], and remember `text` for that."""
        if not self.repeats:
            return []
        heard = self.heard.setdefault(choice, Heard())
        heard.add(text or "")
        differs = type(whole) is str and not heard.is_said_by(whole)
        return [Other(self.repeats, whole, self.name, choice=choice)] if differs else []


class PlainWriter(Writer):
    """Writes answers: `write_last` says the end of each, where it is no error.

    `reasons`, `others` and `repeats` are the reader's. `words` has the word for each reason; one that it lacks is said
    as "stop". An answer that finished in an error ends in one, but where the dialect's own word said so. `chunk` makes
    the event of one answer's members.
    """

    one_choice = True
    reasons: Mapping[str, FinishReason] = {}
    words: Mapping[FinishReason, str] = {}
    others: tuple[str, ...] = ()
    repeats = ""

    def begin(self) -> None:
        super().begin()
        # By choice, the whole text that is not what was said: its last event has it.
        self._whole: dict[int, str] = {}

    def write_start(self, part: Start) -> list[Item]:
        self.id: str | None = part.id or self.id
        self.model: str | None = part.model or self.model
        return []

    def write_other(self, part: Other) -> list[Item]:
        if part.name in self.others and part.data:
            return [self.chunk({part.name: part.data}, part.choice)]
        if self.repeats and part.name == self.repeats and type(part.data) is str and part.choice in self.spoken:
            old = self._whole.get(part.choice)
            self.held.add(length(part.data) - length(old) + (OVERHEAD if old is None else 0))
            self._whole[part.choice] = part.data
            return []
        return self.other(part)

    def write_end(self) -> list[Item]:
        choices = sorted({0, *self.spoken, *self.finishes})
        finishes = [self.held_finish(choice).__replace__(choice=choice) for choice in choices]
        for finish in finishes:
            if finish.reason == "error" and self.reasons.get(finish.raw_reason or "") != "error":
                return self.write_bad_end(finish)
        return [item for finish in finishes for item in self.write_last(finish)]

    def write_failed_end(self) -> list[Item]:
        # No Error was written, which would be the end: to a client that insists on none, silence is a success.
        return self.write_error(Error("the answer could not be written")) if self.dialect.error_ends else []

    def write_last(self, finish: Finish) -> list[Item]:
        """The items of the end of one answer."""
        return []

    def chunk(self, members: dict[str, Any], choice: int = 0) -> Event:
        """The event of one answer's members."""
        return self.event(members)

    def word(self, finish: Finish) -> str:
        """The dialect's word for a finish."""
        return word_of(finish, self.reasons, self.words, self.words.get("stop", ""))

    def whole_text(self, choice: int, said: str) -> str:
        """The whole text, for the last event: what was `said`, or what differs from it."""
        return self._whole.get(choice, said)


def member(value: Any, path: Path) -> Any:
    """What stands at `path` in JSON; None if there is no such place."""
    for step in path:
        if type(step) is str and type(value) is dict:
            value = value.get(step)
        elif type(step) is int and type(value) is list and step < len(value):
            value = value[step]
        else:
            return None
    return value
