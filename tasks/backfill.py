"""What a backfill is made of: its arguments to partitions, each taken or left as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.core.backfill import KindSum, Span, named_day
from tasks.core.errors import InputError, UsageError
from tasks.core.ids import id_of
from tasks.core.input_rows import declined_input
from tasks.core.records import Declined
from tasks.core.text.urls import is_web_url
from tasks.home import Home
from tasks.inputs import InputFile, input_files, printable_name
from tasks.walk_sitemaps import Walked

URLS, SITEMAP = "urls:", "sitemap:"  # what an argument that is no path begins with
URLS_A_PARTITION = 500
KINDS = {"warc": "warc", "rows": "jsonl", "parquet": "parquet"}  # of files that are a partition each


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """A part of a backfill.

    place        file, folder, or address with a number
    files        what it takes; a refusal where there is no such file, or a line is no address
    urls         what it asks for
    """

    partition_id: str
    spec: str
    kind: str
    place: str
    size_bytes: int = 0
    files: tuple[InputFile | Declined, ...] = ()
    urls: tuple[str, ...] = ()


@dataclass(slots=True)
class Listed:
    """What arguments come to. `passed` counts files whose names tell a day outside the range of time, and pages of sitemaps outside it."""

    partitions: list[Partition]
    passed: int = 0


def partitions_of(
    home: Home, specs: Sequence[str], span: Span, foreign: Callable[[str], None], *, walk: Callable[[str], Walked] | None = None
) -> Listed:
    """Return the partitions that arguments make, each once, in a fixed order. Nothing is opened but lists of addresses.

    walk         asks for a sitemap; None: each is one partition of unknown size
    Raises       UsageError for an address without a word of what it is
    """
    for spec in specs:
        if is_web_url(spec):
            raise UsageError(f"{spec}: an address needs a word of what it is: sitemap:{spec}, or urls:FILE for a list of pages")
    found: dict[str, Partition] = {}
    listed = Listed([])
    for spec in specs:
        if spec.startswith(URLS):
            made = _of_list(spec, span)
        elif spec.startswith(SITEMAP):
            made = _of_sitemap(spec, span, walk, listed)
        else:
            made = _of_tree(home, spec, span, listed, foreign)
        for partition in made:
            found.setdefault(partition.partition_id, partition)
    listed.partitions = list(found.values())
    return listed


def sums_by_kind(partitions: Sequence[Partition]) -> list[KindSum]:
    """Return what these partitions come to, by kind."""
    return [
        KindSum(
            kind=kind,
            partitions=len(ones),
            files=sum(len(one.files) + len(one.urls) for one in ones),
            size_bytes=sum(one.size_bytes for one in ones),
        )
        for kind in sorted({partition.kind for partition in partitions})
        if (ones := [partition for partition in partitions if partition.kind == kind])
    ]


def _of_tree(home: Home, spec: str, span: Span, listed: Listed, foreign: Callable[[str], None]) -> Iterator[Partition]:
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


def _of_list(spec: str, span: Span) -> Iterator[Partition]:
    """Yield the addresses of a file by the hundreds; a line that is none is declined with the first of them."""
    path = Path(spec.removeprefix(URLS))
    name = printable_name(path.name)
    try:
        lines = path.read_bytes().decode("utf-8", "replace").splitlines()
    except OSError as error:
        reason = "missing" if isinstance(error, FileNotFoundError) else "unreadable"
        yield _missing(spec, declined_input(InputError(reason, error.strerror or str(error)), source_id=name, outlet=None))
        return
    said = [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip() and not line.lstrip().startswith("#")]
    urls = list(dict.fromkeys(line for _, line in said if is_web_url(line)))
    bad = [
        declined_input(InputError("bad_field", f"{line[:80]!r} is no http or https address"), source_id=f"{name}#{number}", outlet=None)
        for number, line in said
        if not is_web_url(line)
    ]
    yield from _of_urls(spec, "urls", printable_name(str(path.resolve())), urls, span, bad)


def _of_sitemap(spec: str, span: Span, walk: Callable[[str], Walked] | None, listed: Listed) -> Iterator[Partition]:
    url = spec.removeprefix(SITEMAP)
    if not is_web_url(url):
        raise UsageError(f"{spec}: is no http or https address; give e.g. sitemap:https://paper.example/sitemap.xml")
    if walk is None:
        yield Partition(partition_id=id_of("partition", "sitemap", url, span.key), spec=spec, kind="sitemap", place=url)
        return
    walked = walk(url)
    listed.passed += walked.passed
    for failure in walked.failed:
        yield _missing(spec, declined_input(InputError(failure.reason, failure.detail), source_id=failure.path, outlet=None))
    for sitemap, urls in walked.pages.items():
        yield from _of_urls(spec, "sitemap", sitemap, urls, span, [])


def _of_urls(spec: str, kind: str, place: str, urls: Sequence[str], span: Span, bad: Sequence[Declined]) -> Iterator[Partition]:
    for first in range(0, max(len(urls), len(bad) and 1), URLS_A_PARTITION):
        some, beside = urls[first : first + URLS_A_PARTITION], () if first else tuple(bad)
        number = first // URLS_A_PARTITION + 1
        key = id_of("partition", kind, place, str(number), span.key, *(one.reject.source_id or "" for one in beside), *some)
        yield Partition(partition_id=key, spec=printable_name(spec), kind=kind, place=f"{place} {number}", files=beside, urls=tuple(some))


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
