"""README.md's programs, pasted as they stand and run in their order, each with the address of a server."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from loopback import serve, serve_gets
from recipes import blocks

ROOT = Path(__file__).parents[2]
EVENT = {"Content-Type": "text/event-stream"}
ANSWER = (ROOT / "tests" / "support" / "streams" / "tools.sse").read_bytes()
TICKS = b"event: tick\nid: 1\ndata: one\n\ndata: two\n\n"
PROGRAMS = [block for block in blocks("python") if "sys.argv[1]" in block]
# What the server sends to each, and what it then prints.
SENT: list[tuple[bytes, str]] = [
    (TICKS, "tick one\nmessage two\n"),
    (TICKS, "tick one\nmessage two\n"),
    (ANSWER, 'Let me look.\nweather {"city":"Łódź"}\n31 14\n'),
    (TICKS, "tick one\nmessage two\n"),
    (ANSWER, "Let me look."),
]


@pytest.mark.parametrize("number", range(len(SENT)), ids=["requests", "httpx", "an answer", "follow", "afollow"])
def test_a_program_runs_as_it_stands(number: int, tmp_path: Path) -> None:
    for name in ("requests", "httpx"):
        pytest.importorskip(name, reason=f"{name} is not installed: tests/interop/requirements.txt")
    assert len(PROGRAMS) == len(SENT)
    sent, printed = SENT[number]
    (tmp_path / "program.py").write_text(PROGRAMS[number], encoding="utf-8")
    with ExitStack() as stack:
        if number == 3:  # what is asked for again is asked with GET, until it ends in 204
            url, _ = stack.enter_context(serve_gets([sent], EVENT))
        else:
            url = stack.enter_context(serve([sent], EVENT))
        command = [sys.executable, "-X", "utf8", str(tmp_path / "program.py"), url]
        environment = {"PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", timeout=60)
    assert (done.stdout, done.returncode) == (printed, 0), done.stderr
