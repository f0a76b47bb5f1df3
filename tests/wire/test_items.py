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
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(item, protocol)) == item
    assert copy.deepcopy(item) == copy.copy(item) == item


# copy.replace is there from Python 3.13 on; this is what it does.
replace: Any = getattr(copy, "replace", lambda value, /, **changes: type(value).__replace__(value, **changes))


@EACH
def test_an_item_is_replaced_by_one_with_changes(item: Any, values: tuple[Any, ...], shown: str) -> None:
    twin = replace(item)
    assert twin == item
    assert twin is not item
    for at, name in enumerate(type(item).__match_args__):
        changed = replace(item, **{name: "new"})
        assert changed == type(item)(*values[:at], "new", *values[at + 1 :])
        assert type(changed) is type(item)
    assert item == type(item)(*values)


@EACH
@pytest.mark.parametrize("name", ["other", "raw", "kind", "json", "__class__", "_values"])
def test_only_what_an_item_has_is_replaced(item: Any, values: tuple[Any, ...], shown: str, name: str) -> None:
    with pytest.raises(TypeError, match=name):
        replace(item, **{name: 5})


class Noted(Event):
    """As the parts of a dialect are: `raw` is no part of the value."""

    __slots__ = ("choice", "raw")
    __match_args__ = ("data", "choice")

    def __init__(self, data: str, choice: int = 0, raw: object = None) -> None:
        super().__init__(data)
        self.choice = choice
        self.raw = raw


def test_what_a_value_came_from_is_kept_when_it_is_replaced() -> None:
    raw = {"text": "a"}
    changed = replace(Noted("a", 1, raw), data="b")
    assert changed == Noted("b", 1)
    assert changed.raw is raw
    assert replace(changed, raw=None).raw is None
    with pytest.raises(TypeError):
        replace(changed, block=1)


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
