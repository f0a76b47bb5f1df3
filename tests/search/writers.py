"""Every writer: of any parts it makes an EncodeError, or bytes that are read back as nothing else."""

from random import Random
from typing import Any

from sse_core import EncodeError
from sse_core.dialects import (
    BlockEnd,
    Error,
    Finish,
    Other,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

from . import again
from .hostile import NAMES, WORDS, payloads, strange
from .searching import Case, Search, hold

_FLAGS = {2: (True,), "a": (False, False)}  # calls of the server, and with free text: what a call is, it stays
PARTS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (Start, TextDelta, ReasoningDelta, ToolCallDelta, BlockEnd, Usage, Finish, Error, Other)
}
Row = tuple[Any, ...]  # the name of a class and the arguments of one of its parts
_REASONS = ("stop", "stop", "length", "tool_call", "tool_call", "content_filter", "error", "other")
_RAW = (None, None, "stop", "end_turn", "max_tokens", "tool_calls", "STOP", "SAFETY", "completed", "FINISHED")
_ARGUMENTS = ("{}", '{"a":1}', "", '{"a":', "1}", "oops", "[DONE]", "\n", "null", "[1]", '"x"')
_TEXTS = (
    "Hi",
    "",
    "[DONE]",
    "\n",
    "data: x",
    "a\r\nb",
    "\u2028",
    '{"type":"done"}',
    "\x00",
    " [DONE] ",
    "null",
    "\n\n",
)


def part_of(row: Row) -> Part:
    part: Part = PARTS[row[0]](*row[1:])
    return part


def as_promised(parts: list[Part]) -> None:
    """The first fragment of a call has its name; a later one has none, unless another id says that it is a first."""
    ids: dict[str, str | None] = {}
    for part in parts:
        texts = [getattr(part, member, None) for member in ("arguments", "id", "name")]
        if part.kind != "tool_call" or not all(type(text) in (str, type(None)) for text in texts):
            continue
        key = repr((part.choice, part.block))
        part.id = part.id or None
        first = key not in ids or (part.id is not None and part.id != ids[key])
        part.name = (part.name or "f") if first else None
        if first:
            part.id = ids[key] = part.id or f"call of {key}"


def some_rows(rng: Random, name: str) -> list[Row]:
    """Rows of an answer, in no order that an answer would have, with one or two forged."""
    rows = [_row(rng, name) for _ in range(rng.randrange(1, 9))]
    if rng.random() < 0.5:
        rows.append(("Finish", rng.choice(_REASONS), rng.choice(_RAW)))
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        at = rng.randrange(len(rows))
        rows[at] = _forged(rng, rows[at])
    return rows


def _row(rng: Random, name: str) -> Row:
    block = rng.choice((0, 0, 0, 1, 1, 2, "a", "0/0", -1, 10**9))
    kind = rng.choice(
        ("Start", *["TextDelta"] * 3, "ReasoningDelta", *["ToolCallDelta"] * 4, "Block", "Usage", "Finish")
    )
    if rng.random() < 0.2:
        kind = rng.choice(("Error", "Other", "Other"))
    if kind == "Start":
        return kind, rng.choice((None, "m1", "", "m2")), rng.choice((None, "model-1")), rng.choice((None, "assistant"))
    if kind == "TextDelta":
        return kind, rng.choice(_TEXTS), block, rng.random() < 0.1
    if kind == "ReasoningDelta":
        return kind, rng.choice(_TEXTS), block, rng.choice((None, None, "c2ln"))
    if kind == "ToolCallDelta":
        if rng.random() < 0.5:
            return kind, rng.choice(_ARGUMENTS), block
        first = rng.choice((("c1", "f"), ("c1", "f"), ("c2", "g"), (None, "f"), ("c3", None)))
        return kind, rng.choice(_ARGUMENTS), block, *first, *_FLAGS.get(block, ())
    if kind == "Block":
        return "BlockEnd", block, rng.choice(("text", "reasoning", "tool_call", "tool_call", "other"))
    if kind == "Usage":
        return kind, *[rng.choice((None, 0, 5, 7)) for _ in range(rng.randrange(7))]
    if kind == "Finish":
        return kind, rng.choice(_REASONS), rng.choice(_RAW)
    if kind == "Error":
        return kind, rng.choice(_TEXTS), rng.choice((None, "t")), rng.choice((None, "c", 5)), rng.choice((None, 529))
    data = rng.choice((rng.choice(payloads(name)), strange(rng)))
    said = [data.get(key) for key in ("type", "event", "event_type") if isinstance(data, dict)]
    called = rng.choice([word for word in said if isinstance(word, str)] + [rng.choice(WORDS)])
    return "Other", called, data, rng.choice((None, name, name, "elsewhere")), rng.choice((None, None, block))


def _forged(rng: Random, row: Row) -> Row:
    """The row with one argument of any value, a choice that is none, or an id and a retry."""
    if rng.random() < 0.2:
        return row[0], *row[1:], *_defaults(row), rng.choice((1, 1, 2, -1, True, "0", None, 1_000))
    if row[0] == "Other" and rng.random() < 0.5:
        return *row[:5], rng.choice(("7", "a\nb", "\x00", "", "\ud800")), rng.choice((None, 5, -1, "5", 10**18))
    if len(row) == 1:
        return row
    at = rng.randrange(1, min(len(row), 5))  # before a call's flags
    return *row[:at], strange(rng), *row[at + 1 :]


def _defaults(row: Row) -> list[Any]:
    defaults = vars(PARTS[row[0]])["__init__"].__defaults__[:-2]  # but choice's and raw's
    missing = len(PARTS[row[0]].__match_args__) - len(row)
    return list(defaults[len(defaults) - missing :]) if missing else []


def _make(rng: Random) -> Case:
    name = rng.choice(NAMES)
    return name, some_rows(rng, name)


def _check(name: str, rows: list[Row]) -> None:
    parts = [part_of(row) for row in rows]
    as_promised(parts)
    encoder = PartEncoder(name)
    data, sent = again.send_all(encoder, parts)
    # What has failed may still say, later, what it refused.
    again.no_more(parts if encoder.writer.failed else sent, again.read_back(name, data))
    ended = data + again.close(encoder)
    again.ended(name, sent, ended, encoder)
    if len(sent) < len(parts) and not encoder.writer.failed:
        without = PartEncoder(name)
        try:
            expected = b"".join([without.send(part) for part in sent]) + without.close()
        except EncodeError as error:
            hold(False, "what was refused had not happened", name, error)
        hold(ended == expected, "what was refused had not happened", name, ended, expected)


SEARCH = Search("any parts, forged ones too, through every writer: read back, and after a refusal", _make, _check)
