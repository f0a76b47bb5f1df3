# SPDX-License-Identifier: MIT
"""What reading and writing anthropic-sessions have in common."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._parts import FinishReason

CALLS = ("agent.custom_tool_use", "agent.tool_use", "agent.mcp_tool_use")  # the first is the client's to run
CALL = frozenset(("type", "id", "name", "input", "processed_at"))
REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "refusal": "content_filter",
    "budget_reached": "length",
    "retries_exhausted": "error",
    "requires_action": "tool_call",
}
ENDS = ("session.status_terminated", "session.deleted")
INPUT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def more_of(payload: dict[str, Any]) -> dict[str, Any]:
    """The members of a call that are not all calls'."""
    return {name: value for name, value in payload.items() if name not in CALL and value is not None}
