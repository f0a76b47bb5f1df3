# SPDX-License-Identifier: MIT
"""Reader: the events of one stream in, their parts out; the half of a dialect that decodes."""

from __future__ import annotations

import json

from ..._errors import DialectError, TruncatedError
from ..._items import Event, Retry
from .._parts import Done, Finish, Invalid, Other, Usage, without_raw
from .dialect import reduced
from .held import NO_CHOICES, short, weight
from .members import read_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..._items import Item
    from .._parts import Block, Error, FinishReason, How, Part
    from .dialect import Dialect

# What `read` may raise for a payload that it did not expect: a DialectError is a ValueError; a member may be missing,
# or of another type.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)

_COUNTS = Usage.__match_args__[:-1]
_NOTHING = Usage()  # shared by all that have not been told of any; never changed
_MOST = 1 << 63  # no count is above it
_MAX_CALLS = 4096  # of a stream that may wait for their result
_LONGEST_REASON = 1000  # characters of a finish's raw reason that is held
_LARGEST_RAW = 16 * 1024  # characters, about, of a payload that is held with a Finish


class Reader:
    """Reads one stream: what the stream calls is `decode`, `last` and `end`; what a dialect overrides is below them.

    Override `read`, and `whole` where the end of the body may be the end. `begin` makes the state of a message and
    is called once at the start, by `__init__`, and by `read` where a second message replaces the first: set what
    `begin` needs before `super().__init__()`.

    `dialect` is its Dialect and `name` that one's; `loads` reads JSON; `used` is the Usage so far; `waiting` are
    the choices that wait for a Finish, `finishes` all that were seen, with the last Finish that was held for each;
    `failed` says that an Error came, `ended` that Done was given; `retry` is the last Retry before this event, in
    milliseconds; `half` is the data of an event that the end of the body cut off. `choices` is how many answers
    there are: 0, none, and no Finish is ever inferred (protocols); 1, there from the start; None, as they come.

    >>> from sse_core import Event
    >>> from sse_core.dialects import get
    >>> reader = get("websopy").reader()
    >>> reader.decode(Event('{"type":"content","content":"Hi"}'))
    [TextDelta(text='Hi')]
    """

    choices: int | None = 1

    def __init__(self, dialect: Dialect, *, loads: Callable[[str], Any] = json.loads) -> None:
        self.dialect = dialect
        self.name: str = dialect.name
        self.loads = loads
        self.retry: int | None = None
        self.ended: bool = False
        # A stream has it. A second one would begin in the state that the first one left, and read nothing.
        self.taken = False
        # The data of the event that the end of the body cut off: what was complete before it is no whole answer.
        self.half: str | None = None
        self.begin()

    def __reduce_ex__(self, protocol: Any) -> str | tuple[Any, ...]:
        return reduced(self, protocol)

    def __getstate__(self) -> dict[str, Any]:
        """The state to pickle or copy: a Finish that is held comes without raw, in which these could go too deep."""
        held = {choice: finish and without_raw(finish) for choice, finish in self.finishes.items()}
        return {**vars(self), "finishes": held, "_untold": ()}

    def begin(self) -> None:
        """Make the state of a message: here, and nowhere else."""
        self.used: Usage = _NOTHING
        self.failed: bool = False
        self.waiting: frozenset[int] = NO_CHOICES
        self.finishes: dict[int, Finish | None] = {}
        # The calls that the reader must act on, by choice.
        self._awaited: dict[int, set[Block]] = {}
        self._awaiting = 0
        # Each Finish that was held since the last event, to be told its payload.
        self._untold: tuple[Finish, ...] = ()
        if self.choices == 1:
            self.said()

    def reset(self) -> None:
        """Make ready for the next connection of the same stream: what the message said stays said."""
        if self.ended and self.choices == 1:
            self.said()
        self.ended = self.failed = False
        self.retry = self.half = None

    # -- what a stream calls

    def decode(self, event: Event) -> list[Part]:
        """The parts of one event; [] after Done. DialectError, holding the event, if it cannot be read.

        The type "" is "message", for hosts whose decoder tells one from the other.
        """
        if self.ended:
            return []
        return self.read(event if event.type else Event(event.data, "message", event.last_event_id))

    def last(self, event: Event, line_ended: bool = True) -> list[Part]:
        """The parts of an event whose blank line never came; [] if it is not whole, which `end` will tell.

        `line_ended`: its last line did, so that it may be whole.
        """
        parts: list[Part] = []
        try:
            if line_ended or self.closes(event):
                parts = self.decode(event)
                if not parts or parts[-1].kind != "invalid":
                    return parts
        except UNREADABLE:
            pass
        # Half a payload is a truncation, and no Invalid: nobody sent it so.
        self.half = event.data
        return parts[:-1]

    def end(self) -> list[Part]:
        """The body is over: [..., Done], [] if Done was given; TruncatedError if more had to come."""
        if self.ended:
            return []
        if self.dialect.endless:
            return self.done("eof", reconnect=True)
        if self.failed:
            return self.done("error")
        whole = self.whole()
        cut = self.half is not None and self.counts(self.half)
        if whole and not cut:
            return self.done("eof")
        where = "inside an event" if whole else f"before {self.terminal()}"
        raise TruncatedError(f"{self.name}: the stream ended {where}")

    # -- what a dialect overrides

    def read(self, event: Event) -> list[Part]:
        """The parts of one event. DialectError if it cannot be read; so does what a member of the wrong type raises."""
        return [Other(event.type, event.data, self.name)]

    def whole(self) -> bool:
        """Whether the answer is whole if the body ends here."""
        return False

    def control(self, item: Item) -> list[Part]:
        """The parts of an Ignored, Retry or Id, for dialects to which one means something."""
        if isinstance(item, Retry):
            self.retry = item.milliseconds
        return []

    def invalid(self, event: Event, error: DialectError) -> list[Part]:
        """The parts of an event that `read` could not read."""
        return [Invalid(event, error)]

    def terminal(self) -> str:
        """The end that did not come, in the words of TruncatedError: the dialect's, unless options change it."""
        return self.dialect.terminal

    def closes(self, event: Event) -> bool:
        """Whether the data of an event says itself that it is whole, though its last line did not end."""
        return False

    def counts(self, data: str) -> bool:
        """Whether it is a truncation that the end cut off an event with this much of its data."""
        return True

    def cursor(self, id: str) -> str:
        """The last event ID of a stream that is over, to come again with; "" for one that a server would refuse."""
        return id

    # -- what `read` calls

    def said(self, choice: int = 0) -> None:
        """The choice exists, and waits for a Finish; also again after a held one, since content reopens it."""
        self.waiting |= {choice}
        self.finishes.setdefault(choice, None)

    def tool_called(self, block: Block = 0, choice: int = 0) -> None:
        """A call came that the reader must act on: its choice's "stop" will be "tool_call"."""
        self.said(choice)
        block = short(block) if type(block) is str else block
        calls = self._awaited.setdefault(choice, set())
        if (self._awaiting < _MAX_CALLS or not calls) and type(block) in (int, str) and block not in calls:
            self._awaiting += 1
            calls.add(block)

    def tool_answered(self, block: Block = 0, choice: int = 0) -> None:
        """The result of the call came in this stream, too: it is none to act on."""
        block = short(block) if type(block) is str else block
        calls = self._awaited.get(choice, set())
        if block in calls:
            self._awaiting -= 1
            calls.remove(block)

    def awaits_calls(self, choice: int = 0) -> bool:
        """Whether a call waits that the reader must act on."""
        return bool(self._awaited.get(choice))

    def finish(self, reason: FinishReason, raw_reason: str | None = None, choice: int = 0) -> list[Part]:
        """[the Finish], where nothing of the choice can follow; [] after an Error."""
        self.finishes.pop(choice, None)
        self.waiting -= {choice}
        return [] if self.failed else [self._corrected(Finish(reason, raw_reason, choice))]

    def finish_later(self, reason: FinishReason, raw_reason: str | None = None, choice: int = 0) -> list[Part]:
        """[]: `done` gives the Finish. The last one counts, and content after it reopens the choice."""
        if raw_reason is not None and len(raw_reason) > _LONGEST_REASON:
            raw_reason = raw_reason[:_LONGEST_REASON]
        self.finishes[choice] = finish = Finish(reason, raw_reason, choice)
        self._untold += (finish,)
        self.waiting -= {choice}
        return []

    def tell_finishes(self, payload: Any) -> None:
        """Tell each Finish that was held its payload, if it is not large: it is held with it."""
        if weight(payload, _LARGEST_RAW) <= _LARGEST_RAW:
            for finish in self._untold:
                finish.raw = payload
        self._untold = ()

    def finish_held(self) -> list[Part]:
        """[the Finish of each choice that waits for none], now: where an Error may take them along."""
        held = [] if self.failed else [(choice, held) for choice, held in self.finishes.items() if held is not None]
        parts: list[Part] = []
        for choice, finish in held:
            if choice not in self.waiting:
                del self.finishes[choice]
                parts.append(self._corrected(finish))
        return parts

    def other_of(self, event: Event, name: str, data: Any = None, block: Block | None = None) -> Other:
        """The Other of an event whose id, and the reconnection time sent with it, mean something to the dialect."""
        return Other(name, data, self.name, block, event.last_event_id or None, self.retry)

    def usage(self, new: Usage) -> list[Part]:
        """[the Usage so far], complete, if `new` changed it. Nothing but a count replaces one."""
        old = self.used
        if old is _NOTHING:
            # A copy without raw, which would keep the payload, however large, as long as the stream.
            old = self.used = Usage()
        changed = False
        for name in _COUNTS:
            count, known = getattr(new, name), getattr(old, name)
            if count == known:
                continue
            if type(count) is int and 0 <= count < _MOST:
                setattr(old, name, count)
                changed = True
            else:
                setattr(new, name, known)
        return [new] if changed else []

    def fail(self, error: Error | Any) -> list[Part]:
        """[the Error], or what a payload says as one; and Done if an Error is the end."""
        self.failed = True
        if getattr(error, "kind", None) != "error":
            error = read_error(error, error)
        return [error, *self.done("error")] if self.dialect.error_ends else [error]

    def done(self, how: How, reconnect: bool = False) -> list[Part]:
        """[a Finish for each choice that has none yet, unless an Error came; Done]."""
        parts: list[Part] = []
        if not self.failed:
            finishes = self.finishes.items()
            parts += [self._corrected(held or Finish("stop", None, choice)) for choice, held in finishes]
        self.finishes.clear()
        self.waiting = NO_CHOICES
        self.ended = True
        parts.append(Done(how, reconnect))
        return parts

    def _corrected(self, finish: Finish) -> Finish:
        """A stop of a choice with calls to act on is tool_call, whatever word the server used."""
        if finish.reason == "stop" and self._awaited.get(finish.choice):
            finish.reason = "tool_call"
        return finish

    def unreadable(self, problem: str, event: Event | None = None) -> DialectError:
        """The DialectError, to be raised, that says what of this dialect could not be read."""
        return DialectError(f"{self.name}: {problem}", event)
