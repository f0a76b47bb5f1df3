# SPDX-License-Identifier: MIT
"""Gemini's words for reasons and members, and its counts: what its readers and writers share."""

from __future__ import annotations

from ..base import count_or_none

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._parts import FinishReason, Usage

REASONS: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        (
            *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "ESCALATION"),
            *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
        ),
        "content_filter",
    ),
    **dict.fromkeys(
        (
            *("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"),
            *("MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE"),
        ),
        "error",
    ),
    **dict.fromkeys(("OTHER", "LANGUAGE", "IMAGE_OTHER", "NO_IMAGE", "CONTINUATION", "PUP_LIMITED_DISABLED"), "other"),
}

# Members of a candidate that are Others.
METADATA = ("citationMetadata", "groundingMetadata", "urlContextMetadata")
# Members of a response: a payload with none of them, and no error, is an Other.
KNOWN = frozenset(("candidates", "usageMetadata", "promptFeedback", "modelVersion", "responseId"))


def write_usage(usage: Usage, names: tuple[str, ...]) -> dict[str, int]:
    """The counts by `names`: of input, of output but reasoning, of all, from a cache, of reasoning.

    Gateways that count more reasoning than output are cut to the output.
    """
    input, output = count_or_none(usage.input_tokens), count_or_none(usage.output_tokens)
    total, reasoning = count_or_none(usage.total_tokens), count_or_none(usage.reasoning_tokens)
    if total is None and input is not None and output is not None:
        total = count_or_none(input + output)
    if reasoning is not None and output is not None:
        reasoning = min(reasoning, output)
        output -= reasoning
    counts = (input, output, total, count_or_none(usage.cache_read_tokens), reasoning)
    return {name: count for name, count in zip(names, counts, strict=True) if count is not None}
