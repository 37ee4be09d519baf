"""Raw cut into batches, always the same: a batch that was killed is made again as it was."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path

from tasks.core.errors import RawError
from tasks.core.records import RawRecord
from tasks.home import Home
from tasks.inbox import Batch, Item
from tasks.raw import read_segment, segments

SMALL = 4  # records that count as one page: feeds, and what is kept unread, of less than SMALL_BYTES each
SMALL_BYTES = 16 << 10

Cursor = tuple[int, int]  # segment number and first record of the batch that is next in order


def cursor_after(batch: Batch) -> Cursor:
    """Return where the next batch begins."""
    return (batch.segment_no + 1, 0) if batch.is_last else (batch.segment_no, batch.first_record + batch.record_count)


class RawBatches:
    """Cuts segments into batches. `broken`: where the reading of a segment ended early, and why."""

    def __init__(self, home: Home, batch_size: int) -> None:
        self.broken: dict[Cursor, RawError] = {}
        self._home = home
        self._batch_size = batch_size

    def batches(self, cursor: Cursor) -> Generator[tuple[Batch, list[Item]], None, Cursor | None]:
        """Yield what raw holds from a place on, up to a segment that is gone or broken; return where it ends, None where it broke off."""
        segment_no, first = cursor
        for number, path in segments(self._home):
            if number < segment_no:
                continue
            if number > segment_no:
                return None
            yield from self._of_segment(number, path, first)
            if self._is_broken(number):
                return None
            segment_no, first = number + 1, 0
        return segment_no, first

    def _of_segment(self, number: int, path: Path, first: int) -> Iterator[tuple[Batch, list[Item]]]:
        """Yield the batches of a segment from a record on; where it is broken, those before the break, none of them the last."""
        items = islice(self._readable(number, path), first, None)
        following = _taken(items, self._batch_size)
        while True:
            current, following = following, _taken(items, self._batch_size)
            is_broken = self._is_broken(number)
            if is_broken and not current:
                return
            yield Batch(segment_no=number, first_record=first, record_count=len(current), is_last=not (following or is_broken)), current
            if not following:
                return
            first += len(current)

    def _readable(self, number: int, path: Path) -> Iterator[Item]:
        """Yield what can be read of a segment, and note where and why it ended early."""
        count = 0
        try:
            for item in read_segment(self._home, number, path):
                yield item
                count += 1
        except RawError as error:
            self.broken[number, count] = error

    def _is_broken(self, number: int) -> bool:
        return any(segment_no == number for segment_no, _ in self.broken)


def _taken(items: Iterator[Item], size: int) -> list[Item]:
    """Return the next batch: so many pages, or more records where they are small."""
    taken: list[Item] = []
    left = size * SMALL
    for item in items:
        taken.append(item)
        left -= 1 if isinstance(item, RawRecord) and item.capture.kind != "page" and len(item.block) < SMALL_BYTES else SMALL
        if left <= 0:
            break
    return taken
