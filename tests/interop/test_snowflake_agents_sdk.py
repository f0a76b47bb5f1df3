"""Snowflake's SDK reads our snowflake-agents: its stream, and the models of its events.

It pins mcp below the one that tests/interop/requirements.txt has: it runs in an environment of its own.
"""

from __future__ import annotations

from typing import Any

import pytest
from loopback import serve

from sse_core.dialects import (
    BlockEnd,
    Error,
    Finish,
    Other,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

WHY_NOT = "snowflake-cortex-agent-sdk 0.0.3 needs an environment of its own, with mcp below 2"
api = pytest.importorskip("cortex_agent_sdk.api", reason=WHY_NOT)
errors = pytest.importorskip("cortex_agent_sdk.errors", reason=WHY_NOT)
models = pytest.importorskip("cortex_agent_sdk.models", reason=WHY_NOT)
turns = pytest.importorskip("cortex_agent_sdk.turn", reason=WHY_NOT)
views = pytest.importorskip("cortex_agent_sdk.views.agent_response", reason=WHY_NOT)

SEARCH = {"type": "cortex_search", "permission": {"options": ["Allow Once", "Deny"]}}
ANSWER: list[Part] = [
    Start(None, "model-1"),
    Other("response.status", {"status": "planning", "message": "Planning"}),
    ReasoningDelta("Hm"),
    BlockEnd(0, "reasoning"),
    Other("response.tool_use", SEARCH, None, "c1"),
    ToolCallDelta('{"q":"x"}', "c1", "c1", "search", server=True),
    BlockEnd("c1", "tool_call"),
    TextDelta("Hé "),
    TextDelta("\u2028\n世界"),
    BlockEnd(),
    ToolCallDelta("", 1, "c2", "weather"),
    ToolCallDelta('{"city":"Köln"}', 1),
    BlockEnd(1, "tool_call"),
    Usage(12, 34, None, 5, 2),
    Finish("tool_call"),
]


def stream(url: str) -> Any:
    return api.CortexAgentClient(base_url=url, auth="none", max_retries=0).agent.stream({"messages": []})


def body(*parts: Part) -> tuple[list[bytes], dict[str, str]]:
    encoder = PartEncoder("snowflake-agents")
    return [*map(encoder.send, parts), encoder.close()], dict(encoder.headers)


def test_each_event_is_one_of_its_models() -> None:
    with serve(*body(*ANSWER)) as url:
        events = list(stream(url))
    assert [event["event"] for event in events] == [
        "response.status",
        "response.thinking.delta",
        "response.thinking",
        "response.tool_use",
        "response.text.delta",
        "response.text.delta",
        "response.text",
        "response.tool_use",
        "response",
    ]
    for event in events:
        assert type(models.parse_event(event)).__name__.endswith("EventData")
    searched = turns._permission_request(events[3])
    assert (searched.tool_use_id, searched.options) == ("c1", ("Allow Once", "Deny"))
    assert turns._client_tool_use(events[3]) is None
    asked = turns._client_tool_use(events[7])
    assert (asked.tool_use_id, asked.name, asked.input) == ("c2", "weather", {"city": "Köln"})


def test_the_last_event_has_all() -> None:
    with serve(*body(*ANSWER)) as url:
        view = views.AgentResponseView.from_stream(stream(url))
    assert (view.text, view.status) == ("Hé \u2028\n世界", "completed")
    assert [item["type"] for item in view.content] == ["thinking", "tool_use", "text", "tool_use"]
    [model] = view.usage["tokens_consumed"]
    assert (model["model_name"], model["input_tokens"]["total"], model["output_tokens"]["total"]) == ("model-1", 12, 34)


def test_text_as_it_comes() -> None:
    with serve(*body(*ANSWER)) as url:
        assert list(stream(url).text_stream) == ["Hé ", "\u2028\n世界"]


def test_an_error() -> None:
    said = body(TextDelta("Hi"), Error("Busy", None, "399504"))
    with serve(*said) as url, pytest.raises(errors.CortexAgentError, match=r"^Busy$") as caught:
        stream(url).final_message()
    assert caught.value.body["code"] == "399504"


def test_a_cut_is_none_of_its_answers() -> None:
    encoder = PartEncoder("snowflake-agents")
    said = [encoder.send(TextDelta("Hi"))]
    refused = pytest.raises(errors.CortexAgentError, match=r"without a `response` event")
    with serve(said, dict(encoder.headers)) as url, refused:
        stream(url).final_message()
