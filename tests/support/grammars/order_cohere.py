# SPDX-License-Identifier: MIT
"""Whether events are a stream that Cohere's v2 chat would send."""

from __future__ import annotations

import json
from typing import Any

from sse_core import Event

_FINISHES = {"COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "ERROR", "TIMEOUT"}
_MESSAGE = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}


def check(events: list[Event], restarts: int = 0) -> None:
    """AssertionError if the order, or a payload, is not the dialect's.

    `restarts`: how often a message-start may replace the message before it. A call's arguments need not be
    whole where the answer failed or was cut short; beside an error a call may be left open.
    """
    ended_well = events[-1] == Event("[DONE]")
    if ended_well:
        events = events[:-1]
    payloads = [json.loads(event.data) for event in events]
    assert [event.type for event in events] == [payload["type"] for payload in payloads]
    types = [payload["type"] for payload in payloads]
    assert types[0] == "message-start"
    assert 1 <= types.count("message-start") <= 1 + restarts
    assert types.count("message-end") == 1
    assert payloads[-1]["type"] == "message-end"
    _check_blocks(payloads)
    end = payloads[-1]["delta"]
    assert end["finish_reason"] in _FINISHES
    assert isinstance(end["usage"], dict)
    for count in end["usage"].get("tokens", {}).values():
        assert type(count) is int
    if "error" in end:
        assert end["finish_reason"] in ("ERROR", "TIMEOUT")
        assert isinstance(end["error"], str)
    assert ended_well != ("error" in end), "[DONE] follows what did not fail, and only that"


def _check_blocks(payloads: list[dict[str, Any]]) -> None:
    opened: tuple[str, int, str] | None = None
    following = {"content": 0, "tool-call": 0}
    arguments = ""
    whole: list[str] = []  # of the message that counts: a replaced one may have been cut
    failed = "error" in payloads[-1]["delta"]
    for payload in payloads:
        type_ = payload["type"]
        noun, _, verb = type_.rpartition("-")
        if failed and opened is not None and opened[0] == "tool-call" and type_ in ("content-start", "message-end"):
            opened = None
        if type_ == "message-start":
            assert isinstance(payload["id"], str)
            assert payload["delta"]["message"] == _MESSAGE
            following = {"content": 0, "tool-call": 0}
            whole.clear()
        if type_ in ("message-start", "message-end"):
            assert opened is None
        elif type_ == "tool-plan-delta":
            assert opened is None
            assert isinstance(payload["delta"]["message"]["tool_plan"], str)
        elif noun in following and verb == "start":
            assert opened is None
            assert payload["index"] == following[noun]
            following[noun] += 1
            opened = (noun, payload["index"], _check_start(noun, payload["delta"]["message"]))
            arguments = ""
        elif noun in following and verb == "delta":
            assert opened is not None
            assert opened[:2] == (noun, payload["index"])
            if noun == "content":
                content = payload["delta"]["message"]["content"]
                assert list(content) == [opened[2]]
                assert isinstance(content[opened[2]], str)
            else:
                arguments += payload["delta"]["message"]["tool_calls"]["function"]["arguments"]
        elif noun in following:
            assert verb == "end"
            assert opened is not None
            assert opened[:2] == (noun, payload["index"])
            assert "delta" not in payload
            opened = None
            if noun == "tool-call":
                whole.append(arguments)
    if payloads[-1]["delta"]["finish_reason"] not in ("ERROR", "TIMEOUT", "MAX_TOKENS"):
        for arguments in whole:
            json.loads(arguments or "{}")


def _check_start(noun: str, message: dict[str, Any]) -> str:
    if noun == "content":
        content = message["content"]
        kind: str = content["type"]
        assert kind in ("text", "thinking")
        assert content == {"type": kind, kind: ""}
        return kind
    call = message["tool_calls"]
    assert call["id"]
    assert isinstance(call["id"], str)
    assert call["type"] == "function"
    assert isinstance(call["function"]["name"], str)
    assert call["function"]["arguments"] == ""
    return "function"
