"""MCP's SDKs read our mcp, and we read what the SDK's server writes."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from mcp_server import MODERN, OLDEST, running
from on_node import on_node
from reading import random_pieces
from servers import serving_asgi

from sse_core import TruncatedError
from sse_core.dialects import Done, Error, Other, Part, PartDecoder, get

mcp = pytest.importorskip("mcp", reason="the mcp SDK is not installed: tests/interop/requirements.txt")
httpx = pytest.importorskip("httpx", reason="httpx is not installed: tests/interop/requirements.txt")
from mcp.client.session import ClientSession
from mcp.client.sse import sse_client
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.streamable_http import EventMessage, EventStore

LATEST = "2025-11-25"
OLD = ("2025-03-26", "2025-06-18", LATEST)
TEXT = "Gr\u00fc\u00dfe\u2028\n3"


# -- the SDK for Python reads what we write


async def use(client: Any) -> dict[str, Any]:
    """What a client has of the server: its tools, a call with progress, an error."""
    told: list[float] = []

    async def progress(done: float, *_: object) -> None:
        told.append(done)

    tools = [tool.name for tool in (await client.list_tools()).tools]
    called = await client.call_tool("add", {"a": 1}, progress_callback=progress)
    try:
        await client.call_tool("neither", {})
        error = None
    except mcp.MCPError as raised:
        error = raised.error.code, raised.error.message
    return {"tools": tools, "text": called.content[0].text, "progress": told, "error": error}


USED = {"tools": ["add", "slow"], "text": TEXT, "progress": [0.5, 1.0], "error": (-32601, "tools/call is not known")}


@pytest.mark.parametrize("revision", [*OLD, MODERN])
def test_its_client_reads_each_revision(revision: str) -> None:
    async def run(url: str) -> dict[str, Any]:
        async with mcp.Client(url) as client:
            return await use(client)

    with running(revision) as server:
        assert asyncio.run(run(server.url)) == USED


def test_its_client_resumes_a_stream_that_was_closed_halfway() -> None:
    async def run(url: str) -> tuple[str, list[float]]:
        told: list[float] = []

        async def progress(done: float, *_: object) -> None:
            told.append(done)

        async with mcp.Client(url) as client:
            called = await client.call_tool("slow", {}, progress_callback=progress)
        return called.content[0].text, told

    with running(LATEST) as server:
        assert asyncio.run(run(server.url)) == ("done", [0.5, 1.0])
        assert server.cursors == ["e1"]


def test_its_client_of_2024_reads_the_endpoint_and_messages() -> None:
    async def run(url: str) -> dict[str, Any]:
        async with sse_client(f"{url}/sse") as streams, ClientSession(*streams) as session:
            await session.initialize()
            return await use(session)

    with running(OLDEST) as server:
        assert asyncio.run(run(server.url)) == USED


# -- the SDK for TypeScript, too


def test_the_client_for_typescript_reads_answers_and_resumes() -> None:
    with running(LATEST) as server:
        assert json.loads(on_node("mcp.mjs", "@modelcontextprotocol/sdk", server.url)) == {
            "tools": ["add", "slow"],
            "add": {"text": TEXT, "progress": [0.5, 1]},
            "slow": {"text": "done", "progress": [0.5, 1]},
            "error": [-32601, "MCP error -32601: ping is not known"],
            "problems": [],
        }
        assert server.cursors == ["e1"]


# -- we read what the SDK for Python writes


class Store(EventStore):
    """Every event that was sent, numbered."""

    def __init__(self) -> None:
        self._events: list[tuple[str, Any]] = []

    async def store_event(self, stream_id: str, message: Any) -> str:
        self._events.append((stream_id, message))
        return f"e{len(self._events) - 1}"

    async def replay_events_after(self, last_event_id: str, send_callback: Any) -> str:
        first = int(last_event_id[1:]) + 1
        stream = self._events[first - 1][0]
        for number, (stream_id, message) in enumerate(self._events):
            if number >= first and stream_id == stream and message is not None:
                await send_callback(EventMessage(message, f"e{number}"))
        return stream


def tools() -> Any:
    server = MCPServer("server")

    @server.tool()
    async def add(ctx: Context, a: int) -> str:
        await ctx.report_progress(0.5, 1)
        return f"{TEXT}{a}"

    @server.tool()
    async def slow(ctx: Context) -> str:
        await ctx.report_progress(0.5, 1)
        await ctx.close_sse_stream()
        await ctx.report_progress(1, 1)
        return "done"

    return server


@contextmanager
def visiting(app: Any) -> Iterator[Any]:
    with serving_asgi(app) as port, httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
        yield http


class Session:
    """A client of ours: `ask` gives the parts of the stream that answers a request."""

    def __init__(self, http: Any, revision: str) -> None:
        self.headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": revision}
        self.http = http
        self.id = 0
        self.decoder = PartDecoder("mcp")

    def ask(self, method: str, **params: Any) -> list[Part]:
        self.id += 1
        self.decoder = PartDecoder(get("mcp", request_id=self.id))
        message = {"jsonrpc": "2.0", "id": self.id, "method": method, "params": params}
        return self.parts(
            self.http.stream("POST", "/mcp", json=message, headers={**self.headers, **named(method, params)})
        )

    def tell(self, method: str) -> None:
        message = {"jsonrpc": "2.0", "method": method}
        assert self.http.post("/mcp", json=message, headers=self.headers).status_code == 202

    def resume(self) -> list[Part]:
        self.decoder.reset()
        headers = {**self.headers, "Last-Event-ID": self.decoder.last_event_id}
        return self.parts(self.http.stream("GET", "/mcp", headers=headers))

    def parts(self, request: Any) -> list[Part]:
        with request as response:
            assert (response.status_code, response.headers["content-type"][:17]) == (200, "text/event-stream")
            if session := response.headers.get("mcp-session-id"):
                self.headers["Mcp-Session-Id"] = session
            parts = []
            for chunk in response.iter_raw():
                for piece in random_pieces(chunk, self.id):
                    parts += self.decoder.feed(piece)
                if self.decoder.done is not None:  # a stream that was resumed stays open
                    return parts
        try:
            return parts + self.decoder.close()
        except TruncatedError as error:
            return [*parts, *error.parts]


def named(method: str, params: dict[str, Any]) -> dict[str, str]:
    """The headers that 2026-07-28 asks for beside the body."""
    return {"Mcp-Method": method, **({"Mcp-Name": params["name"]} if "name" in params else {})}


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"name": name, "arguments": arguments, "_meta": {"progressToken": "t"}}


def told(parts: list[Part]) -> list[Any]:
    """What a stream says, less what is of no matter here."""
    found: list[Any] = []
    for part in parts:
        if not isinstance(part, Other):
            found.append(part)
        elif part.name == "result":
            content = part.data["result"].get("content")
            found.append(content[0]["text"] if content else "result")
        else:
            found.append((part.name, part.data and part.data["params"]["progress"]))
    return found


END = Done("event")


def test_we_read_a_server_of_the_sdk_its_priming_and_what_it_resumes() -> None:
    app = tools().streamable_http_app(event_store=Store(), retry_interval=7)
    with visiting(app) as http:
        session = Session(http, LATEST)
        client = {"name": "client", "version": "1"}
        first = session.ask("initialize", protocolVersion=LATEST, capabilities={}, clientInfo=client)
        assert told(first)[-2:] == ["result", END]
        session.tell("notifications/initialized")
        added = session.ask("tools/call", **call("add", a=3))
        assert told(added) == [("priming", None), ("notifications/progress", 0.5), f"{TEXT}3", END]
        assert isinstance(added[0], Other)
        assert (added[0].id, added[0].retry) == (f"e{int(added[1].id[1:]) - 1}", 7)
        halfway = session.ask("tools/call", **call("slow"))
        assert session.decoder.done is None
        assert session.decoder.reconnection_time == 7
        both = told([*halfway, *session.resume()])  # what it says before it closes may come later
        assert both[0] == ("priming", None)
        assert [said for said in both if said != both[0]] == [
            ("notifications/progress", 0.5),
            ("notifications/progress", 1),
            "done",
            END,
        ]
        failed = session.ask("nothing/such")
        assert [part.kind for part in failed if part.kind != "other"] == ["error", "done"]
        [error] = [part for part in failed if isinstance(part, Error)]
        assert error.code == -32601


def test_we_read_a_server_of_the_sdk_that_speaks_2026() -> None:
    with visiting(tools().streamable_http_app()) as http:
        session = Session(http, MODERN)
        about = {
            "io.modelcontextprotocol/protocolVersion": MODERN,
            "io.modelcontextprotocol/clientInfo": {"name": "client", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        params = call("add", a=3)
        params["_meta"] |= about
        added = session.ask("tools/call", **params)
        assert told(added) == [("notifications/progress", 0.5), f"{TEXT}3", END]


def test_we_read_the_transport_of_2024_of_the_sdk() -> None:
    with visiting(tools().sse_app()) as http:
        decoder = PartDecoder("mcp")
        with http.stream("GET", "/sse") as response:
            chunks = response.iter_raw()

            def until(name: str) -> Other:
                while True:
                    for part in decoder.feed(next(chunks)):
                        if isinstance(part, Other) and part.name == name:
                            return part

            endpoint = until("endpoint").data
            assert endpoint.startswith("/messages/?session_id=")

            def ask(id: int | None, method: str, **params: Any) -> None:
                message = {"jsonrpc": "2.0", "method": method, "params": params}
                answer = http.post(endpoint, json=message if id is None else {**message, "id": id})
                assert answer.status_code == 202

            about = {"name": "client", "version": "1"}
            ask(1, "initialize", protocolVersion="2024-11-05", capabilities={}, clientInfo=about)
            assert until("result").data["result"]["protocolVersion"] == "2024-11-05"
            ask(None, "notifications/initialized")
            ask(2, "tools/call", **call("add", a=3))
            assert until("notifications/progress").data["params"]["progress"] == 0.5
            assert until("result").data["result"]["content"][0]["text"] == f"{TEXT}3"
            ask(3, "nothing/such")
            assert until("error").data["id"] == 3
