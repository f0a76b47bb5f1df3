# SPDX-License-Identifier: MIT
"""The command: read an event stream from a file or standard input, print each event as a JSON line at once."""

from __future__ import annotations

import argparse
import json
import os
import sys

from . import Comment, Decoder, Event, Id, LimitError, Retry, __version__
from ._decoder import MAX_EVENT_SIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from ._items import Item

_CHUNK_SIZE = 64 * 1024
_INTERRUPTED = 130  # what a shell reports for Ctrl-C


def main(args: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    options = _parser().parse_args(args)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return _INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m " + (__package__ or ""),
        description="Print each event of an event stream as one line of JSON, as it arrives.",
        epilog="Exit status: 0; 1 if the stream ended inside an event, broke the limit or could not be read; "
        "2 for wrong usage.",
        allow_abbrev=False,
    )
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="the stream; - is standard input")
    parser.add_argument("--items", action="store_true", help="also comments, retries, ids and ignored lines")
    parser.add_argument("--dataless", action="store_true", help="also named events without data")
    parser.add_argument(
        "--max-event-size", type=_size, metavar="N", default=MAX_EVENT_SIZE, help="bytes an event may have (64 MiB)"
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    return parser


def _size(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of bytes from 1")
    return int(text)


def _run(options: argparse.Namespace) -> int:
    name = "standard input" if options.file == "-" else options.file
    decoder = Decoder(dataless=options.dataless, max_event_size=options.max_event_size)
    feed = decoder.feed_items if options.items else decoder.feed
    try:
        with _open(options.file) as stream:
            # Unbuffered: a read gives what has arrived. os.read: none yet, on a descriptor that will not
            # wait, is an error; stream.read would give None, and that look like the end.
            while chunk := os.read(stream.fileno(), _CHUNK_SIZE):
                _print([_as_json(item) for item in feed(chunk)])
                if decoder.error is not None:
                    raise decoder.error
    except OSError as error:
        return _fail(name, error.strerror or str(error))
    except LimitError as error:
        return _fail(name, str(error))
    if decoder.incomplete:
        return _fail(name, "the stream ended inside an event, which was dropped")
    return 0


def _open(file: str) -> BinaryIO:
    if file == "-":
        return open(0, "rb", buffering=0, closefd=False)
    return open(file, "rb", buffering=0)


def _print(rows: list[dict[str, object]]) -> None:
    if sys.stdout is None:  # `>&-`
        sys.exit(_fail("standard output", "Bad file descriptor"))
    try:
        for row in rows:
            # UTF-8 whatever the locale.
            sys.stdout.buffer.write(json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n")
        sys.stdout.buffer.flush()
    except OSError as error:
        # Python flushes standard output once more as it exits, and would complain: give it somewhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            sys.exit(0)  # the reader had enough (`| head`): no failure of ours
        sys.exit(_fail("standard output", error.strerror or str(error)))


def _as_json(item: Item) -> dict[str, object]:
    if isinstance(item, Event):
        return {"type": item.type, "data": item.data, "last_event_id": item.last_event_id}
    if isinstance(item, Comment):
        return {"comment": item.text}
    if isinstance(item, Retry):
        return {"retry": item.milliseconds}
    if isinstance(item, Id):
        return {"id": item.value}
    return {"ignored": item.line}


def _fail(name: str, reason: str) -> int:
    if sys.stderr is not None:  # print would take None for standard output
        print(f"{name}: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
