"""workers-ai: text in `response`, padding beside it, then [DONE]."""

from typing import Any

import pytest
from reading import read, sse
from services import check_again, decoded, payloads

from sse_core import EncodeError
from sse_core.dialects import (
    BlockEnd,
    Done,
    Error,
    Finish,
    Other,
    Part,
    PartEncoder,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

NAME = "workers-ai"
STOP: list[Part] = [Finish("stop"), Done("sentinel")]
CALLS = [{"name": "weather", "arguments": {"city": "Oslo"}}]
CALL: list[Part] = [ToolCallDelta('{"city":"Oslo"}', 0, None, "weather"), BlockEnd(0, "tool_call")]
COUNTS = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "prompt_tokens_details": {"cached_tokens": 1}}


def text(response: Any, **members: Any) -> dict[str, Any]:
    return {"response": response, **members}


DECODED: dict[str, tuple[bytes, list[Part]]] = {
    "text, padding, counts": (
        sse(text("Hel", p="abcd"), text("lo", p="ab"), text("", usage=COUNTS), "[DONE]"),
        [TextDelta("Hel"), TextDelta("lo"), Usage(3, 2, 5, 1), *STOP],
    ),
    "counts in each event, or in one of their own": (
        sse(text("a", usage={"prompt_tokens": 3}), {"usage": {"prompt_tokens": 3, "completion_tokens": 2}}, "[DONE]"),
        [TextDelta("a"), Usage(3), Usage(3, 2), *STOP],
    ),
    "a number is text": (
        sse(text("[^"), text(1), text("] $0."), text(0), text(5.5), "[DONE]"),
        [*map(TextDelta, ("[^", "1", "] $0.", "0", "5.5")), *STOP],
    ),
    "nothing else that is no text is any": (
        sse(text(None), text(True), text(["a"]), text({"a": 1}), text("a"), "[DONE]"),
        [Other("message", {"response": None}, NAME), TextDelta("a"), *STOP],
    ),
    "calls, which make the stop another": (
        sse(text("I look", tool_calls=CALLS), text("", tool_calls=[]), "[DONE]"),
        [TextDelta("I look"), *CALL, Finish("tool_call"), Done("sentinel")],
    ),
    "calls in the words of openai-chat, said again with the counts": (
        sse(
            {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": '{"a":1}'}}]},
            {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": '{"a":1}'}}], "usage": COUNTS},
            {"tool_calls": [{"name": "g", "arguments": {}}], "finish_reason": "tool_calls"},
            "[DONE]",
        ),
        [
            ToolCallDelta('{"a":1}', 0, "c", "f"),
            BlockEnd(0, "tool_call"),
            Usage(3, 2, 5, 1),
            ToolCallDelta("{}", 1, None, "g"),
            BlockEnd(1, "tool_call"),
            Finish("tool_call", "tool_calls"),
            Done("sentinel"),
        ],
    ),
    "a finish, where there is one; the end of the body is then the end": (
        sse(text("a", finish_reason=None), text("", finish_reason="length")),
        [TextDelta("a"), Finish("length", "length"), Done("eof")],
    ),
    "a word that is not known": (
        sse(text("a", finish_reason="tired"), "[DONE]"),
        [TextDelta("a"), Finish("other", "tired"), Done("sentinel")],
    ),
    "errors": (
        sse(text("a"), {"success": False, "errors": [{"code": 3040, "message": "No capacity"}]}, text("b"), "[DONE]"),
        [TextDelta("a"), Error("No capacity", None, 3040), Done("error")],
    ),
    "an error": (sse({"error": "bad", "errors": []}), [Error("bad"), Done("error")]),
    "a JSON body with no framing": (
        b'{"result":null,"success":false,"errors":[{"code":5007,"message":"No such model"}],"messages":[]}\n',
        [Error("No such model", None, 5007), Done("error")],
    ),
    "padding alone is not known": (sse({"p": "ab"}, "[DONE]"), [Other("message", {"p": "ab"}, NAME), *STOP]),
}


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_decodes(stream: bytes, parts: list[Part]) -> None:
    assert decoded(NAME, stream) == parts


@pytest.mark.parametrize(("stream", "parts"), DECODED.values(), ids=DECODED)
def test_same_dialect_in_and_out(stream: bytes, parts: list[Part]) -> None:
    check_again(NAME, parts)


@pytest.mark.parametrize("number", ["1e400", "9" * 5_000], ids=["too large a float", "too many digits"])
def test_a_number_that_has_no_text_is_invalid(number: str) -> None:
    stream = b'data: {"response":' + number.encode() + b"}\n\n" + sse(text("a"), "[DONE]")
    assert [part.kind for part in decoded(NAME, stream)] == ["invalid", "text", "finish", "done"]


def test_a_cut_is_told() -> None:
    stream = sse(text("Hi"), "[DONE]")
    for cut in range(len(stream) - 2):
        assert read(NAME, stream[:cut])[1] == "workers-ai: the stream ended before [DONE]"


ENCODED: dict[str, tuple[list[Part], list[Any]]] = {
    "nothing": ([], ["[DONE]"]),
    "text and counts": (
        [Start("x", "m"), TextDelta("Hel"), TextDelta("lo", 1), Usage(3, 2, 5, 1), Finish("stop")],
        [text("Hel"), text("lo"), text("", usage=COUNTS), "[DONE]"],
    ),
    "a call is sent whole, at its end or at the last": (
        [
            ToolCallDelta("", 0, "c", "f"),
            ToolCallDelta('{"a":', 0),
            ToolCallDelta("1}", 0),
            BlockEnd(0, "tool_call"),
            BlockEnd(0),
            ToolCallDelta("", 1, None, "g"),
            Finish("tool_call"),
        ],
        [
            text("", tool_calls=[{"id": "c", "name": "f", "arguments": {"a": 1}}]),
            text("", tool_calls=[{"name": "g", "arguments": {}}]),
            "[DONE]",
        ],
    ),
    "a finish that is no stop is said": ([Finish("length", "max")], [text("", finish_reason="length"), "[DONE]"]),
    "a word of its own is kept": (
        [Finish("length", "model_length")],
        [text("", finish_reason="model_length"), "[DONE]"],
    ),
    "another's error is one": (
        [Finish("error", "boom")],
        [{"success": False, "errors": [{"message": "the answer ended in an error: boom"}]}],
    ),
    "its own word for one": ([Finish("error", "error")], [text("", finish_reason="error"), "[DONE]"]),
    "an error is the end": (
        [TextDelta("a"), Error("bad", "t", 3040, 429)],
        [
            text("a"),
            {"success": False, "errors": [{"message": "bad", "type": "t", "code": 3040, "status_code": 429}]},
        ],
    ),
}


@pytest.mark.parametrize(("parts", "written"), ENCODED.values(), ids=ENCODED)
def test_encodes(parts: list[Part], written: list[Any]) -> None:
    assert payloads(NAME, *parts) == written


@pytest.mark.parametrize("data", [text("a"), text(1), {"errors": [1]}, {"usage": COUNTS}, "[DONE]"], ids=str)
def test_an_other_is_nothing_else(data: Any) -> None:
    assert payloads(NAME, Other("x", data, NAME)) == payloads(NAME)
    with pytest.raises(EncodeError):
        PartEncoder(NAME).send(Other("x", data))


def test_what_cannot_be_said() -> None:
    encoder = PartEncoder(NAME)
    encoder.send(ToolCallDelta('{"a":', 0, "c", "f"))
    with pytest.raises(EncodeError, match="must be a JSON object"):
        encoder.send(BlockEnd(0, "tool_call"))
    encoder = PartEncoder(NAME)
    encoder.send(ToolCallDelta("[]", 0, "c", "f"))
    with pytest.raises(EncodeError, match="must be a JSON object"):
        encoder.close()
    for part in (ToolCallDelta("ls", 0, "c", "f", json=False), TextDelta("a", choice=1)):
        with pytest.raises(EncodeError):
            PartEncoder(NAME).send(part)
