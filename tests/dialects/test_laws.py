"""What holds for every dialect, whatever it speaks: one that is registered is tested here without a line more.

Its streams are its own encoding of parts that any answer may have, and what hand-made ones HAND_MADE has for it.
"""

import copy
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from reading import all_cuts, gather, nest, pieces, random_pieces, read, sse, typed, whole, write
from tries import some

from sse_core import Decoder, DialectError, EncodeError, Event, TruncatedError
from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Invalid,
    Other,
    Part,
    PartDecoder,
    PartEncoder,
    Reader,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
    get,
    names,
)

# An answer with all that one may hold; each dialect refuses or drops what it has no words for.
ANSWER: list[Part] = [
    Start("msg-1", "model-1", "assistant"),
    ReasoningDelta("Let me "),
    ReasoningDelta("see."),
    BlockEnd(0, "reasoning"),
    TextDelta("Hé "),
    TextDelta("\u2028\n世界 \U0001f600"),
    BlockEnd(0, "text"),
    ToolCallDelta("", 0, "call_1", "weather"),
    ToolCallDelta('{"city":', 0),
    ToolCallDelta('"Köln"}', 0),
    BlockEnd(0, "tool_call"),
    ToolCallDelta("", 1, "call_2", "now"),
    BlockEnd(1, "tool_call"),
    Usage(12, 34, 46),
    Finish("tool_call"),
]
PLAIN: list[Part] = [part for part in ANSWER if part.kind in ("start", "text", "usage")] + [Finish("stop")]
FAILED: list[Part] = [*PLAIN[:2], Error("Busy", "overloaded", "busy", 503)]
INTERLEAVED: list[Part] = [
    ToolCallDelta("", 0, "call_1", "weather"),
    ToolCallDelta("", 1, "call_2", "now"),
    ToolCallDelta('{"city":', 0),
    ToolCallDelta("{}", 1),
    ToolCallDelta("1}", 0),
    Finish("tool_call"),
]


def envelope(method: str, data: Any, *namespace: str) -> dict[str, Any]:
    """An event of LangGraph's threads."""
    return {"type": "event", "seq": 1, "method": method, "params": {"namespace": list(namespace), "data": data}}


SERVER_CALL = {"type": "server_tool_call_chunk", "id": "s", "name": "f", "args": ""}
HAND_MADE: dict[str, list[bytes]] = {
    "anthropic-sessions": [
        typed(
            {"type": "session.status_running", "id": "s1", "processed_at": None},
            {"type": "event_start", "event": {"type": "agent.message", "id": "s2"}},
            {"type": "event_delta", "event_id": "s2", "delta": {"index": 0, "content": {"type": "text", "text": "H"}}},
            {"type": "agent.message", "id": "s2", "content": [{"type": "text", "text": "Hi"}, {"type": "redacted"}]},
            {"type": "agent.mcp_tool_use", "id": "s3", "name": "f", "input": {}, "evaluated_permission": "ask"},
            {"type": "agent.custom_tool_use", "id": "s4", "name": "f", "input": {"a": 1}},
            {"type": "user.custom_tool_result", "id": "s5", "custom_tool_use_id": "s4"},
            {"type": "session.error", "id": "s6", "error": {"message": "m", "retry_status": {"type": "retrying"}}},
            {"type": "span.model_request_end", "id": "s7", "model_usage": {"input_tokens": 1, "output_tokens": 2}},
            {"type": "session.status_idle", "id": "s8", "stop_reason": {"type": "end_turn"}},
        ),
        typed({"type": "session.error", "error": {"type": "t", "message": "m", "retry_status": {"type": "terminal"}}}),
    ],
    "google-adk": [
        sse(
            {"content": {"parts": [{"text": "H"}]}, "partial": True, "author": "a", "invocationId": "e", "branch": "b"},
            {
                "content": {"parts": [{"text": "Hi"}, {"functionCall": {"id": "c", "name": "f", "args": {"a": [1]}}}]},
                "longRunningToolIds": ["c"],
                "usageMetadata": {"promptTokenCount": 1, "thoughtsTokenCount": 2},
                "branch": "b",
            },
            {
                "content": {"parts": [{"functionResponse": {"id": "c", "name": "f"}}]},
                "actions": {"stateDelta": {"a": 1}},
            },
            {"content": {"parts": [{"text": "Hm", "thought": True}, {"inlineData": {"data": ""}}]}, "author": "a"},
            {"finishReason": "MAX_TOKENS", "errorCode": "MAX_TOKENS"},
        ),
        sse({"error": "E: m", "error_details": {"error_type": "E", "error_message": "m"}}),
    ],
    "snowflake-agents": [
        b'event: response.status\ndata: {"status":"planning","message":"m"}\n\n'
        b'event: response.thinking.delta\ndata: {"content_index":0,"text":"Hm","signature":"s"}\n\n'
        b'event: response.text.delta\ndata: {"content_index":1,"text":"H"}\n\n'
        b'event: response.text\ndata: {"content_index":1,"text":"Hi","annotations":[{"index":0}]}\n\n'
        b'event: response.tool_use\ndata: {"tool_use_id":"c","type":"t","name":"f","input":{"a":1}}\n\n'
        b'event: response.tool_result\ndata: {"tool_use_id":"c","content":[]}\n\n'
        b'event: response\ndata: {"content":[],"status":"completed","metadata":{"run_id":"r","usage":'
        b'{"tokens_consumed":[{"input_tokens":{"total":3,"cache_read":1},"output_tokens":{"total":2}}]}}}\n\n',
        b'event: response\ndata: {"content":[{"type":"text","text":"Hi"},{"type":"tool_use","tool_use":'
        b'{"tool_use_id":"c","name":"f","client_side_execute":true}}]}\n\n',
    ],
    "a2a": [
        sse(
            {"task": {"id": "t1", "contextId": "c1", "status": {"state": "TASK_STATE_WORKING"}}},
            {"statusUpdate": {"taskId": "t1", "status": {"state": "TASK_STATE_WORKING", "message": {"parts": []}}}},
            {"artifactUpdate": {"taskId": "t1", "artifact": {"artifactId": "a", "parts": [{"data": {"n": 1}}]}}},
            {"artifactUpdate": {"artifact": {"artifactId": "b", "name": "n", "parts": [{"text": "Hi"}]}}},
            {"artifactUpdate": {"artifact": {"artifactId": "b", "parts": [{"text": "!"}]}, "append": True}},
            {"artifactUpdate": {"artifact": {"artifactId": "b", "parts": [{"text": "Ho"}]}, "lastChunk": True}},
            {"statusUpdate": {"taskId": "t1", "status": {"state": "TASK_STATE_INPUT_REQUIRED"}}},
        ),
        sse({"message": {"messageId": "m1", "role": "ROLE_AGENT", "parts": [{"text": "Hi"}]}}),
        sse({"message": {"messageId": "m1", "role": "ROLE_AGENT", "parts": [{"url": "u", "filename": "f"}]}}),
    ],
    "coze": [
        b'event:conversation.chat.created\ndata:{"id":"c1","conversation_id":"v1","status":"created"}\n\n'
        b'event:conversation.message.delta\ndata:{"id":"m1","type":"answer","content_type":"text","content":"Hi"}\n\n'
        b'event:conversation.message.completed\ndata:{"id":"m1","type":"answer","content":"Hi"}\n\n'
        b"event:conversation.message.completed\n"
        b'data:{"id":"m2","type":"answer","content":"So","reasoning_content":"Hm"}\n\n'
        b'event:conversation.message.completed\ndata:{"id":"m3","type":"verbose","content":"{}"}\n\n'
        b'event:conversation.chat.requires_action\ndata:{"status":"requires_action","usage":{"token_count":7},'
        b'"required_action":{"type":"submit_tool_outputs","submit_tool_outputs":{"tool_calls":'
        b'[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]}}}\n\n'
        b'event:done\ndata:{"debug_url":"u"}\n\n',
        b'id: 0\nevent: Message\ndata: {"content":"Hi","node_title":"A"}\n\n'
        b'id: 1\nevent: Error\ndata: {"error_code":4000,"error_message":"bad"}\n\n'
        b'id: 2\nevent: Interrupt\ndata: {"interrupt_data":{"type":2}}\n\nid: 3\nevent: Done\ndata: {}\n\n',
        b'event:conversation.chat.failed\ndata:{"last_error":{"code":5000,"msg":"bad"}}\n\nevent:done\ndata:"[DONE]"\n\n',
    ],
    "dify": [
        sse(
            {"event": "workflow_started", "message_id": "m1", "workflow_run_id": "r1", "data": {"id": "r1"}},
            {"event": "reasoning_chunk", "data": {"reasoning": "Hm", "node_id": "n", "is_final": True}},
            {"event": "agent_message", "message_id": "m1", "answer": "H"},
            {"event": "message_replace", "message_id": "m1", "answer": "He"},
            {"event": "message", "message_id": "m1", "answer": "y"},
            {"event": "message", "message_id": "m1", "answer": "Hey"},
            {"event": "message_end", "metadata": {"usage": {"prompt_tokens": 3, "total_tokens": 7}}},
            {"event": "workflow_finished", "data": {"status": "succeeded", "total_tokens": 9}},
        ),
        sse(
            {"event": "text_chunk", "workflow_run_id": "r1", "data": {"text": "Hi"}},
            {"event": "workflow_paused", "data": {"status": "paused"}},
            {"event": "workflow_finished", "data": {"status": "failed", "error": "bad", "total_tokens": 9}},
        ),
    ],
    "langgraph-events": [
        sse(
            envelope("lifecycle", {"event": "running", "graph_name": "g"}),
            envelope("values", {"x": [1]}, "a:1"),
            envelope("messages", {"event": "message-start", "role": "ai", "id": "m", "metadata": {"model": "x"}}),
            envelope(
                "messages", {"event": "content-block-finish", "index": 0, "content": {"type": "text", "text": "Hi"}}
            ),
            envelope(
                "messages", {"event": "content-block-finish", "index": 1, "content": {"type": "image", "url": "u"}}
            ),
            envelope("messages", {"event": "content-block-start", "index": 2, "content": SERVER_CALL}),
            envelope(
                "messages",
                {"event": "content-block-delta", "index": 2, "delta": {"type": "tool-call-delta", "args": "{}"}},
            ),
            envelope(
                "messages",
                {"event": "content-block-finish", "index": 2, "content": {**SERVER_CALL, "type": "server_tool_call"}},
            ),
            envelope("messages", {"event": "message-finish", "usage": {"input_tokens": 3}, "metadata": {"x": 1}}),
            envelope("tools", {"event": "tool-finished", "tool_call_id": "c", "output": 7}),
            envelope("lifecycle", {"event": "interrupted"}),
        ),
        sse({"type": "error", "id": None, "error": "unknown_error", "message": "lost"}),
    ],
    "json": [
        b'event: a\ndata: {"type":"x","n":1}\n\n: ping\n\nevent: b\ndata: {"n":[1,{"m":"y"}]}\n\ndata: [DONE]\n\n'
    ],
    "datastar": [
        b"event: datastar-patch-elements\nid: 1\nretry: 2000\n"
        b"data: mode append\ndata: elements <p>\ndata: elements </p>\n\n"
        b'event: datastar-patch-signals\ndata: signals {"a": 1}\n\n'
    ],
    "django-eventstream": [
        b'event: stream-open\ndata:\n\nid: a:1\ndata: {"text": "hi"}\n\n'
        b'event: stream-error\nid: error\ndata: {"condition": "forbidden", "text": "no", "channels": ["a"]}\n\n'
    ],
    "esphome": [
        b'retry: 30000\nid: 1\nevent: ping\ndata: {"title":"t"}\n\nid: 2\nevent: ping\n\n'
        b'id: 3\nevent: log\ndata: [I] {on\n\nid: 4\nevent: state\ndata: {"id":"s","value":[1]}\n\n'
    ],
    "ethereum-beacon": [
        b'event: head\ndata: {"slot":"10","block":"0x9a","state":"0x60","epoch_transition":false}\n\n:\n\n'
        b'event: finalized_checkpoint\ndata: {"block":"0x9a","state":"0x60","epoch":"2"}\n\n'
    ],
    "firebase": [
        b'event: put\ndata: {"path":"/","data":null}\n\nevent: keep-alive\ndata: null\n\nevent: cancel\ndata: null\n\n',
        b"event: auth_revoked\ndata: credential is no longer valid\n\n",
    ],
    "flowise": [
        sse(
            {"event": "agentFlowEvent", "data": "INPROGRESS"},
            {"event": "thinking", "data": "Hm"},
            {"event": "thinking", "data": "", "duration": 1},
            {"event": "token", "data": "Hi"},
            {"event": "usedTools", "data": [{"tool": "f", "toolInput": {"x": 1}, "toolOutput": "7"}]},
            {"event": "usageMetadata", "data": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}},
            {"event": "end", "data": "[DONE]"},
        ),
        sse({"event": "abort", "data": "[DONE]"}, {"event": "error", "data": "bad"}, {"event": "end"}),
    ],
    "graphql-sse": [
        b':\n\nevent: next\ndata: {"data":{"a":[1]},"errors":[{"message":"b"}]}\n\nevent: complete\ndata:\n\n',
        b'event: next\ndata: {"errors":[{"message":"b","extensions":{"code":"c"}}]}\n\nevent: complete\n\n',
        b'event: next\ndata: {"id":"1","payload":{"data":{"a":1}}}\n\nevent: complete\ndata: {"id":"1"}\n\n',
    ],
    "home-assistant": [b'data: ping\n\ndata: {"event_type":"state_changed","data":{"old_state":null}}\n\n'],
    "laddro": [b'data: {"type":"section","section":"a","content":"A"}\ndata: {"type":"ping"}\ndata: {"type":"done"}\n'],
    "mcp": [
        b"event: endpoint\ndata: /messages?session=1\n\n"
        b'event: message\nid: e1\nretry: 500\ndata: \n\nid: e2\ndata: {"jsonrpc":"2.0","method":"ping","id":7}\n\n'
        b'event: message\nid: e3\ndata: [{"method":"notifications/progress"},{"result":{"a":[]},"id":1}]\n\n'
    ],
    "launchdarkly": [
        b'event:put\ndata:{"data":{"flags":{}}}\n\nevent: error\ndata: {"payloadId":"p","reason":"lost"}\n\n'
        b'event: goodbye\ndata: {"reason":"deploy","silent":true}\n\n'
    ],
    "mastodon": [b':)\nevent: update\ndata: {"id":"1"}\n\n:thump\nevent: delete\ndata: 1\n\n'],
    "ntfy": [b'event: open\ndata: {"event":"open","id":"a"}\n\ndata: {"event":"message","message":"Hi"}\n\n'],
    "philips-hue": [b': hi\n\nid: 1:0\ndata: [{"type":"update","data":[{"id":"x","on":{"on":true}}]}]\n\n'],
    "pocketbase": [
        b'id:c\nevent:PB_CONNECT\ndata:{"clientId":"c"}\n\nid:c\nevent:posts/r\ndata:{"action":"update"}\n\n'
    ],
    "stellar": [
        b'retry: 1000\nevent: open\ndata: "hello"\n\nid: 1\ndata: {"id":"1","paging_token":"1"}\n\n'
        b'retry: 10\nevent: close\ndata: "byebye"\n\n',
        b"event: error\ndata: problem: not_found\n\n",
    ],
    "text": [b"data:\n\nevent: a\nid: 1\ndata:  <p>\ndata: </p>\n\n"],
    "wikimedia": [
        b':ok\n\nevent: message\nid: [{"topic":"t","partition":0,"offset":1}]\ndata: {"meta":{"id":"m"}}\n\n'
        b'event: error\ndata: {"message":"lost","origin":"KafkaSSE"}\n\n'
    ],
    "sajuapi": [
        b'event: start\ndata: {"event":"start","id":"f1","model":"m"}\n\n'
        b'event: category\ndata: {"event":"category","category":"love","score":90}\n\n'
        b'event: done\ndata: {"event":"done","id":"f1","score":85,"tokens_used":456}\n\n'
    ],
    "vercel-ai-ui": [
        sse(
            {"type": "start", "messageId": "m1", "messageMetadata": {"model": "m", "more": 1}},
            {"type": "start-step"},
            {"type": "reasoning-start", "id": "0"},
            {"type": "reasoning-delta", "id": "0", "delta": "Hm", "providerMetadata": {"openai": {"itemId": "rs"}}},
            {"type": "reasoning-delta", "id": "0", "delta": "", "providerMetadata": {"anthropic": {"signature": "s"}}},
            {"type": "reasoning-end", "id": "0"},
            {"type": "text-start", "id": "1"},
            {"type": "text-delta", "id": "1", "delta": "Hi"},
            {"type": "text-end", "id": "1", "citations": [{"type": "url"}]},
            {"type": "text-start", "id": "2"},
            {"type": "text-end", "id": "2"},
            {"type": "tool-input-start", "toolCallId": "a", "toolName": "f", "dynamic": True},
            {"type": "tool-input-delta", "toolCallId": "a", "inputTextDelta": '{"x":1}'},
            {"type": "tool-input-available", "toolCallId": "a", "toolName": "f", "input": {"x": 1}, "dynamic": True},
            {"type": "tool-output-available", "toolCallId": "a", "output": {"y": 2}},
            {"type": "tool-input-available", "toolCallId": "b", "toolName": "g", "input": {}, "providerExecuted": True},
            {"type": "tool-input-start", "toolCallId": "c", "toolName": "f"},
            {"type": "tool-input-delta", "toolCallId": "c", "inputTextDelta": '{"x":2}'},
            {"type": "tool-input-available", "toolCallId": "c", "toolName": "f", "input": {"x": 1}},
            {"type": "tool-output-available", "toolCallId": "c", "output": {"y": 2}},
            {"type": "tool-input-error", "toolCallId": "d", "toolName": "f", "input": "{", "errorText": "no"},
            {"type": "data-weather", "id": "w", "data": {"c": 1}},
            {"type": "finish-step"},
            {
                "type": "finish",
                "finishReason": "stop",
                "messageMetadata": {
                    "usage": {"inputTokens": 3, "outputTokens": 2, "inputTokenDetails": {"cacheReadTokens": 1}}
                },
            },
            "[DONE]",
        ),
        sse({"type": "abort", "reason": "user"}, {"type": "error", "errorText": "Busy"}, "[DONE]"),
    ],
    "openai-chat": [
        sse(
            {
                "id": "c1",
                "object": "chat.completion.chunk",
                "model": "m",
                "citations": ["u"],
                "x_groq": {"id": "r", "usage": {"prompt_tokens": 1}},
                "choices": [
                    {
                        "index": 0,
                        "delta": {
                            "role": "assistant",
                            "content": [
                                {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
                                {"type": "text", "text": "Hi"},
                                {"type": "reference", "reference_ids": [1]},
                            ],
                            "reasoning": "Hm",
                            "reasoning_details": [{"type": "reasoning.text", "text": "Hm", "signature": "s"}],
                            "refusal": "no",
                            "annotations": [{"type": "url_citation"}],
                            "tool_calls": [
                                {"index": 0, "id": "a", "function": {"name": "f", "arguments": "{}"}},
                                {"index": 1, "id": "b", "custom": {"name": "g", "input": "ls"}},
                            ],
                            "function_call": {"name": "f", "arguments": "{}"},
                        },
                        "logprobs": {"content": [{"token": "Hi"}]},
                        "finish_reason": "tool_calls",
                    }
                ],
                "usage": {
                    "prompt_tokens": 5,
                    "completion_tokens": 2,
                    "total_tokens": 7,
                    "prompt_tokens_details": {"cached_tokens": 1},
                    "completion_tokens_details": {"reasoning_tokens": 1},
                },
            },
            "[DONE]",
        ),
        b'data: {"error":{"message":"Busy","type":"t","code":"c"}}\n\nerror: {"error":{"message":"x"}}\n\n',
    ],
    "letta": [
        sse(
            {"message_type": "ping", "id": "message-0", "date": "2026-01-02T03:04:05Z"},
            {"message_type": "reasoning_message", "id": "message-1", "reasoning": "Hm", "run_id": "run-1"},
            {"message_type": "reasoning_message", "id": "message-1", "reasoning": "", "signature": "s"},
            {
                "message_type": "tool_call_message",
                "id": "message-1",
                "tool_call": {"name": "f", "tool_call_id": "a", "arguments": None},
                "tool_calls": {"name": "f", "tool_call_id": "a", "arguments": None},
            },
            {"message_type": "tool_call_message", "id": "message-1", "tool_call": {"arguments": '{"x":1}'}},
            {"message_type": "tool_return_message", "id": "message-2", "tool_call_id": "a", "tool_return": "1"},
            {"message_type": "assistant_message", "id": "message-3", "content": [{"type": "text", "text": "Hi"}]},
            {
                "message_type": "approval_request_message",
                "id": "message-4",
                "tool_call": {"name": "g", "tool_call_id": "b", "arguments": "{}"},
                "tool_calls": [{"name": "g", "tool_call_id": "b", "arguments": "{}"}],
            },
            {"message_type": "stop_reason", "stop_reason": "requires_approval"},
            {"message_type": "usage_statistics", "prompt_tokens": 3, "completion_tokens": 2, "step_count": 1},
            "[DONE]",
        ),
    ],
    "mistral-conversations": [
        typed(
            {"type": "conversation.response.started", "conversation_id": "c"},
            {"type": "agent.handoff.started", "id": "h", "previous_agent_id": "a", "previous_agent_name": "A"},
            {"type": "tool.execution.started", "id": "t", "name": "web_search", "arguments": '{"q":'},
            {"type": "tool.execution.delta", "id": "t", "name": "web_search", "arguments": "1}"},
            {"type": "tool.execution.done", "id": "t", "name": "web_search", "info": {"n": [1]}},
            {
                "type": "message.output.delta",
                "id": "m",
                "output_index": 1,
                "content": {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}], "signature": "s"},
            },
            {"type": "message.output.delta", "id": "m", "output_index": 1, "content_index": 1, "content": "Hi"},
            {
                "type": "message.output.delta",
                "id": "m",
                "output_index": 1,
                "content_index": 2,
                "content": {"type": "tool_reference", "tool": "web_search", "title": "T"},
            },
            {"type": "function.call.delta", "id": "f", "name": "g", "tool_call_id": "x", "arguments": "{}"},
            {
                "type": "conversation.response.done",
                "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 9, "connector_tokens": 4},
            },
        ),
    ],
    "openai-chatkit": [
        sse(
            {"type": "thread.created", "thread": {"id": "t"}},
            {"type": "stream_options", "stream_options": {"allow_cancel": True}},
            {"type": "thread.item.added", "item": {"id": "w", "type": "workflow", "workflow": {"type": "reasoning"}}},
            {
                "type": "thread.item.updated",
                "item_id": "w",
                "update": {"type": "workflow.task.added", "task_index": 0, "task": {"type": "thought", "content": "H"}},
            },
            {
                "type": "thread.item.done",
                "item": {
                    "id": "w",
                    "type": "workflow",
                    "workflow": {"type": "reasoning", "tasks": [{"type": "thought", "content": "Hm"}]},
                },
            },
            {"type": "thread.item.added", "item": {"id": "m", "type": "assistant_message", "content": []}},
            {
                "type": "thread.item.updated",
                "item_id": "m",
                "update": {"type": "assistant_message.content_part.text_delta", "content_index": 0, "delta": "Hi"},
            },
            {
                "type": "thread.item.updated",
                "item_id": "m",
                "update": {
                    "type": "assistant_message.content_part.done",
                    "content_index": 0,
                    "content": {"text": "Hi"},
                },
            },
            {
                "type": "thread.item.done",
                "item": {"id": "m", "type": "assistant_message", "content": [{"text": "Hi"}, {"text": "Ho"}]},
            },
            {
                "type": "thread.item.done",
                "item": {"id": "c", "type": "client_tool_call", "call_id": "x", "name": "f", "arguments": {"n": [1]}},
            },
        ),
    ],
}


def encode(name: str, parts: list[Part]) -> bytes:
    """The stream of what the dialect can say of `parts`; it decides with its EncodeError."""
    encoder = PartEncoder(name)
    stream = b""
    for part in parts:
        try:
            stream += encoder.send(part)
        except EncodeError:
            if part.kind not in ("text", "tool_call", "error"):
                raise
    return stream + encoder.close()


@cache
def streams(name: str) -> list[bytes]:
    made = [encode(name, parts) for parts in (ANSWER, PLAIN, FAILED, INTERLEAVED)]
    return [stream for stream in made if stream] + HAND_MADE.get(name, [])


every = pytest.mark.parametrize("name", names())


def check_order(name: str, parts: list[Part]) -> None:
    """What must hold of any dialect's parts, of a whole stream."""
    kinds = [part.kind for part in parts]
    assert kinds.count("done") == 1
    assert kinds[-1] == "done"
    if "error" not in kinds:
        choices = {part.choice for part in parts if part.kind in ("text", "reasoning", "tool_call")}
        finishes = [part.choice for part in parts if part.kind == "finish"]
        assert choices <= set(finishes)
        assert len(finishes) == len(set(finishes))
    message = gather(parts)
    for choice in message.choices.values():
        for call in choice.tool_calls:
            if call.json and "error" not in kinds:
                assert type(json.loads(call.arguments)) is dict
    last = Usage()
    for part in parts:
        if isinstance(part, Usage):
            for field in Usage.__match_args__[:-1]:
                old, new = getattr(last, field), getattr(part, field)
                assert old is None or new >= old, f"{name}: {field}"
            last = part


@every
def test_a_dialect_has_streams_that_say_something(name: str) -> None:
    """Or nothing of what follows is tested: one that has no words for an answer wants a row of HAND_MADE."""
    said = [part for stream in streams(name) for part in whole(name, stream)]
    assert [part for part in said if part.kind not in ("invalid", "done")]


@every
def test_a_stream_has_one_done_a_finish_for_each_choice_whole_calls_and_usage_that_grows(name: str) -> None:
    for stream in streams(name):
        check_order(name, whole(name, stream))


@every
def test_cuts_do_not_matter(name: str) -> None:
    for stream in streams(name):
        parts = whole(name, stream)
        assert whole(name, *pieces(stream)) == parts
        for chunks in some(all_cuts(stream), name):
            assert whole(name, *chunks) == parts
        assert whole(name, *random_pieces(stream, name)) == parts
        with_comments = stream.replace(b"\n\n", b"\n\n: ping\n\n\n")
        assert whole(name, *pieces(with_comments, 5)) == parts


@every
def test_decoding_what_was_encoded_gives_the_same_parts(name: str) -> None:
    for parts in (ANSWER, PLAIN, FAILED, INTERLEAVED):
        canonical, _ = read(name, encode(name, parts))
        assert read(name, write(name, canonical))[0] == canonical
    for stream in HAND_MADE.get(name, []):
        canonical, _ = read(name, write(name, read(name, stream)[0]))
        assert read(name, write(name, canonical))[0] == canonical


@every
def test_what_a_dialect_accepts_of_an_answer_arrives(name: str) -> None:
    for parts in (ANSWER, PLAIN, FAILED, INTERLEAVED):
        found, problem = read(name, encode(name, parts))
        assert problem is None
        refused = {part.kind for part in parts if not says(name, part)}
        sent, got = gather(parts), gather(found)
        if "text" not in refused:
            assert got.text == sent.text
        if "tool_call" not in refused:
            assert [(call.name, call.arguments) for call in got.tool_calls] == [
                (call.name, call.arguments) for call in sent.tool_calls
            ]
        assert got.reasoning in ("", sent.reasoning)
        for field in Usage.__match_args__[:-1]:  # None, or what some must write in its place: 0
            assert getattr(got.usage or Usage(), field) in (None, 0, getattr(sent.usage or Usage(), field))
        if not refused:
            assert got.finish_reason in ((None, "error") if sent.error else (sent.finish_reason,))
            assert (got.error and got.error.message) == (sent.error and sent.error.message)


def says(name: str, part: Part) -> bool:
    try:
        PartEncoder(name).send(part)
    except EncodeError:
        return False
    return True


# -- hostile input

HOSTILE = {
    "null": "null",
    "true": "true",
    "a number": "-7",
    "a large number": "1e400",
    "a string": '"x"',
    "a blank string": '""',
    "a lone surrogate": '"\\ud800"',
    "a list": '[[1],"x",{"a":[]}]',
    "an object": '{"a":{"b":[1]},"type":5,"text":[],"index":{}}',
    "a deep nest": '{"a":' * 2_500 + "[" * 2_500 + "]" * 2_500 + "}" * 2_500,
    "endless digits": "9" * 10_000,
    "as many digits as json reads": "9" * 4_300,  # a sum of two has one more, and is a ValueError to print
    "as many below zero": "-" + "9" * 4_300,
    "the largest count": str(2**63 - 1),
}
TOO_DEEP = nest()
PLACE = "\x00here\x00"
PLACE_JSON = json.dumps(PLACE)


def replaced(value: Any) -> Iterator[Any]:
    """`value` with each of its members in turn, at any depth, replaced by PLACE."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in list(members):
        changed = value.copy()
        changed[key] = PLACE
        yield changed
        for inner in replaced(member):
            changed[key] = inner
            yield changed


def mutated(stream: bytes) -> Iterator[tuple[list[Event], int, str]]:
    """The events of `stream`, one of them as JSON text in which PLACE_JSON stands for a member; which, and the text."""
    decoder = Decoder()
    events = decoder.feed(stream) + decoder.flush()
    for at, event in enumerate(events):
        try:
            payload = json.loads(event.data)
        except ValueError:
            continue
        yield events, at, PLACE_JSON
        for changed in replaced(payload):
            yield events, at, json.dumps(changed)


def joined(events: list[Event]) -> bytes:
    return "".join(
        f"event: {event.type}\n" + "".join(f"data: {line}\n" for line in event.data.split("\n")) + "\n"
        for event in events
    ).encode()


@every
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_any_member_may_be_anything_and_is_parts_or_invalid_and_no_exception(name: str, hostile: str) -> None:
    for stream in streams(name):
        for events, at, text in some(mutated(stream), name + hostile[:9]):
            event = events[at]
            bad = Event(text.replace(PLACE_JSON, hostile), event.type)
            decoder = PartDecoder(name)
            parts = decoder.feed(joined([*events[:at], bad, *events[at + 1 :]]))
            assert len(pickle.dumps(decoder)) < 100_000
            try:
                parts += decoder.close()
            except TruncatedError as error:
                parts += error.parts
            message = gather(parts)
            assert all(type(choice) is int for choice in message.choices)
            for part in parts:
                assert isinstance(part, Part)
                check_types(part)


def check_types(part: Part) -> None:
    """No member of a part has a type that its field does not have, no count is past 63 bits, and all can be shown."""
    assert type(part.choice) is int
    for field in ("id", "model", "role", "name", "signature", "raw_reason", "type", "dialect"):
        assert type(getattr(part, field, None)) in (str, type(None))
    for field in ("text", "arguments", "message", "reason", "how", "of"):
        assert type(getattr(part, field, "")) is str
    assert type(getattr(part, "block", 0)) in (int, str, type(None))
    if isinstance(part, Usage):
        assert all(type(getattr(part, field)) in (int, type(None)) for field in Usage.__match_args__)
    numbers = [getattr(part, field) for field in part.__match_args__ if field != "data"]
    assert all(-(2**63) <= number < 2**63 for number in numbers if type(number) is int)
    assert repr(part)
    if isinstance(part, Error):
        assert type(part.code) in (int, str, type(None))
        assert type(part.status) in (int, type(None))


@every
@pytest.mark.parametrize("kind", [int, str])
def test_state_stays_bounded_whatever_a_member_counts_to(name: str, kind: type) -> None:
    shapes = {}
    for stream in streams(name):
        for events, at, text in mutated(stream):
            shapes.setdefault(json.dumps(shape_of(json.loads(text))), (events[at].type, text))
    for event_type, text in some(shapes.values(), f"{name} {kind}"):
        check_bounded(name, event_type, text, kind)


def check_bounded(name: str, event_type: str, text: str, kind: type) -> None:
    """Feed events that differ in the number at PLACE alone, until the decoder no longer grows."""
    decoder = PartDecoder(name)
    fed = size = 0
    for count in (200, 200, *[1_000] * 12):
        texts = [text.replace(PLACE_JSON, json.dumps(kind(number))) for number in range(fed, fed + count)]
        decoder.feed(joined([Event(data, event_type) for data in texts]))
        before, size = size, len(pickle.dumps(decoder))
        if fed and size - before < count:  # bytes: less than one for each event
            break
        fed += count
    else:
        pytest.fail(f"{size} bytes of state, and growing: {text}")
    assert size < 200_000


def shape_of(value: Any) -> Any:
    """What is alike in events that differ only in what they say."""
    if isinstance(value, dict):
        return {key: member if key in ("type", "event") else shape_of(member) for key, member in value.items()}
    if isinstance(value, list):
        return [shape_of(member) for member in value]
    return PLACE if value == PLACE else type(value).__name__


@every
@pytest.mark.parametrize(
    "data",
    [
        "{}",
        "[]",
        "null",
        "0",
        '"x"',
        "{",
        "[DONE",
        "x" * 1_000,
        '{"type":"\\u0000"}',
        '{"choices":null}',
        '{"error":[]}',
    ],
    ids=repr,
)
def test_any_payload_is_parts_or_invalid_and_no_exception(name: str, data: str) -> None:
    for event_type in ("message", "error", "done", "x"):
        for part in read(name, f"event: {event_type}\ndata: {data}\n\n{data}\n".encode())[0]:
            check_types(part)


@every
def test_a_payload_too_deep_for_anything_is_parts_or_invalid(name: str) -> None:
    decoder = PartDecoder(name, loads=lambda text: {"type": TOO_DEEP, "a": TOO_DEEP, "error": TOO_DEEP})
    parts = decoder.feed(sse("{}")) + decoder.feed(sse("{}"))
    assert parts
    assert all(isinstance(part, (Error, Invalid, Other, Done)) for part in parts)


# -- pickles and copies

COPIES: dict[str, Any] = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "protocol 2": lambda value: pickle.loads(pickle.dumps(value, 2)),
    "deepcopy": copy.deepcopy,
}
copies = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)


def load_deep(text: str) -> Any:
    """What json.loads gives; an object with a member that is nested too deep to pickle, to copy and to compare."""
    payload = json.loads(text)
    return {**payload, "too_deep": TOO_DEEP} if type(payload) is dict else payload


@every
@copies
def test_a_decoder_is_copied_after_any_event_however_deep_the_payloads(name: str, copied: Any) -> None:
    for stream in streams(name):
        decoder = PartDecoder(name, loads=load_deep)
        events = stream.splitlines(keepends=True)
        parts: list[Part] = []
        expected = whole(get(name).reader(loads=load_deep), stream)
        for at, line in enumerate(events):
            parts += decoder.feed(line)
            twin = copied(decoder)
            assert parts + twin.feed(b"".join(events[at + 1 :])) + twin.close() == expected
        assert parts + decoder.close() == expected
        assert copied(decoder).done == expected[-1]


@every
@copies
def test_an_encoder_is_copied_after_any_part_however_deep_its_payload(name: str, copied: Any) -> None:
    for parts in (ANSWER, PLAIN, FAILED, INTERLEAVED):
        said = [part for part in parts if says(name, part)]
        for at in range(len(said)):
            encoder = PartEncoder(name)
            for part in said[:at]:
                deep = copy.copy(part)
                deep.raw = TOO_DEEP
                encoder.send(deep)
            twin = copied(encoder)
            assert [twin.send(part) for part in said[at:]] == [encoder.send(part) for part in said[at:]]
            assert twin.close() == encoder.close()


@every
@pytest.mark.parametrize("protocol", [0, 1])
def test_a_half_says_which_protocols_of_pickle_it_needs(name: str, protocol: int) -> None:
    for made in (PartDecoder(name), PartEncoder(name), get(name).reader(), get(name).writer()):
        with pytest.raises(TypeError, match=rf"^a \w+ cannot be pickled with protocol {protocol}: it needs 2 or later"):
            pickle.dumps(made, protocol)
    assert pickle.loads(pickle.dumps(get(name), protocol)) == get(name)


# -- imports


def loaded(*statements: str) -> set[str]:
    """The modules of sse_core that a fresh interpreter has loaded after `statements`."""
    code = "; ".join(
        ["import sys", *statements, "print(*[name for name in sys.modules if name.startswith('sse_core')])"]
    )
    shown = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=None)
    return set(shown.stdout.split())


def test_a_dialect_loads_on_first_use_and_no_sooner() -> None:
    wire = loaded("import sse_core")
    assert not any(name.startswith("sse_core.dialects") for name in wire)
    shared = loaded("import sse_core.dialects") - wire - {"sse_core.dialects"}
    below = {name.removeprefix("sse_core.dialects.") for name in shared}
    assert all(name[0] == "_" or name.partition(".")[0] == "base" for name in below)
    one = loaded("import sse_core.dialects as d", "d.PartDecoder('laddro')")
    assert one - shared - wire - {"sse_core.dialects"} == {"sse_core.dialects.laddro"}
    kin = loaded("import sse_core.dialects as d", "d.PartDecoder('openai-chat')")
    assert not any("responses" in name or "anthropic" in name for name in kin)


# -- facts


@every
def test_the_type_of_an_event_may_be_nothing_and_is_message(name: str) -> None:
    """As of a Decoder that tells an explicit `event: message` from none."""
    for stream in streams(name):
        for event in Decoder().feed(stream):
            for data in (event.data, "{}", '{"error":"x"}', "[1]"):
                named, unnamed = get(name).reader(), get(name).reader()
                assert outcome(unnamed, Event(data, "")) == outcome(named, Event(data, "message"))


def outcome(reader: Reader, event: Event) -> list[Part] | str:
    try:
        return reader.decode(event)
    except DialectError as error:
        return str(error)


@every
def test_no_half_has_over_thirty_attributes(name: str) -> None:
    for stream in streams(name):
        decoder, encoder = PartDecoder(name), PartEncoder(name)
        for part in decoder.feed(stream):
            encoder.send(part)
        assert len(vars(decoder.reader)) <= 30
        assert len(vars(encoder.writer)) <= 30


@every
def test_a_dialect_serves_any_number_of_streams(name: str) -> None:
    dialect = get(name)
    for stream in streams(name):
        assert whole(dialect, stream) == whole(dialect, stream) == whole(name, stream)
    assert pickle.loads(pickle.dumps(dialect)) == dialect
