"""How much the seeded searches try: a tenth, so that the suite takes a minute; all with SSE_CORE_TRIES=10, as in CI."""

import os
import random
from collections.abc import Iterable
from itertools import cycle, islice, product
from typing import TypeVar

TRIES = int(os.environ.get("SSE_CORE_TRIES", "1"))
T = TypeVar("T")
U = TypeVar("U")


def tries(count: int) -> int:
    """How many of `count` rounds to run."""
    return max(1, count * TRIES // 10)


def some(cases: Iterable[T], seed: object) -> list[T]:
    """As large a part of `cases`, in their order; the same for the same seed."""
    found = list(cases)
    at = sorted(random.Random(str(seed)).sample(range(len(found)), min(tries(len(found)), len(found))))
    return [found[index] for index in at]


def some_pairs(firsts: Iterable[T], seconds: Iterable[U], seed: object) -> list[tuple[T, U]]:
    """All pairs; in the short form each of `firsts` with one of `seconds` and the other way round, in their order.

    It grows with the names, then, and not with their square.
    """
    left, right = list(firsts), list(seconds)
    pairs = list(product(left, right))
    if TRIES >= 10 or not pairs:
        return pairs
    rng, kept = random.Random(str(seed)), set[tuple[T, U]]()
    for _ in range(TRIES):
        rng.shuffle(left)
        rng.shuffle(right)
        count = max(len(left), len(right))
        kept.update(zip(islice(cycle(left), count), islice(cycle(right), count), strict=True))
    return [pair for pair in pairs if pair in kept]
