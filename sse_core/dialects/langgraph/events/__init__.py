# SPDX-License-Identifier: MIT
"""langgraph-events: the threads of a LangGraph server, protocol v2. Named JSON events, each an envelope.

An envelope is {type "event", event_id, seq, method, params {namespace, timestamp, data}}; the event's type is its
method (or `message`), its id the event_id. The table tells `params.data.event`, at the root namespace.

| method, event | parts |
|---|---|
| messages: message-start, of an `ai` | Start(id, model) at the first; what follows is of that message |
| content-block-start | ToolCallDelta with id and name, if it is of a call; server_tool_call_chunk: the server's |
| content-block-delta: text-delta, reasoning-delta, tool-call-delta | TextDelta, ReasoningDelta, ToolCallDelta |
| content-block-finish: text, reasoning | what no delta said; ReasoningDelta of `extras.signature`; BlockEnd |
| the same: tool_call, server_tool_call | what no delta said; BlockEnd |
| the same, all else | Other("content", the block); an invalid_tool_call is none to act on |
| message-finish: `usage`; `metadata`, in JavaScript `responseMetadata` | Usage, the sum; Finish, at the end |
| error | Error; the run goes on |
| lifecycle: completed; interrupted | Finish, Done("event"); Finish("other") |
| the same: failed | Error, unless one came; Done("error") |
| tools: tool-finished, tool-error, of any namespace | an Other; the call is answered |
| no method, type `error`, no id | Error: the server closes the stream |
| all else; messages of people and tools; other namespaces | Other(method, params, block = the namespace, `|` between) |

A block is `message/index`. The end of the body before the run's end is a truncation, so a subscription must have the
channel lifecycle, as the SDK's have. A server keeps the stream open when the run is over. A block-delta, which repeats
all of a call so far, says nothing: the call comes whole as its block finishes. One whose block never did is an Invalid.

Written is the same: a block at a time, messages by the names of blocks, `event_id` and `seq` counted from 1; an Error
as messages' error and lifecycle's failed. Lost are seq and timestamps, annotations, the models of later messages,
messages of people and tools, all but the word of the last event, and the type and status of an Error.

A stream is resumed by `since` in the body, the last seq (`part.raw["seq"]`), not by the header. Option `depth`, for
reading: how many levels of namespaces are the run's own messages; 1 for langgraph.js, which tells the node's.
Namespaces of tools, whose models are not the answer, never are.

From langchain-protocol 0.0.20, langchain-core 1.6 and 1.7, the client of langgraph-sdk 0.4.14 and the server of
langgraph.js of 2026-08; `since` from LangSmith's documentation of 2026. No stream of it was recorded.
"""

from __future__ import annotations

from ...base import Dialect
from .reader import EventsReader
from .writer import EventsWriter

DIALECT = Dialect(
    "langgraph-events",
    EventsReader,
    EventsWriter,
    resumable=False,
    own_ids=True,
    terminal="its lifecycle event",
)
