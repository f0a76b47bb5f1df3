"""Other decoders as factories, and what each gets wrong: `python -m tests.conformance tests.conformance.peers:Assel`.

Each is fed as its own users feed it: what takes an iterable is given its chunks at the end.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable
from importlib import import_module
from typing import Any, NamedTuple

from benchmarks import consumers


class _Pulls:
    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def feed(self, chunk: bytes) -> Iterable[Any]:
        self._chunks.append(chunk)
        return ()

    def close(self) -> Iterable[Any]:
        return self._read(self._chunks)

    def _read(self, chunks: list[bytes]) -> Iterable[Any]:
        raise NotImplementedError  # each has its own


class HttpxSse(_Pulls):
    def _read(self, chunks: list[bytes]) -> Iterable[Any]:
        headers = {"Content-Type": "text/event-stream"}
        response = import_module("httpx").Response(200, headers=headers, content=iter(chunks))
        return import_module("httpx_sse").EventSource(response).iter_sse()


class LaunchDarkly(_Pulls):
    def _read(self, chunks: list[bytes]) -> Iterable[Any]:
        event_class = import_module("ld_eventsource.actions").Event
        return [item for item in consumers.launchdarkly()(chunks) if type(item) is event_class]


class SseclientPy(_Pulls):
    def _read(self, chunks: list[bytes]) -> Iterable[Any]:
        return consumers.sseclient()(chunks)


class OpenAI(_Pulls):
    def _read(self, chunks: list[bytes]) -> Iterable[Any]:
        return consumers.sdk("openai")(chunks)


class Anthropic(_Pulls):
    def _read(self, chunks: list[bytes]) -> Iterable[Any]:
        return consumers.sdk("anthropic")(chunks)


class AxioSse:
    def __init__(self) -> None:
        self.feed = import_module("axio_sse").Decoder().decode

    def close(self) -> Iterable[Any]:
        return self.feed(final=True)


class Assel:
    def __init__(self) -> None:
        parser = import_module("assel").Parser()
        # Its class has one for all streams of a process: half a character of one case would begin the next.
        parser.line_decoder.utf8dec = codecs.getincrementaldecoder("utf-8")()
        self.feed = parser.receive_bytes


class Fault(NamedTuple):
    """What is wrong, in words, and the cases that show it: those whose names have one of these pieces."""

    words: str
    pieces: tuple[str, ...]

    def shows(self, name: str) -> bool:
        return any(piece in name for piece in self.pieces)


_BOM = Fault(
    "a byte order mark stays, and with it the first line is another field", ("BOM", "bom split", "format-bom.any")
)
_UTF_8 = Fault("malformed UTF-8 raises UnicodeDecodeError in the middle of the stream", ("bom prefix", "invalid utf-8"))
_PHANTOMS = Fault(
    "a block without data is an event without data, if it has a type, an id or a retry, and once an id came every"
    " blank line is",
    ("id-only block", "event type reset by", "comment after id"),
)
_OWN_ID = Fault(
    "an event has the id of its own block, and not the last event ID of the stream",
    ("id-only block", "comment after id", "last ID persists", "/ id-2.any", "[persists]"),
)


class Peer(NamedTuple):
    """A factory, what is known to be wrong, and what the adapter mends."""

    factory: type
    faults: tuple[Fault, ...]
    mended: str = ""


# By distribution; requirements.txt has their versions.
PEERS = {
    "axio-sse": Peer(AxioSse, (_UTF_8._replace(words=_UTF_8.words + " (on purpose, it says)"),)),
    "httpx-sse": Peer(HttpxSse, (_BOM, _PHANTOMS)),
    "launchdarkly-eventsource": Peer(
        LaunchDarkly, (_BOM, _UTF_8, Fault("an id of a block without data is lost", ("id-only block",)))
    ),
    "openai": Peer(OpenAI, (_BOM, _UTF_8, _PHANTOMS)),
    "anthropic": Peer(Anthropic, (_BOM, _UTF_8, _PHANTOMS)),
    "assel": Peer(
        Assel,
        (_BOM, _UTF_8, _OWN_ID),
        "all its parsers share one UTF-8 decoder, so that half a character which ends one stream begins the next",
    ),
    "sseclient-py": Peer(
        SseclientPy,
        (
            _BOM,
            _UTF_8,
            _OWN_ID,
            Fault("an id with NUL counts", ("null", "NUL")),
            Fault("what the end of the stream cuts off is an event", ("unfinished", "eof without", "before-final")),
        ),
    ),
}
