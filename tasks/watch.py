"""Who is told how a command gets on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told how things go; never with a lock held.

    foreign      of each file in a folder that is no input
    told         of what a person should know, as a line
    captured     how many more inputs went to raw or were found known
    drained      how many more records are in the warehouse
    filled       the number of each segment of raw that was committed
    parted       how many partitions of a backfill have ended, of how many, and the seconds that the rest will take, where that is known
    """

    foreign: Callable[[str], None] = lambda name: None
    told: Callable[[str], None] = lambda line: None
    captured: Progress = lambda count: None
    drained: Progress = lambda count: None
    filled: Progress = lambda segment: None
    parted: Callable[[int, int, float | None], None] = lambda ended, total, left_s: None


NOBODY = Watch()
