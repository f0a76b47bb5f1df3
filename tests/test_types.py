"""Type checkers say nothing of programs that use sse_core well, and refuse each marked line of those that do not."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MARK = "# error"

IMPORTS = """\
from contextlib import nullcontext
from typing import Any
from typing_extensions import assert_never, assert_type
from sse_core import *
from sse_core.dialects import *
from sse_core.follow import *
from sse_core.reconnect import *
"""
ACCEPTED = {
    "match narrows": """
        def text(part: Part) -> str:
            match part:
                case TextDelta(text):
                    return assert_type(text, str)
                case ToolCallDelta(arguments, name=str(name)):
                    return assert_type(name, str) + assert_type(arguments, str)
                case Error(message) | Finish(raw_reason=str(message)):
                    return assert_type(message, str)
                case Usage(output_tokens=int(count)):
                    return str(assert_type(count, int))
            return ""
    """,
    "match with every part is exhaustive": """
        def kind(part: Part) -> str:
            match part:
                case Start() | TextDelta() | ReasoningDelta() | ToolCallDelta() | BlockEnd() | Usage():
                    return part.kind
                case Finish() | Error() | Invalid() | Done() | Other():
                    return part.kind
                case _:
                    assert_never(part)
    """,
    "match narrows items": """
        def text(item: Item) -> str:
            match item:
                case Event(data, type):
                    return assert_type(data, str) + assert_type(type, str)
                case Comment(text):
                    return assert_type(text, str)
                case Retry(milliseconds):
                    return str(assert_type(milliseconds, int))
                case Id(value):
                    return assert_type(value, str)
                case Ignored():
                    return item.name + item.value
                case _:
                    assert_never(item)
    """,
    "isinstance narrows": """
        def text(part: Part) -> str:
            if isinstance(part, (TextDelta, ReasoningDelta)):
                return assert_type(part.text, str)
            if isinstance(part, Done):
                return str(assert_type(part.reconnect, bool))
            return ""
    """,
    "kind narrows": """
        def text(part: Part) -> str | None:
            if part.kind == "text":
                assert_type(part, TextDelta)
                return part.text
            elif part.kind == "tool_call":
                return assert_type(part.name, str | None)
            elif part.kind == "invalid":
                return part.event.data + str(part.error)
            elif part.kind == "other":
                return assert_type(part.name, str)
            return None
    """,
    "kind with every part is exhaustive": """
        def known(part: Part) -> None:
            if part.kind == "start" or part.kind == "text" or part.kind == "reasoning" or part.kind == "tool_call":
                return
            if part.kind == "block_end" or part.kind == "usage" or part.kind == "finish" or part.kind == "error":
                return
            if part.kind == "invalid" or part.kind == "done" or part.kind == "other":
                return
            assert_never(part)
    """,
    "reasons and ends are literals": """
        from typing import Literal

        def good(part: Part) -> bool:
            if part.kind == "finish":
                Finish(part.reason)
                return part.reason == "stop" or part.reason == "tool_call"
            if part.kind == "block_end":
                assert_type(part.of, Literal["text", "reasoning", "tool_call", "other"])
            if part.kind == "done":
                assert_type(part.how, Literal["sentinel", "event", "eof", "error"])
            return part.kind == "done" and part.how != "error"

        parts: list[Part] = [Finish("stop"), Finish("length", "max"), BlockEnd(0, "reasoning"), Done("eof", True)]
    """,
    "lists of parts": """
        parts: list[Part] = [Start("1"), TextDelta("x", 1, choice=2), Done("sentinel")]
        parts += PartDecoder("openai-chat").feed(b"")
        parts.append(Error("m", code=529))
        by_kind: dict[str, Part] = {part.kind: part for part in parts}
        texts = [part.text for part in parts if part.kind == "text"]
        assert_type(texts, list[str])
    """,
    "a dialect by name, by value, by half": """
        def decoders(name_from_config: str, dialect: Dialect) -> list[PartDecoder]:
            first = PartDecoder("openai-chat", loads=float, last_event_id="7", max_event_size=None)
            rest = [PartDecoder(get(name_from_config)), PartDecoder(get("json", key="kind"))]
            rest.append(PartDecoder(dialect.reader()))
            PartEncoder(dialect.writer())
            Transcoder(dialect, "anthropic-messages", id="1", model="m", created=1)
            Transcoder(get(name_from_config).reader(), dialect)
            return [first, *rest]
    """,
    "what streams give": """
        def use(decoder: PartDecoder, encoder: PartEncoder, transcoder: Transcoder, chunk: memoryview) -> None:
            assert_type(decoder.feed(chunk), list[Part])
            assert_type(decoder.close(half=False), list[Part])
            decoder.reset()
            assert_type(decoder.dialect.resumable, bool)
            assert_type(decoder.done, Done | None)
            assert_type(decoder.error, LimitError | None)
            assert_type(decoder.reconnection_time, int | None)
            assert_type(encoder.send(TextDelta("x")), bytes)
            assert_type(encoder.headers, dict[str, str])
            assert_type(transcoder.feed(bytearray()), bytes)
            assert_type(transcoder.problem, str | None)
    """,
    "what an Accumulator gives": """
        def use(message: Accumulator) -> None:
            assert_type(message.problem(), str | None)
            assert_type(message.text, str)
            if message.finish_reason is not None:
                Finish(message.finish_reason, message.choices[0].raw_reason)
            assert_type(message.tool_calls, list[ToolCall])
            assert_type(message.choices, dict[int, Choice])
            assert_type(message.usage, Usage | None)
            assert_type(message.invalid, Invalid | None)
            for call in message.tool_calls:
                assert_type(call.complete, bool)
                assert_type((call.name, call.arguments), tuple[str | None, str])
    """,
    "what iterators give": """
        from collections.abc import AsyncIterator, Iterable
        from contextlib import aclosing

        def read(chunks: Iterable[bytes]) -> list[Part]:
            return [*iter_parts(chunks, "gemini", max_event_size=None)]

        async def aread(chunks: AsyncIterator[bytes]) -> list[Event]:
            async with aclosing(aiter_parts(chunks, get("json"))) as parts:
                async for part in parts:
                    print(part.kind)
            async with aclosing(aiter_events(chunks)) as events:
                return [event async for event in events]

        async def say(chunks: AsyncIterator[bytes], more: Iterable[bytes]) -> None:
            async with aclosing(aiter_items(chunks)) as items:
                async for item in items:
                    assert_type(item, Event | Comment | Retry | Id | Ignored)
            for item in iter_items(more, Decoder()):
                assert_type(item, Event | Comment | Retry | Id | Ignored)
    """,
    "errors": """
        def gateway(transcoder: Transcoder, chunk: bytes) -> bytes:
            try:
                return transcoder.feed(chunk) + transcoder.close()
            except LimitError as error:
                return error.data + str(error.limit).encode()
            except SSEError as error:
                return assert_type(error.data, bytes)
    """,
    "reconnecting": """
        def wait(reconnect: Reconnect, done: Done) -> float:
            headers: dict[str, str] = reconnect.request_headers()
            answer = reconnect.on_response(200, headers=headers, now=0)
            answer = reconnect.on_response(200, headers=[(b"Content-Type", b"text/html")], now=0)
            if isinstance(answer, Open):
                answer = reconnect.on_eof(how=done.how, reconnect=done.reconnect, now=0)
            match answer:
                case Wait(seconds):
                    return assert_type(seconds, float)
                case Stop(reason, status):
                    raise ConnectionError(reason, assert_type(status, int | None))
                case _:
                    assert_never(answer)
    """,
    "following": """
        from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
        from contextlib import aclosing, asynccontextmanager, closing, contextmanager

        @contextmanager
        def connect(headers: dict[str, str]) -> Iterator[tuple[int, dict[str, str], list[bytes]]]:
            yield 200, headers, [b""]

        @asynccontextmanager
        async def aconnect(headers: dict[str, str]) -> AsyncIterator[tuple[int, dict[str, str], AsyncIterator[bytes]]]:
            async def read() -> AsyncIterator[bytes]:
                yield b""

            yield 200, headers, read()

        def read(wait: Callable[[float], bool]) -> None:
            for event in follow(connect, errors=OSError):
                assert_type(event, Event)
            for event in follow(connect, Decoder(), Reconnect(), errors=(OSError, ValueError), sleep=wait):
                assert_type(event, Event)
            with closing(follow(connect, PartDecoder("json"), errors=OSError, rand=lambda: 0.5)) as parts:
                for part in parts:
                    assert_type(part, Part)

        async def aread(sleep: Callable[[float], Awaitable[None]]) -> None:
            async with aclosing(afollow(aconnect, None, Reconnect(), errors=OSError, sleep=sleep)) as events:
                async for event in events:
                    assert_type(event, Event)
            async for part in afollow(aconnect, PartDecoder("json"), errors=OSError, clock=lambda: 1.5):
                assert_type(part, Part)

        def status(error: ConnectError) -> int | None:
            assert_type(error.body, bytes)
            return error.stop.status
    """,
    "the hooks of a Reader": """
        class Mine(Reader):
            choices = None

            def __init__(self, dialect: Dialect, *, key: str = "", **options: Any) -> None:
                self.key = key
                super().__init__(dialect, **options)

            def begin(self) -> None:
                super().begin()
                self.calls = 0

            def reset(self) -> None:
                super().reset()

            def read(self, event: Event) -> list[Part]:
                self.said()
                self.said(1)
                self.tool_called(0)
                self.tool_called("section", 1)
                self.tool_answered(block=0, choice=1)
                parts: list[Part] = [*self.finish("stop"), *self.finish_later("other", "pause_turn", 1)]
                parts += self.usage(Usage(1))
                parts += self.fail(Error("x"))
                parts += self.fail({"message": "x"})
                return [*parts, TextDelta(event.data), *self.done("event"), *self.done("eof", reconnect=True)]

            def whole(self) -> bool:
                return not self.waiting

            def control(self, item: Item) -> list[Part]:
                return [TextDelta(item.line)] if isinstance(item, Ignored) else super().control(item)

        MINE = Dialect("mine", Mine, options={"key": "x"}, endless=True)
        parts: list[Part] = [*MINE.reader().decode(Event("x")), *MINE.reader().last(Event("x")), *MINE.reader().end()]
    """,
    "the hooks of a JsonReader": """
        class Mine(JsonReader):
            choices = 0

            def read_object(self, payload: dict[str, Any], event: Event) -> list[Part]:
                return [ToolCallDelta(self.json_text(payload), name=event.type), self.other(payload, event)]

            def read_value(self, value: Any, event: Event) -> list[Part]:
                return [TextDelta(self.json_text(value))]

            def read_body(self, payload: dict[str, Any], event: Event) -> list[Part]:
                return self.fail(payload)
    """,
    "the hooks of a Writer": """
        class Mine(Writer):
            one_choice = server_calls = text_calls = replaces = True

            def begin(self) -> None:
                super().begin()
                self.calls = 0

            def write_start(self, part: Start) -> list[Item]:
                return [self.event({"id": part.id or self.id, "model": part.model or self.model}, "start")]

            def write_text(self, part: TextDelta) -> list[Item]:
                return [Event(part.text)]

            def write_reasoning(self, part: ReasoningDelta) -> list[Item]:
                return [Comment(part.text)]

            def write_tool_call(self, part: ToolCallDelta) -> list[Item]:
                raise EncodeError("part", part, "is more than it can say")

            def write_block_end(self, part: BlockEnd) -> list[Item]:
                return [self.event({"end": part.block, "of": part.of})]

            def write_finish(self, part: Finish) -> list[Item]:
                return [self.event({"why": part.raw_reason or part.reason})]

            def write_error(self, part: Error) -> list[Item]:
                return [self.event({"error": part.message})]

            def write_other(self, part: Other) -> list[Item]:
                self.over()
                return [Retry(1000), self.event(part.data, part.name)]

            def write_end(self) -> list[Item]:
                used = self.held_usage.total_tokens if self.held_usage else None
                return [self.event({"why": self.held_finish().reason, "used": used})]

            def write_failed_end(self) -> list[Item]:
                return []

        MINE = Dialect("mine", JsonReader, Mine, headers={"X-Version": "1"}, newline="\\r\\n", comments=False)
        items: list[Item] = [*MINE.writer(id="1").encode(TextDelta("x")), *MINE.writer().encode_end()]
    """,
}
REFUSED = {
    "a name that is none": """
        PartDecoder("opnai-chat")  # error
        PartEncoder("openai_chat")  # error
        Transcoder("openai-chat", "claude")  # error
        iter_parts([b""], "openai")  # error
    """,
    "a name that nobody knows before it runs": """
        def decoder(name: str) -> PartDecoder:
            return PartDecoder(name)  # error
    """,
    "a half of the wrong side": """
        def use(dialect: Dialect) -> None:
            PartDecoder(dialect.writer())  # error
            PartEncoder(dialect.reader())  # error
            Dialect("mine", dialect.reader())  # error
            Dialect("mine", JsonReader, JsonReader)  # error
    """,
    "words that are none": """
        Finish("stopped")  # error
        Finish("tool_calls")  # error
        Done("x")  # error
        BlockEnd(0, "tool")  # error
        Reconnect("endless")  # error
        Reconnect().on_eof(how="done", now=0)  # error

        def good(part: Part) -> bool:
            return part.kind == "txt"  # error
    """,
    "what is of another type": """
        Decoder().feed("data: x")  # error
        PartDecoder("json").feed("data: x")  # error
        iter_events("data: x")  # error
        iter_items("data: x")  # error
        TextDelta(b"x")  # error
        encode("data: x")  # error
        PartEncoder("json").send(Event("x"))  # error
        Accumulator().add("x")  # error
        Reconnect().on_response(200, headers="x", now=0)  # error
        follow(lambda headers: open("x"), errors=OSError)  # error
        follow(lambda headers: nullcontext((200, headers, [b""])), PartEncoder("json"), errors=OSError)  # error
        follow(lambda headers: nullcontext((200, headers, [b""])))  # error
        afollow(lambda headers: nullcontext((200, headers, [b""])), errors=OSError)  # error
    """,
    "a part that is not narrowed": """
        def text(part: Part) -> str:
            if part.kind == "reasoning":
                part.signature + ""  # error
            return part.text  # error
    """,
    "options by position": """
        PartDecoder("json", None)  # error
        Decoder("7")  # error
        Reconnect().on_eof("eof", now=0)  # error
    """,
    "hooks of another signature": """
        class Mine(Reader):
            def read(self, event: str) -> list[Part]:  # error
                return self.finish("stopped")  # error

            def whole(self) -> str:  # error
                return ""

            def control(self) -> list[Part]:  # error
                return []

        class Object(JsonReader):
            def read_object(self, payload: dict[str, Any]) -> list[Part]:  # error
                return [Event("x")]  # error

        class Writes(Writer):
            def write_text(self, part: TextDelta) -> bytes:  # error
                return b""

            def write_end(self, part: Done) -> list[Item]:  # error
                return [part]  # error
    """,
}
PROGRAMS = {**ACCEPTED, **REFUSED}


def lines(program: str) -> list[str]:
    """Those of its file: the imports, then what the table has, less its indentation."""
    return [*IMPORTS.splitlines(), *[line[8:] for line in program.splitlines()]]


def run(*arguments: str, folder: Path) -> str:
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", env=environment)
    assert done.returncode in (0, 1), done.stdout + done.stderr  # 2: it could not look
    return done.stdout


def by_mypy(folder: Path) -> list[tuple[str, int, str]]:
    """Each error: the program's file, its line, what it says."""
    said = run("mypy", "--strict", "--config-file=", "--no-pretty", "--python-version=3.10", ".", folder=folder)
    return [
        (file, int(at), text) for file, at, text in re.findall(r"^(\w+)\.py:(\d+): error: (.*)", said, re.MULTILINE)
    ]


def by_pyright(folder: Path) -> list[tuple[str, int, str]]:
    """The same."""
    settings: dict[str, object] = {"extraPaths": [str(ROOT)], "pythonVersion": "3.10"}
    settings |= {"reportUnnecessaryComparison": True, "reportWildcardImportFromLibrary": False}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    found = json.loads(run("pyright", "--outputjson", "--pythonpath", sys.executable, folder=folder))
    errors = [error for error in found["generalDiagnostics"] if error["severity"] == "error"]
    return [(Path(error["file"]).stem, error["range"]["start"]["line"] + 1, error["message"]) for error in errors]


@pytest.fixture(scope="module", params=[by_mypy, by_pyright], ids=["mypy", "pyright"])
def errors(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, str]]:
    """What the checker says of each program, by line; one run for all, since starting it takes seconds."""
    checker = request.param.__name__.removeprefix("by_")
    if importlib.util.find_spec(checker) is None:
        pytest.skip(f"{checker} is not here: it is one of the extra dev")
    folder = tmp_path_factory.mktemp(checker)
    files = {f"program_{number}": name for number, name in enumerate(PROGRAMS)}
    for file, name in files.items():
        (folder / f"{file}.py").write_text("\n".join([*lines(PROGRAMS[name]), ""]), encoding="utf-8")
    found: dict[str, dict[int, str]] = {name: {} for name in PROGRAMS}
    for file, at, text in request.param(folder):
        found[files[file]][at] = text
    return found


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_is_right_is_accepted(name: str, errors: dict[str, dict[int, str]]) -> None:
    assert MARK not in ACCEPTED[name]
    assert errors[name] == {}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused_where_it_is(name: str, errors: dict[str, dict[int, str]]) -> None:
    marked = {at for at, line in enumerate(lines(REFUSED[name]), 1) if line.endswith(MARK)}
    assert marked != set()
    assert errors[name].keys() == marked, errors[name]
