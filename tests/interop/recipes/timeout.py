"""A thread that reads a stream, and ends within a timeout of when another one says so, with any of the with_*.py.

`close()` from another thread wakes no read, in any of these libraries. What works with all of them is a timeout, with a
`sleep` that ends the loop; servers should send a comment more often than that. stopping.py ends at once.
"""

import threading
from functools import partial
from typing import Any

from sse_core.follow import follow

stop = threading.Event()


def sleep(seconds: float) -> None:
    if stop.wait(seconds):
        raise SystemExit  # of this thread, which ends without a word


def read(connect: Any, errors: Any, url: str, timeout: float = 20) -> None:
    for event in follow(partial(connect, url, timeout=timeout), errors=errors, sleep=sleep):
        print(event.data)
        if stop.is_set():
            break
