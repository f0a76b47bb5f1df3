"""The cases of WPT, of LaunchDarkly's contract tests and our own, as data: cases/*.json."""

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sse_core import Comment, Decoder, Event


class Case(NamedTuple):
    """A stream as its source cuts it, and what it means; None where the source does not say."""

    name: str
    chunks: list[bytes]
    seed: str
    events: list[Event]
    comments: list[Comment] | None
    last_event_id: str | None
    reconnection_time: int | None
    states_time: bool

    def check(self, chunks: list[bytes]) -> None:
        """`chunks`, a cut of the same bytes, mean what the case says."""
        decoder = Decoder(last_event_id=self.seed)
        items = [item for chunk in chunks for item in decoder.feed_items(chunk)]
        assert [item for item in items if isinstance(item, Event)] == self.events
        if self.comments is not None:
            assert [item for item in items if isinstance(item, Comment)] == self.comments
        if self.last_event_id is not None:
            assert decoder.last_event_id == self.last_event_id
        if self.states_time:
            assert decoder.reconnection_time == self.reconnection_time
        plain = Decoder(last_event_id=self.seed)
        assert [event for chunk in chunks for event in plain.feed(chunk)] == self.events


def _read(row: dict[str, Any]) -> Case:
    return Case(
        row["name"],
        [base64.b64decode(chunk) for chunk in row["chunks_b64"]],
        row.get("seed_last_event_id", ""),
        [Event(event["data"], event["type"], event["last_event_id"]) for event in row["events"]],
        None if row.get("comments") is None else [Comment(text) for text in row["comments"]],
        row.get("last_event_id"),
        row.get("reconnection_time"),
        "reconnection_time" in row,
    )


FILES = sorted((Path(__file__).parents[1] / "cases").glob("*.json"))
CASES = [
    pytest.param(_read(row), id=f"{path.stem}: {row['name']}")
    for path in FILES
    for row in json.loads(path.read_text(encoding="utf-8"))
]
