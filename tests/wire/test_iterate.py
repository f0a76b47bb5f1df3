"""iter_events, iter_items and their asynchronous twins: the same promises around all."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from typing import Any

import pytest

from sse_core import (
    Comment,
    Decoder,
    Event,
    Id,
    Ignored,
    Item,
    LimitError,
    Retry,
    aiter_events,
    aiter_items,
    iter_events,
    iter_items,
)

Iterate = Callable[..., Iterator[Any]]


def in_a_loop(iterate: Callable[..., AsyncIterator[Any]], chunks: Iterable[Any], *decoder: Decoder) -> Iterator[Any]:
    """aiter_events or aiter_items, made to look like its twin: each event is one step of an event loop."""

    async def source() -> AsyncIterator[Any]:
        for chunk in chunks:
            await asyncio.sleep(0)
            yield chunk

    async def step(events: AsyncIterator[Any]) -> list[Any]:
        return [event async for event in only_one(events)]

    async def only_one(events: AsyncIterator[Any]) -> AsyncIterator[Any]:
        try:
            yield await events.__anext__()
        except StopAsyncIteration:
            return

    loop = asyncio.new_event_loop()
    try:
        events = iterate(source(), *decoder)
        while got := loop.run_until_complete(step(events)):
            yield from got
    finally:
        loop.close()


EVENTS = {"iter_events": iter_events, "aiter_events": partial(in_a_loop, aiter_events)}
ITEMS = {"iter_items": iter_items, "aiter_items": partial(in_a_loop, aiter_items)}
ALL = pytest.mark.parametrize("iterate", [pytest.param(run, id=name) for name, run in (EVENTS | ITEMS).items()])
BOTH_OF_EVENTS = pytest.mark.parametrize("iterate", [pytest.param(run, id=name) for name, run in EVENTS.items()])
BOTH_OF_ITEMS = pytest.mark.parametrize("iterate", [pytest.param(run, id=name) for name, run in ITEMS.items()])


def test_aiter_events_runs_under_asyncio() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for chunk in (b"data: a\n\ndata", b": b\n", b"\ndata: cut"):
            yield chunk

    async def main() -> list[Event]:
        return [event async for event in aiter_events(chunks())]

    assert asyncio.run(main()) == [Event("a"), Event("b")]


@ALL
def test_events_come_of_chunks_and_the_unfinished_one_is_dropped(iterate: Iterate) -> None:
    assert list(iterate([b"data: a\n\ndata", b"", b": b\r", b"\r\n", b"data: cut"])) == [Event("a"), Event("b")]
    assert list(iterate([])) == []


@ALL
def test_an_event_comes_before_the_next_chunk_is_asked_for(iterate: Iterate) -> None:
    asked = []

    def chunks() -> Iterator[bytes]:
        for n in range(3):
            asked.append(n)
            yield b"data: %d\n\n" % n

    for event in iterate(chunks()):
        assert event == Event(str(asked[-1]))
    assert asked == [0, 1, 2]


STREAM = [b": hi\nevent: end\n\nid: 2\nretry: 5\n\nfoo: bar\nda", b"ta: y\n\ndata: x"]


@BOTH_OF_EVENTS
def test_events_are_what_feed_gives(iterate: Iterate) -> None:
    assert list(iterate(STREAM)) == [Event("y", "message", "2")]


@BOTH_OF_ITEMS
def test_items_are_what_feed_items_gives_in_its_order(iterate: Iterate) -> None:
    expected: list[Item] = [Comment("hi"), Retry(5), Id("2"), Ignored("foo: bar"), Event("y", "message", "2")]
    assert list(iterate(STREAM)) == expected


@BOTH_OF_ITEMS
def test_an_item_comes_at_the_end_of_its_line(iterate: Iterate) -> None:
    chunks = iter([b"data: a\n: hi\n", b"\n"])
    items = iterate(chunks)
    assert next(items) == Comment("hi")
    assert next(chunks) == b"\n"


@ALL
def test_the_caller_may_bring_a_decoder(iterate: Iterate) -> None:
    decoder = Decoder(last_event_id="1", dataless=True)
    stream = [b"event: end\n\nid: 2\nretry: 5\n\ndata: x"]
    assert [item for item in iterate(stream, decoder) if isinstance(item, Event)] == [Event("", "end", "1")]
    assert (decoder.last_event_id, decoder.reconnection_time, decoder.incomplete) == ("2", 5, True)
    assert decoder.flush() == [Event("x", "message", "2")]


@ALL
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


@ALL
def test_a_chunk_that_is_no_bytes_is_a_type_error_after_the_events_before_it(iterate: Iterate) -> None:
    events = iterate([b"data: a\n\n", "data: b\n\n"])
    assert next(events) == Event("a")
    with pytest.raises(TypeError, match="encode"):
        next(events)


@ALL
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


@ALL
def test_a_caller_may_stop_early(iterate: Iterate) -> None:
    decoder = Decoder()
    for event in iterate([b"data: a\n\n", b"data: b\n\n"], decoder):
        assert event == Event("a")
        break
    assert decoder.feed(b"data: c\n\n") == [Event("c")]
