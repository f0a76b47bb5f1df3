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
    """And not what came before it, thousands of tests and their reports: tests of time and memory collect often."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()  # or what is left open would go without its ResourceWarning
