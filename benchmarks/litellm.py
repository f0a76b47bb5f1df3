"""LiteLLM between two dialects: the lines of an answer in, the bytes that its proxy would send out.

Each way takes lines that are split and decoded already, as its HTTP client gives them, and is entered where LiteLLM's
code for that provider reads them: OpenAIChatCompletionStreamingHandler (llms/openai/chat), ModelResponseIterator
(llms/anthropic/chat) and ModelResponseIterator (llms/vertex_ai/gemini). Out of these come its own chunks, in the form
of openai-chat; AnthropicStreamWrapper (llms/anthropic/pass_through/adapters) and LiteLLMCompletionStreamingIterator
(responses) make them another dialect's, and pydantic's JSON is framed as its proxy does.

Alone, that is all. Wrapped is how its proxy runs them: with CustomStreamWrapper in between, which checks, copies and
keeps each chunk. Both are in its favour: the split into lines, its logging and its hooks are left out. Against it: its
proxy writes a plain text chunk of openai-chat with orjson, which is quicker than pydantic, by little beside the rest.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from importlib import import_module
from typing import Any

Converter = Callable[[list[str]], list[bytes]]
# LiteLLM's reader of a provider's lines, and the provider's name: its chunks.
_Join = Callable[[Any, str], Any]
# By the names of the dialects that it is between.
Converters = dict[tuple[str, str], Converter]
_MODEL = "gpt-4o-mini"
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else its import asks the network for prices


def wrapped_to_anthropic(lines: AsyncIterator[str]) -> AsyncIterator[bytes]:
    """The lines of openai-chat as anthropic-messages while they come, as its proxy runs it."""
    return _to_anthropic(lines, _wrapped)


def _to_anthropic(lines: AsyncIterator[str], join: _Join) -> AsyncIterator[bytes]:
    chat: Any = import_module("litellm.llms.openai.chat.gpt_transformation").OpenAIChatCompletionStreamingHandler
    adapters: Any = import_module("litellm.llms.anthropic.pass_through.adapters.streaming_iterator")
    chunks = join(chat(lines, False), "openai_like")
    stream: AsyncIterator[bytes] = adapters.AnthropicStreamWrapper(chunks, _MODEL).async_anthropic_sse_wrapper()
    return stream


def converters() -> tuple[Converters, Converters]:
    """LiteLLM's: alone, and wrapped."""
    return _converters(_alone), _converters(_wrapped)


def _alone(reader: Any, provider: str) -> Any:
    return _Chunks(reader, import_module("litellm.types.utils").ModelResponseStream, _request(provider))


def _wrapped(reader: Any, provider: str) -> Any:
    wrapper: Any = import_module("litellm.litellm_core_utils.streaming_handler").CustomStreamWrapper
    return wrapper(aiter(reader), _MODEL, _request(provider), provider)


def _converters(join: _Join) -> Converters:
    chat: Any = import_module("litellm.llms.openai.chat.gpt_transformation").OpenAIChatCompletionStreamingHandler
    anthropic: Any = import_module("litellm.llms.anthropic.chat.handler").ModelResponseIterator
    gemini: Any = import_module("litellm.llms.vertex_ai.gemini.vertex_and_google_ai_studio_gemini")
    responses: Any = import_module("litellm.responses.litellm_completion_transformation.streaming_iterator")

    def to_anthropic(lines: list[str]) -> list[bytes]:
        return _collect(_to_anthropic(_iterate(lines), join))

    def to_responses(lines: list[str]) -> list[bytes]:
        chunks = join(chat(_iterate(lines), False), "openai_like")
        return _collect(_framed(responses.LiteLLMCompletionStreamingIterator(_MODEL, chunks, "Hello", {})))

    def from_anthropic(lines: list[str]) -> list[bytes]:
        return _collect(_framed(join(anthropic(_iterate(lines), False), "anthropic"), b"data: [DONE]\n\n"))

    def from_gemini(lines: list[str]) -> list[bytes]:
        reader = gemini.ModelResponseIterator(_iterate(lines), False, _request("vertex_ai"))
        return _collect(_framed(join(reader, "vertex_ai"), b"data: [DONE]\n\n"))

    return {
        ("openai-chat", "anthropic-messages"): to_anthropic,
        ("anthropic-messages", "openai-chat"): from_anthropic,
        ("openai-chat", "openai-responses"): to_responses,
        ("gemini", "openai-chat"): from_gemini,
    }


class _Chunks:
    """What a reader gives, less the placeholders for blank lines and [DONE], which CustomStreamWrapper drops too."""

    def __init__(self, reader: Any, chunk: Any, request: Any) -> None:
        self.logging_obj = request
        self._reader = aiter(reader)
        self._chunk = chunk

    def __aiter__(self) -> _Chunks:
        return self

    async def __anext__(self) -> Any:
        while not isinstance(item := await anext(self._reader), self._chunk):
            pass
        return item


def _request(provider: str) -> Any:
    """What LiteLLM keeps of a request, as far as its streams ask for it."""
    request: Any = import_module("litellm.litellm_core_utils.litellm_logging").Logging(
        _MODEL, [{"role": "user", "content": "Hello"}], True, "acompletion", datetime.now(), "1", "1"
    )
    request.update_environment_variables(
        model=_MODEL, user=None, optional_params={}, litellm_params={}, custom_llm_provider=provider
    )
    return request


async def _iterate(lines: list[str]) -> AsyncIterator[str]:
    for line in lines:
        yield line


async def _framed(models: Any, end: bytes = b"") -> AsyncIterator[bytes]:
    async for model in models:
        yield f"data: {model.model_dump_json(exclude_none=True, exclude_unset=True)}\n\n".encode()
    yield end


def _collect(stream: AsyncIterator[bytes]) -> list[bytes]:
    async def collect() -> list[bytes]:
        return [event async for event in stream]

    return asyncio.run(collect())
