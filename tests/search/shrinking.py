"""A case made smaller: Python literals with something left out, as long as they still fail."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

_EVENT = re.compile(rb"(.*?data: ?)([\[{\"].*?)(\s*)", re.DOTALL)


def shrink(case: tuple[Any, ...], fails: Callable[[Any], bool], time_left: Callable[[], bool]) -> tuple[Any, ...]:
    """The smallest case found that fails; names, the texts of the case itself, stay."""
    again = True
    while again:
        again = False
        for smaller in _of_case(case):
            if not time_left():
                return case
            if fails(smaller):
                case, again = smaller, True
                break
    return case


def _of_case(case: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    for at, value in enumerate(case):
        if type(value) is not str:
            for smaller in _of(value):
                yield (*case[:at], smaller, *case[at + 1 :])


def _of(value: Any) -> Iterator[Any]:
    """Values with less in them, the boldest first."""
    if type(value) in (list, bytes, str):
        if type(value) is bytes:
            yield from _of_event(value)
        yield from _without_runs(value)
        if type(value) is list:
            for at, item in enumerate(value):
                for smaller in _of(item):
                    yield [*value[:at], smaller, *value[at + 1 :]]
    elif type(value) is tuple:  # a class and its arguments: the last may be left out
        if len(value) > 2:
            yield value[:-1]
        for at in range(1, len(value)):
            for smaller in _of(value[at]):
                yield (*value[:at], smaller, *value[at + 1 :])
    elif type(value) is dict:
        for key in value:
            yield {name: member for name, member in value.items() if name != key}
        for key in value:
            for smaller in _of(value[key]):
                yield {**value, key: smaller}
    elif type(value) is int and value:
        yield 0


def _without_runs(value: Any) -> Iterator[Any]:
    size = len(value)
    while size:
        for at in range(0, len(value), size):
            yield value[:at] + value[at + size :]
        size //= 2


def _of_event(block: bytes) -> Iterator[bytes]:
    """The event with less in its payload, which stays JSON."""
    found = _EVENT.fullmatch(block)
    if found is None:
        return
    try:
        payload = json.loads(found[2])
        for smaller in _of(payload):
            yield found[1] + json.dumps(smaller).encode() + found[3]
    except (ValueError, RecursionError):
        return
