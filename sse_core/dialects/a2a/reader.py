# SPDX-License-Identifier: MIT
"""What reads a2a."""

from __future__ import annotations

from .._parts import BlockEnd, Other, Start, TextDelta
from ..base import dict_of, dicts_of, read_error, short, str_or_none, text_of
from ..base.rpc import RpcReader
from .words import MAX_ARTIFACTS, NAMES, REASONS, is_answer, plain, state_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event
    from .._parts import Part

# What parts say of an event, or leave out of it.
_IDS = ("kind", "taskId", "contextId")
_UPDATE = (*_IDS, "artifact", "append", "lastChunk")
_ARTIFACT = ("artifactId", "parts")
_MESSAGE = (*_IDS, "messageId", "role", "parts", "content")
_STATUS_UPDATE = (*_IDS, "status", "final")
_STATUS = ("state", "timestamp")
_TEXT = ("kind", "text", "mediaType")


class A2aReader(RpcReader):
    """Reads what happens to one task, or one message."""

    def begin(self) -> None:
        super().begin()
        self._begun = False
        # Text came: a Start can no longer be the first word.
        self._spoken = False
        # The artifacts that were begun: one that comes again replaces what was said, unless it appends.
        self._artifacts: set[str] = set()

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        if event.type == "error" or payload.get("error") is not None:
            return self._error(payload)
        name, found = _found(payload)
        if name == "artifactUpdate":
            return self._artifact(found)
        if name == "statusUpdate":
            return self._status(found)
        if name == "message":
            return self._message(found)
        if name != "task":
            return [self.other(payload, event)]
        parts: list[Part] = [Other(name, found, self.name)]
        if not self._begun:
            self._begun = True
            parts += [] if self._spoken else [Start(str_or_none(found.get("id")))]
        self._state(state_of(found))
        return parts

    def _artifact(self, update: dict[str, Any]) -> list[Part]:
        artifact = dict_of(update.get("artifact"))
        id = str_or_none(artifact.get("artifactId"))
        block = 0 if id is None else id
        texts = _texts(artifact.get("parts"))
        known = self._knows(id)
        if texts is None or (known and update.get("append") is not True):
            return [Other("artifactUpdate", update, self.name, block)]
        parts: list[Part] = []
        ends = update.get("lastChunk") is True
        if _more(update, _UPDATE) or _more(artifact, _ARTIFACT) or not (texts or ends):
            rest = {name: value for name, value in update.items() if name != "lastChunk"}
            rest["artifact"] = {**artifact, "parts": []}
            parts.append(Other("artifactUpdate", rest, self.name, block))
        return [*parts, *self._text(texts, block), *([BlockEnd(block)] if ends else [])]

    def _knows(self, id: str | None) -> bool:
        """Whether the artifact was begun before; from now on it was."""
        if id is None:
            return False
        id = short(id)
        known = id in self._artifacts
        if len(self._artifacts) < MAX_ARTIFACTS:
            self._artifacts.add(id)
        return known

    def _message(self, message: dict[str, Any]) -> list[Part]:
        id = str_or_none(message.get("messageId"))
        texts = _texts(message.get("parts") or message.get("content"))
        answers = is_answer(message)
        if not answers or not texts or _more(message, _MESSAGE):
            parts: list[Part] = [Other("message", message, self.name, id)]
        else:
            parts = [*self._text(texts, id or 0), BlockEnd(id or 0)]
        if answers and not self._begun:  # it is the whole answer
            self.finish_later("stop")
        return parts

    def _text(self, texts: list[str], block: str | int) -> list[Part]:
        if any(texts):
            self._spoken = True
            self.said()
        return [TextDelta(text, block) for text in texts if text]

    def _status(self, update: dict[str, Any]) -> list[Part]:
        parts: list[Part] = []
        state, final = state_of(update), update.get("final") is True
        known = plain(state) in REASONS or final
        if not known or _more(update, _STATUS_UPDATE) or _more(dict_of(update.get("status")), _STATUS):
            parts.append(Other("statusUpdate", update, self.name))
        self._state(state, final)
        return [*parts, *self.done("event")] if final else parts

    def _state(self, state: str, final: bool = False) -> None:
        reason = REASONS.get(plain(state))
        if reason is None and not final:
            self.said()
        else:
            self.finish_later(reason or "other", state or None)

    def _error(self, payload: dict[str, Any]) -> list[Part]:
        error = read_error(payload)
        found = dict_of(payload.get("error"))
        details = [*dicts_of(found.get("details")), *dicts_of(found.get("data"))]
        error.type = next((reason for detail in details if (reason := str_or_none(detail.get("reason")))), error.type)
        return self.fail(error)

    def whole(self) -> bool:
        return not self.waiting


def _found(payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What an event says, and with what; "" if it is none of the four."""
    found = payload.get("result")
    if type(found) is not dict:
        found = payload
    kind = NAMES.get(text_of(found.get("kind")))
    if kind is not None:
        return kind, found
    return next(((name, found[name]) for name in NAMES.values() if type(found.get(name)) is dict), ("", found))


def _texts(parts: Any) -> list[str] | None:
    """The texts of parts that are nothing else; None if one is."""
    if type(parts) is not list:
        return None
    texts: list[str] = []
    for part in parts:
        text = part.get("text") if type(part) is dict else None
        if type(text) is not str or _more(part, _TEXT):
            return None
        texts.append(text)
    return texts


def _more(found: dict[str, Any], names: tuple[str, ...]) -> bool:
    """Whether it says more than `names`."""
    return any(value and name not in names for name, value in found.items())
