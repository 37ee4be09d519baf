"""Killed with SIGKILL at every named point and at times drawn by seed, then started again: the tables of a clean run."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import synthetic_news as made
from processes import Done, start_command

from tasks.home import Home, open_home
from tasks.points import POINTS

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "seeds" / "demo"
BATCH = "12"  # records a batch, so that each input makes several
AGAIN = frozenset({"ingest.staged", "drain.inserted", "drain.committed"})  # points that a load of several batches reaches again
KILLED_BY_TIME = 20
DEAD_S = 10  # seconds within which the readers of a killed process must be gone

Rows = Callable[..., list[tuple[Any, ...]]]
Tables = Callable[[Home], dict[str, str]]
Run = Callable[..., Done]

pytestmark = pytest.mark.slow


def texts(folder: Path) -> list[str]:
    """Return arguments that load texts: copies, an undated one and a broken line among them."""
    rows = [made.row(seed, url=f"https://paper.example/{seed}", published=f"2026-03-02T{seed % 24:02d}:00:00Z") for seed in range(30)]
    copies = [{"text": made.text(seed), "id": f"copy {seed}", "outlet": "Copy Cat"} for seed in range(0, 30, 6)]
    made.write_rows(folder / "a.jsonl", [*rows, '{"broken": ', *copies])
    (folder / "empty.txt").write_bytes(b"")
    return [str(folder)]


def pages(folder: Path) -> list[str]:
    """Return arguments that load the demo's first two moments: pages, versions, a wall."""
    return [str(DEMO / "1-morning"), str(DEMO / "2-noon")]


def archive(folder: Path) -> list[str]:
    """Return arguments that load one WARC where it lies and one by copy, both cut at the end."""
    for place, name in enumerate(("lying.warc.gz", "copied.warc.gz")):
        records = [
            made.warc_record(
                "response", url=f"https://archive.example/{place}/{number}", payload=made.page(made.text(number), title=f"Report {number}").encode(),
                number=100 * place + number, date=f"2026-03-0{1 + place}T{number:02d}:00:00Z",
            )
            for number in range(20)
        ]  # fmt: skip
        (folder / name).write_bytes(made.members(records)[:-30])
    return ["--in-place", str(folder / "lying.warc.gz"), str(folder / "copied.warc.gz")]


INPUTS = {"texts": texts, "pages": pages, "archive": archive}
KILLS = [
    point if nth == 1 else f"{point}:{nth}"
    for point in POINTS
    if not point.startswith("replay")
    for nth in ((1, 2) if point in AGAIN else (1,))
]


@pytest.fixture(scope="module", params=INPUTS)
def clean(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, run: Run, tables: Tables
) -> tuple[list[str], int, dict[str, str]]:
    """Arguments of a load, its exit code, and the tables that it makes when nothing goes wrong."""
    folder = tmp_path_factory.mktemp("in")
    arguments = ["load", *INPUTS[request.param](folder)]
    home = open_home(tmp_path_factory.mktemp("home"), wait_s=5)
    done = run(*arguments, home=home, COPYDESK_BATCH_SIZE=BATCH)
    assert done.code in (0, 3), done.err
    return arguments, done.code, tables(home)


def assert_snapshot_opens(home: Home) -> None:
    if home.snapshot_link.exists():
        with duckdb.connect(str(home.snapshot_link.resolve()), read_only=True) as connection:
            connection.execute("select count(*) from stories").fetchall()


def assert_no_trace_of_the_killed_is_left(home: Home) -> None:
    assert [path.name for path in (*home.raw.glob(".part-*"), *home.inbox.glob(".part-*"), *home.published.glob("*.part"))] == []
    assert [path.name for path in home.inbox.iterdir() if path != home.failed] == []
    assert list(home.failed.iterdir()) == []


@pytest.mark.parametrize("kill", KILLS)
def test_killed_at_a_point_and_started_again_the_tables_are_a_clean_runs(
    clean: tuple[list[str], int, dict[str, str]], kill: str, home: Home, run: Run, tables: Tables
) -> None:
    arguments, code, wanted = clean
    killed = run(*arguments, home=home, COPYDESK_KILL_AT=kill, COPYDESK_BATCH_SIZE=BATCH)
    assert killed.code == -signal.SIGKILL, killed.err
    assert_snapshot_opens(home)
    again = run(*arguments, home=home, COPYDESK_BATCH_SIZE=BATCH)
    assert again.code == code, again.err
    assert tables(home) == wanted
    assert_no_trace_of_the_killed_is_left(home)


@pytest.mark.parametrize("clean", ["texts"], indirect=True)
def test_killed_at_twenty_times_in_a_row_the_tables_are_a_clean_runs(
    clean: tuple[list[str], int, dict[str, str]], home: Home, run: Run, tables: Tables
) -> None:
    """Each start goes on where the last was killed; the times spread over the whole of a run."""
    arguments, code, wanted = clean
    started = time.monotonic()
    run(*arguments, home=home.root.with_name("timed"), COPYDESK_BATCH_SIZE=BATCH)
    whole_s = time.monotonic() - started
    chance = random.Random(20)
    for _ in range(KILLED_BY_TIME):
        process = start_command(*arguments, home=home, COPYDESK_BATCH_SIZE=BATCH)
        try:
            process.communicate(timeout=chance.uniform(0.05, 1.1) * whole_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate(timeout=DEAD_S)
        assert_snapshot_opens(home)
    again = run(*arguments, home=home, COPYDESK_BATCH_SIZE=BATCH)
    assert again.code == code, again.err
    assert tables(home) == wanted
    assert_no_trace_of_the_killed_is_left(home)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("clean", ["pages"], indirect=True)
def test_readers_of_a_killed_process_do_not_live_on(clean: tuple[list[str], int, dict[str, str]], home: Home, run: Run) -> None:
    mark = {"COPYDESK_CONTACT": str(home.root)}  # every child inherits it
    killed = run(*clean[0], home=home, COPYDESK_KILL_AT="ingest.staged", COPYDESK_BATCH_SIZE=BATCH, COPYDESK_WORKERS="2", **mark)
    assert killed.code == -signal.SIGKILL
    deadline = time.monotonic() + DEAD_S
    while (left := living(str(home.root))) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def living(mark: str) -> list[str]:
    """Return the ids of processes in whose environment a string stands."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            found += [environ.parent.name] if mark.encode() in environ.read_bytes() else []
        except OSError:  # gone, or not ours
            continue
    return found


@pytest.mark.parametrize("clean", ["texts", "archive"], indirect=True)
def test_a_replay_that_was_killed_leaves_the_old_tables_and_can_be_begun_again(
    clean: tuple[list[str], int, dict[str, str]], home: Home, run: Run, tables: Tables, tmp_path: Path
) -> None:
    arguments, code, wanted = clean
    assert run(*arguments, home=home, COPYDESK_BATCH_SIZE=BATCH).code == code
    for kill in ("drain.committed", "drain.inserted:2", "publish.copied", "replay.built", "publish.named:2"):
        killed = run("replay", home=home, COPYDESK_KILL_AT=kill, COPYDESK_BATCH_SIZE=BATCH)
        assert killed.code == -signal.SIGKILL, kill
        assert tables(home) == wanted, "what users open is the old snapshot until the new warehouse is whole"
    assert run(*arguments, home=home, COPYDESK_BATCH_SIZE=BATCH).code == code
    assert tables(home) == wanted, "a load after a killed replay finds everything known"
    done = run("replay", home=home, COPYDESK_BATCH_SIZE=BATCH)
    assert done.code == 0, done.err
    assert tables(home) == wanted
    assert not (home.root / ".replay").exists()


@pytest.mark.parametrize("clean", ["texts"], indirect=True)
def test_a_replay_into_a_folder_that_was_killed_can_be_begun_again(
    clean: tuple[list[str], int, dict[str, str]], home: Home, run: Run, tables: Tables, tmp_path: Path
) -> None:
    arguments, code, wanted = clean
    assert run(*arguments, home=home, COPYDESK_BATCH_SIZE=BATCH).code == code
    into = tmp_path / "into"
    assert run("replay", "--into", into, home=home, COPYDESK_KILL_AT="drain.committed:2", COPYDESK_BATCH_SIZE=BATCH).code == -signal.SIGKILL
    done = run("replay", "--into", into, home=home, COPYDESK_BATCH_SIZE=BATCH)
    assert done.code == 0, done.err
    assert tables(open_home(into)) == wanted
    assert run("replay", "--into", into, home=home).code == 2, "what is whole is not written over"


@pytest.mark.parametrize("clean", ["texts"], indirect=True)
def test_a_run_with_other_batches_goes_on_where_one_was_killed(
    clean: tuple[list[str], int, dict[str, str]], home: Home, run: Run, tables: Tables
) -> None:
    arguments, code, wanted = clean
    assert run(*arguments, home=home, COPYDESK_KILL_AT="ingest.staged:2", COPYDESK_BATCH_SIZE=BATCH).code == -signal.SIGKILL
    assert run(*arguments, home=home, COPYDESK_BATCH_SIZE="7").code == code
    assert tables(home) == wanted


@pytest.mark.parametrize("clean", ["texts"], indirect=True)
def test_the_warehouse_may_be_lost_and_the_snapshots_too(
    clean: tuple[list[str], int, dict[str, str]], home: Home, run: Run, tables: Tables
) -> None:
    """Raw is all that counts: a load after the loss makes the rest again."""
    arguments, code, wanted = clean
    assert run(*arguments, home=home, COPYDESK_BATCH_SIZE=BATCH).code == code
    home.warehouse_file.unlink()
    shutil.rmtree(home.published)
    home.snapshot_link.unlink()
    assert run("ingest", home=home, COPYDESK_BATCH_SIZE=BATCH).code == 0
    assert tables(home) == wanted


def test_publish_after_a_kill_shows_what_was_committed(home: Home, run: Run, tmp_path: Path, rows: Rows) -> None:
    made.write_rows(tmp_path / "a.jsonl", [made.row(1)])
    assert run("load", tmp_path / "a.jsonl", home=home, COPYDESK_KILL_AT="drain.committed").code == -signal.SIGKILL
    assert run("publish", home=home).code == 0
    assert rows(home, "select count(*) from articles") == [(1,)]
