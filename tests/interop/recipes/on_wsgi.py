"""WSGI, here under wsgiref with a thread for each connection: `python on_wsgi.py 8000`."""

import queue
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIServer, make_server

from broadcast import Broadcast, body, tick

from sse_core import SSE_HEADERS, Item

App = Callable[[dict[str, Any], Callable[[str, list[tuple[str, str]]], object]], Iterable[bytes]]


def make_app(broadcast: Broadcast[queue.Queue[Item | None]], keep_alive: float = 15) -> App:
    def app(environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
        start_response("200 OK", list(SSE_HEADERS.items()))
        return body(broadcast.subscribe, environ.get("HTTP_LAST_EVENT_ID", ""), keep_alive)

    return app


class Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True  # or the server waits for them as it closes: for ever, where a client does not read


if __name__ == "__main__":
    broadcast: Broadcast[queue.Queue[Item | None]] = Broadcast(queue.Queue)
    tick(broadcast)
    with make_server("127.0.0.1", int(sys.argv[1]), make_app(broadcast), Threads) as server:
        with suppress(KeyboardInterrupt):
            server.serve_forever()
        broadcast.close()
