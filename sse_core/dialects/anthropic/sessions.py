# SPDX-License-Identifier: MIT
"""anthropic-sessions: the events of a Managed Agents session, `/v1/sessions/{id}/events/stream` (beta 2026-04-01).

Named events; the payload repeats the type, domain.action. A message comes whole; where the request asked for previews,
event_start and event_delta come before it, and what they say is its beginning.

| event | part |
|---|---|
| session.status_running | a turn: Start(id), but where one is under way |
| event_start of a message | nothing |
| event_delta | TextDelta(block = event_id) |
| agent.message | what was not yet said, and the block's end; one that says another text, or none, is an Other |
| agent.custom_tool_use | the client's call, whole; block = its id |
| agent.tool_use, agent.mcp_tool_use | a call that the server runs; of its other members an Other of its name first |
| user.custom_tool_result | Other; the call is none to act on |
| span.model_request_end | Usage: the sum of the turn's requests |
| session.error | Error(message, type); with retry_status retrying, which is no damage, an Other |
| session.status_idle | Finish: end_turn stop, refusal content_filter, budget_reached length, retries_exhausted error, |
| | requires_action tool_call if a client's call waits, else other (a confirmation) |
| session.status_terminated, session.deleted | Done("event"); of a turn under way, Finish("other") |
| error | Error, Done("error") |
| all else: agent.thinking (it has no text), results, threads, spans, session.usage, outcomes, workflows | Other |

Ends, the one rule: session.status_idle ends a turn, not the stream, which goes on with the next session.status_running;
where the body ends after it, that is Done("eof"), inside a turn a truncation. There is no replay: events missed are
had from the list of events. Written: with `previews` (default) text as it comes; a Start after a Finish is the next
turn; "other" is session.status_terminated. Lost: reasoning, stop_details, redacted blocks beside text, processed_at.
From anthropic 2.12.0 (its models, and its accumulator of previews) and the documentation; that `retrying` is no
damage, and the order of events, are the documentation's. A thread's own stream is not described: its status events
are Others here.
"""

from __future__ import annotations

from ..._errors import EncodeError
from .._parts import Error, Other, Start, Usage
from ..base import (
    OVERHEAD,
    Dialect,
    WholeReader,
    WholeWriter,
    added,
    count_or_none,
    dict_of,
    dicts_of,
    length,
    read_error,
    str_or_none,
    summed,
    text_of,
    weight,
    word_of,
)
from .base import AnthropicReader, AnthropicWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event, Item
    from .._parts import Block, FinishReason, Part

_CALLS = ("agent.custom_tool_use", "agent.tool_use", "agent.mcp_tool_use")  # the first is the client's to run
_CALL = frozenset(("type", "id", "name", "input", "processed_at"))
_REASONS: dict[str, FinishReason] = {
    "end_turn": "stop",
    "refusal": "content_filter",
    "budget_reached": "length",
    "retries_exhausted": "error",
    "requires_action": "tool_call",
}
_WORDS: dict[FinishReason, str] = {reason: word for word, reason in _REASONS.items()}
_SPAN = "span.model_request_start"
_ENDS = ("session.status_terminated", "session.deleted")
_INPUT = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


class SessionsReader(AnthropicReader, WholeReader):
    """Reads the turns of a session."""

    body_ends = True

    def begin(self) -> None:
        super().begin()
        # A turn is under way: its second session.status_running is no other one.
        self._running = False

    def whole(self) -> bool:
        return not self.waiting

    def said(self, choice: int = 0) -> None:
        super().said(choice)
        self._running = True

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        kind = self.kind_of(payload, event)
        if kind == "event_start" and dict_of(payload.get("event")).get("type") == "agent.message":
            return []
        if kind == "event_delta":
            text = text_of(dict_of(dict_of(payload.get("delta")).get("content")).get("text"))
            return self.fragment("text", text_of(payload.get("event_id")), text)
        if kind == "agent.message":
            return self._message(payload)
        if kind in _CALLS:
            return self._call(payload, kind)
        if kind == "span.model_request_end":
            return self._usage(dict_of(payload.get("model_usage")))
        if kind == "session.error":
            return self._error(payload, event)
        if kind == "error":
            return [*self.fail(payload), *self.done("error")]
        if kind in _ENDS:
            if self.waiting:
                self.finish_later("other", kind)
            return self.done("event")
        if kind == "session.status_idle" and self.waiting:
            return self._idle(str_or_none(dict_of(payload.get("stop_reason")).get("type")))
        if kind == "session.status_running" and not self._running:
            self.begin()
            self._running = True
            return [Start(str_or_none(payload.get("id")), None, "assistant")]
        if kind == "user.custom_tool_result":
            self.tool_answered(text_of(payload.get("custom_tool_use_id")))
        return [Other(kind, payload, self.name)]

    def _message(self, payload: dict[str, Any]) -> list[Part]:
        block = text_of(payload.get("id"))
        other = Other("agent.message", payload, self.name, block)
        items = dicts_of(payload.get("content"))
        texts = [text_of(item.get("text")) for item in items if item.get("type") == "text"]
        # A block that was withheld ("redacted") has no text.
        parts: list[Part] = [other] if len(texts) < len(items) or not texts else []
        return [*parts, *self.whole_text("text", block, "".join(texts), other)] if texts else parts

    def _call(self, payload: dict[str, Any], kind: str) -> list[Part]:
        call = self.whole_call(payload.get("id"), payload.get("name"), payload.get("input"), kind != _CALLS[0])
        beside = _beside(payload)
        if beside or kind == _CALLS[2]:
            call.insert(0, Other(kind, beside, self.name, str_or_none(payload.get("id"))))
        return call

    def _usage(self, used: dict[str, Any]) -> list[Part]:
        input, read, written = [count_or_none(used.get(name)) for name in _INPUT]
        now = Usage(summed(input, read, written), count_or_none(used.get("output_tokens")), None, read, written)
        return self.usage(added(self.used, now))

    def _error(self, payload: dict[str, Any], event: Event) -> list[Part]:
        error = dict_of(payload.get("error"))
        if dict_of(error.get("retry_status")).get("type") == "retrying":
            return [self.other(payload, event)]
        return self.fail(read_error(error, payload))

    def _idle(self, word: str | None) -> list[Part]:
        self._running = False
        reason = _REASONS.get(word or "end_turn", "other")
        if reason == "tool_call" and not self.awaits_calls():
            reason = "other"  # a confirmation, of a call that the server runs
        return self.finish(reason, word)


def _beside(payload: dict[str, Any]) -> dict[str, Any]:
    """The members of a call that are not all calls'."""
    return {name: value for name, value in payload.items() if name not in _CALL and value is not None}


class SessionsWriter(AnthropicWriter, WholeWriter):
    """Writes the turns of a session. An Error is the last that is written: the next turn is another encoder's."""

    replaces = True

    def __init__(self, dialect: Dialect, *, previews: bool = True, **options: Any) -> None:
        self._previews = previews
        # The ids that were made.
        self._made = 0
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._running = False
        # The id of the message under way, and those of the calls that wait for the client.
        self._message = ""
        self._calls: list[str] = []
        # The id of the last span.model_request_start: the usage is of it.
        self._span: str | None = None
        # By the block of a call to come, its kind and the members beside it, from an Other.
        self._beside: dict[Block, tuple[str, dict[str, Any]]] = {}

    def write_start(self, part: Start) -> list[Item]:
        if self.failed or (self._running and not self.spoken and not self.finishes):
            return []
        items: list[Item] = []
        if self.spoken and not self.finishes:
            raise EncodeError("part", part, f"comes after content: a turn that did not finish in {self.name}")
        if self.finishes:
            if self.held_finish().reason == "other" and not self._waits():
                raise EncodeError("part", part, f"comes after what is the end of the session in {self.name}")
            items = self.write_end()
            if self.held_finish().reason == "error":
                return items
            self.begin()
        self._running = True
        return [*items, self.named("session.status_running", id=part.id or self._id())]

    def write_open(self, number: int, first: Part) -> list[Item]:
        if first.kind != "text":
            return []
        self._message = self._id()
        preview = {"type": "agent.message", "id": self._message}
        return [self.named("event_start", event=preview)] if self._previews else []

    def write_fragment(self, number: int, part: Part) -> list[Item]:
        content = {"type": "text", "text": getattr(part, "text", "")}
        delta = {"type": "content_delta", "index": 0, "content": content}
        return [self.named("event_delta", event_id=self._message, delta=delta)] if self._previews else []

    def write_whole(self, number: int, first: Part, text: str) -> list[Item]:
        if first.kind != "tool_call":
            return [self.named("agent.message", id=self._message, content=[{"type": "text", "text": text}])]
        id = first.id or self._id()
        kind, beside = self._beside.pop(first.block, (_CALLS[1], {}))
        if not first.server or beside.get("evaluated_permission") == "ask":
            self.held.add(OVERHEAD + len(id))
            self._calls.append(id)
        if not first.server or kind == _CALLS[0]:
            kind = _CALLS[first.server]
        return [self.named(kind, **{**beside, "id": id, "name": first.name or "", "input": self.input_of(text)})]

    def write_other(self, part: Other) -> list[Item]:
        if part.name in _CALLS and part.block is not None and type(part.data) is dict:
            self.held.add(OVERHEAD + weight(part.data))
            self._beside[part.block] = part.name, _beside(part.data)
            return []
        if part.name == _SPAN:
            span = str_or_none(dict_of(part.data).get("id"))
            self.held.add(length(span) - length(self._span))
            self._span = span
        return self.meaningless(part, self.other_event(part))

    def write_error(self, part: Error) -> list[Item]:
        self.over()
        type = part.type if part.type and part.type.endswith("_error") else "unknown_error"
        error = {"type": type, "message": part.message, "retry_status": {"type": "exhausted"}}
        return [self.named("session.error", id=self._id(), error=error), self._idle_event("retries_exhausted")]

    def write_failed_end(self) -> list[Item]:
        return self.write_error(Error("a part of the answer was lost"))

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        if finish.reason == "error":
            return self.write_bad_end(finish)
        items = [*self.close_blocks(), *self._usage_events()]
        word = word_of(finish, _REASONS, _WORDS, "end_turn")
        if finish.reason == "other" and not self._waits():
            return [*items, self.named(_ENDS[0], id=self._id())]
        return [*items, self._idle_event("requires_action" if self._waits() else word)]

    def _waits(self) -> bool:
        """Whether the turn waits for a confirmation."""
        finish = self.held_finish()
        return finish.reason == "other" and finish.raw_reason == "requires_action"

    def _usage_events(self) -> list[Item]:
        used = self.held_usage
        if used is None:
            return []
        read, written = used.cache_read_tokens or 0, used.cache_write_tokens or 0
        counts = (max(0, (used.input_tokens or 0) - read - written), read, written)
        usage = {**dict(zip(_INPUT, counts, strict=True)), "output_tokens": used.output_tokens or 0}
        began = self._span or self._id()
        span = {"id": self._id(), "model_request_start_id": began, "model_usage": usage}
        starts = [self.named(_SPAN, id=began)] if self._span is None else []
        return [*starts, self.named("span.model_request_end", **span)]

    def _idle_event(self, word: str) -> Event:
        waits = {"event_ids": self._calls} if word == "requires_action" else {}
        return self.named("session.status_idle", id=self._id(), stop_reason={"type": word, **waits})

    def _id(self) -> str:
        self._made += 1
        return f"sevt_{self._made}"


DIALECT = Dialect(
    "anthropic-sessions",
    SessionsReader,
    SessionsWriter,
    resumable=False,
    own_ids=True,
    terminal="its event session.status_idle",
)
