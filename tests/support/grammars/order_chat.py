# SPDX-License-Identifier: MIT
"""Whether events are a stream of Chat Completions as OpenAI sends it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sse_core import Event

_CHUNK = {"id", "object", "created", "model", "choices"}
_DELTA = {"role", "content", "refusal", "reasoning_content", "reasoning_details", "tool_calls"}
_FINISHES = {"stop", "length", "tool_calls", "content_filter", "error"}


def check(events: list[Event]) -> None:
    """AssertionError if the order, or a payload, is not the dialect's; each choice ends once, then comes usage."""
    assert all(event.type == "message" for event in events), "events have no name"
    ended_well = events[-1].data == "[DONE]"
    payloads: list[dict[str, Any]] = [json.loads(event.data) for event in events[: len(events) - ended_well]]
    errors = [payload["error"] for payload in payloads if "error" in payload]
    assert ended_well != bool(errors), "[DONE] follows what did not fail, and only that"
    assert len(errors) <= 1, "an error comes once"
    if errors:
        assert isinstance(errors[0]["message"], str)
        payloads = payloads[: payloads.index({"error": errors[0]})]
    heads = {(payload["id"], payload["object"], payload["created"], payload["model"]) for payload in payloads}
    assert len(heads) <= 1, "all chunks have one id, time and model"
    for id, what, created, model in heads:
        assert (type(id), what, type(created), type(model)) == (str, "chat.completion.chunk", int, str)
    if payloads and "usage" in payloads[-1]:
        last = payloads.pop()
        assert last.keys() == {*_CHUNK, "usage"}
        assert last["choices"] == [], "usage comes last, with no choice"
        for name in ("prompt_tokens", "completion_tokens", "total_tokens"):
            assert type(last["usage"].get(name, 0)) is int
    choices: dict[int, _Choice] = {}
    for payload in payloads:
        assert payload.keys() == _CHUNK
        (choice,) = payload["choices"]
        choices.setdefault(choice["index"], _Choice()).take(choice)
    assert errors or choices, "something is said"
    assert errors or all(choice.finished for choice in choices.values()), "each choice ends"


class _Choice:
    def __init__(self) -> None:
        self.begun = False
        self.finished = False
        self.calls: list[dict[str, Any]] = []

    def take(self, choice: dict[str, Any]) -> None:
        """One chunk's choice."""
        assert choice.keys() == {"index", "delta", "finish_reason"}
        assert not self.finished, "a choice says nothing after its finish_reason"
        delta = choice["delta"]
        assert delta.keys() <= _DELTA
        assert not ("role" in delta and self.begun), "role comes with the first chunk"
        self.begun = True
        for name in ("role", "content", "refusal", "reasoning_content"):
            assert type(delta.get(name, "")) is str
        for call in delta.get("tool_calls", ()):
            if call["index"] == len(self.calls):
                assert type(call["id"]) is str
                assert call["type"] in ("function", "custom")
                self.calls.append(call)
            known = self.calls[call["index"]]
            assert call.get("id", known["id"]) == known["id"], "a call has one id"
            function = call[known["type"]]
            assert type(function["input" if known["type"] == "custom" else "arguments"]) is str
        reason = choice["finish_reason"]
        if reason is not None:
            assert reason in _FINISHES
            assert delta == {}
            self.finished = True
