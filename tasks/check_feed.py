"""A feed looked at before it is added: is it one, may we read it, what does it give, when would it be polled. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks.core.errors import UsageError
from tasks.core.feeds.discovery import feed_links
from tasks.core.feeds.parse import parse_feed
from tasks.core.feeds.records import Answer, NoAnswer, ParsedFeed, PollOutcome, PollState, Unparsed
from tasks.core.feeds.robots import is_allowed, robots_origin, robots_rules
from tasks.core.feeds.schedule import next_poll, window_of
from tasks.core.ids import id_of
from tasks.core.messages import FETCH_REMEDIES
from tasks.fetch_limits import FetchLimits
from tasks.http_client import Client, http_client
from tasks.settings import Settings

LIMITS = FetchLimits(total_s=30.0, idle_s=10.0)
AT_FAULT = "the server is at fault: try again later, or tell its owner"
STATUS_REMEDIES = {
    401: "it wants a login, which Copydesk has none for",
    403: "the server refuses us: ask its owner",
    404: "check the path",
    410: "it is gone for good",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedFeed:
    """What a check says of one address.

    said         one line: what it is, or what is wrong and what to do
    feeds        addresses of feeds that it names, where it is a page
    next_poll_at when it would be polled next, had it been polled now; None where it would not
    """

    url: str
    is_good: bool
    said: str
    feeds: tuple[str, ...] = ()
    next_poll_at: datetime | None = None


def check_feeds(urls: Sequence[str], settings: Settings) -> list[CheckedFeed]:
    """Return what is found at each address, in their order, asked one after the other."""
    return asyncio.run(_checked(urls, settings))


def announced_feeds(pages: Sequence[str], settings: Settings) -> list[str]:
    """Return the main feed that each page announces, or the address itself where it is a feed.

    Raises       UsageError for a page that announces none, or cannot be had; nothing is returned then
    """
    urls = []
    for found in check_feeds(pages, settings):
        if not (found.is_good or found.feeds):
            raise UsageError(f"{found.url}: {found.said}")
        urls.append(found.url if found.is_good else found.feeds[0])
    return urls


async def _checked(urls: Sequence[str], settings: Settings) -> list[CheckedFeed]:
    async with http_client(contact=settings.contact, allow_hosts=settings.allow_hosts, resolve=settings.resolve) as client:
        return [await _check(client, url, settings) for url in urls]


async def _check(client: Client, url: str, settings: Settings) -> CheckedFeed:
    origin = robots_origin(url)
    rules = robots_rules(origin, await client.get(f"{origin}/robots.txt", limits=LIMITS), now=settings.clock())
    if rules.access == "rules" and not is_allowed(rules, url):
        return CheckedFeed(url=url, is_good=False, said="its robots.txt does not let us read it; ask its owner")
    answer = await client.get(url, limits=LIMITS)
    if isinstance(answer, NoAnswer):
        return CheckedFeed(url=url, is_good=False, said=f"{answer.detail}; {FETCH_REMEDIES.get(answer.reason, AT_FAULT)}")
    if answer.status != 200:
        remedy = STATUS_REMEDIES.get(answer.status, AT_FAULT if answer.status >= 500 else "check the address")
        return CheckedFeed(url=url, is_good=False, said=f"HTTP {answer.status}; {remedy}")
    found = parse_feed(answer.body, url=answer.final_url, content_type=_content_type(answer), received_at=settings.clock())
    return _without_feed(url, answer, found) if isinstance(found, Unparsed) else _described(url, answer, found, settings.clock())


def _content_type(answer: Answer) -> str | None:
    return next((value for name, value in answer.headers if name.lower() == "content-type"), None)


def _without_feed(url: str, answer: Answer, found: Unparsed) -> CheckedFeed:
    links = tuple(link.url for link in feed_links(answer.body, url=answer.final_url, charset=None))
    remedy = f"it is a page that names {len(links)} feeds: {links[0]}" if links else "give the address of an RSS, Atom or JSON feed"
    return CheckedFeed(url=url, is_good=False, said=f"{found.detail}; {remedy}", feeds=links)


def _described(url: str, answer: Answer, feed: ParsedFeed, now: datetime) -> CheckedFeed:
    plan = next_poll(PollState(url=url), PollOutcome(answer=answer, feed=window_of(feed, now=now)), feed_id=id_of("feed", url), now=now)
    dated = sum(any(candidate.at for candidate in entry.dates) for entry in feed.entries)
    moved = f", read at {answer.final_url}" if answer.final_url != url else ""
    flags = f"; odd: {', '.join(feed.flags)}" if feed.flags else ""
    said = f"{feed.kind}, {feed.title or 'without a title'}: {len(feed.entries)} entries, {dated} dated{moved}; {plan.why}{flags}"
    return CheckedFeed(url=url, is_good=True, said=said, next_poll_at=plan.next_poll_at)
