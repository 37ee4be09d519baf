"""The way of a page, written once: load, poll, ingest, refresh; flows/replaying.py makes all of it again. Flows and the command line call it.

Every part may be killed at any time and run again; what is already done is found done.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from flows.announcing import announce_new
from flows.round import Polling, feeds_to_ask
from tasks.capture import Captured, Failure, capture_inputs
from tasks.core.events import Message
from tasks.drained import Counts, counts_of, unread_feeds
from tasks.home import Home
from tasks.ingest import Ingested, drain_inbox, ingest_pending, reader_pool
from tasks.outbox import announce_once
from tasks.poll import PollCounts
from tasks.publish import publish, quietly, snapshot_age_s
from tasks.settings import Settings
from tasks.steps import step
from tasks.watch import NOBODY, Progress, Watch
from tasks.workers import Readers

log = logging.getLogger("copydesk")

PUBLISH_S = 60.0  # seconds between two snapshots of one run; the last one always comes


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
        result.batches_failed += ingest_all(home, settings, watch=watch).failed
    committed: list[int] = []
    for segment in capture_inputs(home, paths, result, now=settings.clock(), outlet=outlet, in_place=in_place, watch=watch):
        committed.append(segment)
        watch.filled(segment)
        if ingests:
            result.batches_failed += ingest_all(home, settings, watch=watch).failed
    if ingests:
        add_counts(home, result, committed)
    else:
        _tell_landed(home, settings, committed)
    announce_new(home, settings)
    return result


def _tell_landed(home: Home, settings: Settings, segments: list[int]) -> None:
    """Let whoever ingests know what lies in raw; who missed it finds it all the same."""
    messages = [Message(name="capture.landed", subject=f"{number:08d}", payload={"segment_no": number}) for number in segments]
    if messages:
        with quietly(home) as warehouse:
            announce_once(warehouse, messages, cause="landed", now=settings.clock())


def add_counts(home: Home, result: Counts, segments: list[int]) -> None:
    """Put what came of these segments into a result."""
    with home.locked() as warehouse:
        counts = counts_of(warehouse, segments)
    for name, value in asdict(counts).items():
        setattr(result, name, value)


def ingest(home: Home, settings: Settings, *, watch: Watch = NOBODY) -> Ingested:
    """Take everything that raw holds into the warehouse, publishing once a minute and at the end."""
    done = ingest_all(home, settings, watch=watch)
    announce_new(home, settings)
    return done


def ingest_all(home: Home, settings: Settings, *, announces: bool = True, watch: Watch = NOBODY) -> Ingested:
    """Do the same without a word to anybody."""
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
    announce_new(home, settings)
    return done


@step("check tables")
def check_tables(home: Home) -> None:
    """Run the whole-table checks."""
    with home.locked() as warehouse:
        warehouse.check("whole")


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
    announce_new(home, settings)
    return result


def fetch_articles(home: Home, settings: Settings, *, watch: Watch = NOBODY) -> Polled:
    """Ask for the pages that entries announced and that nothing has come of yet; take them into the warehouse, and publish."""
    result = Polled()
    with home.polling(), reader_pool(home, settings) as pool:
        polling = Polling(home, settings, result, watch=watch, ingests=lambda: _ingest(home, settings, result, pool, watch))
        polling.ask_pages()
        add_counts(home, result, polling.segments)
    publish_snapshot(home)
    announce_new(home, settings)
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
