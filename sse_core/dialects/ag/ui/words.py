# SPDX-License-Identifier: MIT
"""The words of ag-ui that its reader and its writer share."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    Kind = Literal["text", "reasoning", "tool_call"]
    Step = Literal["start", "delta", "end", "chunk"]

# The events of blocks: the kind of their parts, and which of its steps it is.
EVENTS: dict[str, tuple[Kind, Step]] = {
    "TEXT_MESSAGE_START": ("text", "start"),
    "TEXT_MESSAGE_CONTENT": ("text", "delta"),
    "TEXT_MESSAGE_END": ("text", "end"),
    "TEXT_MESSAGE_CHUNK": ("text", "chunk"),
    "TOOL_CALL_START": ("tool_call", "start"),
    "TOOL_CALL_ARGS": ("tool_call", "delta"),
    "TOOL_CALL_END": ("tool_call", "end"),
    "TOOL_CALL_CHUNK": ("tool_call", "chunk"),
    "REASONING_MESSAGE_START": ("reasoning", "start"),
    "REASONING_MESSAGE_CONTENT": ("reasoning", "delta"),
    "REASONING_MESSAGE_END": ("reasoning", "end"),
    "REASONING_MESSAGE_CHUNK": ("reasoning", "chunk"),
    "THINKING_TEXT_MESSAGE_START": ("reasoning", "start"),
    "THINKING_TEXT_MESSAGE_CONTENT": ("reasoning", "delta"),
    "THINKING_TEXT_MESSAGE_END": ("reasoning", "end"),
}
# The events of a block, by the kind of its parts.
STARTS: dict[str, str] = {
    "text": "TEXT_MESSAGE_START",
    "reasoning": "REASONING_MESSAGE_START",
    "tool_call": "TOOL_CALL_START",
}
DELTAS: dict[str, str] = {
    "text": "TEXT_MESSAGE_CONTENT",
    "reasoning": "REASONING_MESSAGE_CONTENT",
    "tool_call": "TOOL_CALL_ARGS",
}
ENDS: dict[str, str] = {
    "text": "TEXT_MESSAGE_END",
    "reasoning": "REASONING_MESSAGE_END",
    "tool_call": "TOOL_CALL_END",
}
# The member that is a block's id.
IDS: dict[str, str] = {"text": "messageId", "reasoning": "messageId", "tool_call": "toolCallId"}
# The spans around reasoning: the writer puts one around each block of it, and the reader says nothing of them.
SPANS = ("REASONING_START", "REASONING_END", "THINKING_START", "THINKING_END")
# What a START says that its parts say, too, or that is lost; the rest goes in an Other.
SAID = frozenset(
    (
        *("type", "messageId", "role", "toolCallId", "toolCallName", "parentMessageId", "delta"),
        *("timestamp", "rawEvent", "subagentRunId"),
    )
)
# The counts of a Usage, in the order in which the protocol has them.
COUNTS = {
    "input_tokens": "inputTokens",
    "output_tokens": "outputTokens",
    "total_tokens": "totalTokens",
    "reasoning_tokens": "reasoningTokens",
    "cache_read_tokens": "cachedInputTokens",
    "cache_write_tokens": "cacheWriteInputTokens",
}
# The outcomes of a run that is not over.
OUTCOMES = ("interrupt", "cancelled")


def is_subagents(payload: dict[str, Any]) -> bool:
    """Whether an event is of what a subagent does, which is no part of the answer."""
    return payload.get("subagentRunId") is not None


def is_json(text: str) -> bool:
    """Whether a call's arguments are whole: nothing means {}."""
    try:
        json.loads(text or "{}", parse_int=str, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
