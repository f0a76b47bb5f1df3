"""The langgraph dialect: bytes in, parts out; parts in, bytes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from captures import FOLDER, WHY_NOT
from reading import all_cuts, gather, read, whole, write

from sse_core import Decoder, EncodeError, TruncatedError
from sse_core.dialects import (
    Done,
    Error,
    Finish,
    Other,
    Part,
    PartDecoder,
    PartEncoder,
    Start,
    TextDelta,
    ToolCallDelta,
    get,
)

NAME = "langgraph"
STOP = [Finish("stop"), Done("event")]
CUT = FOLDER / "protocol" / "langgraph" / "trailing_event_no_blank_line.sse"


def event(type: str, data: Any = None, id: str | None = None) -> bytes:
    lines = [f"event: {type}", *([] if id is None else [f"id: {id}"]), f"data: {json.dumps(data)}"]
    return "".join([f"{line}\n" for line in [*lines, ""]]).encode()


def message(type: str = "AIMessageChunk", **members: Any) -> bytes:
    return event("messages", [{"type": type, "id": "m", **members}, {"langgraph_node": "agent"}])


def other(name: str, data: Any = None, block: str | None = None, id: str | None = None) -> Other:
    return Other(name, data, NAME, block, id)


RUN = {"run_id": "r", "attempt": 1}
END = event("end")
CALL = message(content="", tool_call_chunks=[{"name": "f", "args": "{}", "id": "c", "index": 0}])
RESULT = {"type": "tool", "content": "7", "tool_call_id": "c"}
DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "a run": (
        event("metadata", RUN) + message(content="Hi") + END,
        [other("metadata", RUN), Start("r"), TextDelta("Hi", "m"), *STOP],
    ),
    "each mode is an Other; a namespace is the block": (
        event("values", {"messages": []})
        + event("updates|tools", {"x": 1})
        + event("debug|conduct_research:112ad8d7|inner:9", {"step": 1})
        + event("custom", "[DONE]")
        + event("custom", "")
        + event("updates|", [])
        + END,
        [
            other("values", {"messages": []}),
            other("updates", {"x": 1}, "tools"),
            other("debug", {"step": 1}, "conduct_research:112ad8d7|inner:9"),
            other("custom", "[DONE]"),
            other("custom", ""),
            other("updates", [], ""),
            *STOP,
        ],
    ),
    "of a subgraph, messages, an error and an end are Others": (
        event("messages|sub", [{"type": "AIMessageChunk", "content": "Hi"}, {}])
        + event("error|sub", {"message": "x"})
        + event("end|sub")
        + event("metadata|sub", RUN)
        + END,
        [
            other("messages", [{"type": "AIMessageChunk", "content": "Hi"}, {}], "sub"),
            other("error", {"message": "x"}, "sub"),
            other("end", None, "sub"),
            other("metadata", RUN, "sub"),
            *STOP,
        ],
    ),
    "messages of other kinds, cumulative ones and broken ones": (
        message("human", content="Hi")
        + event("messages/partial", [{"type": "AIMessageChunk", "content": "Hi"}])
        + event("messages", [])
        + event("messages", {"type": "AIMessageChunk"})
        + event("messages", [5])
        + END,
        [
            other("messages", [{"type": "human", "id": "m", "content": "Hi"}, {"langgraph_node": "agent"}]),
            other("messages/partial", [{"type": "AIMessageChunk", "content": "Hi"}]),
            other("messages", []),
            other("messages", {"type": "AIMessageChunk"}),
            other("messages", [5]),
            *STOP,
        ],
    ),
    "a call that the graph answers is none to act on": (
        CALL
        + message(content="", response_metadata={"finish_reason": "tool_calls"})
        + event("messages", [RESULT, {}])
        + END,
        [
            ToolCallDelta("{}", "m/0", "c", "f"),
            other("messages", [RESULT, {}]),
            Finish("stop", "tool_calls"),
            Done("event"),
        ],
    ),
    "a call that it leaves is one": (
        CALL + event("updates", {"__interrupt__": []}) + END,
        [
            ToolCallDelta("{}", "m/0", "c", "f"),
            other("updates", {"__interrupt__": []}),
            Finish("tool_call"),
            Done("event"),
        ],
    ),
    "another attempt begins again; a stream that is resumed does not": (
        event("metadata", RUN)
        + event("metadata", RUN)
        + message(content="Hi")
        + event("metadata", RUN)
        + event("metadata", {**RUN, "attempt": 2})
        + message(content="Ho")
        + END,
        [
            other("metadata", RUN),
            Start("r"),
            other("metadata", RUN),
            TextDelta("Hi", "m"),
            other("metadata", RUN),
            other("metadata", {**RUN, "attempt": 2}),
            Start("r"),
            TextDelta("Ho", "m"),
            *STOP,
        ],
    ),
    "metadata that says nothing": (event("metadata", 5) + END, [other("metadata", 5), Start(), *STOP]),
    "ids are kept": (
        event("values", 1, "7") + event("values", 2) + event("values", 3, "8") + END,
        [other("values", 1, id="7"), other("values", 2, id="7"), other("values", 3, id="8"), *STOP],
    ),
    "no data": (
        b"event: values\ndata:\n\nevent: tools\n\nevent: end\n\n",
        [other("values"), other("tools"), *STOP],
    ),
    "no event type": (b'data: {"a":1}\n\n' + END, [other("message", {"a": 1}), *STOP]),
    "an error, and no more": (
        message(content="Hi") + event("error", {"error": "ValueError", "message": "bad"}) + END,
        [TextDelta("Hi", "m"), Error("bad", "ValueError"), Done("error")],
    ),
    "the end of the body may be the end": (
        b": heartbeat\n\n" + message(content="Hi"),
        [TextDelta("Hi", "m"), Finish("stop"), Done("eof")],
    ),
    "no last blank line": (
        event("metadata", RUN) + message(content="Hi")[:-2],
        [other("metadata", RUN), Start("r"), TextDelta("Hi", "m"), Finish("stop"), Done("eof")],
    ),
    "no last blank line, and no data": (b"event: end\n", STOP),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    for chunks in ([stream], *all_cuts(stream)):
        assert whole(NAME, *chunks) == parts


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_the_same_dialect_in_and_out(stream: bytes, parts: list[Part]) -> None:
    again = whole(NAME, write(NAME, parts))
    assert again[:-1] == parts[:-1]
    assert again[-1] == (parts[-1] if parts[-1] != Done("eof") else Done("event"))


def test_namespaces_and_ids_are_written_as_they_came() -> None:
    stream = event("debug|a:1|b:2", {"x": 1}, "5") + event("updates", {}, "6") + event("custom|", None, "7")
    events = Decoder().feed(write(NAME, whole(NAME, stream)))
    assert [found.type for found in events] == ["debug|a:1|b:2", "updates", "custom|", "end"]
    assert [found.last_event_id for found in events] == ["5", "6", "7", "7"]


@pytest.mark.skipif(not CUT.is_file(), reason=WHY_NOT)
def test_a_recorded_event_without_its_blank_line_is_read_at_the_end() -> None:
    decoder = PartDecoder(NAME)
    assert decoder.feed(CUT.read_bytes()) == []
    assert decoder.close() == [other("foo", {"bar": 1}), Finish("stop"), Done("eof")]


@pytest.mark.parametrize("half", [b'event: values\ndata: {"a"', b"event: messages\nda", b"event: values\ndata: [1"])
def test_half_an_event_is_a_truncation(half: bytes) -> None:
    parts, problem = read(NAME, message(content="Hi") + half)
    assert parts == [TextDelta("Hi", "m")]
    assert problem == "langgraph: the stream ended inside an event"


def test_the_end_behind_a_fragment_of_a_call_is_a_truncation() -> None:
    """Its arguments so far are none, or some: neither is the call."""
    begun = message(tool_call_chunks=[{"index": 0, "id": "c", "name": "rm", "args": ""}])
    more = message(tool_call_chunks=[{"index": 0, "args": "{}"}])
    for stream in (begun, begun + more):
        _, problem = read(NAME, stream)
        assert problem == "langgraph: the stream ended before the end of a call"
    for end in (message(content="", response_metadata={"finish_reason": "tool_calls"}), b"event: values\ndata: {}\n\n"):
        parts, problem = read(NAME, begun + more + end)
        assert problem is None
        assert [(part.reason, part.choice) for part in parts if isinstance(part, Finish)] == [("tool_call", 0)]


def test_nothing_at_all_is_a_truncation() -> None:
    for stream in (b"", b": heartbeat\n\n", b"data:\n\n"):
        assert read(NAME, stream) == ([], "langgraph: the stream ended before its first event")


def test_a_stream_is_resumed_by_its_cursor() -> None:
    decoder = PartDecoder(NAME)
    parts = decoder.feed(event("metadata", RUN, "1") + event("values", 1, "2") + b"event: values\nid: 3\nda")
    with pytest.raises(TruncatedError):
        decoder.close(half=False)
    decoder.reset()
    assert (decoder.last_event_id, decoder.dialect.resumable) == ("2", True)
    parts += decoder.feed(event("metadata", RUN) + message(content="Hi") + END)
    assert gather(parts).text == "Hi"
    assert [part.kind for part in parts] == ["other", "start", "other", "other", "text", "finish", "done"]


def test_data_that_is_no_json_is_invalid() -> None:
    parts = whole(NAME, b"event: values\ndata: undefined\n\n" + END)
    assert [part.kind for part in parts] == ["invalid", "finish", "done"]


def test_a_start_is_metadata_and_another_one_an_attempt() -> None:
    data = write(NAME, [Start(), TextDelta("Hi"), Start("r"), TextDelta("Ho")])
    events = [(found.type, json.loads(found.data)) for found in Decoder().feed(data)]
    assert events[0] == ("metadata", {"run_id": "run-1", "attempt": 1})
    assert events[2] == ("metadata", {"run_id": "r", "attempt": 2})
    assert gather(whole(NAME, data)).text == "Ho"
    data = write(NAME, [other("metadata", {"run_id": "r"}), Start("r"), TextDelta("Hi")])
    assert json.loads(Decoder().feed(data)[0].data) == {"run_id": "r"}


def test_the_end_is_written_with_null_and_what_has_no_content_has_no_last_chunk() -> None:
    assert write(NAME, [Finish("stop")]) == b"event: end\ndata: null\n\n"
    assert PartEncoder(NAME).headers["Content-Type"] == "text/event-stream"


def test_an_other_may_not_pass_for_another_event() -> None:
    assert write(NAME, [other("a\nevent: end", 1)]) == write(NAME, [])
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other("a\nevent: end", 1))


def test_facts() -> None:
    dialect = get(NAME)
    assert (dialect.resumable, dialect.dataless, dialect.own_ids, dialect.endless) == (True, True, True, False)
