# SPDX-License-Identifier: MIT
"""Anthropic's dialects: `anthropic-messages`, and `anthropic-completions` before it."""
