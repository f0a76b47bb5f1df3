"""`python -m sse_core` on damaged input: status 0 or 1, one line on standard error with 1, and no traceback."""

import io
import json
import tempfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random

from random_streams import random_stream

from sse_core.__main__ import main

from .hostile import NAMES, damaged
from .searching import Case, Search, hold


def _make(rng: Random) -> Case:
    if rng.random() < 0.2:
        options = [option for option in ("--items", "--dataless") if rng.random() < 0.5]
        return [*options, *_limit(rng)], [random_stream(rng)]
    name = rng.choice(NAMES)
    how = rng.choice(([], [], ["--text"], ["--to", rng.choice(NAMES)]))
    return ["--dialect", name, *how, *_limit(rng)], damaged(rng, name)


def _limit(rng: Random) -> list[str]:
    return [] if rng.random() < 0.8 else ["--max-event-size", str(rng.choice((9, 64, 300)))]


def _check(options: list[str], blocks: list[bytes]) -> None:
    status, out, err = run(options, b"".join(blocks))
    hold(status in (0, 1), "the status is 0 or 1", status, err)
    # Of which nothing came, it is told what the stream looks like, with the status 0.
    looks = status == 0 and ("no events: " in err or "its first events look like " in err)
    hold(err.count("\n") == (status or looks), "one line on standard error with 1, none with 0", status, err)
    hold("Traceback" not in err, "no traceback", err)
    if "--to" not in options and "--text" not in options:
        for line in out.split(b"\n")[:-1]:
            hold(type(json.loads(line)) is dict, "each line is a JSON object", line)


def run(options: list[str], stream: bytes) -> tuple[object, bytes, str]:
    """What the command returns and prints, in this process: one for each run would be a hundred times slower."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "stream"
        file.write_bytes(stream)
        errors = io.StringIO()
        with (Path(folder) / "out").open("w+b") as out, io.TextIOWrapper(out) as text:
            with redirect_stdout(text), redirect_stderr(errors):
                try:
                    status: object = main([*options, str(file)])
                except SystemExit as error:
                    status = error.code
            text.flush()
            out.seek(0)
            return status, out.read(), errors.getvalue().replace(folder, "")


SEARCH = Search("`python -m sse_core` on damaged streams: its status and its one line", _make, _check)
