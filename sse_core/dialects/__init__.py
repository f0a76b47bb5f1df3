# SPDX-License-Identifier: MIT
"""What events mean: the parts, the dialects by name, and the streams that join them to the wire."""

from ._accumulate import Accumulator, Choice, ToolCall
from ._detect import detect
from ._parts import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Invalid,
    Other,
    Part,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from ._registry import get, names
from ._streams import PartDecoder, PartEncoder, aiter_parts, iter_parts
from ._transcoder import Transcoder
from .base import Dialect, JsonReader, PlainReader, PlainWriter, Reader, Writer

__all__ = [
    "Accumulator",
    "BlockEnd",
    "Choice",
    "Dialect",
    "Done",
    "Error",
    "Finish",
    "Invalid",
    "JsonReader",
    "Other",
    "Part",
    "PartDecoder",
    "PartEncoder",
    "PlainReader",
    "PlainWriter",
    "Reader",
    "ReasoningDelta",
    "Start",
    "TextDelta",
    "ToolCall",
    "ToolCallDelta",
    "Transcoder",
    "Usage",
    "Writer",
    "aiter_parts",
    "detect",
    "get",
    "iter_parts",
    "names",
]
