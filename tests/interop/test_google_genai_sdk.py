"""Google's SDK reads our gemini."""

from typing import ClassVar

import pytest
from interop import Call, Reads, Record

genai = pytest.importorskip(
    "google.genai", reason="the google-genai SDK is not installed: tests/interop/requirements.txt"
)


class TestGenerateContent(Reads):
    """models.generate_content_stream."""

    dialect = "gemini"
    words: ClassVar = {
        "stop": "STOP",
        "length": "MAX_TOKENS",
        "tool_call": "STOP",
        "content_filter": "SAFETY",
        "other": "OTHER",
        "error": None,
    }

    def read(self, url: str) -> Record:
        record = Record()
        with genai.Client(api_key="none", http_options={"base_url": url}) as sdk:
            try:
                for chunk in sdk.models.generate_content_stream(model="model-1", contents="Hi"):
                    usage = chunk.usage_metadata
                    if usage:
                        thoughts = usage.thoughts_token_count or 0
                        output = (usage.candidates_token_count or 0) + thoughts
                        record.count(usage.prompt_token_count, output, usage.cached_content_token_count, thoughts)
                    for candidate in chunk.candidates or []:
                        record.finish = candidate.finish_reason.value if candidate.finish_reason else record.finish
                    record.text += chunk.text or ""
                    record.calls += [Call(call.name, call.args, call.id) for call in chunk.function_calls or []]
            except genai.errors.APIError as error:
                record.error = error.message
        return record
