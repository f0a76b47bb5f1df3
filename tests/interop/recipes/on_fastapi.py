"""FastAPI: `uvicorn on_fastapi:app --timeout-graceful-shutdown 1`, the option for clients that do not read."""

import asyncio
from typing import Annotated

from broadcast import Broadcast, abody
from fastapi import FastAPI, Header
from fastapi.responses import StreamingResponse
from under_uvicorn import lifespan

from sse_core import SSE_HEADERS, Item

broadcast: Broadcast[asyncio.Queue[Item | None]] = Broadcast(asyncio.Queue)
app = FastAPI(lifespan=lifespan(broadcast))


@app.get("/")
async def serve(last_event_id: Annotated[str, Header()] = "") -> StreamingResponse:
    return StreamingResponse(abody(broadcast.subscribe, last_event_id), headers=SSE_HEADERS)
