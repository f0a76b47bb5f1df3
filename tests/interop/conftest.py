"""Shows what the helpers here assert, and keeps loopback away from a proxy."""

import pytest

pytest.register_assert_rewrite("everything", "interop", "readers", "servers")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
