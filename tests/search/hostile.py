"""Streams of each dialect, recorded or else encoded here, and what a careless or hostile server makes of them."""

import json
import re
from copy import copy
from functools import cache
from random import Random
from typing import Any

import captures
from reading import write

from sse_core import EncodeError
from sse_core.dialects import (
    BlockEnd,
    Error,
    Finish,
    Other,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
    names,
)

NAMES = names()  # asked for once: it looks for the file of each
_LARGEST = 60_000  # bytes of a recording: of a larger one nothing new is learned
_MOST = 24  # blocks of a stream

# Answers with all that one may hold, for each dialect as far as it can say it.
_ANSWERS: list[list[Part]] = [
    [
        Start("m1", "model-1", "assistant"),
        ReasoningDelta("Hm", 0, "c2ln"),
        BlockEnd(0, "reasoning"),
        TextDelta("Hi", 1),
        BlockEnd(1, "text"),
        ToolCallDelta("", 0, "call_1", "weather"),
        ToolCallDelta('{"city":"K\u00f6ln"}', 0),
        BlockEnd(0, "tool_call"),
        Usage(12, 34, 46, 1, 2, 3),
        Finish("tool_call"),
    ],
    [
        Start("m1"),
        ToolCallDelta("", 0, "c1", "f"),
        ToolCallDelta("{}", 0),
        ToolCallDelta("", 1, "c2", "g"),
        ToolCallDelta('{"a":', 1),
        ToolCallDelta("1}", 1),
        Finish("tool_call"),
    ],
    [Start("m1"), TextDelta("Hel"), TextDelta("lo"), Usage(1, 2, 3), Finish("stop")],
    [Start("m1"), TextDelta("Hel"), Error("Busy", "overloaded", "busy", 503)],
    [Other("note", {"type": "note", "n": [1, {"m": "x"}]}), Other("ping", {"type": "ping"})],
]
WORDS = [
    *("", "x", "null", "stop", "\ud800", "[DONE]", "error", "message", "type", "function_call", "tool_use", "text"),
    *("done", "a\nb", "a\rb", "delta", "start", "section", "completion", "tool_call", "content", "reference", "images"),
    *("response.output_item.added", "response.completed", "content_block_start", "message_stop", "message_delta"),
    *("step.start", "step.delta", "interaction.completed", "thread.message.delta", "thread.run.completed", "thinking"),
    *("message-end", "tool-call-start", "transcript.text.done", "transcript.text.delta", "input_json_delta"),
    *("task", "statusUpdate", "artifactUpdate", "result", "endpoint", "priming", "notifications/progress"),
    *("arguments_delta", "text_delta", "citations_delta", "logprobs", "citations", "choices"),
    *("next", "complete", "goodbye", "close", "cancel", "auth_revoked", "stream-error", "log", "ping", "keep-alive"),
]
_MEMBERS = [
    *("type", "event", "event_type", "error", "choices", "delta", "id", "index", "text", "name", "item", "content"),
    *("functionCall", "candidates", "step", "object"),
]
_VALUES: list[Any] = [
    *(None, True, -1, 0, 1, 7, 1.5, 10**30, 2**63, 1e308, [], {}, [[]], [{}], [None, 1]),
    *({"type": "text", "text": "q"}, {"error": {"message": "m"}}),
]
# What servers, proxies and bad networks put between events.
_BODIES = [
    *(b'{"error":{"message":"m"}}\n', b'{\n"error": {"message":\n "m"}\n}\n', b"<html>\n", b'error: {"message":"x"}\n'),
    b'[{\n"error":{"code":400,"message":"x","status":"A"}}\n]\n',
    b'{"choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}]}\n',
    b'{"type":"message","content":[{"type":"text","text":"q"}],"stop_reason":"end_turn"}\n',
    b'data: {"error":{"message":"boom","type":"server_error"}}\n\n',
    b'event: error\ndata: {"type":"error","error":{"message":"boom"}}\n\n',
    b'data: {"type":"error","event":"error","error":"over\\nloaded \\u001b[2J","message":"over\\nloaded"}\n\n',
    b"event: error\ndata: boom\n\n",
    *(b"retry: 5\n", b": c\n", b"id: 4\n\n", b"id: a\x00b\n", b"event: x\n", b"event: x\n\n", b"data\n", b"data:\n\n"),
    *(b"dat", b"eve", b"{", b'"', b'data: {"a":1', b"data: [DONE]", b'data: "x', b"\xef\xbb\xbf", b"\n", b"\r"),
    *(b'data: "\\u005bDONE]"\n\n', b"data:  [DONE] \n\n", b'data: "[DONE]"\n\n', b"data: [1]\n\n", b"data: nul\n\n"),
]
# What those send that have no words for an answer.
_OTHERS = (
    b'retry: 10\nevent: open\ndata: "hello"\n\nid: 1\nevent: put\ndata: {"event":"a","event_type":"b","data":[1]}\n\n'
    b'event: next\ndata: {"data":{"a":1}}\n\nevent: next\ndata: {"id":"1","payload":{"data":null}}\n\n'
    b'event: next\ndata: {"errors":[{"message":"m"}]}\n\nevent: complete\ndata: {"id":"1"}\n\nevent: log\ndata: {a\n\n'
    b"data: mode outer\ndata: elements <p>\n\ndata: ping\n\nevent: ping\n\nevent: delete\ndata: 1\n\nid: 2\n\n"
    b'event: error\ndata: {"reason":"r"}\n\nevent: goodbye\ndata: {}\n\nevent: close\ndata: "byebye"\n\n'
    b"event: cancel\ndata: null\n\nevent: auth_revoked\ndata: no\n\nevent: complete\ndata:\n\n"
    b'event: stream-error\nid: error\ndata: {"text":"t"}\n\n'
)
_BLOCK = re.compile(rb".*?(?:\r\n\r\n|\n\n|\r\r)|.+", re.DOTALL)
_EVENT = re.compile(rb"(.*?data: ?)(.*?)(\s*)", re.DOTALL)


@cache
def seeds(name: str) -> list[list[bytes]]:
    """The streams of a dialect, in blocks: recorded where there are recordings, else encoded."""
    found = []
    for row in captures.expected():
        if captures.name_of(row) == name:
            stream = (captures.FOLDER / row["file"]).read_bytes()
            if len(stream) <= _LARGEST:
                found.append(stream)
    found += [stream for answer in _ANSWERS if (stream := write(name, _sayable(name, answer)))]
    return [blocks(stream) for stream in found or [_OTHERS]]


def blocks(stream: bytes) -> list[bytes]:
    """The stream cut after each blank line; into lines where it has none."""
    found = _BLOCK.findall(stream)
    return found if len(found) > 1 else stream.splitlines(keepends=True)


def _sayable(name: str, parts: list[Part]) -> list[Part]:
    encoder, said = PartEncoder(name), []
    for part in parts:
        try:
            encoder.send(part)
            said.append(part)
        except EncodeError:
            continue
    return said


@cache
def payloads(name: str) -> list[Any]:
    """What the JSON of a dialect's streams holds."""
    found = []
    for block in [block for stream in seeds(name) for block in stream]:
        event = _EVENT.fullmatch(block)
        try:
            found.append(json.loads(event[2]) if event else None)
        except ValueError:
            continue
    return [payload for payload in found if payload is not None] or [{"type": "x"}]


def stream_of(rng: Random, name: str) -> list[bytes]:
    """The blocks of a stream of the dialect, of a long one its beginning and its end."""
    found = rng.choice(seeds(name))
    if len(found) > _MOST:
        head = rng.randrange(1, _MOST)
        found = found[:head] + found[head - _MOST :]
    return list(found)


def damaged(rng: Random, name: str) -> list[bytes]:
    """A stream of the dialect, with one or more things wrong."""
    stream = stream_of(rng, name)
    if rng.random() < 0.3:
        stream = stream[: rng.randrange(12)] + [rng.choice(rng.choice(seeds(name))) for _ in range(rng.randrange(1, 5))]
    for _ in range(rng.choice((0, 1, 1, 1, 2, 2, 3, 5))):
        if stream:
            _damage(rng, name, stream)
    return [block for block in stream if block]


def _damage(rng: Random, name: str, stream: list[bytes]) -> None:
    at = rng.randrange(len(stream))
    how = rng.random()
    if how < 0.5:
        stream[at] = mutated(rng, name, stream[at])
    elif how < 0.6:  # the end of the stream
        stream[at:] = [stream[at][: rng.randrange(len(stream[at]) + 1)]]
    elif how < 0.65:  # of a payload
        stream[at] = stream[at][: rng.randrange(len(stream[at]) + 1)].rstrip() + b"\n\n"
    elif how < 0.8:
        stream.insert(rng.randrange(len(stream) + 1), rng.choice(_BODIES))
    elif how < 0.85:
        other = rng.randrange(len(stream))
        stream[at], stream[other] = stream[other], stream[at]
    elif how < 0.9:
        stream[at:at] = stream[rng.randrange(at + 1) : at + 1]  # again
    elif how < 0.95:
        del stream[at]
    elif stream[at]:
        place = rng.randrange(len(stream[at]))
        stream[at] = (
            stream[at][:place] + rng.choice(b'\n\r{}[]":, \x00\xffa0').to_bytes(1, "big") + stream[at][place + 1 :]
        )


def mutated(rng: Random, name: str, block: bytes) -> bytes:
    """The block with another payload, or another event type."""
    event = _EVENT.fullmatch(block)
    try:
        value = json.loads(event[2]) if event else rng.choice(payloads(name))
    except ValueError:
        return block
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        value = mutated_value(rng, name, value)
    head = event[1] if event else b"data: "
    if rng.random() < 0.2:
        type = rng.choice(WORDS).encode(errors="replace").translate(None, b"\r\n")
        head = b"event: " + type + b"\ndata: "
    try:
        return head + json.dumps(value).encode() + b"\n\n"
    except (ValueError, RecursionError):
        return block


def mutated_value(rng: Random, name: str, value: Any) -> Any:
    """The value with one thing in it, at any depth, that does not belong there."""
    path, at = [], value
    while isinstance(at, (dict, list)) and at and rng.random() < 0.8:
        key = rng.choice(list(at)) if isinstance(at, dict) else rng.randrange(len(at))
        path.append(key)
        at = at[key]
    if path and rng.random() < 0.3:  # what another event of the dialect has in its place: an index, an id, a type
        for _ in range(4):
            try:
                other = rng.choice(payloads(name))
                for key in path:
                    other = other[key]
                return _placed(value, path, other)
            except (LookupError, TypeError):
                continue
    return _placed(value, path, _changed(rng, name, at))


def _changed(rng: Random, name: str, value: Any) -> Any:
    how = rng.random()
    if isinstance(value, dict) and how < 0.6:
        value = dict(value)
        if how < 0.2 and value:
            del value[rng.choice(list(value))]
        elif how < 0.4:
            value[rng.choice(_MEMBERS)] = rng.choice((strange(rng), rng.choice(payloads(name))))
        else:
            more = _inner(rng, rng.choice(payloads(name)))
            value.update(more if isinstance(more, dict) else {})
        return value
    if isinstance(value, list) and how < 0.3:
        return [rng.choice(payloads(name)), *value]
    return strange(rng) if how < 0.8 else rng.choice(([value], rng.choice(payloads(name))))


def _inner(rng: Random, value: Any) -> Any:
    while isinstance(value, (dict, list)) and value and rng.random() < 0.6:
        value = rng.choice(list(value.values()) if isinstance(value, dict) else value)
    return value


def _placed(value: Any, path: list[Any], new: Any) -> Any:
    if not path:
        return new
    value = copy(value)
    value[path[0]] = _placed(value[path[0]], path[1:], new)
    return value


def strange(rng: Random) -> Any:
    """A JSON value that fits nowhere."""
    return rng.choice(WORDS) if rng.random() < 0.4 else copy(rng.choice(_VALUES))
