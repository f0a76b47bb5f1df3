# SPDX-License-Identifier: MIT
"""openai-completions: text completions, the API before chat: `choices[].text`, then `[DONE]`."""

from __future__ import annotations

from .._errors import EncodeError
from ._openai import OpenAIFamily
from ._parts import Other, Start, TextDelta, ToolCallDelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .._items import Comment, Event, Retry
    from ._parts import Part


class OpenAICompletions(OpenAIFamily):
    """Text completions, the API before chat: `choices[].text`."""

    name = "openai-completions"
    object_name = "text_completion"
    id_prefix = "cmpl"

    def _choice(self, choice: dict[str, Any], payload: dict[str, Any], parts: list[Part]) -> None:
        index: Any = choice.get("index")
        state = self._choices.get(index) if type(index) is int else None
        if state is None:
            index, state = self._state(index)
        text = choice.get("text")
        if type(text) is str and text:
            parts.append(TextDelta(text, 0, False, index, payload))
        if choice.get("logprobs"):
            parts.append(Other("logprobs", choice["logprobs"], self.name, None, index, payload))
        self._finish(choice.get("finish_reason"), index, state, payload, parts)

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        choice = part.choice
        if isinstance(part, Start):
            self._begin(part)
            return [self._chunk(choice, {})]
        if isinstance(part, TextDelta):
            self.said.add(choice)
            self.open.setdefault(choice, False)
            return [self._chunk(choice, {"text": part.text})]
        if isinstance(part, ToolCallDelta) and not part.server:
            raise EncodeError("part", part, "cannot be said in openai-completions, which has no tool calls")
        return super().write(part)

    def _write_other(self, part: Other) -> list[Event | Retry | Comment]:
        if part.name == "logprobs":
            return [self._chunk(part.choice, {"logprobs": part.data})]
        return super()._write_other(part)

    def _chunk(self, index: int, delta: dict[str, Any], finish: str | None = None) -> Event:
        choice = {"text": "", "index": index, "logprobs": None, "finish_reason": finish, **delta}
        return self._event([choice], {})
