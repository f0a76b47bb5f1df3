# SPDX-License-Identifier: MIT
"""What Anthropic's two streams share: the event type repeats the payload's `type`, and an error is the end."""

from __future__ import annotations

from ..._errors import EncodeError
from ..._items import Event
from .._parts import Error
from ..base import JsonReader, Writer, read_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Item
    from .._parts import Other, Part

# The document's error types, and the HTTP status each has where it is an answer's.
_STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
_TYPES = {status: type for type, status in _STATUSES.items()}


class AnthropicReader(JsonReader):
    """Reads what both have."""

    def kind_of(self, payload: dict[str, Any], event: Event) -> str:
        """The payload's `type`, or else the event's."""
        kind = payload.get("type")
        if type(kind) is str:
            return kind
        # A proxy's error has no name.
        return "error" if event.type == "message" and payload.get("error") else event.type

    def fail(self, error: Error | Any) -> list[Part]:
        """The same, with the status that the error's type stands for."""
        error = error if isinstance(error, Error) else read_error(error, error)
        if error.status is None and error.type is not None:
            error.status = _STATUSES.get(error.type)
        return super().fail(error)


class AnthropicWriter(Writer):
    """Writes what both have."""

    one_choice = True

    def named(self, type: str, **members: Any) -> Event:
        """The event of this type, which its payload repeats."""
        return self.event({"type": type, **members}, type)

    def other_event(self, part: Other) -> Event:
        """The event of an Other that is one: its name is the type."""
        data = {} if part.data is None else part.data
        if type(data) is not dict:
            raise EncodeError("data", data, f"must be an object in {self.name}")
        return self.event({**data, "type": part.name}, part.name)

    def write_error(self, part: Error) -> list[Item]:
        """The event of an error; clients tell errors apart by type, so a status finds the word for it."""
        type = part.type
        if type not in _STATUSES:
            type = _TYPES.get(part.status or 0) or type or "api_error"
        return [self.named("error", error={"type": type, "message": part.message})]
