"""A live stream handed to another process in mid-stream, which goes on exactly where the first one stopped.

    python handover.py http://127.0.0.1:8000/answer openai-chat --after 3

What goes over is the PartDecoder, pickled with all that it knows (half an event, half a character, an open call), and
the socket that the rest comes from. One process reads at a time, so nothing is lost and nothing is read twice. The
parts are the same; only `raw` of a Finish that was held stays behind. Where the socket cannot go along (TLS, another
machine), hand over the decoder alone, and connect again with its `last_event_id`.
"""

import argparse
import multiprocessing
import os
import socket
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from sse_core import SSEError
from sse_core.dialects import Part, PartDecoder, get


def read_some(source: socket.socket, decoder: PartDecoder, size: int = 65536) -> list[Part]:
    """The parts that the next bytes complete."""
    return decoder.feed(source.recv(size))


def read_on(source: socket.socket, decoder: PartDecoder) -> tuple[list[Part], SSEError | None]:
    """The parts up to the end, and what was wrong with it."""
    parts: list[Part] = []
    try:
        while decoder.done is None and (chunk := source.recv(65536)):
            parts += decoder.feed(chunk)
        parts += decoder.close()
    except SSEError as error:
        return [*parts, *error.parts], error
    return parts, None


def take_over(handed: Connection) -> None:
    """The other process: reads every stream that is handed to it to its end, and sends back what came; until None."""
    while (stream := handed.recv()) is not None:
        decoder, source = stream
        with source:
            handed.send((os.getpid(), *read_on(source, decoder)))


def hand_over(other: Connection, source: socket.socket, decoder: PartDecoder) -> None:
    """From here on the stream is the other process's."""
    with source:
        other.send((decoder, source))  # a socket that multiprocessing sends is the same connection there


def connect(url: str) -> socket.socket:
    """The socket, behind the headers of the answer: HTTP/1.0, so that what comes is the stream and no more."""
    where = urlsplit(url)
    source = socket.create_connection((where.hostname or "", where.port or 80))
    source.sendall(f"GET {where.path or '/'} HTTP/1.0\r\nHost: {where.netloc}\r\n\r\n".encode())
    with source.makefile("rb", buffering=0) as lines:  # unbuffered: the stream stays in the socket
        if b" 200 " not in lines.readline():
            raise ConnectionError(f"{url} does not answer with 200")
        while lines.readline().strip():
            pass
    return source


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("url")
    parser.add_argument("dialect", type=get)
    parser.add_argument("--after", type=int, default=1, metavar="N", help="hand over after N chunks (1)")
    options = parser.parse_args()
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    other = multiprocessing.get_context("spawn").Process(target=take_over, args=(theirs,))
    other.start()
    source, decoder = connect(options.url), PartDecoder(options.dialect)
    for _ in range(options.after):
        for part in read_some(source, decoder):
            print(os.getpid(), part)
    hand_over(ours, source, decoder)
    pid, parts, error = ours.recv()
    for part in parts:
        print(pid, part)
    ours.send(None)
    other.join()
    if error is not None:
        raise error


if __name__ == "__main__":
    main()
