"""Servers on this machine that answer with the bytes they were given, then close the connection."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from time import monotonic

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


@contextmanager
def _listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The URL of a server for any number of requests, each in a thread of its own."""

    class Handler(handler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class Get:
    """A request that came: its path, its headers in lower case, and when, in seconds of the server's own clock."""

    def __init__(self, path: str, headers: Mapping[str, str]) -> None:
        self.path = path
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.at = monotonic()


@contextmanager
def serve_gets(bodies: Iterable[bytes], headers: dict[str, str]) -> Iterator[tuple[str, list[Get]]]:
    """The URL of the server, which answers each GET with the next of `bodies`, then 204; and what was asked so far."""
    left, gets = iter(bodies), list[Get]()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            gets.append(Get(self.path, dict(self.headers)))
            body = next(left, None)
            self.send_response(204 if body is None else 200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body or b"")

    with _listening(Handler) as url:
        yield url, gets


@contextmanager
def serve_all(answer: Callable[[str, bytes], tuple[bytes, Mapping[str, str]]]) -> Iterator[str]:
    """The URL of the server, which answers any number of requests: of a path and a body the data and the headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            data, headers = answer(self.path, body)
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(ConnectionError):  # a client may have what it wants
                self.wfile.write(data)

        def do_GET(self) -> None:
            self.do_POST()

    with _listening(Handler) as url:
        yield url


@contextmanager
def serve_chunked(chunks: Iterable[bytes], headers: Mapping[str, str]) -> Iterator[str]:
    """The URL of the server, which answers each GET with `chunks`, each a chunk of HTTP: clients read them as such."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in {**headers, "Transfer-Encoding": "chunked", "Connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            body = b"".join([b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks if chunk])
            with suppress(ConnectionError):  # a client may have what it wants
                self.wfile.write(body + b"0\r\n\r\n")

    with _listening(Handler) as url:
        yield url
