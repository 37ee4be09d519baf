"""Flow: drain what is staged, run the whole-table checks, publish."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from prefect import flow

from flows import path
from flows.load_files import HomeFolder
from flows.runs import home_and_settings, report


@flow(name="refresh-models", description="Drain what is staged, check all tables, publish a snapshot.")
def refresh_models(home: HomeFolder = None) -> dict[str, Any]:
    opened, settings = home_and_settings(home)
    done = path.refresh(opened, settings)
    report([], read=done.records, batches_failed=done.failed)
    return asdict(done)
