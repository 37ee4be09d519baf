"""Archives, partition by partition: what a partition is, what the ledger says of it, what is left out, what is tried again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import synthetic_news as made
from processes import Done

from tasks.core.backfill import KindSum, Pace, estimate, left_s, named_day, span_of
from tasks.core.errors import UsageError
from tasks.home import Home

Rows = Callable[..., list[tuple[Any, ...]]]
Tables = Callable[[Home], dict[str, str]]
Call = Callable[..., Done]

PAGES = 4  # of an archive
LEDGER = "select place, state, inputs, captures_new, captures_known, failures from partitions order by place"


def archive(path: Path, number: int, *, day: str = "2026-03-01", pages: int = PAGES, cut: int | None = None) -> Path:
    """Write an archive of pages of its own, captured by the hour."""
    records = [
        made.warc_record(
            "response", url=f"https://archive.example/{number}/{page}", payload=made.page(made.text(100 * number + page), title="Report").encode(),
            number=100 * number + page, date=f"{day}T{page:02d}:00:00Z",
        )
        for page in range(pages)
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.members(records)[:cut])
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Two archives, a JSON lines file, and two folders with texts and pages."""
    folder = tmp_path / "tree"
    for number in (1, 2):
        archive(folder / "crawl" / f"{number}.warc.gz", number)
    made.write_rows(folder / "rows.jsonl.gz", [made.row(seed, url=f"https://rows.example/{seed}") for seed in range(3)])
    for seed, name in enumerate(("one/a.txt", "one/b.html", "two/c.txt"), start=50):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(made.text(seed) if name.endswith(".txt") else made.page(made.text(seed), title="A page"))
    return folder


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_NOW", "2026-03-18T09:00:00Z")
    monkeypatch.setenv("COPYDESK_WORKERS", "1")


def places(ledger: list[tuple[Any, ...]], tree: Path) -> list[tuple[Any, ...]]:
    return [(Path(place).relative_to(tree.resolve()).as_posix(), *rest) for place, *rest in ledger]


def test_a_tree_becomes_partitions_and_the_ledger_adds_up(call: Call, home: Home, tree: Path, rows: Rows) -> None:
    done = call("--json", "backfill", str(tree), home=home)
    assert (done.code, done.err) == (0, "")
    result = json.loads(done.out)
    assert (result["partitions_done"], result["inputs"], result["captures_new"], result["failed"]) == (5, 14, 14, [])
    assert places(rows(home, LEDGER), tree) == [
        ("crawl/1.warc.gz", "done", 4, 4, 0, 0),
        ("crawl/2.warc.gz", "done", 4, 4, 0, 0),
        ("one", "done", 2, 2, 0, 0),
        ("rows.jsonl.gz", "done", 3, 3, 0, 0),
        ("two", "done", 1, 1, 0, 0),
    ]
    assert rows(home, "select kind, count(*) from partitions group by kind order by kind") == [("folder", 2), ("jsonl", 1), ("warc", 2)]


def test_the_tables_are_those_of_a_load(call: Call, home: Home, tree: Path, tables: Tables, tmp_path: Path) -> None:
    files = [str(tree / "crawl"), str(tree / "rows.jsonl.gz")]
    assert call("backfill", *files, home=home).code == 0
    loaded = tmp_path / "loaded"
    for file in sorted((tree / "crawl").iterdir()):
        assert call("load", str(file), home=loaded).code == 0
    assert call("load", files[1], home=loaded).code == 0
    assert tables(home) == tables(Home(root=loaded, raw_root=loaded))


def test_what_is_done_is_left_out_and_what_changed_is_taken(call: Call, home: Home, tree: Path, rows: Rows) -> None:
    assert call("backfill", str(tree), home=home).code == 0
    again = json.loads(call("--json", "backfill", str(tree), home=home).out)
    assert (again["partitions_done"], again["partitions_skipped"], again["inputs"]) == (0, 5, 0)
    archive(tree / "crawl" / "1.warc.gz", 1, pages=PAGES + 1)
    changed = json.loads(call("--json", "backfill", str(tree), home=home).out)
    assert (changed["partitions_done"], changed["partitions_skipped"]) == (1, 4)
    assert (changed["inputs"], changed["captures_new"], changed["captures_known"]) == (5, 1, 4)
    assert rows(home, "select sum(captures_new) from partitions") == rows(home, "select count(*) from captures")


def test_a_partition_is_taken_once_however_often_it_is_named(call: Call, home: Home, tree: Path) -> None:
    one = str(tree / "crawl" / "1.warc.gz")
    done = json.loads(call("--json", "backfill", one, str(tree / "crawl"), one, home=home).out)
    assert (done["partitions_done"], done["inputs"]) == (2, 8)


def test_what_two_partitions_share_counts_for_the_first(call: Call, home: Home, tree: Path, rows: Rows) -> None:
    (tree / "crawl" / "3.warc.gz").write_bytes((tree / "crawl" / "1.warc.gz").read_bytes())
    assert call("backfill", str(tree / "crawl"), home=home).code == 0
    assert [row[1:] for row in rows(home, LEDGER)] == [("done", 4, 4, 0, 0), ("done", 4, 4, 0, 0), ("done", 4, 0, 4, 0)]


def test_in_place_an_archive_is_not_doubled(call: Call, home: Home, tree: Path, rows: Rows) -> None:
    assert call("backfill", "--in-place", str(tree / "crawl"), home=home).code == 0
    assert {Path(segment).name for (segment,) in rows(home, "select segment from captures")} == {"1.warc.gz", "2.warc.gz"}
    assert sum(path.stat().st_size for path in home.raw.rglob("*.warc.gz")) < (tree / "crawl" / "1.warc.gz").stat().st_size


def test_a_file_that_ends_early_is_done_but_for_its_end_and_named_each_time(call: Call, home: Home, tree: Path, rows: Rows) -> None:
    archive(tree / "crawl" / "2.warc.gz", 2, cut=-40)
    for _ in range(2):
        done = call("backfill", str(tree / "crawl"), home=home)
        assert done.code == 3
        assert "2.warc.gz: truncated: " in done.err
    assert [row[1:] for row in rows(home, LEDGER)] == [("done", 4, 4, 0, 0), ("done", 4, 3, 0, 1)]
    assert rows(home, "select reason from rejects where stage = 'load'") == [("truncated",)]


def test_what_cannot_be_read_at_all_failed_and_is_tried_again(call: Call, home: Home, tree: Path, rows: Rows) -> None:
    broken = tree / "crawl" / "2.warc.gz"
    broken.write_bytes(b"no archive")
    done = call("backfill", str(tree / "crawl"), str(tree / "nowhere"), home=home)
    assert done.code == 3
    assert len(done.errors) == 2
    assert rows(home, "select kind, state, reason, tries from partitions order by kind, state") == [
        ("missing", "failed", "missing", 1),
        ("warc", "done", None, 1),
        ("warc", "failed", "not_warc", 1),
    ]
    assert call("backfill", str(tree / "crawl"), home=home).code == 3
    assert rows(home, "select tries from partitions where reason = 'not_warc'") == [(2,)]


def test_a_backfill_of_nothing_ends_with_1(call: Call, home: Home, tmp_path: Path) -> None:
    done = call("backfill", str(tmp_path / "nowhere"), home=home)
    assert done.code == 1
    assert "nowhere: missing" in done.err


@pytest.mark.parametrize("in_place", [pytest.param((), id="copied"), pytest.param(("--in-place",), id="in place")])
def test_what_lies_outside_the_range_is_passed_over(
    call: Call, home: Home, tmp_path: Path, rows: Rows, tables: Tables, in_place: tuple[str, ...]
) -> None:
    for day in range(1, 8):
        archive(tmp_path / f"CC-NEWS-2026030{day}000000-0000{day}.warc.gz", day, day=f"2026-03-0{day}")
    (tmp_path / "CC-NEWS-20260301000000-00001.warc.gz").write_bytes(b"is never opened")
    done = call("--json", "backfill", "--since", "2026-03-04T02:00:00Z", "--until", "2026-03-05", *in_place, str(tmp_path), home=home)
    assert (done.code, done.err) == (0, "")
    result = json.loads(done.out)
    assert (result["inputs"], result["passed"], result["files_passed"]) == (2, PAGES + 2 + PAGES, 4)
    assert rows(home, "select min(captured_at)::varchar, max(captured_at)::varchar from captures") == [
        ("2026-03-04 02:00:00+00", "2026-03-04 03:00:00+00")
    ]
    before = tables(home)
    assert call("replay", home=home).code == 0
    assert tables(home) == before


def test_rows_lie_where_they_were_captured_else_published(call: Call, home: Home, tmp_path: Path, rows: Rows) -> None:
    lines = [
        made.row(1, id="captured", captured="2026-03-02T00:00:00Z", published="2026-01-01"),
        made.row(2, id="captured outside", captured="2026-04-02T00:00:00Z", published="2026-03-01"),
        made.row(3, id="published", published="2026-03"),
        made.row(4, id="published outside", published="2026-02-28"),
        made.row(5, id="undated"),
    ]
    made.write_rows(tmp_path / "a.jsonl", lines)
    assert call("backfill", "--since", "2026-03-01", "--until", "2026-04-01", str(tmp_path / "a.jsonl"), home=home).code == 0
    assert rows(home, "select source_id from captures order by 1") == [("captured",), ("published",), ("undated",)]
    assert rows(home, "select inputs, passed from partitions") == [(3, 2)]


@pytest.mark.parametrize(
    ("path", "day"),
    [
        pytest.param("/a/CC-NEWS-20260301120000-00001.warc.gz", date(2026, 3, 1), id="Common Crawl news"),
        pytest.param("/a/IA-20260301120000123-00001-h3.warc", date(2026, 3, 1), id="thousandths"),
        pytest.param("/a/2026/03/01/x.jsonl", date(2026, 3, 1), id="folders"),
        pytest.param("/a/2026/03/x.jsonl", None, id="a month"),
        pytest.param("/a/2026/13/01/x.jsonl", None, id="no month"),
        pytest.param("/a/20260301120000.jsonl", None, id="no archive of a crawl"),
        pytest.param("/a/CC-NEWS-120260301120000-00001.warc.gz", None, id="another number"),
    ],
)
def test_the_day_that_a_path_tells(path: str, day: date | None) -> None:
    assert named_day(path) == day


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        pytest.param("2026-03-04", "2026-03-05", [3, 4, 5], id="a day and those beside it"),
        pytest.param("2026-03-04T12:00:00Z", "2026-03-04T13:00:00Z", [3, 4, 5], id="an hour"),
        pytest.param(None, "2026-03-03", [1, 2, 3], id="open before"),
        pytest.param("2026-03-06", None, [5, 6, 7], id="open after"),
    ],
)
def test_a_file_is_opened_if_its_day_is_at_most_one_beside_the_range(since: str | None, until: str | None, days: list[int]) -> None:
    span = span_of(since, until)
    assert [day for day in range(1, 8) if span.may_hold_of(date(2026, 3, day))] == days


def test_the_time_that_is_left_goes_by_the_bytes_that_were_done() -> None:
    assert left_s(done=[], left_bytes=100) is None
    assert left_s(done=[(100, 2.0), (300, 6.0)], left_bytes=1_000) == 20.0


def test_an_estimate_goes_by_what_was_done_here_else_by_other_archives() -> None:
    kind = KindSum(kind="warc", partitions=2, files=2, size_bytes=78_000)
    by_others = estimate(kind, None)
    assert (by_others.inputs, by_others.is_measured) == (2, False)
    here = estimate(kind, Pace(input_bytes=1_000, input_s=0.5))
    assert (here.inputs, here.took_s, here.is_measured) == (78, 39, True)
    assert estimate(KindSum(kind="folder", partitions=1, files=7, size_bytes=1), None).inputs == 7


@pytest.mark.parametrize(
    ("since", "until"), [pytest.param("yesterday", None, id="no time"), pytest.param("2026-03-02", "2026-03-02", id="nothing between")]
)
def test_a_range_that_makes_no_sense_is_refused(since: str, until: str | None) -> None:
    with pytest.raises(UsageError):
        span_of(since, until)


def test_a_replay_keeps_the_ledger(call: Call, home: Home, tree: Path, rows: Rows) -> None:
    assert call("backfill", str(tree), home=home).code == 0
    before = rows(home, "select * from partitions order by all")
    assert call("replay", home=home).code == 0
    assert rows(home, "select * from partitions order by all") == before
    assert json.loads(call("--json", "backfill", str(tree), home=home).out)["partitions_skipped"] == 5


def test_a_dry_run_counts_and_writes_nothing(call: Call, home: Home, tree: Path, tmp_path: Path, rows: Rows) -> None:
    before = json.loads(call("--json", "backfill", "--dry-run", str(tree), home=tmp_path / "none").out)
    assert not (tmp_path / "none").exists()
    assert (before["partitions"], before["partitions_skipped"]) == (5, 0)
    assert [(kind["kind"], kind["partitions"], kind["files"], kind["is_measured"]) for kind in before["kinds"]] == [
        ("folder", 2, 3, False),
        ("jsonl", 1, 1, False),
        ("warc", 2, 2, False),
    ]
    assert call("backfill", str(tree / "crawl" / "1.warc.gz"), home=home).code == 0
    warehouse = home.warehouse_file.read_bytes()
    after = json.loads(call("--json", "backfill", "--dry-run", str(tree / "crawl"), home=home).out)
    assert home.warehouse_file.read_bytes() == warehouse
    (kind,) = after["kinds"]
    assert (after["partitions_skipped"], kind["partitions"], kind["is_measured"]) == (1, 1, True)
    assert kind["inputs"] == PAGES, "as many as the other archive of that size had"
    assert kind["size_bytes"] == (tree / "crawl" / "2.warc.gz").stat().st_size


def test_the_status_says_what_is_done_and_what_failed_and_why(call: Call, home: Home, tree: Path) -> None:
    (tree / "crawl" / "2.warc.gz").write_bytes(b"no archive")
    assert call("backfill", str(tree / "crawl"), home=home).code == 3
    shown = call("backfill", "--status", home=home)
    assert shown.code == 0
    assert shown.out.splitlines()[0] == "1 done; 0 running; 0 waiting; 1 failed"
    found = [json.loads(line) for line in call("--json", "backfill", "--status", home=home).out.splitlines()]
    assert [(row["state"], row["reason"], Path(row["place"]).name) for row in found] == [
        ("failed", "not_warc", "2.warc.gz"),
        ("done", None, "1.warc.gz"),
    ]


def test_a_backfill_announces_its_batches_and_no_stories(home: Home, tree: Path, call: Call, rows: Rows) -> None:
    assert call("backfill", str(tree), home=home).code == 0
    assert rows(home, "select distinct name from outbox") == [("copydesk.batch.loaded",)]


def test_no_argument_is_a_usage_error(call: Call, home: Home) -> None:
    assert call("backfill", home=home).code == 2


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_flow_does_the_same(home: Home, tree: Path, tables: Tables, call: Call, tmp_path: Path) -> None:
    from prefect.testing.utilities import prefect_test_harness

    from flows.backfill import backfill
    from flows.parameters import BackfillParameters

    with prefect_test_harness():
        done = backfill(BackfillParameters(specs=[str(tree)], home=str(home.root)))
    assert (done["partitions_done"], done["captures_new"]) == (5, 14)
    by_command = tmp_path / "by command"
    assert call("backfill", str(tree), home=by_command).code == 0
    assert tables(home) == tables(Home(root=by_command, raw_root=by_command))
