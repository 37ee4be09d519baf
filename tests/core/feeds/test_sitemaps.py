"""Sitemaps, news sitemaps and indexes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasks.core.feeds import sitemaps as module
from tasks.core.feeds.records import Unparsed
from tasks.core.feeds.sitemaps import Sitemap, parse_sitemap, sitemaps_to_ask

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
URL = "https://quayport.example/sitemap.xml"
SPACES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def read(body: str) -> Sitemap:
    found = parse_sitemap(body.encode(), url=URL, content_type=None, received_at=NOW)
    assert isinstance(found, Sitemap), found
    return found


def pages(*urls: str) -> str:
    return f"<urlset {SPACES}>" + "".join(f"<url><loc>{url}</loc></url>" for url in urls) + "</urlset>"


def index(*urls: str) -> str:
    return f"<sitemapindex {SPACES}>" + "".join(f"<sitemap><loc>{url}</loc></sitemap>" for url in urls) + "</sitemapindex>"


def test_a_news_sitemap_is_read() -> None:
    news = (
        "<news:news><news:publication><news:name>Quayport</news:name><news:language>en</news:language></news:publication>"
        "<news:publication_date>2024-01-01T10:00:00+01:00</news:publication_date><news:title>Ships &amp; rails</news:title></news:news>"
    )
    found = read(f"<urlset {SPACES}><url><loc> /a </loc><lastmod>2024-01-02</lastmod>{news}</url><url><loc>/b</loc></url></urlset>")
    first, second = found.listed
    assert (found.is_index, found.flags) == (False, ())
    assert (first.url, first.title, first.language) == ("https://quayport.example/a", "Ships & rails", "en")
    assert [(date.source, date.raw) for date in first.dates] == [
        ("lastmod", "2024-01-02"),
        ("news:publication_date", "2024-01-01T10:00:00+01:00"),
    ]
    assert (second.title, second.dates) == (None, ())


def test_an_index_that_loops_ends() -> None:
    found = read(index(URL, "https://quayport.example/2.xml", "https://quayport.example/2.xml", "https://elsewhere.example/3.xml"))
    assert sitemaps_to_ask(found, url=URL, depth=0, asked={URL}) == ("https://quayport.example/2.xml",)
    assert sitemaps_to_ask(found, url=URL, depth=0, asked={URL, "https://quayport.example/2.xml"}) == ()
    assert sitemaps_to_ask(found, url=URL, depth=3, asked={URL}) == ()


def test_a_walk_has_an_end() -> None:
    found = read(index(*(f"https://quayport.example/{number}.xml" for number in range(2000))))
    assert len(sitemaps_to_ask(found, url=URL, depth=0, asked={URL})) == 499
    assert sitemaps_to_ask(read(pages("/a")), url=URL, depth=0, asked=()) == ()


def test_bad_addresses_are_left_out_and_flagged() -> None:
    found = read(pages("/a", "javascript:1", ""))
    assert ([item.url for item in found.listed], found.flags) == (["https://quayport.example/a"], ("bad_url",))


def test_an_overlong_sitemap_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LISTED", 3)
    found = read(pages(*(f"/{number}" for number in range(9))))
    assert (len(found.listed), found.flags) == (3, ("listed_cut",))


def test_a_sitemap_cut_short_keeps_what_came() -> None:
    found = read(pages("/a", "/b", "/c")[:-25])
    assert ([item.url[-2:] for item in found.listed], found.flags) == (["/a", "/b"], ("broken_xml",))


BOMB = '<!DOCTYPE urlset [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>' + pages("http://x.example/&b;")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("http://x.example/", "not_a_sitemap", id="text"),
        pytest.param("<html></html>", "not_a_sitemap", id="page"),
        pytest.param(BOMB, "broken_xml", id="bomb"),
    ],
)
def test_what_is_no_sitemap_says_so(body: str, reason: str) -> None:
    found = parse_sitemap(body.encode(), url=URL, content_type=None, received_at=NOW)
    assert isinstance(found, Unparsed)
    assert found.reason == reason
