"""LiteLLM's own converters between dialects: the lines of an answer in, the bytes that its proxy would send out.

Each takes lines that are split and decoded already, as its HTTP client gives them, and is entered where LiteLLM's code
for that provider reads them: OpenAIChatCompletionStreamingHandler (llms/openai/chat), ModelResponseIterator
(llms/anthropic/chat) and ModelResponseIterator (llms/vertex_ai/gemini). Out of these come its own chunks, in the form
of openai-chat; AnthropicStreamWrapper (llms/anthropic/pass_through/adapters) and LiteLLMCompletionStreamingIterator
(responses) make them another dialect's, and pydantic's JSON is framed as its proxy does.

What stands around these in its proxy is left out, in its favour: the split into lines, hooks, asyncio, and above all
CustomStreamWrapper with its checks, copies and logging for each chunk (with it, and no logging, an event cost 320 to
490 us in all). Against it: its proxy writes a plain text chunk of openai-chat with orjson, which is quicker than
pydantic, by little beside the rest.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from importlib import import_module
from typing import Any

Converter = Callable[[list[str]], list[bytes]]


def converters() -> dict[tuple[str, str], Converter]:
    """Each converter, by the names of the dialects that it is between."""
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else its import asks the network for prices
    chunk: Any = import_module("litellm.types.utils").ModelResponseStream
    chat: Any = import_module("litellm.llms.openai.chat.gpt_transformation").OpenAIChatCompletionStreamingHandler
    anthropic: Any = import_module("litellm.llms.anthropic.chat.handler").ModelResponseIterator
    gemini: Any = import_module("litellm.llms.vertex_ai.gemini.vertex_and_google_ai_studio_gemini")
    adapters: Any = import_module("litellm.llms.anthropic.pass_through.adapters.streaming_iterator")
    responses: Any = import_module("litellm.responses.litellm_completion_transformation.streaming_iterator")
    logging: Any = import_module("litellm.litellm_core_utils.litellm_logging").Logging
    about: Any = logging("gpt-4o-mini", [], True, "acompletion", datetime.now(), "1", "1")
    about.optional_params = {}

    def chunks(iterator: Any) -> Iterator[Any]:
        # Blank lines and [DONE] become placeholders, which CustomStreamWrapper drops.
        return (item for item in iterator if isinstance(item, chunk))

    def to_anthropic(lines: list[str]) -> list[bytes]:
        read = chunks(chat(iter(lines), True))
        return list(adapters.AnthropicStreamWrapper(read, model="gpt-4o-mini").anthropic_sse_wrapper())

    def to_responses(lines: list[str]) -> list[bytes]:
        source = _Source(chunks(chat(iter(lines), True)), about)
        return _framed(responses.LiteLLMCompletionStreamingIterator("gpt-4o-mini", source, "Hello", {}))

    def from_anthropic(lines: list[str]) -> list[bytes]:
        return [*_framed(chunks(anthropic(iter(lines), True))), b"data: [DONE]\n\n"]

    def from_gemini(lines: list[str]) -> list[bytes]:
        return [*_framed(chunks(gemini.ModelResponseIterator(iter(lines), True, about))), b"data: [DONE]\n\n"]

    return {
        ("openai-chat", "anthropic-messages"): to_anthropic,
        ("anthropic-messages", "openai-chat"): from_anthropic,
        ("openai-chat", "openai-responses"): to_responses,
        ("gemini", "openai-chat"): from_gemini,
    }


class _Source:
    """What stands where LiteLLMCompletionStreamingIterator expects a CustomStreamWrapper."""

    def __init__(self, chunks: Iterator[Any], about: Any) -> None:
        self.logging_obj = about
        self._chunks = chunks

    def __next__(self) -> Any:
        return next(self._chunks)


def _framed(models: Any) -> list[bytes]:
    texts = [model.model_dump_json(exclude_none=True, exclude_unset=True) for model in models]
    return [f"data: {text}\n\n".encode() for text in texts]
