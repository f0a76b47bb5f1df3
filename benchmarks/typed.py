"""Bytes to parts, in units of json.loads alone over the same payloads, already split."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

from sse_core.dialects import PartDecoder, get, names

from .answers import Answer, verify
from .consumers import installed, print_missing
from .measure import Progress, best, environment, print_environment, print_table, whole

Loads = Callable[[str], Any]
SIZES = ("4096", "event")


class _Bounds(NamedTuple):
    least: tuple[float, float]  # of each of SIZES
    goal: float


ANSWERS = {
    "openai-chat": _Bounds((0.75, 0.95), 0.5),
    "openai-chat, usage in each": _Bounds((1.3, 1.5), 1.0),
    "anthropic-messages": _Bounds((1.2, 1.6), 1.0),
    "anthropic-messages, usage in between": _Bounds((1.2, 1.6), 1.0),
    "gemini": _Bounds((1.25, 1.45), 1.0),
}


def _orjson() -> Loads:
    loads: Loads = import_module("orjson").loads
    return loads


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=whole, default=25, metavar="N", help="best of so many (25)")


def run(options: argparse.Namespace) -> int:
    """Print the ratios, and the bounds."""
    others, versions, missing = installed({"orjson": _orjson})
    print_missing(missing)
    print_environment(environment(versions))
    progress = Progress(len(ANSWERS))
    rows = []
    for name, bounds in ANSWERS.items():
        progress.step(name)
        answer = Answer(name)
        if answer.dialect not in names():
            print(f"skipped: {name} (not registered)")
            continue
        seconds = _measure(answer, {"json": None, **others}, options.rounds)
        unit = seconds["loads"]
        row = [name, f"{unit / len(answer.payloads) * 1e9:,.0f}"]
        for size, least in zip(SIZES, bounds.least, strict=True):
            row += [*bounded(seconds[f"json {size}"] / unit, least), f"{bounds.goal:.2f}"]
        rows.append(row + [f"{seconds[f'{other} {size}'] / unit:.2f}" for other in others for size in SIZES])
    progress.close()
    headers = ["bytes to parts, in json.loads", "ns of loads"]
    for size in ("4 KiB", "event a chunk"):
        headers += [size, "at most", "goal"]
    headers += [f"{other}, {size}" for other in others for size in ("4 KiB", "event a chunk")]
    print_table(headers, rows)
    return 0


def bounded(value: float, most: float) -> tuple[str, str]:
    """Two cells: what was measured, and the bound it must keep to."""
    return f"{value:.2f}", f"{most:.2f}{'' if value <= most else ' over'}"


def loads_all(payloads: list[str]) -> int:
    """Read each payload with json.loads: the unit."""
    loads = json.loads
    for payload in payloads:
        loads(payload)
    return len(payloads)


def parts(dialect: str, chunks: list[bytes], loads: Loads | None = None) -> int:
    """Read a stream to parts; how many there were."""
    count = 0
    feed = PartDecoder(get(dialect), loads=loads).feed
    for chunk in chunks:
        count += len(feed(chunk))
    return count


def _measure(answer: Answer, readers: Mapping[str, Loads | None], rounds: int) -> dict[str, float]:
    """Seconds of json.loads alone, and of each reader of JSON at each size of chunk."""
    verify("the answer", answer.dialect, answer.stream, answer.text)
    count = parts(answer.dialect, [answer.stream])
    variants = {"loads": (partial(loads_all, answer.payloads), len(answer.payloads))}
    for name, loads in readers.items():
        for size in SIZES:
            variants[f"{name} {size}"] = (partial(parts, answer.dialect, answer.chunks(size), loads), count)
    return best(variants, rounds)
