# SPDX-License-Identifier: MIT
"""Whether events are a stream that the Anthropic Messages document allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sse_core import Event

_DELTAS = {
    "text": {"text_delta", "citations_delta"},
    "thinking": {"thinking_delta", "signature_delta"},
    "redacted_thinking": set(),
    "tool_use": {"input_json_delta"},
    "server_tool_use": {"input_json_delta"},
    "mcp_tool_use": {"input_json_delta"},
    "compaction": {"compaction_delta"},
}
_STOP_REASONS = {
    "end_turn",
    "stop_sequence",
    "max_tokens",
    "model_context_window_exceeded",
    "tool_use",
    "refusal",
    "pause_turn",
    "compaction",
}


def check(events: list[Event], restarts: int = 0) -> None:
    """AssertionError if the order, or a payload, is not the dialect's.

    `restarts`: how often a message_start may replace the message before it. A call's input need not be whole
    where the answer was cut.
    """
    payloads = [json.loads(event.data) for event in events]
    assert [event.type for event in events] == [payload["type"] or "message" for payload in payloads]
    payloads = [payload for payload in payloads if payload["type"] in _KNOWN]
    errors = [number for number, payload in enumerate(payloads) if payload["type"] == "error"]
    if errors:
        assert errors == [len(payloads) - 1], "an error is the end"
        error = payloads.pop()["error"]
        assert isinstance(error["type"], str)
        assert isinstance(error["message"], str)
        if not payloads:
            return
    starts = [number for number, payload in enumerate(payloads) if payload["type"] == "message_start"]
    assert starts[0] == 0, "message_start is the first"
    assert len(starts) <= 1 + restarts, "message_start comes once"
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        _check_message(payloads[start:end], cut=bool(errors) or end is not None)


def _check_message(payloads: list[dict[str, Any]], cut: bool) -> None:
    message = payloads[0]["message"]
    assert (message["type"], message["role"], message["content"]) == ("message", "assistant", [])
    assert message["stop_reason"] is None
    assert isinstance(message["id"], str)
    assert isinstance(message["model"], str)
    _check_usage(message["usage"], ("input_tokens", "output_tokens"))
    if not cut:
        *payloads, last, stop = payloads
        assert stop == {"type": "message_stop"}
        assert last["type"] == "message_delta", "message_delta comes before message_stop"
        assert last["delta"]["stop_reason"] in _STOP_REASONS
        assert "stop_sequence" in last["delta"]
        _check_usage(last["usage"], ("output_tokens",))
        whole = last["delta"]["stop_reason"] in ("end_turn", "tool_use", "stop_sequence")
    else:
        whole = False
    open_kind: str | None = None
    index = 0
    fragments: list[str] = []
    for payload in payloads[1:]:
        kind = payload["type"]
        if kind == "content_block_start":
            # An error completes no call, and the text that was behind it comes before the error.
            assert open_kind is None or (cut and open_kind.endswith("tool_use")), "blocks never overlap"
            index += open_kind is not None
            block = payload["content_block"]
            open_kind, fragments = block["type"], []
            if open_kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
                assert block["input"] == {}
                assert isinstance(block["name"], str)
                assert block["id"]
        elif kind == "content_block_delta":
            assert open_kind is not None, "a delta belongs to an open block"
            delta = payload["delta"]
            homes = {kind for kind, deltas in _DELTAS.items() if delta["type"] in deltas}
            assert not homes or open_kind in homes or open_kind not in _DELTAS, (
                f"a delta fits its block: {delta['type']} in {open_kind}"
            )
            fragments.append(delta.get("partial_json", ""))
        else:
            assert kind == "content_block_stop", "nothing else stands between message_start and message_delta"
            text = "".join(fragments)
            if text.strip() and whole:
                assert type(json.loads(text, parse_int=str)) is dict, "the input of a call is an object"
            open_kind = None
        assert payload["index"] == index, "indexes count up from 0"
        index += kind == "content_block_stop"
    assert cut or open_kind is None, "each block is closed"


def _check_usage(usage: dict[str, Any], needed: tuple[str, ...]) -> None:
    assert usage.keys() >= set(needed)
    counts = [usage[name] for name in usage if name.endswith("tokens")]
    assert all(type(count) is int and count >= 0 for count in counts)


_KNOWN = {
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "error",
}
