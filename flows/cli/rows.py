"""The rows of a user's query as table, CSV, JSON, JSON lines or Parquet; all of them, some thousands at a time."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import duckdb

from flows.cli.context import json_text, plain_text
from tasks.core.errors import UsageError
from tasks.core.render.csv_line import csv_line
from tasks.core.render.inert import defused, inert
from tasks.core.render.table import MAX_CELL, table_lines
from tasks.duckdb_errors import is_of_query
from tasks.snapshot import require_one, selected

ROWS_AT_A_TIME = 5_000
NOT_A_QUERY = 'query: gives no rows; write one query, e.g. "from stories limit 5"'


def write_rows(
    snapshot: duckdb.DuckDBPyConnection, sql: str, *, kind: str, output: Path | None, is_safe: bool, max_cell: int | None
) -> None:
    """Write the result of a query to a file or to stdout.

    max_cell     characters of a table's cell; None: whole
    Raises       UsageError for a query that fails, or a file that cannot be written
    """
    if kind == "parquet":
        _write_parquet(snapshot, sql, output)
        return
    found = selected(snapshot, sql)
    if found is None:
        raise UsageError(NOT_A_QUERY)
    header = [column[0] for column in found.description or ()]
    with ExitStack() as stack:
        file = stack.enter_context(_opened(output)) if output else sys.stdout
        if kind == "table":
            rows = [
                [value if value is None or isinstance(value, bool | int | float) else _cell(value) for value in row] for row in _rows(found)
            ]
            print("\n".join(table_lines(header, rows, max_cell=max_cell or MAX_CELL)), file=file)
        elif kind == "csv":
            show = inert if file.isatty() else str
            file.write(csv_line([show(_csv_cell(name, is_safe)) for name in header]))
            file.writelines(csv_line([show(_csv_cell(value, is_safe)) for value in row]) for row in _rows(found))
        elif kind == "jsonl":
            for row in _rows(found):
                print(json_text(dict(zip(header, row, strict=True))), file=file)
        else:
            print(json_text([dict(zip(header, row, strict=True)) for row in _rows(found)]), file=file)


def _opened(path: Path) -> TextIO:
    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise UsageError(f"--output {path}: cannot be written ({error.strerror})") from error


def _rows(found: duckdb.DuckDBPyConnection) -> Iterator[Sequence[Any]]:
    try:
        while rows := found.fetchmany(ROWS_AT_A_TIME):
            yield from rows
    except duckdb.Error as error:
        if not is_of_query(error):
            raise
        raise UsageError(f"query: {str(error).strip()}") from error


def _cell(value: object) -> str:
    return json_text(value) if isinstance(value, list | dict) else plain_text(value)


def _csv_cell(value: object, is_safe: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return defused(value) if is_safe else value
    return str(value).lower() if isinstance(value, bool) else _cell(value)


def _write_parquet(snapshot: duckdb.DuckDBPyConnection, sql: str, output: Path | None) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        require_one(snapshot, sql)
        relation = snapshot.sql(sql)
        if relation is None:
            raise UsageError(NOT_A_QUERY)
        rows = relation.to_arrow_table()
    except duckdb.Error as error:
        if not is_of_query(error):
            raise
        raise UsageError(f"query: {str(error).strip()}") from error
    try:
        pq.write_table(rows, str(output) if output else sys.stdout.buffer)
    except pa.ArrowNotImplementedError as error:
        raise UsageError(f"query: a column does not fit into Parquet ({error}); cast it to text") from error
    except OSError as error:
        raise UsageError(f"--output {output}: cannot be written ({error.strerror or error})") from error
