"""Anthropic's SDK reads our anthropic-messages."""

from typing import ClassVar

import pytest
from interop import Call, Reads, Record

anthropic = pytest.importorskip(
    "anthropic", reason="the anthropic SDK is not installed: tests/interop/requirements.txt"
)


class TestMessages(Reads):
    """messages.stream: text_stream, then the final message."""

    dialect = "anthropic-messages"
    words: ClassVar = {
        "stop": "end_turn",
        "length": "max_tokens",
        "tool_call": "tool_use",
        "content_filter": "refusal",
        "other": "end_turn",
        "error": None,
    }

    def read(self, url: str) -> Record:
        record = Record()
        ask = {"model": "model-1", "max_tokens": 100, "messages": [{"role": "user", "content": "Hi"}]}
        client = anthropic.Anthropic(base_url=url, api_key="none", max_retries=0)
        with client as sdk, sdk.messages.stream(**ask) as stream:
            try:
                for text in stream.text_stream:
                    record.text += text
            except anthropic.APIStatusError as error:
                record.error = error.body["error"]["message"]
                return record
            message = stream.get_final_message()
        assert (message.type, message.role) == ("message", "assistant")
        assert record.text == "".join([block.text for block in message.content if block.type == "text"])
        record.calls = [
            Call(block.name, block.input, block.id) for block in message.content if block.type == "tool_use"
        ]
        record.finish = message.stop_reason
        usage = message.usage
        read = usage.cache_read_input_tokens or 0
        reasoning = usage.output_tokens_details and usage.output_tokens_details.thinking_tokens
        input = usage.input_tokens + read + (usage.cache_creation_input_tokens or 0)
        record.count(input, usage.output_tokens, read, reasoning)
        return record
