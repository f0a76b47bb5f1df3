"""What the tests of services share: a stream read for every cut, and what is written, as values."""

import json
from typing import Any

from reading import AnyDialect, all_cuts, read, whole, write

from sse_core import Decoder, Event
from sse_core.dialects import Finish, Part, Usage


def decoded(dialect: AnyDialect, stream: bytes) -> list[Part]:
    """The parts of a stream that ends as it should: the same for every cut."""
    parts = whole(dialect, stream)
    for chunks in all_cuts(stream):
        assert whole(dialect, *chunks) == parts
    return parts


def told(dialect: AnyDialect, stream: bytes) -> tuple[list[Part], str | None]:
    """The parts of any stream, and its truncation: the same for every cut."""
    found = read(dialect, stream)
    for chunks in all_cuts(stream):
        assert read(dialect, *chunks) == found
    return found


def check_again(dialect: AnyDialect, parts: list[Part]) -> None:
    """What is written of `parts` says the same, but for the word of a finish that is inferred, or of no known kind;
    a count that is not known may be 0."""
    found = read(dialect, write(dialect, parts))[0]
    for before, after in zip(_said(parts), _said(found), strict=True):
        if isinstance(before, Finish) and before.raw_reason in (None, "tired"):
            assert isinstance(after, Finish)
            assert (after.reason, after.choice) == (before.reason, before.choice) or before.raw_reason
        else:
            assert after == before
    for field in Usage.__match_args__[:-1]:
        count = getattr(_used(parts), field)
        assert count is None or getattr(_used(found), field) == count


def _said(parts: list[Part]) -> list[Part]:
    return [part for part in parts if part.kind not in ("usage", "done")]


def _used(parts: list[Part]) -> Usage:
    return [Usage(), *[part for part in parts if isinstance(part, Usage)]][-1]


def events(dialect: AnyDialect, *parts: Part) -> list[Event]:
    """The events of what is written of `parts`."""
    return Decoder().feed(write(dialect, parts))


def payloads(dialect: AnyDialect, *parts: Part) -> list[Any]:
    """Their data: JSON, or text as it stands."""
    return [_value(event.data) for event in events(dialect, *parts)]


def _value(data: str) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data
