# SPDX-License-Identifier: MIT
"""coze: Coze's chat, and with the option `workflow` its workflow runs. Named JSON events; one reader reads both.

| event | parts |
|---|---|
| `conversation.chat.created` | Other, Start |
| `conversation.message.delta`: an answer's `reasoning_content`, `content` | ReasoningDelta, TextDelta; block: `id` |
| `conversation.message.completed`, where deltas said its text | BlockEnd; an Other before it if they said another |
| the same, where no delta had text | ReasoningDelta, TextDelta, BlockEnd |
| `conversation.chat.completed`: `usage`, `status` | Usage; Finish |
| `conversation.chat.requires_action` | a ToolCallDelta and a BlockEnd for each function; Usage; Finish |
| `conversation.chat.failed`: `last_error`; `error`; `Error` of a workflow | Error; more may follow |
| `Message` of a workflow | Other of all but its `content`; TextDelta |
| `Interrupt` of a workflow | Other; Finish("other") |
| `done`, `Done`; its data `"[DONE]"`, a `debug_url` or none | Other if there is more to say; Done |
| all else: messages of another type, cards, audio | Other |

Written is the same: the text once more at the end of its block, calls and usage with the finish, an Error as `error`,
or `Error`. What an Other("Message") says goes with the text after it. Lost are a workflow's reasoning, the reasons of
a finish but tool_call and canceled, and what else the last event of a chat has.

From the fixtures and the code of cozepy 0.20.0, which reads lines and no events: each must have its event and data, in
a workflow an id, counted from 0, and any other line, a comment too, is an error.
"""

from __future__ import annotations

from ..base import Dialect
from .reader import CozeReader
from .workflow import WorkflowWriter
from .writer import CozeWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _dialect(*, workflow: bool = False, **options: Any) -> Dialect:
    return Dialect(
        "coze",
        CozeReader,
        WorkflowWriter if workflow else CozeWriter,
        options=options,
        default_type="",
        resumable=False,
        comments=False,
        own_ids=True,
        terminal="its event done",
    )


DIALECT = _dialect
