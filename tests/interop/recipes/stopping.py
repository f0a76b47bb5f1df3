"""A thread that reads a stream, and ends at once when another one says so, whichever library it reads with.

`close()` wakes no read that waits in another thread; to shut the socket down does. Each `connect` here hands its
Stopper what does that, and `stopper.sleep` ends the loop where it would connect again.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from sse_core.follow import follow

Answer = tuple[int, Any, Iterator[bytes]]


class Stopper:
    def __init__(self) -> None:
        self._stop = threading.Event()
        self._wake: Callable[[], object] = lambda: None
        self._lock = threading.Lock()

    def stop(self) -> None:
        """End the loop: from any thread."""
        with self._lock, suppress(OSError):  # the connection may be gone
            self._stop.set()
            self._wake()

    def opened(self, wake: Callable[[], object]) -> None:
        """A connection is open, and `wake` shuts it down."""
        with self._lock, suppress(OSError):
            self._wake = wake
            if self._stop.is_set():
                wake()

    def sleep(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise SystemExit  # of this thread, which ends without a word


@contextmanager
def with_http_client(stopper: Stopper, url: str, headers: dict[str, str]) -> Iterator[Answer]:
    where = urlsplit(url)
    with closing(HTTPConnection(where.netloc, timeout=60)) as connection:
        connection.connect()
        stopper.opened(partial(connection.sock.shutdown, socket.SHUT_RDWR))
        connection.request("GET", where.path or "/", headers=headers)
        with connection.getresponse() as response:
            yield response.status, response.headers, iter(lambda: response.read1(65536), b"")


@contextmanager
def with_requests(stopper: Stopper, url: str, headers: dict[str, str]) -> Iterator[Answer]:
    import requests

    with requests.get(url, headers=headers, stream=True, timeout=60) as response:
        stopper.opened(response.raw.shutdown)  # urllib3 2.3 or later
        read = response.raw.read1
        yield response.status_code, response.headers, iter(lambda: read(65536, decode_content=True), b"")


@contextmanager
def with_urllib3(stopper: Stopper, url: str, headers: dict[str, str]) -> Iterator[Answer]:
    import urllib3

    http = urllib3.PoolManager(timeout=60, retries=False)
    with http, closing(http.request("GET", url, headers=headers, preload_content=False)) as response:
        stopper.opened(response.shutdown)  # urllib3 2.3 or later
        yield response.status, response.headers, iter(lambda: response.read1(65536, decode_content=True), b"")


@contextmanager
def with_httpx(stopper: Stopper, url: str, headers: dict[str, str]) -> Iterator[Answer]:
    import httpx

    with httpx.stream("GET", url, headers=headers, timeout=60) as response:
        stream = response.extensions["network_stream"]
        stopper.opened(partial(stream.get_extra_info("socket").shutdown, socket.SHUT_RDWR))
        yield response.status_code, response.headers, response.iter_bytes()


def read(stopper: Stopper, url: str) -> None:
    connect = partial(with_http_client, stopper, url)
    for event in follow(connect, errors=(OSError, HTTPException), sleep=stopper.sleep):
        print(event.data)


if __name__ == "__main__":
    stopper = Stopper()
    thread = threading.Thread(target=read, args=[stopper, "http://127.0.0.1:8000/"])
    thread.start()
    input("Enter stops it\n")
    stopper.stop()
    thread.join()
