"""The servers in recipes keep a connection alive, end with it, and send what others read as we do."""

import http.client
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import pytest
from everything import by_row, everything
from readers import READERS
from servers import SERVERS, TIMEOUT, Item, as_given, running

from sse_core import SSE_HEADERS, Comment, Decoder, Encoder, Event, Retry

# Where a reader departs from the standard, what it reads in place of what we read, and why.
DEPARTURES: dict[str, dict[str, list[Event]]] = {
    "Chromium": {},
    # It tells the id with an event that has one; an id alone is lost.
    "eventsource-parser": {
        "an id alone": [Event("x", last_event_id="an id alone")],
        "an id taken back": [Event("x", last_event_id="7"), Event("y", last_event_id="7")],
    },
    # It gives an event, without data, for an id alone.
    "httpx-sse": {
        "an id alone": [Event("", last_event_id="7"), Event("x", last_event_id="7")],
        "an id alone, at the end": [
            Event("x", last_event_id="an id alone, at the end"),
            Event("", last_event_id="7"),
        ],
    },
}


@contextmanager
def connected(url: str, headers: dict[str, bytes] | None = None) -> Iterator[http.client.HTTPResponse]:
    """The response of a server; at exit the client is gone."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)) as connection:
        connection.request("GET", "/", headers=headers or {})
        with connection.getresponse() as response:
            yield response


def items(response: http.client.HTTPResponse) -> Iterator[Item]:
    """What the response says, as it comes."""
    decoder = Decoder()
    while chunk := response.read1(65536):
        yield from decoder.feed_items(chunk)


@pytest.mark.parametrize("server", SERVERS)
def test_the_headers_are_those_of_a_stream_and_come_before_an_item(server: str) -> None:
    with running(server) as site, connected(site.url) as response:
        assert response.status == 200
        assert {name: response.headers[name] for name in SSE_HEADERS} == SSE_HEADERS


@pytest.mark.parametrize("server", SERVERS)
def test_a_comment_comes_while_there_is_nothing_to_send(server: str) -> None:
    with running(server) as site, connected(site.url) as response:
        visit, said = site.visit(), items(response)
        assert [next(said) for _ in range(3)] == [Comment("open"), Comment("keep-alive"), Comment("keep-alive")]
        visit.send(Event("at last"), None)
        assert [item for item in said if item != Comment("keep-alive")] == [Event("at last")]
        visit.wait()


@pytest.mark.parametrize("server", SERVERS)
def test_the_server_ends_when_the_client_goes_and_complains_of_nothing(
    server: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with running(server, [Event("one")]) as site:
        with connected(site.url) as response:
            assert Event("one") in items(response)
        site.visit().wait()
    assert (capfd.readouterr().err, caplog.messages) == ("", [])


@pytest.mark.parametrize("server", SERVERS)
def test_the_last_event_id_arrives(server: str) -> None:
    with running(server) as site, connected(site.url, {"Last-Event-ID": "記 7".encode()}):
        assert site.visit().last_event_id == as_given(server, "記 7")
    with running(server) as site, connected(site.url):
        assert site.visit().last_event_id == ""


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("server", SERVERS)
def test_everything_is_read_as_we_read_it(server: str, reader: str) -> None:
    encoder, decoder = Encoder(), Decoder()
    said = decoder.feed_items(b"".join([encoder.encode(item) for item in everything()]))
    *ours, _ = [item for item in said if isinstance(item, Event)]
    with running(server, everything()) as site:
        events, retries = READERS[reader](site.url, {event.type for event in ours})
        site.visit().wait()
    assert by_row(events) == {**by_row(ours), **DEPARTURES[reader]}
    assert retries in (None, [item.milliseconds for item in said if isinstance(item, Retry)])
