# SPDX-License-Identifier: MIT
"""Writing ag-ui."""

from __future__ import annotations

from ...._errors import EncodeError
from ..._parts import Error, Start
from ...base import OVERHEAD, Writer, given, length, short, str_or_none, text_of, weight
from ...base.screen import Screen
from .words import COUNTS, DELTAS, ENDS, EVENTS, IDS, SAID, STARTS, is_json, is_subagents

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event, Item
    from ..._parts import Block, BlockEnd, Finish, Other, ReasoningDelta, TextDelta, ToolCallDelta
    from ...base import Dialect
    from ...base.screen import Content, Shown

_RUN = ("type", "threadId", "runId")
_LARGEST = (1 << 53) - 1  # its clients refuse a count that a float cannot hold
_WHOLE = ("stop", "tool_call")  # the reasons of a finish with which calls end whose own end did not come
_BEGINS = {name: kind for kind, name in STARTS.items()}


class AgUiWriter(Writer):
    """Writes AG-UI: a run for each Start, begun before the first word, and finished with the next Start or the end.

    `thread_id` and `run_id` are the client's, from its request, and win over what a Start says. An Error is the last
    that is written: what comes after it, though it be another run, is for another encoder.
    """

    one_choice = True
    replaces = True

    def __init__(
        self, dialect: Dialect, *, thread_id: str | None = None, run_id: str | None = None, **options: Any
    ) -> None:
        self.thread_id = thread_id
        self.run_id = run_id
        self._runs = 0
        # What came in an Other for the RUN_STARTED to come.
        self._started: dict[str, Any] | None = None
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        # The ids of the run, once it began.
        self._run: dict[str, str] = {}
        # It is another's that is written again: its blocks have their ids, which no other dialect's have.
        self._own = False
        self._screen = Screen(self.held)
        # The message under which the next call belongs: calls that have none each make one, which models refuse.
        self._parent: str | None = None
        # The id of the last message of reasoning of each block, open or over: signatures may come late.
        self._reasoning: dict[Block, str] = {}
        # What came in Others, for the START of a block and for RUN_FINISHED, which is of none.
        self._starts: dict[tuple[str, Block], dict[str, Any]] = {}
        # The messages and calls in Others that are not the answer's: what follows of them is neither. And those that
        # are. Each is the member that is its id, and that.
        self._foreign: set[tuple[str, str]] = set()
        self._ids: set[tuple[str, str]] = set()
        # A call that ended inside its arguments.
        self._cut: Shown | None = None

    def write_start(self, part: Start) -> list[Item]:
        if not self._run:
            return [self._begin_run(part)]
        if not self.finishes:
            if self.spoken:
                raise EncodeError("part", part, f"comes after content: a run that did not finish in {self.name}")
            return []
        if self.failed:  # what failed has no end yet, and no other run before it
            return [item for shown in self._screen.close_all(failed=True) for item in self._close(shown)]
        finish = self.held_finish()
        if finish.reason == "error":
            return self.write_bad_end(finish)
        items, cut = self._end_blocks(finish)
        if cut is not None:
            raise EncodeError("part", part, f"comes after an answer that ended inside a call: {finish.reason}")
        items.append(self._finish_run(finish))
        self.begin()
        return [*items, self._begin_run(part)]

    def write_text(self, part: TextDelta) -> list[Item]:
        items, shown = self._shown(part)
        return [*items, *self._delta(shown, part.text)]

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        id = self._reasoning.get(part.block)
        items: list[Item] = []
        if part.text or id is None or not part.signature:
            items, shown = self._shown(part)
            items += self._delta(shown, part.text)
            id = self._reasoning[part.block] = shown.id
        if part.signature:
            value = {"subtype": "message", "entityId": id, "encryptedValue": part.signature}
            items.append(self.event({"type": "REASONING_ENCRYPTED_VALUE", **value}))
        return items

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        if self._screen.is_over(part):
            return []
        items, shown = self._shown(part)
        shown.arguments.append(part.arguments)
        if shown.said:
            return [*items, *self._delta(shown, part.arguments)]
        shown.name = shown.name or part.name
        return [*items, *self._begin(shown)] if shown.name else items

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        shown = self._screen.find(part.of, part.block)
        if shown is None:
            return []
        self._screen.close(shown)
        if shown.kind == "tool_call" and not is_json(str(shown.arguments)):
            self._cut = self._cut or shown
            return []  # a client would run it; the finish will tell whether it may be so
        return self._close(shown)

    def write_other(self, part: Other) -> list[Item]:
        name, data, kind = part.name, part.data, _BEGINS.get(part.name)
        if type(data) is not dict:
            return self.reserved(part)
        self.dumps(data)  # it may be refused, and nothing has happened yet
        if name == "RUN_FINISHED" or (kind is not None and part.block is not None):
            key = (name, 0) if kind is None or part.block is None else (kind, part.block)
            self._hold(self._starts.get(key), data)
            self._starts[key] = data
            return []
        if name == "RUN_STARTED":
            self._hold(self._started, data)
            self._started = data
            return []
        payload = {"type": name, **data}
        if payload["type"] != name:
            return self.reserved(part)
        items = self.meaningless(part, self.event(payload))
        if not items:
            return []
        if name == "TOOL_CALL_RESULT" and not is_subagents(payload):
            self._parent = None  # the next call is of another turn
        return [*self._begun(), *items]

    def meaningless(self, part: Other, event: Event) -> list[Item]:
        of, _ = EVENTS.get(part.name, ("", ""))
        key = IDS.get(of, ""), text_of(part.data.get(IDS.get(of, "")))
        if key in self._foreign:
            return [event]
        if key in self._ids:
            return self.reserved(part)
        try:
            found = self.dialect.reader().decode(event)
        except (ValueError, RecursionError):
            return self.reserved(part)
        if not found or any(again.kind != "other" for again in found):
            return self.reserved(part)
        if key[1]:
            self.held.add(OVERHEAD + len(key[1]))
            self._foreign.add(key)
        return [event]

    def write_error(self, part: Error) -> list[Item]:
        # Calls stay open: at their end a client would run them.
        items = [item for shown in self._screen.close_all(failed=True) for item in self._close(shown)]
        code = part.type if part.code is None else str(part.code)
        told = given(message=part.message, code=code, usage=self._usage())
        self.over()
        return [*items, self.event({"type": "RUN_ERROR", **told})]

    def write_failed_end(self) -> list[Item]:
        return self.write_error(Error("a part of the answer was lost"))

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        if finish.reason == "error":
            return self.write_bad_end(finish)
        items, cut = self._end_blocks(finish)
        if cut is not None and finish.reason in _WHOLE:
            problem = f"are not the JSON text they must be, and the finish is {finish.reason}"
            raise EncodeError("arguments", str(cut.arguments), problem)
        if cut is not None:
            problem = (
                f"the answer ended inside the call of {cut.name or 'a tool'}: {finish.raw_reason or finish.reason}"
            )
            return [*items, *self.write_error(Error(problem, finish.reason))]
        return [*items, self._finish_run(finish)]

    def _end_blocks(self, finish: Finish) -> tuple[list[Item], Shown | None]:
        """The ends of all that is open; and the call, if any, that must not end."""
        items, cut = self._begun(), self._cut
        for shown in self._screen.close_all():
            if shown.kind == "tool_call" and not (finish.reason in _WHOLE and is_json(str(shown.arguments))):
                cut = cut or shown
            else:
                items += self._close(shown)
        return items, cut

    def _begun(self) -> list[Item]:
        """[the event that begins the run], if none did."""
        return [] if self._run else [self._begin_run(Start())]

    def _begin_run(self, part: Start) -> Event:
        self._runs += 1
        self._own = self._started is not None
        data, self._started = self._started or {}, None
        run = part.id or f"{self.run_id or self.id or 'run'}-{self._runs}"
        if self._runs == 1:
            run = self.run_id or part.id or self.id or run
        self.model: str | None = part.model or self.model
        self._run = {"threadId": self.thread_id or str_or_none(data.get("threadId")) or "thread-1", "runId": run}
        rest = {name: value for name, value in data.items() if name not in _RUN}
        return self.event({"type": "RUN_STARTED", **self._run, **rest})

    def _finish_run(self, finish: Finish) -> Event:
        rest = {name: value for name, value in self._starts.get(("RUN_FINISHED", 0), {}).items() if name not in _RUN}
        if finish.reason == "other" and finish.raw_reason == "cancelled":
            rest.setdefault("outcome", {"type": "cancelled"})
        usage = self._usage()
        if usage is not None:
            rest.setdefault("usage", usage)
        return self.event({"type": "RUN_FINISHED", **self._run, **rest})

    def _usage(self) -> list[dict[str, Any]] | None:
        """[the one entry that says the usage], where there is any."""
        counts = {name: getattr(self.held_usage, field, None) for field, name in COUNTS.items()}
        counts = {name: count for name, count in counts.items() if count is not None and 0 <= count <= _LARGEST}
        return [given(model=self.model, **counts)] if counts else None

    def _shown(self, part: Content) -> tuple[list[Item], Shown]:
        """The block of `part`, and what begins it, if it is new."""
        items = self._begun()
        shown = self._screen.find(part.kind, part.block)
        if shown is not None:
            return items, shown
        self.held.add(2 * OVERHEAD + length(part.block))  # first: what fails later would have begun nothing
        closed, shown = self._screen.open(part)
        for other in closed:
            items += self._close(other)
        named = shown.id == (part.id if part.kind == "tool_call" else None) or (self._own and shown.id == part.block)
        space = IDS[part.kind]
        if not named or (space, shown.id) in self._foreign:
            # A client puts what has the id of an older message, of another run, too, into that one.
            run = short(self._run["runId"])
            shown.id = f"{run}/{shown.id}"
            while (space, shown.id) in self._ids:
                shown.id = f"{run}/{self._screen.new_id(part.kind)}"
        self._ids.add((space, shown.id))
        if part.kind != "tool_call":
            items += self._begin(shown)
        return items, shown

    def _begin(self, shown: Shown) -> list[Item]:
        """The events that begin a block; of a call that has its name, with the arguments so far."""
        id, kind = shown.id, shown.kind
        more = self._starts.pop((kind, shown.block), None)
        if more is not None:
            self.held.release(OVERHEAD + weight(more))
        rest = {name: value for name, value in (more or {}).items() if name not in SAID}
        event = {"type": STARTS[kind], IDS[kind]: id}
        if kind == "text":
            self._parent = id
            return [self.event({**event, "role": "assistant", **rest})]
        if kind == "reasoning":
            span = self.event({"type": "REASONING_START", "messageId": id})
            return [span, self.event({**event, "role": "reasoning", **rest})]
        shown.said = True
        parent = self._parent if more is None else str_or_none(more.get("parentMessageId"))
        self._parent = self._parent or id
        call = self.event({**event, "toolCallName": shown.name or "", **given(parentMessageId=parent), **rest})
        return [call, *self._delta(shown, str(shown.arguments))]

    def _delta(self, shown: Shown, text: str) -> list[Item]:
        """[the event of a fragment], if it says something."""
        kind = shown.kind
        return [self.event({"type": DELTAS[kind], IDS[kind]: shown.id, "delta": text})] if text else []

    def _close(self, shown: Shown) -> list[Item]:
        """The events that end a block; of a call, only if it is whole."""
        kind, items = shown.kind, []
        if kind == "tool_call":
            items = [] if shown.said else self._begin(shown)
            if not shown.arguments.take():
                items += self._delta(shown, "{}")
        items.append(self.event({"type": ENDS[kind], IDS[kind]: shown.id}))
        if kind == "reasoning":
            items.append(self.event({"type": "REASONING_END", "messageId": shown.id}))
        return items

    def _hold(self, old: dict[str, Any] | None, new: dict[str, Any]) -> None:
        """Count `new`, which is kept in place of `old`."""
        self.held.add(OVERHEAD + weight(new) - (0 if old is None else OVERHEAD + weight(old)))
