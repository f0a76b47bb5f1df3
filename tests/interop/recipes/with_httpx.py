"""httpx: `iter_bytes` without a size; `iter_raw` would hand over compressed bytes as they are."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx

errors = httpx.TransportError


@contextmanager
def connect(
    url: str, headers: dict[str, str], timeout: float = 60
) -> Iterator[tuple[int, Mapping[str, str], Iterator[bytes]]]:
    limits = httpx.Timeout(timeout, connect=30)
    with httpx.stream("GET", url, headers=headers, timeout=limits) as response:
        yield response.status_code, response.headers, response.iter_bytes()
