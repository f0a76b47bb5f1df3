"""What every search is: cases made of a seed, a check that raises, and the finding, shrunk, as a row to paste."""

import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any, NamedTuple

from .shrinking import shrink

Case = tuple[Any, ...]  # Python literals, so that its repr is the row


class BrokenError(AssertionError):
    """A promise that a case breaks: `law` names it, `shown` is what was seen."""

    def __init__(self, law: str, *shown: object) -> None:
        super().__init__(f"{law}: {'; '.join([repr(value)[:600] for value in shown])}" if shown else law)
        self.law = law


class Search(NamedTuple):
    """`make` a case of a random generator; `check` it: any exception is a finding."""

    about: str
    make: Callable[[Random], Case]
    check: Callable[..., None]


class Finding(NamedTuple):
    """A case that failed: `law` is what it broke, the same for the same cause."""

    law: str
    message: str
    case: Case


def hold(condition: object, law: str, *shown: object) -> None:
    """Raise BrokenError unless the condition holds."""
    if not condition:
        raise BrokenError(law, *shown)


def failure(search: Search, case: Case) -> Finding | None:
    """What the case breaks, if anything."""
    try:
        search.check(*case)
    except BrokenError as error:
        return Finding(error.law, str(error), case)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        within = next((frame for frame in reversed(frames) if "sse_core" in Path(frame.filename).parts), frames[-1])
        law = f"{type(error).__name__} in {Path(within.filename).name}, {within.name}"
        return Finding(law, f"{law}, line {within.lineno}: {str(error)[:600]}", case)
    return None


def case_of(search: Search, seed: object, number: int) -> Case:
    """The case of a round: the same for the same seed, however many rounds came before."""
    return search.make(Random(f"{seed} {number}"))


def smallest(search: Search, found: Finding, seconds: float = 10) -> Finding:
    """The finding, shrunk as long as the same law is broken."""

    def breaks(case: Case) -> bool:
        again = failure(search, case)
        return again is not None and again.law == found.law

    end = monotonic() + seconds
    return failure(search, shrink(found.case, breaks, lambda: monotonic() < end)) or found


def cause(found: Finding) -> tuple[str, ...]:
    """What findings of one cause have in common: the law, and the names in their cases."""
    return (found.law, *[value for value in found.case if type(value) is str])


def findings(
    search: Search, seed: object, numbers: Iterator[int], known: Iterable[Case] = ()
) -> Iterator[tuple[int, Finding]]:
    """The findings of the rounds, the first of each cause, with its round; but those with the cause of a known case."""
    causes = {cause(found) for case in known if (found := failure(search, case))}
    for number in numbers:
        found = failure(search, case_of(search, seed, number))
        if found is not None and cause(found) not in causes:
            causes.add(cause(found))
            yield number, found
