# SPDX-License-Identifier: MIT
"""gemini-interactions: Google's Interactions API; named events, the name again in `event_type`.

Steps (thought, model_output, function_call, and those of Google's own tools) come one after another; a
block is a step's index. After `interaction.completed` comes `event: done`, data `[DONE]`.
"""

from __future__ import annotations

from ...base import Dialect
from .reader import InteractionsReader
from .writer import InteractionsWriter

DIALECT = Dialect("gemini-interactions", InteractionsReader, InteractionsWriter, terminal="interaction.completed")
