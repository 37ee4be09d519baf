"""Dates of pages: where they stand, and what is no date of publication."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from tasks.core.records import Article

Story = Callable[..., Article]
Make = Callable[..., str]

PLACES = {
    "a meta": (
        "<meta property='article:published_time' content='2026-03-03T06:10:00+02:00'>",
        "",
        "meta",
        datetime(2026, 3, 3, 4, 10, tzinfo=UTC),
    ),
    "a time element": ("", "<time datetime='2026-03-03T06:10:00Z'>Tuesday</time>", "time_tag", datetime(2026, 3, 3, 6, 10, tzinfo=UTC)),
    "a time element without attribute": ("", "<time class='entry-time'>March 3, 2026</time>", "time_tag", None),
    "a printed line": ("", "<div class='meta'>By Ann Lee | 3 March 2026</div>", "printed", None),
}


@pytest.mark.parametrize(("head", "before", "source", "at"), list(PLACES.values()), ids=list(PLACES))
def test_dates_are_found_where_they_stand(article: Story, page: Make, head: str, before: str, source: str, at: datetime | None) -> None:
    found = article(page(head=head, before=before))
    assert (found.published_date, found.published_at, found.published_source) == (date(2026, 3, 3), at, source)


@pytest.mark.parametrize(
    "before",
    [
        "<div>Updated March 3, 2026</div>",
        "<time class='updated' datetime='2026-03-03'>3 March</time>",
        "<p>© 2026 Quayport News</p>",
        "<div>03/04/2026</div>",
    ],
    ids=["a printed update", "the time of an update", "a copyright year", "day and month in doubt"],
)
def test_what_is_no_date_of_publication_is_not_taken_for_one(article: Story, page: Make, before: str) -> None:
    found = article(page(before=before, lang="en"))
    assert (found.published_date, found.published_at) == (None, None)


def test_the_time_of_a_change_is_no_time_of_publication(article: Story, page: Make) -> None:
    found = article(page(head="<meta property='article:modified_time' content='2026-03-03T06:10:00Z'>"))
    assert (found.published_date, found.modified_at) == (None, datetime(2026, 3, 3, 6, 10, tzinfo=UTC))


@pytest.mark.parametrize(("language", "day"), [("en-US", date(2026, 3, 4)), ("en-GB", date(2026, 4, 3)), ("de", date(2026, 4, 3))])
def test_numeric_dates_are_read_by_the_language_of_the_page(article: Story, page: Make, language: str, day: date) -> None:
    assert article(page(before="<div>03/04/2026</div>", lang=language)).published_date == day
