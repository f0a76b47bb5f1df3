# SPDX-License-Identifier: MIT
"""What writes a2a."""

from __future__ import annotations

from .._parts import Error
from ..base import OVERHEAD, dict_of, given, str_or_none
from ..base.rpc import RpcWriter
from .words import KINDS, MAX_ARTIFACTS, REASONS, WORDS, is_answer, plain, state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event, Item
    from .._parts import Block, BlockEnd, Finish, Other, Part, Start, TextDelta
    from ..base import Dialect

# The parts that a reader may give after each Other.
_AFTER = {"task": ("start",), "statusUpdate": ("finish", "done")}
# What the Python SDK takes for the end of a line; in JSON they are only ever in a string.
_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}
_REASON = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "a2a-protocol.org"}


class A2aWriter(RpcWriter):
    """Writes a task whose artifacts are the text. `version` is "1.0" or "0.3", `binding` "jsonrpc" or "http"."""

    one_choice = True

    def __init__(
        self,
        dialect: Dialect,
        *,
        version: str = "1.0",
        binding: str = "jsonrpc",
        context_id: str | None = None,
        **options: Any,
    ) -> None:
        if version not in ("1.0", "0.3") or binding not in ("jsonrpc", "http"):
            raise ValueError(f"a2a has no version {version!r} with the binding {binding!r}")
        self._final = version == "0.3"  # an event says that it is the last
        self._framed = binding == "jsonrpc"
        self._flat = self._final and self._framed
        self._context_id = context_id or "context-1"
        super().__init__(dialect, **options)

    def begin(self) -> None:
        super().begin()
        self._begun = False
        # The artifacts that were begun, numbered.
        self._artifacts: dict[str, int] = {}
        # The final state, or the message, with which an Other has told the end.
        self._told = ""

    def write_start(self, part: Start) -> list[Item]:
        self.id = part.id or self.id
        return []

    def write_text(self, part: TextDelta) -> list[Item]:
        return self._after_task(self._update(part.block, part.text)) if part.text else []

    def write_block_end(self, part: BlockEnd) -> list[Item]:
        known = part.of == "text" and _artifact_id(part.block) in self._artifacts
        return [self._update(part.block, "", True)] if known else []

    def write_other(self, part: Other) -> list[Item]:
        name, data = part.name, part.data
        if name not in KINDS or type(data) is not dict:
            return self.other(part)
        if self._flat != ("kind" in data):  # it came in the other version
            return self.reserved(part)
        event = self._event(data if self._flat else {name: data})
        found = self.read_back(event)
        if name == "artifactUpdate":
            return self._artifact(part, event, data, found)
        items = self.listed(part, event, found, _AFTER.get(name, ()))
        if not items:
            return items
        told = plain(state_of(data))
        told = told if told in REASONS else name if name == "message" and is_answer(data) else ""
        if self.failed and told:
            return []
        self._told = told
        if name == "task":
            self._begun = True
            self.id = str_or_none(data.get("id")) or self.id
            self._context_id = str_or_none(data.get("contextId")) or self._context_id
        if found[-1].kind == "done":
            self.over()
        return items

    def write_error(self, part: Error) -> list[Item]:
        reason = part.type or str_or_none(part.code)
        details = None if reason is None else [{**_REASON, "reason": reason}]
        if self._framed:
            return [self.answer("message" if self._final else "error", error=self.error_of(part, details))]
        code = part.status or 500
        error = given(code=code, status="UNKNOWN", message=part.message, details=details)
        return [self.event({"error": error}, "error")]

    def write_end(self) -> list[Item]:
        finish = self.held_finish()
        state = _word(finish)
        if self._told and not self._final and (0 not in self.finishes or self._told == state):
            return []
        if self._told == "message" and not self._begun and finish.reason == "stop":
            return []
        update = {**self._ids(), "status": {"state": self._state(state)}}
        if self._final:
            update["final"] = True
        return self._after_task(self._said("statusUpdate", update))

    def write_failed_end(self) -> list[Item]:
        return self.write_error(Error("the answer was lost on its way"))

    def event(self, payload: Any, type: str = "message") -> Event:
        event = super().event(payload, type)
        event.data = event.data.translate(_LINE_ENDS)
        return event

    def _artifact(self, part: Other, event: Event, data: dict[str, Any], found: list[Part]) -> list[Item]:
        id = str_or_none(dict_of(data.get("artifact")).get("artifactId"))
        begun = self._artifacts.get(id or "", MAX_ARTIFACTS) < MAX_ARTIFACTS
        items: list[Item] = [event]
        if data.get("append") is True or not begun:  # else it replaces, and is an Other whatever it holds
            items = self.listed(part, event, found, ())
        if items and id is not None:
            self._append(id)
        return items

    def _append(self, id: str) -> bool:
        """Whether the artifact was begun before; from now on it was."""
        if id in self._artifacts:
            return True
        self.held.add(OVERHEAD + len(id))
        self._artifacts[id] = len(self._artifacts)
        return False

    def _update(self, block: Block, text: str, last: bool = False) -> Event:
        id = _artifact_id(block)
        part = {"kind": "text", "text": text} if self._flat else {"text": text}
        artifact = {"artifactId": id, "parts": [part]}
        update = {**self._ids(), "artifact": artifact, "append": self._append(id), "lastChunk": last}
        return self._said("artifactUpdate", update)

    def _after_task(self, event: Event) -> list[Item]:
        if self._begun:
            return [event]
        self._begun = True
        ids = self._ids()
        task = {"id": ids["taskId"], "contextId": ids["contextId"], "status": {"state": self._state("working")}}
        return [self._said("task", task), event]

    def _ids(self) -> dict[str, Any]:
        return {"taskId": self.id or "task-1", "contextId": self._context_id}

    def _state(self, state: str) -> str:
        if self._flat:
            return state
        word = state.upper().replace("-", "_")
        return "TASK_STATE_" + (word.replace("CANCELED", "CANCELLED") if self._final else word)

    def _said(self, name: str, found: dict[str, Any]) -> Event:
        return self._event({"kind": KINDS[name], **found} if self._flat else {name: found})

    def _event(self, said: dict[str, Any]) -> Event:
        return self.answer(result=said) if self._framed else self.event(said)


def _artifact_id(block: Block) -> str:
    return block if type(block) is str and block else f"artifact-{block}"


def _word(finish: Finish) -> str:
    """The state for a finish: that of its raw word, if it is one; else the nearest."""
    state = plain(finish.raw_reason or "")
    return state if REASONS.get(state) == finish.reason else WORDS.get(finish.reason, "input-required")
