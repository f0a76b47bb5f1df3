"""The model behind the gateway, played: `python -m benchmarks.upstream` prints its port, and answers until it is ended.

`GET /FIRST/COUNT/RATE` is an answer of openai-chat in COUNT texts, the first of them due at FIRST on the monotonic
clock, which all processes of a machine share; so whoever asks knows when each text was due. `schedule` says when.
"""

from __future__ import annotations

import asyncio
import random
import socket
from contextlib import suppress
from functools import lru_cache
from time import monotonic

from sse_core import SSE_HEADERS

from .answers import Answer

DIALECT = "openai-chat"
_PAUSE = 1.0  # seconds: as a model that thinks or runs a tool
_TEXTS_A_PAUSE = 5
_HEADERS = "".join([f"{name}: {value}\r\n" for name, value in {**SSE_HEADERS, "Connection": "close"}.items()])
_HEAD = f"HTTP/1.1 200 OK\r\n{_HEADERS}Transfer-Encoding: chunked\r\n\r\n".encode()


@lru_cache
def schedule(count: int, rate: float) -> list[float]:
    """When each text is due, in seconds from the first: some `rate` a second, unevenly, with a pause now and then."""
    rng = random.Random(count)
    due, times = 0.0, []
    for number in range(count):
        times.append(due)
        due += rng.uniform(0.5, 1.5) / rate + (_PAUSE if number % _TEXTS_A_PAUSE == _TEXTS_A_PAUSE - 1 else 0)
    return times


@lru_cache
def answer(count: int) -> Answer:
    """What is sent: an event that begins it, `count` texts, three events that end it."""
    return Answer(DIALECT, count)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = await reader.readuntil(b"\r\n\r\n")
    first, count, rate = request.split()[1].decode().strip("/").split("/")
    blocks = [b"%x\r\n%b\r\n" % (len(block), block) for block in answer(int(count)).blocks]
    begin, texts, end = blocks[0], blocks[1 : int(count) + 1], blocks[int(count) + 1 :]
    with suppress(ConnectionError):  # the gateway's client has gone, and the gateway with it
        writer.write(_HEAD + begin)
        for text, due in zip(texts, schedule(int(count), float(rate)), strict=True):
            await asyncio.sleep(float(first) + due - monotonic())
            writer.write(text)
            await writer.drain()
        writer.write(b"".join(end) + b"0\r\n\r\n")
    writer.close()


async def _main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listening:
        server = await asyncio.start_server(_serve, sock=listening)
        print(listening.getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main())
