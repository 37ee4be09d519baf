"""What every flow run shares: its home and settings, its name, what it shows, and a failure where nothing came of it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from flows.parameters import RunParameters
from tasks.artifacts import RunProgress, show_report
from tasks.core.errors import BusyError, CheckError, NothingReadError, first_line
from tasks.core.messages import NO_CONTACT, failure_line
from tasks.core.render.inert import inert_line
from tasks.home import Home, open_home
from tasks.run_report import Mark, mark, report_since
from tasks.settings import Settings, load_settings
from tasks.watch import Watch

log = logging.getLogger("copydesk")

DEFAULT_HOME = "copydesk-data"
P = TypeVar("P", bound=RunParameters)
T = TypeVar("T")


def home_and_settings(given: RunParameters) -> tuple[Home, Settings]:
    """Return the home of a run, made on first use, and its settings."""
    log.setLevel(logging.INFO)  # a run's log is read by people; the command line says results instead
    opened = open_home(Path(given.home or os.environ.get("COPYDESK_HOME") or DEFAULT_HOME).resolve())
    return opened, load_settings(opened.root, os.environ, workers=given.workers)


def named(name_of: Callable[[P], str], parameters: type[P]) -> Callable[[], str]:
    """Return what names a flow run by what it was given."""

    def name() -> str:
        from prefect.runtime import flow_run

        return inert_line(name_of(parameters.model_validate(flow_run.parameters["given"])))

    return name


@dataclass(slots=True)
class Showing:
    """What a run will show of itself.

    watch        whom the path tells how it gets on
    line         set by the flow when it is done; empty: there was nothing to do, and nothing is shown
    """

    watch: Watch
    line: str = "ended early"


@contextmanager
def shown(home: Home, title: str, *, is_of_all: bool = False) -> Iterator[Showing]:
    """Let a run show what came of it, whether it ends well or not.

    is_of_all    whatever came into the warehouse meanwhile; else what the run itself took to raw: the rest is for others to show
    """
    begun, progress = mark(home), RunProgress()
    showing = Showing(watch=progress.watch())
    try:
        yield showing
    finally:
        log.info("%s: %s", title, showing.line or "nothing to do")
        if showing.line:
            _show(home, title, begun, progress, showing.line, None if is_of_all else progress.segments)


def _show(home: Home, title: str, begun: Mark, progress: RunProgress, line: str, segments: list[int] | None) -> None:
    try:
        progress.finish()
        show_report(title, report_since(home, begun, line, segments))
    except Exception as error:  # what a run shows must not decide how it ends
        log.warning("what came of this run could not be shown (%s); it is in copydesk.duckdb all the same", first_line(error))


def unless_busy(doing: Callable[[], T]) -> T | None:
    """Return what came of something, None where another process is at it for longer than a run waits: it takes what lies there too."""
    try:
        return doing()
    except BusyError as error:
        log.info("%s", error)
        return None


def report(failures: list[tuple[str, str, str]], *, read: int, batches_failed: int) -> None:
    """Log what could not be read.

    Raises       NothingReadError where nothing could be, CheckError where a batch was set aside
    """
    for failure in failures:
        log.warning(failure_line(*failure))
    report_batches(batches_failed)
    if failures and not read:
        raise NothingReadError("; ".join(failure_line(*failure) for failure in failures[:3]))


def report_batches(failed: int) -> None:
    """Let a run fail whose batches did.

    Raises       CheckError where a batch was set aside
    """
    if failed:
        raise CheckError("batch", [(f"{failed} set aside; see inbox/failed and `copydesk doctor`",)])


def warn_without_contact(settings: Settings) -> None:
    if not settings.contact:
        log.warning(NO_CONTACT)
