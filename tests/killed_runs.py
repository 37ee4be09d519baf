"""The real command killed with SIGKILL where a seed says, started again, and held against a run in which nothing went wrong.

A chain is one home and one command: killed up to KILLS_A_CHAIN times, each start going on where the last was killed, then
run to its end. Kills at a named point (tasks/points.py) and at a time drawn over the whole of a run take turns.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path

import duckdb
import synthetic_news as made
from processes import Done, run_command, start_command
from published import snapshot, table_hashes

from tasks.home import Home, open_home

DEMO = Path(__file__).resolve().parents[1] / "seeds" / "demo"
BATCH = {"COPYDESK_BATCH_SIZE": "12"}  # records a batch, so that each input makes several
KILLS_A_CHAIN = 4
DEAD_S = 10  # seconds within which the readers of a killed process must be gone


def texts(folder: Path) -> list[str]:
    """Return arguments that load texts: copies, an undated one and a broken line among them."""
    rows = [made.row(seed, url=f"https://paper.example/{seed}", published=f"2026-03-02T{seed % 24:02d}:00:00Z") for seed in range(30)]
    copies = [{"text": made.text(seed), "id": f"copy {seed}", "outlet": "Copy Cat"} for seed in range(0, 30, 6)]
    made.write_rows(folder / "a.jsonl", [*rows, '{"broken": ', *copies])
    (folder / "empty.txt").write_bytes(b"")
    return [str(folder)]


def pages(folder: Path) -> list[str]:
    """Return arguments that load the demo's first two moments: pages, versions, a wall."""
    return [str(DEMO / "1-morning"), str(DEMO / "2-noon")]


def archive(folder: Path) -> list[str]:
    """Return arguments that load one WARC where it lies and one by copy, both cut at the end."""
    for place, name in enumerate(("lying.warc.gz", "copied.warc.gz")):
        records = [
            made.warc_record(
                "response", url=f"https://archive.example/{place}/{number}", payload=made.page(made.text(number), title=f"Report {number}").encode(),
                number=100 * place + number, date=f"2026-03-0{1 + place}T{number:02d}:00:00Z",
            )
            for number in range(20)
        ]  # fmt: skip
        (folder / name).write_bytes(made.members(records)[:-30])
    return ["--in-place", str(folder / "lying.warc.gz"), str(folder / "copied.warc.gz")]


INPUTS: dict[str, Callable[[Path], list[str]]] = {"texts": texts, "pages": pages, "archive": archive}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One command over one input.

    start        a home as it is before the command, copied for each chain
    command      what is killed
    finish       what is run to the end afterwards
    code         how `finish` ends when nothing is wrong
    points       the named points that the command passes, and how often when nothing goes wrong
    into         the home whose tables count: None, the one at hand
    turn         of its input, so that the same command begins with other points over another input
    keeps        the old tables must be there at all times
    wanted       the tables of a run in which nothing went wrong
    whole_s      how long the command takes
    """

    name: str
    start: Path
    command: tuple[str, ...]
    finish: tuple[str, ...]
    code: int
    points: dict[str, int]
    wanted: dict[str, str]
    whole_s: float
    turn: int = 0
    keeps: bool = False
    into: str | None = None


@dataclass(kw_only=True)
class Chain:
    """What became of one chain. `problem` is None where the tables are a clean run's."""

    scene: str
    seed: int
    kills: list[str] = field(default_factory=list)
    problem: str | None = None

    def __str__(self) -> str:
        return f"{self.scene}, seed {self.seed}, killed at {', '.join(self.kills) or 'no point'}: {self.problem or 'equal'}"


def scenes(folder: Path) -> Iterator[Scene]:
    """Yield every command over every input, its clean run done."""
    for turn, (name, arguments_of) in enumerate(INPUTS.items()):
        place = folder / name
        (place / "in").mkdir(parents=True)
        load = ("load", *arguments_of(place / "in"))
        empty, clean = open_home(place / "empty"), open_home(place / "clean")
        whole_s, code = _timed(load, clean)
        with snapshot(clean) as connection:
            [(batches, segments)] = connection.execute("select count(*), max(segment_no) from batches").fetchall()
        captured = _prepared(place / "captured", ("load", "--no-ingest", *load[1:]))
        staged = _prepared(place / "staged", load, COPYDESK_KILL_AT="ingest.staged:2")
        drained = _prepared(place / "drained", load, COPYDESK_KILL_AT=f"drain.committed:{batches}")
        loading = {"load.written": segments, "load.committed": segments}
        draining = {"drain.inserted": batches, "drain.committed": batches}
        publishing = {"publish.copied": 1, "publish.named": 1}
        ingesting = {"ingest.staged": batches, **draining, **publishing}
        common = {"wanted": table_hashes(clean), "code": code, "finish": load, "turn": turn}
        yield Scene(
            name=f"load {name}", start=empty.root, command=load, points=loading | ingesting, whole_s=whole_s, **common,
        )  # fmt: skip
        yield Scene(
            name=f"ingest {name}", start=captured, command=("ingest",), points=ingesting, whole_s=0.8 * whole_s, **common,
        )  # fmt: skip
        yield Scene(
            name=f"drain {name}", start=staged, command=("refresh",), points={"drain.inserted": 1, "drain.committed": 1, **publishing},
            whole_s=0.4 * whole_s, **common,
        )  # fmt: skip
        yield Scene(
            name=f"publish {name}", start=drained, command=("publish",), points=publishing, whole_s=0.2 * whole_s, **common,
        )  # fmt: skip
        again = {**common, "start": clean.root, "code": 0, "whole_s": whole_s, "keeps": True}
        yield Scene(
            **{**again, "name": f"replay {name}", "command": ("replay",), "finish": ("replay",), "points": {**ingesting, "replay.built": 1}}
        )
        into = ("replay", "--into")
        yield Scene(**{**again, "name": f"replay {name} elsewhere", "command": into, "finish": into, "points": ingesting, "into": "again"})


def _timed(command: tuple[str, ...], home: Home) -> tuple[float, int]:
    started = time.monotonic()
    done = run_command(*command, home=home, **BATCH)
    assert done.code in (0, 3), done.err
    return time.monotonic() - started, done.code


def _prepared(root: Path, command: tuple[str, ...], **variables: str) -> Path:
    done = run_command(*command, home=root, **BATCH, **variables)
    assert done.code in (0, 3, -signal.SIGKILL), done.err
    return root


def chain(scene: Scene, seed: int) -> Chain:
    """Run one chain in a folder of its own, which is kept where something is wrong."""
    chance = random.Random(f"{scene.name} {seed}")
    result = Chain(scene=scene.name, seed=seed)
    folder = Path(tempfile.mkdtemp(prefix="killed-"))
    shutil.copytree(scene.start, folder / "home", symlinks=True)
    home = open_home(folder / "home", wait_s=5)
    for number in range(KILLS_A_CHAIN):
        kill = (
            _killed_at_point(scene, home, _point(scene, seed, number, chance)) if number % 2 == 0 else _killed_in_time(scene, home, chance)
        )
        if kill is None:  # less is left to do than when nothing was done yet: a command may come to its end
            break
        result.kills.append(kill)
        result.problem = _broken(scene, home)
        if result.problem:
            return result
    done = run_command(*_arguments(scene, scene.finish, home), home=home, **BATCH)
    result.problem = _outcome(scene, home, done)
    if result.problem is None:
        shutil.rmtree(folder)
    return result


def _arguments(scene: Scene, command: tuple[str, ...], home: Home) -> list[str]:
    return [*command, *([str(home.root.parent / scene.into)] if scene.into else [])]


def _point(scene: Scene, seed: int, number: int, chance: random.Random) -> str:
    """Return a named point, and which time it is reached: the first of a chain goes through all of them, seed by seed."""
    names = sorted(scene.points)
    name = chance.choice(names) if number else names[(len(INPUTS) * seed + scene.turn) % len(names)]
    return f"{name}:{chance.randint(1, scene.points[name])}"


def _killed_at_point(scene: Scene, home: Home, point: str) -> str | None:
    """Start the command and let it die at a point; return where, None where it came to its end without reaching it."""
    done = run_command(*_arguments(scene, scene.command, home), home=home, **BATCH, COPYDESK_KILL_AT=point)
    return point if done.code == -signal.SIGKILL else None


def _killed_in_time(scene: Scene, home: Home, chance: random.Random) -> str | None:
    """Start the command and kill it after a while; return when, None where it came to its end before."""
    after_s = chance.uniform(0.05, 0.9) * scene.whole_s
    process = start_command(*_arguments(scene, scene.command, home), home=home, **BATCH)
    try:
        process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate(timeout=DEAD_S)
        return f"{after_s:.2f} s"
    return None


def _broken(scene: Scene, home: Home) -> str | None:
    """Return what a user would find wrong right after a kill."""
    if not home.snapshot_link.exists():
        return "what users open is gone" if scene.keeps else None
    try:
        if scene.keeps and table_hashes(home) != scene.wanted:
            return "users see other tables"
        with snapshot(home) as connection:
            connection.execute("select count(*) from stories").fetchall()
    except duckdb.Error as error:
        return f"what users open cannot be opened: {error}"
    return None


def _outcome(scene: Scene, home: Home, done: Done) -> str | None:
    """Return what is wrong after the last start."""
    whole = scene.into is not None and done.code == 2 and "not empty" in done.err  # the chain's last start had come to its end
    if done.code != scene.code and not whole:
        return f"exit {done.code}: {done.err}"
    try:
        got = table_hashes(open_home(home.root.parent / scene.into) if scene.into else home)
    except duckdb.Error as error:
        return f"what users open cannot be opened: {error}"
    differing = sorted(name for name in scene.wanted if got.get(name) != scene.wanted[name])
    if differing:
        return f"tables differ: {', '.join(differing)}"
    left = [*home.raw.glob(".part-*"), *home.inbox.glob(".part-*"), *home.published.glob("*.part"), *home.failed.iterdir()]
    left += [path for path in home.inbox.iterdir() if path != home.failed]
    return f"left behind: {[path.name for path in left]}" if left else None


def chains(scenes: list[Scene], kills: int, *, first_seed: int = 0) -> Iterator[Chain]:
    """Yield chains over all scenes in turn, seed by seed, until so many kills were done."""
    due = ((scene, seed) for seed in count(first_seed) for scene in scenes)
    width = 2 * (os.cpu_count() or 1)
    done = 0
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        while done < kills:
            for result in pool.map(lambda one: chain(*one), islice(due, width)):
                done += len(result.kills)
                yield result
