"""dashscope: each event has all of the text so far, or, with `incremental`, what it adds."""

from typing import Any

import pytest
from reading import read, sse, whole, write
from services import check_again, decoded, events, payloads, told

from sse_core import EncodeError
from sse_core.dialects import (
    Done,
    Error,
    Finish,
    Other,
    Part,
    PartDecoder,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
    get,
)

NAME = "dashscope"
INCREMENTAL = get(NAME, incremental=True)
CALLS = [{"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
STOP: list[Part] = [Finish("stop", "stop"), Done("eof")]
WAYS = {"all of it": get(NAME), "incremental": INCREMENTAL}
both = pytest.mark.parametrize("dialect", WAYS.values(), ids=WAYS)


def result(content: Any = "", reason: Any = "null", index: Any = 0, **members: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, **members}
    return {"output": {"choices": [{"message": message, "finish_reason": reason, "index": index}]}}


def called(arguments: str, index: Any = 0, id: str = "", name: str | None = None) -> dict[str, Any]:
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    return {"index": index, "id": id, "type": "function", "function": function}


def counts(input: int, output: int) -> dict[str, Any]:
    return {"usage": {"input_tokens": input, "output_tokens": output, "total_tokens": input + output}}


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "text, all of it each time; counts that run; the first request_id": (
        b"id:1\nevent:result\n:HTTP_STATUS/200\ndata:"
        + sse({**result("Hel"), **counts(3, 1), "request_id": "r"})[6:]
        + sse({**result("Hello"), **counts(3, 2), "request_id": "r"}, {**result("Hello", "stop"), "request_id": "r"}),
        [Start("r"), TextDelta("Hel"), Usage(3, 1, 4), TextDelta("lo"), Usage(3, 2, 5), *STOP],
    ),
    "the last event is blank, or says all again": (
        sse(result("Hel"), result(""), result("Hello"), result("", "stop")),
        [TextDelta("Hel"), TextDelta("lo"), *STOP],
    ),
    "text that does not begin with all before it is incremental from then on": (
        sse(result("a"), result("b"), result("b"), result("ab"), result("", "stop")),
        [TextDelta("a"), TextDelta("b"), TextDelta("b"), TextDelta("ab"), *STOP],
    ),
    "a shorter text": (sse(result("abc"), result("ab", "stop")), [TextDelta("abc"), TextDelta("ab"), *STOP]),
    "reasoning, then text": (
        sse(
            result("", reasoning_content="Let "),
            result("", reasoning_content="Let me"),
            result("Hi", reasoning_content="Let me"),
            result("Hi", "stop", reasoning_content="Let me"),
        ),
        [ReasoningDelta("Let "), ReasoningDelta("me"), TextDelta("Hi"), *STOP],
    ),
    "the form of text, without choices": (
        sse(
            {"output": {"text": "Hel", "finish_reason": "null"}}, {"output": {"text": "Hello", "finish_reason": "stop"}}
        ),
        [TextDelta("Hel"), TextDelta("lo"), *STOP],
    ),
    "the form of models that see": (
        sse(result([{"text": "Hel"}]), result([{"text": "Hello"}], "stop")),
        [TextDelta("Hel"), TextDelta("lo"), *STOP],
    ),
    "several answers, by their index": (
        sse(result("a"), result("b", index=1), result("ac", "stop"), result("bd", "length", 1)),
        [
            TextDelta("a"),
            TextDelta("b", choice=1),
            TextDelta("c"),
            TextDelta("d", choice=1),
            Finish("stop", "stop"),
            Finish("length", "length", 1),
            Done("eof"),
        ],
    ),
    "calls": (
        sse(result("I look", tool_calls=CALLS), result("I look", "tool_calls", tool_calls=[])),
        [TextDelta("I look"), ToolCallDelta("{}", 0, "c", "f"), Finish("tool_call", "tool_calls"), Done("eof")],
    ),
    "calls whose arguments grow, with all of them each time": (
        sse(
            result(tool_calls=[called('{"a"', 0, "c", "f")]),
            result(tool_calls=[called('{"a":1}', 0, "c", "f"), called("", "x", "d", "g")]),
            result("", "tool_calls", tool_calls=[called('{"a":1}', 0, "c", "f"), called("{}", None)]),
        ),
        [
            ToolCallDelta('{"a"', 0, "c", "f"),
            ToolCallDelta(":1}", 0),
            ToolCallDelta("", 1, "d", "g"),
            ToolCallDelta("{}", 1),
            Finish("tool_call", "tool_calls"),
            Done("eof"),
        ],
    ),
    "all counts": (
        sse(
            {
                **result("a", "stop"),
                "usage": {
                    "input_tokens": 5,
                    "output_tokens": 2,
                    "prompt_tokens_details": {"cached_tokens": 4},
                    "output_tokens_details": {"reasoning_tokens": 1},
                },
            }
        ),
        [TextDelta("a"), Usage(5, 2, None, 4, None, 1), *STOP],
    ),
    "an event error": (
        sse(result("a"))
        + b'id:2\nevent:error\n:HTTP_STATUS/429\ndata:{"code":"Throttling","message":"Slow down","request_id":"r"}\n\n',
        [TextDelta("a"), Error("Slow down", None, "Throttling"), Done("error")],
    ),
    "an error in an event of another type, or in a body": (
        sse({"code": "InvalidApiKey", "message": "No", "request_id": "r"}),
        [Error("No", None, "InvalidApiKey"), Done("error")],
    ),
    "what is not known, and members of the wrong type": (
        sse({"x": 1}, {"output": 5}, result(5, ["stop"], [0]), result("a", "stop", "0", reasoning_content=5)),
        [Other("message", {"x": 1}, NAME), Other("message", {"output": 5}, NAME), TextDelta("a"), *STOP],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert decoded(NAME, stream) == parts


@both
@pytest.mark.parametrize("parts", [parts for _, parts in DECODED.values()], ids=DECODED)
def test_same_dialect_in_and_out(dialect: Any, parts: list[Part]) -> None:
    check_again(dialect, parts)


def test_incremental_text_is_taken_as_it_comes() -> None:
    stream = sse(result("a"), result("a"), result("aab"), result("", "stop"))
    assert decoded(INCREMENTAL, stream) == [TextDelta("a"), TextDelta("a"), TextDelta("aab"), *STOP]


@both
def test_a_text_that_repeats_itself_arrives(dialect: Any) -> None:
    parts: list[Part] = [TextDelta(text) for text in ("ha", "ha", "haha", "", "h", "\ud83d", "!")]
    assert whole(dialect, write(dialect, [*parts, Finish("stop")])) == [
        *[part for part in parts if part != TextDelta("")],
        *STOP,
    ]


def test_what_was_said_before_a_new_connection_is_not_said_again() -> None:
    decoder = PartDecoder(NAME)
    assert decoder.feed(sse(result("Hel"))) == [TextDelta("Hel")]
    decoder.reset()
    assert decoder.feed(sse(result("Hello", "stop"))) == [TextDelta("lo")]


def test_a_cut_is_told() -> None:
    stream = sse(result("Hi"), result("Hi", "stop"))
    for cut in range(len(stream) - 2):
        assert read(NAME, stream[:cut])[1] == "dashscope: the stream ended before an event with a finish_reason"
    assert told(NAME, sse(result("a", "stop"), result("b", index=1)))[1] is not None


USED = Usage(5, 2, 7, 4, None, 1)
USAGE = {
    "input_tokens": 5,
    "output_tokens": 2,
    "total_tokens": 7,
    "prompt_tokens_details": {"cached_tokens": 4},
    "output_tokens_details": {"reasoning_tokens": 1},
}
ENCODED: dict[str, tuple[list[Part], list[Any], list[Any]]] = {
    "nothing": ([], [result("", "stop")], [result("", "stop")]),
    "text, the id, and counts from when they are known": (
        [Start("r", "m"), TextDelta("Hel"), USED, TextDelta("lo"), Finish("length")],
        [
            {**result("Hel"), "request_id": "r"},
            {**result("Hello"), "usage": USAGE, "request_id": "r"},
            {**result("Hello", "length"), "usage": USAGE, "request_id": "r"},
        ],
        [
            {**result("Hel"), "request_id": "r"},
            {**result("lo"), "usage": USAGE, "request_id": "r"},
            {**result("", "length"), "usage": USAGE, "request_id": "r"},
        ],
    ),
    "reasoning": (
        [ReasoningDelta("Hm"), ReasoningDelta("", signature="s"), TextDelta("Hi"), TextDelta("!")],
        [
            result("", reasoning_content="Hm"),
            result("Hi", reasoning_content="Hm"),
            result("Hi!", reasoning_content="Hm"),
            result("Hi!", "stop", reasoning_content="Hm"),
        ],
        [result("", reasoning_content="Hm"), result("Hi"), result("!"), result("", "stop")],
    ),
    "several answers": (
        [TextDelta("a"), TextDelta("b", choice=1), Finish("stop", "stop", 1)],
        [result("a"), result("b", index=1), result("a", "stop"), result("b", "stop", 1)],
        [result("a"), result("b", index=1), result("", "stop"), result("", "stop", 1)],
    ),
    "calls": (
        [
            ToolCallDelta("", 7, "c"),
            ToolCallDelta('{"a":', 7, "c", "f"),
            ToolCallDelta("{}", "b", None, "g", choice=1),
            ToolCallDelta("1}", 7),
            Finish("tool_call", None, 0),
            Finish("tool_call", None, 1),
        ],
        [
            result(tool_calls=[called("", 0, "c")]),
            result(tool_calls=[called('{"a":', 0, "c", "f")]),
            result("", "null", 1, tool_calls=[called("{}", 0, "call_0", "g")]),
            result(tool_calls=[called('{"a":1}', 0, "c", "f")]),
            result("", "tool_calls", tool_calls=[called('{"a":1}', 0, "c", "f")]),
            result("", "tool_calls", 1, tool_calls=[called("{}", 0, "call_0", "g")]),
        ],
        [
            result(tool_calls=[called("", 0, "c")]),
            result(tool_calls=[called('{"a":', 0, "c", "f")]),
            result("", "null", 1, tool_calls=[called("{}", 0, "call_0", "g")]),
            result(tool_calls=[called("1}", 0, "c", "f")]),
            result("", "tool_calls"),
            result("", "tool_calls", 1),
        ],
    ),
    "a filter has no word: it ends early": (
        [Finish("content_filter", "SAFETY")],
        [result("", "length")],
        [result("", "length")],
    ),
    "an error is the end": (
        [Start("r"), Error("bad", "t", "c", 500)],
        [{"message": "bad", "type": "t", "code": "c", "status_code": 500, "request_id": "r"}],
        [{"message": "bad", "type": "t", "code": "c", "status_code": 500, "request_id": "r"}],
    ),
}


@pytest.mark.parametrize(("parts", "repeated", "incremental"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], repeated: list[Any], incremental: list[Any]) -> None:
    assert payloads(NAME, *parts) == repeated
    assert payloads(INCREMENTAL, *parts) == incremental


def test_events_have_a_type_and_ids_that_count_up() -> None:
    found = events(NAME, TextDelta("a"), Error("bad"))
    assert [(event.type, event.last_event_id) for event in found] == [("result", "1"), ("error", "2")]


@pytest.mark.parametrize(
    "data", [result("a"), result("", "stop"), result("", tool_calls=CALLS), {"code": "c"}, {"request_id": "r"}], ids=str
)
def test_an_other_is_nothing_else(data: Any) -> None:
    assert payloads(NAME, Other("x", data, NAME)) == payloads(NAME)
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other("x", data))
    assert payloads(NAME, Other("x", {"a": 1}))[0] == {"a": 1}


def test_what_cannot_be_said() -> None:
    for part in (ToolCallDelta("ls", 0, "c", "f", json=False), TextDelta("a", choice=128)):
        with pytest.raises(EncodeError):
            PartEncoder(NAME).send(part)
