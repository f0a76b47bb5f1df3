"""Blocks: one open at a time, whatever comes; and Nesting, which tells when JSON in fragments is whole."""

import json

import pytest

from sse_core import EncodeError
from sse_core.dialects import BlockEnd, Other, Part, ReasoningDelta, Start, TextDelta, ToolCallDelta
from sse_core.dialects.base import Blocks, CallBuffer, Nesting


def call(arguments: str, block: int = 0, id: str | None = None) -> ToolCallDelta:
    return ToolCallDelta(arguments, block, id)


def run(*parts: Part) -> str:
    """Each step as a letter, its number and what it adds: `o0`, `d0:Hi`, `c0`; `|` before what the end gives."""
    blocks = Blocks()
    steps = [step for part in parts for step in blocks.add(part)]
    at = len(steps)
    steps += blocks.end()
    shown = []
    for what, number, part in steps:
        said = getattr(part, "arguments", getattr(part, "text", part.kind))
        shown.append(f"{what[0]}{number}:{said}" if what == "delta" else f"{what[0]}{number}")
    shown.insert(at, "|")
    assert blocks.end() == []
    return " ".join(shown)


@pytest.mark.parametrize(
    ("parts", "steps"),
    [
        ([], "|"),
        ([call("{"), TextDelta("t"), TextDelta("u"), call("}")], "o0 d0:{ d0:} c0 o1 d1:t d1:u | c1"),
        ([TextDelta("a"), TextDelta("b")], "o0 d0:a d0:b | c0"),
        ([TextDelta("a"), BlockEnd()], "o0 d0:a c0 |"),
        ([ReasoningDelta("r"), TextDelta("t"), ReasoningDelta("s")], "o0 d0:r c0 o1 d1:t c1 o2 d2:s | c2"),
        ([TextDelta("a", 5), TextDelta("b", "x")], "o0 d0:a c0 o1 d1:b | c1"),
        ([TextDelta("a"), TextDelta("no", refusal=True)], "o0 d0:a c0 o1 d1:no | c1"),
        ([TextDelta("a"), Other("image"), TextDelta("b")], "o0 d0:a c0 o1 d1:other c1 o2 d2:b | c2"),
        ([Start()], "o0 d0:start c0 |"),
        ([BlockEnd(7), TextDelta("a"), BlockEnd(7)], "o0 d0:a | c0"),
        ([call('{"a":'), call("1}"), TextDelta("t")], 'o0 d0:{"a": d0:1} c0 o1 d1:t | c1'),
        ([call("", 0), call("{", 1), call("{}", 0), call("}", 1)], "o0 d0: d0:{} c0 o1 d1:{ d1:} | c1"),
        ([call("{", 0), call("{", 1), call("}", 1), call("}", 0)], "o0 d0:{ d0:} c0 o1 d1:{ d1:} | c1"),
        (
            [call("{", 0), call("{}", 1), TextDelta("t"), BlockEnd(1, "tool_call"), call("{}", 2), call("}", 0)],
            "o0 d0:{ d0:} c0 o1 d1:{} c1 o2 d2:t c2 o3 d3:{} | c3",
        ),
        ([call("{", 0), call("{", 1), TextDelta("t")], "o0 d0:{ | c0 o1 d1:{ c1 o2 d2:t c2"),
        ([call("{", 0), TextDelta("t"), BlockEnd(0, "tool_call")], "o0 d0:{ c0 o1 d1:t | c1"),
        ([call("{", 0), Other("x"), BlockEnd(0, "other"), call("}", 0)], "o0 d0:{ d0:} c0 o1 d1:other c1 |"),
        ([call("{}", 0), TextDelta("t"), call(" ", 0), call("", 0)], "o0 d0:{} c0 o1 d1:t | c1"),
        ([call("{}", 0), BlockEnd(0, "tool_call"), call("{}", 0, "c2")], "o0 d0:{} c0 o1 d1:{} | c1"),
        ([call("free text", 0), TextDelta("t")], "o0 d0:free text | c0 o1 d1:t c1"),
    ],
    ids=[
        "nothing",
        "fragments that wait",
        "fragments of one block",
        "an end as sent",
        "text and reasoning give way",
        "two blocks are two, renumbered",
        "a refusal is no text",
        "any other part is a block of its own",
        "a part without a block too",
        "the end of a block that is not open",
        "a whole call gives way",
        "a call that came second waits",
        "though it is whole first",
        "all that came meanwhile, in its order",
        "the end closes a call that never became whole",
        "the end of a call frees what waits",
        "what waits may end",
        "a blank fragment of a call that is over",
        "a call that begins again",
        "free text is whole only at the end",
    ],
)
def test_one_block_is_open_at_a_time(parts: list[Part], steps: str) -> None:
    assert run(*parts) == steps


def test_a_fragment_of_a_call_that_is_over_is_an_error_and_no_call_without_a_name() -> None:
    blocks, calls = Blocks(), CallBuffer()
    for part in (call("{}", 0, "c1"), BlockEnd(0, "tool_call")):
        blocks.add(part)
    calls.add(call("{}", 0, "c1"))
    assert calls.pop(0) == call("{}", 0, "c1")
    for add in (blocks.add, calls.add):
        add(call(" "))
        add(call("", 0, "c1"))
        with pytest.raises(EncodeError, match="belongs to a call that is over"):
            add(call('{"a":1}'))
    calls.add(call("{}", 0, "c2"))
    assert calls.pop_all() == [call("{}", 0, "c2")]


@pytest.mark.parametrize(
    "text",
    ["{}", "[]", '{"a":[1,{"b":"}"}]}', '["\\"]"]', '["\\\\"]', '{"a":"\\\\\\"]"}', ' {"é":"\\u005d"}', '["[",{}]'],
)
def test_json_is_whole_at_its_last_bracket_for_every_cut(text: str) -> None:
    json.loads(text)
    for cut in range(len(text)):
        nesting = Nesting()
        nesting.feed(text[:cut])
        assert not nesting.whole
        nesting.feed("")
        nesting.feed(text[cut:])
        assert nesting.whole
    nesting = Nesting()
    for character in text:
        assert not nesting.whole
        nesting.feed(character)
    assert nesting.whole


@pytest.mark.parametrize("text", ["", "12", '"{}"', '"\\"{}', "[{}"])
def test_what_has_no_closed_object_or_array_is_not_whole(text: str) -> None:
    nesting = Nesting()
    nesting.feed(text)
    assert not nesting.whole
