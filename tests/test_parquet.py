"""Parquet files as input: rows as JSON lines have them, values of every type, files that are none."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import synthetic_news as made
from processes import Done

from tasks.core.input_rows import row_of_columns
from tasks.home import Home

Rows = Callable[..., list[tuple[Any, ...]]]
Tables = Callable[[Home], dict[str, str]]
Call = Callable[..., Done]
NOW = {"COPYDESK_NOW": "2026-03-18T09:00:00Z", "COPYDESK_WORKERS": "1"}


def test_rows_become_what_json_lines_become(call: Call, home: Home, tmp_path: Path, rows: Rows) -> None:
    lines = [
        made.row(
            1, id="1", url="https://rows.example/1", title="The quay", authors=["Ann Lee", "Bo Ray"], published="2026-03-01", outlet="Rows"
        ),
        made.row(2, id="2", url="https://rows.example/2", captured="2026-03-02T08:00:00Z", desk="city"),
        {"id": "3", "html": made.page(made.text(3), title="A page"), "url": "https://rows.example/3"},
    ]
    texts = [(name, pa.string()) for name in ("id", "url", "title", "text", "html", "published", "captured", "outlet", "desk")]
    schema = pa.schema([*texts, ("authors", pa.list_(pa.string()))])
    pq.write_table(pa.Table.from_pylist(lines, schema=schema), tmp_path / "a.parquet")
    made.write_rows(tmp_path / "a.jsonl", lines)
    other = tmp_path / "other"
    assert call("load", str(tmp_path / "a.parquet"), home=home, **NOW).code == 0
    assert call("load", str(tmp_path / "a.jsonl"), home=other, **NOW).code == 0
    for table in ("articles", "versions", "blocks", "stories"):
        sql = f"select * from {table} order by all"
        assert rows(home, sql) == rows(Home(root=other, raw_root=other), sql)
    assert rows(home, "select source_id, extra from captures where extra is not null") == [("2", '{"desk": "city"}')]


def test_values_of_every_type() -> None:
    at = datetime(2026, 3, 1, 8, 0, tzinfo=timezone.utc)
    values = {
        "id": 7, "published": date(2026, 3, 1), "captured": at, "html": b"<p>caf\xe9</p>", "note": "caf\u00e9".encode(), "blob": b"\xff\xfe", "none": None,
        "score": float("nan"), "price": Decimal("1.50"), "hour": time(8, 30), "tags": ["a", at], "place": {"lat": 1.5, "at": at}, "pairs": [("a", 1)],
    }  # fmt: skip
    assert row_of_columns(values) == {
        "id": 7, "published": "2026-03-01", "captured": "2026-03-01T08:00:00+00:00", "html_base64": "PHA+Y2Fm6TwvcD4=", "note": "caf\u00e9", "blob": "//4=",
        "price": "1.50", "hour": "08:30:00", "tags": ["a", "2026-03-01T08:00:00+00:00"], "place": {"lat": 1.5, "at": "2026-03-01T08:00:00+00:00"},
        "pairs": [["a", 1]],
    }  # fmt: skip


def test_times_and_bytes_of_a_file_reach_the_tables(call: Call, home: Home, tmp_path: Path, rows: Rows) -> None:
    at = datetime(2026, 3, 1, 8, 0, 0, 500, tzinfo=timezone.utc)
    page = made.page(made.text(1), title="A page").encode()
    table = pa.table(
        {"html": [page], "captured": pa.array([at], pa.timestamp("us", "UTC")), "published": [date(2026, 2, 28)], "score": [float("nan")]}
    )
    pq.write_table(table, tmp_path / "a.parquet")
    assert call("load", str(tmp_path / "a.parquet"), home=home, **NOW).code == 0
    assert rows(home, "select source_id, captured_at, kind, extra from captures") == [("a.parquet#1", at, "page", None)]
    assert rows(home, "select published_date from articles") == [(date(2026, 2, 28),)]


def test_a_bad_row_is_declined_and_the_rest_loaded(call: Call, home: Home, tmp_path: Path, rows: Rows) -> None:
    pq.write_table(
        pa.table({"text": [made.text(1), None, made.text(3)], "url": ["https://a.example/1", None, "no address"]}), tmp_path / "a.parquet"
    )
    done = call("--json", "load", str(tmp_path / "a.parquet"), home=home, **NOW)
    assert done.code == 3
    assert [(failure["path"], failure["reason"]) for failure in json.loads(done.out)["failed"]] == [
        ("a.parquet#2", "no_body"),
        ("a.parquet#3", "bad_field"),
    ]
    assert rows(home, "select source_id from captures") == [("a.parquet#1",)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "not_parquet", id="nothing"),
        pytest.param(b"PAR1 but no more", "not_parquet", id="a name only"),
        pytest.param(None, "not_parquet", id="cut"),
    ],
)
def test_a_file_that_is_none_is_declined(call: Call, home: Home, tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [made.text(seed) for seed in range(50)]}), path)
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    made.write_rows(tmp_path / "b.jsonl", [made.row(9)])
    done = call("--json", "load", str(tmp_path), home=home, **NOW)
    assert done.code == 3
    assert [(failure["path"], failure["reason"]) for failure in json.loads(done.out)["failed"]] == [("a.parquet", reason)]


def test_a_file_that_is_broken_inside_is_read_up_to_there(call: Call, home: Home, tmp_path: Path, rows: Rows) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"text": [made.text(seed) for seed in range(6)]}), path, row_group_size=3, use_dictionary=False, compression="zstd"
    )
    content = bytearray(path.read_bytes())
    place = pq.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    content[place : place + 200] = b"\xff" * 200
    path.write_bytes(content)
    assert call("load", str(path), home=home, **NOW).code == 3
    assert rows(home, "select count(*) from captures") == [(3,)]
    assert rows(home, "select source_id, reason from rejects where stage = 'load'") == [("a.parquet", "not_parquet")]


def test_an_empty_table_is_declined(call: Call, home: Home, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "a.parquet")
    done = call("load", str(tmp_path / "a.parquet"), home=home, **NOW)
    assert done.code == 1
    assert "empty: no row in it" in done.err
