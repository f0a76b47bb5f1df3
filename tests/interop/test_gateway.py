"""The gateway of recipes, between the `openai` SDK and a server that speaks Anthropic's Messages."""

import inspect
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from interop import USAGE
from recipes import blocks
from servers import TIMEOUT, serving, serving_asgi

from sse_core import SSE_HEADERS
from sse_core.dialects import (
    BlockEnd,
    Error,
    Finish,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
)

for package in ("fastapi", "uvicorn", "httpx", "openai"):
    pytest.importorskip(package, reason=f"{package} is not installed: tests/interop/requirements.txt")

import gateway
import openai

TEXT = (Start("msg_1", "model-1", "assistant"), TextDelta("Let me "), TextDelta("look."))
CALL = (
    *(BlockEnd(), ToolCallDelta("", 0, "call_a", "weather")),
    *(ToolCallDelta('{"city":', 0), ToolCallDelta('"Łódź"}', 0), BlockEnd(0, "tool_call")),
)


def pieces(*parts: Any) -> list[bytes]:
    """The upstream's bytes for each part, and its end."""
    encoder = PartEncoder("anthropic-messages")
    return [encoder.send(part) for part in parts] + [encoder.close()]


@dataclass
class Upstream:
    """Answers each request with these, once it may `begin`, and then waits, if it `waits`, for the connection's end."""

    chunks: list[bytes]
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(SSE_HEADERS))
    waits: bool = False
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)
    came: threading.Event = field(default_factory=threading.Event)
    begin: threading.Event | None = None

    @contextmanager
    def running(self) -> Iterator[str]:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                upstream.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                upstream.came.set()
                if upstream.begin is not None:
                    upstream.begin.wait(TIMEOUT)
                self.send_response(upstream.status)
                for header in upstream.headers.items():
                    self.send_header(*header)
                self.end_headers()
                with suppress(ConnectionError):  # closed, with bytes unread
                    for chunk in upstream.chunks:
                        self.wfile.write(chunk)
                    if upstream.waits:
                        self.connection.recv(1)
                upstream.closed.set()

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, serving(server):
            yield f"http://127.0.0.1:{server.server_port}"


@contextmanager
def asking(url: str) -> Iterator[Any]:
    """The SDK, as a client of the gateway in front of `url`."""
    with (
        serving_asgi(gateway.gateway(url, "key-1")) as port,
        openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none", max_retries=0, timeout=TIMEOUT) as sdk,
    ):
        yield sdk.chat.completions


ASK: dict[str, Any] = {"model": "model-1", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 100}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
TOOL = {"type": "function", "function": {"name": "weather", "description": "Of a city.", "parameters": SCHEMA}}


def test_relay_is_that_of_readme() -> None:
    assert [block for block in blocks("python") if inspect.getsource(gateway.relay) in block]


def test_text_a_call_and_usage_arrive() -> None:
    upstream = Upstream(pieces(*TEXT[:1], ReasoningDelta("Hm."), *TEXT[1:], *CALL, Finish("tool_call"), USAGE))
    with upstream.running() as url, asking(url) as completions, completions.stream(**ASK) as stream:
        events = list(stream)
        answer = stream.get_final_completion()
    [choice] = answer.choices
    [call] = choice.message.tool_calls
    assert [event.delta for event in events if event.type == "content.delta" and event.delta] == ["Let me ", "look."]
    assert (choice.message.content, choice.finish_reason) == ("Let me look.", "tool_calls")
    assert (call.id, call.function.name, call.function.arguments) == ("call_a", "weather", '{"city":"Łódź"}')
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (USAGE.input_tokens, USAGE.output_tokens)
    assert (answer.id, answer.model) == ("msg_1", "model-1")
    assert answer.created > 0


def test_a_request_is_mapped() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello.", "refusal": None},
        {"role": "user", "content": "The weather in Oslo?"},
        {"role": "assistant", "content": "I look.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "a", "content": "rain"},
    ]
    use = {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Oslo"}}
    upstream = Upstream(pieces(*TEXT, Finish("stop"), USAGE))
    more = {"tools": [TOOL], "stream_options": {"include_usage": True}}
    with upstream.running() as url, asking(url) as completions:
        list(completions.create(**{**ASK, "messages": messages}, **more, stream=True))
    [(path, headers, body)] = upstream.asked
    assert path == "/v1/messages"
    assert (headers["x-api-key"], headers["anthropic-version"]) == ("key-1", "2023-06-01")
    assert body == {
        "model": "model-1",
        "max_tokens": 100,
        "stream": True,
        "system": "Be brief.",
        "messages": [
            *messages[1:2],
            {"role": "assistant", "content": "Hello."},
            *messages[3:4],
            {"role": "assistant", "content": [{"type": "text", "text": "I look."}, use]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "rain"}]},
        ],
        "tools": [{"name": "weather", "description": "Of a city.", "input_schema": SCHEMA}],
    }


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"stream": False}, "stream=true"),
        ({"max_tokens": None}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}, "messages: not mapped"),
        ({"messages": [{"role": "user", "content": "Hi", "name": "Jan"}]}, "messages: not mapped"),
        ({"messages": [*ASK["messages"], {"role": "system", "content": "x"}]}, "messages: not mapped"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"type": "custom"}]}]}, "tool_calls: not mapped"),
        ({"temperature": 0.5}, "temperature: not mapped"),
        ({"tools": [{"type": "custom", "custom": {"name": "x"}}]}, "tools: not mapped"),
        ({"tools": [{"type": "function", "function": {"name": "x", "strict": True}}]}, "tools: not mapped"),
        ({"stream_options": {"include_usage": False}}, "stream_options"),
    ],
    ids=["whole", "limit", "none", "list", "name", "late", "custom", "temperature", "tool", "strict", "usage"],
)
def test_what_is_not_mapped_is_refused(asked: dict[str, Any], why: str) -> None:
    upstream = Upstream([])
    with upstream.running() as url, asking(url) as completions, pytest.raises(openai.BadRequestError, match=why):
        completions.create(**{**ASK, "stream": True, **asked})
    assert upstream.asked == []


def refusing(status: int, type: str, message: str, headers: dict[str, str] | None = None) -> Upstream:
    body = {"type": "error", "error": {"type": type, "message": message}}
    return Upstream([json.dumps(body).encode()], status, {"Content-Type": "application/json", **(headers or {})})


HTML = {"Content-Type": "text/html"}


@pytest.mark.parametrize(
    ("upstream", "status", "error", "message"),
    [
        (refusing(401, "authentication_error", "No such key"), 401, "authentication_error", "No such key"),
        (refusing(429, "rate_limit_error", "Slow", {"Retry-After": "7"}), 429, "rate_limit_error", "Slow"),
        (refusing(529, "overloaded_error", "Overloaded"), 529, "overloaded_error", "Overloaded"),
        (refusing(200, "api_error", "Oh"), 502, "api_error", "Oh"),
        (Upstream([b"<html>" * 100_000], 503, HTML), 503, "upstream_error", "the upstream answers 503"),
        (Upstream([b"<html>"], 200, HTML), 502, "upstream_error", "the upstream answers 200"),
        (Upstream([], 302, {"Location": "/"}), 502, "upstream_error", "the upstream answers 302"),
    ],
    ids=["401", "429", "529", "200", "503", "page", "302"],
)
def test_a_refusal_of_the_upstream_goes_on_as_openais(
    upstream: Upstream, status: int, error: str, message: str
) -> None:
    with upstream.running() as url, asking(url) as completions, pytest.raises(openai.APIStatusError) as raised:
        completions.create(**ASK, stream=True)
    said = raised.value
    assert (said.status_code, said.type, said.body["message"]) == (status, error, message)
    assert said.response.headers.get("retry-after") == upstream.headers.get("Retry-After")


def test_an_upstream_that_is_not_there_is_502() -> None:
    with Upstream([]).running() as url:
        pass
    with asking(url) as completions, pytest.raises(openai.APIStatusError, match="ConnectError") as raised:
        completions.create(**ASK, stream=True)
    assert raised.value.status_code == 502


def read(stream: Any) -> tuple[str, str | None, str | None]:
    """The text, the finish, and what failed."""
    text, finish = "", None
    try:
        for chunk in stream:
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finish = choice.finish_reason or finish
    except openai.APIError as error:
        return text, finish, f"{error.type}: {error.message}"
    return text, finish, None


LENGTH = {**SSE_HEADERS, "Content-Length": "100000"}


@pytest.mark.parametrize(
    ("chunks", "headers", "seen"),
    [
        (pieces(*TEXT, Finish("content_filter"), USAGE), SSE_HEADERS, ("Let me look.", "content_filter", None)),
        (
            *(pieces(*TEXT, Error("Overloaded", "overloaded_error")), SSE_HEADERS),
            ("Let me look.", None, "overloaded_error: Overloaded"),
        ),
        (pieces(*TEXT)[:3], SSE_HEADERS, ("Let me look.", None, "truncated: ")),
        (pieces(*TEXT)[:3], LENGTH, ("Let me look.", None, "truncated: ")),
        (pieces(*TEXT, *CALL)[:7], SSE_HEADERS, ("Let me look.", None, "truncated: ")),
        (
            *([*pieces(*TEXT)[:2], b"data: {oops\n\n", *pieces(*TEXT, Finish("stop"), USAGE)[2:]], SSE_HEADERS),
            ("Let me look.", None, "invalid: "),
        ),
    ],
    ids=["refusal", "error", "cut", "dropped", "cut in a call", "damage"],
)
def test_a_bad_end_is_never_a_good_one(
    chunks: list[bytes], headers: dict[str, str], seen: tuple[str, str | None, str | None]
) -> None:
    with Upstream(chunks, headers=headers).running() as url, asking(url) as completions:
        text, finish, failed = read(completions.create(**ASK, stream=True))
    assert (text, finish) == seen[:2]
    assert failed == seen[2] if seen[2] is None else failed is not None and failed.startswith(seen[2])


def leave_while_it_waits(completions: Any) -> None:
    with completions.create(**ASK, stream=True) as stream:
        next(stream)


def leave_at_once(completions: Any) -> None:
    completions.create(**ASK, stream=True).close()


@pytest.mark.parametrize("leave", [leave_while_it_waits, leave_at_once])
def test_when_the_client_goes_the_upstream_is_closed(leave: Callable[[Any], None]) -> None:
    """Long before the first comment is due that keeps the connection alive."""
    upstream = Upstream(pieces(*TEXT)[:3], waits=True)
    with upstream.running() as url, asking(url) as completions:
        leave(completions)
        assert upstream.closed.wait(10)


def test_when_the_client_has_gone_before_the_answer_begins_the_upstream_is_closed() -> None:
    upstream = Upstream(pieces(*TEXT)[:3], waits=True, begin=threading.Event())
    with upstream.running() as url, serving_asgi(gateway.gateway(url, "key-1")) as port:
        with closing(HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as connection:
            connection.request("POST", "/v1/chat/completions", json.dumps({**ASK, "stream": True}))
            assert upstream.came.wait(TIMEOUT)
        upstream.begin.set()
        assert upstream.closed.wait(10)
