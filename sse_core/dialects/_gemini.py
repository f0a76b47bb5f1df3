# SPDX-License-Identifier: MIT
"""Gemini's words and counts; and StreamedCall, whose arguments come value by value, each by its JSON path."""

from __future__ import annotations

import re
from itertools import pairwise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._parts import Usage

_FILTERS = (
    *("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "ESCALATION"),
    *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
)
_ERRORS = (
    *("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"),
    *("MISSING_THOUGHT_SIGNATURE", "MALFORMED_RESPONSE"),
)
_OTHERS = ("OTHER", "LANGUAGE", "IMAGE_OTHER", "NO_IMAGE", "CONTINUATION", "PUP_LIMITED_DISABLED")
REASONS = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(_FILTERS, "content_filter"),
    **dict.fromkeys(_ERRORS, "error"),
    **dict.fromkeys(_OTHERS, "other"),
}
WORDS = {"length": "MAX_TOKENS", "content_filter": "SAFETY", "error": "OTHER", "other": "OTHER"}  # else STOP
BLOCKED = ("OTHER", "JAILBREAK")  # blockReasons that are no finishReason, or another reason's
STATUSES = {  # google.rpc.Code's words
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}

_MAX_SIZE = 16 * 1024 * 1024  # characters of one call's arguments
_MAX_DEPTH = 64
_OVERHEAD = 64  # what one more value counts beside its characters

# RFC 9535's names and indexes: .name ['name'] ["name"] [0]
_STEP = re.compile(r"""\.([^.\[\]]+)|\[([0-9]{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
# Base64 in either alphabet, padded or not, whose last bits are zero.
_BASE64 = re.compile(
    "|".join(
        rf"(?:[{letters}]{{4}})*(?:[{letters}][AQgw](?:==)?|[{letters}]{{2}}[AEIMQUYcgkosw048]=?)?"
        for letters in ("A-Za-z0-9+/", "A-Za-z0-9_-")
    )
)


class StreamedCall:
    """The call under way: `add` each of partialArgs; `whole` is the arguments, which JSON can write."""

    def __init__(self, id: str | None, name: str | None) -> None:
        self.id = id
        self.name = name
        self._args: dict[str, Any] = {}
        self._size = 0
        # The strings that go on, by path: container, key, fragments. Joined once, when over: growing a str
        # in a container is quadratic.
        self._strings: dict[str, tuple[Any, Any, list[str]]] = {}

    def add(self, piece: dict[str, Any]) -> None:
        """Put one value in its place; ValueError if it has none."""
        path, text, number = piece.get("jsonPath"), piece.get("stringValue"), piece.get("numberValue")
        if type(path) is not str:
            raise ValueError("it has no jsonPath")
        self._size += _OVERHEAD + len(path) + (len(text) if type(text) is str else 0)
        if self._size > _MAX_SIZE:
            raise ValueError(f"the arguments of one call are over {_MAX_SIZE} characters")
        if type(text) is str:
            if path not in self._strings:
                self._strings[path] = (*self._place(path, ""), [])
            self._strings[path][2].append(text)
            if piece.get("willContinue") is not True:
                self._end_string(path)
        elif (type(number) is int or type(number) is float) and -1e300 < number < 1e300:
            self._place(path, number)
        elif type(piece.get("boolValue")) is bool:
            self._place(path, piece["boolValue"])
        elif "nullValue" in piece:
            self._place(path, None)

    def whole(self) -> dict[str, Any]:
        for path in list(self._strings):
            self._end_string(path)
        return self._args

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
                _put(node, step, {} if type(following) is str else [])
            node = node[step]
        _put(node, steps[-1], value)
        return node, steps[-1]


def _is_new(node: Any, step: Any) -> bool:
    """Whether nothing is at `step` of `node` yet; ValueError if `node` has no such place."""
    if type(step) is str and type(node) is dict:
        return step not in node
    if type(step) is int and type(node) is list and step <= len(node):
        return step == len(node)
    raise ValueError(f"{str(step)[:100]!r} is no place in what is there")


def _put(node: Any, step: Any, value: Any) -> None:
    if _is_new(node, step) and type(node) is list:
        node.append(value)
    else:
        node[step] = value


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


def write_usage(usage: Usage, names: tuple[str, ...]) -> dict[str, int]:
    """The counts by `names`: of input, of output but reasoning, of all, from a cache, of reasoning.

    Gateways that count more reasoning than output are cut to the output.
    """
    input, output, total, reasoning = (
        usage.input_tokens,
        usage.output_tokens,
        usage.total_tokens,
        usage.reasoning_tokens,
    )
    if total is None and input is not None and output is not None:
        total = input + output
    if reasoning is not None and output is not None:
        reasoning = min(reasoning, output)
        output -= reasoning
    counts = (input, output, total, usage.cache_read_tokens, reasoning)
    return {name: count for name, count in zip(names, counts, strict=True) if count is not None}


def is_signature(text: str) -> bool:
    """Whether `text` is base64: a thoughtSignature is bytes, and clients read no event with another one."""
    return _BASE64.fullmatch(text) is not None
