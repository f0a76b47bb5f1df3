"""requests: `stream=True`, or it reads the whole body first; and `read1` (urllib3 2.2 or later), since
`iter_content(chunk_size=None)` waits for the end of a body that is not sent chunked.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests
import urllib3

errors = (requests.RequestException, urllib3.exceptions.HTTPError)  # the latter while reading


@contextmanager
def connect(
    url: str, headers: dict[str, str], timeout: float = 60
) -> Iterator[tuple[int, Mapping[str, str], Iterator[bytes]]]:
    with requests.get(url, headers=headers, stream=True, timeout=(30, timeout)) as response:
        read = response.raw.read1
        yield response.status_code, response.headers, iter(lambda: read(65536, decode_content=True), b"")
