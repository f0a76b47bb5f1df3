"""The sdist and the wheel: `python -m tests.distribution PYTHON...`."""
