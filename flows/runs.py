"""What every flow run shares: its home and settings, and a failure where nothing came of it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from tasks.core.errors import CheckError, NothingReadError
from tasks.core.messages import NO_CONTACT, failure_line
from tasks.home import Home, open_home
from tasks.settings import Settings, load_settings

log = logging.getLogger("copydesk")

DEFAULT_HOME = "copydesk-data"


def home_and_settings(home: str | None, *, workers: int | None = None) -> tuple[Home, Settings]:
    """Return the home of a run, made on first use, and its settings.

    home         None: COPYDESK_HOME, else copydesk-data in the working directory
    """
    opened = open_home(Path(home or os.environ.get("COPYDESK_HOME") or DEFAULT_HOME).resolve())
    return opened, load_settings(opened.root, os.environ, workers=workers)


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
