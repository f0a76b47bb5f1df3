"""Seeded random streams, made of what goes wrong; and random cuts of them."""

from random import Random

# Pieces of field lines, biased to trouble.
PIECES = (
    b"data|data: |data:|data: x|data:  y|event|event: |event:a|id|id: |id:1|id: \x002|Data:x| data:x|data :x|"
    b"retry|retry: |retry:10|retry: 1_0|retry: 999999999999999999|retry: 0000000000000000000|retry:\xd9\xa3|retry:+5|"
    b":| |: ping|::|\t|\x00|7|[DONE]|{}|\xef\xbb\xbfdata:x|\xef\xbb\xbf|\xef\xbb|\xef|\xbf|\xc3\xa9|\xe2\x80\xa8|"
    b"\xc2\x85|\xf0\x9f\x98\x80|\xff|\x80|\xc0\x80|\xe0\x80|\xed\xa0\x80|\xf0\x9f|\xf4\x90|\xe2\x82|\xf8|\xc3|"
    b"\x0b|\x0c|\x1c|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
).split(b"|")
# Blocks as servers write them, for the shortcuts. A slash is a line end, of the kind the stream has.
BLOCKS = (
    b"data: x//|data: y//|data: //|event: tick/data: 1//|event: /data: 2//|event: end//|id: 3/data: z//|/|id: 4//|"
    b"data: a/data: b//|event: e/data:f//|event: g/event: h//|: ping//|id//|id/data: r//|retry: 50//|event: q/id//|"
    b"event: message/data: m//|data: k/id: 5//|data: \xe2\x80\xa8//|event: tick/data: a/data: b//|data: \xff//|"
    b"data: open/|event: open/"
).split(b"|")
# What a Decoder may be told to call an event without a type: what the standard does, nothing, a type of a block.
DEFAULT_TYPES = ("message", "message", "", "tick")


def random_stream(rng: Random) -> bytes:
    """A stream of up to some 150 bytes, often with no end."""
    ends = rng.choice([[b"\n"], [b"\r\n"], [b"\r"], [b"\n", b"\r\n", b"\r"]])
    blocky = rng.random()
    parts = [b"\xef\xbb\xbf"] if rng.random() < 0.1 else []
    for _ in range(rng.randrange(14)):
        if rng.random() < blocky:
            parts += [rng.choice(ends) if byte == 47 else bytes([byte]) for byte in rng.choice(BLOCKS)]
        else:
            parts.append(rng.choice(PIECES) if rng.random() < 0.6 else rng.choice(ends))
    return b"".join(parts)


def random_cut(rng: Random, stream: bytes) -> list[bytes]:
    """`stream` in pieces; some are empty."""
    most = rng.choice([1, 2, 3, 9, 40])
    chunks = []
    while stream:
        size = rng.randrange(most + 1)
        chunks.append(stream[:size])
        stream = stream[size:]
    return chunks


def random_text(rng: Random, pieces: str = "\r\n\0\u2028\u0085\ufeff\x0b\x1c :ab1\u00e9\U0001f600") -> str:
    """A short text of characters that break lines, or seem to."""
    return "".join([rng.choice(pieces) if rng.random() < 0.9 else "\r\n" for _ in range(rng.randrange(6))])
