"""The flowise dialect: bytes in, parts out; parts in, bytes out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import all_cuts, gather, read, sse, whole, write

from sse_core import Decoder, EncodeError
from sse_core.dialects import (
    BlockEnd,
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

NAME = "flowise"
STOP: list[Part] = [Finish("stop"), Done("event")]
TOOLS = [{"tool": "f", "toolInput": {"x": 1}, "toolOutput": "7"}]


def said(event: Any, data: Any, **members: Any) -> dict[str, Any]:
    return {"event": event, "data": data, **members}


def stream(*payloads: Any) -> bytes:
    """As a server writes it: with a line that is no field before each event, without a space after the colon."""
    return b"".join([b"message:\n" + sse(payload).replace(b"data: {", b"data:{", 1) for payload in payloads])


END = said("end", "[DONE]")
DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "a prediction": (
        b":heartbeat\n\n"
        + stream(
            said("start", "Hi"),
            said("token", "Hi"),
            said("token", " you"),
            said("usedTools", TOOLS),
            said("sourceDocuments", [{"pageContent": "p"}]),
            said("metadata", {"chatId": "c", "chatMessageId": "m"}),
            END,
            said("token", "too late"),
        ),
        [
            Start(),
            TextDelta("Hi"),
            TextDelta(" you"),
            Other("usedTools", TOOLS, NAME),
            Other("sourceDocuments", [{"pageContent": "p"}], NAME),
            Other("metadata", {"chatId": "c", "chatMessageId": "m"}, NAME),
            *STOP,
        ],
    ),
    "as servers wrote it until 2025: the line has no colon": (
        b'message\ndata:{"event":"token","data":"Hi"}\n\nmessage\ndata:{"event":"end","data":"[DONE]"}\n\n',
        [TextDelta("Hi"), *STOP],
    ),
    "thinking, and its end": (
        stream(
            said("start", ""),
            said("thinking", "Hm"),
            said("thinking", "", duration=3),
            said("thinking", "Ho", duration=0),
            said("token", "Hi"),
            END,
        ),
        [
            Start(),
            ReasoningDelta("Hm"),
            BlockEnd(0, "reasoning"),
            ReasoningDelta("Ho"),
            BlockEnd(0, "reasoning"),
            TextDelta("Hi"),
            *STOP,
        ],
    ),
    "usage, of two calls of a model": (
        stream(
            *[said("usageMetadata", {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3})] * 2,
            said("usageMetadata", None),
            END,
        ),
        [Usage(1, 2, 3), Usage(2, 4, 6), *STOP],
    ),
    "the steps of an agent": (
        stream(
            said("agentFlowEvent", "INPROGRESS"),
            said("token", "Hi"),
            said("calledTools", []),
            said("agentFlowEvent", "FINISHED"),
            said("agentFlowEvent", ["STOPPED"]),
            END,
        ),
        [
            Other("agentFlowEvent", "INPROGRESS", NAME),
            TextDelta("Hi"),
            Other("calledTools", [], NAME),
            Other("agentFlowEvent", "FINISHED", NAME),
            Other("agentFlowEvent", ["STOPPED"], NAME),
            *STOP,
        ],
    ),
    "one that waits for a person": (
        stream(said("agentFlowEvent", "STOPPED"), said("action", {"id": 1}), END),
        [
            Other("agentFlowEvent", "STOPPED", NAME),
            Other("action", {"id": 1}, NAME),
            Finish("other", "STOPPED"),
            Done("event"),
        ],
    ),
    "one that was aborted": (
        stream(said("token", "Hi"), said("abort", "[DONE]"), END),
        [TextDelta("Hi"), Finish("other", "abort"), Done("event")],
    ),
    "an error, after which the end comes, too": (
        stream(said("token", "Hi"), said("error", "bad"), END),
        [TextDelta("Hi"), Error("bad"), Done("event")],
    ),
    "errors that say nothing, or more": (
        stream(said("error", ""), said("error", {"message": "bad"}), END),
        [Error("the server sent an error without a message"), Error("bad"), Done("event")],
    ),
    "a start after the first word is none": (
        stream(said("token", "Hi"), said("start", "x"), END),
        [TextDelta("Hi"), Other("start", "x", NAME), *STOP],
    ),
    "what is unknown, empty, or of another type": (
        stream(said("token", ""), said("token", ["Hi"]), said("thinking", 5), said(5, 1), {"a": 1}, END),
        [Other("message", said(5, 1), NAME), Other("message", {"a": 1}, NAME), *STOP],
    ),
}


@pytest.mark.parametrize(("body", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(body: bytes, parts: list[Part]) -> None:
    for chunks in ([body], *all_cuts(body)):
        assert whole(NAME, *chunks) == parts


@pytest.mark.parametrize(("body", "parts"), DECODED.values(), ids=DECODED)
def test_what_is_written_of_it_is_read_as_the_same_again(body: bytes, parts: list[Part]) -> None:
    canonical = whole(NAME, write(NAME, parts))
    assert whole(NAME, write(NAME, canonical)) == canonical
    assert [part for part in canonical if part.kind != "start"][-1] == parts[-1]
    sent, got = gather(parts), gather(canonical)
    assert (got.text, got.reasoning, got.finish_reason, got.usage) == (
        sent.text,
        sent.reasoning,
        sent.finish_reason,
        sent.usage,
    )


def test_an_agent_that_failed_is_written_with_an_error() -> None:
    body = stream(said("agentFlowEvent", "ERROR"), END)
    parts = whole(NAME, body)
    assert parts == [Other("agentFlowEvent", "ERROR", NAME), Finish("error", "ERROR"), Done("event")]
    assert gather(parts).problem() is not None
    assert whole(NAME, write(NAME, parts))[1:] == [Error("the answer ended in an error: ERROR"), Done("event")]


def test_the_end_of_the_body_before_the_end_is_a_truncation() -> None:
    body = stream(said("start", ""), said("token", "Hi"), said("metadata", {}))
    for cut in (b"", body, body + stream(END)[:-4]):
        assert read(NAME, cut)[1] == "flowise: the stream ended before its event end"


ENCODED: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing": ([], [END]),
    "an answer": (
        [Start("m", "gpt"), ReasoningDelta("Hm"), BlockEnd(0, "reasoning"), TextDelta("Hi"), BlockEnd(), Usage(3, 4)],
        [
            said("start", ""),
            said("thinking", "Hm"),
            said("thinking", "", duration=0),
            said("token", "Hi"),
            said("usageMetadata", {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}),
            END,
        ],
    ),
    "a message is begun before the first word; what says nothing is not written": (
        [BlockEnd(0, "reasoning"), TextDelta(""), ReasoningDelta("", signature="s"), TextDelta("Hi"), Finish("length")],
        [said("start", ""), said("token", "Hi"), END],
    ),
    "but where an agent's steps began it": (
        [Other("agentFlowEvent", "INPROGRESS", NAME), TextDelta("Hi")],
        [said("agentFlowEvent", "INPROGRESS"), said("token", "Hi"), END],
    ),
    "an abort": ([Finish("other", "abort")], [said("abort", "[DONE]"), END]),
    "an error, and no finish": ([Error("bad", "t", 7, 500), Finish("stop")], [said("error", "bad"), END]),
    "an answer that ended in an error": (
        [Finish("error")],
        [said("error", "the answer ended in an error: no reason was given"), END],
    ),
    "Others": ([Other("action", {"x": 1}), Other("x", None, NAME)], [said("action", {"x": 1}), said("x", None), END]),
}


@pytest.mark.parametrize(("parts", "payloads"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], payloads: list[Any]) -> None:
    events = Decoder().feed(write(NAME, parts))
    assert [json.loads(event.data) for event in events] == payloads
    assert {event.type for event in events} == {"message"}


def test_its_client_for_python_finds_no_data_in_a_text() -> None:
    data = write(NAME, [TextDelta("a data: b"), Other("data:", {"data:": "\\data:"})])
    assert [line.count(b"data:") for line in data.split(b"\n") if line] == [1] * 4
    assert whole(NAME, data)[1:3] == [TextDelta("a data: b"), Other("data:", {"data:": "\\data:"}, NAME)]


def test_what_was_lost_before_is_no_success() -> None:
    encoder = PartEncoder(NAME)
    body = encoder.send(TextDelta("Hi")) + encoder.send(whole("json", b"data: {\n\n")[0]) + encoder.close()
    assert whole(NAME, body) == [Start(), TextDelta("Hi"), Error("the answer could not be written"), Done("event")]


@pytest.mark.parametrize("name", ["token", "thinking", "usageMetadata", "error", "abort", "end", "start"])
def test_an_other_is_nothing_else(name: str) -> None:
    for data in ("x", {"input_tokens": 1}):
        try:
            sent = PartEncoder(NAME).send(Other(name, data))
        except EncodeError:
            continue
        assert all(part.kind == "other" for part in read(NAME, sent)[0])


def test_what_it_cannot_say() -> None:
    for part in (ToolCallDelta("{}", 0, "c", "f"), TextDelta("Hi", choice=1)):
        with pytest.raises(EncodeError):
            PartEncoder(NAME).send(part)
    assert write(NAME, [ToolCallDelta("{}", 0, "c", "f", True)]) == write(NAME, [])


def test_facts() -> None:
    dialect = get(NAME)
    assert (dialect.resumable, dialect.own_ids, dialect.endless, dialect.error_ends) == (False, True, False, False)
