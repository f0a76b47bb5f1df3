# SPDX-License-Identifier: MIT
"""CallUnderWay: a call whose arguments come value by value in `partialArgs`, each with its JSON path."""

from __future__ import annotations

import re
from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_SIZE = 4 * 1024 * 1024  # of all calls under way in a stream
_MAX_DEPTH = 64
# What an object, an array or a value counts beside its characters: about what it takes in memory. Without it,
# paths of 64 steps of two characters each would hold 69 times what came.
_NODE = 256
_FRAGMENT = 64  # the same of a piece of a string

# RFC 9535's names and indexes: .name ['name'] ["name"] [0]
_STEP = re.compile(r"""\.([^.\[\]]+)|\[([0-9]{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class CallUnderWay:
    """A call: `add` each of its partialArgs; `whole` gives the arguments. `size` is what it holds."""

    __slots__ = ("_args", "_strings", "id", "name", "size")

    def __init__(self, id: str | None, name: str | None, args: dict[str, Any]) -> None:
        self.id: str | None = id
        self.name: str | None = name
        # The id and the name, too: each may be as long as its event.
        self.size: int = _NODE + len(id or "") + len(name or "")
        self._args = args
        # The strings that go on, by path: container, key, fragments. They are joined once, when they are over:
        # to grow a str in a container is quadratic.
        self._strings: dict[str, tuple[Any, Any, list[str]]] = {}

    def add(self, piece: dict[str, Any]) -> None:
        """Put one value in its place; ValueError if it has none, or if it is no value: a call without it is another."""
        path, text, number = piece.get("jsonPath"), piece.get("stringValue"), piece.get("numberValue")
        if type(path) is not str:
            raise ValueError("it has no jsonPath")
        ends = path in self._strings and type(text) is not str
        if ends:
            self._end_string(path)
        if type(text) is str:
            self._add_text(path, text)
            if piece.get("willContinue") is not True:
                self._end_string(path)
        elif (type(number) is int or type(number) is float) and -1e300 < number < 1e300:
            self._place(path, number)
        elif type(piece.get("boolValue")) is bool:
            self._place(path, piece["boolValue"])
        elif "nullValue" in piece:
            self._place(path, None)
        elif not ends:
            raise ValueError(f"{path[:100]!r} has no value that JSON can write")
        if self.size > MAX_SIZE:
            raise ValueError(f"its arguments are over {MAX_SIZE} characters")

    def whole(self) -> dict[str, Any]:
        """The arguments; a string that goes on ends here."""
        for path in list(self._strings):
            self._end_string(path)
        return self._args

    def _add_text(self, path: str, text: str) -> None:
        self.size += _FRAGMENT + len(text)
        if path not in self._strings:
            self.size += _NODE + len(path)
            self._strings[path] = (*self._place(path, ""), [])
        self._strings[path][2].append(text)

    def _end_string(self, path: str) -> None:
        node, key, fragments = self._strings.pop(path)
        node[key] = "".join(fragments)

    def _place(self, path: str, value: Any) -> tuple[Any, Any]:
        """Put `value` where `path` says; the container and the key there.

        An array grows by one at most: `$.a[999999]` is 13 characters, and must not become a million values.
        """
        steps = _steps(path)
        node: Any = self._args
        for step, following in pairwise(steps):
            if _is_new(node, step):
                self._put(node, step, {} if type(following) is str else [])
            node = node[step]
        self._put(node, steps[-1], value)
        return node, steps[-1]

    def _put(self, node: Any, step: Any, value: Any) -> None:
        if _is_new(node, step):
            self.size += _NODE + (len(step) if type(step) is str else 0)
            if type(node) is list:
                node.append(value)
                return
        node[step] = value


def _is_new(node: Any, step: Any) -> bool:
    """Whether nothing is at `step` of `node` yet; ValueError if `node` has no such place."""
    if type(step) is str and type(node) is dict:
        return step not in node
    if type(step) is int and type(node) is list and step <= len(node):
        return step == len(node)
    raise ValueError(f"{str(step)[:100]!r} is no place in what is there")


def _steps(path: str) -> list[int | str]:
    """The names and indexes of a JSON path; ValueError if it is none, or too deep."""
    steps: list[int | str] = []
    at = 1
    while path[:1] == "$" and len(steps) < _MAX_DEPTH and (found := _STEP.match(path, at)):
        name, index, single, double = found.groups()
        steps.append(int(index) if index else name or _ESCAPE.sub(r"\1", single or double or ""))
        at = found.end()
    if not steps or at < len(path):
        raise ValueError(f"{path[:100]!r} is no JSON path of at most {_MAX_DEPTH} steps")
    return steps
