# SPDX-License-Identifier: MIT
"""The words of coze that its reader and its writers share."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._parts import FinishReason

CHAT = "conversation.chat."
CREATED = f"{CHAT}created"
DELTA, COMPLETED = "conversation.message.delta", "conversation.message.completed"
DONE = ("done", "Done")  # of a chat, and of a workflow
REASONS: dict[str, FinishReason] = {"completed": "stop", "requires_action": "tool_call", "canceled": "other"}
COUNTS = ("input_count", "output_count", "token_count")
CALLS = ("required_action", "submit_tool_outputs", "tool_calls")


def is_answer(message: dict[str, Any]) -> bool:
    """Whether a message is the answer's text, and no card, call or note."""
    return message.get("type") == "answer" and message.get("content_type") in (None, "text")
