"""The list of feeds: what people decided of it, and the table that follows from that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from tasks.arrow_schema import arrow_schema
from tasks.core.captures import is_storable
from tasks.core.errors import HomeError, UsageError
from tasks.core.feeds.opml import FeedList, OutlinedFeed, opml_of, parse_opml
from tasks.core.feeds.records import Unparsed
from tasks.core.ids import id_of, iso_utc
from tasks.core.text.times import utc_time
from tasks.core.text.urls import is_web_url
from tasks.decisions import Decision, decide, decided, decisions_digest
from tasks.home import Home
from tasks.warehouse import Warehouse

ADDED, REMOVED = "feed.add", "feed.remove"
SHOWN = (
    "feed_id", "url", "title", "outlet", "state", "interval_s", "next_poll_at", "why_then", "polled_at", "changed_at", "failures",
)  # fmt: skip
TEXTS = ("url", "outlet", "title", "site_url")  # of a decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What came of feeds that were to be on the list: put there, there already but with another outlet now, there already."""

    added: int
    changed: int
    unchanged: int


def feed_id_of(url: str) -> str:
    """Return the id of a feed: of its address, exactly as given."""
    return id_of("feed", url)


def add_feeds(home: Home, feeds: Sequence[OutlinedFeed], *, outlet: str | None = None, now: datetime) -> Added:
    """Put feeds on the list; one that stands on it already stays as it is, unless an outlet is given that it has not.

    outlet       of all that they announce
    Raises       UsageError for what is no http or https address; nothing is added then
    """
    wanted = {address(feed.url): feed for feed in feeds}
    with home.locked() as warehouse:
        apply_feed_decisions(home, warehouse)
        listed = _listed(warehouse, list(wanted))
        added = [feed for url, feed in wanted.items() if url not in listed]
        changed = [feed for url, feed in wanted.items() if url in listed and outlet is not None and listed[url] != outlet]
        _decide(home, warehouse, [_added(feed, outlet, now) for feed in (*added, *changed)])
    return Added(added=len(added), changed=len(changed), unchanged=len(wanted) - len(added) - len(changed))


def address(word: str) -> str:
    """Return the address of a feed that a word of a call is.

    Raises       UsageError where it is no http or https address
    """
    if not (is_web_url(word) and is_storable(word)):
        raise UsageError(f"{word}: is no http or https address; give the whole address of a feed, like https://paper.example/feed.xml")
    return word.strip()


def feeds_given(given: Sequence[str]) -> list[OutlinedFeed]:
    """Return the feeds that words of a call name: addresses, and OPML files.

    Raises       UsageError for a word that is neither, with what is wrong
    """
    feeds: list[OutlinedFeed] = []
    for word in given:
        if "://" in word:
            feeds.append(OutlinedFeed(url=address(word)))
        elif Path(word).exists():
            feeds += feeds_in_file(Path(word)).feeds
        else:
            raise UsageError(
                f"{word}: is no http or https address, and there is no such file; give the whole address of a feed, or an OPML list"
            )
    return feeds


def feeds_in_file(path: Path) -> FeedList:
    """Return the feeds of an OPML file, at least one.

    Raises       UsageError where it cannot be read, or names none
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); give a file: an OPML list, as feed readers export it") from error
    found = parse_opml(body)
    if isinstance(found, Unparsed):
        raise UsageError(
            f"{path}: is no OPML list ({found.detail}); give one as feed readers export it, or a feed's address to `copydesk feeds add`"
        )
    if not found.feeds:
        raise UsageError(f"{path}: names no feed: no outline in it has an xmlUrl that is an http or https address; export the list again")
    return found


def remove_feeds(home: Home, urls: Sequence[str], *, now: datetime) -> int:
    """Take feeds off the list and return how many; what they brought stays.

    Raises       UsageError for one that is not on it; nothing is removed then
    """
    urls = list(dict.fromkeys(map(address, urls)))
    with home.locked() as warehouse:
        apply_feed_decisions(home, warehouse)
        listed = _listed(warehouse, urls)
        for url in urls:
            if url not in listed:
                raise UsageError(f"{url}: is not on the list; `copydesk feeds list` shows what is, spelled as it was added")
        _decide(home, warehouse, [{"what": REMOVED, "url": url, "at": iso_utc(now)} for url in urls])
    return len(urls)


def listed_feeds(home: Home, *, with_removed: bool) -> list[dict[str, object]]:
    """Return the list, the feed that is asked next first, as rows of the views feeds and feed_health."""
    with home.locked() as warehouse:
        apply_feed_decisions(home, warehouse)
        rows = warehouse.rows(
            """
            select
                feeds.feed_id, feeds.url, feeds.title, feeds.outlet, coalesce(feed_health.state, 'removed'), feeds.interval_s,
                feeds.next_poll_at, feeds.why_then, feeds.polled_at, feeds.changed_at, feeds.failures,
            from feeds
            left join feed_health on feed_health.feed_id = feeds.feed_id
            where feeds.is_listed or ($with_removed and feeds.removed_at is not null)
            order by feeds.next_poll_at nulls last, feeds.url
            """,
            {"with_removed": with_removed},
        )
    return [dict(zip(SHOWN, row, strict=True)) for row in rows]


def exported(home: Home) -> bytes:
    """Return the list as OPML."""
    with home.locked() as warehouse:
        apply_feed_decisions(home, warehouse)
        rows = warehouse.rows("select url, title, site_url from store.feeds where is_listed order by coalesce(title, url), url")
    return opml_of((OutlinedFeed(url=url, title=title, site_url=site_url) for url, title, site_url in rows), title="Copydesk feeds")


def apply_feed_decisions(home: Home, warehouse: Warehouse) -> None:
    """Let the table say what was decided: a kill may have come between the two, and a replay begins without it.

    Raises       HomeError for a decision on a feed that does not name one
    """
    digest = decisions_digest(home)
    if warehouse.noted().get("decisions", "") == digest:
        return
    decisions = [decision for decision in decided(home) if decision["what"] in (ADDED, REMOVED)]
    for decision in decisions:
        texts = [decision[name] for name in TEXTS if decision.get(name) is not None]
        if not (all(isinstance(text, str) and is_storable(text) for text in texts) and is_web_url(decision.get("url") or "")):
            raise HomeError(f"{home.decisions}: a decision on a feed cannot be read: {json.dumps(decision)}; mend or remove the line")
    _store(warehouse, decisions)
    warehouse.note("decisions", digest)


def _decide(home: Home, warehouse: Warehouse, decisions: list[Decision]) -> None:
    """Note decisions and follow them; those before are followed already."""
    decide(home, decisions)
    _store(warehouse, decisions)
    warehouse.note("decisions", decisions_digest(home))


def _added(feed: OutlinedFeed, outlet: str | None, now: datetime) -> Decision:
    title = feed.title if feed.title != feed.url else None  # by which lists name what has no title
    given = {"outlet": outlet, "title": title, "site_url": feed.site_url}
    return {"what": ADDED, "url": feed.url, "at": iso_utc(now)} | {name: value for name, value in given.items() if value}


def _listed(warehouse: Warehouse, urls: Sequence[str]) -> dict[str, str | None]:
    """Return those of the addresses that are on the list, with their outlets."""
    warehouse.give("asked", pa.table({"url": pa.array(sorted(set(urls)), pa.string())}))
    return dict(warehouse.rows("select url, outlet from store.feeds semi join asked using (url) where is_listed"))


def _store(warehouse: Warehouse, decisions: Sequence[Decision]) -> None:
    """Bring the table to where these decisions lead; what is there already stays."""
    if not decisions:
        return
    stored = warehouse.by_key("feeds", "feed_id", {feed_id_of(decision["url"]) for decision in decisions})
    rows = dict(stored)
    for decision in decisions:
        feed_id = feed_id_of(decision["url"])
        if decision["what"] == ADDED or feed_id in rows:
            rows[feed_id] = _decided(rows.get(feed_id, dict.fromkeys(arrow_schema("feeds").names)), feed_id, decision)
    changed = [row for feed_id, row in rows.items() if row != stored.get(feed_id)]
    if changed:
        with warehouse.transaction():
            warehouse.put("feeds", "feed_id", changed)


def _decided(row: dict[str, object], feed_id: str, decision: Decision) -> dict[str, object]:
    """Return the row of a feed after one decision on it: a later outlet counts, and of title and site what is there first."""
    at = utc_time(decision["at"])
    if decision["what"] == REMOVED:
        return row | {"is_listed": False, "removed_at": at}
    return row | {
        "feed_id": feed_id, "url": decision["url"], "is_listed": True, "listed_at": at, "removed_at": None,
        "outlet": decision.get("outlet") or row["outlet"], "title": row["title"] or decision.get("title"),
        "site_url": row["site_url"] or decision.get("site_url"),
    }  # fmt: skip
