"""What a home has published, as tests look at it: its public views, and each of them as a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from tasks.home import Home

OWN_DOINGS = frozenset({"batches", "outbox", "partitions", "polls"})  # views that two equal runs may differ in


@contextmanager
def snapshot(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open what users open."""
    with duckdb.connect(str(home.snapshot_link.resolve()), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


def table_hashes(home: Home) -> dict[str, str]:
    """Return SHA-256 over the sorted rows of each public view, our own doings left out."""
    with snapshot(home) as connection:
        return {name: digest(connection, name) for name in public_views(connection) if name not in OWN_DOINGS}


def public_views(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "select view_name from duckdb_views() where schema_name = 'main' and not internal order by view_name"
    ).fetchall()
    return [name for (name,) in found if not name.startswith("int_")]


def digest(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    lines = sorted(map(repr, connection.execute(f'select * from "{name}"').fetchall()))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()
