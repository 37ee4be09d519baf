"""Doctor: a home is broken in each way, the finding is read, the remedy it names is carried out, and all is as it was before."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import synthetic_news as made
from processes import COMMAND, TIMEOUT_S, WITHOUT_RIGHTS, Done, child_environment

from flows import path
from tasks.home import Home, open_home
from tasks.raw import segments
from tasks.settings import Settings

Tables = Callable[[Home], dict[str, str]]
Run = Callable[..., Done]
Finding = dict[str, str]

QUIET = {"COPYDESK_CONTACT": "desk@copydesk.example", "COPYDESK_WORKERS": "1"}  # settings that doctor has nothing to say about
ROUNDS = 4  # of doctor and remedies; what one remedy uncovers the next round cures
COMMANDS = re.compile(r"`([^`]+)`")


def rows_of(first: int, count: int) -> list[dict[str, Any]]:
    captured = "2026-03-02T08:00:00Z"
    return [
        made.row(seed, url=f"https://paper{seed % 3}.example/{seed}", title=f"Report {seed}", captured=captured)
        for seed in range(first, first + count)
    ]


@dataclass(frozen=True)
class Whole:
    """A home that nothing is wrong with: two segments, the first in two batches, a copy, a version, a declined line and page."""

    home: Home
    tables: dict[str, str]
    archive: Path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, settings: Settings, tables: Tables) -> Whole:
    place = tmp_path_factory.mktemp("in")
    home = open_home(tmp_path_factory.mktemp("whole") / "home", wait_s=5)
    first = [*rows_of(0, 4), {**made.row(0), "id": "copy", "outlet": "Copy Cat"}, {**made.row(9), "url": "https://paper0.example/0"}, {"text": "", "id": "nothing", "outlet": "Empty"}, '{"broken": ']  # fmt: skip
    small = Settings(workers=1, now=settings.now, batch_size=5)
    path.load(home, small, [str(made.write_rows(place / "first.jsonl", first))])
    path.load(home, small, [str(made.write_rows(place / "second.jsonl", rows_of(20, 2)))])
    return Whole(home, tables(home), place)


@pytest.fixture
def copied(whole: Whole, tmp_path: Path) -> Home:
    """A copy of it to be broken."""
    shutil.copytree(whole.home.root, tmp_path / "copied home", symlinks=True)
    return Home(root=tmp_path / "copied home", raw_root=tmp_path / "copied home", wait_s=5)


def fingerprint(root: Path) -> dict[str, tuple[object, ...]]:
    """Return rights, time of change and content of everything below a folder."""
    found: dict[str, tuple[object, ...]] = {}
    for entry in (root, *root.rglob("*")):
        status = entry.lstat()
        content = os.readlink(entry) if entry.is_symlink() else hashlib.sha256(entry.read_bytes()).hexdigest() if entry.is_file() else ""
        found[str(entry)] = (status.st_mode, status.st_mtime_ns, status.st_ino, content)
    return found


def examined(call: Run, home: Home, *options: str, wait_s: float = 5, **variables: str) -> tuple[int, list[Finding]]:
    """Run doctor, see that it changed nothing, and return its exit code and findings."""
    before = fingerprint(home.root)
    done = call("--json", "--wait", str(wait_s), "doctor", *options, home=home, **{**QUIET, **variables})
    assert fingerprint(home.root) == before, "doctor changes nothing"
    assert done.err == ""
    found: list[Finding] = json.loads(done.out)["findings"]
    assert all(set(finding) == {"state", "name", "text", "remedy"} for finding in found)
    assert done.code == int(any(finding["state"] == "bad" for finding in found))
    assert [finding for finding in found if (finding["state"] == "good") == bool(finding["remedy"])] == [], "what is not good has a remedy"
    return done.code, found


def wrong(found: list[Finding]) -> list[Finding]:
    return [finding for finding in found if finding["state"] != "good"]


def carry_out(call: Run, home: Home, remedy: str) -> None:
    """Run the commands that a remedy names, as a user's shell would."""
    for command in COMMANDS.findall(remedy):
        words = shlex.split(command)
        if words[0] == "copydesk" and "&&" not in words:
            done = call("--quiet", *words[1:], home=home, **QUIET)
            assert done.code in (0, 5), done.err
            continue
        environment = child_environment(**QUIET, COPYDESK_HOME=str(home.root), PATH=f"{COMMAND.parent}:{os.environ['PATH']}")
        shell = subprocess.run(["sh", "-c", command], env=environment, check=False, capture_output=True, text=True, timeout=TIMEOUT_S)
        assert shell.returncode == 0, shell.stderr


def cured(call: Run, home: Home, *options: str, acted: Callable[[], object] | None = None) -> None:
    """Carry out what doctor says until it finds nothing.

    acted        does by hand what a remedy says in words, once
    """
    for number in range(ROUNDS):
        found = wrong(examined(call, home, *options)[1])
        if not found:
            return
        if acted and not number:
            acted()
        remedies = dict.fromkeys(finding["remedy"] for finding in found if not finding["remedy"].startswith("restore") or number)
        for remedy in remedies:
            carry_out(call, home, remedy)
    pytest.fail(f"still wrong: {wrong(examined(call, home, *options)[1])}")


def assert_as_before(home: Home, whole: Whole, tables: Tables) -> None:
    """Make sure that users see the tables that they saw before: the same bytes, or the same rows."""
    if home.snapshot_link.read_bytes() != whole.home.snapshot_link.read_bytes():
        assert tables(home) == whole.tables


def test_a_whole_home_is_good_throughout(call: Run, whole: Whole) -> None:
    for options in ([], ["--deep"]):
        code, found = examined(call, whole.home, *options)
        assert (code, wrong(found)) == (0, [])
        names = {finding["name"] for finding in found}
        assert {
            "python",
            "duckdb",
            "settings",
            "home",
            "file system",
            "disk",
            "lock",
            "warehouse",
            "raw",
            "inbox",
            "snapshot",
            "drop",
        } <= names


def test_before_there_is_a_home_doctor_says_so_and_makes_none(call: Run, tmp_path: Path) -> None:
    done = call("--json", "doctor", "--deep", home=tmp_path / "none", **QUIET)
    found = [finding for finding in json.loads(done.out)["findings"] if finding["state"] != "good"]
    assert (done.code, [(finding["state"], finding["name"]) for finding in found]) == (0, [("note", "home")])
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    assert call("doctor", home=tmp_path / "file", **QUIET).code == 1


def test_a_home_without_anything_in_it_is_no_failure(call: Run, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    for root in (tmp_path / "bare", open_home(tmp_path / "made").root):
        code, found = examined(call, Home(root=root, raw_root=root))
        assert (code, {finding["name"] for finding in wrong(found)}) == (0, {"warehouse", "snapshot"})


def changed_rows(sql: str) -> Callable[[Home], None]:
    def change(home: Home) -> None:
        with duckdb.connect(str(home.warehouse_file)) as connection:
            connection.execute(sql)

    return change


def overwritten(file: Callable[[Home], Path], *, at: int = 0, keeps_time: bool = False) -> Callable[[Home], None]:
    """Write noise over some bytes of a file."""

    def overwrite(home: Home) -> None:
        target = file(home)
        status, mode = target.stat(), stat.S_IMODE(target.stat().st_mode)
        target.chmod(0o644)
        with target.open("r+b") as stream:
            stream.seek(at if at >= 0 else status.st_size + at)
            stream.write(b"\xa5" * 4096)
        target.chmod(mode)
        if keeps_time:
            os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))

    return overwrite


def removed(file: Callable[[Home], Path]) -> Callable[[Home], None]:
    return lambda home: shutil.rmtree(file(home)) if file(home).is_dir() else file(home).unlink()


def written(name: str, content: str = "x") -> Callable[[Home], None]:
    def write(home: Home) -> None:
        (home.root / name).parent.mkdir(parents=True, exist_ok=True)
        (home.root / name).write_text(content, "utf-8")

    return write


def warehouse(home: Home) -> Path:
    return home.warehouse_file


def link(home: Home) -> Path:
    return home.snapshot_link


def newest(home: Home) -> Path:
    return home.snapshot_link.resolve()


def is_no_link(home: Home) -> None:
    home.snapshot_link.unlink()
    (home.root / "copydesk.duckdb").write_bytes(b"no database")


def all_of_published(home: Home) -> Path:
    return home.published


def with_wide_rights(home: Home) -> None:
    newest(home).chmod(0o666)


def with_a_broken_log(home: Home) -> None:
    """Leave a write-ahead log, as a process does that is killed, and break a byte of it."""
    code = (
        "import duckdb, os; store = duckdb.connect(os.environ['FILE']); "
        "store.execute(\"insert into store.state select 'n' || range, 'x' from range(2000)\"); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code], env=child_environment(FILE=str(home.warehouse_file)), check=False, timeout=TIMEOUT_S)
    log = home.root / "warehouse.duckdb.wal"
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 0xFF
    log.write_bytes(content)


def with_broken_batch(home: Home) -> None:
    written(f"inbox/{3:08d}-{0:08d}/batch.json", "no json")(home)


LOST: dict[str, tuple[str, str, str]] = {  # name: (what takes rows away or brings some, name and text of the finding)
    "versions lost": ("delete from store.versions where title = 'Report 20'", "checks", "whole_articles_placed"),
    "captures lost": ("delete from store.captures where segment_no = 2", "warehouse", "captures"),
    "members lost": ("delete from store.members where not is_founder", "warehouse", "articles"),
    "refusals lost": ("delete from store.rejects where capture_id is not null", "checks", "whole_captures_settled"),
    "captures twice": ("insert into store.captures from store.captures", "checks", "whole_captures_unique"),
    "matches of nothing": ("update store.matches set version_a = 'x'", "checks", "whole_matches_anchored"),
    "batch lost": ("delete from store.batches where segment_no = 1 and first_record = 5", "batches", "taken in not"),
    "batch twice": ("insert into store.batches from store.batches where segment_no = 1", "batches", "taken in twice"),
    "a table gone": ("drop table store.rejects cascade", "warehouse", "rejects"),
}


@pytest.mark.parametrize("name", LOST)
def test_rows_that_are_lost_or_too_many_are_noticed(call: Run, copied: Home, name: str) -> None:
    sql, named, said = LOST[name]
    changed_rows(sql)(copied)
    code, found = examined(call, copied)
    assert code == 1
    assert [
        finding
        for finding in wrong(found)
        if (finding["name"], finding["remedy"]) == (named, "`copydesk replay`") and said in finding["text"]
    ], found


def test_a_replay_brings_back_what_was_lost(call: Run, whole: Whole, copied: Home, tables: Tables) -> None:
    for name in ("versions lost", "captures lost", "members lost", "refusals lost", "batch lost", "matches of nothing"):
        changed_rows(LOST[name][0])(copied)
    path.publish_snapshot(copied)
    cured(call, copied)
    assert_as_before(copied, whole, tables)


CURED_BY_COMMAND: dict[str, tuple[Callable[[Home], None], str, str, str]] = {  # name: (what breaks it, state, name and text of the finding)
    "warehouse gone": (removed(warehouse), "bad", "warehouse", "is gone"),
    "warehouse is noise": (overwritten(warehouse), "bad", "warehouse", "cannot be read"),
    "warehouse is empty": (lambda home: warehouse(home).write_bytes(b"") and None, "bad", "warehouse", "cannot be read"),
    "write-ahead log is broken": (with_a_broken_log, "bad", "warehouse", "cannot be read"),
    "schema of another version": (changed_rows("update store.state set value = 'x' where name = 'schema'"), "note", "warehouse", "another version"),
    "link gone": (removed(link), "bad", "snapshot", "is gone"),
    "link leads nowhere": (removed(newest), "bad", "snapshot", "not there"),
    "snapshots gone": (removed(all_of_published), "bad", "snapshot", "not there"),
    "snapshot is noise": (overwritten(newest), "bad", "snapshot", "cannot be read"),
    "snapshot is noise, its time kept": (overwritten(newest, keeps_time=True), "bad", "snapshot", "cannot be read"),
    "snapshot may be written": (with_wide_rights, "note", "snapshot", "mode 666"),
    "snapshot older than the warehouse": (lambda home: os.utime(warehouse(home)), "note", "snapshot", "older"),
    "snapshot half-copied": (written("published/copydesk-00000009.part"), "note", "snapshot", "left by"),
    "raw half-written": (written("raw/.part-999999999-ab12"), "note", "raw", "part files"),
    "links and folders left": (lambda home: (home.root / ".copydesk-999999999").symlink_to("x"), "note", "home", ".copydesk-999999999"),
    "a replay left": (written(".replay/warehouse.duckdb"), "note", "home", ".replay"),
    "batch half-staged": (written(f"inbox/.part-{3:08d}-{0:08d}-99/batch.json"), "note", "inbox", "half-written"),
    "batch staged of nothing known": (with_broken_batch, "note", "inbox", "cannot be read"),
    "batch set aside, taken in since": (written(f"inbox/failed/{1:08d}-{0:08d}/reason.txt", "OSError: x"), "note", "inbox", "OSError: x"),
}  # fmt: skip


@pytest.mark.parametrize("name", CURED_BY_COMMAND)
def test_a_command_cures(call: Run, whole: Whole, copied: Home, tables: Tables, name: str) -> None:
    breaks, state, named, said = CURED_BY_COMMAND[name]
    breaks(copied)
    _, found = examined(call, copied)
    assert [finding for finding in wrong(found) if (finding["state"], finding["name"]) == (state, named) and said in finding["text"]], found
    cured(call, copied)
    assert_as_before(copied, whole, tables)


def segment(home: Home, number: int) -> Path:
    return dict(segments(home))[number]


def first_segment(home: Home) -> Path:
    return segment(home, 1)


def last_segment(home: Home) -> Path:
    return segment(home, 2)


def resealed(home: Home) -> None:
    """Change a word of a segment and pack it again, so that only its digests tell."""
    file = segment(home, 1)
    plain = gzip.decompress(file.read_bytes())
    file.write_bytes(gzip.compress(plain.replace(b"people", b"sheep!", 1)))


def resealed_with_digests(home: Home) -> None:
    """Put another segment in the place of one: whole in itself, but not what was taken in."""
    shutil.copyfile(segment(home, 2), segment(home, 1))


RESTORED: dict[str, tuple[Callable[[Home], None], str, str, tuple[str, ...]]] = {  # name: (what breaks it, file in raw, text of the finding, options)
    "first segment gone": (removed(first_segment), "1", "gone: raw/2026/03/18/00000001.warc.gz", ()),
    "last segment gone": (removed(last_segment), "2", "gone: raw/2026/03/18/00000002.warc.gz", ()),
    "newest segment cut": (lambda home: os.truncate(segment(home, 2), segment(home, 2).stat().st_size - 9), "2", "00000002.warc.gz: ", ()),
    "newest segment is noise": (overwritten(last_segment), "2", "00000002.warc.gz: ", ()),
    "older segment cut": (lambda home: os.truncate(segment(home, 1), segment(home, 1).stat().st_size - 9), "1", "00000001.warc.gz: ", ("--deep",)),
    "older segment is noise": (overwritten(first_segment, at=300), "1", "00000001.warc.gz: ", ("--deep",)),
    "older segment changed": (resealed, "1", "1 records differ from their digests", ("--deep",)),
    "older segment is another": (resealed_with_digests, "1", "changed or gone", ("--deep",)),
}  # fmt: skip


@pytest.mark.parametrize("name", RESTORED)
def test_a_copy_cures(call: Run, whole: Whole, copied: Home, tables: Tables, name: str) -> None:
    breaks, number, said, options = RESTORED[name]
    file, kept = segment(copied, int(number)), segment(whole.home, int(number))
    breaks(copied)
    code, found = examined(call, copied, *options)
    assert code == 1
    assert [finding["name"] for finding in wrong(found) if said in finding["text"]] == ["raw"], wrong(found)
    assert all(finding["remedy"].startswith("restore the file from a copy") for finding in wrong(found)), wrong(found)
    cured(call, copied, *options, acted=lambda: shutil.copy2(kept, file))
    assert_as_before(copied, whole, tables)


def test_without_deep_older_segments_are_not_read_and_that_is_said(call: Run, copied: Home) -> None:
    resealed(copied)
    code, found = examined(call, copied)
    assert (code, wrong(found)) == (0, [])
    assert "--deep reads all" in next(finding["text"] for finding in found if finding["name"] == "raw")


def test_a_segment_that_was_stepped_over_is_cured_by_a_copy_and_a_replay(
    call: Run, copied: Home, settings: Settings, tmp_path: Path, tables: Tables
) -> None:
    path.load(copied, settings, [str(made.write_rows(tmp_path / "third.jsonl", rows_of(40, 2)))], ingests=False)
    path.load(copied, settings, [str(made.write_rows(tmp_path / "fourth.jsonl", rows_of(60, 2)))], ingests=False)
    clean = open_home(tmp_path / "clean")
    shutil.copytree(copied.raw, clean.raw, dirs_exist_ok=True)
    path.ingest(clean, settings)
    file = segment(copied, 3)
    file.rename(tmp_path / "kept")
    assert path.ingest(copied, settings).failed == 1
    code, found = examined(call, copied)
    assert (code, {finding["name"] for finding in wrong(found)}) == (1, {"raw", "batch"})
    cured(call, copied, acted=lambda: (tmp_path / "kept").rename(file))
    assert tables(copied) == tables(clean)


def test_a_batch_that_a_check_refuses_is_named_with_its_reason_and_cured_by_a_replay(
    call: Run, copied: Home, settings: Settings, tmp_path: Path, tables: Tables
) -> None:
    again = made.write_rows(tmp_path / "again.jsonl", [{**rows_of(1, 1)[0], "captured": "2026-03-05T08:00:00Z"}])
    clean = Home(root=tmp_path / "clean", raw_root=tmp_path / "clean")
    shutil.copytree(copied.root, clean.root, symlinks=True)
    path.load(clean, settings, [str(again)])
    changed_rows("insert into store.versions select * from store.versions where url = 'https://paper1.example/1'")(copied)
    assert path.load(copied, settings, [str(again)]).batches_failed == 1
    code, found = examined(call, copied)
    (batch,) = (finding for finding in found if finding["name"] == "batch")
    assert (code, "batch_versions_unique" in batch["text"], "inbox/failed" in batch["text"]) == (1, True, True)
    cured(call, copied)
    assert tables(copied) == tables(clean)


def test_segments_that_wait_are_a_note_and_ingest_takes_them(call: Run, copied: Home, settings: Settings, tmp_path: Path) -> None:
    path.load(copied, settings, [str(made.write_rows(tmp_path / "third.jsonl", rows_of(40, 2)))], ingests=False)
    code, found = examined(call, copied, "--deep")
    assert (code, [(finding["name"], finding["remedy"]) for finding in wrong(found)]) == (0, [("raw", "`copydesk ingest`")])
    cured(call, copied, "--deep")


def test_a_segment_that_is_there_twice_is_named_with_the_one_to_move(call: Run, whole: Whole, copied: Home, tables: Tables) -> None:
    other = copied.raw / "2026" / "01" / "01" / segment(copied, 1).name
    other.parent.mkdir(parents=True)
    shutil.copyfile(segment(copied, 1), other)
    code, found = examined(call, copied)
    assert (code, [str(other) in finding["remedy"] for finding in wrong(found)]) == (1, [True])
    cured(call, copied, acted=lambda: shutil.rmtree(copied.raw / "2026" / "01"))
    assert_as_before(copied, whole, tables)


def test_a_pipe_in_the_place_of_a_segment_is_named_and_not_waited_for(call: Run, copied: Home) -> None:
    pipe = segment(copied, 1).with_name("00000003.warc.gz")
    os.mkfifo(pipe)
    code, found = examined(call, copied, "--deep")
    assert (code, [finding["name"] for finding in wrong(found) if f"{pipe}: is no file" in finding["text"]]) == (1, ["raw"])
    cured(call, copied, "--deep", acted=pipe.unlink)


FOREIGN = {"home": "notes.txt", "raw": "raw/2026/readme.md", "inbox": "inbox/a.parquet", "snapshot": "published/mine.duckdb"}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_foreign_is_named_and_no_failure(call: Run, copied: Home, name: str) -> None:
    file = copied.root / FOREIGN[name]
    file.write_text("x", "utf-8")
    code, found = examined(call, copied)
    assert (code, [(finding["name"], file.name in finding["text"], "move" in finding["remedy"]) for finding in wrong(found)]) == (
        0,
        [(name, True, True)],
    )
    cured(call, copied, acted=file.unlink)


def test_what_shows_the_snapshot_and_is_no_link_is_moved_away(call: Run, whole: Whole, copied: Home, tables: Tables) -> None:
    is_no_link(copied)
    assert [finding["name"] for finding in wrong(examined(call, copied)[1])] == ["snapshot"]
    cured(call, copied, acted=copied.snapshot_link.unlink)
    assert_as_before(copied, whole, tables)


@pytest.fixture
def in_place(home: Home, settings: Settings, tmp_path: Path) -> tuple[Home, Path]:
    """A home that holds one file, registered where it lies."""
    records = [
        made.warc_record("resource", url=f"https://crawl.example/{seed}", payload=made.text(seed).encode(), media="text/plain", number=seed)
        for seed in (1, 2)
    ]
    archive = tmp_path / "crawl.warc.gz"
    archive.write_bytes(made.members(records))
    path.load(home, settings, [str(archive)], in_place=True)
    return home, archive


@pytest.mark.parametrize("is_deep", [False, True], ids=["", "deep"])
def test_a_file_in_place_that_moved_is_put_back(call: Run, in_place: tuple[Home, Path], is_deep: bool) -> None:
    home, archive = in_place
    options = ["--deep"] if is_deep else []
    moved = archive.rename(archive.with_name("moved"))
    code, found = examined(call, home, *options)
    assert (code, [(finding["name"], str(archive) in finding["text"]) for finding in wrong(found)]) == (1, [("raw", True)])
    cured(call, home, *options, acted=lambda: moved.rename(archive))


@pytest.mark.parametrize("change", ["other records", "fewer records"])
def test_a_file_in_place_that_changed_is_restored(call: Run, in_place: tuple[Home, Path], change: str) -> None:
    home, archive = in_place
    before = archive.read_bytes()
    seeds = (1, 3) if change == "other records" else (1,)
    archive.write_bytes(
        made.members(
            made.warc_record(
                "resource", url=f"https://crawl.example/{seed}", payload=made.text(seed).encode(), media="text/plain", number=seed
            )
            for seed in seeds
        )
    )
    code, found = examined(call, home, "--deep")
    assert (code, [(finding["name"], str(archive) in finding["text"]) for finding in wrong(found)]) == (1, [("raw", True)])
    cured(call, home, "--deep", acted=lambda: archive.write_bytes(before))


def test_deep_reads_every_row_of_warehouse_and_snapshot(call: Run, whole: Whole, copied: Home, tables: Tables) -> None:
    """A block that nobody reads every day: of the texts."""
    size = copied.warehouse_file.stat().st_size
    for file in (warehouse, newest):
        overwritten(file, at=text_block(copied), keeps_time=True)(copied)
    assert size == copied.warehouse_file.stat().st_size
    code, found = examined(call, copied, "--deep")
    assert (code, {finding["name"] for finding in wrong(found)}) == (1, {"warehouse", "snapshot"}), wrong(found)
    cured(call, copied, "--deep")
    assert_as_before(copied, whole, tables)


def text_block(home: Home) -> int:
    """Return a byte of the block that holds the texts of the versions."""
    with duckdb.connect(str(home.warehouse_file), read_only=True) as connection:
        ((block, size),) = connection.execute(
            "select any_value(block_id), (select block_size from pragma_database_size()) from pragma_storage_info('store.versions') "
            "where column_name = 'text' and segment_type = 'VARCHAR' and block_id >= 0"
        ).fetchall()
    return 3 * 4096 + int(block) * int(size) + 64


@contextmanager
def holding(lock: Path) -> Iterator[int]:
    """Hold a lock in a process of its own; yield its number."""
    code = "import fcntl, sys; file = open(sys.argv[1]); fcntl.flock(file, fcntl.LOCK_EX); print('held', flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", code, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"held\n"
        yield process.pid
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who holds a lock")
@pytest.mark.parametrize("lock", ["home.lock", "ingest.lock"])
def test_who_holds_a_lock_is_named_and_doctor_waits_no_longer_than_it_may(call: Run, copied: Home, lock: str) -> None:
    with holding(copied.root / lock) as holder:
        started = time.monotonic()
        code, found = examined(call, copied, wait_s=0.2)
        assert time.monotonic() - started < 10
        (held,) = (finding for finding in wrong(found) if finding["name"] == "lock")
        assert (code, f"{lock}: held by process {holder}" in held["text"]) == (0, True)
        assert any(finding["name"] == "warehouse" for finding in wrong(found)) == (lock == "home.lock")
        carry_out(call, copied, held["remedy"])
        cured(call, copied)


@pytest.mark.parametrize(
    ("variables", "name", "state"),
    [
        ({"COPYDESK_BATCHSIZE": "3"}, "settings", "bad"),
        ({"COPYDESK_BATCH_SIZE": "many"}, "settings", "bad"),
        ({"COPYDESK_NOW": "2026-03-18T09:00:00Z"}, "now", "note"),
        ({"COPYDESK_RESOLVE": "a.example=127.0.0.1:1"}, "resolve", "note"),
        ({"COPYDESK_KILL_AT": "never.reached"}, "COPYDESK_KILL_AT", "bad"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_a_variable_is_named_with_the_command_that_cures_it(
    call: Run, monkeypatch: pytest.MonkeyPatch, whole: Whole, variables: dict[str, str], name: str, state: str
) -> None:
    code, found = examined(call, whole.home, **variables)
    assert (code, [(finding["state"], finding["name"]) for finding in wrong(found)]) == (int(state == "bad"), [(state, name)])
    for command in COMMANDS.findall(wrong(found)[0]["remedy"]):
        verb, _, variable = command.partition(" ")
        assert verb == "unset"
        monkeypatch.delenv(variable)
    assert wrong(examined(call, whole.home)[1]) == []


@pytest.mark.parametrize(
    ("file", "content", "name", "state"),
    [
        ("copydesk.toml", "batch_sise = 3\n", "settings", "bad"),
        ("copydesk.toml", "window_days = 0\n", "settings", "bad"),
        ("copydesk.toml", "= 3\n", "settings", "bad"),
        ("copydesk.toml", "now = 2026-03-18T09:00:00Z\n", "now", "note"),
        ("seeds/outlets.csv", "wrong,columns\n", "seeds", "bad"),
        ("seeds/outlet.csv", "", "seeds", "note"),
    ],
    ids=["unknown", "no sense", "no TOML", "clock", "columns", "name"],
)
def test_a_file_of_settings_is_named_with_what_to_mend(call: Run, copied: Home, file: str, content: str, name: str, state: str) -> None:
    written(file, content)(copied)
    code, found = examined(call, copied)
    assert (code, [(finding["state"], finding["name"]) for finding in wrong(found)]) == (int(state == "bad"), [(state, name)])
    assert Path(file).name in wrong(found)[0]["text"] + wrong(found)[0]["remedy"]
    cured(call, copied, acted=(copied.root / file).unlink)


def test_settings_are_shown_with_where_they_come_from(call: Run, copied: Home) -> None:
    written("copydesk.toml", "batch_size = 7\nworkers = 1\n")(copied)
    _, found = examined(call, copied)
    (shown,) = (finding["text"] for finding in found if finding["name"] == "settings")
    assert "batch_size = 7 (copydesk.toml)" in shown
    assert "workers = 1 (COPYDESK_WORKERS)" in shown


def test_no_contact_and_too_many_workers_are_notes(call: Run, whole: Whole) -> None:
    code, found = examined(call, whole.home, COPYDESK_CONTACT="", COPYDESK_WORKERS="999")
    assert (code, [finding["name"] for finding in wrong(found)]) == (0, ["contact", "workers"])


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder that Python looks into first."""
    folder = tmp_path / "packages"
    (folder / "warcio-0.1.dist-info").mkdir(parents=True)
    (folder / "warcio-0.1.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: warcio\nVersion: 0.1\n", "utf-8")
    return folder


def test_a_package_outside_its_bounds_is_named_with_the_command_that_cures_it(run: Run, whole: Whole, packages: Path) -> None:
    done = run("--json", "doctor", home=whole.home, PYTHONPATH=str(packages))
    (found,) = (finding for finding in json.loads(done.out)["findings"] if finding["name"] == "warcio")
    assert (done.code, found["state"], found["text"]) == (1, "bad", "0.1, need <2,>=1.7.5")
    assert "-m pip install 'warcio<2,>=1.7.5'" in found["remedy"]


def test_a_package_that_cannot_be_imported_does_not_keep_doctor_from_saying_so(run: Run, whole: Whole, packages: Path) -> None:
    for name in ("duckdb", "pyarrow"):
        (packages / f"{name}.py").write_text("raise ImportError('no wheel for this machine')", "utf-8")
    done = run("--json", "doctor", home=whole.home, PYTHONPATH=str(packages))
    found = json.loads(done.out)["findings"]
    assert (done.code, done.err) == (1, "")
    assert [finding["name"] for finding in found if "no wheel for this machine" in finding["text"]] == [
        "home",
        "warehouse",
        "raw",
        "inbox",
        "snapshot",
        "drop",
        "feeds",
    ]


def test_drop_names_what_waits_and_what_failed_with_its_reason(call: Run, copied: Home, settings: Settings) -> None:
    drop = copied.root / "drop"
    made.write_rows(drop / "waits.jsonl", [made.row(50, id="waits", outlet="Drop")])
    (drop / "failed").mkdir()
    made.write_rows(drop / "failed" / "bad.jsonl", [made.row(51), "{"])
    path.load(copied, settings, [str(drop / "failed" / "bad.jsonl")])
    code, found = examined(call, copied)
    assert (code, [finding["name"] for finding in wrong(found)]) == (0, ["drop", "drop"])
    assert "waits.jsonl" in wrong(found)[0]["text"]
    assert "bad_json" in wrong(found)[1]["text"]
    carry_out(call, copied, wrong(found)[0]["remedy"])
    (drop / "done").mkdir()
    (drop / "waits.jsonl").rename(drop / "done" / "waits.jsonl")
    (drop / "failed" / "bad.jsonl").unlink()
    assert wrong(examined(call, copied)[1]) == []


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv to be bound by permissions")
@pytest.mark.parametrize("closed", [".", "raw", "warehouse.duckdb"])
def test_what_may_not_be_written_is_named_with_the_command_that_opens_it(run: Run, call: Run, copied: Home, closed: str) -> None:
    target = copied.root / closed
    target.chmod(0o555 if target.is_dir() else 0o444)
    done = run("--json", "doctor", home=copied, before=WITHOUT_RIGHTS, **QUIET)
    (found,) = (finding for finding in json.loads(done.out)["findings"] if finding["name"] == "home" and finding["state"] != "good")
    assert (done.code, str(target) in found["text"], "Traceback" in done.err) == (1, True, False)
    carry_out(call, copied, found["remedy"])
    assert target.stat().st_mode & stat.S_IWUSR


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, with room for a small home."""
    place = tmp_path / "small disk"
    place.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", place], check=False, capture_output=True).returncode
    ):
        pytest.skip("needs the right to mount")
    yield place
    subprocess.run(["umount", place], check=True)


def mounted_again(place: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", place], check=True)


def test_a_full_disk_is_named_with_how_much_to_free(call: Run, whole: Whole, small_disk: Path) -> None:
    home = Home(root=small_disk / "home", raw_root=small_disk / "home")
    shutil.copytree(whole.home.root, home.root, symlinks=True)
    code, found = examined(call, home)
    assert (code, [finding["name"] for finding in wrong(found)]) == (1, ["disk"])
    (wanted,) = re.findall(r"free ([\d,]+) MB", wrong(found)[0]["remedy"])
    mounted_again(small_disk, f"size={64 + int(wanted.replace(',', '')) + 1}m")
    code, found = examined(call, home)
    assert (code, [finding["state"] for finding in wrong(found)]) == (0, ["note"])
    mounted_again(small_disk, "size=4g")
    assert wrong(examined(call, home)[1]) == []


def test_a_disk_that_is_mounted_read_only_is_named(call: Run, whole: Whole, small_disk: Path) -> None:
    home = Home(root=small_disk / "home", raw_root=small_disk / "home")
    shutil.copytree(whole.home.root, home.root, symlinks=True)
    mounted_again(small_disk, "ro,size=4g")
    code, found = examined(call, home)
    assert (code, [finding["name"] for finding in wrong(found)]) == (1, ["home"])
    mounted_again(small_disk, "rw,size=4g")
    assert wrong(examined(call, home)[1]) == []


@pytest.mark.slow
@pytest.mark.parametrize("point", ["load.written", "ingest.staged", "drain.committed", "publish.copied", "publish.named"])
def test_after_a_kill_nothing_is_bad_and_the_remedies_finish_the_work(
    run: Run, call: Run, copied: Home, settings: Settings, tmp_path: Path, tables: Tables, point: str
) -> None:
    third = made.write_rows(tmp_path / "third.jsonl", rows_of(40, 2))
    assert run("load", third, home=copied, COPYDESK_KILL_AT=point).code < 0
    code, found = examined(call, copied, "--deep")
    assert code == 0, wrong(found)
    cured(call, copied, "--deep")
    path.load(copied, settings, [str(third)])
    clean = open_home(tmp_path / "clean")
    shutil.copytree(copied.raw, clean.raw, dirs_exist_ok=True)
    path.ingest(clean, settings)
    assert tables(copied) == tables(clean)
