"""urllib: `read1`, as http.client's; one timeout is both, to connect and to read."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import cast
from urllib.error import HTTPError
from urllib.request import Request, urlopen

errors = (OSError, HTTPException)


@contextmanager
def connect(
    url: str, headers: dict[str, str], timeout: float = 60
) -> Iterator[tuple[int, HTTPMessage, Iterator[bytes]]]:
    response: HTTPResponse
    try:
        response = urlopen(Request(url, headers=headers), timeout=timeout)
    except HTTPError as error:
        response = cast(HTTPResponse, error)  # an answer too
    with response:
        yield response.status, response.headers, iter(lambda: response.read1(65536), b"")
