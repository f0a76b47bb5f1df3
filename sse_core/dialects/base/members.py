# SPDX-License-Identifier: MIT
"""Members of payloads, of which one of the wrong type counts as absent; and errors, in all wordings."""

from __future__ import annotations

from .._parts import Error, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# Where the text of an error stands, the likelier first.
_MESSAGES = ("message", "error", "error_msg", "error_message", "errorText", "detail", "msg", "content", "title", "text")


def text_of(value: object, default: str = "") -> str:
    """`value` if it is a str, else `default`."""
    return value if type(value) is str else default


def str_or_none(value: object) -> str | None:
    """`value` if it is a str that says something."""
    return value if type(value) is str and value else None


def count_or_none(value: object) -> int | None:
    """`value` if it is a number of things; 64 bits hold any that is meant."""
    return value if type(value) is int and 0 <= value < 1 << 63 else None


def index_or_none(value: object, limit: int) -> int | None:
    """`value` if it is an index below `limit`: past it what the server counts would be kept without bound."""
    return value if type(value) is int and 0 <= value < limit else None


def summed(*counts: int | None) -> int | None:
    """The sum of those that are counts; None if none is."""
    found = [count for count in counts if count is not None]
    return count_or_none(sum(found)) if found else None


def added(old: Usage, new: Usage) -> Usage:
    """Both together: an answer of several requests has the counts of all."""
    both = Usage()
    for name in Usage.__match_args__[:-1]:
        setattr(both, name, summed(getattr(old, name), getattr(new, name)))
    return both


def dict_of(value: object) -> dict[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if type(value) is dict else {}


def dicts_of(value: object) -> list[dict[str, Any]]:
    """The objects of a list; [] if `value` is none."""
    return [item for item in value if type(item) is dict] if type(value) is list else []


def given(**members: Any) -> dict[str, Any]:
    """Those of `members` that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def read_error(value: object, raw: Any = None) -> Error:
    """The Error that `value` means: text, or an object in any of the wordings that servers use."""
    if type(value) is str and value:
        return Error(value, raw=raw)
    found = dict_of(value)
    inner = found.get("error", next(iter(dicts_of(found.get("errors"))), None))
    if type(inner) is dict:
        # What the outer object adds (a status, a code) holds where the inner one is silent.
        found = {**{name: item for name, item in found.items() if name != "type"}, **inner}
    message = next((text for name in _MESSAGES if type(text := found.get(name)) is str and text), "")
    type_ = str_or_none(found.get("type")) or str_or_none(found.get("error_type"))
    code = found.get("code")
    if type(code) is not int or code.bit_length() > 63:
        code = str_or_none(code)
    statuses = [found.get(name) for name in ("statusCode", "status_code", "http_status_code", "status", "code")]
    status = next((item for item in statuses if type(item) is int and 400 <= item < 600), None)
    if not message:
        message = type_ if type_ and type_ != "error" else "the server sent an error without a message"
    return Error(message, None if type_ == "error" else type_, code, status, raw=raw)


def write_error(part: Error) -> dict[str, Any]:
    """The members of an error object, as `read_error` reads them back."""
    error: dict[str, Any] = {"message": part.message, "type": part.type, "code": part.code}
    if part.status is not None and part.status != part.code:
        error["status_code"] = part.status
    return error


def time_of(seconds: int) -> str:
    """Unix seconds as RFC 3339 has them, in UTC: years that begin in March, in ages of 400 of them, need no table."""
    days, rest = divmod(seconds, 86_400)
    age, day = divmod(days + 719_468, 146_097)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    year, month = (year + 400 * age, month + 3) if month < 10 else (year + 400 * age + 1, month - 9)
    return f"{year:04}-{month:02}-{day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"
