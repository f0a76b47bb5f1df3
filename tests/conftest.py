"""Lets every test import what tests/support holds, whichever folder it is in."""

import sys
from pathlib import Path

import pytest

_SUPPORT = Path(__file__).parent / "support"
sys.path[:0] = [str(_SUPPORT), str(_SUPPORT / "grammars")]
pytest.register_assert_rewrite("reading", *[path.stem for path in (_SUPPORT / "grammars").glob("*.py")])
