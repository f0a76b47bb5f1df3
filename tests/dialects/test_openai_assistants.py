# SPDX-License-Identifier: MIT
"""The openai-assistants dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest

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

NAME = "openai-assistants"
Payload = tuple[str, Any]


def sse(*events: Payload) -> bytes:
    return "".join([f"event: {type}\ndata: {json.dumps(payload)}\n\n" for type, payload in events]).encode()


def run(status: str, **members: Any) -> Payload:
    return f"thread.run.{status}", {"id": "r1", "object": "thread.run", "model": "gpt", **members}


def message(state: str, id: Any = "m1", **members: Any) -> Payload:
    return f"thread.message.{state}", {"id": id, "object": "thread.message", **members}


def content(*pieces: Any, id: Any = "m1") -> Payload:
    return "thread.message.delta", {"id": id, "delta": {"content": list(pieces)}}


def text(index: Any, value: Any, **members: Any) -> dict[str, Any]:
    return {"index": index, "type": "text", "text": {"value": value, **members}}


def calls(*pieces: Any, id: Any = "s1") -> Payload:
    return (
        "thread.run.step.delta",
        {"id": id, "delta": {"step_details": {"type": "tool_calls", "tool_calls": list(pieces)}}},
    )


def function(index: Any, arguments: Any, id: Any = None, name: Any = None) -> dict[str, Any]:
    return {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


DONE = b"event: done\ndata: [DONE]\n\n"
START = Start("r1", "gpt")
STOP = [Finish("stop", "completed"), Done("sentinel")]
CODE = {"index": 0, "type": "code_interpreter", "code_interpreter": {"input": "1"}}
WHOLE = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
ACTION = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [WHOLE, 7]}}


def other(event: Payload) -> Other:
    return Other(event[0], event[1], NAME)


def decode(stream: bytes) -> list[Part]:
    decoder = PartDecoder(NAME)
    return decoder.feed(stream) + decoder.close()


def encode(*parts: Part, **options: Any) -> bytes:
    encoder = PartEncoder(NAME, **options)
    return b"".join([encoder.send(part) for part in parts]) + encoder.close()


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "a run: text by content index, refusals, the life cycle as Others": (
        sse(
            run("created"),
            run("queued"),
            message("created"),
            content(text(0, "Hel")),
            content(text(0, "lo"), {"index": 1, "type": "refusal", "refusal": "No"}, text(0, "")),
            message("completed", content=[text(0, "Hello"), {"type": "refusal"}]),
            run("completed", usage={"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}),
        )
        + DONE,
        [
            START,
            other(run("queued")),
            other(message("created")),
            TextDelta("Hel"),
            TextDelta("lo"),
            TextDelta("No", 1, True),
            other(message("completed", content=[text(0, "Hello"), {"type": "refusal"}])),
            BlockEnd(0),
            BlockEnd(1),
            Usage(3, 4, 7),
            *STOP,
        ],
    ),
    "a second message has blocks of its own": (
        sse(run("created"), message("created"), content(text(0, "a")), message("created", "m2"))
        + sse(content(text(0, "b"), id="m2"), message("completed", content=[text(0, "a")]), run("completed"))
        + DONE,
        [
            START,
            other(message("created")),
            TextDelta("a"),
            other(message("created", "m2")),
            TextDelta("b", 1),
            other(message("completed", content=[text(0, "a")])),
            *STOP,
        ],
    ),
    "annotations and images are Others, the text beside them text": (
        sse(run("created"), message("created"))
        + sse(content(text(0, "a", annotations=[1]), {"index": 1, "type": "image_file"}, 7), run("completed"))
        + DONE,
        [
            START,
            other(message("created")),
            TextDelta("a"),
            other(content(text(0, "", annotations=[1]), {"index": 1, "type": "image_file"})),
            *STOP,
        ],
    ),
    "function calls; steps have blocks of their own": (
        sse(
            run("created"),
            ("thread.run.step.created", {"id": "s1", "type": "tool_calls"}),
            calls(function(0, "", "c1", "f"), function(1, "{}", "c2", "g")),
            calls(function(0, '{"a":1}')),
            ("thread.run.step.created", {"id": "s2", "type": "tool_calls"}),
            calls(function(0, "{}", "c3", "h"), id="s2"),
            run("requires_action", required_action=ACTION),
        )
        + DONE,
        [
            START,
            other(("thread.run.step.created", {"id": "s1", "type": "tool_calls"})),
            ToolCallDelta("", 0, "c1", "f"),
            ToolCallDelta("{}", 1, "c2", "g"),
            ToolCallDelta('{"a":1}', 0),
            other(("thread.run.step.created", {"id": "s2", "type": "tool_calls"})),
            ToolCallDelta("{}", 2, "c3", "h"),
            Finish("tool_call", "requires_action"),
            Done("sentinel"),
        ],
    ),
    "calls that only the run has; a run that goes on": (
        sse(("thread.run.step.completed", {"id": "s0"}), run("queued"), run("requires_action", required_action=ACTION))
        + DONE,
        [
            other(("thread.run.step.completed", {"id": "s0"})),
            START,
            other(run("queued")),
            ToolCallDelta("{}", 0, "c1", "f"),
            BlockEnd(0, "tool_call"),
            Finish("tool_call", "requires_action"),
            Done("sentinel"),
        ],
    ),
    "a call of another type, and tools that the provider runs": (
        sse(
            run("created"),
            calls(CODE, id="s1"),
            run("requires_action", required_action={"submit_tool_outputs": {"tool_calls": []}}),
        )
        + DONE,
        [START, other(calls(CODE)), Finish("tool_call", "requires_action"), Done("sentinel")],
    ),
    "incomplete": (
        sse(run("created"), run("incomplete", incomplete_details={"reason": "max_prompt_tokens"})) + DONE,
        [START, Finish("length", "max_prompt_tokens"), Done("sentinel")],
    ),
    "incomplete for no reason": (
        sse(run("created"), run("incomplete")) + DONE,
        [START, Finish("other", "incomplete"), Done("sentinel")],
    ),
    "the last status counts, and a call after it": (
        sse(run("created"), run("cancelled"), run("completed"), calls(function(0, "{}", "c1", "f"))) + DONE,
        [START, ToolCallDelta("{}", 0, "c1", "f"), Finish("tool_call", "completed"), Done("sentinel")],
    ),
    "text after the status": (
        sse(run("created"), run("completed"), content(text(0, "a")), run("incomplete")) + DONE,
        [START, TextDelta("a"), Finish("other", "incomplete"), Done("sentinel")],
    ),
    "a call whose results came: none to act on": (
        sse(
            run("created"),
            calls(function(0, "{}", "c1", "f"), function(1, "{}", "c2", "g")),
            ("thread.run.step.completed", {"id": "s0"}),
            ("thread.run.step.completed", {"id": "s1"}),
            run("completed"),
        )
        + DONE,
        [
            START,
            ToolCallDelta("{}", 0, "c1", "f"),
            ToolCallDelta("{}", 1, "c2", "g"),
            other(("thread.run.step.completed", {"id": "s0"})),
            other(("thread.run.step.completed", {"id": "s1"})),
            *STOP,
        ],
    ),
    "a call that has no results": (
        sse(run("created"), calls(function(0, "{}", "c1", "f")), run("completed")) + DONE,
        [START, ToolCallDelta("{}", 0, "c1", "f"), Finish("tool_call", "completed"), Done("sentinel")],
    ),
    "another id at an index is another call": (
        sse(
            run("created"),
            calls(function(0, "{}", "c1", "f")),
            calls(function(0, "", "c1", "f")),
            calls(function(0, "{", "c2", "f")),
            calls(function(0, "}")),
        )
        + DONE,
        [
            START,
            ToolCallDelta("{}", 0, "c1", "f"),
            ToolCallDelta("", 0, "c1", "f"),
            ToolCallDelta("{", 1, "c2", "f"),
            ToolCallDelta("}", 1),
            Finish("tool_call"),
            Done("sentinel"),
        ],
    ),
    "incomplete for a reason that is no such reason": (
        sse(run("created"), run("incomplete", incomplete_details={"reason": "completed"})) + DONE,
        [START, Finish("other", "completed"), Done("sentinel")],
    ),
    "an error, and a status: no finish, no message begins": (
        sse(("error", {"message": "bad"}), run("completed")) + DONE,
        [Error("bad"), Done("sentinel")],
    ),
    "an error, and a new run": (
        sse(("error", {"message": "bad"}), run("created"), run("completed")) + DONE,
        [Error("bad"), START, *STOP],
    ),
    "expired": (sse(run("created"), run("expired")) + DONE, [START, Finish("error", "expired"), Done("sentinel")]),
    "failed, and what it cost": (
        sse(
            run("created"),
            run(
                "failed",
                last_error={"code": "server_error", "message": "bad"},
                usage={"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
            ),
        )
        + DONE,
        [START, Usage(3, 4, 7), Error("bad", None, "server_error"), Done("sentinel")],
    ),
    "usage in all its words": (
        sse(
            run("created"),
            run(
                "completed",
                usage={
                    "prompt_tokens": 3,
                    "completion_tokens": 4,
                    "total_tokens": 7,
                    "prompt_tokens_details": {"cached_tokens": 1},
                    "completion_tokens_details": {"reasoning_tokens": 2},
                },
            ),
        )
        + DONE,
        [START, Usage(3, 4, 7, 1, None, 2), *STOP],
    ),
    "an error": (
        sse(("error", {"message": "bad", "type": "server_error", "code": 500})),
        [Error("bad", "server_error", 500, 500), Done("error")],
    ),
    "an error object without an event type": (
        b'data: {"error":{"message":"bad"}}\n\n' + DONE,
        [Error("bad"), Done("sentinel")],
    ),
    "no run at all": (DONE, [Finish("stop"), Done("sentinel")]),
    "a second run begins again": (
        sse(run("created"), content(text(5, "a")), calls(function(0, "{}", "c", "f")), run("created", id="r2"))
        + sse(content(text(0, "b"), id="m2"))
        + DONE,
        [
            START,
            TextDelta("a", 5),
            ToolCallDelta("{}", 0, "c", "f"),
            Start("r2", "gpt"),
            TextDelta("b"),
            Finish("stop"),
            Done("sentinel"),
        ],
    ),
    "members of the wrong types": (
        sse(
            ("thread.run.created", {"id": [], "model": {}, "usage": 7}),
            content(text([0], "a"), text(-1, "b"), text(10**9, "c"), text(True, 7), {"type": ["text"]}, id=["m"]),
            ("thread.message.delta", {"delta": {"content": {}}}),
            ("thread.message.delta", {"delta": 7}),
            calls({"type": "function", "index": {}, "id": 7, "function": []}, id={}),
            ("thread.message.completed", {"id": None, "content": 7}),
            ("thread.run.incomplete", {"incomplete_details": {"reason": ["x"]}}),
        )
        + DONE,
        [
            Start(),
            *[TextDelta(letter) for letter in "abc"],
            other(content({"type": ["text"]}, id=["m"])),
            ToolCallDelta(),
            other(("thread.message.completed", {"id": None, "content": 7})),
            Finish("other", "incomplete"),
            Done("sentinel"),
        ],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert decode(stream) == parts
    decoder = PartDecoder(NAME)
    assert [part for byte in stream for part in decoder.feed(bytes([byte]))] + decoder.close() == parts


@pytest.mark.parametrize(
    "id",
    [
        "a run: text by content index, refusals, the life cycle as Others",
        "a second message has blocks of its own",
        "annotations and images are Others, the text beside them text",
        "function calls; steps have blocks of their own",
        "incomplete",
        "incomplete for no reason",
        "expired",
        "failed, and what it cost",
        "usage in all its words",
        "an error",
    ],
)
def test_same_dialect_in_and_out(id: str) -> None:
    def kept(parts: list[Part]) -> list[Part]:
        """The parts but for those of a life cycle that had to be closed."""
        return [part for part in parts if part.kind not in ("done", "block_end")]

    parts = DECODED[id][1]
    again = kept(decode(encode(*parts)))
    invented = [part for part in again if isinstance(part, Other) and part not in parts]
    assert [part for part in again if part not in invented] == kept(parts)
    assert all(part.name.endswith(".completed") for part in invented)


def test_a_cut_is_told() -> None:
    stream = sse(run("created"), content(text(0, "Hi")), run("completed")) + DONE
    for cut in range(len(stream) - 2):
        decoder = PartDecoder(NAME)
        decoder.feed(stream[:cut])
        with pytest.raises(TruncatedError, match="before its event done"):
            decoder.close()


def shapes(data: bytes) -> list[Any]:
    """Of each event its type, and what it says beside the life cycle's members."""
    shown = []
    for event in Decoder().feed(data):
        payload = json.loads(event.data) if event.data != "[DONE]" else {}
        said = {name: payload[name] for name in payload if name not in ("object", "created_at", "attachments", "role")}
        said = {name: value for name, value in said.items() if value and not str(value).endswith("_1")}
        shown.append((event.type, said))
    return shown


def ended(status: str, **members: Any) -> list[Payload]:
    return [(f"thread.run.{status}", {"status": status, **members}), ("done", {})]


BEGUN = ("thread.run.created", {"status": "queued"})
FIRST = {"index": 0, "type": "function", "id": "c1", "function": {"name": "f", "arguments": '{"a":', "output": None}}
MADE = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}

ENCODED: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing": ([], [BEGUN, *ended("completed")]),
    "text: the message closes with all of it": (
        [Start(), ReasoningDelta("Hm"), TextDelta("Hel", 3), TextDelta("lo", 3), TextDelta("No", 3, True), BlockEnd(3)],
        [
            BEGUN,
            ("thread.message.created", {"status": "in_progress"}),
            ("thread.message.delta", {"delta": {"content": [text(0, "Hel", annotations=[])]}}),
            ("thread.message.delta", {"delta": {"content": [text(0, "lo")]}}),
            ("thread.message.delta", {"delta": {"content": [{"index": 1, "type": "refusal", "refusal": "No"}]}}),
            (
                "thread.message.completed",
                {
                    "status": "completed",
                    "content": [
                        {"type": "text", "text": {"value": "Hello", "annotations": []}},
                        {"type": "refusal", "refusal": "No"},
                    ],
                },
            ),
            *ended("completed"),
        ],
    ),
    "a call: the run waits for it": (
        [ToolCallDelta('{"a":', 7, "c1", "f"), ToolCallDelta("1}", 7), ToolCallDelta("{}", 8, "c2", "g", True)],
        [
            BEGUN,
            (
                "thread.run.step.created",
                {
                    "status": "in_progress",
                    "type": "tool_calls",
                    "step_details": {"type": "tool_calls", "tool_calls": []},
                },
            ),
            ("thread.run.step.delta", calls(FIRST)[1] | {"id": None}),
            (
                "thread.run.step.delta",
                calls({"index": 0, "type": "function", "function": {"arguments": "1}"}})[1] | {"id": None},
            ),
            *ended(
                "requires_action",
                required_action={"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [MADE]}},
            ),
        ],
    ),
    "usage, held to the end": (
        [Usage(3, 4, None, 1, 1, 9), Finish("length")],
        [
            BEGUN,
            *ended(
                "incomplete",
                incomplete_details={"reason": "max_completion_tokens"},
                usage={
                    "prompt_tokens": 3,
                    "completion_tokens": 4,
                    "total_tokens": 7,
                    "prompt_token_details": {"cached_tokens": 1},
                    "completion_tokens_details": {"reasoning_tokens": 4},
                },
            ),
        ],
    ),
    "an error, and no success after it": (
        [TextDelta("a"), Error("bad", None, "server_error"), ToolCallDelta("{}", 0, "c1", "f"), Finish("tool_call")],
        [
            BEGUN,
            ("thread.message.created", {"status": "in_progress"}),
            ("thread.message.delta", {"delta": {"content": [text(0, "a", annotations=[])]}}),
            *ended("failed", last_error={"code": "server_error", "message": "bad"})[:1],
        ],
    ),
    "a total alone": (
        [Usage(None, None, 7, None, None, 2)],
        [
            BEGUN,
            *ended(
                "completed",
                usage={
                    "prompt_tokens": None,
                    "completion_tokens": None,
                    "total_tokens": 7,
                    "completion_tokens_details": {"reasoning_tokens": 2},
                },
            ),
        ],
    ),
    "its own word": ([Finish("other", "cancelled")], [BEGUN, *ended("cancelled")]),
    "its own word for another reason": ([Finish("stop", "cancelled")], [BEGUN, *ended("completed")]),
    "a finish in error": (
        [Finish("error")],
        [BEGUN, *ended("failed", last_error={"code": "server_error", "message": "error"})],
    ),
    "no word": ([Finish("other", "pause_turn")], [BEGUN, *ended("completed")]),
    "an error, and no end": (
        [Error("bad", "t", "c", 500)],
        [("error", {"message": "bad", "type": "t", "code": "c", "status_code": 500})],
    ),
    "an error that a run can say": (
        [Error("bad", None, "server_error")],
        ended("failed", last_error={"code": "server_error", "message": "bad"})[:1],
    ),
}


@pytest.mark.parametrize(("parts", "events"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], events: list[Any]) -> None:
    wanted = [(type, {name: value for name, value in said.items() if value}) for type, said in events]
    assert shapes(encode(*parts)) == wanted


def test_a_step_with_a_stop_is_closed() -> None:
    events = Decoder().feed(encode(ToolCallDelta("{}", 0, None, "f"), ToolCallDelta("", 0, None, "f"), Finish("stop")))
    assert [event.type for event in events][-3:] == ["thread.run.step.completed", "thread.run.completed", "done"]
    step = json.loads(events[-3].data)
    assert step["step_details"]["tool_calls"] == [
        {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    ]


def test_ids_are_given_or_count_up() -> None:
    events = Decoder().feed(encode(TextDelta("a"), Start("r2", "gpt"), TextDelta("b"), id="r1", model="m"))
    payloads = [json.loads(event.data) for event in events[:-1]]
    assert [payload["id"] for payload in payloads] == ["r1", "msg_1", "msg_1", "r2", "msg_2", "msg_2", "msg_2", "r2"]
    assert [payload["model"] for payload in payloads if payload["object"] == "thread.run"] == ["m", "gpt", "gpt"]
    assert decode(encode(TextDelta("a")))[0] == Start("run_1")


def test_others_are_the_life_cycle() -> None:
    others = [
        other(message("created", "m9")),
        TextDelta("a"),
        other(message("completed", "m9")),
        Other("x", {}, "gemini"),
    ]
    types = [event.type for event in Decoder().feed(encode(START, *others, other(("thread.created", {"id": "t"}))))]
    assert types == [
        "thread.run.created",
        "thread.message.created",
        "thread.message.delta",
        "thread.message.completed",
        "thread.created",
        "thread.run.completed",
        "done",
    ]


def test_a_message_that_is_created_again_goes_on() -> None:
    created = other(message("created"))
    another = other(message("completed", "m9"))  # of a message that never was
    events = Decoder().feed(encode(created, TextDelta("a"), another, created, TextDelta("b")))
    states = [event.type.rpartition(".")[2] for event in events if event.type.startswith("thread.message.")]
    assert states == ["created", "delta", "completed", "created", "delta", "completed"]


def required(data: bytes) -> list[str]:
    """The ids of the calls that the run waits for."""
    [ended] = [json.loads(event.data) for event in Decoder().feed(data) if event.type == "thread.run.requires_action"]
    return [call["id"] for call in ended["required_action"]["submit_tool_outputs"]["tool_calls"]]


def test_the_run_waits_for_the_calls_of_all_steps() -> None:
    parts = DECODED["function calls; steps have blocks of their own"][1]
    assert required(encode(*parts)) == ["c1", "c2", "c3"]


def test_the_run_waits_for_no_call_of_a_step_that_is_over() -> None:
    over = [
        other(("thread.run.step.created", {"id": "s1", "type": "tool_calls"})),
        ToolCallDelta("{}", 0, "c1", "f"),
        other(("thread.run.step.created", {"id": "s2", "type": "tool_calls"})),
        ToolCallDelta("{}", 1, "c2", "f"),
        other(("thread.run.step.completed", {"id": "s1"})),
        ToolCallDelta("{}", 0, "c3", "f"),
    ]
    assert required(encode(*over)) == ["c2", "c3"]


def test_messages_that_are_not_over_are_closed() -> None:
    parts = [
        other(message("created", "m0")),
        other(message("created", "m1")),
        TextDelta("a"),
        other(message("created", "m2")),
        TextDelta("b", 1),
        TextDelta("c"),
    ]
    events = [(event.type, json.loads(event.data)) for event in Decoder().feed(encode(*parts))[:-1]]
    closed = {said["id"]: said["content"] for type, said in events if type == "thread.message.completed"}
    assert {id: [piece["text"]["value"] for piece in pieces] for id, pieces in closed.items()} == {
        "m1": ["ac"],
        "m2": ["b"],
    }


FORGED = [
    other(run("completed")),
    other(run("requires_action", required_action=ACTION)),
    other(run("created")),
    Other("done", {}, NAME),
    Other("error", {}, NAME),
    Other("thread.created", {"error": "bad"}, NAME),
    other(content(text(0, "a"))),
    other(content({"index": 0, "refusal": "No"})),
    other(calls(function(0, "{}", "c1", "f"))),
    other(calls({"index": 0, "function": {"arguments": "{}"}})),
]


@pytest.mark.parametrize("part", FORGED, ids=repr)
def test_an_other_is_nothing_else(part: Other) -> None:
    assert encode(part) == encode()
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other(part.name, part.data))


def test_what_cannot_be_said_is_no_success() -> None:
    encoder = PartEncoder(NAME)
    encoder.send(TextDelta("Hi"))
    with pytest.raises(EncodeError):
        encoder.send(Other("x", {"n": float("nan")}))
    assert encoder.send(Finish("stop")) + encoder.close() == b""


def test_an_event_of_the_type_that_is_not_written() -> None:
    assert get(NAME).reader().decode(Event("{}", "")) == [Other("message", {}, NAME)]


@pytest.mark.parametrize(
    "part",
    [ToolCallDelta("SELECT 1", 0, "x", "sql", json=False), TextDelta("Hi", choice=1)],
    ids=["free text for arguments", "a second choice"],
)
def test_what_cannot_be_said(part: Part) -> None:
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(part)


def test_done_is_named() -> None:
    assert Decoder().feed(encode())[-1] == Event("[DONE]", "done")
