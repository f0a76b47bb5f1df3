"""A PartDecoder that another process goes on with gives what it would have given here."""

import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import pytest
from interop import SCENARIOS
from loopback import serve_gets

from sse_core import EncodeError
from sse_core.dialects import PartDecoder, PartEncoder, get, names

RECIPES = Path(__file__).parent / "recipes"
ENV = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture(scope="module")
def recipe() -> Iterator[Any]:
    """The program of this folder, as a module that a spawned process finds, too."""
    sys.path.insert(0, str(RECIPES))
    yield import_module("handover")
    sys.path.remove(str(RECIPES))


@pytest.fixture(scope="module")
def other(recipe: Any) -> Iterator[Connection]:
    """Another process, to which streams can be handed."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=recipe.take_over, args=(theirs,))
    process.start()
    yield ours
    ours.send(None)
    process.join()


def stream_of(dialect: str, name: str) -> bytes:
    """A scenario as `dialect` writes it, less what that cannot say."""
    encoder = PartEncoder(get(dialect), id="m-1", model="model-1")
    sent = b""
    for part in SCENARIOS[name]:
        with suppress(EncodeError):
            sent += encoder.send(part)
    return sent + encoder.close()


def cuts(stream: bytes) -> list[int]:
    """Some places in a stream: at its ends, inside a character if there is one, and anywhere."""
    rng = Random(len(stream))
    inside = [at for at, byte in enumerate(stream) if byte & 0xC0 == 0x80][:1]
    return [0, *inside, *sorted(rng.sample(range(len(stream)), min(3, len(stream)))), len(stream)]


@pytest.mark.parametrize("name", ["text", "two calls, interleaved", "signed reasoning", "error"])
@pytest.mark.parametrize("dialect", [name for name in names() if get(name).writer_class is not None])
def test_the_other_process_goes_on_exactly(recipe: Any, other: Connection, dialect: str, name: str) -> None:
    stream = stream_of(dialect, name)
    for end in (len(stream), len(stream) * 2 // 3):  # whole, and cut off
        for at in cuts(stream[:end]):
            whole, error = read_here(recipe, dialect, stream[:end])
            writing, reading = socket.socketpair()
            with closing(writing):
                writing.sendall(stream[:end])
            decoder = PartDecoder(get(dialect))
            before = recipe.read_some(reading, decoder, at) if at else []
            recipe.hand_over(other, reading, decoder)
            pid, after, said = other.recv()
            assert pid != multiprocessing.current_process().pid
            assert before + after == whole
            assert (type(said), str(said)) == (type(error), str(error))


def read_here(recipe: Any, dialect: str, stream: bytes) -> tuple[Any, Any]:
    writing, reading = socket.socketpair()
    with closing(writing):
        writing.sendall(stream)
    with closing(reading):
        parts, error = recipe.read_on(reading, PartDecoder(get(dialect)))
    return parts, error


def test_the_program_hands_over_an_answer_that_comes() -> None:
    stream = stream_of("openai-chat", "call")
    with serve_gets([stream], {"Content-Type": "text/event-stream"}) as (url, _):
        command = [sys.executable, str(RECIPES / "handover.py"), f"{url}/answer", "openai-chat", "--after", "0"]
        printed = subprocess.check_output(command, text=True, encoding="utf-8", env=ENV)
    lines = [line.split(" ", 1) for line in printed.splitlines()]
    assert [line for _, line in lines] == [repr(part) for part in PartDecoder("openai-chat").feed(stream)]
    assert len({pid for pid, _ in lines}) == 1
