"""The tables of sql/ as Arrow: their SQL is the only place where they are described."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import duckdb
import pyarrow as pa

from tasks.resources import resource


def arrow_schema(table: str) -> pa.Schema:
    """Return the Arrow schema of a table of the store, derived from its SQL."""
    return _arrow_schemas()[table]


@lru_cache(maxsize=1)
def _arrow_schemas() -> dict[str, pa.Schema]:
    tables = sorted((resource("sql") / "tables").glob("*.sql"))
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'; create schema store")
        for path in tables:
            connection.execute(path.read_text("utf-8"))
        return {path.stem: connection.sql(f"select * from store.{path.stem} limit 0").to_arrow_table().schema for path in tables}


def arrow_rows(table: str, rows: Sequence[dict[str, object]]) -> pa.Table:
    """Return rows as Arrow, in the schema of their table."""
    return pa.Table.from_pylist(list(rows), schema=arrow_schema(table))


def arrow_values(table: str, names: Sequence[str], rows: Sequence[Sequence[object]]) -> pa.Table:
    """Return rows given as values of named columns as Arrow, in the schema of their table: in half the time of rows as dicts."""
    schema = arrow_schema(table)
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    return pa.table({name: pa.array(columns[name], schema.field(name).type) for name in schema.names}, schema=schema)
