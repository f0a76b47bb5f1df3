# SPDX-License-Identifier: MIT
"""writer-completions: Writer's /v1/completions, the API before its chat; unnamed JSON.

    value                   TextDelta
    event error, or error   Error, the end
    the end of the body     Done("eof"), which cannot be told from a cut between two events; a body without an event
                            is a cut

Written: an answer without text is one event without text, and one that failed ends in an error. There is no word for a
finish, and there are no counts. From one recording, the documentation (2025) and writer-sdk 3.0.
"""

from __future__ import annotations

from ..base import Dialect, PlainReader, PlainWriter, given, write_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from ..._items import Event, Item
    from .._parts import Error, Part, TextDelta
    from ..base.plain import Path

_AT: dict[str, Path] = {"text": ("value",), "error": ("error",)}


class CompletionsReader(PlainReader):
    at: Mapping[str, Path] = _AT
    body_ends = True

    def begin(self) -> None:
        super().begin()
        # An event came: a body without one is no answer.
        self._came = False

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        self._came = True
        return super().read_object(payload, event)

    def whole(self) -> bool:
        return self._came


class CompletionsWriter(PlainWriter):
    def write_text(self, part: TextDelta) -> list[Item]:
        return [self.chunk({"value": part.text})]

    def write_error(self, part: Error) -> list[Item]:
        return [self.event({"error": given(**write_error(part))}, "error")]

    def write_end(self) -> list[Item]:
        return super().write_end() or ([] if self.spoken else [self.chunk({"value": ""})])


DIALECT = Dialect(
    "writer-completions", CompletionsReader, CompletionsWriter, error_ends=True, terminal="its first event"
)
