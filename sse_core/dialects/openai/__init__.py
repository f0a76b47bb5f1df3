# SPDX-License-Identifier: MIT
"""What OpenAI speaks: chat, completions, responses, assistants, transcription."""
