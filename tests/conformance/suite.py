"""The cases, their cuts, and what a decoder makes of them."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

Triple = tuple[str, str, str]  # type, data, last event ID
Factory = Callable[[], Any]
_FOLDER = Path(__file__).parents[1] / "cases"
_POSITIONS = 200  # a longer stream is not cut in two at each of its bytes
_THREES = 50


class Case(NamedTuple):
    """A stream as its source cuts it, and its events."""

    group: str
    name: str
    chunks: list[bytes]
    events: list[Triple]


class Failure(NamedTuple):
    """A case that failed: in how many of its cuts, and what came of the first of these."""

    case: Case
    cuts: int
    failed: int
    first: str
    came: list[Triple] | str


def cases() -> list[Case]:
    """All, by group."""
    return [_case(path.stem, row) for path in sorted(_FOLDER.glob("*.json")) for row in json.loads(path.read_bytes())]


def _case(file: str, row: dict[str, Any]) -> Case:
    group, name = file, row["name"]
    if file == "launchdarkly":  # by chapter, and its line ends each by itself: they fail apart
        chapter, section = name.split("/")[:2]
        group = f"{file}: {chapter}" + (f" {section.split()[0]}" if chapter == "linefeeds" else "")
    chunks = [base64.b64decode(chunk) for chunk in row["chunks_b64"]]
    events = [(event["type"], event["data"], event["last_event_id"]) for event in row["events"]]
    if seed := row.get("seed_last_event_id"):  # the id of the connection before: here of an event that comes first
        chunks, events = [f"id: {seed}\ndata: seed\n\n".encode(), *chunks], [("message", "seed", seed), *events]
    return Case(group, name, chunks, events)


def cuts(case: Case) -> Iterator[tuple[str, list[bytes]]]:
    """The ways to cut the stream of `case`, each with its name."""
    stream = b"".join(case.chunks)
    yield "as its source cuts it", case.chunks
    yield "whole", [stream]
    yield "byte by byte", [stream[at : at + 1] for at in range(len(stream))]
    for at in range(1, len(stream), -(-len(stream) // _POSITIONS)):
        yield f"in two at byte {at}", [stream[:at], stream[at:]]
    rng = Random(case.name)
    for _ in range(_THREES):
        first, second = sorted(rng.choices(range(len(stream) + 1), k=2))
        yield f"in three at bytes {first} and {second}", [stream[:first], stream[first:second], stream[second:]]


def failures(factory: Factory, which: Iterable[Case]) -> list[Failure]:
    """The cases that a decoder fails; what it raises is a failure too."""
    found = []
    for case in which:
        tried = [(name, read(factory, chunks)) for name, chunks in cuts(case)]
        wrong = [(name, came) for name, came in tried if came != case.events]
        if wrong:
            found.append(Failure(case, len(tried), len(wrong), *wrong[0]))
    return found


def counts(failed: Sequence[Failure]) -> list[tuple[str, int, int]]:
    """For each group, and for all: its name, how many cases it has, and how many fail."""
    of, wrong = Counter(case.group for case in cases()), Counter(failure.case.group for failure in failed)
    return [*[(group, number, wrong[group]) for group, number in of.items()], ("all", of.total(), wrong.total())]


def read(factory: Factory, chunks: Iterable[bytes]) -> list[Triple] | str:
    """The events of a stream; the exception, as text, if one came."""
    try:
        decoder = factory()
        events = [event for chunk in chunks for event in decoder.feed(chunk)]
        if hasattr(decoder, "close"):
            events += decoder.close()
        return [_triple(event) for event in events]
    except Exception as error:  # whatever it is, it is the decoder's
        return repr(error)


def _triple(event: Any) -> Triple:
    type = event.type if hasattr(event, "type") else event.event
    id = event.last_event_id if hasattr(event, "last_event_id") else event.id
    return type or "message", event.data, "" if id is None else id
