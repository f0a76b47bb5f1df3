"""Behind a gateway, a stream that breaks in the middle, or says an error and then a finish: what each SDK shows of it.

That is the text that came before and a failure, and neither a finish of a success nor a call that lost something.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import pytest
from interop import START, USAGE
from loopback import TIMEOUT, serve
from reading import random_pieces
from tries import some

from sse_core import SSEError
from sse_core.dialects import BlockEnd, Error, Finish, PartEncoder, TextDelta, ToolCallDelta, Transcoder

SDKS: dict[Any, str] = {
    "openai-chat": "openai",
    "openai-responses": "openai",
    "anthropic-messages": "anthropic",
    "gemini": "google.genai",
    "cohere-v2": "cohere",
}
CALLS = [("weather", {"city": "Oslo"}), ("time", {"zone": "CET"})]
ANSWER = (START, TextDelta("Let me "), TextDelta("look."), Finish("stop"), USAGE)
CALLING = (
    *(START, TextDelta("Let me "), TextDelta("look."), BlockEnd()),
    *(ToolCallDelta("", 0, "call_a", "weather"), ToolCallDelta('{"city":', 0), ToolCallDelta('"Oslo"}', 0)),
    BlockEnd(0, "tool_call"),
    *(ToolCallDelta("", 1, "call_b", "time"), ToolCallDelta('{"zone":"CET"}', 1), BlockEnd(1, "tool_call")),
    *(Finish("tool_call"), USAGE),
)
# The damage: in which answer, behind how many of its parts; the text before it, and how many calls have ended.
PLACES = {
    "in an answer": (ANSWER, 2, "Let me ", 0),
    "in the text": (CALLING, 2, "Let me ", 0),
    "before the calls": (CALLING, 4, "Let me look.", 0),
    "inside a call": (CALLING, 6, "Let me look.", 0),
    "between the calls": (CALLING, 8, "Let me look.", 1),
    "after the calls": (CALLING, 11, "Let me look.", 2),
}
DAMAGES = ("broken JSON", "an error", "half an event")


@dataclass
class Seen:
    """What a client saw: `calls` are those that its SDK ran, or gave as whole; `failure` names what told of one."""

    text: str = ""
    calls: list[tuple[str, Any]] = field(default_factory=list)
    finish: str | None = None
    failure: str | None = None

    def weather(self, city: str) -> str:
        """The weather of a city."""
        self.calls.append(("weather", {"city": city}))
        return "rain"

    def time(self, zone: str) -> str:
        """The time of a zone."""
        self.calls.append(("time", {"zone": zone}))
        return "noon"


# -- the ways to read


def openai(url: str) -> Any:
    return import_module("openai").OpenAI(base_url=url, api_key="none", max_retries=0, timeout=TIMEOUT)


CHAT: dict[str, Any] = {"model": "model-1", "messages": [{"role": "user", "content": "Hi"}]}


def chat_create(url: str, seen: Seen) -> None:
    """A call is whole once a finish says so."""
    arguments: dict[str, str] = {}
    with openai(url) as sdk:
        for chunk in sdk.chat.completions.create(**CHAT, stream=True):
            for choice in chunk.choices:
                seen.text += choice.delta.content or ""
                seen.finish = choice.finish_reason or seen.finish
                for call in choice.delta.tool_calls or []:
                    name = call.function.name or list(arguments)[call.index]
                    arguments[name] = arguments.get(name, "") + call.function.arguments
                if choice.finish_reason == "tool_calls":
                    seen.calls = [(name, json.loads(text)) for name, text in arguments.items()]


def chat_stream(url: str, seen: Seen) -> None:
    """A call is whole when an event of the helper says so: as the next call begins, or at the finish."""
    with openai(url) as sdk, sdk.chat.completions.stream(**CHAT) as stream:
        try:
            for event in stream:
                if event.type == "content.delta":
                    seen.text += event.delta
                elif event.type == "tool_calls.function.arguments.done":
                    seen.calls.append((event.name, json.loads(event.arguments)))
        finally:
            seen.finish = stream.current_completion_snapshot.choices[0].finish_reason


def take_response(event: Any, seen: Seen) -> None:
    """An error is an event, not an exception."""
    if event.type == "response.output_text.delta":
        seen.text += event.delta
    elif event.type == "error":
        seen.failure = "the event error"
    elif event.type in ("response.completed", "response.incomplete", "response.failed"):
        seen.finish = event.response.status
        assert (seen.finish == "failed") == (event.response.error is not None)


def responses_create(url: str, seen: Seen) -> None:
    """The calls are those of the last response, whatever its status."""
    with openai(url) as sdk:
        for event in sdk.responses.create(model="model-1", input="Hi", stream=True):
            take_response(event, seen)
    calls = [item for item in event.response.output if item.type == "function_call"]
    seen.calls = [(call.name, json.loads(call.arguments)) for call in calls]


def responses_stream(url: str, seen: Seen) -> None:
    """The calls are those of the final response, if there is one."""
    with openai(url) as sdk, sdk.responses.stream(model="model-1", input="Hi") as stream:
        for event in stream:
            take_response(event, seen)
        calls = [item for item in stream.get_final_response().output if item.type == "function_call"]
    seen.calls = [(call.name, json.loads(call.arguments)) for call in calls]


def responses_runner(url: str, seen: Seen, eager: bool = False) -> None:
    with openai(url) as sdk:
        runner = import_module("openai.lib.responses_tool_runner")
        schema = {"type": "object", "additionalProperties": True}
        tools = [{"type": "function", "name": name, "parameters": schema, "strict": False} for name, _ in CALLS]
        functions = [
            runner.RegisteredFunction(tools[0], lambda arguments: seen.weather(**arguments)),
            runner.RegisteredFunction(tools[1], lambda arguments: seen.time(**arguments)),
        ]
        ask = {"model": "model-1", "input": "Hi"}
        runner.ResponsesToolRunner(functions=functions).run(
            *(sdk, ask),
            max_steps=2,
            stream=True,
            eager=eager,
            on_event=lambda event: take_response(event, seen),
            cancelled=lambda: seen.finish == "completed" and len(seen.calls) == len(CALLS),  # no second request
        )


def responses_eager(url: str, seen: Seen) -> None:
    responses_runner(url, seen, eager=True)


def anthropic(url: str) -> Any:
    return import_module("anthropic").Anthropic(base_url=url, api_key="none", max_retries=0, timeout=TIMEOUT)


def take_message(stream: Any, seen: Seen) -> Any:
    try:
        for event in stream:
            if event.type == "text":
                seen.text += event.text
    finally:
        seen.finish = stream.current_message_snapshot.stop_reason
    return stream.get_final_message()


def messages_stream(url: str, seen: Seen) -> None:
    """The calls are those of the final message, if there is one."""
    with anthropic(url) as sdk, sdk.messages.stream(**CHAT, max_tokens=100) as stream:
        message = take_message(stream, seen)
    seen.calls = [(block.name, block.input) for block in message.content if block.type == "tool_use"]


def messages_runner(url: str, seen: Seen, eager: bool = False) -> None:
    with anthropic(url) as sdk:
        beta_tool = import_module("anthropic").beta_tool
        tools = [beta_tool(seen.weather), beta_tool(seen.time)]
        ask = {**CHAT, "max_tokens": 100, "tools": tools, "max_iterations": 1}
        for stream in sdk.beta.messages.tool_runner(**ask, stream=True, run_tools_eagerly=eager):
            take_message(stream, seen)


def messages_eager(url: str, seen: Seen) -> None:
    messages_runner(url, seen, eager=True)


def genai(url: str) -> Any:
    return import_module("google.genai").Client(
        api_key="none", http_options={"base_url": url, "timeout": TIMEOUT * 1000}
    )


def take_chunks(chunks: Any, seen: Seen) -> Iterator[Any]:
    for chunk in chunks:
        seen.text += "".join([part.text or "" for part in chunk.parts or []])
        yield chunk
        for candidate in chunk.candidates or []:
            if candidate.finish_reason:
                seen.finish = candidate.finish_reason.value
                return


def gemini_stream(url: str, seen: Seen) -> None:
    """A call is whole where it stands: there are no fragments."""
    with genai(url) as sdk:
        for chunk in take_chunks(sdk.models.generate_content_stream(model="model-1", contents="Hi"), seen):
            seen.calls += [(call.name, call.args) for call in chunk.function_calls or []]


def gemini_runner(url: str, seen: Seen) -> None:
    """The SDK calls functions that are given as tools, by default, as each comes."""
    with genai(url) as sdk:
        config = {"tools": [seen.weather, seen.time]}
        for _ in take_chunks(sdk.models.generate_content_stream(model="model-1", contents="Hi", config=config), seen):
            pass


def cohere_stream(url: str, seen: Seen) -> None:
    """A call is whole once a finish says so; a failure is an error beside the finish."""
    calls: list[Any] = []
    with import_module("cohere").ClientV2(api_key="none", base_url=url) as sdk:
        for event in sdk.chat_stream(**CHAT):
            if event.type == "content-delta":
                seen.text += event.delta.message.content.text or ""
            elif event.type == "tool-call-start":
                calls.append([event.delta.message.tool_calls.function.name, ""])
            elif event.type == "tool-call-delta":
                calls[-1][1] += event.delta.message.tool_calls.function.arguments
            elif event.type == "message-end":
                seen.finish = event.delta.finish_reason
                seen.failure = event.delta.error and "delta.error"
    if seen.finish == "TOOL_CALL":
        seen.calls = [(name, json.loads(text)) for name, text in calls]


@dataclass
class Way:
    """`failure` is what tells of one, `finish` what the SDK may then say; `good` is what it says of a whole answer.

    `early`: it gives or runs each call once that one has ended, as it also does behind the provider's own server.
    """

    target: Any
    read: Callable[[str, Seen], None]
    failure: str
    finish: tuple[str | None, ...]
    good: str
    good_calls: str
    early: bool = False


def in_chat(read: Callable[[str, Seen], None], early: bool = False) -> Way:
    return Way("openai-chat", read, "APIError", (None,), "stop", "tool_calls", early)


def in_responses(read: Callable[[str, Seen], None], failure: str, early: bool = False) -> Way:
    finish = (None, "failed") if read is responses_eager else ("failed",)  # it raises at an item that is incomplete
    return Way("openai-responses", read, failure, finish, "completed", "completed", early)


def in_messages(read: Callable[[str, Seen], None], early: bool = False) -> Way:
    return Way("anthropic-messages", read, "APIStatusError", (None,), "end_turn", "tool_use", early)


def in_gemini(read: Callable[[str, Seen], None]) -> Way:
    return Way("gemini", read, "ServerError", (None,), "STOP", "STOP", True)


WAYS = {
    "chat.completions.create": in_chat(chat_create),
    "chat.completions.stream": in_chat(chat_stream, early=True),
    "responses.create": in_responses(responses_create, "the event error", early=True),
    "responses.stream": in_responses(responses_stream, "RuntimeError"),
    "ResponsesToolRunner": in_responses(responses_runner, "ToolRunnerError"),
    "ResponsesToolRunner, eager": in_responses(responses_eager, "ToolRunnerError", early=True),
    "messages.stream": in_messages(messages_stream),
    "messages.tool_runner": in_messages(messages_runner),
    "messages.tool_runner, eager": in_messages(messages_eager, early=True),
    "generate_content_stream": in_gemini(gemini_stream),
    "generate_content_stream, tools": in_gemini(gemini_runner),
    "chat_stream": Way("cohere-v2", cohere_stream, "delta.error", ("ERROR",), "COMPLETE", "TOOL_CALL"),
}
PAIRS = [(source, name) for name, way in WAYS.items() for source in SDKS if source != way.target]
DAMAGED = some([(*pair, place, damage) for pair in PAIRS for place in PLACES for damage in DAMAGES], "damaged")


# -- the gateway


def broken(source: Any, place: str, damage: str | None) -> bytes:
    """The source's stream, with the damage in its place, if any; a finish follows."""
    answer, behind, _, _ = PLACES[place]
    encoder, failing = PartEncoder(source), PartEncoder(source)
    failing.send(START)
    pieces = [encoder.send(part) for part in answer] + [encoder.close()]
    blank = encoder.writer.dialect.newline.encode() * 2
    if damage == "an error":
        pieces.insert(behind, failing.send(Error("Busy", "server_error", status=500)))
    elif damage == "half an event":
        at = next(at for at in range(behind, len(pieces)) if pieces[at])
        pieces[at] = pieces[at][: len(pieces[at]) // 2] + blank
    elif damage == "broken JSON":
        pieces.insert(behind, b'data: {"type":"con' + blank)
    return b"".join(pieces)


def gateway(transcoder: Transcoder, stream: bytes) -> Iterator[bytes]:
    try:
        for chunk in random_pieces(stream, len(stream)):
            yield transcoder.feed(chunk)
        yield transcoder.close()
    except SSEError as error:
        yield error.data


def look(way: Way, transcoder: Transcoder, stream: bytes) -> Seen:
    pytest.importorskip(SDKS[way.target], reason="the SDK is not installed: tests/interop/requirements.txt")
    seen = Seen()
    with serve(gateway(transcoder, stream), transcoder.headers) as url:
        try:
            way.read(url, seen)
        except Exception as error:
            seen.failure = type(error).__name__
    return seen


@pytest.mark.parametrize(("source", "name", "place", "damage"), DAMAGED)
def test_a_client_sees_what_came_before_and_a_failure(source: Any, name: str, place: str, damage: str) -> None:
    way, (_, _, before, ended) = WAYS[name], PLACES[place]
    transcoder = Transcoder(source, way.target)
    seen = look(way, transcoder, broken(source, place, damage))
    assert transcoder.problem is not None
    assert seen.text.startswith(before)
    assert seen.failure == way.failure
    assert seen.finish in way.finish
    assert seen.calls in ([CALLS[:count] for count in range(ended + 1)] if way.early else [[]])


@pytest.mark.parametrize("place", ["in an answer", "in the text"])
@pytest.mark.parametrize(("source", "name"), PAIRS)
def test_without_the_damage_it_is_a_success_and_the_calls_run(source: Any, name: str, place: str) -> None:
    way, calling = WAYS[name], place == "in the text"
    transcoder = Transcoder(source, way.target)
    seen = look(way, transcoder, broken(source, place, None))
    assert transcoder.problem is None
    assert seen.text == "Let me look."
    assert (seen.finish, seen.calls) == ((way.good_calls, CALLS) if calling else (way.good, []))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("source", SDKS)
def test_a_relay_tells_its_problem(source: Any, place: str, damage: str) -> None:
    transcoder = Transcoder(source, source)
    assert b"".join(gateway(transcoder, broken(source, place, damage)))
    assert transcoder.problem is not None
