"""A disk that is full, wherever the path may meet it: one line that says so, users read on, and with space again nothing is missing."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import synthetic_news as made
from processes import TIMEOUT_S, Done, child_environment, command

from tasks.home import Home, open_home

Rows = Callable[..., list[tuple[Any, ...]]]
Tables = Callable[[Home], dict[str, str]]
Run = Callable[..., Done]

ROOT = Path(__file__).resolve().parents[2]
KB = 1 << 10
BATCH = "30"  # records a batch
FIRST, SECOND = 10, 60  # articles of the first load, which goes well, and of the second
MODEL_KB = 4 << 10  # a limit that our own files stay below, and the 70 MB that a reader writes to a temporary file do not
TINY_TMPFS = ("unshare", "--map-root-user", "--mount")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not shutil.which("prlimit"), reason="needs prlimit")]


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory, run: Run, tables: Tables) -> SimpleNamespace:
    """Two inputs; homes before the second load, in the middle of it, and after it; and the tables of both loads."""
    folder = tmp_path_factory.mktemp("newsroom")
    first = made.write_rows(folder / "a.jsonl", [made.row(seed, url=f"https://a.example/{seed}") for seed in range(FIRST)])
    second = made.write_rows(folder / "b.jsonl", [made.row(FIRST + seed, url=f"https://b.example/{seed}") for seed in range(SECOND)])
    before = open_home(folder / "before")
    assert run("load", first, home=before).code == 0
    shutil.copytree(before.root, folder / "staged", symlinks=True)
    shutil.copytree(before.root, folder / "after", symlinks=True)
    killed = run("load", second, home=folder / "staged", COPYDESK_KILL_AT="ingest.staged")
    assert killed.code == -signal.SIGKILL
    assert run("load", second, home=folder / "after", COPYDESK_BATCH_SIZE=BATCH).code == 0
    after = open_home(folder / "after")
    return SimpleNamespace(
        first=first, second=second, before=before, staged=folder / "staged", after=after, shown=tables(before), wanted=tables(after)
    )


def copied(home: Home | Path, to: Path) -> Home:
    return open_home(shutil.copytree(home.root if isinstance(home, Home) else home, to, symlinks=True))


def limited(kilobytes: int) -> tuple[str, ...]:
    """Return what lets no file grow beyond a size: a write past it fails as on a full disk."""
    return ("prlimit", f"--fsize={kilobytes * KB}")


def assert_one_line(done: Done, *, place: str) -> None:
    assert (done.code, done.out, len(done.errors)) == (1, "", 1), done.err
    assert re.search(place, done.err), done.err
    assert "free space" in done.err


@pytest.mark.parametrize(
    ("kilobytes", "place"),
    [(4, r"warehouse\.duckdb: "), (16, r"warehouse\.duckdb\.wal"), (224, r"Checkpoint failed")],
    ids=["in the header", "in the log", "in the checkpoint"],
)
def test_a_new_home_whose_warehouse_does_not_fit_is_made_with_the_next_command(
    newsroom: SimpleNamespace, tmp_path: Path, run: Run, tables: Tables, kilobytes: int, place: str
) -> None:
    home = open_home(tmp_path / "home")
    assert_one_line(run("load", newsroom.first, home=home, before=limited(kilobytes)), place=place)
    assert not home.snapshot_link.exists()
    done = run("load", newsroom.first, home=home)
    assert (done.code, done.err) == (0, "")
    assert tables(home) == newsroom.shown


@pytest.mark.parametrize(
    ("kilobytes", "place", "is_in_raw"),
    [(16, r"raw/\.part-", False), (MODEL_KB, r"temporary files", True)],
    ids=["in a segment", "in a temporary file of a reader"],
)
def test_a_load_that_does_not_fit_leaves_what_was_and_the_same_command_goes_on(
    newsroom: SimpleNamespace, tmp_path: Path, run: Run, tables: Tables, rows: Rows, kilobytes: int, place: str, is_in_raw: bool
) -> None:
    home = copied(newsroom.before, tmp_path / "home")
    assert_one_line(run("load", newsroom.second, home=home, before=limited(kilobytes)), place=place)
    assert tables(home) == newsroom.shown
    assert list(home.raw.glob(".part-*")) == []
    assert len(list(home.raw.rglob("*.warc.gz"))) == 1 + is_in_raw
    done = run("load", newsroom.second, home=home, COPYDESK_BATCH_SIZE=BATCH)
    assert (done.code, done.err) == (0, "")
    assert tables(home) == newsroom.wanted
    assert rows(home, "select count(*) from rejects") == [(0,)], "a full disk says nothing of a page"


def test_a_batch_whose_transaction_does_not_fit_is_drained_with_the_next_command(
    newsroom: SimpleNamespace, tmp_path: Path, run: Run, tables: Tables
) -> None:
    home = copied(newsroom.staged, tmp_path / "home")
    for kilobytes in (0, 100):
        assert_one_line(run("refresh", home=home, before=limited(kilobytes)), place=r"warehouse\.duckdb\.wal")
        assert tables(home) == newsroom.shown
        assert states(home, tmp_path) == [("00000001-00000000", "drained")]
    assert list(home.failed.iterdir()) == [], "the batch is not at fault"
    assert run("refresh", home=home).code == 0
    assert tables(home) == newsroom.wanted


def test_a_commit_that_is_durable_though_it_was_reported_failed_is_not_done_twice(
    newsroom: SimpleNamespace, tmp_path: Path, run: Run, tables: Tables
) -> None:
    """The log takes the transaction, and then the file does not take the log: at its first write, and at one in the middle."""
    home = copied(newsroom.staged, tmp_path / "home")
    grown_kb = home.warehouse_file.stat().st_size // KB + 256
    for kilobytes in (1 << 10, grown_kb):
        assert_one_line(run("refresh", home=home, before=limited(kilobytes)), place="Checkpoint failed|could not be taken")
        assert tables(home) == newsroom.shown
    assert states(home, tmp_path) == [("00000001-00000000", "drained"), ("00000002-00000000", "drained")], (
        "durable, though said to have failed"
    )
    done = run("load", newsroom.second, home=home)
    assert (done.code, done.err) == (0, "")
    assert f"{SECOND} known already" in done.out
    assert tables(home) == newsroom.wanted


SPILLS = """
import sys
from pathlib import Path
from tasks.home import open_home
with open_home(Path(sys.argv[1])).locked() as warehouse:
    warehouse.execute("set memory_limit = '40MB'; set threads = 1")
    warehouse.rows("select count(s) from (select md5(a::varchar) || repeat('y', 100) as s from range(1500000) as numbers(a) order by s limit 1400000)")
"""


def test_a_query_that_does_not_fit_into_memory_and_then_not_on_the_disk_harms_nothing(
    newsroom: SimpleNamespace, tmp_path: Path, tables: Tables
) -> None:
    """What our own queries need is bounded: so this one is larger than any of them."""
    home = copied(newsroom.before, tmp_path / "home")
    (home.root / ".spill").mkdir()
    (home.root / ".spill" / "of a killed process").write_bytes(bytes(100))
    done = subprocess.run(
        [*limited(MODEL_KB), sys.executable, "-c", SPILLS, str(home.root)], cwd=ROOT, env=child_environment(), capture_output=True, text=True, timeout=TIMEOUT_S,
        check=False,
    )  # fmt: skip
    last = done.stderr.splitlines()[-1]
    assert (done.returncode, ".spill/" in last, "free space" in last) == (1, True, True), done.stderr
    assert not (home.root / ".spill").exists()
    with home.locked() as warehouse:
        assert warehouse.rows("select count(*) from store.batches") == [(1,)]
    assert tables(home) == newsroom.shown


def states(home: Home, tmp_path: Path) -> list[tuple[str, str]]:
    """Return what the warehouse says of its batches, from a copy: to open it would mend it."""
    looked_at = copied(home, tmp_path / "looked at")
    with looked_at.locked() as warehouse:
        found = warehouse.rows("select batch_id, state from store.batches order by batch_id")
    shutil.rmtree(looked_at.root)
    return found


def test_a_snapshot_that_does_not_fit_leaves_the_one_before(newsroom: SimpleNamespace, tmp_path: Path, run: Run, tables: Tables) -> None:
    home = copied(newsroom.after, tmp_path / "home")
    for file in home.published.iterdir():
        file.unlink()
    shutil.copytree(newsroom.before.published, home.published, dirs_exist_ok=True)
    shown = sorted(home.published.iterdir())[-1]
    home.snapshot_link.unlink()
    home.snapshot_link.symlink_to(Path("published") / shown.name)
    for kilobytes in (0, 1 << 10):
        assert_one_line(
            run("publish", home=home, before=limited(kilobytes)), place=r"published/.*\.part: the snapshot could not be written"
        )
        assert tables(home) == newsroom.shown
        assert list(home.published.glob("*.part")) == []
    assert run("publish", home=home).out == "published\n"
    assert tables(home) == newsroom.wanted


def test_a_replay_that_does_not_fit_leaves_warehouse_and_snapshot(
    newsroom: SimpleNamespace, tmp_path: Path, run: Run, tables: Tables
) -> None:
    home = copied(newsroom.before, tmp_path / "home")
    private = home.warehouse_file.read_bytes()
    assert_one_line(run("replay", home=home, before=limited(16)), place=r"\.replay/warehouse\.duckdb")
    assert home.warehouse_file.read_bytes() == private
    assert not (home.root / ".replay").exists(), "on a full disk it would be in the way"
    assert tables(home) == newsroom.shown
    assert run("replay", home=home).code == 0
    assert tables(home) == newsroom.shown


SMALL_DISK = """
home="$1" before="$2" out="$3" spare="$4"
shift 4
mount -t tmpfs -o mode=755 none "$home" && cp -a "$before"/. "$home"/ || exit 77
used=$(df -k --output=used "$home" | tail -n 1)
mount -o remount,size=$((used + spare))k "$home"
"$@"; code=$?
cp -a "$home"/. "$out"/failed
mount -o remount,size=200m "$home"
"$@" > "$out"/again.out 2> "$out"/again.err; echo $? > "$out"/again.code
cp -a "$home"/. "$out"/again
exit $code
"""


@pytest.mark.parametrize("place", ["inbox", "warehouse", "published"])
def test_on_a_small_disk_that_is_full_a_load_goes_on_when_there_is_space(
    newsroom: SimpleNamespace, tmp_path: Path, tables: Tables, place: str
) -> None:
    """A file system of its own for the home, with room for all that comes before a place and for a part of what is written there."""
    mounted = subprocess.run([*TINY_TMPFS, "mount", "-t", "tmpfs", "none", str(tmp_path)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("this system lets no user mount a file system of its own")
    home, out = tmp_path / "home", tmp_path / "out"
    for folder in (home, out / "failed", out / "again"):
        folder.mkdir(parents=True)
    spare = str(spare_kb(newsroom, place))
    ended = subprocess.run(
        [*TINY_TMPFS, "sh", "-c", SMALL_DISK, "sh", str(home), str(newsroom.before.root), str(out), spare, *command("load", newsroom.second, home=home)],
        env=child_environment(COPYDESK_BATCH_SIZE=BATCH), capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    named = {"inbox": r"inbox/0", "warehouse": r"warehouse\.duckdb", "published": r"published/.*\.part"}[place]
    assert_one_line(Done(ended.returncode, ended.stdout, ended.stderr), place=named)
    assert tables(open_home(out / "failed")) == newsroom.shown
    assert ((out / "again.code").read_text(), (out / "again.err").read_text()) == ("0\n", "")
    assert tables(open_home(out / "again")) == newsroom.wanted


def spare_kb(newsroom: SimpleNamespace, place: str) -> int:
    """Return the free space with which a load ends where it writes to a place."""
    segment = room_kb(max(newsroom.after.raw.rglob("*.warc.gz")))
    batch = sum(room_kb(file) for file in (newsroom.staged / "inbox" / "00000002-00000000").iterdir())  # of two batches
    warehouse = room_kb(newsroom.after.warehouse_file)
    grown = warehouse - room_kb(newsroom.before.warehouse_file)
    places = {
        "inbox": segment + batch // 4,
        "warehouse": segment + batch + 64,
        "published": segment + batch + grown + warehouse // 2,
    }
    return places[place]


def room_kb(file: Path) -> int:
    """Return the room that a file takes, in whole pages."""
    return -(-file.stat().st_size // (4 * KB)) * 4
