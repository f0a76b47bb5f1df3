"""OpenAI's SDK reads our openai-chat and openai-responses."""

import json
from typing import Any, ClassVar

import pytest
from interop import Call, Reads, Record

openai = pytest.importorskip("openai", reason="the openai SDK is not installed: tests/interop/requirements.txt")


def client(url: str) -> Any:
    return openai.OpenAI(base_url=url, api_key="none", max_retries=0)


class ReadsChat(Reads):
    dialect = "openai-chat"
    words: ClassVar = {
        "stop": "stop",
        "length": "length",
        "tool_call": "tool_calls",
        "content_filter": "content_filter",
        "other": "stop",
        "error": None,
    }
    ask: ClassVar = {"model": "model-1", "messages": [{"role": "user", "content": "Hi"}]}

    def take_usage(self, record: Record, usage: Any) -> None:
        prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
        cached, reasoning = prompt and prompt.cached_tokens, completion and completion.reasoning_tokens
        record.count(usage.prompt_tokens, usage.completion_tokens, cached, reasoning)


class TestChat(ReadsChat):
    """create(stream=True), put together as OpenAI's guide does."""

    def read(self, url: str) -> Record:
        record = Record()
        calls: dict[int, Any] = {}
        with client(url) as sdk:
            try:
                for chunk in sdk.chat.completions.create(**self.ask, stream=True):
                    assert chunk.object == "chat.completion.chunk"
                    if chunk.usage:
                        self.take_usage(record, chunk.usage)
                    for choice in chunk.choices:
                        record.text += (choice.delta.content or "") + (choice.delta.refusal or "")
                        record.finish = choice.finish_reason or record.finish
                        for call in choice.delta.tool_calls or []:
                            if call.index in calls:
                                calls[call.index].function.arguments += call.function.arguments
                            else:
                                calls[call.index] = call
            except openai.APIError as error:
                record.error, record.finish = error.message, None
        for call in calls.values():
            assert call.type == "function"
            record.calls.append(Call(call.function.name, json.loads(call.function.arguments or "{}"), call.id))
        return record


class TestChatHelper(ReadsChat):
    """chat.completions.stream, whose final completion is what the deltas of its events said."""

    def read(self, url: str) -> Record:
        record = Record()
        arguments: dict[int, str] = {}
        with client(url) as sdk, sdk.chat.completions.stream(**self.ask) as stream:
            try:
                for event in stream:
                    if event.type in ("content.delta", "refusal.delta"):
                        record.text += event.delta
                    elif event.type == "tool_calls.function.arguments.delta":
                        # Its `.done` comes when another call's fragment does: too early, where they interleave.
                        arguments[event.index] = arguments.get(event.index, "") + event.arguments_delta
                final = stream.get_final_completion()
            except (openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError) as error:
                final = error.completion
            except openai.APIError as error:
                record.error = error.message
                return record
        choice = final.choices[0]
        assert record.text == (choice.message.content or "") + (choice.message.refusal or "")
        for index, call in enumerate(choice.message.tool_calls or []):
            assert call.function.arguments == arguments.get(index, "")
            record.calls.append(Call(call.function.name, json.loads(call.function.arguments or "{}"), call.id))
        record.finish = choice.finish_reason
        if final.usage:
            self.take_usage(record, final.usage)
        return record


class ReadsResponses(Reads):
    dialect = "openai-responses"
    words: ClassVar = {
        "stop": "completed",
        "length": "max_output_tokens",
        "tool_call": "completed",
        "content_filter": "content_filter",
        "other": "incomplete",
        "error": "failed",
    }
    ask: ClassVar = {"model": "model-1", "input": "Hi"}

    def take(self, record: Record, events: Any) -> Any:
        """Put the deltas together; the last response."""
        arguments: dict[int, str] = {}
        last = None
        for number, event in enumerate(events):
            kind = event.type
            if kind != "response.completed" or hasattr(event, "sequence_number"):
                assert event.sequence_number == number
            if kind in ("response.output_text.delta", "response.refusal.delta"):
                record.text += event.delta
            elif kind == "response.output_item.added" and event.item.type == "function_call":
                record.calls.append(Call(event.item.name, None, event.item.call_id))
                arguments[event.output_index] = ""
            elif kind == "response.function_call_arguments.delta":
                arguments[event.output_index] += event.delta
            elif kind == "error":
                record.error = event.message
            elif kind in ("response.completed", "response.incomplete", "response.failed"):
                last = event.response
        for call, text in zip(record.calls, arguments.values(), strict=True):
            call.arguments = json.loads(text)
        record.finish = last.incomplete_details.reason if last.incomplete_details else last.status
        if last.usage:
            usage = last.usage
            cached, reasoning = usage.input_tokens_details.cached_tokens, usage.output_tokens_details.reasoning_tokens
            assert usage.total_tokens >= usage.input_tokens
            record.count(usage.input_tokens, usage.output_tokens, cached, reasoning)
        if last.error:
            assert (last.status, last.error.message) == ("failed", record.error)
        self.compare(record, last)
        return last

    def compare(self, record: Record, response: Any) -> None:
        """The snapshot says what the deltas did."""
        contents = [content for item in response.output if item.type == "message" for content in item.content]
        calls = [item for item in response.output if item.type == "function_call"]
        assert record.text == "".join([content.to_dict().get("text") or content.refusal for content in contents])
        assert record.calls == [Call(call.name, json.loads(call.arguments), call.call_id) for call in calls]


class TestResponses(ReadsResponses):
    """responses.create(stream=True)."""

    def read(self, url: str) -> Record:
        record = Record()
        with client(url) as sdk:
            self.take(record, sdk.responses.create(**self.ask, stream=True))
        return record


class TestResponsesHelper(ReadsResponses):
    """responses.stream, with its own snapshot of the text and arguments at each delta, and the final response."""

    def read(self, url: str) -> Record:
        record = Record()
        with client(url) as sdk, sdk.responses.stream(**self.ask) as stream:
            events = list(stream)
            last = self.take(record, events)
            if last.status == "completed":
                final = stream.get_final_response()
                assert final.to_dict() == last.to_dict()
                self.compare(record, final)
            else:
                with pytest.raises(RuntimeError, match=r"response\.completed"):
                    stream.get_final_response()
        snapshots: dict[tuple[int, int], str] = {}
        for event in events:
            if event.type in ("response.output_text.delta", "response.function_call_arguments.delta"):
                block = event.output_index, getattr(event, "content_index", 0)
                snapshots[block] = snapshots.get(block, "") + event.delta
                assert event.snapshot == snapshots[block]
        return record
