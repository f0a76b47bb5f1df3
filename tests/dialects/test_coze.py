# SPDX-License-Identifier: MIT
"""The coze dialect: bytes in, parts out; parts in, events out; a chat and a workflow."""

from __future__ import annotations

import json
from typing import Any

import captures
import pytest
from reading import all_cuts, gather, pieces, random_pieces, read, whole, write
from tries import some

from sse_core import Decoder, EncodeError, Event, LimitError, TruncatedError
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

NAME = "coze"
WORKFLOW = get(NAME, workflow=True)
STOP: list[Part] = [Finish("stop", "completed"), Done("event")]
CREATED, DELTA, COMPLETED = "conversation.chat.created", "conversation.message.delta", "conversation.message.completed"
ENDED, ACTION = "conversation.chat.completed", "conversation.chat.requires_action"

Row = tuple[str, Any]


def sse(*rows: Row) -> bytes:
    """As Coze sends them: no space after a colon, the data text as it stands or else JSON."""
    texts = [(name, data if type(data) is str else json.dumps(data, ensure_ascii=False)) for name, data in rows]
    return "".join([f"event:{name}\ndata:{data}\n\n" for name, data in texts]).encode()


def chat(status: str, **members: Any) -> dict[str, Any]:
    return {"id": "chat_1", "conversation_id": "conv_1", "status": status, **members}


def answer(content: Any, id: Any = "m1", **members: Any) -> dict[str, Any]:
    of = {"id": id, "conversation_id": "conv_1", "chat_id": "chat_1", "role": "assistant"}
    return {**of, "type": "answer", "content": content, "content_type": "text", **members}


def delta(content: Any, id: Any = "m1", **members: Any) -> Row:
    return DELTA, answer(content, id, **members)


def completed(content: Any, id: Any = "m1", **members: Any) -> Row:
    return COMPLETED, answer(content, id, **members)


def action(*calls: Any) -> Row:
    required = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": list(calls)}}
    return ACTION, chat("requires_action", required_action=required)


def call(id: Any, name: Any, arguments: Any) -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def own(row: Row, block: str | None = None) -> Other:
    return Other(*row, NAME, block)


BEGIN: Row = (CREATED, chat("created", usage={"token_count": 0, "output_count": 0, "input_count": 0}))
END: Row = (ENDED, chat("completed"))
DONE: Row = ("done", '"[DONE]"')
BEGUN = [own(BEGIN), Start("chat_1")]
NOTE = (COMPLETED, answer('{"msg_type":"generate_answer_finish"}', "m9", type="verbose"))
USED = {"token_count": 7, "output_count": 4, "input_count": 3}


def said(content: Any, **rest: Any) -> Row:
    return "Message", {"content": content, **rest}


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "a chat: the message's end repeats what deltas said": (
        sse(
            BEGIN,
            ("conversation.chat.in_progress", chat("in_progress")),
            delta("Hel"),
            delta("lo"),
            completed("Hello"),
            NOTE,
            (ENDED, chat("completed", usage=USED)),
            DONE,
        ),
        [
            *BEGUN,
            own(("conversation.chat.in_progress", chat("in_progress"))),
            TextDelta("Hel", "m1"),
            TextDelta("lo", "m1"),
            BlockEnd("m1"),
            own(NOTE),
            Usage(3, 4, 7),
            *STOP,
        ],
    ),
    "no delta came: the message's end has the text": (
        sse(completed("Hello", reasoning_content="Hm"), END, DONE),
        [ReasoningDelta("Hm", "m1"), TextDelta("Hello", "m1"), BlockEnd("m1"), *STOP],
    ),
    "the text is another than what was said": (
        sse(delta("Hel"), completed("Hello"), END, DONE),
        [TextDelta("Hel", "m1"), own(completed("Hello"), "m1"), BlockEnd("m1"), *STOP],
    ),
    "the end of a message comes twice": (
        sse(completed("Hi"), completed("Hi"), END, DONE),
        [TextDelta("Hi", "m1"), BlockEnd("m1"), own(completed("Hi"), "m1"), *STOP],
    ),
    "a message goes on after its end": (
        sse(delta("a"), completed("a"), delta("b"), completed("b"), END, DONE),
        [TextDelta("a", "m1"), BlockEnd("m1"), TextDelta("b", "m1"), BlockEnd("m1"), *STOP],
    ),
    "several answers, interleaved": (
        sse(delta("a", "m1"), delta("b", "m2"), delta("c", "m1"), completed("ac"), completed("b", "m2"), END, DONE),
        [
            TextDelta("a", "m1"),
            TextDelta("b", "m2"),
            TextDelta("c", "m1"),
            BlockEnd("m1"),
            BlockEnd("m2"),
            *STOP,
        ],
    ),
    "reasoning, which the end may repeat; the text in the end alone": (
        sse(delta("", reasoning_content="Hm"), completed("Hi", reasoning_content="Hm"), END, DONE),
        [ReasoningDelta("Hm", "m1"), TextDelta("Hi", "m1"), BlockEnd("m1"), *STOP],
    ),
    "a message that says nothing": (sse(delta(""), completed(""), END, DONE), STOP),
    "messages that are no answer, and no text": (
        sse(
            (DELTA, answer("x", type="function_call")),
            (COMPLETED, answer('{"name":"f"}', type="function_call")),
            (COMPLETED, answer("x", type="tool_response")),
            (COMPLETED, answer("Why?", type="follow_up")),
            (COMPLETED, answer("{}", content_type="card")),
            ("conversation.audio.delta", answer("AAA=", content_type="audio")),
            END,
            DONE,
        ),
        [
            own((DELTA, answer("x", type="function_call"))),
            own((COMPLETED, answer('{"name":"f"}', type="function_call"))),
            own((COMPLETED, answer("x", type="tool_response"))),
            own((COMPLETED, answer("Why?", type="follow_up"))),
            own((COMPLETED, answer("{}", content_type="card"))),
            own(("conversation.audio.delta", answer("AAA=", content_type="audio"))),
            *STOP,
        ],
    ),
    "calls to act on": (
        sse(
            delta("Hm"),
            completed("Hm"),
            action(
                call("c1", "weather", '{"city":"Köln"}'), call("c2", "now", ""), {"id": "c3", "type": "reply_message"}
            ),
            DONE,
        ),
        [
            TextDelta("Hm", "m1"),
            BlockEnd("m1"),
            ToolCallDelta('{"city":"Köln"}', 0, "c1", "weather"),
            BlockEnd(0, "tool_call"),
            ToolCallDelta("", 1, "c2", "now"),
            BlockEnd(1, "tool_call"),
            Finish("tool_call", "requires_action"),
            Done("event"),
        ],
    ),
    "arguments that are no text, and none": (
        sse(action(call(7, "f", {"a": 1}), call("c2", "", [1]), call("c3", None, "{}")), DONE),
        [
            ToolCallDelta('{"a":1}', 0, None, "f"),
            BlockEnd(0, "tool_call"),
            ToolCallDelta("{}", 1, "c2"),
            BlockEnd(1, "tool_call"),
            Finish("tool_call", "requires_action"),
            Done("event"),
        ],
    ),
    "a chat that only says in its status what it needs": (
        sse((ENDED, {**action(call("c1", "f", "{}"))[1]}), DONE),
        [
            ToolCallDelta("{}", 0, "c1", "f"),
            BlockEnd(0, "tool_call"),
            Finish("tool_call", "requires_action"),
            Done("event"),
        ],
    ),
    "a chat that was canceled": (
        sse((ENDED, chat("canceled")), DONE),
        [Finish("other", "canceled"), Done("event")],
    ),
    "the same, as an event": (
        sse(("conversation.chat.canceled", {}), DONE),
        [Finish("other", "canceled"), Done("event")],
    ),
    "a chat that failed: no finish, whatever comes": (
        sse(
            BEGIN,
            delta("Hi"),
            ("conversation.chat.failed", chat("failed", last_error={"code": 4011, "msg": "no credit"})),
            END,
            DONE,
        ),
        [*BEGUN, TextDelta("Hi", "m1"), Error("no credit", None, 4011), Done("event")],
    ),
    "it says so in its status, and not why": (
        sse((ENDED, chat("failed", last_error={"code": 0, "msg": ""})), DONE),
        [Error("the chat failed"), Done("event")],
    ),
    "an error, and the end of the body": (
        sse(("error", {"code": 4000, "msg": "bad"})),
        [Error("bad", None, 4000), Done("error")],
    ),
    "an error that says nothing": (
        sse(("error", {})),
        [Error("the server sent an error without a message"), Done("error")],
    ),
    "an error that is no object": (sse(("error", "bad")), [Error("bad"), Done("error")]),
    "the end has a debug_url": (
        sse(END, ("done", {"debug_url": "u"})),
        [Other("done", {"debug_url": "u"}, NAME), *STOP],
    ),
    "the end is bare": (sse(END, ("done", "[DONE]")), STOP),
    "the end is blank": (sse(END, ("done", "")), STOP),
    "an end that is no JSON is none": (
        sse(END, ("done", '"[DO'), DONE),
        [Invalid(Event('"[DO', "done"), ValueError()), *STOP],
    ),
    "no status at all": (sse(delta("Hi"), DONE), [TextDelta("Hi", "m1"), Finish("stop"), Done("event")]),
    "a workflow": (
        sse(said("Hel", node_title="A", token=1), said("lo", node_title="A"), ("Done", {})),
        [
            Other("Message", {"node_title": "A", "token": 1}, NAME),
            TextDelta("Hel"),
            Other("Message", {"node_title": "A"}, NAME),
            TextDelta("lo"),
            Finish("stop"),
            Done("event"),
        ],
    ),
    "a workflow's message without text": (
        sse(said(["x"], node_title="A"), said("", node_title="B"), ("Done", {"debug_url": "u"})),
        [
            Other("Message", {"node_title": "A"}, NAME),
            Other("Message", {"node_title": "B"}, NAME),
            Other("Done", {"debug_url": "u"}, NAME),
            Finish("stop"),
            Done("event"),
        ],
    ),
    "a workflow goes on after an error": (
        sse(("Error", {"error_code": 4000, "error_message": "bad"}), said("Hi"), ("Done", {})),
        [Error("bad", None, 4000), Other("Message", {}, NAME), TextDelta("Hi"), Done("event")],
    ),
    "a workflow that waits for an answer": (
        sse(said("Where?"), ("Interrupt", {"interrupt_data": {"event_id": "e"}}), ("Done", "")),
        [
            Other("Message", {}, NAME),
            TextDelta("Where?"),
            Other("Interrupt", {"interrupt_data": {"event_id": "e"}}, NAME),
            Finish("other", "Interrupt"),
            Done("event"),
        ],
    ),
    "members of the wrong types": (
        sse(
            (CREATED, {"id": 7}),
            delta(["x"], 7, reasoning_content=7),
            delta("a", ["m"]),
            completed("a", None),
            (DELTA, {"type": ["answer"]}),
            (ENDED, {"status": ["failed"], "usage": [], "required_action": {"submit_tool_outputs": [1]}}),
            DONE,
        ),
        [
            Other(CREATED, {"id": 7}, NAME),
            Start(),
            TextDelta("a"),
            BlockEnd(),
            Other(DELTA, {"type": ["answer"]}, NAME),
            *STOP,
        ],
    ),
}


def comparable(parts: list[Part]) -> list[Any]:
    """An Invalid by its event: what it says of that is not of interest here."""
    return [part.event if isinstance(part, Invalid) else part for part in parts]


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert comparable(whole(NAME, stream)) == comparable(parts)
    assert comparable(whole(NAME, *pieces(stream))) == comparable(parts)
    assert comparable(whole(WORKFLOW, stream.replace(b":", b": ", 1))) == comparable(parts)


@pytest.mark.parametrize("stream", [stream for stream, _ in DECODED.values()], ids=DECODED)
@pytest.mark.parametrize("dialect", [NAME, WORKFLOW], ids=["chat", "workflow"])
def test_same_dialect_in_and_out(dialect: Any, stream: bytes) -> None:
    """What was written once stays as it is."""
    parts = [part for part in whole(NAME, stream) if part.kind != "tool_call" or dialect == NAME]
    canonical = whole(dialect, write(dialect, parts))
    assert whole(dialect, write(dialect, canonical)) == canonical


def test_an_event_without_a_type_is_an_other() -> None:
    assert whole(NAME, b'data: {"a":1}\n\n' + sse(DONE)) == [
        Other("message", {"a": 1}, NAME),
        Finish("stop"),
        Done("event"),
    ]


def test_a_cut_is_told() -> None:
    stream = sse(delta("Hi"), END, DONE)
    for cut in range(1, len(stream)):
        decoder = PartDecoder(NAME)
        parts = decoder.feed(stream[:cut])
        if cut >= len(stream) - 2:
            assert (parts + decoder.close())[-1] == Done("event")
        else:
            with pytest.raises(TruncatedError, match="before its event done"):
                decoder.close()


def test_of_more_messages_than_are_known_the_end_is_an_other() -> None:
    """It may be the end of one whose deltas were read: never is anything said twice."""
    stream = sse(*[delta("x", f"m{at}") for at in range(300)], completed("x", "m255"), completed("x", "m256"))
    parts, _ = read(NAME, stream)
    assert parts[:300] == [TextDelta("x", f"m{at}") for at in range(300)]
    assert parts[300:] == [BlockEnd("m255"), own(completed("x", "m256"), "m256")]


# -- writing

MADE = {"conversation_id": "conversation-1"}


def made_chat(status: str, id: str = "chat-1", **members: Any) -> dict[str, Any]:
    return {"id": id, **MADE, "created_at": 0, "status": status, **members}


def made(content: str, id: str = "message-0", chat: str = "chat-1", **members: str) -> dict[str, Any]:
    of = {"id": id, **MADE, "chat_id": chat, "role": "assistant", "type": "answer"}
    return {**of, "content": content, **members, "content_type": "text"}


MADE_END: Row = (ENDED, made_chat("completed", usage={}))
SENTINEL: Row = ("done", "[DONE]")

ENCODED: dict[str, tuple[list[Part], list[Row]]] = {
    "nothing": ([], [MADE_END, SENTINEL]),
    "a message for each block, each said again at its end": (
        [TextDelta("Hel"), TextDelta("lo"), BlockEnd(), TextDelta(" you", 1), Usage(3, 4, 7), Finish("length")],
        [
            (DELTA, made("Hel")),
            (DELTA, made("lo")),
            (COMPLETED, made("Hello")),
            (DELTA, made(" you", "message-1")),
            (COMPLETED, made(" you", "message-1")),
            (ENDED, made_chat("completed", usage={"input_count": 3, "output_count": 4, "token_count": 7})),
            SENTINEL,
        ],
    ),
    "a Start has the id": (
        [Start("c9", "model-1"), Start("c8"), TextDelta("Hi", "m1"), BlockEnd("m1"), BlockEnd("m1")],
        [
            (CREATED, made_chat("created", "c9")),
            (DELTA, made("Hi", "m1", "c8")),
            (COMPLETED, made("Hi", "m1", "c8")),
            (ENDED, made_chat("completed", "c8", usage={})),
            SENTINEL,
        ],
    ),
    "reasoning": (
        [ReasoningDelta("Hm"), BlockEnd(0, "reasoning")],
        [(DELTA, made("", reasoning_content="Hm")), MADE_END, SENTINEL],
    ),
    "calls, in the end whatever the reason is": (
        [
            ToolCallDelta('{"a":', 0, "c1", "f"),
            ToolCallDelta("", 1, None, "g"),
            ToolCallDelta("1}", 0),
            BlockEnd(0, "tool_call"),
            BlockEnd(0, "tool_call"),
            Finish("length"),
        ],
        [
            (
                ACTION,
                made_chat(
                    "requires_action",
                    usage={},
                    required_action=action(call("c1", "f", '{"a":1}'), call("call_1", "g", "{}"))[1]["required_action"],
                ),
            ),
            SENTINEL,
        ],
    ),
    "a call of nobody": (
        [ToolCallDelta("{}")],
        [
            (
                ACTION,
                made_chat(
                    "requires_action", usage={}, required_action=action(call("call_0", "", "{}"))[1]["required_action"]
                ),
            ),
            SENTINEL,
        ],
    ),
    "canceled": ([Finish("other", "canceled")], [(ENDED, made_chat("canceled", usage={})), SENTINEL]),
    "an error, and no end": (
        [TextDelta("Hi"), Error("bad", "t", "c", 500), Finish("stop")],
        [(DELTA, made("Hi")), ("error", {"code": "c", "msg": "bad", "type": "t", "status_code": 500})],
    ),
    "a finish in error": (
        [TextDelta("Hi"), Finish("error", "x")],
        [(DELTA, made("Hi")), ("error", {"msg": "the answer ended in an error: x"})],
    ),
    "what was lost is an error": (
        [TextDelta("Hi"), Invalid(None, ValueError("x"))],
        [(DELTA, made("Hi")), ("error", {"msg": "the answer was lost on its way"})],
    ),
    "the conversation is that of the Other": (
        [own(BEGIN), Start("chat_1"), TextDelta("Hi", "m1")],
        [
            BEGIN,
            delta("Hi"),
            completed("Hi"),
            (ENDED, {"id": "chat_1", "conversation_id": "conv_1", "created_at": 0, "status": "completed", "usage": {}}),
            SENTINEL,
        ],
    ),
    "an Other that begins a chat that has begun": (
        [Start("c9"), own(BEGIN)],
        [
            (CREATED, made_chat("created", "c9")),
            (ENDED, made_chat("completed", "c9", usage={})),
            SENTINEL,
        ],
    ),
    "or has text": ([TextDelta("Hi"), own(BEGIN)], [(DELTA, made("Hi")), (COMPLETED, made("Hi")), MADE_END, SENTINEL]),
    "a message's end that says another text ends it": (
        [TextDelta("Hel", "m1"), own(completed("Hello"), "m1"), BlockEnd("m1")],
        [(DELTA, made("Hel", "m1")), completed("Hello"), MADE_END, SENTINEL],
    ),
    "one that says the same is ours to write": (
        [TextDelta("Hi", "m1"), own(completed("Hi"), "m1"), BlockEnd("m1")],
        [(DELTA, made("Hi", "m1")), (COMPLETED, made("Hi", "m1")), MADE_END, SENTINEL],
    ),
    "what the end says": (
        [Other("done", {"debug_url": "u"}, NAME), Other("done", {"debug_url": "v"}, NAME), TextDelta("Hi")],
        [(DELTA, made("Hi")), (COMPLETED, made("Hi")), MADE_END, ("done", {"debug_url": "v"})],
    ),
}


def node(content: str, at: int) -> Row:
    return "Message", {"content": content, "node_title": "", "node_seq_id": str(at), "node_is_finish": False}


IN_WORKFLOW: dict[str, tuple[list[Part], list[Row]]] = {
    "nothing": ([], [("Done", {})]),
    "text": (
        [
            Start("x"),
            ReasoningDelta("Hm"),
            TextDelta("Hel"),
            TextDelta("lo", 1),
            BlockEnd(1),
            Usage(3),
            Finish("length"),
        ],
        [node("Hel", 0), node("lo", 1), ("Done", {})],
    ),
    "what a Message says beside its text": (
        [
            Other("Message", {"node_title": "A"}),
            Other("Message", {"node_title": "B", "content": "not its own"}, NAME),
            TextDelta("Hi"),
            TextDelta(" you"),
            Other("Message", {}, NAME),
            Other("Interrupt", {"a": 1}, NAME),
            Other("Message", {"node_title": "C"}, NAME),
        ],
        [
            said("", node_title="A"),
            said("Hi", node_title="B"),
            node(" you", 2),
            said(""),
            ("Interrupt", {"a": 1}),
            said("", node_title="C"),
            ("Done", {}),
        ],
    ),
    "an error has a number": (
        [
            Other("Message", {"node_title": "A"}),
            Error("a", None, 4000),
            Error("b", "t", "c", 503),
            Error("c"),
            TextDelta("x"),
        ],
        [
            said("", node_title="A"),
            ("Error", {"error_code": 4000, "error_message": "a", "code": 4000}),
            ("Error", {"error_code": 503, "error_message": "b", "code": "c", "type": "t", "status_code": 503}),
            ("Error", {"error_code": 5000, "error_message": "c"}),
            node("x", 4),
        ],
    ),
    "a finish in error": (
        [Finish("error")],
        [("Error", {"error_code": 5000, "error_message": "the answer ended in an error: no reason was given"})],
    ),
    "what was lost is an error": (
        [Invalid(None, ValueError("x"))],
        [("Error", {"error_code": 5000, "error_message": "the answer was lost on its way"})],
    ),
    "what the end says": ([Other("Done", {"debug_url": "u"}, NAME)], [("Done", {"debug_url": "u"})]),
}


@pytest.mark.parametrize(("parts", "rows"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], rows: list[Row]) -> None:
    events = Decoder().feed(write(NAME, parts))
    assert [(event.type, event.json()) for event in events] == rows
    assert {event.last_event_id for event in events} == {""}


@pytest.mark.parametrize(("parts", "rows"), IN_WORKFLOW.values(), ids=IN_WORKFLOW)
def test_encodes_a_workflow(parts: list[Part], rows: list[Row]) -> None:
    events = Decoder().feed(write(WORKFLOW, parts))
    assert [(event.type, event.json()) for event in events] == rows
    assert [event.last_event_id for event in events] == [str(at) for at in range(len(rows))]


def test_each_event_has_its_lines_and_no_other() -> None:
    """The client knows no more lines, and gives each event the last of each."""
    parts = [*BEGUN, TextDelta("a\nb", "m1"), Other("message", {"a": 1}, NAME), Usage(3), Finish("stop")]
    for dialect, first in ((NAME, b"event: "), (WORKFLOW, b"event: ")):
        for block in write(dialect, parts).split(b"\n\n")[:-1]:
            lines = block.split(b"\n")
            assert lines[0].startswith(first)
            assert lines[-1].startswith(b"data: ")
            assert [line[:3] for line in lines[1:-1]] == [b"id:"] * (dialect is WORKFLOW)
    assert not get(NAME).comments


def test_comments_of_a_source_are_not_handed_on() -> None:
    transcoder = Transcoder("websopy", NAME)
    stream = transcoder.feed(b': ping\n\ndata: {"type":"content","content":"Hi"}\n\ndata: {"type":"done"}\n\n')
    assert stream + transcoder.close() == write(NAME, [TextDelta("Hi"), Finish("stop")])


def test_what_cannot_be_said() -> None:
    encoder = PartEncoder(WORKFLOW)
    with pytest.raises(EncodeError, match="no tool calls"):
        encoder.send(ToolCallDelta("{}", 0, "c", "f"))
    encoder = PartEncoder(NAME)
    encoder.send(TextDelta("Hi"))
    with pytest.raises(EncodeError, match="no message begins again"):
        encoder.send(Start("c2"))
    for last in (BlockEnd(0, "tool_call"), Done("event")):
        encoder = PartEncoder(NAME)
        encoder.send(ToolCallDelta('{"a":', 0, "c", "f"))
        with pytest.raises(EncodeError, match="no whole JSON object"):
            encoder.send(last)
        assert [event.type for event in Decoder().feed(encoder.close())] == ["error"]
    with pytest.raises(TypeError):
        get(NAME, flow=True)


RESERVED: dict[str, Row] = {
    "text": delta("x"),
    "a whole message": completed("x"),
    "a workflow's": said("x"),
    "the end of a chat": ("done", {}),
    "the end of a workflow": ("Done", "[DONE]"),
    "calls": action(call("c1", "f", "{}")),
    "a finish": (ENDED, chat("completed", usage=USED)),
    "a failure": ("conversation.chat.failed", chat("failed")),
    "an error": ("error", {"msg": "x"}),
    "a workflow's error": ("Error", {"error_message": "x"}),
    "no object": ("x", [1]),
    "the sentinel": ("x", "[DONE]"),
    "no name": ("", {"a": 1}),
    "a name of two lines": ("a\nb", {"a": 1}),
}


@pytest.mark.parametrize("row", RESERVED.values(), ids=RESERVED)
@pytest.mark.parametrize("dialect", [NAME, WORKFLOW], ids=["chat", "workflow"])
def test_an_other_is_nothing_else(dialect: Any, row: Row) -> None:
    if row[0] == "Message" and dialect is WORKFLOW:
        row = "Message", "x"
    waits = [Other("Message", {"n": 1}, NAME)] if dialect is WORKFLOW else []
    encoder = PartEncoder(dialect)
    stream = b"".join([encoder.send(part) for part in waits])
    assert encoder.send(own(row)) == b""
    with pytest.raises(EncodeError):
        encoder.send(Other(*row))
    assert stream + encoder.close() == write(dialect, waits)


def test_an_other_that_finishes_is_none_of_a_finish() -> None:
    """It is not known what a chat's last event was: it is written from its parts."""
    assert write(NAME, [own(END)]) == write(NAME, [])


@pytest.mark.parametrize("name", ["done", "Done", "Message"])
@pytest.mark.parametrize("dialect", [NAME, WORKFLOW], ids=["chat", "workflow"])
def test_what_no_json_can_say_is_refused_at_once(dialect: Any, name: str) -> None:
    with pytest.raises(EncodeError):
        PartEncoder(dialect).send(Other(name, {"a": {1}}))


def test_what_waits_is_held() -> None:
    for dialect, part in (
        (NAME, TextDelta("x" * 2_000)),
        (NAME, Other("done", {"a": "x" * 2_000}, NAME)),
        (NAME, own((CREATED, {"conversation_id": "x" * 2_000}))),
        (WORKFLOW, Other("Message", {"a": "x" * 2_000}, NAME)),
    ):
        with pytest.raises(LimitError):
            PartEncoder(dialect, max_size=1_000).send(part)
    encoder = PartEncoder(WORKFLOW, max_size=1_000)
    for _ in range(9):
        encoder.send(Other("Message", {"a": "x" * 300}, NAME))
        encoder.send(Other("Done", {"a": "x" * 300}, NAME))
    encoder = PartEncoder(NAME, max_size=2_000)
    for block in range(99):
        encoder.send(TextDelta("x" * 300, block))
        encoder.send(BlockEnd(block))
    calls = [part for at in range(9) for part in (ToolCallDelta("{}", at, "c", "f"), BlockEnd(at, "tool_call"))]
    with pytest.raises(LimitError):
        b"".join([encoder.send(part) for part in calls])


# -- recorded streams

FOLDER = captures.FOLDER / NAME
recorded = pytest.mark.skipif(not FOLDER.is_dir(), reason=captures.WHY_NOT)
FILES: dict[str, Any] = {
    "chat_audio_stream_resp": NAME,
    "chat_invalid_resp": NAME,
    "workflow_run_stream_resp": WORKFLOW,
    "workflows_chat_stream_resp": NAME,
}


def stream_of(file: str) -> bytes:
    return (FOLDER / f"coze__{file}.sse").read_bytes()


@recorded
@pytest.mark.parametrize("file", FILES)
def test_recorded_streams_are_the_same_for_every_cut_and_again(file: str) -> None:
    stream, dialect = stream_of(file), FILES[file]
    parts, problem = read(dialect, stream)
    small = len(stream) < 9_000
    for chunks in [pieces(stream), random_pieces(stream, file), *(some(all_cuts(stream), file) if small else [])]:
        assert read(dialect, *chunks) == (parts, problem)
    if problem is None:
        again = whole(dialect, write(dialect, parts))
        assert [part for part in again if part.kind not in ("usage", "done")] == [
            part for part in parts if part.kind not in ("usage", "done")
        ]
        assert gather(again).usage == gather(parts).usage


@recorded
def test_what_recorded_streams_say() -> None:
    message = gather(whole(NAME, stream_of("workflows_chat_stream_resp")))
    assert (message.id, message.text) == ("id_1111", "I'm fine, thank you. How about you?")
    assert (message.finish_reason, message.usage, message.problem()) == ("stop", Usage(21, 11, 32), None)
    assert [other.name for other in message.others][-2:] == [COMPLETED, "done"]
    message = gather(whole(NAME, stream_of("chat_audio_stream_resp")))
    assert (message.id, message.text, message.usage) == ("chat_id", "delta text", Usage(91, 24, 115))
    assert message.others[-1].name == "conversation.audio.delta"
    message = gather(whole(NAME, stream_of("workflow_run_stream_resp")))
    assert message.text.startswith("msg为什么小明要带一把尺子去看电影因")
    assert message.text.endswith("请问你想查看哪个城市、哪一天的天气呢")
    assert message.problem() == "the server sent an error: Request parameter error"
    assert message.others[-1].name == "Interrupt"
    parts, problem = read(NAME, stream_of("chat_invalid_resp"))
    assert parts == [Other("invalid", {}, NAME)]
    assert problem == "coze: the stream ended before its event done"
