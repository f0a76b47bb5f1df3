"""The command: one search, for as long as it is given; exit status 1, and each case shrunk, if it found any."""

import argparse
import sys
from collections.abc import Iterator
from itertools import count
from time import monotonic

from . import guided
from .found import OPEN
from .searches import SEARCHES
from .searching import findings, smallest


def main() -> int:
    listed = "\n".join(f"  {name:12}{about}" for name, about in _abouts().items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.search",
        description=f"Search for what breaks a promise.\n\n{listed}",
        epilog="Exit status: 0; 1 if a case was found, which is a row for tests/search/found.py.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", choices=_abouts(), metavar="NAME")
    parser.add_argument("--seconds", type=float, default=60, metavar="N", help="how long (60)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the same seed makes the same cases (0)")
    parser.add_argument("--list", action="store_true", help="print the names")
    options = parser.parse_args()
    if options.list:
        print("\n".join(_abouts()))
        return 0
    if options.name is None:
        parser.error("which? " + ", ".join(_abouts()))
    if options.name == guided.NAME:
        return guided.run(options.seconds, options.seed)
    return _run(options.name, options.seconds, options.seed)


def _abouts() -> dict[str, str]:
    return {**{name: search.about for name, search in SEARCHES.items()}, guided.NAME: guided.ABOUT}


def _run(name: str, seconds: float, seed: int) -> int:
    begin, rounds, causes = monotonic(), 0, 0

    def numbers() -> Iterator[int]:
        nonlocal rounds
        for number in count():
            if monotonic() - begin >= seconds:
                return
            rounds = number + 1
            yield number

    known = [case for search, case in OPEN if search == name]
    for number, found in findings(SEARCHES[name], seed, numbers(), known):
        causes += 1
        small = smallest(SEARCHES[name], found)
        print(f"# {name}, seed {seed}, round {number}: {small.message}\n({name!r}, {small.case!r}),", flush=True)
    if known:
        print(f"# {len(known)} cases of tests/search/found.py are open: what has their causes was passed over")
    print(f"{name}, seed {seed}: {rounds} cases in {monotonic() - begin:.0f} s, {causes or 'nothing'} found")
    return 1 if causes else 0


if __name__ == "__main__":
    sys.exit(main())
