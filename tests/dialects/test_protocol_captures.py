"""The recorded streams of protocols and services: the same parts for every cut, and the same again re-encoded.

Re-encoded means data, ids, reconnection times and order: each is in the parts.
"""

from typing import Any

import captures
import pytest
from reading import all_cuts, pieces, random_pieces, read, write
from tries import some

from sse_core import Comment, Decoder, Event
from sse_core.dialects import Dialect, Done, Part, TextDelta, get, names

FOLDER = captures.FOLDER / "protocol"
# Which dialect a folder's streams speak, and what differs for a file of it.
DIALECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "a2a": ("a2a", {}),
    "a2a/v0_3_jsonrpc_stream.sse": ("a2a", {"version": "0.3"}),
    "a2a/v1_rest_stream.sse": ("a2a", {"binding": "http"}),
    "ag_ui": ("ag-ui", {}),
    "datastar": ("datastar", {}),
    "django_eventstream": ("django-eventstream", {}),
    "enc_dotnet": ("text", {}),
    "enc_fastapi": ("text", {}),
    "enc_spring": ("text", {}),
    "enc_sse_starlette": ("text", {}),
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
# Streams that are none, or no whole one: they are read, for every cut, and not written again.
FRAGMENTS = {
    "a2a/v0_3_docs_broken_pretty_json.sse": "a document's mistake: its lines lack `data:`",
    "ag_ui/dart_fixture_whole_file.sse": "several examples in one file, some of them no JSON",
    "ag_ui/dart_malformed_examples.sse": "no JSON, on purpose",
    "ag_ui/dart_multi_line_data_fields.sse": "of a run that never began",
    "ag_ui/dart_unicode_and_special_characters.sse": "of a run that never began",
    "ag_ui/dart_with_event_ids_and_retry.sse": "of a run that never began",
    "ag_ui/ts_invalid_json.sse": "half an object, on purpose",
    "ag_ui/ts_multiline_json.sse": "of a run that never began",
    "graphql_sse/unknown_event_must_throw.sse": "an event that the protocol does not have",
    "launchdarkly/fdv1_invalid_put.sse": "half an object, on purpose",
    "vercel_ai_ui/docs_all_parts.sse": "one event of each kind, an error before its calls",
    "vercel_ai_ui/response_delta_done.sse": "a delta of a block that neither begins nor ends",
}
UNREADABLE = {
    "a2a/v0_3_docs_broken_pretty_json.sse",
    "ag_ui/dart_fixture_whole_file.sse",
    "ag_ui/dart_malformed_examples.sse",
    "ag_ui/ts_invalid_json.sse",
    "graphql_sse/unknown_event_must_throw.sse",
    "launchdarkly/fdv1_invalid_put.sse",
}
# The artifact of these has no id, which the protocol asks for: it is written with one, and is then another block.
NAMELESS = ("a2a/v1_jsonrpc_stream.sse", "a2a/v1_rest_stream.sse")
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.sse"))
READ = [file for file in FILES if (DIALECTS.get(file) or DIALECTS[file.partition("/")[0]])[0] in names()]

pytestmark = pytest.mark.skipif(not FILES, reason=captures.WHY_NOT)


def dialect_of(file: str) -> Dialect:
    name, options = DIALECTS.get(file) or DIALECTS[file.partition("/")[0]]
    return get(name, **options)


def stream_of(file: str) -> bytes:
    return (FOLDER / file).read_bytes()


@pytest.mark.parametrize("file", READ)
def test_the_parts_are_the_same_for_every_cut(file: str) -> None:
    dialect, stream = dialect_of(file), stream_of(file)
    expected = read(dialect, stream)
    assert expected[0]
    assert any(part.kind == "invalid" for part in expected[0]) is (file in UNREADABLE)
    for chunks in (pieces(stream), random_pieces(stream, file), *some(all_cuts(stream), file)):
        assert read(dialect, *chunks) == expected


@pytest.mark.parametrize("file", [file for file in READ if file not in FRAGMENTS])
def test_the_parts_are_the_same_again_re_encoded(file: str) -> None:
    dialect, stream = dialect_of(file), stream_of(file)
    parts, _ = read(dialect, stream)
    again, problem = read(dialect, write(dialect, parts))
    assert problem is None
    assert [compared(part, file) for part in again] == [compared(part, file) for part in parts]


def compared(part: Part, file: str) -> object:
    """A part; of an end not how it was said, since a body may end before its last event."""
    if isinstance(part, Done):
        return "done", part.how == "error", part.reconnect
    return part.__replace__(block=0) if file in NAMELESS and isinstance(part, TextDelta) else part


# What an event says is in the parts, so that it is written again as it came: not so where a part is less than its
# event, as Errors and the members of chats, or where a stream ends without its last event.
OTHERWISE = {
    "a2a": "members that no part has",
    "ag_ui": "members that no part has",
    "vercel_ai_ui/response_text_block_done.sse": "it ends without a finish, and is given one",
    "langgraph/trailing_event_no_blank_line.sse": "it ends without an end, and is given one",
    "graphql_sse/distinct_subscription.sse": "two streams: the first ends in the middle",
    "django_eventstream/open_message_keepalive_error.sse": "the channels of an error",
    "mcp_streamable_http/priming_then_error_response.sse": "the id of an error's event",
}
AGAIN = [
    file for file in READ if file not in FRAGMENTS and file not in OTHERWISE and file.partition("/")[0] not in OTHERWISE
]


@pytest.mark.parametrize("file", AGAIN)
def test_the_events_are_the_same_again(file: str) -> None:
    dialect, stream = dialect_of(file), stream_of(file)
    written = write(dialect, read(dialect, stream)[0])
    made = [Decoder(dataless=dialect.dataless) for _ in range(2)]
    before, after = (
        [shown(item) for item in decoder.feed_items(data) + decoder.flush_items() if not isinstance(item, Comment)]
        for decoder, data in zip(made, (stream, written), strict=True)
    )
    assert after == before


def shown(item: object) -> object:
    """An event, its data without the white space that JSON may have."""
    if isinstance(item, Event):
        return item.type, "".join(item.data.split()), item.last_event_id
    return item
