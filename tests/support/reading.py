"""What the dialect tests share: streams from payloads, parts from streams, and the ways to cut one."""

import json
import random
from collections.abc import Iterable, Iterator
from typing import Any

from sse_core import EncodeError, TruncatedError
from sse_core.dialects import Accumulator, Done, Part, PartDecoder, PartEncoder, TextDelta, names

AnyDialect = Any  # a name, a Dialect, a Reader or a Writer


def has_text(name: Any) -> bool:
    """Whether a dialect has words for an answer: others have Others, and errors at most."""
    try:
        PartEncoder(name).send(TextDelta("Hi"))
    except EncodeError:
        return False
    return True


ANSWERING = [name for name in names() if has_text(name)]


def sse(*payloads: Any) -> bytes:
    """An unnamed event for each payload: text as it stands, anything else as JSON."""
    texts = [item if type(item) is str else json.dumps(item, ensure_ascii=False) for item in payloads]
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def read(dialect: AnyDialect, *chunks: bytes) -> tuple[list[Part], str | None]:
    """The parts of a stream, and what TruncatedError says if it was cut."""
    decoder = PartDecoder(dialect)
    parts = [part for chunk in chunks for part in decoder.feed(chunk)]
    try:
        return parts + decoder.close(), None
    except TruncatedError as error:
        return [*parts, *error.parts], str(error)


def whole(dialect: AnyDialect, *chunks: bytes) -> list[Part]:
    """The parts of a stream that ends as it should."""
    parts, problem = read(dialect, *chunks)
    assert problem is None, problem
    return parts


def ended(parts: Iterable[Part], how: Any) -> list[Part]:
    """`parts` as they come where each Finish is held, to the end or to an Error, since a later one may replace it."""
    given = list(parts)
    if any(part.kind == "error" for part in given):
        return [*given, Done(how)]
    finishes = [part for part in given if part.kind == "finish"]
    return [*[part for part in given if part.kind != "finish"], *finishes, Done(how)]


def write(dialect: AnyDialect, parts: Iterable[Part]) -> bytes:
    """The stream of `parts`, closed."""
    encoder = PartEncoder(dialect)
    return b"".join([encoder.send(part) for part in parts]) + encoder.close()


def gather(parts: Iterable[Part]) -> Accumulator:
    message = Accumulator()
    for part in parts:
        message.add(part)
    return message


def pieces(stream: bytes, size: int = 1) -> list[bytes]:
    return [stream[at : at + size] for at in range(0, len(stream), size)]


def random_pieces(stream: bytes, seed: object) -> list[bytes]:
    rng = random.Random(str(seed))
    cuts = sorted(rng.choices(range(len(stream) + 1), k=len(stream) // 50 + 2))
    return [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


def all_cuts(stream: bytes) -> Iterator[list[bytes]]:
    """Byte by byte, and in two at every byte."""
    yield pieces(stream)
    for at in range(1, len(stream)):
        yield [stream[:at], stream[at:]]


def nest(depth: int = 100_000) -> list[Any]:
    """A list in a list in a list ..., too deep to compare, print or write as JSON."""
    nested: list[Any] = []
    for _ in range(depth):
        nested = [nested]
    return nested
