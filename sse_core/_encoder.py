# SPDX-License-Identifier: MIT
"""Encoder: events and the other items in, bytes of an event stream out; and `encode`, the same without memory.

Rules are those of the WHATWG HTML standard, 9.2.5. What could begin a line of its own where the standard
has one value is refused, never repaired: an event type with a line end is a bug or an attack.
"""

from __future__ import annotations

from ._errors import EncodeError
from ._items import Comment, Event, Id, Ignored, Retry, Slots, check_default_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._items import Item

# What a server sends with the stream. no-transform: a proxy that compresses holds events back;
# X-Accel-Buffering: nginx passes each write on at once.
SSE_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",
}

_RETRY_END = 10**18  # what a Decoder still reads


class Encoder(Slots):
    r"""Encodes one connection's items; a relay is `send(encoder.encode(item))` for each of `feed_items`.

    It remembers the last event ID that it sent, as the client does: an event's id is written when it is not
    "" and not the one sent last. `newline` is the line end, LF, CRLF or CR; `last_event_id` is what the
    client said it has. `default_type` is the type that the client gives an event without an event line: an
    event of that type, or of type "", is written without one. With "", an event of type "message" is written
    with one, for a client that tells it from none, as a Decoder with `default_type` "" does.

    >>> from sse_core import Encoder, Event
    >>> encoder = Encoder()
    >>> encoder.encode(Event("one\ntwo", "note", "7"))
    b'event: note\nid: 7\ndata: one\ndata: two\n\n'
    >>> encoder.encode(Event("three", "note", "7"))
    b'event: note\ndata: three\n\n'
    """

    __slots__ = ("_default_type", "_last_event_id", "_newline")

    def __init__(self, *, newline: str = "\n", last_event_id: str = "", default_type: str = "message") -> None:
        if not isinstance(newline, str) or newline not in ("\n", "\r\n", "\r"):
            raise EncodeError("newline", newline, "must be LF, CRLF or CR")
        check_default_type(default_type)
        self._newline = newline
        self._default_type = default_type
        # The id the client has. Without it every event repeats an id, and a relay could not tell a kept
        # id from a new one.
        self._last_event_id = ""
        self.encode(Event(last_event_id=last_event_id))  # is checked, and remembered, as an event's id

    def encode(self, item: Item, *, retry: int | None = None) -> bytes:
        """The bytes of one item; an Ignored gives b"".

        `retry`, in milliseconds, goes inside the block of an Event. Data and comments may hold line ends:
        CRLF, CR and LF each begin a new line, and arrive as LF. Raises EncodeError for what a field cannot
        say, and then has sent and remembered nothing.

        >>> from sse_core import Encoder, Event
        >>> Encoder().encode(Event("x"), retry=500)
        b'retry: 500\\ndata: x\\n\\n'
        """
        sent_id = self._last_event_id
        if isinstance(item, Event):
            text = _event(item, retry, sent_id, self._default_type)
            sent_id = item.last_event_id or sent_id
        else:
            text = _other(item, retry)
            sent_id = item.value if isinstance(item, Id) else sent_id
        if self._newline != "\n":
            text = text.replace("\n", self._newline)
        try:
            data = text.encode()
        except UnicodeEncodeError:
            raise _surrogate(item) from None
        self._last_event_id = sent_id
        return data


def encode(item: Item, *, retry: int | None = None) -> bytes:
    """The bytes of one item, as `Encoder.encode`, but each id that is not "" is written.

    >>> from sse_core import Event, encode
    >>> encode(Event("hi", last_event_id="1"))
    b'id: 1\\ndata: hi\\n\\n'
    """
    encoder = object.__new__(Encoder)  # less the checks of its __init__
    encoder._newline, encoder._default_type, encoder._last_event_id = "\n", "message", ""
    return encoder.encode(item, retry=retry)


def _event(event: Event, retry: int | None, sent_id: str, default_type: str) -> str:
    type, event_id, data = event.type, event.last_event_id, event.data
    text = ""
    # What is the same object as was checked before needs no check; and what is not is checked before it is compared:
    # under `python -bb`, comparing bytes with str is an error.
    if type is not default_type:
        if not isinstance(type, str) or "\n" in type or "\r" in type:
            _check_line(type, "type")
        if type != default_type and type != "":
            text = f"event: {type}\n"
    if event_id is not sent_id:
        if not isinstance(event_id, str) or "\n" in event_id or "\r" in event_id or "\0" in event_id:
            _check_id(event_id, "last_event_id")
        if event_id != sent_id and event_id != "":
            text += f"id: {event_id}\n"
    if retry is not None:
        text += _retry(retry, "retry")
    if not isinstance(data, str) or "\n" in data or "\r" in data:
        data = _lines(data, "data", "\ndata: ")
    return f"{text}data: {data}\n\n"


def _other(item: Comment | Retry | Id | Ignored, retry: int | None) -> str:
    if not isinstance(item, (Comment, Retry, Id, Ignored)):
        raise EncodeError("item", item, _no_item(item))
    if retry is not None:
        raise EncodeError("retry", retry, f"goes with an Event, not with {type(item).__name__}")
    if isinstance(item, Comment):
        return ": " + _lines(item.text, "text", "\n: ") + "\n"
    if isinstance(item, Retry):
        return _retry(item.milliseconds, "milliseconds")
    if isinstance(item, Ignored):
        return ""
    # Its blank line commits it; after a Comment or Retry one would make common clients emit an empty event.
    _check_id(item.value, "value")
    return f"id: {item.value}\n\n"


def _lines(text: str, field: str, separator: str) -> str:
    """`text` with `separator` at each line end. CRLF, CR and LF only: str.splitlines breaks JSON at U+2028."""
    if not isinstance(text, str):
        hint = ", so json.dumps it first" if isinstance(text, (dict, list)) else ""
        raise EncodeError(field, text, f"must be str, not {type(text).__name__}{hint}")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", separator) if "\n" in text else text


def _check_line(value: str, field: str) -> None:
    if not isinstance(value, str):
        raise EncodeError(field, value, f"must be str, not {type(value).__name__}")
    if "\n" in value or "\r" in value:
        raise EncodeError(field, value, "has a line end, which would begin a field of its own")


def _check_id(value: str, field: str) -> None:
    _check_line(value, field)
    if "\0" in value:
        raise EncodeError(field, value, "has a NUL, which makes clients ignore the id")


def _retry(milliseconds: int, field: str) -> str:
    if type(milliseconds) is not int or not 0 <= milliseconds < _RETRY_END:
        raise EncodeError(field, milliseconds, "must be an int of milliseconds from 0 to 10**18 - 1")
    return f"retry: {milliseconds}\n"


def _no_item(value: object) -> str:
    """What is wrong with a value that is none of the items; one of another copy of the package looks like one."""
    name, module, ours = type(value).__name__, type(value).__module__, Event.__module__
    if name in ("Event", "Comment", "Retry", "Id", "Ignored") and module.endswith(ours[ours.rfind(".") :]):
        return f"is {'an' if name[0] in 'EI' else 'a'} {name} of {module}, another copy of this package ({ours})"
    return "must be an Event, Comment, Retry, Id or Ignored"


def _surrogate(item: Item) -> EncodeError:
    """The error for the first field of `item` that UTF-8 cannot write."""
    fields = [(field, getattr(item, field)) for field in item.__match_args__]
    field, value, at = next(
        (field, value, at) for field, value in fields for at, char in enumerate(value) if "\ud800" <= char <= "\udfff"
    )
    return EncodeError(field, value, f"has the lone surrogate U+{ord(value[at]):04X} at {at}, not UTF-8")
