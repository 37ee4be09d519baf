"""Homes that others use, or that may not be written; clocks that go back; readers that never let go."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import synthetic_news as made
from processes import NOW, TIMEOUT_S, WITHOUT_RIGHTS, Done, start_command

from tasks.drop import settled_files
from tasks.home import Home, open_home
from tasks.publish import snapshot_age_s

Rows = Callable[..., list[tuple[Any, ...]]]
Tables = Callable[[Home], dict[str, str]]
Run = Callable[..., Done]

DAY = timedelta(days=1)
BOUND = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv to be bound by permissions")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory, run: Run, tables: Tables) -> SimpleNamespace:
    """Two inputs, the homes with the first and with both of them, and the tables of these."""
    folder = tmp_path_factory.mktemp("newsroom")
    files = [
        made.write_rows(
            folder / f"{part}.jsonl", [made.row(seed, url=f"https://{part}.example/{seed}") for seed in range(20 * part, 20 * part + 20)]
        )
        for part in range(2)
    ]
    one = open_home(folder / "one")
    assert run("load", files[0], home=one).code == 0
    both = shutil.copytree(one.root, folder / "both", symlinks=True)
    assert run("load", files[1], home=both).code == 0
    return SimpleNamespace(files=files, one=one, with_one=tables(one), with_both=tables(open_home(both)))


@pytest.fixture
def loaded(newsroom: SimpleNamespace, tmp_path: Path) -> Home:
    """A home with the first input."""
    return open_home(shutil.copytree(newsroom.one.root, tmp_path / "home", symlinks=True), wait_s=5)


def assert_one_line(done: Done, *said: str, code: int = 1) -> None:
    assert (done.code, done.out, len(done.errors)) == (code, "", 1), (done.out, done.err)
    for words in said:
        assert words in done.err


# Permissions


@BOUND
@pytest.mark.parametrize("folder", [".", "raw", "published"])
def test_a_folder_of_the_home_that_may_not_be_written_is_named_and_read_on(
    newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables, folder: str
) -> None:
    closed = loaded.root / folder
    closed.chmod(0o555)
    assert_one_line(
        run("load", newsroom.files[1], home=loaded, before=WITHOUT_RIGHTS), f"{closed}: the home is not writable", "mend its permissions"
    )
    shown = run("query", "select count(*) as n from articles", "--format", "csv", home=loaded, before=WITHOUT_RIGHTS)
    assert shown.out == "n\n20\n", "who only reads needs to write nothing"
    closed.chmod(0o755)
    assert tables(loaded) == newsroom.with_one


@BOUND
@pytest.mark.parametrize("name", ["warehouse.duckdb", "raw/2026/03/18"])
def test_a_file_of_the_home_that_may_not_be_written_is_named_and_the_same_command_goes_on(
    newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables, name: str
) -> None:
    closed = loaded.root / name
    closed.chmod(0o555 if closed.is_dir() else 0o444)
    assert_one_line(run("load", newsroom.files[1], home=loaded, before=WITHOUT_RIGHTS), str(closed), "permissions")
    assert tables(loaded) == newsroom.with_one
    closed.chmod(0o755)
    assert run("load", newsroom.files[1], home=loaded, before=WITHOUT_RIGHTS).code == 0
    assert tables(loaded) == newsroom.with_both


@BOUND
def test_a_segment_that_may_not_be_read_stops_ingest_and_is_not_stepped_over(
    newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables
) -> None:
    """Its bytes are whole: permissions can be mended, what is stepped over needs a replay."""
    assert run("load", newsroom.files[1], "--no-ingest", home=loaded).code == 0
    closed = max(loaded.raw.rglob("*.warc.gz"))
    closed.chmod(0)
    for command in ("ingest", "replay"):
        assert_one_line(run(command, home=loaded, before=WITHOUT_RIGHTS), str(closed), "mend its permissions")
    closed.chmod(0o644)
    assert run("ingest", home=loaded, before=WITHOUT_RIGHTS).code == 0
    assert tables(loaded) == newsroom.with_both


@BOUND
def test_a_drop_folder_of_others_is_read_and_stops_no_load(newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables) -> None:
    drop = loaded.root / "drop"
    shutil.copy(newsroom.files[1], drop / "1.jsonl")
    drop.chmod(0o555)
    assert run("load", drop / "1.jsonl", home=loaded, before=WITHOUT_RIGHTS).code == 0
    assert tables(loaded) == newsroom.with_both


@pytest.mark.parametrize("name", [".", "raw", "inbox"])
def test_a_file_in_the_place_of_a_folder_is_named(newsroom: SimpleNamespace, tmp_path: Path, run: Run, name: str) -> None:
    root = tmp_path / "home"
    if name != ".":
        root.mkdir()
    (root / name).resolve().write_text("in the way")
    assert_one_line(run("load", newsroom.files[0], home=root), str((root / name).resolve()), "--home")


# Locks


LOCKS = "import fcntl, sys, time; file = open(sys.argv[1], 'a'); fcntl.flock(file, fcntl.LOCK_EX)"
OPENS = "import duckdb, sys, time; held = duckdb.connect(sys.argv[1], read_only=True)"


@contextmanager
def holder(program: str, file: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that holds a file until it is killed."""
    words = [sys.executable, "-c", program + "; print('held', flush=True); time.sleep(600)", str(file)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(("lock", "command"), [("home.lock", "publish"), ("ingest.lock", "ingest")])
def test_a_lock_is_waited_for_while_its_holder_lives_and_free_when_it_was_killed(loaded: Home, run: Run, lock: str, command: str) -> None:
    with holder(LOCKS, loaded.root / lock) as process:
        assert_one_line(run("--wait", "0.2", command, home=loaded), lock, "waited 0.2 s", "--wait", code=4)
        process.kill()
        process.wait(timeout=TIMEOUT_S)
        done = run("--wait", "5", command, home=loaded)
    assert (done.code, done.err) == (0, "")


def test_lock_files_that_were_left_behind_lock_nothing(loaded: Home, run: Run) -> None:
    for name in ("home.lock", "ingest.lock"):
        (loaded.root / name).write_text("99999\n")
    assert run("--wait", "0", "publish", home=loaded).code == 0


def test_a_warehouse_that_another_program_has_open_is_busy_not_broken(loaded: Home, run: Run) -> None:
    with holder(OPENS, loaded.warehouse_file):
        assert_one_line(run("refresh", home=loaded), "warehouse.duckdb: another program has it open", "close it", code=4)
    assert run("refresh", home=loaded).code == 0


def test_two_loads_and_a_replay_at_once_end_well_and_leave_the_tables_of_one_after_the_other(
    newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables
) -> None:
    several = [
        start_command(*words, home=loaded)
        for words in (["load", newsroom.files[1]], ["replay"], ["load", newsroom.files[1]], ["publish"], ["publish"])
    ]
    ended = [(process.communicate(timeout=TIMEOUT_S), process.returncode) for process in several]
    assert {code for _, code in ended} <= {0, 4}, ended
    assert run("load", newsroom.files[1], home=loaded).code == 0
    assert tables(loaded) == newsroom.with_both
    assert len(list(loaded.published.iterdir())) <= 2


# Clocks


def test_a_clock_that_was_set_back_a_day_neither_loses_nor_doubles_anything(
    newsroom: SimpleNamespace, tmp_path: Path, run: Run, tables: Tables, rows: Rows
) -> None:
    """The same page, changed between two loads, the second of which believes to be a day earlier."""
    home = open_home(tmp_path / "home")
    for place, (seed, at) in enumerate([(1, NOW), (2, NOW - DAY), (1, NOW - DAY + timedelta(minutes=1))]):
        file = made.write_rows(
            tmp_path / "a.jsonl", [made.row(seed, url="https://a.example/1"), made.row(10 + place, url=f"https://b.example/{place}")]
        )
        os.utime(file, (NOW.timestamp() + 10**9, NOW.timestamp() + 10**9))
        done = run("load", file, home=home, COPYDESK_NOW=at.isoformat())
        assert (done.code, done.err) == (0, ""), place
    assert rows(home, "select count(*) from articles") == [(4,)]
    assert rows(home, "select count(*) from captures where url = 'https://a.example/1'") == [(3,)]
    assert rows(home, "select version_no from versions where url = 'https://a.example/1' order by all") == [(1,), (2,)]
    before = tables(home)
    assert run("replay", home=home).code == 0
    assert tables(home) == before


def test_after_the_clock_was_set_back_publishing_goes_on(loaded: Home) -> None:
    later = time.time() + DAY.total_seconds()
    os.utime(loaded.snapshot_link, (later, later), follow_symlinks=False)
    assert snapshot_age_s(loaded) == float("inf"), "a snapshot from the future is as old as one that is not there"


def test_a_file_from_the_future_in_the_drop_folder_is_taken_when_it_rests(loaded: Home) -> None:
    file = loaded.root / "drop" / "a.txt"
    file.write_text(made.text(1))
    later = time.time() + DAY.total_seconds()
    os.utime(file, (later, later))
    assert settled_files(loaded) == [file]


# Readers


def test_a_reader_that_never_lets_go_keeps_what_it_opened_and_others_see_each_snapshot(loaded: Home, run: Run, tmp_path: Path) -> None:
    count = "select count(*) from articles"
    with duckdb.connect(str(loaded.snapshot_link), read_only=True) as held:
        for place in range(3):
            more = made.write_rows(tmp_path / "more.jsonl", [made.row(60 + place, url=f"https://more.example/{place}")])
            done = run("load", more, home=loaded)
            assert (done.code, done.err) == (0, "")
            assert held.execute(count).fetchall() == [(20,)], "its file is gone from the folder, not from the disk"
            with duckdb.connect(str(loaded.snapshot_link.resolve()), read_only=True) as opened:
                assert opened.execute(count).fetchall() == [(21 + place,)]
        assert held.execute("select count(*) from versions inner join blocks using (version_id)").fetchall()[0][0] > 0
    assert len(list(loaded.published.iterdir())) == 2
