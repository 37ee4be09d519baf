"""One file, or one page of the web, read as the path would read it, and nothing stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from tasks.answers import received_page
from tasks.core.captures import record_of
from tasks.core.errors import NothingReadError
from tasks.core.feeds.asking import Hosts, Job, Postponed
from tasks.core.feeds.records import FeedReading, NoAnswer
from tasks.core.messages import FETCH_REMEDIES
from tasks.core.records import Article, Declined, Given, Received, Reject
from tasks.fetch import Fetching
from tasks.inputs import InputFile, inputs_in
from tasks.resources import newsroom_lists
from tasks.settings import Settings


def extracted_file(path: Path, *, url: str | None, home_seeds: Path) -> Article | Reject:
    """Return what the first text, page, row or record of a file says.

    Raises       NothingReadError where the file cannot be read
    """
    file = InputFile(path=path, name=path.name)
    if not path.is_file() or file.kind is None:
        raise NothingReadError(
            f"{path}: {'no text or page by its ending' if path.is_file() else 'there is no such file'}; give a .txt or .html"
        )
    item = next(iter(inputs_in(file, outlet=None)))
    if isinstance(item, Declined):
        raise NothingReadError(f"{path}: {item.reject.reason}: {item.reject.detail}")
    received = replace(item, url=url or item.url, target_uri=url or item.target_uri)
    return _read(received, received.captured_at or datetime.fromtimestamp(path.stat().st_mtime, timezone.utc), home_seeds)


def extracted_url(url: str, settings: Settings, *, home_seeds: Path) -> Article | Reject:
    """Return what the page at an address says, asked for once, if its robots.txt lets us.

    Raises       NothingReadError where it cannot be had
    """
    hosts = Hosts()
    (event,) = [event for event in Fetching([Job(kind="page", key=url, url=url)], settings, hosts).events() if event and event.job]
    if isinstance(event, Postponed):
        raise NothingReadError(f"{url}: its host asked us to stay away until {event.until:%Y-%m-%d %H:%M} UTC")
    if isinstance(event.answer, NoAnswer):
        remedy = FETCH_REMEDIES.get(event.answer.reason, "try again later")
        raise NothingReadError(f"{url}: {event.answer.reason}: {event.answer.detail}; {remedy}")
    return _read(received_page(event, url, Given()), event.answered_at, home_seeds)


def _read(received: Received, captured_at: datetime, home_seeds: Path) -> Article | Reject:
    from tasks.core.reading import read_record

    record = record_of(received, captured_at)
    record = replace(record, capture=replace(record.capture, kind="page"))
    found = read_record(record, newsroom_lists(home_seeds))
    assert not isinstance(found, FeedReading)  # which a page never is
    return found
