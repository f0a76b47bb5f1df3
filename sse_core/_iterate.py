# SPDX-License-Identifier: MIT
"""iter_events and aiter_events: a decoder around any iterable of chunks, for those who bring one."""

from __future__ import annotations

from ._decoder import Decoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator

    from ._items import Event


def iter_events(chunks: Iterable[bytes], decoder: Decoder | None = None) -> Iterator[Event]:
    """The events of `chunks`, each as soon as its chunk came; what the end cut off is dropped.

    Bring a `decoder` to set its options, to read `last_event_id` and `incomplete` afterwards, or to go on
    where an exception of `chunks` stopped: the decoder keeps its place. Raises LimitError after the events
    that were complete before it.

    >>> from sse_core import iter_events
    >>> [event.data for event in iter_events([b"data: a\\n\\nda", b"ta: b\\n\\n"])]
    ['a', 'b']
    """
    decoder = Decoder() if decoder is None else decoder
    for chunk in chunks:
        yield from decoder.feed(chunk)
        if decoder.error is not None:
            raise decoder.error


async def aiter_events(chunks: AsyncIterable[bytes], decoder: Decoder | None = None) -> AsyncGenerator[Event, None]:
    """As `iter_events`, for an asynchronous iterable, under any event loop.

    >>> import asyncio
    >>> from sse_core import aiter_events
    >>> async def chunks():
    ...     yield b"data: a\\n\\n"
    >>> async def main():
    ...     return [event.data async for event in aiter_events(chunks())]
    >>> asyncio.run(main())
    ['a']
    """
    decoder = Decoder() if decoder is None else decoder
    async for chunk in chunks:
        for event in decoder.feed(chunk):
            yield event
        if decoder.error is not None:
            raise decoder.error
