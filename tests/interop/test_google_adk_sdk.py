"""google-adk both ways: its server's `/run_sse` is read, and its client reads ours.

It pins google-genai below the one that tests/interop/requirements.txt has: it runs in an environment of its own.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from loopback import serve

from sse_core.dialects import (
    Accumulator,
    BlockEnd,
    Error,
    Finish,
    Other,
    Part,
    PartDecoder,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

WHY_NOT = "google-adk 2.13 needs an environment of its own, with google-genai below 3"
fast_api = pytest.importorskip("google.adk.cli.fast_api", reason=WHY_NOT)
client = pytest.importorskip("google.adk.cli.conformance.adk_web_server_client", reason=WHY_NOT)
server = pytest.importorskip("google.adk.cli.api_server", reason=WHY_NOT)
testclient = pytest.importorskip("starlette.testclient", reason=WHY_NOT)

pytestmark = pytest.mark.filterwarnings("ignore:.EXPERIMENTAL")
AGENT = """
from google.adk.agents import Agent
from google.adk.models import BaseLlm, LlmResponse
from google.adk.tools import LongRunningFunctionTool
from google.genai import types


def content(*parts):
    return types.Content(role="model", parts=list(parts))


def counts(*numbers):
    names = ("prompt_token_count", "candidates_token_count", "total_token_count", "thoughts_token_count")
    return types.GenerateContentResponseUsageMetadata(**dict(zip(names, numbers)))


class Model(BaseLlm):
    model: str = "model-1"

    async def generate_content_async(self, llm_request, stream=False):
        last = llm_request.contents[-1].parts[-1]
        said, texts, calls, finish, used = last.text, ["It ", "is 7."], [], "STOP", counts(20, 3, 23)
        if said == "fail":
            raise ValueError("no model")
        if said == "long":
            texts, finish = ["Ha", "lf"], "MAX_TOKENS"
        elif not last.function_response:
            texts, used = ["Let me ", "see."], counts(10, 5, 17, 2)
            call = types.FunctionCall(name=said, args={"city": "K\\u00f6ln"})
            calls = [types.Part(function_call=call)]
        for text in texts if stream else ():
            yield LlmResponse(content=content(types.Part(text=text)), partial=True)
        whole = content(types.Part(text="".join(texts)), *calls)
        error = None if finish == "STOP" else finish
        yield LlmResponse(
            content=whole, partial=False, finish_reason=finish, error_code=error, usage_metadata=used
        )


def weather(city: str) -> dict:
    return {"degrees": 7}


def ask(city: str):
    return None


root_agent = Agent(name="demo", model=Model(), tools=[weather, LongRunningFunctionTool(ask)])
"""


def said_by(folder: Path, text: str, streaming: bool) -> Accumulator:
    """The answer of ADK's own server, of an agent whose model is made here, to `text`."""
    (folder / "demo").mkdir()
    (folder / "demo" / "__init__.py").write_text("from . import agent\n")
    (folder / "demo" / "agent.py").write_text(AGENT)
    app = fast_api.get_fast_api_app(agents_dir=str(folder), web=False, session_service_uri="memory://")
    http = testclient.TestClient(app, base_url="http://127.0.0.1:8000")
    session = http.post("/apps/demo/users/u/sessions", json={}).json()["id"]
    message = {"role": "user", "parts": [{"text": text}]}
    ask = {"app_name": "demo", "user_id": "u", "session_id": session, "streaming": streaming, "new_message": message}
    body = http.post("/run_sse", json=ask).content
    decoder, answer = PartDecoder("google-adk"), Accumulator()
    for part in decoder.feed(body) + decoder.close():
        answer.add(part)
    return answer


@pytest.mark.parametrize("streaming", [True, False], ids=["streaming", "whole"])
def test_its_servers_answer_is_said_once(tmp_path: Path, streaming: bool) -> None:
    answer = said_by(tmp_path, "weather", streaming)
    assert (answer.text, answer.finish_reason, answer.problem()) == ("Let me see.It is 7.", "stop", None)
    assert [(call.name, call.arguments, call.server) for call in answer.tool_calls] == [
        ("weather", '{"city":"Köln"}', True)
    ]
    assert answer.usage == Usage(30, 10, 40, reasoning_tokens=2)
    assert [other.name for other in answer.others] == ["functionResponse"]


@pytest.mark.parametrize("streaming", [True, False], ids=["streaming", "whole"])
def test_a_long_running_call_is_the_clients(tmp_path: Path, streaming: bool) -> None:
    answer = said_by(tmp_path, "ask", streaming)
    assert (answer.text, answer.finish_reason, answer.problem()) == ("Let me see.", "tool_call", None)
    assert [(call.name, call.server) for call in answer.tool_calls] == [("ask", False)]


@pytest.mark.parametrize("streaming", [True, False], ids=["streaming", "whole"])
def test_an_answer_that_is_too_long_and_one_that_fails(tmp_path: Path, streaming: bool) -> None:
    answer = said_by(tmp_path, "long", streaming)
    assert (answer.text, answer.finish_reason) == ("Half", "length")
    folder = tmp_path / "failing"
    folder.mkdir()
    answer = said_by(folder, "fail", streaming)
    assert answer.error is not None
    assert (answer.error.message, answer.error.type) == ("ValueError: no model", "ValueError")


def read(*parts: Part) -> list[Any]:
    """The events that its client gives for a run that says `parts`."""
    encoder = PartEncoder("google-adk")
    chunks = [encoder.send(part) for part in parts] + [encoder.close()]
    message = {"role": "user", "parts": [{"text": "Hi"}]}
    ask = server.RunAgentRequest(app_name="demo", user_id="u", session_id="s", streaming=True, new_message=message)

    async def run(url: str) -> list[Any]:
        async with client.AdkWebServerClient(base_url=url) as adk:
            return [event async for event in adk.run_agent(ask)]

    with serve(chunks, encoder.headers) as url:
        return asyncio.run(run(url))


def test_its_client_reads_the_answer() -> None:
    *fragments, last = read(
        Start("e-1", "model-1"),
        ReasoningDelta("Hm"),
        TextDelta("Hé "),
        TextDelta("\u2028\n世界"),
        ToolCallDelta("", 0, "call_1", "weather"),
        ToolCallDelta('{"city":"Köln"}', 0),
        BlockEnd(0, "tool_call"),
        Usage(12, 34, 46),
        Finish("tool_call"),
    )
    assert [event.content.parts[0].text for event in fragments] == ["Hm", "Hé ", "\u2028\n世界"]
    assert all(event.partial and not event.is_final_response() for event in fragments)
    assert last.is_final_response()
    assert (last.author, last.invocation_id, last.model_version) == ("agent", "e-1", "model-1")
    assert [(part.text, part.thought) for part in last.content.parts[:2]] == [("Hm", True), ("Hé \u2028\n世界", None)]
    [call] = last.get_function_calls()
    assert (call.id, call.name, call.args) == ("call_1", "weather", {"city": "Köln"})
    assert last.long_running_tool_ids == {"call_1"}
    assert (last.usage_metadata.prompt_token_count, last.usage_metadata.candidates_token_count) == (12, 34)
    assert (last.finish_reason.value, last.error_code) == ("STOP", None)


def test_its_client_sees_that_a_call_the_server_runs_is_not_the_end() -> None:
    response = {"functionResponse": {"id": "c", "name": "f", "response": {"n": 1}}}
    called, answered, said, last = read(
        ToolCallDelta("{}", 0, "c", "f", server=True),
        BlockEnd(0, "tool_call"),
        Other("functionResponse", response, None, "c"),
        TextDelta("One."),
        Finish("length"),
    )
    assert [event.is_final_response() for event in (called, answered, said, last)] == [False, False, False, True]
    assert answered.get_function_responses()[0].response == {"n": 1}
    assert (last.content.parts[0].text, last.finish_reason.value, last.error_code) == (
        "One.",
        "MAX_TOKENS",
        "MAX_TOKENS",
    )


def test_its_client_fails_on_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"^Busy$"):
        read(TextDelta("Hi"), Error("Busy", "Overloaded"))
