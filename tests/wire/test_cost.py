"""Promise 4, the time: four times the input takes less than ten times as long; `benchmarks cost` is stricter."""

import time

import pytest

from benchmarks import cost


@pytest.mark.parametrize("shape", cost.SHAPES)
def test_cost_is_linear(shape: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The time of this thread, best of several, and measured again: a busy machine is no failure.
    monkeypatch.setattr("benchmarks.cost.time.perf_counter", time.thread_time)
    ratios = []
    for rounds in (3, 10, 30):
        ratios.append(cost.ratio(shape, size=2_000, rounds=rounds))
        if ratios[-1] < 10:
            return
    pytest.fail(f"{cost.FACTOR} x the input took {ratios} x the time")
