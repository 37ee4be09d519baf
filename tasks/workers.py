"""Reading in worker processes that can be killed: a page that hangs or grows kills its child, not the batch."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from tasks.core.errors import ReadersKilledError
from tasks.core.records import Article, RawRecord, Reject
from tasks.core.text.lists import Lists

CHUNK_RECORDS = 32  # records a call: one call costs about a millisecond
CHUNK_BYTES = 1 << 20  # bytes a call, so that a call of pages ends soon
CHUNK_TIMEOUT_S = 6.0  # seconds for a chunk, and for each of its records alone if that was not enough
RECORD_TIMEOUT_S = 8.0
MEMORY_BYTES = 1536 << 20  # bytes that a child may grow beyond what it starts with

SAFE_PATH = "PYTHONSAFEPATH"  # of Python 3.11: what `python -c` has first on its path is left out

KILLED = "the processes that read pages were killed from outside; the same command goes on where it stopped"

Reading = Article | Reject


class Readers:
    """A pool of readers. `submit` returns at once; `collect` waits, and settles what killed its child."""

    def __init__(self, pool: ProcessPool) -> None:
        self._pool = pool

    def submit(self, records: Sequence[RawRecord]) -> list[tuple[list[RawRecord], Future[list[Reading]]]]:
        """Begin to read a batch."""
        return [(chunk, self._schedule(chunk, CHUNK_TIMEOUT_S)) for chunk in _chunks(records)]

    def collect(self, submitted: list[tuple[list[RawRecord], Future[list[Reading]]]]) -> list[Reading]:
        """Return what was read, in the order of the batch."""
        readings: list[Reading] = []
        for chunk, future in submitted:
            try:
                readings += future.result()
            except BrokenProcessPool as error:
                raise ReadersKilledError(KILLED) from error
            except (TimeoutError, ProcessExpired, MemoryError):
                readings += [self._alone(record) for record in chunk]
        return readings

    def _alone(self, record: RawRecord) -> Reading:
        try:
            return self._schedule([record], RECORD_TIMEOUT_S).result()[0]
        except TimeoutError:
            reason, detail = "timeout", f"not read in {RECORD_TIMEOUT_S:g} s"
        except MemoryError:
            reason, detail = "memory", f"more than {MEMORY_BYTES >> 20} MB"
        except ProcessExpired:
            reason, detail = "crashed", "its reader was killed"
        capture = record.capture
        return Reject(
            stage="extract", reason=reason, detail=detail, url=capture.url, source_id=capture.source_id, capture_id=capture.capture_id
        )

    def _schedule(self, chunk: list[RawRecord], timeout_s: float) -> Future[list[Reading]]:
        try:
            future: Future[list[Reading]] = self._pool.schedule(_read_chunk, args=[chunk], timeout=timeout_s)
        except RuntimeError as error:  # the pool is closed for good: somebody killed it while it waited
            raise ReadersKilledError(KILLED) from error
        return future


@contextmanager
def readers(count: int, lists: Lists) -> Iterator[Readers]:
    """Start so many reader processes; they end with the block.

    Children are forked from a small server that has imported the readers, never from this process and its database.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tasks.core.reading", "trafilatura"])
    _start_server()
    with ProcessPool(max_workers=count, initializer=_prepare, initargs=[lists], context=context) as pool:
        try:
            yield Readers(pool)
        except BaseException:
            pool.stop()  # type: ignore[no-untyped-call]
            raise
        pool.close()  # type: ignore[no-untyped-call]
        pool.join()


def _start_server() -> None:
    """Start the server that forks readers with the working directory off its path: a file there may be named like a module."""
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    is_main = threading.current_thread() is threading.main_thread()
    on_interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN) if is_main else None  # the server and its forks inherit it
    try:
        ensure_running()
    finally:
        if is_main:
            signal.signal(signal.SIGINT, on_interrupt)
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


_state: dict[str, Any] = {}  # of a child: set once when it starts


def _prepare(lists: Lists) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group: who started us decides
    _state["lists"] = lists
    used = _address_space()
    if used:
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _address_space() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:  # macOS knows no such limit
        return 0
    return pages * resource.getpagesize()


def _read_chunk(records: list[RawRecord]) -> list[Reading]:
    return [_read_one(record) for record in records]


def _read_one(record: RawRecord) -> Reading:
    from tasks.core.reading import read_record

    try:
        return read_record(record, _state["lists"])
    except MemoryError:
        raise
    except Exception as error:  # one page must not stop its batch
        capture = record.capture
        return Reject(
            stage="extract",
            reason="unreadable",
            detail=type(error).__name__,
            url=capture.url,
            source_id=capture.source_id,
            capture_id=capture.capture_id,
        )
