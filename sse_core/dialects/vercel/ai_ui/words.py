# SPDX-License-Identifier: MIT
"""The words of vercel-ai-ui that its reader and its writer share."""

from __future__ import annotations

import json

from ...base.json import dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Literal

    from ..._parts import FinishReason

WORDS: dict[FinishReason, str] = {
    "stop": "stop",
    "length": "length",
    "tool_call": "tool-calls",
    "content_filter": "content-filter",
    "error": "error",
    "other": "other",
}
REASONS: dict[str, FinishReason] = {word: reason for reason, word in WORDS.items()}
# The events of a block: the kind of its parts, and what happens to it.
BLOCKS: dict[str, tuple[Literal["text", "reasoning"], str]] = {
    "text-start": ("text", "start"),
    "text-delta": ("text", "delta"),
    "text-end": ("text", "end"),
    "reasoning-start": ("reasoning", "start"),
    "reasoning-delta": ("reasoning", "delta"),
    "reasoning-end": ("reasoning", "end"),
}
CALLS = ("tool-input-start", "tool-input-delta", "tool-input-available")
# The members of a provider's metadata that are a signature: of reasoning, and of what was redacted.
SIGNATURES = ("signature", "redactedData")
# After these nothing more comes of a call that its reader could act on.
ANSWERS = ("tool-input-error", "tool-output-available", "tool-output-error", "tool-output-denied")
# After these it is the server's, which runs it once it is approved.
SERVERS = (*ANSWERS, "tool-approval-request")
# What parts say: an Other of such a name is written only where it is listed with them.
SAID = frozenset((*BLOCKS, *CALLS, "start", "finish", "error"))
# Of the events that parts say, the members that these say; the others come in an Other, and go into the next of them.
OWN = frozenset(
    ("type", "id", "delta", "toolCallId", "toolName", "inputTextDelta", "input", "inputEncoding", "providerExecuted")
)
# The types besides that some version knows, and data-*: of one that it does not its client reads nothing more.
OTHERS = frozenset(
    (
        *SERVERS,
        "tool-approval-response",
        "source-url",
        "source-document",
        "file",
        "reasoning-file",
        "custom",
        "steering-message",
        "start-step",
        "finish-step",
        "reset-step",
        "message-metadata",
        "abort",
    )
)
# The counts of a Usage, in its order, and the SDK's.
COUNTS = {
    "input_tokens": "inputTokens",
    "output_tokens": "outputTokens",
    "total_tokens": "totalTokens",
    "cache_read_tokens": "cachedInputTokens",
    "cache_write_tokens": "cacheWriteTokens",
    "reasoning_tokens": "reasoningTokens",
}
MAX_INPUT = 32 * 1024  # characters of arguments that are kept, to be compared with the input they should spell


def more_of(payload: dict[str, Any]) -> dict[str, Any]:
    """The members of an event that no part says."""
    return {name: value for name, value in payload.items() if name not in OWN and value is not None}


def spells(text: str, input: Any, is_json: bool) -> bool:
    """Whether the fragments of a call say its input. Its server's numbers are floats."""
    if not is_json and text == input:
        return True
    try:
        return bool(json.loads(text, parse_int=float) == json.loads(dumps(input), parse_int=float))
    except (ValueError, RecursionError):
        return False


def spellings(input: Any, is_json: bool) -> Iterator[str]:
    """The ways in which models and servers write an input."""
    if not is_json and type(input) is str:
        yield input
    for separators in ((",", ":"), (", ", ": ")):
        for ensure_ascii in (False, True):
            try:
                yield json.dumps(input, ensure_ascii=ensure_ascii, separators=separators, allow_nan=False)
            except (ValueError, RecursionError):
                return


def read_input(text: str) -> Any:
    """The input that fragments spell, of which none, or blank ones, are {}; ValueError or RecursionError if they spell
    no JSON."""
    return json.loads(text if text.strip() else "{}", parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
