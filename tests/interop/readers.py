"""What others read of an event stream, until an event of type "end": the events, and what they say of `retry`."""

import json
import os
import queue
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from on_node import on_node
from servers import TIMEOUT, serving

from sse_core import Event

HERE = Path(__file__).parent
# Nothing that a browser does by itself; and two ports, the page's and the stream's, are two origins to it.
CHROMIUM = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-web-security"),
)
Read = tuple[list[Event], list[int] | None]


def chromium(url: str, types: Iterable[str]) -> Read:
    """A browser's EventSource, which keeps `retry` to itself."""
    return [Event(*event) for event in browse("events", url=url, type=list(types))], None


def node(url: str, types: Iterable[str]) -> Read:
    """eventsource-parser on Node, with Node's fetch."""
    return javascript("eventsource-parser", url, types)


def javascript(client: str, url: str, types: Iterable[str]) -> Read:
    """One of clients.mjs, by its name there."""
    asked = (client, url, json.dumps([*types]))
    found = json.loads(on_node("clients.mjs", client, *asked, timeout=TIMEOUT, deno=client == "Deno"))
    print(client, found["version"])  # what a failure is about
    return [Event(*event) for event in found["events"]], found["retries"]


def httpx_sse(url: str, types: Iterable[str]) -> Read:
    """httpx-sse's connect_sse."""
    reason = "{} is not installed: tests/interop/requirements.txt"
    httpx = pytest.importorskip("httpx", reason=reason.format("httpx"))
    package = pytest.importorskip("httpx_sse", reason=reason.format("httpx-sse"))
    events, retries = [], []
    with httpx.Client(timeout=TIMEOUT) as client, package.connect_sse(client, "GET", url) as source:
        for event in source.iter_sse():
            if event.retry is not None:
                retries.append(event.retry)
            if event.event == "end":
                break
            events.append(Event(event.data, event.event, event.id))
    return events, retries


READERS = {"Chromium": chromium, "eventsource-parser": node, "httpx-sse": httpx_sse}


def browse(how: str, page: str = "", **asked: Any) -> Any:
    """What page.html finds, which is at `page` or served here; the browser has ended at return."""
    programs = [path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))]
    if not programs:
        pytest.skip("no chromium on the PATH")
    found: queue.Queue[Any] = queue.Queue()

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write((HERE / "page.html").read_bytes())

        def do_POST(self) -> None:
            found.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        ThreadingHTTPServer(("127.0.0.1", 0), Page) as server,
        serving(server),
    ):
        here = f"http://127.0.0.1:{server.server_port}/"
        query = urlencode({"how": how, "found": f"{here}found", **asked}, doseq=True)
        # In a group of its own, which ends with all it started.
        browser = subprocess.Popen(
            [programs[0], *CHROMIUM, f"--user-data-dir={profile}", f"{page or here}?{query}"],
            env={**os.environ, "TMPDIR": profile},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return found.get(timeout=TIMEOUT)
        finally:
            os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()
