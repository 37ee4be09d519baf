"""What one answer may cost, and the clock that holds it to that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from tasks.core.http_message import MAX_BODY_BYTES

LARGE_BYTES = 256 << 10  # of a body as sent; gzipped, of 100 real feeds four are larger
LARGE_AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """What one answer may cost.

    total_s      seconds for all of it, redirects and the looking up of names included
    idle_s       seconds in which nothing new comes: no head, no piece of a body
    wire_bytes   of a body as sent
    body_bytes   of a body decoded, and of what it is on the way there
    """

    total_s: float = 60.0
    idle_s: float = 20.0
    wire_bytes: int = MAX_BODY_BYTES
    body_bytes: int = MAX_BODY_BYTES


class LargeBodies:
    """Lets few bodies at a time be large, so that many answers at once stay small together: hostile ones, too.

    A body holds its place from LARGE_BYTES on until its answer is complete.
    """

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(LARGE_AT_ONCE)

    @asynccontextmanager
    async def place(self, deadline: Deadline) -> AsyncIterator[Callable[[int], Awaitable[None]]]:
        """Give what is to be told how large the body is by now; it waits where all places are taken."""
        is_held = False

        async def grown(size: int) -> None:
            nonlocal is_held
            if size > LARGE_BYTES and not is_held:
                deadline.our_own_wait()
                await self._places.acquire()
                is_held = True
                deadline.something_came()

        try:
            yield grown
        finally:
            if is_held:
                self._places.release()


class Deadline:
    """The end of an exchange, in total or when nothing new comes: `async with deadline.timeout`."""

    def __init__(self, limits: FetchLimits) -> None:
        self._clock = asyncio.get_running_loop().time
        self._idle_s = limits.idle_s
        self._end = self._clock() + limits.total_s
        self.timeout = asyncio.timeout_at(self._end)

    def something_came(self) -> None:
        self.timeout.reschedule(min(self._end, self._clock() + self._idle_s))

    def our_own_wait(self) -> None:
        """Let what we wait for ourselves count in total only."""
        self.timeout.reschedule(self._end)

    def told(self) -> str:
        """Return which of the two was passed."""
        return "not done in time" if self._clock() >= self._end else f"nothing came for {self._idle_s:g} s"
