"""Coze's SDK reads our coze: a chat and a workflow."""

import json
from typing import ClassVar

import captures
import pytest
from interop import CAPTURES, SCENARIOS, USAGE, Call, Reads, Record
from loopback import serve
from reading import gather, random_pieces, whole

from sse_core import EncodeError, Event
from sse_core.dialects import (
    Error,
    Finish,
    Invalid,
    Other,
    Part,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    Transcoder,
    get,
)

cozepy = pytest.importorskip("cozepy", reason="cozepy is not installed: tests/interop/requirements.txt")

WORKFLOW = get("coze", workflow=True)


def client(url: str) -> "cozepy.Coze":
    return cozepy.Coze(auth=cozepy.TokenAuth("none"), base_url=url)


def said_in(problem: Exception) -> str:
    """The message of an `error` event, which the SDK raises as it came."""
    text = str(problem)
    assert text.startswith("error event: ")
    return str(json.loads(text.removeprefix("error event: "))["msg"])


class TestChat(Reads):
    """chat.stream: the end of a message says its deltas again; an error is raised."""

    dialect = "coze"
    words: ClassVar = {
        "stop": "completed",
        "length": "completed",
        "tool_call": "requires_action",
        "content_filter": "completed",
        "other": "completed",
        "error": None,
    }

    def read(self, url: str) -> Record:
        record = Record()
        texts: dict[str, str] = {}
        reasoning = ""
        kinds = cozepy.ChatEventType
        try:
            for event in client(url).chat.stream(bot_id="bot", user_id="user"):
                assert record.finish is None
                if event.event == kinds.CONVERSATION_MESSAGE_DELTA:
                    assert event.message.type == cozepy.MessageType.ANSWER
                    record.text += event.message.content
                    texts[event.message.id] = texts.get(event.message.id, "") + event.message.content
                    reasoning += event.message.reasoning_content or ""
                elif event.event == kinds.CONVERSATION_MESSAGE_COMPLETED:
                    assert texts.pop(event.message.id) == event.message.content
                elif event.event in (kinds.CONVERSATION_CHAT_COMPLETED, kinds.CONVERSATION_CHAT_REQUIRES_ACTION):
                    assert "".join(texts.values()) == ""  # reasoning alone has no end
                    record.finish = event.chat.status.value
                    record.count(event.chat.usage.input_count, event.chat.usage.output_count)
                    record.tokens = (*record.tokens, 0, 0)[:4]
                    action = event.chat.required_action
                    for call in action.submit_tool_outputs.tool_calls if action else ():
                        record.calls.append(Call(call.function.name, json.loads(call.function.arguments), call.id))
                else:
                    assert event.event == kinds.CONVERSATION_CHAT_CREATED
                    assert record.text == ""
        except Exception as problem:
            record.error = said_in(problem)
        self.reasoning = reasoning
        return record

    def check(self, chunks: list[bytes], headers: dict[str, str], expected: Record) -> None:
        expected.tokens = (*expected.tokens[:2], 0, 0)  # it has no more
        super().check(chunks, headers, expected)

    def test_reasoning_is_read(self) -> None:
        encoder = PartEncoder(self.dialect)
        chunks = [encoder.send(part) for part in SCENARIOS["reasoning"]] + [encoder.close()]
        with serve(chunks, encoder.headers) as url:
            self.read(url)
        assert self.reasoning == "Let me think."

    def test_what_was_lost_is_raised(self) -> None:
        """A stream that only ends early would look whole: the client does not look for its end."""
        encoder = PartEncoder(self.dialect)
        parts: list[Part] = [TextDelta("Hi"), Invalid(Event("{"), ValueError("half"))]
        chunks = [encoder.send(part) for part in parts] + [encoder.close()]
        with serve(chunks, encoder.headers) as url:
            record = self.read(url)
        assert (record.text, record.error) == ("Hi", "the answer was lost on its way")

    def test_others_are_read(self) -> None:
        note = {"id": "m9", "conversation_id": "v1", "role": "assistant", "type": "verbose"}
        note |= {"content": "{}", "content_type": "text"}
        chat = {"id": "c1", "conversation_id": "v1", "status": "created", "bot_id": "b1"}
        parts: list[Part] = [
            Other("conversation.chat.created", chat, "coze"),
            Start("c1"),
            TextDelta("Hi", "m1"),
            Other("conversation.message.completed", note, "coze"),
            Other("made.up", {"a": 1}),
            Other("done", {"debug_url": "u"}, "coze"),
        ]
        encoder = PartEncoder(self.dialect)
        chunks = [encoder.send(part) for part in parts] + [encoder.close()]
        with serve(chunks, encoder.headers) as url:
            events = list(client(url).chat.stream(bot_id="bot", user_id="user"))
        assert [event.event.value for event in events] == [
            "conversation.chat.created",
            "conversation.message.delta",
            "conversation.message.completed",
            "unknown",
            "conversation.message.completed",
            "conversation.chat.completed",
        ]
        assert events[0].chat.bot_id == "b1"
        assert events[1].message.chat_id == "c1"
        assert {events[at].message.conversation_id for at in (1, 2, 4)} == {"v1"}
        assert events[5].chat.conversation_id == "v1"


class TestWorkflow:
    """workflows.runs.stream: text, and errors after which it goes on."""

    def read(self, chunks: list[bytes], headers: dict[str, str]) -> tuple[str, list[tuple[int, str]], list[str]]:
        """The text, the errors, and what else came; the ids count from 0."""
        text, errors, others = "", [], []
        with serve(chunks, headers) as url:
            events = list(client(url).workflows.runs.stream(workflow_id="workflow"))
        assert [event.id for event in events] == list(range(len(events)))
        for event in events:
            if event.event == cozepy.WorkflowEventType.MESSAGE:
                text += event.message.content
            elif event.event == cozepy.WorkflowEventType.ERROR:
                errors.append((event.error.error_code, event.error.error_message))
            else:
                others.append(event.event.value)
        return text, errors, others

    def written(self, *parts: Part) -> tuple[list[bytes], dict[str, str]]:
        encoder = PartEncoder(WORKFLOW)
        return [encoder.send(part) for part in parts] + [encoder.close()], encoder.headers

    @pytest.mark.parametrize("name", SCENARIOS)
    def test_what_is_written_is_read(self, name: str) -> None:
        parts = SCENARIOS[name]
        if any(part.kind == "tool_call" for part in parts):
            with pytest.raises(EncodeError):
                self.written(*parts)
            return
        message = gather(parts)
        text, errors, others = self.read(*self.written(*parts))
        assert (text, others) == (message.text, [])
        assert [message for _, message in errors] == ([message.error.message] if message.error else [])

    @pytest.mark.parametrize("file", CAPTURES)
    def test_what_is_rewritten_is_read(self, file: str) -> None:
        path = captures.FOLDER / file
        if not path.is_file():
            pytest.skip(captures.WHY_NOT)
        stream, source = path.read_bytes(), file.partition("/")[0]
        message = gather(whole(source, stream))
        transcoder = Transcoder(source, WORKFLOW)
        chunks: list[bytes] = []
        try:
            for chunk in random_pieces(stream, file):
                chunks.append(transcoder.feed(chunk))
            chunks.append(transcoder.close())
        except EncodeError as error:
            assert message.tool_calls
            chunks.append(error.data)
        text, errors, _ = self.read(chunks, transcoder.headers)
        assert message.text.startswith(text)
        assert bool(errors) == bool(message.tool_calls or message.error)
        if not message.tool_calls:
            assert text == message.text

    def test_what_a_message_and_an_interrupt_say(self) -> None:
        interrupt = {"interrupt_data": {"event_id": "e1", "type": 2}, "node_title": "Ask"}
        parts: list[Part] = [
            Start("x"),
            ReasoningDelta("Hm"),
            Other("Message", {"node_title": "A", "node_seq_id": "0", "node_is_finish": True}, "coze"),
            TextDelta("Hi"),
            Error("bad", None, "no number"),
            Other("Interrupt", interrupt, "coze"),
            USAGE,
            Finish("stop"),
        ]
        assert self.read(*self.written(*parts)) == ("Hi", [(5000, "bad")], ["Interrupt"])
