# SPDX-License-Identifier: MIT
"""openai-assistants: OpenAI's Assistants, named events of objects with a life cycle, then `done`.

The event type is the discriminator, the JSON has only `object`. Text comes in the deltas of messages, calls in
those of run steps; the run's status is the finish. The rest, tools that OpenAI runs included, is Others.
"""

from __future__ import annotations

from ...base import Dialect
from .reader import AssistantsReader
from .writer import AssistantsWriter

DIALECT = Dialect("openai-assistants", AssistantsReader, AssistantsWriter, terminal="its event done")
