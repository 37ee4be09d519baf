"""Commands that do something: load, poll, ingest, refresh, publish, replay."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.context import Context
from flows.cli.progress import Progress
from tasks.core.errors import UsageError
from tasks.core.messages import NO_CONTACT, failure_line, unfetched_line
from tasks.core.render.counts import ingested_line, loaded_line, polled_line, replayed_line

PARTLY, NOTHING_READ, QUARANTINED = 3, 1, 5  # exit codes


def register(app: typer.Typer) -> None:
    for command in (load, poll, ingest, refresh, publish, replay):
        app.command()(command)


def load(
    context: typer.Context,
    paths: Annotated[
        list[str], typer.Argument(help="Files, folders or patterns: .txt .html .jsonl(.gz) .parquet .warc(.gz)", show_default=False)
    ],
    outlet: Annotated[str | None, typer.Option(help="Outlet of inputs that name none; of all pages and WARC records.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that read pages. [default: one a core, 8 at most]", show_default=False, min=1)
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Register WARC files where they lie instead of copying them.")] = False,
    no_ingest: Annotated[bool, typer.Option("--no-ingest", help="Keep them in raw only; `copydesk ingest` reads them.")] = False,
) -> int:
    """Load files: to raw, read, compared, published."""
    from flows import path

    shared: Context = context.obj
    home = shared.home()
    settings = shared.settings(home, workers=workers)
    with Progress(shared) as progress:
        done = path.load(home, settings, paths, outlet=outlet, in_place=in_place, ingests=not no_ingest, watch=progress.watch())
    for failure in done.failed:
        shared.failure(failure_line(failure.path, failure.reason, failure.detail))
    values = {name: value for name, value in asdict(done).items() if name not in ("batches_failed", "passed")}
    shared.result(values, [loaded_line(values)])
    if done.batches_failed:
        return QUARANTINED
    if done.failed:
        return PARTLY if done.inputs > len(done.failed) else NOTHING_READ
    return 0


def poll(
    context: typer.Context,
    feeds: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FEED or OPML]...", help="Ask these only, put on the list where they are not on it.", show_default=False),
    ] = None,
    no_pages: Annotated[bool, typer.Option("--no-pages", help="Entries only; their pages wait for another time.")] = False,
    workers: Annotated[int | None, typer.Option(help="Processes that read feeds and pages.", show_default=False, min=1)] = None,
) -> int:
    """Ask for what is due: feeds, then the pages that they announce; read, compared, published."""
    from flows import path

    shared: Context = context.obj
    home = shared.home()
    settings = shared.settings(home, workers=workers)
    if not settings.contact:
        shared.failure(NO_CONTACT)
    with Progress(shared) as progress:
        done = path.poll(home, settings, feeds or (), pages=not no_pages, watch=progress.watch())
    for failure in done.failed:
        shared.failure(unfetched_line(failure.path, failure.reason, failure.detail))
    values = {name: value for name, value in asdict(done).items() if name != "batches_failed"}
    shared.result(values, [polled_line(values)])
    if done.batches_failed:
        return QUARANTINED
    if done.failed:
        return PARTLY if done.feeds_new + done.feeds_unchanged + done.pages_fetched else NOTHING_READ
    return 0


def ingest(
    context: typer.Context,
    workers: Annotated[int | None, typer.Option(help="Processes that read pages.", show_default=False, min=1)] = None,
) -> int:
    """Take what raw holds into the warehouse, and publish."""
    from flows import path

    shared: Context = context.obj
    home = shared.home()
    with Progress(shared) as progress:
        done = path.ingest(home, shared.settings(home, workers=workers), watch=progress.watch())
    shared.result(asdict(done), [ingested_line(asdict(done))])
    return QUARANTINED if done.failed else 0


def refresh(context: typer.Context) -> int:
    """Drain what is staged, check all tables, publish."""
    from flows import path

    shared: Context = context.obj
    home = shared.home()
    done = path.refresh(home, shared.settings(home))
    shared.result(asdict(done), [f"{done.batches} batches drained; all checks passed; published"])
    return QUARANTINED if done.failed else 0


def publish(context: typer.Context) -> int:
    """Publish the warehouse as it is."""
    from flows import path

    shared: Context = context.obj
    home = shared.home()
    is_new = path.publish_snapshot(home, compares=True)
    shared.result({"published": is_new}, ["published" if is_new else "nothing new to publish"])
    return 0


def replay(
    context: typer.Context,
    into: Annotated[
        Path | None, typer.Option(help="Folder for the new warehouse; else it takes the old one's place.", show_default=False)
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that read pages.", show_default=False, min=1)] = None,
    compare: Annotated[bool, typer.Option("--compare", help="Say which tables changed.")] = False,
    keep_old: Annotated[bool, typer.Option("--keep-old", help="Keep the old warehouse as warehouse.old.duckdb.")] = False,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Only remove the old warehouse that a replay kept.")] = False,
) -> int:
    """Make the warehouse again from raw."""
    from flows import replaying

    shared: Context = context.obj
    home = shared.home()
    if ((compare or keep_old or drop_old) and into) or (drop_old and (compare or keep_old)):
        raise UsageError("replay: --into, --drop-old, and --compare with --keep-old exclude each other; give one of them")
    if drop_old:
        was_there = replaying.drop_old(home)
        shared.result({"dropped": was_there}, ["the old warehouse is removed" if was_there else "there is no old warehouse"])
        return 0
    with Progress(shared) as progress:
        done = replaying.replay(
            home, shared.settings(home, workers=workers), into=into, compares=compare, keeps_old=keep_old, watch=progress.watch()
        )
    values = {name: value for name, value in asdict(done).items() if name != "differences" or compare}
    shared.result(values, [replayed_line(asdict(done))])
    return QUARANTINED if done.failed else 0
