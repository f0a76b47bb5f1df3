"""Reconnect: the decision table, the delays, the rules for clients (client_rules.json), a year of a bad network."""

import copy
import json
import pickle
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from sse_core import Decoder, EncodeError, Event, TruncatedError, encode
from sse_core.reconnect import Open, Reconnect, Stop, Wait

ROOT = Path(__file__).parents[2]
SSE = "text/event-stream"
DAY = 86_400.0

# Values


@pytest.mark.parametrize(
    ("value", "values", "shown"),
    [
        (Open(), (), "Open()"),
        (Wait(0.5), (0.5,), "Wait(seconds=0.5)"),
        (Stop("done"), ("done",), "Stop(reason='done', status=None, content_type=None)"),
        (Stop("status", 404, "a/b"), ("status", 404, "a/b"), "Stop(reason='status', status=404, content_type='a/b')"),
    ],
    ids=["Open", "Wait", "Stop", "Stop with an answer"],
)
def test_an_outcome_is_a_value(value: Any, values: tuple[Any, ...], shown: str) -> None:
    twin = type(value)(*values)
    assert value == twin
    assert hash(value) == hash(twin)
    assert value != values
    assert value not in (Wait(0.6), Stop("incomplete"), Stop("done", 200), Stop("status", 404))
    assert repr(value) == shown
    assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == value
    with pytest.raises(AttributeError):
        value.other = 1


def test_outcomes_match() -> None:
    said = []
    reconnect = Reconnect(jitter=0)
    for status in (200, 503, 204):
        match reconnect.on_response(status, SSE, now=0.0):
            case Open():
                said.append("open")
            case Wait(seconds):
                said.append(f"wait {seconds}")
            case Stop(reason, status):
                said.append(f"stop {reason} {status}")
    assert said == ["open", "wait 1.0", "stop nothing to resume 204"]


# The decision table


class Row(NamedTuple):
    """What a subscription, and a request before and after the first event, do where `what` happened."""

    what: str
    subscription: Any
    before: Any
    after: Any


def happens(reconnect: Reconnect, what: str) -> Any:
    """`what` in the words of the table."""
    if what.isdigit():
        return reconnect.on_response(int(what), "text/html", now=0.0, rand=0.0)
    if what.startswith("200 "):
        return reconnect.on_response(200, what.removeprefix("200 "), now=0.0, rand=0.0)
    if what == "network error":
        return reconnect.on_error(OSError("reset by peer"), now=0.0, rand=0.0)
    name, _, how = what.partition(" after Done ")
    assert name == "EOF"
    return reconnect.on_eof(
        how=how.partition(",")[0] or None,
        reconnect="reconnect" in how,
        now=0.0,
        rand=0.0,
    )


def stop(reason: str, status: int) -> Stop:
    return Stop(reason, status, "text/html")


SAME = [
    ("200 text/event-stream", Open()),
    ("200 text/event-stream; charset=latin-1", Open()),
    ("200  Text/Event-STREAM\t;x", Open()),
    ("200 text/event-stream-x", Stop("content type", 200, "text/event-stream-x")),
    ("200 application/json", Stop("content type", 200, "application/json")),
    ("200 text/plain; text/event-stream", Stop("content type", 200, "text/plain; text/event-stream")),
    ("200 ;text/event-stream", Stop("content type", 200, ";text/event-stream")),
    ("204", stop("nothing to resume", 204)),
    *[(str(status), stop("redirect", status)) for status in (301, 302, 303, 307, 308)],
    *[(str(status), stop("status", status)) for status in (100, 201, 202, 205, 206, 210, 299, 300, 304)],
    *[(str(status), stop("status", status)) for status in (400, 401, 403, 404, 405, 410, 422, 501, 505, 511, 599)],
    *[(f"EOF after Done {how}", Stop("done")) for how in ("sentinel", "event", "eof", "error")],
    *[(f"EOF after Done {how}, reconnect", Wait(1.0)) for how in ("sentinel", "event", "eof", "error")],
]
BUSY = (408, 425, 429, 500, 502, 503, 504)
ROWS = [
    *[Row(what, outcome, outcome, outcome) for what, outcome in SAME],
    *[Row(str(status), Wait(1.0), Wait(1.0), stop("status", status)) for status in BUSY],
    Row("network error", Wait(1.0), Wait(1.0), Stop("incomplete")),
    Row("EOF", Wait(1.0), Stop("incomplete"), Stop("incomplete")),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_what_happened_means_what_the_table_says(row: Row) -> None:
    for policy, gave_event, outcome in [
        ("subscription", False, row.subscription),
        ("subscription", True, row.subscription),
        ("request", False, row.before),
        ("request", True, row.after),
    ]:
        reconnect = Reconnect(policy)
        assert reconnect.on_response(200, SSE, now=0.0) == Open()
        if gave_event:
            reconnect.on_event("", now=0.0)
        assert happens(reconnect, row.what) == outcome, (policy, gave_event)
        counted = type(outcome) is Wait and ("reconnect" not in row.what or "eof" in row.what)
        assert reconnect.attempt == counted, (policy, gave_event)


def test_a_response_is_no_event_stream_before_its_headers_say_so() -> None:
    assert Reconnect().on_response(200, now=0.0) == Stop("content type", 200)
    assert Reconnect().on_response(200, headers={"Content-Length": "3"}, now=0.0) == Stop("content type", 200)


def test_a_stop_says_the_answer_that_made_it() -> None:
    headers = {"content-type": "text/html; charset=x"}
    for status, reason in [(204, "nothing to resume"), (308, "redirect"), (404, "status"), (200, "content type")]:
        stopped = Reconnect().on_response(status, headers=headers, now=0.0)
        assert stopped == Stop(reason, status, "text/html; charset=x")
        assert Reconnect().on_response(status, "a/b", headers, now=0.0) == Stop(reason, status, "a/b")
    assert Reconnect(max_attempts=0).on_response(503, headers=headers, now=0.0) == Stop(
        "attempts", 503, "text/html; charset=x"
    )
    assert Reconnect(max_attempts=0).on_error(now=0.0) == Stop("attempts")


def a_message() -> Message:
    """What urllib and http.client give."""
    message = Message()
    message["Server"] = "x"
    message["content-TYPE"] = "text/event-stream; charset=utf-8"
    message["retry-AFTER"] = "7"
    return message


class Lazy:
    """A mapping with no more than `items`, as an iterator."""

    def items(self) -> Iterator[tuple[str, str]]:
        yield "Content-type", "TEXT/event-stream"
        yield "Retry-after", " 7 "
        yield "Retry-After", "9"


PAIRS = [("X", "\xff"), ("Content-TYPE", SSE), ("retry-After", "7 "), ("Retry-After", "9")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": SSE, "Retry-After": "7"},
        {"content-type": SSE, "retry-after": "7"},
        {"CONTENT-TYPE": SSE, "RETRY-AFTER": "7"},
        a_message(),
        Lazy(),
        PAIRS,
        tuple(PAIRS),
        [(name.encode(), value.encode("latin-1")) for name, value in PAIRS],
        {name.encode(): value for name, value in PAIRS[:3]},
        {**dict(PAIRS[:3]), "Content-Length": 3, "Cookies": ["a", "b"]},
    ],
    ids=[
        *["title", "lower", "upper", "email.message", "items alone", "pairs", "a tuple of pairs", "pairs of bytes"],
        *["names in bytes", "values that are no text"],
    ],
)
def test_headers_are_found_in_any_form_and_case(headers: Any) -> None:
    assert Reconnect().on_response(200, headers=headers, now=0.0) == Open()
    assert Reconnect().on_response(200, "text/html", headers, now=0.0) == Stop("content type", 200, "text/html")
    assert Reconnect().on_response(503, headers=headers, now=0.0) == Wait(7.0)


def test_headers_may_be_read_once_only() -> None:
    sent = [("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Retry-After", "Sun, 06 Nov 1994 08:50:37 GMT")]
    assert Reconnect().on_response(503, headers=iter(sent), now=0.0) == Wait(60.0)


# Requests, and resuming them

CONTROLS = [chr(code) for code in (*range(1, 9), 11, 12, *range(14, 32), 127)]
UNICODE_SPACES = ["\x85", "\xa0", "\u2028", "\u3000"]


@pytest.mark.parametrize(
    ("last_event_id", "resumable", "sent"),
    [
        ("", True, None),
        ("7", True, "7"),
        ("\u8a18", True, "\u8a18"),
        ("\xff\U0001f642", True, "\xff\U0001f642"),
        ("7", False, None),
        (" a\tb c\t", True, "a\tb c"),
        (" \t", True, None),
        *[(control + "7", True, None) for control in CONTROLS],
        *[("7" + control, True, None) for control in CONTROLS],
        *[("7" + control + "\u8a18", True, None) for control in CONTROLS],
        *[(space + "7", True, None) for space in UNICODE_SPACES],
        *[("7" + space, True, "7" + space) for space in UNICODE_SPACES],
    ],
    ids=lambda value: ascii(value),
)
def test_a_request_says_where_to_resume(last_event_id: str, resumable: bool, sent: str | None) -> None:
    headers = {"Accept": SSE, "Cache-Control": "no-cache"}
    if sent is not None:
        headers["Last-Event-ID"] = sent
    assert Reconnect(last_event_id=last_event_id, resumable=resumable).request_headers() == headers
    told = Reconnect(resumable=resumable)
    told.on_event(last_event_id, now=0.0)
    assert told.request_headers() == headers
    assert told.last_event_id == last_event_id


@pytest.mark.parametrize(
    "bad", ["a\r\nX: y", "a\nb", "a\rb", "a\0b", "\ud800", b"7", None, 7], ids=lambda bad: ascii(bad).strip("'")
)
def test_an_id_cannot_forge_a_header(bad: Any) -> None:
    with pytest.raises(EncodeError, match="last_event_id") as raised:
        Reconnect(last_event_id=bad)
    assert raised.value.value == bad
    reconnect = Reconnect("request", last_event_id="1")
    with pytest.raises(EncodeError):
        reconnect.on_event(bad, 500, now=0.0)
    assert (reconnect.last_event_id, reconnect.reconnection_time) == ("1", None)
    assert reconnect.request_headers()["Last-Event-ID"] == "1"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_an_id_is_utf_8_however_an_http_library_encodes_it(encoding: str) -> None:
    for last_event_id in ("7", "\xff", "\u8a18 \U0001f642"):
        sent = Reconnect(last_event_id=last_event_id).request_headers()["Last-Event-ID"]
        assert sent.encode(encoding) == last_event_id.encode()
        assert sent == last_event_id
        assert isinstance(sent, str)
        for twin in (sent, copy.deepcopy(sent), pickle.loads(pickle.dumps(sent))):
            assert twin.encode(encoding) == twin.encode() == last_event_id.encode()


@pytest.mark.parametrize("client", ["http.client", "urllib"])
def test_an_id_arrives_as_utf_8(client: str) -> None:
    ids = ["7", "\xff", "\u8a18 \U0001f642"]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        for last_event_id in ids:
            headers = Reconnect(last_event_id=last_event_id).request_headers()
            with ThreadPoolExecutor(1) as pool:
                head = pool.submit(answer_one, listener)
                if client == "urllib":
                    with build_opener(ProxyHandler({})).open(Request(f"http://{host}/", headers=headers)) as response:
                        assert response.read() == b""
                else:
                    with closing(HTTPConnection(host)) as connection:
                        connection.request("GET", "/", headers=headers)
                        assert connection.getresponse().read() == b""
            names = [line.partition(b": ") for line in head.result().split(b"\r\n")]
            assert [value for name, _, value in names if name.lower() == b"last-event-id"] == [last_event_id.encode()]


def answer_one(listener: socket.socket) -> bytes:
    """The head of the one request that this answers."""
    connection, _ = listener.accept()
    head = b""
    with connection:
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    return head


@pytest.mark.parametrize("bad", [-1, True, 1.5, "500"])
def test_a_reconnection_time_is_a_count_of_milliseconds(bad: Any) -> None:
    reconnect = Reconnect()
    with pytest.raises((TypeError, ValueError), match=f"reconnection_time must be .*{bad}"):
        reconnect.on_event("1", bad, now=0.0)
    assert (reconnect.last_event_id, reconnect.reconnection_time) == ("", None)


def test_a_reconnection_time_stays_until_the_server_sets_another() -> None:
    reconnect = Reconnect()
    for told, kept in [(None, None), (500, 500), (None, 500), (0, 0)]:
        reconnect.on_event("", told, now=0.0)
        assert reconnect.reconnection_time == kept


def opened(*args: Any, **options: Any) -> Reconnect:
    reconnect = Reconnect(*args, **options)
    assert reconnect.on_response(200, SSE, now=0.0) == Open()
    return reconnect


@pytest.mark.parametrize("end", ["EOF", "network error"])
@pytest.mark.parametrize(
    ("last_event_id", "resumable", "outcome"),
    [
        ("", True, Stop("incomplete")),
        (" ", True, Stop("incomplete")),
        ("\f7", True, Stop("incomplete")),
        ("7", False, Stop("incomplete")),
        ("7", True, Wait(1.0)),
    ],
    ids=["no id", "no id to send", "no id a header can carry", "not resumable", "resumable"],
)
def test_a_request_that_gave_an_event_goes_on_only_where_it_can_resume(
    end: str, last_event_id: str, resumable: bool, outcome: Any
) -> None:
    reconnect = opened("request", resumable=resumable)
    reconnect.on_event(last_event_id, now=0.0)
    assert happens(reconnect, end) == outcome


def test_a_feed_without_events_begins_no_answer_and_may_say_where_to_resume_and_when() -> None:
    decoder, reconnect = Decoder(), opened("request", jitter=0)
    for chunk, outcome in [(b": ping\n", Wait(1.0)), (b"id: 1\nretry: 5000\n\n", Wait(10.0))]:
        events = decoder.feed(chunk)
        reconnect.on_event(decoder.last_event_id, decoder.reconnection_time, now=0.0, event=bool(events))
        assert reconnect.on_error(now=1.0) == outcome
    reconnect.on_event("2", 20_000, now=2.0, event=True)
    reconnect.on_event("3", 30_000, now=2.0, event=False)
    assert (reconnect.on_eof(now=3.0), reconnect.request_headers()["Last-Event-ID"]) == (Wait(30.0), "3")
    begun = opened("request")
    begun.on_event("", now=0.0)
    begun.on_event("", now=0.0, event=False)
    assert begun.on_error(now=1.0) == Stop("incomplete")


def test_a_request_that_no_server_answered_is_made_again() -> None:
    reconnect = Reconnect("request", jitter=0)
    assert [reconnect.on_error(now=0.0), reconnect.on_response(503, now=1.0)] == [Wait(1.0), Wait(2.0)]


def test_each_stream_that_opens_is_a_new_answer() -> None:
    reconnect = opened("request", jitter=0)
    reconnect.on_event("", now=0.0)
    assert reconnect.on_response(200, SSE, now=1.0) == Open()
    assert reconnect.on_error(now=2.0) == Wait(1.0)


def test_a_request_that_resumes_has_a_new_answer_with_no_event_yet() -> None:
    reconnect = opened("request", jitter=0)
    reconnect.on_event("7", now=0.0)
    assert reconnect.on_eof(now=1.0) == Wait(1.0)
    assert reconnect.on_response(503, now=2.0) == Wait(2.0)
    assert reconnect.on_error(now=4.0) == Wait(4.0)
    assert reconnect.on_response(200, SSE, now=8.0) == Open()
    assert reconnect.on_eof(how="sentinel", now=9.0) == Stop("done")


def test_after_a_goodbye_a_request_begins_anew() -> None:
    reconnect = opened("request", jitter=0)
    reconnect.on_event("", now=0.0)
    assert reconnect.on_eof(how="event", reconnect=True, now=1.0) == Wait(1.0)
    assert reconnect.on_error(now=2.0) == Wait(1.0)


def test_a_truncated_answer_is_an_end_without_done() -> None:
    error = TruncatedError("the stream ended before [DONE]")
    assert opened("request").on_error(error, now=0.0) == Stop("incomplete")
    assert opened("request", last_event_id="7").on_error(error, now=0.0, rand=0.0) == Wait(1.0)
    assert opened().on_error(error, now=0.0, rand=0.0) == Wait(1.0)


@pytest.mark.parametrize("policy", ["subscription", "request"])
def test_stop_is_final(policy: Any) -> None:
    later = ["200 text/event-stream", "503", "204", "network error"]
    later += ["EOF", "EOF after Done event", "EOF after Done event, reconnect"]
    for what in ["204", "301", "401", "200 text/html", "EOF after Done sentinel"]:
        reconnect = opened(policy)
        stopped = happens(reconnect, what)
        assert type(stopped) is Stop
        for call in later:
            reconnect.on_event("8", 10, now=0.0)
            assert happens(reconnect, call) is stopped


# How long to wait


class Delays(NamedTuple):
    """The waits after network errors in a row, `rand` being what it is."""

    options: dict[str, Any]
    retry: int | None
    rand: float
    seconds: list[float]


HALF = 1 - 2**-53  # the largest `rand`: of a jitter of 0.5, it takes half away
DELAYS = {
    "exponential": Delays({}, None, 0.0, [1, 2, 4, 8, 16, 30, 30, 30]),
    "exponential, all jitter": Delays({}, None, HALF, [0.5, 1, 2, 4, 8, 15, 15]),
    "exponential, some jitter": Delays({"jitter": 0.2}, None, 0.5, [0.9, 1.8, 3.6]),
    "exponential, own base and cap": Delays({"base": 0.1, "cap": 0.5}, None, 0.0, [0.1, 0.2, 0.4, 0.5, 0.5]),
    "linear": Delays({"backoff": "linear", "cap": 3.5}, None, 0.0, [1, 2, 3, 3.5, 3.5]),
    "seed 004": Delays({"backoff": "linear", "jitter": 0, "max_attempts": 3}, None, 0.9, [1, 2, 3]),
    "MCP: retry 500, exact": Delays({"retry": "exact"}, 500, 0.9, [0.5] * 4),
    "exact, none sent": Delays({"retry": "exact"}, None, 0.0, [1, 2]),
    "Stellar: retry 10": Delays({}, 10, 0.9, [0.01, 0.011, 0.022, 0.044, 0.088]),
    "retry replaces base": Delays({}, 3000, 0.0, [3, 6, 12, 24, 30]),
    "retry replaces base, linear": Delays({"backoff": "linear"}, 3000, 0.0, [3, 6, 9]),
    "never below retry": Delays({}, 3000, HALF, [3, 3, 6, 12, 15]),
    "retry above the cap": Delays({}, 40_000, HALF, [40, 40]),
    "retry 0 backs off": Delays({}, 0, 0.0, [0.001, 0.002, 0.004]),
    "a retry above a day": Delays({}, 10**18 - 1, 0.0, [DAY, DAY]),
    "a retry past all floats": Delays({"retry": "exact"}, 10**400, 0.0, [DAY]),
    "no base": Delays({"base": 0}, None, 0.0, [0, 0, 0]),
    "max_attempts 0": Delays({"max_attempts": 0}, None, 0.0, []),
}


@pytest.mark.parametrize("row", DELAYS.values(), ids=DELAYS)
def test_the_waits_in_a_row(row: Delays) -> None:
    reconnect = Reconnect(**row.options)
    reconnect.on_event("", row.retry, now=0.0)
    for number, seconds in enumerate(row.seconds):
        assert reconnect.attempt == number
        assert reconnect.on_error(now=0.0, rand=row.rand) == Wait(pytest.approx(seconds))
    if "max_attempts" in row.options:
        assert reconnect.on_error(now=0.0, rand=row.rand) == Stop("attempts")
        assert reconnect.attempt == row.options["max_attempts"]


@pytest.mark.parametrize("backoff", ["exponential", "linear"])
def test_no_number_of_attempts_is_too_large(backoff: Any) -> None:
    reconnect = Reconnect(backoff=backoff)
    for _ in range(5000):
        last = reconnect.on_error(now=0.0, rand=0.0)
    assert last == Wait(30.0)
    assert reconnect.attempt == 5000


@pytest.mark.parametrize(
    ("opened_for", "events_at", "attempt"),
    [(59.9, [], 4), (60.0, [], 1), (59.9, [0.0, 59.9], 4), (-5.0, [], 4), (61.0, [61.0, 2.0], 1), (1.0, [60.0], 1)],
    ids=["too short", "long enough", "events are no health", "clock went back", "an event", "an event, clock back"],
)
def test_only_a_connection_that_stayed_open_begins_a_new_row(
    opened_for: float, events_at: list[float], attempt: int
) -> None:
    for end in ("EOF", "network error"):
        reconnect = Reconnect()
        for _ in range(3):
            reconnect.on_error(now=0.0)
        assert reconnect.on_response(200, SSE, now=1000.0) == Open()
        assert reconnect.attempt == 3
        for at in events_at:
            reconnect.on_event("1", now=1000.0 + at)
        now = 1000.0 + opened_for
        assert reconnect.on_eof(now=now) if end == "EOF" else reconnect.on_error(now=now)
        assert reconnect.attempt == attempt, end


def test_time_without_a_connection_is_no_health() -> None:
    reconnect = opened(jitter=0)
    assert [reconnect.on_eof(now=1.0), reconnect.on_error(now=9000.0)] == [Wait(1.0), Wait(2.0)]


def test_a_goodbye_is_no_attempt() -> None:
    reconnect = Reconnect(jitter=0, max_attempts=2)
    assert [reconnect.on_error(now=0.0), reconnect.on_error(now=1.0)] == [Wait(1.0), Wait(2.0)]
    assert reconnect.on_response(200, SSE, now=3.0) == Open()
    assert reconnect.on_eof(how="event", reconnect=True, now=4.0) == Wait(1.0)
    reconnect.on_event("", 5000, now=4.0)
    assert reconnect.on_eof(reconnect=True, now=5.0) == Wait(5.0)
    assert reconnect.attempt == 2
    assert reconnect.on_error(now=10.0) == Stop("attempts")


def test_an_endless_stream_that_ends_is_an_attempt() -> None:
    reconnect = Reconnect(jitter=0, max_attempts=2)
    waits = [reconnect.on_eof(how="eof", reconnect=True, now=float(now)) for now in range(3)]
    assert waits == [Wait(1.0), Wait(2.0), Stop("attempts")]
    healthy = opened(jitter=0)
    assert [healthy.on_eof(how="eof", reconnect=True, now=60.0), healthy.attempt] == [Wait(1.0), 1]


@pytest.mark.parametrize("how", ["cut", "", b"eof", True, False, 1])
def test_how_is_a_word_of_done(how: Any) -> None:
    reconnect = Reconnect()
    with pytest.raises(ValueError, match='how must be "sentinel", "event", "eof" or "error", not '):
        reconnect.on_eof(how=how, now=0.0)
    assert reconnect.on_eof(now=0.0, rand=0.0) == Wait(1.0)


SENT = "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    ("retry_after", "date", "seconds"),
    [
        ("0", None, 1.0),
        ("1", None, 1.0),
        ("120", None, 120.0),
        ("00120", None, 120.0),
        ("86401", None, DAY),
        ("999999999999999999", None, DAY),
        ("9" * 19, None, DAY),
        ("9" * 5000, None, DAY),
        ("0" * 17 + "5", None, 5.0),
        ("", None, 1.0),
        ("-5", None, 1.0),
        ("+5", None, 1.0),
        ("1.5", None, 1.0),
        ("1e999", SENT, 1.0),
        ("nan", SENT, 1.0),
        ("\u0663", SENT, 1.0),
        ("1_0", SENT, 1.0),
        ("Sun, 06 Nov 1994 08:50:37 GMT", SENT, 60.0),
        ("Sunday, 06-Nov-94 08:50:37 GMT", SENT, 60.0),
        ("Sun Nov  6 08:50:37 1994", SENT, 60.0),
        ("Sun, 06 Nov 1994 08:50:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", 60.0),
        ("Sun, 06 Nov 1994 08:50:37 GMT", "Sun Nov  6 08:49:37 1994", 60.0),
        ("Thu, 06 Nov 2094 08:49:37 GMT", SENT, DAY),
        ("Sun, 06 Nov 1994 08:49:00 GMT", SENT, 1.0),
        ("Sun, 06 Nov 1994 08:50:37 GMT", None, 1.0),
        ("Sun, 06 Nov 1994 08:50:37 GMT", "now: soon", 1.0),
        ("later: tomorrow", SENT, 1.0),
        ("Sun, 06 Nov 99999 08:50:37 GMT", SENT, 1.0),
        ("Sun, 06 Nov 99999999999999999999 08:50:37 GMT", SENT, 1.0),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_busy_server_is_left_alone_for_its_retry_after(retry_after: str, date: str | None, seconds: float) -> None:
    headers = {"Retry-After": retry_after}
    if date is not None:
        headers["Date"] = date
    for status in (429, 503):
        assert Reconnect().on_response(status, headers=headers, now=0.0, rand=0.0) == Wait(seconds)


def test_no_wait_is_below_retry_or_retry_after() -> None:
    for options in ({}, {"retry": "exact"}):
        reconnect = Reconnect(**options)
        reconnect.on_event("", 20_000, now=0.0)
        assert reconnect.on_response(503, headers={"Retry-After": "25"}, now=0.0, rand=HALF) == Wait(25.0)
        assert reconnect.on_response(503, headers={"Retry-After": "2"}, now=25.0, rand=HALF) == Wait(20.0)
        assert reconnect.on_error(now=45.0, rand=HALF) == Wait(20.0)


@pytest.mark.parametrize("rand", [-0.1, 1, 1.0, 7, float("nan")])
def test_rand_is_below_one(rand: float) -> None:
    for call in ("on_eof", "on_error"):
        reconnect = Reconnect()
        with pytest.raises(ValueError, match=f"rand must be from 0 to below 1, not {rand}"):
            getattr(reconnect, call)(now=0.0, rand=rand)
        assert reconnect.attempt == 0
    with pytest.raises(ValueError, match="rand"):
        Reconnect().on_response(503, now=0.0, rand=rand)


@pytest.mark.parametrize(
    ("option", "bad", "error"),
    [
        ("policy", "endless", ValueError),
        ("policy", b"request", ValueError),
        ("backoff", "random", ValueError),
        ("retry", 3, ValueError),
        ("base", -1, ValueError),
        ("base", float("nan"), ValueError),
        ("base", float("inf"), ValueError),
        ("base", "1", TypeError),
        ("base", True, TypeError),
        ("cap", -0.1, ValueError),
        ("cap", 86_401, ValueError),
        ("cap", None, TypeError),
        ("jitter", 1.1, ValueError),
        ("jitter", -0.1, ValueError),
        ("healthy_after", -1, ValueError),
        ("healthy_after", "60", TypeError),
        ("max_attempts", -1, ValueError),
        ("max_attempts", 2.0, TypeError),
        ("max_attempts", True, TypeError),
    ],
    ids=lambda value: repr(value),
)
def test_an_option_that_cannot_be_is_named(option: str, bad: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{option} must be .*, not {re.escape(repr(bad))}$"):
        Reconnect(**{option: bad})


def test_the_policy_can_be_read() -> None:
    assert [Reconnect().policy, Reconnect("request").policy] == ["subscription", "request"]


def test_the_bounds_of_the_options_are_allowed() -> None:
    reconnect = Reconnect(base=86_400, cap=86_400, jitter=1, healthy_after=0, max_attempts=1)
    assert reconnect.on_error(now=0.0, rand=0.5) == Wait(DAY / 2)
    assert Reconnect(base=0, cap=0, jitter=0, healthy_after=float("inf")).on_error(now=0.0) == Wait(0.0)


def test_email_is_imported_for_a_date_alone() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from sse_core.reconnect import Reconnect\n"
        "date = 'Sun, 06 Nov 1994 08:49:37 GMT'\n"
        "for value in ('', '5', date):\n"
        "    Reconnect().on_response(503, headers={'Retry-After': value, 'Date': date}, now=0.0)\n"
        "    print('email' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True"]


# Whole sessions


class Client:
    """What an HTTP client does with a Reconnect and a Decoder, on a clock of its own."""

    def __init__(self, last_event_id: str = "", **options: Any) -> None:
        self.reconnect = Reconnect(last_event_id=last_event_id, **options)
        self.decoder = Decoder(last_event_id=last_event_id)
        self.now = 0.0
        self.events: list[Event] = []
        self.outcome: Any = None

    def connect(
        self,
        status: int | None = 200,
        chunks: list[bytes] | None = None,
        end: str = "eof",
        *,
        content_type: str = SSE,
        headers: dict[str, str] | None = None,
        lasts: float = 0.0,
        rand: float = 0.0,
    ) -> Any:
        """One connection; `status` None is one that failed. What to do after it."""
        self.decoder.reset()
        if status is not None:
            self.outcome = self.reconnect.on_response(status, content_type, headers, now=self.now, rand=rand)
            if self.outcome != Open():
                return self.outcome
            for chunk in chunks or []:
                self.events += self.decoder.feed(chunk)
                self.reconnect.on_event(self.decoder.last_event_id, self.decoder.reconnection_time, now=self.now)
            self.now += lasts
        if end.startswith("eof"):
            self.outcome = self.reconnect.on_eof(reconnect=end == "eof, goodbye", now=self.now, rand=rand)
        else:
            error = TimeoutError("read timed out") if end == "timeout" else ConnectionError("reset by peer")
            self.outcome = self.reconnect.on_error(error, now=self.now, rand=rand)
        return self.outcome


# The client's rules of LaunchDarkly's contract tests, of WPT and of the standard. Not in it, since the HTTP library
# does it: method, body and headers of the caller's own, following redirects, cancelling.
RULES = json.loads((ROOT / "tests" / "wire" / "client_rules.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["name"])
def test_the_rules_for_clients_hold(rule: dict[str, Any]) -> None:
    client = Client(rule.get("last_event_id", ""), jitter=0)
    sent = [client.reconnect.request_headers()]
    waits = []
    for connection in rule["connections"]:
        chunks = [chunk.encode() for chunk in connection.get("chunks", [])]
        outcome = client.connect(**{**connection, "chunks": chunks})
        sent.append(client.reconnect.request_headers())
        if isinstance(outcome, Wait):
            waits.append(outcome.seconds)
            client.now += outcome.seconds
    for headers in sent:
        assert headers.items() >= {"Accept": SSE, "Cache-Control": "no-cache"}.items()
    if "last_event_ids" in rule:
        ids = [headers.get("Last-Event-ID") for headers in sent]
        assert ids == rule["last_event_ids"]
    if "events" in rule:
        assert [event.data for event in client.events] == rule["events"]
    if "seconds" in rule:
        assert waits == rule["seconds"]
    if "outcome" in rule:
        assert rule["outcome"] == ("wait" if isinstance(client.outcome, Wait) else f"stop: {client.outcome.reason}")


class Network:
    """A server with one endless stream, of events that count, behind a network that cuts it anywhere."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.retry: int | None = None

    def stream(self, last_event_id: str) -> tuple[list[bytes], int]:
        """The chunks after `last_event_id` until the cut; and the last id whose block was not cut."""
        rng = self.rng
        last = int(last_event_id or "0")
        head = b""
        if rng.random() < 0.1:
            self.retry = rng.choice([0, 10, 2000, 5000, 45_000])
            head = b"retry: %d\n\n" % self.retry
        blocks = [encode(Event("x" * rng.randrange(9), "", str(last + 1 + n))) for n in range(rng.randrange(6))]
        whole = rng.randrange(len(blocks) + 1)
        cut = blocks[whole][: rng.randrange(len(blocks[whole]))] if whole < len(blocks) else b""
        body = head + b"".join(blocks[:whole]) + cut
        at = rng.randrange(len(body) + 1)
        return [body[:at], body[at:]], last + whole


def test_a_year_of_a_bad_network_loses_no_event_and_never_hurries() -> None:
    rng = Random(2026)
    network = Network(rng)
    client = Client()
    attempts = stops = row = 0
    while client.now < 365 * DAY:
        attempts += 1
        reconnect = client.reconnect
        before = client.now
        said = reconnect.request_headers().get("Last-Event-ID", "")
        status = rng.choices([200, None, 503, 429, 500, 204, 401, 301], [60, 15, 8, 5, 8, 1, 1, 1])[0]
        end = rng.choices(["eof", "error", "timeout", "eof, goodbye"], [4, 4, 1, 1])[0] if status else "error"
        retry_after = rng.choice([None, 3, 90]) if status in (503, 429) else None
        headers = None if retry_after is None else {"Retry-After": str(retry_after)}
        lasts = rng.choice([rng.random(), rng.uniform(0, 120), rng.expovariate(1 / 9000)])
        chunks, last_id = network.stream(said) if status == 200 else ([], int(said or "0"))
        outcome = client.connect(status, chunks, end, headers=headers, lasts=lasts, rand=rng.random())

        assert reconnect.last_event_id == (str(last_id) if last_id else "")
        if status == 200 and client.now - before >= 60:
            row = 0
        if isinstance(outcome, Stop):
            stops += 1
            assert status in (204, 401, 301)
            client.now += rng.uniform(0, 3600)
            assert client.connect(503) is client.connect(None) is client.connect(200, [b"id: 0\ndata: late\n\n"])
            assert client.outcome is outcome
            # Its user begins anew where it was.
            client.reconnect, row, network.retry = Reconnect(last_event_id=reconnect.last_event_id), 0, None
            client.decoder = Decoder(last_event_id=reconnect.last_event_id)
            continue
        retry = None if network.retry is None else network.retry / 1000
        goodbye = status == 200 and end == "eof, goodbye"
        grown = min(30, (1.0 if retry is None else retry or 0.001) * 2 ** min(0 if goodbye else row, 99))
        floor = max(retry or 0, retry_after or 0)
        assert max(floor, grown / 2) * 0.999 <= outcome.seconds <= max(floor, grown) * 1.001
        row += not goodbye
        assert reconnect.attempt == row
        client.now += outcome.seconds
    assert [event.last_event_id for event in client.events] == [str(n + 1) for n in range(len(client.events))]
    assert (attempts > 10_000, stops > 100, len(client.events) > 10_000) == (True, True, True)
