"""Measure a round of polling over many feeds on loopback hosts, its second round, and what client and parser cost alone.

    python tests/bench/polling.py [--hosts N] [--gap S] [--later H] [--only client|parse|rounds] [--profile]

CPU is of the command and all its children, the server left out, as the system accounts it; entries, polls and captures are counted in
what the command published. Each host has four feeds of ten entries and no robots.txt.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from accounting import accounted  # noqa: E402
from processes import child_environment, command, run_command  # noqa: E402
from published import snapshot  # noqa: E402
from synthetic_feeds import FEEDS_PER_HOST, FeedServer, feed_body, feed_hosts, feed_server, feed_urls  # noqa: E402

from tasks.core.feeds.caching import validator  # noqa: E402
from tasks.core.feeds.identity import entry_ids  # noqa: E402
from tasks.core.feeds.opml import OutlinedFeed, opml_of  # noqa: E402
from tasks.core.feeds.parse import parse_feed  # noqa: E402
from tasks.core.feeds.records import Answer, ParsedFeed  # noqa: E402
from tasks.core.ids import id_of  # noqa: E402
from tasks.fetch_limits import FetchLimits  # noqa: E402
from tasks.home import Home, open_home  # noqa: E402
from tasks.http_client import Client, http_client  # noqa: E402
from tasks.resources import tracking_parameters  # noqa: E402
from tasks.settings import load_settings  # noqa: E402

NOW = datetime(2026, 3, 5, 8, tzinfo=timezone.utc)
CONTACT = "https://copydesk.example/bot"
AT_ONCE = 200  # exchanges of the client alone
PARSED = 1_000  # feeds of the parser alone
WORKERS = 2
SHOWN = 25  # functions of a profile


def client_cost(server: FeedServer, hosts: int) -> dict[str, Any]:
    """Return what the client alone costs: robots.txt of each host and its feeds, then the feeds again with their validators, no gap kept."""
    robots = [f"http://{host}/robots.txt" for host in feed_hosts(hosts)]
    urls = feed_urls(hosts)
    validators: dict[str, dict[str, str]] = {}

    async def ask(client: Client, url: str) -> str:
        answer = await client.get(url, headers=validators.get(url, {}), limits=FetchLimits())
        if isinstance(answer, Answer):
            if etag := validator(answer.headers, "ETag"):
                validators[url] = {"If-None-Match": etag}
            return str(answer.status)
        return answer.reason

    async def rounds() -> dict[str, Any]:
        allowed, placed = host_settings(hosts, server.port)
        async with http_client(contact=CONTACT, allow_hosts=allowed, resolve=placed) as client:
            return {
                "whole": await _timed_round([*robots, *urls], lambda url: ask(client, url)),
                "unchanged": await _timed_round(urls, lambda url: ask(client, url)),
            }

    return asyncio.run(rounds())


async def _timed_round(urls: Sequence[str], ask: Callable[[str], Any]) -> dict[str, Any]:
    ahead, came = iter(urls), Counter[str]()

    async def one_of_many() -> None:
        for url in ahead:
            came[await ask(url)] += 1

    wall, cpu = time.monotonic(), time.process_time()
    await asyncio.gather(*(one_of_many() for _ in range(AT_ONCE)))
    cpu_s = time.process_time() - cpu
    return {"wall_s": round(time.monotonic() - wall, 1), "cpu_ms_a_request": round(1000 * cpu_s / len(urls), 3), "outcomes": dict(came)}


def parse_cost(hosts: int) -> dict[str, Any]:
    """Return what it costs to parse feeds and to name their entries, in this process alone; the best of three."""
    urls = feed_urls(hosts)
    bodies = [(url, *feed_body(url, newest=NOW)) for url in urls[:: max(1, len(urls) // PARSED)]]
    tracking = tracking_parameters()

    def parsed() -> int:
        entries = 0
        for url, media, body in bodies:
            feed = parse_feed(body, url=url, content_type=media, received_at=NOW)
            assert isinstance(feed, ParsedFeed)
            entries += len(set(entry_ids(id_of("feed", url), feed.entries, tracking)))
        return entries

    best_s = min(_cpu_s(parsed) for _ in range(3))
    return {"feeds": len(bodies), "entries": parsed(), "cpu_ms_a_feed": round(1000 * best_s / len(bodies), 3)}


def _cpu_s(call: Callable[[], object]) -> float:
    since = time.process_time()
    call()
    return time.process_time() - since


def host_settings(hosts: int, port: int) -> tuple[list[str], list[str]]:
    """Return the settings allow_hosts and resolve for all hosts."""
    names = feed_hosts(hosts)
    return names, [f"{name}=127.0.0.1:{port}" for name in names]


def listed_home(folder: Path, *, hosts: int, port: int, gap_s: float) -> Home:
    """Return a home whose list holds every feed; its settings stand in its file, for a variable ends at 128 KB: some 4,000 hosts."""
    home = open_home(folder / "home")
    allowed, placed = host_settings(hosts, port)
    settings = {"contact": CONTACT, "host_gap_s": gap_s, "workers": WORKERS, "allow_hosts": allowed, "resolve": placed}
    (home.root / "copydesk.toml").write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()), "utf-8")
    (folder / "feeds.opml").write_bytes(
        opml_of([OutlinedFeed(url=url, title=None, site_url=None) for url in feed_urls(hosts)], title="all")
    )
    imported = run_command("feeds", "import", folder / "feeds.opml", home=home, COPYDESK_NOW=NOW.isoformat())
    assert imported.code == 0, imported.err
    return home


def polled_round(home: Home, server: FeedServer, *, at: datetime) -> dict[str, Any]:
    """Run `copydesk poll --no-pages` once and return what it did, what it took, and what the server saw of it."""
    server.told()
    before = _kept(home)
    environment = child_environment(COPYDESK_NOW=at.isoformat(), COPYDESK_WORKERS="")
    since = time.monotonic()
    with subprocess.Popen(
        command("--json", "poll", "--no-pages", home=home), env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        with accounted(process.pid, every_s=0.5) as used:
            assert process.stdout is not None
            said = process.stdout.read()
            _, status, own = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.monotonic() - since
    assert process.returncode == 0, said
    return {
        "wall_s": round(wall_s, 1),
        "own_cpu_s": round(own.ru_utime + own.ru_stime, 2),
        "readers_cpu_s": round(used.children_cpu_s, 2),
        "peak_pss_mb": used.peak_pss_bytes >> 20,
        "new": {name: count - before.get(name, 0) for name, count in _kept(home).items()},
        "said": json.loads(said),
        "server": server.told(),
    }


def _kept(home: Home) -> dict[str, int]:
    """Return how many captures of each kind, entries and requests a home has published, and the bytes of its raw."""
    if not home.snapshot_link.exists():
        return {}
    with snapshot(home) as connection:
        rows = connection.execute(
            """
            select 'captures_' || kind, count(*) from captures group by kind
            union all select 'entries', count(*) from entries
            union all select 'polls', count(*) from polls
            """
        ).fetchall()
    return dict(rows) | {"raw_bytes": sum(path.stat().st_size for path in home.raw.rglob("*") if path.is_file())}


def cpu_of(polled: dict[str, Any]) -> float:
    """Return the CPU seconds of a round, those of its readers included."""
    return float(polled["own_cpu_s"] + polled["readers_cpu_s"])


def rounds(hosts: int, *, gap_s: float, later: timedelta) -> dict[str, Any]:
    """Return the figures of a first round, in which every feed is new, of a second one, in which none has changed, and of an idle one."""
    parse = parse_cost(hosts)
    with tempfile.TemporaryDirectory() as folder, feed_server(hosts, newest=NOW) as server:
        home = listed_home(Path(folder), hosts=hosts, port=server.port, gap_s=gap_s)
        first, second, idle = (polled_round(home, server, at=at) for at in (NOW, NOW + later, NOW + later))
    for polled, parsed in ((first, FEEDS_PER_HOST * hosts), (second, 0)):
        asked, parsing_s = polled["server"]["requests"], parsed * parse["cpu_ms_a_feed"] / 1000
        polled["cpu_ms_a_request"] = round(1000 * cpu_of(polled) / asked, 3)
        polled["cpu_ms_a_request_beyond_parsing"] = round(1000 * (cpu_of(polled) - parsing_s) / asked, 3)
    return {"parse": parse, "first": first, "second": second, "idle": idle}


def profiled(hosts: int, *, gap_s: float, later: timedelta) -> None:
    """Print where the thread that takes answers and ingests them spends its time: the functions of ours that cost most, callees included."""
    from flows.path import poll

    with tempfile.TemporaryDirectory() as folder, feed_server(hosts, newest=NOW) as server:
        home = listed_home(Path(folder), hosts=hosts, port=server.port, gap_s=gap_s)
        for at in (NOW, NOW + later):
            profile = cProfile.Profile(time.thread_time)  # seconds of work, not of waiting
            of_all, of_thread = time.process_time(), time.thread_time()
            profile.runcall(poll, home, load_settings(home.root, {}, now=at), pages=False)
            of_all, of_thread = time.process_time() - of_all, time.thread_time() - of_thread
            requests = server.told()["requests"]
            print(f"{at:%d %b %H:%M}: {requests} requests, ms CPU a request under the profiler, callees included, and calls a request")
            print(f"{1000 * (of_all - of_thread) / requests:9.3f}           the thread that asks, and those of the database")
            for name, (_, calls, _, cumulative, _) in _costly(profile):
                print(f"{1000 * cumulative / requests:9.3f} {calls / requests:8.2f}  {name}")


def _costly(profile: cProfile.Profile) -> list[tuple[str, Any]]:
    stats: dict[tuple[str, int, str], Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    ours = [
        (f"{Path(file).relative_to(ROOT)}:{line} {function}", row)
        for (file, line, function), row in stats.items()
        if file.startswith((f"{ROOT}/tasks", f"{ROOT}/flows"))
    ]
    return sorted(ours, key=lambda one: -one[1][3])[:SHOWN]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=2_500)
    parser.add_argument("--gap", type=float, default=5.0, help="seconds between two requests to a host")
    parser.add_argument("--later", type=float, default=25.0, help="hours from the first round to the second")
    parser.add_argument("--only", choices=("client", "parse", "rounds"))
    parser.add_argument("--profile", action="store_true", help="both rounds in this process, under a profiler; nothing else")
    asked = parser.parse_args()
    later = timedelta(hours=asked.later)
    if asked.profile:
        return profiled(asked.hosts, gap_s=asked.gap, later=later)
    if asked.only in (None, "client"):
        with feed_server(asked.hosts, newest=NOW) as server:
            print(json.dumps({"client": client_cost(server, asked.hosts)}, indent=1))
    if asked.only == "parse":
        print(json.dumps({"parse": parse_cost(asked.hosts)}, indent=1))
    if asked.only in (None, "rounds"):
        print(json.dumps(rounds(asked.hosts, gap_s=asked.gap, later=later), indent=1))
    return None


if __name__ == "__main__":
    main()
