# SPDX-License-Identifier: MIT
"""The cohere-v2 dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from order_cohere import check
from reading import typed as sse

from sse_core import Decoder, EncodeError, Event, TruncatedError
from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
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
    Usage,
    get,
)

NAME = "cohere-v2"
DEEP = "[" * 5000 + "]" * 5000
CITATION = {"type": "citation-start", "index": 0, "delta": {"message": {"citations": {"start": 0, "end": 2}}}}


def event(type: str, index: Any = None, message: Any = None, **members: Any) -> dict[str, Any]:
    payload: dict[str, Any] = {"type": type, **members}
    if index is not None:
        payload["index"] = index
    if message is not None:
        payload["delta"] = {"message": message}
    return payload


def start(id: Any = "m1") -> dict[str, Any]:
    return event("message-start", None, {"role": "assistant", "content": []}, id=id)


def content(verb: str, index: Any, **members: Any) -> dict[str, Any]:
    return event(f"content-{verb}", index, {"content": members})


def call(verb: str, index: Any, arguments: Any = "", **members: Any) -> dict[str, Any]:
    name = {"name": members.pop("name")} if "name" in members else {}
    return event(f"tool-call-{verb}", index, {"tool_calls": {**members, "function": {**name, "arguments": arguments}}})


def plan(text: Any) -> dict[str, Any]:
    return event("tool-plan-delta", None, {"tool_plan": text})


def end(reason: Any = "COMPLETE", **members: Any) -> dict[str, Any]:
    return {"type": "message-end", "delta": {"finish_reason": reason, **members}}


def decode(stream: bytes) -> list[Part]:
    decoder = PartDecoder(NAME)
    return decoder.feed(stream) + decoder.close()


def encode_bytes(*parts: Part, **options: Any) -> bytes:
    encoder = PartEncoder(NAME, **options)
    return b"".join([encoder.send(part) for part in parts]) + encoder.close()


def encode(*parts: Part, **options: Any) -> list[Event]:
    return Decoder().feed(encode_bytes(*parts, **options))


STOP = [Finish("stop", "COMPLETE"), Done("event")]
FAILED = [Error("bad", "INVALID_TOOL_GENERATION"), Done("error")]

DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "text, its block the index; [DONE] says nothing more": (
        sse(
            start(),
            content("start", 1, type="text", text=""),
            content("delta", 1, text="Hi"),
            content("delta", 1, text=""),
            event("content-end", 1),
            end(),
            "[DONE]",
        ),
        [Start("m1", None, "assistant"), TextDelta("Hi", 1), BlockEnd(1), *STOP],
    ),
    "thinking, and its content-end which does not say so": (
        sse(
            content("start", 0, type="thinking", thinking=""),
            content("delta", 0, thinking="Hm"),
            event("content-end", 0),
            event("content-end", 0),
            end(),
        ),
        [ReasoningDelta("Hm"), BlockEnd(0, "reasoning"), BlockEnd(0), *STOP],
    ),
    "thinking nobody announced": (
        sse(content("delta", 2, thinking="Hm"), event("content-end", 2), end()),
        [ReasoningDelta("Hm", 2), BlockEnd(2, "reasoning"), *STOP],
    ),
    "a start that brings text, without content, content in a list": (
        sse(
            content("start", 0, type="text", text="A"),
            event("content-start", 1),
            event("content-delta", 1, {"content": [{"text": "B"}]}),
            end(),
        ),
        [TextDelta("A"), TextDelta("B", 1), *STOP],
    ),
    "the tool plan, calls by index, one without arguments": (
        sse(
            start(),
            plan("I will"),
            plan(""),
            call("start", 0, "", id="c0", type="function", name="f"),
            call("delta", 0, '{"a":'),
            call("delta", 0, "1}"),
            event("tool-call-end", 0),
            call("start", 1, "", id="c1", type="function", name="g"),
            event("tool-call-end", 1),
            end("TOOL_CALL"),
        ),
        [
            Start("m1", None, "assistant"),
            ReasoningDelta("I will", "plan"),
            ToolCallDelta("", 0, "c0", "f"),
            ToolCallDelta('{"a":', 0),
            ToolCallDelta("1}", 0),
            BlockEnd(0, "tool_call"),
            ToolCallDelta("", 1, "c1", "g"),
            BlockEnd(1, "tool_call"),
            Finish("tool_call", "TOOL_CALL"),
            Done("event"),
        ],
    ),
    "tool_calls in a list, arguments an object": (
        sse(event("tool-call-start", 0, {"tool_calls": [{"id": "c", "function": {"arguments": {"a": 1}}}]}), end(None)),
        [ToolCallDelta('{"a":1}', 0, "c"), Finish("tool_call"), Done("event")],
    ),
    "every call begins as 0; a start that comes again is no second call": (
        sse(
            call("start", 0, "", id="a", name="f"),
            call("start", 0, "", id="a", name="f"),
            call("start", 0, "", id="b", name="g"),
            call("delta", 0, "{}"),
            event("tool-call-end", 0),
            event("tool-call-end", 7),
            end(),
        ),
        [
            *[ToolCallDelta("", 0, "a", "f")] * 2,
            ToolCallDelta("", 1, "b", "g"),
            ToolCallDelta("{}", 1),
            BlockEnd(1, "tool_call"),
            BlockEnd(7, "tool_call"),
            Finish("tool_call", "COMPLETE"),
            Done("event"),
        ],
    ),
    "an index that is the block of a call that began as 0": (
        sse(*[call("start", index, "{}", id=id, name="f") for index, id in ((0, "a"), (0, "b"), (1, "c"))], end(None)),
        [
            *[ToolCallDelta("{}", block, id, "f") for block, id in enumerate("abc")],
            Finish("tool_call"),
            Done("event"),
        ],
    ),
    "text and thinking in one, and log probabilities of thinking": (
        sse(
            content("delta", 0, text="Hi", thinking="Hm"),
            {**content("delta", 0, thinking="Hm"), "logprobs": {"a": 1}},
            end(),
        ),
        [ReasoningDelta("Hm"), TextDelta("Hi"), ReasoningDelta("Hm"), Other("logprobs", {"a": 1}, NAME, 0), *STOP],
    ),
    "citations, debug, content of another kind, log probabilities": (
        sse(
            CITATION,
            {"type": "debug", "prompt": "p"},
            content("start", 0, type="image", image={}),
            {**content("delta", 1, text="Hi"), "logprobs": {"text": "Hi"}},
            end(),
        ),
        [
            Other("citation-start", CITATION, NAME),
            Other("debug", {"type": "debug", "prompt": "p"}, NAME),
            Other("content-start", content("start", 0, type="image", image={}), NAME),
            TextDelta("Hi", 1),
            Other("logprobs", {"text": "Hi"}, NAME, 1),
            *STOP,
        ],
    ),
    "usage: tokens, not what is billed": (
        sse(
            end(
                usage={
                    "billed_units": {"input_tokens": 1, "output_tokens": 2},
                    "tokens": {"input_tokens": 30, "output_tokens": 4.0, "reasoning_tokens": 3},
                    "cached_tokens": 16,
                }
            )
        ),
        [Usage(30, 4, None, 16, None, 3), *STOP],
    ),
    "usage: what is billed, where there is no other": (
        sse(end(usage={"billed_units": {"input_tokens": 1, "output_tokens": 2}})),
        [Usage(1, 2), *STOP],
    ),
    "usage of the wrong types": (
        sse(end(usage={"tokens": {"input_tokens": 1.5, "output_tokens": -1.0}, "cached_tokens": "2"})),
        STOP,
    ),
    "an error ends the message": (
        sse(start(), end("ERROR", usage={}, error="bad", error_type="INVALID_TOOL_GENERATION"), "[DONE]"),
        [Start("m1", None, "assistant"), Finish("error", "ERROR"), *FAILED],
    ),
    "an error beside a success: it is none": (
        sse(end("COMPLETE", error="bad", error_type="INVALID_TOOL_GENERATION")),
        FAILED,
    ),
    "no finish after an error, and what the message cost": (
        sse({"type": "error", "message": "bad"}, end(usage={"tokens": {"input_tokens": 1}})),
        [Error("bad"), Usage(1), Done("event")],
    ),
    "an error that is no text, no finish": (
        sse(end(None, error={"message": "bad", "type": "INVALID_TOOL_GENERATION"})),
        FAILED,
    ),
    "ERROR without an error": (sse(end("ERROR")), [Finish("error", "ERROR"), Done("event")]),
    "no finish reason": (sse(end(None)), [Finish("stop"), Done("event")]),
    "no delta": (sse({"type": "message-end"}), [Finish("stop"), Done("event")]),
    "a second message-start begins again": (
        sse(
            start(),
            content("start", 0, type="thinking"),
            call("start", 0, "", id="a", name="f"),
            start("m2"),
            event("content-end", 0),
            call("start", 0, "", id="b", name="g"),
            start("m3"),
            end(None),
        ),
        [
            Start("m1", None, "assistant"),
            ToolCallDelta("", 0, "a", "f"),
            Start("m2", None, "assistant"),
            BlockEnd(0),
            ToolCallDelta("", 0, "b", "g"),
            Start("m3", None, "assistant"),
            Finish("stop"),
            Done("event"),
        ],
    ),
    "no event types: the JSON's count": (
        sse(json.dumps(content("delta", 0, text="Hi")), json.dumps(end())),
        [TextDelta("Hi"), *STOP],
    ),
    "no JSON types: the event's count": (
        b'event: content-delta\ndata: {"index":0,"delta":{"message":{"content":{"text":"Hi"}}}}\n\n'
        b'event: message-end\ndata: {"delta":{"finish_reason":"COMPLETE"}}\n\n',
        [TextDelta("Hi"), *STOP],
    ),
    "[DONE] alone": (
        sse(content("delta", 0, text="Hi"), "[DONE]"),
        [TextDelta("Hi"), Finish("stop"), Done("sentinel")],
    ),
    "an error event": (sse({"type": "error", "message": "bad"}), [Error("bad"), Done("error")]),
    "an error object, framed by a gateway": (sse('{"error":{"message":"bad"}}'), [Error("bad"), Done("error")]),
    "the API's error, framed by a gateway": (sse('{"message":"bad","id":"x"}'), [Error("bad"), Done("error")]),
    "the API's error, not framed": (b'{"message":"bad"}', [Error("bad"), Done("error")]),
    "indexes and members of the wrong types": (
        sse(
            content("delta", [0], text="a"),
            content("delta", -1, text="b"),
            content("delta", True, text="c"),
            content("delta", 10**9, text="d"),
            content("delta", 1, text=7),
            {"type": "content-delta", "index": 0, "delta": []},
            call("delta", {}, 7, id=[], name={}),
            event("tool-call-delta", 0, {"tool_calls": []}),
            plan(["x"]),
            '{"type":["x"]}',
            end(["x"], usage=[], error=0),
        ),
        [
            *[TextDelta(text) for text in "abcd"],
            Other("content-delta", content("delta", 1, text=7), NAME),
            *[ToolCallDelta()] * 2,
            Other("message", {"type": ["x"]}, NAME),
            Finish("tool_call"),
            Done("event"),
        ],
    ),
    "a lone surrogate": (sse(content("delta", 0, text="\ud800"), end()), [TextDelta("\ud800"), *STOP]),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert decode(stream) == parts
    decoder = PartDecoder(NAME)
    assert [part for byte in stream for part in decoder.feed(bytes([byte]))] + decoder.close() == parts


def test_finish_reasons() -> None:
    words = {
        "COMPLETE": "stop",
        "STOP_SEQUENCE": "stop",
        "MAX_TOKENS": "length",
        "TOOL_CALL": "tool_call",
        "ERROR": "error",
        "TIMEOUT": "error",
        "ERROR_TOXIC": "error",
        "NEW": "other",
    }
    for word, reason in words.items():
        assert decode(sse(end(word))) == [Finish(reason, word), Done("event")]


@pytest.mark.parametrize("data", [DEEP, '{"a":' + DEEP, "{", '"x"', "1", '{"a":' + "9" * 10_000 + "]"])
def test_what_is_no_json_object_is_invalid(data: str) -> None:
    parts = decode(sse(data, end()))
    assert [type(part) for part in parts] == [Invalid, Finish, Done]


def test_hostile_json_is_read() -> None:
    nested = '{"type":"content-delta","index":0,"delta":' + "[" * 300 + "]" * 300 + "}"
    number = '{"type":"content-delta","index":' + "9" * 4000 + ',"delta":{"message":{"content":{"text":"Hi"}}}}'
    assert decode(sse(nested, number, end())) == [TextDelta("Hi"), *STOP]


def test_a_cut_is_told() -> None:
    stream = sse(start(), content("delta", 0, text="Hi"), end(), "[DONE]")
    complete = stream.index(b"\n\ndata: [DONE]")
    for cut in range(len(stream)):
        decoder = PartDecoder(NAME)
        parts = decoder.feed(stream[:cut])
        if cut >= complete:
            assert isinstance((parts + decoder.close())[-1], Done)
        else:
            with pytest.raises(TruncatedError, match="before message-end"):
                decoder.close()


def test_blank_data_is_a_keep_alive() -> None:
    assert decode(b"data:\n\n" + sse(end())) == STOP


def ended(word: str, **members: Any) -> dict[str, Any]:
    return end(word, **{"usage": {}, **members})


def shapes(events: list[Event]) -> list[Any]:
    """The payloads without the message-start, which is the same for all, and [DONE]."""
    payloads = [json.loads(event.data) for event in events if event.data != "[DONE]"]
    return [payload for payload in payloads if payload["type"] != "message-start"]


ENCODED: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing": ([], [ended("COMPLETE")]),
    "text and reasoning, a block each": (
        [ReasoningDelta("Hm", signature="s"), ReasoningDelta("", signature="s"), TextDelta("Hi", 5), TextDelta("", 6)],
        [
            content("start", 0, type="thinking", thinking=""),
            content("delta", 0, thinking="Hm"),
            event("content-end", 0),
            content("start", 1, type="text", text=""),
            content("delta", 1, text="Hi"),
            event("content-end", 1),
            ended("COMPLETE"),
        ],
    ),
    "the plan has no block": (
        [ReasoningDelta("Hm", "plan"), BlockEnd("plan", "reasoning"), TextDelta("Hi")],
        [
            plan("Hm"),
            content("start", 0, type="text", text=""),
            content("delta", 0, text="Hi"),
            event("content-end", 0),
            ended("COMPLETE"),
        ],
    ),
    "calls that interleave come one after the other, numbered apart from content": (
        [
            TextDelta("Hi"),
            ToolCallDelta('{"a":', 3, "x", "f"),
            ToolCallDelta("", 4, None, "g"),
            ToolCallDelta("1}", 3),
            ToolCallDelta("{}", 4),
        ],
        [
            content("start", 0, type="text", text=""),
            content("delta", 0, text="Hi"),
            event("content-end", 0),
            call("start", 0, "", id="x", type="function", name="f"),
            call("delta", 0, '{"a":'),
            call("delta", 0, "1}"),
            event("tool-call-end", 0),
            call("start", 1, "", id="call_1", type="function", name="g"),
            call("delta", 1, "{}"),
            event("tool-call-end", 1),
            ended("TOOL_CALL"),
        ],
    ),
    "a call whose name comes late": (
        [
            ToolCallDelta("", 0, "x"),
            ToolCallDelta("", 0),
            ToolCallDelta("", 0, None, "f"),
            ToolCallDelta("{}", 0, None, "f"),
        ],
        [
            call("start", 0, "", id="x", type="function", name=""),
            call("delta", 0, "", name="f"),
            call("delta", 0, "{}"),
            event("tool-call-end", 0),
            ended("TOOL_CALL"),
        ],
    ),
    "a call of the provider's is dropped": ([ToolCallDelta("{}", 0, "x", "f", True)], [ended("COMPLETE")]),
    "usage and the last finish, held to the end": (
        [Finish("stop"), Usage(1, 2), Finish("length", "max_tokens"), Usage(30, 4, 34, 16, 8, 9), TextDelta("Hi")],
        [
            content("start", 0, type="text", text=""),
            content("delta", 0, text="Hi"),
            event("content-end", 0),
            ended(
                "MAX_TOKENS",
                usage={
                    "tokens": {"input_tokens": 30, "output_tokens": 4, "reasoning_tokens": 4},
                    "cached_tokens": 16,
                },
            ),
        ],
    ),
    "a total alone cannot be split": ([Usage(None, None, 7)], [ended("COMPLETE")]),
    "its own word": ([Finish("stop", "STOP_SEQUENCE")], [ended("STOP_SEQUENCE")]),
    "its own word for another reason": ([Finish("stop", "MAX_TOKENS")], [ended("COMPLETE")]),
    "no word: the nearest": ([Finish("content_filter", "SAFETY")], [ended("ERROR")]),
    "no word at all": ([Finish("new")], [ended("COMPLETE")]),
    "an error, and nothing after it": (
        [
            TextDelta("Hi"),
            Usage(1),
            Finish("stop"),
            Error("bad"),
            TextDelta("x"),
            Other("y"),
            Finish("stop"),
            Error("z"),
        ],
        [
            content("start", 0, type="text", text=""),
            content("delta", 0, text="Hi"),
            event("content-end", 0),
            ended("ERROR", usage={"tokens": {"input_tokens": 1}}, error="bad"),
        ],
    ),
    "an error in a call, which is not closed; the text that waits for it is said": (
        [
            ToolCallDelta('{"a":', 0, "x", "f"),
            TextDelta("Hi"),
            ToolCallDelta("{}", 1, "y", "g"),
            Error("bad"),
            ToolCallDelta("1}", 0),
        ],
        [
            call("start", 0, "", id="x", type="function", name="f"),
            call("delta", 0, '{"a":'),
            content("start", 0, type="text", text=""),
            content("delta", 0, text="Hi"),
            event("content-end", 0),
            ended("ERROR", error="bad"),
        ],
    ),
    "an error that says nothing": ([Error("")], [ended("ERROR", error="error")]),
    "an error with all it has": (
        [Finish("error", "TIMEOUT"), Error("bad", "t", "c", 500)],
        [ended("TIMEOUT", error="bad", error_type="t", code="c", status_code=500)],
    ),
    "an error whose code is its status": ([Error("bad", None, 500, 500)], [ended("ERROR", error="bad", code=500)]),
    "a second Start begins again": (
        [
            Start("m1"),
            ToolCallDelta("{}", 0, "x", "f"),
            Usage(1),
            Finish("length"),
            Start("m2"),
            ToolCallDelta("{}", 0, "y", "f"),
        ],
        [
            call("start", 0, "", id="x", type="function", name="f"),
            call("delta", 0, "{}"),
            event("tool-call-end", 0),
            call("start", 0, "", id="y", type="function", name="f"),
            call("delta", 0, "{}"),
            event("tool-call-end", 0),
            ended("TOOL_CALL"),
        ],
    ),
}


@pytest.mark.parametrize(("parts", "payloads"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], payloads: list[Any]) -> None:
    events = encode(*parts)
    check(events, restarts=sum(part.kind == "start" for part in parts[1:]))
    assert shapes(events) == payloads


@pytest.mark.parametrize(
    ("parts", "options", "id"),
    [
        ([Start("m1", "a-model", "assistant")], {"id": "x"}, "m1"),
        ([Start()], {"id": "x"}, "x"),
        ([TextDelta("Hi")], {"id": "x"}, "x"),
        ([TextDelta("Hi")], {}, "message-1"),
        ([Error("bad")], {}, "message-1"),
    ],
    ids=["the Start's", "a Start without", "no Start", "nobody's", "an error at once"],
)
def test_message_id(parts: list[Part], options: dict[str, str], id: str) -> None:
    events = encode(*parts, **options)
    check(events)
    assert json.loads(events[0].data)["id"] == id


@pytest.mark.parametrize(
    "part",
    [ToolCallDelta("SELECT 1", 0, "x", "sql", json=False), TextDelta("Hi", choice=1)],
    ids=["free text for arguments", "a second choice"],
)
def test_what_cannot_be_said(part: Part) -> None:
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(part)


def test_what_cannot_be_said_is_no_success() -> None:
    encoder = PartEncoder(NAME)
    data = encoder.send(TextDelta("Hi"))
    with pytest.raises(EncodeError):
        encoder.send(Other("x", {"n": float("nan")}))
    data += encoder.send(TextDelta(" there")) + encoder.send(Finish("stop")) + encoder.close()
    with pytest.raises(TruncatedError) as caught:
        decode(data)
    assert not caught.value.parts
    parts = PartDecoder(NAME).feed(data)
    assert parts == [Start("message-1", None, "assistant"), TextDelta("Hi"), TextDelta(" there")]


FORGED = [
    Other("message-end", end(), NAME),
    Other("x", call("start", 0, "{}", id="a", name="f"), NAME),
    Other("content-start", content("start", 0, type="image", image={}), NAME),
    Other("tool-call-end", {"index": 0}, NAME),
    Other("error", {}, NAME),
    Other("message", {"message": "bad"}, NAME),
    Other("a\nb", {"error": "bad"}, NAME),
    Other("x", "[DONE]", NAME),
]


@pytest.mark.parametrize("part", FORGED, ids=repr)
def test_an_other_is_nothing_else(part: Other) -> None:
    assert encode_bytes(part) == encode_bytes()


@pytest.mark.parametrize("name", ["message-end", "tool-call-start", "error"])
def test_nor_is_one_that_a_program_made(name: str) -> None:
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other(name, {}))


def test_an_event_of_the_type_that_is_not_written() -> None:
    assert get(NAME).reader().decode(Event('{"message":"bad"}', "")) == [Error("bad")]


def test_others() -> None:
    own = [
        Other("citation-start", CITATION, NAME),
        Other("ping", {"a": 1}, NAME),
        Other("a\nb", {"type": "a\nb"}, NAME),
    ]
    new = [Other("note", {"a": 1}), Other("note", 7), Other("note", {}, "gemini")]
    assert encode(*own, *new)[:-3] == [
        Event(json.dumps(CITATION, separators=(",", ":")), "citation-start"),
        Event('{"a":1}', "ping"),
        Event('{"type":"a\\nb"}'),
        Event('{"a":1,"type":"note"}', "note"),
        Event('{"data":7,"type":"note"}', "note"),
    ]


def test_log_probabilities_go_with_their_text() -> None:
    events = encode(Other("logprobs", {}, NAME), TextDelta("Hi"), Other("logprobs", {"a": 1}, NAME, 0))
    check(events)
    assert [{**content("delta", 0, text=""), "logprobs": {"a": 1}}] == shapes(events)[2:3]
    assert len(events) == 7


@pytest.mark.parametrize(
    "id",
    [
        "the tool plan, calls by index, one without arguments",
        "usage: tokens, not what is billed",
        "an error ends the message",
        "ERROR without an error",
    ],
)
def test_same_dialect_in_and_out(id: str) -> None:
    parts = [Start("m1", None, "assistant"), *[part for part in DECODED[id][1] if part.kind != "start"]]
    encoder = PartEncoder(NAME)
    assert decode(b"".join([encoder.send(part) for part in parts])) == parts


def test_content_in_and_out_is_numbered_from_0() -> None:
    parts = decode(encode_bytes(ReasoningDelta("Hm", 4), TextDelta("Hi", 7), Finish("stop", "COMPLETE")))
    assert parts[1:] == [ReasoningDelta("Hm"), BlockEnd(0, "reasoning"), TextDelta("Hi", 1), BlockEnd(1), *STOP]


def test_a_cut_source_is_no_success() -> None:
    transcoder = Transcoder("websopy", NAME)
    data = transcoder.feed(b'data: {"type":"content","content":"Hi"}\n\n')
    with pytest.raises(TruncatedError) as caught:
        transcoder.close()
    events = Decoder().feed(data + caught.value.data)
    check(events)
    assert json.loads(events[-1].data)["delta"]["error_type"] == "truncated"
    assert decode(data + caught.value.data)[-1] == Done("error")
