"""From a sitemap to the pages that it lists for a range of time: indexes are walked level by level, politely; what came is kept in raw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tasks.answers import decoded_answer, failure_of
from tasks.capture import Failure
from tasks.core.backfill import Span
from tasks.core.feeds.asking import Fetched, Job
from tasks.core.feeds.caching import header_values
from tasks.core.feeds.records import Answer
from tasks.core.feeds.sitemaps import MAX_DEPTH, Listed, Sitemap, parse_sitemap, sitemaps_to_ask
from tasks.core.text.times import utc_time
from tasks.due import known_hosts
from tasks.fetch import Fetching
from tasks.home import Home
from tasks.poll import PollCounts, Round
from tasks.settings import Settings


@dataclass(slots=True)
class Walked:
    """What a walk found. `pages` are by sitemap; `passed` counts those outside the range of time, and the undated where there is one."""

    pages: dict[str, list[str]] = field(default_factory=dict)
    failed: list[Failure] = field(default_factory=list)
    passed: int = 0


def walk_sitemaps(home: Home, settings: Settings, url: str, span: Span) -> Walked:
    """Ask for a sitemap, and for those that it names where it is an index.

    Raises       BusyError where another process polls for this home for longer than it waits
    """
    walked = Walked()
    asked = {url}
    level = [url]
    for depth in range(MAX_DEPTH + 1):
        following: list[str] = []
        for fetched in _fetched(home, settings, level, walked):
            sitemap = _read(fetched, walked)
            if sitemap is None:
                continue
            if sitemap.is_index:
                wanted = Sitemap(is_index=True, listed=tuple(one for one in sitemap.listed if _may_list(one, span)), flags=sitemap.flags)
                more = sitemaps_to_ask(wanted, url=fetched.url, depth=depth, asked=asked)
                asked.update(more)
                following += more
            else:
                within = [one.url for one in sitemap.listed if _lies_in(one, span)]
                walked.passed += len(sitemap.listed) - len(within)
                walked.pages[fetched.url] = list(dict.fromkeys(within))
        level = following
        if not level:
            break
    return walked


def _fetched(home: Home, settings: Settings, urls: Sequence[str], walked: Walked) -> list[Fetched]:
    """Ask for some sitemaps and keep what came; in the order of the addresses."""
    answers: dict[str, Fetched] = {}
    with home.polling():
        with home.locked() as warehouse:
            hosts = known_hosts(warehouse)
        taking = Round(home, settings, hosts, PollCounts(), feeds={}, pages={})
        fetching = Fetching([Job(kind="sitemap", key=url, url=url) for url in urls], settings, hosts)
        try:
            for event in fetching.events():
                if event is not None:
                    taking.take(event)
                if isinstance(event, Fetched) and event.job is not None:
                    answers[event.job.url] = event
        finally:
            for event in fetching.stopped():
                taking.take(event)
            taking.store()
    walked.failed += [Failure(path=url, reason="postponed", detail="its host asked us to stay away") for url in urls if url not in answers]
    return [answers[url] for url in urls if url in answers]


def _read(fetched: Fetched, walked: Walked) -> Sitemap | None:
    answer = fetched.answer
    if not (isinstance(answer, Answer) and answer.status == 200):
        walked.failed.append(failure_of(fetched.url, answer, None))
        return None
    body = decoded_answer(answer)
    if body.fault:
        walked.failed.append(Failure(path=fetched.url, reason=body.fault, detail="its body cannot be decoded"))
        return None
    content_type = next(iter(header_values(answer.headers, "Content-Type")), None)
    found = parse_sitemap(body.body, url=answer.final_url, content_type=content_type, received_at=fetched.answered_at)
    if isinstance(found, Sitemap):
        return found
    walked.failed.append(Failure(path=fetched.url, reason=found.reason, detail=found.detail))
    return None


def _moments(listed: Listed) -> list[datetime]:
    return [at for one in listed.dates if (at := one.at or utc_time(one.raw)) is not None]


def _may_list(listed: Listed, span: Span) -> bool:
    """Tell whether a sitemap of an index may list a page of the range: it changed since the range began, or says nothing."""
    moments = _moments(listed)
    return not moments or span.since is None or max(moments) >= span.since


def _lies_in(listed: Listed, span: Span) -> bool:
    """Tell whether a page lies in the range by one of its dates; an undated one does where the range is open."""
    return span == Span() or any(span.holds(at) for at in _moments(listed))
