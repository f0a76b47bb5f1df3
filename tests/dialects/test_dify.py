# SPDX-License-Identifier: MIT
"""The dify dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

from typing import Any

import captures
import pytest
from reading import all_cuts, gather, pieces, read, sse, whole, write
from tries import some

from sse_core import Decoder, EncodeError, LimitError, TruncatedError
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

NAME = "dify"
IDS = {"task_id": "t1", "message_id": "m1", "conversation_id": "c1"}
RUN = {"task_id": "t1", "workflow_run_id": "r1"}
EOF: list[Part] = [Finish("stop"), Done("eof")]


def ev(event: str, ids: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
    return {"event": event, **(IDS if ids is None else ids), **members}


def message(answer: Any, **members: Any) -> dict[str, Any]:
    return ev("message", answer=answer, **members)


def data(event: str, **members: Any) -> dict[str, Any]:
    """An event of a workflow."""
    return ev(event, RUN, data=members)


def reasoning(text: Any, is_final: Any = False, **members: Any) -> dict[str, Any]:
    return data("reasoning_chunk", reasoning=text, is_final=is_final, **members)


def own(payload: dict[str, Any]) -> Other:
    return Other(payload["event"], payload, NAME)


END = ev("message_end", metadata={})
USED = ev("message_end", metadata={"usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}})
PAUSED = data("workflow_paused", status="paused", total_tokens=5)
SUCCEEDED = data("workflow_finished", status="succeeded", total_tokens=9)
BROKE = data("workflow_finished", status="failed", error="node 3 broke", total_tokens=9)
ENDED = [own(END), *EOF]


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "a chat": (
        sse(message("Hel"), message("lo"), USED),
        [Start("m1"), TextDelta("Hel"), TextDelta("lo"), own(USED), Usage(3, 4, 7), *EOF],
    ),
    "an agent: its thoughts are Others": (
        sse(ev("agent_thought", thought="Hm", tool="f"), ev("agent_message", answer="Hi"), END),
        [own(ev("agent_thought", thought="Hm", tool="f")), Start("m1"), TextDelta("Hi"), *ENDED],
    ),
    "a workflow: text_chunk, and how it finished": (
        sse(data("workflow_started"), data("text_chunk", text="Hi"), SUCCEEDED),
        [
            own(data("workflow_started")),
            Start("r1"),
            TextDelta("Hi"),
            own(SUCCEEDED),
            Usage(total_tokens=9),
            Finish("stop", "succeeded"),
            Done("eof"),
        ],
    ),
    "a chatflow: message_end, whose usage counts, then workflow_finished": (
        sse(message("Hi"), USED, SUCCEEDED),
        [
            Start("m1"),
            TextDelta("Hi"),
            own(USED),
            Usage(3, 4, 7),
            own(SUCCEEDED),
            Finish("stop", "succeeded"),
            Done("eof"),
        ],
    ),
    "what trails the end": (
        sse(message("Hi"), END, ev("tts_message_end", audio="")),
        [Start("m1"), TextDelta("Hi"), own(END), own(ev("tts_message_end", audio="")), *EOF],
    ),
    "a workflow that is paused": (
        sse(PAUSED),
        [own(PAUSED), Start("r1"), Finish("other", "paused"), Done("eof")],
    ),
    "paused without a status": (
        sse(data("workflow_paused")),
        [own(data("workflow_paused")), Start("r1"), Finish("other", "paused"), Done("eof")],
    ),
    "paused, and it goes on": (
        sse(PAUSED, data("text_chunk", text="Hi"), SUCCEEDED),
        [
            own(PAUSED),
            Start("r1"),
            TextDelta("Hi"),
            own(SUCCEEDED),
            Usage(total_tokens=9),
            Finish("stop", "succeeded"),
            Done("eof"),
        ],
    ),
    "a workflow that was stopped": (
        sse(data("workflow_finished", status="stopped", error="by the user")),
        [
            own(data("workflow_finished", status="stopped", error="by the user")),
            Start("r1"),
            Finish("other", "stopped"),
            Done("eof"),
        ],
    ),
    "a workflow that succeeded in part": (
        sse(data("workflow_finished", status="partial-succeeded")),
        [
            own(data("workflow_finished", status="partial-succeeded")),
            Start("r1"),
            Finish("stop", "partial-succeeded"),
            Done("eof"),
        ],
    ),
    "a workflow without a status": (
        sse(data("workflow_finished")),
        [own(data("workflow_finished")), Start("r1"), Finish("stop"), Done("eof")],
    ),
    "a workflow that failed: nothing follows, not the same error either": (
        sse(BROKE, ev("error", RUN, code="x", message="node 3 broke", status=500)),
        [own(BROKE), Start("r1"), Usage(total_tokens=9), Error("node 3 broke"), Done("error")],
    ),
    "a workflow that failed without saying why": (
        sse(data("workflow_finished", status="failed", error="")),
        [
            own(data("workflow_finished", status="failed", error="")),
            Start("r1"),
            Finish("error", "failed"),
            Done("eof"),
        ],
    ),
    "an error": (
        sse(message("Hi"), ev("error", status=400, code="invalid_param", message="bad"), END),
        [Start("m1"), TextDelta("Hi"), Error("bad", None, "invalid_param", 400), Done("error")],
    ),
    "an error at once": (sse(ev("error", {}, message="bad")), [Error("bad"), Done("error")]),
    "a replacement is a second message": (
        sse(message("Hel"), ev("message_replace", answer="No.", reason="moderation"), message(" Sorry."), END),
        [Start("m1"), TextDelta("Hel"), Start("m1"), TextDelta("No."), TextDelta(" Sorry."), *ENDED],
    ),
    "a replacement without ids or text": (
        sse(message("Hel"), ev("message_replace", {}), END),
        [Start("m1"), TextDelta("Hel"), Start(), *ENDED],
    ),
    "a replacement after the end: another end is to come": (
        sse(END, ev("message_replace", answer="No."), END),
        [own(END), Start("m1"), Start("m1"), TextDelta("No."), *ENDED],
    ),
    "the message that says all again adds nothing": (
        sse(message("Hel"), ev("agent_message", answer="lo"), message("Hello"), END),
        [Start("m1"), TextDelta("Hel"), TextDelta("lo"), *ENDED],
    ),
    "so after a replacement": (
        sse(message("x"), ev("message_replace", answer="Hel"), message("lo"), message("Hello"), END),
        [Start("m1"), TextDelta("x"), Start("m1"), TextDelta("Hel"), TextDelta("lo"), *ENDED],
    ),
    "said in one piece, it may be more of the same": (
        sse(message("ha"), message("ha"), message("hah"), END),
        [Start("m1"), TextDelta("ha"), TextDelta("ha"), TextDelta("hah"), *ENDED],
    ),
    "so an agent_message, of which no document says it": (
        sse(message("ha"), message("ha"), ev("agent_message", answer="haha"), END),
        [Start("m1"), TextDelta("ha"), TextDelta("ha"), TextDelta("haha"), *ENDED],
    ),
    "the halves of a character, and the whole": (
        b'data: {"event":"message","answer":"\\ud83d"}\n\n'
        b'data: {"event":"message","answer":"\\ude00"}\n\n' + sse(message("\U0001f600", message_id=None), END),
        [TextDelta("\ud83d"), TextDelta("\ude00"), *ENDED],
    ),
    "reasoning, by node": (
        sse(reasoning("Hm", node_id="n1"), reasoning("", True, node_id="n1"), reasoning("So"), SUCCEEDED),
        [
            Start("r1"),
            ReasoningDelta("Hm", "n1"),
            BlockEnd("n1", "reasoning"),
            ReasoningDelta("So"),
            own(SUCCEEDED),
            Usage(total_tokens=9),
            Finish("stop", "succeeded"),
            Done("eof"),
        ],
    ),
    "an id that comes late is no Start: it would void the text": (
        sse(message("Hi", message_id=None), END),
        [TextDelta("Hi"), *ENDED],
    ),
    "a ping is a line without data": (
        b"event: ping\n\n" + sse(message("Hi")) + b"event: ping\n\n" + sse(END) + b"event: ping\n\n",
        [Start("m1"), TextDelta("Hi"), *ENDED],
    ),
    "where its blank line is missing, the JSON has the name": (
        b"event: ping\n" + sse(message("Hi")) + b"event: ping\n" + sse(END),
        [Start("m1"), TextDelta("Hi"), *ENDED],
    ),
    "no name at all": (
        sse({"event": ["message"], "answer": "x"}, {"answer": "x"}, END),
        [
            Other("message", {"event": ["message"], "answer": "x"}, NAME),
            Other("message", {"answer": "x"}, NAME),
            own(END),
            Start("m1"),
            *EOF,
        ],
    ),
    "members of the wrong types": (
        sse(
            message(["x"]),
            ev("text_chunk", data="x"),
            reasoning({}, "yes", node_id=7),
            ev("message_end", metadata={"usage": [3]}),
            data("workflow_finished", status=["failed"], error={}, total_tokens="9"),
        ),
        [
            Start("m1"),
            own(ev("message_end", metadata={"usage": [3]})),
            own(data("workflow_finished", status=["failed"], error={}, total_tokens="9")),
            *EOF,
        ],
    ),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert whole(NAME, stream) == parts
    assert whole(NAME, *pieces(stream)) == parts


@pytest.mark.parametrize("stream", [stream for stream, _ in DECODED.values()], ids=DECODED)
def test_same_dialect_in_and_out(stream: bytes) -> None:
    """What was written once stays as it is."""
    canonical = whole(NAME, write(NAME, whole(NAME, stream)))
    assert whole(NAME, write(NAME, canonical)) == canonical


# Ids are made up where there were none; an Error is written as one; what is nothing is dropped.
CHANGED = (
    "a workflow that failed: nothing follows, not the same error either",
    "a workflow that failed without saying why",
    "a replacement without ids or text",
    "the halves of a character, and the whole",
    "an id that comes late is no Start: it would void the text",
    "members of the wrong types",
)


@pytest.mark.parametrize("name", [name for name in DECODED if name not in CHANGED])
def test_same_dialect_in_and_out_keeps_all(name: str) -> None:
    parts = DECODED[name][1]
    assert whole(NAME, write(NAME, parts)) == parts


def test_a_cut_is_told() -> None:
    stream = sse(message("Hi"), END)
    complete = len(stream) - 2
    for cut in range(1, len(stream)):
        decoder = PartDecoder(NAME)
        parts = decoder.feed(stream[:cut])
        if cut >= complete:
            assert isinstance((parts + decoder.close())[-1], Done)
        else:
            with pytest.raises(TruncatedError, match="before message_end, workflow_finished or workflow_paused"):
                decoder.close()


def test_half_an_event_after_the_end_is_a_cut() -> None:
    parts, problem = read(NAME, sse(message("Hi"), END) + b'data: {"event":"workflow_fin')
    assert problem == "dify: the stream ended inside an event"
    assert parts[-1] == own(END)


MADE = {"task_id": "task-1", "message_id": "message-1", "conversation_id": "conversation-1"}


def made(event: str, ids: dict[str, str] | None = None, **members: Any) -> dict[str, Any]:
    return {"event": event, **(MADE if ids is None else ids), **members, "created_at": 0}


def made_end(**usage: int) -> dict[str, Any]:
    return made("message_end", metadata={"usage": usage})


ENCODED: dict[str, tuple[list[Part], list[dict[str, Any]]]] = {
    "nothing": ([], [made_end()]),
    "text and usage": (
        [TextDelta("Hi"), BlockEnd(), Usage(3, 4, 7), Finish("length")],
        [made("message", answer="Hi"), made_end(prompt_tokens=3, completion_tokens=4, total_tokens=7)],
    ),
    "a Start has the id": (
        [Start("m9", "model-1"), TextDelta("Hi")],
        [
            made("message", MADE | {"message_id": "m9"}, answer="Hi"),
            made("message_end", MADE | {"message_id": "m9"}, metadata={"usage": {}}),
        ],
    ),
    "a second Start takes back what was said": (
        [Start(), TextDelta("Hel"), Usage(3), Start("m2"), TextDelta("No")],
        [
            made("message", answer="Hel"),
            made("message_replace", MADE | {"message_id": "m2"}, answer=""),
            made("message", MADE | {"message_id": "m2"}, answer="No"),
            made("message_end", MADE | {"message_id": "m2"}, metadata={"usage": {}}),
        ],
    ),
    "so does a Start after text": (
        [TextDelta("Hel"), Start()],
        [made("message", answer="Hel"), made("message_replace", answer=""), made_end()],
    ),
    "text that a reader would take for all of it again": (
        [TextDelta("ha"), TextDelta("ha"), TextDelta("haha")],
        [
            made("message", answer="ha"),
            made("message", answer="ha"),
            made("agent_message", answer="haha"),
            made_end(),
        ],
    ),
    "reasoning": (
        [ReasoningDelta("Hm", "n1"), BlockEnd("n1", "reasoning"), ReasoningDelta("", 1, "c2ln"), ReasoningDelta("So")],
        [
            made("reasoning_chunk", data={"reasoning": "Hm", "node_id": "n1", "is_final": False}),
            made("reasoning_chunk", data={"reasoning": "", "node_id": "n1", "is_final": True}),
            made("reasoning_chunk", data={"reasoning": "", "node_id": "1", "is_final": False}),
            made("reasoning_chunk", data={"reasoning": "So", "is_final": False}),
            made_end(),
        ],
    ),
    "an error is the end": (
        [TextDelta("Hi"), Usage(3), Error("bad", "t", "c", 500), TextDelta("more"), Finish("stop")],
        [
            made("message", answer="Hi"),
            {"event": "error", "status": 500, "code": "c", "message": "bad", "type": "t"},
        ],
    ),
    "so is a finish in error": (
        [TextDelta("Hi"), Finish("error", "overloaded")],
        [
            made("message", answer="Hi"),
            {"event": "error", "message": "the answer ended in an error: overloaded"},
        ],
    ),
    "the ids are those of the first Other with some": (
        [Other("note", {"n": 1}), own(ev("file", url="u")), own(ev("file", {"task_id": "t2"})), TextDelta("Hi")],
        [
            {"event": "note", "n": 1},
            ev("file", url="u"),
            {"event": "file", "task_id": "t2"},
            made("message", IDS, answer="Hi"),
            made("message_end", IDS, metadata={"usage": {}}),
        ],
    ),
    "a workflow has text_chunk, and ends as its Other says": (
        [own(data("workflow_started")), Start("r1"), TextDelta("Hi"), own(SUCCEEDED), Usage(total_tokens=9)],
        [data("workflow_started"), made("text_chunk", RUN, data={"text": "Hi"}), SUCCEEDED],
    ),
    "text after an Other's end: it was none": (
        [own(PAUSED), TextDelta("Hi"), Usage(3, 4, 7)],
        [
            PAUSED,
            made("text_chunk", RUN, data={"text": "Hi"}),
            made("workflow_finished", RUN, data={"status": "succeeded", "total_tokens": 7}),
        ],
    ),
    "a workflow that did not succeed": (
        [own(data("workflow_started")), Finish("other", "stopped")],
        [data("workflow_started"), made("workflow_finished", RUN, data={"status": "stopped"})],
    ),
    "so is reasoning": (
        [own(END), ReasoningDelta("Hm")],
        [
            END,
            made("reasoning_chunk", IDS, data={"reasoning": "Hm", "is_final": False}),
            made("message_end", IDS, metadata={"usage": {}}),
        ],
    ),
    "an Other's end, but it finished in an error": (
        [own(END), Finish("error", "x")],
        [END, {"event": "error", "message": "the answer ended in an error: x"}],
    ),
    "an end after damage is none": (
        [Invalid(None, ValueError("x")), own(END), TextDelta("Hi")],
        [made("message", answer="Hi"), {"event": "error", "message": "the answer was lost on its way"}],
    ),
    "damage after an Other's end": (
        [own(END), Invalid(None, ValueError("x"))],
        [END, {"event": "error", "message": "the answer was lost on its way"}],
    ),
    "what is no object": (
        [Other("note", [1]), Other("message", {"n": 1})],
        [{"event": "note", "data": [1]}, {"n": 1}, made_end()],
    ),
    "another name than the payload's": (
        [Other("note", {"event": "message", "answer": "x"})],
        [{"event": "note", "answer": "x"}, made_end()],
    ),
}


@pytest.mark.parametrize(("parts", "payloads"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], payloads: list[dict[str, Any]]) -> None:
    stream = write(NAME, parts)
    assert b"event:" not in stream
    assert [event.json() for event in Decoder().feed(stream)] == payloads


def test_what_cannot_be_said() -> None:
    encoder = PartEncoder(NAME)
    with pytest.raises(EncodeError, match="no tool calls"):
        encoder.send(ToolCallDelta("{}", 0, "c", "f"))
    assert encoder.send(TextDelta("Hi")) + encoder.close() == write(NAME, [TextDelta("Hi")])


RESERVED = {
    "text": message("x"),
    "an agent's": ev("agent_message", answer="x"),
    "a workflow's": data("text_chunk", text="x"),
    "a replacement": ev("message_replace", answer="x"),
    "reasoning": reasoning("x"),
    "nothing": message(""),
    "an error": ev("error", message="x"),
    "a failure": BROKE,
}


@pytest.mark.parametrize("payload", RESERVED.values(), ids=RESERVED)
def test_an_other_is_nothing_else(payload: dict[str, Any]) -> None:
    assert write(NAME, [own(payload)]) == write(NAME, [])
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other(payload["event"], payload))


def test_an_other_without_a_name_has_no_event() -> None:
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other("", {"n": 1}))


def test_the_ids_of_a_message_are_held_once() -> None:
    encoder = PartEncoder(NAME, max_size=1_000)
    for _ in range(9):
        encoder.send(own(ev("file", {"message_id": "m" * 300})))
    with pytest.raises(LimitError):
        PartEncoder(NAME, max_size=1_000).send(own(ev("file", {"message_id": "m" * 1_000})))


def test_ids_of_another_dialect_stay_behind() -> None:
    transcoder = Transcoder("websopy", NAME)
    stream = (
        transcoder.feed(b'data: {"type":"content","content":"Hi"}\n\ndata: {"type":"done"}\n\n') + transcoder.close()
    )
    assert stream == write(NAME, [TextDelta("Hi"), Finish("stop")])
    assert get(NAME).own_ids


FILES = sorted((captures.FOLDER / NAME).glob("*.sse"))
SAID = {
    "chat-messages-humanInputPause": ("2e4f6a8b-1c3d-5e7f-9a0b-2c4d6e8f0a1b", "", "", "paused", None),
    "chat-messages-streamingResponseBasic": ("5ad4cb98-f0c7-4085-b384-88c403be6290", " I", "", None, 10),
    "completion-messages-streamingResponse": ("5ad4cb98-f0c7-4085-b384-88c403be6290", " I'm", "", None, 1168),
    "workflows-run-humanInputPause": ("fb47b2e6-5e43-4f90-be01-d5c5a088d156", "", "", "paused", None),
    "workflows-run-streamingResponse": (
        "fb47b2e6-5e43-4f90-be01-d5c5a088d156",
        "Bonjour",
        "Let me translate that.",
        "succeeded",
        150,
    ),
    "workflows-workflow-id-run-streamingResponse": (
        "fb47b2e6-5e43-4f90-be01-d5c5a088d156",
        "Bonjour",
        "Let me translate that.",
        "succeeded",
        150,
    ),
}


@pytest.mark.skipif(FILES == [], reason=captures.WHY_NOT)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_examples_of_the_documentation(file: Any) -> None:
    """What each says, for every cut; and event by event the same again."""
    stream = file.read_bytes()
    parts = whole(NAME, stream)
    message = gather(parts)
    total = message.usage and message.usage.total_tokens
    said = (message.id, message.text, message.reasoning, message.choices[0].raw_reason, total)
    assert said == SAID[file.stem.removeprefix("dify__doc-")]
    assert (message.problem() is None) == (said[3] != "paused")
    for chunks in some(all_cuts(stream), file.stem):
        assert whole(NAME, *chunks) == parts
    again = write(NAME, parts)
    assert whole(NAME, again) == parts
    events, before = ([event.json() for event in Decoder().feed(bytes)] for bytes in (again, stream))
    assert [event["event"] for event in events] == [event["event"] for event in before]
