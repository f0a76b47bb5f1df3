"""What every SDK is tried with: streams made by hand and streams rewritten from captures, as a table.

A test file has a class for each way its SDK reads a stream: a Reads with a dialect, the SDK's words for a
finish, and `read`. What it reads must be what our own decoder and Accumulator say of the same stream.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import captures
import pytest
from loopback import serve
from reading import gather, random_pieces, whole

from sse_core.dialects import (
    Accumulator,
    BlockEnd,
    Error,
    Finish,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Transcoder,
    Usage,
)

START = Start("message-1", "model-1", "assistant")
USAGE = Usage(120, 45, 165, 20, None, 5)
TEXT = (TextDelta("Grüße, "), TextDelta("line one\nline two\r\n"), TextDelta(' {"json"?} 🙂 data: [DONE]'))
SCENARIOS: dict[str, tuple[Part, ...]] = {
    "text": (START, *TEXT, Finish("stop"), USAGE),
    "text and no more": TEXT,
    "limit": (START, TextDelta("cut o"), Finish("length"), USAGE),
    "filter": (START, TextDelta("I will not"), Finish("content_filter"), USAGE),
    "another end": (START, TextDelta("Well"), Finish("other"), USAGE),
    "refusal": (START, TextDelta("I ", refusal=True), TextDelta("will not", refusal=True), Finish("stop"), USAGE),
    "reasoning": (START, ReasoningDelta("Let me "), ReasoningDelta("think."), *TEXT, Finish("stop"), USAGE),
    "signed reasoning": (
        START,
        ReasoningDelta("Let me think.", 0),
        ReasoningDelta("", 0, "c2lnbmF0dXJl"),
        ReasoningDelta("", 1, "cmVkYWN0ZWQh"),
        *(TextDelta("Thought.", 2), Finish("stop"), USAGE),
    ),
    "call": (
        START,
        TextDelta("I shall look."),
        BlockEnd(),
        ToolCallDelta("", 0, "call_a", "weather"),
        ToolCallDelta('{"city": "Łód', 0),
        ToolCallDelta('ź", "days": [1, 2.5, null]}', 0),
        BlockEnd(0, "tool_call"),
        Finish("tool_call"),
        USAGE,
    ),
    "two calls, interleaved": (
        START,
        ToolCallDelta("", 0, "call_a", "weather"),
        ToolCallDelta('{"city": ', 0),
        ToolCallDelta('{"zone"', 1, "call_b", "time"),
        ToolCallDelta('"Oslo"}', 0),
        ToolCallDelta(': "CET"}', 1),
        Finish("tool_call"),
        USAGE,
    ),
    "call named in each fragment": (
        START,
        ToolCallDelta('{"city":', 0, "call_a", "weather"),
        ToolCallDelta(' "Oslo"}', 0, "call_a", "weather"),
        Finish("tool_call"),
        USAGE,
    ),
    "call without arguments": (START, ToolCallDelta("", 0, "call_a", "now"), Finish("tool_call"), USAGE),
    "call and no more": (ToolCallDelta('{"a": 1}', 0, "call_a", "look"),),
    "error": (START, TextDelta("So far"), Error("Overloaded", "overloaded_error", status=529)),
    "error at once": (Error("Too many requests", "rate_limit_error", "rate_limit_exceeded", 429),),
}

# For each dialect a stream of text, one of calls and one that fails.
CAPTURES = (
    "openai-chat/openai__sdk-snapshot-569c877e6942.sse",
    "openai-chat/writer__test_writer_async_streaming_chat_multiple_tool_call_requests_legacy.sse",
    "openai-chat/openrouter__test_openrouter_stream_error.sse",
    "openai-responses/openai__test_background_mode_streaming_vcr.sse",
    "openai-responses/openai__TestOpenAIResponsesCommon_openai-gpt-4o_multi_tool_streaming.sse",
    "openai-responses/openai__vercel-openai-error.1.sse",
    "anthropic-messages/anthropic-sdk-fixture__basic_response.sse",
    "anthropic-messages/anthropic-sdk-fixture__tool_use_response.sse",
    "anthropic-messages/anthropic__doc-overloaded-error.sse",
    "gemini/gemini-api__TestGoogleCommon_gemini-2.5-flash_simple_streaming.sse",
    "gemini/google__vercel-google-stream-tool-call-arguments.sse",
    "gemini/vertex-fixture__streaming-failure-error-mid-stream.sse",
    "cohere-v2/cohere__vercel-cohere-text.sse",
    "cohere-v2/cohere__vercel-cohere-tool-call.sse",
    "cohere-v2/cohere__test_sql_agent.sse",
)


@dataclass
class Call:
    """A tool call; `arguments` as an object."""

    name: str | None
    arguments: Any
    id: str | None = None


@dataclass
class Record:
    """What was read: `tokens` are those of the input, the output, read from a cache, of reasoning; 0 if not said."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)
    tokens: tuple[int, int, int, int] = (0, 0, 0, 0)
    finish: str | None = None
    error: str | None = None

    def count(self, *tokens: float | None) -> None:
        assert all(count == int(count or 0) for count in tokens if count is not None)
        self.tokens = tuple(int(count or 0) for count in tokens)


def ours(message: Accumulator) -> Record:
    """The same of what we read."""
    record = Record(message.text, finish=message.finish_reason, error=message.error and message.error.message)
    record.calls = [Call(call.name, json.loads(call.arguments), call.id) for call in message.tool_calls]
    if message.usage is not None:
        usage = message.usage
        record.count(usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.reasoning_tokens)
    return record


class Reads:
    """The tests of one way to read."""

    dialect: str
    # The word for each of our reasons; "error" is what follows an error.
    words: dict[str, str | None]

    def read(self, url: str) -> Record:
        """What the SDK reads from a server at `url`."""
        raise NotImplementedError  # each SDK has its own

    @pytest.mark.parametrize("name", SCENARIOS)
    def test_what_is_written_is_read(self, name: str) -> None:
        encoder = PartEncoder(self.dialect)
        chunks = [encoder.send(part) for part in SCENARIOS[name]] + [encoder.close()]
        self.check(chunks, encoder.headers, ours(gather(SCENARIOS[name])))

    @pytest.mark.parametrize("file", CAPTURES)
    def test_what_is_rewritten_is_read(self, file: str) -> None:
        path = captures.FOLDER / file
        if not path.is_file():
            pytest.skip(captures.WHY_NOT)
        stream, source = path.read_bytes(), file.partition("/")[0]
        parts = whole(source, stream)
        if source == self.dialect:  # a Transcoder would hand on the capture itself
            encoder = PartEncoder(source)
            chunks = [encoder.send(part) for part in parts]
            return self.check(chunks, encoder.headers, ours(gather(parts)))
        transcoder = Transcoder(source, self.dialect)
        chunks = [transcoder.feed(chunk) for chunk in random_pieces(stream, file)] + [transcoder.close()]
        self.check(chunks, transcoder.headers, ours(gather(parts)))

    def check(self, chunks: list[bytes], headers: dict[str, str], expected: Record) -> None:
        with serve(chunks, headers) as url:
            record = self.read(url)
        ids = [call.id for call in expected.calls]
        assert len({call.id for call in record.calls}) in (len(ids), 1)  # Gemini's need none
        for call, id in zip(record.calls, ids, strict=True):
            assert id in (None, call.id)
            call.id = id
        if expected.error is not None:
            expected.finish = "error"
        elif expected.finish is None:  # told by the end alone
            expected.finish = "tool_call" if expected.calls else "stop"
        if expected.finish == "error":  # not all tell the tokens of what failed
            expected.tokens = record.tokens
        expected.finish = self.words[expected.finish]
        assert record == expected
