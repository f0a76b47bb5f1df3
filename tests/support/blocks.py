"""The Python blocks of README.md, and the programs it links, as modules, so that type checkers can read them.

`python tests/support/blocks.py FOLDER` writes them, one more that puts the blocks to their use, and what mypy and
pyright need to be run there.
"""

import json
import sys
from pathlib import Path

from recipes import blocks

ROOT = Path(__file__).parents[2]
_RECIPES = ROOT / "tests" / "interop" / "recipes"
# The module that each block becomes, and what tells the block.
MODULES = {
    "reading_requests": "requests.post(sys.argv[1]",
    "reading_httpx": "in iter_events(response.iter_bytes())",
    "chatting": "def chat(",
    "following": "requests.get(sys.argv[1]",
    "async_following": "afollow(",
    "on_fastapi": "FastAPI(",
    "relaying": "async def relay(",
    "parrot": "# parrot.py\n",
}
SETTINGS = {
    "mypy.ini": f"[mypy]\nstrict = True\npython_version = 3.10\nfiles = .\nmypy_path = {ROOT}\n",
    "pyrightconfig.json": json.dumps({"extraPaths": [str(ROOT)], "pythonVersion": "3.10"}),
}
_SYNC = ("with_http_client", "with_urllib", "with_requests", "with_urllib3", "with_httpx")
_ASYNC = ("with_httpx_async", "with_aiohttp", "with_asyncio", "with_trio")


def modules() -> dict[str, str]:
    """The text of each module by its name."""
    written = blocks("python")
    found = {}
    for name, marker in MODULES.items():
        [found[name]] = [block for block in written if marker in block]
        written.remove(found[name])
    assert written == [], "MODULES names every block"
    recipes = {path.stem: path.read_text(encoding="utf-8") for path in _RECIPES.glob("*.py")}
    return recipes | found | {"uses": _uses()}


def _uses() -> str:
    """A program that calls what the blocks define as README says, so that they fit together."""
    lines = [
        f"import {', '.join(['chatting', 'parrot', 'relaying', *_SYNC, *_ASYNC, 'trio'])}",
        "from contextlib import aclosing",
        "from functools import partial",
        "from sse_core.dialects import Part, PartDecoder, PartEncoder, TextDelta, Transcoder",
        "from sse_core.follow import afollow, follow",
        "URL = 'http://127.0.0.1/'",
        "wrong: str | None = chatting.chat(URL, {'stream': True}, {'Authorization': 'x'})",
        "parts: list[Part] = PartDecoder(parrot.PARROT).feed(b'')",
        "sent: bytes = PartEncoder(parrot.PARROT).send(TextDelta('x'))",
    ]
    for name in _SYNC:
        lines += [
            f"for event in follow(partial({name}.connect, URL), errors={name}.errors):",
            "    print(event.data)",
        ]
    lines.append("async def main() -> None:")
    for name in _ASYNC:
        sleep = ", sleep=trio.sleep" if name == "with_trio" else ""
        lines += [
            f"    events = afollow(partial({name}.connect, URL), errors={name}.errors{sleep})",
            "    async with aclosing(events) as stream:",
            "        async for event in stream:",
            "            print(event.data)",
            f"    async with {name}.connect(URL, {{}}) as (status, headers, chunks):",
            "        transcoder = Transcoder('openai-chat', parrot.PARROT)",
            f"        async with aclosing(relaying.relay(chunks, transcoder, {name}.errors)) as relayed:",
            "            async for data in relayed:",
            "                print(data.decode())",
        ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in {**SETTINGS, **{f"{name}.py": text for name, text in modules().items()}}.items():
        (folder / file).write_text(text, encoding="utf-8")
