"""Screen: which blocks a screen shows, and their ids."""

import pytest

from sse_core import EncodeError, LimitError
from sse_core.dialects import BlockEnd, Part, ReasoningDelta, TextDelta, ToolCallDelta
from sse_core.dialects.base import Held, Screen

Content = TextDelta | ReasoningDelta | ToolCallDelta


def call(block: int | str = 0, id: str | None = None) -> ToolCallDelta:
    return ToolCallDelta("", block, id, "f")


def show(*parts: Part, apart: bool = False) -> str:
    """The id of each block as it begins; `-id` as it ends, `|` before what the end closes."""
    screen = Screen(Held(), apart)
    shown: list[str] = []
    for part in parts:
        if isinstance(part, BlockEnd):
            block = screen.find(part.of, part.block)
            assert block is not None
            screen.close(block)
            shown.append(f"-{block.id}")
        elif isinstance(part, (TextDelta, ReasoningDelta, ToolCallDelta)):
            closed, block = screen.open(part)
            assert screen.find(part.kind, part.block) is block
            shown += [*[f"-{other.id}" for other in closed], block.id]
    shown += ["|", *[f"-{block.id}" for block in screen.close_all()]]
    assert screen.close_all() == []
    return " ".join(shown)


SHOWN: dict[str, tuple[list[Part], str]] = {
    "a block that is a word has it for its id": ([TextDelta("", "answer")], "answer | -answer"),
    "a number, and no word at all, have one that counts": (
        [TextDelta(""), TextDelta("", "")],
        "text-1 text-2 | -text-1 -text-2",
    ),
    "a call has its own id": ([call(0, "call_a"), call(1)], "call_a call-1 | -call_a -call-1"),
    "or its block's": ([call("b"), call("c", "")], "b c | -b -c"),
    "a block that opens again has another": (
        [TextDelta("", "a"), BlockEnd("a"), TextDelta("", "a")],
        "a -a text-1 | -text-1",
    ),
    "so has a call with the id of another": ([call(0, "a"), call(1, "a")], "a call-1 | -a -call-1"),
    "what counts passes over a word that looks like it": (
        [TextDelta("", "text-1"), TextDelta("", "reasoning-2"), TextDelta(""), ReasoningDelta("")],
        "text-1 reasoning-2 text-2 reasoning-3 | -text-1 -reasoning-2 -text-2 -reasoning-3",
    ),
    "reasoning ends as text begins, and both as a call does; a call does not": (
        [
            ReasoningDelta("", "r"),
            TextDelta("", "t"),
            ReasoningDelta("", "s"),
            call("c"),
            TextDelta("", "u"),
            call("d"),
        ],
        "r -r t s -t -s c u -u d | -c -d",
    ),
    "the end closes in the order in which they began": (
        [TextDelta("", "a"), TextDelta("", "b"), BlockEnd("a"), TextDelta("", "c")],
        "a b -a c | -b -c",
    ),
}


@pytest.mark.parametrize(("parts", "shown"), SHOWN.values(), ids=SHOWN)
def test_what_is_shown(parts: list[Part], shown: str) -> None:
    assert show(*parts) == shown


def test_kinds_apart_have_ids_of_their_own() -> None:
    parts = TextDelta("", "a"), ReasoningDelta("", "a"), call("a")
    assert show(*parts) == "a reasoning-1 -a -reasoning-1 call-2 | -call-2"
    assert show(*parts, apart=True) == "a a -a -a a | -a"


def test_a_call_that_failed_stays_open() -> None:
    screen = Screen(Held())
    for part in (call("c"), TextDelta("", "t")):
        screen.open(part)
    assert [shown.id for shown in screen.close_all(failed=True)] == ["t"]
    assert screen.find("tool_call", "c") is not None


def test_a_fragment_of_a_call_that_is_over_begins_no_other() -> None:
    screen = Screen(Held())
    assert not screen.is_over(call(0, "a"))
    _, shown = screen.open(call(0, "a"))
    assert not screen.is_over(call(0))
    screen.close(shown)
    assert screen.is_over(call(0))
    assert screen.is_over(ToolCallDelta(" ", 0, "a"))
    assert not screen.is_over(call(0, "b"))
    with pytest.raises(EncodeError, match="belongs to a call that is over"):
        screen.is_over(ToolCallDelta("{}", 0, "a"))
    assert (screen.call_id(0), screen.call_id(1)) == ("a", None)


def test_what_is_kept_is_bounded_by_the_limit() -> None:
    held = Held(3_000)
    screen = Screen(held)
    while held.size < 2_500:
        _, shown = screen.open(TextDelta("", "block"))
        screen.close(shown)
    with pytest.raises(LimitError):
        screen.open(call("block"))
    assert screen.find("tool_call", "block") is None
    assert screen.call_id("block") is None
    assert held.size <= 3_000
