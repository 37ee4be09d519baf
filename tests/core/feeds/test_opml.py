"""Lists of feeds, in and out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.feeds import opml as module
from tasks.core.feeds.opml import FeedList, OutlinedFeed, opml_of, parse_opml
from tasks.core.feeds.records import Unparsed


def listed(body: str | bytes) -> FeedList:
    found = parse_opml(body.encode() if isinstance(body, str) else body)
    assert isinstance(found, FeedList), found
    return found


def opml(outlines: str) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?><opml version="2.0"><head><title>x</title></head><body>{outlines}</body></opml>'


def test_folders_and_categories_are_paths() -> None:
    found = listed(
        opml(
            "<outline text='News'><outline text='Local'><outline text='Pier' title='The Pier' type='rss' xmlUrl='http://pier.example/f' "
            "htmlUrl='http://pier.example/' category='/Sea/Ships, tide'/></outline></outline>"
            "<outline text='Alone' xmlurl='https://alone.example/f'/>"
        )
    )
    assert found.feeds == (
        OutlinedFeed(
            url="http://pier.example/f",
            title="The Pier",
            site_url="http://pier.example/",
            folders=(("News", "Local"), ("Sea", "Ships"), ("tide",)),
        ),
        OutlinedFeed(url="https://alone.example/f", title="Alone"),
    )


def test_a_feed_in_two_folders_is_one_feed() -> None:
    feed = "<outline text='A' xmlUrl='http://a.example/'/>"
    found = listed(opml(f"<outline text='x'>{feed}</outline><outline text='y'>{feed}</outline>"))
    assert found.feeds == (OutlinedFeed(url="http://a.example/", title="A", folders=(("x",), ("y",))),)


def test_addresses_that_are_none_are_named() -> None:
    found = listed(
        opml("".join(f"<outline text='a' xmlUrl='{url}'/>" for url in ("file:///etc/passwd", "javascript:1", "feed://a.example/f")))
    )
    assert found.refused == ("file:///etc/passwd", "javascript:1")
    assert [feed.url for feed in found.feeds] == ["http://a.example/f"]


def test_bare_ampersands_are_forgiven() -> None:
    assert listed(opml("<outline text='R&D' xmlUrl='http://a.example/?a=1&b=2&amp;c=3'/>")).feeds[0].url == "http://a.example/?a=1&b=2&c=3"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"/dev/zero", "not_opml", id="path"),
        pytest.param(b"<rss/>", "not_opml", id="feed"),
        pytest.param(b"<opml><body>", "broken_xml", id="cut"),
    ],
)
def test_what_is_no_list_says_so(body: bytes, reason: str) -> None:
    found = parse_opml(body)
    assert isinstance(found, Unparsed)
    assert found.reason == reason


def test_no_document_type_is_obeyed() -> None:
    doctype = '<!DOCTYPE opml [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
    body = opml("<outline text='&b;&x;' xmlUrl='http://a.example/'/>").replace("<opml", doctype + "<opml")
    assert listed(body).feeds[0].title == "&b;&x;"


def test_a_tower_of_folders_ends() -> None:
    found = listed(opml("<outline text='x'>" * 50_000 + "<outline text='a' xmlUrl='http://a.example/'/>" + "</outline>" * 50_000))
    assert len(found.feeds[0].folders[0]) == 20


def test_an_overlong_list_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FEEDS", 3)
    found = listed(opml("".join(f"<outline text='{number}' xmlUrl='http://a.example/{number}'/>" for number in range(9))))
    assert (len(found.feeds), found.flags) == (3, ("feeds_cut",))


WORDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12).map(str.strip).filter(bool)
PATHS = st.lists(st.lists(WORDS, min_size=1, max_size=3).map(tuple), max_size=2, unique=True).map(tuple)
FEEDS = st.lists(
    st.builds(OutlinedFeed, url=st.integers(0, 99).map("https://a.example/f?x=1&y={}".format), title=WORDS, folders=PATHS),
    max_size=6,
    unique_by=lambda feed: feed.url,
)


@given(FEEDS)
def test_a_list_comes_back_as_it_went(feeds: list[OutlinedFeed]) -> None:
    back = listed(opml_of(feeds, title="Feeds & more")).feeds
    assert {feed.url: (feed.title, set(feed.folders)) for feed in back} == {feed.url: (feed.title, set(feed.folders)) for feed in feeds}


def test_a_title_cannot_break_the_list() -> None:
    feed = OutlinedFeed(url="https://a.example/f", title="</outline>\x00\x0b'\"<&>", folders=(("<b>\ud800",),))
    assert listed(opml_of([feed], title="\x00")).feeds == (
        OutlinedFeed(url="https://a.example/f", title="</outline>'\"<&>", folders=(("<b>",),)),
    )
