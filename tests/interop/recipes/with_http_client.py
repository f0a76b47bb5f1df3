"""http.client: `read1`, since `read(n)` waits for n bytes. Each file with_*.py has a `connect` for `sse_core.follow`
and what the library raises when the network fails; a POST is the same with its method and body.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException, HTTPMessage  # HTTPSConnection
from urllib.parse import urlsplit

errors = (OSError, HTTPException)


@contextmanager
def connect(
    url: str, headers: dict[str, str], timeout: float = 60
) -> Iterator[tuple[int, HTTPMessage, Iterator[bytes]]]:
    where = urlsplit(url)
    target = where._replace(scheme="", netloc="", path=where.path or "/", fragment="").geturl()
    with closing(HTTPConnection(where.netloc, timeout=30)) as connection:
        connection.connect()
        connection.sock.settimeout(timeout)
        connection.request("GET", target, headers=headers)
        with connection.getresponse() as response:
            yield response.status, response.headers, iter(lambda: response.read1(65536), b"")
