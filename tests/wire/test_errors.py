"""The errors: whose fault, what, and the attributes that are their API."""

import copy
import pickle
from typing import Any

import pytest

import sse_core
from sse_core import Decoder, DialectError, EncodeError, Event, LimitError, SSEError, TruncatedError

ERRORS: list[tuple[Any, dict[str, Any], str, type[Exception]]] = [
    (LimitError("too much", 9), {"message": "too much", "limit": 9}, "too much", SSEError),
    (DialectError("bad"), {"message": "bad", "event": None}, "bad", ValueError),
    (DialectError("bad", Event("x")), {"message": "bad", "event": Event("x")}, "bad", ValueError),
    (TruncatedError("cut"), {"message": "cut", "parts": ()}, "cut", SSEError),
    (TruncatedError("cut", [1, 2]), {"message": "cut", "parts": [1, 2], "data": b""}, "cut", SSEError),
    (TruncatedError("cut", [1], b"x"), {"message": "cut", "parts": [1], "data": b"x"}, "cut", SSEError),
    (
        EncodeError("type", "a\n", "has a line end"),
        {"field": "type", "value": "a\n", "problem": "has a line end"},
        "type has a line end: 'a\\n'",
        ValueError,
    ),
]
EACH = pytest.mark.parametrize(("error", "attributes", "text", "base"), ERRORS, ids=lambda value: repr(value)[:30])


@EACH
def test_an_error_says_what_happened(error: Any, attributes: dict[str, Any], text: str, base: type[Exception]) -> None:
    assert str(error) == text
    assert isinstance(error, SSEError)
    assert isinstance(error, base)
    for name, value in attributes.items():
        assert getattr(error, name) == value


@EACH
def test_an_error_pickles_and_copies(error: Any, attributes: dict[str, Any], text: str, base: type[Exception]) -> None:
    pickled = [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)]
    for twin in (*pickled, copy.copy(error), copy.deepcopy(error)):
        assert type(twin) is type(error)
        assert str(twin) == text
        assert {name: getattr(twin, name) for name in attributes} == attributes


@EACH
def test_an_error_has_parts_and_data(error: Any, attributes: dict[str, Any], text: str, base: type[Exception]) -> None:
    assert error.parts == attributes.get("parts", ())
    assert error.data == attributes.get("data", b"")
    own = copy.copy(error)
    own.parts, own.data = [Event("x")], b"data: x\n\n"
    for twin in (pickle.loads(pickle.dumps(own)), copy.copy(own), copy.deepcopy(own)):
        assert (twin.parts, twin.data, str(twin)) == ([Event("x")], b"data: x\n\n", text)
    assert (SSEError.parts, SSEError.data) == ((), b"")


def test_the_base_of_the_errors_says_what_it_is_given() -> None:
    assert [str(SSEError()), str(SSEError("what happened")), str(SSEError("what happened", 5))] == [
        *["", "what happened", "what happened"]
    ]


def test_every_error_is_an_sse_error_and_only_bad_values_are_value_errors() -> None:
    errors = [value for value in vars(sse_core).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert {error for error in errors if issubclass(error, SSEError)} == set(errors)
    assert {error for error in errors if issubclass(error, ValueError)} == {DialectError, EncodeError}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a" * 80, repr("a" * 80)),
        ("a" * 81, repr("a" * 80) + "... (81 in all)"),
        (b"\0" * 1000, repr(b"\0" * 80) + "... (1000 in all)"),
        ([1] * 1000, repr([1] * 1000)[:80] + "..."),
        (None, "None"),
    ],
    ids=["fits", "long", "bytes", "list", "None"],
)
def test_an_encode_error_does_not_drown_in_the_value(value: object, shown: str) -> None:
    assert str(EncodeError("data", value, "must be str")) == f"data must be str: {shown}"


def test_a_limit_error_says_the_limit_the_line_and_where_to_resume() -> None:
    decoder = Decoder(max_event_size=60)
    decoder.feed("id: n\u00b01\n\ndata: ".encode() + b"\xff" + b"x" * 100)
    assert decoder.error is not None
    assert decoder.error.limit == 60
    begins = rb"b'data: \xff" + b"x" * 33 + b"'"
    assert str(decoder.error) == (
        f"an event is larger than max_event_size, 60 bytes: the line begins {begins.decode()}, "
        "the last event ID is 'n\u00b01'"
    )
