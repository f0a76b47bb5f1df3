"""A page in a browser that shows answers as the gateway streams them, the good end and the bad ones.

    pip install fastapi uvicorn httpx
    PYTHONPATH=. python tests/interop/recipes/screen.py

Then open http://127.0.0.1:8000/. No model is asked: a stand-in plays what is made here. The page reads openai-chat,
which the gateway speaks to all its clients: each event is an object that says all of itself, and an error has a type.
vercel-ai-ui's has a text alone, by which a page could not tell a cut from damage; ag-ui would do as well.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI, Request
from gateway import gateway
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse

from sse_core import SSE_HEADERS
from sse_core.dialects import (
    BlockEnd,
    Error,
    Finish,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
)

PAGE = Path(__file__).parents[1] / "page.html"
Parts = tuple[Part, ...]
USAGE = Usage(312, 58)
BEGUN: Parts = (
    Usage(312, 1),
    Start("msg_1", "model-1", "assistant"),
    *map(ReasoningDelta, ["It depends on the weather, ", "and I do not know ", "today's. ", "The tool does."]),
    BlockEnd(0, "reasoning"),
)
SAID: Parts = (
    *map(TextDelta, ["That depends ", "on the weather. ", "Let me look ", "at the forecast ", "for Łódź."]),
    BlockEnd(),
)
CALLED: Parts = (
    ToolCallDelta("", 0, "call_1", "weather"),
    *map(ToolCallDelta, ['{"city": ', '"Łódź", ', '"day": ', '"today"}']),
    BlockEnd(0, "tool_call"),
)
DECLINED: Parts = (*map(TextDelta, ["I would rather ", "not say."]), BlockEnd())
WHOLE: Parts = (*BEGUN, *SAID, *CALLED, Finish("tool_call"), USAGE)
ANSWERS: dict[str, Parts] = {
    "whole": WHOLE,
    "error": (*BEGUN, *SAID[:3], Error("Overloaded", "overloaded_error")),
    "cut": (*BEGUN, *SAID, *CALLED[:3]),
    "damage": WHOLE,
    "refusal": (*BEGUN, *DECLINED, Finish("content_filter"), USAGE),
}


def screen(url: str) -> FastAPI:
    """The page, and the gateway that it asks; `url` is that of its upstream."""
    app = gateway(url, key="none")
    app.add_api_route("/", lambda: FileResponse(PAGE), response_class=Response)
    return app


def upstream(pause: float = 0) -> FastAPI:
    """The stand-in for a model's server, `pause` seconds before each event; `model` is what becomes of the answer."""

    async def play(chunks: list[bytes]) -> AsyncIterator[bytes]:
        for chunk in chunks:
            await asyncio.sleep(pause)
            yield chunk

    async def answer(request: Request) -> Response:
        name = (await request.json())["model"]
        if name == "busy":
            error = {"type": "overloaded_error", "message": "Overloaded"}
            return JSONResponse({"type": "error", "error": error}, 529)
        return StreamingResponse(play(chunks(name)), headers=SSE_HEADERS)

    app = FastAPI()
    app.add_api_route("/v1/messages", answer, methods=["POST"])
    return app


def chunks(name: str) -> list[bytes]:
    """The bytes of an answer, an event or two in each."""
    encoder = PartEncoder("anthropic-messages")
    made = [encoder.send(part) for part in ANSWERS[name]]
    if name == "damage":
        made[len(BEGUN) + 3] = b'data: {"type":"content_blo\n\n'
    return made if name == "cut" else [*made, encoder.close()]


if __name__ == "__main__":
    import uvicorn

    app = screen("http://127.0.0.1:8000/upstream")
    app.mount("/upstream", upstream(pause=0.1))
    uvicorn.run(app, port=8000, timeout_graceful_shutdown=5)
