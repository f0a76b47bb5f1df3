"""trio, with `exchange`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import h11
import trio
from exchanging import exchange

errors = (OSError, trio.TooSlowError, trio.BrokenResourceError, h11.RemoteProtocolError)


@asynccontextmanager
async def connect(
    url: str, headers: dict[str, str], timeout: float = 60
) -> AsyncIterator[tuple[int, Any, AsyncIterator[bytes]]]:
    where = urlsplit(url)
    with trio.fail_after(30):
        stream = await trio.open_tcp_stream(where.hostname or "", where.port or 80)

    async def receive() -> bytes:
        with trio.fail_after(timeout):
            return await stream.receive_some()

    async with stream, exchange(url, headers, stream.send_all, receive) as answer:
        yield answer
