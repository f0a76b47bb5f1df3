"""The time `import sse_core` takes in a fresh interpreter, beside modules of the standard library."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MODULES = ["sse_core", "json", "re", "dataclasses", "typing", "asyncio"]
ROUNDS = 15
_CODE = """
import sys, time
sys.path.insert(0, sys.argv[1])
start = time.perf_counter()
import {}
print(time.perf_counter() - start)
"""


def milliseconds(module: str, rounds: int = ROUNDS) -> float:
    """The best of `rounds` fresh interpreters, with nothing loaded but what Python needs itself."""
    command = [sys.executable, "-I", "-S", "-c", _CODE.format(module), str(Path(__file__).parent.parent)]
    return 1000 * min(float(subprocess.check_output(command)) for _ in range(rounds))


def run() -> int:
    """Print a line per module."""
    print(f"milliseconds to import, best of {ROUNDS} fresh interpreters")
    for module in MODULES:
        print(f"{milliseconds(module):7.2f}  {module}", flush=True)
    return 0
