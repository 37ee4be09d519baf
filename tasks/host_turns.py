"""Whose turn it is at a host: a gap between any two requests, whoever sends them, and nothing while it is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from tasks.core.feeds.asking import asked_hosts
from tasks.core.feeds.hosts import after_answer, after_request, closed_until
from tasks.core.feeds.records import Answer, HostBudget, NoAnswer
from tasks.ticks import Ticks


class HostTurns:
    """Gives turns at hosts, by the loop's clock, which nobody sets. Made inside a running loop.

    budgets      what is known of hosts, brought up to date as answers come
    clock        of the settings: what is stored is told by it
    """

    def __init__(self, budgets: dict[str, HostBudget], clock: Callable[[], datetime], ticks: Ticks) -> None:
        self._budgets = budgets
        self._clock = clock
        self._ticks = ticks
        self._now = asyncio.get_running_loop().time
        self._free_at: dict[str, float] = {}

    async def turn(self, host: str, gap_s: float) -> None:
        """Return when the host may be asked, and keep others from it for the gap: who follows a redirect asks beside its worker."""
        self._free_at.setdefault(host, self._first_at(host, gap_s))
        while (first := self._free_at[host]) > self._now():
            await self._ticks.reached(first)
        self._free_at[host] = self._now() + gap_s

    def answered(self, url: str, answer: Answer | NoAnswer, *, gap_s: float, asked_at: datetime, answered_at: datetime) -> None:
        """Note what an answer means for the hosts that were asked, redirects followed."""
        hosts = asked_hosts(url, answer)
        for host in hosts:
            self._free_at[host] = max(self._free_at.get(host, 0.0), self._now() + gap_s)
            self._budgets[host] = after_request(self._budget(host), at=asked_at)
        self._budgets[hosts[-1]] = after_answer(self._budget(hosts[-1]), answer, now=answered_at)

    def closed_until(self, host: str) -> datetime | None:
        """Return until when a host asked us to stay away, None where it may be asked."""
        return closed_until(self._budget(host), now=self._clock())

    def _first_at(self, host: str, gap_s: float) -> float:
        """Return when a host may be asked first: a request of an earlier process counts as well."""
        sent_at = self._budget(host).sent_at
        passed_s = (self._clock() - sent_at).total_seconds() if sent_at else gap_s
        return self._now() + (gap_s - passed_s if 0 <= passed_s < gap_s else 0.0)

    def _budget(self, host: str) -> HostBudget:
        return self._budgets.get(host) or HostBudget(host=host)
