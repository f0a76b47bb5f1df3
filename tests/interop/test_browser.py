"""A browser comes back with the last event ID after the reconnection time, and a page shows an answer as it comes."""

import pytest
from interop import SCENARIOS
from loopback import serve
from readers import browse, chromium
from reading import gather, random_pieces, write
from servers import SERVERS, as_given, running

from sse_core import Event, Retry
from sse_core.dialects import Transcoder

END = Event("", "end")


@pytest.mark.parametrize("server", SERVERS)
def test_it_comes_back_with_the_last_event_id(server: str) -> None:
    first = [Retry(100), Event("one", "note", "記 7"), None]
    with running(server, first, [Event("two"), END]) as site:
        events, _ = chromium(site.url, {"message", "note"})
        visits = [site.visit(), site.visit()]
        visits[1].wait()
    assert events == [Event("one", "note", "記 7"), Event("two", "message", "記 7")]
    assert [visit.last_event_id for visit in visits] == ["", as_given(server, "記 7")]


def test_it_waits_for_the_reconnection_time() -> None:
    retry = Retry(3500)  # more than the 3 seconds it would wait without
    with running("http.server", [retry, Event("one"), None], [END]) as site:
        chromium(site.url, {"message"})
        first, second = site.visit(), site.visit()
    assert second.start - first.end >= retry.milliseconds / 1000


@pytest.mark.parametrize("name", ["text", "call"])
def test_a_page_shows_an_answer(name: str) -> None:
    stream = write("anthropic-messages", SCENARIOS[name])
    transcoder = Transcoder("anthropic-messages", "openai-chat")
    chunks = [transcoder.feed(chunk) for chunk in random_pieces(stream, name)] + [transcoder.close()]
    with serve(chunks, transcoder.headers) as url:
        assert browse("answer", url=url) == gather(SCENARIOS[name]).text
