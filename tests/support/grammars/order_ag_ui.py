# SPDX-License-Identifier: MIT
"""Whether events are a stream that AG-UI's client takes without an error or a warning."""

from __future__ import annotations

import json
from typing import Any

from sse_core import Event

_IDS = {
    "TEXT_MESSAGE": "messageId",
    "REASONING_MESSAGE": "messageId",
    "REASONING": "messageId",
    "TOOL_CALL": "toolCallId",
}
_MORE = {
    "TEXT_MESSAGE_CONTENT": "TEXT_MESSAGE",
    "REASONING_MESSAGE_CONTENT": "REASONING_MESSAGE",
    "TOOL_CALL_ARGS": "TOOL_CALL",
}


def check(events: list[Event]) -> None:
    """AssertionError if the order, or a payload, is not the protocol's; a run that is broken off is none of its."""
    state = "new"
    blocks = _Blocks()
    for event in events:
        payload = json.loads(event.data)
        type_ = payload["type"]
        assert event.type == "message"
        assert None not in payload.values()
        if type_ == "RUN_STARTED":
            assert state != "running"
            state, blocks = "running", _Blocks(blocks.messages, blocks.calls)
            assert isinstance(payload["threadId"], str)
            assert isinstance(payload["runId"], str)
        elif type_ == "RUN_ERROR":
            assert state != "failed"
            state = "failed"
            assert isinstance(payload["message"], str)
            assert isinstance(payload.get("code", ""), str)
        else:
            assert state == "running"
            if type_ == "RUN_FINISHED":
                assert not blocks.open
                assert not blocks.steps
                state = "finished"
            else:
                blocks.add(type_, payload)
    assert state in ("finished", "failed")


class _Blocks:
    """What is open in a run; the messages and calls of all runs."""

    def __init__(self, messages: dict[str, str] | None = None, calls: dict[str, str] | None = None) -> None:
        self.open: set[tuple[str, str]] = set()
        self.steps: set[str] = set()
        # Each message's kind; each call's arguments.
        self.messages = messages or {}
        self.calls = calls or {}
        self.first: str | None = None

    def add(self, type_: str, payload: dict[str, Any]) -> None:
        noun, _, verb = type_.rpartition("_")
        if type_ in ("STEP_STARTED", "STEP_FINISHED"):
            (self.steps.add if verb == "STARTED" else self.steps.remove)(payload["stepName"])
        elif type_ in _MORE:
            noun = _MORE[type_]
            id = payload[_IDS[noun]]
            assert (noun, id) in self.open
            assert payload["delta"]
            if noun == "TOOL_CALL":
                self.calls[id] += payload["delta"]
        elif noun in _IDS and verb == "START":
            self._begin(noun, payload[_IDS[noun]], payload)
        elif noun in _IDS and verb == "END":
            id = payload[_IDS[noun]]
            self.open.remove((noun, id))
            if noun == "TOOL_CALL":
                json.loads(self.calls[id])
            if noun == "REASONING":
                assert ("REASONING_MESSAGE", id) not in self.open
        elif type_ == "TOOL_CALL_RESULT":
            self.first = None
        elif type_ == "REASONING_ENCRYPTED_VALUE" and payload["subtype"] == "message":
            assert self.messages[payload["entityId"]] == "REASONING_MESSAGE"

    def _begin(self, noun: str, id: str, payload: dict[str, Any]) -> None:
        assert (noun, id) not in self.open
        self.open.add((noun, id))
        if noun == "TOOL_CALL":
            assert id not in self.calls
            assert isinstance(payload["toolCallName"], str)
            self.calls[id] = ""
            assert "parentMessageId" in payload or self.first is None, "a message for each of parallel calls"
            self.first = self.first or id
        elif noun != "REASONING":
            assert id not in self.messages, "the text would go into an older message"
            self.messages[id] = noun
            if noun == "REASONING_MESSAGE":
                assert payload["role"] == "reasoning"
                assert ("REASONING", id) in self.open
            else:
                assert isinstance(payload["role"], str)
