# SPDX-License-Identifier: MIT
"""What dialects stand on: Dialect, Reader, JsonReader and Writer, and the pieces that several share."""

from .blocks import Blocks, Nesting, Waiting
from .calls import CallBuffer
from .dialect import Dialect
from .fragments import FragmentWriter
from .held import OVERHEAD, Heard, Held, HeldText, Text, length, short, short_or_none, weight
from .json import JsonReader, dumps
from .members import (
    added,
    count_or_none,
    dict_of,
    dicts_of,
    given,
    index_or_none,
    read_error,
    str_or_none,
    summed,
    text_of,
    time_of,
    write_error,
)
from .plain import PlainReader, PlainWriter, member
from .reader import Reader
from .screen import Screen, Shown
from .wholes import WholeReader, WholeWriter
from .writer import Writer, word_of

__all__ = [
    "OVERHEAD",
    "Blocks",
    "CallBuffer",
    "Dialect",
    "FragmentWriter",
    "Heard",
    "Held",
    "HeldText",
    "JsonReader",
    "Nesting",
    "PlainReader",
    "PlainWriter",
    "Reader",
    "Screen",
    "Shown",
    "Text",
    "Waiting",
    "WholeReader",
    "WholeWriter",
    "Writer",
    "added",
    "count_or_none",
    "dict_of",
    "dicts_of",
    "dumps",
    "given",
    "index_or_none",
    "length",
    "member",
    "read_error",
    "short",
    "short_or_none",
    "str_or_none",
    "summed",
    "text_of",
    "time_of",
    "weight",
    "word_of",
    "write_error",
]
