"""Measure the whole load: texts or pages to published tables through the real warehouse, judged by the neutral scorer.

    python tests/bench/load.py [--data DIR] [--limit N] [--batch N] [--workers N] [--shuffle SEED] [--only copies|pages]

DIR holds dedup/planted and warc/aeb_news.warc.gz. CPU is of this process and of its readers, as the system accounts it.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from flows.path import load  # noqa: E402
from tasks.home import Home, open_home  # noqa: E402
from tasks.settings import Settings  # noqa: E402

NOW = datetime(2026, 3, 5, tzinfo=UTC)
SCORER = ROOT.parent / "shared" / "tools" / "score_dedup.py"

PAIRS_SQL = """
select a.source_id, b.source_id, case when matches.is_merging then matches.relation else 'passage' end
from matches
inner join articles as a on a.article_id = matches.article_a
inner join articles as b on b.article_id = matches.article_b
"""


def rows_of(planted: Path, *, limit: int | None, shuffle: int | None) -> list[str]:
    """Return the lines of a planted set, in time order or shuffled."""
    with gzip.open(planted / "docs.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = list(islice(lines, limit))
    if shuffle is not None:
        random.Random(shuffle).shuffle(rows)
    return rows


def loaded_home(root: Path, rows: Sequence[str], *, batch_size: int, workers: int = 0) -> tuple[Home, dict[str, Any]]:
    """Load rows into a fresh home, and return it with what that took."""
    file = root / "rows.jsonl"
    root.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(rows), "utf-8")
    home = open_home(root / "home")
    return home, timed_load(home, [str(file)], Settings(now=NOW, batch_size=batch_size, workers=workers))


def timed_load(home: Home, paths: list[str], settings: Settings) -> dict[str, Any]:
    wall, own = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    done = load(home, settings, paths)
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu = now.ru_utime + now.ru_stime - own.ru_utime - own.ru_stime
    return {**asdict(done), "wall_s": round(time.monotonic() - wall, 1), "drainer_cpu_s": round(cpu, 1), "peak_rss_mb": now.ru_maxrss >> 10}


def stories_of(home: Home) -> dict[str, str]:
    """Return the story of each document, by its source id."""
    with duckdb.connect(str(home.snapshot_link), read_only=True) as snapshot:
        return dict(snapshot.execute("select source_id, story_id from articles").fetchall())


def scored(home: Home, planted: Path) -> dict[str, Any]:
    """Return what the neutral scorer says of a home that holds the whole planted set."""
    with duckdb.connect(str(home.snapshot_link), read_only=True) as snapshot:
        pairs = snapshot.execute(PAIRS_SQL).fetchall()
    with tempfile.TemporaryDirectory() as folder:
        files = {"pairs": Path(folder) / "pairs.tsv", "stories": Path(folder) / "stories.tsv"}
        _write(files["pairs"], ("id_a", "id_b", "relation"), pairs)
        _write(files["stories"], ("id", "story_id"), list(stories_of(home).items()))
        command = [sys.executable, str(SCORER), "--truth", str(planted), "--json"]
        command += ["--pairs", str(files["pairs"]), "--stories", str(files["stories"])]
        return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def agreement(one: dict[str, str], other: dict[str, str]) -> float:
    """Return the adjusted Rand index of two partitions of the same documents."""
    from collections import Counter
    from math import comb

    both = Counter((one[key], other[key]) for key in one)
    index, a, b = (sum(comb(n, 2) for n in Counter(values).values()) for values in (both.elements(), one.values(), other.values()))
    expected = a * b / comb(len(one), 2)
    return (index - expected) / ((a + b) / 2 - expected)


def _write(path: Path, header: tuple[str, ...], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n").writerows([header, *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--batch", type=int, default=200)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--shuffle", type=int)
    parser.add_argument("--only", choices=("copies", "pages"))
    asked = parser.parse_args()
    planted = asked.data / "dedup" / "planted"
    with tempfile.TemporaryDirectory() as folder:
        if asked.only != "pages":
            rows = rows_of(planted, limit=asked.limit, shuffle=asked.shuffle)
            home, took = loaded_home(Path(folder) / "copies", rows, batch_size=asked.batch, workers=asked.workers)
            print(json.dumps({"copies": took} | ({} if asked.limit else scored(home, planted)), indent=1, default=str))
        if asked.only != "copies":
            home = open_home(Path(folder) / "pages")
            took = timed_load(home, [str(asked.data / "warc" / "aeb_news.warc.gz")], Settings(now=NOW, workers=asked.workers))
            print(json.dumps({"pages": took}, indent=1, default=str))


if __name__ == "__main__":
    main()
