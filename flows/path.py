"""The way of a page, written once: load, poll, ingest, refresh, replay. Flows and the command line call it.

Every part may be killed at any time and run again; what is already done is found done.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from flows.round import Polling, feeds_to_ask
from tasks.capture import Captured, Failure, capture_inputs
from tasks.core.errors import DamageError, UsageError
from tasks.drained import Counts, counts_of, unread_feeds
from tasks.durable import sync_folder
from tasks.feed_list import apply_feed_decisions
from tasks.home import Home, open_home
from tasks.ingest import Ingested, drain_inbox, ingest_pending, reader_pool
from tasks.points import reached
from tasks.poll import PollCounts
from tasks.poll_states import carry_doings
from tasks.publish import publish, snapshot_age_s
from tasks.settings import Settings
from tasks.steps import step
from tasks.watch import NOBODY, Progress, Watch
from tasks.whole_raw import require_whole_raw
from tasks.workers import Readers

log = logging.getLogger("copydesk")

PUBLISH_S = 60.0  # seconds between two snapshots of one run; the last one always comes
REPLAYING = ".replaying"  # stands in a folder while a replay into it goes on


@dataclass
class Loaded(Captured, Counts):
    """What a load did."""

    batches_failed: int = 0


@dataclass
class Polled(PollCounts, Counts):
    """What a round of polling did."""

    batches_failed: int = 0


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
    ingests      False: to raw only; else what an earlier run left in raw comes first
    """
    result = Loaded()
    if ingests:
        result.batches_failed += ingest(home, settings, watch=watch).failed
    committed: list[int] = []
    for segment in capture_inputs(home, paths, result, now=settings.clock(), outlet=outlet, in_place=in_place, watch=watch):
        committed.append(segment)
        if ingests:
            result.batches_failed += ingest(home, settings, watch=watch).failed
    if ingests:
        add_counts(home, result, committed)
    return result


def add_counts(home: Home, result: Counts, segments: list[int]) -> None:
    """Put what came of these segments into a result."""
    with home.locked() as warehouse:
        counts = counts_of(warehouse, segments)
    for name, value in asdict(counts).items():
        setattr(result, name, value)


def ingest(home: Home, settings: Settings, *, announces: bool = True, watch: Watch = NOBODY) -> Ingested:
    """Take everything that raw holds into the warehouse, publishing once a minute and at the end."""

    done = ingest_pending(home, settings, announces=announces, after_batch=publishing(home, watch))
    publish_snapshot(home)
    return done


def publishing(home: Home, watch: Watch) -> Progress:
    """Return what is told of each batch: it publishes once a minute."""

    def after(records: int) -> None:
        watch.drained(records)
        if snapshot_age_s(home) > PUBLISH_S:
            publish_snapshot(home)

    return after


@step("publish")
def publish_snapshot(home: Home, *, compares: bool = False) -> bool:
    """Publish the warehouse as it is; return whether there was something new.

    compares     byte by byte, so that a snapshot whose bytes have rotted is made anew
    """
    return publish(home, compares=compares)


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
    Raises       UsageError where the folder holds something else, RawError where raw is not whole and would take the old one's place
    """
    if into is not None:
        return _replay_into(home, settings, into, watch)
    aside = home.root / ".replay"
    with home.polling(), home.ingesting():
        require_whole_raw(home)
        shutil.rmtree(aside, ignore_errors=True)
        try:
            done = _replay_into(home, settings, aside, watch)
            reached("replay.built")
            with home.locked_files():
                home.warehouse_file.with_name("warehouse.duckdb.wal").unlink(missing_ok=True)
                os.replace(aside / "warehouse.duckdb", home.warehouse_file)
                sync_folder(home.root)
        finally:
            shutil.rmtree(aside, ignore_errors=True)  # on a full disk it is in the way of everybody
    publish_snapshot(home)
    return done


def poll(home: Home, settings: Settings, given: Sequence[str] = (), *, pages: bool = True, watch: Watch = NOBODY) -> Polled:
    """Ask for what is due, feeds first, then the pages that their entries announce; take what comes into the warehouse, and publish.

    given        addresses of feeds, or OPML files: only these are asked, put on the list where they are not on it
    pages        False: feeds only; their pages wait for another time
    Raises       BusyError where another process polls for this home for longer than it waits
    """
    result = Polled()
    with home.polling(), reader_pool(home, settings) as pool:
        polling = Polling(home, settings, result, watch=watch, ingests=lambda: _ingest(home, settings, result, pool, watch))
        feeds = feeds_to_ask(home, settings, given, result, watch)
        polling.ask_feeds(feeds)
        if pages:
            polling.ask_pages()
        add_counts(home, result, polling.segments)
        _add_unread(home, result, polling.segments)
    publish_snapshot(home)
    return result


def fetch_articles(home: Home, settings: Settings, *, watch: Watch = NOBODY) -> Polled:
    """Ask for the pages that entries announced and that nothing has come of yet; take them into the warehouse, and publish."""
    result = Polled()
    with home.polling(), reader_pool(home, settings) as pool:
        polling = Polling(home, settings, result, watch=watch, ingests=lambda: _ingest(home, settings, result, pool, watch))
        polling.ask_pages()
        add_counts(home, result, polling.segments)
    publish_snapshot(home)
    return result


def _add_unread(home: Home, result: Polled, segments: list[int]) -> None:
    """Count among the failures what came from feeds and is none."""
    with home.locked() as warehouse:
        unread = unread_feeds(warehouse, segments)
    result.failed += [Failure(path=url, reason=reason, detail=detail) for url, reason, detail in unread]
    result.feeds_failed += len(unread)
    result.feeds_new -= len(unread)


def _ingest(home: Home, settings: Settings, result: Polled, pool: Callable[[], Readers], watch: Watch) -> None:
    result.batches_failed += ingest_pending(home, settings, after_batch=publishing(home, watch), pool=pool).failed


def _replay_into(home: Home, settings: Settings, folder: Path, watch: Watch) -> Ingested:
    if folder.exists() and any(folder.iterdir()) and not (folder / REPLAYING).exists():
        raise UsageError(f"{folder}: is not empty; give a folder that is empty or not there")
    _begin_anew(folder)
    target = open_home(folder, wait_s=home.wait_s, raw_root=home.raw_root)
    with target.locked() as warehouse:
        apply_feed_decisions(target, warehouse)
    _carry_doings(home, target)
    done = ingest(target, settings, announces=False, watch=watch)
    check_tables(target)
    (folder / REPLAYING).unlink()
    return done


def _carry_doings(home: Home, target: Home) -> None:
    """Let a new warehouse know what was polled and when, so that nobody is asked too early."""
    if not home.warehouse_file.exists():
        return
    try:
        with home.locked() as old, target.locked() as new, new.transaction():
            carry_doings(old, new)
    except DamageError as error:
        log.warning("%s; when feeds were polled is not known any more: each waits for its interval from now on", error)


def _begin_anew(folder: Path) -> None:
    """Empty the folder of a replay; the mark that it is one stays throughout, so that a kill in between leaves no riddle."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / REPLAYING
    mark.touch()
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != mark:
            path.unlink()
