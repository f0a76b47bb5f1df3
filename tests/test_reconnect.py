"""Reconnect: the decision table, the delays, the standard's rules for clients, and a year of a bad network."""

import copy
import pickle
from typing import Any, NamedTuple

import pytest

from sse_core.reconnect import Open, Reconnect, Stop, Wait

SSE = "text/event-stream"
DAY = 86_400.0
MONDAY = "Mon, 02 Mar 2026 10:00:00 GMT"

# Values


@pytest.mark.parametrize(
    ("value", "values", "shown"),
    [
        (Open(), (), "Open()"),
        (Wait(0.5), (0.5,), "Wait(seconds=0.5)"),
        (Stop("done"), ("done",), "Stop(reason='done')"),
    ],
    ids=["Open", "Wait", "Stop"],
)
def test_an_outcome_is_a_value(value: Any, values: tuple[Any, ...], shown: str) -> None:
    twin = type(value)(*values)
    assert value == twin
    assert hash(value) == hash(twin)
    assert value != values
    assert value not in (Wait(0.6), Stop("incomplete"))
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
            case Stop(reason=reason):
                said.append(f"stop {reason}")
    assert said == ["open", "wait 1.0", "stop nothing to resume"]


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
        return reconnect.on_response(int(what), SSE, now=0.0, rand=0.0)
    if what.startswith("200 "):
        return reconnect.on_response(200, what.removeprefix("200 "), now=0.0, rand=0.0)
    if what == "network error":
        return reconnect.on_error(OSError("reset by peer"), now=0.0, rand=0.0)
    assert what.startswith("EOF")
    return reconnect.on_eof(done="Done" in what, reconnect="reconnect" in what, now=0.0, rand=0.0)


SAME = [
    ("200", Open()),
    ("200 text/event-stream; charset=latin-1", Open()),
    ("200  Text/Event-STREAM\t;x", Open()),
    ("200 text/event-stream-x", Stop("content type")),
    ("200 application/json", Stop("content type")),
    ("200 text/plain; text/event-stream", Stop("content type")),
    ("200 ;text/event-stream", Stop("content type")),
    ("204", Stop("nothing to resume")),
    *[(str(status), Stop("redirect")) for status in (301, 302, 303, 307, 308)],
    *[(str(status), Stop("status")) for status in (100, 201, 202, 205, 206, 210, 299, 300, 304)],
    *[(str(status), Stop("status")) for status in (400, 401, 403, 404, 405, 410, 422, 501, 505, 511, 599)],
    ("EOF after Done", Stop("done")),
    ("EOF after Done(reconnect=True)", Wait(1.0)),
]
ROWS = [
    *[Row(what, outcome, outcome, outcome) for what, outcome in SAME],
    *[Row(str(status), Wait(1.0), Wait(1.0), Stop("status")) for status in (408, 425, 429, 500, 502, 503, 504)],
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
        counted = type(outcome) is Wait and "reconnect" not in row.what
        assert reconnect.attempt == counted, (policy, gave_event)
