"""From inputs to raw: what is new goes into segments, what cannot be read is declined and kept as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tasks.core.backfill import ALWAYS, Span, moment_of
from tasks.core.records import Declined, Received
from tasks.drained import known_inputs
from tasks.home import Home
from tasks.inputs import InputFile, input_files, inputs_in
from tasks.raw import SegmentWriter, begin_segment, commit_segment, drop_segment, sweep_parts
from tasks.steps import step
from tasks.warc import Pointer
from tasks.watch import Watch

KNOWN_INPUTS = 1_000  # inputs held against the warehouse at a time
KNOWN_BYTES = 32 << 20  # bytes of these inputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An input that could not be read."""

    path: str
    reason: str
    detail: str


@dataclass
class Captured:
    """What was captured. `inputs` counts texts, pages, rows and records, those that could not be read included.

    passed       that lay outside the range of time, and count nowhere else
    """

    inputs: int = 0
    captures_known: int = 0
    passed: int = 0
    failed: list[Failure] = field(default_factory=list)

    def count(self, item: Received | Declined, *, is_known: bool) -> None:
        self.inputs += 1
        if isinstance(item, Declined):
            reject = item.reject
            self.failed.append(Failure(path=reject.source_id or "", reason=reject.reason, detail=reject.detail or ""))
        else:
            self.captures_known += is_known


@dataclass(frozen=True, slots=True, kw_only=True)
class Capturing:
    """How files are taken to raw.

    span         of time: what lies outside is passed over
    partition_id of the backfill that they belong to
    """

    now: datetime
    outlet: str | None = None
    in_place: bool = False
    span: Span = ALWAYS
    partition_id: str | None = None


def capture_inputs(
    home: Home, paths: Sequence[str], captured: Captured, *, now: datetime, outlet: str | None, in_place: bool, watch: Watch
) -> Iterator[int]:
    """Take files, folders and globs to raw; yield the number of each segment that was committed.

    captured     counts what is seen
    in_place     WARC files are registered where they lie; copied if their path is not UTF-8, so that no table could hold it
    """
    sweep_parts(home)
    files = list(input_files(paths, watch.foreign, home=home.root.resolve()))
    yield from capture_files(home, files, captured, Capturing(now=now, outlet=outlet, in_place=in_place), watch)


def capture_files(home: Home, files: Sequence[InputFile | Declined], captured: Captured, how: Capturing, watch: Watch) -> Iterator[int]:
    """Take these files to raw, those that stay where they lie first; yield the number of each segment that was committed."""
    lying = [file for file in files if how.in_place and isinstance(file, InputFile) and file.kind == "warc" and _is_utf8(file)]
    for file in lying:
        yield from _register(home, file, captured, how, watch)
    taken = set(lying)
    items = (item for file in files if file not in taken for item in _within(_items(file, how.outlet), captured, how))
    yield from _capture(home, items, captured, how, watch)


def _within(items: Iterable[Received | Declined], captured: Captured, how: Capturing) -> Iterator[Received | Declined]:
    """Yield the inputs that lie in the range of time, and count those that do not."""
    for item in items:
        if how.span.holds(moment_of(item)):
            yield item
        else:
            captured.passed += 1


def _is_utf8(file: InputFile) -> bool:
    try:
        str(file.path.resolve()).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _items(file: InputFile | Declined, outlet: str | None) -> Iterable[Received | Declined]:
    return [file] if isinstance(file, Declined) else inputs_in(file, outlet=outlet)


def _capture(home: Home, items: Iterable[Received | Declined], captured: Captured, how: Capturing, watch: Watch) -> Iterator[int]:
    writer: SegmentWriter | None = None
    try:
        for is_known, item in _held_against_known(home, how.now, items):
            captured.count(item, is_known=is_known)
            watch.captured(1)
            if is_known:
                continue
            writer = writer or begin_segment(home, how.now, partition_id=how.partition_id)
            writer.add(item)
            if writer.is_full:
                full, writer = writer, None
                yield _commit(full)
        if writer:
            full, writer = writer, None
            yield _commit(full)
    finally:
        if writer:
            drop_segment(writer)


def _register(home: Home, file: InputFile, captured: Captured, how: Capturing, watch: Watch) -> Iterator[int]:
    """Let a segment point to a WARC file that stays where it lies, if anything in it is new."""
    is_new = False
    records = 0
    broken: list[Declined] = []
    for is_known, item in _held_against_known(home, how.now, _within(inputs_in(file, outlet=how.outlet), captured, how)):
        captured.count(item, is_known=is_known)
        watch.captured(1)
        if isinstance(item, Declined) and item.reject.source_id == file.name:  # the file itself, not a record of it
            broken.append(item)
        else:
            records += 1
        is_new = is_new or not is_known
    if is_new:
        writer = begin_segment(home, how.now, partition_id=how.partition_id)
        writer.add_pointer(Pointer(file.path.resolve(), how.outlet, records, how.span))
        for item in broken:
            writer.add(item)
        yield _commit(writer)


@step("capture segment")
def _commit(writer: SegmentWriter) -> int:
    return commit_segment(writer)


def _held_against_known(home: Home, now: datetime, items: Iterable[Received | Declined]) -> Iterator[tuple[bool, Received | Declined]]:
    """Yield each input and whether the warehouse has it already, some hundreds at a time."""
    held: list[Received | Declined] = []
    size = 0
    for item in items:
        held.append(item)
        size += len(item.block) if isinstance(item, Received) else 0
        if len(held) >= KNOWN_INPUTS or size >= KNOWN_BYTES:
            yield from zip(_known(home, held, now), held, strict=True)
            held, size = [], 0
    if held:
        yield from zip(_known(home, held, now), held, strict=True)


def _known(home: Home, items: list[Received | Declined], now: datetime) -> list[bool]:
    with home.locked() as warehouse:
        return known_inputs(warehouse, items, now)
