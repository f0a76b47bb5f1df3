# SPDX-License-Identifier: MIT
"""Reading google-adk."""

from __future__ import annotations

from ...._items import Event
from ..._parts import BlockEnd, Error, Other, Start, Usage
from ...base import (
    WholeReader,
    added,
    count_or_none,
    dict_of,
    dicts_of,
    read_error,
    short,
    str_or_none,
    summed,
    text_of,
)
from ...gemini.words import REASONS
from .words import COUNTS, METADATA

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._parts import Block, Part
    from ...base.wholes import Kind

_KNOWN = frozenset(("content", "partial", "finishReason", "errorCode", "usageMetadata"))
_TEXT = frozenset(("text", "thought", "thoughtSignature"))
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
        for name in METADATA:
            value = payload.get(name)
            if any(dict_of(value).values()) if name == "actions" else value:
                parts.append(Other(name, value, self.name))
        code, word = str_or_none(payload.get("errorCode")), str_or_none(payload.get("finishReason"))
        if pieces or code or word:  # else an agent's actions, between the fragments of its turn
            parts += self._content(payload, pieces, agent)
        self._tell_final(payload, pieces, bool(code or word))
        used = dict_of(payload.get("usageMetadata"))
        asked, said, total, cached, thought = [count_or_none(used.get(name)) for name in COUNTS]
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


def _kind(piece: dict[str, Any]) -> Kind:
    return "reasoning" if piece.get("thought") is True else "text"
