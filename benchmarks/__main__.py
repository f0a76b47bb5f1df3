"""python -m benchmarks: each sub-command measures one thing and prints it."""

from __future__ import annotations

import argparse
import sys

from . import cost, imports


def main(args: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, module in {"cost": cost, "import": imports}.items():
        command = commands.add_parser(name, help=module.__doc__, description=module.__doc__)
        command.set_defaults(run=module.run)
    status: int = parser.parse_args(args).run()
    return status


if __name__ == "__main__":
    sys.exit(main())
