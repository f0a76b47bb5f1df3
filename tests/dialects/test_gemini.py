# SPDX-License-Identifier: MIT
"""The gemini dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from order_gemini import check

from sse_core import Decoder, EncodeError, Event, TruncatedError
from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
    Finish,
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
)

NAME = "gemini"
DEEP = "[" * 5000 + "]" * 5000
BEGUN = Start("r1", "gemini-x", "assistant")
STOP: dict[str, Any] = {"candidates": [{"finishReason": "STOP"}]}
STOPPED = [Finish("stop", "STOP"), Done("eof")]
CALLED = [Finish("tool_call", "STOP"), Done("eof")]
LOST = [Finish("error", "STOP"), Done("eof")]


def sse(*payloads: dict[str, Any] | str) -> bytes:
    return "".join([f"data: {p if isinstance(p, str) else json.dumps(p)}\r\n\r\n" for p in payloads]).encode()


def answer(*parts: Any, **members: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": [*parts]}, **members}]}


def call(**members: Any) -> dict[str, Any]:
    return answer({"functionCall": members})


def values(*pieces: dict[str, Any], more: bool = True) -> dict[str, Any]:
    return call(partialArgs=[*pieces], **({"willContinue": True} if more else {}))


def piece(path: Any, more: bool = False, **value: Any) -> dict[str, Any]:
    return {"jsonPath": path, **value, **({"willContinue": True} if more else {})}


def counts(
    prompt: Any = None, out: Any = None, total: Any = None, thoughts: Any = None, **more: Any
) -> dict[str, dict[str, Any]]:
    names = ("promptTokenCount", "candidatesTokenCount", "totalTokenCount", "thoughtsTokenCount")
    given = {
        name: count for name, count in zip(names, (prompt, out, total, thoughts), strict=True) if count is not None
    }
    return {"usageMetadata": {**given, **more}}


def whole(arguments: str, block: int = 0, id: str | None = None, name: str | None = "f", choice: int = 0) -> list[Part]:
    return [ToolCallDelta(arguments, block, id, name, choice=choice), BlockEnd(block, "tool_call", choice)]


def decode(stream: bytes) -> list[Part]:
    decoder = PartDecoder(NAME)
    return decoder.feed(stream) + decoder.close()


def encode(*parts: Part, **options: Any) -> list[dict[str, Any]]:
    encoder = PartEncoder(NAME, **options)
    events = Decoder().feed(b"".join([encoder.send(part) for part in parts]) + encoder.close())
    check(events)
    return [event.json() for event in events]


def pieces(*parts: Part) -> list[Any]:
    """The parts of the content that these are encoded to, but the last, which carries the finishReason."""
    return [payload["candidates"][0]["content"]["parts"][0] for payload in encode(*parts)][:-1]


def again(parts: list[Part]) -> list[Part]:
    encoder = PartEncoder(NAME)
    return decode(b"".join([encoder.send(part) for part in parts]) + encoder.close())


# Each row: what the server sends after the first event and before STOP, and the parts of it.
CONTENT: dict[str, tuple[list[dict[str, Any] | str], list[Part]]] = {
    "text": ([answer({"text": "Hel"}), answer({"text": "lo"})], [TextDelta("Hel"), TextDelta("lo")]),
    "several parts": ([answer({"text": "a"}, {"text": "b"})], [TextDelta("a"), TextDelta("b")]),
    "empty text": ([answer({"text": ""})], []),
    "no parts": ([{"candidates": [{"content": {"role": "model"}}]}], []),
    "no content": ([{"candidates": [{"index": 0, "safetyRatings": []}]}], []),
    "thought": ([answer({"text": "Hm", "thought": True})], [ReasoningDelta("Hm")]),
    "empty thought": ([answer({"text": "", "thought": True})], []),
    "signed thought": (
        [answer({"text": "Hm", "thought": True, "thoughtSignature": "c2ln"})],
        [ReasoningDelta("Hm", signature="c2ln")],
    ),
    "signature alone": ([answer({"text": "", "thoughtSignature": "c2ln"})], [ReasoningDelta("", signature="c2ln")]),
    "signed text": (
        [answer({"text": "x", "thoughtSignature": "c2ln"})],
        [TextDelta("x"), ReasoningDelta("", signature="c2ln")],
    ),
    "text with a member yet to come": ([answer({"text": "x", "partMetadata": {}})], [TextDelta("x")]),
    "executableCode": (
        [answer({"executableCode": {"code": "1"}, "thoughtSignature": "c2ln"})],
        [Other("executableCode", {"executableCode": {"code": "1"}, "thoughtSignature": "c2ln"}, NAME, 0)],
    ),
    "a thought that is an image": (
        [answer({"thought": True, "inlineData": {}})],
        [Other("inlineData", {"thought": True, "inlineData": {}}, NAME, 0)],
    ),
    "metadata": (
        [answer({"text": "x"}, citationMetadata={"a": 1}, groundingMetadata={}, urlContextMetadata={"b": 1})],
        [
            TextDelta("x"),
            Other("citationMetadata", {"a": 1}, NAME),
            Other("urlContextMetadata", {"b": 1}, NAME),
        ],
    ),
    "an unknown payload": ([answer({"text": "x"}), {"news": 1}], [TextDelta("x"), Other("message", {"news": 1}, NAME)]),
    "blank data": ([" "], []),
    "a finishReason on every event": ([answer({"text": "x"}, finishReason="STOP", index=0)], [TextDelta("x")]),
    "an unset finishReason": ([answer(finishReason="FINISH_REASON_UNSPECIFIED")], []),
    # hostile
    "members of the wrong type": (
        [
            {"candidates": {}, "usageMetadata": [], "promptFeedback": 1, "error": None},
            {"candidates": [1, {"content": []}, {"content": {"parts": {}}}]},
            answer(1, {}, {"text": 1}, {"thought": "x"}, {"thoughtSignature": 1, "text": []}),
        ],
        [],
    ),
    "indexes of the wrong type": (
        [{"candidates": [{"content": {"parts": [{"text": "x"}]}, "index": i}]} for i in ([], -1, 128, True, 1e9)],
        [TextDelta("x")] * 5,
    ),
    # calls
    "call": ([call(name="f", args={"a": [1]}, id="c")], whole('{"a":[1]}', id="c")),
    "call without arguments": ([call(name="f")], whole("{}")),
    "call without a name": ([call(args={})], whole("{}", name=None)),
    "calls at once": (
        [answer({"functionCall": {"name": "f"}}, {"functionCall": {"name": "f"}})],
        whole("{}") + whole("{}", 1),
    ),
    "signed call": (
        [answer({"functionCall": {"name": "f"}}, {"functionCall": {"name": "f"}, "thoughtSignature": "c2ln"})],
        [*whole("{}"), ReasoningDelta("", "call1", "c2ln"), *whole("{}", 1)],
    ),
    "the end of no call": (
        [call(), answer({"functionCall": {}, "thoughtSignature": "c2ln"})],
        [ReasoningDelta("", 0, "c2ln")],
    ),
    "call with a lone surrogate": ([call(name="f", args={"a": "\ud800"})], whole('{"a":"\\ud800"}')),
    # streamed calls
    "streamed call": (
        [
            call(name="f", willContinue=True, id="c"),
            values(piece("$.a", more=True, stringValue="Bos")),
            values(piece("$.a", more=True, stringValue="ton")),
            values(piece("$.a", stringValue="")),
            call(),
        ],
        whole('{"a":"Boston"}', id="c"),
    ),
    "streamed call without values": ([call(name="f", willContinue=True), call()], whole("{}")),
    "streamed call whose last event says so": (
        [call(name="f", willContinue=True), values(piece("$.a", numberValue=1), more=False)],
        whole('{"a":1}'),
    ),
    "streamed call in one event": ([call(name="f", partialArgs=[piece("$.a", boolValue=True)])], whole('{"a":true}')),
    "values of each kind, in their places": (
        [
            call(name="f", willContinue=True),
            values(
                piece("$.a[0].b", numberValue=0.5),
                piece("$.a[0]['c d']", boolValue=False),
                piece("$.a[1][0]", nullValue="NULL_VALUE"),
                piece('$.a[1][1]["x\\"y"]', stringValue="z"),
                piece("$['']", numberValue=1),
                more=False,
            ),
        ],
        whole('{"a":[{"b":0.5,"c d":false},[null,{"x\\"y":"z"}]],"":1}'),
    ),
    "a string that ends without a value": (
        [
            call(name="f", willContinue=True),
            values(piece("$.a", True, stringValue="1"), piece("$.b", True, stringValue="2")),
            values(piece("$.a"), piece("$.b", numberValue=3)),
        ],
        whole('{"a":"1","b":3}'),
    ),
    "interleaved strings": (
        [
            call(name="f", willContinue=True),
            values(piece("$.a[0]", True, stringValue="1"), piece("$.a[1]", True, stringValue="2")),
            values(piece("$.a[0]", True, stringValue="3"), piece("$.a[1]", True, stringValue="4")),
        ],
        whole('{"a":["13","24"]}'),
    ),
    "a value said again replaces": (
        [
            call(name="f", willContinue=True),
            values(piece("$.a", stringValue="1"), piece("$.a", stringValue="2"), more=False),
        ],
        whole('{"a":"2"}'),
    ),
    "a new call ends the one before it": (
        [call(name="f", willContinue=True), call(name="g", willContinue=True), call(name="h", args={})],
        whole("{}") + whole("{}", 1, name="g") + whole("{}", 2, name="h"),
    ),
    "text ends the call before it": (
        [call(name="f", willContinue=True), answer({"text": "x"})],
        [*whole("{}"), TextDelta("x")],
    ),
    "a signed streamed call": (
        [
            answer({"functionCall": {"name": "f", "willContinue": True}, "thoughtSignature": "c2ln"}),
            answer({"functionCall": {}, "thoughtSignature": "c2k="}),
        ],
        [ReasoningDelta("", "call0", "c2ln"), ReasoningDelta("", "call0", "c2k="), *whole("{}")],
    ),
    # usage
    "usage that changes": (
        [
            {**answer({"text": "x"}), **counts(5, total=5)},
            {**answer(), **counts(5, total=5)},
            {**answer(), **counts(5, 2, 7)},
            {**answer(), **counts(5, 2, 10, 3)},
            {**answer(), **counts(5, total=9, thoughts=4)},
            {**answer(), **counts(5, 1, total=9, thoughts=4)},
        ],
        [
            TextDelta("x"),
            Usage(5, None, 5),
            Usage(5, 2, 7),
            Usage(5, 5, 10, None, None, 3),
            Usage(5, 4, 9, None, None, 4),
            Usage(5, 5, 9, None, None, 4),
        ],
    ),
    "usage of tools and cache": (
        [counts(5, 2, 20, toolUsePromptTokenCount=13, cachedContentTokenCount=4), counts(trafficType="ON_DEMAND")],
        [Usage(18, 2, 20, 4)],
    ),
    "usage of too many digits": (
        [
            counts(1 << 63, 1 << 63, 10**4299, 1 << 63, cachedContentTokenCount=1 << 63),
            counts((1 << 63) - 1, 3, 4, (1 << 63) - 1, toolUsePromptTokenCount=1),
        ],
        [Usage((1 << 63) - 1, (1 << 63) - 1, 4, None, None, (1 << 63) - 1)],
    ),
    "usage of the wrong type": (
        [
            counts("5", -1, 1.5, [], cachedContentTokenCount="x"),
            counts(5, toolUsePromptTokenCount=None, cachedContentTokenCount=1),
            counts(-1, "x", -1, -1, cachedContentTokenCount=None),
        ],
        [Usage(5, cache_read_tokens=1)],
    ),
}


@pytest.mark.parametrize("row", CONTENT)
def test_content(row: str) -> None:
    sent, parts = CONTENT[row]
    stream = sse({**answer(), "responseId": "r1", "modelVersion": "gemini-x"}, *sent, STOP)
    end = CALLED if any(part.kind == "tool_call" for part in parts) else STOPPED
    assert decode(stream) == [BEGUN, *parts, *end]
    decoder = PartDecoder(NAME)
    assert [p for i in range(len(stream)) for p in decoder.feed(stream[i : i + 1])] + decoder.close() == [
        BEGUN,
        *parts,
        *end,
    ]


@pytest.mark.parametrize("row", CONTENT)
def test_same_dialect_in_and_out(row: str) -> None:
    sent, _ = CONTENT[row]
    parts = decode(sse({**answer(), "responseId": "r1", "modelVersion": "gemini-x"}, *sent, STOP))
    usages = [part for part in parts if isinstance(part, Usage)][-1:]
    kept = [part for part in parts if not isinstance(part, Usage) or part in usages]
    if row == "a signed streamed call":  # a call has one place for a signature
        kept.remove(ReasoningDelta("", "call0", "c2ln"))
    got = again(parts)
    assert [part for part in got if part.kind != "usage"] == [part for part in kept if part.kind != "usage"]
    if row == "usage of the wrong type":
        usages = [Usage(5, cache_read_tokens=1)]
    assert [part for part in got if part.kind == "usage"] == usages


# Each row: payloads after a good first event, and the message of the Invalid that the last one is.
BROKEN: dict[str, tuple[list[dict[str, Any] | str], str]] = {
    "no JSON": (['{"candidates":'], "the data is no JSON"),
    "no object": (["1"], "the data is no JSON object"),
    "number of 10,000 digits": (
        ['{"usageMetadata":{"promptTokenCount":' + "9" * 10_000 + "}}"],
        "the data is no JSON",
    ),
    "infinite argument": (['{"candidates":[{"content":{"parts":[{"functionCall":{"args":{"a":1e999}}}]}}]}'], "a call"),
    "args and more to come": ([call(name="f", args={"a": 1}, willContinue=True)], "it has args, and is to continue"),
    "value without a path": ([call(name="f", partialArgs=[1])], "it has no jsonPath"),
    "path that is none": ([call(name="f", partialArgs=[piece("a", numberValue=1)])], "'a' is no JSON path"),
    "path to the root": ([call(name="f", partialArgs=[piece("$", numberValue=1)])], "'$' is no JSON path"),
    "path that is cut": ([call(name="f", partialArgs=[piece("$.a[", numberValue=1)])], "'$.a[' is no JSON path"),
    "path of 65 steps": ([call(name="f", partialArgs=[piece("$" + ".a" * 65, numberValue=1)])], "at most 64 steps"),
    "index past the end": ([call(name="f", partialArgs=[piece("$.a[9]", numberValue=1)])], "'9' is no place"),
    "index of an object": ([call(name="f", partialArgs=[piece("$[0]", numberValue=1)])], "'0' is no place"),
    "name in a string": (
        [call(name="f", partialArgs=[piece("$.a", stringValue="x"), piece("$.a.b", numberValue=1)])],
        "'b' is no place",
    ),
    "no value": ([call(name="f", partialArgs=[piece("$.a")])], "'$.a' has no value"),
    "value of the wrong type": ([call(name="f", partialArgs=[piece("$.a", numberValue=True)])], "'$.a' has no value"),
    "infinite value": ([call(name="f", partialArgs=[piece("$.a", numberValue=float("inf"))])], "'$.a' has no value"),
}


@pytest.mark.parametrize("row", BROKEN)
def test_what_cannot_be_read_is_invalid_and_runs_no_call(row: str) -> None:
    sent, message = BROKEN[row]
    first, _, invalid, text, *end = decode(sse(answer({"text": "a"}), *sent, call(), answer({"text": "b"}), STOP))
    # A call that is missing is no good end; what was no event of Gemini's says nothing of calls.
    stop = STOPPED if message.startswith("the data") else LOST
    assert (first.kind, invalid.kind, text, end) == ("start", "invalid", TextDelta("b"), stop)
    assert message in str(invalid.error)


UNPLACED = call(name="g", partialArgs=[piece("$.a[9]", numberValue=1)])


@pytest.mark.parametrize(
    ("sent", "end"),
    [
        ([call(name="f"), UNPLACED, STOP], LOST),
        ([UNPLACED, call(name="f"), STOP], LOST),
        ([UNPLACED, answer(finishReason="MAX_TOKENS")], [Finish("length", "MAX_TOKENS"), Done("eof")]),
        ([STOP, UNPLACED, "[DONE]"], [Finish("error"), Done("sentinel")]),
        ([call(name="f", willContinue=True), "[DONE]"], [Finish("error"), Done("sentinel")]),
        ([call(name="f"), "[DONE]"], [Finish("tool_call"), Done("sentinel")]),
    ],
)
def test_a_call_that_is_missing_is_no_good_finish(sent: list[Any], end: list[Part]) -> None:
    assert decode(sse(*sent))[-2:] == end
    for part in decode(sse(*sent)):
        assert part.kind != "tool_call" or part.name == "f"


def test_a_call_that_cannot_be_read_after_the_finish_is_no_success() -> None:
    with pytest.raises(TruncatedError):
        decode(sse(answer({"text": "x"}, finishReason="STOP"), UNPLACED))


def test_a_call_that_the_end_of_the_answer_cut_has_no_end() -> None:
    stream = sse(values(more=True) | call(name="f", willContinue=True), answer(finishReason="MAX_TOKENS"))
    assert decode(stream)[1:] == [ToolCallDelta("{}", name="f"), Finish("length", "MAX_TOKENS"), Done("eof")]


@pytest.mark.parametrize(
    "name", ["args", "text", "finishReason", "thoughtSignature", "partialArgs", "promptTokenCount"]
)
def test_deep_nesting_never_raises(name: str) -> None:
    for payload in (
        '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","%s":{"a":%s}},"%s":%s}]},"%s":%s}]}',
        '{"usageMetadata":{"%s":%s},"error":{"%s":%s},"promptFeedback":{"%s":%s}}',
    ):
        kinds = {part.kind for part in decode(sse(payload % ((name, DEEP) * 3), STOP))}
        assert kinds <= {"start", "tool_call", "block_end", "invalid", "error", "other", "finish", "done"}


@pytest.mark.parametrize("choices", [1, 17])
def test_calls_of_too_many_characters_are_invalid(choices: int) -> None:
    """Four million in all: the candidates have no such number each."""
    text = {"partialArgs": [piece("$.a", True, stringValue="x" * 250_000)], "willContinue": True}
    sent = [
        {"candidates": [{"index": i % choices, "content": {"parts": [{"functionCall": one}]}}]}
        for one, count in (({"name": "f", "willContinue": True}, choices), (text, 17))
        for i in range(count)
    ]
    decoder = PartDecoder(NAME)
    parts = decoder.feed(sse(*sent))
    assert [part.kind for part in parts] == ["start", "invalid"]
    assert "over 4194304 characters" in str(parts[1].error)


def test_small_values_in_deep_places_are_bounded_too() -> None:
    """An object counts, too: paths of two characters a step held 69 times what came."""
    deep = [piece(f"$.a[{i}]" + ".a" * 62, nullValue=0) for i in range(2000)]
    parts = decode(sse(call(name="f", willContinue=True), values(*deep), STOP))
    assert [part.kind for part in parts] == ["start", "invalid", "finish", "done"]
    assert "over 4194304 characters" in str(parts[1].error)


FINISHES = [
    ("STOP", "stop"),
    ("MAX_TOKENS", "length"),
    ("SAFETY", "content_filter"),
    ("RECITATION", "content_filter"),
    ("IMAGE_SAFETY", "content_filter"),
    ("MALFORMED_FUNCTION_CALL", "error"),
    ("OTHER", "other"),
    ("LANGUAGE", "other"),
]


@pytest.mark.parametrize(("word", "reason"), FINISHES)
def test_finish(word: str, reason: str) -> None:
    assert decode(sse(answer({"text": "x"}, finishReason=word)))[2:] == [Finish(reason, word), Done("eof")]
    assert encode(TextDelta("x"), Finish(reason, word))[-1]["candidates"][0]["finishReason"] == word


def test_an_unknown_finish_is_other() -> None:
    assert decode(sse(answer(finishReason="NEW")))[1:] == [Finish("other", "NEW"), Done("eof")]


def test_the_last_finish_counts() -> None:
    stream = sse(answer({"text": "x"}, finishReason="STOP"), answer(finishReason="RECITATION"))
    assert decode(stream)[1:] == [TextDelta("x"), Finish("content_filter", "RECITATION"), Done("eof")]


def test_a_call_and_another_finish() -> None:
    assert decode(sse(call(name="f"), answer(finishReason="MAX_TOKENS")))[-2] == Finish("length", "MAX_TOKENS")


@pytest.mark.parametrize("more", [answer({"text": "x"}), call(name="f", willContinue=True), answer({"inlineData": {}})])
def test_content_after_a_finish_is_to_be_finished_again(more: dict[str, Any]) -> None:
    stream = sse(answer(finishReason="STOP"), more)
    with pytest.raises(TruncatedError):
        decode(stream)
    assert decode(stream + sse(answer(finishReason="SAFETY")))[-2:] == [Finish("content_filter", "SAFETY"), Done("eof")]


def test_what_is_no_content_after_a_finish_leaves_it() -> None:
    late = {"candidates": [{"content": {"parts": [{"text": ""}]}, "groundingMetadata": {"a": 1}}], **counts(1)}
    assert decode(sse(answer(finishReason="STOP"), late))[1:] == [
        Other("groundingMetadata", {"a": 1}, NAME),
        Usage(1),
        *STOPPED,
    ]


@pytest.mark.parametrize("word", ["SAFETY", "OTHER", "JAILBREAK"])
def test_a_blocked_prompt(word: str) -> None:
    parts: list[Part] = [Finish("content_filter", word), Done("eof")]
    assert decode(sse({"promptFeedback": {"blockReason": word}})) == parts
    assert again(parts)[-2:] == parts


def test_feedback_on_a_prompt_that_was_answered() -> None:
    feedback = {"promptFeedback": {"safetyRatings": []}}
    assert decode(sse({**answer({"text": "x"}), **feedback}, STOP))[1:] == [TextDelta("x"), *STOPPED]
    assert decode(sse(feedback, STOP)) == [Start(), *STOPPED]


def test_several_candidates() -> None:
    both = {"candidates": [{"index": i, "content": {"parts": [{"text": str(i)}]}} for i in (0, 1)]}
    called = {
        "candidates": [{"index": 1, "content": {"parts": [{"functionCall": {"name": "f"}}]}, "finishReason": "STOP"}]
    }
    parts = decode(sse(both, called, STOP))
    assert parts[1:] == [
        TextDelta("0"),
        TextDelta("1", choice=1),
        *whole("{}", choice=1),
        Finish("stop", "STOP"),
        Finish("tool_call", "STOP", 1),
        Done("eof"),
    ]
    assert again(parts)[1:] == parts[1:]
    check(Decoder().feed(b"".join([PartEncoder(NAME).close()])))
    with pytest.raises(TruncatedError):
        decode(sse(both, called))


ERROR = {"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED", "details": []}}
ERRORS = {
    "in an event": sse(ERROR),
    "not framed": json.dumps(ERROR, indent=2).encode() + b"\n",
    "not framed, last line not ended": json.dumps(ERROR, indent=2).encode(),
    "not framed, in an array": json.dumps([ERROR], indent=2).encode() + b"\n",
}


@pytest.mark.parametrize("row", ERRORS)
@pytest.mark.parametrize("before", [b"", sse(answer({"text": "x"}, finishReason="STOP"))])
def test_errors(row: str, before: bytes) -> None:
    parts = decode(before + ERRORS[row])
    said = [Start(role="assistant"), TextDelta("x")] if before else []
    assert parts == [*said, Error("slow down", "RESOURCE_EXHAUSTED", 429, 429), Done("error")]
    assert again(parts) == parts


def test_an_error_of_other_wording() -> None:
    assert decode(sse({"error": "no"})) == [Error("no"), Done("error")]


@pytest.mark.parametrize(
    "payload", [answer({"text": "x"}, finishReason="STOP"), {"promptFeedback": {"blockReason": "X"}}]
)
def test_an_answer_that_is_not_streamed(payload: dict[str, Any]) -> None:
    assert decode(json.dumps(payload, indent=2).encode())[-1] == Done("eof")


def test_a_sentinel_that_a_gateway_adds() -> None:
    assert decode(sse(answer({"text": "x"}), "[DONE]"))[-2:] == [Finish("stop"), Done("sentinel")]


TRUNCATED = [
    b"",
    sse(answer({"text": "x"})),
    sse(STOP)[:-9],
    sse(STOP) + b'{\n "error": {',
    sse(answer(finishReason="FINISH_REASON_UNSPECIFIED")),
]


@pytest.mark.parametrize("stream", TRUNCATED)
def test_what_was_cut_is_no_success(stream: bytes) -> None:
    with pytest.raises(TruncatedError):
        decode(stream)


def test_a_cut_at_any_byte() -> None:
    stream = sse(answer({"text": "x"}), {**call(name="f"), **counts(1, 2, 3)}, STOP)
    for end in range(stream.rindex(b"}")):
        with pytest.raises(TruncatedError):
            decode(stream[:end])


def test_an_event_whose_blank_line_never_came() -> None:
    assert decode(sse(answer({"text": "x"}), STOP).rstrip())[2:] == STOPPED


# Each row: parts, and the pieces of content they are.
WRITTEN: dict[str, tuple[list[Part], list[Any]]] = {
    "text": ([TextDelta("x", 3)], [{"text": "x"}]),
    "refusal": ([TextDelta("x", refusal=True)], [{"text": "x"}]),
    "reasoning": ([ReasoningDelta("x")], [{"text": "x", "thought": True}]),
    "nothing": ([ReasoningDelta("")], []),
    "signature": ([ReasoningDelta("", signature="c2ln")], [{"text": "", "thoughtSignature": "c2ln"}]),
    "signatures that are no base64": (
        [
            ReasoningDelta("x", signature="a"),
            *(ReasoningDelta("", signature=s) for s in ("sig!", "a+_b", "abc==", "abd")),
        ],
        [{"text": "x", "thought": True}],
    ),
    "base64 in either alphabet": (
        [ReasoningDelta("", signature=s) for s in ("a+/b", "a-_b", "aw", "aw==", "abw=")],
        [{"text": "", "thoughtSignature": s} for s in ("a+/b", "a-_b", "aw", "aw==", "abw=")],
    ),
    "call": (
        [ToolCallDelta('{"a"', 5, "c", "f"), ToolCallDelta(":1}", 5), BlockEnd(5, "tool_call")],
        [{"functionCall": {"name": "f", "args": {"a": 1}, "id": "c"}}],
    ),
    "calls that are not ended, interleaved": (
        [ToolCallDelta("{", 0, name="f"), ToolCallDelta("", 1, name="g"), TextDelta("x"), ToolCallDelta("}", 0)],
        [{"text": "x"}, {"functionCall": {"name": "f", "args": {}}}, {"functionCall": {"name": "g", "args": {}}}],
    ),
    "what has no place": (
        [
            ToolCallDelta("{}", 0, name="f", server=True),
            BlockEnd(0, "tool_call"),
            BlockEnd(),
            Other("ping", None, "anthropic-messages"),
        ],
        [],
    ),
    "metadata": ([Other("citationMetadata", {"a": 1}, NAME)], [{"text": ""}]),
    "a second start": (
        [Start("1"), Finish("length"), Start("2"), ToolCallDelta("{}", 0, name="g")],
        [{"functionCall": {"name": "g", "args": {}}}],
    ),
    "what would be read as something else": (
        [
            Other("functionCall", {"inlineData": {}, "functionCall": {"name": "f"}}, NAME, 0),
            Other("text", {"text": "x"}, NAME, 0),
            Other("message", {"candidates": []}, NAME),
            Other("message", {"error": {}, "modelVersion": "x"}, NAME),
            Other("message", {"error": {"code": 1}}, NAME),
            Other("message", [1], NAME),
        ],
        [],
    ),
}


@pytest.mark.parametrize("row", WRITTEN)
def test_written_content(row: str) -> None:
    parts, written = WRITTEN[row]
    assert pieces(*parts) == written


def test_an_unknown_payload_is_written_as_it_was() -> None:
    encoder = PartEncoder(NAME)
    assert encoder.send(Other("message", {"news": 1}, NAME)) == b'data: {"news":1}\r\n\r\n'


def test_the_whole_of_an_answer() -> None:
    sent = (Start("r1", "m", "assistant"), TextDelta("x"), Usage(5, 4, None, 2, 1, 3), Finish("length", "max_tokens"))
    head = {"modelVersion": "m", "responseId": "r1"}
    content = {"role": "model"}
    assert encode(*sent, Done("event")) == [
        {"candidates": [{"content": {"parts": [{"text": "x"}], **content}, "index": 0}], **head},
        {
            "candidates": [
                {"content": {"parts": [{"text": ""}], **content}, "finishReason": "MAX_TOKENS", "index": 0},
            ],
            "usageMetadata": {
                "promptTokenCount": 5,
                "candidatesTokenCount": 1,
                "totalTokenCount": 9,
                "cachedContentTokenCount": 2,
                "thoughtsTokenCount": 3,
            },
            **head,
        },
    ]


def test_nothing_is_an_answer_too() -> None:
    (event,) = encode(id="i", model="m")
    assert (event["responseId"], event["modelVersion"]) == ("i", "m")
    assert event["candidates"][0]["finishReason"] == "STOP"


ENDS = [
    (Finish("stop", "end_turn"), "STOP"),
    (Finish("tool_call", "tool_use"), "STOP"),
    (Finish("content_filter", "refusal"), "SAFETY"),
    (Finish("error"), "OTHER"),
    (Finish("other", "pause_turn"), "OTHER"),
    (Finish("length", "STOP"), "MAX_TOKENS"),
]


@pytest.mark.parametrize(("finish", "word"), ENDS)
def test_finish_of_another_dialect(finish: Finish, word: str) -> None:
    assert encode(TextDelta("x"), finish)[-1]["candidates"][0]["finishReason"] == word


COUNTED = [
    (Usage(), {}),
    (Usage(1), {"promptTokenCount": 1}),
    (Usage(1, 2, 4), {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 4}),
    (Usage(None, 2, reasoning_tokens=9), {"candidatesTokenCount": 0, "thoughtsTokenCount": 2}),
    (Usage(reasoning_tokens=9), {"thoughtsTokenCount": 9}),
]


@pytest.mark.parametrize(("usage", "written"), COUNTED)
def test_written_usage(usage: Usage, written: dict[str, int]) -> None:
    assert encode(TextDelta("x"), usage)[-1]["usageMetadata"] == written


FAILED = [
    (Error("m", "overloaded_error", None, 503), (503, "UNAVAILABLE")),
    (Error("m", "x", "rate_limit", 429), (429, "RESOURCE_EXHAUSTED")),
    (Error("m"), (500, "INTERNAL")),
    (Error("m", "NEW", 418), (418, "NEW")),
    (Error("m", None, 418), (418, "UNKNOWN")),
]


@pytest.mark.parametrize(("error", "said"), FAILED)
def test_written_error(error: Error, said: tuple[int, str]) -> None:
    *_, event = encode(TextDelta("x"), ToolCallDelta("{", 0, name="f"), Usage(1), error)
    assert event == {"error": {"code": said[0], "message": "m", "status": said[1]}}


def test_after_an_error_no_call_is_written_and_no_finish() -> None:
    called = [ToolCallDelta("{}", 0, name="f"), ToolCallDelta('{"a":', 1, name="g")]
    said = [Start("r", "m"), TextDelta("x"), *called, Usage(1), Error("no", "ABORTED", 409, 409)]
    more = [BlockEnd(0, "tool_call"), ToolCallDelta("{}", 2, name="h"), Finish("tool_call"), Done("event")]
    text, used, error = encode(*said, *more)
    assert text["candidates"][0]["content"]["parts"] == [{"text": "x"}]
    assert (used["usageMetadata"], used.keys() & {"candidates"}) == ({"promptTokenCount": 1}, set())
    assert again([*said, *more]) == [Start("r", "m", "assistant"), TextDelta("x"), Usage(1), said[-1], Done("error")]
    assert error["error"]["message"] == "no"
    # A second one says only itself.
    encoder = PartEncoder(NAME)
    _ = [encoder.send(part) for part in said]
    assert encoder.send(Error("no")).count(b"data:") == 1


def test_a_response_keeps_its_id() -> None:
    events = encode(Start("r", "m"), TextDelta("x"), Start("s", "n", choice=1), TextDelta("y", choice=1))
    assert {(event["responseId"], event["modelVersion"]) for event in events} == {("r", "m")}


REFUSED: dict[str, list[Part]] = {
    "a second message": [Start("1"), ToolCallDelta("{", 0, name="f"), Start("2")],
    "arguments cut": [ToolCallDelta('{"a":', 0, name="f"), BlockEnd(0, "tool_call")],
    "arguments of another type": [ToolCallDelta("[]", 0, name="f"), BlockEnd(0, "tool_call")],
    "arguments too deep": [ToolCallDelta('{"a":' + "[" * 100_000, 0, name="f"), BlockEnd(0, "tool_call")],
    "arguments that are no JSON": [ToolCallDelta('{"a":NaN}', 0, name="f"), BlockEnd(0, "tool_call")],
}


@pytest.mark.parametrize("row", REFUSED)
def test_what_cannot_be_said_is_refused_and_no_success(row: str) -> None:
    encoder = PartEncoder(NAME)
    with pytest.raises(EncodeError):
        _ = [encoder.send(part) for part in REFUSED[row]]
    assert encoder.close() == b""


ELSEWHERE: dict[str, Part] = {
    "free text": ToolCallDelta("x", 0, name="f", json=False),
    "a call in disguise": Other("x", {"functionCall": {"name": "f"}}, block=0),
    "an end in disguise": Other("x", {"candidates": [{"finishReason": "STOP"}]}),
    "no object": Other("x", [1]),
}


@pytest.mark.parametrize("row", ELSEWHERE)
def test_what_has_no_place_is_refused_and_the_stream_goes_on(row: str) -> None:
    encoder = PartEncoder(NAME)
    encoder.send(TextDelta("x"))
    with pytest.raises(EncodeError):
        encoder.send(ELSEWHERE[row])
    assert b"finishReason" in encoder.close()


def test_a_call_that_cannot_be_said_at_the_end() -> None:
    encoder = PartEncoder(NAME)
    encoder.send(ToolCallDelta("{", 0, name="f"))
    with pytest.raises(EncodeError):
        encoder.close()
    assert encoder.close() == b""


def test_a_truncated_source_is_no_success() -> None:
    transcoder = Transcoder("openai-chat", NAME)
    data = transcoder.feed(b'data: {"id":"1","choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n')
    with pytest.raises(TruncatedError) as caught:
        transcoder.close()
    events: list[Event] = Decoder().feed(data + caught.value.data)
    check(events)
    assert events[-1].json()["error"]["code"] == 500
