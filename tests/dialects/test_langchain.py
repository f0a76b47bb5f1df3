"""LangChain's messages, which langgraph and langserve stream: what a chunk means, and what a part is written as."""

from __future__ import annotations

import json
from typing import Any

import pytest
from reading import gather, read, whole, write

from sse_core import Decoder, EncodeError, LimitError
from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Other,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

NAMES = ("langgraph", "langserve")
both = pytest.mark.parametrize("name", NAMES)


def chunk(content: Any = "", **members: Any) -> dict[str, Any]:
    return {"type": "AIMessageChunk", "id": "m", "content": content, **members}


def call(args: Any = "", index: Any = 0, id: Any = None, name: Any = None) -> dict[str, Any]:
    return {"name": name, "args": args, "id": id, "index": index, "type": "tool_call_chunk"}


def calls(*fragments: Any, **members: Any) -> dict[str, Any]:
    return chunk(tool_call_chunks=list(fragments), **members)


def counted(input: Any, output: Any, total: Any, **details: Any) -> dict[str, Any]:
    return chunk(usage_metadata={"input_tokens": input, "output_tokens": output, "total_tokens": total, **details})


def ended(**members: Any) -> dict[str, Any]:
    return chunk(response_metadata=members)


def stream(name: str, messages: list[Any]) -> bytes:
    """The stream of messages, to its end."""
    if name == "langgraph":
        events = [("messages", [message, {"langgraph_node": "agent"}]) for message in messages]
    else:
        events = [("data", message) for message in messages]
    lines = [f"event: {type}\r\ndata: {json.dumps(data)}\r\n\r\n" for type, data in events]
    return "".join([*lines, "event: end\r\n\r\n"]).encode()


def block(type: str, **members: Any) -> dict[str, Any]:
    return {"type": type, **members}


IMAGE = block("image", url="u")
# What the messages say, to the Finish; a name stands for the dialect's own.
READ: dict[str, tuple[list[Any], list[Part]]] = {
    "text": ([chunk("Hi"), chunk(""), chunk(" you")], [TextDelta("Hi", "m"), TextDelta(" you", "m"), Finish("stop")]),
    "text in content blocks": (
        [chunk([block("text", text="Hi"), block("text", text=""), " you", ""])],
        [TextDelta("Hi", "m"), TextDelta(" you", "m"), Finish("stop")],
    ),
    "a message without an id": ([{"type": "ai", "content": "Hi"}], [TextDelta("Hi"), Finish("stop")]),
    "two messages": (
        [chunk("Hi"), chunk(" you", id="n")],
        [TextDelta("Hi", "m"), TextDelta(" you", "n"), Finish("stop")],
    ),
    "reasoning of the standard, of Anthropic, OpenAI, Bedrock and DeepSeek": (
        [
            chunk([block("reasoning", reasoning="a", index=2)]),
            chunk([block("reasoning", reasoning="", extras={"signature": "s"}, index=2)]),
            chunk([block("thinking", thinking="b", signature="t", index=0)]),
            chunk([block("reasoning", summary=[{"text": "c"}, {"text": "d"}])]),
            chunk([block("reasoning_content", reasoning_content={"text": "e", "signature": "u"})]),
            chunk(additional_kwargs={"reasoning_content": "f"}),
            chunk([block("thinking", thinking="")]),
        ],
        [
            ReasoningDelta("a", "m/2"),
            ReasoningDelta("", "m/2", "s"),
            ReasoningDelta("b", "m/0", "t"),
            ReasoningDelta("cd", "m/0"),
            ReasoningDelta("e", "m/0", "u"),
            ReasoningDelta("f", "m/0"),
            Finish("stop"),
        ],
    ),
    "a refusal": (
        [chunk([block("refusal", refusal="no"), block("refusal", refusal="")])],
        [TextDelta("no", "m", True), Finish("stop")],
    ),
    "a call in fragments, which content blocks and tool_calls repeat": (
        [
            {**calls(call("", 1, "c", "f")), "tool_calls": [{"name": "f", "args": {}, "id": "c"}]},
            {**calls(call('{"a":', 1)), "content": [block("input_json_delta", partial_json='{"a":', index=1)]},
            {**calls(call("1}", 1)), "content": [block("tool_use", id="c", index=1)]},
        ],
        [
            ToolCallDelta("", "m/1", "c", "f"),
            ToolCallDelta('{"a":', "m/1"),
            ToolCallDelta("1}", "m/1"),
            Finish("tool_call"),
        ],
    ),
    "calls without an index are whole": (
        [calls(call("{}", None, "c", "f"), call("{}", None, None, "g")), calls(call("{}", "x", "d", "h"))],
        [
            ToolCallDelta("{}", "m/c", "c", "f"),
            ToolCallDelta("{}", "m/1", None, "g"),
            ToolCallDelta("{}", "m/x", "d", "h"),
            Finish("tool_call"),
        ],
    ),
    "a fragment that is of no call that began": (
        [calls(call("{}"))],
        [ToolCallDelta("{}", "m/0"), Finish("stop")],
    ),
    "a message that comes whole, a call of it broken": (
        [
            {
                "type": "ai",
                "id": "m",
                "content": "Hi",
                "tool_calls": [{"name": "f", "args": {"a": "é"}, "id": "c"}],
                "invalid_tool_calls": [{"name": "g", "args": "{", "id": "d"}],
            }
        ],
        [
            TextDelta("Hi", "m"),
            Other("content", {"name": "g", "args": "{", "id": "d", "type": "invalid_tool_call"}, block="m"),
            ToolCallDelta('{"a":"é"}', "m/c", "c", "f"),
            BlockEnd("m/c", "tool_call"),
            Finish("tool_call"),
        ],
    ),
    "usage adds up": (
        [
            counted(5, 0, 5, input_token_details={"cache_read": 2, "cache_creation": 1}),
            counted(0, 7, 7, output_token_details={"reasoning": 3}),
            counted(0, 0, 0),
            chunk("Hi"),
        ],
        [Usage(5, 0, 5, 2, 1), Usage(5, 7, 12, 2, 1, 3), TextDelta("Hi", "m"), Finish("stop")],
    ),
    "the last reason counts": (
        [ended(finish_reason="tool_calls"), chunk("Hi"), ended(stop_reason="MAX_TOKENS")],
        [TextDelta("Hi", "m"), Finish("length", "MAX_TOKENS")],
    ),
    "a reason with nothing behind it but usage": (
        [chunk("Hi"), ended(finish_reason="length"), counted(1, 1, 2)],
        [TextDelta("Hi", "m"), Usage(1, 1, 2), Finish("length", "length")],
    ),
    "content forgets the reason before it": (
        [ended(finish_reason="length"), chunk("Hi", id="n")],
        [TextDelta("Hi", "n"), Finish("stop")],
    ),
    "a reason that nobody knows": (
        [chunk("Hi"), ended(finish_reason="pause_turn")],
        [TextDelta("Hi", "m"), Finish("other", "pause_turn")],
    ),
    "calls that are to be acted on": (
        [calls(call("{}", 0, "c", "f")), ended(stop_reason="tool_use")],
        [ToolCallDelta("{}", "m/0", "c", "f"), Finish("tool_call", "tool_use")],
    ),
    "content blocks of other types": (
        [chunk([IMAGE, block("text", text=["x"]), block("refusal"), {}, 5, None])],
        [
            Other("content", IMAGE, "", "m"),
            Other("content", block("text", text=["x"]), "", "m"),
            Other("content", block("refusal"), "", "m"),
            Finish("stop"),
        ],
    ),
    "members of the wrong types": (
        [
            chunk({"a": 1}, additional_kwargs=[], tool_call_chunks={}, tool_calls=[5], usage_metadata=7),
            chunk(5, response_metadata=[], additional_kwargs={"reasoning_content": {}}),
            chunk([block("reasoning", reasoning=[], summary="x", extras=[], index=[])], id=[]),
            calls(call([], True, [], {}), call({"a": 1}, -1, 5)),
            counted("1", True, -1, input_token_details=[], output_token_details={"reasoning": 1 << 64}),
            ended(finish_reason=[], stop_reason={}),
        ],
        [
            Other("content", {"a": 1}, "", "m"),
            ToolCallDelta("", "m/0"),
            ToolCallDelta('{"a":1}', "m/1"),
            Finish("stop"),
        ],
    ),
}


def of(name: str, parts: list[Part]) -> list[Part]:
    return [Other(part.name, part.data, name, part.block) if isinstance(part, Other) else part for part in parts]


@both
@pytest.mark.parametrize(("messages", "parts"), READ.values(), ids=READ)
def test_reads(name: str, messages: list[Any], parts: list[Part]) -> None:
    assert whole(name, stream(name, messages)) == [*of(name, parts), Done("event")]


@both
@pytest.mark.parametrize(("messages", "parts"), READ.values(), ids=READ)
def test_the_same_dialect_in_and_out(name: str, messages: list[Any], parts: list[Part]) -> None:
    again = gather(whole(name, write(name, whole(name, stream(name, messages)))))
    before = gather(of(name, parts))
    for member in ("text", "reasoning", "usage", "finish_reason"):
        assert getattr(again, member) == getattr(before, member)
    assert [(found.name, found.id, found.arguments) for found in again.tool_calls] == [
        (found.name, found.id, found.arguments) for found in before.tool_calls
    ]
    assert [other.data for other in again.others] == [other.data for other in before.others]


# What each is written as: the messages, of which those without an id are of the run's.
RUN = "lc_run--run-1"
HI = TextDelta("Hi", "m")
WRITTEN: dict[str, tuple[list[Part], list[Any]]] = {
    "text": ([HI, TextDelta("", "m"), TextDelta(" you", "n")], [chunk("Hi"), chunk(" you", id="n")]),
    "a refusal": ([TextDelta("no", 0, True)], [chunk([block("refusal", refusal="no")], id=RUN)]),
    "reasoning": (
        [ReasoningDelta("a"), ReasoningDelta("", 0, "s"), ReasoningDelta("b", 2), ReasoningDelta(""), BlockEnd(2)],
        [
            chunk([block("reasoning", reasoning="a", index=0)], id=RUN),
            chunk([block("reasoning", reasoning="", extras={"signature": "s"}, index=0)], id=RUN),
            chunk([block("reasoning", reasoning="b", index=2)], id=RUN),
        ],
    ),
    "reasoning of a message": (
        [ReasoningDelta("a", "m/3"), ReasoningDelta("b", "m/x"), ReasoningDelta("c", "")],
        [
            chunk([block("reasoning", reasoning="a", index=3)]),
            chunk([block("reasoning", reasoning="b", index=0)], id="m/x"),
            chunk([block("reasoning", reasoning="c", index=0)], id=RUN),
        ],
    ),
    "a call goes to the message before it; what was told is not told again": (
        [
            HI,
            ToolCallDelta("", 3, None, "f"),
            ToolCallDelta("{", 3, "c", "f"),
            ToolCallDelta("", 3, "c", "f"),
            ToolCallDelta("}", 3),
        ],
        [
            chunk("Hi"),
            calls(call("", 0, None, "f")),
            calls(call("{", 0, "c")),
            calls(call("}", 0)),
        ],
    ),
    "calls of two messages, interleaved": (
        [
            ToolCallDelta("{", "m/2", "c", "f"),
            ToolCallDelta("{", "n/2", "d", "g"),
            ToolCallDelta("}", "m/2"),
            ToolCallDelta("}", "n/2"),
        ],
        [
            calls(call("{", 0, "c", "f")),
            calls(call("{", 1, "d", "g"), id="n"),
            calls(call("}", 0)),
            calls(call("}", 1), id="n"),
        ],
    ),
    "another id in a block is another call": (
        [ToolCallDelta("{}", "m/1", "c", "f"), ToolCallDelta("{}", "m/1", "d", "g"), ToolCallDelta("{}", "x")],
        [calls(call("{}", 0, "c", "f")), calls(call("{}", 1, "d", "g")), calls(call("{}", 2))],
    ),
    "usage and a reason, last": (
        [HI, Usage(5, 7, None, 2, 1, 3), Finish("length", "MAX_TOKENS")],
        [
            chunk("Hi"),
            chunk(
                usage_metadata={
                    "input_tokens": 5,
                    "output_tokens": 7,
                    "total_tokens": 12,
                    "input_token_details": {"cache_read": 2, "cache_creation": 1},
                    "output_token_details": {"reasoning": 3},
                },
                response_metadata={"finish_reason": "MAX_TOKENS"},
            ),
        ],
    ),
    "usage that says one number": (
        [HI, Usage(total_tokens=9)],
        [chunk("Hi"), counted(0, 0, 9)],
    ),
    "a reason in another's word": ([HI, Finish("tool_call", "stop")], [chunk("Hi"), ended(finish_reason="tool_calls")]),
    "a reason without a word": ([HI, Finish("other")], [chunk("Hi"), ended(finish_reason="other")]),
    "a word that is no more than the reason": (
        [HI, Finish("stop", "stop")],
        [chunk("Hi"), ended(finish_reason="stop")],
    ),
    "a reason that is inferred": ([HI, Finish("stop")], [chunk("Hi")]),
}


@both
@pytest.mark.parametrize(("parts", "messages"), WRITTEN.values(), ids=WRITTEN)
def test_writes(name: str, parts: list[Part], messages: list[Any]) -> None:
    events = Decoder().feed(write(name, parts))
    payloads = [json.loads(event.data) for event in events[:-1]]
    if name == "langgraph":
        payloads = [payload[0] for payload in payloads]
    assert payloads == messages
    assert (events[-1].type, {event.type for event in events[:-1]}) == (
        "end",
        {"messages" if name == "langgraph" else "data"},
    )


@both
def test_an_error_finish_is_an_error(name: str) -> None:
    parts = whole(name, write(name, [HI, Finish("error", "overloaded")]))
    assert [part.kind for part in parts] == ["text", "error", "done"]
    assert parts[-1] == Done("error")


@both
def test_what_was_given_up_ends_in_an_error(name: str) -> None:
    encoder = PartEncoder(name, max_size=500)
    with pytest.raises(LimitError):
        encoder.send(ToolCallDelta("{}", 0, "c", "f"))
    assert read(name, encoder.close())[0][-1] == Done("error")


@both
def test_an_other_that_would_be_more_is_not_written(name: str) -> None:
    text = block("text", text="x")
    reserved: list[tuple[str, Any, Any]] = [
        ("end", None, None),
        ("error", {"message": "x"}, None),
        ("content", text, "m"),
        ("data", "x", None) if name == "langserve" else ("messages", [chunk("x"), {}], None),
    ]
    for kind, data, where in reserved:
        assert write(name, [Other(kind, data, name, where)]) == write(name, [])
        with pytest.raises(EncodeError):
            PartEncoder(name).send(Other(kind, data, None, where))


@both
def test_errors_in_all_their_forms(name: str) -> None:
    for data, error in (
        ('{"error":"ValueError","message":"bad"}', Error("bad", "ValueError")),
        ('{"status_code":500,"message":"Internal Server Error"}', Error("Internal Server Error", None, None, 500)),
        ('{"error":"bad"}', Error("bad")),
        ('{"type":"t","error":"e","message":"bad","code":7}', Error("bad", "t", 7)),
        ('"bad"', Error("bad")),
        ("bad", Error("bad")),
        ("[]", Error("the server sent an error without a message")),
        ("", Error("the server sent an error without a message")),
    ):
        assert read(name, f"event: error\ndata: {data}\n\n".encode())[0] == [error, Done("error")]


@both
def test_a_body_with_no_framing_is_an_error(name: str) -> None:
    assert read(name, b'{"detail":"Not found"}')[0] == [Error("Not found"), Done("error")]


@both
def test_text_may_be_any(name: str) -> None:
    texts = ["[DONE]", '"[DONE]"', " lead", "\u2028", "null", ""]
    parts = whole(name, write(name, [TextDelta(text) for text in texts]))
    assert [part.text for part in parts if isinstance(part, TextDelta)] == texts[:-1]


@both
def test_a_start_is_written_once(name: str) -> None:
    told = Other("metadata", {"run_id": "r", "feedback_tokens": []}, name)
    for parts in ([told, Start("r"), HI], [Start("r"), HI]):
        data = write(name, parts)
        assert data.count(b"event: metadata") == 1
        assert [part for part in whole(name, data) if isinstance(part, Start)] == [Start("r")]


@both
def test_the_names_of_anothers_blocks_are_of_the_run(name: str) -> None:
    """A Transcoder hands on a Start without its id: `0/0` would be a message of every run."""
    said: list[Part] = [TextDelta("Hi", "0/0"), ToolCallDelta("{}", 1, "c", "f"), ReasoningDelta("Hm", "1/s0")]
    for start, ids in (
        (Start(), [f"{RUN}/0/0", f"{RUN}/0/0", f"{RUN}/1/s0"]),
        (Start("run-1"), ["0/0", "0/0", "1/s0"]),
    ):
        payloads = [json.loads(event.data) for event in Decoder().feed(write(name, [start, *said]))[1:-1]]
        assert [(payload[0] if name == "langgraph" else payload)["id"] for payload in payloads] == ids
