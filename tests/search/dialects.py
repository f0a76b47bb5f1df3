"""Every reader: whatever comes is parts or Invalid, the same for every cut, in bounded memory; and its own writer."""

import gc
import sys
from random import Random
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import NamedTuple

from reading import gather, pieces, random_pieces

from sse_core import DialectError, Event, TruncatedError
from sse_core.dialects import Part, PartDecoder, get

from . import again
from .hostile import NAMES, damaged
from .searching import Case, Search, hold

_NONE = type(None)
_REASONS = ("stop", "length", "tool_call", "content_filter", "error", "other")
_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, _NONE),
    "str | int | None": (str, int, _NONE),
    "int": (int,),
    "int | None": (int, _NONE),
    "bool": (bool,),
    "Block": (int, str),
    "Block | None": (int, str, _NONE),
    "FinishReason": (str,),
    "How": (str,),
    "Of": (str,),
    "Event": (Event,),
    "Exception": (DialectError,),
}
# What a reader may hold between calls: so much for itself, and so many times what it was given.
_OWN = 30_000
_TIMES = 16


class Read(NamedTuple):
    """What a reader says of a stream."""

    parts: list[Part]
    cut: str | None
    facts: tuple[object, ...]


def read(name: str, chunks: list[bytes], limit: int | None = None) -> Read:
    """What is read of the chunks, to their end."""
    decoder = PartDecoder(name, max_event_size=limit)
    parts: list[Part] = []
    for chunk in chunks:
        parts += decoder.feed(chunk)
    try:
        cut = None
        parts += decoder.close()
    except TruncatedError as error:
        cut = str(error)
        parts += error.parts
    return Read(parts, cut, (decoder.done, decoder.last_event_id, decoder.reconnection_time))


def piece_size(stream: bytes) -> int:
    """Byte by byte, but where that takes longer than all else: a bug of cuts shows in a short stream, too."""
    return 1 if len(stream) < 400 else 13


def well_made(part: Part) -> None:
    """No member of a part has a type that its field does not have."""
    types = vars(type(part))["__init__"].__annotations__
    for field in part.__match_args__:
        value = getattr(part, field)
        if types[field] != "Any":
            hold(type(value) in _TYPES[types[field]], "a member has its field's type", field, part)
    hold(part.choice >= 0, "a choice is an index", part)
    hold(part.kind != "finish" or part.reason in _REASONS, "a reason is one of six", part)
    hold(len(repr(part)) < 3_000, "a repr is short")
    if part.kind != "other":
        hash(part)


def held(thing: object) -> int:
    """The bytes of all that only `thing` may reach: its classes and functions are everyone's."""
    size, seen, left = 0, {id(thing)}, [thing]
    while left:
        found = left.pop()
        size += sys.getsizeof(found)
        for inner in gc.get_referents(found):
            if id(inner) not in seen and not isinstance(inner, (type, ModuleType, FunctionType, BuiltinFunctionType)):
                seen.add(id(inner))
                left.append(inner)
    return size


def _make(rng: Random) -> Case:
    name = rng.choice(NAMES)
    return name, damaged(rng, name)


def _check(name: str, blocks: list[bytes]) -> None:
    stream = b"".join(blocks)
    whole = read(name, [stream])
    for part in whole.parts:
        well_made(part)
    for chunks in (pieces(stream, piece_size(stream)), random_pieces(stream, len(stream))):
        hold(read(name, chunks) == whole, "cuts do not matter", name)
    _bounded(name, stream)
    message = gather(whole.parts)
    hold(whole.cut is None or message.problem() is not None or _endless(name), "a cut is a problem", whole.cut)
    hold(len(repr(message)) < 10_000, "a repr is short")
    again.check(name, whole.parts)


def _bounded(name: str, stream: bytes) -> None:
    decoder = PartDecoder(name)
    decoder.feed(stream)
    size = held(decoder)
    hold(size < _OWN + _TIMES * len(stream), "what is held is bounded by what came", name, size, len(stream))


def _endless(name: str) -> bool:
    return get(name).endless


def _check_read(name: str, blocks: list[bytes]) -> None:
    for part in read(name, [b"".join(blocks)]).parts:
        well_made(part)


SEARCH = Search("damaged streams of every dialect: read, cut, held, written again", _make, _check)
READ = Search("the same, read once, thousands a second: parts or Invalid, and no exception", _make, _check_read)
