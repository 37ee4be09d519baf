"""What doctor says: one finding for each thing that it looked at."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at.

    state        good; note: worth knowing, nothing is broken; bad: something that was promised does not hold
    remedy       what cures it, commands in backticks; empty where there is nothing to cure
    """

    state: str
    name: str
    text: str
    remedy: str = ""


def good(name: str, text: str) -> Finding:
    return Finding(state="good", name=name, text=text)


def note(name: str, text: str, remedy: str = "") -> Finding:
    return Finding(state="note", name=name, text=text, remedy=remedy)


def bad(name: str, text: str, remedy: str) -> Finding:
    return Finding(state="bad", name=name, text=text, remedy=remedy)


def quoted(*paths: Path) -> str:
    """Return paths as a shell takes them."""
    return " ".join(shlex.quote(os.fspath(path)) for path in paths)


def removal(*paths: Path) -> str:
    """Return the command that removes files or folders."""
    return f"`rm -rf {quoted(*paths)}`"
