# SPDX-License-Identifier: MIT
"""Dialect: what one vendor or protocol means by its events; and the pieces several of them need."""

from __future__ import annotations

import json
from types import MappingProxyType

from .._errors import DialectError, EncodeError, TruncatedError
from .._items import Event
from ._parts import Done, Finish, Other, Part, ToolCallDelta, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from .._items import Comment, Ignored, Retry
    from ._parts import Block


class Dialect:
    """One direction of one stream: `decode` its events to parts, or `encode` parts to its events.

    `name` is what `get` finds it by; `headers` a server sends beside SSE_HEADERS; `newline` its line end on
    the wire; `dataless` whether its events may lack data; `resumable` whether Last-Event-ID means anything
    to it. `loads` reads JSON in place of json.loads; `id`, `model` and `created` (Unix seconds) are what an
    encoder writes where no Start says so. There is no clock and no randomness: ids it must invent count up.

    To write one: override `decode`, ending in `finish("event")` or `finish("sentinel")`; `write` and
    `write_end` if it also encodes; `complete` if the end of the body may be its end. The base reads a stream
    of plain text: each event is an Other, and the end of the body the end of the stream.
    """

    name = "text"
    headers: Mapping[str, str] = MappingProxyType({})
    newline = "\n"
    dataless = False
    resumable = True
    # Whether its clients skip comments, as the standard has it: then a Transcoder hands them on.
    comments = True
    # The end that did not come, in the words of TruncatedError.
    terminal = "its end"
    # Whether the answer is one choice, there from the start: then every Done has its Finish.
    one_choice = False

    def __init__(
        self,
        *,
        loads: Callable[[str], Any] = json.loads,
        id: str | None = None,
        model: str | None = None,
        created: int = 0,
    ) -> None:
        self.loads = loads
        self.scans = loads is json.loads
        self.id = id
        self.model = model
        self.created = created
        # Done was given, or the terminal written: nothing follows it.
        self.ended = False
        # An Error went by: then no Finish is inferred and no success written.
        self.failed = False
        # The choices that wait for their Finish, and whether the reader must act on a tool call of theirs.
        self.open: dict[int, bool] = {0: False} if self.one_choice else {}
        # The end of the body cut off an event: what was complete before it is no whole answer.
        self.was_cut = False
        # Decoding, what was merged so far; encoding, what is held to the end.
        self.usage: Usage | None = None

    def decode(self, event: Event) -> list[Part]:
        """The parts of one event; [] after Done. DialectError, holding the event, if it cannot be read."""
        return [] if self.ended else [Other(event.type, event.data, self.name)]

    def ignored(self, item: Ignored) -> list[Part]:
        """The parts of a line the standard ignores."""
        return []

    def last(self, event: Event, line_ended: bool) -> list[Part]:
        """The parts of an event whose blank line never came; DialectError if it may not be whole."""
        if line_ended:
            return self.decode(event)
        raise DialectError(f"{self.name}: the data was cut off", event)

    def cut(self, data: str) -> None:
        """The end of the body cut off an event that could not be read; `data` is what came of its data."""
        self.was_cut = True

    def end(self) -> list[Part]:
        """The body is over: [..., Done], [] if Done was given; TruncatedError if more had to come."""
        if self.ended:
            return []
        if self.failed:
            return self.finish("error")
        if self.complete() and not self.was_cut:
            return self.finish("eof")
        where = "inside an event" if self.was_cut and self.complete() else f"before {self.terminal}"
        raise TruncatedError(f"{self.name}: the stream ended {where}")

    def complete(self) -> bool:
        """Whether the answer is whole if the body ends here."""
        return type(self) is Dialect

    def finish(self, how: str, reconnect: bool = False, raw: Any = None) -> list[Part]:
        """The last parts: a Finish for each choice that has none, unless an Error came, and Done."""
        self.ended = True
        parts: list[Part] = []
        if not self.failed:
            parts += [Finish("tool_call" if called else "stop", None, choice) for choice, called in self.open.items()]
            self.open.clear()
        parts.append(Done(how, reconnect, raw=raw))
        return parts

    def encode(self, part: Part) -> list[Event | Retry | Comment]:
        """The events that say `part`; [] if it is held, or has no place here. EncodeError if that would be a lie."""
        _check(part)
        kind = part.kind
        if kind == "done":
            return list(self.encode_end())
        if self.ended:
            raise EncodeError("part", part, "comes after the end of the stream")
        if part.choice and self.one_choice:
            raise EncodeError("choice", part.choice, f"must be 0: {self.name} has one answer")
        if kind == "invalid" or (kind == "other" and part.dialect not in (None, self.name)):  # type: ignore[attr-defined]  # its kind has it
            return []
        if kind == "usage":
            self.usage = part  # type: ignore[assignment]  # the kind says it is one
            return []
        events = self.write(part)
        if kind == "error":
            self.failed = True
        return events

    def encode_end(self) -> list[Event]:
        """What closes all that is open, then the terminal; after an Error no success. Twice is once."""
        if self.ended:
            return []
        events = self.write_end()
        self.ended = True
        return events

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        """The events of a part that is this dialect's to say; all but Done, Usage and Invalid come here."""
        if part.kind != "other":
            return []
        return [Event(part.data if isinstance(part.data, str) else self.dumps(part.data), part.name)]  # type: ignore[attr-defined]  # its kind has it

    def write_end(self) -> list[Event]:
        """The last events."""
        return []

    def payload(self, event: Event) -> Any:
        """The event's data read as JSON; DialectError if it is none."""
        try:
            return event.json(None if self.scans else self.loads)
        except (ValueError, RecursionError) as error:
            raise DialectError(f"{self.name}: the data is no JSON: {error}", event) from error

    def dumps(self, value: Any) -> str:
        """`value` as compact JSON text, which UTF-8 can always write."""
        try:
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            if not text.isascii():
                try:
                    text.encode()
                except UnicodeEncodeError:  # a lone surrogate: it leaves as the escape it came as
                    return json.dumps(value, separators=(",", ":"))
            return text
        except RecursionError as error:  # its repr, in the message, would be one too
            raise EncodeError("data", type(value).__name__, "is nested too deep to be written as JSON") from error
        except (TypeError, ValueError) as error:
            raise EncodeError("data", value, f"cannot be written as JSON ({error})") from error

    def merge_usage(self, new: Usage) -> list[Part]:
        """[the usage so far], if `new` changed it. None never replaces a number."""
        old = self.usage
        if old is None:
            # A copy without raw, which would keep the payload, however large, as long as the stream.
            old = self.usage = Usage()
        changed = False
        for name in _COUNTS:
            count = getattr(new, name)
            if count is None:
                setattr(new, name, getattr(old, name))
            elif count != getattr(old, name):
                setattr(old, name, count)
                changed = True
        return [new] if changed else []


_COUNTS = Usage.__match_args__[:-1]


def _check(part: Part) -> None:
    """EncodeError for what is no part, or holds what no dialect can say: a reader would take it as absent."""
    if not isinstance(part, Part):
        raise EncodeError("part", part, "must be a Part")
    if type(part.choice) is not int or part.choice < 0:
        raise EncodeError("choice", part.choice, "must be an int from 0")
    for name in ("text", "arguments", "message", "reason"):
        if type(getattr(part, name, "")) is not str:
            raise EncodeError(name, getattr(part, name), "must be str")


class CallBuffer:
    """Tool calls put together, for a dialect that can only say a call whole."""

    def __init__(self) -> None:
        self._calls: dict[Block, list[ToolCallDelta]] = {}

    def add(self, part: ToolCallDelta) -> None:
        self._calls.setdefault(part.block, []).append(part)

    def pop(self, block: Block) -> ToolCallDelta | None:
        """The whole call of `block`, "" in all being {}; None if there is none."""
        parts = self._calls.pop(block, None)
        if not parts:
            return None
        arguments = "".join([part.arguments for part in parts])
        ids = [part.id for part in parts if part.id]
        names = [part.name for part in parts if part.name]
        free = not all(part.json for part in parts)
        return ToolCallDelta(
            arguments if free else arguments or "{}",
            block,
            ids[0] if ids else None,
            names[0] if names else None,
            json=not free,
        )

    def pop_all(self) -> list[ToolCallDelta]:
        """All whole calls, in the order in which they began."""
        return [call for block in list(self._calls) if (call := self.pop(block)) is not None]
