"""What becomes of what servers answered: bodies that are new go to raw, plans and our own doings into the warehouse.

Raw first: a segment is durable before any row speaks of it. The validators of a body that is new are not stored here but by the drain,
in the transaction of its entries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic

from tasks.answers import failure_of, in_time, poll_row, polled_as, received, received_page
from tasks.capture import Failure
from tasks.core.feeds.asking import Event, Fetched, Hosts, Job, Postponed, asked_hosts
from tasks.core.feeds.records import Answer, NoAnswer, PollOutcome, RobotsRules, Unparsed
from tasks.core.feeds.schedule import earliest_poll, next_poll, same_window
from tasks.core.ids import iso_utc, payload_digest
from tasks.core.records import Declined, Given, Received, Reject
from tasks.drained import known_inputs
from tasks.due import HOST_COLUMNS, ROBOTS_COLUMNS, DueFeed, WaitingPage
from tasks.home import Home
from tasks.points import reached
from tasks.poll_states import PlannedFeed, planned, store_states
from tasks.raw import begin_segment, commit_segment, drop_segment
from tasks.settings import Settings
from tasks.steps import step

GROUP_S = 10.0  # seconds after which answers are stored: what a kill loses has to be asked for again
GROUP_ANSWERS = 2_000
GROUP_BYTES = 64 << 20
MAX_TRIES = 5  # of a page that fails for what time may cure
FIRST_RETRY = timedelta(minutes=10)  # doubled with every try: the fifth comes after two and a half hours
CURABLE = frozenset({408, 425, 429})  # 4xx that are no word on the page itself

Row = dict[str, object]


@dataclass
class PollCounts:
    """What a round of polling did.

    feeds_new    that brought a body that is new; feeds_unchanged: HTTP 304, or the body that is known
    pages_later  that failed for what time may cure; pages_failed: given up
    requests     that were sent, for robots.txt too
    failed       feeds and pages that could not be had, or are no feeds
    """

    feeds_due: int = 0
    feeds_new: int = 0
    feeds_unchanged: int = 0
    feeds_failed: int = 0
    pages_fetched: int = 0
    pages_later: int = 0
    pages_failed: int = 0
    requests: int = 0
    failed: list[Failure] = field(default_factory=list)


class Round:
    """Takes answers as they come, and stores them by the group."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        hosts: Hosts,
        counts: PollCounts,
        *,
        feeds: Mapping[str, DueFeed],
        pages: Mapping[str, WaitingPage],
        partition_id: str | None = None,
    ) -> None:
        self._home = home
        self._settings = settings
        self._hosts = hosts
        self._counts = counts
        self._feeds = feeds
        self._pages = pages
        self._partition_id = partition_id
        self._begin()

    def _begin(self) -> None:
        self._items: list[Received | Declined] = []
        self._robots: list[Received] = []
        self._states: dict[str, PlannedFeed] = {}  # by feed
        self._polls: list[Row] = []
        self._rules: dict[str, RobotsRules] = {}  # by origin
        self._tries: dict[str, Row | None] = {}
        self._touched: set[str] = set()
        self._bytes = 0
        self._since = monotonic()

    def take(self, event: Event) -> None:
        """Note what came of a request, and of a job that did not go."""
        if isinstance(event, Postponed):
            self._postpone(event)
            return
        is_new_body = self._settled(event)
        self._touched |= set(asked_hosts(event.url, event.answer))
        self._polls.append(poll_row(event, self._feed_id(event.job), is_new_body=is_new_body))
        self._counts.requests += not (isinstance(event.answer, NoAnswer) and event.answer.reason == "robots" and not event.answer.hops)
        self._bytes += len(event.answer.wire) if isinstance(event.answer, Answer) else 0

    @property
    def is_due(self) -> bool:
        """Whether what was taken should be stored now."""
        is_full = len(self._polls) >= GROUP_ANSWERS or self._bytes >= GROUP_BYTES
        return bool(self._polls) and (is_full or monotonic() - self._since >= GROUP_S)

    def store(self) -> int | None:
        """Make what was taken durable, raw first; return the number of the segment, None where nothing went to raw."""
        if not (self._polls or self._states):
            return None
        self._items.sort(key=in_time)  # answers that came at once have an order that does not vary
        segment = _store_raw(self._home, self._settings, self._items, self._robots, self._partition_id)
        reached("poll.kept")
        with self._home.locked() as warehouse, warehouse.transaction():
            store_states(warehouse, list(self._states.values()))
            warehouse.insert("polls", self._polls)
            budgets = [self._hosts.budgets[host] for host in sorted(self._touched) if host in self._hosts.budgets]
            warehouse.put("hosts", "host", [{name: getattr(budget, name) for name in HOST_COLUMNS} for budget in budgets])
            warehouse.put("robots", "origin", [{name: getattr(one, name) for name in ROBOTS_COLUMNS} for one in self._rules.values()])
            warehouse.put("page_tries", "page_id", [row for row in self._tries.values() if row], gone=list(self._tries))
        reached("poll.stored")
        self._begin()
        return segment

    def _feed_id(self, job: Job | None) -> str | None:
        if job is None or job.kind == "sitemap":
            return None
        return self._pages[job.key].feed_id if job.kind == "page" else job.key

    def _postpone(self, event: Postponed) -> None:
        due = self._feeds.get(event.job.key)
        if due is None or event.job.kind != "feed":
            return
        why = f"its host asked us to stay away until {iso_utc(event.until)}"
        self._states[due.feed_id] = PlannedFeed(
            feed_id=due.feed_id, state=due.state, next_poll_at=event.until, not_before=event.until, why_then=why
        )

    def _settled(self, event: Fetched) -> bool:
        """Decide what becomes of an answer; tell whether its body goes to raw."""
        if event.job is None:
            return self._settle_robots(event)
        if event.job.kind == "page":
            return self._settle_page(event, self._pages[event.job.key])
        if event.job.kind == "sitemap":
            return self._settle_sitemap(event)
        if event.job.kind == "more":
            return self._settle_more(event, self._feeds[event.job.key])
        return self._settle_feed(event, self._feeds[event.job.key])

    def _settle_robots(self, event: Fetched) -> bool:
        if event.rules:
            self._rules[event.rules.origin] = event.rules
        if not (isinstance(event.answer, Answer) and event.answer.status == 200):
            return False
        self._robots.append(received(event, event.url, Given(polled=polled_as("robots", None, event.answer))))
        return True

    def _settle_feed(self, event: Fetched, due: DueFeed) -> bool:
        answer = event.answer
        outcome = PollOutcome(answer=answer)
        if isinstance(answer, Answer) and answer.status == 200:
            if payload_digest(answer.wire) != due.digest:
                self._counts.feeds_new += 1
                self._items.append(received(event, due.url, Given(polled=polled_as("feed", due.url, answer))))
                return True
            known = Unparsed(reason=due.reason, detail="the same body as before") if due.reason else same_window(due.state)
            outcome = PollOutcome(answer=answer, feed=known)
        if isinstance(answer, Answer) and answer.status in (200, 304) and not due.reason:
            self._counts.feeds_unchanged += 1
        else:
            self._counts.feeds_failed += 1
            self._counts.failed.append(failure_of(due.url, answer, due.reason))
        plan = next_poll(due.state, outcome, feed_id=due.feed_id, now=event.answered_at)
        self._states[due.feed_id] = planned(due.feed_id, plan, not_before=earliest_poll(answer, now=event.answered_at))
        return False

    def _settle_more(self, event: Fetched, due: DueFeed) -> bool:
        if not (isinstance(event.answer, Answer) and event.answer.status == 200):
            return False
        self._items.append(received(event, event.url, Given(polled=polled_as("feed", due.url, event.answer))))
        return True

    def _settle_sitemap(self, event: Fetched) -> bool:
        """Keep a sitemap that is walked: as it is, nobody reads it again."""
        if not (isinstance(event.answer, Answer) and event.answer.status == 200):
            return False
        self._items.append(received(event, event.url, Given(polled=polled_as("sitemap", None, event.answer))))
        return True

    def _settle_page(self, event: Fetched, page: WaitingPage) -> bool:
        """Take a page, or try it again later, or give it up with its reason."""
        answer = event.answer
        if isinstance(answer, Answer) and answer.status < 500 and answer.status not in CURABLE:
            self._counts.pages_fetched += 1
            self._tries[page.page_id] = None
            self._items.append(received_page(event, page.url, page.given))
            return True
        failure = failure_of(page.url, answer, None)
        tries = page.tries + 1
        if tries < MAX_TRIES and not (isinstance(answer, NoAnswer) and answer.is_lasting):
            self._counts.pages_later += 1
            next_try_at = event.answered_at + FIRST_RETRY * 2 ** (tries - 1)
            why = f"{failure.reason}: {failure.detail}"
            self._tries[page.page_id] = {"page_id": page.page_id, "tries": tries, "next_try_at": next_try_at, "why": why}
            return False
        self._tries[page.page_id] = None
        reject = Reject(stage="fetch", reason=failure.reason, detail=failure.detail, url=page.url)
        self._items.append(Declined(target_uri=page.url, reject=reject))
        if failure.reason != "robots":  # which is a result, like a page that the gate refuses
            self._counts.pages_failed += 1
            self._counts.failed.append(failure)
        return False


@step("store answers")
def _store_raw(
    home: Home, settings: Settings, items: Sequence[Received | Declined], robots: Sequence[Received], partition_id: str | None
) -> int | None:
    """Put what is new into a segment; a robots.txt only where it says something else than before."""
    now = settings.clock()
    if robots:
        with home.locked() as warehouse:
            known = known_inputs(warehouse, robots, now)
        items = [*items, *(one for one, is_known in zip(robots, known, strict=True) if not is_known)]
    if not items:
        return None
    writer = begin_segment(home, now, partition_id=partition_id)
    try:
        for item in items:
            writer.add(item)
    except BaseException:
        drop_segment(writer)
        raise
    return commit_segment(writer)
