"""urllib3 (2.2 or later): `read1` as well. `retries=False`, since it would wait for a busy server by itself; it then
follows no redirect.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

import urllib3

errors = urllib3.exceptions.HTTPError


@contextmanager
def connect(
    url: str, headers: dict[str, str], timeout: float = 60
) -> Iterator[tuple[int, Mapping[str, str], Iterator[bytes]]]:
    limits = urllib3.Timeout(connect=30, read=timeout)
    http = urllib3.PoolManager(timeout=limits, retries=False)
    with http, closing(http.request("GET", url, headers=headers, preload_content=False)) as response:
        yield response.status, response.headers, iter(lambda: response.read1(65536, decode_content=True), b"")
