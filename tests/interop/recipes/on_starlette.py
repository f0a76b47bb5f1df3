"""Starlette: `uvicorn on_starlette:app --timeout-graceful-shutdown 1`, the option for clients that do not read."""

import asyncio

from broadcast import Broadcast, abody
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route
from under_uvicorn import lifespan

from sse_core import SSE_HEADERS, Item


def make_app(broadcast: Broadcast[asyncio.Queue[Item | None]], keep_alive: float = 15) -> Starlette:
    async def serve(request: Request) -> StreamingResponse:
        last_event_id = request.headers.get("Last-Event-ID", "")
        return StreamingResponse(abody(broadcast.subscribe, last_event_id, keep_alive), headers=SSE_HEADERS)

    return Starlette(routes=[Route("/", serve)], lifespan=lifespan(broadcast))


app = make_app(Broadcast(asyncio.Queue))
