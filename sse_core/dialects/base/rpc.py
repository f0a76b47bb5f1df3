# SPDX-License-Identifier: MIT
"""RpcReader and RpcWriter: what dialects share whose data is JSON-RPC 2.0."""

from __future__ import annotations

from .json import JsonReader
from .members import given
from .writer import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..._items import Event
    from .._parts import Error
    from .dialect import Dialect

INTERNAL_ERROR = -32603


class RpcReader(JsonReader):
    """Reads messages: there is no sentinel, and an error comes as a message, never as a body with no framing."""

    bodies = False
    body_ends = True

    def is_sentinel(self, data: str) -> bool:
        return False


class RpcWriter(Writer):
    """Writes messages; `request_id` is that of the request which the stream answers, as the client sent it."""

    def __init__(self, dialect: Dialect, *, request_id: str | int | None = None, **options: Any) -> None:
        if type(request_id) not in (str, int, type(None)):
            raise TypeError(f"request_id must be str or int, not {type(request_id).__name__}")
        self.request_id = request_id
        super().__init__(dialect, **options)

    def answer(self, type: str = "message", **members: Any) -> Event:
        """The event of a response: its `result` or its `error`."""
        return self.event({"jsonrpc": "2.0", "id": self.request_id, **members}, type)

    def error_of(self, part: Error, data: Any = None) -> dict[str, Any]:
        """A response's `error`, whose code is a number."""
        code = part.code if type(part.code) is int else INTERNAL_ERROR
        return given(code=code, message=part.message, data=data)
