"""One round of polling: what is asked, in which order, and what is done between two answers.

While servers are asked from a thread of their own, what came is stored by the group and ingested.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from tasks.core.feeds.asking import Job
from tasks.core.ids import iso_utc
from tasks.due import (
    DueFeed,
    WaitingPage,
    claim_feeds,
    due_feeds,
    feed_jobs,
    known_hosts,
    more_of_feeds,
    named_feeds,
    release_feeds,
    waiting_pages,
    why_nothing_is_due,
)
from tasks.feed_list import add_feeds, apply_feed_decisions, feed_id_of, feeds_given
from tasks.fetch import Fetching
from tasks.home import Home
from tasks.points import reached
from tasks.poll import PollCounts, Round
from tasks.settings import Settings
from tasks.watch import Watch

MAX_LEVELS = 4  # of archives behind a feed, or of indexes over a sitemap, in one round
MAX_MORE = 500  # archives and sitemaps of one round
MAX_ASKING_S = 900.0  # seconds for feeds, and again for pages: a host with a thousand of them must not keep the others from being polled
AT_MOST = "a feed is asked once an hour at most, and never before its server allows it"


def feeds_to_ask(home: Home, settings: Settings, given: Sequence[str], result: PollCounts, watch: Watch) -> list[DueFeed]:
    now = settings.clock()
    named = feeds_given(given)
    if named:
        add_feeds(home, named, now=now)
    with home.locked() as warehouse:
        if not named:
            apply_feed_decisions(home, warehouse)
            due = due_feeds(warehouse, now=now)
            if not due:
                watch.told(why_nothing_is_due(warehouse))
        else:
            due, waiting = named_feeds(warehouse, [feed_id_of(feed.url) for feed in named], now=now)
            for feed in waiting:
                watch.told(f"{feed.state.url}: not asked before {iso_utc(feed.not_before or now)}: {AT_MOST}; its plan: {feed.why_then}")
    result.feeds_due = len(due)
    return due


class Polling:
    """One round: asks, stores answers by the group, and ingests each group while the next is being asked for."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        result: PollCounts,
        *,
        watch: Watch,
        ingests: Callable[[], None],
        partition_id: str | None = None,
        most_s: float = MAX_ASKING_S,
    ) -> None:
        """
        partition_id of a backfill, whose pages are asked for
        most_s       seconds for feeds, and again for pages
        """
        self._home = home
        self._settings = settings
        self._result = result
        self._watch = watch
        self._ingest = ingests
        self._partition_id = partition_id
        self._most_s = most_s
        self.segments: list[int] = []
        ingests()

    def ask_feeds(self, feeds: Sequence[DueFeed]) -> None:
        """Ask for feeds, then for where more of them stands, level by level."""
        began = self._settings.clock()
        by_id = {feed.feed_id: feed for feed in feeds}
        jobs = feed_jobs(feeds, now=began)
        asked: set[str] = set()
        for _ in range(MAX_LEVELS):
            if not jobs:
                return
            asked |= {job.url for job in jobs}
            self._ask(jobs, feeds=by_id)
            with self._home.locked() as warehouse:
                jobs = more_of_feeds(warehouse, list(by_id), since=began, asked=asked)[
                    : max(0, MAX_MORE - len(asked - {feed.url for feed in feeds}))
                ]

    def ask_pages(self) -> None:
        with self._home.locked() as warehouse:
            pages = waiting_pages(warehouse, now=self._settings.clock())
        self.ask_these(pages)

    def ask_these(self, pages: Sequence[WaitingPage]) -> None:
        self._ask([page.job for page in pages], pages={page.page_id: page for page in pages})

    def _ask(self, jobs: Sequence[Job], *, feeds: Mapping[str, DueFeed] = {}, pages: Mapping[str, WaitingPage] = {}) -> None:
        if not jobs:
            return
        with self._home.locked() as warehouse:
            hosts = known_hosts(warehouse)
        taking = Round(self._home, self._settings, hosts, self._result, feeds=feeds, pages=pages, partition_id=self._partition_id)
        claimed: dict[str, DueFeed] = {}
        fetching = Fetching(jobs, self._settings, hosts, claim=lambda group: self._claim(group, feeds, claimed))
        until = monotonic() + self._most_s
        try:
            for event in fetching.events():
                if monotonic() > until:
                    break
                if event is not None:
                    claimed.pop(event.job.key if event.job else "", None)
                    taking.take(event)
                    self._watch.captured(1)
                if taking.is_due:
                    self._keep(taking)
                    self._ingest()
        finally:
            for event in fetching.stopped():
                claimed.pop(event.job.key if event.job else "", None)
                taking.take(event)
            self._keep(taking)
            unsent = [feed for feed_id, feed in claimed.items() if feed_id not in fetching.sent]
            if unsent:
                with self._home.locked() as warehouse:
                    release_feeds(warehouse, unsent)
        self._ingest()

    def _claim(self, jobs: Sequence[Job], feeds: Mapping[str, DueFeed], claimed: dict[str, DueFeed]) -> None:
        due = {job.key: feeds[job.key] for job in jobs if job.kind == "feed"}
        if due:
            claimed.update(due)
            with self._home.locked() as warehouse:
                claim_feeds(warehouse, list(due.values()), now=self._settings.clock())
            reached("poll.claimed")

    def _keep(self, taking: Round) -> None:
        segment = taking.store()
        if segment is not None:
            self.segments.append(segment)
            self._watch.filled(segment)
