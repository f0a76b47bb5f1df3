# SPDX-License-Identifier: MIT
"""The events of Cloudflare Workers."""
