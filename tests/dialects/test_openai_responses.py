# SPDX-License-Identifier: MIT
"""openai-responses: what its events mean, and that what is written is a whole and valid response."""

from __future__ import annotations

import json
from typing import Any

import pytest
from order_responses import check
from reading import gather, write

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
    get,
)

NAME = "openai-responses"
STOP = [Finish("stop", "completed"), Done("event")]
CALLED = [Finish("tool_call", "completed"), Done("event")]


def event(type: str, **members: Any) -> bytes:
    return b"data: " + json.dumps({"type": f"response.{type}", **members}).encode() + b"\n\n"


def created(**members: Any) -> bytes:
    return event("created", response={"id": "r", "model": "m", "output": [], **members})


def added(index: int, type: str = "message", **members: Any) -> bytes:
    return event("output_item.added", output_index=index, item={"id": f"i{index}", "type": type, **members})


def over(index: int, type: str = "message", **members: Any) -> bytes:
    return event("output_item.done", output_index=index, item={"id": f"i{index}", "type": type, **members})


def text(delta: Any, output: Any = 0, content: Any = 0, **members: Any) -> bytes:
    return event("output_text.delta", output_index=output, content_index=content, delta=delta, **members)


def completed(**response: Any) -> bytes:
    return event("completed", response={"status": "completed", **response})


def decode(data: bytes) -> list[Part]:
    """The parts, which are the same byte by byte."""
    decoder = PartDecoder(NAME)
    parts = decoder.feed(data) + decoder.close()
    slow = PartDecoder(NAME)
    assert [part for i in range(len(data)) for part in slow.feed(data[i : i + 1])] + slow.close() == parts
    return parts


def encode(parts: list[Part], **options: Any) -> list[Event]:
    """The events, which are in order."""
    encoder = PartEncoder(NAME, **options)
    data = b"".join([encoder.send(part) for part in parts]) + encoder.close()
    assert encoder.close() == b""
    events = Decoder().feed(data)
    check(events)
    return events


def again(parts: list[Part]) -> list[Part]:
    """The parts, written and read."""
    return again_of(encode(parts))


def again_of(events: list[Event]) -> list[Part]:
    """What a reader takes the events for."""
    reader = get(NAME).reader()
    return [part for event in events for part in reader.decode(event)]


def content(type: str, text: str) -> dict[str, Any]:
    return {"type": type, "refusal" if type == "refusal" else "text": text}


START = Start("r", "m")
CALL = {"call_id": "c", "name": "f"}

STREAMS: dict[str, tuple[bytes, list[Part]]] = {
    "a message": (
        b"event: response.created\n"
        + created()
        + event("in_progress", response={"id": "r"})
        + added(0)
        + event("content_part.added", output_index=0, content_index=0, part=content("output_text", ""))
        + text("Hel", logprobs=[], obfuscation="xyz")
        + text("lo")
        + event("output_text.done", output_index=0, content_index=0, text="Hello")
        + event("content_part.done", output_index=0, content_index=0, part=content("output_text", "Hello"))
        + over(0, content=[content("output_text", "Hello")])
        + completed(usage={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}),
        [START, TextDelta("Hel", "0/0"), TextDelta("lo", "0/0"), BlockEnd("0/0"), Usage(1, 2, 3), *STOP],
    ),
    "[DONE] after the last event is nothing": (
        created() + completed() + b"data: [DONE]\n\n",
        [START, *STOP],
    ),
    "[DONE] in place of the last event": (created() + b"data: [DONE]\n\n", [START, Finish("stop"), Done("sentinel")]),
    "text that only output_text.done has": (
        created() + added(0) + event("output_text.done", output_index=0, content_index=1, text="Hi") + completed(),
        [START, TextDelta("Hi", "0/1"), BlockEnd("0/1"), *STOP],
    ),
    "text that only content_part.done has": (
        created()
        + added(0)
        + event("content_part.done", output_index=0, content_index=0, part=content("output_text", "Hi"))
        + event("content_part.done", output_index=0, content_index=1, part=content("output_audio", "?"))
        + completed(),
        [START, TextDelta("Hi", "0/0"), BlockEnd("0/0"), *STOP],
    ),
    "what the deltas left out": (
        created() + added(0) + text("He") + event("output_text.done", text="Hello") + completed(),
        [START, TextDelta("He", "0/0"), TextDelta("llo", "0/0"), BlockEnd("0/0"), *STOP],
    ),
    "text and a refusal that only output_item.done has": (
        created()
        + added(0)
        + over(0, content=[content("output_text", "Hi"), content("refusal", "No"), content("?", ""), 5])
        + over(0, content=[content("output_text", "Hi")])
        + completed(),
        [START, TextDelta("Hi", "0/0"), TextDelta("No", "0/1", True), BlockEnd("0/0"), BlockEnd("0/1"), *STOP],
    ),
    "a message that only the last event has": (
        created()
        + completed(
            output=[
                {"type": "message", "content": [content("output_text", "Hi")]},
                {"type": "function_call", **CALL, "arguments": "{}"},
            ]
        ),
        [
            START,
            TextDelta("Hi", "0/0"),
            BlockEnd("0/0"),
            ToolCallDelta("", 1, "c", "f"),
            ToolCallDelta("{}", 1),
            BlockEnd(1, "tool_call"),
            *CALLED,
        ],
    ),
    "an item whose positions are not the indexes (Bedrock Mantle)": (
        created() + added(1) + text("Hi", 1, 1) + over(1, content=[content("output_text", "Hi")]) + completed(),
        [START, TextDelta("Hi", "1/1"), BlockEnd("1/1"), *STOP],
    ),
    "a refusal": (
        created()
        + added(0)
        + event("refusal.delta", output_index=0, content_index=0, delta="No")
        + event("refusal.done", output_index=0, content_index=0, refusal="No")
        + completed(),
        [START, TextDelta("No", "0/0", True), BlockEnd("0/0"), *STOP],
    ),
    "a signed summary": (
        created()
        + added(0, "reasoning", encrypted_content="so far")
        + event("reasoning_summary_part.added", output_index=0, summary_index=0)
        + event("reasoning_summary_text.delta", output_index=0, summary_index=0, delta="Hm")
        + event("reasoning_summary_text.done", output_index=0, summary_index=0, text="Hm")
        + event("reasoning_summary_text.delta", output_index=0, summary_index=1, delta="Aha")
        + over(0, "reasoning", encrypted_content="sig", summary=[content("summary_text", "Hm")])
        + completed(),
        [
            START,
            ReasoningDelta("Hm", "0/s0"),
            ReasoningDelta("Aha", "0/s1"),
            ReasoningDelta("", "0/s1", "sig"),
            BlockEnd("0/s0", "reasoning"),
            BlockEnd("0/s1", "reasoning"),
            *STOP,
        ],
    ),
    "reasoning in the open": (
        created()
        + added(0, "reasoning")
        + event("reasoning_part.added", output_index=0, content_index=0)
        + event("reasoning_text.delta", output_index=0, content_index=0, delta="Hm")
        + event("reasoning_part.done", output_index=0, content_index=0, part=content("reasoning_text", "Hm"))
        + over(0, "reasoning")
        + completed(),
        [START, ReasoningDelta("Hm", "0/t0"), BlockEnd("0/t0", "reasoning"), *STOP],
    ),
    "only a signature": (
        created() + added(0, "reasoning") + over(0, "reasoning", encrypted_content="sig") + completed(),
        [START, ReasoningDelta("", "0/s0", "sig"), BlockEnd("0/s0", "reasoning"), *STOP],
    ),
    "calls that interleave": (
        created()
        + added(0, "function_call", **CALL, arguments="")
        + added(1, "custom_tool_call", call_id="d", name="g", input="")
        + event("function_call_arguments.delta", output_index=0, delta='{"a"')
        + event("custom_tool_call_input.delta", output_index=1, delta="free")
        + event("function_call_arguments.delta", output_index=0, delta=":1}")
        + event("function_call_arguments.done", output_index=0, arguments='{"a":1}')
        + over(1, "custom_tool_call", call_id="d", name="g", input="free")
        + over(0, "function_call", **CALL, arguments='{"a":1}')
        + completed(),
        [
            START,
            ToolCallDelta("", 0, "c", "f"),
            ToolCallDelta("", 1, "d", "g", json=False),
            ToolCallDelta('{"a"', 0),
            ToolCallDelta("free", 1, json=False),
            ToolCallDelta(":1}", 0),
            BlockEnd(1, "tool_call"),
            BlockEnd(0, "tool_call"),
            *CALLED,
        ],
    ),
    "arguments that come whole": (
        created()
        + added(0, "function_call", **CALL)
        + event("function_call_arguments.done", output_index=0, arguments="{}")
        + over(0, "function_call", **CALL, arguments="{}")
        + over(1, "function_call", id="e", name="g", arguments={"a": 1})
        + completed(),
        [
            START,
            ToolCallDelta("", 0, "c", "f"),
            ToolCallDelta("{}", 0),
            BlockEnd(0, "tool_call"),
            ToolCallDelta("", 1, "e", "g"),
            ToolCallDelta('{"a":1}', 1),
            BlockEnd(1, "tool_call"),
            *CALLED,
        ],
    ),
    "ids that rotate (Copilot)": (
        created()
        + added(0)
        + text("a", item_id="x")
        + text("b", item_id="y")
        + event("output_text.done", output_index=0, content_index=0, item_id="z", text="ab")
        + completed(),
        [START, TextDelta("a", "0/0"), TextDelta("b", "0/0"), BlockEnd("0/0"), *STOP],
    ),
    "no output_index, all items done at the end (llama.cpp)": (
        created()
        + event("output_item.added", item={"id": "rs", "type": "reasoning", "encrypted_content": ""})
        + event("reasoning_text.delta", item_id="rs", delta="Hm")
        + event("output_item.added", item={"id": "msg", "type": "message"})
        + event("output_text.delta", item_id="msg", delta="Hi")
        + event("output_item.added", item={"type": "function_call", **CALL})
        + event("function_call_arguments.delta", item_id="c", delta="{}")
        + event("output_item.done", item={"id": "rs", "type": "reasoning", "encrypted_content": ""})
        + event("output_item.done", item={"id": "msg", "type": "message", "content": [content("output_text", "Hi")]})
        + event("output_item.done", item={"type": "function_call", **CALL, "arguments": "{}"})
        + completed(),
        [
            START,
            ReasoningDelta("Hm", "0/t0"),
            TextDelta("Hi", "1/0"),
            ToolCallDelta("", 2, "c", "f"),
            ToolCallDelta("{}", 2),
            BlockEnd("0/t0", "reasoning"),
            BlockEnd("1/0"),
            BlockEnd(2, "tool_call"),
            *CALLED,
        ],
    ),
    "no output_index, no item added": (
        created()
        + event("output_text.delta", delta="a")
        + event("output_item.done", item={"id": "x", "type": "message"})
        + event("output_text.delta", delta="b")
        + completed(),
        [START, TextDelta("a", "0/0"), BlockEnd("0/0"), TextDelta("b", "1/0"), *STOP],
    ),
    "a resumed stream, from the first event on": (
        event("queued", response={"id": "r", "model": "m"})
        + event("in_progress", response={"id": "r", "model": "m"})
        + event("output_text.done", output_index=0, content_index=0, text="Hi")
        + completed(),
        [START, TextDelta("Hi", "0/0"), BlockEnd("0/0"), *STOP],
    ),
    "a resumed stream, from inside a text and a call": (
        text("lo")
        + event("output_text.done", output_index=0, content_index=0, text="Hello")
        + event("function_call_arguments.delta", output_index=1, delta="}")
        + over(1, "function_call", **CALL, arguments="{}")
        + completed(output=[{"type": "message", "content": [content("output_text", "Hello")]}]),
        [
            TextDelta("lo", "0/0"),
            BlockEnd("0/0"),
            ToolCallDelta("}", 1),
            ToolCallDelta("", 1, "c", "f"),
            BlockEnd(1, "tool_call"),
            *CALLED,
        ],
    ),
    "a resumed stream, from after a call": (
        event("in_progress", response=None) + added(1) + completed(output=[{"type": "function_call"}]),
        [Start(), *CALLED],
    ),
    "a second response begins": (
        created() + text("a") + created() + text("b") + completed(),
        [START, TextDelta("a", "0/0"), START, TextDelta("b", "0/0"), *STOP],
    ),
    "a response that is incomplete": (
        created() + event("incomplete", response={"incomplete_details": {"reason": "max_output_tokens"}}),
        [START, Finish("length", "max_output_tokens"), Done("event")],
    ),
    "completed, with the status incomplete": (
        created() + completed(status="incomplete", incomplete_details={"reason": "content_filter"}),
        [START, Finish("content_filter", "content_filter"), Done("event")],
    ),
    "incomplete for no reason": (
        created() + event("incomplete", response={"status": "incomplete"}),
        [START, Finish("other", "incomplete"), Done("event")],
    ),
    "a response that is cancelled": (
        created() + event("cancelled", response={"status": "cancelled"}),
        [START, Finish("other", "cancelled"), Done("event")],
    ),
    "completed, with no status": (created() + event("completed"), [START, Finish("stop"), Done("event")]),
    "a response that failed": (
        created() + event("failed", response={"error": {"code": "server_error", "message": "no"}}),
        [START, Error("no", code="server_error"), Done("error")],
    ),
    "an error, nested, and the failure that says it again": (
        created()
        + b'data: {"type":"error","error":{"type":"t","code":"c","message":"no"}}\n\n'
        + event("failed", response={"status": "failed", "error": {"code": "c", "message": "no"}}),
        [START, Error("no", "t", "c"), Done("error")],
    ),
    "an error, flat, and the end of the body": (
        b'data: {"type":"error","code":"c","message":"no","param":null}\n\n',
        [Error("no", None, "c"), Done("error")],
    ),
    "an error that has no type (llama.cpp)": (
        b'data: {"error":{"code":500,"message":"no","type":"t"}}\n\n',
        [Error("no", "t", 500, 500), Done("error")],
    ),
    "an error that only its event names": (
        b'event: error\ndata: {"message":"no"}\n\n',
        [Error("no"), Done("error")],
    ),
    "usage with its details": (
        created()
        + completed(
            usage={
                "input_tokens": 5,
                "output_tokens": 4,
                "total_tokens": 9,
                "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 1},
                "output_tokens_details": {"reasoning_tokens": 2},
            }
        ),
        [START, Usage(5, 4, 9, 3, 1, 2), *STOP],
    ),
    "a body that is no stream": (
        b'{"object":"response","id":"r","model":"m","status":"completed",\n'
        b'"output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}]}\n',
        [START, TextDelta("Hi", "0/0"), BlockEnd("0/0"), *STOP],
    ),
    "a body that is an error": (b'{"error":{"message":"no"}}\n', [Error("no"), Done("error")]),
    "members of the wrong type": (
        event("created", response=[])
        + event("output_item.added", output_index="0", item=5)
        + event("output_item.added", output_index=0, item={"type": "function_call", "call_id": [], "name": {}})
        + event("function_call_arguments.delta", output_index=[], item_id={}, delta="{}")
        + event("function_call_arguments.delta", output_index=0, delta=5)
        + text(5, 1)
        + text("a", 10**9, -1)
        + text("b", True, [])
        + text("c", 1, 2**70)
        + event("content_part.done", part={"type": []})
        + event("completed", response={"output": "x", "usage": [], "status": {}}),
        [
            Start(),
            Other("response.output_item.added", {"type": "response.output_item.added", "output_index": "0", "item": 5}),
            ToolCallDelta("", 0),
            ToolCallDelta("{}", 0),
            TextDelta("a", "1/0"),
            TextDelta("b", "1/0"),
            TextDelta("c", "1/0"),
            Finish("tool_call"),
            Done("event"),
        ],
    ),
}


@pytest.mark.parametrize(("data", "parts"), STREAMS.values(), ids=STREAMS)
def test_what_events_mean(data: bytes, parts: list[Part]) -> None:
    for part in parts:
        if isinstance(part, Other):
            part.dialect = NAME
    assert decode(data) == parts


OTHERS = {
    "an unknown event": [{"type": "response.moderation", "flagged": False}],
    "an unknown event about a text": [{"type": "response.output_text.audio", "content_index": 0}],
    "an event with no type": [{"a": 1}],
    "a hosted tool": [
        {"type": "response.output_item.added", "output_index": 0, "item": {"id": "ws", "type": "web_search_call"}},
        {"type": "response.web_search_call.searching", "output_index": 0, "item_id": "ws"},
        {"type": "response.output_item.done", "output_index": 0, "item": {"id": "ws", "type": "web_search_call"}},
    ],
    "hosted tools that interleave": [
        {"type": "response.output_item.added", "output_index": 0, "item": {"id": "a", "type": "mcp_list_tools"}},
        {"type": "response.output_item.added", "output_index": 1, "item": {"id": "b", "type": "mcp_list_tools"}},
        {"type": "response.output_item.done", "output_index": 0, "item": {"id": "a", "type": "mcp_list_tools"}},
        {"type": "response.output_item.done", "output_index": 1, "item": {"id": "b", "type": "mcp_list_tools"}},
    ],
}


@pytest.mark.parametrize("payloads", OTHERS.values(), ids=OTHERS)
def test_what_has_no_part_of_its_own_is_an_other_with_all_but_its_number(payloads: list[dict[str, Any]]) -> None:
    data = b"".join([b"data: %s\n\n" % json.dumps({**payload, "sequence_number": 7}).encode() for payload in payloads])
    expected = [Other(payload.get("type", "message"), payload, NAME) for payload in payloads]
    parts = decode(created() + data + completed())
    assert parts == [START, *expected, *STOP]
    if "a" not in payloads[0]:
        assert again(parts) == parts


def test_an_item_with_nothing_in_it_is_an_other_and_keeps_the_indexes_after_it() -> None:
    item: Any = {"type": "response.output_item.done", "output_index": 0, "item": {"id": "i0", "type": "reasoning"}}
    item["item"] |= {"summary": []}
    parts = decode(
        created() + added(0, "reasoning") + over(0, "reasoning", summary=[]) + added(1) + text("Hi", 1) + completed()
    )
    assert parts == [START, Other("response.output_item.done", item, NAME), TextDelta("Hi", "1/0"), *STOP]
    assert [part for part in again(parts) if part.kind != "block_end"] == parts


def test_log_probabilities_are_others_beside_their_text() -> None:
    parts = decode(created() + added(0) + text("a", logprobs=[{"token": "a"}]) + text("", logprobs=[1]) + completed())
    others = [Other("logprobs", data, NAME, "0/0") for data in ([{"token": "a"}], [1])]
    assert parts == [START, TextDelta("a", "0/0"), *others, *STOP]
    assert [part for part in again(parts) if part.kind != "block_end"] == parts
    assert len(encode([others[0]])) == len(encode([]))  # there is no text they could stand beside


def test_an_annotation_stands_in_its_text() -> None:
    name = "response.output_text.annotation.added"
    payload = {"type": name, "output_index": 0, "content_index": 0, "annotation": {"type": "url_citation"}}
    parts: list[Part] = [START, TextDelta("a", "0/0"), Other(name, payload, NAME), TextDelta("b", "0/0"), *STOP]
    assert [part for part in again(parts) if part.kind != "block_end"] == parts
    response = json.loads(encode(parts)[-1].data)["response"]
    assert response["output"][0]["content"][0]["annotations"] == [{"type": "url_citation"}]


SAME = [
    "a message",
    "text and a refusal that only output_item.done has",
    "a signed summary",
    "reasoning in the open",
    "only a signature",
    "arguments that come whole",
    "a response that is incomplete",
    "incomplete for no reason",
    "a response that is cancelled",
    "an error, nested, and the failure that says it again",
    "usage with its details",
]


@pytest.mark.parametrize("name", SAME)
def test_the_same_dialect_in_and_out_keeps_every_part(name: str) -> None:
    def merged(parts: list[Part]) -> list[Part]:
        return [
            Usage(*[getattr(part, name) or 0 for name in Usage.__match_args__]) if isinstance(part, Usage) else part
            for part in parts
        ]

    def ends(parts: list[Part]) -> list[Part]:
        return sorted([part for part in parts if part.kind == "block_end"], key=repr)

    parts = merged(STREAMS[name][1])
    written = merged(again(parts))
    assert [part for part in written if part.kind != "block_end"] == [p for p in parts if p.kind != "block_end"]
    assert ends(written) == ends(parts)


INTERLEAVED: dict[str, list[Part]] = {
    "texts": [
        TextDelta("a", "0/0"),
        TextDelta("1", "1/0"),
        TextDelta("b", "0/0"),
        BlockEnd("1/0"),
        TextDelta("x", "2/0"),
        BlockEnd("0/0"),
        TextDelta("y", "2/0"),
        BlockEnd("2/0"),
    ],
    "texts that have no end": [TextDelta("a", "0/0"), TextDelta("1", "1/0"), TextDelta("b", "0/0")],
    "text and reasoning": [
        TextDelta("a", "1/0"),
        ReasoningDelta("r", "0/t0"),
        TextDelta("b", "1/0"),
        ReasoningDelta("s", "0/t0"),
        ReasoningDelta("t", "0/s0"),
    ],
    "calls": [
        ToolCallDelta("", 0, "c", "f"),
        ToolCallDelta("", 1, "d", json=False),
        ToolCallDelta('{"a"', 0),
        ToolCallDelta("free", 1, name="g", json=False),
        TextDelta("t"),
        ToolCallDelta(":1}", 0),
    ],
    "a name that comes late": [ToolCallDelta("", 0, "c"), ToolCallDelta("{}", 0, name="f")],
}


@pytest.mark.parametrize("parts", INTERLEAVED.values(), ids=INTERLEAVED)
def test_what_interleaves_keeps_its_content(parts: list[Part]) -> None:
    before, after = gather(parts), gather(again(parts))
    assert (after.text, after.reasoning) == (before.text, before.reasoning)
    assert [(call.id, call.name, call.arguments) for call in after.tool_calls] == [
        (call.id, call.name, call.arguments) for call in before.tool_calls
    ]


def test_the_last_event_says_it_all_again() -> None:
    events = encode(
        [
            Start("r", "m"),
            ReasoningDelta("Hm", 0, "sig"),
            TextDelta("Hi"),
            TextDelta(""),
            TextDelta("No", refusal=True),
            ToolCallDelta("", 0, "c", "f"),
            BlockEnd(0, "tool_call"),
            ToolCallDelta("free", 1, json=False),
            ToolCallDelta("{}", 2, "s", "search", server=True),
            Usage(5, 4, None, 3, 1, 2),
            Finish("tool_call"),
        ],
        created=7,
    )
    response = json.loads(events[-1].data)["response"]
    assert response["output"] == [
        {
            "id": "rs_0",
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "Hm"}],
            "status": "completed",
            "encrypted_content": "sig",
        },
        {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hi", "annotations": [], "logprobs": []}],
            "status": "completed",
        },
        {
            "id": "msg_2",
            "type": "message",
            "role": "assistant",
            "content": [{"type": "refusal", "refusal": "No"}],
            "status": "completed",
        },
        {"id": "fc_3", "type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "status": "completed"},
        {
            "id": "ctc_4",
            "type": "custom_tool_call",
            "call_id": "call_4",
            "name": "",
            "input": "free",
            "status": "completed",
        },
    ]
    assert response["usage"] == {
        "input_tokens": 5,
        "input_tokens_details": {"cached_tokens": 3, "cache_write_tokens": 1},
        "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 9,
    }
    assert (response["id"], response["model"], response["created_at"]) == ("r", "m", 7)


ENDS = [
    ([], "response.completed", None, [Finish("stop", "completed")]),
    ([Finish("stop", "end_turn")], "response.completed", None, [Finish("stop", "completed")]),
    ([Finish("length", "MAX_TOKENS")], "response.incomplete", {"reason": "max_output_tokens"}, None),
    ([Finish("content_filter")], "response.incomplete", {"reason": "content_filter"}, None),
    ([Finish("other", "pause_turn")], "response.incomplete", None, [Finish("other", "incomplete")]),
    ([Finish("other", "cancelled")], "response.cancelled", None, [Finish("other", "cancelled")]),
    ([Finish("error", "ERROR")], "response.failed", None, [Error("ERROR", code="server_error")]),
    ([Finish("error")], "response.failed", None, [Error("error", code="server_error")]),
    ([Error("no", "t", 400, 429), Finish("stop")], "response.failed", None, [Error("no", "t", "400", 429)]),
    ([Error("no"), Finish("other", "cancelled")], "response.failed", None, [Error("no")]),
]


@pytest.mark.parametrize(("parts", "kind", "details", "read"), ENDS)
def test_how_a_response_ends(parts: list[Part], kind: str, details: Any, read: list[Part] | None) -> None:
    last = encode([START, *parts])[-1]
    assert last.type == kind
    assert json.loads(last.data)["response"]["incomplete_details"] == details
    if read is not None:
        assert again([START, *parts])[1:-1] == read


def test_a_second_start_begins_the_response_again() -> None:
    parts: list[Part] = [START, Start("s", "n"), TextDelta("a", "0/0"), Usage(1, 1), Start("t", "o"), TextDelta("b")]
    message = gather(again(parts))
    assert (message.id, message.model, message.text, message.usage) == ("r", "o", "b", None)


def test_counts_that_are_not_known_are_written_as_0() -> None:
    message = gather(again([TextDelta("a", "plan"), Usage(2)]))
    assert message.usage == Usage(2, 0, 2, 0, None, 0)


def test_an_other_that_is_no_event_of_this_dialect() -> None:
    events = encode([Other("ping"), Other("note", {"a": 1}), Other("x", 1, "gemini")])
    assert [json.loads(item.data) for item in events[2:4]] == [
        {"type": "ping", "sequence_number": 2, "data": None},
        {"type": "note", "sequence_number": 3, "a": 1},
    ]
    assert len(events) == 5


def test_a_hosted_item_leaves_an_open_text_open() -> None:
    item = {"id": "ws", "type": "web_search_call"}
    kinds = ("response.output_item.added", "response.output_item.done")
    hosted, done = [Other(kind, {"type": kind, "output_index": 1, "item": item}, NAME) for kind in kinds]
    message = gather(again([TextDelta("a", "0/0"), hosted, TextDelta("b", "0/0"), BlockEnd("0/0"), done]))
    assert message.texts == {"0/0": "ab"}
    assert again([TextDelta("a", "0/0"), BlockEnd("0/0"), hosted, done])[3].kind == "other"


UNWRITABLE: dict[str, Part] = {
    "an Other that is no JSON": Other("x", {"a": {1}}),
}
REFUSED: dict[str, Part] = {
    "an Other whose name no event line can hold": Other("a\nb"),
    "an id that is no JSON": Start(id={1}),
    "a model that is no JSON": Start(model={1}),
    "a call's id that is no JSON": ToolCallDelta("{}", 0, {1}),
    "a call's name that is no JSON": ToolCallDelta("{}", 0, "c", {1}),
    "a signature that is no JSON": ReasoningDelta("", 0, {1}),
    "an error's status that is no JSON": Error("no", status={1}),
}


@pytest.mark.parametrize("part", UNWRITABLE.values(), ids=UNWRITABLE)
@pytest.mark.parametrize("before", [[], [START, TextDelta("a")]], ids=["first", "later"])
def test_what_cannot_be_written_loses_no_event_and_is_no_success(part: Part, before: list[Part]) -> None:
    encoder = PartEncoder(NAME)
    data = b"".join([encoder.send(part) for part in before])
    with pytest.raises(EncodeError):
        encoder.send(part)
    data += encoder.send(TextDelta("b")) + encoder.send(Finish("stop")) + encoder.close()
    check(Decoder().feed(data))
    parts = decode(data)
    assert gather(parts).text.replace("a", "") == "b"
    assert parts[-1] == Done("error")


@pytest.mark.parametrize("part", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("before", [[], [START, TextDelta("a")]], ids=["first", "later"])
def test_what_is_refused_has_not_happened(part: Part, before: list[Part]) -> None:
    encoder = PartEncoder(NAME)
    data = b"".join([encoder.send(part) for part in before])
    with pytest.raises(EncodeError):
        encoder.send(part)
    data += encoder.send(TextDelta("b")) + encoder.send(Finish("stop")) + encoder.close()
    assert data == write(NAME, [*before, TextDelta("b"), Finish("stop")])


def test_a_choice_that_is_refused_changes_nothing() -> None:
    encoder = PartEncoder(NAME)
    with pytest.raises(EncodeError):
        encoder.send(TextDelta("a", choice=1))
    data = encoder.send(TextDelta("a")) + encoder.close()
    check(Decoder().feed(data))
    assert decode(data)[-2:] == STOP


CALL_ITEM = {"type": "function_call", "call_id": "c", "name": "rm", "arguments": "{}"}
MESSAGE = {"type": "message", "content": [content("output_text", "Hi")]}
# The names of Others that a reader of what is written would take for parts, and their data.
RESERVED: dict[str, tuple[str, Any]] = {
    "a call begins": ("response.output_item.added", {"output_index": 0, "item": CALL_ITEM}),
    "a call is done": ("response.output_item.done", {"output_index": 0, "item": CALL_ITEM}),
    "a call of free text": ("response.output_item.done", {"item": {**CALL_ITEM, "type": "custom_tool_call"}}),
    "a message begins": ("response.output_item.added", {"item": {"type": "message"}}),
    "a message is done": ("response.output_item.done", {"item": MESSAGE}),
    "a reasoning is done": ("response.output_item.done", {"item": {"type": "reasoning", "encrypted_content": "s"}}),
    "an item that is none": ("response.output_item.added", {"item": 5}),
    "no item": ("response.output_item.done", 5),
    "a text": ("response.output_text.delta", {"output_index": 0, "content_index": 0, "delta": "Hi"}),
    "a text is done": ("response.content_part.done", {"part": content("output_text", "Hi")}),
    "arguments": ("response.function_call_arguments.done", {"output_index": 0, "arguments": "{}"}),
    "the response begins": ("response.created", {"response": {"id": "x"}}),
    "the response goes on": ("response.in_progress", {"response": {"id": "x"}}),
    "the response is complete": ("response.completed", {"response": {"status": "completed", "output": [CALL_ITEM]}}),
    "the response failed": ("response.failed", {"response": {"error": {"message": "no"}}}),
    "an error": ("error", {"message": "no"}),
}


@pytest.mark.parametrize(("name", "data"), RESERVED.values(), ids=RESERVED)
def test_an_other_never_leaves_as_a_part(name: str, data: Any) -> None:
    assert again([START, Other(name, data, NAME), *STOP]) == [START, *STOP]
    encoder = PartEncoder(NAME)
    with pytest.raises(EncodeError):
        encoder.send(Other(name, data))


NAMED_BY_THE_EVENT = {name: row for name, row in RESERVED.items() if row[0] != "error" and type(row[1]) is dict}
NAMED_BY_THE_EVENT["a tool that the client runs"] = (
    "response.output_item.added",
    {"output_index": 0, "item": {"type": "local_shell_call", "action": {"command": ["rm"]}}},
)


@pytest.mark.parametrize(("name", "data"), NAMED_BY_THE_EVENT.values(), ids=NAMED_BY_THE_EVENT)
def test_a_payload_without_a_type_is_not_written_with_one(name: str, data: dict[str, Any]) -> None:
    stream = f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
    parts = decode(created() + stream + completed())
    assert parts == [START, Other(name, data, NAME), *STOP]
    assert again(parts) == [START, *STOP]


def test_a_program_may_write_a_hosted_item() -> None:
    item = {"id": "ws", "type": "web_search_call"}
    events = encode([Other("response.output_item.done", {"output_index": 7, "item": item}), TextDelta("a")])
    assert [event.type for event in events[2:5]] == [
        f"response.output_item.{end}" for end in ("added", "done", "added")
    ]
    assert json.loads(events[-1].data)["response"]["output"][0] == item


def test_a_hosted_item_does_not_take_the_place_of_a_text() -> None:
    done = {"type": "response.output_item.done", "output_index": 0, "item": {"id": "ws", "type": "web_search_call"}}
    events = encode([TextDelta("a", "0/0"), BlockEnd("0/0"), Other("response.output_item.done", done, NAME)])
    output = json.loads(events[-1].data)["response"]["output"]
    assert [item["type"] for item in output] == ["message", "web_search_call"]


def test_arguments_of_an_item_that_is_no_call_are_no_call() -> None:
    delta = {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{}"}
    done = {"type": "response.function_call_arguments.done", "output_index": 0, "arguments": "{}"}
    kinds = ("response.output_item.added", "response.output_item.done")
    item = {"id": "i0", "type": "new_call"}
    begin, end = [{"type": kind, "output_index": 0, "item": item} for kind in kinds]
    payloads = [begin, delta, done, end]
    parts = decode(created() + b"".join([b"data: %s\n\n" % json.dumps(p).encode() for p in payloads]) + completed())
    assert parts == [START, *[Other(payload["type"], payload, NAME) for payload in payloads], *STOP]
    assert gather(again(parts)).tool_calls == []


# What a stream was in the middle of when it failed, and the text that its client has seen by then.
UNDER_WAY: dict[str, tuple[list[Part], str]] = {
    "a text": ([TextDelta("a")], "a"),
    "a call": ([TextDelta("a"), ToolCallDelta('{"x"', 0, "c", "f")], "a"),
    "a call whose arguments could be whole": ([ToolCallDelta('{"x":1}', 0, "c", "f")], ""),
    "a call without arguments": ([ToolCallDelta("", 0, "c", "f")], ""),
    "a call of free text": ([ToolCallDelta("free", 0, "c", "f", json=False)], ""),
    "a text behind a call": ([ToolCallDelta('{"x"', 0, "c", "f"), TextDelta("a"), TextDelta("b", 1)], "ab"),
    "a call behind a call": (
        [ToolCallDelta('{"x"', 0, "c", "f"), ToolCallDelta("{}", 1, "d", "g"), TextDelta("a")],
        "a",
    ),
    "texts that interleave": ([TextDelta("a", "0/0"), TextDelta("b", "1/0")], "ab"),
    "texts that interleave behind a call": (
        [ToolCallDelta("", 3, "c", "f"), TextDelta("a", "0/0"), TextDelta("b", "1/0")],
        "ab",
    ),
}


@pytest.mark.parametrize(("parts", "text"), UNDER_WAY.values(), ids=UNDER_WAY)
def test_after_an_error_all_text_is_there_and_no_call_is_whole(parts: list[Part], text: str) -> None:
    after: list[Part] = [ToolCallDelta("}", 0), BlockEnd(0, "tool_call"), TextDelta("!"), Finish("tool_call")]
    events = encode([START, *parts, Error("no", "t"), *after])
    kinds = [event.type for event in events]
    before = again_of(events[: kinds.index("error")])
    assert gather(before).text == text
    assert gather(again_of(events)).text == text + "!"
    assert kinds[-1] == "response.failed"
    assert "response.function_call_arguments.done" not in kinds
    assert "response.custom_tool_call_input.done" not in kinds
    items = [json.loads(event.data)["item"] for event in events if event.type == "response.output_item.done"]
    assert {item["type"] for item in [*items, *json.loads(events[-1].data)["response"]["output"]]} == {"message"}


def test_a_call_that_was_whole_before_the_error_stays() -> None:
    call: list[Part] = [ToolCallDelta("{}", 0, "c", "f"), BlockEnd(0, "tool_call")]
    events = encode([START, *call, ToolCallDelta("{", 1, "d", "g"), Error("no")])
    assert [item["call_id"] for item in json.loads(events[-1].data)["response"]["output"]] == ["c"]


def test_a_finish_that_says_error_completes_no_call() -> None:
    events = encode([START, TextDelta("a"), ToolCallDelta("{", 0, "c", "f"), Finish("error", "overloaded")])
    response = json.loads(events[-1].data)["response"]
    assert [item["type"] for item in response["output"]] == ["message"]
    assert response["error"] == {"code": "server_error", "message": "overloaded"}


def test_after_an_error_there_is_no_finish() -> None:
    error = b'data: {"type":"error","code":"c","message":"no"}\n\n'
    assert decode(created() + error + completed()) == [START, Error("no", None, "c"), Done("event")]
    assert decode(created() + error + created() + completed())[2:] == [START, *STOP]


def test_a_response_that_begins_again_leaves_no_call_behind() -> None:
    call = ToolCallDelta('{"x"', 0, "c", "f")
    events = encode([START, TextDelta("a"), call, START, TextDelta("b", "0/0"), ToolCallDelta("{}", 1, "d", "g")])
    kinds = [event.type for event in events]
    assert "response.function_call_arguments.done" not in kinds[: kinds.index("response.created", 1)]
    output = json.loads(events[-1].data)["response"]["output"]
    assert [item["id"] for item in output] == ["msg_2", "fc_3"]


@pytest.mark.parametrize("count", [-1, 10**5000], ids=["below 0", "huge"])
def test_a_count_that_is_none_is_written_as_0(count: Any) -> None:
    message = gather(again([TextDelta("a"), Usage(count, 1, count, count, count, count)]))
    assert message.usage == Usage(0, 1, 1, 0, None, 0)


def test_many_texts_that_wait_take_linear_time() -> None:
    # A search past all that are over would look at 5,000,000,000 here.
    writer = get(NAME).writer()
    for n in range(100_000):
        writer.encode(BlockEnd(f"{n // 10_000}/{n % 10_000}") if n else TextDelta("a", "0/0"))
    assert len(writer.encode(BlockEnd("0/0"))) == 2
    assert len(writer.encode_end()) == 2


def test_a_stream_cut_before_its_last_event_is_no_success() -> None:
    data = STREAMS["a message"][0]
    for end in range(data.rindex(b"}") + 1):
        decoder = PartDecoder(NAME)
        decoder.feed(data[:end])
        with pytest.raises(TruncatedError):
            decoder.close()


def test_indexes_are_bounded() -> None:
    data = b"".join([event("output_item.added", item={"id": str(i), "type": "message"}) for i in range(1100)])
    parts = decode(created() + data + event("output_text.delta", item_id="1099", delta="a") + completed())
    assert parts == [START, TextDelta("a", "1023/0"), *STOP]


@pytest.mark.parametrize(
    "value", ["[" * 5000 + "]" * 5000, "9" * 10000, '"\\ud800"', '{"a":' * 5000 + "1" + "}" * 5000]
)
@pytest.mark.parametrize("member", ["item", "delta", "response", "logprobs", "error", "part", "output_index"])
def test_hostile_values_are_parts_or_invalid(member: str, value: str) -> None:
    kinds = ("output_item.done", "output_text.delta", "output_text.done", "content_part.done", "completed", "x")
    for kind in kinds:
        data = f'data: {{"type":"response.{kind}","{member}":{value}}}\n\n'.encode()
        PartDecoder(NAME).feed(data)
