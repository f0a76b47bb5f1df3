"""A client on Node or Deno: a program of this folder, run where its package is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# Where npm puts what the package.json of each folder pins.
FOLDERS = (HERE / "node", HERE.parents[1] / "benchmarks" / "node")
MISSING = 3  # the exit status of a program that does not find its package


def on_node(
    script: str, package: str, *arguments: str, input: bytes = b"", timeout: float = 300, deno: bool = False
) -> bytes:
    """What the program prints, on Node or on npm's Deno; the test is skipped without either, or without the package."""
    path = [folder for folder in os.environ.get("NODE_PATH", "").split(os.pathsep) if folder]
    path += [str(folder / "node_modules") for folder in FOLDERS]
    program = shutil.which("deno", path=os.pathsep.join(f"{folder}/.bin" for folder in path)) if deno else None
    program = program or shutil.which("deno" if deno else "node")
    if program is None:
        pytest.skip(
            "deno is not installed: npm install --prefix tests/interop/node" if deno else "node is not installed"
        )
    done = subprocess.run(
        [program, *(["run", "--allow-all"] if deno else []), str(HERE / script), *arguments],
        input=input,
        env={**os.environ, "NODE_PATH": os.pathsep.join(path)},
        stdout=subprocess.PIPE,
        timeout=timeout,
    )
    if done.returncode == MISSING:
        pytest.skip(f"{package} is not installed: npm install --prefix tests/interop/node (or benchmarks/node)")
    assert done.returncode == 0
    return done.stdout
