"""openai and groq: copy to `src/openai/_sse.py`, beside `_vendor/sse_core`.

In `_streaming.py`, the line `from ._sse import SSEDecoder` stands in the place of `class SSEDecoder`, below
`class ServerSentEvent`; `_SSELineDecoder` goes. What this adapter decides:

- No limit for the size of an event, as theirs has none: openai tests that 64 MiB and a byte come whole.
- `event` is None where the stream names none (`default_type=""`), and a named event without data comes (`dataless`).
- Malformed UTF-8 becomes U+FFFD, where theirs raised UnicodeDecodeError; a block of `id` or `retry` alone is no event.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from ._streaming import ServerSentEvent
from ._vendor.sse_core import Decoder, Event, Item, Retry, aiter_items, iter_items


class SSEDecoder:
    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._decoder = Decoder(max_event_size=None, dataless=True, default_type="")
        self._retry: int | None = None

    def iter_bytes(self, iterator: Iterator[bytes]) -> Iterator[ServerSentEvent]:
        """Given raw binary data, yield every event encountered."""
        try:
            for item in iter_items(iterator, self._decoder):
                yield from self._events(item)
        finally:
            self._reset()

    async def aiter_bytes(self, iterator: AsyncIterator[bytes]) -> AsyncIterator[ServerSentEvent]:
        """Given async raw binary data, yield every event encountered."""
        try:
            async for item in aiter_items(iterator, self._decoder):
                for event in self._events(item):
                    yield event
        finally:
            self._reset()

    def _events(self, item: Item) -> Iterator[ServerSentEvent]:
        if isinstance(item, Retry):
            self._retry = item.milliseconds
        elif isinstance(item, Event):
            retry, self._retry = self._retry, None
            yield ServerSentEvent(event=item.type, data=item.data, id=item.last_event_id or None, retry=retry)
