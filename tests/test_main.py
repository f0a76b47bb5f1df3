"""The command: a stream in, a JSON line per event out, and how it ends."""

import io
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import captures
import pytest
from reading import ANSWERING, gather, read
from tries import some

import sse_core
from sse_core import EncodeError
from sse_core import __main__ as command
from sse_core.dialects import Finish, PartEncoder, TextDelta, Usage, names

ROOT = Path(__file__).parent.parent
STREAMS = ROOT / "tests" / "support" / "streams"
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
    "without items": ([], b": c\nretry: 5\nid: 1\n\nx: y\ndata: d\n\n", 0, [event("d", last_event_id="1")], ""),
    "only comments": ([], b": c\n: d\n\n", 0, [], ""),
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
        ("tools.sse", 8, 0),
        ("messages.sse", 12, 0),
        ("truncated.sse", 1, 1),
    ],
)
def test_streams(stream: str, count: int, status: int) -> None:
    code, out, _ = run(str(STREAMS / stream))
    assert (code, len(rows(out))) == (status, count)
    assert run(stdin=(STREAMS / stream).read_bytes())[:2] == (code, out)


# Dialects


def chat(*deltas: str, end: bool = True) -> bytes:
    """A chat stream of one chunk per delta, JSON text; to its finish and [DONE] if `end`."""
    events = [f'data: {{"id":"c","choices":[{{"index":0,"delta":{delta}}}]}}\n\n' for delta in deltas]
    if end:
        events.append('data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
    return "".join(events).encode()


def content(text: str) -> str:
    """A delta of `text`, which is JSON text without its quotes."""
    return f'{{"content":"{text}"}}'


CALL = '{"tool_calls":[{"index":0,"id":"1","function":{"name":"f","arguments":"{}"}}]}'
ERROR = b'data: {"error":{"message":"over\\nloaded \\u001b[2J","code":529}}\n\n'
CHAT = ["--dialect", "openai-chat"]
TEXT = [*CHAT, "--text"]
TO = [*CHAT, "--to", "websopy"]
# Status, standard output exactly, or the kinds of its lines, and how the one line on standard error goes on.
REFUSED = (
    'event: error\ndata: {"event":"error","message":"part cannot be said in sajuapi, which has no tool calls",'
    '"type":"unsupported"}\n\n'
)
DIALECT_OUTCOMES: dict[str, tuple[list[str], bytes, int, str | list[str], str]] = {
    "parts": (CHAT, chat(content("Hi")), 0, ["start", "text", "finish", "done"], ""),
    "parts of an empty stream": (CHAT, b"", 1, [], "openai-chat: the stream ended before "),
    "parts, what follows Done": (CHAT, chat() + b"data: {\n\ndata", 0, ["start", "finish", "done"], ""),
    "parts, no last blank line": (CHAT, chat(content("Hi"))[:-2], 0, ["start", "text", "finish", "done"], ""),
    "parts, cut": (
        CHAT,
        chat(content("Hi"), content("you"), end=False)[:-9],
        1,
        ["start", "text"],
        "openai-chat: the stream ended before [DONE]",
    ),
    "parts, cut but for the last payload": (
        CHAT,
        chat(content("Hi"), content("you"), end=False)[:-2],
        1,
        ["start", "text", "text"],
        "openai-chat: the stream ended before [DONE]",
    ),
    "parts, an error": (CHAT, ERROR, 1, ["error", "done"], "the server sent an error: over loaded \\x1b[2J"),
    "parts, an error as long as a book": (
        CHAT,
        json.dumps({"error": "東京\u2028" * 9999}, ensure_ascii=False).join(["data: ", "\n\n"]).encode(),
        1,
        ["error", "done"],
        "the server sent an error: 東京 東京 ",
    ),
    "parts, an invalid": (
        CHAT,
        b"data: {\n\n" + chat(),
        1,
        ["invalid", "start", "finish", "done"],
        "openai-chat: the data is no JSON: ",
    ),
    "parts, the first of two reasons": (
        CHAT,
        b"data: {\n\n" + ERROR,
        1,
        ["invalid", "error", "done"],
        "openai-chat: the data is no JSON: ",
    ),
    "parts, over the limit": (
        [*CHAT, "--max-event-size", "99"],
        chat(content("Hi"), end=False) + b"data: " + b"x" * 99,
        1,
        ["start", "text"],
        "an event is larger than max_event_size, 99 bytes",
    ),
    "parts, no number that JSON has": (
        ["--dialect", "json"],
        b'data: {"x":NaN}\n\n',
        1,
        ["other", "done"],
        "data that cannot be printed as JSON: ",
    ),
    "parts, nested too deep": (
        ["--dialect", "json"],
        b'data: {"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}\n\n",
        1,
        ["invalid", "done"],
        "json: the data is no JSON: ",
    ),
    "text": (TEXT, chat(content("One"), CALL, content(" \\n"), content("two")), 0, "One \ntwo", ""),
    "text of the first choice": (
        TEXT,
        chat(content("Hi") + '},{"index":1,"delta":{"content":"no"}'),
        0,
        "Hi",
        "",
    ),
    "text, cut": (TEXT, chat(content("Hi"), end=False), 1, "Hi\n", "openai-chat: the stream ended before [DONE]"),
    "text whose line had ended, cut": (TEXT, chat(content("Hi\\n"), end=False), 1, "Hi\n", "openai-chat: the stream "),
    "text, cut but for the last payload": (
        TEXT,
        chat(content("Hi"), content("you"), end=False)[:-2],
        1,
        "Hiyou\n",
        "openai-chat: the stream ended before [DONE]",
    ),
    "text, an error": (TEXT, chat(content("Hi"), end=False) + ERROR, 1, "Hi\n", "the server sent an error: "),
    "text, an invalid": (TEXT, b"data: [1]\n\n" + chat(content("Hi")), 1, "Hi\n", "openai-chat: "),
    "text, lone surrogates": (TEXT, chat(content("\\ud800"), content("\\udc00é")), 0, "??é", ""),
    "rewritten": (
        TO,
        b": hello\n" + chat(content("Hi"), content(" é")),
        0,
        ": hello\n"
        'data: {"type":"content","content":"Hi"}\n\n'
        'data: {"type":"content","content":" é"}\n\n'
        'data: {"type":"done"}\n\n',
        "",
    ),
    "rewritten, lone surrogates": (
        TO,
        chat(content("\\ud800")),
        0,
        'data: {"type":"content","content":"\\ud800"}\n\ndata: {"type":"done"}\n\n',
        "",
    ),
    "rewritten, cut": (
        TO,
        chat(content("Hi"), end=False),
        1,
        'data: {"type":"content","content":"Hi"}\n\n'
        'data: {"type":"error","message":"openai-chat: the stream ended before [DONE]"}\n\n',
        "openai-chat: the stream ended before [DONE]",
    ),
    "rewritten, an error": (
        TO,
        ERROR,
        1,
        'data: {"type":"error","message":"over\\nloaded \\u001b[2J","code":529,"status":529}\n\n',
        "the server sent an error: over loaded \\x1b[2J",
    ),
    "rewritten, an invalid": (
        TO,
        chat(content("Hi"), end=False) + b"data: [1]\n\n" + chat(),
        1,
        'data: {"type":"content","content":"Hi"}\n\n'
        'data: {"type":"error","message":"openai-chat: the data is no JSON object"}\n\n',
        "openai-chat: the data is no JSON object",
    ),
    "rewritten, over the limit": (
        [*TO, "--max-event-size", "99"],
        chat(content("Hi"), end=False) + b"data: " + b"x" * 99 + b"\n\n" + chat(),
        1,
        'data: {"type":"content","content":"Hi"}\n\n'
        'data: {"type":"error","message":"an event is larger than 99 bytes"}\n\n',
        "an event is larger than max_event_size, 99 bytes",
    ),
    "rewritten, what the target cannot say": (
        [*CHAT, "--to", "sajuapi"],
        chat(content("Hi"), CALL, content("no more")),
        1,
        'event: start\ndata: {"event":"start","id":"c"}\n\nevent: delta\ndata: {"event":"delta","text":"Hi"}\n\n'
        + REFUSED,
        "part cannot be said in sajuapi",
    ),
    "rewritten, what the target cannot say at the end": (
        [*CHAT, "--to", "sajuapi"],
        chat(CALL, end=False)[:-2],
        1,
        'event: start\ndata: {"event":"start","id":"c"}\n\n' + REFUSED,
        "part cannot be said in sajuapi",
    ),
    "rewritten as itself": (
        [*CHAT, "--to", "openai-chat"],
        b": c\n" + chat(content("Hi")) + b": after the end\n",
        0,
        ": c\n" + chat(content("Hi")).decode(),
        "",
    ),
    "the list": (["--list"], b"", 0, "".join(f"{name}\n" for name in names()), ""),
}


def test_a_dialect_of_ones_own_is_module_and_name(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from sse_core.dialects import get\nMINE = get('json', key='kind')\nNONE = 5\n")
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    for name, status, said in (
        ("mine:MINE", 0, b'"name": "tick"'),
        ("mine:NONE", 2, b"mine:NONE is no Dialect, but int"),
        ("mine:OTHER", 2, b"has no attribute 'OTHER'"),
        ("nobodys:MINE", 2, b"No module named 'nobodys'"),
        ("nobody", 2, b"no dialect is called 'nobody'; there are: "),
    ):
        stream = b'data: {"kind":"tick"}\n\n'
        done = subprocess.run([*COMMAND, "--dialect", name], env=environment, input=stream, capture_output=True)
        assert (done.returncode, said in done.stdout + done.stderr) == (status, True), done


def check_outcome(status: int, out: bytes, err: str, expected: tuple[Any, ...]) -> None:
    printed: str | list[str] = out.decode()
    if isinstance(expected[1], list):
        printed = [row["kind"] for row in rows(out.decode())]
    assert (status, printed) == expected[:2]
    assert err.startswith(f"standard input: {expected[2]}" if expected[2] else "")
    assert len(err.splitlines()) == status
    assert len(err) < 600


@pytest.mark.parametrize("name", some(DIALECT_OUTCOMES, "processes"))  # all of them below, in this process
def test_dialect_outcome(name: str) -> None:
    args, stdin, *expected = DIALECT_OUTCOMES[name]
    done = subprocess.run([*COMMAND, *args], cwd=ROOT, input=stdin, capture_output=True)
    check_outcome(done.returncode, done.stdout, done.stderr.decode(), tuple(expected))


def test_a_part_is_a_line_of_its_kind_and_all_members_but_raw() -> None:
    _, out, _ = run(*CHAT, stdin=chat(content("\\ud800"), end=False) + b"data: x\n\n")
    lines = out.splitlines()
    assert lines[0] == '{"kind": "start", "id": "c", "model": null, "role": null, "choice": 0}'
    assert lines[1] == '{"kind": "text", "text": "\\ud800", "block": 0, "refusal": false, "choice": 0}'
    invalid = json.loads(lines[2])
    assert list(invalid) == ["kind", "event", "error", "choice"]
    assert invalid["event"] == event("x")
    assert invalid["error"].startswith("openai-chat: the data is no JSON: ")


def test_nothing_nested_as_deep_as_json_reads_is_a_crash() -> None:
    # How deep that is differs between releases of Python; what is read may be too deep to be written.
    depths = [*range(900, 1100), *range(1100, 12000, 500)]
    stream = b"".join([b'data: {"x":' + b"[" * depth + b"]" * depth + b"}\n\n" for depth in depths])
    code, out, err = run("--dialect", "json", stdin=stream)
    kinds = [row["kind"] for row in map(json.loads, re.sub(r"\[+\]+", "[]", out).splitlines())]
    assert kinds[0] == "other"
    assert kinds[-2:] == ["invalid", "done"]
    assert len(kinds) == len(depths) + 1
    assert (code, err.count("\n")) == (1, 1)


# The same of `--dialect auto`, which says one line more first: what the stream is taken for.
AUTO = ["--dialect", "auto"]
UNTOLD = ": its first events do not tell the dialect: name it after --dialect"
AUTO_OUTCOMES: dict[str, tuple[list[str], bytes, int, str | list[str], str]] = {
    "told, parts": (AUTO, b": c\n\n" + chat(content("Hi")), 0, ["start", "text", "finish", "done"], "openai-chat"),
    "told, text": ([*AUTO, "--text"], chat(content("Hi"), content("é")), 0, "Hié", "openai-chat"),
    "told, rewritten": (
        [*AUTO, "--to", "websopy"],
        chat(content("Hi")),
        0,
        'data: {"type":"content","content":"Hi"}\n\ndata: {"type":"done"}\n\n',
        "openai-chat",
    ),
    "told, rewritten as itself": (
        [*AUTO, "--to", "openai-chat"],
        b": c\n" + chat(content("Hi")) + b": after the end\n",
        0,
        ": c\n" + chat(content("Hi")).decode(),
        "openai-chat",
    ),
    "told late, and nothing lost": (
        [*AUTO, "--max-event-size", "99"],
        b"id: 1\ndata: {}\n\n" * 15 + b'data: {"type":"content","content":"Hi"}\n\ndata: {"type":"done"}\n\n',
        0,
        [*["other"] * 15, "text", "finish", "done"],
        "websopy",
    ),
    "told by half an event": (AUTO, chat(content("Hi"), end=False)[:-2], 1, ["start", "text"], "openai-chat"),
    "told, and an error": ([*AUTO, "--text"], chat(content("Hi"), end=False) + ERROR, 1, "Hi\n", "openai-chat"),
    "told, and then over the limit": (
        [*AUTO, "--max-event-size", "99"],
        chat(content("Hi"), end=False) + b"data: " + b"x" * 99,
        1,
        ["start", "text"],
        "openai-chat",
    ),
    "over the limit": (
        [*AUTO, "--max-event-size", "9"],
        b"data: 1\n\ndata: 23456\n\n",
        1,
        "",
        ": an event is larger than max_event_size, 9 bytes",
    ),
    "an empty stream": (AUTO, b"", 2, "", UNTOLD),
    "comments for ever": (AUTO, b":" + b"c" * 8_000_000 + b"\n:" + b"c" * 10_000_000, 2, "", UNTOLD),
    "not told": (AUTO, ERROR, 2, "", UNTOLD),
    "a page": (AUTO, b"<html>\n", 2, "", ": no events: 1 line ignored, the first begins '<html>'"),
    "told too late": (AUTO, b"data: {}\n\n" * 16 + chat(content("Hi")), 2, "", UNTOLD),
}


def check_auto(status: int, out: bytes, err: str, expected: tuple[int, str | list[str], str]) -> None:
    if expected[2][0] == ":":
        assert (status, out) == (expected[0], b"")
        assert f"standard input{expected[2]}" in err.splitlines()[-1]
        assert err.startswith("usage: " if status == 2 else "standard input: ")
        return
    first, _, rest = err.partition("\n")
    assert first == f"standard input: taken for {expected[2]}"
    check_outcome(status, out, rest, (*expected[:2], "" if status == 0 else rest.removeprefix("standard input: ")))


@pytest.mark.parametrize(("args", "stdin", "status", "printed", "error"), AUTO_OUTCOMES.values(), ids=AUTO_OUTCOMES)
def test_auto_outcome(args: list[str], stdin: bytes, status: int, printed: str | list[str], error: str) -> None:
    done = subprocess.run([*COMMAND, *args], cwd=ROOT, input=stdin, capture_output=True)
    check_auto(done.returncode, done.stdout, done.stderr.decode(), (status, printed, error))


BEGUN = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","role":"assistant",'
    b'"content":[],"model":"claude","stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}}\n\n'
)
LOOKS_LIKE = {
    "a page": ([], b"<html>\n<p>x</p>\n", 0, "no events: 2 lines ignored, the first begins '<html>'"),
    "a line of a page that is cut": (
        [],
        b"<html>",
        1,
        "the stream ended inside an event, which was dropped; no events: 1",
    ),
    "lines of JSON": (
        [],
        b'{"a":1}\n',
        0,
        "no events: 1 line ignored, the first begins '{\"a\":1}'; lines of JSON are no",
    ),
    "compressed": ([], b"\x1f\x8b\x08\0\0\n\n", 0, "no events: is it compressed (gzip)?"),
    "a page of a dialect": (
        CHAT,
        b"<html>\n",
        1,
        "openai-chat: the stream ended before [DONE]; no events: 1 line ignored",
    ),
    "another dialect": (
        CHAT,
        BEGUN,
        1,
        "openai-chat: the stream ended before [DONE]; its first events look like anthropic-messages, not openai-chat",
    ),
    "another dialect, to be rewritten": (
        TO,
        BEGUN,
        1,
        "openai-chat: the stream ended before [DONE]; its first events look like anthropic-messages, not openai-chat",
    ),
    "a dialect that looks like another": (
        ["--dialect", "aitunnel"],
        chat(content("Hi"), end=False),
        1,
        "aitunnel: the stream ended before [DONE]\n",
    ),
    "another dialect's end": (
        ["--dialect", "anthropic-messages"],
        chat(content("Hi")),
        0,
        "its first events look like openai-chat, not anthropic-messages\n",
    ),
    "nobody's": (CHAT, b"data: {}\n\n", 1, "openai-chat: the stream ended before [DONE]\n"),
}


@pytest.mark.parametrize(("args", "stdin", "status", "said"), LOOKS_LIKE.values(), ids=LOOKS_LIKE)
def test_what_the_stream_looks_like_instead(
    args: list[str], stdin: bytes, status: int, said: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    (tmp_path / "stream").write_bytes(stdin)
    with standard_input(tmp_path / "stream"):
        assert command.main(args) == status
    err = capsysbinary.readouterr().err.decode()
    assert err.startswith(f"standard input: {said}")
    assert err.count("\n") == 1


WRONG_USAGE = {
    "an unknown dialect": ["--dialect", "openai"],
    "an unknown target": [*CHAT, "--to", "openai"],
    "a target that is to be told": [*CHAT, "--to", "auto"],
    "items of what is to be told": ["--dialect", "auto", "--items"],
    "no name": ["--dialect"],
    "no dialect": ["--dialect", "json:loads"],
    "text of what": ["--text"],
    "rewritten from what": ["--to", "openai-chat"],
    "text and rewritten": [*CHAT, "--text", "--to", "websopy"],
    "items of a dialect": [*CHAT, "--items"],
    "dataless in a dialect": [*CHAT, "--dataless"],
}


@pytest.mark.parametrize("name", some(WRONG_USAGE, "processes"))  # all of them below, in this process
def test_wrong_usage(name: str) -> None:
    code, out, err = run(*WRONG_USAGE[name], stdin=b"data: [DONE]\n\n")
    assert (code, out) == (2, "")
    assert err.startswith("usage: ")


@pytest.mark.parametrize(
    ("stream", "dialect", "text", "count"),
    [
        ("tokens.sse", "openai-chat", "One event, then the next.", 10),
        ("tools.sse", "openai-chat", "Let me look.", 8),
        ("messages.sse", "anthropic-messages", "Cześć, świecie!", 12),
    ],
)
def test_streams_of_a_dialect(stream: str, dialect: str, text: str, count: int) -> None:
    args = [str(STREAMS / stream), "--dialect", dialect]
    assert run(*args, "--text") == (0, text, "")
    code, out, _ = run(*args)
    assert (code, len(rows(out))) == (0, count)
    code, out, _ = run(*args, "--to", dialect)
    relayed, sent = sse_core.Decoder(), sse_core.Decoder()
    assert (code, relayed.feed_items(out.encode())) == (0, sent.feed_items((STREAMS / stream).read_bytes()))
    for name in some(("openai-responses", "gemini", "cohere-v2"), stream):
        code, out, err = run(*args, "--to", name)
        assert (code, err) == (0, "")
        assert run("--dialect", name, "--text", stdin=out.encode()) == (0, text, "")


def test_version() -> None:
    assert run("--version") == (0, f"python -m sse_core {sse_core.__version__}{os.linesep}", "")


def test_text_stays_readable_whatever_the_locale() -> None:
    env = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code, out, err = run(str(STREAMS / "unicode.sse"), env=env)
    assert (code, err) == (0, "")
    assert "東京は今日も晴れです。" in out
    code, out, err = run("żółw", env=env)
    assert (code, out, err.count("\n")) == (1, "", 1)
    stream = chat(content("東京"), end=False)
    reason = "standard input: openai-chat: the stream ended before [DONE]\n"
    code, out, err = run(*CHAT, stdin=stream, env=env)
    assert (code, rows(out)[1]["text"], err) == (1, "東京", reason)
    assert "東京" in out
    assert run(*TEXT, stdin=stream, env=env) == (1, "東京\n", reason)
    code, out, err = run(*TO, stdin=stream, env=env)
    assert (code, out.splitlines()[0], err) == (1, 'data: {"type":"content","content":"東京"}', reason)
    code, out, err = run(*TEXT, stdin='data: {"error":"混んでいます"}\n\n'.encode(), env=env)
    assert (code, out, err.count("\n"), err.isascii()) == (1, "", 1, True)


def start(*args: str, **more: Any) -> subprocess.Popen[bytes]:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*COMMAND, *args], cwd=ROOT, bufsize=0, **{**pipes, **more})


def exchange(process: subprocess.Popen[bytes], chunk: bytes, size: int = -1) -> bytes:
    """Write a chunk, read the line it makes, or its first `size` bytes, while both pipes stay open."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(chunk)
    assert select.select([process.stdout], [], [], 30)[0], "nothing is printed while the pipe is open"
    return process.stdout.readline(size)


@posix
def test_an_event_is_printed_while_the_stream_goes_on() -> None:
    with start() as process:
        assert json.loads(exchange(process, b"data: 1\n\n")) == event("1")
        assert json.loads(exchange(process, b"data: 2\r\r")) == event("2")
        assert process.communicate(b"\ndata: 3\n\n")[0].count(b"\n") == 1
    assert process.returncode == 0


@posix
def test_a_part_is_printed_while_the_stream_goes_on() -> None:
    with start(*CHAT) as process:
        assert json.loads(exchange(process, chat("{}", end=False)))["kind"] == "start"
        assert json.loads(exchange(process, chat(content("Hi"), end=False)))["text"] == "Hi"
        assert process.communicate(chat())[0].count(b"\n") == 2
    assert process.returncode == 0


@posix
def test_text_is_printed_while_the_stream_goes_on() -> None:
    with start(*TEXT) as process:
        assert exchange(process, chat(content("Hi"), end=False), 2) == b"Hi"
        assert exchange(process, chat(content(" é"), end=False), 3) == " é".encode()
        assert process.communicate(chat(content("!"))) == (b"!", b"")
    assert process.returncode == 0


@posix
def test_the_dialect_is_told_by_the_first_event_that_tells_it_while_the_stream_goes_on() -> None:
    with start(*AUTO, "--text") as process:
        assert process.stdin is not None
        process.stdin.write(b'data: {"choices":[]}\n\n')
        assert exchange(process, chat(content("Hi"), end=False), 2) == b"Hi"
        assert exchange(process, chat(content(" é"), end=False), 3) == " é".encode()
        assert process.communicate(chat(content("!"))) == (b"!", b"standard input: taken for openai-chat\n")
    assert process.returncode == 0


@posix
def test_what_is_rewritten_is_sent_while_the_stream_goes_on() -> None:
    with start(*TO) as process:
        assert exchange(process, b": on\n") == b": on\n"
        assert exchange(process, chat(content("Hi"), end=False)) == b'data: {"type":"content","content":"Hi"}\n'
        assert process.communicate(chat())[0] == b'\ndata: {"type":"done"}\n\n'
    assert process.returncode == 0


# What must end the command while its pipe is open, and the status.
ENDS = {
    "a sentinel": (chat(content("Hi")), 0),
    "an error": (ERROR + b"data: [DONE]\n\n", 1),
    "the limit": (b"data: " + b"x" * 100, 1),
}


@posix
@pytest.mark.parametrize("args", [CHAT, TEXT, TO], ids=["parts", "text", "rewritten"])
@pytest.mark.parametrize(("stream", "status"), ENDS.values(), ids=ENDS)
def test_the_end_does_not_wait_for_the_end_of_the_pipe(args: list[str], stream: bytes, status: int) -> None:
    with start(*args, "--max-event-size", "99") as process:
        assert process.stdin is not None
        process.stdin.write(stream)
        assert process.wait(30) == status
        process.communicate()


@posix
def test_what_the_target_cannot_say_ends_the_command() -> None:
    with start(*CHAT, "--to", "sajuapi") as process:
        assert process.stdin is not None
        process.stdin.write(chat(CALL, end=False))
        assert process.wait(30) == 1
        assert process.communicate()[1].count(b"\n") == 1


@posix
def test_ctrl_c_is_quiet() -> None:
    # A shell's background job ignores the signal, and so would what it starts.
    with start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as process:
        exchange(process, b"data: 1\n\n")
        process.send_signal(signal.SIGINT)
        assert process.communicate() == (b"", b"")
    assert process.returncode == 130


# Python gives the file itself as standard output where PYTHONUNBUFFERED is set, and a buffer where it is empty.
buffering = pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is full")


@posix
@buffering
@pytest.mark.parametrize(
    ("redirect", "status", "error"),
    [
        ("<&-", 1, "standard input: Bad file descriptor\n"),
        (">&-", 1, "standard output: Bad file descriptor\n"),
        ("1</dev/null", 1, "standard output: Bad file descriptor\n"),
        ("2>&-", 1, ""),
        ("| true", 0, ""),
        pytest.param(">/dev/full", 1, "standard output: No space left on device\n", marks=full),
    ],
)
def test_closed_and_full_streams(redirect: str, status: int, error: str, unbuffered: str) -> None:
    shell = ["sh", "-c", f'"$0" "$@" {redirect}', *COMMAND]
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(shell, cwd=ROOT, input=b"data: 1\n\ndata", capture_output=True, env=env)
    assert (done.returncode, done.stderr.decode()) == (status, error)


MANY = b"".join([b"data: %d\n\n" % number for number in range(20_000)])  # printed, ten times what a pipe holds


@posix
@buffering
def test_a_disk_that_is_nearly_full_is_no_success(unbuffered: str, tmp_path: Path) -> None:
    (tmp_path / "stream").write_bytes(b"data: 1\n\n" * 1000)  # printed by one write
    shell = ["sh", "-c", 'ulimit -f 20; exec "$0" "$@" > printed', *COMMAND, "stream"]
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(shell, cwd=tmp_path, capture_output=True, env={**env, "PYTHONPATH": str(ROOT)})
    assert (done.returncode, done.stderr) == (1, b"standard output: File too large\n")
    assert (tmp_path / "printed").stat().st_size % 512 == 0  # the last write was taken in part


@posix
@buffering
@pytest.mark.parametrize("waits", [True, False])
def test_a_pipe_that_takes_little_gets_all(waits: bool, unbuffered: str, tmp_path: Path) -> None:
    (tmp_path / "stream").write_bytes(MANY)
    reader, writer = os.pipe()
    os.set_blocking(writer, waits)
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with start(str(tmp_path / "stream"), stdout=writer, env=env) as process:
        os.close(writer)
        with open(reader, "rb", buffering=0) as printed:
            said = b"".join(iter(lambda: printed.read(1000), b""))
        assert process.communicate()[1] == b""
    assert process.returncode == 0
    assert [int(row["data"]) for row in rows(said.decode())] == list(range(20_000))


@posix
@buffering
def test_a_reader_of_the_first_lines_gets_them(unbuffered: str, tmp_path: Path) -> None:
    (tmp_path / "stream").write_bytes(MANY)
    shell = ["sh", "-c", '("$0" "$@"; echo "$?" >&2) | head -n 2', *COMMAND, str(tmp_path / "stream")]
    env = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, env=env)
    assert [row["data"] for row in rows(done.stdout.decode())] == ["0", "1"]
    assert done.stderr == b"0\n"


@posix
@pytest.mark.parametrize("args", [[], ["--dialect", "json"], TEXT, TO, ["--list"]], ids=" ".join)
def test_a_reader_who_had_enough_is_no_failure(args: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with start(*args, stdout=writer) as process:
        os.close(writer)
        assert process.communicate(chat(content("Hi"), end=False) + b"data: cut o")[1] == b""
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


@contextmanager
def standard_input(path: Path) -> Iterator[None]:
    kept = os.dup(0)
    try:
        with open(path, "rb") as stream:
            os.dup2(stream.fileno(), 0)
        yield
    finally:
        os.dup2(kept, 0)
        os.close(kept)


def test_main_reads_standard_input(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with standard_input(STREAMS / "named.sse"):
        assert command.main([]) == 0
    assert capsysbinary.readouterr().out.count(b"\n") == 6


@pytest.mark.parametrize(
    ("args", "stdin", "status", "printed", "error"), DIALECT_OUTCOMES.values(), ids=DIALECT_OUTCOMES
)
def test_main_dialect_outcome(
    args: list[str],
    stdin: bytes,
    status: int,
    printed: str | list[str],
    error: str,
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    (tmp_path / "stream").write_bytes(stdin)
    with standard_input(tmp_path / "stream"):
        code = command.main(args)
    out, err = capsysbinary.readouterr()
    check_outcome(code, out, err.decode(), (status, printed, error))


@pytest.mark.parametrize("name", names())
def test_main_prints_a_stream_whatever_it_counts_to(
    name: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    encoder, stream = PartEncoder(name), b""
    for part in (TextDelta("Hi"), Usage(9, 5, 14, 2, 3, 4), Finish("stop")):
        with suppress(EncodeError):
            stream += encoder.send(part)
    stream += encoder.close()
    counts = rb'((?:[tT]oken\w*|cache_\w+|\w+_count|input_length|reasoning|total)":)\d+'
    (tmp_path / "stream").write_bytes(re.sub(counts, rb"\g<1>" + b"9" * 4300, stream))
    for args in ([], ["--text"], ["--to", name], ["--to", "gemini"], ["--to", "openai-responses"]):
        assert command.main(["--dialect", name, *args, str(tmp_path / "stream")]) == 0
        out, err = capsysbinary.readouterr()
        assert err == b""
        if not args:
            assert [row for row in rows(out.decode()) if row["kind"] == "usage"] == []


def whole_recordings() -> dict[str, str]:
    """A recorded stream of each dialect that its first events tell: the first that is whole and has text."""
    found: dict[str, str] = {}
    for file, name, stream in captures.streams(ANSWERING):
        if name not in found and name not in ("lawbot", "writer-completions"):  # openai-chat's, and nobody's
            parts, problem = read(name, stream)
            message = gather(parts)
            if problem is None and message.text and message.error is None and message.invalid is None:
                found[name] = file
    return found


RECORDED = whole_recordings()


@pytest.mark.skipif(not RECORDED, reason=captures.WHY_NOT)
def test_recorded_streams_of_ten_dialects_and_more_have_text_without_their_names(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert len(RECORDED) >= 10
    for name, file in RECORDED.items():
        path = captures.FOLDER / file
        assert command.main([str(path), "--dialect", "auto", "--text"]) == 0
        out, err = capsysbinary.readouterr()
        texts = [part.text for part in read(name, path.read_bytes())[0] if part.kind == "text" and part.choice == 0]
        assert (out.decode(), err.decode()) == ("".join(texts), f"{path}: taken for {name}\n")


@pytest.mark.parametrize("args", [["--max-event-size", "-1"], *WRONG_USAGE.values()], ids=" ".join)
def test_main_wrong_usage(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        command.main(args)
    assert stopped.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("usage: ")


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


@posix
@pytest.mark.parametrize("buffered", [True, False])
def test_main_writes_until_all_is_taken(buffered: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Little(io.RawIOBase):
        """A pipe that takes three bytes, and is full at every other try; `select` finds room in it at once."""

        taken = b""
        tries = 0

        def writable(self) -> bool:
            return True

        def fileno(self) -> int:
            return writer

        def write(self, data: Any) -> int | None:
            self.tries += 1
            if self.tries % 2:
                return None
            self.taken += bytes(data[:3])
            return len(data[:3])

    reader, writer = os.pipe()
    little = Little()
    output = io.TextIOWrapper(io.BufferedWriter(little) if buffered else little)
    monkeypatch.setattr(sys, "stdout", output)
    assert command.main([str(STREAMS / "named.sse")]) == 0
    assert len(rows(little.taken.decode())) == 6
    os.close(reader)
    os.close(writer)


def test_main_when_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(io.BytesIO):
        def write(self, data: Any) -> int:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(Interrupted()))
    assert command.main([str(STREAMS / "named.sse")]) == 130


@pytest.mark.parametrize(("args", "stdin", "status", "printed", "error"), AUTO_OUTCOMES.values(), ids=AUTO_OUTCOMES)
def test_main_auto_outcome(
    args: list[str],
    stdin: bytes,
    status: int,
    printed: str | list[str],
    error: str,
    tmp_path: Path,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    (tmp_path / "stream").write_bytes(stdin)
    with standard_input(tmp_path / "stream"):
        try:
            code = command.main(args)
        except SystemExit as wrong:
            code = int(str(wrong))
    out, err = capsysbinary.readouterr()
    check_auto(code, out, err.decode(), (status, printed, error))
