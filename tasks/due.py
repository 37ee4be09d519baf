"""What is to be asked for now: feeds that are due, more of feeds that were read, pages that entries announced."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from tasks.core.feeds.asking import Hosts, Job
from tasks.core.feeds.records import HostBudget, PollState, RobotsRules
from tasks.core.feeds.schedule import MAX_PLANNED_S, MIN_INTERVAL_S, conditional_headers, replanned, spread_starts
from tasks.core.ids import iso_utc
from tasks.core.messages import NO_FEEDS
from tasks.core.records import Given, Polled
from tasks.poll_states import PlannedFeed, planned, store_states, stored_states
from tasks.warehouse import Warehouse

AHEAD = timedelta(minutes=1)  # by which clocks differ; a poll that lies further in the future was timed by a clock that was set back since
FURTHEST_TRY = timedelta(days=1)  # no page waits longer for its next try; what lies beyond was planned by a clock that was ahead
HOST_COLUMNS = tuple(HostBudget.__dataclass_fields__)
ROBOTS_COLUMNS = tuple(RobotsRules.__dataclass_fields__)
MAX_PAGES = 20_000  # pages of one round, the newest first: more than an hour's worth at one host in five seconds, for 25 hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class DueFeed:
    """A feed to be asked for.

    digest       of the body that it brought last, `reason` why that is no feed
    planned      what is kept of it, None where it was never asked
    """

    feed_id: str
    url: str
    digest: str | None
    reason: str | None
    planned: PlannedFeed | None

    @property
    def state(self) -> PollState:
        return self.planned.state if self.planned else PollState(url=self.url)

    def job(self, *, now: datetime, after_s: float) -> Job:
        headers = conditional_headers(self.state, now=now) if self.digest and not self.reason else ()
        return Job(kind="feed", key=self.feed_id, url=self.state.url, headers=headers, after_s=after_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPage:
    """A page to be asked for, with what its entry says of it; `feed_id` is None where no feed announced it."""

    page_id: str
    url: str
    feed_id: str | None
    tries: int
    given: Given

    @property
    def job(self) -> Job:
        return Job(kind="page", key=self.page_id, url=self.url)


def may_try(next_try_at: datetime | None, *, now: datetime) -> bool:
    """Tell whether a page that failed may be asked for again."""
    return next_try_at is None or not now < next_try_at <= now + FURTHEST_TRY


def last_asked_at(warehouse: Warehouse) -> datetime | None:
    """Return when anybody was asked last."""
    [(at,)] = warehouse.rows("select max(asked_at) from store.polls")
    return at  # type: ignore[no-any-return]


def due_feeds(warehouse: Warehouse, *, now: datetime) -> list[DueFeed]:
    """Return the listed feeds whose time has come.

    A feed that was read but has no state, because the warehouse was rebuilt from raw alone, waits for its interval from now on;
    so does one whose last poll lies in the future, or whose next lies beyond every plan, because the clock was set back.
    """
    rows = warehouse.rows("select feed_id, url, digest, reason from store.feeds where is_listed order by feed_id")
    states = stored_states(warehouse, (feed_id for feed_id, *_ in rows))
    due, again = [], []
    for feed_id, url, digest, reason in rows:
        known = states.get(feed_id)
        if known is None and digest is not None:
            again.append(_replanned(feed_id, PollState(url=url), now, "read before this warehouse was rebuilt"))
        elif known is not None and _is_ahead(known, now):
            again.append(_mended(known, now))
        elif known is None or (known.next_poll_at is not None and known.next_poll_at <= now):
            due.append(DueFeed(feed_id=feed_id, url=url, digest=digest, reason=reason, planned=known))
    if again:
        with warehouse.transaction():
            store_states(warehouse, again)
    return due


def why_nothing_is_due(warehouse: Warehouse) -> str:
    """Return what a person reads where no feed is due: that the list is empty, or which feed is the next, and when."""
    ((listed,),) = warehouse.rows("select count(*) from feeds where is_listed")
    if not listed:
        return NO_FEEDS
    first = warehouse.rows(
        "select next_poll_at, url from feeds where is_listed and next_poll_at is not null order by next_poll_at, url limit 1"
    )
    return f"no feed is due before {iso_utc(first[0][0])}: {first[0][1]}" if first else "no feed is due: all of them are gone"


def named_feeds(warehouse: Warehouse, feed_ids: Sequence[str], *, now: datetime) -> tuple[list[DueFeed], list[PlannedFeed]]:
    """Return the feeds that a person asked for: those that may be asked, and those that were asked within the hour or asked us to wait."""
    warehouse.give("asked", pa.table({"feed_id": pa.array(sorted(set(feed_ids)), pa.string())}))
    rows = warehouse.rows(
        "select feed_id, url, digest, reason from store.feeds semi join asked using (feed_id) where is_listed order by feed_id"
    )
    states = stored_states(warehouse, feed_ids)
    due, waiting, again = [], [], []
    for feed_id, url, digest, reason in rows:
        known = states.get(feed_id)
        if known is not None and _is_ahead(known, now):
            again.append(_mended(known, now))
        elif known is not None and known.not_before is not None and known.not_before > now:
            waiting.append(known)
        else:
            due.append(DueFeed(feed_id=feed_id, url=url, digest=digest, reason=reason, planned=known))
    if again:
        with warehouse.transaction():
            store_states(warehouse, again)
    return due, waiting + again


def feed_jobs(feeds: Sequence[DueFeed], *, now: datetime) -> list[Job]:
    """Return what to ask for, spread so that thousands do not begin at once."""
    starts = spread_starts((feed.feed_id for feed in feeds), now=now)
    return [feed.job(now=now, after_s=(starts[feed.feed_id] - now).total_seconds()) for feed in feeds]


def claim_feeds(warehouse: Warehouse, feeds: Sequence[DueFeed], *, now: datetime) -> None:
    """Note that feeds are about to be asked, so that after a kill nobody asks them again within the hour."""
    until = now + timedelta(seconds=MIN_INTERVAL_S)
    why = f"asked at {iso_utc(now)}, the answer is not stored"
    claims = [PlannedFeed(feed_id=feed.feed_id, state=feed.state, next_poll_at=until, not_before=until, why_then=why) for feed in feeds]
    with warehouse.transaction():
        store_states(warehouse, claims)


def release_feeds(warehouse: Warehouse, feeds: Sequence[DueFeed]) -> None:
    """Take back the claims on feeds that were not asked after all."""
    with warehouse.transaction():
        store_states(warehouse, [feed.planned for feed in feeds if feed.planned], gone=[feed.feed_id for feed in feeds])


def more_of_feeds(warehouse: Warehouse, feed_ids: Sequence[str], *, since: datetime, asked: Collection[str]) -> list[Job]:
    """Return where more of feeds stands that were read since a time, each address once.

    The archives and further pages of a feed are asked for when it is new, or when its window moved completely, and as long as
    they bring entries; the sitemaps of an index whenever the index has changed.
    """
    warehouse.give("asked", pa.table({"feed_id": pa.array(sorted(set(feed_ids)), pa.string())}))
    rows = warehouse.rows(
        """
        select feed_id, unnest(more_urls)
        from store.feed_readings as readings semi join asked using (feed_id)
        where
            read_at >= $since
            and (
                kind = 'sitemap'
                or (not is_front and new_count > 0)
                or is_gap
                or not exists (
                    select 1 from store.feed_readings as earlier
                    where earlier.feed_id = readings.feed_id and earlier.is_front and earlier.read_at < readings.read_at
                )
            )
        order by read_at, capture_id
        """,
        {"since": since},
    )
    fresh = {url: feed_id for feed_id, url in rows if url not in asked}
    return [Job(kind="more", key=feed_id, url=url) for url, feed_id in fresh.items()]


def waiting_pages(warehouse: Warehouse, *, now: datetime) -> list[WaitingPage]:
    """Return the pages that entries announced and that nothing has come of, the newest first, with what their entries say."""
    rows = warehouse.rows(
        """
        with waiting as (
            select page_id, pages.url, pages.feed_id, pages.entry_id, pages.wanted_at, coalesce(tries, 0) as tries
            from store.pages as pages
            left join store.page_tries as page_tries using (page_id)
            where
                (settled_at is null or settled_at < wanted_at)
                and (next_try_at is null or next_try_at not between $now and $furthest)
            order by wanted_at desc, page_id
            limit $most
        ),

        said as (
            select entry_id, title, published_at, published_date, language
            from store.entry_states semi join waiting using (entry_id)
            qualify row_number() over (partition by entry_id order by seen_at desc, capture_id) = 1
        )

        select page_id, waiting.url, waiting.feed_id, tries, feeds.url, feeds.outlet, said.title, published_at,
            published_date, said.language
        from waiting
        left join said using (entry_id)
        left join store.feeds as feeds on feeds.feed_id = waiting.feed_id
        order by wanted_at desc, page_id
        """,
        {"now": now, "furthest": now + FURTHEST_TRY, "most": MAX_PAGES},
    )
    return [
        WaitingPage(
            page_id=page_id, url=url, feed_id=feed_id, tries=tries,
            given=Given(outlet=outlet, title=title, published=_published(at, day), language=language, polled=Polled(kind="page", feed_url=feed_url)),
        )
        for page_id, url, feed_id, tries, feed_url, outlet, title, at, day, language in rows
    ]  # fmt: skip


def known_hosts(warehouse: Warehouse) -> Hosts:
    """Return what is known of hosts and origins."""
    budgets = [HostBudget(**_named(HOST_COLUMNS, row)) for row in warehouse.rows(f"select {', '.join(HOST_COLUMNS)} from store.hosts")]
    rules = [RobotsRules(**_named(ROBOTS_COLUMNS, row)) for row in warehouse.rows(f"select {', '.join(ROBOTS_COLUMNS)} from store.robots")]
    return Hosts(budgets={budget.host: budget for budget in budgets}, rules={one.origin: one for one in rules})


def _named(names: Sequence[str], values: Sequence[Any]) -> dict[str, Any]:
    return dict(zip(names, values, strict=True))


def _published(at: datetime | None, day: date | None) -> str | None:
    return iso_utc(at) if at else day.isoformat() if day else None


def _is_ahead(known: PlannedFeed, now: datetime) -> bool:
    """Tell whether the times of a feed are from a clock that was ahead."""
    furthest = now + timedelta(seconds=MAX_PLANNED_S)
    is_polled_later = known.state.polled_at is not None and known.state.polled_at > now + AHEAD
    return is_polled_later or any(at is not None and at > furthest for at in (known.next_poll_at, known.not_before))


def _mended(known: PlannedFeed, now: datetime) -> PlannedFeed:
    """Return the plan of such a feed as of now; one that is gone stays gone."""
    feed = _replanned(known.feed_id, known.state, now, None)
    return feed if known.next_poll_at else replace(feed, next_poll_at=None, why_then=known.why_then)


def _replanned(feed_id: str, state: PollState, now: datetime, why: str | None) -> PlannedFeed:
    plan = replanned(state, feed_id=feed_id, now=now)
    feed = planned(feed_id, plan, not_before=now + timedelta(seconds=MIN_INTERVAL_S))
    return replace(feed, why_then=why) if why else feed
