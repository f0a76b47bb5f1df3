# SPDX-License-Identifier: MIT
"""What an event stream says, as values: Event, Comment, Retry, Id and Ignored.

Hand-written slots classes: one is made for every event, and `__init__` with three plain stores is what
CPython makes fastest. They compare, hash and print by value, pickle, and match by position. Treat them as
immutable; nothing enforces it, since enforcing costs a quarter of the decoder's speed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    V = TypeVar("V", bound="Value")


def _scan(text: str, at: int) -> tuple[Any, int]:
    """json.loads less its checks of the argument and its two searches for white space, a third of its time; made
    when it is first needed, since importing json costs more than importing all of this."""
    global _scan
    import json

    _scan = vars(json.JSONDecoder())["scan_once"]  # there since 2.6, in no stub
    return _scan(text, at)


def check_default_type(default_type: object) -> None:
    """Raise for what no event type can be: Decoder would give it, and Encoder could not write it."""
    if not isinstance(default_type, str):
        raise TypeError(f"default_type must be str, not {type(default_type).__name__}")
    if "\n" in default_type or "\r" in default_type:
        raise ValueError(f"default_type has a line end: {default_type!r}")


class Slots:
    """A base for classes with slots, which pickle's protocols 0 and 1 do not know: they get what 2 does."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> str | tuple[Any, ...]:
        return super().__reduce_ex__(max(protocol, 2))


class Value(Slots):
    """The value behaviour that items and parts share, over the names in the `__match_args__` that each has. Declared
    here, of any number of names, these would be in doubt for checkers: so self is Any where they are read."""

    __slots__ = ()

    def _values(self: Any) -> tuple[object, ...]:
        return tuple([getattr(self, name) for name in self.__match_args__])

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __replace__(self: V, /, **changes: Any) -> V:
        """What copy.replace calls: another of the same values, but for `changes`."""
        old: Any = self
        names = (*old.__match_args__, "raw") if hasattr(self, "raw") else old.__match_args__
        return type(self)(**{name: getattr(self, name) for name in names} | changes)

    def __repr__(self: Any) -> str:
        shown = ", ".join([f"{name}={getattr(self, name)!r}" for name in self.__match_args__])
        return f"{type(self).__name__}({shown})"


class Event(Value):
    """One dispatched event: its data, its event type and the last event ID at its blank line.

    >>> from sse_core import Event
    >>> Event('{"n": 1}', "tick", "7").json()
    {'n': 1}

    An event with other values, from Python 3.13 on: `copy.replace(event, type="tock")`.
    """

    __slots__ = __match_args__ = ("data", "type", "last_event_id")

    def __init__(self, data: str = "", type: str = "message", last_event_id: str = "") -> None:
        self.data: str = data
        self.type: str = type
        self.last_event_id: str = last_event_id

    def json(self, loads: Callable[[str], Any] | None = None) -> Any:
        """`data` read as JSON, by `loads` or else as `json.loads` does, whose ValueError passes through."""
        data = self.data
        if loads is None:
            try:
                value, end = _scan(data, 0)
                if end == len(data) or not data[end:].strip(" \t\n\r"):
                    return value
            except (StopIteration, TypeError, ValueError):
                pass
            import json  # for white space before it, or for the error

            loads = json.loads
        return loads(data)


class Comment(Value):
    """A comment line, less its colon and one space after it; servers send them to keep a connection alive.

    >>> from sse_core import Comment, encode
    >>> encode(Comment("ping"))
    b': ping\\n'
    """

    __slots__ = __match_args__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text: str = text


class Retry(Value):
    """The server set the reconnection time, in milliseconds.

    >>> from sse_core import Retry, encode
    >>> encode(Retry(3000))
    b'retry: 3000\\n'
    """

    __slots__ = __match_args__ = ("milliseconds",)

    def __init__(self, milliseconds: int) -> None:
        self.milliseconds: int = milliseconds


class Id(Value):
    """The last event ID changed in a way no event says.

    It comes at the blank line of a block that gives no event; and, with the value "", before an event
    whose block took the last event ID back.

    >>> from sse_core import Decoder
    >>> Decoder().feed_items(b"id: 7\\n\\n")
    [Id(value='7')]
    """

    __slots__ = __match_args__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value: str = value


class Ignored(Value):
    """A field line the standard ignores: an unknown name, a retry that is no number, an id with NUL.

    Some servers put payload there (`error: {...}`, or a JSON body with no framing at all).

    >>> from sse_core import Decoder
    >>> Decoder().feed_items(b"error: oops\\n")[0].value
    'oops'
    """

    __slots__ = __match_args__ = ("line",)

    def __init__(self, line: str) -> None:
        self.line: str = line

    @property
    def name(self) -> str:
        """What stands before the first colon, or the whole line."""
        return self.line.partition(":")[0]

    @property
    def value(self) -> str:
        """What stands after the first colon, less one leading space."""
        value = self.line.partition(":")[2]
        return value[1:] if value[:1] == " " else value


Item = Event | Comment | Retry | Id | Ignored
