# SPDX-License-Identifier: MIT
"""Again: of fragments that a block brings one after the other, what stands around them in the bytes is learned."""

from __future__ import annotations

from json import encoder

from .._parts import ReasoningDelta, TextDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._parts import Part

    # The part's class, block, refusal or signature, and choice; the bytes before its text, and those after it.
    Shape = tuple[type[Any] | None, Any, Any, Any, bytes, bytes]

_quote = encoder.encode_basestring
_LONGEST = 4096  # bytes of an event that is learned: past that, what repeats is not what costs
_MOST_MISSES = 8  # in a row: a stream whose events are not alike is left in peace
_NO_SHAPE: Shape = (None, 0, None, 0, b"", b"")


class Again:
    """Writes a fragment as the bytes of the one just before, with its own text in the place of that one's.

    Why that is exact: two fragments of one block, straight one after the other, gave the same bytes around different
    texts, each in them once and as a JSON string. That a third one does, too, and changes nothing in the writer, is the
    dialect's promise, given by setting `again` in the class. A Usage may come between: it waits for the end.

    `live`: what was written last had the shape, so that no state stands between it and the next.
    """

    __slots__ = ("_misses", "_shape", "_sure", "_text", "live")

    def __init__(self) -> None:
        self._shape = _NO_SHAPE
        # The text that was written with the shape; and whether another, straight after it, had the shape, too.
        self._text = ""
        self._sure = False
        self._misses = 0
        self.live: bool = False

    def write(self, part: Part) -> bytes:
        """The bytes of a fragment that has the shape; b"" if it has not, and is to be written in the plain way."""
        part_class, block, special, choice, before, after = self._shape
        if type(part) is not part_class or not isinstance(part, (TextDelta, ReasoningDelta)):
            return b""
        if (part.refusal if isinstance(part, TextDelta) else part.signature) is not special:
            return b""
        text = part.text
        if type(text) is not str or not text or type(part.block) is not type(block) or type(part.choice) is not int:
            return b""  # True is 1, and no block
        if part.block != block or part.choice != choice:
            return b""
        try:
            return before + _quote(text).encode() + after
        except UnicodeEncodeError:  # a lone surrogate, which the plain way escapes
            return b""

    def learn(self, part: Part, data: bytes) -> None:
        """Take the shape of what was written, if it was a fragment; live, if the one straight before had the same."""
        if isinstance(part, Usage) and not data:
            return
        self.live = False
        if self._misses == _MOST_MISSES:
            return
        shape, text = _shape_of(part, data)
        if shape is not _NO_SHAPE and shape == self._shape and (self._sure or text != self._text):
            self._misses = 0
            self._sure = self.live = True
        elif shape is not _NO_SHAPE or not self._sure:
            self._shape, self._text, self._sure = shape, text, False
            self._misses += shape is not _NO_SHAPE


def _shape_of(part: Part, data: bytes) -> tuple[Shape, str]:
    """The shape of a fragment that was written as `data`, and its text; _NO_SHAPE if it is none, or has none."""
    if not isinstance(part, (TextDelta, ReasoningDelta)) or len(data) > _LONGEST:
        return _NO_SHAPE, ""
    special = part.refusal if isinstance(part, TextDelta) else part.signature
    try:
        text = _quote(part.text).encode()
    except UnicodeEncodeError:
        return _NO_SHAPE, ""
    before, found, after = data.partition(text)
    # A signature comes once. Where there is an escape, another member may have a lone surrogate: then all is in ASCII.
    if not found or text in after or b"\\" in before or b"\\" in after or isinstance(special, str):
        return _NO_SHAPE, ""
    return (type(part), part.block, special, part.choice, before, after), part.text
