"""aiohttp: `iter_any`; its own timeout is five minutes for the whole answer."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp

errors = aiohttp.ClientError


@asynccontextmanager
async def connect(
    url: str, headers: dict[str, str], timeout: float = 60
) -> AsyncIterator[tuple[int, Mapping[str, str], AsyncIterator[bytes]]]:
    limits = aiohttp.ClientTimeout(total=None, connect=30, sock_read=timeout)
    async with aiohttp.ClientSession(timeout=limits) as session, session.get(url, headers=headers) as response:
        yield response.status, response.headers, response.content.iter_any()
