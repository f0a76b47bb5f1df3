"""The command: a stream in, a JSON line per event out, and how it ends."""

import io
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import sse_core
from sse_core import __main__ as command

ROOT = Path(__file__).parent.parent
STREAMS = ROOT / "tests" / "streams"
COMMAND = [sys.executable, "-W", "error", "-m", "sse_core"]
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX shells and signals")


def event(data: str, type: str = "message", last_event_id: str = "") -> dict[str, Any]:
    return {"type": type, "data": data, "last_event_id": last_event_id}


def run(*args: str, stdin: bytes = b"", **more: Any) -> tuple[int, str, str]:
    done = subprocess.run([*COMMAND, *args], cwd=ROOT, input=stdin, capture_output=True, **more)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def rows(output: str) -> list[Any]:
    return [json.loads(line) for line in output.split("\n")[:-1]]


# Status, what is printed, and one line on standard error (or how usage ends).
OUTCOMES = {
    "events": ([], b"data: 1\n\nevent: e\nid: 7\ndata: 2\n\n", 0, [event("1"), event("2", "e", "7")], ""),
    "an empty stream": ([], b"", 0, [], ""),
    "a dash is standard input": (["-"], b"data: 1\n\n", 0, [event("1")], ""),
    "items": (
        ["--items"],
        b": c\nretry: 5\nid: 1\n\nx: y\ndata: d\n\n",
        0,
        [{"comment": "c"}, {"retry": 5}, {"id": "1"}, {"ignored": "x: y"}, event("d", last_event_id="1")],
        "",
    ),
    "without items": ([], b": c\nretry: 5\nid: 1\n\nx: y\n\n", 0, [], ""),
    "dataless": (["--dataless"], b"event: end\n\n", 0, [event("", "end")], ""),
    "without dataless": ([], b"event: end\n\n", 0, [], ""),
    "truncated": ([], b"data: 1\n\ndata: 2", 1, [event("1")], "standard input: the stream ended inside an event"),
    "over the limit": (
        ["--max-event-size", "9"],
        b"data: 1\n\ndata: 23456\n\ndata: 3\n\n",
        1,
        [event("1")],
        "standard input: an event is larger than max_event_size, 9 bytes",
    ),
    "under the limit": (["--max-event-size", "9"], b"data: 12\n\n", 0, [event("12")], ""),
    "a missing file": (["no-such-file"], b"", 1, [], "no-such-file: No such file or directory\n"),
    "a missing file of another script": (["żółw"], b"", 1, [], ""),
    "a folder": (["tests"], b"", 1, [], "tests: Is a directory\n"),
    "two files": (["a", "b"], b"", 2, [], "usage: "),
    "an unknown option": (["--nothing"], b"", 2, [], "usage: "),
    "an option cut short": (["--item"], b"", 2, [], "usage: "),
    "a limit of 0": (["--max-event-size", "0"], b"", 2, [], "usage: "),
    "a limit in words": (["--max-event-size", "many"], b"", 2, [], "usage: "),
    "a limit in other digits": (["--max-event-size", "\u0663"], b"", 2, [], "usage: "),
}


@pytest.mark.parametrize(("args", "stdin", "status", "printed", "error"), OUTCOMES.values(), ids=OUTCOMES)
def test_outcome(args: list[str], stdin: bytes, status: int, printed: list[Any], error: str) -> None:
    code, out, err = run(*args, stdin=stdin)
    assert (code, rows(out)) == (status, printed)
    assert err.startswith(error)
    assert err.count("\n") == {0: 0, 1: 1}.get(status, err.count("\n"))
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("stream", "count", "status"),
    [
        ("tokens.sse", 10, 0),
        ("named.sse", 6, 0),
        ("crlf.sse", 4, 0),
        ("resume.sse", 4, 0),
        ("unicode.sse", 4, 0),
        ("truncated.sse", 1, 1),
    ],
)
def test_streams(stream: str, count: int, status: int) -> None:
    code, out, _ = run(str(STREAMS / stream))
    assert (code, len(rows(out))) == (status, count)
    assert run(stdin=(STREAMS / stream).read_bytes())[:2] == (code, out)


def test_version() -> None:
    assert run("--version") == (0, f"python -m sse_core {sse_core.__version__}{os.linesep}", "")


def test_text_stays_readable_whatever_the_locale() -> None:
    env = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code, out, err = run(str(STREAMS / "unicode.sse"), env=env)
    assert (code, err) == (0, "")
    assert "東京は今日も晴れです。" in out
    code, out, err = run("żółw", env=env)
    assert (code, out, err.count("\n")) == (1, "", 1)


def start(**more: Any) -> subprocess.Popen[bytes]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(COMMAND, cwd=ROOT, bufsize=0, **{**pipes, **more})


def exchange(process: subprocess.Popen[bytes], chunk: bytes) -> bytes:
    """Write a chunk, read the line it makes, while both pipes stay open."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(chunk)
    assert select.select([process.stdout], [], [], 30)[0], "nothing is printed while the pipe is open"
    return process.stdout.readline()


@posix
def test_an_event_is_printed_while_the_stream_goes_on() -> None:
    with start() as process:
        assert json.loads(exchange(process, b"data: 1\n\n")) == event("1")
        assert json.loads(exchange(process, b"data: 2\r\r")) == event("2")
        assert process.communicate(b"\ndata: 3\n\n")[0].count(b"\n") == 1
    assert process.returncode == 0


@posix
def test_ctrl_c_is_quiet() -> None:
    # A shell's background job ignores the signal, and so would what it starts.
    with start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as process:
        exchange(process, b"data: 1\n\n")
        process.send_signal(signal.SIGINT)
        assert process.communicate() == (b"", b"")
    assert process.returncode == 130


@posix
@pytest.mark.parametrize(
    ("redirect", "status", "error"),
    [
        ("<&-", 1, "standard input: Bad file descriptor\n"),
        (">&-", 1, "standard output: Bad file descriptor\n"),
        ("1</dev/null", 1, "standard output: Bad file descriptor\n"),
        ("2>&-", 1, ""),
        ("| true", 0, ""),
    ],
)
def test_closed_streams(redirect: str, status: int, error: str) -> None:
    shell = ["sh", "-c", f'"$0" "$@" {redirect}', *COMMAND]
    done = subprocess.run(shell, cwd=ROOT, input=b"data: 1\n\ndata", capture_output=True)
    assert (done.returncode, done.stderr.decode()) == (status, error)


@posix
def test_a_reader_who_had_enough_is_no_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with start(stdout=writer) as process:
        os.close(writer)
        assert process.communicate(b"data: 1\n\ndata: cut o")[1] == b""
    assert process.returncode == 0


# The same in this process, where coverage sees it.


def test_main_prints_items(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert command.main(["--items", str(STREAMS / "resume.sse")]) == 0
    printed = rows(capsysbinary.readouterr().out.decode())
    assert [next(iter(row)) for row in printed] == [
        *("comment", "retry", "type", "type", "id", "comment", "ignored", "ignored", "type", "id", "type")
    ]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ([str(STREAMS / "truncated.sse")], "the stream ended inside an event"),
        (["--max-event-size", "5", str(STREAMS / "tokens.sse")], "an event is larger than"),
        ([str(ROOT / "no-such-file")], "No such file"),
    ],
)
def test_main_fails_with_one_line(args: list[str], error: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(args) == 1
    err = capsys.readouterr().err
    assert error in err
    assert err.count("\n") == 1


def test_main_without_standard_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert command.main([str(ROOT / "no-such-file")]) == 1
    assert capsys.readouterr().out == ""


def test_main_reads_standard_input(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    kept = os.dup(0)
    try:
        with open(STREAMS / "named.sse", "rb") as stream:
            os.dup2(stream.fileno(), 0)
        assert command.main([]) == 0
    finally:
        os.dup2(kept, 0)
        os.close(kept)
    assert capsysbinary.readouterr().out.count(b"\n") == 6


def test_main_wrong_usage() -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(["--max-event-size", "-1"])
    assert stopped.value.code == 2


@pytest.mark.parametrize(("gone", "status"), [("reader", 0), ("writable", 1), ("all", 1)])
def test_main_when_output_is_gone(gone: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    read_only = os.open(os.devnull, os.O_RDONLY)
    with open(writer, "w") as broken, open(read_only, "w") as unwritable:
        monkeypatch.setattr(sys, "stdout", {"reader": broken, "writable": unwritable, "all": None}[gone])
        with pytest.raises(SystemExit) as stopped:
            command.main([str(STREAMS / "named.sse")])
    assert stopped.value.code == status


def test_main_when_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(io.BytesIO):
        def write(self, data: Any) -> int:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(Interrupted()))
    assert command.main([str(STREAMS / "named.sse")]) == 130
