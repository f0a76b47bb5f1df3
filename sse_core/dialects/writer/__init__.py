# SPDX-License-Identifier: MIT
"""Writer's own events."""
