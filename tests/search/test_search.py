"""Each search for a few rounds, what they have found, and what they print."""

import ast
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from tries import tries

from .found import FOUND, OPEN
from .searches import SEARCHES
from .searching import BrokenError, Case, Search, case_of, failure, findings, hold, smallest

ROUNDS = {
    "decoder": 5_000,
    "readers": 10_000,
    "dialects": 2_000,
    "writers": 10_000,
    "transcoder": 1_500,
    "shortcuts": 2_000,
    "pickles": 5_000,
    "command": 1_500,
}


def test_every_search_has_its_rounds() -> None:
    assert list(ROUNDS) == list(SEARCHES)


@pytest.mark.parametrize("name", ROUNDS)
def test_a_search_finds_nothing(name: str) -> None:
    known = [case for search, case in OPEN if search == name]
    for number, found in findings(SEARCHES[name], 1, iter(range(tries(ROUNDS[name]))), known):
        small = smallest(SEARCHES[name], found)
        pytest.fail(f"{name}, seed 1, round {number}: {small.message}\n{(name, small.case)!r}")


@pytest.mark.parametrize(
    ("mended", "name", "case"), [(True, *row) for row in FOUND] + [(False, *row) for row in OPEN], ids=repr
)
def test_what_was_found_is_mended_and_what_is_open_is_not(mended: bool, name: str, case: Case) -> None:
    found = failure(SEARCHES[name], case)
    assert (found is None) is mended, found or "it is mended: move the row to FOUND"


# -- the searching itself, on a promise that is easily broken


def _make(rng: Random) -> Case:
    return "a name", [rng.randbytes(9) for _ in range(9)], {"limit": rng.randrange(9)}


def _check(name: str, blocks: list[bytes], options: dict[str, int]) -> None:
    hold(b"\x07" not in b"".join(blocks), "there is no bell", name)
    if b"\x08" in b"".join(blocks):
        raise KeyError(name)


BELLS = Search("bells", _make, _check)


def test_the_same_seed_makes_the_same_cases() -> None:
    for search in SEARCHES.values():
        assert [case_of(search, 5, number) for number in range(9)] == [
            case_of(search, 5, number) for number in range(9)
        ]


def test_a_finding_is_given_once_for_each_cause_and_shrinks_to_what_matters() -> None:
    found = [found for _, found in findings(BELLS, 0, iter(range(300)))]
    assert sorted(smallest(BELLS, one).case for one in found) == [
        ("a name", [b"\x07"], {}),
        ("a name", [b"\x08"], {}),
    ]
    assert {one.law for one in found} == {"there is no bell", "KeyError in test_search.py, _check"}


def test_a_payload_shrinks_and_stays_json() -> None:
    def check(blocks: list[bytes]) -> None:
        hold(not any(b'"bell": 7' in block and block.endswith(b"}\n\n") for block in blocks), "there is no bell")

    search = Search("bells", lambda rng: ([],), check)
    found = failure(search, ([b"data: 1\n\n", b'event: e\ndata: {"a": [1, 2], "b": {"bell": 7, "c": "d"}}\n\n'],))
    assert found is not None
    assert smallest(search, found).case == ([b'"bell": 7}\n\n'],)


def test_a_case_is_a_row_to_paste() -> None:
    for name, search in SEARCHES.items():
        for number in range(20):
            case = case_of(search, 3, number)
            assert ast.literal_eval(repr((name, case))) == (name, case)


def test_a_law_that_is_broken_says_what_was_seen() -> None:
    with pytest.raises(BrokenError, match="no bell: 'x'; 7"):
        hold(False, "no bell", "x", 7)


@pytest.mark.parametrize(
    ("args", "status", "out"),
    [
        (["--list"], 0, "decoder\nreaders\ndialects\nwriters\ntranscoder\nshortcuts\npickles\ncommand\nguided\n"),
        (["decoder", "--seconds", "0.1", "--seed", "3"], 0, "decoder, seed 3: "),
        (["nothing"], 2, ""),
        ([], 2, ""),
    ],
    ids=str,
)
def test_the_command(args: list[str], status: int, out: str) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-m", "tests.search", *args], cwd=root, capture_output=True, text=True)
    assert done.returncode == status, done.stderr
    assert done.stdout.startswith(out)
