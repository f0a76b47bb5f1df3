"""A client on Node: a program of this folder, run where its package is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Where npm puts what the package.json of each folder pins.
FOLDERS = (HERE / "node", HERE.parents[1] / "benchmarks" / "node")
MISSING = 3  # the exit status of a program that does not find its package


def on_node(script: str, package: str, *arguments: str, input: bytes = b"", timeout: float = 300) -> bytes:
    """What the program prints; the test is skipped without Node, or without the package."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    path = os.pathsep.join([os.environ.get("NODE_PATH", ""), *[str(folder / "node_modules") for folder in FOLDERS]])
    done = subprocess.run(
        [program, str(HERE / script), *arguments],
        input=input,
        env={**os.environ, "NODE_PATH": path},
        stdout=subprocess.PIPE,
        timeout=timeout,
    )
    if done.returncode == MISSING:
        pytest.skip(f"{package} is not installed: npm install --prefix tests/interop/node (or benchmarks/node)")
    assert done.returncode == 0
    return done.stdout
