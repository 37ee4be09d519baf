"""All that feedparser finds in kept feeds is found here: its own cases, a hundred real feeds, and those of other readers."""

from __future__ import annotations

import io
import json
import tarfile
import warnings
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import feedparser
import pytest

from tasks.core.feeds.identity import entry_ids
from tasks.core.feeds.parse import parse_feed
from tasks.core.feeds.records import Entry, ParsedFeed
from tasks.resources import tracking_parameters

pytestmark = pytest.mark.slow  # 15 s

FEEDS = Path(__file__).resolve().parents[4] / "shared" / "data" / "feeds"
NOW = datetime(2026, 11, 25, tzinfo=UTC)
URL = "https://feeds.example/a/feed.xml"
ENTRIES = {"feedparser_cases": 1217, "real_feeds_dev": 2896, "misc_feeds": 1010}  # that feedparser 6.0.14 finds


@cache
def bodies(name: str) -> tuple[tuple[str, bytes], ...]:
    path = FEEDS / f"{name}.tar.xz"
    if not path.exists():
        pytest.skip(f"no {path.name} beside the checkout")
    with tarfile.open(path) as kept:
        return tuple((member.name, file.read()) for member in kept if (file := kept.extractfile(member)))


@cache
def read(body: bytes) -> tuple[Entry, ...]:
    found = parse_feed(body, url=URL, content_type=None, received_at=NOW)
    return found.entries if isinstance(found, ParsedFeed) else ()


def found_by_feedparser(body: bytes) -> list[dict[str, object]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own
        return list(feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False).entries)


def has_sound_dates(entry: Entry) -> bool:
    return all(
        date.raw
        and (
            date.at is None or (date.at.tzinfo is not None and date.precision in ("second", "minute") and 1990 <= date.at.year <= NOW.year)
        )
        for date in entry.dates
    )


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_that_feedparser_finds_is_there(name: str) -> None:
    missing, total = [], 0
    for path, body in bodies(name):
        theirs = found_by_feedparser(body)
        ours = read(body)
        total += len(theirs)
        if len(ours) < len(theirs):
            missing.append(path)
        for their, our in zip(theirs, ours, strict=False):
            given = [dict.get(their, key) for key in ("published", "updated") if str(dict.get(their, key) or "").strip()]
            assert not given or our.dates or "cdf" in path, path
    assert missing == []
    assert total >= ENTRIES[name]


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_has_an_identity_and_no_date_is_made_up(name: str) -> None:
    for path, body in bodies(name):
        entries = read(body)
        ids = entry_ids("f", entries, tracking_parameters())
        assert all(len(each) == 32 for each in ids), path
        said = {(each, entry.title, entry.summary, entry.content) for each, entry in zip(ids, entries, strict=True)}
        assert len({each for each, *_ in said}) == len({tuple(map(str, words)) for words in said}), path
        assert all(has_sound_dates(entry) for entry in entries), path


def test_every_json_feed_of_other_readers_is_read_whole() -> None:
    counts = []
    for path, body in bodies("misc_feeds"):
        if path.endswith(".json") and b"jsonfeed.org" in body.replace(b"\\", b""):
            found = parse_feed(body, url=URL, content_type=None, received_at=NOW)
            try:
                items = len(json.loads(body)["items"])
            except (ValueError, KeyError):
                assert not isinstance(found, ParsedFeed), path
                continue
            assert isinstance(found, ParsedFeed), path
            counts.append(items)
            assert len(found.entries) + ("bad_items" in found.flags) >= items, path
    assert sum(counts) > 100
