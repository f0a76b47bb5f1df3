"""The gateways that `python -m benchmarks gateway` measures: `uvicorn benchmarks.asgi:app --factory`.

Each reads an answer of openai-chat with aiohttp and hands it to its client with Starlette, around the `relay` of
README.md: with a Transcoder, or as the bytes are. LiteLLM's takes lines and is asked for what it gives, so that relay
cannot be around it; it is spared the cost of it.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from sse_core import SSE_HEADERS
from sse_core.dialects import Transcoder, get

from .litellm import wrapped_to_anthropic
from .upstream import DIALECT

TARGET = "anthropic-messages"
UPSTREAM, GATEWAY, FOLDER = "SSE_CORE_UPSTREAM", "SSE_CORE_GATEWAY", "SSE_CORE_FOLDER"  # environment variables
# A gateway: the chunks of an answer in, and out.
_Relay = Callable[[AsyncIterator[bytes]], Any]


class _Bytes:
    """What relay takes in the place of a Transcoder: the bytes as they are."""

    done = None

    def feed(self, chunk: bytes) -> bytes:
        return chunk

    def close(self) -> bytes:
        return b""


def _around(codec: Callable[[], Any]) -> Callable[[Any], _Relay]:
    """README's relay, around what `codec` makes for each stream; given the errors of the client."""
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    [block] = [block for block in re.findall(r"```python\n(.*?)```", readme, re.DOTALL) if "async def relay(" in block]
    names: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), names)
    return lambda errors: lambda chunks: names["relay"](chunks, codec(), errors)


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[str]:
    decode, rest = codecs.getincrementaldecoder("utf-8")().decode, ""
    async for chunk in chunks:
        *lines, rest = (rest + decode(chunk)).split("\n")
        for line in lines:
            yield line


# By name: the dialect that a client reads, and the relay.
GATEWAYS: dict[str, tuple[str, Callable[[Any], _Relay]]] = {
    "sse_core": (TARGET, _around(lambda: Transcoder(get(DIALECT), get(TARGET)))),
    "bytes": (DIALECT, _around(_Bytes)),
    "litellm": (TARGET, lambda _: lambda chunks: wrapped_to_anthropic(_lines(chunks))),
}


class _Open:
    """How many streams this worker has open, in a file under the number of its process."""

    def __init__(self) -> None:
        self._count = 0
        self._file = os.open(Path(os.environ[FOLDER]) / str(os.getpid()), os.O_WRONLY | os.O_CREAT)
        self.add(0)

    def add(self, count: int) -> None:
        self._count += count
        os.pwrite(self._file, b"%8d" % self._count, 0)


def app() -> Any:
    """The gateway that the environment names."""
    aiohttp: Any = import_module("aiohttp")
    responses: Any = import_module("starlette.responses")
    relay = GATEWAYS[os.environ[GATEWAY]][1](aiohttp.ClientError)

    async def body(source: Any, streams: _Open) -> AsyncIterator[bytes]:
        streams.add(1)
        try:
            async with source, aclosing(relay(source.content.iter_any())) as stream:
                async for data in stream:
                    yield data
        finally:
            streams.add(-1)

    async def serve(request: Any) -> Any:
        source = await request.state.client.get(os.environ[UPSTREAM] + request.url.path)
        if source.status != 200:
            return responses.Response(status_code=502)
        return responses.StreamingResponse(body(source, request.state.streams), headers=SSE_HEADERS)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[dict[str, Any]]:
        unlimited = {"connector": aiohttp.TCPConnector(limit=0), "timeout": aiohttp.ClientTimeout(total=None)}
        async with aiohttp.ClientSession(**unlimited) as client:
            if os.environ[GATEWAY] == "litellm":
                import_module("litellm.llms.anthropic.pass_through.adapters.streaming_iterator")  # seconds
            yield {"client": client, "streams": _Open()}

    route = import_module("starlette.routing").Route("/{path:path}", serve)
    return import_module("starlette.applications").Starlette(routes=[route], lifespan=lifespan)
