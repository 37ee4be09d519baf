"""From raw to the inbox, and from the inbox into the warehouse: which batches are due, and what becomes of each."""

from __future__ import annotations

import logging
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tasks.core.errors import CheckError, CopydeskError, RawError
from tasks.core.records import Declined, RawRecord
from tasks.drain import drain_batch, next_batch, note_failure
from tasks.home import Home
from tasks.inbox import Batch, Item, quarantine, read_batch, read_head, stage_batch, staged_batches, staged_rows, sweep_inbox
from tasks.raw import read_segment, segments
from tasks.resources import newsroom_lists, tracking_parameters
from tasks.settings import Settings
from tasks.steps import step
from tasks.watch import Progress
from tasks.workers import Readers, readers

log = logging.getLogger("copydesk")

AHEAD = 2  # batches that are being read while one is drained


@dataclass(slots=True)
class Ingested:
    """What an ingest did: batches drained, and those that were quarantined with why."""

    batches: int = 0
    records: int = 0
    failed: int = 0


def ingest_pending(home: Home, settings: Settings, *, announces: bool = True, after_batch: Progress | None = None) -> Ingested:
    """Read and drain everything that raw holds and the warehouse does not.

    after_batch  called without any lock held, after each batch
    Raises       BusyError where another process is at it for longer than the home waits
    """
    total = Ingested()
    with home.ingesting(), ExitStack() as stack:
        sweep_inbox(home)
        _drain(home, settings, total, announces, after_batch)
        pool: Readers | None = None
        while True:
            before = total.batches + total.failed
            ahead: deque[tuple[Batch, list[Item], Any]] = deque()
            for batch, items in _due(home, settings.batch_size):
                pool = pool or stack.enter_context(readers(settings.worker_count, newsroom_lists(home.seeds)))
                ahead.append((batch, items, pool.submit(_pages(items))))
                if len(ahead) >= AHEAD:
                    _finish(home, settings, pool, ahead.popleft(), total, announces, after_batch)
            while ahead and pool:
                _finish(home, settings, pool, ahead.popleft(), total, announces, after_batch)
            if total.batches + total.failed == before:
                return total


def drain_inbox(home: Home, settings: Settings, *, announces: bool = True) -> Ingested:
    """Drain what is staged and next in order."""
    total = Ingested()
    with home.ingesting():
        _drain(home, settings, total, announces, None)
    return total


def _pages(items: Sequence[Item]) -> list[RawRecord]:
    return [item for item in items if isinstance(item, RawRecord) and item.capture.kind == "page"]


def _finish(
    home: Home,
    settings: Settings,
    pool: Readers,
    due: tuple[Batch, list[Item], Any],
    total: Ingested,
    announces: bool,
    after_batch: Progress | None,
) -> None:
    batch, items, submitted = due
    _stage(home, pool, batch, items, submitted)
    _drain(home, settings, total, announces, after_batch)


@step("read batch")
def _stage(home: Home, pool: Readers, batch: Batch, items: list[Item], submitted: Any) -> None:
    stage_batch(home, batch, staged_rows(items, pool.collect(submitted), tracking_parameters()))


def _due(home: Home, batch_size: int) -> Iterator[tuple[Batch, list[Item]]]:
    """Yield the batches to stage, in order: from the last one drained or staged on."""
    with home.locked() as warehouse:
        segment_no, first = next_batch(warehouse)
    staged = {folder.name: read_head(folder) for folder in staged_batches(home)}
    while (waiting := staged.get(f"{segment_no:08d}-{first:06d}")) is not None:
        segment_no, first = (segment_no + 1, 0) if waiting.is_last else (segment_no, first + waiting.record_count)
    for number, path in segments(home):
        if number < segment_no:
            continue
        yield from _batches_of(home, number, path, first if number == segment_no else 0, batch_size)


def _batches_of(home: Home, number: int, path: Path, first: int, batch_size: int) -> Iterator[tuple[Batch, list[Item]]]:
    items: Iterator[RawRecord | Declined] = islice(read_segment(home, number, path), first, None)
    following = list(islice(items, batch_size))
    while True:
        current, following = following, list(islice(items, batch_size))
        batch = Batch(segment_no=number, first_record=first, record_count=len(current), is_last=not following)
        yield batch, current
        if not following:
            return
        first += len(current)


def _drain(home: Home, settings: Settings, total: Ingested, announces: bool, after_batch: Progress | None) -> None:
    while (drained := _drain_next(home, settings, total, announces)) is not None:
        if after_batch:
            after_batch(drained)


@step("drain batch")
def _drain_next(home: Home, settings: Settings, total: Ingested, announces: bool) -> int | None:
    """Drain one batch; return its record count, None where the next one is not staged."""
    with home.locked() as warehouse:
        folder = home.inbox / "{:08d}-{:06d}".format(*next_batch(warehouse))
        _forget_drained(home, folder.name)
        if not folder.exists():
            return None
        batch, staged = read_batch(folder)
        try:
            drain_batch(warehouse, batch, staged, now=settings.clock(), window_days=settings.window_days, announces=announces)
        except (RawError, OSError):
            raise
        except Exception as error:  # one batch must not stop the next: it is set aside with its reason
            if isinstance(error, CopydeskError) and not isinstance(error, CheckError):
                raise
            log.error("batch %s: %s; set aside in %s, `copydesk replay` tries it again", batch.batch_id, error, home.failed / folder.name)
            note_failure(warehouse, batch, error, settings.clock())
            quarantine(home, folder, f"{type(error).__name__}: {error}")
            total.failed += 1
            return batch.record_count
    shutil.rmtree(folder)
    total.batches += 1
    total.records += batch.record_count
    return batch.record_count


def _forget_drained(home: Home, next_name: str) -> None:
    """Remove staged batches that a killed process drained but did not remove."""
    for folder in staged_batches(home):
        if folder.name < next_name:
            shutil.rmtree(folder)
