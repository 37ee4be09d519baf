"""Reading copydesk.duckdb: read-only, cut off from files and network, never locked by us."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb

from tasks.core.errors import HomeError, UsageError, first_line
from tasks.duckdb_errors import is_damage, is_of_query
from tasks.home import Home

ANEW = "`copydesk publish` makes it anew"


@contextmanager
def opened_snapshot(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the newest snapshot.

    Raises       HomeError where nothing was published yet, or the file cannot be read
    """
    if not home.snapshot_link.exists():
        is_lost = home.snapshot_link.is_symlink()
        raise HomeError(
            f"{home.snapshot_link}: "
            + (f"the snapshot it shows is gone; {ANEW}" if is_lost else "nothing is published yet; `copydesk load PATH` makes it")
        )
    try:
        connection = duckdb.connect(str(home.snapshot_link.resolve()), read_only=True)
    except duckdb.Error as error:
        raise _unreadable(home, error) from error
    try:
        connection.execute("set TimeZone = 'UTC'; set enable_external_access = false; set lock_configuration = true")
        yield connection
    except duckdb.Error as error:
        if is_damage(error):
            raise _unreadable(home, error) from error
        raise
    finally:
        connection.close()


def _unreadable(home: Home, error: duckdb.Error) -> HomeError:
    return HomeError(f"{home.snapshot_link}: cannot be read ({first_line(error)}); {ANEW}")


def selected(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyConnection:
    """Run a query of a user.

    Raises       UsageError with what DuckDB says, duckdb.Error where the snapshot is broken or Ctrl-C was pressed
    """
    try:
        require_one(connection, sql)
        return connection.execute(sql)
    except duckdb.Error as error:
        if not is_of_query(error):
            raise
        raise UsageError(f"query: {str(error).strip()}") from error


def require_one(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Make sure that a user's query is not several, of which only the last would show.

    Raises       UsageError, duckdb.Error
    """
    count = len(connection.extract_statements(sql))
    if count > 1:
        raise UsageError(f"query: {count} statements, give one")


def dicts(
    connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] | Mapping[str, object] | None = None
) -> list[dict[str, Any]]:
    """Return the rows of a query by column name."""
    found = connection.execute(sql, parameters)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
