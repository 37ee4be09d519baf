"""What Prefect costs: the CPU of a batch of 250 pages with and without it, and memory and time of a server and a worker over many small batches.

python tests/bench/orchestration.py --data ../shared/data            # CPU of a batch, a server beside it
python tests/bench/orchestration.py --batches 300                    # dropped one after the other into a served home
"""

from __future__ import annotations

import argparse
import gzip
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import synthetic_news as made  # noqa: E402
from served_copydesk import Served, children_of, environ_of, processes, served  # noqa: E402
from warcio.archiveiterator import ArchiveIterator  # noqa: E402
from warcio.warcwriter import WARCWriter  # noqa: E402

PAGES = 250  # of a batch
PLAIN = "import sys; from flows import path; from flows.runs import home_and_settings; from flows.parameters import RunParameters; path.load(*home_and_settings(RunParameters(home=sys.argv[1], workers=1)), sys.argv[2:])"
FLOW = "import sys; from flows.load_files import load_files; from flows.parameters import LoadParameters; load_files(LoadParameters(home=sys.argv[1], workers=1, paths=sys.argv[2:]))"


def pages_of(archive: Path, folder: Path, batches: int) -> list[Path]:
    """Write the first pages of an archive as files of a batch each, later ones with changed addresses."""
    with gzip.open(archive) as stream:
        records = [(record.rec_headers.get_header("WARC-Target-URI"), record.http_headers, record.content_stream().read()) for record in ArchiveIterator(stream) if record.rec_type == "response"]  # fmt: skip
    files = []
    for number in range(batches):
        file = folder / f"batch-{number}.warc.gz"
        with file.open("wb") as out:
            writer = WARCWriter(out, gzip=True)
            for place in range(PAGES):
                uri, headers, body = records[place % len(records)]
                writer.write_record(
                    writer.create_warc_record(
                        f"{uri}?copy={number * PAGES + place}", "response", payload=io.BytesIO(body), http_headers=headers
                    )
                )
        files.append(file)
    return files


def cpu_s(program: str, home: Path, files: list[Path], environment: dict[str, str]) -> float:
    """Return the processor seconds of a process and its readers."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program, str(home), *map(str, files)], env=environment, cwd=ROOT, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratios(box: Served, folder: Path, data: Path, *, pairs: int, most: int = 3) -> tuple[float, float]:
    """Return how many times the CPU a process with one batch takes with Prefect, and what a further batch takes: the best of each counts.

    Plain and flow take turns, with one batch and with `most`, so that what a process costs to start can be told from what a batch costs.
    """
    files = pages_of(data / "warc" / "aeb_news.warc.gz", folder, most)
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


def batches(count: int) -> None:
    """Drop one small file after the other, each when the one before is loaded."""
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as box:
        rows = list(_dropped(box, count))
        first, last = rows[:50], rows[-50:]
        there = box.events("copydesk.batch.loaded")
        for title, place in (("server MB", 1), ("worker MB", 2)):
            print(
                f"{title}: {first[-1][place]:.0f} after the first 50, {last[-1][place]:.0f} at the end: {last[-1][place] / first[-1][place]:.2f} times"
            )
        print(f"a batch: {_mean(first):.2f} s at first, {_mean(last):.2f} s at the end: {_mean(last) / _mean(first):.2f} times")
        print(f"batch.loaded events at the server: {len(there)} of {count}")


def _mean(rows: list[tuple[float, float, float]]) -> float:
    return sum(row[0] for row in rows) / len(rows)


def _dropped(box: Served, count: int) -> Iterator[tuple[float, float, float]]:
    for number in range(count):
        part = made.write_rows(box.home.root / "drop" / f"{number}.part", [made.row(5 * number + row) for row in range(5)])
        started = time.monotonic()
        part.rename(part.with_suffix(".jsonl"))
        done = box.home.root / "drop" / "done" / f"{number}.jsonl"
        while not done.exists():
            time.sleep(0.1)
        took = (time.monotonic() - started, rss_mb(box, "server"), rss_mb(box, "worker"))
        if number % 10 == 0:
            print(f"{number:4} {took[0]:6.2f} s  server {took[1]:6.0f} MB  worker {took[2]:6.0f} MB", flush=True)
        yield took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "../shared/data")
    parser.add_argument("--pairs", type=int, default=2)
    parser.add_argument("--batches", type=int, help="drop so many small files instead")
    given = parser.parse_args()
    if given.batches:
        batches(given.batches)
    elif (given.data / "warc").is_dir():
        cost(given.data, given.pairs)
    else:
        print(f"{given.data}: no data; give --data")


if __name__ == "__main__":
    main()
