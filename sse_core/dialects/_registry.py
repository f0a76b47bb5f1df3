# SPDX-License-Identifier: MIT
"""Which dialects there are, by name: the name is the address, loaded when first asked for; and their halves."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from .base.dialect import Dialect
from .base.reader import Reader
from .base.writer import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal, TypeVar

    Half = TypeVar("Half", Reader, Writer)

    Name = Literal[
        "a2a",
        "ag-ui",
        "aitunnel",
        "anthropic-completions",
        "anthropic-messages",
        "anthropic-sessions",
        "braintrust",
        "cohere-v2",
        "coze",
        "dashscope",
        "datastar",
        "dify",
        "django-eventstream",
        "esphome",
        "ethereum-beacon",
        "firebase",
        "flowise",
        "gemini",
        "gemini-interactions",
        "google-adk",
        "graphql-sse",
        "home-assistant",
        "json",
        "laddro",
        "langgraph",
        "langgraph-events",
        "langserve",
        "launchdarkly",
        "lawbot",
        "letta",
        "llamacpp",
        "mastodon",
        "mcp",
        "mistral-conversations",
        "ntfy",
        "openai-assistants",
        "openai-chat",
        "openai-chatkit",
        "openai-completions",
        "openai-responses",
        "openai-transcription",
        "philips-hue",
        "pocketbase",
        "replicate",
        "sajuapi",
        "snowflake-agents",
        "stellar",
        "text",
        "tgi",
        "vercel-ai-ui",
        "watsonx",
        "websopy",
        "wikimedia",
        "workers-ai",
        "writer-completions",
    ]

# The module of each, below this package. Its DIALECT is the Dialect, or a function that makes it of the options that
# change its facts; a table of services has DIALECTS, by name.
_MODULES = {
    "a2a": ".a2a",
    "ag-ui": ".ag.ui",
    "aitunnel": ".aitunnel",
    "anthropic-completions": ".anthropic.completions",
    "anthropic-messages": ".anthropic.messages",
    "anthropic-sessions": ".anthropic.sessions",
    "braintrust": ".braintrust",
    "cohere-v2": ".cohere.v2",
    "coze": ".coze",
    "dashscope": ".dashscope",
    "datastar": ".datastar",
    "dify": ".dify",
    "django-eventstream": ".named",
    "esphome": ".named",
    "ethereum-beacon": ".named",
    "firebase": ".named",
    "flowise": ".flowise",
    "gemini": ".gemini",
    "gemini-interactions": ".gemini.interactions",
    "google-adk": ".google.adk",
    "graphql-sse": ".graphql.sse",
    "home-assistant": ".named",
    "json": ".json",
    "laddro": ".laddro",
    "langgraph": ".langgraph",
    "langgraph-events": ".langgraph.events",
    "langserve": ".langserve",
    "launchdarkly": ".named",
    "lawbot": ".lawbot",
    "letta": ".letta",
    "llamacpp": ".llamacpp",
    "mastodon": ".named",
    "mcp": ".mcp",
    "mistral-conversations": ".mistral.conversations",
    "ntfy": ".named",
    "openai-assistants": ".openai.assistants",
    "openai-chat": ".openai.chat",
    "openai-chatkit": ".openai.chatkit",
    "openai-completions": ".openai.completions",
    "openai-responses": ".openai.responses",
    "openai-transcription": ".openai.transcription",
    "philips-hue": ".named",
    "pocketbase": ".named",
    "replicate": ".replicate",
    "sajuapi": ".sajuapi",
    "snowflake-agents": ".snowflake.agents",
    "stellar": ".named",
    "text": ".text",
    "tgi": ".tgi",
    "vercel-ai-ui": ".vercel.ai_ui",
    "watsonx": ".watsonx",
    "websopy": ".websopy",
    "wikimedia": ".named",
    "workers-ai": ".workers.ai",
    "writer-completions": ".writer.completions",
}


def names() -> tuple[str, ...]:
    """The names of all dialects, sorted; of a vendored copy, those whose files it kept.

    >>> from sse_core.dialects import names
    >>> "openai-chat" in names()
    True
    """
    return tuple([name for name in sorted(_MODULES) if _is_here(_MODULES[name])])


def get(name: str, **options: Any) -> Dialect:
    """The Dialect called `name`, with its own options; ValueError if there is none, TypeError for no option of it.

    >>> from sse_core.dialects import PartDecoder, get
    >>> decoder = PartDecoder(get("json", key="kind"))
    """
    if name not in _MODULES or not _is_here(_MODULES[name]):
        raise ValueError(f"no dialect is called {name!r}; there are: {', '.join(names())}")
    module = import_module(_MODULES[name], __package__)
    table: dict[str, Dialect] = getattr(module, "DIALECTS", {})
    found: Dialect | Callable[..., Dialect] = table.get(name) or module.DIALECT
    if not isinstance(found, Dialect):
        return found(**options)
    return found.with_options(**options) if options else found


def _is_here(module: str) -> bool:
    family = module.rpartition(".")[0]
    return (not family or find_spec(family, __package__) is not None) and find_spec(module, __package__) is not None


def reader_of(dialect: Name | Dialect | Reader, loads: Callable[[str], Any] | None) -> Reader:
    """The Reader for one stream that `dialect` means."""
    if isinstance(dialect, Reader):
        return _taken(dialect, {"loads": loads})
    found = get(dialect) if isinstance(dialect, str) else dialect
    if not isinstance(found, Dialect):
        raise TypeError(f"a dialect is a name, a Dialect or a Reader, not {dialect!r}")
    return _taken(found.reader(**({} if loads is None else {"loads": loads})), {})


def writer_of(dialect: Name | Dialect | Writer, options: dict[str, Any]) -> Writer:
    """The Writer for one stream that `dialect` means."""
    if isinstance(dialect, Writer):
        return _taken(dialect, options)
    found = get(dialect) if isinstance(dialect, str) else dialect
    if not isinstance(found, Dialect):
        raise TypeError(f"a dialect is a name, a Dialect or a Writer, not {dialect!r}")
    return _taken(found.writer(**{name: value for name, value in options.items() if value is not None}), {})


def _taken(half: Half, options: dict[str, Any]) -> Half:
    """`half`, taken for one stream: it has its options, and serves no second stream."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise TypeError(f"{', '.join(given)}: give it to the {type(half).__name__}, not beside it")
    if half.taken:
        raise TypeError(f"this {type(half).__name__} has its stream: one serves one stream, a Dialect any number")
    half.taken = True
    return half
