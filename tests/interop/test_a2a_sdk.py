"""The a2a SDK reads our a2a, in both versions and bindings, and we read what its server writes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from loopback import serve
from reading import gather, random_pieces
from servers import serving_asgi

from sse_core import DialectError, Event
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
    Usage,
    get,
)

a2a = pytest.importorskip("a2a", reason="the a2a SDK is not installed: tests/interop/requirements.txt")
httpx = pytest.importorskip("httpx", reason="httpx is not installed: tests/interop/requirements.txt")
from a2a import types
from a2a.client.errors import A2AClientError
from a2a.client.transports.jsonrpc import JsonRpcTransport
from a2a.client.transports.rest import RestTransport
from a2a.compat.v0_3.jsonrpc_transport import CompatJsonRpcTransport
from a2a.compat.v0_3.rest_transport import CompatRestTransport
from a2a.helpers.proto_helpers import new_text_message, new_text_part
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes.jsonrpc_routes import create_jsonrpc_routes
from a2a.server.routes.rest_routes import create_rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.server.tasks.task_manager import append_artifact_to_task
from a2a.utils.errors import A2AError, InternalError, TaskNotFoundError

TRANSPORTS = {
    ("1.0", "jsonrpc"): JsonRpcTransport,
    ("1.0", "http"): RestTransport,
    ("0.3", "jsonrpc"): CompatJsonRpcTransport,
    ("0.3", "http"): CompatRestTransport,
}
each = pytest.mark.parametrize(("version", "binding"), TRANSPORTS, ids=map("-".join, TRANSPORTS))
CARD = types.AgentCard(name="agent", capabilities=types.AgentCapabilities(streaming=True))
TEXT = "Gr\u00fc\u00dfe, \n"
LINES = "\x0b \x0c \x1c \x85 \u2028 \u2029 \r\n"  # its client takes each for the end of a line


def request(text: str = "Hi") -> Any:
    return types.SendMessageRequest(
        message=types.Message(message_id="m", role=types.Role.ROLE_USER, parts=[types.Part(text=text)])
    )


# -- the SDK reads what we write


class Seen:
    """The task as a client has it."""

    def __init__(self) -> None:
        self.task = types.Task()
        self.messages: list[str] = []

    def add(self, found: Any) -> None:
        kind = found.WhichOneof("payload")
        if kind == "task":
            self.task.CopyFrom(found.task)
        elif kind == "message":
            self.messages += [part.text for part in found.message.parts]
        elif kind == "artifact_update":
            append_artifact_to_task(self.task, found.artifact_update)
        else:
            assert kind == "status_update"
            self.task.status.CopyFrom(found.status_update.status)

    @property
    def texts(self) -> dict[str, str]:
        found = {artifact.artifact_id: artifact for artifact in self.task.artifacts}
        assert len(found) == len(self.task.artifacts)
        return {id: "".join(part.text for part in artifact.parts) for id, artifact in found.items()}

    @property
    def state(self) -> str:
        return str(types.TaskState.Name(self.task.status.state))


def seen(version: str, binding: str, *parts: Part) -> Seen:
    """What the SDK's client has of these parts; it raises what the client does."""
    encoder = PartEncoder(get("a2a", version=version, binding=binding, request_id="r"))
    chunks = [encoder.send(part) for part in parts] + [encoder.close()]
    found = Seen()

    async def run(url: str) -> None:
        async with httpx.AsyncClient() as http:
            transport = TRANSPORTS[version, binding](http, CARD, url)
            async for event in transport.send_message_streaming(request()):
                found.add(event)

    with serve(chunks, encoder.headers) as url:
        asyncio.run(run(url))
    return found


@each
def test_its_client_reads_an_answer(version: str, binding: str) -> None:
    found = seen(
        version,
        binding,
        Start("t1", "model", "assistant"),
        ReasoningDelta("Hm"),
        TextDelta(TEXT + LINES, 1),
        TextDelta("you"),
        TextDelta("!", 1),
        BlockEnd(1),
        Usage(1, 2, 3),
        Finish("stop"),
    )
    assert (found.task.id, found.state) == ("t1", "TASK_STATE_COMPLETED")
    assert found.texts == {"artifact-1": f"{TEXT}{LINES}!", "artifact-0": "you"}


@each
@pytest.mark.parametrize(
    ("finish", "state"),
    [
        (Finish("error"), "TASK_STATE_FAILED"),
        (Finish("length"), "TASK_STATE_COMPLETED"),
        (Finish("content_filter"), "TASK_STATE_REJECTED"),
        (Finish("other", "canceled"), "TASK_STATE_CANCELED"),
        (Finish("other", "auth-required"), "TASK_STATE_AUTH_REQUIRED"),
        (Finish("other", "pause_turn"), "TASK_STATE_INPUT_REQUIRED"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_its_client_reads_how_it_ended(version: str, binding: str, finish: Finish, state: str) -> None:
    assert seen(version, binding, TextDelta("Hi"), finish).state == state


@each
def test_its_client_reads_an_error(version: str, binding: str) -> None:
    kinds = {"1.0": TaskNotFoundError, "0.3": A2AError if binding == "jsonrpc" else A2AClientError}
    with pytest.raises(kinds[version], match="It is gone"):
        seen(version, binding, TextDelta("Hi"), Error("It is gone", "TASK_NOT_FOUND", -32001, 404), Finish("stop"))


@each
def test_its_client_takes_what_was_lost_for_an_error(version: str, binding: str) -> None:
    lost = Invalid(Event("{"), DialectError("x"))
    with pytest.raises((A2AError, A2AClientError), match="the answer was lost on its way"):
        seen(version, binding, TextDelta("Hi"), lost, Finish("stop"))


def test_its_client_reads_others() -> None:
    ids = {"taskId": "t1", "contextId": "c1"}
    named = {"artifactId": "a", "name": "report", "parts": []}
    question = {"messageId": "m1", "role": "ROLE_AGENT", "parts": [{"text": "Which city?"}]}
    found = seen(
        "1.0",
        "jsonrpc",
        Other("task", {"id": "t1", "contextId": "c1", "status": {"state": "TASK_STATE_SUBMITTED"}}),
        Start("t1"),
        Other("artifactUpdate", {**ids, "artifact": named}),
        TextDelta(TEXT, "a"),
        Other("artifactUpdate", {**ids, "artifact": {"artifactId": "b", "parts": [{"data": {"n": 1}}]}}),
        Other("statusUpdate", {**ids, "status": {"state": "TASK_STATE_INPUT_REQUIRED", "message": question}}),
        Finish("other", "TASK_STATE_INPUT_REQUIRED"),
    )
    assert (found.task.id, found.task.context_id, found.state) == ("t1", "c1", "TASK_STATE_INPUT_REQUIRED")
    assert found.texts == {"a": TEXT, "b": ""}
    assert found.task.artifacts[0].name == "report"
    assert found.task.status.message.parts[0].text == "Which city?"
    message = {**question, "metadata": {"n": 1}}
    assert seen("1.0", "http", Other("message", message)).messages == ["Which city?"]


# -- we read what its server writes


class Agent(AgentExecutor):
    """Does what the message says."""

    async def execute(self, context: Any, event_queue: Any) -> None:
        asked = context.get_user_input()
        if asked == "message":
            return await event_queue.enqueue_event(new_text_message(TEXT, role=types.Role.ROLE_AGENT))
        updater = TaskUpdater(event_queue, context.task_id, context.context_id)
        state = types.TaskState.TASK_STATE_SUBMITTED
        await event_queue.enqueue_event(
            types.Task(id=context.task_id, context_id=context.context_id, status={"state": state})
        )
        await updater.start_work()
        await updater.add_artifact([new_text_part(TEXT)], "a")
        await updater.add_artifact([new_text_part("you")], "a", append=True, last_chunk=True)
        if asked == "error":
            raise InternalError(message="It broke")
        await updater.add_artifact([new_text_part("{}", media_type="text/plain")], "b", name="report")
        await updater.add_artifact([types.Part(url="http://x/y", filename="y")], "c")
        if asked == "ask":
            await updater.requires_input(updater.new_agent_message([new_text_part("Which city?")]))
        else:
            await updater.complete()

    async def cancel(self, context: Any, event_queue: Any) -> None:
        raise NotImplementedError  # the SDK wants the method; no test cancels


@contextmanager
def agent() -> Iterator[str]:
    starlette = pytest.importorskip("starlette.applications", reason="starlette is not installed")
    handler = DefaultRequestHandler(Agent(), InMemoryTaskStore(), CARD)
    routes = create_jsonrpc_routes(handler, "/rpc", enable_v0_3_compat=True)
    routes += create_rest_routes(handler, enable_v0_3_compat=True)
    with serving_asgi(starlette.Starlette(routes=routes)) as port:
        yield f"http://127.0.0.1:{port}"


def ask(version: str, binding: str, text: str) -> list[Part]:
    """What we read of the server's answer to the SDK's own request."""
    bodies: list[bytes] = []

    async def keep(response: Any) -> None:
        bodies.append(await response.aread())

    async def run(url: str) -> None:
        headers = {"A2A-Version": version}
        async with httpx.AsyncClient(event_hooks={"response": [keep]}, headers=headers) as http:
            transport = TRANSPORTS[version, binding](http, CARD, f"{url}/rpc" if binding == "jsonrpc" else url)
            try:
                async for _ in transport.send_message_streaming(request(text)):
                    pass
            except (A2AError, A2AClientError):
                assert text == "error"

    with agent() as url:
        asyncio.run(run(url))
    decoder = PartDecoder("a2a")
    parts = [part for chunk in random_pieces(bodies[0], text) for part in decoder.feed(chunk)]
    return parts + decoder.close()


def state(version: str, binding: str, word: str) -> str:
    return word if (version, binding) == ("0.3", "jsonrpc") else "TASK_STATE_" + word.upper().replace("-", "_")


@each
@pytest.mark.parametrize(("asked", "word"), [("text", "completed"), ("ask", "input-required")])
def test_we_read_an_answer_of_its_server(version: str, binding: str, asked: str, word: str) -> None:
    parts = ask(version, binding, asked)
    message = gather(parts)
    assert message.texts == {"a": f"{TEXT}you", "b": "{}"}
    assert [part.block for part in parts if isinstance(part, BlockEnd)] == ["a"]
    assert message.id
    reason = "stop" if asked == "text" else "other"
    assert parts[-2:] == [
        Finish(reason, state(version, binding, word)),
        Done("event" if version == "0.3" and asked == "text" else "eof"),  # what asks is not said to be final
    ]
    others = [(part.name, part.block) for part in parts if isinstance(part, Other)]
    asks = [("statusUpdate", None)] if asked == "ask" else []
    updates = [("artifactUpdate", "b"), ("artifactUpdate", "c")]
    assert others == [("task", None), ("statusUpdate", None), *updates, *asks]


@each
def test_we_read_a_message_of_its_server(version: str, binding: str) -> None:
    message = gather(ask(version, binding, "message"))
    assert (message.text, message.problem(), message.id) == (TEXT, None, None)


@pytest.mark.parametrize(("version", "binding"), list(TRANSPORTS)[:3])  # 0.3 over HTTP breaks off
def test_we_read_an_error_of_its_server(version: str, binding: str) -> None:
    parts = ask(version, binding, "error")
    [error] = [part for part in parts if isinstance(part, Error)]
    assert (error.message, error.type) == ("It broke", "INTERNAL_ERROR" if version == "1.0" else None)
    assert (error.code, parts[-1]) == (500 if binding == "http" else -32603, Done("error"))
