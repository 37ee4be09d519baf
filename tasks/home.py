"""One folder holds all state. Its places, and the one door to the warehouse."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core.errors import BusyError, HomeError
from tasks.durable import make_folder

if TYPE_CHECKING:
    from tasks.warehouse import Warehouse

DEFAULT_WAIT_S = 60.0  # seconds: what --wait is where it is not given
HOME_LOCK, INGEST_LOCK, POLL_LOCK = "home.lock", "ingest.lock", "poll.lock"
BACKFILL_LOCK, DROP_LOCK, OUTBOX_LOCK = "backfill.lock", "drop.lock", "outbox.lock"
LOCKS = (HOME_LOCK, INGEST_LOCK, POLL_LOCK, BACKFILL_LOCK, DROP_LOCK, OUTBOX_LOCK)
OLD_WAREHOUSE = "warehouse.old.duckdb"  # what a replay took the place of, until somebody says that it may go
PREFECT_FOLDER = "prefect"  # state and logs of `copydesk serve`
POLL_S = 0.05  # seconds between two tries for a lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The folder of all state.

    raw_root     the home whose raw is read: itself, but for a replay into another folder
    wait_s       seconds to wait for a lock
    """

    root: Path
    raw_root: Path
    wait_s: float = DEFAULT_WAIT_S

    @property
    def raw(self) -> Path:
        return self.raw_root / "raw"

    @property
    def seeds(self) -> Path:
        return self.raw_root / "seeds"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def failed(self) -> Path:
        return self.inbox / "failed"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def decisions(self) -> Path:
        return self.raw_root / "decisions.jsonl"

    @property
    def warehouse_file(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def snapshot_link(self) -> Path:
        return self.root / "copydesk.duckdb"

    @contextmanager
    def locked(self) -> Iterator[Warehouse]:
        """Open the warehouse under the lock: the only way to it.

        Raises       BusyError after wait_s seconds, DamageError where the file is broken, HomeError where it cannot be opened or written
        """
        from tasks.warehouse import opened_warehouse

        with self.locked_files(), opened_warehouse(self.warehouse_file, home_seeds=self.seeds) as warehouse:
            yield warehouse

    @contextmanager
    def locked_files(self) -> Iterator[None]:
        """Hold the lock without opening the warehouse: to number a segment, to copy the file."""
        with _flock(self.root / HOME_LOCK, self.wait_s, "another copydesk is writing to this home"):
            yield

    @contextmanager
    def ingesting(self) -> Iterator[None]:
        """Hold the lock of whoever reads raw and drains: one process at a time does the work of all."""
        with _flock(
            self.root / INGEST_LOCK,
            self.wait_s,
            "another copydesk is ingesting into this home; what was captured is safe in raw, and it takes that too",
        ):
            yield

    @contextmanager
    def polling(self) -> Iterator[None]:
        """Hold the lock of whoever asks servers: one process at a time, so that a host hears from one."""
        with _flock(self.root / POLL_LOCK, self.wait_s, "another copydesk is polling for this home"):
            yield

    @contextmanager
    def announcing(self) -> Iterator[None]:
        """Hold the lock of whoever sends messages: one process at a time, so that each is sent once where nothing goes wrong."""
        with _flock(self.root / OUTBOX_LOCK, self.wait_s, "another copydesk is sending events of this home"):
            yield

    @contextmanager
    def backfilling(self) -> Iterator[None]:
        """Hold the lock of whoever backfills: what the ledger calls running is then running in this process, or was killed."""
        with _flock(self.root / BACKFILL_LOCK, self.wait_s, "another copydesk is backfilling this home"):
            yield

    @contextmanager
    def dropping(self) -> Iterator[None]:
        """Hold the lock of whoever loads the drop folder."""
        with _flock(self.root / DROP_LOCK, self.wait_s, "another copydesk is loading what was dropped into this home"):
            yield


def open_home(root: Path, *, wait_s: float = DEFAULT_WAIT_S, raw_root: Path | None = None) -> Home:
    """Return the home at a folder, made where it is not there.

    Raises       HomeError where it cannot be made or written; the drop folder may belong to others
    """
    home = Home(root=root, raw_root=raw_root or root, wait_s=wait_s)
    own = (root, *(() if raw_root else (home.raw,)), home.inbox, home.failed, home.published)
    try:
        for folder in (*own, root / "drop"):
            make_folder(folder)
    except OSError as error:
        raise HomeError(
            f"{error.filename or root}: the home cannot be made ({error.strerror}); choose another with --home or COPYDESK_HOME"
        ) from error
    for folder in own:
        if not os.access(folder, os.W_OK | os.X_OK):
            raise HomeError(f"{folder}: the home is not writable; mend its permissions or choose another with --home or COPYDESK_HOME")
    return home


@contextmanager
def _flock(path: Path, wait_s: float, why: str) -> Iterator[None]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise HomeError(f"{path}: cannot be opened ({error.strerror}); mend the permissions of the home") from error
    try:
        deadline = time.monotonic() + wait_s
        while not _taken(descriptor):
            if time.monotonic() >= deadline:
                raise BusyError(f"{path}: {why}; waited {wait_s:g} s, try again or give --wait more")
            time.sleep(POLL_S)
        yield
    finally:
        os.close(descriptor)  # the lock goes with it


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_alive(pid: int) -> bool:
    """Tell whether a process lives."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
