# SPDX-License-Identifier: MIT
"""What dialects stand on: Dialect, Reader, JsonReader and Writer, and the pieces that several share."""

from .blocks import Blocks, Nesting
from .calls import CallBuffer
from .dialect import Dialect
from .json import JsonReader, dumps
from .members import (
    count_or_none,
    dict_of,
    dicts_of,
    given,
    index_or_none,
    read_error,
    str_or_none,
    text_of,
    write_error,
)
from .reader import Reader
from .writer import Writer, word_of

__all__ = [
    "Blocks",
    "CallBuffer",
    "Dialect",
    "JsonReader",
    "Nesting",
    "Reader",
    "Writer",
    "count_or_none",
    "dict_of",
    "dicts_of",
    "dumps",
    "given",
    "index_or_none",
    "read_error",
    "str_or_none",
    "text_of",
    "word_of",
    "write_error",
]
