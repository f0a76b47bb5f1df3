# SPDX-License-Identifier: MIT
"""Events that have a name and data, and no more in common: NamedReader and NamedWriter, told by options what a
service means by its names; and OthersWriter, for dialects whose every event is an Other."""

from __future__ import annotations

from ..._errors import DialectError
from ..._items import Event, Retry
from .json import JsonReader
from .members import given, read_error, str_or_none, write_error
from .writer import Writer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from typing import Any

    from ..._items import Item
    from .._parts import Error, Other, Part, TextDelta, ToolCallDelta
    from .dialect import Dialect
    from .json import Form

    Words = Mapping[str, Mapping[str, str]]


class NamedReader(JsonReader):
    """Each event is an Other(type, data, id), its data JSON; blank data is "", null is None.

    Options, of types where nothing else is said: `text` are those whose data is text, `words` data that stands
    unquoted; `key` is the member with the name. `errors` are those that are an Error, each with its words for our
    members; after one of `again` the server wants to be asked again. `error_id` is the id of an error, and no cursor.
    """

    choices: int | None = 0
    bodies = False

    def __init__(
        self,
        dialect: Dialect,
        *,
        key: str | None = None,
        text: Collection[str] = (),
        words: Collection[str] = (),
        errors: Words | None = None,
        error_id: str = "",
        again: Collection[str] = (),
        **options: Any,
    ) -> None:
        self._key = key
        self._text = text
        self._words = words
        self._errors = errors or {}
        self._error_id = error_id
        self._again = again
        super().__init__(dialect, **options)

    def read(self, event: Event) -> list[Part]:
        if event.type in self._errors:
            return self._error(event)
        form = self.form(event)
        value = self.payload(event) if form == "json" else event.data if form == "text" else ""
        parts: list[Part] = [self.other_of(event, self._name(event, value), value)]
        if event.type in self._again:
            parts += self.done("event", reconnect=True)
        return self.tell(parts, value)

    def form(self, event: Event) -> Form:
        if event.type in self._text or event.data in self._words:
            return "text"
        return "json" if event.data.strip() else "blank"

    def cursor(self, id: str) -> str:
        return "" if id == self._error_id else id

    def _name(self, event: Event, value: Any) -> str:
        if self._key and type(value) is dict:
            return str_or_none(value.get(self._key)) or event.type
        return event.data if event.data in self._words and event.type == "message" else event.type

    def _error(self, event: Event) -> list[Part]:
        try:
            value: Any = self.payload(event) if self.form(event) == "json" else event.data
        except DialectError:  # text, where it should be JSON, is an error all the same
            value = event.data
        said = value or {"type": event.type}
        if type(said) is dict:
            words = self._errors[event.type].items()
            said = {**said, **{ours: said[theirs] for ours, theirs in words if theirs in said}}
        error = read_error(said, value)
        if error.type is None and event.type != "error":
            error.type = event.type
        if event.type in self._again:
            self.failed = True
            return [error, *self.done("event", reconnect=True)]
        return self.fail(error)


class OthersWriter(Writer):
    """Writes Others alone: there are no words for an answer, and no sentinel."""

    def write_text(self, part: TextDelta | ToolCallDelta) -> list[Item]:
        raise self.refuse(part, "whose events are its own: send an Other")

    def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
        return self.write_text(part)

    def is_end(self, data: str) -> bool:
        return False

    def text_of(self, part: Other) -> str:
        """The data of an Other whose event has text, None being blank."""
        if part.data is None:
            return ""
        if type(part.data) is not str:
            raise self.refuse(part, "where its data is text")
        return part.data


class NamedWriter(OthersWriter):
    """What NamedReader reads, by the same options.

    `typed`: the event type says the name too, where `key` has it. `retries` are the reconnection times, in
    milliseconds, that the server sends with events, by their type. An Error goes under its type, if that is one of
    `errors`; under another if there is but one.
    """

    def __init__(
        self,
        dialect: Dialect,
        *,
        key: str | None = None,
        typed: bool = False,
        text: Collection[str] = (),
        words: Collection[str] = (),
        errors: Words | None = None,
        error_id: str = "",
        again: Collection[str] = (),
        retries: Mapping[str, int] | None = None,
        **options: Any,
    ) -> None:
        self._key = key
        self._typed = typed
        self._text = text
        self._words = words
        self._errors = errors or {}
        self._error_id = error_id
        self._again = again
        self._retries = retries or {}
        super().__init__(dialect, **options)

    def write_other(self, part: Other) -> list[Item]:
        event = self._event(part)
        if event.type in self._errors:
            return self.reserved(part)
        if event.type in self._again:
            self.over()
        retry = self._retries.get(event.type) if part.retry is None else None
        return [event] if retry is None else [Retry(retry), event]

    def write_error(self, part: Error) -> list[Item]:
        names = [part.type] if part.type and part.type in self._errors else list(self._errors)
        if len(names) != 1:
            raise self.refuse(part, f"whose errors are: {', '.join(names) or 'none'}")
        [name] = names
        return [Event(self._error_data(part, name), name, self._error_id)]

    def _error_data(self, part: Error, name: str) -> str:
        if name in self._text:
            return part.message
        members = given(**write_error(part))
        if part.type == name:
            del members["type"]
            if members == {"message": name}:  # of what came with null
                return "null"
        words = self._errors[name]
        return self.dumps({words.get(member, member): value for member, value in members.items()})

    def _event(self, part: Other) -> Event:
        name, data = part.name, part.data
        if name in self._text:
            return Event(self.text_of(part), name)
        if type(data) is str and data in self._words:
            return Event(data, "message" if name == data else name)
        if self._key and not self._typed and type(data) is dict and data.get(self._key) == name:
            name = "message"
        return Event("", name) if data == "" else self.event(data, name)
