"""The private database: its schema from sql/, opened only through Home.locked()."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tasks.arrow_schema import arrow_schema
from tasks.core.errors import BusyError, CheckError, DamageError, HomeError, first_line
from tasks.duckdb_errors import STORAGE_ERRORS, is_damage, is_interruption
from tasks.engine import SPILL, attached
from tasks.resources import resource, seed_rows

HEADER_BYTES = 3 * 4096  # of a DuckDB file: one that is smaller was never whole
LOCKED_ELSEWHERE = "Could not set lock on file"
LAYERS = ("tables", "intermediate", "marts")
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
STORE_TABLE = re.compile(r"\bstore\.(\w+)")


Parameters = Sequence[object] | Mapping[str, object] | None


class Warehouse:
    """An open warehouse. Rows go in as lists of dicts whose keys are the table's columns."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def rows(self, sql: str, parameters: Parameters = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(sql, parameters).fetchall()

    def columns(self, sql: str, parameters: Parameters = None) -> pa.Table:
        """Return the rows of a query as an Arrow table, for those that are many."""
        return self.connection.sql(sql, params=parameters).to_arrow_table()

    def execute(self, sql: str, parameters: Parameters = None) -> None:
        self.connection.execute(sql, parameters)

    def insert(self, table: str, rows: Sequence[dict[str, object]]) -> None:
        """Append rows to a table of the store."""
        if rows:
            self.insert_arrow(table, pa.Table.from_pylist(list(rows), schema=arrow_schema(table)))

    def put(self, table: str, key: str, rows: Sequence[dict[str, object]], *, gone: Iterable[str] = ()) -> None:
        """Put rows in place of those with the same key, inside the caller's transaction.

        gone         keys of which nothing is left that is not among the rows
        """
        keys = {str(row[key]) for row in rows} | set(gone)
        if keys:
            self.give("asked", pa.table({key: sorted(keys)}))
            self.execute(f"delete from store.{table} where {key} in (select {key} from asked)")
            self.insert(table, rows)

    def by_key(self, table: str, key: str, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Return the rows of a table of the store with these keys, each once by its key."""
        self.give("asked", pa.table({key: pa.array(sorted(set(keys)), pa.string())}))
        found = self.connection.execute(f"select * from store.{table} semi join asked using ({key})")
        names = [column[0] for column in found.description or ()]
        return {row[key]: row for row in (dict(zip(names, values, strict=True)) for values in found.fetchall())}

    def insert_arrow(self, table: str, rows: pa.Table) -> None:
        if len(rows):
            self.give("inserted", rows)
            self.execute(f"insert into store.{table} by name select * from inserted")
            self.connection.unregister("inserted")

    def give(self, name: str, rows: pa.Table) -> None:
        """Let queries read an Arrow table under a name."""
        self.connection.register(name, rows)

    def noted(self) -> dict[str, str]:
        """Return what the tables were made of, by name; nothing where there are none yet."""
        try:
            return dict(self.rows("select name, value from store.state"))
        except duckdb.CatalogException:
            return {}

    def note(self, name: str, value: str) -> None:
        self.execute("delete from store.state where name = ?", [name])
        self.execute("insert into store.state values (?, ?)", [name, value])

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens inside, or nothing of it."""
        self.execute("begin transaction")
        try:
            yield
        except BaseException:
            with suppress(duckdb.Error):  # a full disk ends the transaction before we do
                self.execute("rollback")
            raise
        self.execute("commit")

    def check(self, prefix: str) -> None:
        """Run the checks whose names start so.

        Raises       CheckError for the first that returns rows
        """
        for name, rows in self.broken_checks(prefix):
            raise CheckError(name, rows)

    def broken_checks(self, prefix: str) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        """Yield each check whose name starts so and that returns rows, with these."""
        for path in sorted((resource("sql") / "checks").glob(f"{prefix}_*.sql")):
            rows = self.rows(path.read_text("utf-8"))
            if rows:
                yield path.stem, rows


def time_of(epoch_us: int) -> datetime:
    """Return a time of which a query gives epoch_us(): for thousands of rows, as to make their times takes DuckDB half of a query."""
    return EPOCH + timedelta(microseconds=epoch_us)


@contextmanager
def opened_warehouse(file: Path, *, home_seeds: Path) -> Iterator[Warehouse]:
    """Open a warehouse whose lock is held, its schema brought up to date.

    home_seeds   the home's own rows for the tables in seeds/
    Raises       DamageError where its bytes are broken, BusyError where another program has it open, HomeError where it cannot be written
    """
    _clear_place(file)
    try:
        with attached(file) as connection:
            warehouse = Warehouse(connection)
            noted = warehouse.noted()
            _install_schema(warehouse, noted.get("schema"))
            _install_outlets(warehouse, seed_rows("outlets.csv", home_seeds), noted.get("outlets"))
            yield warehouse
    except (duckdb.Error, RuntimeError) as error:
        meaning = _meaning(file, error)
        if meaning is None:
            raise
        raise meaning from error


def _clear_place(file: Path) -> None:
    """Remove a warehouse whose making was cut short, before anything was committed to it, the log of one that is gone, and what a kill left."""
    shutil.rmtree(file.with_name(SPILL), ignore_errors=True)
    if file.is_dir():
        raise HomeError(f"{file}: is a folder; move it away and run `copydesk replay`")
    if not file.exists() or file.stat().st_size < HEADER_BYTES:
        file.unlink(missing_ok=True)
        file.with_name(f"{file.name}.wal").unlink(missing_ok=True)


def _meaning(file: Path, error: BaseException) -> BaseException | None:
    """Return what an error of DuckDB means for whoever runs the command, None where the fault is none of the file's."""
    if is_interruption(error):
        return KeyboardInterrupt()
    said = first_line(error)
    if LOCKED_ELSEWHERE in said:
        return BusyError(f"{file}: another program has it open ({said}); close it there and run the same command again")
    if is_damage(error):
        return DamageError(f"{file}: is broken ({said}); `copydesk replay` builds it anew from raw")
    if isinstance(error, STORAGE_ERRORS):
        remedy = "mend its permissions" if "Permission denied" in said or "Read-only" in said else "free space"
        return HomeError(f"{file}: could not be written ({said}); {remedy} and run the same command again")
    return None


def schema_files() -> list[Path]:
    """Return the files that make the schema, in run order."""
    return [path for layer in LAYERS for path in sorted((resource("sql") / layer).glob("*.sql"))]


@lru_cache(maxsize=1)
def schema_digest() -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in schema_files())).hexdigest()[:16]


def _install_schema(warehouse: Warehouse, noted: str | None) -> None:
    if noted == schema_digest():
        return
    with warehouse.transaction():
        warehouse.execute("create schema if not exists store")
        for path in schema_files():
            warehouse.execute(path.read_text("utf-8"))
        _inherit_comments(warehouse)
        warehouse.note("schema", schema_digest())


def _inherit_comments(warehouse: Warehouse) -> None:
    """Give each uncommented column of a mart the comment of the same column in the first table behind it."""
    comments = {
        (table, column): comment
        for table, column, comment in warehouse.rows(
            "select table_name, column_name, comment from duckdb_columns() where database_name = 'warehouse' and schema_name = 'store'"
        )
    }
    tables = sorted({table for table, _ in comments}, key=lambda table: (table != "versions", table))
    bare = warehouse.rows(
        "select table_name, column_name from duckdb_columns() where database_name = 'warehouse' and schema_name = 'main' and comment is null"
    )
    for view, column in bare:
        text = (resource("sql") / "marts" / f"{view}.sql").read_text("utf-8")
        behind = [*STORE_TABLE.findall(text), *tables]
        comment = next((comments[table, column] for table in behind if comments.get((table, column))), None)
        if comment:
            escaped = comment.replace("'", "''")
            warehouse.execute(f'comment on column "{view}"."{column}" is \'{escaped}\'')


def _install_outlets(warehouse: Warehouse, text: str, noted: str | None) -> None:
    """Make known_outlets anew where the table in seeds/ has changed."""
    digest = _digest(text)
    if noted == digest:
        return
    known: dict[str, dict[str, object]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        known.setdefault(row["site"], {name: value or None for name, value in row.items()})
    with warehouse.transaction():
        warehouse.execute("delete from store.known_outlets")
        warehouse.insert("known_outlets", list(known.values()))
        warehouse.note("outlets", digest)


@lru_cache(maxsize=4)
def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
