"""Stellar's SDK reads our stellar, and comes again at once with the last id."""

import itertools

import pytest
from loopback import serve_gets

from sse_core.dialects import Other, PartEncoder

sdk = pytest.importorskip("stellar_sdk", reason="the stellar SDK is not installed: tests/interop/requirements.txt")


def ledgers(*numbers: int) -> bytes:
    """A connection of Horizon's: hello, ledgers, byebye."""
    encoder = PartEncoder("stellar")
    data = encoder.send(Other("open", "hello"))
    for number in numbers:
        token = str(number << 32)
        data += encoder.send(Other("message", {"sequence": number, "paging_token": token}, None, None, token))
    return data + encoder.send(Other("close", "byebye")) + encoder.close()


def test_the_sdk_reads_ledgers_over_two_connections() -> None:
    with serve_gets([ledgers(1, 2), ledgers(3)], PartEncoder("stellar").headers) as (url, gets):
        with sdk.Server(url) as server:
            stream = server.ledgers().cursor("now").stream()
            found = [ledger["sequence"] for ledger in itertools.islice(stream, 3)]
            stream.close()
        assert found == [1, 2, 3]
        first, second = gets[:2]
    assert (first.path.partition("?")[0], first.headers.get("last-event-id")) == ("/ledgers", None)
    assert second.headers["last-event-id"] == str(2 << 32)
    assert second.at - first.at < 0.9  # byebye's 10 ms; hello's second was forgotten
