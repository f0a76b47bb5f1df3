# SPDX-License-Identifier: MIT
"""The order of a Responses stream, by its own rules: numbers, nesting, and that everything repeated says the same."""

from __future__ import annotations

import json
from typing import Any

from sse_core import Event

# What begins a `.delta` and a `.done`: the member of `.done` that repeats the deltas.
CONTENTS = {
    "response.output_text": "text",
    "response.refusal": "refusal",
    "response.reasoning_summary_text": "text",
    "response.reasoning_text": "text",
    "response.function_call_arguments": "arguments",
    "response.custom_tool_call_input": "input",
}
PARTS = ("response.content_part", "response.reasoning_part", "response.reasoning_summary_part")
TERMINALS = ("response.completed", "response.incomplete", "response.failed", "response.cancelled")


def check(events: list[Event]) -> None:
    """Raise AssertionError unless `events` are a whole and valid Responses stream."""
    payloads = [json.loads(event.data) for event in events]
    types = [payload["type"] for payload in payloads]
    assert [event.type for event in events] == types
    assert [payload["sequence_number"] for payload in payloads] == list(range(len(payloads)))
    assert types[:2] == ["response.created", "response.in_progress"]
    assert types[-1] in TERMINALS
    assert not [kind for kind in types[:-1] if kind in TERMINALS]
    assert ("error" in types) <= (types[-1] == "response.failed")
    id = payloads[0]["response"]["id"]
    items: dict[int, _Item] = {}
    first = 0
    for payload in payloads:
        kind = payload["type"]
        if "response" in payload:
            assert payload["response"]["id"] == id
            status = "in_progress" if kind == "response.created" else kind.partition(".")[2]
            assert payload["response"]["status"] == status
        if kind == "response.created":  # the first; or the response begins again, and its output with it
            assert not [index for index, item in items.items() if item.item is None and not item.is_call]
            assert payload["response"]["output"] == []
            first = len(items)
        elif kind == "response.output_item.added":
            assert payload["output_index"] == len(items)
            items[len(items)] = _Item(payload["item"])
        elif type(payload.get("output_index")) is int:
            items[payload["output_index"]].take(kind, payload)
    response = payloads[-1]["response"]
    written = [items[index] for index in range(first, len(items))]
    undone = [item for item in written if item.item is None]
    # A call that was under way when the response failed is never done, and no one sees it as whole.
    assert not undone or (types[-1] == "response.failed" and [item.is_call for item in undone] == [True])
    assert response["output"] == [item.item for item in written if item.item is not None]
    assert (response["incomplete_details"] is None) or types[-1] == "response.incomplete"
    assert (response["error"] is not None) == (types[-1] == "response.failed")
    usage = response["usage"]
    if usage is not None:
        counts = [usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]]
        counts += [usage["input_tokens_details"]["cached_tokens"], usage["output_tokens_details"]["reasoning_tokens"]]
        assert {type(count) for count in counts} == {int}


class _Item:
    def __init__(self, added: dict[str, Any]) -> None:
        self.added = added
        self.is_call = added["type"] in ("function_call", "custom_tool_call")
        self.item: dict[str, Any] | None = None
        self.part: dict[str, Any] | None = None
        self.where: tuple[Any, ...] | None = None
        self.text: str | None = None
        self.parts: dict[str, list[dict[str, Any]]] = {"summary_index": [], "content_index": []}
        self.whole: str | None = None

    def take(self, kind: str, payload: dict[str, Any]) -> None:
        """One event about the item."""
        assert self.item is None, "the item is done"
        stem, _, end = kind.rpartition(".")
        if kind == "response.output_item.done":
            self.done(payload["item"])
        elif stem in PARTS and end == "added":
            assert self.part is None
            assert payload["item_id"] == self.added["id"]
            self.in_place(payload)
            self.part = payload["part"]
            self.text = ""
            self.whole = None
        elif stem in PARTS and end == "done":
            assert self.part is not None
            assert payload["part"]["type"] == self.part["type"]
            assert _text(payload["part"]) == self.whole
            self.in_place(payload).append(payload["part"])
            self.part = self.text = None
        elif stem in CONTENTS:
            self.content(stem, end, payload)

    def content(self, stem: str, end: str, payload: dict[str, Any]) -> None:
        assert payload["item_id"] == self.added["id"]
        if "call" in stem:
            assert self.added["type"] == "custom_tool_call" if "custom" in stem else "function_call"
            self.text = self.text or ""
        else:
            assert self.part is not None
            self.in_place(payload)
        assert self.whole is None
        assert self.text is not None
        if end == "delta":
            self.text += payload["delta"]
        else:
            self.whole = payload[CONTENTS[stem]]
            assert self.whole == self.text

    def in_place(self, payload: dict[str, Any]) -> list[dict[str, Any]]:
        """The parts so far of the list that `payload` is about, whose end its index is."""
        (name,) = payload.keys() & self.parts.keys()
        assert payload[name] == len(self.parts[name])
        return self.parts[name]

    def done(self, item: dict[str, Any]) -> None:
        assert self.part is None
        assert item["id"] == self.added["id"]
        assert item["type"] == self.added["type"]
        if item["type"] in ("function_call", "custom_tool_call"):
            assert item["call_id"] == self.added["call_id"]
            assert self.added["name"] in ("", item["name"])
            assert item["input" if item["type"] == "custom_tool_call" else "arguments"] == self.whole
        elif item["type"] == "message":
            assert item["content"] == self.parts["content_index"]
        elif item["type"] == "reasoning":
            assert item["summary"] == self.parts["summary_index"]
            assert item.get("content", []) == self.parts["content_index"]
        self.item = item


def _text(part: dict[str, Any]) -> Any:
    return part["refusal"] if part["type"] == "refusal" else part["text"]
