"""The ledger of backfills: what is kept of each partition.

A partition is `done`, or `failed`, when it was taken to raw and all of that is drained. One that was killed on the way stays
`running` and is taken again as a whole: what is known then counts as its own where its own segments hold it. So the ledger adds
up, whatever was killed: inputs = captures_new + captures_known + failures, and no capture is counted twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

import pyarrow as pa

from tasks.backfill import Partition
from tasks.capture import Captured
from tasks.core.backfill import Pace
from tasks.drained import next_batch
from tasks.home import Home
from tasks.snapshot import dicts
from tasks.warehouse import Warehouse

Row = dict[str, Any]

UNKNOWN: Row = dict.fromkeys(
    (
        "reason", "detail", "inputs", "captures_new", "captures_known", "passed", "failures", "took_s", "started_at", "ended_at",
    )
)  # fmt: skip
SET_ASIDE = "set_aside", "a batch of it broke a promise and lies in inbox/failed; `copydesk replay` tries it again"


@dataclass(frozen=True, slots=True)
class Taken:
    """A partition in raw, and what was seen of it."""

    partition: Partition
    captured: Captured
    is_whole: bool  # not where pages are to be asked for another time


class Ledger:
    """What is kept of the partitions of one backfill. `rows` are by partition."""

    def __init__(self, home: Home, partitions: Sequence[Partition]) -> None:
        self._home = home
        self._taken: list[Taken] = []
        with home.locked() as warehouse:
            known = warehouse.by_key("partitions", "partition_id", [partition.partition_id for partition in partitions])
            new = [_new_row(partition) for partition in partitions if partition.partition_id not in known]
            with warehouse.transaction():
                warehouse.insert("partitions", new)
        self.rows: dict[str, Row] = known | {row["partition_id"]: row for row in new}
        self.due = [partition for partition in partitions if self.rows[partition.partition_id]["state"] != "done"]
        self.left = [row for row in known.values() if row["state"] == "done"]
        self._ended = monotonic()

    def turn(self, following: Partition | None, *, now: datetime) -> list[Row]:
        """Note what is drained by now, and which partition is begun; return the rows of those that ended."""
        with self._home.locked() as warehouse:
            ended = [self._ended_row(warehouse, taken, now) for taken in self._drained(warehouse)]
            begun = [self._begun_row(following, now)] if following else []
            with warehouse.transaction():
                warehouse.put("partitions", "partition_id", ended + begun)
        self.rows |= {row["partition_id"]: row for row in ended + begun}
        return ended

    def take(self, partition: Partition, captured: Captured, *, is_whole: bool = True) -> None:
        """Remember what of a partition is in raw now, until it is drained."""
        self._taken.append(Taken(partition, captured, is_whole))

    def _drained(self, warehouse: Warehouse) -> list[Taken]:
        next_segment, _ = next_batch(warehouse)
        warehouse.give("asked", pa.table({"partition_id": pa.array([taken.partition.partition_id for taken in self._taken], pa.string())}))
        waiting = {
            partition_id
            for (partition_id,) in warehouse.rows(
                "select partition_id from store.partition_segments semi join asked using (partition_id) where segment_no >= ?",
                [next_segment],
            )
        }
        drained = [taken for taken in self._taken if taken.partition.partition_id not in waiting]
        self._taken = [taken for taken in self._taken if taken.partition.partition_id in waiting]
        return drained

    def _begun_row(self, partition: Partition, now: datetime) -> Row:
        row = self.rows[partition.partition_id]
        return {**row, **UNKNOWN, "state": "running", "tries": row["tries"] + 1, "started_at": now}

    def _ended_row(self, warehouse: Warehouse, taken: Taken, now: datetime) -> Row:
        row, captured = self.rows[taken.partition.partition_id], taken.captured
        new, set_aside = _drained_of(warehouse, taken.partition.partition_id)
        failures = len(captured.failed)
        first = (captured.failed[0].reason, captured.failed[0].detail) if failures else (None, None)
        reason, detail = SET_ASIDE if set_aside else first
        nothing_read = 0 < captured.inputs == failures
        before, self._ended = self._ended, monotonic()
        return {
            **row, "state": "failed" if set_aside or nothing_read or not taken.is_whole else "done", "reason": reason, "detail": detail,
            "inputs": captured.inputs, "captures_new": new, "captures_known": captured.inputs - failures - new, "passed": captured.passed,
            "failures": failures, "took_s": self._ended - before, "ended_at": now,
        }  # fmt: skip


def states_of(home: Home, partition_ids: Sequence[str]) -> dict[str, str]:
    """Return the state of each of these partitions that the ledger knows. Nothing is written."""
    if not home.warehouse_file.exists():
        return {}
    with home.locked() as warehouse:
        return {key: row["state"] for key, row in warehouse.by_key("partitions", "partition_id", partition_ids).items()}


def paces(home: Home) -> dict[str, Pace]:
    """Return for each kind how much an input took in what is done here. Nothing is written."""
    if not home.warehouse_file.exists():
        return {}
    with home.locked() as warehouse:
        rows = warehouse.rows(
            """
            select kind, sum(size_bytes) / sum(inputs), sum(took_s) / sum(inputs)
            from store.partitions
            where state = 'done' and inputs > 0
            group by kind
            """
        )
    return {kind: Pace(input_bytes=max(1.0, input_bytes), input_s=input_s) for kind, input_bytes, input_s in rows}


def ledger_rows(home: Home) -> list[Row]:
    """Return the whole ledger, what needs a look first. Nothing is written."""
    if not home.warehouse_file.exists():
        return []
    with home.locked() as warehouse:
        sql = """
            from store.partitions
            order by list_position(['failed', 'running', 'waiting', 'done'], state), started_at desc, place, partition_id
            """
        return dicts(warehouse.connection, sql)


def _new_row(partition: Partition) -> Row:
    return {
        **UNKNOWN, "partition_id": partition.partition_id, "spec": partition.spec, "kind": partition.kind, "place": partition.place,
        "state": "waiting", "tries": 0, "size_bytes": partition.size_bytes,
    }  # fmt: skip


def _drained_of(warehouse: Warehouse, partition_id: str) -> tuple[int, bool]:
    """Return how many captures the segments of a partition brought, and whether a batch of them was set aside."""
    of_it = "semi join (select segment_no from store.partition_segments where partition_id = $id) using (segment_no)"
    ((new, set_aside),) = warehouse.rows(
        f"""
        select
            (select count(*) from store.captures {of_it} where kind <> 'robots'),
            exists (from store.batches {of_it} where state = 'failed')
        """,
        {"id": partition_id},
    )
    return int(new), bool(set_aside)
