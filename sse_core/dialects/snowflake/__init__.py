# SPDX-License-Identifier: MIT
"""What Snowflake speaks: `snowflake-agents`."""
