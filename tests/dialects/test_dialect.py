"""What all dialects share: names, the bases, how JSON and errors are read; and a dialect of a third party."""

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from reading import ANSWERING, gather, nest, pieces, read, sse, whole, write
from recipes import blocks, recipe

import sse_core.dialects
from sse_core import EncodeError, Event, Ignored, TruncatedError
from sse_core.dialects import (
    BlockEnd,
    Dialect,
    Done,
    Error,
    Finish,
    Invalid,
    Other,
    Part,
    PartDecoder,
    PartEncoder,
    Reader,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Transcoder,
    Usage,
    Writer,
    get,
    names,
)

CHUNK = {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}
ANSWER = [Start(), TextDelta("Hi"), Finish("stop", "stop")]


PARROT: Dialect = recipe("# parrot.py\n")["PARROT"]  # README's, as it stands


class TextReader(Reader):
    """Plain text: the end of the body is the end of the stream."""

    choices = 0

    def whole(self) -> bool:
        return True


class TextWriter(Writer):
    def write_other(self, part: Other) -> list[Any]:
        return [Event(part.data, part.name)] if isinstance(part.data, str) else [self.event(part.data, part.name)]


TEXT = Dialect("text", TextReader, TextWriter)


# -- a dialect of a third party


def test_a_third_party_dialect_is_forty_lines() -> None:
    [block] = [block for block in blocks("python") if block.startswith("# parrot.py")]
    assert len([line for line in block.splitlines() if line.strip()]) <= 40


def test_a_third_party_dialect_decodes_and_encodes() -> None:
    parts = [TextDelta("Polly"), TextDelta(" é"), Usage(output_tokens=2), Finish("length", "hoarse"), Done("event")]
    bye = {"bye": "hoarse", "words": 2}
    stream = sse({"say": "Polly"}, {"say": " é"}, bye, {"say": "ignored"})
    assert whole(PARROT, stream) == whole(PARROT, *pieces(stream)) == parts
    assert write(PARROT, parts) == sse('{"say":"Polly"}', '{"say":" é"}', '{"bye":"hoarse","words":2}')


def test_a_third_party_dialect_has_calls_whole_and_streamed() -> None:
    stream = sse(
        {"ask": "fly", "n": 0, "args": {"to": "Rio"}},
        {"ask": "sing", "n": 1},
        {"args": '{"song":', "n": 1},
        {"args": '"Rio"}', "n": 1},
        {"asked": 1},
        {"hop": True},
        {"bye": "done", "words": "many"},
    )
    message = gather(whole(PARROT, stream))
    assert message.problem() is None
    assert [(call.name, call.arguments, call.complete) for call in message.tool_calls] == [
        ("fly", '{"to":"Rio"}', True),
        ("sing", '{"song":"Rio"}', True),
    ]
    assert (message.finish_reason, message.usage, message.others[0].data) == ("tool_call", None, {"hop": True})
    again = gather(whole(PARROT, write(PARROT, whole(PARROT, stream))))
    assert [repr(call) for call in again.tool_calls] == [repr(call) for call in message.tool_calls]


def test_a_third_party_dialect_fails_as_any_other() -> None:
    parts = [TextDelta("Polly"), Error("cat"), Done("error")]
    assert whole(PARROT, sse({"say": "Polly"}, {"oops": "cat"})) == parts
    assert write(PARROT, [TextDelta("Polly"), Error("cat"), Finish("stop"), TextDelta("!")]) == sse(
        '{"say":"Polly"}', '{"oops":"cat"}'
    )
    assert read(PARROT, sse({"say": "Polly"})) == ([TextDelta("Polly")], "parrot: the stream ended before its bye")
    assert [part.kind for part in whole(PARROT, sse("{", {"bye": "done"}))] == ["invalid", "finish", "done"]
    with pytest.raises(EncodeError, match="choice must be 0: parrot has one answer"):
        write(PARROT, [TextDelta("!", choice=1)])


@pytest.mark.parametrize("target", ["openai-chat", "anthropic-messages", "websopy"])
def test_a_third_party_dialect_is_rewritten_as_another_and_back(target: Any) -> None:
    stream = sse({"say": "Polly"}, {"ask": "fly", "n": 7, "args": {"to": "Rio"}}, {"bye": "done", "words": 2})
    there = Transcoder(PARROT, target)
    data = there.feed(stream) + there.close()
    back = Transcoder(target, PARROT)
    message = gather(whole(PARROT, back.feed(data) + back.close()))
    assert (message.problem(), message.text, message.finish_reason) == (None, "Polly", "tool_call")
    assert [(call.name, call.arguments) for call in message.tool_calls] == [("fly", '{"to":"Rio"}')]
    assert message.usage is not None
    assert message.usage.output_tokens == 2


# -- names


def test_each_name_gets_a_dialect_of_that_name() -> None:
    assert names() == tuple(sorted(names()))
    assert {"aitunnel", "json", "laddro", "lawbot", "openai-chat", "sajuapi", "websopy"} < set(names())
    assert [get(name).name for name in names()] == list(names())
    assert all(isinstance(get(name), Dialect) for name in names())


def test_an_unknown_name_is_told_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"no dialect is called 'openai'; there are: aitunnel, .*, websopy"):
        get("openai")
    with pytest.raises(ValueError, match="no dialect"):
        PartDecoder("openai")


def test_every_public_name_is_there() -> None:
    assert sorted(sse_core.dialects.__all__) == sse_core.dialects.__all__
    assert all(hasattr(sse_core.dialects, name) for name in sse_core.dialects.__all__)


@pytest.mark.parametrize("make", [lambda: "json", lambda: get("json"), lambda: get("json").reader()])
def test_a_dialect_is_a_name_a_dialect_or_a_reader(make: Callable[[], Any]) -> None:
    assert PartDecoder(make()).feed(b'data: {"type":"x"}\n\n') == [Other("x", {"type": "x"}, "json")]


@pytest.mark.parametrize("dialect", [Event, Event("x"), None, 5, Reader, get("json").reader_class], ids=repr)
def test_nothing_else_is_a_dialect(dialect: Any) -> None:
    with pytest.raises(TypeError, match="a dialect is a name, a Dialect or a Reader, not "):
        PartDecoder(dialect)
    with pytest.raises(TypeError, match="a dialect is a name, a Dialect or a Writer, not "):
        PartEncoder(dialect)


def test_a_half_has_its_options_and_takes_none_beside_it() -> None:
    with pytest.raises(TypeError, match=r"^loads: give it to the PlainJsonReader, not beside it"):
        PartDecoder(get("json").reader(), loads=json.loads)
    metadata: dict[str, Any]
    for metadata in ({"id": "x"}, {"model": "x"}, {"created": 1}):
        with pytest.raises(TypeError, match="give it to the ChatWriter, not beside it"):
            PartEncoder(get("openai-chat").writer(), **metadata)
    with pytest.raises(TypeError, match=r"^id, model, created: "):
        Transcoder("json", get("openai-chat").writer(), id="x", model="y", created=1)


# -- a Dialect


def test_a_dialect_is_a_value() -> None:
    one, same, other = get("json", key="kind"), get("json").with_options(key="kind"), get("json")
    assert one == same != other
    assert hash(one) == hash(same)
    assert pickle.loads(pickle.dumps(one)) == one
    assert repr(one) == "Dialect('json', key='kind')"
    crlf = one.__replace__(newline="\r\n")  # as copy.replace does, from 3.13 on
    assert (crlf.newline, crlf.options, crlf.name) == ("\r\n", {"key": "kind"}, "json")
    assert crlf != one
    with pytest.raises(TypeError):
        one.__replace__(nonsense=1)
    assert all(get(name) == get(name) for name in names())


def test_each_half_is_given_the_options_it_names_and_one_that_neither_names_is_an_error() -> None:
    class Shouting(TextReader):
        def __init__(self, dialect: Dialect, *, suffix: str = "", **options: Any) -> None:
            self.suffix = suffix
            super().__init__(dialect, **options)

    dialect = Dialect("shout", Shouting, TextWriter, options={"suffix": "!"})
    assert vars(dialect.reader())["suffix"] == "!"
    assert vars(dialect.with_options(suffix="?").reader())["suffix"] == "?"
    assert vars(dialect.reader(suffix="."))["suffix"] == "."  # what is given last wins
    assert dialect.writer().id is None
    assert dialect.with_options(id="x").writer().id == "x"
    for options in ({"prefix": "x"}, {"dialect": "x"}):
        with pytest.raises(TypeError, match=r"shout has no option (prefix|dialect)"):
            dialect.with_options(**options)
    with pytest.raises(TypeError, match="json has no option nonsense"):
        get("json", nonsense=1)


def test_a_dialect_without_a_writer_can_only_be_read() -> None:
    with pytest.raises(TypeError, match="text can only be read"):
        PartEncoder(Dialect("text", TextReader))


def test_metadata_is_written_where_no_start_says_so() -> None:
    encoder = PartEncoder("openai-chat", id="c9", model="m", created=7)
    assert encoder.send(TextDelta("Hi")).startswith(
        b'data: {"id":"c9","object":"chat.completion.chunk","created":7,"model":"m","choices":[{"index":0,'
    )
    encoder = PartEncoder("openai-chat", id="c9", model="m", created=7)
    assert encoder.send(Start("c1")).startswith(
        b'data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m",'
    )


# -- the base: a stream of plain text


def test_the_base_reads_plain_text_to_the_end_of_the_body() -> None:
    stream = b"event: note\ndata: a\n\ndata: b\n"
    parts = [Other("note", "a", "text"), Other("message", "b", "text"), Done("eof")]
    assert whole(TEXT, stream) == whole(TEXT, *pieces(stream)) == parts
    parts, problem = read(TEXT, b"ignored: x\ndata: a\n\ndata: half a wo")
    assert (parts, problem) == ([Other("message", "a", "text")], "text: the stream ended inside an event")


def test_the_base_writes_others_and_nothing_else() -> None:
    parts = [
        Other("note", "a"),
        Other("message", {"n": 1}, "text"),
        Other("x", "not ours", "json"),
        ReasoningDelta("t"),
    ]
    parts += [Invalid(Event("x"), ValueError("x")), Usage(1), Done("eof")]
    assert write(TEXT, parts) == b'event: note\ndata: a\n\ndata: {"n":1}\n\n'


def test_halves_by_themselves_give_nothing_after_their_end() -> None:
    for name in names():
        reader, writer = get(name).reader(), get(name).writer()
        reader.done("event")
        assert (reader.decode(Event('{"type":"x"}')), reader.end()) == ([], [])
        assert reader.control(Ignored("{")) == reader.control(Ignored('error: {"message":"x"}')) == []
        writer.encode_end()
        assert writer.encode_end() == writer.encode(Done("event")) == []
        with pytest.raises(EncodeError, match="comes after the end of the stream"):
            writer.encode(TextDelta("late"))
    text = TEXT.reader()
    assert text.end() == [Done("eof")]
    assert text.decode(Event("x")) == []


def test_a_reader_that_does_not_say_how_it_ends_is_never_whole() -> None:
    with pytest.raises(TruncatedError, match=r"^text: the stream ended before its end$"):
        Dialect("text", Reader).reader().end()


def test_a_writer_that_overrides_nothing_refuses_text_calls_and_errors() -> None:
    for part, problem in (
        (TextDelta("x"), "text has no text"),
        (ToolCallDelta("{}"), "text has no tool calls"),
        (ToolCallDelta("ls", json=False), "text has no tool calls"),
        (Error("x"), "text has no errors"),
    ):
        writer = Dialect("text", TextReader, Writer).writer()
        quiet: list[Part] = [
            Start(),
            ReasoningDelta("x"),
            BlockEnd(),
            Usage(1),
            Other("x", 1),
            ToolCallDelta(server=True),
        ]
        assert [writer.encode(item) for item in quiet] == [[]] * len(quiet)
        with pytest.raises(EncodeError, match=problem.replace("text has", "cannot be said in text, which has")):
            writer.encode(part)
        assert writer.encode_end() == []


def test_a_stream_of_one_answer_refuses_a_second() -> None:
    for name in ("laddro", "sajuapi", "websopy"):
        with pytest.raises(EncodeError, match=f"choice must be 0: {name} has one answer"):
            PartEncoder(name).send(TextDelta("x", choice=1))


# -- JSON


@pytest.mark.parametrize("name", ANSWERING)
@pytest.mark.parametrize("data", ["", " ", "\n", "\u00a0"], ids=repr)
def test_blank_data_is_a_keep_alive(name: str, data: str) -> None:
    assert get(name).reader().decode(Event(data)) == []


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
    assert get("json").reader().decode(Event(data)) == [Other("x", {"type": "x"}, "json")]


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
        ANSWER[:-1],
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
    dialect = get("json", key="kind")
    stream = b'data: {"kind":"a","type":"x"}\n\nevent: b\ndata: {"type":"x"}\n\n'
    parts: list[Part] = [Other("a", {"kind": "a", "type": "x"}, "json"), Other("b", {"type": "x"}, "json")]
    assert whole(dialect, stream) == [*parts, Done("eof")]
    assert write(dialect, parts) == stream


def test_json_with_a_sentinel_must_end_in_it() -> None:
    dialect = get("json", sentinel="END")
    one = Other("a", {"type": "a"}, "json")
    assert whole(dialect, sse({"type": "a"}, " END")) == [one, Done("sentinel")]
    assert whole(dialect, sse({"type": "a"}) + b"data: END") == [one, Done("sentinel")]
    assert read(dialect, sse({"type": "a"}, "EN")[:-2])[1] is not None
    assert read(dialect, sse({"type": "a"})) == ([one], "json: the stream ended before 'END'")
    assert whole(dialect, sse({"type": "a"}, "[DONE]", "END"))[1].kind == "invalid"
    assert write(dialect, [one]) == sse('{"type":"a"}', "END")
    assert write(dialect, [Error("Busy")]) == b'event: error\ndata: {"message":"Busy","type":null,"code":null}\n\n'


def test_json_has_no_words_for_an_answer() -> None:
    for part in (TextDelta("Hi"), ToolCallDelta("{}")):
        with pytest.raises(EncodeError, match="cannot be said in json, a stream of plain JSON: send an Other"):
            PartEncoder("json").send(part)
    encoder = PartEncoder("json")
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


def test_readers_pickle_inside_a_body() -> None:
    reader = get("laddro").reader()
    assert reader.control(Ignored("{")) == []
    copy = pickle.loads(pickle.dumps(reader))
    assert copy.control(Ignored('"message":"Busy"}')) == [Error("Busy"), Done("error")]


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


class PlainReader(Reader):
    """As section 4 of a contract may be read: a reader that overrides what the streams call, and no more."""

    def decode(self, event: Event) -> list[Part]:
        return [Done("sentinel")] if event.data == "END" else [TextDelta(event.json())]


class PlainWriter(Writer):
    def encode(self, part: Part) -> list[Any]:
        return [Event(f'"{part.text}"')] if isinstance(part, TextDelta) else []

    def encode_end(self) -> list[Any]:
        return [Event("END")]


def test_a_dialect_may_override_no_more_than_what_the_streams_call() -> None:
    plain = Dialect("plain", PlainReader, PlainWriter)
    decoder = PartDecoder(plain)
    parts = decoder.feed(b'data: "a"\n\ndata: oops\n\ndata: END\n\ndata: "b"\n\n')
    assert [part.kind for part in parts] == ["text", "invalid", "done"]
    assert decoder.done == Done("sentinel")
    assert decoder.close() == []
    encoder = PartEncoder(plain)
    assert encoder.send(TextDelta("a")) == b'data: "a"\n\n'
    assert encoder.send(Done("event")) == b"data: END\n\n"
    assert encoder.close() == b""
    with pytest.raises(EncodeError, match="comes after the end"):
        encoder.send(TextDelta("b"))
