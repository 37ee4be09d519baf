"""The list of feeds: what people decided of it, and the table that follows from that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from tasks.core.errors import UsageError
from tasks.core.feeds.opml import OutlinedFeed, opml_of, parse_opml
from tasks.core.feeds.records import Unparsed
from tasks.core.ids import id_of, iso_utc
from tasks.core.text.times import utc_time
from tasks.core.text.urls import is_web_url
from tasks.decisions import Decision, decide, decided
from tasks.home import Home
from tasks.warehouse import Warehouse

ADDED, REMOVED = "feed.add", "feed.remove"
COLUMNS = (
    "feed_id", "url", "outlet", "is_listed", "listed_at", "removed_at", "kind", "title", "site_url", "language", "digest", "reason",
    "read_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a change of the list did."""

    changed: int
    unchanged: int


def feed_id_of(url: str) -> str:
    """Return the id of a feed: of its address, exactly as given."""
    return id_of("feed", url)


def add_feeds(home: Home, feeds: Sequence[OutlinedFeed], *, outlet: str | None = None, now: datetime) -> Listed:
    """Put feeds on the list; one that stands on it already stays as it is, unless an outlet is given that it has not.

    outlet       of all that they announce
    Raises       UsageError for what is no http or https address; nothing is added then
    """
    for feed in feeds:
        if not is_web_url(feed.url):
            raise UsageError(f"{feed.url}: is no http or https address; give the whole address of a feed")
    wanted = {feed.url: feed for feed in feeds}
    with home.locked() as warehouse:
        apply_feed_decisions(home, warehouse)
        listed = _listed(warehouse, list(wanted))
        fresh = [feed for url, feed in wanted.items() if url not in listed or (outlet is not None and listed[url] != outlet)]
        _decide(home, warehouse, [_added(feed, outlet, now) for feed in fresh])
    return Listed(changed=len(fresh), unchanged=len(wanted) - len(fresh))


def feeds_given(given: Sequence[str]) -> list[OutlinedFeed]:
    """Return the feeds that words of a call name: addresses, and OPML files.

    Raises       UsageError for a word that is neither, with what is wrong
    """
    feeds: list[OutlinedFeed] = []
    for word in given:
        feeds += feeds_in_file(Path(word)) if "://" not in word else [OutlinedFeed(url=word)]
    return feeds


def feeds_in_file(path: Path) -> list[OutlinedFeed]:
    """Return the feeds of an OPML file.

    Raises       UsageError where it cannot be read, or names none
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: is no http or https address, and no file that can be read ({error.strerror})") from error
    found = parse_opml(body)
    if isinstance(found, Unparsed):
        raise UsageError(f"{path}: is no OPML list ({found.detail}); give the address of a feed, or a list as feed readers export it")
    if not found.feeds:
        raise UsageError(f"{path}: names no feed: no outline in it has an xmlUrl that is an http or https address")
    return list(found.feeds)


def remove_feeds(home: Home, urls: Sequence[str], *, now: datetime) -> Listed:
    """Take feeds off the list; what they brought stays.

    Raises       UsageError for one that is not on it; nothing is removed then
    """
    with home.locked() as warehouse:
        apply_feed_decisions(home, warehouse)
        listed = _listed(warehouse, urls)
        for url in urls:
            if url not in listed:
                raise UsageError(f"{url}: is not on the list; `copydesk feeds list` shows what is, spelled as it was added")
        _decide(home, warehouse, [{"what": REMOVED, "url": url, "at": iso_utc(now)} for url in dict.fromkeys(urls)])
    return Listed(changed=len(listed), unchanged=0)


def listed_feeds(home: Home, *, with_removed: bool) -> list[dict[str, object]]:
    """Return the list, the feed that is asked next first, as rows of the views feeds and feed_health."""
    columns = (
        "feed_id",
        "url",
        "title",
        "outlet",
        "state",
        "interval_s",
        "next_poll_at",
        "why_then",
        "polled_at",
        "changed_at",
        "failures",
    )
    with home.locked() as warehouse:
        apply_feed_decisions(home, warehouse)
        rows = warehouse.rows(
            """
            select
                feeds.feed_id, feeds.url, feeds.title, feeds.outlet, coalesce(feed_health.state, 'removed'), feeds.interval_s, feeds.next_poll_at,
                feeds.why_then, feeds.polled_at, feeds.changed_at, feeds.failures,
            from feeds
            left join feed_health on feed_health.feed_id = feeds.feed_id
            where feeds.is_listed or ($with_removed and feeds.removed_at is not null)
            order by feeds.next_poll_at nulls last, feeds.url
            """,
            {"with_removed": with_removed},
        )
    return [dict(zip(columns, row, strict=True)) for row in rows]


def exported(home: Home) -> bytes:
    """Return the list as OPML."""
    with home.locked() as warehouse:
        apply_feed_decisions(home, warehouse)
        rows = warehouse.rows("select url, title, site_url from store.feeds where is_listed order by coalesce(title, url), url")
    return opml_of((OutlinedFeed(url=url, title=title, site_url=site_url) for url, title, site_url in rows), title="Copydesk feeds")


def apply_feed_decisions(home: Home, warehouse: Warehouse) -> None:
    """Let the table say what was decided: a kill may have come between the two, and a replay begins without it."""
    _store(warehouse, [decision for decision in decided(home) if decision.get("what") in (ADDED, REMOVED)])


def _decide(home: Home, warehouse: Warehouse, decisions: list[Decision]) -> None:
    decide(home, decisions)
    _store(warehouse, decisions)


def _added(feed: OutlinedFeed, outlet: str | None, now: datetime) -> Decision:
    given = {"outlet": outlet, "title": feed.title, "site_url": feed.site_url}
    return {"what": ADDED, "url": feed.url, "at": iso_utc(now)} | {name: value for name, value in given.items() if value}


def _listed(warehouse: Warehouse, urls: Sequence[str]) -> dict[str, str | None]:
    """Return those of the addresses that are on the list, with their outlets."""
    warehouse.give("asked", pa.table({"url": pa.array(sorted(set(urls)), pa.string())}))
    return dict(warehouse.rows("select url, outlet from store.feeds semi join asked using (url) where is_listed"))


def _store(warehouse: Warehouse, decisions: Sequence[Decision]) -> None:
    """Bring the table to where these decisions lead; what is there already stays."""
    if not decisions:
        return
    ids = {feed_id_of(str(decision["url"])) for decision in decisions}
    warehouse.give("asked", pa.table({"feed_id": sorted(ids)}))
    names = ", ".join(COLUMNS)
    stored = {
        values[0]: dict(zip(COLUMNS, values, strict=True))
        for values in warehouse.rows(f"select {names} from store.feeds semi join asked using (feed_id)")
    }
    rows = dict(stored)
    for decision in decisions:
        feed_id = feed_id_of(str(decision["url"]))
        rows[feed_id] = _decided(rows.get(feed_id, dict.fromkeys(COLUMNS)), feed_id, decision)
    changed = [row for feed_id, row in rows.items() if row != stored.get(feed_id)]
    if not changed:
        return
    with warehouse.transaction():
        warehouse.give("asked", pa.table({"feed_id": [row["feed_id"] for row in changed]}))
        warehouse.execute("delete from store.feeds where feed_id in (select feed_id from asked)")
        warehouse.insert("feeds", changed)


def _decided(row: dict[str, object], feed_id: str, decision: Decision) -> dict[str, object]:
    """Return the row of a feed after one decision on it: a later outlet counts, and of title and site what is there first."""
    at = utc_time(str(decision["at"]))
    if decision["what"] == REMOVED:
        return row | {"is_listed": False, "removed_at": at}
    return row | {
        "feed_id": feed_id, "url": decision["url"], "is_listed": True, "listed_at": at, "removed_at": None,
        "outlet": decision.get("outlet") or row["outlet"], "title": row["title"] or decision.get("title"),
        "site_url": row["site_url"] or decision.get("site_url"),
    }  # fmt: skip
