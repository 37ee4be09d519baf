"""The budget of a host: one for all its feeds, pages and its robots.txt.

Knows what a host asks of us, and what a request to it changes; the gap between two requests is kept where they are sent (tasks/host_turns.py). It does not know which addresses a name has: a host is what one owner holds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from tasks.core.feeds.caching import MAX_RETRY_S, retry_after_s
from tasks.core.feeds.records import Answer, HostBudget, NoAnswer
from tasks.core.text.urls import site_of

CLOSING = frozenset({429, 503})  # answers that speak for the whole host: RFC 6585 section 4, RFC 9110 section 15.6.4
FIRST_CLOSURE_S = {429: 3_600, 503: 300}  # without a Retry-After: 429 is meant for us, 503 is most often over in minutes
MAX_CLOSURE_S = 86_400
MAX_CRAWL_DELAY_S = 60.0  # robots.txt asking for more: a page a minute still leaves 1,440 a day


@lru_cache(maxsize=1_024)  # a request asks for it half a dozen times until its answer is stored
def budget_host(url: str) -> str:
    """Return the host whose budget a request spends: the registrable domain, or the address as the URL gives it."""
    return site_of(url)


def host_gap_s(gap_s: float, *, crawl_delay_s: float) -> float:
    """Return the seconds between two requests to a host: ours, or what its robots.txt asks for, up to MAX_CRAWL_DELAY_S."""
    return max(gap_s, min(crawl_delay_s, MAX_CRAWL_DELAY_S))


def closed_until(budget: HostBudget, *, now: datetime) -> datetime | None:
    """Return until when the host asked us to stay away, None where it may be asked now.

    What lies further away than any host may ask for was noted by a clock that was ahead.
    """
    until = budget.closed_until
    return until if until is not None and now < until <= now + timedelta(seconds=MAX_RETRY_S) else None


def after_request(budget: HostBudget, *, at: datetime) -> HostBudget:
    """Return the budget once a request goes at `at`."""
    return replace(budget, sent_at=max(at, budget.sent_at or at))


def after_answer(budget: HostBudget, answer: Answer | NoAnswer, *, now: datetime) -> HostBudget:
    """Return the budget once an answer had come at `now`: 429 and 503 close the host, any other answer opens it for the next time.

    A closure is never shortened by a later answer. No answer says nothing of the host's will.
    """
    if isinstance(answer, NoAnswer):
        return budget
    if answer.status not in CLOSING:
        return replace(budget, refusals=0)
    asked_s = retry_after_s(answer.headers, now=now)
    doubled_s = min(FIRST_CLOSURE_S[answer.status] << min(budget.refusals, 20), MAX_CLOSURE_S)
    until = now + timedelta(seconds=doubled_s if asked_s is None else asked_s)
    return replace(budget, closed_until=max(until, closed_until(budget, now=now) or until), refusals=budget.refusals + 1)
