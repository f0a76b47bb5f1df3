"""asyncio's streams, with `exchange`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Any
from urllib.parse import urlsplit

import h11
from exchanging import exchange

errors = (OSError, asyncio.TimeoutError, h11.RemoteProtocolError)


@asynccontextmanager
async def connect(
    url: str, headers: dict[str, str], timeout: float = 60
) -> AsyncIterator[tuple[int, Any, AsyncIterator[bytes]]]:
    where = urlsplit(url)
    opening = asyncio.open_connection(where.hostname, where.port or 80)  # ssl=True, and 443
    reader, writer = await asyncio.wait_for(opening, 30)

    async def send(data: bytes) -> None:
        writer.write(data)

    async def receive() -> bytes:
        return await asyncio.wait_for(reader.read(65536), timeout)

    with closing(writer):
        async with exchange(url, headers, send, receive) as answer:
            yield answer
