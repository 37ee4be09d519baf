"""The demo newsroom as it is served: what its feeds announce, and how its server answers."""

from __future__ import annotations

import asyncio
import csv
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tasks.core.feeds.opml import FeedList, OutlinedFeed, parse_opml
from tasks.core.feeds.parse import parse_feed
from tasks.core.feeds.plain import plain_text
from tasks.core.feeds.records import Answer, Entry, ParsedFeed
from tasks.core.feeds.robots import is_allowed, robots_origin, robots_rules
from tasks.core.text.urls import normalized_url, site_of
from tasks.demo_newsroom import MOMENTS, Document, Newsroom, documents_at, served_newsroom
from tasks.fetch_limits import FetchLimits
from tasks.http_client import http_client
from tasks.resources import tracking_parameters

DEMO = Path(__file__).resolve().parents[1] / "seeds" / "demo"
LIMITS = FetchLimits(total_s=20, idle_s=20)
TAKEN_DOWN = "http://pagehopper.example/p/9f3c4"  # announced at noon, and not there
FEED = "http://www.saltmerestandard.example/rss.xml"  # which never changes
LIVE = "http://www.sevenshores.example/feed.json"  # which changes at noon


def table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((DEMO / name).read_text("utf-8").splitlines()))


def outlined() -> tuple[OutlinedFeed, ...]:
    found = parse_opml((DEMO / "feeds.opml").read_bytes())
    assert isinstance(found, FeedList)
    assert found.refused == ()
    return found.feeds


FEEDS = outlined()


def key(url: str) -> str:
    return normalized_url(url, tracking_parameters())


def document_of(url: str, moment: str) -> Document | None:
    parts = urlsplit(url)
    return documents_at(DEMO, moment).get((parts.netloc, parts.path + (f"?{parts.query}" if parts.query else "")))


def feed_of(url: str, moment: str) -> ParsedFeed:
    document = document_of(url, moment)
    assert document, url
    found = parse_feed(document.body, url=url, content_type=document.media_type, received_at=MOMENTS[moment])
    assert isinstance(found, ParsedFeed), found
    return found


def entries_at(moment: str) -> list[Entry]:
    return [entry for feed in FEEDS for entry in feed_of(feed.url, moment).entries]


def said(entry: Entry) -> tuple[object, ...]:
    return (entry.url, entry.title, entry.summary, entry.content, [date.raw for date in entry.dates])


def announced(moment: str) -> list[str]:
    """Return the addresses of a moment's entries that say something new."""
    known = [said(entry) for earlier in MOMENTS if earlier < moment for entry in entries_at(earlier)]
    return [str(entry.url) for entry in entries_at(moment) if said(entry) not in known]


def answers(room: Newsroom, *asked: tuple[str, dict[str, str]], hosts: Sequence[str] = ()) -> list[Answer]:
    async def ask() -> list[Answer]:
        elsewhere = [f"{host}=127.0.0.1:{room.port}" for host in hosts]
        async with http_client(contact=None, allow_hosts=[*room.hosts, *hosts], resolve=[*room.resolve, *elsewhere]) as client:
            got = [await client.get(url, headers=headers, limits=LIMITS) for url, headers in asked]
        assert all(isinstance(answer, Answer) for answer in got), got
        return [answer for answer in got if isinstance(answer, Answer)]

    return asyncio.run(ask())


def validators(answer: Answer) -> dict[str, str]:
    named = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return {named[name.lower()]: value for name, value in answer.headers if name.lower() in named}


# what the feeds say


def test_every_outlet_has_one_feed_on_its_own_site_under_its_own_name() -> None:
    assert {site_of(feed.url): feed.title for feed in FEEDS} == {row["site"]: row["outlet"] for row in table("outlets.csv")}
    assert len(FEEDS) == len(table("outlets.csv"))


def test_feeds_are_of_every_kind() -> None:
    kinds = Counter(feed_of(feed.url, "1-morning").kind for feed in FEEDS)
    assert kinds == {"rss": 5, "atom": 3, "json": 2, "rdf": 1}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("url", [feed.url for feed in FEEDS])
def test_a_feed_reads_without_a_fault(url: str, moment: str) -> None:
    feed = feed_of(url, moment)
    assert feed.flags == ()
    assert all((feed.title, feed.site_url, feed.entries))
    assert feed.self_url in (None, url)
    for entry in feed.entries:
        assert all((entry.title, entry.content))
        assert site_of(str(entry.url)) == site_of(url)
        assert str(entry.url).startswith("http://"), "the newsroom is served without TLS"
        assert set(entry.flags) <= {"no_guid"}
        assert all(date.at is None or date.at <= MOMENTS[moment] for date in entry.dates)


def test_a_moment_announces_the_pages_that_are_captured_at_it() -> None:
    for moment in MOMENTS:
        captured = Counter(key(row["url"]) for row in table("expected.csv") if row["moment"] == moment)
        missing = {key(TAKEN_DOWN): 1} if moment == "2-noon" else {}
        assert Counter(map(key, announced(moment))) == captured + Counter(missing), moment


def test_one_announced_page_is_not_there() -> None:
    assert [url for moment in MOMENTS for url in announced(moment) if document_of(url, moment) is None] == [TAKEN_DOWN]


def test_a_page_is_announced_with_the_parameters_of_a_newsletter() -> None:
    tracked = [row["url"].replace("https:", "http:", 1) for row in table("expected.csv") if "utm_" in row["url"]]
    assert [url for url in announced("2-noon") if "utm_" in url] == tracked


def test_an_undated_page_is_undated_in_its_feed_too() -> None:
    undated = {entry.url for moment in MOMENTS for entry in entries_at(moment) if not entry.dates}
    assert undated == {"http://pagehopper.example/p/9f3d8", TAKEN_DOWN, "http://pagehopper.example/t/trains"}


def test_one_paper_gives_its_full_text() -> None:
    full = {}
    for entry in entries_at("3-evening"):
        document = document_of(str(entry.url), "3-evening")
        page = re.sub(r"\s+", " ", plain_text((document.body if document else b"").decode(), is_html=True))
        words = (plain_text(entry.content or "", is_html=entry.content_is_html) or "").split()
        if len(words) > 200:
            full[site_of(str(entry.url))] = " ".join(words[-20:]) in page
    assert full == {"tarnvalleytimes.example": True}


def test_the_feed_has_words_for_the_pages_that_are_refused() -> None:
    refused = {key(row["url"]): row["reason"] for row in table("expected.csv") if row["reason"]}
    told = {key(str(entry.url)): entry.content for moment in MOMENTS for entry in entries_at(moment) if key(str(entry.url)) in refused}
    assert told.keys() == refused.keys()
    assert "sang the rest of the evening standing in the aisle" in str(next(text for url, text in told.items() if "tenor" in url))


# how the server answers


def test_a_feed_that_has_not_changed_answers_304_at_later_moments() -> None:
    with served_newsroom(DEMO, "1-morning") as room:
        [first] = answers(room, (FEED, {}))
    assert first.status == 200
    assert set(validators(first)) == {"If-None-Match", "If-Modified-Since"}
    for moment in MOMENTS:
        with served_newsroom(DEMO, moment) as room:
            found = answers(room, (FEED, validators(first)), *((FEED, {name: value}) for name, value in validators(first).items()))
        assert [(answer.status, answer.wire, validators(answer)) for answer in found] == [(304, b"", validators(first))] * 3


def test_a_feed_that_has_changed_answers_with_its_new_state() -> None:
    with served_newsroom(DEMO, "1-morning") as room:
        [first] = answers(room, (LIVE, {}))
    with served_newsroom(DEMO, "2-noon") as room:
        found = answers(room, (LIVE, validators(first)), *((LIVE, {name: value}) for name, value in validators(first).items()))
    assert [answer.status for answer in found] == [200] * 3
    assert found[0].body != first.body
    assert not set(validators(found[0]).values()) & set(validators(first).values())


def test_an_entity_tag_goes_before_a_date() -> None:
    with served_newsroom(DEMO, "1-morning") as room:
        [first] = answers(room, (FEED, {}))
        [other] = answers(room, (FEED, validators(first) | {"If-None-Match": '"another"'}))
        [listed] = answers(room, (FEED, {"If-None-Match": f'"another", {validators(first)["If-None-Match"]}'}))
    assert (other.status, listed.status) == (200, 304)


def test_dates_are_those_of_the_newsroom() -> None:
    with served_newsroom(DEMO, "2-noon") as room:
        [answer] = answers(room, (LIVE, {}))
    assert dict(answer.headers)["Date"] == dict(answer.headers)["Last-Modified"] == "Tue, 17 Mar 2026 11:30:00 GMT"


def test_every_page_of_a_moment_is_served_as_it_then_was() -> None:
    for moment in MOMENTS:
        urls = [url for url in announced(moment) if url != TAKEN_DOWN]
        with served_newsroom(DEMO, moment) as room:
            got = answers(room, *((url, {}) for url in urls))
        assert {answer.status for answer in got} == {200}
        assert Counter(answer.body for answer in got) == Counter(page.read_bytes() for page in (DEMO / moment).rglob("*.html"))


def test_what_is_not_there_is_not_found() -> None:
    asked = (
        TAKEN_DOWN,
        "http://elsewhere.example/",
        "http://pagehopper.example/robots.txt",
        "http://www.portellerypacket.example/news/story.php",
    )
    with served_newsroom(DEMO, "2-noon") as room:
        got = answers(room, *((url, {}) for url in asked), hosts=["elsewhere.example"])
    assert [answer.status for answer in got] == [404] * len(asked)


def test_later_pages_are_not_there_yet() -> None:
    [url] = [url for url in announced("3-evening") if "central-bank" in url]
    with served_newsroom(DEMO, "2-noon") as noon, served_newsroom(DEMO, "3-evening") as evening:
        assert [answers(room, (url, {}))[0].status for room in (noon, evening)] == [404, 200]


def test_robots_let_us_read_feeds_and_pages() -> None:
    urls = [feed.url for feed in FEEDS] + [url for moment in MOMENTS for url in announced(moment)]
    origins = sorted({robots_origin(url) for url in urls})
    with served_newsroom(DEMO, "1-morning") as room:
        got = answers(room, *((f"{origin}/robots.txt", {}) for origin in origins))
    rules = {origin: robots_rules(origin, answer, now=MOMENTS["1-morning"]) for origin, answer in zip(origins, got, strict=True)}
    assert Counter(rule.access for rule in rules.values()) == {"rules": 4, "all": 7}
    assert [url for url in urls if not is_allowed(rules[robots_origin(url)], url)] == []
    assert {rule.crawl_delay_s for rule in rules.values()} == {0.0}


def test_the_port_is_free_again_when_the_newsroom_closes() -> None:
    with served_newsroom(DEMO, "1-morning") as room, served_newsroom(DEMO, "1-morning") as other:
        assert room.port != other.port
    with pytest.raises(AssertionError, match="refused"):
        answers(room, (FEED, {}))
