"""Two warehouses held against each other, view by view: what a replay changed, before it takes the old one's place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

OWN_DOINGS = ("batches", "outbox", "partitions", "polls")  # views that two equal runs differ in
VIEWS = "select view_name from duckdb_views() where schema_name = 'main' and not internal and not starts_with(view_name, 'int_') order by 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What became of one table: rows before and after, and how many of them went and came. A row that changed did both."""

    table: str
    rows_before: int
    rows_after: int
    gone: int
    come: int


def differences(before: Path, after: Path) -> list[Difference]:
    """Return every public view but our own doings, whether it differs or not; a view that only one of them has is left out.

    Raises       duckdb.Error where one of them cannot be read
    """
    with duckdb.connect(str(before), read_only=True) as old, duckdb.connect(str(after), read_only=True) as new:
        shared = sorted({*_views(old)} & {*_views(new)} - {*OWN_DOINGS})
        return [_difference(view, _hashes(old, view), _hashes(new, view)) for view in shared]


def _views(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [name for (name,) in connection.execute(VIEWS).fetchall()]


def _hashes(connection: duckdb.DuckDBPyConnection, view: str) -> pa.Table:
    """Return how often each row is there, by its hash: uint64, int64, one row a hash."""
    connection.execute("set TimeZone = 'UTC'")
    return connection.sql(f'select hash(rows) as row_hash, count(*) as times from "{view}" as rows group by 1').to_arrow_table()


def _difference(view: str, before: pa.Table, after: pa.Table) -> Difference:
    with duckdb.connect() as connection:
        connection.register("before", before)
        connection.register("after", after)
        [(rows_before, rows_after, gone, come)] = connection.execute(
            """
            select
                coalesce(sum(before.times), 0)::bigint,
                coalesce(sum(after.times), 0)::bigint,
                coalesce(sum(greatest(0, coalesce(before.times, 0) - coalesce(after.times, 0))), 0)::bigint,
                coalesce(sum(greatest(0, coalesce(after.times, 0) - coalesce(before.times, 0))), 0)::bigint,
            from before full outer join after using (row_hash)
            """
        ).fetchall()
    return Difference(table=view, rows_before=rows_before, rows_after=rows_after, gone=gone, come=come)
