"""What each stream object holds between calls, whatever it is fed: at most 4 times the limit that its user set."""

import gc
import json
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any

import pytest
from tries import some

from sse_core import Decoder, LimitError
from sse_core.dialects import (
    Accumulator,
    BlockEnd,
    Finish,
    Invalid,
    Other,
    Part,
    PartDecoder,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Transcoder,
    get,
)

LIMIT = 40_000
# What every object takes.
FIXED = 16 * 1024


def held(make: Callable[[int], Any], limit: int = LIMIT) -> tuple[Any, int]:
    """What `make` gives for a limit, and the bytes that it holds."""
    make(100)  # what is imported, compiled and cached is no state
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
    *[("gemini", name) for name in (*CALLS, "signatures of calls")],
    *[("websopy", name) for name in CALLS],
    *[("openai-chat", name) for name in ("calls that end",)],
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
]
ROWS = some(WRITERS, "bounds of writers")


@pytest.mark.parametrize(("dialect", "name"), ROWS, ids=[" ".join(row) for row in ROWS])
def test_an_encoder_holds_no_more_than_four_times_its_limit(dialect: str, name: str) -> None:
    def fill(limit: int) -> tuple[PartEncoder, LimitError]:
        encoder = PartEncoder(dialect, max_size=limit)
        return encoder, filled(encoder.send, FED[name])

    (encoder, error), size = held(fill)
    assert error.limit == LIMIT
    assert "what waits to be written is larger than max_size" in str(error)
    assert size < 4 * LIMIT + FIXED
    assert encoder.writer.failed


@pytest.mark.parametrize("name", ["text", "calls that never end", "one call, an emoji at a time"])
def test_past_its_limit_a_transcoder_says_so_to_the_client_and_never_ends_as_a_success(name: str) -> None:
    source = PartEncoder("openai-chat")
    transcoder = Transcoder("openai-chat", "openai-responses", max_size=5_000)
    out = b""

    def feed(part: Part) -> None:
        nonlocal out
        out += transcoder.feed(source.send(part))

    error = filled(feed, FED[name])
    assert (transcoder.error, transcoder.problem) == (error, str(error))
    out += error.data
    for again in (lambda: transcoder.feed(source.close()), transcoder.close):
        with pytest.raises(LimitError) as raised:
            again()
        assert raised.value.data == b""
    message = Accumulator()
    reader = PartDecoder("openai-responses")
    for part in (*reader.feed(out), *reader.close()):
        message.add(part)
    assert message.error is not None
    assert message.error.message == "what waits to be written is larger than max_size, 5000 characters"
    assert not any(call.complete for call in message.tool_calls)


def test_an_encoder_past_its_limit_refuses_that_part_and_ends_as_a_failure() -> None:
    encoder = PartEncoder("laddro", max_size=1_000)
    encoder.send(TextDelta("Hi", "a"))
    with pytest.raises(LimitError):
        encoder.send(TextDelta("x" * 1_000, "a"))
    assert encoder.close() == b'data: {"type":"section","section":"a","content":"Hi"}\n\n'


@pytest.mark.parametrize("size", [0, -1, "1", 1.5])
def test_a_limit_is_a_number_of_characters(size: Any) -> None:
    for make in (lambda: PartEncoder("openai-chat", max_size=size), lambda: Accumulator(size)):
        with pytest.raises((TypeError, ValueError), match="max_size must be"):
            make()


ACCUMULATED: dict[str, Callable[[int], list[Part]]] = {
    **{name: parts for name, parts in HELD_PARTS.items() if "signatures" not in name},
    **{name: NO_CALLS[name] for name in ("text", "an emoji at a time", "choices", "starts", "blocks of text")},
    "choices of one character": lambda n: [TextDelta("xy", choice=n)],
    "empty blocks": lambda n: [TextDelta("", n)],
    "reasoning": lambda n: [ReasoningDelta("xy", choice=n % 500)],
    "empty calls": lambda n: [ToolCallDelta("", n)],
    "calls of one block": lambda n: [ToolCallDelta("", 0, f"c{n}")],
    "others": lambda n: [Other("x", [[]] * 3)],
    "others that are nested": lambda n: [Other("x", {"a": {"a": {"a": [{}, {}, {}]}}})],
}


@pytest.mark.parametrize("name", ACCUMULATED)
def test_an_accumulator_holds_no_more_than_four_times_its_limit(name: str) -> None:
    def fill(limit: int) -> tuple[Accumulator, LimitError]:
        message = Accumulator(limit)
        return message, filled(message.add, lambda n: [raw(part) for part in ACCUMULATED[name](n)])

    def raw(part: Part) -> Part:
        if isinstance(part, Other):
            part.data = json.loads(json.dumps(part.data))
        return part

    (message, error), size = held(fill)
    assert error.limit == LIMIT
    assert size < 4 * LIMIT + FIXED
    assert len(repr(message)) < 1_000


# What a reader keeps is a number of things, each of a bounded size: here as many, and as large, as it lets a server.
LONG = "x" * 20_000
FIXED_STATE = 4_000_000


def chunks(of: Callable[[int], Any], event: str = "") -> Iterator[bytes]:
    for number in count():
        payload = json.dumps(of(number))
        yield f"{f'event: {event}' if event else ':'}\ndata: {payload}\n\n".encode()


def chat_call(n: int, choice: int = 0, **members: Any) -> dict[str, Any]:
    calls = [{"index": n, "id": f"{n}{LONG}", "function": {"name": LONG, "arguments": "{"}}]
    return {"choices": [{"index": choice, "delta": {"tool_calls": calls}, **members}]}


def partial(n: int, path: str, **value: Any) -> dict[str, Any]:
    call = {"partialArgs": [{"jsonPath": path, **value}], "willContinue": True}
    if n < 128:
        call |= {"name": "f", "id": "c"}
    return {"candidates": [{"index": n % 128, "content": {"parts": [{"functionCall": call}]}}]}


READ: dict[str, tuple[str, Iterator[bytes]]] = {
    "calls of long ids": ("openai-chat", chunks(lambda n: chat_call(n % 1024, n // 1024 % 128))),
    "finishes with large payloads": (
        "openai-chat",
        chunks(lambda n: {"choices": [{"index": n % 128, "finish_reason": LONG}], "x": [[]] * 1000}),
    ),
    "citations": ("openai-chat", chunks(lambda n: {"choices": [], "citations": [f"{n}{LONG}"]})),
    "paths without end": (
        "gemini",
        chunks(lambda n: partial(n, "$" + ".a" * 62 + f".k{n}", numberValue=1)),
    ),
    "long ids of calls under way": (
        "gemini",
        chunks(
            lambda n: {
                "candidates": [
                    {
                        "index": n % 128,
                        "content": {"parts": [{"functionCall": {"name": f"{n}{LONG}", "willContinue": True}}]},
                    }
                ]
            }
        ),
    ),
    "blocks with input": (
        "anthropic-messages",
        chunks(
            lambda n: {
                "type": "content_block_start",
                "index": n,
                "content_block": {"type": "tool_use", "id": LONG, "input": {"a": LONG}},
            }
        ),
    ),
    "items of long ids": (
        "openai-responses",
        chunks(
            lambda n: {
                "type": "response.output_item.added",
                "item": {"type": "function_call", "id": f"{n}{LONG}", "call_id": f"c{n}{LONG}"},
            }
        ),
    ),
    "calls of an index": (
        "cohere-v2",
        chunks(
            lambda n: {
                "type": "tool-call-start",
                "index": n % 1024,
                "delta": {"message": {"tool_calls": {"id": f"{n}{LONG}"}}},
            }
        ),
    ),
    "steps": (
        "gemini-interactions",
        chunks(lambda n: {"event_type": "step.start", "index": n % 10_000, "step": {"type": "thought"}}),
    ),
    "calls of a run step": (
        "openai-assistants",
        chunks(
            lambda n: {
                "id": LONG,
                "delta": {
                    "step_details": {"tool_calls": [{"type": "function", "index": n % 1024, "id": f"{n}{LONG}"}]}
                },
            },
            "thread.run.step.delta",
        ),
    ),
    "a body without framing": ("openai-chat", (line for line in [b"{\n"] + [b'"",\n'] * 500_000)),
}


@pytest.mark.parametrize("name", some(READ, "bounds of readers"))
def test_a_reader_keeps_a_number_of_things_each_of_a_bounded_size(name: str) -> None:
    dialect, stream = READ[name]
    fed = list(islice(stream, 1_000))

    def feed(most: int) -> PartDecoder:
        decoder = PartDecoder(dialect)
        for chunk in fed[:most]:
            decoder.feed(chunk)
        return decoder

    _, size = held(feed)
    assert size < FIXED_STATE


@pytest.mark.parametrize(
    ("dialect", "data"),
    [
        ("laddro", "data: nothing\n" * 20_000),
        ("laddro", 'data: {"type":"x"}\n' * 20_000),
        ("laddro", "data:\n" * 100_000),
        ("websopy", "data: nothing\n" * 100_000),
        ("openai-chat", "data: [\n" * 100_000),
    ],
)
def test_an_event_of_many_lines_takes_linear_time_and_one_invalid_where_it_says_nothing(
    dialect: str, data: str
) -> None:
    decoder = PartDecoder(dialect)
    start = time.thread_time()
    parts = decoder.feed(f"{data}\n".encode())
    assert time.thread_time() - start < 5
    assert sum(part.kind == "invalid" for part in parts) <= 1_000


def test_what_follows_a_thousand_lines_that_say_nothing_is_one_invalid() -> None:
    lines = ["{", *["x"] * 2_000, '{"type":"section","section":"a","content":"lost"}']
    parts = PartDecoder("laddro").feed("".join([f"data: {line}\n" for line in lines] + ["\n"]).encode())
    assert [part.kind for part in parts] == ["invalid"] * 1_000
    assert isinstance(parts[-1], Invalid)
    assert parts[-1].event.data == "\n".join(lines[999:])
    assert "too many lines" in str(parts[-1].error)


def test_ends_of_many_calls_take_linear_time() -> None:
    message = Accumulator()
    start = time.thread_time()
    for n in range(100_000):
        message.add(ToolCallDelta("{}", n, f"c{n}", "f"))
        message.add(BlockEnd(n, "tool_call"))
    assert time.thread_time() - start < 10
    assert all(call.complete for call in message.tool_calls[::1000])


def test_messages_of_many_others_take_linear_time() -> None:
    encoder = PartEncoder("openai-assistants")
    start = time.thread_time()
    for n in range(50_000):
        for part in NO_CALLS["messages"](n):
            encoder.send(part)
    assert time.thread_time() - start < 20


def test_long_ids_are_compared_whole() -> None:
    decoder = PartDecoder("openai-chat")
    ids = [f"{LONG}{end}" for end in ("a", "a", "b")]
    payloads = [{"choices": [{"delta": {"tool_calls": [{"index": 0, "id": id}]}}]} for id in ids]
    parts = [part for payload in payloads for part in decoder.feed(f"data: {json.dumps(payload)}\n\n".encode())]
    assert [part.block for part in parts if isinstance(part, ToolCallDelta)] == [0, 0, 1]


def test_a_finish_that_is_held_keeps_a_small_payload_and_the_beginning_of_a_word() -> None:
    decoder = PartDecoder("openai-chat")
    small: dict[str, Any] = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    large = {"choices": [{"index": 1, "delta": {}, "finish_reason": LONG}], "x": [0] * 1_000}
    for payload in (small, large):
        decoder.feed(f"data: {json.dumps(payload)}\n\n".encode())
    finishes = [part for part in decoder.feed(b"data: [DONE]\n\n") if isinstance(part, Finish)]
    assert [(part.raw, part.raw_reason) for part in finishes] == [(small, "stop"), (None, LONG[:1_000])]


def test_calls_that_were_answered_and_some_that_were_not_known() -> None:
    reader = get("openai-chat").reader()
    for block in (0, LONG, [], f"{LONG}b"):
        reader.tool_called(block)
    for block in (LONG, 0, 7, f"{LONG}b"):
        reader.tool_answered(block)
    reader.finish_later("stop")
    assert reader.done("eof")[0] == Finish("stop")


def test_arguments_that_come_with_a_start_wait_unless_they_are_large() -> None:
    decoder = PartDecoder("anthropic-messages")
    block = {"type": "tool_use", "id": "c", "name": "f", "input": {"a": "x" * 1_100_000}}
    payload = {"type": "content_block_start", "index": 0, "content_block": block}
    parts = decoder.feed(f"data: {json.dumps(payload)}\n\n".encode())
    assert [len(part.arguments) for part in parts if isinstance(part, ToolCallDelta)] == [0, 1_100_008]


@pytest.mark.parametrize("fragments", [3, 40])
def test_what_waited_comes_in_its_fragments_or_if_many_in_larger_ones(fragments: int) -> None:
    encoder = PartEncoder("anthropic-messages")
    encoder.send(ToolCallDelta('{"a":', 0, "c0", "f"))
    encoder.send(ToolCallDelta("", 1, "c1", "f"))
    for n in range(fragments):
        encoder.send(ToolCallDelta(str(n % 10), 1))
    encoder.send(TextDelta("then", 2))
    out = encoder.send(ToolCallDelta("1}", 0))
    said = [json.loads(line[6:]) for line in out.decode().splitlines() if line.startswith("data:")]
    pieces = [event["delta"]["partial_json"] for event in said if event.get("index") == 1 and "delta" in event]
    assert "".join(pieces) == "".join(str(n % 10) for n in range(fragments))
    assert len(pieces) == fragments if fragments < 16 else len(pieces) < fragments


@pytest.mark.parametrize("limit", [0, 40])
def test_a_large_event_is_read_in_slices_as_a_small_one_is_at_once(limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["data: a", "data:b", "data:  c", "data:", "data", ":d", "", "event: e", "id: 1", "id", "x", "retry: 5"]
    rng = random.Random(limit)
    for _ in range(500):
        stream = "\n".join(rng.choices(lines, k=rng.randrange(30))).encode()
        said = []
        for large in (1 << 20, limit):
            monkeypatch.setattr("sse_core._lines._LARGE", large)
            monkeypatch.setattr("sse_core._lines._SLICE", rng.randrange(1, 30))
            decoder = Decoder()
            said.append((decoder.feed_items(stream), decoder.flush_items(), decoder.last_event_id))
        assert said[0] == said[1]


@pytest.mark.parametrize("flush", [False, True])
@pytest.mark.parametrize("line", [b"data:x\n", b"data: x\n", b"data: " + b"x" * 40 + b"\n"])
def test_the_peak_of_an_event_of_short_lines(line: bytes, flush: bool) -> None:
    size = 4 * 1024 * 1024
    decoder = Decoder(max_event_size=size)
    decoder.feed(line * (size // len(line)))
    start = time.thread_time()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        (event,) = decoder.flush() if flush else decoder.feed(b"\n")
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert len(event.data) == (size // len(line)) * (len(line.partition(b":")[2].strip()) + 1) - 1
    assert peak < 7 * size
    assert time.thread_time() - start < 5


@pytest.mark.parametrize("chunk", [b"data:x\n", b"data: x", b"id: 1\n", b"event: a\n", b"x", b": "])
def test_a_decoder_holds_the_bytes_of_one_event(chunk: bytes) -> None:
    def fill(limit: int) -> Decoder:
        decoder = Decoder(max_event_size=limit)
        for _ in range((limit - 10) // len(chunk)):
            decoder.feed_items(chunk)
        return decoder

    decoder, size = held(fill)
    assert decoder.error is None
    assert decoder.incomplete
    assert size < 1.5 * LIMIT + FIXED
