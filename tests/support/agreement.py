"""Whether a Decoder agrees with the reference, item by item, however the stream is cut."""

from collections.abc import Iterable
from random import Random

from reference import Reference

from sse_core import Decoder, Event


def state(decoder: Decoder | Reference) -> tuple[object, ...]:
    """What a user sees of a decoder."""
    error = str(decoder.error or "")
    return decoder.last_event_id, decoder.reconnection_time, decoder.incomplete, error


def agree(
    stream: bytes,
    cuts: Iterable[list[bytes]],
    rng: Random,
    *,
    seed_id: str = "",
    limit: int | None = None,
    dataless: bool = False,
    default_type: str = "message",
) -> None:
    """AssertionError unless each of `cuts` of `stream` gives what the reference says, each item when it is due.

    `rng` says where only events are asked for.
    """
    reference = Reference(seed_id, limit, dataless, default_type)
    reference.read(stream)
    read, due, flushed, rest = state(reference), reference.items, None, None
    if not reference.error:
        flushed, rest = reference.flush(), state(reference)
    for chunks in cuts:
        shown = (stream, chunks, seed_id, limit, default_type)
        decoder = Decoder(last_event_id=seed_id, max_event_size=limit, dataless=dataless, default_type=default_type)
        position = given = 0
        for chunk in chunks:
            only_events = rng.random() < 0.3
            out = decoder.feed(chunk) if only_events else decoder.feed_items(chunk)
            position += len(chunk)
            begin = given
            while given < len(due) and due[given][0] <= position:
                given += 1
            expected = [item for _, item in due[begin:given] if not only_events or type(item) is Event]
            assert out == expected, shown
            if decoder.error is not None:
                break
        assert given == len(due), shown
        assert state(decoder) == read, shown
        if flushed is not None:
            only_events = rng.random() < 0.3
            out = decoder.flush() if only_events else decoder.flush_items()
            assert out == [item for item in flushed if not only_events or type(item) is Event], shown
            assert state(decoder) == rest, shown
