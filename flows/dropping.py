"""The drop folder: what lies there is loaded and put away; whoever watches it says when something new lies there."""

from __future__ import annotations

import time
from pathlib import Path

from flows import path
from flows.announcing import announce_new
from flows.path import Loaded
from tasks.core.events import Message
from tasks.core.ids import iso_utc
from tasks.drop import put_away, settled_files, waiting_files
from tasks.home import Home
from tasks.outbox import announce
from tasks.settings import Settings
from tasks.watch import NOBODY, Watch

ANNOUNCED_NAMES = 100  # names in one event
AGAIN_S = 60.0  # seconds after which files that still lie there are announced once more


def load_dropped(home: Home, settings: Settings, watch: Watch = NOBODY) -> Loaded | None:
    """Load what lies in the drop folder and put it away; None where nothing does. One process at a time."""
    with home.dropping():
        files = settled_files(home)
        if not files:
            return None
        done = path.load(home, settings, [str(file) for file in files], watch=watch)
        put_away(home, files, frozenset(failure.path for failure in done.failed))
        return done


class DropWatch:
    """Announces files that were dropped: once for all that lie there, and not again before they are gone, so that a burst makes few runs."""

    def __init__(self, home: Home, settings: Settings) -> None:
        self._home = home
        self._settings = settings
        self._announced: frozenset[Path] = frozenset()
        self._announced_s = 0.0

    def look(self) -> None:
        """Look once."""
        waiting = frozenset(waiting_files(self._home))
        if not waiting or (self._announced & waiting and time.monotonic() - self._announced_s < AGAIN_S):
            return
        files = settled_files(self._home)
        if not files:
            return
        self._announced, self._announced_s = frozenset(files), time.monotonic()
        now = self._settings.clock()
        names = [file.name for file in files]
        dropped = Message(name="file.dropped", subject=iso_utc(now), payload={"count": len(names), "names": names[:ANNOUNCED_NAMES]})
        with self._home.locked() as warehouse:
            announce(warehouse, [dropped], cause=iso_utc(now), now=now)
        announce_new(self._home, self._settings)
