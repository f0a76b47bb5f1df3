"""The Transcoder, every dialect to every other: damage and cuts are never a success, and cuts do not matter."""

from random import Random
from typing import Any, NamedTuple

from reading import ANSWERING, gather, pieces, random_pieces

from sse_core import LimitError, SSEError, TruncatedError
from sse_core.dialects import Accumulator, Part, PartDecoder, Transcoder

from .again import calls, said_calls
from .dialects import piece_size
from .hostile import NAMES, damaged
from .searching import Case, Search, hold

_LIMITS = (None, None, None, None, 64, 300, 1_000, 2_000)


class Written(NamedTuple):
    """What a Transcoder makes of a stream."""

    data: bytes
    error: str | None
    problem: str | None


def transcode(source: str, target: str, chunks: list[bytes], limit: int | None = None) -> Written:
    transcoder: Any = Transcoder(source, target, max_event_size=limit)
    data, raised = b"", None
    try:
        for chunk in chunks:
            data += transcoder.feed(chunk)
        data += transcoder.close()
    except SSEError as error:
        data += error.data
        raised = f"{type(error).__name__}: {error}"
    for call in (transcoder.close, transcoder.close):
        try:
            hold(not call() and raised is None, "what was raised is raised again", source, target, raised)
        except SSEError as error:
            hold(not error.data, "what an error still has is given once", error.data)
            hold(raised == f"{type(error).__name__}: {error}", "what was raised is raised again", raised, error)
    return Written(data, raised, transcoder.problem)


def gathered(name: str, stream: bytes, limit: int | None = None) -> tuple[Accumulator, list[Part]]:
    """A stream as its client has it."""
    decoder: Any = PartDecoder(name, max_event_size=limit)
    parts = decoder.feed(stream)
    try:
        parts += decoder.close()
    except (TruncatedError, LimitError) as error:
        parts += error.parts
    return gather(parts), parts


def _make(rng: Random) -> Case:
    source, target = rng.choice(NAMES), rng.choice(ANSWERING)
    return source, target, rng.choice(_LIMITS), damaged(rng, source)


def _check(source: str, target: str, limit: int | None, blocks: list[bytes]) -> None:
    stream, relay = b"".join(blocks), source == target
    written = transcode(source, target, [stream], limit)
    for chunks in (pieces(stream, piece_size(stream)), random_pieces(stream, len(stream))):
        again = transcode(source, target, chunks, limit)
        hold(again == written, "cuts do not matter", source, target, again, written)
    upstream, sent = gathered(source, stream, limit)
    downstream, parts = gathered(target, written.data)
    if downstream.problem() is None:
        # A relay's client is told by what it reads; a message that began again is a good one.
        hold(relay or written.problem is None, "a problem is never a success", written, upstream.problem())
        hold(written.error is None, "an error is never a success", written)
        hold(_may_be_good(upstream), "what is no success upstream is none downstream", upstream.problem(), written)
    if not relay:
        hold(all(part.kind != "invalid" for part in parts), "nothing is written that cannot be read", written)
    more = calls(downstream) - said_calls(sent)
    hold(not more, "no call that upstream did not have whole", source, target, dict(more), written)


def _may_be_good(upstream: Accumulator) -> bool:
    """Whether a target may have it as a success: it has no word for why it ended, or only a Start spoke of choice 0."""
    problem = upstream.problem() or ""
    if problem.endswith("choice 0 did not finish") and len(upstream.choices) > 1:
        first = upstream.choices[0]
        return not (first.text or first.reasoning or first.tool_calls)
    return not problem or "ended early" in problem


SEARCH = Search("damaged streams of every dialect as every other: never a success", _make, _check)
