# SPDX-License-Identifier: MIT
"""The words of openai-assistants that its reader and its writer share."""

from __future__ import annotations

from ...base import dict_of, dicts_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._parts import FinishReason

RUN = "thread.run"
MESSAGE = "thread.message"
STEP = "thread.run.step"
# The reasons of a run that is incomplete.
LIMITS: dict[str, FinishReason] = {
    "max_completion_tokens": "length",
    "max_prompt_tokens": "length",
    "content_filter": "content_filter",
}
# The last statuses of a run, but for failed, which is an Error.
STATUSES: dict[str, FinishReason] = {
    "completed": "stop",
    "requires_action": "tool_call",
    "expired": "error",
    "cancelled": "other",
    "incomplete": "other",
}
REASONS: dict[str, FinishReason] = {**STATUSES, **LIMITS}
WORDS: dict[FinishReason, str] = {
    "stop": "completed",
    "tool_call": "requires_action",
    "length": "max_completion_tokens",
    "content_filter": "content_filter",
    "error": "failed",
}
_RESERVED = {"error", "done", *[f"{RUN}.{status}" for status in ("created", "failed", *STATUSES)]}


def is_more(name: str, data: dict[str, Any]) -> bool:
    """Whether an event is more than an Other, to our reader or to one that asks no piece for its type."""
    delta = dict_of(data.get("delta"))
    if name == f"{MESSAGE}.delta":
        content = dicts_of(delta.get("content"))
        return any("refusal" in piece or dict_of(piece.get("text")).get("value") for piece in content)
    if name == f"{STEP}.delta":
        calls = dicts_of(dict_of(delta.get("step_details")).get("tool_calls"))
        return any("function" in call or call.get("type") == "function" for call in calls)
    return name in _RESERVED or bool(data.get("error"))
