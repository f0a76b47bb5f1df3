# SPDX-License-Identifier: MIT
"""datastar: each event is an Other(event type, data), whose data is a dict of text: key -> the lines under that key.

A data line is a key, a space, and a line of the value. Written in the dict's order; a value that is the default of
its key is left out, as the SDKs do. `signals` is JSON text, not read, since clients take a relaxed form. Endless; there
is no error. A reconnection time of 1000, the clients' own, is best left out of the Other. ADR of 2026, datastar-py 1.0.
"""

from __future__ import annotations

from .._items import Event
from .base import Dialect, Reader
from .base.named import OthersWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._items import Item
    from ._parts import Other, Part

_DEFAULTS = {"mode": "outer", "useViewTransition": "false", "onlyIfMissing": "false", "namespace": "html"}


class DatastarReader(Reader):
    choices: int | None = 0

    def read(self, event: Event) -> list[Part]:
        lines: dict[str, list[str]] = {}
        for line in event.data.split("\n"):
            if line:
                key, _, value = line.partition(" ")
                lines.setdefault(key, []).append(value)
        other = self.other_of(event, event.type, {key: "\n".join(values) for key, values in lines.items()})
        other.raw = event.data
        return [other]


class DatastarWriter(OthersWriter):
    def write_other(self, part: Other) -> list[Item]:
        if type(part.data) is not dict:
            raise self.refuse(part, "where data is a dict of text")
        lines = []
        for key, value in part.data.items():
            if type(key) is not str or type(value) is not str or set(" \r\n") & set(key):
                raise self.refuse(part, "where data is a dict of text, and a key has no space")
            if part.name.startswith("datastar-") and value == _DEFAULTS.get(key):
                continue
            lines += [f"{key} {line}" for line in value.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
        return [Event("\n".join(lines), part.name)]


DIALECT = Dialect("datastar", DatastarReader, DatastarWriter, endless=True)
