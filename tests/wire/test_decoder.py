"""Decoder: the standard's cases, the promises, and a slow transcription of the standard to agree with."""

import copy
import pickle
import tracemalloc
from array import array
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import pytest
from agreement import agree, state
from random_streams import DEFAULT_TYPES, random_cut, random_stream
from reading import pieces
from reference import Reference
from tries import tries
from wire_cases import CASES, Case

from sse_core import Comment, Decoder, Event, Id, Ignored, LimitError, Retry

BOM = b"\xef\xbb\xbf"
DATALESS = pytest.mark.parametrize("dataless", [False, True], ids=["standard", "dataless"])
CUTS: dict[str, Callable[[bytes], list[bytes]]] = {
    "whole": lambda stream: [stream],
    "byte by byte": lambda stream: pieces(stream, 1),
    "in sevens": lambda stream: pieces(stream, 7),
    "with empty chunks": lambda stream: [b"", *[piece for byte in pieces(stream, 1) for piece in (byte, b"")]],
}


def feed_all(decoder: Decoder, chunks: Iterable[bytes]) -> list[Any]:
    """The items of `chunks`, up to the one that broke the limit."""
    items: list[Any] = []
    for chunk in chunks:
        items += decoder.feed_items(chunk)
        if decoder.error is not None:
            break
    return items


def items_of(stream: bytes, **options: Any) -> list[Any]:
    return Decoder(**options).feed_items(stream)


# The cases


@pytest.mark.parametrize("case", CASES)
def test_a_case_means_what_its_source_says(case: Case) -> None:
    case.check(case.chunks)
    stream = b"".join(case.chunks)
    for cut in CUTS.values():
        case.check(cut(stream))
    rng = Random(case.name)
    for _ in range(10):
        case.check(random_cut(rng, stream))


# What each line means: bytes in, everything they say out


def event(data: str, last_event_id: str) -> Event:
    return Event(data, "message", last_event_id)


NO_DATA = Ignored("\ufeffdata: y")
ROWS: list[tuple[str, bytes, list[Any]]] = [
    ("data is joined with LF", b"data: a\ndata: b\n\n", [Event("a\nb")]),
    ("data without colon or value is an empty line", b"data\ndata:\n\n", [Event("\n")]),
    ("one empty data line is an event", b"data\n\n", [Event("")]),
    ("no data is no event, and the type is forgotten", b"event: a\n\ndata: b\n\n", [Event("b")]),
    ("an empty type is message", b"event: \ndata: x\n\n", [Event("x")]),
    ("the last type wins", b"event: a\nevent: b\ndata: x\n\n", [Event("x", "b")]),
    ("an empty type takes it back", b"event: a\nevent\ndata: x\n\n", [Event("x")]),
    ("one space goes, and only a space", b"data:  a\ndata:\tb\ndata: \n\n", [Event(" a\n\tb\n")]),
    ("only the first colon splits", b"data: a: b\n\n", [Event("a: b")]),
    ("only CR and LF end a line", "data: \v\f\x1c\x85\u2028\u2029\n\n".encode(), [Event("\v\f\x1c\x85\u2028\u2029")]),
    ("a comment loses its colon and one space", b":a\n:  b\n:\n", [Comment("a"), Comment(" b"), Comment("")]),
    ("a colon in a comment stays", b": a: b\n", [Comment("a: b")]),
    ("a comment does not cut the event around it", b"data: a\n: c\ndata: b\n\n", [Comment("c"), Event("a\nb")]),
    ("an id holds until the next", b"id: 1\ndata: a\n\ndata: b\n\n", [event("a", "1"), event("b", "1")]),
    ("an id of a block without data is an Id", b"id: 1\n\n", [Id("1")]),
    ("an id that changes nothing is no Id", b"id: 1\n\nid: 1\n\nid: 1\ndata: x\n\n", [Id("1"), event("x", "1")]),
    ("an id taken back is an Id before its event", b"id: 1\ndata: a\n\nid\ndata: b\n\n",
     [event("a", "1"), Id(""), Event("b")]),
    ("an empty id that changes nothing is no Id", b"id\ndata: a\n\n", [Event("a")]),
    ("of two ids the last counts", b"id: 1\nid: 2\ndata: x\n\n", [event("x", "2")]),
    ("retry is given at its line end", b"data: x\nretry: 007\n", [Retry(7)]),
    ("unknown names are ignored", b"Data: x\n data: y\n", [Ignored("Data: x"), Ignored(" data: y")]),
    ("a BOM at the start is dropped", BOM + b"data: x\n\n", [Event("x")]),
    ("only one BOM is", BOM + BOM + b"data: x\n\n", [Ignored("\ufeffdata: x")]),
    ("a BOM within is kept", b"data: " + BOM + b"\n\n" + BOM + b"data: y\n\n", [Event("\ufeff"), NO_DATA]),
    ("a BOM alone on the first line leaves a blank line", BOM + b"\ndata: x\n\n", [Event("x")]),
    ("half a BOM is malformed text", BOM[:2] + b"data: x\n", [Ignored("\ufffddata: x")]),
    ("line ends may mix", b"data: a\rdata: b\r\ndata: c\n\r\ndata: d\r\r", [Event("a\nb\nc"), Event("d")]),
    ("LF CR is two line ends", b"data: a\n\rdata: b\n\r", [Event("a"), Event("b")]),
    ("blank lines alone say nothing", b"\n\n\r\r\r\n\n", []),
]  # fmt: skip


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize(("stream", "items"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_a_line_means_what_the_standard_says(
    stream: bytes, items: list[Any], cut: Callable[[bytes], list[bytes]]
) -> None:
    assert feed_all(Decoder(), cut(stream)) == items


# Promise 1, and with it 2: the reference says after which byte an item is due


def differ(seed: int, dataless: bool, count: int, limited: bool) -> None:
    """Read `count` random streams, each whole, byte by byte and cut at random, as the reference does."""
    rng = Random(f"{seed} {dataless} {limited}")
    for _ in range(count):
        stream, seed_id, default_type = random_stream(rng), rng.choice(["", "", "1", "seed"]), rng.choice(DEFAULT_TYPES)
        limit = rng.randrange(1, 80) if limited else None
        cuts = [[stream], pieces(stream, 1), random_cut(rng, stream)]
        agree(stream, cuts, rng, seed_id=seed_id, limit=limit, dataless=dataless, default_type=default_type)


@DATALESS
@pytest.mark.parametrize("seed", range(5))
def test_promise_1_chunking_never_matters(seed: int, dataless: bool) -> None:
    differ(seed, dataless, tries(2500), limited=False)


@DATALESS
def test_connections_in_a_row_keep_the_id_and_the_time_and_nothing_else(dataless: bool) -> None:
    rng = Random(6)
    for _ in range(tries(300)):
        default_type = rng.choice(DEFAULT_TYPES)
        decoder = Decoder(dataless=dataless, max_event_size=90, default_type=default_type)
        reference = Reference("", 90, dataless, default_type)
        for _ in range(4):
            stream = random_stream(rng)
            reference.read(stream)
            assert feed_all(decoder, random_cut(rng, stream)) == [item for _, item in reference.items], stream
            assert state(decoder) == state(reference), stream
            if decoder.error is None and rng.random() < 0.5:
                assert decoder.flush_items() == reference.flush()
            decoder.reset()
            reference.reset()
            assert state(decoder) == state(reference), stream


# Promise 2


@pytest.mark.parametrize(
    ("before", "last", "items"),
    [
        (b"data: x\r", b"\r", [Event("x")]),
        (b"data: x\r\n", b"\r", [Event("x")]),
        (b"data: x\n", b"\n", [Event("x")]),
        (b": ping", b"\r", [Comment("ping")]),
        (b"retry: 5", b"\r", [Retry(5)]),
        (b"id: 5\n", b"\r", [Id("5")]),
        (b"oops", b"\n", [Ignored("oops")]),
    ],
    ids=repr,
)
def test_promise_2_nothing_waits_that_need_not(before: bytes, last: bytes, items: list[Any]) -> None:
    decoder = Decoder()
    assert decoder.feed_items(before) == []
    assert decoder.feed_items(last) == items
    assert not decoder.incomplete
    assert decoder.feed_items(b"\n") == []  # the CR's own, or a blank line more


def test_promise_2_the_time_and_the_id_are_set_when_the_standard_says() -> None:
    decoder = Decoder()
    decoder.feed(b"data: x\nid: 1\nretry: 5\r")
    assert (decoder.reconnection_time, decoder.last_event_id) == (5, "")
    decoder.feed(b"\n\r")
    assert decoder.last_event_id == "1"


# Promise 3


def test_promise_3_any_bytes_are_valid() -> None:
    rng = Random(3)
    for _ in range(tries(300)):
        noise = rng.randbytes(rng.randrange(200))
        assert Decoder().feed_items(noise) == feed_all(Decoder(), pieces(noise, 1))


@pytest.mark.parametrize(
    ("malformed", "text"),
    [
        (b"\xff", "\ufffd"),
        (b"\xc0\x80", "\ufffd" * 2),
        (b"\xed\xa0\x80", "\ufffd" * 3),
        (b"\xf0\x9f\x98", "\ufffd"),
        (b"\xf0\x9fx", "\ufffdx"),
        (b"\xf4\x90\x80\x80", "\ufffd" * 4),
        (b"\xe2\x82\xe2\x82\xac", "\ufffd\u20ac"),
    ],
    ids=repr,
)
def test_promise_3_malformed_utf_8_becomes_u_fffd(malformed: bytes, text: str) -> None:
    stream = b"event: " + malformed + b"\ndata: " + malformed + b"\ndata: z\n\n"
    for cut in CUTS.values():
        assert feed_all(Decoder(), cut(stream)) == [Event(text + "\nz", text)]


def test_promise_3_one_bom_is_dropped_for_each_connection() -> None:
    decoder = Decoder()
    for end_of_stream in (decoder.reset, decoder.flush, decoder.flush_items):
        assert feed_all(decoder, [BOM[:1], b"", BOM[1:] + b"data: x\n\n"]) == [Event("x")]
        assert decoder.feed_items(BOM + b"data: y\n\n") == [Ignored("\ufeffdata: y")]
        end_of_stream()


BYTES_LIKE: dict[str, Callable[[bytes], Any]] = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "a view of every second byte": lambda data: memoryview(bytes(b for byte in data for b in (byte, 0)))[::2],
    "a view of signed chars": lambda data: memoryview(data).cast("b"),
    "a view of shorts": lambda data: memoryview(data).cast("H"),
    "a view with rows": lambda data: memoryview(data).cast("B", (len(data), 1)),
    "array": lambda data: array("B", data),
    "a subclass of bytes": type("Chunk", (bytes,), {}),
}


@pytest.mark.parametrize("kind", BYTES_LIKE.values(), ids=BYTES_LIKE)
def test_promise_3_anything_bytes_like_is_a_chunk(kind: Callable[[bytes], Any]) -> None:
    decoder = Decoder()
    assert decoder.feed(kind(b"data: x\xc3")) == []
    assert decoder.feed_items(kind(b"\xa9!\r\n\r\n")) == [Event("x\u00e9!")]


def test_a_bytearray_may_be_used_again_after_the_feed() -> None:
    decoder, buffer = Decoder(), bytearray(b"data: one")
    decoder.feed(buffer)
    buffer[:] = b"\n\nxxxxxxx"
    buffer.clear()  # a BufferError, were it still held
    assert decoder.feed(b"\n\n") == [Event("one")]


RELEASED = memoryview(b"data: x\n\n")
RELEASED.release()


@pytest.mark.parametrize(
    "chunk",
    ["data: x\n\n", "", 3, 0, None, [100], Event("x"), 1.5, RELEASED],
    ids=lambda chunk: repr(chunk).partition(" at 0x")[0],
)
@pytest.mark.parametrize("before", [b"", BOM[:2], b"data: a\r", b"data: \xc3", b"id: 1\n"], ids=repr)
def test_promise_3_what_is_not_bytes_like_is_a_type_error_and_changes_nothing(chunk: Any, before: bytes) -> None:
    decoder, untouched = Decoder(), Decoder()
    decoder.feed(before)
    untouched.feed(before)
    for feed in (decoder.feed, decoder.feed_items):
        with pytest.raises(TypeError, match="encode" if isinstance(chunk, str) else type(chunk).__name__):
            feed(chunk)
    if isinstance(chunk, memoryview):
        with pytest.raises(TypeError, match="not a released memoryview"):
            decoder.feed(chunk)
    assert state(decoder) == state(untouched)
    rest = b"\ndata: b\n\n"
    assert decoder.feed_items(rest) == untouched.feed_items(rest)


# Promise 4


@DATALESS
def test_promise_4_the_limit_is_the_same_for_every_chunking(dataless: bool) -> None:
    differ(4, dataless, tries(5000), limited=True)


FITS = [
    (b"data: 567\n\n", 10, "a data line and its end"),
    (BOM + b"data: 567\r\n\r\n", 10, "neither BOM nor the rest of a terminator"),
    (b"data: 567\n: 9\n\n", 13, "a comment while it is read"),
    (b"event: a\nevent: b\ndata\n\n", 23, "replaced lines too"),
    (b"id: 5\nid: 6\n\n", 12, "ids"),
    ("data: \u20ac\u20ac\n\n".encode(), 13, "bytes, not characters"),
    (b"id: \x00a\n" * 9 + b"foo\nretry: 5\n", 8, "not what is ignored, once its line ended"),
    (b"data: 567", 9, "no end that did not come"),
    (b": ping", 6, "an unfinished comment"),
    (b"data: 567\n\n" * 9, 10, "a blank line sets it to 0"),
    (b"event: 78\n\n" * 9, 10, "also one that gives no event"),
]


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize(("stream", "size"), [pytest.param(*row[:2], id=row[2]) for row in FITS])
def test_promise_4_the_size_of_a_block_counts(stream: bytes, size: int, cut: Callable[[bytes], list[bytes]]) -> None:
    fits, over = Decoder(max_event_size=size), Decoder(max_event_size=size - 1)
    feed_all(fits, cut(stream))
    feed_all(over, cut(stream))
    assert fits.error is None
    assert over.error is not None
    assert over.error.limit == size - 1


def test_promise_4_an_endless_line_in_small_pieces_stays_in_bounded_memory() -> None:
    limit = tries(4 * 1024 * 1024)
    decoder = Decoder(max_event_size=limit)
    decoder.feed(b"data: ")
    feeds = (limit - 6) // 2
    for _ in range(feeds * 4 // 5):
        decoder.feed(b"xy")
    # Tracing takes ten times as long. What grew meanwhile counts whole, since it must move to grow on.
    tracemalloc.start()
    try:
        for _ in range(feeds * 4 // 5, feeds):
            decoder.feed(b"xy")
        assert decoder.error is None
        decoder.feed(b"xy")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert decoder.error is not None
    assert limit < peak < 3 * limit


def test_promise_4_comments_without_blank_lines_never_trip_the_limit() -> None:
    decoder = Decoder(max_event_size=8)
    for _ in range(tries(2000)):
        assert decoder.feed(b": ping\n") == []
    assert len(decoder.feed_items(b": ping\n" * 2000)) == 2000
    assert decoder.error is None


def test_promise_4_no_limit_is_none() -> None:
    big = b"data: " + b"x" * (65 * 1024 * 1024)
    default, unlimited = Decoder(), Decoder(max_event_size=None)
    default.feed(big)
    unlimited.feed(big)
    assert default.error is not None
    assert unlimited.error is None


# Promise 5

CROSSED = b"id: 1\ndata: a\n\n: c\ndata: b\n\nid: 2\ndata: far too long\n\ndata: after\n\n"


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_promise_5_no_event_is_lost_to_an_error(cut: Callable[[bytes], list[bytes]]) -> None:
    decoder = Decoder(max_event_size=15)
    items = feed_all(decoder, cut(CROSSED))
    assert items == [event("a", "1"), Comment("c"), event("b", "1")]
    error = decoder.error
    assert error is not None
    assert error.limit == 15
    assert str(error) == (
        "an event is larger than max_event_size, 15 bytes: the line begins b'data: far', the last event ID is '1'"
    )
    for _ in range(2):
        for call in (
            decoder.flush,
            decoder.flush_items,
            lambda: decoder.feed(b"data: x\n\n"),
            lambda: decoder.feed_items(b""),
        ):
            with pytest.raises(LimitError) as raised:
                call()
            assert raised.value is error
    assert state(decoder) == ("1", None, False, str(error))
    with pytest.raises(TypeError):
        decoder.feed("x")
    decoder.reset()
    assert state(decoder) == ("1", None, False, "")
    assert decoder.feed(b"data: x\n\n") == [event("x", "1")]


# Promise 6


@pytest.mark.parametrize(
    ("stream", "last_event_id"),
    [
        (b"id: 1\ndata: x\n\n", "1"),
        (b"id: 1\n\n", "1"),
        (b"id: 1\nevent: x\n\n", "1"),
        (b"id: 1\n", "seed"),
        (b"id: 1", "seed"),
        (b"id: 1\ndata: x\n", "seed"),
        (b"id: \n\n", ""),
        (b"id\n\n", ""),
        (b"id:  1 \n\n", " 1 "),
        (b"id: 1\x00\n\n", "seed"),
        (b"id: 1\nid: \x00\n\n", "1"),
        ("id: \u2026\U0001f600\n\n".encode(), "\u2026\U0001f600"),
        (b"id: 1\nid: 2\r\n\r\nid: 3", "2"),
    ],
    ids=repr,
)
def test_promise_6_the_id_is_committed_at_the_blank_line(stream: bytes, last_event_id: str) -> None:
    for cut in CUTS.values():
        decoder = Decoder(last_event_id="seed")
        feed_all(decoder, cut(stream))
        assert decoder.last_event_id == last_event_id
        decoder.flush()
        assert decoder.last_event_id == last_event_id


def test_promise_6_an_id_with_nul_is_ignored_and_leaves_the_block_its_id() -> None:
    assert items_of(b"id: 1\nid: \x002\ndata: x\n\n") == [Ignored("id: \x002"), event("x", "1")]


@pytest.mark.parametrize(
    ("value", "time"),
    [
        *[("0", 0), ("3000", 3000), ("007", 7), ("9" * 18, 10**18 - 1), ("0" * 17 + "5", 5)],
        *[(bad, None) for bad in ("", " 5", "5 ", "+5", "-5", "1_0", "1.5", "1e3", "0x5", "\u0663", "\u00b2", "5\0")],
        *[(bad, None) for bad in ("1" * 19, "0" * 18 + "5", "9" * 5000)],
    ],
    ids=lambda value: repr(value)[:24],
)
def test_promise_6_retry_is_ascii_digits_at_most_18(value: str, time: int | None) -> None:
    decoder = Decoder()
    line = f"retry: {value}"
    assert decoder.feed_items(line.encode() + b"\n") == [Ignored(line) if time is None else Retry(time)]
    assert decoder.reconnection_time == time
    decoder.feed(b"retry: 1\nretry: no\n")
    assert decoder.reconnection_time == 1


# Promise 8


def test_promise_8_dataless_delivers_named_blocks_without_data() -> None:
    stream = b"event: end\nid: 1\n\nevent: \n\nid: 2\n\nevent: a\nevent\n\nevent: b\n\ndata: x\n\n"
    named = [Event("", "end", "1"), Id("2"), Event("", "b", "2"), event("x", "2")]
    for cut in CUTS.values():
        assert feed_all(Decoder(dataless=True), cut(stream)) == named
        assert feed_all(Decoder(), cut(stream)) == [Id("1"), Id("2"), event("x", "2")]


def test_promise_8_comments_retries_and_ignored_lines_come_before_the_event_around_them() -> None:
    stream = b"data: a\n: c\nretry: 5\noops: x\n\n"
    assert items_of(stream) == [Comment("c"), Retry(5), Ignored("oops: x"), Event("a")]


def test_promise_8_feed_and_feed_items_share_one_state() -> None:
    decoder = Decoder()
    assert decoder.feed(b": one\ndata: a\n: tw") == []
    assert decoder.feed_items(b"o\nid: 1\n") == [Comment("two")]
    assert decoder.feed(b"\n") == [event("a", "1")]


# The type of an event that names none

UNNAMED: list[tuple[str, bytes, list[tuple[str, str]]]] = [
    ("data alone", b"data: x\n\n", [("x", "")]),
    ("data alone, in CRLF", b"data: x\r\n\r\n", [("x", "")]),
    ("data alone, many", b"data: x\n\ndata: y\n\n", [("x", ""), ("y", "")]),
    ("several data lines", b"data: x\ndata: y\n\n", [("x\ny", "")]),
    ("an id before it", b"id: \ndata: x\n\n", [("x", "")]),
    ("an empty event line", b"event: \ndata: x\n\n", [("x", "")]),
    ("an empty event line, several", b"event: \ndata: x\n\nevent: \ndata: y\n\n", [("x", ""), ("y", "")]),
    ("an event line taken back", b"event: a\nevent\ndata: x\n\n", [("x", "")]),
    ("an explicit message", b"event: message\ndata: x\n\n", [("x", "message")]),
    ("an explicit message, last", b"data: x\nevent: message\n\n", [("x", "message")]),
    ("another type", b"event: a\ndata: x\n\n", [("x", "a")]),
    ("a type, then none", b"event: a\ndata: x\n\ndata: y\n\n", [("x", "a"), ("y", "")]),
    ("a type without data, then none", b"event: a\n\ndata: y\n\n", [("y", "")]),
]


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize("default_type", ["message", "", "a", "\u8a18"], ids=ascii)
@pytest.mark.parametrize(("stream", "named"), [pytest.param(*row[1:], id=row[0]) for row in UNNAMED])
def test_an_event_without_a_type_has_the_default_type(
    stream: bytes, named: list[tuple[str, str]], default_type: str, cut: Callable[[bytes], list[bytes]]
) -> None:
    events = [Event(data, type_ or default_type) for data, type_ in named]
    assert feed_all(Decoder(default_type=default_type), cut(stream)) == events


def test_a_default_type_names_no_block_without_data() -> None:
    assert items_of(b"\n\nevent\n\nevent: a\n\n", default_type="t", dataless=True) == [Event("", "a")]


def test_a_default_type_stays_after_a_reset_a_flush_and_an_error() -> None:
    decoder = Decoder(default_type="", max_event_size=15)
    decoder.feed(b"data: far too long")
    decoder.reset()
    assert decoder.feed(b"data: x\n\n") == [Event("x", "")]
    decoder.feed(b"data: x")
    assert decoder.flush() == [Event("x", "")]
    assert decoder.feed(b"data: x\n\n") == [Event("x", "")]


# Flush

FLUSHED: list[tuple[bytes, list[Any]]] = [
    (b"", []),
    (b"data: a\n\n", []),
    (b"data: a", [Event("a")]),
    (b"data", [Event("")]),
    (b"data: a\n", [Event("a")]),
    (b"event: e\ndata: a\ndata: b", [Event("a\nb", "e")]),
    (b"data: a\nevent: e", [Event("a")]),
    (b"event: e\ndata: a\nevent", [Event("a", "e")]),
    (b"data: a\nid: 1", [Event("a")]),
    (b"id: 1\ndata: a", [Event("a")]),
    (b"data: a\ndat", [Ignored("dat"), Event("a")]),
    (b"data: a\n: comment", [Event("a")]),
    (b"data: a\nretry: 9", [Event("a")]),
    (b"retry: x", [Ignored("retry: x")]),
    (b"id: \x00", [Ignored("id: \x00")]),
    (b"data: \xe2\x82", [Event("\ufffd")]),
    (BOM[:2], [Ignored("\ufffd")]),
    (BOM, []),
    (b'{"error": 1}', [Ignored('{"error": 1}')]),
    (b"event: e\nid: 1\n", []),
]


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
@pytest.mark.parametrize(("stream", "items"), FLUSHED, ids=repr)
def test_flush_gives_what_the_end_cut_off(stream: bytes, items: list[Any], cut: Callable[[bytes], list[bytes]]) -> None:
    for flush, expected in (
        (Decoder.flush_items, items),
        (Decoder.flush, [item for item in items if isinstance(item, Event)]),
    ):
        decoder = Decoder()
        feed_all(decoder, cut(stream))
        assert flush(decoder) == expected
        assert state(decoder) == ("", None, False, "")
        assert flush(decoder) == []


@pytest.mark.parametrize(("last", "items"), [(b"event: end\n", [Event("", "end")]), (b"event: end", [])], ids=repr)
def test_flush_gives_a_dataless_event_whose_line_ended(last: bytes, items: list[Any]) -> None:
    decoder = Decoder(dataless=True)
    decoder.feed(last)
    assert decoder.flush() == items


@pytest.mark.parametrize(
    ("stream", "incomplete"),
    [
        *[(b"", False), (b"data: x\n\n", False), (b": ping\n", False), (b"retry: 5\n", False), (b"oops\n", False)],
        *[(b"d", True), (b":", True), (b"data\n", True), (b"event: x\n", True), (b"id\n", True), (BOM[:1], True)],
        *[(BOM, False), (b"data: x\r\r", False), (b"id: \x00\n", False)],
    ],
    ids=repr,
)
def test_incomplete_is_whether_something_waits_for_its_blank_line(stream: bytes, incomplete: bool) -> None:
    for cut in CUTS.values():
        decoder = Decoder()
        feed_all(decoder, cut(stream))
        assert decoder.incomplete is incomplete


# Copies

COPIES: dict[str, Callable[[Decoder], Decoder]] = {
    "pickle": lambda decoder: pickle.loads(pickle.dumps(decoder)),
    "the first protocol": lambda decoder: pickle.loads(pickle.dumps(decoder, 0)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_decoder_is_copied_in_mid_stream_and_goes_on(copied: Callable[[Decoder], Decoder]) -> None:
    stream = BOM + "id: 1\r\nevent: \u20ac\r\ndata: \U0001f600\r\n: c\r\nretry: 7\r\n\r\ndata: b\rdata: c\r\r".encode()
    whole = items_of(stream, default_type="t")
    assert [item.type for item in whole if isinstance(item, Event)] == ["\u20ac", "t"]
    for at in range(len(stream) + 1):
        decoder = Decoder(default_type="t")
        before = decoder.feed_items(stream[:at])
        twin = copied(decoder)
        assert state(twin) == state(decoder)
        assert before + twin.feed_items(stream[at:]) == whole
        assert before + decoder.feed_items(stream[at:]) == whole  # the twin took nothing of it


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("waits", [b"data: a\n: c\n", b"data: a\ndata: " + b"x" * 5000], ids=["lines", "a long line"])
def test_a_copy_and_its_original_go_each_its_way(waits: bytes, copied: Callable[[Decoder], Decoder]) -> None:
    decoder = Decoder()
    decoder.feed(waits)
    decoder.feed(b"x")
    twin = copied(decoder)
    decoder.feed(b"data: one")
    assert twin.feed(b"\n\n") == Decoder().feed(waits + b"x\n\n")
    assert decoder.feed(b"\n\n") == Decoder().feed(waits + b"xdata: one\n\n")


@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_decoder_is_copied_after_an_error_and_keeps_it(copied: Callable[[Decoder], Decoder]) -> None:
    decoder = Decoder(max_event_size=15, dataless=True)
    decoder.feed(CROSSED)
    twin = copied(decoder)
    assert state(twin) == state(decoder)
    with pytest.raises(LimitError):
        twin.feed(b"")
    twin.reset()
    assert twin.feed(b"event: end\n\n") == [Event("", "end", "1")]
    twin.feed(b"x" * 16)
    assert twin.error is not None


# Options


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"last_event_id": b"1"}, TypeError),
        ({"last_event_id": None}, TypeError),
        ({"default_type": b"x"}, TypeError),
        ({"default_type": None}, TypeError),
        ({"default_type": "a\nb"}, ValueError),
        ({"default_type": "a\r"}, ValueError),
        ({"max_event_size": "9"}, TypeError),
        ({"max_event_size": 9.0}, TypeError),
        ({"max_event_size": True}, TypeError),
        ({"max_event_size": 0}, ValueError),
        ({"max_event_size": -1}, ValueError),
    ],
    ids=repr,
)
def test_a_bad_option_is_named(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(options))):
        Decoder(**options)


def test_a_seeded_id_is_on_events_until_the_stream_says_otherwise() -> None:
    decoder = Decoder(last_event_id="7")
    assert decoder.feed_items(b"data: a\n\nid\ndata: b\n\n") == [event("a", "7"), Id(""), Event("b")]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_chunks_of_many_kilobytes_say_what_small_ones_do(newline: bytes) -> None:
    rng = Random(newline.hex())
    shapes = (b"event: t\ndata: y", b": c", b"id: 4\ndata: a\ndata: b", b"retry: 5", b"", b"data: " + b"z" * 40_000)
    for _ in range(12):
        blocks = []
        while sum(map(len, blocks)) < 70_000:
            block = b"data: " + b"x" * rng.randrange(3_000) if rng.random() < 0.5 else rng.choice(shapes)
            blocks.append((block + b"\n\n").replace(b"\n", newline))
        stream = b"".join(blocks)
        decoder = Decoder()
        pieces = [item for at in range(0, len(stream), 100) for item in decoder.feed_items(stream[at : at + 100])]
        assert Decoder().feed_items(stream) == pieces


@pytest.mark.parametrize(
    ("line", "data"),
    [
        pytest.param(b"data: xy", "xy", id="data lines"),
        pytest.param(b"data:xy", "xy", id="no space"),
        pytest.param(b"data:xy\ndata: x", "xy\nx", id="with and without a space"),
        pytest.param(b"data: xy\nevent: t", "xy", id="other lines between"),
    ],
)
def test_an_event_of_a_million_bytes_of_short_lines_is_read_whole(line: bytes, data: str) -> None:
    count = 1_100_000 // len(line)
    (read,) = Decoder().feed((line + b"\n") * count + b"\n")
    assert read.data == "\n".join([data] * count)
