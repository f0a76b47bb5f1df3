# SPDX-License-Identifier: MIT
"""The parts: the one vocabulary that every dialect decodes to and encodes from.

Names are the AI SDK's and OpenTelemetry's. `match`, `isinstance` and `part.kind ==` all tell parts apart, for type
checkers too; `choice` is the index of the answer among several; `raw` is the decoded payload a part came from,
outside ==, hash and repr, which no encoder reads. `block` tells content of one kind and choice apart.
"""

from __future__ import annotations

from .._errors import shorten
from .._items import Event, Slots, Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeVar

    Block = int | str
    FinishReason = Literal["stop", "length", "tool_call", "content_filter", "error", "other"]
    How = Literal["sentinel", "event", "eof", "error"]
    Of = Literal["text", "reasoning", "tool_call", "other"]
    AnyPart = TypeVar("AnyPart", bound="BasePart")


class Unread(Slots):
    """A payload that nobody has asked for yet: JSON text that is parsed when one does, once for all its parts."""

    __slots__ = ("data", "parsed")
    data: str
    parsed: Any

    def value(self) -> Any:
        if not hasattr(self, "parsed"):
            self.parsed = Event(self.data).json()
        return self.parsed


class BasePart(Value):
    """What all parts have. `Part`, the union of them, is what a type checker narrows."""

    __slots__ = ("_raw", "choice")
    choice: int
    _raw: Any

    @property
    def raw(self) -> Any:
        """The decoded payload."""
        raw = self._raw
        if type(raw) is Unread:
            raw = self._raw = raw.value()
        return raw

    @raw.setter
    def raw(self, raw: Any) -> None:
        self._raw = raw

    def __repr__(self: Any) -> str:
        """The values that are not the defaults, which are most of them; each short, whatever it holds."""
        names = self.__match_args__
        defaults = vars(type(self))["__init__"].__defaults__[:-1]  # all but raw's
        needed = len(names) - len(defaults)
        shown = [f"{name}={shorten(getattr(self, name))}" for name in names[:needed]]
        for name, default in zip(names[needed:], defaults, strict=True):
            value = getattr(self, name)
            if value is not default and value != default:
                shown.append(f"{name}={shorten(value)}")
        return f"{type(self).__name__}({', '.join(shown)})"


def without_raw(part: AnyPart) -> AnyPart:
    """`part`, or a copy of it, that pins no payload: for what is kept."""
    if part._raw is None:
        return part
    old: Any = part
    copy: AnyPart = type(part)(*[getattr(part, name) for name in old.__match_args__])
    return copy


def another_copy(value: object) -> str:
    """What to add to the refusal of a part that another copy of the package made: both are then vendored here."""
    theirs, ours = type(value).__module__, BasePart.__module__
    if theirs == ours or theirs.rpartition(".")[2] != ours.rpartition(".")[2]:
        return ""
    return f": this one is of {theirs}, another copy of the package; here is {ours}"


class Start(BasePart):
    """A message begins; a second one replaces the first."""

    __slots__ = ("id", "model", "role")
    __match_args__ = ("id", "model", "role", "choice")
    kind: Literal["start"] = "start"

    def __init__(
        self, id: str | None = None, model: str | None = None, role: str | None = None, choice: int = 0, raw: Any = None
    ) -> None:
        self.id: str | None = id
        self.model: str | None = model
        self.role: str | None = role
        self.choice = choice
        self._raw = raw


class TextDelta(BasePart):
    """A fragment of the answer's text; `refusal` if the model declines in it."""

    __slots__ = ("block", "refusal", "text")
    __match_args__ = ("text", "block", "refusal", "choice")
    kind: Literal["text"] = "text"

    def __init__(self, text: str, block: Block = 0, refusal: bool = False, choice: int = 0, raw: Any = None) -> None:
        self.text: str = text
        self.block: Block = block
        self.refusal: bool = refusal
        self.choice = choice
        self._raw = raw


class ReasoningDelta(BasePart):
    """A fragment of the reasoning; `signature` is what proves it, or holds it encrypted, for its provider."""

    __slots__ = ("block", "signature", "text")
    __match_args__ = ("text", "block", "signature", "choice")
    kind: Literal["reasoning"] = "reasoning"

    def __init__(
        self, text: str, block: Block = 0, signature: str | None = None, choice: int = 0, raw: Any = None
    ) -> None:
        self.text: str = text
        self.block: Block = block
        self.signature: str | None = signature
        self.choice = choice
        self._raw = raw


class ToolCallDelta(BasePart):
    """A fragment of a tool call's arguments, JSON text unless `json` is False; "" in all means {}.

    `id` and `name` come with the first fragment. `server`: the provider runs it; show it, never execute it.
    """

    __slots__ = ("arguments", "block", "id", "json", "name", "server")
    __match_args__ = ("arguments", "block", "id", "name", "server", "json", "choice")
    kind: Literal["tool_call"] = "tool_call"

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
        self.arguments: str = arguments
        self.block: Block = block
        self.id: str | None = id
        self.name: str | None = name
        self.server: bool = server
        self.json: bool = json
        self.choice = choice
        self._raw = raw


class BlockEnd(BasePart):
    """A block is complete; `of` is the kind of its parts."""

    __slots__ = ("block", "of")
    __match_args__ = ("block", "of", "choice")
    kind: Literal["block_end"] = "block_end"

    def __init__(self, block: Block = 0, of: Of = "text", choice: int = 0, raw: Any = None) -> None:
        self.block: Block = block
        self.of: Of = of
        self.choice = choice
        self._raw = raw


class Usage(BasePart):
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
    kind: Literal["usage"] = "usage"

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
        self.input_tokens: int | None = input_tokens
        self.output_tokens: int | None = output_tokens
        self.total_tokens: int | None = total_tokens
        self.cache_read_tokens: int | None = cache_read_tokens
        self.cache_write_tokens: int | None = cache_write_tokens
        self.reasoning_tokens: int | None = reasoning_tokens
        self.choice = choice
        self._raw = raw


class Finish(BasePart):
    """Why a choice ended: stop, length, tool_call, content_filter, error or other.

    `raw_reason` is the provider's word; None: it gave none, and the reason is inferred.
    """

    __slots__ = ("raw_reason", "reason")
    __match_args__ = ("reason", "raw_reason", "choice")
    kind: Literal["finish"] = "finish"

    def __init__(self, reason: FinishReason, raw_reason: str | None = None, choice: int = 0, raw: Any = None) -> None:
        self.reason: FinishReason = reason
        self.raw_reason: str | None = raw_reason
        self.choice = choice
        self._raw = raw


class Error(BasePart):
    """An error that the server sent in the stream: a value, not an exception. `status` is an HTTP status."""

    __slots__ = ("code", "message", "status", "type")
    __match_args__ = ("message", "type", "code", "status", "choice")
    kind: Literal["error"] = "error"

    def __init__(
        self,
        message: str,
        type: str | None = None,
        code: str | int | None = None,
        status: int | None = None,
        choice: int = 0,
        raw: Any = None,
    ) -> None:
        self.message: str = message
        self.type: str | None = type
        self.code: str | int | None = code
        self.status: int | None = status
        self.choice = choice
        self._raw = raw


class Invalid(BasePart):
    """A payload that could not be read, and the DialectError that says why; the stream goes on."""

    __slots__ = ("error", "event")
    __match_args__ = ("event", "error", "choice")
    kind: Literal["invalid"] = "invalid"

    def __init__(self, event: Event, error: Exception, choice: int = 0, raw: Any = None) -> None:
        # The frames of the traceback, and the causes', would keep all that was read beside it alive.
        if isinstance(error, Exception):
            error.__traceback__ = error.__cause__ = error.__context__ = None
        self.event: Event = event
        self.error: Exception = error
        self.choice = choice
        self._raw = raw

    def _values(self) -> tuple[object, ...]:
        # Exceptions compare by identity; what they say is their value here.
        return (self.event, type(self.error), str(self.error), self.choice)


class Done(BasePart):
    """The protocol's end, by "sentinel", "event", "eof" or "error"; nothing follows it."""

    __slots__ = ("how", "reconnect")
    __match_args__ = ("how", "reconnect", "choice")
    kind: Literal["done"] = "done"

    def __init__(self, how: How, reconnect: bool = False, choice: int = 0, raw: Any = None) -> None:
        self.how: How = how
        self.reconnect: bool = reconnect
        self.choice = choice
        self._raw = raw


class Other(BasePart):
    """What has no common meaning: pings, citations, patches, unknown types. `dialect` is whose it is.

    `id` and `retry` (milliseconds) are the event's, where the dialect's events carry them; both are written
    into the same block.
    """

    __slots__ = ("block", "data", "dialect", "id", "name", "retry")
    __match_args__ = ("name", "data", "dialect", "block", "id", "retry", "choice")
    kind: Literal["other"] = "other"

    def __init__(
        self,
        name: str,
        data: Any = None,
        dialect: str | None = None,
        block: Block | None = None,
        id: str | None = None,
        retry: int | None = None,
        choice: int = 0,
        raw: Any = None,
    ) -> None:
        self.name: str = name
        self.data: Any = data
        self.dialect: str | None = dialect
        self.block: Block | None = block
        self.id: str | None = id
        self.retry: int | None = retry
        self.choice = choice
        self._raw = raw


Part = Start | TextDelta | ReasoningDelta | ToolCallDelta | BlockEnd | Usage | Finish | Error | Invalid | Done | Other
