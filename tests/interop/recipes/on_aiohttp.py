"""aiohttp: `python on_aiohttp.py 8000`. What on_shutdown does comes before the server waits for its connections."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

from aiohttp import web
from broadcast import Broadcast, abody, atick

from sse_core import SSE_HEADERS, Item


def make_app(broadcast: Broadcast[asyncio.Queue[Item | None]], keep_alive: float = 15) -> web.Application:
    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers=SSE_HEADERS)
        await response.prepare(request)
        last_event_id = request.headers.get("Last-Event-ID", "")
        with suppress(ConnectionError):
            async with aclosing(abody(broadcast.subscribe, last_event_id, keep_alive)) as stream:
                async for data in stream:
                    await response.write(data)
        return response

    async def stop(app: web.Application) -> None:
        broadcast.close()

    async def publish(app: web.Application) -> AsyncIterator[None]:
        ticking = asyncio.ensure_future(atick(broadcast))
        yield
        ticking.cancel()

    app = web.Application()
    app.add_routes([web.get("/", serve)])
    app.on_shutdown.append(stop)
    app.cleanup_ctx.append(publish)
    return app


if __name__ == "__main__":
    # A client that does not read holds its connection open: for this long twice, and not for 60 seconds.
    web.run_app(make_app(Broadcast(asyncio.Queue)), host="127.0.0.1", port=int(sys.argv[1]), shutdown_timeout=0.5)
