"""How much the seeded searches try: a tenth, so that the suite takes a minute; all with SSE_CORE_TRIES=10, as in CI."""

import os
import random
from collections.abc import Iterable
from typing import TypeVar

TRIES = int(os.environ.get("SSE_CORE_TRIES", "1"))
T = TypeVar("T")


def tries(count: int) -> int:
    """How many of `count` rounds to run."""
    return max(1, count * TRIES // 10)


def some(cases: Iterable[T], seed: object) -> list[T]:
    """As large a part of `cases`, in their order; the same for the same seed."""
    found = list(cases)
    at = sorted(random.Random(str(seed)).sample(range(len(found)), min(tries(len(found)), len(found))))
    return [found[index] for index in at]
