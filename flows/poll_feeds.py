"""Flow: what feeds are due, asked; entries into the warehouse, published."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from prefect import flow
from pydantic import Field

from flows import path
from flows.load_files import HomeFolder, Workers
from flows.runs import home_and_settings, report_batches, warn_without_contact


@flow(name="poll-feeds", description="Ask the feeds that are due; take their entries into the warehouse.")
def poll_feeds(
    home: HomeFolder = None,
    feeds: Annotated[list[str], Field(title="Feeds", description="Addresses or OPML files: only these; empty: all that are due")] = [],  # noqa: B006 (Prefect copies it)
    pages: Annotated[bool, Field(title="Pages", description="Ask for the pages of new entries as well")] = False,
    workers: Workers = None,
) -> dict[str, Any]:
    opened, settings = home_and_settings(home, workers=workers)
    warn_without_contact(settings)
    done = path.poll(opened, settings, feeds, pages=pages)
    report_batches(done.batches_failed)
    return asdict(done)
