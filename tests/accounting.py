"""What a command and its children use, as the system accounts it: CPU seconds and proportional set size. Linux only."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
CPU_FIELDS = slice(11, 13)  # proc(5), /proc/PID/stat behind the name: utime, stime


@dataclass(slots=True)
class Used:
    """What a tree of processes used.

    children_cpu_s   of the children alone, those that ended included
    peak_pss_bytes   the largest sum of proportional set sizes that was seen, the root included
    """

    children_cpu_s: float = 0.0
    peak_pss_bytes: int = 0
    _cpu_of: dict[int, float] = field(default_factory=dict)

    def sample(self, root: int) -> None:
        pss = pss_bytes(root)
        for pid in tree(root):
            if pid != root:
                self._cpu_of[pid] = max(self._cpu_of.get(pid, 0.0), _own_cpu_s(pid))
                pss += pss_bytes(pid)
        self.children_cpu_s = sum(self._cpu_of.values())
        self.peak_pss_bytes = max(self.peak_pss_bytes, pss)


@contextmanager
def accounted(root: int | None = None, *, every_s: float = 0.25) -> Iterator[Used]:
    """Sample the processes below one, this one if none is given, while the block runs."""
    used, ended = Used(), threading.Event()
    pid = root or os.getpid()

    def watch() -> None:
        while not ended.wait(every_s):
            used.sample(pid)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield used
    finally:
        ended.set()
        watcher.join()


def tree(root: int) -> list[int]:
    """Return a process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(folder.name))
        if fields:
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def pss_bytes(pid: int) -> int:
    """Return the proportional set size of a process: what it has alone, and its part of what it shares. 0 where it is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def _own_cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return sum(map(int, fields[CPU_FIELDS])) * TICK_S if fields else 0.0


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
