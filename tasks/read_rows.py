"""What was read as rows, made where it was read: plain values travel between processes ten times as fast as records of records."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tasks.core.captures import storable
from tasks.core.feeds.records import DateCandidate, EntryState, FeedReading, Hop, Unparsed
from tasks.core.identity import article_and_version
from tasks.core.ids import id_of, iso_utc
from tasks.core.pages.version import EXTRACTOR_VERSION
from tasks.core.records import Article, Capture, RawRecord, Reject
from tasks.core.text.folds import word_count
from tasks.core.text.urls import TrackingParameters

OF_VERSION = tuple(name for name in Article.__dataclass_fields__ if name != "blocks")
BLOCK_COLUMNS = ("version_id", "block_no", "type", "text", "entry_no")
STATE_COLUMNS = (
    "entry_id", "feed_id", "capture_id", "digest", "guid", "url", "page_id", "title", "summary", "text", "authors", "language", "published_at",
    "published_date", "published_raw", "published_source", "modified_at", "dates", "flags", "seen_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadArticle:
    """An article as rows: one of versions, one of version_captures, and for each block the values of BLOCK_COLUMNS."""

    version: dict[str, object]
    version_capture: dict[str, object]
    blocks: list[tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFeed:
    """A feed as rows: one of feed_readings, and for each entry the values of STATE_COLUMNS. `refusal`: why it is none."""

    reading: dict[str, object]
    states: list[tuple[object, ...]]
    refusal: Reject | None


Reading = ReadArticle | ReadFeed | Reject


def article_as_rows(article: Article, capture: Capture, tracking: TrackingParameters) -> ReadArticle | Reject:
    """Return the rows of an article; one that cannot be a row is declined, so that its batch can go on."""
    try:
        article_id, version_id = article_and_version(article, capture, tracking)
        text = storable(article.text)
        ids = {"version_id": version_id, "article_id": article_id}
        return ReadArticle(
            version={
                **{name: storable(getattr(article, name)) for name in OF_VERSION}, **ids, "source_id": capture.source_id,
                "outlet": capture.outlet, "text": text, "extractor_version": EXTRACTOR_VERSION, "word_count": word_count(text),
            },
            version_capture={**ids, "capture_id": capture.capture_id, "captured_at": capture.captured_at},
            blocks=[(version_id, number, block.type, storable(block.text), block.entry_no) for number, block in enumerate(article.blocks)],
        )  # fmt: skip
    except (ValueError, TypeError) as error:
        return Reject(
            stage="extract", reason="unreadable", detail=type(error).__name__, url=capture.url, source_id=capture.source_id,
            capture_id=capture.capture_id,
        )  # fmt: skip


def feed_as_rows(found: FeedReading | Reject, record: RawRecord) -> ReadFeed:
    """Return the rows of a feed. What is none has a reading all the same, with its reason: it is asked again later."""
    capture = record.capture
    reading = _unread(record, found) if isinstance(found, Reject) else found
    refusal = None
    if reading.unparsed:
        refusal = Reject(
            stage="feed", reason=reading.unparsed.reason, detail=reading.unparsed.detail, url=capture.url, source_id=capture.source_id,
            capture_id=capture.capture_id,
        )  # fmt: skip
    feed_id = id_of("feed", reading.feed_url)
    return ReadFeed(
        reading=_reading_row(reading, feed_id, capture),
        states=[_state_values(state, feed_id, capture) for state in reading.entries],
        refusal=refusal,
    )


def _unread(record: RawRecord, refusal: Reject) -> FeedReading:
    polled, capture = record.given.polled, record.capture
    feed_url = (polled and polled.feed_url) or capture.url or capture.target_uri
    hops = tuple(Hop(url=url, status=status) for url, status in polled.hops) if polled else ()
    why = Unparsed(reason=refusal.reason, detail=refusal.detail or "")
    return FeedReading(feed_url=feed_url, is_front=capture.url in (feed_url, None), hops=hops, headers=(), unparsed=why)


def _reading_row(reading: FeedReading, feed_id: str, capture: Capture) -> dict[str, object]:
    feed, window, unparsed = reading.feed, reading.window, reading.unparsed
    return {
        "capture_id": capture.capture_id, "feed_id": feed_id, "feed_url": reading.feed_url, "is_front": reading.is_front,
        "kind": feed.kind if feed else None, "title": storable(feed.title) if feed else None,
        "site_url": storable(feed.site_url) if feed else None, "language": storable(feed.language) if feed else None,
        "entry_ids": [state.entry_id for state in reading.entries], "new_count": None, "is_gap": None,
        "each_s": window.each_s if window else None, "ttl_s": window.ttl_s if window else None,
        "update_period_s": window.update_period_s if window else None,
        "skip_hours": sorted(window.skip_hours) if window else [], "skip_days": sorted(window.skip_days) if window else [],
        "more_urls": [storable(url) for url in reading.more_urls], "flags": list(feed.flags) if feed else [],
        "headers": json.dumps(reading.headers), "hops": json.dumps([(hop.url, hop.status) for hop in reading.hops]),
        "digest": capture.digest, "reason": unparsed.reason if unparsed else None,
        "detail": storable(unparsed.detail) if unparsed else None, "read_at": capture.captured_at,
    }  # fmt: skip


def _state_values(state: EntryState, feed_id: str, capture: Capture) -> tuple[object, ...]:
    entry = state.entry
    return (
        state.entry_id, feed_id, capture.capture_id, state.digest, storable(entry.guid), storable(entry.url), state.page_id,
        storable(entry.title), storable(entry.summary), storable(state.text), [storable(name) for name in entry.authors],
        storable(entry.language), state.published_at, state.published_date, storable(state.published_raw), state.published_source,
        state.modified_at, json.dumps([_date(candidate) for candidate in entry.dates]), list(entry.flags), capture.captured_at,
    )  # fmt: skip


def _date(candidate: DateCandidate) -> dict[str, str | None]:
    at = iso_utc(candidate.at) if candidate.at else None
    return {"source": candidate.source, "raw": candidate.raw, "at": at, "precision": candidate.precision}
