# SPDX-License-Identifier: MIT
"""google-adk: `/run_sse` of an Agent Development Kit server: unnamed events, each an Event of the run.

An event is an agent's, with Gemini's pieces: its `content.parts`. With streaming on, events with `partial` true come
first, and one without it repeats what they said, and adds calls: no fragment may be acted on but its text.

| event | part |
|---|---|
| the first with an invocationId or a modelVersion | Start(id=invocationId, model=modelVersion) |
| partial: text, thought | TextDelta, ReasoningDelta; block: the event's branch, or else its author. All else: no part |
| whole: text, thought | what was not yet said, and the block's end; a text that was changed is an Other("content") |
| whole: functionCall | the call, whole; block = its id. ADK runs it (server), unless `longRunningToolIds` names it |
| whole: functionResponse | Other("functionResponse", the piece, block = the call's id): the call is none to act on |
| whole: any other piece | Other(its member, the piece, block) |
| actions, groundingMetadata, citationMetadata, customMetadata, not empty | Other of that name |
| whole: usageMetadata | Usage: the sum of the run's requests |
| whole: finishReason, or an errorCode that is one | the last is the Finish |
| whole: any other errorCode, errorMessage | Error(message, code) |
| error, error_details | Error(error, type = error_type), the last event |
| a user's; without any of these members | Other("message", the event) |

Ends: the body, after an event that ADK calls a final response: no call that it runs, no response to one, nothing
partial; else it was cut. Written: text as partial events, then one whole event with the calls and the finish; a call
of the client is in longRunningToolIds; the author is the option's. Lost: signatures (the session is the server's), an
Error's code and status. From google-adk 2.13.0: `Event`, `run_sse`, and the client of its conformance tests. Its live
events (transcriptions, turnComplete) go over a WebSocket: Others here.
"""

from __future__ import annotations

from ..._errors import EncodeError
from ..._items import Event
from .._parts import BlockEnd, Error, Other, Start, Usage
from ..base import (
    OVERHEAD,
    Dialect,
    WholeReader,
    WholeWriter,
    added,
    count_or_none,
    dict_of,
    dicts_of,
    given,
    length,
    read_error,
    short,
    str_or_none,
    summed,
    text_of,
    word_of,
)
from ..gemini.words import REASONS, write_usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Item
    from .._parts import Block, FinishReason, Part, ReasoningDelta
    from ..base.wholes import Kind

_COUNTS = tuple(f"{name}TokenCount" for name in ("prompt", "candidates", "total", "cachedContent", "thoughts"))
_METADATA = ("actions", "groundingMetadata", "citationMetadata", "customMetadata")
_KNOWN = frozenset(("content", "partial", "finishReason", "errorCode", "usageMetadata"))
_TEXT = frozenset(("text", "thought", "thoughtSignature"))
_WORDS: dict[FinishReason, str] = {"length": "MAX_TOKENS", "content_filter": "SAFETY", "other": "OTHER"}
_LINE_ENDS = {0x85: r"\u0085", 0x2028: r"\u2028", 0x2029: r"\u2029"}
_MOST = 256  # agents that may run at once


class AdkReader(WholeReader):
    """Reads the events of a run."""

    body_ends = True

    def begin(self) -> None:
        super().begin()
        self._started = False
        # The agents whose turns are under way: fragments came, and the whole is to come.
        self._under_way: set[str] = set()
        # Whether the last event with content was a final response; None: there was none.
        self._final: bool | None = None

    def whole(self) -> bool:
        return bool(self._final) and not self._under_way

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        if "error" in payload:
            type = dict_of(payload.get("error_details")).get("error_type")
            return self.fail(read_error({"error": payload["error"], "error_type": type}, payload))
        if payload.get("author") == "user":
            return [self.other(payload, event)]
        parts: list[Part] = []
        id, model = str_or_none(payload.get("invocationId")), str_or_none(payload.get("modelVersion"))
        if not self._started and (id or model):
            self._started = True
            parts.append(Start(id, model, "assistant"))
        agent = str_or_none(payload.get("branch")) or text_of(payload.get("author"))
        pieces = dicts_of(dict_of(payload.get("content")).get("parts"))
        if payload.get("partial") is not True:
            parts += self._whole(payload, pieces, agent)
            return parts if parts or _KNOWN & payload.keys() else [self.other(payload, event)]
        for piece in pieces:
            parts += self.fragment(_kind(piece), agent, text_of(piece.get("text")))
        if pieces and len(self._under_way) < _MOST:
            self._under_way.add(short(agent))
        return parts

    def _whole(self, payload: dict[str, Any], pieces: list[dict[str, Any]], agent: str) -> list[Part]:
        parts: list[Part] = []
        for name in _METADATA:
            value = payload.get(name)
            if any(dict_of(value).values()) if name == "actions" else value:
                parts.append(Other(name, value, self.name))
        code, word = str_or_none(payload.get("errorCode")), str_or_none(payload.get("finishReason"))
        if pieces or code or word:  # else an agent's actions, between the fragments of its turn
            parts += self._content(payload, pieces, agent)
        self._tell_final(payload, pieces, bool(code or word))
        used = dict_of(payload.get("usageMetadata"))
        asked, said, total, cached, thought = [count_or_none(used.get(name)) for name in _COUNTS]
        input = summed(asked, count_or_none(used.get("toolUsePromptTokenCount")))
        parts += self.usage(added(self.used, Usage(input, summed(said, thought), total, cached, None, thought)))
        if code is not None and code != word and code not in REASONS:
            return [*parts, *self.fail(Error(str_or_none(payload.get("errorMessage")) or code, None, code))]
        word = word or code
        if word is not None and word != "FINISH_REASON_UNSPECIFIED":
            self.finish_later(REASONS.get(word, "other"), word)
        return parts

    def _content(self, payload: dict[str, Any], pieces: list[dict[str, Any]], agent: str) -> list[Part]:
        """The parts of the pieces of a whole event, in their order, but for what the fragments said."""
        self._under_way.discard(short(agent))
        parts: list[Part] = []
        ends: list[Part] = []
        heard: dict[Kind, int] = {}
        kinds: tuple[Kind, ...] = ("reasoning", "text")
        for kind in kinds:
            text = "".join([text_of(piece.get("text")) for piece in pieces if _kind(piece) == kind])
            rest = self.rest(kind, agent, text)
            if rest is None and pieces:
                parts.append(Other("content", payload["content"], self.name, agent))
            heard[kind] = len(text) - len(rest or "")
            ends += [BlockEnd(agent, kind)] if text else []
        for piece in pieces:
            kind, text = _kind(piece), text_of(piece.get("text"))
            parts += self.delta(kind, agent, text[heard[kind] :])
            heard[kind] = max(0, heard[kind] - len(text))
            if not text:
                parts += self._piece(piece, agent, payload.get("longRunningToolIds"))
        return parts + ends

    def _piece(self, piece: dict[str, Any], block: Block, running: Any) -> list[Part]:
        """The parts of a piece without text."""
        call, response = piece.get("functionCall"), piece.get("functionResponse")
        if type(call) is dict:
            server = type(running) is not list or str_or_none(call.get("id")) not in running
            return self.whole_call(call.get("id"), call.get("name"), call.get("args"), server)
        if type(response) is dict:
            block = str_or_none(response.get("id")) or block
            self.tool_answered(block)
            return [Other("functionResponse", piece, self.name, block)]
        name = next((name for name in piece if name not in _TEXT), None)
        return [] if name is None else [Other(name, piece, self.name, block)]

    def _tell_final(self, payload: dict[str, Any], pieces: list[dict[str, Any]], ended: bool) -> None:
        """Keep whether the run may end here, by ADK's own rule of what a final response is."""
        if payload.get("longRunningToolIds") or dict_of(payload.get("actions")).get("skipSummarization") is True:
            self._final = True
        elif pieces:
            goes_on = any(piece.get("functionCall") or piece.get("functionResponse") for piece in pieces)
            self._final = not goes_on and "codeExecutionResult" not in pieces[-1]
        elif ended or self._final is None:
            self._final = True


class AdkWriter(WholeWriter):
    """Writes a run of one agent: text as partial events; what they said, and calls, as one before an Other and last."""

    def __init__(self, dialect: Dialect, *, author: str = "agent", **options: Any) -> None:
        self._author = author
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        # The pieces of the whole event to come, and what they take.
        self._pieces: list[dict[str, Any]] = []
        self._kept = 0
        # The calls among them that the client is to answer; and whether there are others, which a response follows.
        self._running: list[str] = []
        self._goes_on = False
        self._nameless = 0

    def write_start(self, part: Start) -> list[Item]:
        self.id, self.model = part.id or self.id, part.model or self.model
        return []

    def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
        return self.say(part) if part.text else []

    def write_other(self, part: Other) -> list[Item]:
        if part.name == "content":  # a whole that said another text than its fragments
            return self.reserved(part)
        return self.say(part) if self.meaningless(part, self.event(_payload(part))) else []

    def write_open(self, number: int, first: Part) -> list[Item]:
        if first.kind != "other":
            return []
        payload = _payload(first)
        return [*self._flush(), self.event(payload) if payload is first.data else self._event(payload)]

    def write_fragment(self, number: int, part: Part) -> list[Item]:
        if part.kind == "other":
            return []
        content = {"parts": [_piece(part.kind, getattr(part, "text", ""))], "role": "model"}
        return [self._event({"content": content, "partial": True})]

    def write_whole(self, number: int, first: Part, text: str) -> list[Item]:
        if first.kind == "other":
            return []
        if first.kind == "tool_call":
            self._nameless += first.id is None
            id = f"call-{self._nameless}" if first.id is None else first.id
            piece = {"functionCall": {"id": id, "name": first.name or "", "args": self.input_of(text)}}
            self._goes_on = self._goes_on or first.server
            self._running += [] if first.server else [id]
        else:
            piece = _piece(first.kind, text)
        size = OVERHEAD + len(text) + length(getattr(first, "id", None), getattr(first, "name", None))
        self.held.add(size)
        self._kept += size
        self._pieces.append(piece)
        return []

    def write_error(self, part: Error) -> list[Item]:
        self.over()
        details = given(error_type=part.type, error_message=part.message)
        return [self.event({"error": part.message, "error_details": details})]

    def write_failed_end(self) -> list[Item]:
        return self.write_error(Error("a part of the answer was lost"))

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        if finish.reason == "error" and REASONS.get(finish.raw_reason or "") != "error":
            return self.write_bad_end(finish)
        try:
            items = self.close_blocks()
        except EncodeError as error:  # without a word, what was written would look whole: its end is the body's
            self.failed = True
            return self.write_error(Error(str(error)))
        if self._goes_on and not self._running:
            items += self._flush()  # an event with a call that ADK runs is never the last
        word = word_of(finish, REASONS, _WORDS, "STOP")
        members = {"finishReason": word, "errorCode": None if word == "STOP" else word}
        used = None if self.held_usage is None else write_usage(self.held_usage, _COUNTS)
        self._pieces = self._pieces or [{"text": ""}]
        return [*items, *self._flush(**given(**members, usageMetadata=used))]

    def _flush(self, **members: Any) -> list[Item]:
        """The whole event of the pieces so far."""
        if not self._pieces:
            return []
        content = {"parts": self._pieces, "role": "model"}
        payload = {"content": content, "partial": False, **given(longRunningToolIds=self._running or None), **members}
        items: list[Item] = [self._event(payload)]
        self.held.release(self._kept)
        self._kept = 0
        self._pieces, self._running, self._goes_on = [], [], False
        return items

    def event(self, payload: Any, type: str = "message") -> Event:
        """The same, with the ends of lines escaped that are none of an event stream's, and are of its client's."""
        event = super().event(payload, type)
        return event if event.data.isascii() else Event(event.data.translate(_LINE_ENDS), type)

    def _event(self, payload: dict[str, Any]) -> Event:
        return self.event({**given(modelVersion=self.model, invocationId=self.id), "author": self._author, **payload})


def _kind(piece: dict[str, Any]) -> Kind:
    return "reasoning" if piece.get("thought") is True else "text"


def _payload(part: Other) -> Any:
    """The payload of an Other: a member of an event, a piece of its content, or all of it."""
    if part.name in _METADATA:
        return {part.name: part.data}
    if part.block is None:
        return part.data
    return {"content": {"parts": [part.data], "role": "user" if part.name == "functionResponse" else "model"}}


def _piece(kind: str, text: str) -> dict[str, Any]:
    return {"text": text, "thought": True} if kind == "reasoning" else {"text": text}


DIALECT = Dialect("google-adk", AdkReader, AdkWriter, resumable=False, own_ids=True, terminal="a final response")
