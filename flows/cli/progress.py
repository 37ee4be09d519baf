"""Progress on stderr: a bar with rate and time left on a terminal, a plain line now and then in a pipe."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any

from flows.cli.context import Context
from tasks.core.render.lineage import duration
from tasks.watch import Watch

LINE_S = 10.0  # seconds between two lines in a pipe


class Progress:
    """Shows how many records were captured and how many of them are in the warehouse."""

    def __init__(self, shared: Context) -> None:
        self._shared = shared
        self._is_terminal = sys.stderr.isatty()
        self._captured = self._drained = 0
        self._started = self._said = time.monotonic()
        self._parts = ""  # of a backfill
        self._left_s: float | None = None
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Progress:
        if self._is_terminal and not self._shared.is_quiet:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
            )
            self._bar = Bar(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("reading", total=None, rate="")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bar:
            self._bar.stop()

    def watch(self) -> Watch:
        """Return what the path reports to."""
        return Watch(
            foreign=self._foreign, told=self._shared.note, captured=self._on_captured, drained=self._on_drained, parted=self._on_parted
        )

    def _foreign(self, name: str) -> None:
        self._shared.note(f"{name}: skipped, its kind is unknown")

    def _on_parted(self, ended: int, total: int, left_s: float | None) -> None:
        self._parts = f"{ended} of {total} partitions"
        self._left_s = left_s

    def _on_captured(self, records: int) -> None:
        self._captured += records
        self._show("captured")

    def _on_drained(self, records: int) -> None:
        self._drained += records
        self._show("ingested")

    def _rate(self, rate: float) -> str:
        if not self._parts:
            return f"{rate:,.0f}/s"
        left = f", {duration(int(self._left_s))} left in all" if self._left_s is not None else ""
        return f"{rate:,.0f}/s, {self._parts}{left}"

    def _show(self, doing: str) -> None:
        now = time.monotonic()
        rate = self._drained / max(0.001, now - self._started)
        if self._bar:
            total = max(self._captured, self._drained) or None
            self._bar.update(self._task, description=doing, completed=self._drained, total=total, rate=self._rate(rate))
        elif not self._shared.is_quiet and now - self._said >= LINE_S:
            self._said = now
            left = max(0, self._captured - self._drained)
            left_s = self._left_s if self._parts else left / rate if left and rate else None
            remaining = f", {duration(int(left_s))} left" if left_s else ""
            parts = f"{self._parts}; " if self._parts else ""
            self._shared.note(f"{doing}: {parts}{self._captured:,} captured, {self._drained:,} in the warehouse, {rate:,.0f}/s{remaining}")
