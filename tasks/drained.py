"""What was drained: which batch is next, what came of those before, which inputs and ids the warehouse has already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from tasks.core import ids
from tasks.core.captures import capture_key
from tasks.core.records import Declined, Received
from tasks.warehouse import Warehouse


@dataclass(slots=True)
class Counts:
    """What came of a batch."""

    captures_new: int = 0
    articles_new: int = 0
    versions_new: int = 0
    stories_new: int = 0
    copies_new: int = 0
    rejected: int = 0
    entries_new: int = 0


def next_batch(warehouse: Warehouse) -> tuple[int, int]:
    """Return (segment number, first record) of the batch that is next in order."""
    rows = warehouse.rows(
        """
        select segment_no, first_record, record_count, is_last
        from store.batches
        order by segment_no desc, first_record desc
        limit 1
        """
    )
    if not rows:
        return 1, 0
    segment_no, first_record, record_count, is_last = rows[0]
    return (segment_no + 1, 0) if is_last else (segment_no, first_record + record_count)


def last_segment(warehouse: Warehouse) -> int:
    """Return the highest number of a segment of which the warehouse has seen something."""
    number, first_record = next_batch(warehouse)
    return number if first_record else number - 1


def claim_segment(warehouse: Warehouse, number: int, partition_id: str | None) -> None:
    """Note whose a segment is just before it gets its number; a claim that a kill left on the number falls."""
    with warehouse.transaction():
        warehouse.execute("delete from store.partition_segments where segment_no = ?", [number])
        if partition_id:
            warehouse.insert("partition_segments", [{"segment_no": number, "partition_id": partition_id}])


def counts_of(warehouse: Warehouse, segments: Sequence[int]) -> Counts:
    """Return what came of the batches of these segments."""
    names = list(Counts.__dataclass_fields__)
    sums = ", ".join(f"coalesce(sum({name}), 0)::integer" for name in names)
    row = warehouse.rows(f"select {sums} from store.batches where list_contains($segments, segment_no)", {"segments": list(segments)})[0]
    return Counts(**dict(zip(names, row, strict=True)))


def unread_feeds(warehouse: Warehouse, segments: Sequence[int]) -> list[tuple[str, str, str]]:
    """Return (url, reason, detail) of each feed in these segments whose body is none."""
    return warehouse.rows(
        """
        select feed_readings.feed_url, feed_readings.reason, coalesce(feed_readings.detail, '')
        from store.feed_readings as feed_readings
        inner join store.captures as captures using (capture_id)
        where feed_readings.reason is not null and feed_readings.is_front and list_contains($segments, captures.segment_no)
        order by 1
        """,
        {"segments": list(segments)},
    )


def known_inputs(warehouse: Warehouse, items: Sequence[Received | Declined], now: datetime) -> list[bool]:
    """Return for each input whether the warehouse has it already, by the rule of the drain."""
    keys = {number: capture_key(item, item.captured_at or now) for number, item in enumerate(items) if isinstance(item, Received)}
    timed = known_ids(warehouse, "captures", "capture_id", {capture_id for capture_id, _ in keys.values()})
    last = last_digests(warehouse, {item.target_uri for item in items if isinstance(item, Received) and not item.is_time_given})
    declined = {number: ids.reject_id(item.target_uri, item.reject) for number, item in enumerate(items) if isinstance(item, Declined)}
    declined_before = known_ids(warehouse, "rejects", "reject_id", set(declined.values()))
    known = []
    for number, item in enumerate(items):
        if isinstance(item, Declined):
            known.append(declined[number] in declined_before)
        else:
            capture_id, digest = keys[number]
            known.append(capture_id in timed or (not item.is_time_given and last.get(item.target_uri) == digest))
    return known


def last_digests(warehouse: Warehouse, targets: set[str]) -> dict[str, str]:
    """Return the digest of the last capture of each target URI."""
    if not targets:
        return {}
    warehouse.give("asked", pa.table({"target_uri": sorted(targets)}))
    return dict(
        warehouse.rows(
            """
            select captures.target_uri, arg_max(captures.digest, (captures.segment_no, captures.record_no))
            from store.captures as captures
            inner join asked on asked.target_uri = captures.target_uri
            group by captures.target_uri
            """
        )
    )


def known_ids(warehouse: Warehouse, table: str, column: str, values: set[str]) -> set[str]:
    """Return which of these ids a table of the store has."""
    if not values:
        return set()
    warehouse.give("asked", pa.table({column: sorted(values)}))
    return {row[0] for row in warehouse.rows(f"select {column} from store.{table} semi join asked using ({column})")}
