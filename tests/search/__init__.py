"""Seeded searches for what breaks a promise: `python -m tests.search NAME --seconds N --seed S`."""

import sys
from pathlib import Path

# What tests/conftest.py does for pytest: tests/support is imported by name.
_SUPPORT = str(Path(__file__).parents[1] / "support")
if _SUPPORT not in sys.path:
    sys.path.insert(0, _SUPPORT)
