"""The decoder against tests/support/reference.py, which is the standard word by word."""

from random import Random
from typing import Any

from agreement import agree
from random_streams import DEFAULT_TYPES, random_cut, random_stream
from reading import pieces

from .searching import Case, Search

_SEED_IDS = ("", "", "1", "seed")


def _make(rng: Random) -> Case:
    stream = random_stream(rng) if rng.random() < 0.9 else rng.randbytes(rng.randrange(100))
    return stream, _options(rng.randrange(256), rng.randrange(1, 80))


def _options(choices: int, limit: int) -> dict[str, Any]:
    return {
        "dataless": bool(choices & 1),
        "limit": limit if choices & 2 else None,
        "seed_id": _SEED_IDS[choices >> 2 & 3],
        "default_type": DEFAULT_TYPES[choices >> 4 & 3],
    }


def case_of_bytes(data: bytes) -> Case:
    """The case that any bytes are: the first two are the options."""
    return data[2:], _options(data[0], data[1] % 80 + 1) if len(data) > 1 else {}


def _check(stream: bytes, options: dict[str, Any]) -> None:
    rng = Random(stream)  # the same cuts whenever the same stream is checked
    cuts = [[stream], pieces(stream, 1), random_cut(rng, stream), random_cut(rng, stream)]
    agree(stream, cuts, rng, **options)


SEARCH = Search("random streams, any options and cuts, against the reference", _make, _check)
