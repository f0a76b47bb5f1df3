"""The a2a dialect, both versions and both bindings: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import captures
import pytest
from reading import pieces, read, sse, whole, write

from sse_core import Decoder, EncodeError, TruncatedError
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

NAME = "a2a"
IDS = {"taskId": "t", "contextId": "c"}
COMPLETED = "TASK_STATE_COMPLETED"
WORKING = "TASK_STATE_WORKING"
INPUT = "TASK_STATE_INPUT_REQUIRED"
STOP = [Finish("stop", COMPLETED), Done("eof")]
MESSAGE = {"messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": "Hi"}], "contextId": "c"}
QUESTION = {**IDS, "status": {"state": INPUT, "message": {**MESSAGE, "parts": [{"text": "Which city?"}]}}}


def task(state: Any = WORKING, id: Any = "t", **members: Any) -> dict[str, Any]:
    return {"task": {"id": id, "contextId": "c", "status": {"state": state}, **members}}


def status(state: Any, **members: Any) -> dict[str, Any]:
    return {"statusUpdate": {**IDS, "status": {"state": state}, **members}}


def artifact(id: Any, *texts: Any, append: Any = None, last: Any = None, **members: Any) -> dict[str, Any]:
    """An update as a ProtoJSON writer has it: what is false is left out."""
    parts = [{"text": text} if isinstance(text, str) else text for text in texts]
    given = {name: value for name, value in (("append", append), ("lastChunk", last)) if value is not None}
    named = {} if id is None else {"artifactId": id}
    return {"artifactUpdate": {**IDS, "artifact": {**named, "parts": parts, **members}, **given}}


def old(kind: str, **members: Any) -> dict[str, Any]:
    """The same in version 0.3."""
    return {"kind": kind, **members}


def framed(*results: Any, id: Any = 1) -> bytes:
    return sse(*[{"jsonrpc": "2.0", "id": id, "result": result} for result in results])


def other(found: dict[str, Any], block: Any = None) -> Other:
    [(name, data)] = found.items()
    return Other(name, data, NAME, block)


OLD_TASK = old("task", id="t", contextId="c", status={"state": "submitted"})
OLD_STATUS = old("status-update", **IDS, status={"state": "completed", "timestamp": "2025"}, final=True)
OLD_TEXT = old("artifact-update", **IDS, artifact={"artifactId": "a", "parts": [old("text", text="Hi")]}, append=True)
OLD_QUESTION = old("status-update", **IDS, status={"state": "input-required", "message": {"parts": []}}, final=True)

DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "1.0 over HTTP: a task, its artifact, its state": (
        sse(task(), artifact("a", "Hel"), artifact("a", "l", "o", append=True, last=True), status(COMPLETED)),
        [
            other(task()),
            Start("t"),
            *[TextDelta(text, "a") for text in ("Hel", "l", "o")],
            BlockEnd("a"),
            *STOP,
        ],
    ),
    "1.0 over JSON-RPC": (
        framed(task(), artifact(None, "Hi"), artifact(None, "!"), status(COMPLETED, metadata={})),
        [other(task()), Start("t"), TextDelta("Hi"), TextDelta("!"), *STOP],
    ),
    "0.3 over JSON-RPC: the last event says so": (
        framed(OLD_TASK, OLD_TEXT, OLD_STATUS, OLD_STATUS),
        [
            Other("task", OLD_TASK, NAME),
            Start("t"),
            TextDelta("Hi", "a"),
            Finish("stop", "completed"),
            Done("event"),
        ],
    ),
    "0.3 over HTTP": (
        sse(task(), {"message": {"messageId": "m", "content": [{"text": "Hi"}]}}, status(INPUT, final=True)),
        [other(task()), Start("t"), TextDelta("Hi", "m"), BlockEnd("m"), Finish("other", INPUT), Done("event")],
    ),
    "0.3: the last event says no state that is final, or none": (
        framed(old("status-update", status={"state": "unknown"}, final=True)),
        [Finish("other", "unknown"), Done("event")],
    ),
    "0.3: the last event says nothing else": (sse(old("status-update", final=True)), [Finish("other"), Done("event")]),
    "an artifact with a name, and one with nothing": (
        sse(artifact("a", "Hi", name="n", last=True), artifact("b"), status(COMPLETED)),
        [
            other(artifact("a", name="n"), "a"),
            TextDelta("Hi", "a"),
            BlockEnd("a"),
            other(artifact("b"), "b"),
            *STOP,
        ],
    ),
    "an update with more to say, and a task that begins too late": (
        sse(
            {"artifactUpdate": {**artifact("a", "Hi", append=True)["artifactUpdate"], "metadata": {"n": 1}}},
            task(COMPLETED),
        ),
        [
            Other("artifactUpdate", {**artifact("a", append=True)["artifactUpdate"], "metadata": {"n": 1}}, NAME, "a"),
            TextDelta("Hi", "a"),
            other(task(COMPLETED)),
            *STOP,
        ],
    ),
    "the end of an artifact alone, and text of which nothing is said": (
        sse(
            artifact("a", {"text": "Hi", "mediaType": "text/plain"}),
            artifact("a", "", append=True, last=True),
            status(COMPLETED),
        ),
        [TextDelta("Hi", "a"), BlockEnd("a"), *STOP],
    ),
    "artifacts that are no text, or not only": (
        sse(
            artifact("a", {"data": {"n": 1}}),
            artifact("b", "Hi", {"url": "u"}),
            artifact("c", {"text": "Hi", "metadata": {"n": 1}}),
            artifact("d", ["Hi"]),
            status(COMPLETED),
        ),
        [
            other(artifact("a", {"data": {"n": 1}}), "a"),
            other(artifact("b", "Hi", {"url": "u"}), "b"),
            other(artifact("c", {"text": "Hi", "metadata": {"n": 1}}), "c"),
            other(artifact("d", ["Hi"]), "d"),
            *STOP,
        ],
    ),
    "an artifact that comes again replaces what was said": (
        sse(artifact("a", "Hi"), artifact("a", "Ho", append=False), artifact("a", "!", append=True), status(COMPLETED)),
        [TextDelta("Hi", "a"), other(artifact("a", "Ho", append=False), "a"), TextDelta("!", "a"), *STOP],
    ),
    "a message is a whole answer": (
        framed({"message": MESSAGE}),
        [TextDelta("Hi", "m"), BlockEnd("m"), Finish("stop"), Done("eof")],
    ),
    "so is one with more to say, or without an id": (
        sse({"message": {**MESSAGE, "metadata": {"n": 1}}}, {"message": {"parts": [{"text": "Ho"}]}}),
        [
            Other("message", {**MESSAGE, "metadata": {"n": 1}}, NAME, "m"),
            TextDelta("Ho"),
            BlockEnd(),
            Finish("stop"),
            Done("eof"),
        ],
    ),
    "the client's own message says nothing": (
        sse({"message": {**MESSAGE, "role": "user"}}, status(COMPLETED)),
        [Other("message", {**MESSAGE, "role": "user"}, NAME, "m"), *STOP],
    ),
    "states under way, a final one that says more, the task once again": (
        sse(task(), status(WORKING), {"statusUpdate": QUESTION}, task(INPUT)),
        [
            other(task()),
            Start("t"),
            other(status(WORKING)),
            Other("statusUpdate", QUESTION, NAME),
            other(task(INPUT)),
            Finish("other", INPUT),
            Done("eof"),
        ],
    ),
    "a task that goes on after it asked": (
        sse(status(INPUT), status(WORKING), status("TASK_STATE_CANCELLED")),
        [other(status(WORKING)), Finish("other", "TASK_STATE_CANCELLED"), Done("eof")],
    ),
    "a task that failed, by its state": (
        sse(task("TASK_STATE_FAILED")),
        [other(task("TASK_STATE_FAILED")), Start("t"), Finish("error", "TASK_STATE_FAILED"), Done("eof")],
    ),
    "an error of JSON-RPC": (
        sse(
            task(),
            {
                "jsonrpc": "2.0",
                "id": 1,
                "error": {"code": -32001, "message": "Gone", "data": [{"reason": "TASK_NOT_FOUND"}]},
            },
            status(COMPLETED),
        ),
        [other(task()), Start("t"), Error("Gone", "TASK_NOT_FOUND", -32001), Done("error")],
    ),
    "an error of plain HTTP, in an event of that type": (
        b"event: error\n"
        + sse(
            {"error": {"code": 404, "status": "NOT_FOUND", "message": "Gone", "details": [{"n": 1}, {"reason": "X"}]}}
        ),
        [Error("Gone", "X", 404, 404), Done("error")],
    ),
    "an error that is text, and one with nothing": (
        b'event: error\ndata: "boom"\n\n',
        [Error("boom"), Done("error")],
    ),
    "an error of any members": (
        b"event: error\n" + sse({"message": "boom", "type": "t"}),
        [Error("boom", "t"), Done("error")],
    ),
    "what no version has": (
        sse({"x": 1}, {"jsonrpc": "2.0", "id": 1, "result": {"kind": "x"}}, {"task": 7}, status(COMPLETED)),
        [
            Other("message", {"x": 1}, NAME),
            Other("message", {"jsonrpc": "2.0", "id": 1, "result": {"kind": "x"}}, NAME),
            Other("message", {"task": 7}, NAME),
            *STOP,
        ],
    ),
    "members of the wrong types": (
        sse(
            task(7, 7, status=7),
            artifact(7, 7),
            status([], final="yes"),
            {"artifactUpdate": {"artifact": 7}},
            task(COMPLETED),
        ),
        [
            other(task(7, 7, status=7)),
            Start(),
            other(artifact(7, 7), 0),
            other(status([], final="yes")),
            Other("artifactUpdate", {"artifact": 7}, NAME, 0),
            other(task(COMPLETED)),
            *STOP,
        ],
    ),
    "a keep-alive with no data": (sse("", task(COMPLETED)), [other(task(COMPLETED)), Start("t"), *STOP]),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert whole(NAME, stream) == parts
    assert whole(NAME, *pieces(stream)) == parts


@pytest.mark.parametrize("binding", ["jsonrpc", "http"])
@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(stream: bytes, parts: list[Part], binding: str) -> None:
    """In the version that it came in, but for blocks without an id, the code of an error and a message's form."""
    version = "0.3" if parts[-1] == Done("event") else "1.0"
    if version == "0.3":
        binding = "jsonrpc" if b'"kind"' in stream else "http"
    dialect = get(NAME, version=version, binding=binding)
    written = write(dialect, parts)
    canonical = read(NAME, written)[0]
    assert whole(NAME, write(dialect, canonical)) == canonical
    if all(getattr(part, "block", "") != 0 for part in parts):
        before, after = [[part for part in found if part.kind in ("text", "other")] for found in (parts, canonical)]
        assert [part for part in after if part in before] == before


def test_printed_json_without_data_on_its_lines_is_invalid_and_the_stream_goes_on() -> None:
    printed = b"data: " + json.dumps(task(), indent=2).encode() + b"\n\n"
    found = whole(NAME, printed + printed + sse(task(COMPLETED)))
    assert [part.kind for part in found] == ["invalid", "invalid", "other", "start", "finish", "done"]
    with_error = b"data: " + json.dumps({"error": {"message": "x"}}, indent=2).encode() + b"\n\n"
    parts, problem = read(NAME, with_error)
    assert [part.kind for part in parts] == ["invalid"]
    assert problem == "a2a: the stream ended before a final state of its task"


def test_the_stream_that_the_document_of_0_3_prints() -> None:
    path = captures.FOLDER / "protocol" / "a2a" / "v0_3_docs_broken_pretty_json.sse"
    if not path.is_file():
        pytest.skip(captures.WHY_NOT)
    stream = path.read_bytes()
    parts, problem = read(NAME, stream + b"\n" + sse(task(COMPLETED)))
    assert [part.kind for part in parts] == ["invalid"] * 5 + ["other", "start", "finish", "done"]
    assert problem is None
    assert read(NAME, *pieces(stream)) == read(NAME, stream)
    assert read(NAME, stream)[1] == "a2a: the stream ended before a final state of its task"


@pytest.mark.parametrize("data", ["[DONE]", "{", "7", "[]", "null", '"x"'])
def test_what_is_no_object_is_invalid(data: str) -> None:
    parts = whole(NAME, sse(data, status(COMPLETED)))
    assert [part.kind for part in parts] == ["invalid", "finish", "done"]


CUTS: dict[str, bytes] = {
    "nothing": b"",
    "a task under way": sse(task()),
    "text": sse(artifact("a", "Hi", last=True)),
    "text after it asked": sse(status(INPUT), artifact("a", "Hi")),
    "a message beside a task": sse(task(), {"message": MESSAGE}),
    "the client's own message": sse({"message": {**MESSAGE, "role": "ROLE_USER"}}),
    "half a task after the end": sse(status(COMPLETED)) + sse(task(COMPLETED))[:-9],
}


@pytest.mark.parametrize("stream", CUTS.values(), ids=CUTS)
def test_a_cut_is_told(stream: bytes) -> None:
    decoder = PartDecoder(NAME)
    decoder.feed(stream)
    with pytest.raises(TruncatedError, match=r"^a2a: the stream ended (before a final state of its task|inside)"):
        decoder.close()


def test_a_stream_goes_on_over_a_second_connection() -> None:
    decoder = PartDecoder(NAME)
    decoder.feed(sse(task(), artifact("a", "Hel")))
    with pytest.raises(TruncatedError):
        decoder.close()
    decoder.reset()
    again = decoder.feed(sse(task(artifacts=[]), artifact("a", "lo", append=True), status(COMPLETED)))
    assert again + decoder.close() == [other(task(artifacts=[])), TextDelta("lo", "a"), *STOP]


def test_artifacts_that_were_begun_are_known_up_to_a_number() -> None:
    decoder, encoder = PartDecoder(NAME), PartEncoder(NAME)
    for number in range(1025):
        encoder.send(TextDelta("Hi", f"a{number}"))
        decoder.feed(sse(artifact(f"a{number}", "Hi")))
    assert decoder.feed(sse(artifact("a1023", "Ho"), artifact("a1024", "Ho"))) == [
        other(artifact("a1023", "Ho"), "a1023"),
        TextDelta("Ho", "a1024"),
    ]
    assert encoder.send(other(artifact("a1023", "Ho")))
    assert not encoder.send(other(artifact("a1024", "Ho")))


def payloads(data: bytes) -> list[tuple[str, Any]]:
    return [(event.type, json.loads(event.data)) for event in Decoder().feed(data)]


def said(*found: dict[str, Any]) -> list[tuple[str, Any]]:
    return [("message", one) for one in found]


MINE = {"taskId": "task-1", "contextId": "context-1"}
MY_TASK = {"task": {"id": "task-1", "contextId": "context-1", "status": {"state": WORKING}}}


def my_text(id: str, text: str, append: bool = False, last: bool = False) -> dict[str, Any]:
    update = {**MINE, "artifact": {"artifactId": id, "parts": [{"text": text}]}, "append": append, "lastChunk": last}
    return {"artifactUpdate": update}


def my_status(state: str, **members: Any) -> dict[str, Any]:
    return {"statusUpdate": {**MINE, "status": {"state": state}, **members}}


REASON = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "a2a-protocol.org"}
LOST = "the answer was lost on its way"

# Over plain HTTP.
ENCODED: dict[str, tuple[list[Part], list[tuple[str, Any]]]] = {
    "nothing": ([], said(MY_TASK, my_status(COMPLETED))),
    "an answer, less what has no place": (
        [
            Start("x", "model"),
            ReasoningDelta("Hm"),
            BlockEnd(0, "reasoning"),
            BlockEnd(7),
            TextDelta(""),
            ToolCallDelta("{}", 0, "c", "f", True),
            Usage(1),
            Finish("stop"),
        ],
        said(
            {"task": {**MY_TASK["task"], "id": "x"}},
            {"statusUpdate": {**my_status(COMPLETED)["statusUpdate"], "taskId": "x"}},
        ),
    ),
    "text in blocks": (
        [TextDelta("Hel"), TextDelta("lo"), TextDelta("!", "b"), BlockEnd(0), TextDelta("?"), Finish("length")],
        said(
            MY_TASK,
            my_text("artifact-0", "Hel"),
            my_text("artifact-0", "lo", True),
            my_text("b", "!"),
            my_text("artifact-0", "", True, True),
            my_text("artifact-0", "?", True),
            my_status(COMPLETED),
        ),
    ),
    "a state of its own": ([Finish("other", "rejected")], said(MY_TASK, my_status("TASK_STATE_REJECTED"))),
    "a reason with no state": ([Finish("other", "pause_turn")], said(MY_TASK, my_status(INPUT))),
    "a filter": ([Finish("content_filter", "completed")], said(MY_TASK, my_status("TASK_STATE_REJECTED"))),
    "a failure": ([Finish("error")], said(MY_TASK, my_status("TASK_STATE_FAILED"))),
    "a task that an Other tells, and its end": (
        [other(task()), Start("t"), TextDelta("Hi", "a"), Other("statusUpdate", QUESTION), Finish("other", INPUT)],
        said(
            task(),
            {"artifactUpdate": {**my_text("a", "Hi")["artifactUpdate"], **IDS}},
            {"statusUpdate": QUESTION},
        ),
    ),
    "an end that an Other alone tells": ([other(task("TASK_STATE_REJECTED"))], said(task("TASK_STATE_REJECTED"))),
    "an end that an Other took back": (
        [other(task(INPUT)), other(status(WORKING, metadata={"n": 1}))],
        said(
            task(INPUT), status(WORKING, metadata={"n": 1}), {"statusUpdate": {**IDS, "status": {"state": COMPLETED}}}
        ),
    ),
    "an end other than an Other told": (
        [Other("statusUpdate", QUESTION), Finish("stop")],
        said({"statusUpdate": QUESTION}, MY_TASK, my_status(COMPLETED)),
    ),
    "a message that is the answer": (
        [Other("message", {**MESSAGE, "metadata": {"n": 1}}, NAME), Finish("stop")],
        said({"message": {**MESSAGE, "metadata": {"n": 1}}}),
    ),
    "a message, and another end": (
        [Other("message", {**MESSAGE, "metadata": {"n": 1}}, NAME), Finish("error")],
        said({"message": {**MESSAGE, "metadata": {"n": 1}}}, MY_TASK, my_status("TASK_STATE_FAILED")),
    ),
    "an artifact with a name, one that replaces it, one without an id": (
        [
            other(artifact("a", name="n"), "a"),
            TextDelta("Hi", "a"),
            other(artifact("a", "Ho"), "a"),
            other(artifact(None, {"url": "u"}), 0),
            other(status(COMPLETED, metadata={"n": 1})),
        ],
        said(
            artifact("a", name="n"),
            MY_TASK,
            my_text("a", "Hi", True),
            artifact("a", "Ho"),
            artifact(None, {"url": "u"}),
            status(COMPLETED, metadata={"n": 1}),
        ),
    ),
    "an error ends it": (
        [TextDelta("Hi"), Error("Gone", "TASK_NOT_FOUND", -32001, 404), TextDelta("late"), Finish("stop")],
        [
            *said(MY_TASK, my_text("artifact-0", "Hi")),
            (
                "error",
                {
                    "error": {
                        "code": 404,
                        "status": "UNKNOWN",
                        "message": "Gone",
                        "details": [{**REASON, "reason": "TASK_NOT_FOUND"}],
                    }
                },
            ),
        ],
    ),
    "what was lost is no success, and no Other says so": (
        [
            Invalid(None, ValueError("x")),
            other(task(COMPLETED)),
            Other("message", {**MESSAGE, "metadata": {"n": 1}}, NAME),
            TextDelta("Hi"),
            Finish("stop"),
        ],
        [
            *said(MY_TASK, my_text("artifact-0", "Hi")),
            ("error", {"error": {"code": 500, "status": "UNKNOWN", "message": LOST}}),
        ],
    ),
    "what no version has": ([Other("x", {"a": 1})], [("x", {"a": 1}), *said(MY_TASK, my_status(COMPLETED))]),
}


@pytest.mark.parametrize(("parts", "events"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], events: list[tuple[str, Any]]) -> None:
    assert payloads(write(get(NAME, binding="http"), parts)) == events


TEXT = [TextDelta("Hi", "a"), Finish("other", "canceled")]
VERSIONS: dict[str, tuple[dict[str, Any], list[Part], list[tuple[str, Any]]]] = {
    "1.0 over JSON-RPC": (
        {"request_id": "r"},
        TEXT,
        [
            ("message", {"jsonrpc": "2.0", "id": "r", "result": result})
            for result in (MY_TASK, my_text("a", "Hi"), my_status("TASK_STATE_CANCELED"))
        ],
    ),
    "0.3 over HTTP": (
        {"version": "0.3", "binding": "http", "context_id": "context-1"},
        TEXT,
        said(MY_TASK, my_text("a", "Hi"), my_status("TASK_STATE_CANCELLED", final=True)),
    ),
    "0.3 over JSON-RPC": (
        {"version": "0.3", "request_id": 7},
        TEXT,
        [
            ("message", {"jsonrpc": "2.0", "id": 7, "result": result})
            for result in (
                old("task", id="task-1", contextId="context-1", status={"state": "working"}),
                old(
                    "artifact-update",
                    **MINE,
                    artifact={"artifactId": "a", "parts": [old("text", text="Hi")]},
                    append=False,
                    lastChunk=False,
                ),
                old("status-update", **MINE, status={"state": "canceled"}, final=True),
            )
        ],
    ),
    "0.3, the end told by an Other": (
        {"version": "0.3"},
        [Other("task", OLD_TASK), Start("t"), Other("statusUpdate", OLD_QUESTION), Finish("other", "input-required")],
        [("message", {"jsonrpc": "2.0", "id": None, "result": result}) for result in (OLD_TASK, OLD_QUESTION)],
    ),
    "0.3, an end that an Other told is said to be the last": (
        {"version": "0.3"},
        [Other("task", old("task", id="t", status={"state": "failed"})), Start("t"), Finish("error", "failed")],
        [
            ("message", {"jsonrpc": "2.0", "id": None, "result": result})
            for result in (
                old("task", id="t", status={"state": "failed"}),
                old("status-update", **{**MINE, "taskId": "t"}, status={"state": "failed"}, final=True),
            )
        ],
    ),
    "an Other of 0.3 in 1.0": (
        {"binding": "http"},
        [Other("task", OLD_TASK, NAME), Start("t")],
        said(
            {"task": {**MY_TASK["task"], "id": "t"}},
            {"statusUpdate": {**my_status(COMPLETED)["statusUpdate"], "taskId": "t"}},
        ),
    ),
    "an Other of 1.0 in 0.3": (
        {"version": "0.3", "request_id": 1},
        [other(task(INPUT)), Error("Gone", None, "x")],
        [
            (
                "message",
                {
                    "jsonrpc": "2.0",
                    "id": 1,
                    "error": {"code": -32603, "message": "Gone", "data": [{**REASON, "reason": "x"}]},
                },
            )
        ],
    ),
    "an error in 1.0 over JSON-RPC": (
        {"request_id": 1},
        [Error("Gone", None, -32001)],
        [("error", {"jsonrpc": "2.0", "id": 1, "error": {"code": -32001, "message": "Gone"}})],
    ),
}


@pytest.mark.parametrize(("options", "parts", "events"), VERSIONS.values(), ids=VERSIONS)
def test_encodes_each_version_and_binding(
    options: dict[str, Any], parts: list[Part], events: list[tuple[str, Any]]
) -> None:
    assert payloads(write(get(NAME, **options), parts)) == events


OTHERS: dict[str, tuple[str, Any]] = {
    "a plain final state, which is a Finish": ("statusUpdate", status(COMPLETED)["statusUpdate"]),
    "text": ("artifactUpdate", artifact("a", "Hi")["artifactUpdate"]),
    "text that appends": ("artifactUpdate", artifact("a", "Hi", append=True, name="n")["artifactUpdate"]),
    "the end of an artifact": ("artifactUpdate", artifact("a", last=True)["artifactUpdate"]),
    "a message of text": ("message", MESSAGE),
    "data that is no object": ("task", [task()]),
    "text by another name": ("x", artifact("a", "Hi")),
    "a final state by another name": ("x", status(COMPLETED)),
    "an error": ("x", {"error": {"message": "bad"}}),
    "an event of errors": ("error", {"a": 1}),
}


@pytest.mark.parametrize(("name", "data"), OTHERS.values(), ids=OTHERS)
def test_an_other_is_nothing_else(name: str, data: Any) -> None:
    dialect = get(NAME, binding="http")
    if name != "x" or "statusUpdate" not in data:
        assert write(dialect, [Other(name, data, NAME)]) == write(dialect, [])
        with pytest.raises(EncodeError):
            PartEncoder(dialect).send(Other(name, data))
    else:
        assert whole(NAME, write(dialect, [Other(name, data, NAME)]))[-2:] == STOP


def test_what_cannot_be_said() -> None:
    for part in (ToolCallDelta("{}", 0, "c", "f"), TextDelta("Hi", choice=1)):
        with pytest.raises(EncodeError):
            PartEncoder(NAME).send(part)
    encoder = PartEncoder(NAME)
    encoder.send(TextDelta("Hi"))
    with pytest.raises(EncodeError, match="no message begins again"):
        encoder.send(Start("x"))


def test_options() -> None:
    for options in ({"version": "2"}, {"binding": "grpc"}):
        with pytest.raises(ValueError, match="a2a has no version"):
            get(NAME, **options).writer()
    assert not get(NAME).resumable


def test_a_provider_s_id_is_no_task() -> None:
    source = (
        b'data: {"id":"c1","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )
    transcoder = Transcoder("openai-chat", get(NAME, binding="http"))
    assert payloads(transcoder.feed(source) + transcoder.close()) == said(
        MY_TASK, my_text("artifact-0", "Hi"), my_status(COMPLETED)
    )
