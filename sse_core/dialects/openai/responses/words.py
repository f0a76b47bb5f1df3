# SPDX-License-Identifier: MIT
"""What openai-responses calls its events, items and contents."""

from __future__ import annotations

from ...base import count_or_none, dicts_of, given, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._parts import Usage

TEXT = "response.output_text"
REFUSAL = "response.refusal"
SUMMARY = "response.reasoning_summary_text"
REASONING = "response.reasoning_text"
ARGUMENTS = "response.function_call_arguments"
INPUT = "response.custom_tool_call_input"
ADDED = "response.output_item.added"
DONE = "response.output_item.done"
ANNOTATION = "response.output_text.annotation.added"
CREATED = "response.created"

# By what its `.delta` and `.done` begin with, a content's kind, the member that holds its index in the item, the
# prefix of that index in the block, and the member that holds it whole.
CONTENTS = {
    TEXT: ("text", "content_index", "", "text"),
    REFUSAL: ("text", "content_index", "", "refusal"),
    SUMMARY: ("reasoning", "summary_index", "s", "text"),
    REASONING: ("reasoning", "content_index", "t", "text"),
    ARGUMENTS: ("tool_call", "", "", "arguments"),
    INPUT: ("tool_call", "", "", "input"),
}
# By their `type`: the contents of items; the items that are calls; and all items that are not Others.
PARTS = {"output_text": TEXT, "refusal": REFUSAL, "summary_text": SUMMARY, "reasoning_text": REASONING}
CALLS = {"function_call": ARGUMENTS, "custom_tool_call": INPUT}
TYPES = {stem: name for name, stem in (*PARTS.items(), *CALLS.items())}
ITEMS = frozenset(("message", "reasoning", *CALLS))

EARLY = ("response.queued", "response.in_progress")
# What says nothing that another event does not.
SILENT = frozenset(
    (
        *EARLY,
        "response.content_part.added",
        "response.reasoning_part.added",  # Bedrock Mantle, where OpenAI says content_part
        "response.reasoning_summary_part.added",
    )
)
PARTS_DONE = ("response.content_part.done", "response.reasoning_part.done", "response.reasoning_summary_part.done")
LAST = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")
# What the reader gives parts for: never an Other's to say.
_RESERVED = {CREATED, "error", *SILENT, *PARTS_DONE, *LAST}
_RESERVED |= {f"{stem}.{end}" for stem in CONTENTS for end in ("delta", "done")}


def texts_of(item: dict[str, Any]) -> list[tuple[str, int, str]]:
    """What an item holds whole of text and reasoning: the content's stem, its index and its text."""
    found = []
    for name in ("summary", "content"):
        for at, content in enumerate(dicts_of(item.get(name))):
            stem = PARTS.get(text_of(content.get("type")))
            text = "" if stem is None else text_of(content.get(CONTENTS[stem][3]))
            if stem is not None and text:
                found.append((stem, at, text))
    return found


def is_other(name: str, data: Any) -> bool:
    """Whether the reader has no part for an event: of items, a hosted tool's, and a whole one with nothing in it."""
    if name not in (ADDED, DONE):
        return name not in _RESERVED
    item = data.get("item") if type(data) is dict else None
    if type(item) is not dict:
        return False
    kind = text_of(item.get("type"))
    empty = name == DONE and kind not in CALLS and not (texts_of(item) or item.get("encrypted_content"))
    return empty or kind not in ITEMS


def write_usage(usage: Usage) -> dict[str, Any]:
    """All counts there: clients insist on numbers."""
    counts = [count_or_none(getattr(usage, name)) for name in usage.__match_args__[:-1]]
    input, output, total, cached, written, reasoning = counts
    members: dict[str, Any] = {"input_tokens": input or 0}
    members["input_tokens_details"] = {"cached_tokens": cached or 0, **given(cache_write_tokens=written)}
    members |= {"output_tokens": output or 0, "output_tokens_details": {"reasoning_tokens": reasoning or 0}}
    return {**members, "total_tokens": (input or 0) + (output or 0) if total is None else total}
