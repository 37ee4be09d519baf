"""Asking many servers as a guest whom nobody bans: one request at a time to a host, robots.txt first, a gap between any two.

The requests go from a thread of their own; what comes of them is taken from it one after the other. Knows no warehouse: what was
known of hosts and origins is given, what was learnt comes back with the answers.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TypeVar

from tasks.core.feeds.addresses import Refusal, canonical_host, request_target
from tasks.core.feeds.asking import Event, Fetched, Hosts, Job, Postponed
from tasks.core.feeds.hosts import budget_host, host_gap_s
from tasks.core.feeds.records import Answer, Headers, NoAnswer, RobotsRules
from tasks.core.feeds.robots import MAX_BYTES, is_allowed, is_current, robots_origin, robots_rules
from tasks.fetch_limits import FetchLimits
from tasks.host_turns import HostTurns
from tasks.http_client import Client, Refused, http_client
from tasks.settings import Settings
from tasks.ticks import Ticks

CONCURRENT = 200  # requests under way, and as many for robots.txt: well below the 1,024 files that a process may open by default
CLAIMED = 1_000  # jobs that are announced together before they go: the warehouse is opened for each, 5 ms of processor time
HELD_BYTES = 32 << 20  # bytes of answers that wait to be taken; beyond it nobody is asked
LIMITS = FetchLimits()
ROBOTS_LIMITS = FetchLimits(total_s=30.0, idle_s=10.0, wire_bytes=MAX_BYTES + 1, body_bytes=MAX_BYTES + 1)

T = TypeVar("T")


class Fetching:
    """Asks for jobs from a thread of its own. One worker a host; a worker ends with the last job of its host.

    claim        called with jobs before any of them goes, from that thread
    """

    def __init__(
        self, jobs: Sequence[Job], settings: Settings, hosts: Hosts, *, claim: Callable[[Sequence[Job]], None] | None = None
    ) -> None:
        self._jobs = sorted(jobs, key=lambda job: job.after_s)
        self._settings = settings
        self._hosts = hosts
        self._claim = claim
        self._trusted = frozenset(canonical_host(host) for host in settings.allow_hosts) - {""}
        self._queue: queue.SimpleQueue[Event | BaseException | None] = queue.SimpleQueue()
        self._left = len(jobs)
        self._brought = 0  # bytes of answers, counted by the thread that asks
        self._taken = 0  # and by the one that takes them
        self._waiting: dict[str, deque[Job]] = {}
        self._origins: dict[str, asyncio.Lock] = {}  # whose robots.txt is asked for by one at a time
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._is_stopped = False
        self._thread = threading.Thread(target=self._run_thread, name="fetch", daemon=True)
        self.sent: set[str] = set()  # keys of jobs that went, or are under way

    def events(self) -> Iterator[Event | None]:
        """Yield what comes of the jobs, and None about once a second while nothing comes.

        Raises       whatever `claim` raises; OSError where this machine has no more files or memory
        """
        self._thread.start()
        while self._left:
            try:
                event = self._queue.get(timeout=1.0)
            except queue.Empty:
                yield None
                continue
            if isinstance(event, BaseException):
                raise event
            if event is None:
                return
            if not (isinstance(event, Fetched) and event.job is None):
                self._left -= 1
            yield event
            if isinstance(event, Fetched) and isinstance(event.answer, Answer):
                self._taken += len(event.answer.wire)

    def stopped(self) -> list[Event]:
        """Send nothing more, and return what came that was not taken."""
        self._is_stopped = True
        loop, main = self._loop, self._main
        if loop is not None and main is not None and not loop.is_closed():
            with suppress(RuntimeError):  # it has just ended
                loop.call_soon_threadsafe(main.cancel)
        if self._thread.is_alive():
            self._thread.join()
        left: list[Event] = []
        with suppress(queue.Empty):
            while True:
                event = self._queue.get_nowait()
                if isinstance(event, Fetched | Postponed):
                    left.append(event)
        return left

    def _run_thread(self) -> None:
        try:
            asyncio.run(self._run())
            self._queue.put(None)
        except asyncio.CancelledError:
            self._queue.put(None)
        except BaseException as error:  # the thread that takes the answers raises it
            self._queue.put(error)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        if self._is_stopped:
            return
        settings = self._settings
        self._slots, self._robots_slots = asyncio.Semaphore(CONCURRENT), asyncio.Semaphore(CONCURRENT)
        self._ticks = Ticks()
        self._turns = HostTurns(self._hosts.budgets, settings.clock, self._ticks)
        async with http_client(contact=settings.contact, allow_hosts=settings.allow_hosts, resolve=settings.resolve) as client:
            await self._feed(client)

    async def _feed(self, client: Client) -> None:
        """Give jobs to the workers of their hosts when their time has come."""
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as workers:
            for group in _groups(self._jobs, CLAIMED):
                await self._ticks.reached(began + group[0].after_s)
                if self._claim:
                    await asyncio.to_thread(self._claim, group)
                for job in group:
                    await self._ticks.reached(began + job.after_s)
                    host = budget_host(job.url)
                    if host in self._waiting:
                        self._waiting[host].append(job)
                    else:
                        self._waiting[host] = deque([job])
                        workers.create_task(self._work(client, host))

    async def _work(self, client: Client, host: str) -> None:
        jobs = self._waiting[host]
        while jobs:
            await self._do(client, host, jobs.popleft())
        del self._waiting[host]

    async def _do(self, client: Client, host: str, job: Job) -> None:
        target = request_target(job.url, allow_hosts=self._trusted)
        if isinstance(target, Refusal):
            rules: RobotsRules | NoAnswer | None = NoAnswer(url=job.url, reason=target.reason, detail=target.detail, is_lasting=True)
        else:
            rules = await self._rules(client, host, robots_origin(job.url))
        until = self._turns.closed_until(host)
        if until or rules is None:
            self._queue.put(Postponed(job=job, until=until or self._settings.clock()))
            return
        if isinstance(rules, RobotsRules):
            refused = _refused(rules, job.url)
            gap_s = host_gap_s(self._settings.host_gap_s, crawl_delay_s=rules.crawl_delay_s)
        else:
            refused, gap_s = replace(rules, url=job.url), 0.0
        if refused:
            now = self._settings.clock()
            self._queue.put(Fetched(job=job, url=job.url, answer=refused, asked_at=now, answered_at=now))
            return
        fetched = await self._ask(
            client, host, job.url, job.headers, LIMITS, gap_s=gap_s, key=job.key, refused=partial(self._refused_redirect, client, host)
        )
        self._queue.put(replace(fetched, job=job))

    async def _refused_redirect(self, client: Client, host: str, url: str) -> NoAnswer | None:
        """Return why a redirect may not be followed; where it may, return when its host may be asked: its robots.txt and gap count as for a job."""
        origin, elsewhere = robots_origin(url), budget_host(url)
        if elsewhere == host:
            known = self._hosts.rules.get(origin)
            return _refused(known, url) if known is not None else None
        self._slots.release()  # others go meanwhile: many may wait for one host
        try:
            rules = await self._rules(client, elsewhere, origin)
            if rules is None or self._turns.closed_until(elsewhere):
                return NoAnswer(url=url, reason="closed", detail=f"{elsewhere} asked us to stay away")
            if isinstance(rules, NoAnswer):
                return replace(rules, is_lasting=False)
            why = _refused(rules, url)
            if why is None:
                await self._turns.turn(elsewhere, host_gap_s(self._settings.host_gap_s, crawl_delay_s=rules.crawl_delay_s))
            return why
        finally:
            await self._slots.acquire()

    async def _rules(self, client: Client, host: str, origin: str) -> RobotsRules | NoAnswer | None:
        """Return what the robots.txt of an origin says, asked for where nothing is known or it is out of date.

        None where its host is closed; why nobody there may ever be asked, where its address is private
        """
        if known := self._known_rules(origin):
            return known
        async with self._origins.setdefault(origin, asyncio.Lock()):
            return self._known_rules(origin) or await self._asked_rules(client, host, origin)

    def _known_rules(self, origin: str) -> RobotsRules | None:
        known = self._hosts.rules.get(origin)
        return known if known is not None and is_current(known, now=self._settings.clock()) else None

    async def _asked_rules(self, client: Client, host: str, origin: str) -> RobotsRules | NoAnswer | None:
        if self._turns.closed_until(host):
            return None
        fetched = await self._ask(client, host, f"{origin}/robots.txt", (), ROBOTS_LIMITS, gap_s=self._settings.host_gap_s)
        if isinstance(fetched.answer, NoAnswer) and fetched.answer.is_lasting:
            self._queue.put(fetched)
            return fetched.answer
        rules = robots_rules(origin, fetched.answer, now=fetched.answered_at)
        self._hosts.rules[origin] = rules
        answer = replace(fetched.answer, body=b"") if isinstance(fetched.answer, Answer) else fetched.answer
        self._queue.put(replace(fetched, answer=answer, rules=rules))
        return rules

    async def _ask(
        self,
        client: Client,
        host: str,
        url: str,
        headers: Headers,
        limits: FetchLimits,
        *,
        gap_s: float,
        key: str | None = None,
        refused: Refused | None = None,
    ) -> Fetched:
        """Send one request when its host may be asked, and note what the answer means for the host."""
        await self._turns.turn(host, gap_s)
        while self._brought - self._taken > HELD_BYTES:
            await asyncio.sleep(0.05)
        async with self._slots if key is not None else self._robots_slots:
            asked_at = self._settings.clock()
            if key is not None:
                self.sent.add(key)
            answer = await client.get(url, headers=dict(headers), limits=limits, refused=refused)
        answered_at = self._settings.clock()
        self._turns.answered(url, answer, gap_s=gap_s, asked_at=asked_at, answered_at=answered_at)
        if isinstance(answer, Answer):
            self._brought += len(answer.wire)
            answer = replace(answer, body=b"") if key is not None else answer
        return Fetched(job=None, url=url, answer=answer, asked_at=asked_at, answered_at=answered_at)


def _refused(rules: RobotsRules, url: str) -> NoAnswer | None:
    """Return why robots.txt keeps us from an address, None where it does not."""
    if is_allowed(rules, url):
        return None
    is_lasting = rules.access == "rules"
    return NoAnswer(url=url, reason="robots", detail="robots.txt does not allow it" if is_lasting else rules.why, is_lasting=is_lasting)


def _groups(items: Sequence[T], size: int) -> Iterator[list[T]]:
    left = iter(items)
    while group := list(islice(left, size)):
        yield group
