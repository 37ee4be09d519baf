"""The README says what is there: every table and column, setting and command. `make golden` rewrites its tables."""

from __future__ import annotations

import os
import re
from dataclasses import fields
from pathlib import Path

import duckdb
import pytest

from tasks.core.events import EVENTS
from tasks.home import open_home
from tasks.prefect_deployments import written_deployments
from tasks.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
MARKED = re.compile(r"(?<=<!-- tables -->\n).*?(?=<!-- /tables -->)", re.DOTALL)
MARKED_EVENTS = re.compile(r"(?<=<!-- events -->\n).*?(?=<!-- /events -->)", re.DOTALL)


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str, str, str]]:
    """(table, comment of the table, column, type) of every public view."""
    home = open_home(tmp_path_factory.mktemp("home"))
    with home.locked():
        pass
    with duckdb.connect(str(home.warehouse_file), read_only=True) as connection:
        return connection.execute(
            """
            select views.view_name, views.comment, columns.column_name, columns.data_type
            from duckdb_views() as views
            inner join duckdb_columns() as columns on columns.table_name = views.view_name and columns.schema_name = views.schema_name
            where not views.internal and views.schema_name = 'main' and not starts_with(views.view_name, 'int_')
            order by views.view_name, columns.column_index
            """
        ).fetchall()


def table_section(schema: list[tuple[str, str, str, str]]) -> str:
    tables: dict[tuple[str, str], list[str]] = {}
    for table, comment, column, kind in schema:
        shown = (
            "" if kind == "VARCHAR" else " " + re.sub(r"STRUCT\(.*\)", "STRUCT", kind).replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ")
        )
        tables.setdefault((table, comment), []).append(column + shown)
    rows = [f"| `{table}` | {comment} | {', '.join(columns)} |" for (table, comment), columns in tables.items()]
    return "\n".join(["| table | is | columns (text unless said otherwise) |", "| --- | --- | --- |", *rows]) + "\n"


def hold(marked: re.Pattern[str], wanted: str) -> None:
    """Hold a marked part of the README against what it should be, or rewrite it."""
    text = README.read_text("utf-8")
    if os.environ.get("GOLDEN"):
        README.write_text(marked.sub(lambda _: wanted, text), "utf-8")
    else:
        found = marked.search(text)
        assert found is not None
        assert found[0] == wanted, "run `make golden`"


def test_the_tables_are_those_of_the_warehouse(schema: list[tuple[str, str, str, str]]) -> None:
    hold(MARKED, table_section(schema))


def test_the_events_are_those_that_are_sent() -> None:
    rows = [f"| `{name}` | {event.means} | `{event.resource}` | {', '.join(event.payload)} |" for name, event in EVENTS.items()]
    hold(MARKED_EVENTS, "\n".join(["| event | when | kind | payload |", "| --- | --- | --- | --- |", *rows]) + "\n")


def test_every_deployment_is_described() -> None:
    text = README.read_text("utf-8")
    assert [entry["name"] for entry in written_deployments() if f"`{entry['name']}`" not in text] == []


def test_every_setting_is_described() -> None:
    text = README.read_text("utf-8")
    assert [field.name for field in fields(Settings) if f"COPYDESK_{field.name.upper()}" not in text] == []


def test_every_command_is_described() -> None:
    from flows.cli.main import app

    names = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    text = README.read_text("utf-8")
    assert names >= {"load", "story", "demo"}
    assert [name for name in sorted(names) if not re.search(rf"`(?:copydesk )?{name}\b", text)] == []


def test_every_make_target_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z-]+)", README.read_text("utf-8"))) <= targets
