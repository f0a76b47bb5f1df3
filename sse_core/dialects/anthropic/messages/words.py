# SPDX-License-Identifier: MIT
"""The words of anthropic-messages that reading and writing both need."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..._parts import FinishReason, Of

REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_call",
    "refusal": "content_filter",
    "pause_turn": "other",  # the turn is to be resumed
    "compaction": "other",
}
# The kinds of content blocks; of every other it is "other".
KINDS: dict[str, Of] = {
    "text": "text",
    "thinking": "reasoning",
    "redacted_thinking": "reasoning",
    "tool_use": "tool_call",
    "server_tool_use": "tool_call",
    "mcp_tool_use": "tool_call",
}
# The deltas that parts say: the kind of part, and the member that is its text.
DELTAS: dict[str, tuple[Of, str]] = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("reasoning", "thinking"),
    "input_json_delta": ("tool_call", "partial_json"),
}
COUNTS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
