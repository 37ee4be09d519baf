"""Doctor's look at the folder of all state: its rights, its file system, what is foreign in it, the space left."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from tasks.doctor.finding import Finding, bad, good, note, quoted, removal
from tasks.doctor.locks import is_locked
from tasks.home import HOME_LOCK, INGEST_LOCK, LOCKS, OLD_WAREHOUSE, PREFECT_FOLDER, Home, is_alive
from tasks.publish import FICLONE
from tasks.raw import SEGMENT_BYTES

OURS = frozenset(
    {"raw", "inbox", "published", "drop", "seeds", "warehouse.duckdb", "warehouse.duckdb.wal", "copydesk.duckdb", "copydesk.toml"}
    | {"decisions.jsonl", OLD_WAREHOUSE, PREFECT_FOLDER, *LOCKS}
)
LEFT_BEHIND = re.compile(r"\.spill|\.replay|\.copydesk-(\d+)")  # by a process that was killed
WITHOUT_LINKS = frozenset({"vfat", "msdos", "exfat"})  # file systems without symbolic links, which show the snapshot
SHARED = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "afs", "ceph"})  # locks and renames are the server's there
MOUNTS = Path("/proc/self/mountinfo")  # Linux: proc(5)
ROOMY_BYTES = 2 << 30  # bytes free beyond which nobody need think of space


def home_findings(home: Home) -> Iterator[Finding]:
    yield from _rights(home)
    yield _file_system(home)
    yield from _foreign(home)
    yield from _kept(home)
    yield _space(home)


def _rights(home: Home) -> Iterator[Finding]:
    if os.statvfs(home.root).f_flag & os.ST_RDONLY:
        yield bad("home", f"{home.root} lies on a file system that is mounted read-only", "mount it writable, or move the home")
        return
    folders = [path for path in (home.root, home.raw, home.inbox, home.failed, home.published, home.root / "drop") if path.is_dir()]
    files = [path for name in (*LOCKS, "warehouse.duckdb") if (path := home.root / name).exists()]
    closed = [path for path in (*folders, *files) if not os.access(path, os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0))]
    if not closed:
        yield good("home", f"{home.root}, writable")
    elif all(path.stat().st_uid == os.geteuid() for path in closed):
        yield bad("home", f"{', '.join(map(str, closed))}: cannot be read and written", f"`chmod u+rwX {quoted(*closed)}`")
    else:
        yield bad("home", f"{', '.join(map(str, closed))}: belongs to somebody else", "run as its owner, or have the owner share it")


def _kept(home: Home) -> Iterator[Finding]:
    old = home.root / OLD_WAREHOUSE
    if old.exists():
        size_mb = old.stat().st_size >> 20
        yield note(
            "home",
            f"{OLD_WAREHOUSE}: {size_mb:,} MB, what the last replay took the place of",
            "`copydesk replay --drop-old` when you miss nothing",
        )


def _file_system(home: Home) -> Finding:
    kind = file_system_of(home.root)
    if kind in WITHOUT_LINKS:
        return bad("file system", f"{kind} knows no symbolic links, by which a snapshot is shown", "move the home to another file system")
    if kind in SHARED:
        return note(
            "file system", f"{kind}: locks and renames depend on the server", "keep the home on a disk of the machine that writes to it"
        )
    return good("file system", f"{kind or 'of a kind that is not told'}: locks, links and renames")


def file_system_of(folder: Path) -> str | None:
    """Return the type of the file system that holds a folder, None where the system does not tell."""
    try:
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return None
    resolved = folder.resolve()
    kinds: dict[Path, str] = {}
    for line in lines:  # 36 35 98:0 /root /mounted/at rw,noatime master:1 - ext3 /dev/root rw
        before, _, after = line.partition(" - ")
        kinds[Path(re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), before.split()[4]))] = after.split()[0]
    return next((kinds[path] for path in (resolved, *resolved.parents) if path in kinds), None)


def _foreign(home: Home) -> Iterator[Finding]:
    foreign, left = [], []
    is_at_work = is_locked(home.root / HOME_LOCK) or is_locked(home.root / INGEST_LOCK)
    for path in sorted(home.root.iterdir()):
        found = LEFT_BEHIND.fullmatch(path.name)
        if path.name not in OURS and not found:
            foreign.append(path)
        elif found and not is_at_work and not (found[1] and is_alive(int(found[1]))):
            left.append(path)
    if foreign:
        yield note("home", f"foreign: {', '.join(path.name for path in foreign)}", "move them out of the home: what lies in it is ours")
    if left:
        yield note("home", f"left by a process that was killed: {', '.join(path.name for path in left)}", removal(*left))


def _space(home: Home) -> Finding:
    """Hold the free space against what the next load and the next snapshot take."""
    free = shutil.disk_usage(home.root).free
    size = home.warehouse_file.stat().st_size if home.warehouse_file.exists() else 0
    shares = shares_blocks(home)
    copy = {True: "snapshots share its blocks", False: "each snapshot is a copy", None: "whether snapshots share its blocks is not known"}
    text = f"{free >> 20:,} MB free, warehouse {size >> 20:,} MB, {copy[shares]}"
    if free < SEGMENT_BYTES + (0 if shares else size):
        return bad("disk", text, f"free {SEGMENT_BYTES + size - free >> 20:,} MB or more: a segment and a snapshot must fit")
    if free < ROOMY_BYTES + 2 * size:
        return note("disk", text, "free some space before you replay: it needs as much again as the warehouse")
    return good("disk", text)


def shares_blocks(home: Home) -> bool | None:
    """Tell whether a copy of a file can share its blocks; tried on a file without a name, which is gone at once. None: not known."""
    snapshot = home.snapshot_link.resolve()
    if not hasattr(os, "O_TMPFILE") or not snapshot.is_file() or not snapshot.stat().st_size:
        return None
    try:
        nameless = os.open(home.root, os.O_TMPFILE | os.O_RDWR, stat.S_IRUSR | stat.S_IWUSR)
    except OSError:
        return None
    try:
        with snapshot.open("rb") as read:
            fcntl.ioctl(nameless, FICLONE, read.fileno())
    except OSError:
        return False
    finally:
        os.close(nameless)
    return True
