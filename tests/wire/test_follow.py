"""follow and afollow: the same promises around both, with a server that is a list of answers."""

import asyncio
import copy
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, closing, contextmanager
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sse_core import Decoder, Event, LimitError, SSEError, TruncatedError, encode
from sse_core.dialects import Done, Error, Finish, Other, PartDecoder, Start, TextDelta, get
from sse_core.follow import ConnectError, afollow, follow
from sse_core.reconnect import Reconnect, Stop

ROOT = Path(__file__).parents[2]
SSE = {"Content-Type": "text/event-stream"}
NO_CONTENT = (204, {}, [])
RESET = ConnectionResetError("reset by peer")
REFUSED = ConnectionRefusedError("refused")


class Server:
    """Gives each connection the next of `answers`, (status, headers, chunks), then 204; an exception is raised where
    it stands: in the place of an answer as connecting, among the chunks as reading, and `at_exit` as closing."""

    def __init__(self, *answers: Any, at_exit: Exception | None = None) -> None:
        self._answers = iter(answers)
        self._at_exit = at_exit
        # What was asked, how many chunks were read of each answer, and what has become of its connection.
        self.asked: list[dict[str, str]] = []
        self.read: list[int] = []
        self.log: list[str] = []

    def ids(self) -> list[str | None]:
        return [headers.get("Last-Event-ID") for headers in self.asked]

    @contextmanager
    def connect(self, headers: dict[str, str]) -> Iterator[Any]:
        self.asked.append(headers)
        answer = next(self._answers, NO_CONTENT)
        if isinstance(answer, Exception):
            raise answer
        status, fields, chunks = answer
        self.read.append(0)
        self.log.append("open")
        try:
            yield status, fields, self._chunks(chunks)
        finally:
            self.log.append("closed")
            if self._at_exit is not None:
                raise self._at_exit

    def _chunks(self, chunks: Any) -> Iterator[bytes]:
        for chunk in chunks:
            if isinstance(chunk, Exception):
                raise chunk
            self.read[-1] += 1
            yield chunk


def stream(*chunks: Any) -> Any:
    return 200, SSE, chunks


class Sync:
    """What `follow` gives of a server, each thing with what the server's log said when it came."""

    def __init__(self) -> None:
        self.given: list[Any] = []
        self.logs: list[str] = []
        self.waits: list[float] = []
        self.now = 0.0

    def take(self, item: Any, server: Server) -> None:
        self.given.append(item)
        self.logs.append(server.log[-1])

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def options(self) -> dict[str, Any]:
        return {"errors": OSError, "sleep": self.sleep, "clock": lambda: self.now, "rand": lambda: 0.0}

    def run(self, server: Server, *args: Any, enough: int | None = None, **options: Any) -> list[Any]:
        """All that is given; or the first `enough`, and then the generator is closed."""
        with closing(follow(server.connect, *args, **{**self.options(), **options})) as items:
            for item in items:
                self.take(item, server)
                if len(self.given) == enough:
                    break
        return self.given


class Async(Sync):
    """The same of `afollow`."""

    async def asleep(self, seconds: float) -> None:
        self.sleep(seconds)

    def options(self) -> dict[str, Any]:
        return {**super().options(), "sleep": self.asleep}

    def run(self, server: Server, *args: Any, enough: int | None = None, **options: Any) -> list[Any]:
        async def main() -> None:
            async with aclosing(afollow(opening(server), *args, **{**self.options(), **options})) as items:
                async for item in items:
                    self.take(item, server)
                    if len(self.given) == enough:
                        break

        asyncio.run(main())
        return self.given


def opening(server: Server) -> Any:
    """`connect` as afollow takes it."""

    @asynccontextmanager
    async def connect(headers: dict[str, str]) -> AsyncIterator[Any]:
        with server.connect(headers) as (status, fields, chunks):

            async def read() -> AsyncIterator[bytes]:
                for chunk in chunks:
                    await asyncio.sleep(0)
                    yield chunk

            async with aclosing(read()) as got:
                yield status, fields, got

    return connect


@pytest.fixture(params=[Sync, Async], ids=["follow", "afollow"])
def client(request: pytest.FixtureRequest) -> Any:
    return request.param()


# Events, once and in order


def test_each_event_comes_once_and_in_order_across_connections(client: Any) -> None:
    server = Server(
        stream(b"id: 1\ndata: a\n\nid: 2\nda", b"ta: b\n\nid: 3\ndata: cu"),
        stream(b"id: 3\ndata: c\n\n", b"id: 4\n\n", RESET),
        REFUSED,
        (503, {}, [b"busy"]),
        stream(b"id: 5\ndata: e\n\ndata: half\n"),
    )
    assert [event.data for event in client.run(server)] == ["a", "b", "c", "e"]
    assert server.ids() == [None, "2", "4", "4", "4", "5"]
    assert client.waits == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert server.log == ["open", "closed"] * 5


class Cutting(Server):
    """A stream of `EVENTS` that resumes, behind a network that cuts it anywhere; 204 when there is no more."""

    EVENTS = tuple(Event(f"{number}\nsecond line", last_event_id=f"{number}") for number in range(1, 30))

    def __init__(self, rng: Random) -> None:
        super().__init__()
        self._answers = self._answers_of(rng)

    def _answers_of(self, rng: Random) -> Iterator[Any]:
        blocks = [encode(event) for event in self.EVENTS]
        while body := b"".join(blocks[int(self.ids()[-1] or "0") :]):
            cuts = sorted(rng.randrange(len(body) + 1) for _ in range(5))
            pieces = [body[start:end] for start, end in zip([0, *cuts], cuts, strict=False)]
            yield rng.choice([stream(*pieces), stream(*pieces, RESET), (503, {}, [b"busy"]), REFUSED])


@pytest.mark.parametrize("seed", range(20))
def test_wherever_the_network_cuts_each_event_comes_once_and_in_order(client: Any, seed: int) -> None:
    assert client.run(Cutting(Random(seed))) == [*Cutting.EVENTS]


def test_it_goes_on_where_the_decoder_is(client: Any) -> None:
    server = Server(stream(b"data: x\n\n"))
    assert client.run(server, Decoder(last_event_id="7")) == [Event("x", last_event_id="7")]
    assert server.ids() == ["7", "7"]


def test_without_a_decoder_it_goes_on_where_the_reconnect_is(client: Any) -> None:
    server = Server(stream(b"data: x\n\n"))
    assert client.run(server, None, Reconnect(last_event_id="7")) == [Event("x", last_event_id="7")]
    assert server.ids() == ["7", "7"]


@pytest.mark.parametrize(
    "decoder", [Decoder(last_event_id="7"), PartDecoder("mcp", last_event_id="7")], ids=["events", "parts"]
)
def test_a_reconnect_elsewhere_than_the_decoder_is_refused_at_the_call(decoder: Any) -> None:
    for call in (follow, afollow):
        with pytest.raises(ValueError, match="the last_event_id of reconnect is '', the decoder's '7'"):
            call(Server().connect, decoder, Reconnect(), errors=OSError)


def test_a_reconnect_that_has_stopped_is_no_end_of_another_stream(client: Any) -> None:
    reconnect = Reconnect()
    assert client.run(Server(stream(b"data: x\n\n")), None, reconnect) == [Event("x")]
    with pytest.raises(ValueError, match=r"this Reconnect has stopped \(nothing to resume\)"):
        client.run(Server(stream(b"data: y\n\n")), None, reconnect)


# Parts, to their end

HI = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
STOP = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
WHOLE = [Start(), TextDelta("Hi"), Finish("stop", "stop"), Done("sentinel")]


@pytest.mark.parametrize("chunks", [[HI, STOP, DONE], [HI + STOP + DONE + HI], [HI + STOP + DONE[:-1], b"\n" + HI]])
def test_an_answer_ends_at_its_done_and_the_connection_with_it(client: Any, chunks: list[bytes]) -> None:
    server = Server(stream(*chunks, HI, RESET))
    assert client.run(server, PartDecoder("openai-chat")) == WHOLE
    assert client.logs[-1] == "closed"  # when the Done comes, also where the caller leaves then
    assert server.read == [len(chunks)]
    assert len(server.asked) == 1


@pytest.mark.parametrize("last", [[], [b"data: [DONE]"], [b"data: [DONE]\n"], [b"data: [DO"]], ids=repr)
def test_an_answer_without_its_last_line_ends_as_everywhere(client: Any, last: list[bytes]) -> None:
    given = client.run(Server(stream(HI, STOP, *last)), PartDecoder("openai-chat"))
    decoder = PartDecoder("openai-chat")
    assert given == decoder.feed(b"".join([HI, STOP, *last])) + decoder.close()


def test_an_error_that_is_the_end_is_given(client: Any) -> None:
    body = b'data: {"type":"error","message":"Busy"}\n\n'
    assert client.run(Server(stream(body, RESET)), PartDecoder("websopy")) == [Error("Busy"), Done("error")]


def test_an_answer_that_is_cut_raises_after_what_came(client: Any) -> None:
    with pytest.raises(TruncatedError, match=r"before \[DONE\]") as raised:
        client.run(Server(stream(HI, HI[:20])), PartDecoder("openai-chat"))
    assert client.given == WHOLE[:2]
    assert raised.value.parts == ()
    assert client.waits == []


PRIMING = b"id: e1\ndata: \n\n"
RESULT = b'id: e2\ndata: {"jsonrpc":"2.0","id":7,"result":{}}\n\n'


def kinds(parts: list[Any]) -> list[str]:
    return [part.kind for part in parts]


def mcp() -> PartDecoder:
    return PartDecoder(get("mcp", request_id=7))


@pytest.mark.parametrize("end", [[], [RESULT[:-1]], [RESULT[:20], RESET]], ids=["cut", "half an event", "an error"])
def test_an_answer_that_can_be_resumed_is_and_half_an_event_is_dropped(client: Any, end: list[Any]) -> None:
    server = Server(stream(PRIMING, *end), stream(RESULT))
    assert kinds(client.run(server, mcp())) == ["other", "other", "done"]
    assert server.ids() == [None, "e1"]
    assert client.waits == [1.0]


def test_an_answer_whose_rest_the_server_no_longer_has_is_cut(client: Any) -> None:
    server = Server(stream(PRIMING), NO_CONTENT)
    with pytest.raises(TruncatedError):
        client.run(server, mcp())
    assert kinds(client.given) == ["other"]


def test_an_answer_that_is_whole_when_the_server_has_no_more_has_ended(client: Any) -> None:
    server = Server(stream(b"id: 1\n" + HI + STOP, RESET), NO_CONTENT)
    given = client.run(server, PartDecoder("openai-chat"))
    assert given == [*WHOLE[:3], Done("eof")]


def test_the_end_of_a_connection_is_none_of_an_endless_stream(client: Any) -> None:
    goodbye = b"event: goodbye\ndata: {}\n\n"
    server = Server(stream(b"id: 1\nevent: put\ndata: {}\n\n" + goodbye, b"never read"), stream(b"data: {}\n\n"))
    assert kinds(client.run(server, PartDecoder("launchdarkly"))) == ["other", "other", "other"]
    assert server.ids() == [None, "1", "1"]
    assert server.read == [1, 1, 0]
    assert client.waits == [1.0, 1.0]  # to come again is no attempt


@pytest.mark.parametrize(
    ("decoder", "ids"),
    [
        (Decoder, ["1"] * 2),
        (partial(PartDecoder, "launchdarkly"), ["1"] * 2),
        (partial(PartDecoder, "pocketbase"), [None] * 2),
    ],
    ids=["events", "an endless dialect", "one that cannot resume"],
)
def test_what_is_endless_is_a_subscription(client: Any, decoder: Any, ids: list[str | None]) -> None:
    server = Server(stream(b"id: 1\ndata: {}\n\n"), stream(), REFUSED)
    assert len(client.run(server, decoder())) == 1
    assert server.ids() == [None, *ids, ids[0]]


@pytest.mark.parametrize(
    ("name", "error"), [("openai-chat", TruncatedError), ("dify", TruncatedError)], ids=["no id", "not resumable"]
)
def test_an_answer_is_a_request_which_is_not_made_twice(client: Any, name: Any, error: type[Exception]) -> None:
    id = b"" if name == "openai-chat" else b"id: 1\n"
    body = HI if name == "openai-chat" else b'data: {"event":"message","answer":"Hi"}\n\n'
    for chunks, raised in [([id + body], error), ([id + body, RESET], ConnectError)]:
        server = Server(stream(*chunks))
        with pytest.raises(raised):
            type(client)().run(server, PartDecoder(name))
        assert len(server.asked) == 1


def test_an_answer_that_has_not_begun_is_asked_for_again(client: Any) -> None:
    server = Server(REFUSED, (503, {"Retry-After": "9"}, []), stream(b": ping\n", RESET), stream(HI, STOP, DONE))
    assert client.run(server, PartDecoder("openai-chat")) == WHOLE
    assert client.waits == [1.0, 9.0, 4.0]


# Ends that are no good ones


def failure(client: Any, server: Server, *args: Any, **options: Any) -> Any:
    with pytest.raises(SSEError) as raised:
        client.run(server, *args, **options)
    assert type(raised.value) is ConnectError
    assert server.log.count("open") == server.log.count("closed")
    return raised.value


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("answer", "stop", "body", "text"),
    [
        (
            (401, JSON, [b'{"error":', b'"no key"}']),
            Stop("status", 401, "application/json"),
            b'{"error":"no key"}',
            """status: 401, application/json, b'{"error":"no key"}'""",
        ),
        (
            (200, {"Content-Type": "text/html"}, [b"data: x\n\n"]),
            Stop("content type", 200, "text/html"),
            b"data: x\n\n",
            r"content type: 200, text/html, b'data: x\n\n'",
        ),
        ((200, {}, []), Stop("content type", 200), b"", "content type: 200, no Content-Type"),
        ((302, SSE, []), Stop("redirect", 302, "text/event-stream"), b"", "redirect: 302, text/event-stream"),
        ((500, {}, [b"why"]), Stop("attempts", 500), b"why", "attempts: 500, no Content-Type, b'why'"),
        ((403, {}, [b"half", RESET]), Stop("status", 403), b"half", "status: 403, no Content-Type, b'half'"),
    ],
    ids=["a status", "a type", "no type", "a redirect", "busy for too long", "a body that breaks"],
)
def test_a_refusal_is_raised_with_its_status_type_and_body(
    client: Any, answer: Any, stop: Stop, body: bytes, text: str
) -> None:
    error = failure(client, Server(answer), None, Reconnect(max_attempts=0))
    assert (error.stop, error.body, str(error)) == (stop, body, text)
    assert error.__cause__ is (RESET if RESET in answer[2] else None)


def test_of_a_refusal_64_kib_are_read(client: Any) -> None:
    server = Server((403, {}, iter(lambda: b"x" * 40_000, None)))
    assert failure(client, server).body == b"x" * 65_536
    assert server.read == [2]


def test_of_an_answer_that_is_busy_nothing_is_read_and_nothing_is_kept(client: Any) -> None:
    server = Server((503, {}, [b"busy"]), (403, {}, [b"no"]))
    assert failure(client, server).body == b"no"
    assert server.read == [0, 1]


@pytest.mark.parametrize(
    ("answers", "args", "stop"),
    [
        ([REFUSED, REFUSED], (None, Reconnect(max_attempts=1)), Stop("attempts")),
        ([stream(HI, RESET)], (PartDecoder("openai-chat"),), Stop("incomplete")),
    ],
    ids=["no connection", "a begun answer"],
)
def test_where_the_network_failed_its_error_is_the_cause(client: Any, answers: Any, args: Any, stop: Stop) -> None:
    error = failure(client, Server(*answers), *args)
    assert (error.stop, error.body, str(error)) == (stop, b"", stop.reason)
    assert isinstance(error.__cause__, ConnectionError)


def test_where_the_answer_was_cut_too_often_that_is_the_cause(client: Any) -> None:
    server = Server(stream(PRIMING), stream())
    error = failure(client, server, mcp(), Reconnect("request", max_attempts=1))
    assert error.stop == Stop("attempts")
    assert type(error.__cause__) is TruncatedError


def test_events_of_a_request_that_cannot_be_resumed_are_cut_off(client: Any) -> None:
    assert failure(client, Server(stream(b"data: x\n\n")), None, Reconnect("request")).stop == Stop("incomplete")
    assert client.given == [Event("x")]


@pytest.mark.parametrize(
    ("policy", "last_event_id", "is_end"),
    [("subscription", "", True), ("subscription", "7", True), ("request", "", False), ("request", "7", True)],
)
def test_no_content_ends_a_subscription_and_a_resumption(
    client: Any, policy: Any, last_event_id: str, is_end: bool
) -> None:
    for decoder in (None, PartDecoder("openai-chat", last_event_id=last_event_id)):
        args = decoder, Reconnect(policy, last_event_id=last_event_id)
        if is_end:
            assert client.run(Server(NO_CONTENT), *args) == []
        else:
            assert failure(client, Server(NO_CONTENT), *args).stop == Stop("nothing to resume", 204)


LARGE = b"id: 1\ndata: x\n\ndata: " + b"y" * 100


@pytest.mark.parametrize(
    ("decoder", "given"),
    [
        (partial(Decoder, max_event_size=50), [Event("x", last_event_id="1")]),
        (partial(PartDecoder, "text", max_event_size=50), [Other("message", "x", "text", id="1")]),
    ],
    ids=["events", "parts"],
)
def test_an_event_that_is_too_large_is_raised_after_what_came_before(client: Any, decoder: Any, given: Any) -> None:
    server = Server(stream(LARGE, b"never read"))
    with pytest.raises(LimitError):
        client.run(server, decoder())
    assert client.given == given
    assert (server.read, server.log) == ([1], ["open", "closed"])


def test_what_comes_before_done_is_not_spoiled_by_what_comes_after(client: Any) -> None:
    decoder = PartDecoder("openai-chat", max_event_size=100)
    assert client.run(Server(stream(HI + STOP + DONE + LARGE)), decoder) == WHOLE


def test_a_connect_error_is_a_value_that_pickles() -> None:
    error = ConnectError(Stop("status", 401, "text/plain"), b"no")
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert (twin.stop, twin.body, str(twin), repr(twin)) == (error.stop, b"no", str(error), repr(error))
    assert ConnectError(Stop("attempts")).body == b""


# Errors


def test_only_the_errors_that_were_named_are_of_the_network(client: Any) -> None:
    for answer in (KeyError("mine"), stream(KeyError("mine"))):
        server = Server(answer)
        with pytest.raises(KeyError):
            client.run(server)
        assert (len(server.asked), client.waits) == (1, [])


def test_errors_of_the_loop_around_it_are_not_caught() -> None:
    server, client = Server(stream(b"data: x\n\n")), Sync()
    events = follow(server.connect, **client.options())
    next(events)
    with pytest.raises(ConnectionResetError):
        events.throw(RESET)  # as a context manager does with what is raised in its body
    assert (server.log, client.waits) == (["open", "closed"], [])


def test_errors_of_the_asynchronous_loop_around_it_are_not_caught() -> None:
    server, client = Server(stream(b"data: x\n\n")), Async()

    async def main() -> None:
        events = afollow(opening(server), **client.options())
        await anext(events)
        with pytest.raises(ConnectionResetError):
            await events.athrow(RESET)

    asyncio.run(main())
    assert (server.log, client.waits) == (["open", "closed"], [])


def test_an_error_of_closing_says_nothing(client: Any) -> None:
    server = Server(stream(b"data: x\n\n"), (403, {}, []), at_exit=RESET)
    assert failure(client, server).stop == Stop("status", 403)
    assert (client.given, client.waits) == ([Event("x")], [1.0])


def test_an_error_of_closing_hides_none_that_matters(client: Any) -> None:
    with pytest.raises(KeyError):
        client.run(Server(stream(KeyError("mine")), at_exit=RESET))
    server = Server(stream(b"data: x\n\n"), at_exit=RESET)
    assert client.run(server, enough=1) == [Event("x")]


def test_what_sleep_raises_ends_it(client: Any) -> None:
    def sleep(seconds: float) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.run(Server(stream(b"data: x\n\n")), sleep=sleep)
    assert client.given == [Event("x")]


# Leaving


def test_leaving_closes_the_connection(client: Any) -> None:
    server = Server(stream(b"data: x\n\ndata: y\n\n", b"never read"))
    assert client.run(server, enough=1) == [Event("x")]
    assert (server.log, server.read) == (["open", "closed"], [1])


@pytest.mark.parametrize("at_exit", [None, RESET], ids=["", "which fails"])
def test_being_cancelled_closes_the_connection_in_one_step(at_exit: Exception | None) -> None:
    server = Server(stream(b"data: x\n\n"), at_exit=at_exit)

    @asynccontextmanager
    async def connect(headers: dict[str, str]) -> AsyncIterator[Any]:
        with server.connect(headers) as (status, fields, chunks):

            async def read() -> AsyncIterator[bytes]:
                for chunk in chunks:
                    yield chunk
                await asyncio.Event().wait()

            yield status, fields, read()

    async def read(got: list[Event]) -> None:
        async with aclosing(afollow(connect, errors=OSError)) as events:
            async for event in events:
                got.append(event)

    async def main() -> None:
        got: list[Event] = []
        task = asyncio.ensure_future(read(got))
        while not got:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        assert server.log == ["open", "closed"]
        assert task.cancelled()

    asyncio.run(main())


# Defaults


def test_the_clock_and_the_sleep_are_those_of_the_library(client: Any) -> None:
    server = Server(stream(b"id: 1\ndata: x\n\n"), REFUSED)
    reconnect = Reconnect(base=0)
    if isinstance(client, Async):

        async def main() -> list[Event]:
            return [event async for event in afollow(opening(server), None, reconnect, errors=(OSError,))]

        assert asyncio.run(main()) == [Event("x", last_event_id="1")]
    else:
        assert list(follow(server.connect, None, reconnect, errors=(OSError,))) == [Event("x", last_event_id="1")]
    assert server.ids() == [None, "1", "1"]


def test_a_connection_that_lasts_begins_a_new_row_of_waits(client: Any) -> None:
    def slowly() -> Iterator[Any]:
        client.now += 60
        yield b"data: x\n\n"

    client.run(Server(REFUSED, REFUSED, (200, SSE, slowly()), REFUSED))
    assert client.waits == [1.0, 2.0, 1.0, 2.0]


def test_what_only_a_default_takes_is_imported_with_it() -> None:
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from sse_core.follow import afollow, follow
print(*sys.modules)
follow(None, errors=OSError, rand=float)
afollow(None, errors=OSError, sleep=float, rand=float)
print(*sys.modules)
follow(None, errors=OSError)
print(*sys.modules)
afollow(None, errors=OSError)
print(*sys.modules)
"""
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    loaded = [{"random", "asyncio", "typing", "json"} & {*line.split()} for line in done.stdout.splitlines()]
    assert loaded[:3] == [set(), set(), {"random"}]
    assert loaded[3] >= {"random", "asyncio"}
