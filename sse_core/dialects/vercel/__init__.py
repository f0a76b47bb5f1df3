# SPDX-License-Identifier: MIT
"""What Vercel's AI SDK speaks."""
