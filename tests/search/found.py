"""Cases that a search has found, as it printed them: each is checked again from then on."""

from .searching import Case

Row = tuple[str, Case]  # the search, and its case

_ANOTHER_ID = [("ToolCallDelta", "", 0, "c1", "f"), ("ToolCallDelta", '{"a":1}', 0, "c2", "g")]
_FAR_CHOICE = [("TextDelta", "b", 0, False, 1000)]
_FAR_CALL = [("ToolCallDelta", "", 0, None, None, False, True, 1000)]
_BEGUN_AGAIN = [("TextDelta", "b"), ("Finish", "stop"), ("Start", "m2")]
_FORGED_ERROR = ("Other", "", {"error": {"message": ""}})
_SAME_INDEX = [
    b'data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"c1","name":"f"}}\n\n',
    b'data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"c2","name":"g"}}\n\n',
    b'data: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"[1]"}}\n\n',
    b'data: {"type":"message_stop"}\n\n',
]
FOUND: list[Row] = [
    ("transcoder", ("laddro", "laddro", None, [b"{]\n", b'data:{"type":"done"}'])),
    ("transcoder", ("gemini", "gemini", None, [b"{\n", b'data:{"candidates":[{"finishReason":"STOP"}]}\n', b"]\n"])),
    *[
        ("writers", (name, _ANOTHER_ID))
        for name in ("aitunnel", "anthropic-messages", "cohere-v2", "gemini", "gemini-interactions", "lawbot")
    ],
    *[("writers", (name, _ANOTHER_ID)) for name in ("openai-assistants", "openai-chat", "openai-responses", "websopy")],
    *[
        ("writers", (name, _FAR_CHOICE))
        for name in ("aitunnel", "gemini", "lawbot", "openai-chat", "openai-completions")
    ],
    *[("writers", (name, _FAR_CALL)) for name in ("aitunnel", "gemini", "lawbot", "openai-chat")],
    *[("writers", (name, [("Other", "")])) for name in ("openai-assistants", "openai-transcription")],
    ("writers", ("cohere-v2", [("Other", "", None, "cohere-v2")])),
    ("writers", ("cohere-v2", [(*_FORGED_ERROR, "cohere-v2")])),
    ("writers", ("gemini-interactions", [_FORGED_ERROR])),
    ("writers", ("openai-transcription", [("Other", "error")])),
    ("writers", ("gemini-interactions", [("Other", "\r", {})])),
    (
        "dialects",
        (
            "gemini-interactions",
            [
                b'data:{"index":2,"step":{"type":"function_call","name":"r"},"event_type":"step.start"}\n\n',
                b'data:{"event_type":"step.stop"}\n\n',
                b'event:step.delta\ndata:{"index":2,"delta":{"arguments":"}","type":"arguments_delta"}}\n\n',
            ],
        ),
    ),
    *[
        ("transcoder", ("anthropic-messages", name, None, _SAME_INDEX))
        for name in ("cohere-v2", "openai-chat", "websopy")
    ],
    *[("writers", (name, _BEGUN_AGAIN)) for name in ("openai-chat", "openai-completions")],
    ("writers", ("openai-completions", [("Finish", ""), ("TextDelta", ""), ("Start", "")])),
    ("writers", ("openai-chat", [("Other", "reference", {"type": "text", "text": "q"})])),
    (
        "dialects",
        (
            "anthropic-messages",
            [
                b'event:content_block_start\ndata:{"index":1,"content_block":{"type":"tool_use","name":"r"}}\n\n',
                b'event:content_block_delta\ndata:{"delta":{"type":"input_json_delta", "partial_json": "{\\""}}\n\n',
                b'event: content_block_delta\ndata: {"type":"content_block_delt'
                b'a","index":1,"delta":{"type":"input_json_delta","partial_json":"on\\": \\"P"}}\n\n',
                b'event: completion\ndata: {"type": "content_block_start", "ind'
                b'ex": 1, "delta": {"type": "input_json_delta", "partial_json": "ar"}}\n\n',
                b'event: content_block_delta\ndata: {"type":"content_block_delt'
                b'a","index":1,"delta":{"type":"input_json_delta","partial_json":"is\\"}"}}\n\n',
            ],
        ),
    ),
    (
        "dialects",
        (
            "gemini-interactions",
            [
                b'event:step.start\ndata:{"index":1,"step":{"type":"function_call","name":"r"}}\n\n',
                b'data:{"event_type":"step.start"}\n\n',
                b'event:step.delta\ndata:{"index":1,"delta":{"arguments":"}","type":"arguments_delta"}}',
            ],
        ),
    ),
    (
        "dialects",
        (
            "langgraph-events",
            [
                b'data:{"method":"messages","params":{"data":{"event":"content-block-start","index":1,"content":{"'
                b'type":"tool_call_chunk"}}}}\n\n',
                b'event: messages\nid: 5\ndata: {"method": "messages", "params": {"data": {"event": "content-block-f'
                b'inish", "content": {"type": "tool_call", "args": {}, "id": "c1", "name": "f"}}}}\n\n',
                b'event: messages\nid: 3\ndata: {"type":"event","event_id":"3","seq":3,"method":"messages","params":'
                b'{"timestamp":0,"namespace":[],"data":{"event":"content-block-start","index":0,"content":{"type":'
                b'"tool_call_chunk","id":"c1","name":"f","args":""}}}}\n\n',
                b'event: messages\nid: 9\ndata: {"type":"event","event_id":"9","seq":9,"method":"messages","params":'
                b'{"timestamp":0,"namespace":[],"data":{"event":"content-block-finish","index":1,"content":{"type"'
                b':"tool_call","args":{"a":1},"id":"c2","name":"g"}}}}\n\n',
            ],
        ),
    ),
]
# What is not mended yet: the searches pass over what breaks the same law in the same dialects. A row that is mended
# moves up.
OPEN: list[Row] = []
