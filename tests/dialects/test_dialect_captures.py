"""Recorded streams say what was written down for them, whole and cut, and say it again re-encoded."""

import hashlib
from collections.abc import Iterable
from copy import copy
from typing import Any

import captures
import pytest
from reading import gather, pieces, random_pieces, read, value_of, write
from tries import tries

from sse_core.dialects import BlockEnd, Finish, Part, ReasoningDelta, Start, TextDelta, Usage, get, names

CAPTURES = [row for row in captures.expected() if captures.name_of(row) in names()]
SMALL = tries(100_000)  # bytes: up to here byte by byte, above only in random pieces

BY_HAND = "(set by hand: an error is in the stream)"
# Dialects whose blocks EXPECTED.jsonl names by choice; the others' keys are our blocks.
BY_CHOICE = ("aitunnel", "gemini", "lawbot", "openai-chat", "openai-completions")

# Options of the dialect, to write what a file of it holds.
OPTIONS = {"coze__workflow_run_stream_resp.sse": {"workflow": True}}

# Payloads that are no JSON, how many, and how the stream then ends: here they are its first event and its last, or
# there are none, and the stream is an excerpt.
BROKEN = {
    "coze__chat_invalid_resp.sse": (0, "coze: the stream ended before its event done"),
    "openai__vercel-parallel-tool-call-wrapper.1.sse": (
        2,
        "openai-responses: the stream ended before response.completed",
    ),
}
# Finish reasons that are no word of their dialect: written as its nearest.
NO_WORDS = ("FAKE_ENUM",)


def digest(texts: dict[str, str]) -> dict[str, list[Any]]:
    return {key: [len(text), hashlib.sha256(text.encode()).hexdigest()[:16]] for key, text in texts.items() if text}


def said(row: dict[str, Any]) -> dict[str, Any]:
    """The fields of a row that say what is in the stream, in the form of `found`."""
    return {
        "text": row["text"],
        "reasoning": row["reasoning"],
        "tools": {key: {**call, "args": value_of(call["args"])} for key, call in row["tools"].items()},
        "finish": {key: reason for key, reason in row["finish"].items() if reason},
        "usage": None if row["usage"] == [None, None] else row["usage"],
        "error": row["error"] and row["error"]["message"],
        "id": row["id"],
        "model": row["model"],
    }


def found(parts: list[Part], by_choice: bool) -> dict[str, Any]:
    """The same of our parts."""
    texts: dict[str, dict[str, str]] = {"text": {}, "reasoning": {}}
    for part in parts:
        if isinstance(part, Start):  # a second one replaces the first
            texts = {"text": {}, "reasoning": {}}
        elif isinstance(part, (TextDelta, ReasoningDelta)):
            key = str(part.choice if by_choice else part.block)
            texts[part.kind][key] = texts[part.kind].get(key, "") + part.text
    message = gather(parts)
    return {
        "text": digest(texts["text"]),
        "reasoning": digest(texts["reasoning"]),
        "tools": {
            f"{index}/{call.block}" if by_choice else str(call.block): {
                "id": call.id,
                "name": call.name,
                "args": value_of(call.arguments),
            }
            for index, choice in message.choices.items()
            for call in choice.tool_calls
        },
        "finish": {str(index): choice.raw_reason for index, choice in message.choices.items() if choice.raw_reason},
        "usage": message.usage and [message.usage.input_tokens, message.usage.output_tokens],
        "error": message.error and message.error.message,
        "id": message.id,
        "model": message.model,
    }


def kept(name: str, parts: list[Part]) -> list[Part]:
    """What the same dialect in and out keeps: usage but the last, and at the end; not by what the end was told."""
    usage = [part for part in parts if isinstance(part, Usage)][-1:]
    # What could not be read cannot be written.
    parts = [part for part in parts if part.kind not in ("usage", "done", "invalid")] + usage
    if name == "openai-responses":
        # Output indexes count up from 0 without gaps, so other numbers for the same blocks; and clients insist on
        # a number for each count.
        return [_with_counts(part) if isinstance(part, Usage) else part for part in _renumbered(parts)]
    if name == "gemini":
        # Each content has its role: a Start of nothing else says nothing.
        return [part for part in parts if not isinstance(part, Start) or part.id or part.model]
    return parts


def _renumbered(parts: list[Part]) -> list[Part]:
    """With blocks numbered in the order in which they begin."""
    numbers: dict[Any, int] = {}
    result = []
    for part in parts:
        block = getattr(part, "block", None)
        if block is not None:
            part = copy(part)
            part.block = numbers.setdefault(block, len(numbers))
        result.append(part)
    return result


def _with_counts(usage: Usage) -> Usage:
    counts = [getattr(usage, name) or 0 for name in Usage.__match_args__]
    return Usage(*counts)


def without_what_was_added(name: str, again: list[Part], before: list[Part]) -> Iterable[Part]:
    """The parts of `again` but for what an encoder may add: a beginning, an end, the end of a block never closed."""
    kinds = {part.kind for part in before}
    for part in again:
        if part.kind in ("start", "finish") and part.kind not in kinds:
            continue
        if name == "anthropic-messages" and isinstance(part, BlockEnd) and part not in before:
            continue
        yield part


@pytest.mark.skipif(CAPTURES == [], reason=captures.WHY_NOT)
@pytest.mark.parametrize("row", CAPTURES, ids=lambda row: row["file"])
class TestCapture:
    def test_it_says_what_was_written_down_for_it(self, row: dict[str, Any]) -> None:
        stream = (captures.FOLDER / row["file"]).read_bytes()
        name = captures.name_of(row)
        parts, problem = read(name, stream)
        invalid = [part for part in parts if part.kind == "invalid"]
        assert (len(invalid), problem) == BROKEN.get(row["file"].partition("/")[2], (0, None))
        if row["rebuilt_fields_valid"]:
            ours = found(parts, name in BY_CHOICE)
            for field, theirs in said(row).items():
                if theirs == BY_HAND:
                    assert ours[field]
                    continue
                assert ours[field] == theirs, field

    def test_cuts_do_not_matter(self, row: dict[str, Any]) -> None:
        stream = (captures.FOLDER / row["file"]).read_bytes()
        name = captures.name_of(row)
        result = read(name, stream)
        ways = [random_pieces(stream, row["file"]), random_pieces(stream, len(stream))]
        for chunks in [pieces(stream), *ways] if len(stream) <= SMALL else ways:
            assert read(name, *chunks) == result

    def test_encoded_again_it_says_the_same(self, row: dict[str, Any]) -> None:
        stream = (captures.FOLDER / row["file"]).read_bytes()
        name = captures.name_of(row)
        dialect = get(name, **OPTIONS.get(row["file"].partition("/")[2], {}))
        parts = kept(name, read(dialect, stream)[0])
        again = kept(name, read(dialect, write(dialect, parts))[0])
        for before, after in zip(parts, without_what_was_added(name, again, parts), strict=True):
            if isinstance(before, Finish) and (before.raw_reason is None or before.raw_reason in NO_WORDS):
                assert isinstance(after, Finish)
                assert (after.reason, after.choice) == (before.reason, before.choice)
            else:
                assert after == before
