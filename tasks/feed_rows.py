"""What was read of feeds as rows of the inbox."""

from __future__ import annotations

import json

from tasks.core.captures import storable
from tasks.core.feeds.records import DateCandidate, EntryState, FeedReading, Hop, Unparsed
from tasks.core.ids import id_of, iso_utc
from tasks.core.records import Article, Capture, RawRecord, Reject

Rows = dict[str, list[dict[str, object]]]


def add_feed(rows: Rows, reading: Article | FeedReading | Reject, record: RawRecord) -> Reject | None:
    """Add the rows of a feed, and return the refusal of what is none; it has a reading all the same, for it is asked again later."""
    capture = record.capture
    if not isinstance(reading, FeedReading):
        refusal = reading if isinstance(reading, Reject) else Reject(stage="feed", reason="not_a_feed")
        reading = _unread(record, Unparsed(reason=refusal.reason, detail=refusal.detail or ""))
    rows["feed_readings"].append(_reading_row(reading, capture))
    rows["entry_states"] += [_state_row(state, reading, capture) for state in reading.entries]
    if reading.unparsed is None:
        return None
    return Reject(
        stage="feed", reason=reading.unparsed.reason, detail=reading.unparsed.detail, url=capture.url, source_id=capture.source_id,
        capture_id=capture.capture_id,
    )  # fmt: skip


def _unread(record: RawRecord, why: Unparsed) -> FeedReading:
    polled, capture = record.given.polled, record.capture
    feed_url = (polled and polled.feed_url) or capture.url or capture.target_uri
    hops = tuple(Hop(url=url, status=status) for url, status in polled.hops) if polled else ()
    return FeedReading(feed_url=feed_url, is_front=capture.url in (feed_url, None), hops=hops, headers=(), unparsed=why)


def _reading_row(reading: FeedReading, capture: Capture) -> dict[str, object]:
    feed, window, unparsed = reading.feed, reading.window, reading.unparsed
    return {
        "capture_id": capture.capture_id, "feed_id": id_of("feed", reading.feed_url), "feed_url": reading.feed_url,
        "is_front": reading.is_front,
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


def _state_row(state: EntryState, reading: FeedReading, capture: Capture) -> dict[str, object]:
    entry = state.entry
    return {
        "entry_id": state.entry_id, "feed_id": id_of("feed", reading.feed_url), "capture_id": capture.capture_id, "digest": state.digest,
        "guid": storable(entry.guid), "url": storable(entry.url), "page_id": state.page_id,
        "title": storable(entry.title), "summary": storable(entry.summary), "text": storable(state.text),
        "authors": [storable(name) for name in entry.authors], "language": storable(entry.language),
        "published_at": state.published_at, "published_date": state.published_date, "published_raw": storable(state.published_raw),
        "published_source": state.published_source, "modified_at": state.modified_at,
        "dates": json.dumps([_date(candidate) for candidate in entry.dates]), "flags": list(entry.flags), "seen_at": capture.captured_at,
    }  # fmt: skip


def _date(candidate: DateCandidate) -> dict[str, str | None]:
    at = iso_utc(candidate.at) if candidate.at else None
    return {"source": candidate.source, "raw": candidate.raw, "at": at, "precision": candidate.precision}
