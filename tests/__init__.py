"""The tests. A package, so that `python -m tests.search` finds them and no other distribution's tests."""
