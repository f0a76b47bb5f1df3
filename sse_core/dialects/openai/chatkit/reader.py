# SPDX-License-Identifier: MIT
"""What reads openai-chatkit."""

from __future__ import annotations

from ..._parts import BlockEnd, ReasoningDelta, Start, TextDelta, ToolCallDelta
from ...base import Heard, JsonReader, dict_of, dicts_of, index_or_none, read_error, short, str_or_none, text_of
from .words import ADDED, DONE, PART, UPDATED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ...._items import Event
    from ..._parts import Of, Part

_MOST = 1024  # blocks, items and calls that are known: what is said whole past them is an Other


class ChatKitReader(JsonReader):
    """Reads the items of an answer, each as far as it was not said."""

    body_ends = True

    def begin(self) -> None:
        super().begin()
        # Something came; there was content: it is too late for a Start.
        self._any = self._started = False
        # The messages under way; the items that are reasoning.
        self._open: set[str] = set()
        self._thoughts: set[str] = set()
        # What was said in each block; the blocks and calls that are over.
        self._heard: dict[tuple[Of, str], Heard] = {}
        self._over: set[tuple[Of, str]] = set()

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        self._any = True
        kind = payload.get("type")
        parts: list[Part] | None = None
        if kind in (ADDED, DONE):
            parts = self._item(dict_of(payload.get("item")), kind == DONE)
        elif kind == UPDATED:
            parts = self._update(text_of(payload.get("item_id")), dict_of(payload.get("update")))
            self._started = self._started or bool(parts)
        elif kind == "thread.item.removed":
            self._open.discard(short(text_of(payload.get("item_id"))))
        elif kind == "error" or payload.get("error"):
            code = payload.get("code")
            return self.fail(read_error({**payload, "code": None if code == "custom" else code}))
        return [self.other(payload, event)] if parts is None else parts

    def whole(self) -> bool:
        return self._any and not self._open

    def _item(self, item: dict[str, Any], done: bool) -> list[Part] | None:
        """What an item that was added, or is done, says more than was said; None for one that is an Other."""
        kind, id = item.get("type"), text_of(item.get("id"))
        parts: list[Part] | None = None
        if kind == "assistant_message":
            texts = enumerate([text_of(one.get("text")) for one in dicts_of(item.get("content"))])
            parts = self._wholes("text", id, dict(texts), done)
            self._open.discard(short(id))
            self._add(set() if done else self._open, id)
        elif kind == "workflow" and dict_of(item.get("workflow")).get("type") == "reasoning":
            self._add(self._thoughts, id)
            tasks = enumerate(dicts_of(dict_of(item.get("workflow")).get("tasks")))
            thoughts = {at: text_of(task.get("content")) for at, task in tasks if task.get("type") == "thought"}
            parts = self._wholes("reasoning", id, thoughts, done)
        elif kind == "client_tool_call" and done and item.get("status") != "completed":
            parts = self._call(item)
        if parts is None or self._started:
            return parts
        self._started = True
        return [Start(id), *parts] if id else parts

    def _update(self, id: str, update: dict[str, Any]) -> list[Part] | None:
        kind = text_of(update.get("type"))
        index = index_or_none(update.get("content_index", update.get("task_index")), _MOST) or 0
        if kind == f"{PART}text_delta":
            self._add(self._open, id)
            return self._delta("text", f"{id}/{index}", text_of(update.get("delta")))
        if kind in (f"{PART}added", f"{PART}done"):
            text = text_of(dict_of(update.get("content")).get("text"))
            return self._wholes("text", id, {index: text}, kind == f"{PART}done")
        task = dict_of(update.get("task"))
        if kind.startswith("workflow.task.") and task.get("type") == "thought" and short(id) in self._thoughts:
            return self._wholes("reasoning", id, {index: text_of(task.get("content"))}, False)
        return None

    def _wholes(self, of: Of, id: str, texts: dict[int, str], ends: bool) -> list[Part] | None:
        """What whole texts say more than was said in the blocks of an item; None if one of them says another."""
        rests: dict[str, str] = {}
        for index, text in texts.items():
            block = f"{id}/{index}"
            heard = self._heard.get((of, short(block)), None if len(self._heard) >= _MOST else Heard())
            rest = None if heard is None else heard.rest(text)
            if rest is None:
                return None
            rests[block] = rest
        parts: list[Part] = []
        for (block, rest), text in zip(rests.items(), texts.values(), strict=True):
            parts += self._delta(of, block, rest)
            if ends and text and (of, short(block)) not in self._over:
                self._over.add((of, short(block)))
                parts.append(BlockEnd(block, of))
        return parts

    def _delta(self, of: Of, block: str, text: str) -> list[Part]:
        key = of, short(block)
        if text and (key in self._heard or len(self._heard) < _MOST):
            self._heard.setdefault(key, Heard()).add(text)
        if not text:
            return []
        return [TextDelta(text, block) if of == "text" else ReasoningDelta(text, block)]

    def _call(self, item: dict[str, Any]) -> list[Part] | None:
        block = text_of(item.get("call_id"))
        key: tuple[Of, str] = "tool_call", short(block)
        if key in self._over or len(self._over) >= 2 * _MOST:
            return None
        self._over.add(key)
        self.tool_called(block)
        arguments = self.json_text(dict_of(item.get("arguments")))
        call = ToolCallDelta(arguments, block, block or None, str_or_none(item.get("name")))
        return [call, BlockEnd(block, "tool_call")]

    def _add(self, ids: set[str], id: str) -> None:
        if len(ids) < _MOST:
            ids.add(short(id))
