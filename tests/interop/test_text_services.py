"""The clients of services of text and little else read what is written for them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest
from interop import START, USAGE
from loopback import TIMEOUT, serve
from reading import random_pieces, whole

from sse_core import DialectError, Event
from sse_core.dialects import Error, Finish, Invalid, Part, PartEncoder, ReasoningDelta, TextDelta, Transcoder, get

# Clients that say of themselves that they use what is deprecated.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

WHY_NOT = "the client is not installed: tests/interop/requirements.txt"
PIECES = ("Grüße, ", "ha", "ha", "line one\nline two\n", ' {"json"?} 🙂 data: [DONE]')
TEXT = "".join(PIECES)
ERROR = Error("Busy", "overloaded", "busy", 503)


@dataclass
class Seen:
    """What a client saw; `counts` are tokens in and out, where it has them."""

    text: str = ""
    reasoning: str = ""
    finish: Any = None
    counts: tuple[Any, Any] = (None, None)
    failure: str | None = None
    """The class of what it raised, and what that says; None if the stream was a success to it."""


def package(name: str) -> Any:
    return pytest.importorskip(name, reason=WHY_NOT)


# -- the ways to read


def text_generation(url: str, seen: Seen) -> None:
    client = package("text_generation").Client(url, timeout=TIMEOUT)
    for response in client.generate_stream("Hi"):
        seen.text += "" if response.token.special else response.token.text
        if response.generated_text is not None:
            assert response.generated_text == seen.text
            seen.finish = response.details.finish_reason.value
            seen.counts = (None, response.details.generated_tokens)


def huggingface_hub(url: str, seen: Seen) -> None:
    client = package("huggingface_hub").InferenceClient(url, timeout=TIMEOUT)
    for output in client.text_generation("Hi", stream=True, details=True):
        seen.text += "" if output.token.special else output.token.text
        if output.generated_text is not None:
            assert output.generated_text == seen.text
            seen.finish = output.details.finish_reason
            seen.counts = (output.details.input_length, output.details.generated_tokens)


def huggingface_text(url: str, seen: Seen) -> None:
    """Without details it hands on the text of each token, special or not."""
    client = package("huggingface_hub").InferenceClient(url, timeout=TIMEOUT)
    for text in client.text_generation("Hi", stream=True):
        seen.text += text


def replicate(url: str, seen: Seen) -> None:
    client = package("replicate").Client(api_token="none")
    source = import_module("replicate.stream").EventSource  # the name is a function's, too
    httpx = package("httpx")
    with httpx.stream("POST", url, content=b"", timeout=TIMEOUT) as response:
        for event in source(client, response, use_file_output=False):
            seen.text += str(event)
            if event.event.value == "done":
                seen.finish = json.loads(event.data)


def dashscope(url: str, seen: Seen, incremental: bool | None = None) -> None:
    sdk = package("dashscope")
    sdk.base_http_api_url = url
    messages = [{"role": "user", "content": "Hi"}]
    more = {} if incremental is None else {"incremental_output": incremental}
    ask = {"api_key": "none", "model": "model-1", "messages": messages, "result_format": "message", **more}
    for response in sdk.Generation.call(**ask, stream=True):
        choice = response.output.choices[0]
        text, thought = choice.message.content, choice.message.get("reasoning_content") or ""
        seen.text = seen.text + text if incremental else text
        seen.reasoning = seen.reasoning + thought if incremental else thought
        seen.finish = choice.finish_reason
        seen.counts = (response.usage.input_tokens, response.usage.output_tokens)


def dashscope_incremental(url: str, seen: Seen) -> None:
    dashscope(url, seen, incremental=True)


def dashscope_merged(url: str, seen: Seen) -> None:
    """It asks the server for increments, and puts them together itself."""
    dashscope(url, seen, incremental=False)


def writer(url: str, seen: Seen) -> None:
    with package("writerai").Writer(api_key="none", base_url=url, max_retries=0, timeout=TIMEOUT) as sdk:
        for chunk in sdk.completions.create(model="model-1", prompt="Hi", stream=True):
            seen.text += chunk.value


@dataclass
class Way:
    """`needs` is the package; `stop` and `length` are how it names these; `failure` what it raises at an error."""

    needs: str
    dialect: Any
    read: Callable[[str, Seen], None]
    stop: Any
    length: Any
    counts: tuple[Any, Any]
    failure: str


TOKENS = (USAGE.input_tokens, USAGE.output_tokens)
INCREMENTAL = get("dashscope", incremental=True)
# The client compares the line "event:error" as it is: it does not see the error behind the space, but fails at the
# event, which has no output.
BLIND = "TypeError"
WAYS = {
    "text_generation": Way(
        "text_generation", "tgi", text_generation, "eos_token", "length", (None, TOKENS[1]), "OverloadedError: Busy"
    ),
    "huggingface_hub": Way(
        "huggingface_hub", "tgi", huggingface_hub, "eos_token", "length", TOKENS, "OverloadedError: Busy"
    ),
    "huggingface_hub, text": Way(
        "huggingface_hub", "tgi", huggingface_text, None, None, (None, None), "OverloadedError: Busy"
    ),
    "replicate": Way("replicate", "replicate", replicate, {}, {}, (None, None), "RuntimeError"),
    "dashscope": Way("dashscope", "dashscope", dashscope, "stop", "length", TOKENS, BLIND),
    "dashscope, incremental": Way("dashscope", INCREMENTAL, dashscope_incremental, "stop", "length", TOKENS, BLIND),
    "dashscope, merged": Way("dashscope", INCREMENTAL, dashscope_merged, "stop", "length", TOKENS, BLIND),
    "writer-sdk": Way("writerai", "writer-completions", writer, None, None, (None, None), "APIStatusError"),
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def look(way: Way, *parts: Part) -> Seen:
    encoder = PartEncoder(way.dialect)
    stream = b"".join([encoder.send(part) for part in parts]) + encoder.close()
    return look_at(way, stream)


def look_at(way: Way, stream: bytes) -> Seen:
    seen = Seen()
    package(way.needs)  # a server whose client is missing would wait for it
    with serve(random_pieces(stream, len(stream)), PartEncoder(way.dialect).headers) as url:
        try:
            way.read(url, seen)
        except Exception as error:
            seen.failure = f"{type(error).__name__}: {error}"
    return seen


@ways
def test_text_counts_and_a_finish(way: Way) -> None:
    seen = look(way, START, *map(TextDelta, PIECES), USAGE, Finish("stop"))
    assert seen == Seen(TEXT, "", way.stop, way.counts)


@ways
def test_a_limit(way: Way) -> None:
    seen = look(way, START, TextDelta("cut o"), Finish("length"), USAGE)
    assert (seen.text, seen.finish, seen.failure) == ("cut o", way.length, None)


@ways
def test_an_answer_without_text(way: Way) -> None:
    seen = look(way, START, Finish("stop"), USAGE)
    assert (seen.text, seen.finish, seen.failure) == ("", way.stop, None)


@ways
def test_reasoning_where_there_is_a_place_for_it(way: Way) -> None:
    seen = look(way, ReasoningDelta("Let me "), ReasoningDelta("see."), TextDelta("Hi"), Finish("stop"))
    assert (seen.text, seen.failure) == ("Hi", None)
    assert seen.reasoning == ("Let me see." if way.read.__name__.startswith("dashscope") else "")


@ways
def test_an_error_behind_text(way: Way) -> None:
    seen = look(way, START, TextDelta("Let "), ERROR)
    assert seen.text == "Let "
    assert seen.failure is not None
    assert seen.failure.startswith(way.failure)
    assert "Busy" in seen.failure or way.failure == BLIND


@ways
def test_an_answer_that_was_damaged_is_no_success(way: Way) -> None:
    seen = look(way, START, TextDelta("Let "), Invalid(Event("{"), DialectError("bad")), Finish("stop"))
    assert seen.text == "Let "
    assert seen.failure is not None


@ways
def test_another_services_answer_rewritten_for_it(way: Way) -> None:
    encoder = PartEncoder("openai-chat")
    parts = (START, *map(TextDelta, PIECES), Finish("stop"), USAGE)
    stream = b"".join([encoder.send(part) for part in parts]) + encoder.close()
    transcoder = Transcoder("openai-chat", way.dialect)
    rewritten = b"".join([transcoder.feed(chunk) for chunk in random_pieces(stream, "in")]) + transcoder.close()
    assert look_at(way, rewritten) == Seen(TEXT, "", way.stop, way.counts)
    assert [part.text for part in whole(way.dialect, rewritten) if isinstance(part, TextDelta)] == list(PIECES)
