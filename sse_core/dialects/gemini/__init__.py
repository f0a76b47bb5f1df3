# SPDX-License-Identifier: MIT
"""gemini: Google's `:streamGenerateContent?alt=sse`, on the Gemini API and on Vertex AI.

Unnamed events, each a piece of a GenerateContentResponse; no sentinel: the body ends once every candidate
has a finishReason. The last one counts, and is given at the end. An older API sends one on every event: there a
cut between two events cannot be seen. Text and reasoning are block 0, calls 0, 1, 2. The thoughtSignature of
call n is a ReasoningDelta without text, of block "call<n>", right before the call; any other is of block 0.
"""

from __future__ import annotations

from ..base import Dialect
from .reader import GeminiReader
from .writer import GeminiWriter

DIALECT = Dialect(
    "gemini",
    GeminiReader,
    GeminiWriter,
    newline="\r\n",
    comments=False,  # Google's client reads each line that is no data line as JSON
    terminal="a finishReason",
)
