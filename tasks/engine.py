"""DuckDB itself, one a process: to start it takes 18 ms, to attach a warehouse to one that runs nearly 4 (2026-11)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

MEMORY_LIMIT = "1GB"  # of DuckDB's buffers; the rest of a process is Python
SPILL = ".spill"  # beside a warehouse: what does not fit into memory
STORAGE = "storage_version 'v1.5.0', row_group_size 8192"  # notes on warehouses, 2026-11; to be said at every attach

USES = 50  # openings of one DuckDB: what it keeps of them is given back then, 16 MB after a hundred

_idle: list[tuple[Path, int, duckdb.DuckDBPyConnection]] = []  # the one that was used last: where it spills, how often it may be used still


@contextmanager
def attached(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach a warehouse whose lock is held, as `warehouse`, and take it off again: its file is closed then.

    DuckDB that met an error is not used again: one that a full disk or broken bytes stopped refuses all that follows.
    Raises       duckdb.Error, RuntimeError
    """
    spill = file.with_name(SPILL)
    left, engine = _started(spill)
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
        if left and is_whole and not spill.exists():  # what it spilled to is removed by the next process: it would be missed
            _keep(spill, left, engine)
        else:
            engine.close()


def _started(spill: Path) -> tuple[int, duckdb.DuckDBPyConnection]:
    """Return how often a DuckDB may be used after this time, and the DuckDB, that which runs if it spills to this place."""
    with suppress(IndexError):
        place, left, engine = _idle.pop()
        if place == spill:
            return left - 1, engine
        engine.close()
    return USES - 1, duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(spill)})


def _keep(spill: Path, left: int, engine: duckdb.DuckDBPyConnection) -> None:
    _idle.append((spill, left, engine))
    while len(_idle) > 1:
        _, _, other = _idle.pop(0)
        other.close()


def _is_taken_off(connection: duckdb.DuckDBPyConnection) -> bool:
    """Take the warehouse off; what a disk that is full now would not take stays in its log."""
    try:
        connection.execute("use memory")
        connection.execute("detach warehouse")
    except duckdb.Error:
        return False
    return True
