"""Files that survive a power cut: written aside, synced, renamed, and their folder synced."""

from __future__ import annotations

import os
from pathlib import Path


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


def make_folder(folder: Path, *, below: Path) -> None:
    """Make a folder and make each new name on the way down durable.

    below        a folder that is there already
    """
    missing = [part for part in (folder, *folder.parents) if below in part.parents and not part.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for part in reversed(missing):
        sync_folder(part.parent)
