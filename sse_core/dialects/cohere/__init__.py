# SPDX-License-Identifier: MIT
"""Cohere's dialects."""
