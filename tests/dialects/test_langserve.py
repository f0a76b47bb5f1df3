"""The langserve dialect: bytes in, parts out; parts in, bytes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import all_cuts, read, whole, write

from sse_core import Decoder, EncodeError
from sse_core.dialects import (
    Done,
    Error,
    Finish,
    Other,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
    get,
)

NAME = "langserve"
STOP = [Finish("stop"), Done("event")]
END = b"event: end\r\n\r\n"


def event(type: str, data: Any) -> bytes:
    return f"event: {type}\r\ndata: {json.dumps(data)}\r\n\r\n".encode()


def other(name: str, data: Any) -> Other:
    return Other(name, data, NAME)


FEEDBACK = {"run_id": "r", "feedback_tokens": [{"key": "k", "token_url": "u", "expires_at": None}]}
DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "text; the end has no data": (
        event("metadata", {"run_id": "r"}) + event("data", "") + event("data", "Hi") + event("data", " you") + END,
        [Start("r"), TextDelta("Hi"), TextDelta(" you"), *STOP],
    ),
    "the end with blank data": (event("data", "Hi") + b"event: end\ndata: \n\n", [TextDelta("Hi"), *STOP]),
    "the end with data that nobody reads": (
        event("data", "Hi") + b"event: end\ndata: over\n\n",
        [TextDelta("Hi"), *STOP],
    ),
    "metadata that says more": (event("metadata", FEEDBACK) + END, [other("metadata", FEEDBACK), Start("r"), *STOP]),
    "metadata without an id": (event("metadata", {"run_id": None}) + END, [Start(), *STOP]),
    "a message and its chunks": (
        event("data", {"type": "AIMessageChunk", "id": "m", "content": "Hi"})
        + event("data", {"type": "ai", "id": "n", "content": " you"})
        + END,
        [TextDelta("Hi", "m"), TextDelta(" you", "n"), *STOP],
    ),
    "any JSON that a runnable gives": (
        event("data", {"output": "Hi"})
        + event("data", ["Hi"])
        + event("data", None)
        + event("data", 5)
        + event("data", {"ops": [{"op": "add", "path": "/x", "value": 1}]})
        + event("data", {"type": "human", "content": "Hi"})
        + END,
        [
            other("data", {"output": "Hi"}),
            other("data", ["Hi"]),
            other("data", None),
            other("data", 5),
            other("data", {"ops": [{"op": "add", "path": "/x", "value": 1}]}),
            other("data", {"type": "human", "content": "Hi"}),
            *STOP,
        ],
    ),
    "other events": (
        event("log", {"x": 1}) + b'data: "x"\n\n' + END,
        [other("log", {"x": 1}), other("message", "x"), *STOP],
    ),
    "an error, and no more": (
        event("data", "Hi") + event("error", {"status_code": 500, "message": "Internal Server Error"}) + END,
        [TextDelta("Hi"), Error("Internal Server Error", None, None, 500), Done("error")],
    ),
    "no last blank line, and no data": (event("data", "Hi") + b"event: end\r\n", [TextDelta("Hi"), *STOP]),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    for chunks in ([stream], *all_cuts(stream)):
        assert whole(NAME, *chunks) == parts


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_the_same_dialect_in_and_out(stream: bytes, parts: list[Part]) -> None:
    again = whole(NAME, write(NAME, parts))
    if parts[0] == Start():  # the client of a run needs an id
        parts = [Start("run-1"), *parts[1:]]
    assert again == parts


@pytest.mark.parametrize("stream", [b"", event("data", "Hi"), event("data", "Hi") + b"event: en"])
def test_the_end_of_the_body_before_the_end_is_a_truncation(stream: bytes) -> None:
    assert read(NAME, stream)[1] == "langserve: the stream ended before its event end"


ENCODED: dict[str, tuple[list[Part], list[tuple[str, str]]]] = {
    "nothing": ([], [("end", "")]),
    "text without a name is a string; usage and finish have no place": (
        [Start("r"), TextDelta("Hi"), TextDelta("é", 1), Usage(1, 2), Finish("length")],
        [("metadata", '{"run_id":"r"}'), ("data", '"Hi"'), ("data", '"é"'), ("end", "")],
    ),
    "what is no string is a message, and has them": (
        [TextDelta("Hi"), ReasoningDelta("Hm"), Finish("length")],
        [
            ("data", '"Hi"'),
            (
                "data",
                '{"type":"AIMessageChunk","id":"lc_run--run-1",'
                '"content":[{"type":"reasoning","reasoning":"Hm","index":0}]}',
            ),
            (
                "data",
                '{"type":"AIMessageChunk","id":"lc_run--run-1","content":"",'
                '"response_metadata":{"finish_reason":"length"}}',
            ),
            ("end", ""),
        ],
    ),
    "what its client takes for the end of a line": (
        [TextDelta("a\u2028\u2029\x85é\n\x0b")],
        [("data", '"a\\u2028\\u2029\\u0085é\\n\\u000b"'), ("end", "")],
    ),
    "an error has what the client needs": (
        [TextDelta("Hi"), Error("bad", "t", "c")],
        [("data", '"Hi"'), ("error", '{"status_code":500,"message":"bad","type":"t","code":"c"}')],
    ),
    "an error with a status": ([Error("bad", status=429)], [("error", '{"status_code":429,"message":"bad"}')]),
    "an Other has no namespace": ([Other("log", 1, NAME, "x")], [("log", "1"), ("end", "")]),
}


@pytest.mark.parametrize(("parts", "events"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], events: list[tuple[str, str]]) -> None:
    assert [(found.type, found.data) for found in Decoder().feed(write(NAME, parts))] == events


def test_no_message_begins_again() -> None:
    encoder = PartEncoder(NAME)
    encoder.send(TextDelta("Hi"))
    with pytest.raises(EncodeError, match="no message begins again"):
        encoder.send(Start("x"))
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(ToolCallDelta("ls", 0, "c", "f", json=False))


def test_facts() -> None:
    dialect = get(NAME)
    assert (dialect.resumable, dialect.dataless, dialect.own_ids, dialect.endless) == (False, True, True, False)
