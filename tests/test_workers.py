"""Readers that can be killed: what hangs, grows or crashes is declined alone, and its peers are read."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import synthetic_news as made

from tasks import workers
from tasks.core.captures import capture_of
from tasks.core.errors import ReadersKilledError
from tasks.core.records import Article, Given, RawRecord, Received, Reject
from tasks.resources import newsroom_lists

AT = datetime(2026, 3, 17, tzinfo=UTC)
SLOW = (
    "<html><body><h1>Slow</h1>"
    + "".join(f"<div><p>{made.text(seed)[:160]} <b>and</b> so on.</p></div>" for seed in range(10_000))
    + "</body></html>"
)


def record(name: str, html: str) -> RawRecord:
    url = f"https://a.example/{name}"
    received = Received(
        url=url, target_uri=url, source_id=name, content_type="text/html", block=html.encode(), given=Given(), captured_at=AT
    )
    capture = capture_of(received, AT, segment="", segment_no=0, record_no=0, segment_offset=None)
    return RawRecord(capture=capture, given=received.given, content_type="text/html", block=received.block)


def page(seed: int) -> RawRecord:
    return record(str(seed), made.page(made.text(seed), title=f"Title of page {seed}"))


def test_a_page_that_takes_too_long_is_declined_and_its_peers_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(workers, "CHUNK_TIMEOUT_S", 1.0)
    monkeypatch.setattr(workers, "RECORD_TIMEOUT_S", 1.0)
    monkeypatch.setattr(workers, "CHUNK_BYTES", 8 << 20)
    with workers.readers(1, newsroom_lists(tmp_path)) as pool:
        pool.collect(pool.submit([page(0)]))  # the first page pays for what is imported where it is used
        found = pool.collect(pool.submit([page(1), record("slow", SLOW), page(2)]))
    assert [type(reading) for reading in found] == [Article, Reject, Article]
    assert isinstance(found[1], Reject)
    assert (found[1].stage, found[1].reason, found[1].source_id) == ("extract", "timeout", "slow")


def test_a_reader_killed_at_work_is_replaced_and_its_pages_are_read(tmp_path: Path) -> None:
    with workers.readers(1, newsroom_lists(tmp_path)) as pool:
        pool.collect(pool.submit([page(0)]))
        submitted = pool.submit([page(1), record("slow", SLOW), page(2)])
        time.sleep(0.5)  # the page takes seconds: the reader is in the middle of it
        kill_readers(pool)
        found = pool.collect(submitted)
    assert [type(reading) for reading in found] == [Article, Article, Article]


def test_readers_killed_while_they_wait_end_the_run_with_one_line(tmp_path: Path) -> None:
    with workers.readers(1, newsroom_lists(tmp_path)) as pool:
        pool.collect(pool.submit([page(0)]))
        kill_readers(pool)
        time.sleep(0.5)
        with pytest.raises(ReadersKilledError, match="goes on where it stopped"):
            pool.collect(pool.submit([page(1)]))


def kill_readers(pool: workers.Readers) -> None:
    for pid in list(pool._pool._pool_manager.worker_manager.workers):
        os.kill(pid, signal.SIGKILL)
