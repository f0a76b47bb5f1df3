# SPDX-License-Identifier: MIT
"""Writer: the parts of one stream in, their events out; the half of a dialect that encodes."""

from __future__ import annotations

from ..._errors import EncodeError
from ..._items import Event, Retry
from .._parts import BasePart, Finish, another_copy, without_raw
from .json import SENTINEL, dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..._items import Item
    from .._parts import (
        Block,
        BlockEnd,
        Error,
        FinishReason,
        Other,
        Part,
        ReasoningDelta,
        Start,
        TextDelta,
        ToolCallDelta,
        Usage,
    )
    from .dialect import Dialect

_SENTINELS = (SENTINEL, f'"{SENTINEL}"')
# The members of each kind that must be text: a reader would take anything else as absent.
_TEXTS = {
    "text": "text",
    "reasoning": "text",
    "tool_call": "arguments",
    "error": "message",
    "finish": "reason",
    "other": "name",
}


class Writer:
    """Writes one stream: what the stream calls is `encode` and `encode_end`; what a dialect overrides is below them.

    Each hook takes a part and gives items, most often `[self.event(payload)]`. One left out drops its part without
    a word, but `write_text`, `write_tool_call` and `write_error` refuse it (EncodeError), since the rest would
    mislead. `begin` makes the state of a message and is called once at the start, by `__init__`: set what it needs
    before `super().__init__()`.

    `dialect` is its Dialect and `name` that one's; `id`, `model` and `created` (Unix seconds) are written where no
    Start says so: there is no clock and no randomness, ids it must invent count up. `held_usage` is the last
    Usage, `held_finish()` the last Finish, or the one to be inferred. `failed` says that the stream can no longer
    end as a success, `ended` that its end was written.

    Facts, in place of checks. `one_choice`: a second choice is refused. `server_calls`: calls that the provider
    runs have a place; else they are dropped. `text_calls`: arguments may be no JSON; else such a call is refused.
    `replaces`: a Start after content begins the message again; else it is refused.

    >>> from sse_core.dialects import TextDelta, get
    >>> get("websopy").writer().encode(TextDelta("Hi"))
    [Event(data='{"type":"content","content":"Hi"}', type='message', last_event_id='')]
    """

    one_choice = False
    server_calls = False
    text_calls = False
    replaces = False

    def __init__(self, dialect: Dialect, *, id: str | None = None, model: str | None = None, created: int = 0) -> None:
        self.dialect = dialect
        self.name = dialect.name
        self.id = id
        self.model = model
        self.created = created
        self.ended = False
        # A stream has it. A second one would begin in the state that the first one left.
        self.taken = False
        self.failed = False
        # An error that is the end was written, or what `over` was told: nothing more is written.
        self._over = False
        # What is being raised is a refusal, before anything has happened: the stream goes on.
        self._refusing = False
        self.begin()

    def begin(self) -> None:
        """Make the state of a message: here, and nowhere else."""
        self.held_usage: Usage | None = None
        # The last Finish of each choice, and the choices with a call that the reader must act on.
        self.finishes: dict[int, Finish] = {}
        self.called: set[int] = set()
        # The calls that were handed on: the end of one that was dropped is dropped, too.
        self._calls_seen: set[tuple[int, Block]] = set()
        # The choices of which something was said: a Start can no longer be the first word.
        self.spoken: set[int] = set()

    # -- what a stream calls

    def encode(self, part: Part) -> list[Item]:
        """The items that say `part`; [] if it is held, or has no place here.

        EncodeError if the dialect cannot say it and leaving it out would mislead. Where the part was refused (it is
        none, it comes too late, its choice or kind has no place here) nothing has happened, and the stream goes on;
        else it has failed, and never ends as a success.
        """
        check(part)
        if part.kind == "done":
            return self.encode_end()
        if self.ended:
            raise EncodeError("part", part, "comes after the end of the stream")
        if self._over or part.kind == "invalid":
            return []
        if part.choice and self.one_choice:
            raise EncodeError("choice", part.choice, f"must be 0: {self.name} has one answer")
        if part.kind == "usage":
            self.held_usage = without_raw(part)
            return []
        if self.failed and completes(part):
            return []
        try:
            return self._write(part)
        except EncodeError:
            self.failed = self.failed or not self._refusing
            self._refusing = False
            raise

    def encode_end(self) -> list[Item]:
        """What closes all that is open, then the terminal; after an Error no success. Twice is once."""
        if self.ended:
            return []
        items: list[Item] = []
        if not self._over:
            try:
                items = self.write_failed_end() if self.failed else self.write_end()
            except EncodeError:
                self.failed = True
                raise
        self.ended = True
        return items

    # -- what a dialect overrides

    def write_start(self, part: Start) -> list[Item]:
        """The items of a message's beginning; with `replaces`, of another one's, too."""
        return []

    def write_text(self, part: TextDelta) -> list[Item]:
        """The items of a fragment of text."""
        raise self.refuse(part, "which has no text")

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        """The items of a fragment of reasoning."""
        return []

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        """The items of a fragment of a call that has a place: see `server_calls`, `text_calls`."""
        raise self.refuse(part, "which has no tool calls")

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        """The items of the end of a block."""
        return []

    def write_finish(self, part: Finish) -> list[Item]:
        """The items of a finish; where none is written, `held_finish` has it for `write_end`."""
        return []

    def write_error(self, part: Error) -> list[Item]:
        """The items of an error."""
        raise self.refuse(part, "which has no errors")

    def write_other(self, part: Other) -> list[Item]:
        """The items of an Other that is this dialect's, or nobody's."""
        return []

    def write_end(self) -> list[Item]:
        """The last items, of an answer that is whole."""
        return []

    def write_failed_end(self) -> list[Item]:
        """The last items after an Error, or after what could not be said: no success."""
        return []

    # -- what those call

    def event(self, payload: Any, type: str = "message") -> Event:
        """The event whose data is `payload` as JSON."""
        return Event(dumps(payload), type)

    def other(self, part: Other, key: str = "type") -> list[Item]:
        """The event of an Other as JsonReader.other reads it: its name is in the payload's `key`, or the event type."""
        data = part.data
        named = type(data) is dict and data.get(key) == part.name
        return [self.event(data, "message" if named else part.name)]

    def dumps(self, value: Any) -> str:
        """`value` as compact JSON text; EncodeError if it has none."""
        return dumps(value)

    def refuse(self, part: Part, why: str) -> EncodeError:
        """The EncodeError, to be raised before anything has happened: the stream then goes on without the part."""
        self._refusing = True
        return EncodeError("part", part, f"cannot be said in {self.name}, {why}")

    def over(self) -> None:
        """What was written is the terminal: nothing follows it."""
        self._over = True

    def held_finish(self, choice: int = 0) -> Finish:
        """The last Finish of the choice, or the one to be inferred."""
        return self.finishes.get(choice) or Finish("tool_call" if choice in self.called else "stop")

    def _write(self, part: Part) -> list[Item]:
        """The items of a part that goes to a hook."""
        choice = part.choice
        if part.kind == "text":
            self.spoken.add(choice)
            return self.write_text(part)
        if part.kind == "tool_call":
            return self._write_tool_call(part)
        if part.kind == "reasoning":
            self.spoken.add(choice)
            return self.write_reasoning(part)
        if part.kind == "block_end":
            dropped = part.of == "tool_call" and (choice, part.block) not in self._calls_seen
            return [] if dropped else self.write_block_end(part)
        if part.kind == "start":
            if choice in self.spoken and not self.replaces:
                raise EncodeError("part", part, f"comes after content: no message begins again in {self.name}")
            return self.write_start(part)
        if part.kind == "finish":
            self.finishes[choice] = without_raw(part)
            return self.write_finish(part)
        if part.kind == "error":
            items = self.write_error(part)
            self.failed = True
            self._over = self._over or self.dialect.error_ends
            return items
        if part.kind == "other":
            return self._write_other(part)
        return []

    def _write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        if part.server and not self.server_calls:
            return []
        has_calls = type(self).write_tool_call is not Writer.write_tool_call
        if not part.json and not self.text_calls and has_calls:
            raise self.refuse(part, "whose arguments are JSON")
        items = self.write_tool_call(part)
        self.spoken.add(part.choice)
        self._calls_seen.add((part.choice, part.block))
        if not part.server:
            self.called.add(part.choice)
        return items

    def _write_other(self, part: Other) -> list[Item]:
        if part.dialect not in (None, self.name):
            return []
        items = self.write_other(part)
        last = next((item for item in reversed(items) if isinstance(item, Event)), None)
        if last is None:
            return items
        if last.data.strip() in _SENTINELS:  # a reader would take it for the end
            if part.dialect is None:
                raise EncodeError("data", part.data, f"would end a stream of {self.name}")
            return []
        if part.id:
            last.last_event_id = part.id
        if part.retry is not None:
            items.insert(items.index(last), Retry(part.retry))
        return items


def check(part: object) -> None:
    """EncodeError for what is no part, or holds what no dialect can say: a reader would take it as absent."""
    if not isinstance(part, BasePart):
        raise EncodeError("part", part, f"must be a Part{another_copy(part)}")
    if type(part.choice) is not int or part.choice < 0:
        raise EncodeError("choice", part.choice, "must be an int from 0")
    field = _TEXTS.get(part.kind)  # type: ignore[attr-defined]  # every one has it
    if field is not None and type(getattr(part, field)) is not str:
        raise EncodeError(field, getattr(part, field), "must be str")


def completes(part: Part) -> bool:
    """Whether `part` may make an answer, or a call, look whole: what no one may write once damage was seen."""
    return part.kind in ("finish", "tool_call") or (part.kind == "block_end" and part.of == "tool_call")


def word_of(
    finish: Finish, reasons: Mapping[str, FinishReason], words: Mapping[FinishReason, str], default: str
) -> str:
    """The dialect's word for a finish: the raw one, if it is a word of `reasons`; else the nearest of `words`."""
    raw = finish.raw_reason or ""
    return raw if reasons.get(raw) == finish.reason else words.get(finish.reason, default)
