# SPDX-License-Identifier: MIT
"""Services whose events have names and JSON data: each event is an Other, and the end of the body is a loss.

| dialect | text | name | errors | come again | id |
|---|---|---|---|---|---|
| django-eventstream | | type | stream-error (end) | | cursor, but `error` is none |
| esphome | log | type | | | milliseconds |
| ethereum-beacon | | type | | | |
| firebase | auth_revoked | type | cancel (end), auth_revoked (end) | auth_revoked | |
| home-assistant | the word ping | member event_type | | | |
| launchdarkly (FDv1, FDv2) | | type | error | goodbye | |
| mastodon | delete and three more | type | | | |
| ntfy | | member event, and type | | | in the payload |
| philips-hue | | type; data is an array | | | cursor |
| pocketbase | | type | | | the client's |
| stellar | error | type | error (end) | close | cursor |
| wikimedia | | type | error (end) | | cursor: a JSON array |

Firebase's keep-alive and cancel are null. From their servers' sources and documents: KafkaSSE, Mastodon's streaming,
LaunchDarkly's SDKs, Horizon, ntfy, Home Assistant's api, PocketBase 0.x, django-eventstream 5.3, ESPHome's web_server,
the beacon APIs, Hue's v2.
"""

from __future__ import annotations

from .base import Dialect
from .base.named import NamedReader, NamedWriter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _service(
    name: str,
    *,
    headers: dict[str, str] | None = None,
    dataless: bool = False,
    resumable: bool = True,
    error_ends: bool = False,
    **options: Any,
) -> Dialect:
    return Dialect(
        name,
        NamedReader,
        NamedWriter,
        options=options,
        headers=headers,
        dataless=dataless,
        resumable=resumable,
        endless=True,
        error_ends=error_ends,
    )


_BARE = ("delete", "filters_changed", "announcement.delete", "notifications_merged")  # an id, or the word undefined
_REFUSED = {"stream-error": {"message": "text", "code": "condition"}}

DIALECTS = {
    dialect.name: dialect
    for dialect in (
        _service("django-eventstream", errors=_REFUSED, error_ends=True, error_id="error"),
        _service("esphome", text=("log",), retries={"ping": 30_000}, dataless=True, resumable=False),
        _service("ethereum-beacon"),
        _service(
            "firebase",
            text=("auth_revoked",),
            errors={"cancel": {}, "auth_revoked": {}},
            again=("auth_revoked",),
            error_ends=True,
        ),
        _service("home-assistant", key="event_type", words=("ping",)),
        _service("launchdarkly", errors={"error": {"message": "reason"}}, again=("goodbye",)),
        _service("mastodon", text=_BARE, headers={"Cache-Control": "no-store"}),
        _service("ntfy", key="event", typed=True),
        _service("philips-hue"),
        _service("pocketbase", resumable=False),
        _service(
            "stellar",
            text=("error",),
            errors={"error": {}},
            again=("close",),
            retries={"open": 1000, "close": 10},
            error_ends=True,
        ),
        _service("wikimedia", errors={"error": {}}, error_ends=True),
    )
}
