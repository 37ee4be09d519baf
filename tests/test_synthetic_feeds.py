"""The feeds that never were are feeds, and their server does what servers do."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timezone

from synthetic_feeds import ENTRIES, FEEDS_PER_HOST, feed_body, feed_hosts, feed_server, feed_urls

from tasks.core.feeds.caching import validator
from tasks.core.feeds.hosts import budget_host
from tasks.core.feeds.identity import entry_ids
from tasks.core.feeds.parse import parse_feed
from tasks.core.feeds.records import Answer, ParsedFeed
from tasks.fetch_limits import FetchLimits
from tasks.http_client import http_client
from tasks.resources import tracking_parameters

NEWEST = datetime(2026, 3, 5, 8, tzinfo=timezone.utc)


def test_every_host_has_a_budget_of_its_own() -> None:
    urls = feed_urls(100)
    assert Counter(map(budget_host, urls)) == dict.fromkeys(feed_hosts(100), FEEDS_PER_HOST)


def test_every_feed_has_ten_sound_entries() -> None:
    kinds: Counter[str] = Counter()
    for url in feed_urls(25):
        media, body = feed_body(url, newest=NEWEST)
        feed = parse_feed(body, url=url, content_type=media, received_at=NEWEST)
        assert isinstance(feed, ParsedFeed)
        assert feed.flags == ()
        assert len(set(entry_ids(url, feed.entries, tracking_parameters()))) == ENTRIES
        assert all(entry.title and entry.content and entry.authors and entry.dates[0].at and not entry.flags for entry in feed.entries)
        kinds[feed.kind] += 1
    assert set(kinds) == {"rss", "atom", "json"}
    assert kinds.most_common(1)[0][0] == "rss"


def test_the_same_seed_gives_the_same_feed() -> None:
    one, other = feed_urls(1)[:2]
    assert feed_body(one, newest=NEWEST) == feed_body(one, newest=NEWEST)
    assert feed_body(one, newest=NEWEST) != feed_body(other, newest=NEWEST)


def test_the_server_gives_a_feed_once_to_who_shows_its_validator_and_tells_what_it_saw() -> None:
    url, host = feed_urls(1)[0], feed_hosts(1)[0]

    async def asked(port: int) -> list[Answer]:
        answers = []
        headers: dict[str, str] = {}
        async with http_client(contact=None, allow_hosts=[host], resolve=[f"{host}=127.0.0.1:{port}"]) as client:
            for path in (f"http://{host}/robots.txt", url, url):
                answer = await client.get(path, headers=headers, limits=FetchLimits())
                assert isinstance(answer, Answer)
                etag = validator(answer.headers, "ETag")
                headers = {"If-None-Match": etag} if etag else {}
                answers.append(answer)
        return answers

    with feed_server(1, newest=NEWEST) as server:
        answers = asyncio.run(asked(server.port))
        told, again = server.told(), server.told()
    assert [answer.status for answer in answers] == [404, 200, 304]
    assert (answers[1].body, answers[2].body) == (feed_body(url, newest=NEWEST)[1], b"")
    counts = {name: told[name] for name in ("requests", "robots", "feeds", "conditional", "doubled")}
    assert counts == {"requests": 3, "robots": 1, "feeds": 2, "conditional": 1, "doubled": 1}
    assert told["shortest_gap_s"] > 0
    assert "requests" not in again
