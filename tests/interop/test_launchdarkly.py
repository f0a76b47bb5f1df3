"""LaunchDarkly's SSE client reads our launchdarkly, and comes again after goodbye."""

import itertools
import json
from typing import Any

import pytest
from loopback import serve_gets

from sse_core.dialects import Error, Other, Part, PartEncoder

ld = pytest.importorskip(
    "ld_eventsource", reason="launchdarkly-eventsource is not installed: tests/interop/requirements.txt"
)

FLAG = {"key": "flag-é", "version": 2, "on": True, "note": " a\nb\u2028c"}
FDV1: list[Part] = [
    Other("put", {"path": "/", "data": {"flags": {}, "segments": {}}}),
    Other("patch", {"path": "/flags/flag-é", "data": FLAG}),
    Other("delete", {"path": "/flags/flag-é", "version": 3}),
]
FDV2: list[Part] = [
    Other("server-intent", {"payloads": [{"id": "p", "target": 15, "intentCode": "xfer-full"}]}),
    Other("put-object", {"version": 15, "kind": "flag", "key": "flag-é", "object": FLAG}),
    Other("heart-beat", {}),
    Error("lost the rest"),
    Other("payload-transferred", {"state": "(p:p:15)", "version": 15}),
    Other("goodbye", {"reason": "deploy", "silent": True}),
]


def written(parts: list[Part]) -> bytes:
    encoder = PartEncoder("launchdarkly")
    return b"".join([encoder.send(part) for part in parts]) + encoder.close()


def said(part: Part) -> tuple[str, Any]:
    return (part.name, part.data) if isinstance(part, Other) else ("error", {"reason": getattr(part, "message", None)})


@pytest.mark.parametrize("parts", [FDV1, FDV2], ids=["FDv1", "FDv2"])
def test_the_client_reads_events_and_comes_again(parts: list[Part]) -> None:
    with serve_gets([written(parts), written(parts)], PartEncoder("launchdarkly").headers) as (url, gets):
        client = ld.SSEClient(
            ld.config.ConnectStrategy.http(url),
            initial_retry_delay=0.01,
            error_strategy=ld.config.ErrorStrategy.always_continue(),
        )
        found = [(event.event, json.loads(event.data)) for event in itertools.islice(client.events, 2 * len(parts))]
        client.close()
    assert found == 2 * [said(part) for part in parts]
    assert [get.headers.get("last-event-id") for get in gets] == [None, None]
