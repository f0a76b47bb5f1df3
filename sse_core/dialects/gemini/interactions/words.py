# SPDX-License-Identifier: MIT
"""What the Interactions API calls its steps, statuses and counts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..._parts import FinishReason, Of

REASONS: dict[str, FinishReason] = {
    "completed": "stop",
    "incomplete": "length",
    "budget_exceeded": "length",
    "requires_action": "tool_call",
    "failed": "error",
}
# The steps that are content; all others are Google's own.
STEPS: dict[str, Of] = {"model_output": "text", "thought": "reasoning", "function_call": "tool_call"}
# In write_usage's order.
COUNTS = (
    *("total_input_tokens", "total_output_tokens", "total_tokens"),
    *("total_cached_tokens", "total_thought_tokens"),
)
