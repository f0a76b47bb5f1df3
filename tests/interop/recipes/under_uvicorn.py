"""A lifespan for Starlette and FastAPI that ends the streams when uvicorn is told to stop, by Ctrl-C or SIGTERM.

uvicorn waits for its connections to close, and only then tells the lifespan: with streams open, for ever. So the
signal has to end them, and uvicorn's own handler goes on from there.
"""

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import FrameType
from typing import Any

from broadcast import Broadcast, atick


def lifespan(broadcast: Broadcast[Any]) -> Callable[[Any], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def run(app: Any) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():  # no other one has signals
            for number in (signal.SIGINT, signal.SIGTERM):
                then = signal.getsignal(number)
                if callable(then):
                    signal.signal(number, closing(loop, broadcast, then))
        ticking = asyncio.ensure_future(atick(broadcast))
        yield
        ticking.cancel()

    return run


def closing(
    loop: asyncio.AbstractEventLoop, broadcast: Broadcast[Any], then: Callable[[int, FrameType | None], Any]
) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(broadcast.close)
        then(number, frame)

    return handle
