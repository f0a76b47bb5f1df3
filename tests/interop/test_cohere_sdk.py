"""Cohere's SDK reads our cohere-v2."""

import json
from typing import ClassVar

import pytest
from interop import Call, Reads, Record

cohere = pytest.importorskip("cohere", reason="the cohere SDK is not installed: tests/interop/requirements.txt")


class TestChat(Reads):
    """ClientV2.chat_stream; an error is the last event's, with the reason ERROR."""

    dialect = "cohere-v2"
    words: ClassVar = {
        "stop": "COMPLETE",
        "length": "MAX_TOKENS",
        "tool_call": "TOOL_CALL",
        "content_filter": "ERROR",
        "other": "COMPLETE",
        "error": "ERROR",
    }

    def read(self, url: str) -> Record:
        record = Record()
        arguments: dict[int, str] = {}
        ended: list[int] = []
        with cohere.ClientV2(api_key="none", base_url=url) as sdk:
            for event in sdk.chat_stream(model="model-1", messages=[{"role": "user", "content": "Hi"}]):
                assert not record.finish
                if event.type == "content-delta":
                    record.text += event.delta.message.content.text or ""
                elif event.type == "tool-call-start":
                    call = event.delta.message.tool_calls
                    record.calls.append(Call(call.function.name, None, call.id))
                    arguments[event.index] = call.function.arguments
                elif event.type == "tool-call-delta":
                    arguments[event.index] += event.delta.message.tool_calls.function.arguments
                elif event.type == "tool-call-end":
                    ended.append(event.index)
                elif event.type == "message-end":
                    record.finish, record.error = event.delta.finish_reason, event.delta.error
                    usage = event.delta.usage
                    if usage and usage.tokens:
                        tokens = usage.tokens
                        reasoning = (tokens.model_extra or {}).get("reasoning_tokens")
                        record.count(tokens.input_tokens, tokens.output_tokens, usage.cached_tokens, reasoning)
        assert ended == list(arguments)
        for call, text in zip(record.calls, arguments.values(), strict=True):
            call.arguments = json.loads(text or "{}")
        return record
