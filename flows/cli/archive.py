"""The command that takes archives: backfill."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.context import Context, json_text
from flows.cli.progress import Progress
from flows.cli.work import NOTHING_READ, PARTLY, QUARANTINED
from tasks.core.errors import UsageError
from tasks.core.messages import failure_line
from tasks.core.render.counts import backfilled_line
from tasks.core.render.lineage import duration
from tasks.core.render.table import table_lines
from tasks.home import Home

if TYPE_CHECKING:
    from flows.backfilling import Planned
    from tasks.core.backfill import Estimate

SHOWN = ("state", "kind", "place", "inputs", "captures_new", "captures_known", "passed", "failures", "tries", "reason", "detail")
MOST_SHOWN = 100  # rows of a table for people
CELL_CHARS = 60


def register(app: typer.Typer) -> None:
    app.command()(backfill)


def backfill(
    context: typer.Context,
    specs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SPEC...",
            help="Files, folders or patterns; urls:FILE, a list of addresses, one a line; sitemap:URL, a sitemap or an index of them.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[str | None, typer.Option(help="Captured, else published, at or after, ISO 8601.", show_default=False)] = None,
    until: Annotated[str | None, typer.Option(help="Captured, else published, before, ISO 8601.", show_default=False)] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that read pages. [default: one a core, 8 at most]", show_default=False, min=1)
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Register WARC files where they lie instead of copying them.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done and how long it is likely to take; write nothing.")
    ] = False,
    status: Annotated[bool, typer.Option("--status", help="Show which partitions are done, running, waiting, failed, and why.")] = False,
) -> int:
    """Load archives, partition by partition; the same command goes on where it stopped."""
    from flows import backfilling
    from tasks.core.backfill import span_of

    shared: Context = context.obj
    if status:
        return _show_status(shared)
    if not specs:
        raise UsageError("backfill: give a file, folder, pattern, urls:FILE or sitemap:URL, or --status")
    span = span_of(since, until)
    if dry_run:
        return _show_plan(
            shared, backfilling.plan(Home(root=shared.root(), raw_root=shared.root(), wait_s=shared.wait_s), specs, span=span)
        )
    home = shared.home()
    settings = shared.settings(home, workers=workers)
    with Progress(shared) as progress:
        done = backfilling.backfill(home, settings, specs, span=span, in_place=in_place, watch=progress.watch())
    for failure in done.failed:
        shared.failure(failure_line(failure.path, failure.reason, failure.detail))
    values = {name: value for name, value in asdict(done).items() if name != "batches_failed"}
    shared.result(values, [backfilled_line(values)])
    if done.batches_failed:
        return QUARANTINED
    if done.failed:
        return PARTLY if done.partitions_skipped or done.inputs > len(done.failed) else NOTHING_READ
    return 0


def _show_plan(shared: Context, planned: Planned) -> int:
    kinds = [asdict(one) for one in planned.estimates]
    inputs, took_s = sum(one.inputs for one in planned.estimates), sum(one.took_s for one in planned.estimates)
    values = {
        "partitions": sum(one.partitions for one in planned.estimates), "partitions_skipped": planned.skipped, "files_passed": planned.files_passed,
        "inputs": inputs, "took_s": took_s, "kinds": kinds,
    }  # fmt: skip
    lines = [_estimate_line(one) for one in planned.estimates]
    passed = f"; {planned.files_passed} files outside the range by their names" if planned.files_passed else ""
    lines.append(
        f"in all about {inputs:,} inputs in {duration(took_s)}; {planned.skipped} partitions done before{passed}; nothing was written"
    )
    shared.result(values, lines)
    return 0


def _estimate_line(one: Estimate) -> str:
    by = "by what was done here" if one.is_measured else "by other archives on another machine"
    return (
        f"{one.kind}: {one.partitions:,} partitions, {one.files:,} files, {one.size_bytes / 1_000_000:,.1f} MB: "
        f"about {one.inputs:,} inputs in {duration(one.took_s)}, {by}"
    )


def _show_status(shared: Context) -> int:
    from flows.backfilling import status

    rows, is_running = status(shared.home_to_read())
    for row in rows:
        if row["state"] == "running" and not is_running:
            row.update(reason="killed", detail="the same command takes it again, unless its file has changed")
    if shared.is_json:
        for row in rows:
            print(json_text(row))
        return 0
    counts = Counter(row["state"] for row in rows)
    print("; ".join(f"{counts[state]} {state}" for state in ("done", "running", "waiting", "failed")) if rows else "no backfill so far")
    cells = [[row[name] for name in SHOWN] for row in rows[:MOST_SHOWN]]
    if cells:
        print("\n".join(table_lines([name.replace("_", " ") for name in SHOWN], cells, max_cell=CELL_CHARS)))
    if len(rows) > MOST_SHOWN:
        shared.note(
            f'the first {MOST_SHOWN} of {len(rows)}, failed ones first; `copydesk query "from partitions"` has them all once published'
        )
    return 0
