"""A feed looked at before it is added: is it one, may we read it, what does it give, when would it be polled. Nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from tasks.answers import decoded_answer, received_page
from tasks.core.captures import record_of
from tasks.core.errors import UsageError
from tasks.core.feeds.asking import Fetched, Hosts, Job, Postponed
from tasks.core.feeds.discovery import feed_links
from tasks.core.feeds.reading import read_feed
from tasks.core.feeds.records import Answer, FeedReading, NoAnswer, PollOutcome, PollState, Unparsed
from tasks.core.feeds.robots import robots_origin
from tasks.core.feeds.schedule import next_poll
from tasks.core.ids import id_of, iso_utc
from tasks.core.messages import FETCH_REMEDIES
from tasks.core.records import Given, Polled
from tasks.core.text.urls import is_web_url
from tasks.fetch import Fetching
from tasks.resources import tracking_parameters
from tasks.settings import Settings

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
    """Return what is found at each address, in their order; their hosts are asked as politely as when they are polled."""
    refused: dict[str, NoAnswer] = {}  # by origin: why its robots.txt could not be had
    found = {url: _bad(url, "is no http or https address", FETCH_REMEDIES["scheme"]) for url in urls if not is_web_url(url)}
    jobs = [Job(kind="feed", key=url, url=url) for url in dict.fromkeys(urls) if url not in found]
    for event in Fetching(jobs, settings, Hosts()).events():
        if isinstance(event, Postponed):
            found[event.job.key] = _bad(event.job.url, f"its host asked us to stay away until {iso_utc(event.until)}", "try again then")
        elif event is not None and event.job is not None:
            found[event.job.key] = _checked(event, event.job.url, refused)
        elif event is not None and isinstance(event.answer, NoAnswer):
            refused[robots_origin(event.url)] = event.answer
    return [found[url] for url in urls]


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


def _checked(event: Fetched, url: str, refused: Mapping[str, NoAnswer]) -> CheckedFeed:
    answer = event.answer
    if isinstance(answer, NoAnswer) and answer.reason == "robots":
        if answer.is_lasting:
            return _bad(url, answer.detail, "ask its owner")
        answer = refused.get(robots_origin(url), answer)
    if isinstance(answer, NoAnswer):
        return _bad(url, answer.detail, FETCH_REMEDIES.get(answer.reason, AT_FAULT))
    if answer.status != HTTPStatus.OK:
        return _bad(
            url, f"HTTP {answer.status}", STATUS_REMEDIES.get(answer.status, AT_FAULT if answer.status >= 500 else "check the address")
        )
    received = received_page(event, url, Given(polled=Polled(kind="feed", feed_url=url)))
    record = record_of(received, event.answered_at)
    try:
        reading = read_feed(record, tracking_parameters())
    except Exception as error:  # of which one address must not hide what is said of the others
        return _bad(url, f"its bytes cannot be read ({type(error).__name__})", "nothing of it would be stored: tell its owner, and us")
    if reading.unparsed:
        return _without_feed(url, answer, reading.unparsed)
    return _described(url, answer, reading, event.answered_at)


def _bad(url: str, what: str, remedy: str) -> CheckedFeed:
    return CheckedFeed(url=url, is_good=False, said=f"{what}; {remedy}")


def _without_feed(url: str, answer: Answer, why: Unparsed) -> CheckedFeed:
    links = tuple(link.url for link in feed_links(decoded_answer(answer).body, url=answer.final_url, charset=None))
    remedy = "give the address of an RSS, Atom or JSON feed, or of a sitemap"
    if links:
        remedy = f"it names {len(links)} feeds, the first {links[0]}: add that, or give the page to `copydesk feeds add --discover`"
    return CheckedFeed(url=url, is_good=False, said=f"{why.detail}; {remedy}", feeds=links)


def _described(url: str, answer: Answer, reading: FeedReading, now: datetime) -> CheckedFeed:
    feed = reading.feed
    assert feed is not None
    plan = next_poll(PollState(url=url), PollOutcome(answer=answer, feed=reading.window), feed_id=id_of("feed", url), now=now)
    dated = sum(any(candidate.at for candidate in entry.dates) for entry in feed.entries)
    moved = f", read at {answer.final_url}" if answer.final_url != url else ""
    flags = f"; odd: {', '.join(feed.flags)}" if feed.flags else ""
    said = f"{feed.kind}, {feed.title or 'without a title'}: {len(feed.entries)} entries, {dated} dated{moved}; {plan.why}{flags}"
    return CheckedFeed(url=url, is_good=True, said=said, next_poll_at=plan.next_poll_at)
