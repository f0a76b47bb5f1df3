"""Where the recorded streams are, and what they hold; they are never part of the repository."""

import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ.get("SSE_CORE_CAPTURES") or Path(__file__).parents[3] / "shared" / "captures")
WHY_NOT = "no recorded captures: set SSE_CORE_CAPTURES to the folder that holds EXPECTED.jsonl"


def expected() -> list[dict[str, Any]]:
    """A row per capture: its `file`, relative to FOLDER, and its counts; empty where there are none."""
    index = FOLDER / "EXPECTED.jsonl"
    if not index.is_file():
        return []
    return [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines()]


def name_of(row: dict[str, Any]) -> str:
    """What we call the dialect of a row."""
    return str(row["dialect"]).removeprefix("seed-").removeprefix("ibm-")


def streams(dialects: Collection[str]) -> list[tuple[str, str, bytes]]:
    """The file, the dialect and the bytes of each capture of these dialects."""
    rows = [(row["file"], name_of(row)) for row in expected()]
    return [(file, name, (FOLDER / file).read_bytes()) for file, name in rows if name in dialects]
