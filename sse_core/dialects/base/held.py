# SPDX-License-Identifier: MIT
"""What is held between calls, counted against a limit; and text that comes in fragments, held joined."""

from __future__ import annotations

from ..._errors import LimitError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_SIZE = 64 * 1024 * 1024  # characters
OVERHEAD = 256  # what one thing that is held counts beside its characters: a quarter, at least, of what it takes
_NODE = 64  # the same of one value in JSON
_SHORT = 128  # characters of an id or a name up to which it is kept as it is
_PRIME = (1 << 127) - 1
# Of choices. One for all streams: each set of its own is a tenth of what an idle one takes.
NO_CHOICES: frozenset[int] = frozenset()


class Held:
    """How much is held for later, in characters; `add` raises LimitError, and counts nothing, past `limit`."""

    __slots__ = ("limit", "size", "what")

    def __init__(self, limit: int = MAX_SIZE, what: str = "what waits to be written is") -> None:
        if type(limit) is not int:
            raise TypeError(f"max_size must be int, not {type(limit).__name__}")
        if limit < 1:
            raise ValueError(f"max_size must be 1 character or more, not {limit}")
        self.limit: int = limit
        self.what: str = what
        self.size: int = 0

    def add(self, size: int) -> None:
        """Count `size` characters more; LimitError if there is no room for them."""
        size += self.size
        if size > self.limit:
            raise self.error()
        self.size = size

    def release(self, size: int) -> None:
        """Give back what is no longer held."""
        self.size -= size

    def error(self) -> LimitError:
        return LimitError(f"{self.what} larger than max_size, {self.limit} characters", self.limit)


class Text:
    """Text that comes in fragments. A growing str is quadratic, and a fragment costs 50 bytes beside its text: so
    they are joined, a few at first, more the longer it is, and what was joined again with what follows it."""

    __slots__ = ("_joined", "_most", "pieces")

    def __init__(self) -> None:
        # What was joined, and the fragments since.
        self.pieces: list[str] = []
        self._joined = 0
        self._most = 16

    def append(self, fragment: str) -> None:
        if fragment:
            self.pieces.append(fragment)
            if len(self.pieces) > self._most:
                self._join()

    @property
    def size(self) -> int:
        """How many characters there are."""
        return sum(map(len, self.pieces))

    def __str__(self) -> str:
        return "".join(self.pieces)

    def _join(self) -> None:
        pieces = self.pieces
        at = self._joined
        length = sum(map(len, pieces[at:]))
        while at and len(pieces[at - 1]) < 2 * length:
            at -= 1
            length += len(pieces[at])
        pieces[at:] = ["".join(pieces[at:])]
        self._joined = at + 1
        self._most = at + 17 + min(self.size // 64, 1000)


class HeldText(Text):
    """The same, counted; `take` gives the text and its room back."""

    __slots__ = ("_held",)

    def __init__(self, held: Held) -> None:
        super().__init__()
        self._held = held

    def append(self, fragment: str) -> None:
        if not fragment:
            return
        held = self._held
        size = held.size + len(fragment)
        if size > held.limit:
            raise held.error()
        held.size = size
        pieces = self.pieces
        pieces.append(fragment)
        if len(pieces) > self._most:
            self._join()

    def take(self) -> str:
        text = "".join(self.pieces)
        self._held.size -= len(text)
        Text.__init__(self)
        return text


class Heard:
    """Text that was said in fragments, of which only a digest is kept: it tells whether other text says it again."""

    __slots__ = ("_digest", "_size", "fragments")

    def __init__(self) -> None:
        self.fragments: int = 0
        self._size = 0
        self._digest = 0

    def add(self, fragment: str) -> None:
        if fragment:
            # In UTF-16 the halves of a pair of surrogates make the whole, also from two fragments.
            data = fragment.encode("utf-16-be", "surrogatepass")
            self.fragments += 1
            self._size += len(data)
            self._digest = (self._digest * pow(256, len(data), _PRIME) + int.from_bytes(data, "big")) % _PRIME

    def is_said_by(self, text: str) -> bool:
        """Whether `text` is all that was said."""
        return self.rest(text) == ""

    def rest(self, text: str) -> str | None:
        """What `text` adds to all that was said; None if it does not begin with that."""
        data = text.encode("utf-16-be", "surrogatepass")
        if len(data) < self._size or int.from_bytes(data[: self._size], "big") % _PRIME != self._digest:
            return None
        return data[self._size :].decode("utf-16-be", "surrogatepass")


def length(*texts: object) -> int:
    """The characters of those that are text."""
    return sum([len(text) for text in texts if type(text) is str])


def weight(value: Any, most: int | None = None) -> int:
    """About how many characters a JSON value holds, or some number past `most`; without recursion, since nesting may
    be hostile."""
    weight = 0
    left = [value]
    while left and (most is None or weight <= most):
        item = left.pop()
        weight += _NODE
        if type(item) is str:
            weight += len(item)
        elif type(item) is dict:
            weight += sum(map(len, item))
            left += item.values()
        elif type(item) is list:
            left += item
    return weight


def short(text: str) -> str:
    """`text`, or what stands for it where it is only compared: an id may be as long as its event."""
    if len(text) <= _SHORT:
        return text
    digest = int.from_bytes(text.encode("utf-8", "surrogatepass"), "little") % _PRIME
    return f"{text[:64]}... ({len(text)} in all, {digest:x})"


def short_or_none(text: str | None) -> str | None:
    """The same of what may be None."""
    return None if text is None else short(text)
