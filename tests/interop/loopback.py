"""A server on this machine that answers one request with the bytes it was given, then closes the connection."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer

TIMEOUT = 10  # seconds: how long a request that never comes is waited for


@contextmanager
def serve(chunks: Iterable[bytes], headers: dict[str, str]) -> Iterator[str]:
    """The URL of the server, which writes each of `chunks` at once."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # a client may close at [DONE]
                for chunk in chunks:
                    self.wfile.write(chunk)

        def log_message(self, *_: object) -> None:
            pass

    with TCPServer(("127.0.0.1", 0), Handler) as server:
        server.timeout = TIMEOUT
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            thread.join()
