"""LangServe's client reads our langserve; our reader reads what a LangServe app writes."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from loopback import serve

from sse_core.dialects import (
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
    Usage,
)

langserve = pytest.importorskip("langserve", reason="langserve is not installed: tests/interop/requirements.txt")
fastapi = pytest.importorskip("fastapi", reason="fastapi is not installed: tests/interop/requirements.txt")
uvicorn = pytest.importorskip("uvicorn", reason="uvicorn is not installed: tests/interop/requirements.txt")
httpx = pytest.importorskip("httpx", reason="httpx is not installed: tests/interop/requirements.txt")
messages = pytest.importorskip(
    "langchain_core.messages", reason="langserve is not installed: tests/interop/requirements.txt"
)
runnables = pytest.importorskip(
    "langchain_core.runnables", reason="langserve is not installed: tests/interop/requirements.txt"
)


def read(*parts: Part) -> Iterator[Any]:
    """What the client gives for a run that says `parts`."""
    encoder = PartEncoder("langserve")
    chunks = [encoder.send(part) for part in parts] + [encoder.close()]
    with serve(chunks, encoder.headers) as url:
        yield from langserve.RemoteRunnable(url).stream({})


def test_text_is_strings() -> None:
    texts = ["Hé ", " lead", "\u2028\n世界 \U0001f600", "[DONE]", "null"]
    said = [Start("run-9"), *[TextDelta(text) for text in texts], Usage(1, 2, 3), Finish("length")]
    assert list(read(*said)) == texts


def test_messages_add_up_to_ours() -> None:
    said = [
        Start("run-9"),
        ReasoningDelta("Let me "),
        ReasoningDelta("see."),
        TextDelta("Hé ", "lc_run--run-9"),
        TextDelta("世界", "lc_run--run-9"),
        ToolCallDelta("", 0, "call_1", "weather"),
        ToolCallDelta('{"city":', 0),
        ToolCallDelta('"Köln"}', 0),
        ToolCallDelta("", 1, "call_2", "now"),
        Usage(12, 34, 46),
        Finish("tool_call"),
    ]
    chunks = list(read(*said))
    assert {type(chunk) for chunk in chunks} == {messages.AIMessageChunk}
    message = sum(chunks[1:], chunks[0])
    assert message.text == "Hé 世界"
    assert message.content_blocks[0]["reasoning"] == "Let me see."
    assert [(call["id"], call["name"], call["args"]) for call in message.tool_calls] == [
        ("call_1", "weather", {"city": "Köln"}),
        ("call_2", "now", {}),
    ]
    assert message.usage_metadata == {"input_tokens": 12, "output_tokens": 34, "total_tokens": 46}


def test_any_data_is_as_it_was() -> None:
    assert list(read(Other("data", {"a": 1}), Other("data", [1, "x"]), Other("data", 5))) == [{"a": 1}, [1, "x"], 5]


@pytest.mark.parametrize(("error", "status"), [(Error("Busy", status=429), 429), (Error("Bad", "t"), 500)])
def test_an_error_is_an_http_status_error(error: Error, status: int) -> None:
    found = read(TextDelta("Hi"), error)
    assert next(found) == "Hi"
    with pytest.raises(httpx.HTTPStatusError, match=error.message) as raised:
        next(found)
    assert raised.value.response.status_code == status


# The other way.


async def _chunks(given: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for _ in given:
        yield messages.AIMessageChunk(content="Hé ", id="m")
        yield messages.AIMessageChunk(content=[{"type": "thinking", "thinking": "Hm", "index": 0}], id="m")
        for index, args in ((0, ""), (0, '{"a":'), (0, "1}")):
            first = {"name": "f", "id": "c"} if not args else {"name": None, "id": None}
            call = {**first, "args": args, "index": index, "type": "tool_call_chunk"}
            yield messages.AIMessageChunk(content="", id="m", tool_call_chunks=[call])
        used = {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12}
        yield messages.AIMessageChunk(content="", id="m", usage_metadata=used)


async def _strings(given: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for _ in given:
        for text in ("", "Hé ", " \u2028世界", "[DONE]"):
            yield text


async def _broken(given: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for _ in given:
        yield "Hi"
        raise ValueError


async def _objects(given: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for _ in given:
        yield {"output": "Hi"}
        yield messages.HumanMessage(content="Hi", id="h")


async def _whole(given: AsyncIterator[Any]) -> AsyncIterator[Any]:
    async for _ in given:
        calls = [{"name": "f", "args": {"a": 1}, "id": "c"}]
        yield messages.AIMessage(content="Hi", id="m", tool_calls=calls, response_metadata={"finish_reason": "stop"})


@contextmanager
def running() -> Iterator[str]:
    """The URL of an app with a route for each of the functions above."""
    app = fastapi.FastAPI()
    for chunks in (_chunks, _strings, _broken, _objects, _whole):
        runnable = runnables.RunnableGenerator(chunks)
        langserve.add_routes(app, runnable.with_types(input_type=str), path=f"/{chunks.__name__[1:]}")
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as listening:  # who connects now is answered once it runs
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as found:
        yield found


def run(url: str, path: str) -> list[Part]:
    """The parts of what a route streams, less the Start that has the id of the run."""
    decoder = PartDecoder("langserve")
    parts: list[Part] = []
    with httpx.stream("POST", f"{url}/{path}/stream", json={"input": "x"}) as response:
        chunks = response.iter_bytes()
        while decoder.done is None:  # after an error the body is cut off
            parts += decoder.feed(next(chunks))
    assert isinstance(parts[0], Start)
    assert len(parts[0].id or "") == 36
    return parts[1:]


STREAMED: dict[str, list[Part]] = {
    "strings": [TextDelta("Hé "), TextDelta(" \u2028世界"), TextDelta("[DONE]"), Finish("stop"), Done("event")],
    "chunks": [
        TextDelta("Hé ", "m"),
        ReasoningDelta("Hm", "m/0"),
        ToolCallDelta("", "m/0", "c", "f"),
        ToolCallDelta('{"a":', "m/0"),
        ToolCallDelta("1}", "m/0"),
        Usage(5, 7, 12),
        Finish("tool_call"),
        Done("event"),
    ],
    "broken": [TextDelta("Hi"), Error("Internal Server Error", None, None, 500), Done("error")],
}


@pytest.mark.parametrize(("path", "parts"), STREAMED.items(), ids=STREAMED)
def test_we_read_what_the_app_streams(url: str, path: str, parts: list[Part]) -> None:
    assert run(url, path) == parts


def test_we_read_a_message_that_comes_whole(url: str) -> None:
    assert [part.kind for part in run(url, "whole")] == ["text", "tool_call", "block_end", "finish", "done"]
    assert run(url, "whole")[-2] == Finish("tool_call", "stop")


def test_we_read_any_other_data(url: str) -> None:
    first, second, *rest = run(url, "objects")
    assert first == Other("data", {"output": "Hi"}, "langserve")
    assert isinstance(second, Other)
    assert (second.data["type"], second.data["content"]) == ("human", "Hi")
    assert rest == [Finish("stop"), Done("event")]
