"""What a reader process does: one record after the other, each within its limits; the process ends itself where one goes beyond them."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Sequence
from ctypes import Array, c_uint16
from pathlib import Path
from typing import Any

from tasks.core.records import Article, RawRecord, Reject
from tasks.core.text.lists import Lists
from tasks.read_rows import Reading, article_as_rows, feed_as_rows

STALLED = 4  # times its limit of processor time that a record may take by the clock: a reader that waits for ever is lost too
HARD_MEMORY = 2  # times its limit at which memory is refused, so that what would swallow that refusal has gone beyond the limit and is seen
OUT_OF_MEMORY = 77  # exit code
RSS_UNIT = 1 if sys.platform == "darwin" else 1 << 10  # bytes in which the system counts memory

_state: dict[str, Any] = {}  # set once when the process starts


def prepare(lists: Lists, timeout_s: float, memory_mb: int, progress: Array[c_uint16]) -> None:
    """Make this process a reader.

    timeout_s    seconds of processor time a record
    memory_mb    MB by which this process may grow
    progress     where the number of the record that is being read stands, a slot a call
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: who started us decides
    most = memory_mb << 20
    _state.update(lists=lists, progress=progress, timeout_s=timeout_s, most_rss=_rss() + most)
    used = _address_space()
    if used:
        resource.setrlimit(resource.RLIMIT_AS, (used + HARD_MEMORY * most, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _address_space() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:  # macOS knows no such limit
        return 0
    return pages * resource.getpagesize()


def _rss() -> int:
    """Return the most memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT


def read_records(records: Sequence[RawRecord], slot: int) -> list[Reading]:
    """Read records, each within its limits: the timers are not caught, so that they end this process whatever it is in."""
    readings: list[Reading] = []
    try:
        for number, record in enumerate(records):
            _state["progress"][slot] = number
            _set_timers(_state["timeout_s"])
            readings.append(record_as_rows(record, _state["lists"]))
            if _rss() > _state["most_rss"]:
                os._exit(OUT_OF_MEMORY)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    finally:
        _set_timers(0)
    return readings


def record_as_rows(record: RawRecord, lists: Lists) -> Reading:
    """Return what a record says as rows, or why it says nothing."""
    from tasks.core.reading import read_record

    found = read_record(record, lists)
    if isinstance(found, Article):
        return article_as_rows(found, record.capture, lists.tracking)
    return found if isinstance(found, Reject) else feed_as_rows(found, record)


def _set_timers(timeout_s: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, timeout_s)
    signal.setitimer(signal.ITIMER_REAL, timeout_s * STALLED)
