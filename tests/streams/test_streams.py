"""Where bytes meet dialects: PartDecoder, PartEncoder, Transcoder, iter_parts and aiter_parts."""

import asyncio
import copy
import json
import pickle
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from reading import ANSWERING, nest, pieces, read, sse, whole, write
from tries import some_pairs

from sse_core import SSE_HEADERS, Comment, Decoder, EncodeError, Event, LimitError, Retry, TruncatedError
from sse_core.dialects import (
    BlockEnd,
    Dialect,
    Done,
    Error,
    Finish,
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
    aiter_parts,
    get,
    iter_parts,
    names,
)

Item = Any
HI = b'data: {"type":"content","content":"Hi"}\n\n'
BYE = b'data: {"type":"done"}\n\n'
CUT = 'websopy: the stream ended before its event {"type":"done"}'
ANSWER: list[Part] = [TextDelta("Hi"), Finish("stop"), Done("event")]


class TextReader(Reader):
    """Plain text: the end of the body is the end of the stream."""

    choices = 0

    def whole(self) -> bool:
        return True


class PacedWriter(Writer):
    """Tells the client how long to wait, in and between the blocks: what a Retry before an Event is for."""

    def write_other(self, part: Other) -> list[Item]:
        return list(part.data)


PACED = Dialect("paced", TextReader, PacedWriter, newline="\r\n", dataless=True, headers={"X-Paced": "yes"})


# -- PartDecoder


def test_parts_come_with_the_chunk_that_completes_them() -> None:
    decoder = PartDecoder("websopy")
    assert decoder.feed(HI[:-1]) == []
    assert decoder.feed(b"\n") == [TextDelta("Hi")]
    assert decoder.done is None
    assert decoder.feed(BYE + HI) == [Finish("stop"), Done("event")]
    assert decoder.done == Done("event")


def test_what_follows_done_is_ignored() -> None:
    decoder = PartDecoder("websopy")
    assert decoder.feed(BYE) == [Finish("stop"), Done("event")]
    assert decoder.feed(HI) == []
    assert decoder.feed(b"oops: {\n" + HI) == []
    assert decoder.close() == decoder.close() == []


def test_close_ends_a_stream_that_ends_with_its_body_once() -> None:
    decoder = PartDecoder("json")
    assert decoder.close() == [Done("eof")]
    assert decoder.done == Done("eof")
    assert decoder.close() == []


def test_close_reads_the_event_whose_blank_line_never_came() -> None:
    assert whole("websopy", HI + BYE[:-2]) == ANSWER
    assert whole("websopy", HI + BYE[:-1]) == ANSWER
    assert whole("websopy", HI + b'data: {"type":\ndata: "done"}') == ANSWER


def test_close_raises_truncated_with_what_it_still_read() -> None:
    decoder = PartDecoder("websopy")
    assert decoder.feed(HI[:-2]) == []
    with pytest.raises(TruncatedError) as caught:
        decoder.close()
    assert (str(caught.value), caught.value.parts) == (CUT, [TextDelta("Hi")])
    with pytest.raises(TruncatedError) as caught:
        decoder.close()
    assert caught.value.parts == []


@pytest.mark.parametrize("tail", [b'data: {"type":"don', b"data: {}\ndata: x", b"data", b"da", b'{"error":'], ids=repr)
def test_half_a_payload_is_a_truncation_and_no_invalid(tail: bytes) -> None:
    parts, problem = read("websopy", HI, tail)
    assert parts == [TextDelta("Hi")]
    assert problem is not None
    assert problem.startswith("websopy: the stream ended")


def test_half_an_error_line_is_a_truncation_and_no_invalid_but_a_whole_one_is() -> None:
    stream = sse({"choices": [{"index": 0, "delta": {"content": "Hi"}}]}) + b'error: {"message":"no'
    parts, problem = read("openai-chat", stream)
    assert [part.kind for part in parts] == ["start", "text"]
    assert problem == "openai-chat: the stream ended before [DONE]"
    parts, problem = read("openai-chat", stream + b"\n")
    assert [part.kind for part in parts] == ["start", "text", "invalid"]


def test_half_a_line_of_an_event_read_line_by_line_is_a_truncation_too() -> None:
    stream = b'data: {"type":"section","section":"a","content":"A"}\ndata: {"type":"do'
    parts, problem = read("laddro", stream)
    assert [part.kind for part in parts] == ["text", "block_end"]
    assert problem is not None


def test_nothing_at_all_is_a_truncation() -> None:
    for name in ANSWERING:
        parts, problem = read(name)
        assert parts == []
        assert problem is not None


def test_last_event_id_and_reconnection_time_are_those_of_the_stream() -> None:
    decoder = PartDecoder("json", last_event_id="6")
    assert (decoder.last_event_id, decoder.reconnection_time) == ("6", None)
    decoder.feed(b'id: 7\nretry: 500\ndata: {"type":"x"}\n\n: ping\n')
    assert (decoder.last_event_id, decoder.reconnection_time) == ("7", 500)


def test_a_decoder_pickles_at_every_byte() -> None:
    stream = b': ping\n\ndata: {"type":"content","content":"H\xc3\xa9"}\r\n\r\n{"error":\n"Busy"}\n'
    for at in range(len(stream)):
        decoder = PartDecoder("websopy")
        parts = decoder.feed(stream[:at])
        twin = pickle.loads(pickle.dumps(decoder))
        assert parts + twin.feed(stream[at:]) + twin.close() == [TextDelta("Hé"), Error("Busy"), Done("error")]


def load_deep(text: str) -> Any:
    """What json.loads gives, with a member that is nested too deep to pickle and to copy."""
    return {**json.loads(text), "too_deep": nest()}


def test_a_stream_that_failed_pickles_however_deep_what_it_gave() -> None:
    decoder = PartDecoder("websopy", loads=load_deep)
    decoder.feed(HI[:-2])
    with pytest.raises(TruncatedError) as cut:
        decoder.close()
    assert "too_deep" in cut.value.parts[0].raw
    twin = pickle.loads(pickle.dumps(copy.deepcopy(decoder)))
    with pytest.raises(TruncatedError) as again:
        twin.close()
    assert (str(again.value), list(again.value.parts)) == (str(cut.value), [])

    transcoder = Transcoder("websopy", "sajuapi", loads=load_deep)
    call = {"type": "tool_call", "tool": {"id": "1", "name": "f", "arguments": {}}}
    with pytest.raises(EncodeError) as refused:
        transcoder.feed(HI + sse(call))
    assert isinstance(refused.value.value, ToolCallDelta)
    with pytest.raises(EncodeError) as repeated:
        pickle.loads(pickle.dumps(copy.deepcopy(transcoder))).feed(HI)
    assert str(repeated.value) == str(refused.value)


def test_a_limit_error_comes_after_the_parts_before_it() -> None:
    decoder = PartDecoder("websopy", max_event_size=50)
    assert decoder.feed(HI + b"data: " + b"x" * 50) == [TextDelta("Hi")]
    for _ in range(2):
        with pytest.raises(LimitError):
            decoder.feed(b"x")
    with pytest.raises(LimitError):
        decoder.close()


def test_chunks_are_bytes_like() -> None:
    decoder = PartDecoder("websopy")
    stream = memoryview(HI + BYE)
    assert decoder.feed(bytearray(HI[:9])) + decoder.feed(stream[9:20]) + decoder.feed(b"") == []
    assert decoder.feed(stream[20 : len(HI)]) == [TextDelta("Hi")]
    with pytest.raises(TypeError, match="not str: encode it as UTF-8 first"):
        decoder.feed("data: x\n\n")
    with pytest.raises(TypeError, match="not list"):
        decoder.feed([1])
    released = memoryview(HI)
    released.release()
    for taker in (decoder, Transcoder("websopy", "laddro"), Transcoder("websopy", "websopy")):
        with pytest.raises(TypeError, match="not a released memoryview"):
            taker.feed(released)
    assert decoder.feed(stream[len(HI) :]) == ANSWER[1:]


@pytest.mark.parametrize("form", ["c", "B", "b"])
def test_whether_the_last_line_ended_is_read_off_any_memoryview(form: Any) -> None:
    decoder = PartDecoder("json")
    assert decoder.feed(memoryview(b"data: 12\n").cast(form)) == []
    assert decoder.close() == [Other("message", 12, "json"), Done("eof")]


def test_a_reader_or_writer_serves_one_stream_and_a_dialect_any_number() -> None:
    dialect = get("websopy")
    assert whole(dialect, HI + BYE) == whole(dialect, HI + BYE) == ANSWER
    reader, writer = dialect.reader(), dialect.writer()
    assert whole(reader, HI + BYE) == ANSWER
    assert write(writer, ANSWER) == HI + BYE
    for again in (PartDecoder, lambda half: Transcoder(half, "json")):
        with pytest.raises(TypeError, match="this WebsopyReader has its stream: one serves one stream"):
            again(reader)
    for again in (PartEncoder, lambda half: Transcoder("json", half)):
        with pytest.raises(TypeError, match="this WebsopyWriter has its stream: one serves one stream"):
            again(writer)


def test_a_dialect_may_have_events_without_data() -> None:
    assert PartDecoder(PACED).feed(b"event: end\n\n") == [Other("end", "", "paced")]
    assert PartDecoder(Dialect("text", TextReader)).feed(b"event: end\n\n") == []


# -- PartEncoder


def test_headers_are_the_wires_and_the_dialects_own() -> None:
    assert PartEncoder("websopy").headers == SSE_HEADERS
    assert PartEncoder(PACED).headers == {**SSE_HEADERS, "X-Paced": "yes"}
    assert Transcoder("json", PACED).headers == {**SSE_HEADERS, "X-Paced": "yes"}


def test_done_is_close_and_twice_is_once() -> None:
    for parts in ([Done("event")], [Done("eof"), Done("sentinel")], []):
        encoder = PartEncoder("websopy")
        assert encoder.send(TextDelta("Hi")) == HI
        assert b"".join([encoder.send(part) for part in parts]) + encoder.close() + encoder.close() == BYE


def test_nothing_is_sent_after_the_end() -> None:
    encoder = PartEncoder("websopy")
    encoder.close()
    with pytest.raises(EncodeError, match=r"^part comes after the end of the stream") as caught:
        encoder.send(TextDelta("Hi"))
    assert caught.value.value == TextDelta("Hi")


FAILED_ENDS = (Done("error"), Done("sentinel"), Done("event"))  # the latter two where they stand after an error, too


def test_no_success_is_written_after_an_error() -> None:
    for name in ANSWERING:
        encoder = PartEncoder(name)
        parts, problem = read(name, encoder.send(Error("Busy")) + encoder.close())
        assert [part.message for part in parts if isinstance(part, Error)] == ["Busy"]
        assert problem is None
        assert parts[-1] in FAILED_ENDS


@pytest.mark.parametrize(
    ("items", "sent"),
    [
        ([Event("a")], b"data: a\r\n\r\n"),
        ([Retry(5), Event("a")], b"retry: 5\r\ndata: a\r\n\r\n"),
        ([Retry(5), Event("a", "x", "7")], b"event: x\r\nid: 7\r\nretry: 5\r\ndata: a\r\n\r\n"),
        ([Retry(5), Event("a"), Event("b")], b"retry: 5\r\ndata: a\r\n\r\ndata: b\r\n\r\n"),
        ([Retry(5)], b"retry: 5\r\n"),
        ([Retry(5), Retry(6), Event("a")], b"retry: 5\r\nretry: 6\r\ndata: a\r\n\r\n"),
        ([Retry(5), Comment("c"), Event("a")], b"retry: 5\r\n: c\r\ndata: a\r\n\r\n"),
        ([Comment("c")], b": c\r\n"),
        ([], b""),
    ],
    ids=["event", "inside the block", "with type and id", "not the next", "alone", "two", "comment", "ping", "held"],
)
def test_a_retry_directly_before_an_event_goes_inside_its_block(items: list[Item], sent: bytes) -> None:
    assert PartEncoder(PACED).send(Other("items", items)) == sent


# -- Transcoder

CHAT = sse(
    {"id": "c1", "model": "m", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "H"}}]},
    {"id": "c1", "choices": [{"index": 0, "delta": {"content": "é"}, "finish_reason": "stop"}]},
    {"id": "c1", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
    "[DONE]",
)


def transcode(transcoder: Transcoder, *chunks: bytes) -> bytes:
    return b"".join([transcoder.feed(chunk) for chunk in chunks]) + transcoder.close()


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("websopy", [TextDelta("H"), TextDelta("é"), Usage(1, 2, 3), Finish("stop"), Done("event")]),
        (
            "sajuapi",
            [Start("c1", "m"), TextDelta("H"), TextDelta("é"), Usage(None, None, 3), Finish("stop"), Done("event")],
        ),
        (
            "lawbot",
            [
                Start("c1", None, "assistant"),
                TextDelta("H"),
                TextDelta("é"),
                Usage(1, 2, 3),
                Finish("stop", "stop"),
                Done("sentinel"),
            ],
        ),
    ],
    ids=["websopy", "sajuapi", "lawbot"],
)
def test_a_stream_is_rewritten_as_another_for_every_cut(target: str, parts: list[Part]) -> None:
    for chunks in ([CHAT], pieces(CHAT), pieces(CHAT, 7)):
        transcoder = Transcoder("openai-chat", target)
        assert whole(target, transcode(transcoder, *chunks)) == parts
        assert transcoder.done == Done("sentinel")
        assert transcoder.close() == b""


def test_every_dialect_is_rewritten_as_every_other_or_refused() -> None:
    answer: list[Part] = [TextDelta("Hi"), Finish("stop")]
    for source, target in some_pairs(ANSWERING, ANSWERING, "every dialect as every other"):
        parts = whole(target, transcode(Transcoder(source, target), write(source, answer)))
        assert [part.text for part in parts if isinstance(part, TextDelta)] == ["Hi"]
        assert [part.reason for part in parts if isinstance(part, Finish)] == ["stop"]
    silent = [name for name in names() if name not in ANSWERING]
    for source, target in some_pairs(ANSWERING, silent, "refused"):
        with pytest.raises(EncodeError):
            transcode(Transcoder(source, target), write(source, answer))
    for source, target in some_pairs(silent, names(), "without a word"):
        parts, problem = read(target, transcode(Transcoder(source, target), write(source, [])))
        assert problem is None or get(source).endless  # what is to be asked for again is no whole answer
        assert not [part for part in parts if isinstance(part, TextDelta)]


def test_metadata_is_written_where_the_source_has_none() -> None:
    transcoder = Transcoder("websopy", "openai-chat", id="c9", model="m", created=7)
    first = json.loads(transcoder.feed(HI)[6:])
    assert (first["id"], first["model"], first["created"]) == ("c9", "m", 7)


def test_what_the_target_cannot_say_is_refused() -> None:
    transcoder = Transcoder("websopy", "laddro")
    with pytest.raises(EncodeError, match="laddro, which has no tool calls"):
        transcoder.feed(sse({"type": "tool_call", "tool": {"name": "now"}}))
    assert Transcoder("openai-chat", "laddro").feed(sse({"error": "Busy"})) == sse('{"type":"error","message":"Busy"}')


def test_comments_go_along_to_keep_the_connection_alive() -> None:
    transcoder = Transcoder("websopy", "openai-chat")
    assert transcoder.feed(b": ping\nretry: 5\nid: 7\n\nnoise: x\n") == b": ping\n"
    # Google's client takes a comment for JSON, and fails.
    assert Transcoder("websopy", "gemini").feed(b": ping\n") == b""


def test_from_a_dialect_to_itself_all_items_are_relayed() -> None:
    stream = (
        b': ping\nretry: 500\nid: 1\n\nid: 2\nevent: x\ndata: {"type":"content",\n'
        b'data: "content":"Hi"}\n\ndata: oops\n\ndata:\n\nid\n\n' + BYE + b": bye\n" + HI
    )
    for chunks in ([stream], pieces(stream)):
        relayed = transcode(Transcoder("websopy", "websopy"), *chunks)
        assert Decoder().feed_items(relayed) == Decoder().feed_items(stream)


def test_a_relay_frames_what_came_as_a_field_line_of_its_own() -> None:
    # llama.cpp until September 2025: a client that reads the standard would see [DONE] and no error.
    stream = CHAT[: CHAT.index(b"\n\n") + 2] + b'error: {"error":{"message":"no room","code":500}}\n\ndata: [DONE]\n\n'
    for chunks in ([stream], pieces(stream)):
        relayed = transcode(Transcoder("openai-chat", "openai-chat"), *chunks)
        data = [event.data for event in Decoder().feed(relayed)]
        assert json.loads(data[1]) == {"error": {"message": "no room", "type": None, "code": 500}}
        assert data[2:] == ["[DONE]"]


def test_a_relay_passes_on_the_event_whose_blank_line_never_came_if_it_is_whole() -> None:
    assert transcode(Transcoder("websopy", "websopy"), HI + BYE[:-2]) == HI + BYE
    transcoder = Transcoder("websopy", "websopy")
    assert transcoder.feed(HI + BYE[:-4]) == HI
    with pytest.raises(TruncatedError) as caught:
        transcoder.close()
    assert read("websopy", caught.value.data)[0] == [Error(CUT), Done("error")]


@pytest.mark.parametrize("target", ANSWERING)
def test_a_truncated_source_never_ends_as_a_success(target: str) -> None:
    for at in range(len(HI) - 2):
        for source, stream in (("websopy", HI[:at]), ("websopy", HI + HI[:at]), ("json", b'{"error":' + HI[:at])):
            transcoder = Transcoder(source, target)
            sent = b""
            with pytest.raises(TruncatedError) as caught:  # noqa: PT012  # any of the calls may raise it
                sent += transcoder.feed(stream)
                transcoder.close()
            sent += caught.value.data
            parts, problem = read(target, sent)
            assert problem is None
            assert [part.message for part in parts if isinstance(part, Error)] == [str(caught.value)]
            assert parts[-1] in FAILED_ENDS
            assert all(part.reason == "error" for part in parts if isinstance(part, Finish))


def test_what_was_whole_goes_out_before_the_error() -> None:
    transcoder = Transcoder("websopy", "openai-chat")
    assert transcoder.feed(HI[:-2]) == b""
    with pytest.raises(TruncatedError) as caught:
        transcoder.close()
    parts, _ = read("openai-chat", caught.value.data)
    assert parts == [Start("chatcmpl-1"), TextDelta("Hi"), Error(CUT, "truncated"), Done("error")]
    # Usage that a target holds to the end goes with it.
    transcoder = Transcoder("openai-chat", "lawbot")
    transcoder.feed(CHAT[: CHAT.index(b"\n\n") + 2] + sse({"choices": [], "usage": {"prompt_tokens": 1}}))
    with pytest.raises(TruncatedError) as caught:
        transcoder.close()
    assert Usage(1) in read("lawbot", caught.value.data)[0]
    # A target that holds its text sends it now, and before the error, at which its readers stop.
    transcoder = Transcoder("websopy", "laddro")
    assert transcoder.feed(HI) == b""
    with pytest.raises(TruncatedError) as caught:
        transcoder.close()
    assert read("laddro", caught.value.data)[0] == [TextDelta("Hi", "0"), BlockEnd("0"), Error(CUT), Done("error")]


def test_a_transcoder_raises_as_its_decoder_does() -> None:
    transcoder = Transcoder("websopy", "laddro", max_event_size=50)
    assert transcoder.feed(HI + b"data: " + b"x" * 50) == b""
    with pytest.raises(LimitError):
        transcoder.feed(b"x")
    with pytest.raises(LimitError):
        transcoder.close()
    with pytest.raises(TypeError):
        Transcoder("websopy", "laddro").feed("x")


# -- iter_parts, aiter_parts


async def later(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def collect(chunks: list[bytes], dialect: Any, way: str) -> tuple[list[Part], BaseException | None, list[bytes]]:
    """The parts, what was raised, and the chunks that were not asked for."""
    left = iter(chunks)
    parts: list[Part] = []

    async def run() -> None:
        async for part in aiter_parts(later(left), dialect):
            parts.append(part)

    try:
        if way == "aiter_parts":
            asyncio.run(run())
        else:
            for part in iter_parts(left, dialect):
                parts.append(part)
    except (TruncatedError, LimitError) as error:
        return parts, error, list(left)
    return parts, None, list(left)


ways = pytest.mark.parametrize("way", ["iter_parts", "aiter_parts"])


@ways
def test_iteration_gives_all_parts_and_asks_for_nothing_after_done(way: str) -> None:
    assert collect([HI, BYE, b"never", b"asked for"], "websopy", way) == (ANSWER, None, [b"never", b"asked for"])
    assert collect([HI[:9], HI[9:], BYE[:-2]], get("websopy"), way) == (ANSWER, None, [])
    assert collect([b"data: [1]\n\n"], "json", way) == ([Other("message", [1], "json"), Done("eof")], None, [])


@ways
def test_iteration_raises_truncated_after_what_was_still_read(way: str) -> None:
    parts, error, _ = collect([HI, HI[:-1]], "websopy", way)
    assert parts == [TextDelta("Hi"), TextDelta("Hi")]
    assert isinstance(error, TruncatedError)
    assert str(error) == CUT


@ways
def test_iteration_raises_a_limit_error_after_the_parts_before_it(way: str) -> None:
    big = b"data: " + b"x" * (64 * 1024 * 1024)
    for chunks, unread in (([HI + big], []), ([HI, big, BYE], [BYE])):
        parts, error, left = collect(chunks, "websopy", way)
        assert parts == [TextDelta("Hi")]
        assert isinstance(error, LimitError)
        assert left == unread


@ways
def test_parts_before_an_exception_of_the_source_are_given(way: str) -> None:
    def source() -> Iterator[bytes]:
        yield HI
        raise ConnectionResetError

    parts: list[Part] = []

    async def run() -> None:
        async for part in aiter_parts(later(source()), "websopy"):
            parts.append(part)

    with pytest.raises(ConnectionResetError):  # noqa: PT012  # any of the calls may raise it
        if way == "aiter_parts":
            asyncio.run(run())
        for part in iter_parts(source(), "websopy"):
            parts.append(part)
    assert parts == [TextDelta("Hi")]


def test_reasoning_and_calls_go_through_a_gateway() -> None:
    parts: list[Part] = [
        Start("c1", "m", "assistant"),
        ReasoningDelta("Hm"),
        ToolCallDelta("", 0, "call_1", "now"),
        ToolCallDelta("{}"),
        Finish("tool_call", "tool_calls"),
        Done("sentinel"),
    ]
    chat = write("openai-chat", parts)
    assert whole("openai-chat", chat) == parts
    assert transcode(Transcoder("openai-chat", "websopy"), chat) == sse(
        '{"type":"tool_call","tool":{"id":"call_1","name":"now","arguments":"{}"}}', '{"type":"done"}'
    )


def test_state_after_the_end_is_that_of_the_end_for_every_cut() -> None:
    stream = b"id: 1\nretry: 5\ndata: [DONE]\n\nid: 9\nretry: 7\ndata: x\n\n"
    for cut in range(len(stream)):
        decoder = PartDecoder("openai-chat")
        decoder.feed(stream[:cut])
        decoder.feed(stream[cut:])
        assert (decoder.last_event_id, decoder.reconnection_time, decoder.done) == ("1", 5, Done("sentinel"))
    with pytest.raises(TypeError):
        decoder.feed("text")


def test_a_target_that_cannot_say_a_part_still_sends_what_came_before_it() -> None:
    chunk = b'data: {"choices":[{"index":%d,"delta":{"content":"Hi"}}]}\n\n'
    transcoder = Transcoder("openai-chat", "websopy")
    with pytest.raises(EncodeError) as caught:
        transcoder.feed(chunk % 0 + chunk % 1)
    parts, problem = read("websopy", caught.value.data)
    assert ([part.kind for part in parts], problem) == (["text", "error", "done"], None)
    with pytest.raises(EncodeError) as caught:
        transcoder.close()
    assert caught.value.data == b""


def test_a_transcoder_that_found_a_truncation_says_it_again_and_writes_nothing_more() -> None:
    transcoder = Transcoder("websopy", "laddro")
    transcoder.feed(HI)
    for expected in (b"truncated", b""):
        with pytest.raises(TruncatedError) as caught:
            transcoder.close()
        assert caught.value.data.count(b"error") == (1 if expected else 0)
    assert transcoder.feed(BYE) == b""


def test_nothing_follows_the_targets_end() -> None:
    transcoder = Transcoder("websopy", "laddro")
    assert transcoder.feed(BYE + b": late\n" + HI) == b'data: {"type":"done"}\n\n'
    assert transcoder.feed(HI) == transcoder.close() == b""


def test_a_relay_frames_a_whole_answer_that_came_without_framing_and_ends_it() -> None:
    transcoder = Transcoder("openai-chat", "openai-chat")
    choice = b'{"index":0,"message":{"content":"Hi"},"finish_reason":"stop"}'
    stream = (
        transcoder.feed(b'{"id":"c","choices":[' + choice + b'],"usage":{"prompt_tokens":1}}\n') + transcoder.close()
    )
    parts = PartDecoder("openai-chat").feed(stream)
    assert [part.kind for part in parts] == ["start", "text", "usage", "finish", "done"]
