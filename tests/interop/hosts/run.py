"""Other libraries' own tests, with their decoder and then with ours: `python tests/interop/hosts/run.py [HOST ...]`.

Each host's sdist is unpacked twice. In the second, the wire is vendored as `_vendor/sse_core`, the adapter beside this
file is copied in, and a few lines of the host are edited to use it. Fails if a test passes in the first and not in the
second, but for those named below.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

HERE = Path(__file__).parent
PACKAGE = HERE.parents[2] / "sse_core"
PINS = HERE / "requirements.txt"


class Host(NamedTuple):
    package: str  # the folder that takes `_vendor`
    adapter: str  # its name here
    place: str  # its path there
    edits: dict[str, dict[str, str]]  # in each file, what becomes what: regular expressions
    tests: str  # those of streaming; the rest never meet an event stream
    lost: frozenset[str] = frozenset()  # tests of what we do otherwise, on purpose


# Some of openai's tests look into the decoder in mid-stream; no program needs these two.
LOOKED_AT = """
from copy import deepcopy as _copy
SSEDecoder._data = property(lambda self: [event.data for event in _copy(self._decoder).flush()])
SSEDecoder._last_event_id = property(lambda self: self._decoder.last_event_id or None)
"""
DECODER = {r"class SSEDecoder:.*?\n(?=@runtime_checkable)": "from ._sse import SSEDecoder\n\n\n"}
RESPONSE = {r"from sse_starlette import EventSourceResponse": "from mcp.shared._sse import EventSourceResponse"}
HOSTS = {
    "openai": Host(
        "src/openai",
        "openai_groq.py",
        "src/openai/_sse.py",
        {"src/openai/_streaming.py": DECODER | {r"\Z": LOOKED_AT}},
        # Less the test of their line splitter, which nothing uses any more.
        """tests/test_streaming.py tests/test_sse_framing.py
        --deselect=tests/test_sse_framing.py::test_partial_line_uses_mutable_buffer""",
    ),
    "anthropic": Host(
        "src/anthropic",
        "anthropic.py",
        "src/anthropic/_sse.py",
        {"src/anthropic/_streaming.py": DECODER},
        """-p tests._alias_httpx tests/test_streaming.py tests/test_response.py tests/lib/streaming
        tests/lib/test_refusal_fallback_streaming.py""",
    ),
    "groq": Host(
        "src/groq",
        "openai_groq.py",
        "src/groq/_sse.py",
        {"src/groq/_streaming.py": DECODER},
        "tests/test_streaming.py tests/test_response.py",
    ),
    "mcp": Host(
        "src/mcp",
        "mcp.py",
        "src/mcp/shared/_sse.py",
        {
            "src/mcp/client/streamable_http.py": {
                r"from httpx2 import EventSource, ServerSentEvent\n": "from httpx2 import ServerSentEvent\n"
                "from mcp.shared._sse import EventSource\n"
            },
            "src/mcp/shared/_httpx_utils.py": {
                r"httpx2\.EventSource": "EventSource",
                r"\nimport httpx2\n": "\nimport httpx2\nfrom mcp.shared._sse import EventSource\n",
            },
            "src/mcp/server/sse.py": RESPONSE,
            "src/mcp/server/streamable_http.py": RESPONSE,
            "src/mcp/server/_streamable_http_modern.py": {
                r'f"event: message[^\n]*encode\(\)': "encode_message(data)",
                r"\nimport anyio\n": "\nimport anyio\nfrom mcp.shared._sse import encode_message\n",
            },
        },
        "-p no:asyncio tests/shared tests/client tests/server tests/interaction",
    ),
    "httpx-sse": Host(
        "src/httpx_sse",
        "httpx_sse.py",
        "src/httpx_sse/_event_source.py",
        {
            "src/httpx_sse/_api.py": {
                r"class EventSource:.*?\n(?=@contextmanager)": "from ._event_source import EventSource\n\n\n"
            }
        },
        # Less the tests of what nothing uses any more.
        "tests --ignore=tests/test_decoders.py -k 'not sse_lines'",
        frozenset({"tests.test_event_source.test_iter_sse_id_retry"}),  # an event for `retry` alone
    ),
}


def run(*command: object, cwd: Path | None = None) -> None:
    subprocess.run([*map(str, command)], cwd=cwd, check=True)


def pins(names: list[str]) -> list[str]:
    wanted = [line for line in PINS.read_text().splitlines() if line.partition("==")[0] in names]
    assert len(wanted) == len(names), "each host has its pin"
    return wanted


def replace_decoder(host: Host, root: Path) -> None:
    """Do in `root` what the docstring of the host's adapter says."""
    vendored = root / host.package / "_vendor"
    (vendored / "sse_core").mkdir(parents=True)
    (vendored / "__init__.py").touch()
    for file in [*PACKAGE.glob("_*.py"), PACKAGE / "LICENSE", PACKAGE / "py.typed"]:
        if file.name != "__main__.py":
            shutil.copy(file, vendored / "sse_core")
    shutil.copy(HERE / host.adapter, root / host.place)
    for name, edits in host.edits.items():
        text = (root / name).read_text(encoding="utf-8")
        for pattern, replacement in edits.items():
            text, count = re.subn(pattern, replacement, text, flags=re.DOTALL)
            assert count, f"{name} has no {pattern}"
        (root / name).write_text(text, encoding="utf-8")


def start(python: Path, root: Path, tests: str) -> subprocess.Popen[str]:
    options = ["-q", "--tb=short", "-oaddopts=", "-olog_cli=false", f"--junitxml={root / 'results.xml'}"]
    return subprocess.Popen(
        [str(python), "-m", "pytest", *options, *shlex.split(tests)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": "src:src/mcp-types:."},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(run: subprocess.Popen[str]) -> str:
    """What it said; a decoder that gives no event can leave a test waiting for ever."""
    try:
        return run.communicate(timeout=300)[0]
    except subprocess.TimeoutExpired:
        run.kill()
        return f"{run.communicate()[0]}\nstopped after 300 s"


def passed(root: Path) -> set[str]:
    """The names of the tests that passed; none where pytest could not begin."""
    if not (root / "results.xml").exists():
        return set()
    return {
        f"{case.get('classname')}.{case.get('name')}"
        for case in ElementTree.parse(root / "results.xml").iter("testcase")
        if not any(child.tag in {"failure", "error", "skipped"} for child in case)
    }


def try_host(name: str, python: Path, sdist: Path, work: Path) -> bool:
    """Run the tests with each decoder, both at once, and say what came of it."""
    host, began = HOSTS[name], time.monotonic()
    roots = [work / name / side for side in ("before", "after")]
    for root in roots:
        with tarfile.open(sdist) as archive:
            archive.extractall(root, filter="data")
    roots = [next(root.iterdir()) for root in roots]
    replace_decoder(host, roots[1])
    runs = [start(python, root, host.tests) for root in roots]
    said = [*map(finish, runs)]
    before, after = map(passed, roots)
    lost = before - after - host.lost
    for test in sorted(before - after):
        print(f"  {'FAILS now' if test in lost else 'differs on purpose'}: {test}")
    if lost or not before:
        print(*said, sep="\n")
    seconds = time.monotonic() - began
    print(f"{roots[0].name}: before {len(before)} passed, after {len(after)} passed ({seconds:.0f} s)", flush=True)
    return bool(before) and not lost


def main(names: list[str]) -> int:
    if unknown := set(names) - set(HOSTS):
        print(f"no such host: {', '.join(sorted(unknown))}; there are {', '.join(HOSTS)}", file=sys.stderr)
        return 2
    names = names or [*HOSTS]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        run(sys.executable, "-m", "venv", work / "venv")
        python = work / "venv" / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", "-r", PINS)
        options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-binary", ":all:", "--dest", work]
        run(python, "-m", "pip", "download", *options, *pins(names))
        results = []
        for name in names:
            [sdist] = work.glob(f"{name.replace('-', '_')}-*.tar.gz")
            results.append(try_host(name, python, sdist, work))
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
