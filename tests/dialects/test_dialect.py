"""What all dialects share: names, the bases, how JSON and errors are read; and a dialect of a third party."""

import json
import pickle
from typing import Any

import pytest
from reading import nest, pieces, read, sse, whole, write

import sse_core.dialects
from sse_core import Comment, EncodeError, Event, Ignored, Retry, TruncatedError
from sse_core.dialects import (
    Dialect,
    Done,
    Error,
    Finish,
    Invalid,
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
    names,
)

CHUNK = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}
ANSWER = [Start(), TextDelta("Hi"), Finish("stop", "stop")]


class Parrot(Dialect):
    """The parrot service: `{"say": text}` as often as it likes, then `{"bye": true}` or `{"oops": reason}`."""

    name = "parrot"
    terminal = "its bye"
    one_choice = True

    def decode(self, event: Event) -> list[Part]:
        payload = {} if self.ended else self.payload(event)
        match payload:
            case {"say": str(text)}:
                return [TextDelta(text, raw=payload)]
            case {"bye": _}:
                return self.finish("event")
            case {"oops": str(reason)}:
                self.failed = True
                return [Error(reason, raw=payload), *self.finish("error")]
        return []

    def write(self, part: Part) -> list[Event | Retry | Comment]:
        match part:
            case TextDelta(text):
                return [Event(self.dumps({"say": text}))]
            case Error(reason):
                return [Event(self.dumps({"oops": reason}))]
            case ToolCallDelta(server=False):
                raise EncodeError("part", part, "is more than a parrot can say")
        return []

    def write_end(self) -> list[Event]:
        return [] if self.failed else [Event('{"bye":true}')]


# -- a dialect of a third party


def test_a_third_party_dialect_decodes_and_encodes() -> None:
    parts = [TextDelta("Polly"), TextDelta(" é"), Finish("stop"), Done("event")]
    stream = sse({"say": "Polly"}, {"say": " é"}, {"hop": 1}, {"bye": True}, {"say": "ignored"})
    assert whole(Parrot, stream) == whole(Parrot, *pieces(stream)) == parts
    assert write(Parrot, parts) == b'data: {"say":"Polly"}\n\ndata: {"say":" \xc3\xa9"}\n\ndata: {"bye":true}\n\n'


def test_a_third_party_dialect_fails_as_any_other() -> None:
    assert whole(Parrot, sse({"say": "Polly"}, {"oops": "cat"})) == [TextDelta("Polly"), Error("cat"), Done("error")]
    assert write(Parrot, [TextDelta("Polly"), Error("cat")]) == sse('{"say":"Polly"}', '{"oops":"cat"}')
    assert read(Parrot, sse({"say": "Polly"})) == ([TextDelta("Polly")], "parrot: the stream ended before its bye")
    assert [part.kind for part in whole(Parrot, sse("{", {"bye": 1}))] == ["invalid", "finish", "done"]
    with pytest.raises(EncodeError, match="more than a parrot"):
        write(Parrot, [ToolCallDelta("{}", 0, "call_1", "fly")])


def test_a_third_party_dialect_is_rewritten_as_another() -> None:
    transcoder = Transcoder(Parrot, "websopy")
    answer = transcoder.feed(sse({"say": "Polly"}, {"bye": True})) + transcoder.close()
    assert answer == sse('{"type":"content","content":"Polly"}', '{"type":"done"}')


# -- names


def test_each_name_gets_a_dialect_of_that_name() -> None:
    assert names() == tuple(sorted(names()))
    assert {"aitunnel", "json", "laddro", "lawbot", "openai-chat", "sajuapi", "websopy"} < set(names())
    assert [get(name).name for name in names()] == list(names())
    assert all(issubclass(get(name), Dialect) for name in names())


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no dialect is called 'openai'; there are: aitunnel, .*, websopy"):
        get("openai")
    with pytest.raises(ValueError, match="no dialect"):
        PartDecoder("openai")


def test_every_public_name_is_there() -> None:
    assert sorted(sse_core.dialects.__all__) == sse_core.dialects.__all__
    assert all(hasattr(sse_core.dialects, name) for name in sse_core.dialects.__all__)


@pytest.mark.parametrize("dialect", ["json", get("json"), get("json")()], ids=["name", "class", "instance"])
def test_a_dialect_is_a_name_a_class_or_an_instance(dialect: Any) -> None:
    assert PartDecoder(dialect).feed(b'data: {"type":"x"}\n\n') == [Other("x", {"type": "x"}, "json")]


@pytest.mark.parametrize("dialect", [Event, Event("x"), None, 5], ids=repr)
def test_nothing_else_is_a_dialect(dialect: Any) -> None:
    with pytest.raises(TypeError, match="a dialect is a name, a Dialect class or an instance, not "):
        PartDecoder(dialect)


def test_an_instance_has_its_options_and_takes_none_beside_it() -> None:
    with pytest.raises(TypeError, match=r"^loads: give it to the Dialect"):
        PartDecoder(get("json")(), loads=json.loads)
    for metadata in ({"id": "x"}, {"model": "x"}, {"created": 1}):
        with pytest.raises(TypeError, match="give it to the Dialect, not beside an instance"):
            PartEncoder(get("openai-chat")(), **metadata)
    with pytest.raises(TypeError, match=r"^id, model, created: "):
        Transcoder("json", get("openai-chat")(), id="x", model="y", created=1)


def test_metadata_is_written_where_no_start_says_so() -> None:
    encoder = PartEncoder("openai-chat", id="c9", model="m", created=7)
    assert encoder.send(TextDelta("Hi")).startswith(
        b'data: {"id":"c9","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,'
    )
    assert encoder.send(Start("c1")).startswith(
        b'data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m",'
    )


# -- the base: a stream of plain text


def test_the_base_reads_plain_text_to_the_end_of_the_body() -> None:
    stream = b"event: note\ndata: a\n\ndata: b\n"
    parts = [Other("note", "a", "text"), Other("message", "b", "text"), Done("eof")]
    assert whole(Dialect, stream) == whole(Dialect, *pieces(stream)) == parts
    parts, problem = read(Dialect, b"ignored: x\ndata: a\n\ndata: half a wo")
    assert (parts, problem) == ([Other("message", "a", "text")], "text: the stream ended inside an event")


def test_the_base_writes_others_and_nothing_else() -> None:
    parts = [Other("note", "a"), Other("message", {"n": 1}, "text"), Other("x", "not ours", "json"), TextDelta("t")]
    parts += [Invalid(Event("x"), ValueError("x")), Usage(1), Done("eof")]
    assert write(Dialect, parts) == b'event: note\ndata: a\n\ndata: {"n":1}\n\n'


def test_a_dialect_by_itself_gives_nothing_after_its_end() -> None:
    for name in names():
        decoding, encoding = get(name)(), get(name)()
        decoding.finish("event")
        assert (decoding.decode(Event('{"type":"x"}')), decoding.end()) == ([], [])
        assert decoding.ignored(Ignored("{")) == decoding.ignored(Ignored('error: {"message":"x"}')) == []
        encoding.encode_end()
        assert encoding.encode_end() == encoding.encode(Done("event")) == []
        with pytest.raises(EncodeError, match="comes after the end of the stream"):
            encoding.encode(TextDelta("late"))
    text = Dialect()
    assert text.end() == [Done("eof")]
    assert text.decode(Event("x")) == []


def test_a_dialect_that_does_not_say_how_it_ends_is_never_complete() -> None:
    with pytest.raises(TruncatedError, match=r"^text: the stream ended before its end$"):
        type("Endless", (Dialect,), {})().end()


def test_a_stream_of_one_answer_refuses_a_second() -> None:
    for name in ("laddro", "sajuapi", "websopy"):
        with pytest.raises(EncodeError, match=f"choice must be 0: {name} has one answer"):
            PartEncoder(name).send(TextDelta("x", choice=1))


# -- JSON


@pytest.mark.parametrize("name", [name for name in names() if name != "json"])
@pytest.mark.parametrize("data", ["", " ", "\n", "\u00a0"], ids=repr)
def test_blank_data_is_a_keep_alive(name: str, data: str) -> None:
    assert get(name)().decode(Event(data)) == []


@pytest.mark.parametrize("sentinel", ["[DONE]", " [DONE]\n", '"[DONE]"'], ids=repr)
def test_the_sentinel_ends_any_stream_of_json(sentinel: str) -> None:
    assert whole("json", sse({"type": "x"}, sentinel, {"type": "y"})) == [
        Other("x", {"type": "x"}, "json"),
        Done("sentinel"),
    ]
    assert whole("openai-chat", sse(CHUNK, sentinel, CHUNK)) == [*ANSWER, Done("sentinel")]


@pytest.mark.parametrize(
    "data",
    [
        "oops",
        "{",
        '{"a":1',
        '{"a":1}}',
        "{'a':1}",
        '{"a":tru}',
        "[DONE",
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"a":' + "9" * 10_000 + "}",
        "[1]",
        "12",
        "null",
        '"text"',
    ],
    ids=lambda data: data if len(data) < 20 else f"{data[:6]}...",
)
def test_what_is_no_json_object_is_invalid_and_the_stream_goes_on(data: str) -> None:
    parts = whole("openai-chat", sse(data, CHUNK, "[DONE]"))
    assert parts[1:] == [*ANSWER, Done("sentinel")]
    invalid = parts[0]
    assert isinstance(invalid, Invalid)
    assert invalid.event == Event(data)
    assert str(invalid.error).startswith("openai-chat: the data is no JSON")
    assert invalid.error.event == Event(data)  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", [' {"type":"x"}', '{"type":"x"} ', '{"type":\n"x"}'], ids=repr)
def test_white_space_around_json_is_nothing(data: str) -> None:
    assert get("json")().decode(Event(data)) == [Other("x", {"type": "x"}, "json")]


def test_loads_reads_json_in_place_of_json_loads() -> None:
    seen = []

    def loads(text: str) -> Any:
        seen.append(text)
        return json.loads(text, parse_float=str)

    decoder = PartDecoder("json", loads=loads)
    assert decoder.feed(sse('{"type":"x","price":0.10}')) == [Other("x", {"type": "x", "price": "0.10"}, "json")]
    assert decoder.feed(sse("oops"))[0].kind == "invalid"
    assert seen == ['{"type":"x","price":0.10}', "oops"]


def test_other_data_is_written_as_json_or_refused() -> None:
    encoder = PartEncoder("json")
    assert encoder.send(Other("x", {"type": "x", "t": "\u2028é"})) == 'data: {"type":"x","t":"\u2028é"}\n\n'.encode()
    assert encoder.send(Other("x", {"type": "x", "t": "\ud800é"})) == b'data: {"type":"x","t":"\\ud800\\u00e9"}\n\n'
    for data in (float("nan"), {1, 2}, b"x"):
        with pytest.raises(EncodeError, match=r"^data cannot be written as JSON "):
            encoder.send(Other("x", data))
    with pytest.raises(EncodeError, match=r"^data is nested too deep to be written as JSON"):
        encoder.send(Other("x", nest()))


# -- a JSON body with no framing

BODIES = {
    "one line": b'{"error":{"message":"Busy"}}',
    "a line that ends": b'{"error":{"message":"Busy"}}\n',
    "pretty-printed": json.dumps({"error": {"message": "Busy", "x": ["{", {"}": []}]}}, indent=2).encode(),
    "pretty-printed, CRLF": b'{\r\n  "error": {\r\n    "message": "Busy"\r\n  }\r\n}\r\n',
    "an array of one": b'[{\n "error": {"message": "Busy"}\n}\n]\n',
    "indented": b' \t{"error":\n{"message":"Busy"}}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_json_body_with_no_framing_is_an_error_for_every_cut(body: bytes) -> None:
    for name in ("laddro", "sajuapi", "websopy", "openai-chat", "openai-completions"):
        parts = whole(name, body)
        assert parts == [Error("Busy"), Done("error")]
        assert whole(name, *pieces(body)) == parts
    stream = sse(CHUNK) + body
    assert (
        whole("openai-chat", stream) == whole("openai-chat", *pieces(stream)) == [*ANSWER, Error("Busy"), Done("error")]
    )


def test_a_json_body_of_a_json_stream_is_an_other() -> None:
    assert whole("json", b'{"type":\n"x"}') == [Other("x", {"type": "x"}, "json"), Done("eof")]


def test_lines_that_are_no_json_are_nothing() -> None:
    assert whole("openai-chat", b"<html>\n<b>no</b>\nerr: {\n}\n" + sse(CHUNK, "[DONE]"))[:-1] == ANSWER


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"{oops}\n", "the data is no JSON"),
        (b"[\n1\n]\n", "a body with no framing, and no JSON object"),
        (b"[{},\n{}]\n", "a body with no framing, and no JSON object"),
    ],
    ids=["no JSON", "no object", "two objects"],
)
def test_a_body_that_says_nothing_is_invalid(body: bytes, problem: str) -> None:
    parts, truncated = read("openai-chat", body)
    assert [part.kind for part in parts] == ["invalid"]
    assert isinstance(parts[0], Invalid)
    assert str(parts[0].error).startswith(f"openai-chat: {problem}")
    assert truncated is not None


def test_a_body_cut_off_is_truncated_even_after_a_whole_answer() -> None:
    assert read("json", b'{"error":\n') == ([], "json: the stream ended inside a JSON body with no framing")
    assert read("openai-chat", sse(CHUNK) + b'{"error": {') == (
        ANSWER,
        "openai-chat: the stream ended inside a JSON body with no framing",
    )
    assert whole("openai-chat", b'error: {"message":"Busy"}\n{"more":')[-1] == Done("error")
    assert whole("openai-chat", sse(CHUNK, "[DONE]") + b'{"more":')[-1] == Done("sentinel")


@pytest.mark.parametrize(
    "body",
    [b'{"a":"' + b"x" * 1_048_576 + b'"}\n', b"{\n" + b'"a":1,\n' * 160_000 + b"}\n"],
    ids=["one line", "many lines"],
)
def test_a_body_over_a_mebibyte_is_invalid_in_one_piece(body: bytes) -> None:
    parts, truncated = read("json", body, sse({"type": "x"}))
    assert [part.kind for part in parts] == ["invalid", "other", "done"]
    assert truncated is None
    assert isinstance(parts[0], Invalid)
    assert str(parts[0].error) == "json: a JSON body with no framing is over 1048576 characters"


def test_a_body_of_many_lines_is_read_in_linear_time() -> None:
    # A try at every line would read 40 GB here.
    body = b'{"error":{"message":"Busy",\n' + b'"a":1,\n' * 100_000 + b'"b":{}}}'
    assert whole("laddro", body) == [Error("Busy"), Done("error")]


# -- how servers word their errors

NAMELESS = "the server sent an error without a message"


@pytest.mark.parametrize(
    ("name", "payload", "error"),
    [
        ("openai-chat", {"error": "Busy"}, Error("Busy")),
        (
            "openai-chat",
            {"error": {"message": "Busy", "type": "x", "param": None, "code": "y"}},
            Error("Busy", "x", "y"),
        ),
        ("openai-chat", {"error": {"message": "Busy", "code": 503}}, Error("Busy", None, 503, 503)),
        ("openai-chat", {"error": {"message": "Busy", "code": 7}}, Error("Busy", None, 7)),
        ("openai-chat", {"error": {"message": "Busy", "http_status_code": 422}}, Error("Busy", status=422)),
        ("openai-chat", {"error": {"message": "Busy", "code": 1, "status_code": 400}}, Error("Busy", None, 1, 400)),
        ("openai-chat", {"error": {"message": "Busy"}, "type": "error", "status": 500}, Error("Busy", status=500)),
        ("openai-chat", {"error": {"type": "overloaded"}}, Error("overloaded", "overloaded")),
        ("openai-chat", {"error": {"error": "Busy", "error_type": "x"}}, Error("Busy", "x")),
        ("openai-chat", {"error": {"detail": "Busy"}}, Error("Busy")),
        ("openai-chat", {"error": {"msg": "Busy"}}, Error("Busy")),
        ("openai-chat", {"error": {"error_msg": "Busy"}}, Error("Busy")),
        ("openai-chat", {"error": {"title": "Busy"}}, Error("Busy")),
        ("openai-chat", {"error": {"message": "", "code": ""}}, Error(NAMELESS)),
        ("openai-chat", {"error": {"message": 5, "code": [1], "status": "500"}}, Error(NAMELESS)),
        ("openai-chat", {"error": ["Busy"]}, Error(NAMELESS)),
        ("openai-chat", {"error": True}, Error(NAMELESS)),
        ("openai-chat", {"error": {"message": "Busy", "status": 200}}, Error("Busy")),
        ("websopy", {"type": "error", "content": "Busy"}, Error("Busy")),
        ("websopy", {"type": "error", "error": "Busy"}, Error("Busy")),
        ("websopy", {"type": "error", "error": {"type": "error"}}, Error(NAMELESS)),
    ],
    ids=lambda value: "-" if isinstance(value, Error) else json.dumps(value),
)
def test_errors_are_read_in_all_their_wordings(name: str, payload: Any, error: Error) -> None:
    parts = whole(name, sse(payload))
    assert parts == [error, Done("error")]
    assert parts[0].raw == payload


# -- the dialect json


def test_json_names_an_event_by_its_type_or_its_event_type() -> None:
    stream = b'data: {"type":"a"}\n\nevent: b\ndata: {"n":1}\n\nevent: c\ndata: [1]\n\n'
    stream += b'data: {"type":5}\n\nevent: d\ndata: 12\n\n'
    parts: list[Part] = [
        Other("a", {"type": "a"}, "json"),
        Other("b", {"n": 1}, "json"),
        Other("c", [1], "json"),
        Other("message", {"type": 5}, "json"),
        Other("d", 12, "json"),
    ]
    assert whole("json", stream) == [*parts, Done("eof")]
    assert write("json", parts) == stream


def test_json_takes_another_key() -> None:
    dialect = get("json")
    stream = b'data: {"kind":"a","type":"x"}\n\nevent: b\ndata: {"type":"x"}\n\n'
    parts: list[Part] = [Other("a", {"kind": "a", "type": "x"}, "json"), Other("b", {"type": "x"}, "json")]
    assert whole(dialect(key="kind"), stream) == [*parts, Done("eof")]  # type: ignore[call-arg]
    assert write(dialect(key="kind"), parts) == stream  # type: ignore[call-arg]


def test_json_with_a_sentinel_must_end_in_it() -> None:
    def dialect() -> Dialect:
        return get("json")(sentinel="END")  # type: ignore[call-arg]

    one = Other("a", {"type": "a"}, "json")
    assert whole(dialect(), sse({"type": "a"}, " END")) == [one, Done("sentinel")]
    assert whole(dialect(), sse({"type": "a"}) + b"data: END") == [one, Done("sentinel")]
    assert read(dialect(), sse({"type": "a"}, "EN")[:-2])[1] is not None
    assert read(dialect(), sse({"type": "a"})) == ([one], "json: the stream ended before 'END'")
    assert whole(dialect(), sse({"type": "a"}, "[DONE]", "END"))[1].kind == "invalid"
    assert write(dialect(), [one]) == sse('{"type":"a"}', "END")
    assert write(dialect(), [Error("Busy")]) == b'event: error\ndata: {"message":"Busy","type":null,"code":null}\n\n'


def test_json_has_no_words_for_an_answer() -> None:
    encoder = PartEncoder("json")
    for part in (TextDelta("Hi"), ToolCallDelta("{}")):
        with pytest.raises(EncodeError, match="has no place in a stream of plain JSON"):
            encoder.send(part)
    assert encoder.send(Start()) + encoder.send(ReasoningDelta("Hm")) + encoder.send(Finish("stop")) == b""


@pytest.mark.parametrize(
    ("tail", "kinds"),
    [
        (b'data: {"type":"x"}', ["other", "done"]),
        (b"data: [1]\n", ["other", "done"]),
        (b'data: "x"', ["other", "done"]),
        (b"data: [DONE]", ["done"]),
        (b"data: 12\n", ["other", "done"]),
        (b'data: {"type":\ndata: "x"}', ["other", "done"]),
    ],
    ids=repr,
)
def test_an_event_the_end_cut_off_counts_if_its_payload_is_whole(tail: bytes, kinds: list[str]) -> None:
    assert [part.kind for part in whole("json", tail)] == kinds
    assert [part.kind for part in whole("json", *pieces(tail))] == kinds


@pytest.mark.parametrize("tail", [b"data: 12", b'data: {"type":"x"', b"dat", b"event: x\n"], ids=repr)
def test_where_the_end_of_the_body_is_the_end_half_an_event_is_a_truncation(tail: bytes) -> None:
    parts, problem = read("json", b"data: 1\n\n" + tail)
    assert (parts, problem) == ([Other("message", 1, "json")], "json: the stream ended inside an event")
    assert whole("json", b"data: 1\n\n: half a comm")[-1] == Done("eof")


@pytest.mark.parametrize("data", ["network down", '"network down"', "", "[1]"])
def test_an_error_event_is_an_error_whatever_its_data(data: str) -> None:
    parts = whole("sajuapi", f"event: error\ndata: {data}\n\n".encode())
    assert [part.kind for part in parts] == ["error", "done"]
    assert whole("openai-chat", b"event: error\ndata: upstream timeout\n\n")[0] == Error("upstream timeout")


def test_dialects_pickle_inside_a_body() -> None:
    dialect = get("laddro")()
    assert dialect.ignored(Ignored("{")) == []
    copy = pickle.loads(pickle.dumps(dialect))
    assert copy.ignored(Ignored('"message":"Busy"}')) == [Error("Busy"), Done("error")]


@pytest.mark.parametrize("name", ["websopy", "openai-chat"])
def test_arguments_that_no_json_can_say_are_invalid_and_not_empty(name: str) -> None:
    call = b'{"type":"tool_call","tool":{"name":"f","arguments":{"x":NaN}}}'
    if name == "openai-chat":
        call = b'{"choices":[{"delta":{"tool_calls":[{"function":{"name":"f","arguments":{"x":NaN}}}]}}]}'
    parts = PartDecoder(name).feed(b"data: " + call + b"\n\n")
    assert [part.kind for part in parts] == ["invalid"]


def test_a_body_that_is_too_large_is_dropped_to_its_end_and_said_once() -> None:
    line = b'{"a": "' + b"x" * 99_000 + b'"},\n'
    parts = whole("openai-chat", b"[\n" + line * 30 + b'{"error": "not this one"}\n]\n{"error": {"message": "Busy"}}\n')
    assert [part.kind for part in parts] == ["invalid", "error", "done"]
    assert isinstance(parts[0], Invalid)
    assert len(parts[0].event.data) < 1_200_000


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("text", "part"),
        (TextDelta(5), "text"),  # type: ignore[arg-type]
        (ToolCallDelta({"a": 1}), "arguments"),  # type: ignore[arg-type]
        (Finish(None), "reason"),  # type: ignore[arg-type]
        (TextDelta("x", choice=-1), "choice"),
        (TextDelta("x", choice=True), "choice"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("name", names())
def test_what_is_no_part_or_no_text_is_an_encode_error(name: str, part: Any, field: str) -> None:
    encoder = PartEncoder(name)
    with pytest.raises(EncodeError) as caught:
        encoder.send(part)
    assert caught.value.field == field
    assert "error" not in [part.kind for part in read(name, encoder.close())[0]]


class Plain(Dialect):
    """As section 4 of a contract may be read: a dialect that overrides what the streams call, and no more."""

    name = "plain"

    def decode(self, event: Event) -> list[Part]:
        return [Done("sentinel")] if event.data == "END" else [TextDelta(event.json())]

    def encode(self, part: Part) -> list[Any]:
        return [Event(f'"{part.text}"')] if isinstance(part, TextDelta) else []

    def encode_end(self) -> list[Event]:
        return [Event("END")]


def test_a_dialect_may_override_no_more_than_what_the_streams_call() -> None:
    decoder = PartDecoder(Plain)
    parts = decoder.feed(b'data: "a"\n\ndata: oops\n\ndata: END\n\ndata: "b"\n\n')
    assert [part.kind for part in parts] == ["text", "invalid", "done"]
    assert decoder.done == Done("sentinel")
    assert decoder.close() == []
    encoder = PartEncoder(Plain)
    assert encoder.send(TextDelta("a")) == b'data: "a"\n\n'
    assert encoder.send(Done("x")) == b"data: END\n\n"
    assert encoder.close() == b""
    with pytest.raises(EncodeError, match="comes after the end"):
        encoder.send(TextDelta("b"))
