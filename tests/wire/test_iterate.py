"""iter_events and aiter_events: the same promises around both."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any

import pytest

from sse_core import Decoder, Event, LimitError, aiter_events, iter_events

Iterate = Callable[..., Iterator[Event]]


def in_a_loop(chunks: Iterable[Any], decoder: Decoder | None = None) -> Iterator[Event]:
    """aiter_events, made to look like iter_events: each event is one step of an event loop."""

    async def source() -> AsyncIterator[Any]:
        for chunk in chunks:
            await asyncio.sleep(0)
            yield chunk

    async def step(events: AsyncIterator[Event]) -> list[Event]:
        return [event async for event in only_one(events)]

    async def only_one(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
        try:
            yield await events.__anext__()
        except StopAsyncIteration:
            return

    loop = asyncio.new_event_loop()
    try:
        events = aiter_events(source(), decoder) if decoder is not None else aiter_events(source())
        while got := loop.run_until_complete(step(events)):
            yield from got
    finally:
        loop.close()


BOTH = pytest.mark.parametrize("iterate", [iter_events, in_a_loop], ids=["iter_events", "aiter_events"])


def test_aiter_events_runs_under_asyncio() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"data: a\n\ndata", b": b\n", b"\ndata: cut"):
            yield chunk

    async def main() -> list[Event]:
        return [event async for event in aiter_events(chunks())]

    assert asyncio.run(main()) == [Event("a"), Event("b")]


@BOTH
def test_events_come_of_chunks_and_the_unfinished_one_is_dropped(iterate: Iterate) -> None:
    assert list(iterate([b"data: a\n\ndata", b"", b": b\r", b"\r\n", b"data: cut"])) == [Event("a"), Event("b")]
    assert list(iterate([])) == []


@BOTH
def test_an_event_comes_before_the_next_chunk_is_asked_for(iterate: Iterate) -> None:
    asked = []

    def chunks() -> Iterator[bytes]:
        for n in range(3):
            asked.append(n)
            yield b"data: %d\n\n" % n

    for event in iterate(chunks()):
        assert event == Event(str(asked[-1]))
    assert asked == [0, 1, 2]


@BOTH
def test_the_caller_may_bring_a_decoder(iterate: Iterate) -> None:
    decoder = Decoder(last_event_id="1", dataless=True)
    stream = [b"event: end\n\nid: 2\nretry: 5\n\ndata: x"]
    assert list(iterate(stream, decoder)) == [Event("", "end", "1")]
    assert (decoder.last_event_id, decoder.reconnection_time, decoder.incomplete) == ("2", 5, True)
    assert decoder.flush() == [Event("x", "message", "2")]


@BOTH
def test_promise_5_the_limit_is_raised_after_the_events_before_it(iterate: Iterate) -> None:
    decoder = Decoder(max_event_size=10)
    chunks = iter([b"data: a\n\n", b"data: b\n\ndata: too long\n\n", b"data: never\n\n"])
    events = iterate(chunks, decoder)
    assert [next(events), next(events)] == [Event("a"), Event("b")]
    with pytest.raises(LimitError) as raised:
        next(events)
    assert raised.value is decoder.error
    assert next(chunks) == b"data: never\n\n"
    with pytest.raises(LimitError):
        list(iterate([b""], decoder))


@BOTH
def test_a_chunk_that_is_no_bytes_is_a_type_error_after_the_events_before_it(iterate: Iterate) -> None:
    events = iterate([b"data: a\n\n", "data: b\n\n"])
    assert next(events) == Event("a")
    with pytest.raises(TypeError, match="encode"):
        next(events)


@BOTH
def test_after_an_exception_of_the_chunks_the_same_decoder_goes_on(iterate: Iterate) -> None:
    def failing() -> Iterator[bytes]:
        yield b"data: a\n\nid: 1\ndata: b"
        raise OSError("reset by peer")

    decoder = Decoder()
    events = iterate(failing(), decoder)
    assert next(events) == Event("a")
    with pytest.raises(OSError, match="reset by peer"):
        next(events)
    assert list(iterate([b"c\n\n"], decoder)) == [Event("bc", "message", "1")]


@BOTH
def test_a_caller_may_stop_early(iterate: Iterate) -> None:
    decoder = Decoder()
    for event in iterate([b"data: a\n\n", b"data: b\n\n"], decoder):
        assert event == Event("a")
        break
    assert decoder.feed(b"data: c\n\n") == [Event("c")]
