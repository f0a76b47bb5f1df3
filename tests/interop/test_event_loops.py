"""afollow under trio and anyio: waiting with their own sleep, and leaving."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest

from sse_core import Event
from sse_core.follow import afollow
from sse_core.reconnect import Reconnect

REASON = "{} is not installed: tests/interop/requirements.txt"
anyio: Any = pytest.importorskip("anyio", reason=REASON.format("anyio"))
trio: Any = pytest.importorskip("trio", reason=REASON.format("trio"))
LOOPS = {
    "trio": (trio.run, trio.open_nursery, trio.sleep, trio.lowlevel.checkpoint),
    "anyio on trio": (
        lambda main: anyio.run(main, backend="trio"),
        anyio.create_task_group,
        anyio.sleep,
        anyio.lowlevel.checkpoint,
    ),
    "anyio on asyncio": (anyio.run, anyio.create_task_group, anyio.sleep, anyio.lowlevel.checkpoint),
}


@pytest.mark.parametrize("loop", LOOPS)
def test_being_cancelled_closes_the_connection_in_one_step(loop: str) -> None:
    run, open_group, sleep, checkpoint = LOOPS[loop]
    log: list[str] = []

    @asynccontextmanager
    async def connect(headers: dict[str, str]) -> AsyncIterator[Any]:
        async def chunks() -> AsyncIterator[bytes]:
            if len(log) > 1:
                yield b"data: x\n\n"
                await sleep(1000)

        log.append("open")
        try:
            async with aclosing(chunks()) as got:
                yield 200, {"Content-Type": "text/event-stream"}, got
        finally:
            log.append("closed")

    async def read(got: list[Event]) -> None:
        async with aclosing(afollow(connect, None, Reconnect(base=0), errors=OSError, sleep=sleep)) as events:
            async for event in events:
                got.append(event)

    async def main() -> None:
        got: list[Event] = []
        async with open_group() as group:
            group.start_soon(read, got)
            while not got:
                await checkpoint()
            assert log == ["open", "closed", "open"]
            group.cancel_scope.cancel()
            with (trio.CancelScope if "trio" in loop else anyio.CancelScope)(shield=True):
                for _ in range(2):  # of a step's tasks any may be the first, this one too
                    await checkpoint()
            assert log == ["open", "closed", "open", "closed"]

    run(main)
