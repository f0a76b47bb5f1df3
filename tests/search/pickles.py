"""Pickles and copies in mid-stream: what goes on from one goes on as the original would."""

import copy
import pickle
from collections.abc import Callable
from random import Random
from typing import Any

from random_streams import DEFAULT_TYPES, random_stream
from reading import pieces

from sse_core import Comment, Decoder, EncodeError, Encoder, Event, Id, Retry, SSEError
from sse_core.dialects import Accumulator, PartDecoder, PartEncoder, Transcoder

from .hostile import NAMES, damaged
from .searching import Case, Search, hold
from .writers import part_of, some_rows

_COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    **{f"pickle {p}": lambda thing, p=p: pickle.loads(pickle.dumps(thing, p)) for p in range(6)},
}
_ITEMS: dict[str, Any] = {"Event": Event, "Comment": Comment, "Retry": Retry, "Id": Id}


def _make(rng: Random) -> Case:
    kind, how = rng.choice(list(_KINDS)), rng.choice(list(_COPIES))
    first, second, at = rng.choice(NAMES), rng.choice(NAMES), rng.randrange(12)
    if kind == "Decoder":
        return kind, how, rng.choice(DEFAULT_TYPES), "", at, pieces(random_stream(rng), rng.randrange(1, 9))
    if kind == "Encoder":
        items = [_item(rng) for _ in range(rng.randrange(6))]
        return kind, how, rng.choice(("\n", "\r\n")), "", at, items
    if kind in ("PartEncoder", "Accumulator"):
        return kind, how, first, "", at, some_rows(rng, first)
    blocks = damaged(rng, first)
    chunks = [piece for block in blocks for piece in pieces(block, rng.choice((7, 50, 10_000)))]
    return kind, how, first, second, rng.randrange(len(chunks) + 1), chunks


def _item(rng: Random) -> tuple[Any, ...]:
    return rng.choice((("Event", "x", "t", rng.choice("12")), ("Comment", "c"), ("Retry", 5), ("Id", rng.choice("12"))))


def _check(kind: str, how: str, first: str, second: str, at: int, pieces: list[Any]) -> None:
    make, feed, end = _KINDS[kind]
    original = make(first, second)
    begun = [_outcome(feed, original, piece) for piece in pieces[:at]]
    try:
        twin = _COPIES[how](original)
    except TypeError:
        hold(how in ("pickle 0", "pickle 1"), "only the protocols that know no slots may be refused", kind, how)
        return
    whole = make(first, second)
    expected = [_outcome(feed, whole, piece) for piece in pieces] + [_outcome(end, whole)]
    rest = [_outcome(feed, twin, piece) for piece in pieces[at:]] + [_outcome(end, twin)]
    hold(begun + rest == expected, "a copy goes on as the original would", kind, how, rest, expected[at:])
    if how != "copy" or kind in ("Decoder", "Encoder"):  # of the others, a copy shares what they are made of
        rest = [_outcome(feed, original, piece) for piece in pieces[at:]] + [_outcome(end, original)]
        hold(begun + rest == expected, "a copy takes nothing of the original", kind, how, rest, expected[at:])


def _outcome(call: Callable[..., Any], *args: Any) -> Any:
    try:
        return call(*args)
    except (SSEError, TypeError) as error:
        return f"{type(error).__name__}: {error}", error.data if isinstance(error, SSEError) else b""


def _add(message: Accumulator, row: tuple[Any, ...]) -> None:
    part = part_of(row)
    try:
        PartEncoder("json").send(part)
    except EncodeError as error:
        if "cannot be said" not in str(error):
            return  # no reader gives a part like this
    message.add(part)


def _facts(message: Accumulator) -> object:
    calls = [(call.id, call.name, call.arguments, call.complete) for call in message.tool_calls]
    return message.id, message.texts, message.reasoning, calls, message.problem(), list(message.others), message.usage


_KINDS: dict[str, tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]] = {
    "Decoder": (
        lambda default_type, _: Decoder(default_type=default_type, max_event_size=60),
        lambda decoder, piece: (decoder.feed_items(piece), decoder.last_event_id),
        lambda decoder: (decoder.flush_items(), decoder.reconnection_time),
    ),
    "Encoder": (
        lambda newline, _: Encoder(newline=newline),
        lambda encoder, row: encoder.encode(_ITEMS[row[0]](*row[1:])),
        lambda encoder: encoder.encode(Event("end", "message", "9")),
    ),
    "PartDecoder": (
        lambda name, _: PartDecoder(name),
        lambda decoder, piece: (decoder.feed(piece), decoder.done, decoder.last_event_id),
        lambda decoder: decoder.close(),
    ),
    "PartEncoder": (
        lambda name, _: PartEncoder(name),
        lambda encoder, row: encoder.send(part_of(row)),
        lambda encoder: encoder.close(),
    ),
    "Transcoder": (
        lambda source, target: Transcoder(source, target),
        lambda transcoder, piece: (transcoder.feed(piece), transcoder.problem),
        lambda transcoder: transcoder.close(),
    ),
    "Accumulator": (lambda *_: Accumulator(), _add, _facts),
}


SEARCH = Search("pickles and copies of every stream object, in mid-stream", _make, _check)
