"""graphql-sse's client on Node reads our graphql-sse in both modes, and we read what its handler writes."""

import json
from typing import Any

import pytest
from on_node import on_node
from reading import pieces, random_pieces, read, whole

from sse_core import Event
from sse_core.dialects import Done, Error, Invalid, Other, Part, PartEncoder, get

OPERATION = "operation-1"  # the client's
GOOD = {"data": {"greetings": "é\u2028\n{}"}}
PARTLY = {"data": {"a": None}, "errors": [{"message": "no", "path": ["a"]}]}
FAILED = {"errors": [{"message": "no"}]}


def node(what: str, **request: Any) -> bytes:
    return on_node("graphql.mjs", "graphql-sse", what, input=json.dumps(request).encode())


def subscribe(single: bool, stream: bytes, size: int = 0) -> dict[str, Any]:
    """What the client has of a stream."""
    chunks = pieces(stream, size) if size else random_pieces(stream, "graphql")
    found: dict[str, Any] = json.loads(node("subscribe", single=single, chunks=[list(chunk) for chunk in chunks]))
    return found


def written(single: bool, *parts: Part) -> bytes:
    encoder = PartEncoder(get("graphql-sse", single=single))
    return b"".join([encoder.send(part) for part in parts]) + encoder.close()


def results(single: bool, *data: dict[str, Any]) -> list[Part]:
    """The parts of an operation; on a single connection that of another one stands in between."""
    if not single:
        return [Other("next", result) for result in data]
    others = [Other("next", {"data": {}}, None, "another"), Other("complete", None, None, "another")]
    mine = [Other("next", result, None, OPERATION) for result in data]
    return [*others[:1], *mine, *others[1:], Other("complete", None, None, OPERATION)]


both = pytest.mark.parametrize("single", [False, True], ids=["distinct", "single"])


@both
@pytest.mark.parametrize("size", [0, 1, 1_000_000], ids=["some pieces", "bytes", "whole"])
def test_the_client_has_all_results_and_the_end(single: bool, size: int) -> None:
    stream = written(single, *results(single, GOOD, PARTLY, GOOD))
    assert subscribe(single, stream, size) == {"results": [GOOD, PARTLY, GOOD], "completed": True, "error": None}


@both
def test_a_cut_is_an_error_to_the_client(single: bool) -> None:
    whole_stream = written(single, *results(single, GOOD, GOOD))
    begin = whole_stream.rindex(b"event: complete")
    for stream in (whole_stream[:begin], whole_stream[: begin + 20], whole_stream[: begin - 9]):
        found = subscribe(single, stream, 1)  # of a chunk that ends inside an event it would lose all
        assert (found["completed"], found["results"][:1]) == (False, [GOOD])
        assert "Connection closed while having active streams" in found["error"]


def test_an_error_is_a_result_and_the_end() -> None:
    found = subscribe(False, written(False, *results(False, GOOD), Error("no")))
    assert found == {"results": [GOOD, FAILED], "completed": True, "error": None}


def test_what_was_lost_is_an_error_to_the_client() -> None:
    found = subscribe(False, written(False, *results(False, GOOD), Invalid(Event("x"), ValueError("x"))))
    assert (found["completed"], found["results"]) == (False, [GOOD])
    assert "Connection closed" in found["error"]


SERVED: dict[str, tuple[str, list[Any]]] = {
    "a query": ("{ value }", [{"data": {"value": "é\u2028\n"}}]),
    "a subscription": ("subscription { greetings }", [{"data": {"greetings": word}} for word in ("Hi", "Hola")]),
}


@both
@pytest.mark.parametrize("name", SERVED)
def test_what_its_handler_writes_is_read(single: bool, name: str) -> None:
    query, expected = SERVED[name]
    stream = node("serve", single=single, query=query)
    block = OPERATION if single else None
    parts: list[Part] = [Other("next", result, "graphql-sse", block) for result in expected]
    parts += [Other("complete", None, "graphql-sse", OPERATION), Done("eof")] if single else [Done("event")]
    assert whole("graphql-sse", stream) == whole("graphql-sse", *pieces(stream)) == parts


@pytest.mark.parametrize("query", ["{ nothing }", "{ broken }"], ids=["unknown", "broken"])
def test_an_error_of_its_handler_is_read(query: str) -> None:
    parts, problem = read("graphql-sse", node("serve", single=False, query=query))
    assert (problem, parts[-1]) == (None, Done("event"))
    [result] = [part.data for part in parts if isinstance(part, Other)]
    errors = [part.message for part in parts if isinstance(part, Error)]
    # What fails in its execution has data beside its errors; what was never executed has none.
    assert errors == ([] if "data" in result else [result["errors"][0]["message"]])
    assert ("data" in result) is (query == "{ broken }")
