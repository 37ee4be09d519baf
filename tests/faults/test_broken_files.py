"""Files whose bytes are broken: what was published stays readable, one line names the file and the remedy, and the remedy brings all back."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import synthetic_news as made
from processes import Done

from tasks.core.records import RawRecord
from tasks.home import Home, open_home
from tasks.inbox import TABLES, Batch, Item, stage_batch, staged_rows
from tasks.raw import read_segment, segments
from tasks.reader import record_as_rows
from tasks.resources import newsroom_lists

Rows = Callable[..., list[tuple[Any, ...]]]
Tables = Callable[[Home], dict[str, str]]
Run = Callable[..., Done]

RECORDS = 12  # a segment
BATCH = 4  # records
SMALL = {"COPYDESK_BATCH_SIZE": str(BATCH)}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory, run: Run, tables: Tables) -> SimpleNamespace:
    """Three segments: in one home in raw only, in another taken into the warehouse and published; and the tables of the latter."""
    folder = tmp_path_factory.mktemp("newsroom")
    raw_only = open_home(folder / "raw only")
    for part in range(3):
        seeds = range(part * RECORDS, (part + 1) * RECORDS)
        lines = made.write_rows(folder / f"{part}.jsonl", [made.row(seed, url=f"https://{part}.example/{seed}") for seed in seeds])
        assert run("load", lines, "--no-ingest", home=raw_only).code == 0
    shutil.copytree(raw_only.root, folder / "loaded", symlinks=True)
    assert run("ingest", home=folder / "loaded", **SMALL).code == 0
    loaded = open_home(folder / "loaded")
    return SimpleNamespace(raw_only=raw_only, loaded=loaded, wanted=tables(loaded), folder=folder)


@pytest.fixture
def raw_only(newsroom: SimpleNamespace, tmp_path: Path) -> Home:
    return open_home(shutil.copytree(newsroom.raw_only.root, tmp_path / "home", symlinks=True), wait_s=5)


@pytest.fixture
def loaded(newsroom: SimpleNamespace, tmp_path: Path) -> Home:
    return open_home(shutil.copytree(newsroom.loaded.root, tmp_path / "home", symlinks=True), wait_s=5)


def cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def zeroed_head(content: bytes) -> bytes:
    return bytes(8192) + content[8192:]


def noise_in_the_middle(content: bytes) -> bytes:
    """Return bytes of which an eighth, in the middle, is written over."""
    begin, length = len(content) * 7 // 16, len(content) // 8
    return content[:begin] + random.Random(7).randbytes(length) + content[begin + length :]


def noise_in_a_half(content: bytes) -> bytes:
    """Return bytes of which a half, behind the head, is written over."""
    return content[:40_000] + random.Random(7).randbytes(len(content) // 2) + content[40_000 + len(content) // 2 :]


def emptied(content: bytes) -> bytes:
    """Return what a power cut leaves of a file whose name was durable before its bytes; ours are synced first."""
    return b""


def assert_one_line(done: Done, *said: str, code: int = 1) -> None:
    assert (done.code, len(done.errors)) == (code, 1), (done.out, done.err)
    for words in said:
        assert words in done.err


def breaks(path: Path, breakage: Callable[[bytes], bytes]) -> bytes:
    """Break a file, and return what it held."""
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(breakage(whole))
    return whole


# A segment


@pytest.mark.parametrize("breakage", [noise_in_the_middle, emptied], ids=lambda function: function.__name__)
def test_a_broken_segment_is_read_to_the_break_and_stepped_over_and_restored_it_gives_a_clean_runs_tables(
    newsroom: SimpleNamespace, raw_only: Home, run: Run, tables: Tables, rows: Rows, breakage: Callable[[bytes], bytes]
) -> None:
    path = dict(segments(raw_only))[2]
    whole = breaks(path, breakage)
    stepped = run("ingest", home=raw_only, **SMALL)
    assert_one_line(stepped, str(path), "restore the file from a copy and run `copydesk replay`", code=5)
    taken = dict(rows(raw_only, "select segment, count(*) from captures group by segment"))
    assert [taken.pop(str(file.relative_to(raw_only.root))) for number, file in segments(raw_only) if number != 2] == [RECORDS] * 2
    assert 0 < sum(taken.values()) < RECORDS or breakage is emptied, "what can be read before the break is there"
    path.write_bytes(whole)
    assert run("replay", home=raw_only, **SMALL).code == 0
    assert tables(raw_only) == newsroom.wanted


def test_with_a_broken_segment_a_replay_in_place_is_refused_and_one_elsewhere_shows_what_is_left(
    newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables, rows: Rows, tmp_path: Path
) -> None:
    path = dict(segments(loaded))[2]
    breaks(path, cut)
    private = loaded.warehouse_file.read_bytes()
    assert_one_line(run("replay", home=loaded), str(path), "restore the file from a copy", "--into DIR")
    assert loaded.warehouse_file.read_bytes() == private, "the old warehouse is never replaced by a poorer one"
    assert tables(loaded) == newsroom.wanted
    into = tmp_path / "into"
    assert run("replay", "--into", into, home=loaded, **SMALL).code == 5
    left = rows(open_home(into), "select count(*) from articles")[0][0]
    assert 2 * RECORDS < left < 3 * RECORDS


def test_a_segment_cut_between_two_records_looks_whole_and_is_missed_by_replay(
    newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables
) -> None:
    """No byte of what is left is wrong: only the warehouse knows that there were more."""
    path = dict(segments(loaded))[3]
    offsets = [record.capture.segment_offset for record in read_segment(loaded, 3, path) if isinstance(record, RawRecord)]
    breaks(path, lambda content: content[: content.rindex(b"\x1f\x8b\x08", 0, offsets[-1])])
    assert_one_line(run("replay", home=loaded), str(path), f"{RECORDS} records of it were drained", "restore the file from a copy")
    assert tables(loaded) == newsroom.wanted


def test_the_number_of_a_segment_that_is_gone_is_not_given_again(loaded: Home, run: Run, rows: Rows, tmp_path: Path) -> None:
    """A new segment under an old number would count as drained, and what it holds be missing."""
    last = dict(segments(loaded))[3]
    last.unlink()
    more = made.write_rows(tmp_path / "more.jsonl", [made.row(99, url="https://more.example/1")])
    assert run("load", more, home=loaded).code == 0
    assert rows(loaded, "select count(*) from articles where url = 'https://more.example/1'") == [(1,)]
    assert_one_line(run("replay", home=loaded), "segments [3] are gone", "restore the file from a copy")


# The warehouse


def test_a_broken_warehouse_is_named_never_published_and_made_again_from_raw(
    newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables
) -> None:
    for breakage in (cut, zeroed_head, noise_in_the_middle):
        whole = breaks(loaded.warehouse_file, breakage)
        assert_one_line(run("refresh", home=loaded), "warehouse.duckdb: is broken", "`copydesk replay` builds it anew from raw")
        if breakage is not noise_in_the_middle:  # such a file opens: only who reads the place in the middle can know
            assert_one_line(run("publish", home=loaded), "is broken", "`copydesk replay`")
        assert tables(loaded) == newsroom.wanted, "what was published stays"
        assert list(loaded.published.glob("*.part")) == []
        breaks(loaded.warehouse_file, lambda content, whole=whole: whole)
    breaks(loaded.warehouse_file, noise_in_the_middle)
    assert list(loaded.failed.iterdir()) == []
    assert run("replay", home=loaded, **SMALL).code == 0
    assert tables(loaded) == newsroom.wanted


def test_a_batch_that_meets_a_broken_warehouse_is_not_at_fault(newsroom: SimpleNamespace, raw_only: Home, run: Run, tables: Tables) -> None:
    staged(raw_only)
    assert run("refresh", home=raw_only, COPYDESK_KILL_AT="drain.committed:4").code < 0
    with raw_only.locked() as warehouse:
        warehouse.execute("checkpoint warehouse")
    whole = breaks(raw_only.warehouse_file, noise_in_a_half)
    assert_one_line(run("refresh", home=raw_only), "warehouse.duckdb: is broken", "`copydesk replay`")
    assert list(raw_only.failed.iterdir()) == []
    breaks(raw_only.warehouse_file, lambda _: whole)
    assert run("refresh", home=raw_only).code == 0
    assert tables(raw_only) == newsroom.wanted


@pytest.mark.parametrize("left", [0, 8192], ids="{} bytes".format)
def test_a_warehouse_that_was_never_whole_is_begun_anew(
    newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables, left: int
) -> None:
    """As a power cut leaves it while it is made; nothing can have been committed to so small a file."""
    breaks(loaded.warehouse_file, lambda content: content[:left])
    loaded.warehouse_file.with_name("warehouse.duckdb.wal").write_bytes(b"of the one before")
    done = run("ingest", home=loaded, **SMALL)
    assert (done.code, done.err) == (0, "")
    assert tables(loaded) == newsroom.wanted


def test_a_log_of_noise_takes_nothing_from_the_warehouse(newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables) -> None:
    loaded.warehouse_file.with_name("warehouse.duckdb.wal").write_bytes(random.Random(1).randbytes(5_000))
    done = run("ingest", home=loaded, **SMALL)
    assert (done.code, done.err) == (0, "")
    assert tables(loaded) == newsroom.wanted


def test_a_folder_in_the_place_of_the_warehouse_is_named_and_moved_away_it_is_made_again(
    newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables
) -> None:
    loaded.warehouse_file.unlink()
    loaded.warehouse_file.mkdir()
    for command in ("publish", "replay"):
        assert_one_line(run(command, home=loaded), "warehouse.duckdb", "away and run")
    loaded.warehouse_file.rmdir()
    assert run("replay", home=loaded, **SMALL).code == 0
    assert tables(loaded) == newsroom.wanted


# The snapshot


def newest(home: Home) -> Path:
    return max(home.published.iterdir())


def rotten(home: Home) -> None:
    times = newest(home).stat()
    breaks(newest(home), noise_in_a_half)
    os.utime(newest(home), ns=(times.st_atime_ns, times.st_mtime_ns))


def without_bytes(home: Home) -> None:
    breaks(newest(home), emptied)


def gone(home: Home) -> None:
    shutil.rmtree(home.published)


def replaced_by_a_broken_file(home: Home) -> None:
    home.snapshot_link.unlink()
    home.snapshot_link.write_bytes(b"not a database")


@pytest.mark.parametrize("fault", [rotten, without_bytes, gone, replaced_by_a_broken_file], ids=lambda function: function.__name__)
def test_a_snapshot_that_cannot_be_read_is_named_and_publish_makes_it_anew(
    newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables, fault: Callable[[Home], None]
) -> None:
    fault(loaded)
    asked = run("query", "select max(text) from versions", home=loaded)
    assert_one_line(asked, "copydesk.duckdb", "`copydesk publish` makes it anew")
    done = run("publish", home=loaded)
    assert (done.code, done.out, done.err) == (0, "published\n", "")
    assert loaded.snapshot_link.is_symlink()
    assert tables(loaded) == newsroom.wanted


def test_a_copy_in_the_place_of_the_link_is_read_and_gives_way_to_it(
    newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables
) -> None:
    """As a backup makes it that follows links."""
    content = newest(loaded).read_bytes()
    loaded.snapshot_link.unlink()
    loaded.snapshot_link.write_bytes(content)
    assert tables(loaded) == newsroom.wanted
    assert run("ingest", home=loaded).code == 0
    assert loaded.snapshot_link.is_symlink()
    assert tables(loaded) == newsroom.wanted


def test_a_folder_in_the_place_of_the_link_is_named(newsroom: SimpleNamespace, loaded: Home, run: Run, tables: Tables) -> None:
    loaded.snapshot_link.unlink()
    loaded.snapshot_link.mkdir()
    assert_one_line(run("publish", home=loaded), "copydesk.duckdb", "move that away", "`copydesk publish`")
    loaded.snapshot_link.rmdir()
    assert run("publish", home=loaded).code == 0
    assert tables(loaded) == newsroom.wanted


# The inbox


def staged(home: Home) -> list[Path]:
    """Put all batches of raw into the inbox, and return their folders."""
    lists = newsroom_lists(home.seeds)
    folders = []
    for number, path in segments(home):
        items: list[Item] = list(read_segment(home, number, path))
        for first in range(0, len(items), BATCH):
            current = list(islice(items, first, first + BATCH))
            readings = [record_as_rows(item, lists) for item in current if isinstance(item, RawRecord)]
            batch = Batch(segment_no=number, first_record=first, record_count=len(current), is_last=first + BATCH >= len(items))
            stage_batch(home, batch, staged_rows(current, readings))
            folders.append(home.inbox / batch.batch_id)
    return folders


def test_batches_whose_files_are_broken_are_set_aside_and_read_from_raw_again(
    newsroom: SimpleNamespace, raw_only: Home, run: Run, tables: Tables
) -> None:
    folders = staged(raw_only)
    heads: list[Callable[[Path], object]] = [
        lambda head: head.unlink(), lambda head: head.write_bytes(b"\xff{"), lambda head: head.write_text("[1]"),
        lambda head: head.write_text((folders[0] / "batch.json").read_text()),
    ]  # fmt: skip
    for folder, table in zip(folders[: -len(heads)], TABLES, strict=False):
        breaks(folder / f"{table}.parquet", cut)
    for folder, fault in zip(folders[-len(heads) :], heads, strict=True):
        fault(folder / "batch.json")
    done = run("ingest", home=raw_only, **SMALL)
    assert done.code == 0
    assert len(done.errors) == len(folders), done.err
    for folder, line in zip(folders, done.errors, strict=True):
        assert str(folder) in line
        assert "read from raw again" in line
    assert {folder.name for folder in raw_only.failed.iterdir()} == {folder.name for folder in folders}
    assert tables(raw_only) == newsroom.wanted


def test_what_others_put_into_the_inbox_is_left_alone(newsroom: SimpleNamespace, raw_only: Home, run: Run, tables: Tables) -> None:
    for name in ("00 notes", "zzz", ".hidden"):
        (raw_only.inbox / name).mkdir()
        (raw_only.inbox / name / "notes.txt").write_text("kept")
    (raw_only.inbox / "a file").write_text("kept")
    done = run("ingest", home=raw_only, **SMALL)
    assert (done.code, done.err) == (0, "")
    assert tables(raw_only) == newsroom.wanted
    assert sorted(path.name for path in raw_only.inbox.iterdir()) == [".hidden", "00 notes", "a file", "failed", "zzz"]
