"""What each stream object holds between calls, whatever it is fed: at most 4 times the limit that its user set."""

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from sse_core import LimitError
from sse_core.dialects import (
    BlockEnd,
    Finish,
    Other,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
)

LIMIT = 40_000
# What every object takes.
FIXED = 16 * 1024


def held(make: Callable[[int], Any], limit: int = LIMIT) -> tuple[Any, int]:
    """What `make` gives for a limit, and the bytes that it holds."""
    make(1_000)  # what is imported, compiled and cached is no state
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        made = make(limit)
        gc.collect()
        return made, tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def filled(add: Callable[[Part], Any], parts: Callable[[int], list[Part]], most: int = 3 * LIMIT) -> LimitError:
    """The error that ends a stream of `parts(0)`, `parts(1)`..."""
    for number in range(most):
        for part in parts(number):
            try:
                add(part)
            except LimitError as error:
                return error
    raise AssertionError("no limit was crossed")


def call(n: int, *more: Any) -> ToolCallDelta:
    return ToolCallDelta("{}", n, f"c{n}", "f", *more)


DONE = "response.output_item.done"
HELD_PARTS: dict[str, Callable[[int], list[Part]]] = {
    "one call, a character at a time": lambda n: [ToolCallDelta("xy" if n else '{"', 0, *(() if n else ("c", "f")))],
    "one call, an emoji at a time": lambda n: [ToolCallDelta("😀" if n else '{"', 0, *(() if n else ("c", "f")))],
    "calls that never end": lambda n: [ToolCallDelta("{", n, f"c{n}", "f")],
    "calls that go on in turn": lambda n: [ToolCallDelta("{ ", n % 500, f"c{n % 500}", "f")],
    "calls that end": lambda n: [call(n), BlockEnd(n, "tool_call")],
    "text behind an open call": lambda n: [TextDelta("xy", 1) if n else ToolCallDelta("{", 0, "c", "f")],
    "blocks behind an open call": lambda n: [TextDelta("xy", n) if n else ToolCallDelta("{", 0, "c", "f")],
    "blocks that go on behind an open call": lambda n: [
        TextDelta("xy", 1 + n % 500) if n else ToolCallDelta("{", 0, "c", "f")
    ],
    "signatures behind an open call": lambda n: [
        ReasoningDelta("", 1, "sig") if n else ToolCallDelta("{", 0, "c", "f")
    ],
}
ALL = tuple(HELD_PARTS)
CALLS = ALL[:5]
NO_CALLS: dict[str, Callable[[int], list[Part]]] = {
    "sections that never end": lambda n: [TextDelta("", f"s{n}")],
    "sections that go on in turn": lambda n: [TextDelta("xy", n % 500)],
    "text": lambda n: [TextDelta("xy")],
    "an emoji at a time": lambda n: [TextDelta("😀")],
    "blocks of text": lambda n: [TextDelta("xy", f"{n % 1000}/{n // 1000}"), BlockEnd(f"{n % 1000}/{n // 1000}")],
    "texts that wait for one": lambda n: [TextDelta("xy", f"{n % 1000}/{n // 1000}")],
    "choices": lambda n: [TextDelta("", choice=n)],
    "finishes": lambda n: [Finish("stop", "x", n)],
    "starts": lambda n: [Start("c", choice=n)],
    "signatures of calls": lambda n: [ReasoningDelta("", "call1", "AAAA"), ToolCallDelta("{", n)],
    "what is to be in the start of a call": lambda n: [Other("tool_use", {"caller": 1}, "anthropic-messages", n)],
    "what is to be in the end": lambda n: [Other("message_delta", {f"m{n}": n}, "anthropic-messages")],
    "items that are Others": lambda n: [
        Other(
            "response.output_item.done",
            {"type": "response.output_item.done", "item": {"type": "x"}, "output_index": n % 1024},
            "openai-responses",
        )
    ],
    "annotations": lambda n: [
        Other("response.output_text.annotation.added", {"annotation": {}}, "openai-responses")
        if n
        else TextDelta("x", "0/0")
    ],
    "messages": lambda n: [
        Other("thread.message.created", {"id": f"m{n}"}, "openai-assistants"),
        TextDelta("xy", n),
    ],
}
FED = HELD_PARTS | NO_CALLS
WRITERS = [
    *[("gemini", name) for name in (*CALLS, "choices", "finishes", "starts", "signatures of calls")],
    *[("websopy", name) for name in CALLS],
    *[("openai-chat", name) for name in ("calls that end", "choices", "finishes", "starts")],
    *[("anthropic-messages", name) for name in ALL],
    ("anthropic-messages", "what is to be in the start of a call"),
    ("anthropic-messages", "what is to be in the end"),
    *[("gemini-interactions", name) for name in ALL[2:]],
    *[("cohere-v2", name) for name in ALL[2:8]],
    *[("openai-responses", name) for name in ALL],
    *[
        ("openai-responses", name)
        for name in ("text", "an emoji at a time", "blocks of text", "texts that wait for one")
    ],
    *[("openai-responses", name) for name in ("items that are Others", "annotations")],
    *[("openai-assistants", name) for name in (*CALLS, "text", "an emoji at a time", "messages")],
    *[("laddro", name) for name in ("sections that never end", "sections that go on in turn", "text")],
    *[("openai-transcription", name) for name in ("text", "an emoji at a time")],
    ("aitunnel", "choices"),
]


@pytest.mark.parametrize(("dialect", "name"), WRITERS, ids=[" ".join(row) for row in WRITERS])
def test_an_encoder_holds_no_more_than_four_times_its_limit(dialect: str, name: str) -> None:
    def fill(limit: int) -> tuple[PartEncoder, LimitError]:
        encoder = PartEncoder(dialect, max_size=limit)
        return encoder, filled(encoder.send, FED[name])

    (encoder, error), size = held(fill)
    assert error.limit == LIMIT
    assert "what waits to be written is larger than max_size" in str(error)
    assert size < 4 * LIMIT + FIXED
    assert encoder.writer.failed
