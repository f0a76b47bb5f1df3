# SPDX-License-Identifier: MIT
"""GraphQL's dialect: over SSE."""
