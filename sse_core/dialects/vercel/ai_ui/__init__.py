# SPDX-License-Identifier: MIT
"""vercel-ai-ui: the UI message stream of the AI SDK (npm ai 5 to 7), unnamed JSON told apart by `type`.

start: Start(id = messageId, model = messageMetadata.model). text-start, -delta, -end, and the same of reasoning:
deltas and BlockEnd, block = id. tool-input-start, -delta, -available: ToolCallDelta and BlockEnd, block = id =
toolCallId. finish: Usage (messageMetadata.usage), Finish. abort: an Other, then Finish("other", "abort"). error:
Error, after which the stream goes on. tool-input-error, tool-approval-request and a call's output: an Other, and a
ToolCallDelta that says that the call is the server's. A finish (but of length and the like) while a call has no
input, or another than its fragments spell, and was not answered: Invalid, since its client never runs it so. All else
is an Other: data-*, files, sources, steps, a tool's output, and the members that no part says, named by the event
they came in and before its part. The end is `[DONE]`, after an error too; the body may also end after finish or
abort.

Its client takes a stream that just ends for a success, so a cut is written as error and `[DONE]`; a call whose
arguments are no JSON is tool-input-error, since tool-input-available has the client run it. `provider` is under
whose name a signature of reasoning is written. Lost: choices above 0, refusal, an error's type, code and status; and
that reset-step, an Other, takes back what the step has said.
"""

from __future__ import annotations

from ...base import Dialect
from .reader import UIReader
from .writer import UIWriter

DIALECT = Dialect(
    "vercel-ai-ui",
    UIReader,
    UIWriter,
    headers={"x-vercel-ai-ui-message-stream": "v1"},
    resumable=False,
    own_ids=True,
    terminal="[DONE]",
)
