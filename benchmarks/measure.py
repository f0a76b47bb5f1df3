"""Timing variants one after the other, fairly; and printing what came of it."""

from __future__ import annotations

import argparse
import gc
import math
import os
import platform
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from sse_core import __version__

# A variant: what to run, and the count it must return.
Variant = tuple[Callable[[], int], int]


def best(variants: Mapping[str, Variant], rounds: int) -> dict[str, float]:
    """The best seconds of each variant over `rounds`; each round runs all of them, in turn."""
    gc.collect()
    gc.freeze()  # what was imported before is walked by no collection, so that no rival's size slows another
    seconds = dict.fromkeys(variants, math.inf)
    try:
        for _ in range(rounds):
            for name, (run, expected) in variants.items():
                gc.collect()
                start = time.perf_counter()
                count = run()
                seconds[name] = min(seconds[name], time.perf_counter() - start)
                if count != expected:
                    raise RuntimeError(f"{name}: {count} came out, not {expected}")
    finally:
        gc.unfreeze()
    return seconds


def geometric_mean(values: Iterable[float]) -> float:
    """The geometric mean, as ratios want it; NaN of nothing."""
    logs = [math.log(value) for value in values]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def environment(versions: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the figures hold for: Python, CPU, commit, versions."""
    found = {"python": f"{platform.python_implementation()} {platform.python_version()}{_build()}", "cpu": _cpu()}
    commit = _commit()
    if commit:
        found["commit"] = commit
    return {**found, "sse_core": __version__, **(versions or {})}


def print_environment(found: Mapping[str, str]) -> None:
    """One line on the machine, one on the versions."""
    machine = ("python", "cpu", "commit")
    print(
        ", ".join([f"{name} {found[name]}" if name == "commit" else found[name] for name in machine if name in found])
    )
    print(", ".join([f"{name} {version}" for name, version in found.items() if name not in machine]))
    print(flush=True)


def print_table(headers: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> None:
    """Columns as wide as they must be; the first `left` are text, the others numbers."""
    widths = [max(len(row[at]) for row in [headers, *rows]) for at in range(len(headers))]
    for row in [headers, *rows]:
        cells = [
            cell.ljust(w) if at < left else cell.rjust(w) for at, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())
    sys.stdout.flush()


def whole(text: str) -> int:
    """An option's number that is 1 or more, for argparse."""
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def positive(text: str) -> float:
    """An option's number above 0, for argparse."""
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not above 0")
    return value


class Progress:
    """A line on standard error that says how far a long run is; silent for the first two seconds."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._started = self._written = time.monotonic()
        self._rewrites = sys.stderr.isatty()

    def step(self, label: str) -> None:
        """Say that `label` begins."""
        self._done += 1
        now = time.monotonic()
        if now - self._started < 2 or now - self._written < (0 if self._rewrites else 10):
            return
        self._written = now
        line = f"{self._done}/{self._total} {label}, {now - self._started:.0f} s"
        print(
            f"\r\033[K{line}" if self._rewrites else line,
            end="" if self._rewrites else "\n",
            file=sys.stderr,
            flush=True,
        )

    def close(self) -> None:
        """Leave a clean line."""
        if self._rewrites:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def _build() -> str:
    """Whether CPython was built with profile-guided optimisation: worth a third of its time, so figures must say it."""
    arguments = sysconfig.get_config_var("CONFIG_ARGS")
    if platform.python_implementation() != "CPython" or arguments is None:
        return ""
    # Debian runs the profiled build without the option, and takes the compiler's flags out of what sysconfig says.
    guided = "--enable-optimizations" in arguments or sysconfig.get_config_var("PGO_PROF_USE_FLAG") == ""
    return f" ({'with' if guided else 'without'} profile-guided optimisation)"


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return f"{line.partition(':')[2].strip()} ({os.cpu_count()} cores)"
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _commit() -> str | None:
    git = ["git", "-C", str(Path(__file__).parent.parent)]
    try:
        commit = subprocess.check_output([*git, "rev-parse", "--short", "HEAD"], stderr=subprocess.DEVNULL, text=True)
        changed = subprocess.check_output([*git, "status", "--porcelain", "--", "sse_core"], text=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit.strip() + (" (sse_core changed)" if changed.strip() else "")
