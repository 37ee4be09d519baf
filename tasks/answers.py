"""An answer as what becomes of it: a record on its way to raw, a row of our own doings, a failure that is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from tasks.capture import Failure
from tasks.core.content_encoding import Decoded, decoded_body
from tasks.core.feeds.asking import Fetched
from tasks.core.feeds.caching import header_values
from tasks.core.feeds.records import Answer, NoAnswer
from tasks.core.http_message import MAX_BODY_BYTES, http_message
from tasks.core.records import Declined, Given, Polled, Received

LAST = datetime.max.replace(tzinfo=timezone.utc)

Row = dict[str, object]


def received_page(event: Fetched, url: str, given: Given) -> Received:
    """Return a page on its way to raw, with what its entry says of it."""
    assert isinstance(event.answer, Answer)
    polled = given.polled or Polled(kind="page")
    return received(event, url, replace(given, polled=replace(polled, hops=_hops(event.answer))))


def received(event: Fetched, url: str, given: Given) -> Received:
    """Return a response on its way to raw, timed by our clock."""
    answer = event.answer
    assert isinstance(answer, Answer)
    block = http_message(answer.status, answer.headers, answer.wire)
    return Received(
        url=url, target_uri=url, source_id=None, content_type=None, is_http=True, block=block, given=given, captured_at=event.answered_at,
        is_clock=True,
    )  # fmt: skip


def decoded_answer(answer: Answer) -> Decoded:
    """Return the body of an answer without what it was encoded by."""
    return decoded_body(answer.wire, ",".join(header_values(answer.headers, "Content-Encoding")), max_bytes=MAX_BODY_BYTES)


def in_time(item: Received | Declined) -> tuple[datetime, str]:
    return (item.captured_at if isinstance(item, Received) and item.captured_at else LAST, item.target_uri)


def polled_as(kind: str, feed_url: str | None, answer: Answer) -> Polled:
    return Polled(kind=kind, feed_url=feed_url, hops=_hops(answer))


def _hops(answer: Answer) -> tuple[tuple[str, int], ...]:
    return tuple((hop.url, hop.status) for hop in answer.hops)


def poll_row(event: Fetched, feed_id: str | None, *, is_new_body: bool) -> Row:
    answer = event.answer
    kind = "robots" if event.job is None else "feed" if event.job.kind == "more" else event.job.kind
    row: Row = {"kind": kind, "feed_id": feed_id, "url": event.url, "asked_at": event.asked_at, "is_new_body": is_new_body}
    if isinstance(answer, Answer):
        return row | {"final_url": answer.final_url, "took_s": answer.took_s, "status": answer.status, "reason": None, "detail": None, "wire_bytes": len(answer.wire)}  # fmt: skip
    return row | {"final_url": None, "took_s": None, "status": None, "reason": answer.reason, "detail": answer.detail[:500], "wire_bytes": None}  # fmt: skip


def failure_of(url: str, answer: Answer | NoAnswer, reason: str | None) -> Failure:
    """Return why something could not be had; or, with a reason, that it is the body that was no feed before."""
    if isinstance(answer, NoAnswer):
        return Failure(path=url, reason=answer.reason, detail=answer.detail)
    if answer.status == 200 and reason:
        return Failure(path=url, reason=reason, detail="the same body as before")
    return Failure(path=url, reason="http_error", detail=f"HTTP {answer.status}")
