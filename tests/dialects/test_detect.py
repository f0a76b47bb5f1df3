"""detect: which dialect the first events tell, and that in doubt none is told.

What is expected of a dialect that is not there (a copy need not keep all) is that no other is told in its place.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from captures import FOLDER, WHY_NOT, expected
from reading import sse

from sse_core import Decoder, EncodeError, Event
from sse_core.dialects import (
    Error,
    Finish,
    Other,
    Part,
    PartEncoder,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
    detect,
    names,
)

PROTOCOLS = FOLDER / "protocol" / "INDEX.tsv"


def named(type: str, data: Any) -> Event:
    return Event(data if isinstance(data, str) else json.dumps(data), type)


def unnamed(data: Any) -> Event:
    return named("message", data)


def rpc(**members: Any) -> Event:
    return unnamed({"jsonrpc": "2.0", **members})


RUN = named("metadata", {"run_id": "r"})
CHUNK = {"type": "AIMessageChunk", "id": "m", "content": "Hi"}
BEACON = {"slot": "10", "block": "0x9a", "epoch_transition": False}
TOLD: dict[str, list[list[Event]]] = {
    "openai-chat": [
        [unnamed({"id": "c", "object": "chat.completion.chunk", "choices": []})],
        [unnamed({"choices": [{"index": 0, "delta": {}}]})],
        [unnamed({"choices": [], "prompt_filter_results": []}), unnamed({"choices": [{"delta": {"content": "Hi"}}]})],
        [unnamed({"object": "text_completion", "choices": [{"delta": {"content": "Hi"}}]})],
    ],
    "openai-completions": [[unnamed({"object": "text_completion", "choices": [{"text": "Hi"}]})]],
    "openai-responses": [
        [named("response.created", {"type": "response.created", "response": {}, "sequence_number": 0})],
        [unnamed({"type": "response.created", "response": {"object": "response", "output": []}})],
        [unnamed({"type": "response.output_text.delta", "item_id": "i", "output_index": 0, "delta": "Hi"})],
        [unnamed({"type": "response.output_item.added", "output_index": 0, "item": {}})],
    ],
    "openai-assistants": [
        [named("thread.run.created", {"id": "run_1", "object": "thread.run"})],
        [named("thread.created", {"id": "thread_1", "object": "thread"})],
    ],
    "openai-transcription": [
        [unnamed({"type": "transcript.text.delta", "delta": "Hi"})],
        [unnamed({"type": "transcript.text.segment", "text": "Hi"})],
    ],
    "anthropic-messages": [
        [named("message_start", {"type": "message_start", "message": {"role": "assistant"}})],
        [unnamed({"type": "content_block_start", "index": 0, "content_block": {}})],
        [unnamed({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta"}})],
        [unnamed({"type": "message_delta", "delta": {}, "usage": {}})],
    ],
    "anthropic-completions": [
        [named("ping", {}), named("completion", {"type": "completion", "completion": "Hi", "stop_reason": None})]
    ],
    "gemini": [
        [unnamed({"candidates": [{"content": {"parts": []}}]})],
        [unnamed({"candidates": [{"content": {"role": "model"}}]})],
        [unnamed({"candidates": [{"finishReason": "SAFETY"}]})],
        [unnamed({"promptFeedback": {"blockReason": "SAFETY"}})],
        [unnamed({"usageMetadata": {}, "modelVersion": "m"})],
    ],
    "gemini-interactions": [
        [named("interaction.created", {"event_type": "interaction.created", "interaction": {}})],
        [unnamed({"event_type": "interaction.status_update", "interaction_id": "i"})],
        [unnamed({"event_type": "step.delta", "index": 0})],
    ],
    "cohere-v2": [
        [named("message-start", {"type": "message-start", "delta": {"message": {}}})],
        [unnamed({"type": "content-delta", "index": 0, "delta": {"message": {}}})],
    ],
    "anthropic-sessions": [
        [named("session.status_running", {"type": "session.status_running", "id": "s1", "processed_at": None})],
        [unnamed({"type": "event_start", "event": {"type": "agent.message", "id": "s1"}})],
        [unnamed({"type": "event_delta", "event_id": "s1", "delta": {"type": "content_delta", "content": {}}})],
        [named("agent.message", {"type": "agent.message", "id": "s1", "content": [{"type": "text", "text": "Hi"}]})],
        [unnamed({"type": "session.status_idle", "stop_reason": {"type": "end_turn"}})],
    ],
    "google-adk": [
        [unnamed({"author": "a", "invocationId": "e", "content": {"parts": [{"text": "Hi"}]}, "partial": True})],
        [unnamed({"author": "a", "invocationId": "e", "actions": {"stateDelta": {}}})],
        [unnamed({"error": "ValueError: x", "error_details": {"error_type": "ValueError"}})],
    ],
    "snowflake-agents": [
        [
            named("response.status", {"status": "planning", "message": "m"}),
            named("response.thinking.delta", {"content_index": 0, "text": "Hm"}),
        ],
        [named("response.text.delta", {"content_index": 0, "text": "Hi", "sequence_number": 3})],
        [named("response.tool_use", {"tool_use_id": "c", "name": "f", "input": {}})],
    ],
    "laddro": [
        [unnamed({"type": "section", "section": "a", "content": "A"})],
        [unnamed('{"type":"section","section":"a","content":"A"}\n{"type":"done"}')],
    ],
    "sajuapi": [
        [named("start", {"event": "start", "id": "f", "model": "m"})],
        [named("start", {"event": "start"}), named("delta", {"event": "delta", "text": "Hi"})],
    ],
    "websopy": [
        [unnamed({"type": "content", "content": "Hi"})],
        [unnamed({"type": "tool_call", "tool": {"name": "f", "arguments": "{}"}})],
    ],
    "tgi": [
        [unnamed({"index": 1, "token": {"id": 9, "text": "Hi", "logprob": -0.1, "special": False}, "details": None})]
    ],
    "watsonx": [
        [unnamed({"model_id": "m", "results": [{"generated_text": "Hi"}]})],
        [unnamed({"results": [{"generated_text": "Hi", "stop_reason": "not_finished"}]})],
    ],
    "workers-ai": [
        [unnamed({"response": "Hi", "p": "x"})],
        [unnamed({"response": "", "usage": {"prompt_tokens": 1, "completion_tokens": 2}})],
    ],
    "llamacpp": [
        [unnamed({"index": 0, "content": "Hi", "stop": False})],
        [unnamed({"content": "Hi", "stop": False, "id_slot": -1})],
        [unnamed({"content": "Hi", "stop": False, "slot_id": 0, "multimodal": False})],
    ],
    "replicate": [[Event(data, "output", "1707756341:0")] for data in ("", "Hi", "7")],
    "dashscope": [[named("result", {"output": {"text": "Hi"}, "usage": {}, "request_id": "r"})]],
    "braintrust": [
        [named("start", {"projectName": "p", "experimentName": "e"})],
        [named("progress", {"id": "i", "object_type": "task", "output_type": "x", "event": "json_delta"})],
    ],
    "dify": [
        [unnamed({"event": "message", "task_id": "t", "message_id": "m", "answer": "Hi"})],
        [named("ping", {"event": "workflow_started", "task_id": "t", "workflow_run_id": "w", "data": {}})],
    ],
    "coze": [
        [named("conversation.chat.created", {"id": "i", "conversation_id": "c", "status": "created"})],
        [named("Message", {"content": "Hi", "node_title": "t", "node_seq_id": "0"})],
        [named("Interrupt", {"interrupt_data": {}, "node_title": "t"})],
        [named("Error", {"error_code": 4000, "error_message": "m"})],
    ],
    "flowise": [
        [unnamed({"event": "token", "data": "Hi"}), unnamed({"event": "usedTools", "data": []})],
        [unnamed({"event": "metadata", "data": {"chatId": "c", "chatMessageId": "m"}})],
        [unnamed({"event": "end", "data": "[DONE]"})],
    ],
    "langgraph-events": [[named("values", {"type": "event", "method": "values", "params": {"namespace": []}})]],
    "vercel-ai-ui": [
        [
            unnamed({"type": "start", "messageId": "m"}),
            unnamed({"type": "text-start", "id": "0"}),
            unnamed({"type": "text-delta", "id": "0", "delta": "Hi"}),
        ],
        [unnamed({"type": "tool-input-start", "toolCallId": "c", "toolName": "f"})],
        [unnamed({"type": "source-url", "sourceId": "s", "url": "u"})],
        [unnamed({"type": "error", "errorText": "Busy"})],
    ],
    "ag-ui": [
        [unnamed({"type": "RUN_STARTED", "threadId": "t", "runId": "r"})],
        [unnamed({"type": "RUN_ERROR", "message": "Busy"})],
        [unnamed({"type": "TEXT_MESSAGE_START", "messageId": "m"})],
        [unnamed({"type": "TOOL_CALL_START", "toolCallId": "c"})],
        [unnamed({"type": "STATE_SNAPSHOT", "snapshot": None})],
    ],
    "mistral-conversations": [
        [named("conversation.response.started", {"type": "conversation.response.started", "conversation_id": "c"})],
        [unnamed({"type": "message.output.delta", "id": "m", "content": "Hi"})],
        [unnamed({"type": "function.call.delta", "tool_call_id": "x", "arguments": ""})],
        [unnamed({"type": "tool.execution.started", "id": "t", "output_index": 0, "name": "web_search"})],
        [unnamed({"type": "agent.handoff.done", "id": "h", "output_index": 0, "next_agent_id": "a"})],
        [unnamed({"type": "conversation.response.done", "usage": {}})],
        [unnamed({"type": "conversation.response.error", "message": "Busy", "code": 503})],
    ],
    "letta": [
        [unnamed({"message_type": "assistant_message", "id": "m", "date": "2026-01-02T03:04:05Z", "content": "Hi"})],
        [unnamed({"message_type": "stop_reason", "stop_reason": "end_turn"})],
        [unnamed({"message_type": "usage_statistics", "step_count": 1})],
        [named("error", {"message_type": "error_message", "error_type": "llm_error", "message": "Busy"})],
    ],
    "openai-chatkit": [
        [unnamed({"type": "thread.created", "thread": {"id": "t", "status": {"type": "active"}}})],
        [unnamed({"type": "thread.item.done", "item": {"id": "u", "thread_id": "t", "type": "user_message"}})],
        [unnamed({"type": "thread.item.updated", "item_id": "i", "update": {"type": "widget.root.updated"}})],
        [unnamed({"type": "stream_options", "stream_options": {"allow_cancel": True}})],
    ],
    "mcp": [
        [named("endpoint", "/messages?sessionId=1")],
        [Event(""), rpc(id=1, result={"tools": []})],
        [rpc(method="notifications/progress", params={})],
        [rpc(id=1, method="elicitation/create")],
        [unnamed([{"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2025-03-26", "capabilities": {}}}])],
        [rpc(id=1, result={"resultType": "complete"})],
        [rpc(id=1, result={"prompts": []})],
    ],
    "a2a": [
        [rpc(id=1, result={"kind": "task", "id": "t", "contextId": "c"})],
        [rpc(id=1, result={"statusUpdate": {"taskId": "t"}})],
        [unnamed({"task": {"id": "t", "status": {}}})],
        [unnamed({"message": {"messageId": "m", "parts": []}})],
    ],
    "graphql-sse": [
        [named("next", {"data": {"a": 1}})],
        [named("next", {"data": None, "errors": [{"message": "bad"}], "extensions": {}})],
        [named("next", {"errors": [{"message": "bad"}]})],
        [named("next", {"id": "1", "payload": {"data": {}}})],
    ],
    "datastar": [[named("datastar-patch-elements", "elements <p>")], [named("datastar-patch-signals", "signals {}")]],
    "langgraph": [
        [named("metadata", {"run_id": "r", "attempt": 1})],
        [RUN, named("values", {})],
        [RUN, named("updates|tools:1", {})],
        [named("messages", [CHUNK, {}])],
        [named("messages/partial", [{"type": "ai", "content": ""}])],
    ],
    "langserve": [
        [RUN, named("data", "Hi")],
        [named("metadata", {"run_id": None, "feedback_tokens": []}), named("data", {"a": 1})],
        [named("data", CHUNK)],
    ],
    "launchdarkly": [
        [named("server-intent", {"payloads": [{"intentCode": "xfer-full"}]})],
        [named("put-object", {"kind": "flag", "key": "k", "version": 1, "object": {}})],
        [named("payload-transferred", {"state": "s", "version": 1})],
        [named("put", {"data": {"flags": {}, "segments": {}}})],
        [named("delete", {"path": "/flags/k", "version": 2})],
    ],
    "firebase": [[named("put", {"path": "/", "data": None})], [named("patch", {"path": "/a", "data": {}})]],
    "stellar": [[named("open", '"hello"')], [unnamed({"_links": {}, "paging_token": "1"})]],
    "mastodon": [
        [named("update", {"id": "1", "uri": "u", "account": {"acct": "a"}})],
        [named("notification", {"type": "mention", "created_at": "t", "account": {"acct": "a"}})],
        [named("conversation", {"id": "1", "unread": True, "accounts": []})],
        [named("delete", "1"), named("filters_changed", "undefined")],
    ],
    "wikimedia": [[unnamed({"$schema": "/mediawiki/recentchange/1.0.0", "meta": {"stream": "s"}})]],
    "ntfy": [
        [named("open", {"id": "i", "time": 1, "event": "open", "topic": "t"})],
        [unnamed({"id": "i", "time": 1, "event": "message", "topic": "t", "message": "Hi"})],
    ],
    "home-assistant": [
        [unnamed("ping"), unnamed({"event_type": "e", "data": {}, "origin": "LOCAL", "time_fired": "t"})]
    ],
    "pocketbase": [[named("PB_CONNECT", {"clientId": "c"})]],
    "django-eventstream": [
        [named("stream-open", "")],
        [named("stream-reset", {"channels": ["a"]})],
        [named("stream-error", {"condition": "forbidden", "text": "no"})],
    ],
    "esphome": [
        [named("ping", {"title": "t", "ota": True, "log": True, "lang": "en"})],
        [named("state", {"id": "binary_sensor-door", "state": "ON", "value": True})],
    ],
    "ethereum-beacon": [
        [named("head", {**BEACON, "state": "0x60"})],
        [named("block", BEACON)],
        [named("finalized_checkpoint", {"block": "0x9a", "state": "0x60", "epoch": "2"})],
        [named("chain_reorg", {"slot": "200", "old_head_block": "0x64"})],
        [named("attestation", {"signature": "0x1b", "data": {"slot": "1"}})],
        [named("voluntary_exit", {"message": {}, "signature": "0x1b"})],
        [named("blob_sidecar", {"block_root": "0x9a", "index": "1", "slot": "1"})],
        [named("payload_attributes", {"version": "capella", "data": {"proposal_slot": "110"}})],
    ],
    "philips-hue": [[unnamed([{"creationtime": "t", "data": [], "id": "i", "type": "update"}])]],
}
ROWS = [(name, events) for name, streams in TOLD.items() for events in streams]


@pytest.mark.parametrize(("name", "events"), ROWS, ids=[f"{name} {events[-1].data[:40]}" for name, events in ROWS])
def test_the_first_events_tell(name: str, events: list[Event]) -> None:
    told = name if name in names() else None
    assert detect(events) == told
    for count in range(len(events)):
        assert detect(events[:count]) is None
    assert detect([Event("", "keep-alive"), Event('"x"'), *events]) in (told, None)
    assert detect([*events, unnamed({"type": "content", "content": "Hi"})]) == told or told is None


# What is somebody else's, or anybody's.
DOUBT: dict[str, list[Event]] = {
    "nothing": [],
    "blank data": [Event(""), Event("  ")],
    "the sentinel": [Event("[DONE]")],
    "text": [Event("Hi"), named("endpoint", "Hi"), named("open", "Hi")],
    "a word that is common": [
        unnamed({"type": "start"}),
        unnamed({"type": "start", "messageId": "m"}),
        unnamed({"type": "done"}),
        unnamed({"event": "message", "data": "Hi"}),
        named("metadata", {"x": 1}),
        named("data", {"x": 1}),
        named("next", {"value": 1}),
        named("next", {"data": {}, "cursor": "c"}),
        named("complete", ""),
        named("ping", {"type": "ping"}),
        named("update", {"id": "1"}),
        named("put", {"path": "/", "data": 1, "id": 1}),
        named("state", {"id": "door", "state": "ON"}),
    ],
    "a bare error": [
        unnamed({"error": {"message": "Busy"}}),
        named("error", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
        unnamed({"type": "error", "message": "Busy", "statusCode": 429}),
    ],
    "JSON-RPC of no one": [rpc(id=1, result={}), rpc(id=1, error={"code": 1}), rpc(method="session/update")],
    "content that says more": [unnamed({"type": "content", "content": "Hi", "id": 1})],
    "a response that is not OpenAI's": [
        named("response.text.delta", {"type": "response.text.delta", "content_index": 0, "sequence_number": 1}),
        named("response.status", {"status": "planning", "message": "m", "sequence_number": 2}),
        named("response", {"role": "assistant", "content": []}),
    ],
    "Gemini's words in an agent's event": [
        unnamed({"usageMetadata": {}, "modelVersion": "m", "author": "a", "invocationId": "i"}),
        unnamed({"content": {"parts": [{"text": "Hi"}], "role": "model"}, "partial": True, "author": "a"}),
    ],
    "the parts of an SDK, as another sends them": [
        unnamed({"type": "text-start", "id": "0"}),
        unnamed({"type": "text-delta", "id": "0", "text": "Hi"}),
        unnamed({"type": "tool-input-start", "id": "0", "toolName": "f"}),
    ],
    "what LaunchDarkly and Firebase both say": [
        named("put", {"path": "/", "data": {"flags": {}, "segments": {}}}),
        named("patch", {"path": "/flags/k", "data": {"key": "k", "version": 1}}),
    ],
    "a run, and then no more": [RUN],
    "a run, and what is between": [RUN, named("x", 1), named("data", 1)],
    "other services": [
        unnamed({"message_type": "assistant_message", "id": "m", "content": "Hi"}),
        unnamed({"event": "start", "data": "Hi"}),
        unnamed({"event": "token", "data": "Hi"}),
        unnamed({"event": "end", "data": ""}),
        unnamed({"event": "message", "message_id": "m", "answer": "Hi"}),
        unnamed({"content": "Hi", "stop": False}),
        unnamed({"response": "Hi"}),
        unnamed({"value": "Hi"}),
        unnamed({"generated_text": "Hi"}),
        unnamed({"type": "event", "method": "x", "params": {}}),
        named("conversation.item.created", {"id": "i", "conversation_id": "c"}),
        named("Message", {"content": "Hi"}),
        named("result", {"output": "Hi", "request_id": "r"}),
        named("progress", {"event": "x", "object_type": "task"}),
        Event("Hi", "output", "1707756341"),
        Event("Hi", "output", "1:0:1"),
        Event("Hi", "logs", "1:0"),
        named("done", {}),
        named("conversation.response.started", {"type": "conversation.response.started"}),
        named("message.output.delta", {"type": "message.output.delta", "output_index": 0, "content": "Hi"}),
        unnamed({"type": "thread.item.updated", "item_id": "i", "update": {}}),
        unnamed({"type": "session.status_idle", "id": "s", "stop_reason": {}}),
    ],
    "members of the wrong types": [
        unnamed({"object": "chat.completion.chunk", "choices": {}}),
        unnamed({"choices": [{"delta": "Hi"}]}),
        unnamed({"type": ["message_start"], "message": {"role": "a"}}),
        unnamed({"type": "content_block_delta", "index": True, "delta": {"type": "x"}}),
        unnamed({"candidates": [{"content": {"parts": {}}}]}),
        unnamed([]),
        unnamed([5]),
        unnamed(5),
        unnamed(None),
    ],
}


@pytest.mark.parametrize("events", DOUBT.values(), ids=DOUBT)
def test_in_doubt_none_is_told(events: list[Event]) -> None:
    assert detect(events) is None
    assert [detect([event]) for event in events] == [None] * len(events)


ANSWER: list[Part] = [
    Start("m1", "model-1", "assistant"),
    TextDelta("Hi"),
    ToolCallDelta("{}", 0, "c1", "f"),
    Usage(1, 2, 3),
    Finish("tool_call"),
]
FAILED: list[Part] = [TextDelta("Hi"), Error("Busy", "overloaded", "busy", 503)]
# Those that say what openai-chat says; and those that say anything.
CHAT = ("aitunnel", "lawbot", "openai-chat")
ANYTHING = ("json", "text")


@pytest.mark.parametrize("name", names())
def test_what_a_dialect_writes_is_never_taken_for_another(name: str) -> None:
    for parts in (ANSWER, FAILED, [Other("x", {"a": 1})]):
        encoder = PartEncoder(name)
        stream = b""
        for part in parts:
            try:
                stream += encoder.send(part)
            except EncodeError:
                continue
        told = detect(Decoder().feed(stream + encoder.close()))
        assert told in (None, "openai-chat" if name in CHAT else name)
        if parts is ANSWER and name in TOLD and stream:
            assert told is not None
    assert detect(Decoder().feed(sse({"a": 1}, "Hi", "[DONE]"))) is None
    assert name not in ANYTHING or name not in TOLD


# Hostile input

HOSTILE = {
    "deep lists": "[" * 100_000,
    "deep objects": '{"type":' * 100_000,
    "a deep member": '{"type":"content","content":' + "[" * 500 + "]" * 500 + "}",
    "digits": "9" * 100_000,
    "an index of digits": '{"type":"content_block_delta","index":' + "9" * 100_000 + ',"delta":{"type":"x"}}',
    "a lone surrogate": '"\\ud800"',
    "NaN": "NaN",
    "a member twice": '{"choices":[],"choices":{}}',
    "lines": "{\n" * 1_000,
    "NUL": "\0",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_any_data_is_none_and_no_exception(data: str) -> None:
    for type in ("", "message", "metadata", "messages", "next", "endpoint", "error"):
        assert detect([Event(data, type), Event(data, "x"), Event(data, type)]) is None


def test_the_type_of_an_event_may_be_nothing_and_is_message() -> None:
    assert detect([Event('{"type":"content","content":"Hi"}', "")] * 2) == "websopy"


# How much is taken


def counted(events: list[Event], taken: list[Event]) -> Iterator[Event]:
    for event in events:
        taken.append(event)
        yield event


def test_no_more_is_taken_than_it_needs() -> None:
    tells = unnamed({"type": "content", "content": "Hi"})
    for before in (0, 1, 15):
        taken: list[Event] = []
        assert detect(counted([RUN] * before + [tells] * 3, taken)) == "websopy"
        assert len(taken) == before + 1
    taken = []
    assert detect(counted([RUN] * 16 + [tells], taken)) is None
    assert len(taken) == 16


# Recorded streams

OF_FOLDERS = {
    "seed-laddro": "laddro",
    "seed-lawbot": "openai-chat",
    "seed-sajuapi": "sajuapi",
    "seed-websopy": "websopy",
    "ibm-watsonx": "watsonx",
    "ag_ui": "ag-ui",
    "django_eventstream": "django-eventstream",
    "firebase_rtdb": "firebase",
    "graphql_sse": "graphql-sse",
    "home_assistant": "home-assistant",
    "mcp_http_sse_2024": "mcp",
    "mcp_streamable_http": "mcp",
    "stellar_horizon": "stellar",
    "vercel_ai_ui": "vercel-ai-ui",
}


def recorded() -> Iterator[tuple[str, list[Event]]]:
    """Of each recorded stream its dialect and its first events."""
    files = [(row["file"], row["dialect"]) for row in expected()]
    if PROTOCOLS.is_file():
        lines = PROTOCOLS.read_text(encoding="utf-8").splitlines()[1:]
        files += [(f"protocol/{file}", folder) for file, folder, *_ in [line.split("\t") for line in lines]]
    for file, folder in files:
        decoder = Decoder()
        events = decoder.feed((FOLDER / file).read_bytes()) + decoder.flush()
        yield OF_FOLDERS.get(folder, folder), events[:16]


@pytest.mark.skipif(not expected(), reason=WHY_NOT)
@pytest.mark.parametrize(("count", "most"), [(1, 0.90), (3, 0.93), (16, 0.93)])
def test_of_the_recorded_streams_none_is_taken_for_another_and_most_are_told(count: int, most: float) -> None:
    found: Counter[str] = Counter()
    wrong = []
    for name, events in recorded():
        told = detect(events[:count])
        if told is not None and told != name:
            wrong.append((name, told))
        elif name in names():
            found["right" if told else "undecided"] += 1
    assert wrong == []
    assert found["right"] >= most * found.total()
