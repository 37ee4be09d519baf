"""What the tables say: the contract's columns, versions, copies, unknown order, aliases, the ledger, and where a record lies in raw."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest
import synthetic_news as made
from warcio.archiveiterator import ArchiveIterator

from flows import path
from tasks.arrow_schema import arrow_rows, arrow_schema
from tasks.core import ids
from tasks.core.text.urls import normalized_url
from tasks.home import Home, open_home
from tasks.inbox import TABLES as STAGED
from tasks.resources import resource, tracking_parameters
from tasks.settings import Settings

Rows = Callable[..., list[tuple[Any, ...]]]

PASSAGES = "STRUCT(block_a INTEGER, from_a INTEGER, to_a INTEGER, block_b INTEGER, from_b INTEGER, to_b INTEGER)[]"
ARTICLE = (
    "article_id story_id version_id source_id url declared_canonical_url site outlet title dek authors:VARCHAR[] agency agency_evidence dateline_place "
    "dateline_date:DATE republished_from contributors:VARCHAR[] language text word_count:INTEGER version_count:INTEGER is_live_blog:BOOLEAN "
    "published_at:TIMESTAMPTZ published_date:DATE published_raw published_source modified_at:TIMESTAMPTZ captured_at:TIMESTAMPTZ"
)
CONTRACT = {  # columns as CONTRACT.md lists them, VARCHAR where no type stands
    "captures": "capture_id kind url final_url source_id outlet media_type http_status:INTEGER body_bytes:BIGINT digest segment segment_offset:BIGINT "
    "extra:JSON captured_at:TIMESTAMPTZ",
    "articles": ARTICLE,
    "versions": ARTICLE
    + " version_no:INTEGER previous_version_id extractor_version edit_class words_added:INTEGER words_removed:INTEGER is_latest:BOOLEAN",
    "version_captures": "version_id capture_id",
    "blocks": "version_id block_no:INTEGER type text entry_no:INTEGER",
    "matches": "version_a version_b article_a article_b relation rule is_merging:BOOLEAN is_ordered:BOOLEAN share_of_a:DOUBLE share_of_b:DOUBLE "
    "anchor_share:DOUBLE unquoted_words:INTEGER passages:" + PASSAGES.replace(" ", "~"),
    "story_members": "story_id article_id parent_article_id relation is_founder:BOOLEAN",
    "story_aliases": "old_story_id story_id",
    "stories": "story_id event_id title first_report_article_id origin origin_evidence article_count:INTEGER outlet_count:INTEGER "
    "publisher_count:INTEGER first_published_at:TIMESTAMPTZ first_seen_at:TIMESTAMPTZ last_seen_at:TIMESTAMPTZ",
    "copies": "story_id article_id outlet copied_from_article_id relation kept_share:DOUBLE added_share:DOUBLE credit_given:BOOLEAN lag_s:BIGINT",
    "outlets": "site outlet publisher country language",
    "rejects": "capture_id url source_id stage reason detail",
    "ledger": "url source_id state reason article_id",
    "ledger_summary": "state reason entry_count:INTEGER",
    "feeds": "feed_id url title interval_s:INTEGER next_poll_at:TIMESTAMPTZ why_then",
    "entries": "entry_id feed_id guid url title published_at:TIMESTAMPTZ published_raw",
    "polls": "kind feed_id url asked_at:TIMESTAMPTZ status:INTEGER reason",
    "outbox": "message_id name resource payload:JSON sent_at:TIMESTAMPTZ occurred_at:TIMESTAMPTZ cause confirmed_at:TIMESTAMPTZ dropped_at:TIMESTAMPTZ",
}
COLUMNS = [
    (table, *column.replace("~", " ").partition(":")[::2]) for table, columns in CONTRACT.items() for column in columns.split()
]  # (table, column, type or "")

WIRE, COPY, CUT = (
    made.text(1, paragraphs=6),
    "By wire services.\n\n" + made.text(1, paragraphs=6),
    made.first_paragraphs(made.text(1, paragraphs=6), 3),
)
ALONE, JOINED = made.text(2), made.text(1, paragraphs=6) + "\n\n" + made.text(3, paragraphs=1)
UNDATED = made.text(4, paragraphs=5)
CHANGING = made.text(5), made.text(5) + "\n\n" + made.text(6, paragraphs=1)
OWN_PART = made.text(7, paragraphs=3)


def clock(hour: int, minute: int = 0, *, day: int = 2) -> str:
    return f"2026-03-{day:02d}T{hour:02d}:{minute:02d}:00Z"


def advertised(advertisement: str) -> str:
    return made.page(made.text(8), title="A page with advertisements", advertisement=advertisement)


FIRST_LOAD: list[dict[str, Any] | str] = [
    {
        "url": "https://wire.example/1",
        "outlet": "Wire",
        "title": "The harbour",
        "text": WIRE,
        "published": clock(8),
        "captured": clock(8, 30),
    },
    {
        "url": "https://echo.example/1",
        "outlet": "Echo",
        "title": "The harbour",
        "text": COPY,
        "published": clock(10),
        "captured": clock(10, 30),
    },
    {
        "url": "https://brief.example/1",
        "outlet": "Brief",
        "text": CUT + "\n\n" + OWN_PART,
        "published": clock(11, 5),
        "captured": clock(11, 30),
    },
    {"url": "https://lone.example/1", "outlet": "Lone", "text": ALONE, "published": clock(9), "captured": clock(9, 30)},
    {"id": "undated a", "outlet": "A", "text": UNDATED, "captured": clock(12)},
    {"id": "undated b", "outlet": "B", "text": UNDATED, "captured": clock(13)},
    {"url": "https://page.example/v?utm_source=feed", "text": CHANGING[0], "captured": clock(7)},
    {"url": "https://page.example/v", "text": CHANGING[1], "captured": clock(9)},
    {"url": "https://www.page.example/v#top", "text": CHANGING[0], "captured": clock(11)},
    {"url": "https://page.example/ads", "html": advertised("Tents, half price."), "captured": clock(7)},
    {"url": "https://page.example/ads", "html": advertised("Boats, while they last."), "captured": clock(9)},
    {"url": "https://page.example/empty", "text": "", "captured": clock(9)},
    "no row",
]
LATER_LOAD: list[dict[str, Any] | str] = [
    {"url": "https://lone.example/1", "outlet": "Lone", "text": JOINED, "published": clock(9), "captured": clock(15)},
    {"url": "https://page.example/v", "text": made.text(9), "captured": clock(6)},
    {"url": "https://page.example/empty", "text": made.text(10), "captured": clock(16)},
]


def article(url: str) -> str:
    return ids.article_id(normalized_url(url, tracking_parameters()))


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Home:
    """Two loads: a report and who carried it, then later states. Never changed by a test."""
    home, folder = open_home(tmp_path_factory.mktemp("home"), wait_s=5), tmp_path_factory.mktemp("in")
    for name, lines in (("first", FIRST_LOAD), ("later", LATER_LOAD)):
        path.load(home, settings, [str(made.write_rows(folder / f"{name}.jsonl", lines))])
    return home


@pytest.fixture(scope="module")
def described(newsroom: Home) -> Iterator[dict[tuple[str, str], tuple[str, str | None]]]:
    """(type, comment) of each column by (table, column)."""
    with duckdb.connect(str(newsroom.snapshot_link.resolve()), read_only=True) as connection:
        found = connection.execute(
            "select table_name, column_name, data_type, comment from duckdb_columns() where schema_name = 'main' and not internal"
        )
        yield {(table, column): (kind, comment) for table, column, kind, comment in found.fetchall()}


@pytest.mark.parametrize(("table", "column", "kind"), COLUMNS, ids=lambda value: str(value)[:24])
def test_a_column_of_the_contract_is_there_with_its_type_and_a_comment(
    described: dict[tuple[str, str], tuple[str, str | None]], table: str, column: str, kind: str
) -> None:
    found, comment = described[table, column]
    assert found == {"": "VARCHAR", "TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"}.get(kind, kind)
    assert comment


def test_every_column_that_a_user_sees_and_every_column_of_the_store_has_a_comment(newsroom: Home, rows: Rows) -> None:
    bare = """
        select table_name, column_name from duckdb_columns()
        where comment is null and database_name = current_database() and not starts_with(table_name, 'int_')
        union all
        select view_name, null from duckdb_views() where comment is null and database_name = current_database() and not starts_with(view_name, 'int_')
        union all
        select table_name, null from duckdb_tables() where comment is null and database_name = current_database()
    """
    assert rows(newsroom, bare) == []


@pytest.mark.parametrize("table", sorted(file.stem for file in (resource("sql") / "tables").glob("*.sql")))
def test_the_arrow_schema_of_a_table_is_the_tables(newsroom: Home, rows: Rows, table: str) -> None:
    columns = rows(
        newsroom, "select column_name from duckdb_columns() where schema_name = 'store' and table_name = ? order by column_index", table
    )
    assert arrow_schema(table).names == [name for (name,) in columns]
    with duckdb.connect() as connection:
        connection.register("rows", arrow_rows(table, []))
        found = dict(connection.execute("select column_name, column_type from (describe rows)").fetchall())
    wanted = dict(
        rows(newsroom, "select column_name, data_type from duckdb_columns() where schema_name = 'store' and table_name = ?", table)
    )
    assert found == {name: "VARCHAR" if kind == "JSON" and found[name] == "VARCHAR" else kind for name, kind in wanted.items()}


def test_what_is_staged_are_tables_of_the_store() -> None:
    assert set(STAGED) <= {file.stem for file in (resource("sql") / "tables").glob("*.sql")}


def test_segment_and_offset_of_a_capture_point_to_its_record_in_raw(newsroom: Home, rows: Rows) -> None:
    found = rows(newsroom, "select url, source_id, segment, segment_offset, digest, body_bytes, captured_at from captures")
    assert len(found) == 15
    for url, _, segment, offset, digest, body_bytes, captured_at in found:
        assert not segment.startswith("/")
        with (newsroom.root / segment).open("rb") as file:
            file.seek(offset)
            record = next(iter(ArchiveIterator(file)))
            body = record.content_stream().read()
        assert (ids.payload_digest(body), len(body)) == (digest, body_bytes)
        assert record.rec_headers.get_header("WARC-Payload-Digest") == digest
        assert datetime.fromisoformat(record.rec_headers.get_header("WARC-Date")) == captured_at
        assert url is None or record.rec_headers.get_header("WARC-Target-URI") == url


def test_a_page_that_changes_and_changes_back_has_its_versions_in_the_order_of_capture(newsroom: Home, rows: Rows) -> None:
    found = rows(
        newsroom,
        "select version_no, captured_at, is_latest, word_count, version_count, words_added > 0, words_removed > 0, "
        "previous_version_id is not distinct from lag(version_id) over (order by version_no) from versions where article_id = ? order by version_no",
        article("https://page.example/v"),
    )
    at = [datetime(2026, 3, 2, hour, tzinfo=timezone.utc) for hour in (6, 7, 9)]
    assert [row[:3] for row in found] == [(1, at[0], False), (2, at[1], True), (3, at[2], False)], (
        "an earlier capture that came late is the first"
    )
    assert [row[4] for row in found] == [3, 3, 3]
    assert [row[5] for row in found] == [None, True, True]
    assert all(row[7] for row in found)


def test_a_text_that_comes_back_has_two_rows_of_captures(newsroom: Home, rows: Rows) -> None:
    found = rows(newsroom, "select version_no, count(*) from version_captures inner join versions using (version_id) where article_id = ? group by all order by 1", article("https://page.example/v"))  # fmt: skip
    assert found == [(1, 1), (2, 2), (3, 1)]


def test_an_article_shows_its_latest_version_and_its_first_capture(newsroom: Home, rows: Rows) -> None:
    found = rows(newsroom, "select text, version_count, captured_at from articles where article_id = ?", article("https://page.example/v"))
    assert found == [(CHANGING[0], 3, datetime(2026, 3, 2, 6, tzinfo=timezone.utc))]


def test_a_page_whose_only_change_is_an_advertisement_has_one_version(newsroom: Home, rows: Rows) -> None:
    found = rows(
        newsroom,
        "select version_count, count(capture_id) from articles inner join version_captures using (version_id) where url like '%/ads' group by all",
    )
    assert found == [(1, 2)]


def test_copies_say_from_whom_how_much_and_how_much_later(newsroom: Home, rows: Rows) -> None:
    found = {
        row[0]: row[1:]
        for row in rows(newsroom, "select outlet, copied_from_article_id, relation, kept_share, added_share, lag_s, story_id from copies")
    }
    wire = article("https://wire.example/1")
    assert found["Echo"][0] == found["Brief"][0] == wire
    assert found["Echo"][1] in ("identical", "copy")
    assert found["Echo"][2:4] == pytest.approx((1, 0), abs=0.05)
    assert found["Echo"][4] == 7200
    assert found["Brief"][1] in ("excerpt_of", "copy", "variant")
    assert found["Brief"][2:4] == pytest.approx((0.5, 0.5), abs=0.1), "the made-up sentences of both halves share some words"
    assert found["Brief"][4] == 3 * 3600 + 5 * 60
    assert {found[outlet][5] for outlet in ("Echo", "Brief")} == {wire}


def test_unknown_order_stays_unknown(newsroom: Home, rows: Rows) -> None:
    undated = rows(newsroom, "select story_id, copied_from_article_id, lag_s from copies where outlet in ('A', 'B')")
    assert [row[1:] for row in undated] == [(None, None)]
    assert rows(
        newsroom, "select first_report_article_id, first_published_at, article_count from stories where story_id = ?", undated[0][0]
    ) == [(None, None, 2)]
    pair = rows(
        newsroom,
        "select article_a < article_b, is_ordered from matches inner join articles on article_id = article_a where source_id like 'undated%'",
    )
    assert pair == [(True, False)], "where order is unknown, a is the smaller id"


def test_a_lone_article_whose_later_version_carries_a_story_joins_it_and_its_old_id_resolves(newsroom: Home, rows: Rows) -> None:
    lone, wire = article("https://lone.example/1"), article("https://wire.example/1")
    assert rows(newsroom, "select story_id from story_aliases where old_story_id = ?", lone) == [(wire,)]
    assert rows(newsroom, "select story_id, is_founder from story_members where article_id = ?", lone) == [(wire, False)]
    assert rows(newsroom, "select count(*) from stories where story_id = ?", lone) == [(0,)]
    assert rows(newsroom, "select article_count, outlet_count, origin, first_report_article_id from stories where story_id = ?", wire) == [
        (4, 4, "Wire", wire)
    ]


def test_ids_that_never_were_stories_leave_no_alias(newsroom: Home, rows: Rows) -> None:
    assert rows(newsroom, "select old_story_id from story_aliases") == [(article("https://lone.example/1"),)]


def test_stories_that_an_original_joins_late_are_one_and_all_old_ids_lead_to_it(
    home: Home, settings: Settings, tmp_path: Path, rows: Rows
) -> None:
    """Two halves of a report are stories of their own, one with an alias, until the whole of it comes in."""
    whole = made.text(1, paragraphs=8)
    halves = "\n\n".join(whole.split("\n\n")[:4]), "\n\n".join(whole.split("\n\n")[4:])
    steps: list[list[dict[str, Any]]] = [
        [
            *({"url": f"https://half.example/{place}", "text": half, "published": clock(10 + place)} for place, half in enumerate(halves)),
            *({"url": f"https://echo.example/{place}", "text": half, "published": clock(12 + place)} for place, half in enumerate(halves)),
            made.row(2, url="https://lone.example/1", published=clock(9), captured=clock(9)),
        ],
        [
            {
                "url": "https://lone.example/1",
                "text": halves[1] + "\n\n" + made.text(3, paragraphs=1),
                "published": clock(9),
                "captured": clock(15),
            }
        ],
        [{"url": "https://whole.example/1", "text": whole, "published": clock(7)}],
    ]
    for place, lines in enumerate(steps):
        path.load(home, settings, [str(made.write_rows(tmp_path / f"{place}.jsonl", lines))])
    path.refresh(home, settings)
    story_of = dict(rows(home, "select url, story_id from articles"))
    assert story_of["https://half.example/0"] == story_of["https://echo.example/0"] == story_of["https://whole.example/1"]
    assert story_of["https://half.example/1"] == story_of["https://echo.example/1"] == story_of["https://whole.example/1"]
    leading_nowhere = "select * from story_aliases anti join stories using (story_id) union all select * from story_aliases where old_story_id in (select story_id from stories)"
    assert rows(home, leading_nowhere) == []
    assert rows(home, "select count(*) from (select 1 from story_aliases group by old_story_id having count(*) > 1)") == [(0,)]


def test_every_article_is_in_one_story_and_every_story_has_one_founder(newsroom: Home, rows: Rows) -> None:
    assert rows(newsroom, "select count(*), count(distinct article_id), (select count(*) from articles) from story_members") == [(9, 9, 9)]
    assert rows(newsroom, "select story_id from story_members group by story_id having count_if(is_founder) <> 1") == []
    assert rows(newsroom, "select count(*) from stories") == rows(newsroom, "select count(distinct story_id) from story_members")


def test_the_ledger_has_the_state_of_the_latest_capture_and_adds_up(newsroom: Home, rows: Rows) -> None:
    assert rows(newsroom, "select state, reason from ledger where url = 'https://page.example/empty'") == [("loaded", None)]
    assert rows(newsroom, "select state, reason, url from ledger where source_id = 'first.jsonl#13'") == [("rejected", "bad_json", None)]
    assert rows(newsroom, "select url from ledger where url is not null group by url having count(*) > 1") == []
    inputs = rows(newsroom, "select count(distinct coalesce(url, source_id)) from captures")[0][0] + 1
    assert rows(newsroom, "select (select count(*) from ledger), (select sum(entry_count) from ledger_summary)") == [(inputs, inputs)]
    states = rows(newsroom, "select state, reason, count(*) from ledger group by all order by all")
    assert rows(newsroom, "select * from ledger_summary order by all") == states


def test_a_page_that_was_refused_once_keeps_its_reject(newsroom: Home, rows: Rows) -> None:
    found = rows(
        newsroom,
        "select rejects.url, stage, reason, rejects.capture_id = captures.capture_id from rejects inner join captures using (capture_id)",
    )
    assert found == [("https://page.example/empty", "gate", "empty", True)]


def test_passages_of_a_match_say_the_same_in_both_texts(newsroom: Home, rows: Rows) -> None:
    for a, b, passages in rows(newsroom, "select version_a, version_b, passages from matches where is_merging"):
        assert passages
        texts = {version: dict(rows(newsroom, "select block_no, text from blocks where version_id = ?", version)) for version in (a, b)}
        for passage in passages:
            one = texts[a][passage["block_a"]][passage["from_a"] : passage["to_a"]]
            other = texts[b][passage["block_b"]][passage["from_b"] : passage["to_b"]]
            assert one == other != ""


def test_a_version_is_its_blocks(newsroom: Home, rows: Rows) -> None:
    from tasks.core.records import BODY_TYPES, PARAGRAPH_JOINT

    for version_id, text in rows(newsroom, "select version_id, text from versions"):
        blocks = rows(newsroom, "select type, text from blocks where version_id = ? order by block_no", version_id)
        assert PARAGRAPH_JOINT.join(block for kind, block in blocks if kind in BODY_TYPES) == text


def test_messages_wait_in_the_outbox_one_of_each_id(newsroom: Home, rows: Rows) -> None:
    assert rows(newsroom, "select message_id from outbox group by message_id having count(*) > 1") == []
    names = {name for (name,) in rows(newsroom, "select distinct name from outbox")}
    assert {"copydesk.batch.loaded", "copydesk.story.found", "copydesk.version.changed"} <= names
    assert all(json.loads(payload) for (payload,) in rows(newsroom, "select payload from outbox"))


def test_articles_and_versions_agree_on_the_latest_of_two_captures_at_one_time(
    home: Home, settings: Settings, tmp_path: Path, rows: Rows
) -> None:
    lines = []
    for place in range(8):
        url, one, other = f"https://same.example/{place}", made.text(100 + place), made.text(200 + place)
        lines += [{"url": url, "text": text, "captured": clock(hour)} for text, hour in ((one, 8), (other, 9), (one, 9))]
    path.load(home, settings, [str(made.write_rows(tmp_path / "a.jsonl", lines))])
    found = rows(
        home,
        "select count_if(articles.version_id = versions.version_id), count(*) from articles inner join versions using (article_id) where is_latest",
    )
    assert found == [(8, 8)]


@pytest.mark.parametrize("names", [("undated", "dated"), ("dated", "undated")], ids=["the undated first", "the dated first"])
def test_a_copy_without_a_date_has_its_row_whichever_came_first(
    home: Home, settings: Settings, tmp_path: Path, rows: Rows, names: tuple[str, str]
) -> None:
    text = made.text(9)
    beside = {"undated": {"outlet": "Echo"}, "dated": {"outlet": "Wire", "title": "The title", "published": "2026-03-16T08:00:00Z"}}
    for name in names:
        made.write_rows(tmp_path / f"{name}.jsonl", [{"id": name, "text": text, **beside[name]}])
        path.load(home, settings, [str(tmp_path / f"{name}.jsonl")])
    assert rows(home, "select count(*), bool_or(is_ordered), count(copied_from_article_id) from copies") == [(1, False, 0)]
    assert rows(home, "select first_report_article_id, article_count from stories") == [(None, 2)]
