"""One budget a host, over feeds, pages and robots.txt: when the next request may go."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.feeds.caching import MAX_RETRY_S
from tasks.core.feeds.hosts import MAX_CLOSURE_S, MAX_CRAWL_DELAY_S, after_answer, after_request, budget_host, closed_until, host_gap_s
from tasks.core.feeds.records import Answer, HostBudget, NoAnswer

NOW = datetime(2026, 3, 17, 8, 0, tzinfo=timezone.utc)
HOST = HostBudget(host="a.example")


def answered(status: int, *headers: tuple[str, str]) -> Answer:
    url = "https://a.example/feed"
    return Answer(url=url, final_url=url, hops=(), status=status, headers=headers, wire=b"", body=b"", took_s=0.1)


HOSTS = {
    "a name below one owner": ("https://feeds.news.example.co.uk/rss", "example.co.uk"),
    "another of the same": ("http://www.example.co.uk:8080/robots.txt", "example.co.uk"),
    "a blog of its own on a shared host": ("https://one.blogspot.com/feed", "one.blogspot.com"),
    "an address": ("http://192.0.2.7:8080/feed", "192.0.2.7"),
    "an address of the sixth version": ("http://[2001:db8::7]/feed", "2001:db8::7"),
    "a name without dots": ("http://localhost:8080/", "localhost"),
}


@pytest.mark.parametrize(("url", "host"), HOSTS.values(), ids=HOSTS)
def test_a_budget_belongs_to_what_one_owner_holds(url: str, host: str) -> None:
    assert budget_host(url) == host


def test_the_host_asks_for_more_between_two_requests_by_its_crawl_delay() -> None:
    assert host_gap_s(5, crawl_delay_s=0) == 5
    assert host_gap_s(5, crawl_delay_s=30) == 30
    assert host_gap_s(5, crawl_delay_s=86_400) == MAX_CRAWL_DELAY_S
    assert host_gap_s(90, crawl_delay_s=86_400) == 90


@pytest.mark.parametrize("status", [429, 503])
def test_a_retry_after_closes_the_whole_host(status: int) -> None:
    closed = after_answer(HOST, answered(status, ("Retry-After", "7200")), now=NOW)
    assert closed_until(closed, now=NOW) == NOW + timedelta(hours=2)


@pytest.mark.parametrize("status", [200, 304, 404, 500, 410])
def test_any_other_answer_leaves_it_open(status: int) -> None:
    assert closed_until(after_answer(HOST, answered(status, ("Retry-After", "7200")), now=NOW), now=NOW) is None


def test_a_closure_outlasts_the_good_answer_to_a_request_that_was_under_way() -> None:
    closed = after_answer(HOST, answered(429, ("Retry-After", "7200")), now=NOW)
    later = after_answer(closed, answered(200), now=NOW + timedelta(seconds=1))
    assert later.refusals == 0
    assert closed_until(later, now=NOW) == NOW + timedelta(hours=2)


def test_a_closure_is_not_shortened_by_a_shorter_one() -> None:
    closed = after_answer(HOST, answered(429, ("Retry-After", "7200")), now=NOW)
    assert closed_until(after_answer(closed, answered(503, ("Retry-After", "60")), now=NOW), now=NOW) == NOW + timedelta(hours=2)


def test_refusals_without_a_time_close_it_for_twice_as_long_each_time() -> None:
    budget, waits = HOST, []
    for _ in range(40):
        budget = after_answer(budget, answered(503), now=NOW)
        until = closed_until(budget, now=NOW)
        assert until is not None
        waits.append((until - NOW).total_seconds())
    assert waits[:4] == [300, 600, 1200, 2400]
    assert waits[-1] == MAX_CLOSURE_S


def test_no_answer_says_nothing_of_the_host() -> None:
    silent = NoAnswer(url="https://a.example/", reason="timeout", detail="30 s")
    assert after_answer(HOST, silent, now=NOW) == HOST


EVENTS = st.lists(st.tuples(st.sampled_from([200, 304, 404, 429, 500, 503]), st.integers(0, 10**7), st.integers(0, 7200)), max_size=20)


@given(EVENTS)
def test_a_host_is_closed_until_the_latest_time_that_it_named(events: list[tuple[int, int, int]]) -> None:
    budget, now, named = HOST, NOW, NOW
    for status, retry_s, passed_s in events:
        budget = after_answer(after_request(budget, at=now), answered(status, ("Retry-After", str(retry_s))), now=now)
        if status in (429, 503):
            named = max(named, now + timedelta(seconds=min(retry_s, 30 * 86_400)))
        assert (closed_until(budget, now=now) or now) == max(now, named)
        now += timedelta(seconds=passed_s)


def test_a_closure_noted_by_a_clock_that_was_years_ahead_closes_nothing() -> None:
    then = NOW + timedelta(days=5_000)
    ahead = after_answer(HOST, answered(503, ("Retry-After", "3600")), now=then)
    assert closed_until(ahead, now=then) == then + timedelta(hours=1)
    assert closed_until(ahead, now=NOW) is None
    again = after_answer(ahead, answered(503, ("Retry-After", "99999999")), now=NOW)
    assert closed_until(again, now=NOW) == NOW + timedelta(seconds=MAX_RETRY_S)
