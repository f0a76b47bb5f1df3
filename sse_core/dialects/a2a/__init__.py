# SPDX-License-Identifier: MIT
"""a2a: the Agent2Agent protocol, versions 1.0 and 0.3, each bound to JSON-RPC or to plain HTTP.

An event says one of four things: 1.0 and all of plain HTTP by its one member (`task`, `message`, `statusUpdate`,
`artifactUpdate`), 0.3 in JSON-RPC by `kind` (`status-update`, ...); JSON-RPC puts it into `result`. Each event is read
by what it says itself. The names of Others are those of 1.0, their data is what the member holds.

    task              Other, then Start(its id) the first time; its state as below. Artifacts in it stay there
    artifactUpdate    TextDelta, block = artifactId; lastChunk: BlockEnd. What else it says goes before, in an Other
                      with no parts of content; with other content, or replacing an artifact: an Other of all
    message           TextDelta and BlockEnd, block = messageId, if it is only text; else Other
    statusUpdate      Other, unless a final state is all it says. completed: Finish(stop), failed: Finish(error),
                      canceled, rejected, input-required, auth-required: Finish(other)
    `final` (0.3)     then Done("event")
    error             of JSON-RPC, or an event of that type: Error, type = its `reason`; Done("error")

1.0 ends with its body, after one of these states, or after a message where there is no task.
Writing: a task before the first text, text as artifacts, the state at the end unless an Other told one. Usage and
reasoning have no place; calls are refused.
Source: the specifications 0.3.0 and 1.0, and the Python SDK 1.3.
"""

from __future__ import annotations

from ..base import Dialect
from .reader import A2aReader
from .writer import A2aWriter

DIALECT = Dialect(
    "a2a", A2aReader, A2aWriter, resumable=False, own_ids=True, error_ends=True, terminal="a final state of its task"
)
