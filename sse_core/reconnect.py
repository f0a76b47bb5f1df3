# SPDX-License-Identifier: MIT
r"""Reconnect: what to send, what an answer means, and how long to wait; it has no clock and opens nothing.

What `sse_core.follow` does with it, by hand:

>>> from sse_core import Decoder
>>> from sse_core.reconnect import Reconnect
>>> decoder, reconnect = Decoder(), Reconnect()
>>> reconnect.request_headers()
{'Accept': 'text/event-stream', 'Cache-Control': 'no-cache'}
>>> reconnect.on_response(200, "text/event-stream", now=0.0)
Open()
>>> decoder.feed(b"id: 7\nretry: 3000\ndata: x\n\nid: 8\ndata: cut o")
[Event(data='x', type='message', last_event_id='7')]
>>> reconnect.on_event(decoder.last_event_id, decoder.reconnection_time, now=1.0)
>>> reconnect.on_eof(now=2.0)
Wait(seconds=3.0)
>>> decoder.reset()  # forgets the event that was cut off
>>> reconnect.request_headers()["Last-Event-ID"]
'7'
>>> reconnect.on_response(503, headers={"Retry-After": "20"}, now=5.0)
Wait(seconds=20.0)
>>> reconnect.on_response(204, now=25.0)
Stop(reason='nothing to resume', status=204, content_type=None)
"""

from __future__ import annotations

from math import inf

from ._encoder import encode
from ._errors import TruncatedError
from ._items import Event, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Literal, Protocol

    Pairs = Iterable[tuple[str | bytes, str | bytes]]

    class HasItems(Protocol):
        """A dict, or the headers of most HTTP libraries."""

        def items(self) -> Pairs: ...

    Headers = HasItems | Pairs
    Answer = tuple[int | None, str | None]  # its status and Content-Type
    Policy = Literal["subscription", "request"]
    How = Literal["sentinel", "event", "eof", "error"]


__all__ = ["Open", "Reconnect", "Stop", "Wait"]

_DAY = 86_400  # seconds; a `retry` or Retry-After above it counts as it: more is a mistake, or an attack
_DIGITS = 18  # digits of a Retry-After that are read; more are above a day, and int() of endless ones is an error
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (408, 425, 429, 500, 502, 503, 504)  # the server may answer the same request later
_CONTROLS = {*map(chr, range(32)), "\x7f"} - {"\t"}  # what no header may have in its value, by RFC 9110, 5.5


class Open(Value):
    """The answer is an event stream: read it.

    >>> from sse_core.reconnect import Open, Reconnect
    >>> Reconnect().on_response(200, "text/event-stream; charset=utf-8", now=0.0)
    Open()
    """

    __slots__ = __match_args__ = ()


class Wait(Value):
    """Connect again after so many seconds.

    >>> from sse_core.reconnect import Reconnect, Wait
    >>> Reconnect().on_response(503, headers={"Retry-After": "120"}, now=0.0)
    Wait(seconds=120.0)
    """

    __slots__ = __match_args__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds: float = seconds


class Stop(Value):
    """Do not connect again. `reason` is one of:

    "done": the stream said its end; "incomplete": the answer was cut off, and cannot be resumed; "attempts":
    there were `max_attempts`; "nothing to resume": status 204; "redirect": following one is the work of the
    HTTP library; "status": any other that is not 200; "content type": the answer is no event stream.

    `status` and `content_type` are those of the answer that stopped it, None where it was no answer, or where
    the answer had no Content-Type.

    >>> from sse_core.reconnect import Reconnect, Stop
    >>> Reconnect().on_response(200, "text/html", now=0.0)
    Stop(reason='content type', status=200, content_type='text/html')
    """

    __slots__ = __match_args__ = ("reason", "status", "content_type")

    def __init__(self, reason: str, status: int | None = None, content_type: str | None = None) -> None:
        self.reason: str = reason
        self.status: int | None = status
        self.content_type: str | None = content_type


class Reconnect:
    """Says what to do when a connection answers, ends or breaks: one for all connections to one stream.

    For each connection: send `request_headers()`; tell it `on_response`; on Open feed a Decoder, after its
    `reset()`, and tell it `on_event`; at the end of the body tell it `on_eof`, and if anything broke
    `on_error`. On Wait, wait and connect again. Stop is final: every later call gives the same.

    `policy` "subscription" goes on for ever, as a browser's EventSource does, but also asks a busy or failing
    server again, where the standard gives up. "request" is for one answer: it is asked for again while it has
    given no event, and once it has, only to be resumed, after its last event ID.

    The n-th wait in a row, n from 0, is `base` * 2**n seconds ("linear": `base` * (n + 1)), `cap` at most,
    less up to `jitter` of itself. The server's `retry` replaces `base`, and no wait is below it, nor below
    Retry-After; with `retry` "exact" (MCP) it is the wait. After `max_attempts` waits in a row comes Stop.
    A connection that stayed open for `healthy_after` seconds, and nothing else, begins a new row.
    `resumable` False: its ids are no place to resume at (a dialect may say so), and Last-Event-ID is not sent.

    `now` is seconds of any clock that does not jump, as time.monotonic(); `rand` a number from 0 to below 1,
    as random.random(). `policy` is as given, `attempt` the number of waits in this row; `last_event_id` and
    `reconnection_time` (milliseconds; None until the server sets it) are what `on_event` was told.

    >>> from sse_core.reconnect import Reconnect
    >>> reconnect = Reconnect(backoff="linear", jitter=0, max_attempts=3)
    >>> [reconnect.on_error(now=now) for now in (0.0, 1.0, 3.0, 6.0)]
    [Wait(seconds=1.0), Wait(seconds=2.0), Wait(seconds=3.0), Stop(reason='attempts', status=None, content_type=None)]
    """

    def __init__(
        self,
        policy: Policy = "subscription",
        *,
        last_event_id: str = "",
        base: float = 1.0,
        cap: float = 30.0,
        backoff: Literal["exponential", "linear"] = "exponential",
        jitter: float = 0.5,
        max_attempts: int | None = None,
        healthy_after: float = 60.0,
        retry: Literal["floor", "exact"] = "floor",
        resumable: bool = True,
    ) -> None:
        _check_choice("policy", policy, ("subscription", "request"))
        _check_choice("backoff", backoff, ("exponential", "linear"))
        _check_choice("retry", retry, ("floor", "exact"))
        _check_number("base", base, _DAY)
        _check_number("cap", cap, _DAY)
        _check_number("jitter", jitter, 1)
        _check_number("healthy_after", healthy_after, inf)
        if max_attempts is not None:
            _check_count("max_attempts", max_attempts)
        _check_id(last_event_id)
        self.attempt: int = 0
        self.last_event_id: str = last_event_id
        self.reconnection_time: int | None = None
        self.policy: Policy = policy
        self._base = base
        self._cap = cap
        self._is_linear = backoff == "linear"
        self._jitter = jitter
        self._max_attempts = inf if max_attempts is None else max_attempts
        self._healthy_after = healthy_after
        self._is_exact = retry == "exact"
        self._resumable = resumable
        # When this connection answered with a stream; None while none is open, lest time spent on connecting
        # counts as health.
        self._opened: float | None = None
        # This connection gave an event: a request that began again would give it twice.
        self._had_event = False
        # The Stop that was given: no later call may revive the stream.
        self._stopped: Stop | None = None

    def request_headers(self) -> dict[str, str]:
        """The headers of the next request.

        There is no Last-Event-ID where the id is "", nor where no header can carry it: it has a control
        character other than a tab, or begins with white space other than a space or tab. Then it counts as none:
        an HTTP library would refuse the request each time, and a changed id would name another event. Spaces and
        tabs at its ends are left out, as servers do. An id that is not ASCII arrives as UTF-8 with each client of
        README's recipes, as long as the value is handed on as it is.

        >>> from sse_core.reconnect import Reconnect
        >>> Reconnect(last_event_id="7").request_headers()
        {'Accept': 'text/event-stream', 'Cache-Control': 'no-cache', 'Last-Event-ID': '7'}
        """
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
        id = self._sendable_id()
        if id:
            headers["Last-Event-ID"] = id if id.isascii() else _UTF8(id)
        return headers

    def on_response(
        self, status: int, content_type: str = "", headers: Headers | None = None, *, now: float, rand: float = 0.5
    ) -> Open | Wait | Stop:
        """What an answer means, after the redirects the HTTP library followed.

        `headers` is a mapping or pairs, with names in any case, in str or bytes. Of them Retry-After and Date
        are read, and Content-Type where `content_type` is "".
        """
        if self._stopped is not None:
            return self._stopped
        fields = _fields(headers)
        answer = status, content_type or fields.get("content-type") or None
        if status == 200:
            if _essence(answer[1]) != "text/event-stream":
                return self._stop("content type", answer)  # 200 and another type: a request's caller may read it
            self._opened = now
            self._had_event = False
            return Open()  # 200 and text/event-stream
        if status == 204:
            return self._stop("nothing to resume", answer)  # 204
        if status in _REDIRECTS:
            return self._stop("redirect", answer)  # 301, 302, 303, 307, 308
        if status in _BUSY and not (self.policy == "request" and self._had_event):
            return self._wait(rand, _retry_after(fields), answer=answer)  # 408, 425, 429, 500, 502, 503, 504
        return self._stop("status", answer)  # 401, 403, any other; or busy, and a begun request may not resume

    def on_event(
        self, last_event_id: str, reconnection_time: int | None = None, *, now: float, event: bool = True
    ) -> None:
        """Remember where the stream is: the decoder's `last_event_id` and `reconnection_time`.

        Call it after every feed, since a block without data may set both; `event` is whether the feed gave an
        event, or with a PartDecoder a part. Only ids that a decoder committed count: not one read from a block
        that may yet be cut off. EncodeError for an id that no decoder gives: CR, LF or NUL would forge a header.

        >>> from sse_core import Decoder
        >>> from sse_core.reconnect import Reconnect
        >>> decoder, reconnect = Decoder(), Reconnect()
        >>> events = decoder.feed(b"id: 1\\nretry: 5000\\ndata: x\\n\\nid: 2\\ndata: cut o")
        >>> reconnect.on_event(decoder.last_event_id, decoder.reconnection_time, now=0.0)
        >>> reconnect.request_headers()["Last-Event-ID"], reconnect.on_eof(now=1.0)
        ('1', Wait(seconds=5.0))
        """
        _check_id(last_event_id)
        if reconnection_time is not None:
            _check_count("reconnection_time", reconnection_time)
            self.reconnection_time = reconnection_time
        self.last_event_id = last_event_id
        self._had_event = self._had_event or event
        self._note_health(now)

    def on_eof(self, *, how: How | None = None, reconnect: bool = False, now: float, rand: float = 0.5) -> Wait | Stop:
        """What the end of the body means: `how` and `reconnect` are those of the dialect's Done.

        `how` is None where there was no Done. After Done there is no need to wait for the end: what breaks then
        would look like an answer cut off. With `reconnect` the server asked to be asked again, so the wait is no
        attempt; but where `how` is "eof" it is one, or a server that closes at once would be asked for ever.

        >>> from sse_core.reconnect import Reconnect
        >>> Reconnect("request").on_eof(how="sentinel", now=0.0)
        Stop(reason='done', status=None, content_type=None)
        """
        if how is not None:
            _check_choice("how", how, ("sentinel", "event", "eof", "error"))
        if self._stopped is not None:
            return self._stopped
        self._note_health(now)
        if reconnect:
            return self._wait(rand, counts=how == "eof")  # EOF after Done(reconnect=True)
        if how is not None:
            return self._stop("done")  # EOF after Done
        if self.policy == "request" and not self._sendable_id():
            return self._stop("incomplete")  # EOF without Done
        return self._wait(rand)  # EOF without Done: a subscription, or a request that can be resumed

    def on_error(self, error: BaseException | None = None, *, now: float, rand: float = 0.5) -> Wait | Stop:
        """What it means that connecting or reading failed; a TruncatedError is the end of the body without Done.

        A LimitError is no such failure: from the same id the same event would come again.

        >>> from sse_core.reconnect import Reconnect
        >>> reconnect = Reconnect("request")
        >>> reconnect.on_error(OSError("reset by peer"), now=0.0, rand=0.0)
        Wait(seconds=1.0)
        """
        if self._stopped is not None:
            return self._stopped
        if isinstance(error, TruncatedError) or (self.policy == "request" and self._had_event):
            return self.on_eof(now=now, rand=rand)  # network error after the first event of a request
        self._note_health(now)
        return self._wait(rand)  # network error

    def _sendable_id(self) -> str:
        """The id to resume at, as a header carries it; "" if there is none."""
        id = self.last_event_id.strip(" \t") if self._resumable else ""
        # requests takes no white space at the beginning, and to it U+3000 is some.
        return "" if id[:1].isspace() or not _CONTROLS.isdisjoint(id) else id

    def _note_health(self, now: float) -> None:
        if self._opened is not None and now - self._opened >= self._healthy_after:
            self.attempt = 0

    def _stop(self, reason: str, answer: Answer = (None, None)) -> Stop:
        self._stopped = Stop(reason, *answer)
        return self._stopped

    def _wait(
        self, rand: float, at_least: float = 0.0, counts: bool = True, answer: Answer = (None, None)
    ) -> Wait | Stop:
        if not 0 <= rand < 1:
            raise ValueError(f"rand must be from 0 to below 1, not {rand!r}")
        if counts and self.attempt >= self._max_attempts:
            return self._stop("attempts", answer)  # more attempts than max_attempts
        delay = self._delay(self.attempt if counts else 0, rand)
        self.attempt += counts
        self._opened = None
        self._had_event = False
        return Wait(max(delay, at_least))

    def _delay(self, attempt: int, rand: float) -> float:
        base, least = self._base, 0.0
        if self.reconnection_time is not None:
            # Of 0, no back-off would ever grow: it counts as 1 ms.
            base = least = min(max(self.reconnection_time, 1), _DAY * 1000) / 1000
            if self._is_exact:
                return base
        # 2.0**1024 is an OverflowError; a day is reached long before.
        grown = base * (attempt + 1) if self._is_linear else base * 2.0 ** min(attempt, 100)
        delay = min(self._cap, grown)
        return max(delay - rand * self._jitter * delay, least)


class _UTF8(str):
    """A str that is UTF-8 in every HTTP library: h11 and httpx encode as ASCII, http.client as Latin-1."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return super().encode()


def _check_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in choices:
        *others, last = [f'"{choice}"' for choice in choices]
        raise ValueError(f"{name} must be {', '.join(others)} or {last}, not {value!r}")


def _check_number(name: str, value: object, most: float) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise TypeError(f"{name} must be a number, not {value!r}")
    if not 0 <= value <= most:
        raise ValueError(f"{name} must be from 0 to {most:g}, not {value!r}")


def _check_count(name: str, value: object) -> None:
    if type(value) is not int:
        raise TypeError(f"{name} must be int or None, not {value!r}")
    if value < 0:
        raise ValueError(f"{name} must be 0 or more, not {value}")


def _check_id(last_event_id: str) -> None:
    encode(Event("", "", last_event_id))  # the checks are the wire's: CR, LF and NUL would forge a header, too


def _essence(content_type: str | None) -> str:
    """The media type without its parameters, which the standard ignores, charset too."""
    return (content_type or "").partition(";")[0].strip(" \t\r\n").lower()


def _fields(headers: Headers | None) -> dict[str, str]:
    """The headers by their names in lower case, the first of each name: only some mappings ignore case."""
    pairs: Any = getattr(headers, "items", lambda: headers or ())()
    fields: dict[str, str] = {}
    for pair in pairs:
        name, value = [part.decode("latin-1") if isinstance(part, bytes) else str(part) for part in pair]
        fields.setdefault(name.lower(), value.strip(" \t\r\n"))
    return fields


def _retry_after(fields: dict[str, str]) -> float:
    """Seconds that the server wants to be left alone for; 0 where it does not say, or not as HTTP has it."""
    value = fields.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return float(min(int(value), _DAY) if len(value) <= _DIGITS else _DAY)
    date = fields.get("date", "")
    if not value or not date:
        return 0.0
    from email.utils import mktime_tz, parsedate  # milliseconds to import, and hardly ever needed

    times = [parsedate(value), parsedate(date)]
    try:
        until, sent = [mktime_tz((*time, 0)) for time in times if time is not None]
    except (ValueError, OverflowError):  # not two dates; or a year that no calendar has
        return 0.0
    return float(min(max(until - sent, 0), _DAY))
