"""The demo newsroom, polled moment by moment, gives the stories that its own table of truth names."""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from flows.demo import QUERIES, demo_lines
from tasks.core.text.urls import normalized_url, site_of
from tasks.demo_newsroom import MOMENTS
from tasks.home import open_home
from tasks.resources import tracking_parameters
from tasks.settings import Settings
from tasks.watch import NOBODY

DEMO = Path(__file__).resolve().parents[1] / "seeds" / "demo"
GOLDEN = Path(__file__).parent / "data" / "demo.txt"
EXPECTED = list(csv.DictReader((DEMO / "expected.csv").read_text("utf-8").splitlines()))
READ = [row for row in EXPECTED if row["story"]]
REFUSED = [row for row in EXPECTED if not row["story"]]
TAKEN_DOWN = "http://pagehopper.example/p/9f3c4"  # announced at noon, and not there


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
    assert reasons == {key(row["url"]): row["reason"] for row in REFUSED} | {key(TAKEN_DOWN): "http_error"}


def test_the_feed_has_the_words_of_a_page_that_is_gone(tables: duckdb.DuckDBPyConnection) -> None:
    rows = tables.execute("select url, title, text from entries where page_state = 'gone'").fetchall()
    assert [(url, title) for url, title, _ in rows] == [(TAKEN_DOWN, "Ferry to Gull Isle halted after splits found")]
    assert "a routine dive found splits in the ramp" in rows[0][2]


def test_the_feed_has_words_for_every_page_that_was_refused(tables: duckdb.DuckDBPyConnection) -> None:
    rows = tables.execute("select url, text from entries where page_state = 'rejected'").fetchall()
    assert {key(url) for url, text in rows if text} == {key(row["url"]) for row in REFUSED}


def test_every_page_was_asked_for_at_its_moments_and_at_no_other(tables: duckdb.DuckDBPyConnection) -> None:
    moment_of = {at: moment for moment, at in MOMENTS.items()}
    asked = Counter(
        (moment_of[at], key(url)) for at, url in tables.execute("select asked_at, url from polls where kind = 'page'").fetchall()
    )
    assert asked == Counter((row["moment"], key(row["url"])) for row in EXPECTED) + Counter([("2-noon", key(TAKEN_DOWN))])


def test_feeds_that_have_not_changed_answer_304(tables: duckdb.DuckDBPyConnection) -> None:
    rows = tables.execute("select asked_at, url from polls where kind = 'feed' and status = 304").fetchall()
    unchanged = {moment: sorted(url.split("/")[2] for at, url in rows if at == now) for moment, now in MOMENTS.items()}
    assert unchanged == {
        "1-morning": [],
        "2-noon": ["continentalpress.example", "www.saltmerestandard.example"],
        "3-evening": ["thetinderbox.example", "www.saltmerestandard.example", "www.sevenshores.example"],
    }


def test_robots_are_asked_once(tables: duckdb.DuckDBPyConnection) -> None:
    rows = tables.execute("select url, count(*) from polls where kind = 'robots' group by url").fetchall()
    assert sorted(count for _, count in rows) == [1] * 11


def test_articles_have_the_names_of_their_outlets(tables: duckdb.DuckDBPyConnection) -> None:
    names = {row["site"]: row["outlet"] for row in csv.DictReader((DEMO / "outlets.csv").read_text("utf-8").splitlines())}
    rows = tables.execute("select articles.url, copies.outlet from copies inner join articles using (article_id)").fetchall()
    assert {url: outlet for url, outlet in rows if outlet != names[site_of(url)]} == {}


def test_a_page_that_changed_its_advertisements_only_has_one_version(tables: duckdb.DuckDBPyConnection) -> None:
    rows = tables.execute(
        "select version_id, count(*) from version_captures inner join versions using (version_id) where contains(url, 'corn-exchange') group by all"
    )
    assert [count for _, count in rows.fetchall()] == [2]


def test_tracking_parameters_make_no_other_article_and_no_other_entry(tables: duckdb.DuckDBPyConnection) -> None:
    tracked = next(row["url"] for row in READ if "utm_source" in row["url"])
    rows = tables.execute("select url, article_id from ledger where url is not null").fetchall()
    twins = {url: article_id for url, article_id in rows if key(url) == key(tracked)}
    assert len(twins) == 2
    assert len(set(twins.values())) == 1
    [(states, entries)] = tables.execute(
        "select count(*), count(distinct entry_id) from entry_states where list_contains(?, url)", [list(twins)]
    ).fetchall()
    assert (states, entries) == (2, 1)


def test_the_ledger_has_every_address_once_and_adds_up(tables: duckdb.DuckDBPyConnection) -> None:
    rows = tables.execute("select url from ledger").fetchall()
    pages = tables.execute("select url from captures union select url from entries").fetchall()
    assert sorted(rows) == sorted(pages)
    assert tables.execute("select sum(entry_count) from ledger_summary").fetchall() == [(len(rows),)]


def test_a_second_run_asks_nobody(shown: tuple[Path, list[str]]) -> None:
    again = demo_lines(open_home(shown[0].parent), Settings(), NOBODY)
    assert [line.split()[1:] for line in again[1:4]] == [["was", "polled", "before"]] * 3
    assert again[4:] == shown[1][4:]


@pytest.mark.parametrize("sql", [sql for _, sql in QUERIES], ids=[purpose for purpose, _ in QUERIES])
def test_the_queries_to_try_next_give_rows(tables: duckdb.DuckDBPyConnection, sql: str) -> None:
    assert tables.execute(sql).fetchall()
