"""Bytes to parts, in units of json.loads alone over the same payloads, already split."""

from __future__ import annotations

import argparse
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from sse_core.dialects import Dialect, PartDecoder, get, names

from .measure import Progress, best, environment, print_environment, print_table, whole
from .workloads import dumps, token

COUNT = 3_000  # texts in a stream

Payload = dict[str, object]


def _openai_chat(rng: random.Random) -> Iterator[Payload]:
    """Usage in every chunk, as with continuous_usage_stats."""
    for number in range(1, COUNT + 1):
        yield {
            "id": "chatcmpl-BuDrRRWybY6JHzabaUyR2OtaEGp79",
            "object": "chat.completion.chunk",
            "created": 1752800000,
            "model": "gpt-4o-mini-2024-07-18",
            "service_tier": "default",
            "system_fingerprint": "fp_07871e2ad8",
            "choices": [{"index": 0, "delta": {"content": token(rng)}, "logprobs": None, "finish_reason": None}],
            "usage": {"prompt_tokens": 9, "completion_tokens": number, "total_tokens": 9 + number},
        }


def _openai_chat_once(rng: random.Random) -> Iterator[Payload]:
    """Usage in the last chunk alone, as OpenAI itself sends it."""
    for number, payload in enumerate(_openai_chat(rng), 1):
        yield payload if number == COUNT else {**payload, "usage": None}


def _anthropic(rng: random.Random) -> Iterator[Payload]:
    """One message; usage where Anthropic says it, in message_delta, here after every 20 texts."""
    usage: Payload = {"input_tokens": 9, "output_tokens": 1}
    message: Payload = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "claude-sonnet-4",
    }
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "usage": usage}}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    for number in range(1, COUNT + 1):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": token(rng)}}
        if number % 20 == 0:
            delta = {"stop_reason": None, "stop_sequence": None}
            yield {"type": "message_delta", "delta": delta, "usage": {"output_tokens": number}}


def _gemini(rng: random.Random) -> Iterator[Payload]:
    """usageMetadata in every chunk, as Gemini sends it."""
    for number in range(1, COUNT + 1):
        text = "".join([token(rng) for _ in range(12)])
        yield {
            "candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": number, "totalTokenCount": 9 + number},
            "modelVersion": "gemini-2.5-flash",
            "responseId": "0YpTaKiVFvWqm9IPsO2D4AI",
        }


class _Stream(NamedTuple):
    dialect: str
    make: Callable[[random.Random], Iterator[Payload]]
    texts_per_usage: int  # 0: one usage, at the end
    typed: bool  # framed with an event type
    line_end: str
    bound: float  # at 4 KiB; at one event a chunk it is half as much again


_STREAMS = {
    "openai-chat": _Stream("openai-chat", _openai_chat, 1, False, "\n", 1.3),
    "openai-chat, usage at the end": _Stream("openai-chat", _openai_chat_once, 0, False, "\n", 1.3),
    "anthropic-messages": _Stream("anthropic-messages", _anthropic, 20, True, "\n", 1.4),
    "gemini": _Stream("gemini", _gemini, 1, False, "\r\n", 1.7),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=whole, default=25, metavar="N", help="best of so many (25)")


def run(options: argparse.Namespace) -> int:
    """Print the ratios, and the bounds."""
    print_environment(environment())
    progress = Progress(len(_STREAMS))
    rows = []
    for name, stream in _STREAMS.items():
        progress.step(name)
        if stream.dialect not in names():
            print(f"skipped: {name} (not registered)")
            continue
        loads, count, *times = _measure(stream, options.rounds)
        row = [name, f"{loads / count * 1e9:,.0f}"]
        for seconds, limit in zip(times, (stream.bound, stream.bound * 1.5), strict=True):
            row += [f"{seconds / loads:.2f}", f"{limit:.2f}{'' if seconds / loads <= limit else ' over'}"]
        rows.append(row)
    progress.close()
    headers = ["bytes to parts, in json.loads", "ns of loads", "4 KiB", "bound", "event a chunk", "bound"]
    print_table(headers, rows)
    return 0


def _measure(stream: _Stream, rounds: int) -> tuple[float, int, float, float]:
    """Seconds of json.loads alone, the payloads, and seconds to parts at 4 KiB and at one event a chunk."""
    dialect, end = get(stream.dialect), stream.line_end
    payloads, blocks = [], []
    for payload in stream.make(random.Random(stream.dialect)):
        payloads.append(dumps(payload))
        event = f"event: {payload['type']}{end}" if stream.typed else ""
        blocks.append(f"{event}data: {payloads[-1]}{end}{end}".encode())
    whole = b"".join(blocks)
    pieces = [whole[at : at + 4096] for at in range(0, len(whole), 4096)]
    kinds = Counter(part.kind for part in PartDecoder(dialect).feed(whole))
    usages = COUNT // stream.texts_per_usage if stream.texts_per_usage else 1
    if kinds["invalid"] or kinds["text"] != COUNT or kinds["usage"] < usages:
        raise RuntimeError(f"{dialect.name}: {COUNT} texts and {usages} usages became {dict(kinds)}")
    seconds = best(
        {
            "loads": (partial(_loads, payloads), len(payloads)),
            "4096": (partial(_parts, dialect, pieces), kinds.total()),
            "event": (partial(_parts, dialect, blocks), kinds.total()),
        },
        rounds,
    )
    return seconds["loads"], len(payloads), seconds["4096"], seconds["event"]


def _loads(payloads: list[str]) -> int:
    loads = json.loads
    for payload in payloads:
        loads(payload)
    return len(payloads)


def _parts(dialect: Dialect, chunks: list[bytes]) -> int:
    count = 0
    feed = PartDecoder(dialect).feed
    for chunk in chunks:
        count += len(feed(chunk))
    return count
