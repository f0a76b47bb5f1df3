"""What each dialect keeps of the parts it encodes: asked of the code, and rendered as tests/dialects/LOSSES.md."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reading import gather, read, write

from sse_core import Decoder, EncodeError, Event
from sse_core.dialects import (
    Accumulator,
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
    get,
    names,
)

FIVE = ("openai-chat", "anthropic-messages", "openai-responses", "gemini", "cohere-v2")
KEPT, DROPPED, REFUSED = "yes", "-", "E"

Ask = Callable[[list[Part], Accumulator], Any]
OK = '{"ok": 1}'
BEGIN = Start("m1", "model-1", "assistant")
USED = Usage(100, 50, 160, 40, 30, 20)
FAILED = Error("Too busy", "overloaded_error", "busy", 529)


def call(arguments: str = "", block: int = 0, id: str | None = None, name: str | None = None, **more: Any) -> Part:
    return ToolCallDelta(arguments, block, id, name, **more)


def of_call(name: str) -> Ask:
    return lambda parts, message: [getattr(call, name) for call in message.tool_calls] or None


def calls(parts: list[Part], message: Accumulator) -> Any:
    return [(call.name, call.arguments.replace(" ", "")) for call in message.tool_calls] or None


def made_up_id(parts: list[Part], message: Accumulator) -> Any:
    return ["made up" if call.id else "none" for call in message.tool_calls] or None


def first(kind: str, name: str) -> Ask:
    return lambda parts, message: next((getattr(part, name) for part in parts if part.kind == kind), None)


def of_usage(name: str) -> Ask:
    return lambda parts, message: getattr(message.usage, name, None)


def finish(parts: list[Part], message: Accumulator) -> Any:
    return message.finish_reason or ("Error" if message.error else None)


def refusal(parts: list[Part], message: Accumulator) -> Any:
    return {False: "text", True: "refusal"}.get(first("text", "refusal")(parts, message))


def text(parts: list[Part], message: Accumulator) -> Any:
    return message.text or None


def begun_again(parts: list[Part], message: Accumulator) -> Any:
    return {"Hello": "the second"}.get(message.text, "both")


def reasoning(parts: list[Part], message: Accumulator) -> Any:
    return message.reasoning or None


def signature(parts: list[Part], message: Accumulator) -> Any:
    return next((part.signature for part in parts if isinstance(part, ReasoningDelta) and part.signature), None)


def servers(parts: list[Part], message: Accumulator) -> Any:
    return [call.name for call in message.tool_calls if call.server] or None


def choice_1(parts: list[Part], message: Accumulator) -> Any:
    return message.choices[1].text if 1 in message.choices else None


def ends(parts: list[Part], message: Accumulator) -> Any:
    return [part.of for part in parts if isinstance(part, BlockEnd)] or None


def others(parts: list[Part], message: Accumulator) -> Any:
    return [other.name for other in message.others if "note" in str(other)] or None


def _finishes(reason: str) -> list[Part]:
    return [call(OK, 0, "c1", "f") if reason == "tool_call" else TextDelta("x"), Finish(reason, f"their {reason}")]


# What is sent between a Start and the end, and what is asked of it before and after. "{name}" is the dialect's.
PROBES: dict[str, tuple[list[Part], Ask]] = {
    "`Start.id`": ([TextDelta("x")], lambda parts, message: message.id),
    "`Start.model`": ([TextDelta("x")], lambda parts, message: message.model),
    "`Start.role`": ([TextDelta("x")], first("start", "role")),
    "a second `Start`": ([TextDelta("Hel"), Start("m2"), TextDelta("Hello")], begun_again),
    "text": ([TextDelta("Hel"), TextDelta("lo")], text),
    "text marked as refusal": ([TextDelta("No", refusal=True)], refusal),
    "the end of a text block": ([TextDelta("Hi"), BlockEnd()], ends),
    "reasoning": ([ReasoningDelta("Hm"), TextDelta("x", 1)], reasoning),
    "reasoning's signature": ([ReasoningDelta("Hm"), ReasoningDelta("", 0, "c2ln"), TextDelta("x", 1)], signature),
    "signature without text": ([ReasoningDelta("", 0, "c2ln"), BlockEnd(0, "reasoning"), TextDelta("x", 1)], signature),
    "tool call: name, arguments": ([call(OK, 0, "c1", "f")], calls),
    "tool call: id": ([call(OK, 0, "c1", "f")], of_call("id")),
    "tool call without id": ([call(OK, 0, None, "f")], made_up_id),
    "tool calls that interleave": (
        [call("", 0, "c1", "f"), call("", 1, "c2", "g"), call("{", 0), call("{}", 1), call("}", 0)],
        calls,
    ),
    "free-text call (`json=False`)": ([call("ls", 0, "c1", "sh", json=False)], of_call("json")),
    "arguments that are no JSON": ([call("oops", 0, "c1", "f")], calls),
    "arguments that the limit cut": ([call('{"a":', 0, "c1", "f"), Finish("length")], calls),
    "call the server runs": ([call(OK, 0, "c1", "search", server=True), TextDelta("x", 1)], servers),
    "`choice=1`": ([TextDelta("a"), TextDelta("b", choice=1)], choice_1),
    **{
        f"usage: {name.replace('_tokens', '').replace('_', ' ')}": ([TextDelta("x"), USED], of_usage(name))
        for name in Usage.__match_args__[:-1]
    },
    **{f"finish: {reason}": (_finishes(reason), finish) for reason in ("stop", "length", "tool_call")},
    **{f"finish: {reason}": (_finishes(reason), finish) for reason in ("content_filter", "error", "other")},
    **{f"error: {name}": ([TextDelta("x"), FAILED], first("error", name)) for name in Error.__match_args__[:-1]},
    "text before an error": ([TextDelta("x"), FAILED], text),
    "usage before an error": ([TextDelta("x"), USED, FAILED], of_usage("output_tokens")),
    "`Other` of its own": ([TextDelta("x"), Other("note", {"type": "note", "n": 1}, "{name}")], others),
    "`Other` of no dialect": ([TextDelta("x"), Other("note", {"type": "note", "n": 1})], others),
    "`Other` of another": ([TextDelta("x"), Other("note", {"type": "note", "n": 1}, "elsewhere")], others),
}


def outcome(dialect: str, feature: str) -> str:
    """What becomes of the feature in the dialect: KEPT, DROPPED, REFUSED, or what it changes to."""
    parts, ask = PROBES[feature]
    sent: list[Part] = [BEGIN]
    for part in parts:
        if isinstance(part, Other) and part.dialect == "{name}":
            part = Other(part.name, part.data, dialect)
        sent.append(part)
    before = ask(sent, gather(sent))
    try:
        after_parts = read(dialect, write(dialect, sent))[0]
    except EncodeError:
        return REFUSED
    after = ask(after_parts, gather(after_parts))
    if after == before:
        return KEPT
    if after is None:
        return DROPPED
    return str(after[0] if type(after) is list else after)


def table(dialects: tuple[str, ...], features: list[str]) -> str:
    """The outcomes of `features` in `dialects`, as Markdown."""
    rows = [["", *[f"`{name}`" for name in dialects]]]
    rows += [[feature, *[outcome(name, feature) for name in dialects]] for feature in features]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    lines = [" | ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def rendered() -> str:
    """What is lost between dialects."""
    # Where text itself is refused, so is all that is sent along with it.
    textless = [name for name in names() if outcome(name, "text") == REFUSED]
    shown = [name for name in names() if name not in textless]
    outcomes = {feature: {outcome(name, feature) for name in shown} for feature in PROBES}
    told = [feature for feature in PROBES if outcomes[feature] not in ({KEPT}, {DROPPED})]
    all_keep = ", ".join(feature for feature in PROBES if outcomes[feature] == {KEPT})
    all_drop = ", ".join(feature for feature in PROBES if outcomes[feature] == {DROPPED})
    rest = tuple(name for name in shown if name not in FIVE)
    return (
        f"{KEPT}: kept; {DROPPED}: dropped without a word; {REFUSED}: `EncodeError`; else what it becomes.\n"
        f"All keep: {all_keep}. All drop: {all_drop}.\n\n{table(FIVE, told)}\n\n"
        f"<details><summary>The other dialects</summary>\n\n{table(rest[:5], told)}\n\n{table(rest[5:], told)}\n\n"
        f"{', '.join(f'`{name}`' for name in textless)} refuse text and tool calls: they are for `Other` and "
        "`Error`.\n\n"
        "</details>\n"
    )


# -- the table of all dialects: what its columns after the second say

# What a dialect cannot say, in a word; of what it refuses, nothing else is asked.
_CANNOT = {
    "text": "text",
    "reasoning": "reasoning",
    "tool call: name, arguments": "calls",
    "usage: output": "usage",
    "`choice=1`": "a second choice",
}
_NAMES = ("type", "event", "event_type", "kind")  # of payloads: members whose value tells one from another


def facts_of(name: str) -> list[str]:
    """The cells of a dialect: what ends it, its error, what it cannot say."""
    dialect = get(name)
    end = "never: come again" if dialect.endless else dialect.terminal
    lost = [word for feature, word in _CANNOT.items() if outcome(name, feature) in (REFUSED, DROPPED)]
    if "text" in lost:
        lost = ["all but Others and errors" if _error_of(name) != "none" else "all but Others"]
    return [end.replace("its end", "the end of the body"), _error_of(name), ", ".join(lost) or "-"]


def _error_of(name: str) -> str:
    """How an Error is written: the event that is read back as one; and whether that is the end."""
    encoder = PartEncoder(name)
    try:
        stream = encoder.send(Error("Busy")) + encoder.close()
    except EncodeError:
        return "none"
    events, reader = Decoder().feed(stream), get(name).reader()
    for event in events:
        if any(part.kind == "error" for part in reader.decode(event)):
            return f"`{_shape(event)}`{', the end' if get(name).error_ends else ''}"
    return f"`{_shape(events[-1])}`, read as an Other"


def _shape(event: Event) -> str:
    named = "" if event.type == "message" else f"event: {event.type} "
    try:
        data = json.loads(event.data)
    except ValueError:
        return f"{named}data: text"
    members = [f"{key}: {json.dumps(data[key])}" if key in _NAMES and type(data[key]) is str else key for key in data]
    return f"{named}{{{', '.join(members)}}}"


FILE = Path(__file__).parents[1] / "dialects" / "LOSSES.md"


def document() -> str:
    """The whole file: what it says by itself is the second column of its first table."""
    written = FILE.read_text(encoding="utf-8")
    head, rule, rows = written.partition("|---|---|---|---|---|\n")
    said = dict(row.strip("| ").split(" | ")[:2] for row in rows.partition("\n\n")[0].splitlines())
    lines = []
    for name in names():
        about = said.get(f"`{name}`", "?")
        lines.append(f"| {' | '.join([f'`{name}`', about, *facts_of(name)])} |\n")
    return f"{head}{rule}{''.join(lines)}\n## What is lost between dialects\n\n{rendered()}"


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8")
