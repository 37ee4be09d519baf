"""What Prefect costs: the CPU of a batch of 250 pages with and without it, and memory and time of a server and a worker over many small batches.

python tests/bench/orchestration.py --data ../shared/data            # CPU of a batch, a server beside it
python tests/bench/orchestration.py --batches 300 [--in-one]         # dropped one after the other into a served home
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import synthetic_news as made  # noqa: E402
from bench_modules import bench  # noqa: E402
from processes import group_cpu  # noqa: E402
from served_copydesk import Served, children_of, environ_of, processes, served  # noqa: E402

LOOK_S = 0.1  # seconds between two looks at the processor time of readers
PAGES = 250  # of a batch
PLAIN = "import sys; from flows import path; from flows.runs import home_and_settings; from flows.parameters import RunParameters; path.load(*home_and_settings(RunParameters(home=sys.argv[1], workers=1)), sys.argv[2:])"
FLOW = "import sys; from flows.load_files import load_files; from flows.parameters import LoadParameters; load_files(LoadParameters(home=sys.argv[1], workers=1, paths=sys.argv[2:]))"

FLOWS = """
import sys, time
from flows.load_files import load_files
from flows.parameters import LoadParameters
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):  # whose thread sleeps whole seconds: a run ends with the next one
    for path in sys.argv[2:]:
        started = time.monotonic()
        load_files(LoadParameters(home=sys.argv[1], workers=1, paths=[path]))
        print(time.monotonic() - started)
"""


def pages_of(archive: Path, folder: Path, batches: int, pages: int) -> list[Path]:
    """Write pages of an archive as files of a batch each, under URLs of their own."""
    backfill = bench("backfill")
    records = backfill.records_of(archive)
    files = [folder / f"batch-{number}.warc.gz" for number in range(batches)]
    for number, file in enumerate(files):
        places = range(number * pages, (number + 1) * pages)
        batch = [(f"{url}?{place}", block) for place in places for url, block in [records[place % len(records)]]]
        backfill.write_copy(file, batch, number)
    return files


def cpu_s(program: str, home: Path, files: list[Path], environment: dict[str, str]) -> float:
    """Return the processor seconds of a process and its readers, which nobody waits for: looked at while they live."""
    words = [sys.executable, "-c", program, str(home), *map(str, files)]
    seen: dict[int, float] = {}
    with tempfile.TemporaryFile() as said, subprocess.Popen(words, env=environment, cwd=ROOT, stdout=said, stderr=said, start_new_session=True) as process:  # fmt: skip
        while process.poll() is None:
            seen.update(group_cpu(process.pid))
            time.sleep(LOOK_S)
        if process.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode("utf-8", "replace"))
    return sum(seen.values())


def ratios(box: Served, folder: Path, data: Path, *, pairs: int, most: int = 3, pages: int = PAGES) -> tuple[float, float]:
    """Return how many times the CPU a process with one batch takes with Prefect, and what a further batch takes: the best of each counts.

    Plain and flow take turns, with one batch and with `most`, so that what a process costs to start can be told from what a batch costs.
    """
    files = pages_of(data / "warc" / "aeb_news.warc.gz", folder, most, pages)
    with_server = {**box.environment, "PREFECT_API_URL": box.api, "PREFECT_LOGGING_EXTRA_LOGGERS": "copydesk"}
    without = {name: value for name, value in box.environment.items() if not name.startswith("PREFECT_")}
    taken: dict[tuple[str, int], list[float]] = {}
    for pair in range(pairs):
        for count in (1, most):
            for kind, program, environment in (("plain", PLAIN, without), ("flow", FLOW, with_server)):
                seconds = cpu_s(program, folder / f"{kind}-{count}-{pair}", files[:count], environment)
                taken.setdefault((kind, count), []).append(seconds)
                print(f"{kind:5} {count} batches {seconds:6.2f} s", flush=True)
    best = {key: min(values) for key, values in taken.items()}
    return best["flow", 1] / best["plain", 1], (best["flow", most] - best["flow", 1]) / (best["plain", most] - best["plain", 1])


def cost(data: Path, pairs: int) -> None:
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as box:
        box.pause()  # so that no run of a schedule's comes in between
        whole, further = ratios(box, Path(name), data, pairs=pairs)
        print(f"a process with one batch: {whole:.2f} times the CPU without Prefect; a further batch: {further:.2f} times")


def rss_mb(box: Served, program: str) -> float:
    """Return the memory of the server, or of the worker without its runs."""
    for pid, words in processes():
        if f"prefect {program} start" in words and box.api.split(":")[2].split("/")[0] in environ_of(pid):
            pids = [pid, *(children_of(pid) if program == "server" else ())]
            return sum(_resident(one) for one in pids)
    raise SystemExit(f"no {program}")


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    except OSError:
        return 0.0


def batches(count: int, *, in_one: bool) -> None:
    """Load one small file after the other through a served home and show memory and time of the first 50 and of the last."""
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as box:
        rows = []
        for number, row in enumerate(_loaded_in_one(box, Path(name), count) if in_one else _dropped(box, count)):
            rows.append(row)
            if number % 25 == 0:
                print(f"{number:4} {row[0]:6.2f} s  server {row[1]:6.0f} MB  worker {row[2]:6.0f} MB", flush=True)
        first, last = rows[:50], rows[-50:]
        for title, place in (("server", 1), ("worker", 2)):
            before, after = first[-1][place], last[-1][place]
            print(f"{title}: {before:.0f} MB after the first 50, {after:.0f} MB at the end: {after / before:.2f} times")
        print(f"a batch: {_mean(first):.2f} s at first, {_mean(last):.2f} s at the end: {_mean(last) / _mean(first):.2f} times")
        there = {event["resource"]["prefect.resource.id"] for event in box.events("copydesk.batch.loaded")}
        with box.home.locked() as warehouse:
            [(loaded, unsent)] = warehouse.rows(
                "select count(*) filter (name = 'copydesk.batch.loaded'), count(*) filter (sent_at is null) from store.outbox"
            )
        print(f"{loaded} batches loaded, {len(there)} of them told to the server, {unsent} messages unsent")


Took = tuple[float, float, float]  # seconds, MB of the server, MB of the worker


def _mean(rows: list[Took]) -> float:
    return statistics.mean(row[0] for row in rows)


def _dropped(box: Served, count: int) -> Iterator[Took]:
    """Drop a file when the one before is loaded: each is a run, in a process of its own, of the worker's."""
    for number in range(count):
        part = made.write_rows(box.home.root / "drop" / f"{number}.part", _rows(number))
        started = time.monotonic()
        part.rename(part.with_suffix(".jsonl"))
        done = box.home.root / "drop" / "done" / f"{number}.jsonl"
        while not done.exists():
            time.sleep(0.1)
        yield time.monotonic() - started, rss_mb(box, "server"), rss_mb(box, "worker")


def _loaded_in_one(box: Served, folder: Path, count: int) -> Iterator[Took]:
    """Run the flow again and again in one process, which stands for a worker that runs flows in its own."""
    box.pause()
    files = [made.write_rows(folder / f"{number}.jsonl", _rows(number)) for number in range(count)]
    environment = {**box.environment, "PREFECT_API_URL": box.api, "PREFECT_LOGGING_LEVEL": "WARNING", "PYTHONUNBUFFERED": "1"}
    words = [sys.executable, "-c", FLOWS, str(box.home.root), *map(str, files)]
    with subprocess.Popen(words, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield float(line), rss_mb(box, "server"), _resident(process.pid)


def _rows(number: int) -> list[dict[str, object]]:
    return [made.row(5 * number + row) for row in range(5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--batches", type=int, help="load so many small files instead, one after the other")
    parser.add_argument("--in-one", action="store_true", help="in one process, instead of a run of the worker's for each")
    given = parser.parse_args()
    if given.batches:
        batches(given.batches, in_one=given.in_one)
    elif (given.data / "warc").is_dir():
        cost(given.data, given.pairs)
    else:
        print(f"{given.data}: no data; give --data")


if __name__ == "__main__":
    main()
