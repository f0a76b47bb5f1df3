"""The command: the cases that a decoder fails, and what it passes and fails by group; exit status 1 if any fails."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from .suite import Factory, Failure, cases, counts, failures
from .table import table


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.conformance",
        description=import_module(__package__ or "").__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("factory", nargs="?", metavar="MODULE:FACTORY")
    what.add_argument(
        "--table",
        action="store_true",
        help="Markdown of sse_core and the peers that are installed; 1 if peers.py does not tell what fails",
    )
    options = parser.parse_args(arguments)
    if options.table:
        lines, missing, untold = table()
        print("\n".join(lines))
        for line in [*[f"skipped: {line}" for line in missing], *untold]:
            print(line, file=sys.stderr)
        return 1 if untold else 0
    return _check(_factory(parser, options.factory))


def _factory(parser: argparse.ArgumentParser, name: str) -> Factory:
    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        parser.error(f"{name} is not MODULE:FACTORY: {error}")


def _check(factory: Factory) -> int:
    failed = failures(factory, cases())
    for failure in failed:
        print("\n".join(_told(failure)))
    for group, number, wrong in counts(failed):
        print(f"{group}: {number - wrong} passed, {wrong} failed")
    return 1 if failed else 0


def _told(failure: Failure) -> list[str]:
    case = failure.case
    return [
        f"FAILED {case.group}: {case.name}: {failure.failed} of {failure.cuts} cuts, first {failure.first}",
        f"    came      {_short(failure.came)}",
        f"    expected  {_short(case.events)}",
    ]


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 400 else f"{text[:400]}..."


if __name__ == "__main__":
    sys.exit(main())
