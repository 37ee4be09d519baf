"""JSON Feed, and what passes for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tasks.core.feeds.parse import parse_feed
from tasks.core.feeds.records import ParsedFeed, Unparsed

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
VERSION = "https://jsonfeed.org/version/1.1"


def read(body: bytes) -> ParsedFeed | Unparsed:
    return parse_feed(body, url="https://a.example/feed.json", content_type="application/feed+json", received_at=NOW)


def feed(*items: object, **more: object) -> ParsedFeed:
    found = read(json.dumps({"version": VERSION, "title": "Quayport", "items": items, **more}).encode())
    assert isinstance(found, ParsedFeed), found
    return found


def test_a_json_feed_is_read() -> None:
    item = {
        "id": 7, "url": "/7", "title": "Seven\nships", "summary": "Short.", "content_html": "<p>Long.</p>", "content_text": "Long.",
        "date_modified": "2024-01-02", "date_published": "2024-01-01T00:00:00+02:00", "authors": [{"name": "Ida"}, {"name": "Bo"}],
        "language": "en",
    }  # fmt: skip
    found = feed(item, home_page_url="https://a.example/", feed_url="feed.json", next_url="?page=2", language="de")
    [entry] = found.entries
    assert (found.kind, found.title, found.language, found.flags) == ("json", "Quayport", "de", ())
    assert (found.self_url, found.next_url) == ("https://a.example/feed.json", "https://a.example/feed.json?page=2")
    assert (entry.guid, entry.url, entry.title, entry.summary) == ("7", "https://a.example/7", "Seven ships", "Short.")
    assert (entry.content, entry.content_is_html, entry.authors, entry.language) == ("<p>Long.</p>", True, ("Ida", "Bo"), "en")
    assert [(date.source, date.precision) for date in entry.dates] == [("date_modified", "day"), ("date_published", "second")]


def test_fields_of_the_wrong_kind_are_none() -> None:
    item = {"id": True, "url": ["x"], "title": {"a": 1}, "authors": "Ida", "author": {"name": 3}, "date_published": 5, "content_text": None}
    [entry] = feed(item, title=[]).entries
    assert (entry.guid, entry.url, entry.title, entry.content, entry.authors) == (None, None, None, None, ("3",))
    assert [(date.raw, date.precision) for date in entry.dates] == [("5", None)]


def test_items_that_are_none_are_left_out_and_flagged() -> None:
    found = feed("x", None, {"id": "1"})
    assert ([entry.guid for entry in found.entries], found.flags) == (["1"], ("bad_items",))


def test_an_overlong_list_is_cut_and_says_so() -> None:
    found = feed(*({"id": str(number)} for number in range(10_003)))
    assert (len(found.entries), found.flags) == (10_000, ("entries_cut",))


def test_text_alone_is_no_html() -> None:
    [entry] = feed({"id": "1", "content_text": "a < b"}).entries
    assert (entry.content, entry.content_is_html) == ("a < b", False)


def test_raw_control_characters_do_not_spoil_a_feed() -> None:
    found = read(b'{"version": "%s", "items": [{"id": "1", "title": "a\tb\x01c"}]}' % VERSION.encode())
    assert isinstance(found, ParsedFeed)
    assert (found.entries[0].title, found.flags) == ("a bc", ("control_characters",))


def test_towers_and_endless_numbers_are_refused() -> None:
    for body in (b"[" * 500_000, b'{"version": "%s", "items": [{"id": %s}]}' % (VERSION.encode(), b"9" * 100_000)):
        assert isinstance(read(body), Unparsed)
