"""Files that survive a power cut: written aside, synced, renamed, and their folder synced. And what to do where that fails."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.core.errors import HomeError

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
NO_RIGHT = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
NO_FOLDER = frozenset({errno.ENOENT})
IN_THE_WAY = frozenset({errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY})


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the file and the remedy where the system refuses to write.

    Raises       HomeError
    """
    try:
        yield
    except OSError as error:
        raise HomeError(f"{path}: could not be written ({error.strerror or error}); {remedy_of(error)}") from error


@contextmanager
def temporary_files() -> Iterator[None]:
    """Name the remedy where readers cannot write outside the home: the model of languages takes 70 MB there while a reader starts.

    Raises       HomeError; an OSError of another kind as it is
    """
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM | NO_RIGHT | NO_FOLDER:
            raise
        where = os.environ.get("TMPDIR") or "/tmp"
        said = error.strerror or str(error)
        raise HomeError(
            f"{where}: temporary files cannot be written ({said}); free space there, or name another folder with TMPDIR, and run the same command again"
        ) from error


def remedy_of(error: OSError) -> str:
    """Return what a person can do about a refusal of the system."""
    if error.errno in NO_ROOM:
        return "free space and run the same command again"
    if error.errno in NO_RIGHT:
        return "mend its permissions and run the same command again"
    if error.errno in IN_THE_WAY:
        return "something else lies in its place: move that away and run the same command again"
    return "run the same command again; if that fails too, `copydesk doctor` looks for the cause"


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and make each new name on the way down durable."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for part in reversed(missing):
        sync_folder(part.parent)
