"""DuckDB itself, one a process: to start it takes 18 ms, to attach a warehouse to one that runs 3 (2026-11)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

MEMORY_LIMIT = "1GB"  # of DuckDB's buffers; the rest of a process is Python
SPILL = ".spill"  # beside a warehouse: what does not fit into memory
STORAGE = "storage_version 'v1.5.0', row_group_size 8192"  # notes on warehouses, 2026-11; to be said at every attach

_idle: list[tuple[Path, duckdb.DuckDBPyConnection]] = []  # the one that was used last, by where it spills


@contextmanager
def attached(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach a warehouse whose lock is held, as `warehouse`, and take it off again: its file is closed then.

    DuckDB that met an error is not used again: one that a full disk or broken bytes stopped refuses all that follows.
    Raises       duckdb.Error, RuntimeError
    """
    spill = file.with_name(SPILL)
    engine = _started(spill)
    connection = engine.cursor()  # what is registered with it goes with it
    is_whole = False
    try:
        connection.execute("set TimeZone = 'UTC'")
        path = str(file).replace("'", "''")
        connection.execute(f"attach '{path}' as warehouse ({STORAGE})")
        connection.execute("use warehouse")
        yield connection
        is_whole = _is_taken_off(connection)
    finally:
        connection.close()
        if is_whole and not spill.exists():  # what it spilled to is removed by the next process: it would be missed
            _keep(spill, engine)
        else:
            engine.close()


def _started(spill: Path) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB that nobody uses, the one that runs if it spills to this place."""
    with suppress(IndexError):
        place, engine = _idle.pop()
        if place == spill:
            return engine
        engine.close()
    return duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(spill)})


def _keep(spill: Path, engine: duckdb.DuckDBPyConnection) -> None:
    _idle.append((spill, engine))
    while len(_idle) > 1:
        _idle.pop(0)[1].close()


def _is_taken_off(connection: duckdb.DuckDBPyConnection) -> bool:
    """Take the warehouse off; what a disk that is full now would not take stays in its log."""
    try:
        connection.execute("use memory")
        connection.execute("detach warehouse")
    except duckdb.Error:
        return False
    return True
