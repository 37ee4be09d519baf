"""What polling knows: a feed and its entries as parsed, what a server answered, what is kept of a feed between two polls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

Headers = tuple[tuple[str, str], ...]  # as received, in order, names as sent


@dataclass(frozen=True, slots=True, kw_only=True)
class DateCandidate:
    """One date that an entry gives.

    source       element or field it stands in, "published", "updated", "dc:date", "date_published" ...
    raw          as it stands there
    at           aware UTC, None where it is no instant: no zone, no such day, before 1990, more than a day in the future
    precision    second, minute or day
    """

    source: str
    raw: str
    at: datetime | None
    precision: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of one response.

    guid         as given, None where none is
    url          absolute, as given; None where none is
    content      the longest text or HTML that it carries, None where it has a title alone
    dates        every candidate, in the order of the document
    flags        what was odd: "guid_repeated", "no_guid", "no_url", "bad_date", "control_characters" ...
    """

    guid: str | None
    url: str | None
    title: str | None
    summary: str | None
    content: str | None
    content_is_html: bool
    authors: tuple[str, ...]
    language: str | None
    dates: tuple[DateCandidate, ...]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What one response says of a feed.

    kind              rss, atom, rdf, json
    ttl_s             seconds for which it asks not to be polled again; None where it says nothing
    skip_hours        hours of the day, UTC, 0 to 23
    skip_days         0 Monday to 6 Sunday
    update_period_s   sy:updatePeriod divided by sy:updateFrequency
    next_url          RFC 5005: the next page, or the archive before this one
    """

    kind: str
    title: str | None
    site_url: str | None
    self_url: str | None
    language: str | None
    entries: tuple[Entry, ...]
    ttl_s: int | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    update_period_s: int | None = None
    next_url: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unparsed:
    """Why a response is no feed: `reason` short and stable ("not_a_feed", "empty", "too_large", "broken_xml"), `detail` one line."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One request on the way to an answer."""

    url: str
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered, whole and decoded.

    url, final_url   as asked; where the redirects led
    hops             every request, the last one included
    wire             the body as received; `body` is `wire` decoded
    took_s           seconds from the first byte sent to the last received
    """

    url: str
    final_url: str
    hops: tuple[Hop, ...]
    status: int
    headers: Headers
    wire: bytes
    body: bytes
    took_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoAnswer:
    """Why there is none. `reason`: address, scheme, redirects, timeout, too_large, truncated, bad_encoding, tls, dns, refused, reset, protocol.

    is_lasting   nothing that time can cure: the address is private, the scheme is none of ours
    """

    url: str
    reason: str
    detail: str
    hops: tuple[Hop, ...] = ()
    is_lasting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PollState:
    """What is kept of a feed between two polls; validators verbatim, as sent.

    moved_to           where a permanent redirect led, and how many polls in a row it did so the same
    failures           polls in a row that ended in no entries for a fault of server or network
    interval_s         the feed's own rhythm, as last decided; failures do not change it
    ttl_s ... skip_days    what the feed asked for when it was last read: a 304 does not repeat it
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    validated_since: datetime | None = None  # last 200, or last time validators were dropped: escape from a false 304
    moved_to: str | None = None
    moved_count: int = 0
    failures: int = 0
    interval_s: int = 3600
    polled_at: datetime | None = None
    changed_at: datetime | None = None
    window_sizes: tuple[int, ...] = ()  # entries of the last polls, newest last
    new_counts: tuple[int, ...] = field(default=())  # of them new, newest last
    ttl_s: int | None = None
    update_period_s: int | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What the schedule needs of a feed that was read.

    size         entries
    each_s       seconds between two entries, as they are dated, the silence since the last one counted; None where that is unknown
    the rest     as in ParsedFeed
    """

    size: int
    each_s: int | None = None
    ttl_s: int | None = None
    update_period_s: int | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PollOutcome:
    """What one poll brought.

    feed         what the body says; None where there is none to read: a 304, an error, no answer
    new_count    entries of it that were not known before
    """

    answer: Answer | NoAnswer
    feed: Window | Unparsed | None = None
    new_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPlan:
    """When a feed is polled next, in one decision with what is then known of it.

    next_poll_at   aware UTC; None: never again, the feed is gone
    interval_s     what was decided, before jitter, skipped hours and what the server asks for
    why            one line for people: what the time follows from
    is_gap         the window moved completely since the last poll: entries between may never have been seen
    """

    next_poll_at: datetime | None
    interval_s: int
    why: str
    state: PollState
    is_gap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HostBudget:
    """What is kept of a host between two requests to it, whether for a feed, a page or robots.txt.

    host           registrable domain, or the address that a URL names
    sent_at        when the last request went, or will go
    closed_until   not before, for the host said so: Retry-After, 429, 503
    refusals       429 and 503 in a row
    """

    host: str
    sent_at: datetime | None = None
    closed_until: datetime | None = None
    refusals: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsRules:
    """What a site's robots.txt lets us do, as it is kept.

    origin          scheme, host and port for which it speaks
    access          rules (read `lines`), all, none
    lines           the lines that concern us, in plain spelling
    crawl_delay_s   what it asks for between two requests, 0 where it asks nothing
    why             one line for people
    expires_at      when it has to be fetched again
    """

    origin: str
    access: str
    lines: str
    crawl_delay_s: float
    why: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryState:
    """What one response says of one entry, with what follows from it.

    page_id          of its address, normalized; None without one
    digest           of what it says: where it is the same, nothing was said anew
    text             the longest that the feed carries, as plain text
    published_at     None if only a day is known, or nothing that can be trusted
    published_date   in the zone of the date as given
    """

    entry_id: str
    page_id: str | None
    digest: str
    entry: Entry
    text: str | None
    published_at: datetime | None
    published_date: date | None
    published_raw: str | None
    published_source: str | None
    modified_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReading:
    """What one capture says as a feed.

    feed_url    the address of the feed as given
    is_front    whether it is the feed itself, not an archive of it or a sitemap of its index
    more_urls   where more of it stands
    headers     those that say when to ask again
    unparsed    why it is no feed; nothing but addresses and headers stands beside it then
    """

    feed_url: str
    is_front: bool
    hops: tuple[Hop, ...]
    headers: Headers
    feed: ParsedFeed | None = None
    window: Window | None = None
    entries: tuple[EntryState, ...] = ()
    more_urls: tuple[str, ...] = ()
    unparsed: Unparsed | None = None
