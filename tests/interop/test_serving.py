"""The programs in recipes: what they broadcast arrives and is resumed; and Ctrl-C ends them with streams open."""

import asyncio
import http.client
import os
import queue
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from broadcast import Broadcast
from recipes import blocks

from sse_core import Comment, Decoder, Event

HERE = Path(__file__).parent
RECIPES = HERE / "recipes"
TIMEOUT = 20  # seconds, for a program to begin, and to end
UVICORN = ("-m", "uvicorn", "--log-level", "warning", "--port")
PROGRAMS = {
    "http.server": ("on_http_server.py",),
    "WSGI": ("on_wsgi.py",),
    "Starlette": (*UVICORN, "{port}", "on_starlette:app"),
    "FastAPI": (*UVICORN, "{port}", "on_fastapi:app"),
    "aiohttp": ("on_aiohttp.py",),
}
NEEDS = {"Starlette": ("uvicorn", "starlette"), "FastAPI": ("uvicorn", "fastapi"), "aiohttp": ("aiohttp",)}


# -- broadcasting


def waiting(items: Any) -> list[Any]:
    """What is in a queue."""
    return [items.get_nowait() for _ in range(items.qsize())]


@pytest.fixture(params=[queue.Queue, asyncio.Queue], ids=["threads", "asyncio"])
def broadcast(request: pytest.FixtureRequest) -> Any:
    return Broadcast(request.param, most=3)


def test_each_subscriber_gets_each_event_from_then_on(broadcast: Any) -> None:
    with broadcast.subscribe("") as one:
        broadcast.publish("a")
        with broadcast.subscribe("") as two:
            broadcast.publish("b", "note")
        broadcast.publish("c")
    got = [(event.data, event.type) for event in waiting(one)]
    assert got == [("a", "message"), ("b", "note"), ("c", "message")]
    assert [event.data for event in waiting(two)] == ["b"]


def test_who_comes_again_gets_first_what_was_missed(broadcast: Any) -> None:
    with broadcast.subscribe("") as items:
        for data in "abc":
            broadcast.publish(data)
    ids = [event.last_event_id for event in waiting(items)]
    assert len({*ids}) == 3
    for id, missed in zip(ids, (["b", "c", "d"], ["c", "d"], ["d"]), strict=True):
        with broadcast.subscribe(id) as again:
            if id == ids[0]:
                broadcast.publish("d")
            assert [event.data for event in waiting(again)] == missed


def test_who_missed_too_much_is_told_so_once(broadcast: Any) -> None:
    with broadcast.subscribe("an id of another run") as items:
        [told] = waiting(items)
    assert (told.type, told.data) == ("missed", "")
    with broadcast.subscribe(told.last_event_id) as items:
        assert waiting(items) == []


def test_who_is_too_slow_gets_an_end_and_may_come_again(broadcast: Any) -> None:
    with broadcast.subscribe("") as slow, broadcast.subscribe("") as quick:
        got = []
        for data in "abcd":
            broadcast.publish(data)
            got += waiting(quick)
        *events, end = waiting(slow)
        assert [event.data for event in got] == ["a", "b", "c", "d"]
        assert ([event.data for event in events], end) == (["a", "b", "c"], None)
        with broadcast.subscribe(events[-1].last_event_id) as again:
            assert [event.data for event in waiting(again)] == ["d"]


def test_closing_ends_all_streams_and_those_to_come(broadcast: Any) -> None:
    with broadcast.subscribe("") as one, broadcast.subscribe("") as two:
        broadcast.close()
        assert waiting(one) == waiting(two) == [None]
    with broadcast.subscribe("") as late:
        assert waiting(late) == [None]


# -- the programs


@contextmanager
def program(name: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """One of PROGRAMS that runs, in a process of its own, and its port."""
    for module in NEEDS.get(name, ()):
        pytest.importorskip(module, reason=f"{module} is not installed: tests/interop/requirements.txt")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    arguments = [argument.format(port=port) for argument in PROGRAMS[name]]
    if arguments[0].endswith(".py"):
        arguments.append(str(port))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), str(RECIPES)])}
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=RECIPES,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # What runs in the background ignores Ctrl-C, and so would all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield process, port
    finally:
        process.kill()
        process.communicate()


@contextmanager
def stream(port: int, last_event_id: str = "") -> Iterator[Iterator[Any]]:
    """The items of a new connection, as they come."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as connection:
        connection.request("GET", "/", headers={"Last-Event-ID": last_event_id} if last_event_id else {})
        with connection.getresponse() as response:
            assert response.status == 200
            decoder = Decoder()
            yield (item for chunk in iter(lambda: response.read1(65536), b"") for item in decoder.feed_items(chunk))


def wait_for(process: subprocess.Popen[str], port: int) -> None:
    """Until the program listens."""
    while process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            continue
        return
    pytest.fail(process.communicate()[1])


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_broadcasts_and_ends_at_ctrl_c_with_streams_open(name: str) -> None:
    with program(name) as (process, port), ExitStack() as stack:
        wait_for(process, port)
        streams = [stack.enter_context(stream(port)) for _ in range(2)]
        one, two = [next(item for item in items if isinstance(item, Event)) for items in streams]
        assert (one.type, two.type) == ("tick", "tick")
        with stream(port, one.last_event_id) as again:
            assert next(again) == Comment("open")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=TIMEOUT)
        rest = [list(items) for items in streams]  # each to its end
    assert {type(item) for items in rest for item in items} <= {Event, Comment}
    assert (process.returncode, "Traceback" in said) == (0, False), said


def test_the_program_in_readme_is_one_of_them() -> None:
    assert (RECIPES / "on_fastapi.py").read_text(encoding="utf-8") in blocks("python")
