# SPDX-License-Identifier: MIT
"""aitunnel: AITUNNEL's chat stream, which is openai-chat with two differences.

Payloads that are no JSON are skipped, as its document says: each is an Other. Its client reads `choices[0]` of
every chunk, so usage is written with the finish.
"""

from __future__ import annotations

from .._items import Event
from ._parts import Other
from .base import Dialect
from .openai.base import write_usage
from .openai.chat import ChatReader, ChatWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .._errors import DialectError
    from .._items import Item
    from ._parts import Finish, Part


class AitunnelReader(ChatReader):
    alike: tuple[str, ...] | None = ChatReader.alike

    def invalid(self, event: Event, error: DialectError) -> list[Part]:
        return [Other(event.type, event.data, self.name)]


class AitunnelWriter(ChatWriter):
    again = True

    def write_finish(self, part: Finish) -> list[Item]:
        self._finished.setdefault(part.choice, False)
        return []  # held, so that the last chunk has both a choice and the usage

    def write_end(self) -> list[Item]:
        return [*self._last_chunks(list(self._finished)), Event("[DONE]")]

    def write_failed_end(self) -> list[Item]:
        return self._last_chunks([])

    def _last_chunks(self, finished: list[int]) -> list[Item]:
        chunks: list[Item] = [self.chunk(choice, {}, self.finish_word(choice)) for choice in finished]
        if self.held_usage is not None:
            choice = finished[-1] if finished else 0
            word = self.finish_word(choice) if finished else None
            last = {"index": choice, "delta": {}, "finish_reason": word}
            chunks[-1:] = [self.chunk_of([last], usage=write_usage(self.held_usage))]
        return chunks


DIALECT = Dialect("aitunnel", AitunnelReader, AitunnelWriter, terminal="[DONE]")
