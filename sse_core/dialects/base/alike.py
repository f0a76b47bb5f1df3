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

    # The event type; the payload to the quote that opens its text, and how long that is; the class of the part, and its
    # values but for the text; the payload between there and each member that may differ, its name and the type of its
    # value; and the payload after that, less its blanks if it is brackets alone: Anthropic pads its payloads there.
    Shape = tuple[str, str, int, type[Any], tuple[Any, ...], list[tuple[str, str, type[Any]]], str]

_scan = vars(json.JSONDecoder())["scan_once"]
_string: Callable[[str, int], tuple[str, int]] = decoder.scanstring  # type: ignore[attr-defined]  # in no stub
_new = object.__new__
_FRAGMENTS = (TextDelta, ReasoningDelta, ToolCallDelta)
_LONGEST = 4096  # characters of a payload that is learned: past that, what repeats is not what costs
_MOST_MISSES = 8  # in a row: a stream whose payloads are not alike is left in peace
_MOST_NESTED = 50  # objects and arrays in a payload: `raw` is parsed later, where less of the stack may be left
_VALUES = (str, int, dict)
_CLOSERS = frozenset("}]")
_NO_SHAPE: Shape = ("", "", 0, TextDelta, (), [], "")


class Alike:
    """Reads payloads that differ from the one just before in their text alone, with no more JSON than that text.

    Why that is exact: JSON text is read from left to right, and a JSON string says itself where it ends. So a payload
    that begins as one that was parsed, goes on with any string in the place of its text, and ends as that one did,
    would parse to the same value, but for that string. What the dialect makes of the value is its promise, given by
    naming `alike` in the class: such a payload, straight after one that gave nothing but a fragment (not "") and
    perhaps a Usage, gives the same fragment of the other text, and changes nothing in the reader. Members that `alike`
    names may differ, too: the dialect ignores them, or reads them in `read_alike`, for what comes after the fragment.

    The shape is that of a payload that was parsed, once another one had the same and another text: the second shows
    which string it was. `live`: what was read last had the shape, so that no state stands between it and the next.
    """

    __slots__ = ("_fragment", "_members", "_misses", "_shape", "_sure", "kept", "live")

    def __init__(self, members: tuple[str, ...]) -> None:
        self._members = members
        self._shape = _NO_SHAPE
        # The fragment of the payload that the shape is of; and whether another had the shape, and another fragment.
        self._fragment = ""
        self._sure = False
        self._misses = 0
        # The payload is kept with a Finish that is held, so that each one counts.
        self.kept: bool = False
        self.live: bool = False

    def read(self, event: Event, reader: JsonReader) -> list[Part]:
        """The parts of an event whose payload has the shape; [] if it has not, and is to be read in the plain way."""
        type_, begin, at, part_class, rest, members, tail = self._shape
        data = event.data
        if not data.startswith(begin):
            return []
        values: list[tuple[str, Any]] = []
        try:
            fragment, at = _string(data, at)
            for literal, member, value_type in members:
                if not data.startswith(literal, at):
                    return []
                value, at = _scan(data, at + len(literal))
                if type(value) is not value_type:
                    return []
                values.append((member, value))
        except (StopIteration, ValueError, RecursionError):
            return []
        if data[at:] != tail and (data[at:].replace(" ", "") != tail or not _CLOSERS.issuperset(tail)):
            return []
        if not fragment or event.type != type_:
            return []
        raw = _new(Unread)
        raw.data = data
        part: Part
        if part_class is TextDelta:  # written out, since nearly all are
            part = _new(TextDelta)
            part.text = fragment
            part.block, part.refusal, part.choice = rest
            part._raw = raw
        else:
            part = part_class(fragment, *rest, raw)
        parts = [part]
        for member, value in values:
            parts += reader.read_alike(member, value, raw)
        return parts

    def learn(self, event: Event, parts: list[Part], reader: JsonReader) -> None:
        """Take the shape of an event that was parsed, if it gave a fragment; live, if the one before had the same."""
        if not parts or self.kept or self._misses == _MOST_MISSES or type(parts[0]) not in _FRAGMENTS:
            return
        if self._sure and self.read(event, reader)[:1] == parts[:1]:
            self.live = True
            return
        shape, fragment = _shape_of(event, parts, self._members)
        if shape is not _NO_SHAPE and shape == self._shape and fragment != self._fragment:
            self._misses = 0
            self._sure = self.live = True
        else:
            self._shape, self._fragment, self._sure = shape, fragment, False
            self._misses += 1


def _shape_of(event: Event, parts: list[Part], members: tuple[str, ...]) -> tuple[Shape, str]:
    """The shape of an event that gave a fragment, and that; _NO_SHAPE if it can have none."""
    data, part = event.data, parts[0]
    values: tuple[Any, ...] = part._values()
    if len(data) > _LONGEST or data.count("{") + data.count("[") > _MOST_NESTED:
        return _NO_SHAPE, ""
    if any(other.kind != "usage" for other in parts[1:]) or (part.kind == "tool_call" and (part.id or part.name)):
        return _NO_SHAPE, ""
    at = _place(data, encoder.encode_basestring(values[0])) or _place(data, encoder.encode_basestring_ascii(values[0]))
    if not at:
        return _NO_SHAPE, ""
    begin = data[: at + 1]
    _, end = _string(data, at + 1)
    places = []
    for member in members:
        key = f'"{member}":'
        found = _place(data, key) if member in part.raw else 0
        if found > end:
            found += len(key)
            places.append((found + (data[found] == " "), member))
    slots: list[tuple[str, str, type[Any]]] = []
    for found, member in sorted(places):
        value, after = _scan(data, found)
        if type(value) in _VALUES:
            slots.append((data[end:found], member, type(value)))
            end = after
    tail = data[end:]
    if "\\" in begin or "\\" in tail or any("\\" in literal for literal, *_ in slots):
        return _NO_SHAPE, ""
    compact = tail.replace(" ", "")
    tail = compact if _CLOSERS.issuperset(compact) else tail
    return (event.type, begin, at + 1, type(part), values[1:], slots, tail), values[0]


def _place(data: str, text: str) -> int:
    """Where `text`, which begins with a quote, stands in JSON text, if it does once; else 0."""
    at = data.find(text)
    return at if at > 0 and data.find(text, at + 1) < 0 else 0
