"""A gateway: OpenAI's chat completions, streamed, in front of a server that speaks Anthropic's Messages.

    pip install fastapi uvicorn httpx
    ANTHROPIC_BASE_URL=https://... ANTHROPIC_API_KEY=... PYTHONPATH=. python tests/interop/recipes/gateway.py

    OpenAI(base_url="http://127.0.0.1:8000/v1", api_key="none").chat.completions.create(..., stream=True)

Of a request it maps `model`, `messages` (text, tool calls and their results), `max_tokens` and `tools`. Whatever else
is in it is answered with 400, and so is one without `stream` or `max_tokens`: nothing that was asked for is left out
without a word. Usage is always sent, as with `include_usage`.

It asks for no key of its own: let nobody reach it but who may use the one that it sends.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import httpx
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from sse_core import Comment, SSEError, encode
from sse_core.dialects import Error, Transcoder, iter_parts

MOST = 65536  # bytes of a refusal's body that are read


def gateway(url: str, key: str) -> FastAPI:
    """The application; `url` is the upstream's without /v1/messages."""
    headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
    timeout, limits = httpx.Timeout(60, connect=30), httpx.Limits(max_connections=None)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=timeout, limits=limits) as client:
            yield {"client": client}

    app = FastAPI(lifespan=lifespan)
    app.add_api_route("/v1/chat/completions", complete, methods=["POST"])
    return app


async def complete(request: Request) -> Response:
    """The answer; its status and headers are sent once the upstream's are known to be good."""
    client: httpx.AsyncClient = request.state.client
    try:
        asked = client.build_request("POST", "/v1/messages", json=messages_request(await request.json()))
    except ValueError as error:
        return refusal(400, Error(str(error), "invalid_request_error"))
    try:
        upstream = await client.send(asked, stream=True)
        if upstream.status_code == 200 and upstream.headers.get("content-type", "").startswith("text/event-stream"):
            return Relayed(upstream)
        async with aclosing(upstream):
            return refusal(*await what_it_says(upstream))
    except httpx.RequestError as error:
        return refusal(502, Error(f"the upstream cannot be reached: {type(error).__name__}", "upstream_error"))


class Relayed(StreamingResponse):
    """The upstream's answer as it comes, rewritten; whatever becomes of the client, the upstream is closed."""

    def __init__(self, upstream: httpx.Response) -> None:
        self.upstream = upstream
        transcoder = Transcoder("anthropic-messages", "openai-chat", created=int(time.time()))
        self.relayed = relay(upstream.aiter_bytes(), transcoder, httpx.RequestError)
        super().__init__(self.relayed, headers=transcoder.headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self.upstream), aclosing(self.relayed):
            await super().__call__(scope, receive, send)


async def relay(
    chunks: AsyncIterator[bytes],
    transcoder: Transcoder,
    errors: type[Exception] | tuple[type[Exception], ...],
    keep_alive: float = 15,
) -> AsyncGenerator[bytes, None]:
    reading = None
    try:
        try:
            while not transcoder.done:
                reading = asyncio.ensure_future(anext(chunks, None))
                while not (await asyncio.wait([reading], timeout=keep_alive))[0]:  # wait_for would cancel the read
                    yield encode(Comment("keep-alive"))
                if (chunk := reading.result()) is None:
                    break
                yield transcoder.feed(chunk)
        except errors:
            pass  # close() tells the client that the answer was cut
        last = transcoder.close()
    except SSEError as error:
        last = error.data  # what came before it, and what tells the client that this is not all
    finally:
        if reading is not None:
            reading.cancel()  # the client has gone
            await asyncio.wait([reading])
    yield last


async def what_it_says(upstream: httpx.Response) -> tuple[int, Error, dict[str, str]]:
    """The status, the error and the headers that tell the client what the upstream answers in place of a stream."""
    body = b""
    async for chunk in upstream.aiter_bytes():
        body += chunk
        if len(body) > MOST:
            break
    status = upstream.status_code if upstream.status_code >= 400 else 502
    headers = {name: upstream.headers[name] for name in ("retry-after",) if name in upstream.headers}
    error = Error(f"the upstream answers {upstream.status_code}", "upstream_error")
    with suppress(SSEError):  # of a page, say; the upstream's own refusals are errors of the dialect
        error = next((part for part in iter_parts([body], "anthropic-messages") if part.kind == "error"), error)
    return status, error, headers


def refusal(status: int, error: Error, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error in OpenAI's form."""
    told = {"message": error.message, "type": error.type, "param": None, "code": error.code}
    return JSONResponse({"error": told}, status, headers)


# -- the request


def messages_request(asked: Any) -> dict[str, Any]:
    """The same in Anthropic's form; ValueError for what has no place in it."""
    match given(asked):
        case {"stream": True, "model": str(model), "max_tokens": int(limit), "messages": [first, *others], **rest}:
            mapped: dict[str, Any] = {"stream": True, "model": model, "max_tokens": limit}
        case _:
            raise ValueError("a request here has stream=true, a model, messages and max_tokens")
    match given(first):
        case {"role": "system" | "developer", "content": str(text), **none} if not none:
            mapped["system"] = text
        case _:
            others = [first, *others]
    mapped["messages"] = [turn(message) for message in others]
    match rest.pop("tools", None):
        case list(tools):
            mapped["tools"] = [tool(one) for one in tools]
        case None:
            pass
        case other:
            raise not_mapped("tools", other)
    if rest.pop("stream_options", {}) not in ({}, {"include_usage": True}):
        raise ValueError("stream_options: usage is always included")
    for name, value in rest.items():
        raise not_mapped(str(name), value)
    return mapped


def turn(message: Any) -> dict[str, Any]:
    match given(message):
        case {"role": "user" | "assistant" as role, "content": str(text), **none} if not none:
            return {"role": role, "content": text}
        case {"role": "assistant", "tool_calls": list(calls), **rest} if rest.keys() <= {"content"}:
            said = [{"type": "text", "text": text} for text in rest.values() if text]
            return {"role": "assistant", "content": [*said, *[tool_use(call) for call in calls]]}
        case {"role": "tool", "tool_call_id": str(id), "content": str(text), **none} if not none:
            return {"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": text}]}
    raise not_mapped("messages", message)


def tool_use(call: Any) -> dict[str, Any]:
    match call:
        case {"type": "function", "id": str(id), "function": {"name": str(name), "arguments": str(text)}}:
            return {"type": "tool_use", "id": id, "name": name, "input": json.loads(text or "{}")}
    raise not_mapped("tool_calls", call)


def tool(one: Any) -> dict[str, Any]:
    match one:
        case {"type": "function", "function": {"name": str(name), **rest}}:
            schema = rest.pop("parameters", {"type": "object"})
            mapped = {"name": name, "description": rest.pop("description", ""), "input_schema": schema}
            if not rest:
                return mapped
    raise not_mapped("tools", one)


def given(value: Any) -> Any:
    """A JSON object without its members that are null: the SDK's own messages have many."""
    return {name: one for name, one in value.items() if one is not None} if isinstance(value, dict) else value


def not_mapped(name: str, value: Any) -> ValueError:
    return ValueError(f"{name}: not mapped: {json.dumps(value)[:80]}")


if __name__ == "__main__":
    import uvicorn

    app = gateway(os.environ["ANTHROPIC_BASE_URL"], os.environ["ANTHROPIC_API_KEY"])
    uvicorn.run(app, port=8000, timeout_graceful_shutdown=5)  # at Ctrl-C, for the answers under way
