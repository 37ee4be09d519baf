"""Replay: everything right of raw made again, beside the old warehouse, held against it, and then put in its place."""

from __future__ import annotations

import logging
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from flows.path import check_tables, ingest_all, publish_snapshot
from tasks.compare_tables import Difference, differences
from tasks.core.errors import DamageError, HomeError, UsageError, first_line
from tasks.durable import sync_folder
from tasks.feed_list import apply_feed_decisions
from tasks.home import OLD_WAREHOUSE, Home, open_home
from tasks.ingest import Ingested
from tasks.points import reached
from tasks.poll_states import carry_doings
from tasks.settings import Settings
from tasks.steps import step
from tasks.watch import NOBODY, Watch
from tasks.whole_raw import require_whole_raw

log = logging.getLogger("copydesk")

REPLAYING = ".replaying"  # stands in a folder while a replay into it goes on


@dataclass(slots=True)
class Replayed(Ingested):
    """What a replay did. `differences`: of each table that users see, where the old one was looked at."""

    differences: list[Difference] = field(default_factory=list)

    @property
    def changed(self) -> list[Difference]:
        return [difference for difference in self.differences if difference.gone or difference.come]


def replay(
    home: Home,
    settings: Settings,
    *,
    into: Path | None = None,
    compares: bool = False,
    keeps_old: bool = False,
    swaps: bool = True,
    watch: Watch = NOBODY,
) -> Replayed:
    """Make the warehouse again from raw: beside the old one and then in its place, or in another folder.

    into         a folder that is empty or not there, or was begun by a replay that was killed
    compares     hold the new tables against those that users see now
    keeps_old    the old warehouse stays as warehouse.old.duckdb, in place of one that stood there
    swaps        False: only compare; the new warehouse is thrown away
    Raises       UsageError where the folder holds something else, RawError where raw is not whole and would take the old one's place
    """
    if into is not None:
        return _replayed(_replay_into(home, settings, into, watch))
    aside = home.root / ".replay"
    with home.polling(), home.ingesting():
        require_whole_raw(home)
        shutil.rmtree(aside, ignore_errors=True)
        try:
            done = _replayed(_replay_into(home, settings, aside, watch))
            reached("replay.built")
            if compares:
                done.differences = compare(home, aside / "warehouse.duckdb")
            if swaps:
                _swap(home, aside, keeps_old)
        finally:
            shutil.rmtree(aside, ignore_errors=True)  # on a full disk it is in the way of everybody
    publish_snapshot(home)
    return done


def _replayed(done: Ingested) -> Replayed:
    return Replayed(batches=done.batches, records=done.records, failed=done.failed)


@step("compare tables")
def compare(home: Home, built: Path) -> list[Difference]:
    """Hold a new warehouse against what users see; nothing where they see nothing, or what they see is broken."""
    with suppress(DamageError):
        publish_snapshot(home)
    if not home.snapshot_link.exists():
        return []
    try:
        return differences(home.snapshot_link.resolve(), built)
    except duckdb.Error as error:
        log.warning("%s: cannot be compared (%s)", home.snapshot_link, first_line(error))
        return []


def _swap(home: Home, aside: Path, keeps_old: bool) -> None:
    """Put the new warehouse in the old one's place; at every moment one of them is there."""
    old = home.root / OLD_WAREHOUSE
    with home.locked_files():
        if keeps_old and home.warehouse_file.exists():
            old.unlink(missing_ok=True)
            os.link(home.warehouse_file, old)
        home.warehouse_file.with_name("warehouse.duckdb.wal").unlink(missing_ok=True)
        os.replace(aside / "warehouse.duckdb", home.warehouse_file)
        sync_folder(home.root)


def drop_old(home: Home) -> bool:
    """Remove the warehouse that a replay kept; return whether there was one."""
    old = home.root / OLD_WAREHOUSE
    if not old.exists():
        return False
    try:
        old.unlink()
    except OSError as error:
        raise HomeError(f"{old}: cannot be removed ({error.strerror}); mend the permissions of the home") from error
    return True


def _replay_into(home: Home, settings: Settings, folder: Path, watch: Watch) -> Ingested:
    if folder.exists() and any(folder.iterdir()) and not (folder / REPLAYING).exists():
        raise UsageError(f"{folder}: is not empty; give a folder that is empty or not there")
    _begin_anew(folder)
    target = open_home(folder, wait_s=home.wait_s, raw_root=home.raw_root)
    with target.locked() as warehouse:
        apply_feed_decisions(target, warehouse)
    _carry_doings(home, target)
    done = ingest_all(target, settings, announces=False, watch=watch)
    check_tables(target)
    (folder / REPLAYING).unlink()
    return done


def _carry_doings(home: Home, target: Home) -> None:
    """Let a new warehouse know what was polled and when, so that nobody is asked too early."""
    if not home.warehouse_file.exists():
        return
    try:
        with home.locked() as old, target.locked() as new, new.transaction():
            carry_doings(old, new)
    except DamageError as error:
        log.warning("%s; when feeds were polled is not known any more: each waits for its interval from now on", error)


def _begin_anew(folder: Path) -> None:
    """Empty the folder of a replay; the mark that it is one stays throughout, so that a kill in between leaves no riddle."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / REPLAYING
    mark.touch()
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != mark:
            path.unlink()
