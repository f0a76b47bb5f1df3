# SPDX-License-Identifier: MIT
"""Dialect: what is true of every stream of one vendor or protocol, and which Reader and Writer speak it."""

from __future__ import annotations

from ..._items import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .reader import Reader
    from .writer import Writer


class Dialect(Value):
    """A value, equal, hashed and pickled by value: facts, and how to make the two halves; for any number of streams.

    `reader` and `writer` are the classes; without a writer it can only be read. Each half is given those of
    `options` that its `__init__` names. The facts:

    `headers`: a server's, beside SSE_HEADERS. `newline`: the line end on the wire. `default_type`: the type of
    an event without an event line. `dataless`: events may lack data. `resumable`: Last-Event-ID means something
    to it. `comments`: its clients skip comments, as the standard has it, so a Transcoder hands them on.
    `endless`: no event is the last. `own_ids`: the ids are not the provider's, so a Transcoder does not pass
    Start.id on. `error_ends`: an Error is the end, read or written. `terminal`: the end that did not come, in
    the words of TruncatedError.

    >>> from sse_core.dialects import PartDecoder, get
    >>> dialect = get("json", key="kind")
    >>> PartDecoder(dialect).feed(b'data: {"kind":"tick"}\\n\\n')
    [Other(name='tick', data={'kind': 'tick'}, dialect='json')]
    """

    __slots__ = __match_args__ = (
        "name",
        "reader_class",
        "writer_class",
        "options",
        "headers",
        "newline",
        "default_type",
        "dataless",
        "resumable",
        "comments",
        "endless",
        "own_ids",
        "error_ends",
        "terminal",
    )

    def __init__(
        self,
        name: str,
        reader: type[Reader],
        writer: type[Writer] | None = None,
        *,
        options: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        newline: str = "\n",
        default_type: str = "message",
        dataless: bool = False,
        resumable: bool = True,
        comments: bool = True,
        endless: bool = False,
        own_ids: bool = False,
        error_ends: bool = False,
        terminal: str = "its end",
    ) -> None:
        self.name: str = name
        self.reader_class: type[Reader] = reader
        self.writer_class: type[Writer] | None = writer
        self.options: dict[str, Any] = dict(options or {})
        self.headers: dict[str, str] = dict(headers or {})
        self.newline: str = newline
        self.default_type: str = default_type
        self.dataless: bool = dataless
        self.resumable: bool = resumable
        self.comments: bool = comments
        self.endless: bool = endless
        self.own_ids: bool = own_ids
        self.error_ends: bool = error_ends
        self.terminal: str = terminal
        unknown = self.options.keys() - _options_of(reader) - _options_of(writer)
        if unknown:
            raise TypeError(f"{name} has no option {', '.join(sorted(unknown))}")

    def __hash__(self) -> int:
        return hash((type(self), self.name))  # options may hold what has no hash

    def __repr__(self) -> str:
        options = "".join([f", {name}={value!r}" for name, value in self.options.items()])
        return f"{type(self).__name__}({self.name!r}{options})"

    def with_options(self, **options: Any) -> Dialect:
        """The same with these options; TypeError for one that neither half has."""
        return self.__replace__(options={**self.options, **options})

    def __replace__(self, /, **changes: Any) -> Dialect:
        """The same with some facts changed, by the names that the constructor takes: `copy.replace` calls it."""
        facts: dict[str, Any] = {name: getattr(self, name) for name in self.__match_args__[3:]}
        halves: dict[str, Any] = {"name": self.name, "reader": self.reader_class, "writer": self.writer_class}
        return type(self)(**halves | facts | changes)

    def reader(self, **options: Any) -> Reader:
        """A Reader for one stream; `options` win over the dialect's own."""
        return self.reader_class(self, **{**self._of(self.reader_class), **options})

    def writer(self, **options: Any) -> Writer:
        """A Writer for one stream; `options` win over the dialect's own. TypeError if it can only be read."""
        if self.writer_class is None:
            raise TypeError(f"{self.name} can only be read: it has no writer")
        return self.writer_class(self, **{**self._of(self.writer_class), **options})

    def _of(self, half: type[Reader] | type[Writer]) -> dict[str, Any]:
        if not self.options:
            return {}
        names = _options_of(half)
        return {name: value for name, value in self.options.items() if name in names}


def reduced(half: Reader | Writer, protocol: Any) -> str | tuple[Any, ...]:
    """The `__reduce_ex__` of both halves: pickle's protocols 0 and 1 know no slots, which any state may have."""
    if protocol < 2:
        raise TypeError(f"a {type(half).__name__} cannot be pickled with protocol {protocol}: it needs 2 or later")
    return object.__reduce_ex__(half, protocol)


def _options_of(half: type | None) -> set[str]:
    """The names of the options of `half`: a class hands on to its base those that it does not name."""
    names: set[str] = set()
    for base in half.__mro__ if half is not None else ():
        code = getattr(vars(base).get("__init__"), "__code__", None)
        if code is not None:
            names.update(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])
            if not code.co_flags & 8:  # it takes no **options: nothing goes on to its base
                break
    return names - {"dialect"}
