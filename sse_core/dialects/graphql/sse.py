# SPDX-License-Identifier: MIT
"""graphql-sse: GraphQL over SSE, in both modes: named JSON events, `next` and `complete`, and no other.

| event | part |
|---|---|
| next {data, errors, ...} | Other("next", result); of errors without data, which is a request that failed, then Error |
| next {id, payload} | Other("next", payload, block = id) |
| complete, blank or without data | Done("event") |
| complete {id} | Other("complete", block = id): of the operation, not of the stream |

One of several operations on a single connection has an id: such a stream ends with its body, the other with
`complete`. Option `single` says so from the start; else the first id does. An Error is written as a `next` of one
error, and then `complete`, which is how the protocol says it; what failed without an Error gets no `complete`, which
the client takes for a loss. PROTOCOL.md of graphql-sse 2.6.
"""

from __future__ import annotations

from ..._items import Event
from .._parts import Other
from ..base import Dialect, JsonReader, dict_of, dicts_of, given, read_error
from ..base.named import OthersWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Item
    from .._parts import Error, Part


class GraphqlSseReader(JsonReader):
    choices: int | None = 0
    bodies = False
    body_ends = True

    def __init__(self, dialect: Dialect, *, single: bool = False, **options: Any) -> None:
        self._single = single
        super().__init__(dialect, **options)

    def read(self, event: Event) -> list[Part]:
        if event.type == "next":
            return self._next(self.payload(event), event)
        if event.type != "complete":
            raise self.unreadable("an event is next or complete", event)
        payload = {} if self.form(event) == "blank" else self.payload(event)
        operation = dict_of(payload).get("id")
        if type(operation) is str:
            self._single = True
            return self.tell([Other("complete", None, self.name, operation)], payload)
        if self._single:
            raise self.unreadable("the event names no operation", event)
        return self.done("event")

    def whole(self) -> bool:
        return self._single

    def _next(self, payload: Any, event: Event) -> list[Part]:
        if type(payload) is not dict:
            raise self.unreadable("the data is no JSON object", event)
        operation = payload.get("id")
        if type(operation) is str and "payload" in payload:
            self._single = True
            return self.tell([Other("next", payload["payload"], self.name, operation)], payload)
        if self._single or "id" in payload:
            raise self.unreadable("the event is no operation's, or has no payload", event)
        parts: list[Part] = [Other("next", payload, self.name)]
        if _is_failure(payload):
            error = dicts_of(payload["errors"])[0]
            details = dict_of(error.get("extensions"))
            told = {name: details.get(name) for name in ("type", "code", "status")}
            parts += self.fail(read_error({**told, "message": error.get("message")}))
        return self.tell(parts, payload)


class GraphqlSseWriter(OthersWriter):
    def __init__(self, dialect: Dialect, *, single: bool = False, **options: Any) -> None:
        # Which of the two the stream is; the first event decides it where no option does.
        self._single: bool | None = single or None
        # An error stands in what was written: one is enough, and `complete` may follow it.
        self._told = False
        super().__init__(dialect, **options)

    def write_other(self, part: Other) -> list[Item]:
        single = part.block is not None
        if part.name not in ("next", "complete") or (part.name == "complete" and not single):
            return self.reserved(part)
        if self._single is not None and self._single is not single:
            raise self.refuse(part, "where all events of a stream name an operation, by their block, or none does")
        data: dict[str, Any] = {"id": str(part.block)}
        if part.name == "next" and single:
            data["payload"] = part.data
        elif part.name == "next":
            data = part.data
            if type(data) is not dict or "id" in data:  # by which a client knows an operation's
                return self.reserved(part)
            self._told = self._told or _is_failure(data)
        event = self.event(data, part.name)
        self._single = single
        return [event]

    def write_error(self, part: Error) -> list[Item]:
        if self._single:
            raise self.refuse(part, "where an error is an operation's: send an Other with its block")
        if self._told:
            return []
        details = given(type=part.type, code=part.code, status=part.status)
        error = given(message=part.message, extensions=details or None)
        event = self.event({"errors": [error]}, "next")
        self._told, self._single = True, False
        return [event]

    def write_end(self) -> list[Item]:
        return [] if self._single else [Event("", "complete")]

    def write_failed_end(self) -> list[Item]:
        return [Event("", "complete")] if self._told else []


def _is_failure(payload: dict[str, Any]) -> bool:
    """Whether the request failed before anything was executed: the specification then leaves `data` out."""
    return "data" not in payload and bool(dicts_of(payload.get("errors")))


DIALECT = Dialect("graphql-sse", GraphqlSseReader, GraphqlSseWriter, dataless=True, terminal="its event complete")
