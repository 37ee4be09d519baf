"""The user's own five articles: what they need must work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.path import load
from tasks.home import open_home
from tasks.settings import Settings

SEEDS = Path(__file__).resolve().parents[2] / "shared" / "seeds"

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the five articles are not beside the checkout")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = open_home(tmp_path_factory.mktemp("home"))
    done = load(home, Settings(now=datetime(2022, 3, 30, tzinfo=UTC)), [str(SEEDS)])
    assert (done.inputs, done.articles_new, done.stories_new, done.copies_new, done.rejected) == (5, 5, 4, 1, 0)
    with duckdb.connect(str(home.snapshot_link), read_only=True) as connection:
        yield connection


def article(tables: duckdb.DuckDBPyConnection, number: str) -> dict[str, Any]:
    found = tables.execute("select * from articles where starts_with(source_id, ?)", [number])
    names = [column[0] for column in found.description or ()]
    row = found.fetchone()
    assert row is not None
    return dict(zip(names, row, strict=True))


def test_two_states_of_one_report_are_one_story_by_relation_variant(tables: duckdb.DuckDBPyConnection) -> None:
    one, other = article(tables, "000"), article(tables, "001")
    assert one["story_id"] == other["story_id"]
    merging = tables.execute("select relation, article_a, article_b from matches where is_merging").fetchall()
    assert [(relation, {a, b}) for relation, a, b in merging] == [("variant", {one["article_id"], other["article_id"]})]


def test_an_order_that_nothing_tells_stays_unknown(tables: duckdb.DuckDBPyConnection) -> None:
    assert tables.execute("select is_ordered from matches where is_merging").fetchall() == [(False,)]
    assert tables.execute("select copied_from_article_id, lag_s from copies").fetchall() == [(None, None)]
    assert tables.execute("select first_report_article_id from stories where article_count = 2").fetchall() == [(None,)]


@pytest.mark.parametrize("number", ["001", "002"])
def test_datelines_are_read(tables: duckdb.DuckDBPyConnection, number: str) -> None:
    assert article(tables, number)["dateline_place"] == "LVIV, Ukraine"


@pytest.mark.parametrize(
    ("number", "agency", "evidence"),
    [("001", "Tribune News Service", "dateline_tag"), ("002", "Associated Press", "contributor_line")],
    ids=["tag", "contributor line"],
)
def test_agencies_are_read_with_their_evidence(tables: duckdb.DuckDBPyConnection, number: str, agency: str, evidence: str) -> None:
    row = article(tables, number)
    assert (row["agency"], row["agency_evidence"]) == (agency, evidence)


def test_a_republication_credit_is_read(tables: duckdb.DuckDBPyConnection) -> None:
    assert article(tables, "000")["republished_from"] == "Los Angeles Times"


def test_a_live_blog_keeps_its_entries(tables: duckdb.DuckDBPyConnection) -> None:
    row = article(tables, "003")
    entries = tables.execute("select max(entry_no) from blocks where version_id = ?", [row["version_id"]]).fetchone()
    assert row["is_live_blog"]
    assert entries is not None
    assert entries[0] > 3
