"""httpx, async: `aiter_bytes` without a size; under asyncio, trio and anyio."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

errors = httpx.TransportError


@asynccontextmanager
async def connect(
    url: str, headers: dict[str, str], timeout: float = 60
) -> AsyncIterator[tuple[int, Mapping[str, str], AsyncIterator[bytes]]]:
    limits = httpx.Timeout(timeout, connect=30)
    async with httpx.AsyncClient(timeout=limits) as client, client.stream("GET", url, headers=headers) as response:
        yield response.status_code, response.headers, response.aiter_bytes()
