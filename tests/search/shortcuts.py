"""The shortcuts of reading and writing beside the plain way: the same parts, payloads, bytes and errors."""

import json
import re
from random import Random
from typing import Any

import plain
from reading import ANSWERING, pieces

from sse_core.dialects import get

from .hostile import NAMES, WORDS, damaged, seeds
from .searching import Case, Search, hold

_EVENT = re.compile(rb"(.*?data: ?)(\{.*\})(\s*)", re.DOTALL)
_BETWEEN = [
    b": c\n",
    b": c\n\n",
    b"retry: 5\n",
    b"id: 4\n\n",
    b"event: x\n\n",
    b"data: {}\n\n",
    b'error: {"message":"x"}\n',
]
_TEXTS = [
    *(
        "Hi",
        "lo",
        " the",
        ".",
        "\n\n",
        '"',
        "\\",
        "\\n",
        "\u00e9",
        "\u4e2d\u6587",
        "\U0001f600",
        "\u2028",
        "\ud83d",
        "\0",
    ),
    *("assistant", "[DONE]", '{"a":', '"},"usage":{', "}", "x" * 100),
]


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where the strings and numbers of a payload stand."""
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in _leaves(inner, (*path, name))]
    if isinstance(value, list):
        return [leaf for at, inner in enumerate(value) for leaf in _leaves(inner, (*path, at))]
    return [path] if type(value) in (str, int) else []


def _put(value: Any, path: tuple[Any, ...], leaf: Any) -> None:
    try:
        for step in path[:-1]:
            value = value[step]
        value[path[-1]] = leaf
    except (LookupError, TypeError):  # what held it was replaced
        pass


def _text(rng: Random) -> str:
    return rng.choice(WORDS if rng.random() < 0.2 else _TEXTS) + rng.choice(["", "", "a", "b"])


def _run(rng: Random, block: bytes) -> list[bytes]:
    """The block, and others that differ from it in one member, most often, and seldom in another."""
    found = _EVENT.fullmatch(block)
    if found is None:
        return [block]
    head, data, end = found.groups()
    try:
        payload = json.loads(data)
    except ValueError:
        return [block]
    leaves = _leaves(payload)
    if not leaves:
        return [block]
    texts = [leaf for leaf in leaves if leaf[-1] in ("content", "text", "delta", "thinking", "reasoning_content")]
    leaf = rng.choice(texts or leaves)
    layout, ascii = rng.choice([(",", ":"), (",", ":"), (", ", ": "), (",", " :"), (" ,", ":  ")]), rng.random() < 0.3
    run = [block]
    for _ in range(rng.randrange(2, 9)):
        _put(payload, leaf, _text(rng) if rng.random() < 0.95 else rng.choice([None, 7, {}, [], True]))
        if rng.random() < 0.3:
            _put(payload, rng.choice(leaves), rng.choice([_text(rng), rng.randrange(99), None]))
        if rng.random() < 0.1:
            payload[rng.choice(["usage", "obfuscation", "p", "usageMetadata", "sequence_number"])] = rng.choice(
                [None, "x", 1, -1, {}, {"total_tokens": rng.randrange(99)}, {"prompt_tokens": 1, "totalTokenCount": 2}]
            )
        text = json.dumps(payload, ensure_ascii=ascii, separators=layout)
        if rng.random() < 0.2:
            text = text[:-1] + " " * rng.randrange(4) + text[-1]
        run.append(head + text.encode("utf-8", "replace") + end)
        if rng.random() < 0.1:
            run.append(rng.choice(_BETWEEN))
    return run


def _make(rng: Random) -> Case:
    name = rng.choice(plain.ALIKE if rng.random() < 0.8 else NAMES)
    blocks = rng.choice(seeds(name)) if rng.random() < 0.6 else damaged(rng, name)
    begin = rng.randrange(len(blocks) or 1)
    chosen = [*blocks[: min(begin, 6)], *blocks[begin : begin + 8]]
    chosen += rng.sample(chosen, min(len(chosen), rng.choice((0, 3, 6))))  # what stood between two texts, again
    stream = [again for block in chosen for again in (_run(rng, block) if rng.random() < 0.5 else [block])]
    return name, rng.choice(plain.AGAIN if rng.random() < 0.8 else ANSWERING), stream


def _check(name: str, target: str, blocks: list[bytes]) -> None:
    stream = b"".join(blocks)
    found, expected = plain.read(get(name), [stream]), plain.read(plain.plain(name), [stream])
    hold(found == expected, "a shortcut reads what the plain way does", name, found, expected)
    hold(plain.read(get(name), pieces(stream, 7)) == expected, "the same in pieces", name)
    written = plain.rewrite(get(name), get(target), [stream])
    hold(written == plain.rewrite(plain.plain(name), plain.plain(target), blocks), "and so written", name, target)


SEARCH = Search("the shortcuts beside the plain way: the same parts, payloads, bytes and errors", _make, _check)
