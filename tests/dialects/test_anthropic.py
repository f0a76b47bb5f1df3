# SPDX-License-Identifier: MIT
"""The anthropic-messages dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from order_anthropic import check
from reading import typed as sse

from sse_core import Decoder, EncodeError, Event, TruncatedError
from sse_core.dialects import (
    BlockEnd,
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
)

NAME = "anthropic-messages"
DEEP = "[" * 5000 + "]" * 5000


def message(**members: Any) -> dict[str, Any]:
    return {"type": "message_start", "message": {"id": "m1", "model": "claude", "role": "assistant", **members}}


def start(index: Any, type: Any, **members: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": index, "content_block": {"type": type, **members}}


def delta(index: Any, type: Any, **members: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": type, **members}}


def text(index: Any, text: Any) -> dict[str, Any]:
    return delta(index, "text_delta", text=text)


def stop(index: Any) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def message_delta(reason: Any = None, usage: Any = None, **members: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": reason, **members}, "usage": usage}


END = {"type": "message_stop"}
BEGUN = Start("m1", "claude", "assistant")
STOPPED = [Finish("stop", None), Done("event")]


def decode(stream: bytes) -> list[Part]:
    decoder = PartDecoder(NAME)
    return decoder.feed(stream) + decoder.close()


def encode(*parts: Part, **options: Any) -> list[Event]:
    encoder = PartEncoder(NAME, **options)
    data = b"".join([encoder.send(part) for part in parts]) + encoder.close()
    events = Decoder().feed(data)
    check(events, restarts=max(0, sum(isinstance(part, Start) for part in parts) - 1))
    return events


def payloads(*parts: Part) -> list[dict[str, Any]]:
    return [event.json() for event in encode(*parts)]


def again(parts: list[Part]) -> list[Part]:
    encoder = PartEncoder(NAME)
    return decode(b"".join([encoder.send(part) for part in parts]) + encoder.close())


def other(name: str, data: Any, block: int | None = None) -> Other:
    return Other(name, data, NAME, block)


# Each row: what the server sends after message_start and before message_stop, and the parts of it.
CONTENT: dict[str, tuple[list[dict[str, Any] | str], list[Part]]] = {
    "text": (
        [start(0, "text", text=""), text(0, "Hel"), text(0, "lo"), stop(0)],
        [TextDelta("Hel"), TextDelta("lo"), BlockEnd()],
    ),
    "text that stands in the block's start": (
        [start(0, "text", text="Hel"), text(0, "lo"), stop(0)],
        [TextDelta("Hel"), TextDelta("lo"), BlockEnd()],
    ),
    "an empty text block keeps its number": (
        [start(0, "text", text=""), text(0, ""), stop(0), start(1, "text", text=""), text(1, "x"), stop(1)],
        [TextDelta(""), BlockEnd(), TextDelta("x", 1), BlockEnd(1)],
    ),
    "thinking and its signature": (
        [
            start(0, "thinking", thinking="", signature=""),
            delta(0, "thinking_delta", thinking="Hm"),
            delta(0, "thinking_delta", thinking="m"),
            delta(0, "signature_delta", signature="sig"),
            stop(0),
        ],
        [ReasoningDelta("Hm"), ReasoningDelta("m"), ReasoningDelta("", 0, "sig"), BlockEnd(0, "reasoning")],
    ),
    "thinking that is left out, its signature alone": (
        [start(0, "thinking", thinking=""), delta(0, "signature_delta", signature="sig"), stop(0)],
        [ReasoningDelta(""), ReasoningDelta("", 0, "sig"), BlockEnd(0, "reasoning")],
    ),
    "thinking whole in the block's start": (
        [start(0, "thinking", thinking="Hm", signature="sig"), stop(0)],
        [ReasoningDelta("Hm"), ReasoningDelta("", 0, "sig"), BlockEnd(0, "reasoning")],
    ),
    "a signature of the wrong type": (
        [start(0, "thinking", thinking="Hm"), delta(0, "signature_delta", signature=7), stop(0)],
        [ReasoningDelta("Hm"), BlockEnd(0, "reasoning")],
    ),
    "redacted thinking, with a ping inside": (
        [start(0, "redacted_thinking", data="enc"), {"type": "ping"}, stop(0)],
        [ReasoningDelta("", 0, "enc"), other("ping", {"type": "ping"}), BlockEnd(0, "reasoning")],
    ),
    "two blocks of redacted thinking": (
        [start(0, "redacted_thinking", data="a"), stop(0), start(1, "redacted_thinking", data="b"), stop(1)],
        [
            ReasoningDelta("", 0, "a"),
            BlockEnd(0, "reasoning"),
            ReasoningDelta("", 1, "b"),
            BlockEnd(1, "reasoning"),
        ],
    ),
    "a server's tool, its result whole, and text that cites it": (
        [
            start(0, "server_tool_use", id="s1", name="web_search", input={}),
            delta(0, "input_json_delta", partial_json=""),
            delta(0, "input_json_delta", partial_json='{"q"'),
            delta(0, "input_json_delta", partial_json=":1}"),
            stop(0),
            start(1, "web_search_tool_result", tool_use_id="s1", content=[{"url": "u"}]),
            {"type": "ping"},
            stop(1),
            start(2, "text", text=""),
            delta(2, "citations_delta", citation={"url": "u"}),
            text(2, "So"),
            stop(2),
        ],
        [
            ToolCallDelta("", 0, "s1", "web_search", True),
            ToolCallDelta('{"q"', 0, server=True),
            ToolCallDelta(":1}", 0, server=True),
            BlockEnd(0, "tool_call"),
            other(
                "web_search_tool_result",
                {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"url": "u"}]},
                1,
            ),
            other("ping", {"type": "ping"}),
            BlockEnd(1, "other"),
            TextDelta("", 2),
            other("citations_delta", {"type": "citations_delta", "citation": {"url": "u"}}, 2),
            TextDelta("So", 2),
            BlockEnd(2),
        ],
    ),
    "what else an MCP call's block holds": (
        [start(0, "mcp_tool_use", id="c1", name="ask", input={}, server_name="wiki"), stop(0)],
        [
            other(
                "mcp_tool_use",
                {"type": "mcp_tool_use", "id": "c1", "name": "ask", "input": {}, "server_name": "wiki"},
                0,
            ),
            ToolCallDelta("", 0, "c1", "ask", True),
            BlockEnd(0, "tool_call"),
        ],
    ),
    "a tool of a type to come is the server's": (
        [
            start(0, "robot_use", id="r1", name="walk", input={}),
            delta(0, "input_json_delta", partial_json='{"to"'),
            delta(0, "input_json_delta", partial_json=":1}"),
            stop(0),
        ],
        [
            other("robot_use", {"type": "robot_use", "id": "r1", "name": "walk", "input": {}}, 0),
            ToolCallDelta('{"to"', server=True),
            ToolCallDelta(":1}", server=True),
            BlockEnd(0, "other"),
        ],
    ),
    "thinking that says nothing": (
        [start(0, "thinking", thinking=""), stop(0)],
        [ReasoningDelta(""), BlockEnd(0, "reasoning")],
    ),
    "a compaction, whose delta follows": (
        [start(0, "compaction", content=None), delta(0, "compaction_delta", content="short"), stop(0)],
        [
            other("compaction", {"type": "compaction", "content": None}, 0),
            other("compaction_delta", {"type": "compaction_delta", "content": "short"}, 0),
            BlockEnd(0, "other"),
        ],
    ),
    "blocks that come whole, one after the other": (
        [start(0, "fallback"), stop(0), start(1, "fallback"), stop(1)],
        [
            other("fallback", {"type": "fallback"}, 0),
            BlockEnd(0, "other"),
            other("fallback", {"type": "fallback"}, 1),
            BlockEnd(1, "other"),
        ],
    ),
    "an event of a type to come": (
        [{"type": "weather", "sky": "blue"}],
        [other("weather", {"type": "weather", "sky": "blue"})],
    ),
    "copilot-api's ping": (['""'], []),
    "a ping without data": ([" "], []),
    "a block end too many": ([stop(0), start(0, "text"), text(0, "x"), stop(0), stop(0)], [TextDelta("x"), BlockEnd()]),
}


@pytest.mark.parametrize(("sent", "parts"), CONTENT.values(), ids=CONTENT)
def test_content_is_decoded_and_comes_out_as_it_went_in(sent: list[Any], parts: list[Part]) -> None:
    stream = sse(message(), *sent, message_delta("end_turn"), END)
    whole = [BEGUN, *parts, Finish("stop", "end_turn"), Done("event")]
    assert decode(stream) == whole
    decoder = PartDecoder(NAME)
    assert [part for at in range(len(stream)) for part in decoder.feed(stream[at : at + 1])] == whole
    assert [part for part in again(whole) if not isinstance(part, Usage)] == whole


CALLS: dict[str, tuple[list[dict[str, Any]], list[Part]]] = {
    "in fragments": (
        [
            start(0, "tool_use", id="c1", name="f", input={}),
            delta(0, "input_json_delta", partial_json=""),
            delta(0, "input_json_delta", partial_json='{"a":'),
            delta(0, "input_json_delta", partial_json="1}"),
            stop(0),
        ],
        [ToolCallDelta("", 0, "c1", "f"), ToolCallDelta('{"a":'), ToolCallDelta("1}"), BlockEnd(0, "tool_call")],
    ),
    "without arguments": (
        [start(0, "tool_use", id="c1", name="f", input={}), delta(0, "input_json_delta", partial_json=""), stop(0)],
        [ToolCallDelta("", 0, "c1", "f"), BlockEnd(0, "tool_call")],
    ),
    "with its input whole in the block's start": (
        [start(0, "tool_use", id="c1", name="f", input={"a": 1}), stop(0)],
        [ToolCallDelta("", 0, "c1", "f"), ToolCallDelta('{"a":1}'), BlockEnd(0, "tool_call")],
    ),
    "with its input in the start, and then in fragments": (
        [
            start(0, "tool_use", id="c1", name="f", input={"a": 1}),
            delta(0, "input_json_delta", partial_json='{"a":1}'),
            stop(0),
        ],
        [ToolCallDelta("", 0, "c1", "f"), ToolCallDelta('{"a":1}'), BlockEnd(0, "tool_call")],
    ),
    "called by the model, as usual": (
        [start(0, "tool_use", id="c1", name="f", input={}, caller={"type": "direct"}), stop(0)],
        [ToolCallDelta("", 0, "c1", "f"), BlockEnd(0, "tool_call")],
    ),
    "called by code": (
        [start(0, "tool_use", id="c1", name="f", input={}, caller={"type": "code"}), stop(0)],
        [
            other(
                "tool_use", {"type": "tool_use", "id": "c1", "name": "f", "input": {}, "caller": {"type": "code"}}, 0
            ),
            ToolCallDelta("", 0, "c1", "f"),
            BlockEnd(0, "tool_call"),
        ],
    ),
    "with the end of its block left out": (
        [start(0, "tool_use", id="c1", name="f", input={"a": 1})],
        [ToolCallDelta("", 0, "c1", "f"), ToolCallDelta('{"a":1}')],
    ),
}


@pytest.mark.parametrize(("sent", "parts"), CALLS.values(), ids=CALLS)
def test_a_tool_call(sent: list[Any], parts: list[Part]) -> None:
    whole = [BEGUN, *parts, Finish("tool_call", "tool_use"), Done("event")]
    assert decode(sse(message(), *sent, message_delta("tool_use"), END)) == whole
    inferred = [BEGUN, *parts, Finish("tool_call"), Done("event")]
    assert decode(sse(message(), *sent, END)) == inferred
    if BlockEnd(0, "tool_call") in parts:
        assert [part for part in again(whole) if not isinstance(part, Usage)] == whole


TOLERATED: dict[str, tuple[list[dict[str, Any] | str], list[Part]]] = {
    "the JSON type is missing: the event type stands in": (
        ['{"index":0}\nevent: content_block_stop', '{"index":0,"delta":{"type":"text_delta","text":"x"}}\nevent: '],
        [other("message", {"index": 0, "delta": {"type": "text_delta", "text": "x"}})],
    ),
    "a delta of a block that never began": (
        [text(3, "x"), text(3, "y"), stop(3)],
        [TextDelta("x", 3), TextDelta("y", 3), BlockEnd(3)],
    ),
    "a call that never began is nobody's to run": (
        [delta(3, "input_json_delta", partial_json="{"), delta(3, "input_json_delta", partial_json="}"), stop(3)],
        [ToolCallDelta("{", 3, server=True), ToolCallDelta("}", 3, server=True), BlockEnd(3, "tool_call")],
    ),
    "a signature of no block": ([delta(0, "signature_delta", signature="s")], [ReasoningDelta("", 0, "s")]),
    "redacted thinking without its data": (
        [start(0, "redacted_thinking", data=7), stop(0)],
        [ReasoningDelta(""), BlockEnd(0, "reasoning")],
    ),
    "text after the end of its block": (
        [start(0, "text"), text(0, "x"), stop(0), text(0, "y"), text(0, "z"), stop(0)],
        [TextDelta("x"), BlockEnd(), TextDelta("y"), TextDelta("z"), BlockEnd()],
    ),
    "an index of the wrong type: the block under way": (
        [start([], "text"), text(None, "x"), text({}, "y"), stop("0"), start(-1, "text"), text(1, "z"), stop(1)],
        [TextDelta("x"), TextDelta("y"), BlockEnd(), TextDelta("z", 1), BlockEnd(1)],
    ),
    "an index past all bounds": (
        [start(10**30, "text"), text(10**30, "x"), stop(4096)],
        [TextDelta("x"), BlockEnd()],
    ),
    "fragments of the wrong type": (
        [
            start(0, "text", text=7),
            text(0, "x"),
            text(0, ["y"]),
            text(0, ""),
            delta(0, "input_json_delta", partial_json={}),
            delta(0, "thinking_delta", thinking=None),
            {"type": "content_block_delta", "index": 0, "delta": "x"},
            {"type": "content_block_delta", "index": 0},
        ],
        [
            TextDelta("x"),
            other("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": "x"}),
            other("content_block_delta", {"type": "content_block_delta", "index": 0}),
        ],
    ),
    "a block's start without the block": (
        [{"type": "content_block_start", "index": 0}, stop(0)],
        [other("content_block_start", {"type": "content_block_start", "index": 0}), BlockEnd(0, "other")],
    ),
    "names of the wrong type": ([start(0, "tool_use", id=1, name=[], input="x")], [ToolCallDelta("")]),
    "blocks that overlap": (
        [
            start(0, "text"),
            start(1, "server_tool_use", id="c1", name="f"),
            text(0, "x"),
            delta(1, "input_json_delta", partial_json="{"),
            text(0, "y"),
            delta(1, "input_json_delta", partial_json="}"),
            stop(0),
            stop(1),
        ],
        [
            ToolCallDelta("", 1, "c1", "f", True),
            TextDelta("x"),
            ToolCallDelta("{", 1, server=True),
            TextDelta("y"),
            ToolCallDelta("}", 1, server=True),
            BlockEnd(),
            BlockEnd(1, "tool_call"),
        ],
    ),
    "a message_delta of nothing": ([message_delta(7, 7), {"type": "message_delta", "delta": []}], []),
}


@pytest.mark.parametrize(("sent", "parts"), TOLERATED.values(), ids=TOLERATED)
def test_what_servers_do_that_they_should_not(sent: list[Any], parts: list[Part]) -> None:
    decoded = decode(sse(*sent, END))
    assert [part for part in decoded if part.kind not in ("finish", "done")] == parts


@pytest.mark.parametrize("at", ["index", "content_block", "delta", "message", "usage", "type", "error"])
@pytest.mark.parametrize(
    "value", ["null", "[]", "-1", "1" * 10_000, '"\\ud800"', '{"type":"text"}', DEEP], ids=lambda value: value[:20]
)
@pytest.mark.parametrize("type", ["message_start", "content_block_start", "content_block_delta", "message_delta"])
def test_no_value_makes_the_decoder_raise(type: str, at: str, value: str) -> None:
    decoder = PartDecoder(NAME)
    decoder.feed(
        sse(message(), start(0, "text")) + f'event: {type}\ndata: {{"type":"{type}","{at}":{value}}}\n\n'.encode()
    )
    assert decoder.feed(sse(stop(0), END))[-1].kind == "done"


USAGE: dict[str, tuple[Any, Any, list[Usage]]] = {
    "output alone in message_delta": (
        {"input_tokens": 10, "output_tokens": 1},
        {"output_tokens": 5},
        [Usage(10, 1), Usage(10, 5)],
    ),
    "input includes both cache counts": (
        {"input_tokens": 10, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 30, "output_tokens": 1},
        {"output_tokens": 5},
        [Usage(60, 1, None, 20, 30), Usage(60, 5, None, 20, 30)],
    ),
    "the cache counts of message_start with the input of message_delta": (
        {"input_tokens": 10, "cache_read_input_tokens": 20, "output_tokens": 1},
        {"input_tokens": 11, "output_tokens": 5},
        [Usage(30, 1, None, 20), Usage(31, 5, None, 20)],
    ),
    "thinking": (
        None,
        {"input_tokens": 1, "output_tokens": 5, "output_tokens_details": {"thinking_tokens": 3}},
        [Usage(1, 5, None, None, None, 3)],
    ),
    "null is not said": (
        {"input_tokens": 1, "output_tokens": 1},
        {"input_tokens": None, "output_tokens": 1},
        [Usage(1, 1)],
    ),
    "counts of the wrong type": ({"input_tokens": "1", "output_tokens": -1}, {"output_tokens": True}, []),
}


@pytest.mark.parametrize(("first", "last", "given"), USAGE.values(), ids=USAGE)
def test_usage_is_cumulative(first: Any, last: Any, given: list[Usage]) -> None:
    parts = decode(sse(message(usage=first), message_delta("end_turn", last), END))
    assert [part for part in parts if isinstance(part, Usage)] == given
    if given:
        assert [part for part in again(parts) if isinstance(part, Usage)][-1] == given[-1]


def test_a_sum_past_all_bounds_is_not_said() -> None:
    usage = {"input_tokens": 2**63 - 1, "cache_read_input_tokens": 1, "output_tokens": 1}
    assert decode(sse(message(usage=usage)) + sse(END))[1] == Usage(None, 1, None, 1)


REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_call",
    "refusal": "content_filter",
    "pause_turn": "other",
    "compaction": "other",
}


@pytest.mark.parametrize(("raw", "reason"), REASONS.items())
def test_stop_reasons(raw: str, reason: str) -> None:
    parts = decode(sse(message(), message_delta(raw), END))
    assert parts == [BEGUN, Finish(reason, raw), Done("event")]
    assert again(parts)[-2:] == parts[-2:]


def test_a_stop_with_a_call_to_act_on_is_tool_call() -> None:
    parts = decode(sse(message(), start(0, "tool_use", id="c1", name="f"), stop(0), message_delta("end_turn"), END))
    assert parts[-2] == Finish("tool_call", "end_turn")
    assert payloads(*parts)[-2]["delta"]["stop_reason"] == "tool_use"
    served = [start(0, "server_tool_use", id="c1", name="f"), stop(0), start(1, "robot_use"), stop(1)]
    assert decode(sse(message(), *served, message_delta("end_turn"), END))[-2] == Finish("stop", "end_turn")


def test_a_stop_reason_to_come_is_other() -> None:
    assert decode(sse(message_delta("bored"), END)) == [Finish("other", "bored"), Done("event")]


def test_the_last_of_several_message_deltas_counts() -> None:
    parts = decode(sse(message(), message_delta("pause_turn"), message_delta("end_turn"), message_delta(), END))
    assert parts == [BEGUN, Finish("stop", "end_turn"), Done("event")]


def test_what_else_message_delta_says_is_kept() -> None:
    sent = message_delta("stop_sequence", {"output_tokens": 1}, stop_sequence="\n\n", container=None)
    parts = decode(sse(message(), {**sent, "context_management": {"edits": []}}, END))
    rest = other("message_delta", {"context_management": {"edits": []}, "delta": {"stop_sequence": "\n\n"}})
    assert parts == [BEGUN, Usage(None, 1), rest, Finish("stop", "stop_sequence"), Done("event")]
    assert again(parts)[-3:] == parts[-3:]


def test_a_second_message_start_replaces_the_first() -> None:
    first = [
        message(usage={"input_tokens": 9, "output_tokens": 9}),
        start(0, "tool_use", id="c1", name="f", input={"a": 1}),
    ]
    second = [message(id="m2"), start(0, "text"), text(0, "x"), stop(0), END]
    parts = decode(sse(*first, message_delta("tool_use"), *second))
    assert parts == [
        BEGUN,
        Usage(9, 9),
        ToolCallDelta("", 0, "c1", "f"),
        ToolCallDelta('{"a":1}'),
        Start("m2", "claude", "assistant"),
        TextDelta("x"),
        BlockEnd(),
        *STOPPED,
    ]
    events = encode(*parts)
    assert [event.type for event in events].count("message_start") == 2
    assert [part for part in again(parts) if part.kind not in ("usage", "finish")] == [
        part for part in parts if part.kind not in ("usage", "finish")
    ]


ERRORS: dict[str, tuple[bytes, Error]] = {
    "documented": (
        sse({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "r"}),
        Error("Overloaded", "overloaded_error", None, 529),
    ),
    "of a type to come": (
        sse({"type": "error", "error": {"type": "moon_error", "message": "M"}}),
        Error("M", "moon_error"),
    ),
    "unnamed, a proxy's": (sse('{"error":{"type":"api_error","message":"M"}}'), Error("M", "api_error", None, 500)),
    "named by the event alone": (b'event: error\ndata: {"message":"M"}\n\n', Error("M")),
    "with no framing": (
        b'{"type":"error",\n"error":{"type":"rate_limit_error","message":"M"}}\n',
        Error("M", "rate_limit_error", None, 429),
    ),
}


@pytest.mark.parametrize(("sent", "error"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_the_end(sent: bytes, error: Error) -> None:
    stream = sse(message(), start(0, "text"), text(0, "x"), message_delta("end_turn")) + sent + sse(END)
    parts = [BEGUN, TextDelta("x"), error, Done("error")]
    assert decode(stream) == parts
    assert [event.type for event in encode(*parts)][-1] == "error"


def test_the_answer_of_a_server_that_does_not_stream() -> None:
    body = {
        "type": "message",
        "id": "m1",
        "model": "claude",
        "role": "assistant",
        "content": [{"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 3, "output_tokens": 4},
    }
    assert decode(json.dumps(body, indent=1).encode()) == [
        BEGUN,
        Usage(3, 4),
        TextDelta("Hi"),
        BlockEnd(),
        ToolCallDelta("", 1, "c1", "f"),
        ToolCallDelta('{"a":1}', 1),
        BlockEnd(1, "tool_call"),
        Finish("tool_call", "tool_use"),
        Done("event"),
    ]
    assert decode(b'{"type":"message","content":7}\n') == [Start(), *STOPPED]


def test_done_is_a_sentinel_too() -> None:
    assert decode(sse(message_delta("max_tokens"), "[DONE]", END)) == [Finish("length", "max_tokens"), Done("sentinel")]


def test_no_truncation_passes_as_success() -> None:
    stream = sse(message(), start(0, "text"), text(0, "x"), stop(0), message_delta("end_turn"), END)
    for end in range(len(stream) - 2):
        decoder = PartDecoder(NAME)
        decoder.feed(stream[:end])
        with pytest.raises(TruncatedError, match="message_stop"):
            decoder.close()
    assert decode(stream[:-2])[-1] == Done("event")


def test_a_stream_of_text() -> None:
    start_usage = {"input_tokens": 0, "output_tokens": 0}
    assert payloads(TextDelta("Hi"), TextDelta("!"), Usage(5, 2, 7), Finish("stop", "stop")) == [
        {
            "type": "message_start",
            "message": {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": "",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": start_usage,
            },
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "!"}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_sequence": None, "stop_reason": "end_turn"},
            "usage": {"input_tokens": 5, "output_tokens": 2},
        },
        {"type": "message_stop"},
    ]


def test_a_stream_of_nothing() -> None:
    assert [event.type for event in encode()] == ["message_start", "message_delta", "message_stop"]


def test_message_start_says_who_and_what_is_known() -> None:
    assert encode(id="a", model="b")[0].json()["message"]["id"] == "a"
    known = encode(Usage(5, 1), Start("x", "y"), id="a", model="b")[0].json()["message"]
    assert (known["id"], known["model"], known["usage"]) == ("x", "y", {"input_tokens": 5, "output_tokens": 1})


BLOCKS: dict[str, tuple[list[Part], list[tuple[Any, ...]]]] = {
    "text, reasoning and calls in turn are numbered afresh": (
        [
            ReasoningDelta("R", "s0"),
            TextDelta("T", "0/0"),
            TextDelta("no", "0/0", True),
            ToolCallDelta("{}", 3, "c", "f"),
        ],
        [("thinking", "R"), ("text", "T"), ("text", "no"), ("tool_use", "{}")],
    ),
    "interleaved calls are brought in order": (
        [
            ToolCallDelta('{"a":', 0, "c1", "f"),
            ToolCallDelta('{"b":', 1, "c2", "g"),
            TextDelta("T"),
            ToolCallDelta("1}", 0),
            ToolCallDelta("2}", 1),
        ],
        [("tool_use", '{"a":', "1}"), ("tool_use", '{"b":', "2}"), ("text", "T")],
    ),
    "encrypted reasoning between other reasoning": (
        [
            ReasoningDelta("", 0, "enc"),
            ReasoningDelta("R"),
            ReasoningDelta("", 0, "sig"),
            ReasoningDelta("", 1, "enc"),
            ReasoningDelta("", 1, "enc"),
        ],
        [("redacted_thinking",), ("thinking", "R", "sig"), ("redacted_thinking",), ("redacted_thinking",)],
    ),
    "reasoning and its signature in one": ([ReasoningDelta("R", 0, "sig")], [("thinking", "R", "sig")]),
    "reasoning that had to wait": (
        [ToolCallDelta("{", 0, "c", "f"), ReasoningDelta("", 0, "enc"), ReasoningDelta("R"), ToolCallDelta("}")],
        [("tool_use", "{", "}"), ("redacted_thinking",), ("thinking", "R")],
    ),
    "a server's call is kept": ([ToolCallDelta("", 0, "s", "f", True)], [("server_tool_use",)]),
    "a call without id and name": ([ToolCallDelta(" ")], [("tool_use", " ")]),
    "the end of what never began": ([BlockEnd(3), BlockEnd(4, "other"), TextDelta("T")], [("text", "T")]),
    "what another dialect's Others say": ([Other("annotations", [], "openai-chat"), TextDelta("T")], [("text", "T")]),
    "deltas without their block": (
        [
            other("citations_delta", {}, 0),
            TextDelta("T"),
            other("citations_delta", {}, 1),
            other("compaction_delta", {}, 0),
            other("text_delta", {"text": "x"}, 0),
        ],
        [("text", "T")],
    ),
    "an Other of a malformed event": ([other("content_block_start", {}), TextDelta("T")], [("text", "T")]),
}


@pytest.mark.parametrize(("parts", "blocks"), BLOCKS.values(), ids=BLOCKS)
def test_blocks(parts: list[Part], blocks: list[tuple[Any, ...]]) -> None:
    found: list[list[Any]] = []
    for payload in payloads(*parts):
        if payload["type"] == "content_block_start":
            found.append([payload["content_block"]["type"]])
        elif payload["type"] == "content_block_delta":
            found[-1] += [value for name, value in payload["delta"].items() if name != "type"]
    assert [tuple(block) for block in found] == blocks


def test_ids_are_invented_by_counting() -> None:
    starts = [payload for payload in payloads(ToolCallDelta("", 0), ToolCallDelta("", 1)) if "content_block" in payload]
    assert [start["content_block"]["id"] for start in starts] == ["toolu_1", "toolu_2"]


def test_others_without_a_block_are_events() -> None:
    assert encode(Start("m"), Other("ping"))[1] == Event('{"type":"ping"}', "ping")


FINISHES = {
    "inferred": ([], "end_turn"),
    "inferred after a call": ([ToolCallDelta("{}", 0, "c", "f")], "tool_use"),
    "inferred after a server's call": ([ToolCallDelta("{}", 0, "c", "f", True)], "end_turn"),
    "the last counts": ([Finish("stop"), Finish("length")], "max_tokens"),
    "a word of another dialect": ([Finish("content_filter", "SAFETY")], "refusal"),
    "a word that means another thing": ([Finish("length", "end_turn")], "max_tokens"),
    "other": ([Finish("other", "bored")], "end_turn"),
}


@pytest.mark.parametrize(("parts", "word"), FINISHES.values(), ids=FINISHES)
def test_the_stop_reason_written(parts: list[Part], word: str) -> None:
    assert payloads(*parts)[-2]["delta"]["stop_reason"] == word


@pytest.mark.parametrize(
    ("finish", "message"),
    [
        (Finish("error", "MALFORMED_CALL"), "the answer ended in an error: MALFORMED_CALL"),
        (Finish("error"), "the answer ended in an error: no reason was given"),
    ],
)
def test_a_finish_that_is_an_error_is_written_as_one(finish: Finish, message: str) -> None:
    events = encode(TextDelta("x"), BlockEnd(), ToolCallDelta('{"a":1}', 0, "c", "f"), finish)
    assert [event.type for event in events][-2:] == ["content_block_delta", "error"]
    assert events[-1].json() == {"type": "error", "error": {"type": "api_error", "message": message}}


WRITTEN_USAGE: dict[str, tuple[Usage, dict[str, Any]]] = {
    "caches are taken out": (
        Usage(60, 5, 65, 20, 30),
        {"input_tokens": 10, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 30, "output_tokens": 5},
    ),
    "never below 0": (
        Usage(1, 5, None, 20),
        {"input_tokens": 0, "cache_read_input_tokens": 20, "output_tokens": 5},
    ),
    "reasoning is at most the output": (
        Usage(1, 5, None, None, None, 9),
        {"input_tokens": 1, "output_tokens": 5, "output_tokens_details": {"thinking_tokens": 5}},
    ),
    "a total cannot be split": (Usage(None, None, 9), {"output_tokens": 0}),
}


@pytest.mark.parametrize(("usage", "written"), WRITTEN_USAGE.values(), ids=WRITTEN_USAGE)
def test_usage_written(usage: Usage, written: dict[str, Any]) -> None:
    assert payloads(TextDelta("x"), usage)[-2]["usage"] == written


@pytest.mark.parametrize(
    ("error", "type"),
    [
        (Error("M", "overloaded_error", None, 529), "overloaded_error"),
        (Error("M", "rate_limit_exceeded", None, 429), "rate_limit_error"),
        (Error("M", "server_error", None, 503), "server_error"),
        (Error("M"), "api_error"),
    ],
)
def test_an_error_is_written_instead_of_the_end(error: Error, type: str) -> None:
    events = encode(TextDelta("x"), Usage(1, 1), Finish("stop"), error, error, TextDelta("y"), Finish("stop"))
    before = ["message_start", "content_block_start", "content_block_delta", "content_block_stop"]
    assert [event.type for event in events] == [*before, "error"]
    assert events[-1].json() == {"type": "error", "error": {"type": type, "message": "M"}}


DAMAGE: dict[str, tuple[list[Part], str]] = {
    "a call that is half there": ([ToolCallDelta('{"a":', 0, "c", "f")], ""),
    "a call that only lacks its end": ([ToolCallDelta("{}", 0, "c", "f")], ""),
    "half a call that ended": ([ToolCallDelta('{"a":', 0, "c", "f"), BlockEnd(0, "tool_call")], ""),
    "text behind a call": ([ToolCallDelta("{", 0, "c", "f"), TextDelta("T"), ToolCallDelta("{}", 1, "d", "g")], "T"),
    "thinking and text behind a call": (
        [ToolCallDelta("{", 0, "c", "f"), ReasoningDelta("R"), TextDelta("T"), TextDelta("U", 1)],
        "TU",
    ),
}


@pytest.mark.parametrize(("parts", "said"), DAMAGE.values(), ids=DAMAGE)
def test_an_error_completes_no_call_and_comes_after_the_text(parts: list[Part], said: str) -> None:
    events = [event.json() for event in encode(*parts, Error("M"), Finish("tool_call"))]
    calls = [e["index"] for e in events if e.get("content_block", {}).get("type") == "tool_use"]
    assert calls == [0]
    assert 0 not in [e["index"] for e in events if e["type"] == "content_block_stop"]
    assert "".join([e["delta"].get("text", "") for e in events if "delta" in e]) == said
    assert events[-1]["type"] == "error"


@pytest.mark.parametrize(
    "parts",
    [
        [ToolCallDelta("free", 0, "c", "f", json=False)],
        [ToolCallDelta("free", 0, "c", "f"), BlockEnd(0, "tool_call")],
        [ToolCallDelta("[1]", 0, "c", "f"), BlockEnd(0, "tool_call")],
        [ToolCallDelta('{"a":}', 0, "c", "f"), BlockEnd(0, "tool_call")],
        [ToolCallDelta("{}{}", 0, "c", "f"), TextDelta("x")],
        [ToolCallDelta('{"a":' + DEEP * 20 + "}", 0, "c", "f"), BlockEnd(0, "tool_call")],
        [TextDelta("x", choice=1)],
        [Other("ping", [1])],
        [Other("ping", {"a": float("nan")})],
    ],
    ids=[
        "free text",
        "no JSON",
        "no object",
        "broken",
        "two objects",
        "too deep",
        "choice 1",
        "an Other of a list",
        "NaN",
    ],
)
def test_what_cannot_be_said(parts: list[Part]) -> None:
    encoder = PartEncoder(NAME)
    for part in parts[:-1]:
        encoder.send(part)
    with pytest.raises(EncodeError):
        encoder.send(parts[-1])


@pytest.mark.parametrize(
    ("reason", "said"), [("length", True), ("content_filter", True), ("stop", False), ("tool_call", False)]
)
def test_a_call_that_ends_inside_its_arguments_is_a_cut_answer(reason: str, said: bool) -> None:
    parts: list[Part] = [ToolCallDelta('{"a":"', 0, "c", "f"), BlockEnd(0, "tool_call"), Finish(reason)]
    if said:
        assert encode(*parts)[-1].type == "message_stop"
        return
    encoder = PartEncoder(NAME)
    for part in parts:
        encoder.send(part)
    with pytest.raises(EncodeError, match="end before"):
        encoder.close()


@pytest.mark.parametrize("finish", [Finish("stop"), Error("M"), Done("eof")], ids=lambda part: part.kind)
def test_after_what_cannot_be_said_comes_the_rest_and_no_success(finish: Part) -> None:
    """The call that is no JSON stays open, and what was behind it is not lost."""
    encoder = PartEncoder(NAME)
    data = encoder.send(ToolCallDelta("{}{}", 0, "c", "f"))
    with pytest.raises(EncodeError, match="must be JSON text of an object"):
        encoder.send(TextDelta("x"))
    rest: list[Part] = [
        TextDelta("y"),
        other("citations_delta", {"citation": {}}, 0),
        BlockEnd(),
        other("fallback", {}, 5),
        BlockEnd(5, "other"),
        ToolCallDelta("{}", 1, "d", "g"),
        BlockEnd(1, "tool_call"),
        finish,
    ]
    data += b"".join([encoder.send(part) for part in rest]) + encoder.close()
    events = [event.json() for event in Decoder().feed(data)]
    assert [e["content_block"]["type"] for e in events if "content_block" in e] == ["tool_use", "text", "fallback"]
    assert [e["index"] for e in events if e["type"] == "content_block_stop"] == [1, 2]
    assert [e["delta"].get("text") for e in events if e.get("index") == 1 and "delta" in e] == ["x", "y", None]
    assert (events[-1]["type"] == "error") == isinstance(finish, Error)
    assert "message_stop" not in [event["type"] for event in events]


@pytest.mark.parametrize("arguments", ["{", "{}{"], ids=["half an object", "one and a half"])
def test_what_waited_behind_a_bad_call_is_not_lost_when_the_stream_ends(arguments: str) -> None:
    encoder = PartEncoder(NAME)
    data = encoder.send(ToolCallDelta(arguments, 0, "c", "f"))
    for part in (TextDelta("x"), ToolCallDelta("{}", 1, "d", "g"), BlockEnd(1, "tool_call")):
        data += encoder.send(part)
    with pytest.raises(EncodeError):
        encoder.close()
    parts = PartDecoder(NAME).feed(data + encoder.close())
    assert parts[-2:] == [TextDelta("x", 1), BlockEnd(1)]
    assert [part.id for part in parts if isinstance(part, ToolCallDelta) and part.id] == ["c"]
    assert BlockEnd(0, "tool_call") not in parts


def test_once_failed_no_call_is_completed() -> None:
    """Text closes a call whose arguments are whole, but for a stream that has failed."""
    encoder = PartEncoder(NAME)
    data = encoder.send(ToolCallDelta("{}", 0, "c", "f"))
    with pytest.raises(EncodeError):
        encoder.send(Other("ping", {"a": float("nan")}))
    parts = PartDecoder(NAME).feed(data + encoder.send(TextDelta("x")) + encoder.close())
    assert parts[-2:] == [TextDelta("x", 1), BlockEnd(1)]
    assert BlockEnd(0, "tool_call") not in parts


def test_a_start_of_the_wrong_type_begins_nothing() -> None:
    encoder = PartEncoder(NAME)
    with pytest.raises(EncodeError):
        encoder.send(ToolCallDelta("{}", 0, {1}))
    data = encoder.send(TextDelta("x")) + encoder.close()
    events = [event.json() for event in Decoder().feed(data)]
    assert [e["type"] for e in events] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


@pytest.mark.parametrize("name", ["message_start", "content_block_stop", "message_stop", "error"])
def test_an_other_is_no_event_that_other_parts_say(name: str) -> None:
    with pytest.raises(EncodeError, match="would take it for more than an Other"):
        encode(TextDelta("x"), Other(name, {}))
    assert encode(TextDelta("x"), other(name, {})) == encode(TextDelta("x"))


@pytest.mark.parametrize("name", ["text", "thinking", "redacted_thinking", "text_delta", "input_json_delta"])
def test_an_other_is_no_content_that_other_parts_say(name: str) -> None:
    with pytest.raises(EncodeError, match="would take it for more than an Other"):
        encode(TextDelta("x"), Other(name, {"text": "forged"}, block=0))
    assert encode(TextDelta("x"), other(name, {"text": "forged"}, 0)) == encode(TextDelta("x"))


@pytest.mark.parametrize(("server", "name"), [(True, "tool_use"), (False, "mcp_tool_use")])
def test_no_other_makes_a_call_the_clients_or_the_servers(server: bool, name: str) -> None:
    forged = other(name, {"caller": {"type": "direct"}}, 0)
    call = ToolCallDelta("{}", 0, "c", "f", server)
    assert encode(forged, call) == encode(call)


def test_arguments_of_any_size_and_any_characters() -> None:
    arguments = '{"n":' + "1" * 10_000 + ',"s":"\\ud800 \ud800"}'
    call = [part for part in decode(encoded(ToolCallDelta(arguments, 0, "c", "f"))) if part.kind == "tool_call"]
    assert "".join([part.arguments for part in call]) == arguments


def encoded(*parts: Part) -> bytes:
    encoder = PartEncoder(NAME)
    return b"".join([encoder.send(part) for part in parts]) + encoder.close()
