"""The demo newsroom, loaded moment by moment, gives the stories that its own table of truth names."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from flows.demo import QUERIES, demo_lines
from tasks.core.text.urls import normalized_url
from tasks.home import open_home
from tasks.resources import tracking_parameters
from tasks.settings import Settings
from tasks.watch import NOBODY

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = Path(__file__).parent / "data" / "demo.txt"
EXPECTED = list(csv.DictReader((ROOT / "seeds" / "demo" / "expected.csv").read_text("utf-8").splitlines()))
READ = [row for row in EXPECTED if row["story"]]
REFUSED = [row for row in EXPECTED if not row["story"]]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    home = open_home(tmp_path_factory.mktemp("newsroom"))
    return home.snapshot_link, demo_lines(home, Settings(), NOBODY)


@pytest.fixture(scope="module")
def tables(shown: tuple[Path, list[str]]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(shown[0]), read_only=True) as connection:
        yield connection


def key(url: str) -> str:
    return normalized_url(url, tracking_parameters())


def test_the_demo_says_what_it_said(shown: tuple[Path, list[str]]) -> None:
    text = "\n".join(shown[1]).split("\nTry next:")[0] + "\n"
    if os.environ.get("GOLDEN"):
        GOLDEN.write_text(text, "utf-8")
    assert text == GOLDEN.read_text("utf-8"), "read the diff, then run `make golden`"


def test_articles_are_in_the_stories_that_the_truth_names(tables: duckdb.DuckDBPyConnection) -> None:
    story_of = {key(url): story_id for url, story_id in tables.execute("select url, story_id from articles").fetchall()}
    named: dict[str, set[str]] = {}
    for row in READ:
        named.setdefault(row["story"], set()).add(story_of[key(row["url"])])
    assert {story: ids for story, ids in named.items() if len(ids) > 1} == {}, "stories that were split"
    assert len({next(iter(ids)) for ids in named.values()}) == len(named), "stories that were mixed"
    assert story_of.keys() == {key(row["url"]) for row in READ}


def test_carriers_have_the_relation_that_the_truth_names(tables: duckdb.DuckDBPyConnection) -> None:
    rows = tables.execute("select articles.url, copies.relation from copies inner join articles using (article_id)").fetchall()
    relation_of = {key(url): relation for url, relation in rows}
    wanted = {key(row["url"]): row["relation"] for row in READ if row["relation"] not in ("founder", "alone")}
    assert relation_of.keys() == wanted.keys()
    near = {"identical": {"identical", "copy"}, "copy": {"identical", "copy"}}
    assert {url: relation for url, relation in relation_of.items() if relation not in near.get(wanted[url], {wanted[url]})} == {}


def test_refused_pages_have_their_reason(tables: duckdb.DuckDBPyConnection) -> None:
    reasons = {key(url): reason for url, reason in tables.execute("select url, reason from rejects").fetchall()}
    assert reasons == {key(row["url"]): row["reason"] for row in REFUSED}


def test_a_page_that_changed_its_advertisements_only_has_one_version(tables: duckdb.DuckDBPyConnection) -> None:
    url = next(row["url"] for row in READ if "corn-exchange" in row["url"])
    rows = tables.execute(
        "select version_id, count(*) from version_captures inner join versions using (version_id) where url = ? group by all", [url]
    )
    assert [count for _, count in rows.fetchall()] == [2]


def test_tracking_parameters_make_no_other_article(tables: duckdb.DuckDBPyConnection) -> None:
    tracked = next(row["url"] for row in READ if "utm_source" in row["url"])
    captured = tables.execute("select distinct url from captures").fetchall()
    twins = [url for (url,) in captured if key(url) == key(tracked)]
    assert len(twins) == 2
    found = tables.execute("select count(distinct article_id) from ledger where list_contains(?, url)", [twins]).fetchone()
    assert found == (1,)


def test_the_ledger_adds_up(tables: duckdb.DuckDBPyConnection) -> None:
    ledger, summed, urls = tables.execute(
        "select (select count(*) from ledger), (select sum(entry_count) from ledger_summary), (select count(distinct url) from captures)"
    ).fetchall()[0]
    assert ledger == summed == urls


@pytest.mark.parametrize("sql", [sql for _, sql in QUERIES], ids=[purpose for purpose, _ in QUERIES])
def test_the_queries_to_try_next_give_rows(tables: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert tables.execute(sql).fetchall()
