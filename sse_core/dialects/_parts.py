# SPDX-License-Identifier: MIT
"""The parts: the one vocabulary that every dialect decodes to and encodes from.

Names are the AI SDK's and OpenTelemetry's. `kind` tells parts apart without isinstance; `choice` is the
index of the answer among several; `raw` is the decoded payload a part came from, outside ==, hash and
repr, which no encoder reads. `block` tells content of one kind and choice apart.
"""

from __future__ import annotations

from .._items import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Event

    Block = int | str


class Part(Value):
    """The base of all parts."""

    __slots__ = ("choice", "raw")
    kind = ""
    choice: int
    raw: Any

    def __repr__(self) -> str:
        """The values that are not the defaults, which are most of them."""
        defaults = self.__init__.__func__.__defaults__[:-1]  # type: ignore[misc]  # all but raw's
        names = self.__match_args__
        needed = len(names) - len(defaults)
        shown = [f"{name}={getattr(self, name)!r}" for name in names[:needed]]
        for name, default in zip(names[needed:], defaults, strict=True):
            value = getattr(self, name)
            if value is not default and value != default:
                shown.append(f"{name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


class Start(Part):
    """A message begins; a second one replaces the first."""

    __slots__ = ("id", "model", "role")
    __match_args__ = ("id", "model", "role", "choice")
    kind = "start"

    def __init__(
        self, id: str | None = None, model: str | None = None, role: str | None = None, choice: int = 0, raw: Any = None
    ) -> None:
        self.id = id
        self.model = model
        self.role = role
        self.choice = choice
        self.raw = raw


class TextDelta(Part):
    """A fragment of the answer's text; `refusal` if the model declines in it."""

    __slots__ = ("block", "refusal", "text")
    __match_args__ = ("text", "block", "refusal", "choice")
    kind = "text"

    def __init__(self, text: str, block: Block = 0, refusal: bool = False, choice: int = 0, raw: Any = None) -> None:
        self.text = text
        self.block = block
        self.refusal = refusal
        self.choice = choice
        self.raw = raw


class ReasoningDelta(Part):
    """A fragment of the reasoning; `signature` is what proves it, or holds it encrypted, for its provider."""

    __slots__ = ("block", "signature", "text")
    __match_args__ = ("text", "block", "signature", "choice")
    kind = "reasoning"

    def __init__(
        self, text: str, block: Block = 0, signature: str | None = None, choice: int = 0, raw: Any = None
    ) -> None:
        self.text = text
        self.block = block
        self.signature = signature
        self.choice = choice
        self.raw = raw


class ToolCallDelta(Part):
    """A fragment of a tool call's arguments, JSON text unless `json` is False; "" in all means {}.

    `id` and `name` come with the first fragment. `server`: the provider runs it; show it, never execute it.
    """

    __slots__ = ("arguments", "block", "id", "json", "name", "server")
    __match_args__ = ("arguments", "block", "id", "name", "server", "json", "choice")
    kind = "tool_call"

    def __init__(
        self,
        arguments: str = "",
        block: Block = 0,
        id: str | None = None,
        name: str | None = None,
        server: bool = False,
        json: bool = True,
        choice: int = 0,
        raw: Any = None,
    ) -> None:
        self.arguments = arguments
        self.block = block
        self.id = id
        self.name = name
        self.server = server
        self.json = json
        self.choice = choice
        self.raw = raw


class BlockEnd(Part):
    """A block is complete; `of` is the kind of its parts."""

    __slots__ = ("block", "of")
    __match_args__ = ("block", "of", "choice")
    kind = "block_end"

    def __init__(self, block: Block = 0, of: str = "text", choice: int = 0, raw: Any = None) -> None:
        self.block = block
        self.of = of
        self.choice = choice
        self.raw = raw


class Usage(Part):
    """The tokens so far, each Usage complete: the last one counts. None is "not said".

    `input_tokens` include those read from and written to a cache, `output_tokens` those of reasoning.
    """

    __slots__ = (
        "cache_read_tokens",
        "cache_write_tokens",
        "input_tokens",
        "output_tokens",
        "reasoning_tokens",
        "total_tokens",
    )
    __match_args__ = (
        "input_tokens",
        "output_tokens",
        "total_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
        "choice",
    )
    kind = "usage"

    def __init__(
        self,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        total_tokens: int | None = None,
        cache_read_tokens: int | None = None,
        cache_write_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        choice: int = 0,
        raw: Any = None,
    ) -> None:
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.total_tokens = total_tokens
        self.cache_read_tokens = cache_read_tokens
        self.cache_write_tokens = cache_write_tokens
        self.reasoning_tokens = reasoning_tokens
        self.choice = choice
        self.raw = raw


class Finish(Part):
    """Why a choice ended: stop, length, tool_call, content_filter, error or other.

    `raw_reason` is the provider's word; None: it gave none, and the reason is inferred.
    """

    __slots__ = ("raw_reason", "reason")
    __match_args__ = ("reason", "raw_reason", "choice")
    kind = "finish"

    def __init__(self, reason: str, raw_reason: str | None = None, choice: int = 0, raw: Any = None) -> None:
        self.reason = reason
        self.raw_reason = raw_reason
        self.choice = choice
        self.raw = raw


class Error(Part):
    """An error that the server sent in the stream: a value, not an exception. `status` is an HTTP status."""

    __slots__ = ("code", "message", "status", "type")
    __match_args__ = ("message", "type", "code", "status", "choice")
    kind = "error"

    def __init__(
        self,
        message: str,
        type: str | None = None,
        code: str | int | None = None,
        status: int | None = None,
        choice: int = 0,
        raw: Any = None,
    ) -> None:
        self.message = message
        self.type = type
        self.code = code
        self.status = status
        self.choice = choice
        self.raw = raw


class Invalid(Part):
    """A payload that could not be read, and the DialectError that says why; the stream goes on."""

    __slots__ = ("error", "event")
    __match_args__ = ("event", "error", "choice")
    kind = "invalid"

    def __init__(self, event: Event, error: Exception, choice: int = 0, raw: Any = None) -> None:
        # The frames of the traceback, and the causes', would keep all that was read beside it alive.
        if isinstance(error, Exception):
            error.__traceback__ = error.__cause__ = error.__context__ = None
        self.event = event
        self.error = error
        self.choice = choice
        self.raw = raw

    def _values(self) -> tuple[object, ...]:
        # Exceptions compare by identity; what they say is their value here.
        return (self.event, type(self.error), str(self.error), self.choice)


class Done(Part):
    """The protocol's end, by "sentinel", "event", "eof" or "error"; nothing follows it."""

    __slots__ = ("how", "reconnect")
    __match_args__ = ("how", "reconnect", "choice")
    kind = "done"

    def __init__(self, how: str, reconnect: bool = False, choice: int = 0, raw: Any = None) -> None:
        self.how = how
        self.reconnect = reconnect
        self.choice = choice
        self.raw = raw


class Other(Part):
    """What has no common meaning: pings, citations, patches, unknown types. `dialect` is whose it is."""

    __slots__ = ("block", "data", "dialect", "name")
    __match_args__ = ("name", "data", "dialect", "block", "choice")
    kind = "other"

    def __init__(
        self,
        name: str,
        data: Any = None,
        dialect: str | None = None,
        block: Block | None = None,
        choice: int = 0,
        raw: Any = None,
    ) -> None:
        self.name = name
        self.data = data
        self.dialect = dialect
        self.block = block
        self.choice = choice
        self.raw = raw
