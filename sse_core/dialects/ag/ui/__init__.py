# SPDX-License-Identifier: MIT
"""ag-ui: the Agent-User Interaction protocol 1.0, and what 0.0 had: unnamed JSON with a `type` in capitals, in runs.

    RUN_STARTED {threadId, runId}       Other of all but the run's id, then Start(id=runId)
    TEXT_MESSAGE_START, CONTENT, END    TextDelta of the block messageId, BlockEnd; an empty delta if it said nothing
    REASONING_MESSAGE_..., THINKING_... ReasoningDelta; REASONING_START, END around it: nothing
    TOOL_CALL_START, ARGS, END          ToolCallDelta of the block toolCallId, BlockEnd
    ..._CHUNK                           the same; what it began ends as its lane does, by another event of the agent's
    REASONING_ENCRYPTED_VALUE           ReasoningDelta with a signature, of a message of reasoning; else Other
    RUN_FINISHED {usage, outcome, ...}  Usage; Other of the rest; Finish: interrupt and cancelled are other, else stop
    RUN_ERROR {message, code, usage}    Usage, Error
    of another role, or a subagent      Other, and so all that follows with that id
    tool results, state, steps, ...     Other

Invalid where the client throws: RUN_FINISHED of no run or while a block is open, RUN_STARTED in a run, START of what is
open, more or the END of what is not; and where it would join or break arguments: a call's id that comes again, and
arguments that are no JSON at the end of a call, which then has no BlockEnd.

What a START says beside its ids (`name`, `metadata`, a `parentMessageId` that is not the one written here) is an Other
of its type and block before the part. No event is the last, since another run may follow: the end of the body is the
end, after RUN_FINISHED a good one; the client takes it for good inside a run, too, so a cut must be told as RUN_ERROR.
Ids that are made here begin with the run's: a client puts what has an id that it knows into the old message.
Lost: the reason of a finish, calls the server runs, timestamps. Source: @ag-ui/client and ag-ui-protocol 1.0.0.
"""

from __future__ import annotations

from ...base import Dialect
from .reader import AgUiReader
from .writer import AgUiWriter

DIALECT = Dialect("ag-ui", AgUiReader, AgUiWriter, resumable=False, own_ids=True, terminal="RUN_FINISHED")
