"""Measure where the time of a load goes, text to published: articles a CPU second, and the share of each stage.

    python tests/bench/stages.py [--data DIR] [--limit N] [--batch N] [--pages]

DIR holds dedup/planted and, for --pages, warc/aeb_news.warc.gz. CPU of the main process, the threads of the database
included, is charged to the innermost stage that runs; that of the readers, their start included, is extraction.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)]

import load as bench_load  # noqa: E402
from accounting import accounted  # noqa: E402

import flows.path  # noqa: E402
import tasks.drain  # noqa: E402
import tasks.ingest  # noqa: E402
from tasks.home import Home, open_home  # noqa: E402
from tasks.settings import Settings  # noqa: E402
from tasks.workers import Readers  # noqa: E402

STAGES = (  # where a name is looked up, the name, the stage it belongs to
    (flows.path, "capture_inputs", "capture: input to raw"),
    (tasks.ingest, "read_segment", "read raw"),
    (Readers, "submit", "hand over to readers"),
    (Readers, "collect", "hand over to readers"),
    (tasks.ingest, "staged_rows", "stage: rows"),
    (tasks.ingest, "stage_batch", "stage: files"),
    (tasks.ingest, "read_batch", "stage: files"),
    (Home, "locked", "open and close the warehouse"),
    (tasks.ingest, "drain_batch", "merge and check"),
    (tasks.drain, "link_versions", "compare"),
    (flows.path, "publish", "publish"),
)


class Clock:
    """CPU seconds of this process by stage."""

    def __init__(self) -> None:
        self.cpu_s: Counter[str] = Counter()
        self._stack = ["other"]
        self._since = time.process_time()

    def charge(self) -> None:
        now = time.process_time()
        self.cpu_s[self._stack[-1]] += now - self._since
        self._since = now

    @contextmanager
    def within(self, stage: str) -> Iterator[None]:
        self.charge()
        self._stack.append(stage)
        try:
            yield
        finally:
            self.charge()
            self._stack.pop()

    def timed(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        """Return a function, generator function or context manager whose own work is charged to a stage, its caller's not."""

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.within(stage):
                found = function(*args, **kwargs)
            if hasattr(found, "__next__"):
                return self._each(found, stage)
            return self._around(found, stage) if hasattr(found, "__enter__") else found

        return call

    def _each(self, items: Iterator[Any], stage: str) -> Iterator[Any]:
        while True:
            with self.within(stage):
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item

    @contextmanager
    def _around(self, manager: Any, stage: str) -> Iterator[Any]:
        with self.within(stage):
            entered = manager.__enter__()
        try:
            yield entered
        finally:
            with self.within(stage):
                manager.__exit__(*sys.exc_info())


@contextmanager
def clocked() -> Iterator[Clock]:
    """Charge the stages of the path while the block runs."""
    clock = Clock()
    before = [(place, name, getattr(place, name)) for place, name, _ in STAGES]
    for (place, name, function), (*_, stage) in zip(before, STAGES, strict=True):
        setattr(place, name, clock.timed(function, stage))
    try:
        yield clock
        clock.charge()
    finally:
        for place, name, function in before:
            setattr(place, name, function)


def measured(home: Home, paths: list[str], settings: Settings) -> dict[str, Any]:
    """Load into a home; return the articles a CPU second and the share of each stage, 0..1."""
    with clocked() as clock, accounted() as used:
        took = bench_load.timed_load(home, paths, settings)
    cpu_s = {**clock.cpu_s, "extract": used.children_cpu_s}
    total = sum(cpu_s.values())
    return {
        "captures": took["captures_new"],
        "wall_s": took["wall_s"],
        "cpu_s": round(total, 1),
        "captures_a_cpu_s": round(took["captures_new"] / total, 1),
        "peak_pss_mb": used.peak_pss_bytes >> 20,
        "shares": {stage: round(seconds / total, 3) for stage, seconds in sorted(cpu_s.items(), key=lambda item: -item[1])},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--batch", type=int, default=250)
    parser.add_argument("--pages", action="store_true", help="the pages of the WARC file instead of planted texts")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = asked.data / "warc" / "aeb_news.warc.gz"
        if not asked.pages:
            file = Path(folder) / "rows.jsonl"
            file.write_text("".join(bench_load.rows_of(asked.data / "dedup" / "planted", limit=asked.limit, shuffle=None)), "utf-8")
        settings = Settings(now=bench_load.NOW, batch_size=asked.batch)
        print(json.dumps(measured(open_home(Path(folder) / "home"), [str(file)], settings), indent=1))


if __name__ == "__main__":
    main()
