"""What the command line shows of a snapshot: stories, one story's lineage, why two articles match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from tasks.core import ids
from tasks.core.copies.edits import changed_passages
from tasks.core.errors import UsageError
from tasks.core.records import Block
from tasks.core.render.lineage import Carrier, VersionNote
from tasks.core.text.urls import is_web_url, normalized_url
from tasks.resources import tracking_parameters
from tasks.snapshot import dicts

MIN_PREFIX = 4  # characters of an id that are enough to name it
SHOWN_AMBIGUOUS = 5  # ids named where a prefix fits several

STORIES_SQL = """
select
    stories.story_id,
    stories.title,
    stories.origin,
    stories.origin_evidence,
    stories.article_count,
    stories.outlet_count,
    stories.publisher_count,
    stories.first_published_at,
    stories.first_seen_at,
    stories.last_seen_at,
from stories
where
    ($since is null or if($seen, first_seen_at, coalesce(first_published_at, first_seen_at)) >= $since::timestamptz)
    and ($until is null or if($seen, first_seen_at, coalesce(first_published_at, first_seen_at)) < $until::timestamptz)
    and (
        $topic is null
        or exists (
            select 1
            from articles
            where
                articles.story_id = stories.story_id
                and (contains(lower(articles.title), lower($topic)) or contains(lower(articles.text), lower($topic)))
        )
    )
order by stories.article_count desc, coalesce(stories.first_published_at, stories.first_seen_at), stories.story_id
limit $limit
"""

CARRIERS_SQL = """
select
    articles.article_id,
    coalesce(copies.copied_from_article_id, story_members.parent_article_id) as parent_id,
    coalesce(copies.is_ordered, true) as is_ordered,
    coalesce(articles.outlet, outlets.outlet, articles.site) as outlet,
    articles.title,
    articles.url,
    articles.published_at,
    articles.published_date,
    articles.captured_at,
    copies.relation,
    copies.kept_share,
    copies.added_share,
    copies.lag_s,
    coalesce(articles.agency, articles.republished_from) as credit,
    articles.article_id = stories.first_report_article_id as is_first,
    articles.version_count,
from story_members
inner join articles on articles.article_id = story_members.article_id
inner join stories on stories.story_id = story_members.story_id
left join copies on copies.article_id = articles.article_id
left join (select site, any_value(outlet) as outlet from outlets group by site) as outlets on outlets.site = articles.site
where story_members.story_id = $story_id
order by is_first desc nulls last, articles.published_at nulls last, articles.captured_at, articles.article_id
"""

VERSIONS_SQL = """
select article_id, version_id, version_no, captured_at, edit_class, words_added, words_removed
from versions
where list_contains($articles, article_id)
order by article_id, version_no
"""

MATCHES_SQL = """
select
    matches.*,
    coalesce(a.outlet, a.site) as outlet_a,
    coalesce(b.outlet, b.site) as outlet_b,
    a.version_no as version_no_a,
    b.version_no as version_no_b,
from matches
inner join versions as a on a.version_id = matches.version_a
inner join versions as b on b.version_id = matches.version_b
where
    (matches.article_a = $one and matches.article_b = $other)
    or (matches.article_a = $other and matches.article_b = $one)
order by greatest(matches.share_of_a, matches.share_of_b) desc, matches.version_a, matches.version_b
"""

DATED_SQL = """
select
    article_id,
    coalesce(published_at, published_date::timestamptz, captured_at) as compared_at,
    published_at is null and published_date is null as is_undated,
from articles
where list_contains($articles, article_id)
"""


def stories(
    connection: duckdb.DuckDBPyConnection, *, since: str | None, until: str | None, topic: str | None, limit: int, seen: bool = False
) -> list[dict[str, Any]]:
    """Return stories, those that most carry first.

    since, until ISO 8601: of first publication, else of first sight
    seen         of first sight in any case: what is new since somebody last looked, whenever it was published
    topic        words that a title or text must hold as they stand
    """
    try:
        return dicts(connection, STORIES_SQL, {"since": since, "until": until, "topic": topic, "limit": limit, "seen": seen})
    except duckdb.ConversionException as error:
        raise UsageError(f"--since, --until: {since or until!r} is not ISO 8601, e.g. 2026-03-17") from error


def story_row(connection: duckdb.DuckDBPyConnection, story_id: str) -> dict[str, Any]:
    """Return one story."""
    return dicts(connection, "select * from stories where story_id = ?", [story_id])[0]


def ledger_summary(connection: duckdb.DuckDBPyConnection) -> tuple[list[dict[str, Any]], int]:
    """Return the ledger's states and reasons with their counts, and how many rows the ledger has."""
    rows = dicts(connection, "select state, reason, entry_count from ledger_summary order by state, reason")
    return rows, dicts(connection, "select count(*) as entries from ledger")[0]["entries"]


def resolved_article(connection: duckdb.DuckDBPyConnection, named: str) -> str:
    """Return the article id that an id, the beginning of one, a version id, a URL or a source id names.

    Raises       UsageError where it names none or several
    """
    keys = [named]
    if is_web_url(named):
        keys.append(ids.article_id(normalized_url(named, tracking_parameters())))
    found = dicts(
        connection,
        """
        select distinct article_id from versions
        where list_contains($keys, article_id) or version_id = $named or url = $named or source_id = $named
            or (len($named) >= $enough and (starts_with(article_id, $named) or starts_with(version_id, $named)))
        order by article_id
        """,
        {"keys": keys, "named": named, "enough": MIN_PREFIX},
    )
    return _only(found, "article_id", "article", named)


def resolved_story(connection: duckdb.DuckDBPyConnection, named: str) -> str:
    """Return the story id that an id, the beginning of one, an old id, or one of its articles names."""
    found = dicts(
        connection,
        """
        select distinct story_id from story_members
        where story_id = $named or (len($named) >= $enough and starts_with(story_id, $named))
        union
        select story_id from story_aliases where old_story_id = $named
        """,
        {"named": named, "enough": MIN_PREFIX},
    )
    if not found:
        article_id = resolved_article(connection, named)
        found = dicts(connection, "select story_id from story_members where article_id = ?", [article_id])
    return _only(found, "story_id", "story", named)


def _only(found: Sequence[dict[str, Any]], column: str, kind: str, named: str) -> str:
    if len(found) == 1:
        return str(found[0][column])
    if not found:
        raise UsageError(f"{named}: no {kind} of this id, URL or source id; `copydesk stories` lists them")
    shown = ", ".join(str(row[column])[:16] for row in found[:SHOWN_AMBIGUOUS])
    raise UsageError(f"{named}: names {len(found)} articles or stories ({shown}, …); give more of the id")


def carriers(connection: duckdb.DuckDBPyConnection, story_id: str) -> list[Carrier]:
    """Return everybody who carries a story, with their versions and what these changed."""
    rows = dicts(connection, CARRIERS_SQL, {"story_id": story_id})
    changed = [row["article_id"] for row in rows if row["version_count"] > 1]
    versions: dict[str, list[VersionNote]] = {}
    before: dict[str, list[Block]] = {}
    for row in dicts(connection, VERSIONS_SQL, {"articles": changed}) if changed else ():
        article_id, blocks = row["article_id"], _body_blocks(connection, row["version_id"])
        changes = changed_passages(before[article_id], blocks) if article_id in before else []
        before[article_id] = blocks
        note = VersionNote(
            version_no=row["version_no"], captured_at=row["captured_at"], edit_class=row["edit_class"], words_added=row["words_added"],
            words_removed=row["words_removed"], changes=changes,
        )  # fmt: skip
        versions.setdefault(article_id, []).append(note)
    first = next((row["article_id"] for row in rows if row["is_first"]), None)
    return [_carrier(row, versions.get(row["article_id"], ()), first) for row in rows]


def _carrier(row: dict[str, Any], versions: Sequence[VersionNote], first: str | None) -> Carrier:
    published = f"{row['published_at']:%Y-%m-%d %H:%M} UTC" if row["published_at"] else None
    day = f"{row['published_date']} (day only)" if row["published_date"] else None
    return Carrier(
        article_id=row["article_id"], parent_id=None if row["article_id"] == first else row["parent_id"], outlet=row["outlet"],
        title=row["title"], url=row["url"], relation=row["relation"], kept_share=row["kept_share"], added_share=row["added_share"],
        lag_s=row["lag_s"], is_ordered=row["is_ordered"], credit=row["credit"], is_first=bool(row["is_first"]),
        published=published or day or f"undated, seen {row['captured_at']:%Y-%m-%d %H:%M}", versions=versions,
    )  # fmt: skip


def _body_blocks(connection: duckdb.DuckDBPyConnection, version_id: str) -> list[Block]:
    rows = dicts(connection, "select type, text, entry_no from blocks where version_id = ? order by block_no", [version_id])
    blocks = [Block(type=row["type"], text=row["text"], entry_no=row["entry_no"]) for row in rows]
    return [block for block in blocks if block.is_body]


def dates_compared(connection: duckdb.DuckDBPyConnection, article_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return by which time each article is compared: published, else captured."""
    return dicts(connection, DATED_SQL, {"articles": list(article_ids)})


def explained(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> list[dict[str, Any]]:
    """Return the matches of two articles, best first, each passage with its text."""
    found = dicts(connection, MATCHES_SQL, {"one": one, "other": other})
    for match in found:
        texts = {
            row["block_no"]: row["text"]
            for row in dicts(connection, "select block_no, text from blocks where version_id = ?", [match["version_b"]])
        }
        for passage in match["passages"]:
            passage["text"] = texts.get(passage["block_b"], "")[passage["from_b"] : passage["to_b"]]
    return found
