"""Any of the five rewritten as any other: over every capture, whole, cut and truncated; and what is lost on the way."""

import random
from collections.abc import Callable, Iterable
from typing import Any

import captures
import losses
import order_anthropic
import order_chat
import order_cohere
import order_gemini
import order_responses
import pytest
from reading import gather, pieces, random_pieces, read, value_of, write
from tries import some

from sse_core import Decoder, DialectError, EncodeError, Event, TruncatedError
from sse_core.dialects import (
    Accumulator,
    BlockEnd,
    Done,
    Error,
    Finish,
    Invalid,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Transcoder,
    Usage,
)

CHECKS: dict[str, Callable[..., None]] = {
    "openai-chat": order_chat.check,
    "anthropic-messages": order_anthropic.check,
    "openai-responses": order_responses.check,
    "gemini": order_gemini.check,
    "cohere-v2": order_cohere.check,
}
# Those in which a message may begin again, and with an order check that wants to know how often.
COUNTED = ("anthropic-messages", "cohere-v2")
PAIRS = [(source, target) for source in CHECKS for target in CHECKS if source != target]
FINISHES = ("stop", "length", "tool_call", "content_filter", "error", "other")
# The finish reasons that a target has no word for, and what they become. None: an Error in its place.
NEAREST: dict[tuple[str, str], str | None] = {
    ("openai-chat", "other"): "stop",
    ("anthropic-messages", "error"): None,
    ("anthropic-messages", "other"): "stop",
    ("openai-responses", "error"): None,
    ("gemini", "error"): "other",
    ("cohere-v2", "content_filter"): "error",
    ("cohere-v2", "other"): "stop",
}
# The targets that cannot say it.
NO_CHOICES = ("anthropic-messages", "openai-responses", "cohere-v2")
NO_FREE_TEXT = ("anthropic-messages", "gemini", "cohere-v2")
OBJECTS_ONLY = ("anthropic-messages", "gemini")
NO_SECOND_START = ("openai-chat", "gemini")

CAPTURES = some(
    [
        pytest.param(row["file"], row["dialect"], target, id=f"{row['file']} to {target}")
        for row in captures.expected()
        if row["dialect"] in CHECKS
        for target in CHECKS
        if target != row["dialect"]
    ],
    "captures",
)


def transcode(source: str, target: str, chunks: Iterable[bytes]) -> tuple[bytes, str | None]:
    """The stream rewritten, and what was raised at its end: a cut, or a payload that could not be read."""
    transcoder = Transcoder(source, target)
    data = b"".join([transcoder.feed(chunk) for chunk in chunks])
    try:
        return data + transcoder.close(), None
    except (DialectError, TruncatedError) as error:
        return data + error.data, str(error)


def problem_of(parts: list[Part], cut: str | None) -> str | None:
    """What a Transcoder raises of a stream with these parts: the first payload that could not be read, else the cut."""
    return next((str(part.error) for part in parts if isinstance(part, Invalid)), cut)


def check(target: str, data: bytes, source: list[Part]) -> None:
    """AssertionError if `data` is not valid in the target."""
    events: list[Event] = Decoder().feed(data)
    restarts = sum(part.kind == "start" for part in source) - 1
    if target in COUNTED and restarts > 0:
        CHECKS[target](events, restarts=restarts)
    else:
        CHECKS[target](events)


def said(message: Accumulator) -> dict[int, list[Any]]:
    """By choice, what every dialect has a place for: text, reasoning, and the calls that the reader must run."""
    return {
        index: [
            choice.text,
            choice.reasoning,
            [(call.name or "", value_of(call.arguments)) for call in choice.tool_calls if not call.server],
        ]
        for index, choice in message.choices.items()
    }


def is_refused(target: str, parts: list[Part]) -> bool:
    """Whether the target has no way to say it."""
    message = gather(parts)
    calls = [call for choice in message.choices.values() for call in choice.tool_calls if not call.server]
    if any(index for index in message.choices) and target in NO_CHOICES:
        return True
    if target in NO_FREE_TEXT and not all(call.json for call in calls):
        return True
    # Where its limit cut an answer, Anthropic's too may end inside a call.
    may_be_cut = target == "anthropic-messages" and message.finish_reason == "length"
    objects = all(type(value_of(call.arguments)) is dict for call in calls)
    if target in OBJECTS_ONLY and not objects and not may_be_cut:
        return True
    return target in NO_SECOND_START and _begins_again(parts)


def _begins_again(parts: list[Part]) -> bool:
    content = False
    for part in parts:
        if isinstance(part, Start) and content:
            return True
        content = content or part.kind in ("text", "reasoning", "tool_call")
    return False


def compare(target: str, before: list[Part], data: bytes) -> None:
    """AssertionError if `data` does not say in the target what a whole stream said before."""
    after, problem = read(target, data)
    assert problem is None
    assert not [part for part in after if part.kind == "invalid"]
    check(target, data, before)
    old, new = gather(before), gather(after)
    if old.error is not None:
        compare_error(target, old.error.message, after)
        assert new.text == old.text
        return
    assert new.error is None
    assert new.done is not None
    assert new.done.how != "error"
    assert said(new) == said(old)
    for index, choice in old.choices.items():
        wanted = choice.finish_reason or ""
        assert new.choices[index].finish_reason == NEAREST.get((target, wanted), wanted)
        for call, again in zip(
            [call for call in choice.tool_calls if not call.server], new.choices[index].tool_calls, strict=True
        ):
            assert call.id in (None, again.id)
    for name in ("input_tokens", "output_tokens"):
        # Where a target insists on a number, one that nobody said is 0.
        assert (getattr(new.usage, name, None) or 0) == (getattr(old.usage, name, None) or 0)


def compare_error(target: str, message: str, after: list[Part]) -> None:
    """AssertionError if the target has another error, or ends as a success."""
    assert [part.message for part in after if isinstance(part, Error)] == [message]
    assert [part for part in after if isinstance(part, Done)] == [Done("error")]
    reasons = [part.reason for part in after if isinstance(part, Finish)]
    # Cohere's error is a finish; a chat's finish that came before the error has gone out.
    assert target in ("cohere-v2", "openai-chat") or reasons == []
    assert target != "cohere-v2" or reasons == ["error"]


@pytest.mark.skipif(CAPTURES == [], reason=captures.WHY_NOT)
@pytest.mark.parametrize(("file", "source", "target"), CAPTURES)
class TestCapture:
    def test_it_says_the_same_whole_and_cut(self, file: str, source: str, target: str) -> None:
        stream = (captures.FOLDER / file).read_bytes()
        parts, cut = read(source, stream)
        problem = problem_of(parts, cut)
        cuts = [[stream], random_pieces(stream, file), pieces(stream, 1000)]
        if len(stream) < 5000:
            cuts.append(pieces(stream))
        if is_refused(target, parts):
            for chunks in cuts:
                with pytest.raises(EncodeError):
                    transcode(source, target, chunks)
            return
        data, said_then = transcode(source, target, cuts[0])
        assert said_then == problem
        assert [transcode(source, target, chunks) for chunks in cuts[1:]] == [(data, problem)] * len(cuts[1:])
        if problem is None:
            compare(target, parts, data)
        else:
            compare_truncated(target, parts, problem, data)

    def test_truncated_it_is_no_success(self, file: str, source: str, target: str) -> None:
        stream = (captures.FOLDER / file).read_bytes()
        rng = random.Random(file + target)
        refused = is_refused(target, read(source, stream)[0])
        at_random = [rng.randrange(len(stream)) for _ in range(4)]
        for at in some([len(stream) - 1, len(stream) - 4, *at_random], file + target):
            parts, cut = read(source, stream[:at])
            problem = problem_of(parts, cut)
            try:
                data, said_then = transcode(source, target, [stream[:at]])
            except EncodeError:
                assert refused
                continue
            assert said_then == problem
            if problem is None:  # only what says nothing was cut off
                compare(target, parts, data)
            else:
                compare_truncated(target, parts, problem, data)


def compare_truncated(target: str, before: list[Part], problem: str, data: bytes) -> None:
    """AssertionError if `data` ends as a success, or lacks any text that came before the cut."""
    after, still = read(target, data)
    assert still is None
    check(target, data, before)
    compare_error(target, problem, after)
    assert gather(after).text == gather(before).text


# -- by hand: what no capture has, from each to each


pairs = pytest.mark.parametrize(("source", "target"), PAIRS, ids=[" to ".join(pair) for pair in PAIRS])
ALL = {
    "text": [TextDelta("Grüße "), TextDelta("👋\n\u2028")],
    "text between reasoning": [ReasoningDelta("Hm"), TextDelta("So", 1), ReasoningDelta("Oh", 2), TextDelta("!", 3)],
    "calls": [
        ToolCallDelta("", 0, "c1", "f"),
        ToolCallDelta('{"a": [1, "}', 0),
        ToolCallDelta('"]}', 0),
        ToolCallDelta("", 1, "c2", "g"),
    ],
    "calls whose fragments interleave": [
        ToolCallDelta("", 0, "c1", "f"),
        ToolCallDelta("", 1, "c2", "g"),
        ToolCallDelta('{"a"', 0),
        ToolCallDelta('{"b"', 1),
        ToolCallDelta(":1}", 0),
        ToolCallDelta(":2}", 1),
    ],
    "text after a call": [
        TextDelta("Let me see"),
        ToolCallDelta('{"a":1}', 0, "c1", "f"),
        BlockEnd(0, "tool_call"),
        TextDelta("Done", 1),
    ],
    "nothing": [],
}


@pairs
@pytest.mark.parametrize("row", ALL)
def test_what_one_says_the_other_says(source: str, target: str, row: str) -> None:
    parts: list[Part] = [Start("m1", "model-1", "assistant"), *ALL[row], Usage(7, 5)]
    stream = write(source, parts)
    for chunks in ([stream], pieces(stream)):
        data, problem = transcode(source, target, chunks)
        assert problem is None
        compare(target, read(source, stream)[0], data)
        assert said(gather(read(target, data)[0])) == said(gather(parts))


@pytest.mark.parametrize("target", CHECKS)
@pytest.mark.parametrize("reason", FINISHES)
def test_a_finish_is_the_targets_word_for_it_or_its_nearest(target: str, reason: str) -> None:
    content = ToolCallDelta("{}", 0, "c", "f") if reason == "tool_call" else TextDelta("x")
    after = read(target, write(target, [content, Finish(reason, "a word of another dialect")]))[0]
    wanted = NEAREST.get((target, reason), reason)
    reasons = [part.reason for part in after if isinstance(part, Finish)]
    assert reasons == ([] if wanted is None else [wanted])
    assert any(isinstance(part, Error) for part in after) == (wanted is None)


@pairs
def test_an_error_is_the_targets_error_and_no_success(source: str, target: str) -> None:
    for content in (
        [],
        [TextDelta("Hi")],
        [ReasoningDelta("Hm"), TextDelta("Hi", 1), ToolCallDelta('{"a', 0, "c", "f")],
    ):
        stream = write(
            source, [Start("m1"), *content, Error("Too busy", "overloaded_error", None, 529), Finish("stop")]
        )
        parts = read(source, stream)[0]
        for chunks in ([stream], pieces(stream)):
            if target == "gemini" and any(part.kind == "block_end" and part.of == "tool_call" for part in parts):
                # A call that ends inside its arguments is refused before the error can tell why.
                with pytest.raises(EncodeError):
                    transcode(source, target, chunks)
                continue
            data, problem = transcode(source, target, chunks)
            assert problem is None
            check(target, data, parts)
            after = read(target, data)[0]
            compare_error(target, "Too busy", after)
            assert gather(after).text == "".join([part.text for part in content if isinstance(part, TextDelta)])


UNSAYABLE: dict[str, tuple[list[Part], tuple[str, ...]]] = {
    "free text": ([ToolCallDelta("SELECT 1", 0, "c", "sql", json=False)], NO_FREE_TEXT),
    "no JSON": ([ToolCallDelta("oops", 0, "c", "f")], OBJECTS_ONLY),
    "JSON, and more": ([ToolCallDelta("{} {}", 0, "c", "f")], OBJECTS_ONLY),
    "an array": ([ToolCallDelta("[1]", 0, "c", "f")], OBJECTS_ONLY),
    "cut off, and no limit did it": ([ToolCallDelta('{"a":', 0, "c", "f")], OBJECTS_ONLY),
    "cut off by the limit": ([ToolCallDelta('{"a":', 0, "c", "f"), Finish("length", "length")], ("gemini",)),
    "a second choice": ([TextDelta("a"), TextDelta("b", choice=1)], NO_CHOICES),
}


@pytest.mark.parametrize("target", [target for target in CHECKS if target != "openai-chat"])
@pytest.mark.parametrize("row", UNSAYABLE)
def test_what_the_target_cannot_say_is_refused_and_then_no_success(target: str, row: str) -> None:
    parts, refused = UNSAYABLE[row]
    stream = write("openai-chat", [Start("m1"), *parts])
    for chunks in ([stream], pieces(stream)):
        transcoder = Transcoder("openai-chat", target)
        if target not in refused:
            assert said(gather(read(target, transcode("openai-chat", target, chunks)[0])[0])) == said(gather(parts))
            continue
        with pytest.raises(EncodeError) as caught:  # noqa: PT012  # any of the calls may raise it
            for chunk in chunks:
                transcoder.feed(chunk)
        # Were the rest written, or the end, it would be a success without the part.
        with pytest.raises(EncodeError) as later:
            transcoder.feed(b"data: [DONE]\n\n")
        assert later.value is caught.value
        with pytest.raises(EncodeError) as later:
            transcoder.close()
        assert later.value is caught.value


@pytest.mark.parametrize("target", NO_SECOND_START)
@pytest.mark.parametrize("source", ["anthropic-messages", "openai-responses", "cohere-v2"])
def test_a_message_that_begins_again_is_refused_where_none_can(source: str, target: str) -> None:
    for content in (TextDelta("Hel"), ReasoningDelta("Hm")):
        stream = write(source, [Start("m1"), content, Start("m2"), TextDelta("Hello")])
        with pytest.raises(EncodeError, match=f"no message begins again in {target}"):
            transcode(source, target, [stream])
    stream = write(source, [Start("m1"), Start("m2"), TextDelta("Hello")])
    assert gather(read(target, transcode(source, target, [stream])[0])[0]).text == "Hello"


def test_an_answer_that_was_refused_midway_has_no_success_terminal() -> None:
    for target in NO_SECOND_START:
        encoder = PartEncoder(target)
        data = encoder.send(Start("m1")) + encoder.send(TextDelta("Hel"))
        with pytest.raises(EncodeError):
            encoder.send(Start("m2"))
        assert read(target, data + encoder.close())[1] is not None


@pytest.mark.parametrize("target", [target for target in CHECKS if target != "gemini"])  # which is relayed
def test_the_id_given_is_written_where_the_source_begins_without_one(target: str) -> None:
    stream = b'data: {"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}]}\n\n'
    transcoder = Transcoder("gemini", target, id="m9")
    data = transcoder.feed(stream) + transcoder.close()
    assert gather(read(target, data)[0]).id == "m9"


# -- the table of what is lost


def test_the_nearest_finish_is_what_the_table_says() -> None:
    for target in CHECKS:
        for reason in FINISHES:
            wanted = NEAREST.get((target, reason), losses.KEPT)
            assert losses.outcome(target, f"finish: {reason}") == ("Error" if wanted is None else wanted)


def test_the_list_of_dialects_says_what_each_loses() -> None:
    assert losses.FILE.read_text(encoding="utf-8") == losses.document(), "run `python tests/support/losses.py`"
