# SPDX-License-Identifier: MIT
"""The events of Mistral."""
