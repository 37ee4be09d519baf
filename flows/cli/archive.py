"""The command that takes archives: backfill."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from flows.cli.context import Context
from flows.cli.progress import Progress
from tasks.core.messages import failure_line

PARTLY, NOTHING_READ, QUARANTINED = 3, 1, 5  # exit codes


def register(app: typer.Typer) -> None:
    app.command()(backfill)


def backfill(
    context: typer.Context,
    specs: Annotated[list[str], typer.Argument(metavar="SPEC...", help="Files, folders or patterns.", show_default=False)],
    since: Annotated[str | None, typer.Option(help="Captured, else published, at or after, ISO 8601.", show_default=False)] = None,
    until: Annotated[str | None, typer.Option(help="Captured, else published, before, ISO 8601.", show_default=False)] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that read pages. [default: one a core, 8 at most]", show_default=False, min=1)
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Register WARC files where they lie instead of copying them.")] = False,
) -> int:
    """Load archives, partition by partition; the same command goes on where it stopped."""
    from flows import backfilling
    from tasks.core.backfill import span_of

    shared: Context = context.obj
    span = span_of(since, until)
    home = shared.home()
    settings = shared.settings(home, workers=workers)
    with Progress(shared) as progress:
        done = backfilling.backfill(home, settings, specs, span=span, in_place=in_place, watch=progress.watch())
    for failure in done.failed:
        shared.failure(failure_line(failure.path, failure.reason, failure.detail))
    values = {name: value for name, value in asdict(done).items() if name != "batches_failed"}
    shared.result(values, [backfilled_line(done)])
    if done.batches_failed:
        return QUARANTINED
    if done.failed:
        return PARTLY if done.partitions_done or done.partitions_skipped else NOTHING_READ
    return 0


def backfilled_line(done: object) -> str:
    """Return a backfill's result as a sentence."""
    values = asdict(done)  # type: ignore[call-overload]
    failed = f", {values['partitions_failed']} failed" if values["partitions_failed"] else ""
    skipped = f", {values['partitions_skipped']} done before" if values["partitions_skipped"] else ""
    known = f", {values['captures_known']} known already" if values["captures_known"] else ""
    unread = f", {len(values['failed'])} not readable" if values["failed"] else ""
    return (
        f"{values['partitions_done']} partitions done{failed}{skipped}; {values['inputs']} inputs: {values['captures_new']} captures new{known}{unread}; "
        f"{values['articles_new']} articles, {values['versions_new']} versions, {values['stories_new']} stories, {values['copies_new']} copies new; "
        f"{values['rejected']} pages rejected"
    )
