# SPDX-License-Identifier: MIT
"""JsonDialect, the base of dialects whose data is JSON; how they word errors; and `json`, any such stream."""

from __future__ import annotations

import json

from .._errors import DialectError, EncodeError, TruncatedError
from .._items import Event
from ._blocks import Nesting
from ._dialect import Dialect
from ._parts import Error, Other

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Ignored, Retry
    from ._parts import Part, Start

_SENTINELS = ("[DONE]", '"[DONE]"')  # Coze sends it as a JSON string
_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # there since 2.6, in no stub
_BODY_LIMIT = 1024 * 1024  # characters of a body with no framing: an error's, not an answer's


class JsonDialect(Dialect):
    """A dialect whose events carry JSON objects: it gives `read` the payload of each.

    Blank data is a keep-alive. `[DONE]` is the sentinel. A JSON body with no framing at all, which a server
    or a proxy may send in place of a stream, or break off into, arrives as ignored lines and goes to `read_body`.
    """

    terminal = "[DONE]"
    # Whether the end of the body is how it ends, so that anything may still have come there.
    eof_ends = False
    # Whether an Error ends the stream, as its document says.
    error_ends = False

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # The body with no framing so far, a line each; read once it is balanced, since trying at every line
        # would be quadratic.
        self._body: list[str] = []
        self._body_size = 0
        self._nesting = Nesting()
        # The body is too large, and dropped to its end: a line of it is not another body.
        self._dropping = False
        # Encoding, where no message begins again: the choices of which something was said.
        self.said: set[int] = set()

    def decode(self, event: Event) -> list[Part]:
        if self.ended:
            return []
        data = event.data
        if self.scans:
            # As Event.json does, in the one place where a call less is felt.
            payload = None
            try:
                payload, end = _scan(data, 0)
            except (StopIteration, ValueError, RecursionError):
                end = -1
            if end == len(data) and type(payload) is dict:
                return self.read(payload, event)
        if data[:1] != "{":
            stripped = data.strip()
            if stripped in _SENTINELS:
                return self.finish("sentinel")
            if event.type == "error":  # some servers send no object there
                return self.fail({"message": stripped.strip('"')})
            if stripped in ("", '""'):  # copilot-api's keep-alive
                return []
        payload = self.payload(event)
        if type(payload) is not dict:
            raise DialectError(f"{self.name}: the data is no JSON object", event)
        return self.read(payload, event)

    if TYPE_CHECKING:

        def read(self, payload: dict[str, Any], event: Event) -> list[Part]:
            """The parts of one event's payload: every dialect of this base has its own."""
            raise NotImplementedError  # for type checkers: it is not there when this runs

    def unknown(self, payload: Any, event: Event, key: str = "type") -> Other:
        """An Other with the whole payload, named by its `key` or else by the event type."""
        name = payload.get(key) if type(payload) is dict else None
        return Other(name if type(name) is str else event.type, payload, self.name, raw=payload)

    def write_unknown(self, part: Other, key: str = "type") -> list[Event | Retry | Comment]:
        """The event of such an Other."""
        data = part.data
        named = type(data) is dict and data.get(key) == part.name
        return [Event(self.dumps(data), "message" if named else part.name)]

    def ignored(self, item: Ignored) -> list[Part]:
        line = item.line
        opening = line.strip()
        opens = opening[:1] == "{" or opening[:2] == "[{" or opening == "["
        if self.ended or not (self._body or self._dropping or opens):
            return []
        self._nesting.feed(line + "\n")
        self._body_size += len(line) + 1
        whole = self._nesting.whole
        if not self._dropping:
            self._body.append(line)
        event = Event("\n".join(self._body)) if whole or self._body_size > _BODY_LIMIT else None
        dropped, self._dropping = self._dropping, self._body_size > _BODY_LIMIT and not whole
        if event is not None:
            self._body.clear()
        if whole:
            self._body_size = 0
            self._nesting = Nesting()
        if event is None or dropped:
            return []
        if len(event.data) >= _BODY_LIMIT:
            raise DialectError(f"{self.name}: a JSON body with no framing is over {_BODY_LIMIT} characters", event)
        payload = self.payload(event)
        # Gemini without `alt=sse`, and some proxies, put the object into an array.
        if type(payload) is list and len(payload) == 1:
            payload = payload[0]
        if type(payload) is not dict:
            raise DialectError(f"{self.name}: a body with no framing, and no JSON object", event)
        return self.read_body(payload, event)

    def last(self, event: Event, line_ended: bool) -> list[Part]:
        # What opens with a bracket or a quote is JSON only if it also closes; a number may have been cut.
        if line_ended or event.data.lstrip()[:1] in ("{", "[", '"'):
            return self.decode(event)
        raise DialectError(f"{self.name}: the data was cut off", event)

    def cut(self, data: str) -> None:
        # Where a terminal ends the stream, what is cut off after the answer may be that; an object is not.
        if self.eof_ends or data.lstrip()[:1] == "{":
            super().cut(data)

    def end(self) -> list[Part]:
        if self._body and not self.ended and not self.failed:
            raise TruncatedError(f"{self.name}: the stream ended inside a JSON body with no framing")
        return super().end()

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        """The parts of a body with no framing: an error, whatever it looks like."""
        return self.fail(payload)

    def json_text(self, value: Any) -> str:
        """JSON text of an object that stands where text should."""
        try:
            return self.dumps(value)
        except EncodeError as error:
            raise DialectError(f"{self.name}: {error}") from error

    def fail(self, payload: Any) -> list[Part]:
        """[the Error that `payload` is], and Done if it ends the stream."""
        self.failed = True
        error = read_error(payload, payload)
        return [error, *self.finish("error", raw=payload)] if self.error_ends else [error]

    def begin_again(self, part: Start) -> None:
        """EncodeError if anything was said: it cannot be taken back, and two messages in one are no success."""
        if part.choice in self.said:
            self.failed = True
            raise EncodeError("part", part, f"comes after content: no message begins again in {self.name}")


def text_of(value: object, default: str = "") -> str:
    """`value` if it is a str, else `default`."""
    return value if type(value) is str else default


def str_or_none(value: object) -> str | None:
    """`value` if it is a str that says something: a member of the wrong type counts as absent."""
    return value if type(value) is str and value else None


def count_or_none(value: object) -> int | None:
    """`value` if it is a number of things."""
    return value if type(value) is int and 0 <= value < 1 << 63 else None


def dict_of(value: object) -> dict[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if type(value) is dict else {}


def read_error(value: object, raw: Any = None) -> Error:
    """The Error that `value` means: text, or an object in any of the wordings that servers use."""
    if type(value) is str and value:
        return Error(value, raw=raw)
    found = dict_of(value)
    inner = found.get("error")
    if type(inner) is dict:
        # What the outer object adds (a status, a code) holds where the inner one is silent.
        found = {**{name: item for name, item in found.items() if name != "type"}, **inner}
    texts = [found.get(name) for name in ("message", "error", "error_msg", "detail", "msg", "content", "title")]
    message = next((text for text in texts if type(text) is str and text), "")
    type_ = str_or_none(found.get("type")) or str_or_none(found.get("error_type"))
    code = found.get("code")
    if type(code) is not int:
        code = str_or_none(code)
    statuses = [found.get(name) for name in ("statusCode", "status_code", "http_status_code", "status", "code")]
    status = next((item for item in statuses if type(item) is int and 400 <= item < 600), None)
    if not message:
        message = type_ if type_ and type_ != "error" else "the server sent an error without a message"
    return Error(message, None if type_ == "error" else type_, code, status, raw=raw)


def write_error(part: Error) -> dict[str, Any]:
    """The members of an error object, as `read_error` reads them back."""
    error: dict[str, Any] = {"message": part.message, "type": part.type, "code": part.code}
    if part.status is not None and part.status != part.code:
        error["status_code"] = part.status
    return error


class Json(JsonDialect):
    """Any stream of JSON data: each event is an Other, named by the payload's `key`, or else its event type.

    With a `sentinel` the stream must end in it; without, it ends with the body, or at `[DONE]`.
    """

    name = "json"
    eof_ends = True

    def __init__(self, *, key: str = "type", sentinel: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._key = key
        self._sentinel = sentinel
        self.terminal = repr(sentinel)

    def decode(self, event: Event) -> list[Part]:
        data = event.data.strip()
        if self.ended or not data:
            return []
        if data == self._sentinel or (self._sentinel is None and data in _SENTINELS):
            return self.finish("sentinel")
        return [self.unknown(self.payload(event), event, self._key)]

    def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
        return [self.unknown(payload, event, self._key)]

    def last(self, event: Event, line_ended: bool) -> list[Part]:
        return super().last(event, line_ended or event.data.strip() == self._sentinel)

    def complete(self) -> bool:
        return self._sentinel is None

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        if isinstance(part, Other):
            return self.write_unknown(part, self._key)
        if isinstance(part, Error):
            return [Event(self.dumps(write_error(part)), "error")]
        if part.kind in ("text", "tool_call"):
            raise EncodeError("part", part, "has no place in a stream of plain JSON: send an Other")
        return []

    def write_end(self) -> list[Event]:
        return [] if self.failed or self._sentinel is None else [Event(self._sentinel)]
