"""Killed with SIGKILL at named points and at times drawn by seed, then started again: the tables of a clean run."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import killed_runs
import pytest
import synthetic_news as made
from killed_runs import BATCH, DEAD_S
from processes import Done

from tasks.home import Home, open_home
from tasks.points import POINTS

KILLS = 130  # every scene twice, so that each begins with all of its points; `python tests/bench/kills.py` does more

Rows = Callable[..., list[tuple[Any, ...]]]
Tables = Callable[[Home], dict[str, str]]
Run = Callable[..., Done]

pytestmark = pytest.mark.slow


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    (tmp_path / "in").mkdir()
    return ["load", *killed_runs.texts(tmp_path / "in")]


@pytest.fixture
def wanted(texts: list[str], tmp_path: Path, run: Run, tables: Tables) -> dict[str, str]:
    """The tables of a load of texts in which nothing goes wrong."""
    clean = open_home(tmp_path / "clean")
    assert run(*texts, home=clean, **BATCH).code == 3
    return tables(clean)


def test_killed_again_and_again_the_tables_are_a_clean_runs(tmp_path: Path) -> None:
    """Load, ingest, drain, publish and replay, of texts, pages and WARC; each start goes on where the last was killed."""
    scenes = list(killed_runs.scenes(tmp_path))
    chains = list(killed_runs.chains(scenes, KILLS))
    assert [str(chain) for chain in chains if chain.problem] == []
    killed_at = {kill.partition(":")[0] for chain in chains for kill in chain.kills}
    assert {point for point in POINTS if not point.startswith(("poll.", "backfill.", "announce."))} <= killed_at, (
        "every named point but those of polling, backfills and events"
    )
    in_time = {chain.scene.split()[0] for chain in chains if any(kill.endswith(" s") for kill in chain.kills)}
    assert in_time == {scene.name.split()[0] for scene in scenes}, "every command at a drawn time as well"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
def test_readers_of_a_killed_process_do_not_live_on(home: Home, run: Run, tmp_path: Path) -> None:
    mark = {"COPYDESK_CONTACT": str(home.root)}  # every child inherits it
    loads = ["load", *killed_runs.pages(tmp_path)]
    killed = run(*loads, home=home, COPYDESK_KILL_AT="ingest.staged", COPYDESK_WORKERS="2", **BATCH, **mark)
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
            found += [environ.parent.name] if mark.encode() in environ.read_bytes() and int(environ.parent.name) != os.getpid() else []
        except OSError:  # gone, or not ours
            continue
    return found


def test_a_load_after_a_killed_replay_finds_everything_known(
    texts: list[str], wanted: dict[str, str], home: Home, run: Run, tables: Tables
) -> None:
    assert run(*texts, home=home, **BATCH).code == 3
    assert run("replay", home=home, COPYDESK_KILL_AT="replay.built", **BATCH).code == -signal.SIGKILL
    assert run(*texts, home=home, **BATCH).code == 3
    assert tables(home) == wanted
    assert run("replay", home=home, **BATCH).code == 0
    assert not (home.root / ".replay").exists()


def test_a_replay_into_a_folder_that_is_whole_is_refused(texts: list[str], home: Home, run: Run, tmp_path: Path) -> None:
    into = tmp_path / "into"
    assert run(*texts, home=home, **BATCH).code == 3
    assert run("replay", "--into", into, home=home, COPYDESK_KILL_AT="drain.committed:2", **BATCH).code == -signal.SIGKILL
    assert run("replay", "--into", into, home=home, **BATCH).code == 0, "what a killed replay left is begun again"
    assert run("replay", "--into", into, home=home).code == 2, "what is whole is not written over"


def test_a_run_with_other_batches_goes_on_where_one_was_killed(
    texts: list[str], wanted: dict[str, str], home: Home, run: Run, tables: Tables
) -> None:
    assert run(*texts, home=home, COPYDESK_KILL_AT="ingest.staged:2", **BATCH).code == -signal.SIGKILL
    assert run(*texts, home=home, COPYDESK_BATCH_SIZE="7").code == 3
    assert tables(home) == wanted


def test_the_warehouse_may_be_lost_and_the_snapshots_too(
    texts: list[str], wanted: dict[str, str], home: Home, run: Run, tables: Tables
) -> None:
    """Raw is all that counts: a load after the loss makes the rest again."""
    assert run(*texts, home=home, **BATCH).code == 3
    home.warehouse_file.unlink()
    shutil.rmtree(home.published)
    home.snapshot_link.unlink()
    assert run("ingest", home=home, **BATCH).code == 0
    assert tables(home) == wanted


def test_publish_after_a_kill_shows_what_was_committed(home: Home, run: Run, tmp_path: Path, rows: Rows) -> None:
    made.write_rows(tmp_path / "a.jsonl", [made.row(1)])
    assert run("load", tmp_path / "a.jsonl", home=home, COPYDESK_KILL_AT="drain.committed").code == -signal.SIGKILL
    assert run("publish", home=home).code == 0
    assert rows(home, "select count(*) from articles") == [(1,)]
