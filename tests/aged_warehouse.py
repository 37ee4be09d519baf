"""A warehouse that has been at it for years: what it holds, cloned into the past until it is as large as asked."""

from __future__ import annotations

from pathlib import Path

from tasks.warehouse import Warehouse, opened_warehouse

AGE_DAYS = 60  # between a clone and the next younger: twice the window and more, so that the window holds the youngest alone
CLONED_IDS = frozenset(
    {
        "version_id", "article_id", "capture_id", "story_id", "parent_article_id", "old_story_id",
        "counted_story_id", "previous_version_id", "version_a", "version_b", "article_a", "article_b",
        "reject_id", "message_id", "target_uri", "url", "final_url", "digest",
        "resource",
    }
)  # fmt: skip
NUMBERS = frozenset({"document_no", "founded_no"})
TIMES = ("TIMESTAMP WITH TIME ZONE", "DATE")
OF_NO_AGE = frozenset({"state", "known_outlets"})


def age_warehouse(source: Path, target: Path, *, clones: int, home_seeds: Path) -> None:
    """Make a warehouse of so many clones of another and, last, itself.

    Ids differ from clone to clone, texts and shingles do not: what a batch looks up is held by every clone.
    """
    with opened_warehouse(target, home_seeds=home_seeds) as warehouse:
        path = str(source).replace("'", "''")
        warehouse.execute(f"attach '{path}' as young (read_only)")
        [(documents,)] = warehouse.rows("select max(document_no) from young.store.documents")
        [(segments,)] = warehouse.rows("select max(segment_no) from young.store.batches")
        tables = warehouse.rows("select table_name from duckdb_tables() where database_name = 'young' and schema_name = 'store'")
        for (table,) in tables:
            if table not in OF_NO_AGE:
                _clone_table(warehouse, table, clones, documents, segments)
    _settle(target, home_seeds)


def _settle(file: Path, home_seeds: Path) -> None:
    """Let the first delete merge the row groups that were left unfilled between clones: once, and none of a batch's doing."""
    with opened_warehouse(file, home_seeds=home_seeds) as warehouse, warehouse.transaction():
        warehouse.execute("create temp table moved as select * from store.members order by founded_no desc limit 20")
        warehouse.execute("delete from store.members where article_id in (select article_id from moved)")
        warehouse.execute("insert into store.members select * from moved")


def _clone_table(warehouse: Warehouse, table: str, clones: int, documents: int, segments: int) -> None:
    columns = warehouse.rows(
        """
        select column_name, data_type
        from duckdb_columns()
        where database_name = 'young' and schema_name = 'store' and table_name = $table
        """,
        {"table": table},
    )
    with warehouse.transaction():
        for clone in range(clones, -1, -1):
            aged = (_aged(column, kind, clone, (clones - clone) * documents, (clones - clone) * segments) for column, kind in columns)
            warehouse.execute(f"insert into store.{table} by name select {', '.join(aged)} from young.store.{table}")


def _aged(column: str, kind: str, clone: int, documents_before: int, segments_before: int) -> str:
    """Return an expression for a column of a clone; clone 0 is the source itself."""
    aged = column
    if column in CLONED_IDS and clone:
        aged = f"md5({column} || '{clone}')"
    elif column in NUMBERS:
        aged = f"({column} + {documents_before})::{kind}"
    elif column == "segment_no":
        aged = f"({column} + {segments_before})::{kind}"
    elif column == "batch_id":
        aged = f"printf('%08d-%08d', segment_no + {segments_before}, first_record)"
    elif kind in TIMES:
        aged = f"({column} - to_days({AGE_DAYS * clone}))::{kind}"
    return f'{aged} as "{column}"'
