"""Measure what a batch costs a warehouse that is thirty times as large, its window the same: drain, publish, marts.

    python tests/bench/scale.py [--data DIR] [--articles N] [--clones N]

DIR holds dedup/planted: its first N articles are loaded, then cloned into the past.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]

import load as bench_load  # noqa: E402
from aged_warehouse import age_warehouse  # noqa: E402
from processes import run_command  # noqa: E402
from published import public_views  # noqa: E402

from tasks.drain import drain_batch  # noqa: E402
from tasks.durable import sync_file  # noqa: E402
from tasks.home import Home, open_home  # noqa: E402
from tasks.inbox import read_batch, staged_batches  # noqa: E402
from tasks.publish import publish  # noqa: E402

BATCH = 200
ROUNDS = 6
ASKED = 3  # times
QUESTIONS = ("select count(*) from {}", "select * from {} limit 100", "select * from {} order by 1 desc limit 100")


def staged_batch(home: Home, rows: list[str], folder: Path) -> Path:
    """Return a folder in which the next batch of a home waits to be drained; the home itself stays as it is."""
    ahead = folder / "ahead"
    shutil.copytree(home.root, ahead, symlinks=True)
    (folder / "next.jsonl").write_text("".join(rows), "utf-8")
    settings = {"COPYDESK_BATCH_SIZE": str(BATCH), "COPYDESK_KILL_AT": "ingest.staged"}
    run_command("load", folder / "next.jsonl", home=ahead, **settings)
    return staged_batches(open_home(ahead))[0]


def drained(warehouse_file: Path, staged: Path, folder: Path) -> tuple[float, float, Home]:
    """Return seconds and CPU seconds in which a batch is drained into a copy of a warehouse, opening and closing included, and its home."""
    home = open_home(folder)
    shutil.copy(warehouse_file, home.warehouse_file)
    sync_file(home.warehouse_file)  # what the copy left unwritten is none of the drain's doing
    batch, tables = read_batch(staged)
    with home.locked() as warehouse:
        [(segment,)] = warehouse.rows("select max(segment_no) + 1 from store.batches")
    batch = replace(batch, segment_no=segment, first_record=0)
    since, cpu_since = time.monotonic(), time.process_time()
    with home.locked() as warehouse:
        drain_batch(warehouse, batch, tables, now=bench_load.NOW, window_days=30)
    return time.monotonic() - since, time.process_time() - cpu_since, home


def best_drains(files: Sequence[Path], staged: Path, folder: Path) -> tuple[list[float], list[float], list[Home]]:
    """Return the best time and CPU time for each warehouse, taken in turns so that a busy minute meets all of them, and their homes."""
    rounds = [[drained(file, staged, folder / str(number)) for number, file in enumerate(files)] for _ in range(ROUNDS + 1)]
    taken = list(zip(*rounds[1:], strict=True))  # by warehouse; the first round warms this process up
    best_s, best_cpu_s = ([min(one[column] for one in of_file) for of_file in taken] for column in (0, 1))
    return best_s, best_cpu_s, [home for *_, home in rounds[-1]]


def slowest_answers_s(file: Path) -> dict[str, float]:
    """Return for each public table the seconds of the slowest of a few plain questions, each asked several times: its best counts."""
    answers = {}
    with duckdb.connect(str(file), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        for view in public_views(connection):
            asked = (question.format(view) for question in QUESTIONS)
            answers[view] = round(max(min(_timed(connection.execute, sql) for _ in range(ASKED)) for sql in asked), 3)
    return answers


def publish_s(home: Home) -> float:
    home.snapshot_link.unlink(missing_ok=True)
    return _timed(publish, home)


def _timed(call: Callable[..., object], *arguments: object) -> float:
    since = time.monotonic()
    call(*arguments)
    return time.monotonic() - since


def measured(young: Path, staged: Path, folder: Path, *, clones: int) -> dict[str, Any]:
    """Hold a warehouse against one that was aged."""
    aged = folder / "aged.duckdb"
    age_warehouse(young, aged, clones=clones, home_seeds=folder)
    drain_s, drain_cpu_s, (small, large) = best_drains([young, aged], staged, folder / "drained")
    with large.locked() as warehouse:
        [(articles,)] = warehouse.rows("select count(*) from store.members")
    return {
        "articles": articles,
        "drain_s": [round(seconds, 3) for seconds in drain_s],
        "drain_cpu_s": [round(seconds, 3) for seconds in drain_cpu_s],
        "drain_ratio": round(drain_s[1] / drain_s[0], 3),
        "answers_s": slowest_answers_s(large.warehouse_file),
        "warehouse_mb": large.warehouse_file.stat().st_size >> 20,
        "publish_s": [round(publish_s(small), 3), round(publish_s(large), 3)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--clones", type=int, default=29)
    asked = parser.parse_args()
    rows = bench_load.rows_of(asked.data / "dedup" / "planted", limit=asked.articles + BATCH, shuffle=None)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        home, _ = bench_load.loaded_home(folder, rows[: asked.articles], batch_size=BATCH)
        staged = staged_batch(home, rows[asked.articles :], folder)
        print(json.dumps(measured(home.warehouse_file, staged, folder, clones=asked.clones), indent=1))


if __name__ == "__main__":
    main()
