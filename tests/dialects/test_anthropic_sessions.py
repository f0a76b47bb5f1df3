"""The anthropic-sessions dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import all_cuts, gather, read, typed, whole, write

from sse_core import Decoder, DialectError, EncodeError, Event
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
    Usage,
    get,
)

NAME = "anthropic-sessions"
EOF = Done("eof")


def event(type: str, id: str = "s1", **members: Any) -> dict[str, Any]:
    return {"type": type, "id": id, "processed_at": "2026-04-07T04:27:43Z", **members}


def message(*content: Any, id: str = "m1") -> dict[str, Any]:
    return event("agent.message", id, content=list(content))


def text(said: Any) -> dict[str, Any]:
    return {"type": "text", "text": said}


def preview(kind: str = "agent.message", id: str = "m1") -> dict[str, Any]:
    return {"type": "event_start", "event": {"type": kind, "id": id}}


def delta(said: Any, id: Any = "m1", index: int = 0) -> dict[str, Any]:
    content = {"type": "content_delta", "index": index, "content": text(said)}
    return {"type": "event_delta", "event_id": id, "delta": content}


def call(kind: str = "custom", id: str = "c1", **members: Any) -> dict[str, Any]:
    return event(f"agent.{kind}_tool_use" if kind else "agent.tool_use", id, name="f", input={"a": 1}, **members)


def idle(word: str = "end_turn", **members: Any) -> dict[str, Any]:
    return event("session.status_idle", stop_reason={"type": word, **members})


def request(*counts: Any, id: str = "u1") -> dict[str, Any]:
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    used = dict(zip(names, counts, strict=False))
    return event("span.model_request_end", id, is_error=False, model_request_start_id="r1", model_usage=used)


def failure(status: str, **members: Any) -> dict[str, Any]:
    error = {"type": "model_overloaded_error", "message": "Busy", "retry_status": {"type": status}, **members}
    return event("session.error", error=error)


def other(payload: dict[str, Any], block: str | None = None) -> Other:
    return Other(payload["type"], payload, NAME, block)


def called(server: bool = False, id: str = "c1") -> list[Part]:
    return [ToolCallDelta('{"a":1}', id, id, "f", server), BlockEnd(id, "tool_call")]


def stop(reason: Any = "stop", word: str | None = "end_turn") -> list[Part]:
    return [Finish(reason, word), EOF]


RUNNING = event("session.status_running")
RESULT = event("user.custom_tool_result", custom_tool_use_id="c1")
SAID: list[Part] = [TextDelta("Hi", "m1"), BlockEnd("m1")]
REDACTED = message(text("Hi"), {"type": "redacted"})
START = Start("s1", None, "assistant")
DECODED: dict[str, tuple[list[dict[str, Any]], list[Part]]] = {
    "a turn": (
        [RUNNING, message(text("H"), text("i")), request(3, 4, 2, 1), idle()],
        [START, *SAID, Usage(6, 4, None, 2, 1), *stop()],
    ),
    "previews, and the message that repeats them": (
        [RUNNING, preview(), delta("H"), delta("", id=7), delta("i"), message(text("Hi")), idle()],
        [START, TextDelta("H", "m1"), TextDelta("i", "m1"), BlockEnd("m1"), *stop()],
    ),
    "previews that were shed": (
        [preview(), delta("Hel"), delta("lo", index=1), message(text("Hel"), text("lo there")), idle()],
        [TextDelta("Hel", "m1"), TextDelta("lo", "m1"), TextDelta(" there", "m1"), BlockEnd("m1"), *stop()],
    ),
    "a message that says another text than its preview": (
        [preview(), delta("Hello"), message(text("Hi")), idle()],
        [TextDelta("Hello", "m1"), other(message(text("Hi")), "m1"), BlockEnd("m1"), *stop()],
    ),
    "a preview of thinking, which has no text": (
        [preview("agent.thinking", "t1"), event("agent.thinking", "t1"), message(text("Hi")), idle()],
        [other(preview("agent.thinking", "t1")), other(event("agent.thinking", "t1")), *SAID, *stop()],
    ),
    "a message with a block that was withheld": (
        [REDACTED, message({"type": "redacted"}, id="m2"), message(id="m3"), idle()],
        [
            other(REDACTED, "m1"),
            *SAID,
            other(message({"type": "redacted"}, id="m2"), "m2"),
            other(message(id="m3"), "m3"),
            *stop(),
        ],
    ),
    "a call that the client is to run": (
        [RUNNING, call(), idle("requires_action", event_ids=["c1"])],
        [START, *called(), *stop("tool_call", "requires_action")],
    ),
    "and has run": (
        [call(), RESULT, message(text("Hi")), idle()],
        [*called(), other(RESULT), *SAID, *stop()],
    ),
    "a call that waits, whatever the word": ([call(), idle()], [*called(), *stop("tool_call")]),
    "calls that the server runs, and asks about": (
        [
            call(""),
            call("mcp", "c2", mcp_server_name="docs", evaluated_permission="ask", session_thread_id=None),
            idle("requires_action", event_ids=["c2"]),
        ],
        [
            *called(True),
            Other("agent.mcp_tool_use", {"mcp_server_name": "docs", "evaluated_permission": "ask"}, NAME, "c2"),
            *called(True, "c2"),
            *stop("other", "requires_action"),
        ],
    ),
    "usage: the sum of the requests": (
        [
            request(3, 4),
            request(10, 1, 2),
            event("session.usage", usage={"input_tokens": 99}),
            message(text("Hi")),
            idle(),
        ],
        [
            Usage(3, 4),
            Usage(15, 5, None, 2),
            other(event("session.usage", usage={"input_tokens": 99})),
            *SAID,
            *stop(),
        ],
    ),
    "a refusal": ([idle("refusal")], stop("content_filter", "refusal")),
    "a budget": ([idle("budget_reached")], stop("length", "budget_reached")),
    "retries": ([idle("retries_exhausted")], stop("error", "retries_exhausted")),
    "a word nobody knows": ([idle("new")], stop("other", "new")),
    "no word": ([event("session.status_idle")], stop("stop", None)),
    "idle again, of a turn that is over": (
        [idle(), idle("new")],
        [Finish("stop", "end_turn"), other(idle("new")), EOF],
    ),
    "running again, of a turn that is not": (
        [RUNNING, event("session.status_rescheduled"), RUNNING, message(text("Hi")), idle()],
        [START, other(event("session.status_rescheduled")), other(RUNNING), *SAID, *stop()],
    ),
    "two turns": (
        [RUNNING, request(3, 4), idle(), RUNNING, request(1, 1), idle("refusal")],
        [
            START,
            Usage(3, 4),
            Finish("stop", "end_turn"),
            START,
            Usage(1, 1),
            Finish("content_filter", "refusal"),
            EOF,
        ],
    ),
    "the next turn without its beginning": (
        [idle(), message(text("Hi")), idle("refusal")],
        [Finish("stop", "end_turn"), *SAID, Finish("content_filter", "refusal"), EOF],
    ),
    "an error that the server tries again after": (
        [failure("retrying"), message(text("Hi")), idle()],
        [other(failure("retrying")), *SAID, *stop()],
    ),
    "one that it does not": (
        [RUNNING, delta("Hi"), failure("exhausted"), idle("retries_exhausted")],
        [START, TextDelta("Hi", "m1"), Error("Busy", "model_overloaded_error"), Done("error")],
    ),
    "and the turn after it": (
        [failure("terminal"), RUNNING, message(text("Hi")), idle()],
        [Error("Busy", "model_overloaded_error"), START, *SAID, *stop()],
    ),
    "an error of the API": (
        [delta("Hi"), {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}, idle()],
        [TextDelta("Hi", "m1"), Error("Busy", "overloaded_error", None, 529), Done("error")],
    ),
    "terminated after a turn": (
        [idle(), event("session.status_terminated")],
        [Finish("stop", "end_turn"), Done("event")],
    ),
    "deleted inside one": (
        [RUNNING, delta("Hi"), event("session.deleted"), idle()],
        [START, TextDelta("Hi", "m1"), Finish("other", "session.deleted"), Done("event")],
    ),
    "members of the wrong types": (
        [
            delta(["x"]),
            {"type": "event_delta", "delta": [], "event_id": 5},
            {"type": "event_start", "event": []},
            {"type": "agent.message", "id": 7, "content": {}},
            {"type": "session.error", "error": []},
            {"type": "session.status_running", "id": []},
            {"type": "session.status_idle", "stop_reason": "end_turn"},
        ],
        [
            other({"type": "event_start", "event": []}),
            other({"type": "agent.message", "id": 7, "content": {}}, ""),
            Error("the server sent an error without a message"),
            Start(None, None, "assistant"),
            *stop("stop", None),
        ],
    ),
}
# Others of a turn that cannot be written: a program's own would be taken for more.
UNSAID = ("agent.message", "session.status_running", "session.status_idle", "span.model_request_start")


@pytest.mark.parametrize(("payloads", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(payloads: list[Any], parts: list[Part]) -> None:
    stream = typed(*payloads)
    assert whole(NAME, stream) == parts
    for chunks in list(all_cuts(stream))[:: max(1, len(stream) // 40)]:
        assert whole(NAME, *chunks) == parts


@pytest.mark.parametrize(("payloads", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(payloads: list[Any], parts: list[Part]) -> None:
    turns = [part.kind for part in parts].count("finish")
    encoder = PartEncoder(NAME)
    if turns > 1 and START not in parts:
        with pytest.raises(EncodeError):  # the turn began without a word
            [encoder.send(part) for part in [*parts, Start()]]
        return
    found, sent = gather(whole(NAME, write(NAME, parts))), gather(parts)
    if [part for part in parts if part.kind == "error"] and EOF in parts:  # the next turn is another encoder's
        assert (found.error is not None, found.done) == (True, Done("error"))
        return
    assert (found.text, found.usage and found.usage.output_tokens) == (
        sent.text,
        sent.usage and sent.usage.output_tokens,
    )
    assert [(one.id, one.name, one.arguments, one.server) for one in found.tool_calls] == [
        (one.id, one.name, one.arguments, one.server) for one in sent.tool_calls
    ]
    assert found.finish_reason == (None if sent.finish_reason == "error" else sent.finish_reason)
    assert (found.error is None) == (sent.error is None and sent.finish_reason != "error")
    assert [one.name for one in found.others if one.name not in UNSAID] == [
        one.name for one in sent.others if one.name not in UNSAID
    ]


@pytest.mark.parametrize("payloads", [[], [RUNNING], [message(text("Hi"))], [idle(), RUNNING], [idle(), delta("Hi")]])
def test_a_cut_is_told(payloads: list[Any]) -> None:
    assert (
        read(NAME, typed(*payloads))[1] == "anthropic-sessions: the stream ended before its event session.status_idle"
    )


def test_the_type_of_the_event_is_enough() -> None:
    stream = b'event: agent.message\ndata: {"id":"m1","content":[{"type":"text","text":"Hi"}]}\n\n'
    assert PartDecoder(NAME).feed(stream) == SAID


def test_a_stream_goes_on_with_another_connection() -> None:
    decoder = PartDecoder(NAME)
    assert decoder.feed(typed(RUNNING, idle())) + decoder.close() == [START, *stop()]
    decoder.reset()
    assert decoder.feed(typed(message(text("Hi")), idle())) + decoder.close() == [*SAID, *stop()]


def events_of(*parts: Part, **options: Any) -> list[dict[str, Any]]:
    events = Decoder().feed(write(get(NAME, **options), parts))
    payloads = [json.loads(one.data) for one in events]
    assert [one.type for one in events] == [payload["type"] for payload in payloads]
    return payloads


def ours(type: str, id: int | str, **members: Any) -> dict[str, Any]:
    return {"type": type, "id": id if isinstance(id, str) else f"sevt_{id}", **members}


def ends(id: int, word: str = "end_turn", **members: Any) -> dict[str, Any]:
    return ours("session.status_idle", id, stop_reason={"type": word, **members})


def fails(id: int, said: str, type: str = "unknown_error") -> list[dict[str, Any]]:
    error = {"type": type, "message": said, "retry_status": {"type": "exhausted"}}
    return [ours("session.error", id, error=error), ends(id + 1, "retries_exhausted")]


HI = [preview(id="sevt_1"), delta("Hi", "sevt_1")]
WHOLE = ours("agent.message", 1, content=[text("Hi")])
ENCODED: dict[str, tuple[list[Part], list[dict[str, Any]]]] = {
    "nothing": ([], [ends(1)]),
    "text": (
        [Start("s1"), Start(), ReasoningDelta("Hm"), TextDelta("H", 7), TextDelta("i", 7), BlockEnd(7), TextDelta("!")],
        [
            ours("session.status_running", "s1"),
            preview(id="sevt_1"),
            delta("H", "sevt_1"),
            delta("i", "sevt_1"),
            WHOLE,
            preview(id="sevt_2"),
            delta("!", "sevt_2"),
            ours("agent.message", 2, content=[text("!")]),
            ends(3),
        ],
    ),
    "calls": (
        [
            ToolCallDelta('{"a":', 0, "c1", "f"),
            ToolCallDelta("1}", 0),
            ToolCallDelta("", 1, None, "g"),
            ToolCallDelta("", 2, "c3", "h", server=True),
            BlockEnd(2, "tool_call"),
            Finish("tool_call"),
        ],
        [
            ours("agent.custom_tool_use", "c1", name="f", input={"a": 1}),
            ours("agent.custom_tool_use", 1, name="g", input={}),
            ours("agent.tool_use", "c3", name="h", input={}),
            ends(2, "requires_action", event_ids=["c1", "sevt_1"]),
        ],
    ),
    "what calls have beside is no more than that": (
        [
            Other("agent.mcp_tool_use", {"mcp_server_name": "d", "type": "error", "id": "x"}, NAME, "a"),
            ToolCallDelta("{}", "a", "c1", "f", server=True),
            BlockEnd("a", "tool_call"),
            Other("agent.custom_tool_use", {"session_thread_id": "t"}, NAME, "b"),
            ToolCallDelta("{}", "b", "c2", "f", server=True),
            BlockEnd("b", "tool_call"),
            Other("agent.tool_use", {"evaluated_permission": "ask"}, NAME, "c"),
            ToolCallDelta("{}", "c", "c3", "f"),
        ],
        [
            ours("agent.mcp_tool_use", "c1", mcp_server_name="d", name="f", input={}),
            ours("agent.tool_use", "c2", session_thread_id="t", name="f", input={}),
            ours("agent.custom_tool_use", "c3", evaluated_permission="ask", name="f", input={}),
            ends(1, "requires_action", event_ids=["c3"]),
        ],
    ),
    "a confirmation, and the turn after it": (
        [
            Other("agent.tool_use", {"evaluated_permission": "ask"}, NAME, "c1"),
            ToolCallDelta("{}", "c1", "c1", "f", server=True),
            BlockEnd("c1", "tool_call"),
            Finish("other", "requires_action"),
            Start("s2"),
        ],
        [
            ours("agent.tool_use", "c1", evaluated_permission="ask", name="f", input={}),
            ends(1, "requires_action", event_ids=["c1"]),
            ours("session.status_running", "s2"),
            ends(2),
        ],
    ),
    "an Other is none of the turn's text": (
        [Other("span.model_request_start", {"id": "r1"}), TextDelta("Hi"), Usage(1, 2), Other("session.updated", {})],
        [
            {"id": "r1", "type": "span.model_request_start"},
            *HI,
            {"type": "session.updated"},
            WHOLE,
            ours(
                "span.model_request_end",
                2,
                model_request_start_id="r1",
                model_usage={
                    "input_tokens": 1,
                    "cache_read_input_tokens": 0,
                    "cache_creation_input_tokens": 0,
                    "output_tokens": 2,
                },
            ),
            ends(3),
        ],
    ),
    "usage": (
        [TextDelta("Hi"), Usage(6, 4, None, 2, 1)],
        [
            *HI,
            WHOLE,
            ours("span.model_request_start", 2),
            ours(
                "span.model_request_end",
                3,
                model_request_start_id="sevt_2",
                model_usage={
                    "input_tokens": 3,
                    "cache_read_input_tokens": 2,
                    "cache_creation_input_tokens": 1,
                    "output_tokens": 4,
                },
            ),
            ends(4),
        ],
    ),
    "two turns": (
        [TextDelta("Hi"), Finish("length"), Start("s2"), Finish("stop", "end_turn")],
        [*HI, WHOLE, ends(2, "budget_reached"), ours("session.status_running", "s2"), ends(3)],
    ),
    "a finish of no other word": (
        [TextDelta("Hi"), Finish("other", "pause_turn")],
        [*HI, WHOLE, ours("session.status_terminated", 2)],
    ),
    "after a finish that is an error comes no turn": (
        [TextDelta("Hi"), Finish("error", "failed"), Start("s2"), TextDelta("Ho")],
        [*HI, *fails(2, "the answer ended in an error: failed")],
    ),
    "an error": (
        [TextDelta("Hi"), Error("Busy", "billing_error", 5, 402), Start(), TextDelta("Ho")],
        [*HI, *fails(2, "Busy", "billing_error")],
    ),
    "of another type": ([Error("Busy", "overloaded")], fails(1, "Busy")),
    "what was lost": (
        [TextDelta("Hi"), Invalid(Event("x"), DialectError("x")), Start(), Finish("stop")],
        [*HI, *fails(2, "a part of the answer was lost")],
    ),
}


@pytest.mark.parametrize(("parts", "payloads"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], payloads: list[dict[str, Any]]) -> None:
    assert events_of(*parts) == payloads


def test_without_previews() -> None:
    assert events_of(TextDelta("H"), TextDelta("i"), previews=False) == [WHOLE, ends(2)]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("agent.message", {"content": [text("Hi")]}),
        ("agent.tool_use", {"name": "f"}),
        ("agent.custom_tool_use", {"id": "c1", "name": "f"}),
        ("event_delta", delta("Hi")),
        ("event_start", preview()),
        ("session.status_idle", {}),
        ("session.deleted", {}),
        ("span.model_request_end", request(1)),
        ("session.error", failure("exhausted")),
        ("error", {}),
    ],
)
def test_an_other_is_nothing_else(name: str, data: Any) -> None:
    assert write(NAME, [Other(name, data, NAME)]) == write(NAME, [])
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other(name, data))


def test_no_turn_begins_in_another() -> None:
    encoder = PartEncoder(NAME)
    encoder.send(TextDelta("Hi"))
    with pytest.raises(EncodeError, match="a turn that did not finish"):
        encoder.send(Start())
    assert b"session.error" in encoder.close()


def test_no_turn_begins_after_the_end_of_the_session() -> None:
    encoder = PartEncoder(NAME)
    encoder.send(TextDelta("Hi"))
    encoder.send(Finish("other", "pause_turn"))
    with pytest.raises(EncodeError, match="the end of the session"):
        encoder.send(Start())
    assert b"session.error" in encoder.close()


def test_arguments_are_an_object() -> None:
    encoder = PartEncoder(NAME)
    encoder.send(ToolCallDelta("7", 0, "c", "f"))
    with pytest.raises(EncodeError, match="must be a JSON object"):
        encoder.send(BlockEnd(0, "tool_call"))
