"""Encoder and encode: exact bytes, nothing injected, and what goes in comes out of a Decoder."""

import copy
import importlib
import pickle
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from random_streams import DEFAULT_TYPES, random_cut, random_stream, random_text
from tries import tries

import sse_core
from sse_core import SSE_HEADERS, Comment, Decoder, EncodeError, Encoder, Event, Id, Ignored, Retry, encode

BYTES = [
    (Event("x"), b"data: x\n\n"),
    (Event(), b"data: \n\n"),
    (Event("x", ""), b"data: x\n\n"),
    (Event("x", "t", "7"), b"event: t\nid: 7\ndata: x\n\n"),
    (Event("x", " t", " 7"), b"event:  t\nid:  7\ndata: x\n\n"),
    (Event(" a\n\nb\n"), b"data:  a\ndata: \ndata: b\ndata: \n\n"),
    (Event("a\rb\r\nc\n\rd"), b"data: a\ndata: b\ndata: c\ndata: \ndata: d\n\n"),
    (Event("\u2028\u0085\v\0\ufeff", "\u2028\0"), "event: \u2028\0\ndata: \u2028\u0085\v\0\ufeff\n\n".encode()),
    (Comment("ping"), b": ping\n"),
    (Comment(""), b": \n"),
    (Comment(" a\nb\r\n\rc"), b":  a\n: b\n: \n: c\n"),
    (Retry(0), b"retry: 0\n"),
    (Retry(10**18 - 1), b"retry: 999999999999999999\n"),
    (Id("7"), b"id: 7\n\n"),
    (Id(""), b"id: \n\n"),
    (Ignored("foo: bar\n\n"), b""),
]


@pytest.mark.parametrize(("item", "data"), BYTES, ids=lambda value: repr(value)[:40])
def test_an_item_has_its_exact_bytes(item: Any, data: bytes) -> None:
    assert encode(item) == Encoder().encode(item) == data
    for newline in ("\r\n", "\r"):
        assert Encoder(newline=newline).encode(item) == data.replace(b"\n", newline.encode())


def test_the_fields_are_in_order_event_id_retry_data() -> None:
    full = b"event: t\nid: 7\nretry: 50\ndata: a\ndata: b\n\n"
    assert encode(Event("a\nb", "t", "7"), retry=50) == full
    assert Encoder().encode(Event("a\nb", "t", "7"), retry=50) == full
    assert encode(Event("x"), retry=0) == b"retry: 0\ndata: x\n\n"


def test_the_headers_are_those_of_an_event_stream() -> None:
    assert SSE_HEADERS["Content-Type"] == "text/event-stream"
    assert "no-cache" in SSE_HEADERS["Cache-Control"]
    assert SSE_HEADERS["X-Accel-Buffering"] == "no"


# What is refused

STR = (b"x", b"message", b"", 5, None, ["x"], {})  # all that is no str
LINE_ENDS = ("a\nb", "a\r", "\r\nb", "\n")
SURROGATES = ("\ud800", "a\udfff", "\ud83d\ude00")
TIMES = (-1, 10**18, 10**5000, 1.0, "5", "5\ndata: x", True, False, b"5", float("nan"))
REFUSED: list[tuple[str, Callable[[Any], Any], tuple[Any, ...]]] = [
    ("data", lambda bad: encode(Event(bad)), STR + SURROGATES),
    ("type", lambda bad: encode(Event("x", bad)), STR + SURROGATES + LINE_ENDS),
    ("last_event_id", lambda bad: encode(Event("x", "t", bad)), (*STR, *SURROGATES, *LINE_ENDS, "\0", "1\0")),
    ("retry", lambda bad: encode(Event("x"), retry=bad), TIMES),
    ("text", lambda bad: encode(Comment(bad)), STR + SURROGATES),
    ("milliseconds", lambda bad: encode(Retry(bad)), (*TIMES, None)),
    ("value", lambda bad: encode(Id(bad)), (*STR, *SURROGATES, *LINE_ENDS, "\0", "1\0")),
    ("item", lambda bad: encode(bad), (*STR, "x", Event, ("x", "message", ""))),
    ("retry", lambda bad: encode(Comment("x"), retry=bad), (5, -1)),
    ("newline", lambda bad: Encoder(newline=bad), (*STR, "", "\n\n", "\n\r", "x", "\u2028")),
    ("last_event_id", lambda bad: Encoder(last_event_id=bad), (*STR, *SURROGATES, *LINE_ENDS, "\0")),
]


@pytest.mark.parametrize(
    ("field", "use", "bad"),
    [
        pytest.param(field, use, bad, id=f"{i}-{field}-{j}")
        for i, (field, use, values) in enumerate(REFUSED)
        for j, bad in enumerate(values)
    ],
)
def test_promise_7_a_bad_argument_is_an_encode_error_with_field_and_value(
    field: str, use: Callable[[Any], Any], bad: Any
) -> None:
    with pytest.raises(EncodeError) as raised:
        use(bad)
    assert raised.value.field == field
    assert raised.value.value is bad
    assert str(raised.value).startswith(f"{field} ")
    shown = object.__repr__(bad) if type(bad) is int and bad > 10**4300 else repr(bad)
    assert shown in str(raised.value)


@pytest.mark.parametrize("bad", STR, ids=repr)
def test_a_default_type_is_str(bad: Any) -> None:
    with pytest.raises(TypeError, match=f"default_type must be str, not {type(bad).__name__}"):
        Encoder(default_type=bad)


@pytest.mark.parametrize("bad", LINE_ENDS, ids=repr)
def test_a_default_type_has_no_line_end(bad: str) -> None:
    with pytest.raises(ValueError, match="default_type has a line end"):
        Encoder(default_type=bad)


@pytest.mark.parametrize("data", [{}, {"a": "\n"}, [], [{"a": 1}]], ids=repr)
def test_data_that_is_to_be_json_is_refused_with_what_to_do(data: Any) -> None:
    with pytest.raises(EncodeError, match=f"data must be str, not {type(data).__name__}, so json.dumps it first: "):
        encode(Event(data))


@pytest.fixture
def vendored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Another copy of the package, under another name."""
    copied = tmp_path / "host" / "_vendor" / "wire"
    source = Path(sse_core.__file__).parent
    copied.mkdir(parents=True)
    for path in source.glob("*.py"):
        (copied / path.name).write_bytes(path.read_bytes())
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("host._vendor.wire")
    for name in [name for name in sys.modules if name.partition(".")[0] == "host"]:
        del sys.modules[name]


@pytest.mark.parametrize("retry", [None, 5])
def test_an_item_of_another_copy_of_the_package_is_named(vendored: Any, retry: int | None) -> None:
    for item, article in [
        (vendored.Event("x"), "an Event"),
        (vendored.Comment("x"), "a Comment"),
        (vendored.Retry(5), "a Retry"),
        (vendored.Id("x"), "an Id"),
        (vendored.Ignored("x"), "an Ignored"),
    ]:
        problem = f"is {article} of host._vendor.wire._items, another copy of this package (sse_core._items)"
        for use in (encode, Encoder().encode):
            with pytest.raises(EncodeError) as raised:
                use(item, retry=retry)
            assert str(raised.value) == f"item {problem}: {item!r}"
            assert raised.value.value is item
    with pytest.raises(
        vendored.EncodeError, match=r"is an Event of sse_core\._items, .* \(host\._vendor\.wire\._items\)"
    ):
        vendored.encode(Event("x"))


@pytest.mark.parametrize("other", [threading.Event(), type("Comment", (), {})(), Decoder()], ids=["1", "2", "3"])
def test_what_only_has_the_name_of_an_item_is_no_copy(other: Any) -> None:
    with pytest.raises(EncodeError, match="item must be an Event, Comment, Retry, Id or Ignored"):
        encode(other)


def test_promise_7_a_surrogate_error_says_where() -> None:
    with pytest.raises(EncodeError, match=r"last_event_id has the lone surrogate U\+DC80 at 2"):
        encode(Event("\u20ac", "t", "ab\udc80"))


# Promise 7

LINES = str.maketrans({"\r": "\n"})


def arrives(text: str) -> str:
    """Data or a comment as it comes out: CRLF and CR are LF."""
    return text.replace("\r\n", "\n").translate(LINES)


def sendable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def refusal_or_bytes(encoder: Encoder, item: Any) -> Any:
    try:
        return encoder.encode(item)
    except EncodeError as error:
        return error


def test_promise_7_encoding_cannot_inject() -> None:
    rng = Random(7)
    alphabet = "\r\n\0\u2028\u0085\ufeff\v\x1c :ab1\u00e9\U0001f600"
    count = [0, 0]
    for _ in range(tries(20_000)):
        # One of two fields is mostly harmless, or nearly every event would be refused.
        data, type_, id_, text = [
            random_text(rng, rng.choice([alphabet, " :ab\u2028\u0085\ufeff\v", alphabet + "\ud800\udc00"]))
            if rng.random() < 0.6
            else rng.choice(["", "x", "message", "data: x"])
            for _ in range(4)
        ]
        bad_lines = [field for field, value in (("type", type_), ("last_event_id", id_)) if {*value} & {*"\r\n"}]
        bad = {*bad_lines, *(["last_event_id"] if "\0" in id_ else [])}
        bad |= {f for f, value in (("data", data), ("type", type_), ("last_event_id", id_)) if not sendable(value)}
        newline = rng.choice(["\n", "\r\n", "\r"])
        event = Event(data, type_, id_)
        sent = refusal_or_bytes(Encoder(newline=newline), event)
        if bad:
            assert sent.field in bad, event
            assert sent.value == getattr(event, sent.field)
        else:
            assert Decoder().feed_items(sent) == [Event(arrives(data), type_ or "message", id_)], event
        count[bool(bad)] += 1
        lines = [Comment(line) for line in arrives(text).split("\n")]
        for item, fits, received in (
            (Comment(text), sendable(text), lines),
            (Id(id_), "last_event_id" not in bad, [Id(id_)]),
        ):
            sent = refusal_or_bytes(Encoder(newline=newline), item)
            if fits:
                decoder = Decoder(last_event_id="other")
                assert decoder.feed_items(sent) == received, item
                assert not decoder.incomplete
            else:
                assert sent.field == item.__match_args__[0], item
    assert min(count) > tries(3000)


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=repr)
def test_promise_7_items_one_after_another_do_not_touch(newline: str) -> None:
    encoder, decoder = Encoder(newline=newline), Decoder()
    items = [
        Comment("a"),
        Retry(5),
        Event("b", "t", "1"),
        Id("2"),
        Comment(""),
        Event("", "t", "2"),
        Id(""),
        Event("\n"),
    ]
    assert decoder.feed_items(b"".join([encoder.encode(item) for item in items])) == items


# The type of an event that names none


@pytest.mark.parametrize(
    ("default_type", "type_", "data"),
    [
        ("message", "message", b"data: x\n\n"),
        ("message", "", b"data: x\n\n"),
        ("message", "t", b"event: t\ndata: x\n\n"),
        ("", "message", b"event: message\ndata: x\n\n"),
        ("", "", b"data: x\n\n"),
        ("t", "t", b"data: x\n\n"),
        ("t", "", b"data: x\n\n"),
        ("t", "message", b"event: message\ndata: x\n\n"),
    ],
)
def test_the_default_type_is_not_written(default_type: str, type_: str, data: bytes) -> None:
    encoder = Encoder(default_type=default_type)
    pickled = [pickle.loads(pickle.dumps(encoder, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for copied in (encoder, copy.copy(encoder), *pickled):
        assert copied.encode(Event("x", type_)) == data
    assert Decoder(default_type=default_type).feed(data) == [Event("x", type_ or default_type)]


# What an Encoder remembers


def test_an_id_is_sent_once() -> None:
    encoder = Encoder()
    sent = [encoder.encode(Event("x", "message", event_id)) for event_id in ("1", "1", "", "2", "1")]
    assert [b"id: " in data for data in sent] == [True, False, False, True, True]
    assert b"id: 1\n" in encode(Event("x", "message", "1"))


def test_an_id_the_client_has_is_not_sent() -> None:
    encoder = Encoder(last_event_id="7")
    assert encoder.encode(Event("x", "message", "7")) == b"data: x\n\n"
    assert encoder.encode(Event("x", "message", "8")) == b"id: 8\ndata: x\n\n"


def test_an_id_item_is_always_sent_and_remembered() -> None:
    encoder = Encoder(last_event_id="7")
    assert encoder.encode(Id("7")) == b"id: 7\n\n"
    assert encoder.encode(Id("")) == b"id: \n\n"
    assert encoder.encode(Event("x", "message", "7")) == b"id: 7\ndata: x\n\n"
    assert encoder.encode(Id("8")) == b"id: 8\n\n"
    assert encoder.encode(Event("x", "message", "8")) == b"data: x\n\n"


@pytest.mark.parametrize(
    ("bad", "retry"),
    [
        (Event("\ud800", "message", "1"), None),
        (Event("x", "a\n", "1"), None),
        (Event("x", "message", "1"), -1),
        (Event(None, "message", "1"), None),
        (Id("1\0"), None),
        (Id("1"), 5),
        (Id("\ud800"), None),
    ],
    ids=repr,
)
def test_a_failed_encode_remembers_nothing(bad: Event | Id, retry: int | None) -> None:
    encoder = Encoder(last_event_id="0")
    with pytest.raises(EncodeError):
        encoder.encode(bad, retry=retry)
    assert encoder.encode(Event("x", "message", "0")) == b"data: x\n\n"
    assert encoder.encode(Event("x", "message", "1")) == b"id: 1\ndata: x\n\n"


# A relay


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=repr)
@pytest.mark.parametrize("dataless", [False, True], ids=["standard", "dataless"])
def test_a_relay_gives_its_client_the_same_events_ids_retries_and_state(dataless: bool, newline: str) -> None:
    rng = Random(f"relay {dataless} {newline!r}")
    for _ in range(tries(1500)):
        stream, seed, default_type = random_stream(rng), rng.choice(["", "", "seed", "1"]), rng.choice(DEFAULT_TYPES)
        upstream = Decoder(last_event_id=seed, dataless=dataless, default_type=default_type)
        encoder = Encoder(newline=newline, last_event_id=seed, default_type=default_type)
        client = Decoder(last_event_id=seed, dataless=rng.choice([False, dataless]), default_type=default_type)
        for chunk in random_cut(rng, stream):
            items = upstream.feed_items(chunk)
            relayed = b"".join([encoder.encode(item) for item in items])
            received = [item for piece in random_cut(rng, relayed) for item in client.feed_items(piece)]
            assert received == [item for item in items if not isinstance(item, Ignored)], stream
            assert client.last_event_id == upstream.last_event_id, stream
            assert client.reconnection_time == upstream.reconnection_time, stream
            assert not client.incomplete, stream
