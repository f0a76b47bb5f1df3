"""The openai-chatkit dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import gather, read, sse, write

from sse_core import Decoder, EncodeError, LimitError
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
    get,
)

NAME = "openai-chatkit"
DATE = "2026-01-02T03:04:05Z"
STOP = [Finish("stop"), Done("eof")]
CALLED = [Finish("tool_call"), Done("eof")]


def item(step: str, kind: str, id: Any = "m", **members: Any) -> dict[str, Any]:
    told = {"id": id, "thread_id": "t", "created_at": DATE, "type": kind, **members}
    return {"type": f"thread.item.{step}", "item": told}


def message(step: str, *texts: Any, id: Any = "m") -> dict[str, Any]:
    return item(step, "assistant_message", id, content=[content(text) for text in texts])


def content(text: Any) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": []}


def update(kind: str, id: Any = "m", **members: Any) -> dict[str, Any]:
    return {"type": "thread.item.updated", "item_id": id, "update": {"type": kind, **members}}


def part(kind: str, index: Any = 0, **members: Any) -> dict[str, Any]:
    return update(f"assistant_message.content_part.{kind}", content_index=index, **members)


def thought(text: Any) -> dict[str, Any]:
    return {"type": "thought", "content": text}


def thinks(step: str, *tasks: Any, type: str = "reasoning") -> dict[str, Any]:
    return item(step, "workflow", "w", workflow={"type": type, "tasks": [*tasks], "expanded": False})


def task(step: str, told: Any, id: str = "w", index: Any = 0) -> dict[str, Any]:
    return update(f"workflow.task.{step}", id, task=told, task_index=index)


def call(arguments: Any, call_id: Any = "x", step: str = "done", **members: Any) -> dict[str, Any]:
    return item(step, "client_tool_call", "i", call_id=call_id, name="f", arguments=arguments, **members)


OPTIONS = {"type": "stream_options", "stream_options": {"allow_cancel": True}}
USER = item("done", "user_message", "u", content=[{"type": "input_text", "text": "Hi"}])
REMOVED = {"type": "thread.item.removed", "item_id": "m"}


def other(payload: dict[str, Any]) -> Other:
    return Other(payload["type"], payload, NAME)


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "an answer: what the user said is none of it, and nothing is told twice": (
        sse(
            USER,
            OPTIONS,
            message("added"),
            part("added", content=content("")),
            part("text_delta", delta="Hel"),
            part("text_delta", delta="lo"),
            part("annotation_added", annotation_index=0, annotation={}),
            part("done", content=content("Hello")),
            message("done", "Hello"),
        ),
        [
            other(USER),
            other(OPTIONS),
            Start("m"),
            TextDelta("Hel", "m/0"),
            TextDelta("lo", "m/0"),
            other(part("annotation_added", annotation_index=0, annotation={})),
            BlockEnd("m/0"),
            *STOP,
        ],
    ),
    "an item that comes whole, then again": (
        sse(message("done", "a", "", "b"), message("done", "a", "", "b")),
        [Start("m"), TextDelta("a", "m/0"), BlockEnd("m/0"), TextDelta("b", "m/2"), BlockEnd("m/2"), *STOP],
    ),
    "a whole says more than was said": (
        sse(message("added", "H"), part("added", content=content("He")), message("done", "Hello")),
        [Start("m"), TextDelta("H", "m/0"), TextDelta("e", "m/0"), TextDelta("llo", "m/0"), BlockEnd("m/0"), *STOP],
    ),
    "a whole says another text": (
        sse(
            message("added"),
            part("text_delta", delta="a"),
            part("done", content=content("b")),
            message("done", "c", "b"),
        ),
        [
            Start("m"),
            TextDelta("a", "m/0"),
            other(part("done", content=content("b"))),
            other(message("done", "c", "b")),
            *STOP,
        ],
    ),
    "a second item of the answer": (
        sse(message("done", "a"), message("done", "b", id="n")),
        [Start("m"), TextDelta("a", "m/0"), BlockEnd("m/0"), TextDelta("b", "n/0"), BlockEnd("n/0"), *STOP],
    ),
    "updates of no item that was added: it is too late for a Start": (
        sse(part("text_delta", delta="a"), message("done", "a")),
        [TextDelta("a", "m/0"), BlockEnd("m/0"), *STOP],
    ),
    "a thought, which grows": (
        sse(
            thinks("added"),
            task("added", thought("Let ")),
            task("updated", thought("Let me")),
            task("added", {"type": "web_search"}, index=1),
            task("added", thought("See"), index=2),
            thinks("done", thought("Let me."), {"type": "web_search"}, thought("See")),
            message("done", "a"),
        ),
        [
            Start("w"),
            ReasoningDelta("Let ", "w/0"),
            ReasoningDelta("me", "w/0"),
            other(task("added", {"type": "web_search"}, index=1)),
            ReasoningDelta("See", "w/2"),
            ReasoningDelta(".", "w/0"),
            BlockEnd("w/0", "reasoning"),
            BlockEnd("w/2", "reasoning"),
            TextDelta("a", "m/0"),
            BlockEnd("m/0"),
            *STOP,
        ],
    ),
    "a thought that becomes another": (
        sse(thinks("added", thought("a")), task("updated", thought("b"))),
        [Start("w"), ReasoningDelta("a", "w/0"), other(task("updated", thought("b"))), *STOP],
    ),
    "a workflow that is no reasoning": (
        sse(thinks("added", thought("a"), type="custom"), task("updated", thought("ab"))),
        [other(thinks("added", thought("a"), type="custom")), other(task("updated", thought("ab"))), *STOP],
    ),
    "a call, which is the client's, once": (
        sse(call({}, step="added"), call({"n": [1]}), call({"n": [1]})),
        [
            other(call({}, step="added")),
            Start("i"),
            ToolCallDelta('{"n":[1]}', "x", "x", "f"),
            BlockEnd("x", "tool_call"),
            other(call({"n": [1]})),
            *CALLED,
        ],
    ),
    "a call that was answered": (
        sse(call({}, status="completed", output=1)),
        [other(call({}, status="completed", output=1)), *STOP],
    ),
    "an error is the end": (
        sse(message("added"), {"type": "error", "code": "stream.error", "message": "No"}, message("done", "a")),
        [Start("m"), Error("No", None, "stream.error"), Done("error")],
    ),
    "an error in words of its own": (
        sse({"type": "error", "code": "custom", "message": "No"}),
        [Error("No"), Done("error")],
    ),
    "a bare error": (sse({"error": {"message": "No"}}), [Error("No"), Done("error")]),
    "a message that was removed is under way no more": (
        sse(message("added"), part("text_delta", delta="a"), REMOVED),
        [Start("m"), TextDelta("a", "m/0"), other(REMOVED), *STOP],
    ),
    "members of the wrong types": (
        sse(
            item("done", "assistant_message", None, content=[1, content(5), content("a")]),
            item("added", "workflow", "w", workflow=[1]),
            part("text_delta", "0", delta=[1]),
            {"type": "thread.item.updated", "item_id": 5, "update": [1]},
            {"type": ["x"]},
            call([1], 7),
            message("done"),
        ),
        [
            TextDelta("a", "/1"),
            BlockEnd("/1"),
            other(item("added", "workflow", "w", workflow=[1])),
            other({"type": "thread.item.updated", "item_id": 5, "update": [1]}),
            Other("message", {"type": ["x"]}, NAME),
            ToolCallDelta("{}", "", None, "f"),
            BlockEnd("", "tool_call"),
            *CALLED,
        ],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert read(NAME, stream) == (parts, None)


CUT = {
    "nothing came": b"",
    "before the end of a message": sse(message("added")),
    "behind text of a message that was not added": sse(part("text_delta", delta="a")),
    "inside an event": sse(message("done", "a")) + b'data: {"type',
}


@pytest.mark.parametrize("stream", CUT.values(), ids=CUT)
def test_a_stream_was_cut(stream: bytes) -> None:
    assert read(NAME, stream)[1] is not None


def test_past_a_thousand_blocks_and_calls_a_whole_is_an_other() -> None:
    decoder = PartDecoder(NAME)
    decoder.feed(sse(*[part("text_delta", index, delta="a") for index in range(1_024)]))
    decoder.feed(sse(*[call({}, f"x{index}") for index in range(2_048)]))
    whole = [update("assistant_message.content_part.done", "n", content=content("b")), call({}, "y")]
    assert decoder.feed(sse(*whole)) == [other(payload) for payload in whole]
    delta = update("assistant_message.content_part.text_delta", "n", delta="b")
    assert decoder.feed(sse(delta)) == [TextDelta("b", "n/0")]


def test_of_past_a_thousand_messages_it_is_not_known_that_they_are_under_way() -> None:
    decoder = PartDecoder(NAME)
    decoder.feed(sse(*[message("added", id=f"n{index}") for index in range(1_025)]))
    decoder.feed(sse(*[message("done", id=f"n{index}") for index in range(1_024)]))
    assert decoder.close() == STOP


def payloads(*parts: Part, **options: Any) -> list[dict[str, Any]]:
    events = Decoder().feed(write(get(NAME, thread_id="t", created=1_767_323_045, **options), parts))
    assert {event.type for event in events} == {"message"}
    return [json.loads(event.data) for event in events]


def workflow(id: str, *texts: str) -> dict[str, Any]:
    told = {"type": "reasoning", "tasks": [thought(text) for text in texts], "expanded": False}
    return item("done", "workflow", id, workflow=told)


def texts(id: str, *deltas: tuple[str, ...]) -> list[dict[str, Any]]:
    """The events of a message with a part for each row of deltas."""
    found = [message("added", id=id)]
    for index, row in enumerate(deltas):
        found += [part("added", index, content=content(""))]
        found += [part("text_delta", index, delta=delta) for delta in row]
        found += [part("done", index, content=content("".join(row)))]
    found += [message("done", *["".join(row) for row in deltas], id=id)]
    return [{**event, "item_id": id} if "update" in event else event for event in found]


def client_call(id: str, call_id: str, arguments: Any) -> dict[str, Any]:
    told = {"status": "pending", "call_id": call_id, "name": "f", "arguments": arguments}
    return item("done", "client_tool_call", id, **told)


ENCODED: dict[str, tuple[list[Part], list[dict[str, Any]]]] = {
    "text, in parts": (
        [TextDelta("He"), TextDelta(""), TextDelta("llo"), BlockEnd(), BlockEnd(), TextDelta("b", 1)],
        texts("item-1", ("He", "llo"), ("b",)),
    ),
    "a thought before text, and one behind it": (
        [
            ReasoningDelta("Let "),
            ReasoningDelta("me"),
            ReasoningDelta("", 0, "s"),
            TextDelta("a"),
            ReasoningDelta("b", 1),
        ],
        [workflow("item-1", "Let me"), *texts("item-2", ("a",)), workflow("item-3", "b")],
    ),
    "thoughts, of which one ends by itself": (
        [ReasoningDelta("a"), BlockEnd(0, "reasoning"), ReasoningDelta("b", 1), ReasoningDelta("c", 2)],
        [workflow("item-1", "a"), workflow("item-2", "b"), workflow("item-3", "c")],
    ),
    "calls, whole": (
        [
            TextDelta("a"),
            ToolCallDelta('{"n":', 0, "x"),
            ToolCallDelta("", 1, None, "f"),
            ToolCallDelta("1}", 0, None, "f"),
            BlockEnd(0, "tool_call"),
            BlockEnd(0, "tool_call"),
        ],
        [*texts("item-1", ("a",)), client_call("item-2", "x", {"n": 1}), client_call("item-3", "item-3", {})],
    ),
    "ids of its own stay": (
        [Start("w"), ReasoningDelta("a", "w/0"), TextDelta("b", "m/0"), TextDelta("c", "n/0"), TextDelta("d", "n/1")],
        [workflow("w", "a"), *texts("m", ("b",)), *texts("n", ("c",), ("d",))],
    ),
    "ids of others do not": (
        [Start(), ReasoningDelta("a", "w/0"), TextDelta("b", "m/0"), TextDelta("c", "n/0")],
        [workflow("item-1", "a"), *texts("item-2", ("b",), ("c",))],
    ),
    "the id of the Start is the first item's": (
        [Start("s"), TextDelta("a"), ToolCallDelta("", 0, "x", "f")],
        [*texts("s", ("a",)), client_call("s-2", "x", {})],
    ),
    "nothing said": ([Start("s"), Finish("stop")], texts("s")),
    "an error, behind a thought": (
        [ReasoningDelta("a"), Error("No", "x", "busy", 503), TextDelta("b")],
        [workflow("item-1", "a"), {"type": "error", "code": "custom", "message": "No", "allow_retry": False}],
    ),
    "an error of its own": (
        [Error("No", None, "stream.error")],
        [{"type": "error", "code": "stream.error", "message": "No", "allow_retry": False}],
    ),
}


@pytest.mark.parametrize(("parts", "expected"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], expected: list[dict[str, Any]]) -> None:
    assert payloads(*parts) == expected


def test_the_id_of_the_first_item_may_be_an_option() -> None:
    assert payloads(TextDelta("a"), id="s") == texts("s", ("a",))


NEVER = {
    "text": other(message("done", "a")),
    "a beginning": other(message("added")),
    "a call": other(call({})),
    "an error": other({"type": "error", "message": "x"}),
    "nothing": other(part("done", content=content(""))),
}


@pytest.mark.parametrize("one", NEVER.values(), ids=NEVER)
def test_what_came_in_as_meaningless_never_leaves_as_more(one: Other) -> None:
    assert write(NAME, [one]) == write(NAME, [])
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(one.__replace__(dialect=None))


def test_others_of_its_own_stay() -> None:
    assert payloads(other(OPTIONS), other(USER))[:2] == [OPTIONS, USER]


BAD = {"no JSON": "{", "no object": "[1]", "too deep": "[" * 100_000}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD)
def test_arguments_are_an_object(arguments: str) -> None:
    encoder = PartEncoder(NAME)
    stream = encoder.send(TextDelta("a")) + encoder.send(ToolCallDelta(arguments, 0, "x", "f"))
    with pytest.raises(EncodeError, match="are no JSON object"):
        encoder.send(BlockEnd(0, "tool_call"))
    found = gather(read(NAME, stream + encoder.close())[0])
    assert found.error is not None
    assert (found.text, found.finish_reason, found.tool_calls) == ("a", None, [])


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD)
def test_arguments_that_are_none_at_the_end_are_an_error(arguments: str) -> None:
    call, text = ToolCallDelta(arguments, 0, "x", "f"), TextDelta("a")
    assert payloads(text, ReasoningDelta("b"), call)[-1]["message"] == "the arguments of a call are no JSON object"
    assert [part.kind for part in read(NAME, write(NAME, [call]))[0]] == ["error", "done"]


def test_an_answer_that_finished_in_an_error_ends_in_one() -> None:
    assert payloads(TextDelta("a"), Finish("error", "overheated"))[-1]["message"].endswith("overheated")


def test_what_is_kept_is_counted() -> None:
    with pytest.raises(LimitError):
        write(get(NAME).writer(max_size=2_000), [TextDelta("a", block) for block in range(10)])
