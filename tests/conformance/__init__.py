"""The cases of tests/cases, for any decoder: `python -m tests.conformance MODULE:FACTORY`, from the root of the tree.

FACTORY makes a decoder, without arguments, for one stream. What it makes has `feed(chunk)`, which takes bytes and
gives the events that they complete, in any iterable; and may have `close()`, the end of the stream, which gives what
is left. A `flush()` is not called: the standard drops the event that the end of a stream cuts off. Of an event are
read its `type` or else `event` (None and "" count as "message"), its `data`, and its `last_event_id` or else `id` (the
last event ID of the stream, as the standard has it, not that of the block alone; None counts as "").

    class Mine:  # mine.py, where Python finds it: python -m tests.conformance mine:Mine
        def __init__(self) -> None:
            self._parser = MyParser()

        def feed(self, chunk: bytes) -> list[MyEvent]:
            return self._parser.parse(chunk)

Each case is read as its source cuts it, whole, byte by byte, in two pieces and in three, and passes if all are right.
What was given by the end of the stream is compared, not when it came; comments and `retry` are not. Nothing is needed
but Python and this tree.
"""
