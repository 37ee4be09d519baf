"""Reading in worker processes that can be killed: a page that hangs or grows ends its reader, not its batch.

A reader counts each record that it begins where its parent can see it, so that the one that ended it is known. That one is declined, the others
are read by the next reader.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from ctypes import Array, c_uint16
from dataclasses import dataclass
from itertools import count
from multiprocessing import resource_tracker
from multiprocessing.forkserver import ensure_running

from pebble import ProcessExpired, ProcessPool

from tasks.core.errors import ReadersKilledError
from tasks.core.records import RawRecord, Reject
from tasks.core.text.lists import Lists
from tasks.read_rows import Reading
from tasks.reader import OUT_OF_MEMORY, prepare, read_records

CHUNK_RECORDS = 32  # records a call: one call costs about a millisecond
CHUNK_BYTES = 1 << 20  # bytes a call, so that a call of pages ends soon
CALLS_SEEN = 1 << 16  # calls whose progress is seen: far more than are under way at once
SAFE_PATH = "PYTHONSAFEPATH"  # of Python 3.11: what `python -c` has first on its path is left out

KILLED = "the processes that read pages were killed from outside; the same command goes on where it stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one record may take.

    timeout_s    seconds of processor time, which a busy machine does not shorten
    memory_mb    MB by which its reader may grow
    """

    timeout_s: float
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Call:
    """Some records under way to a reader; `slot` is where their progress stands."""

    records: Sequence[RawRecord]
    future: Future[list[Reading]]
    slot: int
    is_last_try: bool = False


class Readers:
    """A pool of readers. `submit` returns at once; `collect` waits, and settles what ended its reader."""

    def __init__(self, pool: ProcessPool, progress: Array[c_uint16], limits: Limits) -> None:
        self._pool = pool
        self._progress = progress
        self._limits = limits
        self._calls = count()

    def submit(self, records: Sequence[RawRecord]) -> list[Call]:
        """Begin to read a batch."""
        return [self._call(chunk) for chunk in _chunks(records)]

    def collect(self, calls: Sequence[Call]) -> list[Reading]:
        """Return what was read, in the order of the batch.

        Raises       ReadersKilledError where readers were killed from outside, OSError where the machine failed: nothing was wrong with the pages
        """
        readings: list[Reading] = []
        pending: list[Call | Reading] = list(calls)
        while len(readings) < len(pending):
            pending = [part for one in pending for part in (self._settled(one) if isinstance(one, Call) else [one])]
            readings = [one for one in pending if not isinstance(one, Call)]
        return readings

    def _settled(self, call: Call) -> Sequence[Call | Reading]:
        """Return what a call read; where it ended its reader, the one that did it and new calls for those before and behind it."""
        try:
            return call.future.result()
        except BrokenProcessPool as error:
            raise ReadersKilledError(KILLED) from error
        except ProcessExpired as error:
            at = self._progress[call.slot]
            before, after = call.records[:at], call.records[at + 1 :]
            return [*self._calls_of(before), self._declined(call, at, error.exitcode), *self._calls_of(after)]

    def _calls_of(self, records: Sequence[RawRecord]) -> list[Call]:
        return [self._call(records)] if records else []

    def _declined(self, call: Call, at: int, exit_code: int) -> Call | Reading:
        """Return the refusal of a record; a second try, alone, for one that has not used up its time: it may not have been at fault."""
        record = call.records[at]
        if exit_code != -signal.SIGPROF and not call.is_last_try:
            return self._call([record], is_last_try=True)
        reason, detail = "crashed", "its reader was killed"
        if exit_code in (-signal.SIGPROF, -signal.SIGALRM):
            reason, detail = "timeout", f"not read in {self._limits.timeout_s:g} s"
        elif exit_code == OUT_OF_MEMORY:
            reason, detail = "memory", f"more than {self._limits.memory_mb} MB"
        capture = record.capture
        return Reject(
            stage="extract", reason=reason, detail=detail, url=capture.url, source_id=capture.source_id, capture_id=capture.capture_id
        )

    def _call(self, records: Sequence[RawRecord], *, is_last_try: bool = False) -> Call:
        slot = next(self._calls) % CALLS_SEEN
        self._progress[slot] = 0
        try:
            future: Future[list[Reading]] = self._pool.schedule(read_records, args=[records, slot])
        except RuntimeError as error:  # the pool is closed for good: somebody killed it while it waited
            raise ReadersKilledError(KILLED) from error
        return Call(records, future, slot, is_last_try)


@contextmanager
def readers(worker_count: int, lists: Lists, limits: Limits) -> Iterator[Readers]:
    """Start so many reader processes; they end with the block.

    Children are forked from a small server that has imported the readers, never from this process and its database.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tasks.core.reading", "trafilatura"])
    with _interruption_deferred():  # a reader whose start is cut short would be nobody's, and complain of it
        _start_server()
        progress = context.RawArray(c_uint16, CALLS_SEEN)
        initargs = [lists, limits.timeout_s, limits.memory_mb, progress]
        pool = ProcessPool(max_workers=worker_count, initializer=prepare, initargs=initargs, context=context)
        assert pool.active  # which is how a pool is started
    with pool:
        try:
            yield Readers(pool, progress, limits)
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]
            raise
        pool.close()  # type: ignore[no-untyped-call]
        pool.join()


@contextmanager
def _interruption_deferred() -> Iterator[None]:
    """Let a Ctrl-C wait for the end of the block; processes started inside never see one."""
    if threading.current_thread() is not threading.main_thread():  # Python hands signals to the main thread only
        yield
        return
    waiting: list[int] = []
    resource_tracker.ensure_running()  # while it starts it would take the block off
    before = signal.signal(signal.SIGINT, lambda number, _: waiting.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # which children inherit
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt


def _start_server() -> None:
    """Start the server that forks readers with the working directory off its path: a file there may be named like a module."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        ensure_running()
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before


def _chunks(records: Sequence[RawRecord]) -> Iterator[list[RawRecord]]:
    chunk: list[RawRecord] = []
    size = 0
    for record in records:
        if chunk and (len(chunk) >= CHUNK_RECORDS or size + len(record.block) > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(record)
        size += len(record.block)
    if chunk:
        yield chunk
