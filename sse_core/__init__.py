# SPDX-License-Identifier: MIT
"""Server-Sent Events, sans-IO: bytes in, events out; and back. Dialects are in `.dialects`."""

from ._decoder import Decoder
from ._encoder import SSE_HEADERS, Encoder, encode
from ._errors import DialectError, EncodeError, LimitError, SSEError, TruncatedError
from ._items import Comment, Event, Id, Ignored, Item, Retry
from ._iterate import aiter_events, aiter_items, iter_events, iter_items

__all__ = [
    "SSE_HEADERS",
    "Comment",
    "Decoder",
    "DialectError",
    "EncodeError",
    "Encoder",
    "Event",
    "Id",
    "Ignored",
    "Item",
    "LimitError",
    "Retry",
    "SSEError",
    "TruncatedError",
    "aiter_events",
    "aiter_items",
    "encode",
    "iter_events",
    "iter_items",
]
__version__ = "0.2.0"
