"""The google-adk dialect: bytes in, parts out; parts in, events out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import all_cuts, gather, read, sse, whole, write

from sse_core import Decoder, DialectError, EncodeError, Event
from sse_core.dialects import (
    BlockEnd,
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
)

NAME = "google-adk"
EOF = Done("eof")
ACTIONS = {"stateDelta": {}, "artifactDelta": {}, "requestedAuthConfigs": {}}


def event(*pieces: Any, author: str = "demo", **members: Any) -> dict[str, Any]:
    """An event as the server writes it: with the members that say nothing."""
    content = {"content": {"parts": list(pieces), "role": "model"}} if pieces else {}
    return {**content, "author": author, "actions": ACTIONS, "nodeInfo": {"path": ""}, "timestamp": 1.5, **members}


def partial(*pieces: Any, **members: Any) -> dict[str, Any]:
    return event(*pieces, partial=True, **members)


def text(said: str, **members: Any) -> dict[str, Any]:
    return {"text": said, **members}


def thought(said: str) -> dict[str, Any]:
    return {"text": said, "thought": True}


def call(id: Any = "c1", name: Any = "f", args: Any = None) -> dict[str, Any]:
    return {"functionCall": {"id": id, "name": name, "args": args or {}}}


def response(id: Any = "c1") -> dict[str, Any]:
    return {"functionResponse": {"id": id, "name": "f", "response": {"n": 1}}}


def called(id: str = "c1", server: bool = True, arguments: str = "{}") -> list[Part]:
    return [ToolCallDelta(arguments, id, id, "f", server), BlockEnd(id, "tool_call")]


def other(name: str, data: Any, block: str | None = None) -> Other:
    return Other(name, data, NAME, block)


ANSWERED = other("functionResponse", response(), "c1")
STOP: list[Part] = [Finish("stop", "STOP"), EOF]
SAID: list[Part] = [TextDelta("Hi", "demo"), BlockEnd("demo")]
DECODED: dict[str, tuple[list[Any], list[Part]]] = {
    "fragments, and the whole that repeats them": (
        [
            partial(thought("Hm"), invocationId="e-1", modelVersion="m"),
            partial(text("Hel"), invocationId="e-1"),
            partial(text("lo")),
            event(thought("Hm"), text("Hello"), partial=False, finishReason="STOP"),
        ],
        [
            Start("e-1", "m", "assistant"),
            ReasoningDelta("Hm", "demo"),
            TextDelta("Hel", "demo"),
            TextDelta("lo", "demo"),
            BlockEnd("demo", "reasoning"),
            BlockEnd("demo"),
            *STOP,
        ],
    ),
    "the whole alone": (
        [event(thought("Hm"), text("Hel"), text("lo"), modelVersion="m")],
        [
            Start(None, "m", "assistant"),
            ReasoningDelta("Hm", "demo"),
            TextDelta("Hel", "demo"),
            TextDelta("lo", "demo"),
            BlockEnd("demo", "reasoning"),
            BlockEnd("demo"),
            Finish("stop"),
            EOF,
        ],
    ),
    "the whole says more than its fragments": (
        [partial(text("He")), event(text("Hel"), text("lo"), finishReason="STOP")],
        [TextDelta("He", "demo"), TextDelta("l", "demo"), TextDelta("lo", "demo"), BlockEnd("demo"), *STOP],
    ),
    "the whole says another text: what was said stays": (
        [partial(text("Hello")), event(text("Goodbye"), finishReason="STOP")],
        [
            TextDelta("Hello", "demo"),
            other("content", {"parts": [text("Goodbye")], "role": "model"}, "demo"),
            BlockEnd("demo"),
            *STOP,
        ],
    ),
    "the whole says another text that ends alike": (
        [partial(text("Yes. " + "a" * 99)), event(text("Nay. " + "a" * 99), finishReason="STOP")],
        [
            TextDelta("Yes. " + "a" * 99, "demo"),
            other("content", {"parts": [text("Nay. " + "a" * 99)], "role": "model"}, "demo"),
            BlockEnd("demo"),
            *STOP,
        ],
    ),
    "the whole says less": (
        [partial(text("Hello")), event(text("He"), finishReason="STOP")],
        [
            TextDelta("Hello", "demo"),
            other("content", {"parts": [text("He")], "role": "model"}, "demo"),
            BlockEnd("demo"),
            *STOP,
        ],
    ),
    "the whole has nothing of it, only the end": (
        [partial(text("Hi")), event(finishReason="STOP")],
        [TextDelta("Hi", "demo"), *STOP],
    ),
    "of a fragment only the text counts": (
        [
            partial({"functionCall": {"name": "f", "partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}]}}),
            partial(call(), finishReason="STOP", usageMetadata={"promptTokenCount": 9}, errorCode="500"),
            event(call(), finishReason="STOP", longRunningToolIds=["c1"]),
        ],
        [*called(server=False), Finish("tool_call", "STOP"), EOF],
    ),
    "a call that ADK runs, its response, and the answer": (
        [
            partial(text("Let me")),
            event(text("Let me"), call(args={"a": "é"}), finishReason="STOP", longRunningToolIds=[]),
            event(response()),
            partial(text("One")),
            event(text("One"), finishReason="STOP"),
        ],
        [
            TextDelta("Let me", "demo"),
            *called(arguments='{"a":"é"}'),
            BlockEnd("demo"),
            ANSWERED,
            TextDelta("One", "demo"),
            BlockEnd("demo"),
            *STOP,
        ],
    ),
    "a long-running call is the client's, until it is answered": (
        [event(call(), longRunningToolIds=["c1"]), event(response()), event(text("Hi"), finishReason="STOP")],
        [*called(server=False), ANSWERED, *SAID, *STOP],
    ),
    "calls without ids": (
        [event({"functionCall": {"name": "f"}}, call(id=7, args=[]), longRunningToolIds=[7]), event(text("Hi"))],
        [
            ToolCallDelta("{}", 0, None, "f", True),
            BlockEnd(0, "tool_call"),
            ToolCallDelta("{}", 1, None, "f", True),
            BlockEnd(1, "tool_call"),
            *SAID,
            Finish("stop"),
            EOF,
        ],
    ),
    "agents at once: each has its own text": (
        [
            partial(text("A"), author="a", branch="p.a"),
            partial(text("B"), author="b", branch="p.b"),
            event(text("B"), author="b", branch="p.b"),
            event(text("Ab"), author="a", branch="p.a", finishReason="STOP"),
        ],
        [
            TextDelta("A", "p.a"),
            TextDelta("B", "p.b"),
            BlockEnd("p.b"),
            TextDelta("b", "p.a"),
            BlockEnd("p.a"),
            *STOP,
        ],
    ),
    "actions and metadata": (
        [
            event(actions={**ACTIONS, "stateDelta": {"k": 1}}),
            event(text("Hi"), actions={"artifactDelta": {"f": 1}}, groundingMetadata={"g": 1}, customMetadata={}),
            event(citationMetadata={"c": 1}),
        ],
        [
            other("actions", {**ACTIONS, "stateDelta": {"k": 1}}),
            other("actions", {"artifactDelta": {"f": 1}}),
            other("groundingMetadata", {"g": 1}),
            *SAID,
            other("citationMetadata", {"c": 1}),
            Finish("stop"),
            EOF,
        ],
    ),
    "actions between the fragments of a turn": (
        [partial(text("H")), event(actions={"stateDelta": {"k": 1}}), partial(text("i")), event(text("Hi"))],
        [
            TextDelta("H", "demo"),
            other("actions", {"stateDelta": {"k": 1}}),
            TextDelta("i", "demo"),
            BlockEnd("demo"),
            Finish("stop"),
            EOF,
        ],
    ),
    "a user's event, and what is none": (
        [event(text("Hi"), author="user"), {"a": 1}, event(), event(text("Hi"))],
        [
            other("message", event(text("Hi"), author="user")),
            other("message", {"a": 1}),
            other("message", event()),
            *SAID,
            Finish("stop"),
            EOF,
        ],
    ),
    "other pieces": (
        [
            event({"executableCode": {"code": "1"}}, {"codeExecutionResult": {"output": "1"}}),
            event({"thoughtSignature": "c2ln"}, {"inlineData": {"data": ""}}, text("Hi")),
        ],
        [
            other("executableCode", {"executableCode": {"code": "1"}}, "demo"),
            other("codeExecutionResult", {"codeExecutionResult": {"output": "1"}}, "demo"),
            other("inlineData", {"inlineData": {"data": ""}}, "demo"),
            *SAID,
            Finish("stop"),
            EOF,
        ],
    ),
    "usage: the sum of the requests": (
        [
            event(
                call(),
                usageMetadata={
                    "promptTokenCount": 10,
                    "toolUsePromptTokenCount": 1,
                    "candidatesTokenCount": 5,
                    "thoughtsTokenCount": 2,
                    "totalTokenCount": 18,
                },
            ),
            event(response()),
            event(text("Hi"), usageMetadata={"promptTokenCount": 20, "cachedContentTokenCount": 4}),
        ],
        [
            *called(),
            Usage(11, 7, 18, reasoning_tokens=2),
            ANSWERED,
            *SAID,
            Usage(31, 7, 18, 4, None, 2),
            Finish("stop"),
            EOF,
        ],
    ),
    "a finish that is no stop is an errorCode, too": (
        [event(text("Hi"), finishReason="MAX_TOKENS", errorCode="MAX_TOKENS")],
        [*SAID, Finish("length", "MAX_TOKENS"), EOF],
    ),
    "one that nobody knows": (
        [event(text("Hi"), finishReason="NEW", errorCode="NEW")],
        [*SAID, Finish("other", "NEW"), EOF],
    ),
    "a blocked prompt": ([event(errorCode="SAFETY")], [Finish("content_filter", "SAFETY"), EOF]),
    "no finish at all": (
        [event(text("Hi"), finishReason="FINISH_REASON_UNSPECIFIED")],
        [*SAID, Finish("stop"), EOF],
    ),
    "an error of the model": (
        [partial(text("Hi")), event(errorCode="429", errorMessage="Busy")],
        [TextDelta("Hi", "demo"), Error("Busy", None, "429"), Done("error")],
    ),
    "one without a message": ([event(errorCode="X")], [Error("X", None, "X"), Done("error")]),
    "an error of the run": (
        [{"error": "ValueError: no", "error_details": {"error_type": "ValueError", "error_message": "no"}}],
        [Error("ValueError: no", "ValueError"), Done("error")],
    ),
    "an error without a word": (
        [{"error": ""}],
        [Error("the server sent an error without a message"), Done("error")],
    ),
    "an error of older servers": ([{"error": "no"}], [Error("no"), Done("error")]),
    "a response that is the last": (
        [event(call()), event(response(), actions={"skipSummarization": True})],
        [*called(), other("actions", {"skipSummarization": True}), ANSWERED, Finish("stop"), EOF],
    ),
    "members of the wrong types": (
        [
            event(5, text(["x"]), {"functionCall": []}, author=[], branch={}, invocationId=[], modelVersion=5),
            event(text("Hi"), usageMetadata=[], finishReason=5, actions=5, longRunningToolIds={}),
        ],
        [other("functionCall", {"functionCall": []}, ""), *SAID, Finish("stop"), EOF],
    ),
}


@pytest.mark.parametrize(("payloads", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(payloads: list[Any], parts: list[Part]) -> None:
    stream = sse(*payloads)
    assert whole(NAME, stream) == parts
    for chunks in list(all_cuts(stream))[:: max(1, len(stream) // 40)]:
        assert whole(NAME, *chunks) == parts


@pytest.mark.parametrize(("payloads", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(payloads: list[Any], parts: list[Part]) -> None:
    again = whole(NAME, write(NAME, parts))
    sent, found = gather(parts), gather(again)
    # A run that is written is of one agent.
    assert sorted(found.text) == sorted(sent.text)
    assert (found.reasoning, found.usage) == (sent.reasoning, sent.usage)
    assert [(one.name, one.arguments, one.server) for one in found.tool_calls] == [
        (one.name, one.arguments, one.server) for one in sent.tool_calls
    ]
    assert (found.error and found.error.message) == (sent.error and sent.error.message)
    assert sent.error or found.finish_reason == sent.finish_reason
    # A whole that said another text would say it here.
    assert [(one.name, one.data) for one in found.others] == [
        (one.name, one.data) for one in sent.others if one.name != "content"
    ]


CUT: dict[str, list[Any]] = {
    "nothing": [],
    "fragments": [partial(text("Hi"))],
    "fragments of the next turn": [event(text("Hi")), partial(text("Ho"))],
    "fragments of a call": [partial({"functionCall": {"name": "f"}})],
    "a call that ADK runs": [event(text("Hi"), call())],
    "its response": [event(call()), event(response())],
    "its response, and then actions": [event(call()), event(response()), event(actions={"artifactDelta": {"f": 1}})],
    "the result of code": [event({"codeExecutionResult": {}})],
    "a user's event": [event(text("Hi"), author="user")],
}


@pytest.mark.parametrize("payloads", CUT.values(), ids=CUT)
def test_a_cut_is_told(payloads: list[Any]) -> None:
    assert read(NAME, sse(*payloads))[1] == "google-adk: the stream ended before a final response"


def test_half_an_event_is_a_cut() -> None:
    stream = sse(event(text("Hi")), event(text("Ho")))
    assert read(NAME, stream[:-30])[1] == "google-adk: the stream ended inside an event"


def test_agents_past_the_most_are_not_waited_for() -> None:
    stream = sse(*[partial(text("x"), branch=f"b{n}") for n in range(400)], event(text("Hi"), author="z"))
    assert read(NAME, stream)[1] is not None
    # Of a text that is forgotten the whole is said again: 400 agents at once are no answer.
    decoder = PartDecoder(NAME)
    decoder.feed(stream)
    assert TextDelta("x", "b0") in decoder.feed(sse(event(text("x"), branch="b0")))
    assert TextDelta("x", "b399") not in decoder.feed(sse(event(text("x"), branch="b399")))


def payloads_of(*parts: Part, **options: Any) -> list[Any]:
    return [json.loads(one.data) for one in Decoder().feed(write(get(NAME, **options), parts))]


def content(*pieces: Any, role: str = "model") -> dict[str, Any]:
    return {"parts": list(pieces), "role": role}


def ours(**members: Any) -> dict[str, Any]:
    return {"author": "agent", **members}


LAST = {"partial": False, "finishReason": "STOP"}
ENCODED: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing": ([], [ours(content=content(text("")), **LAST)]),
    "text, and the whole": (
        [Start("e-1", "m"), TextDelta("Hel"), TextDelta(""), TextDelta("lo"), BlockEnd(), Usage(3, 4, None, 1, 2, 1)],
        [
            {"modelVersion": "m", "invocationId": "e-1", **ours(content=content(text("Hel")), partial=True)},
            {"modelVersion": "m", "invocationId": "e-1", **ours(content=content(text("lo")), partial=True)},
            {
                "modelVersion": "m",
                "invocationId": "e-1",
                **ours(content=content(text("Hello")), **LAST),
                "usageMetadata": {
                    "promptTokenCount": 3,
                    "candidatesTokenCount": 3,
                    "totalTokenCount": 7,
                    "cachedContentTokenCount": 1,
                    "thoughtsTokenCount": 1,
                },
            },
        ],
    ),
    "reasoning, without its signature": (
        [ReasoningDelta("Hm"), ReasoningDelta("", signature="s"), TextDelta("Hi"), Finish("content_filter")],
        [
            ours(content=content(thought("Hm")), partial=True),
            ours(content=content(text("Hi")), partial=True),
            ours(content=content(thought("Hm"), text("Hi")), partial=False, finishReason="SAFETY", errorCode="SAFETY"),
        ],
    ),
    "the client's calls are long-running": (
        [ToolCallDelta("", 0, "c1", "f"), ToolCallDelta("", 1, None, "f"), ToolCallDelta('{"a":1}', 1)],
        [
            ours(
                content=content(call(), call("call-1", args={"a": 1})),
                longRunningToolIds=["c1", "call-1"],
                **LAST,
            )
        ],
    ),
    "a call that the provider ran is none to end with": (
        [ToolCallDelta("{}", 0, "c1", "f", server=True), BlockEnd(0, "tool_call")],
        [ours(content=content(call()), partial=False), ours(content=content(text("")), **LAST)],
    ),
    "an Other comes after what is whole": (
        [TextDelta("Hi"), *called(), ANSWERED, other("actions", {"escalate": True}), Finish("stop")],
        [
            ours(content=content(text("Hi")), partial=True),
            ours(content=content(text("Hi"), call()), partial=False),
            ours(content=content(response(), role="user")),
            ours(actions={"escalate": True}),
            ours(content=content(text("")), **LAST),
        ],
    ),
    "an Other waits for the call that is open": (
        [ToolCallDelta("{", 0, "c1", "f"), Other("message", {"a": 1}), ToolCallDelta("}", 0), Finish("stop")],
        [
            ours(content=content(call()), partial=False, longRunningToolIds=["c1"]),
            {"a": 1},
            ours(content=content(text("")), **LAST),
        ],
    ),
    "line ends that its client takes for some": (
        [TextDelta("\u2028\x85\u2029é")],
        [
            ours(content=content(text("\u2028\x85\u2029é")), partial=True),
            ours(content=content(text("\u2028\x85\u2029é")), **LAST),
        ],
    ),
    "an error, and nothing after it": (
        [TextDelta("Hi"), *called(server=False), Error("Busy", "Overloaded", 1, 503), TextDelta("!")],
        [
            ours(content=content(text("Hi")), partial=True),
            {"error": "Busy", "error_details": {"error_type": "Overloaded", "error_message": "Busy"}},
        ],
    ),
    "a finish that is an error of another's": (
        [TextDelta("Hi"), Finish("error", "failed")],
        [
            ours(content=content(text("Hi")), partial=True),
            {
                "error": "the answer ended in an error: failed",
                "error_details": {"error_message": "the answer ended in an error: failed"},
            },
        ],
    ),
    "its own": (
        [Finish("error", "MALFORMED_FUNCTION_CALL")],
        [
            ours(
                content=content(text("")),
                partial=False,
                finishReason="MALFORMED_FUNCTION_CALL",
                errorCode="MALFORMED_FUNCTION_CALL",
            )
        ],
    ),
}


@pytest.mark.parametrize(("parts", "payloads"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], payloads: list[Any]) -> None:
    assert payloads_of(*parts) == payloads


def test_the_author_is_an_option() -> None:
    assert {one["author"] for one in payloads_of(TextDelta("Hi"), author="demo")} == {"demo"}


@pytest.mark.parametrize(
    ("name", "data", "block"),
    [
        ("message", event(text("Hi")), None),
        ("message", {"error": "x"}, None),
        ("message", partial(text("Hi")), None),
        ("x", {"errorCode": "429"}, None),
        ("x", {"finishReason": "STOP"}, None),
        ("x", text("Hi"), "demo"),
        ("content", {"parts": [text("Hi")]}, "demo"),
        ("functionCall", call(), "demo"),
        ("functionResponse", call(), "demo"),
    ],
)
def test_an_other_is_nothing_else(name: str, data: Any, block: str | None) -> None:
    assert write(NAME, [Other(name, data, NAME, block)]) == write(NAME, [])
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other(name, data, None, block))


def test_what_was_lost_is_an_error_and_no_end() -> None:
    transcoder = Transcoder("openai-chat", NAME)
    stream = transcoder.feed(sse({"choices": [{"delta": {"content": "Hi"}}]}))
    with pytest.raises(Exception, match="ended") as caught:
        transcoder.close()
    stream += caught.value.data
    assert [part.kind for part in whole(NAME, stream)] == ["text", "error", "done"]


def test_after_an_invalid_comes_no_end() -> None:
    invalid = Invalid(Event("x"), DialectError("x"))
    last = payloads_of(TextDelta("Hi"), *called(server=False), invalid, Finish("stop"))[-1]
    assert last["error"] == "a part of the answer was lost"


def test_a_call_whose_arguments_are_no_object_is_refused_and_ends_as_an_error() -> None:
    encoder = PartEncoder(NAME)
    encoder.send(ToolCallDelta("[]", 0, "c1", "f"))
    with pytest.raises(EncodeError, match="must be a JSON object"):
        encoder.send(BlockEnd(0, "tool_call"))
    assert b'"error":"a part of the answer was lost"' in encoder.close()


def test_so_does_one_that_is_cut() -> None:
    [last] = payloads_of(ToolCallDelta("{", 0, "c1", "f"), Finish("length"))
    assert last["error"].startswith("arguments must be a JSON object")


def test_what_is_held_is_let_go() -> None:
    encoder = PartEncoder(NAME, max_size=10_000)
    for _ in range(100):
        encoder.send(TextDelta("x" * 1_000))
        encoder.send(BlockEnd())
        encoder.send(Other("actions", {"escalate": True}))
    assert b"STOP" in encoder.close()
