"""Which entry is which, over polls and within one response."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasks.core.feeds.dates import date_candidates
from tasks.core.feeds.identity import entry_ids
from tasks.core.feeds.records import Entry
from tasks.resources import tracking_parameters

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def entry(
    guid: str | None = "g", url: str | None = "https://a.example/1", title: str | None = "One", content: str | None = None, date: str = ""
) -> Entry:
    return Entry(
        guid=guid, url=url, title=title, summary=None, content=content, content_is_html=False, authors=(), language=None,
        dates=date_candidates([("pubDate", date)], received_at=NOW),
    )  # fmt: skip


def ids(*entries: Entry, feed_id: str = "f") -> tuple[str, ...]:
    return entry_ids(feed_id, entries, tracking_parameters())


SAME = {
    "guid_changed": (entry("g-1"), entry("g-2")),
    "guid_lost": (entry("g"), entry(None)),
    "https": (entry(url="http://a.example/1"), entry(url="https://a.example/1")),
    "guid_to_https_without_link": (entry("http://a.example/1", None), entry("https://www.a.example/1/", None)),
    "tracking": (entry(url="https://a.example/1?utm_source=1"), entry(url="https://a.example/1?utm_source=2&fbclid=x")),
    "tracking_in_fragment": (entry(url="https://a.example/1#xtor=RSS-1"), entry(url="https://a.example/1#xtor=RSS-2")),
    "order_of_parameters": (entry(url="https://a.example/?a=1&b=2"), entry(url="https://a.example/?b=2&a=1")),
    "edited": (entry(title="One"), entry(title="One, corrected", content="More")),
    "dated_again": (entry(date="2024-01-01"), entry(date="2024-02-01")),
    "dated_again_without_link_and_guid": (entry(None, None, date="2024-01-01"), entry(None, None, date="2024-02-01")),
    "text_edited_without_link": (entry("g", None, content="a"), entry("g", None, content="b")),
}
OTHER = {
    "one_guid_two_stories": (entry(url="https://a.example/1"), entry(url="https://a.example/2", title="Two")),
    "posts_of_a_live_blog": (entry(url="https://a.example/live#1"), entry(url="https://a.example/live#2")),
    "all_link_to_the_front_page": (entry("1", "https://a.example/"), entry("2", "https://a.example/", "Two")),
    "parameter_that_counts": (entry(url="https://a.example/a?id=1"), entry(url="https://a.example/a?id=2")),
    "titles_alone": (entry(None, None, "One"), entry(None, None, "Two")),
    "texts_alone": (entry(None, None, None, "One"), entry(None, None, None, "Two")),
    "dates_alone": (entry(None, None, None, date="2024-01-01"), entry(None, None, None, date="2024-01-02")),
}
ALIKE = {
    "same_guid_and_link": (entry(), entry(title="Two")),
    "same_guid_and_link_other_text": (entry(content="a"), entry(content="b")),
    "same_guid_no_link": (entry("g", None), entry("g", None, "Two")),
    "same_link_other_guid": (entry("1"), entry("2", title="Two")),
    "same_link_no_guid": (entry(None), entry(None, title="Two")),
    "same_title_nothing_else": (entry(None, None, content="a"), entry(None, None, content="b")),
}


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME)
def test_it_is_the_same_entry_at_the_next_poll(before: Entry, after: Entry) -> None:
    assert ids(before) == ids(after)


@pytest.mark.parametrize(("one", "other"), OTHER.values(), ids=OTHER)
def test_it_is_another_entry_at_the_next_poll(one: Entry, other: Entry) -> None:
    assert ids(one) != ids(other)


@pytest.mark.parametrize(("one", "other"), [*OTHER.values(), *ALIKE.values()], ids=[*OTHER, *ALIKE])
def test_entries_of_one_response_that_differ_are_different(one: Entry, other: Entry) -> None:
    first, second, again = ids(one, other, one)
    assert first != second
    assert first == again
    assert ids(other, one) == (second, first)


def test_an_entry_listed_twice_is_one() -> None:
    assert len(set(ids(entry("1"), entry("2"), entry("1", "http://a.example/1?utm_source=x")))) == 1


def test_ids_do_not_depend_on_who_stands_beside() -> None:
    one, two, three = (entry(str(number), f"https://a.example/{number}", f"Story {number}") for number in range(3))
    assert ids(one, two) == ids(one, two, three)[:2]
    assert ids(three, two)[1] == ids(two)[0]


def test_ids_are_a_feeds_own() -> None:
    assert ids(entry(), feed_id="f") != ids(entry(), feed_id="g")


def test_an_entry_of_nothing_has_an_id() -> None:
    [found] = ids(entry(None, None, None))
    assert len(found) == 32
