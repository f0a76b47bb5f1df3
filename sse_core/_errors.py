# SPDX-License-Identifier: MIT
"""Every error sse_core raises; the class says whose fault it was, the attributes say what and how much."""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take this name for true; typing itself costs milliseconds to import
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_SHOWN = 80  # characters of a bad value that a message repeats


def shorten(value: object) -> str:
    """`repr(value)`, cut where a message would drown in it; the cut says how long it was."""
    if isinstance(value, (str, bytes)) and len(value) > _SHOWN:
        return f"{value[:_SHOWN]!r}... ({len(value)} in all)"
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # an int of more than 4,300 digits; nested too deep
        shown = object.__repr__(value)
    return shown if len(shown) <= 2 * _SHOWN else f"{shown[:_SHOWN]}..."


class SSEError(Exception):
    """The base of every error here, for `except`; never raised itself.

    `parts` is what the call that raised it still read, `data` the bytes that it still has to send. Each is
    given once: where the same error is raised again, they are empty.

    >>> from sse_core import Event, SSEError, encode
    >>> try:
    ...     encode(Event("hi", "a\\nb"))
    ... except SSEError as error:
    ...     error.parts, error.data
    ((), b'')
    """

    parts: Sequence[Any] = ()
    data: bytes = b""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""  # the message; the arguments after it are for pickling

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(shorten, self.args))})"


class LimitError(SSEError):
    """The peer sent more than may be kept: an event past `max_event_size`, say; `limit` is that size.

    >>> from sse_core import Decoder
    >>> decoder = Decoder(max_event_size=16)
    >>> decoder.feed(b"data: short\\n\\ndata: far too long for it")
    [Event(data='short', type='message', last_event_id='')]
    >>> decoder.error.limit
    16
    """

    def __init__(self, message: str, limit: int) -> None:
        super().__init__(message, limit)
        self.message: str = message
        self.limit: int = limit


class DialectError(SSEError, ValueError):
    """The peer sent a payload its dialect cannot read; `event` holds it.

    >>> from sse_core import DialectError, Event
    >>> DialectError("not JSON", Event("oops")).event.data
    'oops'
    """

    def __init__(self, message: str, event: Any = None) -> None:
        super().__init__(message, event)
        self.message: str = message
        self.event: Any = event


class TruncatedError(SSEError):
    """The stream ended before the answer did.

    >>> from sse_core import TruncatedError
    >>> TruncatedError("the stream ended before [DONE]").parts
    ()
    """

    def __init__(self, message: str, parts: Sequence[Any] = (), data: bytes = b"") -> None:
        super().__init__(message, parts, data)
        self.message: str = message
        self.parts: Sequence[Any] = parts
        self.data: bytes = data


class EncodeError(SSEError, ValueError):
    """The caller asked to send what the wire or the dialect cannot say: `field` names it, `value` is it.

    >>> from sse_core import EncodeError, Event, encode
    >>> try:
    ...     encode(Event("hi", "a\\ndata: injected"))
    ... except EncodeError as error:
    ...     error.field, str(error)
    ('type', "type has a line end, which would begin a field of its own: 'a\\\\ndata: injected'")
    """

    def __init__(self, field: str, value: object, problem: str) -> None:
        super().__init__(field, value, problem)
        self.field: str = field
        self.value: object = value
        self.problem: str = problem

    def __str__(self) -> str:
        return f"{self.field} {self.problem}: {shorten(self.value)}"
