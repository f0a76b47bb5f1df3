"""http.server: `python on_http_server.py 8000`. Its threads end with it, also one whose client does not read."""

import queue
import sys
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from broadcast import Broadcast, body, tick

from sse_core import SSE_HEADERS, Item


def make_handler(
    broadcast: Broadcast[queue.Queue[Item | None]], keep_alive: float = 15
) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for header in SSE_HEADERS.items():
                self.send_header(*header)
            self.end_headers()
            last_event_id = self.headers.get("Last-Event-ID", "")
            with suppress(ConnectionError), closing(body(broadcast.subscribe, last_event_id, keep_alive)) as stream:
                for data in stream:
                    self.wfile.write(data)

    return Handler


if __name__ == "__main__":
    broadcast: Broadcast[queue.Queue[Item | None]] = Broadcast(queue.Queue)
    tick(broadcast)
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), make_handler(broadcast)) as server:
        with suppress(KeyboardInterrupt):
            server.serve_forever()
        broadcast.close()
