"""From what was received to a capture: its id, its target in raw, its kind; and what was given beside it as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from tasks.core import ids
from tasks.core.errors import InputError
from tasks.core.http_message import HttpHead, http_head, media_type
from tasks.core.records import Capture, Given, Polled, RawRecord, Received

FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json"})
XML_TYPES = frozenset({"application/xml", "text/xml"})
GIVEN_FIELDS = ("title", "dek", "published", "language")
READ_KINDS = frozenset({"page", "feed"})  # of captures; the others are kept unread
POLLED_KINDS = frozenset({"page", "feed", "sitemap", "robots"})


def capture_key(received: Received, captured_at: datetime) -> tuple[str, str]:
    """Return (capture_id, digest) of the capture that a payload makes at a time."""
    return _key(received, None if received.digest else _head(received), captured_at)


def _key(received: Received, head: HttpHead | None, captured_at: datetime) -> tuple[str, str]:
    digest = received.digest or ids.payload_digest(received.block[head.body_from :] if head else received.block)
    return ids.capture_id(received.target_uri, digest, captured_at), digest


def _head(received: Received) -> HttpHead | None:
    return http_head(received.block) if received.is_http else None


def _capture(received: Received, head: HttpHead | None, captured_at: datetime, place: Mapping[str, Any]) -> Capture:
    capture_id, digest = _key(received, head, captured_at)
    kind_of_media, _ = media_type(head.content_type if head else received.content_type)
    polled = received.given.polled
    return Capture(
        capture_id=capture_id,
        kind=polled.kind if polled else capture_kind(received.url, kind_of_media),
        url=received.url,
        final_url=(polled and polled.final_url) or received.url,
        target_uri=received.target_uri,
        source_id=received.source_id,
        outlet=received.given.outlet,
        media_type=kind_of_media,
        http_status=head.status if head else None,
        body_bytes=len(received.block) - (head.body_from if head else 0),
        digest=digest,
        **place,
        is_time_given=received.is_time_given,
        extra=json.dumps(dict(received.given.extra), ensure_ascii=False, sort_keys=True) if received.given.extra else None,
        captured_at=captured_at,
    )


def record_of(
    received: Received, captured_at: datetime, *, segment: str = "", segment_no: int = 0, segment_offset: int | None = None
) -> RawRecord:
    """Return what was received as raw would hold it; without a segment it lies nowhere yet."""
    head = _head(received)
    place = {"segment": segment, "segment_no": segment_no, "record_no": 0, "segment_offset": segment_offset}
    return RawRecord(
        capture=_capture(received, head, captured_at, place),
        given=received.given,
        content_type=head.content_type if head else received.content_type,
        block=received.block,
        body_from=head.body_from if head else 0,
    )


def capture_kind(url: str | None, media: str | None) -> str:
    """Return page, feed, sitemap or robots; only pages are read as news."""
    path = urlsplit(url).path.lower() if url else ""
    if path == "/robots.txt":
        return "robots"
    if media in FEED_TYPES:
        return "feed"
    if media in XML_TYPES and "sitemap" in path:
        return "sitemap"
    return "page"


def given_as_json(received: Received) -> bytes | None:
    """Return what was given beside a payload, to stand before it in raw; None where nothing was.

    The URL is repeated where a WARC header would not keep it to the letter; clock: captured_at was not given.
    """
    given = received.given
    fields: dict[str, object] = {name: value for name in GIVEN_FIELDS if (value := getattr(given, name)) is not None}
    if given.authors:
        fields["authors"] = list(given.authors)
    if given.extra:
        fields["extra"] = dict(given.extra)
    fields |= {name: value for name, value in (("outlet", given.outlet), ("source_id", received.source_id)) if value is not None}
    if received.url is not None and (received.url != received.target_uri or not received.url.isascii() or " " in received.url):
        fields["url"] = received.url
    if not received.is_time_given:
        fields["clock"] = True
    if given.polled:
        fields["polled"] = {"kind": given.polled.kind, "feed": given.polled.feed_url, "hops": given.polled.hops}
    return json.dumps(fields, ensure_ascii=True, sort_keys=True).encode() if fields else None


def given_from_json(fields: Mapping[str, Any], *, source_id: str | None) -> Given:
    """Return what stood before a payload in raw.

    source_id    the record's own id, used where none was given
    Raises       InputError where a field is of the wrong kind: the file was written by somebody else
    """
    strings = [fields.get(name) for name in (*GIVEN_FIELDS, "source_id", "outlet")]
    authors, extra = fields.get("authors", []), fields.get("extra", {})
    is_sound = all(value is None or (isinstance(value, str) and is_storable(value)) for value in strings)
    if not (
        is_sound
        and isinstance(authors, list)
        and all(isinstance(name, str) and is_storable(name) for name in authors)
        and isinstance(extra, dict)
    ):
        raise InputError("bad_record", "what stands beside it has fields of the wrong kind")
    return Given(
        source_id=fields.get("source_id", source_id),
        outlet=fields.get("outlet"),
        authors=tuple(authors),
        extra=extra,
        polled=_polled(fields.get("polled")),
        **{name: fields.get(name) for name in GIVEN_FIELDS},
    )


def _polled(fields: object) -> Polled | None:
    if fields is None:
        return None
    if isinstance(fields, dict) and fields.get("kind") in POLLED_KINDS and isinstance(fields.get("hops"), list):
        feed_url, hops = fields.get("feed"), tuple((url, status) for url, status in fields["hops"])
        urls = [*(url for url, _ in hops), *([] if feed_url is None else [feed_url])]
        if all(isinstance(url, str) and is_storable(url) for url in urls) and all(isinstance(status, int) for _, status in hops):
            return Polled(kind=fields["kind"], feed_url=feed_url, hops=hops)
    raise InputError("bad_record", "what is said of its polling has fields of the wrong kind")


def is_storable(text: str) -> bool:
    """Tell whether a string can be written as UTF-8: it holds no lone surrogate."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def storable(value: Any) -> Any:
    """Return a value whose strings can be written as UTF-8: lone surrogates become question marks."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, tuple):
        return [storable(entry) for entry in value]
    return value
