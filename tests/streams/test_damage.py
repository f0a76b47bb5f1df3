"""Damage is not success: what a gateway, an accumulator and a client make of a stream that lost something."""

import json
from collections.abc import Callable
from typing import Any

import order_anthropic
import order_chat
import order_cohere
import order_gemini
import order_responses
import pytest
from reading import ANSWERING, gather, pieces, read, sse, whole, write

from sse_core import Decoder, DialectError, EncodeError, Event, LimitError, SSEError, TruncatedError
from sse_core.dialects import (
    Accumulator,
    BlockEnd,
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
    Reader,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Transcoder,
    Usage,
    Writer,
    get,
    iter_parts,
)

BIG: dict[str, Callable[..., None]] = {
    "openai-chat": order_chat.check,
    "anthropic-messages": order_anthropic.check,
    "openai-responses": order_responses.check,
    "gemini": order_gemini.check,
    "cohere-v2": order_cohere.check,
}


def chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"id": "c1", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def call(arguments: str, index: int = 0, **more: Any) -> dict[str, Any]:
    return chunk(tool_calls=[{"index": index, **more, "function": {**more, "arguments": arguments}}])


BROKEN = '{"choices":[{"delta":{"content":"lo'
BEGIN = [chunk(role="assistant", content=""), chunk(content="Let me "), chunk(content="look.")]
CALLED = [call("", id="call_1", name="weather"), call('{"city":')]
END = [chunk("tool_calls"), {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}, "[DONE]"]
# Streams of openai-chat in which something is lost, or that say an error, and yet end as if all were well.
DAMAGED: dict[str, list[Any]] = {
    "text": [*BEGIN, BROKEN, chunk(content="Sunny."), chunk("stop"), "[DONE]"],
    "the middle of a call": [*BEGIN, *CALLED, BROKEN, call('"Rome"}'), *END],
    "between two calls": [*BEGIN, *CALLED, call('"Rome"}'), BROKEN, call("{}", 1, id="call_2", name="now"), *END],
    "before the only call": [*BEGIN, BROKEN, call("{}", id="call_1", name="now"), *END],
    "the finish": [*BEGIN, BROKEN, "[DONE]"],
    "an error, then a finish": [*BEGIN, *CALLED, {"error": {"message": "Busy", "code": 503}}, call('"Rome"}'), *END],
}


def drain(transcoder: Transcoder, *chunks: bytes) -> tuple[bytes, SSEError | None]:
    """All that is sent to the target's client, and what was raised."""
    sent = b""
    try:
        for piece in chunks:
            sent += transcoder.feed(piece)
        return sent + transcoder.close(), None
    except SSEError as error:
        return sent + error.data, error


# -- a gateway


@pytest.mark.parametrize("target", [name for name in ANSWERING if name != "openai-chat"])
@pytest.mark.parametrize("row", DAMAGED)
def test_damage_ends_in_the_targets_error_without_a_finish_or_a_call_to_run(target: Any, row: str) -> None:
    stream = sse(*DAMAGED[row])
    expected = None
    for chunks in ([stream], pieces(stream), pieces(stream, 9)):
        transcoder = Transcoder("openai-chat", target)
        sent, error = drain(transcoder, *chunks)
        expected = expected or sent
        assert sent == expected
        refused = isinstance(error, EncodeError)  # of a target without calls, which is a failure of its own
        if BROKEN in DAMAGED[row]:
            assert refused or type(error) is DialectError
        else:
            assert refused or error is None
        assert transcoder.problem is not None
        parts, cut = read(target, sent)
        message = gather(parts)
        assert cut is None
        assert message.error is not None
        assert message.problem() is not None
        assert "Let me look." in message.text
        assert all(choice.finish_reason in (None, "error") for choice in message.choices.values())
        if target in BIG:
            BIG[target](Decoder().feed(sent))
        whole_calls = [item.name for item in message.tool_calls if item.complete]
        before = row == "between two calls" and target in ("anthropic-messages", "openai-responses", "cohere-v2")
        assert whole_calls in ([], ["weather"] if before else [])


@pytest.mark.parametrize("source", [name for name in BIG if name != "openai-chat"])
@pytest.mark.parametrize("target", BIG)
def test_a_broken_middle_chunk_of_any_source_is_a_failure_in_any_target(source: Any, target: Any) -> None:
    parts: list[Part] = [Start("m1", "m", "assistant"), TextDelta("Let me "), TextDelta("look."), Usage(1, 2)]
    parts += [BlockEnd(), ToolCallDelta('{"a":1}', 1, "c1", "f"), BlockEnd(1, "tool_call"), Finish("tool_call")]
    line_end = get(source).newline.encode()
    blocks = write(source, parts).split(line_end * 2)
    for at in range(2, len(blocks) - 1):
        before = PartDecoder(source)
        before.feed((line_end * 2).join([*blocks[:at], b""]))
        if before.done is not None:
            break
        damaged = [*blocks[:at], b"data: {oops", *blocks[at:]]
        transcoder = Transcoder(source, target)
        sent, error = drain(transcoder, (line_end * 2).join(damaged))
        if source == target:  # passed on as it came, for its client to see
            assert error is None
            assert Decoder().feed(sent) == Decoder().feed((line_end * 2).join(damaged))
            assert any(part.kind == "invalid" for part in read(target, sent)[0])
        else:
            assert type(error) is DialectError
            message = gather(read(target, sent)[0])
            assert message.error is not None
            assert all(choice.finish_reason in (None, "error") for choice in message.choices.values())
        assert transcoder.problem is not None
        assert transcoder.problem.startswith(f"{source}: the data is no JSON")


def test_what_close_raises_is_raised_again_with_nothing_more_to_send() -> None:
    transcoder = Transcoder("openai-chat", "websopy")
    sent = transcoder.feed(sse(*DAMAGED["text"]))
    assert [part.kind for part in read("websopy", sent)[0]][-2:] == ["error", "done"]  # where the end would stand
    for _ in range(2):
        with pytest.raises(DialectError, match="no JSON") as caught:
            transcoder.close()
        assert (caught.value.data, caught.value.parts) == (b"", ())
    assert transcoder.feed(sse(chunk(content="late"))) == b""


def test_the_first_of_several_problems_counts() -> None:
    transcoder = Transcoder("openai-chat", "websopy")
    sent, error = drain(transcoder, sse(chunk(content="Hi"), "{one", "{two", chunk(content="you")))
    assert type(error) is DialectError
    assert error.event == Event("{one")
    message = gather(read("websopy", sent)[0])
    assert message.text == "Hiyou"
    assert message.error is not None
    assert transcoder.problem == str(error)


def test_a_limit_error_sends_the_targets_error_too() -> None:
    for target in ANSWERING:
        transcoder = Transcoder("websopy", target, max_event_size=60)
        sent, error = drain(transcoder, sse({"type": "content", "content": "Hi"}) + b"data: " + b"x" * 70, b"more")
        assert isinstance(error, LimitError)
        assert transcoder.error is error
        message = gather(read(target, sent)[0])
        assert message.text == "Hi"
        assert message.error is not None
        assert message.error.message.endswith("an event is larger than 60 bytes")
        with pytest.raises(LimitError) as caught:
            transcoder.close()
        assert caught.value.data == b""
        assert transcoder.problem is not None
    transcoder = Transcoder("websopy", "laddro", max_event_size=60)
    transcoder.feed(b"data: " + b"x" * 70)
    with pytest.raises(LimitError) as caught:
        transcoder.close()
    assert b"larger than 60" in caught.value.data


def test_an_encode_error_sends_the_targets_error_too_and_not_what_was_in_it() -> None:
    transcoder = Transcoder("openai-chat", "sajuapi")
    sent, error = drain(transcoder, sse(chunk(content="Hi"), call('{"secret":1}', id="c", name="f"), *END))
    assert isinstance(error, EncodeError)
    message = gather(read("sajuapi", sent)[0])
    assert message.text == "Hi"
    assert message.error is not None
    assert "secret" not in message.error.message
    assert (transcoder.problem or "").startswith("part cannot be said in sajuapi, which has no tool calls")


class MuteWriter(Writer):
    """Has no form for an error."""

    def write_text(self, part: TextDelta) -> list[Any]:
        return [self.event({"say": part.text})]

    def write_end(self) -> list[Any]:
        return [self.event({"bye": True})]


class MuteReader(JsonReader):
    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        return self.done("event") if "bye" in payload else [TextDelta(payload["say"])]


MUTE = Dialect("mute", MuteReader, MuteWriter)


def test_one_error_is_enough() -> None:
    transcoder = Transcoder("openai-chat", "openai-completions")
    sent, error = drain(transcoder, sse(chunk(content="Hi"), {"error": "Busy"}, "{oops", "[DONE]"))
    assert type(error) is DialectError
    assert [part.message for part in read("openai-completions", sent)[0] if isinstance(part, Error)] == ["Busy"]
    assert transcoder.problem == "the server sent an error: Busy"


def test_a_finish_of_error_waits_for_the_error() -> None:
    encoder = PartEncoder("openai-chat")
    call: list[Part] = [Start("m"), ToolCallDelta('{"city":', 0, "call_a", "weather"), Finish("error", "ERROR")]
    stream = b"".join([encoder.send(part) for part in [*call, Error("Busy")]]) + encoder.close()
    assert b'"finish_reason":"' not in stream
    assert gather(whole("openai-chat", write("openai-chat", [*call, Done("event")]))).finish_reason == "error"


def test_a_target_without_an_error_form_gets_no_end_at_all() -> None:
    for stream in (sse(*DAMAGED["text"]), sse(*BEGIN)):
        transcoder = Transcoder("openai-chat", MUTE)
        sent, error = drain(transcoder, stream)
        assert isinstance(error, (DialectError, TruncatedError))
        assert sent.startswith(b'data: {"say":"Let me "}\n\ndata: {"say":"look."}\n\n')
        assert read(MUTE, sent)[1] == "mute: the stream ended before its end"
    sent, error = drain(Transcoder("openai-chat", MUTE), sse(*BEGIN, {"error": "Busy"}, "[DONE]"))
    assert isinstance(error, EncodeError)
    assert read(MUTE, sent)[1] is not None


def test_whatever_a_third_partys_reader_raises_is_damage() -> None:
    transcoder = Transcoder(MUTE, "websopy")
    sent, error = drain(transcoder, sse({"say": "Hi"}) + b"data: [1]\n\n" + sse({"bye": 1}))
    assert str(error) == "mute: the data is no JSON object"
    assert gather(read("websopy", sent)[0]).error is not None

    class Raising(Reader):
        def read(self, event: Event) -> list[Part]:
            raise ValueError("not mine")

    class Careless(JsonReader):
        def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
            return [TextDelta(payload["text"].strip())]

    for reader, data, problem in (
        (Raising, "x", "raising: not mine"),
        (Careless, "{}", "raising: KeyError: 'text'"),
        (Careless, '{"text":5}', "raising: AttributeError: 'int' object has no attribute 'strip'"),
    ):
        decoder = PartDecoder(Dialect("raising", reader))
        [part] = decoder.feed(f"data: {data}\n\n".encode())
        assert isinstance(part, Invalid)
        assert isinstance(part.error, DialectError)
        assert (str(part.error), part.error.event) == (problem, Event(data))


def test_choices_as_they_come_wait_for_a_finish_though_their_reader_does_not_say_so() -> None:
    class Twins(JsonReader):
        choices = None

        def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
            return self.done("event") if "bye" in payload else [TextDelta("x", choice=payload["n"])]

    parts = whole(Dialect("twins", Twins), sse({"n": 1}, {"n": 0}, {"bye": 1}))
    assert [part.choice for part in parts if part.kind == "finish"] == [1, 0]


def test_a_message_that_says_nothing_has_its_finish_too() -> None:
    for name, payload in (("openai-chat", {"id": "c", "choices": []}), ("gemini", {"responseId": "r"})):
        assert [part.kind for part in whole(name, sse(payload, "[DONE]"))] == ["start", "finish", "done"]


def test_a_relay_says_its_problem_and_does_not_raise() -> None:
    for row, stream in DAMAGED.items():
        transcoder = Transcoder("openai-chat", "openai-chat")
        sent, error = drain(transcoder, sse(*stream))
        assert (sent, error) == (sse(*stream), None), row
        assert transcoder.problem is not None
    transcoder = Transcoder("openai-chat", "openai-chat")
    drain(transcoder, sse(*BEGIN, chunk("stop"), "[DONE]"))
    assert transcoder.problem is None


@pytest.mark.parametrize("tail", [b'data: {"choices":[]}', b'data: {"choices":[{"delta":{}}]}\n'], ids=repr)
def test_a_relay_passes_on_a_last_event_that_counts_though_it_gives_no_part(tail: bytes) -> None:
    stream = sse(*BEGIN, chunk("stop")) + tail
    sent, error = drain(Transcoder("openai-chat", "openai-chat"), stream)
    assert error is None
    assert Decoder().feed(sent) == Decoder().feed(stream + b"\n\n")


def test_a_target_with_ids_of_its_own_is_not_told_the_providers() -> None:
    own = get("sajuapi")
    target = Dialect("own", own.reader_class, own.writer_class, own_ids=True, error_ends=True)
    stream = sse(*BEGIN, chunk("stop"), "[DONE]")
    sent, error = drain(Transcoder("openai-chat", target), stream)
    assert error is None
    assert gather(read(target, sent)[0]).id is None
    assert gather(read(target, drain(Transcoder("openai-chat", target, id="mine"), stream)[0])[0]).id == "mine"


# -- encoders, after an error


@pytest.mark.parametrize("target", ANSWERING)
def test_after_an_error_no_finish_and_no_call_is_written(target: Any) -> None:
    encoder = PartEncoder(target)
    stream = encoder.send(Start("m1")) + encoder.send(TextDelta("Hi")) + encoder.send(Error("Busy"))
    rest: list[Part] = [ToolCallDelta("{}", 0, "c", "f"), BlockEnd(0, "tool_call"), Finish("stop"), Done("event")]
    stream += b"".join([encoder.send(part) for part in rest])
    parts, cut = read(target, stream)
    assert cut is None
    assert [part.kind for part in parts if part.kind in ("error", "finish", "tool_call", "done")] in (
        ["error", "done"],
        ["finish", "error", "done"],  # cohere says both in one event: its reason is error
    )
    assert gather(parts).text == "Hi"
    assert gather(parts).finish_reason in (None, "error")


@pytest.mark.parametrize("target", ANSWERING)
def test_after_an_invalid_a_gateway_by_hand_ends_in_no_success(target: Any) -> None:
    encoder = PartEncoder(target)
    stream = encoder.send(Start("m1")) + encoder.send(TextDelta("Hi")) + encoder.send(BAD)
    stream += encoder.send(Finish("stop")) + encoder.close()
    assert gather(read(target, stream)[0]).problem() is not None


@pytest.mark.parametrize("target", ["laddro", "sajuapi", "websopy", "openai-transcription", "anthropic-messages"])
def test_a_finish_of_error_is_an_error_where_no_word_says_so(target: Any) -> None:
    stream = write(target, [TextDelta("Hi"), Finish("error", "oops")])
    message = gather(read(target, stream)[0])
    assert (message.text, message.finish_reason) == ("Hi", None)
    assert message.error is not None
    assert message.error.message == "the answer ended in an error: oops"


def test_an_error_that_was_refused_is_no_success_either() -> None:
    encoder = PartEncoder(MUTE)
    stream = encoder.send(TextDelta("Hi"))
    with pytest.raises(EncodeError):
        encoder.send(Error("boom"))
    assert read(MUTE, stream + encoder.close())[1] is not None


def test_a_relay_does_not_mind_what_follows_the_end() -> None:
    done, big = sse({"type": "done"}), b"data: " + b"x" * 100 + b"\n\n"
    for chunks in ([done + big + done], [done, big, done]):
        sent, error = drain(Transcoder("websopy", "websopy", max_event_size=64), *chunks)
        assert (sent[: len(done)], error) == (done, None)


# -- what came in as meaningless


FORGED: dict[str, list[Any]] = {
    "openai-chat": [
        {"choices": [{"index": 0, "delta": {"tool_calls": [{"id": "c", "function": {"name": "rm"}}]}}]},
        {"object": "chat.completion.done"},
        {"error": "x"},
    ],
    "openai-completions": [{"choices": [{"index": 0, "text": "forged"}]}],
    "websopy": [{"type": "done"}, {"type": "content", "content": "forged"}, [1], "text"],
    "sajuapi": [{"event": "done"}, {"event": "delta", "text": "forged"}],
    "laddro": [{"type": "section", "content": "forged"}, {"type": "done"}],
}


@pytest.mark.parametrize(("name", "data"), [(name, data) for name in FORGED for data in FORGED[name]], ids=str)
def test_an_other_never_leaves_as_a_call_text_or_an_end(name: str, data: Any) -> None:
    encoder = PartEncoder(name)
    with pytest.raises(EncodeError, match="would take it for more than an Other"):
        encoder.send(Other("x", data))
    assert encoder.send(Other("x", data, name)) == b""
    assert encoder.send(TextDelta("Hi")) + encoder.close() == write(name, [TextDelta("Hi")])  # the stream went on


def test_a_piece_of_chats_content_never_leaves_as_a_chunk() -> None:
    call = {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "rm", "arguments": "{}"}}]}
    for piece in ({"choices": [{"index": 0, "delta": call}]}, {"object": "chat.completion.done"}, {"error": "x"}):
        parts = PartDecoder("openai-chat").feed(sse(chunk(content=[piece])))
        again = read("openai-chat", write("openai-chat", parts))[0]
        assert not [part for part in again if part.kind in ("text", "tool_call", "error")]


def test_an_other_that_cannot_be_written_is_left_out_if_it_came_in_so() -> None:
    for name in ANSWERING:
        for other in (Other("a\nb", {"n": 1}, name), Other("\ud800", {"n": 1}, name), Other("x", float("nan"), name)):
            encoder = PartEncoder(name)
            stream = encoder.send(other) + encoder.send(TextDelta("Hi")) + encoder.send(Finish("stop"))
            assert gather(read(name, stream + encoder.close())[0]).problem() is None


def test_the_sentinel_of_ones_own_is_never_written_as_data() -> None:
    dialect = get("json", sentinel='"end"')
    parts = PartDecoder(dialect).feed(b'data: "\\u0065nd"\n\n')
    assert [part.kind for part in parts] == ["other"]
    encoder = PartEncoder(dialect)
    assert b"".join([encoder.send(part) for part in parts]) == b""


@pytest.mark.parametrize(
    "part",
    [
        TextDelta("a", []),
        ToolCallDelta("{}", {}),
        BlockEnd([], "tool_call"),
        BlockEnd(0, []),
        Error("m", {}),
        ReasoningDelta("x", 0, 5),
        Usage("a"),
        Start(5),
        Other("x", None, None, []),
    ],
    ids=repr,
)
def test_a_member_of_the_wrong_type_is_an_encode_error_and_has_not_happened(part: Part) -> None:
    for name in ANSWERING:
        encoder = PartEncoder(name)
        with pytest.raises(EncodeError, match=" must be "):
            encoder.send(part)
        assert encoder.send(TextDelta("Hi")) + encoder.close() == write(name, [TextDelta("Hi")])


# -- the last finish counts, and content after it reopens the choice


@pytest.mark.parametrize(
    ("chunks", "reason"),
    [
        ([chunk("stop", content="a"), chunk("length")], "length"),
        ([chunk("stop", reasoning="Hm"), chunk(content="Part one")], None),
        ([chunk("stop", reasoning="Hm"), chunk(content="All"), chunk("stop")], "stop"),
        ([chunk("tool_calls", content="a"), call('{"half', id="c", name="f")], None),
        ([chunk("null", content="a")], None),
        ([chunk("null", content="a"), chunk("stop")], "stop"),
        ([chunk("stop", content="a"), chunk("stop", content="")], "stop"),
        ([chunk("stop", content="a"), chunk(annotations=[{"url": "u"}])], "stop"),
    ],
    ids=["another", "text", "text, finished", "half a call", "null", "null, then stop", "twice", "what is no content"],
)
def test_the_last_finish_counts_and_content_after_it_reopens_the_choice(chunks: list[Any], reason: str | None) -> None:
    for name in ("openai-chat", "aitunnel", "lawbot"):
        parts, problem = read(name, sse(*chunks))
        message = gather(parts)
        assert (problem is None) == (reason is not None)
        assert message.finish_reason == reason
        assert (message.problem() is None) == (reason in ("stop", "tool_call"))
    finishes = [part for part in whole("openai-chat", sse(*chunks, "[DONE]")) if isinstance(part, Finish)]
    assert len(finishes) == 1


def test_a_finish_that_is_held_has_the_payload_that_said_it() -> None:
    said = chunk("stop", content="a")
    parts = whole("openai-chat", sse(said, {"choices": [], "usage": {"prompt_tokens": 1}}, "[DONE]"))
    assert next(part.raw for part in parts if isinstance(part, Finish)) == said


# -- the accumulator


GOOD: list[Part] = [Start("m"), TextDelta("Hi"), Finish("stop", "end_turn"), Done("event")]
BAD = Invalid(Event("{oops"), DialectError("x: the data is no JSON", Event("{oops")))


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        (GOOD, None),
        ([*GOOD[:2], Finish("tool_call"), Done("sentinel")], None),
        ([Other("ping"), Done("eof")], None),
        ([], "the answer was cut off: it has no end"),
        (GOOD[:3], "the answer was cut off: it has no end"),
        ([Done("eof", reconnect=True)], "the answer was cut off: it has no end"),
        ([TextDelta("Hi"), Done("event")], "the answer was cut off: choice 0 did not finish"),
        ([*GOOD[:2], Error("Busy"), Done("error")], "the server sent an error: Busy"),
        ([*GOOD[:2], Done("error")], "the stream ended in an error"),
        ([GOOD[0], BAD, *GOOD[1:]], "a payload could not be read: x: the data is no JSON"),
        ([*GOOD[:2], Finish("length", "max_tokens"), Done("event")], "the answer ended early: max_tokens"),
        ([*GOOD[:2], Finish("other", "pause_turn"), Done("event")], "the answer ended early: pause_turn"),
        ([*GOOD[:2], Finish("content_filter"), Done("event")], "the answer ended early: content_filter"),
        ([*GOOD[:3], Finish("length", choice=1), Done("event")], "the answer ended early: length"),
        ([TextDelta("Hel"), BAD, Error("Busy"), *GOOD], None),  # it began again
        ([BAD, *GOOD], "a payload could not be read: x: the data is no JSON"),  # it may have been the first word
        ([*GOOD, Start("m2"), TextDelta("Hi"), Finish("stop")], "the answer was cut off: it has no end"),
        ([ToolCallDelta('{"a":', 0, "c", "f"), Finish("tool_call"), Done("event")], "the call of f is not whole"),
        ([ToolCallDelta("oops", 0, "c", "f", server=True), Finish("stop"), Done("event")], None),
    ],
    ids=str,
)
def test_problem_says_what_is_wrong_with_an_answer(parts: list[Part], problem: str | None) -> None:
    assert gather(parts).problem() == problem


def test_a_start_of_choice_0_clears_the_error_and_the_invalid() -> None:
    message = gather([BAD, Error("Busy")])
    assert message.invalid == BAD
    assert message.error == Error("Busy")
    message.add(Start("again", choice=1))
    assert message.invalid is not None
    message.add(Start("again"))
    assert (message.invalid, message.error) == (None, None)


def test_what_went_wrong_is_kept_however_large_it_is() -> None:
    message = Accumulator(max_size=1_000)
    event = Event("x" * 100_000)
    for part in (Invalid(event, DialectError("no JSON", event)), Error("y" * 100_000)):
        message.add(part)
    assert message.problem() is not None
    assert len(repr(vars(message))) < 5_000
    with pytest.raises(LimitError):
        message.add(Start("x" * 2_000))
    assert message.error is not None


def test_another_id_in_a_block_is_another_call() -> None:
    first: list[Part] = [ToolCallDelta('{"a":1}', 0, "c1", "f"), BlockEnd(0, "tool_call")]
    message = gather([*first, ToolCallDelta('{"b":', 0, "c2", "g"), ToolCallDelta("1}", 0), BlockEnd(0, "tool_call")])
    assert [(item.id, item.arguments, item.complete) for item in message.tool_calls] == [
        ("c1", '{"a":1}', True),
        ("c2", '{"b":1}', True),
    ]


CALL: list[Part] = [ToolCallDelta("", 0, "c", "f"), ToolCallDelta('{"a":', 0), ToolCallDelta("1}", 0)]


@pytest.mark.parametrize(
    ("parts", "complete", "arguments"),
    [
        ([*CALL, BlockEnd(0, "tool_call")], True, '{"a":1}'),
        ([*CALL, Finish("tool_call")], True, '{"a":1}'),
        ([*CALL, Finish("stop")], True, '{"a":1}'),
        (CALL, False, '{"a":1}'),
        ([*CALL, Finish("length")], False, '{"a":1}'),
        ([*CALL, Finish("content_filter")], False, '{"a":1}'),
        ([*CALL, BlockEnd(1, "tool_call")], False, '{"a":1}'),
        ([*CALL, BlockEnd(0, "text")], False, '{"a":1}'),
        ([*CALL[:2], BlockEnd(0, "tool_call")], False, '{"a":'),
        ([*CALL[:2], BAD, *CALL[2:], BlockEnd(0, "tool_call")], False, '{"a":1}'),
        ([*CALL[:2], BAD, *CALL[2:], Finish("tool_call")], False, '{"a":1}'),
        ([BAD, *CALL, BlockEnd(0, "tool_call")], True, '{"a":1}'),
        ([*CALL, BlockEnd(0, "tool_call"), BAD], True, '{"a":1}'),
        ([*CALL, BlockEnd(0, "tool_call"), ToolCallDelta("{}", 0)], False, '{"a":1}{}'),
        ([ToolCallDelta('{"a":NaN}', 0), BlockEnd(0, "tool_call")], False, '{"a":NaN}'),
        ([CALL[0]], False, ""),
        ([CALL[0], BlockEnd(0, "tool_call")], True, "{}"),
        ([ToolCallDelta("ls", 0, json=False)], False, "ls"),
        ([ToolCallDelta("ls", 0, json=False), BlockEnd(0, "tool_call")], True, "ls"),
        ([ToolCallDelta("", 0, json=False), BlockEnd(0, "tool_call")], True, ""),
        ([ToolCallDelta("[" * 100_000, 0), BlockEnd(0, "tool_call")], False, "[" * 100_000),
    ],
    ids=lambda value: str(value)[:80],
)
def test_a_call_is_complete_once_it_ended_whole(parts: list[Part], complete: bool, arguments: str) -> None:
    [found] = gather(parts).tool_calls
    assert (found.complete, found.arguments) == (complete, arguments)


def test_reprs_are_short_and_say_whose_call_it_is() -> None:
    message = gather([TextDelta("x" * 100_000), ToolCallDelta("y" * 100_000, 0, "c", "f", server=True), Error("Busy")])
    assert repr(message.tool_calls[0]).endswith("... (100000 in all), server=True)")
    assert len(repr(message)) < 500
    assert "Busy" in repr(message)
    assert repr(Accumulator()) == "Accumulator(id=None, choices={})"
    invalid = Invalid(Event("x" * 100_000), DialectError("no JSON", Event("x" * 100_000)))
    assert len(repr(invalid)) < 500
    for part in (
        TextDelta("x" * 9_999),
        ReasoningDelta("x" * 9_999),
        Other("x", ["x" * 9_999] * 9),
        Error("x" * 9_999),
    ):
        assert len(repr(part)) < 300


@pytest.mark.parametrize("part", [None, "text", Event("x"), {"kind": "text"}], ids=repr)
def test_what_is_no_part_is_a_type_error(part: Any) -> None:
    with pytest.raises(TypeError, match="a part must be added, not "):
        Accumulator().add(part)


# -- a part of another copy


def test_a_part_of_another_copy_is_refused_by_name() -> None:
    theirs = type("TextDelta", (), {"__module__": "host._vendor.wire.dialects._parts", "kind": "text", "choice": 0})()
    problem = "this one is of host._vendor.wire.dialects._parts, another copy of the package; here is sse_core.dialects"
    with pytest.raises(EncodeError, match=problem):
        PartEncoder("websopy").send(theirs)
    with pytest.raises(TypeError, match=problem):
        Accumulator().add(theirs)


# -- what an error still has, and the next connection


def test_what_an_error_still_has_is_given_once() -> None:
    decoder = PartDecoder("websopy")
    decoder.feed(b'data: {"type":"content","content":"Hi"}\n')
    with pytest.raises(TruncatedError) as caught:
        decoder.close()
    assert caught.value.parts == [TextDelta("Hi")]
    with pytest.raises(TruncatedError) as caught:
        decoder.close()
    assert not caught.value.parts
    parts = []
    with pytest.raises(TruncatedError) as caught:  # noqa: PT012  # any of the calls may raise it
        for part in iter_parts([b'data: {"type":"content","content":"Hi"}\n'], "websopy"):
            parts.append(part)
    assert (parts, caught.value.parts) == ([TextDelta("Hi")], ())


def test_reset_makes_ready_for_the_next_connection_of_the_same_message() -> None:
    first = [chunk(role="assistant", content="Hel"), call('{"a"', id="c", name="f")]
    then = [call(":1}"), chunk("tool_calls"), "[DONE]"]
    stream = b"id: 1\n" + sse(*first)
    for cut in (b"", b'data: {"half', b'{"error":\n', b"id: 9\nda"):
        decoder, message = PartDecoder("openai-chat"), Accumulator()
        parts = decoder.feed(stream + cut)
        with pytest.raises(TruncatedError):
            decoder.close(half=False)
        decoder.reset()
        assert (decoder.done, decoder.cut, decoder.last_event_id) == (None, None, "1")
        parts += decoder.feed(sse(*then))
        assert decoder.close() == []
        for part in parts:
            message.add(part)
        assert [part.kind for part in parts].count("start") == 1
        assert message.problem() is None
        assert [(item.name, item.arguments, item.complete) for item in message.tool_calls] == [("f", '{"a":1}', True)]


def test_reset_forgets_a_done_an_error_and_a_limit() -> None:
    decoder = PartDecoder("websopy", max_event_size=50)
    assert decoder.feed(b'data: {"type":"error"}\n\nid: 7\n\n')[-1] == Done("error")
    decoder.reset()
    assert decoder.last_event_id == ""  # the id came after the end
    decoder.feed(b"data: " + b"x" * 60)
    assert decoder.error is not None
    decoder.reset()
    assert decoder.error is None
    assert [part.kind for part in decoder.feed(sse({"type": "done"}))] == ["finish", "done"]


def test_half_an_event_is_dropped_where_the_next_connection_brings_it_again() -> None:
    half = b'data: {"type":"content","content":"Hi"}\n'
    decoder = PartDecoder("websopy")
    decoder.feed(half)
    with pytest.raises(TruncatedError) as caught:
        decoder.close(half=False)
    assert not caught.value.parts
    decoder = PartDecoder("json")
    decoder.feed(b'data: {"n":1}\n\ndata: {"n":2}\n')
    with pytest.raises(TruncatedError, match="inside an event"):
        decoder.close(half=False)


class TickReader(JsonReader):
    choices = 0

    def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
        if "error" in payload:
            return self.fail(payload)
        return [Other("tick", payload, self.name, id=event.last_event_id or None, retry=self.retry)]


class TickWriter(Writer):
    def write_other(self, part: Other) -> list[Any]:
        return self.other(part)


TICKS = Dialect("ticks", TickReader, TickWriter, endless=True)


def test_an_endless_stream_ends_to_be_asked_again_whatever_came() -> None:
    for stream in (b"", sse({"n": 1}), sse({"error": "Busy"}), sse({"n": 1}) + b'data: {"half'):
        parts, problem = read(TICKS, stream)
        assert (parts[-1], problem) == (Done("eof", reconnect=True), None)


def test_the_id_and_the_reconnection_time_of_an_event_go_with_its_other() -> None:
    stream = b'id: 1\nretry: 500\ndata: {"n":1}\n\ndata: {"n":2}\n\nretry: 9\n\n: c\ndata: {"n":3}\n\n'
    expected = [
        Other("tick", {"n": 1}, "ticks", None, "1", 500),
        Other("tick", {"n": 2}, "ticks", None, "1"),
        Other("tick", {"n": 3}, "ticks", None, "1", 9),
    ]
    for chunks in ([stream], pieces(stream), pieces(stream, 7)):
        assert whole(TICKS, *chunks)[:-1] == expected
    assert whole(TICKS, write(TICKS, expected))[:-1] == expected
    assert write(TICKS, expected[:1]) == b'event: tick\nid: 1\nretry: 500\ndata: {"n":1}\n\n'


def test_an_id_that_no_event_can_have_is_an_encode_error_and_no_success() -> None:
    encoder = PartEncoder(TICKS)
    with pytest.raises(EncodeError, match="last_event_id has a line end"):
        encoder.send(Other("tick", {"n": 1}, "ticks", id="a\nb"))
    assert encoder.writer.failed


def test_a_line_that_a_reader_cannot_read_is_invalid_with_the_line() -> None:
    class Lines(Reader):
        def control(self, item: Any) -> list[Part]:
            raise KeyError("no")

    decoder = PartDecoder(Dialect("lines", Lines))
    [part] = decoder.feed(b"oops: x\n")
    assert isinstance(part, Invalid)
    assert str(part.error) == "lines: KeyError: 'no'"
    assert "oops" in part.event.data
    assert decoder.dialect.name == "lines"


def test_a_json_reader_that_overrides_nothing_gives_others() -> None:
    assert whole("json", b"data:\n\n") == [Done("eof")]
    parts = PartDecoder(Dialect("plain", JsonReader)).feed(sse({"type": "x"}))
    assert parts == [Other("x", {"type": "x"}, "plain")]


def test_what_would_end_a_stream_is_never_written_as_data() -> None:
    for data in ("[DONE]", json.loads('"\\u005bDONE]"')):
        encoder = PartEncoder("openai-chat")
        with pytest.raises(EncodeError, match="would take it for more than an Other, or for nothing"):
            encoder.send(Other("status", data))
        assert PartEncoder("openai-chat").send(Other("status", data, "openai-chat")) == b""
