"""The plain way beside the shortcuts: a dialect whose classes have promised nothing, and what both make of a stream."""

from functools import cache
from typing import Any, NamedTuple

from sse_core import SSEError
from sse_core.dialects import Dialect, Part, PartDecoder, Transcoder, get, names

NAMES = names()
# They read what is alike in a shorter way.
ALIKE = [name for name in NAMES if "alike" in vars(get(name).reader_class)]

# They write what is alike in a shorter way, too.
AGAIN = [name for name in NAMES if vars(get(name).writer_class or object).get("again")]


@cache
def plain(name: str) -> Dialect:
    """The dialect without its shortcuts: a class made of another one has none."""
    dialect = get(name)
    assert dialect.writer_class is not None
    reader = type(dialect.reader_class.__name__, (dialect.reader_class,), {})
    writer = type(dialect.writer_class.__name__, (dialect.writer_class,), {})
    return dialect.__replace__(reader=reader, writer=writer)


class Read(NamedTuple):
    """What a stream says: its parts, what each came from, and what was wrong with it."""

    parts: list[Part]
    raws: list[str]
    error: str | None


def read(dialect: Dialect, chunks: list[bytes]) -> Read:
    """What is read of the chunks, to their end."""
    decoder = PartDecoder(dialect)
    parts: list[Part] = []
    error = None
    try:
        for chunk in chunks:
            parts += decoder.feed(chunk)
        parts += decoder.close()
    except SSEError as raised:
        parts += raised.parts
        error = repr(raised)
    return Read(parts, [_text(part.raw) for part in parts], error)


def rewrite(source: Dialect, target: Dialect, chunks: list[bytes]) -> tuple[bytes, str | None]:
    """What a Transcoder makes of the chunks, to their end, and what it raised."""
    transcoder = Transcoder(source, target)
    data = b""
    try:
        for chunk in chunks:
            data += transcoder.feed(chunk)
        return data + transcoder.close(), None
    except SSEError as error:
        return data + error.data, repr(error)


def _text(raw: Any) -> str:
    try:
        return repr(raw)
    except RecursionError:
        return "too deep"
