"""Measure a backfill: one archive as so many files with changed URLs, read by one worker and by two, then killed and started again.

    python tests/bench/backfill.py [--data DIR] [--files N] [--repeats N] [--kills N] [--in-place] [--seed N]

DIR holds warc/aeb_news.warc.gz. Runs with one worker and with two take turns, and the fastest of each counts: others may use the machine.
CPU is of the command and of its readers, as the system accounts it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from processes import child_environment, command, group_cpu  # noqa: E402
from published import snapshot, table_hashes  # noqa: E402

from tasks.home import open_home  # noqa: E402

LOOK_S = 0.2  # seconds between two looks at the processor time of readers


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one start of the command took."""

    workers: int
    wall_s: float
    command_cpu_s: float
    readers_cpu_s: float
    code: int


def records_of(archive: Path) -> list[tuple[str, bytes]]:
    """Return (URL, block) of each response."""
    with archive.open("rb") as file:
        return [
            (record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read())
            for record in ArchiveIterator(file, no_record_parse=True)
            if record.rec_type == "response"
        ]


def write_copies(archive: Path, folder: Path, files: int) -> None:
    """Write an archive so many times, under other URLs each time, an hour later each time."""
    records = records_of(archive)
    folder.mkdir(parents=True)
    for number in range(files):
        day, hour = divmod(number, 24)
        write_copy(folder / f"CC-NEWS-202603{day + 1:02d}{hour:02d}0000-{number:05d}.warc.gz", records, number)


def write_copy(file: Path, records: list[tuple[str, bytes]], number: int) -> None:
    """Write records under URLs that have a number in them."""
    day, hour = divmod(number, 24)
    with file.open("wb") as out:
        for place, (url, block) in enumerate(records):
            scheme, _, rest = url.partition("://")
            host, _, path = rest.partition("/")
            changed = f"{scheme}://{host}/{number:02d}/{path}"
            body = block.replace(url.encode(), changed.encode())
            minute, second = divmod(place, 60)
            head = (
                f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{1000 * number + place:012d}>\r\n"
                f"WARC-Date: 2026-03-{day + 1:02d}T{hour:02d}:{minute:02d}:{second:02d}Z\r\nWARC-Target-URI: {changed}\r\n"
                f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            out.write(gzip.compress(head.encode() + body + b"\r\n\r\n", 1, mtime=0))


def started(home: Path, tree: Path, workers: int, in_place: bool) -> subprocess.Popen[bytes]:
    options = ["--in-place"] if in_place else []
    words = command("--quiet", "backfill", str(tree), "--workers", str(workers), *options, home=home)
    return subprocess.Popen(words, env=child_environment(), stdout=subprocess.DEVNULL, start_new_session=True)


def timed(home: Path, tree: Path, workers: int, in_place: bool) -> Run:
    """Run the command to its end."""
    began = time.monotonic()
    process = started(home, tree, workers, in_place)
    own, seen = 0.0, dict[int, float]()
    while process.poll() is None:
        for pid, cpu_s in group_cpu(process.pid):
            seen[pid] = cpu_s
        time.sleep(LOOK_S)
    own = seen.pop(process.pid, 0.0)
    return Run(
        workers=workers, wall_s=time.monotonic() - began, command_cpu_s=own, readers_cpu_s=sum(seen.values()), code=process.returncode
    )


def killed(home: Path, tree: Path, workers: int, in_place: bool, after_s: float) -> bool:
    """Start the command and kill it with its readers; tell whether it still ran."""
    process = started(home, tree, workers, in_place)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


def ledger(home: Path) -> dict[str, object]:
    """Return the sums of the ledger beside what they must equal."""
    with snapshot(open_home(home)) as connection:
        sums = connection.execute(
            """
            select
                count(*), count(*) filter (state = 'done'), sum(inputs)::integer, sum(captures_new)::integer, sum(captures_known)::integer,
                sum(failures)::integer, sum(tries)::integer, (select count(*) from captures)
            from partitions
            """
        ).fetchone()
    names = ("partitions", "done", "inputs", "captures_new", "captures_known", "failures", "tries", "captures")
    return dict(zip(names, sums or (), strict=True))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--files", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--in-place", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    archive = options.data / "warc" / "aeb_news.warc.gz"
    if not archive.is_file():
        print(f"{archive}: is not there, nothing to measure; --data DIR names another folder")
        return
    with tempfile.TemporaryDirectory(prefix="backfill-") as folder:
        measure(Path(folder), archive, options)


def measure(folder: Path, archive: Path, options: argparse.Namespace) -> None:
    tree = folder / "tree"
    write_copies(archive, tree, options.files)
    print(f"{options.files} files, {sum(path.stat().st_size for path in tree.iterdir()) >> 20} MB, {os.cpu_count()} processors")
    runs = []
    for repeat in range(options.repeats):
        for workers in (1, 2):
            run = timed(folder / f"home-{repeat}-{workers}", tree, workers, options.in_place)
            print(json.dumps(asdict(run)), flush=True)
            runs.append(run)
    one, two = (min(run.wall_s for run in runs if run.workers == workers) for workers in (1, 2))
    print(f"two workers: {one / two:.2f} times as fast as one ({one:.1f} s, {two:.1f} s)")
    chance = random.Random(options.seed)
    home = folder / "killed"
    for _ in range(options.kills):
        after_s = chance.uniform(2.0, two / (options.kills + 1) * 1.5)
        print(f"killed after {after_s:.1f} s: {killed(home, tree, 2, options.in_place, after_s)}")
    print(json.dumps(asdict(timed(home, tree, 2, options.in_place))))
    print(json.dumps(ledger(home)))
    clean, after_kills = table_hashes(open_home(folder / "home-0-2")), table_hashes(open_home(home))
    differing = [name for name in clean if clean[name] != after_kills[name]]
    print(f"tables that differ from a run without kills: {', '.join(differing) or 'none'}")


if __name__ == "__main__":
    main()
