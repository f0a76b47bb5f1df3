# SPDX-License-Identifier: MIT
"""detect: the name of a stream's dialect, told from its first events by a table of what only that dialect says.

A row tells by two members at least, or by a word that has its namespace in it: one common word is somebody's own, too.
"""

from __future__ import annotations

import json
import re
from itertools import islice

from ._registry import names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from .._items import Event

MOST = 16  # events: what they have not told, later ones hardly will

# -- what rows have in common

_RESPONSES = (  # OpenAI's own: others have a `response.` of theirs
    *("response.created", "response.queued", "response.in_progress", "response.completed", "response.failed"),
    *("response.incomplete", "response.output_*", "response.content_part.*", "response.refusal.*"),
    *("response.reasoning_*", "response.function_call_arguments.*", "response.custom_tool_call_input.*"),
    *("response.mcp_*", "response.web_search_call.*", "response.file_search_call.*", "response.audio.*"),
    *("response.code_interpreter_call*", "response.image_generation_call.*"),
)
_MCP = (
    {"jsonrpc": "2.0", "method": ("notifications/*", "sampling/createMessage", "elicitation/create", "roots/list")},
    {"jsonrpc": "2.0", "id": object, "result": {"protocolVersion": str, "capabilities": dict}},
    {"jsonrpc": "2.0", "id": object, "result": {"resultType": str}},
    {"jsonrpc": "2.0", "id": object, "result": ({"content": list}, {"tools": list}, {"resources": list})},
    {"jsonrpc": "2.0", "id": object, "result": ({"contents": list}, {"prompts": list}, {"messages": list})},
)
_A2A = (
    {"kind": "task", "contextId": str},
    {"kind": ("status-update", "artifact-update"), "taskId": str},
    {"kind": "message", "messageId": str},
    {"task": {"id": str, "status": dict}},
    {"statusUpdate": {"taskId": str}},
    {"artifactUpdate": {"taskId": str}},
    {"message": {"messageId": str, "parts": list}},
)
_MODES = ("values*", "updates*", "messages*", "events*", "debug*", "tasks*", "checkpoints*", "custom*")
_MESSAGE = {"type": ("AIMessageChunk", "ai", "human", "tool", "system"), "content": object}
_RESULT = ("data", "errors", "extensions", "hasNext", "pending", "incremental", "completed")
_STATUS = {"id": str, "uri": str, "account": {"acct": str}}
_FLAGS = ("/flags/*", "/segments/*")
_CHATS = ("conversation.chat.*", "conversation.message.*", "conversation.audio.*")
_FLOWS = (  # Dify's
    *("message*", "agent_*", "workflow_*", "node_*", "iteration_*", "loop_*", "text_*", "reasoning_chunk"),
    *("parallel_branch_*", "human_input_*", "tts_message*"),
)
_STEPS = (  # the words of Flowise that are no one else's
    *("agentFlowEvent", "agentFlowExecutedData", "nextAgentFlow", "agentReasoning", "sourceDocuments"),
    *("usedTools", "calledTools", "usageMetadata", "fileAnnotations"),
)
_THINGS = ("sensor-*", "binary_sensor-*", "text_sensor-*", "switch-*", "light-*", "fan-*", "cover-*", "number-*")

_LETTA = (
    "assistant_message",
    "reasoning_message",
    "hidden_reasoning_message",
    "tool_call_message",
    "tool_return_message",
    "approval_*",
    "ping",
)
# The rows: a name; the event's type; its data as JSON, or as the text it is where it is none; then its id, or the type
# and the data of the event behind it. A text means itself, or what begins with what is before its `*`; a type any value
# of it; a tuple any of its members; a dict an object with these members, and, if it has `...`, with none but these and
# those named there; a list one that begins so.
_ROWS: tuple[tuple[Any, ...], ...] = (
    ("openai-chat", "*", {"object": "chat.completion.chunk", "choices": list}),
    ("openai-chat", "*", {"choices": [{"delta": dict}]}),
    ("openai-completions", "*", {"object": "text_completion", "choices": [{"text": str}]}),
    ("openai-responses", "*", {"type": _RESPONSES, "sequence_number": int}),
    ("openai-responses", "*", {"type": _RESPONSES, "response": {"object": "response", "output": list}}),
    ("openai-responses", "*", {"type": _RESPONSES, "output_index": int, "item_id": str}),
    ("openai-responses", "*", {"type": _RESPONSES, "output_index": int, "item": dict}),
    ("openai-assistants", "thread.*", {"object": ("thread", "thread.*"), "id": str}),
    ("openai-transcription", "*", {"type": "transcript.text.*", "delta": str}),
    ("openai-transcription", "*", {"type": "transcript.text.*", "text": str}),
    ("anthropic-messages", "*", {"type": "message_start", "message": {"role": str}}),
    ("anthropic-messages", "*", {"type": "content_block_start", "index": int, "content_block": dict}),
    ("anthropic-messages", "*", {"type": "content_block_delta", "index": int, "delta": {"type": str}}),
    ("anthropic-messages", "*", {"type": "message_delta", "delta": dict, "usage": dict}),
    ("anthropic-sessions", "*", {"type": ("session.status_*", "agent.*", "span.*"), "id": str, "processed_at": object}),
    ("anthropic-sessions", "*", {"type": "session.status_idle", "stop_reason": {"type": str}}),
    ("anthropic-sessions", "*", {"type": "event_start", "event": {"type": "agent.*", "id": str}}),
    ("anthropic-sessions", "*", {"type": "event_delta", "event_id": str, "delta": {"type": "content_delta"}}),
    ("anthropic-sessions", "*", {"type": "agent.message", "id": str, "content": [{"type": "text", "text": str}]}),
    ("anthropic-completions", "*", {"type": "completion", "completion": str, "stop_reason": object}),
    ("gemini", "*", {"candidates": [({"content": {"parts": list}}, {"content": {"role": str}})]}),
    ("gemini", "*", {"candidates": [{"finishReason": str}]}),
    ("gemini", "*", {"promptFeedback": {"blockReason": str}}),
    ("gemini", "*", {"usageMetadata": dict, "modelVersion": str, ...: ("candidates", "createTime", "responseId")}),
    ("gemini-interactions", "*", {"event_type": "interaction.*", "interaction": dict}),
    ("gemini-interactions", "*", {"event_type": "interaction.*", "interaction_id": str}),
    ("gemini-interactions", "*", {"event_type": ("step.*", "content.*"), "index": int}),
    ("google-adk", "message", {"author": str, "invocationId": str, "content": {"parts": list}}),
    ("google-adk", "message", {"author": str, "invocationId": str, "actions": dict}),
    ("google-adk", "message", {"error": str, "error_details": {"error_type": str}}),
    ("cohere-v2", "*", {"type": ("message-start", "tool-plan-delta"), "delta": {"message": dict}}),
    ("cohere-v2", "*", {"type": ("content-*", "tool-call-*"), "index": int, "delta": {"message": dict}}),
    ("laddro", "*", {"type": "section", "section": str, "content": str}),
    ("sajuapi", "start", {"event": "start", "id": str, "model": str}),
    ("sajuapi", "delta", {"event": "delta", "text": str}),
    ("snowflake-agents", ("response.text*", "response.thinking*"), {"content_index": int, "text": str}),
    ("snowflake-agents", ("response.tool_use", "response.tool_result"), {"tool_use_id": str, "name": str}),
    ("websopy", "message", {"type": "content", "content": str, ...: ()}),
    ("websopy", "message", {"type": "tool_call", "tool": {"name": str, "arguments": str}}),
    ("tgi", "message", {"token": {"id": int, "text": str, "special": bool}}),
    ("watsonx", "message", {"model_id": str, "results": [{"generated_text": str}]}),
    ("watsonx", "message", {"results": [{"generated_text": str, "stop_reason": str}]}),
    ("workers-ai", "message", {"response": str, "p": str}),
    ("workers-ai", "message", {"response": str, "usage": {"prompt_tokens": int, "completion_tokens": int}}),
    ("llamacpp", "message", {"content": str, "stop": bool, "index": int}),
    (
        "llamacpp",
        "message",
        ({"content": str, "stop": bool, "id_slot": int}, {"content": str, "stop": bool, "slot_id": int}),
    ),
    ("replicate", "output", object, re.compile("[0-9]+:[0-9]+")),
    ("dashscope", "result", {"output": dict, "request_id": str}),
    ("braintrust", ("start", "summary"), {"projectName": str, "experimentName": str}),
    ("braintrust", "progress", {"object_type": str, "output_type": str, "event": str}),
    ("dify", "*", {"event": _FLOWS, "task_id": str, "message_id": str}),
    ("dify", "*", {"event": _FLOWS, "task_id": str, "workflow_run_id": str}),
    ("coze", _CHATS, {"id": str, "conversation_id": str}),
    ("coze", "Message", {"content": str, "node_title": str, "node_seq_id": str}),
    ("coze", "Interrupt", {"interrupt_data": dict, "node_title": str}),
    ("coze", "Error", {"error_code": int, "error_message": str}),
    ("flowise", "message", {"event": _STEPS, "data": object, ...: ()}),
    ("flowise", "message", {"event": "metadata", "data": {"chatId": str, "chatMessageId": str}}),
    ("flowise", "message", {"event": ("end", "abort"), "data": "[DONE]", ...: ()}),
    ("vercel-ai-ui", "message", {"type": ("text-delta", "reasoning-delta"), "id": str, "delta": str}),
    ("vercel-ai-ui", "message", {"type": "tool-*", "toolCallId": str}),
    ("vercel-ai-ui", "message", {"type": "source-*", "sourceId": str}),
    ("vercel-ai-ui", "message", {"type": "error", "errorText": str}),
    ("ag-ui", "*", {"type": ("RUN_STARTED", "RUN_FINISHED"), "threadId": str, "runId": str}),
    ("ag-ui", "*", {"type": ("TEXT_MESSAGE_*", "REASONING_*"), "messageId": str}),
    ("ag-ui", "*", {"type": "TOOL_CALL_*", "toolCallId": str}),
    ("ag-ui", "*", {"type": "RUN_ERROR", "message": str}),
    ("ag-ui", "*", {"type": "STATE_SNAPSHOT", "snapshot": object}),
    ("mistral-conversations", "*", {"type": "conversation.response.started", "conversation_id": str}),
    ("mistral-conversations", "*", {"type": "conversation.response.done", "usage": dict}),
    ("mistral-conversations", "*", {"type": "conversation.response.error", "message": str, "code": int}),
    ("mistral-conversations", "*", {"type": "message.output.delta", "id": str, "content": object}),
    ("mistral-conversations", "*", {"type": ("tool.execution.*", "agent.handoff.*"), "id": str, "output_index": int}),
    ("mistral-conversations", "*", {"type": "function.call.delta", "tool_call_id": str}),
    ("letta", "message", {"message_type": _LETTA, "id": str, "date": str}),
    ("letta", "message", {"message_type": "stop_reason", "stop_reason": str}),
    ("letta", "message", {"message_type": "usage_statistics", "step_count": int}),
    ("letta", "error", {"message_type": "error_message", "error_type": str}),
    ("openai-chatkit", "message", {"type": "thread.item.*", "item": {"id": str, "thread_id": str, "type": str}}),
    ("openai-chatkit", "message", {"type": "thread.item.updated", "item_id": str, "update": {"type": str}}),
    (
        "openai-chatkit",
        "message",
        {"type": ("thread.created", "thread.updated"), "thread": {"id": str, "status": dict}},
    ),
    ("openai-chatkit", "message", {"type": "stream_options", "stream_options": {"allow_cancel": bool}}),
    ("mcp", "endpoint", ("/*", "http://*", "https://*")),
    ("mcp", "message", (*_MCP, [_MCP])),
    ("a2a", "message", (*_A2A, {"jsonrpc": "2.0", "result": _A2A})),
    ("graphql-sse", "next", {"data": (dict, None), ...: _RESULT}),
    ("graphql-sse", "next", {"errors": [{"message": str}], ...: _RESULT}),
    ("graphql-sse", "next", {"id": str, "payload": ({"data": object}, {"errors": list})}),
    ("datastar", ("datastar-patch-elements", "datastar-patch-signals"), object),
    ("langgraph", "metadata", {"run_id": str, "attempt": int}),
    ("langgraph", "metadata", {"run_id": str}, _MODES, (dict, list)),
    ("langgraph", "messages", [_MESSAGE, dict]),
    ("langgraph", ("messages/partial", "messages/complete"), [_MESSAGE]),
    ("langgraph-events", "*", {"type": "event", "method": str, "params": {"namespace": list}}),
    ("langserve", "metadata", {"run_id": object, ...: ("feedback_tokens",)}, "data", object),
    ("langserve", "data", {"type": "AIMessageChunk", "content": object}),
    ("launchdarkly", "server-intent", {"payloads": [{"intentCode": str}]}),
    ("launchdarkly", ("put-object", "delete-object"), {"kind": str, "key": str, "version": int}),
    ("launchdarkly", "payload-transferred", {"state": str, "version": int}),
    ("launchdarkly", "put", {"data": {"flags": dict, "segments": dict}}),
    ("launchdarkly", "patch", {"path": _FLAGS, "data": {"key": str, "version": int}}),
    ("launchdarkly", "delete", {"path": _FLAGS, "version": int}),
    # LaunchDarkly's older put and patch are this, too: then two are told, so none.
    ("firebase", ("put", "patch"), {"path": "/*", "data": object, ...: ()}),
    ("stellar", "open", "hello"),
    ("stellar", "message", {"paging_token": str, "_links": dict}),
    ("mastodon", ("update", "status.update"), _STATUS),
    ("mastodon", "notification", {"type": str, "created_at": str, "account": {"acct": str}}),
    ("mastodon", "conversation", {"unread": bool, "accounts": list}),
    ("mastodon", "filters_changed", "undefined"),
    ("wikimedia", "message", {"$schema": "/*", "meta": {"stream": str}}),
    ("ntfy", ("open", "keepalive", "poll_request"), {"id": str, "time": int, "event": str, "topic": str}),
    ("ntfy", "message", {"id": str, "time": int, "event": "message", "topic": str}),
    ("home-assistant", "message", {"event_type": str, "origin": ("LOCAL", "REMOTE"), "time_fired": str}),
    ("pocketbase", "PB_CONNECT", {"clientId": str}),
    ("django-eventstream", "stream-open", ""),
    ("django-eventstream", "stream-reset", {"channels": list}),
    ("django-eventstream", "stream-error", {"condition": str, "text": str}),
    ("esphome", "ping", {"title": str, "ota": bool, "lang": str}),
    ("esphome", ("state", "state_detail_all"), {"id": _THINGS, "state": object}),
    ("ethereum-beacon", ("head", "block", "block_gossip"), {"slot": str, "block": "0x*"}),
    ("ethereum-beacon", "finalized_checkpoint", {"epoch": str, "block": "0x*"}),
    ("ethereum-beacon", "chain_reorg", {"slot": str, "old_head_block": "0x*"}),
    ("ethereum-beacon", ("attestation", "single_attestation"), {"data": {"slot": str}, "signature": "0x*"}),
    ("ethereum-beacon", ("contribution_and_proof", "voluntary_exit"), {"message": dict, "signature": "0x*"}),
    ("ethereum-beacon", ("blob_sidecar", "data_column_sidecar"), {"block_root": "0x*", "slot": str}),
    ("ethereum-beacon", "payload_attributes", {"version": str, "data": {"proposal_slot": str}}),
    ("philips-hue", "message", [{"creationtime": str, "type": str, "data": list, "id": str}]),
)


def detect(events: Iterable[Event]) -> str | None:
    """The name of the dialect that the first events are of; None where in doubt. No more than 16 are taken.

    Only names that there are: see `names`. A stream of OpenAI's chat is "openai-chat", whoever's it is; plain JSON and
    text are never told.

    >>> from sse_core import Event
    >>> from sse_core.dialects import detect
    >>> detect([Event('{"type":"ping"}', "ping"), Event('{"choices":[{"delta":{"content":"Hi"}}]}')])
    'openai-chat'
    """
    here = names()
    before: tuple[Any, ...] = ("", None)
    for event in islice(events, MOST):
        now = event.type or "message", _payload(event.data), event.last_event_id
        told = {row[0] for row in _ROWS if _matches(row, before, now)}
        if len(told) == 1 and told.issubset(here):
            return str(told.pop())
        before = now
    return None


def _payload(data: str) -> Any:
    """The data as JSON, or its first line; else as it is."""
    for text in (data, data.partition("\n")[0]):  # a document prints its events as the lines of one
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return data


def _matches(row: tuple[Any, ...], before: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    return all(map(_is, row[1:], now if len(row) < 5 else before[:2] + now))


def _is(pattern: Any, value: Any) -> bool:
    """Whether a value is what a pattern says: as deep as the pattern, however deep the value."""
    if type(pattern) is str:
        return type(value) is str and (value == pattern or (pattern[-1:] == "*" and value.startswith(pattern[:-1])))
    if type(pattern) is re.Pattern:
        return pattern.fullmatch(value) is not None
    if type(pattern) is type:
        return pattern is object or type(value) is pattern
    if type(pattern) is tuple:
        return any(_is(one, value) for one in pattern)
    if type(pattern) is list:
        return type(value) is list and len(value) >= len(pattern) and all(map(_is, pattern, value))
    if type(pattern) is not dict:
        return value is pattern
    if type(value) is not dict or (... in pattern and not value.keys() <= {*pattern, *pattern[...]}):
        return False
    return all(name is ... or (name in value and _is(one, value[name])) for name, one in pattern.items())
