"""Everything that an Encoder can say, by row, for what reads it elsewhere."""

from sse_core import Comment, Event, Id, Item, Retry

ROWS: dict[str, list[Item]] = {
    "an event": [Event("one")],
    "no data": [Event("")],
    "a type": [Event("x", "note")],
    "a type in Polish, with a colon": [Event("x", "ż: ó")],
    "an id": [Event("x", last_event_id="7")],
    "an id that is no number": [Event("x", last_event_id="記: 7 ")],
    "an id kept": [Event("x", last_event_id="7"), Event("y"), Event("z", last_event_id="7")],
    "an id alone": [Id("7"), Event("x")],
    "an id alone, at the end": [Event("x"), Id("7")],
    "an id taken back": [Event("x", last_event_id="7"), Id(""), Event("y")],
    "a reconnection time": [Retry(60_000), Event("x")],
    "a reconnection time alone": [Event("x"), Retry(60_001), Comment("")],
    "lines": [Event("two\nlines")],
    "empty lines": [Event("\n\nx\n\n"), Event("\n")],
    "CR and CRLF": [Event("a\rb\r\nc\n\rd\r")],
    "what else ends a line": [Event("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g")],
    "spaces": [Event("  x\t "), Event("\tx"), Event(" ")],
    "NUL": [Event("a\0b"), Event("\0", "n\0te")],
    "a BOM": [Event("\ufeffx"), Event("x\ufeff\n\ufeff")],
    "beyond the BMP": [Event("🙂 é e\u0301 \U0010ffff")],
    "what looks like fields": [Event("data: x\nid: 5\n\n: c\nretry: 1\nevent", "data")],
    "comments": [Comment("keep-alive"), Event("x"), Comment("data: y\n\n id: 5"), Comment("")],
    "64 KiB": [Event("x" * 65536)],
}


def everything() -> list[Item]:
    """The items of all rows, each row opened by an event of type "row" that has the row's name as data and id."""
    items: list[Item] = []
    for name, row in ROWS.items():
        items += [Event(name, "row", name), *row]
    return [*items, Event("", "end")]


def by_row(events: list[Event]) -> dict[str, list[Event]]:
    rows: dict[str, list[Event]] = {}
    for event in events:
        if event.type == "row":
            assert event == Event(event.data, "row", event.data)
            row = rows.setdefault(event.data, [])
        else:
            row.append(event)
    return rows
