"""README.md's chat client says of every answer whether it is whole."""

from typing import Any

import pytest
from loopback import serve
from recipes import recipe

pytest.importorskip("httpx", reason="httpx is not installed: tests/interop/requirements.txt")

BEGUN = b'data: {"id":"1","choices":[{"index":0,"delta":{"content":"Gr\xc3\xbc\xc3\x9fe"}}]}\n\n'


def finish(reason: str) -> bytes:
    return f'data: {{"choices":[{{"index":0,"delta":{{}},"finish_reason":"{reason}"}}]}}\n\n'.encode()


@pytest.mark.parametrize(
    ("body", "headers", "wrong"),
    [
        (finish("stop") + b"data: [DONE]\n\n", {}, None),
        (finish("stop"), {}, None),
        (finish("tool_calls") + b"data: [DONE]\n\n", {}, None),
        (finish("length") + b"data: [DONE]\n\n", {}, "length"),
        (finish("content_filter") + b"data: [DONE]\n\n", {}, "content_filter"),
        (b"", {}, "openai-chat: the stream ended before [DONE]"),
        (b'data: {"choi', {}, "openai-chat: the stream ended before [DONE]"),
        (b"", {"Content-Length": "1000"}, "peer closed connection"),
        (b'data: {"error":{"message":"Overloaded"}}\n\n', {}, "Overloaded"),
        (b"data: {oops\n\n" + finish("stop") + b"data: [DONE]\n\n", {}, "the data is no JSON"),
        (b"", {"Content-Type": "application/json"}, "status 200: data: "),
    ],
    ids=["sentinel", "finish", "calls", "length", "filter", "cut", "half", "broken", "error", "invalid", "no stream"],
)
def test_a_chat_says_what_is_wrong_with_an_answer(
    body: bytes, headers: dict[str, str], wrong: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    chat: Any = recipe("def chat(")["chat"]
    with serve([BEGUN, body], {"Content-Type": "text/event-stream", **headers}) as url:
        said = chat(url, {"stream": True})
    assert said is None if wrong is None else wrong in said
    assert capsys.readouterr().out.removesuffix("\n") == ("" if "Content-Type" in headers else "Grüße")
