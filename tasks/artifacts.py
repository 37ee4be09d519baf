"""What a run shows in Prefect's interface: a summary, a table of each kind of news, and progress on long work."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tasks.core.render.run_report import TABLES, RunReport, summary_markdown, table_rows
from tasks.watch import Watch

PROGRESS_AFTER_S = 5.0  # shorter work shows none
PROGRESS_EVERY_S = 2.0


def show_report(title: str, report: RunReport) -> None:
    """Make the artifacts of this flow run; nothing outside one."""
    from prefect.artifacts import create_markdown_artifact, create_table_artifact

    create_markdown_artifact(key="summary", markdown=summary_markdown(title, report), description=report.line)
    for name, description in TABLES.items():
        rows = getattr(report, name)
        if rows:
            create_table_artifact(key=name, table=table_rows(rows), description=f"{description}: {report.more.get(name, len(rows))}")


def show_differences(rows: Sequence[Mapping[str, Any]]) -> None:
    """Show what a replay changed, table by table."""
    from prefect.artifacts import create_table_artifact

    if rows:
        changed = sum(bool(row["gone"] or row["come"]) for row in rows)
        create_table_artifact(
            key="tables", table=table_rows(rows), description=f"Tables before and after: {changed} of {len(rows)} changed"
        )


class RunProgress:
    """Shows as a progress artifact how much of what was captured is in the warehouse. `segments`: of raw that the run filled."""

    def __init__(self) -> None:
        self.segments: list[int] = []
        self._captured = self._drained = 0
        self._started = self._shown = time.monotonic()
        self._artifact: UUID | None = None

    def watch(self) -> Watch:
        """Return what the path reports to."""
        return Watch(captured=self._on_captured, drained=self._on_drained, filled=self.segments.append)

    def finish(self) -> None:
        """Show the end, where anything was shown."""
        if self._artifact:
            self._put(100.0)

    def _on_captured(self, records: int) -> None:
        self._captured += records
        self._show()

    def _on_drained(self, records: int) -> None:
        self._drained += records
        self._show()

    def _show(self) -> None:
        now = time.monotonic()
        if now - self._started < PROGRESS_AFTER_S or now - self._shown < PROGRESS_EVERY_S:
            return
        self._shown = now
        self._put(min(99.0, 100.0 * self._drained / max(1, self._captured, self._drained)))

    def _put(self, percent: float) -> None:
        from prefect.artifacts import create_progress_artifact, update_progress_artifact

        said = f"{self._drained:,} of {self._captured:,} records in the warehouse"
        if self._artifact:
            update_progress_artifact(artifact_id=self._artifact, progress=percent, description=said)
        else:
            made = create_progress_artifact(progress=percent, key="progress", description=said)
            self._artifact = made if isinstance(made, UUID) else None
