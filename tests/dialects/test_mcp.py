"""The mcp dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import nest, pieces, read, write

from sse_core import EncodeError, TruncatedError
from sse_core.dialects import (
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

NAME = "mcp"
MODERN = "2026-07-28"
EOF = Done("eof")
END = Done("event")
FAILED = Done("error")


def rpc(**members: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", **members}


def event(payload: Any, *lines: str) -> bytes:
    """An event as servers write it; text as it stands."""
    data = payload if isinstance(payload, str) else json.dumps(payload, separators=(",", ":"))
    return "\n".join([*(lines or ["event: message"]), f"data: {data}", "", ""]).encode()


def other(payload: Any, name: str | None = None, id: str | None = None, retry: int | None = None) -> Other:
    return Other(name or payload["method"], payload, NAME, None, id, retry)


PROGRESS = rpc(method="notifications/progress", params={"progressToken": "t", "progress": 1})
SAMPLING = rpc(id=0, method="sampling/createMessage", params={})
ANSWER = rpc(id=1, result={"content": []})
FOREIGN = rpc(id=2, result={})
REFUSED = rpc(id=1, error={"code": -32602, "message": "Tool not found", "data": {"type": "x"}})
PARSE_ERROR = rpc(id=None, error={"code": -32700, "message": "Parse error"})
PRIMING = Other("priming", None, NAME, None, "e0", 500)

DECODED: dict[str, tuple[dict[str, Any], bytes, list[Part]]] = {
    "a notification, a request of the server and the answer": (
        {"request_id": 1},
        event(PROGRESS) + event(SAMPLING) + event(ANSWER) + event(PROGRESS),
        [other(PROGRESS), other(SAMPLING), other(ANSWER, "result"), END],
    ),
    "a stream of which the request is not known: no answer is the end": (
        {},
        event(ANSWER) + event(FOREIGN),
        [other(ANSWER, "result"), other(FOREIGN, "result"), EOF],
    ),
    "an answer with a foreign id is not the end": (
        {"request_id": 1},
        event(FOREIGN) + event(rpc(id="1", result={})) + event(rpc(id=True, result={})) + event(ANSWER),
        [
            other(FOREIGN, "result"),
            other(rpc(id="1", result={}), "result"),
            other(rpc(id=True, result={}), "result"),
            other(ANSWER, "result"),
            END,
        ],
    ),
    "an answer without an id is nobody's": (
        {"request_id": 1},
        event(rpc(result={})) + event(ANSWER),
        [other(rpc(result={}), "result"), other(ANSWER, "result"), END],
    ),
    "the error that is the answer": (
        {"request_id": 1},
        event(REFUSED) + event(PROGRESS),
        [Error("Tool not found", None, -32602), FAILED],
    ),
    "an error with the id null is that of the request": (
        {"request_id": "a"},
        event(PARSE_ERROR),
        [Error("Parse error", None, -32700), FAILED],
    ),
    "an error of another request is no error here": (
        {"request_id": 2},
        event(REFUSED) + event(FOREIGN),
        [other(REFUSED, "error"), other(FOREIGN, "result"), END],
    ),
    "an error, where the request is not known, is an answer like any other": (
        {},
        event(REFUSED) + event(PROGRESS),
        [other(REFUSED, "error"), other(PROGRESS), EOF],
    ),
    "but one of no request, which ends nothing": (
        {},
        event(PARSE_ERROR) + event(PROGRESS),
        [Error("Parse error", None, -32700), other(PROGRESS), FAILED],
    ),
    "priming, and ids with a reconnection time": (
        {"request_id": 1},
        event("", "id: e0", "retry: 500") + event(PROGRESS, "retry: 3000", "event: message", "id: e1") + event(ANSWER),
        [PRIMING, other(PROGRESS, id="e1", retry=3000), other(ANSWER, "result", "e1"), END],
    ),
    "blank data without an id is nothing": ({}, event("") + event(PROGRESS), [other(PROGRESS), EOF]),
    "a batch, its answer last though it stands first": (
        {"request_id": 1},
        event([ANSWER, PROGRESS, SAMPLING], "id: e1", "retry: 5"),
        [other(PROGRESS, id="e1", retry=5), other(SAMPLING, id="e1"), other(ANSWER, "result", "e1"), END],
    ),
    "a batch with two answers ends with one": (
        {"request_id": 1},
        event([ANSWER, ANSWER]),
        [other(ANSWER, "result"), END],
    ),
    "HTTP+SSE of 2024: where to send to, as text": (
        {},
        event("/messages?session=1", "event:endpoint") + event(ANSWER),
        [Other("endpoint", "/messages?session=1", NAME), other(ANSWER, "result"), EOF],
    ),
    "an event type that no revision knows": ({}, event("{}", "event: x"), [Other("x", "{}", NAME), EOF]),
    "no event line, CRLF, a keep-alive": (
        {"request_id": 1},
        (event(PROGRESS, ": keepalive\n") + event(ANSWER, "id: 7")).replace(b"\n", b"\r\n"),
        [other(PROGRESS), other(ANSWER, "result", "7"), END],
    ),
    "a method that is none": (
        {"request_id": 1},
        event(rpc(id=1, method=None, result=None)),
        [other(rpc(id=1, method=None, result=None), "result"), END],
    ),
}


@pytest.mark.parametrize(("options", "stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(options: dict[str, Any], stream: bytes, parts: list[Part]) -> None:
    dialect = get(NAME, **options)
    assert read(dialect, stream) == (parts, None)
    assert read(dialect, *pieces(stream)) == (parts, None)


@pytest.mark.parametrize(("options", "stream", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(options: dict[str, Any], stream: bytes, parts: list[Part]) -> None:
    dialect = get(NAME, **options)
    again, _ = read(dialect, write(dialect, parts))
    if parts[0].kind == "error":  # it is answered under our id, and its code and message are all there is
        assert [part.kind for part in again] == [part.kind for part in parts]
    else:
        assert again == parts


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ("[DONE]", "no JSON"),
        ("{", "no JSON"),
        ("7", "neither a JSON-RPC message nor a batch"),
        ("[]", "neither a JSON-RPC message nor a batch"),
        ('[{"method":"x"},7]', "neither a JSON-RPC message nor a batch"),
        ("{}", "no JSON-RPC message"),
        ('{"method":7}', "no JSON-RPC message"),
        ('{"id":1,"result":{},"error":{"code":1,"message":"no"}}', "no JSON-RPC message"),
    ],
)
def test_what_is_no_message_is_invalid_and_the_stream_goes_on(data: str, problem: str) -> None:
    found, _ = read(get(NAME, request_id=1), event(data) + event(ANSWER))
    assert [part.kind for part in found] == ["invalid", "other", "done"]
    assert isinstance(found[0], Invalid)
    assert problem in str(found[0].error)


def test_a_body_with_no_framing_is_nothing() -> None:
    stream = json.dumps(REFUSED, indent=1).encode() + b"\n\n"
    assert read(NAME, stream) == ([EOF], None)


def test_a_cut_is_told() -> None:
    stream = event("", "id: e0") + event(PROGRESS) + event(ANSWER)
    whole = stream.rindex(b"\n\n")
    for cut in range(len(stream)):
        parts, problem = read(get(NAME, request_id=1), stream[:cut])
        if cut >= whole:
            assert parts[-1] == END
        else:
            assert problem == "mcp: the stream ended before the answer to its request"
    begun = len(event("", "id: e0") + event(PROGRESS))
    assert read(NAME, stream[:begun])[1] is None
    for half in (event(PROGRESS, "event: x"), event("/messages", "event: endpoint")):
        assert read(NAME, half[:-1])[1] is None
        assert read(NAME, half[:-2])[1] == "mcp: the stream ended inside an event"
    assert read(NAME, event(PROGRESS)[:-2]) == ([other(PROGRESS), EOF], None)
    assert read(NAME, stream[: begun + 20] + b'data: {"js')[1] == "mcp: the stream ended inside an event"


def test_a_stream_goes_on_over_a_second_connection() -> None:
    decoder = PartDecoder(get(NAME, request_id=1))
    assert decoder.feed(event("", "id: e0", "retry: 500") + event(PROGRESS, "id: e1") + b'data: {"jsonrpc"') == [
        PRIMING,
        other(PROGRESS, id="e1"),
    ]
    with pytest.raises(TruncatedError):
        decoder.close(half=False)
    decoder.reset()
    assert (decoder.last_event_id, decoder.reconnection_time) == ("e1", 500)
    assert decoder.feed(event(PROGRESS, "id: e2")) == [other(PROGRESS, id="e2")]
    assert decoder.feed(event(ANSWER)) == [other(ANSWER, "result", "e2"), END]
    assert decoder.close() == []


ENCODED: dict[str, tuple[dict[str, Any], list[Part], bytes]] = {
    "nothing": ({}, [], b""),
    "nothing, of an answer that did not come: no end is invented": ({"request_id": 1}, [], b""),
    "what has no place is dropped": (
        {},
        [Start("x"), ReasoningDelta("Hm"), ToolCallDelta("{}", 0, "c", "f", True), Usage(1), Finish("stop")],
        b"",
    ),
    "the errors of many requests": (
        {},
        [Other("error", REFUSED), other(FOREIGN, "result")],
        event(REFUSED) + event(FOREIGN),
    ),
    "messages under an explicit type": ({}, [Other("notifications/progress", PROGRESS)], event(PROGRESS)),
    "priming has none": ({}, [PRIMING], event("", "id: e0", "retry: 500")),
    "an id is written when it changes": (
        {},
        [other(PROGRESS, id="e1"), other(PROGRESS, id="e1"), other(PROGRESS, id="e2", retry=5)],
        event(PROGRESS, "event: message", "id: e1")
        + event(PROGRESS)
        + event(PROGRESS, "event: message", "id: e2", "retry: 5"),
    ),
    "what follows the answer is not written": (
        {"request_id": 1},
        [other(FOREIGN, "result"), other(ANSWER, "result"), other(PROGRESS), Error("late")],
        event(FOREIGN) + event(ANSWER),
    ),
    "an error is the answer": (
        {"request_id": "a"},
        [Error("bad", "t", -32602, 400), other(PROGRESS)],
        event(rpc(id="a", error={"code": -32602, "message": "bad"})),
    ),
    "an error without a number, of nobody's request": (
        {},
        [Error("bad", None, "busy"), other(PROGRESS)],
        event(rpc(id=None, error={"code": -32603, "message": "bad"})) + event(PROGRESS),
    ),
    "after what was lost no answer is a success": (
        {"request_id": 1},
        [Invalid(None, ValueError("x")), other(PROGRESS), other(ANSWER, "result")],
        event(PROGRESS) + event(rpc(id=1, error={"code": -32603, "message": "the answer was lost on its way"})),
    ),
    "after what was lost, where the request is not known": (
        {},
        [Invalid(None, ValueError("x")), other(ANSWER, "result")],
        event(ANSWER),
    ),
    "where to send to, and other types": (
        {},
        [Other("endpoint", "/m?a=b"), Other("x", "a\nb", NAME)],
        b"event: endpoint\ndata: /m?a=b\n\nevent: x\ndata: a\ndata: b\n\n",
    ),
    "2026: no ids, no retries, no priming, no requests of the server": (
        {"revision": MODERN},
        [PRIMING, other(PROGRESS, id="e1", retry=5), other(SAMPLING), other(ANSWER, "result")],
        event(PROGRESS) + event(ANSWER),
    ),
}


@pytest.mark.parametrize(("options", "parts", "data"), ENCODED.values(), ids=ENCODED)
def test_encodes(options: dict[str, Any], parts: list[Part], data: bytes) -> None:
    assert write(get(NAME, **options), parts) == data


REFUSALS: dict[str, tuple[dict[str, Any], Part]] = {
    "text": ({}, TextDelta("Hi")),
    "a call": ({}, ToolCallDelta("{}", 0, "c", "f")),
    "2026: an id": ({"revision": MODERN}, Other("x/y", rpc(method="x/y"), None, None, "e1")),
    "2026: a retry": ({"revision": MODERN}, Other("x/y", rpc(method="x/y"), retry=5)),
    "2026: a request of the server": ({"revision": MODERN}, Other(SAMPLING["method"], SAMPLING)),
}


@pytest.mark.parametrize(("options", "part"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_said_and_the_stream_goes_on(options: dict[str, Any], part: Part) -> None:
    encoder = PartEncoder(get(NAME, **options))
    with pytest.raises(EncodeError, match="cannot be said in mcp"):
        encoder.send(part)
    assert encoder.send(other(PROGRESS)) == event(PROGRESS)


OTHERS: dict[str, tuple[dict[str, Any], str, Any]] = {
    "priming without an id": ({}, "priming", None),
    "an error of no request": ({}, "error", PARSE_ERROR),
    "the error of the request": ({"request_id": 1}, "error", REFUSED),
    "another name": ({}, "ping", PROGRESS),
    "an answer by another name": ({}, "notifications/progress", ANSWER),
    "no message": ({}, "x", {"a": 1}),
    "a batch": ({}, "notifications/progress", [PROGRESS]),
    "text in a message": ({}, "message", "Hi"),
    "a message as text": ({}, "message", json.dumps(ANSWER)),
    "a type of two lines": ({}, "a\nb", "Hi"),
    "data that is no JSON": ({}, "x/y", rpc(method="x/y", params={"n": float("nan")})),
    "data that is nested too deep": ({}, "x/y", rpc(method="x/y", params=nest())),
    "a number": ({}, "x/y", 7),
    "text that cannot be read back": ({}, "message", "{" * 100_000),
}


@pytest.mark.parametrize(("options", "name", "data"), OTHERS.values(), ids=OTHERS)
def test_an_other_is_nothing_else(options: dict[str, Any], name: str, data: Any) -> None:
    dialect = get(NAME, **options)
    assert write(dialect, [Other(name, data, NAME)]) == b""
    with pytest.raises(EncodeError):
        PartEncoder(dialect).send(Other(name, data))


def test_options() -> None:
    assert get(NAME).resumable
    assert not get(NAME, revision=MODERN).resumable
    assert get(NAME, revision=MODERN) == get(NAME, revision=MODERN) != get(NAME)
    with pytest.raises(ValueError, match="mcp has no revision '2027'"):
        get(NAME, revision="2027").writer()
    with pytest.raises(TypeError, match="request_id must be str or int, not bool"):
        get(NAME, request_id=True).writer()
    with pytest.raises(TypeError, match="mcp has no option request"):
        get(NAME, request=1)


def test_a_relay_keeps_how_an_event_was_written() -> None:
    stream = event("", "id: e0", "retry: 5") + event(PROGRESS) + event(ANSWER, "id: e1")
    relay = Transcoder(NAME, NAME)
    assert relay.feed(stream) + relay.close() == b"retry: 5\n" + stream.replace(b"retry: 5\n", b"")


def test_damage_is_no_answer_in_another_revision() -> None:
    transcoder = Transcoder(get(NAME, request_id=1), get(NAME, request_id=1, revision=MODERN))
    written = transcoder.feed(event(PROGRESS, "id: e0") + event("{") + event(ANSWER))
    with pytest.raises(ValueError, match="no JSON") as raised:
        transcoder.close()
    back, _ = read(get(NAME, request_id=1), written + raised.value.data)
    assert [part.kind for part in back] == ["other", "error", "done"]
