"""What a backfill is made of: its arguments to partitions, each taken or left as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.core.backfill import KindSum, Span, named_day
from tasks.core.ids import id_of
from tasks.core.records import Declined
from tasks.home import Home
from tasks.inputs import InputFile, input_files, printable_name

KINDS = {"warc": "warc", "rows": "jsonl", "parquet": "parquet"}  # of files that are a partition each


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """A part of a backfill.

    place        file, folder, or address with a number
    files        what it takes; a refusal where there is no such file
    """

    partition_id: str
    spec: str
    kind: str
    place: str
    size_bytes: int = 0
    files: tuple[InputFile | Declined, ...] = ()


@dataclass(slots=True)
class Listed:
    """What arguments come to. `passed` counts files whose names tell a day outside the range of time."""

    partitions: list[Partition]
    passed: int = 0


def partitions_of(home: Home, specs: Sequence[str], span: Span, foreign: Callable[[str], None]) -> Listed:
    """Return the partitions that arguments make, each once, in a fixed order. Nothing is opened."""
    found: dict[str, Partition] = {}
    listed = Listed([])
    for spec in specs:
        for partition in _partitions(home, spec, span, listed, foreign):
            found.setdefault(partition.partition_id, partition)
    listed.partitions = list(found.values())
    return listed


def sums_by_kind(partitions: Sequence[Partition]) -> list[KindSum]:
    """Return what these partitions come to, by kind."""
    return [
        KindSum(kind=kind, partitions=len(ones), files=sum(len(one.files) for one in ones), size_bytes=sum(one.size_bytes for one in ones))
        for kind in sorted({partition.kind for partition in partitions})
        if (ones := [partition for partition in partitions if partition.kind == kind])
    ]


def _partitions(home: Home, spec: str, span: Span, listed: Listed, foreign: Callable[[str], None]) -> Iterator[Partition]:
    folders: dict[Path, list[InputFile]] = {}
    for file in input_files([spec], foreign, home=home.root.resolve()):
        if isinstance(file, Declined):
            yield _missing(spec, file)
        elif not span.may_hold_of(named_day(file.path.absolute().as_posix())):
            listed.passed += 1
        elif file.kind in KINDS:
            yield _of_files(spec, KINDS[file.kind], file.path, [file], span)
        else:
            folders.setdefault(file.path.parent, []).append(file)
    for folder, files in folders.items():
        yield _of_files(spec, "folder", folder, files, span)


def _missing(spec: str, declined: Declined) -> Partition:
    name = declined.reject.source_id or spec
    return Partition(
        partition_id=id_of("partition", "missing", os.path.abspath(spec), name), spec=printable_name(spec), kind="missing", place=name,
        files=(declined,),
    )  # fmt: skip


def _of_files(spec: str, kind: str, place: Path, files: Sequence[InputFile], span: Span) -> Partition:
    """Return files as a partition: it is another one when one of them changes."""
    stats = [(file.name, *_size_and_time(file.path)) for file in files]
    path = str(place.resolve())
    return Partition(
        partition_id=id_of("partition", kind, path, span.key, *(f"{name} {size} {time_ns}" for name, size, time_ns in stats)),
        spec=printable_name(spec), kind=kind, place=printable_name(path), size_bytes=sum(size for _, size, _ in stats), files=tuple(files),
    )  # fmt: skip


def _size_and_time(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:  # gone since it was listed: its reading says so
        return 0, 0
    return found.st_size, found.st_mtime_ns
