"""ChatKit's server SDK takes what we write for its own events, and we read what its server streams."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar
from urllib.request import Request, urlopen

import pytest
from interop import SCENARIOS, Call, Reads, Record
from loopback import TIMEOUT, serve
from reading import pieces, read, write

from sse_core.dialects import BlockEnd, Done, Error, Finish, Part, ReasoningDelta, TextDelta, ToolCallDelta, get

WHY_NOT = "openai-chatkit cannot stand beside cozepy: tests/interop/requirements-chatkit.txt has it alone"
types = pytest.importorskip("chatkit.types", reason=WHY_NOT)
pydantic = pytest.importorskip("pydantic", reason=WHY_NOT)
NAME = "openai-chatkit"


def events_at(url: str) -> list[Any]:
    """The events, each of a line, and worded as the SDK words it."""
    with urlopen(Request(url, b"{}"), timeout=TIMEOUT) as answer:
        lines = [line for line in answer.read().split(b"\n") if line and not line.startswith(b":")]
    found = []
    for line in lines:
        assert line.startswith(b"data: ")
        payload = json.loads(line.removeprefix(b"data: "))
        event = pydantic.TypeAdapter(types.ThreadStreamEvent).validate_python(payload)
        assert json.loads(event.model_dump_json(by_alias=True, exclude_unset=True)) == payload
        found.append(event)
    return found


Respond = Callable[[Any], AsyncIterator[Any]]


def made(respond: Respond) -> Any:
    """A server of the SDK's that answers with the events of `respond`, and keeps nothing."""
    server = pytest.importorskip("chatkit.server", reason=WHY_NOT).ChatKitServer
    store = pytest.importorskip("chatkit.store", reason=WHY_NOT).Store

    async def nothing(*_: object, **__: object) -> None:
        pass

    kept = type("Kept", (store,), dict.fromkeys(store.__abstractmethods__, nothing))
    return type("Made", (server,), {"respond": lambda self, thread, item, context: respond(thread)})(kept())


class TestThread(Reads):
    """Items as the SDK's server puts them together; the last event of each has it whole."""

    dialect = NAME
    words: ClassVar = dict.fromkeys(("stop", "length", "tool_call", "content_filter", "other", "error"))

    def read(self, url: str) -> Record:
        server = made(answer)
        record = Record()
        pending: dict[str, Any] = {}
        for event in events_at(url):
            assert record.error is None
            if event.type == "thread.item.added":
                assert event.item.id not in pending
                pending[event.item.id] = event.item
            elif event.type == "thread.item.updated":
                assert event.item_id in pending
                server._update_pending_items(pending, event)
            elif event.type == "error":
                record.error = event.message
            else:
                self.take(event.item, pending.pop(event.item.id, None), record)
        if record.error is None:
            assert pending == {}
        for item in pending.values():
            record.text += "".join([part.text for part in item.content])
        return record

    def take(self, item: Any, streamed: Any, record: Record) -> None:
        if item.type == "assistant_message":
            assert streamed == item
            record.text += "".join([part.text for part in item.content])
        elif item.type == "client_tool_call":
            record.calls.append(Call(item.name, item.arguments, item.call_id))

    def check(self, chunks: list[bytes], headers: dict[str, str], expected: Record) -> None:
        expected.tokens = (0, 0, 0, 0)  # it has none
        super().check(chunks, headers, expected)


def test_reasoning_is_a_workflow() -> None:
    with serve([write(NAME, SCENARIOS["reasoning"])], {}) as url:
        first, *rest = [event.item for event in events_at(url) if event.type == "thread.item.done"]
    assert [(task.type, task.content) for task in first.workflow.tasks] == [("thought", "Let me think.")]
    assert [item.type for item in rest] == ["assistant_message"]


def streamed(respond: Respond) -> bytes:
    """What the SDK's server sends for a new thread."""
    user = {"content": [{"type": "input_text", "text": "Hi"}], "attachments": [], "inference_options": {}}
    request = json.dumps({"type": "threads.create", "params": {"input": user}})

    async def run() -> bytes:
        result = await made(respond).process(request, None)
        return b"".join([chunk async for chunk in result])

    return asyncio.run(run())


def item(kind: Any, id: str, **members: Any) -> Any:
    return kind(id=id, thread_id="t", created_at="2026-01-02T03:04:05Z", **members)


async def answer(thread: Any) -> AsyncIterator[Any]:
    thoughts = [types.ThoughtTask(content=text) for text in ("Let ", "Let me")]
    reasoning = [types.Workflow(type="reasoning", tasks=tasks) for tasks in ([], [thoughts[1]])]
    content = types.AssistantMessageContent
    yield types.ThreadItemAddedEvent(item=item(types.WorkflowItem, "w", workflow=reasoning[0]))
    for update in (types.WorkflowTaskAdded, types.WorkflowTaskUpdated):
        task = thoughts[0] if update is types.WorkflowTaskAdded else thoughts[1]
        yield types.ThreadItemUpdatedEvent(item_id="w", update=update(task_index=0, task=task))
    yield types.ThreadItemDoneEvent(item=item(types.WorkflowItem, "w", workflow=reasoning[1]))
    yield types.ProgressUpdateEvent(text="Writing")
    yield types.ThreadItemAddedEvent(item=item(types.AssistantMessageItem, "m", content=[]))
    added = types.AssistantMessageContentPartAdded(content_index=0, content=content(text=""))
    yield types.ThreadItemUpdatedEvent(item_id="m", update=added)
    for delta in ("Hel", "lo"):
        said = types.AssistantMessageContentPartTextDelta(content_index=0, delta=delta)
        yield types.ThreadItemUpdatedEvent(item_id="m", update=said)
    source = types.Annotation(source=types.URLSource(title="T", url="https://e.example"), index=5)
    found = types.AssistantMessageContentPartAnnotationAdded(content_index=0, annotation_index=0, annotation=source)
    yield types.ThreadItemUpdatedEvent(item_id="m", update=found)
    done = types.AssistantMessageContentPartDone(content_index=0, content=content(text="Hello"))
    yield types.ThreadItemUpdatedEvent(item_id="m", update=done)
    whole = content(text="Hello", annotations=[source])
    yield types.ThreadItemDoneEvent(item=item(types.AssistantMessageItem, "m", content=[whole]))
    yield types.ThreadItemDoneEvent(item=item(types.ClientToolCallItem, "c", call_id="x", name="f", arguments={"n": 1}))


async def failing(thread: Any) -> AsyncIterator[Any]:
    yield types.ThreadItemAddedEvent(item=item(types.AssistantMessageItem, "m", content=[]))
    raise pytest.importorskip("chatkit.errors", reason=WHY_NOT).CustomStreamError("Busy")


def test_what_the_server_streams_is_read_and_written_again() -> None:
    stream = streamed(answer)
    parts, problem = read(NAME, stream)
    assert problem is None
    assert read(NAME, *pieces(stream)) == (parts, None)
    names = ["thread.created", "thread.item.done", "stream_options", "progress_update", "thread.item.updated"]
    assert [part.name for part in parts if part.kind == "other"] == names
    assert [part for part in parts if part.kind not in ("other", "start")] == [
        ReasoningDelta("Let ", "w/0"),
        ReasoningDelta("me", "w/0"),
        BlockEnd("w/0", "reasoning"),
        TextDelta("Hel", "m/0"),
        TextDelta("lo", "m/0"),
        BlockEnd("m/0"),
        ToolCallDelta('{"n":1}', "x", "x", "f"),
        BlockEnd("x", "tool_call"),
        Finish("tool_call"),
        Done("eof"),
    ]
    again, problem = read(NAME, write(get(NAME, thread_id="t"), parts))
    assert problem is None
    content = [part for part in parts if part.kind not in ("other", "reasoning")]
    assert [part for part in again if part.kind not in ("other", "reasoning")] == content
    assert [part for part in again if part.kind == "other"] == [part for part in parts if part.kind == "other"]


def test_an_error_of_the_server_is_read() -> None:
    parts: list[Part] = read(NAME, streamed(failing))[0]
    assert parts[-2:] == [Error("Busy"), Done("error")]
