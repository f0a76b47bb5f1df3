"""An MCP server on this machine, whose every event stream our PartEncoder writes: what clients are tried with.

It has the tools `add`, which reports progress, and `slow`, which closes its stream halfway and is resumed by
Last-Event-ID; any other method or tool is an error. `/sse` is the transport of 2024.
"""

import json
import queue
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from servers import serving

from sse_core.dialects import Error, Other, Part, PartEncoder, get

OLDEST, MODERN = "2024-11-05", "2026-07-28"
RETRY = 10  # milliseconds
SERVER: dict[str, Any] = {"capabilities": {"tools": {}}, "serverInfo": {"name": "server", "version": "1"}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}}
TOOLS = [{"name": name, "inputSchema": SCHEMA} for name in ("add", "slow")]


class Server(ThreadingHTTPServer):
    """`revision` is what it speaks; `cursors` are the Last-Event-IDs that came."""

    daemon_threads = True  # a stream of GET has no end

    def __init__(self, revision: str, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.revision = revision
        self.cursors: list[str] = []
        # What resumes a stream, by the event's id: the request, and the parts that follow.
        self.rest: dict[str, tuple[Any, list[Part]]] = {}
        # What the stream of 2024 is to send.
        self.outbox: queue.Queue[list[Part]] = queue.Queue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


def result(request: dict[str, Any], **members: Any) -> Other:
    return Other("result", {"jsonrpc": "2.0", "id": request["id"], "result": {"resultType": "complete", **members}})


def progress(request: dict[str, Any], done: float, id: str | None = None) -> list[Part]:
    """A notification, if the client asked for some."""
    token = request["params"].get("_meta", {}).get("progressToken")
    if token is None:
        return []
    params = {"progressToken": token, "progress": done, "total": 1}
    message = {"jsonrpc": "2.0", "method": "notifications/progress", "params": params}
    return [Other("notifications/progress", message, None, None, id)]


def answer(server: Server, request: dict[str, Any]) -> list[Part]:
    """The parts that answer a request on its own stream."""
    method, params = request["method"], request.get("params", {})
    if method == "server/discover" and server.revision == MODERN:
        return [result(request, **SERVER, supportedVersions=[MODERN], ttlMs=0, cacheScope="private")]
    if method == "initialize":
        return [result(request, **SERVER, protocolVersion=server.revision)]
    if method == "tools/list":
        return [result(request, tools=TOOLS, ttlMs=0, cacheScope="private")]
    if method == "tools/call" and params["name"] == "add":
        told = progress(request, 0.5) + progress(request, 1)
        return [*told, result(request, content=[{"type": "text", "text": "Gr\u00fc\u00dfe\u2028\n3"}])]
    if method == "tools/call" and params["name"] == "slow":
        server.rest["e1"] = (
            request["id"],
            [
                *progress(request, 1, "e2"),
                Other("result", result(request, content=[{"type": "text", "text": "done"}]).data, None, None, "e3"),
            ],
        )
        return [Other("priming", None, None, None, "e0", RETRY), *progress(request, 0.5, "e1")]
    error = Error(f"{method} is not known", None, -32601)
    if server.revision != OLDEST:
        return [error]
    # The one stream answers many requests, so each error has to say which.
    said = {"code": error.code, "message": error.message}
    return [Other("error", {"jsonrpc": "2.0", "id": request["id"], "error": said})]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "id" not in request or "method" not in request:
            self._refuse(202)
        elif self.path == "/messages?session=1":
            self._refuse(202)
            self.server.outbox.put(answer(self.server, request))
        else:
            self._stream(request["id"], answer(self.server, request))

    def do_GET(self) -> None:
        cursor = self.headers["Last-Event-ID"]
        if self.path == "/sse":
            self._stream(None, self._old())
        elif cursor in self.server.rest:
            self.server.cursors.append(cursor)
            self._stream(*self.server.rest[cursor])
        else:
            self._refuse(405)

    def _old(self) -> Iterator[Part]:
        yield Other("endpoint", "/messages?session=1")
        while True:
            yield from self.server.outbox.get()

    def _stream(self, request_id: Any, parts: Iterable[Part]) -> None:
        encoder = PartEncoder(get("mcp", request_id=request_id, revision=self.server.revision))
        self.send_response(200)
        for name, value in encoder.headers.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):
            for part in parts:
                self.wfile.write(encoder.send(part))
            self.wfile.write(encoder.close())

    def _refuse(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running(revision: str) -> Iterator[Server]:
    with Server(revision, Handler) as server, serving(server):
        yield server
