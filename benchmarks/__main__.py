"""python -m benchmarks [COMMAND]: each command measures one thing and prints it; without one, `decode`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from types import ModuleType

from . import cost, decode, encode, gateway, imports, memory, rewrite, serve, typed

Run = Callable[[argparse.Namespace], int]

# By command: its module, which may have add_options, and what it runs.
_COMMANDS: dict[str, tuple[ModuleType, Run, str]] = {
    "decode": (decode, decode.run, "Bytes to events: sse_core alone (what runs without a command)."),
    "peers": (decode, decode.run_peers, "The same, with the rivals that are installed."),
    "encode": (encode, encode.run, encode.__doc__ or ""),
    "typed": (typed, typed.run, typed.__doc__ or ""),
    "rewrite": (rewrite, rewrite.run, (rewrite.__doc__ or "").partition("\n")[0]),
    "memory": (memory, memory.run, memory.__doc__ or ""),
    "serve": (serve, serve.run, (serve.__doc__ or "").partition("\n")[0]),
    "gateway": (gateway, gateway.run, (gateway.__doc__ or "").partition("\n")[0]),
    "cost": (cost, lambda _: cost.run(), cost.__doc__ or ""),
    "import": (imports, lambda _: imports.run(), imports.__doc__ or ""),
}


def main(args: list[str] | None = None) -> int:
    args = sys.argv[1:] if args is None else args
    if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help")):
        args = ["decode", *args]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (module, run, about) in _COMMANDS.items():
        command = commands.add_parser(name, help=about, description=about)
        if hasattr(module, "add_options"):
            module.add_options(command)
        command.set_defaults(run=run)
    options = parser.parse_args(args)
    status: int = options.run(options)
    return status


if __name__ == "__main__":
    sys.exit(main())
