"""The decoders to compare: each a function that reads every event's type, data and id, and returns the count."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module, metadata
from typing import Any, TypeVar

from sse_core import Decoder

Consumer = Callable[[list[bytes]], int]
Read = Callable[[Iterable[bytes]], Iterable[Any]]  # the events of a stream, by a decoder that asks for its chunks
Made = TypeVar("Made")


def sse_core(chunks: list[bytes]) -> int:
    count = 0
    feed = Decoder().feed
    for chunk in chunks:
        for event in feed(chunk):
            _type, _data, _id = event.type, event.data, event.last_event_id  # reading is part of what is measured
            count += 1
    return count


def _launchdarkly() -> Consumer:
    event_class: Any = import_module("ld_eventsource.actions").Event
    read = launchdarkly()

    def consume(chunks: list[bytes]) -> int:
        count = 0
        for event in read(chunks):
            if type(event) is event_class:
                _type, _data, _id = event.event, event.data, event.last_event_id
                count += 1
        return count

    return consume


def _httpx_sse() -> Consumer:
    decoders: Any = import_module("httpx_sse._decoders")

    def consume(chunks: list[bytes]) -> int:
        count = 0
        text = codecs.getincrementaldecoder("utf-8")("replace").decode
        split, decode = decoders.SSELineDecoder().decode, decoders.SSEDecoder().decode
        for chunk in chunks:
            for line in split(text(chunk)):
                event = decode(line)
                if event is not None:
                    _type, _data, _id = event.event, event.data, event.id
                    count += 1
        return count

    return consume


def _axio_sse() -> Consumer:
    decoder: Any = import_module("axio_sse").Decoder

    def consume(chunks: list[bytes]) -> int:
        count = 0
        decode = decoder().decode
        for chunk in chunks:
            for event in decode(chunk):
                _type, _data, _id = event.event, event.data, event.id
                count += 1
        return count

    return consume


def _read_all(read: Read) -> Consumer:
    def consume(chunks: list[bytes]) -> int:
        count = 0
        for event in read(chunks):
            _type, _data, _id = event.event, event.data, event.id
            count += 1
        return count

    return consume


def launchdarkly() -> Read:
    """What it has of a stream: events, and comments between them."""
    reader: Any = import_module("ld_eventsource.reader")
    lines_from, sse_reader = reader._BufferedLineReader.lines_from, reader._SSEReader
    return lambda chunks: sse_reader(lines_from(chunks)).events_and_comments()


def sseclient() -> Read:
    client: Any = import_module("sseclient").SSEClient
    return lambda chunks: client(chunks).events()


def sdk(module: str) -> Read:
    """The decoder of openai or anthropic."""
    decoder: Any = import_module(f"{module}._streaming").SSEDecoder
    return lambda chunks: decoder().iter_bytes(iter(chunks))


# By distribution: what makes its consumer. FAITHFUL decode as the standard says; ratios are to the fastest of them.
PEERS: dict[str, Callable[[], Consumer]] = {
    "launchdarkly-eventsource": _launchdarkly,
    "httpx-sse": _httpx_sse,
    "axio-sse": _axio_sse,
    "sseclient-py": lambda: _read_all(sseclient()),
    "openai": lambda: _read_all(sdk("openai")),
    "anthropic": lambda: _read_all(sdk("anthropic")),
}
FAITHFUL = ("launchdarkly-eventsource", "httpx-sse", "axio-sse")


def installed(makers: Mapping[str, Callable[[], Made]]) -> tuple[dict[str, Made], dict[str, str], dict[str, str]]:
    """What `makers` (by distribution) make; the versions of those; and why the others are not here."""
    made, versions, missing = {}, {}, {}
    for name, make in makers.items():
        try:
            version = metadata.version(name)
            made[name] = make()
        except metadata.PackageNotFoundError:
            missing[name] = "not installed"
        except (ImportError, AttributeError) as error:  # another version, which keeps its decoder elsewhere
            missing[name] = str(error)
        else:
            versions[name] = version
    return made, versions, missing


def print_missing(missing: Mapping[str, str], pins: str = "requirements.txt") -> None:
    """A line for each package that is not here; `pins` has its version."""
    for name, reason in missing.items():
        print(f"skipped: {name} ({reason}; see benchmarks/{pins})")
    if missing:
        print()
