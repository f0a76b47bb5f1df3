# SPDX-License-Identifier: MIT
"""Writer: the parts of one stream in, their events out; the half of a dialect that encodes."""

from __future__ import annotations

from ..._errors import EncodeError, LimitError
from ..._items import Event, Retry
from .._parts import BasePart, BlockEnd, Error, Finish, Usage, another_copy, without_raw
from .dialect import reduced
from .held import MAX_SIZE, NO_CHOICES, OVERHEAD, Held, length
from .json import SENTINEL, dumps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from typing import Any

    from ..._items import Item
    from .._parts import (
        Block,
        FinishReason,
        Other,
        Part,
        ReasoningDelta,
        Start,
        TextDelta,
        ToolCallDelta,
    )
    from .dialect import Dialect

    Said = Start | TextDelta | ReasoningDelta | ToolCallDelta | BlockEnd | Finish | Error | Other

MAX_CHOICES = 128  # of one message: readers take an index past it for absent, so that their state stays bounded
_SENTINELS = (SENTINEL, f'"{SENTINEL}"')
_TEXT, _OPTIONAL, _BLOCK = (str,), (str, type(None)), (int, str)
# The members of each kind that a reader would take as absent, or fail on, were they of another type.
_TYPES: dict[str, tuple[tuple[str, tuple[type, ...]], ...]] = {
    "start": (("id", _OPTIONAL), ("model", _OPTIONAL), ("role", _OPTIONAL)),
    "text": (("text", _TEXT), ("block", _BLOCK)),
    "reasoning": (("text", _TEXT), ("block", _BLOCK), ("signature", _OPTIONAL)),
    "tool_call": (("arguments", _TEXT), ("block", _BLOCK), ("id", _OPTIONAL), ("name", _OPTIONAL)),
    "block_end": (("block", _BLOCK), ("of", _TEXT)),
    "usage": tuple([(name, (int, type(None))) for name in Usage.__match_args__[:-1]]),
    "finish": (("reason", _TEXT), ("raw_reason", _OPTIONAL)),
    "error": (("message", _TEXT), ("type", _OPTIONAL), ("code", (int, *_OPTIONAL)), ("status", (int, type(None)))),
    "other": (("name", _TEXT), ("dialect", _OPTIONAL), ("block", (*_BLOCK, type(None))), ("id", _OPTIONAL)),
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
    end as a success, `ended` that its end was written. What is kept between two parts counts in `held`, in
    characters: `held.add(size)` before it is, `held.release(size)` after, or a HeldText of it; past `max_size` that
    is a LimitError, and the stream has failed.

    Facts, in place of checks. `one_choice`: a second choice is refused. `server_calls`: calls that the provider
    runs have a place; else they are dropped. `told_later`: that it runs a call may be said after the call began;
    else such a fragment is refused, since the call was written as the client's; and where the call was over, the
    finish that would have it run. `text_calls`: arguments may be no
    JSON; else such a call is refused. `replaces`: a Start after content begins the message again; else it is refused.
    `again`: a shortcut, for the class that sets it and none made of it: see Again.

    >>> from sse_core.dialects import TextDelta, get
    >>> get("websopy").writer().encode(TextDelta("Hi"))
    [Event(data='{"type":"content","content":"Hi"}', type='message', last_event_id='')]
    """

    one_choice = False
    server_calls = False
    told_later = False
    text_calls = False
    replaces = False
    again = False

    def __init__(
        self,
        dialect: Dialect,
        *,
        id: str | None = None,
        model: str | None = None,
        created: int = 0,
        max_size: int = MAX_SIZE,
    ) -> None:
        self.dialect = dialect
        self.name: str = dialect.name
        self.id: str | None = id
        self.model: str | None = model
        self.created = created
        # What waits, or was said and will be said again. LimitError past max_size.
        self.held: Held = Held(max_size)
        self.ended: bool = False
        # A stream has it. A second one would begin in the state that the first one left.
        self.taken = False
        self.failed: bool = False
        # An error that is the end was written, or what `over` was told: nothing more is written.
        self._over = False
        # The refusal that is being raised, before anything has happened: the stream goes on.
        self._refusal: EncodeError | None = None
        self.begin()

    def __reduce_ex__(self, protocol: Any) -> str | tuple[Any, ...]:
        return reduced(self, protocol)

    def begin(self) -> None:
        """Make the state of a message: here, and nowhere else."""
        self.held = Held(self.held.limit)
        self.held_usage: Usage | None = None
        # The last Finish of each choice, and the choices with a call that the reader must act on.
        self.finishes: dict[int, Finish] = {}
        self.called: frozenset[int] = NO_CHOICES
        # The calls that were handed on: the end of one that was dropped is dropped, too.
        # By choice and block, the id of each, the block under which it is written, and whether the provider runs it:
        # another id there is another call. None in place of that: the client's, and over.
        self._calls_seen: dict[tuple[int, Block], tuple[str | None, Block, bool | None]] = {}
        # The choices with a call that was written as the client's, and is none to act on.
        self._answered = NO_CHOICES
        # The choices of which something was said: a Start can no longer be the first word.
        self.spoken: frozenset[int] = NO_CHOICES

    # -- what a stream calls

    def encode(self, part: Part) -> list[Item]:
        """The items that say `part`; [] if it is held, or has no place here.

        LimitError if more than `max_size` would be held: the stream has failed, and never ends as a success.
        EncodeError if the dialect cannot say it and leaving it out would mislead. Where the part was refused (it is
        none, it comes too late, its choice or kind has no place here) nothing has happened, and the stream goes on;
        else it has failed, and never ends as a success.
        """
        check(part)
        if part.kind == "done":
            self.failed = self.failed or part.reconnect  # more is to come of another connection: no whole answer
            return self.encode_end()
        if self.ended:
            raise EncodeError("part", part, "comes after the end of the stream")
        if part.kind == "invalid":  # what was lost, nobody knows
            self.failed = True
        if self._over or part.kind == "invalid":
            return []
        if part.choice and (self.one_choice or part.choice >= MAX_CHOICES):
            most = "0" if self.one_choice else f"below {MAX_CHOICES}"
            answers = "one answer" if self.one_choice else "no more answers"
            raise EncodeError("choice", part.choice, f"must be {most}: {self.name} has {answers}")
        if part.kind == "usage":
            # A copy without raw, which may be large; written out, since it may come with each event.
            input, output, total = part.input_tokens, part.output_tokens, part.total_tokens
            read, written = part.cache_read_tokens, part.cache_write_tokens
            self.held_usage = Usage(input, output, total, read, written, part.reasoning_tokens, part.choice)
            return []
        if self.failed and completes(part):
            return []
        try:
            return self._write(part)
        except EncodeError as error:
            self.failed = self.failed or error is not self._refusal or part.kind == "error"
            self._refusal = None
            raise
        except LimitError:
            self.failed = True
            raise

    def encode_end(self) -> list[Item]:
        """What closes all that is open, then the terminal; after an Error no success. Twice is once."""
        if self.ended:
            return []
        items: list[Item] = []
        if not self._over:
            try:
                items = self.write_failed_end() if self.failed else self.write_end()
            except (EncodeError, LimitError):
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
        named = type(part.data) is dict and part.data.get(key) == part.name
        return self.meaningless(part, self.event(part.data, "message" if named else part.name))

    def meaningless(self, part: Other, event: Event) -> list[Item]:
        """[the event of an Other], if a reader of the dialect takes it for no more than that.

        What came in as meaningless must never leave as a call, text or an end.
        """
        reader = self.dialect.reader()
        try:
            found = reader.decode(event)
        except (ValueError, RecursionError):
            return self.reserved(part)
        again = bool(found) and all(other.kind == "other" and other.name == part.name for other in found)
        # A finish that is held is no part yet.
        return [event] if again and not any(reader.finishes.values()) else self.reserved(part)

    def read_back(self, event: Event) -> list[Part]:
        """What a reader of the dialect takes `event` for; [] if it cannot read it."""
        try:
            return self.dialect.reader().decode(event)
        except (ValueError, RecursionError):
            return []

    def listed(self, part: Other, event: Event, found: list[Part], after: Container[str]) -> list[Item]:
        """[the event of an Other], if a reader found the same Other in it, and no parts behind that but of `after`."""
        first, rest = found[:1], found[1:]
        same = [again.name for again in first if again.kind == "other"] == [part.name]
        return [event] if same and all(again.kind in after for again in rest) else self.reserved(part)

    def dumps(self, value: Any) -> str:
        """`value` as compact JSON text; EncodeError if it has none."""
        return dumps(value)

    def refuse(self, part: Part, why: str) -> EncodeError:
        """The EncodeError, to be raised before anything has happened: the stream then goes on without the part."""
        self._refusal = EncodeError("part", part, f"cannot be said in {self.name}, {why}")
        return self._refusal

    def reserved(self, part: Other) -> list[Item]:
        """[], for an Other that a reader would take for more than it came in as; EncodeError if a program made it."""
        if part.dialect is None:
            raise self.refuse(part, "whose readers would take it for more than an Other, or for nothing")
        return []

    def write_bad_end(self, finish: Finish) -> list[Item]:
        """The error in place of the end: of an answer that finished in one, where no word of the dialect says so."""
        return self.write_error(Error(f"the answer ended in an error: {finish.raw_reason or 'no reason was given'}"))

    def over(self) -> None:
        """What was written is the terminal: nothing follows it."""
        self._over = True

    def held_finish(self, choice: int = 0) -> Finish:
        """The last Finish of the choice, or the one to be inferred."""
        return self.finishes.get(choice) or Finish("tool_call" if choice in self.called else "stop")

    def _write(self, part: Said) -> list[Item]:
        """The items of a part that goes to a hook."""
        choice = part.choice
        if part.kind == "text":
            if choice not in self.spoken:
                self._speak(choice)
            return self.write_text(part)
        if part.kind == "tool_call":
            return self._write_tool_call(part)
        if part.kind == "reasoning":
            if choice not in self.spoken:
                self._speak(choice)
            return self.write_reasoning(part)
        if part.kind == "block_end":
            if part.of != "tool_call":
                return self.write_block_end(part)
            seen = self._calls_seen.get((choice, part.block))
            if seen is None:
                return []
            self._calls_seen[choice, part.block] = seen[0], seen[1], seen[2] or None
            return self.write_block_end(BlockEnd(seen[1], "tool_call", choice))
        if part.kind == "start":
            if choice in self.spoken and not self.replaces:
                raise EncodeError("part", part, f"comes after content: no message begins again in {self.name}")
            self.held.add(OVERHEAD + length(part.id, part.model))
            return self.write_start(part)
        if part.kind == "finish":
            if part.reason == "tool_call" and choice in self._answered:
                raise EncodeError("part", part, "would have a call run that was answered, or is not the client's")
            old = self.finishes.get(choice)
            before = 0 if old is None else OVERHEAD + length(old.raw_reason)
            self.held.add(OVERHEAD + length(part.raw_reason) - before)
            self.finishes[choice] = without_raw(part)
            return self.write_finish(part)
        if part.kind == "error":
            items = self.write_error(part)
            self.failed = True
            self._over = self._over or self.dialect.error_ends
            return items
        return self._write_other(part)

    def _speak(self, choice: int) -> None:
        self.held.add(OVERHEAD)
        self.spoken |= {choice}

    def _write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        key = part.choice, part.block
        id, block, server = self._calls_seen.get(key, (None, part.block, part.server))
        another = bool(part.id and id and part.id != id)
        if part.server and not server and not another and not self.told_later:
            if server is None and not part.arguments:
                self._answered |= {part.choice}
                return []
            raise EncodeError("part", part, "is not known to be of the client's call in whose block it came")
        if part.server and not self.server_calls:
            return []
        has_calls = type(self).write_tool_call is not Writer.write_tool_call
        if not part.json and not self.text_calls and has_calls:
            raise self.refuse(part, "whose arguments are JSON")
        if another:
            block, server = f"{part.block}/{part.id}", part.server
        if key not in self._calls_seen or (block != part.block and part.id):
            self.held.add(OVERHEAD + length(block))
        items = self.write_tool_call(part if block == part.block else part.__replace__(block=block))
        if part.choice not in self.spoken:
            self._speak(part.choice)
        self._calls_seen[key] = part.id or id, block, server
        if not part.server and part.choice not in self.called:
            self.called |= {part.choice}
        return items

    def _write_other(self, part: Other) -> list[Item]:
        if part.dialect not in (None, self.name):
            return []
        try:
            items = self.write_other(part)
            last = next((item for item in reversed(items) if isinstance(item, Event)), None)
            if last is None:
                return items
            if self.is_end(last.data.strip()) or not self.is_line(last.type):
                return self.reserved(part)
        except EncodeError:
            if part.dialect is None:
                raise
            return []  # it came in so (NaN, a name with a line end), and means nothing
        if part.id:
            last.last_event_id = part.id
        if part.retry is not None:
            items.insert(items.index(last), Retry(part.retry))
        return items

    def is_line(self, name: str) -> bool:
        """Whether an event type may be `name`."""
        try:
            return "\n" not in name and "\r" not in name and name.encode() is not None
        except UnicodeEncodeError:
            return False

    def is_end(self, data: str) -> bool:
        """Whether a reader would take stripped data for the sentinel."""
        return data in _SENTINELS


def check(part: object) -> None:
    """EncodeError for what is no part, or holds what no dialect can say: a reader would take it as absent."""
    if not isinstance(part, BasePart):
        raise EncodeError("part", part, f"must be a Part{another_copy(part)}")
    if type(part.choice) is not int or part.choice < 0:
        raise EncodeError("choice", part.choice, "must be an int from 0")
    for field, types in _TYPES.get(getattr(part, "kind", ""), ()):
        value = getattr(part, field)
        if type(value) not in types:
            raise EncodeError(
                field, value, f"must be {' or '.join([kind.__name__.removesuffix('Type') for kind in types])}"
            )


def completes(part: Part) -> bool:
    """Whether `part` may make an answer, or a call, look whole: what no one may write once damage was seen."""
    return part.kind in ("finish", "tool_call") or (part.kind == "block_end" and part.of == "tool_call")


def word_of(
    finish: Finish, reasons: Mapping[str, FinishReason], words: Mapping[FinishReason, str], default: str
) -> str:
    """The dialect's word for a finish: the raw one, if it is a word of `reasons`; else the nearest of `words`."""
    raw = finish.raw_reason or ""
    return raw if reasons.get(raw) == finish.reason else words.get(finish.reason, default)
