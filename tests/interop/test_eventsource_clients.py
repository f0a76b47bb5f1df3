"""EventSource clients read all that an Encoder writes, LF, CRLF and CR, whole and cut; each fault has its name."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import pytest
from everything import everything
from loopback import serve_chunked
from readers import Read, javascript
from reading import random_pieces
from servers import TIMEOUT

from sse_core import SSE_HEADERS, Decoder, Encoder, Event, Id, Item, Retry

BOM = b"\xef\xbb\xbf"
STREAMS = {
    "LF, whole": ("\n", b"", False),
    "LF, cut": ("\n", b"", True),
    "LF, behind a BOM, cut": ("\n", BOM, True),
    "CRLF, whole": ("\r\n", b"", False),
    "CRLF, cut": ("\r\n", b"", True),
    "CR, whole": ("\r", b"", False),
    "CR, cut": ("\r", b"", True),
}


def launchdarkly(url: str, types: Iterable[str]) -> Read:
    """LaunchDarkly's SSEClient for Python."""
    reason = "launchdarkly-eventsource is not installed: tests/interop/requirements.txt"
    ld = pytest.importorskip("ld_eventsource", reason=reason)
    events = []
    client = ld.SSEClient(ld.config.ConnectStrategy.http(url, urllib3_request_options={"timeout": TIMEOUT}))
    for event in client.events:
        if event.event == "end":
            break
        events.append(Event(event.data, event.event, event.last_event_id or ""))
    client.close()
    return events, None


# What the clients have of a stream: of what was encoded and its blocks. The last event, "end", they keep.

Encoded = list[tuple[Item, bytes]]


def exact(encoded: Encoded) -> list[Event]:
    return Decoder().feed(b"".join([block for _, block in encoded]))[:-1]


def own_ids(encoded: Encoded) -> list[Event]:
    """The id of an event is that of its own block, "" if that has none: the id of the stream is not told."""
    return [event for _, block in encoded for event in Decoder().feed(block)][:-1]


def without_ids_alone(encoded: Encoded) -> list[Event]:
    """An id in a block without data is lost, and so is one taken back."""
    return exact([(item, block) for item, block in encoded if not isinstance(item, Id)])


def fetch_event_source(encoded: Encoded) -> list[Event]:
    """The same; an id alone is an event; a BOM that begins a line is lost, and so are empty lines at the start."""
    found = []
    for item, block in encoded:
        if isinstance(item, Id):
            found.append(Event(last_event_id=item.value))
        for event in Decoder().feed(block):
            lines = [line.removeprefix("\ufeff") for line in event.data.split("\n")]
            found.append(Event("\n".join(lines).lstrip("\n"), event.type, event.last_event_id))
    return found[:-1]


class Client(NamedTuple):
    """What reads, and where that is not what was written."""

    read: Callable[[str, Iterable[str]], Read]
    expected: Callable[[Encoded], list[Event]] = exact
    keeps_bom: bool = False  # so that it loses the first line behind one
    waits_behind_cr: bool = False  # with CR an event comes when the next one does


CLIENTS = {
    "undici": Client(partial(javascript, "undici")),
    "Deno": Client(partial(javascript, "Deno")),
    "eventsource 2": Client(partial(javascript, "eventsource 2")),
    "eventsource 4": Client(partial(javascript, "eventsource 4"), own_ids, waits_behind_cr=True),
    "eventsource 5": Client(partial(javascript, "eventsource 5")),
    "reconnecting-eventsource": Client(partial(javascript, "reconnecting-eventsource")),
    "launchdarkly-eventsource": Client(partial(javascript, "launchdarkly-eventsource")),
    "eventsource-parser": Client(partial(javascript, "eventsource-parser"), without_ids_alone),
    "fetch-event-source": Client(partial(javascript, "fetch-event-source"), fetch_event_source),
    "launchdarkly-eventsource for Python": Client(launchdarkly, without_ids_alone, keeps_bom=True),
}


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("name", CLIENTS)
def test_what_is_written_is_read(name: str, stream: str) -> None:
    client, (newline, bom, cut) = CLIENTS[name], STREAMS[stream]
    encoder = Encoder(newline=newline)
    encoded = [(item, encoder.encode(item)) for item in everything()]
    data = bom + b"".join([block for _, block in encoded])
    if newline == "\r" and client.waits_behind_cr:
        data += encoder.encode(Event("what lets the end pass"))
    with serve_chunked(random_pieces(data, stream) if cut else [data], SSE_HEADERS) as url:
        events, retries = client.read(url, {event.type for event in exact(encoded)})
    expected = client.expected(encoded)
    if bom and client.keeps_bom:
        assert events.pop(0) == Event(expected[0].data, "message", expected[0].last_event_id)
        expected.pop(0)
    assert events == expected
    assert retries in (None, [item.milliseconds for item, _ in encoded if isinstance(item, Retry)])
