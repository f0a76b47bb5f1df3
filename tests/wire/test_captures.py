"""Recorded streams decode to the counts written down for them, whole and cut."""

from collections.abc import Iterable
from typing import Any

import captures
import pytest
from reading import pieces, random_pieces
from tries import tries

from sse_core import Comment, Decoder, Event, Ignored

CAPTURES = captures.expected()
SMALL = tries(100_000)  # bytes: up to here byte by byte, above in sevens


def decode(chunks: Iterable[bytes]) -> tuple[list[Any], list[Any]]:
    decoder = Decoder()
    items = [item for chunk in chunks for item in decoder.feed_items(chunk)]
    return items, decoder.flush_items()


@pytest.mark.skipif(CAPTURES == [], reason=captures.WHY_NOT)
@pytest.mark.parametrize("row", CAPTURES, ids=lambda row: row["file"])
def test_capture_decodes_to_its_counts(row: dict[str, Any]) -> None:
    stream = (captures.FOLDER / row["file"]).read_bytes()
    items, flushed = decode([stream])
    events = [item for item in items if type(item) is Event]
    assert len(events) == row["n_events_strict"]
    assert len(events) + sum(type(item) is Event for item in flushed) == row["n_events_eof_flush"]
    assert sum(type(item) is Comment for item in items) == row["n_comments"]
    assert {item.name for item in items + flushed if type(item) is Ignored} == set(row["unknown_fields"])
    cut = pieces(stream, 1 if len(stream) <= SMALL else 7)
    for chunks in (cut, random_pieces(stream, row["file"]), random_pieces(stream, len(stream))):
        assert decode(chunks) == (items, flushed)
        decoder = Decoder()
        assert [event for chunk in chunks for event in decoder.feed(chunk)] == events
