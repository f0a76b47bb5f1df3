# SPDX-License-Identifier: MIT
"""openai-responses: OpenAI's Responses API; named events that say their JSON `type` again, numbered, with snapshots.

An output item (message, reasoning, function_call, hosted tool) has an `output_index`, its contents an index of
their own; `*.done` events and the last event repeat what the deltas said. Hosted tools are Others.
"""

from __future__ import annotations

from ...base import Dialect
from .reader import ResponsesReader
from .writer import ResponsesWriter

DIALECT = Dialect("openai-responses", ResponsesReader, ResponsesWriter, terminal="response.completed")
