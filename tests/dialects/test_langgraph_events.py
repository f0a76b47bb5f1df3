"""The langgraph-events dialect: bytes in, parts out; parts in, bytes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import gather, pieces, random_pieces, read, whole, write

from sse_core import Decoder, EncodeError, LimitError
from sse_core.dialects import (
    Accumulator,
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
    Transcoder,
    Usage,
    get,
)

NAME = "langgraph-events"
STOP: list[Part] = [Finish("stop"), Done("event")]


def sse(*events: tuple[str, Any]) -> bytes:
    """A stream of (method, params), numbered from 1."""
    stream = ""
    for seq, (method, params) in enumerate(events, 1):
        payload = {"type": "event", "event_id": f"e{seq}", "seq": seq, "method": method, "params": params}
        stream += f"event: {method}\nid: e{seq}\ndata: {json.dumps(payload)}\n\n"
    return stream.encode()


def raw(payload: Any, type: str = "message") -> bytes:
    return f"event: {type}\ndata: {json.dumps(payload)}\n\n".encode()


def at(method: str, data: Any, *namespace: str) -> tuple[str, Any]:
    return method, {"namespace": list(namespace), "timestamp": 5, "data": data}


def lifecycle(event: str, **members: Any) -> tuple[str, Any]:
    return at("lifecycle", {"event": event, **members})


def message(event: str, *namespace: str, **members: Any) -> tuple[str, Any]:
    return at("messages", {"event": event, **members}, *namespace)


def start(id: str | None = "m", role: str = "ai", **members: Any) -> tuple[str, Any]:
    return message("message-start", role=role, id=id, **members)


def begins(index: Any, **content: Any) -> tuple[str, Any]:
    return message("content-block-start", index=index, content=content)


def delta(index: Any, type: Any, **members: Any) -> tuple[str, Any]:
    return message("content-block-delta", index=index, delta={"type": type, **members})


def ends(index: Any, **content: Any) -> tuple[str, Any]:
    return message("content-block-finish", index=index, content=content)


def text(said: str, index: int = 0, **members: Any) -> tuple[str, Any]:
    return message("content-block-delta", index=index, delta={"type": "text-delta", "text": said}, **members)


def other(name: str, data: Any, block: str | None = None) -> Other:
    return Other(name, {"timestamp": 5, "data": data}, NAME, block)


END = lifecycle("completed")
CHUNK = {"type": "tool_call_chunk", "id": "c", "name": "f", "args": ""}
CALL = {"type": "tool_call", "id": "c", "name": "f", "args": {"x": 1}}
FINISH = message("message-finish")
USED = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3, "input_token_details": {"cache_read": 1}}

DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "a run": (
        sse(
            lifecycle("running", graph_name="g"),
            start(metadata={"provider": "openai", "model": "gpt"}),
            begins(0, type="text", text=""),
            text("Hi"),
            text(""),
            text(" you"),
            ends(0, type="text", text="Hi you"),
            message("message-finish", usage={"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}),
            lifecycle("completed", graph_name="g"),
            text("too late"),
        ),
        [
            other("lifecycle", {"event": "running", "graph_name": "g"}),
            Start("m", "gpt"),
            TextDelta("Hi", "m/0"),
            TextDelta(" you", "m/0"),
            BlockEnd("m/0"),
            Usage(3, 2, 5),
            *STOP,
        ],
    ),
    "the finish of a block has what no delta said": (
        sse(
            start(),
            begins(0, type="reasoning", reasoning=""),
            ends(0, type="reasoning", reasoning="Hm", extras={"signature": "s"}),
            ends(1, type="text", text="Hi"),
            ends(2, type="text", text=""),
            ends(3, type="reasoning"),
            END,
        ),
        [
            Start("m"),
            ReasoningDelta("Hm", "m/0", "s"),
            BlockEnd("m/0", "reasoning"),
            TextDelta("Hi", "m/1"),
            BlockEnd("m/1"),
            BlockEnd("m/2"),
            BlockEnd("m/3", "reasoning"),
            *STOP,
        ],
    ),
    "reasoning, and a signature at its end": (
        sse(
            start(),
            delta(0, "reasoning-delta", reasoning="Hm"),
            delta(0, "reasoning-delta", reasoning=""),
            ends(0, type="reasoning", reasoning="Hm", extras={"signature": "s"}),
            END,
        ),
        [
            Start("m"),
            ReasoningDelta("Hm", "m/0"),
            ReasoningDelta("", "m/0", "s"),
            BlockEnd("m/0", "reasoning"),
            *STOP,
        ],
    ),
    "a call in pieces, which the reader must act on": (
        sse(
            start(),
            begins(0, **CHUNK),
            delta(0, "tool-call-delta", args='{"x":'),
            delta(0, "tool-call-delta", args=None),
            delta(0, "tool-call-delta", args="1}"),
            ends(0, **CALL),
            message("message-finish", metadata={"finish_reason": "tool_calls"}),
            END,
        ),
        [
            Start("m"),
            ToolCallDelta("", "m/0", "c", "f"),
            ToolCallDelta('{"x":', "m/0"),
            ToolCallDelta("1}", "m/0"),
            BlockEnd("m/0", "tool_call"),
            Finish("tool_call", "tool_calls"),
            Done("event"),
        ],
    ),
    "calls that come whole; a delta of one that did not begin waits for that": (
        sse(
            start(),
            begins(0, **{**CALL, "args": {}}),
            ends(0, **CALL),
            delta(1, "tool-call-delta", args="{}"),
            ends(1, **{**CALL, "id": "d", "args": '{"y":2}'}),
            begins(2, **{**CHUNK, "id": None}),
            ends(2, **{**CALL, "id": "e", "args": {}}),
            begins(3, **{**CHUNK, "id": "g"}),
            ends(3, **{**CALL, "id": "g", "args": None}),
            END,
        ),
        [
            Start("m"),
            ToolCallDelta('{"x":1}', "m/0", "c", "f"),
            BlockEnd("m/0", "tool_call"),
            ToolCallDelta('{"y":2}', "m/1", "d", "f"),
            BlockEnd("m/1", "tool_call"),
            ToolCallDelta("", "m/2", None, "f"),
            ToolCallDelta("{}", "m/2", "e", "f"),
            BlockEnd("m/2", "tool_call"),
            ToolCallDelta("", "m/3", "g", "f"),
            BlockEnd("m/3", "tool_call"),
            Finish("tool_call"),
            Done("event"),
        ],
    ),
    "block-deltas, which repeat all of a call so far, say nothing": (
        sse(
            start(),
            begins(0, **CHUNK),
            delta(0, "block-delta", fields={**CHUNK, "args": '{"x"'}),
            delta(0, "block-delta", fields={**CHUNK, "args": '{"x":1}'}),
            ends(0, **CALL),
            END,
        ),
        [
            Start("m"),
            ToolCallDelta("", "m/0", "c", "f"),
            ToolCallDelta('{"x":1}', "m/0"),
            BlockEnd("m/0", "tool_call"),
            Finish("tool_call"),
            Done("event"),
        ],
    ),
    "calls that were answered, by a tool that finished or failed": (
        sse(
            start(),
            *[ends(index, **{**CALL, "id": id}) for index, id in enumerate("ab")],
            at("tools", {"event": "tool-started", "tool_call_id": "a", "tool_name": "f"}, "tools:1"),
            at("tools", {"event": "tool-finished", "tool_call_id": "a", "output": 7}, "tools:1"),
            at("tools", {"event": "tool-error", "tool_call_id": "b", "message": "no"}),
            END,
        ),
        [
            Start("m"),
            *[
                part
                for index, id in enumerate("ab")
                for part in (ToolCallDelta('{"x":1}', f"m/{index}", id, "f"), BlockEnd(f"m/{index}", "tool_call"))
            ],
            other("tools", {"event": "tool-started", "tool_call_id": "a", "tool_name": "f"}, "tools:1"),
            other("tools", {"event": "tool-finished", "tool_call_id": "a", "output": 7}, "tools:1"),
            other("tools", {"event": "tool-error", "tool_call_id": "b", "message": "no"}),
            *STOP,
        ],
    ),
    "a call that the provider runs, and its result": (
        sse(
            start(),
            begins(0, type="server_tool_call_chunk", id="s", name="search", args=""),
            delta(0, "tool-call-delta", args='{"q":1}'),
            ends(0, type="server_tool_call", id="s", name="search", args={"q": 1}),
            ends(1, type="server_tool_call", id="u", name="search", args={}),
            ends(2, type="server_tool_result", tool_call_id="s", status="success", output=[]),
            END,
        ),
        [
            Start("m"),
            ToolCallDelta("", "m/0", "s", "search", True),
            ToolCallDelta('{"q":1}', "m/0", server=True),
            BlockEnd("m/0", "tool_call"),
            ToolCallDelta("{}", "m/1", "u", "search", True),
            BlockEnd("m/1", "tool_call"),
            Other(
                "content",
                {"type": "server_tool_result", "tool_call_id": "s", "status": "success", "output": []},
                NAME,
                "m/2",
            ),
            *STOP,
        ],
    ),
    "a call that is no JSON is none to act on": (
        sse(
            start(),
            begins(0, **CHUNK),
            delta(0, "tool-call-delta", args="{x"),
            ends(0, type="invalid_tool_call", id="c", name="f", args="{x", error="bad"),
            END,
        ),
        [
            Start("m"),
            ToolCallDelta("", "m/0", "c", "f"),
            ToolCallDelta("{x", "m/0"),
            Other(
                "content",
                {"type": "invalid_tool_call", "id": "c", "name": "f", "args": "{x", "error": "bad"},
                NAME,
                "m/0",
            ),
            *STOP,
        ],
    ),
    "pictures, whose deltas say nothing": (
        sse(
            start(),
            begins(0, type="image", mime_type="image/png"),
            delta(0, "data-delta", data="aGk=", encoding="base64"),
            ends(0, type="image", mime_type="image/png", base64="aGk="),
            END,
        ),
        [
            Start("m"),
            Other("content", {"type": "image", "mime_type": "image/png", "base64": "aGk="}, NAME, "m/0"),
            *STOP,
        ],
    ),
    "several messages, told apart by their ids, else the last that began": (
        sse(
            start("a"),
            text("A"),
            start("b", metadata={"model": "x"}),
            text("B"),
            text("C", id="a"),
            text("D", message_id="b"),
            message("message-finish", id="b", usage=USED),
            text("E"),
            message("message-finish", usage={**USED, "output_token_details": {"reasoning": 3}}),
            END,
        ),
        [
            Start("a"),
            TextDelta("A", "a/0"),
            TextDelta("B", "b/0"),
            TextDelta("C", "a/0"),
            TextDelta("D", "b/0"),
            Usage(1, 2, 3, 1),
            TextDelta("E", "a/0"),
            Usage(2, 4, 6, 2, None, 3),
            *STOP,
        ],
    ),
    "of the reasons the last model's counts; langgraph.js has another word for it": (
        sse(
            start("a"),
            message("message-finish", metadata={"finish_reason": "length"}),
            start("b"),
            message("message-finish", responseMetadata={"stop_reason": "end_turn"}),
            END,
        ),
        [Start("a"), Finish("stop", "end_turn"), Done("event")],
    ),
    "a message after one that gave a reason has none": (
        sse(start("a"), message("message-finish", metadata={"finish_reason": "length"}), start("b"), FINISH, END),
        [Start("a"), *STOP],
    ),
    "messages of people, and of a system, are Others with all that follows": (
        sse(
            start("h", "human"),
            text("Hi", id="h"),
            start("s", "system"),
            text("Be good"),
            message("error", message="x", id="s"),
            text("A", id="a"),
            END,
        ),
        [
            other("messages", {"event": "message-start", "role": "human", "id": "h"}),
            other(
                "messages",
                {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": "Hi"}, "id": "h"},
            ),
            other("messages", {"event": "message-start", "role": "system", "id": "s"}),
            other(
                "messages",
                {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": "Be good"}},
            ),
            other("messages", {"event": "error", "message": "x", "id": "s"}),
            TextDelta("A", "a/0"),
            *STOP,
        ],
    ),
    "a message whose start came before what is asked for, without an id": (
        sse(text("Hi"), delta(1, "text-delta", text="Ho"), END),
        [TextDelta("Hi"), TextDelta("Ho", 1), *STOP],
    ),
    "messages of a subgraph, and its end": (
        sse(
            message("message-start", "sub:1", role="ai", id="m"),
            message("content-block-delta", "sub:1", index=0, delta={"type": "text-delta", "text": "Hi"}),
            at("lifecycle", {"event": "completed"}, "sub:1", "x"),
            at("lifecycle", {"event": "failed", "error": "x"}, "sub:1"),
            END,
        ),
        [
            other("messages", {"event": "message-start", "role": "ai", "id": "m"}, "sub:1"),
            other(
                "messages",
                {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": "Hi"}},
                "sub:1",
            ),
            other("lifecycle", {"event": "completed"}, "sub:1|x"),
            other("lifecycle", {"event": "failed", "error": "x"}, "sub:1"),
            *STOP,
        ],
    ),
    "all other channels": (
        sse(
            at("values", {"messages": []}),
            ("updates", {"namespace": ["a:1"], "node": "n", "data": {"x": 1}}),
            at("custom", {"name": "n", "payload": "[DONE]"}),
            at("input.requested", {"interrupt_id": "i", "payload": None}),
            at("messages", {"event": "usage?"}),
            at("messages", 5),
            ("checkpoints", {}),
            ("tasks", None),
            ("x", {"namespace": "n"}),
            ("y", {"namespace": ["a", 5]}),
            END,
        ),
        [
            other("values", {"messages": []}),
            Other("updates", {"node": "n", "data": {"x": 1}}, NAME, "a:1"),
            other("custom", {"name": "n", "payload": "[DONE]"}),
            other("input.requested", {"interrupt_id": "i", "payload": None}),
            other("messages", {"event": "usage?"}),
            other("messages", 5),
            Other("checkpoints", {}, NAME),
            Other("tasks", {}, NAME),
            Other("x", {"namespace": "n"}, NAME),
            Other("y", {"namespace": ["a", 5]}, NAME),
            *STOP,
        ],
    ),
    "what a person is asked": (
        sse(start(), text("Hi"), lifecycle("interrupted"), END),
        [Start("m"), TextDelta("Hi", "m/0"), Finish("other", "interrupted"), Done("event")],
    ),
    "a run that failed": (
        sse(start(), text("Hi"), lifecycle("failed", error="bad"), END),
        [Start("m"), TextDelta("Hi", "m/0"), Error("bad"), Done("error")],
    ),
    "a run that failed without a word": (sse(lifecycle("failed")), [Error("the run failed"), Done("error")]),
    "a model that failed, and the run with it": (
        sse(start(), message("error", message="bad", code="rate_limit"), lifecycle("failed", error="bad")),
        [Start("m"), Error("bad", None, "rate_limit"), Done("error")],
    ),
    "a model that failed without a word, and a run that went on": (
        sse(start(), text("Hi"), message("error"), start("n"), text("Ho"), END),
        [Start("m"), TextDelta("Hi", "m/0"), Error("the model failed"), TextDelta("Ho", "n/0"), Done("event")],
    ),
    "an error of the server, which closes the stream": (
        sse(start()) + raw({"type": "error", "id": None, "error": "unknown_error", "message": "lost"}),
        [Start("m"), Error("lost", None, "unknown_error"), Done("error")],
    ),
    "the same with no more than its code, and with nothing": (
        raw({"type": "error", "error": "no_such_run"}) + raw({"type": "error"}),
        [Error("no_such_run", None, "no_such_run"), Error("the stream failed"), Done("error")],
    ),
    "answers to commands, and what is none of these": (
        raw({"type": "success", "id": 1, "result": {}}) + raw({"type": "error", "id": 1}) + raw({"a": 1}) + sse(END),
        [
            Other("success", {"type": "success", "id": 1, "result": {}}, NAME),
            Other("error", {"type": "error", "id": 1}, NAME),
            Other("message", {"a": 1}, NAME),
            *STOP,
        ],
    ),
    "under an event of any type, with heartbeats between": (
        b": heartbeat\n\n" + raw({"type": "event", "method": "lifecycle", "params": {"data": {"event": "completed"}}}),
        STOP,
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    for chunks in ([stream], pieces(stream), random_pieces(stream, NAME)):
        assert whole(NAME, *chunks) == parts


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_what_is_written_of_it_is_read_as_the_same_again(stream: bytes, parts: list[Part]) -> None:
    canonical = whole(NAME, write(NAME, parts))
    assert whole(NAME, write(NAME, canonical)) == canonical
    sent, got = gather(parts), gather(canonical)
    if sent.error is None:
        assert sorted(got.text) == sorted(sent.text)  # messages that come at once become several
        assert (got.reasoning, got.finish_reason, got.usage) == (sent.reasoning, sent.finish_reason, sent.usage)
    assert calls(got) == calls(sent)


def calls(message: Accumulator) -> list[Any]:
    return [(call.id, call.name, call.arguments or "{}", call.server, call.complete) for call in message.tool_calls]


# A call that did not finish, and what makes it so: never one to act on.
LEFT: dict[str, bytes] = {
    "the run ends": sse(start(), begins(0, **CHUNK), END),
    "its message ends": sse(start(), begins(0, **CHUNK), FINISH, END),
    "it waits for a person": sse(start(), begins(0, **CHUNK), lifecycle("interrupted")),
    "another begins in its place": sse(
        start(), begins(0, **CHUNK), begins(0, **{**CHUNK, "id": "d"}), ends(0, **{**CALL, "id": "d"}), END
    ),
    "its message begins again": sse(start(), begins(0, **CHUNK), start(), END),
    "more messages begin than are known": sse(
        start(), begins(0, **CHUNK), *[start(f"m{number}") for number in range(300)], END
    ),
}


@pytest.mark.parametrize("stream", LEFT.values(), ids=LEFT)
def test_a_call_whose_block_did_not_finish_is_damage(stream: bytes) -> None:
    parts = whole(NAME, stream)
    assert [part.kind for part in parts].count("invalid") == 1
    message = gather(parts)
    assert not message.tool_calls[0].complete
    assert message.problem() is not None
    with pytest.raises(Exception, match="a call began and did not finish"):
        transcode("openai-chat", stream)


def transcode(target: str, stream: bytes) -> bytes:
    transcoder = Transcoder(NAME, target)
    return transcoder.feed(stream) + transcoder.close()


@pytest.mark.parametrize("index", [-1, 1024, True, "0", None, [0]], ids=repr)
def test_an_index_that_is_none_is_damage(index: Any) -> None:
    kinds = [part.kind for part in whole(NAME, sse(start(), delta(index, "text-delta", text="Hi"), END))]
    assert kinds == ["start", "invalid", "finish", "done"]


def test_the_end_of_the_body_before_the_runs_is_a_truncation() -> None:
    stream = sse(lifecycle("running"), start(), text("Hi"), FINISH)
    for cut in (b"", stream, stream + sse(END)[:-40]):
        assert read(NAME, cut)[1] == f"{NAME}: the stream ended before its lifecycle event"
    assert read(NAME, b"data: [DONE]\n\n")[1] is not None  # no word of this protocol


JS = (
    message("message-start", "agent:1", id="m"),
    message("content-block-delta", "agent:1", index=0, delta={"type": "text-delta", "text": "Hi"}),
    message("content-block-delta", "tools:1", index=0, delta={"type": "text-delta", "text": "7"}),
    message("content-block-delta", "sub:1", "agent:2", index=0, delta={"type": "text-delta", "text": "Ho"}),
)


def test_the_messages_of_a_run_may_be_a_level_deeper() -> None:
    dialect = get(NAME, depth=1)
    parts = whole(dialect, sse(*JS, END))
    assert [part.kind for part in parts] == ["start", "text", "other", "other", "finish", "done"]
    assert gather(parts).text == "Hi"
    assert gather(whole(NAME, sse(*JS, END))).text == ""
    again = whole(dialect, write(dialect, parts))
    assert gather(again).text == "Hi"
    # Read at that depth it would be text: it is not written.
    assert gather(whole(dialect, write(dialect, whole(NAME, sse(*JS, END))))).text == ""


def test_what_follows_the_end_is_another_connections() -> None:
    decoder = PartDecoder(NAME)
    assert decoder.feed(sse(start(), text("Hi"), END))[-1] == Done("event")
    decoder.reset()
    assert decoder.last_event_id == "e3"
    assert decoder.feed(sse(start("n"), text("Ho"), END)) == [TextDelta("Ho", "n/0"), *STOP]


def test_the_number_to_come_again_with_is_in_the_payload() -> None:
    parts = PartDecoder(NAME).feed(sse(start(), text("Hi")))
    assert [part.raw["seq"] for part in parts] == [1, 2]


# -- writing


def written(*parts: Part, **options: Any) -> list[Any]:
    """The method and the data of each event; of other namespaces that, too."""
    encoder = PartEncoder(NAME, **options)
    events = Decoder().feed(b"".join([encoder.send(part) for part in parts]) + encoder.close())
    payloads = [json.loads(event.data) for event in events]
    numbers = list(range(1, len(events) + 1))
    assert [payload["seq"] for payload in payloads] == numbers
    assert [payload["event_id"] for payload in payloads] == [event.last_event_id for event in events]
    assert [event.last_event_id for event in events] == list(map(str, numbers))
    assert [event.type for event in events] == [payload["method"] for payload in payloads]
    assert {payload["type"] for payload in payloads} == {"event"}
    return [(payload["method"], *payload["params"]["namespace"], payload["params"].get("data")) for payload in payloads]


def data(event: str, **members: Any) -> tuple[str, Any]:
    return "messages", {"event": event, **members}


RUNNING = ("lifecycle", {"event": "running"})
COMPLETED = ("lifecycle", {"event": "completed"})
ENCODED: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing": ([], [COMPLETED]),
    "an answer": (
        [Start("m", "gpt"), ReasoningDelta("Hm"), ReasoningDelta("", signature="s"), TextDelta("Hi"), Usage(3, 4)],
        [
            RUNNING,
            data("message-start", role="ai", id="m", metadata={"model": "gpt"}),
            data("content-block-start", index=0, content={"type": "reasoning", "reasoning": ""}),
            data("content-block-delta", index=0, delta={"type": "reasoning-delta", "reasoning": "Hm"}),
            data(
                "content-block-finish",
                index=0,
                content={"type": "reasoning", "reasoning": "Hm", "extras": {"signature": "s"}},
            ),
            data("content-block-start", index=1, content={"type": "text", "text": ""}),
            data("content-block-delta", index=1, delta={"type": "text-delta", "text": "Hi"}),
            data("content-block-finish", index=1, content={"type": "text", "text": "Hi"}),
            data("message-finish", usage={"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}),
            COMPLETED,
        ],
    ),
    "a call, whose id and name come late": (
        [ToolCallDelta("{"), ToolCallDelta("}", 0, "c", "f"), Finish("tool_call")],
        [
            RUNNING,
            data("message-start", role="ai", id="run-1"),
            data("content-block-start", index=0, content={**CHUNK, "id": None, "name": None}),
            data("content-block-delta", index=0, delta={"type": "tool-call-delta", "args": "{"}),
            data("content-block-delta", index=0, delta={"type": "tool-call-delta", "args": "}"}),
            data("content-block-finish", index=0, content={**CALL, "args": {}}),
            data("message-finish"),
            COMPLETED,
        ],
    ),
    "calls that are no JSON object": (
        [ToolCallDelta("[1]", 0, "c", "f"), ToolCallDelta('{"x":NaN}', 1, "d", "f", True)],
        [
            RUNNING,
            data("message-start", role="ai", id="run-1"),
            *[
                data(f"content-block-{step}", index=index, **members)
                for index, id, arguments, server in ((0, "c", "[1]", ""), (1, "d", '{"x":NaN}', "server_"))
                for step, members in (
                    ("start", {"content": {**CHUNK, "type": f"{server}tool_call_chunk", "id": id}}),
                    ("delta", {"delta": {"type": "tool-call-delta", "args": arguments}}),
                    (
                        "finish",
                        {
                            "content": {
                                "type": "invalid_tool_call",
                                "id": id,
                                "name": "f",
                                "args": arguments,
                                "error": "the arguments are no JSON object",
                            }
                        },
                    ),
                )
            ],
            data("message-finish"),
            COMPLETED,
        ],
    ),
    "the names of blocks are of messages": (
        [Start("a"), TextDelta("A", "a/0"), TextDelta("B", "b/0"), TextDelta("C", "a/1"), TextDelta("", "a/2")],
        [
            RUNNING,
            *[
                event
                for id, said in (("a", "A"), ("b", "B"), ("a-2", "C"))
                for event in (
                    data("message-start", role="ai", id=id),
                    data("content-block-start", index=0, content={"type": "text", "text": ""}),
                    data("content-block-delta", index=0, delta={"type": "text-delta", "text": said}),
                    data("content-block-finish", index=0, content={"type": "text", "text": said}),
                    data("message-finish"),
                )
            ],
            COMPLETED,
        ],
    ),
    "but of an answer of another dialect": (
        [Start(), TextDelta("A", "a/0"), BlockEnd("a/0"), ReasoningDelta("", "b/0")],
        [
            RUNNING,
            data("message-start", role="ai", id="run-1"),
            data("content-block-start", index=0, content={"type": "text", "text": ""}),
            data("content-block-delta", index=0, delta={"type": "text-delta", "text": "A"}),
            data("content-block-finish", index=0, content={"type": "text", "text": "A"}),
            data("message-finish"),
            COMPLETED,
        ],
    ),
    "a start that an Other told, and one that replaces another": (
        [other("lifecycle", {"event": "started"}), Start("a"), Start("b")],
        [
            ("lifecycle", {"event": "started"}),
            data("message-start", role="ai", id="a"),
            data("message-finish"),
            data("message-start", role="ai", id="b"),
            data("message-finish"),
            COMPLETED,
        ],
    ),
    "a reason alone": (
        [Finish("length")],
        [
            RUNNING,
            data("message-start", role="ai", id="run-1"),
            data("message-finish", metadata={"finish_reason": "length"}),
            COMPLETED,
        ],
    ),
    "a run that waits for a person": ([Finish("other", "interrupted")], [("lifecycle", {"event": "interrupted"})]),
    "an answer that ended in an error": (
        [Finish("error", "boom")],
        [("lifecycle", {"event": "failed", "error": "the answer ended in an error: boom"})],
    ),
    "an error: a call that is open stays so": (
        [Start("m"), ToolCallDelta("{", 0, "c", "f"), Error("bad", "t", "c", 500), Finish("stop")],
        [
            RUNNING,
            data("message-start", role="ai", id="m"),
            data("content-block-start", index=0, content=CHUNK),
            data("content-block-delta", index=0, delta={"type": "tool-call-delta", "args": "{"}),
            data("error", message="bad", code="c"),
            ("lifecycle", {"event": "failed", "error": "bad"}),
        ],
    ),
    "an error with no code": (
        [Start("m"), Error("bad", "t")],
        [
            RUNNING,
            data("message-start", role="ai", id="m"),
            data("error", message="bad", code="t"),
            ("lifecycle", {"event": "failed", "error": "bad"}),
        ],
    ),
    "Others, in their namespaces": (
        [
            other("updates", {"x": 1}, "a:1|b:2"),
            Other("custom", 7),
            other("values", [], ""),
            Other("values", {"a\nb": float("nan")}, NAME),
            Other("a\nb", {}, NAME),
        ],
        [("updates", "a:1", "b:2", {"x": 1}), ("custom", 7), ("values", "", []), COMPLETED],
    ),
    "a block of another kind": (
        [Other("content", {"type": "image", "url": "u"}, NAME, "m/3")],
        [
            RUNNING,
            data("message-start", role="ai", id="m"),
            data("content-block-start", index=0, content={"type": "image"}),
            data("content-block-finish", index=0, content={"type": "image", "url": "u"}),
            data("message-finish"),
            COMPLETED,
        ],
    ),
}


@pytest.mark.parametrize(("parts", "events"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], events: list[Any]) -> None:
    assert written(*parts) == events


def test_the_servers_own_id_model_and_time() -> None:
    encoder = PartEncoder(NAME, id="x", model="gpt", created=9)
    payload = json.loads(Decoder().feed(encoder.send(TextDelta("Hi")))[1].data)
    assert payload["params"]["timestamp"] == 9000
    assert payload["params"]["data"] == {
        "event": "message-start",
        "role": "ai",
        "id": "x",
        "metadata": {"model": "gpt"},
    }


@pytest.mark.parametrize(
    "part",
    [
        Other("messages", {"data": {"event": "message-start", "role": "human"}}),
        Other("messages", {"data": {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta"}}}),
        Other("lifecycle", {"data": {"event": "completed"}}),
        Other("lifecycle", {"data": {"event": "failed"}}),
        Other("content", {"type": "text", "text": "Hi"}, None, "m/0"),
        Other("content", CALL, None, "m/0"),
        Other("a\nb", {}),
    ],
    ids=lambda part: f"{part.name} {str(part.data)[:40]}",
)
def test_an_other_is_nothing_else(part: Other) -> None:
    encoder = PartEncoder(NAME)
    with pytest.raises(EncodeError):
        encoder.send(part)
    part.dialect = NAME
    assert encoder.send(part) == b""
    assert written(part) == [COMPLETED]


def test_what_was_lost_before_is_no_success() -> None:
    encoder = PartEncoder(NAME)
    stream = encoder.send(TextDelta("Hi")) + encoder.send(whole("json", b"data: {\n\n")[0])
    parts = whole(NAME, stream + encoder.close())
    assert parts[-2:] == [Error("the answer could not be written"), Done("error")]


def test_what_it_cannot_say() -> None:
    for part in (ToolCallDelta("ls", 0, "c", "f", json=False), TextDelta("Hi", choice=1)):
        with pytest.raises(EncodeError):
            PartEncoder(NAME).send(part)
    encoder = PartEncoder(NAME)
    encoder.send(TextDelta("Hi"))
    with pytest.raises(EncodeError):
        encoder.send(Start("m"))


def test_what_waits_for_the_end_of_its_block_has_a_bound() -> None:
    encoder = PartEncoder(NAME, max_size=3_000)
    encoder.send(TextDelta("x" * 1_000))
    with pytest.raises(LimitError):
        encoder.send(TextDelta("x" * 1_000))
    assert json.loads(Decoder().feed(encoder.close())[-1].data)["params"]["data"]["event"] == "failed"


def test_facts() -> None:
    dialect = get(NAME)
    assert (dialect.resumable, dialect.own_ids, dialect.endless, dialect.error_ends) == (False, True, False, False)
