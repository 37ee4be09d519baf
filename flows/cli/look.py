"""Commands that show something: stories, story, explain, query, extract."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli.context import Context, json_text
from tasks.core.captures import is_storable
from tasks.core.errors import UsageError
from tasks.core.render.inert import inert_line

DIGITS = 12  # of an id in a table; any unambiguous beginning names it
CELL_CHARS = 60  # characters of a cell on a terminal


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"


def register(app: typer.Typer) -> None:
    for command in (stories, story, explain, query, extract):
        app.command()(command)


def stories(
    context: typer.Context,
    since: Annotated[str | None, typer.Option(help="First published at or after, ISO 8601.", show_default=False)] = None,
    until: Annotated[str | None, typer.Option(help="First published before, ISO 8601.", show_default=False)] = None,
    seen: Annotated[bool, typer.Option("--seen", help="Let --since and --until mean when a story was first seen here.")] = False,
    topic: Annotated[str | None, typer.Option(help="Words that a title or text holds.", show_default=False)] = None,
    limit: Annotated[int, typer.Option(help="How many.", min=1)] = 20,
) -> None:
    """List stories, the most carried first."""
    from tasks import look
    from tasks.core.render.table import table_lines
    from tasks.snapshot import opened_snapshot

    shared: Context = context.obj
    _require_text(topic or "")
    with opened_snapshot(shared.home_to_read()) as snapshot:
        since, until = _instant("--since", since), _instant("--until", until)
        rows = look.stories(snapshot, since=since, until=until, topic=topic, limit=limit, seen=seen)
    if shared.is_json:
        for row in rows:
            print(json_text(row))
        return
    header = ("story", "articles", "outlets", "first published", "origin", "title")
    cells = [
        (
            row["story_id"][:DIGITS], row["article_count"], row["outlet_count"],
            f"{row['first_published_at']:%Y-%m-%d %H:%M}" if row["first_published_at"] else None, row["origin"], row["title"] or "(no title)",
        )
        for row in rows
    ]  # fmt: skip
    print("\n".join(table_lines(header, cells, max_cell=CELL_CHARS)) if cells else "no story fits")
    if len(cells) == limit:
        shared.note(f"the first {limit}; --limit N shows more")


def _require_text(*arguments: str) -> None:
    """Make sure that arguments are UTF-8: no table holds anything else.

    Raises       UsageError
    """
    for argument in arguments:
        if not is_storable(argument):
            raise UsageError(f"{argument}: is not UTF-8")


def _instant(option: str, text: str | None) -> str | None:
    from tasks.core.text.times import utc_time

    at = utc_time(text) if text is not None else None
    if text is not None and at is None:
        raise UsageError(f"{option} {text!r}: is not ISO 8601 with a day, e.g. 2026-03-17 or 2026-03-17T07:30:00Z")
    return at.isoformat() if at else None


def story(
    context: typer.Context, named: Annotated[str, typer.Argument(metavar="ID", help="Story or article: id, beginning of one, or URL.")]
) -> None:
    """Draw one story: who carried it, from whom, how much of it, and what its versions changed."""
    from tasks import look
    from tasks.core.render.lineage import lineage_lines
    from tasks.snapshot import opened_snapshot

    shared: Context = context.obj
    _require_text(named)
    with opened_snapshot(shared.home_to_read()) as snapshot:
        story_id = look.resolved_story(snapshot, named)
        row = look.story_row(snapshot, story_id)
        found = look.carriers(snapshot, story_id)
    shared.result({**row, "carriers": [asdict(carrier) for carrier in found]}, [*story_head(row), *lineage_lines(found)])


def story_head(row: dict[str, object]) -> list[str]:
    """Return the lines above a lineage."""
    origin = (
        f"; origin {inert_line(str(row['origin']))} ({inert_line(str(row['origin_evidence']))})" if row["origin"] else "; origin unknown"
    )
    counts = f"{row['article_count']} articles, {row['outlet_count']} outlets, {row['publisher_count']} publishers"
    return [f"Story {row['story_id']}: {inert_line(str(row['title'] or '(no title)'))}", f"{counts}{origin}", ""]


def explain(
    context: typer.Context,
    one: Annotated[str, typer.Argument(metavar="A", help="Article: id, beginning of one, URL or source id.")],
    other: Annotated[str, typer.Argument(metavar="B", help="The other one.")],
) -> None:
    """Say why two articles match, with the passages that prove it, or that they do not."""
    from tasks import look
    from tasks.snapshot import opened_snapshot

    shared: Context = context.obj
    _require_text(one, other)
    with opened_snapshot(shared.home_to_read()) as snapshot:
        ids = [look.resolved_article(snapshot, named) for named in (one, other)]
        found = look.explained(snapshot, *ids)
        dated = [] if found else look.dates_compared(snapshot, ids)
    lines = []
    for match in found:
        order = "" if match["is_ordered"] else "; which was first is unknown"
        lines += [
            f"{match['relation']}: {_version_named(match, 'b')}, held against {_version_named(match, 'a')}{order}",
            f"  {match['share_of_a']:.0%} of the {'earlier' if match['is_ordered'] else 'second'} text, {match['share_of_b']:.0%} of the "
            f"{'later' if match['is_ordered'] else 'first'}; {match['unquoted_words']} words outside quotations; rule {match['rule']}, "
            f"{'merging' if match['is_merging'] else 'not merging'}",
            *(f"  “{inert_line(passage['text'])}”" for passage in match["passages"]),
        ]
    shared.result({"articles": ids, "matches": found}, lines or _no_match(dated, shared.settings(shared.home_to_read()).window_days))


def _version_named(match: dict[str, Any], side: str) -> str:
    outlet = f"{inert_line(match[f'outlet_{side}'])} " if match[f"outlet_{side}"] else ""
    return f"{outlet}[{match[f'article_{side}'][:DIGITS]}], version {match[f'version_no_{side}']}"


def _no_match(dated: list[dict[str, Any]], window_days: int) -> list[str]:
    times = [row["compared_at"] for row in dated]
    days = abs((times[0] - times[-1]).days)
    if days <= window_days:
        return ["no match: they share nothing that counts"]
    undated = " (an undated article counts by its capture)" if any(row["is_undated"] for row in dated) else ""
    return [f"not compared: {days} days apart{undated}, the window is {window_days}; COPYDESK_WINDOW_DAYS and `copydesk replay` widen it"]


def query(
    context: typer.Context,
    sql: Annotated[str, typer.Argument(help="One query; the tables are in the README.")],
    format: Annotated[
        Format | None, typer.Option(help="Of the result. [default: the ending of --output, else table]", show_default=False)
    ] = None,
    output: Annotated[Path | None, typer.Option(help="File to write.", show_default=False)] = None,
    safe: Annotated[bool, typer.Option("--safe", help="In CSV: defuse cells that a spreadsheet takes for formulas.")] = False,
) -> None:
    """Run a read-only query on copydesk.duckdb; all rows."""
    from flows.cli.rows import write_rows
    from tasks.snapshot import opened_snapshot

    shared: Context = context.obj
    _require_text(sql)
    chosen = format or _format_of(output) or (Format.JSON if shared.is_json else Format.TABLE)
    if chosen is Format.PARQUET and output is None and sys.stdout.isatty():
        raise UsageError("--format parquet: give --output FILE")
    width = CELL_CHARS if output is None and sys.stdout.isatty() else None
    with opened_snapshot(shared.home_to_read()) as snapshot:
        write_rows(snapshot, sql, kind=chosen.value, output=output, is_safe=safe, max_cell=width)
    if output:
        shared.note(f"written: {output}")


def _format_of(output: Path | None) -> Format | None:
    ending = output.suffix.lower().lstrip(".") if output else ""
    return Format(ending) if ending in set(Format) else None


def extract(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH or URL", help="A text or page, or the address of one.")],
    url: Annotated[str | None, typer.Option(help="Address that the page came from.", show_default=False)] = None,
) -> int:
    """Show what is read from one page; nothing is stored."""
    from tasks.core.records import Reject
    from tasks.extract import extracted_file, extracted_url
    from tasks.settings import load_settings

    shared: Context = context.obj
    home_seeds = shared.root() / "seeds"
    if "://" in path:
        found = extracted_url(path, load_settings(shared.root(), os.environ), home_seeds=home_seeds)
    else:
        found = extracted_file(Path(path), url=url, home_seeds=home_seeds)
    if isinstance(found, Reject):
        shared.result({"rejected": asdict(found)}, [inert_line(f"refused: {found.stage} {found.reason}: {found.detail}")])
        return 0
    fields = {name: value for name, value in asdict(found).items() if name != "blocks"}
    lines = [
        f"{name:22} {inert_line(', '.join(value) if isinstance(value, tuple) else str(value))}"
        for name, value in fields.items()
        if value not in (None, (), False)
    ]
    width = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else None
    lines += [
        "",
        *(inert_line(f"[{block.type}{f' {block.entry_no}' if block.entry_no else ''}] {block.text}")[:width] for block in found.blocks),
    ]
    shared.result({**fields, "text": found.text, "blocks": [asdict(block) for block in found.blocks]}, lines)
    return 0
