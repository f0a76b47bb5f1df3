# SPDX-License-Identifier: MIT
"""anthropic-sessions: the events of a Managed Agents session, `/v1/sessions/{id}/events/stream` (beta 2026-04-01).

Named events; the payload repeats the type, domain.action. A message comes whole; where the request asked for previews,
event_start and event_delta come before it, and what they say is its beginning.

| event | part |
|---|---|
| session.status_running | a turn: Start(id), but where one is under way |
| event_start of a message | nothing |
| event_delta | TextDelta(block = event_id) |
| agent.message | what was not yet said, and the block's end; one that says another text, or none, is an Other |
| agent.custom_tool_use | the client's call, whole; block = its id |
| agent.tool_use, agent.mcp_tool_use | a call that the server runs; of its other members an Other of its name first |
| user.custom_tool_result | Other; the call is none to act on |
| span.model_request_end | Usage: the sum of the turn's requests |
| session.error | Error(message, type); with retry_status retrying, which is no damage, an Other |
| session.status_idle | Finish: end_turn stop, refusal content_filter, budget_reached length, retries_exhausted error, |
| | requires_action tool_call if a client's call waits, else other (a confirmation) |
| session.status_terminated, session.deleted | Done("event"); of a turn under way, Finish("other") |
| error | Error, Done("error") |
| all else: agent.thinking (it has no text), results, threads, spans, session.usage, outcomes, workflows | Other |

Ends, the one rule: session.status_idle ends a turn, not the stream, which goes on with the next session.status_running;
where the body ends after it, that is Done("eof"), inside a turn a truncation. There is no replay: events missed are
had from the list of events. Written: with `previews` (default) text as it comes; a Start after a Finish is the next
turn; "other" is session.status_terminated. Lost: reasoning, stop_details, redacted blocks beside text, processed_at.
From anthropic 2.12.0 (its models, and its accumulator of previews) and the documentation; that `retrying` is no
damage, and the order of events, are the documentation's. A thread's own stream is not described: its status events
are Others here.
"""

from __future__ import annotations

from ...base import Dialect
from .reader import SessionsReader
from .writer import SessionsWriter

DIALECT = Dialect(
    "anthropic-sessions",
    SessionsReader,
    SessionsWriter,
    resumable=False,
    own_ids=True,
    terminal="its event session.status_idle",
)
