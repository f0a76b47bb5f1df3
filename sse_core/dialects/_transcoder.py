# SPDX-License-Identifier: MIT
"""Transcoder: a stream of one dialect rewritten as another; damage never ends as a success."""

from __future__ import annotations

from .._decoder import MAX_EVENT_SIZE
from .._errors import DialectError, EncodeError, LimitError, TruncatedError
from .._items import Comment, Event, Ignored
from ._parts import BasePart, Done, Error, Start, without_raw
from ._streams import PartDecoder, PartEncoder
from .base.held import MAX_SIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .._errors import SSEError
    from ._parts import Part
    from ._registry import Name
    from .base.dialect import Dialect
    from .base.reader import Reader
    from .base.writer import Writer


class Transcoder:
    r"""Rewrites a stream of one dialect as another: feed it the source's chunks, send on what it returns.

    Comments go along, to keep the connection alive, where the target's clients skip them. From a dialect to
    itself it relays all items as they are, damage included, for its client to see.

    Damage never ends as a success. After an Error, or a payload that could not be read, no Finish is written and
    no tool call; where the end would stand comes the target's error. Then `close` raises: the DialectError, or
    TruncatedError if the answer was cut; its `data` is what is still to send. So does EncodeError, if the target
    cannot say what came, and LimitError, for an event past `max_event_size` bytes, or if the target would hold back
    more than `max_size` characters. `problem` says what was wrong.

    >>> from sse_core.dialects import Transcoder
    >>> transcoder = Transcoder("websopy", "laddro")
    >>> transcoder.feed(b'data: {"type":"content","content":"Hi"}\n\ndata: {"type":"done"}\n\n')
    b'data: {"type":"section","section":"0","content":"Hi"}\n\ndata: {"type":"done"}\n\n'
    """

    def __init__(
        self,
        source: Name | Dialect | Reader,
        target: Name | Dialect | Writer,
        *,
        loads: Callable[[str], Any] | None = None,
        id: str | None = None,
        model: str | None = None,
        created: int = 0,
        max_size: int = MAX_SIZE,
        last_event_id: str = "",
        max_event_size: int | None = MAX_EVENT_SIZE,
    ) -> None:
        self._source = PartDecoder(source, loads=loads, last_event_id=last_event_id, max_event_size=max_event_size)
        self._sink = PartEncoder(target, id=id, model=model, created=created, max_size=max_size)
        self._relay = self._source.reader.dialect == self._sink.writer.dialect
        # A relay that had to write a part, and no event came after it, ends as an encoder does.
        self._spoke = False
        # The first payload that could not be read: from then on nothing may look whole.
        self._damage: DialectError | None = None
        # An error stands in what was written: one is enough.
        self._told = False
        # What was raised, and is raised again.
        self._raised: SSEError | None = None
        self._problem: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """What the HTTP answer needs: SSE_HEADERS and the target's own."""
        return self._sink.headers

    @property
    def done(self) -> Done | None:
        """The source's Done, once it came."""
        return self._source.done

    @property
    def error(self) -> LimitError | None:
        """The LimitError that the next feed or close will raise, once the limit was crossed."""
        return self._raised if isinstance(self._raised, LimitError) else self._source.decoder.error

    @property
    def problem(self) -> str | None:
        """What was wrong with the stream so far, for a person: an error, damage, a cut; None if nothing was."""
        return self._problem

    def feed(self, chunk: bytes | bytearray | memoryview) -> bytes:
        """The target's bytes for what `chunk` completes.

        Raises as PartDecoder does, and EncodeError if the target cannot say what came. `data` of either is what was
        rewritten before it and the target's error; each later call raises it again, with nothing more to send.
        """
        if isinstance(self._raised, (EncodeError, LimitError)):
            self._raise_again()
        out: list[bytes] = []
        if self._relay and self.done is not None:  # a relay goes on after it: some servers say their end twice
            if self.error is not None:
                return b""  # what follows the end is no loss
            items = self._source.decoder.feed_items(chunk)
            return b"".join([self._sink.encoder.encode(item) for item in items])
        try:
            items = self._source.items(chunk)
        except LimitError as error:
            raise self._failed(error, "too_large", out) from None
        for item in items:
            if self.done is not None and not self._relay:
                break
            parts = [] if self.done is not None else self._look(self._source.parts((item,)))
            if self._relay and type(item) is not Ignored:
                out.append(self._sink.encoder.encode(item))
                self._spoke = self._spoke and type(item) is not Event
            elif type(item) is Comment:
                if self._sink.writer.dialect.comments:
                    out.append(self._sink.encoder.encode(item))
            else:  # of a relay, an error that came as a field line of its own: it too has to frame it
                self._send(self._framed(parts, out), out)
        return b"".join(out)

    def close(self) -> bytes:
        """The last bytes: the source's body is over."""
        self._raise_again()
        out: list[bytes] = []
        try:
            items = self._source.last_items()
        except LimitError as error:
            raise self._failed(error, "too_large", out) from None
        for item in items:
            parts = self._look(self._source.last_parts(item))
            if self._relay and type(item) is not Ignored:
                if self._source.reader.half is None:
                    out.append(self._sink.encoder.encode(item))
            else:
                self._send(self._framed(parts, out), out)
        try:
            parts = self._source.end()
        except TruncatedError as error:
            self._problem = self._problem or str(error)
            raise self._failed(self._damage or error, "invalid" if self._damage else "truncated", out) from None
        if self._damage is not None:
            raise self._failed(self._damage, "invalid", out)
        if not self._relay or self._spoke:
            self._send([*parts, Done("eof")], out)
        return b"".join(out)

    def _framed(self, parts: list[Part], out: list[bytes]) -> list[Part]:
        """`parts`; those of a relay came as lines that no event stream has, and the damage among them is framed."""
        if self._relay and parts:
            self._spoke = True
            for part in parts:
                if part.kind == "invalid":
                    out.append(self._sink.encoder.encode(part.event))
        return parts

    def _look(self, parts: list[Part]) -> list[Part]:
        """`parts`, looked at for what is wrong; the first that is counts."""
        for part in parts:
            if part.kind == "error":
                self._problem = self._problem or f"the server sent an error: {part.message}"
            elif part.kind == "invalid":
                self._problem = self._problem or str(part.error)
                if self._damage is None and not self._relay and isinstance(part.error, DialectError):
                    self._damage = part.error
                    self._sink.writer.failed = True  # no finish and no call from here on, at once
        return parts

    def _send(self, parts: list[Part], out: list[bytes]) -> None:
        try:
            for part in parts:
                if self._damage is not None and part.kind == "done":
                    self._tell(self._damage, "invalid", out)
                    return
                if part.kind == "start" and self._sink.writer.dialect.own_ids and not self._relay:
                    part = Start(None, part.model, part.role, part.choice)
                out.append(self._sink.send(part))
                if part.kind == "error":
                    self._told = True
        except EncodeError as error:
            # It is kept, to be raised again: the part in it comes without its payload.
            value = without_raw(error.value) if isinstance(error.value, BasePart) else error.value
            raise self._failed(EncodeError(error.field, value, error.problem), "unsupported", out) from None
        except LimitError as error:
            raise self._failed(error, "too_large", out) from None

    def _tell(self, error: SSEError, type: str, out: list[bytes]) -> None:
        """Write the target's error, where its end would stand."""
        if self._sink.closed:
            return
        try:
            if not self._told:
                out.append(self._sink.send(Error(_told(error), type)))
            out.append(self._sink.close())
        except (EncodeError, LimitError):  # it has no form for it: then it gets no end at all
            self._sink.closed = True

    def _failed(self, error: SSEError, type: str, out: list[bytes]) -> SSEError:
        """`error`, to be raised, with what is still to send."""
        self._problem = self._problem or str(error)
        self._tell(error, type, out)
        error.data = b"".join(out)
        self._raised = error
        return error

    def _raise_again(self) -> None:
        if self._raised is not None:
            self._raised.data = b""
            raise self._raised.with_traceback(None)


def _told(error: SSEError) -> str:
    """What a client of the target is told: what happened, not what was in it."""
    if isinstance(error, EncodeError):
        return f"{error.field} {error.problem}"
    if isinstance(error, LimitError) and "event" in error.message[:8]:  # the rest shows what was in it
        return f"an event is larger than {error.limit} bytes"
    return str(error)
