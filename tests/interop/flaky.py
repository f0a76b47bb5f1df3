"""A server on this machine that cuts, drops and holds back a stream by a script, and notes what its client does."""

import select
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from sse_core import Comment, Encoder, Event, Retry

TIMEOUT = 10  # seconds: how long what never comes is waited for
PATIENCE = 20  # connections
EVENTS = [Event(f"zażółć {number} 🙂\nsecond line", last_event_id=f"記 {number}") for number in range(1, 13)]

# Where an event can be cut off.
IN_A_CHARACTER = "🙂".encode()[:2]
BETWEEN_CR_AND_LF = b"second line\r"
BEFORE_THE_BLANK_LINE = b"second line\r\n"


@dataclass(frozen=True)
class Answer:
    """The events that follow Last-Event-ID, until there have been `upto` in all; then what `end` says.

    "end": the body ends. "reset", "close": the connection does, the event after these cut off behind the bytes
    `cut`. "silence": nothing more comes until the client goes. `size` is the bytes of a write, and with
    `chunked` of a chunk. The next event waits until the client has the last, but for `size` 0: one write.
    """

    upto: int
    end: str
    cut: bytes = b""
    size: int = 1
    chunked: bool = False


@dataclass
class Visit:
    """A connection: what was asked, and whether the client closed it; None where the server had to reset it."""

    headers: dict[str, str]
    closed: bool | None = None


@dataclass
class Flaky:
    """Gives each of `first` as it is, then the first of `answers` that has an event the client lacks; then 204.

    204 is also what a client gets that was late or came too often, so that each of them stops.
    """

    answers: Sequence[Answer]
    first: Sequence[bytes] = ()
    url: str = ""
    visits: list[Visit] = field(default_factory=list)
    # What the client kept to itself: it must hand on an event without waiting for more bytes.
    late: list[Event] = field(default_factory=list)
    # Set where the stream has gone silent: the client waits for more.
    idle: threading.Event = field(default_factory=threading.Event)
    _acks: tuple[socket.socket, socket.socket] = field(default_factory=socket.socketpair)
    _stopping: bool = False

    def has(self) -> None:
        """The client calls this for each event, as it gets it."""
        self._acks[0].send(b"+")

    def wait_until_idle(self) -> None:
        """Until the stream has gone silent, and the client had all of it."""
        assert self.idle.wait(TIMEOUT)

    def ids(self) -> list[str | None]:
        """The Last-Event-ID of each request."""
        return [visit.headers.get("last-event-id") for visit in self.visits]

    def run(self, listener: socket.socket) -> None:
        """Serve one connection after the other until `stop`."""
        while True:
            connection, _ = listener.accept()
            with connection:
                if self._stopping:
                    return
                connection.settimeout(TIMEOUT)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with suppress(OSError):  # a client may go at any time
                    self._serve(connection)

    def stop(self) -> None:
        """Make `run` return, once its connection has ended."""
        self._stopping = True
        host, _, port = self.url.split("/")[2].partition(":")
        socket.create_connection((host, int(port))).close()

    def _serve(self, connection: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (received := connection.recv(65536)):
                return
            head += received
        lines = [line.partition(b":") for line in head.split(b"\r\n")[1:-2]]
        visit = Visit({name.decode().lower(): value.strip(b" ").decode(errors="replace") for name, _, value in lines})
        self.visits.append(visit)
        answer, end = self._answer(visit), "end"
        try:
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                self._stream(connection, answer, _number(visit))
                end = answer.end
        except ConnectionError:
            visit.closed = True
            return
        if end == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if end == "silence":
            self.idle.set()
        else:
            connection.shutdown(socket.SHUT_WR)
        visit.closed = _was_closed(connection)

    def _answer(self, visit: Visit) -> Answer | bytes:
        if len(self.visits) <= len(self.first):
            return self.first[len(self.visits) - 1]
        if len(self.visits) <= PATIENCE and not self.late:
            for answer in self.answers:
                if answer.upto > _number(visit):
                    return answer
        return b"HTTP/1.1 204 No Content\r\n\r\n"

    def _stream(self, connection: socket.socket, answer: Answer, number: int) -> None:
        coding = "Transfer-Encoding: chunked" if answer.chunked else "Connection: close"
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n{coding}\r\n\r\n".encode())
        encoder = Encoder(newline="\r\n")
        events = EVENTS[number : answer.upto]
        blocks = [b"".join(map(encoder.encode, [Comment("zażółć"), Retry(1), event])) for event in events]
        rest = b""
        if answer.cut:
            rest = encoder.encode(EVENTS[answer.upto])
            rest = rest[: rest.index(answer.cut) + len(answer.cut)]
        if answer.size == 0:
            _write(connection, b"".join(blocks) + rest, answer)
        for event, block in zip(events, blocks, strict=True):
            if answer.size != 0:
                _write(connection, block, answer)
            self._wait_until_had(connection, event)
        if answer.size != 0:
            _write(connection, rest, answer)
        if answer.chunked and answer.end != "silence":  # a drop is in the middle of a chunk
            connection.sendall(b"0\r\n\r\n" if answer.end == "end" else b"ff\r\n: ")

    def _wait_until_had(self, connection: socket.socket, event: Event) -> None:
        ready, _, _ = select.select([self._acks[1], connection], [], [], TIMEOUT)
        if not ready:
            self.late.append(event)
        if self._acks[1] not in ready:
            raise ConnectionError("the client waits for more, or has gone")
        self._acks[1].recv(1)


@contextmanager
def flaky(*answers: Answer, first: Sequence[bytes] = ()) -> Iterator[Flaky]:
    """The server, which listens on a port of its own, and has stopped at exit."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Flaky(answers, first, f"http://127.0.0.1:{listener.getsockname()[1]}/")
        thread = threading.Thread(target=server.run, args=[listener])
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()
            for end in server._acks:
                end.close()


def _number(visit: Visit) -> int:
    """How many events the client has, by its Last-Event-ID; 0 if that is none of ours."""
    ids = [event.last_event_id for event in EVENTS]
    id = visit.headers.get("last-event-id")
    return ids.index(id) + 1 if id in ids else 0


def _write(connection: socket.socket, data: bytes, answer: Answer) -> None:
    size = answer.size or max(len(data), 1)
    for start in range(0, len(data), size):
        piece = data[start : start + size]
        connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if answer.chunked else piece)


def _was_closed(connection: socket.socket) -> bool:
    try:
        while connection.recv(65536):
            pass
    except ConnectionError:  # it closed with bytes unread
        pass
    except TimeoutError:
        return False
    return True
