# SPDX-License-Identifier: MIT
"""lawbot: Lawbot's chat stream, openai-chat in chunks of `id`, `object` and `choices` alone.

Its finish_reason is only on the last chunk, and usage comes with it.
"""

from __future__ import annotations

from .aitunnel import AitunnelWriter
from .base import Dialect
from .openai.chat import ChatReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Event


class LawbotWriter(AitunnelWriter):
    again = True

    def chunk_of(self, choices: list[Any], **members: Any) -> Event:
        for choice in choices:
            if choice.get("finish_reason") is None:
                choice.pop("finish_reason", None)
            if "role" in choice["delta"]:
                choice["delta"].pop("content", None)
        if self.id is None and choices:
            self.id: str | None = f"{self.id_prefix}-1"
        return self.event({"id": self.id or "", "object": self.object_name, "choices": choices, **members})


DIALECT = Dialect("lawbot", ChatReader, LawbotWriter, terminal="[DONE]")
