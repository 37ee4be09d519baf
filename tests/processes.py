"""The installed command in processes of its own, as a user's shell starts it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from tasks.home import Home

COMMAND = Path(sys.executable).with_name("copydesk")
NOW = datetime(2026, 3, 18, 9, 0, tzinfo=timezone.utc)
TIMEOUT_S = 120  # seconds for a command: far beyond what any takes
TICKS = os.sysconf("SC_CLK_TCK")
WITHOUT_RIGHTS = ("setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search")  # a root that permissions bind


@dataclass(frozen=True)
class Done:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        return self.err.splitlines()


def child_environment(**variables: str) -> dict[str, str]:
    """Return an environment without settings of whoever runs the tests, in a zone that is not UTC, where a warning is an error."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COPYDESK_", "PREFECT_", "PYTHON"))}
    fixed = {
        "COPYDESK_NOW": NOW.isoformat(),
        "COPYDESK_WORKERS": "1",
        "TZ": "America/New_York",
        "PYTHONWARNINGS": "error",
        "COLUMNS": "200",
    }
    return {**kept, **fixed, **variables}


def command(*arguments: str | Path, home: Home | Path | None = None) -> list[str]:
    """Return the command line of the installed command."""
    placed = ["--home", str(home.root if isinstance(home, Home) else home)] if home else []
    return [str(COMMAND), *placed, *map(str, arguments)]


def run_command(
    *arguments: str | Path, home: Home | Path | None = None, cwd: Path | None = None, before: Sequence[str] = (), **variables: str
) -> Done:
    """Run the command to its end.

    before       a command that starts it
    variables    of its environment
    """
    done = subprocess.run(
        [*before, *command(*arguments, home=home)],
        cwd=cwd, env=child_environment(**variables), capture_output=True, encoding="utf-8", errors="surrogateescape", timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def shown_on_terminal(words: Sequence[str], *, cwd: Path | None = None, **variables: str) -> tuple[int, str]:
    """Run a program to its end on a terminal of its own; return its exit code and every character that the terminal got."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words, env=child_environment(**variables), stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65_536):
            shown += piece
    except OSError:  # how Linux says that the other end is closed
        pass
    os.close(ours)
    return process.wait(timeout=TIMEOUT_S), shown.decode("utf-8").replace("\r\n", "\n")


def start_command(*arguments: str | Path, home: Home | Path, **variables: str) -> subprocess.Popen[str]:
    """Start the command in a process group of its own, and do not wait for it."""
    return subprocess.Popen(
        command(*arguments, home=home),
        env=child_environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def group_cpu(group: int) -> Iterator[tuple[int, float]]:
    """Yield processor seconds of each process of a group."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        if int(fields[2]) == group:
            yield int(stat.parent.name), (int(fields[11]) + int(fields[12])) / TICKS
