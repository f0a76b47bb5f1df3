# SPDX-License-Identifier: MIT
"""What Google's agents speak: `google-adk`. Its models' streams are `gemini` and `gemini-interactions`."""
