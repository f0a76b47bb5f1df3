"""AG-UI's client reads what we write, its Python models take it, and we read what its Python encoder writes."""

import json
import random
from typing import Any

import captures
import pytest
from interop import SCENARIOS
from on_node import on_node
from reading import ANSWERING, gather, random_pieces, read, whole, write

from sse_core import Decoder, EncodeError, SSEError
from sse_core.dialects import (
    Accumulator,
    Error,
    Finish,
    Other,
    Part,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Transcoder,
    get,
)

NAME = "ag-ui"
TIMEOUT = 300  # seconds, for some hundreds of streams


def shown(threads: list[list[bytes]]) -> list[list[dict[str, Any]]]:
    """What ag_ui.mjs says of the streams of each thread."""
    input = "".join(json.dumps({"bodies": [body.decode() for body in bodies]}) + "\n" for bodies in threads).encode()
    found = [json.loads(line) for line in on_node("ag_ui.mjs", "@ag-ui/client", input=input).splitlines()]
    assert len(found) == len(threads)
    return found


def rewritten(source: str, chunks: list[bytes]) -> tuple[bytes, SSEError | None]:
    """A stream rewritten, and what was raised, as a gateway sends it on."""
    transcoder = Transcoder(source, get(NAME, thread_id="thread", run_id="run-1"))
    out = b""
    try:
        for chunk in chunks:
            out += transcoder.feed(chunk)
        return out + transcoder.close(), None
    except SSEError as error:
        return out + error.data, error


RECORDED = captures.streams(ANSWERING)
needs_captures = pytest.mark.skipif(not RECORDED, reason=captures.WHY_NOT)


def text_of(said: dict[str, Any], role: str = "assistant") -> str:
    return "".join(message.get("content", "") for message in said["messages"] if message["role"] == role)


def calls_of(said: dict[str, Any]) -> list[tuple[str, str]]:
    """The calls of all messages, their ids unlike."""
    calls = [call for message in said["messages"] for call in message.get("toolCalls", [])]
    assert len({call["id"] for call in calls}) == len(calls)
    return [(call["function"]["name"], call["function"]["arguments"]) for call in calls]


def check(said: dict[str, Any], message: Accumulator) -> None:
    """The client has the whole answer that we read, the calls of it in one message, and nothing to warn of."""
    assert (said["thrown"], said["error"], said["finished"]) == (None, None, True)
    assert (said["open"], said["warnings"]) == ([], [])
    assert (text_of(said), text_of(said, "reasoning")) == (message.text, message.reasoning)
    calls = [(call.name, call.arguments or "{}") for call in message.tool_calls if not call.server]
    assert calls_of(said) == calls
    if not message.text:
        assert len([one for one in said["messages"] if one.get("toolCalls")]) == bool(calls)
    usage = said["usage"][0] if said["usage"] else {}
    if message.usage is not None:
        assert usage.get("inputTokens") == message.usage.input_tokens
        assert usage.get("outputTokens") == message.usage.output_tokens


def check_failed(said: dict[str, Any], message: Accumulator) -> None:
    """The client has an error, what came before it, and no call that we do not take for complete."""
    assert (said["thrown"], said["finished"], said["warnings"]) == (None, False, [])
    assert said["error"]["message"]
    assert message.text.startswith(text_of(said))
    incomplete = [call for call in message.tool_calls if not call.server and not call.complete]
    left = [name for name in said["open"] if name.startswith("TOOL_CALL ")]
    assert len(left) >= min(len(incomplete), len(calls_of(said)))
    assert said["open"] == left


def test_what_is_written_is_read() -> None:
    streams = [write(NAME, parts) for parts in SCENARIOS.values()]
    for [said], parts in zip(shown([[stream] for stream in streams]), SCENARIOS.values(), strict=True):
        message = gather(parts)
        if message.error is None:
            check(said, message)
        else:
            check_failed(said, message)
            assert said["error"]["message"] == message.error.message


def test_the_signature_of_reasoning_is_in_its_message() -> None:
    [[said]] = shown([[write(NAME, SCENARIOS["signed reasoning"])]])
    signatures = [one.get("encryptedValue") for one in said["messages"] if one["role"] == "reasoning"]
    assert signatures == ["c2lnbmF0dXJl", "cmVkYWN0ZWQh"]


def test_the_answers_of_a_thread_stay_apart() -> None:
    parts = [ReasoningDelta("Hm"), TextDelta("A"), TextDelta("B", "0/1"), ToolCallDelta("{}", 0, None, "f")]
    bodies = [write(get(NAME, run_id=f"run-{number}"), parts) for number in (1, 2)]
    [[_, said]] = shown([bodies])
    assert (said["error"], said["warnings"]) == (None, [])
    assert [one.get("content") for one in said["messages"]] == ["Hm", "A", "B"] * 2
    assert calls_of(said) == [("f", "{}")] * 2


def test_runs_in_one_stream() -> None:
    run = [TextDelta("A"), ToolCallDelta("{}", 0, None, "f"), Finish("tool_call")]
    failed = [Start("r3"), TextDelta("C"), Error("busy", None, "c")]
    [[good], [bad]] = shown(
        [[write(NAME, [Start("r1"), *run, Start("r2"), *run])], [write(NAME, [Start("r1"), *run, *failed])]]
    )
    assert (good["error"], good["open"], text_of(good), calls_of(good)) == (None, [], "AA", [("f", "{}")] * 2)
    assert (bad["error"], bad["thrown"], text_of(bad)) == ({"message": "busy", "code": "c"}, None, "AC")


def check_all(streams: list[tuple[str, str, bytes]]) -> tuple[int, int]:
    """The client reads each stream, rewritten: an error wherever we say that not all is well. How many of each."""
    bodies: list[list[bytes]] = []
    messages: list[tuple[str, Accumulator, bool]] = []
    for file, source, stream in streams:
        parts, problem = read(source, stream)
        body, error = rewritten(source, random_pieces(stream, file))
        message = gather(parts)
        refused = isinstance(error, EncodeError)
        failed = problem is not None or message.error is not None or message.invalid is not None
        assert refused or (error is not None) == (problem is not None or message.invalid is not None), file
        # It has no word for a call that the limit of the answer cut.
        cut = message.finish_reason == "length" and not all(call.complete for call in message.tool_calls)
        bodies.append([body])
        messages.append((file, gather(whole(NAME, body)) if refused else message, failed or refused or cut))
    for [said], (file, message, failed) in zip(shown(bodies), messages, strict=True):
        try:
            (check_failed if failed else check)(said, message)
        except AssertionError as error:
            raise AssertionError(file) from error
    count = sum(failed for _, _, failed in messages)
    return len(messages) - count, count


@needs_captures
def test_every_recorded_answer_is_read_as_we_read_it() -> None:
    good, failed = check_all(RECORDED)
    assert good > 180
    assert failed > 10


@needs_captures
def test_an_answer_that_is_cut_is_an_error() -> None:
    for seed in ("a", "b", "c"):
        rng = random.Random(seed)
        good, failed = check_all(
            [(file, name, stream[: rng.randrange(len(stream))]) for file, name, stream in RECORDED]
        )
        assert failed > 180
        assert good < 20  # cut behind all that counts


@needs_captures
def test_an_answer_with_a_payload_that_cannot_be_read_is_an_error() -> None:
    broken = []
    for file, source, stream in RECORDED:
        blocks = stream.replace(b"\r\n", b"\n").split(b"\n\n")
        if len(blocks) > 2:
            blocks[len(blocks) // 2] = b'data: {"broken'
            broken.append((file, source, b"\n\n".join(blocks)))
    good, failed = check_all(broken)
    assert failed > 180
    assert good < 20


# -- the Python package

REASON = "ag-ui-protocol is not installed: tests/interop/requirements.txt"


def check_models(stream: bytes) -> int:
    """The models of the protocol have each event as we wrote it. How many."""
    core = pytest.importorskip("ag_ui.core", reason=REASON)
    pydantic = pytest.importorskip("pydantic", reason=REASON)
    events, adapter = Decoder().feed(stream), pydantic.TypeAdapter(core.Event)
    for event in events:
        found = adapter.validate_json(event.data, strict=True)
        assert not found.model_extra
        assert json.loads(found.model_dump_json(by_alias=True, exclude_none=True)) == json.loads(event.data)
    return len(events)


def test_its_models_take_what_is_written() -> None:
    count = sum(check_models(write(NAME, parts)) for parts in SCENARIOS.values())
    count += check_models(write(NAME, [Start("r"), Finish("other", "cancelled")]))
    assert count > 80


@needs_captures
def test_its_models_take_what_is_rewritten() -> None:
    count = 0
    for file, source, stream in RECORDED:
        for cut in (len(stream), len(stream) // 2):
            count += check_models(rewritten(source, random_pieces(stream[:cut], file))[0])
    assert count > 10_000


def made() -> dict[str, list[Any]]:
    """The events of runs, made with its models."""
    core = pytest.importorskip("ag_ui.core", reason=REASON)
    begin, end = core.RunStartedEvent(thread_id="t", run_id="r"), core.RunFinishedEvent(thread_id="t", run_id="r")
    usage = [core.TokenUsage(provider="p", model="m", input_tokens=5, output_tokens=2, cached_input_tokens=1)]
    interrupt = core.RunFinishedInterruptOutcome(
        interrupts=[core.Interrupt(id="i", reason="approve", tool_call_id="c")]
    )
    subagent = {"message_id": "s1", "subagent_run_id": "s"}
    text = [
        core.TextMessageStartEvent(message_id="m", role="assistant"),
        core.TextMessageContentEvent(message_id="m", delta="Grüße, "),
        core.TextMessageContentEvent(message_id="m", delta="\u2028🙂\r\n"),
        core.TextMessageEndEvent(message_id="m"),
    ]
    call = [
        core.ToolCallStartEvent(tool_call_id="c", tool_call_name="f", parent_message_id="m"),
        core.ToolCallArgsEvent(tool_call_id="c", delta='{"a":'),
        core.ToolCallArgsEvent(tool_call_id="c", delta="1}"),
        core.ToolCallEndEvent(tool_call_id="c"),
    ]
    others = [
        core.StateSnapshotEvent(snapshot={"a": [1, None]}),
        core.StateDeltaEvent(delta=[{"op": "add", "path": "/b", "value": 1}]),
        core.StepStartedEvent(step_name="x"),
        core.ActivitySnapshotEvent(message_id="v", activity_type="plan", content={"a": 1}),
        core.CustomEvent(name="n", value=None),
        core.RawEvent(event={"a": 1}, source="s"),
        core.StepFinishedEvent(step_name="x"),
        core.MessagesSnapshotEvent(messages=[core.UserMessage(id="u", content="Hi")]),
    ]
    return {
        "text": [begin, *text, end],
        "a call of the text, and its result": [
            *(begin, *text, *call, core.ToolCallResultEvent(message_id="x", tool_call_id="c", content="ok"), end),
        ],
        "a call of another message": [
            *(begin, core.ToolCallStartEvent(tool_call_id="d", tool_call_name="g", parent_message_id="p")),
            *(core.ToolCallArgsEvent(tool_call_id="d", delta="{}"), core.ToolCallEndEvent(tool_call_id="d"), end),
        ],
        "reasoning": [
            *(begin, core.ReasoningStartEvent(message_id="t")),
            core.ReasoningMessageStartEvent(message_id="t", role="reasoning"),
            core.ReasoningMessageContentEvent(message_id="t", delta="Hm"),
            core.ReasoningEncryptedValueEvent(subtype="message", entity_id="t", encrypted_value="s"),
            *(core.ReasoningMessageEndEvent(message_id="t"), core.ReasoningEndEvent(message_id="t"), *text, end),
        ],
        "usage of a model": [begin, *text, core.RunFinishedEvent(thread_id="t", run_id="r", usage=usage)],
        "an interrupt": [begin, *text, *call, core.RunFinishedEvent(thread_id="t", run_id="r", outcome=interrupt)],
        "a result": [begin, core.RunFinishedEvent(thread_id="t", run_id="r", result={"a": 1})],
        "others": [begin, *others[:4], *text, *others[4:], end],
        "a subagent's text, and a user's": [
            *(begin, core.SubagentStartedEvent(subagent_run_id="s", name="n"), core.TextMessageStartEvent(**subagent)),
            *(core.TextMessageContentEvent(**subagent, delta="x"), core.TextMessageEndEvent(**subagent)),
            *(core.SubagentFinishedEvent(subagent_run_id="s"), core.TextMessageStartEvent(message_id="u", role="user")),
            *(core.TextMessageContentEvent(message_id="u", delta="x"), core.TextMessageEndEvent(message_id="u"), end),
        ],
        "two runs": [
            *(begin, *text, end, core.RunStartedEvent(thread_id="t", run_id="r2", parent_run_id="r")),
            *(*call, core.RunFinishedEvent(thread_id="t", run_id="r2")),
        ],
        "an error": [begin, *text, core.RunErrorEvent(message="busy", code="c", usage=usage)],
    }


CASES = [
    *("text", "a call of the text, and its result", "a call of another message", "reasoning", "usage of a model"),
    *("an interrupt", "a result", "others", "a subagent's text, and a user's", "two runs", "an error"),
]


@pytest.mark.parametrize("case", CASES)
def test_what_its_encoder_writes_is_read_and_written_again(case: str) -> None:
    encoder = pytest.importorskip("ag_ui.encoder", reason=REASON).EventEncoder()
    events = made()[case]
    stream = "".join(encoder.encode(event) for event in events).encode()
    parts = whole(NAME, stream)
    check_kinds(parts, events)
    again = write(NAME, parts)
    assert (again == stream) is (case != "an error")  # there is no place beside it for the model of its usage
    assert gather(whole(NAME, again)).text == gather(parts).text


def check_kinds(parts: list[Part], events: list[Any]) -> None:
    """The parts are those of the events, one by one."""
    types = [str(event.type.value) for event in events]
    message = gather(parts)
    kinds = [part.kind for part in parts]
    assert kinds.count("start") == types.count("RUN_STARTED")
    assert kinds.count("error") == types.count("RUN_ERROR")
    assert kinds.count("finish") == types.count("RUN_FINISHED")
    assert [part.kind for part in parts if isinstance(part, ToolCallDelta)].count("tool_call") == sum(
        type_ in ("TOOL_CALL_START", "TOOL_CALL_ARGS") for type_ in types
    )
    assert all(call.complete for call in message.tool_calls)
    others = [part.name for part in parts if isinstance(part, Other) and part.block is None]
    assert [name for name in others if name[:4] != "RUN_"] == [
        type_
        for type_, event in zip(types, events, strict=True)
        if not type_.startswith(("RUN_", "TEXT_", "TOOL_CALL", "REASONING"))
        or type_ == "TOOL_CALL_RESULT"
        or (type_[:5] == "TEXT_" and event.message_id != "m")
    ]
