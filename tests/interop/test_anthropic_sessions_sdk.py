"""Anthropic's SDK reads our anthropic-sessions: the models of its events, and its accumulator of previews."""

from __future__ import annotations

from typing import Any

import pytest
from loopback import serve_gets

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
    get,
)

anthropic = pytest.importorskip(
    "anthropic", reason="the anthropic SDK is not installed: tests/interop/requirements.txt"
)
sessions = pytest.importorskip("anthropic.lib.sessions", reason="this version of anthropic has no sessions")

MCP = {"mcp_server_name": "docs", "evaluated_permission": "ask"}
ANSWER: list[Part] = [
    Start("sevt_0"),
    ReasoningDelta("Hm"),
    TextDelta("Hé "),
    TextDelta("\u2028\n世界"),
    BlockEnd(),
    Other("agent.mcp_tool_use", MCP, None, "c1"),
    ToolCallDelta('{"q":"x"}', "c1", "c1", "search", server=True),
    BlockEnd("c1", "tool_call"),
    ToolCallDelta("", 1, "c2", "weather"),
    ToolCallDelta('{"city":"Köln"}', 1),
    BlockEnd(1, "tool_call"),
    Usage(12, 34, None, 5, 2),
    Finish("tool_call"),
]


def read(parts: list[Part], **options: Any) -> list[Any]:
    """The events that the SDK gives for a stream that says `parts`."""
    encoder = PartEncoder(get("anthropic-sessions", **options))
    body = b"".join([b": heartbeat\n\n", *map(encoder.send, parts), encoder.close()])
    with (
        serve_gets([body], encoder.headers) as (url, _),
        anthropic.Anthropic(base_url=url, api_key="none", max_retries=0) as sdk,
    ):
        return list(sdk.beta.sessions.events.stream("session-1", event_deltas=["agent.message"]))


def test_each_event_is_one_of_its_models() -> None:
    events = read(ANSWER)
    assert [event.type for event in events] == [
        "session.status_running",
        "event_start",
        "event_delta",
        "event_delta",
        "agent.message",
        "agent.mcp_tool_use",
        "agent.custom_tool_use",
        "span.model_request_start",
        "span.model_request_end",
        "session.status_idle",
    ]
    assert all(type(event).__name__.startswith("BetaManagedAgents") for event in events)
    message, mcp, custom, began, ended, idle = events[4:]
    assert [block.text for block in message.content] == ["Hé \u2028\n世界"]
    assert (mcp.id, mcp.name, mcp.input, mcp.mcp_server_name) == ("c1", "search", {"q": "x"}, "docs")
    assert mcp.evaluated_permission == "ask"
    assert (custom.id, custom.name, custom.input) == ("c2", "weather", {"city": "Köln"})
    assert ended.model_request_start_id == began.id
    used = ended.model_usage
    assert (used.input_tokens, used.cache_read_input_tokens, used.cache_creation_input_tokens) == (5, 5, 2)
    assert (idle.stop_reason.type, idle.stop_reason.event_ids) == ("requires_action", ["c1", "c2"])


def test_previews_add_up_to_the_message() -> None:
    snapshot = None
    for event in read(ANSWER)[:4]:
        snapshot = sessions.accumulate_managed_agents_event(snapshot, event)
    message = read(ANSWER)[4]
    assert (snapshot.id, snapshot.content) == (message.id, message.content)


def test_without_previews_the_message_alone() -> None:
    types = [event.type for event in read([TextDelta("Hi"), Finish("stop")], previews=False)]
    assert types == ["agent.message", "session.status_idle"]


def test_two_turns() -> None:
    turn = [TextDelta("Hi"), Finish("stop")]
    idle = [event for event in read([Start(), *turn, Start(), *turn]) if event.type == "session.status_idle"]
    assert [event.stop_reason.type for event in idle] == ["end_turn", "end_turn"]


def test_an_error_ends_the_turn() -> None:
    *_, error, idle = read([TextDelta("Hi"), Error("Busy", "model_overloaded_error")])
    assert (error.type, error.error.type, error.error.message) == ("session.error", "model_overloaded_error", "Busy")
    assert (error.error.retry_status.type, idle.stop_reason.type) == ("exhausted", "retries_exhausted")
