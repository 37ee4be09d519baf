"""From raw to the inbox, and from the inbox into the warehouse: which batches are due, and what becomes of each."""

from __future__ import annotations

import logging
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tasks.core.captures import READ_KINDS
from tasks.core.errors import CheckError, CopydeskError, HomeError, RawError, first_line
from tasks.core.records import RawRecord
from tasks.core.render.counts import counts_line
from tasks.drain import drain_batch, note_failure
from tasks.drained import next_batch
from tasks.duckdb_errors import STORAGE_ERRORS, is_damage, is_interruption
from tasks.durable import temporary_files
from tasks.home import Home
from tasks.inbox import Batch, Item, batch_name, quarantine, read_batch, read_head, stage_batch, staged_batches, staged_rows, sweep_inbox
from tasks.raw import RESTORE, segments
from tasks.raw_batches import Cursor, RawBatches, cursor_after
from tasks.resources import newsroom_lists
from tasks.settings import Settings
from tasks.steps import step
from tasks.watch import Progress
from tasks.workers import Call, Limits, Readers, readers

log = logging.getLogger("copydesk")

AHEAD = 2  # batches that are being read while one is drained


@dataclass(slots=True)
class Ingested:
    """What an ingest did: batches drained, and those that were set aside."""

    batches: int = 0
    records: int = 0
    failed: int = 0


@contextmanager
def reader_pool(home: Home, settings: Settings) -> Iterator[Callable[[], Readers]]:
    """Give readers to several ingests in a row; they are started when one asks for them first."""
    with ExitStack() as stack:
        started: list[Readers] = []

        def get() -> Readers:
            if not started:
                started.append(stack.enter_context(readers(settings.worker_count, newsroom_lists(home.seeds), _limits(settings))))
            return started[0]

        yield get


def ingest_pending(
    home: Home,
    settings: Settings,
    *,
    announces: bool = True,
    after_batch: Progress | None = None,
    pool: Callable[[], Readers] | None = None,
    more: Callable[[], bool] = lambda: False,
) -> Ingested:
    """Read and drain everything that raw holds and the warehouse does not.

    after_batch  called without any lock held, after each batch
    pool         readers that outlive this call; None: its own
    more         called when all of raw is under way to the readers: it may bring more to raw while they read, and says whether it may again
    Raises       BusyError where another process is at it for longer than the home waits
    """
    with home.ingesting(), nullcontext(pool) if pool else reader_pool(home, settings) as get_readers:
        sweep_inbox(home)
        ingest = _Ingest(home, settings, announces, after_batch)
        while ingest.advance() or more():
            ahead: deque[tuple[Batch, list[Item], list[Call]]] = deque()
            for batch, items in ingest.due(more):
                with temporary_files():
                    ready = get_readers()
                ahead.append((batch, items, ready.submit(_pages(items))))
                if len(ahead) >= AHEAD:
                    ingest.finish(ready, *ahead.popleft())
            while ahead:
                ingest.finish(ready, *ahead.popleft())
        return ingest.done


def drain_inbox(home: Home, settings: Settings) -> Ingested:
    """Drain what is staged and next in order."""
    with home.ingesting():
        ingest = _Ingest(home, settings, True, None)
        ingest.drain()
        return ingest.done


class _Ingest:
    """One run of ingest: it knows which batch is next, because nobody else drains while it holds the lock."""

    def __init__(self, home: Home, settings: Settings, announces: bool, told: Progress | None) -> None:
        self.done = Ingested()
        self._home = home
        self._settings = settings
        self._announces = announces
        self._told = told
        self._raw = RawBatches(home, settings.batch_size)
        self._unreadable: set[Cursor] = set()  # batches whose staged files could not be read in this run
        with home.locked() as warehouse:
            self._next: Cursor = next_batch(warehouse)
        for folder in staged_batches(home):
            if folder.name < batch_name(*self._next):  # drained by a process that was killed before it could remove it
                shutil.rmtree(folder)

    def advance(self) -> bool:
        """Drain what is staged, step over segments that are gone or broken, and tell whether raw holds more."""
        self.drain()
        numbers = [number for number, _ in segments(self._home)]
        while error := self._obstacle(numbers):
            self._step_over(error)
            self.drain()
        return self._next[0] in numbers

    def _obstacle(self, numbers: list[int]) -> RawError | None:
        """Return why nothing can be read of what is next in order, None where it can, or where there is nothing more."""
        number, first = self._next
        if number not in numbers and (first or number < max(numbers, default=0)):
            return RawError(f"segment {number} is gone from raw; what it held is missing: {RESTORE}")
        return self._raw.broken.get(self._next)

    def drain(self) -> None:
        while (folder := self._home.inbox / batch_name(*self._next)).exists():
            drained = _drain_folder(self._home, self._settings, folder, self._announces)
            if drained is None:
                self._note_unreadable(folder)
                return
            batch, is_failed = drained
            self.done.failed += is_failed
            self.done.batches += not is_failed
            self.done.records += batch.record_count * (not is_failed)
            self._next = cursor_after(batch)
            if self._told:
                self._told(batch.record_count)

    def _note_unreadable(self, folder: Path) -> None:
        """Let a batch be made again from raw once; a second time it would go on for ever."""
        if self._next in self._unreadable:
            raise HomeError(
                f"{folder}: cannot be read though it was made anew; check the disk and the memory, and run the same command again"
            )
        self._unreadable.add(self._next)

    def due(self, more: Callable[[], bool]) -> Iterator[tuple[Batch, list[Item]]]:
        """Yield the batches to stage, in order, from the last one drained or staged on, up to a segment that is gone or broken.

        more         brings more of them, and says whether it may again
        """
        cursor = self._next
        staged = _heads(self._home)
        while (waiting := staged.get(batch_name(*cursor))) is not None:
            cursor = cursor_after(waiting)
        while True:
            end = yield from self._raw.batches(cursor)
            if end is None or not more():
                return
            cursor = end

    def finish(self, pool: Readers, batch: Batch, items: list[Item], submitted: list[Call]) -> None:
        _stage(self._home, pool, batch, items, submitted)
        self.drain()

    def _step_over(self, error: RawError) -> None:
        """Go on with the segment after one that is gone or broken, and note that something is missing."""
        number, first = self._next
        gap = Batch(segment_no=number, first_record=first, record_count=0, is_last=True)
        log.error("%s", error)
        with self._home.locked() as warehouse:
            note_failure(warehouse, gap, error, self._settings.clock())
        self.done.failed += 1
        self._next = cursor_after(gap)


def _pages(items: Sequence[Item]) -> list[RawRecord]:
    return [item for item in items if isinstance(item, RawRecord) and item.capture.kind in READ_KINDS]


def _limits(settings: Settings) -> Limits:
    return Limits(timeout_s=settings.read_timeout_s, memory_mb=settings.read_memory_mb)


@step("read batch")
def _stage(home: Home, pool: Readers, batch: Batch, items: list[Item], submitted: list[Call]) -> None:
    with temporary_files():
        readings = pool.collect(submitted)
    stage_batch(home, batch, staged_rows(items, readings))


def _heads(home: Home) -> dict[str, Batch]:
    """Return what waits in the inbox; a broken batch is met, and set aside, when it is next in order."""
    found: dict[str, Batch] = {}
    for folder in staged_batches(home):
        with suppress(OSError, ValueError, TypeError):
            found[folder.name] = read_head(folder)
    return found


@step("drain batch")
def _drain_folder(home: Home, settings: Settings, folder: Path, announces: bool) -> tuple[Batch, bool] | None:
    """Drain one batch; return it and whether it was set aside, None where its files cannot be read: raw gives it again."""
    try:
        batch, staged = read_batch(folder)
    except MemoryError:
        raise
    except Exception as error:  # whatever a broken file makes of its reader
        log.error("%s: cannot be read (%s); set aside, and read from raw again", folder, first_line(error))
        quarantine(home, folder, f"{type(error).__name__}: {error}")
        return None
    with home.locked() as warehouse:
        try:
            counts = drain_batch(warehouse, batch, staged, now=settings.clock(), window_days=settings.window_days, announces=announces)
        except Exception as error:  # one batch must not stop the next
            if not _is_of_batch(error):
                raise
            log.error("batch %s: %s; set aside in %s, `copydesk replay` tries it again", batch.batch_id, error, home.failed / folder.name)
            note_failure(warehouse, batch, error, settings.clock())
            quarantine(home, folder, f"{type(error).__name__}: {error}")
            return batch, True
    shutil.rmtree(folder)
    log.info("batch %s: %s", batch.batch_id, counts_line(asdict(counts)))
    return batch, False


def _is_of_batch(error: Exception) -> bool:
    """Tell whether a failure lies in the batch, not in the disk, the memory or the home."""
    if isinstance(error, (OSError, MemoryError, *STORAGE_ERRORS)) or is_interruption(error) or is_damage(error):
        return False
    return isinstance(error, CheckError) or not isinstance(error, CopydeskError)
