# SPDX-License-Identifier: MIT
"""The agent-user interaction protocol, AG-UI."""
