"""A backfill: in which order its partitions are taken, and what is done while pages are read.

The next partition is taken to raw while the readers are at the one before, and the drain goes by the numbers of segments, as ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from time import monotonic, sleep

from flows.announcing import announce_new
from flows.path import add_counts, publish_snapshot, publishing
from flows.round import Polling
from tasks.backfill import Partition, partitions_of, sums_by_kind
from tasks.capture import Captured, Capturing, Failure, capture_files
from tasks.core.backfill import Estimate, Span, estimate, left_s
from tasks.core.errors import BusyError
from tasks.drained import Counts
from tasks.home import Home
from tasks.ingest import ingest_pending, reader_pool
from tasks.listed_pages import failures_of, pages_to_ask
from tasks.partitions import Ledger, Row, ledger_rows, paces, states_of
from tasks.points import reached
from tasks.poll import PollCounts
from tasks.raw import sweep_parts
from tasks.settings import Settings
from tasks.steps import step
from tasks.walk_sitemaps import walk_sitemaps
from tasks.watch import NOBODY, Watch
from tasks.workers import Readers

ROUND_S = 30.0  # seconds for which others who ingest or poll are kept waiting, half of what they wait; longer only for a large partition
TURN_S = 0.2  # seconds in which they get their turn: they look every 50 ms


@dataclass
class Backfilled(Captured, Counts):
    """What a backfill did.

    partitions_skipped  that were done before
    files_passed        whose names tell a day outside the range of time
    """

    partitions_done: int = 0
    partitions_failed: int = 0
    partitions_skipped: int = 0
    files_passed: int = 0
    batches_failed: int = 0


def backfill(
    home: Home, settings: Settings, specs: Sequence[str], *, span: Span, in_place: bool = False, watch: Watch = NOBODY
) -> Backfilled:
    """Take what arguments name to raw and into the warehouse, partition by partition; those that are done are left out.

    in_place     WARC files are registered where they lie
    Raises       BusyError where another process backfills this home for longer than it waits
    """
    result = Backfilled()
    with home.backfilling():
        sweep_parts(home)
        listed = partitions_of(home, specs, span, watch.foreign, walk=lambda url: walk_sitemaps(home, settings, url, span))
        result.files_passed = listed.passed
        ledger = Ledger(home, listed.partitions)
        result.partitions_skipped = len(ledger.left)
        result.failed += [_left_unread(row) for row in ledger.left if row["failures"]]
        _Backfilling(home, settings, ledger, result, span=span, in_place=in_place, watch=watch).run()
    publish_snapshot(home)
    announce_new(home, settings)
    return result


def _left_unread(row: Row) -> Failure:
    detail = f"{row['failures']} of {row['inputs']} inputs could not be read when it was taken, the first: {row['detail']}"
    return Failure(path=row["place"], reason=row["reason"], detail=detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a backfill would do. `skipped` counts partitions that are done, `files_passed` files whose names tell a day outside the range."""

    estimates: list[Estimate]
    skipped: int
    files_passed: int


def plan(home: Home, specs: Sequence[str], *, span: Span, watch: Watch = NOBODY) -> Planned:
    """Return what a backfill of these arguments would do. Nothing is written, no file of theirs is opened."""
    listed = partitions_of(home, specs, span, watch.foreign)
    states = states_of(home, [partition.partition_id for partition in listed.partitions])
    due = [partition for partition in listed.partitions if states.get(partition.partition_id) != "done"]
    known = paces(home)
    return Planned(
        estimates=[estimate(kind, known.get(kind.kind)) for kind in sums_by_kind(due)],
        skipped=len(listed.partitions) - len(due), files_passed=listed.passed,
    )  # fmt: skip


def status(home: Home) -> tuple[list[Row], bool]:
    """Return the ledger, what needs a look first, and whether a backfill runs: what it calls running was killed if none does."""
    rows = ledger_rows(home)
    try:
        with replace(home, wait_s=0).backfilling():
            return rows, False
    except BusyError:
        return rows, True


class _Backfilling:
    """One run over the partitions that are due."""

    def __init__(
        self, home: Home, settings: Settings, ledger: Ledger, result: Backfilled, *, span: Span, in_place: bool, watch: Watch
    ) -> None:
        self._home = home
        self._settings = settings
        self._ledger = ledger
        self._result = result
        self._span = span
        self._in_place = in_place
        self._watch = watch
        self._due = deque(ledger.due)
        self._left_bytes = sum(max(1, partition.size_bytes) for partition in ledger.due)
        self._timed: list[tuple[int, float]] = []
        self._segments: list[int] = []
        self._round_ends = 0.0

    def run(self) -> None:
        with reader_pool(self._home, self._settings) as pool:
            self._ingest(pool)  # what a killed run left in raw is known before its partition is taken again
            while self._due:
                if self._due[0].urls:
                    self._fetch(pool, self._due.popleft())
                else:
                    self._ingest(pool, self._more)
                if self._due:
                    sleep(TURN_S)
        add_counts(self._home, self._result, self._segments)

    def _ingest(self, pool: Callable[[], Readers], more: Callable[[], bool] = lambda: False) -> None:
        """Take in what raw holds, and more for the time of a round, and note what has ended."""
        self._round_ends = monotonic() + ROUND_S
        after_batch = publishing(self._home, self._watch)
        done = ingest_pending(self._home, self._settings, after_batch=after_batch, pool=pool, more=more)
        self._result.batches_failed += done.failed
        self._turn(None)

    def _more(self) -> bool:
        """Take the next partition to raw, if there is one and the round is not over; tell whether it did."""
        if not self._due or self._due[0].urls or monotonic() > self._round_ends:
            return False
        partition = self._due.popleft()
        self._turn(partition)
        reached("backfill.begun")
        captured = capture_partition(self._home, partition, self._how(partition), self._watch, self._segments)
        reached("backfill.captured")
        self._ledger.take(partition, captured)
        self._add(captured)
        return True

    def _fetch(self, pool: Callable[[], Readers], partition: Partition) -> None:
        """Ask for the pages of a partition; what came is ingested while the next are asked for."""
        self._turn(partition)
        captured, is_whole = fetch_partition(
            self._home, self._settings, partition, self._how(partition), self._watch, self._segments, lambda: self._ingest(pool)
        )
        self._ledger.take(partition, captured, is_whole=is_whole)
        self._add(captured)
        self._ingest(pool)

    def _how(self, partition: Partition) -> Capturing:
        return Capturing(now=self._settings.clock(), in_place=self._in_place, span=self._span, partition_id=partition.partition_id)

    def _add(self, captured: Captured) -> None:
        for name, value in asdict(captured).items():
            if name != "failed":
                setattr(self._result, name, getattr(self._result, name) + value)
        self._result.failed += captured.failed

    def _turn(self, following: Partition | None) -> None:
        """Note which partitions have ended, and which one is begun."""
        for row in self._ledger.turn(following, now=self._settings.clock()):
            self._result.partitions_done += row["state"] == "done"
            self._result.partitions_failed += row["state"] == "failed"
            self._left_bytes -= max(1, row["size_bytes"])
            self._timed.append((max(1, row["size_bytes"]), row["took_s"]))
            total = len(self._ledger.due)
            self._watch.parted(len(self._timed), total, left_s(done=self._timed, left_bytes=self._left_bytes))
        reached("backfill.noted")


@step("backfill partition")
def capture_partition(home: Home, partition: Partition, how: Capturing, watch: Watch, segments: list[int]) -> Captured:
    """Take a partition to raw; `segments` gets the number of each segment that was committed."""
    captured = Captured()
    segments.extend(capture_files(home, partition.files, captured, how, watch))
    return captured


@step("backfill partition")
def fetch_partition(
    home: Home, settings: Settings, partition: Partition, how: Capturing, watch: Watch, segments: list[int], ingests: Callable[[], None]
) -> tuple[Captured, bool]:
    """Ask for the pages of a partition, politely and by the minute, so that feeds are polled in between; tell whether none is left for another time."""
    captured = Captured()
    segments.extend(capture_files(home, partition.files, captured, how, watch))
    counts = PollCounts()
    left = -1
    while True:
        with home.locked() as warehouse:
            pages = pages_to_ask(warehouse, partition.urls, now=settings.clock())
        if not pages or len(pages) == left:
            break
        left = len(pages)
        with home.polling():
            polling = Polling(home, settings, counts, watch=watch, ingests=ingests, partition_id=partition.partition_id, most_s=ROUND_S)
            polling.ask_these(pages)
        segments.extend(polling.segments)
        sleep(TURN_S)
    with home.locked() as warehouse:
        failed, is_left = failures_of(warehouse, partition.urls)
    captured.inputs += len(partition.urls)
    captured.failed += failed
    return captured, not is_left
