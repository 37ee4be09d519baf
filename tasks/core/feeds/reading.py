"""From a captured response to what it says as a feed: its entries with their ids, and what the schedule needs of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timezone

from tasks.core.content_encoding import decoded_body
from tasks.core.feeds.identity import entry_ids
from tasks.core.feeds.parse import parse_feed
from tasks.core.feeds.plain import plain_text
from tasks.core.feeds.records import DateCandidate, Entry, EntryState, FeedReading, Headers, Hop, ParsedFeed, Unparsed
from tasks.core.feeds.schedule import window_of
from tasks.core.feeds.sitemaps import Sitemap, parse_sitemap
from tasks.core.http_message import MAX_BODY_BYTES, http_head
from tasks.core.ids import article_id, id_of, iso_utc
from tasks.core.records import RawRecord
from tasks.core.text.dates import read_date
from tasks.core.text.urls import TrackingParameters, normalized_url, site_of

PUBLISHED = (
    "published", "pubDate", "date_published", "issued", "dcterms:issued", "prism:publicationDate", "news:publication_date", "dc:date",
    "created", "dcterms:created",
)  # fmt: skip
MODIFIED = ("updated", "date_modified", "modified", "dcterms:modified", "lastmod")
KEPT_HEADERS = frozenset({"etag", "last-modified", "cache-control", "expires", "age", "date", "retry-after"})
MAX_SITEMAP_ENTRIES = 1_000  # of one sitemap: as many as a news sitemap may have; the newest of a larger one
MAX_CHILDREN = 10  # sitemaps of an index that are asked for in one poll: the newest
UNDATED = datetime.min.replace(tzinfo=timezone.utc)


def read_feed(record: RawRecord, tracking: TrackingParameters) -> FeedReading:
    """Return what a capture says as a feed; where it is none, why."""
    capture, polled = record.capture, record.given.polled
    feed_url = (polled and polled.feed_url) or capture.url or capture.target_uri
    headers = http_head(record.block).fields if record.body_from else ()
    bare = FeedReading(
        feed_url=feed_url,
        is_front=capture.url in (feed_url, None),
        hops=tuple(Hop(url=url, status=status) for url, status in polled.hops) if polled else (),
        headers=tuple((name, value) for name, value in headers if name.lower() in KEPT_HEADERS),
    )
    found = _parsed(record, headers, feed_url)
    if isinstance(found, Unparsed):
        return replace(bare, unparsed=found)
    feed, more_urls = found
    ids = entry_ids(id_of("feed", feed_url), feed.entries, tracking)
    states = tuple(_state(entry, entry_id, tracking) for entry, entry_id in zip(feed.entries, ids, strict=True))
    return replace(bare, feed=feed, window=window_of(feed, now=capture.captured_at), entries=states, more_urls=more_urls)


def _parsed(record: RawRecord, headers: Headers, feed_url: str) -> tuple[ParsedFeed, tuple[str, ...]] | Unparsed:
    """Return the feed and where more of it stands, or why it is none."""
    capture = record.capture
    encoding = ",".join(value for name, value in headers if name.lower() == "content-encoding")
    body = decoded_body(record.block[record.body_from :], encoding, max_bytes=MAX_BODY_BYTES)
    if body.fault:
        return Unparsed(reason=body.fault, detail=f"{capture.body_bytes:,} bytes of {encoding or 'undeclared gzip'}")
    url = capture.final_url or feed_url
    feed = parse_feed(body.body, url=url, content_type=record.content_type, received_at=capture.captured_at)
    if isinstance(feed, ParsedFeed):
        return feed, (feed.next_url,) if feed.next_url and site_of(feed.next_url) == site_of(url) else ()
    sitemap = parse_sitemap(body.body, url=url, content_type=record.content_type, received_at=capture.captured_at)
    return _feed_of(sitemap, url) if isinstance(sitemap, Sitemap) else feed


def _feed_of(sitemap: Sitemap, url: str) -> tuple[ParsedFeed, tuple[str, ...]]:
    """Return a sitemap as a feed, an index as one without entries but with sitemaps to ask for."""
    newest = sorted(sitemap.listed, key=lambda one: max((day.at for day in one.dates if day.at), default=UNDATED), reverse=True)
    if sitemap.is_index:
        more = dict.fromkeys(one.url for one in newest if site_of(one.url) == site_of(url))
        entries: tuple[Entry, ...] = ()
    else:
        more = {}
        entries = tuple(
            Entry(guid=None, url=one.url, title=one.title, summary=None, content=None, content_is_html=False, authors=(), language=one.language, dates=one.dates)
            for one in newest[:MAX_SITEMAP_ENTRIES]
        )  # fmt: skip
    cut = ("entries_cut",) if not sitemap.is_index and len(newest) > MAX_SITEMAP_ENTRIES else ()
    feed = ParsedFeed(
        kind="sitemap",
        title=None,
        site_url=None,
        self_url=None,
        language=None,
        entries=entries,
        flags=tuple(sorted({*sitemap.flags, *cut})),
    )
    return feed, tuple(more)[:MAX_CHILDREN]


def _state(entry: Entry, entry_id: str, tracking: TrackingParameters) -> EntryState:
    published, modified = _first(entry.dates, PUBLISHED), _first(entry.dates, MODIFIED)
    modified_at = modified.at if modified else None
    said = (entry.url, entry.title, entry.summary, entry.content, iso_utc(modified_at) if modified_at else None)
    return EntryState(
        entry_id=entry_id,
        page_id=article_id(normalized_url(entry.url, tracking)) if entry.url else None,
        digest=id_of("entry state", *(part or "" for part in said)),
        entry=entry,
        text=plain_text(entry.content, is_html=entry.content_is_html) if entry.content else None,
        published_at=published.at if published and published.precision != "day" else None,
        published_date=_day(published) if published else None,
        published_raw=published.raw if published else next((candidate.raw for candidate in entry.dates), None),
        published_source=published.source if published and published.precision else None,
        modified_at=modified_at,
    )


def _first(dates: Iterable[DateCandidate], sources: tuple[str, ...]) -> DateCandidate | None:
    """Return the date of the first source that gives one, a readable one before one that is not."""
    found = [candidate for source in sources for candidate in dates if candidate.source == source]
    return next((candidate for candidate in found if candidate.precision), found[0] if found else None)


def _day(candidate: DateCandidate) -> date | None:
    read = read_date(candidate.raw) if candidate.precision else None
    return read.day if read else candidate.at.date() if candidate.at else None
