"""Before a replay takes the place of a warehouse: is all there that the warehouse was made of?"""

from __future__ import annotations

from contextlib import suppress

import duckdb

from tasks.core.errors import DamageError, HomeError, RawError
from tasks.home import Home
from tasks.raw import RESTORE, missing_segments, read_segment, segments
from tasks.snapshot import opened_snapshot

DRAINED_SQL = "select segment_no, max(first_record + record_count) from store.batches group by segment_no"


def require_whole_raw(home: Home) -> None:
    """Make sure that raw holds all that was ever drained, and can be read to its end.

    Raises       RawError that names what is gone or broken
    """
    drained = _drained_records(home)
    missing = missing_segments(home, known=max(drained, default=0))
    if missing:
        raise RawError(f"{home.raw}: segments {missing[:5]} are gone; {RESTORE}")
    for number, path in segments(home):
        count = sum(1 for _ in read_segment(home, number, path))
        if count < drained.get(number, 0):
            raise RawError(f"{path}: {drained[number]} records of it were drained, now it holds {count}; {RESTORE}")


def _drained_records(home: Home) -> dict[int, int]:
    """Return how many records of each segment were drained, as warehouse and snapshot say; one of them may be broken or gone."""
    said: list[tuple[int, int]] = []
    with suppress(HomeError, duckdb.Error), opened_snapshot(home) as snapshot:
        said += snapshot.execute(DRAINED_SQL).fetchall()
    if home.warehouse_file.exists():
        with suppress(DamageError), home.locked() as warehouse:  # a broken warehouse is what a replay is for
            said += warehouse.rows(DRAINED_SQL)
    return dict(sorted(said))  # the larger count of a segment comes last, and stays
