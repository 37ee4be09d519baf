"""Waiting for instants by the thousand, with one timer for all of a tenth of a second."""

from __future__ import annotations

import asyncio
from math import ceil

TICK_S = 0.1  # seconds: who waits for an instant goes on at the tick after it


class Ticks:
    """Wakes all who wait for an instant of the same tick at once, never before it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._events: dict[int, asyncio.Event] = {}  # by tick

    async def reached(self, at: float) -> None:
        """Wait for an instant of the loop's clock."""
        if at <= self._loop.time():
            return
        tick = ceil(at / TICK_S)
        if tick not in self._events:
            self._events[tick] = asyncio.Event()
            self._loop.call_at(tick * TICK_S, self._wake, tick)
        await self._events[tick].wait()

    def _wake(self, tick: int) -> None:
        self._events.pop(tick).set()
