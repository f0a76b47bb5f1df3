"""What README.md and the docstrings say is true: their examples run, their links lead somewhere."""

import ast
import asyncio
import doctest
import importlib
import inspect
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import types
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, get_args

import pytest
from blocks import modules
from recipes import README, blocks, recipe

import sse_core.follow
import sse_core.reconnect
from sse_core import dialects

ROOT = Path(__file__).parent.parent
MODULES = ["sse_core", *(module.name for module in pkgutil.walk_packages(sse_core.__path__, "sse_core."))]


@pytest.mark.parametrize("module", MODULES)
def test_docstring_examples_run(module: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(module))
    assert failed == 0


@pytest.mark.parametrize("name", sse_core.__all__)
def test_every_public_name_has_an_example(name: str) -> None:
    value = getattr(sse_core, name)
    if callable(value):
        assert ">>> " in (value.__doc__ or "")


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module that the README's third party wrote."""
    module = types.ModuleType("parrot")
    vars(module).update(recipe("# parrot.py\n"))
    monkeypatch.setitem(sys.modules, "parrot", module)


@pytest.mark.usefixtures("parrot")
def test_sessions_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert blocks("pycon") != []
    for number, block in enumerate(blocks("pycon")):
        test = doctest.DocTestParser().get_doctest(block, {}, f"README.md, session {number}", "README.md", 0)
        assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.strip().splitlines()[-1].strip())
def test_python_blocks_compile_and_import_what_there_is(block: str) -> None:
    compile(block, "README.md", "exec")
    for node in ast.walk(ast.parse(block)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sse_core"):
            assert {alias.name for alias in node.names} <= {*dir(importlib.import_module(node.module))}


def test_each_python_block_is_a_module_for_type_checkers() -> None:
    written = modules()  # which refuses a block that it does not know
    assert written.keys() >= {"relaying", "parrot", "uses"}
    for name, text in written.items():
        assert "type: ignore" not in text
        compile(text, name, "exec")


ANSWER = (ROOT / "tests" / "support" / "streams" / "tools.sse").read_bytes()
BEGUN = ANSWER[: ANSWER.index(b"\n\n", ANSWER.index(b"Let me look.")) + 2]
REST = ANSWER[len(BEGUN) :]
# What comes after BEGUN, by what becomes of the stream.
LATER: dict[str, list[bytes | Exception]] = {
    "whole": [REST[:50], REST[50:]],
    "left": [],
    "cut": [REST[:50]],
    "broken": [REST[:50], ConnectionResetError("reset by peer")],
    "damaged": [b"data: {oops\n\n", REST],
    "unsayable": [b'data: {"choices":[{"index":1,"delta":{"content":"too"}}]}\n\n', REST],
    "too large": [b"data: " + b"x" * 2000, b"x", REST],
}


@pytest.mark.parametrize("how", LATER)
def test_recipe_relay(how: str) -> None:
    relay: Callable[..., AsyncGenerator[bytes, None]] = recipe("async def relay")["relay"]
    transcoder = dialects.Transcoder("openai-chat", "websopy", max_event_size=1000)
    idle, closed = asyncio.Event(), []

    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield BEGUN
            await idle.wait()
            for chunk in LATER[how]:
                if isinstance(chunk, Exception):
                    raise chunk
                yield chunk
        finally:
            closed.append(how)

    async def main() -> list[bytes]:
        read = []
        async with (
            aclosing(chunks()) as source,
            aclosing(relay(source, transcoder, OSError, keep_alive=0.01)) as stream,
        ):
            async for data in stream:
                read.append(data)
                if data == b": keep-alive\n":
                    if how == "left":
                        break
                    idle.set()
        return read

    read = asyncio.run(main())
    assert closed == [how]
    assert b": keep-alive\n" in read
    if how == "left":
        return
    message = dialects.Accumulator()
    for part in dialects.iter_parts(read, "websopy"):
        message.add(part)
    assert message.text == "Let me look."
    assert (message.error is None) == (message.problem() is None) == (transcoder.problem is None) == (how == "whole")
    assert [call.complete for call in message.tool_calls] == [True] * (how == "whole")
    if how == "whole":
        rewritten = dialects.Transcoder("openai-chat", "websopy").feed(ANSWER)
        assert sse_core.Decoder().feed(b"".join(read)) == sse_core.Decoder().feed(rewritten)


def test_the_first_sh_block_runs_as_it_stands() -> None:
    [command] = blocks("sh")[0].splitlines()
    assert command.startswith("python3 -m sse_core tests/support/streams/")
    done = subprocess.run([sys.executable, *command.split()[1:]], cwd=ROOT, capture_output=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == (ROOT / command.split()[-1]).read_bytes().count(b"data:")
    assert done.stdout.endswith('"data": "[DONE]", "last_event_id": ""}\n')


def test_the_second_sh_block_runs_the_tests() -> None:
    assert "'.[test]'" in blocks("sh")[1]
    assert "pytest" in blocks("sh")[1].splitlines()[-1]


def test_the_third_sh_block_runs_as_it_stands() -> None:
    shell = 'python3() { "$PYTHON" "$@"; }\n' + blocks("sh")[2]
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(["sh", "-euc", shell], cwd=ROOT, capture_output=True, encoding="utf-8", env=environment)
    assert (done.returncode, done.stderr) == (0, "standard input: taken for openai-chat\n")
    assert done.stdout.startswith("Cześć, świecie!{")
    assert done.stdout.splitlines()[-1].startswith('{"kind": "done", ')


def test_the_fourth_sh_block_vendors_what_it_says(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sse_core", tmp_path / "sse_core", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["bash", "-euc", blocks("sh")[3]], cwd=tmp_path, check=True)
    for code, said in {
        "import host._vendor.sse_core.dialects as d; print(len(d.names()))": str(len(dialects.names())),
        "import host._wire as w; print(w.Decoder().feed(b'data: x\\n\\n')[0].data)": "x",
        "import host._two.dialects as d; print(*{n.split('-')[0] for n in d.names()} - {'openai', 'anthropic'})": "",
        "import host._two.dialects as d; print(d.PartDecoder('anthropic-messages').dialect.name)": "anthropic-messages",
    }.items():
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8")
        assert (done.stdout.strip(), done.stderr) == (said, "")


def table(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its own two lines."""
    section = README.partition(f"\n{heading}\n")[2]
    lines = f"\n{section}".partition("\n\n| ")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_the_table_of_parts_is_what_they_are() -> None:
    kinds = {}
    for part in get_args(dialects.Part):
        parameters = list(inspect.signature(part).parameters.values())
        assert [parameter.name for parameter in parameters[-2:]] == ["choice", "raw"]
        written = ", ".join(str(parameter.replace(annotation=parameter.empty)) for parameter in parameters[:-2])
        kinds[f"`{part.kind}`"] = f"`{part.__name__}({written})`"
    assert {row[0]: row[1] for row in table("### Parts")} == kinds


@pytest.mark.parametrize(
    ("heading", "owner"),
    [
        ("## Names", sse_core),
        ("### In sse_core.dialects", dialects),
        ("### In sse_core.follow", sse_core.follow),
        ("<details><summary>A <code>Reconnect</code> has</summary>", sse_core.reconnect.Reconnect),
    ],
    ids=["names", "dialects", "follow", "reconnect"],
)
def test_the_tables_of_names_have_true_signatures(heading: str, owner: Any) -> None:
    for row in table(heading):
        for written in re.findall("`([^`]+)`", row[0]):
            name, _, shown = written.partition("(")
            value = getattr(owner, name)
            if shown:
                shown = re.sub("64 Mi(B)?", str(64 * 1024 * 1024), shown.replace('"', "'"))
                signature = parameters(value)
                assert shown == signature or (shown.endswith("...)") and signature.startswith(shown[:-4])), written


def parameters(value: Any) -> str:
    """What a call of it takes, as README writes it: without annotations."""
    signature = inspect.signature(value)
    plain = [p.replace(annotation=p.empty) for p in signature.parameters.values() if p.name != "self"]
    written = str(signature.replace(parameters=plain, return_annotation=signature.empty)).removeprefix("(")
    return re.sub(r"<built-in function (\w+)>", r"time.\1", written)


@pytest.mark.parametrize(
    "name", [*sse_core.__all__, *dialects.__all__, *sse_core.reconnect.__all__, *sse_core.follow.__all__]
)
def test_every_public_name_is_in_it(name: str) -> None:
    assert re.search(rf"`{name}\b", README)


def test_the_tables_of_the_command_are_its_options() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sse_core", "--help"], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert {row[0].strip("`").split()[0] for row in table("## The command")} == {
        option for option in re.findall(r"^  .*?(--[\w-]+)", done.stdout, re.MULTILINE) if option != "--help"
    }


def test_it_is_read_in_one_sitting() -> None:
    assert len(re.sub("<details>.*?</details>", "", README, flags=re.DOTALL).splitlines()) <= 500


def test_links_lead_to_files_and_named_tests() -> None:
    links = re.findall(r"\[(`?)([^]`]*)`?\]\(([^)]+)\)", README)
    local = [(name if quote else "", target) for quote, name, target in links if "://" not in target]
    titles = re.findall("^#+ (.*)", README, re.MULTILINE)
    anchors = [f"#{re.sub('[^a-z ]', '', title.lower()).replace(' ', '-')}" for title in titles]
    for name, target in local:
        assert target in anchors if target[0] == "#" else (ROOT / target).exists(), target
        if name:
            assert f"def {name}(" in (ROOT / target).read_text(encoding="utf-8"), name
    named = [name for name, _ in local]
    for promise in range(1, 9):
        assert any(name.startswith(f"test_promise_{promise}_") for name in named), promise
