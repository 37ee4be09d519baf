"""Feeds that a page announces."""

from __future__ import annotations

from tasks.core.feeds.discovery import FeedLink, feed_links


def found(head: str, body: str = "") -> tuple[FeedLink, ...]:
    page = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return feed_links(page.encode(), url="https://quayport.example/news/", charset=None)


def test_announced_feeds_are_found_in_their_order() -> None:
    links = found(
        "<link rel=stylesheet type=text/css href=x.css><LINK REL='Alternate' TYPE='application/rss+xml; charset=utf-8' href='../rss' title='News &amp; Pier'>"
        "<link rel='alternate home' type='application/atom+xml' href='https://other.example/atom'>"
        "<link rel=alternate type=application/feed+json href='?feed=json'>"
    )
    assert links == (
        FeedLink(url="https://quayport.example/rss", kind="rss", title="News & Pier"),
        FeedLink(url="https://other.example/atom", kind="atom", title=None),
        FeedLink(url="https://quayport.example/news/?feed=json", kind="json", title=None),
    )


def test_the_base_of_a_page_counts() -> None:
    [link] = found("<base href='https://cdn.example/x/'><link rel=alternate type=application/rss+xml href=feed>")
    assert link.url == "https://cdn.example/x/feed"


def test_what_is_no_feed_is_not_announced() -> None:
    assert (
        found(
            "<link rel=alternate hreflang=de href=/de><link rel=alternate type=text/html href=/m><link rel=stylesheet type=application/rss+xml href=/a>"
            "<link rel=alternate type=application/rss+xml><link rel=alternate type=application/rss+xml href='javascript:1'>"
            "<!-- <link rel=alternate type=application/rss+xml href=/old> --><script>'<link rel=alternate type=application/rss+xml href=/js>'</script>"
        )
        == ()
    )


def test_a_feed_announced_twice_is_one_and_thousands_are_fifty() -> None:
    link = "<link rel=alternate type=application/rss+xml href='/{}'>"
    assert len(found(link.format("a") * 2)) == 1
    assert len(found("".join(link.format(number) for number in range(3000)))) == 50


def test_a_page_without_a_head_is_no_trouble() -> None:
    assert feed_links(b"", url="https://a.example/", charset=None) == ()
    assert feed_links(b"<a " * 100_000, url="https://a.example/", charset="klingon") == ()
