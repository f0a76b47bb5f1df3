"""The page of recipes/screen.py, in a browser: what a person reads of a whole answer, and of those that are not."""

import pytest
from readers import browse
from servers import serving_asgi

for package in ("fastapi", "uvicorn", "httpx"):
    pytest.importorskip(package, reason=f"{package} is not installed: tests/interop/requirements.txt")

from fastapi import FastAPI
from screen import PAGE, screen, upstream
from starlette.responses import FileResponse, Response

QUESTION = "What should I wear in Łódź today?"
REASONING = ["Reasoning", "It depends on the weather, and I do not know today's. The tool does."]
TEXT = "That depends on the weather. Let me look at the forecast for Łódź."
CALL = ["Tool call: weather", '{"city": "Łódź", "day": "today"}']
USAGE, EARLY = "312 tokens in, 58 out", "312 tokens in, 1 out"
NOT_RUN, MISSING = "Not to be run: the answer did not end well.", "The rest of the answer is missing."
CUT = "anthropic-messages: the stream ended before its event message_stop"
DAMAGE = "anthropic-messages: the data is no JSON: Unterminated string starting at: line 1 column 9 (char 8)"

# By the button, what stands below the question, line by line.
READ = {
    "whole": [
        *(*REASONING, TEXT, *CALL, "Whole: it may be run."),
        *("Complete", "The model waits for what the tool says.", USAGE),
    ],
    "error": [
        *(*REASONING, "That depends on the weather. Let me look"),
        *("Failed", MISSING, "overloaded_error: Overloaded", EARLY),
    ],
    "cut": [*REASONING, TEXT, "Tool call: weather", '{"city": "Łódź",', NOT_RUN, "Cut off", MISSING, CUT, EARLY],
    "damage": [
        *(*REASONING, "That depends on the weather. Let me look for Łódź."),
        *("Damaged", "Some of the answer could not be read.", DAMAGE, USAGE),
    ],
    "refusal": [
        *(*REASONING, "I would rather not say."),
        *("Refused", "The model declined to answer, or to go on.", USAGE),
    ],
    "busy": ["Not answered", "The request was turned away.", "529: Overloaded"],
}


@pytest.mark.parametrize("ask", READ)
def test_what_a_person_reads(ask: str) -> None:
    with serving_asgi(upstream()) as behind, serving_asgi(screen(f"http://127.0.0.1:{behind}")) as port:
        shown = browse("press", f"http://127.0.0.1:{port}/", ask=ask)
    assert lines(shown) == [QUESTION, *READ[ask]]


def lines(shown: str) -> list[str]:
    return [line.rstrip() for line in shown.splitlines() if line]


HALF = b': keep-alive\ndata: {"choices":[{"delta":{"content":"Well,"}}]}\n\ndata: {"choi'


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        (Response(HALF), ["Well,", "Cut off", MISSING, "the connection to the gateway broke"]),
        (Response(b"Oh", 500), ["Not answered", "The request was turned away.", "500: no reason given"]),
    ],
    ids=["half", "500"],
)
def test_what_a_person_reads_when_the_gateway_fails(answer: Response, read: list[str]) -> None:
    app = FastAPI()
    app.add_api_route("/", lambda: FileResponse(PAGE), response_class=Response)
    app.add_api_route("/v1/chat/completions", lambda: answer, methods=["POST"], response_class=Response)
    with serving_asgi(app) as port:
        assert lines(browse("press", f"http://127.0.0.1:{port}/", ask="whole")) == [QUESTION, *read]
