# SPDX-License-Identifier: MIT
"""Alike: of payloads that repeat around their text, what repeats is learned, and then no more parsed."""

from __future__ import annotations

import json
from json import decoder, encoder

from .._parts import ReasoningDelta, TextDelta, ToolCallDelta, Unread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..._items import Event
    from .._parts import Part
    from .json import JsonReader

    Slot = tuple[str, str, type[Any]]
    # In this order: the event type; the payload to the quote that opens its text; how long that is; the class of the
    # part; its values but for the text; the members that may differ, each as what stands before its value, its name and
    # the type of the value; what stands after all that, less its blanks if it is brackets alone: Anthropic pads there.
    Shape = tuple[str, str, int, type[Any], tuple[Any, ...], list[Slot], str]

_scan = vars(json.JSONDecoder())["scan_once"]
_string: Callable[[str, int], tuple[str, int]] = decoder.scanstring  # type: ignore[attr-defined]  # in no stub
_new = object.__new__
_FRAGMENTS = (TextDelta, ReasoningDelta, ToolCallDelta)
_LONGEST = 4096  # characters of a payload that is learned: past that, what repeats is not what costs
_MOST_MISSES = 8  # in a row: a stream whose payloads are not alike is left in peace
_MOST_NESTED = 50  # objects and arrays in a payload, or a member: `raw` is parsed later, maybe with less stack left
_VALUES = (str, int, dict)
_CLOSERS = frozenset("}]")
_MARK = '["another value"]'
_NO_SHAPE: Shape = ("", "", 0, TextDelta, (), [], "")


class Alike:
    """Reads payloads that differ from the one just before in their text alone, with no more JSON than that text.

    Why that is exact: JSON text is read from left to right, and a JSON string says itself where it ends. So a payload
    that begins as one that was parsed, goes on with any string in the place of its text, and ends as that one did,
    would parse to the same value, but for that string. What the dialect makes of the value is its promise, given by
    naming `alike` in the class: such a payload, straight after one that `may_repeat` and gave nothing but a fragment
    (not "") and perhaps a Usage, gives the same fragment of the other text, and changes nothing in the reader. Members
    of the payload that `alike` names may differ, too: the dialect ignores them, or reads them in `read_alike`, for what
    comes after the fragment.

    A shape is taken from two payloads that were parsed one straight after the other, and gave different texts: the
    second shows which string it was. Once there is one, each payload of that shape that is parsed, after whatever came
    in between, and gives what the shape says, makes it `live`: no state stands between it and the next.
    """

    __slots__ = ("_before", "_last", "_members", "_misses", "_shape", "kept", "live")

    def __init__(self, members: tuple[str, ...]) -> None:
        self._members = members
        self._shape: Shape = _NO_SHAPE
        # The shape and the text of the last event, and of the one before; None for what has none.
        self._last: tuple[Shape, str] | None = None
        self._before: tuple[Shape, str] | None = None
        self._misses = 0
        # This event held a Finish, whose raw is its payload: such a one is always parsed.
        self.kept: bool = False
        self.live: bool = False

    def pause(self) -> None:
        """What comes next is read in the plain way."""
        self.live = self.kept = False
        self._before = self._last
        self._last = None

    def read(self, event: Event, reader: JsonReader) -> list[Part]:
        """The parts of an event whose payload has the shape; [] if it has not, and is to be read in the plain way."""
        type_, begin, at, part_class, rest, members, tail = self._shape
        data = event.data
        if not data.startswith(begin):
            return []
        values: list[tuple[str, Any]] = []
        try:
            text, at = _string(data, at)
            for literal, member, value_type in members:
                if not data.startswith(literal, at):
                    return []
                start = at + len(literal)
                value, at = _scan(data, start)
                if type(value) is not value_type:
                    return []
                if at - start > 2 * _MOST_NESTED and _nested(data, start, at):  # each that opens closes: two characters
                    return []
                values.append((member, value))
        except (StopIteration, ValueError, RecursionError):
            return []
        if data[at:] != tail and (data[at:].replace(" ", "") != tail or not _CLOSERS.issuperset(tail)):
            return []
        if not text or event.type != type_:
            return []
        raw = _new(Unread)
        raw.data = data
        part: Part
        if part_class is TextDelta:  # written out, since nearly all are
            part = _new(TextDelta)
            part.text = text
            part.block, part.refusal, part.choice = rest
            part._raw = raw
        else:
            part = part_class(text, *rest, raw)
        parts = [part]
        for member, value in values:
            parts += reader.read_alike(member, value, raw)
        return parts

    def learn(self, event: Event, payload: dict[str, Any], parts: list[Part], reader: JsonReader) -> None:
        """Look at an event that was parsed: live, if it has the shape, or makes one with the event straight before."""
        if not parts or self.kept or self._misses == _MOST_MISSES or type(parts[0]) not in _FRAGMENTS:
            return
        if not reader.may_repeat(payload) or any(part.kind != "usage" for part in parts[1:]):
            return
        if self._shape is not _NO_SHAPE and self.read(event, reader)[:1] == parts[:1]:
            self._misses = 0
            self.live = True
            return
        self._misses += 1
        before, found = self._before, _shape_of(event, payload, parts[0], self._members)
        self._last = found
        if found is not None and before is not None and found[0] == before[0] and found[1] != before[1]:
            self._shape = found[0]
            self._last = None
            self._before = None
            self._misses = 0
            self.live = True


def _shape_of(event: Event, payload: dict[str, Any], part: Part, members: tuple[str, ...]) -> tuple[Shape, str] | None:
    """The shape of an event that gave a fragment, and its text; None if it has none."""
    data = event.data
    values: tuple[Any, ...] = part._values()
    if len(data) > _LONGEST or _nested(data, 0, len(data)) or (part.kind == "tool_call" and (part.id or part.name)):
        return None
    at = _place(data, encoder.encode_basestring(values[0])) or _place(data, encoder.encode_basestring_ascii(values[0]))
    if not at:
        return None
    begin = data[: at + 1]
    _, end = _string(data, at + 1)
    slots: list[Slot] = []
    probe = data[:end]
    places = sorted([(_place(data, f'"{member}":'), member) for member in members if member in payload])
    for at, member in places:
        start = at + len(member) + 3
        start += data.startswith(" ", start)
        if at < end or data[start : start + 1] in "\t\n\r ":
            continue
        value, after = _scan(data, start)
        if type(value) in _VALUES:
            slots.append((data[end:start], member, type(value)))
            probe += data[end:start] + _MARK
            end = after
    tail = data[end:]
    # Where there is an escape, a quote may be none. A member's name may stand elsewhere, too: it is the payload's own
    # if another value there is seen there, and nowhere else.
    if "\\" in begin or "\\" in tail or any("\\" in slot[0] for slot in slots):
        return None
    if slots:
        own = dict.fromkeys([member for _, member, _ in slots], _scan(_MARK, 0)[0])
        if _scan(probe + tail, 0)[0] != {**payload, **own}:
            return None
    compact = tail.replace(" ", "")
    tail = compact if _CLOSERS.issuperset(compact) else tail
    return (event.type, begin, len(begin), type(part), values[1:], slots, tail), values[0]


def _place(data: str, text: str) -> int:
    """Where `text`, which begins with a quote, stands in JSON text, if it does once; else 0."""
    at = data.find(text)
    return at if at > 0 and data.find(text, at + 1) < 0 else 0


def _nested(data: str, start: int, end: int) -> bool:
    return data.count("{", start, end) + data.count("[", start, end) > _MOST_NESTED
