"""What the package is made of: its names, its imports, its sizes; and that it can be vendored."""

import ast
import io
import os
import shutil
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import sse_core
from sse_core.dialects import names
from sse_core.dialects.named import DIALECTS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "sse_core"
CASES = sorted((ROOT / "tests" / "cases").glob("*.json"))
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip("."): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
WIRE = {"_errors", "_items", "_lines", "_decoder", "_encoder", "_iterate"}
# What a dialect takes of the standard library.
STANDARD = ("__future__", "abc", "collections", "itertools", "json", "re")
BASES = {name for name in MODULES if name.startswith("dialects.base")}
SHARED = {f"dialects._{name}" for name in ("parts", "registry", "detect", "streams", "transcoder", "accumulate")}

# Runs the wire cases with the package named by its second argument, from the folder that is its first; a
# package named sse_core stays out of reach unless it is the one asked for.
WIRE_CASES = """
import base64, importlib, json, sys
folder, name, *files = sys.argv[1:]
class Block:
    def find_spec(self, module, path=None, target=None):
        if module.partition(".")[0] == "sse_core" != name:
            raise ImportError(module)
sys.meta_path.insert(0, Block())
sys.path.insert(0, folder)
wire = importlib.import_module(name)
assert wire.__file__.startswith(folder), wire.__file__
count = 0
for file in files:
    for case in json.load(open(file, encoding="utf-8")):
        decoder = wire.Decoder(last_event_id=case.get("seed_last_event_id", ""))
        items = [item for chunk in case["chunks_b64"] for item in decoder.feed_items(base64.b64decode(chunk))]
        events = [item for item in items if isinstance(item, wire.Event)]
        expected = [(e["type"], e["data"], e["last_event_id"]) for e in case["events"]]
        assert [(e.type, e.data, e.last_event_id) for e in events] == expected, case["name"]
        relay = wire.Encoder()
        again = list(wire.iter_events([b"".join(map(relay.encode, items))]))
        assert [(e.type, e.data) for e in again] == [e[:2] for e in expected], case["name"]
        count += 1
print(count)
"""


def run(*args: object) -> str:
    done = subprocess.run([sys.executable, "-I", *map(str, args)], capture_output=True, text=True, encoding="utf-8")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_all_is_locked() -> None:
    assert sse_core.__all__ == [
        "SSE_HEADERS",
        "Comment",
        "Decoder",
        "DialectError",
        "EncodeError",
        "Encoder",
        "Event",
        "Id",
        "Ignored",
        "Item",
        "LimitError",
        "Retry",
        "SSEError",
        "TruncatedError",
        "aiter_events",
        "aiter_items",
        "encode",
        "iter_events",
        "iter_items",
    ]
    public = {name for name in vars(sse_core) if not name.startswith("_")}
    assert public - set(MODULES) <= set(sse_core.__all__)
    assert all(hasattr(sse_core, name) for name in sse_core.__all__)
    assert sse_core.__version__.count(".") == 2


# Imports


# What is another dialect with a few differences, and which.
VARIANTS = {
    "dialects.google.adk.reader": {"dialects.gemini.words"},
    "dialects.google.adk.writer": {"dialects.gemini.words"},
    "dialects.aitunnel": {"dialects.openai.base", "dialects.openai.chat"},
    "dialects.lawbot": {"dialects.openai.chat", "dialects.aitunnel"},
}


def may_import(module: str) -> set[str]:
    """The modules of the package that `module` may import when it runs; "" is the package itself."""
    below = {
        "_errors": set(),
        "_items": {"_errors"},
        "_lines": {"_items"},
        "_decoder": {"_errors", "_items", "_lines"},
        "_encoder": {"_errors", "_items"},
        "_iterate": WIRE - {"_iterate"},
    }
    if module in below:
        return below[module]
    if module == "reconnect":  # Value, and the encoder's checks of an id
        return {"_errors", "_items", "_encoder"}
    if module == "follow":
        return {"_errors", "_decoder", "reconnect"}
    if module == "":
        return WIRE
    if module == "__main__":
        return set(MODULES) - {"__main__"}
    if module == "dialects":
        return SHARED | {"dialects.base"}
    below = {"_errors", "_items"}
    if module == "dialects._parts":
        return below
    below |= {"dialects._parts"}
    if module == "dialects._accumulate":
        return below | {"dialects.base.held"}
    if module == "dialects._registry":
        return BASES
    if module == "dialects._detect":
        return below | {"dialects._registry"}
    if module == "dialects._streams":
        return WIRE | BASES | {"dialects._parts", "dialects._registry"}
    if module == "dialects._transcoder":
        return WIRE | BASES | {"dialects._parts", "dialects._streams"}
    if module in BASES:
        return below | BASES
    # A dialect: its own family, and what it is a variant of; never the decoder, the streams or the registry.
    family = ".".join(module.split(".")[:2])
    return (
        below | BASES | VARIANTS.get(module, set()) | {name for name in MODULES if f"{name}.".startswith(f"{family}.")}
    )


def imports(module: str) -> Iterator[tuple[str, str, bool]]:
    """Each import of `module`: how it is written, the module it is of, and whether only type checkers see it."""
    path = MODULES[module]
    tree = ast.parse(path.read_bytes())
    typing = {
        id(node)
        for test in ast.walk(tree)
        if isinstance(test, ast.If) and ast.unparse(test.test) == "TYPE_CHECKING"
        for statement in test.body
        for node in ast.walk(statement)
    }
    here = module.split(".") if path.name == "__init__.py" and module else module.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield ast.unparse(node), alias.name, id(node) in typing
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield ast.unparse(node), node.module or "", id(node) in typing
        elif isinstance(node, ast.ImportFrom):
            parent = here[: len(here) - node.level + 1] + ([node.module] if node.module else [])
            for alias in node.names:
                inside = ".".join([*parent, alias.name])
                yield ast.unparse(node), "." + (inside if inside in MODULES else ".".join(parent)), id(node) in typing


@pytest.mark.parametrize("module", MODULES)
def test_imports_are_relative_or_standard_and_go_down(module: str) -> None:
    is_dialect = module.startswith("dialects.") and module not in SHARED
    for statement, target, typing_only in imports(module):
        if target.startswith("."):
            assert typing_only or target[1:] in may_import(module), statement
        else:
            assert target.partition(".")[0] in sys.stdlib_module_names, statement
            assert not is_dialect or typing_only or target in STANDARD, statement


def test_only_follow_knows_a_clock() -> None:
    clocks = {"time", "random", "asyncio"}
    assert {name for name in MODULES if clocks & {target for _, target, _ in imports(name)}} == {"follow"}


def test_the_import_pulls_in_nothing_slow() -> None:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import sse_core; print(*sys.modules)"
    loaded = set(run("-S", "-c", code).split())
    assert "sse_core._decoder" in loaded
    assert not loaded & {"dataclasses", "inspect", "typing", "logging", "json", "asyncio", "argparse", "re"}


# Copies


def copy(folder: Path) -> Path:
    shutil.copytree(PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def count_cases() -> str:
    return run("-c", "import json, sys; print(sum(len(json.load(open(f))) for f in sys.argv[1:]))", *CASES)


def test_the_wire_works_alone(tmp_path: Path) -> None:
    alone = copy(tmp_path / "sse_core")
    shutil.rmtree(alone / "dialects", ignore_errors=True)
    for name in ("reconnect.py", "follow.py", "__main__.py"):
        (alone / name).unlink(missing_ok=True)
    assert {path.stem for path in alone.glob("*.py")} == WIRE | {"__init__"}
    assert run("-c", WIRE_CASES, tmp_path, "sse_core", *CASES) == count_cases()


def test_a_copy_with_two_dialects_has_these_two(tmp_path: Path) -> None:
    folder = copy(tmp_path / "sse_core") / "dialects"
    kept = {folder / "laddro.py", folder / "anthropic"}
    for path in folder.iterdir():
        if path.name[0] == "_" or path.name == "base" or path in kept:
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "anthropic" / "completions.py").unlink()
    shutil.rmtree(folder / "anthropic" / "sessions")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
from sse_core import Event
from sse_core.dialects import Transcoder, detect, get, names
print(*names())
print(detect([Event('{"choices":[{"delta":{}}]}'), Event('{"type":"content","content":"Hi"}')]))
print(detect([Event('{"type":"section","section":"a","content":"Hi"}')]))
stream = b'data: {"type":"section","section":"a","content":"Hi"}\\n\\ndata: {"type":"done"}\\n\\n'
print(Transcoder("anthropic-messages", "laddro").feed(Transcoder("laddro", "anthropic-messages").feed(stream)).decode())
for name in ("openai-chat", "json"):
    try:
        get(name)
    except ValueError as error:
        print(error)
"""
    assert run("-c", code, tmp_path).splitlines() == [
        "anthropic-messages laddro",
        "None",
        "laddro",
        'data: {"type":"section","section":"0","content":"Hi"}',
        "",
        'data: {"type":"done"}',
        "",
        "",
        "no dialect is called 'openai-chat'; there are: anthropic-messages, laddro",
        "no dialect is called 'json'; there are: anthropic-messages, laddro",
    ]


def test_a_vendored_copy_works_under_another_name(tmp_path: Path) -> None:
    copy(tmp_path / "host" / "_vendor" / "wire")
    assert run("-c", WIRE_CASES, tmp_path, "host._vendor.wire", *CASES) == count_cases()


def test_a_vendored_command_works_under_another_name(tmp_path: Path) -> None:
    copy(tmp_path / "host" / "_vendor" / "wire")
    command = [sys.executable, "-m", "host._vendor.wire", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    assert done.stdout == f"python -m host._vendor.wire {sse_core.__version__}\n"


def test_the_licence_and_the_type_marker_are_inside() -> None:
    assert (PACKAGE / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    assert (PACKAGE / "py.typed").is_file()


# Sources


def docstrings(tree: ast.AST) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


def code_lines(path: Path) -> int:
    """The lines of `path` but for blank lines, comments and docstrings."""
    source = path.read_bytes()
    skipped = (tokenize.ENCODING, tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    lines = {
        line
        for token in tokenize.tokenize(io.BytesIO(source).readline)
        if token.type not in (*skipped, tokenize.ENDMARKER)
        for line in range(token.start[0], token.end[0] + 1)
    }
    for docstring in docstrings(ast.parse(source)):
        lines -= set(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return len(lines)


def test_code_lines_are_counted_without_blanks_comments_and_docstrings(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text(
        '"""Two\nlines."""\n\n# a comment\nx = 1  # counts\n\n\ndef f():\n    """No."""\n    return """a\nb"""\n'
    )
    assert code_lines(file) == 4


@pytest.mark.parametrize("module", MODULES)
def test_a_file_says_its_licence_and_never_its_name(module: str) -> None:
    source = MODULES[module].read_text(encoding="utf-8")
    assert source.startswith("# SPDX-License-Identifier: MIT\n")
    tree = ast.parse(source)
    documentation = {id(docstring) for docstring in docstrings(tree)}
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert [node.value for node in strings if id(node) not in documentation and "sse_core" in node.value] == []


def test_no_file_name_says_two_things() -> None:
    seen: dict[Path, set[str]] = {}
    for path in [*PACKAGE.rglob("*.py"), *[path for path in PACKAGE.rglob("*") if path.is_dir()]]:
        if path.name not in ("__init__.py", "__pycache__"):
            name = path.stem.lstrip("_")
            assert name not in seen.setdefault(path.parent, set()), path
            seen[path.parent].add(name)


def test_a_checker_knows_each_dialect_by_name() -> None:
    tree = ast.parse((PACKAGE / "dialects" / "_registry.py").read_bytes())
    [literal] = [
        node.value for node in ast.walk(tree) if isinstance(node, ast.Assign) and "Name =" in ast.unparse(node)
    ]
    assert isinstance(literal, ast.Subscript)
    assert ast.literal_eval(literal.slice) == names()


def test_the_name_of_a_dialect_is_its_address() -> None:
    for name in names():
        address = "named" if name in DIALECTS else name  # a service that is a row of a table
        path = PACKAGE / "dialects" / address.replace("-", "/", 1).replace("-", "_")
        assert path.with_suffix(".py").is_file() or (path / "__init__.py").is_file(), name


@pytest.mark.parametrize("module", MODULES)
def test_a_module_stays_small(module: str) -> None:
    assert code_lines(MODULES[module]) <= 300


def test_the_wire_stays_small() -> None:
    assert sum(code_lines(MODULES[module]) for module in WIRE | {""}) < 652
