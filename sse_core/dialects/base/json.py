# SPDX-License-Identifier: MIT
"""JsonReader, the base of dialects whose data is JSON; and `dumps`, which writes it."""

from __future__ import annotations

import json
from json import encoder as _encoder

from ..._errors import DialectError, EncodeError, TruncatedError
from ..._items import Event, Ignored
from .._parts import Other
from .alike import Alike
from .blocks import Nesting
from .held import Text
from .reader import Reader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from ..._items import Item
    from .._parts import FinishReason, How, Part
    from .dialect import Dialect

    Form = Literal["json", "text", "blank"]

SENTINEL = "[DONE]"
_SENTINELS = (SENTINEL, f'"{SENTINEL}"')  # Coze sends it as a JSON string
_BLANK = ("", '""')  # copilot-api's keep-alive is the second
_scan = vars(json.JSONDecoder())["scan_once"]  # json.loads less its checks, which take a third of its time
_CONTENT = ("text", "reasoning", "tool_call")
_BODY_LIMIT = 1024 * 1024  # characters of a body with no framing: an error's, not an answer's


class JsonReader(Reader):
    """Reads events whose data is a JSON object: override `read_object`.

    Blank data is a keep-alive, `[DONE]` the sentinel, and an event of the type `error` an error whatever its
    data. Parts without raw get the payload. A JSON body with no framing at all, which a server or a proxy may
    send in place of a stream, or break off into, arrives as ignored lines and goes to `read_body`. `body_ends`:
    the end of the body is how the dialect ends, so half an event there is always a truncation. `tells`: a shortcut,
    for a dialect whose nearly every part gets its payload where it is made: it hands the others to `tell` itself.
    `bodies`: whether a body with no framing means anything; not in protocols, whose errors come in their own form.
    `alike`: a shortcut, for the class that names it and none made of it: see Alike.
    `error_lines`: a field line `error: {...}` is an error: llama.cpp's until September 2025, GPUStack's.
    """

    body_ends = False
    tells = False
    bodies = True
    error_lines = False
    alike: tuple[str, ...] | None = None

    def __init__(self, dialect: Dialect, *, loads: Callable[[str], Any] = json.loads) -> None:
        # Data that is one JSON object needs no more than `read_object`. False once it ended, and where loads, read or
        # payload is another.
        self._direct = False
        self._tells = self.tells  # here it is found at once, in the class only after a search
        self._body: _Body | None = None
        # A class that is made of another one has not promised what that one did.
        members = vars(type(self)).get("alike")
        self._alike = None if members is None else Alike(members)
        super().__init__(dialect, loads=loads)
        self._direct = self._is_direct()

    def decode(self, event: Event) -> list[Part]:
        alike = self._alike
        if alike is not None:
            if alike.live and (parts := alike.read(event, self)):
                return parts
            alike.pause()
        self._untold = ()  # of an event that could not be read: the next one's payload is none of its
        if self._direct and event.type:
            # What `read` and `payload` do, in the one place where a call less is felt.
            data = event.data
            try:
                payload, end = _scan(data, 0)
            except (StopIteration, ValueError, RecursionError):
                return super().decode(event)
            if end == len(data) and type(payload) is dict:
                parts = self.read_object(payload, event)
                if not self._tells:
                    self.tell(parts, payload)
                if alike is not None:
                    alike.learn(event, payload, parts, self)
                return parts
        return super().decode(event)

    def read(self, event: Event) -> list[Part]:
        data = event.data
        if data[:1] != "{":
            stripped = data.strip()
            if self.is_sentinel(stripped):
                return self.read_sentinel()
            if event.type == "error":  # some servers send no object there
                return self.fail({"message": stripped.strip('"')})
            if self.form(event) == "blank":
                return []
        payload = self.payload(event)
        if type(payload) is dict:
            return self.tell(self.read_object(payload, event), payload)
        return self.tell(self.read_value(payload, event), payload)

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        """The parts of one event's payload."""
        return [self.other(payload, event)]

    def read_alike(self, member: str, value: Any, payload: Any) -> list[Part]:
        """The parts, after the fragment, of a member of an event that is `alike`; [] if it means nothing."""
        return []

    def may_repeat(self, payload: Any) -> bool:
        """Whether the promise of `alike` holds for a payload that gave a fragment, and those like it."""
        return True

    def read_value(self, value: Any, event: Event) -> list[Part]:
        """The parts of JSON that is no object."""
        raise self.unreadable("the data is no JSON object", event)

    def read_sentinel(self) -> list[Part]:
        """The parts of `[DONE]`."""
        return self.done("sentinel")

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        """The parts of a body with no framing: an error, whatever it looks like."""
        return self.fail(payload)

    def form(self, event: Event) -> Form:
        """What an event's data is: asked when it is read, and where the end of the body cut it off."""
        return "blank" if event.data.strip() in _BLANK else "json"

    def is_sentinel(self, data: str) -> bool:
        """Whether stripped data is `[DONE]`, or that as a JSON string."""
        return data in _SENTINELS

    def payload(self, event: Event) -> Any:
        """The event's data read as JSON; DialectError if it is none."""
        try:
            return event.json(None if self.loads is json.loads else self.loads)
        except (ValueError, RecursionError) as error:
            raise DialectError(f"{self.name}: the data is no JSON: {error}", event) from error

    def other(self, payload: Any, event: Event, key: str = "type") -> Other:
        """An Other with the whole payload, named by its `key` or else by the event type."""
        name = payload.get(key) if type(payload) is dict else None
        return Other(name if type(name) is str else event.type or "message", payload, self.name, raw=payload)

    def json_text(self, value: Any) -> str:
        """JSON text of an object that stands where text should."""
        try:
            return dumps(value)
        except EncodeError as error:
            raise DialectError(f"{self.name}: {error}") from error

    def closes(self, event: Event) -> bool:
        # What opens with a bracket or a quote is JSON only if it also closes; a number may have been cut, as may text.
        return event.data.lstrip()[:1] in ("{", "[", '"') and self.form(event) != "text"

    def counts(self, data: str) -> bool:
        # Where a terminal ends the stream, what is cut off after the answer may be that; an object is not.
        return self.body_ends or data.lstrip()[:1] == "{"

    def finish_later(self, reason: FinishReason, raw_reason: str | None = None, choice: int = 0) -> list[Part]:
        if self._alike is not None:
            self._alike.kept = True
        return super().finish_later(reason, raw_reason, choice)

    def control(self, item: Item) -> list[Part]:
        if self._alike is not None:
            self._alike.pause()
        if not isinstance(item, Ignored):
            return super().control(item)
        if self.ended or not self.bodies:
            return []
        if self.error_lines and item.name == "error":
            return self.fail(self.payload(Event(item.value)))
        if self._body is None:
            if not _opens(item.line):
                return []
            self._body = _Body()
        data = self._body.add(item.line)
        if self._body.over:
            self._body = None
        if data is None:
            return []
        event = Event(data)
        if len(data) >= _BODY_LIMIT:
            raise self.unreadable(f"a JSON body with no framing is over {_BODY_LIMIT} characters", event)
        payload = self.payload(event)
        # Gemini without `alt=sse`, and some proxies, put the object into an array.
        if type(payload) is list and len(payload) == 1:
            payload = payload[0]
        if type(payload) is not dict:
            raise self.unreadable("a body with no framing, and no JSON object", event)
        return self.tell(self.read_body(payload, event), payload)

    def _is_direct(self) -> bool:
        own = type(self)
        return self.loads is json.loads and own.read is JsonReader.read and own.payload is JsonReader.payload

    def tell(self, parts: list[Part], payload: Any) -> list[Part]:
        """`parts`, told what payload they came from, as a Finish that was held; and their choices, that they wait."""
        for part in parts:
            if part._raw is None:
                part._raw = payload
            if self.choices is None and part.kind in _CONTENT and part.choice not in self.finishes and not self.ended:
                self.said(part.choice)
        if self._untold:
            self.tell_finishes(payload)
        return parts

    def done(self, how: How, reconnect: bool = False) -> list[Part]:
        self._direct = False
        if self._alike is not None:
            self._alike.pause()
        return super().done(how, reconnect)

    def reset(self) -> None:
        super().reset()
        self._direct = self._is_direct()
        self._body = None
        if self._alike is not None:
            self._alike.pause()

    def end(self) -> list[Part]:
        if self._body is not None and not self.ended and not self.failed and not self._body.dropped:
            raise TruncatedError(f"{self.name}: the stream ended inside a JSON body with no framing")
        return super().end()


class _Body:
    """A JSON body with no framing, a line at a time: read once it is balanced, since a try at every line would be
    quadratic; past its limit given up at once, and dropped to its end, since a line of it is not another body."""

    __slots__ = ("_nesting", "_size", "_text", "dropped", "over")

    def __init__(self) -> None:
        self._text = Text()
        self._size = 0
        self._nesting = Nesting()
        self.dropped = False
        self.over = False

    def add(self, line: str) -> str | None:
        """The body, once it is whole; or, once, what there is of one that is too large."""
        self._nesting.feed(line + "\n")
        self._size += len(line) + 1
        self.over = self._nesting.whole
        if self.dropped:
            return None
        self._text.append(line + "\n")
        self.dropped = self._size > _BODY_LIMIT
        if not self.over and not self.dropped:
            return None
        body = str(self._text)[:-1]
        self._text = Text()
        return body


def _opens(line: str) -> bool:
    opening = line.strip()
    return opening[:1] == "{" or opening[:2] == "[{" or opening == "["


def _writer(ensure_ascii: bool) -> Callable[[Any], str]:
    """A JSON encoder made once: json.dumps makes one for every call, which takes twice as long as the encoding."""
    plain = json.JSONEncoder(ensure_ascii=ensure_ascii, allow_nan=False, separators=(",", ":"), check_circular=False)
    make: Any = getattr(_encoder, "c_make_encoder", None)
    quote = _encoder.encode_basestring_ascii if ensure_ascii else _encoder.encode_basestring
    encode = make and make(None, plain.default, quote, None, ":", ",", False, False, False)
    return (lambda value: "".join(encode(value, 0))) if encode else plain.encode  # the latter where it is not CPython


_write = _writer(False)
_write_ascii = _writer(True)


def dumps(value: Any) -> str:
    """`value` as compact JSON text, which UTF-8 can always write; EncodeError if JSON has no words for it."""
    try:
        text = _write(value)
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:  # a lone surrogate: it leaves as the escape it came as
                return _write_ascii(value)
        return text
    except RecursionError as error:  # its repr, in the message, would be one too
        raise EncodeError("data", type(value).__name__, "is nested too deep to be written as JSON") from error
    except (TypeError, ValueError) as error:
        raise EncodeError("data", value, f"cannot be written as JSON ({error})") from error
