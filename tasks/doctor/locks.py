"""Who holds the locks of a home; and a lock that lets doctor look while nobody writes, without making or changing a file."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.core.errors import BusyError, first_line
from tasks.doctor.finding import Finding, bad, good, note
from tasks.home import HOME_LOCK, INGEST_LOCK, POLL_S, Home


def lock_findings(home: Home) -> Iterator[Finding]:
    """Yield for each lock whether somebody holds it, and who."""
    for path in (home.root / HOME_LOCK, home.root / INGEST_LOCK):
        if not path.exists():
            yield good("lock", f"{path.name}: not there yet, held by nobody")
            continue
        try:
            is_held = is_locked(path)
        except OSError as error:
            yield bad("lock", f"{path.name}: cannot be tried ({first_line(error)})", "put the home on a file system that knows flock")
            continue
        if not is_held:
            yield good("lock", f"{path.name}: held by nobody; that the file is there means nothing")
            continue
        holder = holder_of(path)
        by = f"process {holder}" if holder else "a process that this system does not name"
        end = f", or end it with `kill {holder}`: nothing is lost" if holder else ""
        yield note("lock", f"{path.name}: held by {by}", f"wait until it is done{end}")


def is_locked(path: Path) -> bool:
    """Tell whether somebody holds a lock at this moment; a file that is not there is held by nobody.

    Raises       OSError where the file cannot be opened, or its file system knows no flock
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _is_shared(descriptor)
    finally:
        os.close(descriptor)


def _is_shared(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def holder_of(path: Path) -> int | None:
    """Return the process that holds a lock, None where the system does not tell. Linux: proc(5), /proc/locks."""
    try:
        lines = Path("/proc/locks").read_text("ascii").splitlines()
    except OSError:
        return None
    inode = str(path.stat().st_ino)
    for line in lines:  # 1: FLOCK  ADVISORY  WRITE 1234 08:01:4711 0 EOF
        fields = line.split()
        if len(fields) > 5 and fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == inode and fields[4].isdigit() and int(fields[4]):
            return int(fields[4])
    return None


@contextmanager
def nobody_writes(home: Home) -> Iterator[None]:
    """Hold the lock of the warehouse as one of several readers; a home that has no lock file yet has no writer.

    Raises       BusyError after wait_s seconds
    """
    try:
        descriptor = os.open(home.root / HOME_LOCK, os.O_RDONLY)
    except FileNotFoundError:
        yield
        return
    try:
        deadline = time.monotonic() + home.wait_s
        while not _is_shared(descriptor):
            if time.monotonic() >= deadline:
                raise BusyError(f"{HOME_LOCK} is held; waited {home.wait_s:g} s")
            time.sleep(POLL_S)
        yield
    finally:
        os.close(descriptor)  # the lock goes with it
