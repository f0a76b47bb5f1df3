"""What was read may be written: reading that gives no call, text, error or end that was not there before."""

import json
from collections import Counter
from collections.abc import Iterator

from reading import gather

from sse_core import EncodeError, TruncatedError
from sse_core.dialects import Accumulator, Part, PartDecoder, PartEncoder, ToolCallDelta, get

from .searching import hold

Call = tuple[int, str, str]
# The Others of a dialect that are an error or an end too, which follows each.
TELLING = {"graphql-sse": ("next",), "launchdarkly": ("goodbye",), "stellar": ("close",)}


def first_json(text: str) -> str:
    """The arguments of a call as any writer may write them: what comes after a whole value came too late."""
    try:
        return json.dumps(json.JSONDecoder().raw_decode(text.strip() or "{}")[0], sort_keys=True)
    except (ValueError, RecursionError):
        return text


def calls(message: Accumulator) -> Counter[Call]:
    """The calls that a client would run, by name: those that are complete."""
    found: Counter[Call] = Counter()
    for index, choice in message.choices.items():
        for call in choice.tool_calls:
            if call.name and not call.server and call.complete:
                found[index, call.name, first_json(call.arguments)] += 1
    return found


class _Call:
    """The fragments of a call; where a first name or id that came late may begin another, and where its block ended."""

    def __init__(self) -> None:
        self.fragments: list[ToolCallDelta] = []
        self.id: str | None = None
        self.begins, self.ends = {0}, {0}

    def add(self, part: ToolCallDelta) -> None:
        if part.id or part.name:
            self.begins.add(len(self.fragments))
        self.id = self.id or part.id
        self.fragments.append(part)

    def readings(self) -> Iterator[Call]:
        """What it is, and what it was before more came."""
        for begin in self.begins:
            for end in self.begins | self.ends | {len(self.fragments)}:
                run = self.fragments[begin:end]
                name = next((part.name for part in run if part.name), None)
                if name:
                    yield run[0].choice, name, first_json("".join([part.arguments for part in run]))


def said_calls(parts: list[Part]) -> Counter[Call]:
    """The calls that the parts may be, complete or not: another id in a block is another call."""
    found: list[_Call] = []
    blocks: dict[str, _Call] = {}
    for part in parts:
        key = repr((part.choice, getattr(part, "block", None)))
        if part.kind == "start":
            blocks.clear()
        elif isinstance(part, ToolCallDelta) and not part.server:
            call = blocks.get(key)
            if call is None or (part.id and call.id and part.id != call.id):
                call = blocks[key] = _Call()
                found.append(call)
            call.add(part)
        elif part.kind == "block_end" and key in blocks:
            blocks[key].ends.add(len(blocks[key].fragments))
    return Counter([reading for call in found for reading in call.readings()])


def letters(parts: list[Part]) -> Counter[tuple[str, str]]:
    """The characters of the text of each choice: blocks may change their order, and in data that is text a CR
    arrives as LF."""
    found: Counter[tuple[str, str]] = Counter()
    for part in parts:
        if part.kind == "text" and type(part.text) is str:
            for letter in part.text.replace("\r", "\n"):
                found[repr(part.choice), letter] += 1
    return found


def begun(parts: list[Part]) -> int:
    """How many calls a client would have begun: another id in a block is another call."""
    ids: dict[str, str | None] = {}
    found = epoch = 0
    for part in parts:
        epoch += part.kind == "start"
        if part.kind == "tool_call" and not part.server and part.name:
            key = repr((epoch, part.choice, part.block))
            found += key not in ids or (part.id is not None and part.id != ids[key])
            ids[key] = part.id or ids.get(key)
    return found


def no_more(sent: list[Part], back: list[Part]) -> None:
    """`back`, read before the end was written, says no more than `sent`."""
    kinds, found = Counter([part.kind for part in sent]), Counter([part.kind for part in back])
    failed = kinds["error"] or any(part.kind == "finish" and part.reason == "error" for part in sent)
    more = letters(back) - letters(sent)
    hold(not more, "no text that was not sent", dict(more), sent, back)
    hold(begun(back) <= begun(sent), "no call that was not sent", sent, back)
    hold(found["error"] <= kinds["error"] or failed, "no error that was not sent", sent, back)
    hold(found["finish"] <= kinds["finish"] or failed, "no finish that was not sent", sent, back)
    hold(not found["done"] or failed or kinds["done"], "no end that was not sent", sent, back)
    hold(not found["invalid"], "nothing that cannot be read", sent, back)


def read_back(name: str, data: bytes, close: bool = False) -> list[Part]:
    decoder = PartDecoder(name)
    parts = decoder.feed(data)
    if close:
        try:
            parts += decoder.close()
        except TruncatedError as error:
            parts += error.parts
    telling = [part.kind == "other" and part.name in TELLING.get(name, ()) for part in parts]
    return [part for part, told in zip(parts, [False, *telling], strict=False) if not told or part.kind == "other"]


def send_all(encoder: PartEncoder, parts: list[Part]) -> tuple[bytes, list[Part]]:
    """The bytes of what could be said, and which parts these are."""
    data, sent = b"", []
    for part in parts:
        try:
            data += encoder.send(part)
            sent.append(part)
        except EncodeError:
            continue
    return data, sent


def close(encoder: PartEncoder) -> bytes:
    try:
        return encoder.close()
    except EncodeError:
        return b""


def check(name: str, parts: list[Part]) -> None:
    """Write `parts`, as far as they go, and read that."""
    parts = [part for part in parts if part.kind != "done"]
    encoder = PartEncoder(name)
    data, sent = send_all(encoder, parts)
    for part in parts:
        if part.kind == "other" and all(part is not other for other in sent):
            hold(part.dialect is None, "an Other that came in is written or dropped, never refused", part)
    no_more(parts if encoder.writer.failed else sent, read_back(name, data))
    ended(name, sent, data + close(encoder), encoder)


def ended(name: str, sent: list[Part], data: bytes, encoder: PartEncoder) -> None:
    """What was written to its end is no success if it was none."""
    back = gather(read_back(name, data, close=True))
    if get(name).reader().choices == 0 or back.problem() is not None:
        return
    hold(not encoder.writer.failed, "what has failed is never a success", sent, data)
    hold(not any(part.kind == "error" for part in sent), "an error is never a success", sent, data)
    more = calls(back) - said_calls(sent)
    hold(not more, "no call that was not sent, once it has ended", dict(more), sent, data)
