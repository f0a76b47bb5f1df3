"""Events to bytes: making an event and encoding it, beside sse-starlette."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from sse_core import Decoder, Encoder, Event

from .consumers import installed, print_missing
from .measure import best, environment, print_environment, print_table, whole

_DATA = '{"id":"chatcmpl-1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Hello"}}]}'
_LINES = 'selector #feed\nmode append\nelements <div id="m1">\nelements Hello</div>'
COUNT = 20_000
# What is sent: data, type (None: the default) and ids (none: no id).
Events = list[tuple[str, str | None, str | None]]
CASES: dict[str, Events] = {
    "one line": [(_DATA, None, None)] * COUNT,
    "four lines, type and id": [(_LINES, "datastar-patch-elements", str(number)) for number in range(COUNT)],
}

Writer = Callable[[Events], list[bytes]]


def sse_core(events: Events) -> list[bytes]:
    encode = Encoder().encode
    return [encode(Event(data, type or "message", id or "")) for data, type, id in events]


def _sse_starlette() -> Writer:
    event_class: Any = import_module("sse_starlette.event").ServerSentEvent

    def write(events: Events) -> list[bytes]:
        return [event_class(data, event=type, id=id).encode() for data, type, id in events]

    return write


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=whole, default=15, metavar="N", help="best of so many (15)")


def run(options: argparse.Namespace) -> int:
    """Print nanoseconds per event, and the ratio."""
    peers, versions, missing = installed({"sse-starlette": _sse_starlette})
    print_missing(missing)
    print_environment(environment(versions))
    writers = {"sse_core": sse_core, **peers}
    rows = []
    for case, events in CASES.items():
        expected = [Event(data, type or "message", id or "") for data, type, id in events]
        for name, write in writers.items():
            if Decoder().feed(b"".join(write(events))) != expected:
                raise RuntimeError(f"{name}: {case}: what was written does not decode to what was sent")
        seconds = best(
            {name: (partial(_count, write, events), COUNT) for name, write in writers.items()}, options.rounds
        )
        row = [case, *[f"{seconds[name] / COUNT * 1e9:,.0f}" for name in writers]]
        rows.append([*row, *[f"{seconds[name] / seconds['sse_core']:.2f}x" for name in peers]])
    print_table(["ns to make and encode an event", *writers, *["ratio" for _ in peers]], rows)
    return 0


def _count(write: Writer, events: Events) -> int:
    return len(write(events))
