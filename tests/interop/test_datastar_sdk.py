"""datastar-py and our datastar: the same bytes, but for what it does to lines; and what it writes is read."""

from typing import Any

import pytest
from reading import whole

from sse_core import Decoder
from sse_core.dialects import Done, Other, PartEncoder

py = pytest.importorskip("datastar_py", reason="datastar-py is not installed: tests/interop/requirements.txt")
sse = py.ServerSentEventGenerator

ELEMENTS, SIGNALS = "datastar-patch-elements", "datastar-patch-signals"
HTML = '<div id="a">\n  <b>é\t</b>\n\n</div>'
SCRIPT = "<script data-effect=\"el.remove()\">if (true) {\n  console.log('x')\n}</script>"
# What the SDK is called with, and the Other that is the same.
SAID: dict[str, tuple[Any, str, dict[str, str], str | None, int | None]] = {
    "elements": (lambda: sse.patch_elements(HTML), ELEMENTS, {"elements": HTML}, None, None),
    "elements with all options": (
        lambda: sse.patch_elements(
            "<p>",
            selector="#a > b",
            mode="append",
            use_view_transition=True,
            view_transition_selector="#c",
            namespace="svg",
            event_id="7",
            retry_duration=2000,
        ),
        ELEMENTS,
        {
            "mode": "append",
            "selector": "#a > b",
            "useViewTransition": "true",
            "viewTransitionSelector": "#c",
            "namespace": "svg",
            "elements": "<p>",
        },
        "7",
        2000,
    ),
    "defaults": (
        lambda: sse.patch_elements("<p>", mode="outer", use_view_transition=False, namespace="html"),
        ELEMENTS,
        {"mode": "outer", "useViewTransition": "false", "namespace": "html", "elements": "<p>"},
        None,
        None,
    ),
    "a removal": (lambda: sse.remove_elements("#a"), ELEMENTS, {"mode": "remove", "selector": "#a"}, None, None),
    "signals": (lambda: sse.patch_signals({"a": 1, "é": [None]}), SIGNALS, {"signals": ""}, None, None),
    "signals that are text, if missing": (
        lambda: sse.patch_signals('{\n"a": 1}', only_if_missing=True),
        SIGNALS,
        {"onlyIfMissing": "true", "signals": '{\n"a": 1}'},
        None,
        None,
    ),
    "signals, if missing or not": (
        lambda: sse.patch_signals("{}", only_if_missing=False),
        SIGNALS,
        {"onlyIfMissing": "false", "signals": "{}"},
        None,
        None,
    ),
    "a script": (
        lambda: sse.execute_script("if (true) {\n  console.log('x')\n}"),
        ELEMENTS,
        {"mode": "append", "selector": "body", "elements": SCRIPT},
        None,
        None,
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_the_bytes_are_the_same(name: str) -> None:
    theirs, event_type, data, id, retry = SAID[name]
    if name == "signals":  # how it writes JSON is its own
        [event] = Decoder().feed(theirs().encode())
        data = {"signals": event.data.removeprefix("signals ")}
    ours = PartEncoder("datastar").send(Other(event_type, data, None, None, id, retry))
    assert ours.decode() == theirs()


@pytest.mark.parametrize("name", SAID)
def test_what_it_writes_is_read(name: str) -> None:
    theirs = SAID[name][0]().encode()
    [other, done] = whole("datastar", theirs)
    assert (type(other), done) == (Other, Done("eof", reconnect=True))
    assert PartEncoder("datastar").send(other) == theirs


@pytest.mark.parametrize(
    ("html", "theirs"),
    [("a\u2028b", "a\nb"), ("a\x0bb\x0cc\x1cd\x85e", "a\nb\nc\nd\ne"), ("a\n", "a")],
    ids=["U+2028", "other controls", "a line end at the end"],
)
def test_it_breaks_lines_where_the_standard_does_not_and_we_keep_them(html: str, theirs: str) -> None:
    [part, _] = whole("datastar", sse.patch_elements(html).encode())
    assert part.data == {"elements": theirs}
    [part, _] = whole("datastar", PartEncoder("datastar").send(Other(ELEMENTS, {"elements": html})))
    assert part.data == {"elements": html}
