# SPDX-License-Identifier: MIT
"""The events of openai-chatkit that parts are read from."""

from __future__ import annotations

ADDED = "thread.item.added"
DONE = "thread.item.done"
UPDATED = "thread.item.updated"
PART = "assistant_message.content_part."
