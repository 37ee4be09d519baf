"""How raw is cut into batches."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from tasks.core.records import Given, Polled, Received
from tasks.home import Home, open_home
from tasks.ingest import ingest_pending
from tasks.raw import begin_segment, commit_segment
from tasks.raw_batches import SMALL, SMALL_BYTES
from tasks.settings import Settings

NOW = datetime(2026, 3, 5, 8, tzinfo=timezone.utc)
RECORDS = 10
CUTS = {
    "small feeds": ("feed", 10, [2 * SMALL, RECORDS - 2 * SMALL]),
    "large feeds": ("feed", SMALL_BYTES, [2] * 5),
    "pages": ("page", 10, [2] * 5),
}


def captured(home: Home, kind: str, size: int) -> None:
    writer = begin_segment(home, NOW)
    for number in range(RECORDS):
        url = f"https://paper.example/{number}"
        writer.add(
            Received(
                url=url, target_uri=url, source_id=None, content_type="text/plain", is_http=False, block=b"x" * size,
                given=Given(polled=Polled(kind=kind, feed_url=url)), captured_at=NOW,
            )
        )  # fmt: skip
    commit_segment(writer)


@pytest.mark.parametrize(("kind", "size", "counts"), CUTS.values(), ids=CUTS)
def test_a_batch_holds_more_of_feeds_that_are_small(tmp_path: Path, kind: str, size: int, counts: list[int]) -> None:
    home = open_home(tmp_path / "home")
    captured(home, kind, size)
    ingest_pending(home, Settings(now=NOW, workers=1, batch_size=2))
    with home.locked() as warehouse:
        rows = warehouse.rows("select record_count from store.batches order by first_record")
    assert [count for (count,) in rows] == counts
