"""What is asked of servers, and what comes of it: the records between who decides, who asks and who stores."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tasks.core.feeds.hosts import budget_host
from tasks.core.feeds.records import Answer, Headers, HostBudget, NoAnswer, RobotsRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One thing to ask for.

    kind         feed, more (of a feed), sitemap or page
    key          what the asker knows it by
    headers      sent beside our own
    after_s      seconds from the beginning before which it does not go
    """

    kind: str
    key: str
    url: str
    headers: Headers = ()
    after_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came of a request. `answer.body` is empty: `wire` is what raw keeps.

    job          None for a robots.txt that had to be asked for first; `rules` is what it says
    asked_at     when it went, aware UTC; answered_at when all of it had come
    """

    job: Job | None
    url: str
    answer: Answer | NoAnswer
    asked_at: datetime
    answered_at: datetime
    rules: RobotsRules | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Postponed:
    """A job that did not go, for its host asked us to stay away."""

    job: Job
    until: datetime


@dataclass(slots=True)
class Hosts:
    """What is known of hosts and origins, brought up to date as answers come."""

    budgets: dict[str, HostBudget] = field(default_factory=dict)
    rules: dict[str, RobotsRules] = field(default_factory=dict)


Event = Fetched | Postponed


def asked_hosts(url: str, answer: Answer | NoAnswer) -> list[str]:
    """Return the hosts that a request spent the budgets of, redirects followed: the last is the one that answered."""
    return list(dict.fromkeys([budget_host(url), *(budget_host(hop.url) for hop in answer.hops)]))
