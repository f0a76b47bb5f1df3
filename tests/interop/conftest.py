"""Shows what the helpers here assert, lets tests import the programs in recipes, keeps loopback away from a proxy."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "recipes"))

pytest.register_assert_rewrite("everything", "interop", "readers", "servers")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
