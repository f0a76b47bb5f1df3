# SPDX-License-Identifier: MIT
"""cohere-v2: Cohere's v2 chat, named events whose type the JSON repeats, from message-start to message-end.

Content blocks, tool calls and citations each have an index of their own; the tool plan has none. What has
failed says so in message-end, which ends the stream: the `[DONE]` behind it says nothing more.
"""

from __future__ import annotations

from ...base import Dialect
from .reader import CohereReader
from .writer import CohereWriter

DIALECT = Dialect("cohere-v2", CohereReader, CohereWriter, terminal="message-end")
