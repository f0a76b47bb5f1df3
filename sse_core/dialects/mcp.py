# SPDX-License-Identifier: MIT
"""mcp: the Model Context Protocol, every revision of Streamable HTTP, and HTTP+SSE of 2024.

Each event is a JSON-RPC message, under `event: message` or none; the Others of the first rows have the whole of it.

    method                      Other(method): a request if it has an id, else a notification
    result                      Other("result"); if it answers `request_id`, then Done("event")
    error                       Error if its id is null or `request_id`, and with that option Done("error"); else
                                Other("error"): a stream with no request of its own may answer many
    an array (2025-03-26)       the parts of each member, the answer last; never written: clients of today refuse it
    blank data with an id       Other("priming", id=...), from where the stream can be resumed
    another event type          Other(type, the text): `endpoint` has the URI to send to (2024)

The stream that answers a POST ends with the answer to its `request_id`; without that option (a GET stream, HTTP+SSE)
with its body. Others have the event's id and reconnection time, but in the revision 2026-07-28, which has neither,
nor requests of the server. No end is invented: a server may close early, and its client comes again.
Source: the specification of 2024-11-05 to 2026-07-28, and the SDKs for Python and TypeScript.
"""

from __future__ import annotations

from .._items import Event
from ._parts import Error, Other
from .base import Dialect, read_error
from .base.rpc import RpcReader, RpcWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Item
    from ._parts import Part

REVISIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")
_NOT_RESUMABLE = "2026-07-28"


class McpReader(RpcReader):
    """`request_id`: that of the request which the stream answers; None: none, or not known."""

    choices: int | None = 0

    def __init__(self, dialect: Dialect, *, request_id: str | int | None = None, **options: Any) -> None:
        self._request_id = request_id
        super().__init__(dialect, **options)

    def read(self, event: Event) -> list[Part]:
        if event.type != "message":
            return [self.other_of(event, event.type, event.data)]
        if not event.data.strip():
            return [self.other_of(event, "priming")] if event.last_event_id else []
        return super().read(event)

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        method = payload.get("method")
        if type(method) is str:
            return [self.other_of(event, method, payload)]
        if "result" in payload and payload.get("error") is None:
            other = self.other_of(event, "result", payload)
            return [other, *self.done("event")] if self._answers(payload) else [other]
        if "error" not in payload or payload.get("result") is not None:
            raise self.unreadable("the data is no JSON-RPC message", event)
        if payload.get("id") is not None and not self._answers(payload):
            return [self.other_of(event, "error", payload)]
        parts = self.fail(read_error(payload["error"]))
        return parts if self._request_id is None else [*parts, *self.done("error")]

    def read_value(self, value: Any, event: Event) -> list[Part]:
        if type(value) is not list or not value or any(type(member) is not dict for member in value):
            raise self.unreadable("the data is neither a JSON-RPC message nor a batch of them", event)
        parts: list[Part] = []
        for member in sorted(value, key=self._answers):
            if self.ended:
                break
            parts += self.read_object(member, event)
            self.retry: int | None = None  # it was said once
        return parts

    def whole(self) -> bool:
        return self._request_id is None

    def closes(self, event: Event) -> bool:
        return event.type in ("message", "") and super().closes(event)  # of another type it is text

    def _answers(self, payload: dict[str, Any]) -> bool:
        """Whether a response is that to the request: 1 and "1" are two ids."""
        id = payload.get("id")
        is_request = type(payload.get("method")) is str
        return not is_request and id is not None and type(id) is type(self._request_id) and id == self._request_id


class McpWriter(RpcWriter):
    """Writes Others as they are, and errors."""

    def __init__(self, dialect: Dialect, *, revision: str = "2025-11-25", **options: Any) -> None:
        if revision not in REVISIONS:
            raise ValueError(f"mcp has no revision {revision!r}; there are: {', '.join(REVISIONS)}")
        self._resumable = revision != _NOT_RESUMABLE
        super().__init__(dialect, **options)

    def write_error(self, part: Error) -> list[Item]:
        if self.request_id is not None:
            self.over()
        return [self.answer(error=self.error_of(part))]

    def write_other(self, part: Other) -> list[Item]:
        data = part.data
        if part.name == "priming":
            return [Event("", "")] if data is None and part.id else self.reserved(part)
        if type(data) is dict:
            if not self._resumable and data.get("id") is not None and "method" in data:
                return self.reserved(part)
            event = self.event(data)
        elif type(data) is str:
            event = Event(data, part.name)
        else:  # a batch, too
            return self.reserved(part)
        found = self.read_back(event)
        items = self.listed(part, event, found, ("done",))
        if items and found[-1].kind == "done":
            if self.failed:  # what was lost may have been part of it
                return []
            self.over()
        return items

    def write_failed_end(self) -> list[Item]:
        return [] if self.request_id is None else self.write_error(Error("the answer was lost on its way"))

    def _write_other(self, part: Other) -> list[Item]:
        if not self._resumable and (part.id or part.retry is not None):
            if part.dialect is None:
                raise self.refuse(part, f"whose revision {_NOT_RESUMABLE} has neither ids nor retries")
            part = part.__replace__(id=None, retry=None)
        return super()._write_other(part)


def _dialect(**options: Any) -> Dialect:
    resumable = options.get("revision") != _NOT_RESUMABLE
    terminal = "the answer to its request"
    return Dialect(
        "mcp", McpReader, McpWriter, options=options, default_type="", resumable=resumable, terminal=terminal
    )


DIALECT = _dialect
