"""What has come into the warehouse since a run began, read from the snapshot that users open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from tasks.core.errors import HomeError
from tasks.core.render.run_report import RunReport
from tasks.home import Home
from tasks.snapshot import dicts, opened_snapshot

LISTED = 200  # rows of each table

QUERIES = {
    "stories": "payload->>'title' as title, payload->>'outlet' as outlet, payload->>'url' as url, payload->>'story_id' as story_id from store.outbox where name = 'copydesk.story.found'",
    "copies": "payload->>'title' as title, payload->>'outlet' as outlet, payload->>'relation' as relation, payload->>'url' as url, payload->>'story_id' as story_id from store.outbox where name = 'copydesk.story.copied'",
    "changes": "articles.title, articles.outlet, payload->>'edit_class' as edit_class, (payload->>'words_added')::integer as words_added, (payload->>'words_removed')::integer as words_removed, articles.url, article_id from (select *, payload->>'article_id' as article_id from store.outbox where name = 'copydesk.version.changed') left join articles using (article_id)",
    "gaps": "payload->>'url' as url, (payload->>'entries')::integer as entries from store.outbox where name = 'copydesk.feed.gap'",
    "rejects": "coalesce(url, source_id) as input, stage, reason, detail from store.rejects where true",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How many messages and refusals there were at some moment; rows of both are only ever added."""

    messages: int = 0
    rejects: int = 0


def mark(home: Home) -> Mark:
    """Return where a run begins."""
    try:
        with opened_snapshot(home) as connection:
            [(messages, rejects)] = connection.execute(
                "select (select coalesce(max(rowid) + 1, 0) from store.outbox), (select coalesce(max(rowid) + 1, 0) from store.rejects)"
            ).fetchall()
    except HomeError:  # nothing is published yet
        return Mark()
    return Mark(messages=messages, rejects=rejects)


def report_since(home: Home, begun: Mark, line: str, segments: Collection[int] | None = None) -> RunReport:
    """Return what came since.

    segments     of raw that the run filled: what others loaded meanwhile is theirs to show; None: whatever came
    """
    try:
        with opened_snapshot(home) as connection:
            found = {name: _rows(connection, name, begun, segments) for name in QUERIES}
    except HomeError:
        return RunReport(line=line)
    return RunReport(
        line=line, **{name: rows[:LISTED] for name, rows in found.items()}, more={name: len(rows) for name, rows in found.items()}
    )


def _rows(connection: duckdb.DuckDBPyConnection, name: str, begun: Mark, segments: Collection[int] | None) -> list[dict[str, object]]:
    is_message = name != "rejects"
    condition = f"rowid >= {begun.messages if is_message else begun.rejects}"
    if is_message and segments is not None:
        condition += f" and list_contains({sorted(segments)}::integer[], try_cast(split_part(cause, '-', 1) as integer))"
    return dicts(connection, f"select {QUERIES[name].replace(' where ', f' where {condition} and ', 1)}")
