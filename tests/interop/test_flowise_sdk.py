"""Flowise's own SDK reads our flowise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from interop import SCENARIOS
from loopback import serve_all
from reading import gather

from sse_core import EncodeError
from sse_core.dialects import Error, Finish, Other, Part, PartEncoder, ReasoningDelta, Start, TextDelta, Usage

flowise = pytest.importorskip("flowise", reason="flowise is not installed: tests/interop/requirements.txt")


def read(*parts: Part) -> list[dict[str, Any]]:
    encoder = PartEncoder("flowise")
    body = b"".join([encoder.send(part) for part in parts]) + encoder.close()

    def answer(path: str, _: bytes) -> tuple[bytes, Mapping[str, str]]:
        return (b'{"isStreaming":true}', {}) if "streaming" in path else (body, encoder.headers)

    with serve_all(answer) as url:
        asked = flowise.PredictionData(chatflowId="flow", question="?", streaming=True)
        return [json.loads(data) for data in flowise.Flowise(url).create_prediction(asked)]


def test_its_events_are_ours() -> None:
    tools = [{"tool": "f", "toolInput": {"data:": "data: 1"}, "toolOutput": "\u2028\x85"}]
    found = read(
        Start("m"),
        ReasoningDelta("Hm"),
        TextDelta("Hé data: \u2028\n世界 \U0001f600\r"),
        Other("usedTools", tools, "flowise"),
        Usage(3, 4),
        Finish("stop"),
    )
    assert found == [
        {"event": "start", "data": ""},
        {"event": "thinking", "data": "Hm"},
        {"event": "token", "data": "Hé data: \u2028\n世界 \U0001f600\r"},
        {"event": "usedTools", "data": tools},
        {"event": "usageMetadata", "data": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}},
        {"event": "end", "data": "[DONE]"},
    ]


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_any_answer_says_is_read(name: str) -> None:
    parts: list[Part] = []
    for part in SCENARIOS[name]:
        try:
            PartEncoder("flowise").send(part)
        except EncodeError:
            continue
        parts.append(part)
    found = read(*parts)
    assert "".join([event["data"] for event in found if event["event"] == "token"]) == gather(parts).text
    errors = [part.message for part in parts if isinstance(part, Error)]
    assert [event["data"] for event in found if event["event"] == "error"] == errors
    assert found[-1] == {"event": "end", "data": "[DONE]"}
