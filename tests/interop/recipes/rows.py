"""Recorded streams by the thousand, decoded to rows by Dask: on this machine, or on a cluster.

    python rows.py 'recorded/*.sse' rows
    python rows.py 's3://bucket/recorded/*.sse' s3://bucket/rows --cluster tcp://scheduler:8786

A row is a message, a line of JSON in a file of `rows`: its file, the dialect that its first events tell, its choice,
text, calls and usage, and the verdict: null if the answer is whole and good, else what is wrong with it. The workers
read and write the files themselves, wherever fsspec finds them; each needs sse_core. Nothing is shared between streams,
so they are any number of independent tasks, and a file may be read anew where a worker is lost.
"""

import argparse
import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import fsspec
from dask import bag
from dask.distributed import Client

from sse_core import SSEError, iter_events
from sse_core.dialects import Accumulator, detect, get, iter_parts

PARTITIONS = 8  # for each worker: so that one with large files holds up no other


def chunks(stream: Any) -> Iterator[bytes]:
    return iter(lambda: stream.read(65536), b"")


def decode(file: Any) -> tuple[str | None, Accumulator, str | None]:
    """The dialect of a recorded stream, its message, and what is wrong with it."""
    message = Accumulator()
    with file as stream:
        name = None
        with suppress(SSEError):  # it comes again below
            name = detect(iter_events(chunks(stream)))
        if name is None:
            return None, message, "its first events tell no dialect"
        stream.seek(0)
        try:
            for part in iter_parts(chunks(stream), get(name)):
                message.add(part)
        except SSEError as error:  # cut off, or too large
            return name, message, str(error)
    return name, message, message.problem()


def rows(file: Any) -> list[dict[str, Any]]:
    """A row for each choice of a recorded answer; one, of no choice, where there is none."""
    dialect, message, verdict = decode(file)
    usage = message.usage
    counts = usage and {name: getattr(usage, name) for name in usage.__match_args__[:-1]}
    same = {"file": file.path, "dialect": dialect, "usage": counts, "verdict": verdict}
    return [
        {
            **same,
            "choice": number,
            "text": choice.text,
            "calls": [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in choice.tool_calls],
        }
        for number, choice in sorted(message.choices.items())
    ] or [{**same, "choice": None, "text": "", "calls": []}]


def lines(file: Any) -> list[str]:
    return [json.dumps(row) for row in rows(file)]


def connect(cluster: str | None) -> Client:
    """A client of the cluster at this address; without one, of a worker for each core of this machine."""
    if cluster is not None:
        return Client(cluster)
    return Client(n_workers=os.cpu_count(), threads_per_worker=1, dashboard_address=None)


def say(who: str, files: int, size: int, began: float) -> None:
    seconds = time.perf_counter() - began
    print(f"{who}: {files:,} streams, {size / 1e6:,.1f} MB in {seconds:.2f} s", end="; ")
    print(f"{files / seconds:,.0f} streams/s, {size / seconds / 1e6:,.1f} MB/s", flush=True)


def alone(files: Iterable[Any]) -> int:
    """What all of them come to in this process: how many rows."""
    return sum([len(lines(file)) for file in files])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("streams", help="a path, or an address that fsspec knows, with * in it")
    parser.add_argument("rows", help="the folder to write")
    parser.add_argument("--cluster", metavar="ADDRESS", help="of its scheduler; else this machine is one")
    parser.add_argument("--beside", action="store_true", help="read all in this process first, to compare")
    options = parser.parse_args()
    files = fsspec.open_files(options.streams, "rb")
    size = sum([file.fs.size(file.path) for file in files])
    if options.beside:
        began = time.perf_counter()
        alone(files)
        say("one process", len(files), size, began)
    with connect(options.cluster) as client:
        client.wait_for_workers(1)
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        began = time.perf_counter()
        streams: Any = bag.from_sequence(files, npartitions=min(len(files), workers * PARTITIONS) or 1)
        streams.map(lines).flatten().to_textfiles(f"{options.rows}/*.jsonl")
        say(f"{workers} workers", len(files), size, began)


if __name__ == "__main__":
    main()
