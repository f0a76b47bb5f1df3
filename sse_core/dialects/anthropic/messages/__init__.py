# SPDX-License-Identifier: MIT
"""anthropic-messages: named events, `type` repeated in the JSON, content in numbered blocks that never overlap.

message_start; for each block content_block_start, deltas, content_block_stop; message_delta with the stop
reason; message_stop. Usage comes with the first and the last but one, and is cumulative; `input_tokens`
leave out both cache counts. Results of server tools come whole in content_block_start.
"""

from __future__ import annotations

from ...base import Dialect
from .reader import MessagesReader
from .writer import MessagesWriter

DIALECT = Dialect(
    "anthropic-messages", MessagesReader, MessagesWriter, error_ends=True, terminal="its event message_stop"
)
