"""What is alike is read and written in a shorter way: beside the plain way, on every recording; and what is learned."""

import json
import pickle
from typing import Any

import captures
import plain
import pytest
from plain import AGAIN
from reading import pieces, random_pieces, sse, typed

from sse_core import EncodeError
from sse_core.dialects import (
    BlockEnd,
    Dialect,
    Part,
    PartDecoder,
    PartEncoder,
    ReasoningDelta,
    Start,
    TextDelta,
    ToolCallDelta,
    Usage,
    get,
)
from sse_core.dialects.base import JsonReader, Writer

RECORDED = [row for row in captures.expected() if captures.name_of(row) in plain.NAMES]


@pytest.mark.skipif(not RECORDED, reason=captures.WHY_NOT)
@pytest.mark.parametrize("row", RECORDED, ids=lambda row: row["file"])
def test_a_recording_is_read_and_rewritten_as_in_the_plain_way(row: dict[str, Any]) -> None:
    name, stream = captures.name_of(row), (captures.FOLDER / row["file"]).read_bytes()
    expected = plain.read(plain.plain(name), [stream])
    for chunks in ([stream], pieces(stream, 97), random_pieces(stream, row["file"])):
        assert plain.read(get(name), chunks) == expected
    for target in AGAIN:
        slow = plain.rewrite(plain.plain(name), plain.plain(target), [stream])
        assert plain.rewrite(get(name), get(target), [stream]) == slow


def chat(text: Any, **members: Any) -> dict[str, Any]:
    """A chunk of chat."""
    return {"id": "c1", "choices": [{"index": 0, "delta": {"content": text}}], **members}


def fragments(*texts: Any) -> list[dict[str, Any]]:
    return [{"choices": [{"index": 0, "delta": {"content": text}}]} for text in texts]


def call(arguments: str, **members: Any) -> dict[str, Any]:
    delta = {"tool_calls": [{"index": 0, "function": {"arguments": arguments}, **members}]}
    return {"choices": [{"index": 0, "delta": delta}]}


PAYLOADS: dict[str, list[Any]] = {
    "texts": fragments("a", "b", "c", "d"),
    "an empty one": fragments("a", "b", "c", "", "d", ""),
    "no text": fragments("a", "b", "c", None, 7, "d"),
    "a text that is another member": [chat(text) for text in ("a", "c1", "c1", "index", "id", "b", "c1", "d")],
    "the same text again": fragments("a", "a", "a", "b", "b"),
    "a text that holds what follows it": [chat("a"), chat("b"), chat('"}}]}'), chat('x"}}],"id":"c2"}'), chat("\\")],
    "escapes": [*fragments("a", "b", '"\n\t\u2028'), '{"choices":[{"index":0,"delta":{"content":"\\u00e9\\ud83d"}}]}'],
    "in ASCII": [
        json.dumps(payload, separators=(",", ":")) for payload in fragments("\u00e9", "\u4e2d", "a", "\u2028")
    ],
    "half a string": [*fragments("a", "b", "c"), '{"choices": [{"index": 0, "delta": {"content": "\\u12'],
    "more behind it": [*fragments("a", "b", "c"), *[json.dumps(payload) + "}" for payload in fragments("c", "d")]],
    "blanks behind it": [*fragments("a", "b", "c"), *[json.dumps(payload) + "  " for payload in fragments("c", "d")]],
    "the end between": [*fragments("a", "b", "c"), "[DONE]", *fragments("d")],
    "a finish between": [
        *fragments("a", "b"),
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        *fragments("c", "d", "e"),
        "[DONE]",
    ],
    "a finish in each": [
        *[{"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]} for text in "abcd"],
        "[DONE]",
    ],
    "an error between": [*fragments("a", "b"), {"error": {"message": "x"}}, *fragments("c", "d", "e")],
    "usage in each": [chat(text, usage={"prompt_tokens": 1, "total_tokens": n}) for n, text in enumerate("abcda")],
    "usage that goes": [chat(text, usage={"total_tokens": 3} if text < "c" else None) for text in "abcde"],
    "usage in usage": [chat(text, usage={"total_tokens": 1, "usage": {"x": text}}) for text in "abcde"],
    "usage elsewhere": [chat(text, x={"usage": {"total_tokens": n}}) for n, text in enumerate("abcde")],
    "usage, and text in it": [chat(text, usage={"total_tokens": n, "x": text}) for n, text in enumerate("abcde")],
    "padding": [chat(text, obfuscation=text * 9, p="x") for text in "abcde"],
    "padding of other types": [
        chat(text, p=p) for text, p in zip("abcdefgh", (1, 2, 3, "4", 5.5, None, True, {}), strict=True)
    ],
    "padding that is none": [chat(text, citations=[{"p": text}], p="x") for text in "aabcd"],
    "padding in escapes": [
        f'{{"citations":[{{"p":{n}}}],"\\u0070":{n},"choices":[{{"index":0,"delta":{{"content":"{text}"}}}}]}}'
        for n, text in enumerate("a12cde")
    ],
    "blanks around a member's colon": [
        f'{{"choices":[{{"index":0,"delta":{{"content":"{text}"}}}}],"usage"{colon}{{"total_tokens":{number}}}}}'
        for colon in (":  ", ": ", " : ", " :", ":\\t")
        for number, text in enumerate("abcd")
    ],
    "a member elsewhere": [
        f'{{"choices":[{{"index":0,"delta":{{"content":"{text}"}}}}],"citations":[{{"p":"{text < "d"}"}}],"p" :1}}'
        for text in "abcdef"
    ],
    "a member twice": [
        f'{{"choices":[{{"delta":{{"content":"{text}"}}}}],"usage":{{"total_tokens":{number}}},"usage" :{{}}}}'
        for number, text in enumerate("abcdef")
    ],
    "an end that its usage tells": [
        chat(text, object="chat.completion.done", usage={"total_tokens": 1} if text > "d" else {}) for text in "abcdef"
    ],
    "a member too deep": [chat(text, p={"p": [[[]] * 30] * 9} if text > "d" else {}) for text in "abcdef"],
    "an escape beside": [chat(text, x="\\") for text in "abcde"],
    "deeper than is learned": [chat(text, x=[[[[[[]]]]]] * 30) for text in "abcd"],
    "longer than is learned": [chat(text, x="y" * 5_000) for text in "abcd"],
    "never alike": [chat(text, created=number) for number, text in enumerate("abcdefghijklmnop")],
    "never alike, then": [chat(text, created=max(number, 11)) for number, text in enumerate("abcdefghijklmnop")],
    "calls": [call("", id="i"), *[call(text) for text in ('{"', 'a"', ":", "1", "}")]],
    "calls by id": [call(text, id=id) for id, text in zip("iiijjkkkk", "{}abcdefg", strict=True)],
    "reasoning": [{"choices": [{"index": 0, "delta": {"reasoning": text, "content": ""}}]} for text in "abcd"],
    "two parts": [{"choices": [{"index": 0, "delta": {"reasoning": text, "content": "x"}}]} for text in "abcd"],
    "two choices": [
        {"choices": [{"index": index, "delta": {"content": text}} for index in range(2)]} for text in "abcd"
    ],
}


@pytest.mark.parametrize("payloads", PAYLOADS.values(), ids=PAYLOADS)
def test_payloads_are_read_as_in_the_plain_way(payloads: list[Any]) -> None:
    compact = [item if type(item) is str else json.dumps(item, separators=(",", ":")) for item in payloads]
    for stream in (sse(*payloads), sse(*compact)):
        expected = plain.read(plain.plain("openai-chat"), [stream])
        assert plain.read(get("openai-chat"), [stream]) == expected
        assert plain.read(get("openai-chat"), pieces(stream)) == expected


START = {"type": "message_start", "message": {"id": "m"}}
BLOCK: dict[str, Any] = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
ECHO = {"type": "tool_use", "x": 1, "id": "i", "name": "f"}
# Payloads of Anthropic's whose fragment is not, or not only, of themselves.
STATEFUL: dict[str, list[Any]] = {
    "input that waits": [
        item
        for arguments in ('{"a":1}', '{"a":2}', '{"rm":true}')
        for item in (
            *(
                (START, {**BLOCK, "content_block": {**ECHO, "input": json.loads(arguments)}})
                if "a" in arguments
                else ()
            ),
            {"type": "message_delta", "delta": {}, "usage": {"x": arguments}},
        )
    ],
    "blocks without an index": [
        START,
        BLOCK,
        *[{"type": "content_block_start", "content_block": {"type": "text", "text": text}} for text in "abcdef"],
    ],
}


@pytest.mark.parametrize("payloads", STATEFUL.values(), ids=STATEFUL)
def test_what_comes_of_the_state_is_read_in_the_plain_way(payloads: list[Any]) -> None:
    stream = typed(*[json.loads(json.dumps(payload, separators=(",", ":"))) for payload in payloads]).replace(
        b": ", b":"
    )
    name = "anthropic-messages"
    assert plain.read(get(name), [stream]) == plain.read(plain.plain(name), [stream])


@pytest.mark.parametrize(
    "between",
    [b": c\n", b"retry: 5\n", b"id: 4\n\n", b'error: {"message":"x"}\n', b"{\n", b"event: x\n\n", b"data: {}\n\n"],
)
def test_what_stands_between_is_read_as_in_the_plain_way(between: bytes) -> None:
    texts = [sse(payload) for payload in fragments(*"abcdef")]
    stream = b"".join([*texts[:3], between, *texts[3:]])
    assert plain.read(get("openai-chat"), [stream]) == plain.read(plain.plain("openai-chat"), [stream])


def test_usage_that_is_none_is_read_as_in_the_plain_way() -> None:
    texts = [{"candidates": [{"content": {"parts": [{"text": text}]}}], "usageMetadata": 7} for text in "abcdef"]
    assert plain.read(get("gemini"), [sse(*texts)]) == plain.read(plain.plain("gemini"), [sse(*texts)])


def test_an_event_type_belongs_to_what_is_alike() -> None:
    events = [
        f"event: {name}\n".encode() + sse(*fragments(text)) for name, text in zip("xxxerx", "abcdef", strict=True)
    ]
    stream = b"".join(events).replace(b"event: e\n", b"event: error\n")
    assert plain.read(get("openai-chat"), [stream]) == plain.read(plain.plain("openai-chat"), [stream])


def test_raw_is_parsed_once_for_all_parts_of_an_event() -> None:
    payloads = PAYLOADS["usage in each"]
    parts = PartDecoder("openai-chat").feed(sse(*payloads))
    text, usage = parts[-2:]
    assert (text.kind, usage.kind) == ("text", "usage")
    assert text.raw == payloads[-1]
    assert usage.raw is text.raw is text.raw
    text.raw = None
    assert text.raw is None


def test_a_part_whose_raw_nobody_asked_for_may_be_pickled() -> None:
    payloads = PAYLOADS["texts"]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        part = PartDecoder("openai-chat").feed(sse(*payloads))[-1]
        part = pickle.loads(pickle.dumps(part, protocol))
        assert (part, part.raw) == (TextDelta("d"), payloads[-1])


class Counting(JsonReader):
    """Says how many payloads it was given."""

    alike = ()
    given = 0

    def read_object(self, payload: dict[str, Any], event: Any) -> list[Part]:
        self.given += 1
        return [TextDelta(payload["text"])]


class Padded(Counting):
    """Ignores a member that changes."""

    alike = ("pad",)


class Heir(Counting):
    """Has not promised what the one it is made of has."""


@pytest.mark.parametrize(
    ("reader", "loads", "given"),
    [(Counting, None, 2), (Heir, None, 5), (Counting, lambda text: json.loads(text), 5)],
    ids=["promised", "made of one that has", "read by another loads"],
)
def test_only_a_class_that_promised_it_is_given_less(reader: type[Counting], loads: Any, given: int) -> None:
    decoder = PartDecoder(Dialect("mine", reader), loads=loads)
    texts = [part.text for part in decoder.feed(sse(*[{"text": text} for text in "abcde"])) if part.kind == "text"]
    assert texts == ["a", "b", "c", "d", "e"]
    assert vars(decoder.reader)["given"] == given


def test_a_member_that_means_nothing_may_change() -> None:
    decoder = PartDecoder(Dialect("mine", Padded))
    parts = decoder.feed(sse(*[{"text": text, "pad": text * 3} for text in "abcde"]))
    assert parts == [TextDelta(text) for text in "abcde"]
    assert [part.raw["pad"] for part in parts] == [text * 3 for text in "abcde"]
    assert vars(decoder.reader)["given"] == 2


def test_a_member_too_deep_is_parsed_at_once() -> None:
    deep = json.loads("[" * 60 + "]" * 60)
    decoder = PartDecoder(Dialect("mine", Padded))
    pads: list[Any] = [{}, {}, {}, {"x": deep}, {}]
    parts = decoder.feed(sse(*[{"text": text, "pad": pad} for text, pad in zip("abcde", pads, strict=True)]))
    assert parts == [TextDelta(text) for text in "abcde"]
    assert vars(decoder.reader)["given"] == 4  # two to learn, the deep one, and the one that finds what was learned


class Echo(JsonReader):
    """Gives what it was told to keep, once: a fragment of its state, which a payload says again."""

    alike = ()
    kept = ""

    def read_object(self, payload: dict[str, Any], event: Any) -> list[Part]:
        text, self.kept = self.kept, payload.get("keep", "")
        return [TextDelta(text)] if text else []


def test_a_shape_is_of_two_events_in_a_row() -> None:
    pairs = [({"keep": text}, {"say": text}) for text in "abc"]
    payloads = [payload for pair in pairs for payload in pair]
    assert PartDecoder(Dialect("mine", Echo)).feed(sse(*payloads, {"say": "d"})) == [TextDelta(text) for text in "abc"]


def test_a_finish_beside_what_cannot_be_read_has_no_other_payload() -> None:
    broken = {"index": 1, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": {"a": float("nan")}}}]}}
    finish = {"index": 0, "delta": {}, "finish_reason": "stop"}
    text = json.dumps(chat("a")) + " "  # the blank has it read in the longest way
    parts = PartDecoder("openai-chat").feed(sse({"choices": [finish, broken]}, text, "[DONE]"))
    assert [(part.kind, part.raw) for part in parts if part.kind in ("invalid", "finish") and part.choice == 0] == [
        ("invalid", None),
        ("finish", None),
    ]


@pytest.mark.parametrize("more", [{}, {"x": 1}], ids=["the short way", "the long way"])
def test_cohere_s_thinking_may_stand_in_text(more: dict[str, Any]) -> None:
    delta = {"message": {"content": {"type": "thinking", "text": "x"}}}
    begin = {"type": "content-delta", "index": 0, "delta": delta, **more}
    parts = PartDecoder("cohere-v2").feed(sse(begin, {"type": "content-end", "index": 0}))
    assert parts == [TextDelta("x"), BlockEnd(0, "reasoning")]


def test_three_counts_may_be_others_than_the_common_three() -> None:
    usage = {"prompt_tokens": 9, "total_tokens": 9, "prompt_tokens_details": {"cached_tokens": 4}}
    assert PartDecoder("openai-chat").feed(sse(chat("a", usage=usage)))[-1] == Usage(9, None, 9, 4)


class Repeating(Writer):
    """Says how many texts it was given."""

    again = True
    given = 0

    def write_text(self, part: TextDelta) -> list[Any]:
        self.given += 1
        return [self.event({"text": part.text})]


class WriterHeir(Repeating):
    pass


@pytest.mark.parametrize(("writer", "given"), [(Repeating, 2), (WriterHeir, 5)])
def test_only_a_writer_that_promised_it_is_given_less(writer: type[Repeating], given: int) -> None:
    encoder = PartEncoder(Dialect("mine", JsonReader, writer))
    assert [encoder.send(TextDelta(text)) for text in "abcde"] == [
        sse({"text": text}).replace(b': "', b':"') for text in "abcde"
    ]
    assert vars(encoder.writer)["given"] == given


SENT: dict[str, list[Any]] = {
    "texts": [TextDelta(text) for text in ("a", "b", "c", "", "d", "\n\u2028\u00e9", "\ud83d", "e", "f")],
    "the same": [TextDelta("a")] * 4,
    "what the event holds": [TextDelta(text) for text in ("a", "delta", "0", "index", "content", "b", "c")],
    "no text": [TextDelta("a"), TextDelta("b"), TextDelta(None), TextDelta(b"c"), TextDelta("d")],  # type: ignore[arg-type]  # what `check` refuses
    "no block": [TextDelta("a", 1), TextDelta("b", 1), TextDelta("c", True), TextDelta("d", 1.0)],  # type: ignore[arg-type]  # what `check` refuses
    "no choice": [TextDelta("a", 0, False, c) for c in (0, 0, False, 0.0, -1, 0)],  # type: ignore[arg-type]  # what `check` refuses
    "blocks": [TextDelta(text, block) for text, block in zip("abcdef", (1, 1, 2, 2, "2", 1), strict=True)],
    "refusals": [TextDelta(text, 0, text > "b") for text in "abcde"],
    "choices": [TextDelta(text, 0, False, number // 3) for number, text in enumerate("abcdefgh")],
    "reasoning": [*[ReasoningDelta(text) for text in "abc"], TextDelta("d"), *[ReasoningDelta(text) for text in "efg"]],
    "signatures": [ReasoningDelta(text, 0, "c2ln") for text in "abc"] + [ReasoningDelta(text) for text in "def"],
    "usage between": [part for text in "abcd" for part in (TextDelta(text), Usage(1, ord(text)))],
    "a call between": [
        *[TextDelta(text) for text in "abc"],
        ToolCallDelta("{}", 0, "i", "f"),
        TextDelta("d"),
        TextDelta("e"),
    ],
    "a start between": [TextDelta("a"), TextDelta("b"), TextDelta("c"), Start("m2"), TextDelta("d"), TextDelta("e")],
    "a surrogate beside": [Start("\ud83d", "\ud83d"), *[TextDelta(text) for text in ("a", "b", "\u00e9")]],
    "no part": [TextDelta("a"), TextDelta("b"), None, 7, TextDelta("c")],
    "long ones": [TextDelta(text * 5_000) for text in "abc"],
    "never again": [part for n in range(12) for part in (TextDelta(f"a{n}"), Start(f"m{n}"))] + [TextDelta("b")] * 3,
}


@pytest.mark.parametrize("name", AGAIN)
@pytest.mark.parametrize("parts", SENT.values(), ids=SENT)
def test_parts_are_written_as_in_the_plain_way(name: str, parts: list[Any]) -> None:
    def sent(dialect: Dialect) -> list[bytes | str]:
        encoder, found = PartEncoder(dialect), list[bytes | str]()
        for part in parts:
            try:
                found.append(encoder.send(part))
            except EncodeError as error:
                found.append(str(error))
        found.append(encoder.close())
        with pytest.raises(EncodeError, match="after the end"):
            encoder.send(TextDelta("too late"))
        return found

    assert sent(get(name)) == sent(plain.plain(name))
