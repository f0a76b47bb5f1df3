"""The parts: their kinds, the order of their fields, and that they are values."""

import inspect
import pickle
from typing import Any

import pytest

from sse_core import DialectError, Event
from sse_core.dialects import (
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

BAD = Event("oops")
NOT_JSON = DialectError("not JSON", BAD)

# Each class with its kind, its fields in order and their defaults, and values that differ from all of them.
LAYOUT: list[tuple[Any, str, dict[str, Any], tuple[Any, ...]]] = [
    (Start, "start", {"id": None, "model": None, "role": None}, ("c1", "gpt", "assistant")),
    (TextDelta, "text", {"text": ..., "block": 0, "refusal": False}, ("Hi", "1/0", True)),
    (ReasoningDelta, "reasoning", {"text": ..., "block": 0, "signature": None}, ("Hm", 1, "sig")),
    (
        ToolCallDelta,
        "tool_call",
        {"arguments": "", "block": 0, "id": None, "name": None, "server": False, "json": True},
        ("{}", 1, "call_1", "now", True, False),
    ),
    (BlockEnd, "block_end", {"block": 0, "of": "text"}, (1, "tool_call")),
    (
        Usage,
        "usage",
        {
            "input_tokens": None,
            "output_tokens": None,
            "total_tokens": None,
            "cache_read_tokens": None,
            "cache_write_tokens": None,
            "reasoning_tokens": None,
        },
        (1, 2, 3, 4, 5, 6),
    ),
    (Finish, "finish", {"reason": ..., "raw_reason": None}, ("stop", "end_turn")),
    (Error, "error", {"message": ..., "type": None, "code": None, "status": None}, ("Busy", "overloaded", "x", 529)),
    (Invalid, "invalid", {"event": ..., "error": ...}, (BAD, NOT_JSON)),
    (Done, "done", {"how": ..., "reconnect": False}, ("event", True)),
    (
        Other,
        "other",
        {"name": ..., "data": None, "dialect": None, "block": None, "id": None, "retry": None},
        ("ping", "x", "json", 3, "7", 500),
    ),
]
rows = pytest.mark.parametrize(("cls", "kind", "fields", "values"), LAYOUT, ids=[row[1] for row in LAYOUT])


@rows
def test_fields_stand_in_the_order_of_the_contract_then_choice_and_raw(
    cls: Any, kind: str, fields: dict[str, Any], values: tuple[Any, ...]
) -> None:
    expected = {**fields, "choice": 0, "raw": None}
    found = inspect.signature(cls).parameters
    assert {name: ... if p.default is inspect.Parameter.empty else p.default for name, p in found.items()} == expected
    assert list(found) == list(expected)
    assert cls.__match_args__ == (*fields, "choice")
    assert cls.kind == kind
    part = cls(*values, 2, {"raw": True})
    assert [getattr(part, name) for name in expected] == [*values, 2, {"raw": True}]
    assert not hasattr(part, "__dict__")


@rows
def test_parts_compare_and_hash_by_value_without_raw(
    cls: Any, kind: str, fields: dict[str, Any], values: tuple[Any, ...]
) -> None:
    part = cls(*values, 2, {"one": "payload"})
    same = cls(*values, 2, {"another": "payload"})
    assert part == same
    assert hash(part) == hash(same)
    for at in range(len(values) + 1):
        other = [*values, 2]
        other[at] = "another"
        assert part != cls(*other)
    assert part != values


@rows
def test_parts_survive_pickle_with_their_raw(
    cls: Any, kind: str, fields: dict[str, Any], values: tuple[Any, ...]
) -> None:
    part = cls(*values, 2, {"raw": True})
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        copy = pickle.loads(pickle.dumps(part, protocol))
        assert copy == part
        assert copy.raw == {"raw": True}


@rows
def test_parts_match_by_position(cls: Any, kind: str, fields: dict[str, Any], values: tuple[Any, ...]) -> None:
    match cls(*values):
        case Start(first) | TextDelta(first) | ReasoningDelta(first) | ToolCallDelta(first) | BlockEnd(first):
            assert first == values[0]
        case Usage(first) | Finish(first) | Error(first) | Invalid(first) | Done(first) | Other(first):
            assert first == values[0]
        case _:
            pytest.fail("no class matches")


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (Start(), "Start()"),
        (Start("c1", role="assistant"), "Start(id='c1', role='assistant')"),
        (TextDelta("Hi", raw={"long": "payload"}), "TextDelta(text='Hi')"),
        (TextDelta(""), "TextDelta(text='')"),
        (TextDelta("Hi", 1, True, 2), "TextDelta(text='Hi', block=1, refusal=True, choice=2)"),
        (ToolCallDelta(), "ToolCallDelta()"),
        (ToolCallDelta("{}", json=False), "ToolCallDelta(arguments='{}', json=False)"),
        (Usage(0, 7), "Usage(input_tokens=0, output_tokens=7)"),
        (Done("eof"), "Done(how='eof')"),
        (Other("ping", {}), "Other(name='ping', data={})"),
    ],
    ids=lambda value: value if type(value) is str else "",
)
def test_repr_leaves_the_defaults_out_and_is_the_part_again(part: Part, shown: str) -> None:
    assert repr(part) == shown
    assert eval(shown) == part


def test_an_invalid_is_what_its_error_says() -> None:
    assert Invalid(BAD, DialectError("not JSON", BAD)) == Invalid(BAD, NOT_JSON)
    assert Invalid(BAD, DialectError("no object", BAD)) != Invalid(BAD, NOT_JSON)
    assert Invalid(BAD, ValueError("not JSON")) != Invalid(BAD, NOT_JSON)


def test_parts_of_two_classes_are_never_equal() -> None:
    assert TextDelta("a") != ReasoningDelta("a")
