"""The Accumulator puts the parts of a stream together, and keeps no more than it may."""

import pickle
from collections.abc import Callable

import pytest
from reading import nest

from sse_core import Event, LimitError
from sse_core.dialects import (
    Accumulator,
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


def gather(*parts: Part, max_size: int = 1_000_000) -> Accumulator:
    message = Accumulator(max_size)
    for part in parts:
        message.add(part)
    return message


def test_it_is_empty_before_the_first_part() -> None:
    message = Accumulator()
    assert (message.text, message.texts, message.reasoning, message.tool_calls) == ("", {}, "", [])
    assert (message.id, message.model, message.usage, message.error, message.done) == (None,) * 5
    assert (message.choices, message.others, message.finish_reason) == ({}, [], None)


def test_it_joins_text_by_block_and_reasoning_and_takes_the_last_of_the_rest() -> None:
    message = gather(
        Start("c1", "gpt", "assistant"),
        ReasoningDelta("Let me "),
        ReasoningDelta("see.", 1),
        TextDelta("Hel"),
        TextDelta("?", "b"),
        TextDelta("lo"),
        TextDelta(" No.", refusal=True),
        BlockEnd(),
        Invalid(Event("x"), ValueError("x")),
        Usage(1, 2),
        Usage(1, 3),
        Finish("stop", "end_turn"),
        Other("ping", {"n": 1}),
        Done("event"),
    )
    assert message.text == "Hello No.?"
    assert message.texts == {0: "Hello No.", "b": "?"}
    assert message.reasoning == "Let me see."
    assert (message.id, message.model, message.choices[0].role) == ("c1", "gpt", "assistant")
    assert message.usage == Usage(1, 3)
    assert (message.finish_reason, message.choices[0].raw_reason) == ("stop", "end_turn")
    assert message.others == [Other("ping", {"n": 1})]
    assert message.done == Done("event")
    assert message.error is None


def test_it_puts_interleaved_tool_calls_together_in_the_order_in_which_they_began() -> None:
    message = gather(
        ToolCallDelta('{"city":', 0, "call_1", "weather"),
        ToolCallDelta("", 1, "call_2", "now"),
        ToolCallDelta('"Rome"}', 0, name="ignored: the name came first"),
        ToolCallDelta("free", 2, name="shell", server=True, json=False),
        ToolCallDelta("", 3, json=False),
    )
    first, second, third, fourth = message.tool_calls
    assert repr(first) == """ToolCall(id='call_1', name='weather', arguments='{"city":"Rome"}')"""
    assert (second.block, second.id, second.name, second.arguments) == (1, "call_2", "now", "")
    assert (third.arguments, third.server, third.json) == ("free", True, False)
    assert fourth.arguments == ""
    assert (first.server, first.json) == (False, True)


def test_choices_are_apart_and_a_start_resets_its_own() -> None:
    message = gather(
        TextDelta("old"),
        Usage(1, 1),
        TextDelta("other", choice=1),
        Start("c2"),
        TextDelta("new"),
        Finish("length", choice=1),
    )
    assert (message.text, message.choices[1].text) == ("new", "other")
    assert (message.finish_reason, message.choices[1].finish_reason) == (None, "length")
    assert (message.id, message.usage) == ("c2", None)


def test_it_keeps_no_payloads() -> None:
    raw = {"a": "payload"}
    message = gather(Usage(1, raw=raw), Error("Busy", status=529, raw=raw), Other("x", raw=raw), Done("error", raw=raw))
    assert message.error == Error("Busy", status=529)
    assert message.usage is not None
    assert message.error is not None
    assert message.done is not None
    assert [part.raw for part in (message.usage, message.error, message.done, *message.others)] == [None] * 4


LONG = "x" * 1_000


@pytest.mark.parametrize(
    ("make", "fit"),
    [
        (lambda n: TextDelta(LONG), 9),
        (lambda n: TextDelta("", block=f"{n}{LONG}"), 7),
        (lambda n: TextDelta("", n), 38),
        (lambda n: ReasoningDelta(LONG), 9),
        (lambda n: ToolCallDelta(LONG, 0, LONG, LONG), 3),
        (lambda n: ToolCallDelta("", block=f"{n}{LONG}"), 7),
        (lambda n: Start(choice=n), 39),
        (lambda n: Other("x", LONG), 7),
        (lambda n: Other(LONG), 7),
        (lambda n: Other("x", {LONG: [LONG, 1, None, {"x": LONG}]}), 2),
    ],
    ids=[
        "text",
        "a block's name",
        "empty blocks",
        "reasoning",
        "a call",
        "a call's block",
        "choices",
        "text of an Other",
        "an Other's name",
        "JSON of an Other",
    ],
)
def test_past_its_size_it_raises_and_leaves_the_part_out(make: Callable[[int], Part], fit: int) -> None:
    message = Accumulator(max_size=10_000)
    for number in range(fit):
        message.add(make(number))
    before = pickle.dumps(message)
    for number in (fit, fit + 1):
        with pytest.raises(LimitError, match="larger than max_size, 10000 characters") as caught:
            message.add(make(number))
    assert caught.value.limit == 10_000
    assert pickle.dumps(message) == before


def test_what_a_start_replaces_is_given_back_and_fragments_cost_what_they_hold() -> None:
    message = Accumulator(max_size=10_000)
    for _ in range(20):
        message.add(Start("c"))
        for _ in range(5_000):
            message.add(TextDelta("x"))
    assert message.text == "x" * 5_000


def test_a_call_stays_the_servers_and_free_text_whatever_later_fragments_say() -> None:
    call = gather(ToolCallDelta("a", 0, "i", "n", True, False), ToolCallDelta("b")).tool_calls[0]
    assert (call.server, call.json, call.arguments) == (True, False, "ab")


def test_another_choices_start_leaves_the_message_alone() -> None:
    message = gather(Start("c1", "m"), Usage(1), Start("c2", choice=1))
    assert (message.id, message.model, message.usage) == ("c1", "m", Usage(1))


def test_what_it_counts_may_be_nested_without_end() -> None:
    with pytest.raises(LimitError):
        Accumulator(max_size=1_000).add(Other("x", nest()))


def test_it_pickles() -> None:
    message = pickle.loads(pickle.dumps(gather(TextDelta("Hel"), ToolCallDelta("{", 0, "c"))))
    message.add(TextDelta("lo"))
    message.add(ToolCallDelta("}", 0))
    assert (message.text, message.tool_calls[0].arguments) == ("Hello", "{}")
