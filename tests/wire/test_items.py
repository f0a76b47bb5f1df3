"""The items: values that compare, hash, print, pickle and match."""

import copy
import json
import pickle
from typing import Any

import pytest

from sse_core import Comment, Event, Id, Ignored, Retry

ITEMS: list[tuple[Any, tuple[Any, ...], str]] = [
    (Event("d", "t", "i"), ("d", "t", "i"), "Event(data='d', type='t', last_event_id='i')"),
    (Event(), ("", "message", ""), "Event(data='', type='message', last_event_id='')"),
    (Comment("c"), ("c",), "Comment(text='c')"),
    (Retry(5), (5,), "Retry(milliseconds=5)"),
    (Id("c"), ("c",), "Id(value='c')"),
    (Ignored("c"), ("c",), "Ignored(line='c')"),
]
EACH = pytest.mark.parametrize(("item", "values", "shown"), ITEMS, ids=lambda value: repr(value)[:20])


@EACH
def test_an_item_equals_and_hashes_by_value(item: Any, values: tuple[Any, ...], shown: str) -> None:
    twin = type(item)(*values)
    assert item == twin
    assert hash(item) == hash(twin)
    assert [other for other, _, _ in ITEMS if other == item] == [item]
    assert item != values
    assert item != values[0]
    assert len({item, twin}) == 1


@EACH
def test_an_item_prints_as_what_makes_it(item: Any, values: tuple[Any, ...], shown: str) -> None:
    assert repr(item) == shown
    assert eval(shown) == item


@EACH
def test_an_item_pickles_and_copies(item: Any, values: tuple[Any, ...], shown: str) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(item, protocol)) == item
    assert copy.deepcopy(item) == copy.copy(item) == item


@EACH
def test_an_item_is_no_tuple_and_has_no_dict(item: Any, values: tuple[Any, ...], shown: str) -> None:
    assert not isinstance(item, tuple)
    with pytest.raises(AttributeError):
        item.other = 1


def test_items_match_by_position_and_by_name() -> None:
    said = []
    for item, _, _ in ITEMS:
        match item:
            case Event("d", type="t", last_event_id=event_id):
                said.append(event_id)
            case Event(data, kind, ""):
                said.append(data + kind)
            case Comment(value) | Retry(value) | Id(value=value) | Ignored(value):
                said.append(value)
    assert said == ["i", "message", "c", 5, "c", "c"]


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("foo: bar", "foo", "bar"),
        ("foo:  bar ", "foo", " bar "),
        ("foo:bar:baz", "foo", "bar:baz"),
        ("foo", "foo", ""),
        ('{"error": 1}', '{"error"', "1}"),
        ("", "", ""),
    ],
)
def test_an_ignored_line_has_the_name_and_value_of_a_field(line: str, name: str, value: str) -> None:
    assert (Ignored(line).name, Ignored(line).value) == (name, value)


def test_the_data_of_an_event_is_read_as_json() -> None:
    event = Event('{"a": [1, "\u20ac\\u2028"]}')
    assert event.json() == event.json(json.loads) == {"a": [1, "\u20ac\u2028"]}
    assert Event("x").json(str.upper) == "X"


@pytest.mark.parametrize(
    "data", ["1", " 1", "1\n", '\t{"a": "b"}\r\n', "null", '"x"', "NaN", "-1.5e3", "[1]", '{"a": 1, "a": 2}']
)
def test_json_reads_what_json_loads_reads(data: str) -> None:
    assert repr(Event(data).json()) == repr(json.loads(data))


@pytest.mark.parametrize(
    "data",
    ["", " ", "[DONE]", "{", "1 2", "\ufeff1", '{"a": }', '"\n"', "tru", "[" * 100_000, None, 5],
    ids=lambda data: repr(data)[:12],
)
def test_json_raises_what_json_loads_raises(data: Any) -> None:
    with pytest.raises((ValueError, TypeError, RecursionError)) as theirs:
        json.loads(data)
    with pytest.raises(theirs.type) as ours:
        Event(data).json()
    assert str(ours.value) == str(theirs.value)
