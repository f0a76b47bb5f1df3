# SPDX-License-Identifier: MIT
"""Whether events are a stream as Gemini's streamGenerateContent sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sse_core import Event

_RESPONSE = {"candidates", "usageMetadata", "promptFeedback", "modelVersion", "responseId"}
_COUNTS = {
    "promptTokenCount",
    "candidatesTokenCount",
    "totalTokenCount",
    "cachedContentTokenCount",
    "thoughtsTokenCount",
}


def check(events: list[Event]) -> None:
    """AssertionError if the order, or a payload, is not the dialect's; each candidate ends once, in the last event."""
    payloads: list[dict[str, Any]] = [event.json() for event in events]
    assert payloads
    errors = [number for number, payload in enumerate(payloads) if "error" in payload]
    if errors:
        assert errors == [len(payloads) - 1], "an error is the end"
        error = payloads.pop()["error"]
        assert (type(error["code"]), type(error["message"]), type(error["status"])) == (int, str, str)
    ended: set[int] = set()
    seen: set[int] = set()
    heads = set()
    for number, (event, payload) in enumerate(zip(events, payloads, strict=False)):
        last = number == len(payloads) - 1
        ends = last and not errors
        assert event.type == "message", "events have no name"
        assert payload.keys() <= _RESPONSE
        if errors and last and "usageMetadata" in payload:
            assert not payload.keys() & {"candidates", "promptFeedback"}, "an error comes after the usage"
        else:
            assert ("candidates" in payload) != ("promptFeedback" in payload)
        heads.add((payload.get("responseId"), payload.get("modelVersion")))
        if "promptFeedback" in payload:
            assert ends, "blockReason is in the last event"
            assert payload["promptFeedback"]["blockReason"].isupper()
            ended = set(seen)
        for candidate in payload.get("candidates", ()):
            index = candidate["index"]
            seen.add(index)
            _check_content(candidate["content"])
            if "finishReason" in candidate:
                assert ends, "finishReason is in the last event"
                assert candidate["finishReason"].isupper()
                assert index not in ended, "a candidate ends once"
                ended.add(index)
        if "usageMetadata" in payload:
            assert last, "usageMetadata is in the last event"
            assert payload["usageMetadata"].keys() <= _COUNTS
            assert all(type(count) is int and count >= 0 for count in payload["usageMetadata"].values())
    assert len(heads) <= 1, "one response has one id and model"
    assert errors or seen == ended, "each candidate ends"


def _check_content(content: dict[str, Any]) -> None:
    assert content["role"] == "model"
    (part,) = content["parts"]
    assert part, "clients keep no history of an empty part"
    if "functionCall" in part:
        call = part["functionCall"]
        assert call.keys() <= {"id", "name", "args"}
        assert type(call["name"]) is str
        assert type(call["args"]) is dict
        assert part.keys() <= {"functionCall", "thoughtSignature"}
    if "text" in part:
        assert part.keys() <= {"text", "thought", "thoughtSignature"}
        assert type(part["text"]) is str
