"""One dialect to another, in units of json.loads alone; beside LiteLLM's converters, and the AI SDK's reading on Node.

What goes in is an answer from its first event to its end, an event a chunk, as a gateway sees it; what comes out is
decoded again and held to the same text. LiteLLM is given lines that are split and decoded already: litellm.py says
where it is entered, and what that leaves out. The AI SDK's providers rewrite nothing: they read the same bytes to
parts of their own, and stand beside our parts.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sse_core.dialects import Transcoder, get

from . import litellm, node
from .answers import Answer, verify
from .consumers import installed, print_missing
from .measure import Progress, Variant, best, environment, print_environment, print_table, whole
from .typed import SIZES, bounded, loads_all, parts

PINS = "requirements-rewrite.txt"
# From, to: the most that it may take, in json.loads alone, and the goal.
DIRECTIONS = {
    ("openai-chat", "anthropic-messages"): (1.6, 1.0),
    ("anthropic-messages", "openai-chat"): (3.0, 1.5),
    ("openai-chat", "openai-responses"): (3.2, 2.0),
    ("gemini", "openai-chat"): (3.0, 2.0),
}
OURS = "sse_core"
TEXTS = 300  # in an answer that LiteLLM rewrites
UNIT = "us an event, an event a chunk"
_HEADERS = ["us an event", "json.loads", "event a chunk", "in json.loads", "at most", "goal", "4 KiB", "in json.loads"]
READ = ("openai-chat", "anthropic-messages", "gemini")  # what the AI SDK reads


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=whole, default=15, metavar="N", help="best of so many (15)")


def run(options: argparse.Namespace) -> int:
    """Print the three tables, or why one is missing."""
    found, versions, missing = installed({"litellm": litellm.converters})
    print_missing(missing, PINS)
    print_environment(environment(versions))
    ways: dict[str, litellm.Converters] = dict(
        zip(("LiteLLM alone", "wrapped"), found.get("litellm", ()), strict=False)
    )
    progress = Progress(len(DIRECTIONS) * (2 if ways else 1) + len(READ))
    _print_ours(progress, options.rounds)
    print()
    if ways:
        _print_litellm(ways, progress, options.rounds)
        print()
    _print_read(progress, options.rounds)
    progress.close()
    return 0


def _print_ours(progress: Progress, rounds: int) -> None:
    rows = []
    for (source, target), (most, goal) in DIRECTIONS.items():
        name = f"{source} to {target}"
        progress.step(name)
        answer = Answer(source)
        seconds = measure(answer, target, rounds)
        ratios = {size: seconds[size] / seconds["loads"] for size in SIZES}
        us = {key: f"{value / len(answer.events) * 1e6:.2f}" for key, value in seconds.items()}
        row = [name, us["loads"], us["event"], *bounded(ratios["event"], most), f"{goal:.2f}"]
        rows.append([*row, us["4096"], f"{ratios['4096']:.2f}"])
    print_table(_HEADERS, rows)


def _print_litellm(ways: Mapping[str, litellm.Converters], progress: Progress, rounds: int) -> None:
    rows = []
    for source, target in DIRECTIONS:
        name = f"{source} to {target}"
        progress.step(f"{name} by LiteLLM")
        answer = Answer(source, TEXTS)
        seconds = compare(answer, target, {way: ways[way][source, target] for way in ways}, rounds)
        us = {key: value / len(answer.events) * 1e6 for key, value in seconds.items()}
        row = [name, f"{us[OURS]:.2f}"]
        for way in ways:
            row += [f"{us[way]:.2f}", f"{us[way] / us[OURS]:.1f}x"]
        rows.append(row)
    print("LiteLLM: its converters alone, at least 10x, the goal is 20x; and wrapped, as its proxy runs them")
    print_table([UNIT, OURS, *[header for way in ways for header in (way, "ratio")]], rows)


def measure(answer: Answer, target: str, rounds: int) -> dict[str, float]:
    """Seconds of json.loads alone, and of rewriting in chunks of each of SIZES."""
    count = _verified(answer, target)
    variants: dict[str, Variant] = {"loads": (partial(loads_all, answer.payloads), len(answer.payloads))}
    for size in SIZES:
        variants[size] = (partial(_rewrite, answer.dialect, target, answer.chunks(size)), count)
    return best(variants, rounds)


def compare(answer: Answer, target: str, converters: Mapping[str, litellm.Converter], rounds: int) -> dict[str, float]:
    """Seconds of rewriting an event a chunk, and of each of the converters.

    Not in turn with json.loads, and over a shorter answer: what takes ten times as long as another meets more of the
    machine's bad moods, and its best would not be as good.
    """
    run = partial(_rewrite, answer.dialect, target, answer.blocks)
    variants: dict[str, Variant] = {OURS: (run, _verified(answer, target))}
    lines = answer.stream.decode().splitlines()
    for name, convert in converters.items():
        events = convert(lines)
        verify(name, target, b"".join(events), answer.text)
        variants[name] = (partial(_convert, convert, lines), len(events))
    return best(variants, rounds)


def _verified(answer: Answer, target: str) -> int:
    """The bytes that are written, which say what they must."""
    written = rewrite(answer.dialect, target, answer.blocks)
    verify(OURS, target, written, answer.text)
    return len(written)


def rewrite(source: str, target: str, chunks: list[bytes]) -> bytes:
    """A stream of one dialect as another."""
    transcoder = Transcoder(get(source), get(target))
    return b"".join([*map(transcoder.feed, chunks), transcoder.close()])


def _rewrite(source: str, target: str, chunks: list[bytes]) -> int:
    return len(rewrite(source, target, chunks))


def _convert(convert: litellm.Converter, lines: list[str]) -> int:
    return len(convert(lines))


def _print_read(progress: Progress, rounds: int) -> None:
    rows, names, version = [], [], ""
    for dialect in READ:
        progress.step(f"{dialect} on Node")
        try:
            ours, theirs, name, version = read(Answer(dialect), rounds)
        except node.NodeMissingError as error:
            print(f"skipped: the AI SDK on Node ({error})")
            return
        names.append(name)
        rows.append([f"{dialect} to parts", f"{ours:.2f}", f"{theirs:.2f}", f"{theirs / ours:.1f}x"])
    print(f"{', '.join(names)} on Node {version}")
    print_table([UNIT, OURS, "AI SDK", "ratio"], rows)


def read(answer: Answer, rounds: int) -> tuple[float, float, str, str]:
    """Microseconds per event of our parts and of the AI SDK's; its package, and Node's version."""
    found: dict[str, Any] = {}

    def on_node() -> float:
        found.update(node.script("ai-sdk.mjs", str(file), str(node.NODE_ROUNDS), answer.dialect))
        if found["text"] != answer.text:
            raise RuntimeError(f"{found['name']}: what was read is not the text of the answer")
        nanoseconds: float = found["nanoseconds"]
        return nanoseconds

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "chunks"
        file.write_text("".join([json.dumps(block.decode()) + "\n" for block in answer.blocks]))
        count = parts(answer.dialect, answer.blocks)
        ours, theirs = node.in_turn((partial(parts, answer.dialect, answer.blocks), count), on_node, rounds)
    events = len(answer.events)
    return ours / events * 1e6, theirs / events / 1e3, f"{found['name']} {found['version']}", found["node"]
