# SPDX-License-Identifier: MIT
"""openai-chatkit: what a ChatKit server streams, unnamed JSON events, discriminator `type`; items of a thread.

| event | parts |
|---|---|
| `thread.item.added`, `.done` of an `assistant_message` | TextDelta, BlockEnd; block: `item_id/content_index` |
| the same of a `workflow` of the type reasoning: its thoughts | ReasoningDelta, BlockEnd; block: `item_id/task_index` |
| `thread.item.done` of a `client_tool_call` that is not completed | a whole ToolCallDelta, the client's; BlockEnd |
| `thread.item.updated`: `assistant_message.content_part.text_delta` | TextDelta |
| the same: `.added`, `.done`, which say the text again | TextDelta, BlockEnd |
| the same: `workflow.task.added`, `.updated` of a thought, which say it again | ReasoningDelta |
| `error`: `message`, `code` | Error, the end: a `thread.updated` behind it says no more |
| all else: the user's items, widgets, annotations, other tasks, notices, progress, effects | Other |
| end of the body | Done, if something came and each message that was added is done, or removed |

The first item of the answer gives its id to a Start. Nothing is told twice: a whole adds what it says more than was
said, and the end of its block once; one that does not begin with what was said is an Other, as is a call that came
before. No event tells of a call that the server runs, of usage or of a reason to finish, which is inferred.

Written is the same: text in one item until a call or a thought comes; thoughts and calls whole, the latter with
arguments that are an object: if they are none by the end, the answer ends in an error. The client answers only the
last call. Options: `thread_id`, the request's; `id`, that of the first item, from which the others are made, must be
another one in each answer of a thread. Lost: calls the server runs, usage, the reason, refusals, titles of thoughts,
annotations of what comes whole.

From the models and the server of openai-chatkit 1.6.5, and what its agents module streams; what the client does, from
the documentation alone.
"""

from __future__ import annotations

from ...base import Dialect
from .reader import ChatKitReader
from .writer import ChatKitWriter

DIALECT = Dialect(
    "openai-chatkit", ChatKitReader, ChatKitWriter, own_ids=True, error_ends=True, terminal="the end of an item"
)
