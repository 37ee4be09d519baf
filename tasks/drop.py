"""The drop folder: which files lie there whole, and where they go when they were loaded."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from tasks.home import Home

SETTLED_S = 1.0  # seconds without a change after which a file is taken
KEPT_NAMES = frozenset({"done", "failed"})


def drop_folder(home: Home) -> Path:
    return home.root / "drop"


def settled_files(home: Home) -> list[Path]:
    """Return the files and folders in the drop folder that nobody writes to any more, in order.

    Dotfiles and .part are ignored. Waits once for what changed within the last second, or seems to have changed in the future: then only
    a second look tells, whatever the clocks say.
    """
    waiting = {path: _last_change(path) for path in waiting_files(home)}
    now = time.time()
    if any(now - changed_at < SETTLED_S for changed_at in waiting.values()):
        time.sleep(SETTLED_S)
    return [path for path, changed_at in waiting.items() if path.exists() and _last_change(path) == changed_at]


def waiting_files(home: Home) -> list[Path]:
    """Return the files and folders that are to be taken, in order, those that are still being written among them."""
    found = sorted(drop_folder(home).iterdir())
    return [path for path in found if path.name not in KEPT_NAMES and not path.name.startswith(".") and path.suffix != ".part"]


def _last_change(path: Path) -> float:
    """Return when a file, or the youngest file of a folder, last changed, in seconds since 1970."""
    files = [path, *(path.rglob("*") if path.is_dir() else ())]
    changed = [max(stat.st_mtime, stat.st_ctime) for stat in (file.stat() for file in files if file.exists())]
    return max(changed, default=0.0)


def put_away(home: Home, paths: Sequence[Path], failed: frozenset[str]) -> None:
    """Move files to drop/done, those that could not be read whole to drop/failed; none takes another's place.

    failed       names, as a load reports them: of the file, or of the file and a line of it
    """
    broken = {name.partition("#")[0] for name in failed}
    for path in paths:
        is_failed = path.name in broken or (path.is_dir() and any((path / name).exists() for name in broken))
        folder = drop_folder(home) / ("failed" if is_failed else "done")
        folder.mkdir(exist_ok=True)
        os.rename(path, _free_name(folder, path.name))


def _free_name(folder: Path, name: str) -> Path:
    target, count = folder / name, 1
    while target.exists():
        target, count = folder / f"{Path(name).stem}-{count}{Path(name).suffix}", count + 1
    return target
