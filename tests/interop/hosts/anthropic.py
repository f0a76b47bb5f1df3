"""anthropic: copy to `src/anthropic/_sse.py`, beside `_vendor/sse_core`.

In `_streaming.py`, the line `from ._sse import SSEDecoder` stands in the place of `class SSEDecoder`, below
`class ServerSentEvent`. What this adapter decides:

- `raw`, the lines of the event, which its middleware hands on, are what Encoder writes: comments, `retry` and unknown
  fields in their order, then `id` where it changed, `event` and `data`, whatever order these three came in.
- No limit for the size of an event, as theirs has none.
- `event` is None where the stream names none (`default_type=""`), and a named event without data comes (`dataless`).
- Malformed UTF-8 becomes U+FFFD, where theirs raised UnicodeDecodeError; a block of `id` or `retry` alone is no event.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from ._streaming import ServerSentEvent
from ._vendor.sse_core import Decoder, Encoder, Event, Id, Ignored, Item, Retry, aiter_items, iter_items


class SSEDecoder:
    def iter_bytes(self, iterator: Iterator[bytes]) -> Iterator[ServerSentEvent]:
        """Given an iterator that yields raw binary data, iterate over it & yield every event encountered"""
        events = _Events()
        for item in iter_items(iterator, events.decoder):
            yield from events.of(item)

    async def aiter_bytes(self, iterator: AsyncIterator[bytes]) -> AsyncIterator[ServerSentEvent]:
        """Given an iterator that yields raw binary data, iterate over it & yield every event encountered"""
        events = _Events()
        async for item in aiter_items(iterator, events.decoder):
            for event in events.of(item):
                yield event


class _Events:
    """The events of one stream, each with the lines since the one before it."""

    def __init__(self) -> None:
        self.decoder = Decoder(max_event_size=None, dataless=True, default_type="")
        self._encoder = Encoder(default_type="")
        self._id = ""
        self._raw: list[str] = []
        self._retry: int | None = None

    def of(self, item: Item) -> Iterator[ServerSentEvent]:
        if isinstance(item, Event) and item.last_event_id != self._id:
            yield from self.of(Id(item.last_event_id))  # Encoder then leaves it out
        if isinstance(item, Ignored):
            self._raw.append(item.line)
        else:
            self._raw += self._encoder.encode(item).decode().rstrip("\n").split("\n")
        if isinstance(item, Id):
            self._id = item.value
        elif isinstance(item, Retry):
            self._retry = item.milliseconds
        elif isinstance(item, Event):
            raw, retry, self._raw, self._retry = self._raw, self._retry, [], None
            yield ServerSentEvent(event=item.type, data=item.data, id=self._id or None, retry=retry, raw=raw)
