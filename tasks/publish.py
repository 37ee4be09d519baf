"""Publish: the warehouse copied to a versioned read-only snapshot, and a symlink swapped to it."""

from __future__ import annotations

import fcntl
import filecmp
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from tasks.core.errors import DamageError, HomeError, first_line
from tasks.durable import remedy_of, sync_file, sync_folder
from tasks.home import Home
from tasks.points import reached
from tasks.warehouse import HEADER_BYTES, Warehouse, opened_warehouse

log = logging.getLogger("copydesk")

LOG = "warehouse.duckdb.wal"
KEPT = 2  # snapshots: the newest, and the one that readers may just be opening
FICLONE = 0x40049409  # linux/fs.h: share the blocks of another file
SNAPSHOT = re.compile(r"copydesk-(\d{8})\.duckdb")


def publish(home: Home, *, compares: bool = False) -> bool:
    """Publish the warehouse as it is; return whether there was something new.

    The database must be closed in this process: to open and close its file anew would drop DuckDB's lock on it.
    compares     hold every byte of a snapshot that seems to be current against the warehouse: bytes rot without a new time of change
    Raises       HomeError where it cannot be written, DamageError where the warehouse is broken; users keep the snapshot they have
    """
    with home.locked_files():
        if not home.warehouse_file.exists():
            return False
        _settle_log(home)
        newest = _snapshots(home)[-1:]
        if newest and _is_current(home, newest[0]) and not (compares and _differs(home, newest[0])):
            return False
        number = int(SNAPSHOT.fullmatch(newest[0].name)[1]) + 1 if newest else 1  # type: ignore[index]
        target = home.published / f"copydesk-{number:08d}.duckdb"
        _put(home, target)
    log.info("published %s", target.name)
    return True


@contextmanager
def quietly(home: Home) -> Iterator[Warehouse]:
    """Open the warehouse under its lock for what users need not see at once: the snapshot that shows all else stays the newest."""
    with home.locked_files():
        newest = _snapshots(home)[-1:]
        is_whole = home.warehouse_file.exists() and not home.warehouse_file.with_name(LOG).exists()  # a log: of what nobody was shown
        is_shown = bool(newest) and is_whole and _is_current(home, newest[0])
        with opened_warehouse(home.warehouse_file, home_seeds=home.seeds) as warehouse:
            yield warehouse
        if is_shown:
            _stamp(home.warehouse_file, newest[0])


def _put(home: Home, target: Path) -> None:
    """Copy the warehouse, make sure that the copy opens, and let the link show it."""
    part = target.with_suffix(".part")
    try:
        _copy(home.warehouse_file, part)
        _require_readable(part)
        reached("publish.copied")
        os.rename(part, target)
        sync_folder(home.published)
        reached("publish.named")
        _link(home, target)
        _sweep(home, keep=target)
    except OSError as error:
        where = error.filename2 or error.filename or part
        raise HomeError(
            f"{where}: the snapshot could not be written ({error.strerror}); {remedy_of(error)}, or `copydesk publish`"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _require_readable(part: Path) -> None:
    """Make sure that users will be able to open a copy.

    Raises       DamageError
    """
    try:
        with duckdb.connect(str(part), read_only=True) as copy:
            blocks = copy.execute("select block_size * used_blocks from pragma_database_size()").fetchall()[0][0]
    except duckdb.Error as error:
        raise _broken(part, first_line(error)) from error
    if part.stat().st_size < HEADER_BYTES + blocks:  # cut: what is left opens, until somebody asks for what is not
        raise _broken(part, f"{part.stat().st_size:,} bytes of {HEADER_BYTES + blocks:,}")


def _broken(part: Path, said: str) -> DamageError:
    return DamageError(
        f"{part}: a copy of the warehouse is broken ({said}); users keep the snapshot they have, `copydesk replay` builds it anew"
    )


def _settle_log(home: Home) -> None:
    """Take what a killed process left in the write-ahead log into the file: it alone is copied."""
    log = home.warehouse_file.with_name(LOG)
    if not log.exists():
        return
    try:
        with opened_warehouse(home.warehouse_file, home_seeds=home.seeds) as warehouse:
            warehouse.execute("checkpoint warehouse")
    except duckdb.Error as error:
        raise HomeError(f"{log}: could not be taken into the warehouse ({error}); free space and run `copydesk publish`") from error
    log.unlink(missing_ok=True)  # what is left now is noise: a log that can be read has been taken


def _is_current(home: Home, snapshot: Path) -> bool:
    shown = home.snapshot_link.is_symlink() and os.path.realpath(home.snapshot_link) == os.path.realpath(snapshot)
    copied, private = snapshot.stat(), home.warehouse_file.stat()
    return shown and copied.st_mtime_ns == private.st_mtime_ns


def _differs(home: Home, snapshot: Path) -> bool:
    return not filecmp.cmp(snapshot, home.warehouse_file, shallow=False)


def snapshot_age_s(home: Home) -> float:
    """Return how many seconds ago the newest snapshot was published; infinite where there is none, or the clock was set back since."""
    try:
        age_s = time.time() - os.lstat(home.snapshot_link).st_mtime
    except FileNotFoundError:
        return float("inf")
    return age_s if age_s >= 0 else float("inf")


def _snapshots(home: Home) -> list[Path]:
    return sorted(path for path in home.published.iterdir() if SNAPSHOT.fullmatch(path.name))


def _copy(source: Path, part: Path) -> None:
    """Copy a file, sharing blocks where the file system can, its time of change included."""
    part.unlink(missing_ok=True)
    with source.open("rb") as read, part.open("wb") as write:
        try:
            fcntl.ioctl(write.fileno(), FICLONE, read.fileno())
        except OSError:
            shutil.copyfileobj(read, write, 1 << 20)
    os.chmod(part, 0o444)
    _stamp(source, part)
    sync_file(part)


def _stamp(warehouse: Path, snapshot: Path) -> None:
    """Let a snapshot say by its time of change which state of the warehouse it shows."""
    stat = warehouse.stat()
    os.utime(snapshot, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _link(home: Home, target: Path) -> None:
    aside = home.root / f".copydesk-{os.getpid()}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(Path("published") / target.name)
    os.replace(aside, home.snapshot_link)
    sync_folder(home.root)


def _sweep(home: Home, *, keep: Path) -> None:
    for path in home.published.glob("*.part"):
        path.unlink(missing_ok=True)
    for path in _snapshots(home)[:-KEPT]:
        if path != keep:
            path.unlink(missing_ok=True)
