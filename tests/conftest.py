"""Lets every test import what tests/support holds, whichever folder it is in; and keeps garbage collection short."""

import gc
import sys
from pathlib import Path

import pytest

_SUPPORT = Path(__file__).parent / "support"
sys.path[:0] = [str(_SUPPORT), str(_SUPPORT / "grammars")]
pytest.register_assert_rewrite("reading", *[path.stem for path in (_SUPPORT / "grammars").glob("*.py")])


@pytest.fixture(scope="module", autouse=True)
def _collect_what_a_module_makes() -> None:
    """Thousands of tests and their reports are walked by no collection: the tests of time and memory ask for many."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()  # or what is left open would go without its ResourceWarning
