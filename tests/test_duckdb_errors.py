"""What errors of DuckDB mean: Ctrl-C in a callback, damage of a file, a fault of the query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tasks.duckdb_errors import is_damage, is_interruption, is_of_query

ONE = pa.table({"number": [1]})


class InterruptedSchema:
    """An Arrow object whose reading meets Ctrl-C before its first row."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        raise KeyboardInterrupt


def interrupted_rows() -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        yield from ONE.to_batches()
        raise KeyboardInterrupt

    return pa.RecordBatchReader.from_batches(ONE.schema, batches())


@pytest.mark.parametrize("given", [InterruptedSchema, interrupted_rows], ids=["in the schema", "in the rows"])
def test_an_interruption_while_rows_are_handed_over_is_known_as_one(given: type[InterruptedSchema]) -> None:
    connection = duckdb.connect()
    with pytest.raises(duckdb.Error) as met:
        connection.register("given", given()).execute("select * from given").fetchall()
    assert is_interruption(met.value)
    assert not is_of_query(met.value)


@pytest.mark.parametrize("error", [duckdb.InterruptException("INTERRUPT Error: Interrupted!"), RuntimeError("Query interrupted")], ids=repr)
def test_what_duckdb_says_of_an_interrupted_query_is_known(error: Exception) -> None:
    assert is_interruption(error)


@pytest.mark.parametrize(
    "sql", ["select error('interrupted')", "select 'KeyboardInterrupt'::integer", "from interrupted", "select error('corrupt')::"]
)
def test_a_query_that_only_speaks_of_it_is_neither_interrupted_nor_broken(sql: str) -> None:
    with duckdb.connect() as connection, pytest.raises(duckdb.Error) as met:
        connection.execute(sql).fetchall()
    assert not is_interruption(met.value)
    assert is_of_query(met.value)


@pytest.mark.parametrize("content", [b"no database" * 5_000, b"", bytes(20_000)], ids=["text", "empty", "zeros"])
def test_a_file_that_is_no_database_is_broken(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.duckdb").write_bytes(content)
    with pytest.raises(duckdb.Error) as met:
        duckdb.connect(str(tmp_path / "a.duckdb"), read_only=True)
    assert is_damage(met.value)
