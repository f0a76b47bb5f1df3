"""The snowflake-agents dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import all_cuts, gather, read, whole, write

from sse_core import Decoder, DialectError, EncodeError, Event
from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Invalid,
    Other,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

NAME = "snowflake-agents"
EOF = Done("eof")
Named = tuple[str, Any]


def sse(*events: Named) -> bytes:
    return "".join([f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events]).encode()


def delta(text: Any, index: Any = 0, kind: str = "text", **members: Any) -> Named:
    return f"response.{kind}.delta", {"content_index": index, "text": text, "sequence_number": 9, **members}


def block(text: Any, index: Any = 0, kind: str = "text", **members: Any) -> Named:
    return f"response.{kind}", {"content_index": index, "text": text, **members}


def call(id: Any = "c1", client: Any = False, **members: Any) -> Named:
    said = {"content_index": 0, "tool_use_id": id, "name": "f", "input": {"a": 1}, "client_side_execute": client}
    return "response.tool_use", {**said, "type": "generic", **members}


def response(*content: Any, **members: Any) -> Named:
    return "response", {"role": "assistant", "content": list(content), **members}


def consumed(**members: Any) -> dict[str, Any]:
    return {"usage": {"tokens_consumed": [{"model_name": "m", **members}]}}


def other(name: str, data: Any, of: int | str | None = None) -> Other:
    return Other(name, data, NAME, of)


def called(server: bool = True) -> list[Part]:
    return [ToolCallDelta('{"a":1}', "c1", "c1", "f", server), BlockEnd("c1", "tool_call")]


STATUS = {"status": "planning", "message": "Planning"}
RESULT = {"content_index": 1, "tool_use_id": "c1", "name": "f", "content": [], "status": "success"}
STOP: list[Part] = [Finish("stop"), EOF]
ALL = response(
    {"type": "thinking", "thinking": {"text": "Hm"}},
    {"type": "tool_use", "tool_use": call(client=True)[1]},
    {"type": "chart", "chart": {"chart_spec": "{}"}},
    {"type": "text", "text": "Hi"},
    {"type": []},
    status="completed",
)
DECODED: dict[str, tuple[list[Named], list[Part]]] = {
    "fragments, the whole, and all of it again": (
        [delta("Hel"), delta(""), delta("lo"), block("Hello"), ALL],
        [TextDelta("Hel"), TextDelta("lo"), BlockEnd(), Finish("stop", "completed"), EOF],
    ),
    "thinking": (
        [delta("Hm", 0, "thinking"), block("Hm!", 0, "thinking"), delta("Hi", 1), block("Hi", 1), response()],
        [
            ReasoningDelta("Hm"),
            ReasoningDelta("!"),
            BlockEnd(0, "reasoning"),
            TextDelta("Hi", 1),
            BlockEnd(1),
            *STOP,
        ],
    ),
    "a signature": (
        [delta("", 0, "thinking", signature="c2ln"), delta("Hi", 1, signature="x"), response()],
        [ReasoningDelta("", 0, "c2ln"), TextDelta("Hi", 1), *STOP],
    ),
    "the last event alone": (
        [ALL],
        [
            ReasoningDelta("Hm"),
            BlockEnd(0, "reasoning"),
            *called(server=False),
            TextDelta("Hi", 3),
            BlockEnd(3),
            Finish("tool_call", "completed"),
            EOF,
        ],
    ),
    "the whole says another text": (
        [delta("Hello"), block("Goodbye"), response()],
        [TextDelta("Hello"), other("response.text", block("Goodbye")[1], 0), BlockEnd(), *STOP],
    ),
    "a call that the server runs": (
        [("response.status", STATUS), call(), ("response.tool_result", RESULT), delta("Hi", 2), response()],
        [other("response.status", STATUS), *called(), other("response.tool_result", RESULT), TextDelta("Hi", 2), *STOP],
    ),
    "a call that the client is to run": (
        [call(client=True), response()],
        [*called(server=False), Finish("tool_call"), EOF],
    ),
    "one in the words of the document, and answered": (
        [call(client="true"), ("response.tool_result", RESULT), response()],
        [*called(server=False), other("response.tool_result", RESULT), *STOP],
    ),
    "what a call has beside": (
        [call(type="cortex_search", permission={"options": ["Deny"]}), response()],
        [
            other("response.tool_use", {"type": "cortex_search", "permission": {"options": ["Deny"]}}, "c1"),
            *called(),
            *STOP,
        ],
    ),
    "a call without an id": (
        [call(id=None), call(id=7, input=[]), response()],
        [
            ToolCallDelta('{"a":1}', 0, None, "f", True),
            BlockEnd(0, "tool_call"),
            ToolCallDelta("{}", 1, None, "f", True),
            BlockEnd(1, "tool_call"),
            *STOP,
        ],
    ),
    "the name in the payload": (
        [
            ("message", {"event": "response.text.delta", "content_index": 0, "text": "Hi"}),
            ("x", {"event": "response"}),
        ],
        [TextDelta("Hi"), *STOP],
    ),
    "usage of several models, and ids": (
        [
            delta("Hi"),
            response(
                metadata={
                    "run_id": "1-2",
                    "usage": {
                        "tokens_consumed": [
                            {
                                "input_tokens": {"total": 10, "cache_read": 4, "cache_write": 2},
                                "output_tokens": {"total": 3},
                            },
                            {"input_tokens": {"total": 5}, "output_tokens": []},
                        ]
                    },
                }
            ),
        ],
        [
            TextDelta("Hi"),
            other("response", {"metadata": {"run_id": "1-2"}}),
            Usage(15, 3, None, 4, 2),
            *STOP,
        ],
    ),
    "ids after the last event": (
        [delta("Hi"), response(), ("metadata", {"role": "assistant", "message_id": 7})],
        [TextDelta("Hi"), other("metadata", {"role": "assistant", "message_id": 7}), *STOP],
    ),
    "cancelled": ([delta("Hi"), response(status="cancelled")], [TextDelta("Hi"), Finish("other", "cancelled"), EOF]),
    "timed out": ([delta("Hi"), response(status="timed_out")], [TextDelta("Hi"), Finish("length", "timed_out"), EOF]),
    "failed": ([response(status="error")], [Finish("error", "error"), EOF]),
    "a word nobody knows": ([response(status="new")], [Finish("other", "new"), EOF]),
    "an error": (
        [delta("Hi"), ("error", {"code": "399504", "message": "Busy", "request_id": "r"}), response()],
        [TextDelta("Hi"), Error("Busy", None, "399504"), Done("error")],
    ),
    "members of the wrong types": (
        [
            delta(["x"], "0"),
            delta("Hi", -1),
            block(5, 7),
            response(5, metadata=[], status=5),
            ("response.tool_result", {"tool_use_id": []}),
        ],
        [TextDelta("Hi"), BlockEnd(7), other("response.tool_result", {"tool_use_id": []}), *STOP],
    ),
}


@pytest.mark.parametrize(("events", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(events: list[Named], parts: list[Part]) -> None:
    stream = sse(*events)
    assert whole(NAME, stream) == parts
    for chunks in list(all_cuts(stream))[:: max(1, len(stream) // 40)]:
        assert whole(NAME, *chunks) == parts


@pytest.mark.parametrize(("events", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(events: list[Named], parts: list[Part]) -> None:
    found, sent = gather(whole(NAME, write(NAME, parts))), gather(parts)
    assert (found.text, found.reasoning) == (sent.text, sent.reasoning)
    assert [(one.id or None, one.name, one.arguments, one.server) for one in found.tool_calls if one.id == "c1"] == [
        (one.id, one.name, one.arguments, one.server) for one in sent.tool_calls if one.id == "c1"
    ]
    assert (found.error, len(found.tool_calls)) == (sent.error, len(sent.tool_calls)) or sent.finish_reason == "error"
    assert found.finish_reason == (None if sent.finish_reason == "error" else sent.finish_reason)
    assert sorted(one.name for one in found.others) == sorted(
        one.name for one in sent.others if one.name != "response.text"
    )


@pytest.mark.parametrize("events", [[], [delta("Hi")], [delta("Hi"), block("Hi")], [response(), delta("Hi")]])
def test_a_cut_is_told(events: list[Named]) -> None:
    assert read(NAME, sse(*events))[1] == "snowflake-agents: the stream ended before its event response"


def test_done_is_the_end_only_after_the_last_event() -> None:
    assert read(NAME, sse(delta("Hi")) + b"data: [DONE]\n\n")[1] is not None
    for end in (b"data: [DONE]\n\n", b"event: done\ndata: [DONE]\n\n"):
        assert whole(NAME, sse(delta("Hi"), response()) + end) == [TextDelta("Hi"), Finish("stop"), Done("sentinel")]


def events_of(*parts: Part) -> list[Named]:
    return [(one.type, json.loads(one.data)) for one in Decoder().feed(write(NAME, parts))]


def wrote(text: str, index: int = 0, kind: str = "text") -> Named:
    return f"response.{kind}.delta", {"content_index": index, "text": text}


def used(id: str, index: int = 0, client: bool = True, **members: Any) -> Named:
    said = {"content_index": index, "type": "generic", **members, "tool_use_id": id, "name": "f", "input": {"a": 1}}
    return "response.tool_use", {**said, "client_side_execute": client}


def inner(event: Named) -> dict[str, Any]:
    return {"type": "tool_use", "tool_use": {key: one for key, one in event[1].items() if key != "content_index"}}


def last(*content: Any, status: str = "completed", **members: Any) -> Named:
    return response(*content, status=status, **members)


SAID = {"type": "text", "text": "Hi", "annotations": []}
HI = [wrote("Hi"), block("Hi", annotations=[])]
ENCODED: dict[str, tuple[list[Part], list[Named]]] = {
    "nothing": ([], [last()]),
    "text and thinking, numbered afresh": (
        [Start("x", "m"), ReasoningDelta("Hm", 5), ReasoningDelta("", 5, "s"), ReasoningDelta(""), TextDelta("Hi", 5)],
        [
            wrote("Hm", 0, "thinking"),
            ("response.thinking.delta", {"content_index": 0, "text": "", "signature": "s"}),
            ("response.thinking", {"content_index": 0, "text": "Hm"}),
            wrote("Hi", 1),
            block("Hi", 1, annotations=[]),
            last({"type": "thinking", "thinking": {"text": "Hm"}}, SAID),
        ],
    ),
    "calls, and what they have beside": (
        [
            ToolCallDelta('{"a":', 0, "c1", "f"),
            ToolCallDelta("1}", 0),
            BlockEnd(0, "tool_call"),
            other(
                "response.tool_use",
                {"type": "t", "event": "error", "client_side_execute": True, "tool_use_id": "z"},
                "c2",
            ),
            ToolCallDelta('{"a":1}', "c2", None, "f", server=True),
            Finish("tool_call"),
        ],
        [
            used("c1"),
            used("call_1", 1, False, type="t"),
            last(inner(used("c1")), inner(used("call_1", 1, False, type="t"))),
        ],
    ),
    "usage and ids": (
        [
            Start(None, "m"),
            TextDelta("Hi"),
            Usage(10, 3, None, 4, 2),
            other("response", {"metadata": {"run_id": "1-2", "usage": {"x": 1}}, "status": "error"}),
            Finish("stop", "completed"),
        ],
        [
            *HI,
            last(
                SAID,
                metadata={
                    "run_id": "1-2",
                    **consumed(
                        input_tokens={"total": 10, "cache_read": 4, "cache_write": 2, "uncached": 4},
                        output_tokens={"total": 3},
                        context_window=0,
                    ),
                },
            ),
        ],
    ),
    "other ends": ([TextDelta("Hi"), Finish("length")], [*HI, last(SAID, status="timed_out")]),
    "what it has no word for": ([TextDelta("Hi"), Finish("content_filter")], [*HI, last(SAID, status="cancelled")]),
    "a status of its own": ([TextDelta("Hi"), Finish("other", "cancelled")], [*HI, last(SAID, status="cancelled")]),
    "an error": (
        [TextDelta("Hi"), Error("Busy", "t", 5, 503)],
        [wrote("Hi"), ("error", {"code": "5", "message": "Busy", "request_id": ""})],
    ),
    "a finish that is an error": (
        [TextDelta("Hi"), Finish("error", "failed")],
        [
            wrote("Hi"),
            (
                "error",
                {"code": "unknown", "message": "the answer ended in an error: failed", "request_id": ""},
            ),
        ],
    ),
    "what was lost": (
        [TextDelta("Hi"), Invalid(Event("x"), DialectError("x")), Finish("stop")],
        [
            wrote("Hi"),
            ("error", {"code": "unknown", "message": "a part of the answer was lost", "request_id": ""}),
        ],
    ),
    "other events": (
        [other("response.status", STATUS), other("response.tool_use", [1])],
        [("response.status", STATUS), last()],
    ),
}


@pytest.mark.parametrize(("parts", "events"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], events: list[Named]) -> None:
    assert events_of(*parts) == events


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("response.text.delta", {"text": "Hi"}),
        ("response.thinking.delta", {"text": ""}),
        ("response.text", {"text": "Hi"}),
        ("response.tool_use", {"name": "f"}),
        ("error", {"message": "x"}),
        ("x", {"event": "response"}),
        ("response", [1]),
    ],
)
def test_an_other_is_nothing_else(name: str, data: Any) -> None:
    assert write(NAME, [Other(name, data, NAME)]) == write(NAME, [])
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other(name, data))


def test_arguments_are_an_object() -> None:
    encoder = PartEncoder(NAME)
    encoder.send(ToolCallDelta("[1]", 0, "c", "f"))
    with pytest.raises(EncodeError, match="must be a JSON object"):
        encoder.send(BlockEnd(0, "tool_call"))
    assert encoder.close().startswith(b"event: error\n")
