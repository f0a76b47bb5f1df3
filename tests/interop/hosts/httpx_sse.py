"""httpx-sse: copy to `src/httpx_sse/_event_source.py`, beside `_vendor/sse_core`.

In `_api.py`, the line `from ._event_source import EventSource` stands in the place of `class EventSource`; nothing uses
`_decoders.py` and the two functions that split lines any more. What this adapter decides:

- The bytes are decoded as UTF-8, whatever charset the answer names: the standard has no other.
- `retry` comes with the next event; a block of `retry` or `id` alone is no event.
- An event may have 64 MiB, and one more byte is an SSEError: theirs had no limit.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

import httpx

from ._exceptions import SSEError
from ._models import ServerSentEvent
from ._vendor.sse_core import Event, Item, LimitError, Retry, aiter_items, iter_items


class EventSource:
    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._retry: int | None = None

    def _check_content_type(self) -> None:
        content_type = self._response.headers.get("content-type", "").partition(";")[0]
        if "text/event-stream" not in content_type:
            raise SSEError(
                f"Expected response header Content-Type to contain 'text/event-stream', got {content_type!r}"
            )

    @property
    def response(self) -> httpx.Response:
        return self._response

    def iter_sse(self) -> Iterator[ServerSentEvent]:
        self._check_content_type()
        try:
            for item in iter_items(self._response.iter_bytes()):
                yield from self._events(item)
        except LimitError as error:
            raise SSEError(str(error)) from error

    async def aiter_sse(self) -> AsyncGenerator[ServerSentEvent, None]:
        self._check_content_type()
        try:
            async for item in aiter_items(self._response.aiter_bytes()):
                for event in self._events(item):
                    yield event
        except LimitError as error:
            raise SSEError(str(error)) from error

    def _events(self, item: Item) -> Iterator[ServerSentEvent]:
        if isinstance(item, Retry):
            self._retry = item.milliseconds
        elif isinstance(item, Event):
            retry, self._retry = self._retry, None
            yield ServerSentEvent(item.type, item.data, item.last_event_id, retry)
