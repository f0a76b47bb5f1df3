# SPDX-License-Identifier: MIT
"""What writes vercel-ai-ui."""

from __future__ import annotations

from ...._items import Event
from ..._parts import Error, Finish, Start, ToolCallDelta
from ...base import OVERHEAD, Screen, Writer, dict_of, given, length, str_or_none, weight
from ...base.json import SENTINEL
from .words import ANSWERS, BLOCKS, COUNTS, OTHERS, SAID, SIGNATURES, WORDS, more_of, read_input, spells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Item
    from ..._parts import Block, BlockEnd, Other, ReasoningDelta, TextDelta, Usage
    from ...base import Dialect, Shown
    from ...base.screen import Content

# The events that what came in an Other goes into; those that end a block; what nobody finished.
_KEPT = frozenset((*BLOCKS, "tool-input-start", "tool-input-available"))
_ENDS = {"text": "text-end", "reasoning": "reasoning-end", "tool_call": "tool-input-available"}
_ABORTED = Finish("other", "abort")
_DAMAGED = "the answer was damaged, and is not whole"
_NO_NAME = "the call has no name"
_NO_JSON = "the arguments of the call are no JSON"
_CUT = "the answer ended before the call did"


class UIWriter(Writer):
    """Writes the UI message stream. Usage and finish are held to the end, where the calls still open are closed, too.

    What has failed gives an error, no finish, and leaves open calls as they are: their client does not run them.
    """

    one_choice = True
    server_calls = True
    told_later = True
    text_calls = True

    def __init__(self, dialect: Dialect, *, provider: str = "anthropic", **options: Any) -> None:
        self._provider = provider
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._begun = False
        self._screen = Screen(self.held, apart=True)
        # What came in Others, for the next event of a type and block.
        self._members: dict[tuple[str, Block], dict[str, Any]] = {}
        # An error, or an abort, stands in what was written.
        self._told = False
        self._aborted = False

    def write_start(self, part: Start) -> list[Item]:
        if self._begun:
            return []
        self._begun = True
        id, model = part.id or self.id, part.model or self.model
        metadata = {"model": model} if model else None
        return [self.event({"type": "start", **given(messageId=id or None, messageMetadata=metadata)})]

    def write_text(self, part: TextDelta) -> list[Item]:
        items, shown = self._show(part)
        return [*items, self._block_event(shown, "delta", delta=part.text)] if part.text else items

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        items, shown = self._show(part)
        if part.signature:
            # A block that begins with it was redacted: it is the reasoning, encrypted.
            signed = {SIGNATURES[bool(items) and not part.text]: part.signature}
            event = self._block_event(shown, "delta", delta=part.text, providerMetadata={self._provider: signed})
            items.append(event)
        elif part.text:
            items.append(self._block_event(shown, "delta", delta=part.text))
        return items

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        if self._screen.is_over(part):
            return []
        items, shown = self._show(part)
        if part.name and not shown.name:
            self.held.add(len(part.name))
            shown.name = part.name
        shown.server = shown.server or part.server
        if part.arguments:
            shown.arguments.append(part.arguments)
            delta = {"type": "tool-input-delta", "toolCallId": shown.id, "inputTextDelta": part.arguments}
            items.append(self.event(delta))
        return items

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        shown = self._screen.find(part.of, part.block)
        if shown is not None:
            self._screen.close(shown)
            return [self._end(shown)]
        self._take(_ENDS.get(part.of, ""), part.block)
        return []

    def write_error(self, part: Error) -> list[Item]:
        self._told = True
        items = [self._end(shown) for shown in self._screen.close_all(failed=True)]
        return [*items, *self._write_usage(), self.event({"type": "error", "errorText": part.message})]

    def write_failed_end(self) -> list[Item]:
        items: list[Item] = [self._end(shown) for shown in self._screen.close_all(failed=True)]
        if not self._told:
            items += self.write_error(Error(_DAMAGED))
        return [*items, Event(SENTINEL)]

    def write_end(self) -> list[Item]:
        finish = self.finishes.get(0) or (_ABORTED if self._aborted else self.held_finish())
        whole = finish.reason in ("stop", "tool_call")
        items: list[Item] = []
        for shown in self._screen.close_all():
            items.append(self._end(shown) if whole or shown.kind != "tool_call" else self._fail_call(shown, _CUT))
        if not self._aborted or finish != _ABORTED:
            payload: dict[str, Any] = {"type": "finish"}
            # A reader infers the same where there is no word.
            if finish.raw_reason is not None or not (finish.reason == "stop" or (whole and 0 in self.called)):
                payload["finishReason"] = WORDS.get(finish.reason, "other")
            counts = _write_counts(self.held_usage)
            if counts:
                payload["messageMetadata"] = {"usage": counts}
            items.append(self.event(payload))
        return [*items, Event(SENTINEL)]

    def write_other(self, part: Other) -> list[Item]:
        name, block, data = part.name, part.block, dict_of(part.data)
        if name in _KEPT and block is not None:
            if name == "tool-input-available" and "input" in data:
                return self._mend(part, block, data)
            return self._keep(part, block, more_of(data))
        if name in SAID:
            return self.reserved(part)
        if part.dialect is None and name not in OTHERS and not name.startswith("data-"):
            raise self.refuse(part, "whose clients read nothing after a type that they do not know")
        if name == "message-metadata":
            return self.meaningless(part, self.event({"type": name, "messageMetadata": part.data}))
        if part.dialect is None:
            data = {**(data if type(part.data) is dict else {"data": part.data}), "type": name}
        elif data.get("type") != name:
            return self.reserved(part)
        if name.startswith("tool-"):
            return self._write_tool(part, data)
        if name == "abort":
            event = self.event(data)
            items = self.listed(part, event, self.read_back(event), ())
            self._aborted = True
            return [*self._write_usage(), *items]
        items = self.meaningless(part, self.event(data))
        if name in ("finish-step", "reset-step"):
            # Their clients forget the blocks that are open; at the second the calls, too, which then never end.
            items = [*[self._end(shown) for shown in self._screen.close_all(failed=True)], *items]
        if name == "reset-step":
            for shown in self._screen.close_all():
                shown.arguments.take()
        return items

    def _show(self, part: Content) -> tuple[list[Item], Shown]:
        """The block of a part; and what opens it, if it is not open."""
        shown = self._screen.find(part.kind, part.block)
        if shown is not None:
            return [], shown
        closed, shown = self._screen.open(part)
        items = self.write_start(Start()) if self.id or self.model else []
        items += [self._end(other) for other in closed]
        if shown.kind != "tool_call":
            return [*items, self._block_event(shown, "start")], shown
        members = self._take("tool-input-start", shown.block)
        call = given(inputEncoding=None if shown.json else "text", providerExecuted=shown.server or None)
        ids = {"type": "tool-input-start", "toolCallId": shown.id, "toolName": shown.name or ""}
        return [*items, self.event({**members, **ids, **call})], shown

    def _block_event(self, shown: Shown, step: str, **members: Any) -> Event:
        """An event of text or reasoning, and what came for it in an Other."""
        type = f"{shown.kind}-{step}"
        more = self._take(type, shown.block) if self._members else {}
        return self.event({"type": type, "id": shown.id, **more, **members})

    def _end(self, shown: Shown) -> Event:
        """The end of a block that was closed: of a call its input, if it is one."""
        if shown.kind != "tool_call":
            return self._block_event(shown, "end")
        if not shown.name:
            return self._fail_call(shown, _NO_NAME)
        text = str(shown.arguments)
        try:
            input = read_input(text) if shown.json else text
            return self._input(shown, input, self._members.get(("tool-input-available", shown.block), {}))
        except (ValueError, RecursionError):
            return self._fail_call(shown, _NO_JSON)

    def _input(self, shown: Shown, input: Any, members: dict[str, Any]) -> Event:
        call = {"type": "tool-input-available", "toolCallId": shown.id, "toolName": shown.name, "input": input}
        event = self.event({**members, **call, **given(providerExecuted=shown.server or None)})
        shown.arguments.take()
        self._take("tool-input-available", shown.block)
        return event

    def _fail_call(self, shown: Shown, why: str) -> Event:
        self._take("tool-input-available", shown.block)
        call = {"type": "tool-input-error", "toolCallId": shown.id, "toolName": shown.name or ""}
        said = {"input": shown.arguments.take(), "errorText": why}
        return self.event({**call, **said, **given(providerExecuted=shown.server or None)})

    def _keep(self, part: Other, block: Block, members: dict[str, Any]) -> list[Item]:
        """[]: the members go into the next event of that type and block."""
        if not members:
            return self.reserved(part)
        self.dumps(members)  # raises, before they are kept
        self._take(part.name, block)
        self.held.add(OVERHEAD + length(block) + weight(members))
        self._members[part.name, block] = members
        return []

    def _take(self, type: str, block: Block) -> dict[str, Any]:
        members = self._members.pop((type, block), None)
        if members is None:
            return {}
        self.held.release(OVERHEAD + length(block) + weight(members))
        return members

    def _mend(self, part: Other, block: Block, data: dict[str, Any]) -> list[Item]:
        """The input that a server put in place of what the fragments of a call spell."""
        shown = self._screen.find("tool_call", block)
        text = "" if shown is None else str(shown.arguments)
        if shown is None or not shown.name or self.failed or not text:
            return self.reserved(part)
        if spells(text, data["input"], shown.json):
            return self.reserved(part)
        event = self._input(shown, data["input"], more_of(data))
        self._screen.close(shown)
        return [event]

    def _write_tool(self, part: Other, data: dict[str, Any]) -> list[Item]:
        """What follows a call: of this stream, or of one before it that its client has."""
        block = str_or_none(data.get("toolCallId")) if part.block is None else part.block
        id = None if block is None else self._screen.call_id(block)
        if id is not None:
            data = {**data, "toolCallId": id}
        elif self.failed:  # its call was dropped
            return []
        items = self.meaningless(part, self.event(data))
        shown = None if block is None else self._screen.find("tool_call", block)
        if shown is not None and part.name in ANSWERS:  # its input would show as one to act on
            self._screen.close(shown)
            shown.arguments.take()
        return items

    def _write_usage(self) -> list[Item]:
        """The usage, where no finish will say it."""
        counts = _write_counts(self.held_usage)
        return [self.event({"type": "message-metadata", "messageMetadata": {"usage": counts}})] if counts else []


def _write_counts(usage: Usage | None) -> dict[str, int]:
    return given(**{word: getattr(usage, name) for name, word in COUNTS.items()}) if usage is not None else {}
