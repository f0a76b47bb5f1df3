# SPDX-License-Identifier: MIT
"""The command: read an event stream, print each event, or part of a dialect, as a JSON line at once; or rewrite it."""

from __future__ import annotations

import argparse
import json
import os
import select
import sys
from importlib import import_module
from itertools import chain

from . import Comment, Decoder, Event, Id, Ignored, LimitError, Retry, SSEError, __version__
from ._decoder import MAX_EVENT_SIZE
from ._errors import shorten
from .dialects import Dialect, Error, Invalid, PartDecoder, TextDelta, Transcoder, detect, get, names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any, BinaryIO

    from ._items import Item
    from .dialects import Part

_CHUNK_SIZE = 64 * 1024
_REASON_SIZE = 500  # characters of what a server says went wrong
_AUTO: str = "auto"
_BEGIN_SIZE = 64 * 1024  # bytes of the stream that are looked at again, where nothing came of it
_TELLING_SIZE = 16 * 1024 * 1024  # bytes in which the first events must have told the dialect: they are kept until then
_GZIP = b"\x1f\x8b"
_NOTHING = ("other", "invalid", "error", "finish", "done")  # the parts of a stream that is another dialect's
_INTERRUPTED = 130  # what a shell reports for Ctrl-C


def main(args: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    parser = _parser()
    options = parser.parse_args(args)
    if (options.text or options.to) and not options.dialect:
        parser.error("--text and --to need --dialect, which says what the stream is")
    if options.dialect and (options.items or options.dataless):
        parser.error("--items and --dataless show events as they came; --dialect shows what they mean: leave them out")
    try:
        if options.list:
            _print(b"".join([name.encode() + b"\n" for name in names()]))
            return 0
        return _run(options, parser)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m " + (__package__ or ""),
        description="Print each event of an event stream as one line of JSON, as it arrives; "
        "with --dialect, each part of what the events mean.",
        epilog="""examples:
  curl -sN https://example.com/events | %(prog)s
  curl -sN https://example.com/answer | %(prog)s --dialect auto --text

Exit status: 0; 1 if the stream ended inside an event or an answer, held an error or what
could not be read, or broke the limit; 2 for wrong usage.""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="the stream; - is standard input")
    parser.add_argument("--items", action="store_true", help="also comments, retries, ids and ignored lines")
    parser.add_argument("--dataless", action="store_true", help="also named events without data")
    parser.add_argument(
        "--max-event-size", type=_size, metavar="N", default=MAX_EVENT_SIZE, help="bytes an event may have (64 MiB)"
    )
    parser.add_argument(
        "--dialect",
        type=lambda text: text if text == _AUTO else _dialect(text),
        metavar="NAME",
        help="read the stream as this dialect; module:NAME is one of yours, auto the one that its first events tell",
    )
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--text", action="store_true", help="with --dialect: only the text of the answer")
    output.add_argument("--to", type=_dialect, metavar="NAME", help="with --dialect: rewrite the stream as this one")
    parser.add_argument("--list", action="store_true", help="print the names of all dialects")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of bytes from 1")
    return int(text)


def _dialect(text: str) -> Dialect:
    """A dialect by its name, or the one that a module of the user's calls NAME: `module:NAME`."""
    module, colon, name = text.partition(":")
    try:
        found = getattr(import_module(module), name) if colon else get(text)
    except (ImportError, AttributeError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if not isinstance(found, Dialect):
        raise argparse.ArgumentTypeError(f"{text} is no Dialect, but {type(found).__name__}")
    return found


class _Events:
    """The stream's events, or all its items, as JSON lines."""

    done = False

    def __init__(self, options: argparse.Namespace) -> None:
        self._decoder = Decoder(dataless=options.dataless, max_event_size=options.max_event_size)
        self._feed = self._decoder.feed_items if options.items else self._decoder.feed
        self.problem: str | None = None

    def feed(self, chunk: bytes) -> bytes:
        lines = b"".join([_json_line(_item_members(item)) for item in self._feed(chunk)])
        if self._decoder.error is not None:
            self.problem = str(self._decoder.error)
            self.done = True
        return lines

    def close(self) -> bytes:
        if self._decoder.incomplete:
            self.problem = "the stream ended inside an event, which was dropped"
        return b""


class _Parts:
    """The parts of a dialect, as JSON lines or as the text alone."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._decoder = PartDecoder(options.dialect, max_event_size=options.max_event_size)
        self._text = options.text
        self._over = False  # it raised: what it had read is all there is
        self._line = False  # text was printed, and its line has not ended
        self.problem: str | None = None

    @property
    def done(self) -> bool:
        # Past a limit nothing more is read: `close` raises.
        return self._decoder.done is not None or self._decoder.error is not None or self._over

    def feed(self, chunk: bytes) -> bytes:
        return self._read(self._decoder.feed, chunk)

    def close(self) -> bytes:
        last = self._read(self._decoder.close)
        return last + b"\n" if self.problem and self._line else last  # or what went wrong would stand behind the text

    def _read(self, decode: Callable[..., list[Part]], *chunk: bytes) -> bytes:
        """What `decode` gives, or what it still read when it raised; the first that went wrong is the reason."""
        parts: Sequence[Part]
        try:
            parts, reason = decode(*chunk), None
        except SSEError as error:
            parts, reason, self._over = error.parts, str(error), True
        for part in parts:
            if isinstance(part, Error):
                self.problem = self.problem or f"the server sent an error: {part.message}"
            elif isinstance(part, Invalid):
                self.problem = self.problem or str(part.error)
        self.problem = self.problem or reason
        return self._show(parts)

    def _show(self, parts: Sequence[Part]) -> bytes:
        if self._text:
            text = "".join([part.text for part in parts if isinstance(part, TextDelta) and part.choice == 0])
            self._line = not text.endswith("\n") if text else self._line
            return text.encode("utf-8", "replace")  # a lone surrogate is a ?
        return b"".join([self._json(part) for part in parts])

    def _json(self, part: Part) -> bytes:
        members = _part_members(part)
        try:
            return _json_line(members)
        except (ValueError, RecursionError) as error:  # an Other's: json reads NaN, and deeper than it writes
            self.problem = self.problem or f"data that cannot be printed as JSON: {error}"
            return _json_line({**members, "data": None})


class _Rewritten:
    """The stream as another dialect's."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._transcoder = Transcoder(options.dialect, options.to, max_event_size=options.max_event_size)
        # A relay passes on all there is, and is to end at Done, however much a read gave: so a line at a time.
        self._by_line = options.dialect == options.to
        self._over = False  # it raised: what was still to be sent is all there is

    @property
    def problem(self) -> str | None:
        return self._transcoder.problem

    @property
    def done(self) -> bool:
        return self._over or self._transcoder.done is not None or self._transcoder.error is not None

    def feed(self, chunk: bytes) -> bytes:
        rewritten = []
        for piece in chunk.splitlines(keepends=True) if self._by_line else [chunk]:
            if self.done:
                break
            try:
                rewritten.append(self._transcoder.feed(piece))
            except SSEError as error:
                self._over = True
                rewritten.append(error.data)
        return b"".join(rewritten)

    def close(self) -> bytes:
        try:
            return b"" if self._over else self._transcoder.close()
        except SSEError as error:
            return error.data


def _run(options: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    name = "standard input" if options.file == "-" else options.file
    try:
        with _open(options.file) as stream:
            chunks: Iterable[bytes] = _chunks(stream)
            if options.dialect == _AUTO:
                chunks = _tell(chunks, name, options, parser)
            reader = _Rewritten(options) if options.to else _Parts(options) if options.dialect else _Events(options)
            begin = b""
            for chunk in chunks:
                if len(begin) < _BEGIN_SIZE:
                    begin += chunk[:_BEGIN_SIZE]
                _print(reader.feed(chunk))
                if reader.done:
                    break
        _print(reader.close())
    except OSError as error:
        return _fail(name, error.strerror or str(error))
    except LimitError as error:
        return _fail(name, str(error))
    dialect: Any = options.dialect  # no longer "auto"
    hint = _hint(begin, dialect)
    if reader.problem:
        return _fail(name, f"{reader.problem}; {hint}" if hint else reader.problem)
    if hint:
        _say(name, hint)
    return 0


def _hint(begin: bytes, dialect: Dialect | None) -> str | None:
    """What else the stream may be, from its first bytes; None if it looks like what it was said to be."""
    if begin.startswith(_GZIP):
        return "no events: is it compressed (gzip)?"
    decoder = Decoder(dataless=True)
    items = decoder.feed_items(begin) + decoder.flush_items()
    events = [item for item in items if isinstance(item, Event)]
    ignored = [line for item in items if isinstance(item, Ignored) and (line := item.line.strip())]
    if not events and ignored:
        lines = f"{len(ignored)} line{'s' if len(ignored) > 1 else ''} ignored"
        json_lines = "; lines of JSON are no event stream" if ignored[0][:1] in ("{", "[") else ""
        return f"no events: {lines}, the first begins {shorten(ignored[0])}{json_lines}"
    if dialect is None or any(part.kind not in _NOTHING for part in PartDecoder(dialect).feed(begin)):
        return None
    told = detect(events)
    return None if told in (None, dialect.name) else f"its first events look like {told}, not {dialect.name}"


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    # Unbuffered: a read gives what has arrived. os.read: none yet, on a descriptor that will not wait, is an error;
    # stream.read would give None, and that look like the end.
    while chunk := os.read(stream.fileno(), _CHUNK_SIZE):
        yield chunk


def _tell(
    chunks: Iterable[bytes], name: str, options: argparse.Namespace, parser: argparse.ArgumentParser
) -> Iterable[bytes]:
    """All of the chunks again, when as many were read as tell the dialect, which is the option from then on."""
    seen: list[bytes] = []

    def events() -> Iterator[Event]:
        decoder = Decoder(max_event_size=options.max_event_size)
        size = 0
        for chunk in chunks:
            seen.append(chunk)
            size += len(chunk)
            yield from decoder.feed(chunk)
            if decoder.error is not None:
                raise decoder.error
            if size > _TELLING_SIZE:
                return
        yield from decoder.flush()

    told = detect(events())
    if told is None:
        hint = (
            _hint(b"".join(seen)[:_BEGIN_SIZE], None)
            or "its first events do not tell the dialect: name it after --dialect"
        )
        parser.error(f"{_one_line(name)}: {_one_line(hint)}")
    _say(name, f"taken for {told}")
    options.dialect = get(told)
    return chain(seen, chunks)


def _open(file: str) -> BinaryIO:
    if file == "-":
        return open(0, "rb", buffering=0, closefd=False)
    return open(file, "rb", buffering=0)


def _print(data: bytes) -> None:
    if not data:
        return
    if sys.stdout is None:  # `>&-`
        sys.exit(_fail("standard output", "Bad file descriptor"))
    # The file itself, so that nothing is left for Python to write, and to complain of, as it exits.
    out = getattr(sys.stdout.buffer, "raw", sys.stdout.buffer)
    rest = memoryview(data)
    try:
        while rest:
            while not (taken := out.write(rest)):  # a pipe that is full, and does not wait
                select.select([], [out], [])
            rest = rest[taken:]  # it may have taken less: a pipe, or a disk that is nearly full
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            sys.exit(0)  # the reader had enough (`| head`): no failure of ours
        sys.exit(_fail("standard output", error.strerror or str(error)))


def _json_line(members: dict[str, object]) -> bytes:
    # UTF-8 whatever the locale. A lone surrogate, which JSON can escape, leaves as the escape it came as.
    return (
        json.dumps(members, ensure_ascii=False, allow_nan=False, default=str).encode("utf-8", "backslashreplace")
        + b"\n"
    )


def _item_members(item: Item) -> dict[str, object]:
    if isinstance(item, Event):
        return {"type": item.type, "data": item.data, "last_event_id": item.last_event_id}
    if isinstance(item, Comment):
        return {"comment": item.text}
    if isinstance(item, Retry):
        return {"retry": item.milliseconds}
    if isinstance(item, Id):
        return {"id": item.value}
    return {"ignored": item.line}


def _part_members(part: Part) -> dict[str, object]:
    members: dict[str, object] = {"kind": part.kind}
    members |= {name: getattr(part, name) for name in part.__match_args__}
    if isinstance(part, Invalid):
        members["event"] = _item_members(part.event)
    return members


def _fail(name: str, reason: str) -> int:
    _say(name, reason)
    return 1


def _say(name: str, what: str) -> None:
    if sys.stderr is not None:  # print would take None for standard output
        print(f"{_one_line(name)}: {_one_line(what)}", file=sys.stderr)


def _one_line(text: str) -> str:
    """`text` as a terminal may have it, though a server wrote it: no line ends, nothing that steers, not too long."""
    if len(text) > _REASON_SIZE:
        text = text[:_REASON_SIZE] + "..."
    safe = [char if char.isprintable() else " " if char.isspace() else ascii(char)[1:-1] for char in text]
    return "".join(safe).strip()


if __name__ == "__main__":
    sys.exit(main())
