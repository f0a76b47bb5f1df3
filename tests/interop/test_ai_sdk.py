"""The AI SDK's client reads what we write as its UI message stream, and we read what its server writes."""

import json
import random
from typing import Any

import captures
import pytest
from interop import SCENARIOS
from on_node import on_node
from reading import ANSWERING, gather, random_pieces, read, whole, write

from sse_core import EncodeError, SSEError
from sse_core.dialects import (
    Accumulator,
    BlockEnd,
    Done,
    Error,
    Finish,
    Part,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    Transcoder,
)

NAME = "vercel-ai-ui"
TIMEOUT = 300  # seconds, for some hundreds of streams
WORDS = {"tool_call": "tool-calls", "content_filter": "content-filter"}

each = pytest.mark.parametrize("package", ["ai6", "ai7"])


def run(package: str, mode: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What ai_sdk.mjs says of each line."""
    input = "".join(json.dumps(line) + "\n" for line in lines).encode()
    said = [json.loads(line) for line in on_node("ai_sdk.mjs", package, package, mode, input=input).splitlines()]
    assert len(said) == len(lines)
    return said


def shown(package: str, streams: list[bytes]) -> list[dict[str, Any]]:
    """What a chat shows of each stream."""
    return run(package, "read", [{"body": stream.decode()} for stream in streams])


def rewritten(source: str, chunks: list[bytes]) -> tuple[bytes, SSEError | None]:
    """A stream rewritten, and what was raised, as a gateway sends it on."""
    transcoder = Transcoder(source, NAME)
    out = b""
    try:
        for chunk in chunks:
            out += transcoder.feed(chunk)
        return out + transcoder.close(), None
    except SSEError as error:
        return out + error.data, error


RECORDED = captures.streams(ANSWERING)
needs_captures = pytest.mark.skipif(not RECORDED, reason=captures.WHY_NOT)


def check(said: dict[str, Any], message: Accumulator) -> None:
    """A chat shows the whole answer that we read: its text, reasoning, calls and tokens; nothing is still to come."""
    parts = said["parts"]
    assert (said["status"], said["error"], said["failed"]) == ("ready", None, False)
    assert "".join(part["text"] for part in parts if part["type"] == "text") == message.text
    assert "".join(part["text"] for part in parts if part["type"] == "reasoning") == message.reasoning
    assert not [part for part in parts if part.get("state") in ("streaming", "input-streaming")]
    tools = [part for part in parts if part["type"].startswith("tool-")]
    for tool, call in zip(tools, message.tool_calls, strict=True):
        assert (tool["type"], bool(tool.get("providerExecuted"))) == (f"tool-{call.name}", call.server)
        if call.complete:
            assert tool["state"] == "input-available"
            assert tool["input"] == (json.loads(call.arguments) if call.json else call.arguments)
        else:
            assert tool["state"] == "output-error"
    ids = [tool["toolCallId"] for tool in tools]
    assert len(set(ids)) == len(ids)
    acted = [id for id, call in zip(ids, message.tool_calls, strict=True) if call.complete and not call.server]
    assert sorted(said["ran"]) == sorted(acted)
    reason = message.finish_reason or "stop"
    assert said["finish"] in (WORDS.get(reason, reason), None if message.choices[0].raw_reason is None else "")
    assert said["metadata"].get("model") == message.model
    usage = said["metadata"].get("usage", {})
    if message.usage is not None:
        assert (usage.get("inputTokens"), usage.get("outputTokens")) == (
            message.usage.input_tokens,
            message.usage.output_tokens,
        )


def check_failed(said: dict[str, Any], message: Accumulator) -> None:
    """A chat shows an error, and what came before it; it has run no call that we do not take for complete."""
    assert (said["status"], said["failed"], said["finish"]) == ("error", True, None)
    assert said["error"]
    text = "".join(part["text"] for part in said["parts"] if part["type"] == "text")
    assert message.text.startswith(text)
    tools = [part for part in said["parts"] if part["type"].startswith("tool-")]
    for tool, call in zip(tools, message.tool_calls, strict=False):
        assert tool["type"] == f"tool-{call.name}"
        assert call.complete or tool["state"] != "input-available"
    assert len(said["ran"]) <= sum(call.complete and not call.server for call in message.tool_calls)


END, GOOD = BlockEnd(0, "tool_call"), Finish("tool_call")
WRITTEN: dict[str, tuple[Part, ...]] = {
    **SCENARIOS,
    "two calls of one id": (ToolCallDelta("{}", 0, "a", "f"), END, ToolCallDelta('{"b":2}', 1, "a", "f"), GOOD),
    "another call in a block": (ToolCallDelta("{}", 0, "a", "f"), ToolCallDelta('{"b":2}', 0, "b", "f"), GOOD),
    "a call that may be cut": (TextDelta("Hi"), ToolCallDelta("{}", 0, "a", "f"), Finish("length")),
    "arguments that are no JSON": (ToolCallDelta('{"a":', 0, "a", "f"), END, GOOD),
    "arguments of free text": (ToolCallDelta("ls -l", 0, "a", "f", json=False), GOOD),
    "a call that the provider runs": (ToolCallDelta("{}", 0, "a", "f", True), END, TextDelta("Hi")),
    "texts that interleave": (TextDelta("A", "a"), TextDelta("B", "b"), TextDelta("C", "b"), BlockEnd("a")),
    "text that goes on after a call": (TextDelta("A"), ToolCallDelta("{}", 0, "a", "f"), TextDelta("B")),
    "text and reasoning of one name": (ReasoningDelta("Hm", "a"), TextDelta("A", "a"), ReasoningDelta("Oh", "a")),
    "redacted reasoning": (ReasoningDelta("", 0, "cmVk"), BlockEnd(0, "reasoning"), TextDelta("A", 1)),
}


@each
def test_what_is_written_is_shown(package: str) -> None:
    streams = [write(NAME, parts) for parts in WRITTEN.values()]
    for said, parts, stream in zip(shown(package, streams), WRITTEN.values(), streams, strict=True):
        message = gather(parts)
        if message.error is not None:
            check_failed(said, message)
            assert said["error"] == message.error.message
        else:
            check(said, gather(whole(NAME, stream)) if message.finish_reason is None else message)
            assert "".join(part["text"] for part in said["parts"] if part["type"] == "text") == message.text


def check_all(package: str, streams: list[tuple[str, str, bytes]]) -> tuple[int, int]:
    """Have a chat show each stream, rewritten: an error wherever we say that not all is well. How many of each."""
    bodies: list[bytes] = []
    messages: list[tuple[str, Accumulator, bool]] = []
    for file, source, stream in streams:
        parts, problem = read(source, stream)
        body, error = rewritten(source, random_pieces(stream, file))
        message = gather(parts)
        # A second choice, and a message that begins again, are refused: what came before them was good.
        refused = isinstance(error, EncodeError)
        failed = problem is not None or message.error is not None or message.invalid is not None
        assert refused or (error is not None) == (problem is not None or message.invalid is not None), file
        bodies.append(body)
        messages.append((file, gather(whole(NAME, body)) if refused else message, failed or refused))
    for said, (file, message, failed) in zip(shown(package, bodies), messages, strict=True):
        try:
            (check_failed if failed else check)(said, message)
        except AssertionError as error:
            raise AssertionError(file) from error
    count = sum(failed for _, _, failed in messages)
    return len(messages) - count, count


@each
@needs_captures
def test_every_recorded_answer_is_shown_as_we_read_it(package: str) -> None:
    good, failed = check_all(package, RECORDED)
    assert good > failed


@each
@needs_captures
def test_an_answer_that_is_cut_is_an_error(package: str) -> None:
    rng = random.Random(package)
    cut = [(file, source, stream[: rng.randrange(len(stream))]) for file, source, stream in RECORDED]
    good, failed = check_all(package, cut)
    assert failed > good


@each
@needs_captures
def test_an_answer_with_a_payload_that_cannot_be_read_is_an_error(package: str) -> None:
    broken = []
    for file, source, stream in RECORDED:
        blocks = stream.replace(b"\r\n", b"\n").split(b"\n\n")
        if len(blocks) > 2:
            blocks[len(blocks) // 2] = b'data: {"broken'
            broken.append((file, source, b"\n\n".join(blocks)))
    good, failed = check_all(package, broken)
    assert failed > good


# -- the other direction: a model's chunks, as streamText serves them

USAGE = {
    "inputTokens": {"total": 10, "noCache": 7, "cacheRead": 2, "cacheWrite": 1},
    "outputTokens": {"total": 5, "text": 3, "reasoning": 2},
}


def finish(word: str) -> dict[str, Any]:
    return {"type": "finish", "finishReason": {"unified": word, "raw": word}, "usage": USAGE}


def delta(kind: str, id: str, *texts: str) -> list[dict[str, Any]]:
    """The chunks of a block."""
    deltas = [{"type": f"{kind}-delta", "id": id, "delta": text} for text in texts]
    return [{"type": f"{kind}-start", "id": id}, *deltas, {"type": f"{kind}-end", "id": id}]


SIGNED = {"type": "reasoning-delta", "id": "0", "delta": "", "providerMetadata": {"anthropic": {"signature": "c2ln"}}}
INPUT = [
    {"type": "tool-input-start", "id": "a", "toolName": "weather"},
    {"type": "tool-input-delta", "id": "a", "delta": '{"city": "Łó'},
    {"type": "tool-input-delta", "id": "a", "delta": 'dź", "days": 12345678901234567890}'},
    {"type": "tool-input-end", "id": "a"},
]
CALL = {
    "type": "tool-call",
    "toolCallId": "a",
    "toolName": "weather",
    "input": '{"city": "Łódź", "days": 12345678901234567890}',
}
CASES: dict[str, tuple[list[dict[str, Any]], list[Part]]] = {
    "text": (
        [*delta("text", "1", "Grüße, ", "line\nline\r\n\u2028 🙂"), finish("stop")],
        [TextDelta("Grüße, ", "1"), TextDelta("line\nline\r\n\u2028 🙂", "1"), BlockEnd("1"), Finish("stop", "stop")],
    ),
    "signed reasoning": (
        [*delta("reasoning", "0", "Hm.")[:2], SIGNED, {"type": "reasoning-end", "id": "0"}, finish("length")],
        [
            ReasoningDelta("Hm.", "0"),
            ReasoningDelta("", "0", "c2ln"),
            BlockEnd("0", "reasoning"),
            Finish("length", "length"),
        ],
    ),
    "a call in fragments, and one whole": (
        [*INPUT, CALL, {**CALL, "toolCallId": "b", "input": "{}"}, finish("tool-calls")],
        [
            ToolCallDelta("", "a", "a", "weather"),
            ToolCallDelta('{"city": "Łó', "a"),
            ToolCallDelta('dź", "days": 12345678901234567890}', "a"),
            BlockEnd("a", "tool_call"),
            ToolCallDelta("", "b", "b", "weather"),
            BlockEnd("b", "tool_call"),
            Finish("tool_call", "tool-calls"),
        ],
    ),
    "a call that the provider runs": (
        [
            {**CALL, "input": '{"q":1}', "providerExecuted": True},
            {"type": "tool-result", "toolCallId": "a", "toolName": "weather", "result": 1, "providerExecuted": True},
            finish("stop"),
        ],
        [
            ToolCallDelta("", "a", "a", "weather", True),
            ToolCallDelta('{"q":1}', "a", server=True),
            BlockEnd("a", "tool_call"),
            Finish("stop", "stop"),
        ],
    ),
    "an error": (
        [*delta("text", "1", "So")[:2], {"type": "error", "error": "busy"}],
        [TextDelta("So", "1"), Error("An error occurred.")],
    ),
    "a call whose input is no JSON": (
        [*INPUT[:2], INPUT[3], {**CALL, "input": '{"city": "Łó'}, finish("tool-calls")],
        [
            ToolCallDelta("", "a", "a", "weather"),
            ToolCallDelta('{"city": "Łó', "a"),
            Finish("tool_call", "tool-calls"),
        ],
    ),
}


TOOLS = {"weather": None, "time": {"now": 12}}
MORE = [
    {"type": "source", "sourceType": "url", "id": "s1", "url": "http://127.0.0.1/", "title": "S"},
    *delta("reasoning", "0", "Hm."),
    *delta("text", "1", "A", "B"),
    *[*INPUT, CALL],
    {**CALL, "toolCallId": "b", "toolName": "time", "input": "{}"},
    {**CALL, "toolCallId": "c", "toolName": "unknown"},
    {**CALL, "toolCallId": "d", "dynamic": True, "providerExecuted": True},
    {"type": "tool-result", "toolCallId": "d", "toolName": "weather", "result": 1, "providerExecuted": True},
    finish("tool-calls"),
]


@each
def test_what_its_server_writes_is_read(package: str) -> None:
    lines = [{"chunks": chunks, "tools": TOOLS} for chunks, _ in CASES.values()]
    for said, (name, (_, parts)) in zip(run(package, "write", lines), CASES.items(), strict=True):
        found = whole(NAME, said["body"].encode())
        assert [part for part in found if part.kind not in ("other", "start")] == [*parts, Done("sentinel")], name


@each
def test_what_its_server_writes_is_shown_alike_when_we_have_written_it_again(package: str) -> None:
    lines = [{"chunks": chunks, "tools": TOOLS} for chunks in (*[chunks for chunks, _ in CASES.values()], MORE)]
    bodies = [said["body"].encode() for said in run(package, "write", lines)]
    again = shown(package, [write(NAME, whole(NAME, body)) for body in bodies])
    for body, first, second in zip(bodies, shown(package, bodies), again, strict=True):
        if first["failed"]:  # an error ends the text that was open
            second["parts"][-1]["state"] = "streaming"
        assert first == second, body
