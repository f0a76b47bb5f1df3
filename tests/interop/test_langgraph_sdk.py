"""The langgraph SDK reads our langgraph: names with their namespaces, ids, messages."""

from __future__ import annotations

import json
from typing import Any

import pytest
from loopback import serve

from sse_core.dialects import (
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
)

langgraph_sdk = pytest.importorskip(
    "langgraph_sdk", reason="langgraph-sdk is not installed: tests/interop/requirements.txt"
)
messages = pytest.importorskip(
    "langchain_core.messages", reason="langserve is not installed: tests/interop/requirements.txt"
)

ANSWER: list[Part] = [
    Start("run-9"),
    ReasoningDelta("Let me "),
    ReasoningDelta("see."),
    ReasoningDelta("", signature="c2ln"),
    TextDelta("Hé "),
    TextDelta("\u2028\n世界 \U0001f600"),
    ToolCallDelta("", 0, "call_1", "weather"),
    ToolCallDelta("", 1, "call_2", "now"),
    ToolCallDelta('{"city":', 0),
    ToolCallDelta("{}", 1),
    ToolCallDelta('"Köln"}', 0),
    Usage(12, 34, 46, 5, None, 7),
    Finish("tool_call"),
]


def read(*parts: Part) -> list[Any]:
    """What the SDK gives for a run that says `parts`."""
    encoder = PartEncoder("langgraph")
    chunks = [encoder.send(part) for part in parts] + [encoder.close()]
    with serve(chunks, encoder.headers) as url, langgraph_sdk.get_sync_client(url=url) as sdk:
        return list(sdk.runs.stream("thread-1", "assistant-1", stream_mode=["messages-tuple", "updates"]))


def test_the_names_the_namespaces_and_the_ids_are_ours() -> None:
    said = [
        Other("values", {"messages": []}, id="1"),
        Other("updates", {"x": [1, None, "é"]}, None, "tools:9|inner:8", "2"),
        Other("custom", "[DONE]"),
        Other("debug", None, None, ""),
    ]
    assert [tuple(found) for found in read(*said)] == [
        ("values", {"messages": []}, "1"),
        ("updates|tools:9|inner:8", {"x": [1, None, "é"]}, "2"),
        ("custom", "[DONE]", "2"),
        ("debug|", None, "2"),
        ("end", None, "2"),
    ]


def test_the_messages_add_up_to_ours() -> None:
    found = read(*ANSWER)
    assert [part.event for part in found[:1] + found[-1:]] == ["metadata", "end"]
    assert found[0].data == {"run_id": "run-9", "attempt": 1}
    chunks = [messages.AIMessageChunk.model_validate(part.data[0]) for part in found[1:-1]]
    message = sum(chunks[1:], chunks[0])
    assert message.id == "lc_run--run-9"
    assert message.text == "Hé \u2028\n世界 \U0001f600"
    assert message.content_blocks[0] == {
        "type": "reasoning",
        "reasoning": "Let me see.",
        "extras": {"signature": "c2ln"},
        "index": 0,
    }
    assert [(call["id"], call["name"], call["args"]) for call in message.tool_calls] == [
        ("call_1", "weather", {"city": "Köln"}),
        ("call_2", "now", {}),
    ]
    assert message.invalid_tool_calls == []
    assert message.usage_metadata == {
        "input_tokens": 12,
        "output_tokens": 34,
        "total_tokens": 46,
        "input_token_details": {"cache_read": 5},
        "output_token_details": {"reasoning": 7},
    }


@pytest.mark.parametrize(("reason", "word"), [("length", "length"), ("content_filter", "content_filter")])
def test_the_reason_is_the_models(reason: Any, word: str) -> None:
    chunks = [part.data[0] for part in read(TextDelta("Hi"), Finish(reason)) if part.event == "messages"]
    assert chunks[-1]["response_metadata"] == {"finish_reason": word}


def test_an_error_is_the_last() -> None:
    found = read(TextDelta("Hi"), Error("Busy", "overloaded", "busy", 503))
    assert [part.event for part in found] == ["messages", "error"]
    assert found[-1].data == {"error": "overloaded", "message": "Busy", "code": "busy", "status_code": 503}


def test_the_sdk_reads_an_event_without_its_blank_line_as_we_do() -> None:
    stream = f"event: updates|a\nid: 4\ndata: {json.dumps({'x': 1})}".encode()
    with serve([stream], {"Content-Type": "text/event-stream"}) as url, langgraph_sdk.get_sync_client(url=url) as sdk:
        found = list(sdk.runs.stream("thread-1", "assistant-1", stream_mode="updates"))
    assert [tuple(part) for part in found] == [("updates|a", {"x": 1}, "4")]
