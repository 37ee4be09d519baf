"""Readers that can be killed: what hangs, grows or crashes is declined alone, and its peers are read."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import synthetic_news as made

from tasks import workers
from tasks.core.captures import record_of
from tasks.core.errors import ReadersKilledError
from tasks.core.records import Given, RawRecord, Received, Reject
from tasks.read_rows import ReadArticle, Reading
from tasks.resources import newsroom_lists

AT = datetime(2026, 3, 17, tzinfo=UTC)
SLOW = (
    "<html><body><h1>Slow</h1>"
    + "".join(f"<div><p>{made.text(seed)[:160]} <b>and</b> so on.</p></div>" for seed in range(10_000))
    + "</body></html>"
)


ENDLESS = (
    "<html><body><select>" + "<option>words" * 200_000
)  # more elements than are read in full, and the flat reading is quadratic in these


def record(name: str, html: str, *, media: str = "text/html") -> RawRecord:
    url = f"https://a.example/{name}"
    received = Received(url=url, target_uri=url, source_id=name, content_type=media, block=html.encode(), given=Given(), captured_at=AT)
    capture = record_of(received, AT).capture
    return RawRecord(capture=capture, given=received.given, content_type=media, block=received.block)


def text_record(name: str, text: str) -> RawRecord:
    return record(name, text, media="text/plain")


def page(seed: int) -> RawRecord:
    return record(str(seed), made.page(made.text(seed), title=f"Title of page {seed}"))


LIMITS = workers.Limits(timeout_s=60, memory_mb=2_000)


@contextmanager
def ready(
    tmp_path: Path, *, timeout_s: float = LIMITS.timeout_s, memory_mb: int = LIMITS.memory_mb, count: int = 1
) -> Iterator[workers.Readers]:
    with workers.readers(count, newsroom_lists(tmp_path), workers.Limits(timeout_s=timeout_s, memory_mb=memory_mb)) as pool:
        yield pool


def outcomes(found: Sequence[Reading]) -> list[str]:
    return [reading.reason if isinstance(reading, Reject) else "read" for reading in found]


def test_a_page_that_takes_too_long_is_declined_and_its_peers_are_read(tmp_path: Path) -> None:
    with ready(tmp_path, timeout_s=1.5) as pool:
        found = pool.collect(pool.submit([page(1), record("slow", ENDLESS), page(2), record("slower", ENDLESS), page(3)]))
    assert outcomes(found) == ["read", "timeout", "read", "timeout", "read"]
    assert isinstance(found[1], Reject)
    assert (found[1].stage, found[1].source_id, found[1].detail) == ("extract", "slow", "not read in 1.5 s")
    assert [reading.version["title"] for reading in found if isinstance(reading, ReadArticle)] == [
        f"Title of page {seed}" for seed in (1, 2, 3)
    ]


def test_a_page_that_swells_ends_its_reader_and_says_memory(tmp_path: Path) -> None:
    with ready(tmp_path, memory_mb=180) as pool:
        found = pool.collect(pool.submit([page(1), text_record("swells", "\ufdfa" * 950_000), page(2)]))
    assert outcomes(found) == ["read", "memory", "read"]
    assert isinstance(found[1], Reject)
    assert found[1].detail == "more than 180 MB"


def test_a_page_that_swells_past_what_the_system_grants_says_memory_too(tmp_path: Path) -> None:
    """Eighteen letters for each: the system refuses what would be needed long before the page is read."""
    with ready(tmp_path, memory_mb=100) as pool:
        found = pool.collect(pool.submit([page(1), text_record("bursts", "\ufdfa" * 950_000), page(2)]))
    assert outcomes(found) == ["read", "memory", "read"]


def test_pages_that_take_too_long_are_begun_once_each(tmp_path: Path) -> None:
    pages = [page(seed) if seed % 2 else record(f"slow {seed}", ENDLESS[:400_000]) for seed in range(8)]
    with ready(tmp_path, timeout_s=1, count=2) as pool:
        found = pool.collect(pool.submit(pages))
        calls = next(pool._calls)
    assert outcomes(found) == ["timeout", "read"] * 4
    assert calls == 1 + 1 + 2 + 2 + 2, "one, then for each page that ended its reader those before and those behind it"


def test_a_reader_killed_at_work_is_replaced_and_its_pages_are_read(tmp_path: Path) -> None:
    with ready(tmp_path) as pool:
        pool.collect(pool.submit([page(0)]))
        submitted = pool.submit([page(1), record("slow", SLOW), page(2)])
        time.sleep(0.5)  # the page takes seconds: the reader is in the middle of it
        kill_readers(pool)
        found = pool.collect(submitted)
    assert outcomes(found) == ["read"] * 3


def test_a_page_whose_reader_is_killed_twice_is_declined_and_its_peers_are_read(tmp_path: Path) -> None:
    with ready(tmp_path) as pool:
        pool.collect(pool.submit([page(0)]))
        submitted = pool.submit([page(1), record("endless", ENDLESS), page(2)])
        killer = threading.Thread(target=kill_twice, args=[pool])
        killer.start()
        found = pool.collect(submitted)
        killer.join()
    assert outcomes(found) == ["read", "crashed", "read"]


def test_readers_killed_while_they_wait_end_the_run_with_one_line(tmp_path: Path) -> None:
    with ready(tmp_path) as pool:
        pool.collect(pool.submit([page(0)]))
        kill_readers(pool)
        time.sleep(0.5)
        with pytest.raises(ReadersKilledError, match="goes on where it stopped"):
            pool.collect(pool.submit([page(1)]))


def kill_readers(pool: workers.Readers) -> None:
    for pid in list(pool._pool._pool_manager.worker_manager.workers):
        os.kill(pid, signal.SIGKILL)


def kill_twice(pool: workers.Readers) -> None:
    first = set(pool._pool._pool_manager.worker_manager.workers)
    time.sleep(0.5)
    kill_readers(pool)
    while not (second := set(pool._pool._pool_manager.worker_manager.workers) - first):
        time.sleep(0.05)
    time.sleep(1.5)  # the second reader is in the middle of the page, alone
    for pid in second:
        os.kill(pid, signal.SIGKILL)
