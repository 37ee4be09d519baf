"""One DuckDB a process: what is left of an opening when the next one comes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tasks import engine
from tasks.engine import SPILL, attached

WRITES = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('insert into numbers values (2)')"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with attached(tmp_path / "warehouse.duckdb") as connection:
        connection.execute("create table numbers (number integer); insert into numbers values (1)")
    return tmp_path / "warehouse.duckdb"


def numbers(file: Path) -> list[int]:
    with attached(file) as connection:
        return [number for (number,) in connection.execute("from numbers order by number").fetchall()]


def running() -> duckdb.DuckDBPyConnection:
    ((_, _, found),) = engine._idle
    return found


def test_the_engine_that_runs_serves_the_next_opening(file: Path) -> None:
    before = running()
    assert numbers(file) == [1]
    assert running() is before


def test_an_engine_is_used_so_many_times(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine._idle.clear()
    monkeypatch.setattr(engine, "USES", 2)
    assert (numbers(file), len(engine._idle)) == ([1], 1)
    assert (numbers(file), len(engine._idle)) == ([1], 0)
    assert (numbers(file), len(engine._idle)) == ([1], 1)


def test_between_two_openings_the_file_is_free_and_what_others_wrote_is_seen(file: Path) -> None:
    subprocess.run([sys.executable, "-c", WRITES, str(file)], check=True)
    assert numbers(file) == [1, 2]
    assert not file.with_name(f"{file.name}.wal").exists()


def test_what_was_registered_is_gone(file: Path) -> None:
    with attached(file) as connection:
        connection.register("asked", pa.table({"number": [1]}))
    with attached(file) as connection, pytest.raises(duckdb.CatalogException):
        connection.execute("from asked")


def test_after_an_error_another_engine_is_started(file: Path) -> None:
    before = running()
    with pytest.raises(duckdb.ConversionException), attached(file) as connection:
        connection.execute("begin; insert into numbers values (3); select 'no number'::integer")
    assert engine._idle == []
    assert numbers(file) == [1]
    assert running() is not before


def test_two_warehouses_at_once_have_an_engine_each_and_one_is_kept(file: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with attached(file) as outer, attached(tmp_path / "other" / file.name) as inner:
        inner.execute("create table numbers (number integer)")
        assert outer.execute("select count(*) from numbers").fetchone() == (1,)
    assert len(engine._idle) == 1
    assert (numbers(file), numbers(tmp_path / "other" / file.name)) == ([1], [])


def test_an_engine_that_spilled_is_not_kept(file: Path) -> None:
    with attached(file) as connection:
        connection.execute("set memory_limit = '40MB'; set threads = 1")
        connection.execute(
            "select count(s) from (select md5(a::varchar) || repeat('y', 100) as s from range(600000) as n(a) order by s limit 599999)"
        )
        assert any(file.with_name(SPILL).iterdir())
    assert engine._idle == []
    assert not file.with_name(SPILL).exists()
