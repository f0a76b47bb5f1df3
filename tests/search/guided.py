"""The decoder's search, led by coverage: atheris makes the bytes, where it is installed."""

import importlib.util
import os
import subprocess
import sys

NAME = "guided"
ABOUT = "the decoder's, led by coverage; needs atheris"


def run(seconds: float, seed: int) -> int:
    """The exit status; 0 where there is no atheris. In a process of its own: what it leads must not be loaded yet."""
    if importlib.util.find_spec("atheris") is None:
        print(f"{NAME}: skipped, since atheris is not installed")
        return 0
    command = [sys.executable, "-m", __name__, str(int(seconds)), str(seed)]
    done = subprocess.run(command, check=False, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        print(done.stderr)
    else:
        print(
            f"{NAME}, seed {seed}: {next((line for line in done.stderr.splitlines() if line.startswith('Done')), '')}"
        )
    return 1 if done.returncode else 0


def _lead(seconds: str, seed: str) -> None:
    import atheris

    with atheris.instrument_imports(include=["sse_core"]):
        from . import decoder
    from .searching import failure, smallest

    def one(data: bytes) -> None:
        case = decoder.case_of_bytes(data)
        found = failure(decoder.SEARCH, case)
        if found is not None:
            small = smallest(decoder.SEARCH, found)
            print(f"# {NAME}, seed {seed}: {small.message}\n('decoder', {small.case!r}),", flush=True)
            os._exit(1)

    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=200"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    _lead(*sys.argv[1:])
