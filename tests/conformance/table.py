"""The table of benchmarks/README.md: what each decoder that is installed passes, and in words what it gets wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from importlib import metadata

from benchmarks import consumers
from sse_core import Decoder

from .peers import PEERS, Fault
from .suite import Failure, cases, counts, failures


def table() -> tuple[list[str], list[str], list[str]]:
    """The lines of the table and of what each gets wrong; why peers are left out; and failures that PEERS does not
    tell, or tells though they pass."""
    found, versions, missing = consumers.installed({name: partial(metadata.version, name) for name in PEERS})
    failed = {name: failures(PEERS[name].factory, cases()) for name in found}
    titles = [f"{name} {versions[name]}" for name in failed]
    lines = _rows(["sse_core", *titles], [failures(Decoder, cases()), *failed.values()])
    lines += ["", *[_wrong(title, name, failed[name]) for title, name in zip(titles, failed, strict=True)]]
    untold = [line for name in failed for line in _untold(name, PEERS[name].faults, failed[name])]
    return lines, [f"{name}: {reason}" for name, reason in missing.items()], untold


def _rows(titles: Sequence[str], failed: Sequence[list[Failure]]) -> list[str]:
    lines = [f"| cases | of | {' | '.join(titles)} |", "|---|" + "---:|" * (len(titles) + 1)]
    for groups in zip(*map(counts, failed), strict=True):
        passed = [str(number - wrong) for _, number, wrong in groups]
        lines.append(f"| {groups[0][0]} | {groups[0][1]} | {' | '.join(passed)} |")
    return lines


def _wrong(title: str, name: str, failed: list[Failure]) -> str:
    told = [f"{fault.words} ({len(_shown(fault, failed))})" for fault in PEERS[name].faults]
    if PEERS[name].mended:
        told.append(f"{PEERS[name].mended} (mended here, so that it fails no case)")
    return f"- **{title}**: {'; '.join(told)}."


def _shown(fault: Fault, failed: list[Failure]) -> list[str]:
    return [failure.case.name for failure in failed if fault.shows(failure.case.name)]


def _untold(name: str, faults: Iterable[Fault], failed: list[Failure]) -> list[str]:
    told = {case for fault in faults for case in _shown(fault, failed)}
    lines = [f"{name} fails {failure.case.name}" for failure in failed if failure.case.name not in told]
    return lines + [f"{name} passes where {fault.words}" for fault in faults if not _shown(fault, failed)]
