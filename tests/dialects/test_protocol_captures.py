"""The recorded streams of protocols and services: the same parts for every cut, and the same again re-encoded.

Re-encoded means data, ids, reconnection times and order: each is in the parts.
"""

from typing import Any

import captures
import pytest
from reading import all_cuts, pieces, random_pieces, read, write
from tries import some

from sse_core import Comment, Decoder, Event
from sse_core.dialects import Dialect, PartDecoder, get, names

FOLDER = captures.FOLDER / "protocol"
# Which dialect a folder's streams speak, and what differs for a file of it.
DIALECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "a2a": ("a2a", {}),
    "ag_ui": ("ag-ui", {}),
    "datastar": ("datastar", {}),
    "django_eventstream": ("django-eventstream", {}),
    "enc_dotnet": ("text", {}),
    "enc_fastapi": ("text", {}),
    "enc_spring": ("text", {}),
    "enc_sse_starlette": ("text", {"end": "end"}),
    "firebase_rtdb": ("firebase", {}),
    "graphql_sse": ("graphql-sse", {}),
    "graphql_sse/single_connection.sse": ("graphql-sse", {"single": True}),
    "graphql_sse/single_connection_exec_error.sse": ("graphql-sse", {"single": True}),
    "home_assistant": ("home-assistant", {}),
    "htmx_sse": ("text", {"end": "close"}),
    "langgraph": ("langgraph", {}),
    "launchdarkly": ("launchdarkly", {}),
    "mcp_http_sse_2024": ("mcp", {}),
    "mcp_streamable_http": ("mcp", {}),
    "mcp_streamable_http/priming_then_error_response.sse": ("mcp", {"request_id": "request-1"}),
    "mcp_streamable_http/priming_then_response.sse": ("mcp", {"request_id": "request-1"}),
    "mcp_streamable_http/progress_then_result_2026.sse": ("mcp", {"request_id": 1}),
    "mcp_streamable_http/result_crlf_2026.sse": ("mcp", {"request_id": 1}),
    "ntfy": ("ntfy", {}),
    "pocketbase": ("pocketbase", {}),
    "stellar_horizon": ("stellar", {}),
    "turbo_streams": ("text", {}),
    "vercel_ai_ui": ("vercel-ai-ui", {}),
}
# Streams that are none: they are read, for every cut, but have an Invalid or no end, and so are not written again.
FRAGMENTS = {
    "a2a/v0_3_docs_broken_pretty_json.sse": "a document's mistake: its lines lack `data:`",
    "ag_ui/dart_fixture_whole_file.sse": "several examples in one file, some of them no JSON",
    "ag_ui/dart_malformed_examples.sse": "no JSON, on purpose",
    "ag_ui/ts_invalid_json.sse": "half an object, on purpose",
    "graphql_sse/unknown_event_must_throw.sse": "an event that the protocol does not have",
    "launchdarkly/fdv1_invalid_put.sse": "half an object, on purpose",
}
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.sse"))
READ = [file for file in FILES if (DIALECTS.get(file) or DIALECTS[file.partition("/")[0]])[0] in names()]

pytestmark = pytest.mark.skipif(not FILES, reason=captures.WHY_NOT)


def dialect_of(file: str) -> Dialect:
    name, options = DIALECTS.get(file) or DIALECTS[file.partition("/")[0]]
    return get(name, **options)


def stream_of(file: str) -> bytes:
    return (FOLDER / file).read_bytes()


def state(decoder: PartDecoder) -> tuple[object, ...]:
    return decoder.done, decoder.last_event_id, decoder.reconnection_time


@pytest.mark.parametrize("file", READ)
def test_the_parts_are_the_same_for_every_cut(file: str) -> None:
    dialect, stream = dialect_of(file), stream_of(file)
    expected = read(dialect, stream)
    assert expected[0]
    assert any(part.kind == "invalid" for part in expected[0]) <= (file in FRAGMENTS)
    for chunks in (pieces(stream), random_pieces(stream, file), *some(all_cuts(stream), file)):
        assert read(dialect, *chunks) == expected


@pytest.mark.parametrize("file", [file for file in READ if file not in FRAGMENTS])
def test_the_parts_are_the_same_again_re_encoded(file: str) -> None:
    dialect, stream = dialect_of(file), stream_of(file)
    parts, _ = read(dialect, stream)
    again, problem = read(dialect, write(dialect, [part for part in parts if part.kind != "done"]))
    assert problem is None
    assert [part for part in again if part.kind not in ("done", "finish")] == [
        part for part in parts if part.kind not in ("done", "finish")
    ]
    ended = [part for part in parts if part.kind in ("done", "finish")]
    assert [part for part in again if part.kind in ("done", "finish")][-len(ended) :] == ended or not ended


# What an event says is in the parts of these, so that it is written again as it came.
EVENTS = [
    file for file in READ if file not in FRAGMENTS and DIALECTS[file.partition("/")[0]][0] not in ("ag-ui", "a2a")
]


@pytest.mark.parametrize("file", EVENTS)
def test_the_events_are_the_same_again(file: str) -> None:
    dialect, stream = dialect_of(file), stream_of(file)
    parts, _ = read(dialect, stream)
    made = [Decoder(dataless=dialect.dataless, default_type=dialect.default_type) for _ in range(2)]
    before, after = (
        [item for item in decoder.feed_items(data) + decoder.flush_items() if type(item) is not Comment]
        for decoder, data in zip(made, (stream, write(dialect, parts)), strict=True)
    )
    assert [shown(item) for item in after] == [shown(item) for item in before]


def shown(item: object) -> object:
    """An event, its data without the white space that JSON may have."""
    if isinstance(item, Event):
        return item.type, "".join(item.data.split()), item.last_event_id
    return item
