"""The way of a page, written once: load, ingest, refresh, replay. Flows and the command line call it.

Every part may be killed at any time and run again; what is already done is found done.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from tasks.core.errors import UsageError
from tasks.core.records import Declined, Received
from tasks.drain import Counts, counts_of, known_inputs
from tasks.durable import sync_folder
from tasks.home import Home, open_home
from tasks.ingest import Ingested, drain_inbox, ingest_pending
from tasks.inputs import InputFile, input_files, inputs_in
from tasks.points import reached
from tasks.publish import publish, snapshot_age_s
from tasks.raw import SegmentWriter, begin_segment, commit_segment, drop_segment, sweep_parts
from tasks.settings import Settings
from tasks.steps import step
from tasks.watch import NOBODY, Watch

PUBLISH_S = 60.0  # seconds between two snapshots of one run; the last one always comes
KNOWN_INPUTS = 1_000  # inputs held against the warehouse at a time
KNOWN_BYTES = 32 << 20  # bytes of these inputs
REPLAYING = ".replaying"  # stands in a folder while a replay into it goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An input that could not be read."""

    path: str
    reason: str
    detail: str


@dataclass(slots=True)
class Loaded(Counts):
    """What a load did. `inputs` counts texts, pages, rows and records, those that could not be read included."""

    inputs: int = 0
    captures_known: int = 0
    failed: list[Failure] = field(default_factory=list)
    batches_failed: int = 0


@dataclass(slots=True)
class _Capturing:
    """A load in the making: the open segment, and the numbers of those committed."""

    home: Home
    now: datetime
    writer: SegmentWriter | None = None
    committed: list[int] = field(default_factory=list)

    def add(self, item: Received | Declined) -> None:
        self.writer = self.writer or begin_segment(self.home, self.now)
        self.writer.add(item)

    def commit(self) -> None:
        if self.writer:
            self.committed.append(commit_segment(self.writer))
            self.writer = None


def load(
    home: Home,
    settings: Settings,
    paths: Sequence[str],
    *,
    outlet: str | None = None,
    in_place: bool = False,
    ingests: bool = True,
    watch: Watch = NOBODY,
) -> Loaded:
    """Take files, folders and globs to raw, from there into the warehouse, and publish.

    in_place     WARC files are registered where they lie
    ingests      False: to raw only
    """
    result = Loaded()
    sweep_parts(home)
    capturing = _Capturing(home, settings.clock())
    files = list(input_files(paths, watch.foreign))
    lying = [file for file in files if in_place and isinstance(file, InputFile) and file.kind == "warc"]
    for file in lying:
        _register(capturing, file, outlet, result, watch)
    try:
        for known, item in _fresh(home, capturing.now, _inputs([file for file in files if file not in lying], outlet)):
            result.inputs += 1
            watch.captured(1)
            if isinstance(item, Declined):
                result.failed.append(failure_of(item))
            result.captures_known += known and isinstance(item, Received)
            if not known:
                capturing.add(item)
                if capturing.writer and capturing.writer.is_full:
                    capturing.commit()
                    if ingests:
                        result.batches_failed += ingest(home, settings, watch=watch).failed
        capturing.commit()
    finally:
        if capturing.writer:
            drop_segment(capturing.writer)
    if ingests:
        result.batches_failed += ingest(home, settings, watch=watch).failed
        _add_counts(home, result, capturing.committed)
    return result


def _register(capturing: _Capturing, file: InputFile, outlet: str | None, result: Loaded, watch: Watch) -> None:
    """Let a segment point to a WARC file that stays where it lies, if anything in it is new."""
    is_new = False
    declined: list[Declined] = []
    for known, item in _fresh(capturing.home, capturing.now, inputs_in(file, outlet=outlet)):
        result.inputs += 1
        watch.captured(1)
        if isinstance(item, Declined):
            declined.append(item)
            result.failed.append(failure_of(item))
        result.captures_known += known and isinstance(item, Received)
        is_new = is_new or not known
    if is_new:
        writer = begin_segment(capturing.home, capturing.now)
        writer.add_pointer(file.path.resolve(), outlet)
        for item in declined:
            writer.add(item)
        capturing.committed.append(commit_segment(writer))


def failure_of(item: Declined) -> Failure:
    """Return a declined input as a load reports it."""
    reject = item.reject
    return Failure(path=reject.source_id or "", reason=reject.reason, detail=reject.detail or "")


def _inputs(files: Iterable[InputFile | Declined], outlet: str | None) -> Iterator[Received | Declined]:
    for file in files:
        if isinstance(file, Declined):
            yield file
        else:
            yield from inputs_in(file, outlet=outlet)


def _fresh(home: Home, now: datetime, items: Iterable[Received | Declined]) -> Iterator[tuple[bool, Received | Declined]]:
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


@step("capture inputs")
def _known(home: Home, items: list[Received | Declined], now: datetime) -> list[bool]:
    with home.locked() as warehouse:
        return known_inputs(warehouse, items, now)


def _add_counts(home: Home, result: Loaded, segments: list[int]) -> None:
    with home.locked() as warehouse:
        counts = counts_of(warehouse, segments)
    for name, value in asdict(counts).items():
        setattr(result, name, value)


def ingest(home: Home, settings: Settings, *, announces: bool = True, watch: Watch = NOBODY) -> Ingested:
    """Take everything that raw holds into the warehouse, publishing once a minute and at the end."""

    def after(records: int) -> None:
        watch.drained(records)
        if snapshot_age_s(home) > PUBLISH_S:
            publish_snapshot(home)

    done = ingest_pending(home, settings, announces=announces, after_batch=after)
    publish_snapshot(home)
    return done


@step("publish")
def publish_snapshot(home: Home) -> bool:
    """Publish the warehouse as it is; return whether there was something new."""
    return publish(home)


def refresh(home: Home, settings: Settings) -> Ingested:
    """Drain what is staged, check all tables, publish.

    Raises       CheckError for the first promise that is broken
    """
    done = drain_inbox(home, settings)
    check_tables(home)
    publish_snapshot(home)
    return done


@step("check tables")
def check_tables(home: Home) -> None:
    """Run the whole-table checks."""
    with home.locked() as warehouse:
        warehouse.check("whole")


def replay(home: Home, settings: Settings, *, into: Path | None = None, watch: Watch = NOBODY) -> Ingested:
    """Make the warehouse again from raw: beside the old one and then in its place, or in another folder.

    into         a folder that is empty or not there, or was begun by a replay that was killed
    Raises       UsageError where the folder holds something else
    """
    if into is not None:
        return _replay_into(home, settings, into, watch)
    aside = home.root / ".replay"
    with home.ingesting():
        shutil.rmtree(aside, ignore_errors=True)
        done = _replay_into(home, settings, aside, watch)
        reached("replay.built")
        with home.locked_files():
            home.warehouse_file.with_name("warehouse.duckdb.wal").unlink(missing_ok=True)
            os.replace(aside / "warehouse.duckdb", home.warehouse_file)
            sync_folder(home.root)
        shutil.rmtree(aside)
    publish_snapshot(home)
    return done


def _replay_into(home: Home, settings: Settings, folder: Path, watch: Watch) -> Ingested:
    if folder.exists() and any(folder.iterdir()) and not (folder / REPLAYING).exists():
        raise UsageError(f"{folder}: is not empty; give a folder that is empty or not there")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / REPLAYING).touch()
    target = open_home(folder, wait_s=home.wait_s, raw_root=home.raw_root)
    done = ingest(target, settings, announces=False, watch=watch)
    check_tables(target)
    (folder / REPLAYING).unlink()
    return done
