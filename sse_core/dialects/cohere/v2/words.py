# SPDX-License-Identifier: MIT
"""The words of cohere-v2 that its reader and its writer share."""

from __future__ import annotations

from ...base import str_or_none

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._parts import FinishReason

REASONS: dict[str, FinishReason] = {
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
    "TOOL_CALL": "tool_call",
    "ERROR": "error",
    "TIMEOUT": "error",
    "ERROR_LIMIT": "error",  # these two: v1
    "ERROR_TOXIC": "error",
}
WORDS: dict[FinishReason, str] = {
    "stop": "COMPLETE",
    "length": "MAX_TOKENS",
    "tool_call": "TOOL_CALL",
    "content_filter": "ERROR",  # it has no word for it, and COMPLETE would be a lie
    "error": "ERROR",
    "other": "COMPLETE",
}
# The block of the tool plan, which has no index.
PLAN = "plan"
# The events that parts are read from: an Other never becomes one.
EVENTS = {
    "message-start",
    "content-start",
    "content-delta",
    "content-end",
    "tool-plan-delta",
    "tool-call-start",
    "tool-call-delta",
    "tool-call-end",
    "message-end",
}


def is_error(kind: str, payload: dict[str, Any]) -> bool:
    """Whether it is an error outside message-end: a gateway's, or the API's JSON answer framed by one."""
    said = payload.get("error") or str_or_none(payload.get("message"))
    return kind == "error" or (kind == "message" and bool(said))
