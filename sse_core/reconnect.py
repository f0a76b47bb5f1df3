# SPDX-License-Identifier: MIT
"""Reconnect: what to send, what an answer means, and how long to wait; it has no clock and opens nothing."""

from __future__ import annotations

from math import inf

from ._encoder import encode
from ._errors import TruncatedError
from ._items import Event, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal, Protocol

    class Headers(Protocol):
        """Headers of any HTTP library, or a dict; names in any case."""

        def items(self) -> Iterable[tuple[str, str]]: ...


__all__ = ["Open", "Reconnect", "Stop", "Wait"]

_DAY = 86_400  # seconds; a `retry` or Retry-After above it counts as it: more is a mistake, or an attack
_DIGITS = 18  # of a Retry-After; as for `retry`, int() of endless digits is an error
_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (408, 425, 429, 500, 502, 503, 504)  # the server may answer the same request later


class Open(Value):
    """The answer is an event stream: read it.

    >>> from sse_core.reconnect import Open, Reconnect
    >>> Reconnect().on_response(200, "text/event-stream; charset=utf-8", now=0.0)
    Open()
    """

    __slots__ = ()


class Wait(Value):
    """Connect again after so many seconds.

    >>> from sse_core.reconnect import Reconnect, Wait
    >>> Reconnect().on_response(503, headers={"Retry-After": "120"}, now=0.0)
    Wait(seconds=120.0)
    """

    __slots__ = __match_args__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


class Stop(Value):
    """Do not connect again. `reason` is one of:

    "done": the stream said its end; "incomplete": the answer was cut off, and cannot be resumed; "attempts":
    there were `max_attempts`; "nothing to resume": status 204; "redirect": following one is the work of the
    HTTP library; "status": any other that is not 200; "content type": the answer is no event stream.

    >>> from sse_core.reconnect import Reconnect, Stop
    >>> Reconnect().on_response(204, now=0.0)
    Stop(reason='nothing to resume')
    """

    __slots__ = __match_args__ = ("reason",)

    def __init__(self, reason: str) -> None:
        self.reason = reason


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
    as random.random(). `attempt` is the number of waits in this row, `last_event_id` and `reconnection_time`
    (milliseconds; None until the server sets it) are what `on_event` was told.

    >>> from sse_core.reconnect import Reconnect
    >>> reconnect = Reconnect(backoff="linear", jitter=0, max_attempts=3)
    >>> [reconnect.on_error(now=now) for now in (0.0, 1.0, 3.0, 6.0)]
    [Wait(seconds=1.0), Wait(seconds=2.0), Wait(seconds=3.0), Stop(reason='attempts')]
    """

    def __init__(
        self,
        policy: Literal["subscription", "request"] = "subscription",
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
        self.attempt = 0
        self.last_event_id = last_event_id
        self.reconnection_time: int | None = None
        self._is_request = policy == "request"
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

    def request_headers(self) -> dict[str, str | bytes]:
        """The headers of the next request.

        Last-Event-ID is UTF-8 bytes, since HTTP libraries encode str as Latin-1 (aiohttp wants str, and
        encodes it as UTF-8); there is none where the id is "".

        >>> from sse_core.reconnect import Reconnect
        >>> Reconnect(last_event_id="7").request_headers()
        {'Accept': 'text/event-stream', 'Cache-Control': 'no-cache', 'Last-Event-ID': b'7'}
        """
        headers: dict[str, str | bytes] = {"Accept": "text/event-stream", "Cache-Control": "no-cache"}
        if self._can_resume():
            # HTTP has no white space at the ends of a value: servers take it off, and clients refuse to send it.
            headers["Last-Event-ID"] = self.last_event_id.strip(" \t").encode()
        return headers

    def on_response(
        self, status: int, content_type: str = "", headers: Headers | None = None, *, now: float, rand: float = 0.5
    ) -> Open | Wait | Stop:
        """What an answer means, after the redirects the HTTP library followed.

        `headers` is any mapping; Retry-After and Date are read, and Content-Type where `content_type` is "".
        """
        if self._stopped is not None:
            return self._stopped
        if status == 200:
            if _essence(content_type or _header(headers, "content-type")) != "text/event-stream":
                return self._stop("content type")  # 200 and another type: a request's caller may read it whole
            self._opened = now
            self._had_event = False
            return Open()  # 200 and text/event-stream
        if status == 204:
            return self._stop("nothing to resume")  # 204
        if status in _REDIRECTS:
            return self._stop("redirect")  # 301, 302, 303, 307, 308
        if status in _BUSY and not (self._is_request and self._had_event):
            return self._wait(rand, at_least=_retry_after(headers))  # 408, 425, 429, 500, 502, 503, 504
        return self._stop("status")  # 401, 403, any other; or busy, and nothing said that a begun request may resume

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
        (b'1', Wait(seconds=5.0))
        """
        _check_id(last_event_id)
        if reconnection_time is not None:
            _check_count("reconnection_time", reconnection_time)
            self.reconnection_time = reconnection_time
        self.last_event_id = last_event_id
        self._had_event = self._had_event or event
        self._note_health(now)

    def on_eof(self, *, done: bool = False, reconnect: bool = False, now: float, rand: float = 0.5) -> Wait | Stop:
        """What the end of the body means: `done` whether the dialect gave its Done, `reconnect` what that says.

        After Done there is no need to wait for the end: what breaks then would look like an answer cut off.

        >>> from sse_core.reconnect import Reconnect
        >>> Reconnect("request").on_eof(done=True, now=0.0)
        Stop(reason='done')
        """
        if self._stopped is not None:
            return self._stopped
        self._note_health(now)
        if reconnect:
            return self._wait(rand, counts=False)  # EOF after Done(reconnect=True)
        if done:
            return self._stop("done")  # EOF after Done
        if self._is_request and not self._can_resume():
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
        if isinstance(error, TruncatedError) or (self._is_request and self._had_event):
            return self.on_eof(now=now, rand=rand)  # network error after the first event of a request
        self._note_health(now)
        return self._wait(rand)  # network error

    def _can_resume(self) -> bool:
        return self._resumable and self.last_event_id.strip(" \t") != ""

    def _note_health(self, now: float) -> None:
        if self._opened is not None and now - self._opened >= self._healthy_after:
            self.attempt = 0

    def _stop(self, reason: str) -> Stop:
        self._stopped = Stop(reason)
        return self._stopped

    def _wait(self, rand: float, at_least: float = 0.0, counts: bool = True) -> Wait | Stop:
        if not 0 <= rand < 1:
            raise ValueError(f"rand must be from 0 to below 1, not {rand!r}")
        if counts and self.attempt >= self._max_attempts:
            return self._stop("attempts")  # more attempts than max_attempts
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


def _check_choice(name: str, value: object, choices: tuple[str, str]) -> None:
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f'{name} must be "{choices[0]}" or "{choices[1]}", not {value!r}')


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
    encode(Event("", "", last_event_id))  # for its checks: what is no id on the wire is none in a header


def _essence(content_type: str) -> str:
    """The media type without its parameters, which the standard ignores, charset too."""
    return content_type.partition(";")[0].strip(" \t\r\n").lower()


def _header(headers: Headers | None, name: str) -> str:
    """The value of a header, "" if there is none; only some mappings look up names in any case themselves."""
    if headers is not None:
        for key, value in headers.items():
            if key.lower() == name:
                return value.strip(" \t\r\n")
    return ""


def _retry_after(headers: Headers | None) -> float:
    """Seconds that the server wants to be left alone for; 0 where it does not say, or not as HTTP has it."""
    value = _header(headers, "retry-after")
    if value.isascii() and value.isdigit():
        return float(min(int(value), _DAY)) if len(value) <= _DIGITS else 0.0
    date = _header(headers, "date")
    if not value or not date:
        return 0.0
    from email.utils import mktime_tz, parsedate  # milliseconds to import, and hardly ever needed

    times = [parsedate(value), parsedate(date)]
    try:
        until, sent = [mktime_tz((*time, 0)) for time in times if time is not None]
    except (ValueError, OverflowError):  # not two dates; or a year that no calendar has
        return 0.0
    return float(min(max(until - sent, 0), _DAY))
