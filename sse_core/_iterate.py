# SPDX-License-Identifier: MIT
"""iter_events, iter_items and their asynchronous twins: a decoder around chunks, for those who bring an iterable."""

from __future__ import annotations

from ._decoder import Decoder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Iterator
    from typing import Any

    from ._items import Event, Item


def iter_events(chunks: Iterable[bytes], decoder: Decoder | None = None) -> Iterator[Event]:
    """The events of `chunks`, each as soon as its chunk came; what the end cut off is dropped.

    Bring a `decoder` to set its options, to read `last_event_id` and `incomplete` afterwards, or to go on
    where an exception of `chunks` stopped: the decoder keeps its place. Raises LimitError after the events
    that were complete before it.

    >>> from sse_core import iter_events
    >>> [event.data for event in iter_events([b"data: a\\n\\nda", b"ta: b\\n\\n"])]
    ['a', 'b']
    """
    return _iterate(chunks, decoder or Decoder(), False)


def iter_items(chunks: Iterable[bytes], decoder: Decoder | None = None) -> Iterator[Item]:
    """As `iter_events`, but everything the stream says: comments, `retry`, ids and ignored lines too, in their order.

    >>> from sse_core import iter_items
    >>> [*iter_items([b": hi\\nretry: 5\\n", b"data: a\\n\\n"])]
    [Comment(text='hi'), Retry(milliseconds=5), Event(data='a', type='message', last_event_id='')]
    """
    return _iterate(chunks, decoder or Decoder(), True)


def aiter_events(chunks: AsyncIterable[bytes], decoder: Decoder | None = None) -> AsyncGenerator[Event, None]:
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
    return _aiterate(chunks, decoder or Decoder(), False)


def aiter_items(chunks: AsyncIterable[bytes], decoder: Decoder | None = None) -> AsyncGenerator[Item, None]:
    """As `iter_items`, for an asynchronous iterable, under any event loop.

    >>> import asyncio
    >>> from sse_core import aiter_items
    >>> async def chunks():
    ...     yield b"id: 7\\n\\n"
    >>> async def main():
    ...     return [item async for item in aiter_items(chunks())]
    >>> asyncio.run(main())
    [Id(value='7')]
    """
    return _aiterate(chunks, decoder or Decoder(), True)


def _iterate(chunks: Iterable[bytes], decoder: Decoder, items: bool) -> Iterator[Any]:
    feed = decoder.feed_items if items else decoder.feed
    for chunk in chunks:
        yield from feed(chunk)
        if decoder.error is not None:
            raise decoder.error


async def _aiterate(chunks: AsyncIterable[bytes], decoder: Decoder, items: bool) -> AsyncGenerator[Any, None]:
    feed = decoder.feed_items if items else decoder.feed
    async for chunk in chunks:
        for item in feed(chunk):
            yield item
        if decoder.error is not None:
            raise decoder.error
