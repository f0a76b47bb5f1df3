"""Streams to measure with: seeded, shaped like real traffic, each declaring the events it decodes to."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

Expected = tuple[str, str, str]  # event type, data, last event ID

_WORDS = ["the", "of", "and", "a", "to", "in", "is", "you", "that", "it", "he", "was", "for", "on", "are", "as", "with"]
_CJK = "的一是在不了有和人这中大为上个国我以要他時來用們生到作地於出"  # these take two columns each


class Workload:
    """`blocks`: the bytes of each event or comment with its blank line; `events`: what they decode to."""

    def __init__(self, name: str, blocks: list[bytes], events: list[Expected]) -> None:
        self.name = name
        self.blocks = blocks
        self.events = events
        self.stream = b"".join(blocks)

    def chunks(self, size: str) -> list[bytes]:
        """The stream in chunks: "event" is one block a chunk, "line" one line, "whole" all, else so many bytes."""
        if size == "event":
            return self.blocks
        if size == "line":
            return self.stream.splitlines(keepends=True)  # of bytes: at CRLF, CR and LF only
        if size == "whole":
            return [self.stream]
        step = int(size)
        return [self.stream[at : at + step] for at in range(0, len(self.stream), step)]


CHUNK_SIZES = ("event", "line", "64", "1400", "4096", "65536", "whole")


def dumps(value: object) -> str:
    """JSON text as most servers write it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def token(rng: random.Random) -> str:
    """A word and what follows it: what one event of an answer carries."""
    return rng.choice(_WORDS) + rng.choice([" ", " ", " ", ", ", ".\n"])


def _openai(rng: random.Random, count: int) -> Iterator[tuple[str, Expected]]:
    for _ in range(count):
        choice = {"index": 0, "delta": {"content": token(rng)}, "logprobs": None, "finish_reason": None}
        data = dumps(
            {
                "id": "chatcmpl-BuDrRRWybY6JHzabaUyR2OtaEGp79",
                "object": "chat.completion.chunk",
                "created": 1752800000,
                "model": "gpt-4o-mini-2024-07-18",
                "service_tier": "default",
                "system_fingerprint": "fp_07871e2ad8",
                "choices": [choice],
                "usage": None,
            }
        )
        yield f"data: {data}\n\n", ("message", data, "")


def _anthropic(rng: random.Random, count: int) -> Iterator[tuple[str, Expected]]:
    for _ in range(count):
        delta = {"type": "text_delta", "text": token(rng)}
        data = dumps({"type": "content_block_delta", "index": 0, "delta": delta})[:-1] + " " * rng.randrange(12) + "}"
        yield f"event: content_block_delta\ndata: {data}\n\n", ("content_block_delta", data, "")


def _gemini(rng: random.Random, count: int) -> Iterator[tuple[str, Expected]]:
    for _ in range(count):
        content = {"parts": [{"text": "".join([token(rng) for _ in range(12)])}], "role": "model"}
        usage = {"promptTokenCount": 9, "candidatesTokenCount": rng.randrange(999), "totalTokenCount": 1200}
        data = dumps(
            {
                "candidates": [{"content": content, "index": 0}],
                "usageMetadata": usage,
                "modelVersion": "gemini-2.5-flash",
                "responseId": "0YpTaKiVFvWqm9IPsO2D4AI",
            }
        )
        yield f"data: {data}\r\n\r\n", ("message", data, "")


def _cjk(rng: random.Random, count: int) -> Iterator[tuple[str, Expected]]:
    for _ in range(count):
        text = "".join([rng.choice(_CJK) for _ in range(rng.randrange(1, 24))])
        data = dumps({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [{"delta": {"content": text}}]})
        yield f"data: {data}\n\n", ("message", data, "")


def _ids(rng: random.Random, count: int) -> Iterator[tuple[str, Expected]]:
    for number in range(count):
        data = dumps({"price": rng.randrange(10**6), "symbol": rng.choice(_WORDS).upper()})
        yield f"id: {number}\nevent: tick\ndata: {data}\n\n", ("tick", data, str(number))


def _multiline(rng: random.Random, count: int) -> Iterator[tuple[str, Expected]]:
    for number in range(count):
        lines = [
            "selector #feed",
            "mode append",
            f'elements <div id="m{number}">',
            f"elements {token(rng).strip()}</div>",
        ]
        block = "event: datastar-patch-elements\n" + "".join([f"data: {line}\n" for line in lines]) + "\n"
        yield block, ("datastar-patch-elements", "\n".join(lines), "")


def _tiny(rng: random.Random, count: int) -> Iterator[tuple[str, Expected]]:
    for _ in range(count):
        data = rng.choice("0123456789")
        yield f"data: {data}\n\n", ("message", data, "")


def _comments(rng: random.Random, count: int) -> Iterator[tuple[str, Expected | None]]:
    for number in range(count):
        if number % 10 == 9:
            data = token(rng).strip()
            yield f"data: {data}\n\n", ("message", data, "")
        else:
            yield ": keep-alive\n\n", None


# name: the blocks, and how many of them make a stream of about half a megabyte
_SHAPES: dict[str, tuple[Callable[[random.Random, int], Iterator[tuple[str, Expected | None]]], int]] = {
    "openai": (_openai, 2_000),
    "anthropic": (_anthropic, 4_000),
    "gemini-crlf": (_gemini, 1_500),
    "cjk": (_cjk, 3_000),
    "ids": (_ids, 6_000),
    "multi-line": (_multiline, 3_000),
    "tiny": (_tiny, 10_000),
    "comments": (_comments, 10_000),
}
NAMES = tuple(_SHAPES)


def workload(name: str, scale: float = 1.0) -> Workload:
    """The workload called `name`, the same at every call; `scale` makes it longer or shorter."""
    make, count = _SHAPES[name]
    made = list(make(random.Random(name), round(count * scale)))
    return Workload(name, [block.encode() for block, _ in made], [event for _, event in made if event is not None])
