"""mcp, client and server: copy to `src/mcp/shared/_sse.py`, beside `src/mcp/_vendor/sse_core`.

Its EventSource stands in the place of httpx2's where the client imports it, its EventSourceResponse in the place of
sse-starlette's where the server does; `encode_message` writes what `_streamable_http_modern.py` wrote by hand. So:

- An Id or a Retry is handed on as an event without data: a server primes resumption with `id` in a block that has no
  data, and sets the waiting time in one that has `retry` alone. MCP's client reads both, and no message in them.
- `event: message` is written (`default_type=""`): another client keeps the type of the event before.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx2
import sse_starlette
from httpx2 import ServerSentEvent, SSEError

from .._vendor.sse_core import Comment, Decoder, Encoder, Event, Id, LimitError, Retry, aiter_items, encode


class EventSource:
    def __init__(self, response: httpx2.Response, max_event_size: int | None = 1024 * 1024) -> None:
        self.response = response
        self._decoder = Decoder(max_event_size=max_event_size)

    async def __aiter__(self) -> AsyncIterator[ServerSentEvent]:
        content_type = self.response.headers.get("content-type", "").partition(";")[0].strip()
        if content_type.lower() != "text/event-stream":
            raise SSEError(f"Expected response with content type 'text/event-stream', got {content_type!r}.")
        try:
            async with aclosing(aiter_items(self.response.aiter_bytes(), self._decoder)) as items:
                async for item in items:
                    match item:
                        case Event(data, type, last_event_id):
                            yield ServerSentEvent(type, data, last_event_id)
                        case Id(value):
                            yield ServerSentEvent(id=value)
                        case Retry(milliseconds):
                            yield ServerSentEvent(retry=milliseconds)
        except LimitError as error:
            raise SSEError(f"Server-sent event exceeded the {error.limit} byte limit.") from error


class EventSourceResponse(sse_starlette.EventSourceResponse):
    def __init__(self, content: Any, **options: Any) -> None:
        super().__init__(_encoded(content), ping_message_factory=lambda: encode(Comment("ping")), **options)


async def _encoded(content: Any) -> AsyncGenerator[bytes, None]:
    encoder = Encoder(default_type="")
    async for fields in content:
        event = Event(fields["data"], fields.get("event", ""), fields.get("id", ""))
        yield encoder.encode(event, retry=fields.get("retry"))


def encode_message(data: str) -> bytes:
    return Encoder(default_type="").encode(Event(data))
