"""A backfill killed with SIGKILL at named points and at times drawn by seed, then started again: the tables of a clean run, and a ledger that adds up."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import synthetic_news as made
from polling_rig import HOST, Says, own_site
from processes import Done, start_command

from tasks.home import Home, open_home
from tasks.points import POINTS
from tasks.raw import segments

Rows = Callable[..., list[tuple[Any, ...]]]
Tables = Callable[[Home], dict[str, str]]
Run = Callable[..., Done]

ARCHIVES, PAGES = 8, 10
SMALL = {"COPYDESK_BATCH_SIZE": "4"}  # records, so that a partition makes several batches
PASSED = ["load.written", "load.committed", "ingest.staged", "drain.inserted", "drain.committed", "publish.copied"]
KILLED_AT = [*PASSED, *(point for point in POINTS if point.startswith("backfill."))]
KINDS = [pytest.param((), id="copied"), pytest.param(("--in-place",), id="in place")]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Archives of pages; a third of each archive has its texts from the one before, and the last one is cut."""
    folder = tmp_path_factory.mktemp("crawl")
    for number in range(ARCHIVES):
        records = [
            made.warc_record(
                "response", url=f"https://paper{number}.example/{page}", number=100 * number + page, date=f"2026-03-0{1 + number}T{page:02d}:00:00Z",
                payload=made.page(made.text(PAGES * number + page - 3), title="A report").encode(),
            )
            for page in range(PAGES)
        ]  # fmt: skip
        (folder / f"CC-NEWS-2026030{1 + number}000000-{number:05d}.warc.gz").write_bytes(
            made.members(records)[: -20 if number == ARCHIVES - 1 else None]
        )
    return folder


@pytest.fixture(scope="module")
def clean(tree: Path, tmp_path_factory: pytest.TempPathFactory, run: Run) -> Home:
    """A home whose backfill nobody killed."""
    home = open_home(tmp_path_factory.mktemp("clean") / "home")
    assert run("backfill", tree, home=home, **SMALL).code == 3
    return home


def outcome(home: Home, rows: Rows) -> dict[str, list[tuple[Any, ...]]]:
    """Return the ledger without what a kill may change, and whether it adds up."""
    return {
        "ledger": rows(
            home, "select place, state, reason, inputs, captures_new, captures_known, passed, failures from partitions order by place"
        ),
        "differing": rows(home, "select place from partitions where inputs <> captures_new + captures_known + failures"),
        "captures": rows(home, "select (select count(*) from captures) - sum(captures_new) from partitions"),
    }


def killed_after(home: Home, words: list[str | Path], after_s: float) -> bool:
    """Start a command and kill it with all its children, a time after it has put a segment into raw; tell whether it still ran."""
    before = len(segments(home))
    process = start_command(*words, home=home, **SMALL)
    while len(segments(home)) == before and process.poll() is None:
        time.sleep(0.01)
    try:
        process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    return process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("options", KINDS)
def test_killed_at_three_drawn_times_it_is_resumed_and_done_once(
    tree: Path, clean: Home, home: Home, run: Run, rows: Rows, tables: Tables, options: tuple[str, ...], tmp_path: Path
) -> None:
    wanted = clean
    if options:
        wanted = open_home(tmp_path / "wanted")
        assert run("backfill", *options, tree, home=wanted, **SMALL).code == 3
    chance = random.Random(" ".join(options))
    killed = [killed_after(home, ["backfill", *options, tree], chance.uniform(0, 0.2)) for _ in range(3)]
    assert killed == [True, True, True]
    last = run("backfill", *options, tree, home=home, **SMALL)
    assert last.code == 3, last.err
    assert tables(home) == tables(wanted)
    assert outcome(home, rows) == outcome(wanted, rows)
    assert outcome(home, rows)["differing"] == []
    assert outcome(home, rows)["captures"] == [(0,)]
    again = run("--quiet", "backfill", *options, tree, home=home, **SMALL)
    assert again.code == 3, "the end that is missing is still told of"
    assert "0 partitions done, 8 done before" in again.out


@pytest.mark.parametrize("point", KILLED_AT)
def test_killed_at_every_point_it_goes_on(tree: Path, clean: Home, home: Home, run: Run, rows: Rows, tables: Tables, point: str) -> None:
    wanted = clean
    for number in (1, 2):
        done = run("backfill", tree, home=home, COPYDESK_KILL_AT=f"{point}:{number}" if point != "publish.copied" else point, **SMALL)
        assert done.code == -signal.SIGKILL, done.err
    assert run("backfill", tree, home=home, **SMALL).code == 3
    assert tables(home) == tables(wanted)
    assert outcome(home, rows) == outcome(wanted, rows)


def test_what_was_killed_is_shown_as_such(tree: Path, home: Home, run: Run) -> None:
    assert run("backfill", tree, home=home, COPYDESK_KILL_AT="backfill.captured:3", **SMALL).code == -signal.SIGKILL
    shown = run("backfill", "--status", home=home)
    assert shown.code == 0
    assert " running; " in shown.out.splitlines()[0]
    assert "killed  the same command takes it again" in shown.out


def test_a_load_in_between_takes_nothing_from_the_ledger(tree: Path, home: Home, run: Run, rows: Rows, tmp_path: Path) -> None:
    """The number that a killed backfill had claimed goes to somebody else."""
    made.write_rows(tmp_path / "a.jsonl", [made.row(9_000, url="https://rows.example/1")])
    assert run("backfill", tree, home=home, COPYDESK_KILL_AT="load.written:2", **SMALL).code == -signal.SIGKILL
    assert run("load", tmp_path / "a.jsonl", home=home).code == 0
    assert run("backfill", tree, home=home, **SMALL).code == 3
    assert outcome(home, rows)["differing"] == []
    assert outcome(home, rows)["captures"] == [(1,)]


@pytest.mark.parametrize("point", ["poll.kept", "poll.stored", "ingest.staged", "drain.committed"])
def test_a_list_of_pages_goes_on_without_asking_again(home: Home, run: Run, rows: Rows, tmp_path: Path, point: str) -> None:
    kind = {"COPYDESK_ALLOW_HOSTS": HOST, "COPYDESK_HOST_GAP_S": "0", "COPYDESK_CONTACT": "desk@paper.example"}
    with own_site() as site:
        for number in range(5):
            page = made.page(made.text(number), title=f"Report {number}").encode()
            site.answers[f"/{number}"] = Says(page, headers=(("Content-Type", "text/html"),))
        (tmp_path / "list.txt").write_text("\n".join(site.url(f"/{number}") for number in range(5)))
        words = ["backfill", f"urls:{tmp_path / 'list.txt'}"]
        assert run(*words, home=home, COPYDESK_KILL_AT=point, **kind).code == -signal.SIGKILL
        last = run(*words, home=home, **kind)
        assert last.code == 0, last.err
        assert [site.count(f"/{number}") for number in range(5)] == [1, 1, 1, 1, 1]
    assert rows(home, "select state, inputs, captures_new, captures_known, failures from partitions") == [("done", 5, 5, 0, 0)]


def test_two_at_once_take_turns(tree: Path, home: Home, run: Run, rows: Rows) -> None:
    first = start_command("backfill", tree, home=home, **SMALL)
    second = run("--wait", "100", "backfill", tree, home=home, **SMALL)
    first.communicate()
    assert (first.returncode, second.code) == (3, 3)
    assert rows(home, "select distinct tries from partitions") == [(1,)]
