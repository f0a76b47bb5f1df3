# SPDX-License-Identifier: MIT
"""The words of a2a that its reader and its writer share."""

from __future__ import annotations

from ..base import dict_of, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._parts import FinishReason

# By the `kind` of version 0.3, the member of 1.0.
NAMES = {"task": "task", "message": "message", "status-update": "statusUpdate", "artifact-update": "artifactUpdate"}
KINDS = {name: kind for kind, name in NAMES.items()}
# The states after which nothing need come.
REASONS: dict[str, FinishReason] = {
    "completed": "stop",
    "failed": "error",
    "canceled": "other",
    "rejected": "other",
    "input-required": "other",
    "auth-required": "other",
}
WORDS: dict[FinishReason, str] = {
    "stop": "completed",
    "length": "completed",
    "content_filter": "rejected",
    "error": "failed",
}
MAX_ARTIFACTS = 1024  # of a stream, whose replacement is known for one


def state_of(found: dict[str, Any]) -> str:
    """The state of a task or of an update, as it is written; "" if it has none."""
    return text_of(dict_of(found.get("status")).get("state"))


def plain(state: str) -> str:
    """A state in the words of 0.3."""
    word = state.removeprefix("TASK_STATE_").lower().replace("_", "-")
    return "canceled" if word == "cancelled" else word


def is_answer(message: dict[str, Any]) -> bool:
    """Whether a message is the agent's, and not the client's own."""
    return text_of(message.get("role")).lower().removeprefix("role_") != "user"
