# SPDX-License-Identifier: MIT
"""PlainReader and PlainWriter: dialects of text and little else, from a table of the members that say it."""

from __future__ import annotations

from .._parts import ReasoningDelta, Start, TextDelta, Usage
from .json import JsonReader
from .members import count_or_none, str_or_none
from .writer import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..._items import Event, Item
    from .._parts import Finish, FinishReason, Other, Part

    Path = tuple[str | int, ...]

_COUNTS = Usage.__match_args__[:-1]


class PlainReader(JsonReader):
    """Reads payloads that hold text and little else: `at` says where.

    `at` has a path of names and indexes for each of these that the dialect has: `text`, `reasoning`, `id` and
    `model` (the first event with one of them is the Start), `finish` (a word), the counts by Usage's names, and
    `error`. `reasons` are the words of a finish, any other is "other"; `unfinished` those that mean none yet.
    `finish_ends`: the event with a finish is the last; else the body may end once there was one. A payload that
    has no member of `at` is an Other.
    """

    at: Mapping[str, Path] = {}
    reasons: Mapping[str, FinishReason] = {}
    unfinished: tuple[str, ...] = ()
    finish_ends = False

    def begin(self) -> None:
        super().begin()
        self._started = False

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        found = {name: value for name, path in self.at.items() if (value := member(payload, path)) is not None}
        if found.get("error"):
            return self.fail(payload)
        if not found:
            return [self.other(payload, event)]
        return self.read_found(found)

    def read_found(self, found: dict[str, Any]) -> list[Part]:
        """The parts of what `at` found in a payload."""
        parts: list[Part] = []
        id, model = str_or_none(found.get("id")), str_or_none(found.get("model"))
        if not self._started and (id or model):
            self._started = True
            parts.append(Start(id, model))
        if reasoning := str_or_none(found.get("reasoning")):
            parts.append(ReasoningDelta(reasoning))
        if text := str_or_none(found.get("text")):
            parts.append(TextDelta(text))
        if parts and parts[-1].kind != "start":
            self.said()
        input, output, total, read, written, thought = [count_or_none(found.get(name)) for name in _COUNTS]
        parts += self.usage(Usage(input, output, total, read, written, thought))
        word = str_or_none(found.get("finish"))
        if word is not None and word not in self.unfinished:
            self.finish_later(self.reasons.get(word, "other"), word)
            if self.finish_ends:
                parts += self.done("event")
        return parts

    def whole(self) -> bool:
        return not self.finish_ends and bool(self.at.get("finish")) and not self.waiting


class PlainWriter(Writer):
    """Writes one answer: `write_last` says its end, where it is no error."""

    one_choice = True

    def write_start(self, part: Start) -> list[Item]:
        self.id, self.model = part.id or self.id, part.model or self.model
        return []

    def write_other(self, part: Other) -> list[Item]:
        return self.other(part)

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        return self.write_bad_end(finish) if finish.reason == "error" else self.write_last(finish)

    def write_last(self, finish: Finish) -> list[Item]:
        """The items of the end."""
        return []


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
