# SPDX-License-Identifier: MIT
"""google-adk: `/run_sse` of an Agent Development Kit server: unnamed events, each an Event of the run.

An event is an agent's, with Gemini's pieces: its `content.parts`. With streaming on, events with `partial` true come
first, and one without it repeats what they said, and adds calls: no fragment may be acted on but its text.

| event | part |
|---|---|
| the first with an invocationId or a modelVersion | Start(id=invocationId, model=modelVersion) |
| partial: text, thought | TextDelta, ReasoningDelta; block: the event's branch, or else its author. All else: no part |
| whole: text, thought | what was not yet said, and the block's end; a text that was changed is an Other("content") |
| whole: functionCall | the call, whole; block = its id. ADK runs it (server), unless `longRunningToolIds` names it |
| whole: functionResponse | Other("functionResponse", the piece, block = the call's id): the call is none to act on |
| whole: any other piece | Other(its member, the piece, block) |
| actions, groundingMetadata, citationMetadata, customMetadata, not empty | Other of that name |
| whole: usageMetadata | Usage: the sum of the run's requests |
| whole: finishReason, or an errorCode that is one | the last is the Finish |
| whole: any other errorCode, errorMessage | Error(message, code) |
| error, error_details | Error(error, type = error_type), the last event |
| a user's; without any of these members | Other("message", the event) |

Ends: the body, after an event that ADK calls a final response: no call that it runs, no response to one, nothing
partial; else it was cut. Written: text as partial events, then one whole event with the calls and the finish; a call
of the client is in longRunningToolIds; the author is the option's. Lost: signatures (the session is the server's), an
Error's code and status. From google-adk 2.13.0: `Event`, `run_sse`, and the client of its conformance tests. Its live
events (transcriptions, turnComplete) go over a WebSocket: Others here.
"""

from __future__ import annotations

from ...base import Dialect
from .reader import AdkReader
from .writer import AdkWriter

DIALECT = Dialect("google-adk", AdkReader, AdkWriter, resumable=False, own_ids=True, terminal="a final response")
