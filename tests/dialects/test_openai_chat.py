"""Chat completions as some twenty servers speak them, and text completions: a row for each quirk."""

import json
import pickle
from typing import Any

import pytest
from reading import ended, gather, nest, pieces, read, sse, whole, write

from sse_core import EncodeError
from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Other,
    Part,
    PartDecoder,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

CHAT = "openai-chat"
STOP = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
STOPPED = Finish("stop", "stop")
CALLED = Finish("tool_call", "stop")  # with a call to act on


def delta(index: int = 0, finish: str | None = None, **members: Any) -> dict[str, Any]:
    return {"id": "c1", "model": "m", "choices": [{"index": index, "delta": members, "finish_reason": finish}]}


def bare(choice: Any, **members: Any) -> dict[str, Any]:
    return {"choices": [choice], **members}


def call(arguments: Any = "", index: Any = 0, id: Any = None, name: Any = None, **members: Any) -> dict[str, Any]:
    return {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}, **members}


def usage(input: Any = 1, output: Any = 2, total: Any = 3, **members: Any) -> dict[str, Any]:
    return {"prompt_tokens": input, "completion_tokens": output, "total_tokens": total, **members}


def other(name: str, data: Any, dialect: str = CHAT) -> Other:
    return Other(name, data, dialect)


FILTERED = [{"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False}}}]
SEARCHED = [{"type": "search", "output": "found"}]
CITED = ["https://a.example"]
CITATION = {"type": "url_citation", "url_citation": {"url": "https://a.example"}}
LOGPROBS = {"content": [{"token": "Hi", "logprob": -0.1}], "refusal": None}

# What the server sends, as JSON payloads or bytes, and the parts before Done.
QUIRKS: dict[str, tuple[list[Any], list[Part]]] = {
    "openai: role, text, finish, usage in a chunk of its own": (
        [
            {**delta(role="assistant", content="", refusal=None), "usage": None, "obfuscation": "x"},
            {**delta(content="Hi"), "usage": None},
            {**delta(finish="stop"), "usage": None},
            {"id": "c1", "choices": [], "usage": usage()},
            "[DONE]",
        ],
        [Start("c1", "m", "assistant"), TextDelta("Hi"), STOPPED, Usage(1, 2, 3)],
    ),
    "openai: usage in full": (
        [
            STOP,
            {
                "choices": [],
                "usage": usage(
                    9,
                    8,
                    17,
                    prompt_tokens_details={"cached_tokens": 5, "audio_tokens": 0},
                    completion_tokens_details={"reasoning_tokens": 3},
                ),
            },
        ],
        [Start(), STOPPED, Usage(9, 8, 17, 5, None, 3)],
    ),
    "openai: a refusal": (
        [delta(content=None, refusal="I "), delta(refusal="won't"), delta(finish="stop")],
        [Start("c1", "m"), TextDelta("I ", refusal=True), TextDelta("won't", refusal=True), STOPPED],
    ),
    "openai: logprobs": (
        [bare({"index": 0, "delta": {"content": "Hi"}, "logprobs": LOGPROBS, "finish_reason": "stop"})],
        [Start(), TextDelta("Hi"), other("logprobs", LOGPROBS), STOPPED],
    ),
    "openai: several choices": (
        [delta(1, content="b"), delta(0, content="a"), delta(1, finish="length"), delta(0, finish="stop")],
        [
            Start("c1", "m"),
            TextDelta("b", choice=1),
            TextDelta("a"),
            Finish("length", "length", 1),
            STOPPED,
        ],
    ),
    "openai: interleaved tool calls": (
        [
            delta(tool_calls=[call("", 0, "call_a", "f")]),
            delta(tool_calls=[call('{"x"', 0), call("", 1, "call_b", "g")]),
            delta(tool_calls=[call("{}", 1)]),
            delta(tool_calls=[call(":1}", 0)]),
            delta(finish="tool_calls"),
        ],
        [
            Start("c1", "m"),
            ToolCallDelta("", 0, "call_a", "f"),
            ToolCallDelta('{"x"', 0),
            ToolCallDelta("", 1, "call_b", "g"),
            ToolCallDelta("{}", 1),
            ToolCallDelta(":1}", 0),
            Finish("tool_call", "tool_calls"),
        ],
    ),
    "openai: a call of free text": (
        [delta(tool_calls=[{"index": 0, "id": "a", "type": "custom", "custom": {"name": "sh", "input": "ls"}}]), STOP],
        [Start("c1", "m"), ToolCallDelta("ls", 0, "a", "sh", json=False), CALLED],
    ),
    "openai: function_call, before tools": (
        [
            delta(function_call={"name": "f", "arguments": "{"}),
            delta(function_call={"arguments": "}"}),
            delta(finish="function_call"),
        ],
        [
            Start("c1", "m"),
            ToolCallDelta("{", 0, None, "f"),
            ToolCallDelta("}"),
            Finish("tool_call", "function_call"),
        ],
    ),
    "openai: a second id in mid-stream is no new Start": (
        [delta(content="a"), {**delta(content="b"), "id": "c2"}, STOP],
        [Start("c1", "m"), TextDelta("a"), TextDelta("b"), STOPPED],
    ),
    "azure: a first chunk without id and choices, chunks without delta": (
        [
            {"choices": [], "id": "", "model": "", "object": "", "created": 0, "prompt_filter_results": FILTERED},
            delta(content="Hi"),
            {"id": "c1", **bare({"content_filter_results": {}, "finish_reason": None, "index": 0, "logprobs": None})},
            STOP,
            "[DONE]",
        ],
        [other("prompt_filter_results", FILTERED), Start("c1", "m"), TextDelta("Hi"), STOPPED],
    ),
    "openrouter: comments, a finish repeated with usage, role in every chunk": (
        [
            b": OPENROUTER PROCESSING\n\n",
            {**delta(role="assistant", content="Hi"), "provider": "x"},
            delta(role="assistant", content="", finish="stop"),
            {**delta(role="assistant", content="", finish="stop"), "usage": usage()},
            "[DONE]",
        ],
        [Start("c1", "m", "assistant"), TextDelta("Hi"), STOPPED, Usage(1, 2, 3)],
    ),
    "openrouter: the same reasoning in two members": (
        [
            delta(content="", reasoning="Hm", reasoning_details=[{"type": "reasoning.text", "text": "Hm", "index": 0}]),
            delta(reasoning=None, reasoning_details=[{"type": "reasoning.text", "signature": "sig"}]),
            delta(reasoning_details=[{"type": "reasoning.encrypted", "data": "enc"}]),
            delta(reasoning_details=[{"type": "reasoning.summary", "summary": "So"}, {"type": "x"}, 5]),
            STOP,
        ],
        [
            Start("c1", "m"),
            ReasoningDelta("Hm"),
            ReasoningDelta("", 0, "sig"),
            ReasoningDelta("", 0, "enc"),
            ReasoningDelta("So"),
            STOPPED,
        ],
    ),
    "openrouter: annotations and images": (
        [delta(content="", annotations=[CITATION], images=[{"type": "image_url"}]), STOP],
        [Start("c1", "m"), other("annotations", [CITATION]), other("images", [{"type": "image_url"}]), STOPPED],
    ),
    "openrouter: an error beside a choice": (
        [
            delta(content="Hi"),
            delta(finish="length"),
            {**delta(content=""), "error": {"code": 400, "message": "Token limit reached"}},
            "[DONE]",
        ],
        [
            Start("c1", "m"),
            TextDelta("Hi"),
            Finish("length", "length"),
            Error("Token limit reached", None, 400, 400),
        ],
    ),
    "openrouter: finish_reason error, and cache writes": (
        [{**delta(finish="error"), "usage": usage(prompt_tokens_details={"cache_write_tokens": 7})}],
        [Start("c1", "m"), Finish("error", "error"), Usage(1, 2, 3, None, 7)],
    ),
    "deepseek: reasoning, then text; cached tokens in words of its own": (
        [
            delta(content=None, reasoning_content="Hm"),
            delta(content="Hi", reasoning_content=None),
            {**delta(content="", finish="stop"), "usage": usage(prompt_cache_hit_tokens=1)},
            b": keep-alive\n\n",
            "[DONE]",
        ],
        [Start("c1", "m"), ReasoningDelta("Hm"), TextDelta("Hi"), STOPPED, Usage(1, 2, 3, 1)],
    ),
    "deepseek: usage that grows, not all of it each time": (
        [
            {**delta(content="Hi"), "usage": {"prompt_tokens": 5}},
            {**delta(content="!"), "usage": {"prompt_tokens": 5, "completion_tokens": None}},
            {**delta(finish="stop"), "usage": {"completion_tokens": 2, "total_tokens": 7}},
        ],
        [Start("c1", "m"), TextDelta("Hi"), Usage(5), TextDelta("!"), STOPPED, Usage(5, 2, 7)],
    ),
    "deepseek: no resources left": (
        [delta(finish="insufficient_system_resource"), "[DONE]"],
        [Start("c1", "m"), Finish("error", "insufficient_system_resource")],
    ),
    "groq: usage in x_groq, and again": (
        [
            {**delta(content="Hi"), "x_groq": {"id": "req"}},
            {**delta(finish="stop"), "x_groq": {"id": "req", "usage": usage()}},
            {"id": "c1", "choices": [], "usage": usage()},
            "[DONE]",
        ],
        [Start("c1", "m"), TextDelta("Hi"), STOPPED, Usage(1, 2, 3)],
    ),
    "groq: reasoning, tools it runs itself": (
        [delta(reasoning="Hm", channel="analysis"), delta(executed_tools=SEARCHED), STOP],
        [Start("c1", "m"), ReasoningDelta("Hm"), other("executed_tools", SEARCHED), STOPPED],
    ),
    "groq: a named error, then nothing": (
        [
            delta(content="Hi"),
            b'event: error\ndata: {"error":{"message":"bad call","type":"invalid","code":"tool_use_failed",'
            b'"failed_generation":"{","status_code":400}}\n\n',
        ],
        [Start("c1", "m"), TextDelta("Hi"), Error("bad call", "invalid", "tool_use_failed", 400)],
    ),
    "groq: the event type alone says that it is an error": (
        [b'event: error\ndata: {"message":"Busy"}\n\n'],
        [Error("Busy")],
    ),
    "mistral: content in pieces": (
        [
            delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}, {"text": 5}, 5]}]),
            delta(content=[{"type": "thinking", "thinking": [], "closed": True}, {"type": "text", "text": "Hi"}]),
            delta(content=[{"type": "text", "text": ""}, {"type": "reference", "reference_ids": [1]}, {"x": 1}]),
            delta(content="!", finish="stop"),
        ],
        [
            Start("c1", "m"),
            ReasoningDelta("Hm"),
            TextDelta("Hi"),
            other("reference", {"type": "reference", "reference_ids": [1]}),
            other("content", {"x": 1}),
            TextDelta("!"),
            STOPPED,
        ],
    ),
    "mistral: whole calls without an index, padding, usage with the finish": (
        [
            {
                **delta(tool_calls=[{"id": "a", "function": {"name": "f", "arguments": "{}"}}], finish="tool_calls"),
                "usage": usage(),
                "p": "abcdefg",
            },
            {**delta(tool_calls=[{"id": "b", "function": {"name": "g", "arguments": "{}"}}])},
            "[DONE]",
        ],
        [
            Start("c1", "m"),
            ToolCallDelta("{}", 0, "a", "f"),
            Finish("tool_call", "tool_calls"),
            Usage(1, 2, 3),
            ToolCallDelta("{}", 1, "b", "g"),
        ],
    ),
    "mistral: two calls in one chunk without an index": (
        [delta(tool_calls=[{"id": "a", "function": {"arguments": "{}"}}, {"id": "b", "function": {}}]), STOP],
        [Start("c1", "m"), ToolCallDelta("{}", 0, "a"), ToolCallDelta("", 1, "b"), CALLED],
    ),
    "mistral: model_length": ([delta(finish="model_length")], [Start("c1", "m"), Finish("length", "model_length")]),
    "xai: reasoning is left out of the output tokens": (
        [
            delta(reasoning_content="Hm"),
            STOP,
            {"choices": [], "usage": usage(12, 8, 320, completion_tokens_details={"reasoning_tokens": 300})},
        ],
        [Start("c1", "m"), ReasoningDelta("Hm"), STOPPED, Usage(12, 308, 320, None, None, 300)],
    ),
    "z.ai: whole calls, usage on the last choice": (
        [
            delta(role="assistant", tool_calls=[call("{}", 0, "a", "f")]),
            delta(role="assistant", tool_calls=[call("{}", 1, "b", "g")]),
            {**delta(finish="tool_calls", role="assistant", content=""), "usage": usage()},
        ],
        [
            Start("c1", "m", "assistant"),
            ToolCallDelta("{}", 0, "a", "f"),
            ToolCallDelta("{}", 1, "b", "g"),
            Finish("tool_call", "tool_calls"),
            Usage(1, 2, 3),
        ],
    ),
    "perplexity: usage and citations in every chunk, the text so far beside the delta, its own end": (
        [
            b": ping - 2026-06-08 18:49:47\r\n\r\n",
            {
                "object": "chat.completion.chunk",
                "citations": CITED,
                "search_results": [],
                "usage": usage(1, 1, 2),
                **bare({"index": 0, "delta": {"content": "H"}, "message": {"content": "H"}}),
            },
            {
                "object": "chat.completion",
                "citations": CITED,
                "usage": usage(1, 2, 3),
                **bare({"index": 0, "delta": {"content": "i"}, "message": {"content": "Hi"}}),
            },
            {
                "object": "chat.completion.done",
                "citations": [],
                "usage": usage(1, 2, 3),
                **bare({"index": 0, "delta": {"content": ""}, "message": {"content": "Hi"}, "finish_reason": "stop"}),
            },
        ],
        [
            Start(),
            TextDelta("H"),
            other("citations", CITED),
            Usage(1, 1, 2),
            TextDelta("i"),
            Usage(1, 2, 3),
            STOPPED,
        ],
    ),
    "writer: nulls everywhere, the message beside the delta, no [DONE]": (
        [
            bare(
                {
                    "index": 0,
                    "delta": {"content": None, "tool_calls": None, "refusal": None},
                    "message": {"content": "x"},
                }
            ),
            delta(content=None, tool_calls=[call(None, 0, "a", "f")]),
            delta(content=None, tool_calls=[{"index": 0, "id": None, "function": {"name": "", "arguments": "{}"}}]),
            delta(content=None, tool_calls=[], finish="tool_calls"),
            {"choices": [], "usage": usage()},
        ],
        [
            Start(),
            ToolCallDelta("", 0, "a", "f"),
            ToolCallDelta("{}"),
            Finish("tool_call", "tool_calls"),
            Usage(1, 2, 3),
        ],
    ),
    "together: the text beside the delta": (
        [
            bare({"index": 0, "text": "Hi", "delta": {"token_id": 1, "content": "Hi"}, "seed": None}),
            bare({"index": 0, "text": "", "delta": {"content": ""}, "finish_reason": "eos"}),
        ],
        [Start(), TextDelta("Hi"), Finish("stop", "eos")],
    ),
    "ollama: arguments as an object": (
        [delta(tool_calls=[call({"city": "Köln"}, 0, "a", "f")]), delta(finish="tool_calls")],
        [Start("c1", "m"), ToolCallDelta('{"city":"Köln"}', 0, "a", "f"), Finish("tool_call", "tool_calls")],
    ),
    "ollama: it breaks off before [DONE], after an error": (
        [delta(content="Hi"), {"error": "an error was encountered while running the model"}],
        [Start("c1", "m"), TextDelta("Hi"), Error("an error was encountered while running the model")],
    ),
    "llama.cpp: an error in a field line of its own, then [DONE]": (
        [delta(content="Hi"), b'error: {"error":{"code":500,"message":"no room","type":"server"}}\n\n', "[DONE]"],
        [Start("c1", "m"), TextDelta("Hi"), Error("no room", "server", 500, 500)],
    ),
    "gpustack: an error in a field line of its own, then nothing": (
        [delta(content="Hi"), b'error: {"detail":"no room","error":{"message":"no room"}}\n'],
        [Start("c1", "m"), TextDelta("Hi"), Error("no room")],
    ),
    "gpustack: no [DONE] after the finish": (
        [delta(reasoning_content="Hm"), delta(content="Hi"), {**delta(finish="stop"), "usage": usage()}],
        [Start("c1", "m"), ReasoningDelta("Hm"), TextDelta("Hi"), STOPPED, Usage(1, 2, 3)],
    ),
    "vllm: a bare error": (
        [{"object": "error", "message": "too long", "type": "BadRequestError", "param": None, "code": 400}, "[DONE]"],
        [Error("too long", "BadRequestError", 400, 400)],
    ),
    "vllm: an error with an object, keys of its own": (
        [
            {**bare({"index": 0, "delta": {"content": "Hi"}, "stop_reason": None, "token_ids": [1]})},
            {
                "error": {
                    "object": "error",
                    "message": "too long",
                    "type": "BadRequestError",
                    "param": None,
                    "code": 400,
                }
            },
        ],
        [Start(), TextDelta("Hi"), Error("too long", "BadRequestError", 400, 400)],
    ),
    "tgi: no space after the colon, an error, [DONE] all the same": (
        [
            b'data:{"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n:\n\n',
            b'data:{"error":{"message":"overloaded","http_status_code":422}}\n\ndata:[DONE]\n\n',
        ],
        [Start(), TextDelta("Hi"), Error("overloaded", status=422)],
    ),
    "tgi: its finish reason": (
        [delta(finish="eos_token"), "[DONE]"],
        [Start("c1", "m"), Finish("stop", "eos_token")],
    ),
    "snowflake: no finish_reason at all, empty logprobs and ids": (
        [
            {
                "id": "",
                "created": 0,
                "model": "m",
                **bare(
                    {
                        "index": 0,
                        "delta": {
                            "content": "",
                            "reasoning_details": [{"text": "Hm"}],
                            "tool_calls": None,
                            "refusal": "",
                        },
                        "logprobs": {"content": None, "refusal": None},
                    }
                ),
            },
            {
                "id": "",
                "created": 0,
                "model": "m",
                **bare({"index": 0, "delta": {"content": "Hi", "role": "assistant"}}),
            },
            {"choices": [], "usage": usage()},
            "[DONE]",
        ],
        [Start(None, "m"), ReasoningDelta("Hm"), TextDelta("Hi"), Usage(1, 2, 3), Finish("stop")],
    ),
    "snowflake: no finish_reason at all, with a call": (
        [bare({"index": 0, "delta": {"tool_calls": [call("{}", 0, "a", "f")]}}), "[DONE]"],
        [Start(), ToolCallDelta("{}", 0, "a", "f"), Finish("tool_call")],
    ),
    "litellm: thinking_blocks, citations, its options": (
        [
            {
                **delta(reasoning_content="Hm", thinking_blocks=[{"type": "thinking", "thinking": "Hm"}]),
                "citations": CITED,
            },
            delta(thinking_blocks=[{"type": "thinking", "thinking": "", "signature": "sig"}]),
            delta(thinking_blocks=[{"type": "thinking", "thinking": "So"}]),
            {**delta(finish="stop"), "stream_options": {"include_usage": True}},
        ],
        [
            Start("c1", "m"),
            ReasoningDelta("Hm"),
            other("citations", CITED),
            ReasoningDelta("", 0, "sig"),
            ReasoningDelta("So"),
            STOPPED,
        ],
    ),
    "moonshot: usage inside the choice": (
        [bare({"index": 0, "delta": {}, "finish_reason": "stop", "usage": usage()})],
        [Start(), STOPPED, Usage(1, 2, 3)],
    ),
    "moonshot: the ids of calls come again": (
        [
            delta(tool_calls=[call("", 0, "f:0", "f")]),
            delta(tool_calls=[call("{}", 0, "f:0")]),
            delta(finish="tool_calls"),
        ],
        [Start("c1", "m"), ToolCallDelta("", 0, "f:0", "f"), ToolCallDelta("{}"), Finish("tool_call", "tool_calls")],
    ),
    "others: index 0 for each call, an id only later": (
        [
            delta(tool_calls=[call("", 0, None, "f")]),
            delta(tool_calls=[call("{}", 0, "a")]),
            delta(tool_calls=[call("{}", 0, "b", "g")]),
            delta(tool_calls=[call("{}", 3, "c", "h")]),
            delta(tool_calls=[call("", 1, "d", "i")]),
            STOP,
        ],
        [
            Start("c1", "m"),
            ToolCallDelta("", 0, None, "f"),
            ToolCallDelta("{}", 0, "a"),
            ToolCallDelta("{}", 1, "b", "g"),
            ToolCallDelta("{}", 3, "c", "h"),
            ToolCallDelta("", 4, "d", "i"),
            CALLED,
        ],
    ),
    "others: an answer that does not stream": (
        [
            b'{"id": "c1", "model": "m", "object": "chat.completion",\n "choices": [{"index": 0, "message":\n'
            b'{"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}, 5],\n "usage": {"prompt_tokens": 1}}\n'
        ],
        [Start("c1", "m", "assistant"), TextDelta("Hi"), STOPPED, Usage(1)],
    ),
    "others: a payload of another kind": (
        [{"type": "ping"}, {"object": "x", "usage": None}, STOP],
        [other("ping", {"type": "ping"}), other("message", {"object": "x", "usage": None}), Start(), STOPPED],
    ),
    "others: a reason that nobody knows": ([delta(finish="bored")], [Start("c1", "m"), Finish("other", "bored")]),
    "wrong types count as absent": (
        [
            {"id": 5, "model": [], "choices": {}},
            {
                "id": 5,
                "model": [],
                "choices": [5, None, {"index": [0], "delta": 5, "logprobs": 7, "finish_reason": [1]}],
            },
            delta(-1, content={"text": "x"}, refusal=5, reasoning=5, annotations=0, function_call=[]),
            delta(128, content=None, tool_calls=[5, call(5, [1], 5, 5), call([1], -1), {"function": 5, "custom": 5}]),
            {**delta(finish="stop"), "usage": [5], "x_groq": 5, "citations": 0},
            {"choices": [], "usage": usage(-1, "2", True, prompt_tokens_details=5, completion_tokens_details=[])},
        ],
        [
            Start(),
            other("logprobs", 7),
            ToolCallDelta(),
            ToolCallDelta("", 1),
            ToolCallDelta("", 2),
            CALLED,
        ],
    ),
}


def stream_of(rows: list[Any]) -> bytes:
    return b"".join([row if type(row) is bytes else sse(row) for row in rows])


@pytest.mark.parametrize(("rows", "parts"), QUIRKS.values(), ids=QUIRKS)
def test_a_servers_quirk_is_understood_for_every_cut(rows: list[Any], parts: list[Part]) -> None:
    stream = stream_of(rows)
    failed = any(part.kind == "error" for part in parts)
    how = "error" if failed else "eof"
    for mark, its in ((b"[DONE]", "sentinel"), (b"chat.completion.done", "event")):
        how = its if mark in stream else how
    assert whole(CHAT, stream) == ended(parts, how)
    assert whole(CHAT, *pieces(stream)) == ended(parts, how)
    crlf = stream.replace(b"\r", b"").replace(b"\n", b"\r\n")
    assert whole(CHAT, *pieces(crlf, 3)) == ended(parts, how)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('error: {"message":"no room","code":500}', Error("no room", None, 500, 500)),
        ('error: "no room"', Error("no room")),
        ("error:[1]", Error("the server sent an error without a message")),
    ],
    ids=["an object", "text", "neither"],
)
def test_an_error_line_is_an_error_whatever_its_json(line: str, error: Error) -> None:
    assert whole(CHAT, f"{line}\n".encode()) == whole(CHAT, line.encode()) == [error, Done("error")]


def test_an_error_line_that_is_no_json_is_invalid() -> None:
    parts = whole(CHAT, sse(delta(content="Hi")) + b"error: oops\n" + sse(STOP, "[DONE]"))
    assert [part.kind for part in parts] == ["start", "text", "invalid", "finish", "done"]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([], "[DONE]"),
        ([{"choices": [], "usage": usage()}], "[DONE]"),
        ([delta(content="Hi")], "[DONE]"),
        ([delta(0, finish="stop"), delta(1, content="b")], "[DONE]"),
        ([delta(tool_calls=[call("{", 0, "a", "f")])], "[DONE]"),
    ],
    ids=["nothing", "no choice", "no finish", "one choice of two", "half a call"],
)
def test_without_done_it_is_truncated_until_every_choice_has_finished(rows: list[Any], problem: str) -> None:
    assert read(CHAT, stream_of(rows))[1] == f"openai-chat: the stream ended before {problem}"
    assert whole(CHAT, stream_of([*rows, "[DONE]"]))[-1] == Done("sentinel")


def test_indexes_past_all_reason_count_as_absent_so_that_state_stays_bounded() -> None:
    rows = [delta(index, content="x", tool_calls=[call("{}", index)]) for index in (127, 128, 1_000_000)]
    parts = read(CHAT, stream_of(rows))[0]
    calls = [(part.choice, part.block) for part in parts if isinstance(part, ToolCallDelta)]
    assert calls == [(127, 127), (0, 128), (0, 0)]


def test_no_payload_is_kept() -> None:
    decoder = PartDecoder(CHAT)
    decoder.feed(sse({**delta(content="x" * 100_000), "usage": usage()}))
    assert len(pickle.dumps(decoder)) < 5_000


def test_a_nest_too_deep_to_compare_is_news_each_time() -> None:
    # json.loads reads no such thing; a `loads` that does must not make it an exception.
    decoder = PartDecoder(CHAT, loads=lambda text: {"citations": nest()})
    assert [part.kind for part in decoder.feed(sse({}, {}))] == ["other", "other"]


# -- encoding


def written(dialect: str, *parts: Part) -> list[Any]:
    """What is sent for `parts`, less the head that every chunk has."""
    lines = [line[6:] for line in write(dialect, parts).decode().split("\n") if line]
    assert lines[-1] == "[DONE]" or any(part.kind == "error" for part in parts)
    payloads = [json.loads(line) for line in lines if line != "[DONE]"]
    for payload in payloads:
        for name in ("id", "object", "created", "model"):
            payload.pop(name, None)
    return payloads


def choice(delta: dict[str, Any], finish: str | None = None, index: int = 0, **members: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": delta, **members, "finish_reason": finish}]}


ENCODED: dict[str, tuple[list[Part], list[dict[str, Any]]]] = {
    "text": ([TextDelta("Hi")], [choice({"content": "Hi"}), choice({}, "stop")]),
    "a refusal": ([TextDelta("No", 0, True)], [choice({"refusal": "No"}), choice({}, "stop")]),
    "a start": (
        [Start("c1", "m", "assistant"), Start("c1")],
        [choice({"role": "assistant", "content": ""}), choice({}), choice({}, "stop")],
    ),
    "reasoning": (
        [ReasoningDelta("Hm"), ReasoningDelta("", 0, "sig")],
        [
            choice({"reasoning_content": "Hm"}),
            choice({"reasoning_details": [{"type": "reasoning.text", "text": "", "signature": "sig", "index": 0}]}),
            choice({}, "stop"),
        ],
    ),
    "interleaved calls, numbered afresh": (
        [
            ToolCallDelta("", 7, "a", "f"),
            ToolCallDelta("", "x", None, "g"),
            ToolCallDelta("{}", 7),
            ToolCallDelta("ls", 2, "c", "sh", json=False),
            BlockEnd(7, "tool_call"),
            ToolCallDelta("{}", 3, "d", "search", server=True),
        ],
        [
            choice({"tool_calls": [call("", 0, "a", "f")]}),
            choice({"tool_calls": [call("", 1, "call_0_1", "g")]}),
            choice({"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}),
            choice(
                {"tool_calls": [{"index": 2, "id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls"}}]}
            ),
            choice({}, "tool_calls"),
        ],
    ),
    "choices": (
        [TextDelta("b", choice=1), ToolCallDelta("{}", choice=2, id="a", name="f"), Finish("length", choice=1)],
        [
            choice({"content": "b"}, index=1),
            choice({"tool_calls": [call("{}", 0, "a", "f")]}, index=2),
            choice({}, "length", 1),
            choice({}, "tool_calls", 2),
        ],
    ),
    "reasons, in their own word only if it is OpenAI's": (
        [
            Finish("stop", "end_turn"),
            Finish("stop", "eos", 1),
            Finish("length", "stop", 2),
            Finish("tool_call", None, 3),
            Finish("content_filter", "SAFETY", 4),
            Finish("error", "insufficient_system_resource", 5),
            Finish("other", "bored", 6),
            Finish("bored", None, 7),
        ],
        [
            choice({}, "stop"),
            choice({}, "eos", 1),
            choice({}, "length", 2),
            choice({}, "tool_calls", 3),
            choice({}, "content_filter", 4),
            choice({}, "stop", 6),
            choice({}, "stop", 7),
            choice({}, "insufficient_system_resource", 5),  # held, since an Error may follow
        ],
    ),
    "usage, the last, at the end": (
        [Usage(1, 1), TextDelta("Hi"), Usage(9, 8, None, 5, 4, 3), Finish("stop")],
        [
            choice({"content": "Hi"}),
            choice({}, "stop"),
            {
                "choices": [],
                "usage": {
                    **usage(9, 8, 17),
                    "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 4},
                    "completion_tokens_details": {"reasoning_tokens": 3},
                },
            },
        ],
    ),
    "usage, a total alone": ([Usage(total_tokens=7)], [{"choices": [], "usage": {"total_tokens": 7}}]),
    "others of its own": (
        [
            Other("citations", CITED, CHAT),
            Other("annotations", [CITATION], CHAT, choice=1),
            Other("logprobs", LOGPROBS, CHAT),
            Other("reference", {"type": "reference"}, CHAT),
            Other("ping", {"type": "ping"}, CHAT),
            Other("category", {}, "sajuapi"),
        ],
        [
            {"choices": [], "citations": CITED},
            choice({"annotations": [CITATION]}, index=1),
            choice({}, logprobs=LOGPROBS),
            choice({"content": [{"type": "reference"}]}),
            {"type": "ping"},
        ],
    ),
    "an error, and no success after it": (
        [TextDelta("Hi"), Usage(1, 2), Error("Busy", "t", "c", 503), Error("Busy", None, 503, 503)],
        [
            choice({"content": "Hi"}),
            {"error": {"message": "Busy", "type": "t", "code": "c", "status_code": 503}},
            {"error": {"message": "Busy", "type": None, "code": 503}},
            {"choices": [], "usage": usage()},
        ],
    ),
    "a call named again, by one id": (  # OpenAI's client would read "nownow"
        [ToolCallDelta("{", 0, "a", "now"), ToolCallDelta("}", 0, "a", "now")],
        [
            choice({"tool_calls": [call("{", 0, "a", "now")]}),
            choice({"tool_calls": [{"index": 0, "function": {"arguments": "}"}}]}),
            choice({}, "tool_calls"),
        ],
    ),
    "nothing": ([], []),
}


@pytest.mark.parametrize(("parts", "payloads"), ENCODED.values(), ids=ENCODED)
def test_parts_are_written_in_openais_words(parts: list[Part], payloads: list[dict[str, Any]]) -> None:
    assert written(CHAT, *parts) == payloads


def test_an_id_is_invented_only_once_the_message_begins() -> None:
    stream = write(CHAT, [Other("citations", CITED, CHAT), TextDelta("Hi")])
    assert [json.loads(line[6:])["id"] for line in stream.decode().split("\n") if "{" in line] == [
        "",
        "chatcmpl-1",
        "chatcmpl-1",
    ]
    assert whole(CHAT, stream)[:2] == [other("citations", CITED), Start("chatcmpl-1")]


@pytest.mark.parametrize(
    ("parts", "payloads"),
    [
        ([TextDelta("Hi"), Usage(1, 2)], [choice({"content": "Hi"}), {**choice({}, "stop"), "usage": usage()}]),
        ([Finish("length"), TextDelta("late")], [choice({"content": "late"}), choice({}, "length")]),
        (
            [Finish("length"), TextDelta("b", choice=1), Usage(1, 2)],
            [choice({"content": "b"}, index=1), choice({}, "length"), {**choice({}, "stop", 1), "usage": usage()}],
        ),
        ([Usage(1, 2)], [{**choice({}), "usage": usage()}]),
        (
            [TextDelta("Hi"), Usage(1, 2), Error("Busy")],
            [
                choice({"content": "Hi"}),
                {"error": {"message": "Busy", "type": None, "code": None}},
                {**choice({}), "usage": usage()},
            ],
        ),
    ],
    ids=["with the finish", "text after its finish", "with the last of several", "without a choice", "after an error"],
)
def test_the_usage_of_aitunnel_comes_with_a_choice(parts: list[Part], payloads: list[Any]) -> None:
    assert written("aitunnel", *parts) == payloads


# -- text completions

OLD = "openai-completions"


@pytest.mark.parametrize(
    ("rows", "parts"),
    [
        (
            [
                {
                    "id": "c1",
                    "object": "text_completion",
                    "model": "m",
                    **bare({"index": 0, "text": "Hi", "logprobs": None}),
                },
                bare({"index": 0, "text": "!", "finish_reason": "length", "stop_reason": None}),
                {"choices": [], "usage": usage()},
                "[DONE]",
            ],
            [Start("c1", "m"), TextDelta("Hi"), TextDelta("!"), Finish("length", "length"), Usage(1, 2, 3)],
        ),
        (
            [bare({"index": 1, "text": "b"}), bare({"text": "a", "logprobs": {"tokens": ["a"]}}), "[DONE]"],
            [
                Start(),
                TextDelta("b", choice=1),
                TextDelta("a"),
                other("logprobs", {"tokens": ["a"]}, OLD),
                Finish("stop", None, 1),
                Finish("stop"),
            ],
        ),
        ([bare({"index": 0, "text": 5, "finish_reason": 5}), "[DONE]"], [Start(), Finish("stop")]),
        ([{"error": "Busy"}, "[DONE]"], [Error("Busy")]),
    ],
    ids=["openai, vllm", "several choices, logprobs, no finish", "wrong types", "an error"],
)
def test_text_completions_are_read(rows: list[Any], parts: list[Part]) -> None:
    stream = stream_of(rows)
    assert whole(OLD, stream) == whole(OLD, *pieces(stream)) == ended(parts, "sentinel")


def test_text_completions_are_written() -> None:
    empty = {"text": "", "index": 0, "logprobs": None, "finish_reason": None}
    parts = [
        Start("c1", "m"),
        TextDelta("Hi"),
        ReasoningDelta("Hm"),
        ToolCallDelta("{}", server=True),
        Other("logprobs", {"tokens": ["Hi"]}, OLD),
        Other("citations", CITED, OLD),
        TextDelta("b", choice=1),
        Finish("length"),
    ]
    assert written(OLD, *parts) == [
        {"choices": [empty]},
        {"choices": [{**empty, "text": "Hi"}]},
        {"choices": [{**empty, "logprobs": {"tokens": ["Hi"]}}]},
        {"choices": [], "citations": CITED},
        {"choices": [{**empty, "text": "b", "index": 1}]},
        {"choices": [{**empty, "finish_reason": "length"}]},
        {"choices": [{**empty, "index": 1, "finish_reason": "stop"}]},
    ]
    head = json.loads(write(OLD, [TextDelta("Hi")]).split(b"\n")[0][6:])
    assert (head["id"], head["object"], head["created"], head["model"]) == ("cmpl-1", "text_completion", 0, "")
    with pytest.raises(EncodeError, match="openai-completions, which has no tool calls"):
        PartEncoder(OLD).send(ToolCallDelta("{}"))


def test_interleaved_calls_are_put_together_for_every_cut() -> None:
    stream = stream_of(QUIRKS["openai: interleaved tool calls"][0])
    for chunks in ([stream], pieces(stream)):
        calls = gather(whole(CHAT, *chunks)).tool_calls
        assert [(item.id, item.name, item.arguments) for item in calls] == [
            ("call_a", "f", '{"x":1}'),
            ("call_b", "g", "{}"),
        ]
