# SPDX-License-Identifier: MIT
"""What reading and writing google-adk have in common."""

from __future__ import annotations

COUNTS = tuple(f"{name}TokenCount" for name in ("prompt", "candidates", "total", "cachedContent", "thoughts"))
METADATA = ("actions", "groundingMetadata", "citationMetadata", "customMetadata")
