"""Whole answers to measure meaning with: seeded, in the events that a vendor sends, from the first to the end."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sse_core.dialects import Accumulator, get, iter_parts

from .workloads import Workload, dumps, token

COUNT = 3_000  # texts in an answer

Payload = dict[str, object]


class Answer(Workload):
    """A Workload in `dialect`: `payloads` are the JSON of its events, `text` what they say in all."""

    def __init__(self, name: str, count: int | None = None) -> None:
        shape = _SHAPES[name]
        rng = random.Random(shape.dialect)
        texts = ["".join([token(rng) for _ in range(shape.tokens)]) for _ in range(count or COUNT)]
        made = list(shape.make(texts))
        self.dialect = shape.dialect
        self.text = "".join(texts)
        self.payloads = [dumps(payload) for payload in made]
        types = [str(payload["type"]) if shape.typed else "message" for payload in made]
        events = [(type, data, "") for type, data in zip(types, self.payloads, strict=True)]
        if shape.sentinel:
            events.append(("message", shape.sentinel, ""))
        end = shape.line_end
        blocks = [f"{f'event: {type}{end}' if shape.typed else ''}data: {data}{end}{end}" for type, data, _ in events]
        super().__init__(name, [block.encode() for block in blocks], events)


def verify(who: str, dialect: str, stream: bytes, text: str) -> None:
    """Hold a stream that was written to the text it must say; its end must be a good one."""
    answer = Accumulator()
    for part in iter_parts([stream], get(dialect)):
        answer.add(part)
    if answer.text != text or answer.problem():
        said = f"{len(answer.text):,} of {len(text):,} characters"
        raise RuntimeError(f"{who}: what was written as {dialect} is not the answer: {said}, {answer.problem()}")


def _openai_chat(texts: list[str]) -> Iterator[Payload]:
    """Usage in a chunk of its own, as OpenAI sends it where it is asked to."""
    yield _chunk({"role": "assistant", "content": "", "refusal": None})
    for text in texts:
        yield _chunk({"content": text})
    yield _chunk({}, "stop")
    yield {**_chunk({}), "choices": [], "usage": _chat_usage(len(texts))}


def _openai_chat_usage(texts: list[str]) -> Iterator[Payload]:
    """Usage in every chunk, as vLLM sends it where it is asked to."""
    for number, payload in enumerate(_openai_chat(texts)):
        yield {**payload, "usage": _chat_usage(min(number, len(texts)))}


def _chunk(delta: Payload, finish: str | None = None) -> Payload:
    return {
        "id": "chatcmpl-BuDrRRWybY6JHzabaUyR2OtaEGp79",
        "object": "chat.completion.chunk",
        "created": 1752800000,
        "model": "gpt-4o-mini-2024-07-18",
        "service_tier": "default",
        "system_fingerprint": "fp_07871e2ad8",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        "usage": None,
    }


def _chat_usage(number: int) -> Payload:
    return {"prompt_tokens": 9, "completion_tokens": number, "total_tokens": 9 + number}


def _anthropic(texts: list[str], texts_per_usage: int = 0) -> Iterator[Payload]:
    """Usage at the end, as Anthropic sends it."""
    message: Payload = {
        "id": "msg_01KFBRzR6yKvRBMDVKBdNWmA",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "claude-sonnet-4-20250514",
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }
    yield {"type": "message_start", "message": message}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield {"type": "ping"}
    for number, text in enumerate(texts, 1):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
        if texts_per_usage and number % texts_per_usage == 0:
            yield _message_delta(None, number)
    yield {"type": "content_block_stop", "index": 0}
    yield _message_delta("end_turn", len(texts) + 1)
    yield {"type": "message_stop"}


def _anthropic_usage(texts: list[str]) -> Iterator[Payload]:
    """Usage after every 20 texts too, which is hard on what learns how events are alike."""
    return _anthropic(texts, 20)


def _message_delta(stop_reason: str | None, number: int) -> Payload:
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    return {"type": "message_delta", "delta": delta, "usage": {"output_tokens": number}}


def _gemini(texts: list[str]) -> Iterator[Payload]:
    """usageMetadata in every chunk, as Gemini sends it; longer texts than the others'."""
    for number, text in enumerate(texts, 1):
        last = {"finishReason": "STOP"} if number == len(texts) else {}
        yield {
            "candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, **last, "index": 0}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": number, "totalTokenCount": 9 + number},
            "modelVersion": "gemini-2.5-flash",
            "responseId": "0YpTaKiVFvWqm9IPsO2D4AI",
        }


class _Shape(NamedTuple):
    dialect: str
    make: Callable[[list[str]], Iterator[Payload]]
    tokens: int = 1  # in a text
    typed: bool = False  # framed with an event type
    line_end: str = "\n"
    sentinel: str = ""


_SHAPES = {
    "openai-chat": _Shape("openai-chat", _openai_chat, sentinel="[DONE]"),
    "openai-chat, usage in each": _Shape("openai-chat", _openai_chat_usage, sentinel="[DONE]"),
    "anthropic-messages": _Shape("anthropic-messages", _anthropic, typed=True),
    "anthropic-messages, usage in between": _Shape("anthropic-messages", _anthropic_usage, typed=True),
    "gemini": _Shape("gemini", _gemini, tokens=12, line_end="\r\n"),
}
NAMES = tuple(_SHAPES)
