"""One capture to one article, one feed or one refusal, whatever it holds: the part of the path before the inbox."""

from __future__ import annotations

import errno
from dataclasses import replace

from tasks.core.feeds.reading import read_feed
from tasks.core.feeds.records import FeedReading
from tasks.core.http_message import MAX_BODY_BYTES, http_body, http_head, media_type
from tasks.core.pages.gate import status_refusal
from tasks.core.pages.page import read_page
from tasks.core.pages.plain import read_text
from tasks.core.records import Article, RawRecord, Reject
from tasks.core.text.lists import Lists

PAGE_MEDIA = frozenset({None, "text/html", "application/xhtml+xml", "application/octet-stream", "binary/octet-stream"})
TEXT_MEDIA = "text/plain"
ERRNOS_OF_NUMBERS = frozenset({None, errno.EINVAL, errno.ERANGE, errno.EDOM, errno.EOVERFLOW})  # a date that no clock knows, not a disk


def read_record(record: RawRecord, lists: Lists) -> Article | FeedReading | Reject:
    """Return what a capture says as an article or as a feed, or why it is none.

    Raises       MemoryError, ImportError, OSError: what lies in the machine says nothing of the capture, and another day reads it
    """
    capture = record.capture
    try:
        found: Article | FeedReading | Reject
        if capture.kind == "feed":
            found = status_refusal(capture.http_status) or read_feed(record, lists.tracking)
        else:
            found = _refused(record) or _read(record, lists)
    except Exception as error:  # one record must not stop its batch
        if is_of_machine(error):
            raise
        found = Reject(stage="extract", reason="failed", detail=type(error).__name__)
    if isinstance(found, Reject):
        return replace(found, url=capture.url, source_id=capture.source_id, capture_id=capture.capture_id)
    return found


def is_of_machine(error: Exception) -> bool:
    """Tell whether a failure lies in the machine or the installation, not in what was read."""
    if isinstance(error, OSError):
        return error.errno not in ERRNOS_OF_NUMBERS
    return isinstance(error, (MemoryError, ImportError))


def _refused(record: RawRecord) -> Reject | None:
    capture = record.capture
    refusal = status_refusal(capture.http_status)
    if refusal:
        return refusal
    if capture.media_type not in PAGE_MEDIA and capture.media_type != TEXT_MEDIA:
        return Reject(stage="gate", reason="media_type", detail=capture.media_type)
    if capture.body_bytes == 0:
        return Reject(stage="gate", reason="empty", detail="0 bytes")
    return None


def _read(record: RawRecord, lists: Lists) -> Article | Reject:
    capture = record.capture
    body = http_body(record.block, http_head(record.block)) if capture.http_status is not None else record.block[record.body_from :]
    if len(body) > MAX_BODY_BYTES:
        return Reject(stage="gate", reason="too_large", detail=f"more than {MAX_BODY_BYTES} bytes")
    _, charset = media_type(record.content_type)
    if capture.media_type == TEXT_MEDIA:
        return read_text(body, url=capture.final_url, charset=charset, given=record.given, lists=lists, captured_at=capture.captured_at)
    return read_page(
        body,
        url=capture.final_url,
        charset=charset,
        given=record.given,
        lists=lists,
        captured_at=capture.captured_at,
    )
