"""The services of the table `named`: bytes in, parts out; parts in, events out; and what they share."""

from __future__ import annotations

import json
from typing import Any

import captures
import pytest
from reading import all_cuts, gather, pieces, read, whole, write

from sse_core import DialectError, EncodeError, Event
from sse_core.dialects import (
    Dialect,
    Done,
    Error,
    Finish,
    Invalid,
    JsonReader,
    Other,
    Part,
    PartDecoder,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Transcoder,
    Usage,
    get,
)
from sse_core.dialects.named import DIALECTS
from sse_core.reconnect import Reconnect, Stop, Wait

LOST = Done("eof", reconnect=True)
AGAIN = Done("event", reconnect=True)
FAILED = Done("error")


def json_error(data: str, service: str) -> DialectError:
    """The error for data that is no JSON."""
    try:
        json.loads(data)
    except ValueError as error:
        return DialectError(f"{service}: the data is no JSON: {error}")
    raise AssertionError(data)


def other(service: str, name: str, data: Any, id: str | None = None, retry: int | None = None) -> Other:
    return Other(name, data, service, None, id, retry)


# Of each service streams as its server sends them, and their parts.
DECODED: dict[str, tuple[str, str, list[Part]]] = {
    "django-eventstream, padded": (
        "django-eventstream",
        f':{" " * 2048}\n\nevent: stream-open\ndata:\n\nid: room-1:12\ndata: {{"text": "hi"}}\n\n'
        'event: keep-alive\ndata:\n\nevent: stream-reset\nid: room-1:13\ndata: {"channels": ["room-1"]}\n\n',
        [
            other("django-eventstream", "stream-open", ""),
            other("django-eventstream", "message", {"text": "hi"}, "room-1:12"),
            other("django-eventstream", "keep-alive", "", "room-1:12"),
            other("django-eventstream", "stream-reset", {"channels": ["room-1"]}, "room-1:13"),
            LOST,
        ],
    ),
    "django-eventstream, an error": (
        "django-eventstream",
        'event: stream-error\nid: error\ndata: {"condition":"forbidden","text":"not you"}\n\ndata: 1\n\n',
        [Error("not you", "stream-error", "forbidden"), FAILED],
    ),
    "esphome": (
        "esphome",
        'retry: 30000\nid: 5\nevent: ping\ndata: {"title":"t"}\n\nretry: 30000\nid: 9\nevent: ping\n\n'
        "id: 9\nevent: log\ndata: [I][app:100]: up\n\n"
        'id: 12\nevent: state\ndata: {"id":"light-a","state":"ON"}\n\n',
        [
            other("esphome", "ping", {"title": "t"}, "5", 30_000),
            other("esphome", "ping", "", "9", 30_000),
            other("esphome", "log", "[I][app:100]: up", "9"),
            other("esphome", "state", {"id": "light-a", "state": "ON"}, "12"),
            LOST,
        ],
    ),
    "ethereum-beacon": (
        "ethereum-beacon",
        'event: head\ndata: {"slot":"10","block":"0x9a"}\n\n:\n\nevent: block_gossip\ndata: {"slot":"11"}\n\n',
        [
            other("ethereum-beacon", "head", {"slot": "10", "block": "0x9a"}),
            other("ethereum-beacon", "block_gossip", {"slot": "11"}),
            LOST,
        ],
    ),
    "firebase": (
        "firebase",
        'event: put\ndata: {"path":"/","data":{"a":1}}\n\nevent: keep-alive\ndata: null\n\n'
        'event: patch\ndata: {"path":"/a","data":null}\n\n',
        [
            other("firebase", "put", {"path": "/", "data": {"a": 1}}),
            other("firebase", "keep-alive", None),
            other("firebase", "patch", {"path": "/a", "data": None}),
            LOST,
        ],
    ),
    "firebase, not allowed": (
        "firebase",
        "event: cancel\ndata: null\n\nevent: put\ndata: {}\n\n",
        [Error("cancel", "cancel"), FAILED],
    ),
    "firebase, a credential that expired": (
        "firebase",
        "event: auth_revoked\ndata: credential is no longer valid\n\nevent: put\ndata: {}\n\n",
        [Error("credential is no longer valid", "auth_revoked"), AGAIN],
    ),
    "home-assistant": (
        "home-assistant",
        'data: ping\n\ndata: {"event_type":"state_changed","data":{}}\n\ndata: {"event_type":""}\n\ndata: {"a":1}\n\n',
        [
            other("home-assistant", "ping", "ping"),
            other("home-assistant", "state_changed", {"event_type": "state_changed", "data": {}}),
            other("home-assistant", "message", {"event_type": ""}),
            other("home-assistant", "message", {"a": 1}),
            LOST,
        ],
    ),
    "launchdarkly, FDv1": (
        "launchdarkly",
        ':\nevent:put\ndata: {"data": {\n\nevent:patch\ndata:{"path":"/flags/a","data":{"version":2}}\n\n',
        [
            Invalid(Event('{"data": {', "put"), json_error('{"data": {', "launchdarkly")),
            other("launchdarkly", "patch", {"path": "/flags/a", "data": {"version": 2}}),
            LOST,
        ],
    ),
    "launchdarkly, FDv2: an error is no end, goodbye is": (
        "launchdarkly",
        'event: server-intent\ndata: {"payloads":[]}\n\nevent: error\ndata: {"payloadId":"p","reason":"lost"}\n\n'
        'event: heart-beat\ndata: {}\n\nevent: goodbye\ndata: {"reason":"deploy","silent":true}\n\n'
        "event: heart-beat\ndata: {}\n\n",
        [
            other("launchdarkly", "server-intent", {"payloads": []}),
            Error("lost"),
            other("launchdarkly", "heart-beat", {}),
            other("launchdarkly", "goodbye", {"reason": "deploy", "silent": True}),
            AGAIN,
        ],
    ),
    "launchdarkly, an error that was an end of the stream is forgotten": (
        "launchdarkly",
        "event: error\ndata: no JSON at all\n\n",
        [Error("no JSON at all"), LOST],
    ),
    "mastodon: :thump ends no event, and some data is bare": (
        "mastodon",
        ':)\nevent: update\n:thump\ndata: {"id":"1"}\n:thump\n\n:thump\nevent: delete\ndata: 106692\n\n'
        "event: filters_changed\ndata: undefined\n\nevent: announcement.delete\ndata: 8\n\n"
        "event: notifications_merged\ndata: undefined\n\n",
        [
            other("mastodon", "update", {"id": "1"}),
            other("mastodon", "delete", "106692"),
            other("mastodon", "filters_changed", "undefined"),
            other("mastodon", "announcement.delete", "8"),
            other("mastodon", "notifications_merged", "undefined"),
            LOST,
        ],
    ),
    "ntfy": (
        "ntfy",
        'event: open\ndata: {"id":"a","event":"open"}\n\ndata: {"id":"b","event":"message","message":"Hi"}\n\n'
        'event: poll_request\ndata: {"id":"c","event":"poll_request"}\n\nevent: x\ndata: {"event":[]}\n\n',
        [
            other("ntfy", "open", {"id": "a", "event": "open"}),
            other("ntfy", "message", {"id": "b", "event": "message", "message": "Hi"}),
            other("ntfy", "poll_request", {"id": "c", "event": "poll_request"}),
            other("ntfy", "x", {"event": []}),
            LOST,
        ],
    ),
    "philips-hue": (
        "philips-hue",
        ': hi\n\nid: 1634576695:0\ndata: [{"type":"update","data":[{"id":"x"}]}]\n\n',
        [other("philips-hue", "message", [{"type": "update", "data": [{"id": "x"}]}], "1634576695:0"), LOST],
    ),
    "pocketbase": (
        "pocketbase",
        'id:c1\nevent:PB_CONNECT\ndata:{"clientId":"c1"}\n\nid:c1\nevent:posts/*\ndata:{"action":"create"}\n\n',
        [
            other("pocketbase", "PB_CONNECT", {"clientId": "c1"}, "c1"),
            other("pocketbase", "posts/*", {"action": "create"}, "c1"),
            LOST,
        ],
    ),
    "stellar": (
        "stellar",
        'retry: 1000\nevent: open\ndata: "hello"\n\nid: 7\ndata: {"paging_token":"7"}\n\n'
        'retry: 10\nevent: close\ndata: "byebye"\n\ndata: 1\n\n',
        [
            other("stellar", "open", "hello", None, 1000),
            other("stellar", "message", {"paging_token": "7"}, "7"),
            other("stellar", "close", "byebye", "7", 10),
            AGAIN,
        ],
    ),
    "stellar, an error": (
        "stellar",
        "id: 7\ndata: 1\n\nevent: error\ndata: problem: not_found\n\n",
        [other("stellar", "message", 1, "7"), Error("problem: not_found"), FAILED],
    ),
    "wikimedia: an id that is JSON, in a block of its own too": (
        "wikimedia",
        ':ok\n\nevent: message\nid: [{"topic":"é","offset":1}]\ndata: {"meta":{}}\n\n'
        'id: [{"topic":"é","offset":2}]\n\nevent: message\ndata: [1]\n\n',
        [
            other("wikimedia", "message", {"meta": {}}, '[{"topic":"é","offset":1}]'),
            other("wikimedia", "message", [1], '[{"topic":"é","offset":2}]'),
            LOST,
        ],
    ),
    "wikimedia, an error": (
        "wikimedia",
        'event: error\ndata: {"message":"lost","origin":"KafkaSSE"}\n\n',
        [Error("lost"), FAILED],
    ),
}


def test_each_service_has_a_row() -> None:
    assert {service for service, _, _ in DECODED.values()} == set(DIALECTS)


@pytest.mark.parametrize(("service", "stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(service: str, stream: str, parts: list[Part]) -> None:
    assert whole(service, stream.encode()) == parts
    for newline in ("\n", "\r\n", "\r"):
        assert whole(service, *pieces(stream.replace("\n", newline).encode())) == parts


@pytest.mark.parametrize(("service", "stream", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(service: str, stream: str, parts: list[Part]) -> None:
    said = [part for part in parts if part.kind != "invalid"]
    assert whole(service, write(service, said)) == said
    assert Transcoder(service, service).feed(stream.encode()) != b""


def sent(service: str, *parts: Part) -> str:
    encoder = PartEncoder(service)
    return (b"".join([encoder.send(part) for part in parts]) + encoder.close()).decode()


ENCODED: dict[str, tuple[str, list[Part], str]] = {
    "what an answer has, and nobody has a place for": (
        "launchdarkly",
        [Start("x"), ReasoningDelta("Hm"), Usage(1), Finish("stop"), Other("put", {}, "firebase")],
        "",
    ),
    "an Other that a program made": ("launchdarkly", [Other("put", {"a": 1})], 'event: put\ndata: {"a":1}\n\n'),
    "blank data, and null": (
        "firebase",
        [Other("keep-alive", ""), Other("keep-alive", None), Other("keep-alive")],
        "event: keep-alive\ndata: \n\nevent: keep-alive\ndata: null\n\nevent: keep-alive\ndata: null\n\n",
    ),
    "an id and a retry, in one block": (
        "wikimedia",
        [Other("message", 1, None, None, "[7]", 5), Other("message", 2, None, None, "[7]")],
        "id: [7]\nretry: 5\ndata: 1\n\ndata: 2\n\n",
    ),
    "retries of their own": (
        "stellar",
        [Other("open", "hello"), Other("message", {}), Other("close", "byebye", None, None, "7")],
        'event: open\nretry: 1000\ndata: "hello"\n\ndata: {}\n\nevent: close\nid: 7\nretry: 10\ndata: "byebye"\n\n',
    ),
    "a retry that was given counts": (
        "esphome",
        [Other("ping", "", None, None, "1", 5), Other("ping", "")],
        "event: ping\nid: 1\nretry: 5\ndata: \n\nevent: ping\nretry: 30000\ndata: \n\n",
    ),
    "text keeps its space": ("esphome", [Other("log", " [D] x\n y")], "event: log\ndata:  [D] x\ndata:  y\n\n"),
    "as does a string": ("launchdarkly", [Other("put", " x")], 'event: put\ndata: " x"\n\n'),
    "text that is not there": ("mastodon", [Other("delete")], "event: delete\ndata: \n\n"),
    "U+2028 stays in its line": ("mastodon", [Other("update", "\u2028")], 'event: update\ndata: "\u2028"\n\n'),
    "[DONE] is no sentinel": ("mastodon", [Other("delete", "[DONE]")], "event: delete\ndata: [DONE]\n\n"),
    "a bare word, under its name and under another": (
        "home-assistant",
        [Other("ping", "ping"), Other("x", "ping"), Other("ping", "pong")],
        'data: ping\n\nevent: x\ndata: ping\n\nevent: ping\ndata: "pong"\n\n',
    ),
    "a name in the data, alone": (
        "home-assistant",
        [Other("a", {"event_type": "a"}), Other("b", {"event_type": "a"}), Other("c", [])],
        'data: {"event_type":"a"}\n\nevent: b\ndata: {"event_type":"a"}\n\nevent: c\ndata: []\n\n',
    ),
    "a name in the data, and as the type": (
        "ntfy",
        [Other("open", {"event": "open"}), Other("message", {"event": "message"})],
        'event: open\ndata: {"event":"open"}\n\ndata: {"event":"message"}\n\n',
    ),
    "an error under its only name": (
        "launchdarkly",
        [Error("Busy", "overloaded", "c", 503), Other("put", {})],
        'event: error\ndata: {"reason":"Busy","type":"overloaded","code":"c","status_code":503}\n\n'
        "event: put\ndata: {}\n\n",
    ),
    "an error that ends, with the id that is none": (
        "django-eventstream",
        [Error("no", "stream-error", "forbidden"), Other("message", {})],
        'event: stream-error\nid: error\ndata: {"text":"no","condition":"forbidden"}\n\n',
    ),
    "an error that is text": ("stellar", [Error("a\nb", "t")], "event: error\ndata: a\ndata: b\n\n"),
    "an error that is null": ("firebase", [Error("cancel", "cancel")], "event: cancel\ndata: null\n\n"),
    "an error of that type that says more": (
        "firebase",
        [Error("why", "cancel", 4)],
        'event: cancel\ndata: {"message":"why","code":4}\n\n',
    ),
    "come again, and no more": (
        "launchdarkly",
        [Other("goodbye", {"reason": "deploy"}), Other("put", {}), Error("x")],
        'event: goodbye\ndata: {"reason":"deploy"}\n\n',
    ),
    "come again, after an error too": (
        "launchdarkly",
        [Error("lost"), Other("goodbye", {}, "launchdarkly")],
        'event: error\ndata: {"reason":"lost"}\n\nevent: goodbye\ndata: {}\n\n',
    ),
}


@pytest.mark.parametrize(("service", "parts", "stream"), ENCODED.values(), ids=ENCODED)
def test_encodes(service: str, parts: list[Part], stream: str) -> None:
    assert sent(service, *parts) == stream


REFUSED: dict[str, tuple[str, Part, str]] = {
    "text": ("stellar", TextDelta("Hi"), "send an Other"),
    "a call": ("stellar", ToolCallDelta("{}", 0, "c", "f"), "send an Other"),
    "an error where there is none": ("ntfy", Error("Busy"), "whose errors are: none"),
    "an error of which type": ("firebase", Error("Busy", "t"), "whose errors are: cancel, auth_revoked"),
    "an error by its name": ("wikimedia", Other("error", {}), "take it for more than an Other"),
    "no text where text is": ("mastodon", Other("delete", 106692), "where its data is text"),
    "what JSON has no words for": ("mastodon", Other("update", {1}), "cannot be written as JSON"),
    "a name over two lines": ("mastodon", Other("a\nb", {}), "take it for more than an Other"),
}


@pytest.mark.parametrize(("service", "part", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_said(service: str, part: Part, why: str) -> None:
    with pytest.raises(EncodeError, match=why):
        PartEncoder(service).send(part)
    if isinstance(part, Other):  # what came in so, and means nothing, is left out
        assert PartEncoder(service).send(part.__replace__(dialect=service)) == b""


def test_the_headers_of_mastodon() -> None:
    assert PartEncoder("mastodon").headers["Cache-Control"] == "no-store"


# -- half an event, at the end of the body

HALF: dict[str, tuple[str, bytes, list[Part]]] = {
    "JSON that closes is whole": ("ntfy", b'data: {"event":"a"}', [other("ntfy", "a", {"event": "a"})]),
    "JSON that does not is dropped": ("ntfy", b'data: {"event":"a"', []),
    "as is a number": ("firebase", b"event: x\ndata: 12", []),
    "and blank data": ("firebase", b"event: x\ndata: ", []),
    "but not where its line ended": ("firebase", b"event: x\ndata: \n", [other("firebase", "x", "")]),
    "text that looks like JSON may go on": ("esphome", b"event: log\ndata: {on}", []),
    "unless its line ended": ("esphome", b"event: log\ndata: {on}\n", [other("esphome", "log", "{on}")]),
    "a word may go on": ("home-assistant", b"data: ping", []),
}


@pytest.mark.parametrize(("service", "stream", "parts"), HALF.values(), ids=HALF)
def test_half_an_event_is_no_loss_of_an_endless_stream(service: str, stream: bytes, parts: list[Part]) -> None:
    assert whole(service, stream) == [*parts, LOST]


def test_a_goodbye_whose_blank_line_never_came_is_one() -> None:
    assert whole("stellar", b'event: close\ndata: "byebye"\n') == [other("stellar", "close", "byebye"), AGAIN]


# -- coming again


def comes_again(service: str, stream: bytes) -> tuple[PartDecoder, Reconnect, Wait | Stop]:
    """What a client has after a connection that gave `stream`."""
    decoder = PartDecoder(service)
    reconnect = Reconnect(resumable=decoder.dialect.resumable)
    parts = decoder.feed(stream)
    reconnect.on_event(decoder.last_event_id, decoder.reconnection_time, now=0.0)
    done = (parts + decoder.close())[-1]
    assert isinstance(done, Done)
    reconnect.on_event(decoder.last_event_id, decoder.reconnection_time, now=0.0)
    return decoder, reconnect, reconnect.on_eof(how=done.how, reconnect=done.reconnect, now=0.0)


def test_stellar_comes_again_at_once_with_the_last_id() -> None:
    stream = b'retry: 1000\nevent: open\ndata: "hello"\n\nid: 7\ndata: 1\n\nretry: 10\nevent: close\ndata: "byebye"\n\n'
    decoder, reconnect, action = comes_again("stellar", stream)
    assert (action, reconnect.attempt) == (Wait(0.01), 0)
    assert reconnect.request_headers()["Last-Event-ID"] == "7"
    decoder.reset()
    assert decoder.feed(b"data: 2\n\n") == [other("stellar", "message", 2, "7")]


@pytest.mark.parametrize(("end", "id"), [("\n", ""), ("", "a:1")], ids=["whole", "its id was never committed"])
def test_the_id_of_a_django_error_is_not_sent_back(end: str, id: str) -> None:
    stream = f'id: a:1\ndata: 1\n\nevent: stream-error\nid: error\ndata: {{"text":"no"}}\n{end}'
    decoder, reconnect, action = comes_again("django-eventstream", stream.encode())
    assert action == Stop("done")
    assert reconnect.request_headers().get("Last-Event-ID", "") == id
    decoder.reset()
    assert (decoder.last_event_id, decoder.decoder.last_event_id) == (id, id)


def test_an_id_alone_moves_the_cursor() -> None:
    _, reconnect, action = comes_again("wikimedia", b"id: [1]\ndata: 1\n\nid: [2]\n\n")
    assert isinstance(action, Wait)
    assert reconnect.request_headers()["Last-Event-ID"] == "[2]"


@pytest.mark.parametrize("service", DIALECTS)
def test_an_id_is_sent_back_where_it_is_a_cursor(service: str) -> None:
    _, reconnect, action = comes_again(service, b'id: 1\nevent: PB_CONNECT\ndata: {"clientId":"1"}\n\n')
    assert (reconnect.attempt, type(action)) == (1, Wait)
    no_cursor = service in ("pocketbase", "esphome")
    assert ("Last-Event-ID" in reconnect.request_headers()) is not no_cursor


def test_a_stream_to_be_asked_for_again_is_no_whole_answer_in_another_dialect() -> None:
    for stream in (b"", b"event: goodbye\ndata: {}\n\n"):
        transcoder = Transcoder("launchdarkly", "openai-chat")
        assert transcoder.feed(stream) + transcoder.close() == b""
    writer = get("websopy").writer()
    assert [item.data for item in writer.encode(LOST) if isinstance(item, Event)] == [
        '{"type":"error","message":"the answer could not be written"}'
    ]
    assert writer.ended
    assert [item.data for item in get("websopy").writer().encode(Done("eof")) if isinstance(item, Event)] != []


# -- options, and the hook


def test_a_service_of_ones_own_is_a_row_of_options() -> None:
    particle = get("ethereum-beacon", errors={"fault": {"message": "why"}}, again=("fault",), text=("raw",))
    assert whole(particle, b"event: raw\ndata: 1\n\nevent: fault\ndata: {}\n\n") == [
        other("ethereum-beacon", "raw", "1"),
        Error("fault", "fault"),
        AGAIN,
    ]
    assert whole(particle, b'event: fault\ndata: {"why":"lost"}\n\n') == [Error("lost", "fault"), AGAIN]
    with pytest.raises(TypeError, match="no option erors"):
        get("stellar", erors={})


def test_an_error_of_any_json_is_an_error() -> None:
    for data in ("[1]", "7", '""', "[]", "{}", ""):
        parts = whole("wikimedia", f"event: error\ndata: {data}\n\n".encode())
        assert parts == [Error("the server sent an error without a message"), FAILED]
    assert whole("wikimedia", b'event: error\ndata: "lost"\n\n') == [Error("lost"), FAILED]


class ShoutReader(JsonReader):
    """Text after a `!`."""

    def form(self, event: Event) -> Any:
        return "text" if event.data[:2] == '"!' else super().form(event)

    def read_value(self, value: Any, event: Event) -> list[Part]:
        return [TextDelta(str(value))]


def test_a_reader_of_json_says_which_data_is_text() -> None:
    shout = Dialect("shout", ShoutReader)
    assert read(shout, b'data: "a"')[0] == [TextDelta("a")]
    assert read(shout, b'data: "!a"')[0] == []
    assert read(shout, b'data: "!a"\n')[0] == [TextDelta("!a")]


# -- what was recorded

RECORDED: dict[str, str] = {
    "django_eventstream/open_message_keepalive_error.sse": "django-eventstream",
    "firebase_rtdb/two_puts_cr_terminator.sse": "firebase",
    "home_assistant/api_stream.sse": "home-assistant",
    "launchdarkly/fdv1_invalid_put.sse": "launchdarkly",
    "launchdarkly/fdv1_put_patch_delete.sse": "launchdarkly",
    "launchdarkly/fdv2_transfer.sse": "launchdarkly",
    "ntfy/subscribe.sse": "ntfy",
    "pocketbase/connect_no_space.sse": "pocketbase",
    "stellar_horizon/error_event.sse": "stellar",
    "stellar_horizon/hello_event_byebye.sse": "stellar",
}


@pytest.mark.parametrize(("file", "service"), RECORDED.items(), ids=RECORDED)
def test_reads_what_was_recorded_for_every_cut_and_writes_it_again(file: str, service: str) -> None:
    path = captures.FOLDER / "protocol" / file
    if not path.is_file():
        pytest.skip(captures.WHY_NOT)
    stream = path.read_bytes()
    parts = whole(service, stream)
    for chunks in all_cuts(stream):
        assert whole(service, *chunks) == parts
    said = [part for part in parts if part.kind != "invalid"]
    assert whole(service, write(service, said)) == said
    assert gather(parts).problem()  # an endless stream has no good end
