"""The searches, by name."""

from . import command, decoder, dialects, pickles, shortcuts, transcoder, writers
from .searching import Search

SEARCHES: dict[str, Search] = {
    "decoder": decoder.SEARCH,
    "readers": dialects.READ,
    "dialects": dialects.SEARCH,
    "writers": writers.SEARCH,
    "transcoder": transcoder.SEARCH,
    "shortcuts": shortcuts.SEARCH,
    "pickles": pickles.SEARCH,
    "command": command.SEARCH,
}
