"""Doctor's look at what users open: is it there, does it open, does it show the warehouse as it is, can nobody write to it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

import duckdb

from tasks.core.errors import CopydeskError, first_line
from tasks.doctor.finding import Finding, bad, good, note, quoted, removal
from tasks.doctor.locks import is_locked
from tasks.doctor.tables import read_every_row
from tasks.home import HOME_LOCK, INGEST_LOCK, Home
from tasks.publish import SNAPSHOT
from tasks.snapshot import opened_snapshot

PUBLISH = "`copydesk publish`"
MODE = 0o444  # of a snapshot: read by all, written by nobody


def snapshot_findings(home: Home, *, is_deep: bool) -> Iterator[Finding]:
    yield from _beside(home)
    link = home.snapshot_link
    if not os.path.lexists(link):
        is_made = home.warehouse_file.exists()
        yield (
            bad("snapshot", f"{link.name} is gone", PUBLISH)
            if is_made
            else note("snapshot", "nothing published yet", "`copydesk load PATH`")
        )
    elif not link.is_symlink():
        yield bad("snapshot", f"{link.name} is no link to a snapshot", f"move {link} out of the home, then {PUBLISH}")
    elif not link.exists():
        yield bad("snapshot", f"{link.name} leads to {os.readlink(link)}, which is not there", PUBLISH)
    else:
        yield from _shown(home, is_deep)


def _shown(home: Home, is_deep: bool) -> Iterator[Finding]:
    file = home.snapshot_link.resolve()
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode != MODE:
        yield note(
            "snapshot", f"{file.name} has mode {mode:o}, need {MODE:o}: read by all, written by nobody", f"`chmod {MODE:o} {quoted(file)}`"
        )
    try:
        with opened_snapshot(home) as connection:
            connection.execute("select count(*) from stories")
            if is_deep:
                read_every_row(connection)
    except (CopydeskError, duckdb.Error) as error:
        yield bad("snapshot", f"{file.name} cannot be read ({first_line(error)})", PUBLISH)
        return
    if not home.warehouse_file.exists():
        return
    if file.stat().st_mtime_ns == home.warehouse_file.stat().st_mtime_ns:
        yield good("snapshot", f"{file.name}, shows the warehouse as it is" + (", every row read" if is_deep else ""))
    elif is_locked(home.root / HOME_LOCK) or is_locked(home.root / INGEST_LOCK):
        yield good("snapshot", f"{file.name}, older than the warehouse, which is being written")
    else:
        yield note("snapshot", f"{file.name}, older than the warehouse", PUBLISH)


def _beside(home: Home) -> Iterator[Finding]:
    """Yield what lies beside the snapshots and is none."""
    beside = [path for path in sorted(home.published.iterdir()) if not SNAPSHOT.fullmatch(path.name)] if home.published.is_dir() else []
    left = [path for path in beside if path.suffix == ".part"]
    foreign = [path for path in beside if path.suffix != ".part"]
    if left and not is_locked(home.root / HOME_LOCK):
        yield note("snapshot", f"left by a process that was killed: {', '.join(path.name for path in left)}", removal(*left))
    if foreign:
        yield note(
            "snapshot",
            f"foreign in published: {', '.join(path.name for path in foreign)}",
            "move them elsewhere: only snapshots belong there",
        )
