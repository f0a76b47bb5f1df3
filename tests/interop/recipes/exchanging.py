"""A bare stream knows no HTTP: h11 does, and opens nothing either. `exchange` gives status, headers and chunks; a POST
needs a Content-Length and an `h11.Data` for its body.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import h11


@asynccontextmanager
async def exchange(
    url: str, headers: dict[str, str], send: Callable[[bytes], Awaitable[None]], receive: Callable[[], Awaitable[bytes]]
) -> AsyncIterator[tuple[int, Any, AsyncIterator[bytes]]]:
    http, where = h11.Connection(h11.CLIENT), urlsplit(url)

    async def next_event() -> object:
        while (event := http.next_event()) is h11.NEED_DATA:
            http.receive_data(await receive())
        return event

    async def read() -> AsyncGenerator[bytes, None]:
        while not isinstance(event := await next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    target = where._replace(scheme="", netloc="", path=where.path or "/", fragment="").geturl()
    fields = [("Host", where.netloc), *headers.items()]
    await send(http.send(h11.Request(method="GET", target=target, headers=fields)) + http.send(h11.EndOfMessage()))
    while not isinstance(response := await next_event(), h11.Response):
        pass  # a status below 200: the answer is yet to come
    async with aclosing(read()) as chunks:
        yield response.status_code, response.headers, chunks
