"""The five documents that asked for this: each stream decodes, encodes, ends and fails as its document says.

Also why they asked: the clients they print, in our words, lose the answer when the network cuts it up.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from reading import all_cuts, gather, pieces, read, sse, whole, write

from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Invalid,
    Other,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

LADDRO = sse(
    {"type": "section", "section": "summary", "content": "Inżynier..."},
    {"type": "section", "section": "experience", "content": "..."},
    {"type": "done"},
)
LADDRO_PARTS: list[Part] = [
    TextDelta("Inżynier...", "summary"),
    BlockEnd("summary"),
    TextDelta("...", "experience"),
    BlockEnd("experience"),
    Finish("stop"),
    Done("event"),
]


def chunk(delta: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-abc",
        "object": "chat.completion.chunk",
        "choices": [{"delta": delta, **members, "index": 0}],
    }


AITUNNEL = (
    b": AITUNNEL PROCESSING\n\n"
    + sse(chunk({"role": "assistant", "content": None}), chunk({"content": "Жил "}))
    + b": AITUNNEL PROCESSING\n\n"
    + sse(chunk({"content": "был"}))
    + sse(
        {**chunk({}, finish_reason="stop"), "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}
    )
    + sse("[DONE]")
)
LAWBOT = sse(
    chunk({"role": "assistant"}),
    chunk({"content": "根據"}),
    chunk({"content": "勞動基準法"}),
    chunk({}, finish_reason="stop"),
    "[DONE]",
)
CHAT_START = Start("chatcmpl-abc", None, "assistant")


def named(payload: dict[str, Any]) -> bytes:
    return f"event: {payload['event']}\n".encode() + sse(payload)


OVERALL = {"event": "category", "category": "overall", "score": 85, "description": "긍정적인 하루"}
WEALTH = {"event": "category", "category": "wealth", "score": 75, "description": "안정적"}
SAJUAPI = b"".join(
    [
        named({"event": "start", "id": "ftn_1", "profile_id": "prf_1", "fortune_type": "daily", "model": "sonnet"}),
        named({"event": "delta", "text": "오늘은 "}),
        named({"event": "delta", "text": "새로운 "}),
        named(OVERALL),
        named(WEALTH),
        named({"event": "done", "id": "ftn_1", "score": 85, "latency_ms": 2340, "tokens_used": 456}),
    ]
)
WEBSOPY = sse(
    {"type": "content", "content": "AI"},
    {"type": "content", "content": " 正在"},
    {"type": "tool_call", "tool": {"name": "search", "arguments": '{"q":"世界"}'}},
    {"type": "done", "usage": {"promptTokens": 20, "completionTokens": 150}},
)

# Each document's stream, its parts, and what the event that ends the answer begins and ends with.
DOCUMENTS: dict[str, tuple[str, bytes, list[Part], bytes]] = {
    "laddro": ("laddro", LADDRO, LADDRO_PARTS, b'{"type": "done"}'),
    "laddro, as printed: no blank lines": (
        "laddro",
        LADDRO.replace(b"\n\n", b"\n"),
        LADDRO_PARTS,
        b'{"type": "done"}',
    ),
    "aitunnel": (
        "aitunnel",
        AITUNNEL,
        [CHAT_START, TextDelta("Жил "), TextDelta("был"), Usage(9, 2, 11), Finish("stop", "stop"), Done("sentinel")],
        b'"total_tokens": 11}}',
    ),
    "lawbot": (
        "lawbot",
        LAWBOT,
        [CHAT_START, TextDelta("根據"), TextDelta("勞動基準法"), Finish("stop", "stop"), Done("sentinel")],
        b'"finish_reason": "stop", "index": 0}]}',
    ),
    "sajuapi": (
        "sajuapi",
        SAJUAPI,
        [
            Start("ftn_1", "sonnet"),
            TextDelta("오늘은 "),
            TextDelta("새로운 "),
            Other("category", OVERALL, "sajuapi"),
            Other("category", WEALTH, "sajuapi"),
            Usage(total_tokens=456),
            Finish("stop"),
            Done("event"),
        ],
        b'"tokens_used": 456}',
    ),
    "websopy": (
        "websopy",
        WEBSOPY,
        [
            TextDelta("AI"),
            TextDelta(" 正在"),
            ToolCallDelta('{"q":"世界"}', 0, None, "search"),
            BlockEnd(0, "tool_call"),
            Usage(20, 150),
            Finish("tool_call"),
            Done("event"),
        ],
        b'"completionTokens": 150}}',
    ),
}
documents = pytest.mark.parametrize(("name", "stream", "parts", "end"), DOCUMENTS.values(), ids=DOCUMENTS)


@documents
def test_the_document_decodes_to_the_same_parts_for_every_cut(
    name: str, stream: bytes, parts: list[Part], end: bytes
) -> None:
    assert whole(name, stream) == parts
    for chunks in all_cuts(stream):
        assert whole(name, *chunks) == parts


@documents
def test_the_document_encodes_to_the_same_parts(name: str, stream: bytes, parts: list[Part], end: bytes) -> None:
    assert whole(name, write(name, parts)) == parts


@documents
def test_cut_before_its_end_is_whole_the_answer_is_truncated_and_never_a_success(
    name: str, stream: bytes, parts: list[Part], end: bytes
) -> None:
    whole_at = stream.rindex(end) + len(end)
    for at in range(len(stream)):
        found, problem = read(name, stream[:at])
        assert (problem is None) == (at >= whole_at), stream[:at]
        success = any(part.kind in ("finish", "done") for part in found)
        assert success == (at >= whole_at), stream[:at]
        assert not any(part.kind == "invalid" for part in found)
        if success:
            assert [part for part in found if part.kind != "done"] == [part for part in parts if part.kind != "done"]


@pytest.mark.parametrize(
    ("name", "stream", "error"),
    [
        (
            "laddro",
            sse({"type": "error", "message": "Rate limit exceeded", "statusCode": 429}),
            Error("Rate limit exceeded", status=429),
        ),
        ("laddro", sse({"type": "error", "message": "Busy"}, {"type": "done"}), Error("Busy")),
        (
            "aitunnel",
            sse({"error": {"code": 502, "message": "Provider"}, "choices": []}),
            Error("Provider", None, 502, 502),
        ),
        ("lawbot", sse({"error": {"message": "Busy", "type": "server"}}, "[DONE]"), Error("Busy", "server")),
        ("sajuapi", named({"event": "error", "message": "네트워크 오류"}), Error("네트워크 오류")),
        ("sajuapi", b"event: error\ndata: {}\n\n", Error("the server sent an error without a message")),
        (
            "sajuapi",
            named({"event": "error", "code": "rate_limited", "status": 429}),
            Error("the server sent an error without a message", None, "rate_limited", 429),
        ),
        (
            "websopy",
            sse({"type": "error", "message": "Busy", "code": "x", "status": 503}),
            Error("Busy", None, "x", 503),
        ),
        ("websopy", sse({"type": "error"}), Error("the server sent an error without a message")),
    ],
    ids=["laddro 429", "laddro", "aitunnel", "lawbot", "sajuapi", "sajuapi {}", "sajuapi 429", "websopy", "websopy {}"],
)
def test_the_document_fails_as_it_says(name: str, stream: bytes, error: Error) -> None:
    how = "sentinel" if b"[DONE]" in stream else "error"
    assert whole(name, stream) == [error, Done(how)]
    for chunks in all_cuts(stream):
        assert whole(name, *chunks) == [error, Done(how)]
    assert whole(name, write(name, [error])) == [error, Done("error")]


# -- what else their streams may hold


@pytest.mark.parametrize(
    ("name", "payloads", "parts"),
    [
        ("laddro", [{"type": "section"}], [TextDelta("", ""), BlockEnd("")]),
        ("laddro", [{"type": "section", "section": 5, "content": ["x"]}], [TextDelta("", ""), BlockEnd("")]),
        ("laddro", [{"type": "ping"}], [Other("ping", {"type": "ping"}, "laddro")]),
        ("sajuapi", [{"event": "delta"}], [TextDelta("")]),
        ("sajuapi", [{"event": "start", "id": 5, "model": ""}], [Start()]),
        ("sajuapi", [{"type": "x"}], [Other("message", {"type": "x"}, "sajuapi")]),
        ("websopy", [{"type": "content", "content": None}], [TextDelta("")]),
        ("websopy", [{"type": "thinking"}], [Other("thinking", {"type": "thinking"}, "websopy")]),
        ("websopy", [{"type": "tool_call"}], [ToolCallDelta(), BlockEnd(0, "tool_call")]),
        (
            "websopy",
            [{"type": "tool_call", "tool": {"id": "c1", "name": "f", "arguments": {"a": [1, "é"]}}}] * 2,
            [
                ToolCallDelta('{"a":[1,"é"]}', 0, "c1", "f"),
                BlockEnd(0, "tool_call"),
                ToolCallDelta('{"a":[1,"é"]}', 1, "c1", "f"),
                BlockEnd(1, "tool_call"),
            ],
        ),
    ],
    ids=lambda value: json.dumps(value)[:60] if type(value) is list and type(value[0]) is dict else "",
)
def test_what_the_documents_leave_open_is_read_with_tolerance(name: str, payloads: Any, parts: list[Part]) -> None:
    assert read(name, sse(*payloads))[0] == parts


def test_the_json_of_sajuapi_counts_where_the_event_type_differs_or_is_missing() -> None:
    stream = b'event: done\ndata: {"event":"delta","text":"a"}\n\ndata: {"event":"delta","text":"b"}\n\n'
    stream += b'event: delta\ndata: {"text":"c"}\n\nevent: done\ndata: {}\n\n'
    assert whole("sajuapi", stream) == [TextDelta("a"), TextDelta("b"), TextDelta("c"), Finish("stop"), Done("event")]


def test_the_usage_of_websopy_may_have_a_total() -> None:
    parts: list[Part] = [Usage(1, 2, 3), Finish("stop"), Done("event")]
    stream = b'data: {"type":"done","usage":{"promptTokens":1,"completionTokens":2,"totalTokens":3}}\n\n'
    assert whole("websopy", stream) == parts
    assert write("websopy", parts) == stream
    assert write("websopy", [Usage(cache_read_tokens=1)]) == b'data: {"type":"done"}\n\n'


def test_laddro_reads_lines_one_by_one_only_where_they_are_no_json_together() -> None:
    one = b'data: {"type":\ndata: "section","section":"a","content":"A"}\n\n'
    assert read("laddro", one)[0] == [TextDelta("A", "a"), BlockEnd("a")]
    mixed = b'data: oops\ndata:\ndata: {"type":"done"}\ndata: {"type":"section"}\ndata: oops\n\n'
    parts = whole("laddro", mixed)
    assert [part.kind for part in parts] == ["invalid", "finish", "done"]
    assert isinstance(parts[0], Invalid)
    assert parts[0].event.data == "oops"


@pytest.mark.parametrize(
    ("name", "parts", "data"),
    [
        (
            "laddro",
            [TextDelta("a", 1), TextDelta("x", "s"), TextDelta("b", 1), BlockEnd(1), BlockEnd(1), TextDelta("c", 1)],
            [
                '{"type":"section","section":"1","content":"ab"}',
                '{"type":"section","section":"s","content":"x"}',
                '{"type":"section","section":"1","content":"c"}',
                '{"type":"done"}',
            ],
        ),
        (
            "laddro",
            [TextDelta("a"), Error("Busy", "t", "c", 503)],
            [
                '{"type":"section","section":"0","content":"a"}',
                '{"type":"error","message":"Busy","statusCode":503}',
            ],
        ),
        (
            "laddro",
            [Start("x"), ReasoningDelta("r"), ToolCallDelta(server=True), BlockEnd(0, "reasoning"), Usage(1)],
            ['{"type":"done"}'],
        ),
        ("laddro", [Other("ping", {"type": "ping"}), Other("x", {}, "json")], ['{"type":"ping"}', '{"type":"done"}']),
        ("sajuapi", [Usage(1, 2)], ['{"event":"done","tokens_used":3}']),
        ("sajuapi", [Usage(1, 2, 4)], ['{"event":"done","tokens_used":4}']),
        ("sajuapi", [Usage(reasoning_tokens=4)], ['{"event":"done"}']),
        ("sajuapi", [ReasoningDelta("r"), ToolCallDelta(server=True), Finish("length")], ['{"event":"done"}']),
        (
            "sajuapi",
            [Start("f1"), Error("Busy", "t", "c", 503), TextDelta("late")],
            [
                '{"event":"start","id":"f1"}',
                '{"event":"error","message":"Busy","type":"t","code":"c","status":503}',
            ],
        ),
        (
            "websopy",
            [
                ToolCallDelta('{"a"', 0, "c1", "f"),
                ToolCallDelta("", 1, None, "g"),
                ToolCallDelta(":1}", 0),
                BlockEnd(1, "tool_call"),
                BlockEnd(1, "tool_call"),
                BlockEnd(),
                ToolCallDelta("", 2, server=True),
            ],
            [
                '{"type":"tool_call","tool":{"name":"g","arguments":"{}"}}',
                '{"type":"tool_call","tool":{"id":"c1","name":"f","arguments":"{\\"a\\":1}"}}',
                '{"type":"done"}',
            ],
        ),
        (
            "websopy",
            [ToolCallDelta('{"a"', 0, "c1", "f"), Error("Busy", "t", 5, 503)],
            ['{"type":"error","message":"Busy","code":5,"status":503}'],
        ),
        (
            "websopy",
            [Other("ping", {"type": "ping"}), Start(), ReasoningDelta("r")],
            ['{"type":"ping"}', '{"type":"done"}'],
        ),
    ],
    ids=[
        "laddro sends a section whole",
        "laddro has no done after an error",
        "laddro has no place for these",
        "laddro passes its own on",
        "sajuapi has but a total",
        "sajuapi takes the total",
        "sajuapi without counts",
        "sajuapi has no place for these",
        "sajuapi has nothing after an error",
        "websopy sends a call whole",
        "websopy drops half a call after an error",
        "websopy has no place for these",
    ],
)
def test_encoders_say_what_their_document_can(name: str, parts: list[Part], data: list[str]) -> None:
    stream = write(name, parts).decode()
    assert [line[6:] for line in stream.split("\n") if line.startswith("data: ")] == data


@pytest.mark.parametrize(
    ("name", "part", "problem"),
    [
        ("laddro", ToolCallDelta("{}"), "laddro, which has no tool calls"),
        ("sajuapi", ToolCallDelta("{}"), "sajuapi, which has no tool calls"),
        ("websopy", ToolCallDelta("ls", json=False), "websopy, whose arguments are JSON"),
    ],
    ids=["laddro", "sajuapi", "websopy"],
)
def test_encoders_refuse_what_their_document_cannot_say(name: str, part: Part, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        PartEncoder(name).send(part)


def test_lawbot_writes_only_the_members_its_document_has() -> None:
    stream = write("lawbot", [Start("c1", "m", "assistant"), TextDelta("據"), Finish("length")])
    assert stream == sse(
        '{"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"role":"assistant"}}]}',
        '{"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"據"}}]}',
        '{"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{},"finish_reason":"length"}]}',
        "[DONE]",
    )


# -- the clients that the documents print, in our words: each chunk by itself, line by line


def lines_of(chunks: Iterable[bytes]) -> Iterable[Any]:
    for piece in chunks:
        for line in piece.decode("utf-8", "replace").split("\n"):
            if line.startswith("data: ") and line[6:].strip() != "[DONE]":
                yield json.loads(line[6:])


def laddro_client(chunks: Iterable[bytes]) -> str:
    return "".join([data["content"] for data in lines_of(chunks) if data["type"] == "section"])


def aitunnel_client(chunks: Iterable[bytes]) -> str:
    """It keeps a buffer, but takes the first choice of every chunk, and skips what is no JSON without a word."""
    text = ""
    for line in b"".join(chunks).decode().split("\n"):
        if line.startswith("data: ") and line[6:] != "[DONE]":
            try:
                data = json.loads(line[6:])
            except ValueError:
                continue
            text += data["choices"][0]["delta"].get("content") or ""
    return text


def lawbot_client(chunks: Iterable[bytes]) -> str:
    return "".join([data["choices"][0]["delta"].get("content", "") for data in lines_of(chunks)])


def sajuapi_client(chunks: Iterable[bytes]) -> str:
    return "".join([data["text"] for data in lines_of(chunks) if data["event"] == "delta"])


def websopy_client(chunks: Iterable[bytes]) -> str:
    return "".join([data["content"] for data in lines_of(chunks) if data["type"] == "content"])


def fails(client: Callable[[Iterable[bytes]], str], chunks: list[bytes], text: str) -> bool:
    try:
        return client(chunks) != text
    except (ValueError, KeyError, IndexError):
        return True


@pytest.mark.parametrize(
    ("client", "name", "stream", "text"),
    [
        (laddro_client, "laddro", LADDRO, "Inżynier......"),
        (lawbot_client, "lawbot", LAWBOT, "根據勞動基準法"),
        (sajuapi_client, "sajuapi", SAJUAPI, "오늘은 새로운 "),
        (websopy_client, "websopy", WEBSOPY, "AI 正在"),
    ],
    ids=["laddro", "lawbot", "sajuapi", "websopy"],
)
def test_the_printed_clients_lose_what_the_network_cuts_up_and_ours_does_not(
    client: Callable[[Iterable[bytes]], str], name: str, stream: bytes, text: str
) -> None:
    assert client([stream]) == text
    assert fails(client, pieces(stream), text)
    lost = [cut for cut in all_cuts(stream) if fails(client, cut, text)]
    assert len(lost) > len(stream) / 2
    assert all(gather(whole(name, *cut)).text == text for cut in lost)


def test_the_printed_client_of_aitunnel_fails_on_a_chunk_of_usage_and_one_cut_off_and_ours_does_not() -> None:
    assert aitunnel_client(pieces(AITUNNEL)) == "Жил был"
    usage = sse({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2}})
    stream = AITUNNEL.replace(sse("[DONE]"), usage + sse("[DONE]"))
    assert fails(aitunnel_client, [stream], "Жил был")
    assert gather(whole("aitunnel", stream)).text == "Жил был"
    half = AITUNNEL[: AITUNNEL.index("был".encode()) + 2]
    assert aitunnel_client([half]) == "Жил "  # as if that were all
    assert read("aitunnel", half)[1] == "aitunnel: the stream ended before [DONE]"
    # And ours writes what that client can read: the usage comes with a choice.
    assert aitunnel_client([write("aitunnel", whole("aitunnel", stream))]) == "Жил был"
