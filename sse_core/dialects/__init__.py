# SPDX-License-Identifier: MIT
"""What events mean: the parts, the dialects by name, and the streams that join them to the wire."""

from __future__ import annotations

from importlib import import_module

from ._accumulate import Accumulator, Choice, ToolCall
from ._dialect import Dialect
from ._parts import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Invalid,
    Other,
    Part,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)
from ._stream import PartDecoder, PartEncoder, Transcoder, aiter_parts, iter_parts

__all__ = [
    "Accumulator",
    "BlockEnd",
    "Choice",
    "Dialect",
    "Done",
    "Error",
    "Finish",
    "Invalid",
    "Other",
    "Part",
    "PartDecoder",
    "PartEncoder",
    "ReasoningDelta",
    "Start",
    "TextDelta",
    "ToolCall",
    "ToolCallDelta",
    "Transcoder",
    "Usage",
    "aiter_parts",
    "get",
    "iter_parts",
    "names",
]

# Each dialect's module and class: loaded on first use, so that a host pays for those it speaks.
_DIALECTS = {
    "aitunnel": ("openai_chat", "AITunnel"),
    "anthropic-completions": ("anthropic_completions", "AnthropicCompletions"),
    "anthropic-messages": ("anthropic", "AnthropicMessages"),
    "cohere-v2": ("cohere", "CohereV2"),
    "gemini": ("gemini", "Gemini"),
    "gemini-interactions": ("gemini_interactions", "GeminiInteractions"),
    "json": ("_json", "Json"),
    "laddro": ("laddro", "Laddro"),
    "lawbot": ("openai_chat", "Lawbot"),
    "openai-assistants": ("openai_assistants", "OpenAIAssistants"),
    "openai-chat": ("openai_chat", "OpenAIChat"),
    "openai-completions": ("openai_completions", "OpenAICompletions"),
    "openai-responses": ("openai_responses", "OpenAIResponses"),
    "openai-transcription": ("openai_transcription", "OpenAITranscription"),
    "sajuapi": ("sajuapi", "SajuAPI"),
    "websopy": ("websopy", "Websopy"),
}


def names() -> tuple[str, ...]:
    """The names of all dialects, sorted.

    >>> from sse_core.dialects import names
    >>> "openai-chat" in names()
    True
    """
    return tuple(sorted(_DIALECTS))


def get(name: str) -> type[Dialect]:
    """The Dialect class called `name`; ValueError if there is none.

    >>> from sse_core.dialects import PartDecoder, get
    >>> decoder = PartDecoder(get("json")(key="kind"))
    """
    if name not in _DIALECTS:
        raise ValueError(f"no dialect is called {name!r}; there are: {', '.join(names())}")
    module, class_name = _DIALECTS[name]
    dialect: type[Dialect] = getattr(import_module(f".{module}", __name__), class_name)
    return dialect
